//! Floor 3: one file per promise of the regulation. Puts engines and store together; knows nothing
//! of requests, pages or arguments.

pub mod access;
pub mod accounts;
pub mod administer;
pub mod agency;
pub mod arrange;
pub mod batch;
pub mod breaches;
pub mod browse;
pub mod clients;
pub mod context;
pub mod count;
pub mod derive;
pub mod digitise;
pub mod examine;
pub mod export;
pub mod files;
pub mod guide;
pub mod intake;
pub mod keep;
pub mod lessons;
pub mod measures;
pub mod overlay;
pub mod quarantine;
pub mod register;
pub mod rescan;
pub mod seal;
pub mod separators;
pub mod sign;
pub mod sign_in;
pub mod subject_requests;
pub mod trace;
pub mod verify;
pub mod watch;
