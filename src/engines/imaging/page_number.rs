//! The page number printed on a page: where it may stand, and when it counts as clearly read.
//!
//! NĐ 30/2020/NĐ-CP, Phụ lục I: Arabic figures, centred in the top margin, not on page one. Other papers
//! number below. Thin evidence gives none.

use std::sync::LazyLock;

use image::{GrayImage, imageops};
use regex::Regex;

use super::ink::{Piece, pieces, threshold};
use crate::domain::{
    page::Numbering,
    text::{PageText, TextLine},
};

/// Depth of the zones above and below, mm.
const ZONE_MM: f32 = 24.0;

/// A page number and how it is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PrintedNumber {
    /// The number, from 1.
    pub number: u32,
    /// Where and in which figures.
    pub numbering: Numbering,
}

static ARABIC: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)^(?:trang|tr\.|page)?\s*(?:số)?\s*[-–—~]?\s*([1-9][0-9]{0,2})\s*(?:(?:/|\||of|trên)\s*([1-9][0-9]{0,2}))?\s*[-–—~]?\s*(?:trang)?$",
    )
    .expect("the pattern is a constant")
});

static ROMAN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?:Trang|trang)?\s*[-–—~]?\s*((?:x{0,3})(?:ix|iv|v?i{0,3})|(?:X{0,3})(?:IX|IV|V?I{0,3}))\s*[-–—~]?$")
        .expect("the pattern is a constant")
});

/// The number that stands alone in the zone above or below, from the words of an upright page.
///
/// `None` when there is none, or more than one answer.
pub fn from_words(text: &PageText, width_mm: f32, height_mm: f32) -> Option<PrintedNumber> {
    let number_at = |line: &TextLine| {
        let place = line.place()?;
        let middle = place.left + place.width / 2.0;
        let is_centred = (middle - width_mm / 2.0).abs() <= 16.0;
        let is_above = place.bottom() <= ZONE_MM && (is_centred || middle >= width_mm * 0.6);
        let is_below = place.top >= height_mm - ZONE_MM && middle >= width_mm * 0.4;
        // The word says what the figure is: then less of a reading is enough.
        let says_so = line.text().to_lowercase().contains("trang");
        let is_sure = line.words.iter().all(|w| w.confidence >= if says_so { 0.3 } else { 0.6 });
        if !(is_above || is_below) || !is_sure || !stands_alone(text, line) {
            return None;
        }
        let text = line.text();
        let (number, of, is_roman) = parse(text.trim_matches(|c: char| " _.,:;'`~".contains(c)))?;
        // In a corner a bare figure may be anything: there it has to say what it is.
        if is_above && !is_centred && of.is_none() && !says_so {
            return None;
        }
        Some(PrintedNumber { number, numbering: Numbering { is_roman, is_below, of } })
    };
    let found: Vec<PrintedNumber> = text.lines.iter().filter_map(number_at).collect();
    match found.as_slice() {
        [one] => Some(*one),
        [a, b] if a.number == b.number => Some(*a),
        _ => None,
    }
}

/// Number, number of all pages, whether Roman: `2`, `- 3 -`, `Trang 2/5`, `iv`.
fn parse(text: &str) -> Option<(u32, Option<u32>, bool)> {
    if let Some(found) = ARABIC.captures(text) {
        let figure = |i: usize| found.get(i).and_then(|m| m.as_str().parse::<u32>().ok());
        let (number, of) = (figure(1)?, figure(2));
        return of.is_none_or(|of| of >= number).then_some((number, of, false));
    }
    let found = ROMAN.captures(text)?;
    let number = roman(found.get(1)?.as_str());
    (number > 0).then_some((number, None, true))
}

/// The value of Roman figures up to `xxxix`; 0 for none.
fn roman(figures: &str) -> u32 {
    let value = |c: char| match c.to_ascii_lowercase() {
        'x' => 10,
        'v' => 5,
        'i' => 1,
        _ => 0,
    };
    let values: Vec<u32> = figures.chars().map(value).collect();
    let subtracts = |i: usize| values.get(i + 1).is_some_and(|next| *next > values[i]);
    let (minus, plus): (Vec<usize>, Vec<usize>) = (0..values.len()).partition(|i| subtracts(*i));
    let sum = |of: &[usize]| of.iter().map(|i| values[*i]).sum::<u32>();
    sum(&plus).saturating_sub(sum(&minus))
}

/// Whether no other line stands level with this one.
fn stands_alone(text: &PageText, line: &TextLine) -> bool {
    let Some(place) = line.place() else { return false };
    // Dust is read as single signs.
    let says_something =
        |l: &&TextLine| l.words.iter().any(|w| w.text.chars().filter(|c| c.is_alphanumeric()).count() >= 2);
    let others = text.lines.iter().filter(|l| !std::ptr::eq(*l, line)).filter(says_something);
    others.filter_map(TextLine::place).all(|other| {
        other.bottom() < place.top + 0.3 * place.height || other.top > place.bottom() - 0.3 * place.height
    })
}

/// A piece of a margin that may hold a page number, cut out of an upright grey page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    /// The figures on white, with a little paper around them.
    pub picture: GrayImage,
    /// What the shapes in it say.
    pub shapes: Shapes,
}

/// What the shapes of a page number say; readers of letters mistake small Roman ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shapes {
    /// Nothing: to be read as figures.
    Unknown,
    /// Dots stand over it: a small Roman number; 0 where the letters make none.
    Roman(u32),
    /// One letter shaped like `v` or `x`: believed only when it is no figure.
    LoneLetter(u32),
}

/// The zone in the top margin.
///
/// Found by its ink: one or more figures' worth, centred, with nothing else on the same height.
/// `width_mm` is the width of the page.
pub fn zone_above(grey: &GrayImage, width_mm: f32) -> Option<Zone> {
    zone(grey, width_mm, false)
}

/// As [`zone_above`], of the bottom margin.
pub fn zone_below(grey: &GrayImage, width_mm: f32) -> Option<Zone> {
    zone(grey, width_mm, true)
}

fn zone(grey: &GrayImage, width_mm: f32, is_below: bool) -> Option<Zone> {
    let px_per_mm = grey.width() as f32 / width_mm.max(1.0);
    let px = |mm: f32| (mm * px_per_mm).round().max(0.0) as u32;
    let (near, far) = (px(4.0), px(ZONE_MM + 3.0).min(grey.height()));
    let (top, bottom) = match grey.height().checked_sub(far) {
        Some(top) if is_below => (top, grey.height().saturating_sub(near)),
        _ => (near, far),
    };
    if bottom <= top + 8 {
        return None;
    }
    let strip = imageops::crop_imm(grey, 0, top, grey.width(), bottom - top).to_image();
    let ink = pieces(&strip, threshold(&strip), 3_000);
    // Dust is lower than a figure, edges and rules are wider, and the scanner's edge is beside the page.
    let mut figures: Vec<Piece> = ink
        .iter()
        .filter(|p| p.height() >= px(1.3) && p.width() >= px(0.2) && p.width() <= px(30.0))
        .filter(|p| p.right > px(8.0) && p.left + px(8.0) < strip.width())
        .copied()
        .collect();
    if is_below {
        figures.sort_unstable_by_key(|p| std::cmp::Reverse(p.bottom));
    } else {
        figures.sort_unstable_by_key(|p| p.top);
    }
    let band = outer_band(&figures)?;
    let left = band.iter().map(|p| p.left).min()?;
    let right = band.iter().map(|p| p.right).max()?;
    let (y0, y1) = (band.iter().map(|p| p.top).min()?, band.iter().map(|p| p.bottom).max()?);
    let height_mm = (y1 - y0) as f32 / px_per_mm;
    let span_mm = (right - left) as f32 / px_per_mm;
    let middle_mm = (left + right) as f32 / 2.0 / px_per_mm;
    // A foot may carry its number at the outer edge; a head carries other things there.
    let is_in_place = (middle_mm - width_mm / 2.0).abs() <= 14.0 || (is_below && middle_mm >= 0.7 * width_mm);
    let fits = (1.5..=5.5).contains(&height_mm) && span_mm <= 14.0 && is_in_place;
    if !fits || band.len() > 8 {
        return None;
    }
    let is_over = |dot: &Piece| {
        let is_small = dot.height() < px(0.9) && dot.width() < px(0.9) && dot.height() >= px(0.2);
        let is_above = dot.bottom <= y0 + px(0.3) && dot.bottom + px(1.3) >= y0;
        is_small && is_above && band.iter().any(|p| p.left <= dot.right + 1 && dot.left <= p.right + 1)
    };
    let dots: Vec<&Piece> = ink.iter().filter(|p| is_over(p)).collect();
    let shapes = match band.as_slice() {
        _ if !dots.is_empty() => {
            letters(&strip, &band, &dots).map_or(Shapes::Unknown, |text| Shapes::Roman(roman(&text)))
        }
        [one] => lone_letter(&strip, one).map_or(Shapes::Unknown, Shapes::LoneLetter),
        _ => Shapes::Unknown,
    };
    let pad = px(1.0);
    let (x, y) = (left.saturating_sub(pad), y0.saturating_sub(pad));
    let (w, h) = ((right + pad).min(strip.width()) - x, (y1 + pad).min(strip.height()) - y);
    let mut picture = imageops::crop_imm(&strip, x, y, w, h).to_image();
    // An edge between grey paper and the white around it is taken for ink.
    let paper = threshold(&picture).saturating_add(20);
    picture.pixels_mut().filter(|p| p.0[0] >= paper).for_each(|p| p.0[0] = 255);
    Some(Zone { picture, shapes })
}

/// How many strokes a level line crosses in a piece, `share` of its height from the top.
fn n_strokes(strip: &GrayImage, limit: u8, p: &Piece, share: f32) -> usize {
    let y = p.top + ((p.height() - 1) as f32 * share) as u32;
    let is_ink = |x: u32| strip.get_pixel(x, y).0[0] < limit;
    (p.left..p.right).filter(|x| is_ink(*x) && (*x == p.left || !is_ink(x - 1))).count()
}

/// A letter with two arms and one foot or two.
fn lone_letter(strip: &GrayImage, p: &Piece) -> Option<u32> {
    let limit = threshold(strip);
    let strokes = |share: f32| n_strokes(strip, limit, p, share);
    match (strokes(0.25), strokes(0.55), strokes(0.8)) {
        (2, 2, 1) | (2, 1 | 2, 1) if p.width() * 10 >= p.height() * 8 => Some(5),
        (2, 1, 2) if p.width() * 10 >= p.height() * 8 => Some(10),
        _ => None,
    }
}

/// The letters of a small Roman number: an `i` for each dot, else `v` or `x` by its feet. `None` where a dot
/// stands over something else: dust over a figure makes it no letter.
fn letters(strip: &GrayImage, band: &[Piece], dots: &[&Piece]) -> Option<String> {
    let limit = threshold(strip);
    let undotted = |p: &Piece| if n_strokes(strip, limit, p, 0.85) >= 2 { "x" } else { "v" };
    let mut sorted: Vec<&Piece> = band.iter().collect();
    sorted.sort_unstable_by_key(|p| p.left);
    let mut text = String::new();
    for p in sorted {
        // Letters that ran together keep their dots; one without a dot beside them keeps its breadth.
        let middles: Vec<u32> = dots
            .iter()
            .filter(|d| d.left < p.right && p.left < d.right)
            .map(|d| (d.left + d.right) / 2)
            .collect();
        let (Some(first), Some(last)) = (middles.iter().min(), middles.iter().max()) else {
            text.push_str(undotted(p));
            continue;
        };
        if !middles.iter().all(|x| is_stem(strip, limit, p, *x)) {
            return None;
        }
        let (stem, broad) = (p.height() / 4, p.height() * 4 / 5);
        if first.saturating_sub(p.left) > broad {
            text.push_str(undotted(&Piece { right: first - stem, ..*p }));
        }
        text.push_str(&"i".repeat(middles.len()));
        if p.right.saturating_sub(*last) > broad {
            text.push_str(undotted(&Piece { left: last + stem, ..*p }));
        }
    }
    Some(text)
}

/// Whether ink runs down a piece under the middle of a dot at `x`, as in an `i`.
fn is_stem(strip: &GrayImage, limit: u8, p: &Piece, x: u32) -> bool {
    // The bows of a 3 come near its middle.
    let beside = (p.height() / 25).max(1);
    let columns = x.saturating_sub(beside).max(p.left)..=(x + beside).min(p.right.saturating_sub(1));
    let is_ink = |y: &u32| columns.clone().any(|x| strip.get_pixel(x, *y).0[0] < limit);
    (p.top..p.bottom).filter(is_ink).count() as u32 * 10 >= p.height() * 8
}

/// The outermost pieces that overlap in height, when something empty follows.
fn outer_band(ink: &[Piece]) -> Option<Vec<Piece>> {
    let first = ink.first()?;
    let (mut top, mut bottom) = (first.top, first.bottom);
    let mut band = Vec::new();
    for piece in ink {
        if piece.top > bottom || piece.bottom < top {
            break;
        }
        top = top.min(piece.top);
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
        TextLine { block: 1, words: vec![Word { text: text.to_owned(), place, confidence, is_print: false }] }
    }

    #[test]
    fn numbers_count_only_where_page_numbers_stand() {
        let check = |lines: Vec<TextLine>, expected: Option<u32>| {
            let text = PageText { position: 2, source: TextSource::Ocr, lines };
            let found = from_words(&text, 210.0, 297.0).map(|n| n.number);
            assert_eq!(found, expected, "{}", text.text());
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
        check(vec![line("Trang 4", 170.0, 12.0, 0.9)], Some(4)); // in a corner, but it says so
        check(vec![line("iv", 104.0, 284.0, 0.9)], Some(4));
        check(vec![], None);
    }

    #[test]
    fn a_lone_v_or_x_is_told_by_its_strokes() {
        let shape = |rows: &[&str]| {
            let mut image = GrayImage::from_pixel(840, 1188, image::Luma([255]));
            // Four pixels a millimetre: each sign is 2 × 2 pixels.
            for (y, row) in rows.iter().enumerate() {
                for (x, _) in row.char_indices().filter(|(_, c)| *c == '#') {
                    for (dx, dy) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
                        image.put_pixel(412 + 2 * x as u32 + dx, 50 + 2 * y as u32 + dy, image::Luma([20]));
                    }
                }
            }
            zone_above(&image, 210.0).map(|z| z.shapes)
        };
        assert_eq!(
            shape(&["#...#", "#...#", ".#.#.", ".#.#.", "..#..", "..#.."]),
            Some(Shapes::LoneLetter(5))
        );
        assert_eq!(
            shape(&["#...#", ".#.#.", "..#..", "..#..", ".#.#.", "#...#"]),
            Some(Shapes::LoneLetter(10))
        );
        assert_eq!(shape(&["..#..", ".##..", "..#..", "..#..", "..#..", ".###."]), Some(Shapes::Unknown));
        assert_eq!(shape(&["#####", "....#", "...#.", "...#.", "..#..", "..#.."]), Some(Shapes::Unknown));
    }

    #[test]
    fn page_numbers_are_printed_in_many_ways() {
        for (text, expected) in [
            ("2", Some((2, None, false))),
            ("- 12 -", Some((12, None, false))),
            ("2/5", Some((2, Some(5), false))),
            ("Trang 2 / 5", Some((2, Some(5), false))),
            ("trang 7", Some((7, None, false))),
            ("Trang số 7", Some((7, None, false))),
            ("xiv", Some((14, None, true))),
            ("IX", Some((9, None, true))),
            ("- iii -", Some((3, None, true))),
            ("5/2", None), // a day, a fraction: no page
            ("0", None),
            ("", None),
            ("Trang", None),
            ("V/v", None),
            ("1234", None),
            ("iiii", None),
        ] {
            assert_eq!(parse(text), expected, "{text}");
        }
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
            zone_above(&image, 210.0).map(|z| (z.picture.dimensions(), z.shapes))
        };
        let figure = (415, 50, 8, 12);
        let body = (120, 90, 600, 12);
        assert_eq!(draw(&[figure, body]), Some(((16, 20), Shapes::Unknown)));
        assert_eq!(draw(&[figure, (426, 50, 8, 12), body]), Some(((27, 20), Shapes::Unknown)));
        assert_eq!(draw(&[figure, (700, 52, 40, 12)]), None); // a heading level with it
        assert_eq!(draw(&[body]), None);
        assert_eq!(draw(&[]), None);
        // Dust above it, and a Roman i.
        assert_eq!(draw(&[(300, 30, 3, 3), figure, body]), Some(((16, 20), Shapes::Unknown)));
        assert_eq!(draw(&[(417, 45, 3, 3), figure, body]).map(|z| z.1), Some(Shapes::Roman(1)));
    }

    #[test]
    fn letters_that_ran_together_are_told_by_dots_and_breadth() {
        let check = |pieces: &[(u32, u32)], dots: &[u32], expected: Option<&str>| {
            let mut strip = GrayImage::from_pixel(200, 60, image::Luma([255]));
            let piece = |(left, right): &(u32, u32)| Piece {
                left: *left,
                top: 20,
                right: *right,
                bottom: 40,
                n_px: 100,
            };
            let band: Vec<Piece> = pieces.iter().map(piece).collect();
            let mut ink = |x: u32, y: u32| strip.put_pixel(x, y, image::Luma([20]));
            for p in &band {
                (p.left..p.right).for_each(|x| ink(x, 30));
                // One foot, under whatever stands first: a letter without a dot is a v.
                (20..40).for_each(|y| ink(p.left + 2, y));
            }
            // Stems under the dots; a figure, at 100 here, has none.
            dots.iter().filter(|x| *x % 100 != 0).for_each(|x| (20..40).for_each(|y| ink(*x, y)));
            let dot = |x: &u32| Piece { left: x - 2, top: 12, right: x + 2, bottom: 16, n_px: 16 };
            let dots: Vec<Piece> = dots.iter().map(dot).collect();
            let found = letters(&strip, &band, &dots.iter().collect::<Vec<_>>());
            assert_eq!(found.as_deref(), expected, "{pieces:?}");
        };
        check(&[(50, 60), (64, 74)], &[55, 69], Some("ii"));
        check(&[(50, 74)], &[55, 69], Some("ii"));
        check(&[(50, 70), (72, 82)], &[77], Some("vi"));
        check(&[(50, 82)], &[77], Some("vi")); // the v touches the i
        check(&[(50, 82), (84, 94), (96, 106)], &[77, 89, 101], Some("viii"));
        check(&[(50, 82)], &[55], Some("iv"));
        check(&[(94, 106)], &[100], None); // dust over a figure
    }
}
