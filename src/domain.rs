//! Floor 0: the words of the law as types, with the rules that need no I/O.
//!
//! Everything here is decided from its arguments alone: no file, no clock, no database, no network.

pub mod account;
pub mod acts;
pub mod archive;
pub mod batch;
pub mod breach;
pub mod calendar;
pub mod card;
pub mod catalogue;
pub mod checklist;
pub mod child;
pub mod cleaning;
pub mod code;
pub mod confirm;
pub mod count;
pub mod dossier;
pub mod eligibility;
pub mod event;
pub mod extra;
pub mod fields;
pub mod first;
pub mod ids;
pub mod job;
pub mod lessons;
pub mod national;
pub mod natural;
pub mod officer;
pub mod owner;
pub mod page;
pub mod plan;
pub mod record;
pub mod rescan;
pub mod retention;
pub mod reuse;
pub mod rights;
pub mod search;
pub mod separator;
pub mod signing;
pub mod subject_request;
pub mod text;
pub mod validity;
