//! Puts one signature together out of the steps, and one file out of its signatures. What the file
//! looks like comes in as facts; certificates, lists, policy and times come in as arguments.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashSet;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::certificate::Certificate;
use super::chain::Role;
use super::cms::{FormFault, SignedData};
use super::policy::Policy;
use super::report;
use super::revocation::{MOST_CHECKS, RevocationData, World};
use super::time::{Problem, Proof, Source, Standing, Subject, stand};
use super::timestamp::{self, Stamp};
use super::trust::{Purpose, TrustAnchors};
use super::value::{self, Checked, Signed, SubFilter};
use super::verdict::{
    Algorithm, Coverage, Integrity, Kind, Modification, Overall, Report, SignatureReport, Signer,
    SubIndication, TimeSource, Trust, Verdict,
};
use crate::engines::pdf::growing::Prefixes;

/// Time stamps looked at in one signature.
const MOST_STAMPS: usize = 4;
/// Clocks of two time-stamp servers may differ by so much.
const SKEW: SignedDuration = SignedDuration::from_mins(5);

/// One signature, as the file has it: what the steps on PDF bytes found.
#[derive(Debug, Clone)]
pub struct SignatureFacts<'a> {
    /// Full name of its field.
    pub field: String,
    /// What it is for.
    pub kind: Kind,
    /// `/SubFilter`, without the slash.
    pub sub_filter: String,
    /// The bytes it covers, before and after itself.
    pub signed: [&'a [u8]; 2],
    /// What is known of hashing the file.
    pub hashed: Option<&'a Prefixes>,
    /// `/Contents`, decoded: the signature and the room left behind it.
    pub contents: &'a [u8],
    /// Where the covered bytes end, from the start of the file.
    pub end: u64,
    /// What is wrong with its place in the file (step 1): a sentence or clause.
    pub form_fault: Option<String>,
    /// How much of the file it covers.
    pub coverage: Coverage,
    /// What was changed afterwards.
    pub modification: Modification,
    /// Whether all changes could be looked at in the time there was.
    pub modification_is_complete: bool,
    /// What was changed afterwards so that nothing can be said: one sentence.
    pub modification_doubt: Option<String>,
    /// What was changed afterwards, one sentence each.
    pub changes: Vec<String>,
    /// `/P` of the certification.
    pub certified_p: Option<u8>,
    /// `/M`: when it was made, by its own word.
    pub claimed_at: Option<Timestamp>,
}

/// Judges one signature alone. Where a file has several, [`judge_all`] knows more: later time stamps
/// prove when it existed.
pub fn judge(
    facts: &SignatureFacts<'_>,
    trust: &TrustAnchors,
    revocation: &RevocationData,
    policy: &Policy,
    at: Timestamp,
    receipt: Option<Timestamp>,
) -> SignatureReport {
    let report = judge_all(std::slice::from_ref(facts), trust, revocation, policy, at, receipt);
    report.signatures.into_iter().next().expect("judge_all gives one report for each signature")
}

/// Judges all signatures of a file. `revocation`: what is known besides the signatures themselves (the
/// file's DSS, folders); `at`: the time of the judgement; `receipt`: since when we have these bytes.
pub fn judge_all(
    facts: &[SignatureFacts<'_>],
    trust: &TrustAnchors,
    revocation: &RevocationData,
    policy: &Policy,
    at: Timestamp,
    receipt: Option<Timestamp>,
) -> Report {
    let mut opened: Vec<Opened<'_>> =
        facts.iter().map(|facts| Opened { facts, cms: SignedData::parse(facts.contents) }).collect();
    opened.sort_by_key(|one| one.facts.end);
    let known = everything(opened.iter().filter_map(|one| one.cms.as_ref().ok()), revocation);
    let world = World { trust, policy, known, at, checks_left: Cell::new(MOST_CHECKS) };
    let receipt = receipt.filter(|receipt| *receipt <= at).map(|at| Proof { at, source: Source::Receipt });

    // The newest time stamp is judged now, each older one at the time that a newer one proves.
    let mut proofs: Vec<(u64, Proof)> = Vec::new();
    let mut reports: Vec<Option<SignatureReport>> = vec![None; opened.len()];
    for (n, one) in opened.iter().enumerate().rev().filter(|(_, one)| one.is_stamp()) {
        let (report, proof) = document_stamp(&world, one, earliest(&proofs, one.facts.end, receipt));
        proofs.extend(proof.map(|at| (one.facts.end, Proof { at, source: Source::DocumentTimestamp })));
        reports[n] = Some(report);
    }
    for (n, one) in opened.iter().enumerate().filter(|(_, one)| !one.is_stamp()) {
        reports[n] = Some(signature(&world, one, &proofs, receipt));
    }
    let signatures: Vec<SignatureReport> = reports.into_iter().flatten().collect();
    let overall = overall(&signatures);
    Report { overall, message: report::of_file(overall, &signatures), signatures }
}

/// The worst of the signatures; a time stamp over the document is none (EN 319 102-1 knows no verdict
/// over a document; this is the project's).
fn overall(reports: &[SignatureReport]) -> Overall {
    let signatures = reports.iter().filter(|report| report.kind == Kind::Signature);
    match signatures.map(|report| report.verdict).max() {
        None => Overall::NoSignature,
        Some(Verdict::TotalPassed) => Overall::TotalPassed,
        Some(Verdict::Indeterminate) => Overall::Indeterminate,
        Some(Verdict::TotalFailed) => Overall::TotalFailed,
    }
}

struct Opened<'a> {
    facts: &'a SignatureFacts<'a>,
    cms: Result<SignedData, FormFault>,
}

impl Opened<'_> {
    fn is_stamp(&self) -> bool {
        self.facts.kind == Kind::Doctimestamp
    }

    fn sub_filter(&self) -> Option<SubFilter> {
        SubFilter::parse(&self.facts.sub_filter).filter(|s| (*s == SubFilter::Rfc3161) == self.is_stamp())
    }
}

/// What was given, and what the signatures of the file bring: links of chains and news, all of which
/// are believed only where they are signed by who may.
pub(super) fn everything<'a>(
    opened: impl Iterator<Item = &'a SignedData>,
    given: &RevocationData,
) -> RevocationData {
    let mut known = given.clone();
    let mut seen: HashSet<Vec<u8>> = known.certificates.iter().map(|one| one.der.clone()).collect();
    let mut add = |cms: &SignedData| {
        for der in &cms.certificates {
            if seen.insert(der.clone()) {
                known.certificates.extend(Certificate::parse(der).map(Arc::new));
            }
        }
        for der in &cms.crls {
            known.add_crl(der);
        }
        for der in &cms.ocsps {
            known.add_ocsp(der);
        }
    };
    for cms in opened {
        add(cms);
        for token in cms.timestamps.iter().take(MOST_STAMPS) {
            if let Ok(token) = SignedData::parse(token) {
                add(&token);
            }
        }
    }
    known
}

/// The earliest proof for what ends at `end`: by time stamps over more than that, and our own.
fn earliest(proofs: &[(u64, Proof)], end: u64, receipt: Option<Proof>) -> Option<Proof> {
    let covering = proofs.iter().filter(|(over, _)| *over > end).map(|(_, proof)| *proof);
    covering.chain(receipt).min_by_key(|proof| proof.at)
}

/// Step 1 and step 3: what the place in the file and later changes do to a verdict.
fn of_the_file(facts: &SignatureFacts<'_>) -> Vec<Problem> {
    use SubIndication::{FormatFailure, SigConstraintsFailure};
    let mut problems = Vec::new();
    if let Some(fault) = &facts.form_fault {
        problems.push(Problem::failed(FormatFailure, report::clause(fault)));
    } else if matches!(facts.coverage, Coverage::Partial | Coverage::Malformed) {
        problems.push(Problem::failed(FormatFailure, "chữ ký không phủ trọn một phiên bản của tệp"));
    }
    if facts.modification == Modification::Forbidden {
        problems.push(Problem::failed(FormatFailure, "tệp đã bị thay đổi trái phép sau khi ký"));
    } else if !facts.modification_is_complete {
        let why = "chưa kiểm tra được hết các thay đổi sau khi ký";
        problems.push(Problem::unknown(SigConstraintsFailure, why));
    } else if let Some(doubt) = &facts.modification_doubt {
        problems.push(Problem::unknown(SigConstraintsFailure, report::clause(doubt)));
    }
    problems
}

/// A report with what the file says; the rest is filled in by the steps.
fn blank(facts: &SignatureFacts<'_>) -> SignatureReport {
    SignatureReport {
        field: facts.field.clone(),
        kind: facts.kind,
        verdict: Verdict::TotalFailed,
        sub: None,
        integrity: Integrity::Broken,
        coverage: facts.coverage,
        modification_after: facts.modification,
        trust: Trust::Unknown,
        time: TimeSource::Claimed,
        signed_at: facts.claimed_at,
        algorithm: Algorithm::Ok,
        signer: Signer::default(),
        changes: facts.changes.clone(),
        signed_end: Some(facts.end).filter(|end| *end > 0),
        notes: Vec::new(),
        certified_p: facts.certified_p,
        message: String::new(),
    }
}

/// Gives a report its verdict and its sentence.
fn close(mut report: SignatureReport, problems: &[Problem]) -> SignatureReport {
    let worst = Problem::worst(problems);
    report.verdict = worst.map_or(Verdict::TotalPassed, |problem| problem.verdict);
    report.sub = worst.map(|problem| problem.sub);
    report.message = report::of_signature(&report, worst.map(|problem| problem.why.as_str()));
    report
}

fn unreadable(one: &Opened<'_>) -> Option<Problem> {
    if let Err(fault) = &one.cms {
        let why = fault.to_string();
        return Some(if fault.is_a_bound() {
            Problem::unknown(SubIndication::SigConstraintsFailure, why)
        } else {
            Problem::failed(SubIndication::FormatFailure, why)
        });
    }
    one.sub_filter()
        .is_none()
        .then(|| Problem::failed(SubIndication::FormatFailure, "loại chữ ký (SubFilter) không được hỗ trợ"))
}

/// Judges a time stamp over the document; what it proves, where it does.
fn document_stamp(
    world: &World<'_>,
    one: &Opened<'_>,
    proof: Option<Proof>,
) -> (SignatureReport, Option<Timestamp>) {
    let facts = one.facts;
    let mut report = blank(facts);
    let mut problems = of_the_file(facts);
    // What was changed behind its back takes nothing from the proof for what it covers.
    let is_in_place =
        facts.form_fault.is_none() && !matches!(facts.coverage, Coverage::Partial | Coverage::Malformed);
    if let Some(problem) = unreadable(one) {
        problems.push(problem);
        return (close(report, &problems), None);
    }
    let Ok(cms) = &one.cms else { return (close(report, &problems), None) };
    let stamp = timestamp::judge(world, cms, &facts.signed, proof);
    let proves = stamp.proves().filter(|_| is_in_place);
    report.integrity = stamp.integrity;
    report.trust = stamp.trust;
    report.algorithm = weak(stamp.is_weak);
    report.signer = stamp.signer;
    report.signed_at = stamp.made_at;
    report.time = if proves.is_some() { TimeSource::Timestamp } else { TimeSource::Claimed };
    report.notes = stamp.notes;
    problems.extend(stamp.problems);
    (close(report, &problems), proves)
}

fn weak(is_weak: bool) -> Algorithm {
    if is_weak { Algorithm::Weak } else { Algorithm::Ok }
}

fn signature(
    world: &World<'_>,
    one: &Opened<'_>,
    proofs: &[(u64, Proof)],
    receipt: Option<Proof>,
) -> SignatureReport {
    let facts = one.facts;
    let mut report = blank(facts);
    let mut problems = of_the_file(facts);
    let (Ok(cms), Some(sub_filter)) = (&one.cms, one.sub_filter()) else {
        problems.extend(unreadable(one));
        return close(report, &problems);
    };
    let signed = Signed { parts: &facts.signed, hashed: facts.hashed };
    let checked = value::check(cms, sub_filter, signed, &world.known.certificates);
    let malformed = facts.coverage == Coverage::Malformed;
    report.integrity = if malformed { Integrity::Broken } else { checked.integrity };
    report.signed_at = cms.attributes.as_ref().and_then(|a| a.signing_time).or(facts.claimed_at);
    report.signer = checked.signer.as_ref().map(|signer| signer.signer()).unwrap_or_default();
    problems.extend(timestamp::from_faults(cms, checked.fault.clone()));

    let later = earliest(proofs, facts.end, receipt);
    let times = times(world, cms, proofs, facts.end, later, &mut report.notes);
    problems.extend(times.problem.clone());
    let claimed = report.signed_at;
    if let Some(at) = times.stamped.or(times.document) {
        report.time = TimeSource::Timestamp;
        report.signed_at = Some(at);
    }
    if let Some(signer) = &checked.signer {
        let standing = standing(world, signer, &checked, &times, claimed);
        report.trust = standing.trust;
        report.algorithm = weak(standing.is_weak);
        report.notes.extend(standing.notes);
        let chain = standing.chain.filter(|_| standing.problems.is_empty());
        report.notes.extend(chain.and_then(|chain| purpose_note(chain.anchor.purpose)));
        problems.extend(standing.problems);
    } else {
        report.algorithm = weak(checked.uses.iter().any(|used| is_weak_alone(world, used)));
    }
    if claimed.is_some_and(|claimed| world.at.saturating_add(SKEW).is_ok_and(|now| now < claimed)) {
        report.notes.push("thời điểm ký do người ký khai ở sau thời điểm kiểm tra".to_owned());
    }
    if let Some(proof) = times.proof.filter(|proof| proof.source == Source::Receipt) {
        report.notes.push(format!("hệ thống đã tiếp nhận tệp lúc {}", report::moment(proof.at)));
    }
    close(report, &problems)
}

fn is_weak_alone(world: &World<'_>, used: &super::algorithms::Use) -> bool {
    let accepted = world.policy.accepts(used, world.at, None, None, &[]);
    accepted != super::policy::Acceptance::Accepted
}

fn purpose_note(purpose: Purpose) -> Option<String> {
    (purpose != Purpose::Any).then(|| format!("loại tin cậy: {}", purpose.vietnamese()))
}

fn standing(
    world: &World<'_>,
    signer: &Arc<Certificate>,
    checked: &Checked,
    times: &Times,
    claimed: Option<Timestamp>,
) -> Standing {
    let purposes = &world.policy.purposes;
    stand(
        world,
        &Subject {
            leaf: signer,
            role: Role::Signer,
            purposes,
            proof: times.proof,
            stamped: times.stamped,
            claimed,
            uses: &checked.uses,
        },
    )
}

/// What is known of when a signature was made.
struct Times {
    /// The earliest proof.
    proof: Option<Proof>,
    /// By a time stamp over its value.
    stamped: Option<Timestamp>,
    /// By a time stamp over the document.
    document: Option<Timestamp>,
    problem: Option<Problem>,
}

fn times(
    world: &World<'_>,
    cms: &SignedData,
    proofs: &[(u64, Proof)],
    end: u64,
    later: Option<Proof>,
    notes: &mut Vec<String>,
) -> Times {
    let document = earliest(proofs, end, None).map(|proof| proof.at);
    let mut stamped: Option<Timestamp> = None;
    for token in cms.timestamps.iter().take(MOST_STAMPS) {
        let Ok(token) = SignedData::parse(token) else {
            notes.push("dấu thời gian kèm chữ ký không đọc được, không được tính".to_owned());
            continue;
        };
        let stamp: Stamp = timestamp::judge(world, &token, &[&cms.value], later);
        match stamp.proves() {
            Some(at) => stamped = Some(stamped.map_or(at, |known| known.min(at))),
            None => {
                let why =
                    Problem::worst(&stamp.problems).map(|p| Cow::from(p.why.clone())).unwrap_or_default();
                notes.push(format!("dấu thời gian kèm chữ ký không được tính: {why}"));
            }
        }
    }
    let own = stamped.map(|at| Proof { at, source: Source::SignatureTimestamp });
    let order = stamped
        .zip(document)
        .is_some_and(|(own, document)| document.saturating_add(SKEW).is_ok_and(|document| document < own));
    let problem = order.then(|| {
        let why = "dấu thời gian của chữ ký ghi muộn hơn dấu thời gian phủ lên nó";
        Problem::unknown(SubIndication::TimestampOrderFailure, why)
    });
    let proof = own.into_iter().chain(later).min_by_key(|proof| proof.at);
    Times { proof, stamped, document, problem }
}
