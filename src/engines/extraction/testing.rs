//! Lays out words in millimetres, so that tests can write a page as a person sees it.

use jiff::{Timestamp, civil::Date};
use unicode_normalization::UnicodeNormalization;

use super::{Reading, print};
use crate::domain::{
    fields::Threshold,
    page::{BoxMm, PageFacts},
    text::{PageText, RecognisedText, TextLine, TextSource, Word},
};

/// Size of the letters, and how sure the reader was, where a test does not say.
const EM_MM: f32 = 4.6;
const SURE: f32 = 0.96;

/// A paper of A4 pages under construction.
pub(super) struct Paper {
    pages: Vec<Vec<TextLine>>,
    source: TextSource,
}

impl Paper {
    pub(super) fn new() -> Self {
        Self { pages: vec![Vec::new()], source: TextSource::Ocr }
    }

    pub(super) fn text_layer(mut self) -> Self {
        self.source = TextSource::TextLayer;
        self
    }

    pub(super) fn next_page(mut self) -> Self {
        self.pages.push(Vec::new());
        self
    }

    /// Words of `text` from `left` on, with their tops at `top`. A word may carry how sure the
    /// reader was: `542~30` is `542` at 0.30; `~pen` makes it tall and off the line, and `~print` just as tall, but
    /// like other print of the page.
    pub(super) fn put(mut self, left: f32, top: f32, text: &str) -> Self {
        let mut x = left;
        let words = text.split_whitespace().map(|word| {
            let (letters, remark) = word.split_once('~').unwrap_or((word, ""));
            let width = print::advance_em(letters) * EM_MM * 0.96;
            let (lift, stretch) = if matches!(remark, "pen" | "print") { (0.9, 1.45) } else { (0.0, 1.0) };
            let confidence = remark.parse::<f32>().map_or(SURE, |c| c / 100.0);
            let height = print::height_em(letters) * EM_MM;
            let place = BoxMm { left: x, top: top - lift, width, height: height * stretch };
            x += width + 0.27 * EM_MM;
            Word { text: letters.nfc().collect(), place, confidence, is_print: remark == "print" }
        });
        let words: Vec<Word> = words.collect();
        self.pages.last_mut().unwrap().push(TextLine { block: 0, words });
        self
    }

    /// Words of `text` around `centre`.
    pub(super) fn around(self, centre: f32, top: f32, text: &str) -> Self {
        let bare: Vec<&str> =
            text.split_whitespace().map(|w| w.split_once('~').map_or(w, |(letters, _)| letters)).collect();
        let width: f32 = bare.iter().map(|w| print::advance_em(w) * EM_MM * 0.96 + 0.27 * EM_MM).sum();
        self.put(centre - width / 2.0, top, text)
    }

    /// An official header: agencies one above the other at the left, the motto at the right.
    pub(super) fn header(self, agencies: &[&str]) -> Self {
        let mut paper = self.around(143.0, 20.0, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM").around(
            143.0,
            26.0,
            "Độc lập - Tự do - Hạnh phúc",
        );
        for (i, agency) in agencies.iter().enumerate() {
            paper = paper.around(60.0, 20.0 + 5.5 * i as f32, agency);
        }
        paper
    }

    /// The header of a citizen's own paper: the motto alone, in the middle.
    pub(super) fn plain_header(self) -> Self {
        self.around(108.0, 20.0, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM").around(
            108.0,
            26.0,
            "Độc lập - Tự do - Hạnh phúc",
        )
    }

    /// Number at the left, place and date at the right, on one line that the reader did not cut.
    pub(super) fn number_and_date(mut self, number: &str, date: &str) -> Self {
        self = self.around(60.0, 38.0, number).around(143.0, 38.0, date);
        let lines = self.pages.last_mut().unwrap();
        if let (Some(right), Some(mut left)) = (lines.pop(), lines.pop()) {
            left.words.extend(right.words);
            lines.push(left);
        }
        self
    }

    pub(super) fn finish(self) -> (RecognisedText, Vec<PageFacts>) {
        let source = self.source;
        let text = RecognisedText {
            pages: self
                .pages
                .into_iter()
                .zip(1..)
                .map(|(lines, position)| {
                    let lines = lines.into_iter().filter(|l| !l.words.is_empty()).collect();
                    PageText { position, source, lines }
                })
                .collect(),
        };
        let facts = text.pages.iter().map(|p| a4(p.position)).collect();
        (text, facts)
    }

    pub(super) fn reading(self) -> Reading {
        let (text, facts) = self.finish();
        Reading::of(&text, &facts, today(), Threshold::default())
    }
}

/// The day on which tests run.
pub(super) fn today() -> Date {
    jiff::civil::date(2026, 3, 2)
}

/// A moment of that day.
pub(super) fn now() -> Timestamp {
    "2026-03-02T02:00:00Z".parse().unwrap()
}

fn a4(position: u32) -> PageFacts {
    PageFacts { dpi: 300, ..PageFacts::unknown(position, 210.0, 297.0) }
}
