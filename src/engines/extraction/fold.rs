//! Letters without their marks, for comparing words with what the law calls things.
//!
//! Readers confuse marks (ổ with ố, Ủ with Ỷ), and print itself has two ways to place a tone
//! (Hòa, Hoà): labels and titles are therefore *matched* without marks. Knows nothing of layout,
//! and is never used to make a value.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Lower case, without marks, `đ` as `d`: `Ủy`, `Uỷ` and `ỦY` are all `uy`.
pub(super) fn fold(text: &str) -> String {
    text.nfd()
        .filter(|c| !is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        .map(|c| if c == 'đ' { 'd' } else { c })
        .collect()
}

/// The words of `text`, folded, without the signs around and between them.
pub(super) fn words(text: &str) -> Vec<String> {
    fold(text).split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_owned).collect()
}

/// The words of `text`, folded and joined by single spaces: the form in which phrases are compared.
pub(in crate::engines) fn phrase(text: &str) -> String {
    words(text).join(" ")
}

/// Whether `phrase` stands in `folded` on word borders; both are folded and single-spaced.
pub(super) fn holds(folded: &str, phrase: &str) -> bool {
    !phrase.is_empty()
        && folded.match_indices(phrase).any(|(at, _)| {
            let before = folded[..at].chars().next_back();
            let after = folded[at + phrase.len()..].chars().next();
            !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
        })
}

/// Whether two folded words differ in one letter at most: a slip of the reader in a long word.
pub fn nearly(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let (short, long) = if a.len() <= b.len() { (&a, &b) } else { (&b, &a) };
    let same_start = short.iter().zip(long.iter()).take_while(|(x, y)| x == y).count();
    let rest = short.len() - same_start;
    let same_end = short.iter().rev().zip(long.iter().rev()).take(rest).take_while(|(x, y)| x == y).count();
    long.len() - same_start - same_end <= 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_case_and_tone_placement_do_not_matter() {
        for (text, expected) in [
            ("ỦY BAN NHÂN DÂN", "uy ban nhan dan"),
            ("Uỷ ban nhân dân", "uy ban nhan dan"),
            ("Cộng hoà", "cong hoa"),
            ("Đường Đ", "duong d"),
            ("e\u{301}", "e"),
            ("", ""),
        ] {
            assert_eq!(fold(text), expected, "{text}");
        }
    }

    #[test]
    fn phrases_are_words_alone() {
        assert_eq!(phrase("Độc lập - Tự do - Hạnh phúc"), "doc lap tu do hanh phuc");
        assert_eq!(phrase("Họ, chữ đệm, tên:"), "ho chu dem ten");
    }

    #[test]
    fn a_phrase_is_found_on_word_borders_only() {
        for (text, phrase, expected) in [
            ("co hieu luc", "hieu luc", true),
            ("cong vanh", "cong van", false),
            ("xcong van", "cong van", false),
            ("xa hoi xa", "xa", true),
            ("a", "", false),
        ] {
            assert_eq!(holds(text, phrase), expected, "{text} / {phrase}");
        }
    }

    #[test]
    fn one_slip_is_near() {
        for (a, b, expected) in [
            ("cong", "cong", true),
            ("cong", "cang", true),
            ("cong", "con", true),
            ("nghia", "nghiia", true),
            ("cong", "dang", false),
            ("", "a", true),
            ("aa", "a", true),
        ] {
            assert_eq!(nearly(a, b), expected, "{a} {b}");
        }
    }
}
