//! Marks of secrecy: TUYỆT MẬT, TỐI MẬT, MẬT as a line of its own.
//!
//! Source: QĐ 1917/QĐ-BLĐTBXH, Điều 5 khoản 1; place: NĐ 30/2020/NĐ-CP, Phụ lục I, ô 10a. Words like
//! "bảo mật" or "bí mật đời tư" in a sentence are no mark. Decides from words alone.

use crate::domain::{
    page::{BoxMm, Finding, FindingKind, Severity},
    text::{PageText, TextLine, Word},
};

/// The clause that keeps secret papers out.
pub const RULE: &str = "QĐ 1917/QĐ-BLĐTBXH, Điều 5 khoản 1";

/// The mark of secrecy on an upright page of this size (mm), as a finding that blocks.
pub fn classified(text: &PageText, width_mm: f32, height_mm: f32) -> Option<Finding> {
    let mark = text.lines.iter().flat_map(parts).find_map(|part| mark(part, width_mm, height_mm))?;
    Some(Finding {
        kind: FindingKind::Classified,
        page: Some(text.position),
        rule: RULE.to_owned(),
        message: format!(
            "Trang {} có dấu chỉ độ mật “{mark}”: giấy tờ mật không được số hóa, hãy dừng và chuyển người có thẩm quyền xử lý.",
            text.position
        ),
        severity: Severity::Block,
    })
}

/// A line cut where a wide gap parts two columns.
fn parts(line: &TextLine) -> Vec<&[Word]> {
    let mut parts = Vec::new();
    let mut start = 0;
    for (i, pair) in line.words.windows(2).enumerate() {
        let gap = pair[1].place.left - pair[0].place.right();
        if gap > 6.0 || gap > 2.0 * pair[0].place.height.max(pair[1].place.height) {
            parts.push(&line.words[start..=i]);
            start = i + 1;
        }
    }
    parts.push(&line.words[start..]);
    parts
}

fn mark(words: &[Word], width_mm: f32, height_mm: f32) -> Option<&'static str> {
    let place = BoxMm::around(words.iter().map(|w| &w.place))?;
    let is_in_header = place.middle_y() <= 0.42 * height_mm;
    let is_left = place.left + place.width / 2.0 <= 0.5 * width_mm && place.middle_y() <= 0.6 * height_mm;
    if !(is_in_header || is_left) {
        return None;
    }
    let joined: Vec<&str> = words.iter().map(|w| w.text.as_str()).collect();
    let text: String = joined.concat().chars().filter(|c| c.is_alphabetic()).collect();
    if text.is_empty() || text.chars().any(char::is_lowercase) {
        return None;
    }
    // Readings that mistake one mark above or below a letter are the same words of secrecy.
    match text.as_str() {
        "MẬT" | "MÂT" | "MẶT" => Some("MẬT"),
        _ => match fold(&text).as_str() {
            "TUYETMAT" => Some("TUYỆT MẬT"),
            "TOIMAT" => Some("TỐI MẬT"),
            _ => None,
        },
    }
}

/// Capitals without the marks that readers mistake.
fn fold(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    text.nfd().filter(|c| !('\u{300}'..='\u{36f}').contains(c)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::text::TextSource;

    fn page(words: &[(&str, f32, f32)]) -> PageText {
        let words = words
            .iter()
            .map(|(text, left, top)| Word {
                text: (*text).to_owned(),
                place: BoxMm {
                    left: *left,
                    top: *top,
                    width: 3.0 * text.chars().count() as f32,
                    height: 4.0,
                },
                confidence: 0.9,
                is_print: false,
            })
            .collect();
        PageText { position: 1, source: TextSource::Ocr, lines: vec![TextLine { block: 1, words }] }
    }

    #[test]
    fn only_a_line_of_its_own_is_a_mark() {
        let check = |words: &[(&str, f32, f32)], expected: bool| {
            let found = classified(&page(words), 210.0, 297.0);
            assert_eq!(found.is_some(), expected, "{words:?}");
        };
        check(&[("MẬT", 40.0, 60.0)], true);
        check(&[("TUYỆT", 40.0, 60.0), ("MẬT", 57.0, 60.0)], true);
        check(&[("TỐI", 40.0, 60.0), ("MẬT", 51.0, 60.0)], true);
        check(&[("TÓI", 40.0, 60.0), ("MẶT", 51.0, 60.0)], true);
        check(&[("[MẬT]", 140.0, 30.0)], true);
        check(&[("MẬT", 40.0, 60.0), ("Hà", 120.0, 60.0), ("Nội,", 128.0, 60.0)], true);
        check(&[("BẢO", 40.0, 60.0), ("MẬT", 51.0, 60.0)], false);
        check(&[("bảo", 40.0, 60.0), ("mật", 51.0, 60.0)], false);
        check(&[("Mật", 40.0, 60.0)], false);
        check(&[("BÍ", 40.0, 60.0), ("MẬT", 48.0, 60.0), ("ĐỜI", 59.0, 60.0), ("TƯ", 70.0, 60.0)], false);
        check(&[("MẬT", 150.0, 250.0)], false);
        check(&[("MẬT", 40.0, 250.0)], false);
        check(&[("MẶT", 40.0, 60.0), ("TRƯỚC", 51.0, 60.0)], false);
    }

    #[test]
    fn the_finding_blocks_and_cites_the_clause() {
        let found = classified(&page(&[("MẬT", 40.0, 60.0)]), 210.0, 297.0).unwrap();
        assert_eq!((found.severity, found.rule.as_str()), (Severity::Block, RULE));
    }
}
