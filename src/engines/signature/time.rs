//! Steps 6 and 7 for one certificate: what its chain, periods, revocation and algorithms are worth at
//! the time at which the signature provably existed; without such proof, at the time of the judgement.
//! The time that a signer claims proves nothing here.

use std::sync::Arc;

use jiff::Timestamp;

use super::algorithms::Use;
use super::certificate::Certificate;
use super::chain::{self, Chain, Role};
use super::policy::Acceptance;
use super::revocation::{Status, World};
use super::trust::Purpose;
use super::verdict::{SubIndication, Trust, Verdict};

/// What proves that a signature existed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A time stamp over its value, made with it.
    SignatureTimestamp,
    /// A time stamp over the document, made later.
    DocumentTimestamp,
    /// We had it ourselves.
    Receipt,
}

/// Proof that a signature existed at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proof {
    /// Then.
    pub at: Timestamp,
    /// By this.
    pub source: Source,
}

/// Something that lowers a verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// To what.
    pub verdict: Verdict,
    /// Why, for systems.
    pub sub: SubIndication,
    /// Why, for people: a clause.
    pub why: String,
}

impl Problem {
    /// Proven false.
    pub fn failed(sub: SubIndication, why: impl Into<String>) -> Self {
        Self { verdict: Verdict::TotalFailed, sub, why: why.into() }
    }

    /// Not known.
    pub fn unknown(sub: SubIndication, why: impl Into<String>) -> Self {
        Self { verdict: Verdict::Indeterminate, sub, why: why.into() }
    }

    /// Worse ones have larger keys; among those that leave it open, what no later news can mend.
    fn weight(&self) -> (Verdict, u8) {
        use SubIndication as S;
        let weight = match self.sub {
            S::FormatFailure => 20,
            S::HashFailure => 19,
            S::SigCryptoFailure => 18,
            S::NoSigningCertificateFound => 17,
            S::Revoked => 16,
            S::RevokedNoPoe => 15,
            S::RevokedCaNoPoe => 14,
            S::NoCertificateChainFound => 13,
            S::CertificateChainGeneralFailure => 12,
            S::ChainConstraintsFailure => 11,
            S::SigConstraintsFailure => 10,
            S::Expired | S::NotYetValid => 9,
            S::OutOfBoundsNoPoe | S::OutOfBoundsNotRevoked => 8,
            S::CryptoConstraintsFailure => 7,
            S::CryptoConstraintsFailureNoPoe => 6,
            S::TimestampOrderFailure => 5,
            S::NoPoe | S::SignedDataNotFound => 4,
            S::TryLater => 3,
        };
        (self.verdict, weight)
    }

    /// The one that decides.
    pub fn worst(problems: &[Self]) -> Option<&Self> {
        problems.iter().max_by_key(|problem| problem.weight())
    }
}

/// How a certificate stands at the time that counts.
#[derive(Debug, Clone)]
pub struct Standing {
    /// The chain that was taken.
    pub chain: Option<Chain>,
    /// In one word.
    pub trust: Trust,
    /// What is wrong.
    pub problems: Vec<Problem>,
    /// What else people should know: clauses.
    pub notes: Vec<String>,
    /// Whether an algorithm or key was too weak, also where that was excepted.
    pub is_weak: bool,
}

/// A certificate to be judged, with the signature it made.
pub struct Subject<'a> {
    /// The certificate.
    pub leaf: &'a Arc<Certificate>,
    /// What it signed.
    pub role: Role,
    /// Trust that is enough.
    pub purposes: &'a [Purpose],
    /// The earliest proof that the signature existed.
    pub proof: Option<Proof>,
    /// A trusted time stamp that was made with it.
    pub stamped: Option<Timestamp>,
    /// When its signer says it was made: counts for exceptions alone.
    pub claimed: Option<Timestamp>,
    /// Algorithms of the signature itself.
    pub uses: &'a [Use],
}

/// Judges a certificate; of several chains the one that is worth most.
pub fn stand(world: &World<'_>, subject: &Subject<'_>) -> Standing {
    let found = chain::find(
        subject.leaf,
        subject.role,
        &world.known.certificates,
        world.trust,
        subject.purposes,
        &world.checks_left,
    );
    let chains = match found {
        Ok(chains) => chains,
        Err((sub, why)) => {
            let problems = vec![Problem::unknown(sub, why)];
            let mut standing = Standing {
                chain: None,
                trust: Trust::Untrusted,
                problems,
                notes: Vec::new(),
                is_weak: false,
            };
            strength(world, subject, None, &mut standing);
            return standing;
        }
    };
    let mut all: Vec<Standing> = Vec::new();
    for chain in chains {
        let standing = along(world, subject, chain);
        if standing.problems.is_empty() {
            return standing;
        }
        all.push(standing);
    }
    let least = all.into_iter().min_by_key(|s| Problem::worst(&s.problems).map(Problem::weight));
    least.expect("chain::find gives no empty list")
}

fn along(world: &World<'_>, subject: &Subject<'_>, chain: Chain) -> Standing {
    let time = subject.proof.map_or(world.at, |proof| proof.at);
    let mut found = Standing {
        chain: None,
        trust: Trust::Trusted,
        problems: Vec::new(),
        notes: Vec::new(),
        is_weak: false,
    };
    let anchor = &chain.anchor;
    if anchor.from.is_some_and(|from| time < from) || anchor.until.is_some_and(|until| until <= time) {
        let why = "nơi tin cậy chỉ được công nhận trong một thời gian khác với thời điểm cần xét";
        found.problems.push(Problem::unknown(SubIndication::ChainConstraintsFailure, why));
        found.trust = Trust::Untrusted;
    }
    for (n, (one, issuer)) in chain.links().enumerate() {
        let status = world.status(one, issuer, &anchor.certificate, time);
        if n == 0 {
            leaf_period(world, subject, &status, &mut found);
            leaf_status(world, subject, status, &mut found);
        } else {
            ca_status(world, subject, one, status, &mut found);
        }
    }
    if chain.certificates.len() == 1 {
        leaf_period(world, subject, &Status::Unknown(String::new()), &mut found);
    }
    for ca in chain.certificates.iter().skip(1) {
        if !ca.is_valid_at(time) {
            let why = format!(
                "chứng thư số của «{}» không còn hoặc chưa có hiệu lực vào thời điểm cần xét",
                ca.subject.common_name()
            );
            found.problems.push(Problem::unknown(SubIndication::OutOfBoundsNoPoe, why));
            worsen(&mut found, if time < ca.not_before { Trust::NotYetValid } else { Trust::Expired });
        }
    }
    strength(world, subject, Some(&chain), &mut found);
    found.chain = Some(chain);
    found
}

/// The period of the signer's certificate (EN 319 102-1, 5.5.4 and 5.6.2.4).
fn leaf_period(world: &World<'_>, subject: &Subject<'_>, status: &Status, found: &mut Standing) {
    let leaf = subject.leaf;
    let time = subject.proof.map_or(world.at, |proof| proof.at);
    if leaf.is_valid_at(time) {
        if !leaf.is_valid_at(world.at) {
            found.notes.push("chứng thư số hết hạn sau khi đã ký".to_owned());
        }
        return;
    }
    if time < leaf.not_before {
        worsen(found, Trust::NotYetValid);
        found.problems.push(if subject.proof.is_some() {
            Problem::failed(SubIndication::NotYetValid, "chữ ký có trước khi chứng thư số có hiệu lực")
        } else {
            Problem::unknown(SubIndication::OutOfBoundsNoPoe, "chứng thư số chưa có hiệu lực")
        });
        return;
    }
    worsen(found, Trust::Expired);
    found.problems.push(if subject.stamped.is_some_and(|at| leaf.not_after < at) {
        Problem::failed(SubIndication::Expired, "chữ ký được tạo sau khi chứng thư số hết hạn")
    } else if matches!(status, Status::Good { outlives_certificate: true }) {
        let why = "chứng thư số đã hết hạn, chưa bị thu hồi, nhưng không có bằng chứng là đã ký khi còn hạn";
        Problem::unknown(SubIndication::OutOfBoundsNotRevoked, why)
    } else {
        let why = "chứng thư số đã hết hạn và không có bằng chứng là đã ký khi còn hạn";
        Problem::unknown(SubIndication::OutOfBoundsNoPoe, why)
    });
}

fn leaf_status(world: &World<'_>, subject: &Subject<'_>, status: Status, found: &mut Standing) {
    match status {
        Status::Good { .. } => {}
        Status::Revoked(since) if subject.proof.is_some_and(|proof| proof.at < since) => {
            found.notes.push("chứng thư số bị thu hồi sau khi đã ký".to_owned());
        }
        // An order for later, in a list that is out already.
        Status::Revoked(since) if subject.proof.is_none() && world.at < since => {}
        Status::Revoked(since) => {
            worsen(found, Trust::Revoked);
            found.problems.push(if subject.stamped.is_some_and(|at| since <= at) {
                Problem::failed(SubIndication::Revoked, "chữ ký được tạo sau khi chứng thư số bị thu hồi")
            } else {
                let why = "chứng thư số đã bị thu hồi và không có bằng chứng là đã ký trước đó";
                Problem::unknown(SubIndication::RevokedNoPoe, why)
            });
        }
        Status::Unknown(why) => missing(world, why, found),
    }
}

fn ca_status(
    world: &World<'_>,
    subject: &Subject<'_>,
    ca: &Certificate,
    status: Status,
    found: &mut Standing,
) {
    let time = subject.proof.map_or(world.at, |proof| proof.at);
    match status {
        Status::Good { .. } => {}
        Status::Revoked(since) if time < since => {
            found
                .notes
                .push(format!("chứng thư số của «{}» bị thu hồi sau khi đã ký", ca.subject.common_name()));
        }
        Status::Revoked(_) => {
            worsen(found, Trust::Revoked);
            let why = format!("chứng thư số của nơi cấp «{}» đã bị thu hồi", ca.subject.common_name());
            found.problems.push(Problem::unknown(SubIndication::RevokedCaNoPoe, why));
        }
        Status::Unknown(why) => missing(world, why, found),
    }
}

fn missing(world: &World<'_>, why: String, found: &mut Standing) {
    if world.policy.revocation_required {
        worsen(found, Trust::Unknown);
        found.problems.push(Problem::unknown(SubIndication::TryLater, why));
    } else {
        found.notes.push(why);
    }
}

/// Algorithms of the signature and of every certificate but the trusted one.
fn strength(world: &World<'_>, subject: &Subject<'_>, chain: Option<&Chain>, found: &mut Standing) {
    let mut issuers = chain.map(Chain::issuers).unwrap_or_default();
    if chain.is_none() {
        issuers.push(subject.leaf.issuer.common_name());
    }
    let links = chain.into_iter().flat_map(Chain::links);
    let of_links = links.map(|(one, issuer)| {
        one.scheme.map(|scheme| Use { digest: scheme.digest, key: Some(issuer.strength) })
    });
    let uses = subject.uses.iter().cloned().map(Some).chain(of_links);
    let mut told: Vec<Use> = Vec::new();
    for used in uses {
        let Some(used) = used else {
            found.is_weak = true;
            let why = "một chứng thư số được ký bằng thuật toán không được hỗ trợ";
            found.problems.push(Problem::unknown(SubIndication::CryptoConstraintsFailure, why));
            continue;
        };
        let proven = subject.proof.map(|proof| proof.at);
        let acceptance = world.policy.accepts(&used, world.at, proven, subject.claimed, &issuers);
        if acceptance == Acceptance::Accepted || told.contains(&used) {
            continue;
        }
        found.is_weak = true;
        let name = match used.key {
            Some(key) => format!("{} với {}", used.digest.name(), key.name()),
            None => used.digest.name().to_owned(),
        };
        match acceptance {
            Acceptance::Accepted => {}
            Acceptance::Excepted(note) if found.notes.contains(&note) => {}
            Acceptance::Excepted(note) => found.notes.push(note),
            Acceptance::Refused => {
                let why = format!("thuật toán hoặc khóa quá yếu hay không được chấp nhận ({name})");
                found.problems.push(Problem::unknown(SubIndication::CryptoConstraintsFailure, why));
            }
            Acceptance::NoProof => {
                let why = format!(
                    "thuật toán hoặc khóa nay quá yếu ({name}), không có bằng chứng là đã ký khi còn mạnh"
                );
                found.problems.push(Problem::unknown(SubIndication::CryptoConstraintsFailureNoPoe, why));
            }
        }
        told.push(used);
    }
}

/// The word that people must hear first stays.
fn worsen(found: &mut Standing, trust: Trust) {
    let rank = |trust| match trust {
        Trust::Trusted => 0,
        Trust::Unknown => 1,
        Trust::NotYetValid => 2,
        Trust::Expired => 3,
        Trust::Untrusted => 4,
        Trust::Revoked => 5,
    };
    if rank(trust) > rank(found.trust) {
        found.trust = trust;
    }
}
