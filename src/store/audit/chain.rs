//! The chain itself: what is hashed, and how a fault in it is found and named.
//!
//! Knows nothing of what an event means; works on columns as stored, a page at a time.

use sqlx::any::AnyRow;

use crate::store::{
    Db, Keys, StoreError, Tx,
    keys::Lookup,
    row::{Columns, narrow},
};

/// Stands before the first event.
pub(super) const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";
/// Events held in memory at once.
const PAGE: i64 = 500;
/// How many numbers are tried, once, to tell a moved event from a changed one.
const TRIES: i64 = 10_000_000;

/// What [`verify`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditVerification {
    /// Events found whole and in place, up to the first fault.
    pub n_events: u64,
    /// The end of the chain as the database states it; `None` when that is gone.
    pub head: Option<AuditHead>,
    /// The first fault; `None` when the whole chain holds.
    pub first_fault: Option<AuditFault>,
}

/// The end of the chain: noted elsewhere, it tells later whether the chain still holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditHead {
    /// Number of the last event; 0 when there is none.
    pub seq: u64,
    /// Its hash, 64 hexadecimal digits.
    pub hash: String,
}

/// Where the chain breaks, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditFault {
    /// The number at which it shows.
    pub seq: u64,
    /// How.
    pub kind: AuditFaultKind,
}

/// How the chain breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditFaultKind {
    /// Not what was written, or not written by this installation.
    Changed,
    /// Missing, with later ones still there.
    Removed,
    /// What was written, but under another number.
    Reordered,
    /// The end is missing.
    Truncated,
}

/// An event as stored, without its own hash.
pub(super) struct Entry {
    pub seq: i64,
    pub happened_at: i64,
    pub officer_id: Option<String>,
    pub officer_sealed: Option<String>,
    pub action: String,
    pub object_kind: String,
    pub object_id: String,
    pub purpose_sealed: Option<String>,
    pub detail: Option<String>,
    pub prev_hash: String,
}

struct Head {
    seq: i64,
    at: i64,
    hash: String,
    mac: String,
}

impl Entry {
    /// Keyed BLAKE3 over all columns in order: a number as 8 bytes little-endian, a text behind its
    /// length, nothing as a length that no text has.
    pub(super) fn hash(&self, keys: &Keys) -> String {
        let mut hasher = keys.hasher(Lookup::AuditChain);
        hasher.update(&self.seq.to_le_bytes());
        hasher.update(&self.happened_at.to_le_bytes());
        for text in [
            self.officer_id.as_deref(),
            self.officer_sealed.as_deref(),
            Some(self.action.as_str()),
            Some(&self.object_kind),
            Some(&self.object_id),
            self.purpose_sealed.as_deref(),
            self.detail.as_deref(),
            Some(&self.prev_hash),
        ] {
            hasher.update(&text.map_or(u64::MAX, |t| t.len() as u64).to_le_bytes());
            hasher.update(text.unwrap_or_default().as_bytes());
        }
        hasher.finalize().to_hex().to_string()
    }

    fn of(row: &AnyRow) -> Result<(Self, String), StoreError> {
        let entry = Self {
            seq: row.int("seq")?,
            happened_at: row.int("happened_at")?,
            officer_id: row.text_opt("officer_id")?,
            officer_sealed: row.text_opt("officer_sealed")?,
            action: row.text("action")?,
            object_kind: row.text("object_kind")?,
            object_id: row.text("object_id")?,
            purpose_sealed: row.text_opt("purpose_sealed")?,
            detail: row.text_opt("detail")?,
            prev_hash: row.text("prev_hash")?,
        };
        Ok((entry, row.text("hash")?))
    }
}

/// What binds the head: without the keys nobody can state another end of the chain.
pub(super) fn head_mac(keys: &Keys, seq: i64, at: i64, hash: &str) -> String {
    keys.lookup_key(Lookup::AuditHead, &[&seq.to_string(), &at.to_string(), hash])
}

/// Walks the whole chain on one view of the data and names the first fault.
///
/// Source: QĐ 1917/QĐ-BLĐTBXH, Điều 10 khoản 2.
///
/// # Errors
/// What stopped us from looking: [`StoreError`] of the database. A fault is an answer, not an error.
pub async fn verify(db: &Db) -> Result<AuditVerification, StoreError> {
    let mut tx = db.read().await?;
    let keys = tx.keys();
    let head = read_head(&mut tx).await?;
    let mut walk = Walk { keys: &keys, n_whole: 0, last_hash: GENESIS.to_owned(), last_at: i64::MIN };
    let mut behind = i64::MIN;
    let mut fault = None;
    while fault.is_none() {
        let rows = sqlx::query("SELECT * FROM audit_event WHERE seq > $1 ORDER BY seq LIMIT $2")
            .bind(behind)
            .bind(PAGE)
            .fetch_all(tx.connection())
            .await?;
        let Some(last) = rows.last() else { break };
        behind = last.int("seq")?;
        fault = rows.iter().find_map(|row| walk.step(row, head.as_ref()));
    }
    Ok(AuditVerification {
        n_events: narrow(walk.n_whole, "audit_event.seq")?,
        first_fault: fault.or_else(|| walk.end(head.as_ref())),
        head: head
            .map(|h| {
                Ok::<_, StoreError>(AuditHead { seq: narrow(h.seq, "log_head.audit_seq")?, hash: h.hash })
            })
            .transpose()?,
    })
}

/// The head as stated; `None` when it is gone or is no head.
async fn read_head(tx: &mut Tx) -> Result<Option<Head>, StoreError> {
    let row = sqlx::query("SELECT audit_seq, audit_at, audit_hash, audit_mac FROM log_head WHERE id = 1")
        .fetch_optional(tx.connection())
        .await?;
    let head = row.map(|row| {
        Ok::<_, StoreError>(Head {
            seq: row.int("audit_seq")?,
            at: row.int("audit_at")?,
            hash: row.text("audit_hash")?,
            mac: row.text("audit_mac")?,
        })
    });
    Ok(head.and_then(Result::ok).filter(|head| head.seq >= 0))
}

struct Walk<'a> {
    keys: &'a Keys,
    n_whole: i64,
    last_hash: String,
    last_at: i64,
}

impl Walk<'_> {
    fn step(&mut self, row: &AnyRow, head: Option<&Head>) -> Option<AuditFault> {
        let expected = self.n_whole + 1;
        let fault = |kind| Some(AuditFault { seq: u64::try_from(expected).unwrap_or(0), kind });
        let Ok((entry, stated)) = Entry::of(row) else { return fault(AuditFaultKind::Changed) };
        if entry.seq > expected {
            return fault(AuditFaultKind::Removed);
        }
        if entry.seq < expected {
            return fault(AuditFaultKind::Changed); // numbers below 1 were never given
        }
        if entry.hash(self.keys) != stated {
            let is_moved = self.is_moved(entry, &stated, head);
            return fault(if is_moved { AuditFaultKind::Reordered } else { AuditFaultKind::Changed });
        }
        if entry.prev_hash != self.last_hash || entry.happened_at <= self.last_at && expected > 1 {
            return fault(AuditFaultKind::Changed);
        }
        self.n_whole = expected;
        self.last_hash = stated;
        self.last_at = entry.happened_at;
        None
    }

    /// Whether the event is whole under some other number.
    fn is_moved(&self, mut entry: Entry, stated: &str, head: Option<&Head>) -> bool {
        let last = head.map_or(entry.seq, |h| h.seq).max(entry.seq).saturating_add(1);
        (1..=last.min(TRIES)).any(|seq| {
            entry.seq = seq;
            entry.hash(self.keys) == stated
        })
    }

    /// Compares the end that was reached with the one that is stated.
    fn end(&self, head: Option<&Head>) -> Option<AuditFault> {
        let fault = |seq: i64, kind| Some(AuditFault { seq: u64::try_from(seq).unwrap_or(0), kind });
        let Some(head) = head else { return fault(self.n_whole, AuditFaultKind::Truncated) };
        if head_mac(self.keys, head.seq, head.at, &head.hash) != head.mac {
            return fault(self.n_whole, AuditFaultKind::Changed);
        }
        if head.seq > self.n_whole {
            return fault(self.n_whole + 1, AuditFaultKind::Truncated);
        }
        if head.seq < self.n_whole || head.hash != self.last_hash {
            return fault(self.n_whole, AuditFaultKind::Changed);
        }
        None
    }
}
