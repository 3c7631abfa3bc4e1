//! Draws over a page what was read of it: boxes with their names, and lines of text below the page.
//!
//! Gets pictures of our own making alone, never a foreign one. Refuses to know fields, files and papers.

mod labels;
mod letters;

use std::io::Cursor;

use hayro::{
    kurbo::{Rect, Stroke},
    vello_cpu::{
        Pixmap, RasterizerSettings, RenderContext, Resources, TargetInit,
        color::{AlphaColor, Srgb},
    },
};
use image::{ImageEncoder, ImageFormat, RgbImage, codecs::png::PngEncoder};

use crate::domain::page::BoxMm;

/// What a box, or a line below the page, says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// A value that was read.
    Read,
    /// A place that a person has to read.
    Asked,
    /// Something about the page.
    Remark,
}

impl Tone {
    fn rgb(self) -> [u8; 3] {
        match self {
            Self::Read => [0x0f, 0x76, 0x3a],
            Self::Asked => [0xc2, 0x28, 0x0c],
            Self::Remark => [0x1d, 0x4e, 0xb8],
        }
    }
}

/// A box on the page and its name.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    /// Short; what the font lacks is left out.
    pub label: String,
    /// Its colour; boxes that ask are broken lines as well, for those who see colours alike.
    pub tone: Tone,
    /// Where, on the page as the picture shows it.
    pub box_mm: BoxMm,
}

/// A page to draw over.
#[derive(Debug, Clone, Copy)]
pub struct Page<'a> {
    /// The picture, upright: a JPEG that a reading process of ours made.
    pub jpeg: &'a [u8],
    /// Its width on paper.
    pub width_mm: f32,
    /// Its height on paper.
    pub height_mm: f32,
}

/// Why nothing was drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OverlayError {
    /// The picture is none, or too large to be a page's.
    #[error("không vẽ được ảnh trang")]
    NoPicture,
}

/// Pixels along a side at most.
const MOST_PIXELS: u32 = 16_000;
/// Height of the letters' square in labels and in lines below the page, of a picture 1000 px wide.
const LABEL_PX: f32 = 15.0;
const NOTE_PX: f32 = 17.0;
/// Paper left free around a box.
const AROUND_MM: f32 = 0.6;

/// The page with boxes and labels, and the `notes` in lines below it, as a PNG.
///
/// # Errors
/// [`OverlayError::NoPicture`].
pub fn draw(page: Page<'_>, marks: &[Mark], notes: &[(Tone, String)]) -> Result<Vec<u8>, OverlayError> {
    let picture = image::load_from_memory_with_format(page.jpeg, ImageFormat::Jpeg)
        .map_err(|_| OverlayError::NoPicture)?
        .into_rgb8();
    let (width, height) = picture.dimensions();
    if width == 0 || height == 0 || width > MOST_PIXELS || height > MOST_PIXELS {
        return Err(OverlayError::NoPicture);
    }
    let size = (width as f32 / 1000.0).max(0.6);
    let strip = letters::wrapped(notes, NOTE_PX * size, width as f32 - 4.0 * NOTE_PX * size);
    let line_px = NOTE_PX * size * 1.35;
    let below = if strip.is_empty() { 0 } else { ((strip.len() as f32 + 1.0) * line_px).ceil() as u32 };
    let below = below.min(MOST_PIXELS);
    let (w, h) = (u16::try_from(width), u16::try_from(height + below));
    let (Ok(w), Ok(h)) = (w, h) else { return Err(OverlayError::NoPicture) };

    let mut ctx = RenderContext::new(w, h);
    let px = |b: &BoxMm| box_px(b, &page, (width, height));
    let boxes: Vec<Rect> = marks.iter().map(|mark| px(&mark.box_mm)).collect();
    for (mark, at) in marks.iter().zip(&boxes) {
        draw_box(&mut ctx, mark.tone, at, f64::from(size));
    }
    for (label, mark) in labels::place(&picture, marks, &boxes, LABEL_PX * size).iter().zip(marks) {
        draw_label(&mut ctx, label, mark, LABEL_PX * size);
    }
    for (row, (tone, text)) in (0u16..).zip(&strip) {
        let baseline = height as f32 + line_px * (f32::from(row) + 1.0);
        ctx.set_paint(paint(tone.rgb(), 0xff));
        ctx.fill_path(&letters::drawn(text, NOTE_PX * size, (2.0 * NOTE_PX * size, baseline)));
    }
    ctx.flush();
    let mut drawn = Pixmap::new(w, h);
    let raster = RasterizerSettings {
        target_init: TargetInit::Clear(AlphaColor::from_rgba8(0, 0, 0, 0)),
        ..Default::default()
    };
    ctx.render_with(&mut drawn, &mut Resources::default(), raster);
    png(&laid_over(&picture, drawn.data_as_u8_slice(), height + below))
}

fn paint([r, g, b]: [u8; 3], alpha: u8) -> AlphaColor<Srgb> {
    AlphaColor::from_rgba8(r, g, b, alpha)
}

/// The box in pixels, a little wider than what it holds, inside the page.
fn box_px(b: &BoxMm, page: &Page<'_>, (width, height): (u32, u32)) -> Rect {
    let across = f64::from(width) / f64::from(page.width_mm.max(1.0));
    let down = f64::from(height) / f64::from(page.height_mm.max(1.0));
    // What is no number stands at the edge.
    let within = |px: f64, end: u32| px.max(1.0).min(f64::from(end) - 1.0);
    let x = |mm: f32| within(f64::from(mm) * across, width);
    let y = |mm: f32| within(f64::from(mm) * down, height);
    Rect::new(
        x(b.left - AROUND_MM),
        y(b.top - AROUND_MM),
        x(b.right() + AROUND_MM),
        y(b.bottom() + AROUND_MM),
    )
}

fn draw_box(ctx: &mut RenderContext, tone: Tone, at: &Rect, size: f64) {
    ctx.set_paint(paint(tone.rgb(), 0x1c));
    ctx.fill_rect(at);
    ctx.set_paint(paint(tone.rgb(), 0xff));
    let line = Stroke::new(2.0 * size);
    ctx.set_stroke(if tone == Tone::Asked { line.with_dashes(0.0, [7.0 * size, 4.0 * size]) } else { line });
    ctx.stroke_rect(at);
}

fn draw_label(ctx: &mut RenderContext, at: &labels::Label, mark: &Mark, size_px: f32) {
    ctx.set_paint(paint(mark.tone.rgb(), 0xff));
    if let Some((from, to)) = at.leader {
        ctx.set_stroke(Stroke::new(f64::from(size_px) / 12.0));
        let mut line = hayro::kurbo::BezPath::new();
        line.move_to(from);
        line.line_to(to);
        ctx.stroke_path(&line);
    }
    ctx.fill_rect(&at.tab);
    ctx.set_paint(paint([0xff; 3], 0xff));
    let (left, baseline) = (at.tab.x0 as f32 + labels::PAD * size_px, at.tab.y1 as f32 - 0.3 * size_px);
    ctx.fill_path(&letters::drawn(&mark.label, size_px, (left, baseline)));
}

/// The picture on white of that height, and over it what was drawn (premultiplied).
fn laid_over(picture: &RgbImage, drawn: &[u8], height: u32) -> RgbImage {
    let mut out = RgbImage::from_pixel(picture.width(), height, image::Rgb([0xff; 3]));
    out.as_mut()[..picture.as_raw().len()].copy_from_slice(picture.as_raw());
    for (under, over) in out.as_mut().chunks_exact_mut(3).zip(drawn.chunks_exact(4)) {
        let left = 255 - u16::from(over[3]);
        for (under, over) in under.iter_mut().zip(over) {
            let sum = u16::from(*over) + u16::from(*under) * left / 255;
            *under = u8::try_from(sum).unwrap_or(u8::MAX);
        }
    }
    out
}

/// What our pictures say of themselves, as a chunk of text (PNG 1.2, 11.3.4.3) with its length and sum.
const OURS: &[u8] = b"\0\0\0\x16tEXtSoftware\0sohoa overlay\xb7\x7d\x3c\x27";
/// Where the first chunk ends: the signature and IHDR.
const AFTER_HEADER: usize = 33;

fn png(picture: &RgbImage) -> Result<Vec<u8>, OverlayError> {
    let mut bytes = Vec::new();
    PngEncoder::new(Cursor::new(&mut bytes))
        .write_image(picture.as_raw(), picture.width(), picture.height(), image::ExtendedColorType::Rgb8)
        .map_err(|_| OverlayError::NoPicture)?;
    let tail = bytes.split_off(AFTER_HEADER.min(bytes.len()));
    bytes.extend(OURS);
    bytes.extend(tail);
    Ok(bytes)
}

/// Whether the beginning of a file says that it is one of these pictures, and may be drawn anew.
pub fn is_ours(beginning: &[u8]) -> bool {
    beginning.get(AFTER_HEADER..).is_some_and(|rest| rest.starts_with(OURS))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A white page of 210 × 297 mm, 1000 px across, as a JPEG.
    fn white() -> Vec<u8> {
        let mut jpeg = Vec::new();
        let page = RgbImage::from_pixel(1000, 1414, image::Rgb([0xff; 3]));
        image::codecs::jpeg::JpegEncoder::new(&mut jpeg).encode_image(&page).unwrap();
        jpeg
    }

    fn drawn(marks: &[Mark], notes: &[(Tone, String)]) -> RgbImage {
        let jpeg = white();
        let page = Page { jpeg: &jpeg, width_mm: 210.0, height_mm: 297.0 };
        let png = draw(page, marks, notes).unwrap();
        assert!(is_ours(&png) && !is_ours(&jpeg) && !is_ours(b""));
        image::load_from_memory_with_format(&png, ImageFormat::Png).unwrap().into_rgb8()
    }

    fn mark(label: &str, tone: Tone, at: [f32; 4]) -> Mark {
        Mark { label: label.to_owned(), tone, box_mm: at.into() }
    }

    #[test]
    fn a_box_lies_where_its_millimetres_say() {
        let picture = drawn(&[mark("issued_on", Tone::Read, [21.0, 42.0, 63.0, 6.3])], &[]);
        assert_eq!(picture.dimensions(), (1000, 1414));
        let green = image::Rgb(Tone::Read.rgb());
        // Left and right edges, with the paper left around what is held.
        let x = |mm: f32| (mm / 210.0 * 1000.0).round() as u32;
        for edge in [x(21.0 - AROUND_MM), x(84.0 + AROUND_MM)] {
            let near = |px: u32| {
                let pixel = picture.get_pixel(px, x(45.0)).0;
                pixel.iter().zip(green.0).all(|(a, b)| a.abs_diff(b) <= 60)
            };
            assert!((edge - 2..=edge + 2).any(near), "{edge}");
        }
        let inside = picture.get_pixel(x(50.0), x(45.0)).0;
        assert!(inside[0] < 0xff && inside[0] > 0xd0, "what is in the box stays to be seen: {inside:?}");
        assert_eq!(picture.get_pixel(x(150.0), x(150.0)).0, [0xff; 3]);
    }

    #[test]
    fn labels_of_one_row_do_not_cover_each_other() {
        let marks: Vec<Mark> = (0..6)
            .map(|i| mark("issuing_authority", Tone::Asked, [20.0 + 8.0 * i as f32, 40.0, 7.0, 5.0]))
            .collect();
        let picture = RgbImage::from_pixel(1000, 1414, image::Rgb([0xff; 3]));
        let jpeg = white();
        let page = Page { jpeg: &jpeg, width_mm: 210.0, height_mm: 297.0 };
        let boxes: Vec<Rect> = marks.iter().map(|m| box_px(&m.box_mm, &page, (1000, 1414))).collect();
        let labels = labels::place(&picture, &marks, &boxes, LABEL_PX);
        for (i, a) in labels.iter().enumerate() {
            for b in &labels[..i] {
                assert!(a.tab.intersect(b.tab).area() < 1.0, "{:?} {:?}", a.tab, b.tab);
            }
        }
    }

    #[test]
    fn lines_below_the_page_are_broken_between_words() {
        let long = "Trang 1 có phần bị mờ ".repeat(12);
        let picture = drawn(&[], &[(Tone::Remark, long)]);
        assert!(picture.height() > 1414 + 50, "{}", picture.height());
        let is_ink = |x: u32| (1414..picture.height()).any(|y| picture.get_pixel(x, y).0[0] < 0x80);
        assert!((30..970).any(is_ink) && !(985..1000).any(is_ink));
    }

    #[test]
    fn odd_boxes_and_pictures_are_no_trouble() {
        for at in [
            [-500.0, -500.0, 1.0, 1.0],
            [1e9, 1e9, 1e9, 1e9],
            [f32::NAN; 4],
            [0.0; 4],
            [0.0, 0.0, 210.0, 297.0],
        ] {
            drawn(&[mark("x ⚠", Tone::Asked, at), mark("", Tone::Read, at)], &[]);
        }
        let page = Page { jpeg: b"no picture", width_mm: 210.0, height_mm: 297.0 };
        assert_eq!(draw(page, &[], &[]), Err(OverlayError::NoPicture));
    }
}
