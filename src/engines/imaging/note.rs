//! Sticky notes on a page (Điều 9 khoản 4): a patch of other paper, even in colour or shade, about square.
//!
//! Knows one page at a time; whether the same page was scanned without its note is decided elsewhere. A
//! white note on white paper leaves no patch, and is none for this module.

use image::RgbImage;

use super::picture::{DecodedPage, Picture};
use crate::domain::page::{BoxMm, Colour};

/// Longer side of the copy that is looked at, pixels: about 1.5 px/mm of A4.
const LONG_PX: u32 = 450;
/// Shortest side of a note, mm: the narrow ones are 38 × 51.
const SHORTEST_MM: f32 = 32.0;
/// Longest side of a note, mm: 152 × 102.
const LONGEST_MM: f32 = 160.0;
/// Of the page, at most.
const LARGEST_SHARE: f32 = 0.45;
/// Of its box, at least: writing on it and a little skew take the rest.
const FULLEST: f32 = 0.72;

/// The largest patch of other paper on a page as it came, in millimetres; `None` when there is none, or
/// when the scan is black and white and cannot tell; `little` is a copy of it 1000 pixels long.
pub fn find(page: &DecodedPage, little: &Picture) -> Option<BoxMm> {
    if page.colour == Colour::Bilevel || page.dpi == 0 {
        return None;
    }
    let small = little.small(LONG_PX);
    let mm_per_px = page.width_mm / small.width().max(1) as f32;
    let patch = match small {
        Picture::Rgb(rgb) => patch(&tints(&rgb), rgb.dimensions(), mm_per_px, SHORTEST_MM),
        // Without colours a shaded field of a form looks like a note: only a large patch counts.
        Picture::Grey(grey) => {
            let shades: Vec<Tint> = grey.as_raw().iter().map(|v| [i16::from(*v), 0, 0]).collect();
            patch(&shades, grey.dimensions(), mm_per_px, SHORTEST_MM + 6.0)
        }
    }?;
    Some(BoxMm {
        left: patch.left as f32 * mm_per_px,
        top: patch.top as f32 * mm_per_px,
        width: (patch.right - patch.left) as f32 * mm_per_px,
        height: (patch.bottom - patch.top) as f32 * mm_per_px,
    })
}

/// Lightness and two colour differences.
type Tint = [i16; 3];

fn tints(rgb: &RgbImage) -> Vec<Tint> {
    rgb.as_raw()
        .chunks_exact(3)
        .map(|c| {
            let [r, g, b] = [i16::from(c[0]), i16::from(c[1]), i16::from(c[2])];
            [(r + 2 * g + b) / 4, b - (r + g) / 2, r - g]
        })
        .collect()
}

struct Patch {
    left: u32,
    top: u32,
    right: u32,
    bottom: u32,
}

/// Paper as the tint that most light pixels have; then the most common other tint among the rest.
fn patch(tints: &[Tint], (w, h): (u32, u32), mm_per_px: f32, shortest_mm: f32) -> Option<Patch> {
    let paper = commonest(tints.iter())?;
    let is_other = |t: &Tint| {
        let colour = (t[1] - paper[1]).abs().max((t[2] - paper[2]).abs());
        let shade = paper[0] - t[0];
        t[0] > 90 && (colour >= 14 || (shade.abs() >= 12 && t[0] > 120))
    };
    let other = commonest(tints.iter().filter(|t| is_other(t)))?;
    let near = |t: &Tint| (0..3).all(|i| (t[i] - other[i]).abs() <= if i == 0 { 26 } else { 16 });
    let mask: Vec<bool> = tints.iter().map(|t| is_other(t) && near(t)).collect();
    let component = largest_component(&mask, w as usize, h as usize)?;
    let (width_mm, height_mm) = (
        (component.patch.right - component.patch.left) as f32 * mm_per_px,
        (component.patch.bottom - component.patch.top) as f32 * mm_per_px,
    );
    let area =
        (component.patch.right - component.patch.left) * (component.patch.bottom - component.patch.top);
    let fits = width_mm.min(height_mm) >= shortest_mm
        && width_mm.max(height_mm) <= LONGEST_MM
        && width_mm.max(height_mm) <= 2.6 * width_mm.min(height_mm)
        && area as f32 <= LARGEST_SHARE * (w * h) as f32
        && component.n_px as f32 >= FULLEST * area as f32;
    fits.then_some(component.patch)
}

/// The middle of the fullest cell of a coarse histogram, over pixels that are not ink.
fn commonest<'t>(tints: impl Iterator<Item = &'t Tint>) -> Option<Tint> {
    let mut cells: std::collections::HashMap<[i16; 3], (u32, [i32; 3])> = std::collections::HashMap::new();
    for tint in tints.filter(|t| t[0] > 90) {
        let cell = cells.entry(tint.map(|v| v.div_euclid(16))).or_default();
        cell.0 += 1;
        for (sum, v) in cell.1.iter_mut().zip(tint) {
            *sum += i32::from(*v);
        }
    }
    // Of equals the lower cell, so that the answer does not depend on the map's order.
    let (_, (n, sums)) = cells.into_iter().max_by_key(|(cell, (n, _))| (*n, std::cmp::Reverse(*cell)))?;
    Some(sums.map(|s| i16::try_from(s / i32::try_from(n).unwrap_or(1)).unwrap_or(0)))
}

struct Component {
    patch: Patch,
    n_px: u32,
}

/// The largest region of set pixels that touch along their sides.
fn largest_component(mask: &[bool], w: usize, h: usize) -> Option<Component> {
    let mut seen = vec![false; mask.len()];
    let mut best: Option<Component> = None;
    let mut stack = Vec::new();
    for start in 0..mask.len().min(w * h) {
        if !mask[start] || seen[start] {
            continue;
        }
        seen[start] = true;
        stack.push(start);
        let (mut n, mut x0, mut y0, mut x1, mut y1) = (0u32, w, h, 0, 0);
        while let Some(at) = stack.pop() {
            let (x, y) = (at % w, at / w);
            n += 1;
            (x0, y0, x1, y1) = (x0.min(x), y0.min(y), x1.max(x + 1), y1.max(y + 1));
            let around = [
                (x > 0).then(|| at - 1),
                (x + 1 < w).then(|| at + 1),
                (y > 0).then(|| at - w),
                (y + 1 < h).then(|| at + w),
            ];
            for next in around.into_iter().flatten() {
                if mask[next] && !seen[next] {
                    seen[next] = true;
                    stack.push(next);
                }
            }
        }
        if best.as_ref().is_none_or(|b| n > b.n_px) {
            let patch = Patch { left: x0 as u32, top: y0 as u32, right: x1 as u32, bottom: y1 as u32 };
            best = Some(Component { patch, n_px: n });
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{GrayImage, Luma, Rgb};

    fn page() -> RgbImage {
        let mut page = RgbImage::from_pixel(420, 594, Rgb([245, 243, 236]));
        for line in 0..22u32 {
            for x in 60..360u32 {
                for y in 0..3 {
                    if x % 7 != 0 {
                        page.put_pixel(x, 60 + line * 22 + y, Rgb([40, 40, 42]));
                    }
                }
            }
        }
        page
    }

    fn fill(page: &mut RgbImage, (left, top): (u32, u32), (w, h): (u32, u32), colour: [u8; 3]) {
        for y in top..top + h {
            for x in left..left + w {
                page.put_pixel(x, y, Rgb(colour));
            }
        }
    }

    fn scan(picture: Picture) -> DecodedPage {
        DecodedPage {
            colour: picture.colour(),
            picture,
            width_mm: 210.0,
            height_mm: 297.0,
            dpi: 300,
            own_words: Vec::new(),
            is_text_complete: false,
            text_rotation: None,
            is_damaged: false,
        }
    }

    fn looked_at(picture: Picture) -> Option<BoxMm> {
        let page = scan(picture);
        find(&page, &page.picture)
    }

    #[test]
    fn a_patch_of_other_paper_is_a_note_and_marks_are_not() {
        let check = |draw: &dyn Fn(&mut RgbImage), expected: Option<[f32; 4]>, what: &str| {
            let mut page = page();
            draw(&mut page);
            let found = looked_at(Picture::Rgb(page)).map(<[f32; 4]>::from);
            let near = match (found, expected) {
                (Some(a), Some(b)) => a.iter().zip(b).all(|(a, b)| (a - b).abs() < 2.5),
                (a, b) => a == b,
            };
            assert!(near, "{what}: {found:?}");
        };
        check(&|_| {}, None, "text alone");
        let yellow = [250, 236, 140];
        check(&|p| fill(p, (200, 200), (152, 152), yellow), Some([100.0, 100.0, 76.0, 76.0]), "yellow");
        check(&|p| fill(p, (50, 300), (150, 100), [250, 190, 205]), Some([25.0, 150.0, 75.0, 50.0]), "pink");
        check(
            &|p| {
                fill(p, (200, 200), (152, 152), yellow);
                (0..4).for_each(|k| fill(p, (215, 220 + 30 * k), (110, 4), [40, 50, 120]));
            },
            Some([100.0, 100.0, 76.0, 76.0]),
            "with writing",
        );
        check(&|p| fill(p, (60, 80), (300, 14), yellow), None, "a highlighted line");
        check(&|p| fill(p, (0, 0), (420, 400), [245, 230, 200]), None, "half of the page in shade");
        check(&|p| fill(p, (200, 300), (60, 80), [90, 140, 220]), None, "a photograph 3 × 4");
    }

    #[test]
    fn in_grey_only_a_large_shaded_patch_counts() {
        let grey = |(w, h): (u32, u32), shade: u8| {
            let mut page = GrayImage::from_fn(420, 594, |x, y| Luma([238 + ((x + y) % 5) as u8]));
            for y in 200..200 + h {
                for x in 150..150 + w {
                    page.put_pixel(x, y, Luma([shade]));
                }
            }
            looked_at(Picture::Grey(page)).is_some()
        };
        assert!(grey((150, 150), 205));
        assert!(!grey((60, 60), 205));
        assert!(!grey((150, 150), 236));
    }
}
