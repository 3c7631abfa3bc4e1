//! A second reading of words with figures in the head of a page, at another scale and alone: the two vote.
//!
//! Numbers, dates and ids decide codes; what both readings agree on is surer than either, what they
//! don't agree on is not sure. Knows no field.

use image::GrayImage;

use super::{
    Engine,
    engine::Layout,
    tsv::{ReadLine, ReadWord},
};
use crate::engines::imaging::fault::ReadError;

/// The head of a page: where number and date stand, as a share of its height.
const HEAD: f32 = 0.45;
/// Words surer than this need no second reading.
const SURE: f32 = 0.95;
/// Words less sure than this are no words.
const WORD: f32 = 0.3;
/// So sure at most is what the second reading contradicts.
const CONTRADICTED: f32 = 0.5;
/// At most so many words are read twice: the time for a page is bounded.
const MOST: usize = 16;

fn is_doubtful(word: &ReadWord, height: f32) -> bool {
    let n_figures = word.text.chars().filter(char::is_ascii_digit).count();
    n_figures >= 1 && word.top < HEAD * height && (WORD..SURE).contains(&word.confidence)
}

/// Reads the doubtful words of `lines` again, each from its `zone`: the word alone, finer, with its resolution. `height` is that of the page, in the pixels of the lines.
///
/// # Errors
/// [`ReadError::Crashed`] when Tesseract gives up.
pub(super) fn look_again(
    engine: &mut Engine,
    lines: &mut [ReadLine],
    height: f32,
    zone: impl Fn(&ReadWord) -> Option<(GrayImage, f32)>,
) -> Result<(), ReadError> {
    let doubtful = lines.iter_mut().flat_map(|l| &mut l.words).filter(|w| is_doubtful(w, height)).take(MOST);
    for word in doubtful {
        let Some((zone, dpi)) = zone(word) else { continue };
        let again = engine.read(&zone, dpi, Layout::Line)?;
        let words: Vec<&ReadWord> = again.iter().flat_map(|l| &l.words).collect();
        let text: String = words.iter().map(|w| w.text.as_str()).collect();
        let Some(confidence) = words.iter().map(|w| w.confidence).reduce(f32::min) else { continue };
        word.confidence = vote(word, &text, confidence);
    }
    Ok(())
}

/// How sure the word is after a second reading gave `text`.
fn vote(word: &ReadWord, text: &str, confidence: f32) -> f32 {
    if text == word.text {
        1.0 - (1.0 - word.confidence) * (1.0 - confidence)
    } else if confidence >= CONTRADICTED && text.chars().any(|c| c.is_ascii_digit()) {
        word.confidence.min(CONTRADICTED)
    } else {
        word.confidence
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_readings_vote() {
        let word = |confidence| ReadWord {
            text: "571/QĐ-UBND".into(),
            left: 0.0,
            top: 0.0,
            width: 10.0,
            height: 5.0,
            confidence,
        };
        for (first, text, second, expected) in [
            (0.7, "571/QĐ-UBND", 0.8, 0.94),
            (0.9, "577/QĐ-UBND", 0.9, 0.5),
            (0.4, "577/QĐ-UBND", 0.9, 0.4),
            (0.9, "57", 0.2, 0.9),
            (0.9, "", 0.9, 0.9),
        ] {
            let voted = vote(&word(first), text, second);
            assert!((voted - expected).abs() < 1e-4, "{first} {text} {second}: {voted}");
        }
    }

    #[test]
    fn only_doubtful_figures_of_the_head_are_read_again() {
        let word = |text: &str, top: f32, confidence: f32| ReadWord {
            text: text.into(),
            left: 0.0,
            top,
            width: 10.0,
            height: 5.0,
            confidence,
        };
        for (word, expected) in [
            (word("25", 100.0, 0.8), true),
            (word("25", 900.0, 0.8), false),
            (word("25", 100.0, 0.97), false),
            (word("25", 100.0, 0.1), false),
            (word("tháng", 100.0, 0.8), false),
        ] {
            assert_eq!(is_doubtful(&word, 1000.0), expected, "{word:?}");
        }
    }
}
