//! Floor 2: what is kept, and how it is found again.
//!
//! One SQL text serves SQLite and PostgreSQL; bytes lie in an object store under their hash. Every
//! function takes and gives domain types. Knows nothing of HTTP, engines or the wall clock, and
//! nobody above sees a row or a type of the database library.
//!
//! Personal numbers and names stand in no column in clear: what is looked up is a keyed hash, what
//! is read back is sealed ([`keys`]). In a transaction, append to the trace ([`audit`]) and to the
//! change log last: the change log puts its writers in a row until commit.

pub mod accounts;
mod acts;
pub mod attempts;
pub mod audit;
pub mod augmentations;
pub mod breaches;
pub mod catalogues;
pub mod changes;
pub mod cleaning;
pub mod clients;
pub mod codes;
pub mod cursors;
mod db;
pub mod dossiers;
mod error;
pub mod first;
pub mod guardians;
pub mod idempotency;
pub mod jobs;
pub mod keys;
pub mod known;
mod lane;
pub mod lessons;
pub mod manual_codes;
mod new_row;
pub mod objects;
pub mod officers;
pub mod owner_acts;
pub mod owners;
pub mod papers;
pub mod plans;
pub mod prints;
pub mod quarantine;
pub mod record_acts;
pub mod records;
pub mod reuses;
pub mod roles;
pub mod rotation;
mod row;
pub mod search;
pub mod sessions;
mod shared;
pub mod subject_requests;
pub mod verifications;

pub use db::{Db, Tx};
pub use error::{Cause, StoreError};
pub use keys::Keys;
pub use new_row::NewRow;
pub use objects::Objects;
