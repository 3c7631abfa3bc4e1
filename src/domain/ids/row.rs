//! Opaque ids of rows and objects: they say nothing about what they point to.

use serde::{Deserialize, Serialize};

use super::text_newtype;

/// Not an id that this system gives out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("không phải mã nội bộ hợp lệ")]
pub struct InvalidRowId;

macro_rules! row_id {
    ($(#[$doc:meta] $name:ident),+ $(,)?) => {$(
        #[$doc]
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// # Errors
            /// When `text` is not 1–64 of `a-z`, `0-9` and `-`.
            pub fn parse(text: &str) -> Result<Self, InvalidRowId> {
                let fits = (1..=64).contains(&text.len())
                    && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
                if fits { Ok(Self(text.to_owned())) } else { Err(InvalidRowId) }
            }

            /// A new id; later ones sort after earlier ones.
            pub fn new() -> Self {
                Self(uuid::Uuid::now_v7().to_string())
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::new()
            }
        }

        text_newtype!($name, InvalidRowId);
    )+};
}

row_id! {
    /// A paper on its way through the steps.
    PaperId,
    /// A dossier of one procedure.
    DossierId,
    /// A person or organisation whose store is kept.
    OwnerId,
    /// A document in a store.
    RecordId,
    /// An officer who acts.
    OfficerId,
    /// What officers' corrections teach.
    LessonId,
    /// A signature that is prepared.
    SigningId,
    /// A unit of an agency, as the administrator named it.
    UnitId,
    /// A system that asks over REST.
    ClientId,
    /// A paper of the store that was taken for a dossier.
    ReuseId,
    /// A stay of an officer, from sign-in to sign-out.
    SessionId,
    /// A request of a data subject.
    SubjectRequestId,
    /// A breach of the rules on personal data.
    BreachId,
    /// A code that was given by hand.
    ManualCodeId,
    /// That somebody acts for a child.
    GuardianshipId,
}

/// BLAKE3 of some bytes, 64 lower-case hexadecimal digits: the name under which the bytes are kept.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ContentHash(String);

impl ContentHash {
    /// The hash of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(blake3::hash(bytes).to_hex().to_string())
    }

    /// # Errors
    /// When `text` is not 64 lower-case hexadecimal digits.
    pub fn parse(text: &str) -> Result<Self, InvalidRowId> {
        let fits = text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if fits { Ok(Self(text.to_owned())) } else { Err(InvalidRowId) }
    }
}

text_newtype!(ContentHash, InvalidRowId);
