//! One HTTP client for all: bounded in time and size, to allowed addresses alone, no redirect to another host.

use std::{collections::BTreeSet, net::IpAddr, sync::Arc, time::Duration};

use reqwest::{Client, RequestBuilder, Response, Url, header::CONTENT_TYPE, redirect};
use serde::Deserialize;

use super::{
    addresses::{Resolver, may_connect},
    crls::Cache,
};

const MOST_REDIRECTS: usize = 3;

/// What may be asked, and how long it may take.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RemoteRules {
    /// Hosts in private networks that may be asked all the same: names or addresses.
    pub private_hosts: Vec<String>,
    /// For one question in all, seconds.
    pub seconds: u64,
    /// For all questions about one file, seconds.
    pub seconds_in_all: u64,
    /// How long a revocation list is taken from memory, seconds.
    pub list_seconds: u64,
}

impl Default for RemoteRules {
    fn default() -> Self {
        Self { private_hosts: Vec::new(), seconds: 15, seconds_in_all: 60, list_seconds: 3600 }
    }
}

/// Why there is no answer. Addresses are left out: they may lie in a private network.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    /// Not an address that may be asked.
    #[error("địa chỉ này không được phép truy cập")]
    NotAllowed,
    /// Nobody answered in time, or nobody is there.
    #[error("không kết nối được máy chủ")]
    Unreachable(#[source] reqwest::Error),
    /// The server said no.
    #[error("máy chủ trả lời mã {0}")]
    Refused(u16),
    /// Longer than an answer to this question is.
    #[error("câu trả lời quá lớn")]
    TooLarge,
    /// Another kind of answer.
    #[error("câu trả lời không đúng loại")]
    OtherKind,
}

/// Asks other systems.
pub struct Remote {
    pub(super) client: Client,
    allowed: Arc<BTreeSet<String>>,
    pub(super) lists: Cache,
    in_all: Duration,
}

impl Remote {
    /// # Errors
    /// [`RemoteError::Unreachable`] when TLS cannot be set up on this machine.
    pub fn new(rules: &RemoteRules) -> Result<Self, RemoteError> {
        Self::with(rules, MOST_REDIRECTS)
    }

    /// As [`Self::new`], for systems that are told secrets: no redirect is followed.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn straight(rules: &RemoteRules) -> Result<Self, RemoteError> {
        Self::with(rules, 0)
    }

    fn with(rules: &RemoteRules, most_redirects: usize) -> Result<Self, RemoteError> {
        let allowed: BTreeSet<String> =
            rules.private_hosts.iter().map(|host| host.trim().to_ascii_lowercase()).collect();
        let allowed = Arc::new(allowed);
        let for_redirects = allowed.clone();
        let redirects = redirect::Policy::custom(move |attempt| {
            let same_host =
                attempt.previous().last().is_some_and(|last| last.host_str() == attempt.url().host_str());
            if same_host
                && attempt.previous().len() <= most_redirects
                && is_allowed(attempt.url(), &for_redirects)
            {
                attempt.follow()
            } else {
                attempt.stop()
            }
        });
        let seconds = rules.seconds.clamp(1, 300);
        let client = Client::builder()
            .dns_resolver(Arc::new(Resolver { allowed: allowed.clone() }))
            .redirect(redirects)
            .connect_timeout(Duration::from_secs(seconds.min(5)))
            .timeout(Duration::from_secs(seconds))
            .no_proxy() // a proxy would look names up in our place
            .user_agent("sohoa")
            .build()
            .map_err(RemoteError::Unreachable)?;
        let lists = Cache::new(Duration::from_secs(rules.list_seconds));
        Ok(Self { client, allowed, lists, in_all: Duration::from_secs(rules.seconds_in_all) })
    }

    /// How long all questions about one file may take.
    pub fn in_all(&self) -> Duration {
        self.in_all
    }

    pub(super) fn url(&self, address: &str) -> Result<Url, RemoteError> {
        let url = Url::parse(address).map_err(|_| RemoteError::NotAllowed)?;
        if is_allowed(&url, &self.allowed) { Ok(url) } else { Err(RemoteError::NotAllowed) }
    }

    pub(super) async fn get(&self, address: &str, most_bytes: usize) -> Result<Vec<u8>, RemoteError> {
        body(sent(self.client.get(self.url(address)?)).await?, None, most_bytes).await
    }

    pub(super) async fn post(
        &self,
        address: &str,
        (kind, kind_of_answer): (&'static str, &'static str),
        question: Vec<u8>,
        most_bytes: usize,
    ) -> Result<Vec<u8>, RemoteError> {
        let request = self.client.post(self.url(address)?).header(CONTENT_TYPE, kind).body(question);
        body(sent(request).await?, Some(kind_of_answer), most_bytes).await
    }

    /// A certificate of an issuer, as certificates name them: DER; PKCS#7 bundles are not taken.
    ///
    /// # Errors
    /// [`RemoteError`].
    pub async fn issuer_certificate(&self, address: &str) -> Result<Vec<u8>, RemoteError> {
        const MOST_BYTES: usize = 64 * 1024;
        self.get(address, MOST_BYTES).await
    }
}

/// `http` or `https`, no password in it, and not a literal address that may not be connected to: those are
/// never looked up.
fn is_allowed(url: &Url, allowed: &BTreeSet<String>) -> bool {
    let is_web =
        matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none();
    let Some(host) = url.host_str() else { return false };
    let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    is_web && literal.map_or(true, |address| may_connect(address, allowed))
}

pub(super) async fn sent(request: RequestBuilder) -> Result<Response, RemoteError> {
    request.send().await.map_err(RemoteError::Unreachable)
}

pub(super) async fn body(
    mut answer: Response,
    kind: Option<&str>,
    most_bytes: usize,
) -> Result<Vec<u8>, RemoteError> {
    if answer.status() != reqwest::StatusCode::OK {
        return Err(RemoteError::Refused(answer.status().as_u16()));
    }
    if let Some(kind) = kind {
        let said = answer.headers().get(CONTENT_TYPE).and_then(|said| said.to_str().ok()).unwrap_or_default();
        let said = said.split(';').next().unwrap_or_default().trim();
        if !said.eq_ignore_ascii_case(kind) {
            return Err(RemoteError::OtherKind);
        }
    }
    if answer.content_length().is_some_and(|length| length > most_bytes as u64) {
        return Err(RemoteError::TooLarge);
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(RemoteError::Unreachable)? {
        if bytes.len() + chunk.len() > most_bytes {
            return Err(RemoteError::TooLarge);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests;
