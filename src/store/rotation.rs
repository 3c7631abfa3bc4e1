//! Which master keys there are, what stands under each, and bringing sealed values under the newest.
//!
//! The database knows numbers and check values of master keys, never a key. A key seals from the moment on in which its
//! row is there, so that no process seals with one that others don't know of. Knows nothing of what the values mean.

use std::collections::BTreeMap;

use jiff::Timestamp;
use sqlx::{AssertSqlSafe, any::AnyRow};

use super::{
    StoreError, Tx,
    db::Engine,
    keys::{FORM_MASTER, FORM_OLD, Place},
    row::{Columns, micros, narrow},
};

const LASTING: &str = "lasting_key.sealed";

/// A column of sealed values, as SQL.
struct Column {
    table: &'static str,
    column: &'static str,
    /// `table.column`: what each value is bound to, beside its row.
    name: &'static str,
    /// The row that a value is bound to, as text.
    row: &'static str,
    /// What an index leads by to that row, as text.
    anchor: &'static str,
}

macro_rules! column {
    ($table:literal, $column:literal, $row:literal) => {
        column!($table, $column, $row, $row)
    };
    ($table:literal, $column:literal, $row:literal, $anchor:literal) => {
        Column {
            table: $table,
            column: $column,
            name: concat!($table, ".", $column),
            row: $row,
            anchor: $anchor,
        }
    };
}

/// All columns of values that master keys seal.
const COLUMNS: [Column; 25] = [
    column!("lasting_key", "sealed", "CAST(id AS TEXT)"),
    column!("officer", "sealed", "id"),
    column!("account", "sealed", "officer_id"),
    column!("sign_in_attempt", "sealed", "token_key"),
    column!("owner_identifier", "ciphertext", "id"),
    column!("paper", "state_sealed", "id"),
    column!("paper", "declared_owner_sealed", "id"),
    column!("record", "content_sealed", "id"),
    column!("document_code", "owner_sealed", "id"),
    column!("document_code", "number_sealed", "id"),
    column!("idempotency", "body_sealed", "id"),
    column!("page_plan", "reason_sealed", "paper_id || '/' || CAST(ordinal AS TEXT)", "paper_id"),
    column!("paper_print", "looks_sealed", "paper_id"),
    column!("first_proposal", "sealed", "paper_id"),
    column!("paper_known", "sealed", "paper_id"),
    column!("lesson", "sealed", "id"),
    column!("lesson_version", "reason_sealed", "CAST(version AS TEXT)"),
    column!("paper_verification", "sealed", "paper_id"),
    column!("manual_code", "sealed", "id"),
    column!("reuse", "sealed", "id"),
    column!("revocation", "sealed", "record_id"),
    column!("subject_request", "sealed", "id"),
    column!("breach", "sealed", "id"),
    column!("owner", "profile_sealed", "id"),
    column!("guardianship", "sealed", "id"),
];

/// Written once and hashed as they are: what older versions sealed here by the first master key stays under it. (What is
/// sealed here today is sealed by lasting keys.)
const WRITTEN_ONCE: [Column; 9] = [
    column!("audit_event", "actor_sealed", "CAST(happened_at AS TEXT)"),
    column!("audit_event", "purpose_sealed", "CAST(happened_at AS TEXT)"),
    column!("audit_event", "change_sealed", "CAST(happened_at AS TEXT)"),
    column!("audit_event_before_segments", "officer_sealed", "CAST(seq AS TEXT)"),
    column!("audit_event_before_segments", "purpose_sealed", "CAST(seq AS TEXT)"),
    column!("subject_request_act", "act_sealed", "request_id || '/' || CAST(no AS TEXT)", "request_id"),
    column!("breach_act", "act_sealed", "breach_id || '/' || CAST(no AS TEXT)", "breach_id"),
    column!("owner_act", "act_sealed", "owner_id || '/' || CAST(no AS TEXT)", "owner_id"),
    column!("record_act", "act_sealed", "record_id || '/' || CAST(no AS TEXT)", "record_id"),
];

/// A master key as the database knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MasterKey {
    /// Its number; the highest of those not dropped seals.
    pub id: u32,
    /// When it was made; the beginning of time for the first.
    pub made_at: Timestamp,
    /// When it was dropped.
    pub dropped_at: Option<Timestamp>,
}

/// How many values stand under a master key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Values {
    /// That can be brought under another.
    pub n_movable: u64,
    /// Of the trace, by older versions: they stay.
    pub n_fixed: u64,
}

/// How a batch of values went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Batch {
    /// Brought under the newest key.
    pub n_moved: u64,
    /// That don't open, and stay as they are.
    pub n_faulty: u64,
    /// Where to go on; `None` when it was the last.
    pub next: Option<Cursor>,
}

/// A place between two batches.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cursor {
    column: usize,
    after: String,
}

/// Opens the book of keys: the first keys to open a database are its keys, and later ones must hold every key that is
/// in use. `true` when the database is new.
pub(super) async fn begin(tx: &mut Tx) -> Result<bool, StoreError> {
    let keys = tx.keys();
    let newest = keys.newest();
    let check = keys.check_value(newest).ok_or(StoreError::KeyMissing { id: newest })?;
    let first =
        sqlx::query("INSERT INTO installation (id, key_check) VALUES (1, $1) ON CONFLICT (id) DO NOTHING")
            .bind(&check)
            .execute(tx.connection())
            .await?;
    let is_new = first.rows_affected() == 1;
    if is_new {
        add(tx, newest, &check, Timestamp::UNIX_EPOCH).await?;
    }
    let rows = sqlx::query("SELECT id, key_check FROM master_key WHERE dropped_at IS NULL ORDER BY id DESC");
    let mut active = None;
    for row in rows.fetch_all(tx.connection()).await? {
        let id = row.unsigned("id")?;
        is_known(tx, id, &row.text("key_check")?)?;
        active = active.or(Some(id));
    }
    let active = active.ok_or(StoreError::Corrupt { what: "master_key" })?;
    keys.settle(active, BTreeMap::new());
    let row = sqlx::query("SELECT COUNT(*) AS n FROM lasting_key").fetch_one(tx.connection()).await?;
    if row.int("n")? == 0 {
        add_lasting(tx, active).await?;
    }
    settle(tx, active).await?;
    Ok(is_new)
}

/// Asks which key seals, and follows where it is another than before.
pub(super) async fn ask(tx: &mut Tx) -> Result<(), StoreError> {
    let row = sqlx::query(
        "SELECT (SELECT MAX(id) FROM master_key WHERE dropped_at IS NULL) AS active,
                (SELECT MAX(id) FROM lasting_key) AS lasting",
    )
    .fetch_one(tx.connection())
    .await?;
    let (active, lasting): (u32, u32) = (row.unsigned("active")?, row.unsigned("lasting")?);
    let keys = tx.keys();
    if (active, Some(lasting)) == (keys.active(), keys.newest_lasting()) {
        return Ok(());
    }
    let row = sqlx::query("SELECT key_check FROM master_key WHERE id = $1")
        .bind(i64::from(active))
        .fetch_one(tx.connection())
        .await?;
    keys.reload();
    is_known(tx, active, &row.text("key_check")?)?;
    settle(tx, active).await
}

/// Whether the key file has the key of that number, and it is that one.
fn is_known(tx: &Tx, id: u32, check: &str) -> Result<(), StoreError> {
    match tx.keys().check_value(id) {
        None => Err(StoreError::KeyMissing { id }),
        Some(own) if own == check => Ok(()),
        Some(_) => Err(StoreError::OtherKeys),
    }
}

async fn settle(tx: &mut Tx, active: u32) -> Result<(), StoreError> {
    let keys = tx.keys();
    let mut lasting = BTreeMap::new();
    for row in sqlx::query("SELECT id, sealed FROM lasting_key").fetch_all(tx.connection()).await? {
        let id: u32 = row.unsigned("id")?;
        let key = keys.open_sealed(Place { column: LASTING, row: &id.to_string() }, &row.text("sealed")?)?;
        lasting.insert(id, key.try_into().map_err(|_| StoreError::Corrupt { what: LASTING })?);
    }
    keys.settle(active, lasting);
    Ok(())
}

async fn add(tx: &mut Tx, id: u32, check: &str, at: Timestamp) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO master_key (id, key_check, made_at) VALUES ($1, $2, $3)")
        .bind(i64::from(id))
        .bind(check)
        .bind(micros(at))
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// A fresh key for what can't be sealed anew, sealed by the master key of that number.
async fn add_lasting(tx: &mut Tx, master: u32) -> Result<(), StoreError> {
    let row = sqlx::query("SELECT COALESCE(MAX(id), 0) + 1 AS id FROM lasting_key");
    let id: u32 = row.fetch_one(tx.connection()).await?.unsigned("id")?;
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(|_| StoreError::NoRandomness)?;
    let sealed = tx.keys().seal_by(master, Place { column: LASTING, row: &id.to_string() }, &key)?;
    // Of two processes that begin at once one wins.
    sqlx::query("INSERT INTO lasting_key (id, sealed) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING")
        .bind(i64::from(id))
        .bind(sealed)
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Keeps everybody else out who adds or drops keys, brings objects under another key, or erases objects, until the
/// transaction ends.
///
/// # Errors
/// [`StoreError::Busy`] and others of the database.
pub async fn hold(tx: &mut Tx) -> Result<(), StoreError> {
    if tx.engine() == Engine::Postgres {
        sqlx::query("SELECT id FROM installation WHERE id = 1 FOR UPDATE").fetch_one(tx.connection()).await?;
    } // on SQLite whoever writes is alone
    Ok(())
}

/// All master keys there ever were, oldest first.
///
/// # Errors
/// Those of the database.
pub async fn all(tx: &mut Tx) -> Result<Vec<MasterKey>, StoreError> {
    let rows = sqlx::query("SELECT id, made_at, dropped_at FROM master_key ORDER BY id");
    let key = |row: &AnyRow| {
        Ok(MasterKey {
            id: row.unsigned("id")?,
            made_at: row.at("made_at")?,
            dropped_at: row.at_opt("dropped_at")?,
        })
    };
    rows.fetch_all(tx.connection()).await?.iter().map(key).collect()
}

/// The numbers of the master keys in the key file of this process.
pub fn in_file(tx: &Tx) -> Vec<u32> {
    let keys = tx.keys();
    keys.reload();
    keys.numbers()
}

/// Writes a further master key into the key file, where it waits to be used; the one that waits already, where there
/// is one. Gives its number. For whoever holds [`hold`].
///
/// # Errors
/// [`StoreError::Unreachable`] with what the key file said, and those of the database.
pub async fn prepare(tx: &mut Tx) -> Result<u32, RingError> {
    let row = sqlx::query("SELECT MAX(id) AS newest FROM master_key").fetch_one(tx.connection()).await;
    let known: u32 = row.map_err(StoreError::from)?.unsigned("newest")?;
    let keys = tx.keys();
    keys.reload();
    let newest = keys.newest();
    Ok(if newest > known { newest } else { keys.add_to_file(known.saturating_add(1))? })
}

/// Why no master key was made or taken away.
#[derive(Debug, thiserror::Error)]
pub enum RingError {
    /// The key file.
    #[error(transparent)]
    Keys(#[from] super::keys::KeysError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Makes a master key of the file the one that seals, once the transaction is committed ([`commit`]); with it begins a
/// new lasting key.
///
/// # Errors
/// [`StoreError::AlreadyExists`] when it was begun before; those of the database.
pub async fn use_from_now(tx: &mut Tx, id: u32, now: Timestamp) -> Result<(), StoreError> {
    let check = tx.keys().check_value(id).ok_or(StoreError::KeyMissing { id })?;
    add(tx, id, &check, now).await?;
    add_lasting(tx, id).await
}

/// Commits a rotation; whatever this process seals behind it is sealed by the new key.
///
/// # Errors
/// As [`Tx::commit`].
pub async fn commit(tx: Tx) -> Result<(), StoreError> {
    let keys = tx.keys();
    tx.commit().await?;
    keys.ask_again();
    Ok(())
}

/// Notes that a master key is dropped; the file is for [`forget`]. `false` when it was before.
///
/// # Errors
/// Those of the database.
pub async fn drop_key(tx: &mut Tx, id: u32, now: Timestamp) -> Result<bool, StoreError> {
    let dropped = sqlx::query("UPDATE master_key SET dropped_at = $1 WHERE id = $2 AND dropped_at IS NULL")
        .bind(micros(now))
        .bind(i64::from(id))
        .execute(tx.connection())
        .await?;
    Ok(dropped.rows_affected() == 1)
}

/// Takes a dropped master key out of the key file.
///
/// # Errors
/// [`RingError`].
pub async fn forget(tx: &mut Tx, id: u32) -> Result<(), RingError> {
    let dropped = all(tx).await?.iter().any(|key| key.id == id && key.dropped_at.is_some());
    if !dropped {
        return Err(StoreError::Missing { what: "a dropped key" }.into());
    }
    Ok(tx.keys().drop_from_file(id)?)
}

/// What `column` begins with under a master key, as a condition.
fn under(column: &Column, id: u32) -> String {
    let name = column.column;
    let condition = format!("{name} LIKE '{FORM_MASTER}{id}:%'");
    if id == 1 { format!("({condition} OR {name} LIKE '{FORM_OLD}%')") } else { condition }
}

/// How many sealed values stand under a master key.
///
/// # Errors
/// Those of the database.
pub async fn values_under(tx: &mut Tx, id: u32) -> Result<Values, StoreError> {
    let mut values = Values::default();
    for column in &COLUMNS {
        values.n_movable += count(tx, column.table, &under(column, id)).await?;
    }
    for column in &WRITTEN_ONCE {
        values.n_fixed += count(tx, column.table, &under(column, id)).await?;
    }
    Ok(values)
}

async fn count(tx: &mut Tx, table: &str, condition: &str) -> Result<u64, StoreError> {
    let sql = AssertSqlSafe(format!("SELECT COUNT(*) AS n FROM {table} WHERE {condition}"));
    let row = sqlx::query(sql).fetch_one(tx.connection()).await?;
    narrow(row.int("n")?, "a count")
}

/// How many sealed values are not under the newest key.
///
/// # Errors
/// Those of the database.
pub async fn n_older(tx: &mut Tx) -> Result<u64, StoreError> {
    let mut n_values = 0;
    let newest = tx.keys().active();
    for column in &COLUMNS {
        let name = column.column;
        let condition = format!("{name} IS NOT NULL AND NOT {}", under(column, newest));
        n_values += count(tx, column.table, &condition).await?;
    }
    Ok(n_values)
}

/// Brings at most `limit` values behind a place under the newest key; whatever others changed meanwhile is left to
/// them.
///
/// # Errors
/// [`StoreError::KeyMissing`] and those of the database.
pub async fn move_batch(tx: &mut Tx, from: &Cursor, limit: u32) -> Result<Batch, StoreError> {
    let Some(column) = COLUMNS.get(from.column) else { return Ok(Batch::default()) };
    let keys = tx.keys();
    let newest = keys.active();
    let Column { table, column: name, row, anchor, .. } = column;
    let older = AssertSqlSafe(format!(
        "SELECT {row} AS row_name, {anchor} AS anchor, {name} AS sealed FROM {table}
          WHERE {name} IS NOT NULL AND NOT {} AND {row} > $1 ORDER BY {row} LIMIT $2",
        under(column, newest)
    ));
    let rows = sqlx::query(older).bind(&from.after).bind(i64::from(limit)).fetch_all(tx.connection()).await?;
    let mut batch = Batch::default();
    let mut after = String::new();
    for found in &rows {
        let (at, sealed) = (found.text("row_name")?, found.text("sealed")?);
        let place = Place { column: column.name, row: &at };
        match keys.open_sealed(place, &sealed) {
            Ok(plain) => {
                let update = AssertSqlSafe(format!(
                    "UPDATE {table} SET {name} = $1 WHERE {anchor} = $2 AND {row} = $3 AND {name} = $4"
                ));
                let moved = sqlx::query(update)
                    .bind(keys.seal_by(newest, place, &plain)?)
                    .bind(found.text("anchor")?)
                    .bind(&at)
                    .bind(&sealed)
                    .execute(tx.connection())
                    .await?;
                batch.n_moved += moved.rows_affected();
            }
            Err(StoreError::Sealed { .. }) => batch.n_faulty += 1,
            Err(other) => return Err(other),
        }
        after = at;
    }
    let is_whole = rows.len() < limit as usize;
    batch.next = match is_whole {
        false => Some(Cursor { column: from.column, after }),
        true if from.column + 1 < COLUMNS.len() => {
            Some(Cursor { column: from.column + 1, after: String::new() })
        }
        true => None,
    };
    Ok(batch)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Columns of the migrations that are named like sealed ones: none may be forgotten.
    #[test]
    fn every_sealed_column_is_on_the_list() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
        let mut texts = Vec::new();
        for file in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if file.extension().is_some_and(|ending| ending == "sql") {
                texts.push((file.file_name().unwrap().to_owned(), std::fs::read_to_string(file).unwrap()));
            }
        }
        assert!(texts.len() > 5);
        let mut found = Vec::new();
        for (file, text) in &texts {
            // The trace of before stands in the first migration under the name that the later one has today.
            let is_first = file == "0001_tables.sql";
            let mut table = "";
            for line in text.lines() {
                let words: Vec<&str> = line.split_whitespace().collect();
                match words[..] {
                    ["CREATE", "TABLE", name, ..] => table = name,
                    ["ALTER", "TABLE", name, "ADD", "COLUMN", column, ..] if is_sealed(column) => {
                        found.push(format!("{name}.{column}"));
                    }
                    [column, "TEXT" | "TEXT,", ..] if is_sealed(column) => {
                        let table = if is_first && table == "audit_event" {
                            "audit_event_before_segments"
                        } else {
                            table
                        };
                        found.push(format!("{table}.{column}"));
                    }
                    _ => {}
                }
            }
        }
        let mut listed: Vec<_> =
            COLUMNS.iter().chain(&WRITTEN_ONCE).map(|column| column.name.to_owned()).collect();
        found.sort();
        listed.sort();
        assert_eq!(found, listed);
    }

    fn is_sealed(column: &str) -> bool {
        column == "sealed" || column == "ciphertext" || column.ends_with("_sealed")
    }
}
