//! Whether the figures of a word stand even, as print does, or as a hand writes them.
//!
//! On most real letters number and day are written by pen beside printed words; Tesseract reads
//! some of them, surely and wrongly. What stands uneven is reported with little confidence, so that
//! a person is asked. Knows no field: only heights and the line they stand on.

use image::{GrayImage, imageops};

use super::tsv::ReadWord;

/// Print leaves the common top and foot of its figures by less than this share of their height.
const SLACK: f32 = 0.13;
/// How much higher or lower than capital letters beside them printed figures may be.
const HEIGHT_SLACK: f32 = 0.17;
/// A word is looked at finer than it is read.
const FINER: u32 = 2;

/// The box of one blob of ink.
#[derive(Debug, Clone, Copy)]
struct Blob {
    top: f32,
    foot: f32,
    left: f32,
    right: f32,
}

impl Blob {
    fn height(&self) -> f32 {
        self.foot - self.top
    }

    fn width(&self) -> f32 {
        self.right - self.left
    }

    fn middle_x(&self) -> f32 {
        f32::midpoint(self.left, self.right)
    }

    /// Whether both stand one above the other: pieces of one figure that broke where its stroke is thin.
    fn is_over(&self, other: &Self) -> bool {
        let shared = self.right.min(other.right) - self.left.max(other.left);
        shared >= 0.5 * self.width().min(other.width())
    }

    fn with(&self, other: &Self) -> Self {
        Self {
            top: self.top.min(other.top),
            foot: self.foot.max(other.foot),
            left: self.left.min(other.left),
            right: self.right.max(other.right),
        }
    }
}

/// Pieces that stand one above the other put together; what is lower than `least` then is no letter.
fn whole(mut pieces: Vec<Blob>, least: f32) -> Vec<Blob> {
    pieces.sort_by(|a, b| a.left.total_cmp(&b.left));
    let mut whole: Vec<Blob> = Vec::new();
    for piece in pieces {
        match whole.iter_mut().rev().find(|w| w.is_over(&piece)) {
            Some(under) => *under = under.with(&piece),
            None => whole.push(piece),
        }
    }
    whole.retain(|b| b.height() >= least);
    whole
}

/// Whether the figures at the front of `word`, glued to what follows the slash, stand uneven; `false`
/// where there are fewer than two, or nothing can be told.
pub(super) fn is_uneven(picture: &GrayImage, word: &ReadWord) -> bool {
    let letters = word.text.chars().count();
    let figures = word.text.chars().take_while(char::is_ascii_digit).count();
    // Figures apart from their symbol have a box of their own, which is measured elsewhere.
    let is_glued = word.text.chars().nth(figures) == Some('/');
    if figures < 2 || !is_glued {
        return false;
    }
    let Some(blobs) = blobs(picture, word) else { return false };
    let width = word.width * FINER as f32;
    // Figures are half an em wide, capitals and the rest 0.6 on average.
    let share = figures as f32 * 0.5 / (figures as f32 * 0.5 + (letters - figures) as f32 * 0.6);
    let (of_figures, others): (Vec<Blob>, Vec<Blob>) =
        blobs.iter().partition(|b| b.middle_x() < width * share);
    if of_figures.len() < 2 {
        return false;
    }
    let height = median(of_figures.iter().map(Blob::height));
    let spread = |edge: fn(&Blob) -> f32| {
        let edges = of_figures.iter().map(edge);
        edges.clone().fold(f32::MIN, f32::max) - edges.fold(f32::MAX, f32::min)
    };
    if spread(|b| b.top) > SLACK * height + 1.0 || spread(|b| b.foot) > SLACK * height + 1.0 {
        return true;
    }
    // Marks and tails make letters higher, a small letter is lower: the middle of them tells the height of capitals.
    let capitals = median(others.iter().map(Blob::height));
    others.len() >= 2 && (height - capitals).abs() > HEIGHT_SLACK * capitals + 1.0
}

fn median(values: impl Iterator<Item = f32>) -> f32 {
    let mut values: Vec<f32> = values.collect();
    values.sort_by(f32::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

/// The larger figures and letters in the box of `word`, from left to right; touching ones are one.
fn blobs(picture: &GrayImage, word: &ReadWord) -> Option<Vec<Blob>> {
    let margin = 2.0;
    let left = (word.left - margin).max(0.0) as u32;
    let top = (word.top - margin).max(0.0) as u32;
    let width = (word.width + 2.0 * margin) as u32;
    let height = (word.height + 2.0 * margin) as u32;
    let (width, height) =
        (width.min(picture.width().checked_sub(left)?), height.min(picture.height().checked_sub(top)?));
    if width < 6 || height < 6 || width > 2000 || height > 400 {
        return None;
    }
    let crop = imageops::crop_imm(picture, left, top, width, height).to_image();
    let fine = crate::engines::imaging::resize_grey(&crop, width * FINER, height * FINER);
    let (w, h) = (fine.width() as usize, fine.height() as usize);
    let darkest = fine.as_raw().iter().min().copied()?;
    let lightest = fine.as_raw().iter().max().copied()?;
    if lightest - darkest < 40 {
        return None;
    }
    // Light enough that thin strokes hold together.
    let threshold = lightest - (lightest - darkest) / 5 * 2;
    let mut is_ink: Vec<bool> = fine.as_raw().iter().map(|v| *v < threshold).collect();
    let mut found = Vec::new();
    for start in 0..is_ink.len() {
        if is_ink[start] {
            let (mut low, mut high, mut first, mut last) = (h, 0, w, 0);
            let mut open = vec![start];
            is_ink[start] = false;
            while let Some(at) = open.pop() {
                let (x, y) = (at % w, at / w);
                (low, high, first, last) = (low.min(y), high.max(y), first.min(x), last.max(x));
                for (nx, ny) in neighbours(x, y, w, h) {
                    let next = ny * w + nx;
                    if is_ink[next] {
                        is_ink[next] = false;
                        open.push(next);
                    }
                }
            }
            let edge = |x: usize| x as f32 - margin * FINER as f32;
            // Grain is no piece of a figure.
            if high - low >= 2 {
                let (left, right) = (edge(first), edge(last + 1));
                found.push(Blob { top: low as f32, foot: (high + 1) as f32, left, right });
            }
        }
    }
    Some(whole(found, 0.45 * h as f32))
}

/// The points around one, corners too.
fn neighbours(x: usize, y: usize, w: usize, h: usize) -> impl Iterator<Item = (usize, usize)> {
    let columns = x.saturating_sub(1)..=(x + 1).min(w - 1);
    (y.saturating_sub(1)..=(y + 1).min(h - 1)).flat_map(move |ny| columns.clone().map(move |nx| (nx, ny)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Luma;

    /// A word of solid bars: (left, top, foot) in pixels, 10 wide.
    fn drawn(bars: &[(u32, u32, u32)]) -> (GrayImage, impl Fn(&str) -> ReadWord) {
        let mut picture = GrayImage::from_pixel(240, 60, Luma([245]));
        for (left, top, foot) in bars {
            for x in *left..left + 10 {
                for y in *top..*foot {
                    picture.put_pixel(x, y, Luma([20]));
                }
            }
        }
        let right = bars.iter().map(|b| b.0 + 10).max().unwrap_or(20);
        let top = bars.iter().map(|b| b.1).min().unwrap_or(0);
        let foot = bars.iter().map(|b| b.2).max().unwrap_or(0);
        let word = move |text: &str| ReadWord {
            text: text.to_owned(),
            confidence: 0.95,
            is_print: false,
            left: 20.0,
            top: top as f32,
            width: (right - 20) as f32,
            height: (foot - top) as f32,
        };
        (picture, word)
    }

    #[test]
    fn print_stands_even_and_a_hand_does_not() {
        let check = |bars: &[(u32, u32, u32)], text: &str, expected: bool| {
            let (picture, word) = drawn(bars);
            assert_eq!(is_uneven(&picture, &word(text)), expected, "{text} {bars:?}");
        };
        check(&[(20, 20, 40), (34, 20, 40), (48, 20, 40)], "571/", false);
        check(&[(20, 20, 40), (34, 20, 41), (48, 19, 40)], "571/", false);
        check(&[(20, 17, 40), (34, 22, 40), (48, 20, 40)], "571/", true);
        check(&[(20, 20, 40), (34, 24, 44), (48, 20, 40)], "571/", true);
        check(&[(20, 17, 40), (34, 22, 40), (48, 20, 40)], "571", false);
        // Figures even among themselves, but larger than the capitals behind them.
        check(&[(20, 14, 40), (34, 14, 40), (62, 20, 40), (78, 20, 40), (94, 20, 40)], "57/QDU", true);
        check(&[(20, 20, 40), (34, 20, 40), (62, 20, 40), (78, 20, 40), (94, 15, 40)], "57/QDU", false);
        // A small letter among the capitals, a figure that broke in two.
        check(&[(20, 20, 40), (34, 20, 40), (62, 20, 40), (78, 20, 40), (94, 26, 40)], "57/QDr", false);
        check(&[(20, 20, 40), (34, 20, 33), (34, 35, 40), (48, 20, 40)], "571/", false);
        // Words without two figures are not judged.
        check(&[(20, 17, 40), (34, 22, 44)], "AB", false);
    }
}
