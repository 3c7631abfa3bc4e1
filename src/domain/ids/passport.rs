//! Passports of foreigners: the state that issued it, and its number there.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::text_newtype;

/// `<three letters of the state>-<number>`, such as `KOR-M12345678`: two states give the same number to two people.
///
/// Source: ICAO Doc 9303 (codes of states; at most nine letters and digits); TT 01/2023/TT-VPCP, Điều 24.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Passport(String);

/// Not a passport.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("số hộ chiếu gồm ba chữ cái của nước cấp, gạch nối và số (như KOR-M12345678)")]
pub struct InvalidPassport;

impl Passport {
    /// # Errors
    /// [`InvalidPassport`] unless `text`, trimmed and in capitals, is three letters, `-`, and 5 to 9 letters and digits
    /// of which four are digits.
    pub fn parse(text: &str) -> Result<Self, InvalidPassport> {
        let text = text.trim().to_ascii_uppercase();
        let (state, number) = text.split_once('-').ok_or(InvalidPassport)?;
        let fits = state.len() == 3
            && state.bytes().all(|b| b.is_ascii_uppercase())
            && (5..=9).contains(&number.len())
            && number.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
            && number.bytes().filter(u8::is_ascii_digit).count() >= 4;
        if fits { Ok(Self(text)) } else { Err(InvalidPassport) }
    }
}

text_newtype!(Passport, InvalidPassport);

/// Masked, as personal numbers.
impl fmt::Debug for Passport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passport(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_and_a_number() {
        for (text, expected) in [
            (" kor-m12345678 ", Some("KOR-M12345678")),
            ("VNM-B1234567", Some("VNM-B1234567")),
            ("M12345678", None),
            ("KOR-ABCDEFGH", None),
            ("KOR-1234", None),
            ("KOR-1234567890", None),
            ("K1R-M1234567", None),
            ("KOR-M12.4567", None),
        ] {
            assert_eq!(Passport::parse(text).ok().as_ref().map(Passport::as_str), expected, "{text}");
        }
    }
}
