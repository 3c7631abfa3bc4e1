//! The parent's side: papers in, readings out, whatever happens to a reading process.

use std::{
    path::PathBuf,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
    thread,
    time::Instant,
};

use jiff::Timestamp;

use super::{
    answer::{Depth, PageAnswer, Reading, Timings},
    confine::{Attempt, Confinement},
    pool::{Pool, ReaderLimits},
    wire::{Parts, Request, Response, Stages, Task},
};
use crate::{
    domain::{
        page::{Colour, Finding, FindingKind, PageFacts, Severity},
        text::{PageText, RecognisedText, TextSource},
    },
    engines::imaging::{
        Thumbnail,
        classified::classified,
        fault::{Limits, ReadError},
        open::Container,
        same_page,
    },
};

/// Pages before a page that are looked at for a repetition, in papers of many pages.
const DUPLICATE_REACH: usize = 200;

/// Pages that are counted at most.
const MOST_COUNTED: u32 = 1_000_000;

/// Processor time for decoding a page of a paper in which one could not be decoded, seconds.
const IMPATIENT_SECONDS: u64 = 2;
/// Time that pages which can't be decoded may take together, milliseconds.
const MOST_LOST_MS: u64 = 7_500;

/// The reading processes of an installation; may be shared between threads.
pub struct Readers {
    pool: Pool,
}

impl Readers {
    /// `program` is our own binary: each process is `<program> reader`. They start when first needed.
    pub fn new(program: PathBuf, limits: ReaderLimits) -> Self {
        Self { pool: Pool::new(program, limits) }
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
        let seconds = self.pool.limits.open_seconds;
        let stages = self.pool.limits.stages();
        let ask = |seconds| {
            let request = Request { parts: Parts::of(parts), limits, task: Task::Open };
            match self.pool.ask(request, stages, seconds)? {
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

    /// Looks at every page, several at a time; `on_page` hears how many are done, of how many.
    ///
    /// A page that cannot be looked at becomes a finding; a paper none of whose pages can is an error.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn read(
        &self,
        parts: &[PathBuf],
        depth: Depth,
        on_page: &(dyn Fn(u32, u32) + Sync),
    ) -> Result<Reading, ReadError> {
        let container = self.open(parts)?;
        let answers = self.read_pages(parts, container.n_pages, depth, on_page)?;
        let mut reading = Reading {
            container,
            pages: Vec::new(),
            text: RecognisedText::default(),
            findings_of_pages: Vec::new(),
            timings: Timings::default(),
        };
        if let Some(Err(error)) = answers.first().filter(|_| answers.iter().all(Result::is_err)) {
            return Err(error.clone());
        }
        let mut thumbnails = Vec::new();
        for (answer, position) in answers.into_iter().zip(1..) {
            thumbnails.push(take_in(&mut reading, answer, position));
        }
        mark_duplicates(&mut reading, &thumbnails);
        Ok(reading)
    }

    fn read_pages(
        &self,
        parts: &[PathBuf],
        n_pages: u32,
        depth: Depth,
        on_page: &(dyn Fn(u32, u32) + Sync),
    ) -> Result<Vec<Result<PageAnswer, ReadError>>, ReadError> {
        let next = AtomicU32::new(0);
        let n_done = AtomicU32::new(0);
        let lost_ms = AtomicU64::new(0);
        let is_over = AtomicBool::new(false);
        let found: Mutex<Vec<(u32, Result<PageAnswer, ReadError>)>> = Mutex::new(Vec::new());
        let work = || {
            while !is_over.load(Ordering::Relaxed) {
                let index = next.fetch_add(1, Ordering::Relaxed);
                if index >= n_pages {
                    return;
                }
                let started = Instant::now();
                let stages = self.stages(lost_ms.load(Ordering::Relaxed) > 0);
                let answer = self.read_page(parts, index, depth, stages);
                let error = answer.as_ref().err();
                // One page that can't be decoded is a finding; where many take our time, it is no paper.
                let took = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
                let is_loss = error.is_some_and(|e| self.is_loss(e));
                let lost = if is_loss { took.clamp(1, stages.decode * 1000) } else { 0 };
                let is_too_much =
                    lost > 0 && lost_ms.fetch_add(lost, Ordering::Relaxed) + lost > MOST_LOST_MS;
                if is_too_much || error.is_some_and(|e| !e.is_of_page()) {
                    is_over.store(true, Ordering::Relaxed);
                }
                found.lock().unwrap_or_else(PoisonError::into_inner).push((index, answer));
                on_page(n_done.fetch_add(1, Ordering::Relaxed) + 1, n_pages);
            }
        };
        let n_threads = self.pool.limits.n_readers.clamp(1, n_pages.max(1) as usize);
        thread::scope(|scope| {
            (1..n_threads).for_each(|_| {
                scope.spawn(work);
            });
            work();
        });
        let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
        found.sort_unstable_by_key(|(index, _)| *index);
        if is_over.load(Ordering::Relaxed) {
            let first =
                found.into_iter().find_map(|(_, a)| a.err().filter(|e| !e.is_of_page() || self.is_loss(e)));
            return Err(first.unwrap_or(ReadError::Crashed));
        }
        Ok(found.into_iter().map(|(_, answer)| answer).collect())
    }

    /// Whether decoding, not reading, came to no end.
    fn is_loss(&self, error: &ReadError) -> bool {
        match error {
            ReadError::OutOfTime { seconds } => *seconds < self.pool.limits.page_seconds,
            error => matches!(error, ReadError::OutOfMemory | ReadError::Crashed),
        }
    }

    fn stages(&self, is_impatient: bool) -> Stages {
        let stages = self.pool.limits.stages();
        if is_impatient { Stages { decode: stages.decode.min(IMPATIENT_SECONDS), ..stages } } else { stages }
    }

    /// One page; asked for a second time, of another process, when the first one crashed on it.
    fn read_page(
        &self,
        parts: &[PathBuf],
        index: u32,
        depth: Depth,
        stages: Stages,
    ) -> Result<PageAnswer, ReadError> {
        let seconds = self.pool.limits.page_seconds;
        let ask = |stages| match self.ask_in(parts, Task::Page { index, depth }, stages, seconds)? {
            (Response::Page { page }, _) => Ok(*page),
            (other, _) => Err(unexpected(other)),
        };
        match ask(stages) {
            Err(ReadError::Crashed) => ask(self.stages(true)),
            answer => answer,
        }
    }

    /// Composes the PDF of a paper, page by page as `rotations` and `text` say.
    ///
    /// # Errors
    /// [`ReadError::NotComposed`] and the others.
    pub fn compose(
        &self,
        parts: &[PathBuf],
        rotations: &[u16],
        text: &RecognisedText,
        title: &str,
        created_at: Timestamp,
    ) -> Result<Vec<u8>, ReadError> {
        let limits = &self.pool.limits;
        let seconds = limits.open_seconds + limits.page_seconds * rotations.len() as u64;
        let task = Task::Compose {
            rotations: rotations.to_vec(),
            text: text.clone(),
            title: title.to_owned(),
            created_at,
        };
        match self.ask(parts, task, seconds)? {
            (Response::Bytes, bytes) => Ok(bytes),
            (other, _) => Err(unexpected(other)),
        }
    }

    /// Page `page` (from 1) as a JPEG, turned clockwise by `rotation`, `width_px` wide, with everything
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
        match self.ask(parts, task, limits.open_seconds + limits.page_seconds)? {
            (Response::Bytes, bytes) => Ok(bytes),
            (other, _) => Err(unexpected(other)),
        }
    }

    /// What holds a reading process, and what one could still do: for whoever runs the installation.
    ///
    /// # Errors
    /// [`ReadError::NoReader`] and the others.
    pub fn attempt(&self) -> Result<(Confinement, Vec<Attempt>), ReadError> {
        match self.ask(&[], Task::Attempt, self.pool.limits.open_seconds)? {
            (Response::Attempted { confinement, attempts }, _) => Ok((confinement, attempts)),
            (other, _) => Err(unexpected(other)),
        }
    }

    /// Asks within `seconds`, of which all may go into decoding.
    fn ask(&self, parts: &[PathBuf], task: Task, seconds: u64) -> Result<(Response, Vec<u8>), ReadError> {
        let stages = Stages { decode: seconds, rest: seconds, ..self.pool.limits.stages() };
        self.ask_in(parts, task, stages, seconds)
    }

    fn ask_in(
        &self,
        parts: &[PathBuf],
        task: Task,
        stages: Stages,
        seconds: u64,
    ) -> Result<(Response, Vec<u8>), ReadError> {
        let request = Request { parts: Parts::of(parts), limits: self.pool.limits.of_bytes(), task };
        self.pool.ask(request, stages, seconds)
    }
}

fn unexpected(response: Response) -> ReadError {
    match response {
        Response::Refused { error } => error,
        _ => ReadError::Crashed,
    }
}

/// Adds one page to a reading; gives its thumbnail back.
fn take_in(reading: &mut Reading, answer: Result<PageAnswer, ReadError>, position: u32) -> Option<Thumbnail> {
    match answer {
        Ok(page) => {
            if page.is_damaged {
                let cause = "một phần nội dung không giải mã được";
                reading.findings_of_pages.push(unreadable(position, cause));
            }
            let (w, h) = (page.facts.width_mm, page.facts.height_mm);
            reading.findings_of_pages.extend(classified(&page.text, w, h));
            reading.timings.add(&page.timings);
            reading.pages.push(page.facts);
            reading.text.pages.push(page.text);
            Some(page.thumbnail)
        }
        Err(error) => {
            reading.findings_of_pages.push(unreadable(position, &error.to_string()));
            reading.pages.push(unknown_page(position));
            reading.text.pages.push(PageText { position, source: TextSource::Nothing, lines: Vec::new() });
            None
        }
    }
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

/// Stands in for a page that could not be looked at: A4, nothing measured.
fn unknown_page(position: u32) -> PageFacts {
    PageFacts {
        position,
        printed_number: None,
        original_page: position,
        width_mm: 210.0,
        height_mm: 297.0,
        dpi: 0,
        colour: Colour::Colour,
        rotation: 0,
        skew_degrees: 0.0,
        blank: false,
        duplicate_of: None,
        note_pair: None,
    }
}

/// Marks pages that repeat an earlier one; blank pages repeat nothing.
fn mark_duplicates(reading: &mut Reading, thumbnails: &[Option<Thumbnail>]) {
    for later in 1..thumbnails.len() {
        let Some(thumbnail) = &thumbnails[later] else { continue };
        if reading.pages[later].blank {
            continue;
        }
        let earlier = (later.saturating_sub(DUPLICATE_REACH)..later).find(|earlier| {
            let page = &reading.pages[*earlier];
            let Some(other) = thumbnails[*earlier].as_ref().filter(|_| !page.blank) else { return false };
            let (a, b) = (&reading.text.pages[*earlier], &reading.text.pages[later]);
            let have_words = a.source != TextSource::Nothing && b.source != TextSource::Nothing;
            same_page(thumbnail.likeness(other), have_words.then_some((a, b)))
        });
        reading.pages[later].duplicate_of = earlier.map(|e| reading.pages[e].position);
    }
}
