//! Pen strokes: figures from stroke models of their own, and signatures.
//!
//! A figure is one or more strokes through control points in a box one unit high, about 0.6 wide, y upwards. Hands
//! differ by slant, size, shape of figure and shaking of every point.

use super::random::Random;
use super::raster::{Outline, Point};

/// One stroke: smooth through its points; a point given twice is a corner.
type Stroke = &'static [(f32, f32)];
/// One way to write a figure.
type Shape = &'static [Stroke];

/// The shapes that hands give to each figure; index 10 is the slash.
const SHAPES: [&[Shape]; 11] = [
    &[
        &[&[(0.34, 1.0), (0.06, 0.62), (0.1, 0.15), (0.34, 0.0), (0.56, 0.35), (0.52, 0.82), (0.3, 1.0)]],
        &[&[
            (0.42, 0.96),
            (0.14, 0.85),
            (0.04, 0.4),
            (0.26, 0.0),
            (0.55, 0.3),
            (0.5, 0.8),
            (0.28, 0.98),
            (0.2, 0.9),
        ]],
    ],
    &[
        &[&[(0.3, 1.0), (0.28, 0.5), (0.24, 0.0)]],
        &[&[(0.1, 0.7), (0.25, 0.84), (0.38, 1.0), (0.38, 1.0), (0.34, 0.5), (0.3, 0.0)]],
    ],
    &[
        &[&[
            (0.06, 0.75),
            (0.2, 0.98),
            (0.46, 0.92),
            (0.46, 0.62),
            (0.25, 0.28),
            (0.02, 0.02),
            (0.02, 0.02),
            (0.3, 0.04),
            (0.58, 0.02),
        ]],
        &[&[
            (0.05, 0.8),
            (0.28, 1.0),
            (0.5, 0.8),
            (0.36, 0.45),
            (0.12, 0.06),
            (0.03, 0.12),
            (0.14, 0.2),
            (0.3, 0.06),
            (0.6, 0.05),
        ]],
    ],
    &[
        &[&[
            (0.06, 0.88),
            (0.28, 1.0),
            (0.5, 0.82),
            (0.22, 0.55),
            (0.22, 0.55),
            (0.52, 0.42),
            (0.5, 0.08),
            (0.24, -0.02),
            (0.02, 0.12),
        ]],
        &[&[
            (0.05, 0.98),
            (0.3, 0.97),
            (0.54, 1.0),
            (0.54, 1.0),
            (0.24, 0.6),
            (0.24, 0.6),
            (0.55, 0.45),
            (0.46, 0.05),
            (0.05, 0.06),
        ]],
    ],
    &[
        &[
            &[(0.3, 1.0), (0.18, 0.65), (0.03, 0.36), (0.03, 0.36), (0.3, 0.35), (0.6, 0.38)],
            &[(0.46, 0.72), (0.42, 0.3), (0.4, -0.04)],
        ],
        &[
            &[(0.42, 1.0), (0.2, 0.6), (0.0, 0.3), (0.0, 0.3), (0.3, 0.28), (0.6, 0.3)],
            &[(0.44, 0.98), (0.42, 0.5), (0.4, 0.0)],
        ],
    ],
    &[
        &[
            &[
                (0.16, 0.98),
                (0.12, 0.56),
                (0.12, 0.56),
                (0.34, 0.64),
                (0.54, 0.4),
                (0.42, 0.05),
                (0.04, 0.04),
            ],
            &[(0.16, 0.97), (0.36, 0.97), (0.58, 1.02)],
        ],
        &[&[
            (0.55, 1.0),
            (0.18, 0.97),
            (0.18, 0.97),
            (0.12, 0.55),
            (0.12, 0.55),
            (0.38, 0.62),
            (0.52, 0.32),
            (0.36, 0.0),
            (0.04, 0.06),
        ]],
    ],
    &[
        &[&[
            (0.48, 1.0),
            (0.2, 0.7),
            (0.06, 0.28),
            (0.24, 0.0),
            (0.52, 0.16),
            (0.46, 0.44),
            (0.24, 0.48),
            (0.1, 0.28),
        ]],
        &[&[(0.38, 1.02), (0.1, 0.55), (0.08, 0.12), (0.32, 0.0), (0.5, 0.22), (0.3, 0.42), (0.1, 0.22)]],
    ],
    &[
        &[&[(0.03, 0.96), (0.3, 0.97), (0.58, 1.0), (0.58, 1.0), (0.36, 0.52), (0.22, 0.0)]],
        &[
            &[(0.04, 0.86), (0.06, 0.96), (0.56, 0.98), (0.56, 0.98), (0.36, 0.5), (0.24, 0.0)],
            &[(0.18, 0.48), (0.52, 0.52)],
        ],
    ],
    &[
        &[&[
            (0.48, 0.85),
            (0.28, 1.0),
            (0.1, 0.78),
            (0.3, 0.53),
            (0.54, 0.24),
            (0.28, 0.0),
            (0.05, 0.22),
            (0.3, 0.52),
            (0.5, 0.82),
        ]],
        &[&[
            (0.3, 0.54),
            (0.08, 0.8),
            (0.3, 1.0),
            (0.5, 0.8),
            (0.3, 0.54),
            (0.05, 0.22),
            (0.3, 0.0),
            (0.56, 0.22),
            (0.32, 0.54),
        ]],
    ],
    &[
        &[&[
            (0.5, 0.86),
            (0.3, 1.0),
            (0.08, 0.78),
            (0.24, 0.54),
            (0.48, 0.7),
            (0.52, 0.88),
            (0.52, 0.88),
            (0.46, 0.4),
            (0.36, 0.0),
        ]],
        &[&[
            (0.5, 0.78),
            (0.24, 0.56),
            (0.08, 0.8),
            (0.3, 1.0),
            (0.52, 0.82),
            (0.48, 0.4),
            (0.3, 0.02),
            (0.1, 0.06),
        ]],
    ],
    &[&[&[(0.42, 1.08), (0.24, 0.5), (0.08, -0.12)]]],
];

/// A chain of positions with the width of the line at each.
pub type Trace = Vec<(Point, f32)>;

/// One hand: what stays the same through a group of figures.
struct Hand {
    slant: f32,
    breadth: f32,
    shake: f32,
    width: f32,
    pitch: f32,
}

/// The strokes of `text` (figures and slashes), in units of the figure's height, y downwards from the line.
pub fn figures(text: &str, seed: u64) -> Vec<Trace> {
    let mut random = Random::for_purpose(seed, "figures");
    let hand = Hand {
        slant: random.real(-0.02, 0.28),
        breadth: random.real(0.8, 1.15),
        shake: random.real(0.012, 0.03),
        width: random.real(0.08, 0.15),
        pitch: random.real(0.62, 0.74),
    };
    let mut traces = Vec::new();
    let mut x = 0.0;
    for figure in text.chars() {
        let slot = figure.to_digit(10).map_or(10, |digit| digit as usize);
        let size = 1.0 + random.around_zero(0.04);
        let lift = random.around_zero(0.03);
        for stroke in random.pick(SHAPES[slot]) {
            let points: Vec<Point> = shaken(stroke, &hand, &mut random)
                .into_iter()
                .map(|(u, v)| (x + (u * hand.breadth + v * hand.slant) * size, -(v + lift) * size))
                .collect();
            traces.push(inked(&points, hand.width, &mut random));
        }
        x += hand.pitch * hand.breadth * size + random.real(-0.02, 0.08);
    }
    traces
}

/// How far right the strokes of `text` reach, in units of the figure's height.
pub fn reach(text: &str, seed: u64) -> f32 {
    figures(text, seed).iter().flatten().map(|((x, _), width)| x + width / 2.0).fold(0.0, f32::max)
}

/// Moves every point a little; twin points, which make a corner, move together.
fn shaken(stroke: Stroke, hand: &Hand, random: &mut Random) -> Vec<Point> {
    let mut points: Vec<Point> = Vec::with_capacity(stroke.len());
    for (n, &(u, v)) in stroke.iter().enumerate() {
        let moved = if n > 0 && stroke[n - 1] == (u, v) {
            points[n - 1]
        } else {
            (u + random.around_zero(hand.shake), v + random.around_zero(hand.shake))
        };
        points.push(moved);
    }
    points
}

/// A scribble about two units wide and one high, with a tail.
pub fn signature(seed: u64) -> Vec<Trace> {
    let mut random = Random::for_purpose(seed, "signature");
    let mut points = vec![(-0.9, random.real(-0.1, 0.4))];
    let n_turns = random.whole(5, 9);
    for turn in 0..n_turns {
        let across = turn as f32 / n_turns as f32;
        let up = if turn % 2 == 0 { -1.0 } else { 1.0 };
        let tall = if turn < 2 { 0.6 } else { random.real(0.1, 0.4) };
        points.push((-0.8 + 1.4 * across + random.real(-0.1, 0.25), up * tall * random.real(0.5, 1.0)));
    }
    points.push((random.real(0.6, 0.9), random.real(-0.2, 0.2)));
    points.push((1.1, random.real(-0.7, -0.2)));
    let mut traces = vec![inked(&points, random.real(0.035, 0.065), &mut random)];
    if random.chance(0.6) {
        let y = random.real(0.15, 0.5);
        let dash = [(-0.7, y), (0.0, y - 0.1), (random.real(0.5, 1.0), y - random.real(0.0, 0.3))];
        traces.push(inked(&dash, 0.035, &mut random));
    }
    traces
}

/// A Catmull-Rom line through `points`, its width swelling and thinning.
fn inked(points: &[Point], width: f32, random: &mut Random) -> Trace {
    let mut trace = Vec::new();
    let at = |n: usize| points[n.min(points.len() - 1)];
    let mut pressure = random.real(0.8, 1.1);
    for n in 0..points.len() - 1 {
        let (b, c) = (at(n), at(n + 1));
        if b == c {
            continue;
        }
        // At a corner the neighbour beyond it does not pull.
        let a = if n == 0 || at(n - 1) == b { b } else { at(n - 1) };
        let d = if at(n + 2) == c { c } else { at(n + 2) };
        let next_pressure = random.real(0.7, 1.15);
        for step in 0..8_u8 {
            let t = f32::from(step) / 8.0;
            let curve = |a: f32, b: f32, c: f32, d: f32| {
                b + 0.5 * t * (c - a + t * (2.0 * a - 5.0 * b + 4.0 * c - d + t * (3.0 * (b - c) + d - a)))
            };
            let pressed = pressure + (next_pressure - pressure) * t;
            trace.push(((curve(a.0, b.0, c.0, d.0), curve(a.1, b.1, c.1, d.1)), width * pressed));
        }
        pressure = next_pressure;
    }
    trace.push((at(points.len() - 1), width * pressure * 0.8));
    trace
}

/// Turns traces into filled shapes: `place` maps their units to pixels, `scale` is pixels per unit of width.
pub fn outline(traces: &[Trace], place: impl Fn(Point) -> Point, scale: f32) -> Outline {
    let mut outline = Outline::default();
    for trace in traces {
        for pair in trace.windows(2) {
            let width = (pair[0].1 + pair[1].1) / 2.0 * scale;
            outline.stroke(place(pair[0].0), place(pair[1].0), width);
        }
        for &(point, width) in trace {
            outline.disc(place(point), width * scale / 2.0, 10);
        }
    }
    outline
}
