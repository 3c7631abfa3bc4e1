//! How much one account or system read in a period, counted from the trace. Says nothing of whose data it was.

use jiff::Timestamp;

use crate::{
    domain::{breach::Exposure, event::Action},
    store::{
        StoreError, Tx,
        row::{Columns, micros},
    },
};

/// What `actor` read from `from` on and before `until`: persons and documents each counted once. Of a list, every
/// document counts that lay in the store by then, so it is at most so much.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn exposure(
    tx: &mut Tx,
    actor: &str,
    from: Timestamp,
    until: Timestamp,
) -> Result<Exposure, StoreError> {
    let named =
        |acts: &[Action]| acts.iter().map(|act| format!("'{}'", act.as_str())).collect::<Vec<_>>().join(", ");
    let (readings, lists) = (named(&Action::READINGS), named(&[Action::ListDocuments, Action::ExportOwner]));
    let sql = format!(
        "WITH RECURSIVE seen AS (SELECT object_kind AS kind, object_id AS id, COUNT(*) AS n FROM audit_event
                        WHERE actor_id = $1 AND happened_at >= $2 AND happened_at < $3 AND action IN ({readings})
                        GROUP BY object_kind, object_id),
              listed AS (SELECT object_id AS id, MAX(happened_at) AS last_at FROM audit_event
                          WHERE actor_id = $1 AND happened_at >= $2 AND happened_at < $3
                            AND object_kind = 'owner' AND action IN ({lists})
                          GROUP BY object_id),
              led AS (SELECT l.id AS id, l.last_at AS last_at FROM listed l
                       UNION SELECT o.merged_into, led.last_at FROM owner o JOIN led ON led.id = o.id
                        WHERE o.merged_into IS NOT NULL),
              doc AS (SELECT r.id AS id, r.owner_id AS owner, r.is_health AS is_health
                        FROM record r JOIN seen s ON s.kind = 'record' AND s.id = r.id
                       UNION SELECT r.id, r.owner_id, r.is_health
                        FROM record r JOIN seen s ON s.kind = 'paper' AND s.id = r.paper_id
                       UNION SELECT r.id, r.owner_id, r.is_health
                        FROM record r JOIN led l ON l.id = r.owner_id AND r.stored_at <= l.last_at),
              person AS (SELECT owner AS id FROM doc
                          UNION SELECT o.id FROM owner o JOIN seen s ON s.kind = 'owner' AND s.id = o.id
                          UNION SELECT q.owner_id FROM subject_request q
                            JOIN seen s ON s.kind = 'request' AND s.id = q.id WHERE q.owner_id IS NOT NULL)
         SELECT (SELECT CAST(COALESCE(SUM(n), 0) AS BIGINT) FROM seen) AS n_readings,
                (SELECT COUNT(*) FROM person) AS n_persons,
                (SELECT COUNT(*) FROM doc) AS n_documents,
                (SELECT COUNT(*) FROM doc WHERE is_health = 1) AS n_health,
                (SELECT COUNT(*) FROM seen s WHERE s.kind = 'paper'
                    AND NOT EXISTS (SELECT 1 FROM record r WHERE r.paper_id = s.id)) AS n_papers"
    );
    let row = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(actor.to_owned())
        .bind(micros(from))
        .bind(micros(until))
        .fetch_one(tx.connection())
        .await?;
    Ok(Exposure {
        n_readings: row.unsigned("n_readings")?,
        n_persons: row.unsigned("n_persons")?,
        n_documents: row.unsigned("n_documents")?,
        n_health: row.unsigned("n_health")?,
        n_papers: row.unsigned("n_papers")?,
    })
}
