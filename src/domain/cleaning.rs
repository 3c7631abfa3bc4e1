//! The three groups of công văn 2513/LĐTBXH-TTTT (14/7/2022): people of whom the store has no number, an odd number, or too
//! few basic data; and what a number that comes back is held against. Knows nothing of files and rows.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::{
    child::is_known_child,
    code::OwnerKey,
    ids::{OwnerNumber, PersonalId},
    owner::{Profile, Sex},
};

/// Younger people never had a card of nine digits.
const OLD_CARD_YEARS: i16 = 14;

/// A group of the letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Không có số.
    NoNumber = 1,
    /// Định dạng số bị sai.
    OddNumber = 2,
    /// Thiếu hoặc sai thông tin cơ bản.
    MissingData = 3,
}

/// What the store knows of a person.
#[derive(Debug, Clone, Default)]
pub struct Basics {
    /// The number by which the store knows him.
    pub number: Option<OwnerNumber>,
    /// Họ tên.
    pub name: Option<String>,
    /// Ngày sinh.
    pub born: Option<Date>,
    /// Whether papers say that he is a man.
    pub is_male: Option<bool>,
    /// Dân tộc.
    pub ethnicity: Option<String>,
    /// Cha, mẹ, người giám hộ.
    pub has_parent: bool,
}

impl Basics {
    /// Of a person's key; `None` of an organisation.
    pub fn of(key: &OwnerKey) -> Option<Self> {
        match key {
            OwnerKey::NamedPerson { name, born } => {
                Some(Self { name: Some(name.to_string()), born: Some(*born), ..Self::default() })
            }
            OwnerKey::Numbered { number: OwnerNumber::Organisation(_) }
            | OwnerKey::NamedOrganisation { .. } => None,
            OwnerKey::Numbered { number } => Some(Self { number: Some(number.clone()), ..Self::default() }),
        }
    }

    /// Takes from what officers keyed of him: it stands above what his papers say.
    pub fn learn_profile(&mut self, profile: &Profile) {
        let name = profile.names.iter().find(|known| !known.is_former);
        self.name = name.map(|known| known.name.to_string()).or(self.name.take());
        self.born = profile.born.or(self.born);
        self.is_male = profile.sex.map(|sex| sex == Sex::Male).or(self.is_male);
    }

    /// Takes from the further fields of one of his papers what is not known yet.
    pub fn learn(&mut self, other: &BTreeMap<String, String>) {
        let of = |name: &str| other.get(name).filter(|text| !text.trim().is_empty());
        self.name = self.name.take().or_else(|| of("holder_name").cloned());
        self.born = self.born.or_else(|| of("holder_birth_date").and_then(|day| day.parse().ok()));
        self.is_male = self.is_male.or_else(|| match of("holder_gender")?.to_lowercase().as_str() {
            "nam" => Some(true),
            "nữ" => Some(false),
            _ => None,
        });
        self.ethnicity = self.ethnicity.take().or_else(|| of("ethnicity").cloned());
        self.has_parent |= ["father_name", "mother_name", "carer_name"].iter().any(|name| of(name).is_some());
    }

    /// Whether he is a child on `today`, by birth date or the year that his number states; `None` where neither is
    /// known. Who might be one by the year alone is one.
    pub fn is_child(&self, today: Date) -> Option<bool> {
        let number = match &self.number {
            Some(OwnerNumber::Person(id)) => Some(id),
            _ => None,
        };
        is_known_child(self.born, number, today)
    }

    /// In which groups he is, with a Vietnamese phrase on why; empty when in none. Basic data are asked of children,
    /// whom the letter is about, and of those who may be.
    pub fn groups(&self, today: Date) -> Vec<(Group, String)> {
        let mut groups = Vec::new();
        match &self.number {
            None => groups.push((Group::NoNumber, "không có số định danh".to_owned())),
            Some(OwnerNumber::OldPerson(_)) => {
                let young = self.born.is_some_and(|born| born.year().saturating_add(OLD_CARD_YEARS) > 2021);
                let words = if young {
                    "số chứng minh nhân dân 9 chữ số của người chưa đủ tuổi được cấp"
                } else {
                    "số chứng minh nhân dân 9 chữ số, hết giá trị sử dụng từ 01/01/2025"
                };
                groups.push((Group::OddNumber, words.to_owned()));
            }
            Some(OwnerNumber::Person(id)) => {
                let found = id.findings(self.born.map(Date::year), self.is_male, today.year());
                groups.extend(found.into_iter().map(|finding| (Group::OddNumber, finding.message)));
            }
            // A foreigner has no other.
            Some(OwnerNumber::Passport(_) | OwnerNumber::Organisation(_)) => {}
        }
        if self.is_child(today) != Some(false) {
            let missing = [
                ("họ tên", self.name.is_none()),
                ("ngày, tháng, năm sinh", self.born.is_none()),
                ("giới tính", self.is_male.is_none()),
                ("dân tộc", self.ethnicity.is_none()),
                ("cha, mẹ hoặc người giám hộ", !self.has_parent),
            ];
            let missing: Vec<&str> = missing.iter().filter(|(_, is)| *is).map(|(what, _)| *what).collect();
            if !missing.is_empty() {
                groups.push((Group::MissingData, format!("thiếu {}", missing.join(", "))));
            }
        }
        groups
    }
}

/// What stands against a number that came back for this person: errors, and what a person should look at. A wrong line of
/// the list is told by year of birth and sex, which is why they are errors here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Objections {
    /// The number is not taken.
    pub errors: Vec<String>,
    /// It is taken, and said.
    pub warnings: Vec<String>,
}

/// Holds a number against what is known.
pub fn objections(number: &PersonalId, basics: &Basics, today: Date) -> Objections {
    let mut objections = Objections::default();
    for finding in number.findings(basics.born.map(Date::year), basics.is_male, today.year()) {
        let is_error = finding.field != "owner_id" || number.birth_year() > today.year();
        if is_error { &mut objections.errors } else { &mut objections.warnings }.push(finding.message);
    }
    objections
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn everybody_is_in_his_groups() {
        let today = date(2026, 11, 21);
        let check = |key: &str, papers: &[(&str, &str)], expected: &[(u8, &str)]| {
            let mut basics = Basics::of(&OwnerKey::parse(key).unwrap()).unwrap();
            basics.learn(&papers.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect());
            let groups = basics.groups(today);
            assert_eq!(groups.len(), expected.len(), "{key}: {groups:?}");
            for ((group, words), (number, part)) in groups.iter().zip(expected) {
                assert!(*group as u8 == *number && words.contains(part), "{key}: {words} / {part}");
            }
        };
        let whole = [("holder_gender", "Nữ"), ("ethnicity", "Kinh"), ("mother_name", "Trần Thị Mẫu")];
        check("Nguyễn Thị Mẫu 05.06.1985", &[], &[(1, "không có số")]);
        check("Nguyễn Thị Bé 05.06.2019", &whole, &[(1, "không có số")]);
        check("Nguyễn Thị Bé 05.06.2019", &[], &[(1, ""), (3, "thiếu giới tính, dân tộc, cha, mẹ")]);
        check("012345678", &[("holder_birth_date", "1985-06-05")], &[(2, "hết giá trị")]);
        check("012345678", &[("holder_birth_date", "2010-12-05")], &[(2, "chưa đủ tuổi"), (3, "họ tên")]);
        check("001185000777", &[("holder_birth_date", "1985-06-05")], &[]);
        check("001185000777", &[("holder_birth_date", "1986-06-05")], &[(2, "Năm sinh")]);
        check("001185000777", &[("holder_gender", "Nam")], &[(2, "Giới tính")]);
        check("999185000777", &[], &[(2, "mã tỉnh")]);
        assert!(Basics::of(&OwnerKey::parse("0100109106").unwrap()).is_none());
    }

    #[test]
    fn a_number_of_another_line_is_refused() {
        let check = |number: &str, born: Option<Date>, male, n_errors, n_warnings| {
            let basics = Basics { born, is_male: male, ..Basics::default() };
            let found = objections(&PersonalId::parse(number).unwrap(), &basics, date(2026, 11, 21));
            assert_eq!(
                (found.errors.len(), found.warnings.len()),
                (n_errors, n_warnings),
                "{number}: {found:?}"
            );
        };
        let born = Some(date(1985, 6, 5));
        check("001185000777", born, Some(false), 0, 0);
        check("001185000777", None, None, 0, 0);
        check("001186000777", born, Some(false), 1, 0);
        check("001185000777", born, Some(true), 1, 0);
        check("999185000777", born, Some(false), 0, 1);
        check("001399000777", None, None, 1, 0); // 2099
    }
}
