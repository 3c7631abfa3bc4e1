//! Versions of the catalogue: old dossiers keep the one they were opened under (Điều 20 khoản 3).
//!
//! Knows nothing of what a catalogue says.

use jiff::Timestamp;
use sqlx::any::AnyRow;

use super::{
    StoreError, Tx,
    row::{Columns, micros},
};
use crate::domain::{
    catalogue::Catalogue,
    ids::{ContentHash, OfficerId},
};

/// A catalogue and how it came here.
#[derive(Debug, Clone, PartialEq)]
pub struct CatalogueVersion {
    /// BLAKE3 of its canonical text.
    pub hash: ContentHash,
    /// The decision that put it into force.
    pub decision_number: Option<String>,
    /// When it was imported last.
    pub imported_at: Timestamp,
    /// By whom; `None` for the one that the program carries.
    pub imported_by: Option<OfficerId>,
    /// The catalogue.
    pub catalogue: Catalogue,
}

const COLUMNS_OF_IMPORT: &str = "i.hash, i.decision_number, i.imported_at, i.imported_by, v.body";

/// The canonical text of a catalogue and its hash: how it was laid out in the file doesn't count.
///
/// # Errors
/// [`StoreError::Corrupt`] when it can't be written as JSON.
pub fn canonical(catalogue: &Catalogue) -> Result<(ContentHash, String), StoreError> {
    let body = serde_json::to_string(catalogue).map_err(|_| StoreError::Corrupt { what: "the catalogue" })?;
    Ok((ContentHash::of(body.as_bytes()), body))
}

/// Puts a catalogue into force from `at` on. One that was in force before may come back.
///
/// # Errors
/// [`StoreError::Missing`] when the officer isn't kept.
pub async fn insert(
    tx: &mut Tx,
    catalogue: &Catalogue,
    decision_number: Option<&str>,
    by: Option<&OfficerId>,
    at: Timestamp,
) -> Result<ContentHash, StoreError> {
    let (hash, body) = canonical(catalogue)?;
    sqlx::query("INSERT INTO catalogue_version (hash, body) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING")
        .bind(hash.as_str())
        .bind(body)
        .execute(tx.connection())
        .await?;
    sqlx::query(
        "INSERT INTO catalogue_import (id, hash, decision_number, imported_at, imported_by)
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(uuid::Uuid::now_v7().to_string())
    .bind(hash.as_str())
    .bind(decision_number)
    .bind(micros(at))
    .bind(by.map(OfficerId::as_str))
    .execute(tx.connection())
    .await?;
    Ok(hash)
}

/// The catalogue in force at a time: the last one imported until then.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn current(tx: &mut Tx, at: Timestamp) -> Result<Option<CatalogueVersion>, StoreError> {
    let sql = "WHERE i.imported_at <= $1 ORDER BY i.imported_at DESC, i.id DESC LIMIT 1";
    let row = sqlx::query(select(sql)).bind(micros(at)).fetch_optional(tx.connection()).await?;
    row.map(|row| version_of(&row)).transpose()
}

/// The catalogue of that hash, with its last import.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn get(tx: &mut Tx, hash: &ContentHash) -> Result<Option<CatalogueVersion>, StoreError> {
    let sql = "WHERE i.hash = $1 ORDER BY i.imported_at DESC, i.id DESC LIMIT 1";
    let row = sqlx::query(select(sql)).bind(hash.as_str()).fetch_optional(tx.connection()).await?;
    row.map(|row| version_of(&row)).transpose()
}

/// Made of constants of this file alone.
fn select(rest: &'static str) -> sqlx::AssertSqlSafe<String> {
    sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS_OF_IMPORT} FROM catalogue_import i JOIN catalogue_version v ON v.hash = i.hash {rest}"
    ))
}

fn version_of(row: &AnyRow) -> Result<CatalogueVersion, StoreError> {
    let hash: ContentHash = row.parsed("hash")?;
    let body = row.text("body")?;
    if ContentHash::of(body.as_bytes()) != hash {
        return Err(StoreError::Corrupt { what: "a catalogue" });
    }
    Ok(CatalogueVersion {
        hash,
        decision_number: row.text_opt("decision_number")?,
        imported_at: row.at("imported_at")?,
        imported_by: row.parsed_opt("imported_by")?,
        catalogue: Catalogue::parse(&body).map_err(|_| StoreError::Corrupt { what: "a catalogue" })?,
    })
}
