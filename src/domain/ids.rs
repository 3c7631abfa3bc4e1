//! Numbers and names by which papers, people, organisations and procedures are known.
//!
//! Text becomes one of these types at the edge, once. How they are stored or shown is not known here.

mod number;
mod organisation;
mod passport;
mod person;
mod procedure;
mod row;

pub use number::{DocumentNumber, InvalidDocumentNumber};
pub use organisation::{AgencyId, InvalidOrganisationId, OrganisationId, TaxCode};
pub use passport::{InvalidPassport, Passport};
pub use person::{IdFinding, IdSeverity, InvalidPersonalId, OldPersonalId, PersonalId, province_of};
pub use procedure::{
    ComponentCode, InvalidComponentCode, InvalidProcedureCode, InvalidResultCode, NationalResultCode,
    ProcedureCode,
};
pub use row::{
    BreachId, ClientId, ContentHash, DossierId, GuardianshipId, InvalidRowId, LessonId, ManualCodeId,
    OfficerId, OwnerId, PaperId, RecordId, ReuseId, SessionId, SigningId, SubjectRequestId, UnitId,
};

use std::fmt;

use serde::{Deserialize, Serialize};

/// The number of an owner as it stands on papers: of a person, new or old, or of an organisation.
///
/// Source: QĐ 1917/QĐ-BLĐTBXH, Điều 6 khoản 2.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum OwnerNumber {
    /// Twelve digits.
    Person(PersonalId),
    /// Nine digits, of an identity card of before 2016: no longer valid for use, still on old papers.
    OldPerson(OldPersonalId),
    /// Of a foreigner's passport (TT 01/2023/TT-VPCP, Điều 24).
    Passport(Passport),
    /// Of an agency, enterprise or other organisation.
    Organisation(OrganisationId),
}

/// No known form of an owner's number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "không phải số định danh cá nhân 12 chữ số, số chứng minh nhân dân 9 chữ số, số hộ chiếu kèm mã nước (như VNM-B1234567) hay mã định danh của tổ chức"
)]
pub struct InvalidOwnerNumber;

impl OwnerNumber {
    /// Twelve digits are a person (since 1/7/2025 also the tax code of one), nine an old identity
    /// card, ten or `NNNNNNNNNN-NNN` an enterprise, three letters, a hyphen and a number a passport, groups with dots
    /// an agency.
    ///
    /// # Errors
    /// [`InvalidOwnerNumber`] for anything else. The text is not repeated in it.
    pub fn parse(text: &str) -> Result<Self, InvalidOwnerNumber> {
        if let Ok(id) = PersonalId::parse(text) {
            return Ok(Self::Person(id));
        }
        if let Ok(id) = OldPersonalId::parse(text) {
            return Ok(Self::OldPerson(id));
        }
        if let Ok(passport) = Passport::parse(text) {
            return Ok(Self::Passport(passport));
        }
        OrganisationId::parse(text).map(Self::Organisation).map_err(|_| InvalidOwnerNumber)
    }

    /// The number as printed in a code. Personal data: never into a log.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Person(id) => id.as_str(),
            Self::OldPerson(id) => id.as_str(),
            Self::Passport(passport) => passport.as_str(),
            Self::Organisation(id) => id.as_str(),
        }
    }
}

/// A number as lists show it: its last four signs, the others as `*`.
pub fn masked(number: &str) -> String {
    let n_hidden = number.chars().count().saturating_sub(4);
    number.chars().enumerate().map(|(at, sign)| if at < n_hidden { '*' } else { sign }).collect()
}

impl fmt::Display for OwnerNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl TryFrom<String> for OwnerNumber {
    type Error = InvalidOwnerNumber;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<OwnerNumber> for String {
    fn from(number: OwnerNumber) -> Self {
        number.as_str().to_owned()
    }
}

/// Gives a checked text newtype `as_str`, `Display` and serde by `parse`.
macro_rules! text_newtype {
    ($name:ident, $error:ty) => {
        impl $name {
            /// The text, canonical.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl std::str::FromStr for $name {
            type Err = $error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse(text)
            }
        }
        impl TryFrom<String> for $name {
            type Error = $error;
            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::parse(&text)
            }
        }
        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.0
            }
        }
    };
}
pub(crate) use text_newtype;
