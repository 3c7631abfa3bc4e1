//! PNG: header, wholeness, pixels.
#![no_main]
mod common;

libfuzzer_sys::fuzz_target!(init: common::watch(), |bytes: &[u8]| common::look(common::with_magic(b"\x89PNG\r\n\x1a\n", bytes)));
