//! What officers' corrections teach, and the versions of the list that came of it.
//!
//! What a lesson says is sealed: an officer may have keyed a person's name where an agency belongs. Knows nothing of
//! what a lesson changes.

use jiff::Timestamp;
use serde::{Serialize, de::DeserializeOwned};
use sqlx::any::AnyRow;

use super::{
    StoreError, Tx,
    keys::{Keys, Lookup, Place},
    row::{Columns, micros},
};
use crate::domain::{
    ids::{LessonId, OfficerId},
    lessons::{KeptLesson, Lesson, LessonState, LessonVersion},
};

const SEALED: &str = "lesson.sealed";
const REASON: &str = "lesson_version.reason_sealed";

/// Notes that an officer's correction teaches `lesson`; once more where it is known.
///
/// # Errors
/// Those of the database.
pub async fn note(tx: &mut Tx, lesson: &Lesson, at: Timestamp) -> Result<(), StoreError> {
    let keys = tx.keys();
    let said = serde_json::to_string(lesson).map_err(|_| StoreError::Corrupt { what: "a lesson" })?;
    let id = LessonId::new();
    sqlx::query(
        "INSERT INTO lesson (id, lesson_key, sealed, state, n_papers, noted_at) VALUES ($1, $2, $3, $4, 1, $5)
         ON CONFLICT (lesson_key) DO UPDATE SET n_papers = lesson.n_papers + 1, noted_at = excluded.noted_at",
    )
    .bind(id.as_str())
    .bind(keys.lookup_key(Lookup::Lesson, &[&said]))
    .bind(keys.seal_json(Place { column: SEALED, row: id.as_str() }, lesson)?)
    .bind(name_of(&LessonState::Waiting)?)
    .bind(micros(at))
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// The lesson of that id.
///
/// # Errors
/// [`StoreError::Sealed`] and those of the database.
pub async fn get(tx: &mut Tx, id: &LessonId) -> Result<Option<KeptLesson>, StoreError> {
    let row = sqlx::query("SELECT * FROM lesson WHERE id = $1")
        .bind(id.as_str())
        .fetch_optional(tx.connection())
        .await?;
    row.map(|row| kept_of(&tx.keys(), &row)).transpose()
}

/// Lessons that stand so, those that were noted last first; at most `limit`.
///
/// # Errors
/// [`StoreError::Sealed`] and those of the database.
pub async fn list(tx: &mut Tx, state: LessonState, limit: u32) -> Result<Vec<KeptLesson>, StoreError> {
    let rows = sqlx::query("SELECT * FROM lesson WHERE state = $1 ORDER BY noted_at DESC, id DESC LIMIT $2")
        .bind(name_of(&state)?)
        .bind(i64::from(limit))
        .fetch_all(tx.connection())
        .await?;
    let keys = tx.keys();
    rows.iter().map(|row| kept_of(&keys, row)).collect()
}

/// The version of the list; 0 before the first act.
///
/// # Errors
/// Those of the database.
pub async fn version(tx: &mut Tx) -> Result<u64, StoreError> {
    let row = sqlx::query("SELECT COALESCE(MAX(version), 0) AS version FROM lesson_version")
        .fetch_one(tx.connection())
        .await?;
    row.unsigned("version")
}

/// Brings a lesson, as it was read, into the state after `act`, as the next version of the list.
///
/// # Errors
/// [`StoreError::Stale`] when it stands otherwise by now, or another act was first.
pub async fn decide(
    tx: &mut Tx,
    kept: &KeptLesson,
    next: LessonState,
    entry: &LessonVersion,
) -> Result<(), StoreError> {
    let moved = sqlx::query("UPDATE lesson SET state = $1 WHERE id = $2 AND state = $3")
        .bind(name_of(&next)?)
        .bind(kept.id.as_str())
        .bind(name_of(&kept.state)?)
        .execute(tx.connection())
        .await?;
    if moved.rows_affected() == 0 {
        return Err(StoreError::Stale);
    }
    let keys = tx.keys();
    let row = entry.version.to_string();
    let seal = |reason: &String| keys.seal_json(Place { column: REASON, row: &row }, reason);
    let added = sqlx::query(
        "INSERT INTO lesson_version (version, lesson_id, act, reason_sealed, officer_id, at)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (version) DO NOTHING",
    )
    .bind(super::row::widen(entry.version, "lesson_version.version")?)
    .bind(kept.id.as_str())
    .bind(name_of(&entry.act)?)
    .bind(entry.reason.as_ref().map(seal).transpose()?)
    .bind(entry.by.as_str())
    .bind(micros(entry.at))
    .execute(tx.connection())
    .await?;
    if added.rows_affected() == 0 { Err(StoreError::Stale) } else { Ok(()) }
}

/// The versions of the list, newest first; at most `limit`.
///
/// # Errors
/// [`StoreError::Sealed`] and those of the database.
pub async fn history(tx: &mut Tx, limit: u32) -> Result<Vec<LessonVersion>, StoreError> {
    let rows = sqlx::query("SELECT * FROM lesson_version ORDER BY version DESC LIMIT $1")
        .bind(i64::from(limit))
        .fetch_all(tx.connection())
        .await?;
    let keys = tx.keys();
    rows.iter().map(|row| version_of(&keys, row)).collect()
}

fn kept_of(keys: &Keys, row: &AnyRow) -> Result<KeptLesson, StoreError> {
    let id: LessonId = row.parsed("id")?;
    Ok(KeptLesson {
        lesson: keys.open_json(Place { column: SEALED, row: id.as_str() }, &row.text("sealed")?)?,
        id,
        state: named(&row.text("state")?)?,
        n_papers: row.unsigned("n_papers")?,
        noted_at: row.at("noted_at")?,
    })
}

fn version_of(keys: &Keys, row: &AnyRow) -> Result<LessonVersion, StoreError> {
    let version: u64 = row.unsigned("version")?;
    let place = version.to_string();
    let open = |sealed: String| keys.open_json(Place { column: REASON, row: &place }, &sealed);
    Ok(LessonVersion {
        version,
        act: named(&row.text("act")?)?,
        lesson: row.parsed("lesson_id")?,
        reason: row.text_opt("reason_sealed")?.map(open).transpose()?,
        by: row.parsed::<OfficerId>("officer_id")?,
        at: row.at("at")?,
    })
}

fn name_of<T: Serialize>(value: &T) -> Result<String, StoreError> {
    let name = serde_json::to_value(value).ok().and_then(|v| v.as_str().map(str::to_owned));
    name.ok_or(StoreError::Corrupt { what: "a name of a state" })
}

fn named<T: DeserializeOwned>(name: &str) -> Result<T, StoreError> {
    serde_json::from_value(name.into()).map_err(|_| StoreError::Corrupt { what: "lesson" })
}
