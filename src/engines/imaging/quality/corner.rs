//! A corner folded over (or torn off) so that lines of text run under it.
//!
//! Seen as a straight slanting edge across a corner: a step between two shades or a crease, nothing
//! written on the side of the corner, and letters that end at the edge on the other.

use super::upright::{Upright, View};
use crate::domain::page::Side;

/// Legs of the triangle that are looked at, millimetres.
const MIN_LEG_MM: f32 = 12.0;
const MAX_LEG_MM: f32 = 105.0;
const LEG_STEP_MM: f32 = 1.5;
/// The legs differ by this factor at most: flatter edges belong to a sheet that lies askew.
const MAX_RATIO: f32 = 2.8;
/// Smallest step between the shades, or depth of the crease, 0–255.
const MIN_STEP: i16 = 7;
/// Points at which a possible edge is looked at.
const N_POINTS: usize = 24;
/// Share of them that has to show it.
const MIN_COVER: f32 = 0.84;

/// One corner, with the page seen so that the corner is at the left end of the side.
struct Corner<'a> {
    view: View<'a>,
    /// Whether the corner lies where `y` is largest.
    is_far: bool,
    page: &'a Upright,
}

/// A possible edge, from `a` millimetres inwards to `b` millimetres along the side.
#[derive(Clone, Copy)]
struct Edge {
    a: f32,
    b: f32,
}

/// Lines of text that run under a corner, most of all corners.
pub(super) fn hidden_lines(page: &Upright) -> u32 {
    let corners = [(Side::Left, false), (Side::Left, true), (Side::Right, false), (Side::Right, true)];
    let of_corner = |(side, is_far): (Side, bool)| {
        let corner = Corner { view: page.seen_from(side), is_far, page };
        corner.edge().map_or(0, |edge| corner.lines_at(edge))
    };
    corners.into_iter().map(of_corner).max().unwrap_or(0)
}

impl Corner<'_> {
    /// Pixels of a point given in millimetres from the corner; `None` off the page.
    fn px(&self, x_mm: f32, y_mm: f32) -> Option<(usize, usize)> {
        let (x, y) = (x_mm / self.page.mm_per_px, y_mm / self.page.mm_per_px);
        let is_on = x >= 0.0 && y >= 0.0 && (x as usize) < self.view.depth && (y as usize) < self.view.length;
        let (x, y) = (x as usize, y as usize);
        is_on.then(|| (x, if self.is_far { self.view.length - 1 - y } else { y }))
    }

    /// The shade of the paper, print left out.
    fn paper(&self, x_mm: f32, y_mm: f32) -> Option<i16> {
        let (x, y) = self.px(x_mm, y_mm)?;
        Some(i16::from(self.view.grey(x, y)) + i16::from(self.view.dark(x, y)))
    }

    fn dark(&self, x_mm: f32, y_mm: f32) -> i16 {
        self.px(x_mm, y_mm).map_or(0, |(x, y)| i16::from(self.view.dark(x, y)))
    }

    fn is_ink(&self, x_mm: f32, y_mm: f32) -> bool {
        self.px(x_mm, y_mm).is_some_and(|(x, y)| self.view.is_ink(x, y))
    }

    /// The edge that shows best, where one does and nothing is written beyond it.
    fn edge(&self) -> Option<Edge> {
        let n = ((MAX_LEG_MM - MIN_LEG_MM) / LEG_STEP_MM) as usize;
        let leg = |i: usize| MIN_LEG_MM + i as f32 * LEG_STEP_MM;
        let all = (0..=n).flat_map(|i| (0..=n).map(move |j| Edge { a: leg(i), b: leg(j) }));
        let shown = all
            .filter(|e| e.a <= MAX_RATIO * e.b && e.b <= MAX_RATIO * e.a)
            .map(|e| (self.shows(e), e))
            .filter(|(share, _)| *share >= MIN_COVER);
        let best = shown.max_by(|a, b| a.0.total_cmp(&b.0).then((b.1.a + b.1.b).total_cmp(&(a.1.a + a.1.b))));
        let (share, edge) = best?;
        let edge = self.sharpened(edge);
        // Grain shows everywhere, an edge in one place.
        let nearer = |by: f32| {
            let k = 1.0 - by / (edge.a * edge.b / edge.a.hypot(edge.b));
            self.shows(Edge { a: k * edge.a, b: k * edge.b })
        };
        let is_one = nearer(4.5).max(nearer(6.5)) <= 0.6 * share;
        (is_one && self.is_empty_beyond(edge)).then_some(edge)
    }

    /// The same slope where it shows most.
    fn sharpened(&self, edge: Edge) -> Edge {
        let length = edge.a.hypot(edge.b);
        let (nx, ny) = (edge.b / length, edge.a / length);
        let depth = |e: &Edge| -> i32 {
            let points = (0..N_POINTS * 2).map(|i| 0.08 + 0.84 * i as f32 / (N_POINTS * 2) as f32);
            let of_point = |t: f32| {
                let (x, y) = (e.a * (1.0 - t), e.b * t);
                let at = |d: f32| self.paper(x + d * nx, y + d * ny).unwrap_or(0);
                i32::from((at(0.8) - at(-0.8)).abs().min(40)) + i32::from(self.dark(x, y).min(60))
            };
            points.map(of_point).sum()
        };
        let scaled = (-24i16..=24).map(|i| 1.0 + f32::from(i) * 0.3 / edge.a.min(edge.b));
        let near = scaled.map(|k| Edge { a: k * edge.a, b: k * edge.b });
        near.map(|e| (depth(&e), e)).max_by_key(|(depth, _)| *depth).map_or(edge, |(_, e)| e)
    }

    /// Share of the edge along which a step or a crease shows.
    fn shows(&self, edge: Edge) -> f32 {
        let length = edge.a.hypot(edge.b);
        // Away from the corner.
        let (nx, ny) = (edge.b / length, edge.a / length);
        let (mut n_up, mut n_down, mut n_crease) = (0u32, 0u32, 0u32);
        // Every third point first, so that most are given up soon.
        let order = (0..3).flat_map(|k| (k..N_POINTS).step_by(3));
        for (n_seen, i) in order.enumerate() {
            let t = 0.08 + 0.84 * (i as f32 + 0.5) / N_POINTS as f32;
            let (x, y) = (edge.a * (1.0 - t), edge.b * t);
            let at = |d: f32| self.paper(x + d * nx, y + d * ny);
            let (Some(outer), Some(inner)) = (at(-1.8), at(1.8)) else { return 0.0 };
            n_up += u32::from(inner - outer >= MIN_STEP);
            n_down += u32::from(outer - inner >= MIN_STEP);
            let crease = [-0.6, -0.2, 0.2, 0.6].map(|d| self.dark(x + d * nx, y + d * ny));
            let beyond = self.dark(x - 2.0 * nx, y - 2.0 * ny);
            let deepest = crease.into_iter().max().unwrap_or(0);
            n_crease += u32::from(deepest >= MIN_STEP && deepest >= beyond + MIN_STEP);
            if n_seen == N_POINTS / 3 && n_up.max(n_down).max(n_crease) * 4 < N_POINTS as u32 {
                return 0.0;
            }
        }
        n_up.max(n_down).max(n_crease) as f32 / N_POINTS as f32
    }

    fn is_empty_beyond(&self, edge: Edge) -> bool {
        let (mut n, mut n_ink) = (0u32, 0u32);
        let step = self.page.mm_per_px.max(0.3);
        let clear = 2.0 / edge.a.min(edge.b); // of the edge itself
        let n_steps = |leg: f32| (leg / step) as usize;
        for i in 0..n_steps(edge.a) {
            for j in 0..n_steps(edge.b) {
                let (x, y) = (i as f32 * step, j as f32 * step);
                if x / edge.a + y / edge.b < 1.0 - clear && x > 1.0 && y > 1.0 {
                    n += 1;
                    n_ink += u32::from(self.is_ink(x, y));
                }
            }
        }
        n_ink * 200 <= n
    }

    /// Rows of letters that end at the edge: where the paper lies folded back or is torn off, at the
    /// slanting edge itself; where its back covers the page, at the free edges of what is folded over.
    fn lines_at(&self, edge: Edge) -> u32 {
        let (a, b) = (edge.a, edge.b);
        // Where the corner of the paper comes to lie: its image in the mirror of the edge.
        let k = 2.0 * a * b / (a * a + b * b);
        let tip = (k * b, k * a);
        let slant = self.lines_along((a, 0.0), (0.0, b), tip);
        let past = (2.0 * tip.0, 2.0 * tip.1);
        let free = self.lines_along((a, 0.0), tip, past).max(self.lines_along(tip, (0.0, b), past));
        slant.max(if self.is_empty_between(edge, tip) { free } else { 0 })
    }

    /// Rows of letters that touch a line on the side where `beyond` lies.
    fn lines_along(&self, from: (f32, f32), to: (f32, f32), beyond: (f32, f32)) -> u32 {
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let length = dx.hypot(dy);
        let side = dx * (beyond.1 - from.1) - dy * (beyond.0 - from.0);
        let (nx, ny) = if side > 0.0 { (-dy / length, dx / length) } else { (dy / length, -dx / length) };
        let n_points = (length / 0.3) as usize;
        // Apart, because the shade of an edge would join the lines that end at it.
        let rows_at = |d: f32| {
            let (mut n, mut last) = (0, f32::MAX);
            for i in 0..n_points {
                let t = 0.03 + 0.94 * i as f32 / n_points as f32;
                let (x, y) = (from.0 + t * dx, from.1 + t * dy);
                if [d, d + 0.4, d + 0.8].iter().any(|d| self.is_ink(x + d * nx, y + d * ny)) {
                    // A gap along the side is clear paper between two lines.
                    n += u32::from((y - last).abs() > 1.4);
                    last = y;
                }
            }
            n
        };
        [1.2, 2.0, 2.8, 3.6].map(rows_at).into_iter().max().unwrap_or(0)
    }

    /// Whether nothing is written between the slanting edge and the tip of what was folded over.
    fn is_empty_between(&self, edge: Edge, tip: (f32, f32)) -> bool {
        let (mut n, mut n_ink) = (0u32, 0u32);
        for i in 1..60 {
            for j in 1..60 - i {
                let (u, v) = (i as f32 / 60.0, j as f32 / 60.0);
                let w = 1.0 - u - v;
                // Away from all three sides by a few millimetres.
                if u.min(v).min(w) * edge.a.min(edge.b) < 4.0 {
                    continue;
                }
                n += 1;
                let (x, y) = (u * edge.a + w * tip.0, v * edge.b + w * tip.1);
                n_ink += u32::from(self.is_ink(x, y));
            }
        }
        n > 20 && n_ink * 100 <= n
    }
}
