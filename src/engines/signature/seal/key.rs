//! Keys to sign with: PKCS#12 files and PKCS#11 tokens, behind one trait; and the checks of a certificate
//! before anything is signed with it.
//!
//! Passwords and PINs are kept in a type that does not print. Knows nothing of PDF.

pub mod pkcs11;
pub mod pkcs12;

use jiff::Timestamp;
use openssl::{nid::Nid, pkey::Id, x509::X509};
use serde::{Deserialize, Serialize};
use x509_parser::prelude::{FromDer, X509Certificate};

/// More certificates than a chain has.
const LONGEST_CHAIN: usize = 10;
/// Shortest RSA key that may sign (EN 319 142-1; TT 15/2025/TT-BKHCN).
const SHORTEST_RSA_BITS: u32 = 2048;

/// A password or PIN; it does not print.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Takes it as it is, less the end of line that a file ends with.
    pub fn new(text: &str) -> Self {
        Self(text.trim_end_matches(['\r', '\n']).to_owned())
    }

    /// The secret itself, for the library that asks for it alone.
    pub(super) fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Why a key cannot sign.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not a PKCS#12 file, or damaged.
    #[error("tệp khóa không phải PKCS#12 hoặc bị hỏng")]
    NotPkcs12,
    /// The password is wrong.
    #[error("mật khẩu của tệp khóa không đúng")]
    WrongPassword,
    /// The PIN is wrong; it is never tried twice.
    #[error("mã PIN không đúng; thử sai nhiều lần thiết bị sẽ bị khóa")]
    WrongPin,
    /// Too many wrong PINs.
    #[error("thiết bị ký đã bị khóa vì nhập sai mã PIN nhiều lần")]
    PinLocked,
    /// No such module, token, key or certificate.
    #[error("không tìm thấy {0}")]
    NotFound(String),
    /// More than one would fit.
    #[error("có nhiều {what} ({found}); cần chỉ rõ một")]
    Ambiguous {
        /// Of what.
        what: &'static str,
        /// Their labels.
        found: String,
    },
    /// The token was pulled out, or its connection lost.
    #[error("mất kết nối với thiết bị ký")]
    TokenLost,
    /// The token said no; its own word.
    #[error("thiết bị ký báo lỗi: {0}")]
    Token(String),
    /// The certificate cannot be read.
    #[error("không đọc được chứng thư số của khóa")]
    BadCertificate,
    /// The certificate belongs to another key.
    #[error("chứng thư số không thuộc khóa này")]
    OtherKey,
    /// It begins later.
    #[error("chứng thư số chưa có hiệu lực (từ {0})")]
    NotYetValid(Timestamp),
    /// It has ended.
    #[error("chứng thư số đã hết hạn (ngày {0})")]
    Expired(Timestamp),
    /// It is not for signatures.
    #[error("chứng thư số không dùng để ký")]
    NotForSigning,
    /// The kind of key is not one of RSA, P-256, P-384, or it is too short.
    #[error("loại khóa hoặc độ dài khóa không được hỗ trợ")]
    WeakOrUnknown,
    /// The key would not sign.
    #[error("khóa không ký được")]
    Failed,
}

/// Kinds of keys that sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyKind {
    /// RSA, PKCS#1 v1.5.
    Rsa,
    /// ECDSA over P-256 or P-384.
    Ecdsa,
}

/// A certificate to sign under, with those that lead on from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SigningCertificate {
    /// DER.
    #[serde(with = "super::prepare::as_base64")]
    der: Vec<u8>,
    /// DER each; the issuer first.
    #[serde(with = "super::prepare::as_base64_list")]
    chain: Vec<Vec<u8>>,
    kind: KeyKind,
}

impl SigningCertificate {
    /// Takes a certificate, and of `others` those that lead on from it.
    ///
    /// # Errors
    /// [`KeyError::BadCertificate`], [`KeyError::WeakOrUnknown`].
    pub fn new(der: &[u8], others: &[Vec<u8>]) -> Result<Self, KeyError> {
        let certificate = X509::from_der(der).map_err(|_| KeyError::BadCertificate)?;
        let key = certificate.public_key().map_err(|_| KeyError::BadCertificate)?;
        let kind = match key.id() {
            Id::RSA if key.bits() >= SHORTEST_RSA_BITS => KeyKind::Rsa,
            Id::EC => {
                let curve = key.ec_key().ok().and_then(|key| key.group().curve_name());
                match curve {
                    Some(Nid::X9_62_PRIME256V1 | Nid::SECP384R1) => KeyKind::Ecdsa,
                    _ => return Err(KeyError::WeakOrUnknown),
                }
            }
            _ => return Err(KeyError::WeakOrUnknown),
        };
        let certificate = Self { der: der.to_vec(), chain: leading_on(certificate, others), kind };
        certificate.parsed()?;
        Ok(certificate)
    }

    /// The certificate, DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Those that lead on from it, DER.
    pub fn chain(&self) -> &[Vec<u8>] {
        &self.chain
    }

    /// What kind of key it certifies.
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// Common name of the subject; empty where there is none.
    pub fn name(&self) -> String {
        let name = |certificate: X509Certificate<'_>| {
            let mut names = certificate.subject().iter_common_name();
            names.next().and_then(|name| name.as_str().ok()).map(str::to_owned)
        };
        self.parsed().ok().and_then(name).unwrap_or_default()
    }

    /// Common name of the issuer; empty where there is none.
    pub fn issuer(&self) -> String {
        let name = |certificate: X509Certificate<'_>| {
            let mut names = certificate.issuer().iter_common_name();
            names.next().and_then(|name| name.as_str().ok()).map(str::to_owned)
        };
        self.parsed().ok().and_then(name).unwrap_or_default()
    }

    /// From when until when it is valid.
    pub fn period(&self) -> Option<(Timestamp, Timestamp)> {
        let certificate = self.parsed().ok()?;
        let validity = certificate.validity();
        let instant = |seconds: i64| Timestamp::from_second(seconds).ok();
        Some((instant(validity.not_before.timestamp())?, instant(validity.not_after.timestamp())?))
    }

    /// Serial number, hexadecimal.
    pub fn serial(&self) -> String {
        self.parsed()
            .map(|certificate| certificate.raw_serial_as_string().replace(':', ""))
            .unwrap_or_default()
    }

    pub(super) fn parsed(&self) -> Result<X509Certificate<'_>, KeyError> {
        X509Certificate::from_der(&self.der)
            .map(|(_, certificate)| certificate)
            .map_err(|_| KeyError::BadCertificate)
    }

    /// Whether it may sign at `now`: its period, and what it says it is for.
    ///
    /// # Errors
    /// [`KeyError::NotYetValid`], [`KeyError::Expired`], [`KeyError::NotForSigning`].
    pub fn check(&self, now: Timestamp) -> Result<(), KeyError> {
        let certificate = self.parsed()?;
        let (from, until) = self.period().ok_or(KeyError::BadCertificate)?;
        if now < from {
            return Err(KeyError::NotYetValid(from));
        }
        if now > until {
            return Err(KeyError::Expired(until));
        }
        let usage = certificate.key_usage().map_err(|_| KeyError::BadCertificate)?;
        let may_sign =
            usage.is_none_or(|usage| usage.value.digital_signature() || usage.value.non_repudiation());
        let is_authority = certificate.is_ca();
        if may_sign && !is_authority { Ok(()) } else { Err(KeyError::NotForSigning) }
    }
}

/// The certificates in a file: DER, or any number as PEM.
pub fn certificates_of_file(bytes: &[u8]) -> Vec<Vec<u8>> {
    if let Ok(one) = X509::from_der(bytes) {
        return one.to_der().into_iter().collect();
    }
    let many = X509::stack_from_pem(bytes).unwrap_or_default();
    many.into_iter().filter_map(|certificate| certificate.to_der().ok()).collect()
}

/// The certificates that lead on from one, issuer after issuer.
fn leading_on(from: X509, others: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut others: Vec<X509> = others.iter().filter_map(|der| X509::from_der(der).ok()).collect();
    let mut chain = Vec::new();
    let mut last = from;
    while chain.len() < LONGEST_CHAIN {
        let is_issuer = |candidate: &X509| {
            candidate.issued(&last).as_raw() == 0
                && candidate.public_key().is_ok_and(|key| last.verify(&key).unwrap_or(false))
        };
        let Some(at) = others.iter().position(is_issuer) else { break };
        let issuer = others.swap_remove(at);
        if issuer.to_der().ok() == last.to_der().ok() {
            break; // it issued itself
        }
        chain.extend(issuer.to_der().ok());
        last = issuer;
    }
    chain
}

/// A key with its certificate.
pub trait Signer {
    /// The certificate that goes with the key.
    fn certificate(&self) -> &SigningCertificate;

    /// Signs the SHA-256 of `attributes`: RSA PKCS#1 v1.5, or ECDSA as a DER sequence of r and s.
    ///
    /// # Errors
    /// [`KeyError`].
    fn sign(&self, attributes: &[u8]) -> Result<Vec<u8>, KeyError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_do_not_print() {
        let secret = Secret::new("1234\r\n");
        assert_eq!((format!("{secret:?}").as_str(), secret.expose()), ("Secret(…)", "1234"));
    }
}
