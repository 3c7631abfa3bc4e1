//! Pictures of PDF pages, by hayro: to see where ink is, and for pages that cannot be carried over.
//!
//! Knows nothing of composing or stamping.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use hayro::{
    RenderCache, RenderSettings,
    hayro_interpret::{InterpreterSettings, InterpreterWarning, RenderContent},
    hayro_syntax::{Pdf, page::Page},
    kurbo::Affine,
    vello_cpu::{Pixmap, RasterizerSettings, RenderContext, Resources, TargetInit},
};
use image::{GrayImage, RgbImage};

/// Most pixels of a rendered page: A4 at 600 dpi and some room.
const MOST_PIXELS: f32 = 40_000_000.0;
/// Most pixels along a side; the renderer counts in 16 bits.
const MOST_SIDE_PX: f32 = 20_000.0;

/// A rendered page.
pub(in crate::engines) struct Rendered {
    /// The picture, on white, as a viewer shows the page.
    pub picture: RgbImage,
    /// Whether every picture on the page could be decoded.
    pub is_whole: bool,
}

impl Rendered {
    /// How light each pixel is.
    pub fn shades(&self) -> Option<GrayImage> {
        // Three tenths, six and one, in parts of 256: no division for each of a million pixels.
        let shade = |rgb: &[u8]| {
            ((u16::from(rgb[0]) * 77 + u16::from(rgb[1]) * 154 + u16::from(rgb[2]) * 25) >> 8) as u8
        };
        let shades = self.picture.as_raw().chunks_exact(3).map(shade).collect();
        GrayImage::from_raw(self.picture.width(), self.picture.height(), shades)
    }
}

/// Renders a page with about `px_per_unit` pixels in a unit of the page, fewer when it is huge.
///
/// `None` when the renderer gives up on it.
pub(in crate::engines) fn render(pdf: &Pdf, index: usize, px_per_unit: f32) -> Option<Rendered> {
    render_parts(pdf, index, px_per_unit, RenderContent::all())
}

/// The same without what lies over the page: annotations and fields.
pub(in crate::engines) fn render_bare(pdf: &Pdf, index: usize, px_per_unit: f32) -> Option<Rendered> {
    render_parts(pdf, index, px_per_unit, RenderContent::PAGE)
}

fn render_parts(pdf: &Pdf, index: usize, px_per_unit: f32, parts: RenderContent) -> Option<Rendered> {
    let render = || render_page(pdf.pages().get(index)?, px_per_unit, parts);
    catch_unwind(AssertUnwindSafe(render)).ok().flatten()
}

fn render_page(page: &Page<'_>, px_per_unit: f32, parts: RenderContent) -> Option<Rendered> {
    let (width, height) = page.render_dimensions();
    let (width_px, height_px) = bounded_size(width, height, px_per_unit)?;
    let failed = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&failed);
    let settings = InterpreterSettings {
        warning_sink: Arc::new(move |warning| {
            if matches!(warning, InterpreterWarning::ImageDecodeFailure) {
                seen.store(true, Ordering::Relaxed);
            }
        }),
        render_content: parts,
        ..InterpreterSettings::default()
    };
    let scale = Affine::scale_non_uniform(
        f64::from(width_px) / f64::from(width),
        f64::from(height_px) / f64::from(height),
    );
    let [a, b, c, d, e, f] = page.initial_transform(true).as_coeffs();
    let mut context = RenderContext::new(width_px, height_px);
    let cache = RenderCache::new();
    let transform = scale * Affine::new([a, b, c, d, e, f]);
    hayro::render_into(page, &cache, &settings, &RenderSettings::default(), &mut context, transform);
    context.flush();
    let mut pixels = Pixmap::new(width_px, height_px);
    let white = hayro::vello_cpu::color::palette::css::WHITE;
    let target =
        RasterizerSettings { target_init: TargetInit::Clear(white), ..RasterizerSettings::default() };
    context.render_with(&mut pixels, &mut Resources::default(), target);
    let mut rgb = vec![0; pixels.data().len() * 3];
    for (to, pixel) in rgb.chunks_exact_mut(3).zip(pixels.data()) {
        to.copy_from_slice(&[pixel.r, pixel.g, pixel.b]);
    }
    let picture = RgbImage::from_raw(u32::from(width_px), u32::from(height_px), rgb)?;
    Some(Rendered { picture, is_whole: !failed.load(Ordering::Relaxed) })
}

fn bounded_size(width: f32, height: f32, px_per_unit: f32) -> Option<(u16, u16)> {
    let is_usable = |v: f32| v.is_finite() && v > 0.0;
    if ![width, height, px_per_unit].into_iter().all(is_usable) {
        return None;
    }
    let by_area = (MOST_PIXELS / (width * height)).sqrt();
    let by_side = MOST_SIDE_PX / width.max(height);
    let scale = px_per_unit.min(by_area).min(by_side);
    let side = |v: f32| (v * scale).round().clamp(1.0, MOST_SIDE_PX) as u16;
    Some((side(width), side(height)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absurd_pages_are_rendered_small_or_not_at_all() {
        let check = |width, height, scale, expected| {
            assert_eq!(bounded_size(width, height, scale), expected, "{width} × {height}");
        };
        check(595.0, 842.0, 1.0, Some((595, 842)));
        check(1e6, 1.0, 1.0, Some((20_000, 1)));
        check(1e9, 1e9, 1.0, Some((6325, 6325)));
        check(f32::NAN, 10.0, 1.0, None);
        check(0.0, 10.0, 1.0, None);
        check(10.0, f32::INFINITY, 1.0, None);
    }
}
