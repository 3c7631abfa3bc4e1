//! Floor 2, beside `store`: other systems, asked over HTTP. Time-stamp authorities, OCSP responders,
//! revocation lists, the agency's provider of sign-ins.
//!
//! Addresses come out of certificates, that is from strangers: only public addresses are connected to, and
//! private ones that the installation names; what is connected to is the very address that was looked at.
//! Every answer is bounded in time and size, and checked by whoever asked.

mod addresses;
pub mod client;
pub mod crls;
pub mod ocsp;
pub mod oidc;
pub mod timestamps;

pub use client::{Remote, RemoteError, RemoteRules};
