//! The form of a template's file, and what is wrong with one.
//!
//! Knows nothing of pages: only what may be written in the file, and its bounds.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::built_in::BUILT_IN;
use crate::domain::{
    extra::{ExtraField, Form},
    fields::FieldKey,
};

/// Bytes of one file.
const BYTES_AT_MOST: usize = 64 * 1024;
/// Templates of an installation, built-in ones included.
const TEMPLATES_AT_MOST: usize = 1000;
/// Entries of one list, lines of one example.
const ENTRIES_AT_MOST: usize = 120;
/// Characters of one entry.
const CHARACTERS_AT_MOST: usize = 300;

/// One kind of paper.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    /// The file's name without its ending.
    pub name: String,
    /// Wordings of the title.
    pub title: Vec<String>,
    /// Each entry lists alternatives, one of which title or abstract must hold.
    pub must: Vec<Vec<String>>,
    /// Words that title and abstract must not hold.
    pub must_not: Vec<String>,
    /// Names of components and results in the catalogue.
    pub types: Vec<String>,
    /// Fields that no paper of this kind has.
    pub never: Vec<Never>,
    /// Where the owner's number stands.
    pub owner: Option<Zone>,
    /// How long a paper of this kind is valid where it doesn't say so itself.
    pub validity: Validity,
    /// Further fields.
    pub fields: Vec<TemplateField>,
    /// Papers of this kind, and what is to be read of them.
    pub examples: Vec<Example>,
}

/// A field that a kind of paper can't have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Never {
    /// Điều 6 khoản 2.
    OwnerId,
    /// Khoản 4.
    DocumentNumber,
    /// Khoản 5.
    IssuedOn,
    /// Khoản 6.
    IssuingAuthority,
    /// Khoản 7.
    Abstract,
}

/// Where a value stands: its labels, and the part of the paper in which they count.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Zone {
    /// Wordings of the label.
    pub after: Vec<String>,
    /// On which side of its label the value stands.
    pub at: Side,
    /// Headings after which the label counts; empty: from the top.
    pub section: Vec<String>,
    /// Headings before which it counts; empty: to the end.
    pub section_end: Vec<String>,
    /// Labels that end the value, beside those of the other fields.
    pub until: Vec<String>,
}

/// On which side of its label a value stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// After the label at the beginning of a line, or with a colon; it may run on to the next line.
    #[default]
    Line,
    /// After the label anywhere in running text.
    Text,
    /// In the cell to the right.
    Right,
    /// In the cell, or on the line, below.
    Below,
}

/// A further field and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct TemplateField {
    /// Key, label, form.
    pub field: ExtraField,
    /// Where it stands.
    pub zone: Zone,
    /// How many characters an identifier has; empty: any.
    pub lengths: Vec<usize>,
    /// Every paper of this kind has it: where it isn't found a person is asked.
    pub is_required: bool,
}

/// How long a paper is valid where it doesn't say so itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Validity {
    /// The rule.
    pub until: Until,
    /// Words one of which the paper must hold for the rule to apply; empty: always.
    pub when: Vec<String>,
}

/// Rules of validity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Until {
    /// What is printed, and nothing else.
    #[default]
    Printed,
    /// A paper of this kind has no end; one that seems printed is asked.
    Never,
    /// So many years after the day of issue.
    Years(i16),
    /// So many months after the day of issue.
    Months(i16),
    /// So many days after the day of issue.
    Days(i16),
    /// The last day of the year of issue, or of so many years later.
    EndOfYear(i16),
}

/// A paper of the kind, as lines of text, and what is to be read of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// `left || right` are the columns of the head, `= …` stands in the middle, `> …` at the right.
    pub lines: Vec<String>,
    /// Values by key.
    pub expect: BTreeMap<String, String>,
    /// Keys of fields that the paper doesn't have.
    pub absent: Vec<String>,
    /// Keys of fields that a person is to be asked for.
    pub not_read: Vec<String>,
}

/// Everything wrong with the templates of an installation: file, key, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("mẫu giấy tờ có {} lỗi: {}", .0.len(), .0.join("; "))]
pub struct TemplateFaults(pub Vec<String>);

/// All templates of an installation, by name.
#[derive(Debug, Clone, PartialEq)]
pub struct Templates(BTreeMap<String, Template>);

impl Templates {
    /// The ones that the program carries.
    pub fn built_in() -> Self {
        Self(BTreeMap::new())
            .overridden(BUILT_IN.iter().map(|(name, text)| (*name, *text)))
            .expect("a test reads the templates that are built in")
    }

    /// These, and those of `files` (name without ending, text); a file takes the place of the
    /// template of its name.
    ///
    /// # Errors
    /// [`TemplateFaults`]; nothing is taken then.
    pub fn overridden<'a>(
        mut self,
        files: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, TemplateFaults> {
        let mut faults = Vec::new();
        for (name, text) in files {
            match Template::parse(name, text) {
                Ok(template) => drop(self.0.insert(name.to_owned(), template)),
                Err(TemplateFaults(found)) => faults.extend(found),
            }
        }
        if self.0.len() > TEMPLATES_AT_MOST {
            faults.push(format!(
                "có {} mẫu giấy tờ, nhiều nhất là {TEMPLATES_AT_MOST}: bỏ bớt tệp",
                self.0.len()
            ));
        }
        if faults.is_empty() { Ok(self) } else { Err(TemplateFaults(faults)) }
    }

    /// All, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Template> {
        self.0.values()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

// --- the file -----------------------------------------------------------------------------------

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TemplateIn {
    title: Vec<String>,
    #[serde(default)]
    must: Vec<String>,
    #[serde(default)]
    must_not: Vec<String>,
    #[serde(default, rename = "type")]
    types: Vec<String>,
    #[serde(default)]
    never: Vec<Never>,
    /// Where the wording was read; for people.
    #[serde(default)]
    source: Vec<String>,
    #[serde(default)]
    owner: Option<OwnerIn>,
    #[serde(default)]
    validity: ValidityIn,
    #[serde(default)]
    field: Vec<FieldIn>,
    #[serde(default)]
    example: Vec<ExampleIn>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OwnerIn {
    after: Vec<String>,
    #[serde(default)]
    at: Side,
    #[serde(default)]
    section: Vec<String>,
    #[serde(default)]
    section_end: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ValidityIn {
    until: Option<String>,
    when: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FieldIn {
    key: String,
    label: String,
    form: Form,
    after: Vec<String>,
    #[serde(default)]
    at: Side,
    #[serde(default)]
    until: Vec<String>,
    #[serde(default)]
    section: Vec<String>,
    #[serde(default)]
    section_end: Vec<String>,
    #[serde(default)]
    choices: Vec<String>,
    #[serde(default)]
    list: Option<List>,
    #[serde(default)]
    lengths: Vec<usize>,
    #[serde(default)]
    required: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExampleIn {
    text: String,
    #[serde(default)]
    expect: BTreeMap<String, String>,
    #[serde(default)]
    absent: Vec<String>,
    #[serde(default)]
    not_read: Vec<String>,
}

impl Template {
    /// Reads the file `name`.
    ///
    /// # Errors
    /// [`TemplateFaults`] with all faults that can be told: file, key, and what to do.
    pub fn parse(name: &str, text: &str) -> Result<Self, TemplateFaults> {
        let fault = |message: String| TemplateFaults(vec![format!("{name}.toml: {message}")]);
        let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if name.is_empty() || name.len() > 80 || !name.chars().all(is_name) {
            return Err(fault("tên tệp chỉ gồm chữ thường không dấu, số và dấu gạch nối".into()));
        }
        if text.len() > BYTES_AT_MOST {
            return Err(fault(format!("dài quá {} KiB: tách thành nhiều mẫu", BYTES_AT_MOST / 1024)));
        }
        let read: TemplateIn = toml::from_str(text).map_err(|e| {
            let line = e.span().map_or(1, |s| text[..s.start.min(text.len())].lines().count().max(1));
            fault(format!("dòng {line}: không đúng mẫu ({}); xem các khóa trong README", e.message()))
        })?;
        let mut faults = Vec::new();
        let template = read.taken(name, &mut |key: &str, message: &str| {
            faults.push(format!("{name}.toml: {key}: {message}"));
        });
        if faults.is_empty() { Ok(template) } else { Err(TemplateFaults(faults)) }
    }
}

/// Takes the key and the sentence of a fault.
type Tell<'a> = &'a mut dyn FnMut(&str, &str);

impl TemplateIn {
    fn taken(self, name: &str, tell: Tell<'_>) -> Template {
        bounded("title", &self.title, tell);
        if self.title.is_empty() {
            tell("title", "phải có ít nhất một cách ghi tên giấy tờ");
        }
        let lists = [("must", &self.must), ("must_not", &self.must_not), ("type", &self.types)];
        for (key, list) in lists.into_iter().chain([("source", &self.source)]) {
            bounded(key, list, tell);
        }
        let must = self.must.iter().map(|line| line.split('|').map(|w| w.trim().to_owned()).collect());
        let must: Vec<Vec<String>> = must.collect();
        if must.iter().flatten().any(String::is_empty) {
            tell("must", "các cách nói cách nhau bằng dấu “|”, không cách nào để trống");
        }
        let owner = self.owner.map(|owner| {
            let OwnerIn { after, at, section, section_end } = owner;
            let zone = Zone { after, at, section, section_end, until: Vec::new() };
            zone.told("owner", tell);
            zone
        });
        let validity =
            Validity { until: until_of(self.validity.until.as_deref(), tell), when: self.validity.when };
        bounded("validity.when", &validity.when, tell);
        if self.field.len() > 40 {
            tell("field", "nhiều nhất 40 trường");
        }
        let mut keys = BTreeSet::new();
        let fields: Vec<TemplateField> = self.field.into_iter().map(|field| field.taken(tell)).collect();
        for field in &fields {
            if !keys.insert(&field.field.key) {
                tell(&format!("field.{}", field.field.key), "khóa này có hai lần: đổi tên một trường");
            }
        }
        let examples: Vec<Example> = self.example.into_iter().map(|e| e.taken(tell)).collect();
        if examples.is_empty() {
            tell("example", "phải có ít nhất một ví dụ [[example]] để kiểm tra mẫu");
        }
        Template {
            name: name.to_owned(),
            title: self.title,
            must,
            must_not: self.must_not,
            types: self.types,
            never: self.never,
            owner,
            validity,
            fields,
            examples,
        }
    }
}

fn bounded(key: &str, list: &[String], tell: Tell<'_>) {
    if list.len() > ENTRIES_AT_MOST {
        tell(key, &format!("nhiều nhất {ENTRIES_AT_MOST} mục"));
    }
    let is_wrong = |entry: &String| {
        !entry.chars().any(char::is_alphanumeric)
            || entry.chars().count() > CHARACTERS_AT_MOST
            || entry.chars().any(char::is_control)
    };
    if list.iter().any(is_wrong) {
        tell(key, &format!("mỗi mục phải có chữ và không dài quá {CHARACTERS_AT_MOST} ký tự"));
    }
}

impl Zone {
    fn told(&self, key: &str, tell: Tell<'_>) {
        let lists = [
            ("after", &self.after),
            ("section", &self.section),
            ("section_end", &self.section_end),
            ("until", &self.until),
        ];
        for (part, list) in lists {
            bounded(&format!("{key}.{part}"), list, tell);
        }
        if self.after.is_empty() {
            tell(&format!("{key}.after"), "phải có ít nhất một nhãn đứng trước giá trị");
        }
    }
}

/// Keys of the general rules that a template may point at.
const GENERAL: [&str; 2] = ["holder_name", "holder_birth_date"];
/// Keys of the general rules that it may not.
const RESERVED: [&str; 3] = ["signer_name", "signer_position", "parent_authority"];

/// Lists of choices that several templates share.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum List {
    EthnicGroups,
    Relations,
}

impl List {
    fn choices(self) -> impl Iterator<Item = String> {
        let text = match self {
            Self::EthnicGroups => include_str!("../../../../templates/lists/ethnic_groups.txt"),
            Self::Relations => include_str!("../../../../templates/lists/relations.txt"),
        };
        text.lines().filter(|l| !l.starts_with('#') && !l.is_empty()).map(str::to_owned)
    }
}

impl FieldIn {
    fn taken(mut self, tell: Tell<'_>) -> TemplateField {
        self.choices.extend(self.list.into_iter().flat_map(List::choices));
        let place = format!("field.{}", self.key);
        let is_key = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        let begins = self.key.starts_with(|c: char| c.is_ascii_lowercase());
        if !begins || self.key.len() > 40 || !self.key.chars().all(is_key) {
            tell(&place, "khóa chỉ gồm chữ thường không dấu, số và dấu gạch dưới, bắt đầu bằng chữ");
        }
        if FieldKey::ALL.iter().any(|k| k.as_str() == self.key) || RESERVED.contains(&self.key.as_str()) {
            tell(&place, "khóa này đã có nghĩa khác: đổi tên trường");
        }
        let fits = match self.key.as_str() {
            "holder_birth_date" => self.form == Form::Date,
            "holder_name" => matches!(self.form, Form::Name | Form::Text),
            _ => true,
        };
        if !fits {
            tell(&place, "form phải là date cho holder_birth_date, name hoặc text cho holder_name");
        }
        bounded(&format!("{place}.label"), std::slice::from_ref(&self.label), tell);
        bounded(&format!("{place}.choices"), &self.choices, tell);
        if (self.form == Form::Choice) == self.choices.is_empty() {
            tell(
                &format!("{place}.choices"),
                "choices hoặc list chỉ dùng, và phải dùng, với form = \"choice\"",
            );
        }
        let folded: BTreeSet<String> = self.choices.iter().map(|c| super::super::fold::phrase(c)).collect();
        if folded.len() != self.choices.len() {
            tell(
                &format!("{place}.choices"),
                "hai lựa chọn chỉ khác nhau ở dấu: không thể phân biệt khi đọc",
            );
        }
        if !self.lengths.is_empty() && self.form != Form::Identifier {
            tell(&format!("{place}.lengths"), "chỉ dùng với form = \"identifier\"");
        }
        let zone = Zone {
            after: self.after,
            at: self.at,
            section: self.section,
            section_end: self.section_end,
            until: self.until,
        };
        zone.told(&place, tell);
        let field = ExtraField { key: self.key, label: self.label, form: self.form, choices: self.choices };
        TemplateField { field, zone, lengths: self.lengths, is_required: self.required }
    }
}

impl TemplateField {
    /// Whether the general rules look for the same value.
    pub(super) fn is_general(&self) -> bool {
        GENERAL.contains(&self.field.key.as_str())
    }
}

impl ExampleIn {
    fn taken(self, tell: Tell<'_>) -> Example {
        let lines: Vec<String> = self.text.trim_matches('\n').lines().map(str::to_owned).collect();
        let is_wide = lines.iter().any(|l| l.chars().count() > CHARACTERS_AT_MOST);
        if lines.is_empty() || lines.len() > ENTRIES_AT_MOST || is_wide {
            tell(
                "example.text",
                &format!("từ 1 đến {ENTRIES_AT_MOST} dòng, mỗi dòng không quá {CHARACTERS_AT_MOST} ký tự"),
            );
        }
        if self.expect.is_empty() {
            tell("example.expect", "phải có ít nhất một giá trị mong đợi");
        }
        let ExampleIn { expect, absent, not_read, .. } = self;
        Example { lines, expect, absent, not_read }
    }
}

/// `printed`, `none`, `issued_on + 5 years`, `end of year`, `end of year + 1`.
fn until_of(text: Option<&str>, tell: Tell<'_>) -> Until {
    let words: Vec<&str> = text.unwrap_or("printed").split_whitespace().collect();
    let amount = |n: &str| n.parse::<i16>().ok().filter(|n| (1..=3660).contains(n));
    let found = match words.as_slice() {
        ["printed"] => Some(Until::Printed),
        ["none"] => Some(Until::Never),
        ["end", "of", "year"] => Some(Until::EndOfYear(0)),
        ["end", "of", "year", "+", n] => amount(n).map(Until::EndOfYear),
        ["issued_on", "+", n, "year" | "years"] => amount(n).map(Until::Years),
        ["issued_on", "+", n, "month" | "months"] => amount(n).map(Until::Months),
        ["issued_on", "+", n, "day" | "days"] => amount(n).map(Until::Days),
        _ => None,
    };
    found.unwrap_or_else(|| {
        tell(
            "validity.until",
            "phải là printed, none, “issued_on + 5 years” (years, months, days), “end of year” hoặc “end of year + 1”",
        );
        Until::Printed
    })
}
