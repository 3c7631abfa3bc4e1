//! What `check` and `digitise` answer about one input: the JSON of the contract, or a line for people.

use std::{fs::Permissions, io::Write, os::unix::fs::PermissionsExt, path::Path, time::Duration};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use serde_json::{Map, Value};

use super::{Exit, Stop};
use crate::{
    domain::{
        code::DocumentCode,
        dossier::StepTimes,
        fields::ProposedFields,
        page::{CheckedPages, Colour, Finding, FindingKind, PageFacts, PageFaults, Severity},
        text::RecognisedText,
    },
    engines::imaging::fault::ReadError,
    faces::wire::{self, CodeOut, PageOut, ReasonOut},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Outcome {
    Proposed,
    Stored,
    NeedsPerson,
    NeedsRescan,
    Refused,
    Unreadable,
}

impl Outcome {
    pub(super) fn exit(self) -> Exit {
        match self {
            Self::Proposed | Self::Stored => Exit::Done,
            Self::NeedsPerson | Self::NeedsRescan => Exit::NeedsPerson,
            Self::Refused => Exit::Refused,
            Self::Unreadable => Exit::Unreadable,
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::Proposed => "đã đọc",
            Self::Stored => "đã lưu",
            Self::NeedsPerson => "cần xem",
            Self::NeedsRescan => "cần quét lại",
            Self::Refused => "không số hóa",
            Self::Unreadable => "không đọc được",
        }
    }
}

/// The answer about one input: all keys of the contract, always.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    input: String,
    outcome: Outcome,
    reasons: Vec<ReasonOut>,
    pages: Vec<PageOut>,
    fields: Map<String, Value>,
    code: Option<CodeOut>,
    timings_ms: StepTimes,
    /// The paper's id in the store, where it was received.
    #[serde(skip_serializing_if = "Option::is_none")]
    paper: Option<String>,
    #[serde(skip)]
    proposed: Option<ProposedFields>,
    #[serde(skip)]
    exit: Option<Exit>,
}

impl Report {
    /// Nothing could be seen of the input.
    pub(super) fn unreadable(input: &str, message: String, exit: Exit) -> Self {
        Self::unreadable_at(input, None, message, exit)
    }

    /// As [`Self::unreadable`], because of what the reading says.
    pub(super) fn unread(input: &str, error: &ReadError, exit: Exit) -> Self {
        Self::unreadable_at(input, error.page(), error.to_string(), exit)
    }

    fn unreadable_at(input: &str, page: Option<u32>, message: String, exit: Exit) -> Self {
        let finding = Finding {
            kind: FindingKind::UnreadablePage,
            page,
            rule: "QĐ 1917/QĐ-BLĐTBXH, Điều 9 khoản 2".into(),
            message,
            severity: Severity::Block,
        };
        Self::new(input, Outcome::Unreadable, &[finding], &[], &RecognisedText::default()).with_exit(exit)
    }

    /// The regulation says no.
    pub(super) fn refused(input: &str, finding: &Finding) -> Self {
        Self::new(input, Outcome::Refused, std::slice::from_ref(finding), &[], &RecognisedText::default())
    }

    /// What was seen of the pages.
    pub(super) fn seen(input: &str, pages: &Result<CheckedPages, PageFaults>, text: &RecognisedText) -> Self {
        let (outcome, pages, findings) = match pages {
            Ok(checked) if checked.findings.iter().any(|f| f.severity >= Severity::Ask) => {
                (Outcome::NeedsPerson, &checked.pages, &checked.findings)
            }
            Ok(checked) => (Outcome::Proposed, &checked.pages, &checked.findings),
            Err(faults) if faults.findings.iter().any(|f| f.kind == FindingKind::Classified) => {
                (Outcome::Refused, &faults.pages, &faults.findings)
            }
            Err(faults) => (Outcome::NeedsRescan, &faults.pages, &faults.findings),
        };
        Self::new(input, outcome, findings, pages, text)
    }

    fn new(
        input: &str,
        outcome: Outcome,
        findings: &[Finding],
        pages: &[PageFacts],
        text: &RecognisedText,
    ) -> Self {
        Self {
            input: input.to_owned(),
            outcome,
            reasons: findings.iter().map(ReasonOut::from).collect(),
            pages: wire::pages_out(pages, text),
            fields: wire::no_fields_out(),
            code: None,
            timings_ms: StepTimes::default(),
            paper: None,
            proposed: None,
            exit: None,
        }
    }

    pub(super) fn with_exit(mut self, exit: Exit) -> Self {
        self.exit = Some(exit);
        self
    }

    pub(super) fn with_timings(mut self, timings: StepTimes) -> Self {
        self.timings_ms = timings;
        self
    }

    pub(super) fn with_paper(mut self, paper: impl ToString) -> Self {
        self.paper = Some(paper.to_string());
        self
    }

    /// Adds a reason; a question or worse lowers the outcome.
    pub(super) fn with_reason(mut self, finding: &Finding) -> Self {
        self.reasons.push(ReasonOut::from(finding));
        if finding.severity >= Severity::Ask && matches!(self.outcome, Outcome::Proposed | Outcome::Stored) {
            self.outcome = Outcome::NeedsPerson;
        }
        self
    }

    /// The fields and the code that are proposed; without a code a person must look.
    pub(super) fn with_proposal(mut self, proposed: ProposedFields, code: Option<&DocumentCode>) -> Self {
        if code.is_none() && self.outcome == Outcome::Proposed {
            self.outcome = Outcome::NeedsPerson;
        }
        self.fields = wire::fields_out(&proposed);
        self.code = code.map(CodeOut::proposed);
        self.proposed = Some(proposed);
        self
    }

    /// The paper is kept under `code`.
    pub(super) fn stored(mut self, code: &DocumentCode) -> Self {
        self.outcome = Outcome::Stored;
        self.code = Some(CodeOut::assigned(code));
        self
    }

    /// The whole way took so long, in milliseconds.
    pub(super) fn with_total(mut self, total: u64) -> Self {
        self.timings_ms.total = total;
        self
    }

    pub(super) fn outcome(&self) -> Outcome {
        self.outcome
    }

    pub(super) fn exit(&self) -> Exit {
        self.exit.unwrap_or_else(|| self.outcome.exit())
    }

    /// Prints one line of JSON, or a line for people with the reasons below it.
    pub(super) fn print(&self, json: bool) {
        if json {
            println!("{}", serde_json::to_string(self).expect("an answer is plain data"));
            return;
        }
        println!("{}", self.line());
        if !matches!(self.outcome, Outcome::Stored) {
            for reason in &self.reasons {
                println!("    {}", reason.line());
            }
        }
    }

    /// A row per page, for people: what was measured of it.
    pub(super) fn print_pages(&self) {
        println!(
            "    {:>5} {:>6} {:>11} {:>5} {:<10} {:>5} {:>6}  ghi chú",
            "trang", "số in", "khổ (mm)", "dpi", "màu", "xoay", "lệch"
        );
        for page in &self.pages {
            let facts = page.facts();
            let size = format!("{:.0} × {:.0}", facts.width_mm, facts.height_mm);
            let number = facts.printed_number.map_or_else(|| "–".to_owned(), |n| n.to_string());
            let colour = match facts.colour {
                Colour::Colour => "màu",
                Colour::Grey => "xám",
                Colour::Bilevel => "đen trắng",
            };
            let remarks: Vec<String> = [
                facts.blank.then(|| "trắng".to_owned()),
                facts.duplicate_of.map(|p| format!("giống trang {p}")),
                facts.note_pair.map(|p| format!("cặp giấy ghi chú với trang {p}")),
                facts.separator.is_some().then(|| "tờ phân cách".to_owned()),
            ]
            .into_iter()
            .flatten()
            .collect();
            println!(
                "    {:>5} {number:>6} {size:>11} {:>5} {colour:<10} {:>4}° {:>5.1}°  {}",
                facts.position,
                facts.dpi,
                facts.rotation,
                facts.skew_degrees,
                remarks.join(", ")
            );
        }
    }

    fn line(&self) -> String {
        let mut parts = vec![format!("{:<14} {}", self.outcome.label(), self.input)];
        if let Some(fields) = &self.proposed {
            parts.push(fields.document_name.value.clone().unwrap_or_else(|| "(chưa rõ tên)".into()));
            let number = fields.document_number.value.as_ref().map(ToString::to_string);
            parts.push(number.unwrap_or_else(|| "(chưa có số)".into()));
            let day = fields.issued_on.value.map(|d| d.strftime("%d/%m/%Y").to_string());
            parts.push(day.unwrap_or_else(|| "(chưa có ngày)".into()));
        }
        if let Some(code) = &self.code {
            parts.push(format!("mã {}", code.text));
        }
        let seconds = Duration::from_millis(self.timings_ms.total).as_secs_f32();
        parts.push(format!("{} trang, {seconds:.1} giây", self.pages.len()));
        parts.join(" · ")
    }
}

/// A bar on a terminal that counts pages; nothing elsewhere.
pub(super) fn progress_bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} trang · {elapsed}");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// Writes `bytes` beside `path` and puts them in place whole: a reader sees the old file or the new one.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Stop> {
    let failed = |e: &dyn std::fmt::Display| {
        Stop::new(Exit::StorageUnreachable, format!("không ghi được {}: {e}", path.display()))
    };
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new()
        .permissions(Permissions::from_mode(0o666)) // less the umask
        .tempfile_in(folder)
        .map_err(|e| failed(&e))?;
    file.write_all(bytes).map_err(|e| failed(&e))?;
    file.persist(path).map_err(|e| failed(&e.error))?;
    Ok(())
}
