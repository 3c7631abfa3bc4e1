//! OCSP responders over HTTP (RFC 6960, appendix A). What is asked and whether the answer is right is known elsewhere.

use super::{Remote, RemoteError};

const MOST_BYTES: usize = 256 * 1024;

impl Remote {
    /// Sends an OCSP request, DER; gives the answer as it came.
    ///
    /// # Errors
    /// [`RemoteError`].
    pub async fn ocsp(&self, address: &str, question: Vec<u8>) -> Result<Vec<u8>, RemoteError> {
        let kinds = ("application/ocsp-request", "application/ocsp-response");
        self.post(address, kinds, question, MOST_BYTES).await
    }
}
