//! The trace (Điều 10 khoản 2): appended to, never rewritten, each event chained to the one before.
//!
//! The chain is keyed BLAKE3 over every column as stored: whoever can write to the database but
//! lacks the installation's keys can't change, remove or reorder an event without [`verify`] telling.
//! What it can't tell: a database put back whole to an earlier day. Note the head elsewhere for that.
//!
//! Append last in a transaction: writers of the trace wait for each other until commit.

mod chain;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;

pub use chain::{AuditFault, AuditFaultKind, AuditHead, AuditVerification, verify};

use self::chain::{Entry, GENESIS};
use super::{
    Keys, StoreError, Tx,
    keys::Place,
    row::{Columns, micros, narrow, widen},
};
use crate::domain::{
    event::AuditEvent,
    ids::{OfficerId, PersonalId},
    officer::Actor,
};

const OFFICER: &str = "audit_event.officer_sealed";
const PURPOSE: &str = "audit_event.purpose_sealed";

/// One event as it was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptEvent {
    /// From 1, without gaps.
    pub seq: u64,
    /// When; later events have later times.
    pub at: Timestamp,
    /// In whose name; `None` for the system's own steps.
    pub officer: Option<ActedAs>,
    /// Name of the act, as in [`crate::domain::event::Action`].
    pub action: String,
    /// What it was done to: its kind.
    pub object_kind: String,
    /// What it was done to: its opaque id.
    pub object_id: String,
    /// Why personal data was read.
    pub purpose: Option<String>,
    /// Further facts.
    pub detail: Option<serde_json::Value>,
}

/// The officer as the trace must name them (Điều 10 khoản 2), whatever becomes of the account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActedAs {
    /// Who.
    pub id: OfficerId,
    /// Họ và tên.
    pub full_name: String,
    /// Mã định danh cá nhân.
    pub personal_id: PersonalId,
    /// Thời gian đăng nhập xử lý.
    pub signed_in_at: Timestamp,
}

/// Appends an event and gives its number. An event that claims to be as old as the one before it, or
/// older, is put a microsecond behind that.
///
/// # Errors
/// [`StoreError::Corrupt`] when the head of the chain is gone; and those of the database.
pub async fn append(tx: &mut Tx, event: &AuditEvent) -> Result<u64, StoreError> {
    let keys = tx.keys();
    let head = sqlx::query(
        "UPDATE log_head SET audit_seq = audit_seq + 1 WHERE id = 1
         RETURNING audit_seq, audit_at, audit_hash",
    )
    .fetch_optional(tx.connection())
    .await?
    .ok_or(StoreError::Corrupt { what: "the head of the trace" })?;
    let entry = entry_of_event(&keys, event, &head)?;
    let hash = entry.hash(&keys);
    insert(tx, &entry, &hash).await?;
    let mac = chain::head_mac(&keys, entry.seq, entry.happened_at, &hash);
    sqlx::query("UPDATE log_head SET audit_at = $1, audit_hash = $2, audit_mac = $3 WHERE id = 1")
        .bind(entry.happened_at)
        .bind(&hash)
        .bind(mac)
        .execute(tx.connection())
        .await?;
    narrow(entry.seq, "audit_event.seq")
}

/// Events behind number `after`, in order; at most `limit`.
///
/// # Errors
/// [`StoreError::Sealed`] and those of the database.
pub async fn after(tx: &mut Tx, after: u64, limit: u32) -> Result<Vec<KeptEvent>, StoreError> {
    let rows = sqlx::query("SELECT * FROM audit_event WHERE seq > $1 ORDER BY seq LIMIT $2")
        .bind(widen(after.min(i64::MAX as u64), "audit_event.seq")?)
        .bind(i64::from(limit))
        .fetch_all(tx.connection())
        .await?;
    let keys = tx.keys();
    rows.iter().map(|row| kept_event(&keys, row)).collect()
}

/// Events of one object, in order; at most `limit`.
///
/// # Errors
/// [`StoreError::Sealed`] and those of the database.
pub async fn of_object(tx: &mut Tx, kind: &str, id: &str, limit: u32) -> Result<Vec<KeptEvent>, StoreError> {
    let rows = sqlx::query(
        "SELECT * FROM audit_event WHERE object_kind = $1 AND object_id = $2 ORDER BY seq LIMIT $3",
    )
    .bind(kind)
    .bind(id)
    .bind(i64::from(limit))
    .fetch_all(tx.connection())
    .await?;
    let keys = tx.keys();
    rows.iter().map(|row| kept_event(&keys, row)).collect()
}

/// The end of an empty chain, for a new database.
pub(super) async fn begin_chain(tx: &mut Tx) -> Result<(), StoreError> {
    let mac = chain::head_mac(&tx.keys(), 0, i64::MIN, GENESIS);
    sqlx::query(
        "INSERT INTO log_head (id, audit_seq, audit_at, audit_hash, audit_mac, change_seq)
         VALUES (1, 0, $1, $2, $3, 0)",
    )
    .bind(i64::MIN)
    .bind(GENESIS)
    .bind(mac)
    .execute(tx.connection())
    .await?;
    Ok(())
}

fn entry_of_event(keys: &Keys, event: &AuditEvent, head: &AnyRow) -> Result<Entry, StoreError> {
    let seq = head.int("audit_seq")?;
    let row = seq.to_string();
    let officer = event.actor.as_ref().and_then(|actor| match actor {
        Actor::Officer(acting) => Some(ActedAs {
            id: acting.officer.id.clone(),
            full_name: acting.officer.full_name.clone(),
            personal_id: acting.officer.personal_id.clone(),
            signed_in_at: acting.signed_in_at,
        }),
        Actor::Client(_) => None,
    });
    let officer_sealed =
        officer.as_ref().map(|o| keys.seal_json(Place { column: OFFICER, row: &row }, o)).transpose()?;
    let purpose_sealed = event.purpose.as_ref();
    let purpose_sealed = purpose_sealed
        .map(|text| keys.seal(Place { column: PURPOSE, row: &row }, text.as_bytes()))
        .transpose()?;
    Ok(Entry {
        seq,
        happened_at: micros(event.at).max(head.int("audit_at")?.saturating_add(1)),
        officer_id: officer.map(|o| o.id.to_string()),
        officer_sealed,
        action: event.action.as_str(),
        object_kind: event.object.0.to_owned(),
        object_id: event.object.1.clone(),
        purpose_sealed,
        detail: event.detail.as_ref().map(ToString::to_string),
        prev_hash: head.text("audit_hash")?,
    })
}

async fn insert(tx: &mut Tx, entry: &Entry, hash: &str) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO audit_event (seq, happened_at, officer_id, officer_sealed, action, object_kind, object_id,
                                  purpose_sealed, detail, prev_hash, hash)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(entry.seq)
    .bind(entry.happened_at)
    .bind(&entry.officer_id)
    .bind(&entry.officer_sealed)
    .bind(&entry.action)
    .bind(&entry.object_kind)
    .bind(&entry.object_id)
    .bind(&entry.purpose_sealed)
    .bind(&entry.detail)
    .bind(&entry.prev_hash)
    .bind(hash)
    .execute(tx.connection())
    .await?;
    Ok(())
}

fn kept_event(keys: &Keys, row: &AnyRow) -> Result<KeptEvent, StoreError> {
    let seq = row.int("seq")?;
    let place = seq.to_string();
    let officer = row.text_opt("officer_sealed")?;
    let purpose = row.text_opt("purpose_sealed")?;
    let purpose = purpose
        .map(|sealed| keys.open_sealed(Place { column: PURPOSE, row: &place }, &sealed))
        .transpose()?;
    let purpose = purpose.map(String::from_utf8).transpose();
    let detail = row.text_opt("detail")?.map(|text| serde_json::from_str(&text)).transpose();
    Ok(KeptEvent {
        seq: narrow(seq, "audit_event.seq")?,
        at: row.at("happened_at")?,
        officer: officer
            .map(|sealed| keys.open_json(Place { column: OFFICER, row: &place }, &sealed))
            .transpose()?,
        action: row.text("action")?,
        object_kind: row.text("object_kind")?,
        object_id: row.text("object_id")?,
        purpose: purpose.map_err(|_| StoreError::Corrupt { what: PURPOSE })?,
        detail: detail.map_err(|_| StoreError::Corrupt { what: "audit_event.detail" })?,
    })
}
