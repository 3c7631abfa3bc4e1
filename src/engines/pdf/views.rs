//! Pages of a file as they are seen, each rendered once for whoever looks at it: at every length that the file had.

use std::{collections::HashMap, sync::Arc};

use hayro::{
    hayro_syntax::{Pdf, PdfData},
    kurbo,
};
use image::{GrayImage, RgbImage};

use super::render;

/// Pixels in a unit of the page: 100 dpi, less on huge pages.
const PX_PER_UNIT: f32 = 100.0 / 72.0;
const MOST_SIDE_PX: f32 = 2_400.0;
/// Most pictures kept.
const MOST_KEPT: usize = 40;
/// Files that are kept open: the newest, and one before it.
const MOST_OPEN: usize = 2;

/// Which picture: of the file's first so many bytes, the page from 0, and whether annotations are left out.
pub(in crate::engines) type What = (usize, usize, bool);

/// A page as seen, and how its coordinates map to pixels.
pub(in crate::engines) struct View {
    /// On white, as a viewer shows it.
    pub pixels: RgbImage,
    /// How light each pixel is.
    pub shades: GrayImage,
    /// From units of the page to pixels.
    pub to_px: kurbo::Affine,
    /// How many pages the renderer counts.
    pub n_pages: usize,
}

/// What was opened and rendered so far.
#[derive(Default)]
pub(super) struct Views {
    opened: Vec<(usize, Option<Arc<Pdf>>)>,
    pages: HashMap<What, Option<Arc<View>>>,
}

impl Views {
    /// The file at `length`; `None` where the renderer cannot open it.
    pub(super) fn opened(
        &mut self,
        length: usize,
        data: impl FnOnce() -> PdfData,
        password: &str,
    ) -> Option<Arc<Pdf>> {
        if let Some((_, pdf)) = self.opened.iter().find(|(known, _)| *known == length) {
            return pdf.clone();
        }
        // More would keep what they decode in memory many times.
        if self.opened.len() >= MOST_OPEN {
            let newest = self.opened.iter().map(|(length, _)| *length).max();
            self.opened.retain(|(length, _)| Some(*length) == newest);
        }
        let pdf = Pdf::new_with_password(data(), password).ok().map(Arc::new);
        self.opened.push((length, pdf.clone()));
        pdf
    }

    /// A page; `None` where it cannot be shown whole.
    pub(super) fn page(
        &mut self,
        what: What,
        data: impl FnOnce() -> PdfData,
        password: &str,
    ) -> Option<Arc<View>> {
        if let Some(kept) = self.pages.get(&what) {
            return kept.clone();
        }
        let (length, index, is_bare) = what;
        let view =
            self.opened(length, data, password).and_then(|pdf| draw(&pdf, index, is_bare)).map(Arc::new);
        if self.pages.len() < MOST_KEPT {
            self.pages.insert(what, view.clone());
        }
        view
    }

    /// Lets go of the bytes; what was seen stays.
    pub(super) fn close(&mut self) {
        self.opened.clear();
    }

    /// Lets go of the bytes, and forgets what the file was at greater lengths.
    pub(super) fn forget_behind(&mut self, length: usize) {
        self.close();
        self.pages.retain(|(known, _, _), _| *known <= length);
    }
}

fn draw(pdf: &Pdf, index: usize, is_bare: bool) -> Option<View> {
    let pages = pdf.pages();
    let page = pages.get(index)?;
    let (width, height) = page.render_dimensions();
    let scale = PX_PER_UNIT.min(MOST_SIDE_PX / width.max(height));
    let coefficients = page.initial_transform(true).as_coeffs();
    let render = if is_bare { render::render_bare } else { render::render };
    let rendered = render(pdf, index, scale).filter(|rendered| rendered.is_whole)?;
    let shades = rendered.shades()?;
    let pixels = rendered.picture;
    let along = |px: u32, length: f32| f64::from(px) / f64::from(length);
    let to_px =
        kurbo::Affine::scale_non_uniform(along(pixels.width(), width), along(pixels.height(), height))
            * kurbo::Affine::new(coefficients);
    Some(View { pixels, shades, to_px, n_pages: pages.len() })
}
