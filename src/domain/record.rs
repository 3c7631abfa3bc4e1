//! A document in the electronic store of its owner, and the changes that others follow.
//!
//! Knows nothing of how it came there or where its bytes lie.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    code::DocumentCode,
    fields::ConfirmedFields,
    ids::{ContentHash, OfficerId, OwnerId, PaperId, RecordId},
};

/// Giấy tờ in the owner's store (Điều 18).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRecord {
    /// Row id.
    pub id: RecordId,
    /// The paper it was made from.
    pub paper: PaperId,
    /// Whose store it is in.
    pub owner: OwnerId,
    /// The code on its first page.
    pub code: DocumentCode,
    /// What was confirmed (Điều 6).
    pub fields: ConfirmedFields,
    /// By whom.
    pub confirmed_by: OfficerId,
    /// When.
    pub confirmed_at: Timestamp,
    /// When it was stored.
    pub stored_at: Timestamp,
    /// The PDF with the code.
    pub coded: ContentHash,
    /// The bytes as they came, in order.
    pub originals: Vec<ContentHash>,
    /// The words with their boxes.
    pub text: Option<ContentHash>,
    /// What is known of signatures on it.
    pub signature: SignatureState,
    /// When it was cancelled (NĐ 45/2020/NĐ-CP, Điều 15); such a document stays readable.
    pub revoked_at: Option<Timestamp>,
}

/// Whether the officer's signature stands on the document (Điều 15 khoản 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignatureState {
    /// No officer's signature was available to the installation.
    Unsigned,
    /// The officer signed; no agency's signature stands beside it.
    Signed,
    /// The officer signed, and the agency after the code was written.
    SignedAndSealed,
    /// The agency alone signed: the code on a file that arrived signed, or no officer's signature was available.
    Sealed,
}

/// What happened to a document, for systems that follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// It came into the store.
    Stored,
    /// It was cancelled.
    Revoked,
}

/// One change; later ones have higher numbers, and none is missing in between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeEvent {
    /// From 1.
    pub seq: u64,
    /// Which document.
    pub record: RecordId,
    /// What happened.
    pub kind: ChangeKind,
    /// When.
    pub at: Timestamp,
}
