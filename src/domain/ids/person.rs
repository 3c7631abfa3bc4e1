//! Numbers of persons, and what is odd about one without being wrong.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::text_newtype;

/// Số định danh cá nhân: the 12-digit number that identifies a citizen.
///
/// Source: QĐ 1917/QĐ-BLĐTBXH, Điều 6 khoản 2 (field); Luật Căn cước 2023, Điều 12 (form).
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PersonalId(String);

/// Not twelve (or nine) digits. The text is not repeated: it may be personal data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cần đúng {expected} chữ số, thấy {digits} chữ số và {others} ký tự khác")]
pub struct InvalidPersonalId {
    /// How many digits the form has.
    pub expected: usize,
    /// How many digits were given.
    pub digits: usize,
    /// How many other characters were given.
    pub others: usize,
}

/// How much a finding on an id weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdSeverity {
    /// The number can't be right.
    Error,
    /// The number disagrees with something; a person looks.
    Warning,
    /// Worth knowing.
    Info,
}

/// Something odd about an id, with the field it disagrees with. Carries no digit of the id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdFinding {
    /// The field the finding is about: `owner_id`, `holder_birth_date`, `holder_gender`.
    pub field: String,
    /// How much it weighs.
    pub severity: IdSeverity,
    /// One Vietnamese sentence.
    pub message: String,
}

/// Province codes of birth registration (TT 07/2016/TT-BCA, Phụ lục 1), in force when numbers are given.
const PROVINCES: &str = include_str!("province_codes.csv");

/// The province whose three-digit code begins a personal number; `None` for births abroad, whose
/// codes are not published, and for codes that do not exist.
pub fn province_of(prefix: &str) -> Option<&'static str> {
    PROVINCES.lines().skip(1).find_map(|line| {
        let (code, name) = line.split_once(',')?;
        (code == prefix).then_some(name)
    })
}

/// The provinces since 1/7/2025 and those they were made of: for showing alone, recalled rather than read in a gazette.
const MERGED: &str = include_str!("province_merge_2025.csv");

/// The province that a former one belongs to since 1/7/2025; `None` when it kept its name.
fn merged_into(former: &str) -> Option<&'static str> {
    MERGED.lines().skip(1).find_map(|line| {
        let (now, before) = line.split_once(',')?;
        (now != former && before.split(';').any(|name| name.trim() == former)).then_some(now)
    })
}

fn digits_only(text: &str, expected: usize) -> Result<String, InvalidPersonalId> {
    let text = text.trim();
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let others = text.chars().count() - digits;
    if digits != expected || others != 0 {
        return Err(InvalidPersonalId { expected, digits, others });
    }
    Ok(text.to_owned())
}

impl PersonalId {
    /// # Errors
    /// When `text`, trimmed, is not exactly 12 ASCII digits.
    pub fn parse(text: &str) -> Result<Self, InvalidPersonalId> {
        digits_only(text, 12).map(Self)
    }

    /// The birth year that the number states: century by the fourth digit, year by the two after it.
    pub fn birth_year(&self) -> i16 {
        let digit = |i: usize| i16::from(self.0.as_bytes()[i] - b'0');
        1900 + 100 * (digit(3) / 2) + 10 * digit(4) + digit(5)
    }

    /// Whether the number states a man (even fourth digit) or a woman (odd).
    pub fn states_male(&self) -> bool {
        (self.0.as_bytes()[3] - b'0').is_multiple_of(2)
    }

    /// That the province of the first three digits belongs to another one now; numbers never change.
    pub fn province_note(&self) -> Option<IdFinding> {
        let former = province_of(&self.0[..3])?;
        let now = merged_into(former)?;
        Some(IdFinding {
            field: "owner_id".to_owned(),
            severity: IdSeverity::Info,
            message: format!(
                "Nơi đăng ký khai sinh theo số định danh: {former} (nay thuộc {now}); số đã cấp không đổi."
            ),
        })
    }

    /// What disagrees with the number: province, century and sex, birth year. Warnings, never
    /// rejections: the annex for births abroad is not public, and registers hold old mistakes.
    ///
    /// `birth_year` and `male` are what the paper says, where it says it; `this_year` bounds births.
    /// Source: NĐ 137/2015/NĐ-CP, Điều 13; TT 59/2021/TT-BCA, Điều 4.
    pub fn findings(&self, birth_year: Option<i16>, male: Option<bool>, this_year: i16) -> Vec<IdFinding> {
        let warning = |field: &str, message: String| IdFinding {
            field: field.to_owned(),
            severity: IdSeverity::Warning,
            message,
        };
        let mut found = Vec::new();
        if province_of(&self.0[..3]).is_none() {
            found.push(warning(
                "owner_id",
                "Ba chữ số đầu không phải mã tỉnh nơi đăng ký khai sinh (có thể sinh ở nước ngoài): xin đối chiếu với giấy tờ.".into(),
            ));
        }
        if self.birth_year() > this_year {
            found.push(warning(
                "owner_id",
                "Chữ số thế kỷ và năm sinh trong số định danh chỉ một năm chưa tới: xin đối chiếu với giấy tờ.".into(),
            ));
        }
        if birth_year.is_some_and(|year| year != self.birth_year()) {
            found.push(warning(
                "holder_birth_date",
                "Năm sinh trên giấy tờ khác năm sinh ghi trong số định danh.".into(),
            ));
        }
        if male.is_some_and(|male| male != self.states_male()) {
            found.push(warning(
                "holder_gender",
                "Giới tính trên giấy tờ khác giới tính ghi trong số định danh.".into(),
            ));
        }
        found
    }
}

text_newtype!(PersonalId, InvalidPersonalId);

/// Masked: personal numbers must not reach a log (QĐ 1917, Điều 8 khoản 2).
impl fmt::Debug for PersonalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PersonalId(********{})", &self.0[8..])
    }
}

/// Số chứng minh nhân dân: nine digits, invalid for use since 1/1/2025, still on old papers.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OldPersonalId(String);

impl OldPersonalId {
    /// # Errors
    /// When `text`, trimmed, is not exactly 9 ASCII digits.
    pub fn parse(text: &str) -> Result<Self, InvalidPersonalId> {
        digits_only(text, 9).map(Self)
    }

    /// That the number is of the old form, and should be replaced by the personal number.
    pub fn findings(&self) -> Vec<IdFinding> {
        vec![IdFinding {
            field: "owner_id".into(),
            severity: IdSeverity::Warning,
            message:
                "Số chứng minh nhân dân 9 chữ số đã hết giá trị sử dụng: nên thay bằng số định danh cá nhân."
                    .into(),
        }]
    }
}

text_newtype!(OldPersonalId, InvalidPersonalId);

/// Masked, as [`PersonalId`].
impl fmt::Debug for OldPersonalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OldPersonalId(*****{})", &self.0[5..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twelve_digits_and_nothing_else() {
        for (text, ok) in [
            ("001085012345", true),
            (" 001085012345 ", true),
            ("00108501234", false),
            ("0010850123456", false),
            ("00108501234O", false),
            ("001 085 012 345", false),
            ("٠٠١٠٨٥٠١٢٣٤٥", false),
            ("", false),
        ] {
            assert_eq!(PersonalId::parse(text).is_ok(), ok, "{text}");
        }
    }

    #[test]
    fn a_number_never_shows_whole_in_debug() {
        let id = PersonalId::parse("001085012345").unwrap();
        assert_eq!(format!("{id:?}"), "PersonalId(********2345)");
    }

    #[test]
    fn century_and_sex_come_from_the_fourth_digit() {
        for (text, year, male) in [
            ("001085012345", 1985, true),
            ("001185012345", 1985, false),
            ("079220012345", 2020, true),
            ("079320012345", 2020, false),
        ] {
            let id = PersonalId::parse(text).unwrap();
            assert_eq!((id.birth_year(), id.states_male()), (year, male), "{text}");
        }
    }

    #[test]
    fn each_disagreement_names_its_field() {
        let id = PersonalId::parse("999285012345").unwrap();
        let fields: Vec<String> =
            id.findings(Some(1985), Some(false), 2026).into_iter().map(|f| f.field).collect();
        assert_eq!(fields, ["owner_id", "owner_id", "holder_birth_date", "holder_gender"]);
        let id = PersonalId::parse("001085012345").unwrap();
        assert!(id.findings(Some(1985), Some(true), 2026).is_empty());
    }
}
