#![doc = include_str!("ARCHITECTURE.md")]
#![cfg_attr(not(test), warn(unused_crate_dependencies))]

pub mod clock;
pub mod config;
pub mod domain;
pub mod engines;
pub mod faces;
pub mod store;
pub mod telemetry;
pub mod workflows;
