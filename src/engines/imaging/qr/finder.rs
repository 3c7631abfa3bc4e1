//! The three square patterns in the corners of a QR code: dark and light in 1:1:3:1:1, crosswise.

use image::GrayImage;

/// The corners of what looks like a code.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Corners {
    /// Middle of the pattern at the right angle, then along the upper and the left edge.
    pub top_left: (f32, f32),
    pub top_right: (f32, f32),
    pub bottom_left: (f32, f32),
    /// Pixels of one module.
    pub module: f32,
    /// How ill-formed the three are: 0 is perfect.
    pub fault: f32,
}

impl Corners {
    /// Middles of the patterns and of the code.
    pub(super) fn points(&self) -> [(f32, f32); 4] {
        let (b, c) = (self.top_right, self.bottom_left);
        [self.top_left, b, c, ((b.0 + c.0) / 2.0, (b.1 + c.1) / 2.0)]
    }

    /// Where the fourth corner's pattern would be.
    pub(super) fn bottom_right(&self) -> (f32, f32) {
        let (a, b, c) = (self.top_left, self.top_right, self.bottom_left);
        (b.0 + c.0 - a.0, b.1 + c.1 - a.1)
    }

    /// Left, top, width, height of the whole code, pixels.
    pub(super) fn bounds(&self) -> [f32; 4] {
        let points = [self.top_left, self.top_right, self.bottom_left, self.bottom_right()];
        let of = |pick: fn(&(f32, f32)) -> f32, f: fn(f32, f32) -> f32, start: f32| {
            points.iter().map(pick).fold(start, f)
        };
        let reach = self.module * 3.5;
        let (x0, x1) = (of(|p| p.0, f32::min, f32::MAX) - reach, of(|p| p.0, f32::max, f32::MIN) + reach);
        let (y0, y1) = (of(|p| p.1, f32::min, f32::MAX) - reach, of(|p| p.1, f32::max, f32::MIN) + reach);
        [x0, y0, x1 - x0, y1 - y0]
    }
}

/// Patterns of one page that are put together in threes.
const MOST_PATTERNS: usize = 48;
/// Rows that are looked at: every so many.
const ROW_STEP: u32 = 3;
/// Along a longer side than this, pixels are passed over: patterns are larger there.
const FINEST: u32 = 3_700;
/// The side of a cell of the map of thresholds.
const CELL: u32 = 32;
/// Grey levels between dark and light of what can be a pattern.
const LEAST_CONTRAST: u8 = 45;

/// A pattern that was seen on several rows.
#[derive(Debug, Clone, Copy)]
struct Pattern {
    x: f32,
    y: f32,
    module: f32,
    n_seen: u16,
}

/// Places that look like codes, the best formed first. Each code is found twice where it is large.
pub(super) fn corners(picture: &GrayImage) -> Vec<Corners> {
    let long = picture.width().max(picture.height());
    if picture.width() < 21 || picture.height() < 21 {
        return Vec::new();
    }
    // Large patterns (of a separator sheet) on every fourth pixel, small ones (of a card) on all.
    let fine = long.div_ceil(FINEST);
    let mut found = threes(&patterns(&Sparse::of(picture, fine * 4)));
    let small = threes(&patterns(&Sparse::of(picture, fine)));
    found.extend(small);
    found
}

/// A picture of which only every so many pixels are looked at, and where dark ends on it.
struct Sparse<'p> {
    raw: &'p [u8],
    stride: usize,
    width: u32,
    height: u32,
    step: u32,
    thresholds: Vec<u8>,
    cells_across: u32,
}

impl<'p> Sparse<'p> {
    fn of(picture: &'p GrayImage, step: u32) -> Self {
        let (width, height) = (picture.width() / step, picture.height() / step);
        let mut sparse = Self {
            raw: picture.as_raw(),
            stride: picture.width() as usize,
            width,
            height,
            step,
            thresholds: Vec::new(),
            cells_across: width.div_ceil(CELL).max(1),
        };
        sparse.thresholds = sparse.map_thresholds();
        sparse
    }

    fn at(&self, x: u32, y: u32) -> u8 {
        self.raw[(y * self.step) as usize * self.stride + (x * self.step) as usize]
    }

    /// Calls `on_turn` where dark begins or ends along a row, and at its end.
    fn turns(&self, y: u32, mut on_turn: impl FnMut(u32, bool)) {
        let first = (y * self.step) as usize * self.stride;
        let row = &self.raw[first..first + self.stride];
        let thresholds = &self.thresholds[(y / CELL * self.cells_across) as usize..];
        let step = self.step as usize;
        let mut was_dark = false;
        for (cell, threshold) in (0..self.cells_across).zip(thresholds) {
            let cell_end = ((cell + 1) * CELL).min(self.width);
            if *threshold == 0 && !was_dark {
                continue; // all light
            }
            for x in cell * CELL..cell_end {
                let is_dark = row[x as usize * step] < *threshold;
                if is_dark != was_dark {
                    on_turn(x, was_dark);
                    was_dark = is_dark;
                }
            }
        }
        if was_dark {
            on_turn(self.width, true);
        }
    }

    /// Half-way between the darkest and the lightest around; 0 where all is alike.
    fn map_thresholds(&self) -> Vec<u8> {
        let (across, down) = (self.cells_across, self.height.div_ceil(CELL).max(1));
        let mut extremes = vec![(u8::MAX, u8::MIN); (across * down) as usize];
        for y in (0..self.height).step_by(4) {
            let cells = (y / CELL * across) as usize;
            for x in (0..self.width).step_by(3) {
                let value = self.at(x, y);
                let cell = &mut extremes[cells + (x / CELL) as usize];
                *cell = (cell.0.min(value), cell.1.max(value));
            }
        }
        let mut thresholds = Vec::with_capacity(extremes.len());
        for cy in 0..down {
            for cx in 0..across {
                let (mut low, mut high) = (u8::MAX, u8::MIN);
                for y in cy.saturating_sub(1)..(cy + 2).min(down) {
                    for x in cx.saturating_sub(1)..(cx + 2).min(across) {
                        let (l, h) = extremes[(y * across + x) as usize];
                        (low, high) = (low.min(l), high.max(h));
                    }
                }
                let contrast = high.saturating_sub(low);
                thresholds.push(if contrast < LEAST_CONTRAST { 0 } else { low + contrast / 2 });
            }
        }
        thresholds
    }

    fn is_dark(&self, x: u32, y: u32) -> bool {
        self.at(x, y) < self.thresholds[(y / CELL * self.cells_across + x / CELL) as usize]
    }
}

fn patterns(picture: &Sparse<'_>) -> Vec<Pattern> {
    let mut found: Vec<Pattern> = Vec::new();
    // Not more steps than the pattern of a small code has rows.
    for y in (0..picture.height).step_by(ROW_STEP as usize) {
        scan_row(picture, y, &mut found);
        if found.len() > 4_000 {
            break; // a screen of dots: no code is on it that could be told apart
        }
    }
    found.sort_by_key(|p| std::cmp::Reverse(p.n_seen));
    found.truncate(MOST_PATTERNS);
    for pattern in &mut found {
        let step = picture.step as f32;
        // The middle of a pixel that stands for `step` of them.
        (pattern.x, pattern.y) = (pattern.x * step, pattern.y * step);
        pattern.module *= step;
    }
    found
}

/// Looks for dark, light, dark, light, dark in 1:1:3:1:1 along a row.
fn scan_row(picture: &Sparse<'_>, y: u32, found: &mut Vec<Pattern>) {
    let mut ends = [0u32; 6]; // where the last runs began, and where the last one ends
    let mut n_turns = 0u32;
    picture.turns(y, |x, dark_ends| {
        ends.rotate_left(1);
        ends[5] = x;
        n_turns += 1;
        if dark_ends && n_turns >= 6 {
            let runs: [f32; 5] = std::array::from_fn(|i| (ends[i + 1] - ends[i]) as f32);
            if let Some(module) = module_of(runs) {
                let middle = (ends[2] + ends[3]) as f32 / 2.0;
                take(picture, middle, y, module, found);
            }
        }
    });
}

/// The module by which five runs stand as 1:1:3:1:1; `None` when they don't.
fn module_of(runs: [f32; 5]) -> Option<f32> {
    let module = runs.iter().sum::<f32>() / 7.0;
    if module < 1.2 {
        return None;
    }
    let slack = module * 0.5 + 0.6;
    let fits = |run: f32, n: f32| (run - n * module).abs() <= slack * n.sqrt();
    let is_one = |i: usize| fits(runs[i], 1.0);
    (is_one(0) && is_one(1) && fits(runs[2], 3.0) && is_one(3) && is_one(4)).then_some(module)
}

/// Takes a pattern up when it is one downwards too, or adds to the one that was seen there before.
fn take(picture: &Sparse<'_>, x: f32, y: u32, module: f32, found: &mut Vec<Pattern>) {
    let Some((y, down)) = across(picture, x as u32, y, module, true) else { return };
    let Some((x, along)) = across(picture, x as u32, y as u32, module, false) else { return };
    let module = (down + along) / 2.0;
    if (down - along).abs() > 0.35 * module + 0.4 {
        return;
    }
    let same = found.iter_mut().find(|p| (p.x - x).abs() < 2.5 * module && (p.y - y).abs() < 2.5 * module);
    match same {
        Some(p) => {
            let n = f32::from(p.n_seen);
            let mean = |old: f32, new: f32| (old * n + new) / (n + 1.0);
            (p.x, p.y, p.module) = (mean(p.x, x), mean(p.y, y), mean(p.module, module));
            p.n_seen = p.n_seen.saturating_add(1);
        }
        None => found.push(Pattern { x, y, module, n_seen: 1 }),
    }
}

/// Middle and module of the pattern through a point, downwards or along the row.
fn across(picture: &Sparse<'_>, x: u32, y: u32, module: f32, is_down: bool) -> Option<(f32, f32)> {
    let (at, end) = if is_down { (y, picture.height) } else { (x, picture.width) };
    let is_dark = |i: u32| if is_down { picture.is_dark(x, i) } else { picture.is_dark(i, y) };
    if at >= end || !is_dark(at) {
        return None;
    }
    let most = (module * 5.0 + 3.0) as u32;
    // Ends of the runs, from the middle outwards: one way, then the other.
    let mut edges = [[0u32; 3]; 2];
    for (way, ends) in edges.iter_mut().enumerate() {
        let mut i = at;
        for (n, edge) in ends.iter_mut().enumerate() {
            let colour = n != 1;
            while is_dark(i) == colour {
                let next = if way == 0 { i.checked_sub(1) } else { Some(i + 1).filter(|i| *i < end) };
                match next {
                    Some(next) if next.abs_diff(at) <= most => i = next,
                    _ if n == 2 && next.is_none() => break,
                    _ => return None,
                }
            }
            *edge = i;
        }
    }
    let [up, down] = edges;
    let runs = [
        (up[1] - up[2]) as f32,
        (up[0] - up[1]) as f32,
        (down[0] - up[0] - 1) as f32,
        (down[1] - down[0]) as f32,
        (down[2] - down[1]) as f32,
    ];
    let module = module_of(runs)?;
    Some(((up[2] + 1 + down[2]) as f32 / 2.0, module))
}

/// Puts patterns together in threes that lie as the corners of a code do, the best formed first.
fn threes(patterns: &[Pattern]) -> Vec<Corners> {
    let mut found: Vec<Corners> = Vec::new();
    for (i, a) in patterns.iter().enumerate() {
        for (j, b) in patterns.iter().enumerate() {
            for c in patterns.iter().skip(j + 1) {
                if j == i || std::ptr::eq(a, c) {
                    continue;
                }
                if let Some(three) = three(a, b, c) {
                    found.push(three);
                }
            }
        }
    }
    found.sort_by(|a, b| a.fault.total_cmp(&b.fault));
    found
}

/// `a` at the right angle.
fn three(a: &Pattern, b: &Pattern, c: &Pattern) -> Option<Corners> {
    let module = (a.module + b.module + c.module) / 3.0;
    let uneven = [a, b, c].iter().map(|p| (p.module / module - 1.0).abs()).fold(0.0, f32::max);
    if uneven > 0.35 {
        return None;
    }
    let (ab, ac) = ((b.x - a.x, b.y - a.y), (c.x - a.x, c.y - a.y));
    let (along, down) = (ab.0.hypot(ab.1), ac.0.hypot(ac.1));
    // Runs were measured along rows and columns: they are longer through a pattern that stands askew.
    let module = module * ab.0.abs().max(ab.1.abs()) / along;
    let modules = (along + down) / 2.0 / module;
    // Patterns of the smallest code are 14 modules apart, of the largest 170.
    if !(11.0..=185.0).contains(&modules) {
        return None;
    }
    let skewed = ((ab.0 * ac.0 + ab.1 * ac.1) / (along * down)).abs();
    let unequal = (along / down - 1.0).abs();
    if skewed > 0.25 || unequal > 0.25 {
        return None;
    }
    let is_clockwise = ab.0 * ac.1 - ab.1 * ac.0 > 0.0;
    let (right, below) = if is_clockwise { (b, c) } else { (c, b) };
    // Patterns seen on one row only are often none.
    let seldom = [a, b, c].iter().filter(|p| p.n_seen < 2).count() as f32 * 0.1;
    Some(Corners {
        top_left: (a.x, a.y),
        top_right: (right.x, right.y),
        bottom_left: (below.x, below.y),
        module,
        fault: uneven + skewed + unequal + seldom,
    })
}
