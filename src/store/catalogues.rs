//! Versions of the catalogue by the day from which they hold: old dossiers keep the one they were opened under (Điều 20
//! khoản 3). In force on a day is the version with the latest such day not after it; of two of one day the one that was
//! imported last.
//!
//! Knows nothing of what a catalogue says.

use jiff::{Timestamp, civil::Date};
use sqlx::any::AnyRow;

use super::{
    StoreError, Tx,
    row::{self, Columns, micros},
};
use crate::domain::{
    catalogue::Catalogue,
    ids::{ContentHash, OfficerId},
};

/// The day from which the catalogue holds that the program carries: every day until there is another.
pub const BEGINNING: Date = Date::constant(1, 1, 1);

/// How a catalogue came here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogueImport {
    /// BLAKE3 of its canonical text.
    pub hash: ContentHash,
    /// The first day on which it holds.
    pub effective_on: Date,
    /// The decision that put it into force.
    pub decision_number: Option<String>,
    /// When it was imported last.
    pub imported_at: Timestamp,
    /// By whom; `None` for the one that the program carries.
    pub imported_by: Option<OfficerId>,
}

/// A catalogue and how it came here.
#[derive(Debug, Clone, PartialEq)]
pub struct CatalogueVersion {
    /// How it came.
    pub import: CatalogueImport,
    /// The catalogue.
    pub catalogue: Catalogue,
}

const COLUMNS_OF_IMPORT: &str = "i.hash, i.effective_on, i.decision_number, i.imported_at, i.imported_by";

/// The canonical text of a catalogue and its hash: how it was laid out in the file doesn't count.
///
/// # Errors
/// [`StoreError::Corrupt`] when it can't be written as JSON.
pub fn canonical(catalogue: &Catalogue) -> Result<(ContentHash, String), StoreError> {
    let body = serde_json::to_string(catalogue).map_err(|_| StoreError::Corrupt { what: "the catalogue" })?;
    Ok((ContentHash::of(body.as_bytes()), body))
}

/// From which day a catalogue is to hold, by which decision, and who says so.
#[derive(Debug, Clone, Copy)]
pub struct InForce<'a> {
    /// The first day.
    pub from: Date,
    /// Number and symbol of the decision.
    pub decision_number: Option<&'a str>,
    /// `None` for the catalogue that the program carries.
    pub by: Option<&'a OfficerId>,
}

/// Puts a catalogue into force. One that was in force before may come back.
///
/// # Errors
/// [`StoreError::Missing`] when the officer isn't kept.
pub async fn insert(
    tx: &mut Tx,
    catalogue: &Catalogue,
    in_force: InForce<'_>,
    at: Timestamp,
) -> Result<ContentHash, StoreError> {
    let (hash, body) = canonical(catalogue)?;
    sqlx::query("INSERT INTO catalogue_version (hash, body) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING")
        .bind(hash.as_str())
        .bind(body)
        .execute(tx.connection())
        .await?;
    sqlx::query(
        "INSERT INTO catalogue_import (id, hash, effective_on, decision_number, imported_at, imported_by)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(uuid::Uuid::now_v7().to_string())
    .bind(hash.as_str())
    .bind(row::day(in_force.from))
    .bind(in_force.decision_number)
    .bind(micros(at))
    .bind(in_force.by.map(OfficerId::as_str))
    .execute(tx.connection())
    .await?;
    Ok(hash)
}

/// Puts the importers of catalogues in a row until the transaction ends: what one compared with is what he replaces.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn lock(tx: &mut Tx) -> Result<(), StoreError> {
    let sql = "UPDATE installation SET key_check = key_check WHERE id = 1";
    sqlx::query(sql).execute(tx.connection()).await?;
    Ok(())
}

/// The catalogue in force on a day.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn in_force(tx: &mut Tx, day: Date) -> Result<Option<CatalogueVersion>, StoreError> {
    let sql =
        "WHERE i.effective_on <= $1 ORDER BY i.effective_on DESC, i.imported_at DESC, i.id DESC LIMIT 1";
    let row = sqlx::query(select(sql)).bind(row::day(day)).fetch_optional(tx.connection()).await?;
    row.map(|row| version_of(&row)).transpose()
}

/// Every import, the one that holds from the latest day first.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn imports(tx: &mut Tx) -> Result<Vec<CatalogueImport>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS_OF_IMPORT} FROM catalogue_import i
          ORDER BY i.effective_on DESC, i.imported_at DESC, i.id DESC"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(tx.connection()).await?;
    rows.iter().map(import_of).collect()
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
        "SELECT {COLUMNS_OF_IMPORT}, v.body FROM catalogue_import i JOIN catalogue_version v ON v.hash = i.hash {rest}"
    ))
}

fn import_of(row: &AnyRow) -> Result<CatalogueImport, StoreError> {
    Ok(CatalogueImport {
        hash: row.parsed("hash")?,
        effective_on: row.parsed("effective_on")?,
        decision_number: row.text_opt("decision_number")?,
        imported_at: row.at("imported_at")?,
        imported_by: row.parsed_opt("imported_by")?,
    })
}

fn version_of(row: &AnyRow) -> Result<CatalogueVersion, StoreError> {
    let import = import_of(row)?;
    let body = row.text("body")?;
    if ContentHash::of(body.as_bytes()) != import.hash {
        return Err(StoreError::Corrupt { what: "a catalogue" });
    }
    let catalogue = Catalogue::read_kept(&body).map_err(|_| StoreError::Corrupt { what: "a catalogue" })?;
    Ok(CatalogueVersion { import, catalogue })
}
