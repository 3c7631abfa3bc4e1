//! Thick bars across a page: patch sheets, and the frame of separator sheets that carry a code.
//!
//! A patch code is four bars, two wide (5.1 mm) and two narrow (2.0 mm), with narrow spaces between:
//! `NWNW` is Patch T, `WNWN` is Patch 3, `WNNW` is Patch 2; upside down T is 3. The frame of our coded
//! sheets has five bars, `WNNNW`, which is no patch code. Bars have to reach across most of the page,
//! so that nothing printed or drawn on a paper is taken for them. Knows pixels only.

use image::GrayImage;

use crate::domain::separator::Bars;

/// Widths of narrow bars and spaces, and of wide bars, mm.
pub const NARROW_MM: f32 = 2.03;
/// See [`NARROW_MM`].
pub const WIDE_MM: f32 = 5.08;
/// Bars of a plain separator sheet: Patch T. `true` is wide.
pub const PATCH_T: [bool; 4] = [false, true, false, true];
/// Bars of a sheet that carries a code.
pub const CODED: [bool; 5] = [true, false, false, false, true];

/// Lines across the page along which runs are measured.
const N_LINES: usize = 11;
/// Of these, so many must show the same bars.
const MOST_AGREE: usize = 8;
/// Brightness below this share of the range is dark.
const DARK_SHARE: f32 = 0.5;

/// The bars on a page of this size in millimetres, in whichever direction they run.
pub fn bars(small: &GrayImage, width_mm: f32, height_mm: f32) -> Option<Bars> {
    let (w, h) = small.dimensions();
    if w < 100 || h < 100 || !(width_mm > 50.0 && height_mm > 50.0) {
        return None;
    }
    let (low, high) = small.iter().fold((u8::MAX, u8::MIN), |(l, h), v| (l.min(*v), h.max(*v)));
    if high.saturating_sub(low) < 60 {
        return None;
    }
    let threshold = f32::from(low) + f32::from(high - low) * DARK_SHARE;
    let is_dark = |x: u32, y: u32| f32::from(small.get_pixel(x, y).0[0]) < threshold;
    let along = |line: usize, length: u32| (2 * line as u32 + 1) * length / (2 * N_LINES as u32);
    let down = (0..N_LINES).map(|i| seen((0..h).map(|y| is_dark(along(i, w), y)), height_mm / h as f32));
    let across = (0..N_LINES).map(|i| seen((0..w).map(|x| is_dark(x, along(i, h))), width_mm / w as f32));
    agreed(down).or_else(|| agreed(across))
}

/// What most lines show.
fn agreed(lines: impl Iterator<Item = Option<Bars>>) -> Option<Bars> {
    let seen: Vec<Bars> = lines.flatten().collect();
    [Bars::Coded, Bars::Patch]
        .into_iter()
        .find(|bars| seen.iter().filter(|s| *s == bars).count() >= MOST_AGREE)
}

/// The bars along one line: runs of dark and light by their widths in millimetres.
fn seen(line: impl Iterator<Item = bool>, mm_per_px: f32) -> Option<Bars> {
    let mut runs: Vec<(bool, f32)> = Vec::new();
    for is_dark in line {
        match runs.last_mut() {
            Some((dark, length)) if *dark == is_dark => *length += mm_per_px,
            _ => runs.push((is_dark, mm_per_px)),
        }
    }
    // A speck neither ends a bar nor makes one.
    let mut merged: Vec<(bool, f32)> = Vec::new();
    for (is_dark, length) in runs {
        match merged.last_mut() {
            Some((_, last)) if length < 0.5 => *last += length,
            Some((dark, last)) if *dark == is_dark => *last += length,
            _ => merged.push((is_dark, length)),
        }
    }
    let mut bars: Vec<bool> = Vec::new();
    for (is_dark, length) in merged {
        if !is_dark {
            // A wide space ends a group of bars.
            if length > NARROW_MM * 1.7 {
                if let Some(found) = group(&bars) {
                    return Some(found);
                }
                bars.clear();
            }
            continue;
        }
        match length {
            l if (NARROW_MM * 0.55..NARROW_MM * 1.6).contains(&l) => bars.push(false),
            l if (WIDE_MM * 0.72..WIDE_MM * 1.35).contains(&l) => bars.push(true),
            _ => bars.extend([false; 9]), // no bar of ours: spoils the group it stands in
        }
    }
    group(&bars)
}

fn group(bars: &[bool]) -> Option<Bars> {
    match bars {
        [false, true, false, true] | [true, false, true, false] | [true, false, false, true] => {
            Some(Bars::Patch)
        }
        _ if *bars == CODED => Some(Bars::Coded),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{Luma, imageops};

    /// A page 707 × 1000 px with a group of bars from `top_mm` on, `left`–`right` mm.
    fn page(groups: &[&[bool]], top_mm: f32, left: f32, right: f32) -> GrayImage {
        const PX: f32 = 1000.0 / 297.0;
        let mut page = GrayImage::from_pixel(707, 1000, Luma([240]));
        let mut y = top_mm;
        for group in groups {
            for is_wide in *group {
                let height = if *is_wide { WIDE_MM } else { NARROW_MM };
                for row in (y * PX) as u32..((y + height) * PX) as u32 {
                    for x in (left * PX) as u32..(right * PX) as u32 {
                        page.put_pixel(x, row, Luma([20]));
                    }
                }
                y += height + NARROW_MM;
            }
            y += 30.0;
        }
        page
    }

    #[test]
    fn sheets_are_told_by_their_bars_whichever_way_they_lie() {
        for (group, expected) in [
            (&PATCH_T[..], Some(Bars::Patch)),
            (&[true, false, true, false], Some(Bars::Patch)),
            (&[true, false, false, true], Some(Bars::Patch)),
            (&CODED, Some(Bars::Coded)),
            (&[true, true, false, false], None),
            (&[false, true, true, false], None),
            (&[true, false, true], None),
            (&[true, false, true, false, true], None),
            (&[], None),
        ] {
            let sheet = page(&[group], 12.0, 10.0, 200.0);
            assert_eq!(bars(&sheet, 210.0, 297.0), expected, "{group:?}");
            assert_eq!(bars(&imageops::rotate90(&sheet), 297.0, 210.0), expected, "{group:?}, on its side");
            let skewed = super::super::deskew(&sheet, 2.5);
            assert_eq!(bars(&skewed, 210.0, 297.0), expected, "{group:?}, skewed");
        }
    }

    #[test]
    fn bars_of_a_table_or_a_photograph_are_no_sheet() {
        assert_eq!(bars(&page(&[&PATCH_T], 12.0, 10.0, 110.0), 210.0, 297.0), None, "too short");
        assert_eq!(bars(&GrayImage::from_pixel(707, 1000, Luma([9])), 210.0, 297.0), None);
        assert_eq!(bars(&GrayImage::new(1, 1), 210.0, 297.0), None);
        let lined = GrayImage::from_fn(707, 1000, |_, y| Luma([if y % 14 < 7 { 0 } else { 255 }]));
        assert_eq!(bars(&lined, 210.0, 297.0), None);
    }
}
