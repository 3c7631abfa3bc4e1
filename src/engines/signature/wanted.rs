//! What is missing to judge a file: certificates of issuers, news of revocation, with the addresses that
//! the certificates name for them. Fetches nothing: whoever may ask a network does, and judges again.

use std::cell::Cell;
use std::sync::Arc;

use jiff::Timestamp;

use super::certificate::Certificate;
use super::chain::{self, Role};
use super::cms::SignedData;
use super::judge::{SignatureFacts, everything};
use super::policy::Policy;
use super::revocation::{MOST_CHECKS, RevocationData, Status, World};
use super::trust::TrustAnchors;
use super::value;
use super::verdict::Kind;

/// Certificates asked about for one file.
const MOST: usize = 64;

/// A certificate of which something is missing.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The certificate; its addresses say where.
    pub certificate: Arc<Certificate>,
    /// Its issuer, of whom news of revocation are wanted; `None`: the issuer itself is wanted.
    pub issuer: Option<Arc<Certificate>>,
}

/// What is missing to judge these signatures, each once.
pub fn wanted(
    facts: &[SignatureFacts<'_>],
    trust: &TrustAnchors,
    known: &RevocationData,
    policy: &Policy,
    at: Timestamp,
) -> Vec<Wanted> {
    let opened: Vec<(Kind, SignedData)> =
        facts.iter().filter_map(|one| Some((one.kind, SignedData::parse(one.contents).ok()?))).collect();
    let known = everything(opened.iter().map(|(_, cms)| cms), known);
    let world = World { trust, policy, known, at, checks_left: Cell::new(MOST_CHECKS) };
    let mut found = Vec::new();
    for (kind, cms) in &opened {
        match kind {
            Kind::Signature => of_signer(&world, cms, Role::Signer, &mut found),
            Kind::Doctimestamp => of_signer(&world, cms, Role::TimeStamper, &mut found),
        }
        for token in cms.timestamps.iter().filter_map(|token| SignedData::parse(token).ok()) {
            of_signer(&world, &token, Role::TimeStamper, &mut found);
        }
    }
    found
}

fn of_signer(world: &World<'_>, cms: &SignedData, role: Role, found: &mut Vec<Wanted>) {
    let Some(leaf) = value::meant(cms, &world.known.certificates).into_iter().next() else { return };
    let purposes = match role {
        Role::TimeStamper => &world.policy.timestamp_purposes,
        Role::Signer | Role::CrlIssuer => &world.policy.purposes,
    };
    let chains =
        chain::find(&leaf, role, &world.known.certificates, world.trust, purposes, &world.checks_left);
    let Some(chain) = chains.ok().and_then(|chains| chains.into_iter().min_by_key(|c| c.certificates.len()))
    else {
        let certificate = highest(world, leaf);
        return add(Wanted { certificate, issuer: None }, found);
    };
    for (one, issuer) in chain.links() {
        if let Status::Unknown(_) = world.status(one, issuer, &chain.anchor.certificate, world.at) {
            add(Wanted { certificate: Arc::clone(one), issuer: Some(Arc::clone(issuer)) }, found);
        }
    }
}

/// The certificate whose issuer is not there, going up by names.
fn highest(world: &World<'_>, leaf: Arc<Certificate>) -> Arc<Certificate> {
    let mut path = vec![leaf];
    while let Some(last) = path.last().filter(|_| path.len() < 10) {
        let mut known = world.known.certificates.iter().chain(&world.trust.intermediates);
        let Some(next) = known.find(|one| last.names_as_issuer(one) && !path.contains(one)) else { break };
        path.push(Arc::clone(next));
    }
    path.pop().expect("it holds the leaf at least")
}

fn add(wanted: Wanted, found: &mut Vec<Wanted>) {
    let is_there = found.iter().any(|one| one.certificate == wanted.certificate);
    if !is_there && found.len() < MOST && (wanted.issuer.is_some() || !wanted.certificate.is_self_issued()) {
        found.push(wanted);
    }
}
