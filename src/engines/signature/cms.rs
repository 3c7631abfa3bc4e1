//! The form of a signature: SignedData (RFC 5652) taken apart within bounds. Verifies nothing; what
//! is signed is handed out byte for byte as it was received.

use jiff::Timestamp;

use super::algorithms::{Digest, Scheme};
use super::asn1::{
    self, CONTEXT, CONTEXT_PRIMITIVE, INTEGER, Item, Malformed, OCTET_STRING, OID, Reader, SEQUENCE, SET,
};

/// Certificates, lists of revocation, and answers in one attribute, looked at; an honest signature has some ten.
pub const MOST_CERTIFICATES: usize = 1_000;
/// Attributes, and values in one.
const MOST_ATTRIBUTES: usize = 64;

/// `1.2.840.113549.1`: PKCS.
const PKCS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01];
/// `1.2.840.113549.1.7.2`, signedData.
const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
/// `1.2.840.113549.1.7.1`, data.
pub const DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01];
/// `1.2.840.113549.1.9.16.1.4`, TSTInfo.
pub const TST_INFO: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01, 0x04];
/// `1.2.840.113583.1.1.8`, adbe-revocationInfoArchival.
const REVOCATION_ARCHIVAL: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x2f, 0x01, 0x01, 0x08];
/// `1.3.6.1.5.5.7.16.2`: an OCSP answer among the lists (RFC 5940).
const RI_OCSP: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x10, 0x02];

/// Why bytes are no signature of the form asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormFault {
    /// No single value in DER or BER.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// A value that is no SignedData.
    #[error("nội dung chữ ký không phải là SignedData của CMS: {0}")]
    NotSignedData(&'static str),
    /// Signers other than one.
    #[error("chữ ký có {0} người ký, phải có đúng một")]
    Signers(usize),
    /// An attribute stands twice or has not one value.
    #[error("thuộc tính {0} bị lặp lại hoặc sai dạng")]
    Attribute(String),
    /// More attributes than are looked at.
    #[error("chữ ký mang quá nhiều {0}")]
    TooMany(&'static str),
}

impl FormFault {
    /// Whether it says that no more was looked at, which proves nothing.
    pub fn is_a_bound(&self) -> bool {
        matches!(self, Self::TooMany(_) | Self::Malformed(Malformed::TooLarge))
    }
}

/// Who signed, as the signature names the certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignerId {
    /// By issuer (its name, DER) and serial number (content of the INTEGER).
    IssuerSerial(Vec<u8>, Vec<u8>),
    /// By its key identifier.
    KeyId(Vec<u8>),
}

/// One entry of the attribute signing-certificate (RFC 5035).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateId {
    /// Digest of the certificate …
    pub digest: Option<Digest>,
    /// … and its value.
    pub hash: Vec<u8>,
    /// Issuer's name (DER) and serial number, where named.
    pub issuer_serial: Option<(Vec<u8>, Vec<u8>)>,
}

/// What a signer signed besides the content.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SignedAttributes {
    /// As signed: re-tagged as a SET.
    pub bytes: Vec<u8>,
    /// contentType.
    pub content_type: Option<Vec<u8>>,
    /// messageDigest.
    pub message_digest: Option<Vec<u8>>,
    /// signingTime: a claim.
    pub signing_time: Option<Timestamp>,
    /// The first entry of signing-certificate and of signing-certificate-v2.
    pub signing_certificates: Vec<CertificateId>,
}

/// One signature, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedData {
    /// What kind of content is signed: content of the OBJECT IDENTIFIER.
    pub content_type: Vec<u8>,
    /// The content where it is inside.
    pub content: Option<Vec<u8>>,
    /// Certificates, DER.
    pub certificates: Vec<Vec<u8>>,
    /// Revocation lists, DER: of the SignedData and of adbe-revocationInfoArchival.
    pub crls: Vec<Vec<u8>>,
    /// OCSP answers, DER (OCSPResponse, or the BasicOCSPResponse in it).
    pub ocsps: Vec<Vec<u8>>,
    /// Whom the signature names as its signer.
    pub signer: SignerId,
    /// Digest of the content; `None`: one that is not known here.
    pub digest: Option<Digest>,
    /// Signature algorithm; `None`: not known here, or not for this digest.
    pub scheme: Option<Scheme>,
    /// Identifier of the signature algorithm, for messages.
    pub scheme_name: String,
    /// Signed attributes; without them the content itself is signed.
    pub attributes: Option<SignedAttributes>,
    /// The signature value.
    pub value: Vec<u8>,
    /// Time stamps over the signature value, DER.
    pub timestamps: Vec<Vec<u8>>,
    /// What there is more of than is looked at, for people: nothing that it could say is known.
    pub left_out: Option<&'static str>,
}

impl SignedData {
    /// Takes a signature apart; zeros behind it are the room that was left for it.
    ///
    /// # Errors
    /// [`FormFault`]: it is not built as a signature has to be.
    pub fn parse(bytes: &[u8]) -> Result<Self, FormFault> {
        let der = asn1::one_value(bytes)?;
        let not = FormFault::NotSignedData;
        let mut outer = asn1::only(SEQUENCE, &der).ok_or(not("ContentInfo"))?.inside();
        let is_signed_data = outer.take(OID).is_some_and(|oid| oid.content == SIGNED_DATA);
        let content = outer.take(CONTEXT).filter(|_| is_signed_data && outer.is_empty());
        let content = content.ok_or(not("ContentInfo"))?;
        let mut parts = asn1::only(SEQUENCE, content.content).ok_or(not("SignedData"))?.inside();
        let head = (parts.take(INTEGER), parts.take(SET), parts.take(SEQUENCE));
        let (Some(_), Some(_), Some(encapsulated)) = head else { return Err(not("SignedData")) };
        let certificates = parts.optional(CONTEXT);
        let lists = parts.optional(CONTEXT + 1);
        let signers = parts.take(SET).filter(|_| parts.is_empty()).ok_or(not("SignerInfos"))?;
        let signers = signers.inside().all(MOST_ATTRIBUTES).ok_or(not("SignerInfos"))?;
        let [signer] = &signers[..] else { return Err(FormFault::Signers(signers.len())) };

        let (content_type, content) =
            encapsulated_content(encapsulated).ok_or(not("EncapsulatedContentInfo"))?;
        let signer = (signer.tag == SEQUENCE).then(|| signer.inside()).ok_or(not("SignerInfo"))?;
        let mut found = signer_info(signer)?;
        found.content_type = content_type;
        found.content = content;
        if let Some(set) = certificates {
            let (first, has_more) = set.inside().first(MOST_CERTIFICATES).ok_or(not("CertificateSet"))?;
            // The other choices are attribute certificates and forms that nobody uses any more.
            let first = first.iter().filter(|item| item.tag == SEQUENCE);
            found.certificates = first.map(|item| item.whole.to_vec()).collect();
            found.left_out = has_more.then_some("chứng thư số").or(found.left_out);
        }
        if let Some(set) = lists {
            let (first, has_more) =
                set.inside().first(MOST_CERTIFICATES).ok_or(not("RevocationInfoChoices"))?;
            found.left_out = found.left_out.or(has_more.then_some("danh sách thu hồi"));
            for item in first {
                if item.tag == SEQUENCE {
                    found.crls.push(item.whole.to_vec());
                } else if let Some(answer) = other_revocation(item) {
                    found.ocsps.push(answer);
                }
            }
        }
        Ok(found)
    }
}

fn encapsulated_content(item: Item<'_>) -> Option<(Vec<u8>, Option<Vec<u8>>)> {
    let mut parts = item.inside();
    let content_type = parts.take(OID)?.content.to_vec();
    let content = match parts.optional(CONTEXT) {
        // PKCS#7 has other values than strings here; none of them is signed in a PDF.
        Some(item) => Some(asn1::only(OCTET_STRING, item.content)?.content.to_vec()),
        None => None,
    };
    parts.is_empty().then_some((content_type, content))
}

fn other_revocation(item: Item<'_>) -> Option<Vec<u8>> {
    let mut parts = (item.tag == CONTEXT + 1).then(|| item.inside())?;
    (parts.take(OID)?.content == RI_OCSP).then_some(())?;
    Some(parts.take(SEQUENCE)?.whole.to_vec())
}

fn signer_info(mut parts: Reader<'_>) -> Result<SignedData, FormFault> {
    let not = || FormFault::NotSignedData("SignerInfo");
    parts.take(INTEGER).ok_or_else(not)?;
    let signer = signer_id(&mut parts).ok_or_else(not)?;
    let digest = Digest::from_identifier(parts.take(SEQUENCE).ok_or_else(not)?);
    let signed = parts.optional(CONTEXT);
    let identifier = parts.take(SEQUENCE).ok_or_else(not)?;
    let value = parts.take(OCTET_STRING).ok_or_else(not)?.content.to_vec();
    let unsigned = parts.optional(CONTEXT + 1);
    if !parts.is_empty() {
        return Err(not());
    }
    let mut found = SignedData {
        content_type: Vec::new(),
        content: None,
        certificates: Vec::new(),
        crls: Vec::new(),
        ocsps: Vec::new(),
        signer,
        digest,
        scheme: digest.and_then(|digest| Scheme::from_identifier(identifier, Some(digest))),
        scheme_name: identifier.inside().take(OID).map(|oid| asn1::dotted(oid.content)).unwrap_or_default(),
        attributes: None,
        value,
        timestamps: Vec::new(),
        left_out: None,
    };
    if let Some(signed) = signed {
        signed_attributes(signed, &mut found)?;
    }
    if let Some(unsigned) = unsigned {
        for (oid, values) in attributes(unsigned)? {
            if name_of(oid) == Some("signatureTimeStampToken") {
                found.timestamps.extend(values.iter().map(|value| value.whole.to_vec()));
            }
        }
    }
    Ok(found)
}

fn signer_id(parts: &mut Reader<'_>) -> Option<SignerId> {
    match parts.peek()? {
        SEQUENCE => {
            let mut both = parts.take(SEQUENCE)?.inside();
            let issuer = both.take(SEQUENCE)?.whole.to_vec();
            let serial = both.take(INTEGER)?.content.to_vec();
            both.is_empty().then_some(SignerId::IssuerSerial(issuer, serial))
        }
        CONTEXT_PRIMITIVE => Some(SignerId::KeyId(parts.take(CONTEXT_PRIMITIVE)?.content.to_vec())),
        _ => None,
    }
}

/// Identifier and values of an attribute.
type Attribute<'a> = (&'a [u8], Vec<Item<'a>>);

fn attributes(set: Item<'_>) -> Result<Vec<Attribute<'_>>, FormFault> {
    let fault = || FormFault::NotSignedData("Attributes");
    let all = set.inside().all(MOST_ATTRIBUTES).ok_or(FormFault::TooMany("thuộc tính"))?;
    all.into_iter().map(|item| attribute(item).ok_or_else(fault)).collect()
}

fn attribute(item: Item<'_>) -> Option<Attribute<'_>> {
    let mut parts = (item.tag == SEQUENCE).then(|| item.inside())?;
    let oid = parts.take(OID)?.content;
    let values = parts.take(SET)?.inside().all(MOST_ATTRIBUTES)?;
    parts.is_empty().then_some((oid, values))
}

/// Attributes that are known here.
fn name_of(oid: &[u8]) -> Option<&'static str> {
    if oid == REVOCATION_ARCHIVAL {
        return Some("revocationInfoArchival");
    }
    Some(match oid.strip_prefix(PKCS)? {
        [9, 3] => "contentType",
        [9, 4] => "messageDigest",
        [9, 5] => "signingTime",
        [9, 0x10, 2, 0x0c] => "signingCertificate",
        [9, 0x10, 2, 0x2f] => "signingCertificateV2",
        [9, 0x10, 2, 0x0e] => "signatureTimeStampToken",
        _ => return None,
    })
}

fn signed_attributes(set: Item<'_>, found: &mut SignedData) -> Result<(), FormFault> {
    let mut bytes = set.whole.to_vec();
    bytes[0] = SET;
    let mut attributes_found = SignedAttributes { bytes, ..SignedAttributes::default() };
    let mut seen: Vec<&[u8]> = Vec::new();
    for (oid, values) in attributes(set)? {
        let fault = || FormFault::Attribute(name_of(oid).map_or_else(|| asn1::dotted(oid), str::to_owned));
        // RFC 5652, 5.3: an attribute stands once; a reader of the other one would see something else.
        if seen.contains(&oid) {
            return Err(fault());
        }
        seen.push(oid);
        let Some(name) = name_of(oid) else { continue };
        let [value] = &values[..] else { return Err(fault()) };
        take_signed(name, *value, &mut attributes_found, found).ok_or_else(fault)?;
    }
    found.attributes = Some(attributes_found);
    Ok(())
}

fn take_signed(name: &str, value: Item<'_>, to: &mut SignedAttributes, found: &mut SignedData) -> Option<()> {
    match name {
        "contentType" => to.content_type = Some(asn1::only(OID, value.whole)?.content.to_vec()),
        "messageDigest" => to.message_digest = Some(asn1::only(OCTET_STRING, value.whole)?.content.to_vec()),
        "signingTime" => to.signing_time = Some(asn1::time(value)?),
        "signingCertificate" => to.signing_certificates.push(certificate_id(value, Some(Digest::Sha1))?),
        "signingCertificateV2" => to.signing_certificates.push(certificate_id(value, None)?),
        "revocationInfoArchival" => {
            for part in value.inside().all(3)? {
                let (first, has_more) =
                    asn1::only(SEQUENCE, part.content)?.inside().first(MOST_CERTIFICATES)?;
                let first = first.iter().map(|item| item.whole.to_vec());
                found.left_out = found.left_out.or(has_more.then_some("danh sách thu hồi"));
                match part.tag {
                    CONTEXT => found.crls.extend(first),
                    0xa1 => found.ocsps.extend(first),
                    _ => {}
                }
            }
        }
        _ => {}
    }
    Some(())
}

/// The first ESSCertID or ESSCertIDv2: the one that means the signer (RFC 5035, 3 and 4).
fn certificate_id(value: Item<'_>, digest: Option<Digest>) -> Option<CertificateId> {
    let mut first =
        asn1::only(SEQUENCE, value.whole)?.inside().take(SEQUENCE)?.inside().take(SEQUENCE)?.inside();
    let digest = match digest {
        Some(digest) => Some(digest),
        None => match first.optional(SEQUENCE) {
            Some(identifier) => Digest::from_identifier(identifier),
            None => Some(Digest::Sha256),
        },
    };
    let hash = first.take(OCTET_STRING)?.content.to_vec();
    let issuer_serial = match first.optional(SEQUENCE) {
        Some(both) => {
            let mut both = both.inside();
            // GeneralNames with one directoryName, [4] explicit.
            let names = both.take(SEQUENCE)?;
            let issuer = asn1::only(CONTEXT + 4, names.content).map(|name| name.content.to_vec());
            let serial = both.take(INTEGER)?.content.to_vec();
            issuer.map(|issuer| (issuer, serial))
        }
        None => None,
    };
    first.is_empty().then_some(CertificateId { digest, hash, issuer_serial })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engines::signature::certificate::Certificate;
    use crate::engines::signature::pki::{Cms, Identity, Subject};

    /// Made by `openssl cms -sign` with a certificate of an agency of our invention.
    const SIGNED: &[u8] = include_bytes!("../../../tests/golden/signature.cms");

    #[test]
    fn what_openssl_wrote_is_read() {
        let padded = [SIGNED, &[0; 4096]].concat();
        let read = SignedData::parse(&padded).unwrap();
        let attributes = read.attributes.unwrap();
        assert_eq!(attributes.signing_time.unwrap().to_string(), "2026-11-22T05:24:40Z");
        assert_eq!((attributes.content_type.as_deref(), read.digest), (Some(DATA), Some(Digest::Sha256)));
        let signer = Certificate::parse(&read.certificates[0]).unwrap().signer();
        assert_eq!(signer.name, "Trần Thị Mẫu");
        assert_eq!(signer.organisation, "Văn phòng Ủy ban nhân dân, Ủy ban nhân dân xã Bảo Ái");
    }

    #[test]
    fn everything_inside_comes_out() {
        let root = Identity::root("CA gốc thử nghiệm");
        let (signer, tsa) =
            (root.issue(&Subject::person("Nguyễn Văn Mẫu")), root.issue(&Subject::tsa("TSA")));
        let ocsp = root.ocsp(&root, &signer, &crate::engines::signature::pki::Answer::default());
        let cms = Cms {
            certificates: vec![root.der().to_vec()],
            crls: vec![root.crl()],
            archival: (vec![root.crl()], vec![ocsp.clone()]),
            stamp: Some((&tsa, "2026-05-01T00:00:00Z")),
            ..Cms::cades(&signer)
        };
        let read = SignedData::parse(&cms.build(b"content")).unwrap();
        assert_eq!((read.certificates.len(), read.crls.len(), read.timestamps.len()), (2, 2, 1));
        assert_eq!(read.ocsps, [ocsp]);
        let ids = read.attributes.unwrap().signing_certificates;
        assert_eq!((ids.len(), ids[0].digest), (1, Some(Digest::Sha256)));
        let token = SignedData::parse(&read.timestamps[0]).unwrap();
        assert_eq!((token.content_type.as_slice(), token.content.is_some()), (TST_INFO, true));
    }

    #[test]
    fn hostile_bytes_are_refused_and_never_panic() {
        for cut in 0..SIGNED.len() {
            assert!(SignedData::parse(&SIGNED[..cut]).is_err(), "{cut}");
        }
        let mut state = 7u32;
        for _ in 0..4000 {
            let mut bytes = SIGNED.to_vec();
            for _ in 0..3 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let at = (state >> 8) as usize % bytes.len();
                bytes[at] = (state & 0xff) as u8;
            }
            let _ = SignedData::parse(&bytes);
        }
    }
}
