//! Taking a small skew out of a picture, and finding back where its points were. Turning by right angles.
//!
//! Knows pixels only. Positive degrees are clockwise.

use image::{GrayImage, Luma, imageops};

use super::picture::Picture;

/// Turns a picture about its middle by `-degrees`, so that a skew of `degrees` is taken out; same size,
/// white where nothing was.
pub fn deskew(image: &GrayImage, degrees: f32) -> GrayImage {
    if degrees.abs() < 0.05 || image.width() < 2 || image.height() < 2 {
        return image.clone();
    }
    let (w, h) = image.dimensions();
    let (sin, cos) = degrees.to_radians().sin_cos();
    let (mx, my) = (w as f32 / 2.0, h as f32 / 2.0);
    let raw = image.as_raw();
    let stride = w as usize;
    let mut out = GrayImage::from_pixel(w, h, Luma([255]));
    for (y, row) in out.chunks_exact_mut(stride).enumerate() {
        let dy = y as f32 - my;
        let (mut sx, mut sy) = (mx - mx * cos - dy * sin, my - mx * sin + dy * cos);
        for pixel in row {
            if sx >= 0.0 && sy >= 0.0 && sx < (w - 1) as f32 && sy < (h - 1) as f32 {
                let (ix, iy) = (sx as usize, sy as usize);
                let (fx, fy) = (sx - ix as f32, sy - iy as f32);
                let at = iy * stride + ix;
                let mix = |a: u8, b: u8| f32::from(a) + (f32::from(b) - f32::from(a)) * fx;
                let upper = mix(raw[at], raw[at + 1]);
                let lower = mix(raw[at + stride], raw[at + stride + 1]);
                *pixel = (upper + (lower - upper) * fy + 0.5) as u8;
            }
            sx += cos;
            sy += sin;
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

/// A picture turned clockwise by 0, 90, 180 or 270 degrees.
pub fn turn_picture(picture: Picture, degrees: u16) -> Picture {
    match picture {
        Picture::Grey(p) => Picture::Grey(turn_grey(p, degrees)),
        Picture::Rgb(p) => Picture::Rgb(match degrees {
            90 => imageops::rotate90(&p),
            180 => imageops::rotate180(&p),
            270 => imageops::rotate270(&p),
            _ => p,
        }),
    }
}

/// A grey picture turned clockwise by 0, 90, 180 or 270 degrees.
pub fn turn_grey(grey: GrayImage, degrees: u16) -> GrayImage {
    match degrees {
        90 => imageops::rotate90(&grey),
        180 => imageops::rotate180(&grey),
        270 => imageops::rotate270(&grey),
        _ => grey,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_go_back_where_they_came_from() {
        let (x, y) = skewed_point(353.5, 500.0, 707.0, 1000.0, 3.0);
        assert!((x - 353.5).abs() < 1e-3 && (y - 500.0).abs() < 1e-3);
        let (_, y) = skewed_point(707.0, 500.0, 707.0, 1000.0, 2.0);
        assert!(y > 510.0, "a clockwise skew brings the right end down: {y}");
    }

    #[test]
    fn a_mark_is_found_back_after_straightening() {
        let mut image = GrayImage::from_pixel(400, 600, Luma([255]));
        (0..81).for_each(|i| image.put_pixel(300 + i % 9, 100 + i / 9, Luma([0])));
        let straight = deskew(&image, 3.0);
        let dark = straight.enumerate_pixels().filter(|(_, _, p)| p.0[0] < 60);
        let (n, sx, sy) =
            dark.fold((0.0, 0.0, 0.0), |s, (x, y, _)| (s.0 + 1.0, s.1 + x as f32, s.2 + y as f32));
        let (x, y) = skewed_point(sx / n, sy / n, 400.0, 600.0, 3.0);
        assert!((x - 304.0).abs() < 1.0 && (y - 104.0).abs() < 1.0, "{x} {y}");
    }
}
