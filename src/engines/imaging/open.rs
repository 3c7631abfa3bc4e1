//! From the files of a paper to an opened document: one PDF, pictures in the order of the pages, or
//! files of any of these kinds one behind the other (a page scanned again later is a file of its own).
//!
//! Recognised by content, never by name. A paper that cannot be seen whole is an error here, so that
//! nothing later works on fewer pages than there are.

use hayro_syntax::Pdf;
use image::{DynamicImage, ImageFormat};
use serde::{Deserialize, Serialize};

use super::{
    fault::{Limits, ReadError},
    jpeg_scan::{Soundness, soundness},
    pdf_facts, pdf_page,
    picture::{DecodedPage, Picture, paper_size},
    raster::{self, Header},
    source::{PageMedia, PageSource, Pixels},
    tiff_pages,
};
use crate::engines::pdf::read;

/// The kinds of file a paper comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContainerKind {
    /// One PDF.
    Pdf,
    /// One TIFF with one or more pages.
    Tiff,
    /// Pictures, one file per page (a TIFF among them may hold several).
    Images,
    /// Several files, a PDF among them: a paper put together from more than one scan.
    Mixed,
}

/// What is known of a paper's files without looking at a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Container {
    /// The kind of file.
    pub kind: ContainerKind,
    /// `1.7` and the like, of several PDFs the lowest; `None` unless there is a PDF.
    pub pdf_version: Option<String>,
    /// Pages over all files.
    pub n_pages: u32,
    /// Pages of each file, in the order of the files.
    pub pages_of_files: Vec<u32>,
    /// Bytes over all files.
    pub n_bytes: u64,
    /// Whether a signature field of the PDF is filled.
    pub has_signatures: bool,
    /// The P of DocMDP (1–3) where the PDF is certified.
    pub certified: Option<u8>,
    /// Whether the PDF is encrypted (and opens without a password).
    pub is_encrypted: bool,
    /// The code that one signed PDF carries already, as it stands there: that of another store, mostly.
    pub carried_code: Option<String>,
}

#[derive(Clone, Copy)]
enum RasterKind {
    Jpeg,
    Png,
    /// Where its directory stands in the file.
    Tiff {
        directory: u64,
    },
}

struct RasterPage {
    part: usize,
    kind: RasterKind,
    header: Header,
}

enum Content {
    Pdf(Box<Pdf>),
    Rasters {
        parts: Vec<Vec<u8>>,
        pages: Vec<RasterPage>,
    },
    /// One per file; none of them is `Several`.
    Several(Vec<Opened>),
}

/// A paper, opened; pages are decoded one at a time.
pub struct Opened {
    content: Content,
    container: Container,
    limits: Limits,
}

/// Opens the files of one paper, in the order of its pages.
///
/// # Errors
/// Every reason why the paper cannot be seen whole; see [`ReadError`].
pub fn open(mut parts: Vec<Vec<u8>>, limits: Limits) -> Result<Opened, ReadError> {
    let n_bytes: u64 = parts.iter().map(|p| p.len() as u64).sum();
    if parts.is_empty() || parts.iter().any(Vec::is_empty) {
        return Err(ReadError::Empty);
    }
    if n_bytes > limits.max_bytes {
        return Err(ReadError::TooManyBytes { found: n_bytes, limit: limits.max_bytes });
    }
    if parts.iter().any(|p| pdf_facts::is_pdf(p) && !is_picture(p)) {
        if parts.len() > 1 {
            return open_several(parts, n_bytes, limits);
        }
        return parts.pop().map_or(Err(ReadError::Empty), |bytes| open_pdf(bytes, n_bytes, limits));
    }
    open_rasters(parts, n_bytes, limits)
}

/// One behind the other, files of which at least one is a PDF.
fn open_several(files: Vec<Vec<u8>>, n_bytes: u64, limits: Limits) -> Result<Opened, ReadError> {
    let mut parts: Vec<Opened> = Vec::with_capacity(files.len());
    let mut n_pages = 0u32;
    for bytes in files {
        let length = bytes.len() as u64;
        let is_pdf = pdf_facts::is_pdf(&bytes) && !is_picture(&bytes);
        let part =
            if is_pdf { open_pdf(bytes, length, limits) } else { open_rasters(vec![bytes], length, limits) };
        let part = part.map_err(|error| behind(error, n_pages))?;
        n_pages = n_pages.saturating_add(part.container.n_pages);
        if n_pages > limits.max_pages {
            return Err(ReadError::TooManyPages { found: n_pages, limit: limits.max_pages });
        }
        parts.push(part);
    }
    let of = || parts.iter().map(|p| &p.container);
    // By parts of the number, since 1.10 would be newer than 1.4.
    let number = |v: &String| v.split('.').map(|n| n.parse().unwrap_or(0u32)).collect::<Vec<_>>();
    let container = Container {
        kind: ContainerKind::Mixed,
        pdf_version: of().filter_map(|c| c.pdf_version.clone()).min_by_key(number),
        n_pages,
        pages_of_files: of().map(|c| c.n_pages).collect(),
        n_bytes,
        has_signatures: of().any(|c| c.has_signatures),
        certified: of().filter_map(|c| c.certified).min(),
        is_encrypted: of().any(|c| c.is_encrypted),
        carried_code: None,
    };
    Ok(Opened { content: Content::Several(parts), container, limits })
}

/// An error of a file, said of the page that is behind `n_before` others.
fn behind(error: ReadError, n_before: u32) -> ReadError {
    error.on_page(|page| page.saturating_add(n_before))
}

fn is_picture(bytes: &[u8]) -> bool {
    raster::is_jpeg(bytes) || raster::is_png(bytes) || tiff_pages::is_tiff(bytes)
}

fn open_pdf(bytes: Vec<u8>, n_bytes: u64, limits: Limits) -> Result<Opened, ReadError> {
    let (pdf, facts) = pdf_facts::open(bytes, limits.max_pages)?;
    // Where nobody signed, the code is written anew.
    let carried_code = facts.has_signatures.then(|| read::carried_code(pdf.data().as_ref())).flatten();
    let n_pages = u32::try_from(pdf.pages().len()).unwrap_or(u32::MAX);
    let container = Container {
        kind: ContainerKind::Pdf,
        pdf_version: Some(facts.version.to_owned()),
        n_pages,
        pages_of_files: vec![n_pages],
        n_bytes,
        has_signatures: facts.has_signatures,
        certified: facts.certified,
        is_encrypted: facts.is_encrypted,
        carried_code,
    };
    Ok(Opened { content: Content::Pdf(Box::new(pdf)), container, limits })
}

fn open_rasters(parts: Vec<Vec<u8>>, n_bytes: u64, limits: Limits) -> Result<Opened, ReadError> {
    let mut pages: Vec<RasterPage> = Vec::new();
    let mut pages_of_files = Vec::with_capacity(parts.len());
    for (part, bytes) in parts.iter().enumerate() {
        let page = u32::try_from(pages.len() + 1).unwrap_or(u32::MAX);
        let (is_whole, found) = headers(bytes, &limits).map_err(|error| match error {
            // Of several pictures it is said which one.
            ReadError::Damaged | ReadError::Truncated if parts.len() > 1 => ReadError::DamagedPage { page },
            other => other,
        })?;
        pages_of_files.push(u32::try_from(found.len()).unwrap_or(u32::MAX));
        for (kind, header) in found {
            let page = u32::try_from(pages.len() + 1).unwrap_or(u32::MAX);
            let (width_px, height_px) = (u64::from(header.width_px), u64::from(header.height_px));
            if width_px * height_px > limits.max_pixels {
                return Err(ReadError::TooManyPixels { page, width_px, height_px, limit: limits.max_pixels });
            }
            pages.push(RasterPage { part, kind, header });
        }
        if !is_whole {
            let page = u32::try_from(pages.len()).unwrap_or(u32::MAX);
            // Of several pictures it is said which one.
            return Err(match parts.len() {
                1 => ReadError::Truncated,
                _ => ReadError::DamagedPage { page },
            });
        }
        if pages.len() > limits.max_pages as usize {
            let found = u32::try_from(pages.len()).unwrap_or(u32::MAX);
            return Err(ReadError::TooManyPages { found, limit: limits.max_pages });
        }
    }
    let is_one_tiff = parts.len() == 1 && matches!(pages[0].kind, RasterKind::Tiff { .. });
    let container = Container {
        kind: if is_one_tiff { ContainerKind::Tiff } else { ContainerKind::Images },
        pdf_version: None,
        n_pages: u32::try_from(pages.len()).unwrap_or(u32::MAX),
        pages_of_files,
        n_bytes,
        has_signatures: false,
        certified: None,
        is_encrypted: false,
        carried_code: None,
    };
    Ok(Opened { content: Content::Rasters { parts, pages }, container, limits })
}

/// The pages of one file, and whether its end is there.
fn headers(bytes: &[u8], limits: &Limits) -> Result<(bool, Vec<(RasterKind, Header)>), ReadError> {
    if raster::is_jpeg(bytes) {
        let header = raster::jpeg_header(bytes)?;
        return Ok((raster::jpeg_is_whole(bytes), vec![(RasterKind::Jpeg, header)]));
    }
    if raster::is_png(bytes) {
        let header = raster::png_header(bytes)?;
        return Ok((raster::png_is_whole(bytes), vec![(RasterKind::Png, header)]));
    }
    if tiff_pages::is_tiff(bytes) {
        let found = tiff_pages::headers(bytes, limits.max_pixels, limits.max_pages)?;
        let pages = found.into_iter().map(|(directory, h)| (RasterKind::Tiff { directory }, h));
        return Ok((true, pages.collect()));
    }
    Err(ReadError::NotADocument)
}

impl Opened {
    /// What is known without looking at a page.
    pub fn container(&self) -> &Container {
        &self.container
    }

    /// The bounds it was opened with.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Width and height of page `index` (from 0) as it came, in millimetres; `None` when there is no such page.
    pub fn size_mm(&self, index: usize) -> Option<(f32, f32)> {
        match &self.content {
            Content::Pdf(pdf) => {
                let (w, h) = pdf_page::size_mm(pdf.pages().get(index)?);
                Some((w as f32, h as f32))
            }
            Content::Rasters { pages, .. } => {
                let h = pages.get(index)?.header;
                let (w_mm, h_mm, _) = paper_size(h.width_px, h.height_px, h.claimed_dpi);
                Some((w_mm, h_mm))
            }
            Content::Several(_) => {
                let (part, index, _) = self.part(index);
                part?.size_mm(index)
            }
        }
    }

    /// The file that page `index` is in, its index there, and how many pages are before that file; no
    /// file when there is no such page. A paper of one kind is its own one file.
    fn part(&self, index: usize) -> (Option<&Self>, usize, u32) {
        let Content::Several(parts) = &self.content else { return (Some(self), index, 0) };
        let mut n_before = 0u32;
        let mut index = index;
        for part in parts {
            let n_pages = part.container.n_pages as usize;
            if index < n_pages {
                return (Some(part), index, n_before);
            }
            index -= n_pages;
            n_before = n_before.saturating_add(part.container.n_pages);
        }
        (None, index, n_before)
    }

    /// What `look` gives of the one file that page `index` is in.
    fn in_part<'s, T>(
        &'s self,
        index: usize,
        look: impl FnOnce(&'s Self, usize) -> Result<T, ReadError>,
    ) -> Result<T, ReadError> {
        let (part, inside, n_before) = self.part(index);
        let page = u32::try_from(index + 1).unwrap_or(u32::MAX);
        let part = part.ok_or(ReadError::NoSuchPage { page })?;
        look(part, inside).map_err(|error| behind(error, n_before))
    }

    /// Decodes page `index` (from 0) at the resolution it was scanned in.
    ///
    /// # Errors
    /// Those of [`ReadError::is_of_page`], and [`ReadError::NoSuchPage`].
    pub fn decode(&self, index: usize) -> Result<DecodedPage, ReadError> {
        match &self.content {
            Content::Pdf(pdf) => pdf_page::decode(pdf, index, self.limits.max_pixels),
            Content::Rasters { .. } => {
                let (header, image) = self.decode_raster(index)?;
                let (width_mm, height_mm, dpi) =
                    paper_size(header.width_px, header.height_px, header.claimed_dpi);
                let picture = Picture::from_dynamic(image);
                Ok(DecodedPage {
                    colour: picture.colour(),
                    picture,
                    width_mm,
                    height_mm,
                    dpi,
                    own_words: Vec::new(),
                    is_text_complete: false,
                    text_rotation: None,
                    is_damaged: self.is_damaged_jpeg(index),
                })
            }
            Content::Several(_) => self.in_part(index, Self::decode),
        }
    }

    fn is_damaged_jpeg(&self, index: usize) -> bool {
        let Content::Rasters { parts, pages } = &self.content else { return false };
        let jpeg = pages.get(index).filter(|p| matches!(p.kind, RasterKind::Jpeg));
        jpeg.is_some_and(|p| soundness(&parts[p.part]) == Soundness::Damaged)
    }

    fn decode_raster(&self, index: usize) -> Result<(Header, DynamicImage), ReadError> {
        let position = u32::try_from(index + 1).unwrap_or(u32::MAX);
        let Content::Rasters { parts, pages } = &self.content else {
            return Err(ReadError::NoSuchPage { page: position });
        };
        let page = pages.get(index).ok_or(ReadError::NoSuchPage { page: position })?;
        let bytes = &parts[page.part];
        let most = self.limits.max_pixels;
        let image = match page.kind {
            RasterKind::Jpeg => raster::decode(bytes, ImageFormat::Jpeg, most, position)?,
            RasterKind::Png => raster::decode(bytes, ImageFormat::Png, most, position)?,
            RasterKind::Tiff { directory } => tiff_pages::decode(bytes, directory, most, position)?,
        };
        Ok((page.header, image))
    }

    /// Page `index` (from 0) as it is seen, `dpi` fine at most, with everything that lies over it.
    ///
    /// # Errors
    /// As [`Self::decode`].
    pub fn picture_as_seen(&self, index: usize, dpi: f64) -> Result<Picture, ReadError> {
        match &self.content {
            Content::Pdf(pdf) => {
                let position = u32::try_from(index + 1).unwrap_or(u32::MAX);
                let page = pdf.pages().get(index).ok_or(ReadError::NoSuchPage { page: position })?;
                Ok(pdf_page::as_seen(page, dpi, self.limits.max_pixels))
            }
            Content::Rasters { .. } => Ok(self.decode(index)?.picture),
            Content::Several(_) => self.in_part(index, |part, index| part.picture_as_seen(index, dpi)),
        }
    }

    /// The PDFs among its files, each with the number of pages before it.
    pub(in crate::engines) fn pdfs(&self) -> Vec<(&Pdf, u32)> {
        match &self.content {
            Content::Pdf(pdf) => vec![(&**pdf, 0)],
            Content::Rasters { .. } => Vec::new(),
            Content::Several(parts) => {
                let mut n_before = 0u32;
                let mut found = Vec::new();
                for part in parts {
                    found.extend(part.pdfs().into_iter().map(|(pdf, _)| (pdf, n_before)));
                    n_before = n_before.saturating_add(part.container.n_pages);
                }
                found
            }
        }
    }

    /// The pages `indices` (from 0), in that order, as the composer takes them: undecoded; what has to be
    /// decoded is when its turn comes.
    ///
    /// # Errors
    /// [`ReadError::NoSuchPage`].
    pub fn sources(&self, indices: &[usize]) -> Result<Vec<PageSource<'_>>, ReadError> {
        indices.iter().map(|index| self.in_part(*index, Self::source)).collect()
    }

    fn source(&self, index: usize) -> Result<PageSource<'_>, ReadError> {
        let no_such_page = || ReadError::NoSuchPage { page: u32::try_from(index + 1).unwrap_or(u32::MAX) };
        let (width_mm, height_mm) = self.size_mm(index).ok_or_else(no_such_page)?;
        let media = match &self.content {
            Content::Pdf(pdf) => PageMedia::Pdf { pdf, index },
            Content::Rasters { parts, pages } => {
                let page = pages.get(index).ok_or_else(no_such_page)?;
                let bytes = &parts[page.part];
                match page.kind {
                    RasterKind::Jpeg => PageMedia::Jpeg {
                        bytes,
                        width_px: page.header.width_px,
                        height_px: page.header.height_px,
                        channels: page.header.channels,
                    },
                    RasterKind::Png => {
                        PageMedia::Lossless { png: Some(bytes), decode: Box::new(move || self.pixels(index)) }
                    }
                    RasterKind::Tiff { .. } => {
                        PageMedia::Lossless { png: None, decode: Box::new(move || self.pixels(index)) }
                    }
                }
            }
            // `in_part` asks one file alone, never several.
            Content::Several(_) => return Err(no_such_page()),
        };
        Ok(PageSource { media, width_mm, height_mm })
    }

    fn pixels(&self, index: usize) -> Option<Pixels> {
        let picture = Picture::from_dynamic(self.decode_raster(index).ok()?.1);
        let is_bilevel = picture.colour() == crate::domain::page::Colour::Bilevel;
        Some(Pixels { image: picture.into_dynamic(), is_bilevel })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::engines::imaging::pdf_facts::tests::{assemble, empty_pages};

    fn encode(format: ImageFormat) -> Vec<u8> {
        let mut bytes = Vec::new();
        image::RgbImage::from_pixel(24, 34, image::Rgb([9, 90, 190]))
            .write_to(&mut Cursor::new(&mut bytes), format)
            .unwrap();
        bytes
    }

    fn png_claiming(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = encode(ImageFormat::Png);
        bytes[16..20].copy_from_slice(&width.to_be_bytes());
        bytes[20..24].copy_from_slice(&height.to_be_bytes());
        bytes
    }

    #[test]
    fn bad_files_say_what_is_wrong() {
        let (jpeg, png) = (encode(ImageFormat::Jpeg), encode(ImageFormat::Png));
        let limits = Limits { max_bytes: 100_000, max_pages: 5, max_pixels: 1_000_000 };
        for (parts, expected) in [
            (vec![], ReadError::Empty),
            (vec![vec![]], ReadError::Empty),
            (vec![jpeg.clone(), vec![]], ReadError::Empty),
            (vec![b"plain text, whatever the file is called".to_vec()], ReadError::NotADocument),
            (vec![b"PK\x03\x04 an office document".to_vec()], ReadError::NotADocument),
            (vec![jpeg.clone(), b"stray".to_vec()], ReadError::NotADocument),
            (vec![empty_pages(1, 1), b"stray".to_vec()], ReadError::NotADocument),
            (vec![empty_pages(1, 1), jpeg[..jpeg.len() - 9].to_vec()], ReadError::Truncated),
            (vec![jpeg.clone(), jpeg[..jpeg.len() - 9].to_vec()], ReadError::DamagedPage { page: 2 }),
            (vec![empty_pages(3, 3), empty_pages(3, 3)], ReadError::TooManyPages { found: 6, limit: 5 }),
            (
                vec![empty_pages(2, 2), png_claiming(60_000, 60_000)],
                ReadError::TooManyPixels { page: 3, width_px: 60_000, height_px: 60_000, limit: 1_000_000 },
            ),
            (vec![jpeg[..jpeg.len() - 9].to_vec()], ReadError::Truncated),
            (vec![png[..png.len() - 20].to_vec()], ReadError::Truncated),
            (vec![vec![b'%'; 100_001]], ReadError::TooManyBytes { found: 100_001, limit: 100_000 }),
            (vec![jpeg.clone(); 6], ReadError::TooManyPages { found: 6, limit: 5 }),
            (
                vec![png_claiming(60_000, 60_000)],
                ReadError::TooManyPixels { page: 1, width_px: 60_000, height_px: 60_000, limit: 1_000_000 },
            ),
        ] {
            assert_eq!(open(parts, limits).map(|_| ()).unwrap_err(), expected);
        }
    }

    #[test]
    fn pictures_open_in_order_whatever_their_names() {
        let opened =
            open(vec![encode(ImageFormat::Jpeg), encode(ImageFormat::Png)], Limits::default()).unwrap();
        assert_eq!(opened.container().n_pages, 2);
        assert_eq!(opened.container().kind, ContainerKind::Images);
        assert_eq!(opened.decode(1).unwrap().picture.width(), 24);
        assert_eq!(opened.decode(2).map(|_| ()), Err(ReadError::NoSuchPage { page: 3 }));
        let sources = opened.sources(&[0, 1]).unwrap();
        assert!(matches!(sources[0].media, PageMedia::Jpeg { channels: 3, .. }));
        let PageMedia::Lossless { png: Some(_), decode } = &sources[1].media else { panic!() };
        assert!(!decode().unwrap().is_bilevel);
    }

    #[test]
    fn files_of_all_kinds_stand_one_behind_the_other() {
        let png = encode(ImageFormat::Png);
        let newer = page_with("", "null");
        let parts = vec![empty_pages(2, 2), encode(ImageFormat::Jpeg), png, newer];
        let n_bytes = parts.iter().map(|p| p.len() as u64).sum::<u64>();
        let opened = open(parts, Limits::default()).unwrap();
        let facts = opened.container().clone();
        assert_eq!((facts.kind, facts.n_pages, facts.n_bytes), (ContainerKind::Mixed, 5, n_bytes));
        assert_eq!(facts.pages_of_files, [2, 1, 1, 1]);
        assert!(facts.pdf_version.is_some() && !facts.has_signatures && facts.certified.is_none());
        for index in 2..4 {
            assert_eq!(opened.decode(index).unwrap().picture.width(), 24, "{index}");
        }
        assert_eq!(opened.size_mm(4).unwrap().0.round(), 210.0);
        assert_eq!(opened.size_mm(5), None);
        assert_eq!(opened.decode(5).map(|_| ()), Err(ReadError::NoSuchPage { page: 6 }));
        // Any pages in any order, from whichever file.
        let sources = opened.sources(&[4, 2, 1, 3]).unwrap();
        assert!(matches!(sources[0].media, PageMedia::Pdf { index: 0, .. }));
        assert!(matches!(sources[1].media, PageMedia::Jpeg { .. }));
        assert!(matches!(sources[2].media, PageMedia::Pdf { index: 1, .. }));
        assert!(matches!(sources[3].media, PageMedia::Lossless { .. }));
        assert_eq!(opened.sources(&[0, 9]).map(|_| ()), Err(ReadError::NoSuchPage { page: 10 }));
    }

    #[test]
    fn a_picture_with_a_broken_middle_is_an_error_of_its_page() {
        let mut png = encode(ImageFormat::Png);
        let at = png.windows(4).position(|w| w == b"IDAT").unwrap() + 6;
        png[at..at + 6].fill(0xAA);
        let opened = open(vec![png], Limits::default()).unwrap();
        assert_eq!(opened.decode(0).map(|_| ()), Err(ReadError::DamagedPage { page: 1 }));
    }

    /// A page that shows `operators`, with an optional image as object 5.
    pub(crate) fn page_with(operators: &str, image: &str) -> Vec<u8> {
        assemble(&[
            "<</Type/Catalog/Pages 2 0 R>>".to_owned(),
            "<</Type/Pages/Count 1/Kids[3 0 R]>>".to_owned(),
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595.28 841.89]/Contents 4 0 R/Resources<</XObject<</I 5 0 R>>/Font<</F 6 0 R>>>>>>".to_owned(),
            format!("<</Length {}>>stream\n{operators}\nendstream", operators.len()),
            image.to_owned(),
            "<</Type/Font/Subtype/Type1/BaseFont/Times-Roman/Encoding/WinAnsiEncoding>>".to_owned(),
        ])
    }

    /// A raw grey image of 595 × 842 pixels, dark in its upper half.
    pub(crate) fn half_dark() -> String {
        let rows = "00".repeat(595 * 421) + &"FF".repeat(595 * 421);
        format!(
            "<</Type/XObject/Subtype/Image/Width 595/Height 842/BitsPerComponent 8/ColorSpace/DeviceGray/Filter/ASCIIHexDecode/Length {}>>stream\n{rows}>\nendstream",
            rows.len() + 1
        )
    }

    #[test]
    fn a_page_filling_picture_is_taken_as_it_is_displayed() {
        let check = |matrix: &str, dark: (u32, u32), light: (u32, u32)| {
            let bytes = page_with(&format!("q {matrix} cm /I Do Q"), &half_dark());
            let page = open(vec![bytes], Limits::default()).unwrap().decode(0).unwrap();
            assert_eq!((page.dpi, page.is_damaged), (72, false), "{matrix}");
            let picture = page.picture.red_channel();
            assert!(picture.get_pixel(dark.0, dark.1).0[0] < 50, "{matrix}");
            assert!(picture.get_pixel(light.0, light.1).0[0] > 200, "{matrix}");
        };
        check("595.28 0 0 841.89 0 0", (300, 100), (300, 700));
        check("595.28 0 0 -841.89 0 841.89", (300, 700), (300, 100));
        check("-595.28 0 0 -841.89 595.28 841.89", (300, 700), (300, 100));
    }

    #[test]
    fn a_drawn_page_gives_its_own_words() {
        let bytes = page_with("BT /F 13 Tf 100 700 Td (CONG VAN) Tj 150 0 Td (12/UBND) Tj ET", "null");
        let page = open(vec![bytes], Limits::default()).unwrap().decode(0).unwrap();
        assert!(page.is_text_complete && page.dpi == 0 && page.text_rotation == Some(0));
        let texts: Vec<String> = page.own_words.iter().map(crate::domain::text::TextLine::text).collect();
        assert_eq!(texts, ["CONG VAN", "12/UBND"]);
        let place = page.own_words[0].words[0].place;
        assert!((place.left - 35.3).abs() < 0.5 && (place.bottom() - 51.0).abs() < 2.0, "{place:?}");
    }

    #[test]
    fn text_under_a_scan_is_not_taken_and_text_over_it_is() {
        let operators = "BT /F 13 Tf 3 Tr 100 700 Td (HIDDEN) Tj ET q 595.28 0 0 841.89 0 0 cm /I Do Q BT /F 13 Tf 0 Tr 1 0 0 1 100 300 Tm (Over) Tj ET";
        let page =
            open(vec![page_with(operators, &half_dark())], Limits::default()).unwrap().decode(0).unwrap();
        assert!(!page.is_text_complete);
        let texts: Vec<String> = page.own_words.iter().map(crate::domain::text::TextLine::text).collect();
        assert_eq!(texts, ["Over"]);
    }

    #[test]
    fn mutated_pdfs_never_panic() {
        let whole = page_with("BT /F 13 Tf 100 700 Td (A) Tj ET q 59 0 0 84 0 0 cm /I Do Q", "null");
        let mut state = 5u32;
        for _ in 0..400 {
            let mut bytes = whole.clone();
            for _ in 0..4 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let at = (state >> 8) as usize % bytes.len();
                bytes[at] = (state & 0x7F) as u8;
            }
            if let Ok(opened) = open(vec![bytes], Limits { max_pixels: 1_000_000, ..Limits::default() }) {
                let _ = opened.decode(0);
            }
        }
    }
}
