//! How good the scan of a page is (Điều 9 khoản 6): each measure a pure function from pixels to a number.
//!
//! Judges nothing: thresholds and what a finding asks for are configuration. Says nothing of what it
//! can't tell; a blank or drawn page has no quality.

mod corner;
mod cut;
mod letters;
mod resolution;
mod shadow;
mod sharpness;
mod sheet;
mod streaks;
mod tiles;
mod upright;

use image::GrayImage;

pub use resolution::{dpi_of_paper, is_off_scale};

use super::{ink::darkness, picture::Picture};
use crate::domain::page::{Colour, PageQuality};
use upright::{Scale, Upright};

/// Pieces of a page that have to tell something before the page does.
const MIN_TILES: usize = 2;

/// A page to measure, as it was scanned.
pub struct Scan<'a> {
    /// All its pixels.
    pub picture: &'a Picture,
    /// A copy about 1000 pixels long.
    pub small: &'a Picture,
    /// The ink of that copy.
    pub ink: &'a GrayImage,
    /// Width as it came, millimetres.
    pub width_mm: f32,
    /// Height as it came, millimetres.
    pub height_mm: f32,
    /// Its colours.
    pub colour: Colour,
    /// Degrees clockwise that bring it upright.
    pub rotation: u16,
    /// Whether nothing stands on it.
    pub blank: bool,
}

impl PageQuality {
    /// Measures a scan.
    pub fn of(scan: &Scan<'_>) -> Self {
        let (w, h) = scan.ink.dimensions();
        if scan.width_mm < 10.0 || scan.height_mm < 10.0 || w < 40 || h < 40 {
            return Self::default();
        }
        let fine = |mm: f32, px: u32| mm / px.max(1) as f32;
        let fine = (fine(scan.width_mm, scan.picture.width()), fine(scan.height_mm, scan.picture.height()));
        let mut found = Self {
            streak_contrast: streaks::contrast(scan.picture, fine).map(thousandths),
            ..Self::default()
        };
        found.measure_print(scan, (fine.0 + fine.1) / 2.0);
        found
    }

    /// Whether the print is that of the other side: faint and soft, for it came through the paper, and
    /// with the broader margin, which is at the left of a letter, at the right.
    fn is_shine_through(&self, (left, right): (f32, f32)) -> bool {
        let is_faint = self.ink_contrast.is_some_and(|c| c < 0.3);
        is_faint && self.edge_mm.is_some_and(|e| e >= 0.2) && left + 1.5 < right
    }

    fn measure_print(&mut self, scan: &Scan<'_>, fine: f32) {
        let dark = darkness(scan.ink, 8);
        let mm_per_px = scan.width_mm / scan.ink.width() as f32;
        let tiles = tiles::of(scan.picture, &dark, fine);
        let is_bilevel = scan.colour == Colour::Bilevel;
        let edges: Vec<sharpness::Edges> = tiles.iter().filter_map(|t| sharpness::edges(t, fine)).collect();
        self.x_height_mm = letters::x_height_px(&tiles).map(|h| thousandths(h * fine));
        // Faint print may pass for a blank page, but letters are letters.
        if scan.blank && self.x_height_mm.is_none() {
            return;
        }
        let is_told = edges.len() >= MIN_TILES;
        let bright = brightest(scan.small);
        let mut papers: Vec<f32> = tiles.iter().map(|t| f32::from(t.paper)).collect();
        let paper = if papers.len() >= MIN_TILES {
            sharpness::at_share(&mut papers, 0.5)
        } else {
            f32::from(shadow::level(&bright))
        };
        if is_told && !is_bilevel {
            let of = |value: fn(&sharpness::Edges) -> f32| {
                sharpness::at_share(&mut edges.iter().map(value).collect::<Vec<f32>>(), 0.5)
            };
            self.edge_mm = Some(thousandths(of(|e| e.width_mm)));
            // Sharpened print is darker than black.
            self.ink_contrast = Some(thousandths(of(|e| e.contrast)).min(1.0));
        }
        if !is_bilevel {
            self.paper_level = Some(thousandths(paper / 255.0));
            self.shadow_share = Some(thousandths(shadow::share(&bright, paper as u8, mm_per_px)));
        }
        let paper = paper_of(&tiles).unwrap_or_else(|| shadow::level(scan.ink));
        let seen = Scale { mm_per_px, limit: tiles::ink_limit(&dark), paper };
        let page = Upright::of(scan.small, scan.ink, &dark, scan.rotation, seen);
        let (n_cut, side) = cut::letters(&page);
        (self.cut_letters, self.cut_side) = (Some(n_cut), side);
        if self.is_shine_through(page.margins_mm()) {
            self.ink_contrast = None;
        }
        self.hidden_lines = Some(corner::hidden_lines(&page));
        let sheet = sheet::size_px(&page.grey, &page.dark, paper, mm_per_px);
        self.sheet_mm = sheet.map(|(w, h)| [tenths(w * mm_per_px), tenths(h * mm_per_px)]);
    }
}

/// How bright the paper under the print is, 0–255: the bed may be larger than the sheet.
fn paper_of(tiles: &[tiles::Tile]) -> Option<u8> {
    let mut papers: Vec<u8> = tiles.iter().map(|t| shadow::level(&t.grey)).collect();
    papers.sort_unstable();
    (papers.len() >= MIN_TILES).then(|| papers[papers.len() / 2])
}

/// The brightest channel: coloured paper is as bright as white in one of them.
fn brightest(small: &Picture) -> GrayImage {
    match small {
        Picture::Grey(p) => p.clone(),
        Picture::Rgb(p) => {
            let most = p.as_raw().chunks_exact(3).map(|c| c[0].max(c[1]).max(c[2])).collect();
            GrayImage::from_raw(p.width(), p.height(), most).expect("one byte per pixel was collected")
        }
    }
}

fn thousandths(v: f32) -> f64 {
    (f64::from(v) * 1000.0).round() / 1000.0
}

fn tenths(v: f32) -> f64 {
    (f64::from(v) * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests;
