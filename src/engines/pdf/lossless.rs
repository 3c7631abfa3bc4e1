//! Lossless pictures in a PDF: a PNG's data as they are, black and white as CCITT group 4, the rest deflated.
//!
//! Pixels come out as they went in. Knows nothing of pages.

use std::borrow::Cow;

use fax::{Color, VecWriter, decoder, encoder::Encoder};
use image::{
    DynamicImage, ExtendedColorType, GrayImage, ImageEncoder,
    codecs::png::{CompressionType, FilterType, PngEncoder},
};
use pdf_writer::{Chunk, Filter, Finish, Name, Ref, types::Predictor};

use super::{media::MediaFault, pack};

/// Widest picture that is written as CCITT group 4; the encoder counts in 16 bits, signed in places.
const WIDEST_FAX: u32 = 32_000;

/// Embeds pixels without loss.
pub(super) fn embed(
    chunk: &mut Chunk,
    id: Ref,
    image: &DynamicImage,
    is_bilevel: bool,
) -> Result<(), MediaFault> {
    if is_bilevel {
        return embed_bilevel(chunk, id, image);
    }
    match image {
        DynamicImage::ImageLuma8(grey) => {
            embed_deflated(chunk, id, grey.as_raw(), (grey.width(), grey.height()), ExtendedColorType::L8)
        }
        DynamicImage::ImageRgb8(rgb) => {
            embed_deflated(chunk, id, rgb.as_raw(), (rgb.width(), rgb.height()), ExtendedColorType::Rgb8)
        }
        other => {
            let rgb = other.to_rgb8();
            embed_deflated(chunk, id, rgb.as_raw(), (rgb.width(), rgb.height()), ExtendedColorType::Rgb8)
        }
    }
}

/// A PNG's image data is what `/FlateDecode` with `/Predictor 15` takes.
fn embed_deflated(
    chunk: &mut Chunk,
    id: Ref,
    pixels: &[u8],
    (width, height): (u32, u32),
    colour: ExtendedColorType,
) -> Result<(), MediaFault> {
    let png = encode_png(pixels, (width, height), colour).ok_or(MediaFault::Picture)?;
    let parts = PngParts::read(&png).ok_or(MediaFault::Picture)?;
    drop(png);
    embed_png(chunk, id, &parts)
}

/// A PNG file of these pixels.
pub(super) fn encode_png(pixels: &[u8], size: (u32, u32), colour: ExtendedColorType) -> Option<Vec<u8>> {
    encode_with(pixels, size, colour, better_filter(pixels, size, colour))
}

fn encode_with(
    pixels: &[u8],
    (width, height): (u32, u32),
    colour: ExtendedColorType,
    filter: FilterType,
) -> Option<Vec<u8>> {
    // Plain rows are worth the longer search, and it is short on clean pages.
    let effort =
        if filter == FilterType::NoFilter { CompressionType::Best } else { CompressionType::Default };
    let mut png = Vec::new();
    PngEncoder::new_with_quality(&mut png, effort, filter).write_image(pixels, width, height, colour).ok()?;
    Some(png)
}

/// Clean pages deflate best as they are, grainy ones by their differences: tried on a few bands.
fn better_filter(pixels: &[u8], (width, height): (u32, u32), colour: ExtendedColorType) -> FilterType {
    const BAND_ROWS: u32 = 24;
    let stride = pixels.len() / height.max(1) as usize;
    let tried = |filter| {
        let band = |eighth: u32| {
            let from = (u64::from(height) * u64::from(eighth) / 8) as usize;
            let rows = BAND_ROWS.min(height - from as u32); // an eighth of the height lies within it
            let band = pixels.get(from * stride..(from + rows as usize) * stride)?;
            encode_with(band, (width, rows), colour, filter).map(|png| png.len())
        };
        [1, 3, 5, 7].into_iter().filter_map(band).sum::<usize>()
    };
    if tried(FilterType::NoFilter) < tried(FilterType::Adaptive) {
        FilterType::NoFilter
    } else {
        FilterType::Adaptive
    }
}

/// What a PDF takes of a PNG.
pub(super) struct PngParts {
    width: u32,
    height: u32,
    bits: u8,
    colours: PngColours,
    data: Vec<u8>,
}

enum PngColours {
    Grey,
    Rgb,
    /// Red, green, blue of each entry.
    Palette(Vec<u8>),
}

impl PngParts {
    /// `None` where a PDF cannot take the data as they are: interlaced, or with transparency.
    pub(super) fn read(png: &[u8]) -> Option<Self> {
        let mut rest = png.strip_prefix(b"\x89PNG\r\n\x1a\n")?;
        let (mut header, mut palette, mut data) = (None, None, Vec::new());
        while let Some((head, tail)) = rest.split_at_checked(8) {
            let length = usize::try_from(u32::from_be_bytes([head[0], head[1], head[2], head[3]])).ok()?;
            let body = tail.get(..length)?;
            match &head[4..8] {
                b"IHDR" => header = Some(<[u8; 13]>::try_from(body).ok()?),
                b"PLTE" => palette = Some(body.to_vec()),
                b"IDAT" => data.extend_from_slice(body),
                b"tRNS" => return None,
                b"IEND" => break,
                _ => {}
            }
            rest = tail.get(length.checked_add(4)?..)?; // 4: the checksum
        }
        let [w0, w1, w2, w3, h0, h1, h2, h3, bits, colours, 0, 0, 0] = header? else { return None };
        let colours = match (colours, bits, palette) {
            (0, 1 | 2 | 4 | 8 | 16, _) => PngColours::Grey,
            (2, 8 | 16, _) => PngColours::Rgb,
            (3, 1 | 2 | 4 | 8, Some(entries)) if matches!(entries.len(), 3..=768) => {
                (entries.len() % 3 == 0).then_some(PngColours::Palette(entries))?
            }
            _ => return None,
        };
        let (width, height) = (u32::from_be_bytes([w0, w1, w2, w3]), u32::from_be_bytes([h0, h1, h2, h3]));
        Some(Self { width, height, bits, colours, data })
    }

    /// Bytes of the data.
    pub(super) fn len(&self) -> usize {
        self.data.len()
    }
}

/// Embeds the data of a PNG as they are.
pub(super) fn embed_png(chunk: &mut Chunk, id: Ref, png: &PngParts) -> Result<(), MediaFault> {
    let (width, height) = sides(png.width, png.height)?;
    let bits = i32::from(png.bits);
    let mut picture = chunk.image_xobject(id, &png.data);
    picture.width(width).height(height).bits_per_component(bits);
    picture.filter(Filter::FlateDecode);
    picture
        .decode_parms()
        .predictor(Predictor::PngOptimum)
        .colors(if matches!(png.colours, PngColours::Rgb) { 3 } else { 1 })
        .bits_per_component(bits)
        .columns(width);
    match &png.colours {
        PngColours::Grey => picture.color_space().device_gray(),
        PngColours::Rgb => picture.color_space().device_rgb(),
        PngColours::Palette(entries) => {
            let last = i32::try_from(entries.len() / 3 - 1).map_err(|_| MediaFault::Picture)?;
            picture.color_space().indexed(Name(b"DeviceRGB"), last, entries);
        }
    }
    picture.finish();
    Ok(())
}

fn embed_bilevel(chunk: &mut Chunk, id: Ref, image: &DynamicImage) -> Result<(), MediaFault> {
    let grey = match image {
        DynamicImage::ImageLuma8(grey) => Cow::Borrowed(grey),
        other => Cow::Owned(other.to_luma8()),
    };
    let (width, height) = sides(grey.width(), grey.height())?;
    let mut bits = Vec::with_capacity(grey.as_raw().len() / 8 + grey.height() as usize);
    for row in grey.as_raw().chunks(grey.width() as usize) {
        for eight in row.chunks(8) {
            let byte =
                eight.iter().enumerate().fold(0u8, |byte, (at, shade)| byte | (shade >> 7) << (7 - at));
            bits.push(byte);
        }
    }
    let packed = pack(bits);
    let fax = fax_of(&grey).filter(|fax| fax.len() < packed.bytes.len());
    let mut picture = chunk.image_xobject(id, fax.as_deref().unwrap_or(&packed.bytes));
    picture.width(width).height(height).bits_per_component(1);
    if fax.is_some() {
        picture.filter(Filter::CcittFaxDecode);
        picture.decode_parms().k(-1).columns(width).rows(height);
    } else if packed.is_deflated {
        picture.filter(Filter::FlateDecode);
    }
    picture.color_space().device_gray();
    picture.finish();
    Ok(())
}

/// CCITT group 4, decoded once more to be sure; `None` where that does not give the picture back.
fn fax_of(grey: &GrayImage) -> Option<Vec<u8>> {
    let width = u16::try_from(grey.width()).ok().filter(|w| u32::from(*w) <= WIDEST_FAX)?;
    let height = u16::try_from(grey.height()).ok()?;
    let colour = |shade: &u8| if *shade < 128 { Color::Black } else { Color::White };
    let rows = || grey.as_raw().chunks_exact(usize::from(width));
    let mut encoder = Encoder::new(VecWriter::new());
    for row in rows() {
        encoder.encode_line(row.iter().map(colour), width).ok()?;
    }
    let bytes = encoder.finish().ok()?.finish();
    let mut expected = rows();
    let mut is_same = true;
    decoder::decode_g4(bytes.iter().copied(), width, Some(height), |line| {
        let row = expected.next().unwrap_or_default();
        is_same &= decoder::pels(line, width).eq(row.iter().map(colour));
    })?;
    (is_same && expected.next().is_none()).then_some(bytes)
}

fn sides(width: u32, height: u32) -> Result<(i32, i32), MediaFault> {
    let side = |v: u32| i32::try_from(v).ok().filter(|v| *v > 0).ok_or(MediaFault::Picture);
    Ok((side(width)?, side(height)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn black_and_white_becomes_a_fax_of_the_same_pixels() {
        // Strokes at places of no pattern, as letters are.
        let mut state = 7u32;
        let mut text = GrayImage::from_pixel(2480, 300, image::Luma([255]));
        for _ in 0..1200 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let (x, y) = ((state >> 8) % 2460, (state >> 20) % 280);
            (0..state % 17).for_each(|step| text.put_pixel(x + step / 4, y + step, image::Luma([0])));
        }
        let mut chunk = Chunk::new();
        embed(&mut chunk, Ref::new(1), &DynamicImage::ImageLuma8(text), true).unwrap();
        let said = String::from_utf8_lossy(chunk.as_bytes()).into_owned();
        assert!(said.contains("/CCITTFaxDecode") && said.contains("/K -1"), "{said}");
    }

    #[test]
    fn noise_stays_packed_eight_to_a_byte() {
        let image = GrayImage::from_fn(10, 2, |x, _| image::Luma([if x % 2 == 0 { 0 } else { 255 }]));
        let mut chunk = Chunk::new();
        embed(&mut chunk, Ref::new(1), &DynamicImage::ImageLuma8(image), true).unwrap();
        let text = String::from_utf8_lossy(chunk.as_bytes()).into_owned();
        assert!(text.contains("/BitsPerComponent 1"), "{text}");
        let data = [0b0101_0101u8, 0b0100_0000, 0b0101_0101, 0b0100_0000];
        assert!(chunk.as_bytes().windows(4).any(|w| w == data));
    }

    #[test]
    fn only_pngs_that_a_pdf_understands_go_in_as_they_are() {
        let png = encode_png(&[9; 12], (2, 2), ExtendedColorType::Rgb8).unwrap();
        let parts = PngParts::read(&png).unwrap();
        assert!((parts.width, parts.height, parts.bits) == (2, 2, 8) && parts.len() > 8);
        let alpha = encode_png(&[9; 16], (2, 2), ExtendedColorType::Rgba8).unwrap();
        assert!(PngParts::read(&alpha).is_none());
        let mut interlaced = png.clone();
        interlaced[28] = 1;
        assert!(PngParts::read(&interlaced).is_none());
        for cut in 0..png.len() - 12 {
            assert!(PngParts::read(&png[..cut]).is_none_or(|parts| parts.len() <= png.len()), "{cut}");
        }
    }
}
