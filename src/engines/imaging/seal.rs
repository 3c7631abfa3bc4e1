//! Round seals in grey scans: taken away, the print under them left.
//!
//! In a colour scan the red channel has no seal. In a grey one it stands as grey as a photograph over position and
//! name of the signer, and a reader takes all of it for a picture. In black and white no shade tells it from print:
//! see `black_seal.rs`. Knows pixels only.

use image::{GrayImage, Luma, imageops};

use super::{
    ink::{Piece, histogram, pieces, quantile, threshold},
    paper::even_out,
    picture::resize_grey,
};

/// Seals are looked for at this resolution.
const LOOKED_AT_DPI: f32 = 150.0;
/// Radius of a seal, millimetres: 18 by rule, others from small to large.
const RADII_MM: (f32, f32) = (9.0, 24.0);
/// Letters that touch the ring widen its piece by this at most.
const WIDENED_MM: f32 = 60.0;
/// A ring is ink at so many of its angles, of 1.
const RING: f32 = 0.88;
const N_ANGLES: usize = 120;
/// A ring may stand a pixel aside.
const BESIDE: [f32; 3] = [-1.0, 0.0, 1.0];
/// A seal lighter than print by this is told from it by its grey.
const LIGHTER: u8 = 30;
/// How far the ring may reach beyond the circle that was found, millimetres.
const RIM_MM: f32 = 1.2;
/// At most so many pieces are looked at.
const MOST: usize = 12;

/// A circle, in pixels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Circle {
    pub x: f32,
    pub y: f32,
    pub r: f32,
}

impl Circle {
    pub fn point(self, angle: usize, n: usize) -> (f32, f32) {
        let (sin, cos) = (angle as f32 / n as f32 * std::f32::consts::TAU).sin_cos();
        (self.x + self.r * cos, self.y + self.r * sin)
    }

    /// The share of its angles at which it runs over ink, or beside it by as much as `slack` says.
    fn share(self, image: &GrayImage, limit: u8, slack: &[f32]) -> f32 {
        let is_on = |angle: &usize| {
            slack.iter().any(|d| {
                let (x, y) = Self { r: self.r + d, ..self }.point(*angle, N_ANGLES);
                is_ink(image, limit, x, y)
            })
        };
        (0..N_ANGLES).filter(is_on).count() as f32 / N_ANGLES as f32
    }

    /// Moved and widened a little to where it lies on most ink.
    fn settled(self, image: &GrayImage, limit: u8) -> Self {
        let mut best = (self.share(image, limit, &[0.0]), self);
        for _ in 0..4 {
            let before = best.0;
            let middle = best.1;
            for (dx, dy, dr) in [
                (-1.0, 0.0, 0.0),
                (1.0, 0.0, 0.0),
                (0.0, -1.0, 0.0),
                (0.0, 1.0, 0.0),
                (0.0, 0.0, -0.5),
                (0.0, 0.0, 0.5),
                (0.5, 0.5, 0.0),
                (-0.5, 0.5, 0.0),
                (0.5, -0.5, 0.0),
                (-0.5, -0.5, 0.0),
            ] {
                let moved = Self { x: middle.x + dx, y: middle.y + dy, r: middle.r + dr };
                let share = moved.share(image, limit, &[0.0]);
                if share > best.0 {
                    best = (share, moved);
                }
            }
            if best.0 <= before {
                break;
            }
        }
        best.1
    }
}

fn is_ink(image: &GrayImage, limit: u8, x: f32, y: f32) -> bool {
    let inside = x >= 0.0 && y >= 0.0 && x < image.width() as f32 && y < image.height() as f32;
    inside && image.get_pixel(x as u32, y as u32).0[0] < limit
}

/// A scan without its grey seals; `None` when it has none. Taken away at the resolution of the scan: there the strokes of
/// print are wide enough to lose nothing by it.
pub fn without_grey_seals(grey: &GrayImage, width_mm: f32) -> Option<GrayImage> {
    let dpi = grey.width() as f32 / width_mm.max(1.0) * 25.4;
    let scale = (LOOKED_AT_DPI / dpi.max(1.0)).min(1.0);
    let side = |v: u32| ((v as f32 * scale).round() as u32).max(8);
    let mut small = resize_grey(grey, side(grey.width()), side(grey.height()));
    even_out(&mut small, dpi * scale);
    let limit = threshold(&small).max(140);
    let found = rings(&small, limit, dpi * scale);
    if found.is_empty() {
        return None;
    }
    let mut cleared = grey.clone();
    even_out(&mut cleared, dpi);
    let seals = found.into_iter().filter(|ring| {
        let seal = level(&small, limit, *ring);
        let here = Circle { x: ring.x / scale, y: ring.y / scale, r: ring.r / scale };
        take_away(&mut cleared, here, seal, dpi)
    });
    (seals.count() > 0).then_some(cleared)
}

/// The outer rings of round seals, in pixels.
pub(super) fn rings(image: &GrayImage, limit: u8, dpi: f32) -> Vec<Circle> {
    let px = |mm: f32| mm * dpi / 25.4;
    let sides = px(2.0 * RADII_MM.0) as u32..px(WIDENED_MM) as u32;
    let is_like = |p: &Piece| {
        let area = p.width() * p.height();
        sides.contains(&p.width()) && sides.contains(&p.height()) && p.n_px * 2 < area
    };
    let mut found: Vec<Circle> = Vec::new();
    for piece in pieces(image, limit, 60_000).iter().filter(|p| is_like(p)).take(MOST) {
        let Some(ring) = ring_of(image, limit, piece, (px(RADII_MM.0), px(RADII_MM.1))) else { continue };
        // The second ring of the same seal is taken away with the first.
        if found.iter().all(|f| (f.x - ring.x).hypot(f.y - ring.y) > f.r) {
            found.push(ring);
        }
    }
    found
}

/// The ring of a piece: at least one side across and one down are its own, not those of letters that touch it.
fn ring_of(image: &GrayImage, limit: u8, piece: &Piece, radii: (f32, f32)) -> Option<Circle> {
    let (left, right) = (piece.left as f32, piece.right as f32);
    let (top, bottom) = (piece.top as f32, piece.bottom as f32);
    let mut best: Option<(f32, Circle)> = None;
    let mut r = radii.0;
    while r <= radii.1.min((right - left) / 2.0 + 1.0).min((bottom - top) / 2.0 + 1.0) {
        for (x, y) in
            [(left + r, top + r), (left + r, bottom - r), (right - r, top + r), (right - r, bottom - r)]
        {
            let circle = Circle { x, y, r: r - 1.0 };
            let share = circle.share(image, limit, &BESIDE);
            if share >= RING && best.is_none_or(|(most, _)| share > most) {
                best = Some((share, circle));
            }
        }
        r += 0.5;
    }
    best.map(|(_, circle)| circle.settled(image, limit))
}

/// Takes a seal away that is as dark as `seal`; whether it was light enough for that.
fn take_away(image: &mut GrayImage, ring: Circle, seal: u8, dpi: f32) -> bool {
    let side = |v: f32, most: u32| v.clamp(0.0, most as f32) as u32;
    let reach = ring.r + RIM_MM / 25.4 * dpi;
    let (left, top) = (side(ring.x - reach, image.width()), side(ring.y - reach, image.height()));
    let (right, bottom) = (side(ring.x + reach, image.width()), side(ring.y + reach, image.height()));
    if right <= left + 8 || bottom <= top + 8 {
        return false;
    }
    let part = imageops::crop_imm(image, left, top, right - left, bottom - top).to_image();
    let here = Circle { x: ring.x - left as f32, y: ring.y - top as f32, r: ring.r };
    let print = quantile(&histogram(part.as_raw()), 0.005);
    if seal < print.saturating_add(LIGHTER) {
        return false;
    }
    imageops::replace(image, &lifted(&part, here, reach, (print, seal)), i64::from(left), i64::from(top));
    true
}

/// How dark the ring is: the middle of its darkest points.
fn level(image: &GrayImage, limit: u8, ring: Circle) -> u8 {
    let darkest = |angle: usize| {
        let around = BESIDE.map(|d| Circle { r: ring.r + d, ..ring }.point(angle, N_ANGLES));
        let values = around.iter().filter(|(x, y)| is_ink(image, limit, *x, *y));
        values.map(|(x, y)| image.get_pixel(*x as u32, *y as u32).0[0]).min()
    };
    let mut levels: Vec<u8> = (0..N_ANGLES).filter_map(darkest).collect();
    levels.sort_unstable();
    levels.get(levels.len() / 2).copied().unwrap_or(0)
}

/// All that is as light as the seal made white, but for the edges of print: those are as light where they run out.
fn lifted(part: &GrayImage, ring: Circle, reach: f32, (print, seal): (u8, u8)) -> GrayImage {
    let darkest_of_seal = seal.saturating_sub((seal - print) / 5);
    let core = print + (darkest_of_seal - print) / 2;
    let is_beside_print = |x: u32, y: u32| {
        let mut rows = y.saturating_sub(1)..(y + 2).min(part.height());
        let columns = x.saturating_sub(1)..(x + 2).min(part.width());
        rows.any(|y| columns.clone().any(|x| part.get_pixel(x, y).0[0] < core))
    };
    GrayImage::from_fn(part.width(), part.height(), |x, y| {
        let own = *part.get_pixel(x, y);
        let is_of_seal = own.0[0] >= core && (x as f32 - ring.x).hypot(y as f32 - ring.y) <= reach;
        if is_of_seal && !is_beside_print(x, y) { Luma([255]) } else { own }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A seal of `seal` grey about (150, 150), a bar of print of `print` grey over its ring and one beside it.
    fn page(seal: u8, print: u8) -> GrayImage {
        GrayImage::from_fn(400, 300, |x, y| {
            let r = (x as f32 - 150.0).hypot(y as f32 - 150.0);
            let is_print = (180..190).contains(&y) && (60..160).contains(&x) && x % 6 < 3
                || (20..30).contains(&y) && (300..380).contains(&x);
            let is_seal = (102.0..106.0).contains(&r) || (70.0..72.0).contains(&r) || r < 14.0;
            Luma([if is_print {
                print
            } else if is_seal {
                seal
            } else {
                252
            }])
        })
    }

    /// Width of the page at 150 dpi, mm.
    const WIDTH_MM: f32 = 400.0 / 150.0 * 25.4;

    #[test]
    fn a_grey_seal_goes_and_print_stays() {
        let of_print = page(1, 0);
        let is_print = |x: u32, y: u32| of_print.get_pixel(x, y).0[0] == 0;
        let is_beside = |x: u32, y: u32| {
            (x.saturating_sub(1)..(x + 2).min(400))
                .any(|x| (y.saturating_sub(1)..(y + 2).min(300)).any(|y| is_print(x, y)))
        };
        for (seal, print) in [(110, 20), (130, 40), (90, 10)] {
            let image = page(seal, print);
            let cleared = without_grey_seals(&image, WIDTH_MM).expect("there is a seal");
            for (x, y, Luma([v])) in cleared.enumerate_pixels() {
                let stays = is_print(x, y) || is_beside(x, y);
                let as_it_was = image.get_pixel(x, y).0[0];
                assert!(if stays { *v == as_it_was } else { *v > 230 }, "{seal} {print}: {x} {y} {v}");
            }
        }
    }

    #[test]
    fn a_finer_scan_loses_its_seal_too() {
        let image = resize_grey(&page(110, 20), 800, 600);
        let cleared = without_grey_seals(&image, WIDTH_MM).expect("there is a seal");
        // Upon the ring, where no print crosses it.
        assert!(image.get_pixel(508, 300).0[0] < 140);
        assert!(cleared.get_pixel(508, 300).0[0] > 230);
    }

    #[test]
    fn what_is_no_grey_seal_stays_as_it_is() {
        let check = |what: &str, image: &GrayImage| {
            assert!(without_grey_seals(image, WIDTH_MM).is_none(), "{what}");
        };
        check("a seal as black as print", &page(20, 20));
        let boxed = GrayImage::from_fn(400, 300, |x, y| {
            let is_edge = |v: u32| v == 40 || v == 250;
            let inside = (40..=250).contains(&x) && (40..=250).contains(&y);
            Luma([if inside && (is_edge(x) || is_edge(y)) { 110 } else { 252 }])
        });
        check("a box", &boxed);
        check("nothing", &GrayImage::from_pixel(9, 9, Luma([200])));
    }
}
