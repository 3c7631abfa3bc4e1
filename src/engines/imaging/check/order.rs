//! Gaps and swaps in the printed page numbers; thin evidence says nothing.

use crate::domain::page::{FindingKind, PageFacts};

pub(super) struct Problem {
    pub kind: FindingKind,
    pub page: Option<u32>,
    pub message: String,
}

/// A page that counts, with its place among those that count and its printed number.
#[derive(Clone, Copy)]
struct Numbered {
    position: u32,
    /// From 1, over pages that are neither blank nor repeated.
    ordinal: u32,
    number: u32,
}

/// A gap of more pages than this from one reading is more likely a misread figure.
const WIDEST_GAP: u32 = 3;

pub(super) fn problems(pages: &[PageFacts]) -> Vec<Problem> {
    let counted = pages.iter().filter(|p| !p.blank && p.duplicate_of.is_none() && !is_note_double(p));
    let numbered: Vec<Numbered> = counted
        .zip(1..)
        .filter_map(|(p, ordinal)| {
            Some(Numbered { position: p.position, ordinal, number: p.printed_number? })
        })
        .collect();
    let mut found = Vec::new();
    for run in runs(&numbered) {
        let swapped = out_of_order(run);
        if swapped.is_empty() {
            found.extend(missing(run, run.first().is_some_and(|f| std::ptr::eq(f, &numbered[0]))));
        } else {
            found.extend(swapped);
        }
    }
    found
}

fn is_note_double(page: &PageFacts) -> bool {
    page.note_pair.is_some_and(|other| other < page.position)
}

/// Cuts where numbering begins anew: an appendix starts again at 1 or 2.
fn runs(numbered: &[Numbered]) -> Vec<&[Numbered]> {
    let mut runs = Vec::new();
    let mut start = 0;
    for i in 1..numbered.len() {
        let highest = numbered[start..i].iter().map(|n| n.number).max().unwrap_or(0);
        let is_new = numbered[i].number <= 2 && highest > 2 && increases(&numbered[i..]);
        if is_new && numbered[start..i].iter().all(|n| n.number != numbered[i].number) == (highest < 2) {
            runs.push(&numbered[start..i]);
            start = i;
        }
    }
    if start < numbered.len() {
        runs.push(&numbered[start..]);
    }
    runs
}

fn increases(run: &[Numbered]) -> bool {
    run.windows(2).all(|p| p[0].number < p[1].number)
}

/// Pages whose numbers fall: only when the same numbers, sorted, leave no doubt what the order is.
fn out_of_order(run: &[Numbered]) -> Vec<Problem> {
    let mut numbers: Vec<u32> = run.iter().map(|n| n.number).collect();
    numbers.sort_unstable();
    let is_distinct = numbers.windows(2).all(|p| p[0] < p[1]);
    let is_close = numbers.windows(2).all(|p| p[1] - p[0] <= WIDEST_GAP);
    if run.len() < 2 || increases(run) || !is_distinct || !is_close {
        return Vec::new();
    }
    run.iter()
        .zip(&numbers)
        .filter(|(page, expected)| page.number != **expected)
        .map(|(page, _)| Problem {
            kind: FindingKind::OutOfOrder,
            page: Some(page.position),
            message: format!(
                "Trang thứ {} của bản quét in số {}, không đúng thứ tự; hãy sắp xếp lại theo bản gốc.",
                page.position, page.number
            ),
        })
        .collect()
}

/// Numbers that are skipped between two pages, and before the first.
fn missing(run: &[Numbered], is_first_run: bool) -> Vec<Problem> {
    let mut found = Vec::new();
    let say = |from: u32, to: u32, position: u32| {
        let which = if from == to {
            format!("trang số {from}")
        } else {
            format!("các trang số {from} đến {to}")
        };
        Problem {
            kind: FindingKind::MissingPage,
            page: Some(position),
            message: format!(
                "Có thể thiếu {which} (trước trang thứ {position} của bản quét); hãy đối chiếu với bản gốc và quét bổ sung."
            ),
        }
    };
    if let Some(first) = run.first().filter(|_| is_first_run) {
        let lacking = first.number.saturating_sub(first.ordinal);
        if (1..=WIDEST_GAP).contains(&lacking) {
            found.push(say(first.number - lacking, first.number - 1, first.position));
        }
    }
    for (i, pair) in run.windows(2).enumerate() {
        let (a, b) = (pair[0], pair[1]);
        let steps = b.number.saturating_sub(a.number);
        let lacking = steps.saturating_sub(b.ordinal - a.ordinal);
        // The page after tells a gap from a misread figure.
        let next_agrees = run.get(i + 2).is_none_or(|c| c.number > b.number);
        if b.number > a.number && (1..=WIDEST_GAP).contains(&lacking) && next_agrees {
            found.push(say(b.number - lacking, b.number - 1, b.position));
        }
    }
    found
}
