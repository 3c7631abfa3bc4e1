//! The directory of agencies: full names, abbreviations, and until when they existed.
//!
//! Built in for what the law names everywhere; an installation adds its communes and units in a file
//! of its own. A name as read is settled only where it equals exactly one entry but for marks and
//! the confusions listed here: the directory chooses among spellings and invents no agency.

use std::collections::{HashMap, HashSet};

use jiff::civil::Date;
use serde::Deserialize;

use super::fold;
use crate::domain::lessons::Lesson;

/// The lists that the program carries.
const BUILT_IN: [(&str, &str); 3] = [
    ("ministries.csv", include_str!("../../../templates/agencies/ministries.csv")),
    ("departments.csv", include_str!("../../../templates/agencies/departments.csv")),
    ("provinces.csv", include_str!("../../../templates/agencies/provinces.csv")),
];

/// Bytes of one file, and agencies of an installation.
const BYTES_AT_MOST: usize = 8 * 1024 * 1024;
const AGENCIES_AT_MOST: usize = 40_000;
/// Characters of a name.
const CHARACTERS_AT_MOST: usize = 200;
/// Faults that are told at once.
const FAULTS_AT_MOST: usize = 40;

/// Figures that readers take for letters, in names without figures.
const CONFUSED: [(char, char); 5] = [('0', 'o'), ('1', 'i'), ('l', 'i'), ('5', 's'), ('8', 'b')];

/// One agency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agency {
    /// `Sở Lao động - Thương binh và Xã hội`, `Ủy ban nhân dân xã Bảo Ái`.
    pub name: String,
    /// Short forms as they are printed in heads and in symbols: `Sở LĐTBXH`, `SLĐTBXH`.
    pub abbreviations: Vec<String>,
    /// The agency above.
    pub parent: Option<String>,
    /// First day.
    pub valid_from: Option<Date>,
    /// Last day.
    pub valid_until: Option<Date>,
}

/// Everything wrong with a list of agencies: file, line, column.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("danh bạ cơ quan có {} lỗi: {}", .0.len(), .0.join("; "))]
pub struct AgencyFaults(pub Vec<String>);

/// The agencies of an installation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Agencies(Vec<Agency>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AgencyRow {
    name: String,
    #[serde(default)]
    abbreviations: String,
    #[serde(default)]
    parent: Option<String>,
    #[serde(default)]
    valid_from: Option<Date>,
    #[serde(default)]
    valid_until: Option<Date>,
}

impl Agencies {
    /// The ones that the program carries.
    pub fn built_in() -> Self {
        BUILT_IN.iter().fold(Self::default(), |all, (file, text)| {
            all.extended(file, text).expect("a test reads the lists that are built in")
        })
    }

    /// These and those of a CSV file with the columns `name`, `abbreviations` (parted by `;`),
    /// `parent`, `valid_from`, `valid_until`; an agency of the same name takes the place of the other.
    /// Lines that begin with `#` are remarks.
    ///
    /// # Errors
    /// [`AgencyFaults`]; nothing is taken then.
    pub fn extended(mut self, file: &str, text: &str) -> Result<Self, AgencyFaults> {
        if text.len() > BYTES_AT_MOST {
            let most = BYTES_AT_MOST / 1024 / 1024;
            return Err(AgencyFaults(vec![format!("{file}: lớn hơn {most} MiB")]));
        }
        let mut faults = Vec::new();
        let mut at: HashMap<String, usize> =
            self.0.iter().enumerate().map(|(i, a)| (a.name.clone(), i)).collect();
        let mut rows = csv::ReaderBuilder::new()
            .comment(Some(b'#'))
            .trim(csv::Trim::All)
            .from_reader(text.trim_start_matches('\u{feff}').as_bytes());
        for row in rows.deserialize::<AgencyRow>() {
            if faults.len() >= FAULTS_AT_MOST || self.0.len() > AGENCIES_AT_MOST {
                break;
            }
            match row {
                Ok(row) => match row.taken() {
                    Ok(agency) => match at.get(&agency.name) {
                        Some(i) => self.0[*i] = agency,
                        None => {
                            at.insert(agency.name.clone(), self.0.len());
                            self.0.push(agency);
                        }
                    },
                    Err(message) => faults.push(format!("{file}: {message}")),
                },
                Err(error) => {
                    let line = error.position().map_or(1, csv::Position::line);
                    faults.push(format!(
                        "{file}: dòng {line}: cần các cột name, abbreviations, parent, valid_from, valid_until, \
                         ngày dạng 2025-07-01 ({error})"
                    ));
                }
            }
        }
        if self.0.len() > AGENCIES_AT_MOST {
            faults.push(format!("{file}: nhiều hơn {AGENCIES_AT_MOST} cơ quan: bỏ bớt dòng"));
        }
        if faults.is_empty() { Ok(self) } else { Err(AgencyFaults(faults)) }
    }

    /// Agencies whose parent is not in the list.
    pub(super) fn with_unknown_parents(&self) -> impl Iterator<Item = (&str, &str)> {
        let names: HashSet<&str> = self.0.iter().map(|a| a.name.as_str()).collect();
        let parents = self.0.iter().filter_map(|a| Some((a.name.as_str(), a.parent.as_deref()?)));
        parents.filter(move |(_, parent)| !names.contains(parent))
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

impl AgencyRow {
    fn taken(self) -> Result<Agency, String> {
        let is_line = |text: &str| {
            text.chars().any(char::is_alphabetic)
                && text.chars().count() <= CHARACTERS_AT_MOST
                && !text.chars().any(char::is_control)
        };
        let name = self.name.split_whitespace().collect::<Vec<_>>().join(" ");
        if !is_line(&name) {
            return Err(format!("name: phải là tên cơ quan, không quá {CHARACTERS_AT_MOST} ký tự"));
        }
        let abbreviations: Vec<String> = self
            .abbreviations
            .split(';')
            .map(|a| a.split_whitespace().collect::<Vec<_>>().join(" "))
            .filter(|a| !a.is_empty())
            .collect();
        if abbreviations.len() > 20 || !abbreviations.iter().all(|a| is_line(a)) {
            return Err(format!("“{name}”: abbreviations: nhiều nhất 20 tên viết tắt, cách nhau bằng “;”"));
        }
        if self.valid_from.zip(self.valid_until).is_some_and(|(from, until)| until < from) {
            return Err(format!("“{name}”: valid_until sớm hơn valid_from"));
        }
        let parent = self.parent.filter(|p| !p.is_empty());
        Ok(Agency { name, abbreviations, parent, valid_from: self.valid_from, valid_until: self.valid_until })
    }
}

/// The directory made ready for looking up.
#[derive(Debug, Clone)]
pub(super) struct Directory {
    agencies: Vec<Agency>,
    /// By the letters of name or abbreviation.
    by_letters: HashMap<String, Vec<usize>>,
    longest: usize,
}

/// A name of which the first words are settled.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Settled {
    /// The whole name, those words as the directory has them.
    pub(super) name: String,
    /// How many printed words were settled.
    pub(super) n_words: usize,
    /// Where in `name` the other words begin.
    pub(super) rest_at: usize,
}

/// Letters without marks, listed confusions made one, signs between words left out.
fn letters(text: &str) -> String {
    let confused = |c: char| CONFUSED.iter().find(|(a, _)| *a == c).map_or(c, |(_, b)| *b);
    fold::words(text)
        .iter()
        .map(|w| w.chars().map(confused).collect::<String>())
        .collect::<Vec<_>>()
        .join(" ")
}

impl Directory {
    pub(super) fn new(Agencies(agencies): &Agencies) -> Self {
        let mut by_letters: HashMap<String, Vec<usize>> = HashMap::new();
        let mut longest = 0;
        for (i, agency) in agencies.iter().enumerate() {
            for called in std::iter::once(&agency.name).chain(&agency.abbreviations) {
                longest = longest.max(called.split_whitespace().count());
                let found = by_letters.entry(letters(called)).or_default();
                if !found.contains(&i) {
                    found.push(i);
                }
            }
        }
        Self { agencies: agencies.clone(), by_letters, longest }
    }

    /// These, and what officers taught.
    pub(super) fn taught<'a>(self, lessons: impl IntoIterator<Item = &'a Lesson>) -> Self {
        let mut agencies = self.agencies;
        for lesson in lessons {
            let (name, short) = match lesson {
                Lesson::Agency { name } => (name, None),
                Lesson::Abbreviation { short, name } => (name, Some(short)),
                Lesson::Title { .. } => continue,
            };
            let at = agencies.iter().position(|a| a.name == *name).unwrap_or_else(|| {
                agencies.push(Agency {
                    name: name.clone(),
                    abbreviations: Vec::new(),
                    parent: None,
                    valid_from: None,
                    valid_until: None,
                });
                agencies.len() - 1
            });
            agencies[at].abbreviations.extend(short.cloned());
        }
        Self::new(&Agencies(agencies))
    }

    /// Whether those letters stand for an agency of another name.
    pub(super) fn names_another(&self, called: &str, name: &str) -> bool {
        let found = self.by_letters.get(&letters(called)).into_iter().flatten();
        found.into_iter().any(|i| self.agencies[*i].name != name)
    }

    /// The one agency of those letters on `day`: of several with different names none.
    fn only(&self, called: &str, day: Option<Date>) -> Option<&Agency> {
        let found: Vec<&Agency> =
            self.by_letters.get(&letters(called))?.iter().map(|i| &self.agencies[*i]).collect();
        let in_force = |a: &&&Agency| {
            day.is_none_or(|d| a.valid_from.is_none_or(|f| f <= d) && a.valid_until.is_none_or(|u| d <= u))
        };
        match found.as_slice() {
            [one] => Some(one),
            several => {
                let mut then = several.iter().filter(in_force);
                let one = then.next()?;
                then.next().is_none().then_some(*one)
            }
        }
    }

    /// The longest beginning of a name that is one agency, spelled out as the directory has it.
    pub(super) fn settled(&self, name: &str, day: Option<Date>) -> Option<Settled> {
        let words: Vec<&str> = name.split_whitespace().collect();
        (1..=words.len().min(self.longest)).rev().find_map(|n| {
            // A sign at the end belongs to what follows.
            let is_word = words[n - 1].chars().any(char::is_alphanumeric);
            let agency = self.only(&words[..n].join(" "), day).filter(|_| is_word)?;
            let rest = words[n..].join(" ");
            let full = if rest.is_empty() { agency.name.clone() } else { format!("{} {rest}", agency.name) };
            Some(Settled { rest_at: full.len() - rest.len(), name: full, n_words: n })
        })
    }

    /// Whether the symbol of a number names another agency than the one that issued the paper:
    /// `12/QĐ-UBND` from a department. `None` where the directory can't tell.
    pub(super) fn contradicts(&self, number: &str, authority: &str, day: Option<Date>) -> Option<bool> {
        let (_, symbol) = number.rsplit_once('/')?;
        let groups: Vec<&str> = symbol.split('-').filter(|g| g.chars().count() >= 2).collect();
        let words: Vec<&str> = authority.split_whitespace().collect();
        let own = (1..=words.len().min(self.longest))
            .rev()
            .filter_map(|n| self.only(&words[..n].join(" "), day))
            .find(|a| a.abbreviations.iter().any(|a| !a.contains(' ')))?;
        let is_own = |group: &&str| own.abbreviations.iter().any(|a| letters(a) == letters(group));
        if groups.iter().any(is_own) {
            return Some(false);
        }
        let is_others = |group: &&str| self.by_letters.contains_key(&letters(group));
        groups.iter().any(is_others).then_some(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn directory() -> Directory {
        let own = "name,abbreviations,parent,valid_from,valid_until\n\
                   Ủy ban nhân dân xã Bảo Ái,UBND xã Bảo Ái,Ủy ban nhân dân huyện Yên Bình,,\n\
                   Ủy ban nhân dân xã Mường La,,,,\nỦy ban nhân dân xã Mương La,,,,\n";
        Directory::new(&Agencies::built_in().extended("don-vi.csv", own).unwrap())
    }

    fn check(name: &str, expected: Option<(&str, usize)>) {
        let found = directory().settled(name, Some(date(2024, 5, 6)));
        let found = found.as_ref().map(|s| (s.name.as_str(), s.n_words));
        assert_eq!(found, expected, "{name}");
    }

    #[test]
    fn one_agency_settles_marks_and_confusions() {
        check("Ủy bạn nhân dàn xã Báo Ai", Some(("Ủy ban nhân dân xã Bảo Ái", 7)));
        check("UBND xã Bảo Á1", Some(("Ủy ban nhân dân xã Bảo Ái", 4)));
        check("UBND huyện Yên Bình", Some(("Ủy ban nhân dân huyện Yên Bình", 1)));
        check("Sở LĐTBXH tỉnh Lào Cai", Some(("Sở Lao động - Thương binh và Xã hội tỉnh Lào Cai", 2)));
        check("Sở Lao dộng - Thương bình và Xã hội", Some(("Sở Lao động - Thương binh và Xã hội", 9)));
        check("Công ty Cổ phần Bảo Ái", None);
        check("", None);
        check("-", None);
    }

    #[test]
    fn what_was_taught_is_known_beside_the_rest() {
        let taught = [
            Lesson::Agency { name: "Ủy ban nhân dân xã Cẩm Ổi".into() },
            Lesson::Abbreviation {
                short: "UBX Bảo Ái".into(), name: "Ủy ban nhân dân xã Bảo Ái".into()
            },
        ];
        let directory = directory().taught(&taught);
        for (said, expected) in [
            ("Ủy ban nhân dân xã Cấm Ối", "Ủy ban nhân dân xã Cẩm Ổi"),
            ("UBX Bảo Ai", "Ủy ban nhân dân xã Bảo Ái"),
            ("UBND xã Bảo Ái", "Ủy ban nhân dân xã Bảo Ái"),
        ] {
            let found = directory.settled(said, Some(date(2024, 5, 6)));
            assert_eq!(found.map(|s| s.name).as_deref(), Some(expected), "{said}");
        }
        assert!(directory.names_another("UBND", "Ủy ban nhân dân xã Bảo Ái"), "it stands for all of them");
        assert!(!directory.names_another("UBX Bảo Ái", "Ủy ban nhân dân xã Bảo Ái"));
    }

    #[test]
    fn two_agencies_of_the_same_letters_settle_nothing_but_what_they_share() {
        check("Ủy ban nhân dân xã Mường La", Some(("Ủy ban nhân dân xã Mường La", 4)));
        check("Ủy ban nhân dân xã Muong La", Some(("Ủy ban nhân dân xã Muong La", 4)));
    }

    #[test]
    fn a_symbol_of_another_agency_is_told() {
        for (number, authority, expected) in [
            ("12/QĐ-UBND", "Ủy ban nhân dân xã Bảo Ái", Some(false)),
            ("12/UBND-VX", "Ủy ban nhân dân tỉnh Lào Cai", Some(false)),
            ("12/QĐ-UBND", "Sở Nội vụ tỉnh Lào Cai", Some(true)),
            ("1917/QĐ-BLĐTBXH", "Bộ Lao động - Thương binh và Xã hội", Some(false)),
            ("634/QĐ-LĐTBXH", "Bộ Lao động - Thương binh và Xã hội", Some(false)),
            ("15/GPLĐ", "Sở Lao động - Thương binh và Xã hội", None),
            ("15/QĐ-SNV", "Công ty Cổ phần A", None),
            ("123/2020", "Ủy ban nhân dân xã Bảo Ái", None),
        ] {
            assert_eq!(directory().contradicts(number, authority, None), expected, "{number} {authority}");
        }
    }

    #[test]
    fn wrong_lists_are_refused_by_line() {
        for (text, part) in [
            ("tên\nA b", "cần các cột name"),
            ("name,valid_from\nSở A,hôm qua", "dòng 2"),
            ("name,valid_from,valid_until\nSở A,2025-07-01,2025-06-30", "valid_until sớm hơn"),
            ("name\n123", "phải là tên cơ quan"),
        ] {
            let AgencyFaults(faults) = Agencies::default().extended("a.csv", text).unwrap_err();
            assert!(faults[0].starts_with("a.csv: ") && faults[0].contains(part), "{text}: {faults:?}");
        }
    }

    #[test]
    fn an_entry_of_the_same_name_takes_the_place() {
        let own = "name,abbreviations\nBộ Y tế,BYTE\n";
        let before = Agencies::built_in().len();
        let directory = Agencies::built_in().extended("a.csv", own).unwrap();
        assert_eq!(directory.len(), before);
    }
}
