//! The officer's signature on a scanned paper (Điều 15 khoản 2): what an installation asks for, and a signature that
//! is prepared and waits for its value.
//!
//! Knows nothing of PDF, keys and certificates.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::ids::{ContentHash, OfficerId, SigningId};

/// What an installation asks of signatures.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SigningRules {
    /// Whether officers sign.
    pub officer: OfficerSigning,
    /// What the officer's signature allows afterwards.
    pub officer_way: OfficerWay,
    /// When the code comes onto the page.
    pub code: CodeOrder,
    /// How long a prepared signature waits for its value, minutes.
    pub prepared_minutes: u16,
    /// Where the signing agent of an officer's computer listens: pages may speak to this address alone.
    pub agent: String,
}

impl Default for SigningRules {
    fn default() -> Self {
        Self {
            officer: OfficerSigning::Skipped,
            officer_way: OfficerWay::Certify,
            code: CodeOrder::AfterSigning,
            prepared_minutes: 15,
            agent: "http://127.0.0.1:3917".to_owned(),
        }
    }
}

/// Whether officers sign what was scanned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OfficerSigning {
    /// Not yet: the step is passed over, and the record says `unsigned`.
    Skipped,
    /// Each paper, before its code is written.
    Required,
}

/// What the officer's signature says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OfficerWay {
    /// It certifies the document and allows the prepared fields to be filled and signed, nothing else.
    Certify,
    /// It approves the document; every field is locked but the two prepared ones.
    Approve,
}

/// When the code is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CodeOrder {
    /// Into its prepared field, after the officer signed: the order of Điều 15.
    AfterSigning,
    /// Before, so that the officer's signature covers it.
    BeforeSigning,
}

/// A signature that is prepared and waits for its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreparedSignature {
    /// What the value is handed in under.
    pub id: SigningId,
    /// The PDF that is signed, as it was composed.
    pub document: ContentHash,
    /// What the signing engine was asked for, as JSON: the same order over the same document gives the same bytes
    /// to sign, so nothing else need be kept.
    pub order: String,
    /// SHA-256 of the bytes that are signed, hexadecimal.
    pub digest: String,
    /// Who signs.
    pub by: OfficerId,
    /// When it was prepared.
    pub at: Timestamp,
    /// Until when the value is taken.
    pub expires_at: Timestamp,
}

impl PreparedSignature {
    /// Until when a signature prepared at `at` waits.
    pub fn end_of(at: Timestamp, rules: &SigningRules) -> Timestamp {
        at.saturating_add(SignedDuration::from_mins(i64::from(rules.prepared_minutes.max(1))))
            .unwrap_or(Timestamp::MAX)
    }

    /// Whether it waits no longer.
    pub fn is_over(&self, now: Timestamp) -> bool {
        now >= self.expires_at
    }
}
