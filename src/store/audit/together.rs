//! Events of readings, which belong to no transaction: those of requests that come together are written together, in
//! one statement. Whoever waits for one is told when it stands, and not before.

use std::{
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::oneshot;

use super::{TRIES, entry_of, give_way, insert};
use crate::{
    domain::event::{AuditEvent, Change},
    store::{Db, StoreError, Tx, row::micros},
};

/// Events in one statement at most.
const AT_ONCE: usize = 32;

/// Events that wait to be written.
#[derive(Default)]
pub(in crate::store) struct Waiting(Mutex<Queue>);

#[derive(Default)]
struct Queue {
    events: Vec<Pending>,
    is_written: bool,
}

struct Pending {
    event: AuditEvent,
    told: oneshot::Sender<Result<(), StoreError>>,
}

impl Waiting {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Appends an event that is a transaction by itself, and waits until it stands.
///
/// # Errors
/// As [`super::append`].
pub async fn append_alone(db: &Db, event: AuditEvent) -> Result<(), StoreError> {
    let (told, heard) = oneshot::channel();
    let is_first = {
        let mut queue = db.events().queue();
        queue.events.push(Pending { event, told });
        !mem::replace(&mut queue.is_written, true)
    };
    if is_first {
        // In a task of its own: whoever is first may leave, and others wait for his event's statement.
        tokio::spawn(write_all(db.clone()));
    }
    heard.await.unwrap_or(Err(StoreError::Busy))
}

/// Who writes. Should the writing break off, whoever still waits hears of it, and the next event begins anew.
struct Writer(Option<Arc<Waiting>>);

impl Writer {
    /// The next events; with the last, the writing is over.
    fn next(&mut self) -> Vec<Pending> {
        let Some(waiting) = &self.0 else { return Vec::new() };
        let mut queue = waiting.queue();
        let n = queue.events.len().min(AT_ONCE);
        let next: Vec<Pending> = queue.events.drain(..n).collect();
        queue.is_written = !next.is_empty();
        drop(queue);
        if next.is_empty() {
            self.0 = None;
        }
        next
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if let Some(waiting) = self.0.take() {
            *waiting.queue() = Queue::default();
        }
    }
}

async fn write_all(db: Db) {
    let mut writer = Writer(Some(Arc::clone(db.events())));
    loop {
        let batch = writer.next();
        if batch.is_empty() {
            return;
        }
        let (events, waiting): (Vec<_>, Vec<_>) = batch.into_iter().map(|p| (p.event, p.told)).unzip();
        let written = write(&db, &events).await;
        for told in waiting {
            // Whoever waited may have left.
            let _ = told.send(written.clone());
        }
    }
}

async fn write(db: &Db, events: &[AuditEvent]) -> Result<(), StoreError> {
    let mut tx = db.write_singly().await?;
    insert_all(&mut tx, events).await?;
    tx.commit().await
}

async fn insert_all(tx: &mut Tx, events: &[AuditEvent]) -> Result<(), StoreError> {
    let mut left: Vec<&AuditEvent> = events.iter().collect();
    for _ in 0..TRIES {
        let entry = |event: &&AuditEvent| {
            let at = tx.next_event_at(micros(event.at));
            entry_of(&tx.keys(), event, &Change::default(), at)
        };
        let entries = left.iter().map(entry).collect::<Result<Vec<_>, _>>()?;
        let kept = insert(tx, &entries).await?;
        let missed = entries.iter().zip(left).filter(|(entry, _)| !kept.contains(&entry.happened_at));
        let missed: Vec<_> = missed.collect();
        let Some((entry, _)) = missed.first() else { return Ok(()) };
        give_way(tx, entry).await?;
        left = missed.into_iter().map(|(_, event)| event).collect();
    }
    Err(StoreError::Busy)
}
