//! QR codes on the picture of a page: where they are, and what stands in them.
//!
//! Finder patterns are looked for first, on a few rows: a page without a code costs little. Each code
//! found is read on its own piece of the picture, in several ways, until one of them passes the code's
//! error correction. Everything is bounded: patterns, attempts, size of a piece, time. Knows nothing of
//! what the texts mean, and writes none of them anywhere.

mod finder;
mod grid;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    time::{Duration, Instant},
};

use image::{GrayImage, imageops};

use self::{
    finder::{Corners, corners},
    grid::Side,
};
use super::picture::resize_grey;

/// A code that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct QrCode {
    /// What stands in it, UTF-8.
    pub text: String,
    /// Left, top, width, height of the code on the picture, pixels.
    pub box_px: [f32; 4],
}

/// Most codes of one page.
const MOST_CODES: usize = 8;
/// Most places of one page that are tried.
const MOST_PLACES: usize = 600;
/// Most places that are read in vain.
const MOST_IN_VAIN: usize = 10;
/// Time for one page once something looks like a code.
const TIME: Duration = Duration::from_millis(400);
/// How ill-formed three patterns without dots between them may be.
const WELL_FORMED: f32 = 0.3;
/// Longest side of a piece that is tried, pixels.
const LARGEST_PIECE: u32 = 1_600;

/// All codes that can be read on `picture`, whichever way it is turned; none twice.
pub fn read_codes(picture: &GrayImage) -> Vec<QrCode> {
    let mut places: Vec<(Vec<Side>, Corners)> = corners(picture)
        .into_iter()
        .take(MOST_PLACES)
        .map(|place| (grid::likely_sides(picture, &place), place))
        .collect();
    // Dots in turn between the patterns make a code likely; a photographed one may not show them.
    places.sort_by(|a, b| {
        let (a, b) = (a.0.first().map_or(0.0, |s| s.timing), b.0.first().map_or(0.0, |s| s.timing));
        b.total_cmp(&a)
    });
    let began = Instant::now();
    let mut found: Vec<QrCode> = Vec::new();
    let mut n_vain = 0;
    for (sides, place) in &places {
        if found.len() >= MOST_CODES || n_vain >= MOST_IN_VAIN || began.elapsed() > TIME {
            break;
        }
        // Within a code that was read, much looks like corners of another.
        let is_known = |code: &QrCode| place.points().into_iter().any(|point| holds(code.box_px, point));
        if found.iter().any(is_known) {
            continue;
        }
        match read_at(picture, place, sides, began) {
            Some(text) if found.iter().all(|code| code.text != text) => {
                found.push(QrCode { text, box_px: place.bounds() });
            }
            Some(_) => {}
            None => n_vain += 1,
        }
    }
    found
}

fn holds([left, top, width, height]: [f32; 4], (x, y): (f32, f32)) -> bool {
    (left..=left + width).contains(&x) && (top..=top + height).contains(&y)
}

/// The text of the code at `place`: first by sampling its modules where the three patterns say they
/// lie, then by looking for them anew on the piece, which also bends with the paper.
fn read_at(picture: &GrayImage, place: &Corners, sides: &[Side], began: Instant) -> Option<String> {
    let sampled = sides.iter().flat_map(|side| grid::sampled(picture, place, side)).find_map(text_of);
    if sampled.is_some() {
        return sampled;
    }
    let looks = match (sides.is_empty(), place.fault < WELL_FORMED) {
        (false, _) => 4,
        (true, true) => 1,
        (true, false) => return None,
    };
    let piece = Piece::around(picture, place)?;
    for (scale, soften) in &piece.looks()[..looks] {
        if began.elapsed() > TIME {
            return None;
        }
        let grey = piece.scaled(*scale);
        let grey = if *soften { imageops::fast_blur(&grey, 0.8) } else { grey };
        if let Some(text) = detected(&grey) {
            return Some(text);
        }
    }
    None
}

/// The part of the picture around a code, with the white that belongs to it.
struct Piece {
    grey: GrayImage,
    /// Pixels of one module.
    module: f32,
}

impl Piece {
    fn around(picture: &GrayImage, place: &Corners) -> Option<Self> {
        let [left, top, width, height] = place.bounds();
        let margin = place.module * 5.0;
        let (w, h) = (picture.width() as f32, picture.height() as f32);
        let (x0, y0) = ((left - margin).clamp(0.0, w - 1.0), (top - margin).clamp(0.0, h - 1.0));
        let (x1, y1) = ((left + width + margin).clamp(0.0, w), (top + height + margin).clamp(0.0, h));
        let (wide, high) = ((x1 - x0) as u32, (y1 - y0) as u32);
        if wide < 20 || high < 20 {
            return None;
        }
        let grey = imageops::crop_imm(picture, x0 as u32, y0 as u32, wide, high).to_image();
        Some(Self { grey, module: place.module })
    }

    /// Scales to try, and whether to soften: about five pixels a module is what decoders like.
    fn looks(&self) -> [(f32, bool); 4] {
        let good = 5.0 / self.module;
        [(good, false), (good, true), (good * 0.7, false), (good * 1.6, false)]
    }

    fn scaled(&self, scale: f32) -> GrayImage {
        let (w, h) = (self.grey.width() as f32, self.grey.height() as f32);
        let most = LARGEST_PIECE as f32 / w.max(h);
        let scale = scale.min(most);
        resize_grey(&self.grey, ((w * scale) as u32).max(20), ((h * scale) as u32).max(20))
    }
}

/// What the decoder finds on a piece by itself. A decoder that falls over has found nothing.
fn detected(grey: &GrayImage) -> Option<String> {
    let (w, h) = (grey.width() as usize, grey.height() as usize);
    let raw = grey.as_raw();
    let look = || {
        let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(w, h, |x, y| raw[y * w + x]);
        prepared.detect_grids().into_iter().take(MOST_CODES).find_map(|found| {
            let mut bytes = Vec::new();
            found.decode_to(&mut bytes).ok()?;
            clean(bytes)
        })
    };
    catch_unwind(AssertUnwindSafe(look)).ok().flatten()
}

/// The text of modules that were sampled.
fn text_of(modules: rqrr::SimpleGrid) -> Option<String> {
    let look = || {
        let mut bytes = Vec::new();
        rqrr::Grid::new(modules).decode_to(&mut bytes).ok()?;
        clean(bytes)
    };
    catch_unwind(AssertUnwindSafe(look)).ok().flatten()
}

/// UTF-8 and not empty; anything else is none of the codes that are looked for.
fn clean(bytes: Vec<u8>) -> Option<String> {
    String::from_utf8(bytes).ok().filter(|text| !text.is_empty())
}

/// The codes of a picture that was turned clockwise by `degrees` before they were looked for.
pub fn turned_box([left, top, width, height]: [f32; 4], size: (u32, u32), degrees: u16) -> [f32; 4] {
    let (w, h) = (size.0 as f32, size.1 as f32);
    match degrees {
        90 => [h - top - height, left, height, width],
        180 => [w - left - width, h - top - height, width, height],
        270 => [top, w - left - width, height, width],
        _ => [left, top, width, height],
    }
}

#[cfg(test)]
pub(crate) mod testing {
    //! Codes drawn and then treated as a printer, a scanner or a telephone would.

    use image::{GrayImage, Luma};
    use qrcodegen::{QrCode, QrCodeEcc, QrSegment, Version};

    /// A code of `text` at least of `version`, white round it, `module` pixels a module.
    pub(crate) fn drawn(text: &str, version: u8, module: f32) -> GrayImage {
        let segment = QrSegment::make_bytes(text.as_bytes());
        let (low, high) = (Version::new(version), Version::MAX);
        let code =
            QrCode::encode_segments_advanced(&[segment], QrCodeEcc::Medium, low, high, None, false).unwrap();
        let n = code.size() as f32;
        let side = ((n + 12.0) * module).ceil() as u32;
        // Each pixel is the mean of what lies under it, as on a scanner.
        GrayImage::from_fn(side, side, |x, y| {
            let mut ink = 0;
            for (dx, dy) in (0..16).map(|i| (i % 4, i / 4)) {
                let at = |p: u32, d: u32| ((p as f32 + (d as f32 + 0.5) / 4.0) / module - 6.0).floor() as i32;
                ink += u16::from(code.get_module(at(x, dx), at(y, dy)));
            }
            Luma([235 - u8::try_from(ink * 205 / 16).unwrap()])
        })
    }

    /// Noise from a seed, `amount` grey levels either way.
    pub(crate) fn noisy(mut picture: GrayImage, amount: i16, mut seed: u32) -> GrayImage {
        for pixel in picture.iter_mut() {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let noise = (seed >> 16) as i16 % (2 * amount + 1) - amount;
            *pixel = (i16::from(*pixel) + noise).clamp(0, 255) as u8;
        }
        picture
    }

    pub(crate) fn bilevel(mut picture: GrayImage) -> GrayImage {
        picture.iter_mut().for_each(|p| *p = if *p < 128 { 0 } else { 255 });
        picture
    }

    /// The picture laid on a page, turned by `degrees` about its middle.
    pub(crate) fn on_page(code: &GrayImage, page: (u32, u32), at: (u32, u32), degrees: f32) -> GrayImage {
        let (sin, cos) = degrees.to_radians().sin_cos();
        let (mx, my) = (code.width() as f32 / 2.0, code.height() as f32 / 2.0);
        GrayImage::from_fn(page.0, page.1, |x, y| {
            let (dx, dy) = (x as f32 - at.0 as f32, y as f32 - at.1 as f32);
            let (sx, sy) = (mx + dx * cos + dy * sin, my - dx * sin + dy * cos);
            if sx < 0.0 || sy < 0.0 || sx >= code.width() as f32 - 1.0 || sy >= code.height() as f32 - 1.0 {
                return Luma([235]);
            }
            let (ix, iy, fx, fy) = (sx as u32, sy as u32, sx.fract(), sy.fract());
            let p = |x: u32, y: u32| f32::from(code.get_pixel(x, y).0[0]);
            let upper = p(ix, iy) * (1.0 - fx) + p(ix + 1, iy) * fx;
            let lower = p(ix, iy + 1) * (1.0 - fx) + p(ix + 1, iy + 1) * fx;
            Luma([(upper * (1.0 - fy) + lower * fy) as u8])
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{testing::*, *};

    const CARD: &str = "001085012345|012345678|Nguyễn Văn Mẫu|05061985|Nam|Thôn Thử Nghiệm, Xã Bảo Ái, Huyện Yên Bình, Tỉnh Yên Bái|01022022";

    fn check(page: &GrayImage, expected: &str, what: &str) {
        let found = read_codes(page);
        let texts: Vec<&str> = found.iter().map(|c| c.text.as_str()).collect();
        assert_eq!(texts, [expected], "{what}");
    }

    /// At 300 dpi, 14 mm with 61 modules are 2.7 pixels a module; 12 mm are 2.3.
    #[test]
    fn the_small_code_of_a_card_is_read_at_300_dpi() {
        for (module, degrees) in [
            (2.7, 0.0),
            (2.7, 1.3),
            (2.7, 90.0),
            (2.7, 178.0),
            (2.3, 0.0),
            (2.3, -2.0),
            (3.9, 37.0),
            (5.4, 270.0),
        ] {
            let code = drawn(CARD, 11, module);
            let page = noisy(on_page(&code, (900, 700), (520, 330), degrees), 12, 7);
            check(&page, CARD, &format!("{module} px a module, {degrees}°"));
        }
    }

    #[test]
    fn large_codes_are_read_coarse_and_black_and_white() {
        let text = "SOHOA1|0193a5b2-7c11-7d00-8e21-0123456789ab|01|3|abcdef";
        for (module, degrees, is_bilevel) in
            [(10.0, 0.0, true), (10.0, 2.5, true), (14.0, 181.0, false), (24.0, 1.0, true)]
        {
            let page = noisy(on_page(&drawn(text, 5, module), (1654, 2339), (800, 900), degrees), 30, 3);
            let page = if is_bilevel { bilevel(page) } else { page };
            check(&page, text, &format!("{module} px a module, {degrees}°"));
        }
    }

    #[test]
    fn a_page_holds_several_codes_and_their_places() {
        let mut page = GrayImage::from_pixel(1400, 900, image::Luma([240]));
        image::imageops::overlay(&mut page, &drawn("một", 2, 4.0), 80, 60);
        image::imageops::overlay(&mut page, &drawn(CARD, 9, 3.0), 900, 500);
        let mut found = read_codes(&page);
        found.sort_by(|a, b| a.box_px[0].total_cmp(&b.box_px[0]));
        assert_eq!(found.iter().map(|c| c.text.as_str()).collect::<Vec<_>>(), ["một", CARD]);
        // 25 modules of 4 px, behind 6 white ones.
        for (seen, expected) in found[0].box_px.iter().zip([104.0, 84.0, 100.0, 100.0]) {
            assert!((seen - expected).abs() < 5.0, "{:?}", found[0].box_px);
        }
    }

    #[test]
    fn nothing_is_found_where_nothing_is() {
        for page in [
            GrayImage::new(1, 1),
            GrayImage::from_pixel(3000, 2, image::Luma([0])),
            GrayImage::from_pixel(700, 700, image::Luma([255])),
            noisy(GrayImage::from_pixel(700, 700, image::Luma([128])), 127, 1),
            GrayImage::from_fn(700, 700, |x, y| {
                image::Luma([if (x / 6 + y / 6) % 2 == 0 { 0 } else { 255 }])
            }),
        ] {
            assert_eq!(read_codes(&page), []);
        }
    }

    #[test]
    fn a_code_cut_in_half_is_not_read() {
        let code = drawn(CARD, 11, 4.0);
        let half = imageops::crop_imm(&code, 0, 0, code.width(), code.height() * 3 / 4).to_image();
        assert_eq!(read_codes(&half), []);
    }

    #[test]
    fn boxes_turn_with_the_picture() {
        let b = [10.0, 20.0, 30.0, 5.0];
        let there = turned_box(b, (210, 297), 90);
        assert_eq!(there, [272.0, 10.0, 5.0, 30.0]);
        assert_eq!(turned_box(there, (297, 210), 270), b);
        assert_eq!(turned_box(turned_box(b, (210, 297), 180), (210, 297), 180), b);
    }
}
