//! Time stamps of RFC 3161: what is asked of an authority, and whether its answer is one to that question.
//!
//! Asking goes over a network, so it happens elsewhere. Whether the authority is trusted is for the
//! verifier to say.

use cms::{
    cert::CertificateChoices,
    content_info::ContentInfo,
    signed_data::{SignedData, SignerIdentifier},
};
use der::{
    Decode, Encode,
    asn1::{ObjectIdentifier, OctetString},
};
use jiff::{SignedDuration, Timestamp};
use openssl::cms::{CMSOptions, CmsContentInfo};
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_tsp::TstInfo;

use super::tlv::{length_of, octets, sequence, unsigned};

const ID_SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
pub(super) const ID_TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");
const ID_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
/// `AlgorithmIdentifier` of SHA-256 with NULL: the form that every authority takes.
const SHA256_NULL: &[u8] = b"\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00";
/// How far an authority's clock may be from ours.
const LARGEST_DRIFT: SignedDuration = SignedDuration::from_mins(60);

/// Why an answer is of no use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TimestampError {
    /// Not a time-stamp answer, or damaged.
    #[error("câu trả lời không đúng dạng RFC 3161")]
    Malformed,
    /// The authority refused; its status.
    #[error("máy chủ cấp dấu thời gian từ chối (mã {0})")]
    Refused(u8),
    /// It stamps something else.
    #[error("dấu thời gian không thuộc chữ ký này")]
    OtherImprint,
    /// It answers another question.
    #[error("dấu thời gian trả lời cho yêu cầu khác")]
    OtherNonce,
    /// Under another policy than was asked for.
    #[error("dấu thời gian theo chính sách khác")]
    OtherPolicy,
    /// Its certificate is not one for time stamps.
    #[error("chứng thư số của máy chủ không dùng để cấp dấu thời gian")]
    NotAnAuthority,
    /// Its signature does not verify.
    #[error("chữ ký của dấu thời gian không đúng")]
    NotVerified,
    /// Its time is far from ours.
    #[error("giờ trong dấu thời gian lệch xa giờ hiện tại")]
    OtherTime,
}

/// A question to an authority.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    digest: [u8; 32],
    nonce: Vec<u8>,
    policy: Option<ObjectIdentifier>,
}

/// A token, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// `ContentInfo`, DER.
    pub der: Vec<u8>,
    /// The time it says.
    pub at: Timestamp,
    /// The authority's certificate, DER.
    pub authority: Vec<u8>,
    /// All certificates in it, DER.
    pub certificates: Vec<Vec<u8>>,
}

impl Question {
    /// About a SHA-256; `nonce` is random.
    pub fn new(digest: [u8; 32], nonce: [u8; 16]) -> Self {
        let mut nonce = nonce.to_vec();
        nonce[0] = nonce[0] & 0x7f | 0x40; // positive, and of full length
        Self { digest, nonce, policy: None }
    }

    /// Under a policy of the authority.
    #[must_use]
    pub fn under(mut self, policy: ObjectIdentifier) -> Self {
        self.policy = Some(policy);
        self
    }

    /// The request, DER; certificates are asked for.
    pub fn to_der(&self) -> Vec<u8> {
        let imprint = sequence(&[SHA256_NULL, &octets(&self.digest)]);
        let policy = self.policy.as_ref().and_then(|policy| policy.to_der().ok()).unwrap_or_default();
        sequence(&[&unsigned(&[1]), &imprint, &policy, &unsigned(&self.nonce), b"\x01\x01\xff"])
    }
}

/// The token in an answer to `question`, checked: imprint, nonce, policy, time, signature, and that the
/// certificate is one for time stamps alone.
///
/// # Errors
/// [`TimestampError`].
pub fn check(question: &Question, answer: &[u8], now: Timestamp) -> Result<Token, TimestampError> {
    let token = token_of(answer)?;
    let malformed = |_| TimestampError::Malformed;
    let content = ContentInfo::from_der(token).map_err(malformed)?;
    if content.content_type != ID_SIGNED_DATA {
        return Err(TimestampError::Malformed);
    }
    let data: SignedData = content.content.decode_as().map_err(malformed)?;
    let stamped = data
        .encap_content_info
        .econtent
        .as_ref()
        .filter(|_| data.encap_content_info.econtent_type == ID_TST_INFO);
    let stamped: OctetString = stamped.ok_or(TimestampError::Malformed)?.decode_as().map_err(malformed)?;
    let info = TstInfo::from_der(stamped.as_bytes()).map_err(malformed)?;
    let imprint = &info.message_imprint;
    if imprint.hash_algorithm.oid != ID_SHA256 || imprint.hashed_message.as_bytes() != question.digest {
        return Err(TimestampError::OtherImprint);
    }
    if info.nonce.as_ref().is_none_or(|nonce| nonce.as_bytes() != question.nonce) {
        return Err(TimestampError::OtherNonce);
    }
    if question.policy.is_some_and(|policy| policy != info.policy) {
        return Err(TimestampError::OtherPolicy);
    }
    let seconds =
        i64::try_from(info.gen_time.to_unix_duration().as_secs()).map_err(|_| TimestampError::Malformed)?;
    let at = Timestamp::from_second(seconds).map_err(|_| TimestampError::Malformed)?;
    if now.duration_since(at).abs() > LARGEST_DRIFT {
        return Err(TimestampError::OtherTime);
    }
    let certificates = certificates_of(&data);
    let authority = authority(&data, &certificates).ok_or(TimestampError::NotAnAuthority)?;
    verify(token)?;
    Ok(Token { der: token.to_vec(), at, authority, certificates })
}

/// As it came: written anew it might be other bytes than were signed.
fn token_of(answer: &[u8]) -> Result<&[u8], TimestampError> {
    let inside = |bytes: &'_ [u8]| -> Option<std::ops::Range<usize>> {
        let end = length_of(bytes)?;
        let header = if bytes[1] < 0x80 { 2 } else { 2 + usize::from(bytes[1] & 0x7f) };
        (bytes[0] == 0x30 && header <= end).then_some(header..end)
    };
    let body = inside(answer).map(|range| &answer[range]).ok_or(TimestampError::Malformed)?;
    let status_length = length_of(body).ok_or(TimestampError::Malformed)?;
    let status = inside(body).map(|range| &body[range]).ok_or(TimestampError::Malformed)?;
    match status {
        [2, 1, 0 | 1, ..] => {}
        [2, 1, refused, ..] => return Err(TimestampError::Refused(*refused)),
        _ => return Err(TimestampError::Malformed),
    }
    let token = &body[status_length..];
    let length = length_of(token).ok_or(TimestampError::Malformed)?;
    if length == token.len() { Ok(token) } else { Err(TimestampError::Malformed) }
}

fn certificates_of(data: &SignedData) -> Vec<Vec<u8>> {
    let certificates = data.certificates.as_ref().map_or(&[][..], |set| set.0.as_slice());
    let der = |choice: &CertificateChoices| match choice {
        CertificateChoices::Certificate(certificate) => certificate.to_der().ok(),
        CertificateChoices::Other(_) => None,
    };
    certificates.iter().filter_map(der).collect()
}

/// The signer's certificate, where it is for time stamps alone.
fn authority(data: &SignedData, certificates: &[Vec<u8>]) -> Option<Vec<u8>> {
    let [info] = data.signer_infos.0.as_slice() else { return None };
    let is_signers = |certificate: &X509Certificate<'_>| {
        match &info.sid {
        SignerIdentifier::IssuerAndSerialNumber(id) => {
            id.issuer.to_der().is_ok_and(|issuer| issuer == certificate.tbs_certificate.issuer.as_raw())
                && id.serial_number.as_bytes() == certificate.tbs_certificate.raw_serial()
        }
        SignerIdentifier::SubjectKeyIdentifier(id) => certificate.iter_extensions().any(|extension| {
            matches!(extension.parsed_extension(), x509_parser::extensions::ParsedExtension::SubjectKeyIdentifier(own)
                if own.0 == id.0.as_bytes())
        }),
    }
    };
    let is_for_stamps = |certificate: &X509Certificate<'_>| {
        certificate.extended_key_usage().ok().flatten().is_some_and(|usage| {
            let uses = usage.value;
            let others = uses.any || uses.server_auth || uses.client_auth || uses.code_signing;
            usage.critical && uses.time_stamping && !others && !uses.email_protection && uses.other.is_empty()
        })
    };
    certificates.iter().find_map(|der| {
        let (_, certificate) = X509Certificate::from_der(der).ok()?;
        (is_signers(&certificate) && is_for_stamps(&certificate)).then(|| der.clone())
    })
}

fn verify(token: &[u8]) -> Result<(), TimestampError> {
    let mut cms = CmsContentInfo::from_der(token).map_err(|_| TimestampError::Malformed)?;
    let options = CMSOptions::NO_SIGNER_CERT_VERIFY | CMSOptions::BINARY;
    cms.verify(None, None, None, None, options).map_err(|_| TimestampError::NotVerified)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_question_is_one_that_others_read() {
        let question = Question::new([7; 32], [0xff; 16]).under(ObjectIdentifier::new_unwrap("1.2.3.4"));
        let read = x509_tsp::TimeStampReq::from_der(&question.to_der()).unwrap();
        assert!(read.cert_req);
        assert_eq!(read.message_imprint.hashed_message.as_bytes(), [7; 32]);
        assert_eq!(read.nonce.unwrap().as_bytes(), question.nonce);
        assert_eq!(read.req_policy.unwrap().to_string(), "1.2.3.4");
    }

    #[test]
    fn refusals_and_rubbish_are_told_apart() {
        let now = Timestamp::UNIX_EPOCH;
        let question = Question::new([7; 32], [1; 16]);
        let refused = sequence(&[&sequence(&[&unsigned(&[2])])]);
        assert_eq!(check(&question, &refused, now), Err(TimestampError::Refused(2)));
        for rubbish in [&b""[..], b"\x30\x80", b"<html>", b"\x30\x05\x30\x03\x02\x01\x00"] {
            assert_eq!(check(&question, rubbish, now), Err(TimestampError::Malformed));
        }
    }
}
