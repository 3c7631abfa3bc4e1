//! What several files of promises need.

pub mod agent;
pub mod app;
pub mod authorities;
pub mod browser;
pub mod clamd;
pub mod cli;
pub mod judges;
pub mod logs;
pub mod papers;
pub mod pdf;
pub mod postgres;
pub mod scans;
pub mod stamp;
pub mod token;
