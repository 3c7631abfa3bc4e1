//! Answers that were given, for requests that come twice with the same key.
//!
//! Keys and answers may hold anything: the key is hashed, the answer sealed. Knows nothing of HTTP
//! beyond a status and a body.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    StoreError, Tx,
    keys::{Lookup, Place},
    row::{Columns, micros, narrow},
};
use crate::domain::ids::ContentHash;

/// How long an answer is kept; afterwards its key is as good as new.
pub const KEPT_FOR: Duration = Duration::from_secs(24 * 60 * 60);

const BODY: &str = "idempotency.body_sealed";

/// What names a request: the client's key, on one route.
#[derive(Clone, Copy)]
pub struct RequestKey<'a> {
    /// Method and route, such as `POST /papers/{id}/confirm`, with what else scopes the key.
    pub route: &'a str,
    /// The key that the client sent.
    pub key: &'a str,
}

/// An answer as it was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptAnswer {
    /// Status.
    pub status: u16,
    /// `Content-Type`.
    pub content_type: String,
    /// `Location`, `ETag` and the like.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: String,
}

/// What is known of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// Nothing: do it. It is noted as under way.
    New,
    /// It is being done by somebody else.
    InFlight,
    /// It was done, with this answer.
    Done(KeptAnswer),
    /// The key was used for another request.
    OtherRequest,
}

/// Asks for a request and notes it as under way when it is new, or when whoever was doing it has
/// not answered for `patience`. Commit before doing it, so that others see it.
///
/// # Errors
/// [`StoreError::Sealed`] and those of the database.
pub async fn remember(
    tx: &mut Tx,
    request: RequestKey<'_>,
    request_hash: &ContentHash,
    now: Timestamp,
    patience: Duration,
) -> Result<Known, StoreError> {
    let id = id_of(tx, request);
    // It may lie longer than that until somebody sweeps.
    sqlx::query("DELETE FROM idempotency WHERE id = $1 AND started_at < $2")
        .bind(&id)
        .bind(micros(now.checked_sub(KEPT_FOR).unwrap_or(Timestamp::MIN)))
        .execute(tx.connection())
        .await?;
    let given_up_before = now.checked_sub(patience).unwrap_or(Timestamp::MIN);
    let noted = sqlx::query(
        "INSERT INTO idempotency (id, request_hash, started_at, status, body_sealed)
         VALUES ($1, $2, $3, NULL, NULL)
         ON CONFLICT (id) DO UPDATE SET started_at = excluded.started_at
          WHERE idempotency.status IS NULL AND idempotency.started_at < $4
            AND idempotency.request_hash = excluded.request_hash",
    )
    .bind(&id)
    .bind(request_hash.as_str())
    .bind(micros(now))
    .bind(micros(given_up_before))
    .execute(tx.connection())
    .await?;
    if noted.rows_affected() == 1 {
        return Ok(Known::New);
    }
    let row = sqlx::query("SELECT request_hash, status, body_sealed FROM idempotency WHERE id = $1")
        .bind(&id)
        .fetch_optional(tx.connection())
        .await?
        .ok_or(StoreError::Busy)?;
    if row.text("request_hash")? != request_hash.as_str() {
        return Ok(Known::OtherRequest);
    }
    let Some(sealed) = row.text_opt("body_sealed")? else { return Ok(Known::InFlight) };
    let answer: KeptAnswer = tx.keys().open_json(Place { column: BODY, row: &id }, &sealed)?;
    let status = row.int_opt("status")?.ok_or(StoreError::Corrupt { what: "idempotency.status" })?;
    if narrow::<u16>(status, "idempotency.status")? != answer.status {
        return Err(StoreError::Corrupt { what: "idempotency.status" });
    }
    Ok(Known::Done(answer))
}

/// Keeps the answer. Best in the transaction that does what was asked.
///
/// # Errors
/// [`StoreError::Missing`] when the request wasn't noted, or has an answer already.
pub async fn answer(tx: &mut Tx, request: RequestKey<'_>, answer: &KeptAnswer) -> Result<(), StoreError> {
    let id = id_of(tx, request);
    let sealed = tx.keys().seal_json(Place { column: BODY, row: &id }, answer)?;
    let kept =
        sqlx::query("UPDATE idempotency SET status = $1, body_sealed = $2 WHERE id = $3 AND status IS NULL")
            .bind(i64::from(answer.status))
            .bind(sealed)
            .bind(&id)
            .execute(tx.connection())
            .await?;
    if kept.rows_affected() == 1 { Ok(()) } else { Err(StoreError::Missing { what: "the request" }) }
}

/// Forgets a request that came to nothing, so that the client may try again.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn forget(tx: &mut Tx, request: RequestKey<'_>) -> Result<(), StoreError> {
    let id = id_of(tx, request);
    sqlx::query("DELETE FROM idempotency WHERE id = $1 AND status IS NULL")
        .bind(id)
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Forgets requests that began before a time, and gives their number.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn forget_before(tx: &mut Tx, before: Timestamp) -> Result<u64, StoreError> {
    let gone = sqlx::query("DELETE FROM idempotency WHERE started_at < $1")
        .bind(micros(before))
        .execute(tx.connection())
        .await?;
    Ok(gone.rows_affected())
}

fn id_of(tx: &Tx, request: RequestKey<'_>) -> String {
    tx.keys().lookup_key(Lookup::Idempotency, &[request.route, request.key])
}
