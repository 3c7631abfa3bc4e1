//! The end of the chain, as the database states it.

use serde::{Deserialize, Serialize};

use crate::store::{Keys, StoreError, Tx, db::Engine, keys::Lookup, row::Columns};

/// Stands before the first segment.
pub(super) const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The last segment, and what binds the statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Head {
    /// Number of the last segment; 0 when there is none.
    pub no: i64,
    /// Events up to its end.
    pub n_events: i64,
    pub until_turn: i64,
    pub until_at: i64,
    pub sealed_at: i64,
    pub hash: String,
    pub mac: String,
}

impl Head {
    fn genesis() -> Self {
        let (no, n_events, sealed_at) = (0, 0, i64::MIN);
        let (hash, mac) = (GENESIS.to_owned(), String::new());
        Self { no, n_events, until_turn: i64::MIN, until_at: i64::MIN, sealed_at, hash, mac }
    }

    /// Without the keys nobody can state another end of the chain.
    pub(super) fn mac_by(&self, keys: &Keys) -> String {
        let numbers = [self.no, self.n_events, self.until_turn, self.until_at, self.sealed_at];
        let numbers = numbers.map(|number| number.to_string());
        let mut parts: Vec<&str> = numbers.iter().map(String::as_str).collect();
        parts.push(&self.hash);
        keys.lookup_key(Lookup::AuditHead, &parts)
    }

    pub(super) fn of(row: &sqlx::any::AnyRow) -> Result<Self, StoreError> {
        Ok(Self {
            no: row.int("no")?,
            n_events: row.int("n_events")?,
            until_turn: row.int("until_turn")?,
            until_at: row.int("until_at")?,
            sealed_at: row.int("sealed_at")?,
            hash: row.text("hash")?,
            mac: row.text("mac")?,
        })
    }
}

/// Whether this database has a chain: before it is brought up to date, a new one has none.
pub(in crate::store) async fn exists(tx: &mut Tx) -> Result<bool, StoreError> {
    let sql = match tx.engine() {
        Engine::Sqlite => "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'audit_head'",
        Engine::Postgres => "SELECT 1 WHERE to_regclass('audit_head') IS NOT NULL",
    };
    Ok(sqlx::query(sql).fetch_optional(tx.connection()).await?.is_some())
}

/// The end of an empty chain, for a new database.
pub(in crate::store) async fn begin(tx: &mut Tx) -> Result<(), StoreError> {
    let head = Head::genesis();
    sqlx::query(
        "INSERT INTO audit_head (id, no, n_events, until_turn, until_at, sealed_at, hash, mac, turn_base)
         VALUES (1, $1, $2, $3, $4, $5, $6, $7, 0) ON CONFLICT (id) DO NOTHING",
    )
    .bind(head.no)
    .bind(head.n_events)
    .bind(head.until_turn)
    .bind(head.until_at)
    .bind(head.sealed_at)
    .bind(&head.hash)
    .bind(head.mac_by(&tx.keys()))
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// The head as stated; `None` when it is gone or is no head.
pub(super) async fn read(tx: &mut Tx) -> Result<Option<Head>, StoreError> {
    let row = sqlx::query("SELECT * FROM audit_head WHERE id = 1").fetch_optional(tx.connection()).await?;
    Ok(row.and_then(|row| Head::of(&row).ok()).filter(|head| head.no >= 0))
}

/// The head, held until the transaction ends: one server seals at a time.
pub(super) async fn hold(tx: &mut Tx) -> Result<Head, StoreError> {
    let row = sqlx::query("UPDATE audit_head SET no = no WHERE id = 1 RETURNING *")
        .fetch_optional(tx.connection())
        .await?
        .ok_or(StoreError::Corrupt { what: "the head of the trace" })?;
    Head::of(&row)
}

/// States a new end of the chain.
pub(super) async fn state(tx: &mut Tx, head: &Head) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE audit_head SET no = $1, n_events = $2, until_turn = $3, until_at = $4, sealed_at = $5,
                hash = $6, mac = $7 WHERE id = 1",
    )
    .bind(head.no)
    .bind(head.n_events)
    .bind(head.until_turn)
    .bind(head.until_at)
    .bind(head.sealed_at)
    .bind(&head.hash)
    .bind(&head.mac)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// On PostgreSQL: the turn before which all transactions are over. On SQLite there is one writer at a time: us.
pub(super) async fn finished_before(tx: &mut Tx) -> Result<i64, StoreError> {
    if tx.engine() == Engine::Sqlite {
        return Ok(i64::MAX);
    }
    resume(tx).await?;
    let row = sqlx::query(
        "SELECT turn_base + pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS finished
           FROM audit_head WHERE id = 1",
    )
    .fetch_one(tx.connection())
    .await?;
    row.int("finished")
}

/// Raises what is added to the numbers of transactions where they have begun anew, as they do in a database that was
/// restored from a dump: what is written now has to stand behind what is chained.
pub(in crate::store) async fn resume(tx: &mut Tx) -> Result<(), StoreError> {
    if tx.engine() == Engine::Postgres {
        sqlx::query(
            "UPDATE audit_head
                SET turn_base = 1 + GREATEST(until_turn, (SELECT COALESCE(MAX(turn), 0) FROM audit_event))
                                - pg_current_xact_id()::text::bigint
              WHERE id = 1 AND turn_base + pg_current_xact_id()::text::bigint <= until_turn",
        )
        .execute(tx.connection())
        .await?;
    }
    Ok(())
}
