//! Who acts for which child, and in which dossier somebody did. Knows nothing of who may see what.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;

use super::{
    Keys, StoreError, Tx,
    keys::Place,
    row::{self, Columns, micros},
};
use crate::domain::{
    ids::{DossierId, GuardianshipId, OfficerId, OwnerId},
    owner::{GuardianKind, Guardianship},
};

const SEALED: &str = "guardianship.sealed";

#[derive(Serialize, Deserialize)]
struct Sealed {
    basis: String,
}

/// Writes a relation down.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn insert(
    tx: &mut Tx,
    relation: &Guardianship,
    by: &OfficerId,
    at: Timestamp,
) -> Result<(), StoreError> {
    let sealed = Sealed { basis: relation.basis.clone() };
    let sealed = tx.keys().seal_json(Place { column: SEALED, row: relation.id.as_str() }, &sealed)?;
    sqlx::query(
        "INSERT INTO guardianship (id, child_id, guardian_id, kind, from_day, until_day, sealed, set_by, set_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(relation.id.as_str())
    .bind(relation.child.as_str())
    .bind(relation.guardian.as_str())
    .bind(relation.kind.as_str())
    .bind(row::day(relation.from))
    .bind(row::day(relation.until))
    .bind(sealed)
    .bind(by.as_str())
    .bind(micros(at))
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Ends a relation; `false` when it was ended before.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn end(tx: &mut Tx, id: &GuardianshipId, at: Timestamp) -> Result<bool, StoreError> {
    let ended = sqlx::query("UPDATE guardianship SET ended_at = $1 WHERE id = $2 AND ended_at IS NULL")
        .bind(micros(at))
        .bind(id.as_str())
        .execute(tx.connection())
        .await?;
    Ok(ended.rows_affected() == 1)
}

/// The relation of that id.
///
/// # Errors
/// [`StoreError::Sealed`] and those of the database.
pub async fn get(tx: &mut Tx, id: &GuardianshipId) -> Result<Option<Guardianship>, StoreError> {
    let row = sqlx::query("SELECT * FROM guardianship WHERE id = $1")
        .bind(id.as_str())
        .fetch_optional(tx.connection())
        .await?;
    row.map(|row| relation_of(&tx.keys(), &row)).transpose()
}

/// Who acted or acts for a child, oldest first.
///
/// # Errors
/// [`StoreError::Sealed`] and those of the database.
pub async fn of_child(tx: &mut Tx, child: &OwnerId) -> Result<Vec<Guardianship>, StoreError> {
    let rows = sqlx::query("SELECT * FROM guardianship WHERE child_id = $1 ORDER BY set_at, id")
        .bind(child.as_str())
        .fetch_all(tx.connection())
        .await?;
    let keys = tx.keys();
    rows.iter().map(|row| relation_of(&keys, row)).collect()
}

/// For whom somebody acts or acted, oldest first.
///
/// # Errors
/// [`StoreError::Sealed`] and those of the database.
pub async fn of_guardian(tx: &mut Tx, guardian: &OwnerId) -> Result<Vec<Guardianship>, StoreError> {
    let rows = sqlx::query("SELECT * FROM guardianship WHERE guardian_id = $1 ORDER BY set_at, id")
        .bind(guardian.as_str())
        .fetch_all(tx.connection())
        .await?;
    let keys = tx.keys();
    rows.iter().map(|row| relation_of(&keys, row)).collect()
}

/// Notes that a guardian acts in a dossier that an officer handles, who may read the child's papers until then.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn act(
    tx: &mut Tx,
    dossier: &DossierId,
    relation: &GuardianshipId,
    officer: &OfficerId,
    until: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO guardian_act (dossier_id, guardianship_id, officer_id, until_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (dossier_id, guardianship_id, officer_id) DO UPDATE SET until_at = $4",
    )
    .bind(dossier.as_str())
    .bind(relation.as_str())
    .bind(officer.as_str())
    .bind(micros(until))
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Relations by which the officer may read the papers of `child` at `now`, each with the dossier.
///
/// # Errors
/// [`StoreError::Sealed`] and those of the database.
pub async fn acts_for(
    tx: &mut Tx,
    officer: &OfficerId,
    child: &OwnerId,
    now: Timestamp,
) -> Result<Vec<(DossierId, Guardianship)>, StoreError> {
    let rows = sqlx::query(
        "SELECT guardianship.*, guardian_act.dossier_id FROM guardian_act
           JOIN guardianship ON guardianship.id = guardian_act.guardianship_id
          WHERE guardian_act.officer_id = $1 AND guardian_act.until_at > $2 AND guardianship.child_id = $3
          ORDER BY guardian_act.until_at, guardianship.id",
    )
    .bind(officer.as_str())
    .bind(micros(now))
    .bind(child.as_str())
    .fetch_all(tx.connection())
    .await?;
    let keys = tx.keys();
    rows.iter().map(|row| Ok((row.parsed("dossier_id")?, relation_of(&keys, row)?))).collect()
}

fn relation_of(keys: &Keys, row: &AnyRow) -> Result<Guardianship, StoreError> {
    let id: GuardianshipId = row.parsed("id")?;
    let sealed: Sealed = keys.open_json(Place { column: SEALED, row: id.as_str() }, &row.text("sealed")?)?;
    let kind = GuardianKind::parse(&row.text("kind")?);
    Ok(Guardianship {
        child: row.parsed("child_id")?,
        guardian: row.parsed("guardian_id")?,
        kind: kind.ok_or(StoreError::Corrupt { what: "guardianship.kind" })?,
        basis: sealed.basis,
        from: row.parsed("from_day")?,
        until: row.parsed("until_day")?,
        ended_at: row.at_opt("ended_at")?,
        id,
    })
}
