//! What the targets share: small bounds, so that many inputs are tried, and the whole way of a page.
#![allow(dead_code)] // each target takes what it needs

use sohoa::engines::imaging::{
    fault::Limits,
    open::{self, Opened},
};

pub const LIMITS: Limits = Limits { max_bytes: 16 << 20, max_pages: 50, max_pixels: 1_000_000 };

/// A panic of ours is a finding. One in a parser of others is none here: it costs the reading process one
/// page, and [`tried`] goes on with the next input.
pub fn watch() {
    std::panic::set_hook(Box::new(|panic| {
        let is_foreign = panic.location().is_some_and(|l| l.file().contains("/registry/src/"));
        if !is_foreign {
            eprintln!("{panic}");
            std::process::abort();
        }
    }));
}

/// Does it, and swallows what [`watch`] let pass.
pub fn tried(what: impl FnOnce()) {
    let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(what));
}

pub fn opened(bytes: Vec<u8>) -> Option<Opened> {
    open::open(vec![bytes], LIMITS).ok()
}

/// Opens, and decodes and draws the first pages.
pub fn look(bytes: Vec<u8>) {
    tried(|| look_at(bytes));
}

fn look_at(bytes: Vec<u8>) {
    let Some(paper) = opened(bytes) else { return };
    let n = paper.container().n_pages as usize;
    assert!((1..=LIMITS.max_pages as usize).contains(&n));
    for index in 0..n.min(3) {
        assert!(paper.size_mm(index).is_some_and(|(w, h)| w > 0.0 && h > 0.0));
        if let Ok(page) = paper.decode(index) {
            let (w, h) = (page.picture.width(), page.picture.height());
            assert!(w > 0 && h > 0 && u64::from(w) * u64::from(h) <= LIMITS.max_pixels.max(40_000_000));
        }
    }
    let _ = paper.picture_as_seen(0, 36.0);
    assert!(paper.decode(n).is_err());
}

/// `bytes` behind `magic`, so that no input is wasted on files of another kind.
pub fn with_magic(magic: &[u8], bytes: &[u8]) -> Vec<u8> {
    let mut file = bytes.to_vec();
    if file.len() < magic.len() {
        file.resize(magic.len(), 0);
    }
    file[..magic.len()].copy_from_slice(magic);
    file
}
