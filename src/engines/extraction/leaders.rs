//! Parts the leaders of a form from the words that stand on them: `CCCD:...064083453243..` is a
//! label and a number.
//!
//! Readers glue rows of dots to what is printed beside them. Knows signs and widths, no fields.

use super::print::advance_em;
use crate::domain::page::BoxMm;

/// The words within one word as read, with their parts of its box; leaders alone stay as they are.
pub(super) fn parted(text: &str, place: BoxMm) -> Vec<(String, BoxMm)> {
    let whole = || vec![(text.to_owned(), place)];
    if !text.contains(['.', '…', '_', '·']) || !text.chars().any(char::is_alphanumeric) {
        return whole();
    }
    let parts = words_of(text);
    if let [only] = parts.as_slice()
        && only.len() == text.len()
    {
        return whole();
    }
    let all = width_of(text);
    parts
        .into_iter()
        .filter_map(|range| {
            let word = text.get(range.clone())?;
            let before = width_of(text.get(..range.start)?);
            let share = |em: f32| place.width * em / all;
            let place = BoxMm { left: place.left + share(before), width: share(width_of(word)), ..place };
            Some((word.to_owned(), place))
        })
        .collect()
}

fn width_of(text: &str) -> f32 {
    // Nothing is without width: a division by it follows.
    advance_em(text).max(0.1)
}

/// Ranges of bytes between leaders: two dots and more, or one dot that begins the word, or follows
/// a colon.
fn words_of(text: &str) -> Vec<std::ops::Range<usize>> {
    let is_dot = |c: char| matches!(c, '.' | '…' | '_' | '·');
    let mut words: Vec<std::ops::Range<usize>> = Vec::new();
    let (mut from, mut at) = (0, 0);
    let chars: Vec<(usize, char)> = text.char_indices().collect();
    while at < chars.len() {
        let run = chars[at..].iter().take_while(|(_, c)| is_dot(*c)).count();
        let begins = chars[at].0;
        let is_first = at == 0 || chars[at - 1].1 == ':';
        let is_leader = run >= 2 || (run == 1 && (is_first || chars[at].1 != '.'));
        if is_leader {
            if begins > from {
                words.push(from..begins);
            }
            at += run;
            from = chars.get(at).map_or(text.len(), |(i, _)| *i);
        } else {
            at += run.max(1);
        }
    }
    if text.len() > from {
        words.push(from..text.len());
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let place = BoxMm { left: 10.0, top: 5.0, width: 40.0, height: 4.0 };
        let parts = parted(text, place);
        let words: Vec<&str> = parts.iter().map(|(w, _)| w.as_str()).collect();
        assert_eq!(words, expected, "{text}");
        for (_, part) in &parts {
            assert!(part.left >= 9.99 && part.right() <= 50.01 && part.width > 0.0, "{text}: {part:?}");
        }
    }

    #[test]
    fn leaders_part_words() {
        check("..064083453243", &["064083453243"]);
        check("nhân/CCCD:..072142871685", &["nhân/CCCD:", "072142871685"]);
        check("CCCD:.072142871685...", &["CCCD:", "072142871685"]);
        check("...Lò.", &["Lò."]);
        check(".28/04/1998", &["28/04/1998"]);
        check("An…Sinh", &["An", "Sinh"]);
    }

    #[test]
    fn other_dots_stay() {
        for whole in ["05.3.2024", "500.000", "ký.", "./.", "......", "…", "P.", "a.b", ""] {
            check(whole, &[whole]);
        }
    }
}
