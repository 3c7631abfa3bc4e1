//! Step 2: whether the signed bytes are those that were signed, and whether the certificate's key
//! signed them. Asks neither who the signer is nor whether anybody trusts him.

use std::sync::Arc;

use super::algorithms::{Digest, Use};
use super::certificate::{Certificate, Name};
use super::cms::{self, CertificateId, SignedData, SignerId};
use super::verdict::{Integrity, SubIndication};
use crate::engines::pdf::growing::Prefixes;

/// How the signature says that it is built: `/SubFilter` (ISO 32000-2, 12.8.3; EN 319 142-1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubFilter {
    /// `adbe.pkcs7.detached`
    Pkcs7Detached,
    /// `adbe.pkcs7.sha1`: signed is the SHA-1 of the bytes, which lies inside.
    Pkcs7Sha1,
    /// `ETSI.CAdES.detached`
    CadesDetached,
    /// `ETSI.RFC3161`: a time stamp over the document.
    Rfc3161,
}

impl SubFilter {
    /// By its name, without the slash.
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "adbe.pkcs7.detached" => Self::Pkcs7Detached,
            "adbe.pkcs7.sha1" => Self::Pkcs7Sha1,
            "ETSI.CAdES.detached" => Self::CadesDetached,
            "ETSI.RFC3161" => Self::Rfc3161,
            _ => return None,
        })
    }
}

/// Why a value is not good, with a clause for people.
pub type Fault = (SubIndication, String);

/// What step 2 found.
#[derive(Debug, Clone)]
pub struct Checked {
    /// The signer's certificate, where it is there.
    pub signer: Option<Arc<Certificate>>,
    /// Whether digest and value are right.
    pub integrity: Integrity,
    /// The first thing that is wrong, where one is.
    pub fault: Option<Fault>,
    /// Algorithms that the signature stands on.
    pub uses: Vec<Use>,
}

/// What a signature covers.
#[derive(Clone, Copy)]
pub struct Signed<'s> {
    /// The parts of the file, the first one from its beginning.
    pub parts: &'s [&'s [u8]],
    /// What is known of hashing that file.
    pub hashed: Option<&'s Prefixes>,
}

impl Signed<'_> {
    /// No part of a file.
    pub const NOTHING: Signed<'static> = Signed { parts: &[], hashed: None };

    fn digest(&self, digest: Digest) -> Option<Vec<u8>> {
        match (digest, self.hashed, self.parts) {
            (Digest::Sha256, Some(hashed), [first, rest]) => Some(hashed.sha256(first, rest).to_vec()),
            _ => digest.of(self.parts),
        }
    }
}

/// Checks digest and value of a signature. `signed`: the parts of the file it covers (for a time
/// stamp: nothing, its content is inside); `certificates`: where to look for the signer's.
pub fn check(
    cms: &SignedData,
    sub_filter: SubFilter,
    signed: Signed<'_>,
    certificates: &[Arc<Certificate>],
) -> Checked {
    let meant = meant(cms, certificates);
    let mut found: Option<Checked> = None;
    for signer in &meant {
        let checked = check_as(cms, sub_filter, signed, Some(signer));
        if checked.integrity == Integrity::Intact {
            return checked;
        }
        let is_of_the_key = matches!(&checked.fault, Some((SubIndication::SigCryptoFailure, _)));
        found.get_or_insert(checked);
        if !is_of_the_key {
            break;
        }
    }
    found.unwrap_or_else(|| check_as(cms, sub_filter, signed, None))
}

fn check_as(
    cms: &SignedData,
    sub_filter: SubFilter,
    signed: Signed<'_>,
    signer: Option<&Arc<Certificate>>,
) -> Checked {
    let mut uses = Vec::new();
    uses.extend(cms.digest.map(|digest| Use { digest, key: None }));
    uses.extend(cms.scheme.map(|scheme| Use { digest: scheme.digest, key: signer.map(|s| s.strength) }));
    if sub_filter == SubFilter::Pkcs7Sha1 {
        uses.push(Use { digest: Digest::Sha1, key: None });
    }
    let mut found = Checked { signer: signer.cloned(), integrity: Integrity::Broken, fault: None, uses };
    match value(cms, sub_filter, signed, signer.map(Arc::as_ref)) {
        Ok(()) => {
            found.integrity = Integrity::Intact;
            found.fault = signer.and_then(|signer| named_certificate(cms, sub_filter, signer).err());
        }
        Err(fault) => found.fault = Some(fault),
    }
    found
}

/// Certificates of that name and number that are tried at most: others than the signer's own can bear
/// them only where somebody means mischief.
const MOST_MEANT: usize = 3;

/// The certificates that the signature may mean, first the one that its attribute means.
pub(super) fn meant(cms: &SignedData, certificates: &[Arc<Certificate>]) -> Vec<Arc<Certificate>> {
    let issuer = match &cms.signer {
        SignerId::IssuerSerial(issuer, _) => Name::parse(issuer).map(|name| name.canonical),
        SignerId::KeyId(_) => None,
    };
    let is_meant = |one: &&Arc<Certificate>| match &cms.signer {
        SignerId::IssuerSerial(_, serial) => {
            *serial == one.serial && issuer.as_ref() == Some(&one.issuer.canonical)
        }
        SignerId::KeyId(id) => one.key_id.as_ref() == Some(id),
    };
    let ids = cms.attributes.as_ref().map(|a| a.signing_certificates.as_slice()).unwrap_or_default();
    let mut meant: Vec<Arc<Certificate>> = certificates.iter().filter(is_meant).cloned().collect();
    let is_other = |one: &Arc<Certificate>| !ids.is_empty() && !ids.iter().all(|id| means(id, one));
    let is_from_outside = |one: &Arc<Certificate>| !cms.certificates.contains(&one.der);
    meant.sort_by_key(|one| (is_other(one), is_from_outside(one)));
    meant.truncate(MOST_MEANT);
    meant
}

fn value(
    cms: &SignedData,
    sub_filter: SubFilter,
    signed: Signed<'_>,
    signer: Option<&Certificate>,
) -> Result<(), Fault> {
    use SubIndication::{
        CryptoConstraintsFailure, FormatFailure, HashFailure, NoSigningCertificateFound, SigCryptoFailure,
    };
    let fault = |sub, text: &str| Err((sub, text.to_owned()));
    let inside = content_inside(cms, sub_filter)?;
    if sub_filter == SubFilter::Pkcs7Sha1 && signed.digest(Digest::Sha1).as_deref() != inside {
        return fault(HashFailure, "giá trị băm của nội dung không khớp");
    }
    let inside = inside.map(|content| [content]);
    let content = inside.as_ref().map_or(signed, |content| Signed { parts: content, hashed: None });
    let Some(digest) = cms.digest else {
        return fault(CryptoConstraintsFailure, "thuật toán băm không được hỗ trợ");
    };
    if let Some(attributes) = &cms.attributes {
        if attributes.content_type.as_ref() != Some(&cms.content_type) {
            return fault(FormatFailure, "thuộc tính contentType thiếu hoặc không khớp");
        }
        let Some(expected) = &attributes.message_digest else {
            return fault(FormatFailure, "thiếu thuộc tính messageDigest");
        };
        let found = content.digest(digest);
        if found.is_none() {
            return fault(CryptoConstraintsFailure, "thuật toán băm không được hỗ trợ");
        }
        if found.as_ref() != Some(expected) {
            return fault(HashFailure, "giá trị băm của nội dung không khớp");
        }
    } else if matches!(sub_filter, SubFilter::CadesDetached | SubFilter::Rfc3161) {
        return fault(FormatFailure, "chữ ký không có các thuộc tính được ký");
    }
    let Some(signer) = signer else {
        return fault(NoSigningCertificateFound, "không tìm thấy chứng thư số của người ký");
    };
    let (Some(scheme), Some(key)) = (cms.scheme, &signer.key) else {
        let text = format!("thuật toán ký {} không được hỗ trợ hoặc không khớp hàm băm", cms.scheme_name);
        return Err((CryptoConstraintsFailure, text));
    };
    let is_right = match &cms.attributes {
        Some(attributes) => scheme.verifies(key, &[&attributes.bytes], &cms.value),
        None => scheme.verifies(key, content.parts, &cms.value),
    };
    if is_right {
        Ok(())
    } else {
        fault(SigCryptoFailure, "giá trị chữ ký không đúng với khóa của người ký")
    }
}

/// The content inside, where the form has one.
fn content_inside(cms: &SignedData, sub_filter: SubFilter) -> Result<Option<&[u8]>, Fault> {
    let is_data = cms.content_type == cms::DATA;
    match (sub_filter, &cms.content) {
        (SubFilter::Pkcs7Detached | SubFilter::CadesDetached, None) if is_data => Ok(None),
        (SubFilter::Pkcs7Sha1, Some(content)) if is_data && content.len() == 20 => Ok(Some(content)),
        (SubFilter::Rfc3161, Some(content)) if cms.content_type == cms::TST_INFO => Ok(Some(content)),
        _ => Err((
            SubIndication::FormatFailure,
            "nội dung bên trong chữ ký không đúng dạng đã khai".to_owned(),
        )),
    }
}

/// signing-certificate and -v2 must mean the certificate whose key signed; CAdES has to have one.
fn named_certificate(cms: &SignedData, sub_filter: SubFilter, signer: &Certificate) -> Result<(), Fault> {
    let ids = cms.attributes.as_ref().map(|a| a.signing_certificates.as_slice()).unwrap_or_default();
    if !ids.iter().all(|id| means(id, signer)) {
        let text = "thuộc tính signing-certificate chỉ một chứng thư số khác";
        return Err((SubIndication::NoSigningCertificateFound, text.to_owned()));
    }
    if ids.is_empty() && sub_filter == SubFilter::CadesDetached {
        let text = "chữ ký CAdES thiếu thuộc tính signing-certificate";
        return Err((SubIndication::SigConstraintsFailure, text.to_owned()));
    }
    Ok(())
}

fn means(id: &CertificateId, certificate: &Certificate) -> bool {
    let is_hash = id.digest.and_then(|digest| digest.of(&[&certificate.der])).as_ref() == Some(&id.hash);
    let is_name = id.issuer_serial.as_ref().is_none_or(|(issuer, serial)| {
        let canonical = Name::parse(issuer).map(|name| name.canonical);
        *serial == certificate.serial && canonical.as_ref() == Some(&certificate.issuer.canonical)
    });
    is_hash && is_name
}
