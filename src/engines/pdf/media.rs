//! Puts what stands on a page into the PDF as it came: a JPEG's bytes untouched, lossless pictures
//! without loss, PDF pages as forms.
//!
//! Knows nothing of text and fields.

use std::{
    collections::BTreeSet,
    panic::{AssertUnwindSafe, catch_unwind},
};

use hayro_syntax::{
    Pdf,
    content::UntypedIter,
    object::{Array, Dict, Name as PdfName, Object, Stream, dict::keys},
    page::Page,
};
use hayro_write::{ExtractionQuery, extract};
use image::{DynamicImage, ExtendedColorType, codecs::jpeg::JpegEncoder};
use pdf_writer::{Chunk, Filter, Finish, Name, Ref};

use super::{
    archive::{self, Departure},
    lossless::{self, PngParts},
    render,
};

/// A rendered page that does not deflate below this is kept as a JPEG.
const MOST_LOSSLESS_BYTES: usize = 6_000_000;
/// Quality of that JPEG.
const JPEG_QUALITY: u8 = 92;
/// Resolution of a rendered page that holds no picture.
const DRAWN_DPI: f32 = 300.0;

/// What a page draws.
pub(super) enum Body {
    /// A picture: one unit square.
    Picture(Ref),
    /// A PDF page as a form, of this width and height.
    Form(Ref, f32, f32),
}

/// Why a picture cannot be put in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MediaFault {
    /// Not a JPEG that PDF allows: baseline or progressive, 8 bits, 1, 3 or 4 channels.
    Jpeg,
    /// The picture could not be encoded.
    Picture,
    /// The PDF page cannot be read.
    Page,
}

/// Embeds a JPEG file as it came. `tints` is the object that says what its four inks look like; it is
/// written for a JPEG of four channels alone.
pub(super) fn embed_jpeg(chunk: &mut Chunk, (id, tints): (Ref, Ref), bytes: &[u8]) -> Result<(), MediaFault> {
    let facts = JpegFacts::read(bytes).ok_or(MediaFault::Jpeg)?;
    if facts.channels == 4 {
        if tints == id {
            return Err(MediaFault::Jpeg);
        }
        write_tints(chunk, tints);
    }
    let mut picture = chunk.image_xobject(id, bytes);
    picture.width(i32::from(facts.width_px)).height(i32::from(facts.height_px)).bits_per_component(8);
    picture.filter(Filter::DctDecode);
    match facts.channels {
        1 => picture.color_space().device_gray(),
        3 => picture.color_space().device_rgb(),
        _ => {
            // DeviceCMYK says nothing where the output intent is RGB (ISO 19005-2, 6.2.4.3).
            let inks = [&b"Cyan"[..], b"Magenta", b"Yellow", b"Black"].map(Name);
            let mut space = picture.color_space().device_n(inks);
            space.alternate_color_space().device_rgb();
            space.tint_ref(tints);
        }
    }
    if facts.channels == 4 && facts.is_adobe {
        // Adobe writes CMYK upside down: 255 is no ink.
        picture.decode([1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0]);
    }
    if facts.is_named_rgb {
        picture.decode_parms().color_transform(false);
    }
    picture.finish();
    Ok(())
}

/// What four inks look like: each takes its share of the light, as decoders of pictures reckon.
/// Interpolation between the sixteen corners gives just that, so nothing else has to be said.
fn write_tints(chunk: &mut Chunk, id: Ref) {
    let is_full = |corner: u8, ink: u8| corner >> ink & 1 == 1;
    let samples: Vec<u8> = (0..16u8)
        .flat_map(|corner| {
            (0..3).map(move |ink| if is_full(corner, ink) || is_full(corner, 3) { 0 } else { 255 })
        })
        .collect();
    let mut tints = chunk.sampled_function(id, &samples);
    tints.domain([0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0]).range([0.0, 1.0, 0.0, 1.0, 0.0, 1.0]);
    tints.size([2, 2, 2, 2]).bits_per_sample(8);
}

/// What the header of a JPEG says.
#[derive(Debug, PartialEq, Eq)]
struct JpegFacts {
    width_px: u16,
    height_px: u16,
    channels: u8,
    is_adobe: bool,
    /// Channels named R, G, B and no marker that says otherwise: not YCbCr.
    is_named_rgb: bool,
}

impl JpegFacts {
    fn read(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes.strip_prefix(&[0xFF, 0xD8])?;
        let (mut is_adobe, mut is_jfif) = (false, false);
        loop {
            while rest.first() == Some(&0xFF) && rest.get(1) == Some(&0xFF) {
                rest = &rest[1..];
            }
            let [0xFF, marker, tail @ ..] = rest else { return None };
            if matches!(marker, 0x01 | 0xD0..=0xD8) {
                rest = tail;
                continue;
            }
            let length = usize::from(u16::from_be_bytes([*tail.first()?, *tail.get(1)?]));
            let segment = tail.get(2..length)?;
            match marker {
                0xE0 => is_jfif |= segment.starts_with(b"JFIF\0"),
                0xEE => is_adobe |= segment.starts_with(b"Adobe"),
                0xC0..=0xC2 => return Self::from_frame(segment, is_adobe, is_jfif),
                // Lossless, hierarchical and arithmetic frames; data before a frame; the end.
                0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF | 0xDA | 0xD9 => return None,
                _ => {}
            }
            rest = tail.get(length..)?;
        }
    }

    fn from_frame(frame: &[u8], is_adobe: bool, is_jfif: bool) -> Option<Self> {
        let [8, h1, h0, w1, w0, channels @ (1 | 3 | 4), parts @ ..] = frame else { return None };
        let (width_px, height_px) = (u16::from_be_bytes([*w1, *w0]), u16::from_be_bytes([*h1, *h0]));
        if width_px == 0 || height_px == 0 {
            return None;
        }
        let names: Vec<u8> = parts.chunks(3).filter_map(|part| part.first().copied()).collect();
        let is_named_rgb = names == *b"RGB" && !is_adobe && !is_jfif;
        Some(Self { width_px, height_px, channels: *channels, is_adobe, is_named_rgb })
    }
}

/// How a PDF page can be taken over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Carry {
    /// As a form: nothing is lost.
    AsItIs,
    /// As a form, once the faces of its annotations are content.
    WithFaces,
    /// As a picture: layers are switched off that a form would show.
    Rendered,
}

/// How the page can be taken over without losing what is seen.
pub(super) fn how_to_carry(pdf: &Pdf, index: usize) -> Result<Carry, MediaFault> {
    let page = pdf.pages().get(index).ok_or(MediaFault::Page)?;
    if !has_readable_contents(page) {
        return Err(MediaFault::Page);
    }
    Ok(match (has_layer_off(pdf), has_visible_annotation(page.raw())) {
        (true, _) => Carry::Rendered,
        (false, true) => Carry::WithFaces,
        (false, false) => Carry::AsItIs,
    })
}

/// Every content stream of the page decodes: what does not would be dropped in silence.
fn has_readable_contents(page: &Page<'_>) -> bool {
    let decodes = |stream: Stream<'_>| stream.decoded_data().is_ok();
    match page.raw().get::<Object<'_>>(keys::CONTENTS) {
        None | Some(Object::Null(_)) => true,
        Some(Object::Stream(_)) => page.page_stream().is_some(),
        Some(Object::Array(parts)) => {
            let all = parts.raw_iter().count();
            let readable =
                parts.iter::<Object<'_>>().filter_map(Object::into_stream).filter(|s| decodes(s.clone()));
            readable.count() == all
        }
        Some(_) => false,
    }
}

fn has_visible_annotation(page: &Dict<'_>) -> bool {
    const HIDDEN_OR_NO_VIEW: i32 = 0b10_0010;
    let Some(annotations) = page.get::<Array<'_>>(keys::ANNOTS) else { return false };
    annotations.iter::<Dict<'_>>().any(|annotation| {
        let flags = annotation.get::<i32>(keys::F).unwrap_or(0);
        let is_popup = annotation.get::<PdfName<'_>>(keys::SUBTYPE).is_some_and(|name| &*name == b"Popup");
        annotation.contains_key(keys::AP)
            && flags & HIDDEN_OR_NO_VIEW == 0
            && !is_popup
            && !has_empty_face(&annotation)
    })
}

/// Whether the face is a single form that draws nothing, as of a field that waits to be filled.
fn has_empty_face(annotation: &Dict<'_>) -> bool {
    let face = annotation.get::<Dict<'_>>(keys::AP).and_then(|faces| faces.get::<Stream<'_>>(keys::N));
    let Some(content) = face.and_then(|face| face.decoded_data().ok()) else { return false };
    let mut operations = UntypedIter::new(&content);
    while let Some(operation) = operations.next() {
        if !matches!(&**operation.operator, b"q" | b"Q" | b"BMC" | b"BDC" | b"EMC" | b"BT" | b"ET" | b"Tf") {
            return false;
        }
    }
    true
}

/// Without the catalogue's list, every layer is seen.
fn has_layer_off(pdf: &Pdf) -> bool {
    if !pdf.xref().has_optional_content_groups() {
        return false;
    }
    let root = pdf.xref().get::<Dict<'_>>(pdf.xref().root_id());
    let config =
        root.and_then(|r| r.get::<Dict<'_>>(keys::OCPROPERTIES)).and_then(|p| p.get::<Dict<'_>>(keys::D));
    config.is_none_or(|config| {
        let off = config.get::<Array<'_>>(keys::OFF).is_some_and(|off| off.raw_iter().next().is_some());
        off || config.get::<PdfName<'_>>(keys::BASE_STATE).is_some_and(|state| &*state != b"ON")
    })
}

/// Whether the page has fonts: then its own text would extract beside ours.
pub(super) fn has_fonts(pdf: &Pdf, index: usize) -> bool {
    const DEEPEST: u8 = 4;
    fn fonts(resources: &Dict<'_>, depth: u8) -> bool {
        let own = resources.get::<Dict<'_>>(keys::FONT).is_some_and(|fonts| !fonts.is_empty());
        own || depth < DEEPEST
            && resources.get::<Dict<'_>>(keys::XOBJECT).is_some_and(|objects| {
                let mut forms = objects.keys().take(200).filter_map(|name| objects.get::<Stream<'_>>(name));
                forms.any(|form| {
                    form.dict().get::<Dict<'_>>(keys::RESOURCES).is_some_and(|inner| fonts(&inner, depth + 1))
                })
            })
    }
    pdf.pages().get(index).is_some_and(|page| {
        let resources = page.resources();
        !resources.fonts.is_empty()
            || resources.x_objects.keys().take(200).any(|name| {
                let form = resources.x_objects.get::<Stream<'_>>(name);
                form.and_then(|form| form.dict().get::<Dict<'_>>(keys::RESOURCES))
                    .is_some_and(|r| fonts(&r, 1))
            })
    })
}

/// Copies pages of one PDF as forms, their common objects once; says where they depart from PDF/A-2b.
/// `None` where the copier gives up.
pub(super) fn carry(
    chunk: &mut Chunk,
    new_ref: &mut Ref,
    pdf: &Pdf,
    indices: &[usize],
) -> Option<(Vec<Body>, BTreeSet<Departure>)> {
    if indices.is_empty() {
        return None;
    }
    let queries: Vec<ExtractionQuery> = indices.iter().map(|i| ExtractionQuery::new_xobject(*i)).collect();
    let start = *new_ref;
    let extracted = catch_unwind(AssertUnwindSafe(|| {
        extract(pdf, Box::new(|| new_ref.bump()), hayro_write::ChunkSettings::default(), &queries)
    }));
    let Ok(Ok(extracted)) = extracted else {
        *new_ref = start;
        return None;
    };
    let pages = pdf.pages();
    let mut bodies = Vec::with_capacity(indices.len());
    let mut roots = Vec::with_capacity(indices.len());
    for (index, root) in indices.iter().zip(&extracted.root_refs) {
        let (Ok(root), Some(page)) = (root, pages.get(*index)) else {
            *new_ref = start;
            return None;
        };
        let (width, height) = page.render_dimensions();
        bodies.push(Body::Form(*root, width, height));
        roots.push(*root);
    }
    let departures = archive::settle(extracted.chunk, &roots, chunk);
    Some((bodies, departures))
}

/// Renders a page at the resolution of its largest picture and embeds that.
pub(super) fn embed_rendered(chunk: &mut Chunk, id: Ref, pdf: &Pdf, index: usize) -> Result<(), MediaFault> {
    let px_per_unit = pdf.pages().get(index).map_or(DRAWN_DPI / 72.0, native_px_per_unit);
    let rendered = render::render(pdf, index, px_per_unit).filter(|r| r.is_whole).ok_or(MediaFault::Page)?;
    let is_grey = rendered.picture.pixels().all(|p| p.0[0] == p.0[1] && p.0[1] == p.0[2]);
    let picture = DynamicImage::ImageRgb8(rendered.picture);
    let picture = if is_grey { DynamicImage::ImageLuma8(picture.into_luma8()) } else { picture };
    let colour = if is_grey { ExtendedColorType::L8 } else { ExtendedColorType::Rgb8 };
    let size = (picture.width(), picture.height());
    let png = lossless::encode_png(picture.as_bytes(), size, colour).ok_or(MediaFault::Picture)?;
    let parts = PngParts::read(&png).filter(|parts| parts.len() <= MOST_LOSSLESS_BYTES);
    drop(png);
    if let Some(parts) = parts {
        return lossless::embed_png(chunk, id, &parts);
    }
    let mut jpeg = Vec::new();
    picture
        .write_with_encoder(JpegEncoder::new_with_quality(&mut jpeg, JPEG_QUALITY))
        .map_err(|_| MediaFault::Picture)?;
    embed_jpeg(chunk, (id, id), &jpeg)
}

/// Pixels in a unit of the page, by its widest picture; a drawn page has none.
fn native_px_per_unit(page: &Page<'_>) -> f32 {
    let objects = &page.resources().x_objects;
    let widest = objects
        .keys()
        .take(1000)
        .filter_map(|name| objects.get::<Stream<'_>>(name))
        .filter(|stream| stream.dict().get::<PdfName<'_>>(keys::SUBTYPE).is_some_and(|s| &*s == b"Image"))
        .filter_map(|stream| {
            let (width, height) =
                (stream.dict().get::<u32>(keys::WIDTH)?, stream.dict().get::<u32>(keys::HEIGHT)?);
            Some(width.max(height))
        })
        .max();
    let (width, height) = page.render_dimensions();
    let dpi = widest.map_or(DRAWN_DPI, |px| px as f32 * 72.0 / width.max(height));
    dpi.clamp(150.0, 600.0) / 72.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jpeg(head: &[&[u8]]) -> Vec<u8> {
        [&[0xFF, 0xD8][..]].iter().chain(head).flat_map(|part| part.iter().copied()).collect()
    }

    const ADOBE: &[u8] = b"\xFF\xEE\x00\x0EAdobe\0\x64\0\0\0\0\0";
    const JFIF: &[u8] = b"\xFF\xE0\x00\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0";

    fn frame(marker: u8, precision: u8, names: &[u8]) -> Vec<u8> {
        let mut frame =
            vec![0xFF, marker, 0, 8 + 3 * names.len() as u8, precision, 0, 20, 0, 10, names.len() as u8];
        frame.extend(names.iter().flat_map(|name| [*name, 0x11, 0]));
        frame
    }

    #[test]
    fn the_header_of_a_jpeg_tells_its_colours() {
        let check = |parts: &[&[u8]], expected: Option<(u8, bool, bool)>| {
            let facts = JpegFacts::read(&jpeg(parts));
            assert_eq!(facts.map(|f| (f.channels, f.is_adobe, f.is_named_rgb)), expected);
        };
        check(&[JFIF, &frame(0xC0, 8, &[1])], Some((1, false, false)));
        check(&[JFIF, &frame(0xC2, 8, &[1, 2, 3])], Some((3, false, false)));
        check(&[&frame(0xC0, 8, b"RGB")], Some((3, false, true)));
        check(&[ADOBE, &frame(0xC0, 8, &[1, 2, 3, 4])], Some((4, true, false)));
        check(&[&[0xFF, 0xFF], JFIF, &frame(0xC1, 8, &[1, 2, 3, 4])], Some((4, false, false)));
        check(&[&frame(0xC1, 12, &[1])], None);
        check(&[&frame(0xC9, 8, &[1])], None);
        check(&[JFIF], None);
        check(&[b"\xFF\xE0\x00\x00"], None);
        check(&[b"\xFF\xE0\xFF\xFF"], None);
        assert_eq!(JpegFacts::read(b""), None);
    }
}
