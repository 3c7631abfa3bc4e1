//! What is written beside a file that was dealt with: what became of it, and what to do. No personal data.

use std::path::Path;

use jiff::{Timestamp, tz::TimeZone};

use crate::domain::{
    dossier::{Paper, PaperState},
    page::{Finding, Severity},
};

/// How a file of the folder ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Received; nothing to do at the scanner.
    Received,
    /// Received, and a person has to do something about it: scan again, look at where it lies.
    NeedsPerson,
    /// The same bytes were received before.
    Duplicate,
    /// Not received.
    Failed,
}

impl Outcome {
    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::NeedsPerson => "needs_person",
            Self::Duplicate => "duplicate",
            Self::Failed => "failed",
        }
    }

    /// The name for people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Received => "ĐÃ NHẬN",
            Self::NeedsPerson => "ĐÃ NHẬN, CẦN XỬ LÝ",
            Self::Duplicate => "TRÙNG, KHÔNG NHẬN LẦN NỮA",
            Self::Failed => "KHÔNG NHẬN ĐƯỢC",
        }
    }
}

/// The name of the text beside a file: `scan.pdf.txt`.
pub(super) fn beside(file: &Path) -> std::path::PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(".txt");
    file.with_file_name(name)
}

/// The text beside a file.
pub(super) fn text(outcome: Outcome, at: Timestamp, lines: &[String]) -> String {
    let at = at.to_zoned(TimeZone::fixed(jiff::tz::offset(7))).strftime("%d/%m/%Y %H:%M");
    let mut text = format!("{}\nLúc: {at}\n\n", outcome.label());
    for line in lines {
        text.push_str(line);
        text.push('\n');
    }
    text
}

/// What a paper that came to rest asks for: lines for the text, and whether somebody has to act at the scanner.
pub(super) fn of_paper(paper: &Paper, pages: Option<&[u32]>) -> (Vec<String>, bool) {
    let pages = pages.map(|p| format!(" (trang {} của tệp)", ranges(p))).unwrap_or_default();
    let mut lines = vec![format!("Giấy tờ {}{pages}: {}.", paper.id, paper.state.label())];
    let (findings, todo): (&[Finding], Option<&str>) = match &paper.state {
        PaperState::NeedsRescan { faults } => (
            &faults.findings,
            Some(
                "Cần làm: quét lại giấy tờ này; hoặc mở giấy tờ trong phần mềm và ghi lý do để dùng bản quét này.",
            ),
        ),
        PaperState::ToConfirm { checked, .. } => (&checked.findings, None),
        _ => (&[], None),
    };
    let asks = findings.iter().filter(|f| f.severity >= Severity::Ask);
    lines.extend(asks.map(|f| format!("  - {} [{}]", f.message, f.rule)));
    let (cause, needs_person) = match &paper.state {
        PaperState::NeedsRescan { .. } => (None, true),
        PaperState::Failed { cause, .. } => {
            (Some(format!("  - {cause}\nCần làm: mở giấy tờ trong phần mềm để làm lại, hoặc quét lại.")), true)
        }
        PaperState::Refused { reason, .. } => {
            (Some(format!("  - {reason}\nCần làm: trả lại giấy tờ, không quét nữa.")), true)
        }
        PaperState::Quarantined { .. } => (
            Some(
                "  - Tài liệu có dấu độ mật: không số hóa (QĐ 1917/QĐ-BLĐTBXH, Điều 5 khoản 1). Bản quét đã được cách ly; tệp gốc đã được lấy khỏi thư mục này.\nCần làm: báo người phụ trách; xóa các bản sao khác của tệp."
                    .to_owned(),
            ),
            true,
        ),
        _ => (None, false),
    };
    lines.extend(cause);
    lines.extend(todo.map(str::to_owned));
    (lines, needs_person)
}

/// `2–4, 7`.
pub fn ranges(pages: &[u32]) -> String {
    let mut said: Vec<(u32, u32)> = Vec::new();
    for page in pages {
        match said.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(*page) => *last = *page,
            _ => said.push((*page, *page)),
        }
    }
    let one = |(first, last): &(u32, u32)| {
        if first == last { first.to_string() } else { format!("{first}–{last}") }
    };
    said.iter().map(one).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_in_a_row_are_said_together() {
        for (pages, expected) in
            [(&[][..], ""), (&[3], "3"), (&[2, 3, 4, 7], "2–4, 7"), (&[1, 3], "1, 3"), (&[5, 4], "5, 4")]
        {
            assert_eq!(ranges(pages), expected);
        }
    }

    #[test]
    fn the_text_has_its_name_from_the_whole_name() {
        assert_eq!(beside(Path::new("/a/loi/scan.pdf")), Path::new("/a/loi/scan.pdf.txt"));
        assert_eq!(beside(Path::new("/a/loi/trang")), Path::new("/a/loi/trang.txt"));
    }
}
