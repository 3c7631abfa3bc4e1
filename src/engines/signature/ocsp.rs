//! An OCSP answer (RFC 6960), read. Whether it may be believed is for [`super::revocation`] to say.

use std::sync::Arc;

use jiff::Timestamp;
use openssl::pkey::{PKey, Public};

use super::algorithms::{Digest, Scheme};
use super::asn1::{
    self, BIT_STRING, CONTEXT, CONTEXT_PRIMITIVE, ENUMERATED, GENERALIZED_TIME, INTEGER, Item, OCTET_STRING,
    OID, SEQUENCE,
};
use super::certificate::{self, Certificate, Name};

/// Largest answer, bytes.
const LARGEST: usize = 1 << 20;
/// Certificates, and single answers, looked at.
const MOST: usize = 64;

/// Who answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Responder {
    /// Canonical form of the name.
    Name(String),
    /// SHA-1 of the key.
    Key(Vec<u8>),
}

/// What is said of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// Not revoked.
    Good,
    /// Revoked since, for this reason.
    Revoked(Timestamp, Option<u64>),
    /// The responder does not know it.
    Unknown,
}

/// What is said of one certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    digest: Option<Digest>,
    name_hash: Vec<u8>,
    key_hash: Vec<u8>,
    serial: Vec<u8>,
    /// What.
    pub said: Said,
    /// Known to be so at …
    pub this_update: Timestamp,
    /// … and to be asked again at.
    pub next_update: Option<Timestamp>,
    /// Certificates that ran out after this moment are still answered for.
    pub keeps_expired_since: Option<Timestamp>,
}

/// An answer, read.
#[derive(Debug)]
pub struct Ocsp {
    /// As received.
    pub der: Vec<u8>,
    /// Who answered.
    pub responder: Responder,
    /// When.
    pub produced_at: Timestamp,
    /// What.
    pub answers: Vec<Answer>,
    /// Certificates that came with it.
    pub certificates: Vec<Arc<Certificate>>,
    /// How it is signed.
    pub scheme: Option<Scheme>,
    /// Whether it has a critical extension that is not known here.
    pub has_unknown: bool,
    tbs: Vec<u8>,
    value: Vec<u8>,
}

impl Ocsp {
    /// Reads an OCSPResponse, or the BasicOCSPResponse in one. `None` where it is neither, or an
    /// answer without content.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        if bytes.len() > LARGEST {
            return None;
        }
        let outer = asn1::only(SEQUENCE, bytes)?;
        let mut parts = outer.inside();
        let Some(status) = parts.optional(ENUMERATED) else { return Self::basic(bytes, outer) };
        (asn1::number(status)? == 0).then_some(())?;
        let mut typed = asn1::only(SEQUENCE, parts.take(CONTEXT)?.content)?.inside();
        // id-pkix-ocsp-basic
        (typed.take(OID)?.content == [0x2b, 6, 1, 5, 5, 7, 0x30, 1, 1]).then_some(())?;
        Self::basic(bytes, asn1::only(SEQUENCE, typed.take(OCTET_STRING)?.content)?)
    }

    fn basic(der: &[u8], basic: Item<'_>) -> Option<Self> {
        let mut parts = basic.inside();
        let tbs = parts.take(SEQUENCE)?;
        let identifier = parts.take(SEQUENCE)?;
        let value = parts.take(BIT_STRING)?.content.get(1..)?.to_vec();
        let mut certificates = Vec::new();
        if let Some(all) = parts.optional(CONTEXT) {
            let all = asn1::only(SEQUENCE, all.content)?.inside().all(MOST)?;
            certificates = all.iter().filter_map(|c| Certificate::parse(c.whole)).map(Arc::new).collect();
        }
        let mut data = tbs.inside();
        let _version = data.optional(CONTEXT);
        let responder = data.any()?;
        let responder = match responder.tag {
            0xa1 => Responder::Name(Name::parse(responder.content)?.canonical),
            0xa2 => Responder::Key(asn1::only(OCTET_STRING, responder.content)?.content.to_vec()),
            _ => return None,
        };
        let produced_at = asn1::time(data.take(GENERALIZED_TIME)?)?;
        let answers = data.take(SEQUENCE)?.inside().all(MOST)?;
        let mut has_unknown = false;
        let answers =
            answers.into_iter().map(|item| answer(item, &mut has_unknown)).collect::<Option<_>>()?;
        if let Some(extensions) = data.optional(CONTEXT + 1) {
            for extension in asn1::only(SEQUENCE, extensions.content)?.inside().all(MOST)? {
                let (oid, is_critical, _) = certificate::extension_parts(extension)?;
                // A nonce needs nothing here: who asked is not who reads.
                has_unknown |= is_critical && oid != [0x2b, 6, 1, 5, 5, 7, 0x30, 1, 2];
            }
        }
        let scheme = Scheme::from_identifier(identifier, None);
        let tbs = tbs.whole.to_vec();
        Some(Self {
            der: der.to_vec(),
            responder,
            produced_at,
            answers,
            certificates,
            scheme,
            has_unknown,
            tbs,
            value,
        })
    }

    /// Whether `key` signed it.
    pub fn is_signed_by(&self, key: &PKey<Public>) -> bool {
        self.scheme.is_some_and(|scheme| scheme.verifies(key, &[&self.tbs], &self.value))
    }

    /// Whether this is the certificate of who answered.
    pub fn is_responder(&self, certificate: &Certificate) -> bool {
        match &self.responder {
            Responder::Name(name) => *name == certificate.subject.canonical,
            Responder::Key(hash) => Digest::Sha1.of(&[&certificate.key_bits]).as_ref() == Some(hash),
        }
    }

    /// What is said of `certificate`, which `issuer` issued.
    pub fn answer(&self, certificate: &Certificate, issuer: &Certificate) -> Option<&Answer> {
        self.answers.iter().find(|answer| {
            let hash = |bytes: &[u8]| answer.digest.and_then(|digest| digest.of(&[bytes]));
            answer.serial == certificate.serial
                && hash(&certificate.issuer.der).as_ref() == Some(&answer.name_hash)
                && hash(&issuer.key_bits).as_ref() == Some(&answer.key_hash)
        })
    }
}

fn answer(item: Item<'_>, has_unknown: &mut bool) -> Option<Answer> {
    let mut parts = item.inside();
    let mut id = parts.take(SEQUENCE)?.inside();
    let digest = Digest::from_identifier(id.take(SEQUENCE)?);
    let name_hash = id.take(OCTET_STRING)?.content.to_vec();
    let key_hash = id.take(OCTET_STRING)?.content.to_vec();
    let serial = id.take(INTEGER)?.content.to_vec();
    let status = parts.any()?;
    let said = match status.tag {
        CONTEXT_PRIMITIVE => Said::Good,
        0xa1 => {
            let mut revoked = status.inside();
            let at = asn1::time(revoked.take(GENERALIZED_TIME)?)?;
            let reason =
                revoked.optional(CONTEXT).and_then(|r| asn1::number(asn1::only(ENUMERATED, r.content)?));
            Said::Revoked(at, reason)
        }
        0x82 => Said::Unknown,
        _ => return None,
    };
    let this_update = asn1::time(parts.take(GENERALIZED_TIME)?)?;
    let next_update = match parts.optional(CONTEXT) {
        Some(item) => Some(asn1::time(asn1::only(GENERALIZED_TIME, item.content)?)?),
        None => None,
    };
    let mut keeps_expired_since = None;
    if let Some(extensions) = parts.optional(CONTEXT + 1) {
        for extension in asn1::only(SEQUENCE, extensions.content)?.inside().all(MOST)? {
            let (oid, is_critical, value) = certificate::extension_parts(extension)?;
            // id-pkix-ocsp-archive-cutoff
            if oid == [0x2b, 6, 1, 5, 5, 7, 0x30, 1, 6] {
                keeps_expired_since = Some(asn1::time(asn1::only(GENERALIZED_TIME, value)?)?);
            } else {
                *has_unknown |= is_critical;
            }
        }
    }
    Some(Answer { digest, name_hash, key_hash, serial, said, this_update, next_update, keeps_expired_since })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engines::signature::pki::{self, Alg, Identity, Subject};

    #[test]
    fn an_answer_is_about_one_certificate_of_one_issuer() {
        let ca = Identity::root("CA gốc thử nghiệm");
        let (one, other) = (ca.issue(&Subject::person("Mẫu")), ca.issue(&Subject::person("Mẫu khác")));
        let parsed = |identity: &Identity| Certificate::parse(identity.der()).unwrap();
        for digest in [Alg::Sha1, Alg::Sha256] {
            let revoked = Some("2026-05-01T00:00:00Z".to_owned());
            let der = ca.ocsp(&ca, &one, &pki::Answer { digest, revoked, ..pki::Answer::default() });
            let ocsp = Ocsp::parse(&der).unwrap();
            let answer = ocsp.answer(&parsed(&one), &parsed(&ca)).unwrap();
            assert_eq!(answer.said, Said::Revoked("2026-05-01T00:00:00Z".parse().unwrap(), None));
            assert!(ocsp.answer(&parsed(&other), &parsed(&ca)).is_none());
            assert!(ocsp.answer(&parsed(&one), &parsed(&other)).is_none());
            assert!(ocsp.is_responder(&parsed(&ca)) && !ocsp.is_responder(&parsed(&one)));
            assert!(ocsp.is_signed_by(parsed(&ca).key.as_ref().unwrap()));
            assert!(!ocsp.is_signed_by(parsed(&one).key.as_ref().unwrap()));
            for cut in 0..der.len() {
                assert!(Ocsp::parse(&der[..cut]).is_none(), "{cut}");
            }
        }
        // "Try later": an answer without content.
        assert!(Ocsp::parse(&[0x30, 3, 0x0a, 1, 3]).is_none());
    }
}
