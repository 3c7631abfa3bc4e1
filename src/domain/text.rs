//! Words as they were read, with their places: what every field is taken from.
//!
//! Knows nothing of how they were read, and nothing of fields.

use serde::{Deserialize, Serialize};

use super::page::BoxMm;

/// One word, NFC, never empty.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Word {
    /// The letters.
    #[serde(rename = "t")]
    pub text: String,
    /// Its box on the upright page.
    #[serde(rename = "b")]
    pub place: BoxMm,
    /// How sure the reader is, 0–1.
    #[serde(rename = "c")]
    pub confidence: f32,
    /// Its figures look like those printed elsewhere on the page: no pen wrote them, and they are what was read.
    #[serde(rename = "p", default, skip_serializing_if = "std::ops::Not::not")]
    pub is_print: bool,
}

/// One line of words from left to right, as the reader grouped them.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct TextLine {
    /// Ordinal of the block (column, paragraph group) the reader put the line in.
    pub block: u32,
    /// The words; never empty.
    pub words: Vec<Word>,
}

impl TextLine {
    /// The words joined by single spaces.
    pub fn text(&self) -> String {
        let words: Vec<&str> = self.words.iter().map(|w| w.text.as_str()).collect();
        words.join(" ")
    }

    /// The box around all words; `None` for a line without words.
    pub fn place(&self) -> Option<BoxMm> {
        BoxMm::around(self.words.iter().map(|w| &w.place))
    }
}

/// Where the words of a page come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextSource {
    /// Read from the picture.
    Ocr,
    /// The page's own text (born digital).
    TextLayer,
    /// Nothing was read: a blank page, or one that must not be read.
    Nothing,
}

/// The words of one page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PageText {
    /// Position in the scan, from 1.
    pub position: u32,
    /// Where the words come from.
    pub source: TextSource,
    /// Lines in reading order.
    pub lines: Vec<TextLine>,
}

impl PageText {
    /// All lines, one per row.
    pub fn text(&self) -> String {
        let lines: Vec<String> = self.lines.iter().map(TextLine::text).collect();
        lines.join("\n")
    }
}

/// The words of all pages of a paper, in the order of the scan.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct RecognisedText {
    /// One entry per page, in order.
    pub pages: Vec<PageText>,
}
