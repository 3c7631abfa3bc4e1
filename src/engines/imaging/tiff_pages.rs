//! TIFF pages one by one: bilevel, grey, palette and colour, in either byte order and polarity.
//!
//! The directories are walked once, with a bound and a guard against cycles, before any pixel is decoded.

use std::io::{self, Cursor, Read, Seek, SeekFrom};

use image::{DynamicImage, GrayImage, RgbImage};
use tiff::{
    ColorType, TiffError,
    decoder::{Decoder, DecodingResult, Limits, ifd::Value},
    tags::Tag,
};

use super::{fault::ReadError, raster::Header};

pub(crate) fn is_tiff(bytes: &[u8]) -> bool {
    [&b"II*\0"[..], b"MM\0*", b"II+\0", b"MM\0+"].iter().any(|magic| bytes.starts_with(magic))
}

fn limits(max_pixels: u64) -> Limits {
    let bytes = usize::try_from(max_pixels.saturating_mul(4)).unwrap_or(usize::MAX);
    let mut limits = Limits::default();
    limits.decoding_buffer_size = bytes;
    limits.intermediate_buffer_size = bytes;
    limits.ifd_value_size = 8 << 20;
    limits
}

fn open<R: Read + Seek>(from: R, max_pixels: u64) -> Result<Decoder<R>, ReadError> {
    match Decoder::new(from) {
        Ok(decoder) => Ok(decoder.with_limits(limits(max_pixels))),
        Err(e) => Err(fault(&e)),
    }
}

fn fault(error: &TiffError) -> ReadError {
    match error {
        TiffError::IoError(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => ReadError::Truncated,
        TiffError::LimitsExceeded => ReadError::OutOfMemory,
        _ => ReadError::Damaged,
    }
}

/// A TIFF whose chain of directories begins at one of them: walking to each page from the first would
/// make the time grow with the square of their number.
struct StartingAt<'b> {
    bytes: &'b [u8],
    head: Vec<u8>,
    at: u64,
}

impl<'b> StartingAt<'b> {
    fn new(bytes: &'b [u8], directory: u64) -> Option<Self> {
        let is_little = bytes.starts_with(b"II");
        let is_big = matches!(bytes.get(2..4)?, b"+\0" | b"\0+");
        let offset = if is_big {
            if is_little { directory.to_le_bytes() } else { directory.to_be_bytes() }.to_vec()
        } else {
            let directory = u32::try_from(directory).ok()?;
            if is_little { directory.to_le_bytes() } else { directory.to_be_bytes() }.to_vec()
        };
        let place = offset.len()..2 * offset.len();
        let mut head = bytes.get(..place.end)?.to_vec();
        head[place].copy_from_slice(&offset);
        Some(Self { bytes, head, at: 0 })
    }
}

impl Read for StartingAt<'_> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let at = usize::try_from(self.at).unwrap_or(usize::MAX);
        let source = if at < self.head.len() { self.head.as_slice() } else { self.bytes };
        let n = source.get(at..).unwrap_or_default().read(to)?;
        self.at += n as u64;
        Ok(n)
    }
}

impl Seek for StartingAt<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let (from, by) = match to {
            SeekFrom::Start(at) => (at, 0),
            SeekFrom::End(by) => (self.bytes.len() as u64, by),
            SeekFrom::Current(by) => (self.at, by),
        };
        self.at = from.checked_add_signed(by).ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

/// The headers of all pages, in order, each with the place of its directory.
///
/// # Errors
/// A broken or cyclic chain of directories is [`ReadError::Damaged`], never fewer pages.
pub(crate) fn headers(
    bytes: &[u8],
    max_pixels: u64,
    max_pages: u32,
) -> Result<Vec<(u64, Header)>, ReadError> {
    let mut decoder = open(Cursor::new(bytes), max_pixels)?;
    let mut found = Vec::new();
    loop {
        let directory = decoder.ifd_pointer().ok_or(ReadError::Damaged)?.0;
        found.push((directory, header(&mut decoder)?));
        if !decoder.more_images() {
            return Ok(found);
        }
        if found.len() >= max_pages as usize {
            let found = u32::try_from(found.len()).unwrap_or(u32::MAX).saturating_add(1);
            return Err(ReadError::TooManyPages { found, limit: max_pages });
        }
        decoder.next_image().map_err(|e| fault(&e))?;
    }
}

fn header<R: Read + Seek>(decoder: &mut Decoder<R>) -> Result<Header, ReadError> {
    let (width_px, height_px) = decoder.dimensions().map_err(|e| fault(&e))?;
    if width_px == 0 || height_px == 0 {
        return Err(ReadError::Damaged);
    }
    let per_inch = match decoder.find_tag_unsigned::<u16>(Tag::ResolutionUnit).ok().flatten().unwrap_or(2) {
        2 => Some(1.0),
        3 => Some(2.54),
        _ => None,
    };
    let mut resolution = |tag| {
        let dots = match decoder.find_tag(tag).ok().flatten()? {
            Value::Rational(dots, per) => f64::from(dots) / f64::from(per),
            Value::Float(dots) => f64::from(dots),
            Value::Double(dots) => dots,
            Value::Short(dots) => f64::from(dots),
            Value::Unsigned(dots) => f64::from(dots),
            _ => return None,
        };
        (dots.is_finite() && dots > 0.0).then_some(dots)
    };
    let (x, y) = (resolution(Tag::XResolution), resolution(Tag::YResolution));
    let claimed_dpi =
        per_inch.zip(x.zip(y)).map(|(per_inch, (x, y))| ((x * per_inch) as f32, (y * per_inch) as f32));
    Ok(Header { width_px, height_px, channels: 0, claimed_dpi })
}

/// Decodes the page of one directory; `page` is its position in the paper for messages.
pub(crate) fn decode(
    bytes: &[u8],
    directory: u64,
    max_pixels: u64,
    page: u32,
) -> Result<DynamicImage, ReadError> {
    let of_page = |e: TiffError| match e {
        TiffError::LimitsExceeded => ReadError::OutOfMemory,
        TiffError::UnsupportedError(_) => ReadError::UnsupportedPage { page },
        _ => ReadError::DamagedPage { page },
    };
    let from = StartingAt::new(bytes, directory).ok_or(ReadError::DamagedPage { page })?;
    let mut decoder = open(from, max_pixels)?;
    let (w, h) = decoder.dimensions().map_err(of_page)?;
    let colour = decoder.colortype().map_err(of_page)?;
    let palette = match colour {
        ColorType::Palette(_) => Some(decoder.get_tag_u16_vec(Tag::ColorMap).map_err(of_page)?),
        _ => None,
    };
    let samples = match decoder.read_image().map_err(of_page)? {
        DecodingResult::U8(v) => v,
        DecodingResult::U16(v) => v.into_iter().map(|s| (s >> 8) as u8).collect(),
        _ => return Err(ReadError::UnsupportedPage { page }),
    };
    to_picture(w, h, colour, samples, palette.as_deref()).ok_or(ReadError::UnsupportedPage { page })
}

fn to_picture(
    w: u32,
    h: u32,
    colour: ColorType,
    samples: Vec<u8>,
    palette: Option<&[u16]>,
) -> Option<DynamicImage> {
    let n_pixels = (w as usize).checked_mul(h as usize)?;
    let grey = |v: Vec<u8>| GrayImage::from_raw(w, h, v).map(DynamicImage::ImageLuma8);
    let rgb = |v: Vec<u8>| RgbImage::from_raw(w, h, v).map(DynamicImage::ImageRgb8);
    match colour {
        ColorType::Gray(bits @ (1 | 2 | 4)) => {
            let top = (1u16 << bits) - 1;
            grey(
                unpack(&samples, w, h, bits)?.into_iter().map(|v| (u16::from(v) * 255 / top) as u8).collect(),
            )
        }
        ColorType::Gray(_) => grey(samples),
        ColorType::GrayA(_) => grey(samples.chunks_exact(2).map(|c| over_white(c[0], c[1])).collect()),
        ColorType::RGB(_) => rgb(samples),
        ColorType::RGBA(_) => {
            rgb(samples.chunks_exact(4).flat_map(|c| [0, 1, 2].map(|i| over_white(c[i], c[3]))).collect())
        }
        ColorType::YCbCr(_) => rgb(samples.chunks_exact(3).flat_map(ycbcr_to_rgb).collect()),
        ColorType::CMYK(_) => rgb(samples.chunks_exact(4).flat_map(cmyk_to_rgb).collect()),
        ColorType::Palette(bits) => {
            let map = palette?;
            let n = map.len() / 3;
            let index = if bits < 8 { unpack(&samples, w, h, bits)? } else { samples };
            let pick =
                |i: u8, channel: usize| map.get(channel * n + usize::from(i)).map_or(255, |v| (v >> 8) as u8);
            let is_grey = (0..n).all(|i| map[i] == map[n + i] && map[i] == map[2 * n + i]);
            if is_grey {
                grey(index.into_iter().take(n_pixels).map(|i| pick(i, 0)).collect())
            } else {
                rgb(index.into_iter().take(n_pixels).flat_map(|i| [0, 1, 2].map(|c| pick(i, c))).collect())
            }
        }
        _ => None,
    }
}

/// Samples of 1, 2 or 4 bits, rows padded to whole bytes, one byte each.
fn unpack(packed: &[u8], w: u32, h: u32, bits: u8) -> Option<Vec<u8>> {
    let (w, h, bits) = (w as usize, h as usize, usize::from(bits));
    let stride = w.checked_mul(bits)?.div_ceil(8);
    if packed.len() < stride.checked_mul(h)? {
        return None;
    }
    let mask = (1u8 << bits) - 1;
    let mut out = Vec::with_capacity(w * h);
    for row in packed.chunks_exact(stride).take(h) {
        for x in 0..w {
            let shift = 8 - bits - (x * bits) % 8;
            out.push((row[x * bits / 8] >> shift) & mask);
        }
    }
    Some(out)
}

fn over_white(value: u8, alpha: u8) -> u8 {
    ((u32::from(value) * u32::from(alpha) + 255 * (255 - u32::from(alpha))) / 255) as u8
}

fn ycbcr_to_rgb(c: &[u8]) -> [u8; 3] {
    let (y, cb, cr) = (f32::from(c[0]), f32::from(c[1]) - 128.0, f32::from(c[2]) - 128.0);
    [y + 1.402 * cr, y - 0.344_14 * cb - 0.714_14 * cr, y + 1.772 * cb].map(|v| v.round() as u8)
}

fn cmyk_to_rgb(c: &[u8]) -> [u8; 3] {
    [0, 1, 2].map(|i| ((255 - u32::from(c[i])) * (255 - u32::from(c[3])) / 255) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A little-endian TIFF of `pages` 8 × 2 bilevel pages; `cyclic` closes the chain upon itself.
    pub(crate) fn bilevel_tiff(pages: u32, photometric: u16, cyclic: bool) -> Vec<u8> {
        let mut bytes = b"II*\0".to_vec();
        bytes.extend(8u32.to_le_bytes());
        for page in 0..pages {
            let start = bytes.len() as u32;
            let entries: [(u16, u16, u32); 8] = [
                (256, 4, 8),
                (257, 4, 2),
                (258, 3, 1),
                (259, 3, 1),
                (262, 3, u32::from(photometric)),
                (273, 4, start + 2 + 8 * 12 + 4),
                (278, 4, 2),
                (279, 4, 2),
            ];
            bytes.extend((entries.len() as u16).to_le_bytes());
            for (tag, kind, value) in entries {
                bytes.extend(tag.to_le_bytes());
                bytes.extend(kind.to_le_bytes());
                bytes.extend(1u32.to_le_bytes());
                bytes.extend(value.to_le_bytes());
            }
            let next = start + 2 + 8 * 12 + 4 + 2;
            let is_last = page + 1 == pages;
            let next = if is_last && cyclic {
                8
            } else if is_last {
                0
            } else {
                next
            };
            bytes.extend(next.to_le_bytes());
            bytes.extend([0b1111_0000, 0b0000_0001]);
        }
        bytes
    }

    #[test]
    fn both_polarities_give_the_same_paper() {
        for (photometric, first_row) in
            [(1, [255, 255, 255, 255, 0, 0, 0, 0]), (0, [0, 0, 0, 0, 255, 255, 255, 255])]
        {
            let bytes = bilevel_tiff(2, photometric, false);
            let found = headers(&bytes, 1000, 10).unwrap();
            assert_eq!(found.len(), 2);
            let picture = decode(&bytes, found[1].0, 1000, 2).unwrap().into_luma8();
            assert_eq!(picture.as_raw()[..8], first_row, "photometric {photometric}");
        }
    }

    #[test]
    fn the_resolution_is_what_the_header_says() {
        use tiff::{
            encoder::{Rational, TiffEncoder, colortype::Gray8},
            tags::ResolutionUnit,
        };
        let claimed = |unit: ResolutionUnit, n: u32, d: u32| {
            let mut bytes = Cursor::new(Vec::new());
            let mut encoder = TiffEncoder::new(&mut bytes).unwrap();
            let mut page = encoder.new_image::<Gray8>(4, 2).unwrap();
            page.resolution(unit, Rational { n, d });
            page.write_data(&[9; 8]).unwrap();
            headers(bytes.get_ref(), 1000, 10).unwrap()[0].1.claimed_dpi
        };
        assert_eq!(claimed(ResolutionUnit::Inch, 200, 1), Some((200.0, 200.0)));
        assert_eq!(claimed(ResolutionUnit::Inch, 3_000_000, 10_000), Some((300.0, 300.0)));
        assert_eq!(claimed(ResolutionUnit::Centimeter, 100, 1), Some((254.0, 254.0)));
        assert_eq!(claimed(ResolutionUnit::None, 200, 1), None);
        assert_eq!(claimed(ResolutionUnit::Inch, 200, 0), None);
        assert_eq!(claimed(ResolutionUnit::Inch, 0, 0), None);
    }

    #[test]
    fn each_page_is_decoded_from_its_own_directory() {
        let mut bytes = bilevel_tiff(3, 1, false);
        let found = headers(&bytes, 1000, 10).unwrap();
        let n = bytes.len();
        bytes[n - 2] = 0b1010_1010;
        let first_row =
            |directory| decode(&bytes, directory, 1000, 1).unwrap().into_luma8().as_raw()[..8].to_vec();
        assert_eq!(first_row(found[1].0), [255, 255, 255, 255, 0, 0, 0, 0]);
        assert_eq!(first_row(found[2].0), [255, 0, 255, 0, 255, 0, 255, 0]);
        assert!(decode(&bytes, u64::MAX, 1000, 1).is_err());
    }

    #[test]
    fn a_header_is_written_over_in_every_form() {
        for (magic, is_little, width) in
            [(b"II*\0", true, 4), (b"MM\0*", false, 4), (b"II+\0", true, 8), (b"MM\0+", false, 8)]
        {
            let bytes = [&magic[..], &[7; 20]].concat();
            let mut seen = Vec::new();
            StartingAt::new(&bytes, 258).unwrap().read_to_end(&mut seen).unwrap();
            let mut expected = bytes.clone();
            let place = &mut expected[width..2 * width];
            place.fill(0);
            let (low, high) = if is_little { (0, 1) } else { (width - 1, width - 2) };
            (place[low], place[high]) = (2, 1);
            assert_eq!(seen, expected);
        }
        assert!(StartingAt::new(b"II*\0", 8).is_none());
    }

    #[test]
    fn broken_chains_are_errors_and_never_fewer_pages() {
        assert_eq!(headers(&bilevel_tiff(3, 1, true), 1000, 10), Err(ReadError::Damaged));
        let whole = bilevel_tiff(3, 1, false);
        assert_eq!(headers(&whole, 1000, 2), Err(ReadError::TooManyPages { found: 3, limit: 2 }));
        for cut in 8..whole.len() - 2 {
            match headers(&whole[..cut], 1000, 10) {
                Ok(found) => panic!("{cut}: {} pages", found.len()),
                Err(e) => assert!(matches!(e, ReadError::Truncated | ReadError::Damaged), "{e:?}"),
            }
        }
    }

    #[test]
    fn mutations_never_panic() {
        let whole = bilevel_tiff(2, 0, false);
        let mut state = 3u32;
        for _ in 0..4000 {
            let mut bytes = whole.clone();
            for _ in 0..3 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let at = (state >> 8) as usize % bytes.len();
                bytes[at] = (state & 0xFF) as u8;
            }
            if let Ok(found) = headers(&bytes, 10_000, 10) {
                for (directory, page) in found {
                    let small = u64::from(page.width_px) * u64::from(page.height_px) <= 10_000;
                    if small {
                        let _ = decode(&bytes, directory, 10_000, 1);
                    }
                }
            }
        }
    }
}
