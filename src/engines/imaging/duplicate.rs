//! The same page scanned twice: told from small pictures of the ink, confirmed by words.
//!
//! Knows two pages at a time; whether a repetition matters is decided elsewhere.

use image::GrayImage;
use serde::{Deserialize, Serialize};

use super::{ink::darkness, picture::resize_grey};
use crate::domain::{page::BoxMm, text::PageText};

const WIDTH: usize = 64;
const HEIGHT: usize = 90;
const SHIFT: i32 = 2;

/// The ink of an upright page, paper shade removed, 64 × 90.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thumbnail(Vec<u8>);

impl Thumbnail {
    /// From a grey copy of the upright page, of any size.
    pub fn of(small: &GrayImage) -> Self {
        let ink = darkness(small, 8);
        let flipped: Vec<u8> = ink.as_raw().iter().map(|v| 255 - v).collect();
        let Some(flipped) = GrayImage::from_raw(ink.width(), ink.height(), flipped) else {
            return Self(Vec::new());
        };
        let tiny = resize_grey(&flipped, WIDTH as u32, HEIGHT as u32);
        Self(tiny.as_raw().iter().map(|v| 255 - v).collect())
    }

    /// A quarter of it in sixteen shades, to be kept: 720 bytes.
    pub fn packed(&self) -> Vec<u8> {
        if self.0.len() != WIDTH * HEIGHT {
            return Vec::new();
        }
        let shade = |x: usize, y: usize| {
            let cells = [(0, 0), (1, 0), (0, 1), (1, 1)];
            let sum: u16 = cells.iter().map(|(dx, dy)| u16::from(self.0[(y + dy) * WIDTH + x + dx])).sum();
            (sum / 4 / 16) as u8
        };
        let shades: Vec<u8> = (0..HEIGHT)
            .step_by(2)
            .flat_map(|y| (0..WIDTH).step_by(2).map(move |x| (x, y)))
            .map(|(x, y)| shade(x, y))
            .collect();
        shades.chunks(2).map(|pair| pair[0] << 4 | pair.get(1).copied().unwrap_or(0)).collect()
    }

    /// What was packed, coarser than it was; `None` for anything else.
    pub fn unpacked(packed: &[u8]) -> Option<Self> {
        let shades: Vec<u8> = packed.iter().flat_map(|pair| [pair >> 4, pair & 15]).collect();
        let across = WIDTH / 2;
        (shades.len() == across * HEIGHT / 2).then(|| {
            let cell = |i: usize| shades[i / WIDTH / 2 * across + i % WIDTH / 2] * 17;
            Self((0..WIDTH * HEIGHT).map(cell).collect())
        })
    }

    /// Correlation with another, −1 to 1, at the best of small shifts.
    pub fn likeness(&self, other: &Self) -> f32 {
        self.likeness_where(other, &|_, _| true)
    }

    /// As [`Self::likeness`], of what lies outside a box on this page; `size` is the page's, mm.
    pub fn likeness_around(&self, other: &Self, hole: BoxMm, size: (f32, f32)) -> f32 {
        let (across, down) = (WIDTH as f32 / size.0.max(1.0), HEIGHT as f32 / size.1.max(1.0));
        // One cell more on each side: the note's shadow.
        let (left, right) = (hole.left * across - 1.0, hole.right() * across + 1.0);
        let (top, bottom) = (hole.top * down - 1.0, hole.bottom() * down + 1.0);
        self.likeness_where(other, &|x, y| {
            let (x, y) = (x as f32 + 0.5, y as f32 + 0.5);
            x < left || x > right || y < top || y > bottom
        })
    }

    fn likeness_where(&self, other: &Self, counts: &dyn Fn(i32, i32) -> bool) -> f32 {
        if self.0.len() != WIDTH * HEIGHT || other.0.len() != WIDTH * HEIGHT {
            return 0.0;
        }
        let shifts = (-SHIFT..=SHIFT).flat_map(|dy| (-SHIFT..=SHIFT).map(move |dx| (dx, dy)));
        shifts.map(|(dx, dy)| self.correlation(other, (dx, dy), counts)).fold(-1.0, f32::max)
    }

    fn correlation(&self, other: &Self, (dx, dy): (i32, i32), counts: &dyn Fn(i32, i32) -> bool) -> f32 {
        let s = SHIFT;
        let (mut n, mut sa, mut sb, mut saa, mut sbb, mut sab) = (0f64, 0f64, 0f64, 0f64, 0f64, 0f64);
        for y in s..HEIGHT as i32 - s {
            for x in (s..WIDTH as i32 - s).filter(|x| counts(*x, y)) {
                let a = f64::from(self.0[(y * WIDTH as i32 + x) as usize]);
                let b = f64::from(other.0[((y + dy) * WIDTH as i32 + x + dx) as usize]);
                n += 1.0;
                sa += a;
                sb += b;
                saa += a * a;
                sbb += b * b;
                sab += a * b;
            }
        }
        let (va, vb) = (saa - sa * sa / n, sbb - sb * sb / n);
        if va <= 0.0 || vb <= 0.0 {
            return 0.0;
        }
        ((sab - sa * sb / n) / (va * vb).sqrt()) as f32
    }
}

/// Whether two pages are scans of the same page.
///
/// Two filled-in forms look alike: where both have words, the words decide, and any differing figure
/// makes them two pages. Scanned askew or shifted, a page is less like itself than two forms are to each
/// other. Without words only a close likeness counts.
pub fn same_page(likeness: f32, words: Option<(&PageText, &PageText)>) -> bool {
    match words {
        None => likeness >= 0.88,
        Some((a, b)) => {
            let shared = shared_words(a, b);
            likeness >= 0.75 && shared >= 0.85 || likeness >= 0.35 && shared >= 0.92
        }
    }
}

/// Share of words that two pages have in common, 0–1; 0 when their figures differ.
fn shared_words(a: &PageText, b: &PageText) -> f32 {
    let words = |page: &PageText| {
        let mut all: Vec<String> =
            page.lines.iter().flat_map(|l| l.words.iter().map(|w| w.text.to_lowercase())).collect();
        all.sort_unstable();
        all
    };
    let (a, b) = (words(a), words(b));
    if a.len() < 5 || b.len() < 5 {
        return if a == b && !a.is_empty() { 1.0 } else { 0.0 };
    }
    let common = n_common(&a, &b) as f32;
    let figures = |all: &[String]| -> Vec<String> {
        all.iter().filter(|w| w.chars().filter(char::is_ascii_digit).count() >= 2).cloned().collect()
    };
    let (fa, fb) = (figures(&a), figures(&b));
    let n_figures = fa.len().max(fb.len());
    let figures_agree = n_figures == 0 || n_common(&fa, &fb) as f32 >= 0.8 * n_figures as f32;
    if figures_agree { common / a.len().max(b.len()) as f32 } else { 0.0 }
}

/// How many entries two sorted lists have in common, each counted as often as it stands in both.
fn n_common(a: &[String], b: &[String]) -> usize {
    let (mut i, mut j, mut n) = (0, 0, 0);
    while i < a.len() && j < b.len() {
        match a[i].cmp(&b[j]) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => {
                n += 1;
                i += 1;
                j += 1;
            }
        }
    }
    n
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        page::BoxMm,
        text::{TextLine, TextSource, Word},
    };
    use image::Luma;

    fn drawn(seed: u32, shade: u8, shift: u32) -> GrayImage {
        let mut image = GrayImage::from_pixel(424, 600, Luma([shade]));
        let mut state = seed;
        for line in 0..20u32 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let length = 60 + (state >> 16) % 280;
            for x in 0..length {
                for y in 0..6 {
                    image.put_pixel(40 + x + shift, 60 + line * 24 + y + shift, Luma([30]));
                }
            }
        }
        image
    }

    #[test]
    fn the_same_page_is_alike_under_shade_and_shift() {
        let first = Thumbnail::of(&drawn(1, 250, 0));
        assert!(first.likeness(&Thumbnail::of(&drawn(1, 215, 6))) > 0.88);
        assert!(first.likeness(&Thumbnail::of(&drawn(2, 250, 0))) < 0.88);
        assert_eq!(first.likeness(&Thumbnail(Vec::new())), 0.0);
    }

    #[test]
    fn what_is_kept_of_a_page_comes_back_coarser() {
        let kept = |image: &GrayImage| Thumbnail::unpacked(&Thumbnail::of(image).packed()).unwrap();
        let first = kept(&drawn(1, 250, 0));
        assert_eq!(Thumbnail::of(&drawn(1, 250, 0)).packed().len(), 720);
        assert_eq!(Thumbnail::unpacked(&first.packed()), Some(first.clone()), "coarse once, and no more");
        let alike = first.likeness(&kept(&drawn(1, 215, 0)));
        let upended = first.likeness(&kept(&image::imageops::rotate180(&drawn(1, 250, 0))));
        assert!(alike > 0.8 && alike > upended, "{alike} {upended}");
        assert_eq!((Thumbnail::unpacked(&[]), Thumbnail(Vec::new()).packed()), (None, Vec::new()));
    }

    fn text(words: &str) -> PageText {
        let place = BoxMm { left: 0.0, top: 0.0, width: 1.0, height: 1.0 };
        let words = words
            .split(' ')
            .map(|w| Word { text: w.to_owned(), place, confidence: 0.9, is_print: false })
            .collect();
        PageText { position: 1, source: TextSource::Ocr, lines: vec![TextLine { block: 1, words }] }
    }

    #[test]
    fn two_forms_with_other_figures_are_two_pages() {
        let a = text("giấy xác nhận khuyết tật số 0123/2024 cấp ngày 05 tháng 06 năm 2024");
        let b = text("giấy xác nhận khuyết tật số 0987/2023 cấp ngày 17 tháng 11 năm 2023");
        let again = text("giấy xác nhận khuyết tật số 0123/2024 cấp ngày 05 tháng 06 năm 2024");
        assert!(same_page(0.9, Some((&a, &again))));
        assert!(!same_page(0.95, Some((&a, &b))));
        assert!(same_page(0.5, Some((&a, &again)))); // askew
        assert!(!same_page(0.2, Some((&a, &again))));
        assert!(same_page(0.9, None) && !same_page(0.8, None));
    }
}
