//! The page as a person sees it: lines, pieces of lines, header, and what stands in its columns.
//!
//! Built from word boxes alone. Knows where things stand, not what fields they make.

use super::fold;
use crate::domain::{
    page::{BoxMm, PageFacts, Place},
    text::{PageText, RecognisedText, TextSource},
};

/// Pages beyond this are not looked at: no paper of one owner is longer.
const PAGES_AT_MOST: usize = 200;
/// Words of a page beyond this are not looked at.
const WORDS_AT_MOST: usize = 6000;
/// A wider gap than this parts a line into pieces that stand beside each other.
const PIECE_GAP_MM: f32 = 9.0;

/// A word with its box levelled, so that a skewed line is level.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) text: String,
    /// `text` without marks, lower case.
    pub(super) folded: String,
    /// As read, on the upright page.
    pub(super) place: BoxMm,
    /// Levelled, for measuring against others.
    pub(super) at: BoxMm,
    pub(super) confidence: f32,
    /// Its figures look like others of the page: printed, and read rightly.
    pub(super) is_print: bool,
}

impl Token {
    pub(super) fn new(text: &str, place: BoxMm, confidence: f32) -> Self {
        Self {
            text: text.to_owned(),
            folded: fold::fold(text),
            place,
            at: place,
            confidence,
            is_print: false,
        }
    }

    /// Of words with figures that look like others of the page.
    pub(super) fn printed(self, is_print: bool) -> Self {
        Self { is_print, ..self }
    }

    pub(super) fn has_digit(&self) -> bool {
        self.text.bytes().any(|b| b.is_ascii_digit())
    }

    pub(super) fn centre(&self) -> f32 {
        self.at.left + self.at.width / 2.0
    }
}

/// Words beside each other on one line, from left to right; never empty.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) page: u32,
    pub(super) tokens: Vec<Token>,
    pub(super) at: BoxMm,
}

impl Row {
    pub(super) fn new(page: u32, tokens: Vec<Token>) -> Option<Self> {
        let at = BoxMm::around(tokens.iter().map(|t| &t.at))?;
        Some(Self { page, tokens, at })
    }

    pub(super) fn text(&self) -> String {
        text_of(&self.tokens)
    }

    /// The words folded and single-spaced, without signs.
    pub(super) fn phrase(&self) -> String {
        fold::phrase(&self.text())
    }

    pub(super) fn place(&self) -> Option<Place> {
        place_of(self.page, &self.tokens)
    }

    pub(super) fn centre(&self) -> f32 {
        self.at.left + self.at.width / 2.0
    }

    /// Whether its letters are capitals, but for slips of the reader. Small words whose letters have the shape of
    /// capitals (`cổ` for `CỔ`) say neither.
    pub(super) fn is_caps(&self) -> bool {
        let is_alike = |c: char| matches!(c, 'c' | 'o' | 's' | 'u' | 'v' | 'x');
        let says_neither = |t: &&Token| {
            let mut letters = t.text.chars().filter(|c| c.is_alphabetic()).peekable();
            letters.peek().is_some()
                && letters.all(char::is_lowercase)
                && t.folded.chars().filter(|c| c.is_alphabetic()).all(is_alike)
        };
        let words = self.tokens.iter().filter(|t| !says_neither(t));
        let letters = words.flat_map(|t| t.text.chars()).filter(|c| c.is_alphabetic());
        let (mut all, mut upper) = (0_usize, 0_usize);
        for letter in letters {
            all += 1;
            upper += usize::from(letter.is_uppercase());
        }
        all >= 3 && upper * 5 >= all * 4
    }

    fn pieces(&self) -> Vec<Row> {
        let mut pieces: Vec<Vec<Token>> = Vec::new();
        for token in &self.tokens {
            match pieces.last_mut() {
                Some(piece) if piece.last().is_some_and(|l| token.at.left - l.at.right() <= PIECE_GAP_MM) => {
                    piece.push(token.clone());
                }
                _ => pieces.push(vec![token.clone()]),
            }
        }
        pieces.into_iter().filter_map(|tokens| Row::new(self.page, tokens)).collect()
    }
}

/// The words joined by single spaces.
pub(super) fn text_of(tokens: &[Token]) -> String {
    let words: Vec<&str> = tokens.iter().map(|t| t.text.as_str()).collect();
    words.join(" ")
}

/// Where the words stand on the upright page.
pub(super) fn place_of(page: u32, tokens: &[Token]) -> Option<Place> {
    BoxMm::around(tokens.iter().map(|t| &t.place)).map(|box_mm| Place { page, box_mm })
}

/// Where most of a value stands that may run on into the next line: a box around both would hold all between them too.
pub(super) fn place_on_line(page: u32, tokens: &[Token]) -> Option<Place> {
    let runs_on = |a: &Token, b: &Token| {
        b.at.left >= a.at.left && (b.at.middle_y() - a.at.middle_y()).abs() < a.at.height.max(b.at.height)
    };
    let n_letters = |part: &&[Token]| part.iter().map(|t| t.text.chars().count()).sum::<usize>();
    // Of parts as long as each other the first.
    let part = tokens.chunk_by(runs_on).rev().max_by_key(n_letters)?;
    place_of(page, part)
}

/// How sure the reader is of the words: the mean, letters counted, and of the weakest word.
pub(super) fn confidence_of(tokens: &[Token]) -> (f32, f32) {
    let (mut sum, mut letters, mut weakest) = (0.0_f32, 0.0_f32, 1.0_f32);
    for token in tokens.iter().filter(|t| t.text.chars().any(char::is_alphanumeric)) {
        let weight = token.text.chars().count() as f32;
        sum += token.confidence * weight;
        letters += weight;
        weakest = weakest.min(token.confidence);
    }
    if letters == 0.0 { (0.0, 0.0) } else { (sum / letters, weakest) }
}

/// One page: its lines over the whole width, and the pieces of them.
#[derive(Debug, Clone)]
pub(super) struct Sheet {
    pub(super) page: u32,
    pub(super) width: f32,
    pub(super) height: f32,
    /// Words come from a picture: what looks like a figure may be ink.
    pub(super) is_ocr: bool,
    /// Whole lines, from top to bottom.
    pub(super) lines: Vec<Row>,
    /// Lines cut at wide gaps, in the same order.
    pub(super) pieces: Vec<Row>,
}

/// The pages that hold words, in order; of a page that was scanned with and without its sticky note
/// only the clean one (Điều 9 khoản 4).
pub(super) fn sheets(text: &RecognisedText, facts: &[PageFacts]) -> Vec<Sheet> {
    text.pages
        .iter()
        .take(PAGES_AT_MOST)
        .filter(|page| page.source != TextSource::Nothing)
        .map(|page| (page, facts.iter().find(|f| f.position == page.position)))
        .filter(|(_, facts)| facts.is_none_or(|f| !f.is_note_double()))
        .map(|(page, facts)| sheet(page, facts))
        .collect()
}

fn sheet(page: &PageText, facts: Option<&PageFacts>) -> Sheet {
    let sane = |mm: f32, default: f32| if mm.is_finite() && mm > 20.0 { mm } else { default };
    let width = facts.map_or(210.0, |f| sane(f.width_mm, 210.0));
    let height = facts.map_or(297.0, |f| sane(f.height_mm, 297.0));
    let slope = slope_of(page);
    let mut left = WORDS_AT_MOST;
    let mut units: Vec<Row> = Vec::new();
    for line in &page.lines {
        let tokens: Vec<Token> = line
            .words
            .iter()
            .filter(|w| {
                [w.place.left, w.place.top, w.place.width, w.place.height].iter().all(|v| v.is_finite())
            })
            .take(left)
            .flat_map(|w| super::leaders::parted(&w.text, w.place).into_iter().map(move |(t, b)| (t, b, w)))
            .map(|(text, place, word)| {
                let token = Token::new(&text, place, word.confidence.clamp(0.0, 1.0));
                levelled(token.printed(word.is_print), slope)
            })
            .collect();
        left = left.saturating_sub(tokens.len());
        units.extend(Row::new(page.position, tokens).iter().flat_map(Row::pieces));
    }
    let lines = whole_lines(page.position, units);
    let pieces = lines.iter().flat_map(Row::pieces).collect();
    Sheet { page: page.position, width, height, is_ocr: page.source == TextSource::Ocr, lines, pieces }
}

/// Millimetres by which lines sink per millimetre to the right: the median over the long lines.
fn slope_of(page: &PageText) -> f32 {
    let mut slopes: Vec<f32> = page
        .lines
        .iter()
        .filter_map(|line| {
            let (first, last) = (line.words.first()?, line.words.last()?);
            let run = last.place.left - first.place.left;
            let rise = last.place.middle_y() - first.place.middle_y();
            (run > 90.0).then_some(rise / run).filter(|s| s.is_finite())
        })
        .collect();
    slopes.sort_by(f32::total_cmp);
    match slopes.get(slopes.len() / 2) {
        Some(slope) if slopes.len() >= 4 && slope.abs() < 0.1 => *slope,
        _ => 0.0,
    }
}

/// Words were measured on the straightened page: only their middles moved with its skew.
fn levelled(mut token: Token, slope: f32) -> Token {
    token.at.top = token.place.top - slope * token.centre();
    token
}

/// Joins pieces that stand beside each other on one level.
fn whole_lines(page: u32, mut units: Vec<Row>) -> Vec<Row> {
    units.sort_by(|a, b| a.at.middle_y().total_cmp(&b.at.middle_y()));
    let mut lines: Vec<Vec<Row>> = Vec::new();
    for unit in units {
        let fitting = lines.iter_mut().rev().take(6).find(|line| line.iter().all(|r| is_beside(r, &unit)));
        match fitting {
            Some(line) => line.push(unit),
            None => lines.push(vec![unit]),
        }
    }
    let mut rows: Vec<Row> = lines
        .into_iter()
        .filter_map(|line| {
            let mut tokens: Vec<Token> = line.into_iter().flat_map(|r| r.tokens).collect();
            tokens.sort_by(|a, b| a.at.left.total_cmp(&b.at.left));
            Row::new(page, tokens)
        })
        .collect();
    rows.sort_by(|a, b| a.at.middle_y().total_cmp(&b.at.middle_y()));
    rows
}

fn is_beside(a: &Row, b: &Row) -> bool {
    let overlap = a.at.bottom().min(b.at.bottom()) - a.at.top.max(b.at.top);
    let apart = a.at.right() <= b.at.left + 1.0 || b.at.right() <= a.at.left + 1.0;
    apart && overlap >= 0.5 * a.at.height.min(b.at.height)
}

/// Quốc hiệu and tiêu ngữ, folded.
const STATE: [&str; 8] = ["cong", "hoa", "xa", "hoi", "chu", "nghia", "viet", "nam"];
const MOTTO: [&str; 6] = ["doc", "lap", "tu", "do", "hanh", "phuc"];

/// The head of page one (NĐ 30/2020, Phụ lục I, ô 1–4), or of a citizen's own paper.
#[derive(Debug, Clone, Default)]
pub(super) struct Header {
    /// Quốc hiệu and tiêu ngữ; `None` when they were not found.
    pub(super) motto: Option<BoxMm>,
    /// The motto stands in the middle and nothing beside it: not an agency's paper by its head.
    pub(super) is_plain: bool,
    /// Rows of the left column from the level of the motto down to the end of the head.
    pub(super) left: Vec<Row>,
    /// Rows of the right column below the motto.
    pub(super) right: Vec<Row>,
}

/// How far below the top of the motto the head reaches at most.
const HEAD_MM: f32 = 62.0;
/// Agencies may stand a little higher than the motto; signers' blocks stand higher than that.
const ABOVE_MM: f32 = 4.5;

impl Header {
    pub(super) fn of(sheet: Option<&Sheet>) -> Self {
        let Some(sheet) = sheet else { return Self::default() };
        let Some((motto, lines)) = find_motto(sheet) else { return Self::default() };
        let top = motto.top - ABOVE_MM;
        let bottom = motto.top + HEAD_MM;
        let cut = motto.left - 1.0;
        let in_head = |row: &&Row| row.at.middle_y() > top && row.at.middle_y() < bottom;
        let left: Vec<Row> = sheet
            .lines
            .iter()
            .filter(in_head)
            .filter_map(|row| column(row, |t| t.centre() < cut && t.at.right() < cut + 12.0))
            .collect();
        let right: Vec<Row> = sheet
            .lines
            .iter()
            .enumerate()
            .filter(|(i, row)| !lines.contains(i) && in_head(row) && row.at.middle_y() > motto.middle_y())
            .filter_map(|(_, row)| column(row, |t| t.at.right() > cut))
            .collect();
        let middle = motto.left + motto.width / 2.0;
        let beside = left.iter().any(|r| r.at.middle_y() < motto.bottom() + 2.0 && r.tokens.len() > 1);
        let is_plain = !beside && (middle - sheet.width / 2.0).abs() < 0.09 * sheet.width;
        Self { motto: Some(motto), is_plain, left, right }
    }

    /// Where what stands below the motto begins.
    pub(super) fn motto_bottom(&self) -> f32 {
        self.motto.map_or(0.0, |m| m.bottom())
    }
}

fn column(row: &Row, belongs: impl Fn(&Token) -> bool) -> Option<Row> {
    Row::new(row.page, row.tokens.iter().filter(|t| belongs(t)).cloned().collect())
}

/// The box of both lines and their indices among the lines of the page.
fn find_motto(sheet: &Sheet) -> Option<(BoxMm, Vec<usize>)> {
    let mut boxes = Vec::new();
    let mut lines = Vec::new();
    for (i, row) in sheet.lines.iter().enumerate().filter(|(_, r)| r.at.top < sheet.height * 0.45) {
        let found = find_words(row, &STATE, 5).or_else(|| find_words(row, &MOTTO, 4));
        if let Some(found) = found
            && boxes.first().is_none_or(|first: &BoxMm| found.top - first.bottom() < 12.0)
        {
            boxes.push(found);
            lines.push(i);
        }
        if lines.len() == 2 {
            break;
        }
    }
    BoxMm::around(boxes.iter()).map(|motto| (motto, lines))
}

/// The box of at least `enough` of `words` standing in that order in a row; of several ways to
/// begin, the one that finds most, and of those the rightmost.
fn find_words(row: &Row, words: &[&str], enough: usize) -> Option<BoxMm> {
    (0..row.tokens.len())
        .map(|start| words_from(&row.tokens[start..], words))
        .max_by_key(Vec::len)
        .filter(|found| found.len() >= enough)
        .and_then(BoxMm::around)
}

/// The boxes of `words` found in order from the first token on, which has to be one of the first two.
fn words_from<'a>(tokens: &'a [Token], words: &[&str]) -> Vec<&'a BoxMm> {
    let mut found: Vec<&BoxMm> = Vec::new();
    let mut next = 0;
    for token in tokens {
        let word: String = token.folded.chars().filter(|c| c.is_alphanumeric()).collect();
        if word.is_empty() {
            continue;
        }
        let ahead = words.len().min(next + 2);
        let is_it = |w: &str| w == word || (w.len() >= 3 && fold::nearly(w, &word));
        match words[next.min(ahead)..ahead].iter().position(|w| is_it(w)) {
            Some(step) => {
                found.push(&token.at);
                next += step + 1;
            }
            None if found.is_empty() => return found,
            None => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::testing::Paper;
    use super::*;

    #[test]
    fn two_header_columns_on_one_line_are_cut() {
        let reading = Paper::new()
            .put(30.0, 20.0, "ỦY BAN NHÂN DÂN HUYỆN YÊN BÌNH CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM")
            .put(40.0, 26.0, "XÃ BẢO ÁI")
            .around(150.0, 26.0, "Độc lập - Tự do - Hạnh phúc")
            .number_and_date("Số: 12/QĐ-UBND", "Bảo Ái, ngày 06 tháng 5 năm 2024")
            .reading();
        let left: Vec<String> = reading.header.left.iter().map(Row::text).collect();
        assert_eq!(left, ["ỦY BAN NHÂN DÂN HUYỆN YÊN BÌNH", "XÃ BẢO ÁI", "Số: 12/QĐ-UBND"]);
        assert_eq!(reading.header.right[0].text(), "Bảo Ái, ngày 06 tháng 5 năm 2024");
        assert!(!reading.header.is_plain);
    }

    #[test]
    fn a_value_that_runs_on_stands_where_most_of_it_is() {
        let check = |first: &str, second: &str, top: f32| {
            let reading = Paper::new().put(160.0, 80.0, first).put(30.0, 86.0, second).reading();
            let words: Vec<Token> =
                reading.sheets[0].lines.iter().flat_map(|row| row.tokens.iter().cloned()).collect();
            let place = place_on_line(1, &words).expect("there are words").box_mm;
            assert!((place.top - top).abs() < 2.0 && place.height < 6.0, "{first} {second}: {place:?}");
        };
        check("Giàng Thị", "Xuyến", 80.0);
        check("Giàng", "Thị Ngọc Xuyến", 86.0);
    }

    #[test]
    fn small_words_of_the_shape_of_capitals_leave_a_row_its_capitals() {
        for (text, expected) in [
            ("CÔNG TY cổ", true),
            ("CÔNG TY Cổ", true),
            ("CÔNG TY cổ phần", false),
            ("có số", false),
            ("Xã Vũ Xá", false),
        ] {
            let reading = Paper::new().put(30.0, 20.0, text).reading();
            assert_eq!(reading.sheets[0].lines[0].is_caps(), expected, "{text}");
        }
    }

    #[test]
    fn signers_blocks_above_the_header_are_not_part_of_it() {
        let reading = Paper::new()
            .put(30.0, 4.0, "CHI CỤC VĂN THƯ")
            .put(150.0, 8.0, "05.02.2025 15:35:18")
            .header(&["ỦY BAN NHÂN DÂN", "TỈNH QUẢNG NGÃI"])
            .reading();
        let left: Vec<String> = reading.header.left.iter().map(Row::text).collect();
        assert_eq!(left, ["ỦY BAN NHÂN DÂN", "TỈNH QUẢNG NGÃI"]);
        assert!(reading.header.right.is_empty());
    }

    #[test]
    fn a_citizens_paper_has_the_motto_alone() {
        assert!(Paper::new().plain_header().reading().header.is_plain);
        assert!(!Paper::new().header(&["ỦY BAN NHÂN DÂN XÃ A"]).reading().header.is_plain);
        assert!(Paper::new().reading().header.motto.is_none());
    }

    #[test]
    fn a_motto_read_with_slips_is_found() {
        let reading = Paper::new()
            .around(143.0, 20.0, "CỌNG HOÀ XẢ HỘI CHÚ NGHIÃA VIỆT NAM")
            .around(60.0, 20.0, "HỘI ĐỒNG NHÂN DÂN")
            .reading();
        assert!(reading.header.motto.is_some_and(|m| m.left > 95.0));
    }

    #[test]
    fn foreign_numbers_do_no_harm() {
        let (mut text, facts) = Paper::new().put(f32::NAN, 5.0, "a b").put(1e30, -1e30, "c").finish();
        text.pages[0].lines.push(crate::domain::text::TextLine { block: 0, words: Vec::new() });
        assert!(sheets(&text, &facts)[0].lines.len() <= 1);
    }
}
