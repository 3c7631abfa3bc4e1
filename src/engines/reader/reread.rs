//! Lines of a page read from its picture as seen, whatever words the file brings along for them.

use super::look::LazyEngine;
use crate::{
    domain::page::BoxMm,
    engines::{
        imaging::{fault::ReadError, open::Opened, turn_picture},
        ocr,
    },
};

/// Resolution at which lines are read again, and the sizes they are brought to: some letters are read well at
/// one and badly at another.
const DPI: f64 = 220.0;
const AT_DPI: [f32; 3] = [200.0, 150.0, 270.0];
/// Lines of a page that are read again at most.
const MOST_LINES: usize = 8;

/// Reads lines of page `index` (from 0) from its picture with everything that lies over it.
pub(super) fn reread(
    paper: &Opened,
    index: u32,
    rotation: u16,
    lines: &[BoxMm],
    engine: &mut LazyEngine,
) -> Result<Vec<Vec<String>>, ReadError> {
    let page = index.saturating_add(1);
    let (w, h) = paper.size_mm(index as usize).ok_or(ReadError::NoSuchPage { page })?;
    let (w, h) = if rotation % 180 == 90 { (h, w) } else { (w, h) };
    let picture = turn_picture(paper.picture_as_seen(index as usize, DPI)?, rotation);
    let (across, down) = (picture.width() as f32 / w.max(1.0), picture.height() as f32 / h.max(1.0));
    let px = |mm: f32, per_mm: f32| (mm * per_mm).max(0.0) as u32;
    let mut read = Vec::with_capacity(lines.len());
    for line in lines.iter().take(MOST_LINES) {
        let (left, top) = (px(line.left, across), px(line.top, down));
        let part = picture.part(left, top, px(line.width, across).max(1), px(line.height, down).max(1)).ink();
        let mut found = Vec::new();
        for at_dpi in AT_DPI {
            found.extend(ocr::read_line(engine.get()?, &part, across * 25.4, at_dpi)?);
        }
        read.push(found);
    }
    Ok(read)
}
