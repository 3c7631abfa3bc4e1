//! Paper made even: shadows and grey paper are brought to white before reading.
//!
//! Knows pixels only. Pages that are white already are left as they are, bit for bit.

use image::GrayImage;

use super::ink::{background, histogram, quantile};

/// Side of a cell, millimetres: paper shows between the letters in each.
const CELL_MM: f32 = 1.7;
/// Print and rules narrower than twice this, in cells, are no shadow.
const RADIUS: u32 = 3;
/// Paper at least so bright is white.
const WHITE: u8 = 222;
/// Paper darker than this share of white lies in shadow.
const SHADED: f32 = 0.88;
/// Pages with less than this share of shaded cells have no shadow worth taking out.
const FEW: f32 = 0.015;
/// Nothing is made brighter than by this: in a black field there is no paper.
const MOST_GAIN: f32 = 2.8;

/// The brightest pixel of each cell, and how many pixels a cell has along its side.
struct Cells {
    levels: GrayImage,
    side: usize,
}

fn cells(image: &GrayImage, dpi: f32) -> Cells {
    let side = ((CELL_MM / 25.4 * dpi).round() as usize).max(4);
    let (w, h) = (image.width() as usize, image.height() as usize);
    let (across, down) = (w.div_ceil(side), h.div_ceil(side));
    let mut levels = Vec::with_capacity(across * down);
    let mut brightest = vec![0u8; w];
    for band in image.as_raw().chunks(side * w) {
        brightest.fill(0);
        for row in band.chunks_exact(w) {
            brightest.iter_mut().zip(row).for_each(|(b, v)| *b = (*b).max(*v));
        }
        levels.extend(brightest.chunks(side).map(|cell| cell.iter().copied().max().unwrap_or(255)));
    }
    let levels =
        GrayImage::from_raw(across as u32, down as u32, levels).expect("one level per cell was collected");
    Cells { levels, side }
}

/// Makes paper white where a shadow or grey paper left it dark, and print the lighter with it.
///
/// `dpi` is that of `image`.
pub fn even_out(image: &mut GrayImage, dpi: f32) {
    if image.width() < 64 || image.height() < 16 {
        return;
    }
    let Cells { levels, side } = cells(image, dpi);
    let paper = without_sparks(&background(&levels, RADIUS));
    let white = quantile(&histogram(paper.as_raw()), 0.8);
    let limit = (f32::from(white) * SHADED) as u8;
    let n_shaded = paper.as_raw().iter().filter(|v| **v < limit).count();
    let is_shaded = n_shaded as f32 > FEW * paper.as_raw().len() as f32;
    if white >= WHITE && !is_shaded {
        return;
    }
    brighten(image, &paper, side);
}

/// Without cells brighter than all around them: a bright speck on grey paper is no paper.
fn without_sparks(paper: &GrayImage) -> GrayImage {
    let flipped = |image: &GrayImage| {
        let raw = image.as_raw().iter().map(|v| 255 - v).collect();
        GrayImage::from_raw(image.width(), image.height(), raw).expect("one level per cell was collected")
    };
    flipped(&background(&flipped(paper), 1))
}

/// Divides by the paper, its shade taken smoothly from cell to cell.
fn brighten(image: &mut GrayImage, paper: &GrayImage, side: usize) {
    let (across, down) = (paper.width() as usize, paper.height() as usize);
    let gains: Vec<f32> =
        paper.as_raw().iter().map(|p| (255.0 / f32::from((*p).max(1))).min(MOST_GAIN)).collect();
    let w = image.width() as usize;
    // Where a pixel stands between the middles of two cells: the first of them, and how far on.
    let between = |at: usize, n: usize| {
        let place = ((at as f32 + 0.5) / side as f32 - 0.5).clamp(0.0, (n - 1) as f32);
        (place as usize, place.fract())
    };
    let columns: Vec<(usize, f32)> = (0..w).map(|x| between(x, across)).collect();
    let mut row_gains = vec![0f32; across + 1];
    for (y, row) in image.chunks_exact_mut(w).enumerate() {
        let (j, down_share) = between(y, down);
        let upper = &gains[j * across..(j + 1) * across];
        let lower_row = (j + 1).min(down - 1);
        let lower = &gains[lower_row * across..(lower_row + 1) * across];
        for (gain, (a, b)) in row_gains.iter_mut().zip(upper.iter().zip(lower)) {
            *gain = a + (b - a) * down_share;
        }
        row_gains[across] = row_gains[across - 1];
        for (pixel, (i, share)) in row.iter_mut().zip(&columns) {
            let gain = row_gains[*i] + (row_gains[i + 1] - row_gains[*i]) * share;
            *pixel = (f32::from(*pixel) * gain + 0.5) as u8;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Luma;

    /// A page of letter-like bars, `ink` of 255 dark, under light that falls on it as `light(x, y)`.
    fn page(ink: f32, light: impl Fn(u32, u32) -> f32) -> GrayImage {
        GrayImage::from_fn(600, 400, |x, y| {
            let is_ink = (x % 12) < 3 && (y % 24) < 9;
            let grain = ((x * 7 + y * 13) % 5) as f32;
            let value = if is_ink { ink } else { 246.0 - grain };
            Luma([(value * light(x, y)) as u8])
        })
    }

    #[test]
    fn a_bright_speck_on_grey_paper_darkens_nothing() {
        let mut speckless = page(60.0, |_, _| 0.7);
        let mut speckled = speckless.clone();
        speckled.put_pixel(303, 220, Luma([255]));
        even_out(&mut speckless, 150.0);
        even_out(&mut speckled, 150.0);
        speckled.put_pixel(303, 220, *speckless.get_pixel(303, 220));
        assert_eq!(speckled, speckless);
    }

    #[test]
    fn white_pages_are_left_as_they_are() {
        let white = page(30.0, |_, _| 1.0);
        let mut evened = white.clone();
        even_out(&mut evened, 150.0);
        assert_eq!(evened, white);
    }

    #[test]
    fn paper_is_white_under_every_light() {
        let check = |what: &str, ink: f32, light: &dyn Fn(u32, u32) -> f32| {
            let mut evened = page(ink, light);
            even_out(&mut evened, 150.0);
            for (x, y, Luma([v])) in evened.enumerate_pixels() {
                let is_ink = (x % 12) < 3 && (y % 24) < 9;
                let is_right = if is_ink { *v < 175 } else { *v > 195 };
                assert!(is_right, "{what}: {x} {y} {v}");
            }
        };
        check("a shadow at the left", 30.0, &|x, _| (0.5 + x as f32 / 300.0).min(1.0));
        check("a shadow at the foot", 30.0, &|_, y| (1.6 - y as f32 / 350.0).clamp(0.5, 1.0));
        check("grey paper", 30.0, &|_, _| 0.7);
        check("weak print on grey paper", 130.0, &|_, _| 0.75);
    }

    #[test]
    fn a_black_field_stays_dark() {
        let mut image = page(30.0, |x, y| if x > 200 && x < 420 && y > 100 && y < 300 { 0.06 } else { 1.0 });
        even_out(&mut image, 150.0);
        assert!(image.get_pixel(310, 200).0[0] < 90);
    }

    #[test]
    fn small_pictures_are_no_pages() {
        let mut tiny = GrayImage::from_pixel(3, 2, Luma([90]));
        even_out(&mut tiny, 150.0);
        assert_eq!(tiny.get_pixel(1, 1).0[0], 90);
    }
}
