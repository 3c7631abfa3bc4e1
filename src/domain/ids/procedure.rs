//! Codes of procedures, of their components and of results in the national database.

use serde::{Deserialize, Serialize};

use super::{AgencyId, text_newtype};

/// Mã số thủ tục hành chính: `1.001776`, a digit, a dot and six digits.
///
/// On the portal it may be followed by the unit that declared it (`2.000286.000.00.00.H38`); the
/// unit is checked and left out: it is not part of the type code of Điều 7.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ProcedureCode(String);

/// Not a procedure code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("mã thủ tục phải có dạng 1.001776 (một chữ số, dấu chấm, sáu chữ số)")]
pub struct InvalidProcedureCode;

/// Whether `text` is a digit 1–9, a dot and six digits.
fn is_procedure_code(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 8
        && (b'1'..=b'9').contains(&bytes[0])
        && bytes[1] == b'.'
        && bytes[2..].iter().all(u8::is_ascii_digit)
}

impl ProcedureCode {
    /// # Errors
    /// [`InvalidProcedureCode`] when `text`, trimmed, does not begin with a code, or what follows
    /// it is not the identifier of an agency.
    pub fn parse(text: &str) -> Result<Self, InvalidProcedureCode> {
        let text = text.trim();
        let code = text.get(..8).filter(|c| is_procedure_code(c)).ok_or(InvalidProcedureCode)?;
        let rest = &text[8..];
        let is_declared = rest.strip_prefix('.').is_some_and(|unit| AgencyId::parse(unit).is_ok());
        if rest.is_empty() || is_declared { Ok(Self(code.to_owned())) } else { Err(InvalidProcedureCode) }
    }
}

text_newtype!(ProcedureCode, InvalidProcedureCode);

/// Mã từng loại giấy tờ within a procedure: `01`, or `YC01`–`YC99` for papers digitised on demand.
///
/// Source: QĐ 1917/QĐ-BLĐTBXH, Điều 7; the reserved codes: catalogue notes (Điều 4.1.d).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ComponentCode(String);

/// Not a component code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("mã thành phần hồ sơ gồm 1 đến 12 chữ cái không dấu viết hoa hoặc chữ số, như 01 hoặc YC01")]
pub struct InvalidComponentCode;

impl ComponentCode {
    /// # Errors
    /// [`InvalidComponentCode`] unless `text`, trimmed, is 1–12 of `A-Z` and `0-9`.
    pub fn parse(text: &str) -> Result<Self, InvalidComponentCode> {
        let text = text.trim();
        let fits = (1..=12).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        if fits { Ok(Self(text.to_owned())) } else { Err(InvalidComponentCode) }
    }

    /// Whether the code is one of those reserved for papers digitised on demand (Điều 4.1.d).
    pub fn is_on_demand(&self) -> bool {
        self.0
            .strip_prefix("YC")
            .is_some_and(|n| n.len() == 2 && n.bytes().all(|b| b.is_ascii_digit()) && n != "00")
    }
}

text_newtype!(ComponentCode, InvalidComponentCode);

/// Mã kết quả on the national database of procedures: `KQ.G15.000031`.
///
/// Some published codes have five or seven digits: accepted, and told by [`Self::is_regular`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NationalResultCode(String);

/// Not a national result code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("mã kết quả quốc gia phải có dạng KQ.G15.000031")]
pub struct InvalidResultCode;

impl NationalResultCode {
    /// # Errors
    /// [`InvalidResultCode`] when `text`, trimmed, is not `KQ.`, a letter, two digits, a dot and five to seven digits.
    pub fn parse(text: &str) -> Result<Self, InvalidResultCode> {
        let text = text.trim();
        let mut parts = text.split('.');
        let (kq, unit, ordinal, end) = (parts.next(), parts.next(), parts.next(), parts.next());
        let is_unit = |u: &str| {
            let b = u.as_bytes();
            b.len() == 3 && b[0].is_ascii_uppercase() && b[1].is_ascii_digit() && b[2].is_ascii_digit()
        };
        let is_ordinal = |o: &str| (5..=7).contains(&o.len()) && o.bytes().all(|b| b.is_ascii_digit());
        let fits =
            kq == Some("KQ") && unit.is_some_and(is_unit) && ordinal.is_some_and(is_ordinal) && end.is_none();
        if fits { Ok(Self(text.to_owned())) } else { Err(InvalidResultCode) }
    }

    /// Whether the ordinal has the usual six digits.
    pub fn is_regular(&self) -> bool {
        self.0.len() == "KQ.G15.000031".len()
    }
}

text_newtype!(NationalResultCode, InvalidResultCode);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn procedure_codes() {
        for (text, expected) in [
            ("1.001776", Some("1.001776")),
            (" 6.000001 ", Some("6.000001")),
            ("2.000286.000.00.00.H38", Some("2.000286")),
            ("0.001776", None),
            ("1.00177", None),
            ("1.0017760", None),
            ("1.001776.", None),
            ("1.001776.x", None),
            ("1001776", None),
            ("1.00177é", None),
        ] {
            assert_eq!(
                ProcedureCode::parse(text).ok().as_ref().map(ProcedureCode::as_str),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn component_codes() {
        for (text, ok, on_demand) in [
            ("01", true, false),
            ("YC01", true, true),
            ("YC00", true, false),
            ("yc01", false, false),
            ("0.1", false, false),
            ("", false, false),
        ] {
            let code = ComponentCode::parse(text);
            assert_eq!(code.is_ok(), ok, "{text}");
            assert_eq!(code.is_ok_and(|c| c.is_on_demand()), on_demand, "{text}");
        }
    }

    #[test]
    fn national_result_codes() {
        for (text, regular) in [
            ("KQ.G15.000031", Some(true)),
            ("KQ.H38.000001", Some(true)),
            ("KQ.G15.00031", Some(false)),
            ("KQ.G15.0000031", Some(false)),
            ("KQ.G15.31", None),
            ("KQ.015.000031", None),
        ] {
            assert_eq!(NationalResultCode::parse(text).ok().map(|c| c.is_regular()), regular, "{text}");
        }
    }
}
