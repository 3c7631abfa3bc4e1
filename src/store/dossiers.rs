//! Hồ sơ. Knows nothing of the papers in them.

use super::{
    NewRow, StoreError, Tx,
    row::{Columns, micros},
};
use crate::domain::{
    count::HandedIn,
    dossier::Dossier,
    ids::{DossierId, ProcedureCode, UnitId},
};

/// Keeps a new dossier.
///
/// # Errors
/// [`StoreError::AlreadyExists`]; [`StoreError::Missing`] when its catalogue or officer isn't kept.
pub async fn insert(tx: &mut Tx, dossier: &Dossier) -> Result<(), StoreError> {
    new_row(dossier)?.insert(tx, "").await?;
    Ok(())
}

/// The row of a dossier.
///
/// # Errors
/// [`StoreError::Corrupt`] where what was handed in cannot be written down.
pub fn new_row(dossier: &Dossier) -> Result<NewRow, StoreError> {
    Ok(NewRow::of("dossier")
        .with("id", dossier.id.as_str())
        .with("procedure_code", dossier.procedure.as_ref().map(ProcedureCode::as_str))
        .with("catalogue", dossier.catalogue.as_str())
        .with("opened_at", micros(dossier.opened_at))
        .with("opened_by", dossier.opened_by.as_str())
        .with("handed_in", dossier.handed_in.as_ref().map(json).transpose()?)
        .with("unit_id", dossier.unit.as_ref().map(UnitId::as_str)))
}

/// The dossier of that id.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn get(tx: &mut Tx, id: &DossierId) -> Result<Option<Dossier>, StoreError> {
    let row = sqlx::query("SELECT * FROM dossier WHERE id = $1")
        .bind(id.as_str())
        .fetch_optional(tx.connection())
        .await?;
    row.map(|row| {
        Ok(Dossier {
            id: row.parsed("id")?,
            procedure: row.parsed_opt("procedure_code")?,
            catalogue: row.parsed("catalogue")?,
            opened_at: row.at("opened_at")?,
            opened_by: row.parsed("opened_by")?,
            unit: row.parsed_opt("unit_id")?,
            handed_in: row
                .text_opt("handed_in")?
                .map(|text| serde_json::from_str(&text))
                .transpose()
                .map_err(|_| CORRUPT)?,
        })
    })
    .transpose()
}

/// Keeps how many papers of a dossier were handed in, in the place of what was said before.
///
/// # Errors
/// [`StoreError::Missing`] when there is no such dossier.
pub async fn declare(tx: &mut Tx, id: &DossierId, handed_in: &HandedIn) -> Result<(), StoreError> {
    let declared = sqlx::query("UPDATE dossier SET handed_in = $1 WHERE id = $2")
        .bind(json(handed_in)?)
        .bind(id.as_str())
        .execute(tx.connection())
        .await?;
    if declared.rows_affected() == 0 { Err(StoreError::Missing { what: "a dossier" }) } else { Ok(()) }
}

/// Gives dossiers that were opened before there were units, and what came of them, to one.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn give_to(tx: &mut Tx, unit: &UnitId) -> Result<(), StoreError> {
    for query in [
        "UPDATE dossier SET unit_id = $1 WHERE unit_id IS NULL",
        "UPDATE record SET unit_id = $1 WHERE unit_id IS NULL",
        "UPDATE subject_request SET unit_id = $1 WHERE unit_id IS NULL",
    ] {
        sqlx::query(query).bind(unit.as_str()).execute(tx.connection()).await?;
    }
    Ok(())
}

const CORRUPT: StoreError = StoreError::Corrupt { what: "dossier.handed_in" };

fn json(handed_in: &HandedIn) -> Result<String, StoreError> {
    serde_json::to_string(handed_in).map_err(|_| CORRUPT)
}
