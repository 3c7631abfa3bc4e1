//! Streaks of a dirty scanner: thin lines that stay on one column (or row) of the picture from end to end.
//!
//! Looked for on the page as it was scanned. In each of many bands across the line only the brightest
//! value of every column counts: paper shows between the lines of any text, and nothing but a streak is
//! darker than its neighbours in all bands. Rules and frames end before the margins do; rules that come
//! in regular rows belong to ruled paper.

use std::ops::Range;

use super::super::picture::Picture;

/// Bands along the line.
const N_BANDS: usize = 36;
/// Nothing is told of the outermost strip: edges of sheets lie there.
const MARGIN_MM: f32 = 3.5;
/// A streak is narrower than this on each side of its middle; the paper beside it begins here …
const NEAR_MM: f32 = 1.0;
/// … and is looked at up to here.
const FAR_MM: f32 = 2.2;
/// Smaller differences are grain, 0–255.
const MIN_STEP: u8 = 4;
/// A band with darker paper tells nothing, 0–255.
const MIN_PAPER: u8 = 60;
/// Share of the bands that a streak runs through, at least.
const MIN_COVER: f32 = 0.9;
/// So many lines at regular distances are the rules of the paper.
const MIN_RULES: usize = 5;

/// A line from end to end.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Line {
    at_mm: f32,
    contrast: f32,
}

/// Difference of the strongest streak from its paper as a share of the paper's brightness; 0 without one.
///
/// `None` for ruled paper, where a streak can't be told from a rule.
pub(super) fn contrast(picture: &Picture, mm_per_px: (f32, f32)) -> Option<f32> {
    let (w_mm, h_mm) = (picture.width() as f32 * mm_per_px.0, picture.height() as f32 * mm_per_px.1);
    if w_mm.min(h_mm) < 40.0 {
        return None;
    }
    let mut upright = lines(&bands_down(picture, mm_per_px.1), mm_per_px.0);
    let mut level = lines(&bands_across(picture, mm_per_px.0), mm_per_px.1);
    if is_ruled(&upright) || is_ruled(&level) {
        return None;
    }
    // Letters are folded across their longer side, and a fold is a faint line from end to end.
    if h_mm >= w_mm {
        level.retain(|line| !is_fold(line, h_mm));
    } else {
        upright.retain(|line| !is_fold(line, w_mm));
    }
    Some(upright.iter().chain(&level).map(|line| line.contrast).fold(0.0, f32::max))
}

fn is_fold(line: &Line, length_mm: f32) -> bool {
    let folds = [1.0 / 2.0, 1.0 / 3.0, 2.0 / 3.0, 1.0 / 4.0, 3.0 / 4.0];
    line.contrast < 0.2 && folds.iter().any(|f| (line.at_mm - f * length_mm).abs() <= 3.0)
}

fn is_ruled(lines: &[Line]) -> bool {
    let mut gaps: Vec<f32> = lines.windows(2).map(|l| l[1].at_mm - l[0].at_mm).collect();
    if lines.len() < MIN_RULES {
        return false;
    }
    gaps.sort_unstable_by(f32::total_cmp);
    let usual = gaps[gaps.len() / 2];
    let n_usual = gaps.iter().filter(|g| (*g / usual - 1.0).abs() <= 0.15).count();
    n_usual * 3 >= gaps.len() * 2
}

/// The brightest value of each column in each band; channels side by side as in the picture.
struct Bands {
    values: Vec<Vec<u8>>,
    n_channels: usize,
}

fn raw(picture: &Picture) -> (&[u8], usize) {
    match picture {
        Picture::Grey(p) => (p.as_raw(), 1),
        Picture::Rgb(p) => (p.as_raw(), 3),
    }
}

fn band(i: usize, len: usize, margin: usize) -> Range<usize> {
    let inner = len.saturating_sub(2 * margin);
    margin + inner * i / N_BANDS..margin + inner * (i + 1) / N_BANDS
}

/// Bands for lines that run from top to bottom.
fn bands_down(picture: &Picture, mm_per_px: f32) -> Bands {
    let (raw, n_channels) = raw(picture);
    let (stride, h) = (picture.width() as usize * n_channels, picture.height() as usize);
    let margin = (MARGIN_MM / mm_per_px) as usize;
    let brightest = |i: usize| {
        let mut most = vec![0u8; stride];
        let rows = band(i, h, margin);
        let step = (rows.len() / 24).max(1);
        for y in rows.step_by(step).filter(|y| y + 1 < h) {
            let (a, b) = raw[y * stride..(y + 2) * stride].split_at(stride);
            most.iter_mut().zip(a.iter().zip(b)).for_each(|(m, (a, b))| *m = (*m).max(mean(*a, *b)));
        }
        most
    };
    Bands { values: (0..N_BANDS).map(brightest).collect(), n_channels }
}

/// Bands for lines that run from left to right: rows take the place of columns.
fn bands_across(picture: &Picture, mm_per_px: f32) -> Bands {
    let (raw, n_channels) = raw(picture);
    let (w, h) = (picture.width() as usize, picture.height() as usize);
    let margin = (MARGIN_MM / mm_per_px) as usize;
    let ranges: Vec<Range<usize>> = (0..N_BANDS).map(|i| band(i, w, margin)).collect();
    let step = (ranges[0].len() / 18).max(1);
    let mut values = vec![vec![0u8; h * n_channels]; N_BANDS];
    for (y, row) in raw.chunks_exact(w * n_channels).enumerate() {
        for (range, out) in ranges.iter().zip(&mut values) {
            let mut most = [0u8; 3];
            let part = &row[range.start * n_channels..range.end * n_channels];
            for at in part.windows(2 * n_channels).step_by(step * n_channels) {
                (0..n_channels).for_each(|c| most[c] = most[c].max(mean(at[c], at[c + n_channels])));
            }
            out[y * n_channels..(y + 1) * n_channels].copy_from_slice(&most[..n_channels]);
        }
    }
    Bands { values, n_channels }
}

fn mean(a: u8, b: u8) -> u8 {
    (u16::from(a) + u16::from(b)).div_ceil(2) as u8
}

/// How much one value differs from the paper on both sides, and how bright that paper is.
#[derive(Clone, Copy, Default)]
struct Step {
    /// Darker than both sides by this; below 0: lighter than both.
    by: i16,
    paper: u8,
}

fn lines(bands: &Bands, mm_per_px: f32) -> Vec<Line> {
    let px = |mm: f32| ((mm / mm_per_px).round() as usize).max(1);
    let n = bands.values[0].len() / bands.n_channels;
    let (near, far) = (px(NEAR_MM).max(2), px(FAR_MM).max(4));
    let margin = px(MARGIN_MM).max(far + 1);
    if n <= 2 * margin + 2 {
        return Vec::new();
    }
    let mut found: Vec<Line> = Vec::new();
    for channel in 0..bands.n_channels {
        let steps: Vec<Vec<Step>> =
            bands.values.iter().map(|v| steps(v, channel, bands.n_channels, (near, far), margin)).collect();
        for at in margin..n - margin {
            let column = |is_dark: bool| line_at(&steps, at, is_dark);
            if let Some(contrast) = column(true).or_else(|| column(false)) {
                found.push(Line { at_mm: at as f32 * mm_per_px, contrast });
            }
        }
    }
    found.sort_unstable_by(|a, b| a.at_mm.total_cmp(&b.at_mm));
    found.dedup_by(|b, a| {
        let is_same = b.at_mm - a.at_mm <= 2.0 * NEAR_MM;
        if is_same {
            a.contrast = a.contrast.max(b.contrast);
        }
        is_same
    });
    found
}

/// One band: each place against the paper beside it.
fn steps(
    values: &[u8],
    channel: usize,
    n_channels: usize,
    (near, far): (usize, usize),
    margin: usize,
) -> Vec<Step> {
    let n = values.len() / n_channels;
    let mut sums = Vec::with_capacity(n + 1);
    sums.push(0u32);
    let mut sum = 0u32;
    for v in values[channel..].iter().step_by(n_channels) {
        sum += u32::from(*v);
        sums.push(sum);
    }
    let of = (far - near + 1) as u32;
    let mut out = vec![Step::default(); n];
    for (at, out) in out.iter_mut().enumerate().take(n - margin).skip(margin) {
        let left = ((sums[at - near + 1] - sums[at - far]) / of) as i16;
        let right = ((sums[at + far + 1] - sums[at + near]) / of) as i16;
        let value = i16::from(values[at * n_channels + channel]);
        let (low, high) = (left.min(right), left.max(right));
        let by = if value < low { low - value } else { (high - value).min(0) };
        *out = Step { by, paper: low as u8 };
    }
    out
}

/// The contrast of the line at this place, where there is one.
fn line_at(steps: &[Vec<Step>], at: usize, is_dark: bool) -> Option<f32> {
    let sign = if is_dark { 1 } else { -1 };
    let is_told = |s: &Step| s.paper >= MIN_PAPER;
    let is_there = |s: &Step| s.by * sign >= i16::from(MIN_STEP);
    let n_told = steps.iter().filter(|b| is_told(&b[at])).count();
    let n_there = steps.iter().filter(|b| is_told(&b[at]) && is_there(&b[at])).count();
    if n_told < N_BANDS / 2 || (n_there as f32) < MIN_COVER * n_told as f32 {
        return None;
    }
    let told: Vec<Step> = steps.iter().map(|b| b[at]).filter(is_told).collect();
    let mut sizes: Vec<i16> = told.iter().map(|s| s.by * sign).collect();
    let ends = |mut it: Box<dyn Iterator<Item = &Step> + '_>| {
        let first = it.next().is_some_and(is_there);
        (first, first || it.next().is_some_and(is_there))
    };
    let (head, tail) = (ends(Box::new(told.iter())), ends(Box::new(told.iter().rev())));
    if !(head.0 && tail.1 || head.1 && tail.0) {
        return None;
    }
    sizes.sort_unstable();
    let usual = f32::from(sizes[sizes.len() / 2]);
    let n_even = sizes.iter().filter(|s| (0.5..=1.7).contains(&(f32::from(**s) / usual))).count();
    if (n_even as f32) < 0.75 * sizes.len() as f32 {
        return None;
    }
    let paper = told.iter().map(|s| f32::from(s.paper)).sum::<f32>() / told.len() as f32;
    Some(usual / paper.max(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{GrayImage, Luma, Rgb, RgbImage};

    const MM: f32 = 0.2;

    fn paper(w: u32, h: u32) -> GrayImage {
        let mut image = GrayImage::from_fn(w, h, |x, y| Luma([238 + ((x * 7 + y * 13 + x * y) % 9) as u8]));
        // Text, a rule under it and a frame round it.
        for line in 0..30u32 {
            for letter in 0..60u32 {
                let (left, top) = (130 + letter * 13 + (line * 7) % 5, 160 + line * 36);
                bar(&mut image, left, top, 4, 12, 30);
            }
        }
        for (left, top, wide, high) in
            [(60, 60, w - 120, 3), (60, h - 63, w - 120, 3), (60, 60, 3, h - 120), (w - 63, 60, 3, h - 120)]
        {
            bar(&mut image, left, top, wide, high, 20);
        }
        image
    }

    fn bar(image: &mut GrayImage, left: u32, top: u32, w: u32, h: u32, v: u8) {
        for y in top..(top + h).min(image.height()) {
            for x in left..(left + w).min(image.width()) {
                image.put_pixel(x, y, Luma([v]));
            }
        }
    }

    fn of(image: GrayImage) -> Option<f32> {
        contrast(&Picture::Grey(image), (MM, MM))
    }

    #[test]
    fn frames_rules_and_text_are_no_streaks() {
        assert_eq!(of(paper(1050, 1485)), Some(0.0));
        assert_eq!(of(paper(1485, 1050)), Some(0.0));
    }

    #[test]
    fn thin_lines_from_end_to_end_are_streaks() {
        let check = |draw: &dyn Fn(&mut GrayImage), expected: std::ops::Range<f32>, what: &str| {
            let mut image = paper(1050, 1485);
            draw(&mut image);
            let found = of(image).unwrap();
            assert!(expected.contains(&found), "{what}: {found}");
        };
        check(&|i| bar(i, 400, 0, 1, 1485, 120), 0.4..0.6, "down, through text");
        check(&|i| bar(i, 95, 0, 2, 1485, 215), 0.07..0.13, "down, faint, in the margin");
        check(&|i| bar(i, 0, 700, 1050, 2, 100), 0.5..0.7, "across");
        check(&|i| bar(i, 400, 0, 1, 1485, 255), 0.02..0.08, "lighter than the paper");
        check(&|i| bar(i, 400, 0, 1, 900, 120), 0.0..0.001, "a line that ends");
        check(&|i| bar(i, 400, 40, 2, 1405, 60), 0.0..0.001, "a rule from margin to margin");
        check(&|i| bar(i, 0, 742, 1050, 3, 215), 0.0..0.001, "a fold in the middle");
        check(&|i| bar(i, 300, 0, 30, 1485, 120), 0.0..0.001, "a broad band");
        check(&|i| bar(i, 0, 0, 8, 1485, 0), 0.0..0.001, "a black edge");
        check(
            &|i| (0..1485).for_each(|y| bar(i, 400 + y / 60, y, 2, 1, 60)),
            0.0..0.001,
            "a rule as skewed as the sheet",
        );
    }

    #[test]
    fn coloured_streaks_count() {
        let grey = paper(1050, 1485);
        let mut image = RgbImage::from_fn(1050, 1485, |x, y| Rgb([grey.get_pixel(x, y).0[0]; 3]));
        (0..1485).for_each(|y| image.put_pixel(500, y, Rgb([240, 240, 190])));
        let found = contrast(&Picture::Rgb(image), (MM, MM)).unwrap();
        assert!(found > 0.15, "{found}");
    }

    #[test]
    fn ruled_paper_tells_nothing() {
        let mut image = paper(1050, 1485);
        (0..20).for_each(|k| bar(&mut image, 0, 200 + 50 * k, 1050, 2, 170));
        bar(&mut image, 180, 0, 2, 1485, 150);
        assert_eq!(of(image), None);
    }

    #[test]
    fn scraps_tell_nothing() {
        for (w, h) in [(1, 1), (30, 4000), (60, 60)] {
            assert_eq!(of(GrayImage::from_pixel(w, h, Luma([250]))), None);
        }
    }
}
