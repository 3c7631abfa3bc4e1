//! A few small pieces of the page at its full resolution, where the print is.
//!
//! Sharpness, contrast and the size of letters need every pixel, but not of the whole page.

use image::GrayImage;

use super::super::{
    ink::quantile,
    picture::{Picture, darkest_but_blue},
};

/// Side of a piece, millimetres: some two lines of a dozen letters.
const SIDE_MM: f32 = 12.0;
/// The page is divided so, and the best piece of each part taken.
const N_ACROSS: u32 = 3;
const N_DOWN: u32 = 5;

/// One piece.
pub(super) struct Tile {
    /// Grey in which red and blue ink are dark.
    pub grey: GrayImage,
    /// How bright its paper is in its brightest channel, 0–255: coloured paper is no dark paper.
    pub paper: u8,
}

/// The pieces with most print, at most one of each part of the page.
///
/// `dark` is the darkness of a small copy of `picture`. Pieces without print are left out.
pub(super) fn of(picture: &Picture, dark: &GrayImage, mm_per_px: f32) -> Vec<Tile> {
    let (w, h) = dark.dimensions();
    let scale = picture.width() as f32 / w.max(1) as f32;
    let side_px = ((SIDE_MM / mm_per_px.max(1e-4)) as u32).clamp(24, 400);
    let side = ((side_px as f32 / scale) as u32).clamp(4, w.min(h).max(4));
    let limit = ink_limit(dark);
    let mut found = Vec::new();
    for part in 0..N_ACROSS * N_DOWN {
        let (i, j) = (part % N_ACROSS, part / N_ACROSS);
        let (x0, x1) = (w * i / N_ACROSS, w * (i + 1) / N_ACROSS);
        let (y0, y1) = (h * j / N_DOWN, h * (j + 1) / N_DOWN);
        let best = squares(x0..x1.min(w), y0..y1.min(h), side)
            .filter_map(|at| print_in(dark, at, side, limit).map(|score| (score, at)))
            .max_by_key(|(score, _)| *score);
        if let Some((_, (x, y))) = best {
            let at = |v: u32| (v as f32 * scale) as u32;
            found.push(cut(picture, at(x), at(y), side_px));
        }
    }
    found
}

/// Corners of squares that fill a part of the page, half overlapping.
fn squares(
    across: std::ops::Range<u32>,
    down: std::ops::Range<u32>,
    side: u32,
) -> impl Iterator<Item = (u32, u32)> {
    let step = (side / 2).max(1) as usize;
    let last = |r: &std::ops::Range<u32>| r.end.saturating_sub(side).max(r.start) + 1;
    let (end_x, end_y) = (last(&across), last(&down));
    (down.start..end_y)
        .step_by(step)
        .flat_map(move |y| (across.start..end_x).step_by(step).map(move |x| (x, y)))
}

/// Half the darkness of the darkest ink, so that faint print is print too.
pub(super) fn ink_limit(dark: &GrayImage) -> u8 {
    let mut histogram = [0usize; 256];
    dark.as_raw().iter().for_each(|v| histogram[usize::from(*v)] += 1);
    let mut left = dark.as_raw().len() / 250;
    let top = (0..=255u8).rev().find(|v| {
        let n = histogram[usize::from(*v)];
        let is_there = n > left;
        left = left.saturating_sub(n);
        is_there
    });
    (top.unwrap_or(0) / 2).max(8)
}

/// How many changes between ink and paper there are; `None` where too little or too much is ink.
fn print_in(dark: &GrayImage, (x0, y0): (u32, u32), side: u32, limit: u8) -> Option<u32> {
    let (w, h) = dark.dimensions();
    let (x1, y1) = ((x0 + side).min(w), (y0 + side).min(h));
    let (mut n_ink, mut n_changes) = (0u32, 0u32);
    for y in y0..y1 {
        let row = &dark.as_raw()[(y * w + x0) as usize..(y * w + x1) as usize];
        n_ink += row.iter().map(|v| u32::from(*v > limit)).sum::<u32>();
        n_changes += row.windows(2).map(|p| u32::from((p[0] > limit) != (p[1] > limit))).sum::<u32>();
    }
    let all = (x1 - x0) * (y1 - y0);
    (n_ink * 50 >= all && n_ink * 100 <= all * 55 && n_changes >= side / 2).then_some(n_changes)
}

fn cut(picture: &Picture, x0: u32, y0: u32, side: u32) -> Tile {
    let (x1, y1) = ((x0 + side).min(picture.width()), (y0 + side).min(picture.height()));
    let (x0, y0) = (x1.saturating_sub(side), y1.saturating_sub(side));
    let (w, h) = (x1 - x0, y1 - y0);
    let mut brightest = [0u32; 256];
    let grey = match picture {
        Picture::Grey(p) => GrayImage::from_fn(w, h, |x, y| {
            let pixel = *p.get_pixel(x0 + x, y0 + y);
            brightest[usize::from(pixel.0[0])] += 1;
            pixel
        }),
        Picture::Rgb(p) => GrayImage::from_fn(w, h, |x, y| {
            let c = p.get_pixel(x0 + x, y0 + y).0;
            brightest[usize::from(c[0].max(c[1]).max(c[2]))] += 1;
            image::Luma([darkest_but_blue(&c)])
        }),
    };
    Tile { grey, paper: quantile(&brightest, 0.8) }
}
