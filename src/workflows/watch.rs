//! A hot folder: what a scanner puts there is received, once, and moved to where a clerk sees what
//! became of it.
//!
//! The way of a file: it lies in the folder until nothing has changed for a while, nobody writes to it
//! and it is whole; its bytes are not known yet, else it goes to `trung/`; it is renamed into
//! `dang-xu-ly/`, received, and when its papers came to rest it is moved to `da-nhan/`, or to `loi/`
//! where somebody has to act, with a text beside it that says what was found and what to do.
//!
//! Killed at any point, the next start goes on: what lies in `dang-xu-ly/` is received unless its bytes
//! are known. Never follows a link, never writes over a file, and one bad file stops no other. Knows no
//! clock: the time since the start comes in.

mod folder;
mod note;

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs::{self, File},
    io,
    path::PathBuf,
    time::Duration,
};

use rustix::fs::{FlockOperation, flock};

use self::folder::{Entry, Facts};
pub use self::note::{Outcome, ranges};
use crate::{
    domain::{
        archive::KnownFields,
        batch::BatchPage,
        dossier::{Paper, PaperState},
        eligibility::{HandedInAs, PaperRole},
        ids::{DossierId, PaperId, ProcedureCode},
        job::Urgency,
        officer::ActingOfficer,
    },
    engines::imaging::fault::ReadError,
    store::{StoreError, papers},
    workflows::{
        batch::{self, Batch, BatchError},
        context::Ctx,
        intake::{self, IntakeError, Upload},
    },
};

/// Where it watches, and what the papers there are.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The folder.
    pub folder: PathBuf,
    /// Where `da-nhan`, `loi` and `trung` are made.
    pub out: PathBuf,
    /// The procedure of papers that no separator sheet assigns; each opens a dossier of its own.
    pub procedure: Option<ProcedureCode>,
    /// What such a paper is in that procedure.
    pub role: Option<PaperRole>,
    /// The form in which all are handed in.
    pub form: HandedInAs,
    /// For so long nothing may have changed.
    pub settle: Duration,
    /// For so long a file that is not whole is waited for.
    pub patience: Duration,
    /// Largest file.
    pub max_bytes: u64,
}

/// A file, or a folder of pictures, that was dealt with.
#[derive(Debug, Clone)]
pub struct Handled {
    /// Its name in the folder.
    pub name: String,
    /// How it ended.
    pub outcome: Outcome,
    /// The papers it became, or was before.
    pub papers: Vec<PaperId>,
    /// Where it lies now; `None` for a secret paper, which lies nowhere in clear.
    pub moved_to: Option<PathBuf>,
    /// What was written beside it.
    pub lines: Vec<String>,
}

/// Why nothing is watched, or not any more.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// Not a folder, or not ours to write in.
    #[error("không dùng được thư mục {path}: {source}")]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Another process watches it.
    #[error("một tiến trình khác đang theo dõi thư mục này")]
    Watched,
    /// No reading process can be started: nothing is wrong with the files.
    #[error(transparent)]
    Reader(ReadError),
    /// The store is out of reach: what was begun is finished later.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What was seen of an entry, and since when it is as it is.
struct Seen {
    files: Vec<Facts>,
    is_unfinished: bool,
    since: Duration,
    /// It was opened and its end was missing.
    is_cut: bool,
}

/// A file in `dang-xu-ly`, received.
struct Claim {
    papers: Vec<(PaperId, Option<Vec<u32>>)>,
    remarks: Vec<String>,
}

/// A watched folder.
pub struct Watch {
    ctx: Ctx,
    officer: ActingOfficer,
    settings: Settings,
    seen: BTreeMap<OsString, Seen>,
    claims: BTreeMap<OsString, Claim>,
    /// Dealt with, and not told yet: a look may end half-way.
    untold: Vec<Handled>,
    _lock: Option<File>,
}

const DONE: &str = "da-nhan";
const FAULTS: &str = "loi";
const KNOWN: &str = "trung";
const CLAIMED: &str = "dang-xu-ly";
const LOCK: &str = ".sohoa-watch.lock";

impl Watch {
    /// Makes the named folders, and takes the watched one for this process.
    ///
    /// # Errors
    /// [`WatchError::Folder`], [`WatchError::Watched`].
    pub fn open(ctx: Ctx, officer: ActingOfficer, settings: Settings) -> Result<Self, WatchError> {
        let made = [DONE, FAULTS, KNOWN].map(|name| settings.out.join(name));
        for path in made.into_iter().chain([settings.folder.join(CLAIMED)]) {
            fs::create_dir_all(&path).map_err(|source| WatchError::Folder { path, source })?;
        }
        let lock = lock(&settings.folder)?;
        Ok(Self {
            ctx,
            officer,
            settings,
            seen: BTreeMap::new(),
            claims: BTreeMap::new(),
            untold: Vec::new(),
            _lock: lock,
        })
    }

    /// One look at the folder, `now` after the start: receives what is ready, moves what is done.
    ///
    /// # Errors
    /// [`WatchError`]; the next look goes on where this one stopped, and tells what this one did.
    pub async fn tick(&mut self, now: Duration) -> Result<Vec<Handled>, WatchError> {
        self.resume().await?;
        let folder = self.settings.folder.clone();
        let not = [DONE, FAULTS, KNOWN].map(|name| self.settings.out.join(name));
        let not: Vec<PathBuf> =
            not.into_iter().chain([folder.join(CLAIMED), self.settings.out.clone()]).collect();
        let entries = folder::entries(&folder, &not)
            .map_err(|source| WatchError::Folder { path: folder.clone(), source })?;
        self.seen.retain(|name, _| entries.iter().any(|e| e.name == *name));
        for entry in entries {
            if !self.is_ready(&entry, now) {
                continue;
            }
            match self.take(entry, now).await {
                Ok(handled) => self.untold.extend(handled),
                // This one can't be moved; the others may.
                Err(error @ WatchError::Folder { .. }) => tracing::warn!(%error, "a file stays where it is"),
                Err(error) => return Err(error),
            }
        }
        self.settle().await?;
        Ok(std::mem::take(&mut self.untold))
    }

    /// Whether something is under way that a further look will bring on.
    pub fn is_pending(&self, now: Duration) -> bool {
        let waits = |seen: &Seen| {
            !seen.files.is_empty() && now < seen.since + self.settings.patience.max(self.settings.settle)
        };
        !self.claims.is_empty() || self.seen.values().any(waits)
    }

    /// How many files and folders lie there that are not taken: unfinished, or written to.
    pub fn n_waiting(&self) -> usize {
        self.seen.values().filter(|seen| !seen.files.is_empty()).count()
    }

    /// Whether nothing about the entry has changed for long enough and nobody writes to it.
    fn is_ready(&mut self, entry: &Entry, now: Duration) -> bool {
        let is_as_seen = |seen: &Seen| seen.files == entry.files && seen.is_unfinished == entry.is_unfinished;
        let is_new = !self.seen.get(&entry.name).is_some_and(is_as_seen);
        if is_new || folder::is_being_written(&entry.files) {
            let (files, is_unfinished) = (entry.files.clone(), entry.is_unfinished);
            let seen = Seen { files, is_unfinished, since: now, is_cut: false };
            self.seen.insert(entry.name.clone(), seen);
            // With nothing to wait for (`--settle 0`) the first look is enough.
            if !is_new || !self.settings.settle.is_zero() || folder::is_being_written(&entry.files) {
                return false;
            }
        }
        let Some(seen) = self.seen.get(&entry.name) else { return false };
        let unchanged = now.saturating_sub(seen.since);
        if entry.is_folder && entry.files.is_empty() && entry.fault.is_none() {
            return false; // made for pages that are still to come
        }
        let is_incomplete = seen.is_cut || entry.is_unfinished || entry.n_bytes() == 0;
        unchanged >= if is_incomplete { self.settings.patience } else { self.settings.settle }
    }

    /// Takes an entry that is ready. `None`: it is not whole yet, or is being received.
    async fn take(&mut self, entry: Entry, now: Duration) -> Result<Option<Handled>, WatchError> {
        if let Some(fault) = entry.fault {
            return self.refuse(&entry, format!("Không nhận được: {fault}.")).await.map(Some);
        }
        if entry.n_bytes() > self.settings.max_bytes {
            let most = self.settings.max_bytes >> 20;
            return self
                .refuse(&entry, format!("Tệp lớn hơn {most} MB: quét với ít trang hơn."))
                .await
                .map(Some);
        }
        let read = || entry.files.iter().map(|f| folder::read(&f.path)).collect::<io::Result<Vec<_>>>();
        let files = match read() {
            Ok(files) => files,
            Err(e) if e.kind() == io::ErrorKind::PermissionDenied => {
                let why = "Không có quyền đọc tệp: sửa quyền của thư mục quét.".to_owned();
                return self.refuse(&entry, why).await.map(Some);
            }
            Err(_) => return Ok(None), // gone meanwhile, or the share is: looked at again
        };
        let known = batch::known(&self.ctx, &self.officer, &files).await?;
        if !known.is_empty() {
            return self.put_aside(&entry, &known).await.map(Some);
        }
        if let Some(cut) = self.is_cut(&files).await? {
            let seen = self.seen.get_mut(&entry.name);
            let patience = self.settings.patience;
            let is_given_up = folder::age(&entry.files, self.ctx.clock.now()) >= patience
                || seen.as_ref().is_none_or(|s| now.saturating_sub(s.since) >= patience);
            if !is_given_up {
                if let Some(seen) = seen {
                    seen.is_cut = true;
                }
                return Ok(None);
            }
            return self.refuse(&entry, cut.to_string()).await.map(Some);
        }
        let claimed = self.settings.folder.join(CLAIMED);
        let moved = folder::move_into(&entry.path, &claimed, &entry.name, |_| Ok(()));
        let Ok(place) = moved else { return Ok(None) };
        self.seen.remove(&entry.name);
        self.receive(place, files).await
    }

    /// The error of a file whose end is missing; everything else is told when it is received.
    async fn is_cut(&self, files: &[Vec<u8>]) -> Result<Option<ReadError>, WatchError> {
        match intake::open(&self.ctx, files).await {
            Err(IntakeError::Unreadable(error)) => {
                let may_grow = matches!(
                    error,
                    ReadError::Truncated
                        | ReadError::Empty
                        | ReadError::Damaged
                        | ReadError::NoPages
                        | ReadError::MissingPages { .. }
                        | ReadError::NotADocument
                );
                Ok(may_grow.then_some(error))
            }
            Err(IntakeError::Store(error)) => Err(error.into()),
            Ok(_) | Err(_) => Ok(None),
        }
    }

    /// Receives the bytes of a claimed file; what can't be received is moved to `loi`.
    async fn receive(&mut self, place: PathBuf, files: Vec<Vec<u8>>) -> Result<Option<Handled>, WatchError> {
        let name = place.file_name().unwrap_or_default().to_owned();
        match self.received(files).await {
            Ok(claim) => {
                self.claims.insert(name, claim);
                Ok(None)
            }
            Err(BatchError::Intake(IntakeError::Store(error))) => Err(error.into()),
            Err(BatchError::Intake(IntakeError::Unreadable(error))) if error.is_ours() => {
                // Not the file's fault: it stays claimed, and is tried again at the next look.
                Err(WatchError::Reader(error))
            }
            Err(error) => {
                let entry = Entry {
                    name,
                    path: place,
                    files: Vec::new(),
                    is_folder: false,
                    is_unfinished: false,
                    fault: None,
                };
                self.refuse(&entry, sentence(&error.to_string())).await.map(Some)
            }
        }
    }

    async fn received(&self, files: Vec<Vec<u8>>) -> Result<Claim, BatchError> {
        let pages = batch::look(&self.ctx, &files).await?;
        if pages.iter().any(|page: &BatchPage| page.sheet.is_some()) {
            let default = match &self.settings.procedure {
                Some(_) => Some((self.open_dossier().await?, self.settings.role.clone())),
                None => None,
            };
            let batch = Batch { files, form: self.settings.form, default };
            let received = batch::receive_seen(&self.ctx, &self.officer, batch, &pages).await?;
            let mut remarks = received.remarks;
            remarks.extend(received.papers.iter().filter_map(|p| p.question.clone()));
            let papers = received.papers.into_iter().map(|p| (p.paper.id, Some(p.pages))).collect();
            return Ok(Claim { papers, remarks });
        }
        let upload = Upload {
            files,
            role: self.settings.role.clone(),
            form: self.settings.form,
            expected_pages: None,
            owner: None,
            plan: None,
            urgency: Urgency::Pile,
            known: KnownFields::default(),
        };
        let dossier = self.open_dossier().await?;
        let paper = intake::receive(&self.ctx, &self.officer, &dossier, upload).await?;
        Ok(Claim { papers: vec![(paper.id, None)], remarks: Vec::new() })
    }

    async fn open_dossier(&self) -> Result<DossierId, IntakeError> {
        let procedure = self.settings.procedure.clone();
        Ok(intake::open_dossier(&self.ctx, &self.officer, procedure).await?.id)
    }

    /// Goes on with what an earlier process had claimed.
    async fn resume(&mut self) -> Result<(), WatchError> {
        let claimed = self.settings.folder.join(CLAIMED);
        let entries = folder::entries(&claimed, &[])
            .map_err(|source| WatchError::Folder { path: claimed.clone(), source })?;
        for entry in entries {
            if self.claims.contains_key(&entry.name) {
                continue;
            }
            let read = || entry.files.iter().map(|f| folder::read(&f.path)).collect::<io::Result<Vec<_>>>();
            let Ok(files) = read() else { continue };
            let known = batch::known(&self.ctx, &self.officer, &files).await?;
            if known.is_empty() {
                let handled = self.receive(entry.path, files).await?;
                self.untold.extend(handled);
            } else {
                let papers = known.into_iter().map(|paper| (paper.id, None)).collect();
                self.claims.insert(entry.name, Claim { papers, remarks: Vec::new() });
            }
        }
        Ok(())
    }

    /// Moves the claimed files whose papers have all come to rest.
    async fn settle(&mut self) -> Result<(), WatchError> {
        let names: Vec<OsString> = self.claims.keys().cloned().collect();
        for name in names {
            let Some(papers) = self.at_rest(&name).await? else { continue };
            let Some(claim) = self.claims.get(&name) else { continue };
            let mut lines = claim.remarks.clone();
            let mut needs_person = !lines.is_empty();
            for (paper, (_, pages)) in papers.iter().zip(&claim.papers) {
                let (said, asks) = note::of_paper(paper, pages.as_deref());
                lines.extend(said);
                needs_person |= asks;
            }
            let outcome = if needs_person { Outcome::NeedsPerson } else { Outcome::Received };
            let is_secret = papers.iter().any(|p| matches!(p.state, PaperState::Quarantined { .. }));
            let ids = claim.papers.iter().map(|(id, _)| id.clone()).collect();
            let from = self.settings.folder.join(CLAIMED).join(&name);
            let into = if needs_person { FAULTS } else { DONE };
            let handled = self.put(&from, into, &name, outcome, ids, lines, is_secret)?;
            self.claims.remove(&name);
            self.untold.push(handled);
        }
        Ok(())
    }

    /// The papers of a claim, when none of them moves any more.
    async fn at_rest(&self, name: &OsString) -> Result<Option<Vec<Paper>>, WatchError> {
        let Some(claim) = self.claims.get(name) else { return Ok(None) };
        let mut found = Vec::with_capacity(claim.papers.len());
        let mut tx = self.ctx.db.read().await?;
        for (id, _) in &claim.papers {
            let paper = papers::get(&mut tx, id).await?.ok_or(StoreError::Missing { what: "a paper" })?;
            if paper.state.is_being_read() || matches!(paper.state, PaperState::ToCode { .. }) {
                return Ok(None);
            }
            found.push(paper);
        }
        Ok(Some(found))
    }

    /// Bytes that were received before: nothing is received, and the clerk is told as what.
    async fn put_aside(&mut self, entry: &Entry, known: &[Paper]) -> Result<Handled, WatchError> {
        let mut lines =
            vec!["Tệp có nội dung giống hệt một tệp đã nhận trước đây, nên không nhận lần nữa.".to_owned()];
        lines.extend(known.iter().map(|p| format!("Đã nhận là giấy tờ {}: {}.", p.id, p.state.label())));
        lines.push("Cần làm: không phải làm gì; nếu là giấy tờ khác thì quét lại giấy tờ đó.".to_owned());
        self.seen.remove(&entry.name);
        let ids = known.iter().map(|p| p.id.clone()).collect();
        self.put(&entry.path, KNOWN, &entry.name, Outcome::Duplicate, ids, lines, false)
    }

    async fn refuse(&mut self, entry: &Entry, why: String) -> Result<Handled, WatchError> {
        let todo = "Cần làm: quét lại giấy tờ vào thư mục này, hoặc nhận tệp khác trong phần mềm.".to_owned();
        self.seen.remove(&entry.name);
        self.put(&entry.path, FAULTS, &entry.name, Outcome::Failed, Vec::new(), vec![why, todo], false)
    }

    /// Moves a file to one of the named folders, its text first. A secret one is not moved but removed:
    /// its sealed bytes are in the store, and none may lie about in clear (Điều 5 khoản 1).
    #[allow(clippy::too_many_arguments)] // one caller each for three outcomes
    fn put(
        &self,
        from: &std::path::Path,
        into: &str,
        name: &OsString,
        outcome: Outcome,
        papers: Vec<PaperId>,
        lines: Vec<String>,
        is_secret: bool,
    ) -> Result<Handled, WatchError> {
        let folder = self.settings.out.join(into);
        let text = note::text(outcome, self.ctx.clock.now(), &lines);
        let write = |to: &std::path::Path| folder::write_note(&note::beside(to), &text);
        let failed = |source| WatchError::Folder { path: folder.clone(), source };
        let moved_to = if is_secret {
            write(&folder.join(name)).map_err(failed)?;
            folder::remove(from).map_err(failed)?;
            None
        } else {
            Some(folder::move_into(from, &folder, name, write).map_err(failed)?)
        };
        Ok(Handled { name: name.to_string_lossy().into_owned(), outcome, papers, moved_to, lines })
    }
}

/// One process at a time; on shares that know no locks, nothing holds a second one back but its own care.
fn lock(folder: &std::path::Path) -> Result<Option<File>, WatchError> {
    let path = folder.join(LOCK);
    let file = File::options().create(true).truncate(false).write(true).open(&path);
    let file = file.map_err(|source| WatchError::Folder { path, source })?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(Some(file)),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(WatchError::Watched),
        Err(_) => {
            tracing::warn!("the watched folder knows no locks: let one process alone watch it");
            Ok(None)
        }
    }
}

/// The first letter capital, a full stop at the end.
fn sentence(text: &str) -> String {
    let mut letters = text.trim_end_matches('.').chars();
    let first: String = letters.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}
