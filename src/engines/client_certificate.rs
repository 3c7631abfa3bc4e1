//! Certificates that systems show with TLS: known by their hash, and worth something only under the CAs that the
//! installation names (RFC 8705).
//!
//! That whoever shows one holds its key is what TLS proves. Knows nothing of connections and of clients.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use openssl::{
    asn1::{Asn1Time, Asn1TimeRef},
    error::ErrorStack,
    hash::MessageDigest,
    stack::{Stack, StackRef},
    x509::{
        X509, X509Name, X509PurposeId, X509Ref, X509StoreContext,
        store::{X509Store, X509StoreBuilder},
        verify::{X509VerifyFlags, X509VerifyParam},
    },
};

/// Strength that a chain must have: 112 bits, so neither SHA-1 nor RSA below 2048 (level 2 of OpenSSL).
const LEVEL: i32 = 2;

/// A file that is not what it should be.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// Not PEM, or without a certificate.
    #[error("không phải chứng thư PEM")]
    NoCertificate(#[source] Option<ErrorStack>),
    /// Several, and nobody says which.
    #[error("tệp có nhiều chứng thư: chỉ để chứng thư của chính hệ thống đó")]
    Several,
}

impl From<ErrorStack> for CertificateError {
    fn from(error: ErrorStack) -> Self {
        Self::NoCertificate(Some(error))
    }
}

/// SHA-256 of a certificate, as tokens name it (`x5t#S256` of RFC 8705).
///
/// # Errors
/// [`CertificateError`] when `pem` is not one certificate.
pub fn thumbprint(pem: &[u8]) -> Result<String, CertificateError> {
    let mut all = X509::stack_from_pem(pem)?.into_iter();
    match (all.next(), all.next()) {
        (Some(one), None) => Ok(thumbprint_of(&one)?),
        (Some(_), Some(_)) => Err(CertificateError::Several),
        (None, _) => Err(CertificateError::NoCertificate(None)),
    }
}

fn thumbprint_of(certificate: &X509Ref) -> Result<String, ErrorStack> {
    Ok(URL_SAFE_NO_PAD.encode(certificate.digest(MessageDigest::sha256())?))
}

/// The CAs whose certificates systems may show.
pub struct Authorities {
    store: X509Store,
    named: Vec<X509>,
}

impl Authorities {
    /// Those of a PEM file; a certificate that signs itself stands for itself alone.
    ///
    /// # Errors
    /// [`CertificateError::NoCertificate`].
    pub fn read(pem: &[u8]) -> Result<Self, CertificateError> {
        let named = X509::stack_from_pem(pem)?;
        if named.is_empty() {
            return Err(CertificateError::NoCertificate(None));
        }
        let mut parameters = X509VerifyParam::new()?;
        parameters.set_auth_level(LEVEL);
        // Times are held against the clock with each request.
        parameters.set_flags(X509VerifyFlags::NO_CHECK_TIME | X509VerifyFlags::PARTIAL_CHAIN)?;
        parameters.set_purpose(X509PurposeId::SSL_CLIENT)?;
        let mut store = X509StoreBuilder::new()?;
        store.set_param(&parameters)?;
        for certificate in &named {
            store.add_cert(certificate.clone())?;
        }
        Ok(Self { store: store.build(), named })
    }

    /// Their names, as TLS tells them to who is asked for a certificate.
    ///
    /// # Errors
    /// OpenSSL's, out of memory.
    pub fn names(&self) -> Result<Stack<X509Name>, ErrorStack> {
        let mut names = Stack::new()?;
        for certificate in &self.named {
            names.push(certificate.subject_name().to_owned()?)?;
        }
        Ok(names)
    }

    /// What a certificate is worth that was shown with those `between`.
    pub fn look(&self, certificate: &X509Ref, between: Option<&StackRef<X509>>) -> Shown {
        let found = self.chain(certificate, between).and_then(|period| {
            let worth = |period| thumbprint_of(certificate).map(|thumbprint| Worth { thumbprint, period });
            period.map(worth).transpose()
        });
        Shown(found.unwrap_or_default())
    }

    /// From when until when the whole chain to a named CA is in force; `None` where there is no such chain.
    fn chain(
        &self,
        certificate: &X509Ref,
        between: Option<&StackRef<X509>>,
    ) -> Result<Option<(Timestamp, Timestamp)>, ErrorStack> {
        let none = Stack::new()?;
        let between = between.unwrap_or(&none);
        let mut context = X509StoreContext::new()?;
        context.init(&self.store, certificate, between, |context| {
            if !context.verify_cert()? {
                return Ok(None);
            }
            let mut period = (Timestamp::MIN, Timestamp::MAX);
            for one in context.chain().into_iter().flatten() {
                let (Some(from), Some(until)) = (instant(one.not_before())?, instant(one.not_after())?)
                else {
                    return Ok(None);
                };
                period = (period.0.max(from), period.1.min(until));
            }
            Ok(Some(period))
        })
    }
}

fn instant(time: &Asn1TimeRef) -> Result<Option<Timestamp>, ErrorStack> {
    let since = Asn1Time::from_unix(0)?.diff(time)?;
    let seconds = i64::from(since.days) * 86_400 + i64::from(since.secs);
    Ok(Timestamp::from_second(seconds).ok())
}

/// A certificate that somebody showed with the connection, and holds the key of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shown(Option<Worth>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Worth {
    thumbprint: String,
    period: (Timestamp, Timestamp),
}

impl Shown {
    /// Its hash, when it comes from a named CA and is in force at `now`.
    pub fn thumbprint_at(&self, now: Timestamp) -> Option<&str> {
        let worth = self.0.as_ref()?;
        let (from, until) = worth.period;
        (from <= now && now <= until).then_some(worth.thumbprint.as_str())
    }
}
