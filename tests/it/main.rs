//! Promises of the program, each kept through its public door.
#![allow(clippy::unwrap_used)] // a test may stop at once, its helpers too

mod accounts;
mod agent;
mod antivirus;
mod archive;
mod bad_input;
mod batch;
mod card;
mod catalogue;
mod clean;
mod clients;
mod codes;
mod command_line;
mod contract;
mod count;
mod early;
mod elsewhere;
mod erasure;
mod evidence;
mod floors;
mod hostile;
mod judged;
mod keys;
mod leaks;
mod lessons;
mod line;
mod mtls;
mod officer_page;
mod online;
mod overlay;
mod owners;
mod pages_command;
mod pdfa;
mod pki;
mod plan;
mod portal;
mod protection;
mod provider;
mod rescan;
mod reuse;
mod rights;
mod samples;
mod seal;
mod search;
mod signing;
mod store;
mod support;
mod templates;
mod trace;
mod verdicts;
mod watch;

#[path = "../../samples/generator/mod.rs"]
mod generator;
