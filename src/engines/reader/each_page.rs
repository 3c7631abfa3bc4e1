//! Page after page of a paper, several at a time: what one page costs, and when a paper costs too much.

use std::{
    path::PathBuf,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
    thread,
    time::Instant,
};

use super::{
    pool::OnNews,
    readers::Readers,
    wire::{Response, Stages, Task},
};
use crate::{domain::job::Urgency, engines::imaging::fault::ReadError};

/// Processor time for decoding a page of a paper in which one could not be decoded, seconds.
const IMPATIENT_SECONDS: u64 = 2;
/// Time that pages which can't be decoded may take together, milliseconds.
const MOST_LOST_MS: u64 = 7_500;

impl Readers {
    /// Asks for every page (from 0), in order, several at a time; `on_page` hears how many are done, of
    /// how many. What comes back are the answers in order, those that could not be had among them.
    ///
    /// # Errors
    /// What ends the whole paper, also pages that together took too long.
    pub(super) fn each_page<T: Send>(
        &self,
        n_pages: u32,
        on_page: &(dyn Fn(u32, u32) + Sync),
        ask: impl Fn(u32, Stages) -> Result<T, ReadError> + Sync,
    ) -> Result<Vec<Result<T, ReadError>>, ReadError> {
        let next = AtomicU32::new(0);
        let n_done = AtomicU32::new(0);
        let lost_ms = AtomicU64::new(0);
        let is_over = AtomicBool::new(false);
        let found: Mutex<Vec<(u32, Result<T, ReadError>)>> = Mutex::new(Vec::new());
        let work = || {
            while !is_over.load(Ordering::Relaxed) {
                let index = next.fetch_add(1, Ordering::Relaxed);
                if index >= n_pages {
                    return;
                }
                let started = Instant::now();
                let stages = self.stages(lost_ms.load(Ordering::Relaxed) > 0);
                let answer = ask(index, stages);
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
        let n_threads = self.limits().n_readers.clamp(1, n_pages.max(1) as usize);
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

    /// Asks about one page; a second time, of another process, when the first one crashed on it.
    pub(super) fn ask_page(
        &self,
        parts: &[PathBuf],
        task: Task,
        stages: Stages,
        who: (Urgency, OnNews<'_>),
    ) -> Result<Response, ReadError> {
        let seconds = self.limits().page_seconds;
        match self.ask_in(parts, task.clone(), stages, seconds, who) {
            Err(ReadError::Crashed) => self.ask_in(parts, task, self.stages(true), seconds, who),
            answer => answer,
        }
        .map(|(response, _)| response)
    }

    /// Whether decoding, not reading, came to no end.
    fn is_loss(&self, error: &ReadError) -> bool {
        match error {
            ReadError::OutOfTime { seconds } => *seconds < self.limits().page_seconds,
            error => matches!(error, ReadError::OutOfMemory | ReadError::Crashed),
        }
    }

    fn stages(&self, is_impatient: bool) -> Stages {
        let stages = self.limits().stages();
        if is_impatient { Stages { decode: stages.decode.min(IMPATIENT_SECONDS), ..stages } } else { stages }
    }
}
