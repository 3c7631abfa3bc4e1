//! The last step: what came back from the key is checked under the expected certificate, and put into the
//! room that was reserved for it.

use cms::{
    content_info::ContentInfo,
    signed_data::{SignedData, SignerInfo, SignerInfos},
};
use der::{
    Decode, Encode,
    asn1::{Any, ObjectIdentifier, OctetString, SetOfVec},
};
use jiff::Timestamp;
use openssl::{
    cms::{CMSOptions, CmsContentInfo},
    hash::{Hasher, MessageDigest},
    stack::Stack,
    x509::X509,
};

use super::{
    SealError,
    attributes::{self, Parts},
    key::SigningCertificate,
    prepare::{Prepared, Room},
    stamp_time::ID_TST_INFO,
    tlv,
};

const ID_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
const ID_SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
const ID_CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
const ID_MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
const ID_SIGNING_CERTIFICATE_V2: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");
const ID_SIGNATURE_TIME_STAMP: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.14");
const DIGESTS: [(ObjectIdentifier, fn() -> MessageDigest); 3] = [
    (ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1"), MessageDigest::sha256),
    (ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2"), MessageDigest::sha384),
    (ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.3"), MessageDigest::sha512),
];

/// A signature that verified under the expected certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedCms {
    der: Vec<u8>,
    signature: Vec<u8>,
    has_timestamp: bool,
}

impl CheckedCms {
    /// The CMS, DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// SHA-256 of the signature value: what a time stamp of it stamps.
    pub fn signature_digest(&self) -> [u8; 32] {
        openssl::sha::sha256(&self.signature)
    }

    /// Whether a time stamp is in it.
    pub fn has_timestamp(&self) -> bool {
        self.has_timestamp
    }

    /// With a time stamp, as [`super::stamp_time::check`] gave it.
    ///
    /// # Errors
    /// [`SealError::Malformed`] when the CMS cannot be written with it; `self` stays as it was.
    pub fn with_timestamp(&self, token: &[u8]) -> Result<Self, SealError> {
        let malformed = |_| SealError::Malformed;
        let content = ContentInfo::from_der(&self.der).map_err(malformed)?;
        let mut data: SignedData = content.content.decode_as().map_err(malformed)?;
        let mut info = only_signer(&data)?.clone();
        let values = SetOfVec::try_from(vec![Any::from_der(token).map_err(malformed)?]).map_err(malformed)?;
        let attribute = x509_cert::attr::Attribute { oid: ID_SIGNATURE_TIME_STAMP, values };
        let mut attributes: Vec<_> = info.unsigned_attrs.map(SetOfVec::into_vec).unwrap_or_default();
        attributes.push(attribute);
        info.unsigned_attrs = Some(SetOfVec::try_from(attributes).map_err(malformed)?);
        data.signer_infos = SignerInfos::try_from(vec![info]).map_err(malformed)?;
        let content = Any::encode_from(&data).map_err(malformed)?;
        let der = ContentInfo { content_type: ID_SIGNED_DATA, content }.to_der().map_err(malformed)?;
        Ok(Self { der, signature: self.signature.clone(), has_timestamp: true })
    }
}

fn only_signer(data: &SignedData) -> Result<&SignerInfo, SealError> {
    match data.signer_infos.0.as_slice() {
        [one] => Ok(one),
        _ => Err(SealError::Malformed),
    }
}

/// What came back from a key.
#[derive(Debug, Clone, Copy)]
pub enum Answer<'a> {
    /// The signature of the signed attributes that were given out.
    Signature(&'a [u8]),
    /// A whole CMS, its signed attributes its own.
    Cms(&'a [u8]),
}

/// Checks what came back: it signs this document, under the expected certificate, and its value verifies.
///
/// # Errors
/// [`SealError::OtherDocument`], [`SealError::OtherCertificate`], [`SealError::NotVerified`],
/// [`SealError::Malformed`], [`SealError::Expired`].
pub fn check(prepared: &Prepared, answer: Answer<'_>, now: Timestamp) -> Result<CheckedCms, SealError> {
    if now > prepared.expires_at {
        return Err(SealError::Expired);
    }
    let expected = prepared.certificate.as_ref().ok_or(SealError::Malformed)?;
    let der = match answer {
        Answer::Signature(signature) => attributes::assemble(&Parts {
            certificate: expected,
            attributes: &prepared.signed_attributes,
            signature,
            timestamp: None,
        })?,
        Answer::Cms(bytes) => {
            let length = tlv::length_of(bytes).ok_or(SealError::Malformed)?;
            if bytes[length..].iter().any(|byte| *byte != 0) {
                return Err(SealError::Malformed);
            }
            bytes[..length].to_vec()
        }
    };
    checked(prepared, expected, der)
}

fn checked(
    prepared: &Prepared,
    expected: &SigningCertificate,
    der: Vec<u8>,
) -> Result<CheckedCms, SealError> {
    let malformed = |_| SealError::Malformed;
    let content = ContentInfo::from_der(&der).map_err(malformed)?;
    let data: SignedData = content.content.decode_as().map_err(malformed)?;
    let is_detached =
        data.encap_content_info.econtent.is_none() && data.encap_content_info.econtent_type == ID_DATA;
    if content.content_type != ID_SIGNED_DATA || !is_detached {
        return Err(SealError::Malformed);
    }
    let info = only_signer(&data)?;
    let (_, digest) =
        DIGESTS.iter().find(|(id, _)| *id == info.digest_alg.oid).ok_or(SealError::Malformed)?;
    let content_type: ObjectIdentifier = attribute(info, ID_CONTENT_TYPE)?.decode_as().map_err(malformed)?;
    let signed: OctetString = attribute(info, ID_MESSAGE_DIGEST)?.decode_as().map_err(malformed)?;
    if content_type != ID_DATA {
        return Err(SealError::Malformed);
    }
    if signed.as_bytes() != digest_of(prepared, digest())? {
        return Err(SealError::OtherDocument);
    }
    if !names(&attribute(info, ID_SIGNING_CERTIFICATE_V2)?, expected) {
        return Err(SealError::OtherCertificate);
    }
    let mut certificates = Stack::new()?;
    certificates.push(X509::from_der(expected.der())?)?;
    let only_the_value = CMSOptions::NOINTERN
        | CMSOptions::NO_SIGNER_CERT_VERIFY
        | CMSOptions::NO_CONTENT_VERIFY
        | CMSOptions::BINARY;
    let mut parsed = CmsContentInfo::from_der(&der).map_err(|_| SealError::Malformed)?;
    parsed
        .verify(Some(&certificates), None, Some(&[]), None, only_the_value)
        .map_err(|_| SealError::NotVerified)?;
    let has_timestamp = info.unsigned_attrs.as_ref().is_some_and(|attributes| {
        attributes.iter().any(|attribute| attribute.oid == ID_SIGNATURE_TIME_STAMP)
    });
    let signature = info.signature.as_bytes().to_vec();
    Ok(CheckedCms { der, signature, has_timestamp })
}

/// The one value of a signed attribute.
fn attribute(info: &SignerInfo, id: ObjectIdentifier) -> Result<Any, SealError> {
    let attributes = info.signed_attrs.as_ref().ok_or(SealError::Malformed)?;
    let mut found = attributes.iter().filter(|attribute| attribute.oid == id);
    match (found.next(), found.next()) {
        (Some(attribute), None) => match attribute.values.as_slice() {
            [value] => Ok(value.clone()),
            _ => Err(SealError::Malformed),
        },
        _ => Err(SealError::Malformed),
    }
}

fn digest_of(prepared: &Prepared, digest: MessageDigest) -> Result<Vec<u8>, SealError> {
    if digest.type_() == MessageDigest::sha256().type_() {
        return Ok(prepared.digest.clone());
    }
    let (before, _, after) = prepared.spans().ok_or(SealError::Altered)?;
    let mut hasher = Hasher::new(digest)?;
    hasher.update(before)?;
    hasher.update(after)?;
    Ok(hasher.finish()?.to_vec())
}

/// Whether the first id of a signing-certificate-v2 attribute is of this certificate.
fn names(attribute: &Any, expected: &SigningCertificate) -> bool {
    let first_id = || {
        let list: Vec<Any> = Vec::<Any>::from_der(&attribute.to_der().ok()?).ok()?;
        let ids: Vec<Any> = list.first()?.decode_as().ok()?;
        ids.first()?.decode_as::<Vec<Any>>().ok()
    };
    let Some(id) = first_id() else { return false };
    // SHA-256 is the default; another algorithm stands before the hash.
    let (digest, hash) = match &id[..] {
        [hash, ..] if hash.decode_as::<OctetString>().is_ok() => (MessageDigest::sha256(), hash),
        [algorithm, hash, ..] => {
            let oid = algorithm
                .decode_as::<Vec<Any>>()
                .ok()
                .and_then(|parts| parts.first()?.decode_as::<ObjectIdentifier>().ok());
            let Some((_, digest)) = DIGESTS.iter().find(|(id, _)| Some(*id) == oid) else { return false };
            (digest(), hash)
        }
        _ => return false,
    };
    let own = openssl::hash::hash(digest, expected.der());
    own.is_ok_and(|own| hash.decode_as::<OctetString>().is_ok_and(|hash| hash.as_bytes() == &own[..]))
}

/// The SHA-256 of the document that signed attributes name, where they are attributes of CAdES for this
/// certificate and nothing else: what somebody else asks a key to sign must not be anything but that.
pub fn document_digest(attributes: &[u8], certificate: &SigningCertificate) -> Option<Vec<u8>> {
    const ALLOWED: [ObjectIdentifier; 3] = [ID_CONTENT_TYPE, ID_MESSAGE_DIGEST, ID_SIGNING_CERTIFICATE_V2];
    let set = SetOfVec::<x509_cert::attr::Attribute>::from_der(attributes).ok()?;
    let is_exact = set.to_der().is_ok_and(|der| der == attributes) && set.len() == ALLOWED.len();
    let value = |id: ObjectIdentifier| {
        let attribute = set.iter().find(|attribute| attribute.oid == id)?;
        if let [value] = attribute.values.as_slice() { Some(value.clone()) } else { None }
    };
    let content_type: ObjectIdentifier = value(ID_CONTENT_TYPE)?.decode_as().ok()?;
    let digest: OctetString = value(ID_MESSAGE_DIGEST)?.decode_as().ok()?;
    let is_ours = is_exact
        && content_type == ID_DATA
        && digest.as_bytes().len() == 32
        && names(&value(ID_SIGNING_CERTIFICATE_V2)?, certificate);
    is_ours.then(|| digest.as_bytes().to_vec())
}

/// Whether a CMS that is in a file signs its `/ByteRange` under this certificate.
pub(super) fn verifies(pdf: &[u8], byte_range: [u64; 4], cms: &[u8], expected: &SigningCertificate) -> bool {
    let mut prepared = Prepared {
        pdf: pdf.to_vec(),
        field: String::new(),
        byte_range,
        digest: Vec::new(),
        signed_attributes: Vec::new(),
        certificate: None,
        at: Timestamp::UNIX_EPOCH,
        expires_at: Timestamp::UNIX_EPOCH,
        wanted: super::Level::Basic,
    };
    let Some((before, _, after)) = prepared.spans() else { return false };
    let mut hasher = openssl::sha::Sha256::new();
    hasher.update(before);
    hasher.update(after);
    prepared.digest = hasher.finish().to_vec();
    checked(&prepared, expected, cms.to_vec()).is_ok()
}

/// Certificates in a CMS and in the time stamps of its signature, DER.
pub(super) fn certificates_in(cms: &[u8]) -> Vec<Vec<u8>> {
    let Some(data) = signed_data(cms) else { return Vec::new() };
    let certificates = data.certificates.as_ref().map_or(&[][..], |set| set.0.as_slice());
    let mut found: Vec<Vec<u8>> = certificates.iter().filter_map(|choice| choice.to_der().ok()).collect();
    let stamps =
        data.signer_infos.0.iter().filter_map(|info| info.unsigned_attrs.as_ref()).flat_map(|all| all.iter());
    for stamp in stamps.filter(|attribute| attribute.oid == ID_SIGNATURE_TIME_STAMP) {
        for token in stamp.values.iter().filter_map(|value| value.to_der().ok()) {
            let inner = signed_data(&token).and_then(|data| data.certificates);
            found.extend(inner.iter().flat_map(|set| set.0.iter()).filter_map(|choice| choice.to_der().ok()));
        }
    }
    found
}

/// Whether a signature carries a time stamp of its own, or is one.
pub(super) fn is_stamped(cms: &[u8]) -> bool {
    let has_stamp = |info: &SignerInfo| {
        let mut attributes = info.unsigned_attrs.iter().flat_map(|all| all.iter());
        attributes.any(|attribute| attribute.oid == ID_SIGNATURE_TIME_STAMP)
    };
    is_timestamp(cms) || signed_data(cms).is_some_and(|data| data.signer_infos.0.iter().any(has_stamp))
}

/// Whether it is a time stamp over the file, and nobody's signature.
pub(super) fn is_timestamp(cms: &[u8]) -> bool {
    signed_data(cms).is_some_and(|data| data.encap_content_info.econtent_type == ID_TST_INFO)
}

fn signed_data(cms: &[u8]) -> Option<SignedData> {
    ContentInfo::from_der(cms).ok()?.content.decode_as().ok()
}

/// Puts a checked signature into its room; the file is whole then.
///
/// # Errors
/// [`SealError::NoRoom`], [`SealError::Altered`].
pub fn embed(prepared: Prepared, cms: &CheckedCms) -> Result<Vec<u8>, SealError> {
    put(prepared, &cms.der)
}

/// Puts a time-stamp token into the room of a time stamp over the document.
///
/// # Errors
/// [`SealError::NoRoom`], [`SealError::Altered`].
pub fn embed_timestamp(prepared: Prepared, token: &[u8]) -> Result<Vec<u8>, SealError> {
    put(prepared, token)
}

/// Puts a CMS that was checked elsewhere into its room in what goes behind a file of `n_bytes`.
pub(in crate::engines) fn embed_in(
    Room { mut appended, prepared }: Room,
    n_bytes: usize,
    der: &[u8],
) -> Result<Vec<u8>, SealError> {
    let [_, first, second, _] =
        prepared.byte_range.map(|number| usize::try_from(number).unwrap_or(usize::MAX));
    let span = first.checked_sub(n_bytes).zip(second.checked_sub(n_bytes));
    let hole = span.and_then(|(first, second)| appended.get_mut(first..second)).ok_or(SealError::Altered)?;
    write(hole, der)?;
    Ok(appended)
}

fn put(mut prepared: Prepared, der: &[u8]) -> Result<Vec<u8>, SealError> {
    let (before, hole, _) = prepared.spans().ok_or(SealError::Altered)?;
    let hole = before.len()..before.len() + hole.len();
    write(&mut prepared.pdf[hole], der)?;
    Ok(prepared.pdf)
}

/// Writes a signature into `<0000…>`.
fn write(hole: &mut [u8], der: &[u8]) -> Result<(), SealError> {
    let room = hole.len().saturating_sub(2) / 2;
    if der.len() > room {
        return Err(SealError::NoRoom { needed: der.len(), room });
    }
    for (place, byte) in hole[1..].chunks_exact_mut(2).zip(der) {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        place[0] = DIGITS[usize::from(byte >> 4)];
        place[1] = DIGITS[usize::from(byte & 15)];
    }
    Ok(())
}
