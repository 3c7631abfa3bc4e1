//! Identifiers of organisations: agencies in both directions of writing, and tax codes.

use std::{fmt, sync::LazyLock};

use regex::Regex;
use serde::{Deserialize, Serialize};

use super::person::{IdFinding, IdSeverity};
use super::text_newtype;
use crate::domain::code::begins_type_code;

/// Mã định danh điện tử của tổ chức: of an agency, or the code of an enterprise.
///
/// Source: QĐ 20/2020/QĐ-TTg (form, 35 characters at most); QCVN 102:2016/BTTTT (older form).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum OrganisationId {
    /// An agency of the state, or another organisation known by `Zxy…`.
    Agency(AgencyId),
    /// An enterprise, cooperative or household business, known by its tax code.
    Tax(TaxCode),
}

/// No known form of an organisation's identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "không phải mã định danh của cơ quan (như H38.17 hoặc 000.00.17.H38) hay mã số thuế (10 chữ số, hoặc 10 chữ số, gạch nối, 3 chữ số)"
)]
pub struct InvalidOrganisationId;

impl OrganisationId {
    /// # Errors
    /// [`InvalidOrganisationId`] when `text`, trimmed, has none of the known forms.
    pub fn parse(text: &str) -> Result<Self, InvalidOrganisationId> {
        TaxCode::parse(text).map(Self::Tax).or_else(|_| AgencyId::parse(text).map(Self::Agency))
    }

    /// The identifier as it stands on papers.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Agency(id) => id.as_str(),
            Self::Tax(code) => code.as_str(),
        }
    }

    /// One form for both directions of writing, for comparing and looking up.
    pub fn canonical(&self) -> String {
        match self {
            Self::Agency(id) => id.canonical(),
            Self::Tax(code) => code.as_str().to_owned(),
        }
    }

    /// What is odd about it.
    pub fn findings(&self) -> Vec<IdFinding> {
        match self {
            Self::Agency(_) => Vec::new(),
            Self::Tax(code) => code.findings(),
        }
    }
}

impl fmt::Display for OrganisationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl TryFrom<String> for OrganisationId {
    type Error = InvalidOrganisationId;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<OrganisationId> for String {
    fn from(id: OrganisationId) -> Self {
        id.as_str().to_owned()
    }
}

/// Identifier of an agency, kept as it was written: `H38.17` runs from the whole to the part
/// (QĐ 20/2020), `000.00.17.H38` from the part to the whole (QCVN 102:2016).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AgencyId(String);

static AGENCY: LazyLock<Regex> = LazyLock::new(|| {
    // Top level first: a letter A–Y and two digits; or Z, two digits and the organisation's own code.
    let forwards = r"[A-Y]\d{2}(?:\.[0-9A-Z]{1,10})*|Z\d{2}[0-9A-Z]{1,30}";
    let backwards = r"(?:[0-9A-Z]{2,3}\.){1,3}[A-Y]\d{2}";
    Regex::new(&format!("^(?:{forwards}|{backwards})$")).expect("the pattern is a constant")
});

static TOP_LEVEL: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^[A-Y]\d{2}$").expect("the pattern is a constant"));

impl AgencyId {
    /// # Errors
    /// [`InvalidOrganisationId`] when `text`, trimmed, has neither form or is longer than 35 characters.
    pub fn parse(text: &str) -> Result<Self, InvalidOrganisationId> {
        let text = text.trim();
        let fits = text.len() <= 35 && AGENCY.is_match(text) && !begins_type_code(text);
        if fits { Ok(Self(text.to_owned())) } else { Err(InvalidOrganisationId) }
    }

    /// From the whole to the part, without the filling `00` and `000` of the older form:
    /// `000.00.17.H38` and `H38.17` are the same agency.
    pub fn canonical(&self) -> String {
        let groups: Vec<&str> = self.0.split('.').collect();
        let is_backwards = groups.len() > 1
            && TOP_LEVEL.is_match(groups[groups.len() - 1])
            && !TOP_LEVEL.is_match(groups[0]);
        let mut ordered = groups;
        if is_backwards {
            ordered.reverse();
        }
        while ordered.len() > 1 && ordered.last().is_some_and(|g| g.bytes().all(|b| b == b'0')) {
            ordered.pop();
        }
        ordered.join(".")
    }
}

text_newtype!(AgencyId, InvalidOrganisationId);

/// Mã số thuế / mã số doanh nghiệp: ten digits, with `-NNN` for a branch.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TaxCode(String);

impl TaxCode {
    /// # Errors
    /// [`InvalidOrganisationId`] when `text`, trimmed, is not ten digits or ten digits, `-`, three digits.
    pub fn parse(text: &str) -> Result<Self, InvalidOrganisationId> {
        let text = text.trim();
        let is_digits = |part: &str, n: usize| part.len() == n && part.bytes().all(|b| b.is_ascii_digit());
        let fits = match text.split_once('-') {
            None => is_digits(text, 10),
            Some((head, branch)) => is_digits(head, 10) && is_digits(branch, 3),
        };
        if fits { Ok(Self(text.to_owned())) } else { Err(InvalidOrganisationId) }
    }

    /// Whether the tenth digit is the check digit of the nine before it; `None` where the sum
    /// yields 10, for which no digit exists and practice differs.
    pub fn check_digit_fits(&self) -> Option<bool> {
        const WEIGHTS: [u32; 9] = [31, 29, 23, 19, 17, 13, 7, 5, 3];
        let digits: Vec<u32> = self.0.bytes().take(10).map(|b| u32::from(b - b'0')).collect();
        let sum: u32 = WEIGHTS.iter().zip(&digits).map(|(w, d)| w * d).sum();
        match 10 - sum % 11 {
            10 => None,
            check => Some(check == digits[9]),
        }
    }

    fn findings(&self) -> Vec<IdFinding> {
        if self.check_digit_fits() == Some(true) {
            return Vec::new();
        }
        vec![IdFinding {
            field: "owner_id".into(),
            severity: IdSeverity::Warning,
            message: "Chữ số kiểm tra của mã số thuế không khớp: xin đối chiếu với giấy tờ.".into(),
        }]
    }
}

text_newtype!(TaxCode, InvalidOrganisationId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agencies_are_accepted_in_both_directions() {
        for (text, canonical) in [
            ("000.00.17.H38", Some("H38.17")),
            ("H38.17", Some("H38.17")),
            ("000.06.16.G09", Some("G09.16.06")),
            ("G09.16.06", Some("G09.16.06")),
            ("000.00.00.H49", Some("H49")),
            ("G22", Some("G22")),
            ("Z01ABC123", Some("Z01ABC123")),
            ("h38.17", None),
            ("A.B", None),
            ("", None),
        ] {
            let read = AgencyId::parse(text).ok().map(|id| id.canonical());
            assert_eq!(read.as_deref(), canonical, "{text}");
        }
    }

    #[test]
    fn tax_codes_have_a_check_digit() {
        for (text, expected) in [
            ("0100109106", Some(true)),
            ("0100109107", Some(false)),
            ("0100047516", Some(true)),
            ("0100109106-001", Some(true)),
        ] {
            assert_eq!(TaxCode::parse(text).unwrap().check_digit_fits(), expected, "{text}");
        }
        assert!(TaxCode::parse("0100109106-01").is_err());
        assert!(TaxCode::parse("010010910").is_err());
    }
}
