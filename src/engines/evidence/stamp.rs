//! The stamp of incoming mail: `CÔNG VĂN ĐẾN`, with number and day of arrival (NĐ 30/2020/NĐ-CP, Phụ lục IV).
//!
//! Its figures are the receiver's, never the paper's: they are set aside before fields are looked for.
//! The paper was issued on the day of arrival at the latest.

use std::sync::LazyLock;

use jiff::civil::Date;
use regex::Regex;

use crate::{
    domain::{
        page::{BoxMm, Place},
        text::{RecognisedText, TextLine},
    },
    engines::extraction::folded,
};

/// How wide the stamp is, and how far it goes below its title, millimetres.
const WIDE_MM: f32 = 64.0;
const BELOW_MM: f32 = 26.0;
/// A stamp is small; words of a heading are not.
const WIDEST_MM: f32 = 60.0;
/// Figures less sure than this are not a day: they are written by pen as a rule.
const FIGURES_AT: f32 = 0.9;

/// A stamp on the page.
#[derive(Debug, Clone, PartialEq)]
pub struct MailStamp {
    /// Where its words are.
    pub place: Place,
    /// The day of arrival, where it was surely read.
    pub arrived_on: Option<Date>,
}

/// The words without those of the stamp, and the stamp, where there is one on page one.
pub fn set_aside(text: &RecognisedText) -> Option<(RecognisedText, MailStamp)> {
    let first = text.pages.first()?;
    let titles = first.lines.iter().filter(|line| is_title(line)).filter_map(TextLine::place);
    let title = titles.filter(|at| at.width <= WIDEST_MM).min_by(|a, b| a.top.total_cmp(&b.top))?;
    let beside = ((WIDE_MM - title.width) / 2.0).max(14.0);
    let zone = BoxMm {
        left: title.left - beside,
        top: title.top - 1.0,
        width: title.width + 2.0 * beside,
        height: title.height + BELOW_MM,
    };
    let is_of_stamp = |line: &TextLine| {
        let at = line.place();
        let is_inside = at.is_some_and(|at| {
            at.left >= zone.left
                && at.right() <= zone.right()
                && at.top >= zone.top
                && at.bottom() <= zone.bottom()
        });
        is_inside && (is_title(line) || is_entry(line))
    };
    let of_stamp: Vec<&TextLine> = first.lines.iter().filter(|line| is_of_stamp(line)).collect();
    // The title alone stands in running text, too.
    if of_stamp.len() < 2 {
        return None;
    }
    let box_mm = BoxMm::around(of_stamp.iter().filter_map(|line| line.place()).collect::<Vec<_>>().iter())?;
    let stamp = MailStamp {
        place: Place { page: first.position, box_mm },
        arrived_on: of_stamp.iter().find_map(|line| day(line)),
    };
    let mut rest = text.clone();
    rest.pages[0].lines.retain(|line| !is_of_stamp(line));
    Some((rest, stamp))
}

fn is_title(line: &TextLine) -> bool {
    let words = folded(&line.text());
    matches!(words.as_str(), "cong van den" | "van ban den" | "den")
        && line.text().chars().filter(|c| c.is_alphabetic()).all(char::is_uppercase)
}

/// `Số: 123`, `Số đến: 123`, `Ngày: 12/3/2024`, `Chuyển: …`; never the number of a paper, which has a symbol.
fn is_entry(line: &TextLine) -> bool {
    static ENTRY: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^(so|so den|ngay|ngay den|gio|chuyen|luu ho so so)\b").expect("a checked pattern")
    });
    let text = line.text();
    let words = folded(&text);
    let has_symbol =
        text.contains('-') && text.contains('/') && text.chars().filter(|c| c.is_uppercase()).count() > 2;
    ENTRY.is_match(&words) && !has_symbol && !words.contains("thang")
}

fn day(line: &TextLine) -> Option<Date> {
    static DAY: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?P<d>\d{1,2})\s*[/.-]\s*(?P<m>\d{1,2})\s*[/.-]\s*(?P<y>\d{4})")
            .expect("a checked pattern")
    });
    let text = line.text();
    if !folded(&text).starts_with("ngay") {
        return None;
    }
    let is_sure = line
        .words
        .iter()
        .all(|w| w.confidence >= FIGURES_AT || !w.text.contains(|c: char| c.is_ascii_digit()));
    let found = DAY.captures(&text).filter(|_| is_sure)?;
    Date::new(found["y"].parse().ok()?, found["m"].parse().ok()?, found["d"].parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::text::{PageText, TextSource, Word};

    fn page(lines: &[(&str, f32, f32, f32)]) -> RecognisedText {
        let line = |(text, left, top, confidence): &(&str, f32, f32, f32)| {
            let mut at = *left;
            let words = text.split(' ').map(|word| {
                let width = 2.0 * word.chars().count() as f32;
                let place = BoxMm { left: at, top: *top, width, height: 4.0 };
                at += width + 1.0;
                Word { text: word.to_owned(), place, confidence: *confidence, is_print: false }
            });
            TextLine { block: 1, words: words.collect() }
        };
        let lines = lines.iter().map(line).collect();
        RecognisedText { pages: vec![PageText { position: 1, source: TextSource::Ocr, lines }] }
    }

    #[test]
    fn number_and_day_of_arrival_are_not_the_papers() {
        let text = page(&[
            ("Số: 46/QĐ-UBND", 30.0, 40.0, 0.95),
            ("CÔNG VĂN ĐẾN", 30.0, 50.0, 0.9),
            ("Số: 1234", 28.0, 56.0, 0.9),
            ("Ngày: 12/3/2024", 28.0, 62.0, 0.95),
            ("Ngày: 01/01/2020", 120.0, 62.0, 0.95),
        ]);
        let (rest, stamp) = set_aside(&text).unwrap();
        assert_eq!(rest.pages[0].text(), "Số: 46/QĐ-UBND\nNgày: 01/01/2020");
        assert_eq!(stamp.arrived_on, Some(jiff::civil::date(2024, 3, 12)));
        assert!(stamp.place.box_mm.top >= 50.0 && stamp.place.box_mm.bottom() <= 66.5);
    }

    #[test]
    fn what_is_no_stamp_stays_and_days_by_pen_are_no_days() {
        for lines in [
            &[("CÔNG VĂN ĐẾN", 30.0, 50.0, 0.9)][..],
            &[("Công văn đến", 30.0, 50.0, 0.9), ("Số: 12", 30.0, 56.0, 0.9)],
            &[("CÔNG VĂN ĐẾN", 30.0, 50.0, 0.9), ("Số: 46/QĐ-UBND", 30.0, 56.0, 0.9)],
            &[("Số: 46/QĐ-UBND", 30.0, 40.0, 0.9), ("ngày 12 tháng 3 năm 2024", 110.0, 40.0, 0.9)],
            &[],
        ] {
            assert_eq!(set_aside(&page(lines)), None, "{lines:?}");
        }
        for (day, confidence) in [("Ngày: 12/3/2024", 0.8), ("Ngày: 32/3/2024", 0.95), ("Ngày: ….", 0.95)]
        {
            let text = page(&[("ĐẾN", 30.0, 50.0, 0.9), (day, 28.0, 56.0, confidence)]);
            assert_eq!(set_aside(&text).unwrap().1.arrived_on, None, "{day}");
        }
    }
}
