//! How large the print is.

use image::GrayImage;

use super::super::ink::{Piece, histogram, pieces, quantile};
use super::tiles::Tile;

/// Letters that have to be seen before their size is known.
const MIN_LETTERS: usize = 30;

/// Height of the small letters of the body, in pixels; `None` when there are too few to say.
///
/// Each piece of ink counts as much as there is ink in it, so that dots and marks don't decide.
pub(super) fn x_height_px(tiles: &[Tile]) -> Option<f32> {
    let mut letters: Vec<Piece> = tiles.iter().flat_map(|t| of_tile(&t.grey)).collect();
    letters.sort_unstable_by_key(Piece::height);
    let capital = weighed(&letters, 0.85)?;
    let is_small = |p: &Piece| (0.5..0.84).contains(&(p.height() as f32 / capital));
    let small: Vec<Piece> = letters.into_iter().filter(is_small).collect();
    if small.len() < MIN_LETTERS {
        return None;
    }
    weighed(&small, 0.5)
}

/// Letter-like pieces that lie whole within a tile.
fn of_tile(grey: &GrayImage) -> Vec<Piece> {
    let (w, h) = grey.dimensions();
    let is_whole = |p: &Piece| p.left > 0 && p.top > 0 && p.right < w && p.bottom < h;
    let is_letter = |p: &Piece| {
        p.height() >= 5 && p.width() >= 3 && p.width() <= 2 * p.height() && p.height() <= 4 * p.width()
    };
    let histogram = histogram(grey.as_raw());
    // Half way between paper and ink, however faint.
    let (paper, ink) = (quantile(&histogram, 0.85), quantile(&histogram, 0.005));
    pieces(grey, ink + (paper - ink) / 2, 4_000).into_iter().filter(|p| is_whole(p) && is_letter(p)).collect()
}

/// The height below which this share of the ink lies; the pieces are in order of height.
fn weighed(letters: &[Piece], share: f32) -> Option<f32> {
    let all: u64 = letters.iter().map(|p| u64::from(p.n_px)).sum();
    let mut left = (all as f64 * f64::from(share)) as u64;
    for piece in letters {
        if u64::from(piece.n_px) >= left {
            return Some(piece.height() as f32);
        }
        left -= u64::from(piece.n_px);
    }
    letters.last().map(|p| p.height() as f32)
}
