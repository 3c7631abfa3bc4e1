#![doc = include_str!("ARCHITECTURE.md")]
#![cfg_attr(not(any(test, fuzzing)), warn(unused_crate_dependencies))]

pub mod clock;
#[cfg(not(fuzzing))]
pub mod config;
pub mod domain;
pub mod engines;
#[cfg(not(fuzzing))]
pub mod faces;
#[cfg(not(fuzzing))]
pub mod remote;
#[cfg(not(fuzzing))]
pub mod store;
#[cfg(not(fuzzing))]
pub mod telemetry;
#[cfg(not(fuzzing))]
pub mod workflows;
