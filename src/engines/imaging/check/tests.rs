use super::*;
use crate::{domain::page::Severity, engines::imaging::open::ContainerKind};

fn page(position: u32) -> PageFacts {
    PageFacts {
        position,
        printed_number: None,
        original_page: position,
        width_mm: 210.0,
        height_mm: 297.0,
        dpi: 300,
        colour: Colour::Colour,
        rotation: 0,
        skew_degrees: 0.0,
        blank: false,
        duplicate_of: None,
        note_pair: None,
        separator: None,
    }
}

fn container(version: Option<&str>) -> Container {
    Container {
        kind: if version.is_some() { ContainerKind::Pdf } else { ContainerKind::Images },
        pdf_version: version.map(str::to_owned),
        n_pages: 1,
        pages_of_files: vec![1],
        n_bytes: 1,
        has_signatures: false,
        certified: None,
        is_encrypted: false,
    }
}

fn kinds(pages: &[PageFacts], expected: Option<u32>) -> Vec<(FindingKind, Option<u32>)> {
    let found = check(&container(Some("1.7")), pages, expected, &PageRules::default());
    found.into_iter().map(|f| (f.kind, f.page)).collect()
}

#[test]
fn a_good_paper_has_no_findings() {
    assert_eq!(kinds(&[page(1), page(2)], Some(2)), []);
    assert_eq!(kinds(&[page(1), page(2)], None), []);
}

#[test]
fn each_fault_of_one_page_has_its_finding() {
    let check = |change: &dyn Fn(&mut PageFacts), expected: &[FindingKind]| {
        let mut faulty = page(2);
        change(&mut faulty);
        let found: Vec<FindingKind> = kinds(&[page(1), faulty], None).into_iter().map(|f| f.0).collect();
        assert_eq!(found, expected);
    };
    check(&|p| p.blank = true, &[FindingKind::BlankPage]);
    check(&|p| p.rotation = 180, &[FindingKind::RotatedPage]);
    check(&|p| p.duplicate_of = Some(1), &[FindingKind::DuplicatePage]);
    check(&|p| p.dpi = 150, &[FindingKind::LowResolution]);
    check(&|p| p.dpi = 199, &[]);
    check(&|p| p.colour = Colour::Grey, &[FindingKind::NotColour]);
    check(&|p| p.colour = Colour::Bilevel, &[FindingKind::NotColour]);
    check(&|p| (p.colour, p.dpi) = (Colour::Grey, 0), &[]); // drawn, not scanned
    check(&|p| (p.width_mm, p.height_mm) = (583.0, 825.0), &[FindingKind::WrongScale]);
    check(&|p| (p.width_mm, p.height_mm) = (147.0, 208.0), &[FindingKind::WrongScale; 0]);
    check(&|p| (p.width_mm, p.height_mm) = (168.0, 237.6), &[FindingKind::WrongScale]);
    check(&|p| (p.width_mm, p.height_mm) = (85.6, 54.0), &[]);
    check(&|p| (p.width_mm, p.height_mm) = (190.0, 265.0), &[]);
}

#[test]
fn the_declared_number_is_held_against_pages_with_and_without_blanks() {
    let mut blank = page(2);
    blank.blank = true;
    let paper = [page(1), blank, page(3)];
    let wrong = |expected: u32, blank_pages: BlankPages| {
        let rules = PageRules { blank_pages, ..PageRules::default() };
        check(&container(None), &paper, Some(expected), &rules)
            .iter()
            .any(|f| f.kind == FindingKind::WrongPageCount && f.severity == Severity::Block)
    };
    for (expected, rule, is_wrong) in [
        (3, BlankPages::Either, false),
        (2, BlankPages::Either, false),
        (4, BlankPages::Either, true),
        (1, BlankPages::Either, true),
        (2, BlankPages::Counted, true),
        (3, BlankPages::NotCounted, true),
    ] {
        assert_eq!(wrong(expected, rule), is_wrong, "{expected} {rule:?}");
    }
    let found = check(&container(None), &paper, Some(5), &PageRules::default());
    assert!(found[0].message.contains("khai 5 trang") && found[0].message.contains("trang trắng: 2"));
}

#[test]
fn a_page_with_and_without_its_note_counts_once() {
    let (mut clean, mut noted) = (page(2), page(3));
    (clean.note_pair, noted.note_pair) = (Some(3), Some(2));
    let found = kinds(&[page(1), clean, noted], Some(2));
    assert!(!found.iter().any(|f| f.0 == FindingKind::WrongPageCount), "{found:?}");
}

#[test]
fn printed_numbers_tell_gaps_and_swaps() {
    let check = |numbers: &[u32], expected: &[(FindingKind, Option<u32>)]| {
        let pages: Vec<PageFacts> = numbers
            .iter()
            .zip(1..)
            .map(|(n, position)| PageFacts { printed_number: (*n > 0).then_some(*n), ..page(position) })
            .collect();
        assert_eq!(kinds(&pages, None), expected, "{numbers:?}");
    };
    use FindingKind::{MissingPage, OutOfOrder};
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
}

#[test]
fn old_versions_are_advice() {
    for (version, is_old) in [("1.3", true), ("1.4", false), ("1.7", false), ("2.0", false), ("1.0", true)] {
        let found = check(&container(Some(version)), &[page(1)], None, &PageRules::default());
        assert_eq!(found.iter().any(|f| f.kind == FindingKind::OldPdfVersion), is_old, "{version}");
        assert!(found.iter().all(|f| f.severity == Severity::Advice));
    }
}

#[test]
fn severities_follow_the_configuration_but_secrecy_does_not() {
    let rules: PageRules =
        toml::from_str("[severities]\nnot_colour = \"block\"\nclassified = \"advice\"\n").unwrap();
    assert_eq!(rules.severity(FindingKind::NotColour), Severity::Block);
    assert_eq!(rules.severity(FindingKind::Classified), Severity::Block);
    assert_eq!(rules.severity(FindingKind::LowResolution), Severity::Block);
    assert!(toml::from_str::<PageRules>("min_dots = 100").is_err());
}
