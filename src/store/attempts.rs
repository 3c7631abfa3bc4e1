//! Sign-ins that went to the agency's provider and are not back yet. Of what a browser brings back only keyed hashes are
//! kept; what each is for is sealed.
//!
//! Knows nothing of providers.

use jiff::Timestamp;
use serde::{Serialize, de::DeserializeOwned};

use super::{
    StoreError, Tx, accounts,
    keys::Place,
    row::{Columns, micros},
};

const SEALED: &str = "sign_in_attempt.sealed";

/// Keeps an attempt of the browser that bears `browser`, known by `token`, until `ends_at`; those that are over go.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn insert<T: Serialize + DeserializeOwned>(
    tx: &mut Tx,
    (token, browser): (&str, &str),
    attempt: &T,
    now: Timestamp,
    ends_at: Timestamp,
) -> Result<(), StoreError> {
    let keys = tx.keys();
    sqlx::query("DELETE FROM sign_in_attempt WHERE ends_at <= $1")
        .bind(micros(now))
        .execute(tx.connection())
        .await?;
    let row = accounts::token_key(&keys, token);
    sqlx::query(
        "INSERT INTO sign_in_attempt (token_key, browser_key, sealed, ends_at) VALUES ($1, $2, $3, $4)",
    )
    .bind(&row)
    .bind(accounts::token_key(&keys, browser))
    .bind(keys.seal_json(Place { column: SEALED, row: &row }, attempt)?)
    .bind(micros(ends_at))
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Takes an attempt out: of that token and of that browser, and not over. Nobody takes it a second time.
///
/// # Errors
/// [`StoreError::Sealed`] and those of the database.
pub async fn take<T: DeserializeOwned>(
    tx: &mut Tx,
    (token, browser): (&str, &str),
    now: Timestamp,
) -> Result<Option<T>, StoreError> {
    let keys = tx.keys();
    let token = accounts::token_key(&keys, token);
    let row = sqlx::query(
        "DELETE FROM sign_in_attempt WHERE token_key = $1 AND browser_key = $2 AND ends_at > $3 RETURNING sealed",
    )
    .bind(&token)
    .bind(accounts::token_key(&keys, browser))
    .bind(micros(now))
    .fetch_optional(tx.connection())
    .await?;
    row.map(|row| keys.open_json(Place { column: SEALED, row: &token }, &row.text("sealed")?)).transpose()
}
