//! The second look into a PDF: fields, signatures, our mark.
#![no_main]
mod common;

libfuzzer_sys::fuzz_target!(init: common::watch(), |bytes: &[u8]| common::tried(|| {
    if let Ok(facts) = sohoa::engines::pdf::read::inspect(bytes) {
        assert!(facts.n_pages > 0);
    }
}));
