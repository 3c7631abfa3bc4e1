//! TLS of the service's own, and the certificates that systems show with it.

use std::{io, path::Path, pin::Pin, sync::Arc};

use axum_server::{
    accept::Accept,
    tls_openssl::{OpenSSLAcceptor, OpenSSLConfig},
};
use openssl::ssl::{
    self, SslAcceptor, SslFiletype, SslMethod, SslOptions, SslSessionCacheMode, SslVerifyMode,
};
use tokio::io::{AsyncRead, AsyncWrite};
use tower_http::add_extension::AddExtension;

use super::Stop;
use crate::{
    config::ServiceConfig,
    engines::client_certificate::{Authorities, Shown},
};

/// Takes connections, and puts beside each request what certificate came with its connection.
#[derive(Clone)]
pub(super) struct Tls {
    inner: OpenSSLAcceptor,
    authorities: Option<Arc<Authorities>>,
}

impl Tls {
    /// TLS with certificate and key of the configuration; `None` without them.
    pub(super) fn of(service: &ServiceConfig) -> Result<Option<Self>, Stop> {
        let (Some(certificate), Some(key)) = (&service.certificate, &service.key) else { return Ok(None) };
        let authorities = service.client_ca.as_deref().map(authorities).transpose()?.map(Arc::new);
        let config = config(certificate, key, authorities.as_deref())
            .map_err(|e| Stop::usage(format!("[service] certificate, key: không dùng được ({e})")))?;
        Ok(Some(Self { inner: OpenSSLAcceptor::new(config), authorities }))
    }
}

fn authorities(path: &Path) -> Result<Authorities, Stop> {
    let fault = |e: String| Stop::usage(format!("[service] client_ca: không dùng được ({e})"));
    let pem = std::fs::read(path).map_err(|e| fault(e.to_string()))?;
    Authorities::read(&pem).map_err(|e| fault(e.to_string()))
}

/// TLS 1.2 and 1.3, the ciphers Mozilla calls intermediate.
fn config(
    certificate: &Path,
    key: &Path,
    authorities: Option<&Authorities>,
) -> Result<OpenSSLConfig, ssl::Error> {
    let mut builder = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server())?;
    builder.set_certificate_chain_file(certificate)?;
    builder.set_private_key_file(key, SslFiletype::PEM)?;
    if let Some(authorities) = authorities {
        builder.set_client_ca_list(authorities.names()?);
        // Asked for, not required, and judged with each request: that the key is there, TLS proves; what the certificate
        // is worth, `Authorities` finds out. A wrong one is worth nothing, and gets the answer of none.
        builder.set_verify_callback(SslVerifyMode::PEER, |_, _| true);
        // A connection that goes on from another one would bring the certificate without those between.
        builder.set_session_id_context(b"sohoa")?;
        builder.set_session_cache_mode(SslSessionCacheMode::OFF);
        builder.set_options(SslOptions::NO_TICKET | SslOptions::NO_RENEGOTIATION);
        builder.set_num_tickets(0)?;
    }
    OpenSSLConfig::try_from(builder)
}

type Accepted<I, S> = io::Result<(<OpenSSLAcceptor as Accept<I, S>>::Stream, AddExtension<S, Shown>)>;

impl<I, S> Accept<I, S> for Tls
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    S: Send + 'static,
{
    type Stream = <OpenSSLAcceptor as Accept<I, S>>::Stream;
    type Service = AddExtension<S, Shown>;
    type Future = Pin<Box<dyn Future<Output = Accepted<I, S>> + Send>>;

    fn accept(&self, stream: I, service: S) -> Self::Future {
        let accepting = self.inner.accept(stream, service);
        let authorities = self.authorities.clone();
        Box::pin(async move {
            let (stream, service) = accepting.await?;
            let certificate = stream.ssl().peer_certificate();
            let shown = match (&authorities, &certificate) {
                (Some(authorities), Some(certificate)) => {
                    authorities.look(certificate, stream.ssl().peer_cert_chain())
                }
                _ => Shown::default(),
            };
            Ok((stream, AddExtension::new(service, shown)))
        })
    }
}
