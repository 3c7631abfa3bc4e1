//! Whom to trust: certificates given from outside, each for a purpose and, where said, a period.
//! Nothing is built in. Knows bytes and their names, no folder.
//!
//! A folder is given as it stands: with a `trust.toml`, what stands there counts; without one, every
//! certificate in it.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use super::certificate::{self, Certificate};

/// What a trusted certificate is trusted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// The Government's special-use signatures (chữ ký số chuyên dùng Chính phủ).
    Government,
    /// Public certification (chữ ký số công cộng).
    Public,
    /// Foreign certificates recognised in Việt Nam.
    Foreign,
    /// An organisation's own (chữ ký điện tử chuyên dùng).
    Internal,
    /// Time stamps alone.
    Timestamp,
    /// Not said: every use.
    Any,
}

impl Purpose {
    /// As a clerk reads it.
    pub fn vietnamese(self) -> &'static str {
        match self {
            Self::Government => "chuyên dùng Chính phủ",
            Self::Public => "công cộng",
            Self::Foreign => "nước ngoài",
            Self::Internal => "chuyên dùng của tổ chức",
            Self::Timestamp => "cấp dấu thời gian",
            Self::Any => "tin cậy",
        }
    }
}

/// One trusted certificate.
#[derive(Debug, Clone)]
pub struct Anchor {
    /// The certificate.
    pub certificate: Arc<Certificate>,
    /// What for.
    pub purpose: Purpose,
    /// Trusted for what was made from this moment on …
    pub from: Option<Timestamp>,
    /// … until this one.
    pub until: Option<Timestamp>,
}

/// All that is trusted, and certificates that came with it and are not.
#[derive(Debug, Clone, Default)]
pub struct TrustAnchors {
    /// Trusted ones.
    pub anchors: Vec<Anchor>,
    /// Given beside them, issued by one of them: links of chains, checked like any other.
    pub intermediates: Vec<Arc<Certificate>>,
}

/// Why a trust list cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    /// A file holds no certificate.
    #[error("tệp {0} không chứa chứng thư số nào đọc được (PEM hoặc DER)")]
    NoCertificate(String),
    /// The manifest is not as it has to be.
    #[error("trust.toml: {0}")]
    Manifest(String),
    /// The manifest names a file that was not given.
    #[error("trust.toml nêu tệp {0} nhưng không có tệp này")]
    Missing(String),
    /// A certificate was given that the manifest does not name.
    #[error("tệp {0} không được nêu trong trust.toml")]
    Unlisted(String),
    /// A period that ends before it begins.
    #[error("trust.toml: tệp {0} có ngày kết thúc trước ngày bắt đầu")]
    Period(String),
}

/// Name of the manifest in a folder.
pub const MANIFEST: &str = "trust.toml";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    #[serde(default)]
    anchor: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    file: String,
    purpose: Purpose,
    from: Option<String>,
    until: Option<String>,
}

impl TrustAnchors {
    /// Reads files, each with its name: certificates in PEM or DER, and maybe a [`MANIFEST`].
    /// Without one they are trusted for `purpose`; a certificate whose issuer was given too is a link
    /// then, and no anchor, so that its revocation counts.
    ///
    /// # Errors
    /// [`TrustError`], which names the file.
    pub fn parse(files: &[(String, Vec<u8>)], purpose: Purpose) -> Result<Self, TrustError> {
        let mut files: BTreeMap<&str, &[u8]> =
            files.iter().map(|(n, b)| (n.as_str(), b.as_slice())).collect();
        match files.remove(MANIFEST) {
            Some(manifest) => Self::listed(manifest, &files),
            None => Self::unlisted(&files, purpose),
        }
    }

    /// Adds what another list trusts.
    pub fn extend(&mut self, other: Self) {
        self.anchors.extend(other.anchors);
        self.intermediates.extend(other.intermediates);
    }

    /// Whether anything is trusted at all.
    pub fn is_empty(&self) -> bool {
        self.anchors.is_empty()
    }

    fn unlisted(files: &BTreeMap<&str, &[u8]>, purpose: Purpose) -> Result<Self, TrustError> {
        let mut all: Vec<Arc<Certificate>> = Vec::new();
        // A file given alone is meant, whatever its name.
        let is_meant = |name: &str, bytes: &[u8]| files.len() == 1 || is_certificate(name, bytes);
        for (name, bytes) in files.iter().filter(|(name, bytes)| is_meant(name, bytes)) {
            let read = certificate::read_all(bytes);
            if read.is_empty() {
                return Err(TrustError::NoCertificate((*name).to_owned()));
            }
            all.extend(read);
        }
        let is_link = |one: &Certificate| {
            !one.is_self_signed() && all.iter().any(|other| **other != *one && one.names_as_issuer(other))
        };
        let (links, anchors): (Vec<_>, Vec<_>) = all.iter().cloned().partition(|one| is_link(one));
        let anchor = |certificate| Anchor { certificate, purpose, from: None, until: None };
        Ok(Self { anchors: anchors.into_iter().map(anchor).collect(), intermediates: links })
    }

    fn listed(manifest: &[u8], files: &BTreeMap<&str, &[u8]>) -> Result<Self, TrustError> {
        let text =
            std::str::from_utf8(manifest).map_err(|_| TrustError::Manifest("không phải UTF-8".into()))?;
        let manifest: Manifest =
            toml::from_str(text).map_err(|e| TrustError::Manifest(e.message().to_owned()))?;
        let mut found = Self::default();
        for entry in &manifest.anchor {
            let bytes =
                files.get(entry.file.as_str()).ok_or_else(|| TrustError::Missing(entry.file.clone()))?;
            let read = certificate::read_all(bytes);
            if read.is_empty() {
                return Err(TrustError::NoCertificate(entry.file.clone()));
            }
            let day = |text: &Option<String>, after: i64| match text {
                None => Ok(None),
                Some(text) => moment(text, after).map(Some).ok_or_else(|| {
                    TrustError::Manifest(format!(
                        "tệp {}: ngày «{text}» không có dạng YYYY-MM-DD",
                        entry.file
                    ))
                }),
            };
            let (from, until) = (day(&entry.from, 0)?, day(&entry.until, 1)?);
            if from.zip(until).is_some_and(|(from, until)| until <= from) {
                return Err(TrustError::Period(entry.file.clone()));
            }
            let anchor = |certificate| Anchor { certificate, purpose: entry.purpose, from, until };
            found.anchors.extend(read.into_iter().map(anchor));
        }
        let is_named = |name: &str| manifest.anchor.iter().any(|entry| entry.file == name);
        match files.iter().find(|(name, bytes)| is_certificate(name, bytes) && !is_named(name)) {
            Some((name, _)) => Err(TrustError::Unlisted((*name).to_owned())),
            None => Ok(found),
        }
    }
}

/// Midnight in Việt Nam at the beginning of a day, `after` days later.
pub fn moment(day: &str, after: i64) -> Option<Timestamp> {
    let day: Date = day.parse().ok()?;
    let midnight = day.to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(7))).ok()?.timestamp();
    midnight.checked_add(jiff::SignedDuration::from_hours(24 * after)).ok()
}

/// Whether a file in a folder is meant as a certificate: notes lie there too.
fn is_certificate(name: &str, bytes: &[u8]) -> bool {
    let name = name.to_lowercase();
    let is_named = [".pem", ".crt", ".cer", ".der"].iter().any(|end| name.ends_with(end));
    is_named || bytes.starts_with(b"-----BEGIN") || bytes.starts_with(&[0x30, 0x82])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engines::signature::pki::{Ca, Subject};

    fn named(name: &str, bytes: &[u8]) -> (String, Vec<u8>) {
        (name.to_owned(), bytes.to_vec())
    }

    #[test]
    fn a_folder_without_a_manifest_trusts_roots_and_takes_the_rest_as_links() {
        let root = Ca::root("CA gốc thử nghiệm");
        let issuing = root.ca("CA cấp dưới thử nghiệm");
        let leaf = root.issue(&Subject::person("Nguyễn Văn Mẫu"));
        let files = [
            named("root.pem", &root.pem()),
            named("issuing.cer", issuing.der()),
            named("README", b"not a certificate"),
        ];
        let trust = TrustAnchors::parse(&files, Purpose::Any).unwrap();
        assert_eq!((trust.anchors.len(), trust.intermediates.len()), (1, 1));
        assert_eq!(trust.anchors[0].certificate.der, root.der());
        // Alone, a certificate that is no root is what one wants to trust.
        let trust = TrustAnchors::parse(&[named("x", leaf.der())], Purpose::Public).unwrap();
        assert_eq!((trust.anchors.len(), trust.anchors[0].purpose), (1, Purpose::Public));
    }

    #[test]
    fn a_manifest_says_what_for_and_when_and_what_is_wrong_is_named() {
        let root = Ca::root("CA gốc thử nghiệm");
        let check = |manifest: &str, expected: Result<usize, &str>| {
            let files = [named(MANIFEST, manifest.as_bytes()), named("root.pem", &root.pem())];
            let found = TrustAnchors::parse(&files, Purpose::Any);
            let found = found.map(|t| t.anchors.len()).map_err(|e| e.to_string());
            match expected {
                Ok(n) => assert_eq!(found, Ok(n), "{manifest}"),
                Err(part) => {
                    assert!(found.as_ref().is_err_and(|e| e.contains(part)), "{manifest}: {found:?}")
                }
            }
        };
        let good = "[[anchor]]\nfile = \"root.pem\"\npurpose = \"government\"\n";
        check(good, Ok(1));
        check(&format!("{good}from = \"2020-01-01\"\nuntil = \"2030-12-31\"\n"), Ok(1));
        check(&format!("{good}until = \"31/12/2030\"\n"), Err("31/12/2030"));
        check(&format!("{good}from = \"2030-01-01\"\nuntil = \"2020-12-31\"\n"), Err("kết thúc trước"));
        check(&format!("{good}colour = \"red\"\n"), Err("colour"));
        check("[[anchor]]\nfile = \"root.pem\"\npurpose = \"royal\"\n", Err("royal"));
        check("[[anchor]]\nfile = \"other.pem\"\npurpose = \"public\"\n", Err("other.pem"));
        check("", Err("root.pem"));
        let broken = [named("broken.pem", b"-----BEGIN CERTIFICATE-----"), named("root.pem", &root.pem())];
        assert!(
            matches!(TrustAnchors::parse(&broken, Purpose::Any), Err(TrustError::NoCertificate(n)) if n == "broken.pem")
        );
        let day = |text: &str, after| moment(text, after).map(|t| t.to_string());
        assert_eq!(day("2025-01-01", 0).as_deref(), Some("2024-12-31T17:00:00Z"));
        assert_eq!(day("2025-01-01", 1).as_deref(), Some("2025-01-01T17:00:00Z"));
    }
}
