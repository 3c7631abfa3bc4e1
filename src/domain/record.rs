//! A document in the electronic store of its owner, and the changes that others follow.
//!
//! Knows nothing of how it came there or where its bytes lie.

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use super::{
    child::{is_child, may_be_child},
    code::{DocumentCode, OwnerKey},
    fields::ConfirmedFields,
    ids::{ContentHash, OfficerId, OwnerId, OwnerNumber, PaperId, RecordId, UnitId},
    retention::Keeping,
    rights::{RecordScope, Sensitivity},
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
    /// Its code.
    pub code: DocumentCode,
    /// The code on its first page, where it was given another one since: what is signed is never written anew.
    pub printed: Option<DocumentCode>,
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
    /// Whether it was taken out of the owner's store, may not be erased, or was.
    pub keeping: Keeping,
    /// The unit whose dossier it came with; `None` of an installation without accounts.
    pub unit: Option<UnitId>,
    /// Whether the catalogue says that papers of its type speak of somebody's health.
    pub is_health: bool,
}

impl StoredRecord {
    /// What rights ask of it, on the day `today`.
    pub fn scope(&self, today: Date) -> RecordScope<'_> {
        let sensitivity = if self.is_health {
            Some(Sensitivity::Health)
        } else {
            self.is_of_child(today).then_some(Sensitivity::Child)
        };
        RecordScope { unit: self.unit.as_ref(), sensitivity }
    }

    /// Whether owner or holder is a child by what is known: a birth date, or the year that a number states. Of a
    /// year alone, who might be a child is one.
    fn is_of_child(&self, today: Date) -> bool {
        let holder = self.fields.other.get("holder_birth_date").and_then(|day| day.parse().ok());
        let owner = match &self.fields.owner {
            OwnerKey::NamedPerson { born, .. } => is_child(*born, today),
            OwnerKey::Numbered { number: OwnerNumber::Person(id) } => may_be_child(id, today),
            OwnerKey::Numbered { .. } | OwnerKey::NamedOrganisation { .. } => false,
        };
        owner || holder.is_some_and(|born| is_child(born, today))
    }
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
    /// It arrived with signatures of others and a code, and nothing was added; what they are worth is looked at anew
    /// when the document is used.
    SignedElsewhere,
}

/// What happened to a document, for systems that follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// It came into the store.
    Stored,
    /// It was cancelled.
    Revoked,
    /// It was given another code; the earlier one leads to it for ever.
    Recoded,
    /// It lies in another owner's store: two owners were found to be one, or one to be two.
    OwnerChanged,
    /// It is no longer in its owner's store; its id and code stay.
    Removed,
    /// It is in its owner's store again.
    Restored,
    /// Its files and fields are gone for ever.
    Erased,
    /// Its file has grown: time stamps, data for checking later or the agency's seal, which were missing when it was
    /// signed.
    Augmented,
}

impl ChangeKind {
    /// Each of them.
    pub const ALL: [Self; 8] = [
        Self::Stored,
        Self::Revoked,
        Self::Recoded,
        Self::OwnerChanged,
        Self::Removed,
        Self::Restored,
        Self::Erased,
        Self::Augmented,
    ];
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
