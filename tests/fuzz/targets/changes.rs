//! What follows a signature: bytes behind a signed paper, and papers as they come.
#![no_main]
mod common;

use sohoa::engines::{
    pdf::revisions::RevisedPdf,
    signature::{
        changes::{self, Limits},
        locate,
    },
};

/// A paper with a signed revision.
const SIGNED: &[u8] = include_bytes!("../seeds/signed.pdf");

libfuzzer_sys::fuzz_target!(init: common::watch(), |bytes: &[u8]| common::tried(|| {
    let file = if bytes.starts_with(b"%PDF-") { bytes.to_vec() } else { [SIGNED, bytes].concat() };
    let Ok(pdf) = RevisedPdf::open(&file, None) else { return };
    let located = locate::locate(&pdf);
    let limits = Limits { most_objects: 20_000, most_pages: 0, is_late: &|| false };
    for which in 0..located.len().min(20) {
        let found = changes::after(&pdf, &located, which, &limits);
        assert!(found.items.iter().all(|item| !item.message.is_empty()));
    }
}));
