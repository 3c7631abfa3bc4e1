//! Chaining events in segments, after the transactions that wrote them are over.

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;

use super::{
    entry::{Entry, MARK_BYTES, Mark, mark_of},
    head::{self, Head},
};
use crate::store::{
    Db, Keys, StoreError, Tx,
    keys::Lookup,
    row::{Columns, micros},
};

/// Events of a segment at most; also what [`super::verify()`] holds in memory.
pub const SEGMENT_EVENTS: u32 = 1_000;

/// A segment as stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Segment {
    pub no: i64,
    pub first: i64,
    pub n_events: i64,
    pub until_turn: i64,
    pub until_at: i64,
    pub sealed_at: i64,
    pub marks: String,
    pub prev_hash: String,
    pub hash: String,
    pub mac: String,
}

impl Segment {
    pub(super) fn of(row: &AnyRow) -> Result<Self, StoreError> {
        Ok(Self {
            no: row.int("no")?,
            first: row.int("first")?,
            n_events: row.int("n_events")?,
            until_turn: row.int("until_turn")?,
            until_at: row.int("until_at")?,
            sealed_at: row.int("sealed_at")?,
            marks: row.text("marks")?,
            prev_hash: row.text("prev_hash")?,
            hash: row.text("hash")?,
            mac: row.text("mac")?,
        })
    }

    /// The events behind `head`, as the segment that follows it.
    fn after(head: &Head, events: &[Entry], sealed_at: i64, keys: &Keys) -> Self {
        let hashes: Vec<_> = events.iter().map(Entry::hash).collect();
        let marks: Vec<u8> = hashes.iter().flat_map(mark_of).collect();
        let (until_turn, until_at) = events.last().map_or((head.until_turn, head.until_at), Entry::place);
        let mut segment = Self {
            no: head.no.saturating_add(1),
            first: head.n_events.saturating_add(1),
            n_events: i64::try_from(events.len()).unwrap_or(i64::MAX),
            until_turn,
            until_at,
            sealed_at: sealed_at.max(head.sealed_at.saturating_add(1)),
            marks: STANDARD_NO_PAD.encode(marks),
            prev_hash: head.hash.clone(),
            hash: String::new(),
            mac: String::new(),
        };
        segment.hash = segment.hash_over(events);
        segment.mac = segment.mac_by(keys);
        segment
    }

    /// The marks of its events, as long as they are as many as it says.
    pub(super) fn marks(&self) -> Option<Vec<Mark>> {
        let bytes = STANDARD_NO_PAD.decode(&self.marks).ok()?;
        let (marks, rest) = bytes.as_chunks::<MARK_BYTES>();
        let n_events = usize::try_from(self.n_events).ok()?;
        (rest.is_empty() && marks.len() == n_events && n_events <= SEGMENT_EVENTS as usize)
            .then(|| marks.to_vec())
    }

    /// BLAKE3 over what it says and over its events in order, each with its turn.
    pub(super) fn hash_over(&self, events: &[Entry]) -> String {
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"sohoa trace segment v1");
        for number in [self.no, self.first, self.n_events, self.until_turn, self.until_at, self.sealed_at] {
            hasher.update(&number.to_le_bytes());
        }
        hasher.update(self.prev_hash.as_bytes());
        hasher.update(self.marks.as_bytes());
        for event in events {
            hasher.update(&event.turn.to_le_bytes());
            hasher.update(event.hash().as_bytes());
        }
        hasher.finalize().to_hex().to_string()
    }

    /// Without the keys nobody can state another segment.
    pub(super) fn mac_by(&self, keys: &Keys) -> String {
        keys.lookup_key(Lookup::AuditSegment, &[&self.hash])
    }

    /// The end of the chain when this is the last segment.
    pub(super) fn as_head(&self, keys: &Keys) -> Head {
        let mut head = Head {
            no: self.no,
            n_events: self.first.saturating_add(self.n_events).saturating_sub(1),
            until_turn: self.until_turn,
            until_at: self.until_at,
            sealed_at: self.sealed_at,
            hash: self.hash.clone(),
            mac: String::new(),
        };
        head.mac = head.mac_by(keys);
        head
    }
}

/// What one sealing did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sealed {
    /// Events that are chained now and were not before.
    pub n_events: u64,
    /// Whether a full segment was made, so that more may wait.
    pub is_full: bool,
}

/// Chains the oldest events that wait, [`SEGMENT_EVENTS`] at most, as one segment. Safe to call from several servers:
/// one at a time does it. Events of transactions that are under way wait.
///
/// # Errors
/// [`StoreError::Corrupt`] when the head of the chain is gone; and those of the database.
pub async fn seal(db: &Db, now: Timestamp) -> Result<Sealed, StoreError> {
    if !has_waiting(&mut db.read().await?).await? {
        return Ok(Sealed { n_events: 0, is_full: false });
    }
    let mut tx = db.write().await?;
    let head = head::hold(&mut tx).await?;
    let finished = head::finished_before(&mut tx).await?;
    let events = behind(&mut tx, (head.until_turn, head.until_at), finished, SEGMENT_EVENTS).await?;
    let sealed = Sealed { n_events: events.len() as u64, is_full: events.len() == SEGMENT_EVENTS as usize };
    if !events.is_empty() {
        let keys = tx.keys();
        let segment = Segment::after(&head, &events, micros(now), &keys);
        keep(&mut tx, &segment).await?;
        head::state(&mut tx, &segment.as_head(&keys)).await?;
    }
    tx.commit().await?;
    Ok(sealed)
}

/// A look without a lock: most of the time nothing waits.
async fn has_waiting(tx: &mut Tx) -> Result<bool, StoreError> {
    let head = head::read(tx).await?.ok_or(StoreError::Corrupt { what: "the head of the trace" })?;
    let waiting = behind(tx, (head.until_turn, head.until_at), i64::MAX, 1).await?;
    Ok(!waiting.is_empty())
}

/// Events behind a place in the chain, in order, of turns before `finished`.
pub(super) async fn behind(
    tx: &mut Tx,
    (turn, at): (i64, i64),
    finished: i64,
    limit: u32,
) -> Result<Vec<Entry>, StoreError> {
    let rows = sqlx::query(
        "SELECT * FROM audit_event WHERE (turn, happened_at) > ($1, $2) AND turn < $3
          ORDER BY turn, happened_at LIMIT $4",
    )
    .bind(turn)
    .bind(at)
    .bind(finished)
    .bind(i64::from(limit))
    .fetch_all(tx.connection())
    .await?;
    rows.iter().map(Entry::of).collect()
}

async fn keep(tx: &mut Tx, segment: &Segment) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO audit_segment (no, first, n_events, until_turn, until_at, sealed_at, marks, prev_hash, hash, mac)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(segment.no)
    .bind(segment.first)
    .bind(segment.n_events)
    .bind(segment.until_turn)
    .bind(segment.until_at)
    .bind(segment.sealed_at)
    .bind(&segment.marks)
    .bind(&segment.prev_hash)
    .bind(&segment.hash)
    .bind(&segment.mac)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Segments behind number `after`, in order.
pub(super) async fn segments_behind(
    tx: &mut Tx,
    after: i64,
    limit: i64,
) -> Result<Vec<Result<Segment, StoreError>>, StoreError> {
    let rows = sqlx::query("SELECT * FROM audit_segment WHERE no > $1 ORDER BY no LIMIT $2")
        .bind(after)
        .bind(limit)
        .fetch_all(tx.connection())
        .await?;
    Ok(rows.iter().map(Segment::of).collect())
}
