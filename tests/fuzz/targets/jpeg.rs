//! JPEG: header, wholeness, soundness, pixels.
#![no_main]
mod common;

libfuzzer_sys::fuzz_target!(init: common::watch(), |bytes: &[u8]| common::look(common::with_magic(b"\xFF\xD8\xFF", bytes)));
