//! The running text below the head, as sentences whose words still know where they stand.
//!
//! Knows nothing of fields; a sentence is what stands between full stops, semicolons and breaks.

use std::ops::Range;

use super::layout::{Row, Sheet, Token};

/// A line whose last word ends with a colon runs on only when it is this long and this full.
const WIDE_MM: f32 = 95.0;
const WRAP_MM: f32 = 12.0;

/// Words of one sentence, of one page or running on to the next.
#[derive(Debug, Clone)]
pub(super) struct Sentence {
    /// Page of the first word.
    pub(super) page: u32,
    pub(super) tokens: Vec<Token>,
    /// The words folded, single-spaced, signs kept.
    pub(super) folded: String,
    starts: Vec<usize>,
}

impl Sentence {
    pub(super) fn new(page: u32, tokens: Vec<Token>) -> Self {
        let mut folded = String::new();
        let mut starts = Vec::with_capacity(tokens.len());
        for token in &tokens {
            if !folded.is_empty() {
                folded.push(' ');
            }
            starts.push(folded.len());
            folded.push_str(&token.folded);
        }
        Self { page, tokens, folded, starts }
    }

    /// The words that a range of `folded` touches.
    pub(super) fn words(&self, range: &Range<usize>) -> &[Token] {
        let from = self.starts.partition_point(|s| *s <= range.start).saturating_sub(1);
        let until = self.starts.partition_point(|s| *s < range.end).max(from);
        &self.tokens[from.min(self.tokens.len())..until]
    }
}

/// Sentences of all pages, beginning below `top_mm` on the first.
pub(super) fn sentences(sheets: &[Sheet], top_mm: f32) -> Vec<Sentence> {
    let mut sentences = Vec::new();
    let mut open: Option<(u32, Vec<Token>)> = None;
    for (i, sheet) in sheets.iter().enumerate() {
        let right = right_edge(sheet);
        for line in sheet.lines.iter().filter(|l| i > 0 || l.at.top >= top_mm) {
            if begins_anew(line) {
                close(&mut open, &mut sentences);
            }
            for token in &line.tokens {
                open.get_or_insert_with(|| (line.page, Vec::new())).1.push(token.clone());
                if ends_sentence(&token.text) {
                    close(&mut open, &mut sentences);
                }
            }
            // A label at the end of a full line has its value on the next.
            let is_heading = line.tokens.last().is_some_and(|t| t.text.ends_with(':'));
            let is_full = line.at.width > WIDE_MM && line.at.right() > right - WRAP_MM;
            let end = if is_heading && !is_full { f32::MAX } else { right - 30.0 };
            if line.at.right() < end {
                close(&mut open, &mut sentences);
            }
        }
    }
    close(&mut open, &mut sentences);
    sentences
}

fn close(open: &mut Option<(u32, Vec<Token>)>, sentences: &mut Vec<Sentence>) {
    if let Some((page, tokens)) = open.take() {
        sentences.push(Sentence::new(page, tokens));
    }
}

fn ends_sentence(word: &str) -> bool {
    let is_ordinal = word
        .strip_suffix('.')
        .is_some_and(|w| w.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'I' | b'V' | b'X')));
    // Leaders are no full stop.
    if word != "./." && !word.chars().any(char::is_alphanumeric) {
        return false;
    }
    word.ends_with([';', '!']) || (word.ends_with('.') && !is_ordinal && word.chars().count() > 2)
}

/// A new article, item or dash.
fn begins_anew(line: &Row) -> bool {
    let Some(first) = line.tokens.first() else { return false };
    let is_item = first.text.ends_with(['.', ')'])
        && first.text.chars().count() <= 4
        && first.text.chars().any(char::is_alphanumeric);
    is_item
        || matches!(first.text.as_str(), "-" | "+" | "–" | "•")
        || first.folded == "dieu"
        || begins_with_label(line)
}

/// Labels that begin a line of a form, with a capital and a colon behind them.
const LABELS: &[&str] = &[
    "ben a",
    "ben b",
    "ho va ten",
    "ho ten",
    "ho, chu dem",
    "sinh ngay",
    "ngay sinh",
    "ngay, thang",
    "so dinh danh",
    "so can cuoc",
    "so cccd",
    "nguoi",
    "dai dien",
    "noi thuong tru",
    "noi cu tru",
    "dia chi",
    "ma so",
];

fn begins_with_label(line: &Row) -> bool {
    let is_capital = line.tokens.first().is_some_and(|t| t.text.starts_with(char::is_uppercase));
    let words: Vec<&str> = line.tokens.iter().take(10).map(|t| t.folded.as_str()).collect();
    let begin = words.join(" ");
    let begins = |label: &&str| {
        begin.strip_prefix(*label).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
    };
    is_capital && begin.contains(':') && LABELS.iter().any(|l| begins(&l))
}

/// Where full lines of the page end: the right edge that a quarter of the lines reach.
fn right_edge(sheet: &Sheet) -> f32 {
    let mut edges: Vec<f32> = sheet.lines.iter().map(|l| l.at.right()).collect();
    edges.sort_by(f32::total_cmp);
    edges.get(edges.len() * 3 / 4).copied().unwrap_or(sheet.width)
}

#[cfg(test)]
mod tests {
    use super::super::testing::Paper;

    #[test]
    fn text_runs_on_over_lines_and_pages_and_stops_at_ends() {
        let long =
            "Quyết định này có hiệu lực kể từ ngày ký và được thi hành trên địa bàn toàn tỉnh, thay cho";
        let reading = Paper::new()
            .put(30.0, 60.0, "Điều 1. Một hai ba bốn năm. Sáu bảy")
            .put(30.0, 66.0, long)
            .next_page()
            .put(30.0, 30.0, "quyết định cũ.")
            .reading();
        let texts: Vec<&str> = reading.sentences.iter().map(|s| s.folded.as_str()).collect();
        assert_eq!(texts.len(), 3, "{texts:?}");
        assert!(texts[2].starts_with("quyet dinh nay") && texts[2].ends_with("quyet dinh cu."));
        let at = texts[2].find("hieu luc").unwrap();
        let words = reading.sentences[2].words(&(at..at + 8));
        assert_eq!(super::super::layout::text_of(words), "hiệu lực");
    }

    #[test]
    fn a_label_at_the_end_of_a_full_line_has_its_value_on_the_next() {
        let full = "Điều 1. Ông Trương Đức Quyết, sinh ngày 15/02/1993, ở thôn Nà Khoang, số căn cước:";
        let reading = Paper::new()
            .put(30.0, 60.0, full)
            .put(30.0, 66.0, "052093019343 (số cũ)")
            .put(30.0, 72.0, "Họ và tên:")
            .put(30.0, 78.0, "nơi ở: ........ thôn Nà Khoang")
            .reading();
        let texts: Vec<&str> = reading.sentences.iter().map(|s| s.folded.as_str()).collect();
        assert!(texts[0].ends_with("can cuoc: 052093019343 (so cu)"), "{texts:?}");
        assert_eq!(texts[1], "ho va ten:");
        // Leaders are no full stop.
        assert!(texts[2].ends_with("thon na khoang"), "{texts:?}");
    }
}
