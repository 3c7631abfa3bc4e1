#![doc = "sohoa"]
pub mod domain;
pub mod engines;
pub mod store;
