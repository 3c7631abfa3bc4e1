//! The log of changes that other systems follow: in order, none missing, at least once.
//!
//! Knows nothing of who follows.

use jiff::Timestamp;

use super::{
    NewRow, StoreError, Tx,
    row::{Columns, micros, widen},
};
use crate::domain::{
    ids::RecordId,
    record::{ChangeEvent, ChangeKind},
};

/// Appends a change and gives its number. Later numbers are committed later, so that whoever reads
/// up to one has all before it. Call it late: other writers of the log wait until commit.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn append(
    tx: &mut Tx,
    record: &RecordId,
    kind: ChangeKind,
    at: Timestamp,
) -> Result<u64, StoreError> {
    let row =
        sqlx::query("UPDATE log_head SET change_seq = change_seq + 1 WHERE id = 1 RETURNING change_seq")
            .fetch_one(tx.connection())
            .await?;
    let seq = row.int("change_seq")?;
    new_row(seq, record, kind, at).insert(tx, "").await?;
    super::row::narrow(seq, "change_event.seq")
}

/// The row of a change, of a number that `log_head` has given out.
pub fn new_row(seq: i64, record: &RecordId, kind: ChangeKind, at: Timestamp) -> NewRow {
    NewRow::of("change_event")
        .with("seq", seq)
        .with("record_id", record.as_str())
        .with("kind", kind_name(kind))
        .with("happened_at", micros(at))
}

/// Changes behind number `after`, in order; at most `limit`.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn after(tx: &mut Tx, after: u64, limit: u32) -> Result<Vec<ChangeEvent>, StoreError> {
    let rows = sqlx::query(
        "SELECT seq, record_id, kind, happened_at FROM change_event WHERE seq > $1 ORDER BY seq LIMIT $2",
    )
    .bind(widen(after.min(i64::MAX as u64), "change_event.seq")?)
    .bind(i64::from(limit))
    .fetch_all(tx.connection())
    .await?;
    rows.iter()
        .map(|row| {
            let kind = row.text("kind")?;
            let kind = ChangeKind::ALL.into_iter().find(|known| kind_name(*known) == kind);
            Ok(ChangeEvent {
                seq: row.unsigned("seq")?,
                record: row.parsed("record_id")?,
                kind: kind.ok_or(StoreError::Corrupt { what: "change_event.kind" })?,
                at: row.at("happened_at")?,
            })
        })
        .collect()
}

/// The number of the last change; 0 before the first.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn last(tx: &mut Tx) -> Result<u64, StoreError> {
    let row = sqlx::query("SELECT change_seq FROM log_head WHERE id = 1").fetch_one(tx.connection()).await?;
    row.unsigned("change_seq")
}

fn kind_name(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Stored => "stored",
        ChangeKind::Revoked => "revoked",
        ChangeKind::Recoded => "recoded",
        ChangeKind::OwnerChanged => "owner_changed",
        ChangeKind::Removed => "removed",
        ChangeKind::Restored => "restored",
        ChangeKind::Erased => "erased",
        ChangeKind::Augmented => "augmented",
    }
}
