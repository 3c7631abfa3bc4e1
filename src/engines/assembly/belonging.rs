//! Pages of another paper among the pages of this one.
//!
//! Told by a head with another number or agency, by a page number that fits nowhere, by numbers
//! printed in another way. One such sign is enough only where the other pages agree among themselves.

use super::{Leaf, Problem};
use crate::{
    domain::page::{FindingKind, Numbering},
    engines::extraction::Head,
};

/// The pages that belong to another paper.
pub(super) fn strangers(leaves: &[Leaf]) -> Vec<Problem> {
    let mut found = with_another_head(leaves);
    let rest: Vec<Leaf> =
        leaves.iter().filter(|l| !found.iter().any(|p| p.page == l.position)).copied().collect();
    found.extend(numbered_otherwise(&rest).or_else(|| out_of_sequence(&rest)));
    found
}

fn stranger(leaf: &Leaf, sign: &str) -> Problem {
    let message = format!(
        "Trang {} có vẻ thuộc giấy tờ khác ({sign}); hãy đối chiếu với bản gốc, tách hoặc bỏ trang này.",
        leaf.position
    );
    Problem { kind: FindingKind::ForeignPage, page: leaf.position, message }
}

fn with_another_head(leaves: &[Leaf]) -> Vec<Problem> {
    let mut heads = leaves.iter().filter_map(|l| Some((l, l.outline?.head.as_ref()?)));
    let Some((_, own)) = heads.next() else { return Vec::new() };
    heads.filter_map(|(leaf, head)| Some(stranger(leaf, difference(own, head)?))).collect()
}

/// What tells two heads apart, in Vietnamese; `None` when nothing surely does.
fn difference(own: &Head, other: &Head) -> Option<&'static str> {
    let differ = |a: &Option<String>, b: &Option<String>| a.is_some() && b.is_some() && a != b;
    if own.is_plain != other.is_plain {
        return Some("phần đầu trang khác mẫu");
    }
    if differ(&own.symbol, &other.symbol) || differ(&own.number, &other.number) {
        return Some("số, ký hiệu khác");
    }
    let is_other_agency =
        !own.agency.is_empty() && !other.agency.is_empty() && !alike(&own.agency, &other.agency);
    is_other_agency.then_some("cơ quan ban hành khác")
}

/// Whether most words of two agencies are the same: readers slip, agencies do not.
fn alike(a: &str, b: &str) -> bool {
    let (a, b): (Vec<&str>, Vec<&str>) = (a.split(' ').collect(), b.split(' ').collect());
    let common = a.iter().filter(|w| b.contains(w)).count();
    common * 10 >= 7 * a.len().max(b.len())
}

/// One page whose number is printed in another way than those of at least two others, all alike.
fn numbered_otherwise(leaves: &[Leaf]) -> Option<Problem> {
    let ways: Vec<(&Leaf, Numbering)> = leaves.iter().filter_map(|l| Some((l, l.numbering?))).collect();
    let [first, .., last] = ways.as_slice() else { return None };
    let odd = |candidate: Numbering| ways.iter().filter(|w| w.1 == candidate).count() == 1;
    let common = ways.iter().map(|w| w.1).find(|w| ways.iter().filter(|o| o.1 == *w).count() >= 2)?;
    let is_alone = ways.iter().filter(|w| w.1 != common).count() == 1;
    let (leaf, way) = ways.iter().find(|w| w.1 != common && odd(w.1)).filter(|_| is_alone)?;
    // Front matter has Roman figures, and a reader may lose `/5` of `2/5`.
    let is_front = way.is_roman && (leaf.position == first.0.position || leaf.position == last.0.position);
    let lost_total = way.is_roman == common.is_roman
        && way.is_below == common.is_below
        && (way.of.is_none() || common.of.is_none());
    (!is_front && !lost_total && !fits(leaves, leaf)).then(|| stranger(leaf, "cách đánh số trang khác"))
}

/// Whether the number of a page lies between those before and after it.
fn fits(leaves: &[Leaf], leaf: &Leaf) -> bool {
    let numbers = |before: bool| {
        leaves.iter().filter(move |l| (l.position < leaf.position) == before && l.position != leaf.position)
    };
    let (lowest, highest) = (
        numbers(true).filter_map(|l| l.number).max().unwrap_or(0),
        numbers(false).filter_map(|l| l.number).min().unwrap_or(u32::MAX),
    );
    leaf.number.is_some_and(|n| lowest < n && n < highest)
}

/// One number without which all others follow each other, and with which they never do.
fn out_of_sequence(leaves: &[Leaf]) -> Option<Problem> {
    let numbers: Vec<u32> = leaves.iter().map(|l| l.number).collect::<Option<_>>()?;
    if numbers.len() < 4 || leaves.iter().any(Leaf::is_appendix) {
        return None;
    }
    let mut sorted = numbers.clone();
    sorted.sort_unstable();
    if follow(&sorted) {
        return None; // all are there, only swapped
    }
    let without = |i: usize| -> Vec<u32> {
        numbers.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, n)| *n).collect()
    };
    let fitting: Vec<usize> = (0..numbers.len()).filter(|i| follow(&without(*i))).collect();
    match fitting.as_slice() {
        // At the end it may as well be a gap; that is the other check's.
        [i] if *i + 1 < numbers.len() => {
            Some(stranger(&leaves[*i], "số trang không thuộc dãy số của giấy tờ này"))
        }
        // The same number twice: either may be the stranger, the later one is named.
        [i, j] if numbers[*i] == numbers[*j] => {
            Some(stranger(&leaves[*j], "số trang trùng với một trang khác nội dung"))
        }
        _ => None,
    }
}

fn follow(numbers: &[u32]) -> bool {
    numbers.windows(2).all(|p| p[0] + 1 == p[1])
}
