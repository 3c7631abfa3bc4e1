//! Where on a page something is printed: counts dark pixels under boxes, and picks the emptiest place.
//!
//! Knows nothing of what is printed there.

use image::GrayImage;

use super::geometry::BoxPt;

/// A share of dark pixels up to this is dust, not print.
pub const DUST: f32 = 0.004;
/// How much darker than the paper a pixel has to be to count as ink.
const CONTRAST: u8 = 40;
/// Room kept around a box, in points.
const CLEARANCE_PT: f32 = 1.5;

/// Counts of ink over the page, ready for any box.
pub struct InkMap {
    sums: Vec<u32>,
    width_px: usize,
    height_px: usize,
    px_per_pt_x: f32,
    px_per_pt_y: f32,
}

impl InkMap {
    /// From a grey picture of the page as seen, whose size in points is `page_pt`.
    ///
    /// `None` when picture or page has no area.
    pub fn new(picture: &GrayImage, page_pt: (f32, f32)) -> Option<Self> {
        let (width_px, height_px) = (picture.width() as usize, picture.height() as usize);
        let sizes_are_real = page_pt.0 > 0.0 && page_pt.1 > 0.0 && page_pt.0.is_finite();
        if width_px == 0 || height_px == 0 || !sizes_are_real {
            return None;
        }
        let limit = paper_shade(picture).saturating_sub(CONTRAST);
        let stride = width_px + 1;
        let mut sums = vec![0u32; stride * (height_px + 1)];
        for (y, row) in picture.as_raw().chunks_exact(width_px).enumerate() {
            let mut in_row = 0;
            for (x, shade) in row.iter().enumerate() {
                in_row += u32::from(*shade < limit);
                sums[(y + 1) * stride + x + 1] = sums[y * stride + x + 1] + in_row;
            }
        }
        Some(Self {
            sums,
            width_px,
            height_px,
            px_per_pt_x: width_px as f32 / page_pt.0,
            px_per_pt_y: height_px as f32 / page_pt.1,
        })
    }

    /// Share of dark pixels in and closely around a box, 0–1.
    pub fn share(&self, place: BoxPt) -> f32 {
        let clamp =
            |pt: f32, scale: f32, limit: usize| (pt * scale).round().clamp(0.0, limit as f32) as usize;
        let x0 = clamp(place.left - CLEARANCE_PT, self.px_per_pt_x, self.width_px);
        let x1 = clamp(place.left + place.width + CLEARANCE_PT, self.px_per_pt_x, self.width_px);
        let y0 = clamp(place.top - CLEARANCE_PT, self.px_per_pt_y, self.height_px);
        let y1 = clamp(place.top + place.height + CLEARANCE_PT, self.px_per_pt_y, self.height_px);
        let area = x1.saturating_sub(x0) * y1.saturating_sub(y0);
        if area == 0 {
            return 0.0;
        }
        let at = |x: usize, y: usize| self.sums[y * (self.width_px + 1) + x];
        let dark = at(x1, y1) + at(x0, y0) - at(x1, y0) - at(x0, y1);
        dark as f32 / area as f32
    }

    /// The first box without ink; where there is none, the one with the least. With its share.
    ///
    /// `None` when `boxes` is empty.
    pub fn emptiest<T>(&self, boxes: impl IntoIterator<Item = (BoxPt, T)>) -> Option<(BoxPt, T, f32)> {
        let mut best: Option<(BoxPt, T, f32)> = None;
        for (place, what) in boxes {
            let share = self.share(place);
            if best.as_ref().is_none_or(|(_, _, least)| share < *least) {
                let is_free = share <= DUST;
                best = Some((place, what, share));
                if is_free {
                    break;
                }
            }
        }
        best
    }
}

/// The shade of the paper: half of the pixels are at least as bright.
fn paper_shade(picture: &GrayImage) -> u8 {
    let mut histogram = [0u64; 256];
    for shade in picture.as_raw() {
        histogram[usize::from(*shade)] += 1;
    }
    let half = picture.as_raw().len() as u64 / 2;
    let mut brighter = 0;
    for shade in (0..=255u8).rev() {
        brighter += histogram[usize::from(shade)];
        if brighter > half {
            return shade;
        }
    }
    255
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Luma;

    fn page_with_ink(left: u32, top: u32, right: u32, bottom: u32) -> InkMap {
        let picture = GrayImage::from_fn(200, 300, |x, y| {
            let is_ink = (left..right).contains(&x) && (top..bottom).contains(&y);
            Luma([if is_ink { 30 } else { 240 }])
        });
        InkMap::new(&picture, (100.0, 150.0)).unwrap()
    }

    #[test]
    fn ink_is_counted_in_points_of_the_page() {
        let map = page_with_ink(0, 0, 100, 100);
        assert_eq!(map.share(BoxPt { left: 10.0, top: 10.0, width: 20.0, height: 20.0 }), 1.0);
        assert_eq!(map.share(BoxPt { left: 60.0, top: 60.0, width: 20.0, height: 20.0 }), 0.0);
        assert_eq!(map.share(BoxPt { left: 500.0, top: 60.0, width: 20.0, height: 20.0 }), 0.0);
    }

    #[test]
    fn the_first_free_place_wins_and_else_the_emptiest() {
        let map = page_with_ink(0, 0, 100, 100);
        let at = |left: f32| BoxPt { left, top: 10.0, width: 20.0, height: 10.0 };
        let found = map.emptiest([(at(10.0), 'a'), (at(60.0), 'b'), (at(70.0), 'c')]).unwrap();
        assert_eq!((found.1, found.2), ('b', 0.0));
        let found = map.emptiest([(at(10.0), 'a'), (at(45.0), 'b')]).unwrap();
        assert_eq!(found.1, 'b');
        assert!(found.2 > DUST);
    }

    #[test]
    fn grey_paper_is_not_ink() {
        let picture = GrayImage::from_pixel(50, 50, Luma([120]));
        let map = InkMap::new(&picture, (50.0, 50.0)).unwrap();
        assert_eq!(map.share(BoxPt { left: 5.0, top: 5.0, width: 20.0, height: 20.0 }), 0.0);
    }
}
