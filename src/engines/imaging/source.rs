//! One page of what was handed in, undecoded: what composing and rasterising start from.

use image::DynamicImage;

/// What stands on the page, as it came.
pub enum PageMedia<'a> {
    /// A page of a PDF, as a viewer shows it: its own `/Rotate` and `/CropBox` are obeyed before
    /// anything is said of its size or turned.
    Pdf {
        /// The PDF.
        pdf: &'a hayro_syntax::Pdf,
        /// The page, from 0.
        index: usize,
    },
    /// A JPEG file, whole; its pixels as they are stored (an orientation in Exif is not obeyed by
    /// viewers of the composed PDF, so it belongs into the rotation of the page).
    Jpeg {
        /// Its bytes, as they came.
        bytes: &'a [u8],
        /// Pixels across.
        width_px: u32,
        /// Pixels down.
        height_px: u32,
        /// 1 (grey), 3 (YCbCr or RGB) or 4 (CMYK) channels.
        channels: u8,
    },
    /// A picture of another format, without loss; decoded when its turn comes, so that one is in
    /// memory at a time.
    Lossless {
        /// The whole file where it is a PNG: a PDF may take its data as they are.
        png: Option<&'a [u8]>,
        /// Gives the pixels; `None` where they cannot be decoded.
        decode: Box<dyn Fn() -> Option<Pixels> + 'a>,
    },
}

/// A decoded page.
pub struct Pixels {
    /// `ImageLuma8` or `ImageRgb8`.
    pub image: DynamicImage,
    /// Whether all pixels are black or white.
    pub is_bilevel: bool,
}

/// A page with its size before it is turned upright, in millimetres.
pub struct PageSource<'a> {
    /// What stands on it.
    pub media: PageMedia<'a>,
    /// Width before turning.
    pub width_mm: f32,
    /// Height before turning.
    pub height_mm: f32,
}
