//! Promises of the program, each kept through its public door.

mod store;
mod support;
