use super::*;
use crate::{domain::page::Severity, engines::imaging::open::ContainerKind};

fn page(position: u32) -> PageFacts {
    PageFacts { dpi: 300, ..PageFacts::unknown(position, 210.0, 297.0) }
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
        carried_code: None,
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
    // Too few dots for the paper, whatever size the file claims: one finding.
    check(&|p| (p.width_mm, p.height_mm, p.dpi) = (157.0, 222.0, 150), &[FindingKind::LowResolution]);
    check(&|p| p.quality.sheet_mm = Some([168.0, 237.6]), &[FindingKind::WrongScale]);
    check(&|p| p.quality.sheet_mm = Some([148.0, 210.0]), &[]);
    check(&|p| p.quality.edge_mm = Some(0.25), &[]);
    check(&|p| p.quality.edge_mm = Some(0.6), &[FindingKind::Blurred]);
    check(&|p| (p.quality.edge_mm, p.dpi) = (Some(0.6), 100), &[FindingKind::LowResolution]);
    check(&|p| (p.quality.edge_mm, p.dpi) = (Some(0.6), 0), &[]); // drawn
    check(&|p| p.quality.paper_level = Some(0.7), &[]);
    check(&|p| p.quality.paper_level = Some(0.3), &[FindingKind::TooDark]);
    check(&|p| p.quality.shadow_share = Some(0.1), &[FindingKind::TooDark]);
    check(&|p| p.quality.ink_contrast = Some(0.4), &[]);
    check(&|p| p.quality.ink_contrast = Some(0.13), &[FindingKind::TooLight]);
    check(&|p| p.quality.cut_letters = Some(2), &[]);
    check(&|p| p.quality.cut_letters = Some(9), &[FindingKind::CutOff]);
    check(&|p| p.quality.hidden_lines = Some(2), &[FindingKind::CutOff]);
    check(&|p| p.quality.streak_contrast = Some(0.02), &[]);
    check(&|p| p.quality.streak_contrast = Some(0.3), &[FindingKind::Streaked]);
}

#[test]
fn a_fault_of_the_scan_says_what_was_measured_and_what_is_asked() {
    let mut faulty = page(1);
    faulty.quality.edge_mm = Some(0.612);
    (faulty.quality.cut_letters, faulty.quality.cut_side) = (Some(7), Some(crate::domain::page::Side::Right));
    faulty.quality.streak_contrast = Some(0.073);
    let found = check(&container(None), &[faulty], None, &PageRules::default());
    let says = |kind: FindingKind| found.iter().find(|f| f.kind == kind).unwrap();
    assert!(says(FindingKind::Blurred).message.contains("0,61 mm, giới hạn 0,48 mm"));
    assert!(says(FindingKind::CutOff).message.contains("mép phải: ít nhất 7 chỗ"));
    assert!(says(FindingKind::Streaked).message.contains("7,3 %, giới hạn 5,0 %"));
    assert!(found.iter().all(|f| f.rule.contains("Điều 9 khoản 6") && f.severity == Severity::Ask));
    let strict: PageRules = toml::from_str("max_edge_mm = 0.1\n[severities]\nblurred = \"block\"\n").unwrap();
    let mut sharp = page(1);
    sharp.quality.edge_mm = Some(0.15);
    let found = check(&container(None), &[sharp], None, &strict);
    assert_eq!((found[0].kind, found[0].severity), (FindingKind::Blurred, Severity::Block));
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
    (clean.note_pair, noted.note_pair, noted.has_note) = (Some(3), Some(2), true);
    let found = kinds(&[page(1), clean, noted], Some(2));
    assert!(!found.iter().any(|f| f.0 == FindingKind::WrongPageCount), "{found:?}");
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
