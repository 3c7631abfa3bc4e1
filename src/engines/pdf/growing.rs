//! A file in memory that grows by updates: its first bytes stay, are hashed once, and are never copied for whoever
//! looks at them; nor are its pages rendered twice.

use std::{cell::RefCell, fmt, ops::Deref, sync::Arc};

use hayro::hayro_syntax::{Pdf, PdfData};
use openssl::sha::Sha256;

use super::views::{View, Views, What};

/// States of hashing that are kept.
const MOST_STATES: usize = 64;

/// The bytes of a file, with what is known of its beginning.
pub struct GrowingFile {
    bytes: Arc<Vec<u8>>,
    hashed: Prefixes,
    views: RefCell<Views>,
}

impl GrowingFile {
    /// A file as it is.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self { bytes: Arc::new(bytes), hashed: Prefixes::default(), views: RefCell::default() }
    }

    /// Appends an update. Without a copy, where nobody else looks at the bytes.
    pub fn grow(&mut self, more: &[u8]) {
        self.views.get_mut().close();
        let bytes = Arc::make_mut(&mut self.bytes);
        // Updates are small beside the file: twice its room would be taken from the system and given back.
        bytes.reserve_exact(more.len());
        bytes.extend_from_slice(more);
    }

    /// Takes updates back.
    pub fn cut(&mut self, length: usize) {
        self.views.get_mut().forget_behind(length);
        Arc::make_mut(&mut self.bytes).truncate(length);
        self.hashed.forget_behind(length);
    }

    /// Its first `length` bytes, opened by the renderer; `None` where it cannot.
    pub(in crate::engines) fn opened(&self, length: usize, password: &str) -> Option<Arc<Pdf>> {
        self.views.borrow_mut().opened(length, || self.part(length), password)
    }

    /// A page as it is seen; `None` where it cannot be shown whole.
    pub(in crate::engines) fn view(&self, what: What, password: &str) -> Option<Arc<View>> {
        self.views.borrow_mut().page(what, || self.part(what.0), password)
    }

    /// The first `length` bytes, for a renderer.
    fn part(&self, length: usize) -> PdfData {
        let length = length.min(self.bytes.len());
        PdfData::from(Arc::new(Part { bytes: Arc::clone(&self.bytes), length }))
    }

    /// The bytes, shared.
    pub(in crate::engines) fn shared(&self) -> Arc<Vec<u8>> {
        Arc::clone(&self.bytes)
    }

    /// Hashes all of it, for whoever hashes it with an update later.
    pub fn hash_ahead(&self) {
        self.hashed.sha256(self, &[]);
    }

    /// What is hashed of it.
    pub fn hashed(&self) -> &Prefixes {
        &self.hashed
    }

    /// Its bytes.
    pub fn into_bytes(self) -> Vec<u8> {
        let Self { bytes, views, .. } = self;
        drop(views); // it looks at them
        Arc::unwrap_or_clone(bytes)
    }
}

impl Deref for GrowingFile {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

struct Part {
    bytes: Arc<Vec<u8>>,
    length: usize,
}

impl AsRef<[u8]> for Part {
    fn as_ref(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

/// How far a file was hashed already: SHA-256 after its first so many bytes.
#[derive(Default)]
pub struct Prefixes {
    states: RefCell<Vec<(usize, Sha256)>>,
}

impl Prefixes {
    /// SHA-256 of the first bytes of this file, and what follows behind them.
    pub fn sha256(&self, first: &[u8], rest: &[u8]) -> [u8; 32] {
        let mut states = self.states.borrow_mut();
        let known =
            states.iter().filter(|(length, _)| *length <= first.len()).max_by_key(|(length, _)| *length);
        let (length, mut state) = known.cloned().unwrap_or_else(|| (0, Sha256::new()));
        state.update(&first[length..]);
        if length < first.len() && states.len() < MOST_STATES {
            states.push((first.len(), state.clone()));
        }
        state.update(rest);
        state.finish()
    }

    fn forget_behind(&self, length: usize) {
        self.states.borrow_mut().retain(|(hashed, _)| *hashed <= length);
    }
}

impl fmt::Debug for Prefixes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Prefixes(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_hashed_is_not_hashed_again_and_comes_out_right() {
        let mut file = GrowingFile::new(b"%PDF first".to_vec());
        let check = |file: &GrowingFile, first: usize, from: usize| {
            let expected = openssl::sha::sha256(&[&file[..first], &file[from..]].concat());
            assert_eq!(file.hashed().sha256(&file[..first], &file[from..]), expected, "{first} {from}");
        };
        check(&file, 5, 7);
        check(&file, 10, 10);
        let seen = file.part(4);
        file.grow(b" second");
        assert_eq!((seen.as_ref(), &file[..]), (&b"%PDF"[..], &b"%PDF first second"[..]));
        check(&file, 12, 14);
        check(&file, 5, 17);
        check(&file, 0, 0);
        file.cut(10);
        file.grow(b" other");
        check(&file, 12, 14);
        assert_eq!(file.into_bytes(), b"%PDF first other");
    }
}
