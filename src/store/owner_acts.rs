//! What is an owner's, moved to another one and back; and the history of what was done about owners, appended and sealed.
//!
//! Knows nothing of when two owners are one.

use jiff::Timestamp;

use super::{StoreError, Tx, acts::History, owners, row::Columns};
use crate::domain::{
    acts::KeptAct,
    ids::{OfficerId, OwnerId},
    owner::{OwnerRows, OwnerStanding, ReasonedAct},
};

const ACTS: History = History {
    insert: "INSERT INTO owner_act (owner_id, no, at, officer_id, act_sealed) VALUES ($1, $2, $3, $4, $5)",
    list: "SELECT * FROM owner_act WHERE owner_id = $1 ORDER BY no",
    sealed: "owner_act.act_sealed",
};

/// Tables with rows of owners: how they are listed, and how one is moved.
const TABLES: [(&str, &str); 6] = [
    (
        "SELECT id FROM owner_identifier WHERE owner_id = $1 ORDER BY id",
        "UPDATE owner_identifier SET owner_id = $1 WHERE id = $2 AND owner_id = $3",
    ),
    (
        "SELECT id FROM record WHERE owner_id = $1 ORDER BY id",
        "UPDATE record SET owner_id = $1 WHERE id = $2 AND owner_id = $3",
    ),
    (
        "SELECT id FROM document_code WHERE owner_id = $1 ORDER BY id",
        "UPDATE document_code SET owner_id = $1 WHERE id = $2 AND owner_id = $3",
    ),
    (
        "SELECT id FROM subject_request WHERE owner_id = $1 ORDER BY id",
        "UPDATE subject_request SET owner_id = $1 WHERE id = $2 AND owner_id = $3",
    ),
    (
        "SELECT id FROM guardianship WHERE child_id = $1 ORDER BY id",
        "UPDATE guardianship SET child_id = $1 WHERE id = $2 AND child_id = $3",
    ),
    (
        "SELECT id FROM guardianship WHERE guardian_id = $1 ORDER BY id",
        "UPDATE guardianship SET guardian_id = $1 WHERE id = $2 AND guardian_id = $3",
    ),
];

/// All that is an owner's.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn rows_of(tx: &mut Tx, owner: &OwnerId) -> Result<OwnerRows, StoreError> {
    let mut lists = Vec::with_capacity(TABLES.len());
    for (list, _) in TABLES {
        let rows = sqlx::query(list).bind(owner.as_str()).fetch_all(tx.connection()).await?;
        lists.push(rows.iter().map(|row| row.text("id")).collect::<Result<Vec<_>, _>>()?);
    }
    let mut lists = lists.into_iter();
    let mut next = || lists.next().unwrap_or_default();
    Ok(OwnerRows {
        identifiers: next(),
        documents: next(),
        codes: next(),
        requests: next(),
        wardships: next(),
        guardianships: next(),
    })
}

/// Gives rows of `from` to `to`.
///
/// # Errors
/// [`StoreError::Stale`] when one of them is not `from`'s.
pub async fn give(tx: &mut Tx, rows: &OwnerRows, from: &OwnerId, to: &OwnerId) -> Result<(), StoreError> {
    let lists = [
        &rows.identifiers,
        &rows.documents,
        &rows.codes,
        &rows.requests,
        &rows.wardships,
        &rows.guardianships,
    ];
    for ((_, update), ids) in TABLES.iter().zip(lists) {
        for id in ids {
            let moved = sqlx::query(*update)
                .bind(to.as_str())
                .bind(id)
                .bind(from.as_str())
                .execute(tx.connection())
                .await?;
            if moved.rows_affected() != 1 {
                return Err(StoreError::Stale);
            }
        }
    }
    Ok(())
}

/// The codes of these documents, old ones too.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn codes_of(tx: &mut Tx, documents: &[String]) -> Result<Vec<String>, StoreError> {
    let mut codes = Vec::new();
    for document in documents {
        let rows = sqlx::query(
            "SELECT id FROM document_code
              WHERE paper_id = (SELECT paper_id FROM record WHERE id = $1) ORDER BY id",
        );
        for row in rows.bind(document).fetch_all(tx.connection()).await? {
            codes.push(row.text("id")?);
        }
    }
    Ok(codes)
}

/// How an owner stands.
///
/// # Errors
/// [`StoreError::Sealed`] and those of the database.
pub async fn standing(tx: &mut Tx, owner: &OwnerId) -> Result<OwnerStanding, StoreError> {
    Ok(OwnerStanding { rows: rows_of(tx, owner).await?, profile: owners::profile(tx, owner).await? })
}

/// Leads the id of an owner to another one, or makes him his own again.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn lead(tx: &mut Tx, owner: &OwnerId, into: Option<&OwnerId>) -> Result<(), StoreError> {
    sqlx::query("UPDATE owner SET merged_into = $1 WHERE id = $2")
        .bind(into.map(|into| into.as_str().to_owned()))
        .bind(owner.as_str())
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Appends to the history of an owner, who is held, and gives the number of the act.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn append(
    tx: &mut Tx,
    owner: &OwnerId,
    by: &OfficerId,
    at: Timestamp,
    act: &ReasonedAct,
) -> Result<u64, StoreError> {
    let row = sqlx::query("SELECT COALESCE(MAX(no), 0) + 1 AS no FROM owner_act WHERE owner_id = $1")
        .bind(owner.as_str())
        .fetch_one(tx.connection())
        .await?;
    let no = row.unsigned("no")?;
    ACTS.append(tx, (owner.as_str(), no), by, at, act).await?;
    Ok(no)
}

/// What was done about an owner, in order.
///
/// # Errors
/// [`StoreError::Sealed`] and those of the database.
pub async fn of(tx: &mut Tx, owner: &OwnerId) -> Result<Vec<KeptAct<ReasonedAct>>, StoreError> {
    ACTS.of(tx, owner.as_str()).await
}
