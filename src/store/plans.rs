//! The history of the page plans of papers: appended to, never rewritten.
//!
//! Knows nothing of what a step does to a plan.

use sqlx::any::AnyRow;

use super::{
    Keys, StoreError, Tx,
    keys::Place,
    row::{Columns, micros},
};
use crate::domain::{
    ids::{ContentHash, OfficerId, PaperId},
    plan::PlanEntry,
};

const REASON: &str = "page_plan.reason_sealed";

/// Appends an entry to the history of a paper.
///
/// # Errors
/// [`StoreError::AlreadyExists`] when somebody else appended meanwhile; those of the database.
pub async fn append(tx: &mut Tx, paper: &PaperId, entry: &PlanEntry) -> Result<(), StoreError> {
    let keys = tx.keys();
    let row = row_name(paper, entry.ordinal);
    let reason = entry
        .reason
        .as_ref()
        .map(|reason| keys.seal_json(Place { column: REASON, row: &row }, reason))
        .transpose()?;
    sqlx::query(
        "INSERT INTO page_plan (paper_id, ordinal, plan, own, act, reason_sealed, officer_id, made_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(paper.as_str())
    .bind(i64::from(entry.ordinal))
    .bind(json(&entry.plan, "page_plan.plan")?)
    .bind(json(&entry.own, "page_plan.own")?)
    .bind(json(&entry.act, "page_plan.act")?)
    .bind(reason)
    .bind(entry.by.as_ref().map(OfficerId::as_str))
    .bind(micros(entry.at))
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// The plan in force; `None` for a paper whose pages nobody has arranged.
///
/// # Errors
/// [`StoreError::Corrupt`], [`StoreError::Sealed`] and those of the database.
pub async fn latest(tx: &mut Tx, paper: &PaperId) -> Result<Option<PlanEntry>, StoreError> {
    let row = sqlx::query("SELECT * FROM page_plan WHERE paper_id = $1 ORDER BY ordinal DESC LIMIT 1")
        .bind(paper.as_str())
        .fetch_optional(tx.connection())
        .await?;
    row.map(|row| entry_of(&tx.keys(), &row)).transpose()
}

/// All entries of a paper, oldest first.
///
/// # Errors
/// As [`latest`].
pub async fn history(tx: &mut Tx, paper: &PaperId) -> Result<Vec<PlanEntry>, StoreError> {
    let rows = sqlx::query("SELECT * FROM page_plan WHERE paper_id = $1 ORDER BY ordinal")
        .bind(paper.as_str())
        .fetch_all(tx.connection())
        .await?;
    let keys = tx.keys();
    rows.iter().map(|row| entry_of(&keys, row)).collect()
}

/// Other papers that have any of these bytes as an original, in order.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn sharers(
    tx: &mut Tx,
    paper: &PaperId,
    originals: &[ContentHash],
) -> Result<Vec<PaperId>, StoreError> {
    let mut found = Vec::new();
    for hash in originals {
        let rows = sqlx::query(
            "SELECT DISTINCT paper_id FROM paper_object
              WHERE hash = $1 AND role = 'original' AND paper_id <> $2 ORDER BY paper_id",
        )
        .bind(hash.as_str())
        .bind(paper.as_str())
        .fetch_all(tx.connection())
        .await?;
        for row in &rows {
            let other: PaperId = row.parsed("paper_id")?;
            if !found.contains(&other) {
                found.push(other);
            }
        }
    }
    Ok(found)
}

fn entry_of(keys: &Keys, row: &AnyRow) -> Result<PlanEntry, StoreError> {
    let (paper, ordinal): (PaperId, u32) = (row.parsed("paper_id")?, row.unsigned("ordinal")?);
    let name = row_name(&paper, ordinal);
    let reason = row
        .text_opt("reason_sealed")?
        .map(|sealed| keys.open_json(Place { column: REASON, row: &name }, &sealed))
        .transpose()?;
    Ok(PlanEntry {
        ordinal,
        plan: value(&row.text("plan")?, "page_plan.plan")?,
        own: value(&row.text("own")?, "page_plan.own")?,
        act: value(&row.text("act")?, "page_plan.act")?,
        reason,
        by: row.parsed_opt("officer_id")?,
        at: row.at("made_at")?,
    })
}

/// What a sealed reason is bound to.
fn row_name(paper: &PaperId, ordinal: u32) -> String {
    format!("{paper}/{ordinal}")
}

fn json<T: serde::Serialize>(value: &T, what: &'static str) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|_| StoreError::Corrupt { what })
}

fn value<T: serde::de::DeserializeOwned>(text: &str, what: &'static str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|_| StoreError::Corrupt { what })
}
