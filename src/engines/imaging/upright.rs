//! Which way up a page stands, from where its ink lies; says "in doubt" rather than guessing.
//!
//! Two questions, cheaply answered on a small copy: do the lines run sideways, and does the ink of the
//! lines lean upwards as Latin letters with Vietnamese marks do. Reading settles what stays in doubt.

use image::{GrayImage, imageops};

use super::{
    picture::Picture,
    skew::{best_angle, text_points},
};

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

/// Whether lines run from top to bottom rather than from left to right.
pub fn sideways(small: &GrayImage) -> Turn {
    let points = text_points(small);
    if points.len() < 300 {
        return Turn::No;
    }
    let (w, h) = (small.width() as f32, small.height() as f32);
    let (_, level) = best_angle(&points, w, h);
    let upended: Vec<(f32, f32)> = points.iter().map(|(x, y)| (*y, w - *x)).collect();
    let (_, upright) = best_angle(&upended, h, w);
    // The same ink over fewer rows is sharper by itself; bring both to one length.
    let ratio = (upright * f64::from(w)) / (level * f64::from(h)).max(1.0);
    match ratio {
        r if r >= 1.8 => Turn::Yes,
        r if r <= 0.7 => Turn::No,
        _ => Turn::InDoubt,
    }
}

/// Whether a page with level lines stands on its head; `straight` has its skew taken out.
pub fn upside_down(straight: &GrayImage) -> Turn {
    match lean(straight) {
        Some(lean) if lean >= 0.10 => Turn::No,
        Some(lean) if lean <= -0.10 => Turn::Yes,
        _ => Turn::InDoubt,
    }
}

/// How much more ink lies above the bodies of the letters than below, −1 to 1.
///
/// `None` when there are too few lines to say.
pub(crate) fn lean(straight: &GrayImage) -> Option<f32> {
    let points = text_points(straight);
    let (w, h) = straight.dimensions();
    // Columns are looked at apart: lines of two columns need not be level with each other.
    let n_columns = 3usize;
    let mut rows = vec![vec![0u32; h as usize]; n_columns];
    for (x, y) in &points {
        let column = (*x as usize * n_columns / w.max(1) as usize).min(n_columns - 1);
        rows[column][(*y as usize).min(h as usize - 1)] += 1;
    }
    let (mut above, mut below, mut n_lines) = (0f64, 0f64, 0u32);
    for column in &rows {
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

/// A picture turned clockwise by 0, 90, 180 or 270 degrees.
pub fn turn_picture(picture: Picture, degrees: u16) -> Picture {
    match (picture, degrees) {
        (Picture::Grey(p), 90) => Picture::Grey(imageops::rotate90(&p)),
        (Picture::Grey(p), 180) => Picture::Grey(imageops::rotate180(&p)),
        (Picture::Grey(p), 270) => Picture::Grey(imageops::rotate270(&p)),
        (Picture::Rgb(p), 90) => Picture::Rgb(imageops::rotate90(&p)),
        (Picture::Rgb(p), 180) => Picture::Rgb(imageops::rotate180(&p)),
        (Picture::Rgb(p), 270) => Picture::Rgb(imageops::rotate270(&p)),
        (picture, _) => picture,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Luma;

    /// Lines of letter-like shapes: bodies, every third with an ascender and a mark, every ninth with a descender.
    fn page() -> GrayImage {
        let mut image = GrayImage::from_pixel(707, 1000, Luma([245]));
        let mut bar = |left: u32, top: u32, w: u32, h: u32| {
            (0..w * h).for_each(|i| image.put_pixel(left + i % w, top + i / w, Luma([30])));
        };
        for line in 0..30u32 {
            for letter in 0..60u32 {
                if letter % 7 == 6 || (line % 4 == 3 && letter > 30) {
                    continue;
                }
                let (left, top) = (80 + letter * 9, 110 + line * 26);
                bar(left, top, 2, 7);
                bar(left + 4, top, 2, 7);
                bar(left, top, 5, 1);
                if letter % 3 == 0 {
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
        let page = page();
        assert_eq!(sideways(&page), Turn::No);
        assert_eq!(upside_down(&page), Turn::No);
        assert_eq!(upside_down(&imageops::rotate180(&page)), Turn::Yes);
        assert_eq!(sideways(&imageops::rotate90(&page)), Turn::Yes);
        assert_eq!(sideways(&imageops::rotate270(&page)), Turn::Yes);
    }

    #[test]
    fn little_ink_is_left_as_it_is() {
        let empty = GrayImage::from_pixel(707, 1000, Luma([245]));
        assert_eq!(sideways(&empty), Turn::No);
        assert_eq!(upside_down(&empty), Turn::InDoubt);
    }
}
