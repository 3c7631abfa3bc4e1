//! The register of breaches. What is known and what was done is sealed; a breach is never deleted, and what was done
//! about it is appended.

use jiff::Timestamp;
use sqlx::any::AnyRow;

use super::{
    Keys, StoreError, Tx,
    acts::History,
    keys::Place,
    row::{Columns, micros, widen},
};
use crate::domain::{
    acts::KeptAct,
    breach::{Breach, BreachAct, BreachState, NOTIFY_WITHIN},
    ids::{BreachId, OfficerId},
};

const SEALED: &str = "breach.sealed";
const ACTS: History = History {
    insert: "INSERT INTO breach_act (breach_id, no, at, officer_id, act_sealed) VALUES ($1, $2, $3, $4, $5)",
    list: "SELECT * FROM breach_act WHERE breach_id = $1 ORDER BY no",
    sealed: "breach_act.act_sealed",
};

/// Keeps a new breach, with the act that writes it down.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn insert(tx: &mut Tx, breach: &Breach) -> Result<(), StoreError> {
    let sealed = seal(tx, breach)?;
    sqlx::query(
        "INSERT INTO breach (id, detected_at, opened_at, opened_by, state, notified_at, sealed, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(breach.id.as_str())
    .bind(micros(breach.detected_at))
    .bind(micros(breach.opened_at))
    .bind(breach.opened_by.as_str())
    .bind(breach.state.as_str())
    .bind(breach.notified_at.map(micros))
    .bind(sealed)
    .bind(widen(breach.version, "breach.version")?)
    .execute(tx.connection())
    .await?;
    let opened = BreachAct::Open { facts: breach.facts.clone() };
    let place = (breach.id.as_str(), breach.version);
    ACTS.append(tx, place, &breach.opened_by, breach.opened_at, &opened).await
}

/// Appends an act and moves the breach on: state, notice, what is known, version.
///
/// # Errors
/// [`StoreError::Stale`] when somebody else acted meanwhile; nothing is kept then.
pub async fn act(
    tx: &mut Tx,
    breach: &Breach,
    by: &OfficerId,
    at: Timestamp,
    act: &BreachAct,
) -> Result<(), StoreError> {
    let sealed = seal(tx, breach)?;
    let moved = sqlx::query(
        "UPDATE breach SET state = $1, notified_at = $2, sealed = $3, version = $4 WHERE id = $5 AND version = $6",
    )
    .bind(breach.state.as_str())
    .bind(breach.notified_at.map(micros))
    .bind(sealed)
    .bind(widen(breach.version, "breach.version")?)
    .bind(breach.id.as_str())
    .bind(widen(breach.version.saturating_sub(1), "breach.version")?)
    .execute(tx.connection())
    .await?;
    if moved.rows_affected() != 1 {
        return Err(StoreError::Stale);
    }
    ACTS.append(tx, (breach.id.as_str(), breach.version), by, at, act).await
}

/// The breach of that id.
///
/// # Errors
/// [`StoreError::Sealed`] and those of the database.
pub async fn get(tx: &mut Tx, id: &BreachId) -> Result<Option<Breach>, StoreError> {
    let row = sqlx::query("SELECT * FROM breach WHERE id = $1")
        .bind(id.as_str())
        .fetch_optional(tx.connection())
        .await?;
    row.map(|row| breach_of(&tx.keys(), &row)).transpose()
}

/// What was done about a breach, in order.
///
/// # Errors
/// [`StoreError::Sealed`] and those of the database.
pub async fn acts(tx: &mut Tx, id: &BreachId) -> Result<Vec<KeptAct<BreachAct>>, StoreError> {
    ACTS.of(tx, id.as_str()).await
}

/// Breaches: those first whose term ends first, then those that are closed, the newest first; at most `limit` of each.
///
/// # Errors
/// [`StoreError::Sealed`] and those of the database.
pub async fn list(tx: &mut Tx, limit: u32) -> Result<Vec<Breach>, StoreError> {
    let mut rows = Vec::new();
    for sql in [
        "SELECT * FROM breach WHERE state = 'open' ORDER BY detected_at, id LIMIT $1",
        "SELECT * FROM breach WHERE state <> 'open' ORDER BY detected_at DESC, id DESC LIMIT $1",
    ] {
        rows.extend(sqlx::query(sql).bind(i64::from(limit)).fetch_all(tx.connection()).await?);
    }
    let keys = tx.keys();
    rows.iter().map(|row| breach_of(&keys, row)).collect()
}

/// How many breaches wait to be told, in time and late.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn counts(tx: &mut Tx, now: Timestamp) -> Result<(u64, u64), StoreError> {
    let detected_before = now.saturating_sub(NOTIFY_WITHIN).unwrap_or(Timestamp::MIN);
    let row = sqlx::query(
        "SELECT COUNT(CASE WHEN detected_at > $1 THEN 1 END) AS n_open,
                COUNT(CASE WHEN detected_at <= $1 THEN 1 END) AS n_late
           FROM breach WHERE state = 'open'",
    )
    .bind(micros(detected_before))
    .fetch_one(tx.connection())
    .await?;
    Ok((row.unsigned("n_open")?, row.unsigned("n_late")?))
}

fn seal(tx: &Tx, breach: &Breach) -> Result<String, StoreError> {
    tx.keys().seal_json(Place { column: SEALED, row: breach.id.as_str() }, &breach.facts)
}

fn breach_of(keys: &Keys, row: &AnyRow) -> Result<Breach, StoreError> {
    let id: BreachId = row.parsed("id")?;
    let facts = keys.open_json(Place { column: SEALED, row: id.as_str() }, &row.text("sealed")?)?;
    Ok(Breach {
        detected_at: row.at("detected_at")?,
        opened_at: row.at("opened_at")?,
        opened_by: row.parsed("opened_by")?,
        state: BreachState::parse(&row.text("state")?).ok_or(StoreError::Corrupt { what: "breach.state" })?,
        notified_at: row.at_opt("notified_at")?,
        facts,
        version: row.unsigned("version")?,
        id,
    })
}
