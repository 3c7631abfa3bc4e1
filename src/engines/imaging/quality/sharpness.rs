//! How wide the edges of letters are, and how dark the letters.
//!
//! The edge of a letter is as wide as the way from a fifth to four fifths of the step between paper and
//! ink would be at its steepest place. The step is held against the full contrast of the print: a stroke
//! that was smeared over its surroundings is shallow however steep its own sides are.

use image::GrayImage;

use super::{
    super::ink::{histogram, quantile},
    tiles::Tile,
};

/// Fewer strokes say nothing.
const MIN_STROKES: usize = 24;
/// Less difference between ink and paper can't be told from grain, 0–255.
const MIN_CONTRAST: f32 = 14.0;
/// … nor less than this many times the grain.
const MIN_OVER_GRAIN: f32 = 6.0;
/// Shallower turns are grain and the rings of JPEG, as a share of the full contrast.
const MIN_DEPTH: f32 = 0.25;
/// Steepness is taken over this way, or one pixel where that is more.
const WAY_MM: f32 = 0.14;

/// What the edges of one piece of print tell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Edges {
    /// Width of the edges in millimetres, the worse of both directions.
    pub width_mm: f32,
    /// Depth of the strokes as a share of the brightness of the paper.
    pub contrast: f32,
}

/// Measures one piece; `None` when it has too few strokes.
pub(super) fn edges(tile: &Tile, mm_per_px: f32) -> Option<Edges> {
    let histogram = histogram(tile.grey.as_raw());
    let (paper, ink) = (quantile(&histogram, 0.85), quantile(&histogram, 0.005));
    let full = paper.saturating_sub(ink);
    let full = f32::from(full);
    if full < MIN_CONTRAST || full < MIN_OVER_GRAIN * grain(&tile.grey) {
        return None;
    }
    let way = ((WAY_MM / mm_per_px).round() as usize).max(1);
    let mut depths = Vec::new();
    let mut worst = 0.0f32;
    let (w, h) = tile.grey.dimensions();
    for is_down in [false, true] {
        let (n_lines, len) = if is_down { (w, h) } else { (h, w) };
        let mut line = vec![0u8; len as usize];
        let mut steepest = Vec::new();
        for i in (0..n_lines).step_by(2) {
            read_line(&tile.grey, i, is_down, &mut line);
            turns(&line, full, |from, to| {
                let depth = (f32::from(line[from]) - f32::from(line[to])).abs();
                if depth >= MIN_DEPTH * full {
                    depths.push(depth);
                    steepest.push(steepness(&line[from..=to], way) / full);
                }
            });
        }
        if steepest.len() < MIN_STROKES {
            return None;
        }
        let per_way = at_share(&mut steepest, 0.7).max(0.02);
        worst = worst.max(0.6 * way as f32 * mm_per_px / per_way);
    }
    let contrast = at_share(&mut depths, 0.7) / f32::from(paper.max(1));
    Some(Edges { width_mm: worst, contrast })
}

/// The greatest change over `way` pixels.
fn steepness(part: &[u8], way: usize) -> f32 {
    let way = way.min(part.len().saturating_sub(1));
    let changes = part.iter().zip(&part[way..]).map(|(a, b)| a.abs_diff(*b));
    f32::from(changes.max().unwrap_or(0))
}

/// How much neighbouring pixels of the paper usually differ.
fn grain(grey: &GrayImage) -> f32 {
    let mut steps = [0u32; 256];
    let rows = grey.as_raw().chunks_exact((grey.width() as usize).max(1));
    rows.for_each(|row| row.windows(2).for_each(|p| steps[usize::from(p[0].abs_diff(p[1]))] += 1));
    f32::from(quantile(&steps, 0.4))
}

fn read_line(grey: &GrayImage, i: u32, is_down: bool, line: &mut [u8]) {
    let (w, raw) = (grey.width() as usize, grey.as_raw());
    let i = i as usize;
    if is_down {
        line.iter_mut().enumerate().for_each(|(y, v)| *v = raw[y * w + i]);
    } else {
        line.copy_from_slice(&raw[i * w..(i + 1) * w]);
    }
}

/// Calls `say` with each stretch of a line between two turning points.
fn turns(line: &[u8], full: f32, mut say: impl FnMut(usize, usize)) {
    // Turning back by less than this is grain on the way.
    let back = 0.15 * full;
    let value = |i: usize| f32::from(line[i]);
    let (mut low, mut high) = (0usize, 0usize);
    let (mut last, mut going) = (0usize, 0i8); // the last turning point, and the way from there
    for i in 1..line.len() {
        if value(i) <= value(low) {
            low = i;
        }
        if value(i) > value(high) {
            high = i;
        }
        if going >= 0 && value(high) - value(i) > back {
            say(last, high);
            (last, going, low) = (high, -1, i);
        } else if going <= 0 && value(i) - value(low) > back {
            say(last, low);
            (last, going, high) = (low, 1, i);
        }
    }
}

/// The value that this share of the values does not exceed.
pub(super) fn at_share(values: &mut [f32], share: f32) -> f32 {
    if values.is_empty() {
        return 0.0;
    }
    let at = ((values.len() as f32 * share) as usize).min(values.len() - 1);
    *values.select_nth_unstable_by(at, f32::total_cmp).1
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Luma;

    const MM: f32 = 25.4 / 300.0;

    /// Bars of ink every 14 pixels both ways, smoothed `n_times` over three pixels, on grained paper.
    fn print(paper: u8, ink: u8, n_times: u32) -> Tile {
        let is_ink = |x: u32, y: u32| x % 14 < 4 && y % 20 < 12 || y % 20 < 4 && x % 42 < 30;
        let mut grey = GrayImage::from_fn(140, 140, |x, y| Luma([if is_ink(x, y) { ink } else { paper }]));
        for _ in 0..n_times {
            let old = grey.clone();
            let at = |x: u32, y: u32| u32::from(old.get_pixel(x.min(139), y.min(139)).0[0]);
            grey = GrayImage::from_fn(140, 140, |x, y| {
                let near = [x.saturating_sub(1), x, x + 1];
                let sum: u32 =
                    near.iter().map(|x| at(*x, y.saturating_sub(1)) + at(*x, y) + at(*x, y + 1)).sum();
                Luma([(sum / 9) as u8])
            });
        }
        let grained = |x: u32, y: u32, v: u8| v.saturating_add(((x * 7 + y * 13 + x * y) % 7) as u8);
        grey.enumerate_pixels_mut().for_each(|(x, y, v)| v.0[0] = grained(x, y, v.0[0]));
        Tile { grey, paper }
    }

    #[test]
    fn the_more_blurred_the_wider() {
        let width = |paper, ink, n| edges(&print(paper, ink, n), MM).unwrap().width_mm;
        assert!(width(240, 20, 0) < 0.11);
        assert!((0.11..0.2).contains(&width(240, 20, 1)), "{}", width(240, 20, 1));
        assert!(width(240, 20, 12) > 0.3, "{}", width(240, 20, 12));
        // The same on darker paper and with fainter ink.
        assert!((width(240, 20, 6) - width(150, 60, 6)).abs() < 0.06);
    }

    #[test]
    fn smeared_one_way_is_blurred() {
        let mut tile = print(240, 20, 0);
        let old = tile.grey.clone();
        for (x, y, v) in tile.grey.enumerate_pixels_mut() {
            let near = (0..14).map(|d| u32::from(old.get_pixel((x + d).min(139), y).0[0]));
            v.0[0] = (near.sum::<u32>() / 14) as u8;
        }
        let width = edges(&tile, MM).map(|e| e.width_mm);
        assert!(width.is_none_or(|w| w > 0.3), "{width:?}");
    }

    #[test]
    fn contrast_is_that_of_ink_against_its_paper() {
        for (paper, ink, expected) in [(240, 20, 0.91), (240, 190, 0.2), (120, 30, 0.74)] {
            let found = edges(&print(paper, ink, 0), MM).unwrap().contrast;
            assert!((found - expected).abs() < 0.06, "{paper} {ink}: {found}");
        }
    }

    #[test]
    fn paper_alone_has_no_edges() {
        assert_eq!(edges(&print(240, 240, 0), MM), None);
        assert_eq!(edges(&print(240, 232, 0), MM), None);
    }
}
