//! Work that waits, in the database of the work: enqueued in the transaction that needs it.
//!
//! A worker holds a job by a lease; when the lease runs out, another may take it, and the fencing
//! token keeps the first from finishing it after all. Knows nothing of what a job does.

use std::time::Duration;

use jiff::Timestamp;
use sqlx::any::AnyRow;

use super::{
    Db, StoreError, Tx,
    db::Engine,
    row::{Columns, micros},
};
use crate::domain::job::{Job, Urgency};

/// How often a job is given out before it is given up.
pub const MAX_ATTEMPTS: u32 = 5;

/// A job held by a worker until its lease runs out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedJob {
    /// What to do.
    pub job: Job,
    /// How often it was given out, this time included; at most [`MAX_ATTEMPTS`].
    pub attempts: u32,
    /// Who waits for it.
    pub urgency: Urgency,
    /// Until when it is held.
    pub lease_until: Timestamp,
    id: String,
    token: i64,
}

/// What becomes of a job that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterFailure {
    /// It will be given out again.
    WillRetry,
    /// It was given up, and is kept with its cause.
    GivenUp,
}

/// Claims for both engines. A job of which a twin is under way stays where it is.
const CLAIM_ON_SQLITE: &str = "
    UPDATE job SET state = 'leased', lease_until = $2, token = token + 1, attempts = attempts + 1
     WHERE id = (SELECT j.id FROM job j
                  WHERE ((j.state = 'waiting' AND j.run_at <= $1) OR (j.state = 'leased' AND j.lease_until <= $1))
                    AND j.attempts < $3 AND j.priority >= $4
                    AND NOT EXISTS (SELECT 1 FROM job twin WHERE twin.dedupe_key = j.dedupe_key
                                       AND twin.state = 'leased' AND twin.lease_until > $1)
                  ORDER BY j.priority DESC, j.run_at, j.id LIMIT 1)
    RETURNING id, body, attempts, priority, lease_until, token";
const CLAIM_ON_POSTGRES: &str = "
    UPDATE job SET state = 'leased', lease_until = $2, token = token + 1, attempts = attempts + 1
     WHERE id = (SELECT j.id FROM job j
                  WHERE ((j.state = 'waiting' AND j.run_at <= $1) OR (j.state = 'leased' AND j.lease_until <= $1))
                    AND j.attempts < $3 AND j.priority >= $4
                    AND NOT EXISTS (SELECT 1 FROM job twin WHERE twin.dedupe_key = j.dedupe_key
                                       AND twin.state = 'leased' AND twin.lease_until > $1)
                  ORDER BY j.priority DESC, j.run_at, j.id LIMIT 1 FOR UPDATE OF j SKIP LOCKED)
    RETURNING id, body, attempts, priority, lease_until, token";

/// Room is left between them.
fn priority(urgency: Urgency) -> i64 {
    match urgency {
        Urgency::Pile => 0,
        Urgency::Desk => 10,
    }
}

/// Puts a job in the queue; what a person waits for goes first. `false` when the same job waits already.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn enqueue(tx: &mut Tx, job: &Job, now: Timestamp, urgency: Urgency) -> Result<bool, StoreError> {
    let body = serde_json::to_string(job).map_err(|_| StoreError::Corrupt { what: "a job" })?;
    let added = sqlx::query(
        "INSERT INTO job (id, body, dedupe_key, state, priority, run_at, lease_until, token, attempts, cause,
                          enqueued_at)
         VALUES ($1, $2, $3, 'waiting', $4, $5, NULL, 0, 0, NULL, $5)
         ON CONFLICT (dedupe_key) WHERE state = 'waiting' DO NOTHING",
    )
    .bind(uuid::Uuid::now_v7().to_string())
    .bind(body)
    .bind(job.dedupe_key())
    .bind(priority(urgency))
    .bind(micros(now))
    .execute(tx.connection())
    .await?;
    Ok(added.rows_affected() == 1)
}

/// The next job that is due and at least as urgent as `least`, leased for `lease_for`; also one whose holder let
/// its lease run out.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn claim(
    db: &Db,
    now: Timestamp,
    lease_for: Duration,
    least: Urgency,
) -> Result<Option<ClaimedJob>, StoreError> {
    let mut tx = db.write().await?;
    let sql = match tx.engine() {
        Engine::Sqlite => CLAIM_ON_SQLITE,
        Engine::Postgres => CLAIM_ON_POSTGRES,
    };
    let row = sqlx::query(sql)
        .bind(micros(now))
        .bind(micros(end_of_lease(now, lease_for)))
        .bind(i64::from(MAX_ATTEMPTS))
        .bind(priority(least))
        .fetch_optional(tx.connection())
        .await?;
    let claimed = row.map(|row| claimed_of(&row)).transpose()?;
    tx.commit().await?;
    Ok(claimed)
}

/// Holds a job for longer, from `now` on.
///
/// # Errors
/// [`StoreError::LeaseLost`]: stop working on it.
pub async fn renew(
    db: &Db,
    claimed: &mut ClaimedJob,
    now: Timestamp,
    lease_for: Duration,
) -> Result<(), StoreError> {
    let until = end_of_lease(now, lease_for);
    let mut tx = db.write().await?;
    let renewed =
        sqlx::query("UPDATE job SET lease_until = $1 WHERE id = $2 AND token = $3 AND state = 'leased'")
            .bind(micros(until))
            .bind(&claimed.id)
            .bind(claimed.token)
            .execute(tx.connection())
            .await?;
    held(renewed.rows_affected())?;
    tx.commit().await?;
    claimed.lease_until = until;
    Ok(())
}

/// The job is done. In the transaction that keeps its result, so that both happen or neither.
///
/// # Errors
/// [`StoreError::LeaseLost`]: another worker holds it; don't commit.
pub async fn finish(tx: &mut Tx, claimed: &ClaimedJob) -> Result<(), StoreError> {
    let done = sqlx::query("DELETE FROM job WHERE id = $1 AND token = $2 AND state = 'leased'")
        .bind(&claimed.id)
        .bind(claimed.token)
        .execute(tx.connection())
        .await?;
    held(done.rows_affected())
}

/// The job failed: `cause` (no personal data) is kept, and it waits until `retry_at`, or is given up
/// when there is no such time or it was tried often enough.
///
/// # Errors
/// [`StoreError::LeaseLost`]: another worker holds it; don't commit.
pub async fn fail(
    tx: &mut Tx,
    claimed: &ClaimedJob,
    retry_at: Option<Timestamp>,
    cause: &str,
) -> Result<AfterFailure, StoreError> {
    let Some(retry_at) = retry_at.filter(|_| claimed.attempts < MAX_ATTEMPTS) else {
        let given_up = sqlx::query(
            "UPDATE job SET state = 'dead', lease_until = NULL, cause = $1
              WHERE id = $2 AND token = $3 AND state = 'leased'",
        )
        .bind(cause)
        .bind(&claimed.id)
        .bind(claimed.token)
        .execute(tx.connection())
        .await?;
        held(given_up.rows_affected())?;
        return Ok(AfterFailure::GivenUp);
    };
    // The same job may have been enqueued meanwhile: then that one is the second try.
    let given_back = sqlx::query(
        "UPDATE job SET state = 'waiting', run_at = $1, lease_until = NULL, cause = $2
          WHERE id = $3 AND token = $4 AND state = 'leased'
            AND NOT EXISTS (SELECT 1 FROM job twin WHERE twin.dedupe_key = $5 AND twin.state = 'waiting')",
    )
    .bind(micros(retry_at))
    .bind(cause)
    .bind(&claimed.id)
    .bind(claimed.token)
    .bind(claimed.job.dedupe_key())
    .execute(tx.connection())
    .await?;
    if given_back.rows_affected() == 0 {
        finish(tx, claimed).await?;
    }
    Ok(AfterFailure::WillRetry)
}

/// Gives up jobs whose last holder vanished, and names them, so that their papers can be told so in
/// the same transaction. At most `limit`.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn give_up_exhausted(tx: &mut Tx, now: Timestamp, limit: u32) -> Result<Vec<Job>, StoreError> {
    let rows = sqlx::query(
        "UPDATE job SET state = 'dead', lease_until = NULL, cause = 'its workers vanished'
          WHERE id IN (SELECT id FROM job WHERE state = 'leased' AND lease_until <= $1 AND attempts >= $2
                        ORDER BY id LIMIT $3)
            AND state = 'leased' AND lease_until <= $1
         RETURNING body",
    )
    .bind(micros(now))
    .bind(i64::from(MAX_ATTEMPTS))
    .bind(i64::from(limit))
    .fetch_all(tx.connection())
    .await?;
    rows.iter().map(job_of).collect()
}

/// How many jobs wait or are under way, and how many were given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueueCounts {
    /// Waiting, due or not yet.
    pub n_waiting: u64,
    /// Held by a worker, or left behind by one.
    pub n_leased: u64,
    /// Given up.
    pub n_dead: u64,
}

/// Counts the queue.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn counts(tx: &mut Tx) -> Result<QueueCounts, StoreError> {
    let rows = sqlx::query("SELECT state, COUNT(*) AS n_jobs FROM job GROUP BY state")
        .fetch_all(tx.connection())
        .await?;
    let mut counts = QueueCounts { n_waiting: 0, n_leased: 0, n_dead: 0 };
    for row in &rows {
        let place = match row.text("state")?.as_str() {
            "waiting" => &mut counts.n_waiting,
            "leased" => &mut counts.n_leased,
            "dead" => &mut counts.n_dead,
            _ => return Err(StoreError::Corrupt { what: "job.state" }),
        };
        *place = row.unsigned("n_jobs")?;
    }
    Ok(counts)
}

/// When the job is due that is due longest of those that wait.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn due_longest(tx: &mut Tx) -> Result<Option<Timestamp>, StoreError> {
    let query = "SELECT run_at FROM job WHERE state = 'waiting' ORDER BY run_at LIMIT 1";
    let row = sqlx::query(query).fetch_optional(tx.connection()).await?;
    row.map(|row| row.at("run_at")).transpose()
}

fn held(n_rows: u64) -> Result<(), StoreError> {
    if n_rows == 0 { Err(StoreError::LeaseLost) } else { Ok(()) }
}

fn end_of_lease(now: Timestamp, lease_for: Duration) -> Timestamp {
    now.checked_add(lease_for).unwrap_or(Timestamp::MAX)
}

fn claimed_of(row: &AnyRow) -> Result<ClaimedJob, StoreError> {
    Ok(ClaimedJob {
        job: job_of(row)?,
        attempts: row.unsigned("attempts")?,
        urgency: if row.int("priority")? >= priority(Urgency::Desk) { Urgency::Desk } else { Urgency::Pile },
        lease_until: row.at("lease_until")?,
        id: row.text("id")?,
        token: row.int("token")?,
    })
}

fn job_of(row: &AnyRow) -> Result<Job, StoreError> {
    serde_json::from_str(&row.text("body")?).map_err(|_| StoreError::Corrupt { what: "a job" })
}
