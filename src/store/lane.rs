//! Connections kept for statements that are a transaction each: what systems ask thousands of times a second. Between
//! two of them a connection rests here, not in the pool, which asks it on every way back whether it is still there.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use sqlx::{Any, AnyConnection, AnyPool, pool::PoolConnection};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{
    StoreError,
    db::{PATIENCE, RESTED},
};

/// At most so many of the pool's connections at once.
pub(super) const WIDTH: usize = 8;

#[derive(Clone)]
pub(super) struct Lane {
    places: Arc<Semaphore>,
    resting: Arc<Mutex<VecDeque<Resting>>>,
}

struct Resting {
    since: Instant,
    connection: PoolConnection<Any>,
}

/// A connection in use. Dropped, as when its request is given up, it goes to the pool, which sees to what is left of
/// a statement half-way.
pub(super) struct Held {
    connection: PoolConnection<Any>,
    lane: Lane,
    _place: OwnedSemaphorePermit,
}

impl Lane {
    pub(super) fn new() -> Self {
        Self { places: Arc::new(Semaphore::new(WIDTH)), resting: Arc::default() }
    }

    /// # Errors
    /// [`StoreError::Busy`], [`StoreError::Unreachable`].
    pub(super) async fn hold(&self, pool: &AnyPool) -> Result<Held, StoreError> {
        let place = tokio::time::timeout(PATIENCE, Arc::clone(&self.places).acquire_owned());
        let place = place.await.map_err(|_| StoreError::Busy)?.map_err(|_| sqlx::Error::PoolClosed)?;
        // Whatever has rested long, the server may have left: the pool finds out.
        let rested = self.resting().pop_back().filter(|resting| resting.since.elapsed() <= RESTED);
        let connection = match rested {
            Some(resting) => resting.connection,
            None => pool.acquire().await?,
        };
        Ok(Held { connection, lane: self.clone(), _place: place })
    }

    /// Lets nobody in any more and gives all connections back.
    pub(super) fn close(&self) {
        self.places.close();
        self.resting().clear();
    }

    fn resting(&self) -> MutexGuard<'_, VecDeque<Resting>> {
        self.resting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    pub(super) fn connection(&mut self) -> &mut AnyConnection {
        &mut self.connection
    }

    /// Puts the connection by for whoever comes next: its statements are all over.
    pub(super) fn rest(self) {
        let mut resting = self.lane.resting();
        // What has rested too long goes back first, so that none is kept from the pool for nothing.
        while resting.front().is_some_and(|oldest| oldest.since.elapsed() > RESTED) {
            resting.pop_front();
        }
        if !self.lane.places.is_closed() {
            resting.push_back(Resting { since: Instant::now(), connection: self.connection });
        }
    }
}
