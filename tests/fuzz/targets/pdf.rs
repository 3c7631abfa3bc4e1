//! PDF: facts, pages, pictures, the text layer, drawing.
#![no_main]
mod common;

libfuzzer_sys::fuzz_target!(init: common::watch(), |bytes: &[u8]| common::look(common::with_magic(b"%PDF-1.", bytes)));
