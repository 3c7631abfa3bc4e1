//! Where a mark of secrecy may stand: a framed box, or a line of red letters, in the head or at the left.
//!
//! Source: NĐ 30/2020/NĐ-CP, Phụ lục I, ô 10a. Finds places by their ink; what is written there is read
//! and judged elsewhere. Red letters vanish in the channel that is read, so they need this second look.

use image::{GrayImage, Luma};

use super::ink::{Piece, pieces, threshold};
use super::picture::Picture;
use crate::domain::page::BoxMm;

/// Zones at most per page: each costs a short reading.
const MOST_ZONES: usize = 6;

/// Zones of an upright page; `grey` and `colours` are the same small copy, `width_mm` the page's width.
pub fn zones(grey: &GrayImage, colours: &Picture, width_mm: f32) -> Vec<BoxMm> {
    let px_per_mm = grey.width() as f32 / width_mm.max(1.0);
    let scale = Scale { px_per_mm, width: grey.width() as f32, height: grey.height() as f32 };
    let mut found: Vec<BoxMm> = frames(grey, threshold(grey), &scale);
    if let Picture::Rgb(rgb) = colours {
        let red = GrayImage::from_fn(rgb.width(), rgb.height(), |x, y| {
            let [r, g, b] = rgb.get_pixel(x, y).0.map(i16::from);
            Luma([if r - g.max(b) >= 40 && r >= 90 { 0 } else { 255 }])
        });
        found.extend(frames(&red, 128, &scale));
        found.extend(lines(&red, &scale));
    }
    let mut apart: Vec<BoxMm> = Vec::new();
    for zone in found {
        let is_known = apart.iter().any(|a| {
            (a.left - zone.left).abs() < 3.0
                && (a.top - zone.top).abs() < 3.0
                && (a.width - zone.width).abs() < 6.0
        });
        if !is_known {
            apart.push(zone);
        }
    }
    apart.truncate(MOST_ZONES);
    apart
}

struct Scale {
    px_per_mm: f32,
    width: f32,
    height: f32,
}

impl Scale {
    fn mm(&self, px: u32) -> f32 {
        px as f32 / self.px_per_mm
    }

    fn box_mm(&self, p: &Piece) -> BoxMm {
        BoxMm {
            left: self.mm(p.left),
            top: self.mm(p.top),
            width: self.mm(p.width()),
            height: self.mm(p.height()),
        }
    }

    /// Where ô 10a and the head lie.
    fn is_place(&self, p: &Piece) -> bool {
        let (x, y) =
            ((p.left + p.right) as f32 / 2.0 / self.width, (p.top + p.bottom) as f32 / 2.0 / self.height);
        y <= 0.42 || (x <= 0.5 && y <= 0.6)
    }
}

/// Hollow boxes of the size of such a mark, without their rims.
fn frames(image: &GrayImage, limit: u8, scale: &Scale) -> Vec<BoxMm> {
    const RIM_MM: f32 = 1.3;
    let fits = |p: &&Piece| {
        let (w, h) = (scale.mm(p.width()), scale.mm(p.height()));
        (11.0..=62.0).contains(&w) && (5.5..=17.0).contains(&h) && w >= 1.4 * h && scale.is_place(p)
    };
    let all = pieces(image, limit, 20_000);
    let hollow =
        all.iter().filter(fits).filter(|p| is_rimmed(image, limit, p, (RIM_MM * scale.px_per_mm) as u32));
    hollow
        .map(|p| {
            let b = scale.box_mm(p);
            BoxMm {
                left: b.left + RIM_MM,
                top: b.top + RIM_MM * 0.8,
                width: b.width - 2.0 * RIM_MM,
                height: b.height - 1.6 * RIM_MM,
            }
        })
        .collect()
}

/// Whether ink runs along all four sides of a box; a tilt of the sides within `rim` pixels is allowed.
fn is_rimmed(image: &GrayImage, limit: u8, p: &Piece, rim: u32) -> bool {
    let rim = rim.max(2);
    let dark = |x: u32, y: u32| image.get_pixel(x, y).0[0] < limit;
    let column = |x: u32, from: u32| (from..(from + rim).min(p.bottom)).any(|y| dark(x, y));
    let row = |y: u32, from: u32| (from..(from + rim).min(p.right)).any(|x| dark(x, y));
    let share = |n: usize, of: u32| n as f32 / of.max(1) as f32;
    let top = (p.left..p.right).filter(|x| column(*x, p.top)).count();
    let bottom = (p.left..p.right).filter(|x| column(*x, p.bottom.saturating_sub(rim))).count();
    let left = (p.top..p.bottom).filter(|y| row(*y, p.left)).count();
    let right = (p.top..p.bottom).filter(|y| row(*y, p.right.saturating_sub(rim))).count();
    [top, bottom].iter().all(|n| share(*n, p.width()) >= 0.85)
        && [left, right].iter().all(|n| share(*n, p.height()) >= 0.8)
}

/// Rows of letter-like pieces that stand close beside each other.
fn lines(red: &GrayImage, scale: &Scale) -> Vec<BoxMm> {
    let is_letter = |p: &&Piece| {
        let (w, h) = (scale.mm(p.width()), scale.mm(p.height()));
        // On a small copy bold letters run together, a whole word at times.
        (1.6..=9.0).contains(&h) && (0.5..=45.0).contains(&w) && scale.is_place(p)
    };
    let mut letters: Vec<Piece> = pieces(red, 128, 20_000).iter().filter(is_letter).copied().collect();
    letters.sort_unstable_by_key(|p| p.left);
    let mut rows: Vec<Piece> = Vec::new();
    for letter in letters.into_iter().take(400) {
        let beside = rows.iter_mut().find(|row| {
            let overlap = row.bottom.min(letter.bottom).saturating_sub(row.top.max(letter.top));
            let gap = letter.left.saturating_sub(row.right);
            overlap * 2 >= letter.height().min(row.height()) && scale.mm(gap) <= 6.0
        });
        match beside {
            Some(row) => {
                row.right = row.right.max(letter.right);
                row.top = row.top.min(letter.top);
                row.bottom = row.bottom.max(letter.bottom);
                row.n_px += letter.n_px;
            }
            None => rows.push(letter),
        }
    }
    rows.iter()
        .map(|row| scale.box_mm(row))
        .filter(|b| (7.0..=60.0).contains(&b.width) && b.height <= 11.0 && b.width >= 1.5 * b.height)
        .map(|b| BoxMm { left: b.left - 1.0, top: b.top - 1.4, width: b.width + 2.0, height: b.height + 2.4 })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{DynamicImage, Rgb, RgbImage};

    type Bar = (u32, u32, u32, u32);

    /// A page of 1000 pixels, 4.76 to the millimetre across, with bars of one colour.
    fn page(bars: &[Bar], colour: [u8; 3]) -> Vec<BoxMm> {
        let mut page = RgbImage::from_pixel(707, 1000, Rgb([250, 250, 248]));
        for (left, top, w, h) in bars {
            for i in 0..w * h {
                page.put_pixel(left + i % w, top + i / w, Rgb(colour));
            }
        }
        let grey = DynamicImage::ImageRgb8(page.clone()).into_luma8();
        zones(&grey, &Picture::Rgb(page), 210.0)
    }

    fn frame(left: u32, top: u32, w: u32, h: u32) -> Vec<Bar> {
        vec![(left, top, w, 2), (left, top + h - 2, w, 2), (left, top, 2, h), (left + w - 2, top, 2, h)]
    }

    fn letters(left: u32, top: u32, n: u32) -> Vec<Bar> {
        (0..n).map(|i| (left + 12 * i, top, 8, 13)).collect()
    }

    const RED: [u8; 3] = [205, 35, 40];
    const BLACK: [u8; 3] = [30, 30, 30];

    #[test]
    fn frames_and_red_lines_in_their_place_are_zones() {
        assert_eq!(page(&frame(80, 220, 100, 30), BLACK).len(), 1);
        assert_eq!(page(&[frame(80, 220, 100, 30), letters(90, 228, 6)].concat(), RED).len(), 1);
        assert_eq!(page(&letters(90, 228, 5), RED).len(), 1);
        assert_eq!(page(&[(90, 228, 60, 13), (156, 228, 40, 13)], RED).len(), 1); // letters that ran together
        assert_eq!(page(&letters(90, 228, 5), BLACK).len(), 0);
        assert_eq!(page(&letters(90, 900, 5), RED).len(), 0);
        assert_eq!(page(&frame(80, 220, 500, 200), BLACK).len(), 0); // a table
        assert_eq!(page(&frame(80, 220, 100, 30)[..3], BLACK).len(), 0); // open at the right
        assert_eq!(page(&[], BLACK).len(), 0);
    }
}
