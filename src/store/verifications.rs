//! What the signatures of a paper's file were worth when it came in; sealed. Knows no verdicts: it keeps what it is given.

use serde::{Serialize, de::DeserializeOwned};

use super::{
    StoreError, Tx,
    keys::Place,
    row::{Columns, micros},
};
use crate::domain::ids::PaperId;
use jiff::Timestamp;

const SEALED: &str = "paper_verification.sealed";

/// Keeps a report, in the place of an earlier one.
///
/// # Errors
/// [`StoreError::Missing`] when the paper isn't kept.
pub async fn keep<T: Serialize + DeserializeOwned>(
    tx: &mut Tx,
    paper: &PaperId,
    report: &T,
    at: Timestamp,
) -> Result<(), StoreError> {
    let sealed = tx.keys().seal_json(Place { column: SEALED, row: paper.as_str() }, report)?;
    sqlx::query(
        "INSERT INTO paper_verification (paper_id, judged_at, sealed) VALUES ($1, $2, $3)
         ON CONFLICT (paper_id) DO UPDATE SET sealed = excluded.sealed, judged_at = excluded.judged_at",
    )
    .bind(paper.as_str())
    .bind(micros(at))
    .bind(sealed)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// The report on a paper, and when it was made.
///
/// # Errors
/// [`StoreError::Sealed`] and those of the database.
pub async fn of<T: DeserializeOwned>(
    tx: &mut Tx,
    paper: &PaperId,
) -> Result<Option<(T, Timestamp)>, StoreError> {
    let row = sqlx::query("SELECT sealed, judged_at FROM paper_verification WHERE paper_id = $1")
        .bind(paper.as_str())
        .fetch_optional(tx.connection())
        .await?;
    let Some(row) = row else { return Ok(None) };
    let place = Place { column: SEALED, row: paper.as_str() };
    Ok(Some((tx.keys().open_json(place, &row.text("sealed")?)?, row.at("judged_at")?)))
}
