//! JPEG and PNG files: sizes and claims from their headers, whole files told from cut ones, pixels.
//!
//! Headers are read without decoding, so that a hostile size costs nothing.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, ImageReader, Limits};

use super::fault::ReadError;

/// What the header of a picture file says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Header {
    pub width_px: u32,
    pub height_px: u32,
    /// Channels, for a JPEG: 1, 3 or 4.
    pub channels: u8,
    /// Dots per inch across and down, where claimed.
    pub claimed_dpi: Option<(f32, f32)>,
}

pub(crate) fn is_jpeg(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xFF, 0xD8, 0xFF])
}

pub(crate) fn is_png(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x89PNG\r\n\x1a\n")
}

/// Reads the markers of a JPEG up to its scan.
pub(crate) fn jpeg_header(bytes: &[u8]) -> Result<Header, ReadError> {
    let mut at = 2usize;
    let mut claimed_dpi = None;
    loop {
        while bytes.get(at) == Some(&0xFF) && bytes.get(at + 1) == Some(&0xFF) {
            at += 1;
        }
        let (Some(0xFF), Some(&marker)) = (bytes.get(at), bytes.get(at + 1)) else {
            return Err(if at >= bytes.len() { ReadError::Truncated } else { ReadError::Damaged });
        };
        if marker == 0x01 || (0xD0..=0xD8).contains(&marker) {
            at += 2;
            continue;
        }
        let length = usize::from(be16(bytes, at + 2).ok_or(ReadError::Truncated)?);
        let body = bytes.get(at + 4..at + 2 + length.max(2)).ok_or(ReadError::Truncated)?;
        match marker {
            0xE0 if body.starts_with(b"JFIF\0") => claimed_dpi = jfif_dpi(body),
            0xC0..=0xCF if !matches!(marker, 0xC4 | 0xC8 | 0xCC) => {
                let (Some(h), Some(w), Some(n)) = (be16(body, 1), be16(body, 3), body.get(5)) else {
                    return Err(ReadError::Damaged);
                };
                if w == 0 || h == 0 || !matches!(n, 1 | 3 | 4) {
                    return Err(ReadError::Damaged);
                }
                return Ok(Header {
                    width_px: u32::from(w),
                    height_px: u32::from(h),
                    channels: *n,
                    claimed_dpi,
                });
            }
            0xD9 | 0xDA => return Err(ReadError::Damaged),
            _ => {}
        }
        at += 2 + length.max(2);
    }
}

fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]))
}

fn jfif_dpi(body: &[u8]) -> Option<(f32, f32)> {
    let per_inch = match body.get(7)? {
        1 => 1.0,
        2 => 2.54,
        _ => return None,
    };
    let (x, y) = (be16(body, 8)?, be16(body, 10)?);
    (x > 0 && y > 0).then(|| (f32::from(x) * per_inch, f32::from(y) * per_inch))
}

/// Whether a JPEG has its end: decoders fill what is missing with grey, in silence.
pub(crate) fn jpeg_is_whole(bytes: &[u8]) -> bool {
    // Some writers pad; an end marker followed by anything but zeros and line ends is inside the data.
    let end = bytes.iter().rposition(|b| !matches!(b, 0x00 | b'\r' | b'\n' | b' ')).map_or(0, |i| i + 1);
    if bytes[..end].ends_with(&[0xFF, 0xD9]) {
        return true;
    }
    // Or a device appended its own data (a thumbnail, a depth map) behind a whole picture.
    let tail = &bytes[bytes.len().saturating_sub(4 << 20)..];
    tail.windows(4).any(|w| w[..2] == [0xFF, 0xD9] && (w[2..] == [0xFF, 0xD8] || w[2..] == *b"MP"))
}

/// Reads the chunks of a PNG up to its pixels.
pub(crate) fn png_header(bytes: &[u8]) -> Result<Header, ReadError> {
    let be32 = |at: usize| {
        let four: [u8; 4] = bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(u32::from_be_bytes(four))
    };
    if bytes.get(12..16) != Some(b"IHDR") {
        return Err(if bytes.len() < 33 { ReadError::Truncated } else { ReadError::Damaged });
    }
    let (width_px, height_px) = (be32(16), be32(20));
    let (Some(width_px @ 1..), Some(height_px @ 1..)) = (width_px, height_px) else {
        return Err(ReadError::Damaged);
    };
    let channels = if matches!(bytes.get(25), Some(0 | 4)) { 1 } else { 3 };
    let mut claimed_dpi = None;
    let mut at = 8usize;
    for _ in 0..64 {
        let (Some(length), Some(kind)) = (be32(at), bytes.get(at + 4..at + 8)) else { break };
        if kind == b"IDAT" {
            break;
        }
        if kind == b"pHYs" && bytes.get(at + 16) == Some(&1) {
            let per_inch = |v: Option<u32>| v.map(|v| v as f32 * 0.0254).filter(|v| *v > 0.0);
            claimed_dpi = per_inch(be32(at + 8)).zip(per_inch(be32(at + 12)));
        }
        let Some(next) = at.checked_add(12).and_then(|a| a.checked_add(length as usize)) else { break };
        at = next;
    }
    Ok(Header { width_px, height_px, channels, claimed_dpi })
}

/// Whether a PNG has its last chunk.
pub(crate) fn png_is_whole(bytes: &[u8]) -> bool {
    bytes[bytes.len().saturating_sub(1024)..].windows(4).any(|w| w == b"IEND")
}

/// Decodes a whole file; its size has been checked before.
pub(crate) fn decode(
    bytes: &[u8],
    format: ImageFormat,
    max_pixels: u64,
    page: u32,
) -> Result<DynamicImage, ReadError> {
    let mut limits = Limits::default();
    limits.max_alloc = Some(max_pixels.saturating_mul(12).max(64 << 20));
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    reader.decode().map_err(|e| match e {
        image::ImageError::Unsupported(_) => ReadError::UnsupportedPage { page },
        image::ImageError::Limits(_) => ReadError::OutOfMemory,
        _ => ReadError::DamagedPage { page },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) fn jpeg(w: u32, h: u32) -> Vec<u8> {
        let mut bytes = Vec::new();
        let picture = image::RgbImage::from_pixel(w, h, image::Rgb([200, 180, 30]));
        picture.write_to(&mut Cursor::new(&mut bytes), ImageFormat::Jpeg).unwrap();
        bytes
    }

    #[test]
    fn headers_are_read_without_decoding() {
        let header = jpeg_header(&jpeg(40, 30)).unwrap();
        assert_eq!((header.width_px, header.height_px, header.channels), (40, 30, 3));
        let mut png = Vec::new();
        image::GrayImage::new(7, 9).write_to(&mut Cursor::new(&mut png), ImageFormat::Png).unwrap();
        let header = png_header(&png).unwrap();
        assert_eq!((header.width_px, header.height_px, header.channels), (7, 9, 1));
        assert!(png_is_whole(&png) && !png_is_whole(&png[..png.len() - 13]));
    }

    #[test]
    fn a_cut_jpeg_is_told_at_every_length() {
        let whole = jpeg(64, 64);
        assert!(jpeg_is_whole(&whole));
        assert!(jpeg_is_whole(&[whole.as_slice(), &[0, 0, b'\n']].concat()));
        for cut in 4..whole.len() {
            let cut = &whole[..cut];
            assert!(jpeg_header(cut).is_err() || !jpeg_is_whole(cut), "{}", cut.len());
        }
    }

    #[test]
    fn mutated_headers_never_panic() {
        let whole = jpeg(32, 32);
        let mut state = 7u32;
        for _ in 0..3000 {
            let mut bytes = whole.clone();
            for _ in 0..4 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let at = (state >> 8) as usize % bytes.len();
                bytes[at] = (state & 0xFF) as u8;
            }
            let _ = jpeg_header(&bytes);
            let _ = png_header(&bytes);
            let _ = jpeg_is_whole(&bytes);
        }
    }
}
