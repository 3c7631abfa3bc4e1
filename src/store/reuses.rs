//! The ledger of papers that were used again, and of documents that were cancelled.
//!
//! Knows nothing of who may take what.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;

use super::{
    Keys, StoreError, Tx,
    keys::Place,
    row::{Columns, micros},
};
use crate::domain::{
    ids::{DossierId, OfficerId, RecordId, ReuseId, UnitId},
    reuse::Reuse,
};

const SEALED: &str = "reuse.sealed";
const REVOCATION: &str = "revocation.sealed";

#[derive(Serialize, Deserialize)]
struct Said {
    purpose: String,
    reason: Option<String>,
}

/// Writes down that a paper was taken.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn insert(tx: &mut Tx, reuse: &Reuse) -> Result<(), StoreError> {
    let said = Said { purpose: reuse.purpose.clone(), reason: reuse.reason.clone() };
    let sealed = tx.keys().seal_json(Place { column: SEALED, row: reuse.id.as_str() }, &said)?;
    let judged =
        serde_json::to_string(&reuse.judged).map_err(|_| StoreError::Corrupt { what: "reuse.judged" })?;
    sqlx::query(
        "INSERT INTO reuse (id, record_id, dossier_id, component, paper_id, judged, sealed, taken_by, taken_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(reuse.id.as_str())
    .bind(reuse.record.as_str())
    .bind(reuse.dossier.as_str())
    .bind(reuse.component.as_str())
    .bind(reuse.paper.as_ref().map(|paper| paper.as_str().to_owned()))
    .bind(judged)
    .bind(sealed)
    .bind(reuse.by.as_str())
    .bind(micros(reuse.at))
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Takes a taking back; `false` when it was taken back before.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn undo(tx: &mut Tx, id: &ReuseId, at: Timestamp) -> Result<bool, StoreError> {
    let undone = sqlx::query("UPDATE reuse SET undone_at = $1 WHERE id = $2 AND undone_at IS NULL")
        .bind(micros(at))
        .bind(id.as_str())
        .execute(tx.connection())
        .await?;
    Ok(undone.rows_affected() == 1)
}

/// The row of that id.
///
/// # Errors
/// [`StoreError::Sealed`] and those of the database.
pub async fn get(tx: &mut Tx, id: &ReuseId) -> Result<Option<Reuse>, StoreError> {
    let row = sqlx::query("SELECT * FROM reuse WHERE id = $1")
        .bind(id.as_str())
        .fetch_optional(tx.connection())
        .await?;
    row.map(|row| reuse_of(&tx.keys(), &row)).transpose()
}

/// What was taken for a dossier, also what was taken back; oldest first.
///
/// # Errors
/// [`StoreError::Sealed`] and those of the database.
pub async fn of_dossier(tx: &mut Tx, dossier: &DossierId) -> Result<Vec<Reuse>, StoreError> {
    let rows = sqlx::query("SELECT * FROM reuse WHERE dossier_id = $1 ORDER BY taken_at, id")
        .bind(dossier.as_str())
        .fetch_all(tx.connection())
        .await?;
    let keys = tx.keys();
    rows.iter().map(|row| reuse_of(&keys, row)).collect()
}

/// Where a document was taken, oldest first; at most `limit`.
///
/// # Errors
/// [`StoreError::Sealed`] and those of the database.
pub async fn of_record(tx: &mut Tx, record: &RecordId, limit: u32) -> Result<Vec<Reuse>, StoreError> {
    let rows = sqlx::query("SELECT * FROM reuse WHERE record_id = $1 ORDER BY taken_at, id LIMIT $2")
        .bind(record.as_str())
        .bind(i64::from(limit))
        .fetch_all(tx.connection())
        .await?;
    let keys = tx.keys();
    rows.iter().map(|row| reuse_of(&keys, row)).collect()
}

/// Whether a document was taken for a dossier of `unit`, and not taken back.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn serves(tx: &mut Tx, record: &RecordId, unit: Option<&UnitId>) -> Result<bool, StoreError> {
    let row = sqlx::query(
        "SELECT reuse.id FROM reuse JOIN dossier ON dossier.id = reuse.dossier_id
          WHERE reuse.record_id = $1 AND reuse.undone_at IS NULL AND dossier.unit_id IS NOT DISTINCT FROM $2
          LIMIT 1",
    )
    .bind(record.as_str())
    .bind(unit.map(|unit| unit.as_str().to_owned()))
    .fetch_optional(tx.connection())
    .await?;
    Ok(row.is_some())
}

/// Takings for dossiers of `unit` whose documents were cancelled, and that were not taken back; the last cancelled
/// first, at most `limit`.
///
/// # Errors
/// [`StoreError::Sealed`] and those of the database.
pub async fn of_cancelled(tx: &mut Tx, unit: Option<&UnitId>, limit: u32) -> Result<Vec<Reuse>, StoreError> {
    let rows = sqlx::query(
        "SELECT reuse.* FROM revocation
           JOIN reuse ON reuse.record_id = revocation.record_id
           JOIN dossier ON dossier.id = reuse.dossier_id
          WHERE reuse.undone_at IS NULL AND dossier.unit_id IS NOT DISTINCT FROM $1
          ORDER BY revocation.revoked_at DESC, reuse.id DESC LIMIT $2",
    )
    .bind(unit.map(|unit| unit.as_str().to_owned()))
    .bind(i64::from(limit))
    .fetch_all(tx.connection())
    .await?;
    let keys = tx.keys();
    rows.iter().map(|row| reuse_of(&keys, row)).collect()
}

fn reuse_of(keys: &Keys, row: &AnyRow) -> Result<Reuse, StoreError> {
    let id: ReuseId = row.parsed("id")?;
    let said: Said = keys.open_json(Place { column: SEALED, row: id.as_str() }, &row.text("sealed")?)?;
    let judged = serde_json::from_str(&row.text("judged")?);
    Ok(Reuse {
        record: row.parsed("record_id")?,
        dossier: row.parsed("dossier_id")?,
        component: row.parsed("component")?,
        paper: row.parsed_opt("paper_id")?,
        judged: judged.map_err(|_| StoreError::Corrupt { what: "reuse.judged" })?,
        purpose: said.purpose,
        reason: said.reason,
        by: row.parsed("taken_by")?,
        at: row.at("taken_at")?,
        undone_at: row.at_opt("undone_at")?,
        id,
    })
}

/// Why and by which decision a document was cancelled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revocation {
    /// The officer's words.
    pub reason: String,
    /// Number and symbol of the decision, where there is one.
    pub decision: Option<String>,
}

/// Cancels a document; `false` when it was cancelled before.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn revoke(
    tx: &mut Tx,
    record: &RecordId,
    revocation: &Revocation,
    by: &OfficerId,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let revoked = sqlx::query("UPDATE record SET revoked_at = $1 WHERE id = $2 AND revoked_at IS NULL")
        .bind(micros(at))
        .bind(record.as_str())
        .execute(tx.connection())
        .await?;
    if revoked.rows_affected() == 0 {
        return Ok(false);
    }
    let sealed = tx.keys().seal_json(Place { column: REVOCATION, row: record.as_str() }, revocation)?;
    sqlx::query("INSERT INTO revocation (record_id, sealed, revoked_by, revoked_at) VALUES ($1, $2, $3, $4)")
        .bind(record.as_str())
        .bind(sealed)
        .bind(by.as_str())
        .bind(micros(at))
        .execute(tx.connection())
        .await?;
    Ok(true)
}

/// Why a document was cancelled, where it was.
///
/// # Errors
/// [`StoreError::Sealed`] and those of the database.
pub async fn revocation_of(tx: &mut Tx, record: &RecordId) -> Result<Option<Revocation>, StoreError> {
    let row = sqlx::query("SELECT sealed FROM revocation WHERE record_id = $1")
        .bind(record.as_str())
        .fetch_optional(tx.connection())
        .await?;
    let keys = tx.keys();
    let open = |row: AnyRow| {
        keys.open_json(Place { column: REVOCATION, row: record.as_str() }, &row.text("sealed")?)
    };
    row.map(open).transpose()
}
