//! Packs scanned pages into the files that scanners deliver: PDF, multi-page TIFF, JPEG, a folder of JPEGs.

use std::io::Cursor;
use std::path::PathBuf;

use image::codecs::jpeg::{JpegEncoder, PixelDensity};
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};
use pdf_writer::{Content, Filter, Finish, Name, Pdf, Rect, Ref};
use tiff::encoder::colortype::{Gray8, RGB8};
use tiff::encoder::{Compression, DeflateLevel, Rational, TiffEncoder};
use tiff::tags::{ResolutionUnit, Tag};

use super::fax;
use super::raster::Picture;
use super::{GenerateError, PaperFile};

/// How many colours a page is stored with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Red, green, blue.
    Colour,
    /// One byte a pixel.
    Grey,
    /// One bit a pixel.
    Bilevel,
}

/// Compression inside a TIFF.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TiffPacking {
    /// None.
    Plain,
    /// PackBits.
    PackBits,
    /// LZW.
    Lzw,
    /// Deflate; its bytes depend on the zlib that is linked in.
    Deflate,
    /// CCITT group 4; bilevel pages only, others fall back to PackBits.
    Group4,
}

/// The form of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    /// A PDF with one picture a page: JPEG, or for bilevel pages CCITT group 4.
    Pdf,
    /// A PDF whose grey or bilevel pages are Flate streams.
    FlatePdf,
    /// A TIFF with all pages.
    Tiff(TiffPacking),
    /// One JPEG; for papers of one page.
    Jpeg,
    /// A folder of JPEGs `page-1.jpg`, `page-2.jpg`.
    Folder,
}

/// How to store the pages of one paper.
#[derive(Clone, Copy, Debug)]
pub struct Storage {
    /// Pixels per inch.
    pub dpi: u32,
    /// Colours.
    pub depth: Depth,
    /// All pages but the last are bilevel; in a PDF only.
    pub is_mixed: bool,
    /// JPEG quality.
    pub quality: u8,
    /// Second figure of the PDF's version 1.x.
    pub pdf_minor: u8,
}

/// The pages of paper `stem` as file or folder: its name, and the files.
///
/// # Errors
/// An encoder's error.
pub fn pack(
    stem: &str,
    form: Container,
    pages: &[Picture],
    storage: Storage,
) -> Result<(String, Vec<PaperFile>), GenerateError> {
    let one = |extension: &str, bytes| {
        let name = format!("{stem}.{extension}");
        (name.clone(), vec![(PathBuf::from(name), bytes)])
    };
    Ok(match form {
        Container::Pdf => one("pdf", pdf(pages, storage, false)?),
        Container::FlatePdf => one("pdf", pdf(pages, storage, true)?),
        Container::Tiff(packing) => one("tif", tiff(pages, storage, packing)?),
        Container::Jpeg => one("jpg", jpeg(&pages[0], storage)?),
        Container::Folder => {
            let mut files = Vec::with_capacity(pages.len());
            for (n, page) in pages.iter().enumerate() {
                files.push((PathBuf::from(stem).join(format!("page-{}.jpg", n + 1)), jpeg(page, storage)?));
            }
            (stem.to_owned(), files)
        }
    })
}

fn grey_bytes(page: &Picture) -> Vec<u8> {
    (0..page.width * page.height).map(|index| page.grey(index)).collect()
}

/// Rows of bits; 1 is black, each row filled up to a byte.
fn bit_rows(page: &Picture) -> Vec<u8> {
    let stride = page.width.div_ceil(8);
    let mut bits = vec![0; stride * page.height];
    for y in 0..page.height {
        for x in (0..page.width).filter(|x| page.grey(y * page.width + x) < 128) {
            bits[y * stride + x / 8] |= 0x80 >> (x % 8);
        }
    }
    bits
}

/// One page as JPEG with its density in the JFIF head.
pub fn jpeg(page: &Picture, storage: Storage) -> Result<Vec<u8>, GenerateError> {
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, storage.quality);
    let (width, height) = (page.width as u32, page.height as u32);
    encoder.set_pixel_density(PixelDensity::dpi(storage.dpi as u16));
    if storage.depth == Depth::Colour {
        encoder.encode(&page.rgb, width, height, ExtendedColorType::Rgb8)?;
    } else {
        encoder.encode(&grey_bytes(page), width, height, ExtendedColorType::L8)?;
    }
    Ok(bytes)
}

/// The zlib stream of a PNG: what a PDF calls Flate with a PNG predictor.
fn flate(bytes: &[u8], width: usize, height: usize) -> Result<Vec<u8>, GenerateError> {
    let mut png = Vec::new();
    PngEncoder::new_with_quality(&mut png, CompressionType::Fast, FilterType::Up).write_image(
        bytes,
        width as u32,
        height as u32,
        ExtendedColorType::L8,
    )?;
    let mut stream = Vec::new();
    let mut rest = &png[8..];
    while let [a, b, c, d, kind @ ..] = rest {
        let length = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
        if kind.starts_with(b"IDAT") {
            stream.extend_from_slice(&kind[4..4 + length]);
        }
        rest = &kind[4 + length + 4..];
    }
    Ok(stream)
}

/// All pages as one PDF, each as large as the paper was.
pub fn pdf(pages: &[Picture], storage: Storage, is_flate: bool) -> Result<Vec<u8>, GenerateError> {
    let mut pdf = Pdf::new();
    pdf.set_version(1, storage.pdf_minor);
    let (catalogue, tree) = (Ref::new(1), Ref::new(2));
    let page_ref = |n: usize| Ref::new(3 + 3 * n as i32);
    pdf.catalog(catalogue).pages(tree);
    pdf.pages(tree).kids((0..pages.len()).map(page_ref)).count(pages.len() as i32);
    for (n, page) in pages.iter().enumerate() {
        let id = page_ref(n);
        let (content_id, image_id) = (Ref::new(id.get() + 1), Ref::new(id.get() + 2));
        let points = |pixels: usize| pixels as f32 * 72.0 / storage.dpi as f32;
        let (width, height) = (points(page.width), points(page.height));
        let mut node = pdf.page(id);
        node.parent(tree).media_box(Rect::new(0.0, 0.0, width, height)).contents(content_id);
        node.resources().x_objects().pair(Name(b"Scan"), image_id);
        node.finish();
        let mut content = Content::new();
        content.save_state();
        content.transform([width, 0.0, 0.0, height, 0.0, 0.0]);
        content.x_object(Name(b"Scan"));
        content.restore_state();
        pdf.stream(content_id, &content.finish());
        let is_last = n + 1 == pages.len();
        let depth = if storage.is_mixed && !is_last { Depth::Bilevel } else { storage.depth };
        picture(&mut pdf, image_id, page, Storage { depth, ..storage }, is_flate)?;
    }
    Ok(pdf.finish())
}

fn picture(
    pdf: &mut Pdf,
    id: Ref,
    page: &Picture,
    storage: Storage,
    is_flate: bool,
) -> Result<(), GenerateError> {
    let stride = page.width.div_ceil(8);
    let (bytes, filter, bits) = match (storage.depth, is_flate) {
        (Depth::Bilevel, true) => {
            // A PDF's DeviceGray has 0 for black, the rows have 1.
            let rows: Vec<u8> = bit_rows(page).iter().map(|byte| !byte).collect();
            (flate(&rows, stride, page.height)?, Filter::FlateDecode, 1)
        }
        (Depth::Bilevel, false) => (fax::group4(&bit_rows(page), page.width), Filter::CcittFaxDecode, 1),
        (Depth::Grey, true) => (flate(&grey_bytes(page), page.width, page.height)?, Filter::FlateDecode, 8),
        _ => (jpeg(page, storage)?, Filter::DctDecode, 8),
    };
    let mut image = pdf.image_xobject(id, &bytes);
    image.filter(filter);
    image.width(page.width as i32).height(page.height as i32).bits_per_component(bits);
    if storage.depth == Depth::Colour {
        image.color_space().device_rgb();
    } else {
        image.color_space().device_gray();
    }
    match filter {
        Filter::FlateDecode => {
            let mut parameters = image.decode_parms();
            parameters.predictor(pdf_writer::types::Predictor::PngOptimum);
            parameters.columns(page.width as i32).colors(1).bits_per_component(bits);
        }
        Filter::CcittFaxDecode => {
            let mut parameters = image.decode_parms();
            parameters.k(-1).columns(page.width as i32).rows(page.height as i32);
        }
        _ => {}
    }
    Ok(())
}

/// All pages as one TIFF, with their resolution.
pub fn tiff(pages: &[Picture], storage: Storage, packing: TiffPacking) -> Result<Vec<u8>, GenerateError> {
    let mut bytes = Cursor::new(Vec::new());
    let compression = match packing {
        TiffPacking::Plain => Compression::Uncompressed,
        TiffPacking::Lzw => Compression::Lzw,
        TiffPacking::Deflate => Compression::Deflate(DeflateLevel::Balanced),
        TiffPacking::PackBits | TiffPacking::Group4 => Compression::Packbits,
    };
    let mut encoder = TiffEncoder::new(&mut bytes)?.with_compression(compression);
    let density = || Rational { n: storage.dpi, d: 1 };
    for page in pages {
        let (width, height) = (page.width as u32, page.height as u32);
        match storage.depth {
            Depth::Colour => {
                let mut image = encoder.new_image::<RGB8>(width, height)?;
                image.resolution(ResolutionUnit::Inch, density());
                image.write_data(&page.rgb)?;
            }
            Depth::Grey => {
                let mut image = encoder.new_image::<Gray8>(width, height)?;
                image.resolution(ResolutionUnit::Inch, density());
                image.write_data(&grey_bytes(page))?;
            }
            Depth::Bilevel => bilevel_directory(&mut encoder, page, storage, packing)?,
        }
    }
    Ok(bytes.into_inner())
}

/// The library writes no bilevel pictures: one strip and its tags by hand.
fn bilevel_directory(
    encoder: &mut TiffEncoder<&mut Cursor<Vec<u8>>>,
    page: &Picture,
    storage: Storage,
    packing: TiffPacking,
) -> Result<(), GenerateError> {
    let rows = bit_rows(page);
    let (method, data) = match packing {
        TiffPacking::Group4 => (4_u16, fax::group4(&rows, page.width)),
        TiffPacking::Plain => (1, rows),
        _ => (32_773, rows.chunks(page.width.div_ceil(8)).flat_map(pack_bits).collect()),
    };
    let mut directory = encoder.image_directory()?;
    let offset = directory.write_data(data.as_slice())?;
    let offset = u32::try_from(offset).map_err(|_| GenerateError::TooLarge)?;
    directory.write_tag(Tag::ImageWidth, page.width as u32)?;
    directory.write_tag(Tag::ImageLength, page.height as u32)?;
    directory.write_tag(Tag::BitsPerSample, 1_u16)?;
    directory.write_tag(Tag::Compression, method)?;
    // 0: white is zero.
    directory.write_tag(Tag::PhotometricInterpretation, 0_u16)?;
    directory.write_tag(Tag::StripOffsets, offset)?;
    directory.write_tag(Tag::SamplesPerPixel, 1_u16)?;
    directory.write_tag(Tag::RowsPerStrip, page.height as u32)?;
    directory.write_tag(Tag::StripByteCounts, data.len() as u32)?;
    directory.write_tag(Tag::XResolution, Rational { n: storage.dpi, d: 1 })?;
    directory.write_tag(Tag::YResolution, Rational { n: storage.dpi, d: 1 })?;
    directory.write_tag(Tag::ResolutionUnit, 2_u16)?;
    directory.finish()?;
    Ok(())
}

/// PackBits: a count and a byte for runs, a count and the bytes for the rest.
fn pack_bits(row: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    let mut rest = row;
    while let Some(&first) = rest.first() {
        let run = rest.iter().take(128).take_while(|&&byte| byte == first).count();
        if run > 1 {
            packed.extend([(257 - run) as u8, first]);
            rest = &rest[run..];
        } else {
            let literal = rest.windows(2).take(127).take_while(|pair| pair[0] != pair[1]).count();
            let literal = if literal + 1 >= rest.len() { rest.len().min(128) } else { literal.max(1) };
            packed.push((literal - 1) as u8);
            packed.extend_from_slice(&rest[..literal]);
            rest = &rest[literal..];
        }
    }
    packed
}
