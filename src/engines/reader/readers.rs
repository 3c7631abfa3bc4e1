//! The parent's side: papers in, readings out, whatever happens to a reading process.

use std::{path::PathBuf, sync::Arc, time::Instant};

use super::{
    answer::{
        Attention, ComposeOrder, Composed, Depth, Head, NotStamped, PageAnswer, Reading, StampOrder, Timings,
    },
    confine::{Attempt, Confinement},
    marks::PageCode,
    pool::{OnNews, Pool, ReaderLimits},
    wire::{Parts, Request, Response, Stages, Task},
};
use crate::{
    domain::{
        card::{IdentityCard, SeenCard},
        job::Urgency,
        page::{BoxMm, Finding, FindingKind, PageFacts, Place, Severity},
        plan::{PagePlan, PlannedPage},
        text::{PageText, RecognisedText, TextSource},
    },
    engines::{
        assembly::{Sight, mark_repeats},
        evidence::FileEvidence,
        imaging::{
            classified::classified,
            fault::{Limits, ReadError},
            open::Container,
        },
        pdf::growing::GrowingFile,
        signature::{
            order::VerifyOrder,
            seal::{SealError, prepare::Prepared},
            verdict::Report,
        },
        stamp::{StampError, Stamped},
    },
};

/// Pages that are counted at most.
const MOST_COUNTED: u32 = 1_000_000;

/// Processor time for judging the signatures of one file, seconds.
const VERIFY_SECONDS: u64 = 12;

/// What a signature cannot do without, and what no compression can hide.
const SIGNED: &[u8] = b"/ByteRange";

/// Short questions don't wait behind the pages of a pile.
pub(super) const AT_ONCE: (Urgency, OnNews<'static>) = (Urgency::Desk, &|_| {});

/// The reading processes of an installation; may be shared between threads.
pub struct Readers {
    pub(super) pool: Pool,
}

impl Readers {
    /// `program` is our own binary: each process is `<program> reader`. They start when first needed.
    pub fn new(program: PathBuf, limits: ReaderLimits) -> Self {
        Self { pool: Pool::new(program, limits) }
    }

    /// The same, for questions about files alone: no process loads the model for reading words.
    #[must_use]
    pub fn without_words(mut self) -> Self {
        self.pool.reads_words = false;
        self
    }

    /// What is known of a paper without looking at a page.
    ///
    /// # Errors
    /// Every reason why the paper cannot be seen whole; see [`ReadError`].
    pub fn open(&self, parts: &[PathBuf]) -> Result<Container, ReadError> {
        self.open_in(parts, self.pool.limits.of_bytes())
    }

    /// The same, also of a paper with more pages than may be looked at: they are counted, no more.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn count(&self, parts: &[PathBuf]) -> Result<Container, ReadError> {
        self.open_in(parts, Limits { max_pages: MOST_COUNTED, ..self.pool.limits.of_bytes() })
    }

    fn open_in(&self, parts: &[PathBuf], limits: Limits) -> Result<Container, ReadError> {
        let seconds = self.pool.limits.opening_seconds();
        let stages = self.pool.limits.stages();
        let ask = |seconds| {
            let request = Request { parts: Parts::of(parts), limits, task: Task::Open };
            match self.pool.ask(request, stages, seconds, AT_ONCE)? {
                (Response::Opened { container }, _) => Ok(container),
                (other, _) => Err(unexpected(other)),
            }
        };
        let started = Instant::now();
        match ask(seconds) {
            // Once more, of another process: this one may have been ended from outside.
            Err(ReadError::Crashed) => ask(seconds.saturating_sub(started.elapsed().as_secs()).max(1)),
            answer => answer,
        }
    }

    /// Looks at every page of `plan` (of the paper when there is none), several at a time. Positions in the answer
    /// are those of the plan.
    ///
    /// A page that cannot be looked at becomes a finding; a paper none of whose pages can is an error.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn read(
        &self,
        parts: &[PathBuf],
        plan: Option<&PagePlan>,
        depth: Depth,
        attention: Attention<'_>,
    ) -> Result<Reading, ReadError> {
        let container = self.open(parts)?;
        let planned = planned(&container, plan)?;
        let n_pages = u32::try_from(planned.len()).unwrap_or(u32::MAX);
        let on_news = |news| {
            if let Response::Head { head } = news
                && !head.is_classified()
            {
                (attention.on_head)(&head.at(1));
            }
        };
        let answers = self.each_page(n_pages, attention.on_page, |index, stages| {
            let page = planned[index as usize];
            // Read by itself on every first page, whoever listens: the same paper gives the same words.
            let head = index == 0 && depth == Depth::Text;
            let task = Task::Page { index: page.page.saturating_sub(1), turn: page.turn, depth, head };
            match self.ask_page(parts, task, stages, (attention.urgency, &on_news))? {
                Response::Page { page } => Ok(*page),
                other => Err(unexpected(other)),
            }
        })?;
        let mut reading = Reading {
            container,
            pages: Vec::new(),
            text: RecognisedText::default(),
            findings_of_pages: Vec::new(),
            cards: Vec::new(),
            thumbnails: Vec::new(),
            timings: Timings::default(),
        };
        if let Some(Err(error)) = answers.first().filter(|_| answers.iter().all(Result::is_err)) {
            return Err(error.clone());
        }
        let mut sights = Vec::new();
        for ((answer, position), planned) in answers.into_iter().zip(1..).zip(&planned) {
            sights.push(take_in(&mut reading, answer, position, planned));
        }
        mark_repeats(&mut reading.pages, &reading.text.pages, &sights);
        reading.thumbnails = sights.into_iter().map(|sight| sight.map(|s| s.thumbnail)).collect();
        Ok(reading)
    }

    /// Composes the PDF of the pages of `plan` (of all when there is none), in its order.
    ///
    /// # Errors
    /// [`ReadError::NotComposed`] and the others.
    pub fn compose(
        &self,
        parts: &[PathBuf],
        plan: Option<&PagePlan>,
        order: ComposeOrder,
    ) -> Result<Composed, ReadError> {
        let limits = &self.pool.limits;
        let seconds = limits.opening_seconds() + limits.page_seconds * order.rotations.len() as u64;
        let indices = |plan: &PagePlan| plan.pages().iter().map(|p| p.page.saturating_sub(1)).collect();
        let task = Task::Compose { indices: plan.map(indices), order: Box::new(order) };
        match self.ask(parts, task, seconds)? {
            (Response::Composed { departures }, pdf) => Ok(Composed { pdf, departures }),
            (other, _) => Err(unexpected(other)),
        }
    }

    /// Writes the code onto page one of a PDF, foreign or our own, by the way that the file allows, and proves that
    /// earlier signatures are worth what they were. Where the agency's signature is needed for it, `sign` makes it: a
    /// CMS over what is prepared.
    ///
    /// # Errors
    /// [`NotStamped`]; nothing is changed then.
    pub fn stamp(
        &self,
        pdf: Vec<u8>,
        order: StampOrder,
        sign: impl FnOnce(&Prepared) -> Result<Vec<u8>, StampError>,
    ) -> Result<Stamped, NotStamped> {
        let limits = &self.pool.limits;
        // What was composed may be somewhat longer than what it was composed from.
        let (found, limit) = (pdf.len() as u64, limits.max_bytes.saturating_mul(2));
        if found > limit {
            return Err(NotStamped::Unread(ReadError::TooManyBytes { found, limit }));
        }
        let has_key = order.seal.is_some();
        let task = Task::Stamp { order: Box::new(order) };
        let request = Request { parts: Parts::of(&[]), limits: limits.of_bytes(), task };
        let seconds = limits.opening_seconds() + limits.page_seconds;
        // Page one is drawn before and after; signatures, where there are any, are judged before and after.
        let busy = limits.open_seconds.saturating_add(limits.decode_seconds.saturating_mul(2));
        let is_signed = memchr::memmem::find(&pdf, SIGNED).is_some();
        let busy = busy.saturating_add(if is_signed { VERIFY_SECONDS * 2 } else { 0 });
        let mut file = GrowingFile::new(pdf);
        let timed = (self.all_of(busy), seconds);
        let answer = self.pool.talk_of_bytes(request, file.shared(), timed, |talk| {
            if is_signed && has_key {
                talk.wait_until_sent();
                file.hash_ahead();
            }
            let (prepared, appended) = match talk.hear()? {
                (Response::StampWaits { prepared }, appended) => (prepared, appended),
                answer => return Ok(Ok(answer)),
            };
            let not_sealed = |error: SealError| StampError::NotSealed(error.to_string());
            let signed = prepared.over(&file, &appended).map_err(not_sealed);
            match signed.and_then(|prepared| sign(&prepared)) {
                Err(error) => Ok(Err(error)),
                Ok(cms) => {
                    talk.ask(Task::FinishStamp { cms });
                    talk.hear().map(Ok)
                }
            }
        });
        match answer.map_err(NotStamped::Unread)?.map_err(NotStamped::Refused)? {
            (Response::Stamped { stamped, n_kept }, bytes) if n_kept == file.len() => {
                file.grow(&bytes);
                Ok(Stamped { pdf: file.into_bytes(), ..stamped })
            }
            (Response::Stamped { stamped, n_kept: 0 }, pdf) => Ok(Stamped { pdf, ..stamped }),
            (Response::NotStamped { error }, _) => Err(NotStamped::Refused(error)),
            (other, _) => Err(NotStamped::Unread(unexpected(other))),
        }
    }

    /// Judges the signatures of a PDF; what is no PDF is an answer too.
    ///
    /// # Errors
    /// [`ReadError::TooManyBytes`], [`ReadError::OutOfTime`] and those of the process.
    pub fn verify(&self, pdf: Vec<u8>, order: VerifyOrder) -> Result<Report, ReadError> {
        let limits = &self.pool.limits;
        let (found, limit) = (pdf.len() as u64, limits.max_bytes.saturating_mul(2));
        if found > limit {
            return Err(ReadError::TooManyBytes { found, limit });
        }
        let task = Task::Verify { order: Box::new(order) };
        let request = Request { parts: Parts::of(&[]), limits: limits.of_bytes(), task };
        let (stages, seconds) = (self.all_of(VERIFY_SECONDS), VERIFY_SECONDS * 4);
        let answer = self.pool.ask_of_bytes(request, Arc::new(pdf), stages, seconds)?;
        match answer {
            (Response::Verified { report }, _) => Ok(*report),
            (other, _) => Err(unexpected(other)),
        }
    }

    /// What the files say of their paper beside what is drawn on the pages.
    ///
    /// # Errors
    /// Those of the whole file; see [`ReadError`].
    pub fn evidence(&self, parts: &[PathBuf]) -> Result<FileEvidence, ReadError> {
        let limits = &self.pool.limits;
        match self.ask(parts, Task::Evidence, limits.opening_seconds() + limits.page_seconds)? {
            (Response::Evidence { evidence }, _) => Ok(*evidence),
            (other, _) => Err(unexpected(other)),
        }
    }

    /// Reads lines of page `page` of the originals (from 1) from its picture, whatever its text says: of each line
    /// what was read at several sizes.
    ///
    /// # Errors
    /// [`ReadError::NoSuchPage`] and the others.
    pub fn reread(
        &self,
        parts: &[PathBuf],
        page: u32,
        rotation: u16,
        lines: Vec<BoxMm>,
    ) -> Result<Vec<Vec<String>>, ReadError> {
        let index = page.checked_sub(1).ok_or(ReadError::NoSuchPage { page })?;
        let limits = &self.pool.limits;
        let task = Task::Reread { index, rotation, lines };
        match self.ask(parts, task, limits.opening_seconds() + limits.page_seconds)? {
            (Response::Reread { lines }, _) => Ok(lines),
            (other, _) => Err(unexpected(other)),
        }
    }

    /// Page `page` of the originals (from 1) as a JPEG, turned clockwise by `rotation`, `width_px` wide, with everything
    /// that lies over it.
    ///
    /// # Errors
    /// [`ReadError::NoSuchPage`] and the others.
    pub fn preview(
        &self,
        parts: &[PathBuf],
        page: u32,
        rotation: u16,
        width_px: u32,
    ) -> Result<Vec<u8>, ReadError> {
        let index = page.checked_sub(1).ok_or(ReadError::NoSuchPage { page })?;
        let limits = &self.pool.limits;
        let task = Task::Preview { index, rotation, width_px };
        match self.ask(parts, task, limits.opening_seconds() + limits.page_seconds)? {
            (Response::Bytes, bytes) => Ok(bytes),
            (other, _) => Err(unexpected(other)),
        }
    }

    pub(super) fn limits(&self) -> &ReaderLimits {
        &self.pool.limits
    }

    /// What holds a reading process, and what one could still do: for whoever runs the installation.
    ///
    /// # Errors
    /// [`ReadError::NoReader`] and the others.
    pub fn attempt(&self) -> Result<(Confinement, Vec<Attempt>), ReadError> {
        match self.ask(&[], Task::Attempt, self.pool.limits.opening_seconds())? {
            (Response::Attempted { confinement, attempts }, _) => Ok((confinement, attempts)),
            (other, _) => Err(unexpected(other)),
        }
    }

    /// Asks within `seconds`, of which all may go into decoding.
    fn ask(&self, parts: &[PathBuf], task: Task, seconds: u64) -> Result<(Response, Vec<u8>), ReadError> {
        self.ask_in(parts, task, self.all_of(seconds), seconds, AT_ONCE)
    }

    pub(super) fn all_of(&self, seconds: u64) -> Stages {
        Stages { decode: seconds, rest: seconds, ..self.pool.limits.stages() }
    }

    pub(super) fn ask_in(
        &self,
        parts: &[PathBuf],
        task: Task,
        stages: Stages,
        seconds: u64,
        who: (Urgency, OnNews<'_>),
    ) -> Result<(Response, Vec<u8>), ReadError> {
        let request = Request { parts: Parts::of(parts), limits: self.pool.limits.of_bytes(), task };
        self.pool.ask(request, stages, seconds, who)
    }
}

pub(super) fn unexpected(response: Response) -> ReadError {
    match response {
        Response::Refused { error } => error,
        _ => ReadError::Crashed,
    }
}

/// The mark of secrecy on a page: among its words, or where such a mark may stand.
fn secrecy_of(facts: &PageFacts, text: &PageText, marks: &PageText) -> Option<Finding> {
    let (w, h) = (facts.width_mm, facts.height_mm);
    classified(text, w, h).or_else(|| classified(marks, w, h))
}

impl Head {
    fn is_classified(&self) -> bool {
        secrecy_of(&self.facts, &self.text, &self.marks).is_some()
    }

    fn at(mut self, position: u32) -> Self {
        (self.facts.position, self.text.position) = (position, position);
        self
    }
}

/// The pages to look at, in order.
fn planned(container: &Container, plan: Option<&PagePlan>) -> Result<Vec<PlannedPage>, ReadError> {
    let Some(plan) = plan else {
        return Ok((1..=container.n_pages).map(|page| PlannedPage { page, turn: None }).collect());
    };
    let beyond = plan.pages().iter().find(|p| p.page > container.n_pages);
    beyond.map_or(Ok(plan.pages().to_vec()), |p| Err(ReadError::NoSuchPage { page: p.page }))
}

/// Adds one page to a reading; gives back what is remembered of its looks.
fn take_in(
    reading: &mut Reading,
    answer: Result<PageAnswer, ReadError>,
    position: u32,
    planned: &PlannedPage,
) -> Option<Sight> {
    match answer {
        Ok(mut page) => {
            (page.facts.position, page.facts.original_page) = (position, planned.page);
            page.text.position = position;
            if page.is_damaged {
                let cause = "một phần nội dung không giải mã được";
                reading.findings_of_pages.push(unreadable(position, cause));
            }
            reading.findings_of_pages.extend(secrecy_of(&page.facts, &page.text, &page.marks));
            reading.timings.add(&page.timings);
            reading.cards.extend(cards(&page.codes, position));
            reading.pages.push(page.facts);
            reading.text.pages.push(page.text);
            Some(Sight { thumbnail: page.thumbnail, note: page.note })
        }
        Err(error) => {
            let error = error.on_page(|_| position);
            reading.findings_of_pages.push(unreadable(position, &error.to_string()));
            // A4, nothing measured.
            let unknown = PageFacts::unknown(position, 210.0, 297.0);
            let rotation = planned.turn.unwrap_or(0);
            reading.pages.push(PageFacts { original_page: planned.page, rotation, ..unknown });
            reading.text.pages.push(PageText { position, source: TextSource::Nothing, lines: Vec::new() });
            None
        }
    }
}

/// The identity cards among the codes of a page; codes of other kinds are nobody's business here.
fn cards(codes: &[PageCode], position: u32) -> impl Iterator<Item = SeenCard> + '_ {
    let seen = move |code: &PageCode| {
        let card = IdentityCard::parse(&code.text).ok()?;
        Some(SeenCard { card, place: Place { page: position, box_mm: code.place } })
    };
    codes.iter().filter_map(seen)
}

fn unreadable(position: u32, cause: &str) -> Finding {
    Finding {
        kind: FindingKind::UnreadablePage,
        page: Some(position),
        rule: "QĐ 1917/QĐ-BLĐTBXH, Điều 9 khoản 2".to_owned(),
        message: format!("Trang {position} không đọc được trọn vẹn: {}", cause.trim_end_matches('.')) + ".",
        severity: Severity::Ask,
    }
}
