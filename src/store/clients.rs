//! Systems of other agencies. Of a secret only a keyed hash is kept; it is as long as a key, so nobody guesses it.

use std::collections::BTreeSet;

use jiff::Timestamp;
use sqlx::any::AnyRow;

use super::{
    Db, StoreError, Tx, accounts,
    keys::Lookup,
    row::{Columns, micros},
};
use crate::domain::{ids::ClientId, officer::Scope};

/// A system that may ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// Row id, public.
    pub id: ClientId,
    /// What it is called.
    pub name: String,
    /// What it may ask.
    pub scopes: BTreeSet<Scope>,
    /// Whether it may ask at all.
    pub is_active: bool,
    /// SHA-256 of the certificate that it shows instead of a secret (`x5t#S256` of RFC 8705).
    pub certificate: Option<String>,
}

/// The secret that signs the tokens of this installation's clients; the same on all of its servers.
pub fn signing_secret(db: &Db) -> String {
    db.keys().lookup_key(Lookup::ClientTokens, &["1"])
}

/// Keeps a new client with its secret.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn insert(tx: &mut Tx, client: &Client, secret: &str, at: Timestamp) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO client (id, name, scopes, secret_key, is_active, created_at, certificate)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(client.id.as_str())
    .bind(&client.name)
    .bind(serde_json::to_string(&client.scopes).map_err(|_| CORRUPT)?)
    .bind(accounts::token_key(&tx.keys(), secret))
    .bind(i64::from(client.is_active))
    .bind(micros(at))
    .bind(client.certificate.as_deref())
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// The client of that id.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn get(tx: &mut Tx, id: &ClientId) -> Result<Option<Client>, StoreError> {
    let row = sqlx::query("SELECT * FROM client WHERE id = $1")
        .bind(id.as_str())
        .fetch_optional(tx.connection())
        .await?;
    row.map(|row| client_of(&row)).transpose()
}

/// As [`get`], as of a moment after this was called; those who ask of the same client at once are answered together.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn get_now(db: &Db, id: &ClientId) -> Result<Option<Client>, StoreError> {
    let read = || async {
        let mut tx = db.read_singly().await?;
        let client = get(&mut tx, id).await?;
        tx.commit().await?;
        Ok(client)
    };
    db.clients().ask(id, read).await
}

/// The client of that id, when the secret is its.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn with_secret(tx: &mut Tx, id: &ClientId, secret: &str) -> Result<Option<Client>, StoreError> {
    let row = sqlx::query("SELECT * FROM client WHERE id = $1 AND secret_key = $2")
        .bind(id.as_str())
        .bind(accounts::token_key(&tx.keys(), secret))
        .fetch_optional(tx.connection())
        .await?;
    row.map(|row| client_of(&row)).transpose()
}

/// All clients, oldest first.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn list(tx: &mut Tx) -> Result<Vec<Client>, StoreError> {
    let rows = sqlx::query("SELECT * FROM client ORDER BY created_at, id").fetch_all(tx.connection()).await?;
    rows.iter().map(client_of).collect()
}

/// Opens or closes a client; `false` when there is none of that id.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn set_active(tx: &mut Tx, id: &ClientId, is_active: bool) -> Result<bool, StoreError> {
    let set = sqlx::query("UPDATE client SET is_active = $1 WHERE id = $2")
        .bind(i64::from(is_active))
        .bind(id.as_str())
        .execute(tx.connection())
        .await?;
    Ok(set.rows_affected() == 1)
}

/// Gives a client that shows a certificate another one; `false` when there is none of that id that does.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn set_certificate(tx: &mut Tx, id: &ClientId, certificate: &str) -> Result<bool, StoreError> {
    let query = "UPDATE client SET certificate = $1 WHERE id = $2 AND certificate IS NOT NULL";
    let set = sqlx::query(query).bind(certificate).bind(id.as_str()).execute(tx.connection()).await?;
    Ok(set.rows_affected() == 1)
}

const CORRUPT: StoreError = StoreError::Corrupt { what: "client.scopes" };

fn client_of(row: &AnyRow) -> Result<Client, StoreError> {
    Ok(Client {
        id: row.parsed("id")?,
        name: row.text("name")?,
        scopes: serde_json::from_str(&row.text("scopes")?).map_err(|_| CORRUPT)?,
        is_active: row.int("is_active")? == 1,
        certificate: row.text_opt("certificate")?,
    })
}
