//! Who acts for a child.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::domain::ids::{GuardianshipId, OwnerId};

/// How somebody stands to the child for whom he acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // the names say it
pub enum GuardianKind {
    Father,
    Mother,
    Guardian,
}

impl GuardianKind {
    /// All of them, in the order in which pages offer them.
    pub const ALL: [Self; 3] = [Self::Mother, Self::Father, Self::Guardian];

    /// The name on the wire and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Father => "father",
            Self::Mother => "mother",
            Self::Guardian => "guardian",
        }
    }

    /// What pages call it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Father => "Cha",
            Self::Mother => "Mẹ",
            Self::Guardian => "Người giám hộ",
        }
    }

    /// The kind of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// That somebody acts for a child under 14.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guardianship {
    /// Row id.
    pub id: GuardianshipId,
    /// For whom.
    pub child: OwnerId,
    /// Who.
    pub guardian: OwnerId,
    /// As what.
    pub kind: GuardianKind,
    /// The paper that shows it, in words.
    pub basis: String,
    /// First day.
    pub from: Date,
    /// Last day; the day before the child's 14th birthday at the latest.
    pub until: Date,
    /// When an officer ended it before its time.
    pub ended_at: Option<jiff::Timestamp>,
}

impl Guardianship {
    /// Whether it holds on `day`.
    pub fn is_in_force(&self, day: Date) -> bool {
        self.ended_at.is_none() && self.from <= day && day <= self.until
    }
}
