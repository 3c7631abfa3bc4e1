//! What the head of a paper gave while the rest is being read; sealed, and gone once the paper moves on.

use super::{StoreError, Tx, keys::Place, row::Columns};
use crate::domain::{first::FirstProposals, ids::PaperId};

const SEALED: &str = "first_proposal.sealed";

/// Keeps what the head gave, in the place of what an earlier reading of it gave.
///
/// # Errors
/// [`StoreError::Missing`] when the paper isn't kept.
pub async fn keep(tx: &mut Tx, paper: &PaperId, first: &FirstProposals) -> Result<(), StoreError> {
    let sealed = tx.keys().seal_json(Place { column: SEALED, row: paper.as_str() }, first)?;
    sqlx::query(
        "INSERT INTO first_proposal (paper_id, sealed) VALUES ($1, $2)
         ON CONFLICT (paper_id) DO UPDATE SET sealed = excluded.sealed",
    )
    .bind(paper.as_str())
    .bind(sealed)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// What the head gave, while the paper is being read.
///
/// # Errors
/// [`StoreError::Sealed`] and those of the database.
pub async fn of(tx: &mut Tx, paper: &PaperId) -> Result<Option<FirstProposals>, StoreError> {
    let row = sqlx::query("SELECT sealed FROM first_proposal WHERE paper_id = $1")
        .bind(paper.as_str())
        .fetch_optional(tx.connection())
        .await?;
    let keys = tx.keys();
    let place = Place { column: SEALED, row: paper.as_str() };
    row.map(|row| keys.open_json(place, &row.text("sealed")?)).transpose()
}

/// Whether there is something, without opening it.
///
/// # Errors
/// Those of the database.
pub async fn is_kept(tx: &mut Tx, paper: &PaperId) -> Result<bool, StoreError> {
    let row = sqlx::query("SELECT 1 FROM first_proposal WHERE paper_id = $1")
        .bind(paper.as_str())
        .fetch_optional(tx.connection())
        .await?;
    Ok(row.is_some())
}

/// Forgets what the head gave.
///
/// # Errors
/// Those of the database.
pub(super) async fn forget(tx: &mut Tx, paper: &PaperId) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM first_proposal WHERE paper_id = $1")
        .bind(paper.as_str())
        .execute(tx.connection())
        .await?;
    Ok(())
}
