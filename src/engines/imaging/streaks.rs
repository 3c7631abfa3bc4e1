//! Lines that a dirty glass draws down a scan: taken out before reading.
//!
//! A speck on the glass stands still while the paper moves past it: its line is straight, runs from edge to edge and
//! cuts words in two. What stands under it is brought back where any of it is left. Knows pixels only.

use image::GrayImage;

/// One row in so many says how bright a column is.
const ROW_STEP: usize = 3;
/// The paper of a column: most of its pixels are darker than this share, print or not.
const PAPER: f32 = 0.75;
/// The ink of a column.
const INK: f32 = 0.01;
/// A column whose paper is darker by this than that of the columns around it lies in a streak.
const DROP: u8 = 7;
/// Streaks are no wider than this, millimetres.
const WIDEST_MM: f32 = 0.8;
/// Less between paper and ink of a streak, and nothing can be seen through it.
const LEAST_SPAN: u8 = 40;

/// How bright paper and ink of one column are.
#[derive(Debug, Clone, Copy)]
struct Column {
    paper: u8,
    ink: u8,
}

/// Takes out lines that run down the whole picture; `dpi` is its resolution. It must lie as it was scanned.
pub fn take_out_streaks(image: &mut GrayImage, dpi: f32) {
    let (w, h) = (image.width() as usize, image.height() as usize);
    if w < 64 || h < 64 {
        return;
    }
    let columns = columns(image);
    let widest = ((WIDEST_MM / 25.4 * dpi).ceil() as usize).max(2);
    let is_dark: Vec<bool> = (0..w).map(|x| is_in_streak(&columns, x, widest)).collect();
    let mut x = 1;
    while x < w {
        let width = is_dark[x..].iter().take_while(|dark| **dark).count();
        if width > 0 && width <= widest && x + width + 1 < w {
            take_out(image, &columns, x - 1, x + width);
        }
        x += width.max(1);
    }
}

fn columns(image: &GrayImage) -> Vec<Column> {
    let w = image.width() as usize;
    let rows: Vec<&[u8]> = image.as_raw().chunks_exact(w).step_by(ROW_STEP).collect();
    let mut column = vec![0u8; rows.len()];
    let at = |share: f32| ((rows.len() as f32 * share) as usize).min(rows.len() - 1);
    (0..w)
        .map(|x| {
            column.iter_mut().zip(&rows).for_each(|(v, row)| *v = row[x]);
            let paper = *column.select_nth_unstable(at(PAPER)).1;
            let ink = *column.select_nth_unstable(at(INK)).1;
            Column { paper, ink }
        })
        .collect()
}

/// Whether the paper is darker than to the left and to the right.
fn is_in_streak(columns: &[Column], x: usize, widest: usize) -> bool {
    let brightest = |part: &[Column]| part.iter().map(|c| c.paper).max().unwrap_or(0);
    let left = brightest(&columns[x.saturating_sub(widest + 1)..x]);
    let right = brightest(&columns[(x + 1).min(columns.len())..(x + widest + 2).min(columns.len())]);
    columns[x].paper.saturating_add(DROP) <= left.min(right)
}

/// Brings the columns between `left` and `right` back to the paper and ink of these two.
fn take_out(image: &mut GrayImage, columns: &[Column], left: usize, right: usize) {
    let w = image.width() as usize;
    let paper = f32::midpoint(f32::from(columns[left].paper), f32::from(columns[right].paper));
    let n = (right - left) as f32;
    for row in image.chunks_exact_mut(w) {
        let (a, b) = (f32::from(row[left]), f32::from(row[right]));
        for x in left + 1..right {
            let column = columns[x];
            let between = a + (b - a) * (x - left) as f32 / n;
            let span = column.paper.saturating_sub(column.ink);
            let value = if span < LEAST_SPAN {
                between
            } else {
                let share = (f32::from(row[x]) - f32::from(column.ink)) / f32::from(span);
                share.clamp(0.0, 1.0) * paper
            };
            row[x] = value.clamp(0.0, 255.0) as u8;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Luma;

    /// Rows of print with grain, and lines of glass through it: (left, width, level of the dirt, its strength).
    fn page(streaks: &[(u32, u32, f32, f32)]) -> GrayImage {
        GrayImage::from_fn(300, 400, |x, y| {
            let is_print = y % 30 < 10 && (20..280).contains(&x) && (x * 7 + (y / 30) * 5) % 13 < 4;
            let clean = if is_print { 40.0 } else { 244.0 - ((x * 7 + y * 13) % 5) as f32 };
            let streak = streaks.iter().find(|(left, width, ..)| (*left..left + width).contains(&x));
            Luma([streak.map_or(clean, |(_, _, level, share)| clean + (level - clean) * share) as u8])
        })
    }

    fn most_apart(a: &GrayImage, b: &GrayImage) -> u8 {
        a.iter().zip(b.iter()).map(|(a, b)| a.abs_diff(*b)).max().unwrap_or(0)
    }

    #[test]
    fn print_under_a_streak_comes_back() {
        for streaks in [
            &[(100, 2, 100.0, 0.6)][..],
            &[(60, 1, 90.0, 0.8), (150, 2, 120.0, 0.4)],
            &[(200, 3, 220.0, 0.5)],
        ] {
            let mut cleaned = page(streaks);
            take_out_streaks(&mut cleaned, 150.0);
            let apart = most_apart(&cleaned, &page(&[]));
            assert!(apart <= 45, "{streaks:?}: {apart}");
        }
    }

    #[test]
    fn a_black_line_is_bridged() {
        let mut cleaned = page(&[(120, 2, 0.0, 1.0)]);
        take_out_streaks(&mut cleaned, 150.0);
        assert!((0..380).step_by(30).all(|y| cleaned.get_pixel(120, y + 15).0[0] > 225));
    }

    #[test]
    fn clean_pages_edges_and_columns_of_print_are_left_alone() {
        let clean = page(&[]);
        let mut same = clean.clone();
        take_out_streaks(&mut same, 150.0);
        assert_eq!(same, clean);
        // A shadow from here to the edge, and a rule along half of the page.
        let shadow = GrayImage::from_fn(300, 400, |x, y| {
            let v = clean.get_pixel(x, y).0[0];
            Luma([if x < 90 {
                v / 4 * 3
            } else if x == 180 && y < 200 {
                0
            } else {
                v
            }])
        });
        let mut same = shadow.clone();
        take_out_streaks(&mut same, 150.0);
        assert_eq!(same, shadow);
    }

    #[test]
    fn small_pictures_are_no_pages() {
        let mut tiny = GrayImage::from_pixel(9, 70, Luma([90]));
        take_out_streaks(&mut tiny, 150.0);
        assert_eq!(tiny.get_pixel(4, 4).0[0], 90);
    }
}
