//! The table of signatures: each form, and each way in which one can be wrong, with its verdict.

mod chains;
mod forms;
mod judges;
mod revoked;
mod times;

use std::sync::{Arc, OnceLock};

use super::certificate::Certificate;
use super::judge::{SignatureFacts, judge_all};
use super::pki::{Answer, Cms, Identity, NOW, Subject};
use super::policy::Policy;
use super::revocation::RevocationData;
use super::trust::{Anchor, Purpose, TrustAnchors};
use super::verdict::{
    Coverage, Integrity, Kind, Modification, Overall, Report, SignatureReport, SubIndication, Trust, Verdict,
};

/// The bytes that are signed, in their two parts.
const PARTS: [&[u8]; 2] = [b"%PDF-1.7 before the signature", b" and behind it %%EOF"];

fn content() -> Vec<u8> {
    PARTS.concat()
}

/// Who there is in every case.
struct People {
    root: Identity,
    ca: Identity,
    signer: Identity,
    stamp_root: Identity,
    tsa: Identity,
    responder: Identity,
}

fn people() -> &'static People {
    static PEOPLE: OnceLock<People> = OnceLock::new();
    PEOPLE.get_or_init(|| {
        let root = Identity::root("CA gốc thử nghiệm");
        let ca = root.ca("CA cấp dưới thử nghiệm");
        let stamp_root = Identity::root("CA dấu thời gian thử nghiệm");
        People {
            signer: ca.issue(&Subject::person("Nguyễn Văn Mẫu")),
            tsa: stamp_root.issue(&Subject::tsa("TSA thử nghiệm")),
            responder: ca.issue(&Subject::responder("OCSP thử nghiệm")),
            root,
            ca,
            stamp_root,
        }
    })
}

/// One signature in a file, and what is known.
struct Scene {
    contents: Vec<u8>,
    sub_filter: &'static str,
    parts: [Vec<u8>; 2],
    form_fault: Option<String>,
    coverage: Coverage,
    modification: Modification,
    is_complete: bool,
    /// Time stamps over the document: contents, and whether the bytes stay as they were stamped.
    stamps: Vec<(Vec<u8>, bool)>,
    trust: TrustAnchors,
    data: RevocationData,
    policy: Policy,
    at: &'static str,
    receipt: Option<&'static str>,
}

fn anchor(of: &Identity, purpose: Purpose) -> Anchor {
    let certificate = Arc::new(Certificate::parse(of.der()).unwrap());
    Anchor { certificate, purpose, from: None, until: None }
}

impl Scene {
    /// Everything that a good signature needs.
    fn new(contents: Vec<u8>) -> Self {
        let p = people();
        let mut data = RevocationData::default();
        for issuer in [&p.root, &p.ca, &p.stamp_root] {
            assert!(data.add_crl(&issuer.crl()));
        }
        assert!(data.add_certificates(p.ca.der()));
        let anchors = vec![anchor(&p.root, Purpose::Government), anchor(&p.stamp_root, Purpose::Timestamp)];
        Self {
            contents,
            sub_filter: "ETSI.CAdES.detached",
            parts: PARTS.map(<[u8]>::to_vec),
            form_fault: None,
            coverage: Coverage::WholeFile,
            modification: Modification::None,
            is_complete: true,
            stamps: vec![],
            trust: TrustAnchors { anchors, intermediates: vec![] },
            data,
            policy: Policy::default(),
            at: NOW,
            receipt: None,
        }
    }

    /// A good signature.
    fn good() -> Self {
        Self::of(&Cms::cades(&people().signer))
    }

    fn of(cms: &Cms<'_>) -> Self {
        Self::new(cms.build(&content()))
    }

    fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// These lists of revocation alone.
    fn lists(mut self, crls: &[Vec<u8>]) -> Self {
        self.data.crls.clear();
        for crl in crls {
            assert!(self.data.add_crl(crl));
        }
        self
    }

    /// This list in place of the issuing CA's.
    fn list_of_ca(self, crl: Vec<u8>) -> Self {
        let p = people();
        self.lists(&[p.root.crl(), p.stamp_root.crl(), crl])
    }

    fn answer(self, by: &Identity, answer: &Answer) -> Self {
        let p = people();
        let ocsp = by.ocsp(&p.ca, &p.signer, answer);
        self.lists(&[p.root.crl(), p.stamp_root.crl()]).with(|s| assert!(s.data.add_ocsp(&ocsp)))
    }

    fn knows(mut self, one: &Identity) -> Self {
        assert!(self.data.add_certificates(one.der()));
        self
    }

    fn judge(&self) -> Report {
        let time = |text: &str| text.parse().unwrap();
        let stamps: Vec<[Vec<u8>; 2]> = (0..self.stamps.len()).map(stamped_parts).collect();
        let mut facts = vec![self.facts()];
        for (n, (contents, is_whole)) in self.stamps.iter().enumerate() {
            facts.push(SignatureFacts {
                field: format!("Stamp{n}"),
                kind: Kind::Doctimestamp,
                sub_filter: "ETSI.RFC3161".into(),
                signed: if *is_whole { [&stamps[n][0], &stamps[n][1]] } else { PARTS },
                contents,
                end: 200 + n as u64,
                ..self.facts()
            });
        }
        let receipt = self.receipt.map(time);
        judge_all(&facts, &self.trust, &self.data, &self.policy, time(self.at), receipt)
    }

    fn facts(&self) -> SignatureFacts<'_> {
        SignatureFacts {
            field: "Signature1".into(),
            kind: Kind::Signature,
            sub_filter: self.sub_filter.into(),
            signed: [&self.parts[0], &self.parts[1]],
            contents: &self.contents,
            end: 100,
            form_fault: self.form_fault.clone(),
            coverage: self.coverage,
            modification: self.modification,
            modification_is_complete: self.is_complete,
            modification_doubt: None,
            hashed: None,
            changes: vec![],
            certified_p: None,
            claimed_at: None,
        }
    }
}

/// What the n-th time stamp over the document covers.
fn stamped_parts(n: usize) -> [Vec<u8>; 2] {
    [content(), format!(" and what was added up to stamp {n} %%EOF").into_bytes()]
}

/// A time stamp over the document.
fn document_stamp(tsa: &Identity, n: usize, at: &str) -> (Vec<u8>, bool) {
    (tsa.stamp(&stamped_parts(n).concat(), at), true)
}

/// Checks a case; the answer is for what else the case wants to see.
#[track_caller]
fn check(
    case: &str,
    scene: &Scene,
    expected: (Verdict, Option<SubIndication>, Integrity, Trust),
) -> SignatureReport {
    let report = scene.judge();
    let one = report.signatures.iter().find(|r| r.kind == Kind::Signature).unwrap().clone();
    assert_eq!((one.verdict, one.sub, one.integrity, one.trust), expected, "{case}: {}", one.message);
    let overall = match one.verdict {
        Verdict::TotalPassed => Overall::TotalPassed,
        Verdict::Indeterminate => Overall::Indeterminate,
        Verdict::TotalFailed => Overall::TotalFailed,
    };
    assert_eq!(report.overall, overall, "{case}");
    assert!(one.message.ends_with('.') && one.message.contains("hợp lệ"), "{case}: {}", one.message);
    one
}

/// Passes in every respect.
const GOOD: (Verdict, Option<SubIndication>, Integrity, Trust) =
    (Verdict::TotalPassed, None, Integrity::Intact, Trust::Trusted);

fn failed(
    sub: SubIndication,
    integrity: Integrity,
    trust: Trust,
) -> (Verdict, Option<SubIndication>, Integrity, Trust) {
    (Verdict::TotalFailed, Some(sub), integrity, trust)
}

/// Intact, and left open.
fn open(sub: SubIndication, trust: Trust) -> (Verdict, Option<SubIndication>, Integrity, Trust) {
    (Verdict::Indeterminate, Some(sub), Integrity::Intact, trust)
}
