//! One look at every page for separator sheets: codes, bars, blank or not. Nothing is read or checked.

use std::{
    path::PathBuf,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    thread,
};

use image::GrayImage;
use serde::{Deserialize, Serialize};

use super::{
    look::is_blank_page,
    readers::{Readers, unexpected},
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

/// Looks at page `index` (from 0).
pub(super) fn marks_of(paper: &Opened, index: u32) -> Result<PageMarks, ReadError> {
    let page = paper.decode(index as usize)?;
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
        let next = AtomicU32::new(0);
        let found: Mutex<Vec<(u32, Result<PageMarks, ReadError>)>> = Mutex::new(Vec::new());
        let work = || {
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                if index >= container.n_pages {
                    return;
                }
                let marks = self.marks_of_page(parts, index);
                found.lock().unwrap_or_else(PoisonError::into_inner).push((index, marks));
            }
        };
        thread::scope(|scope| {
            (1..self.limits().n_readers.clamp(1, container.n_pages.max(1) as usize)).for_each(|_| {
                scope.spawn(work);
            });
            work();
        });
        let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
        found.sort_unstable_by_key(|(index, _)| *index);
        let mut pages = Vec::with_capacity(found.len());
        for (_, marks) in found {
            pages.push(match marks {
                Ok(marks) => marks,
                Err(error) if error.is_of_page() => PageMarks { sheet: None, blank: false },
                Err(error) => return Err(error),
            });
        }
        Ok((container, pages))
    }

    fn marks_of_page(&self, parts: &[PathBuf], index: u32) -> Result<PageMarks, ReadError> {
        let ask = || match self.ask(parts, Task::Marks { index }, self.limits().page_seconds)? {
            (Response::Marks { marks }, _) => Ok(marks),
            (other, _) => Err(unexpected(other)),
        };
        match ask() {
            Err(ReadError::Crashed) => ask(),
            answer => answer,
        }
    }
}
