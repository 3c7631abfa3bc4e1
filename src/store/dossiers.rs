//! Hồ sơ. Knows nothing of the papers in them.

use super::{
    StoreError, Tx,
    row::{Columns, micros},
};
use crate::domain::{
    dossier::Dossier,
    ids::{DossierId, ProcedureCode},
};

/// Keeps a new dossier.
///
/// # Errors
/// [`StoreError::AlreadyExists`]; [`StoreError::Missing`] when its catalogue or officer isn't kept.
pub async fn insert(tx: &mut Tx, dossier: &Dossier) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO dossier (id, procedure_code, catalogue, opened_at, opened_by)
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(dossier.id.as_str())
    .bind(dossier.procedure.as_ref().map(ProcedureCode::as_str))
    .bind(dossier.catalogue.as_str())
    .bind(micros(dossier.opened_at))
    .bind(dossier.opened_by.as_str())
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// The dossier of that id.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn get(tx: &mut Tx, id: &DossierId) -> Result<Option<Dossier>, StoreError> {
    let row =
        sqlx::query("SELECT id, procedure_code, catalogue, opened_at, opened_by FROM dossier WHERE id = $1")
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
        })
    })
    .transpose()
}
