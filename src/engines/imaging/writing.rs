//! Where the ink of writing lies on a small copy of a page: which way it runs, how skewed, which way up.
//!
//! Measured once, asked several times. Knows pixels only. Degrees are positive clockwise.

use image::GrayImage;

use super::ink::{darkness, threshold};

/// Largest skew that is looked for, degrees.
const MAX_SKEW_DEGREES: f32 = 5.0;
/// Points that are kept; more make no answer surer.
const MAX_POINTS: usize = 60_000;
/// Fewer points say nothing.
const MIN_POINTS: usize = 300;

/// An answer with its doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Yes, beyond doubt.
    Yes,
    /// No, beyond doubt.
    No,
    /// The ink does not tell.
    InDoubt,
}

/// Points of ink that belong to writing: rules and frames are left out.
#[derive(Debug, Clone)]
pub struct Writing {
    points: Vec<(f32, f32)>,
    width: f32,
    height: f32,
}

impl Writing {
    /// From a grey copy about 1000 pixels long.
    pub fn of(small: &GrayImage) -> Self {
        let dark = darkness(small, 8);
        let limit = threshold_of_darkness(&dark);
        let (w, h) = (dark.width() as usize, dark.height() as usize);
        let mut ink: Vec<bool> = dark.as_raw().iter().map(|v| *v > limit).collect();
        // Longer than any letter; a rule that runs askew falls into short runs.
        let longest = w.max(h) / 40;
        drop_long_runs(&mut ink, h, w, w, 1, longest);
        drop_long_runs(&mut ink, w, h, 1, w, longest);
        let on = ink.iter().enumerate().filter(|(_, on)| **on);
        let mut points: Vec<(f32, f32)> =
            on.map(|(i, _)| ((i % w.max(1)) as f32, (i / w.max(1)) as f32)).collect();
        let every = points.len().div_ceil(MAX_POINTS).max(1);
        if every > 1 {
            points = points.into_iter().step_by(every).collect();
        }
        Self { points, width: w as f32, height: h as f32 }
    }

    /// The same page turned clockwise by 0, 90, 180 or 270 degrees.
    #[must_use]
    pub fn turned(&self, degrees: u16) -> Self {
        let (w, h) = (self.width, self.height);
        let turn = |(x, y): &(f32, f32)| match degrees {
            90 => (h - 1.0 - y, *x),
            180 => (w - 1.0 - x, h - 1.0 - y),
            270 => (*y, w - 1.0 - x),
            _ => (*x, *y),
        };
        let points = self.points.iter().map(turn).collect();
        let (width, height) = if degrees % 180 == 90 { (h, w) } else { (w, h) };
        Self { points, width, height }
    }

    /// Whether lines run from top to bottom rather than from left to right.
    ///
    /// Measured on real letters: upright 0.05–0.15, on its side 7–11.
    pub fn is_sideways(&self) -> Turn {
        if self.points.len() < MIN_POINTS {
            return Turn::No;
        }
        let (_, level) = self.roughly_sharpest();
        let (_, upended) = self.turned(90).roughly_sharpest();
        // The same ink over fewer rows is sharper by itself; bring both to one length.
        let ratio = (upended * f64::from(self.width)) / (level * f64::from(self.height)).max(1.0);
        match ratio {
            // Ruled tables and frames come to 2–3 upright.
            r if r >= 4.0 => Turn::Yes,
            r if r <= 0.6 => Turn::No,
            _ => Turn::InDoubt,
        }
    }

    /// The skew of an upright page; 0 when too little stands on it.
    pub fn skew_degrees(&self) -> f32 {
        if self.points.len() < MIN_POINTS {
            return 0.0;
        }
        let (rough, _) = self.roughly_sharpest();
        let (angle, sharpest) = self.sharpest(rough - 0.4, 9, 0.1);
        // At the edge of the range it is no skew, and a flat curve says nothing.
        if angle.abs() > MAX_SKEW_DEGREES - 0.05 || sharpest < self.sharpness(0.0) * 1.02 {
            return 0.0;
        }
        (angle * 10.0).round() / 10.0
    }

    fn roughly_sharpest(&self) -> (f32, f64) {
        self.sharpest(-MAX_SKEW_DEGREES, 21, 0.5)
    }

    fn sharpest(&self, from: f32, n: u16, step: f32) -> (f32, f64) {
        (0..n)
            .map(|i| from + step * f32::from(i))
            .map(|angle| (angle, self.sharpness(angle)))
            .fold((0.0, -1.0), |best, next| if next.1 > best.1 { next } else { best })
    }

    /// How sharply the points fall into rows when sheared: the sum of squared steps.
    fn sharpness(&self, degrees: f32) -> f64 {
        let rows = self.rows(degrees);
        rows.windows(2).map(|r| (f64::from(r[1]) - f64::from(r[0])).powi(2)).sum()
    }

    fn rows(&self, degrees: f32) -> Vec<u32> {
        let slope = degrees.to_radians().tan();
        let offset = self.width * slope.abs() + 1.0;
        let n_rows = (self.height + 2.0 * offset) as usize + 3;
        let mut rows = vec![0u32; n_rows];
        for (x, y) in &self.points {
            rows[((y - x * slope + offset) as usize).min(n_rows - 1)] += 1;
        }
        rows
    }

    /// Whether a page with level lines and this skew stands on its head.
    ///
    /// Ink leans upwards from the bodies of Latin letters, the more so with Vietnamese marks. Measured
    /// on real letters: 0.35–0.48 upright, −0.37 to −0.47 on its head.
    pub fn is_upside_down(&self, skew_degrees: f32) -> Turn {
        match self.lean(skew_degrees) {
            Some(lean) if lean >= 0.15 => Turn::No,
            Some(lean) if lean <= -0.15 => Turn::Yes,
            _ => Turn::InDoubt,
        }
    }

    /// How much more ink lies above the bodies of the letters than below, −1 to 1.
    ///
    /// `None` when there are too few lines to say.
    fn lean(&self, skew_degrees: f32) -> Option<f32> {
        // Columns are looked at apart: lines of two columns need not be level with each other.
        const N_COLUMNS: usize = 3;
        let slope = skew_degrees.to_radians().tan();
        let offset = self.width * slope.abs() + 1.0;
        let n_rows = (self.height + 2.0 * offset) as usize + 3;
        let mut columns = vec![vec![0u32; n_rows]; N_COLUMNS];
        for (x, y) in &self.points {
            let column = ((x / self.width * N_COLUMNS as f32) as usize).min(N_COLUMNS - 1);
            columns[column][((y - x * slope + offset) as usize).min(n_rows - 1)] += 1;
        }
        let (mut above, mut below, mut n_lines) = (0f64, 0f64, 0u32);
        for column in &columns {
            for line in lines(column) {
                let Some((a, b)) = above_and_below(&column[line]) else { continue };
                above += a;
                below += b;
                n_lines += 1;
            }
        }
        let all = above + below;
        (n_lines >= 8 && all >= 60.0).then(|| ((above - below) / all) as f32)
    }
}

fn threshold_of_darkness(dark: &GrayImage) -> u8 {
    let flipped = dark.as_raw().iter().map(|v| 255 - v).collect();
    let flipped = GrayImage::from_raw(dark.width(), dark.height(), flipped);
    let limit = flipped.map_or(128, |f| threshold(&f));
    (255 - limit).clamp(40, 110)
}

fn drop_long_runs(ink: &mut [bool], n_lines: usize, len: usize, stride: usize, step: usize, longest: usize) {
    for line in 0..n_lines {
        let mut k = 0;
        while k < len {
            let start = k;
            while k < len && ink[line * stride + k * step] {
                k += 1;
            }
            if k - start > longest {
                (start..k).for_each(|i| ink[line * stride + i * step] = false);
            }
            k += 1;
        }
    }
}

/// Rows that hold ink, in groups: one per line of text.
fn lines(rows: &[u32]) -> Vec<std::ops::Range<usize>> {
    let mut found = Vec::new();
    let mut start = None;
    for (y, n) in rows.iter().chain(std::iter::once(&0)).enumerate() {
        match (start, *n > 1) {
            (None, true) => start = Some(y),
            (Some(from), false) => {
                if (5..=40).contains(&(y - from)) {
                    found.push(from..y);
                }
                start = None;
            }
            _ => {}
        }
    }
    found
}

/// Ink above and below the body of one line; `None` when the line has no body to speak of.
fn above_and_below(rows: &[u32]) -> Option<(f64, f64)> {
    let most = f64::from(*rows.iter().max()?);
    let is_body = |n: &u32| f64::from(*n) >= 0.55 * most;
    let first = rows.iter().position(is_body)?;
    let last = rows.iter().rposition(is_body)?;
    if most < 12.0 || last + 1 - first < 2 {
        return None;
    }
    let sum = |part: &[u32]| part.iter().map(|n| f64::from(*n)).sum::<f64>();
    Some((sum(&rows[..first]), sum(&rows[last + 1..])))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engines::imaging::deskew;
    use image::{Luma, imageops};

    /// Lines of letter-like shapes: bodies, every third with an ascender and a mark, some with a descender.
    fn page() -> GrayImage {
        let mut image = GrayImage::from_pixel(707, 1000, Luma([245]));
        let mut bar = |left: u32, top: u32, w: u32, h: u32| {
            (0..w * h).for_each(|i| image.put_pixel(left + i % w, top + i / w, Luma([30])));
        };
        for line in 0..30u32 {
            for letter in 0..58u32 {
                if (letter + line) % 6 == 5 || (line % 4 == 3 && letter > 30) {
                    continue;
                }
                let (left, top) =
                    (80 + letter * 9 + (line * 37 + letter * letter * line) % 13, 110 + line * 26);
                bar(left, top, 2, 7);
                bar(left + 4, top, 2, 7);
                bar(left, top, 5, 1);
                bar(left, top + 6, 5, 1);
                if (letter + line) % 3 == 0 {
                    bar(left, top - 5, 2, 5);
                    bar(left + 3, top - 4, 3, 2);
                }
                if letter % 9 == 1 {
                    bar(left, top + 7, 2, 4);
                }
            }
        }
        image
    }

    #[test]
    fn each_way_up_is_told_apart() {
        let upright = Writing::of(&page());
        assert_eq!(upright.is_sideways(), Turn::No);
        assert_eq!(upright.is_upside_down(0.0), Turn::No);
        assert_eq!(Writing::of(&imageops::rotate180(&page())).is_upside_down(0.0), Turn::Yes);
        assert_eq!(Writing::of(&imageops::rotate90(&page())).is_sideways(), Turn::Yes);
        assert_eq!(Writing::of(&imageops::rotate270(&page())).is_sideways(), Turn::Yes);
        let skewed = Writing::of(&deskew(&page(), -2.0));
        assert_eq!(skewed.is_upside_down(skewed.skew_degrees()), Turn::No);
    }

    #[test]
    fn turning_points_is_turning_the_page() {
        let of_turned = Writing::of(&imageops::rotate90(&page()));
        let turned = Writing::of(&page()).turned(90);
        assert_eq!((turned.width, turned.height), (of_turned.width, of_turned.height));
        assert_eq!(turned.is_upside_down(0.0), of_turned.is_upside_down(0.0));
        assert_eq!(turned.turned(270).is_upside_down(0.0), Turn::No);
    }

    #[test]
    fn skew_is_found_to_a_tenth_of_a_degree() {
        for expected in [0.0f32, 0.3, -0.8, 1.7, -3.1, 4.4] {
            let found = Writing::of(&deskew(&page(), -expected)).skew_degrees();
            assert!((found - expected).abs() <= 0.15, "{expected}: {found}");
        }
    }

    #[test]
    fn taking_the_skew_out_leaves_none() {
        let straight = deskew(&deskew(&page(), -2.3), 2.3);
        assert!(Writing::of(&straight).skew_degrees().abs() <= 0.1);
    }

    #[test]
    fn little_ink_is_left_as_it_is() {
        for empty in [GrayImage::from_pixel(707, 1000, Luma([245])), GrayImage::from_pixel(1, 1, Luma([0]))] {
            let writing = Writing::of(&empty);
            assert_eq!(writing.is_sideways(), Turn::No);
            assert_eq!(writing.skew_degrees(), 0.0);
            assert_eq!(writing.is_upside_down(0.0), Turn::InDoubt);
        }
    }
}
