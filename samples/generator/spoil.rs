//! What scanning, filing and time do to a page.
//!
//! Each kind of spoiling has a name; several may meet on one paper. How strong each is comes from the seed.

use super::random::{Random, sine_cosine};
use super::raster::Picture;

/// One way of spoiling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spoiling {
    /// Laid on the glass askew, up to 1.5 degrees.
    Skew,
    /// Dust.
    Speckle,
    /// The grain and tint of cheap paper.
    PaperTexture,
    /// Brighter on one side, dark towards the book's fold.
    UnevenLight,
    /// Out of focus.
    Blur,
    /// Saved with JPEG quality 28.
    LowJpegQuality,
    /// Scanned without colour.
    Grey,
    /// Scanned in black and white.
    Bilevel,
    /// A scanner that chooses by itself: only the last page in colour; PDF only.
    MixedColour,
    /// The agency's seal over the signature and a bit of the name.
    RedSeal,
    /// Toner running out.
    FadedInk,
    /// One page lies a quarter turn clockwise.
    Turned90,
    /// One page stands on its head.
    Turned180,
    /// Cropped a few millimetres off.
    Shifted,
    /// The box that the receiving office stamps.
    MailStamp,
    /// The number is written by pen.
    PenNumber,
    /// The day is written by pen.
    PenDay,
    /// Figures on a form are written by pen.
    PenFigures,
    /// The PDF says version 1.3.
    OldPdfVersion,
}

impl Spoiling {
    /// The name in truth files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Skew => "skew",
            Self::Speckle => "speckle",
            Self::PaperTexture => "paper_texture",
            Self::UnevenLight => "uneven_light",
            Self::Blur => "blur",
            Self::LowJpegQuality => "low_jpeg_quality",
            Self::Grey => "grey",
            Self::Bilevel => "bilevel",
            Self::MixedColour => "mixed_colour",
            Self::RedSeal => "red_seal",
            Self::FadedInk => "faded_ink",
            Self::Turned90 => "turned_90",
            Self::Turned180 => "turned_180",
            Self::Shifted => "shifted",
            Self::MailStamp => "mail_stamp",
            Self::PenNumber => "pen_number",
            Self::PenDay => "pen_day",
            Self::PenFigures => "pen_figures",
            Self::OldPdfVersion => "old_pdf_version",
        }
    }
}

/// A page as scanned, and how far it must be turned back.
pub struct Scan {
    /// The pixels.
    pub picture: Picture,
    /// Degrees clockwise that bring it upright.
    pub rotation_needed: u32,
}

/// Spoils one page; page `n` of a paper with `n_pages`.
pub fn spoil(
    page: Picture,
    spoilings: &[Spoiling],
    dpi: u32,
    seed: u64,
    (n, n_pages): (usize, usize),
) -> Scan {
    let has = |spoiling| spoilings.contains(&spoiling);
    let mut random = Random::for_purpose(seed, &format!("page {n}"));
    let mut page = page;
    if has(Spoiling::Skew) || has(Spoiling::Shifted) {
        let degrees = random.real(0.4, 1.5) * if random.chance(0.5) { 1.0 } else { -1.0 };
        let mm = dpi as f32 / 25.4;
        let shift = (random.real(-4.0, 4.0) * mm, random.real(-4.0, 4.0) * mm);
        let degrees = if has(Spoiling::Skew) { degrees } else { 0.0 };
        let shift = if has(Spoiling::Shifted) { shift } else { (0.0, 0.0) };
        page = moved(&page, degrees, shift);
    }
    if has(Spoiling::PaperTexture) {
        texture(&mut page, dpi, &mut random);
    }
    if has(Spoiling::UnevenLight) {
        uneven_light(&mut page, &mut random);
    }
    if has(Spoiling::Blur) {
        let radius = (dpi as f32 * random.real(0.004, 0.0065)).round().max(1.0) as usize;
        blur(&mut page, radius);
    }
    if has(Spoiling::Speckle) {
        speckle(&mut page, dpi, &mut random);
    }
    if has(Spoiling::Bilevel) || (has(Spoiling::MixedColour) && n + 1 < n_pages) {
        // A scanner's own threshold lies high, so that thin strokes live.
        let threshold = random.whole(150, 185) as u8;
        desaturate(&mut page, |grey| if grey < threshold { 0 } else { 255 });
    } else if has(Spoiling::Grey) {
        desaturate(&mut page, |grey| grey);
    }
    // Of several pages only one was put in the wrong way: the same one for every page that asks.
    let turned = Random::for_purpose(seed, "turned page").bits() as usize % n_pages == n;
    let quarters = match (turned, has(Spoiling::Turned90), has(Spoiling::Turned180)) {
        (true, true, _) => 1,
        (true, false, true) => 2,
        _ => 0,
    };
    Scan { picture: page.turned(quarters), rotation_needed: (4 - u32::from(quarters)) % 4 * 90 }
}

/// Turns by `degrees` clockwise round the middle and shifts; uncovered paper stays white.
pub fn moved(page: &Picture, degrees: f32, shift: (f32, f32)) -> Picture {
    let (sine, cosine) = sine_cosine(degrees.to_radians());
    let (cx, cy) = (page.width as f32 / 2.0, page.height as f32 / 2.0);
    let mut next = Picture::white(page.width, page.height);
    let (last_x, last_y) = (page.width as i64 - 2, page.height as i64 - 2);
    for y in 0..page.height {
        let v = y as f32 - cy - shift.1;
        for x in 0..page.width {
            let u = x as f32 - cx - shift.0;
            let (from_x, from_y) = (cx + u * cosine + v * sine, cy - u * sine + v * cosine);
            let (left, top) = (from_x.floor() as i64, from_y.floor() as i64);
            if left < 0 || top < 0 || left > last_x || top > last_y {
                continue;
            }
            let start = (top as usize * page.width + left as usize) * 3;
            let to = (y * page.width + x) * 3;
            let (p, q) =
                (&page.rgb[start..start + 6], &page.rgb[start + page.width * 3..start + page.width * 3 + 6]);
            if p == [255; 6] && q == [255; 6] {
                continue;
            }
            let (fx, fy) = (from_x - left as f32, from_y - top as f32);
            for channel in 0..3 {
                let value = |slice: &[u8], at: usize| f32::from(slice[at]);
                let upper = value(p, channel) * (1.0 - fx) + value(p, channel + 3) * fx;
                let lower = value(q, channel) * (1.0 - fx) + value(q, channel + 3) * fx;
                next.rgb[to + channel] = (upper * (1.0 - fy) + lower * fy + 0.5) as u8;
            }
        }
    }
    next
}

/// Tints the sheet and lays a coarse and a fine grain over it.
fn texture(page: &mut Picture, dpi: u32, random: &mut Random) {
    let base = random.real(0.93, 0.98);
    let tint = [base + 0.012, base, base - random.real(0.0, 0.05)];
    grain(page, dpi, tint, random);
}

/// A coarse and a fine grain on a sheet of the given tint.
pub fn grain(page: &mut Picture, dpi: u32, tint: [f32; 3], random: &mut Random) {
    let cell = (dpi / 6).max(4) as usize;
    let columns = page.width / cell + 2;
    let coarse: Vec<f32> = (0..columns * (page.height / cell + 2)).map(|_| random.real(-2.5, 2.5)).collect();
    for y in 0..page.height {
        let (row, fy) = (y / cell, (y % cell) as f32 / cell as f32);
        let mut noise = 0;
        for x in 0..page.width {
            if x % 8 == 0 {
                noise = random.bits();
            }
            let (column, fx) = (x / cell, (x % cell) as f32 / cell as f32);
            let at = |r: usize, c: usize| coarse[r * columns + c];
            let upper = at(row, column) * (1.0 - fx) + at(row, column + 1) * fx;
            let lower = at(row + 1, column) * (1.0 - fx) + at(row + 1, column + 1) * fx;
            let fine = (noise & 7) as f32 - 3.5;
            noise >>= 8;
            let grain = upper * (1.0 - fy) + lower * fy + fine;
            let start = (y * page.width + x) * 3;
            for (channel, tint) in page.rgb[start..start + 3].iter_mut().zip(tint) {
                *channel = (f32::from(*channel) * tint + grain).clamp(0.0, 255.0) as u8;
            }
        }
    }
}

/// A slope of light across the page and a shadow at one edge.
fn uneven_light(page: &mut Picture, random: &mut Random) {
    let (slope_x, slope_y) = (random.real(-0.16, 0.16), random.real(-0.12, 0.12));
    let shadow = random.real(0.15, 0.4);
    let at_left = random.chance(0.5);
    for y in 0..page.height {
        let v = y as f32 / page.height as f32 - 0.5;
        for x in 0..page.width {
            let u = x as f32 / page.width as f32;
            let edge = if at_left { u } else { 1.0 - u };
            let near = (1.0 - edge / 0.14).max(0.0);
            let light = (0.93 + slope_x * (u - 0.5) + slope_y * v - shadow * near * near).min(1.0);
            let start = (y * page.width + x) * 3;
            for channel in &mut page.rgb[start..start + 3] {
                *channel = (f32::from(*channel) * light) as u8;
            }
        }
    }
}

/// Two running means along rows, then along columns.
pub fn blur(page: &mut Picture, radius: usize) {
    let (width, height) = (page.width, page.height);
    let window = (2 * radius + 1) as u32;
    let smooth = |rgb: &[u8], out: &mut [u8], start: usize, step: usize, n: usize| {
        for channel in 0..3 {
            let at = |i: usize| u32::from(rgb[start + i.min(n - 1) * step + channel]);
            let mut sum = at(0) * radius as u32 + (0..=radius).map(at).sum::<u32>();
            for i in 0..n {
                out[start + i * step + channel] = (sum / window) as u8;
                sum = sum + at(i + radius + 1) - at(i.saturating_sub(radius));
            }
        }
    };
    let mut other = page.rgb.clone();
    (0..height).for_each(|y| smooth(&page.rgb, &mut other, y * width * 3, 3, width));
    (0..width).for_each(|x| smooth(&other, &mut page.rgb, x * 3, width * 3, height));
}

/// Dark and light specks.
pub fn speckle(page: &mut Picture, dpi: u32, random: &mut Random) {
    let n_specks = random.whole(250, 700);
    for _ in 0..n_specks {
        let side = random.whole(1, (dpi / 90).max(1)) as usize;
        let x = random.whole(0, (page.width - side) as u32) as usize;
        let y = random.whole(0, (page.height - side) as u32) as usize;
        let value = if random.chance(0.8) { random.whole(30, 170) as u8 } else { 255 };
        for row in y..(y + side).min(page.height) {
            let start = (row * page.width + x) * 3;
            page.rgb[start..start + 3 * side.min(page.width - x)].fill(value);
        }
    }
}

/// Gives every pixel the grey that `value` makes of its brightness.
pub fn desaturate(page: &mut Picture, value: impl Fn(u8) -> u8) {
    for index in 0..page.width * page.height {
        let grey = value(page.grey(index));
        page.rgb[index * 3..index * 3 + 3].fill(grey);
    }
}
