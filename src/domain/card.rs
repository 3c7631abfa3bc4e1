//! What the QR code of an identity card says: number, old number, name, birth date, sex.
//!
//! The text is `số|CMND|họ tên|ddMMyyyy|giới tính|địa chỉ|ddMMyyyy`, UTF-8, seven fields; cards of
//! 2024 and later may carry more behind them, which are passed over. The address is not kept: nothing
//! here needs it. Knows nothing of pictures. No error and no `Debug` repeats what stands in the code.

use std::fmt;

use jiff::civil::Date;
use unicode_normalization::UnicodeNormalization;

use super::{
    ids::{OldPersonalId, PersonalId},
    page::Place,
};

/// The longest text that is looked at, bytes: the largest QR code holds less than 3 kB.
const LONGEST: usize = 2_953;
/// Fields of the first form; later cards have more.
const FIELDS: usize = 7;
/// Most fields of any form.
const MOST_FIELDS: usize = 24;
/// Longest name, characters.
const LONGEST_NAME: usize = 100;

/// The card of a citizen (thẻ căn cước công dân, thẻ căn cước), as its QR code says.
#[derive(Clone, PartialEq, Eq)]
pub struct IdentityCard {
    /// Số định danh cá nhân.
    pub number: PersonalId,
    /// Số chứng minh nhân dân, where the holder had one.
    pub old_number: Option<OldPersonalId>,
    /// Họ và tên, NFC, as on the card.
    pub name: String,
    /// Day of birth.
    pub birth_date: Date,
    /// Whether the card says `Nam`; `None` when it says neither.
    pub is_male: Option<bool>,
    /// Day of issue.
    pub issued_on: Option<Date>,
}

/// A card that was found on a page.
#[derive(Debug, Clone, PartialEq)]
pub struct SeenCard {
    /// What its code says.
    pub card: IdentityCard,
    /// Where the code is.
    pub place: Place,
}

/// Why a text is not that of an identity card. The text is not repeated: it is personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCard {
    /// Another QR code: it has another number of fields, or begins otherwise.
    #[error("không phải mã QR của thẻ căn cước")]
    NotACard,
    /// The name is empty or holds what no name does.
    #[error("họ tên trong mã QR không đúng mẫu")]
    Name,
    /// The birth date is no day of the calendar.
    #[error("ngày sinh trong mã QR không đúng mẫu")]
    BirthDate,
    /// The number and the birth date contradict each other.
    #[error("số định danh và năm sinh trong mã QR không khớp nhau")]
    Contradiction,
}

impl IdentityCard {
    /// Reads the text of a QR code.
    ///
    /// # Errors
    /// [`InvalidCard`]; [`InvalidCard::NotACard`] for every other kind of code.
    pub fn parse(text: &str) -> Result<Self, InvalidCard> {
        if text.len() > LONGEST {
            return Err(InvalidCard::NotACard);
        }
        let text = text.trim_matches(['\u{feff}', '\r', '\n', ' ']);
        let fields: Vec<&str> = text.split('|').collect();
        if !(FIELDS..=MOST_FIELDS).contains(&fields.len()) {
            return Err(InvalidCard::NotACard);
        }
        let number = PersonalId::parse(fields[0]).map_err(|_| InvalidCard::NotACard)?;
        let old_number = match fields[1].trim() {
            "" => None,
            // Cards of those who held a 12-digit CMND repeat the number; others are not ours to judge.
            old => OldPersonalId::parse(old).ok(),
        };
        let name = name_of(fields[2]).ok_or(InvalidCard::Name)?;
        let birth_date = day_of(fields[3]).ok_or(InvalidCard::BirthDate)?;
        if number.birth_year() != birth_date.year() {
            return Err(InvalidCard::Contradiction);
        }
        let sex: String = fields[4].trim().nfc().collect::<String>().to_lowercase();
        let is_male = match sex.as_str() {
            "nam" => Some(true),
            "nữ" => Some(false),
            _ => None,
        };
        Ok(Self { number, old_number, name, birth_date, is_male, issued_on: day_of(fields[6]) })
    }
}

fn name_of(text: &str) -> Option<String> {
    let nfc: String = text.nfc().collect();
    let name = nfc.split_whitespace().collect::<Vec<_>>().join(" ");
    let is_name = |c: char| c.is_alphabetic() || matches!(c, ' ' | '\'' | '’' | '-' | '.');
    let fits = name.chars().count() <= LONGEST_NAME
        && name.chars().any(char::is_alphabetic)
        && name.chars().all(is_name);
    fits.then_some(name)
}

/// `ddMMyyyy`, a day of the calendar since 1880.
fn day_of(text: &str) -> Option<Date> {
    let text = text.trim();
    if text.len() != 8 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let number = |range: std::ops::Range<usize>| text[range].parse::<i16>().ok();
    let (day, month) = (i8::try_from(number(0..2)?).ok()?, i8::try_from(number(2..4)?).ok()?);
    Date::new(number(4..8)?, month, day).ok().filter(|d| d.year() >= 1880)
}

/// Masked: what stands on a card must not reach a log (QĐ 1917, Điều 8 khoản 2).
impl fmt::Debug for IdentityCard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdentityCard(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEVEN: &str =
        "001085012345|012345678|Nguyễn Văn Mẫu|05061985|Nam|Số 1, phố Thử, Bảo Ái, Lào Cai|01022022";

    #[test]
    fn both_forms_of_the_card() {
        let longer = format!("{SEVEN}||Trần Thị Bé|Nguyễn Văn Ông|||");
        for text in [SEVEN.to_owned(), longer, format!("\u{feff}{SEVEN}\r\n")] {
            let card = IdentityCard::parse(&text).unwrap();
            assert_eq!(card.number.as_str(), "001085012345");
            assert_eq!(card.old_number.unwrap().as_str(), "012345678");
            assert_eq!((card.name.as_str(), card.is_male), ("Nguyễn Văn Mẫu", Some(true)));
            assert_eq!(card.birth_date, Date::constant(1985, 6, 5));
            assert_eq!(card.issued_on, Some(Date::constant(2022, 2, 1)));
        }
    }

    #[test]
    fn names_become_nfc_and_empty_fields_are_nothing() {
        let card = IdentityCard::parse(
            "079320012345||Tra\u{302}\u{300}n  Thi\u{323} Be\u{301}|31122020|Nu\u{31b}\u{303}||",
        )
        .unwrap();
        assert_eq!((card.name.as_str(), card.old_number, card.issued_on), ("Trần Thị Bé", None, None));
        // A decomposed “Nữ” too, whichever order its marks come in.
        assert_eq!(card.is_male, Some(false));
    }

    #[test]
    fn what_is_no_card_says_why_without_repeating_it() {
        for (text, expected) in [
            ("", InvalidCard::NotACard),
            ("https://example.vn/a|b|c|d|e|f|g", InvalidCard::NotACard),
            ("00108501234|012345678|Nguyễn Văn Mẫu|05061985|Nam|x|01022022", InvalidCard::NotACard),
            ("00108501234O||Nguyễn Văn Mẫu|05061985|Nam|x|01022022", InvalidCard::NotACard),
            ("001085012345|012345678|Nguyễn Văn Mẫu|05061985|Nam|x", InvalidCard::NotACard),
            ("001085012345|||05061985|Nam|x|01022022", InvalidCard::Name),
            ("001085012345||Nguyễn <b>|05061985|Nam|x|01022022", InvalidCard::Name),
            ("001085012345||Nguyễn Văn 5|05061985|Nam|x|01022022", InvalidCard::Name),
            ("001085012345||Nguyễn Văn Mẫu|31021985|Nam|x|01022022", InvalidCard::BirthDate),
            ("001085012345||Nguyễn Văn Mẫu|1985|Nam|x|01022022", InvalidCard::BirthDate),
            ("001085012345||Nguyễn Văn Mẫu|+5061985|Nam|x|01022022", InvalidCard::BirthDate),
            ("001085012345||Nguyễn Văn Mẫu|05061986|Nam|x|01022022", InvalidCard::Contradiction),
        ] {
            let invalid = IdentityCard::parse(text).unwrap_err();
            assert_eq!(invalid, expected, "{text}");
            assert!(!invalid.to_string().contains("0010"));
        }
        assert!(IdentityCard::parse(&"|".repeat(4_000)).is_err());
        let shown = format!("{:?}", IdentityCard::parse(SEVEN).unwrap());
        assert!(!shown.contains("0010") && !shown.contains("Mẫu"));
    }
}
