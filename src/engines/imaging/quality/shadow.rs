//! Shadows that swallow what lies in them: at the fold of a book, under a sheet that did not lie flat.
//!
//! A shadow grows darker step by step. What is dark with a sharp edge is something else: the bed of the
//! scanner, a photograph, a black field.

use image::GrayImage;

use super::super::ink::{histogram, quantile};

/// Side of a cell, millimetres.
const CELL_MM: f32 = 3.0;
/// Paper darker than this share of the page's paper is in deep shadow: ink has no room below it.
const DEEP: f32 = 0.4;
/// The outermost strip belongs to the scanner.
const MARGIN_MM: f32 = 6.0;

/// How bright the paper is, cell by cell, 0–255.
struct Cells {
    levels: Vec<u8>,
    w: usize,
    h: usize,
}

fn cells(bright: &GrayImage, side: u32) -> Cells {
    let (w, h) = ((bright.width() / side) as usize, (bright.height() / side) as usize);
    let mut levels = Vec::with_capacity(w * h);
    for j in 0..h as u32 {
        for i in 0..w as u32 {
            let mut histogram = [0u32; 256];
            for y in j * side..(j + 1) * side {
                let from = (y * bright.width() + i * side) as usize;
                bright.as_raw()[from..from + side as usize]
                    .iter()
                    .for_each(|v| histogram[usize::from(*v)] += 1);
            }
            levels.push(quantile(&histogram, 0.85));
        }
    }
    Cells { levels, w, h }
}

/// How bright most of the page's paper is, 0–255: where print is too dark to be found.
pub(super) fn level(bright: &GrayImage) -> u8 {
    quantile(&histogram(bright.as_raw()), 0.85)
}

/// Share of the page that lies in deep shadow, 0–1. `bright` is the brightest channel of a small copy.
pub(super) fn share(bright: &GrayImage, paper: u8, mm_per_px: f32) -> f32 {
    let side = ((CELL_MM / mm_per_px).round() as u32).max(2);
    let cells = cells(bright, side);
    let (w, h) = (cells.w, cells.h);
    if w < 4 || h < 4 {
        return 0.0;
    }
    let limit = DEEP * f32::from(paper);
    let is_deep: Vec<bool> = cells.levels.iter().map(|v| f32::from(*v) < limit).collect();
    let margin = (MARGIN_MM / CELL_MM) as usize;
    let mut is_seen = vec![false; w * h];
    let mut n_shadow = 0usize;
    for start in 0..w * h {
        if is_seen[start] || !is_deep[start] {
            continue;
        }
        let region = region(start, &is_deep, &mut is_seen, w);
        if is_soft(&region, &cells, &is_deep, paper) {
            let is_inner = |i: &&usize| {
                let (x, y) = (**i % w, **i / w);
                x >= margin && y >= margin && x + margin < w && y + margin < h
            };
            n_shadow += region.iter().filter(is_inner).count();
        }
    }
    n_shadow as f32 / (w * h) as f32
}

fn neighbours(i: usize, w: usize, n: usize) -> impl Iterator<Item = usize> {
    let x = i % w;
    let left = (x > 0).then(|| i - 1);
    let right = (x + 1 < w).then_some(i + 1);
    let up = i.checked_sub(w);
    let down = (i + w < n).then_some(i + w);
    [left, right, up, down].into_iter().flatten()
}

fn region(start: usize, is_deep: &[bool], is_seen: &mut [bool], w: usize) -> Vec<usize> {
    let mut found = vec![start];
    is_seen[start] = true;
    let mut next = 0;
    while next < found.len() {
        for i in neighbours(found[next], w, is_deep.len()) {
            if is_deep[i] && !is_seen[i] {
                is_seen[i] = true;
                found.push(i);
            }
        }
        next += 1;
    }
    found
}

/// Whether the cells round a region are half lit: at a sharp edge they are paper at once.
fn is_soft(region: &[usize], cells: &Cells, is_deep: &[bool], paper: u8) -> bool {
    let (mut n_border, mut n_soft) = (0u32, 0u32);
    for at in region {
        for i in neighbours(*at, cells.w, is_deep.len()).filter(|i| !is_deep[*i]) {
            n_border += 1;
            n_soft += u32::from(f32::from(cells.levels[i]) < 0.75 * f32::from(paper));
        }
    }
    n_border > 0 && n_soft * 2 >= n_border
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Luma;

    /// A4 at 2 pixels per millimetre, lit as `light(x, y)` in millimetres says.
    fn page(light: impl Fn(f32, f32) -> f32) -> GrayImage {
        GrayImage::from_fn(420, 594, |x, y| {
            let (x_mm, y_mm) = (x as f32 / 2.0, y as f32 / 2.0);
            let is_ink = (30.0..190.0).contains(&x_mm) && y_mm % 7.0 < 3.0 && x % 5 < 2;
            Luma([(if is_ink { 25.0 } else { 240.0 } * light(x_mm, y_mm)) as u8])
        })
    }

    #[test]
    fn deep_soft_shadows_count_and_mild_or_sharp_ones_do_not() {
        let check = |light: &dyn Fn(f32, f32) -> f32, expected: std::ops::Range<f32>, what: &str| {
            let found = share(&page(light), 240, 0.5);
            assert!(expected.contains(&found), "{what}: {found}");
        };
        check(&|_, _| 1.0, 0.0..0.0001, "even");
        check(&|x, _| 0.55 + 0.45 * (x / 210.0), 0.0..0.0001, "a slope");
        check(&|x, _| (x / 50.0).clamp(0.08, 1.0), 0.04..0.2, "a fold at the left");
        check(&|x, _| ((x - 105.0).abs() / 30.0).clamp(0.08, 1.0), 0.06..0.3, "a fold in the middle");
        check(&|x, _| (x / 8.0).clamp(0.1, 1.0), 0.0..0.0001, "the shade of an edge");
        check(&|x, _| if x < 40.0 { 0.05 } else { 1.0 }, 0.0..0.0001, "the bed");
        check(
            &|x, y| if (100.0..140.0).contains(&x) && (50.0..110.0).contains(&y) { 0.1 } else { 1.0 },
            0.0..0.0001,
            "a photograph",
        );
    }
}
