//! Time-stamp authorities over HTTP (RFC 3161, 3.4). What is asked and whether the answer is right is known elsewhere.

use super::{Remote, RemoteError};

const MOST_BYTES: usize = 256 * 1024;

impl Remote {
    /// Sends a time-stamp request, DER; gives the answer as it came.
    ///
    /// # Errors
    /// [`RemoteError`].
    pub async fn timestamp(&self, address: &str, question: Vec<u8>) -> Result<Vec<u8>, RemoteError> {
        let kinds = ("application/timestamp-query", "application/timestamp-reply");
        self.post(address, kinds, question, MOST_BYTES).await
    }
}
