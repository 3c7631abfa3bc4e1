//! Step 5: whether a certificate is revoked, by what is at hand: lists and answers out of the file, a
//! folder or an earlier asking. Nothing is asked for here. Without good news the answer is "unknown",
//! also where a certificate names no address to ask at: it is never "not revoked".

use std::cell::Cell;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::algorithms::{Scheme, Use};
use super::certificate::{self, Certificate, KeyUsage, OCSP_SIGNING};
use super::chain::{self, Role};
use super::crl::{ALL_REASONS, Crl, HOLD, REMOVED, is_at_most};
use super::ocsp::{Ocsp, Said};
use super::policy::{Acceptance, Policy};
use super::trust::{Purpose, TrustAnchors};

/// How far ahead a clock of a CA may be.
const SKEW: SignedDuration = SignedDuration::from_mins(5);
/// How far the certificates of those who issue lists and answers are followed.
const DEEPEST: u8 = 2;
/// Lists and answers looked at.
const MOST: usize = 512;

/// What is known besides the signature itself: out of the file (DSS), folders, earlier askings.
#[derive(Debug, Clone, Default)]
pub struct RevocationData {
    /// Certificates: links of chains, never trusted by themselves.
    pub certificates: Vec<Arc<Certificate>>,
    /// Lists of revocation.
    pub crls: Vec<Arc<Crl>>,
    /// OCSP answers.
    pub ocsps: Vec<Arc<Ocsp>>,
}

impl RevocationData {
    /// Adds the certificates in `bytes` (DER, or any number in PEM); answers whether there was one.
    pub fn add_certificates(&mut self, bytes: &[u8]) -> bool {
        let read = certificate::read_all(bytes);
        let is_any = !read.is_empty();
        self.certificates.extend(read);
        is_any
    }

    /// Adds a list (DER or PEM); answers whether it is one.
    pub fn add_crl(&mut self, bytes: &[u8]) -> bool {
        let read = (self.crls.len() < MOST).then(|| Crl::parse(bytes)).flatten();
        let is_any = read.is_some();
        self.crls.extend(read.map(Arc::new));
        is_any
    }

    /// Adds an OCSP answer (DER); answers whether it is one.
    pub fn add_ocsp(&mut self, bytes: &[u8]) -> bool {
        let read = (self.ocsps.len() < MOST).then(|| Ocsp::parse(bytes)).flatten();
        let is_any = read.is_some();
        self.ocsps.extend(read.map(Arc::new));
        is_any
    }
}

/// All that judging a certificate needs.
pub struct World<'a> {
    /// Whom to trust.
    pub trust: &'a TrustAnchors,
    /// What is asked for.
    pub policy: &'a Policy,
    /// Certificates, lists and answers, those of the signature among them.
    pub known: RevocationData,
    /// The time of the judgement.
    pub at: Timestamp,
    /// Signatures of certificates, lists and answers that may still be checked: hostile files bring
    /// thousands.
    pub checks_left: Cell<u32>,
}

/// Signatures of certificates, lists and answers checked for one file; an honest one needs some ten for
/// each of its signatures.
pub const MOST_CHECKS: u32 = 3_000;

/// How a certificate stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// Not revoked at the time of interest.
    Good {
        /// Whether the news were made for certificates that have run out too, after this one had.
        outlives_certificate: bool,
    },
    /// Revoked since then.
    Revoked(Timestamp),
    /// Nothing at hand tells; why, for people.
    Unknown(String),
}

/// One thing said of a certificate by somebody who may.
struct Statement {
    revoked: Option<(Timestamp, Option<u64>)>,
    this_update: Timestamp,
    next_update: Option<Timestamp>,
    reasons: u16,
    keeps_expired_since: Option<Timestamp>,
}

impl World<'_> {
    /// Takes one from what may still be checked.
    fn may_check(&self) -> bool {
        let left = self.checks_left.get();
        self.checks_left.set(left.saturating_sub(1));
        left > 0
    }

    /// How `one`, issued by `issuer` in a chain that ends at `anchor`, stands at `time`.
    pub fn status(
        &self,
        one: &Certificate,
        issuer: &Certificate,
        anchor: &Certificate,
        time: Timestamp,
    ) -> Status {
        self.status_at_depth(one, issuer, anchor, time, 0)
    }

    fn status_at_depth(
        &self,
        one: &Certificate,
        issuer: &Certificate,
        anchor: &Certificate,
        time: Timestamp,
        depth: u8,
    ) -> Status {
        let ca = one.issuer.common_name();
        if depth > DEEPEST {
            return Status::Unknown(format!("thông tin thu hồi của «{ca}» dẫn vòng quá xa"));
        }
        let mut statements = self.told_by_crls(one, issuer, anchor, time, depth);
        statements.extend(self.told_by_ocsps(one, issuer, anchor, time, depth));
        self.weigh(&statements, one, time).unwrap_or_else(|stale| {
            Status::Unknown(if stale {
                format!("thông tin thu hồi của «{ca}» đã cũ so với thời điểm cần xét")
            } else {
                format!("không có thông tin thu hồi (CRL, OCSP) dùng được của «{ca}»")
            })
        })
    }

    /// # Errors
    /// Nothing tells; whether there was something that was too old.
    fn weigh(&self, statements: &[Statement], one: &Certificate, time: Timestamp) -> Result<Status, bool> {
        let lasting = statements.iter().filter_map(|s| s.revoked).filter(|(_, reason)| *reason != Some(HOLD));
        if let Some(at) = lasting.map(|(at, _)| at).min() {
            return Ok(Status::Revoked(at));
        }
        // A hold counts while the newest news still have it.
        let newest = statements.iter().max_by_key(|s| s.this_update);
        if let Some((at, _)) = newest.and_then(|s| s.revoked) {
            return Ok(Status::Revoked(at));
        }
        let is_good =
            |s: &&Statement| s.revoked.is_none() && self.is_fresh(s, time) && tells_of_expired(s, one);
        let good: Vec<&Statement> = statements.iter().filter(is_good).collect();
        let reasons = good.iter().fold(0, |sum, s| sum | s.reasons);
        if reasons & ALL_REASONS == ALL_REASONS {
            return Ok(Status::Good {
                outlives_certificate: good.iter().any(|s| s.this_update > one.not_after),
            });
        }
        Err(!statements.is_empty())
    }

    fn is_fresh(&self, s: &Statement, time: Timestamp) -> bool {
        let after = |from: Timestamp, seconds: i64| from.saturating_add(SignedDuration::from_secs(seconds));
        let late = match s.next_update {
            Some(next) => after(next, self.policy.late_seconds),
            None => after(s.this_update, self.policy.fresh_seconds),
        };
        // The time of interest may lie before: news made later tell of then as well. With a grace,
        // they alone do: what was revoked shortly before a time stamp stands in no list of that hour.
        let grace = self.policy.grace_seconds;
        let is_told = if grace > 0 && time < self.at {
            after(time, grace).is_ok_and(|graced| s.this_update >= graced)
        } else {
            s.this_update >= time || late.is_ok_and(|late| time <= late)
        };
        is_told && s.this_update <= self.at.saturating_add(SKEW).unwrap_or(self.at)
    }

    fn told_by_crls(
        &self,
        one: &Certificate,
        issuer: &Certificate,
        anchor: &Certificate,
        time: Timestamp,
        depth: u8,
    ) -> Vec<Statement> {
        let usable = |crl: &&Arc<Crl>| {
            !crl.has_unknown && speaks_of(crl, one) && self.may_issue(crl, one, issuer, anchor, time, depth)
        };
        let usable: Vec<&Arc<Crl>> = self.known.crls.iter().filter(usable).collect();
        let mut found = Vec::new();
        for crl in &usable {
            let statement = match &crl.delta_base {
                None => full_statement(crl, one),
                Some(base) => delta_statement(crl, base, &usable, one),
            };
            found.extend(statement);
        }
        found
    }

    /// Whether news are signed strongly enough; an exception for their issuer and time counts.
    fn is_strong(&self, scheme: Option<Scheme>, by: &Certificate, made_at: Timestamp) -> bool {
        let Some(scheme) = scheme else { return false };
        let used = Use { digest: scheme.digest, key: Some(by.strength) };
        let made = Some(made_at);
        let issuers = [by.subject.common_name(), by.issuer.common_name()];
        let accepted = self.policy.accepts(&used, self.at, made, made, &issuers);
        matches!(accepted, Acceptance::Accepted | Acceptance::Excepted(_))
    }

    /// Whether a list is signed by who may speak of `one`: its issuer, or who is named for it.
    fn may_issue(
        &self,
        crl: &Crl,
        one: &Certificate,
        issuer: &Certificate,
        anchor: &Certificate,
        time: Timestamp,
        depth: u8,
    ) -> bool {
        let is_issuers = crl.issuer.canonical == one.issuer.canonical;
        let mut points = one.crl_points.iter();
        let is_named = crl.scope.is_indirect && points.any(|p| p.issuers.contains(&crl.issuer.canonical));
        if !is_issuers && !is_named {
            return false;
        }
        let signed = |by: &Certificate| {
            let fits = crl.authority_key_id.as_ref().zip(by.key_id.as_ref()).is_none_or(|(a, b)| a == b);
            let key = by.key.as_ref().filter(|_| fits);
            by.subject.canonical == crl.issuer.canonical
                && by.may(KeyUsage::CrlSign)
                && self.is_strong(crl.scheme(), by, crl.this_update)
                && key.is_some_and(|key| self.may_check() && crl.is_signed_by(key, &by.key_bits))
        };
        if signed(issuer) {
            return true;
        }
        let anchors = self.trust.anchors.iter().map(|a| &a.certificate);
        // The same CA with a newer key, trusted by itself.
        if is_issuers && anchors.clone().any(|a| signed(a)) {
            return true;
        }
        let mut others = self.known.certificates.iter().chain(&self.trust.intermediates);
        others.any(|by| signed(by) && self.leads_to(by, anchor, time, depth))
    }

    /// Whether who issued a list hangs on the same trusted certificate and is not revoked.
    fn leads_to(&self, by: &Arc<Certificate>, anchor: &Certificate, time: Timestamp, depth: u8) -> bool {
        use Purpose::{Any, Foreign, Government, Internal, Public, Timestamp};
        let all = [Any, Foreign, Government, Internal, Public, Timestamp];
        let chains =
            chain::find(by, Role::CrlIssuer, &self.known.certificates, self.trust, &all, &self.checks_left);
        chains.unwrap_or_default().iter().any(|chain| {
            let is_same = *chain.anchor.certificate == *anchor;
            is_same
                && chain.links().all(|(link, issuer)| {
                    let status = self.status_at_depth(link, issuer, anchor, time, depth + 1);
                    link.is_valid_at(time) && matches!(status, Status::Good { .. })
                })
        })
    }

    fn told_by_ocsps(
        &self,
        one: &Certificate,
        issuer: &Certificate,
        anchor: &Certificate,
        time: Timestamp,
        depth: u8,
    ) -> Vec<Statement> {
        let mut found = Vec::new();
        for ocsp in &self.known.ocsps {
            let Some(answer) = ocsp.answer(one, issuer).filter(|_| !ocsp.has_unknown) else { continue };
            if !self.may_answer(ocsp, issuer, anchor, time, depth) {
                continue;
            }
            let revoked = match answer.said {
                Said::Good => None,
                Said::Revoked(at, reason) => Some((at, reason)),
                Said::Unknown => continue,
            };
            found.push(Statement {
                revoked,
                this_update: answer.this_update,
                next_update: answer.next_update,
                reasons: ALL_REASONS,
                keeps_expired_since: answer.keeps_expired_since,
            });
        }
        found
    }

    /// Whether an answer is of who may answer for `issuer` (RFC 6960, 4.2.2.2): itself, or one that it
    /// gave a certificate for this and has not revoked.
    fn may_answer(
        &self,
        ocsp: &Ocsp,
        issuer: &Certificate,
        anchor: &Certificate,
        time: Timestamp,
        depth: u8,
    ) -> bool {
        let signed = |by: &Certificate| {
            ocsp.is_responder(by)
                && self.is_strong(ocsp.scheme, by, ocsp.produced_at)
                && by.key.as_ref().is_some_and(|key| self.may_check() && ocsp.is_signed_by(key))
        };
        if signed(issuer) {
            return true;
        }
        let others = ocsp.certificates.iter().chain(&self.known.certificates);
        others.filter(|by| by.is_for(OCSP_SIGNING) && signed(by)).any(|by| {
            let key = issuer.key.as_ref();
            let is_given =
                by.names_as_issuer(issuer) && key.is_some_and(|key| by.x509.verify(key).unwrap_or(false));
            let unrevoked = || {
                let time = time.max(ocsp.produced_at);
                by.no_check
                    || matches!(
                        self.status_at_depth(by, issuer, anchor, time, depth + 1),
                        Status::Good { .. }
                    )
            };
            let is_strong = self.is_strong(by.scheme, issuer, ocsp.produced_at);
            is_given && is_strong && by.is_valid_at(ocsp.produced_at) && unrevoked()
        })
    }
}

/// Lists and answers made after a certificate has run out leave it out, unless they say otherwise.
fn tells_of_expired(s: &Statement, one: &Certificate) -> bool {
    s.this_update <= one.not_after || s.keeps_expired_since.is_some_and(|since| since <= one.not_after)
}

/// Whether the list says that it is about such certificates (RFC 5280, 6.3.3 b).
fn speaks_of(crl: &Crl, one: &Certificate) -> bool {
    let scope = &crl.scope;
    if scope.only_attributes || (scope.only_users && one.is_ca) || (scope.only_cas && !one.is_ca) {
        return false;
    }
    if !scope.is_placed {
        return true;
    }
    // A part of a CA's list: only the certificate can say that it is in this part.
    one.crl_points.iter().any(|point| point.names.iter().any(|name| scope.names.contains(name)))
}

fn full_statement(crl: &Crl, one: &Certificate) -> Option<Statement> {
    let entry = crl.entry(&one.serial, &one.issuer.canonical).ok()?;
    Some(Statement {
        revoked: entry.filter(|e| e.reason != Some(REMOVED)).map(|e| (e.at, e.reason)),
        this_update: crl.this_update,
        next_update: crl.next_update,
        reasons: crl.scope.reasons.unwrap_or(ALL_REASONS),
        keeps_expired_since: crl.keeps_expired_since,
    })
}

/// A delta with the newest full list that it adds to (RFC 5280, 5.2.4); by itself it tells only of
/// revocations.
fn delta_statement(delta: &Crl, base: &[u8], all: &[&Arc<Crl>], one: &Certificate) -> Option<Statement> {
    let fits = |full: &&&Arc<Crl>| {
        let number = full.number.as_ref();
        full.delta_base.is_none()
            && full.issuer.canonical == delta.issuer.canonical
            && full.scope.der == delta.scope.der
            && full.authority_key_id == delta.authority_key_id
            && number.is_some_and(|n| is_at_most(base, n))
            && number.zip(delta.number.as_ref()).is_some_and(|(n, d)| is_at_most(n, d))
    };
    let mut told = full_statement(delta, one)?;
    if told.revoked.is_some() {
        return Some(told);
    }
    let full = all.iter().filter(fits).max_by_key(|full| full.this_update)?;
    let is_removed = delta.entry(&one.serial, &one.issuer.canonical).ok()?.is_some();
    if !is_removed {
        told.revoked = full_statement(full, one)?.revoked;
    }
    Some(told)
}
