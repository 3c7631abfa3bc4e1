//! Rows of dots of which no two stand apart from what is typed on them: found by their even spacing alone.
//!
//! Letters stand anywhere; dots stand a pitch apart. A row of pixels, folded by the pitch that other leaders of the
//! page have, shows dots as a peak where letters make a plain.

use image::GrayImage;

use super::{Leader, Piece, Seen};

/// So many pitches are folded together.
const WINDOW: f32 = 20.0;
/// Parts of a pitch.
const N_BINS: usize = 6;
/// So much of the peak is ink at least.
const PEAK: f32 = 0.75;
/// So much less of what lies half a pitch off.
const CLEAR: f32 = 0.5;
/// So many of the dots of a window are to be seen as such, of 1.
const ALL_BUT_A_FEW: f32 = 0.8;

/// Where the dots lie in a window: the columns, one past the lowest row, the middle of the first dot.
struct Found {
    from: f32,
    foot: u32,
    first: f32,
}

/// The dots of rows like `like` that nothing else has shown.
pub(super) fn dots(image: &GrayImage, limit: u8, like: &Leader) -> Vec<Piece> {
    let bins: Vec<usize> = (0..image.width())
        .map(|x| (((x as f32 / like.pitch).fract() * N_BINS as f32) as usize).min(N_BINS - 1))
        .collect();
    let length = (WINDOW * like.pitch) as usize;
    let step = (length / 2).max(1);
    let mut dots = Vec::new();
    for from in (0..(image.width() as usize).saturating_sub(length)).step_by(step) {
        for found in windows(image, limit, &bins, from, length, (like.pitch, like.height)) {
            dots.extend(of_window(image, limit, like, &found));
        }
    }
    dots
}

/// The rows of dots in the columns from `from` on.
fn windows(
    image: &GrayImage,
    limit: u8,
    bins: &[usize],
    from: usize,
    length: usize,
    (pitch, height): (f32, u32),
) -> Vec<Found> {
    let w = image.width() as usize;
    let bins = &bins[from..from + length];
    let mut found: Vec<(u32, Found)> = Vec::new();
    for (y, row) in image.as_raw().chunks_exact(w).enumerate() {
        let Some(peak) = peak(&row[from..from + length], limit, bins) else { continue };
        let first = ((from as f32 / pitch).ceil() + peak) * pitch;
        let foot = y as u32 + 1;
        match found.last_mut().filter(|(_, f)| f.foot + 1 == foot) {
            Some((n_rows, last)) => {
                *n_rows += 1;
                *last = Found { foot, ..*last };
            }
            None => found.push((1, Found { from: from as f32, foot, first })),
        }
    }
    // Strokes of letters that happen to stand a pitch apart go on for more rows than dots do.
    found.into_iter().filter(|(n_rows, _)| *n_rows <= height + 1).map(|(_, f)| f).collect()
}

/// Where in the pitch the dots stand, 0–1; `None` where none do.
fn peak(row: &[u8], limit: u8, bins: &[usize]) -> Option<f32> {
    let (mut ink, mut all) = ([0u32; N_BINS], [0u32; N_BINS]);
    for (v, bin) in row.iter().zip(bins) {
        all[*bin] += 1;
        ink[*bin] += u32::from(*v < limit);
    }
    if ink.iter().sum::<u32>() < WINDOW as u32 {
        return None;
    }
    let share = |bin: usize| {
        let (a, b) = (bin % N_BINS, (bin + 1) % N_BINS);
        (ink[a] + ink[b]) as f32 / (all[a] + all[b]).max(1) as f32
    };
    let best = (0..N_BINS).max_by(|a, b| share(*a).total_cmp(&share(*b)))?;
    let is_row = share(best) >= PEAK && share(best) - share(best + N_BINS / 2) >= CLEAR;
    is_row.then_some((best + 1) as f32 / N_BINS as f32)
}

fn of_window(image: &GrayImage, limit: u8, like: &Leader, found: &Found) -> Vec<Piece> {
    let top = found.foot.saturating_sub(like.height);
    let half = 0.5 * like.width;
    let n = WINDOW as u32;
    let mut dots: Vec<Piece> = (0..n)
        .map(|k| found.first + k as f32 * like.pitch)
        .filter(|x| *x >= found.from + half && *x + like.pitch < image.width() as f32)
        .filter_map(|x| match like.look(image, limit, x, found.foot) {
            Seen::Dot(left, right) => Some((left, right)),
            Seen::Nothing | Seen::Letters => None,
        })
        .map(|(left, right)| Piece { left, right, top, bottom: found.foot, n_px: 0 })
        .collect();
    if (dots.len() as f32) < ALL_BUT_A_FEW * WINDOW {
        return Vec::new();
    }
    like.spare_letters(image, limit, &mut dots);
    dots
}
