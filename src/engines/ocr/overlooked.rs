//! Print that was left out, or that nothing could be made of, read once more by itself.
//!
//! Tesseract follows the lines of a whole page. Where two columns of different pitch stand side by side, where a seal
//! or a signature touches a row, it puts marks of letters into a line of their own, or takes the row for a picture:
//! the words are lost. Rows of letter-like ink under no word that was surely read are cut out and read as one line.
//! Knows no field.

use image::{GrayImage, imageops};

use super::{
    Engine,
    engine::Layout,
    tsv::{ReadLine, ReadWord},
};
use crate::engines::imaging::{Piece, fault::ReadError, pieces, threshold};

/// Words less sure than this say nothing that another reading could not say better.
const UNSURE: f32 = 0.6;
/// Figures this sure are read again elsewhere, and not overlooked.
const FIGURES: f32 = 0.3;
/// So sure must a word be that was read by itself.
const FOUND: f32 = 0.6;
/// Height of the words of a page where too few were read to tell, millimetres.
const WORD_MM: f32 = 3.5;
/// Fewer words tell no height.
const FEWEST: usize = 6;
/// At most so many rows are read again: the time for a page is bounded.
const MOST: usize = 8;
/// Pieces of ink that are looked at, at most.
const MOST_PIECES: usize = 40_000;
/// Nothing is looked for nearer to the edge of the page, millimetres: shadows and holes lie there.
const EDGE_MM: f32 = 6.0;

/// White around a row that is read by itself, pixels.
const FRAME: u32 = 12;

/// A place on the picture, in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Zone {
    left: f32,
    top: f32,
    right: f32,
    bottom: f32,
}

impl Zone {
    fn of_word(word: &ReadWord) -> Self {
        Self { left: word.left, top: word.top, right: word.left + word.width, bottom: word.top + word.height }
    }

    fn of_piece(piece: &Piece, down: u32) -> Self {
        Self {
            left: piece.left as f32,
            top: (piece.top + down) as f32,
            right: piece.right as f32,
            bottom: (piece.bottom + down) as f32,
        }
    }

    fn width(&self) -> f32 {
        self.right - self.left
    }

    fn height(&self) -> f32 {
        self.bottom - self.top
    }

    fn with(&self, other: &Self) -> Self {
        Self {
            left: self.left.min(other.left),
            top: self.top.min(other.top),
            right: self.right.max(other.right),
            bottom: self.bottom.max(other.bottom),
        }
    }

    fn grown(&self, across: f32, down: f32) -> Self {
        Self {
            left: self.left - across,
            top: self.top - down,
            right: self.right + across,
            bottom: self.bottom + down,
        }
    }

    fn shares_rows(&self, other: &Self) -> f32 {
        self.bottom.min(other.bottom) - self.top.max(other.top)
    }

    fn gap(&self, other: &Self) -> f32 {
        self.left.max(other.left) - self.right.min(other.right)
    }

    /// Whether the middle of `other` lies inside.
    fn holds(&self, other: &Self) -> bool {
        let (x, y) = (f32::midpoint(other.left, other.right), f32::midpoint(other.top, other.bottom));
        (self.left..=self.right).contains(&x) && (self.top..=self.bottom).contains(&y)
    }
}

/// How high the words of a page are, in pixels.
fn word_height(lines: &[ReadLine], dpi: f32) -> f32 {
    let is_clear =
        |w: &&ReadWord| w.confidence >= 0.9 && w.text.chars().filter(|c| c.is_alphabetic()).count() >= 2;
    let mut heights: Vec<f32> =
        lines.iter().flat_map(|l| &l.words).filter(is_clear).map(|w| w.height).collect();
    heights.sort_by(f32::total_cmp);
    let middle = heights.get(heights.len() / 2).filter(|_| heights.len() >= FEWEST);
    middle.copied().unwrap_or(WORD_MM / 25.4 * dpi)
}

/// Whether a word is what another reading may take the place of: unsure, or too low to be letters at all.
fn is_lost(word: &ReadWord, height: f32) -> bool {
    let has_figures = word.text.chars().any(|c| c.is_ascii_digit());
    let has_letters = word.text.chars().any(char::is_alphanumeric);
    let is_mark = has_letters && word.height < 0.4 * height;
    is_mark || (word.confidence < if has_figures { FIGURES } else { UNSURE })
}

/// Reads again what was overlooked on the rows `rows` of `picture`; `lines` are those that were read there.
///
/// # Errors
/// [`ReadError::Crashed`] when Tesseract gives up.
pub(super) fn read_overlooked(
    engine: &mut Engine,
    picture: &GrayImage,
    rows: std::ops::Range<u32>,
    dpi: f32,
    lines: &mut Vec<ReadLine>,
) -> Result<(), ReadError> {
    let height = word_height(lines, dpi);
    for zone in zones(picture, rows, dpi, lines, height).into_iter().take(MOST) {
        let Some((part, left, top)) = cut(picture, &zone, height) else { continue };
        let found = engine.read(&part, dpi, Layout::Line)?;
        let found: Vec<ReadWord> = found
            .into_iter()
            .flat_map(|l| l.words)
            .map(|w| ReadWord { left: w.left + left, top: w.top + top, ..w })
            .collect();
        put_in(lines, &zone.grown(0.0, 0.35 * height), found, height);
    }
    Ok(())
}

/// Rows of letters, from left to right each, that no sure word covers.
fn zones(
    picture: &GrayImage,
    rows: std::ops::Range<u32>,
    dpi: f32,
    lines: &[ReadLine],
    height: f32,
) -> Vec<Zone> {
    let (w, h) = picture.dimensions();
    let rows = rows.start.min(h)..rows.end.min(h);
    if rows.is_empty() || w < 8 {
        return Vec::new();
    }
    let part = imageops::crop_imm(picture, 0, rows.start, w, rows.end - rows.start).to_image();
    let words = || lines.iter().flat_map(|l| &l.words);
    let sure: Vec<Zone> =
        words().filter(|w| !is_lost(w, height)).map(|w| Zone::of_word(w).grown(1.0, 2.0)).collect();
    let edge = EDGE_MM / 25.4 * dpi;
    let is_letter = |z: &Zone| {
        (0.35 * height..1.7 * height).contains(&z.height())
            && z.width() <= 4.0 * height
            && z.left > edge
            && z.right < w as f32 - edge
    };
    let mut seeds: Vec<Zone> = pieces(&part, threshold(&part), MOST_PIECES)
        .iter()
        .map(|p| Zone::of_piece(p, rows.start))
        .filter(is_letter)
        .filter(|z| !sure.iter().any(|s| s.holds(z)))
        .collect();
    seeds.sort_by(|a, b| a.left.total_cmp(&b.left));
    let mut found: Vec<(Zone, usize)> = Vec::new();
    for seed in seeds {
        let is_beside = |(zone, _): &&mut (Zone, usize)| {
            zone.shares_rows(&seed) >= 0.5 * seed.height().min(zone.height())
                && zone.gap(&seed) <= 0.9 * height
        };
        match found.iter_mut().rev().find(is_beside) {
            Some((zone, n)) => (*zone, *n) = (zone.with(&seed), *n + 1),
            None => found.push((seed, 1)),
        }
    }
    let is_row = |(zone, n): &(Zone, usize)| {
        *n >= 2 && zone.width() >= 1.2 * height && (0.5 * height..1.9 * height).contains(&zone.height())
    };
    found.retain(is_row);
    // The longest first: there is most to win.
    found.sort_by(|a, b| b.0.width().total_cmp(&a.0.width()));
    found.into_iter().map(|(zone, _)| zone).collect()
}

/// The zone with paper around it, and where its corner lies on the page.
fn cut(picture: &GrayImage, zone: &Zone, height: f32) -> Option<(GrayImage, f32, f32)> {
    let zone = zone.grown(0.3 * height, 0.4 * height);
    let px = |v: f32, most: u32| v.round().clamp(0.0, most as f32) as u32;
    let (left, top) = (px(zone.left, picture.width()), px(zone.top, picture.height()));
    let (right, bottom) = (px(zone.right, picture.width()), px(zone.bottom, picture.height()));
    if right <= left + 8 || bottom <= top + 8 {
        return None;
    }
    let part = imageops::crop_imm(picture, left, top, right - left, bottom - top).to_image();
    let mut framed =
        GrayImage::from_pixel(part.width() + 2 * FRAME, part.height() + 2 * FRAME, image::Luma([255]));
    imageops::replace(&mut framed, &part, i64::from(FRAME), i64::from(FRAME));
    Some((framed, left as f32 - FRAME as f32, top as f32 - FRAME as f32))
}

/// How much words say: letters, by how surely they were read.
fn sense<'a>(words: impl Iterator<Item = &'a ReadWord>) -> f32 {
    let letters = |w: &ReadWord| w.text.chars().filter(|c| c.is_alphanumeric()).count() as f32;
    words.map(|w| letters(w) * w.confidence).sum()
}

/// Puts words that were found where they belong, in the place of lost ones; nothing where they say less.
fn put_in(lines: &mut Vec<ReadLine>, zone: &Zone, found: Vec<ReadWord>, height: f32) {
    let is_good = |w: &ReadWord| w.confidence >= FOUND && w.text.chars().any(char::is_alphanumeric);
    let found: Vec<ReadWord> = found.into_iter().filter(is_good).collect();
    let letters = found.iter().flat_map(|w| w.text.chars()).filter(|c| c.is_alphanumeric()).count();
    let goes = |w: &ReadWord| is_lost(w, height) && zone.holds(&Zone::of_word(w));
    let before = sense(lines.iter().flat_map(|l| &l.words).filter(|w| goes(w)));
    if letters < 2 || sense(found.iter()) <= before {
        return;
    }
    lines.iter_mut().for_each(|line| line.words.retain(|w| !goes(w)));
    lines.retain(|line| !line.words.is_empty());
    for word in found {
        let place = Zone::of_word(&word);
        let distance = |line: &ReadLine| {
            let near = line.words.iter().map(Zone::of_word);
            let near = near.filter(|z| z.shares_rows(&place) >= 0.5 * place.height().min(z.height()));
            near.map(|z| z.gap(&place)).min_by(f32::total_cmp).filter(|gap| *gap < 2.5 * height)
        };
        let nearest = lines
            .iter()
            .enumerate()
            .filter_map(|(i, line)| Some((i, distance(line)?)))
            .min_by(|a, b| a.1.total_cmp(&b.1));
        match nearest {
            Some((i, _)) => {
                let words = &mut lines[i].words;
                let at = words.iter().position(|w| w.left > word.left).unwrap_or(words.len());
                words.insert(at, word);
            }
            None => {
                // In reading order: behind the last line that lies above it.
                let bottom = word.top + word.height;
                let above = lines.iter().rposition(|l| l.words.iter().any(|w| w.top + w.height <= bottom));
                let at = above.map_or(0, |i| i + 1);
                let block = at.checked_sub(1).and_then(|i| lines.get(i)).map_or(1, |l| l.block);
                lines.insert(at, ReadLine { block, words: vec![word] });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Luma;

    fn word(text: &str, left: f32, top: f32, confidence: f32) -> ReadWord {
        let width = 10.0 * text.chars().count() as f32;
        ReadWord { text: text.to_owned(), left, top, width, height: 20.0, confidence, is_print: false }
    }

    fn page(letters: &[(u32, u32)]) -> GrayImage {
        let mut picture = GrayImage::from_pixel(600, 300, Luma([255]));
        for (left, top) in letters {
            for x in *left..left + 8 {
                for y in *top..top + 20 {
                    picture.put_pixel(x, y, Luma([0]));
                }
            }
        }
        picture
    }

    #[test]
    fn rows_without_words_are_found() {
        let row: Vec<(u32, u32)> = (0..6).map(|i| (100 + 14 * i, 100)).collect();
        let check = |lines: &[ReadLine], letters: &[(u32, u32)], expected: usize| {
            let picture = page(letters);
            let found = zones(&picture, 0..300, 150.0, lines, 20.0);
            assert_eq!(found.len(), expected, "{lines:?}: {found:?}");
        };
        let line = |words: Vec<ReadWord>| vec![ReadLine { block: 1, words }];
        check(&[], &row, 1);
        check(&line(vec![word("Nguyễn", 98.0, 99.0, 0.9), word("An", 158.0, 99.0, 0.9)]), &row, 0);
        // What was hardly read may be read better.
        check(&line(vec![word("Nguyễn", 98.0, 99.0, 0.3), word("An", 158.0, 99.0, 0.9)]), &row, 1);
        // Figures are voted on elsewhere.
        check(&line(vec![word("208.1.", 98.0, 99.0, 0.5), word("45", 158.0, 99.0, 0.9)]), &row, 0);
        // One speck, or what lies at the edge, is no row.
        check(&[], &row[..1], 0);
        check(&[], &[(10, 100), (24, 100)], 0);
    }

    #[test]
    fn words_found_take_the_place_of_lost_ones() {
        let check = |before: Vec<ReadWord>, found: Vec<ReadWord>, expected: &str| {
            let mut lines = vec![ReadLine { block: 1, words: before }];
            put_in(&mut lines, &Zone { left: 90.0, top: 95.0, right: 300.0, bottom: 125.0 }, found, 20.0);
            let text: Vec<String> = lines
                .iter()
                .map(|l| l.words.iter().map(|w| w.text.as_str()).collect::<Vec<_>>().join(" "))
                .collect();
            assert_eq!(text.join("|"), expected);
        };
        let vt = || word("VT", 40.0, 100.0, 0.9);
        check(vec![vt(), word("KG", 100.0, 100.0, 0.1)], vec![word("PHÓ", 100.0, 100.0, 0.9)], "VT PHÓ");
        check(vec![word("PHÓ", 60.0, 100.0, 0.9)], vec![word("CHỦ", 100.0, 100.0, 0.9)], "PHÓ CHỦ");
        // Too far away for the same line.
        check(vec![vt()], vec![word("TỊCH", 200.0, 100.0, 0.9)], "VT|TỊCH");
        // What says less changes nothing.
        check(vec![word("GIÁM", 100.0, 100.0, 0.5)], vec![word("G", 100.0, 100.0, 0.9)], "GIÁM");
        check(vec![word("GIÁM", 100.0, 100.0, 0.5)], vec![word("GLÁM", 100.0, 100.0, 0.3)], "GIÁM");
    }
}
