//! Signatures: judging those that are in a file, and making our own.
//!
//! A verdict goes through eight steps, each a module of its own, each able only to lower it: form
//! ([`locate`]), digest and value ([`value`]), later revisions ([`changes`]), chain ([`chain`]),
//! revocation ([`revocation`]), time ([`time`]), algorithms ([`algorithms`]), and the document's verdict
//! ([`judge`]). Certificates, revocation lists, OCSP answers and "now" come in as arguments: nothing
//! here reads a file, asks a network or looks at a clock.
//!
//! Source: QĐ 1917/QĐ-BLĐTBXH, Điều 13 and 15; ETSI EN 319 102-1 (words of verdicts), EN 319 142-1
//! (PAdES), ISO 32000-2 section 12.8.

pub mod algorithms;
pub mod asn1;
pub mod certificate;
pub mod chain;
pub mod changes;
pub mod cms;
pub mod crl;
pub mod dss;
mod fields;
pub mod judge;
pub mod locate;
pub mod look;
pub mod ocsp;
pub mod order;
pub mod policies;
pub mod policy;
pub mod report;
pub mod revocation;
pub mod seal;
pub mod time;
pub mod timestamp;
pub mod trust;
pub mod value;
pub mod verdict;
mod verify;
pub mod wanted;

pub use trust::Purpose;
pub use verify::{Material, check_trust, verify, verify_by, verify_file};

/// A public key infrastructure of the tests' own; the tests from outside have it too.
#[cfg(test)]
#[path = "../../tests/it/pki.rs"]
pub(crate) mod pki;
#[cfg(test)]
mod table;
#[cfg(test)]
mod testing;
