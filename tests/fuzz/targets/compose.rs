//! Composing from a foreign file: pictures taken over as they are, pages carried as forms, faces flattened.
#![no_main]
mod common;

use jiff::Timestamp;
use sohoa::{
    domain::{
        page::BoxMm,
        text::{PageText, TextLine, TextSource, Word},
    },
    engines::pdf::{
        compose::{ComposeMeta, ComposePage, compose},
        read::inspect,
    },
};

libfuzzer_sys::fuzz_target!(init: common::watch(), |bytes: &[u8]| common::tried(|| {
    let Some(paper) = common::opened(bytes.to_vec()) else { return };
    let n_pages = paper.container().n_pages as usize;
    if n_pages > 4 {
        return;
    }
    let place = BoxMm { left: 20.0, top: 30.0, width: 25.0, height: 4.0 };
    let word = Word { text: "Quyết".to_owned(), place, confidence: 0.9, is_print: false };
    let lines = vec![TextLine { block: 1, words: vec![word] }];
    let text = PageText { position: 1, source: TextSource::Ocr, lines };
    let meta =
        ComposeMeta { title: String::new(), fields: None, created_at: Timestamp::UNIX_EPOCH, first_page: None };
    let turn = [0, 90, 180, 270][bytes.len() % 4];
    let indices: Vec<usize> = (0..n_pages).collect();
    let sources = paper.sources(&indices).expect("the pages are there");
    let page = |source| ComposePage { source, rotation: turn, text: &text };
    let pages: Vec<ComposePage<'_>> = sources.into_iter().map(page).collect();
    if let Ok(pdf) = compose(&pages, &meta) {
        let facts = inspect(pdf.as_bytes()).expect("what was composed opens");
        assert_eq!(facts.n_pages, n_pages);
    }
}));
