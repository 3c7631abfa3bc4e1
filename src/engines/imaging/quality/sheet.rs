//! The sheet on the bed of the scanner, where its edges lie inside the picture.

use image::GrayImage;

/// The bed differs from the paper by this much at least, 0–255.
const MIN_STEP: i16 = 12;
/// The bed is one shade: the outermost strips of it differ by this much at most.
const MAX_SPREAD: i16 = 10;
/// Less bed than this beside the sheet is the edge of the scan.
const MIN_BED_MM: f32 = 6.0;

/// Width and height of the sheet in pixels; `None` when the picture is the sheet, or it can't be told.
///
/// `grey` and `dark` are a small copy and its darkness: their sum is the paper without print.
pub(super) fn size_px(grey: &GrayImage, dark: &GrayImage, paper: u8, mm_per_px: f32) -> Option<(f32, f32)> {
    let (w, h) = (grey.width() as usize, grey.height() as usize);
    let shade =
        |x: usize, y: usize| i16::from(grey.as_raw()[y * w + x]) + i16::from(dark.as_raw()[y * w + x]);
    let strip = ((1.5 / mm_per_px) as usize).clamp(1, w.min(h).max(1));
    let rings = [
        median((0..h).map(|y| shade(strip.min(w - 1), y))),
        median((0..h).map(|y| shade(w.saturating_sub(1 + strip), y))),
        median((0..w).map(|x| shade(x, strip.min(h - 1)))),
        median((0..w).map(|x| shade(x, h.saturating_sub(1 + strip)))),
    ];
    let paper = i16::from(paper);
    let beds: Vec<i16> = rings.into_iter().filter(|v| (v - paper).abs() >= MIN_STEP).collect();
    let (least, most) = (*beds.iter().min()?, *beds.iter().max()?);
    if beds.len() < 2 || most - least > MAX_SPREAD {
        return None;
    }
    let bed = (least + most) / 2;
    let is_sheet = |x: usize, y: usize| (shade(x, y) - bed).abs() * 2 > (paper - bed).abs();
    let across: Vec<u32> = (0..w).map(|x| (0..h).map(|y| u32::from(is_sheet(x, y))).sum()).collect();
    let down: Vec<u32> = (0..h).map(|y| (0..w).map(|x| u32::from(is_sheet(x, y))).sum()).collect();
    let (across, down) = (extent(&across)?, extent(&down)?);
    let least_bed = MIN_BED_MM / mm_per_px;
    let is_inside = w as f32 - across >= least_bed || h as f32 - down >= least_bed;
    is_inside.then_some((across, down))
}

/// How long the sheet is, from the profile of it: to where it falls to half on each side.
///
/// Half way is where the edge of a sheet that lies askew has its middle. `None` where the profile does
/// not fall off at once, as the edge of a sheet does.
fn extent(profile: &[u32]) -> Option<f32> {
    let mut sorted = profile.to_vec();
    sorted.sort_unstable();
    let most = sorted[sorted.len() * 19 / 20];
    if most as usize * 8 < profile.len() {
        return None;
    }
    let reaches = |share: u32| {
        let is_on = |v: &u32| *v * 100 >= most * share;
        Some(profile.iter().rposition(is_on)? + 1 - profile.iter().position(is_on)?)
    };
    let (outer, half, inner) = (reaches(12)?, reaches(50)?, reaches(88)?);
    (outer - inner <= profile.len() / 16).then_some(half as f32)
}

fn median(values: impl Iterator<Item = i16>) -> i16 {
    let mut values: Vec<i16> = values.collect();
    if values.is_empty() {
        return 0;
    }
    let at = values.len() / 2;
    *values.select_nth_unstable(at).1
}
