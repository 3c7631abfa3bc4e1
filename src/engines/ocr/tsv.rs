//! Tesseract's table of words, taken apart.

use unicode_normalization::UnicodeNormalization;

use crate::engines::imaging::is_leader_text;

/// A word in pixels of the picture that was read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ReadWord {
    pub text: String,
    pub left: f32,
    pub top: f32,
    pub width: f32,
    pub height: f32,
    /// 0–1.
    pub confidence: f32,
    /// Its figures look like the same figures elsewhere on the page.
    pub is_print: bool,
}

/// A line of words.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ReadLine {
    pub block: u32,
    pub words: Vec<ReadWord>,
}

/// Lines in reading order; dots, rules and words without a letter or figure in doubt are left out.
pub(crate) fn parse(table: &str) -> Vec<ReadLine> {
    let mut lines: Vec<((u32, u32, u32), ReadLine)> = Vec::new();
    for row in table.lines() {
        let Some((key, word)) = parse_row(row) else { continue };
        match lines.last_mut() {
            Some((last, line)) if *last == key => line.words.push(word),
            _ => lines.push((key, ReadLine { block: key.0, words: vec![word] })),
        }
    }
    lines.into_iter().map(|(_, line)| line).collect()
}

fn parse_row(row: &str) -> Option<((u32, u32, u32), ReadWord)> {
    let mut cells = row.splitn(12, '\t');
    let mut number = || cells.next()?.parse::<f32>().ok();
    let (level, _page) = (number()?, number()?);
    let (block, paragraph, line, _word) = (number()?, number()?, number()?, number()?);
    let (left, top, width, height, confidence) = (number()?, number()?, number()?, number()?, number()?);
    if level != 5.0 {
        return None;
    }
    let text = plain(cells.next()?);
    let confidence = (confidence / 100.0).clamp(0.0, 1.0);
    let says_something = text.chars().any(char::is_alphanumeric) || confidence >= 0.5;
    if text.is_empty() || is_leader_text(&text) || !says_something {
        return None;
    }
    let key = (block as u32, paragraph as u32, line as u32);
    Some((key, ReadWord { text, left, top, width, height, confidence, is_print: false }))
}

/// Composed letters; letters that stand on no Vietnamese paper (`Ð`, `⁄`) as what they look like, and the two
/// kinds of `Đ` that one is sometimes read as only once.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.trim().nfc().filter(|c| !c.is_control()) {
        match c {
            'Ð' if plain.ends_with('Đ') => {}
            'Đ' if plain.ends_with('Ð') => {}
            '⁄' => plain.push('/'),
            c => plain.push(c),
        }
    }
    plain.replace('Ð', "Đ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_letters_are_what_they_look_like() {
        for (text, expected) in [
            (" 254/2021/H\u{110}\u{d0}L\u{110} ", "254/2021/HĐLĐ"),
            ("Q\u{d0}\u{110}-UBND", "QĐ-UBND"),
            ("Q\u{d0}-UBND", "QĐ-UBND"),
            ("25⁄TTr", "25/TTr"),
            ("Đ\u{110}", "ĐĐ"),
        ] {
            assert_eq!(plain(text), expected);
        }
    }

    #[test]
    fn words_are_grouped_by_line_and_dots_left_out() {
        let table = "1\t1\t0\t0\t0\t0\t0\t0\t800\t600\t-1\t\n\
            5\t1\t1\t1\t1\t1\t10\t20\t30\t12\t96.5\tSố:\n\
            5\t1\t1\t1\t1\t2\t44\t20\t90\t12\t91\t12/QĐ-UBND\n\
            5\t1\t1\t1\t2\t1\t10\t40\t30\t12\t40\t......\n\
            5\t1\t1\t1\t2\t2\t50\t40\t30\t12\t20\t|\n\
            5\t1\t2\t1\t1\t1\t300\t20\t30\t12\t88\tnga\u{300}y\n\
            not a row\n5\t1\t2\n";
        let lines = parse(table);
        let texts: Vec<Vec<&str>> =
            lines.iter().map(|l| l.words.iter().map(|w| w.text.as_str()).collect()).collect();
        assert_eq!(texts, [vec!["Số:", "12/QĐ-UBND"], vec!["ngày"]]);
        assert_eq!((lines[1].block, lines[0].words[0].confidence), (2, 0.965));
    }
}
