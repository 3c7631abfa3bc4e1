//! Lines of text that an edge of the picture cuts through.
//!
//! Ink that touches the edge counts only where it belongs to a line of letters, with clear rows above
//! and below, and where several lines (or many letters of one) are cut at the same side. The black strip
//! of a scanner, holes, rules, frames, red stamps and pictures that run to the edge are none.

use std::ops::Range;

use super::upright::{Upright, View};
use crate::domain::page::Side;

/// Cut lines at a side have to be this far apart: a stamp across the edge is smaller.
const MIN_SPREAD_MM: f32 = 38.0;
/// Fewer lines at a side are chance.
const MIN_LINES: u32 = 3;
/// Fewer letters of a line at the top or the foot are chance.
const MIN_LETTERS: u32 = 8;
/// Black strips of a scanner are looked through up to here.
const MAX_STRIP_MM: f32 = 12.0;

/// How many letters are cut on the side where they are most, and which side; 0 where none is.
pub(super) fn letters(page: &Upright) -> (u32, Option<Side>) {
    let sides = [Side::Left, Side::Right, Side::Top, Side::Bottom];
    let cut = |side: Side| {
        let view = page.seen_from(side);
        let n = match side {
            Side::Left | Side::Right => cut_lines(&view, page),
            Side::Top | Side::Bottom => cut_line(&view, page),
        };
        (n, Some(side))
    };
    sides.map(cut).into_iter().filter(|(n, _)| *n > 0).max_by_key(|(n, _)| *n).unwrap_or((0, None))
}

/// Where the page begins behind the black strip of a scanner, for each place along the side.
fn begin_of_page(view: &View<'_>, page: &Upright) -> Vec<usize> {
    let most = page.px(MAX_STRIP_MM).min(view.depth - 1);
    // Dark through and through, or where the light of the scanner falls off.
    let is_black = |x: usize, y: usize| u32::from(view.grey(x, y)) * 100 < u32::from(page.paper) * 80;
    let strip: Vec<usize> =
        (0..view.length).map(|y| (0..most).find(|x| !is_black(*x, y)).unwrap_or(most)).collect();
    // A letter is no strip: paper shows at the side above or below it.
    let reach = page.px(5.0);
    let around = |y: usize| y.saturating_sub(reach)..(y + reach + 1).min(view.length);
    (0..view.length).map(|y| strip[around(y)].iter().copied().min().unwrap_or(0)).collect()
}

/// Stretches along the side where ink touches it.
fn touches(view: &View<'_>, begin: &[usize], within: Range<usize>) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = None;
    let is_touched =
        |y: usize, from: usize| (from..from + if from > 0 { 3 } else { 2 }).any(|x| view.is_ink(x, y));
    let on = begin[within.clone()].iter().zip(within.clone()).map(|(from, y)| (y, is_touched(y, *from)));
    for (y, is_on) in on.chain(std::iter::once((within.end, false))) {
        match (start, is_on) {
            (None, true) => start = Some(y),
            (Some(from), false) => {
                found.push(from..y);
                start = None;
            }
            _ => {}
        }
    }
    found
}

/// Lines cut at the left or right.
fn cut_lines(view: &View<'_>, page: &Upright) -> u32 {
    let begin = begin_of_page(view, page);
    let skipped = page.px(4.0);
    if view.length <= 2 * skipped || view.depth < page.px(30.0) {
        return 0;
    }
    let touches = touches(view, &begin, skipped..view.length - skipped);
    let n_touching: usize = touches.iter().map(Range::len).sum();
    if n_touching * 10 > view.length * 6 {
        return 0;
    }
    let (mut first, mut last, mut n) = (None, 0usize, 0u32);
    for touch in touches {
        if touch.start < last || !(page.px(0.6)..=page.px(6.0)).contains(&touch.len()) {
            continue;
        }
        let Some(line) = line_around(view, page, begin[touch.start], &touch) else { continue };
        first.get_or_insert(line.start);
        last = line.end;
        n += 1;
    }
    let spread = last.saturating_sub(first.unwrap_or(last));
    if n >= MIN_LINES && spread >= page.px(MIN_SPREAD_MM) { n } else { 0 }
}

/// The rows of the line of letters that goes on inwards from a touch; `None` when it is none.
fn line_around(view: &View<'_>, page: &Upright, begin: usize, touch: &Range<usize>) -> Option<Range<usize>> {
    let near = begin..begin + page.px(8.0);
    let is_clear = |y: usize| {
        let n = near.clone().filter(|x| view.is_ink(*x, y)).count();
        n * 100 <= near.len() * 8
    };
    let reach = page.px(4.5);
    let top = (touch.start.saturating_sub(reach)..touch.start).rev().find(|y| is_clear(*y))?;
    let bottom = (touch.end..(touch.end + reach).min(view.length)).find(|y| is_clear(*y))?;
    if bottom - top > page.px(9.0) {
        return None;
    }
    let inner: Vec<bool> = (begin + page.px(0.6)..begin + page.px(14.0))
        .map(|x| (top..bottom).any(|y| view.is_ink(x, y)))
        .collect();
    let n_on = inner.iter().filter(|on| **on).count();
    let n_changes = inner.windows(2).filter(|p| p[0] != p[1]).count();
    let is_letters = n_on * 4 >= inner.len() && n_on * 100 <= inner.len() * 97 && n_changes >= 4;
    is_letters.then_some(top..bottom)
}

/// Letters of one line cut at the top or the foot.
fn cut_line(view: &View<'_>, page: &Upright) -> u32 {
    let begin = begin_of_page(view, page);
    let skipped = page.px(4.0);
    let part = page.px(25.0).max(1);
    let n_parts = view.length.saturating_sub(2 * skipped) / part;
    let (mut n_letters, mut n_cut_parts) = (0, 0);
    for i in 0..n_parts {
        let within = skipped + i * part..skipped + (i + 1) * part;
        if let Some(n) = cut_in_part(view, page, &begin, within) {
            n_letters += n;
            n_cut_parts += 1;
        }
    }
    if n_letters >= MIN_LETTERS && n_cut_parts >= 2 { n_letters } else { 0 }
}

/// Letters cut along one part of the top: they end within the height of a line, and text follows below.
fn cut_in_part(view: &View<'_>, page: &Upright, begin: &[usize], within: Range<usize>) -> Option<u32> {
    let from = begin[within.start..within.end].iter().copied().max()?;
    let touches = touches(view, begin, within.clone());
    let n_touching: usize = touches.iter().map(Range::len).sum();
    let is_letters = touches.len() >= 3
        && n_touching * 10 <= within.len() * 7
        && touches.iter().all(|t| t.len() <= page.px(6.0).max(1));
    if !is_letters {
        return None;
    }
    let n_ink = |x: usize| within.clone().filter(|y| view.is_ink(x, *y)).count();
    let is_clear = |x: usize| n_ink(x) * 100 <= within.len() * 3;
    let end = (from + 2..from + page.px(7.0)).find(|x| is_clear(*x))?;
    (end..end + page.px(8.0)).any(|x| n_ink(x) * 100 >= within.len() * 12).then_some(touches.len() as u32)
}
