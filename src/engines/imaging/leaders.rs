//! Dotted leaders of forms: found by their rows, painted over, also where they stand under or touch letters.
//!
//! Left in, they make a reader lose printed text beside them. Knows pixels only, and what rows of dots
//! look like as text.

mod comb;

use image::{GrayImage, Luma};

use super::ink::{Piece, pieces, threshold};

/// A row ends where so many dots in turn are not found.
const MOST_MISSED: u32 = 4;
/// So many dots make a row where letters stand on nearly all of it.
const FEWEST_COVERED: usize = 8;
/// A leader tells the pitch of others by so many dots, which of no more than so many.
const FEWEST_ALIKE: usize = 15;
const MOST_PITCHES: usize = 3;
/// So many places are tried at most where such a row may show itself: the time for a page is bounded.
const MOST_SEEDS: usize = 1_000;

/// Paints over dotted leaders: level rows of dots, and long thin rows where dots ran together. Rows go on
/// under what is typed on them: there only what sticks out below the letters is taken.
///
/// `dpi` is that of `image`, which must be upright and straight.
pub fn paint_leaders(image: &mut GrayImage, dpi: f32) {
    let limit = threshold(image).max(140);
    let px = |mm: f32| mm * dpi / 25.4;
    let all = pieces(image, limit, 60_000);
    let is_dot = |p: &Piece| {
        let size = p.width().max(p.height()) as f32;
        size <= px(0.75).max(2.0) && p.width().min(p.height()) as f32 >= size / 3.0
    };
    let is_thin_row = |p: &Piece| p.height() as f32 <= px(0.6).max(3.0) && p.width() as f32 >= px(5.0);
    let thin_rows: Vec<Piece> = all.iter().copied().filter(|p| is_thin_row(p)).collect();
    let mut dots: Vec<Piece> = all.into_iter().filter(is_dot).collect();
    dots.sort_unstable_by_key(|p| p.left);
    let rows = rows_of_dots(&dots, px(1.6), px(0.35).max(1.5), px(5.0));
    let leaders: Vec<Leader> = rows.iter().filter_map(|row| Leader::of(row)).collect();
    let mut further: Vec<Piece> = leaders.iter().flat_map(|l| l.further(image, limit)).collect();
    // Rows with something typed on nearly all of their length show two dots in one place only.
    if let Some(like) = leaders.iter().max_by_key(|l| l.n_dots) {
        further.extend(like.covered_rows(image, limit, &dots, &further));
    }
    for mark in thin_rows.iter().chain(rows.iter().flatten()) {
        paint(image, mark, 1);
    }
    for dot in further {
        bridge(image, &dot);
    }
    for like in pitches(&leaders) {
        for dot in comb::dots(image, limit, like) {
            bridge(image, &dot);
        }
    }
}

/// The leaders with most dots, one of each pitch.
fn pitches(leaders: &[Leader]) -> Vec<&Leader> {
    let mut longest: Vec<&Leader> = leaders.iter().filter(|l| l.n_dots >= FEWEST_ALIKE).collect();
    longest.sort_by_key(|l| std::cmp::Reverse(l.n_dots));
    let mut found: Vec<&Leader> = Vec::new();
    for leader in longest {
        let is_new = found.iter().all(|f| (f.pitch - leader.pitch).abs() > 0.02 * leader.pitch);
        if is_new && found.len() < MOST_PITCHES {
            found.push(leader);
        }
    }
    found
}

/// Chains of at least six dots, each within `gap` of the one before and on the same height.
fn rows_of_dots(dots: &[Piece], gap: f32, wobble: f32, min_length: f32) -> Vec<Vec<Piece>> {
    let mut open: Vec<Vec<Piece>> = Vec::new();
    let mut rows = Vec::new();
    let middle = |p: &Piece| (p.top + p.bottom) as f32 / 2.0;
    let is_row = |row: &Vec<Piece>| {
        let ends = row.first().zip(row.last());
        row.len() >= 6 && ends.is_some_and(|(first, last)| (last.right - first.left) as f32 >= min_length)
    };
    for dot in dots {
        let (ended, going): (Vec<_>, Vec<_>) = open
            .into_iter()
            .partition(|row| row.last().is_some_and(|l| dot.left as f32 - l.right as f32 > gap));
        rows.extend(ended.into_iter().filter(is_row));
        open = going;
        let fits = |row: &Vec<Piece>| row.last().is_some_and(|l| (middle(l) - middle(dot)).abs() <= wobble);
        match open.iter().position(fits) {
            Some(at) => open[at].push(*dot),
            None if open.len() < 4_000 => open.push(vec![*dot]),
            None => {}
        }
    }
    rows.extend(open.into_iter().filter(is_row));
    rows
}

/// What a row of dots is like, so that it can be followed where letters stand on it. Lengths are pixels.
struct Leader {
    /// From the middle of one dot to the middle of the next.
    pitch: f32,
    width: f32,
    height: u32,
    /// Middle across and lower edge of the first dot and of the last.
    ends: [(f32, u32); 2],
    n_dots: usize,
}

impl Leader {
    /// `None` where the dots are not spaced evenly.
    fn of(row: &[Piece]) -> Option<Self> {
        let middle = |p: &Piece| (p.left + p.right) as f32 / 2.0;
        let step = median(row.windows(2).map(|p| middle(&p[1]) - middle(&p[0])))?;
        let n_steps: f32 =
            row.windows(2).map(|p| ((middle(&p[1]) - middle(&p[0])) / step.max(1.0)).round()).sum();
        let pitch = (middle(row.last()?) - middle(row.first()?)) / n_steps.max(1.0);
        let width = median(row.iter().map(|p| p.width() as f32))?;
        let height = median(row.iter().map(|p| p.height() as f32))? as u32;
        let foot = |part: &[Piece]| median(part.iter().map(|p| p.bottom as f32)).map(|v| v as u32);
        let near = row.len().min(9);
        let first = (middle(row.first()?), foot(&row[..near])?);
        let last = (middle(row.last()?), foot(&row[row.len() - near..])?);
        (pitch >= 1.5 * width && pitch >= 3.0).then_some(Self {
            pitch,
            width,
            height,
            ends: [first, last],
            n_dots: row.len(),
        })
    }

    /// Its dots beyond both ends: apart, or with letters standing on them.
    fn further(&self, image: &GrayImage, limit: u8) -> Vec<Piece> {
        let [first, last] = self.ends;
        let mut dots = self.walk(image, limit, first, -1.0);
        dots.extend(self.walk(image, limit, last, 1.0));
        dots
    }

    /// Rows like this one of which two dots side by side stand apart from letters, and hardly more.
    fn covered_rows(&self, image: &GrayImage, limit: u8, dots: &[Piece], known: &[Piece]) -> Vec<Piece> {
        let middle = |p: &Piece| (p.left + p.right) as f32 / 2.0;
        let is_like =
            |p: &Piece| (p.width() as f32 - self.width).abs() <= 1.5 && p.height().abs_diff(self.height) <= 1;
        let mut found: Vec<Piece> = Vec::new();
        let mut n_seeds = 0;
        for (i, dot) in dots.iter().enumerate().filter(|(_, dot)| is_like(dot)) {
            let reach = |p: &&Piece| (p.left - dot.left) as f32 <= 1.2 * self.pitch;
            let is_next = |p: &&Piece| {
                let step = middle(p) - middle(dot);
                is_like(p)
                    && p.bottom.abs_diff(dot.bottom) <= 1
                    && (step - self.pitch).abs() <= 0.15 * self.pitch
            };
            let Some(next) = dots[i + 1..].iter().take_while(reach).find(is_next) else { continue };
            let is_same =
                |p: &Piece| p.left <= dot.right && dot.left <= p.right && p.bottom.abs_diff(dot.bottom) <= 2;
            if known.iter().chain(&found).any(is_same) {
                continue;
            }
            n_seeds += 1;
            if n_seeds > MOST_SEEDS {
                break;
            }
            let ends = [(middle(dot), dot.bottom), (middle(next), next.bottom)];
            let row = Self { ends, ..*self }.further(image, limit);
            if row.len() + 2 >= FEWEST_COVERED {
                found.extend(row);
                found.extend([dot, next].map(|d| Piece { top: d.top.saturating_sub(1), ..*d }));
            }
        }
        found
    }

    /// Dots one pitch after the other, until too many are missed or feet of letters say that a label stands there.
    fn walk(&self, image: &GrayImage, limit: u8, (from, foot): (f32, u32), way: f32) -> Vec<Piece> {
        let mut dots = Vec::new();
        let (mut at, mut n_missed) = (from, 0);
        while n_missed < MOST_MISSED {
            let x = at + (n_missed + 1) as f32 * self.pitch * way;
            if x < self.pitch || x + self.pitch >= image.width() as f32 {
                break;
            }
            match self.look(image, limit, x, foot) {
                Seen::Dot(left, right) => {
                    let top = foot.saturating_sub(self.height);
                    let dot = Piece { left, right, top, bottom: foot, n_px: 0 };
                    at = (left + right) as f32 / 2.0;
                    n_missed = 0;
                    dots.push(dot);
                }
                Seen::Nothing => n_missed += 1,
                Seen::Letters => {
                    // The ones before may have been feet of the same letters.
                    let n_before = dots.len().saturating_sub(2);
                    while dots.len() > n_before && dots.last().is_some_and(|d| touches(image, limit, d)) {
                        dots.pop();
                    }
                    break;
                }
            }
        }
        // The last of them may be the foot of the label's colon, and feet of its letters.
        let n_sure = dots.len().saturating_sub(MOST_MISSED as usize);
        if let Some(n) = (n_sure..dots.len()).find(|n| self.is_colon(image, limit, &dots[*n])) {
            dots.truncate(n);
        }
        self.spare_letters(image, limit, &mut dots);
        dots
    }

    /// Whether another dot stands alone above this one, no higher than small letters are.
    fn is_colon(&self, image: &GrayImage, limit: u8, dot: &Piece) -> bool {
        let middle = u32::midpoint(dot.left, dot.right).min(image.width() - 1);
        let is_ink = |y: &u32| image.get_pixel(middle, *y).0[0] < limit;
        let highest = dot.top.saturating_sub((2.4 * self.pitch) as u32);
        let column: Vec<bool> = (highest..dot.top).rev().map(|y| is_ink(&y)).collect();
        let n = |from: usize, ink: bool| {
            column[from.min(column.len())..].iter().take_while(|i| **i == ink).count()
        };
        let gap = n(0, false);
        let mark = n(gap, true);
        let above = n(gap + mark, false);
        let y = dot.top.saturating_sub((gap + mark / 2 + 1) as u32);
        let side = self.width as u32 + 1;
        // A stroke across, such as that of an H, is no dot.
        let beside = [middle.saturating_sub(side), (middle + side).min(image.width() - 1)];
        let stands_alone = beside.iter().all(|x| image.get_pixel(*x, y).0[0] >= limit);
        gap >= 2 && (2..=self.height as usize + 2).contains(&mark) && above >= 2 && stands_alone
    }

    /// Leaves of dots that touch letters only what sticks out below the feet of the letters.
    fn spare_letters(&self, image: &GrayImage, limit: u8, dots: &mut [Piece]) {
        let Some(foot) = dots.first().map(|d| d.bottom) else { return };
        dots.sort_unstable_by_key(|d| d.left);
        let gaps: Vec<(u32, u32)> = dots
            .windows(2)
            .map(|d| (d[0].right + 1, d[1].left.saturating_sub(1)))
            .filter(|(from, to)| from < to && ((to - from) as f32) < self.pitch)
            .collect();
        let n_columns: u32 = gaps.iter().map(|(from, to)| to - from).sum();
        let ink = |y: u32| {
            let of_gap = |g: &(u32, u32)| (g.0..g.1).filter(|x| image.get_pixel(*x, y).0[0] < limit).count();
            gaps.iter().map(of_gap).sum::<usize>() as f32
        };
        let top = foot.saturating_sub(self.height + 1);
        let feet = (top..foot).rev().find(|y| ink(*y) > 0.12 * n_columns as f32).map_or(top, |y| y + 1);
        for dot in dots {
            dot.top = if touches(image, limit, dot) { feet } else { top };
        }
    }

    /// What stands on the lowest row of the dots, half a pitch to either side of `x`.
    ///
    /// What goes on below, as the tail of a letter does, is not looked at.
    fn look(&self, image: &GrayImage, limit: u8, x: f32, foot: u32) -> Seen {
        let (w, h) = image.dimensions();
        let Some(y) = foot.checked_sub(1).filter(|y| y + 3 < h) else { return Seen::Nothing };
        let is_ink = |x: u32, y: u32| image.get_pixel(x, y).0[0] < limit;
        let half = 0.5 * self.pitch;
        let (first, last) = ((x - half).max(0.0) as u32, ((x + half) as u32).min(w - 1));
        let mut seen = Seen::Nothing;
        let mut next = first;
        while let Some(start) = (next..=last).find(|x| is_ink(*x, y)) {
            let longest = (2.0 * self.pitch) as u32;
            let left = (start.saturating_sub(longest)..=start).rev().take_while(|x| is_ink(*x, y)).last();
            let right = (start..(start + longest).min(w)).take_while(|x| is_ink(*x, y)).last();
            let (left, right) = (left.unwrap_or(start), right.unwrap_or(start) + 1);
            next = right + 1;
            let middle = (left + right) as f32 / 2.0;
            if (middle - x).abs() > half || (left..right).any(|x| is_ink(x, y + 2)) {
                continue;
            }
            let is_dot = (middle - x).abs() <= 0.3 * self.pitch && (right - left) as f32 <= self.width + 1.5;
            if !is_dot || !matches!(seen, Seen::Nothing) {
                return Seen::Letters;
            }
            seen = Seen::Dot(left, right);
        }
        seen
    }
}

/// What stands where a dot is expected.
enum Seen {
    Nothing,
    /// A dot, from its left edge to one past its right.
    Dot(u32, u32),
    /// Feet of letters that stand on the line of the dots, not on the dots.
    Letters,
}

/// Whether ink stands on a dot.
fn touches(image: &GrayImage, limit: u8, dot: &Piece) -> bool {
    let above = dot.top.saturating_sub(2)..dot.top;
    above.into_iter().any(|y| (dot.left..dot.right).any(|x| image.get_pixel(x, y).0[0] < limit))
}

fn median(values: impl Iterator<Item = f32>) -> Option<f32> {
    let mut values: Vec<f32> = values.collect();
    values.sort_by(f32::total_cmp);
    values.get(values.len() / 2).copied()
}

/// Fills each row of a dot with what stands to its left and right: paper, or the stroke of a letter.
fn bridge(image: &mut GrayImage, dot: &Piece) {
    let (w, h) = image.dimensions();
    let (left, right) = (dot.left.saturating_sub(3), (dot.right + 2).min(w.saturating_sub(1)));
    for y in dot.top..(dot.bottom + 2).min(h) {
        let (a, b) = (image.get_pixel(left, y).0[0], image.get_pixel(right, y).0[0]);
        let mean = a.midpoint(b);
        for x in left + 1..right {
            let value = &mut image.get_pixel_mut(x, y).0[0];
            *value = mean.max(*value);
        }
    }
}

fn paint(image: &mut GrayImage, piece: &Piece, grow: u32) {
    let (w, h) = image.dimensions();
    for y in piece.top.saturating_sub(grow)..(piece.bottom + grow).min(h) {
        for x in piece.left.saturating_sub(grow)..(piece.right + grow).min(w) {
            image.put_pixel(x, y, Luma([255]));
        }
    }
}

/// Whether a "word" is only what dots and rules look like to a reader.
pub fn is_leader_text(text: &str) -> bool {
    let is_dotty = |c: char| ".…·•_-–—,:;'`´’‘~|¬=*°".contains(c);
    let n = text.chars().count();
    if n >= 2 && text.chars().all(is_dotty) {
        return true;
    }
    // What rows of dots are read as: one or two signs over and over.
    let signs: Vec<char> = text.chars().collect();
    let mut kinds = signs.clone();
    kinds.sort_unstable();
    kinds.dedup();
    // An amount such as 90000000 has two figures too, but never in turn.
    let in_turn = signs.windows(2).all(|p| p[0] != p[1]);
    let is_monotonous = kinds.len() == 1 || (kinds.len() == 2 && in_turn);
    n >= 6 && is_monotonous && kinds.iter().all(|c| is_dotty(*c) || "0oO9cCeEaAs".contains(*c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(image: &mut GrayImage, left: u32, top: u32, w: u32, h: u32, v: u8) {
        for y in top..top + h {
            for x in left..left + w {
                image.put_pixel(x, y, Luma([v]));
            }
        }
    }

    #[test]
    fn leaders_vanish_and_letters_stay() {
        let mut image = GrayImage::from_pixel(600, 120, Luma([255]));
        (0..60).for_each(|k| bar(&mut image, 150 + 6 * k, 60, 2, 2, 0)); // dots
        bar(&mut image, 100, 90, 300, 2, 0); // dots run together
        (0..8).for_each(|k| bar(&mut image, 20 + 14 * k, 50, 8, 12, 0)); // letters
        (0..3).for_each(|k| bar(&mut image, 540 + 6 * k, 60, 2, 2, 0)); // an ellipsis
        paint_leaders(&mut image, 150.0);
        let ink = |x0: u32, x1: u32, y0: u32, y1: u32| {
            (y0..y1)
                .flat_map(|y| (x0..x1).map(move |x| (x, y)))
                .filter(|(x, y)| image.get_pixel(*x, *y).0[0] < 99)
                .count()
        };
        assert_eq!(ink(150, 520, 55, 70), 0);
        assert_eq!(ink(90, 420, 85, 100), 0);
        assert_eq!(ink(20, 130, 50, 62), 8 * 8 * 12);
        assert_eq!(ink(540, 560, 55, 70), 12);
    }

    #[test]
    fn rows_go_on_under_what_is_typed_on_them() {
        let mut image = GrayImage::from_pixel(700, 120, Luma([255]));
        (0..80).for_each(|k| bar(&mut image, 120 + 7 * k, 60, 3, 3, 0)); // dots under everything
        (0..9).for_each(|k| bar(&mut image, 60 + 5 * k, 42, 3, 21, 0)); // a label on the line of the dots
        (0..30).for_each(|k| bar(&mut image, 150 + 11 * k, 46, 7, 14, 0)); // letters that touch the dots
        bar(&mut image, 252, 60, 3, 9, 0); // the tail of one of them
        paint_leaders(&mut image, 150.0);
        let ink = |x0: u32, x1: u32, y0: u32, y1: u32| {
            (y0..y1)
                .flat_map(|y| (x0..x1).map(move |x| (x, y)))
                .filter(|(x, y)| image.get_pixel(*x, *y).0[0] < 99)
                .count()
        };
        assert_eq!(ink(110, 245, 61, 66), 0, "dots before and under the letters");
        assert_eq!(ink(262, 700, 61, 66), 0, "dots under and behind the letters");
        assert_eq!(ink(150, 490, 46, 58), 30 * 7 * 12, "letters");
        assert_eq!(ink(60, 106, 42, 63), 9 * 3 * 21, "the label");
        assert_eq!(ink(252, 255, 63, 69), 18, "the tail");
    }

    #[test]
    fn rows_that_are_covered_all_over_show_in_two_dots() {
        let mut image = GrayImage::from_pixel(700, 120, Luma([255]));
        (0..40).for_each(|k| bar(&mut image, 120 + 7 * k, 30, 3, 3, 0));
        (0..40).for_each(|k| bar(&mut image, 120 + 7 * k, 80, 3, 3, 0));
        (0..22).for_each(|k| bar(&mut image, 140 + 12 * k, 64, 8, 16, 0));
        (0..2).for_each(|k| bar(&mut image, 550 + 7 * k, 30, 3, 3, 0)); // two dots that belong to no row
        paint_leaders(&mut image, 150.0);
        let ink = |x: std::ops::Range<u32>, y: u32| x.filter(|x| image.get_pixel(*x, y).0[0] < 99).count();
        assert_eq!(ink(110..420, 82), 0);
        assert_eq!(ink(140..404, 70), 22 * 8);
        assert_eq!(ink(540..570, 31), 6);
    }

    #[test]
    fn rows_without_a_free_dot_are_known_by_their_spacing() {
        let mut image = GrayImage::from_pixel(700, 120, Luma([255]));
        (0..40).for_each(|k| bar(&mut image, 120 + 6 * k, 30, 3, 3, 0)); // what leaders are like here
        (0..60).for_each(|k| bar(&mut image, 120 + 6 * k, 80, 3, 3, 0));
        (0..28).for_each(|k| bar(&mut image, 112 + 13 * k, 60, 10, 20, 0)); // letters that touch all of it
        (0..40).for_each(|k| bar(&mut image, 120 + 6 * k, 100, 3, 14, 0)); // strokes a pitch apart
        paint_leaders(&mut image, 150.0);
        let ink = |x: std::ops::Range<u32>, y: u32| x.filter(|x| image.get_pixel(*x, y).0[0] < 99).count();
        assert_eq!(ink(130..470, 82), 0, "dots");
        assert_eq!(ink(112..473, 70), 28 * 10, "letters");
        assert_eq!(ink(120..360, 107), 40 * 3, "strokes");
    }

    #[test]
    fn leader_texts() {
        for (text, expected) in [
            ("......", true),
            ("…………", true),
            ("90909090", true),
            ("ooooooo", true),
            ("-", false),
            ("2009", false),
            ("900000", false),
            ("90000000", false),
            ("100000", false),
            ("Số:", false),
            ("..A..", false),
        ] {
            assert_eq!(is_leader_text(text), expected, "{text}");
        }
    }
}
