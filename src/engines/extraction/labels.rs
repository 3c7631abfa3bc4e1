//! Values behind labels on forms: `Họ và tên: Nguyễn Văn A …… Sinh ngày: …`.
//!
//! Knows where a value ends; not which label matters to which field.

use super::flow::Sentence;
use super::layout::Token;

/// Labels that end the value before them when they stand on the same line, folded.
pub(super) const NEXT: &[&str] = &[
    "sinh ngay",
    "ngay sinh",
    "ngay, thang, nam sinh",
    "ngay, thang",
    "ngay thang nam sinh",
    "sinh nam",
    "nam sinh",
    "gioi tinh",
    "nam, nu",
    "nam/nu",
    "dan toc",
    "quoc tich",
    "so dinh danh",
    "so cccd",
    "so cmnd",
    "cccd",
    "cmnd",
    "so can cuoc",
    "can cuoc",
    "giay to",
    "so dien thoai",
    "dien thoai",
    "thuong tru",
    "noi thuong tru",
    "noi cu tru",
    "noi o",
    "dia chi",
    "hien o",
    "hien dang",
    "cho o",
    "ho khau",
    "que quan",
    "noi sinh",
    "noi cap",
    "ngay cap",
    "cap ngay",
    "la ",
    "date of birth",
    "gender",
    "nationality",
    "so ho chieu",
    "ho chieu",
    "tuoi",
    "don vi",
    "chuc vu",
    "nghe nghiep",
    "ma so",
    "loai giay to",
    "mqh",
    "quan he",
];

/// The words after the first `length` bytes of the folded sentence, up to the next label, without
/// leaders and signs around them; `None` when nothing is left.
pub(super) fn value_after(sentence: &Sentence, length: usize) -> Option<&[Token]> {
    let folded = &sentence.folded;
    let start = length.min(folded.len());
    let end = NEXT
        .iter()
        .filter_map(|label| {
            let at = folded[start..].match_indices(label).find(|(at, _)| {
                let before = folded[..start + at].chars().next_back();
                *at > 0 && before.is_none_or(|c| !c.is_alphanumeric())
            })?;
            Some(start + at.0)
        })
        .min()
        .unwrap_or(folded.len());
    let words = sentence.words(&(start..end));
    // The first word may be the label's own end, glued to the colon.
    let skip = words.iter().take_while(|t| ends_label(t, folded, start, sentence)).count();
    trimmed(&words[skip.min(words.len())..])
}

fn ends_label(token: &Token, folded: &str, start: usize, sentence: &Sentence) -> bool {
    let is_sign = !token.text.chars().any(char::is_alphanumeric);
    let is_cut = start > 0
        && !folded[..start].ends_with(' ')
        && sentence.words(&(start.saturating_sub(1)..start)).last().is_some_and(|t| std::ptr::eq(t, token));
    is_sign || is_cut
}

/// Without leaders and other signs at the ends.
pub(super) fn trimmed(words: &[Token]) -> Option<&[Token]> {
    let has_letters = |t: &Token| t.text.chars().any(char::is_alphanumeric);
    let first = words.iter().position(has_letters)?;
    let last = words.iter().rposition(has_letters)?;
    Some(&words[first..=last])
}

#[cfg(test)]
mod tests {
    use super::super::layout::text_of;
    use super::*;
    use crate::domain::page::BoxMm;

    #[test]
    fn values_end_at_the_next_label() {
        let place = BoxMm { left: 0.0, top: 0.0, width: 1.0, height: 1.0 };
        for (text, label, expected) in [
            ("Họ và tên: Nguyễn Văn An Sinh ngày: 05/6/1985", "ho va ten", Some("Nguyễn Văn An")),
            ("Họ và tên : … Nguyễn Văn An ……", "ho va ten", Some("Nguyễn Văn An")),
            ("Họ và tên: NGUYỄN VĂN AN Giới tính: Nam", "ho va ten", Some("NGUYỄN VĂN AN")),
            ("Họ và tên: ………", "ho va ten", None),
            ("Họ và tên:", "ho va ten", None),
        ] {
            let tokens = text.split_whitespace().map(|w| Token::new(w, place, 0.9)).collect();
            let sentence = Sentence::new(1, tokens);
            assert_eq!(value_after(&sentence, label.len()).map(text_of).as_deref(), expected, "{text}");
        }
    }
}
