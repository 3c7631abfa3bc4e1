//! Checks and reads a paper without keeping anything: what `check`, `digitise --dry-run` and the
//! job of a received paper have in common.

use std::{
    collections::BTreeSet,
    path::PathBuf,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use jiff::Timestamp;

use super::overlay::Seen;
use crate::{
    domain::{
        batch::{self, BatchPage, Opening},
        catalogue::Catalogue,
        dossier::{ExpectedPages, StepTimes},
        eligibility::PaperRole,
        fields::{FieldKey, ProposedFields, Standing, Status},
        first::FirstProposals,
        ids::{OwnerNumber, ProcedureCode},
        job::Urgency,
        page::{self, CheckedPages, Finding, FindingKind, PageFacts, PageFaults, Severity},
        plan::PagePlan,
        rescan::PageLooks,
        text::RecognisedText,
    },
    engines::{
        assembly,
        evidence::{self, FileEvidence},
        extraction::{self, DeclaredPaper, Guide},
        imaging::{
            Thumbnail,
            check::{self, PageRules},
            fault::ReadError,
            open::{Container, ContainerKind},
        },
        reader::{Attention, Depth, Head, Readers, Reading},
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

/// Who waits for a paper, and what they hear while it is read.
#[derive(Clone, Copy)]
pub struct Interest<'a> {
    /// Whether a person waits.
    pub urgency: Urgency,
    /// Told after each page how many are done, of how many.
    pub on_page: &'a (dyn Fn(u32, u32) + Sync),
    /// Told what the head of page one gives, before the rest is read; of a secret page nothing.
    pub on_first: &'a (dyn Fn(FirstProposals) + Sync),
}

impl<'a> Interest<'a> {
    /// Of a person who sees how many pages are done.
    pub fn at_the_desk(on_page: &'a (dyn Fn(u32, u32) + Sync)) -> Self {
        Self { urgency: Urgency::Desk, on_page, on_first: &|_| {} }
    }
}

/// What papers are held against.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// The catalogue in force for this paper.
    pub catalogue: &'a Catalogue,
    /// Templates of kinds of paper, and agencies.
    pub guide: &'a Guide,
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
    /// How the pages look; nothing of a secret paper.
    pub looks: Vec<PageLooks>,
    /// How long each step took.
    pub timings: StepTimes,
}

impl Examination {
    /// What is said of the pages, whether or not another scan is needed.
    pub(super) fn findings_mut(&mut self) -> &mut Vec<Finding> {
        match &mut self.pages {
            Ok(checked) => &mut checked.findings,
            Err(faults) => &mut faults.findings,
        }
    }
}

impl Examination {
    /// All findings, of whichever outcome.
    pub fn findings(&self) -> &[Finding] {
        match &self.pages {
            Ok(checked) => &checked.findings,
            Err(faults) => &faults.findings,
        }
    }

    /// What may be drawn over its pages; `parts` are its files.
    pub fn seen<'a>(&'a self, parts: &'a [PathBuf]) -> Seen<'a> {
        let pages = match &self.pages {
            Ok(checked) => &checked.pages,
            Err(faults) => &faults.pages,
        };
        Seen { parts, pages, proposed: self.proposed.as_ref(), findings: self.findings() }
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
    let reading = readers.read(parts, None, Depth::Check, Attention::pile(on_page))?;
    let findings = findings_of(&reading, expected, rules);
    let timings = StepTimes { total: millis(start.elapsed()), ..times_of(&reading) };
    Ok(Examination {
        container: reading.container,
        pages: page::judge(reading.pages, findings),
        text: RecognisedText::default(),
        proposed: None,
        looks: Vec::new(),
        timings,
    })
}

/// What measures and words say of the pages of one paper; of a page that could not be seen whole nothing.
fn of_pages(
    reading: &Reading,
    pages: &[PageFacts],
    expected: Option<u32>,
    rules: &PageRules,
) -> Vec<Finding> {
    let mut findings = check::check(&reading.container, pages, expected, rules);
    findings.extend(assembly::check(pages, &extraction::outlines(&reading.text, pages), rules));
    let is_unseen = |f: &Finding| {
        let unseen = reading.findings_of_pages.iter().filter(|u| u.kind == FindingKind::UnreadablePage);
        f.page.is_some() && unseen.map(|u| u.page).any(|page| page == f.page)
    };
    findings.retain(|f| !is_unseen(f));
    findings
}

/// What is wrong with the pages. Separator sheets among them are not looked at, and cut a batch into
/// papers that are checked one by one.
fn findings_of(reading: &Reading, expected: Option<ExpectedPages>, rules: &PageRules) -> Vec<Finding> {
    let expected = expected.map(|p| p.0);
    let mut findings = Vec::new();
    if reading.pages.iter().all(|page| page.separator.is_none()) {
        findings.extend(of_pages(reading, &reading.pages, expected, rules));
        findings.extend(reading.findings_of_pages.iter().cloned());
        return findings;
    }
    let seen = |page: &PageFacts| BatchPage { sheet: page.separator.clone(), blank: page.blank };
    let split = batch::split(&reading.pages.iter().map(seen).collect::<Vec<_>>());
    for segment in &split.segments {
        let of_paper = |page: &&PageFacts| segment.pages.contains(&page.position);
        let pages: Vec<PageFacts> = reading.pages.iter().filter(of_paper).cloned().collect();
        let declared = match &segment.opening {
            Opening::Sheet(separator) => separator.pages.map(|p| p.0),
            _ => None,
        };
        findings.extend(of_pages(reading, &pages, declared, rules));
    }
    let aside = |page: u32| split.sheets.contains(&page) || split.backs.contains(&page);
    let seen = reading.findings_of_pages.iter();
    findings.extend(seen.filter(|f| !f.page.is_some_and(aside)).cloned());
    findings
}

/// A separator sheet in what was received as one paper: a pile that should have been split.
fn sheets_among(reading: &Reading) -> impl Iterator<Item = Finding> + '_ {
    reading.pages.iter().filter(|page| page.separator.is_some()).map(|page| Finding {
        kind: FindingKind::ForeignPage,
        page: Some(page.position),
        rule: "QĐ 1917/QĐ-BLĐTBXH, Điều 9 khoản 2".into(),
        message: format!(
            "Trang {} là tờ phân cách, không phải trang của giấy tờ: nhận tệp này như một chồng giấy tờ để được tách, hoặc bỏ trang đó.",
            page.position
        ),
        severity: Severity::Ask,
    })
}

fn times_of(reading: &Reading) -> StepTimes {
    let t = reading.timings;
    StepTimes {
        decode: t.decode_ms,
        check: t.check_ms,
        ocr: t.ocr_ms,
        extract: 0,
        first: t.head_ms,
        total: 0,
    }
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
    known: Known<'_>,
    rules: &PageRules,
    now: Timestamp,
    interest: Interest<'_>,
) -> Result<Examination, ReadError> {
    let start = Instant::now();
    let context = extraction::Context {
        catalogue: known.catalogue,
        guide: known.guide,
        procedure: declared.procedure.as_ref(),
        paper: declared.role.as_ref().map(declared_paper),
        owner: declared.owner.as_ref(),
    };
    let extract_first_ms = AtomicU64::new(0);
    let on_head = |head: &Head| {
        let extracting = Instant::now();
        let text = RecognisedText { pages: vec![head.text.clone()] };
        let text = evidence::set_aside(&text).map_or(text, |(rest, _)| rest);
        let pages = std::slice::from_ref(&head.facts);
        (interest.on_first)(extraction::propose(&text, pages, &context, now).into());
        extract_first_ms.store(millis(extracting.elapsed()), Ordering::Relaxed);
    };
    let attention = Attention { urgency: interest.urgency, on_page: interest.on_page, on_head: &on_head };
    let reading = readers.read(parts, declared.plan.as_ref(), Depth::Text, attention)?;
    let mut findings = findings_of(&reading, declared.pages, rules);
    findings.extend(sheets_among(&reading));
    let is_secret = findings.iter().any(|f| f.kind == FindingKind::Classified);
    let mut timings = times_of(&reading);
    timings.first = timings.first.map(|ms| ms + extract_first_ms.load(Ordering::Relaxed));
    let (text, proposed, looks) = if is_secret {
        (RecognisedText::default(), None, Vec::new())
    } else {
        let extracting = Instant::now();
        let stamped = evidence::set_aside(&reading.text);
        let (words, stamp) = stamped.as_ref().map_or((&reading.text, None), |(rest, s)| (rest, Some(s)));
        let mut proposed = extraction::propose(words, &reading.pages, &context, now);
        let owner = declared.owner.as_ref();
        findings.extend(extraction::card::compare(&mut proposed, &reading.cards, &reading.text, owner));
        findings.extend(hold_against_picture(readers, parts, &reading, words, &mut proposed));
        // Without it the paper is read all the same.
        let file = file_evidence(readers, parts, &reading.container).unwrap_or_default();
        let besides = evidence::Known {
            file: &file,
            pages: &reading.pages,
            is_whole_file: is_whole_file(&reading),
            stamp,
            threshold: known.guide.threshold(),
        };
        findings.extend(evidence::compare(&mut proposed, &besides));
        timings.extract = millis(extracting.elapsed());
        findings.extend(doubtful(&proposed));
        (reading.text, Some(proposed), looks(&reading.thumbnails))
    };
    timings.total = millis(start.elapsed());
    Ok(Examination {
        container: reading.container,
        pages: page::judge(reading.pages, findings),
        text,
        proposed,
        looks,
        timings,
    })
}

/// Number, day and owner that were taken from words of the file are read from the picture, too.
fn hold_against_picture(
    readers: &Readers,
    parts: &[PathBuf],
    reading: &Reading,
    words: &RecognisedText,
    proposed: &mut ProposedFields,
) -> Vec<Finding> {
    let places = evidence::from_file(proposed, words);
    let mut findings = Vec::new();
    for page in &reading.pages {
        let here: Vec<_> = places.iter().filter(|(_, place)| place.page == page.position).collect();
        if here.is_empty() {
            continue;
        }
        let lines = here.iter().map(|(_, place)| place.box_mm).collect();
        // Where the page can't be drawn that is a finding of its own.
        let Ok(read) = readers.reread(parts, page.original_page, page.rotation, lines) else { continue };
        for ((key, _), readings) in here.into_iter().zip(&read) {
            findings.extend(evidence::compare_picture(proposed, *key, readings));
        }
    }
    findings
}

/// What the file says beside its pages; only a PDF says anything.
fn file_evidence(
    readers: &Readers,
    parts: &[PathBuf],
    container: &Container,
) -> Result<FileEvidence, ReadError> {
    match container.kind {
        ContainerKind::Pdf | ContainerKind::Mixed => readers.evidence(parts),
        ContainerKind::Tiff | ContainerKind::Images => Ok(FileEvidence::default()),
    }
}

/// Whether the paper is one PDF with all its pages: of a pile, the file says nothing of one paper.
fn is_whole_file(reading: &Reading) -> bool {
    let all: BTreeSet<u32> = reading.pages.iter().map(|page| page.original_page).collect();
    reading.container.kind == ContainerKind::Pdf && all.len() == reading.container.n_pages as usize
}

fn looks(thumbnails: &[Option<Thumbnail>]) -> Vec<PageLooks> {
    let seen =
        (1u32..).zip(thumbnails).filter_map(|(position, thumbnail)| Some((position, thumbnail.as_ref()?)));
    seen.map(|(position, thumbnail)| PageLooks { position, ink: thumbnail.packed() }).collect()
}

fn declared_paper(role: &PaperRole) -> DeclaredPaper {
    match role {
        PaperRole::Component { code } | PaperRole::Opinion { code } => DeclaredPaper::Component(code.clone()),
        PaperRole::Result { ordinal } => DeclaredPaper::Result(*ordinal),
    }
}

/// How the question ends that says no more than that a field was not read.
const UNSURE: &str = "chưa đọc được chắc chắn: xin nhập theo giấy tờ.";

/// Whether a finding says no more than its field does, which is asked.
pub fn is_plain_question(finding: &Finding) -> bool {
    finding.kind == FindingKind::FieldDoubtful && finding.message.ends_with(UNSURE)
}

/// One question per field that was not read.
fn doubtful(proposed: &ProposedFields) -> impl Iterator<Item = Finding> + '_ {
    let unread = proposed.standings().into_iter().filter(|s| s.status == Status::NotRead);
    unread.map(|Standing { key, place, .. }| {
        // A type is printed on no page, though it is told by the title.
        let place = place.filter(|_| key != FieldKey::DocumentTypeCode);
        Finding::about_field(place.map(|p| p.page), format!("“{}” {UNSURE}", key.label()))
    })
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
