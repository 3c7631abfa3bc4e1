//! What is missing to judge a file: certificates of issuers, news of revocation, with the addresses that
//! the certificates name for them. Fetches nothing: whoever may ask a network does, and judges again.

use std::cell::Cell;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::certificate::Certificate;
use super::chain::{self, Role};
use super::cms::SignedData;
use super::judge::{SignatureFacts, everything};
use super::order::VerifyOrder;
use super::policy::Policy;
use super::revocation::{MOST_CHECKS, RevocationData, Status, World};
use super::trust::TrustAnchors;
use super::value;
use super::verdict::Kind;
use super::verify::{Material, with_store};
use super::{dss, locate};
use crate::engines::pdf::revisions::RevisedPdf;

/// Certificates asked about for one file, and addresses of each.
const MOST: usize = 64;
const MOST_ADDRESSES: usize = 8;

/// A certificate of which something is missing.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The certificate; its addresses say where.
    pub certificate: Arc<Certificate>,
    /// Its issuer, of whom news of revocation are wanted; `None`: the issuer itself is wanted.
    pub issuer: Option<Arc<Certificate>>,
}

/// The same as plain data, so that it can be handed over by a reading process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// The certificate, DER.
    #[serde(with = "super::order::base64_bytes")]
    pub certificate: Vec<u8>,
    /// Its issuer, DER: news of revocation are wanted. Empty: the issuer itself is.
    #[serde(with = "super::order::base64_bytes")]
    pub issuer: Vec<u8>,
    /// Where the issuer's certificate is to be had.
    pub issuer_addresses: Vec<String>,
    /// Where OCSP responders are.
    pub ocsp_addresses: Vec<String>,
    /// Where lists are.
    pub crl_addresses: Vec<String>,
}

impl From<&Wanted> for Question {
    fn from(wanted: &Wanted) -> Self {
        let one = &wanted.certificate;
        let lists = one.crl_points.iter().flat_map(|point| point.addresses.iter().cloned());
        let few = |addresses: &mut dyn Iterator<Item = String>| addresses.take(MOST_ADDRESSES).collect();
        Self {
            certificate: one.der.clone(),
            issuer: wanted.issuer.as_ref().map(|issuer| issuer.der.clone()).unwrap_or_default(),
            issuer_addresses: few(&mut one.issuer_addresses.iter().cloned()),
            ocsp_addresses: few(&mut one.ocsp_addresses.iter().cloned()),
            crl_addresses: few(&mut { lists }),
        }
    }
}

/// What is missing to judge a file by what is known of it already; nothing where the file cannot be read.
pub fn of_file(bytes: &[u8], order: &VerifyOrder) -> Vec<Question> {
    let Ok(material) = Material::read(&order.trust) else { return Vec::new() };
    let Ok(pdf) = RevisedPdf::open(bytes, order.password.as_deref()) else { return Vec::new() };
    let located = locate::locate(&pdf);
    let contents: Vec<_> = located.iter().map(|one| (one.kind, &*one.contents)).collect();
    let known = with_store(&material.known, &dss::dss(&pdf));
    let found = of_contents(&contents, &material.trust, &known, &material.policy, order.at);
    found.iter().map(Question::from).collect()
}

/// What is missing to judge these signatures, each once.
pub fn wanted(
    facts: &[SignatureFacts<'_>],
    trust: &TrustAnchors,
    known: &RevocationData,
    policy: &Policy,
    at: Timestamp,
) -> Vec<Wanted> {
    let contents: Vec<_> = facts.iter().map(|one| (one.kind, one.contents)).collect();
    of_contents(&contents, trust, known, policy, at)
}

fn of_contents(
    contents: &[(Kind, &[u8])],
    trust: &TrustAnchors,
    known: &RevocationData,
    policy: &Policy,
    at: Timestamp,
) -> Vec<Wanted> {
    let opened: Vec<(Kind, SignedData)> =
        contents.iter().filter_map(|(kind, bytes)| Some((*kind, SignedData::parse(bytes).ok()?))).collect();
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
