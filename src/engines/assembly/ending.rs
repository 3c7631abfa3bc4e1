//! Whether the last page is there: papers of agencies end with a signature and `Nơi nhận`.

use super::{Leaf, Problem};
use crate::{domain::page::FindingKind, engines::extraction::LastLine};

/// Fewer words than this tell nothing of how a page ends.
const WORDS_AT_LEAST: usize = 40;

/// What is missing at the end, if it surely is.
pub(super) fn missing(leaves: &[Leaf]) -> Option<Problem> {
    let last = leaves.last()?;
    short_of_total(leaves).or_else(|| unsigned(leaves, last))
}

/// Fewer pages than `2/5` promises.
fn short_of_total(leaves: &[Leaf]) -> Option<Problem> {
    let total = leaves.iter().find_map(|l| l.numbering?.of)?;
    let agree = leaves.iter().filter_map(|l| l.numbering?.of).all(|of| of == total);
    let highest = leaves.iter().filter(|l| l.numbering.is_some()).max_by_key(|l| l.number)?;
    let number = highest.number?;
    // One reading of a total is thin; a second one, or the same number everywhere else, is not.
    let n_said = leaves.iter().filter(|l| l.numbering.is_some_and(|n| n.of.is_some())).count();
    // Pages behind it whose number could not be read may be the rest.
    let n_behind = leaves.iter().filter(|l| l.position > highest.position && l.numbering.is_none()).count();
    let reaches = number.saturating_add(u32::try_from(n_behind).unwrap_or(u32::MAX));
    if !agree || reaches >= total || (n_said < 2 && leaves.len() > 1) {
        return None;
    }
    let which = if number + 1 == total {
        format!("trang {total}")
    } else {
        format!("các trang {} đến {total}", number + 1)
    };
    Some(problem(highest, &format!("số trang in là {number}/{total}, thiếu {which}")))
}

/// A paper of an agency without signature and recipients whose text runs to the foot of the last page.
fn unsigned(leaves: &[Leaf], last: &Leaf) -> Option<Problem> {
    let outline = last.outline.filter(|o| o.n_words >= WORDS_AT_LEAST && o.is_full)?;
    let is_closed = leaves.iter().filter_map(|l| l.outline).any(|o| o.has_signature || o.has_recipients);
    if is_closed || leaves.iter().any(|l| l.outline.is_none()) {
        return None;
    }
    let head = leaves.iter().find_map(|l| l.outline?.head.as_ref());
    let is_of_agency = head.is_some_and(|h| !h.is_plain && h.symbol.is_some());
    match outline.last_line {
        LastLine::Open => Some(problem(last, "câu cuối còn dở, chưa có phần chữ ký, nơi nhận")),
        _ if is_of_agency => Some(problem(last, "chưa thấy phần chữ ký, nơi nhận")),
        _ => None,
    }
}

fn problem(leaf: &Leaf, sign: &str) -> Problem {
    let message = format!(
        "Có thể thiếu trang sau trang thứ {} của bản quét ({sign}); hãy đối chiếu với bản gốc và quét bổ sung.",
        leaf.position
    );
    Problem { kind: FindingKind::MissingPage, page: leaf.position, message }
}
