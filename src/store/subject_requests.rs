//! The register of requests by data subjects. Who asks, what is asked and what was done are sealed; a request is never
//! deleted, and what was done about it is appended.
//!
//! Knows nothing of terms beyond the instant that was counted when the request was taken in.

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;

use super::{
    Keys, StoreError, Tx,
    acts::History,
    keys::Place,
    row::{self, Columns, micros, widen},
};
use crate::domain::{
    acts::KeptAct,
    ids::{OfficerId, OwnerId, SubjectRequestId, UnitId},
    subject_request::{CameBy, RequestAct, RequestKind, RequestState, SubjectRequest},
};

const SEALED: &str = "subject_request.sealed";
const ACTS: History = History {
    insert: "INSERT INTO subject_request_act (request_id, no, at, officer_id, act_sealed) VALUES ($1, $2, $3, $4, $5)",
    list: "SELECT * FROM subject_request_act WHERE request_id = $1 ORDER BY no",
    sealed: "subject_request_act.act_sealed",
};

#[derive(Serialize, Deserialize)]
struct Sealed {
    asker: String,
    asked: String,
}

/// Keeps a new request.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn insert(tx: &mut Tx, request: &SubjectRequest) -> Result<(), StoreError> {
    let sealed = Sealed { asker: request.asker.clone(), asked: request.asked.clone() };
    let sealed = tx.keys().seal_json(Place { column: SEALED, row: request.id.as_str() }, &sealed)?;
    sqlx::query(
        "INSERT INTO subject_request (id, unit_id, kind, came_by, came_at, taken_in_at, taken_in_by, owner_id, sealed,
                                      due_at, state, answered_at, do_by, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
    )
    .bind(request.id.as_str())
    .bind(request.unit.as_ref().map(UnitId::as_str))
    .bind(request.kind.as_str())
    .bind(request.came_by.as_str())
    .bind(micros(request.came_at))
    .bind(micros(request.taken_in_at))
    .bind(request.taken_in_by.as_str())
    .bind(request.owner.as_ref().map(OwnerId::as_str))
    .bind(sealed)
    .bind(micros(request.due_at))
    .bind(request.state.as_str())
    .bind(request.answered_at.map(micros))
    .bind(request.do_by.map(row::day))
    .bind(widen(request.version, "subject_request.version")?)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Appends an act and moves the request on: state, first answer, promised day, version.
///
/// # Errors
/// [`StoreError::Stale`] when somebody else acted meanwhile; nothing is kept then.
pub async fn act(
    tx: &mut Tx,
    request: &SubjectRequest,
    by: &OfficerId,
    at: Timestamp,
    act: &RequestAct,
) -> Result<(), StoreError> {
    let moved = sqlx::query(
        "UPDATE subject_request SET state = $1, answered_at = $2, do_by = $3, version = $4
          WHERE id = $5 AND version = $6",
    )
    .bind(request.state.as_str())
    .bind(request.answered_at.map(micros))
    .bind(request.do_by.map(row::day))
    .bind(widen(request.version, "subject_request.version")?)
    .bind(request.id.as_str())
    .bind(widen(request.version.saturating_sub(1), "subject_request.version")?)
    .execute(tx.connection())
    .await?;
    if moved.rows_affected() != 1 {
        return Err(StoreError::Stale);
    }
    // The first version is the taking in: acts are counted from 1.
    let no = request.version.saturating_sub(1);
    ACTS.append(tx, (request.id.as_str(), no), by, at, act).await
}

/// The request of that id.
///
/// # Errors
/// [`StoreError::Sealed`] and those of the database.
pub async fn get(tx: &mut Tx, id: &SubjectRequestId) -> Result<Option<SubjectRequest>, StoreError> {
    let row = sqlx::query("SELECT * FROM subject_request WHERE id = $1")
        .bind(id.as_str())
        .fetch_optional(tx.connection())
        .await?;
    row.map(|row| request_of(&tx.keys(), &row)).transpose()
}

/// What was done about a request, in order.
///
/// # Errors
/// [`StoreError::Sealed`] and those of the database.
pub async fn acts(tx: &mut Tx, id: &SubjectRequestId) -> Result<Vec<KeptAct<RequestAct>>, StoreError> {
    ACTS.of(tx, id.as_str()).await
}

/// Whose requests are asked for.
#[derive(Debug, Clone, Copy)]
pub enum Of<'a> {
    /// Every unit's.
    All,
    /// Of one unit; of none in an installation without accounts.
    Unit(Option<&'a UnitId>),
}

/// Requests in `state`, those first that have to be answered first; at most `limit`.
///
/// # Errors
/// [`StoreError::Sealed`] and those of the database.
pub async fn in_state(
    tx: &mut Tx,
    of: Of<'_>,
    state: RequestState,
    limit: u32,
) -> Result<Vec<SubjectRequest>, StoreError> {
    // Of those that are closed, the newest first.
    let order = if state.is_open() { "ASC" } else { "DESC" };
    let unit = match of {
        Of::All => "",
        Of::Unit(None) => " AND unit_id IS NULL AND $3 = ''",
        Of::Unit(Some(_)) => " AND unit_id = $3",
    };
    let sql = format!(
        "SELECT * FROM subject_request WHERE state = $1{unit} ORDER BY due_at {order}, id {order} LIMIT $2"
    );
    let mut query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(state.as_str()).bind(i64::from(limit));
    if let Of::Unit(unit) = of {
        query = query.bind(unit.map_or_else(String::new, ToString::to_string));
    }
    let rows = query.fetch_all(tx.connection()).await?;
    let keys = tx.keys();
    rows.iter().map(|row| request_of(&keys, row)).collect()
}

/// Requests about one owner's data, oldest first.
///
/// # Errors
/// [`StoreError::Sealed`] and those of the database.
pub async fn of_owner(tx: &mut Tx, owner: &OwnerId, limit: u32) -> Result<Vec<SubjectRequest>, StoreError> {
    let rows = sqlx::query("SELECT * FROM subject_request WHERE owner_id = $1 ORDER BY id LIMIT $2")
        .bind(owner.as_str())
        .bind(i64::from(limit))
        .fetch_all(tx.connection())
        .await?;
    let keys = tx.keys();
    rows.iter().map(|row| request_of(&keys, row)).collect()
}

/// How many requests wait or are to be done, and how many of those are late.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RequestCounts {
    /// In time, not answered yet.
    pub n_waiting: u64,
    /// Not answered, and late.
    pub n_late: u64,
    /// Answered, and to be done by a day that is not over.
    pub n_answered: u64,
    /// Answered, and not done by the day that was promised.
    pub n_overdue: u64,
}

/// How requests stand at `now`, on the day `today` in Vietnam.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn counts(tx: &mut Tx, now: Timestamp, today: Date) -> Result<RequestCounts, StoreError> {
    let row = sqlx::query(
        "SELECT COUNT(CASE WHEN state = 'waiting' AND due_at > $1 THEN 1 END) AS n_waiting,
                COUNT(CASE WHEN state = 'waiting' AND due_at <= $1 THEN 1 END) AS n_late,
                COUNT(CASE WHEN state = 'answered' AND (do_by IS NULL OR do_by >= $2) THEN 1 END) AS n_answered,
                COUNT(CASE WHEN state = 'answered' AND do_by < $2 THEN 1 END) AS n_overdue
           FROM subject_request WHERE state IN ('waiting', 'answered')",
    )
    .bind(micros(now))
    .bind(row::day(today))
    .fetch_one(tx.connection())
    .await?;
    Ok(RequestCounts {
        n_waiting: row.unsigned("n_waiting")?,
        n_late: row.unsigned("n_late")?,
        n_answered: row.unsigned("n_answered")?,
        n_overdue: row.unsigned("n_overdue")?,
    })
}

fn request_of(keys: &Keys, row: &AnyRow) -> Result<SubjectRequest, StoreError> {
    let id: SubjectRequestId = row.parsed("id")?;
    let sealed: Sealed = keys.open_json(Place { column: SEALED, row: id.as_str() }, &row.text("sealed")?)?;
    let fault = |what| StoreError::Corrupt { what };
    Ok(SubjectRequest {
        unit: row.parsed_opt("unit_id")?,
        kind: RequestKind::parse(&row.text("kind")?).ok_or(fault("subject_request.kind"))?,
        came_by: CameBy::parse(&row.text("came_by")?).ok_or(fault("subject_request.came_by"))?,
        came_at: row.at("came_at")?,
        taken_in_at: row.at("taken_in_at")?,
        taken_in_by: row.parsed("taken_in_by")?,
        owner: row.parsed_opt("owner_id")?,
        asker: sealed.asker,
        asked: sealed.asked,
        due_at: row.at("due_at")?,
        state: RequestState::parse(&row.text("state")?).ok_or(fault("subject_request.state"))?,
        answered_at: row.at_opt("answered_at")?,
        do_by: row.parsed_opt("do_by")?,
        version: row.unsigned("version")?,
        id,
    })
}
