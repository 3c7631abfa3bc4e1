//! One reading for all who ask the same at once. Whoever comes while it is under way waits for the next one: nobody is
//! answered with what was so before he came.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::sync;

use super::StoreError;

/// Readings by what is asked; meant for keys that are few.
pub(super) struct Shared<K, V> {
    /// Orders arrivals and beginnings of readings.
    turn: AtomicU64,
    readings: Mutex<HashMap<K, Last<V>>>,
}

/// The last reading of a key, held by whoever reads.
type Last<V> = Arc<sync::Mutex<Option<Reading<V>>>>;

struct Reading<V> {
    begun: u64,
    value: V,
}

impl<K, V> Default for Shared<K, V> {
    fn default() -> Self {
        Self { turn: AtomicU64::new(0), readings: Mutex::default() }
    }
}

impl<K: Clone + Eq + Hash, V: Clone> Shared<K, V> {
    /// What `read` gives, begun after this was called, by this caller or another one.
    ///
    /// # Errors
    /// Those of `read`; each caller tries for himself.
    pub(super) async fn ask<F>(&self, key: &K, read: impl FnOnce() -> F) -> Result<V, StoreError>
    where
        F: Future<Output = Result<V, StoreError>>,
    {
        let came = self.turn.fetch_add(1, Ordering::SeqCst);
        let reading = {
            let mut readings = self.readings.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(readings.entry(key.clone()).or_default())
        };
        let mut reading = reading.lock().await;
        if let Some(done) = reading.as_ref().filter(|done| done.begun > came) {
            return Ok(done.value.clone());
        }
        let begun = self.turn.fetch_add(1, Ordering::SeqCst);
        let value = read().await?;
        *reading = Some(Reading { begun, value: value.clone() });
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;

    use tokio::sync::Semaphore;

    use super::*;

    #[tokio::test]
    async fn whoever_comes_meanwhile_shares_the_next_reading_and_never_the_one_under_way() {
        let shared = Arc::new(Shared::<&str, u32>::default());
        let (reads, let_go) = (Arc::new(AtomicU32::new(0)), Arc::new(Semaphore::new(0)));
        let ask = || {
            let (shared, reads, let_go) = (Arc::clone(&shared), Arc::clone(&reads), Arc::clone(&let_go));
            tokio::spawn(async move {
                let read = || async move {
                    let n = reads.fetch_add(1, Ordering::SeqCst) + 1;
                    let_go.acquire().await.expect("the semaphore is not closed").forget();
                    Ok(n)
                };
                shared.ask(&"key", read).await.expect("the reading cannot fail")
            })
        };
        let first = ask();
        while reads.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        let late: Vec<_> = (0..5).map(|_| ask()).collect();
        while shared.turn.load(Ordering::SeqCst) < 7 {
            tokio::task::yield_now().await;
        }
        let_go.add_permits(6);
        assert_eq!(first.await.expect("no panic"), 1);
        for late in late {
            assert_eq!(late.await.expect("no panic"), 2, "asked after they came, and once for all");
        }
    }
}
