//! Whether the chain in a database is whole.

use super::{
    AuditFaultKind, AuditVerification,
    days::{self, Day},
    entry::Entry,
    head,
    segment::{SEGMENT_EVENTS, behind, segments_behind},
    walk::Walk,
};
use crate::store::{Db, StoreError, Tx};

/// Segments held in memory at once; their marks are some 11 kB each.
const PAGE: i64 = 100;

/// Walks the whole chain on one view of the data and names the first fault. `days` are signed ends that were kept
/// elsewhere; those that the database has itself are held against it too.
///
/// Source: QĐ 1917/QĐ-BLĐTBXH, Điều 10 khoản 2.
///
/// # Errors
/// What stopped us from looking: [`StoreError`] of the database. A fault is an answer, not an error.
pub async fn verify(db: &Db, days: &[Day]) -> Result<AuditVerification, StoreError> {
    let mut tx = db.read().await?;
    let keys = tx.keys();
    let head = head::read(&mut tx).await?;
    let (own, is_faulty) = days::own(&mut tx).await?;
    let mut walk = Walk::new(Some(&keys), days.iter().cloned().chain(own).collect());
    walk_segments(&mut tx, &mut walk).await?;
    if !walk.is_broken() {
        walk_tail(&mut tx, &mut walk).await?;
    }
    if is_faulty {
        walk.break_at(0, AuditFaultKind::Changed);
    }
    Ok(walk.end(head.as_ref()))
}

async fn walk_segments(tx: &mut Tx, walk: &mut Walk<'_>) -> Result<(), StoreError> {
    loop {
        let segments = segments_behind(tx, walk.segment, PAGE).await?;
        if segments.is_empty() {
            return Ok(());
        }
        let n_segments = i64::try_from(segments.len()).unwrap_or(PAGE);
        for (position, segment) in (1..).zip(segments) {
            let Ok(segment) = segment else {
                walk.break_at(0, AuditFaultKind::Changed);
                return Ok(());
            };
            let until = (segment.until_turn, segment.until_at);
            let Some(events) = between(tx, walk.place, until).await? else {
                walk.break_at(0, AuditFaultKind::Changed);
                return Ok(());
            };
            let is_last = position == n_segments
                && n_segments < PAGE
                && behind(tx, until, i64::MAX, 1).await?.is_empty();
            walk.segment(&segment, &events, is_last);
            if walk.is_broken() {
                return Ok(());
            }
        }
    }
}

/// Events behind one place and up to another, one more than a segment has at most; `None` where one is no event.
pub(super) async fn between(
    tx: &mut Tx,
    (turn, at): (i64, i64),
    (until_turn, until_at): (i64, i64),
) -> Result<Option<Vec<Entry>>, StoreError> {
    let rows = sqlx::query(
        "SELECT * FROM audit_event WHERE (turn, happened_at) > ($1, $2) AND (turn, happened_at) <= ($3, $4)
          ORDER BY turn, happened_at LIMIT $5",
    )
    .bind(turn)
    .bind(at)
    .bind(until_turn)
    .bind(until_at)
    .bind(i64::from(SEGMENT_EVENTS) + 1)
    .fetch_all(tx.connection())
    .await?;
    Ok(rows.iter().map(Entry::of).collect::<Result<_, _>>().ok())
}

async fn walk_tail(tx: &mut Tx, walk: &mut Walk<'_>) -> Result<(), StoreError> {
    let mut place = walk.place;
    while !walk.is_broken() {
        let events = match behind(tx, place, i64::MAX, SEGMENT_EVENTS).await {
            Err(StoreError::Corrupt { .. }) => {
                walk.break_at(0, AuditFaultKind::Changed);
                return Ok(());
            }
            events => events?,
        };
        let Some(last) = events.last() else { return Ok(()) };
        place = last.place();
        walk.tail(&events);
    }
    Ok(())
}
