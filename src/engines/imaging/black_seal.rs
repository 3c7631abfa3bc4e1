//! Round seals in black and white scans: their thin lines taken away, bold print under them left.
//!
//! Position and name of the signer are set bold (NĐ 30/2020, ô 7), the rings and letters of a seal in thin lines: of what
//! stands within the ring only what is as thick as bold print stays, with the hairlines that begin at it, and marks; and
//! of that nothing as low as the letters between the rings.
//! The ring itself goes where nothing crosses it, the star in the middle altogether. Knows pixels only.

use image::{GrayImage, Luma, imageops};

use super::{
    picture::resize_grey,
    seal::{Circle, rings},
};

/// Seals are looked for at this resolution.
const LOOKED_AT_DPI: f32 = 150.0;
/// Coarser scans have no thin lines.
const LEAST_DPI: f32 = 180.0;
/// Of the points of a scan in black and white at most this share is grey.
const MOST_GREY: f32 = 0.01;
/// Bold strokes hold a square of this side, mm.
const BOLD_MM: f32 = 0.48;
/// Hairlines of bold letters reach so far from a bold stroke, mm.
const HAIRLINE_MM: f32 = 0.8;
/// The star holds a square of this side, mm; no letter does.
const SOLID_MM: f32 = 1.5;
/// The star lies within this share of the radius.
const STAR: f32 = 0.5;
/// Marks above and below letters are at most so wide and high, mm.
const MARK_MM: (f32, f32) = (2.0, 1.2);
/// Letters of a seal are at most so high and wide, mm, and stand between these shares of the radius.
const SEAL_LETTER_MM: f32 = 1.95;
const BETWEEN_RINGS: std::ops::Range<f32> = 0.5..1.0;
/// The ring is at most so thick, mm, and found so far from where it was looked for.
const RING_MM: f32 = 1.2;
const RING_ASIDE_MM: f32 = 0.6;
/// The ring stays so far beside letters that cross it, mm.
const BESIDE_CROSSING_MM: f32 = 0.12;
/// At most so many seals stand on a page.
const MOST: usize = 3;

/// A scan in black and white without its seals; `None` when it is no such scan, or has none.
pub fn without_black_seals(grey: &GrayImage, width_mm: f32) -> Option<GrayImage> {
    let dpi = grey.width() as f32 / width_mm.max(1.0) * 25.4;
    if !(LEAST_DPI..1300.0).contains(&dpi) || grey.height() < 8 || !is_black_and_white(grey) {
        return None;
    }
    let scale = LOOKED_AT_DPI / dpi;
    let side = |v: u32| ((v as f32 * scale).round() as u32).max(8);
    let small = resize_grey(grey, side(grey.width()), side(grey.height()));
    let found = rings(&small, 140, LOOKED_AT_DPI);
    if found.is_empty() {
        return None;
    }
    let mut cleared = grey.clone();
    for ring in found.into_iter().take(MOST) {
        let ring = Circle { x: ring.x / scale, y: ring.y / scale, r: ring.r / scale };
        clear(&mut cleared, ring, dpi / 25.4);
    }
    Some(cleared)
}

fn is_black_and_white(grey: &GrayImage) -> bool {
    let some = || grey.as_raw().iter().step_by(7);
    let n_grey = some().filter(|v| (16..240).contains(*v)).count();
    n_grey as f32 <= MOST_GREY * some().count() as f32
}

/// Clears one seal; `mm` is how many pixels a millimetre has.
fn clear(image: &mut GrayImage, ring: Circle, mm: f32) {
    let reach = ring.r + (RING_MM + RING_ASIDE_MM) * mm;
    let side = |v: f32, most: u32| v.clamp(0.0, most as f32) as u32;
    let (left, top) = (side(ring.x - reach, image.width()), side(ring.y - reach, image.height()));
    let (right, bottom) = (side(ring.x + reach, image.width()), side(ring.y + reach, image.height()));
    if right <= left + 8 || bottom <= top + 8 {
        return;
    }
    let part = imageops::crop_imm(image, left, top, right - left, bottom - top).to_image();
    let here = Circle { x: ring.x - left as f32, y: ring.y - top as f32, r: ring.r };
    let mut ink = Ink::of(&part);
    ink.take_ring(here, mm);
    ink.take_star(here, mm);
    let mut kept = ink.bold(mm);
    ink.drop_letters_of(here, &mut kept, mm);
    for (x, y, Luma([v])) in part.enumerate_pixels() {
        let is_inside = (x as f32 - here.x).hypot(y as f32 - here.y) <= here.r + 1.0;
        let at = ink.at(x as usize, y as usize);
        let stays = ink.is_ink[at] && (kept[at] || !is_inside);
        image.put_pixel(left + x, top + y, Luma([if stays { *v } else { 255 }]));
    }
}

/// Which points of a part are ink.
struct Ink {
    w: usize,
    h: usize,
    is_ink: Vec<bool>,
}

impl Ink {
    fn of(part: &GrayImage) -> Self {
        let is_ink = part.as_raw().iter().map(|v| *v < 128).collect();
        Self { w: part.width() as usize, h: part.height() as usize, is_ink }
    }

    fn at(&self, x: usize, y: usize) -> usize {
        y * self.w + x
    }

    fn point(&self, (x, y): (f32, f32)) -> Option<usize> {
        let is_inside = x >= 0.0 && y >= 0.0 && x < self.w as f32 && y < self.h as f32;
        is_inside.then(|| self.at(x as usize, y as usize))
    }

    fn neighbours(&self, at: usize) -> impl Iterator<Item = usize> + use<> {
        let (x, y, w, h) = (at % self.w, at / self.w, self.w, self.h);
        let rows = y.saturating_sub(1)..(y + 2).min(h);
        rows.flat_map(move |y| (x.saturating_sub(1)..(x + 2).min(w)).map(move |x| y * w + x))
    }

    /// Takes the outer ring away where it is no thicker than in the middle of its length.
    fn take_ring(&mut self, ring: Circle, mm: f32) {
        let n = (std::f32::consts::TAU * ring.r * 1.5) as usize;
        let aside = (RING_ASIDE_MM * mm) as i32 * 2;
        // The radii between which the ring has ink at an angle, in half pixels from where it should be.
        let run = |ink: &Self, angle: usize| -> Option<(i32, i32)> {
            let on = |step: i32| {
                let point = Circle { r: ring.r + step as f32 / 2.0, ..ring }.point(angle, n);
                ink.point(point).is_some_and(|at| ink.is_ink[at])
            };
            let near = (0..=aside).flat_map(|s| [s, -s]).find(|s| on(*s))?;
            let most = (2.0 * RING_MM * mm) as i32;
            let out = (near..near + most).find(|s| !on(*s)).unwrap_or(near + most);
            let inn = (near - most..near).rev().find(|s| !on(*s)).unwrap_or(near - most);
            Some((inn + 1, out - 1))
        };
        let runs: Vec<Option<(i32, i32)>> = (0..n).map(|angle| run(self, angle)).collect();
        let mut widths: Vec<i32> = runs.iter().flatten().map(|(inn, out)| out - inn).collect();
        widths.sort_unstable();
        let Some(width) = widths.get(widths.len() / 2).copied() else { return };
        // Beside a letter that crosses the ring its serifs do too.
        let is_crossed = |run: &Option<(i32, i32)>| run.is_some_and(|(inn, out)| out - inn > width + 4);
        let beside = (BESIDE_CROSSING_MM * mm * 1.5) as usize;
        let is_near_crossing =
            |angle: usize| (0..=2 * beside).any(|d| is_crossed(&runs[(angle + n + d - beside) % n]));
        for (angle, run) in runs.iter().enumerate() {
            let Some((inn, out)) = run.filter(|_| !is_near_crossing(angle)) else { continue };
            for step in inn - 1..=out + 1 {
                let point = Circle { r: ring.r + step as f32 / 2.0, ..ring }.point(angle, n);
                if let Some(at) = self.point(point) {
                    self.is_ink[at] = false;
                }
            }
        }
    }

    /// Takes away what hangs together with a solid piece in the middle.
    fn take_star(&mut self, ring: Circle, mm: f32) {
        let is_near = |at: usize| {
            let (x, y) = ((at % self.w) as f32, (at / self.w) as f32);
            (x - ring.x).hypot(y - ring.y) <= STAR * ring.r
        };
        let solid = self.squares((SOLID_MM * mm) as usize);
        let seeds: Vec<usize> = (0..solid.len()).filter(|at| solid[*at] && is_near(*at)).collect();
        let star = self.grown(seeds, usize::MAX, is_near);
        self.is_ink.iter_mut().zip(star).for_each(|(ink, star)| *ink &= !star);
    }

    /// The points that lie in a square of ink of this side.
    fn squares(&self, side: usize) -> Vec<bool> {
        let mut found = vec![false; self.is_ink.len()];
        let side = side.max(2);
        // How large a square of ink ends at each point.
        let mut ends = vec![0usize; self.is_ink.len()];
        for y in 0..self.h {
            for x in 0..self.w {
                let at = self.at(x, y);
                if !self.is_ink[at] {
                    continue;
                }
                ends[at] = match (x, y) {
                    (0, _) | (_, 0) => 1,
                    _ => 1 + ends[at - 1].min(ends[at - self.w]).min(ends[at - self.w - 1]),
                };
                if ends[at] >= side {
                    for row in y + 1 - side..=y {
                        found[row * self.w + x + 1 - side..=row * self.w + x].fill(true);
                    }
                }
            }
        }
        found
    }

    /// Seeds, and the ink within so many steps of them.
    fn grown(&self, seeds: Vec<usize>, steps: usize, goes: impl Fn(usize) -> bool) -> Vec<bool> {
        let mut found = vec![false; self.is_ink.len()];
        seeds.iter().for_each(|at| found[*at] = true);
        let mut front = seeds;
        let mut n = 0;
        while !front.is_empty() && n < steps {
            let mut next = Vec::new();
            for at in front {
                for beside in self.neighbours(at) {
                    if self.is_ink[beside] && !found[beside] && goes(beside) {
                        found[beside] = true;
                        next.push(beside);
                    }
                }
            }
            front = next;
            n += 1;
        }
        found
    }

    /// Bold strokes with their hairlines, and marks.
    fn bold(&self, mm: f32) -> Vec<bool> {
        let squares = self.squares((BOLD_MM * mm).round() as usize);
        let seeds: Vec<usize> = (0..squares.len()).filter(|at| squares[*at]).collect();
        let mut kept = self.grown(seeds, (HAIRLINE_MM * mm) as usize, |_| true);
        let mut seen = kept.clone();
        for start in 0..self.is_ink.len() {
            if !self.is_ink[start] || seen[start] {
                continue;
            }
            let piece = self.piece(start, &mut seen);
            let (w, h, _) = self.reach(&piece);
            if w <= MARK_MM.0 * mm && h <= MARK_MM.1 * mm {
                piece.iter().for_each(|at| kept[*at] = true);
            }
        }
        kept
    }

    /// Drops the letters between the rings, which are lower than those of a name; marks of a name stay.
    fn drop_letters_of(&self, ring: Circle, kept: &mut [bool], mm: f32) {
        let mut seen: Vec<bool> = kept.iter().map(|kept| !kept).collect();
        for start in 0..kept.len() {
            if seen[start] {
                continue;
            }
            let piece = self.piece(start, &mut seen);
            let (w, h, middle) = self.reach(&piece);
            let is_low = w.max(h) <= SEAL_LETTER_MM * mm && h > MARK_MM.1 * mm;
            let away = (middle.0 - ring.x).hypot(middle.1 - ring.y) / ring.r;
            if is_low && BETWEEN_RINGS.contains(&away) {
                piece.iter().for_each(|at| kept[*at] = false);
            }
        }
    }

    /// Width and height of a piece, and its middle.
    fn reach(&self, piece: &[usize]) -> (f32, f32, (f32, f32)) {
        let ends = |of: &dyn Fn(usize) -> usize| {
            piece.iter().fold((usize::MAX, 0), |(l, m), at| (l.min(of(*at)), m.max(of(*at))))
        };
        let (left, right) = ends(&|at| at % self.w);
        let (top, bottom) = ends(&|at| at / self.w);
        let middle = ((left + right) as f32 / 2.0, (top + bottom) as f32 / 2.0);
        ((right + 1 - left) as f32, (bottom + 1 - top) as f32, middle)
    }

    /// The ink that hangs together with a point, apart from what was seen.
    fn piece(&self, start: usize, seen: &mut [bool]) -> Vec<usize> {
        seen[start] = true;
        let mut piece = vec![start];
        let mut next = 0;
        while let Some(at) = piece.get(next).copied() {
            next += 1;
            for beside in self.neighbours(at) {
                if self.is_ink[beside] && !seen[beside] {
                    seen[beside] = true;
                    piece.push(beside);
                }
            }
        }
        piece
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 61 mm of paper at 300 dpi, with a seal of two rings and a star, and strokes of print over it and beside it.
    fn page(is_print: impl Fn(u32, u32) -> bool, has_seal: bool) -> GrayImage {
        GrayImage::from_fn(720, 720, |x, y| {
            let r = (x as f32 - 300.0).hypot(y as f32 - 300.0);
            let is_seal = (156.0..163.0).contains(&r) || (100.0..103.0).contains(&r) || r < 30.0;
            Luma([if is_print(x, y) || has_seal && is_seal { 0 } else { 255 }])
        })
    }

    fn bold(x: u32, y: u32) -> bool {
        (400..430).contains(&y) && (240..600).contains(&x) && x % 22 < 8
    }

    #[test]
    fn rings_go_and_bold_print_stays() {
        let cleared = without_black_seals(&page(bold, true), 60.96).expect("there is a seal");
        let (mut lost, mut left, mut n_print) = (0, 0, 0);
        for (x, y, Luma([v])) in cleared.enumerate_pixels() {
            let near =
                (x.saturating_sub(9)..x + 10).any(|x| (y.saturating_sub(9)..y + 10).any(|y| bold(x, y)));
            n_print += u32::from(bold(x, y));
            lost += u32::from(bold(x, y) && *v != 0);
            left += u32::from(!near && *v == 0);
        }
        assert!(lost * 20 < n_print, "{lost} of {n_print}");
        assert!(left < 60, "{left}");
    }

    #[test]
    fn what_has_no_black_seal_stays_as_it_is() {
        let thin = |x: u32, y: u32| (400..402).contains(&y) && x > 200;
        assert!(without_black_seals(&page(bold, false), 60.96).is_none(), "print");
        assert!(without_black_seals(&page(thin, false), 60.96).is_none(), "a rule");
        let mut grey = page(bold, true);
        grey.pixels_mut().for_each(|p| p.0[0] = p.0[0] / 2 + 60);
        assert!(without_black_seals(&grey, 60.96).is_none(), "a grey scan");
        assert!(without_black_seals(&page(bold, true), 200.0).is_none(), "a coarse one");
        assert!(without_black_seals(&GrayImage::new(0, 0), 60.96).is_none(), "nothing");
    }
}
