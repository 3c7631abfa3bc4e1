use std::collections::BTreeSet;

use super::*;

const SMALL: PagePlan = PagePlan { seed: 5, n_papers: 6, has_held_out: true, dpi: Some(40) };

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let fonts = Fonts::load_all().unwrap();
    for order in SMALL.orders() {
        let (first, second) = (order.make(&fonts).unwrap(), order.make(&fonts).unwrap());
        assert_eq!(first.files, second.files, "{}", first.stem);
    }
}

#[test]
fn three_hundred_papers_have_every_fault_in_both_thirds() {
    let orders = PagePlan { n_papers: 300, ..SMALL }.orders();
    let names = |held_out: bool| -> BTreeSet<String> {
        orders.iter().filter(|one| one.is_held_out == held_out).map(|one| one.fault.name()).collect()
    };
    assert_eq!(SHARES.iter().map(|share| share.1).sum::<usize>(), 100);
    assert_eq!(names(true).len(), SHARES.len());
    assert_eq!(names(false), names(true));
    assert_eq!(orders.iter().filter(|one| one.is_held_out).count(), 100);
}

#[test]
fn a_truth_names_pages_that_are_there_and_every_grey_page() {
    let fonts = Fonts::load_all().unwrap();
    for order in (PagePlan { n_papers: 16, ..SMALL }).orders() {
        let paper = order.make(&fonts).unwrap();
        let truth = &paper.truth;
        let n = truth.pages as u32;
        for one in truth.findings.iter().chain(&truth.allowed) {
            assert!(one.page.is_none_or(|page| (1..=n).contains(&page)), "{} {one:?}", paper.stem);
        }
        let is_clean = truth.made.starts_with("clean")
            || ["note-pair", "pencil", "bleed", "back-stamp"].contains(&&*truth.made);
        let says_nothing = truth.findings.iter().all(|one| one.kind == "not_colour");
        assert_eq!(
            is_clean,
            says_nothing && !["grey", "bilevel", "mixed"].contains(&&*truth.made),
            "{}",
            paper.stem
        );
        let n_grey =
            truth.findings.iter().chain(&truth.allowed).filter(|one| one.kind == "not_colour").count();
        match truth.depth.as_str() {
            "colour" => assert_eq!(n_grey, 0),
            "mixed" => assert_eq!(n_grey, truth.pages - 1),
            _ => assert_eq!(n_grey, truth.pages),
        }
    }
}
