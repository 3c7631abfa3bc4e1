//! Where the labels go: beside their box, over no other box or label, over as little ink as can be.

use hayro::kurbo::{Point, Rect};
use image::RgbImage;

use super::{Mark, letters};

/// Room left and right of the text of a label, of its size.
pub(super) const PAD: f32 = 0.3;
/// Height of a label, of its size.
const HEIGHT: f32 = 1.2;
/// How many rows away from its box a label may go.
const FARTHEST: i32 = 5;

/// A label on the picture, in pixels.
pub(super) struct Label {
    pub tab: Rect,
    /// The line to its box, where it does not touch it.
    pub leader: Option<(Point, Point)>,
}

/// One label for each mark; `boxes` are the marks' in pixels.
pub(super) fn place(picture: &RgbImage, marks: &[Mark], boxes: &[Rect], size_px: f32) -> Vec<Label> {
    let mut placed: Vec<Label> = Vec::with_capacity(marks.len());
    for (mark, own) in marks.iter().zip(boxes) {
        let width = f64::from(letters::width(&mark.label, size_px) + 2.0 * PAD * size_px);
        let height = f64::from(HEIGHT * size_px);
        let candidates = candidates(own, width, height, f64::from(picture.width()));
        let within = candidates.into_iter().map(|tab| into_page(tab, picture));
        let cost = |tab: &Rect| {
            let shared = |other: &Rect| tab.intersect(*other).area();
            let labels: f64 = placed.iter().map(|label| shared(&label.tab)).sum();
            let others: f64 = boxes.iter().map(shared).sum();
            let away = (tab.center() - own.center()).hypot() - own.width() / 2.0;
            (20.0 * labels + 6.0 * others) / tab.area() + ink(picture, tab) + away.max(0.0) / 600.0
        };
        let best = within.min_by(|a, b| cost(a).total_cmp(&cost(b))).unwrap_or(*own);
        placed.push(Label { tab: best, leader: leader(&best, own) });
    }
    placed
}

fn candidates(own: &Rect, width: f64, height: f64, page: f64) -> Vec<Rect> {
    let mut all = Vec::new();
    let at = |x: f64, y: f64| Rect::new(x, y, x + width, y + height);
    for row in 0..=FARTHEST {
        let (above, below) = (own.y0 - height * f64::from(row + 1), own.y1 + height * f64::from(row));
        for y in [above, below] {
            all.extend([own.x0, own.x1 - width, own.x1, own.x0 - width].map(|x| at(x, y)));
        }
    }
    let middle = own.center().y - height / 2.0;
    // The margins are free as a rule.
    all.extend([own.x1, own.x0 - width, page - width, 0.0].map(|x| at(x, middle)));
    all
}

/// Moved so that it lies on the page.
fn into_page(tab: Rect, picture: &RgbImage) -> Rect {
    let (w, h) = (f64::from(picture.width()), f64::from(picture.height()));
    let x = tab.x0.min(w - tab.width()).max(0.0);
    let y = tab.y0.min(h - tab.height()).max(0.0);
    Rect::new(x, y, x + tab.width(), y + tab.height())
}

/// Share of dark pixels under a label, 0–1.
fn ink(picture: &RgbImage, tab: &Rect) -> f64 {
    let range = |from: f64, to: f64, end: u32| (from.max(0.0) as u32).min(end)..(to.max(0.0) as u32).min(end);
    let (xs, ys) = (range(tab.x0, tab.x1, picture.width()), range(tab.y0, tab.y1, picture.height()));
    let n_all = xs.len() * ys.len();
    let is_dark = |x: u32, y: u32| picture.get_pixel(x, y).0.iter().any(|channel| *channel < 140);
    let n_dark = ys.flat_map(|y| xs.clone().map(move |x| (x, y))).filter(|(x, y)| is_dark(*x, *y)).count();
    n_dark as f64 / n_all.max(1) as f64
}

fn leader(tab: &Rect, own: &Rect) -> Option<(Point, Point)> {
    let near = own.inflate(2.0, 2.0).intersect(*tab);
    if near.width() >= 0.0 && near.height() >= 0.0 && (near.area() > 0.0 || touches(tab, own)) {
        return None;
    }
    let clamp = |p: Point, r: &Rect| Point::new(p.x.clamp(r.x0, r.x1), p.y.clamp(r.y0, r.y1));
    let from = clamp(own.center(), tab);
    Some((from, clamp(from, own)))
}

fn touches(tab: &Rect, own: &Rect) -> bool {
    let wide = own.inflate(2.0, 2.0);
    wide.x0 <= tab.x1 && tab.x0 <= wide.x1 && wide.y0 <= tab.y1 && tab.y0 <= wide.y1
}
