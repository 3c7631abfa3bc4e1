//! Số, ký hiệu giấy tờ: as printed, less stray spaces.

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use super::text_newtype;

/// The number and symbol of a paper: `1917/QĐ-BLĐTBXH`, but also `25/2019`, `GCN-00123`.
///
/// Agencies choose their own forms (NĐ 30/2020, Phụ lục I), so only what would make a code
/// ambiguous or unprintable is refused. Source: QĐ 1917/QĐ-BLĐTBXH, Điều 6 khoản 4.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DocumentNumber(String);

/// Why some text is not the number of a paper.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDocumentNumber {
    /// Nothing but spaces.
    #[error("số, ký hiệu giấy tờ còn trống")]
    Empty,
    /// Longer than any number in use.
    #[error("số, ký hiệu dài {chars} ký tự; nhiều nhất là {limit}")]
    TooLong {
        /// Characters given.
        chars: usize,
        /// Characters allowed.
        limit: usize,
    },
    /// No digit and no letter, or a character that can't be printed.
    #[error("số, ký hiệu phải có chữ hoặc số, và không có ký tự điều khiển")]
    Unprintable,
    /// Holds `.d.dddddd`, which in a code begins the type of the paper.
    #[error("số, ký hiệu không được chứa một mã thủ tục (như .1.001776): mã số hóa sẽ không còn rõ nghĩa")]
    HoldsProcedureCode,
    /// Of the form that this system gives to papers without a number.
    #[error("số dạng KS-… chỉ dành cho giấy tờ không có số")]
    Reserved,
}

impl DocumentNumber {
    const LIMIT: usize = 60;

    /// NFC; spaces beside `/` and `-` go, others become one.
    ///
    /// # Errors
    /// See [`InvalidDocumentNumber`].
    pub fn parse(text: &str) -> Result<Self, InvalidDocumentNumber> {
        let nfc: String = text.nfc().collect();
        let spaced = nfc.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut tight = spaced;
        for sign in ['/', '-'] {
            tight = tight
                .replace(&format!(" {sign}"), &sign.to_string())
                .replace(&format!("{sign} "), &sign.to_string());
        }
        let chars = tight.chars().count();
        if chars == 0 {
            return Err(InvalidDocumentNumber::Empty);
        }
        if chars > Self::LIMIT {
            return Err(InvalidDocumentNumber::TooLong { chars, limit: Self::LIMIT });
        }
        if tight.chars().any(char::is_control) || !tight.chars().any(char::is_alphanumeric) {
            return Err(InvalidDocumentNumber::Unprintable);
        }
        if crate::domain::code::begins_type_code(&format!(".{tight}.")) {
            return Err(InvalidDocumentNumber::HoldsProcedureCode);
        }
        if crate::domain::code::is_reserved_number(&tight) {
            return Err(InvalidDocumentNumber::Reserved);
        }
        Ok(Self(tight))
    }
}

text_newtype!(DocumentNumber, InvalidDocumentNumber);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stray_spaces_go_and_case_stays() {
        for (text, expected) in [
            ("1917 /QĐ-BLĐTBXH", "1917/QĐ-BLĐTBXH"),
            (" 12/QyĐ - UBND ", "12/QyĐ-UBND"),
            ("686 /STTT-CNTT&BCVT", "686/STTT-CNTT&BCVT"),
            ("25  /  2019", "25/2019"),
            ("GCN 00123", "GCN 00123"),
            ("QD\u{302}", "QD\u{302}"),
        ] {
            let expected: String = expected.nfc().collect();
            assert_eq!(DocumentNumber::parse(text).unwrap().as_str(), expected, "{text}");
        }
    }

    #[test]
    fn what_would_make_a_code_ambiguous_is_refused() {
        for text in
            ["", "  ", "///", "a\u{7}b", "1.001776-KQ1", "x.1.001776.01.y", "KS-20241125-3", &"9".repeat(61)]
        {
            assert!(DocumentNumber::parse(text).is_err(), "{text}");
        }
    }
}
