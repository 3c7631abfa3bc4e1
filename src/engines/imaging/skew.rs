//! Small skew, measured by projection, and taken out.
//!
//! Knows pixels only. Positive degrees are clockwise.

use image::{GrayImage, Luma};

use super::ink::{darkness, threshold};

/// Largest skew that is looked for, degrees.
pub(crate) const MAX_SKEW_DEGREES: f32 = 5.0;

/// Points of ink that belong to writing: rules and frames are left out.
pub(crate) fn text_points(small: &GrayImage) -> Vec<(f32, f32)> {
    let dark = darkness(small, 8);
    let limit = threshold_of_darkness(&dark);
    let (w, h) = (dark.width() as usize, dark.height() as usize);
    let mut ink: Vec<bool> = dark.as_raw().iter().map(|v| *v > limit).collect();
    let longest = w.max(h) / 16;
    drop_long_runs(&mut ink, h, w, w, 1, longest);
    drop_long_runs(&mut ink, w, h, 1, w, longest);
    let points = ink.iter().enumerate().filter(|(_, on)| **on);
    points.map(|(i, _)| ((i % w.max(1)) as f32, (i / w.max(1)) as f32)).collect()
}

fn threshold_of_darkness(dark: &GrayImage) -> u8 {
    let flipped =
        GrayImage::from_raw(dark.width(), dark.height(), dark.as_raw().iter().map(|v| 255 - v).collect());
    let limit = flipped.map_or(128, |f| threshold(&f));
    (255 - limit).clamp(40, 110)
}

fn drop_long_runs(ink: &mut [bool], n_lines: usize, len: usize, stride: usize, step: usize, longest: usize) {
    for line in 0..n_lines {
        let mut k = 0;
        while k < len {
            let start = k;
            while k < len && ink[line * stride + k * step] {
                k += 1;
            }
            if k - start > longest {
                (start..k).for_each(|i| ink[line * stride + i * step] = false);
            }
            k += 1;
        }
    }
}

/// How sharply points fall into rows when sheared by `degrees`: the sum of squared steps.
pub(crate) fn sharpness(points: &[(f32, f32)], width: f32, height: f32, degrees: f32) -> f64 {
    let slope = degrees.to_radians().tan();
    let offset = width * slope.abs();
    let n_rows = (height + 2.0 * offset) as usize + 3;
    let mut rows = vec![0i64; n_rows];
    for (x, y) in points {
        let row = (y - x * slope + offset) as usize;
        rows[row.min(n_rows - 1)] += 1;
    }
    rows.windows(2).map(|r| ((r[1] - r[0]) as f64).powi(2)).sum()
}

/// The angle at which `points` are sharpest, and how sharp they are there.
pub(crate) fn best_angle(points: &[(f32, f32)], width: f32, height: f32) -> (f32, f64) {
    let steps = |from: f32, to: f32, by: f32| {
        let n = ((to - from) / by).round() as i32;
        (0..=n).map(move |i| from + by * i as f32)
    };
    let best = |angles: &mut dyn Iterator<Item = f32>| {
        angles
            .map(|a| (a, sharpness(points, width, height, a)))
            .fold((0.0f32, -1.0f64), |best, next| if next.1 > best.1 { next } else { best })
    };
    let (rough, _) = best(&mut steps(-MAX_SKEW_DEGREES, MAX_SKEW_DEGREES, 0.5));
    best(&mut steps(rough - 0.4, rough + 0.4, 0.1))
}

/// The skew of an upright page, degrees clockwise; 0 when too little stands on it.
///
/// `small` is a grey copy about 1000 pixels long.
pub fn skew_degrees(small: &GrayImage) -> f32 {
    let points = text_points(small);
    if points.len() < 300 {
        return 0.0;
    }
    let (w, h) = (small.width() as f32, small.height() as f32);
    let (angle, sharpest) = best_angle(&points, w, h);
    let straight = sharpness(&points, w, h, 0.0);
    // At the edge of the range it is no skew, and a flat curve says nothing.
    if angle.abs() > MAX_SKEW_DEGREES - 0.05 || sharpest < straight * 1.02 {
        return 0.0;
    }
    (angle * 10.0).round() / 10.0
}

/// Turns a picture about its middle by `-degrees`, so that a skew of `degrees` is taken out; same size,
/// white where nothing was.
pub fn deskew(image: &GrayImage, degrees: f32) -> GrayImage {
    if degrees.abs() < 0.05 {
        return image.clone();
    }
    let (w, h) = image.dimensions();
    let (sin, cos) = degrees.to_radians().sin_cos();
    let (mx, my) = (w as f32 / 2.0, h as f32 / 2.0);
    let raw = image.as_raw();
    let stride = w as usize;
    let mut out = GrayImage::from_pixel(w, h, Luma([255]));
    for y in 0..h {
        for x in 0..w {
            let (dx, dy) = (x as f32 - mx, y as f32 - my);
            let (sx, sy) = (mx + dx * cos - dy * sin, my + dx * sin + dy * cos);
            if sx < 0.0 || sy < 0.0 || sx >= (w - 1) as f32 || sy >= (h - 1) as f32 {
                continue;
            }
            let (ix, iy) = (sx as usize, sy as usize);
            let (fx, fy) = (sx - ix as f32, sy - iy as f32);
            let at = |x: usize, y: usize| f32::from(raw[y * stride + x]);
            let top = at(ix, iy) * (1.0 - fx) + at(ix + 1, iy) * fx;
            let bottom = at(ix, iy + 1) * (1.0 - fx) + at(ix + 1, iy + 1) * fx;
            out.put_pixel(x, y, Luma([(top * (1.0 - fy) + bottom * fy + 0.5) as u8]));
        }
    }
    out
}

/// Where a point of the straightened picture stands on the picture as it was.
pub fn skewed_point(x: f32, y: f32, width: f32, height: f32, degrees: f32) -> (f32, f32) {
    let (sin, cos) = degrees.to_radians().sin_cos();
    let (dx, dy) = (x - width / 2.0, y - height / 2.0);
    (width / 2.0 + dx * cos - dy * sin, height / 2.0 + dx * sin + dy * cos)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of word-like bars, turned clockwise by `degrees`.
    fn drawn(degrees: f32) -> GrayImage {
        let (w, h) = (707u32, 1000u32);
        let mut straight = GrayImage::from_pixel(w, h, Luma([245]));
        for line in 0..34 {
            for word in 0..8u32 {
                let left = 80 + word * 68 + (line * 13) % 20;
                for y in 0..7 {
                    for x in 0..46 {
                        if (x / 3) % 2 == 0 || y == 3 {
                            straight.put_pixel(left + x, 110 + line * 24 + y, Luma([40]));
                        }
                    }
                }
            }
        }
        deskew(&straight, -degrees)
    }

    #[test]
    fn skew_is_found_to_a_tenth_of_a_degree() {
        for expected in [0.0f32, 0.3, -0.8, 1.7, -3.1, 4.4] {
            let found = skew_degrees(&drawn(expected));
            assert!((found - expected).abs() <= 0.15, "{expected}: {found}");
        }
    }

    #[test]
    fn taking_the_skew_out_leaves_none() {
        let straight = deskew(&drawn(2.3), 2.3);
        assert!(skew_degrees(&straight).abs() <= 0.1);
    }

    #[test]
    fn an_empty_page_has_no_skew() {
        assert_eq!(skew_degrees(&GrayImage::from_pixel(700, 1000, Luma([250]))), 0.0);
        assert_eq!(skew_degrees(&GrayImage::from_pixel(1, 1, Luma([0]))), 0.0);
    }

    #[test]
    fn points_go_back_where_they_came_from() {
        let (x, y) = skewed_point(353.5, 500.0, 707.0, 1000.0, 3.0);
        assert!((x - 353.5).abs() < 1e-3 && (y - 500.0).abs() < 1e-3);
        let (_, y) = skewed_point(707.0, 500.0, 707.0, 1000.0, 2.0);
        assert!(y > 510.0, "a clockwise skew brings the right end down: {y}");
    }
}
