//! Papers on their way, and the bytes that belong to them.
//!
//! The name of a state stands in clear, what is known in it is sealed: it holds names and numbers.
//! Knows nothing of what a step does.

use sqlx::any::AnyRow;

use super::{
    Keys, NewRow, StoreError, Tx, first,
    keys::Place,
    row::{Columns, micros, narrow, widen},
};
use crate::domain::{
    dossier::{ExpectedPages, ObjectRole, Paper, PaperObject, PaperState},
    eligibility::HandedInAs,
    ids::{ContentHash, DossierId, OwnerNumber, PaperId, UnitId},
};

const STATE: &str = "paper.state_sealed";
const DECLARED_OWNER: &str = "paper.declared_owner_sealed";

/// Keeps a new paper.
///
/// # Errors
/// [`StoreError::AlreadyExists`]; [`StoreError::Missing`] when its dossier isn't kept.
pub async fn insert(tx: &mut Tx, paper: &Paper) -> Result<(), StoreError> {
    new_row(&tx.keys(), paper)?.insert(tx, "").await?;
    Ok(())
}

/// The row of a paper.
///
/// # Errors
/// [`StoreError::NoRandomness`].
pub fn new_row(keys: &Keys, paper: &Paper) -> Result<NewRow, StoreError> {
    let row = paper.id.as_str();
    Ok(NewRow::of("paper")
        .with("id", row)
        .with("dossier_id", paper.dossier.as_str())
        .with("role", role_text(paper)?)
        .with("form", paper.form.as_str())
        .with("expected_pages", paper.expected_pages.map(|pages| i64::from(pages.0)))
        .with("declared_owner_sealed", sealed_owner(keys, paper)?)
        .with("received_at", micros(paper.received_at))
        .with("state", paper.state.name())
        .with("state_sealed", keys.seal_json(Place { column: STATE, row }, &paper.state)?)
        .with("version", widen(paper.version, "paper.version")?))
}

/// The paper of that id.
///
/// # Errors
/// [`StoreError::Sealed`] and those of the database.
pub async fn get(tx: &mut Tx, id: &PaperId) -> Result<Option<Paper>, StoreError> {
    let row = sqlx::query("SELECT * FROM paper WHERE id = $1")
        .bind(id.as_str())
        .fetch_optional(tx.connection())
        .await?;
    row.map(|row| paper_of(&tx.keys(), &row)).transpose()
}

/// All papers of a dossier, oldest first.
///
/// # Errors
/// [`StoreError::Sealed`] and those of the database.
pub async fn of_dossier(tx: &mut Tx, dossier: &DossierId) -> Result<Vec<Paper>, StoreError> {
    let rows = sqlx::query("SELECT * FROM paper WHERE dossier_id = $1 ORDER BY id")
        .bind(dossier.as_str())
        .fetch_all(tx.connection())
        .await?;
    let keys = tx.keys();
    rows.iter().map(|row| paper_of(&keys, row)).collect()
}

/// Papers in the state of that name, oldest first, those behind `after`; at most `limit`.
///
/// # Errors
/// [`StoreError::Sealed`] and those of the database.
pub async fn in_state(
    tx: &mut Tx,
    state: &str,
    after: Option<&PaperId>,
    limit: u32,
) -> Result<Vec<Paper>, StoreError> {
    let rows = sqlx::query("SELECT * FROM paper WHERE state = $1 AND id > $2 ORDER BY id LIMIT $3")
        .bind(state)
        .bind(after.map_or("", PaperId::as_str))
        .bind(i64::from(limit))
        .fetch_all(tx.connection())
        .await?;
    let keys = tx.keys();
    rows.iter().map(|row| paper_of(&keys, row)).collect()
}

/// How many papers stand in which state.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn by_state(tx: &mut Tx) -> Result<Vec<(String, u64)>, StoreError> {
    let rows = sqlx::query("SELECT state, COUNT(*) AS n FROM paper GROUP BY state ORDER BY state")
        .fetch_all(tx.connection())
        .await?;
    rows.iter().map(|row| Ok((row.text("state")?, row.unsigned("n")?))).collect()
}

/// Papers of a unit in a state, oldest first; at most `limit`.
///
/// # Errors
/// [`StoreError::Sealed`] and those of the database.
pub async fn of_unit_in_state(
    tx: &mut Tx,
    unit: Option<&UnitId>,
    state: &str,
    limit: u32,
) -> Result<Vec<Paper>, StoreError> {
    let rows = sqlx::query(
        "SELECT paper.* FROM paper JOIN dossier ON dossier.id = paper.dossier_id
          WHERE paper.state = $1 AND dossier.unit_id IS NOT DISTINCT FROM $3 ORDER BY paper.id LIMIT $2",
    )
    .bind(state)
    .bind(i64::from(limit))
    .bind(unit.map(UnitId::as_str))
    .fetch_all(tx.connection())
    .await?;
    let keys = tx.keys();
    rows.iter().map(|row| paper_of(&keys, row)).collect()
}

/// The papers of a unit received last, newest first; at most `limit`.
///
/// # Errors
/// [`StoreError::Sealed`] and those of the database.
pub async fn newest(tx: &mut Tx, unit: Option<&UnitId>, limit: u32) -> Result<Vec<Paper>, StoreError> {
    // Few papers are newer than the newest of any unit that works, so they are walked from there.
    let rows = sqlx::query(
        "SELECT paper.* FROM paper JOIN dossier ON dossier.id = paper.dossier_id
          WHERE dossier.unit_id IS NOT DISTINCT FROM $2 ORDER BY received_at DESC, paper.id DESC LIMIT $1",
    )
    .bind(i64::from(limit))
    .bind(unit.map(UnitId::as_str))
    .fetch_all(tx.connection())
    .await?;
    let keys = tx.keys();
    rows.iter().map(|row| paper_of(&keys, row)).collect()
}

/// Brings `paper`, as it was read, into `state`, and gives it back as it is then.
///
/// What a person may correct on the way (role, number of pages, owner) is kept as `paper` has it.
///
/// # Errors
/// [`StoreError::IllegalMove`]; [`StoreError::Stale`] when the paper changed since it was read.
pub async fn move_to(tx: &mut Tx, paper: &Paper, state: PaperState) -> Result<Paper, StoreError> {
    if !paper.state.may_become(state.name()) {
        return Err(StoreError::IllegalMove { from: paper.state.name(), to: state.name() });
    }
    let row = paper.id.as_str();
    let sealed = tx.keys().seal_json(Place { column: STATE, row }, &state)?;
    let owner = sealed_owner(&tx.keys(), paper)?;
    let moved = sqlx::query(
        "UPDATE paper SET state = $1, state_sealed = $2, role = $3, expected_pages = $4,
                          declared_owner_sealed = $5, version = version + 1
          WHERE id = $6 AND version = $7 AND state = $8",
    )
    .bind(state.name())
    .bind(sealed)
    .bind(role_text(paper)?)
    .bind(paper.expected_pages.map(|pages| i64::from(pages.0)))
    .bind(owner)
    .bind(row)
    .bind(widen(paper.version, "paper.version")?)
    .bind(paper.state.name())
    .execute(tx.connection())
    .await?;
    if moved.rows_affected() == 0 {
        return Err(StoreError::Stale);
    }
    if !state.is_being_read() {
        first::forget(tx, &paper.id).await?;
    }
    Ok(Paper { state, version: paper.version + 1, ..paper.clone() })
}

/// Notes that some kept bytes belong to a paper. The same again is no fault; an original never
/// changes, what was derived from it may be made anew.
///
/// # Errors
/// [`StoreError::AlreadyExists`] when another original has that place.
pub async fn add_object(tx: &mut Tx, paper: &PaperId, object: &PaperObject) -> Result<(), StoreError> {
    let conflict = "ON CONFLICT (paper_id, role, ordinal) DO UPDATE
            SET hash = excluded.hash, sha256 = excluded.sha256, n_bytes = excluded.n_bytes,
                media_type = excluded.media_type
          WHERE paper_object.role <> 'original' OR paper_object.hash = excluded.hash";
    if object_row(paper, object)?.insert(tx, conflict).await? {
        Ok(())
    } else {
        Err(StoreError::AlreadyExists)
    }
}

/// The row of bytes of a paper.
///
/// # Errors
/// [`StoreError::Corrupt`] where their number is none.
pub fn object_row(paper: &PaperId, object: &PaperObject) -> Result<NewRow, StoreError> {
    Ok(NewRow::of("paper_object")
        .with("paper_id", paper.as_str())
        .with("role", role_name(object.role))
        .with("ordinal", i64::from(object.ordinal))
        .with("hash", object.hash.as_str())
        .with("sha256", object.sha256.as_str())
        .with("n_bytes", widen(object.n_bytes, "paper_object.n_bytes")?)
        .with("media_type", object.media_type.as_str()))
}

/// All bytes of a paper, by role and order.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn objects(tx: &mut Tx, paper: &PaperId) -> Result<Vec<PaperObject>, StoreError> {
    let rows = sqlx::query(
        "SELECT role, ordinal, hash, sha256, n_bytes, media_type FROM paper_object
          WHERE paper_id = $1 ORDER BY role, ordinal",
    )
    .bind(paper.as_str())
    .fetch_all(tx.connection())
    .await?;
    let mut objects = rows.iter().map(object_of).collect::<Result<Vec<_>, _>>()?;
    objects.sort_by_key(|object| (object.role, object.ordinal));
    Ok(objects)
}

/// Papers whose originals are exactly the bytes of these hashes, in this order; oldest first.
///
/// # Errors
/// [`StoreError::Sealed`] and those of the database.
pub async fn with_originals(tx: &mut Tx, hashes: &[ContentHash]) -> Result<Vec<Paper>, StoreError> {
    let Some(first) = hashes.first() else { return Ok(Vec::new()) };
    let rows = sqlx::query(
        "SELECT paper.* FROM paper_object JOIN paper ON paper.id = paper_object.paper_id
          WHERE paper_object.hash = $1 AND paper_object.role = 'original' AND paper_object.ordinal = 0
          ORDER BY paper.id",
    )
    .bind(first.as_str())
    .fetch_all(tx.connection())
    .await?;
    let keys = tx.keys();
    let candidates = rows.iter().map(|row| paper_of(&keys, row)).collect::<Result<Vec<_>, _>>()?;
    let mut found = Vec::with_capacity(candidates.len());
    for paper in candidates {
        let all = objects(tx, &paper.id).await?;
        let originals = all.iter().filter(|o| o.role == ObjectRole::Original).map(|o| &o.hash);
        if originals.eq(hashes) {
            found.push(paper);
        }
    }
    Ok(found)
}

fn paper_of(keys: &Keys, row: &AnyRow) -> Result<Paper, StoreError> {
    let id: PaperId = row.parsed("id")?;
    let declared_owner: Option<OwnerNumber> = row
        .text_opt("declared_owner_sealed")?
        .map(|sealed| keys.open_json(Place { column: DECLARED_OWNER, row: id.as_str() }, &sealed))
        .transpose()?;
    let state: PaperState =
        keys.open_json(Place { column: STATE, row: id.as_str() }, &row.text("state_sealed")?)?;
    if state.name() != row.text("state")? {
        return Err(StoreError::Corrupt { what: "paper.state" });
    }
    let corrupt = |what| StoreError::Corrupt { what };
    let role = row.text_opt("role")?.map(|text| serde_json::from_str(&text)).transpose();
    let pages = row.int_opt("expected_pages")?.map(|n| narrow(n, "paper.expected_pages")).transpose()?;
    Ok(Paper {
        dossier: row.parsed("dossier_id")?,
        role: role.map_err(|_| corrupt("paper.role"))?,
        form: HandedInAs::parse(&row.text("form")?).map_err(|_| corrupt("paper.form"))?,
        expected_pages: pages.map(ExpectedPages),
        declared_owner,
        received_at: row.at("received_at")?,
        state,
        version: row.unsigned("version")?,
        id,
    })
}

fn object_of(row: &AnyRow) -> Result<PaperObject, StoreError> {
    let role = row.text("role")?;
    let role = ObjectRole::ALL
        .into_iter()
        .find(|known| role_name(*known) == role)
        .ok_or(StoreError::Corrupt { what: "paper_object.role" })?;
    Ok(PaperObject {
        role,
        ordinal: row.unsigned("ordinal")?,
        hash: row.parsed("hash")?,
        sha256: row.text("sha256")?,
        n_bytes: row.unsigned("n_bytes")?,
        media_type: row.text("media_type")?,
    })
}

fn sealed_owner(keys: &Keys, paper: &Paper) -> Result<Option<String>, StoreError> {
    let place = Place { column: DECLARED_OWNER, row: paper.id.as_str() };
    paper.declared_owner.as_ref().map(|number| keys.seal_json(place, number)).transpose()
}

fn role_text(paper: &Paper) -> Result<Option<String>, StoreError> {
    let text = paper.role.as_ref().map(serde_json::to_string).transpose();
    text.map_err(|_| StoreError::Corrupt { what: "paper.role" })
}

fn role_name(role: ObjectRole) -> &'static str {
    match role {
        ObjectRole::Original => "original",
        ObjectRole::Text => "text",
        ObjectRole::Composed => "composed",
        ObjectRole::Signed => "signed",
        ObjectRole::Coded => "coded",
        ObjectRole::Quarantined => "quarantined",
    }
}
