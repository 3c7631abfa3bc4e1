//! Decoded pages: pixels, where they lie on the page, and the words that need no reading.
//!
//! Refuses to know what the words mean, and where the bytes came from.

use fast_image_resize::{
    FilterType, PixelTrait, ResizeAlg, ResizeOptions, Resizer,
    images::{TypedImage, TypedImageRef},
    pixels::{U8, U8x3},
};
use image::{DynamicImage, GrayImage, RgbImage};

use crate::domain::{
    page::{BoxMm, Colour},
    text::TextLine,
};

/// Pixels of a page, 8 bits, one or three channels.
#[derive(Debug, Clone)]
pub enum Picture {
    /// One channel.
    Grey(GrayImage),
    /// Three channels.
    Rgb(RgbImage),
}

impl Picture {
    /// Pixels across.
    pub fn width(&self) -> u32 {
        match self {
            Self::Grey(p) => p.width(),
            Self::Rgb(p) => p.width(),
        }
    }

    /// Pixels down.
    pub fn height(&self) -> u32 {
        match self {
            Self::Grey(p) => p.height(),
            Self::Rgb(p) => p.height(),
        }
    }

    /// Any decoded picture as 8 bits per channel, alpha laid over white.
    pub fn from_dynamic(image: DynamicImage) -> Self {
        match image {
            DynamicImage::ImageLuma8(p) => Self::Grey(p),
            DynamicImage::ImageRgb8(p) => Self::Rgb(p),
            DynamicImage::ImageLuma16(_) => Self::Grey(image.into_luma8()),
            DynamicImage::ImageLumaA8(_) | DynamicImage::ImageLumaA16(_) => {
                let with_alpha = image.into_luma_alpha8();
                let (w, h) = with_alpha.dimensions();
                let grey = with_alpha.pixels().map(|p| over_white(p.0[0], p.0[1])).collect();
                Self::Grey(GrayImage::from_raw(w, h, grey).expect("one byte per pixel was collected"))
            }
            other if other.color().has_alpha() => {
                let with_alpha = other.into_rgba8();
                let (w, h) = with_alpha.dimensions();
                let rgb =
                    with_alpha.pixels().flat_map(|p| [0, 1, 2].map(|i| over_white(p.0[i], p.0[3]))).collect();
                Self::Rgb(RgbImage::from_raw(w, h, rgb).expect("three bytes per pixel were collected"))
            }
            other => Self::Rgb(other.into_rgb8()),
        }
    }

    /// The channel in which red stamps vanish and black and blue ink stay dark.
    pub fn red_channel(&self) -> GrayImage {
        match self {
            Self::Grey(p) => p.clone(),
            Self::Rgb(p) => {
                let red = p.as_raw().chunks_exact(3).map(|c| c[0]).collect();
                GrayImage::from_raw(p.width(), p.height(), red).expect("one byte per pixel was collected")
            }
        }
    }

    /// A small copy in the same colours, `long_px` along its longer side.
    pub fn small(&self, long_px: u32) -> Self {
        let (w, h) = fit(self.width(), self.height(), long_px);
        match self {
            Self::Grey(p) => Self::Grey(resize_grey(p, w, h)),
            Self::Rgb(p) => Self::Rgb(resize_rgb(p, w, h)),
        }
    }

    /// In grey, so that a red stamp stays dark.
    pub fn ink(&self) -> GrayImage {
        match self {
            Self::Grey(p) => p.clone(),
            Self::Rgb(p) => {
                let grey = p.as_raw().chunks_exact(3).map(darkest_but_blue).collect();
                GrayImage::from_raw(p.width(), p.height(), grey).expect("one byte per pixel was collected")
            }
        }
    }

    /// The part of it inside a box of pixels, clipped to the picture.
    pub fn part(&self, left: u32, top: u32, width: u32, height: u32) -> Self {
        match self {
            Self::Grey(p) => Self::Grey(image::imageops::crop_imm(p, left, top, width, height).to_image()),
            Self::Rgb(p) => Self::Rgb(image::imageops::crop_imm(p, left, top, width, height).to_image()),
        }
    }

    /// A small grey copy, `long_px` along its longer side, in which a red stamp stays dark.
    pub fn small_grey(&self, long_px: u32) -> GrayImage {
        self.small(long_px).ink()
    }

    /// The colours of the scan, judged by its values and channels, not by its header.
    ///
    /// Black and white only is bilevel however it was coded; three channels are a colour scan even
    /// when nothing coloured stands on the page.
    pub fn colour(&self) -> Colour {
        let is_extreme = |v: &u8| *v <= 2 || *v >= 253;
        let step = |len: usize| (len / 400_000).max(1);
        match self {
            Self::Grey(p) => {
                let raw = p.as_raw();
                let all = raw.iter().step_by(step(raw.len())).all(is_extreme);
                if all { Colour::Bilevel } else { Colour::Grey }
            }
            Self::Rgb(p) => {
                let raw = p.as_raw();
                let mut sample = raw.chunks_exact(3).step_by(step(raw.len() / 3));
                let is_black_or_white = |c: &[u8]| c.iter().all(|v| *v <= 2) || c.iter().all(|v| *v >= 253);
                if sample.all(is_black_or_white) { Colour::Bilevel } else { Colour::Colour }
            }
        }
    }

    /// For an encoder, and for `image`'s own operations.
    pub fn into_dynamic(self) -> DynamicImage {
        match self {
            Self::Grey(p) => DynamicImage::ImageLuma8(p),
            Self::Rgb(p) => DynamicImage::ImageRgb8(p),
        }
    }
}

fn over_white(value: u8, alpha: u8) -> u8 {
    let mixed = u32::from(value) * u32::from(alpha) + 255 * (255 - u32::from(alpha));
    u8::try_from(mixed / 255).unwrap_or(255)
}

/// Mean of green and the darker of red and green: a red stamp and a blue pen both stay visible.
pub(crate) fn darkest_but_blue(c: &[u8]) -> u8 {
    let dark = c[0].min(c[1]);
    u8::try_from((u16::from(dark) + u16::from(c[1])) / 2).unwrap_or(255)
}

/// Width and height with the longer side brought down to `long_px`; never enlarged, never 0.
pub(crate) fn fit(width: u32, height: u32, long_px: u32) -> (u32, u32) {
    let long = width.max(height).max(1);
    if long <= long_px {
        return (width.max(1), height.max(1));
    }
    let scale = |v: u32| {
        let scaled = (u64::from(v) * u64::from(long_px) + u64::from(long) / 2) / u64::from(long);
        u32::try_from(scaled).unwrap_or(long_px).max(1)
    };
    (scale(width), scale(height))
}

/// Copy of a picture in another size; area-averaged when smaller.
pub fn resize_picture(image: DynamicImage, width: u32, height: u32) -> DynamicImage {
    if (image.width(), image.height()) == (width, height) {
        return image;
    }
    let scaled = match &image {
        DynamicImage::ImageLuma8(grey) => scaled::<U8>(grey.as_raw(), grey.dimensions(), (width, height))
            .and_then(|pixels| GrayImage::from_raw(width, height, pixels))
            .map(DynamicImage::ImageLuma8),
        DynamicImage::ImageRgb8(colour) => {
            scaled::<U8x3>(colour.as_raw(), colour.dimensions(), (width, height))
                .and_then(|pixels| RgbImage::from_raw(width, height, pixels))
                .map(DynamicImage::ImageRgb8)
        }
        _ => None,
    };
    // Pictures are grey or colour of eight bits by now; should another come, it is scaled slowly.
    scaled.unwrap_or_else(|| image.resize_exact(width, height, image::imageops::FilterType::Triangle))
}

/// By pixel type, so that only the two in use are compiled: all of them cost minutes.
fn scaled<P: PixelTrait>(pixels: &[u8], from: (u32, u32), to: (u32, u32)) -> Option<Vec<u8>> {
    let filter = if to.0 > from.0 { FilterType::CatmullRom } else { FilterType::Hamming };
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(filter));
    let source = TypedImageRef::<P>::from_buffer(from.0, from.1, pixels).ok()?;
    let n_bytes = (to.0 as usize).checked_mul(to.1 as usize)?.checked_mul(P::size())?;
    let mut scaled = vec![0; n_bytes];
    let mut target = TypedImage::<P>::from_buffer(to.0, to.1, &mut scaled).ok()?;
    Resizer::new().resize_typed(&source, &mut target, &options).ok()?;
    Some(scaled)
}

/// Copy of a grey picture in another size; area-averaged when smaller.
pub fn resize_grey(image: &GrayImage, width: u32, height: u32) -> GrayImage {
    if image.dimensions() == (width, height) {
        return image.clone();
    }
    scaled::<U8>(image.as_raw(), image.dimensions(), (width, height))
        .and_then(|pixels| GrayImage::from_raw(width, height, pixels))
        .unwrap_or_else(|| {
            resize_picture(DynamicImage::ImageLuma8(image.clone()), width, height).into_luma8()
        })
}

/// Copy of a colour picture in another size; area-averaged when smaller.
fn resize_rgb(image: &RgbImage, width: u32, height: u32) -> RgbImage {
    if image.dimensions() == (width, height) {
        return image.clone();
    }
    scaled::<U8x3>(image.as_raw(), image.dimensions(), (width, height))
        .and_then(|pixels| RgbImage::from_raw(width, height, pixels))
        .unwrap_or_else(|| resize_picture(DynamicImage::ImageRgb8(image.clone()), width, height).into_rgb8())
}

/// Where the pixels of a picture lie: millimetres per pixel, from the top-left corner of the page.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Frame {
    /// Width of one pixel, mm.
    pub mm_per_px_x: f32,
    /// Height of one pixel, mm.
    pub mm_per_px_y: f32,
}

impl Frame {
    /// The frame of a picture that fills a page of this size.
    pub fn of_page(width_mm: f32, height_mm: f32, width_px: u32, height_px: u32) -> Self {
        Self {
            mm_per_px_x: width_mm / width_px.max(1) as f32,
            mm_per_px_y: height_mm / height_px.max(1) as f32,
        }
    }

    /// A box in pixels (left, top, width, height) as millimetres.
    pub fn box_mm(&self, left: f32, top: f32, width: f32, height: f32) -> BoxMm {
        BoxMm {
            left: left * self.mm_per_px_x,
            top: top * self.mm_per_px_y,
            width: width * self.mm_per_px_x,
            height: height * self.mm_per_px_y,
        }
    }
}

/// A page as it came, decoded; nothing is turned or straightened yet.
#[derive(Debug, Clone)]
pub struct DecodedPage {
    /// Its pixels, filling the page.
    pub picture: Picture,
    /// Width as it came, mm.
    pub width_mm: f32,
    /// Height as it came, mm.
    pub height_mm: f32,
    /// Resolution of the scan; 0 for a page that is drawn.
    pub dpi: u32,
    /// Colours of the scan; those of a drawn page are a colour scan's.
    pub colour: Colour,
    /// Words that stand on the page as text. For a drawn page all of them, for a scan those that
    /// were laid over it (faces of signatures and form fields). In the frame of the page as it came.
    pub own_words: Vec<TextLine>,
    /// Whether `own_words` are all words of the page, so that nothing needs to be read.
    pub is_text_complete: bool,
    /// For a drawn page with text: degrees clockwise that bring its lines upright.
    pub text_rotation: Option<u16>,
    /// Something on the page could not be decoded: what is seen is not all of it.
    pub is_damaged: bool,
}

/// The size of a scanned picture on paper, from its pixels and what its header claims.
///
/// Headers lie: 72 and 96 dots per inch are what programs write when they do not know. Then a
/// picture in the proportions of A4 is taken as A4; any other is taken to fill A4 at most.
///
/// Answers width and height in millimetres and the resolution.
pub fn paper_size(width_px: u32, height_px: u32, claimed: Option<(f32, f32)>) -> (f32, f32, u32) {
    const MM_PER_INCH: f32 = 25.4;
    let (w, h) = (width_px.max(1) as f32, height_px.max(1) as f32);
    if let Some((x_dpi, y_dpi)) = claimed {
        let is_habit = [72.0, 96.0].iter().any(|d| (x_dpi - d).abs() < 0.6);
        let (w_mm, h_mm) = (w / x_dpi * MM_PER_INCH, h / y_dpi * MM_PER_INCH);
        let long = w_mm.max(h_mm);
        let is_plausible = (40.0..=620.0).contains(&long) && w_mm.min(h_mm) >= 15.0;
        if x_dpi.is_finite()
            && y_dpi.is_finite()
            && x_dpi >= 50.0
            && y_dpi >= 50.0
            && !is_habit
            && is_plausible
        {
            return (w_mm, h_mm, x_dpi.min(y_dpi).round() as u32);
        }
    }
    let (short_mm, long_mm) = (210.0, 297.0);
    let (box_w, box_h) = if w <= h { (short_mm, long_mm) } else { (long_mm, short_mm) };
    let px_per_mm = (w / box_w).max(h / box_h);
    let (w_mm, h_mm) = (w / px_per_mm, h / px_per_mm);
    // Within two percent of A4 the edges are the scanner's, not the paper's.
    let is_a4 = (w_mm / box_w) > 0.97 && (h_mm / box_h) > 0.97;
    let (w_mm, h_mm) = if is_a4 { (box_w, box_h) } else { (w_mm, h_mm) };
    let dpi = (w / w_mm).min(h / h_mm) * MM_PER_INCH;
    (w_mm, h_mm, dpi.round() as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_follow_honest_headers_and_mistrust_the_others() {
        let check = |px: (u32, u32), claimed: Option<f32>, expected: (f32, f32, u32)| {
            let (w, h, dpi) = paper_size(px.0, px.1, claimed.map(|d| (d, d)));
            assert!((w - expected.0).abs() < 0.6 && (h - expected.1).abs() < 0.6, "{px:?} {w} {h}");
            assert_eq!(dpi, expected.2, "{px:?}");
        };
        check((2480, 3508), Some(300.0), (210.0, 297.0, 300));
        check((1654, 2339), Some(72.0), (210.0, 297.0, 200));
        check((1654, 2339), None, (210.0, 297.0, 200));
        check((3508, 2480), Some(96.0), (297.0, 210.0, 300));
        check((1011, 638), Some(300.0), (85.6, 54.0, 300));
        check((4000, 3000), None, (280.0, 210.0, 363));
        check((2480, 3508), Some(0.0), (210.0, 297.0, 300));
        check((2480, 3508), Some(f32::NAN), (210.0, 297.0, 300));
    }

    #[test]
    fn colours_are_judged_by_values() {
        let grey = |v: u8| GrayImage::from_fn(40, 40, |x, _| image::Luma([if x < 20 { v } else { 255 }]));
        assert_eq!(Picture::Grey(grey(0)).colour(), Colour::Bilevel);
        assert_eq!(Picture::Grey(grey(90)).colour(), Colour::Grey);
        let rgb = |c: [u8; 3]| RgbImage::from_fn(40, 40, |x, _| image::Rgb(if x < 9 { c } else { [255; 3] }));
        assert_eq!(Picture::Rgb(rgb([0, 0, 0])).colour(), Colour::Bilevel);
        assert_eq!(Picture::Rgb(rgb([9, 9, 9])).colour(), Colour::Colour);
        assert_eq!(Picture::Rgb(rgb([200, 20, 30])).colour(), Colour::Colour);
    }

    #[test]
    fn a_size_is_never_zero() {
        assert_eq!(fit(60_000, 1, 1000), (1000, 1));
        assert_eq!(fit(0, 0, 1000), (1, 1));
        assert_eq!(fit(700, 900, 1000), (700, 900));
    }
}
