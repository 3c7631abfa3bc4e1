//! Promises of the program, each kept through its public door.
#![allow(clippy::unwrap_used)] // a test may stop at once, its helpers too

mod store;
mod support;
