//! Whether the pages are one paper, whole, each once and in order (Điều 9 khoản 1–4).
//!
//! Judges what was measured and what the words of each page tell of its place; thin evidence gives no
//! finding. Knows no pixel and no file.

mod belonging;
mod ending;
mod numbering;
mod repeats;

pub use repeats::{Sight, mark_repeats};

use crate::{
    domain::page::{Finding, FindingKind, Numbering, PageFacts},
    engines::{extraction::PageOutline, imaging::check::PageRules},
};

const COUNT_RULE: &str = "QĐ 1917/QĐ-BLĐTBXH, Điều 9 khoản 3";
const NOTE_RULE: &str = "QĐ 1917/QĐ-BLĐTBXH, Điều 9 khoản 4";

/// A finding before the rules say what it asks for.
struct Problem {
    kind: FindingKind,
    page: u32,
    message: String,
}

/// A page that counts: neither blank, nor a repetition, nor the double with the sticky note.
#[derive(Clone, Copy)]
struct Leaf<'a> {
    position: u32,
    /// From 1, over the pages that count.
    ordinal: u32,
    /// As printed; 1 for a page with the head of the paper and no number.
    number: Option<u32>,
    numbering: Option<Numbering>,
    outline: Option<&'a PageOutline>,
}

impl Leaf<'_> {
    fn is_appendix(&self) -> bool {
        self.outline.is_some_and(|o| o.is_appendix)
    }
}

/// Checks order, belonging and completeness; `outlines` may lack pages that were not read.
///
/// Source: QĐ 1917/QĐ-BLĐTBXH, Điều 9 khoản 2–4.
pub fn check(pages: &[PageFacts], outlines: &[PageOutline], rules: &PageRules) -> Vec<Finding> {
    let leaves = leaves(pages, outlines);
    let strangers = belonging::strangers(&leaves);
    let own: Vec<Leaf> = leaves
        .iter()
        .filter(|l| !strangers.iter().any(|s| s.page == l.position))
        .zip(1..)
        .map(|(leaf, ordinal)| Leaf { ordinal, ..*leaf })
        .collect();
    let mut problems = numbering::problems(&own);
    if !problems.iter().any(|p| p.kind == FindingKind::OutOfOrder) {
        problems.extend(ending::missing(&own));
    }
    let order = strangers.into_iter().chain(problems).map(|p| (p, COUNT_RULE));
    order
        .chain(unpaired(pages).map(|p| (p, NOTE_RULE)))
        .map(|(Problem { kind, page, message }, rule)| Finding {
            kind,
            page: Some(page),
            rule: rule.to_owned(),
            message,
            severity: rules.severity(kind),
        })
        .collect()
}

fn leaves<'a>(pages: &[PageFacts], outlines: &'a [PageOutline]) -> Vec<Leaf<'a>> {
    let counted = pages.iter().filter(|p| !p.blank && p.duplicate_of.is_none() && !p.is_note_double());
    let mut leaves: Vec<Leaf> = counted
        .zip(1..)
        .map(|(p, ordinal)| Leaf {
            position: p.position,
            ordinal,
            number: p.printed_number,
            numbering: p.numbering,
            outline: outlines.iter().find(|o| o.position == p.position),
        })
        .collect();
    if let Some(total) = total_of(&leaves) {
        let says_none = |l: &&mut Leaf| l.numbering.is_some_and(|n| n.of.is_none());
        leaves.iter_mut().filter(says_none).for_each(|l| l.number = l.number.and_then(|n| within(n, total)));
    }
    // NĐ 30/2020/NĐ-CP, Phụ lục I: page one carries no number, but the head of the paper.
    if let Some(first) = leaves.iter_mut().find(|l| l.outline.is_some_and(|o| o.head.is_some())) {
        first.number = first.number.or(Some(1));
    }
    leaves
}

/// How many pages the paper has, where its pages say so (`2/5`): what one says, or more than half of several.
fn total_of(leaves: &[Leaf]) -> Option<u32> {
    let said: Vec<u32> = leaves.iter().filter_map(|l| l.numbering?.of).collect();
    let n_like = |total: u32| said.iter().filter(|of| **of == total).count();
    let total = said.iter().copied().max_by_key(|of| n_like(*of))?;
    let is_one_paper = !leaves.iter().any(Leaf::is_appendix);
    (is_one_paper && n_like(total) * 2 > said.len()).then_some(total)
}

/// A number that pages of this total can have. `23` of 3 pages is `2/3` that lost its stroke in reading.
fn within(number: u32, total: u32) -> Option<u32> {
    if number <= total {
        return Some(number);
    }
    let text = number.to_string();
    let ordinal = text.strip_suffix(&total.to_string())?.parse().ok()?;
    (1..=total).contains(&ordinal).then_some(ordinal)
}

fn unpaired(pages: &[PageFacts]) -> impl Iterator<Item = Problem> + '_ {
    pages.iter().filter(|p| p.has_note && p.note_pair.is_none()).map(|p| Problem {
        kind: FindingKind::NoteUnpaired,
        page: p.position,
        message: format!(
            "Trang {} có giấy ghi chú dán đè nhưng không thấy bản quét của trang này khi đã bỏ giấy ghi chú; hãy gỡ giấy ghi chú và quét thêm một bản.",
            p.position
        ),
    })
}

#[cfg(test)]
mod tests;
