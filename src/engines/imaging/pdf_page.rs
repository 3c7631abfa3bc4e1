//! One page of a PDF as pixels and words: the scan it holds, or the drawing it is.
//!
//! A page-filling picture is decoded at its own resolution; everything else is drawn by `hayro`.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use hayro::{
    RenderCache, RenderSettings,
    hayro_interpret::{
        Context, InterpreterCache, InterpreterSettings, InterpreterWarning, RenderContent, TransformExt,
        interpret_page,
    },
    kurbo::{Affine, Rect},
    render_into,
    vello_cpu::{
        Pixmap, RasterizerSettings, RenderContext, Resources, TargetInit, color::palette::css::WHITE,
    },
};
use hayro_syntax::{
    Pdf,
    content::ops::TypedInstruction,
    object::{Array, Name, Object, Stream},
    page::Page,
};
use image::{GrayImage, Luma, RgbImage, imageops};

use super::{
    fault::ReadError,
    glyphs::{self, SeenImage, Survey, Wanted},
    picture::{DecodedPage, Picture},
};
use crate::domain::page::{BoxMm, Colour};

const MM_PER_PT: f64 = 25.4 / 72.0;
/// Resolution at which drawn pages are read when their text is of no use.
const DRAWN_DPI: f64 = 250.0;
/// Resolution at which drawn pages are looked at otherwise.
const GLANCE_DPI: f64 = 72.0;
/// Pixels of a drawn page at most, whatever the size of its box.
const MAX_DRAWN_PIXELS: f64 = 40_000_000.0;

/// Operations of a page that are looked through for images.
const MAX_OPERATIONS: usize = 300_000;

/// Size of a page as displayed, in millimetres.
pub(crate) fn size_mm(page: &Page<'_>) -> (f64, f64) {
    let unit = page.raw().get::<f32>(b"UserUnit").filter(|u| (0.1..=1000.0).contains(u)).unwrap_or(1.0);
    let (w, h) = page.render_dimensions();
    let mm = |pt: f32| (f64::from(pt) * f64::from(unit) * MM_PER_PT).clamp(1.0, 100_000.0);
    (mm(w), mm(h))
}

/// The transform from the page's own space to millimetres as displayed.
fn to_mm(page: &Page<'_>) -> Affine {
    let (w, h) = page.render_dimensions();
    let (w_mm, h_mm) = size_mm(page);
    Affine::scale_non_uniform(w_mm / f64::from(w.max(1e-3)), h_mm / f64::from(h.max(1e-3)))
        * page.initial_transform(true).to_kurbo()
}

/// A rectangle of the page's own space, in millimetres as displayed; `None` where it is no place on the page.
pub(crate) fn box_mm(page: &Page<'_>, rect: hayro_syntax::object::Rect) -> Option<BoxMm> {
    let (w, h) = size_mm(page);
    let own = Rect::new(rect.x0, rect.y0, rect.x1, rect.y1).abs();
    let seen = to_mm(page).transform_rect_bbox(own).intersect(Rect::new(0.0, 0.0, w, h));
    let is_place = seen.x0.is_finite() && seen.y0.is_finite() && seen.width() > 0.0 && seen.height() > 0.0;
    let mm = |v: f64| v as f32;
    is_place.then(|| BoxMm {
        left: mm(seen.x0),
        top: mm(seen.y0),
        width: mm(seen.width()),
        height: mm(seen.height()),
    })
}

fn settings(content: RenderContent, is_damaged: &Arc<AtomicBool>) -> InterpreterSettings {
    let flag = Arc::clone(is_damaged);
    InterpreterSettings {
        render_content: content,
        warning_sink: Arc::new(move |warning| {
            if matches!(warning, InterpreterWarning::ImageDecodeFailure) {
                flag.store(true, Ordering::Relaxed);
            }
        }),
        ..InterpreterSettings::default()
    }
}

fn survey(page: &Page<'_>, content: RenderContent, wanted: Wanted) -> Survey {
    let (w, h) = size_mm(page);
    let is_damaged = Arc::new(AtomicBool::new(false));
    let cache = InterpreterCache::new();
    let bounds = Rect::new(0.0, 0.0, w, h);
    let mut context = Context::new(to_mm(page), bounds, &cache, page.xref(), settings(content, &is_damaged));
    let mut seen = Survey::wanting(wanted);
    interpret_page(page, &mut context, &mut seen);
    seen.is_damaged |= is_damaged.load(Ordering::Relaxed);
    seen
}

/// What kind of page it is.
enum Kind {
    /// One picture fills the page; its order among what is drawn.
    OnePicture { order: usize, dpi: f64 },
    /// Pictures cover the page, in a way that has to be drawn together.
    Pictures { dpi: f64 },
    /// Text that can be taken at its word.
    Text,
    /// Drawn, with no text of use.
    Drawing,
    /// Nothing is drawn.
    Nothing,
}

/// Decodes page `index` (from 0).
///
/// # Errors
/// [`ReadError::NoSuchPage`], [`ReadError::TooManyPixels`].
pub(crate) fn decode(pdf: &Pdf, index: usize, max_pixels: u64) -> Result<DecodedPage, ReadError> {
    let position = u32::try_from(index + 1).unwrap_or(u32::MAX);
    let page = pdf.pages().get(index).ok_or(ReadError::NoSuchPage { page: position })?;
    let (w_mm, h_mm) = size_mm(page);
    let seen = survey(page, RenderContent::PAGE, Wanted::Nothing);
    check_pixels(&seen, position, max_pixels)?;
    let faces = survey(page, RenderContent::ANNOTATIONS, Wanted::Nothing);
    let all = RenderContent::PAGE | RenderContent::ANNOTATIONS;
    let mut out = DecodedPage {
        picture: Picture::Grey(GrayImage::new(1, 1)),
        width_mm: w_mm as f32,
        height_mm: h_mm as f32,
        dpi: 0,
        colour: Colour::Colour,
        own_words: Vec::new(),
        is_text_complete: false,
        text_rotation: None,
        is_damaged: has_broken_content(page) || lacks_images(page, &seen) || seen.is_overfull,
    };
    match kind(&seen, &faces, w_mm, h_mm) {
        Kind::OnePicture { order, dpi } => {
            let (picture, damaged) = one_picture(page, order, max_pixels);
            out.own_words = glyphs::words(&seen.glyphs, order, w_mm, h_mm);
            out.own_words.extend(glyphs::words(&faces.glyphs, 0, w_mm, h_mm));
            out.colour = picture.colour();
            (out.picture, out.dpi) = (picture, dpi.round() as u32);
            out.is_damaged |= damaged;
        }
        Kind::Pictures { dpi } => {
            let (picture, damaged) = render(page, dpi.clamp(100.0, 600.0), RenderContent::PAGE, max_pixels);
            out.own_words = glyphs::words(&faces.glyphs, 0, w_mm, h_mm);
            out.colour = colour_of(&seen.images, &picture);
            (out.picture, out.dpi) = (picture, dpi.round() as u32);
            // Drawing spreads a picture that came out short over its whole place.
            let sizes = survey(page, RenderContent::PAGE, Wanted::Sizes);
            out.is_damaged |= damaged || seen.is_damaged || sizes.is_damaged;
        }
        Kind::Text => {
            let (picture, damaged) = render(page, GLANCE_DPI, all, max_pixels);
            let mut glyphs = seen.glyphs;
            glyphs.extend(faces.glyphs);
            out.own_words = glyphs::words(&glyphs, 0, w_mm, h_mm);
            out.text_rotation = Some(glyphs::text_rotation(&glyphs));
            out.is_text_complete = true;
            out.picture = picture;
            out.is_damaged |= damaged;
        }
        Kind::Nothing => out.picture = Picture::Grey(GrayImage::from_pixel(60, 85, Luma([255]))),
        Kind::Drawing => {
            let (picture, damaged) = render(page, DRAWN_DPI, all, max_pixels);
            out.picture = picture;
            out.is_damaged |= damaged;
        }
    }
    Ok(out)
}

/// The page-filling picture as it is displayed, and whether it is damaged.
fn one_picture(page: &Page<'_>, order: usize, max_pixels: u64) -> (Picture, bool) {
    let again = survey(page, RenderContent::PAGE, Wanted::Image(order));
    let image = again.images.iter().find(|i| i.order == order);
    match again.decoded.zip(image) {
        Some((picture, image)) => (set_upright(picture, image), again.is_damaged),
        None => (render(page, GLANCE_DPI, RenderContent::PAGE, max_pixels).0, true),
    }
}

fn check_pixels(seen: &Survey, page: u32, limit: u64) -> Result<(), ReadError> {
    for image in &seen.images {
        let (width_px, height_px) = (u64::from(image.width_px), u64::from(image.height_px));
        if width_px.saturating_mul(height_px) > limit {
            return Err(ReadError::TooManyPixels { page, width_px, height_px, limit });
        }
    }
    Ok(())
}

fn kind(seen: &Survey, faces: &Survey, w_mm: f64, h_mm: f64) -> Kind {
    if seen.is_empty() && faces.is_empty() {
        return Kind::Nothing;
    }
    let area = w_mm * h_mm;
    let share = |i: &SeenImage| i.bounds.intersect(Rect::new(0.0, 0.0, w_mm, h_mm)).area() / area;
    let covered = coverage(&seen.images, w_mm, h_mm);
    let has_text = glyphs::is_credible(&seen.glyphs);
    let is_scan = covered >= 0.5 || (!has_text && covered >= 0.05 && seen.n_letter_paths < 40);
    if is_scan {
        let dpi = scan_dpi(&seen.images, share);
        if let [only] = seen.images.as_slice() {
            let b = only.bounds;
            let edges = [b.x0, b.y0, w_mm - b.x1, h_mm - b.y1];
            let fills = edges.iter().all(|e| e.abs() <= 1.2);
            let is_bare = seen.last_path.is_none_or(|p| p < only.order);
            if fills && is_bare && only.is_plain && is_axis_aligned(only.placement) {
                return Kind::OnePicture { order: only.order, dpi };
            }
        }
        return Kind::Pictures { dpi };
    }
    let n_glyphs = seen.glyphs.len();
    let n_outlines = seen.n_letter_paths;
    let faces_fine = faces.glyphs.is_empty() || glyphs::is_credible(&faces.glyphs);
    let is_text = has_text && faces_fine && !seen.is_overfull && !faces.is_overfull;
    if is_text && n_outlines <= 40.max(n_glyphs / 5) && covered <= 0.25 { Kind::Text } else { Kind::Drawing }
}

fn is_axis_aligned(placement: Affine) -> bool {
    let [a, b, c, d, _, _] = placement.as_coeffs();
    let small = |v: f64, of: f64| v.abs() <= of.abs() * 1e-3;
    (small(b, a) && small(c, d)) || (small(a, b) && small(d, c))
}

/// Colours of a scan in several pictures: drawing softens edges, so the pictures themselves are asked first.
fn colour_of(images: &[SeenImage], drawn: &Picture) -> Colour {
    if images.iter().all(|i| i.is_bilevel) {
        Colour::Bilevel
    } else if images.iter().any(|i| i.is_colour_jpeg) {
        Colour::Colour
    } else {
        drawn.colour()
    }
}

/// Share of the page that images cover, on a grid.
fn coverage(images: &[SeenImage], w_mm: f64, h_mm: f64) -> f64 {
    const N: usize = 40;
    let mut grid = [[false; N]; N];
    for image in images.iter().take(2_000) {
        let cell = |v: f64, size: f64| ((v / size * N as f64) + 0.5).clamp(0.0, N as f64) as usize;
        let (x0, x1) = (cell(image.bounds.x0, w_mm), cell(image.bounds.x1, w_mm));
        let (y0, y1) = (cell(image.bounds.y0, h_mm), cell(image.bounds.y1, h_mm));
        (y0..y1).for_each(|y| grid[y][x0..x1].fill(true));
    }
    grid.iter().flatten().filter(|on| **on).count() as f64 / (N * N) as f64
}

/// The finest of the pictures that matter: a mask over a coarse background is what is read.
fn scan_dpi(images: &[SeenImage], share: impl Fn(&SeenImage) -> f64) -> f64 {
    let all: f64 = images.iter().map(&share).sum();
    let large = images.iter().filter(|i| share(i) >= 0.25 * all).map(SeenImage::dpi).fold(0.0, f64::max);
    if large > 0.0 {
        return large;
    }
    let weighted: f64 = images.iter().map(|i| share(i) * i.dpi()).sum();
    if all > 0.0 { weighted / all } else { 0.0 }
}

/// Turns a picture as it is stored into the picture as it is displayed.
fn set_upright(picture: Picture, image: &SeenImage) -> Picture {
    let [a, b, c, d, _, _] = image.placement.as_coeffs();
    let turn = |mut p: Picture, f: &dyn Fn(&mut Picture)| {
        f(&mut p);
        p
    };
    let flip_x = |p: &mut Picture| match p {
        Picture::Grey(p) => imageops::flip_horizontal_in_place(p),
        Picture::Rgb(p) => imageops::flip_horizontal_in_place(p),
    };
    let flip_y = |p: &mut Picture| match p {
        Picture::Grey(p) => imageops::flip_vertical_in_place(p),
        Picture::Rgb(p) => imageops::flip_vertical_in_place(p),
    };
    if a.abs() >= b.abs() {
        let p = if a < 0.0 { turn(picture, &flip_x) } else { picture };
        return if d < 0.0 { turn(p, &flip_y) } else { p };
    }
    // A quarter clockwise brings x to −y and y to x.
    let p = super::turn_picture(picture, 90);
    let p = if c > 0.0 { turn(p, &flip_x) } else { p };
    if b < 0.0 { turn(p, &flip_y) } else { p }
}

/// Draws a page on white; says whether an image on it could not be decoded.
pub(crate) fn render(page: &Page<'_>, dpi: f64, content: RenderContent, max_pixels: u64) -> (Picture, bool) {
    let (w_mm, h_mm) = size_mm(page);
    let most = MAX_DRAWN_PIXELS.min(max_pixels as f64);
    let scale = (dpi / 25.4).min((most / (w_mm * h_mm)).sqrt()).min(30_000.0 / w_mm.max(h_mm));
    let px = |mm: f64| (mm * scale).round().clamp(1.0, 30_000.0) as u16;
    let (w, h) = (px(w_mm), px(h_mm));
    let is_damaged = Arc::new(AtomicBool::new(false));
    let cache = RenderCache::new();
    let mut ctx = RenderContext::new(w, h);
    let transform = Affine::scale_non_uniform(f64::from(w) / w_mm, f64::from(h) / h_mm) * to_mm(page);
    let settings = settings(content, &is_damaged);
    render_into(page, &cache, &settings, &RenderSettings::default(), &mut ctx, transform);
    ctx.flush();
    let mut pixmap = Pixmap::new(w, h);
    let raster = RasterizerSettings { target_init: TargetInit::Clear(WHITE), ..Default::default() };
    ctx.render_with(&mut pixmap, &mut Resources::default(), raster);
    let rgb = pixmap.data_as_u8_slice().chunks_exact(4).flat_map(|p| [p[0], p[1], p[2]]).collect();
    let picture = RgbImage::from_raw(u32::from(w), u32::from(h), rgb).expect("three bytes per pixel");
    let is_grey = picture.as_raw().chunks_exact(3).all(|p| p[0] == p[1] && p[1] == p[2]);
    let picture = Picture::Rgb(picture);
    let picture = if is_grey { Picture::Grey(picture.red_channel()) } else { picture };
    (picture, is_damaged.load(Ordering::Relaxed))
}

/// Whether a content stream of the page cannot be decoded: it would be drawn without it, in silence.
fn has_broken_content(page: &Page<'_>) -> bool {
    match page.raw().get::<Object<'_>>(b"Contents") {
        Some(Object::Stream(stream)) => stream.decoded_data().is_err(),
        Some(Object::Array(parts)) => is_broken(&parts),
        _ => false,
    }
}

/// Whether the page shows an image, by name, that was not drawn: it would be left out, in silence.
fn lacks_images(page: &Page<'_>, seen: &Survey) -> bool {
    let is_visible = !page.xref().has_optional_content_groups();
    let is_image = |name: &Name<'_>| match page.resources().get_x_object(name) {
        Some(object) => object.dict().get::<Name<'_>>(b"Subtype").is_none_or(|s| s.as_ref() == b"Image"),
        None => true,
    };
    let (mut n_shown, mut n_seen) = (0, 0);
    let mut operations = page.typed_operations();
    while let Some(operation) = operations.next() {
        n_seen += 1;
        n_shown += usize::from(matches!(&operation, TypedInstruction::XObject(shown) if is_image(shown.0)));
        if n_seen > MAX_OPERATIONS {
            break;
        }
    }
    is_visible && n_shown > seen.images.len()
}

fn is_broken(parts: &Array<'_>) -> bool {
    let n_parts = parts.raw_iter().count();
    let streams: Vec<Stream<'_>> = parts.iter::<Stream<'_>>().collect();
    streams.len() < n_parts || streams.iter().any(|s| s.decoded_data().is_err())
}

/// A page as a reader of PDFs shows it, faces of signatures and fields included.
pub(crate) fn as_seen(page: &Page<'_>, dpi: f64, max_pixels: u64) -> Picture {
    render(page, dpi, RenderContent::PAGE | RenderContent::ANNOTATIONS, max_pixels).0
}
