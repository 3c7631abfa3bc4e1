//! Owners one after the other, with what was moved from one to another: for lists that go out and come back.

use super::{StoreError, Tx, row::Columns};
use crate::domain::ids::{OwnerId, RecordId};

/// Persons in the order of their ids, those behind `after`, who have a document in the store; at most `limit`.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn persons(tx: &mut Tx, after: Option<&OwnerId>, limit: u32) -> Result<Vec<OwnerId>, StoreError> {
    let rows = sqlx::query(
        "SELECT o.id FROM owner o
          WHERE o.id > $1 AND o.kind = 'person' AND EXISTS (SELECT 1 FROM record r WHERE r.owner_id = o.id)
          ORDER BY o.id LIMIT $2",
    )
    .bind(after.map(|id| id.as_str().to_owned()).unwrap_or_default())
    .bind(i64::from(limit))
    .fetch_all(tx.connection())
    .await?;
    rows.iter().map(|row| row.parsed("id")).collect()
}

/// Whether there is an owner of that id.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn is_known(tx: &mut Tx, owner: &OwnerId) -> Result<bool, StoreError> {
    let row = sqlx::query("SELECT COUNT(*) AS n FROM owner WHERE id = $1").bind(owner.as_str());
    Ok(row.fetch_one(tx.connection()).await?.int("n")? > 0)
}

/// Documents that had a code of `from` and are `to`'s now.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn moved(tx: &mut Tx, from: &OwnerId, to: &OwnerId) -> Result<Vec<RecordId>, StoreError> {
    let rows = sqlx::query(
        "SELECT DISTINCT r.id FROM document_code c JOIN record r ON r.id = c.record_id
          WHERE c.owner_id = $1 AND r.owner_id = $2 ORDER BY r.id",
    )
    .bind(from.as_str())
    .bind(to.as_str())
    .fetch_all(tx.connection())
    .await?;
    rows.iter().map(|row| row.parsed("id")).collect()
}
