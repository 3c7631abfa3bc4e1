//! Promises of the program, each kept through its public door.
#![allow(clippy::unwrap_used)] // a test may stop at once, its helpers too

mod bad_input;
mod command_line;
mod contract;
mod floors;
mod hostile;
mod line;
mod samples;
mod store;
mod support;

#[path = "../../samples/generator/mod.rs"]
mod generator;
