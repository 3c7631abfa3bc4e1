//! Figures held against the same figures elsewhere on the page.
//!
//! Print repeats itself: a printed 7 looks like the other sevens of its page, and unlike the ones and nines. Figures
//! that all look like those that were surely read elsewhere are printed, and read rightly; a reading that the letters
//! contradict is not sure. What a hand wrote looks like nothing else on the page (measured on 90 zones: each number had
//! a figure below 0.87, where print has 0.92 and more). Knows no field.

use image::{GrayImage, imageops};

use super::tsv::{ReadLine, ReadWord};
use crate::engines::imaging::{Piece, pieces, resize_grey, threshold};

/// Words so sure are examples of their figures.
const EXAMPLE: f32 = 0.95;
/// So alike are figures of one print.
const ALIKE: f32 = 0.91;
/// So alike are strokes of one print: they are thin.
const ALIKE_STROKE: f32 = 0.8;
/// A figure is less like every other figure, by at least this.
const CLEARER: f32 = 0.02;
/// What was read as no figure is one that it is more like than any other by this.
const CLEARER_ALONE: f32 = 0.06;
/// Words of so many figures at most are spelled by their shapes.
const RESPELLED_AT_MOST: usize = 4;
/// A figure this unlike its own kind …
const UNLIKE: f32 = 0.82;
/// … and by this much more like another is that other.
const OTHER: f32 = 0.1;
/// How sure figures are that look like themselves.
const CONFIRMED: f32 = 0.97;
/// Figures so sure need no likeness of each of them to be print.
const SURE_ENOUGH: f32 = 0.9;
/// How sure figures are at most that look like others.
const CONTRADICTED: f32 = 0.5;
/// Figures of one word of print differ in height by less than this share.
const EVEN: f32 = 0.13;
/// Figures of one page differ in height by less than this share.
const OF_PAGE: f32 = 0.3;
/// So far beside a word, in its heights, a figure that was left out would stand.
const BESIDE: f32 = 1.1;
/// Examples of each figure that are kept.
const MOST: usize = 10;
/// Less sure words are no words.
const WORD: f32 = 0.05;

const ACROSS: usize = 26;
const DOWN: usize = 18;

/// A figure brought to one height: its ink about the mean, of length 1.
#[derive(Clone)]
struct Shape([f32; ACROSS * DOWN]);

impl Shape {
    /// Of the ink in a box of `part`; `None` for what is wider than high by much.
    fn of(part: &GrayImage, piece: &Piece) -> Option<Self> {
        let (w, h) = (piece.width(), piece.height());
        let across = ((w as f32 * DOWN as f32 / h as f32).round() as u32).max(1);
        if across as usize > ACROSS - 2 {
            return None;
        }
        let cut = imageops::crop_imm(part, piece.left, piece.top, w, h).to_image();
        let small = resize_grey(&cut, across, DOWN as u32);
        let mut values = [0.0; ACROSS * DOWN];
        let left = (ACROSS - across as usize) / 2;
        for (x, y, pixel) in small.enumerate_pixels() {
            values[y as usize * ACROSS + left + x as usize] = 255.0 - f32::from(pixel.0[0]);
        }
        Some(Self::level(values))
    }

    fn level(mut values: [f32; ACROSS * DOWN]) -> Self {
        let mean = values.iter().sum::<f32>() / values.len() as f32;
        values.iter_mut().for_each(|v| *v -= mean);
        let length = values.iter().map(|v| v * v).sum::<f32>().sqrt().max(1e-6);
        values.iter_mut().for_each(|v| *v /= length);
        Self(values)
    }

    /// 1 for the same, where one of them may stand a pixel aside.
    fn likeness(&self, other: &Self) -> f32 {
        let n = self.0.len();
        let with = |shift: usize, a: &[f32], b: &[f32]| -> f32 {
            a[shift..].iter().zip(&b[..n - shift]).map(|(x, y)| x * y).sum()
        };
        with(0, &self.0, &other.0).max(with(1, &self.0, &other.0)).max(with(1, &other.0, &self.0))
    }
}

/// The letters of a word that reach from its foot to its top, from left to right.
struct Letters {
    /// What was read, without dots and short strokes.
    read: Vec<char>,
    shapes: Vec<Option<Shape>>,
    heights: Vec<f32>,
    /// Ink as high as they are stands beside them that no word has.
    is_cut: bool,
}

impl Letters {
    fn of(picture: &GrayImage, word: &ReadWord, boxes: &[[f32; 4]]) -> Option<Self> {
        let read: Vec<char> = word.text.chars().filter(|c| c.is_alphanumeric() || *c == '/').collect();
        // Some paper beside the word shows whether a figure was left out.
        let beside = BESIDE * word.height;
        let left = (word.left - beside).max(0.0) as u32;
        let (top, right) = ((word.top - 1.0).max(0.0) as u32, (word.left + word.width + beside) as u32);
        let width = right.min(picture.width()).checked_sub(left)?;
        let height = (word.height as u32 + 3).min(picture.height().checked_sub(top)?);
        if width < 4 || height < 8 {
            return None;
        }
        let part = imageops::crop_imm(picture, left, top, width, height).to_image();
        let all = pieces(&part, threshold(&part), 400);
        let highest = all.iter().map(Piece::height).max()?;
        let mut whole: Vec<Piece> = Vec::new();
        let mut by_left = all;
        by_left.sort_by_key(|p| p.left);
        for piece in by_left {
            match whole.iter_mut().rev().find(|w| stands_over(w, &piece)) {
                Some(under) => *under = joined(under, &piece),
                None => whole.push(piece),
            }
        }
        whole.retain(|p| p.height() * 5 >= highest * 3);
        let middle = |p: &Piece| {
            (
                left as f32 + f32::midpoint(p.left as f32, p.right as f32),
                top as f32 + f32::midpoint(p.top as f32, p.bottom as f32),
            )
        };
        let is_own = |p: &Piece| (word.left - 2.0..=word.left + word.width + 2.0).contains(&middle(p).0);
        let (own, others): (Vec<Piece>, Vec<Piece>) = whole.into_iter().partition(is_own);
        let is_of_a_word = |p: &Piece| {
            let (x, y) = middle(p);
            boxes
                .iter()
                .any(|b| (b[0] - 2.0..=b[2] + 2.0).contains(&x) && (b[1] - 2.0..=b[3] + 2.0).contains(&y))
        };
        let is_cut = others.iter().any(|p| !is_of_a_word(p));
        let shapes = own.iter().map(|p| Shape::of(&part, p)).collect();
        let heights = own.iter().map(|p| p.height() as f32).collect();
        Some(Self { read, shapes, heights, is_cut })
    }

    fn is_whole(&self) -> bool {
        self.read.len() == self.shapes.len()
    }
}

fn stands_over(a: &Piece, b: &Piece) -> bool {
    let shared = a.right.min(b.right).saturating_sub(a.left.max(b.left));
    shared * 2 >= a.width().min(b.width())
}

fn joined(a: &Piece, b: &Piece) -> Piece {
    Piece {
        left: a.left.min(b.left),
        top: a.top.min(b.top),
        right: a.right.max(b.right),
        bottom: a.bottom.max(b.bottom),
        n_px: a.n_px + b.n_px,
    }
}

fn is_even(heights: &[f32]) -> bool {
    let (least, most) = heights.iter().fold((f32::MAX, 0.0f32), |(l, m), h| (l.min(*h), m.max(*h)));
    most - least <= EVEN * most + 1.0
}

fn median(mut values: Vec<f32>) -> Option<f32> {
    values.sort_by(f32::total_cmp);
    values.get(values.len() / 2).copied()
}

/// Figures that were surely read: of each its word and its shape, and the height they have on this page.
struct Examples {
    of: Vec<(char, usize, Shape)>,
    height: f32,
}

impl Examples {
    fn of(picture: &GrayImage, words: &[&mut ReadWord], boxes: &[[f32; 4]]) -> Option<Self> {
        let is_example = |w: &ReadWord| {
            let core = w.text.trim_matches(|c: char| !c.is_ascii_digit());
            let is_figures = core.chars().all(|c| c.is_ascii_digit() || matches!(c, '/' | '.' | ','));
            // Of a number with its symbol too, where figures and capitals are of one height.
            let is_number = !w.text.chars().any(char::is_lowercase) && w.text.starts_with(char::is_numeric);
            w.confidence >= EXAMPLE && !core.is_empty() && (is_figures || is_number)
        };
        let all = words.iter().enumerate().filter(|(_, w)| is_example(w));
        let even = all.filter_map(|(i, w)| Some((i, Letters::of(picture, w, boxes)?)));
        let even: Vec<(usize, Letters)> =
            even.filter(|(_, l)| l.is_whole() && !l.is_cut && is_even(&l.heights)).collect();
        let height = median(even.iter().flat_map(|(_, l)| l.heights.clone()).collect())?;
        let mut of: Vec<(char, usize, Shape)> = Vec::new();
        for (i, letters) in even {
            if letters.heights.iter().any(|h| (h - height).abs() > OF_PAGE / 2.0 * height + 1.0) {
                continue;
            }
            for (c, shape) in letters.read.iter().zip(letters.shapes) {
                let Some(shape) = shape.filter(|_| c.is_ascii_digit() || *c == '/') else { continue };
                if of.iter().filter(|(other, _, _)| other == c).count() < MOST {
                    of.push((*c, i, shape));
                }
            }
        }
        Some(Self { of, height })
    }

    /// How like `shape` is to figures read as `c` in other words than `word`, and to those read otherwise.
    fn likeness(&self, shape: &Shape, c: char, word: usize) -> (Option<f32>, f32) {
        let (mut own, mut others) = (None, 0.0f32);
        for (read, of_word, example) in &self.of {
            // A slanted one looks like a stroke, and is never taken for it.
            if *of_word == word || (*read == '/') != (c == '/') {
                continue;
            }
            let likeness = shape.likeness(example);
            if *read == c {
                own = Some(own.map_or(likeness, |most: f32| most.max(likeness)));
            } else {
                others = others.max(likeness);
            }
        }
        (own, others)
    }
}

/// What the shapes of the figures of a word say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// Printed, and what was read.
    Confirmed,
    /// Printed: most figures look like themselves, of the rest the page has no other.
    Printed,
    /// At least one looks like another figure.
    Contradicted,
    Unknown,
}

fn verdict(examples: &Examples, letters: &Letters, word: usize) -> Verdict {
    // The figures in front and the stroke that ends them, or a word of figures and strokes alone.
    let is_figure = |c: &char| c.is_ascii_digit() || *c == '/';
    let is_all = letters.read.iter().all(is_figure);
    let n = match letters.read.iter().position(|c| *c == '/') {
        _ if is_all => letters.read.len(),
        Some(stroke) => stroke + 1,
        None => return Verdict::Unknown,
    };
    let is_matched = if is_all { letters.is_whole() } else { letters.shapes.len() >= n };
    let figures = letters.read[..n].iter().filter(|c| c.is_ascii_digit()).count();
    if !is_matched || figures == 0 || figures + 1 < n && !is_all {
        return Verdict::Unknown;
    }
    let heights = &letters.heights[..n];
    let is_of_page = heights.iter().all(|h| (h - examples.height).abs() <= OF_PAGE * examples.height);
    let (mut n_alike, mut n_unheard, mut is_alike) = (0, 0, true);
    for (c, shape) in letters.read[..n].iter().zip(&letters.shapes) {
        let Some(shape) = shape else { return Verdict::Unknown };
        let (own, others) = examples.likeness(shape, *c, word);
        match own {
            // Where there are as many letters as were read, the stroke is where it should be.
            _ if *c == '/' => is_alike &= letters.is_whole() || own.is_some_and(|own| own >= ALIKE_STROKE),
            Some(own) if own < UNLIKE && others > ALIKE && others - own > OTHER => {
                return Verdict::Contradicted;
            }
            Some(own) if own >= ALIKE && own - others >= CLEARER => n_alike += 1,
            Some(_) => is_alike = false,
            None => n_unheard += 1,
        }
    }
    match n_unheard {
        _ if !is_alike || letters.is_cut || !is_even(heights) || !is_of_page => Verdict::Unknown,
        0 => Verdict::Confirmed,
        _ if n_alike >= 2 && n_alike > n_unheard => Verdict::Printed,
        _ => Verdict::Unknown,
    }
}

/// Which figure a shape is: much more like it than like any other.
fn figure(examples: &Examples, shape: &Shape, word: usize) -> Option<char> {
    let likeness = |c: char| examples.likeness(shape, c, word).0.unwrap_or(0.0);
    let mut by_likeness: Vec<(char, f32)> = ('0'..='9').map(|c| (c, likeness(c))).collect();
    by_likeness.sort_by(|a, b| b.1.total_cmp(&a.1));
    let ((most, first), (_, second)) = (by_likeness[0], by_likeness[1]);
    (first >= ALIKE && first - second >= CLEARER_ALONE).then_some(most)
}

/// A short word of figures of which one was read as a letter or a sign, or lost: `3l`, `0ï`, `3` for a printed 31.
/// `None` unless each shape is clearly a figure of the page, and the figures that were read are among them.
fn respelled(examples: &Examples, letters: &Letters, text: &str, word: usize) -> Option<String> {
    let core = text.trim_matches(|c: char| matches!(c, '.' | ',' | ';' | ':'));
    let n_read = core.chars().count();
    let figures: Vec<char> = core.chars().filter(char::is_ascii_digit).collect();
    let n = letters.shapes.len();
    // A figure may be lost of a day or month alone: of longer numbers nobody can tell where it was.
    let is_near = figures.len() + 1 == n && (n_read == n || n_read == 1 && n == 2);
    if figures.is_empty() || !(2..=RESPELLED_AT_MOST).contains(&n) || !is_near || letters.is_cut {
        return None;
    }
    let is_of_page =
        letters.heights.iter().all(|h| (h - examples.height).abs() <= OF_PAGE / 2.0 * examples.height);
    if !is_even(&letters.heights) || !is_of_page {
        return None;
    }
    let shapes = letters.shapes.iter().map(|s| s.as_ref().and_then(|s| figure(examples, s, word)));
    let spelled: String = shapes.collect::<Option<String>>()?;
    let mut left = figures.iter().peekable();
    for c in spelled.chars() {
        let _ = left.next_if(|f| **f == c);
    }
    left.peek().is_none().then(|| text.replacen(core, &spelled, 1))
}

/// Holds the figures of all words against each other: those that look like their kind are printed and sure.
pub(super) fn hold_together(picture: &GrayImage, lines: &mut [ReadLine]) {
    let box_of = |w: &ReadWord| [w.left, w.top, w.left + w.width, w.top + w.height];
    let boxes: Vec<[f32; 4]> = lines.iter().flat_map(|l| &l.words).map(box_of).collect();
    let mut words: Vec<&mut ReadWord> = lines.iter_mut().flat_map(|l| &mut l.words).collect();
    words.retain(|w| w.text.chars().any(|c| c.is_ascii_digit()));
    let Some(examples) = Examples::of(picture, &words, &boxes) else { return };
    for (i, word) in words.into_iter().enumerate() {
        let Some(letters) = Letters::of(picture, word, &boxes).filter(|_| word.confidence >= WORD) else {
            continue;
        };
        match verdict(&examples, &letters, i) {
            Verdict::Confirmed => {
                word.is_print = true;
                if word.text.chars().all(|c| !c.is_alphabetic()) {
                    word.confidence = word.confidence.max(CONFIRMED);
                }
            }
            Verdict::Printed => word.is_print = word.confidence >= SURE_ENOUGH,
            Verdict::Contradicted => word.confidence = word.confidence.min(CONTRADICTED),
            Verdict::Unknown => {
                if let Some(text) = respelled(&examples, &letters, &word.text, i) {
                    (word.text, word.is_print) = (text, true);
                    word.confidence = CONFIRMED;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Luma;

    /// Seven strokes of a figure, as on a pocket calculator.
    fn strokes(figure: char) -> &'static [(u32, u32, u32, u32)] {
        match figure {
            '0' => &[(0, 0, 12, 3), (0, 17, 12, 3), (0, 0, 3, 20), (9, 0, 3, 20)],
            '1' => &[(4, 0, 4, 20)],
            '2' => &[(0, 0, 12, 3), (9, 0, 3, 10), (0, 9, 12, 3), (0, 9, 3, 11), (0, 17, 12, 3)],
            '7' => &[(0, 0, 12, 3), (9, 0, 3, 20)],
            _ => &[(0, 0, 3, 10), (0, 9, 12, 3), (9, 0, 3, 20)],
        }
    }

    /// Draws words of figures, each at a place; `higher` stretches those of the last.
    fn page(words: &[(&str, &str, f32)], higher: u32) -> (GrayImage, Vec<ReadLine>) {
        let mut picture = GrayImage::from_pixel(400, 60 * words.len() as u32 + 40, Luma([250]));
        let mut lines = Vec::new();
        for (i, (printed, read, confidence)) in words.iter().enumerate() {
            let tall = if i + 1 == words.len() { higher } else { 0 };
            let top = 30 + 60 * i as u32;
            for (k, figure) in printed.chars().enumerate() {
                for (x, y, w, h) in strokes(figure) {
                    let left = 60 + 18 * k as u32 + x;
                    let (y, h) = (y * (20 + tall) / 20, h * (20 + tall) / 20);
                    (0..w * h).for_each(|p| picture.put_pixel(left + p % w, top + y + p / w, Luma([15])));
                }
            }
            let word = ReadWord {
                text: (*read).to_owned(),
                left: 60.0,
                top: top as f32,
                width: 18.0 * printed.chars().count() as f32 - 6.0,
                height: (20 + tall) as f32,
                confidence: *confidence,
                is_print: false,
            };
            lines.push(ReadLine { block: 1, words: vec![word] });
        }
        (picture, lines)
    }

    #[test]
    fn print_looks_like_itself() {
        let check = |words: &[(&str, &str, f32)], higher: u32, is_print: bool, confidence: f32| {
            let (picture, mut lines) = page(words, higher);
            hold_together(&picture, &mut lines);
            let last = &lines[lines.len() - 1].words[0];
            assert_eq!((last.is_print, last.confidence), (is_print, confidence), "{words:?}");
        };
        let page = |printed, read, confidence| {
            [
                ("2024", "2024", 0.97),
                ("1770", "1770", 0.96),
                ("0127", "0127", 0.99),
                (printed, read, confidence),
            ]
        };
        check(&page("2741", "2741", 0.4), 0, true, CONFIRMED);
        // The last figure looks like a one, and was read as a seven.
        check(&page("241", "247", 0.96), 0, false, CONTRADICTED);
        // Higher than print, as a hand writes.
        check(&page("2741", "2741", 0.6), 12, false, 0.6);
        // A figure was left out; nothing else on the page looks like it.
        check(&page("2741", "241", 0.6), 0, false, 0.6);
        check(&[("2024", "2024", 0.97), ("71", "71", 0.6)], 0, false, 0.6);
    }

    #[test]
    fn letters_for_figures_are_spelled_by_their_shapes() {
        let check = |printed: &str, read: &str, expected: &str, is_print: bool| {
            let words = [
                ("2024", "2024", 0.97),
                ("1770", "1770", 0.96),
                ("0127", "0127", 0.99),
                (printed, read, 0.3),
            ];
            let (picture, mut lines) = page(&words, 0);
            hold_together(&picture, &mut lines);
            let last = &lines[3].words[0];
            assert_eq!((last.text.as_str(), last.is_print), (expected, is_print), "{printed} {read}");
        };
        check("01", "0ï", "01", true);
        check("21", "2],", "21,", true);
        check("21", "2", "21", true);
        // What was read as a figure is one.
        check("07", "1ï", "1ï", false);
        check("2741", "241", "241", false);
        // The page has no other 9.
        check("9", "§", "§", false);
    }
}
