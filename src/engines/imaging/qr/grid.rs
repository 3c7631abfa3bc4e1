//! Sampling the modules of a code where its three corner patterns say they lie.
//!
//! For codes on flat paper, however small: each module is looked at where it is, between the pixels.

use image::GrayImage;

use super::finder::Corners;

/// Modules along the side of the smallest and of the largest code.
const SIDES: std::ops::RangeInclusive<i32> = 21..=177;

/// A size that the code may have.
#[derive(Debug, Clone, Copy)]
pub(super) struct Side {
    n_modules: usize,
    /// How well dark and light take turns between the patterns, 0–1.
    pub timing: f32,
}

/// Dots between the patterns that must be right for a size to be likely: half of them are by chance.
const TIMING: f32 = 0.78;

/// The sizes that the dots between the patterns speak for, the likeliest first.
pub(super) fn likely_sides(picture: &GrayImage, place: &Corners) -> Vec<Side> {
    let (a, b, c) = (place.top_left, place.top_right, place.bottom_left);
    let along = (b.0 - a.0).hypot(b.1 - a.1);
    let down = (c.0 - a.0).hypot(c.1 - a.1);
    let estimate = (along + down) / 2.0 / place.module + 7.0;
    let nearest = 17 + 4 * (((estimate - 17.0) / 4.0).round() as i32);
    let sides = [0, 4, -4, 8, -8].map(|off| nearest + off).into_iter().filter(|side| SIDES.contains(side));
    let mut likely: Vec<Side> = sides
        .map(|side| Side {
            n_modules: side as usize,
            timing: Lattice::of(place, side as usize).timing(picture),
        })
        .filter(|side| side.timing >= TIMING)
        .collect();
    likely.sort_by(|a, b| b.timing.total_cmp(&a.timing));
    likely
}

/// The modules of a code of that size, with two ways of telling dark from light.
pub(super) fn sampled(picture: &GrayImage, place: &Corners, side: &Side) -> [rqrr::SimpleGrid; 2] {
    let values = Values::of(picture, place, side.n_modules);
    [values.cut_at_half(), values.cut_locally()]
}

/// Where the modules of a code lie on the picture.
struct Lattice {
    side: usize,
    origin: (f32, f32),
    right: (f32, f32),
    below: (f32, f32),
}

impl Lattice {
    fn of(place: &Corners, side: usize) -> Self {
        let (a, b, c) = (place.top_left, place.top_right, place.bottom_left);
        // The middles of the patterns are 3.5 modules inside, so 7 fewer lie between them.
        let between = (side - 7) as f32;
        let right = ((b.0 - a.0) / between, (b.1 - a.1) / between);
        let below = ((c.0 - a.0) / between, (c.1 - a.1) / between);
        Self { side, origin: a, right, below }
    }

    fn at(&self, picture: &GrayImage, column: f32, row: f32) -> f32 {
        let (i, j) = (column - 3.0, row - 3.0);
        let x = self.origin.0 + i * self.right.0 + j * self.below.0;
        brightness(picture, x, self.origin.1 + i * self.right.1 + j * self.below.1)
    }

    /// How many of the dots between the patterns differ from their neighbours as they should.
    fn timing(&self, picture: &GrayImage) -> f32 {
        let dots = 7..self.side - 7;
        let along: Vec<f32> = dots.clone().map(|i| self.at(picture, i as f32, 6.0)).collect();
        let down: Vec<f32> = dots.map(|i| self.at(picture, 6.0, i as f32)).collect();
        let turns = |line: &[f32]| {
            let pairs = line.windows(2).enumerate();
            pairs
                .filter(|(i, pair)| {
                    (pair[0] > pair[1] + 8.0) == i.is_multiple_of(2) && (pair[0] - pair[1]).abs() > 8.0
                })
                .count()
        };
        (turns(&along) + turns(&down)) as f32 / (along.len() + down.len() - 2) as f32
    }
}

/// Brightness of each module.
struct Values {
    side: usize,
    values: Vec<f32>,
}

impl Values {
    fn of(picture: &GrayImage, place: &Corners, side: usize) -> Self {
        let lattice = Lattice::of(place, side);
        let at = |column: f32, row: f32| lattice.at(picture, column, row);
        let mut values = Vec::with_capacity(side * side);
        for row in 0..side {
            for column in 0..side {
                let (x, y) = (column as f32, row as f32);
                // The middle counts most: neighbours bleed into the edges.
                let around =
                    [(-0.2, -0.2), (0.2, -0.2), (-0.2, 0.2), (0.2, 0.2)].map(|(dx, dy)| at(x + dx, y + dy));
                values.push((at(x, y) * 2.0 + around.iter().sum::<f32>()) / 6.0);
            }
        }
        Self { side, values }
    }

    fn at(&self, column: usize, row: usize) -> f32 {
        self.values[row * self.side + column]
    }

    /// Half-way between the patterns' dark and light.
    fn half(&self) -> f32 {
        let far = self.side - 7;
        let corners = [(0, 0), (far, 0), (0, far)];
        let mean = |offsets: &[(usize, usize)]| {
            let of = corners.iter().flat_map(|(x, y)| offsets.iter().map(move |(i, j)| (x + i, y + j)));
            let values: Vec<f32> = of.map(|(x, y)| self.at(x, y)).collect();
            values.iter().sum::<f32>() / values.len() as f32
        };
        let dark = mean(&[(3, 3), (2, 3), (4, 3), (3, 2), (3, 4)]);
        let light = mean(&[(1, 1), (3, 1), (5, 1), (1, 5), (3, 5), (5, 5), (1, 3), (5, 3)]);
        (dark + light) / 2.0
    }

    fn cut_at_half(&self) -> rqrr::SimpleGrid {
        let half = self.half();
        rqrr::SimpleGrid::from_func(self.side, |x, y| self.at(x, y) < half)
    }

    /// Each module against those around it: for shadows and for ink that spread.
    fn cut_locally(&self) -> rqrr::SimpleGrid {
        const REACH: usize = 4;
        rqrr::SimpleGrid::from_func(self.side, |x, y| {
            let columns = x.saturating_sub(REACH)..(x + REACH + 1).min(self.side);
            let rows = y.saturating_sub(REACH)..(y + REACH + 1).min(self.side);
            let (mut low, mut high) = (f32::MAX, f32::MIN);
            for row in rows {
                for column in columns.clone() {
                    let value = self.at(column, row);
                    (low, high) = (low.min(value), high.max(value));
                }
            }
            self.at(x, y) < (low + high) / 2.0
        })
    }
}

/// Between the pixels; white outside.
fn brightness(picture: &GrayImage, x: f32, y: f32) -> f32 {
    let (x, y) = (x - 0.5, y - 0.5);
    if !(x >= 0.0 && y >= 0.0) {
        return 255.0;
    }
    let (ix, iy) = (x as u32, y as u32);
    if ix + 1 >= picture.width() || iy + 1 >= picture.height() {
        return 255.0;
    }
    let (fx, fy) = (x.fract(), y.fract());
    let p = |x: u32, y: u32| f32::from(picture.get_pixel(x, y).0[0]);
    let upper = p(ix, iy) + (p(ix + 1, iy) - p(ix, iy)) * fx;
    let lower = p(ix, iy + 1) + (p(ix + 1, iy + 1) - p(ix, iy + 1)) * fx;
    upper + (lower - upper) * fy
}
