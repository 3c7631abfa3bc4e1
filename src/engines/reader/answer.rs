//! What reading a paper gives.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::marks::PageCode;
use crate::{
    domain::{
        card::SeenCard,
        code::DocumentCode,
        fields::ConfirmedFields,
        job::Urgency,
        page::{BoxMm, Finding, PageFacts},
        text::{PageText, RecognisedText},
    },
    engines::{
        imaging::{Thumbnail, fault::ReadError, open::Container},
        pdf::archive::Departure,
        signature::order::VerifyOrder,
        stamp::{SealTerms, StampError},
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
    /// From the decoded first page to the words of its head; `None` where the head was not read by itself.
    pub head_ms: Option<u64>,
}

impl Timings {
    pub(super) fn add(&mut self, other: &Self) {
        self.decode_ms += other.decode_ms;
        self.check_ms += other.check_ms;
        self.ocr_ms += other.ocr_ms;
        self.head_ms = self.head_ms.or(other.head_ms);
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

/// What to write onto a PDF, and what its signatures are judged by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StampOrder {
    /// The code.
    pub code: DocumentCode,
    /// The agency's certificate, where there is a key.
    pub seal: Option<SealTerms>,
    /// How signatures that are there are judged, before and after.
    pub judge: VerifyOrder,
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

/// The head of the first page, read before the rest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Head {
    /// What was measured of the page.
    pub facts: PageFacts,
    /// The words of its head.
    pub text: PageText,
    /// What was read where a mark of secrecy may stand; not part of the words.
    pub(super) marks: PageText,
}

/// Who waits for a paper, and what they hear while it is read.
#[derive(Clone, Copy)]
pub struct Attention<'a> {
    /// Whether a person waits.
    pub urgency: Urgency,
    /// Told after each page how many are done, of how many.
    pub on_page: &'a (dyn Fn(u32, u32) + Sync),
    /// Told the head of the first page, before the rest of it is read; of a secret page nothing. Perhaps twice,
    /// when a reading process had to be replaced.
    pub on_head: &'a (dyn Fn(&Head) + Sync),
}

impl<'a> Attention<'a> {
    /// Of a pile, that nobody listens to but for its progress.
    pub fn pile(on_page: &'a (dyn Fn(u32, u32) + Sync)) -> Self {
        Self { urgency: Urgency::Pile, on_page, on_head: &|_| {} }
    }
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
