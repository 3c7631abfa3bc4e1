//! Reading the trace.

use jiff::Timestamp;
use sqlx::any::AnyRow;

use super::entry::{ACTOR, CHANGE, PURPOSE};
use crate::{
    domain::{
        event::{ActedAs, Change},
        ids::DossierId,
    },
    store::{
        Keys, StoreError, Tx,
        keys::Place,
        row::{Columns, micros},
    },
};

/// One event as it was kept.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptEvent {
    /// When, UTC; no other event has that time.
    pub at: Timestamp,
    /// The segment of the chain that holds it; `None` while it waits.
    pub segment: Option<u64>,
    /// In whose name; `None` for the system's own steps.
    pub actor: Option<ActedAs>,
    /// Name of the act, as in [`crate::domain::event::Action`].
    pub action: String,
    /// What it was done to: its kind.
    pub object_kind: String,
    /// What it was done to: its opaque id.
    pub object_id: String,
    /// Why personal data was read.
    pub purpose: Option<String>,
    /// What the object was before and is now.
    pub change: Change,
    /// Further facts.
    pub detail: Option<serde_json::Value>,
}

/// What is looked for; all of it has to hold.
#[derive(Debug, Clone, Default)]
pub struct Search {
    /// At this instant or later.
    pub from: Option<Timestamp>,
    /// Before this instant.
    pub until: Option<Timestamp>,
    /// Opaque id of an officer or a system.
    pub actor: Option<String>,
    /// Name of an act.
    pub action: Option<String>,
    /// Kind and opaque id.
    pub object: Option<(String, String)>,
    /// A dossier with its papers, and the documents made of them.
    pub dossier: Option<DossierId>,
}

/// Events of one object, in order of time; at most `limit`.
///
/// # Errors
/// [`StoreError::Sealed`] and those of the database.
pub async fn of_object(tx: &mut Tx, kind: &str, id: &str, limit: u32) -> Result<Vec<KeptEvent>, StoreError> {
    let sql = sqlx::AssertSqlSafe(format!(
        "{SELECT} WHERE e.object_kind = $1 AND e.object_id = $2 ORDER BY e.happened_at LIMIT $3"
    ));
    let rows = sqlx::query(sql).bind(kind).bind(id).bind(i64::from(limit)).fetch_all(tx.connection()).await?;
    let keys = tx.keys();
    rows.iter().map(|row| kept_event(&keys, row)).collect()
}

/// Events that `search` looks for, the newest first; at most `limit`.
///
/// # Errors
/// [`StoreError::Sealed`] and those of the database.
pub async fn search(tx: &mut Tx, search: &Search, limit: u32) -> Result<Vec<KeptEvent>, StoreError> {
    let mut sql = SELECT.to_owned();
    let mut texts: Vec<&str> = Vec::new();
    if let Some(dossier) = &search.dossier {
        // By its index each: the life of a dossier is some hundred events among millions.
        sql.push_str(OF_DOSSIER);
        texts.push(dossier.as_str());
    }
    sql.push_str(" WHERE e.happened_at >= $1 AND e.happened_at < $2");
    let object = search.object.as_ref();
    for (column, text) in [
        ("actor_id", search.actor.as_deref()),
        ("action", search.action.as_deref()),
        ("object_kind", object.map(|(kind, _)| kind.as_str())),
        ("object_id", object.map(|(_, id)| id.as_str())),
    ] {
        if let Some(text) = text {
            texts.push(text);
            sql.push_str(&format!(" AND e.{column} = ${}", texts.len() + 3));
        }
    }
    sql.push_str(" ORDER BY e.happened_at DESC LIMIT $3");
    let mut query = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(search.from.map_or(i64::MIN, micros))
        .bind(search.until.map_or(i64::MAX, micros))
        .bind(i64::from(limit));
    for text in texts {
        query = query.bind(text.to_owned());
    }
    let rows = query.fetch_all(tx.connection()).await?;
    let keys = tx.keys();
    rows.iter().map(|row| kept_event(&keys, row)).collect()
}

const SELECT: &str = "SELECT e.*, (SELECT s.no FROM audit_segment s
      WHERE (s.until_turn, s.until_at) >= (e.turn, e.happened_at)
      ORDER BY s.until_turn, s.until_at LIMIT 1) AS segment
 FROM audit_event e";

const OF_DOSSIER: &str = " JOIN (SELECT 'dossier' AS kind, CAST($4 AS TEXT) AS id
    UNION ALL SELECT 'paper', p.id FROM paper p WHERE p.dossier_id = $4
    UNION ALL SELECT 'record', r.id FROM record r JOIN paper p ON p.id = r.paper_id WHERE p.dossier_id = $4) o
   ON e.object_kind = o.kind AND e.object_id = o.id";

fn kept_event(keys: &Keys, row: &AnyRow) -> Result<KeptEvent, StoreError> {
    let row_id = row.int("happened_at")?.to_string();
    let place = |column| Place { column, row: &row_id };
    let actor = row.text_opt("actor_sealed")?;
    let purpose = row.text_opt("purpose_sealed")?;
    let purpose = purpose.map(|sealed| keys.open_sealed(place(PURPOSE), &sealed)).transpose()?;
    let purpose = purpose.map(String::from_utf8).transpose();
    let change = row.text_opt("change_sealed")?;
    let detail = row.text_opt("detail")?.map(|text| serde_json::from_str(&text)).transpose();
    let segment = row.int_opt("segment")?;
    Ok(KeptEvent {
        at: row.at("happened_at")?,
        segment: segment.and_then(|no| u64::try_from(no).ok()),
        actor: actor.map(|sealed| keys.open_json(place(ACTOR), &sealed)).transpose()?,
        action: row.text("action")?,
        object_kind: row.text("object_kind")?,
        object_id: row.text("object_id")?,
        purpose: purpose.map_err(|_| StoreError::Corrupt { what: PURPOSE })?,
        change: change.map(|sealed| keys.open_json(place(CHANGE), &sealed)).transpose()?.unwrap_or_default(),
        detail: detail.map_err(|_| StoreError::Corrupt { what: "audit_event.detail" })?,
    })
}
