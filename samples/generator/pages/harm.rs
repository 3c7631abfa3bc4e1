//! What goes wrong between paper and file, drawn into the pixels of one page. Lengths are millimetres.
//!
//! Strengths are chosen by `faults`: here nothing is decided.

use super::super::random::{Random, sine_cosine};
use super::super::raster::Picture;
use super::super::spoil;

/// One thing done to one page.
#[derive(Clone, Debug)]
pub enum Harm {
    /// Turned clockwise by quarters.
    Turn(u8),
    /// A sticky note over the page: top left corner, side, colour, and the seed of its words.
    Note { at: (f32, f32), side: f32, colour: [u8; 3], seed: u64 },
    /// A corner folded over: `leg` is how much of both edges is gone; corner 0 top left, then clockwise.
    Fold { corner: u8, leg: f32, bed: u8 },
    /// Lies so far aside that its text runs over the edge of the picture.
    Aside { right: f32, down: f32, bed: u8 },
    /// A strip of the picture is gone: side 0 left, 1 top, 2 right, 3 bottom.
    Crop { side: u8, strip: f32 },
    /// Out of focus: the width over which light spreads.
    Defocus(f32),
    /// Moved while scanned: the way, along x or y.
    Motion { way: f32, along_y: bool },
    /// Too little light: white paper becomes `white`, toner `black`.
    Dark { white: f32, black: f32 },
    /// Too much: toner comes out at `ink`, paper burns to white.
    Light { ink: f32 },
    /// A shadow from the left or right edge: how deep into the page, and how much light is left at the edge.
    Shadow { at_left: bool, depth: f32, light: f32 },
    /// Lines of a dirty glass: place in parts of the width, width, colour, how much of it.
    Streaks(Vec<(f32, f32, [u8; 3], f32)>),
    /// Photographed: how much narrower the far edge is.
    Photo { keystone: f32, desk: [u8; 3] },
    /// Holes of a punch near the left edge.
    Holes,
}

fn px(mm: f32, dpi: u32) -> f32 {
    mm * dpi as f32 / 25.4
}

/// What happens to the sheet itself, before it is scanned.
pub fn before_scan(page: &mut Picture, harm: &Harm, dpi: u32) {
    match harm {
        Harm::Note { at, side, colour, seed } => note(page, (*at, *side), *colour, *seed, dpi),
        Harm::Fold { corner, leg, bed } => fold(page, *corner, px(*leg, dpi), *bed),
        Harm::Holes => holes(page, dpi),
        _ => {}
    }
}

/// What happens in the scanner's optics.
pub fn in_scan(page: &mut Picture, harm: &Harm, dpi: u32) {
    match harm {
        Harm::Aside { right, down, bed } => {
            *page = aside(page, (px(*right, dpi) as i64, px(*down, dpi) as i64), *bed);
        }
        Harm::Defocus(spread) => {
            // Two passes are nearly the bell of a lens.
            let radius = (px(*spread, dpi) / 2.0).round().max(1.0) as usize;
            spoil::blur(page, radius.div_ceil(2));
            if radius > 1 {
                spoil::blur(page, radius.div_ceil(2));
            }
        }
        Harm::Motion { way, along_y } => smear(page, px(*way, dpi).round().max(2.0) as usize, *along_y),
        Harm::Dark { white, black } => each(page, |v| black + v / 255.0 * (white - black)),
        Harm::Light { ink } => each(page, |v| (ink + v / 235.0 * (255.0 - ink)).min(255.0)),
        Harm::Shadow { at_left, depth, light } => shadow(page, *at_left, px(*depth, dpi), *light),
        _ => {}
    }
}

/// What happens to the picture afterwards.
pub fn after_scan(page: Picture, harm: &Harm, dpi: u32) -> Picture {
    match harm {
        Harm::Turn(quarters) => page.turned(*quarters),
        Harm::Crop { side, strip } => crop(&page, *side, px(*strip, dpi) as usize),
        Harm::Streaks(lines) => streaks(page, lines, dpi),
        Harm::Photo { keystone, desk } => photo(&page, *keystone, *desk),
        _ => page,
    }
}

fn each(page: &mut Picture, value: impl Fn(f32) -> f32) {
    let table: Vec<u8> = (0..=255_u8).map(|v| value(f32::from(v)).clamp(0.0, 255.0) as u8).collect();
    page.rgb.iter_mut().for_each(|channel| *channel = table[usize::from(*channel)]);
}

fn put(page: &mut Picture, x: usize, y: usize, colour: [u8; 3], share: f32) {
    let start = (y * page.width + x) * 3;
    for (channel, new) in page.rgb[start..start + 3].iter_mut().zip(colour) {
        *channel = (f32::from(*channel) * (1.0 - share) + f32::from(new) * share + 0.5) as u8;
    }
}

/// Paper of its own, stuck on a little askew, with a shadow below it and some lines by hand.
fn note(page: &mut Picture, (at, side): ((f32, f32), f32), colour: [u8; 3], seed: u64, dpi: u32) {
    let mut random = Random::for_purpose(seed, "note");
    let (sine, cosine) = sine_cosine(random.real(-0.07, 0.07));
    let half = px(side, dpi) / 2.0;
    let (cx, cy) = (px(at.0, dpi) + half, px(at.1, dpi) + half);
    let reach = px(1.8, dpi).max(2.0);
    let far = (half * 1.1 + reach).ceil();
    let range =
        |middle: f32, end: usize| ((middle - far).max(0.0) as usize, ((middle + far) as usize).min(end));
    let ((x0, x1), (y0, y1)) = (range(cx, page.width), range(cy, page.height));
    for y in y0..y1 {
        for x in x0..x1 {
            let (dx, dy) = (x as f32 - cx, y as f32 - cy);
            let (u, v) = (dx * cosine + dy * sine, dy * cosine - dx * sine);
            let beyond = (u.abs() - half).max(v.abs() - half);
            if beyond <= 0.0 {
                put(page, x, y, colour, 1.0);
            } else if u < half + reach / 3.0 && v > -half && beyond < reach {
                // The loose lower edge stands off the sheet.
                put(page, x, y, [60, 60, 60], 0.4 * (1.0 - beyond / reach));
            }
        }
    }
    let height = px(6.0, dpi);
    let n_lines = random.whole(3, 5);
    for line in 0..n_lines {
        let y = cy - half + 2.0 * half * (0.2 + 0.7 * line as f32 / n_lines as f32);
        super::marks::scrawl(page, (cx - half + height, y), 2.0 * half - 2.0 * height, height, &mut random);
    }
}

/// The corner shows the bed, and its back covers as much again.
fn fold(page: &mut Picture, corner: u8, leg: f32, bed: u8) {
    let (width, height) = (page.width, page.height);
    let n = (leg as usize).min(width - 1).min(height - 1);
    for v in 0..n {
        for u in 0..n {
            let x = if corner == 0 || corner == 3 { u } else { width - 1 - u };
            let y = if corner <= 1 { v } else { height - 1 - v };
            // Distance from the fold, in pixels; positive on the side of the corner.
            let beyond = (leg - u as f32 - v as f32) / std::f32::consts::SQRT_2;
            let near = (beyond.abs() / (leg * 0.02)).min(1.0);
            if beyond > 0.0 {
                let shade = bed as f32 * (0.75 + 0.25 * near);
                put(page, x, y, [shade as u8; 3], 1.0);
            } else {
                // The back of the sheet, a little darker, with a crease; its two free edges throw a shadow.
                let edge = (n - 1 - u).min(n - 1 - v) as f32 / (leg * 0.015);
                let shade = 226.0 + 12.0 * near - 70.0 * (1.0 - edge).max(0.0);
                put(page, x, y, [shade as u8, shade as u8, (shade - 4.0) as u8], 1.0);
            }
        }
    }
}

fn holes(page: &mut Picture, dpi: u32) {
    let (radius, x, middle) = (px(2.8, dpi), px(11.0, dpi), page.height as f32 / 2.0);
    for y0 in [middle - px(40.0, dpi), middle + px(40.0, dpi)] {
        let mut outline = super::super::raster::Outline::default();
        outline.disc((x, y0), radius, 40);
        page.fill(&outline, [70, 68, 66], 1.0);
    }
}

fn aside(page: &Picture, (right, down): (i64, i64), bed: u8) -> Picture {
    let mut next = Picture::white(page.width, page.height);
    next.rgb.fill(bed);
    for y in 0..page.height as i64 {
        let from_y = y - down;
        if from_y < 0 || from_y >= page.height as i64 {
            continue;
        }
        let first = right.max(0);
        let last = (page.width as i64 + right).min(page.width as i64);
        if first >= last {
            continue;
        }
        let to = (y as usize * page.width + first as usize) * 3;
        let from = (from_y as usize * page.width + (first - right) as usize) * 3;
        let n = (last - first) as usize * 3;
        next.rgb[to..to + n].copy_from_slice(&page.rgb[from..from + n]);
    }
    next
}

/// A running mean along one way.
fn smear(page: &mut Picture, window: usize, along_y: bool) {
    let (width, height) = (page.width, page.height);
    let (n_lines, n, step, next) =
        if along_y { (width, height, width * 3, 3) } else { (height, width, 3, width * 3) };
    let old = page.rgb.clone();
    for line in 0..n_lines {
        for channel in 0..3 {
            let at = |i: usize| line * next + i.min(n - 1) * step + channel;
            let mut sum: u32 = (0..window).map(|i| u32::from(old[at(i)])).sum();
            for i in 0..n {
                page.rgb[at(i)] = (sum / window as u32) as u8;
                sum = sum + u32::from(old[at(i + window)]) - u32::from(old[at(i)]);
            }
        }
    }
}

fn shadow(page: &mut Picture, at_left: bool, depth: f32, light: f32) {
    let factors: Vec<f32> = (0..page.width)
        .map(|x| {
            let from_edge = if at_left { x } else { page.width - 1 - x } as f32;
            let t = (from_edge / depth).min(1.0);
            // Flat and dark near the fold, then a quick rise.
            light + (1.0 - light) * t * t * (3.0 - 2.0 * t)
        })
        .collect();
    for row in page.rgb.chunks_exact_mut(page.width * 3) {
        for (pixel, factor) in row.chunks_exact_mut(3).zip(&factors) {
            pixel.iter_mut().for_each(|channel| *channel = (f32::from(*channel) * factor) as u8);
        }
    }
}

fn crop(page: &Picture, side: u8, strip: usize) -> Picture {
    let (mut left, mut top, mut right, mut bottom) = (0, 0, page.width, page.height);
    match side {
        0 => left = strip,
        1 => top = strip,
        2 => right -= strip,
        _ => bottom -= strip,
    }
    let mut next = Picture::white(right - left, bottom - top);
    for (y, row) in next.rgb.chunks_exact_mut((right - left) * 3).enumerate() {
        let start = ((top + y) * page.width + left) * 3;
        row.copy_from_slice(&page.rgb[start..start + (right - left) * 3]);
    }
    next
}

fn streaks(mut page: Picture, lines: &[(f32, f32, [u8; 3], f32)], dpi: u32) -> Picture {
    for &(at, width, colour, share) in lines {
        let first = (at * page.width as f32) as usize;
        let n = px(width, dpi).round().max(1.0) as usize;
        for y in 0..page.height {
            for x in first..(first + n).min(page.width) {
                put(&mut page, x, y, colour, share);
            }
        }
    }
    page
}

/// The sheet on a desk, seen from a little below: 3 to 4, with the light falling off.
fn photo(page: &Picture, keystone: f32, desk: [u8; 3]) -> Picture {
    let height = (page.height as f32 / 0.94) as usize;
    let width = (height * 3 / 4).max(page.width + page.width / 20);
    let mut next = Picture::white(width, height);
    let mut random = Random::for_purpose(page.width as u64, "desk");
    let (sheet_height, sheet_width) = (page.height as f32, page.width as f32);
    let (y0, middle) = ((height as f32 - sheet_height) / 2.0, width as f32 / 2.0);
    for y in 0..height {
        let v = (y as f32 - y0) / sheet_height;
        let half = sheet_width / 2.0 * (1.0 - keystone * (1.0 - v.clamp(0.0, 1.0)));
        let mut noise = 0;
        for x in 0..width {
            if x % 8 == 0 {
                noise = random.bits();
            }
            let grain = (noise & 7) as f32 - 3.5;
            noise >>= 8;
            let u = (x as f32 - middle + half) / (2.0 * half);
            let (dx, dy) = (x as f32 / width as f32 - 0.4, y as f32 / height as f32 - 0.4);
            let light = 0.97 - 0.22 * (dx * dx + dy * dy);
            let to = (y * width + x) * 3;
            let (column, row) = ((u * sheet_width) as i64, (v * sheet_height) as i64);
            let inside = u >= 0.0 && v >= 0.0 && column < page.width as i64 && row < page.height as i64;
            let from = if inside { (row as usize * page.width + column as usize) * 3 } else { 0 };
            for (channel, desk) in desk.iter().enumerate() {
                let value = if inside { page.rgb[from + channel] } else { *desk };
                next.rgb[to + channel] = (f32::from(value) * light + grain).clamp(0.0, 255.0) as u8;
            }
        }
    }
    next
}
