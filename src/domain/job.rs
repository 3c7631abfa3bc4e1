//! Work that goes on after a request was answered, as plain data.
//!
//! Knows nothing of queues and leases: those are the store's.

use serde::{Deserialize, Serialize};

use super::ids::PaperId;

/// Who waits for a piece of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Urgency {
    /// Nobody in particular: one of a pile.
    Pile,
    /// A person at the desk, or a clerk with the page open: before everything of a pile.
    #[default]
    Desk,
}

/// A piece of work. Closed, so that the compiler finds every place to change; safe to run twice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Job {
    /// Check the pages of a paper (Điều 9), then read them and propose fields (Điều 16 khoản 1).
    CheckAndRead {
        /// Which paper.
        paper: PaperId,
    },
    /// Compose the PDF that the officer signs (Điều 15 khoản 1).
    Compose {
        /// Which paper.
        paper: PaperId,
    },
    /// Compose the PDF where it is not signed yet, write the code on page one and store the document (Điều 15, 18).
    WriteCode {
        /// Which paper.
        paper: PaperId,
    },
}

impl Job {
    /// The paper it is about.
    pub fn paper(&self) -> &PaperId {
        match self {
            Self::CheckAndRead { paper } | Self::Compose { paper } | Self::WriteCode { paper } => paper,
        }
    }

    /// What is done.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::CheckAndRead { .. } => "check_and_read",
            Self::Compose { .. } => "compose",
            Self::WriteCode { .. } => "write_code",
        }
    }

    /// Jobs of the same key are one while they wait.
    pub fn dedupe_key(&self) -> String {
        format!("{}/{}", self.kind(), self.paper())
    }
}
