//! What the service may do in its own database on PostgreSQL, when it runs as a role that does not own the tables:
//! everything it needs, and nothing that takes the trace away.

use sqlx::Row;

use super::{Db, StoreError, db::Engine};

/// Written once: read and appended to.
const APPENDED: [&str; 9] = [
    "audit_event",
    "audit_segment",
    "audit_day",
    "subject_request_act",
    "breach_act",
    "catalogue_version",
    "catalogue_import",
    "owner_act",
    "record_act",
];
/// Only read.
const READ: [&str; 2] = ["audit_event_before_segments", "_sqlx_migrations"];
/// Rows that change and never go.
const KEPT: [&str; 12] = [
    "audit_head",
    "breach",
    "document_code",
    "dossier_result",
    "guardianship",
    "lasting_key",
    "log_head",
    "manual_code",
    "master_key",
    "reuse",
    "revocation",
    "subject_request",
];

/// Why a role got no rights.
#[derive(Debug, thiserror::Error)]
pub enum GrantError {
    /// SQLite knows no roles.
    #[error("chỉ PostgreSQL có vai trò của dịch vụ; SQLite không có")]
    NotPostgres,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Gives `role` exactly the rights that the service needs; to be called by the owner of the tables, after each
/// migration.
///
/// # Errors
/// [`GrantError`]; nothing has changed then.
pub async fn grant(db: &Db, role: &str) -> Result<(), GrantError> {
    let mut tx = db.write().await?;
    if tx.engine() != Engine::Postgres {
        return Err(GrantError::NotPostgres);
    }
    let rows = sqlx::query(
        "SELECT CAST(tablename AS TEXT) AS name FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename",
    );
    let rows = rows.fetch_all(tx.connection()).await.map_err(StoreError::from)?;
    let role = quoted(role);
    let mut statements = Vec::new();
    for row in rows {
        let table: String = row.try_get("name").map_err(StoreError::from)?;
        let rights = rights_on(&table);
        let table = quoted(&table);
        statements.push(format!("REVOKE ALL ON {table} FROM {role}"));
        statements.push(format!("GRANT {rights} ON {table} TO {role}"));
    }
    for statement in statements {
        let done = sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(tx.connection()).await;
        done.map_err(StoreError::from)?;
    }
    Ok(tx.commit().await?)
}

fn rights_on(table: &str) -> &'static str {
    if APPENDED.contains(&table) {
        "SELECT, INSERT"
    } else if READ.contains(&table) {
        "SELECT"
    } else if KEPT.contains(&table) {
        "SELECT, INSERT, UPDATE"
    } else {
        "SELECT, INSERT, UPDATE, DELETE"
    }
}

/// An identifier of SQL.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
