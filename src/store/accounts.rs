//! Accounts of officers, units and one-time links. Names and secrets are sealed; a name is found by its keyed hash.
//!
//! Knows nothing of hashing passwords, or of what a lock means.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;

use super::{
    Keys, StoreError, Tx,
    keys::{Lookup, Place},
    row::{Columns, micros},
};
use crate::domain::{
    account::{Account, Tries, Unit, UserName},
    ids::{OfficerId, UnitId},
    officer::Roles,
};

const SEALED: &str = "account.sealed";

/// What proves that somebody is the officer; sealed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secrets {
    /// Argon2id of the password, as PHC text; `None` until one was set.
    pub password: Option<String>,
    /// The second factor, where the officer has one.
    pub second: Option<SecondFactor>,
    /// How the agency's provider names the officer, where he signs in there.
    pub subject: Option<Subject>,
}

/// An officer as a provider names him (OpenID Connect Core 1.0, 2): the two together never mean anybody else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// Which provider.
    pub issuer: String,
    /// Its name for the officer.
    pub subject: String,
}

impl Secrets {
    /// Whether a second factor is asked for.
    pub fn has_second(&self) -> bool {
        self.second.as_ref().is_some_and(|second| second.is_confirmed)
    }
}

/// A time-based one-time password (RFC 6238).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondFactor {
    /// The secret, base32.
    pub secret: String,
    /// Whether the officer has shown one right code; asked for from then on.
    pub is_confirmed: bool,
    /// The last step whose code was used: none is taken twice.
    pub last_step: u64,
}

#[derive(Serialize, Deserialize)]
struct Sealed {
    name: UserName,
    #[serde(flatten)]
    secrets: Secrets,
}

/// An account with its secrets, and whether everybody knows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptAccount {
    /// The account.
    pub account: Account,
    /// Its secrets.
    pub secrets: Secrets,
    /// Whether it is one of `serve --demo`.
    pub is_demo: bool,
}

/// Whether anybody has an account: from then on everybody signs in.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn any(tx: &mut Tx) -> Result<bool, StoreError> {
    let row = sqlx::query("SELECT officer_id FROM account LIMIT 1").fetch_optional(tx.connection()).await?;
    Ok(row.is_some())
}

/// Whether there are accounts whose passwords everybody knows.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn any_demo(tx: &mut Tx) -> Result<bool, StoreError> {
    let query = "SELECT officer_id FROM account WHERE is_demo = 1 LIMIT 1";
    Ok(sqlx::query(query).fetch_optional(tx.connection()).await?.is_some())
}

/// Keeps a new account.
///
/// # Errors
/// [`StoreError::AlreadyExists`] when the name is taken or the officer has one.
pub async fn insert(tx: &mut Tx, kept: &KeptAccount, at: Timestamp) -> Result<(), StoreError> {
    let keys = tx.keys();
    let KeptAccount { account, secrets, is_demo } = kept;
    let inserted = sqlx::query(
        "INSERT INTO account (officer_id, name_key, sealed, roles, unit_id, is_active, is_demo, n_failed, locked_until,
                              created_at, subject_key)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING",
    )
    .bind(account.officer.as_str())
    .bind(name_key(&keys, &account.name))
    .bind(seal(&keys, account, secrets)?)
    .bind(roles_text(&account.roles)?)
    .bind(account.unit.as_str())
    .bind(i64::from(account.is_active))
    .bind(i64::from(*is_demo))
    .bind(i64::from(account.tries.n_failed))
    .bind(account.tries.locked_until.map(micros))
    .bind(micros(at))
    .bind(secrets.subject.as_ref().map(|subject| subject_key(&keys, subject)))
    .execute(tx.connection())
    .await?;
    if inserted.rows_affected() == 1 { Ok(()) } else { Err(StoreError::AlreadyExists) }
}

/// Keeps what changed of an account: roles, unit, whether it may be used, tries, secrets.
///
/// # Errors
/// [`StoreError::Missing`]; [`StoreError::AlreadyExists`] when the provider's name is another account's.
pub async fn update(tx: &mut Tx, account: &Account, secrets: &Secrets) -> Result<(), StoreError> {
    let keys = tx.keys();
    let updated = sqlx::query(
        "UPDATE account SET sealed = $1, roles = $2, unit_id = $3, is_active = $4, n_failed = $5, locked_until = $6,
                            subject_key = $7
         WHERE officer_id = $8",
    )
    .bind(seal(&keys, account, secrets)?)
    .bind(roles_text(&account.roles)?)
    .bind(account.unit.as_str())
    .bind(i64::from(account.is_active))
    .bind(i64::from(account.tries.n_failed))
    .bind(account.tries.locked_until.map(micros))
    .bind(secrets.subject.as_ref().map(|subject| subject_key(&keys, subject)))
    .bind(account.officer.as_str())
    .execute(tx.connection())
    .await?;
    if updated.rows_affected() == 1 { Ok(()) } else { Err(StoreError::Missing { what: "an account" }) }
}

/// The account of that name.
///
/// # Errors
/// [`StoreError::Sealed`] and those of the database.
pub async fn named(tx: &mut Tx, name: &UserName) -> Result<Option<KeptAccount>, StoreError> {
    let keys = tx.keys();
    let row = sqlx::query("SELECT * FROM account WHERE name_key = $1")
        .bind(name_key(&keys, name))
        .fetch_optional(tx.connection())
        .await?;
    row.map(|row| account_of(&keys, &row)).transpose()
}

/// The account of whom a provider names so.
///
/// # Errors
/// [`StoreError::Sealed`] and those of the database.
pub async fn of_subject(tx: &mut Tx, subject: &Subject) -> Result<Option<KeptAccount>, StoreError> {
    let keys = tx.keys();
    let row = sqlx::query("SELECT * FROM account WHERE subject_key = $1")
        .bind(subject_key(&keys, subject))
        .fetch_optional(tx.connection())
        .await?;
    row.map(|row| account_of(&keys, &row)).transpose()
}

/// The account of an officer.
///
/// # Errors
/// [`StoreError::Sealed`] and those of the database.
pub async fn of_officer(tx: &mut Tx, officer: &OfficerId) -> Result<Option<KeptAccount>, StoreError> {
    let row = sqlx::query("SELECT * FROM account WHERE officer_id = $1")
        .bind(officer.as_str())
        .fetch_optional(tx.connection())
        .await?;
    row.map(|row| account_of(&tx.keys(), &row)).transpose()
}

/// All accounts, oldest first.
///
/// # Errors
/// [`StoreError::Sealed`] and those of the database.
pub async fn list(tx: &mut Tx) -> Result<Vec<KeptAccount>, StoreError> {
    let rows = sqlx::query("SELECT * FROM account ORDER BY created_at, officer_id")
        .fetch_all(tx.connection())
        .await?;
    rows.iter().map(|row| account_of(&tx.keys(), row)).collect()
}

/// Keeps a unit, or what it is called from now on.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn put_unit(tx: &mut Tx, unit: &Unit, at: Timestamp) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO unit (id, name, created_at) VALUES ($1, $2, $3)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name",
    )
    .bind(unit.id.as_str())
    .bind(&unit.name)
    .bind(micros(at))
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// The unit of that id.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn unit(tx: &mut Tx, id: &UnitId) -> Result<Option<Unit>, StoreError> {
    let row = sqlx::query("SELECT id, name FROM unit WHERE id = $1")
        .bind(id.as_str())
        .fetch_optional(tx.connection())
        .await?;
    row.map(|row| unit_of(&row)).transpose()
}

/// All units by name.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn units(tx: &mut Tx) -> Result<Vec<Unit>, StoreError> {
    let rows = sqlx::query("SELECT id, name FROM unit ORDER BY name, id").fetch_all(tx.connection()).await?;
    rows.iter().map(unit_of).collect()
}

/// Keeps a one-time link of an officer; earlier ones stop working.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn invite(
    tx: &mut Tx,
    officer: &OfficerId,
    token: &str,
    ends_at: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM invitation WHERE officer_id = $1")
        .bind(officer.as_str())
        .execute(tx.connection())
        .await?;
    sqlx::query("INSERT INTO invitation (token_key, officer_id, ends_at) VALUES ($1, $2, $3)")
        .bind(token_key(&tx.keys(), token))
        .bind(officer.as_str())
        .bind(micros(ends_at))
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Whose one-time link this is, when it can still be used.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn invited(tx: &mut Tx, token: &str, now: Timestamp) -> Result<Option<OfficerId>, StoreError> {
    let row = sqlx::query(
        "SELECT officer_id FROM invitation WHERE token_key = $1 AND used_at IS NULL AND ends_at > $2",
    )
    .bind(token_key(&tx.keys(), token))
    .bind(micros(now))
    .fetch_optional(tx.connection())
    .await?;
    row.map(|row| row.parsed("officer_id")).transpose()
}

/// Uses a one-time link up; `false` when somebody else was first.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn use_up(tx: &mut Tx, token: &str, now: Timestamp) -> Result<bool, StoreError> {
    let used = sqlx::query("UPDATE invitation SET used_at = $1 WHERE token_key = $2 AND used_at IS NULL")
        .bind(micros(now))
        .bind(token_key(&tx.keys(), token))
        .execute(tx.connection())
        .await?;
    Ok(used.rows_affected() == 1)
}

pub(super) fn token_key(keys: &Keys, token: &str) -> String {
    keys.lookup_key(Lookup::Token, &[token])
}

fn subject_key(keys: &Keys, subject: &Subject) -> String {
    keys.lookup_key(Lookup::Subject, &[&subject.issuer, &subject.subject])
}

fn name_key(keys: &Keys, name: &UserName) -> String {
    keys.lookup_key(Lookup::UserName, &[name.as_str()])
}

fn seal(keys: &Keys, account: &Account, secrets: &Secrets) -> Result<String, StoreError> {
    let sealed = Sealed { name: account.name.clone(), secrets: secrets.clone() };
    keys.seal_json(Place { column: SEALED, row: account.officer.as_str() }, &sealed)
}

fn roles_text(roles: &Roles) -> Result<String, StoreError> {
    serde_json::to_string(roles).map_err(|_| StoreError::Corrupt { what: "account.roles" })
}

fn unit_of(row: &AnyRow) -> Result<Unit, StoreError> {
    Ok(Unit { id: row.parsed("id")?, name: row.text("name")? })
}

fn account_of(keys: &Keys, row: &AnyRow) -> Result<KeptAccount, StoreError> {
    let officer: OfficerId = row.parsed("officer_id")?;
    let sealed: Sealed =
        keys.open_json(Place { column: SEALED, row: officer.as_str() }, &row.text("sealed")?)?;
    let roles = serde_json::from_str(&row.text("roles")?);
    Ok(KeptAccount {
        account: Account {
            name: sealed.name,
            roles: roles.map_err(|_| StoreError::Corrupt { what: "account.roles" })?,
            unit: row.parsed("unit_id")?,
            is_active: row.int("is_active")? == 1,
            tries: Tries { n_failed: row.unsigned("n_failed")?, locked_until: row.at_opt("locked_until")? },
            officer,
        },
        secrets: sealed.secrets,
        is_demo: row.int("is_demo")? == 1,
    })
}
