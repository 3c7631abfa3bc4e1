//! Codes that officers gave by hand while the program was out of reach (Điều 17 khoản 2): each waits for its paper.
//!
//! Knows nothing of who may enter one. A code that is withdrawn was never given, and frees its key.

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;

use super::{
    Keys, StoreError, Tx, codes,
    keys::Place,
    row::{self, Columns, micros},
};
use crate::domain::{
    code::DocumentCode,
    ids::{ManualCodeId, OfficerId, PaperId, UnitId},
};

const SEALED: &str = "manual_code.sealed";

/// A code given by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManualCode {
    /// Row id.
    pub id: ManualCodeId,
    /// The code.
    pub code: DocumentCode,
    /// The day on which it was given.
    pub given_on: Date,
    /// The unit whose officer gave it.
    pub unit: Option<UnitId>,
    /// Who entered it.
    pub by: OfficerId,
    /// When.
    pub at: Timestamp,
    /// The paper that bears it, and since when that is known.
    pub reconciled: Option<(PaperId, Timestamp)>,
    /// When and why it was withdrawn.
    pub withdrawn: Option<(Timestamp, String)>,
}

#[derive(Serialize, Deserialize)]
struct Content {
    code: DocumentCode,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

fn seal(
    keys: &Keys,
    id: &ManualCodeId,
    code: &DocumentCode,
    reason: Option<&str>,
) -> Result<String, StoreError> {
    let content = Content { code: code.clone(), reason: reason.map(str::to_owned) };
    keys.seal_json(Place { column: SEALED, row: id.as_str() }, &content)
}

/// Keeps a code; `false` when it was entered before.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn insert(tx: &mut Tx, manual: &ManualCode) -> Result<bool, StoreError> {
    let keys = tx.keys();
    let kept = sqlx::query(
        "INSERT INTO manual_code (id, code_key, sealed, type_code, given_on, unit_id, entered_by, entered_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (code_key) DO NOTHING",
    )
    .bind(manual.id.as_str())
    .bind(codes::code_key(&keys, &manual.code))
    .bind(seal(&keys, &manual.id, &manual.code, None)?)
    .bind(manual.code.type_code.to_string())
    .bind(row::day(manual.given_on))
    .bind(manual.unit.as_ref().map(UnitId::as_str))
    .bind(manual.by.as_str())
    .bind(micros(manual.at))
    .execute(tx.connection())
    .await?;
    Ok(kept.rows_affected() == 1)
}

/// The code of that id.
///
/// # Errors
/// [`StoreError::Sealed`] and those of the database.
pub async fn get(tx: &mut Tx, id: &ManualCodeId) -> Result<Option<ManualCode>, StoreError> {
    let row = sqlx::query("SELECT * FROM manual_code WHERE id = $1").bind(id.as_str());
    let row = row.fetch_optional(tx.connection()).await?;
    row.map(|row| manual_of(&tx.keys(), &row)).transpose()
}

/// Codes of a unit that wait for their papers, oldest first, those behind `after`; at most `limit`.
///
/// # Errors
/// [`StoreError::Sealed`] and those of the database.
pub async fn waiting(
    tx: &mut Tx,
    unit: Option<&UnitId>,
    after: Option<&ManualCodeId>,
    limit: u32,
) -> Result<Vec<ManualCode>, StoreError> {
    let rows = sqlx::query(
        "SELECT * FROM manual_code
          WHERE (unit_id = $1 OR ($1 IS NULL AND unit_id IS NULL)) AND id > $2
            AND reconciled_at IS NULL AND withdrawn_at IS NULL
          ORDER BY id LIMIT $3",
    )
    .bind(unit.map(|unit| unit.as_str().to_owned()))
    .bind(after.map(|id| id.as_str().to_owned()).unwrap_or_default())
    .bind(i64::from(limit))
    .fetch_all(tx.connection())
    .await?;
    let keys = tx.keys();
    rows.iter().map(|row| manual_of(&keys, row)).collect()
}

/// A paper was assigned a code: where it was given by hand, that paper bears it. `true` then.
pub(super) async fn take(
    tx: &mut Tx,
    code_key: &str,
    paper: &PaperId,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let taken = sqlx::query(
        "UPDATE manual_code SET paper_id = $1, reconciled_at = $2
          WHERE code_key = $3 AND reconciled_at IS NULL AND withdrawn_at IS NULL",
    )
    .bind(paper.as_str())
    .bind(micros(at))
    .bind(code_key)
    .execute(tx.connection())
    .await?;
    Ok(taken.rows_affected() == 1)
}

/// Writes down since when it is known which paper bears a code.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn settle(tx: &mut Tx, id: &ManualCodeId, at: Timestamp) -> Result<(), StoreError> {
    let sql = "UPDATE manual_code SET reconciled_at = $1 WHERE id = $2 AND reconciled_at IS NOT NULL";
    sqlx::query(sql).bind(micros(at)).bind(id.as_str()).execute(tx.connection()).await?;
    Ok(())
}

/// Writes down that a code was entered by mistake; `false` when it waits no more.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn withdraw(
    tx: &mut Tx,
    manual: &ManualCode,
    reason: &str,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let sealed = seal(&tx.keys(), &manual.id, &manual.code, Some(reason))?;
    let withdrawn = sqlx::query(
        "UPDATE manual_code SET withdrawn_at = $1, sealed = $2, code_key = code_key || ':' || id
          WHERE id = $3 AND reconciled_at IS NULL AND withdrawn_at IS NULL",
    )
    .bind(micros(at))
    .bind(sealed)
    .bind(manual.id.as_str())
    .execute(tx.connection())
    .await?;
    Ok(withdrawn.rows_affected() == 1)
}

fn manual_of(keys: &Keys, row: &AnyRow) -> Result<ManualCode, StoreError> {
    let id: ManualCodeId = row.parsed("id")?;
    let content: Content =
        keys.open_json(Place { column: SEALED, row: id.as_str() }, &row.text("sealed")?)?;
    let paper: Option<PaperId> = row.parsed_opt("paper_id")?;
    Ok(ManualCode {
        code: content.code,
        given_on: row.parsed("given_on")?,
        unit: row.parsed_opt("unit_id")?,
        by: row.parsed("entered_by")?,
        at: row.at("entered_at")?,
        reconciled: paper.zip(row.at_opt("reconciled_at")?),
        withdrawn: row.at_opt("withdrawn_at")?.map(|at| (at, content.reason.unwrap_or_default())),
        id,
    })
}
