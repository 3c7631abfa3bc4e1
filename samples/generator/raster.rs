//! Outlines and the picture they are filled into.
//!
//! Everything on a sample page is an outline: letters, rules, pen strokes, the seal. Coverage is exact per pixel.

/// A closed set of straight edges, in pixels, y downwards.
#[derive(Default)]
pub struct Outline {
    edges: Vec<[f32; 4]>,
}

/// A point in pixels.
pub type Point = (f32, f32);

impl Outline {
    /// One edge.
    pub fn line(&mut self, a: Point, b: Point) {
        self.edges.push([a.0, a.1, b.0, b.1]);
    }

    /// A quadratic curve as six edges.
    pub fn quad(&mut self, a: Point, b: Point, c: Point) {
        let mut last = a;
        for step in 1..=6_u8 {
            let t = f32::from(step) / 6.0;
            let s = 1.0 - t;
            let at = |a: f32, b: f32, c: f32| s * s * a + 2.0 * s * t * b + t * t * c;
            let next = if step == 6 { c } else { (at(a.0, b.0, c.0), at(a.1, b.1, c.1)) };
            self.line(last, next);
            last = next;
        }
    }

    /// A cubic curve as eight edges.
    pub fn cubic(&mut self, a: Point, b: Point, c: Point, d: Point) {
        let mut last = a;
        for step in 1..=8_u8 {
            let t = f32::from(step) / 8.0;
            let s = 1.0 - t;
            let at = |a: f32, b: f32, c: f32, d: f32| {
                s * s * s * a + 3.0 * s * s * t * b + 3.0 * s * t * t * c + t * t * t * d
            };
            let next = if step == 8 { d } else { (at(a.0, b.0, c.0, d.0), at(a.1, b.1, c.1, d.1)) };
            self.line(last, next);
            last = next;
        }
    }

    /// A closed polygon, always in the same sense, so that overlapping ones add up.
    pub fn polygon(&mut self, points: &[Point]) {
        let next = |i: usize| points[(i + 1) % points.len()];
        let area: f32 = points.iter().enumerate().map(|(i, p)| p.0 * next(i).1 - next(i).0 * p.1).sum();
        for (i, &p) in points.iter().enumerate() {
            if area >= 0.0 { self.line(p, next(i)) } else { self.line(next(i), p) }
        }
    }

    /// A straight stroke with the given width.
    pub fn stroke(&mut self, a: Point, b: Point, width: f32) {
        let (dx, dy) = (b.0 - a.0, b.1 - a.1);
        let length = (dx * dx + dy * dy).sqrt().max(1e-3);
        let (nx, ny) = (-dy / length * width / 2.0, dx / length * width / 2.0);
        self.polygon(&[
            (a.0 + nx, a.1 + ny),
            (b.0 + nx, b.1 + ny),
            (b.0 - nx, b.1 - ny),
            (a.0 - nx, a.1 - ny),
        ]);
    }

    /// A filled disc of radius `r`, as a polygon of `n` corners.
    pub fn disc(&mut self, (cx, cy): Point, r: f32, n: u16) {
        let corners: Vec<Point> = (0..n)
            .map(|i| {
                let (sine, cosine) =
                    super::random::sine_cosine(std::f32::consts::TAU * f32::from(i) / f32::from(n));
                (cx + r * cosine, cy + r * sine)
            })
            .collect();
        self.polygon(&corners);
    }
}

/// A colour of ink.
pub type Ink = [u8; 3];

/// Toner.
pub const BLACK: Ink = [24, 24, 26];

/// A page as pixels: three bytes each, row by row.
#[derive(Clone)]
pub struct Picture {
    /// Pixels per row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Red, green, blue.
    pub rgb: Vec<u8>,
}

impl Picture {
    /// White paper.
    pub fn white(width: usize, height: usize) -> Self {
        Self { width, height, rgb: vec![255; width * height * 3] }
    }

    /// Prints `outline` over what is there; `strength` 1 is full ink.
    pub fn fill(&mut self, outline: &Outline, ink: Ink, strength: f32) {
        let Some(area) = Area::around(outline, self.width, self.height) else { return };
        let mut cover = vec![0.0_f32; area.width * area.height + area.width + 2];
        for edge in &outline.edges {
            accumulate(&mut cover, &area, *edge);
        }
        let take = ink.map(|channel| strength * (1.0 - f32::from(channel) / 255.0));
        for row in 0..area.height {
            let mut sum = 0.0;
            let start = ((area.top + row) * self.width + area.left) * 3;
            for column in 0..area.width {
                sum += cover[row * area.width + column];
                let share = sum.abs().min(1.0);
                if share > 0.004 {
                    let pixel = &mut self.rgb[start + column * 3..start + column * 3 + 3];
                    for (channel, take) in pixel.iter_mut().zip(take) {
                        *channel = (f32::from(*channel) * (1.0 - share * take) + 0.5) as u8;
                    }
                }
            }
        }
    }

    /// Brightness of one pixel, 0–255.
    pub fn grey(&self, index: usize) -> u8 {
        let p = &self.rgb[index * 3..index * 3 + 3];
        ((u32::from(p[0]) * 77 + u32::from(p[1]) * 150 + u32::from(p[2]) * 29) >> 8) as u8
    }

    /// The picture turned clockwise by quarter turns.
    pub fn turned(self, quarters: u8) -> Self {
        let mut picture = self;
        for _ in 0..quarters % 4 {
            let mut next = Self::white(picture.height, picture.width);
            for y in 0..picture.height {
                for x in 0..picture.width {
                    let from = (y * picture.width + x) * 3;
                    let to = (x * next.width + picture.height - 1 - y) * 3;
                    next.rgb[to..to + 3].copy_from_slice(&picture.rgb[from..from + 3]);
                }
            }
            picture = next;
        }
        picture
    }
}

/// The part of a picture that an outline touches.
struct Area {
    left: usize,
    top: usize,
    width: usize,
    height: usize,
}

impl Area {
    fn around(outline: &Outline, width: usize, height: usize) -> Option<Self> {
        let mut low = (f32::MAX, f32::MAX);
        let mut high = (f32::MIN, f32::MIN);
        for &[ax, ay, bx, by] in &outline.edges {
            low = (low.0.min(ax).min(bx), low.1.min(ay).min(by));
            high = (high.0.max(ax).max(bx), high.1.max(ay).max(by));
        }
        let left = low.0.floor().max(0.0) as usize;
        let top = low.1.floor().max(0.0) as usize;
        let right = (high.0.ceil().max(0.0) as usize + 1).min(width);
        let bottom = (high.1.ceil().max(0.0) as usize + 1).min(height);
        (left < right && top < bottom).then(|| Self { left, top, width: right - left, height: bottom - top })
    }
}

/// Adds the signed area that one edge cuts off to its right, pixel by pixel.
fn accumulate(cover: &mut [f32], area: &Area, [ax, ay, bx, by]: [f32; 4]) {
    if ay == by {
        return;
    }
    let (sign, ax, ay, bx, by) = if ay < by { (1.0, ax, ay, bx, by) } else { (-1.0, bx, by, ax, ay) };
    let (left, top) = (area.left as f32, area.top as f32);
    let (ax, ay, bx, by) = (ax - left, ay - top, bx - left, by - top);
    let slope = (bx - ax) / (by - ay);
    let limit = area.width as f32;
    let mut x = if ay < 0.0 { ax - ay * slope } else { ax };
    let first = ay.max(0.0) as usize;
    let last = (by.ceil().max(0.0) as usize).min(area.height);
    for row in first..last {
        let high = (row as f32).max(ay);
        let low = ((row + 1) as f32).min(by);
        let dy = low - high;
        if dy <= 0.0 {
            continue;
        }
        let next = x + slope * dy;
        let (x0, x1) = if x < next { (x, next) } else { (next, x) };
        let (x0, x1) = (x0.clamp(0.0, limit), x1.clamp(0.0, limit));
        let area_sign = sign * dy;
        let base = row * area.width;
        let from = x0.floor();
        let to = x1.ceil();
        let start = from as usize;
        if to <= from + 1.0 {
            let middle = 0.5 * (x0 + x1) - from;
            add(cover, base, start, area.width, area_sign * (1.0 - middle));
            add(cover, base, start + 1, area.width, area_sign * middle);
        } else {
            // The edge crosses several pixels of this row: each is covered right of the edge.
            let inverse = 1.0 / (x1 - x0);
            let (mut passed, mut last) = (0.0, 0.0);
            for column in start..to as usize {
                let enters = (column as f32).max(x0);
                let leaves = ((column + 1) as f32).min(x1);
                let inside = (leaves - enters) * inverse;
                let covered = passed + inside * ((column + 1) as f32 - 0.5 * (enters + leaves));
                add(cover, base, column, area.width, area_sign * (covered - last));
                passed += inside;
                last = covered;
            }
            add(cover, base, to as usize, area.width, area_sign * (1.0 - last));
        }
        x = next;
    }
}

/// Adds to one cell of a row; what falls right of the row is not seen.
fn add(cover: &mut [f32], base: usize, column: usize, width: usize, value: f32) {
    if column < width {
        cover[base + column] += value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_square_covers_its_own_area() {
        let mut outline = Outline::default();
        outline.polygon(&[(2.5, 2.0), (6.0, 2.0), (6.0, 7.0), (2.5, 7.0)]);
        let mut picture = Picture::white(10, 10);
        picture.fill(&outline, [0, 0, 0], 1.0);
        assert_eq!([picture.grey(22), picture.grey(23), picture.grey(26)], [128, 0, 255]);
        assert_eq!([picture.grey(13), picture.grey(63), picture.grey(73)], [255, 0, 255]);
    }

    #[test]
    fn a_slanted_edge_covers_half() {
        let mut outline = Outline::default();
        outline.polygon(&[(0.0, 0.0), (8.0, 0.0), (8.0, 4.0)]);
        let mut picture = Picture::white(10, 10);
        picture.fill(&outline, [0, 0, 0], 1.0);
        let dark: u32 = (0..100).map(|i| 255 - u32::from(picture.grey(i))).sum();
        assert!(dark.abs_diff(16 * 255) < 100, "{dark}");
    }

    #[test]
    fn four_quarter_turns_bring_the_page_back() {
        let mut picture = Picture::white(3, 2);
        picture.rgb[0] = 9;
        assert_eq!(picture.clone().turned(1).rgb[3], 9);
        assert_eq!(picture.clone().turned(4).rgb, picture.rgb);
    }
}
