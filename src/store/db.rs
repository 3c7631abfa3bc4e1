//! The database and its transactions. Knows nothing of tables beyond the check of the keys.

use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::OpenOptionsExt,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use sqlx::{
    Any, AnyConnection, Connection, Row,
    any::AnyPoolOptions,
    migrate::{Migration, MigrationType, Migrator},
    pool::PoolConnection,
};
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::{
    Cause, Keys, StoreError, audit,
    clients::Client,
    error,
    lane::{self, Held, Lane},
    rotation,
    shared::Shared,
};
use crate::domain::ids::ClientId;

/// How long a writer waits for its turn, and anyone for a connection.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);
/// For transactions, besides those of the [`lane`].
const CONNECTIONS: u32 = 12;
/// How long a connection rests before it is asked whether it is still there.
pub(super) const RESTED: Duration = Duration::from_secs(1);

/// What both engines run, and what one alone needs; numbered, and never edited after a release.
const MIGRATIONS: [(i64, &str, &str); 15] = [
    (1, "tables", include_str!("../../migrations/0001_tables.sql")),
    (3, "page plan", include_str!("../../migrations/0003_page_plan.sql")),
    (4, "handed in", include_str!("../../migrations/0004_handed_in.sql")),
    (5, "rescans", include_str!("../../migrations/0005_rescans.sql")),
    (6, "first proposals", include_str!("../../migrations/0006_first_proposals.sql")),
    (7, "lessons", include_str!("../../migrations/0007_lessons.sql")),
    (8, "signatures", include_str!("../../migrations/0008_signatures.sql")),
    (10, "accounts", include_str!("../../migrations/0010_accounts.sql")),
    (11, "keys", include_str!("../../migrations/0011_keys.sql")),
    (12, "providers", include_str!("../../migrations/0012_providers.sql")),
    (14, "reuse", include_str!("../../migrations/0014_reuse.sql")),
    (15, "search", include_str!("../../migrations/0015_search.sql")),
    (18, "codes", include_str!("../../migrations/0018_codes.sql")),
    (21, "archive", include_str!("../../migrations/0021_archive.sql")),
    (22, "augmentation", include_str!("../../migrations/0022_augmentation.sql")),
];
const SQLITE_MIGRATIONS: [(i64, &str, &str); 6] = [
    (2, "append only", include_str!("../../migrations/sqlite/0002_append_only.sql")),
    (
        9,
        "trace",
        concat!(
            include_str!("../../migrations/0009_trace.sql"),
            include_str!("../../migrations/sqlite/0009_trace.sql")
        ),
    ),
    (
        13,
        "protection",
        concat!(
            include_str!("../../migrations/0013_protection.sql"),
            include_str!("../../migrations/sqlite/0013_protection.sql")
        ),
    ),
    (
        17,
        "catalogue",
        concat!(
            include_str!("../../migrations/0017_catalogue.sql"),
            include_str!("../../migrations/sqlite/0017_catalogue.sql")
        ),
    ),
    (
        19,
        "owners",
        concat!(
            include_str!("../../migrations/0019_owners.sql"),
            include_str!("../../migrations/sqlite/0019_owners.sql")
        ),
    ),
    (
        20,
        "erasure",
        concat!(
            include_str!("../../migrations/0020_erasure.sql"),
            include_str!("../../migrations/sqlite/0020_erasure.sql")
        ),
    ),
];
const POSTGRES_MIGRATIONS: [(i64, &str, &str); 6] = [
    (2, "append only", include_str!("../../migrations/postgres/0002_append_only.sql")),
    (
        9,
        "trace",
        concat!(
            include_str!("../../migrations/0009_trace.sql"),
            include_str!("../../migrations/postgres/0009_trace.sql")
        ),
    ),
    (
        13,
        "protection",
        concat!(
            include_str!("../../migrations/0013_protection.sql"),
            include_str!("../../migrations/postgres/0013_protection.sql")
        ),
    ),
    (
        17,
        "catalogue",
        concat!(
            include_str!("../../migrations/0017_catalogue.sql"),
            include_str!("../../migrations/postgres/0017_catalogue.sql")
        ),
    ),
    (
        19,
        "owners",
        concat!(
            include_str!("../../migrations/0019_owners.sql"),
            include_str!("../../migrations/postgres/0019_owners.sql")
        ),
    ),
    (
        20,
        "erasure",
        concat!(
            include_str!("../../migrations/0020_erasure.sql"),
            include_str!("../../migrations/postgres/0020_erasure.sql")
        ),
    ),
];

/// A database, migrated and ready. Cheap to clone.
#[derive(Clone)]
pub struct Db {
    pool: sqlx::AnyPool,
    lane: Lane,
    engine: Engine,
    keys: Arc<Keys>,
    /// Writers of this process queue here: SQLite lets one in, and serves the others at random.
    turn: Arc<Mutex<()>>,
    /// Microseconds of this process's last event: the trace's clock, which never runs back.
    last_event_at: Arc<AtomicI64>,
    /// Clients as they are being asked for.
    clients: Arc<Shared<ClientId, Option<Client>>>,
    /// Events that wait to be written together.
    events: Arc<audit::Waiting>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Engine {
    Sqlite,
    Postgres,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Reads,
    Writes,
}

enum Inner {
    Whole(sqlx::Transaction<'static, Any>),
    Singly(Held),
}

/// A transaction: what is not committed did not happen. (But see [`Db::read_singly`].)
pub struct Tx {
    // Ends before the turn is given away: fields drop in this order.
    inner: Inner,
    keys: Arc<Keys>,
    engine: Engine,
    mode: Mode,
    last_event_at: Arc<AtomicI64>,
    _turn: Option<OwnedMutexGuard<()>>,
}

impl Db {
    /// Opens `sqlite:///path?mode=rwc` or `postgres://…`, brings it up to date and checks that the
    /// keys are those it was sealed with.
    ///
    /// # Errors
    /// [`StoreError::Unreachable`], [`StoreError::Migration`], [`StoreError::OtherKeys`], [`StoreError::KeyMissing`].
    pub async fn open(url: &str, keys: impl Into<Arc<Keys>>) -> Result<Self, StoreError> {
        let engine = Engine::of(url)?;
        sqlx::any::install_default_drivers();
        // Alone first: a pool tries again for as long as it has patience, and forgets why.
        let mut first = AnyConnection::connect(url).await?;
        engine.prepare(&mut first).await?;
        first.close().await?;
        let pool = AnyPoolOptions::new()
            .max_connections(CONNECTIONS + lane::WIDTH as u32)
            .acquire_timeout(PATIENCE)
            // Asked whether it is still there only when it has rested: a question is a round trip to the server.
            .test_before_acquire(false)
            .before_acquire(|connection, standing| {
                Box::pin(async move {
                    if standing.idle_for > RESTED {
                        connection.ping().await?;
                    }
                    // SQLite ends a transaction by itself when the disk is full, which its driver does not hear: it
                    // would never begin another on that connection.
                    Ok(!connection.is_in_transaction())
                })
            })
            .after_connect(move |connection, _| Box::pin(async move { engine.prepare(connection).await }))
            .connect(url)
            .await?;
        let db = Self {
            pool,
            lane: Lane::new(),
            engine,
            keys: keys.into(),
            turn: Arc::default(),
            last_event_at: Arc::new(AtomicI64::new(i64::MIN)),
            clients: Arc::default(),
            events: Arc::default(),
        };
        let has_trace = audit::exists(&mut db.read().await?).await?;
        db.migrate().await?;
        db.check_keys(has_trace).await?;
        Ok(db)
    }

    /// Opens the SQLite file at `path`, made (for its owner alone) when it isn't there.
    ///
    /// # Errors
    /// As [`Self::open`]; also when `path` isn't UTF-8.
    pub async fn open_file(path: &Path, keys: impl Into<Arc<Keys>>) -> Result<Self, StoreError> {
        let mut made = fs::OpenOptions::new();
        made.create(true).append(true).mode(0o600).open(path).map_err(|e| error::of_io(&e))?;
        Self::open(&Self::url_of_file(path)?, keys).await
    }

    /// The URL of the SQLite file at `path`, absolute and with every sign escaped that a URL reads
    /// otherwise: a folder may be named “Hồ sơ #1 100%?”.
    ///
    /// # Errors
    /// [`StoreError::Unreachable`] when `path` isn't UTF-8.
    pub fn url_of_file(path: &Path) -> Result<String, StoreError> {
        let path = std::path::absolute(path).map_err(|e| error::of_io(&e))?;
        let path = path
            .to_str()
            .ok_or_else(|| StoreError::Unreachable(Cause::new("the path of the database must be UTF-8")))?;
        let escaped = path.bytes().fold(String::new(), |mut url, byte| {
            if byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte) {
                url.push(char::from(byte));
            } else {
                url.push_str(&format!("%{byte:02X}"));
            }
            url
        });
        Ok(format!("sqlite://{escaped}?mode=rwc"))
    }

    /// A view of the data as they are now; what it is used to write is lost or refused.
    ///
    /// # Errors
    /// [`StoreError::Unreachable`], [`StoreError::Busy`].
    pub async fn read(&self) -> Result<Tx, StoreError> {
        let begin = match self.engine {
            Engine::Sqlite => "BEGIN DEFERRED",
            Engine::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        };
        self.begin(begin, Mode::Reads, None).await
    }

    /// A transaction that writes, and begins as a writer, so that SQLite can't fail half-way.
    ///
    /// On SQLite one at a time: whoever holds one must not wait for another.
    ///
    /// # Errors
    /// [`StoreError::Unreachable`], [`StoreError::Busy`].
    pub async fn write(&self) -> Result<Tx, StoreError> {
        if self.engine == Engine::Postgres {
            // Named, since what is done after a conflict has to see whoever won.
            return self.begin("BEGIN ISOLATION LEVEL READ COMMITTED", Mode::Writes, None).await;
        }
        let turn = self.turn().await?;
        self.begin("BEGIN IMMEDIATE", Mode::Writes, Some(turn)).await
    }

    /// As [`Self::read`], where each statement may have a view of its own: nothing is begun around them. Committed
    /// before anything else is waited for: connections of this kind are few.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub async fn read_singly(&self) -> Result<Tx, StoreError> {
        self.singly(Mode::Reads, None).await
    }

    /// As [`Self::write`], for a single statement: done when it is done, whether or not the end is committed.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub(super) async fn write_singly(&self) -> Result<Tx, StoreError> {
        let turn = match self.engine {
            Engine::Postgres => None,
            Engine::Sqlite => Some(self.turn().await?),
        };
        self.singly(Mode::Writes, turn).await
    }

    /// Whether an installation is in the database, without opening it: then there were keys, and none are made anew.
    pub async fn is_begun(url: &str) -> bool {
        sqlx::any::install_default_drivers();
        let Ok(mut connection) = AnyConnection::connect(url).await else { return false };
        let row = sqlx::query("SELECT 1 FROM installation").fetch_optional(&mut connection).await;
        matches!(row, Ok(Some(_)))
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// [`StoreError::Unreachable`], [`StoreError::Busy`].
    pub async fn ping(&self) -> Result<(), StoreError> {
        Ok(self.pool.acquire().await?.ping().await?)
    }

    /// Waits for transactions under way and closes all connections.
    pub async fn close(&self) {
        self.lane.close();
        self.pool.close().await;
    }

    pub(super) fn keys(&self) -> &Keys {
        &self.keys
    }

    pub(super) fn clients(&self) -> &Shared<ClientId, Option<Client>> {
        &self.clients
    }

    pub(super) fn events(&self) -> &Arc<audit::Waiting> {
        &self.events
    }

    async fn begin(
        &self,
        begin: &'static str,
        mode: Mode,
        turn: Option<OwnedMutexGuard<()>>,
    ) -> Result<Tx, StoreError> {
        let inner = Inner::Whole(self.pool.begin_with(begin).await?);
        self.ready(inner, mode, turn).await
    }

    async fn singly(&self, mode: Mode, turn: Option<OwnedMutexGuard<()>>) -> Result<Tx, StoreError> {
        let inner = Inner::Singly(self.lane.hold(&self.pool).await?);
        self.ready(inner, mode, turn).await
    }

    async fn turn(&self) -> Result<OwnedMutexGuard<()>, StoreError> {
        let turn = tokio::time::timeout(PATIENCE, Arc::clone(&self.turn).lock_owned());
        turn.await.map_err(|_| StoreError::Busy)
    }

    async fn ready(
        &self,
        inner: Inner,
        mode: Mode,
        turn: Option<OwnedMutexGuard<()>>,
    ) -> Result<Tx, StoreError> {
        let (keys, last_event_at) = (Arc::clone(&self.keys), Arc::clone(&self.last_event_at));
        let mut tx = Tx { inner, keys, engine: self.engine, mode, last_event_at, _turn: turn };
        if tx.keys.is_to_ask() {
            rotation::ask(&mut tx).await.inspect_err(|_| self.keys.ask_again())?;
        }
        Ok(tx)
    }

    /// One migrator at a time: PostgreSQL has an advisory lock for it; on SQLite all happens in one
    /// writing transaction. (`run_direct`, since futures around `run` can't move between threads.)
    async fn migrate(&self) -> Result<(), StoreError> {
        let refused = |cause| StoreError::Migration(Cause::new(cause));
        let migrator = self.engine.migrator();
        let mut connection: PoolConnection<Any> = self.pool.acquire().await?;
        match self.engine {
            Engine::Postgres if is_current(&mut connection, &migrator).await => Ok(()),
            Engine::Postgres => {
                let migrated = migrator.run_direct(None, &mut *connection, false).await.map_err(refused);
                if migrated.is_err() {
                    // The lock of a failed migration is held until its connection ends.
                    let _ = connection.close().await;
                }
                migrated
            }
            Engine::Sqlite => {
                let mut tx = connection.begin_with("BEGIN IMMEDIATE").await?;
                migrator.run_direct(None, &mut *tx, false).await.map_err(refused)?;
                Ok(tx.commit().await?)
            }
        }
    }

    /// The first keys to open a database are its keys.
    async fn check_keys(&self, has_trace: bool) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        let is_new = rotation::begin(&mut tx).await?;
        // Only in a new database, or one from before there was a head: a chain whose head was taken away must not
        // begin anew.
        if is_new || !has_trace {
            audit::begin(&mut tx).await?;
            sqlx::query("INSERT INTO log_head (id, change_seq) VALUES (1, 0) ON CONFLICT (id) DO NOTHING")
                .execute(tx.connection())
                .await?;
        }
        audit::resume(&mut tx).await?;
        self.last_event_at.fetch_max(audit::newest(&mut tx).await?, Ordering::Relaxed);
        tx.commit().await
    }
}

impl Tx {
    /// Makes all of it happen. Of one that was begun to read, nothing is kept.
    ///
    /// # Errors
    /// [`StoreError::Busy`], [`StoreError::Full`], [`StoreError::Unreachable`]: none of it happened,
    /// or, when the connection broke while the answer was under way, nobody knows.
    pub async fn commit(self) -> Result<(), StoreError> {
        match (self.inner, self.mode) {
            (Inner::Whole(inner), Mode::Writes) => inner.commit().await?,
            (Inner::Whole(inner), Mode::Reads) => inner.rollback().await?,
            (Inner::Singly(held), _) => held.rest(),
        }
        Ok(())
    }

    pub(super) fn connection(&mut self) -> &mut AnyConnection {
        match &mut self.inner {
            Inner::Whole(inner) => inner,
            Inner::Singly(held) => held.connection(),
        }
    }

    pub(super) fn keys(&self) -> Arc<Keys> {
        Arc::clone(&self.keys)
    }

    pub(super) fn engine(&self) -> Engine {
        self.engine
    }

    /// A time in microseconds that no other event of this process has, and that is later than all of them: `claimed`
    /// where it is.
    pub(super) fn next_event_at(&self, claimed: i64) -> i64 {
        let next = |last: i64| Some(claimed.max(last.saturating_add(1)));
        match self.last_event_at.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next) {
            Ok(last) | Err(last) => claimed.max(last.saturating_add(1)),
        }
    }
}

/// Whether nothing is left to do: then nothing has to be allowed either, as a service that does not own its tables
/// may not make any.
async fn is_current(connection: &mut AnyConnection, migrator: &Migrator) -> bool {
    let done = sqlx::query("SELECT version, checksum FROM _sqlx_migrations WHERE success");
    let Ok(rows) = done.fetch_all(connection).await else { return false };
    let done: Option<BTreeSet<(i64, Vec<u8>)>> =
        rows.iter().map(|row| Some((row.try_get("version").ok()?, row.try_get("checksum").ok()?))).collect();
    done == Some(migrator.iter().map(|own| (own.version, own.checksum.to_vec())).collect())
}

impl Engine {
    fn of(url: &str) -> Result<Self, StoreError> {
        match url.split_once(':').map(|(scheme, _)| scheme) {
            Some("sqlite") => Ok(Self::Sqlite),
            Some("postgres" | "postgresql") => Ok(Self::Postgres),
            _ => Err(StoreError::Unreachable(Cause::new(
                "the database URL must begin with sqlite: or postgres:",
            ))),
        }
    }

    fn migrator(self) -> Migrator {
        let own = match self {
            Self::Sqlite => SQLITE_MIGRATIONS,
            Self::Postgres => POSTGRES_MIGRATIONS,
        };
        let migration = |(version, name, sql): (i64, &'static str, &'static str)| {
            use sqlx::SqlSafeStr;
            Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
        };
        Migrator::with_migrations(MIGRATIONS.into_iter().chain(own).map(migration).collect())
    }

    /// Settings of a fresh connection. `synchronous = FULL`: an assigned code must survive a power cut.
    async fn prepare(self, connection: &mut AnyConnection) -> Result<(), sqlx::Error> {
        let settings: &[&'static str] = match self {
            Self::Sqlite => &[
                "PRAGMA busy_timeout = 30000",
                "PRAGMA journal_mode = WAL",
                "PRAGMA synchronous = FULL",
                "PRAGMA foreign_keys = ON",
            ],
            // Every question here is a short one; what the planner would begin for long ones (processes of their own, compiled
            // plans) costs more than the question.
            Self::Postgres => {
                &["SET lock_timeout = '30s'; SET max_parallel_workers_per_gather = 0; SET jit = off"]
            }
        };
        for setting in settings {
            sqlx::raw_sql(*setting).execute(&mut *connection).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_connection_whose_transaction_ended_by_itself_is_not_given_out_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sohoa.db");
        let db = Db::open_file(&path, Keys::ephemeral().unwrap()).await.unwrap();
        for _ in 0..3 {
            let mut tx = db.write().await.unwrap();
            // What SQLite does when the disk is full.
            sqlx::raw_sql("ROLLBACK").execute(tx.connection()).await.unwrap();
            assert!(tx.commit().await.is_err());
        }
        for _ in 0..=CONNECTIONS {
            db.write().await.unwrap().commit().await.unwrap();
        }
    }
}
