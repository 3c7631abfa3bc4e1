//! Where things lie on a page as people see it, and where that is in the page's own coordinates.
//!
//! Knows `/CropBox`, `/MediaBox`, `/Rotate` and `/UserUnit` as numbers; knows nothing of files.

use serde::{Deserialize, Serialize};

use crate::domain::page::BoxMm;

/// Points in a millimetre (1 pt = 1/72 in).
pub const PT_PER_MM: f32 = 72.0 / 25.4;

/// A box on the page as seen: points from its top-left corner.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct BoxPt {
    /// From the left edge of the page.
    pub left: f32,
    /// From the upper edge of the page.
    pub top: f32,
    /// Width.
    pub width: f32,
    /// Height.
    pub height: f32,
}

impl BoxPt {
    /// The same box in millimetres.
    pub fn to_mm(self) -> BoxMm {
        BoxMm {
            left: self.left / PT_PER_MM,
            top: self.top / PT_PER_MM,
            width: self.width / PT_PER_MM,
            height: self.height / PT_PER_MM,
        }
    }
}

/// The visible part of a page: what a viewer shows, and how it maps to the page's coordinates.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PageFrame {
    /// Left edge of the visible box, user units.
    pub left: f32,
    /// Lower edge of the visible box, user units.
    pub bottom: f32,
    /// Width of the visible box before turning, user units.
    pub width: f32,
    /// Height of the visible box before turning, user units.
    pub height: f32,
    /// `/Rotate`: 0, 90, 180 or 270, clockwise.
    pub rotation: u16,
    /// Points in one user unit (`/UserUnit`).
    pub unit_pt: f32,
}

impl PageFrame {
    /// A page of `width_pt` × `height_pt` at the origin, shown turned by `rotation` (0, 90, 180, 270).
    pub fn new(width_pt: f32, height_pt: f32, rotation: u16) -> Self {
        Self { left: 0.0, bottom: 0.0, width: width_pt, height: height_pt, rotation, unit_pt: 1.0 }
    }

    /// Width and height of the page as seen, in points.
    pub fn seen_size_pt(&self) -> (f32, f32) {
        let (width, height) = (self.width * self.unit_pt, self.height * self.unit_pt);
        if self.rotation % 180 == 90 { (height, width) } else { (width, height) }
    }

    /// The matrix from points on the page as seen (origin bottom-left, y upwards) to user units.
    pub fn seen_to_user(&self) -> [f32; 6] {
        let k = 1.0 / self.unit_pt;
        let (x0, y0) = (self.left, self.bottom);
        let (x1, y1) = (x0 + self.width, y0 + self.height);
        match self.rotation {
            90 => [0.0, k, -k, 0.0, x1, y0],
            180 => [-k, 0.0, 0.0, -k, x1, y1],
            270 => [0.0, -k, k, 0.0, x0, y1],
            _ => [k, 0.0, 0.0, k, x0, y0],
        }
    }

    /// `[x0, y0, x1, y1]` of a seen box, in user units.
    pub fn rect_to_user(&self, place: BoxPt) -> [f32; 4] {
        let (_, height) = self.seen_size_pt();
        let (x0, y0) = (place.left, height - place.top - place.height);
        let [a, b, c, d, e, f] = self.seen_to_user();
        let corner = |x: f32, y: f32| (a * x + c * y + e, b * x + d * y + f);
        let (p, q) = (corner(x0, y0), corner(x0 + place.width, y0 + place.height));
        [p.0.min(q.0), p.1.min(q.1), p.0.max(q.0), p.1.max(q.1)]
    }

    /// The seen box of a rectangle in user units.
    pub fn rect_to_seen(&self, rect: [f32; 4]) -> BoxPt {
        let [x0, y0, x1, y1] = rect;
        let (right, top) = (self.left + self.width, self.bottom + self.height);
        let (left, above, width, height) = match self.rotation {
            90 => (y0 - self.bottom, x0 - self.left, y1 - y0, x1 - x0),
            180 => (right - x1, y0 - self.bottom, x1 - x0, y1 - y0),
            270 => (top - y1, right - x1, y1 - y0, x1 - x0),
            _ => (x0 - self.left, top - y1, x1 - x0, y1 - y0),
        };
        let k = self.unit_pt;
        BoxPt { left: left * k, top: above * k, width: width * k, height: height * k }
    }

    /// The part of [`Self::seen_to_user`] that turns an appearance of `width` × `height` points
    /// upright, moved so that it stays in the positive quarter.
    pub fn appearance_matrix(&self, width: f32, height: f32) -> [f32; 6] {
        match self.rotation {
            90 => [0.0, 1.0, -1.0, 0.0, height, 0.0],
            180 => [-1.0, 0.0, 0.0, -1.0, width, height],
            270 => [0.0, -1.0, 1.0, 0.0, 0.0, width],
            _ => [1.0, 0.0, 0.0, 1.0, 0.0, 0.0],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_top_left_corner_as_seen_is_found_in_user_space() {
        let check = |rotation: u16, unit_pt: f32, expected: [f32; 4]| {
            let frame =
                PageFrame { left: -100.0, bottom: 50.0, width: 600.0, height: 800.0, rotation, unit_pt };
            let place = BoxPt { left: 10.0, top: 20.0, width: 30.0, height: 5.0 };
            assert_eq!(frame.rect_to_user(place), expected, "{rotation} {unit_pt}");
            assert_eq!(frame.rect_to_seen(expected), place, "{rotation} {unit_pt}");
        };
        check(0, 1.0, [-90.0, 825.0, -60.0, 830.0]);
        check(90, 1.0, [-80.0, 60.0, -75.0, 90.0]);
        check(180, 1.0, [460.0, 70.0, 490.0, 75.0]);
        check(270, 1.0, [475.0, 810.0, 480.0, 840.0]);
        check(0, 2.0, [-95.0, 837.5, -80.0, 840.0]);
        check(90, 2.0, [-90.0, 55.0, -87.5, 70.0]);
    }

    #[test]
    fn a_turned_page_is_seen_with_its_sides_swapped() {
        assert_eq!(PageFrame::new(600.0, 800.0, 90).seen_size_pt(), (800.0, 600.0));
        assert_eq!(PageFrame::new(600.0, 800.0, 180).seen_size_pt(), (600.0, 800.0));
    }
}
