//! What a correct program finds on the pages of one paper, kept beside it.

use serde::{Deserialize, Serialize};

/// One finding that must be made, or one that may be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expected {
    /// As in `reasons[].kind`.
    pub kind: String,
    /// Position, from 1; none for the whole paper, and among those allowed for any page.
    pub page: Option<u32>,
    /// Other pages that a finding about the same fault may name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<Option<u32>>,
    /// Degrees clockwise that bring the page upright.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotation: Option<u32>,
}

impl Expected {
    /// A finding on one page.
    pub fn on(kind: &str, page: usize) -> Self {
        Self { kind: kind.to_owned(), page: Some(page as u32), also: Vec::new(), rotation: None }
    }

    /// A finding about the whole paper, or one allowed anywhere.
    pub fn anywhere(kind: &str) -> Self {
        Self { kind: kind.to_owned(), page: None, also: Vec::new(), rotation: None }
    }

    /// The same, which may name other pages too.
    pub fn or(mut self, pages: impl IntoIterator<Item = Option<usize>>) -> Self {
        self.also = pages.into_iter().map(|page| page.map(|page| page as u32)).collect();
        self
    }

    /// Whether an answer of this kind about `page` is this finding.
    pub fn is(&self, kind: &str, page: Option<u32>) -> bool {
        self.kind == kind && (self.page == page || self.also.contains(&page))
    }
}

/// The truth file of one paper with or without faults.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PageTruth {
    /// File, or folder of page pictures, beside the truth file.
    pub file: String,
    /// What was done, in a word.
    pub made: String,
    /// What the clerk declared.
    pub declared: Option<u32>,
    /// Made with fonts, margins, numbering, paper and scanner that the others do not have.
    pub held_out: bool,
    /// Where its chances came from.
    pub seed: u64,
    /// Pixels per inch of the paper.
    pub dpi: u32,
    /// `colour`, `grey`, `bilevel`, `mixed`.
    pub depth: String,
    /// Pages in the file.
    pub pages: usize,
    /// Every finding that must be made.
    pub findings: Vec<Expected>,
    /// What may be said besides.
    #[serde(default)]
    pub allowed: Vec<Expected>,
    /// Pages that are one, with and without a sticky note.
    #[serde(default)]
    pub note_pairs: Vec<[u32; 2]>,
}
