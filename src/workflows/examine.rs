//! Checks and reads a paper without keeping anything: what `check`, `digitise --dry-run` and the
//! job of a received paper have in common.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use jiff::Timestamp;

use crate::{
    domain::{
        catalogue::Catalogue,
        dossier::{ExpectedPages, StepTimes},
        eligibility::PaperRole,
        fields::{FieldKey, ProposedFields},
        ids::{OwnerNumber, ProcedureCode},
        page::{self, CheckedPages, Finding, FindingKind, PageFaults, Severity},
        plan::PagePlan,
        text::RecognisedText,
    },
    engines::{
        assembly,
        extraction::{self, DeclaredPaper},
        imaging::{
            check::{self, PageRules},
            fault::ReadError,
            open::Container,
        },
        reader::{Depth, Readers, Reading},
    },
};

/// What was said about the paper when it was handed in.
#[derive(Debug, Clone, Default)]
pub struct Declared {
    /// Number of pages.
    pub pages: Option<ExpectedPages>,
    /// Procedure.
    pub procedure: Option<ProcedureCode>,
    /// What the paper is in that procedure.
    pub role: Option<PaperRole>,
    /// The owner's number.
    pub owner: Option<OwnerNumber>,
    /// Which pages, in which order; all as they came when there is none.
    pub plan: Option<PagePlan>,
}

/// What was seen of a paper.
#[derive(Debug)]
pub struct Examination {
    /// The file: its kind, its signatures.
    pub container: Container,
    /// Whether its pages pass Điều 9.
    pub pages: Result<CheckedPages, PageFaults>,
    /// The words; empty when the pages were not read.
    pub text: RecognisedText,
    /// What is proposed; `None` when the pages were not read.
    pub proposed: Option<ProposedFields>,
    /// How long each step took.
    pub timings: StepTimes,
}

impl Examination {
    /// All findings, of whichever outcome.
    pub fn findings(&self) -> &[Finding] {
        match &self.pages {
            Ok(checked) => &checked.findings,
            Err(faults) => &faults.findings,
        }
    }

    /// Whether a secret mark was found.
    pub fn is_classified(&self) -> bool {
        self.findings().iter().any(|f| f.kind == FindingKind::Classified)
    }
}

/// Checks pages only (Điều 9): no words are read.
///
/// # Errors
/// [`ReadError`] when the bytes are no readable paper.
pub fn check_pages(
    readers: &Readers,
    parts: &[PathBuf],
    expected: Option<ExpectedPages>,
    rules: &PageRules,
    on_page: &(dyn Fn(u32, u32) + Sync),
) -> Result<Examination, ReadError> {
    let start = Instant::now();
    let reading = readers.read(parts, None, Depth::Check, on_page)?;
    let findings = findings_of(&reading, expected, rules);
    let timings = StepTimes { total: millis(start.elapsed()), ..times_of(&reading) };
    Ok(Examination {
        container: reading.container,
        pages: page::judge(reading.pages, findings),
        text: RecognisedText::default(),
        proposed: None,
        timings,
    })
}

fn findings_of(reading: &Reading, expected: Option<ExpectedPages>, rules: &PageRules) -> Vec<Finding> {
    let mut findings = check::check(&reading.container, &reading.pages, expected.map(|p| p.0), rules);
    let outlines = extraction::outlines(&reading.text, &reading.pages);
    findings.extend(assembly::check(&reading.pages, &outlines, rules));
    // Of a page that could not be seen whole nothing else can be said.
    let is_unseen = |f: &Finding| {
        let same_page = |u: &&Finding| u.kind == FindingKind::UnreadablePage && u.page == f.page;
        f.page.is_some() && reading.findings_of_pages.iter().any(|u| same_page(&u))
    };
    findings.retain(|f| !is_unseen(f));
    findings.extend(reading.findings_of_pages.iter().cloned());
    findings
}

fn times_of(reading: &Reading) -> StepTimes {
    let t = reading.timings;
    StepTimes { decode: t.decode_ms, check: t.check_ms, ocr: t.ocr_ms, extract: 0, total: 0 }
}

/// Checks the pages, reads them, and proposes the fields. A paper with too few or too many pages is read
/// as well: only its words tell which page is missing or belongs elsewhere.
///
/// A secret mark ends the reading: no words and no fields come back (Điều 5 khoản 1).
///
/// # Errors
/// [`ReadError`] when the bytes are no readable paper.
pub fn examine(
    readers: &Readers,
    parts: &[PathBuf],
    declared: &Declared,
    catalogue: &Catalogue,
    rules: &PageRules,
    now: Timestamp,
    on_page: &(dyn Fn(u32, u32) + Sync),
) -> Result<Examination, ReadError> {
    let start = Instant::now();
    let reading = readers.read(parts, declared.plan.as_ref(), Depth::Text, on_page)?;
    let mut findings = findings_of(&reading, declared.pages, rules);
    let is_secret = findings.iter().any(|f| f.kind == FindingKind::Classified);
    let mut timings = times_of(&reading);
    let (text, proposed) = if is_secret {
        (RecognisedText::default(), None)
    } else {
        let extracting = Instant::now();
        let context = extraction::Context {
            catalogue,
            procedure: declared.procedure.as_ref(),
            paper: declared.role.as_ref().map(declared_paper),
            owner: declared.owner.as_ref(),
        };
        let proposed = extraction::propose(&reading.text, &reading.pages, &context, now);
        timings.extract = millis(extracting.elapsed());
        findings.extend(doubtful(&proposed));
        (reading.text, Some(proposed))
    };
    timings.total = millis(start.elapsed());
    Ok(Examination {
        container: reading.container,
        pages: page::judge(reading.pages, findings),
        text,
        proposed,
        timings,
    })
}

fn declared_paper(role: &PaperRole) -> DeclaredPaper {
    match role {
        PaperRole::Component { code } | PaperRole::Opinion { code } => DeclaredPaper::Component(code.clone()),
        PaperRole::Result { ordinal } => DeclaredPaper::Result(*ordinal),
    }
}

/// One question per field that was not read.
fn doubtful(proposed: &ProposedFields) -> impl Iterator<Item = Finding> + '_ {
    proposed.unread().into_iter().map(|key| Finding {
        kind: FindingKind::FieldDoubtful,
        page: place_of(proposed, key),
        rule: "QĐ 1917/QĐ-BLĐTBXH, Điều 16 khoản 1".into(),
        message: format!("“{}” chưa đọc được chắc chắn: xin nhập theo giấy tờ.", key.label()),
        severity: Severity::Ask,
    })
}

fn place_of(proposed: &ProposedFields, key: FieldKey) -> Option<u32> {
    let place = match key {
        FieldKey::OwnerId => proposed.owner_id.place,
        FieldKey::DocumentName => proposed.document_name.place,
        FieldKey::DocumentNumber => proposed.document_number.place,
        FieldKey::IssuedOn => proposed.issued_on.place,
        FieldKey::IssuingAuthority => proposed.issuing_authority.place,
        FieldKey::Abstract => proposed.abstract_text.place,
        FieldKey::ValidityPeriod => proposed.validity_period.place,
        FieldKey::ValidityScope => proposed.validity_scope.place,
        FieldKey::DocumentTypeCode | FieldKey::RecordedAt | FieldKey::Other => None,
    };
    place.map(|p| p.page)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
