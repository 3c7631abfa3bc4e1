//! Lists that people hand in with their papers, CSV and XLSX: rows within bounds or a sentence.
#![no_main]
mod common;

use sohoa::engines::table;

libfuzzer_sys::fuzz_target!(init: common::watch(), |bytes: &[u8]| common::tried(|| {
    let Ok(rows) = table::rows(bytes) else { return };
    assert!(rows.len() <= 20_000 && rows.iter().all(|row| row.len() <= 64));
}));
