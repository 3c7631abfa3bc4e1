//! Floor 2, beside `store`: other systems. Time-stamp authorities, OCSP responders and revocation lists over HTTP;
//! an antivirus program over its own protocol.
//!
//! Addresses come out of certificates, that is from strangers: only public addresses are connected to, and
//! private ones that the installation names; what is connected to is the very address that was looked at.
//! Every answer is bounded in time and size, and checked by whoever asked.

mod addresses;
pub mod antivirus;
pub mod client;
pub mod crls;
pub mod ocsp;
pub mod timestamps;

pub use client::{Remote, RemoteError, RemoteRules};
