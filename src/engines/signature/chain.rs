//! Step 4: chains from a certificate to one that is trusted. Paths are chosen here, with a way back
//! from dead ends; each is then put to OpenSSL as the only one there is, which checks it by RFC 5280,
//! section 6. Periods, revocation and strength are looked at afterwards: they depend on the time of
//! the signature.

use std::cell::Cell;
use std::sync::Arc;

use openssl::stack::Stack;
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::verify::X509VerifyFlags;
use openssl::x509::{X509, X509StoreContext};

use super::certificate::{ANY_USAGE, Certificate, KeyUsage, OCSP_SIGNING, TIME_STAMPING};
use super::trust::{Anchor, Purpose, TrustAnchors};
use super::value::Fault;
use super::verdict::SubIndication;

/// Certificates in a chain at most, the trusted one included.
const LONGEST: usize = 10;
/// Signatures of certificates checked in one search: enough for any real tangle of cross-certificates.
const MOST_CHECKS: u32 = 120;
/// Good chains looked at further.
const MOST_CHAINS: usize = 6;

/// A chain that holds, apart from time.
#[derive(Debug, Clone)]
pub struct Chain {
    /// The certificate asked for first, each followed by its issuer; the trusted one last.
    pub certificates: Vec<Arc<Certificate>>,
    /// How the last one is trusted.
    pub anchor: Anchor,
}

impl Chain {
    /// Common names along it, without the first.
    pub fn issuers(&self) -> Vec<String> {
        self.certificates.iter().skip(1).map(|one| one.subject.common_name()).collect()
    }

    /// Each certificate that is not the trusted one, with its issuer.
    pub fn links(&self) -> impl Iterator<Item = (&Arc<Certificate>, &Arc<Certificate>)> {
        self.certificates.iter().zip(self.certificates.iter().skip(1))
    }
}

/// What a certificate is to be good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Signing documents.
    Signer,
    /// Signing time stamps.
    TimeStamper,
    /// Signing lists of revocation.
    CrlIssuer,
}

/// Chains from `leaf` to what is trusted for one of `purposes`, by way of `candidates`. `checks_left`:
/// signatures that may still be checked for this file.
///
/// # Errors
/// None holds: why, and the sub-indication for it.
pub fn find(
    leaf: &Arc<Certificate>,
    role: Role,
    candidates: &[Arc<Certificate>],
    trust: &TrustAnchors,
    purposes: &[Purpose],
    checks_left: &Cell<u32>,
) -> Result<Vec<Chain>, Fault> {
    fits(leaf, role)?;
    let all = candidates.iter().chain(&trust.intermediates).cloned().collect();
    let mut search = Search { trust, purposes, all, found: Vec::new(), fault: None, checks: 0, checks_left };
    search.from(&mut vec![Arc::clone(leaf)]);
    if !search.found.is_empty() {
        return Ok(search.found);
    }
    if checks_left.get() == 0 {
        let text = "tệp mang quá nhiều chứng thư số và danh sách thu hồi, không xét hết được";
        return Err((SubIndication::NoCertificateChainFound, text.to_owned()));
    }
    Err(search.fault.unwrap_or_else(|| {
        let text = format!(
            "không có chuỗi chứng thư số nào dẫn đến nơi tin cậy; thiếu chứng thư số của «{}» hoặc của nơi cấp trên",
            leaf.issuer.common_name()
        );
        (SubIndication::NoCertificateChainFound, text)
    }))
}

/// Whether the certificate may be used so at all.
fn fits(leaf: &Certificate, role: Role) -> Result<(), Fault> {
    let signs = leaf.may(KeyUsage::DigitalSignature) || leaf.may(KeyUsage::NonRepudiation);
    let is_fit = match role {
        Role::Signer => signs && may_sign_documents(leaf),
        // RFC 3161, 2.3: this purpose alone, and critical.
        Role::TimeStamper => {
            let usage = leaf.extended_usage.as_ref();
            signs && usage.is_some_and(|usage| usage.is_critical && usage.purposes == [TIME_STAMPING])
        }
        Role::CrlIssuer => leaf.may(KeyUsage::CrlSign),
    };
    let text = match role {
        Role::Signer => "chứng thư số không được cấp để ký văn bản",
        Role::TimeStamper => "chứng thư số không được cấp để ký dấu thời gian",
        Role::CrlIssuer => "chứng thư số không được cấp để ký danh sách thu hồi",
    };
    if is_fit { Ok(()) } else { Err((SubIndication::ChainConstraintsFailure, text.to_owned())) }
}

/// Whether extKeyUsage leaves room for signing documents. A critical one must name a purpose that is
/// near to it; another one must not name only purposes that exclude it.
fn may_sign_documents(leaf: &Certificate) -> bool {
    // documentSigning (RFC 9336), Microsoft's, Adobe's; e-mail and log-on are what CAs write for persons.
    const NEAR: [&str; 7] = [
        "1.3.6.1.5.5.7.3.36",
        "1.3.6.1.4.1.311.10.3.12",
        "1.2.840.113583.1.1.5",
        "1.3.6.1.5.5.7.3.4",
        "1.3.6.1.5.5.7.3.2",
        "1.3.6.1.4.1.311.20.2.2",
        ANY_USAGE,
    ];
    // serverAuth, codeSigning.
    const FAR: [&str; 4] = ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.3", TIME_STAMPING, OCSP_SIGNING];
    leaf.extended_usage.as_ref().is_none_or(|usage| {
        let mut purposes = usage.purposes.iter().map(String::as_str);
        if usage.is_critical {
            purposes.any(|p| NEAR.contains(&p))
        } else {
            !purposes.all(|p| FAR.contains(&p))
        }
    })
}

struct Search<'a> {
    trust: &'a TrustAnchors,
    purposes: &'a [Purpose],
    all: Vec<Arc<Certificate>>,
    found: Vec<Chain>,
    /// The most telling reason so far.
    fault: Option<Fault>,
    checks: u32,
    checks_left: &'a Cell<u32>,
}

impl Search<'_> {
    /// Tries every way on from the end of `path`.
    fn from(&mut self, path: &mut Vec<Arc<Certificate>>) {
        let Some(last) = path.last().cloned() else { return };
        let trust = self.trust;
        for anchor in &trust.anchors {
            if *anchor.certificate == *last {
                self.complete(path, anchor);
            } else if path.len() < LONGEST && self.is_link(&last, &anchor.certificate) {
                path.push(Arc::clone(&anchor.certificate));
                self.complete(path, anchor);
                path.pop();
            }
        }
        if path.len() + 1 >= LONGEST {
            return;
        }
        for next in 0..self.all.len() {
            let next = Arc::clone(&self.all[next]);
            // RFC 5280, 6.1: no certificate twice; nor the same CA with the same key, which is a loop.
            let is_loop = |one: &Arc<Certificate>| {
                **one == *next
                    || (one.subject.canonical == next.subject.canonical && one.key_bits == next.key_bits)
            };
            if path.iter().any(is_loop) || !self.is_link(&last, &next) {
                continue;
            }
            path.push(next);
            self.from(path);
            path.pop();
        }
    }

    fn is_link(&mut self, one: &Certificate, issuer: &Certificate) -> bool {
        if self.found.len() >= MOST_CHAINS || !one.names_as_issuer(issuer) {
            return false;
        }
        let Some(key) = &issuer.key else { return false };
        self.checks += 1;
        let left = self.checks_left.get();
        self.checks_left.set(left.saturating_sub(1));
        left > 0 && self.checks <= MOST_CHECKS && one.x509.verify(key).unwrap_or(false)
    }

    fn complete(&mut self, path: &[Arc<Certificate>], anchor: &Anchor) {
        if self.found.len() >= MOST_CHAINS {
            return;
        }
        let is_enough = anchor.purpose == Purpose::Any || self.purposes.contains(&anchor.purpose);
        let fault = if is_enough {
            match validate(path) {
                Ok(()) => {
                    let anchor = anchor.clone();
                    self.found.push(Chain { certificates: path.to_vec(), anchor });
                    return;
                }
                Err(fault) => fault,
            }
        } else {
            let text = format!(
                "chứng thư số thuộc loại tin cậy «{}», không đủ cho việc này",
                anchor.purpose.vietnamese()
            );
            (SubIndication::ChainConstraintsFailure, text)
        };
        self.fault.get_or_insert(fault);
    }
}

/// Puts one path to OpenSSL: signatures, basic constraints, path length, names, key usage of CAs,
/// critical extensions; and looks at its policies. Roots without keyUsage are taken, as RFC 5280 leaves it to them.
fn validate(path: &[Arc<Certificate>]) -> Result<(), Fault> {
    let general = || {
        (SubIndication::CertificateChainGeneralFailure, "không kiểm tra được chuỗi chứng thư số".to_owned())
    };
    match verify(path) {
        Ok(None) if super::policies::hold(path) => Ok(()),
        Ok(None) => {
            let text = "chuỗi không đạt chính sách chứng thư số mà nơi cấp yêu cầu";
            Err((SubIndication::ChainConstraintsFailure, text.to_owned()))
        }
        Ok(Some(result)) => Err(named(result)),
        Err(_) => Err(general()),
    }
}

fn verify(path: &[Arc<Certificate>]) -> Result<Option<i32>, openssl::error::ErrorStack> {
    let (Some(leaf), Some(anchor)) = (path.first(), path.last()) else { return Ok(Some(1)) };
    let mut store = X509StoreBuilder::new()?;
    store.add_cert(anchor.x509.clone())?;
    // Periods are judged at the time of the signature, by super::time.
    store.set_flags(X509VerifyFlags::PARTIAL_CHAIN | X509VerifyFlags::NO_CHECK_TIME)?;
    let store = store.build();
    let mut links: Stack<X509> = Stack::new()?;
    for link in path.iter().skip(1) {
        links.push(link.x509.clone())?;
    }
    let mut context = X509StoreContext::new()?;
    context.init(&store, &leaf.x509, &links, |context| {
        let is_good = context.verify_cert()?;
        Ok((!is_good).then(|| context.error().as_raw()))
    })
}

/// What OpenSSL's answer means (openssl/x509_vfy.h).
fn named(code: i32) -> Fault {
    use SubIndication::{CertificateChainGeneralFailure, ChainConstraintsFailure};
    let (sub, text) = match code {
        24 | 79 => {
            (ChainConstraintsFailure, "một chứng thư số trong chuỗi không phải của nơi cấp chứng thư số")
        }
        25 => (ChainConstraintsFailure, "chuỗi dài hơn mức mà nơi cấp chứng thư số được phép"),
        32 | 92 => (ChainConstraintsFailure, "một khóa trong chuỗi không được phép ký chứng thư số"),
        34 => {
            (ChainConstraintsFailure, "một chứng thư số trong chuỗi có điều kiện bắt buộc không được hỗ trợ")
        }
        47..=54 => (ChainConstraintsFailure, "tên trong chứng thư số nằm ngoài phạm vi của nơi cấp"),
        _ => (CertificateChainGeneralFailure, "chuỗi chứng thư số không hợp lệ"),
    };
    (sub, text.to_owned())
}
