//! Sealing the bytes of secret papers, and taking the plain ones away (Điều 5 khoản 1).

use super::{StoreError, Tx, keys::Place, papers};
use crate::domain::{
    dossier::PaperObject,
    ids::{ContentHash, PaperId},
};

const BYTES: &str = "quarantine.bytes";

/// `bytes` of `paper`, sealed; opened by nothing in this program: they are kept to be erased.
///
/// # Errors
/// [`StoreError::NoRandomness`].
pub fn seal(tx: &Tx, paper: &PaperId, bytes: &[u8]) -> Result<Vec<u8>, StoreError> {
    let sealed = tx.keys().seal(Place { column: BYTES, row: paper.as_str() }, bytes)?;
    Ok(sealed.into_bytes())
}

/// Puts `sealed` in the place of all bytes of `paper`.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn replace_objects(tx: &mut Tx, paper: &PaperId, sealed: &[PaperObject]) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM paper_object WHERE paper_id = $1")
        .bind(paper.as_str())
        .execute(tx.connection())
        .await?;
    for object in sealed {
        papers::add_object(tx, paper, object).await?;
    }
    Ok(())
}

/// Whether any paper still has the bytes of `hash`.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn is_referenced(tx: &mut Tx, hash: &ContentHash) -> Result<bool, StoreError> {
    let row = sqlx::query("SELECT 1 FROM paper_object WHERE hash = $1 LIMIT 1")
        .bind(hash.as_str())
        .fetch_optional(tx.connection())
        .await?;
    Ok(row.is_some())
}
