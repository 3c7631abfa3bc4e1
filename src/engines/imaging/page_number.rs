//! The page number printed on a page: where it may stand, and when it counts as clearly read.
//!
//! NĐ 30/2020/NĐ-CP, Phụ lục I: Arabic figures, centred in the top margin, not on page one. Other papers
//! number below. Thin evidence gives none.

use std::sync::LazyLock;

use image::{GrayImage, imageops};
use regex::Regex;

use super::ink::{Piece, pieces, threshold};
use crate::domain::text::{PageText, TextLine};

/// Depth of the zones above and below, mm.
const ZONE_MM: f32 = 24.0;

static NUMBER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^(?:trang|tr\.|page)?\s*[-–—]?\s*([1-9][0-9]{0,2})\s*(?:/\s*[1-9][0-9]{0,2})?\s*[-–—]?$")
        .expect("the pattern is a constant")
});

/// The number that stands alone in the zone above or below, from the words of an upright page.
///
/// `None` when there is none, or more than one answer.
pub fn from_words(text: &PageText, width_mm: f32, height_mm: f32) -> Option<u32> {
    let number_at = |line: &TextLine| {
        let place = line.place()?;
        let middle = place.left + place.width / 2.0;
        let is_above = place.bottom() <= ZONE_MM && (middle - width_mm / 2.0).abs() <= 16.0;
        let is_below = place.top >= height_mm - ZONE_MM && middle >= width_mm * 0.4;
        let is_sure = line.words.iter().all(|w| w.confidence >= 0.6);
        if !(is_above || is_below) || !is_sure || !stands_alone(text, line) {
            return None;
        }
        let text = line.text();
        let found = NUMBER.captures(text.trim())?;
        found.get(1)?.as_str().parse().ok().map(|n: u32| (is_above, n))
    };
    let found: Vec<(bool, u32)> = text.lines.iter().filter_map(number_at).collect();
    let above: Vec<u32> = found.iter().filter(|f| f.0).map(|f| f.1).collect();
    let below: Vec<u32> = found.iter().filter(|f| !f.0).map(|f| f.1).collect();
    match (above.as_slice(), below.as_slice()) {
        ([one], []) | ([], [one]) => Some(*one),
        ([a], [b]) if a == b => Some(*a),
        _ => None,
    }
}

/// Whether no other line stands level with this one.
fn stands_alone(text: &PageText, line: &TextLine) -> bool {
    let Some(place) = line.place() else { return false };
    text.lines.iter().filter(|l| !std::ptr::eq(*l, line)).filter_map(TextLine::place).all(|other| {
        other.bottom() < place.top + 0.3 * place.height || other.top > place.bottom() - 0.3 * place.height
    })
}

/// A piece of the top margin that may hold a page number, cut out of an upright grey page.
///
/// Found by its ink: one or more figures' worth, centred, with nothing else on the same height.
/// `width_mm` is the width of the page.
pub fn zone_above(grey: &GrayImage, width_mm: f32) -> Option<GrayImage> {
    let px_per_mm = grey.width() as f32 / width_mm.max(1.0);
    let px = |mm: f32| (mm * px_per_mm).round().max(0.0) as u32;
    let (top, bottom) = (px(4.0), px(ZONE_MM + 3.0).min(grey.height()));
    if bottom <= top + 8 {
        return None;
    }
    let strip = imageops::crop_imm(grey, 0, top, grey.width(), bottom - top).to_image();
    let limit = threshold(&strip);
    let speck = px(0.4);
    let mut ink: Vec<Piece> = pieces(&strip, limit, 3_000)
        .into_iter()
        .filter(|p| p.height() > speck && p.width() > speck / 2)
        // The scanner's edge.
        .filter(|p| p.right > px(8.0) && p.left + px(8.0) < strip.width())
        .collect();
    ink.sort_unstable_by_key(|p| p.top);
    let band = first_band(&ink)?;
    let left = band.iter().map(|p| p.left).min()?;
    let right = band.iter().map(|p| p.right).max()?;
    let (y0, y1) = (band.iter().map(|p| p.top).min()?, band.iter().map(|p| p.bottom).max()?);
    let height_mm = (y1 - y0) as f32 / px_per_mm;
    let span_mm = (right - left) as f32 / px_per_mm;
    let middle_mm = (left + right) as f32 / 2.0 / px_per_mm;
    let fits =
        (1.7..=5.5).contains(&height_mm) && span_mm <= 14.0 && (middle_mm - width_mm / 2.0).abs() <= 14.0;
    if !fits || band.len() > 8 {
        return None;
    }
    let pad = px(1.0);
    let (x, y) = (left.saturating_sub(pad), y0.saturating_sub(pad));
    let (w, h) = ((right + pad).min(strip.width()) - x, (y1 + pad).min(strip.height()) - y);
    Some(imageops::crop_imm(&strip, x, y, w, h).to_image())
}

/// The uppermost pieces that overlap in height, when something empty follows below.
fn first_band(ink: &[Piece]) -> Option<Vec<Piece>> {
    let mut bottom = ink.first()?.bottom;
    let mut band = Vec::new();
    for piece in ink {
        if piece.top > bottom {
            break;
        }
        bottom = bottom.max(piece.bottom);
        band.push(*piece);
    }
    Some(band)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        page::BoxMm,
        text::{TextSource, Word},
    };

    fn line(text: &str, left: f32, top: f32, confidence: f32) -> TextLine {
        let place = BoxMm { left, top, width: 2.5 * text.len() as f32, height: 4.0 };
        TextLine { block: 1, words: vec![Word { text: text.to_owned(), place, confidence }] }
    }

    #[test]
    fn numbers_count_only_where_page_numbers_stand() {
        let check = |lines: Vec<TextLine>, expected: Option<u32>| {
            let text = PageText { position: 2, source: TextSource::Ocr, lines };
            assert_eq!(from_words(&text, 210.0, 297.0), expected, "{}", text.text());
        };
        check(vec![line("2", 104.0, 12.0, 0.9)], Some(2));
        check(vec![line("- 3 -", 100.0, 12.0, 0.9)], Some(3));
        check(vec![line("Trang 2/5", 150.0, 284.0, 0.9)], Some(2));
        check(vec![line("2", 104.0, 12.0, 0.4)], None); // unsure
        check(vec![line("2", 104.0, 60.0, 0.9)], None); // in the text
        check(vec![line("2", 30.0, 12.0, 0.9)], None); // in a corner
        check(vec![line("2", 104.0, 12.0, 0.9), line("Mẫu 01", 150.0, 12.5, 0.9)], None); // a heading
        check(vec![line("2", 104.0, 12.0, 0.9), line("7", 104.0, 284.0, 0.9)], None); // two answers
        check(vec![line("2024", 104.0, 12.0, 0.9)], None);
        check(vec![], None);
    }

    #[test]
    fn the_zone_is_cut_out_when_it_stands_alone() {
        let draw = |bars: &[(u32, u32, u32, u32)]| {
            let mut image = GrayImage::from_pixel(840, 1188, image::Luma([255]));
            for (left, top, w, h) in bars {
                for i in 0..w * h {
                    image.put_pixel(left + i % w, top + i / w, image::Luma([20]));
                }
            }
            zone_above(&image, 210.0).map(|z| z.dimensions())
        };
        let figure = (415, 50, 8, 12);
        let body = (120, 90, 600, 12);
        assert_eq!(draw(&[figure, body]), Some((16, 20)));
        assert_eq!(draw(&[figure, (426, 50, 8, 12), body]), Some((27, 20)));
        assert_eq!(draw(&[figure, (700, 52, 40, 12)]), None); // a heading level with it
        assert_eq!(draw(&[body]), None);
        assert_eq!(draw(&[]), None);
    }
}
