//! Pages of another paper among the pages of this one.
//!
//! Told by a head with another number or agency, by a page number that fits nowhere, by numbers
//! printed in another way. One such sign is enough only where the other pages agree among themselves.

use super::{Leaf, Problem};
use crate::{
    domain::page::{FindingKind, Numbering},
    engines::extraction::{Head, nearly},
};

/// The pages that belong to another paper.
pub(super) fn strangers(leaves: &[Leaf]) -> Vec<Problem> {
    let mut found = with_another_head(leaves);
    let rest: Vec<Leaf> =
        leaves.iter().filter(|l| !found.iter().any(|p| p.page == l.position)).copied().collect();
    let odd = numbered_otherwise(&rest).or_else(|| out_of_sequence(&rest)).or_else(|| ended_before(&rest));
    found.extend(odd);
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
    are_others(&own.agency, &other.agency).then_some("cơ quan ban hành khác")
}

/// Whether each of two agencies has a word that the other lacks: one lost or misread word is a slip of
/// the reader, and agencies that were not read are not other ones.
fn are_others(a: &str, b: &str) -> bool {
    let lacks = |words: &str, other: &str| {
        words.split(' ').any(|w| w.len() > 1 && !other.split(' ').any(|o| nearly(w, o)))
    };
    !a.is_empty() && !b.is_empty() && lacks(a, b) && lacks(b, a)
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

/// One number without which all others follow each other, and with which they do not. Pages without a
/// number take part by their place.
fn out_of_sequence(leaves: &[Leaf]) -> Option<Problem> {
    let n_known = leaves.iter().filter(|l| l.number.is_some()).count();
    let numbers: Vec<u32> = leaves.iter().filter_map(|l| l.number).collect();
    // Numbers that only skip some are a gap.
    let is_rising = numbers.windows(2).all(|p| p[0] < p[1]);
    if n_known < 3 || is_rising || leaves.iter().any(Leaf::is_appendix) || is_whole(leaves) {
        return None;
    }
    let without = |i: usize| -> Vec<Leaf> {
        leaves.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, l)| *l).collect()
    };
    let fitting: Vec<&Leaf> = (0..leaves.len())
        .filter(|i| leaves[*i].number.is_some() && follow(&without(*i)))
        .map(|i| &leaves[i])
        .collect();
    let is_last = |leaf: &Leaf| leaves.last().is_some_and(|l| l.position == leaf.position);
    match fitting.as_slice() {
        // At the end it may as well be a gap; that is the other check's.
        [one] if !is_last(one) => Some(stranger(one, "số trang không thuộc dãy số của giấy tờ này")),
        // The same number twice: the stranger is the one that ends a paper, else the later one is named.
        [a, b] if a.number == b.number => {
            let ends = |l: &Leaf| l.outline.is_some_and(|o| o.has_recipients || o.has_signature);
            let which = if ends(a) && !is_last(b) && !ends(b) { a } else { b };
            Some(stranger(which, "số trang trùng với một trang khác nội dung"))
        }
        _ => None,
    }
}

/// Whether the numbers may all be those of this paper, in whatever order.
fn is_whole(leaves: &[Leaf]) -> bool {
    let mut numbers: Vec<u32> = leaves.iter().filter_map(|l| l.number).collect();
    numbers.sort_unstable();
    let (Some(first), Some(last)) = (numbers.first(), numbers.last()) else { return true };
    let is_distinct = numbers.windows(2).all(|p| p[0] < p[1]);
    is_distinct && ((last - first) as usize) < leaves.len()
}

/// Whether all known numbers go up with their pages, one by one.
fn follow(leaves: &[Leaf]) -> bool {
    let mut shifts = leaves.iter().zip(0u32..).filter_map(|(l, i)| Some(i64::from(l.number?) - i64::from(i)));
    let first = shifts.next();
    shifts.all(|s| Some(s) == first)
}

/// A page with recipients in the middle of a paper that ends with recipients.
fn ended_before(leaves: &[Leaf]) -> Option<Problem> {
    let ends = |l: &&Leaf| l.outline.is_some_and(|o| o.has_recipients);
    let ending: Vec<&Leaf> = leaves.iter().filter(ends).collect();
    let [early, last] = ending.as_slice() else { return None };
    let is_at_end = leaves.last().is_some_and(|l| l.position == last.position);
    let has_appendix = leaves.iter().any(Leaf::is_appendix);
    let before = leaves.iter().filter(|l| l.position < early.position).count();
    (is_at_end && before > 0 && !has_appendix && !fits(leaves, early))
        .then(|| stranger(early, "trang này đã có phần “Nơi nhận” của một giấy tờ"))
}
