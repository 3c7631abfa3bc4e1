//! Mã kết quả số hóa: the code of a digitised paper, composed of three parts and never split.
//!
//! Source: QĐ 1917/QĐ-BLĐTBXH, Điều 7. The parts are what is stored; the joined text is for people.
//! Knows nothing of PDF or SQL.

mod readings;

use std::{fmt, sync::LazyLock};

use jiff::civil::Date;
use regex::Regex;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use super::ids::{ComponentCode, DocumentNumber, NationalResultCode, OwnerNumber, ProcedureCode, masked};
pub use readings::{ResultReading, ResultReadings};

/// The first part: whose paper it is.
///
/// Source: Điều 7: without an identifier, name and birth date of a person, name and founding year
/// of an organisation. Such an owner is provisional, and never unique.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum OwnerKey {
    /// Known by a number.
    Numbered {
        /// The number.
        number: OwnerNumber,
    },
    /// A person without a number.
    NamedPerson {
        /// Full name.
        name: OwnerName,
        /// Birth date.
        born: Date,
    },
    /// An organisation without a number.
    NamedOrganisation {
        /// Full name.
        name: OwnerName,
        /// Year of founding.
        founded: i16,
    },
}

impl OwnerKey {
    /// Reads what a person keys or a code carries: a number, `<name> <dd.mm.yyyy>` or `<name> <yyyy>`.
    ///
    /// # Errors
    /// [`InvalidCode::Owner`] when it is none of them.
    pub fn parse(text: &str) -> Result<Self, InvalidCode> {
        if let Ok(number) = OwnerNumber::parse(text) {
            return Ok(Self::Numbered { number });
        }
        let (name, last) = text.trim().rsplit_once(char::is_whitespace).ok_or(InvalidCode::Owner)?;
        let name = OwnerName::parse(name).map_err(|_| InvalidCode::Owner)?;
        if let Some(born) = parse_dotted_date(last) {
            return Ok(Self::NamedPerson { name, born });
        }
        if last.len() == 4 && last.bytes().all(|b| b.is_ascii_digit()) {
            let founded: i16 = last.parse().map_err(|_| InvalidCode::Owner)?;
            if founded >= 1000 {
                return Ok(Self::NamedOrganisation { name, founded });
            }
        }
        Err(InvalidCode::Owner)
    }

    /// Whether a number may still replace it (Điều 7, công văn 2513).
    pub fn is_provisional(&self) -> bool {
        !matches!(self, Self::Numbered { .. })
    }

    /// The number, where there is one.
    pub fn number(&self) -> Option<&OwnerNumber> {
        match self {
            Self::Numbered { number } => Some(number),
            _ => None,
        }
    }
}

impl fmt::Display for OwnerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Numbered { number } => write!(f, "{number}"),
            Self::NamedPerson { name, born } => {
                write!(f, "{name} {:02}.{:02}.{:04}", born.day(), born.month(), born.year())
            }
            Self::NamedOrganisation { name, founded } => write!(f, "{name} {founded}"),
        }
    }
}

impl OwnerKey {
    /// As lists show it: numbers masked, names whole, for they tell one from another.
    pub fn masked(&self) -> String {
        match self {
            Self::Numbered { number } => masked(number.as_str()),
            named => named.to_string(),
        }
    }
}

/// Names are personal data: a log sees only the kind.
impl fmt::Debug for OwnerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Numbered { .. } => "OwnerKey::Numbered(…)",
            Self::NamedPerson { .. } => "OwnerKey::NamedPerson(…)",
            Self::NamedOrganisation { .. } => "OwnerKey::NamedOrganisation(…)",
        })
    }
}

fn parse_dotted_date(text: &str) -> Option<Date> {
    let bytes = text.as_bytes();
    let fits = bytes.len() == 10
        && bytes
            .iter()
            .enumerate()
            .all(|(i, b)| if i == 2 || i == 5 { *b == b'.' } else { b.is_ascii_digit() });
    if !fits {
        return None;
    }
    Date::new(text[6..].parse().ok()?, text[3..5].parse().ok()?, text[..2].parse().ok()?).ok()
}

/// Full name of a person or organisation: NFC, single spaces, 1–200 characters.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OwnerName(String);

/// Not a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "họ tên hoặc tên tổ chức phải có chữ, dài nhất 200 ký tự, không có ký tự điều khiển và không chứa mã thủ tục"
)]
pub struct InvalidOwnerName;

impl OwnerName {
    /// # Errors
    /// [`InvalidOwnerName`] when there is no letter, a control character, more than 200
    /// characters, or something that in a code would begin the type of the paper.
    pub fn parse(text: &str) -> Result<Self, InvalidOwnerName> {
        let nfc: String = text.nfc().collect();
        let name = nfc.split_whitespace().collect::<Vec<_>>().join(" ");
        let fits = name.chars().any(char::is_alphabetic)
            && name.chars().count() <= 200
            && !name.chars().any(char::is_control)
            && !begins_type_code(&format!(".{name}."));
        if fits { Ok(Self(name)) } else { Err(InvalidOwnerName) }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OwnerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for OwnerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OwnerName(…)")
    }
}

impl TryFrom<String> for OwnerName {
    type Error = InvalidOwnerName;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<OwnerName> for String {
    fn from(name: OwnerName) -> Self {
        name.0
    }
}

/// The second part: mã loại giấy tờ.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum DocumentTypeCode {
    /// `<mã số TTHC>-KQ(n)`: the n-th result of a procedure, n from the catalogue.
    Result {
        /// The procedure whose result it is.
        procedure: ProcedureCode,
        /// n, from 1.
        ordinal: u16,
    },
    /// `<mã số TTHC>.<mã từng loại giấy tờ>`: any other paper.
    Component {
        /// The procedure it was handed in for.
        procedure: ProcedureCode,
        /// Which paper of that procedure.
        component: ComponentCode,
    },
    /// Mã kết quả of the national database (TT 01/2023/TT-VPCP, Điều 10 khoản 2): a reading that is printed by setting,
    /// never what a paper is assigned by.
    National {
        /// `KQ.G15.000031`.
        code: NationalResultCode,
    },
}

impl DocumentTypeCode {
    /// # Errors
    /// [`InvalidCode::TypeCode`] when `text`, trimmed, has neither form.
    pub fn parse(text: &str) -> Result<Self, InvalidCode> {
        let text = text.trim();
        if let Ok(code) = NationalResultCode::parse(text) {
            return Ok(Self::National { code });
        }
        let procedure =
            text.get(..8).and_then(|p| ProcedureCode::parse(p).ok()).ok_or(InvalidCode::TypeCode)?;
        let rest = &text[8..];
        if let Some(ordinal) = rest.strip_prefix("-KQ") {
            let is_plain = !ordinal.starts_with('0') && ordinal.bytes().all(|b| b.is_ascii_digit());
            let ordinal = ordinal.parse().ok().filter(|_| is_plain).ok_or(InvalidCode::TypeCode)?;
            return Ok(Self::Result { procedure, ordinal });
        }
        let component = rest.strip_prefix('.').ok_or(InvalidCode::TypeCode)?;
        let component = ComponentCode::parse(component).map_err(|_| InvalidCode::TypeCode)?;
        Ok(Self::Component { procedure, component })
    }

    /// The procedure the paper belongs to; a national code doesn't say.
    pub fn procedure(&self) -> Option<&ProcedureCode> {
        match self {
            Self::Result { procedure, .. } | Self::Component { procedure, .. } => Some(procedure),
            Self::National { .. } => None,
        }
    }
}

impl fmt::Display for DocumentTypeCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Result { procedure, ordinal } => write!(f, "{procedure}-KQ{ordinal}"),
            Self::Component { procedure, component } => write!(f, "{procedure}.{component}"),
            Self::National { code } => write!(f, "{code}"),
        }
    }
}

impl TryFrom<String> for DocumentTypeCode {
    type Error = InvalidCode;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<DocumentTypeCode> for String {
    fn from(code: DocumentTypeCode) -> Self {
        code.to_string()
    }
}

/// The third part: the paper's number, or what stands in for it.
///
/// The law is silent on papers without a number; by setting they get `KS-<yyyymmdd>-<ordinal>`:
/// the day of receipt and an ordinal of that day, given once.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum CodeNumber {
    /// Printed on the paper.
    Printed {
        /// As printed.
        number: DocumentNumber,
    },
    /// The paper has none.
    None {
        /// The day it was received.
        received_on: Date,
        /// From 1 each day.
        ordinal: u32,
    },
}

impl CodeNumber {
    /// # Errors
    /// [`InvalidCode::Number`] when `text` is neither.
    pub fn parse(text: &str) -> Result<Self, InvalidCode> {
        if let Some((received_on, ordinal)) = parse_reserved_number(text) {
            return Ok(Self::None { received_on, ordinal });
        }
        DocumentNumber::parse(text).map(|number| Self::Printed { number }).map_err(|_| InvalidCode::Number)
    }
}

impl fmt::Display for CodeNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Printed { number } => write!(f, "{number}"),
            Self::None { received_on: day, ordinal } => {
                write!(f, "KS-{:04}{:02}{:02}-{ordinal}", day.year(), day.month(), day.day())
            }
        }
    }
}

fn parse_reserved_number(text: &str) -> Option<(Date, u32)> {
    let (day, ordinal) = text.strip_prefix("KS-")?.split_once('-')?;
    let is_digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    if day.len() != 8 || !is_digits(day) || !is_digits(ordinal) || ordinal.starts_with('0') {
        return None;
    }
    let day = Date::new(day[..4].parse().ok()?, day[4..6].parse().ok()?, day[6..].parse().ok()?).ok()?;
    Some((day, ordinal.parse().ok()?))
}

/// Whether `text` has the form that stands in for a missing number.
pub(in crate::domain) fn is_reserved_number(text: &str) -> bool {
    parse_reserved_number(text).is_some()
}

/// Mã kết quả số hóa: `<owner>.<type of paper>.<number>`.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct DocumentCode {
    /// Whose paper.
    pub owner: OwnerKey,
    /// Which paper.
    pub type_code: DocumentTypeCode,
    /// Its number.
    pub number: CodeNumber,
}

/// Which part of a code is not what it should be. The text is not repeated: it may be personal data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCode {
    /// No `.<d.dddddd>` with a result or component behind it.
    #[error("không thấy mã loại giấy tờ (như 1.001776-KQ1 hoặc 1.001776.01) giữa hai dấu chấm")]
    NoTypeCode,
    /// The first part.
    #[error(
        "phần đầu phải là số định danh, hoặc họ tên và ngày sinh dd.mm.yyyy, hoặc tên tổ chức và năm thành lập"
    )]
    Owner,
    /// The second part.
    #[error("mã loại giấy tờ phải có dạng 1.001776-KQ1 hoặc 1.001776.01")]
    TypeCode,
    /// The third part.
    #[error("phần cuối không phải số, ký hiệu giấy tờ")]
    Number,
}

static TYPE_CODE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\.([1-9]\.[0-9]{6}(?:-KQ[1-9][0-9]*|\.[A-Z0-9]{1,12})|KQ\.[A-Z][0-9]{2}\.[0-9]{5,7})\.")
        .expect("the pattern is a constant")
});

/// Whether `text` holds what in a code begins the type of the paper.
pub(in crate::domain) fn begins_type_code(text: &str) -> bool {
    static ANCHOR: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?:^|[^0-9])[1-9]\.[0-9]{6}(?:[^0-9]|$)|\.KQ\.[A-Z][0-9]{2}\.[0-9]{5,7}\.")
            .expect("the pattern is a constant")
    });
    ANCHOR.is_match(text)
}

impl DocumentCode {
    /// The code of Điều 7 for an owner, a type and a number.
    ///
    /// Whether it is free is known to the store alone, in the transaction that keeps it.
    pub fn assign(owner: OwnerKey, type_code: DocumentTypeCode, number: CodeNumber) -> Self {
        Self { owner, type_code, number }
    }

    /// Reads a printed code by its grammar, anchored on the procedure code (never by splitting at dots).
    ///
    /// # Errors
    /// [`InvalidCode`] naming the part that is wrong.
    pub fn parse(text: &str) -> Result<Self, InvalidCode> {
        let text: String = text.trim().nfc().collect();
        let found = TYPE_CODE.captures(&text).ok_or(InvalidCode::NoTypeCode)?;
        let (whole, type_code) = (found.get(0), found.get(1));
        let (whole, type_code) = whole.zip(type_code).ok_or(InvalidCode::NoTypeCode)?;
        Ok(Self {
            owner: OwnerKey::parse(&text[..whole.start()])?,
            type_code: DocumentTypeCode::parse(type_code.as_str())?,
            number: CodeNumber::parse(&text[whole.end()..])?,
        })
    }
}

impl DocumentCode {
    /// As lists show it.
    pub fn masked(&self) -> String {
        format!("{}.{}.{}", self.owner.masked(), self.type_code, self.number)
    }
}

impl fmt::Display for DocumentCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.owner, self.type_code, self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn codes_as_the_regulation_prints_them() {
        for text in [
            "001085012345.1.001776-KQ1.1917/QĐ-BLĐTBXH",
            "001085012345.1.001776.01.25/2019",
            "012345678.1.001776.01.25",
            "000.00.17.H38.2.000286-KQ12.5/QĐ-UBND",
            "0100109106-001.1.000479-KQ1.12/GP-SLĐTBXH",
            "Nguyễn Ưỡng 05.06.1985.1.001776.YC01.KS-20241125-3",
            "Công ty TNHH Đường 9 2003.1.000479.05.3-4/TB",
        ] {
            let code = DocumentCode::parse(text).unwrap();
            assert_eq!(code.to_string(), text);
        }
    }

    #[test]
    fn lists_show_the_end_of_a_number_and_the_whole_of_a_name() {
        for (text, expected) in [
            ("001085012345.1.001776-KQ1.19/QĐ-UBND", "********2345.1.001776-KQ1.19/QĐ-UBND"),
            (
                "Nguyễn Ưỡng 05.06.1985.1.001776.01.KS-20241125-3",
                "Nguyễn Ưỡng 05.06.1985.1.001776.01.KS-20241125-3",
            ),
        ] {
            assert_eq!(DocumentCode::parse(text).unwrap().masked(), expected);
        }
    }

    #[test]
    fn each_faulty_part_is_named() {
        for (text, expected) in [
            ("001085012345.1917/QĐ-BLĐTBXH", InvalidCode::NoTypeCode),
            ("0010850.1.001776-KQ1.1917/QĐ", InvalidCode::Owner),
            ("Nguyễn Văn A 31.02.1985.1.001776-KQ1.1/QĐ", InvalidCode::Owner),
            ("001085012345.1.001776-KQ99999.1/QĐ", InvalidCode::TypeCode),
            ("001085012345.1.001776-KQ1. ", InvalidCode::Number),
            ("", InvalidCode::NoTypeCode),
        ] {
            assert_eq!(DocumentCode::parse(text), Err(expected), "{text}");
        }
    }

    #[test]
    fn a_decomposed_code_is_the_same_code() {
        let composed = "Đỗ Thị Ấm 05.06.1985.1.001776.01.1/QĐ-UBND";
        let decomposed: String = composed.nfd().collect();
        assert_eq!(DocumentCode::parse(&decomposed), DocumentCode::parse(composed));
    }

    #[test]
    fn a_name_never_shows_in_debug() {
        let code = DocumentCode::parse("Nguyễn Ưỡng 05.06.1985.1.001776.01.2/QĐ").unwrap();
        assert!(!format!("{code:?}").contains("Ưỡng"));
    }

    fn any_date() -> impl Strategy<Value = Date> {
        (1000i16..=2999, 1i8..=12, 1i8..=28).prop_map(|(y, m, d)| Date::new(y, m, d).unwrap())
    }

    fn any_owner() -> impl Strategy<Value = OwnerKey> {
        let name = "[A-ZĐƯ][a-zàảễộưỡ0-9.&/-]{0,12}( [A-ZĐƠ][a-zằếợ0-9.]{0,9}){0,5}"
            .prop_filter_map("not a name", |t| OwnerName::parse(&t).ok());
        prop_oneof![
            "[0-9]{12}|[0-9]{9}|[0-9]{10}(-[0-9]{3})?|(000\\.[0-9]{2}\\.[0-9]{2}\\.[GH][0-9]{2})|[A-Y][0-9]{2}(\\.[0-9]{2}){0,3}"
                .prop_map(|t| OwnerKey::Numbered { number: OwnerNumber::parse(&t).unwrap() }),
            (name.clone(), any_date()).prop_map(|(name, born)| OwnerKey::NamedPerson { name, born }),
            (name, 1000i16..=2999).prop_map(|(name, founded)| OwnerKey::NamedOrganisation { name, founded }),
        ]
    }

    fn any_number() -> impl Strategy<Value = CodeNumber> {
        prop_oneof![
            "[0-9]{1,5}[a-z]?(/20[0-9]{2})?/[A-ZĐ][A-ZĐyr&.]{0,5}(-[A-ZĐ0-9.]{1,9}){0,2}|\\PC{1,50}"
                .prop_filter_map("not a number", |t| DocumentNumber::parse(&t).ok())
                .prop_map(|number| CodeNumber::Printed { number }),
            (any_date(), 1u32..).prop_map(|(received_on, ordinal)| CodeNumber::None { received_on, ordinal }),
        ]
    }

    proptest! {
        #[test]
        fn parse_after_print_is_the_identity(
            owner in any_owner(),
            procedure in "[1-9]\\.[0-9]{6}",
            result in prop::option::of(1u16..),
            component in "[A-Z0-9]{1,12}",
            number in any_number(),
        ) {
            let procedure = ProcedureCode::parse(&procedure).unwrap();
            let type_code = match result {
                Some(ordinal) => DocumentTypeCode::Result { procedure, ordinal },
                None => DocumentTypeCode::Component { procedure, component: ComponentCode::parse(&component).unwrap() },
            };
            let code = DocumentCode::assign(owner, type_code, number);
            prop_assert_eq!(DocumentCode::parse(&code.to_string()), Ok(code));
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in "\\PC{0,80}") {
            let _ = DocumentCode::parse(&text);
        }
    }
}
