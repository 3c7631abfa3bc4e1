//! One look at every page for separator sheets: codes, bars, blank or not. Nothing is read or checked.

use std::path::PathBuf;

use image::GrayImage;
use serde::{Deserialize, Serialize};

use super::{
    confine,
    look::is_blank_page,
    readers::{AT_ONCE, Readers, unexpected},
    wire::{Response, Task},
};
use crate::{
    domain::{
        page::BoxMm,
        separator::{SheetMark, sheet_mark},
    },
    engines::imaging::{
        Frame,
        fault::ReadError,
        open::{Container, Opened},
        patch, qr,
    },
};

/// A QR code on a page. Its text may be personal data: never into a log.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct PageCode {
    /// What stands in it.
    pub text: String,
    /// Where, on the upright page.
    pub place: BoxMm,
}

/// Masked: the code of an identity card holds a person's number.
impl std::fmt::Debug for PageCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PageCode({} B at {:?})", self.text.len(), self.place)
    }
}

/// What one look at a page gave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PageMarks {
    /// The separator sheet that the page is; `None` for a page of a paper.
    pub sheet: Option<SheetMark>,
    /// Whether nothing stands on it.
    pub blank: bool,
}

/// The QR codes of a page of this size, in its own frame.
pub(super) fn codes_of(grey: &GrayImage, width_mm: f32, height_mm: f32) -> Vec<PageCode> {
    let frame = Frame::of_page(width_mm, height_mm, grey.width(), grey.height());
    let code = |found: qr::QrCode| {
        let [left, top, width, height] = found.box_px;
        PageCode { text: found.text, place: frame.box_mm(left, top, width, height) }
    };
    qr::read_codes(grey).into_iter().map(code).collect()
}

/// Looks at page `index` (from 0); `rest_seconds` of processor time once it is decoded.
pub(super) fn marks_of(paper: &Opened, index: u32, rest_seconds: u64) -> Result<PageMarks, ReadError> {
    let page = paper.decode(index as usize)?;
    confine::allow_processor(rest_seconds);
    let small = page.picture.small_grey(1000);
    let bars = patch::bars(&small, page.width_mm, page.height_mm);
    if bars.is_none() && is_blank_page(&page, &small) {
        return Ok(PageMarks { sheet: None, blank: true });
    }
    let codes = codes_of(&page.picture.red_channel(), page.width_mm, page.height_mm);
    let sheet = sheet_mark(codes.iter().map(|c| c.text.as_str()), bars);
    Ok(PageMarks { sheet, blank: false })
}

impl Readers {
    /// Looks at every page for separator sheets, several at a time.
    ///
    /// A page that cannot be looked at is taken for a page of a paper: its fault is found when that is read.
    ///
    /// # Errors
    /// Those of the whole file; see [`ReadError`].
    pub fn marks(&self, parts: &[PathBuf]) -> Result<(Container, Vec<PageMarks>), ReadError> {
        let container = self.open(parts)?;
        let found = self.each_page(container.n_pages, &|_, _| (), |index, stages| {
            match self.ask_page(parts, Task::Marks { index }, stages, AT_ONCE)? {
                Response::Marks { marks } => Ok(marks),
                other => Err(unexpected(other)),
            }
        })?;
        let of_paper = |_| PageMarks { sheet: None, blank: false };
        Ok((container, found.into_iter().map(|marks| marks.unwrap_or_else(of_paper)).collect()))
    }
}
