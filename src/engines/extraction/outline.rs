//! What the words of each page tell of its place in the paper: its head, its signature, how it ends.
//!
//! Facts only; whether a page is missing or belongs elsewhere is judged by `engines::assembly`.

use super::{
    document_number, fold,
    layout::{self, Header, Row, Sheet, confidence_of},
    signer,
};
use crate::domain::{page::PageFacts, text::RecognisedText};

/// The head of a first page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Head {
    /// The agency's lines, folded to bare words; empty when they were not surely read.
    pub agency: String,
    /// The figures before the slash of the number; `None` when they were not surely read.
    pub number: Option<String>,
    /// What follows the slash, folded, without signs: `qdubnd`.
    pub symbol: Option<String>,
    /// A citizen's own paper: the motto in the middle, no agency beside it.
    pub is_plain: bool,
}

/// How the last line of the text ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LastLine {
    /// Nothing to tell by: too little text, a form, a table.
    #[default]
    Unknown,
    /// With a full stop, a colon, a bracket.
    Closed,
    /// In the middle of a sentence, at the right margin.
    Open,
}

/// One page, by its words.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PageOutline {
    /// Position in the scan, from 1.
    pub position: u32,
    /// Quốc hiệu and tiêu ngữ with what stands beside them.
    pub head: Option<Head>,
    /// It begins with `PHỤ LỤC`.
    pub is_appendix: bool,
    /// A caption of one who signs stands at the right.
    pub has_signature: bool,
    /// `Nơi nhận:` stands on it.
    pub has_recipients: bool,
    /// The text reaches the foot of the page.
    pub is_full: bool,
    /// How its text ends.
    pub last_line: LastLine,
    /// Number of words.
    pub n_words: usize,
}

/// The outlines of the pages that hold words, in order.
pub fn outlines(text: &RecognisedText, facts: &[PageFacts]) -> Vec<PageOutline> {
    layout::sheets(text, facts).iter().map(outline).collect()
}

fn outline(sheet: &Sheet) -> PageOutline {
    let body = body(sheet);
    PageOutline {
        position: sheet.page,
        head: head(sheet),
        is_appendix: is_appendix(sheet),
        has_signature: signer::signs(sheet),
        has_recipients: sheet.pieces.iter().any(|r| r.phrase().starts_with("noi nhan")),
        is_full: body.last().is_some_and(|r| r.at.bottom() > sheet.height - 45.0),
        last_line: last_line(&body),
        n_words: sheet.lines.iter().map(|r| r.tokens.len()).sum(),
    }
}

fn head(sheet: &Sheet) -> Option<Head> {
    let header = Header::of(Some(sheet));
    // Words of running text may make up a motto too, but over the whole width.
    let motto = header.motto.filter(|m| m.top < 0.25 * sheet.height && m.width < 110.0)?;
    let in_head = |r: &&Row| r.at.middle_y() < motto.bottom() + 32.0;
    let number_row = header.left.iter().filter(in_head).find(|r| {
        document_number::is_labelled(r) || r.tokens.iter().any(|t| document_number::is_bare_symbol(&t.text))
    });
    let agency_end = number_row.map_or(motto.bottom() + 6.0, |r| r.at.top);
    let agency: Vec<String> = header
        .left
        .iter()
        .filter(|r| r.is_caps() && r.at.middle_y() < agency_end && confidence_of(&r.tokens).0 >= 0.75)
        .flat_map(|r| &r.tokens)
        .filter(|t| t.confidence >= 0.8)
        .flat_map(|t| fold::words(&t.text))
        .collect();
    let (number, symbol) = number_row.map_or((None, None), number_of);
    Some(Head { agency: agency.join(" "), number, symbol, is_plain: header.is_plain })
}

/// Figures and symbol of the row with the number, each where it was surely read.
fn number_of(row: &Row) -> (Option<String>, Option<String>) {
    let sure: String = row.tokens.iter().filter(|t| t.confidence >= 0.8).map(|t| t.text.as_str()).collect();
    let Some((before, after)) = sure.split_once('/') else { return (None, None) };
    let figures: String = before.chars().filter(char::is_ascii_digit).collect();
    let symbol: String = fold::fold(after).chars().filter(char::is_ascii_alphabetic).collect();
    let known = |text: String| (!text.is_empty()).then_some(text);
    (known(figures), known(symbol))
}

fn is_appendix(sheet: &Sheet) -> bool {
    let rows = sheet.pieces.iter().filter(|r| r.at.top < 0.3 * sheet.height).take(8);
    rows.into_iter().any(|r| r.is_caps() && r.phrase().starts_with("phu luc") && r.tokens.len() <= 6)
}

/// Lines of running text: several words each, over more than half of the width between the margins.
fn body(sheet: &Sheet) -> Vec<&Row> {
    let is_text = |r: &&Row| {
        let letters = r.tokens.iter().flat_map(|t| t.text.chars()).filter(|c| c.is_lowercase()).count();
        r.tokens.len() >= 4 && letters >= 12 && r.at.top > 20.0 && r.at.bottom() < sheet.height - 12.0
    };
    sheet.pieces.iter().filter(is_text).collect()
}

fn last_line(body: &[&Row]) -> LastLine {
    let Some(last) = body.last().filter(|_| body.len() >= 4) else { return LastLine::Unknown };
    let margin = body.iter().map(|r| r.at.right()).fold(0.0, f32::max);
    let Some(token) = last.tokens.last().filter(|t| t.confidence >= 0.6) else { return LastLine::Unknown };
    match token.text.chars().next_back() {
        Some(c) if c.is_alphabetic() || c == ',' => {
            // A line of running text that goes on is as long as its neighbours.
            if last.at.right() > margin - 8.0 { LastLine::Open } else { LastLine::Unknown }
        }
        Some(c) if ".;:!?…\"”)/".contains(c) => LastLine::Closed,
        _ => LastLine::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Paper;
    use super::*;

    fn first(paper: Paper) -> PageOutline {
        let (text, facts) = paper.finish();
        outlines(&text, &facts).remove(0)
    }

    #[test]
    fn the_head_says_whose_paper_it_is() {
        let head = first(
            Paper::new()
                .header(&["ỦY BAN NHÂN DÂN", "XÃ BẢO ÁI"])
                .number_and_date("Số: 46/QĐ-UBND", "Bảo Ái, ngày 06 tháng 5 năm 2024"),
        )
        .head
        .unwrap();
        assert_eq!(head.agency, "uy ban nhan dan xa bao ai");
        assert_eq!((head.number.as_deref(), head.symbol.as_deref()), (Some("46"), Some("qdubnd")));
        assert!(!head.is_plain);
        assert!(first(Paper::new().plain_header()).head.unwrap().is_plain);
        assert_eq!(first(Paper::new().put(30.0, 40.0, "Điều 3. Tổ chức thực hiện.")).head, None);
    }

    #[test]
    fn a_page_ends_open_closed_or_nobody_knows() {
        let check = |last: &str, left: f32, expected: LastLine| {
            let long = "Ủy ban nhân dân xã có trách nhiệm tổ chức thực hiện việc chi trả trợ cấp cho đối";
            let mut paper = Paper::new();
            for i in 0..6 {
                paper = paper.put(30.0, 40.0 + 7.0 * i as f32, long);
            }
            assert_eq!(first(paper.put(left, 84.0, last)).last_line, expected, "{last}");
        };
        check(
            "Ủy ban nhân dân xã có trách nhiệm tổ chức thực hiện việc chi trả trợ cấp cho đối",
            30.0,
            LastLine::Open,
        );
        check("được thực hiện kể từ ngày ký ban hành.", 30.0, LastLine::Closed);
        check("được thực hiện kể từ ngày ký ban hành", 30.0, LastLine::Unknown);
        assert_eq!(
            first(Paper::new().put(30.0, 40.0, "Kính gửi ông bà có tên")).last_line,
            LastLine::Unknown
        );
    }

    #[test]
    fn ends_of_papers_are_seen() {
        let end = first(Paper::new().put(30.0, 180.0, "Nơi nhận:").around(150.0, 180.0, "CHỦ TỊCH"));
        assert!(end.has_signature && end.has_recipients && !end.is_full);
        assert!(first(Paper::new().around(105.0, 25.0, "PHỤ LỤC I")).is_appendix);
        assert!(!first(Paper::new().put(30.0, 25.0, "Phụ lục kèm theo Quyết định này")).is_appendix);
    }
}
