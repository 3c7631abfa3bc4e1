//! Words and values in the one form in which they are compared.
//!
//! NFC; the tone mark is taken from its letter and put at the end of the syllable, so that `hoà` and `hòa`, `thuỷ`
//! and `thủy` are the same; rows of leader dots and lone punctuation are no words.

use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization;

use super::super::fonts::Fonts;
use super::super::sheet::{Mark, Sheet};

const TONES: [char; 5] = ['\u{300}', '\u{301}', '\u{303}', '\u{309}', '\u{323}'];

/// A text with single spaces and every tone at the end of its syllable.
pub fn plain(text: &str) -> String {
    let syllable = |word: &str| -> String {
        let (tones, letters): (Vec<char>, Vec<char>) = word.nfd().partition(|c| TONES.contains(c));
        letters.into_iter().nfc().chain(tones).collect()
    };
    text.split_whitespace().map(syllable).collect::<Vec<_>>().join(" ")
}

/// The same without case and without punctuation at the end: for names and sentences.
pub fn loose(text: &str) -> String {
    let text: String = text.nfc().collect::<String>().replace(['–', '—'], "-");
    plain(text.to_lowercase().trim().trim_end_matches(['.', ',', ';', ':', '/', ' ']))
}

/// The words of a text, each with how often it comes.
fn bag(text: &str) -> HashMap<String, usize> {
    let mut bag = HashMap::new();
    let text = text.replace('…', ".").replace("..", " ");
    for word in text.split_whitespace() {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric());
        if !word.is_empty() {
            *bag.entry(plain(word)).or_default() += 1;
        }
    }
    bag
}

/// Wrong words and all words, whatever their order: a word that was read for another counts once, and words of
/// `besides` may be read or not.
pub fn errors(read: &str, truth: &str, besides: &str) -> (usize, usize) {
    let (read, truth, besides) = (bag(read), bag(truth), bag(besides));
    let count = |bag: &HashMap<String, usize>, word: &String| bag.get(word).copied().unwrap_or_default();
    let missing: usize = truth.iter().map(|(word, n)| n.saturating_sub(count(&read, word))).sum();
    let extra: usize = read
        .iter()
        .map(|(word, n)| n.saturating_sub(count(&truth, word)).saturating_sub(count(&besides, word)))
        .sum();
    (missing.max(extra), truth.values().sum())
}

/// Whether a space follows each text of a page: texts that touch are one word.
pub fn spaces(fonts: &Fonts, marks: &[Mark]) -> Vec<bool> {
    let texts: Vec<_> = marks.iter().filter(|mark| matches!(mark, Mark::Text { .. })).collect();
    let mut spaces = vec![true; texts.len()];
    for (n, pair) in texts.windows(2).enumerate() {
        if let [
            Mark::Text { at, family, style, size, text, .. },
            Mark::Text { at: next, text: following, .. },
        ] = pair
        {
            let end = at.0 + fonts.width((*family, *style), *size, text);
            let gap = next.0 - end;
            let is_dots = text.ends_with("..") || following.starts_with("..");
            spaces[n] = is_dots || (next.1 - at.1).abs() > 0.1 || gap.abs() > size * 0.12;
        }
    }
    spaces
}

/// All that is printed on a paper, and the words of its seals and stamps.
pub fn of_sheet(sheet: &Sheet<'_>) -> (String, String) {
    let (mut text, mut besides) = (String::new(), String::new());
    for marks in &sheet.pages {
        let mut spaces = spaces(sheet.fonts, marks).into_iter();
        for mark in marks {
            match mark {
                Mark::Text { text: print, .. } => {
                    text.push_str(print);
                    if spaces.next().unwrap_or(true) {
                        text.push(' ');
                    }
                }
                Mark::RoundSeal { text: print, .. } => besides.push_str(&format!("{print} ")),
                Mark::MailStamp { office, number, date, .. } => {
                    besides.push_str(&format!("{office} CÔNG VĂN ĐẾN Số: {number} Ngày: {date} "));
                }
                Mark::Pen { text: print, .. } => besides.push_str(&format!("{print} ")),
                Mark::Rule { .. } | Mark::Signature { .. } | Mark::Blot { .. } => {}
            }
        }
        text.push('\n');
    }
    (tidy(&text), tidy(&besides))
}

/// Leaders out, single spaces.
fn tidy(text: &str) -> String {
    let is_leader = |word: &&str| word.chars().all(|c| c == '.') && word.len() > 2;
    let lines = text
        .lines()
        .map(|line| line.split_whitespace().filter(|word| !is_leader(word)).collect::<Vec<_>>().join(" "));
    lines.collect::<Vec<_>>().join("\n").nfc().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_tone_placements_are_one() {
        let check = |a: &str, b: &str, same: bool| assert_eq!(loose(a) == loose(b), same, "{a} {b}");
        check("Hoà Bình", "Hòa  Bình", true);
        check("Thuỷ", "Thủy", true);
        check("hòa", "hoa", false);
        check("Sổ", "Số", false);
        check("Về việc hỗ trợ.", "về việc hỗ trợ", true);
        check("Ke\u{302}\u{301} hoạch", "Kế hoạch", true);
    }

    #[test]
    fn wrong_words_are_counted_once_whatever_their_order() {
        let check = |read: &str, truth: &str, besides: &str, expected: (usize, usize)| {
            assert_eq!(errors(read, truth, besides), expected, "{read}");
        };
        check("hai một", "một hai", "", (0, 2));
        check("một hoi", "một hai", "", (1, 2));
        check("một", "một hai ba", "", (2, 3));
        check("một hai thêm", "một hai", "", (1, 2));
        check("một ĐẾN hai", "một hai", "ĐẾN", (0, 2));
        check("Họ tên: ........... Lan", "Họ tên: Lan", "", (0, 3));
    }
}
