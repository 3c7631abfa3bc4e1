//! The trace (Điều 10 khoản 2; QCVN 12:2026/BCA): appended to, never rewritten.
//!
//! An event costs its request one insert ([`append`]): it carries a keyed hash of itself, and a time that no other
//! event has. Events of finished transactions are chained later, in segments ([`seal`]); the end of the chain is
//! signed once a day ([`days`]). Whoever can write to the database but lacks the installation's keys can't change,
//! remove or reorder a chained event without [`verify()`] telling; a database put back whole to an earlier day is told
//! by the signed ends kept elsewhere. What it can't tell: that an event vanished before it was chained, in the
//! second that takes.

pub mod days;
mod entry;
mod exposure;
pub mod file;
mod head;
mod look;
mod segment;
mod together;
mod verify;
mod walk;

use std::collections::BTreeSet;

use jiff::Timestamp;
use sqlx::any::AnyRow;

pub use exposure::exposure;
pub use look::{KeptEvent, Search, of_object, search};
pub use segment::{SEGMENT_EVENTS, Sealed, seal};
pub use together::append_alone;
pub use verify::verify;
pub use walk::{AuditFault, AuditFaultKind, AuditHead, AuditVerification};

pub(super) use head::{begin, exists, resume};
pub(super) use together::Waiting;

use self::entry::{ACTOR, CHANGE, Entry, PURPOSE};
use super::{
    Keys, NewRow, StoreError, Tx,
    db::Engine,
    keys::Place,
    row::{Columns, micros, time},
};
use crate::domain::event::{ActedAs, AuditEvent, Change};

/// Servers that write in the same microsecond give way to each other this often.
const TRIES: usize = 20;

/// Appends an event and gives its time, which no other event has: the one claimed, or the microsecond behind this
/// server's last event where the clock stands or runs back.
///
/// # Errors
/// [`StoreError::NoRandomness`] and those of the database.
pub async fn append(tx: &mut Tx, event: &AuditEvent) -> Result<Timestamp, StoreError> {
    append_change(tx, event, &Change::default()).await
}

/// As [`append`], with what the object was before and is now; both are sealed.
///
/// # Errors
/// As [`append`].
pub async fn append_change(
    tx: &mut Tx,
    event: &AuditEvent,
    change: &Change,
) -> Result<Timestamp, StoreError> {
    for _ in 0..TRIES {
        let at = tx.next_event_at(micros(event.at));
        let entry = entry_of(&tx.keys(), event, change, at)?;
        if insert(tx, std::slice::from_ref(&entry)).await?.contains(&at) {
            return time(at, "audit_event.happened_at");
        }
        give_way(tx, &entry).await?;
    }
    Err(StoreError::Busy)
}

/// Another server was here first: some way ahead of it, so that the two don't meet again at once.
async fn give_way(tx: &mut Tx, entry: &Entry) -> Result<(), StoreError> {
    let newest = newest(tx).await?;
    let ahead = entry.mac.bytes().fold(0, |sum, byte| sum * 7 % 1_000 + i64::from(byte));
    tx.next_event_at(newest.saturating_add(ahead));
    Ok(())
}

/// The time of the newest event, in microseconds; the least number where there is none.
pub(super) async fn newest(tx: &mut Tx) -> Result<i64, StoreError> {
    let row = sqlx::query("SELECT MAX(happened_at) AS newest FROM audit_event");
    let row: AnyRow = row.fetch_one(tx.connection()).await?;
    Ok(row.int_opt("newest")?.unwrap_or(i64::MIN))
}

fn entry_of(keys: &Keys, event: &AuditEvent, change: &Change, at: i64) -> Result<Entry, StoreError> {
    let row = at.to_string();
    let place = |column| Place { column, row: &row };
    let actor = event.actor.as_ref().map(ActedAs::from);
    let actor_sealed = actor.map(|actor| keys.seal_json(place(ACTOR), &actor)).transpose()?;
    let purpose_sealed =
        event.purpose.as_ref().map(|text| keys.seal(place(PURPOSE), text.as_bytes())).transpose()?;
    let change_sealed = (!change.is_empty()).then(|| keys.seal_json(place(CHANGE), change)).transpose()?;
    let mut entry = Entry {
        happened_at: at,
        turn: 0,
        actor_id: event.actor.as_ref().map(|actor| actor.id().to_owned()),
        actor_sealed,
        action: event.action.as_str(),
        object_kind: event.object.0.to_owned(),
        object_id: event.object.1.clone(),
        purpose_sealed,
        change_sealed,
        detail: event.detail.as_ref().map(ToString::to_string),
        mac: String::new(),
    };
    entry.mac = entry.mac_by(keys);
    Ok(entry)
}

/// The row of an event that nobody else writes at the time of, for whoever loads many; `turn` is the number of the
/// transaction.
///
/// # Errors
/// [`StoreError::NoRandomness`].
pub fn new_row(keys: &Keys, event: &AuditEvent, turn: i64) -> Result<NewRow, StoreError> {
    let entry = entry_of(keys, event, &Change::default(), micros(event.at))?;
    Ok(NewRow::of("audit_event")
        .with("happened_at", entry.happened_at)
        .with("turn", turn)
        .with("actor_id", entry.actor_id)
        .with("actor_sealed", entry.actor_sealed)
        .with("action", entry.action)
        .with("object_kind", entry.object_kind)
        .with("object_id", entry.object_id)
        .with("purpose_sealed", entry.purpose_sealed)
        .with("change_sealed", entry.change_sealed)
        .with("detail", entry.detail)
        .with("mac", entry.mac))
}

/// The times of those that are kept: all but those whose time another event has.
async fn insert(tx: &mut Tx, entries: &[Entry]) -> Result<BTreeSet<i64>, StoreError> {
    // On PostgreSQL a later time may be committed earlier: there the number of the transaction orders events, as it
    // is known of each number when all before it are over.
    let turn = match tx.engine() {
        Engine::Sqlite => "(SELECT COALESCE(MAX(turn), 0) + 1 FROM audit_event)",
        Engine::Postgres => {
            "pg_current_xact_id()::text::bigint + COALESCE((SELECT turn_base FROM audit_head WHERE id = 1), 0)"
        }
    };
    let rows: Vec<String> = (0..entries.len())
        .map(|row| {
            let given: Vec<String> = (1..=10).map(|column| format!("${}", row * 10 + column)).collect();
            format!("({}, {turn}, {})", given[0], given[1..].join(", "))
        })
        .collect();
    let sql = format!(
        "INSERT INTO audit_event (happened_at, turn, actor_id, actor_sealed, action, object_kind, object_id,
                                  purpose_sealed, change_sealed, detail, mac)
         VALUES {} ON CONFLICT (happened_at) DO NOTHING RETURNING happened_at",
        rows.join(", ")
    );
    let mut query = sqlx::query(sqlx::AssertSqlSafe(sql));
    for entry in entries {
        query = query
            .bind(entry.happened_at)
            .bind(&entry.actor_id)
            .bind(&entry.actor_sealed)
            .bind(&entry.action)
            .bind(&entry.object_kind)
            .bind(&entry.object_id)
            .bind(&entry.purpose_sealed)
            .bind(&entry.change_sealed)
            .bind(&entry.detail)
            .bind(&entry.mac);
    }
    let kept = query.fetch_all(tx.connection()).await?;
    kept.iter().map(|row| row.int("happened_at")).collect()
}
