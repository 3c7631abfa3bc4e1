//! Papers whose signatures reached less than was wanted, until it is made up. Knows nothing of signatures.

use jiff::Timestamp;

use super::{
    Db, StoreError, Tx,
    db::Engine,
    row::{Columns, micros},
};
use crate::domain::ids::PaperId;

/// What a paper lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lack {
    /// Which paper.
    pub paper: PaperId,
    /// The lowest level among its signatures; 0 B-B, 1 B-T, 2 B-LT, 3 B-LTA.
    pub reached: u8,
    /// Whether the agency's signature is not there.
    pub seal: bool,
}

/// Notes what a paper lacks, to be tried at `due`; of two levels the lower one stays.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn note(
    tx: &mut Tx,
    paper: &PaperId,
    (reached, lacks_seal): (u8, bool),
    due: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO augmentation (paper_id, reached, lacks_seal, n_tries, due_at) VALUES ($1, $2, $3, 0, $4)
         ON CONFLICT (paper_id) DO UPDATE
            SET reached = CASE WHEN excluded.reached < augmentation.reached
                               THEN excluded.reached ELSE augmentation.reached END,
                lacks_seal = excluded.lacks_seal",
    )
    .bind(paper.as_str())
    .bind(i64::from(reached))
    .bind(i64::from(lacks_seal))
    .bind(micros(due))
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// The paper that has waited longest among those that are due and kept as documents; it is due again at what
/// `next` gives for the tries so far, so that nobody else takes it meanwhile.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn claim(
    db: &Db,
    now: Timestamp,
    next: impl Fn(u32) -> Timestamp,
) -> Result<Option<Lack>, StoreError> {
    let mut tx = db.write().await?;
    let lock = if tx.engine() == Engine::Postgres { " FOR UPDATE OF augmentation SKIP LOCKED" } else { "" };
    let found = sqlx::query(sqlx::AssertSqlSafe(format!(
        "SELECT augmentation.* FROM augmentation JOIN record ON record.paper_id = augmentation.paper_id
          WHERE augmentation.due_at <= $1 ORDER BY augmentation.due_at LIMIT 1{lock}"
    )))
    .bind(micros(now))
    .fetch_optional(tx.connection())
    .await?;
    let Some(row) = found else { return Ok(None) };
    let n_before: u32 = row.unsigned("n_tries")?;
    let lack = Lack {
        paper: row.parsed("paper_id")?,
        reached: row.unsigned("reached")?,
        seal: row.int("lacks_seal")? == 1,
    };
    sqlx::query("UPDATE augmentation SET n_tries = $1, due_at = $2 WHERE paper_id = $3")
        .bind(i64::from(n_before) + 1)
        .bind(micros(next(n_before)))
        .bind(lack.paper.as_str())
        .execute(tx.connection())
        .await?;
    tx.commit().await?;
    Ok(Some(lack))
}

/// Notes how far it was made up.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn raise(
    tx: &mut Tx,
    paper: &PaperId,
    (reached, lacks_seal): (u8, bool),
) -> Result<(), StoreError> {
    sqlx::query("UPDATE augmentation SET reached = $1, lacks_seal = $2 WHERE paper_id = $3")
        .bind(i64::from(reached))
        .bind(i64::from(lacks_seal))
        .bind(paper.as_str())
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Nothing is lacking any more, or nothing can be made up.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn settle(tx: &mut Tx, paper: &PaperId) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM augmentation WHERE paper_id = $1")
        .bind(paper.as_str())
        .execute(tx.connection())
        .await?;
    Ok(())
}
