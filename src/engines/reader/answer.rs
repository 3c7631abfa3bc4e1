//! What reading a paper gives.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::marks::PageCode;
use crate::{
    domain::{
        card::SeenCard,
        fields::ConfirmedFields,
        page::{BoxMm, Finding, PageFacts},
        text::{PageText, RecognisedText},
    },
    engines::{
        imaging::{Thumbnail, fault::ReadError, open::Container},
        pdf::archive::Departure,
        stamp::StampError,
    },
};

/// How far to look at a paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Depth {
    /// The checks of Điều 9 only; pictures are not read, except where which way is up stays in doubt.
    Check,
    /// Checks and words.
    Text,
}

/// Where the time went, in milliseconds, summed over the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Timings {
    /// Decoding and drawing.
    pub decode_ms: u64,
    /// Measuring.
    pub check_ms: u64,
    /// Reading words.
    pub ocr_ms: u64,
}

impl Timings {
    pub(super) fn add(&mut self, other: &Self) {
        self.decode_ms += other.decode_ms;
        self.check_ms += other.check_ms;
        self.ocr_ms += other.ocr_ms;
    }
}

/// A paper, looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// The file.
    pub container: Container,
    /// What was measured, one entry per page, in order; a page that could not be looked at has no
    /// resolution and no words, and a finding.
    pub pages: Vec<PageFacts>,
    /// The words, one entry per page, in order.
    pub text: RecognisedText,
    /// Findings that only looking can give: unreadable pages, marks of secrecy.
    pub findings_of_pages: Vec<Finding>,
    /// Identity cards whose QR codes were read.
    pub cards: Vec<SeenCard>,
    /// How each page looks, in small; `None` for one that could not be looked at.
    pub thumbnails: Vec<Option<Thumbnail>>,
    /// Where the time went.
    pub timings: Timings,
}

/// The PDF of a paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Composed {
    /// Its bytes.
    pub pdf: Vec<u8>,
    /// Where carried pages depart from PDF/A-2b. Without any, the file says that it was built to it.
    pub departures: Vec<Departure>,
}

/// What a derived PDF is composed of, beside its pages. All lists have one entry per page.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ComposeOrder {
    /// Degrees clockwise that bring each page upright.
    pub rotations: Vec<u16>,
    /// The words.
    pub text: RecognisedText,
    /// Title; no personal data.
    pub title: String,
    /// The eleven fields, where an officer confirmed them.
    pub fields: Option<ConfirmedFields>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Why no code was written onto a PDF.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum NotStamped {
    /// The file refuses it.
    #[error(transparent)]
    Refused(StampError),
    /// The reading process could not do it.
    #[error(transparent)]
    Unread(ReadError),
}

/// What a child says of one page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct PageAnswer {
    pub facts: PageFacts,
    pub text: PageText,
    pub thumbnail: Thumbnail,
    /// The sticky note on the upright page.
    pub note: Option<BoxMm>,
    /// What was read where a mark of secrecy may stand; not part of the words.
    pub marks: PageText,
    /// QR codes on it, those of separator sheets left out.
    pub codes: Vec<PageCode>,
    /// Something on the page could not be decoded.
    pub is_damaged: bool,
    pub timings: Timings,
}
