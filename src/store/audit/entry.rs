//! One event as stored, and what is hashed of it. Knows nothing of what it means.

use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;

use crate::store::{Keys, StoreError, keys::Lookup, row::Columns};

pub(super) const ACTOR: &str = "audit_event.actor_sealed";
pub(super) const PURPOSE: &str = "audit_event.purpose_sealed";
pub(super) const CHANGE: &str = "audit_event.change_sealed";

/// Bytes of an event's hash that its segment keeps.
pub(super) const MARK_BYTES: usize = 8;
/// The first of an event's hash.
pub(super) type Mark = [u8; MARK_BYTES];

/// The columns of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    pub happened_at: i64,
    pub turn: i64,
    pub actor_id: Option<String>,
    pub actor_sealed: Option<String>,
    pub action: String,
    pub object_kind: String,
    pub object_id: String,
    pub purpose_sealed: Option<String>,
    pub change_sealed: Option<String>,
    pub detail: Option<String>,
    pub mac: String,
}

impl Entry {
    pub(super) fn of(row: &AnyRow) -> Result<Self, StoreError> {
        Ok(Self {
            happened_at: row.int("happened_at")?,
            turn: row.int("turn")?,
            actor_id: row.text_opt("actor_id")?,
            actor_sealed: row.text_opt("actor_sealed")?,
            action: row.text("action")?,
            object_kind: row.text("object_kind")?,
            object_id: row.text("object_id")?,
            purpose_sealed: row.text_opt("purpose_sealed")?,
            change_sealed: row.text_opt("change_sealed")?,
            detail: row.text_opt("detail")?,
            mac: row.text("mac")?,
        })
    }

    /// Where it stands in the chain.
    pub(super) fn place(&self) -> (i64, i64) {
        (self.turn, self.happened_at)
    }

    /// What only this installation can state: keyed, over what the writer knows; its turn is told by the chain.
    pub(super) fn mac_by(&self, keys: &Keys) -> String {
        let mut hasher = keys.hasher(Lookup::AuditEvent);
        self.absorb(&mut hasher, self.happened_at);
        hasher.finalize().to_hex().to_string()
    }

    /// Whether it is what was written, but at another time.
    pub(super) fn is_of_time(&self, keys: &Keys, at: i64) -> bool {
        let mut hasher = keys.hasher(Lookup::AuditEvent);
        self.absorb(&mut hasher, at);
        hasher.finalize().to_hex().to_string() == self.mac
    }

    /// Over all but its turn, without a key: whoever has an export can follow the chain.
    pub(super) fn hash(&self) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"sohoa trace event v1");
        self.absorb(&mut hasher, self.happened_at);
        hasher.update(self.mac.as_bytes());
        hasher.finalize()
    }

    /// A number as 8 bytes little-endian, a text behind its length, nothing as a length that no text has.
    fn absorb(&self, hasher: &mut blake3::Hasher, at: i64) {
        hasher.update(&at.to_le_bytes());
        for text in [
            self.actor_id.as_deref(),
            self.actor_sealed.as_deref(),
            Some(self.action.as_str()),
            Some(&self.object_kind),
            Some(&self.object_id),
            self.purpose_sealed.as_deref(),
            self.change_sealed.as_deref(),
            self.detail.as_deref(),
        ] {
            hasher.update(&text.map_or(u64::MAX, |t| t.len() as u64).to_le_bytes());
            hasher.update(text.unwrap_or_default().as_bytes());
        }
    }
}

/// The first bytes of a hash.
pub(super) fn mark_of(hash: &blake3::Hash) -> Mark {
    let mut mark = [0; MARK_BYTES];
    mark.copy_from_slice(&hash.as_bytes()[..MARK_BYTES]);
    mark
}
