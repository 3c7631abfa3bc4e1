//! From an upright grey page to words in millimetres: scale, straighten, paint leaders over, read, map back.

use std::ops::Range;

use image::{GrayImage, imageops};

use super::{
    Engine,
    engine::Layout,
    evenness::is_uneven,
    likeness::hold_together,
    overlooked::read_overlooked,
    second_look::look_again,
    tight::tighten,
    tsv::{ReadLine, ReadWord},
};
use crate::{
    domain::text::{TextLine, Word},
    engines::imaging::{
        Frame, deskew, even_out, fault::ReadError, paint_leaders, resize_grey, skewed_point,
        take_out_streaks, without_black_seals, without_grey_seals, x_height_px,
    },
};

/// Resolution that reads 13–14 pt type best and fastest.
const READING_DPI: f32 = 150.0;
/// Letters lower than this, in pixels, are read at a finer scale.
const SMALL_X_HEIGHT_PX: f32 = 9.5;
/// The x-height that small print is brought to.
const GOOD_X_HEIGHT_PX: f32 = 12.5;

/// Paper beside a word that is read again, mm: a leader is longer than 5 mm.
const AROUND_WORD_MM: f32 = 15.0;

/// How sure figures that stand uneven are at most: less than any field asks for.
const UNEVEN_CONFIDENCE: f32 = 0.4;

/// An upright page before it is straightened.
pub struct Upright<'a> {
    /// The red channel, at the resolution of the scan.
    pub grey: &'a GrayImage,
    /// Width of the page, mm.
    pub width_mm: f32,
    /// Height of the page, mm.
    pub height_mm: f32,
    /// Its skew, degrees clockwise.
    pub skew_degrees: f32,
}

impl Upright<'_> {
    fn native_dpi(&self) -> f32 {
        let across = self.grey.width() as f32 / self.width_mm.max(1.0);
        let down = self.grey.height() as f32 / self.height_mm.max(1.0);
        across.min(down) * 25.4
    }

    /// A word of the prepared picture, cut out of the scan itself: `by` times as fine, straight, leaders painted over.
    ///
    /// `size` and `dpi` are those of the prepared picture. `None` at the edge of the page.
    fn cut_out(&self, word: &ReadWord, size: (f32, f32), dpi: f32, by: f32) -> Option<(GrayImage, f32)> {
        let middle = (word.left + word.width / 2.0, word.top + word.height / 2.0);
        let (x, y) = skewed_point(middle.0, middle.1, size.0, size.1, self.skew_degrees);
        let native = self.grey.width() as f32 / size.0.max(1.0);
        let (x, y) = (x * native, y * native);
        let (w, h) = (self.grey.width() as f32, self.grey.height() as f32);
        // Some paper beside the word, so that leaders are seen to be leaders; the word stays in the middle.
        let beside = AROUND_WORD_MM / 25.4 * dpi;
        let half_w = (native * (word.width / 2.0 + beside)).min(x).min(w - x);
        let half_h = (native * word.height * 1.5).min(y).min(h - y);
        let margin = 0.25 * word.height;
        if half_w < native * (word.width / 2.0 + margin) || half_h < native * (word.height / 2.0 + margin) {
            return None;
        }
        let px = |v: f32| v.max(0.0) as u32;
        let (cut_w, cut_h) = (px(2.0 * half_w), px(2.0 * half_h));
        let cut = imageops::crop_imm(self.grey, px(x - half_w), px(y - half_h), cut_w, cut_h).to_image();
        let to_finer = by.min(native * 1.5);
        let scale = to_finer / native;
        let side = |v: u32| px((v as f32 * scale).round()).max(8);
        let mut scaled = resize_grey(&cut, side(cut_w), side(cut_h));
        let finer_dpi = dpi * to_finer;
        even_out(&mut scaled, finer_dpi);
        let mut straight = deskew(&scaled, self.skew_degrees);
        paint_leaders(&mut straight, finer_dpi);
        let (zone_w, zone_h) = (
            px((word.width + 2.0 * margin) * to_finer).min(straight.width()),
            px((word.height + 2.0 * margin) * to_finer).min(straight.height()),
        );
        let (left, top) = ((straight.width() - zone_w) / 2, (straight.height() - zone_h) / 2);
        Some((imageops::crop_imm(&straight, left, top, zone_w, zone_h).to_image(), finer_dpi))
    }

    /// Scaled, straightened, leaders painted over; with its resolution.
    fn prepared(&self, dpi: f32) -> (GrayImage, f32) {
        let native = self.native_dpi();
        // Coarser scans are brought up, to half as fine again at most: there is no more in them.
        let dpi = dpi.min(native * 1.5).max(40.0);
        let px = |mm: f32| (mm / 25.4 * dpi).round().clamp(8.0, 12_000.0) as u32;
        let mut scaled = resize_grey(self.grey, px(self.width_mm), px(self.height_mm));
        take_out_streaks(&mut scaled, dpi);
        even_out(&mut scaled, dpi);
        let mut straight = deskew(&scaled, self.skew_degrees);
        paint_leaders(&mut straight, dpi);
        (straight, dpi)
    }
}

/// Hears the words of the head before the rest of the page is read.
pub type OnHead<'a> = &'a mut dyn FnMut(&[TextLine]);

/// The picture of a page as it is read, and its resolution: at the scale that its print asks for, straight, even,
/// leaders painted over.
pub fn prepare(page: &Upright<'_>) -> (GrayImage, f32) {
    let (picture, dpi) = page.prepared(READING_DPI);
    if let Some(x_height) = x_height_px(&picture).filter(|x| *x < SMALL_X_HEIGHT_PX) {
        let finer = dpi * (GOOD_X_HEIGHT_PX / x_height).min(2.0);
        if finer > dpi * 1.15 && page.native_dpi() > dpi * 1.1 {
            return page.prepared(finer);
        }
    }
    (picture, dpi)
}

/// Reads a page; boxes are on the upright page, its skew left in.
///
/// With `on_head` the page is cut where its head ends, and the head read first; a page without such a place is read
/// whole, and nothing heard before.
///
/// # Errors
/// [`ReadError::Crashed`] when Tesseract gives up.
pub fn read_page(
    engine: &mut Engine,
    page: &Upright<'_>,
    on_head: Option<OnHead<'_>>,
) -> Result<Vec<TextLine>, ReadError> {
    let cleared = without_black_seals(page.grey, page.width_mm)
        .or_else(|| without_grey_seals(page.grey, page.width_mm));
    let page = &Upright { grey: cleared.as_ref().unwrap_or(page.grey), ..*page };
    let (picture, dpi) = prepare(page);
    let size = (picture.width() as f32, picture.height() as f32);
    let zone = |word: &ReadWord, by: f32| {
        page.cut_out(word, size, dpi, by).map(|(zone, dpi)| framed(&zone, dpi, dpi))
    };
    let cut = on_head.as_ref().and_then(|_| end_of_head(&picture, dpi));
    let (w, h) = picture.dimensions();
    let mut read = |rows: Range<u32>| -> Result<Vec<ReadLine>, ReadError> {
        let part = imageops::crop_imm(&picture, 0, rows.start, w, rows.end - rows.start).to_image();
        let mut lines = engine.read(&part, dpi, Layout::Page)?;
        lines.iter_mut().flat_map(|l| &mut l.words).for_each(|word| word.top += rows.start as f32);
        read_overlooked(engine, &picture, rows, dpi, &mut lines)?;
        tighten(&picture, &mut lines);
        look_again(engine, &mut lines, size.1, zone)?;
        Ok(lines)
    };
    let (Some(on_head), Some(cut)) = (on_head, cut) else {
        let mut lines = read(0..h)?;
        hold_together(&picture, &mut lines);
        return Ok(to_page(lines, &picture, page));
    };
    let mut lines = read(0..cut)?;
    on_head(&to_page(lines.clone(), &picture, page));
    let next = lines.iter().map(|l| l.block).max().unwrap_or(0) + 1;
    let body = read(cut..h)?;
    lines.extend(body.into_iter().map(|l| ReadLine { block: l.block + next, ..l }));
    // The rest of the page has more figures to hold those of the head against.
    hold_together(&picture, &mut lines);
    Ok(to_page(lines, &picture, page))
}

/// Where the head of a page ends: number, day, agency and name stand above it on papers of NĐ 30/2020 and on forms.
/// As shares of the height.
const HEAD_ENDS: (f32, f32) = (0.3, 0.42);
/// Paper without ink between two lines, mm, at least.
const CUT_MM: f32 = 1.0;

/// The middle of the widest strip without ink where the head may end, in pixels; `None` where there is none.
fn end_of_head(picture: &GrayImage, dpi: f32) -> Option<u32> {
    let (w, h) = picture.dimensions();
    let rows = (HEAD_ENDS.0 * h as f32) as u32..(HEAD_ENDS.1 * h as f32) as u32;
    // The margins hold binding holes and shadows.
    let (left, right) = ((w / 12) as usize, (w - w / 12) as usize);
    let most_ink = (right - left) / 400;
    let is_free = |y: &u32| {
        let row = &picture.as_raw()[*y as usize * w as usize..][left..right];
        row.iter().filter(|p| **p < 128).count() <= most_ink
    };
    let (mut widest, mut since) = ((0, 0), None);
    for y in rows {
        match (is_free(&y), since) {
            (true, None) => since = Some(y),
            (true, Some(from)) if y - from > widest.0 => widest = (y - from, from),
            (false, _) => since = None,
            _ => {}
        }
    }
    let (height, from) = widest;
    (height as f32 >= CUT_MM / 25.4 * dpi).then_some(from + height / 2)
}

fn to_page(lines: Vec<ReadLine>, picture: &GrayImage, page: &Upright<'_>) -> Vec<TextLine> {
    let (w, h) = (picture.width() as f32, picture.height() as f32);
    let frame = Frame::of_page(page.width_mm, page.height_mm, picture.width(), picture.height());
    let place = |word: &ReadWord| {
        let middle = (word.left + word.width / 2.0, word.top + word.height / 2.0);
        let (x, y) = skewed_point(middle.0, middle.1, w, h, page.skew_degrees);
        frame.box_mm(x - word.width / 2.0, y - word.height / 2.0, word.width, word.height)
    };
    let to_word = |w: ReadWord| {
        let is_by_hand = !w.is_print && is_uneven(picture, &w);
        let confidence = if is_by_hand { w.confidence.min(UNEVEN_CONFIDENCE) } else { w.confidence };
        Word { place: place(&w), confidence, is_print: w.is_print, text: w.text }
    };
    lines
        .into_iter()
        .map(|l| TextLine { block: l.block, words: l.words.into_iter().map(to_word).collect() })
        .collect()
}

/// How much sense the densest part of a page makes read as it stands, and read on its head: letters in
/// words that were surely read.
///
/// # Errors
/// [`ReadError::Crashed`] when Tesseract gives up.
pub fn sense_both_ways(engine: &mut Engine, page: &Upright<'_>) -> Result<(f32, f32), ReadError> {
    let (picture, dpi) = page.prepared(READING_DPI);
    let part = densest_band(&picture);
    let upright = sense(&engine.read(&part, dpi, Layout::Block)?);
    let turned = sense(&engine.read(&imageops::rotate180(&part), dpi, Layout::Block)?);
    Ok((upright, turned))
}

/// Letters in words that were read with confidence.
fn sense(lines: &[ReadLine]) -> f32 {
    let words = lines.iter().flat_map(|l| &l.words);
    words
        .filter(|w| w.confidence >= 0.6 && w.text.chars().filter(|c| c.is_alphabetic()).count() >= 2)
        .map(|w| w.text.chars().count() as f32 * w.confidence)
        .sum()
}

/// The quarter of the page's height with the most changes between ink and paper.
fn densest_band(picture: &GrayImage) -> GrayImage {
    let (w, h) = picture.dimensions();
    let changes: Vec<u64> = (0..h)
        .map(|y| {
            let row = &picture.as_raw()[(y as usize * w as usize)..((y as usize + 1) * w as usize)];
            row.windows(2).filter(|p| p[0].abs_diff(p[1]) > 60).count() as u64
        })
        .collect();
    let band = (h / 4).max(1) as usize;
    let sum = |top: usize| changes[top..(top + band).min(changes.len())].iter().sum::<u64>();
    let top = (0..h as usize - band + 1).step_by(8).max_by_key(|top| sum(*top)).unwrap_or(0);
    imageops::crop_imm(picture, 0, top as u32, w, band as u32).to_image()
}

/// Reads one line from a small part of a page, such as a stamp, brought to `at_dpi`; `None` when nothing is
/// read.
///
/// # Errors
/// [`ReadError::Crashed`] when Tesseract gives up.
pub fn read_line(
    engine: &mut Engine,
    zone: &GrayImage,
    dpi: f32,
    at_dpi: f32,
) -> Result<Option<String>, ReadError> {
    let (framed, dpi) = framed(zone, dpi, at_dpi);
    let lines = engine.read(&framed, dpi, Layout::Line)?;
    let words: Vec<&str> = lines.iter().flat_map(|l| &l.words).map(|w| w.text.as_str()).collect();
    Ok((!words.is_empty()).then(|| words.join(" ")))
}

/// A part of a page at another resolution, with white around it.
fn framed(zone: &GrayImage, dpi: f32, target_dpi: f32) -> (GrayImage, f32) {
    let scale = (target_dpi / dpi.max(30.0)).min(2.0);
    let px = |v: u32| ((v as f32 * scale).round() as u32).max(8);
    let scaled = resize_grey(zone, px(zone.width()), px(zone.height()));
    let mut framed = GrayImage::from_pixel(scaled.width() + 60, scaled.height() + 40, image::Luma([255]));
    imageops::replace(&mut framed, &scaled, 30, 20);
    (framed, dpi * scale)
}

/// Reads a number from a small part of a page, such as a page number; `None` unless it is read surely.
///
/// Lone figures are read well at a height of about 16 pixels and badly at most others, so two heights
/// have to agree where the first is not sure.
///
/// # Errors
/// [`ReadError::Crashed`] when Tesseract gives up.
pub fn read_number(engine: &mut Engine, zone: &GrayImage, dpi: f32) -> Result<Option<u32>, ReadError> {
    let mut read = |target_dpi: f32| -> Result<Option<(u32, f32)>, ReadError> {
        let (framed, dpi) = framed(zone, dpi, target_dpi);
        let lines = engine.read_with(&framed, dpi, Layout::Line, "0123456789")?;
        let words: Vec<&ReadWord> = lines.iter().flat_map(|l| &l.words).collect();
        let [word] = words.as_slice() else { return Ok(None) };
        let number = word.text.parse().ok().filter(|n| word.text.len() <= 3 && *n > 0);
        Ok(number.map(|n: u32| (n, word.confidence)))
    };
    let first = read(120.0)?;
    match first {
        Some((number, confidence)) if confidence >= 0.85 => Ok(Some(number)),
        _ => {
            let second = read(150.0)?;
            let agreed = first.zip(second).filter(|(a, b)| a.0 == b.0 && a.1 + b.1 >= 1.0).map(|(a, _)| a.0);
            Ok(agreed.or(second.filter(|s| s.1 >= 0.9 && first.is_none()).map(|s| s.0)))
        }
    }
}
