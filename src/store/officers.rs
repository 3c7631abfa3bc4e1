//! Officers who act. Name and number are sealed; the number is found by its keyed hash.
//!
//! Knows nothing of roles and sign-in.

use jiff::Timestamp;
use sqlx::any::AnyRow;

use super::{
    Keys, StoreError, Tx,
    keys::{Lookup, Place},
    row::{Columns, micros},
};
use crate::domain::{
    ids::{OfficerId, PersonalId},
    officer::Officer,
};

const SEALED: &str = "officer.sealed";

/// Keeps a new officer.
///
/// # Errors
/// [`StoreError::OfficerExists`] when an officer has that personal number; the transaction stays
/// usable. [`StoreError::AlreadyExists`] for the same id.
pub async fn insert(tx: &mut Tx, officer: &Officer, at: Timestamp) -> Result<(), StoreError> {
    let keys = tx.keys();
    let kept = sqlx::query(
        "INSERT INTO officer (id, number_key, sealed, created_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (number_key) DO NOTHING",
    )
    .bind(officer.id.as_str())
    .bind(number_key(&keys, &officer.personal_id))
    .bind(keys.seal_json(Place { column: SEALED, row: officer.id.as_str() }, officer)?)
    .bind(micros(at))
    .execute(tx.connection())
    .await?;
    if kept.rows_affected() == 1 {
        return Ok(());
    }
    let officer = find(tx, &officer.personal_id).await?.ok_or(StoreError::Busy)?;
    Err(StoreError::OfficerExists { officer: officer.id })
}

/// The officer of that id.
///
/// # Errors
/// [`StoreError::Sealed`] and those of the database.
pub async fn get(tx: &mut Tx, id: &OfficerId) -> Result<Option<Officer>, StoreError> {
    let row = sqlx::query("SELECT id, sealed FROM officer WHERE id = $1")
        .bind(id.as_str())
        .fetch_optional(tx.connection())
        .await?;
    row.map(|row| officer_of(&tx.keys(), &row)).transpose()
}

/// The officer of that personal number.
///
/// # Errors
/// [`StoreError::Sealed`] and those of the database.
pub async fn find(tx: &mut Tx, number: &PersonalId) -> Result<Option<Officer>, StoreError> {
    let keys = tx.keys();
    let row = sqlx::query("SELECT id, sealed FROM officer WHERE number_key = $1")
        .bind(number_key(&keys, number))
        .fetch_optional(tx.connection())
        .await?;
    row.map(|row| officer_of(&keys, &row)).transpose()
}

/// All officers, in the order in which they were added.
///
/// # Errors
/// [`StoreError::Sealed`] and those of the database.
pub async fn list(tx: &mut Tx) -> Result<Vec<Officer>, StoreError> {
    let rows = sqlx::query("SELECT id, sealed FROM officer ORDER BY created_at, id")
        .fetch_all(tx.connection())
        .await?;
    let keys = tx.keys();
    rows.iter().map(|row| officer_of(&keys, row)).collect()
}

fn officer_of(keys: &Keys, row: &AnyRow) -> Result<Officer, StoreError> {
    let id = row.text("id")?;
    keys.open_json(Place { column: SEALED, row: &id }, &row.text("sealed")?)
}

fn number_key(keys: &Keys, number: &PersonalId) -> String {
    keys.lookup_key(Lookup::Officer, &[number.as_str()])
}
