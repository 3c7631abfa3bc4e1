//! Time stamps (RFC 3161): tokens over the value of a signature, and over a document. Read, checked as
//! the signatures they are, and held against what they are said to stamp.

use jiff::Timestamp;

use super::algorithms::Digest;
use super::asn1::{self, GENERALIZED_TIME, INTEGER, OCTET_STRING, OID, SEQUENCE};
use super::chain::Role;
use super::cms::SignedData;
use super::revocation::World;
use super::time::{Problem, Proof, Standing, Subject, stand};
use super::value::{self, Signed, SubFilter};
use super::verdict::{Integrity, Signer, SubIndication, Trust, Verdict};

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// When it was made.
    pub made_at: Timestamp,
    /// Digest of what is stamped …
    pub digest: Option<Digest>,
    /// … and its value.
    pub imprint: Vec<u8>,
    /// Serial number, as encoded.
    pub serial: Vec<u8>,
    /// Nonce of the request, where there was one, as encoded.
    pub nonce: Option<Vec<u8>>,
}

impl Token {
    /// Reads the TSTInfo inside a signature. `None` where there is none.
    pub fn of(cms: &SignedData) -> Option<Self> {
        let mut parts = asn1::only(SEQUENCE, cms.content.as_deref()?)?.inside();
        (asn1::number(parts.take(INTEGER)?)? == 1).then_some(())?;
        let _policy = parts.take(OID)?;
        let mut imprint = parts.take(SEQUENCE)?.inside();
        let digest = Digest::from_identifier(imprint.take(SEQUENCE)?);
        let hash = imprint.take(OCTET_STRING)?.content.to_vec();
        let serial = parts.take(INTEGER)?.content.to_vec();
        let made_at = asn1::time(parts.take(GENERALIZED_TIME)?)?;
        let rest = parts.all(8)?;
        let nonce = rest.iter().find(|item| item.tag == INTEGER).map(|item| item.content.to_vec());
        Some(Self { made_at, digest, imprint: hash, serial, nonce })
    }

    /// Whether the parts, one behind the other, are what is stamped.
    pub fn stamps(&self, parts: &[&[u8]]) -> bool {
        self.digest.and_then(|digest| digest.of(parts)).as_ref() == Some(&self.imprint)
    }
}

/// A time stamp, judged.
#[derive(Debug, Clone)]
pub struct Stamp {
    /// When it was made, by its own word.
    pub made_at: Option<Timestamp>,
    /// Whether what it stamps is what was stamped, and its value is right.
    pub integrity: Integrity,
    /// How its certificate stands.
    pub trust: Trust,
    /// What is wrong.
    pub problems: Vec<Problem>,
    /// What else people should know.
    pub notes: Vec<String>,
    /// Whether an algorithm or key was too weak.
    pub is_weak: bool,
    /// Who made it.
    pub signer: Signer,
}

impl Stamp {
    /// The time that it proves.
    pub fn proves(&self) -> Option<Timestamp> {
        self.made_at.filter(|_| self.problems.is_empty())
    }

    /// What it is worth.
    pub fn verdict(&self) -> Verdict {
        Problem::worst(&self.problems).map_or(Verdict::TotalPassed, |problem| problem.verdict)
    }
}

/// Judges a token over `parts`; `proof`: that the token itself existed then, by a later one.
pub fn judge(world: &World<'_>, cms: &SignedData, parts: &[&[u8]], proof: Option<Proof>) -> Stamp {
    let checked = value::check(cms, SubFilter::Rfc3161, Signed::NOTHING, &world.known.certificates);
    let mut found = Stamp {
        made_at: None,
        integrity: checked.integrity,
        trust: Trust::Unknown,
        problems: from_faults(cms, checked.fault),
        notes: Vec::new(),
        is_weak: false,
        signer: checked.signer.as_ref().map(|s| s.signer()).unwrap_or_default(),
    };
    let mut uses = checked.uses;
    match Token::of(cms) {
        None => {
            found.integrity = Integrity::Broken;
            let why = "nội dung dấu thời gian không đúng dạng RFC 3161";
            found.problems.push(Problem::failed(SubIndication::FormatFailure, why));
        }
        Some(token) => {
            found.made_at = Some(token.made_at);
            uses.extend(token.digest.map(|digest| super::algorithms::Use { digest, key: None }));
            if !token.stamps(parts) {
                found.integrity = Integrity::Broken;
                let why = "dấu thời gian không đóng cho nội dung này";
                found.problems.push(Problem::failed(SubIndication::HashFailure, why));
            }
            // A stamp from the future proves nothing now.
            let ahead = world.at.saturating_add(jiff::SignedDuration::from_mins(5)).unwrap_or(world.at);
            if token.made_at > ahead {
                let why = "dấu thời gian ghi thời điểm ở tương lai";
                found.problems.push(Problem::unknown(SubIndication::TimestampOrderFailure, why));
            }
        }
    }
    if let Some(leaf) = &checked.signer {
        let purposes = &world.policy.timestamp_purposes;
        let subject = Subject {
            leaf,
            role: Role::TimeStamper,
            purposes,
            proof,
            stamped: None,
            // Its own time is to exceptions what the signer's word is for a signature.
            claimed: found.made_at,
            uses: &uses,
        };
        let Standing { trust, problems, notes, is_weak, .. } = stand(world, &subject);
        found.trust = trust;
        found.problems.extend(problems);
        found.notes = notes;
        found.is_weak = is_weak;
    }
    found
}

/// What digest and value, and the bounds of what is looked at, do to a verdict.
pub(super) fn from_faults(cms: &SignedData, fault: Option<value::Fault>) -> Vec<Problem> {
    let left_out = cms.left_out.map(|what| {
        let why = format!("chữ ký mang quá nhiều {what}, không xem hết được");
        Problem::unknown(SubIndication::CertificateChainGeneralFailure, why)
    });
    // A certificate that was not found may be among those.
    let fault =
        fault.filter(|(sub, _)| left_out.is_none() || *sub != SubIndication::NoSigningCertificateFound);
    fault.map(from_fault).into_iter().chain(left_out).collect()
}

/// What is proven wrong fails; what cannot be checked is left open.
fn from_fault((sub, why): value::Fault) -> Problem {
    match sub {
        SubIndication::FormatFailure | SubIndication::HashFailure | SubIndication::SigCryptoFailure => {
            Problem::failed(sub, why)
        }
        _ => Problem::unknown(sub, why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engines::signature::pki::{Identity, Subject};

    #[test]
    fn a_token_says_what_it_stamps_and_when() {
        let tsa = Identity::root("CA gốc thử nghiệm").issue(&Subject::tsa("TSA thử nghiệm"));
        let cms = SignedData::parse(&tsa.stamp(b"value", "2026-05-01T00:00:00Z")).unwrap();
        let token = Token::of(&cms).unwrap();
        assert_eq!(token.made_at.to_string(), "2026-05-01T00:00:00Z");
        assert_eq!((token.serial.as_slice(), token.nonce.as_deref()), (&[7][..], Some(&[99][..])));
        assert!(token.stamps(&[b"va", b"lue"]) && !token.stamps(&[b"other"]));
        let content = cms.content.clone().unwrap();
        for cut in 0..content.len() {
            assert_eq!(
                Token::of(&SignedData { content: Some(content[..cut].to_vec()), ..cms.clone() }),
                None
            );
        }
    }
}
