//! The box of figures and capitals, without the specks above and below them.
//!
//! Tesseract puts a speck of dirt near a word into its box. What is printed is told from what is written by pen by its
//! height and by the line it stands on, so the box has to be that of the letters. Knows no field.

use image::{GrayImage, imageops};

use super::tsv::{ReadLine, ReadWord};
use crate::engines::imaging::{Piece, pieces, threshold};

/// Pieces lower than this share of the highest are specks, dots and strokes.
const TALL: f32 = 0.6;
/// A box goes beyond its letters by at least this much, pixels, to be worth a change.
const BEYOND_PX: f32 = 1.5;
/// More pieces are a picture.
const MOST_PIECES: usize = 200;

/// Whether letters of a word all reach from one line to another: figures, and capitals without marks.
fn is_level(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_digit() || c.is_ascii_uppercase() || "Đ/-.:&".contains(c);
    text.chars().any(|c| c.is_ascii_digit()) && text.chars().all(is_plain)
}

/// Takes specks above and below out of the boxes of words with figures.
pub(super) fn tighten(picture: &GrayImage, lines: &mut [ReadLine]) {
    for word in lines.iter_mut().flat_map(|l| &mut l.words).filter(|w| is_level(&w.text)) {
        let Some((top, bottom)) = letters(picture, word) else { continue };
        if word.height - (bottom - top) > BEYOND_PX {
            (word.top, word.height) = (top, bottom - top);
        }
    }
}

/// Top and bottom of the tall pieces of ink in the box of a word, in pixels.
fn letters(picture: &GrayImage, word: &ReadWord) -> Option<(f32, f32)> {
    let (left, top) = (word.left.max(0.0) as u32, word.top.max(0.0) as u32);
    let width = (word.width.ceil() as u32).min(picture.width().checked_sub(left)?);
    let height = (word.height.ceil() as u32).min(picture.height().checked_sub(top)?);
    if width < 4 || height < 4 {
        return None;
    }
    let part = imageops::crop_imm(picture, left, top, width, height).to_image();
    let pieces = pieces(&part, threshold(&part), MOST_PIECES);
    let highest = pieces.iter().map(Piece::height).max()? as f32;
    let tall = || pieces.iter().filter(|p| p.height() as f32 >= TALL * highest);
    let (first, last) = (tall().map(|p| p.top).min()?, tall().map(|p| p.bottom).max()?);
    Some((word.top.max(0.0) + first as f32, word.top.max(0.0) + last as f32))
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Luma;

    #[test]
    fn specks_leave_the_box() {
        // Ink as (left, top, width, height); the box as top and height, before and after.
        let check = |ink: &[(u32, u32, u32, u32)], text: &str, before: (f32, f32), after: (f32, f32)| {
            let mut picture = GrayImage::from_pixel(120, 60, Luma([250]));
            for (left, top, w, h) in ink {
                (0..w * h).for_each(|i| picture.put_pixel(left + i % w, top + i / w, Luma([10])));
            }
            let word = ReadWord {
                text: text.to_owned(),
                left: 10.0,
                top: before.0,
                width: 90.0,
                height: before.1,
                confidence: 0.9,
                is_print: false,
            };
            let mut lines = vec![ReadLine { block: 1, words: vec![word] }];
            tighten(&picture, &mut lines);
            assert_eq!((lines[0].words[0].top, lines[0].words[0].height), after, "{text} {ink:?}");
        };
        let print = [(12, 20, 8, 20), (26, 20, 8, 20), (40, 20, 8, 20)];
        let above = [(12, 20, 8, 20), (26, 20, 8, 20), (40, 20, 8, 20), (30, 10, 3, 3)];
        let below = [(12, 20, 8, 20), (26, 20, 8, 20), (40, 20, 8, 20), (30, 46, 2, 2)];
        check(&print, "571", (20.0, 20.0), (20.0, 20.0));
        check(&above, "571", (10.0, 30.0), (20.0, 20.0));
        check(&below, "571/QĐ", (20.0, 28.0), (20.0, 20.0));
        // Marks of letters belong to them.
        check(&above, "571/SỞ", (10.0, 30.0), (10.0, 30.0));
        // A figure that a hand wrote higher keeps its height.
        check(&[(12, 12, 8, 28), (40, 20, 8, 20)], "57", (12.0, 28.0), (12.0, 28.0));
        check(&[], "571", (20.0, 20.0), (20.0, 20.0));
    }
}
