//! Gaps and swaps in the printed page numbers; thin evidence says nothing.

use super::{Leaf, Problem};
use crate::{domain::page::FindingKind, engines::extraction::LastLine};

/// A page whose number is known.
#[derive(Clone, Copy)]
struct Numbered {
    position: u32,
    ordinal: u32,
    number: u32,
    begins_appendix: bool,
}

/// A gap of more pages than this from one reading is more likely a misread figure.
const WIDEST_GAP: u32 = 3;

pub(super) fn problems(leaves: &[Leaf]) -> Vec<Problem> {
    let mut numbered: Vec<Numbered> = Vec::new();
    let mut appendix = false;
    for leaf in leaves {
        // An appendix without a number on its first page still begins anew there.
        appendix |= leaf.is_appendix();
        if let Some(number) = leaf.number {
            let (position, ordinal) = (leaf.position, leaf.ordinal);
            numbered.push(Numbered { position, ordinal, number, begins_appendix: appendix });
            appendix = false;
        }
    }
    let mut found = Vec::new();
    for run in runs(&numbered) {
        let swapped = out_of_order(run);
        if swapped.is_empty() {
            found.extend(missing(run, run.first().is_some_and(|f| std::ptr::eq(f, &numbered[0]))));
        } else {
            found.extend(swapped);
        }
    }
    if found.is_empty() {
        found.extend(head_in_the_middle(leaves).or_else(|| end_in_the_middle(leaves)));
    }
    found
}

/// Cuts where numbering begins anew: an appendix starts again at 1 or 2.
fn runs(numbered: &[Numbered]) -> Vec<&[Numbered]> {
    let mut runs = Vec::new();
    let mut start = 0;
    for i in 1..numbered.len() {
        let highest = numbered[start..i].iter().map(|n| n.number).max().unwrap_or(0);
        let is_low = numbered[i].number <= 2;
        let restarts = is_low && highest > 2 && increases(&numbered[i..]);
        let is_repeated = numbered[start..i].iter().any(|n| n.number == numbered[i].number);
        let is_appendix = numbered[i].begins_appendix && numbered[i].number <= highest;
        if is_appendix || (restarts && is_repeated) {
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
            page: page.position,
            message: format!(
                "Trang thứ {} của bản quét là trang số {}, không đúng thứ tự; hãy sắp xếp lại theo bản gốc.",
                page.position, page.number
            ),
        })
        .collect()
}

/// The page with the head of the paper stands behind others, and no number says otherwise.
fn head_in_the_middle(leaves: &[Leaf]) -> Option<Problem> {
    let at = leaves.iter().position(|l| l.outline.is_some_and(|o| o.head.is_some()))?;
    let before = &leaves[..at];
    let has_words = |l: &Leaf| l.outline.is_some_and(|o| o.n_words >= 30);
    let knows_nothing = before.iter().all(|l| l.number.is_none() && has_words(l));
    // The end of a paper before its beginning is no chance.
    let ends_before = before.iter().any(|l| l.outline.is_some_and(|o| o.has_recipients || o.has_signature));
    let ends_after =
        leaves[at..].iter().any(|l| l.outline.is_some_and(|o| o.has_recipients || o.has_signature));
    (at > 0 && knows_nothing && ends_before && !ends_after).then(|| Problem {
        kind: FindingKind::OutOfOrder,
        page: leaves[at].position,
        message: format!(
            "Trang thứ {} của bản quét có quốc hiệu, tiêu ngữ nên là trang đầu, nhưng đứng sau trang có chữ ký; hãy sắp xếp lại theo bản gốc.",
            leaves[at].position
        ),
    })
}

/// The page with the recipients stands before the last one, which breaks off in a sentence.
fn end_in_the_middle(leaves: &[Leaf]) -> Option<Problem> {
    let last = leaves.last().filter(|l| l.outline.is_some_and(|o| o.last_line == LastLine::Open))?;
    let ends = |l: &&Leaf| l.outline.is_some_and(|o| o.has_recipients);
    let mut ending = leaves.iter().filter(ends);
    let (end, None) = (ending.next()?, ending.next()) else { return None };
    let is_plain = end.position != last.position && !leaves.iter().any(Leaf::is_appendix);
    is_plain.then(|| Problem {
        kind: FindingKind::OutOfOrder,
        page: end.position,
        message: format!(
            "Trang thứ {} của bản quét có phần “Nơi nhận” nên là trang cuối, nhưng sau đó còn trang chưa hết câu; hãy sắp xếp lại theo bản gốc.",
            end.position
        ),
    })
}

/// Pages between the two carry no number that could be read: where the gap is, nobody knows.
fn somewhere_between(lacking: u32, a: Numbered, b: Numbered) -> Problem {
    Problem {
        kind: FindingKind::MissingPage,
        page: b.position,
        message: format!(
            "Có thể thiếu {lacking} trang trong khoảng từ trang thứ {} đến trang thứ {} của bản quét (in số {} và {}); hãy đối chiếu với bản gốc và quét bổ sung.",
            a.position, b.position, a.number, b.number
        ),
    }
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
            page: position,
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
            found.push(if b.ordinal == a.ordinal + 1 {
                say(b.number - lacking, b.number - 1, b.position)
            } else {
                somewhere_between(lacking, a, b)
            });
        }
    }
    found
}
