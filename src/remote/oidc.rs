//! The agency's own provider of sign-ins over HTTP (OpenID Connect). What is asked and whether the answer is right is
//! known elsewhere.

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};

use super::{
    Remote, RemoteError,
    client::{body, sent},
};

const MOST_BYTES: usize = 256 * 1024;
const JSON: &str = "application/json";

impl Remote {
    /// The provider's document, or its keys, as they came.
    ///
    /// # Errors
    /// [`RemoteError`].
    pub async fn provider_document(&self, address: &str) -> Result<Vec<u8>, RemoteError> {
        self.get(address, MOST_BYTES).await
    }

    /// Redeems a code: sends `form`, with `authorization` where there is one; gives the answer as it came.
    ///
    /// # Errors
    /// [`RemoteError`].
    pub async fn redeem(
        &self,
        address: &str,
        authorization: Option<String>,
        form: String,
    ) -> Result<Vec<u8>, RemoteError> {
        let request = self.client.post(self.url(address)?).header(ACCEPT, JSON);
        let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(form);
        let request = match authorization {
            Some(authorization) => request.header(AUTHORIZATION, authorization),
            None => request,
        };
        body(sent(request).await?, Some(JSON), MOST_BYTES).await
    }
}
