//! What lists said of papers when they were received (Điều 14); sealed.

use super::{StoreError, Tx, keys::Place, row::Columns};
use crate::domain::{archive::KnownFields, ids::PaperId};

const SEALED: &str = "paper_known.sealed";

/// Keeps what is known of a new paper.
///
/// # Errors
/// [`StoreError::Missing`] when the paper isn't kept.
pub async fn insert(tx: &mut Tx, paper: &PaperId, known: &KnownFields) -> Result<(), StoreError> {
    let sealed = tx.keys().seal_json(Place { column: SEALED, row: paper.as_str() }, known)?;
    sqlx::query("INSERT INTO paper_known (paper_id, sealed) VALUES ($1, $2)")
        .bind(paper.as_str())
        .bind(sealed)
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// What is known of a paper besides itself; nothing of most.
///
/// # Errors
/// [`StoreError::Sealed`] and those of the database.
pub async fn of(tx: &mut Tx, paper: &PaperId) -> Result<Option<KnownFields>, StoreError> {
    let row = sqlx::query("SELECT sealed FROM paper_known WHERE paper_id = $1")
        .bind(paper.as_str())
        .fetch_optional(tx.connection())
        .await?;
    let keys = tx.keys();
    let place = Place { column: SEALED, row: paper.as_str() };
    row.map(|row| keys.open_json(place, &row.text("sealed")?)).transpose()
}
