//! The parent's side: papers in, readings out, whatever happens to a reading process.

use std::{
    path::PathBuf,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    thread,
};

use super::{
    answer::{ComposeOrder, Composed, Depth, PageAnswer, Reading, Timings},
    pool::{Pool, ReaderLimits},
    wire::{Parts, Request, Response, Task},
};
use crate::{
    domain::{
        page::{Finding, FindingKind, PageFacts, Severity},
        plan::{PagePlan, PlannedPage},
        text::{PageText, RecognisedText, TextSource},
    },
    engines::{
        assembly::{Sight, mark_repeats},
        imaging::{classified::classified, fault::ReadError, open::Container},
    },
};

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
        let ask = || match self.ask(parts, Task::Open, self.pool.limits.open_seconds)? {
            (Response::Opened { container }, _) => Ok(container),
            (other, _) => Err(unexpected(other)),
        };
        match ask() {
            // Once more, of another process: this one may have been ended from outside.
            Err(ReadError::Crashed) => ask(),
            answer => answer,
        }
    }

    /// Looks at every page of `plan` (of the paper when there is none), several at a time; `on_page`
    /// hears how many are done, of how many. Positions in the answer are those of the plan.
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
        on_page: &(dyn Fn(u32, u32) + Sync),
    ) -> Result<Reading, ReadError> {
        let container = self.open(parts)?;
        let planned = planned(&container, plan)?;
        let answers = self.read_pages(parts, &planned, depth, on_page)?;
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
        let mut sights = Vec::new();
        for ((answer, position), planned) in answers.into_iter().zip(1..).zip(&planned) {
            sights.push(take_in(&mut reading, answer, position, planned));
        }
        mark_repeats(&mut reading.pages, &reading.text.pages, &sights);
        Ok(reading)
    }

    fn read_pages(
        &self,
        parts: &[PathBuf],
        planned: &[PlannedPage],
        depth: Depth,
        on_page: &(dyn Fn(u32, u32) + Sync),
    ) -> Result<Vec<Result<PageAnswer, ReadError>>, ReadError> {
        let n_pages = u32::try_from(planned.len()).unwrap_or(u32::MAX);
        let next = AtomicU32::new(0);
        let n_done = AtomicU32::new(0);
        let is_over = AtomicBool::new(false);
        let found: Mutex<Vec<(u32, Result<PageAnswer, ReadError>)>> = Mutex::new(Vec::new());
        let work = || {
            while !is_over.load(Ordering::Relaxed) {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(page) = planned.get(index as usize) else { return };
                let answer = self.read_page(parts, *page, depth);
                if answer.as_ref().is_err_and(|e| !e.is_of_page()) {
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
            let first = found.into_iter().find_map(|(_, a)| a.err().filter(|e| !e.is_of_page()));
            return Err(first.unwrap_or(ReadError::Crashed));
        }
        Ok(found.into_iter().map(|(_, answer)| answer).collect())
    }

    /// One page; asked for a second time, of another process, when the first one crashed on it.
    fn read_page(&self, parts: &[PathBuf], page: PlannedPage, depth: Depth) -> Result<PageAnswer, ReadError> {
        let task = Task::Page { index: page.page.saturating_sub(1), turn: page.turn, depth };
        let ask = || match self.ask(parts, task.clone(), self.pool.limits.page_seconds)? {
            (Response::Page { page }, _) => Ok(*page),
            (other, _) => Err(unexpected(other)),
        };
        match ask() {
            Err(ReadError::Crashed) => ask(),
            answer => answer,
        }
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
        let seconds = limits.open_seconds + limits.page_seconds * order.rotations.len() as u64;
        let indices = |plan: &PagePlan| plan.pages().iter().map(|p| p.page.saturating_sub(1)).collect();
        let task = Task::Compose { indices: plan.map(indices), order: Box::new(order) };
        match self.ask(parts, task, seconds)? {
            (Response::Composed { departures }, pdf) => Ok(Composed { pdf, departures }),
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
        match self.ask(parts, task, limits.open_seconds + limits.page_seconds)? {
            (Response::Bytes, bytes) => Ok(bytes),
            (other, _) => Err(unexpected(other)),
        }
    }

    fn ask(&self, parts: &[PathBuf], task: Task, seconds: u64) -> Result<(Response, Vec<u8>), ReadError> {
        let request = Request { parts: Parts::of(parts), limits: self.pool.limits.of_bytes(), task };
        self.pool.ask(&request, seconds)
    }
}

fn unexpected(response: Response) -> ReadError {
    match response {
        Response::Refused { error } => error,
        _ => ReadError::Crashed,
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
            let (w, h) = (page.facts.width_mm, page.facts.height_mm);
            reading
                .findings_of_pages
                .extend(classified(&page.text, w, h).or_else(|| classified(&page.marks, w, h)));
            reading.timings.add(&page.timings);
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

fn unreadable(position: u32, cause: &str) -> Finding {
    Finding {
        kind: FindingKind::UnreadablePage,
        page: Some(position),
        rule: "QĐ 1917/QĐ-BLĐTBXH, Điều 9 khoản 2".to_owned(),
        message: format!("Trang {position} không đọc được trọn vẹn: {}", cause.trim_end_matches('.')) + ".",
        severity: Severity::Ask,
    }
}
