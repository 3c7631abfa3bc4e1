//! A paper that was scanned before: what is remembered of it, and by what it is known again.
//!
//! Source: QĐ 1917/QĐ-BLĐTBXH, Điều 12: what is digitised is used again. Knows neither how traits are
//! found nor how they are kept.

use serde::{Deserialize, Serialize};

/// How it is known that two papers are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SameBy {
    /// One has the code that the other would get.
    Code,
    /// The same file was handed in.
    Bytes,
    /// The pages look and read the same, though they were scanned anew.
    Pages,
}

impl SameBy {
    /// The name on the wire and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Bytes => "bytes",
            Self::Pages => "pages",
        }
    }

    /// The one of that name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Code, Self::Bytes, Self::Pages].into_iter().find(|by| by.as_str() == text)
    }
}

/// What a paper has in common with few others, in the order in which it is worth most. Personal data: to be
/// kept as keyed hashes alone.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Traits {
    /// Figures: numbers of papers and people, whole dates.
    pub figures: Vec<String>,
    /// Names and what is written like one.
    pub names: Vec<String>,
    /// Runs of words.
    pub phrases: Vec<String>,
}

/// How one page looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageLooks {
    /// Position of the page in the scan, from 1.
    pub position: u32,
    /// A small picture of its ink.
    pub ink: Vec<u8>,
}
