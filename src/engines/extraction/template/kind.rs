//! Which kind of paper it is: title, and words of title and abstract that tell like titles apart.
//!
//! One template that fits is an answer, two are none.

use super::{
    super::{Reading, abstract_text, fold, layout::Row},
    file::{Template, TemplateField},
    find::{Label, Sought},
};

/// A template made ready for looking.
#[derive(Debug, Clone)]
pub(in super::super) struct Kind {
    pub(super) template: Template,
    titles: Vec<Label>,
    must: Vec<Vec<String>>,
    must_not: Vec<String>,
    pub(super) owner: Option<Sought>,
    pub(super) fields: Vec<(TemplateField, Sought)>,
    pub(super) when: Vec<String>,
}

impl Kind {
    pub(in super::super) fn new(template: Template) -> Self {
        let phrases = |list: &[String]| -> Vec<String> { list.iter().map(|t| fold::phrase(t)).collect() };
        let labels: Vec<Label> =
            template.fields.iter().flat_map(|f| f.zone.after.iter().map(|l| fold::words(l))).collect();
        let sought = |field: &TemplateField| {
            let own: Vec<Label> = field.zone.after.iter().map(|l| fold::words(l)).collect();
            let others: Vec<Label> = labels.iter().filter(|l| !own.contains(l)).cloned().collect();
            Sought::new(&field.zone, &others)
        };
        Self {
            titles: template.title.iter().map(|t| fold::words(t)).collect(),
            must: template.must.iter().map(|group| phrases(group)).collect(),
            must_not: phrases(&template.must_not),
            owner: template.owner.as_ref().map(|zone| Sought::new(zone, &labels)),
            fields: template.fields.iter().map(|f| (f.clone(), sought(f))).collect(),
            when: phrases(&template.validity.when),
            template,
        }
    }

    /// The wording that `title` is, with one slip of the reader forgiven in a long word.
    fn wording(&self, title: &[String], slips_allowed: usize) -> Option<&str> {
        let fits = |wording: &&Label| {
            let slips: usize = wording
                .iter()
                .zip(title)
                .filter(|(a, b)| a != b)
                .map(|(a, b)| if a.len() >= 4 && fold::nearly(a, b) { 1 } else { 9 })
                .sum();
            wording.len() == title.len() && slips <= slips_allowed
        };
        let i = self.titles.iter().position(|w| fits(&w))?;
        self.template.title.get(i).map(String::as_str)
    }

    fn is_told_by(&self, said: &str) -> bool {
        self.must.iter().all(|group| group.iter().any(|w| fold::holds(said, w)))
            && !self.must_not.iter().any(|w| fold::holds(said, w))
    }

    /// Whether every paper that this template fits is fitted by `other` as well.
    pub(super) fn is_always(&self, other: &Self) -> bool {
        let shares = self.titles.iter().all(|t| other.titles.contains(t));
        let implied = other.must.iter().all(|asked| {
            let titled = self.titles.iter().all(|t| asked.iter().any(|w| fold::holds(&t.join(" "), w)));
            titled || self.must.iter().any(|own| own.iter().all(|o| asked.iter().any(|w| fold::holds(o, w))))
        });
        let is_barred = |words: &str| other.must_not.iter().any(|not| fold::holds(words, not));
        let parted = self.must.iter().any(|own| own.iter().all(|o| is_barred(o)))
            || self.titles.iter().all(|t| is_barred(&t.join(" ")));
        shares && implied && !parted
    }
}

/// The kind that a paper is with certainty, and the wording by which it names itself, where its title
/// is just that.
pub(in super::super) fn kind_of<'a>(
    kinds: &'a [Kind],
    reading: &Reading,
) -> Option<(&'a Kind, Option<&'a str>)> {
    let (titles, said) = headings(reading);
    kind_by(kinds, &titles, &said).or_else(|| {
        // Where neither title nor abstract tell it apart, the first words of the text do.
        let opening: Vec<&str> = reading.sentences.iter().take(OPENING).map(|s| s.folded.as_str()).collect();
        let has_abstract = !abstract_text::propose(reading).raw.is_empty();
        let said = format!("{said} {}", fold::phrase(&opening.join(" ")));
        (!has_abstract).then(|| kind_by(kinds, &titles, &said)).flatten()
    })
}

fn kind_by<'a>(
    kinds: &'a [Kind],
    titles: &[(Label, bool)],
    said: &str,
) -> Option<(&'a Kind, Option<&'a str>)> {
    for slips in [0, 1] {
        let fitting: Vec<(&Kind, Option<&str>)> = kinds
            .iter()
            .filter(|kind| kind.is_told_by(said))
            .filter_map(|kind| {
                let fits = |(title, is_title): &(Label, bool)| Some((kind.wording(title, slips)?, *is_title));
                let (wording, is_title) = titles.iter().find_map(fits)?;
                Some((kind, is_title.then_some(wording)))
            })
            .collect();
        match fitting.as_slice() {
            [] => {}
            [one] => return Some(*one),
            _ => return None,
        }
    }
    None
}

/// Sentences at the head of a text that say what a paper without an abstract is about.
const OPENING: usize = 12;

/// Ways in which the title may be meant (rows below it may belong to it), each with whether all of it
/// is printed as a title; and title and abstract in one.
fn headings(reading: &Reading) -> (Vec<(Label, bool)>, String) {
    let abstract_text = abstract_text::propose(reading).raw;
    let Some(title) = &reading.title else {
        let is_letter = !reading.letter_subject().is_empty();
        let titles = if is_letter { vec![(fold::words("Công văn"), true)] } else { Vec::new() };
        return (titles, fold::phrase(&abstract_text));
    };
    let mut titles = vec![(fold::words(&title.text()), true)];
    let mut said = format!("{} {abstract_text}", title.text());
    let rows = reading.sheets.first().map(|s| s.pieces.as_slice()).unwrap_or_default();
    let mut bottom = title.bottom();
    for row in rows.iter().skip(title.next).take(2) {
        if row.at.top - bottom > 6.0 || (row.centre() - title.centre()).abs() > 12.0 {
            break;
        }
        bottom = row.at.bottom();
        let (mut longer, is_title) = titles.last().cloned().unwrap_or_default();
        longer.extend(fold::words(&Row::text(row)));
        said = format!("{said} {}", row.text());
        titles.push((longer, is_title && row.is_caps()));
    }
    (titles, fold::phrase(&said))
}
