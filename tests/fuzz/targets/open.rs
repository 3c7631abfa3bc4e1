//! Any bytes as a paper: recognised, opened, its first pages decoded.
#![no_main]
mod common;

libfuzzer_sys::fuzz_target!(init: common::watch(), |bytes: &[u8]| common::look(bytes.to_vec()));
