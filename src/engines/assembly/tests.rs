use super::*;
use crate::domain::page::BoxMm;
use crate::domain::text::{PageText, TextLine, TextSource, Word};
use crate::engines::extraction::{Head, LastLine};
use FindingKind::{ForeignPage, MissingPage, NoteUnpaired, OutOfOrder};

const TOP: Numbering = Numbering { is_roman: false, is_below: false, of: None };

/// Pages with these printed numbers; 0 for none.
fn numbered(numbers: &[u32]) -> Vec<PageFacts> {
    let page = |(n, position): (&u32, u32)| PageFacts {
        printed_number: (*n > 0).then_some(*n),
        numbering: (*n > 0).then_some(TOP),
        ..PageFacts::unknown(position, 210.0, 297.0)
    };
    numbers.iter().zip(1..).map(page).collect()
}

fn found(pages: &[PageFacts], outlines: &[PageOutline]) -> Vec<(FindingKind, Option<u32>)> {
    check(pages, outlines, &PageRules::default()).into_iter().map(|f| (f.kind, f.page)).collect()
}

fn head(symbol: &str, agency: &str) -> Option<Head> {
    Some(Head { agency: agency.into(), number: None, symbol: Some(symbol.into()), is_plain: false })
}

/// A page with enough words, in the middle of a paper.
fn inner(position: u32) -> PageOutline {
    PageOutline {
        position,
        n_words: 200,
        is_full: true,
        last_line: LastLine::Closed,
        ..PageOutline::default()
    }
}

fn first(position: u32) -> PageOutline {
    PageOutline { head: head("qdubnd", "uy ban nhan dan xa bao ai"), ..inner(position) }
}

fn last(position: u32) -> PageOutline {
    PageOutline { has_signature: true, has_recipients: true, is_full: false, ..inner(position) }
}

#[test]
fn printed_numbers_tell_gaps_and_swaps() {
    let check = |numbers: &[u32], expected: &[(FindingKind, Option<u32>)]| {
        assert_eq!(found(&numbered(numbers), &[]), expected, "{numbers:?}");
    };
    check(&[0, 2, 3, 4], &[]);
    check(&[0, 2, 4], &[(MissingPage, Some(3))]);
    check(&[0, 3, 4], &[(MissingPage, Some(2))]);
    check(&[2, 3], &[(MissingPage, Some(1))]);
    check(&[0, 3, 2], &[(OutOfOrder, Some(2)), (OutOfOrder, Some(3))]);
    check(&[0, 2, 0, 4], &[]); // an unread number is no gap
    check(&[0, 2, 8, 4], &[]); // one misread figure is thin evidence
    check(&[0, 2, 3, 0, 2, 3], &[]); // an appendix begins anew
    check(&[0, 0, 0], &[]);
    check(&[57], &[]); // taken out of a book
    check(&[1, 2, 7, 3, 4], &[(ForeignPage, Some(3))]);
    check(&[1, 2, 3, 3, 4], &[(ForeignPage, Some(4))]); // two pages three, of other looks
    check(&[1, 3, 4], &[(MissingPage, Some(2))]);
    check(&[1, 8, 0, 3], &[(ForeignPage, Some(2))]);
    check(&[1, 2, 0, 5, 4], &[(OutOfOrder, Some(4)), (OutOfOrder, Some(5))]);
    check(&[1, 0, 4], &[(MissingPage, Some(3))]); // before it, or the one before that
    check(
        &[5, 4, 3, 2, 1],
        &[(OutOfOrder, Some(1)), (OutOfOrder, Some(2)), (OutOfOrder, Some(4)), (OutOfOrder, Some(5))],
    );
}

#[test]
fn the_head_counts_as_page_one() {
    let check = |numbers: &[u32], outlines: &[PageOutline], expected: &[(FindingKind, Option<u32>)]| {
        assert_eq!(found(&numbered(numbers), outlines), expected, "{numbers:?}");
    };
    check(&[0, 2, 3], &[first(1), inner(2), last(3)], &[]);
    check(&[2, 0, 3], &[inner(1), first(2), last(3)], &[(OutOfOrder, Some(1)), (OutOfOrder, Some(2))]);
    check(&[0, 0], &[last(1), first(2)], &[(OutOfOrder, Some(2))]);
    let open = PageOutline { last_line: LastLine::Open, ..inner(3) };
    check(&[0, 0, 0], &[first(1), last(2), open], &[(OutOfOrder, Some(2))]);
    check(&[0, 0, 0], &[first(1), last(2), inner(3)], &[]); // a list is attached
    check(&[0, 0, 0], &[first(1), last(2), last(3)], &[(ForeignPage, Some(2))]);
    check(&[0, 3], &[first(1), last(2)], &[(MissingPage, Some(2))]);
}

#[test]
fn an_appendix_numbers_its_pages_anew() {
    let appendix = |position| PageOutline { is_appendix: true, ..inner(position) };
    let outlines = [first(1), last(2), appendix(3), inner(4)];
    assert_eq!(found(&numbered(&[0, 2, 0, 2]), &outlines), []);
    assert_eq!(found(&numbered(&[0, 2, 1, 2]), &outlines), []);
    assert_eq!(found(&numbered(&[0, 2, 3, 4]), &outlines), []);
}

#[test]
fn a_missing_end_is_said_only_when_surely_missing() {
    let open = PageOutline { last_line: LastLine::Open, ..inner(2) };
    let check = |outlines: &[PageOutline], expected: &[(FindingKind, Option<u32>)]| {
        assert_eq!(found(&numbered(&vec![0; outlines.len()]), outlines), expected, "{outlines:?}");
    };
    check(&[first(1), last(2)], &[]);
    check(&[first(1), open.clone()], &[(MissingPage, Some(2))]);
    check(&[first(1), inner(2)], &[(MissingPage, Some(2))]);
    // A form that nobody signs, a page that ends early, a page that could not be read.
    check(&[PageOutline { head: None, ..inner(1) }], &[]);
    check(&[first(1), PageOutline { is_full: false, ..inner(2) }], &[]);
    check(&[first(1), PageOutline { n_words: 12, ..open }], &[]);
    assert_eq!(found(&numbered(&[0, 0, 0]), &[first(1), inner(2)]), []);
    // An appendix follows the signature.
    check(&[first(1), last(2), PageOutline { is_appendix: true, ..inner(3) }], &[]);
}

#[test]
fn the_number_of_all_pages_is_believed_when_it_is_said_twice() {
    let with_total = |numbers: &[(u32, u32)]| -> Vec<PageFacts> {
        let mut pages = numbered(&numbers.iter().map(|n| n.0).collect::<Vec<_>>());
        for (page, (_, of)) in pages.iter_mut().zip(numbers) {
            page.numbering = Some(Numbering { of: (*of > 0).then_some(*of), ..TOP });
        }
        pages
    };
    assert_eq!(found(&with_total(&[(1, 3), (2, 3), (3, 3)]), &[]), []);
    assert_eq!(found(&with_total(&[(1, 3), (2, 3)]), &[]), [(MissingPage, Some(2))]);
    assert_eq!(found(&with_total(&[(1, 3), (2, 0)]), &[]), []);
    assert_eq!(found(&with_total(&[(1, 3), (2, 8)]), &[]), []);
}

#[test]
fn pages_of_another_paper_are_told_by_head_and_numbering() {
    let check = |other: Option<Head>, expected: &[(FindingKind, Option<u32>)]| {
        let outlines = [first(1), PageOutline { head: other, ..inner(2) }, last(3)];
        assert_eq!(found(&numbered(&[0, 0, 0]), &outlines), expected);
    };
    check(head("qdsldtbxh", "so lao dong thuong binh va xa hoi"), &[(ForeignPage, Some(2))]);
    check(head("qdubnd", "uy ban nhan dan xa tan thinh ha"), &[(ForeignPage, Some(2))]);
    check(head("qdubnd", "uy ban nhan dan xa bao ai"), &[]);
    check(head("qdubnd", "uy ban nhan oan xa bao ai"), &[]); // a slip of the reader
    check(Some(Head { is_plain: true, ..Head::default() }), &[(ForeignPage, Some(2))]);
    check(None, &[]);

    let with = |number: u32, numbering: Numbering| {
        let mut pages = numbered(&[0, 2, number, 3, 4]);
        pages[2].numbering = Some(numbering);
        found(&pages, &[])
    };
    let below = Numbering { is_below: true, of: Some(6), ..TOP };
    assert_eq!(with(2, below), [(ForeignPage, Some(3))]);
    assert_eq!(with(5, below), [(ForeignPage, Some(3))]);
    // The others may have lost their totals.
    assert_eq!(with(0, Numbering { of: Some(6), ..TOP }), []);
}

#[test]
fn a_note_wants_its_page_without_it() {
    let mut pages = numbered(&[0, 0]);
    pages[0].has_note = true;
    assert_eq!(found(&pages, &[]), [(NoteUnpaired, Some(1))]);
    (pages[0].note_pair, pages[1].note_pair) = (Some(2), Some(1));
    assert_eq!(found(&pages, &[]), []);
}

fn words(position: u32, words: &str) -> PageText {
    let word = |(text, i): (&str, u16)| Word {
        text: text.to_owned(),
        place: BoxMm { left: 30.0, top: 30.0 + 6.0 * f32::from(i), width: 20.0, height: 4.0 },
        confidence: 0.9,
        is_print: false,
    };
    let words = words.split(' ').zip(0..).map(word).collect();
    PageText { position, source: TextSource::Ocr, lines: vec![TextLine { block: 1, words }] }
}

#[test]
fn a_page_and_its_double_with_a_note_find_each_other() {
    use crate::engines::imaging::Thumbnail;
    let sheet = |note: bool, seed: u32| {
        let mut state = seed;
        let mut image = image::GrayImage::from_pixel(420, 594, image::Luma([240]));
        for row in 0..20u32 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            for x in 60..120 + (state >> 16) % 240 {
                for y in 0..6 {
                    image.put_pixel(x, 60 + 24 * row + y, image::Luma([30]));
                }
            }
        }
        if note {
            for (x, y) in (200..360).flat_map(|x| (200..360).map(move |y| (x, y))) {
                image.put_pixel(x, y, image::Luma([238]));
            }
        }
        let note = note.then_some(BoxMm { left: 100.0, top: 100.0, width: 80.0, height: 80.0 });
        Some(Sight { thumbnail: Thumbnail::of(&image), note })
    };
    let pairs = |sights: &[Option<Sight>], texts: &[PageText]| {
        let mut pages = numbered(&vec![0; sights.len()]);
        for (page, sight) in pages.iter_mut().zip(sights) {
            page.has_note = sight.as_ref().is_some_and(|s| s.note.is_some());
        }
        mark_repeats(&mut pages, texts, sights);
        pages.iter().map(|p| (p.note_pair, p.duplicate_of)).collect::<Vec<_>>()
    };
    let text = |p| words(p, "về việc hưởng trợ cấp xã hội hàng tháng của người cao tuổi");
    let other = words(2, "đơn xin nghỉ phép không hưởng lương của một người khác nào đó");
    let paired = [(Some(2), None), (Some(1), None)];
    assert_eq!(pairs(&[sheet(true, 1), sheet(false, 1)], &[text(1), text(2)]), paired);
    assert_eq!(pairs(&[sheet(false, 1), sheet(true, 1)], &[text(1), text(2)]), paired);
    assert_eq!(pairs(&[sheet(true, 1), sheet(false, 9)], &[]), [(None, None); 2]);
    assert_eq!(pairs(&[sheet(true, 1), sheet(false, 1)], &[text(1), other]), [(None, None); 2]);
    assert_eq!(
        pairs(&[sheet(false, 1), sheet(false, 1)], &[text(1), text(2)]),
        [(None, None), (None, Some(1))]
    );
}

#[test]
fn a_total_that_pages_agree_on_bounds_their_numbers() {
    let check = |numbers: &[(u32, Option<u32>)], expected: &[(FindingKind, Option<u32>)]| {
        let mut pages = numbered(&numbers.iter().map(|n| n.0).collect::<Vec<_>>());
        for (page, (_, of)) in pages.iter_mut().zip(numbers) {
            page.numbering = page.numbering.map(|n| Numbering { of: *of, ..n });
        }
        assert_eq!(found(&pages, &[]), expected, "{numbers:?}");
    };
    check(&[(23, None), (3, Some(3))], &[(MissingPage, Some(1))]); // 2/3 that was read as 23
    check(&[(1, Some(3)), (23, None), (3, Some(3))], &[]);
    check(&[(1, Some(3)), (8, None), (3, Some(3))], &[]); // no page of three
    check(&[(1, Some(3)), (2, Some(3)), (8, Some(9)), (33, None)], &[(ForeignPage, Some(3))]);
    check(&[(1, Some(3)), (3, Some(3))], &[(MissingPage, Some(2))]);
    check(&[(1, Some(3)), (2, Some(3))], &[(MissingPage, Some(2))]);
    check(&[(1, Some(3)), (2, Some(3)), (0, None)], &[]); // the third is there, its number unread
}
