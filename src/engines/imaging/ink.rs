//! Ink against paper: what is dark, how much of it, in which small pieces; blank pages.
//!
//! Knows pixels only: nothing of pages, letters or the law.

use image::GrayImage;

/// A piece of connected ink: its box in pixels and its number of dark pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Piece {
    pub left: u32,
    pub top: u32,
    /// One past the right edge.
    pub right: u32,
    /// One past the lower edge.
    pub bottom: u32,
    pub n_px: u32,
}

impl Piece {
    pub(crate) fn width(&self) -> u32 {
        self.right - self.left
    }

    pub(crate) fn height(&self) -> u32 {
        self.bottom - self.top
    }
}

/// A threshold between ink and paper by Otsu's method, kept where paper stays paper.
pub(crate) fn threshold(image: &GrayImage) -> u8 {
    let mut histogram = [0u64; 256];
    for v in image.as_raw() {
        histogram[usize::from(*v)] += 1;
    }
    let total: u64 = histogram.iter().sum::<u64>().max(1);
    let weighted: u64 = histogram.iter().zip(0u64..).map(|(n, v)| n * v).sum();
    let (mut below, mut below_sum) = (0u64, 0u64);
    let (mut best, mut best_score) = (128u8, -1.0f64);
    for (value, n) in (0u8..=255).zip(histogram) {
        below += n;
        below_sum += n * u64::from(value);
        if below == 0 || below == total {
            continue;
        }
        let mean_below = below_sum as f64 / below as f64;
        let mean_above = (weighted - below_sum) as f64 / (total - below) as f64;
        let score = below as f64 * (total - below) as f64 * (mean_above - mean_below).powi(2);
        if score > best_score {
            (best, best_score) = (value, score);
        }
    }
    best.clamp(60, 200)
}

/// How many pixels have each value.
pub(crate) fn histogram(values: &[u8]) -> [u32; 256] {
    let mut histogram = [0; 256];
    values.iter().for_each(|v| histogram[usize::from(*v)] += 1);
    histogram
}

/// The value that this share of a histogram does not exceed.
pub(crate) fn quantile(histogram: &[u32; 256], share: f32) -> u8 {
    let n: u32 = histogram.iter().sum();
    let mut left = (n as f32 * share) as u32;
    for (value, count) in (0u8..=255).zip(histogram) {
        if *count > left {
            return value;
        }
        left -= count;
    }
    255
}

/// The paper under the ink: grey closing with a square of `2 * radius + 1` pixels.
pub(crate) fn background(image: &GrayImage, radius: u32) -> GrayImage {
    let radius = radius as usize;
    let widened = slide_down::<true>(&slide_along::<true>(image, radius), radius);
    slide_down::<false>(&slide_along::<false>(&widened, radius), radius)
}

fn pick<const MAX: bool>(a: u8, b: u8) -> u8 {
    if MAX { a.max(b) } else { a.min(b) }
}

/// Writes to `to` the greater (or lesser) of each value and the one `step` further on.
fn pick_ahead<const MAX: bool>(from: &[u8], step: usize, to: &mut [u8]) {
    let ahead = from.get(step..).unwrap_or_default();
    to.iter_mut().zip(from.iter().zip(ahead)).for_each(|(t, (a, b))| *t = pick::<MAX>(*a, *b));
}

/// Running maximum or minimum along each row, its ends repeated outwards.
///
/// The window grows by doubling, a whole row at a time: the compiler makes wide instructions of that.
fn slide_along<const MAX: bool>(image: &GrayImage, radius: usize) -> GrayImage {
    let w = image.width() as usize;
    let window = 2 * radius + 1;
    let (mut line, mut next) = (vec![0u8; w + 2 * radius], vec![0u8; w + 2 * radius]);
    let mut out = GrayImage::new(image.width(), image.height());
    for (row, to) in image.as_raw().chunks_exact(w.max(1)).zip(out.chunks_exact_mut(w.max(1))) {
        line[..radius].fill(row[0]);
        line[radius..radius + w].copy_from_slice(row);
        line[radius + w..].fill(row[w - 1]);
        let mut len = 1;
        while len * 2 <= window {
            pick_ahead::<MAX>(&line, len, &mut next);
            std::mem::swap(&mut line, &mut next);
            len *= 2;
        }
        pick_ahead::<MAX>(&line, window - len, to);
    }
    out
}

/// Running maximum or minimum down each column, its ends repeated outwards.
fn slide_down<const MAX: bool>(image: &GrayImage, radius: usize) -> GrayImage {
    let (w, h) = (image.width() as usize, image.height() as usize);
    let window = 2 * radius + 1;
    let raw = image.as_raw();
    let mut rows: Vec<u8> = Vec::with_capacity(w * (h + 2 * radius));
    for y in 0..h + 2 * radius {
        let from = y.saturating_sub(radius).min(h.saturating_sub(1)) * w;
        rows.extend_from_slice(&raw[from..from + w]);
    }
    let mut next = vec![0u8; rows.len()];
    let mut len = 1;
    while len * 2 <= window {
        pick_ahead::<MAX>(&rows, len * w, &mut next);
        std::mem::swap(&mut rows, &mut next);
        len *= 2;
    }
    let mut out = GrayImage::new(image.width(), image.height());
    pick_ahead::<MAX>(&rows, (window - len) * w, &mut out);
    out
}

/// How much darker than the paper around it each pixel is, 0 for paper.
pub(crate) fn darkness(image: &GrayImage, radius: u32) -> GrayImage {
    let paper = background(image, radius);
    let raw = paper.as_raw().iter().zip(image.as_raw()).map(|(p, v)| p.saturating_sub(*v)).collect();
    GrayImage::from_raw(image.width(), image.height(), raw).expect("one byte per pixel was collected")
}

/// So much darker than its paper, 0–255, is a mark that anybody sees.
const CLEAR: u8 = 30;

/// Ink inside the margins, paper shade removed, 7 % cut off on each side.
struct Ink {
    /// Of all pixels, 0–1.
    share: f32,
    /// Pixels in the densest square of 32 × 32.
    densest: u32,
}

/// The darkness above which faint print stands out of the grain of its paper.
fn faint_limit(dark: &GrayImage) -> u8 {
    let mut values = dark.as_raw().clone();
    if values.is_empty() {
        return CLEAR;
    }
    let at = values.len() * 3 / 4;
    let grain = *values.select_nth_unstable(at).1;
    grain.saturating_mul(2).saturating_add(12).min(CLEAR)
}

/// What is darker than its paper by more than `limit`.
fn ink_inside(dark: &GrayImage, limit: u8) -> Ink {
    const CELL: u32 = 16;
    let (w, h) = dark.dimensions();
    let (x0, y0) = (w * 7 / 100, h * 7 / 100);
    let n_across = w as usize / CELL as usize + 2;
    let mut cells = vec![0u32; n_across * (h as usize / CELL as usize + 2)];
    let (mut n, mut n_ink) = (0u32, 0u32);
    for y in y0..h.saturating_sub(y0) {
        for x in x0..w.saturating_sub(x0) {
            let is_ink = u32::from(dark.get_pixel(x, y).0[0] > limit);
            n += 1;
            n_ink += is_ink;
            cells[(y / CELL) as usize * n_across + (x / CELL) as usize] += is_ink;
        }
    }
    let n_squares = cells.len().saturating_sub(n_across + 1);
    let square = |i: usize| cells[i] + cells[i + 1] + cells[i + n_across] + cells[i + n_across + 1];
    let densest = (0..n_squares).map(square).max().unwrap_or(0);
    Ink { share: n_ink as f32 / n.max(1) as f32, densest }
}

/// Whether nothing stands on the page; `small` is a grey copy about 600 pixels long.
///
/// Measured: blank pages have at most 0.07 % of ink, a single line of text 0.1 % and more. Less ink in
/// one place, such as a stamp or a word by pencil, is no dust either. Faint ink, which dust and grain are
/// too, has 0.2 % on blank pages and 5 % on a page of faint print.
pub fn is_blank(small: &GrayImage) -> bool {
    let dark = darkness(small, 8);
    let ink = ink_inside(&dark, CLEAR);
    ink.share <= 0.000_8 && ink.densest <= 40 && ink_inside(&dark, faint_limit(&dark)).share <= 0.007
}

/// All pieces of connected ink (8 neighbours) darker than `limit`; at most `max_pieces` are kept apart.
pub(crate) fn pieces(image: &GrayImage, limit: u8, max_pieces: usize) -> Vec<Piece> {
    let (w, h) = image.dimensions();
    let raw = image.as_raw();
    let mut runs: Vec<(u32, u32, u32)> = Vec::new(); // row, start, end
    let mut parent: Vec<u32> = Vec::new();
    let mut above = 0..0usize;
    for y in 0..h {
        let row = &raw[(y as usize * w as usize)..((y as usize + 1) * w as usize)];
        let begin = runs.len();
        let mut x = 0usize;
        while x < row.len() {
            if row[x] >= limit {
                x += 1;
                continue;
            }
            let start = x;
            while x < row.len() && row[x] < limit {
                x += 1;
            }
            parent.push(u32::try_from(runs.len()).unwrap_or(u32::MAX));
            runs.push((y, start as u32, x as u32));
        }
        let row = begin..runs.len();
        join_rows(&runs, &mut parent, above, row.clone());
        above = row;
        if runs.len() > max_pieces.saturating_mul(64) {
            break;
        }
    }
    let mut by_root: std::collections::HashMap<u32, Piece> = std::collections::HashMap::new();
    for (i, (y, start, end)) in runs.iter().enumerate() {
        let root = find(&mut parent, i as u32);
        let piece = by_root.entry(root).or_insert(Piece {
            left: *start,
            top: *y,
            right: *end,
            bottom: y + 1,
            n_px: 0,
        });
        piece.left = piece.left.min(*start);
        piece.right = piece.right.max(*end);
        piece.bottom = piece.bottom.max(y + 1);
        piece.n_px += end - start;
    }
    let mut found: Vec<Piece> = by_root.into_values().collect();
    found.sort_unstable_by_key(|p| (p.top, p.left, p.right, p.bottom));
    found.truncate(max_pieces);
    found
}

fn join_rows(
    runs: &[(u32, u32, u32)],
    parent: &mut [u32],
    above: std::ops::Range<usize>,
    below: std::ops::Range<usize>,
) {
    let (mut i, mut j) = (above.start, below.start);
    while i < above.end && j < below.end {
        let (a, b) = (runs[i], runs[j]);
        if a.0 + 1 != b.0 {
            return;
        }
        // Touching includes the diagonal.
        if a.1 <= b.2 && b.1 <= a.2 {
            let (ra, rb) = (find(parent, i as u32), find(parent, j as u32));
            if ra != rb {
                parent[rb.max(ra) as usize] = ra.min(rb);
            }
        }
        if a.2 < b.2 { i += 1 } else { j += 1 }
    }
}

fn find(parent: &mut [u32], mut i: u32) -> u32 {
    while parent[i as usize] != i {
        parent[i as usize] = parent[parent[i as usize] as usize];
        i = parent[i as usize];
    }
    i
}

/// Median height of letter-like pieces, in pixels: close to the x-height of the print.
///
/// `None` when there are too few to say.
pub fn x_height_px(image: &GrayImage) -> Option<f32> {
    let mut heights: Vec<u32> = pieces(image, threshold(image), 40_000)
        .iter()
        .filter(|p| (4..=80).contains(&p.height()) && (3..=120).contains(&p.width()))
        .filter(|p| p.width() <= 3 * p.height() && p.height() <= 4 * p.width())
        .map(Piece::height)
        .collect();
    if heights.len() < 60 {
        return None;
    }
    heights.sort_unstable();
    Some(heights[heights.len() * 2 / 5] as f32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Luma;

    fn page(w: u32, h: u32) -> GrayImage {
        GrayImage::from_fn(w, h, |x, y| Luma([235 + ((x * 7 + y * 13) % 9) as u8]))
    }

    fn bar(image: &mut GrayImage, left: u32, top: u32, w: u32, h: u32, v: u8) {
        for y in top..top + h {
            for x in left..left + w {
                image.put_pixel(x, y, Luma([v]));
            }
        }
    }

    #[test]
    fn blank_is_noise_and_shade_but_no_single_line() {
        let check = |draw: &dyn Fn(&mut GrayImage), expected: bool, what: &str| {
            let mut image = page(424, 600);
            draw(&mut image);
            let Ink { share, densest } = ink_inside(&darkness(&image, 8), CLEAR);
            assert_eq!(is_blank(&image), expected, "{what}: {share} {densest}");
        };
        check(&|_| {}, true, "noise");
        check(&|i| bar(i, 0, 0, 424, 20, 20), true, "a black edge");
        check(&|i| bar(i, 200, 300, 3, 3, 90), true, "a speck");
        check(&|i| bar(i, 0, 100, 424, 500, 200), true, "grey paper");
        check(&|i| (0..12).for_each(|k| bar(i, 100 + 14 * k, 200, 8, 4, 60)), false, "one line of text");
        let faint = |i: &mut GrayImage, v: u8| {
            (0..20).for_each(|n| (0..20).for_each(|k| bar(i, 60 + 14 * k, 60 + 20 * n, 8, 4, v)));
        };
        check(&|i| faint(i, 210), false, "a page of faint print");
        check(&|i| faint(i, 232), true, "no darker than the grain");
        check(&|i| bar(i, 150, 350, 60, 3, 190), false, "a faint pencil stroke");
        check(
            &|i| (0..30).for_each(|k| bar(i, 300 + k % 40, 80 + k, 3, 1, 150)),
            false,
            "a corner of a stamp",
        );
    }

    #[test]
    fn the_background_is_the_closing_of_the_picture() {
        let image = GrayImage::from_fn(37, 23, |x, y| Luma([((x * 97 + y * 61 + x * y * 13) % 251) as u8]));
        let slow = |image: &GrayImage, radius: i32, most: bool| {
            let near = |v: u32, d: i32, n: u32| v.saturating_add_signed(d).min(n - 1);
            GrayImage::from_fn(image.width(), image.height(), |x, y| {
                let around = (-radius..=radius).flat_map(|dy| (-radius..=radius).map(move |dx| (dx, dy)));
                let at = |(dx, dy)| *image.get_pixel(near(x, dx, image.width()), near(y, dy, image.height()));
                let values = around.map(|d| at(d).0[0]);
                Luma([if most { values.max() } else { values.min() }.unwrap()])
            })
        };
        for radius in [0, 1, 2, 5, 8, 30] {
            let expected = slow(&slow(&image, radius, true), radius, false);
            assert_eq!(background(&image, radius as u32), expected, "{radius}");
        }
    }

    #[test]
    fn pieces_touch_over_corners_and_not_over_gaps() {
        let mut image = GrayImage::from_pixel(20, 20, Luma([255]));
        for (x, y) in [(2, 2), (3, 3), (4, 2), (9, 9), (9, 11)] {
            image.put_pixel(x, y, Luma([0]));
        }
        let boxes: Vec<_> = pieces(&image, 128, 99).iter().map(|p| (p.left, p.top, p.n_px)).collect();
        assert_eq!(boxes, [(2, 2, 3), (9, 9, 1), (9, 11, 1)]);
    }
}
