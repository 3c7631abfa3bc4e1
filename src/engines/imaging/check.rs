//! The checks of Điều 9 over what was measured: pure, from facts to findings.
//!
//! Knows no pixel and no word; what a finding asks for is set by [`PageRules`].

mod quality;
mod rules;

pub use rules::{BlankPages, PageRules};

use crate::domain::page::{Colour, Finding, FindingKind, PageFacts};

use super::open::{Container, ContainerKind};

const COUNT_RULE: &str = "QĐ 1917/QĐ-BLĐTBXH, Điều 9 khoản 3";
const WHOLE_RULE: &str = "QĐ 1917/QĐ-BLĐTBXH, Điều 9 khoản 2";
const QUALITY_RULE: &str =
    "QĐ 1917/QĐ-BLĐTBXH, Điều 9 khoản 6; TT 02/2019/TT-BNV; NĐ 30/2020/NĐ-CP, Phụ lục I";

/// Checks the pages of a paper against the number that was declared and against the technical standard.
///
/// Findings about the whole paper first, then page by page.
///
/// Source: QĐ 1917/QĐ-BLĐTBXH, Điều 9; NĐ 30/2020/NĐ-CP, Phụ lục I.
pub fn check(
    container: &Container,
    pages: &[PageFacts],
    expected: Option<u32>,
    rules: &PageRules,
) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut say = |kind: FindingKind, page: Option<u32>, rule: &str, message: String| {
        let severity = rules.severity(kind);
        found.push(Finding { kind, page, rule: rule.to_owned(), message, severity });
    };
    if let Some(message) = expected.and_then(|n| wrong_count(pages, n, rules)) {
        say(FindingKind::WrongPageCount, None, COUNT_RULE, message);
    }
    if let Some(version) = old_version(container, rules) {
        let message = format!(
            "Tệp là PDF phiên bản {version}, cũ hơn phiên bản {} theo tiêu chuẩn; bản lập ra sẽ dùng phiên bản mới.",
            rules.min_pdf_version
        );
        say(FindingKind::OldPdfVersion, None, QUALITY_RULE, message);
    }
    for page in pages {
        let at = Some(page.position);
        for (kind, rule, message) in of_page(page, rules) {
            say(kind, at, rule, message);
        }
    }
    found
}

/// The sentence when the declared number of pages is not the number found.
fn wrong_count(pages: &[PageFacts], expected: u32, rules: &PageRules) -> Option<String> {
    let n = |keep: &dyn Fn(&&PageFacts) -> bool| {
        u32::try_from(pages.iter().filter(keep).count()).unwrap_or(u32::MAX)
    };
    // The page without its sticky note counts, its double with the note does not (Điều 9 khoản 4).
    let is_counted = |p: &&PageFacts| !p.is_note_double();
    let all = n(&is_counted);
    let written = n(&|p| is_counted(p) && !p.blank);
    let fits = match rules.blank_pages {
        BlankPages::Counted => expected == all,
        BlankPages::NotCounted => expected == written,
        BlankPages::Either => expected == all || expected == written,
    };
    if fits {
        return None;
    }
    let blank: Vec<String> = pages.iter().filter(|p| p.blank).map(|p| p.position.to_string()).collect();
    let blanks = if blank.is_empty() {
        String::new()
    } else {
        format!(" (trong đó có {} trang trắng: {})", blank.len(), blank.join(", "))
    };
    Some(format!(
        "Giấy tờ khai {expected} trang nhưng bản quét có {all} trang{blanks}; hãy đối chiếu với bản gốc và quét lại."
    ))
}

fn old_version<'c>(container: &'c Container, rules: &PageRules) -> Option<&'c str> {
    let version = container.pdf_version.as_deref().filter(|_| container.kind == ContainerKind::Pdf)?;
    let number = |text: &str| text.parse::<f32>().ok();
    (number(version)? + 0.001 < number(&rules.min_pdf_version)?).then_some(version)
}

fn of_page(page: &PageFacts, rules: &PageRules) -> Vec<(FindingKind, &'static str, String)> {
    let mut found = Vec::new();
    let position = page.position;
    if page.blank {
        found.push((
            FindingKind::BlankPage,
            WHOLE_RULE,
            format!("Trang {position} là trang trắng; đề nghị xem lại và đồng ý thì bỏ, hiện vẫn được giữ."),
        ));
    }
    if let Some(other) = page.duplicate_of {
        found.push((
            FindingKind::DuplicatePage,
            COUNT_RULE,
            format!(
                "Trang {position} giống trang {other}, có thể đã quét hai lần; hãy đối chiếu với bản gốc."
            ),
        ));
    }
    if page.rotation != 0 {
        found.push((
            FindingKind::RotatedPage,
            WHOLE_RULE,
            format!(
                "Trang {position} quét chưa đúng chiều, được xoay {}° theo chiều kim đồng hồ.",
                page.rotation
            ),
        ));
    }
    // A page that is drawn has no colours of a scanner; one without anything on it shows none.
    if page.dpi > 0 && !page.blank && page.colour != Colour::Colour {
        let what = if page.colour == Colour::Bilevel { "đen trắng" } else { "thang xám" };
        found.push((
            FindingKind::NotColour,
            QUALITY_RULE,
            format!("Trang {position} là ảnh {what}, không phải ảnh màu; nên quét lại ở chế độ màu."),
        ));
    }
    let faults = quality::faults(page, rules);
    found.extend(faults.into_iter().map(|(kind, message)| (kind, QUALITY_RULE, message)));
    found
}

#[cfg(test)]
mod tests;
