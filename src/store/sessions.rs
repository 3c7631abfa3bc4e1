//! Stays of officers, from sign-in to sign-out. Of the token in the browser only a keyed hash is kept.
//!
//! Knows nothing of how long a stay may last.

use jiff::Timestamp;
use sqlx::any::AnyRow;

use super::{
    StoreError, Tx, accounts,
    row::{Columns, micros},
};
use crate::domain::ids::{OfficerId, SessionId};

/// A stay that was not ended by anybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Row id.
    pub id: SessionId,
    /// Whose.
    pub officer: OfficerId,
    /// Thời gian đăng nhập xử lý.
    pub signed_in_at: Timestamp,
    /// The last request, give or take a minute.
    pub last_seen_at: Timestamp,
}

/// Keeps a new stay, known by `token`.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn insert(tx: &mut Tx, session: &Session, token: &str) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO session (id, token_key, officer_id, signed_in_at, last_seen_at) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(session.id.as_str())
    .bind(accounts::token_key(&tx.keys(), token))
    .bind(session.officer.as_str())
    .bind(micros(session.signed_in_at))
    .bind(micros(session.last_seen_at))
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// The stay of that token, unless it was ended.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn of_token(tx: &mut Tx, token: &str) -> Result<Option<Session>, StoreError> {
    let row = sqlx::query("SELECT * FROM session WHERE token_key = $1 AND ended_at IS NULL")
        .bind(accounts::token_key(&tx.keys(), token))
        .fetch_optional(tx.connection())
        .await?;
    row.map(|row| session_of(&row)).transpose()
}

/// Stays of an officer that nobody ended, newest first.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn of_officer(tx: &mut Tx, officer: &OfficerId, limit: u32) -> Result<Vec<Session>, StoreError> {
    let rows = sqlx::query(
        "SELECT * FROM session WHERE officer_id = $1 AND ended_at IS NULL ORDER BY signed_in_at DESC LIMIT $2",
    )
    .bind(officer.as_str())
    .bind(i64::from(limit))
    .fetch_all(tx.connection())
    .await?;
    rows.iter().map(session_of).collect()
}

/// Says that the stay was seen at `now`.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn touch(tx: &mut Tx, id: &SessionId, now: Timestamp) -> Result<(), StoreError> {
    sqlx::query("UPDATE session SET last_seen_at = $1 WHERE id = $2 AND ended_at IS NULL")
        .bind(micros(now))
        .bind(id.as_str())
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Ends one stay of an officer; `false` when there is none of that id.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn end(
    tx: &mut Tx,
    officer: &OfficerId,
    id: &SessionId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let ended = sqlx::query(
        "UPDATE session SET ended_at = $1 WHERE id = $2 AND officer_id = $3 AND ended_at IS NULL",
    )
    .bind(micros(now))
    .bind(id.as_str())
    .bind(officer.as_str())
    .execute(tx.connection())
    .await?;
    Ok(ended.rows_affected() == 1)
}

/// Ends every stay of an officer.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn end_all(tx: &mut Tx, officer: &OfficerId, now: Timestamp) -> Result<(), StoreError> {
    sqlx::query("UPDATE session SET ended_at = $1 WHERE officer_id = $2 AND ended_at IS NULL")
        .bind(micros(now))
        .bind(officer.as_str())
        .execute(tx.connection())
        .await?;
    Ok(())
}

fn session_of(row: &AnyRow) -> Result<Session, StoreError> {
    Ok(Session {
        id: row.parsed("id")?,
        officer: row.parsed("officer_id")?,
        signed_in_at: row.at("signed_in_at")?,
        last_seen_at: row.at("last_seen_at")?,
    })
}
