//! Days written on paper: `ngày 06 tháng 5 năm 2024`, `06/5/2024`.
//!
//! Only calendar days come out, and only when every figure is a figure. Whether a day is the
//! day *of the paper* is not known here.

use std::{ops::Range, sync::LazyLock};

use jiff::civil::Date;
use regex::{Captures, Regex};

use super::flow::Sentence;
use super::layout::Token;

/// A day, where in the folded sentence it stands, and the weakest word that carries a figure.
#[derive(Debug, Clone)]
pub(super) struct FoundDate {
    pub(super) date: Date,
    pub(super) range: Range<usize>,
    pub(super) confidence: f32,
}

static LONG: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\bngay:?\s*([0-9]{1,2})[.,]?\s*thang\s*([0-9]{1,2})[.,]?\s*nam[/:.,]?\s*([0-9]{4})\b")
        .expect("the pattern is a constant")
});

static SHORT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:\bngay:?\s*)?\b([0-9]{1,2})\s?[/.-]\s?([0-9]{1,2})\s?[/.-]\s?([0-9]{4})\b")
        .expect("the pattern is a constant")
});

/// All calendar days in a sentence, in order.
pub(super) fn dates_in(sentence: &Sentence) -> Vec<FoundDate> {
    let mut found: Vec<FoundDate> = LONG
        .captures_iter(&sentence.folded)
        .chain(SHORT.captures_iter(&sentence.folded))
        .filter_map(|c| found_date(sentence, &c))
        .collect();
    found.sort_by_key(|d| d.range.start);
    found
}

fn found_date(sentence: &Sentence, captures: &Captures<'_>) -> Option<FoundDate> {
    let number = |i: usize| captures.get(i)?.as_str().parse::<i16>().ok();
    let (day, month, year) = (number(1)?, number(2)?, number(3)?);
    let date = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    if !(1900..=2199).contains(&year) {
        return None;
    }
    let range = captures.get(0)?.range();
    let confidence = figures(sentence.words(&range)).map(|t| t.confidence).fold(1.0, f32::min);
    Some(FoundDate { date, range, confidence })
}

fn figures(tokens: &[Token]) -> impl Iterator<Item = &Token> {
    tokens.iter().filter(|t| t.has_digit())
}

#[cfg(test)]
mod tests {
    use super::super::layout::Token;
    use super::*;
    use crate::domain::page::BoxMm;

    fn sentence(text: &str) -> Sentence {
        let place = BoxMm { left: 0.0, top: 0.0, width: 1.0, height: 1.0 };
        Sentence::new(1, text.split_whitespace().map(|w| Token::new(w, place, 0.9)).collect())
    }

    #[test]
    fn days_as_they_are_written() {
        for (text, expected) in [
            ("Hà Nội, ngày 25 tháng 11 năm 2024", vec!["2024-11-25"]),
            ("từ ngày 01/6/2025 đến ngày 31/12/2026.", vec!["2025-06-01", "2026-12-31"]),
            ("sinh ngày 5-6-1985", vec!["1985-06-05"]),
            ("ngày06 tháng 5 năm 2024", vec!["2024-05-06"]),
            ("ngày 31 tháng 02 năm 2024", vec![]),
            ("ngày O6 tháng 5 năm 2024", vec![]),
            ("ngày … tháng … năm 2024", vec![]),
            ("ngày 06 tháng 5", vec![]),
            ("số 15/2020/TT-BGDĐT", vec![]),
            ("ngày 1/1/9999", vec![]),
        ] {
            let found: Vec<String> = dates_in(&sentence(text)).iter().map(|d| d.date.to_string()).collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}
