//! What was done about stored documents: taken out of the owner's store, held, erased. Appended and sealed.
//!
//! Knows nothing of terms.

use jiff::Timestamp;

use super::{
    StoreError, Tx,
    acts::History,
    row::{Columns, micros},
};
use crate::domain::{
    acts::KeptAct,
    ids::{OfficerId, OwnerId, PaperId, RecordId},
    retention::{Keeping, RecordAct},
};

const ACTS: History = History {
    insert: "INSERT INTO record_act (record_id, no, at, officer_id, act_sealed) VALUES ($1, $2, $3, $4, $5)",
    list: "SELECT * FROM record_act WHERE record_id = $1 ORDER BY no",
    sealed: "record_act.act_sealed",
};

/// Appends an act, and keeps how the document stands after it.
///
/// # Errors
/// [`StoreError::Stale`] when it no longer stands as in `from`.
pub async fn act(
    tx: &mut Tx,
    record: &RecordId,
    (from, to): (Keeping, Keeping),
    by: &OfficerId,
    at: Timestamp,
    act: &RecordAct,
) -> Result<(), StoreError> {
    let moved = sqlx::query(
        "UPDATE record SET removed_at = $1, held_at = $2, erased_at = $3
          WHERE id = $4 AND removed_at IS NOT DISTINCT FROM $5 AND held_at IS NOT DISTINCT FROM $6
            AND erased_at IS NOT DISTINCT FROM $7",
    )
    .bind(to.removed_at.map(micros))
    .bind(to.held_at.map(micros))
    .bind(to.erased_at.map(micros))
    .bind(record.as_str())
    .bind(from.removed_at.map(micros))
    .bind(from.held_at.map(micros))
    .bind(from.erased_at.map(micros))
    .execute(tx.connection())
    .await?;
    if moved.rows_affected() != 1 {
        return Err(StoreError::Stale);
    }
    let row = sqlx::query("SELECT COALESCE(MAX(no), 0) + 1 AS no FROM record_act WHERE record_id = $1")
        .bind(record.as_str())
        .fetch_one(tx.connection())
        .await?;
    ACTS.append(tx, (record.as_str(), row.unsigned("no")?), by, at, act).await
}

/// What was done about a document, in order.
///
/// # Errors
/// [`StoreError::Sealed`] and those of the database.
pub async fn of(tx: &mut Tx, record: &RecordId) -> Result<Vec<KeptAct<RecordAct>>, StoreError> {
    ACTS.of(tx, record.as_str()).await
}

/// Documents that were taken out of their owners' stores and are not erased, the longest ago first; those behind
/// `after`, at most `limit`.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn removed(
    tx: &mut Tx,
    after: Option<(Timestamp, RecordId)>,
    limit: u32,
) -> Result<Vec<(Timestamp, RecordId)>, StoreError> {
    let (at, id) = after.map_or((i64::MIN, String::new()), |(at, id)| (micros(at), id.to_string()));
    let rows = sqlx::query(
        "SELECT id, removed_at FROM record
          WHERE removed_at IS NOT NULL AND erased_at IS NULL
            AND (removed_at > $1 OR (removed_at = $1 AND id > $2))
          ORDER BY removed_at, id LIMIT $3",
    )
    .bind(at)
    .bind(id)
    .bind(i64::from(limit))
    .fetch_all(tx.connection())
    .await?;
    rows.iter().map(|row| Ok((row.at("removed_at")?, row.parsed("id")?))).collect()
}

/// Forgets what was found on the way of a paper whose document is erased.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn forget_paper(tx: &mut Tx, paper: &PaperId) -> Result<(), StoreError> {
    for query in [
        "DELETE FROM first_proposal WHERE paper_id = $1",
        "DELETE FROM paper_verification WHERE paper_id = $1",
        "UPDATE paper SET declared_owner_sealed = NULL WHERE id = $1",
    ] {
        sqlx::query(query).bind(paper.as_str()).execute(tx.connection()).await?;
    }
    Ok(())
}

/// Says whether the data of an owner may be used.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn restrict(tx: &mut Tx, owner: &OwnerId, since: Option<Timestamp>) -> Result<(), StoreError> {
    sqlx::query("UPDATE owner SET restricted_at = $1 WHERE id = $2")
        .bind(since.map(micros))
        .bind(owner.as_str())
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Since when the data of an owner may not be used; `None` while it may.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn restricted(tx: &mut Tx, owner: &OwnerId) -> Result<Option<Timestamp>, StoreError> {
    let row = sqlx::query("SELECT restricted_at FROM owner WHERE id = $1")
        .bind(owner.as_str())
        .fetch_optional(tx.connection())
        .await?;
    row.map_or(Ok(None), |row| row.at_opt("restricted_at"))
}
