//! The invisible text over a page picture: the words that were read, each in its box, so that a
//! viewer selects and finds them.
//!
//! A line has one size and one baseline (which may climb, where the scan is skewed): viewers put
//! lines together by these. Widths are fitted word by word. Knows nothing of pictures.

use pdf_writer::{Content, Name, Str, types::TextRenderingMode};

use super::{
    font::{ASCENT, DESCENT, FontBuilder, FontError, MissingLetter, clean},
    geometry::{PT_PER_MM, PageFrame},
};
use crate::domain::text::{PageText, TextLine};

/// Sizes outside are measuring faults: they would make viewers merge or lose lines.
const SIZES_PT: std::ops::RangeInclusive<f32> = 2.0..=200.0;
/// Horizontal scaling outside, in percent, is refused by some viewers.
const SCALING: std::ops::RangeInclusive<f32> = 1.0..=2000.0;
/// Bytes of one string: PDF/A takes 32 767, and a letter has two (ISO 19005-2, 6.1.13).
const LONGEST_STRING: usize = 32_000;
/// A line that climbs more than this share of its size, end to end, is torn apart by viewers.
const MOST_CLIMB: f32 = 0.4;
/// A line whose size differs less than this from its block's takes the block's.
const SAME_SIZE: f32 = 0.25;

/// A line ready to be drawn: points on the page as seen, origin bottom-left.
struct Line {
    block: u32,
    size_pt: f32,
    /// Height of the baseline at the left edge of the page.
    base_pt: f32,
    slope: f32,
    words: Vec<Placed>,
}

struct Placed {
    text: String,
    left_pt: f32,
    right_pt: f32,
}

/// Draws the words of a page; nothing when it has none.
///
/// # Errors
/// [`FontError::TooManyLetters`].
pub(super) fn draw(
    content: &mut Content,
    text: &PageText,
    frame: &PageFrame,
    font: &mut FontBuilder,
    font_name: Name<'_>,
) -> Result<(), FontError> {
    let (_, page_height) = frame.seen_size_pt();
    let mut lines: Vec<Line> = text.lines.iter().filter_map(|line| measure(line, page_height)).collect();
    even_out(&mut lines);
    if lines.is_empty() {
        return Ok(());
    }
    content.save_state().transform(frame.seen_to_user()).begin_text();
    content.set_text_rendering_mode(TextRenderingMode::Invisible);
    for line in &lines {
        draw_line(content, line, font, font_name)?;
    }
    content.end_text().restore_state();
    Ok(())
}

fn draw_line(
    content: &mut Content,
    line: &Line,
    font: &mut FontBuilder,
    font_name: Name<'_>,
) -> Result<(), FontError> {
    let size_pt = tenth(line.size_pt);
    content.set_font(font_name, size_pt);
    let space = font.encode(" ", MissingLetter::StandIn)?;
    for (at, word) in line.words.iter().enumerate() {
        let letters = font.encode(&word.text, MissingLetter::StandIn)?;
        let base = line.base_pt + line.slope * (word.left_pt + word.right_pt) / 2.0;
        content.set_text_matrix([1.0, 0.0, 0.0, 1.0, tenth(word.left_pt), tenth(base)]);
        content.set_horizontal_scaling(scaling(word.right_pt - word.left_pt, letters.width, size_pt));
        for part in letters.bytes.chunks(LONGEST_STRING) {
            content.show(Str(part));
        }
        if let Some(next) = line.words.get(at + 1) {
            let gap = next.left_pt - word.right_pt;
            content.set_horizontal_scaling(scaling(gap, space.width, size_pt));
            content.show(Str(&space.bytes));
        }
    }
    Ok(())
}

/// To a tenth: of a point, that is 0.04 mm; finer digits only make the file larger.
fn tenth(value: f32) -> f32 {
    (value * 10.0).round() / 10.0
}

/// Percent that stretch text of a natural width to `wanted_pt`.
fn scaling(wanted_pt: f32, width_thousandths: f32, size_pt: f32) -> f32 {
    let natural = width_thousandths * size_pt / 1000.0;
    if natural <= 0.0 || !wanted_pt.is_finite() {
        return 100.0;
    }
    tenth(wanted_pt / natural * 100.0).clamp(*SCALING.start(), *SCALING.end())
}

/// Size, baseline and slope of a line from the boxes of its words. `None` when nothing can be drawn.
fn measure(line: &TextLine, page_height: f32) -> Option<Line> {
    let mut words = Vec::new();
    let (mut middles, mut tops, mut bottoms) = (Vec::new(), Vec::new(), Vec::new());
    for word in &line.words {
        let text = clean(&word.text);
        let place = word.place;
        let numbers = [place.left, place.top, place.width, place.height];
        if text.trim().is_empty() || numbers.iter().any(|n| !n.is_finite() || n.abs() > 10_000.0) {
            continue;
        }
        let (left_pt, right_pt) = (place.left * PT_PER_MM, place.right() * PT_PER_MM);
        words.push(Placed { text: text.trim().to_owned(), left_pt, right_pt });
        middles.push(((left_pt + right_pt) / 2.0, page_height - place.middle_y() * PT_PER_MM));
        tops.push(page_height - place.top * PT_PER_MM);
        bottoms.push(page_height - place.bottom() * PT_PER_MM);
    }
    if words.is_empty() {
        return None;
    }
    let slope = slope(&middles);
    let (first, last) = (words.first()?.left_pt, words.last()?.right_pt);
    let middle = f32::midpoint(first, last);
    let level = |heights: &[f32]| -> f32 {
        median(heights.iter().zip(&middles).map(|(y, (x, _))| y - slope * (x - middle)).collect())
    };
    let (top, bottom) = (level(&tops), level(&bottoms));
    let size_pt = ((top - bottom) / (ASCENT + DESCENT)).clamp(*SIZES_PT.start(), *SIZES_PT.end());
    let steepest = MOST_CLIMB * size_pt / (last - first).abs().max(1.0);
    let slope = slope.clamp(-steepest, steepest);
    let base_pt = bottom + DESCENT * size_pt - slope * middle;
    Some(Line { block: line.block, size_pt, base_pt, slope, words })
}

/// How much a line climbs to the right, by least squares; 0 for few words or a mere jitter.
fn slope(middles: &[(f32, f32)]) -> f32 {
    if middles.len() < 4 {
        return 0.0;
    }
    let n = middles.len() as f32;
    let mean_x = middles.iter().map(|p| p.0).sum::<f32>() / n;
    let mean_y = middles.iter().map(|p| p.1).sum::<f32>() / n;
    let spread: f32 = middles.iter().map(|p| (p.0 - mean_x).powi(2)).sum();
    let along: f32 = middles.iter().map(|p| (p.0 - mean_x) * (p.1 - mean_y)).sum();
    let slope = if spread > 1.0 { along / spread } else { 0.0 };
    if (0.003..0.2).contains(&slope.abs()) { slope } else { 0.0 }
}

/// Lines of a block get one size where theirs nearly agree; baselines stay in the middle of the boxes.
fn even_out(lines: &mut [Line]) {
    let mut blocks: std::collections::BTreeMap<u32, Vec<f32>> = std::collections::BTreeMap::new();
    for line in lines.iter() {
        blocks.entry(line.block).or_default().push(line.size_pt);
    }
    let sizes: std::collections::BTreeMap<u32, f32> =
        blocks.into_iter().map(|(block, sizes)| (block, median(sizes))).collect();
    for line in lines {
        let Some(common) = sizes.get(&line.block) else { continue };
        if (line.size_pt - common).abs() <= SAME_SIZE * common {
            // The middle of the letters' height stays where it is.
            line.base_pt += (line.size_pt - common) * (ASCENT - DESCENT) / 2.0;
            line.size_pt = *common;
        }
    }
}

/// The middle value; 0 of nothing.
fn median(mut values: Vec<f32>) -> f32 {
    values.sort_by(f32::total_cmp);
    match values.len() {
        0 => 0.0,
        n if n % 2 == 1 => values[n / 2],
        n => f32::midpoint(values[n / 2 - 1], values[n / 2]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{page::BoxMm, text::Word};

    fn line(words: &[(&str, f32, f32, f32, f32)]) -> TextLine {
        let word = |(text, left, top, width, height): &(&str, f32, f32, f32, f32)| Word {
            text: (*text).to_owned(),
            place: BoxMm { left: *left, top: *top, width: *width, height: *height },
            confidence: 0.9,
            is_print: false,
        };
        TextLine { block: 1, words: words.iter().map(word).collect() }
    }

    #[test]
    fn a_line_sits_on_the_middle_of_its_words() {
        let measured = measure(
            &line(&[
                ("Độc", 10.0, 10.0, 8.0, 4.0),
                ("lập", 20.0, 10.0, 8.0, 4.0),
                ("a", 30.0, 11.5, 2.0, 2.0),
            ]),
            842.0,
        )
        .unwrap();
        let top = measured.base_pt + ASCENT * measured.size_pt;
        assert!((842.0 - top - 10.0 * PT_PER_MM).abs() < 0.1);
        assert_eq!(measured.slope, 0.0);
    }

    #[test]
    fn a_skewed_line_climbs_with_its_words() {
        let words: Vec<_> =
            (0..8).map(|i| ("chữ", 20.0 * i as f32, 50.0 + 0.35 * i as f32, 15.0, 4.0)).collect();
        let measured = measure(&line(&words), 842.0).unwrap();
        assert!(measured.slope < -0.005, "{}", measured.slope);
        let climb = measured.slope * 155.0 * PT_PER_MM;
        assert!(climb.abs() <= MOST_CLIMB * measured.size_pt * 1.01, "{climb}");
        let middle = measured.base_pt
            + measured.slope * 77.5 * PT_PER_MM
            + (ASCENT - DESCENT) / 2.0 * measured.size_pt;
        assert!((842.0 - middle - 53.225 * PT_PER_MM).abs() < 0.5, "{middle}");
    }

    #[test]
    fn boxes_that_are_no_boxes_draw_nothing() {
        for broken in [f32::NAN, f32::INFINITY, 1e9] {
            assert!(measure(&line(&[("x", broken, 1.0, 1.0, 1.0)]), 842.0).is_none());
        }
        let flat = measure(&line(&[("x", 1.0, 1.0, 0.0, 0.0)]), 842.0).unwrap();
        assert!(SIZES_PT.contains(&flat.size_pt));
        assert!(measure(&line(&[(" ", 1.0, 1.0, 1.0, 1.0)]), 842.0).is_none());
    }
}
