//! Days written on paper: `ngày 06 tháng 5 năm 2024`, `06/5/2024`.
//!
//! Only calendar days come out, and only when every figure is a figure. Whether a day is the
//! day *of the paper* is not known here.

use std::{ops::Range, sync::LazyLock};

use jiff::civil::Date;
use regex::{Captures, Regex};

use super::flow::Sentence;
use super::layout::Token;
use super::print::Print;

/// A day, where in the folded sentence it stands, and the weakest word that carries a figure.
#[derive(Debug, Clone)]
pub(super) struct FoundDate {
    pub(super) date: Date,
    pub(super) range: Range<usize>,
    pub(super) confidence: f32,
}

static LONG: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\bngay\s?:?\s*([0-9]{1,2}|[0-9] [0-9])[.,]?\s*thang\s*[:;,~-]?\s*([0-9]{1,2}|[1il|\]]{2})[.,]?\s*nam[/:.,]?\s*([0-9]{4})\b")
        .expect("the pattern is a constant")
});

static SHORT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:\bngay\s?:?\s*)?\b([0-9]{1,2})\s?[/.-]\s?([0-9]{1,2})\s?[/.-]\s?([0-9]{4})\b")
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
    let months = captures.get(2).map(|m| sentence.words(&m.range())).unwrap_or_default();
    let strokes = if number(2).is_none() { eleven(sentence, months) } else { None };
    let (day, month, year) = (number(1)?, number(2).or(strokes.map(|_| 11))?, number(3)?);
    let date = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    if !(1900..=2199).contains(&year) {
        return None;
    }
    let range = captures.get(0)?.range();
    let is_month = |t: &Token| months.iter().any(|m| m.place == t.place);
    let others = figures(sentence.words(&range)).filter(|t| !is_month(t));
    let confidence = others.map(|t| t.confidence).fold(strokes.unwrap_or(1.0), f32::min);
    let of_month = months.iter().map(|t| t.confidence).fold(1.0, f32::min);
    let confidence = if strokes.is_some() { confidence } else { confidence.min(of_month) };
    Some(FoundDate { date, range, confidence })
}

/// Figures of an `11` stand so far apart, left edge to left edge, and are so wide together, in em.
const FROM_ONE_TO_ONE: std::ops::RangeInclusive<f32> = 0.4..=0.66;
const ELEVEN_WIDE: std::ops::RangeInclusive<f32> = 0.7..=1.1;
/// How sure strokes are at least that measure like a printed 11 in each way: not sure enough for a blank of a head,
/// where a pen may have drawn them.
const MEASURED: f32 = 0.85;

/// `1 1` and `II` for a printed 11: two strokes as far apart as figures are, not as letters are; how sure that is.
fn eleven(sentence: &Sentence, words: &[Token]) -> Option<f32> {
    let frame: Vec<&Token> =
        sentence.tokens.iter().filter(|t| matches!(t.folded.as_str(), "ngay" | "thang" | "nam")).collect();
    let print = Print::of(&frame)?;
    let em = print.em_mm();
    match words {
        [one, other] if one.folded == "1" && other.folded == "1" => {
            let is_apart = FROM_ONE_TO_ONE.contains(&((other.at.left - one.at.left) / em));
            is_apart.then_some(one.confidence.min(other.confidence))
        }
        [both] if ELEVEN_WIDE.contains(&(both.at.width / em)) => {
            let figures = Token { text: "11".to_owned(), folded: "11".to_owned(), ..both.clone() };
            let is_measured = print.fits_size(&figures);
            Some(if is_measured { both.confidence.max(MEASURED) } else { both.confidence })
        }
        _ => None,
    }
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
            ("Sinh ngày : 04 tháng 5 năm 2003", vec!["2003-05-04"]),
            ("ngày 26 tháng 01.năm 2022,", vec!["2022-01-26"]),
            ("ngày 30 tháng 01 năm/2026", vec!["2026-01-30"]),
            ("đến ngày 20 tháng-8 năm 2026.", vec!["2026-08-20"]),
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

    #[test]
    fn strokes_as_far_apart_as_figures_are_an_eleven() {
        let word = |text: &str, left: f32, width: f32| {
            Token::new(text, BoxMm { left, top: 0.0, width, height: 3.0 }, 0.9)
        };
        // Four millimetres to the em.
        let line = |month: Vec<Token>| {
            let mut words = vec![word("ngày", 0.0, 7.5), word("20", 9.0, 3.8), word("tháng", 14.0, 8.4)];
            words.extend(month);
            words.extend([word("năm", 30.0, 6.7), word("2024", 38.0, 7.7)]);
            dates_in(&Sentence::new(1, words)).first().map(|d| d.date.to_string())
        };
        for (month, expected) in [
            (vec![word("II", 24.0, 3.2)], Some("2024-11-20")),
            (vec![word("l]", 24.0, 3.2)], Some("2024-11-20")),
            (vec![word("II", 24.0, 2.2)], None),
            (vec![word("11", 24.0, 3.2)], Some("2024-11-20")),
        ] {
            assert_eq!(line(month.clone()).as_deref(), expected, "{month:?}");
        }
    }

    #[test]
    fn an_eleven_that_measures_like_print_is_surer_than_its_letters() {
        let word = |text: &str, left: f32, (top, width, height): (f32, f32, f32), confidence: f32| {
            Token::new(text, BoxMm { left, top, width, height }, confidence)
        };
        // Four millimetres to the em; the month as high as given.
        let line = |height: f32| {
            let words = vec![
                word("ngày", 0.0, (0.0, 7.5, 3.5), 0.97),
                word("20", 9.0, (0.0, 3.8, 2.7), 0.97),
                word("tháng", 14.0, (0.0, 8.4, 3.5), 0.97),
                word("II", 24.0, (0.0, 3.2, height), 0.6),
                word("năm", 30.0, (0.0, 6.7, 2.7), 0.97),
                word("2024", 38.0, (0.0, 7.7, 2.7), 0.97),
            ];
            dates_in(&Sentence::new(1, words)).first().map(|d| d.confidence)
        };
        assert_eq!(line(2.7), Some(MEASURED));
        assert_eq!(line(5.0), Some(0.6));
    }
}
