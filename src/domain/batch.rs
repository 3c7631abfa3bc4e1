//! A feeder batch: which of its pages are separator sheets, and which papers lie between them.
//!
//! Pure: knows positions and what each page is, no picture and no file.

use super::separator::{Separator, SheetMark};

/// What was seen of a page of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchPage {
    /// The separator sheet that it is; `None` for a page of a paper.
    pub sheet: Option<SheetMark>,
    /// Whether nothing stands on it.
    pub blank: bool,
}

/// What a paper of a batch begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opening {
    /// Nothing: the batch begins with it.
    Nothing,
    /// A sheet that names dossier and component.
    Sheet(Separator),
    /// Bars alone: another paper of the component named last; `None` when none was named yet.
    Patch(Option<Separator>),
    /// A sheet that can't be read: one Vietnamese sentence.
    Unreadable(String),
}

/// A paper of a batch: its pages by their position in the batch, from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// What it begins with.
    pub opening: Opening,
    /// Position of the sheet; `None` at the beginning of the batch.
    pub sheet_at: Option<u32>,
    /// The pages, never empty.
    pub pages: Vec<u32>,
}

/// A batch, taken apart. Every page is in exactly one of `segments`, `sheets` and `backs`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Split {
    /// The papers in order.
    pub segments: Vec<Segment>,
    /// Positions of the separator sheets.
    pub sheets: Vec<u32>,
    /// Positions of their blank backs.
    pub backs: Vec<u32>,
    /// Positions of sheets behind which no paper lies.
    pub empty: Vec<u32>,
}

/// Takes a batch apart at its separator sheets.
///
/// A sheet begins a new paper and is never a page of one; one blank page right behind it is its back
/// (the feeder scanned both sides) and goes with it. The same sheet twice in a row, printed on both
/// sides, is one. A patch sheet right behind a sheet with a code adds nothing to it.
pub fn split(pages: &[BatchPage]) -> Split {
    let mut found = Split::default();
    let mut open = Segment { opening: Opening::Nothing, sheet_at: None, pages: Vec::new() };
    let mut named: Option<Separator> = None;
    let mut last_mark: Option<&SheetMark> = None;
    let mut may_be_back = false;
    for (position, page) in (1u32..).zip(pages) {
        let Some(mark) = &page.sheet else {
            if may_be_back && page.blank {
                found.backs.push(position);
                may_be_back = false;
            } else {
                (may_be_back, last_mark) = (false, None);
                open.pages.push(position);
            }
            continue;
        };
        found.sheets.push(position);
        may_be_back = true;
        if open.pages.is_empty() && open.sheet_at.is_some() {
            let is_same = last_mark == Some(mark);
            let adds_nothing = *mark == SheetMark::Patch && !matches!(open.opening, Opening::Unreadable(_));
            if is_same || adds_nothing {
                continue;
            }
        }
        close(&mut found, open);
        if let Some(separator) = mark.separator() {
            named = Some(separator);
        }
        open =
            Segment { opening: opening(mark, named.as_ref()), sheet_at: Some(position), pages: Vec::new() };
        last_mark = Some(mark);
    }
    close(&mut found, open);
    found
}

fn opening(mark: &SheetMark, named: Option<&Separator>) -> Opening {
    match (mark, mark.separator()) {
        (_, Some(separator)) => Opening::Sheet(separator),
        // The number of pages was that of the first paper.
        (SheetMark::Patch, _) => Opening::Patch(named.map(|s| Separator { pages: None, ..s.clone() })),
        (SheetMark::Unreadable { message }, _) => Opening::Unreadable(message.clone()),
        (SheetMark::Sheet { .. }, None) => {
            Opening::Unreadable("mã thành phần trên tờ phân cách không đúng mẫu: hãy in lại".to_owned())
        }
    }
}

fn close(found: &mut Split, segment: Segment) {
    match segment.sheet_at {
        _ if !segment.pages.is_empty() => found.segments.push(segment),
        Some(at) => found.empty.push(at),
        None => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{eligibility::PaperRole, ids::DossierId};

    fn separator(letter: char) -> Separator {
        Separator {
            dossier: DossierId::parse(&format!("{letter}-1")).unwrap(),
            role: Some(PaperRole::parse("01").unwrap()),
            pages: Some(crate::domain::dossier::ExpectedPages(2)),
        }
    }

    /// Letters a, b are sheets of two dossiers, `T` bars, `?` an unreadable sheet, `.` a blank page,
    /// `x` a page. Answers as `a2,3 T5` with sheets behind which nothing lies as `!1`, backs as `-2`.
    fn check(batch: &str, expected: &str) {
        let pages: Vec<BatchPage> = batch
            .chars()
            .map(|c| BatchPage {
                sheet: match c {
                    'x' | '.' => None,
                    'T' => Some(SheetMark::Patch),
                    '?' => Some(SheetMark::Unreadable { message: "hỏng".into() }),
                    letter => Some(SheetMark::from(&separator(letter))),
                },
                blank: c == '.',
            })
            .collect();
        let split = split(&pages);
        let mut said: Vec<String> = Vec::new();
        for segment in &split.segments {
            let opening = match &segment.opening {
                Opening::Nothing => "0".to_owned(),
                Opening::Sheet(s) => s.dossier.as_str()[..1].to_owned(),
                Opening::Patch(Some(s)) => {
                    assert_eq!(s.pages, None);
                    s.dossier.as_str()[..1].to_uppercase()
                }
                Opening::Patch(None) => "T".to_owned(),
                Opening::Unreadable(_) => "?".to_owned(),
            };
            let pages: Vec<String> = segment.pages.iter().map(u32::to_string).collect();
            said.push(format!("{opening}{}", pages.join(",")));
        }
        said.extend(split.empty.iter().map(|at| format!("!{at}")));
        said.extend(split.backs.iter().map(|at| format!("-{at}")));
        assert_eq!(said.join(" "), expected, "{batch}");
        let n_kept: usize = split.segments.iter().map(|s| s.pages.len()).sum();
        assert_eq!(n_kept + split.sheets.len() + split.backs.len(), pages.len(), "{batch}: a page was lost");
    }

    #[test]
    fn a_batch_comes_apart_at_its_sheets() {
        for (batch, expected) in [
            ("", ""),
            ("xx", "01,2"),
            ("axxbx", "a2,3 b5"),
            ("axTxx", "a2 A4,5"),
            ("TxTx", "T2 T4"),
            ("xxaxTx", "01,2 a4 A6"),
            ("?xax", "?2 a4"),
        ] {
            check(batch, expected);
        }
    }

    #[test]
    fn the_back_of_a_sheet_goes_with_it_and_no_other_page_does() {
        for (batch, expected) in [
            ("a.x.b.x", "a3,4 b7 -2 -6"),
            ("a..x", "a3,4 -2"),
            ("ax.", "a2,3"),
            ("aax", "a3"),
            ("a.a.x", "a5 -2 -4"),
            ("xa.", "01 !2 -3"),
        ] {
            check(batch, expected);
        }
    }

    #[test]
    fn a_sheet_without_a_paper_is_told() {
        for (batch, expected) in [
            ("a", "!1"),
            ("abx", "b3 !1"),
            ("axb", "a2 !3"),
            ("aTx", "a3"),
            ("?ax", "a3 !1"),
            ("a?x", "?3 !1"),
        ] {
            check(batch, expected);
        }
    }
}
