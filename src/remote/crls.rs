//! Revocation lists over HTTP, kept in memory for a while by address. Whether a list is right and in force is known
//! elsewhere.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use super::{Remote, RemoteError};

const MOST_BYTES: usize = 32 * 1024 * 1024;
/// Lists kept, and bytes of them in all.
const MOST_LISTS: usize = 64;
const MOST_KEPT_BYTES: usize = 128 * 1024 * 1024;

/// A list, and when it was fetched.
type Kept = (Instant, Arc<Vec<u8>>);

/// Lists by address.
pub(super) struct Cache {
    lists: Mutex<HashMap<String, Kept>>,
    keep_for: Duration,
}

impl Cache {
    pub(super) fn new(keep_for: Duration) -> Self {
        Self { lists: Mutex::default(), keep_for }
    }

    fn find(&self, address: &str, now: Instant) -> Option<Arc<Vec<u8>>> {
        let mut lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        lists.retain(|_, (kept_at, _)| now.duration_since(*kept_at) < self.keep_for);
        lists.get(address).map(|(_, list)| list.clone())
    }

    fn keep(&self, address: &str, list: &Arc<Vec<u8>>, now: Instant) {
        let mut lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        let n_bytes: usize = lists.values().map(|(_, list)| list.len()).sum();
        if lists.len() >= MOST_LISTS || n_bytes + list.len() > MOST_KEPT_BYTES {
            lists.clear();
        }
        lists.insert(address.to_owned(), (now, list.clone()));
    }
}

impl Remote {
    /// The revocation list at this address, as it came or was kept; PEM is turned into DER.
    ///
    /// # Errors
    /// [`RemoteError`].
    pub async fn crl(&self, address: &str) -> Result<Arc<Vec<u8>>, RemoteError> {
        let now = Instant::now();
        if let Some(list) = self.lists.find(address, now) {
            return Ok(list);
        }
        let bytes = self.get(address, MOST_BYTES).await?;
        let list = Arc::new(from_pem(bytes));
        self.lists.keep(address, &list, now);
        Ok(list)
    }
}

fn from_pem(bytes: Vec<u8>) -> Vec<u8> {
    if bytes.starts_with(b"-----BEGIN")
        && let Ok(list) = openssl::x509::X509Crl::from_pem(&bytes)
        && let Ok(der) = list.to_der()
    {
        return der;
    }
    bytes
}
