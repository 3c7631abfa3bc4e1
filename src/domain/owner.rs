//! A person or organisation whose papers are kept: what is known beside the numbers, what is odd about the numbers, who
//! acts for a child, and what officers did about all that.
//!
//! Knows nothing of how owners are found or kept, and nothing of the wall clock: the day is an argument.

mod acts;
mod guardian;

use jiff::{Span, civil::Date};
use serde::{Deserialize, Serialize};

use super::{
    code::{OwnerKey, OwnerName},
    ids::{IdFinding, IdSeverity, InvalidOwnerNumber, OwnerNumber},
};

pub use acts::{OwnerAct, OwnerRows, OwnerStanding, Parting, ReasonedAct};
pub use guardian::{GuardianKind, Guardianship};

/// Until the birthday on which somebody is so old, another person acts for him (the child's guardian).
pub const GUARDED_YEARS: i16 = 14;

/// As identity papers state it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sex {
    /// Nam.
    Male,
    /// Nữ.
    Female,
}

impl Sex {
    /// `male`, `female`, or as papers print it.
    pub fn parse(text: &str) -> Option<Self> {
        match text.trim().to_lowercase().as_str() {
            "male" | "nam" => Some(Self::Male),
            "female" | "nữ" => Some(Self::Female),
            _ => None,
        }
    }

    /// What pages call it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Male => "Nam",
            Self::Female => "Nữ",
        }
    }
}

/// A name somebody has or had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownName {
    /// Họ tên, or name of the organisation.
    pub name: OwnerName,
    /// Whether he bears another one now.
    #[serde(default)]
    pub is_former: bool,
}

/// What is known of an owner beside numbers, as officers keyed it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Profile {
    /// Names, each once.
    pub names: Vec<KnownName>,
    /// Birth date of a person.
    pub born: Option<Date>,
    /// Founding year of an organisation.
    pub founded: Option<i16>,
    /// Sex of a person.
    pub sex: Option<Sex>,
}

impl Profile {
    /// The same, with what the keys of a provisional owner say where nothing else is known.
    pub fn with_keys(mut self, keys: &[OwnerKey]) -> Self {
        for key in keys {
            let name = match key {
                OwnerKey::Numbered { .. } => continue,
                OwnerKey::NamedPerson { name, born } => {
                    self.born = self.born.or(Some(*born));
                    name
                }
                OwnerKey::NamedOrganisation { name, founded } => {
                    self.founded = self.founded.or(Some(*founded));
                    name
                }
            };
            self.add_name(name, false);
        }
        self
    }

    fn add_name(&mut self, name: &OwnerName, is_former: bool) {
        if !self.names.iter().any(|known| known.name == *name) {
            self.names.push(KnownName { name: name.clone(), is_former });
        }
    }

    /// What is known of one owner who was kept as two: what this one says holds, the other's names are added.
    pub fn merged_with(&self, other: &Self) -> Self {
        let mut both = self.clone();
        for known in &other.names {
            both.add_name(&known.name, known.is_former);
        }
        both.born = both.born.or(other.born);
        both.founded = both.founded.or(other.founded);
        both.sex = both.sex.or(other.sex);
        both
    }

    /// The keys by which these names lead to the owner; none while birth date and founding year are unknown.
    pub fn keys(&self) -> Vec<OwnerKey> {
        let key = |known: &KnownName| match (self.born, self.founded) {
            (Some(born), _) => Some(OwnerKey::NamedPerson { name: known.name.clone(), born }),
            (None, Some(founded)) => Some(OwnerKey::NamedOrganisation { name: known.name.clone(), founded }),
            (None, None) => None,
        };
        self.names.iter().filter_map(key).collect()
    }

    /// Whether somebody acts for this person on `day`; `None` while the birth date is unknown.
    pub fn is_guarded(&self, day: Date) -> Option<bool> {
        self.born.map(|born| day <= last_guarded_day(born))
    }
}

/// The day before the 14th birthday; of who was born on 29 February, before 1 March.
pub fn last_guarded_day(born: Date) -> Date {
    let years = Span::new().years(GUARDED_YEARS);
    let birthday = if born.month() == 2 && born.day() == 29 {
        born.saturating_add(Span::new().days(1)).saturating_add(years)
    } else {
        born.saturating_add(years)
    };
    birthday.saturating_sub(Span::new().days(1))
}

/// What is odd about the numbers of one owner, held against each other and what else is known: errors, warnings and
/// notes, each with the field that it is about.
pub fn findings(keys: &[OwnerKey], profile: &Profile, today: Date) -> Vec<IdFinding> {
    let finding = |field: &str, severity, message: &str| IdFinding {
        field: field.to_owned(),
        severity,
        message: message.to_owned(),
    };
    let numbers: Vec<&OwnerNumber> = keys.iter().filter_map(OwnerKey::number).collect();
    let mut found = Vec::new();
    let mut persons = 0;
    for number in &numbers {
        match number {
            OwnerNumber::Person(id) => {
                persons += 1;
                let is_male = profile.sex.map(|sex| sex == Sex::Male);
                found.extend(id.findings(profile.born.map(Date::year), is_male, today.year()));
                found.extend(id.province_note());
            }
            OwnerNumber::OldPerson(id) => {
                found.extend(id.findings());
                if profile.is_guarded(today) == Some(true) {
                    found.push(finding(
                        "owner_id",
                        IdSeverity::Warning,
                        "Người dưới 14 tuổi không được cấp chứng minh nhân dân 9 chữ số: xin đối chiếu với giấy tờ.",
                    ));
                }
            }
            OwnerNumber::Passport(_) => {}
            OwnerNumber::Organisation(id) => found.extend(id.findings()),
        }
    }
    if persons > 1 {
        found.push(finding(
            "owner_id",
            IdSeverity::Error,
            "Có hai số định danh 12 chữ số khác nhau: mỗi người chỉ có một số, xin xác minh.",
        ));
    }
    if profile.born.is_some_and(|born| born > today) {
        found.push(finding("holder_birth_date", IdSeverity::Error, "Ngày sinh sau ngày hôm nay."));
    }
    if numbers.is_empty() {
        found.push(finding(
            "owner_id",
            IdSeverity::Info,
            "Chưa có số định danh: mã số hóa tạm dùng tên và ngày sinh hoặc năm thành lập (QĐ 1917/QĐ-BLĐTBXH, Điều 7).",
        ));
    }
    let mut seen = Vec::new();
    found.retain(|finding| {
        let is_new = !seen.contains(finding);
        seen.push(finding.clone());
        is_new
    });
    found
}

/// As [`findings`], of a number as somebody keyed it: what has no known form is an error.
pub fn check(text: &str, profile: &Profile, today: Date) -> (Option<OwnerKey>, Vec<IdFinding>) {
    match OwnerKey::parse(text) {
        Ok(key) => {
            let profile = profile.clone().with_keys(std::slice::from_ref(&key));
            let found = findings(std::slice::from_ref(&key), &profile, today);
            (Some(key), found)
        }
        Err(_) => {
            let message = InvalidOwnerNumber.to_string();
            let mut letters = message.chars();
            let first: String = letters.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
            let message = format!("{first}{}.", letters.as_str());
            let fault = IdFinding { field: "owner_id".into(), severity: IdSeverity::Error, message };
            (None, vec![fault])
        }
    }
}

/// Something about two owners that only a person may say is right before they become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MergeQuestion {
    /// Each has a 12-digit number, and they differ.
    TwoNumbers,
    /// Their birth dates or founding years differ.
    BirthDates,
    /// Their sex differs.
    Sexes,
}

impl MergeQuestion {
    /// Half a Vietnamese sentence.
    pub fn words(self) -> &'static str {
        match self {
            Self::TwoNumbers => "hai số định danh 12 chữ số khác nhau",
            Self::BirthDates => "ngày sinh hoặc năm thành lập khác nhau",
            Self::Sexes => "giới tính khác nhau",
        }
    }
}

/// What has to be asked before two owners become one.
pub fn merge_questions(one: (&[OwnerKey], &Profile), other: (&[OwnerKey], &Profile)) -> Vec<MergeQuestion> {
    let person = |keys: &[OwnerKey]| {
        keys.iter().any(|key| matches!(key, OwnerKey::Numbered { number: OwnerNumber::Person(_) }))
    };
    fn differs<T: PartialEq>(a: Option<T>, b: Option<T>) -> bool {
        a.zip(b).is_some_and(|(a, b)| a != b)
    }
    let (one_known, other_known) = (one.1.clone().with_keys(one.0), other.1.clone().with_keys(other.0));
    let mut asked = Vec::new();
    if person(one.0) && person(other.0) {
        asked.push(MergeQuestion::TwoNumbers);
    }
    if differs(one_known.born, other_known.born) || differs(one_known.founded, other_known.founded) {
        asked.push(MergeQuestion::BirthDates);
    }
    if differs(one_known.sex, other_known.sex) {
        asked.push(MergeQuestion::Sexes);
    }
    asked
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn key(text: &str) -> OwnerKey {
        OwnerKey::parse(text).unwrap()
    }

    #[test]
    fn what_is_odd_about_a_number_is_told_with_its_field() {
        let today = day("2026-11-21");
        let known = |born: Option<&str>, sex| Profile { born: born.map(day), sex, ..Profile::default() };
        use IdSeverity::{Error, Info, Warning};
        for (text, profile, expected) in [
            ("001085012345", known(Some("1985-06-05"), Some(Sex::Male)), vec![]),
            ("001085012345", known(Some("1986-06-05"), None), vec![(Warning, "holder_birth_date")]),
            ("001085012345", known(None, Some(Sex::Female)), vec![(Warning, "holder_gender")]),
            ("999085012345", known(None, None), vec![(Warning, "owner_id")]),
            ("002085012345", known(None, None), vec![(Info, "owner_id")]), // Hà Giang, now Tuyên Quang
            ("001299012345", known(None, None), vec![(Warning, "owner_id")]), // 2099
            ("012345678", known(None, None), vec![(Warning, "owner_id")]),
            (
                "012345678",
                known(Some("2018-01-01"), None),
                vec![(Warning, "owner_id"), (Warning, "owner_id")],
            ),
            ("0100109106", known(None, None), vec![]),
            ("0100109107", known(None, None), vec![(Warning, "owner_id")]),
            ("H38.17", known(None, None), vec![]),
            ("VNM-B1234567", known(None, None), vec![]),
            ("00108501234", known(None, None), vec![(Error, "owner_id")]),
            (
                "Nguyễn Thị Mẫu 05.06.2027",
                known(None, None),
                vec![(Error, "holder_birth_date"), (Info, "owner_id")],
            ),
        ] {
            let (_, found) = check(text, &profile, today);
            let found: Vec<_> = found.iter().map(|f| (f.severity, f.field.as_str())).collect();
            assert_eq!(found, expected, "{text} {profile:?}");
        }
        let two = findings(&[key("001085012345"), key("001085012346")], &Profile::default(), today);
        assert_eq!(two.iter().map(|f| f.severity).collect::<Vec<_>>(), [Error]);
    }

    #[test]
    fn a_guardian_acts_until_the_day_before_the_fourteenth_birthday() {
        for (born, last) in [
            ("2012-11-22", "2026-11-21"),
            ("2012-11-21", "2026-11-20"),
            ("2012-02-29", "2026-02-28"),
            ("2020-01-01", "2033-12-31"),
        ] {
            assert_eq!(last_guarded_day(day(born)), day(last), "{born}");
        }
        let profile = Profile { born: Some(day("2012-11-22")), ..Profile::default() };
        assert_eq!(profile.is_guarded(day("2026-11-21")), Some(true));
        assert_eq!(profile.is_guarded(day("2026-11-22")), Some(false));
        assert_eq!(Profile::default().is_guarded(day("2026-11-22")), None);
    }

    #[test]
    fn what_contradicts_is_asked_before_two_become_one() {
        let none = Profile::default();
        let born = |text: &str| Profile { born: Some(day(text)), ..Profile::default() };
        use MergeQuestion::{BirthDates, TwoNumbers};
        for (one, known, other, other_known, expected) in [
            ("001085012345", none.clone(), "012345678", none.clone(), vec![]),
            ("001085012345", none.clone(), "001085012346", none.clone(), vec![TwoNumbers]),
            ("001085012345", born("1985-06-05"), "Nguyễn Mẫu 05.06.1985", none.clone(), vec![]),
            ("001085012345", born("1985-06-06"), "Nguyễn Mẫu 05.06.1985", none.clone(), vec![BirthDates]),
            ("001085012345", born("1985-06-06"), "012345678", born("1985-06-05"), vec![BirthDates]),
        ] {
            let asked = merge_questions((&[key(one)], &known), (&[key(other)], &other_known));
            assert_eq!(asked, expected, "{one} {other}");
        }
    }

    #[test]
    fn names_of_both_stay() {
        let name = |text: &str, is_former| KnownName { name: OwnerName::parse(text).unwrap(), is_former };
        let one = Profile {
            names: vec![name("Lê Mẫu", false)],
            born: Some(day("1985-06-05")),
            ..Profile::default()
        };
        let other =
            Profile { names: vec![name("Lê Mẫu", false), name("Lê Thử", true)], ..Profile::default() };
        let both = one.merged_with(&other);
        assert_eq!(both.names, [name("Lê Mẫu", false), name("Lê Thử", true)]);
        assert_eq!(both.keys(), [key("Lê Mẫu 05.06.1985"), key("Lê Thử 05.06.1985")]);
    }
}
