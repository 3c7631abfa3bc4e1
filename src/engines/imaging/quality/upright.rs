//! A small upright copy of the page, seen from any of its sides.

use image::GrayImage;

use super::super::{picture::Picture, skew::turn_grey};
use crate::domain::page::Side;

/// Ink and paper of a small copy, upright.
pub(super) struct Upright {
    pub grey: GrayImage,
    /// How much darker than its paper each pixel is.
    pub dark: GrayImage,
    /// 1 for ink that is no red stamp, 0 otherwise.
    ink: GrayImage,
    pub mm_per_px: f32,
    /// How bright the paper is, 0–255.
    pub paper: u8,
}

impl Upright {
    /// `dark` is that of `small`; `limit` is the darkness of ink.
    pub(super) fn of(
        small: &Picture,
        grey: &GrayImage,
        dark: &GrayImage,
        rotation: u16,
        seen: Scale,
    ) -> Self {
        let ink = match small {
            Picture::Grey(_) => dark.as_raw().iter().map(|v| u8::from(*v > seen.limit)).collect(),
            Picture::Rgb(p) => {
                let colours = p.as_raw().chunks_exact(3);
                dark.as_raw()
                    .iter()
                    .zip(colours)
                    .map(|(v, c)| u8::from(*v > seen.limit && !is_red(c)))
                    .collect()
            }
        };
        let ink = GrayImage::from_raw(dark.width(), dark.height(), ink).unwrap_or_else(|| dark.clone());
        Self {
            grey: turn_grey(grey.clone(), rotation),
            dark: turn_grey(dark.clone(), rotation),
            ink: turn_grey(ink, rotation),
            mm_per_px: seen.mm_per_px,
            paper: seen.paper,
        }
    }

    pub(super) fn px(&self, mm: f32) -> usize {
        (mm / self.mm_per_px).round() as usize
    }

    /// Clear paper to the left and right of the print, millimetres; specks and rules don't decide.
    pub(super) fn margins_mm(&self) -> (f32, f32) {
        let w = self.ink.width() as usize;
        let mut columns = vec![0u32; w];
        for row in self.ink.as_raw().chunks_exact(w.max(1)) {
            columns.iter_mut().zip(row).for_each(|(n, on)| *n += u32::from(*on));
        }
        let all: u32 = columns.iter().sum();
        let clear = |columns: &mut dyn Iterator<Item = &u32>| {
            let mut left = all / 50;
            columns
                .take_while(|n| {
                    let is_clear = **n <= left;
                    left = left.saturating_sub(**n);
                    is_clear
                })
                .count() as f32
                * self.mm_per_px
        };
        (clear(&mut columns.iter()), clear(&mut columns.iter().rev()))
    }

    /// The page with `side` at the left: `x` counts from that side, `y` along it.
    pub(super) fn seen_from(&self, side: Side) -> View<'_> {
        let (w, h) = (self.ink.width() as usize, self.ink.height() as usize);
        let (first, step_x, step_y, depth, length) = match side {
            Side::Left => (0, 1, w as isize, w, h),
            Side::Right => (w - 1, -1, w as isize, w, h),
            Side::Top => (0, w as isize, 1, h, w),
            Side::Bottom => ((h - 1) * w, -(w as isize), 1, h, w),
        };
        View { page: self, first, step_x, step_y, depth, length }
    }
}

/// What is known of a small copy.
#[derive(Clone, Copy)]
pub(super) struct Scale {
    pub mm_per_px: f32,
    /// Darkness of ink, 0–255.
    pub limit: u8,
    /// Brightness of paper, 0–255.
    pub paper: u8,
}

/// Red far beyond the paper's tint: a stamp, such as the one set across the edges of several sheets.
fn is_red(c: &[u8]) -> bool {
    i16::from(c[0]) - i16::from(c[1].max(c[2])) > 45
}

/// The page seen from one side.
pub(super) struct View<'a> {
    page: &'a Upright,
    first: usize,
    step_x: isize,
    step_y: isize,
    /// Pixels away from the side.
    pub depth: usize,
    /// Pixels along the side.
    pub length: usize,
}

impl View<'_> {
    fn at(&self, x: usize, y: usize) -> usize {
        debug_assert!(x < self.depth && y < self.length);
        self.first.wrapping_add_signed(x as isize * self.step_x + y as isize * self.step_y)
    }

    pub(super) fn is_ink(&self, x: usize, y: usize) -> bool {
        x < self.depth && y < self.length && self.page.ink.as_raw()[self.at(x, y)] != 0
    }

    /// Grey, 0–255.
    pub(super) fn grey(&self, x: usize, y: usize) -> u8 {
        self.page.grey.as_raw()[self.at(x.min(self.depth - 1), y.min(self.length - 1))]
    }

    /// How much darker than its paper, 0–255.
    pub(super) fn dark(&self, x: usize, y: usize) -> u8 {
        self.page.dark.as_raw()[self.at(x.min(self.depth - 1), y.min(self.length - 1))]
    }
}
