//! What is signed, and the CMS around it: signed attributes of CAdES (EN 319 122-1), certificates, the
//! time stamp of the signature.
//!
//! No signing time inside: in PAdES `/M` carries it (EN 319 142-1, 6.3). Knows nothing of PDF.

use x509_parser::prelude::X509Certificate;

use super::{
    SealError,
    key::{KeyKind, SigningCertificate},
    tlv::{octets, sequence, set_of, tlv, unsigned},
};

const ID_DATA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";
const ID_SIGNED_DATA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";
const ID_CONTENT_TYPE: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x03";
const ID_MESSAGE_DIGEST: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x04";
const ID_SIGNING_CERTIFICATE_V2: &[u8] = b"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x2f";
const ID_SIGNATURE_TIME_STAMP: &[u8] = b"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x0e";
/// `AlgorithmIdentifier` of SHA-256, without parameters (RFC 5754, 2).
pub(super) const SHA256: &[u8] = b"\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01";
/// `rsaEncryption` with NULL (RFC 3370, 3.2: every verifier knows it).
const RSA: &[u8] = b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00";
/// `ecdsa-with-SHA256`.
const ECDSA_SHA256: &[u8] = b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02";

/// The signed attributes for a document with this SHA-256: DER, a SET, as it is signed.
///
/// # Errors
/// [`SealError::Key`] when the certificate cannot be read.
pub fn signed_attributes(digest: &[u8; 32], certificate: &SigningCertificate) -> Result<Vec<u8>, SealError> {
    let attribute = |id: &[u8], value: Vec<u8>| sequence(&[id, &set_of(vec![value])]);
    let parsed = certificate.parsed()?;
    // ESSCertIDv2 with SHA-256, its default, and the issuer as a directory name (RFC 5035, 3).
    let issuer = sequence(&[&tlv(0xa4, parsed.tbs_certificate.issuer.as_raw())]);
    let issuer_serial = sequence(&[&issuer, &serial(&parsed)]);
    let id = sequence(&[&octets(&openssl::sha::sha256(certificate.der())), &issuer_serial]);
    let signing_certificate = sequence(&[&sequence(&[&id])]);
    Ok(set_of(vec![
        attribute(ID_CONTENT_TYPE, ID_DATA.to_vec()),
        attribute(ID_MESSAGE_DIGEST, octets(digest)),
        attribute(ID_SIGNING_CERTIFICATE_V2, signing_certificate),
    ]))
}

/// As it stands in the certificate: some are negative.
fn serial(certificate: &X509Certificate<'_>) -> Vec<u8> {
    tlv(0x02, certificate.tbs_certificate.raw_serial())
}

/// The parts of a CMS before it is written.
pub struct Parts<'a> {
    /// The certificate it was signed under.
    pub certificate: &'a SigningCertificate,
    /// The signed attributes, a SET.
    pub attributes: &'a [u8],
    /// Their signature.
    pub signature: &'a [u8],
    /// A time stamp of the signature: a token, DER.
    pub timestamp: Option<&'a [u8]>,
}

/// A CMS `SignedData` without content, DER.
///
/// # Errors
/// [`SealError::Key`] when the certificate cannot be read; [`SealError::Malformed`] when the attributes
/// are no SET.
pub fn assemble(parts: &Parts<'_>) -> Result<Vec<u8>, SealError> {
    let Parts { certificate, attributes, signature, timestamp } = parts;
    let parsed = certificate.parsed()?;
    let Some((0x31, rest)) = attributes.split_first() else { return Err(SealError::Malformed) };
    let attributes = [&[0xa0][..], rest].concat();
    let algorithm = match certificate.kind() {
        KeyKind::Rsa => RSA,
        KeyKind::Ecdsa => ECDSA_SHA256,
    };
    let signer = sequence(&[parsed.tbs_certificate.issuer.as_raw(), &serial(&parsed)]);
    let unsigned_attributes = timestamp.map_or_else(Vec::new, |token| {
        tlv(0xa1, &sequence(&[ID_SIGNATURE_TIME_STAMP, &set_of(vec![token.to_vec()])]))
    });
    let version = unsigned(&[1]);
    let signature = octets(signature);
    let info =
        sequence(&[&version, &signer, SHA256, &attributes, algorithm, &signature, &unsigned_attributes]);
    let mut certificates = vec![certificate.der().to_vec()];
    certificates.extend(certificate.chain().iter().cloned());
    certificates.sort();
    let certificates = tlv(0xa0, &certificates.concat());
    let content = sequence(&[ID_DATA]);
    let data =
        sequence(&[&version, &set_of(vec![SHA256.to_vec()]), &content, &certificates, &set_of(vec![info])]);
    Ok(sequence(&[ID_SIGNED_DATA, &tlv(0xa0, &data)]))
}
