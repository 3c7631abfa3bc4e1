//! The page plan of a paper: arranged, undone, split, merged, filled up with pages scanned again (Điều 9).
//!
//! Originals are never touched: a plan names pages of them, every plan stays in the history, and the
//! paper is checked and read again on the new one. Refused once a code was assigned.

use crate::{
    domain::{
        dossier::{Dossier, ExpectedPages, ObjectRole, Paper, PaperObject, PaperState},
        eligibility::{PaperRole, Refusal},
        event::{Action, AuditEvent},
        ids::{OwnerNumber, PaperId},
        job::{Job, Urgency},
        officer::{ActingOfficer, stated},
        plan::{self, PagePlan, PlanAct, PlanEntry, PlanError, PlanStep, UndoError},
        rights,
    },
    store::{StoreError, Tx, audit, dossiers, jobs, papers, plans},
    workflows::{
        access::{self, Right},
        context::Ctx,
        digitise::{self, DigitiseError},
        intake::{self, IntakeError},
    },
};

/// What stands of a paper that went into another one.
const MERGED: &str = "đã gộp vào giấy tờ khác";

/// Why a plan stays as it is; nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub enum ArrangeError {
    /// The paper does not stand where its pages can be arranged, and what else a step may meet.
    #[error(transparent)]
    Step(#[from] DigitiseError),
    /// No such plan.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// Nothing to go back to.
    #[error(transparent)]
    Undo(#[from] UndoError),
    /// The file came with several papers, and that page is another one's.
    #[error("trang {page} của bản quét thuộc giấy tờ khác; muốn đưa vào đây thì gộp hai giấy tờ")]
    NotOwn {
        /// Page of the originals.
        page: u32,
    },
    /// The steps end where they began.
    #[error("các bước này không làm thay đổi gì")]
    NothingChanged,
    /// No step was given.
    #[error("chưa nêu bước nào")]
    NoSteps,
    /// Not as many descriptions as parts.
    #[error("tách thành {n_parts} giấy tờ nhưng mô tả {n_described}")]
    WrongParts {
        /// Parts by the cuts.
        n_parts: usize,
        /// Parts described.
        n_described: usize,
    },
    /// Papers of other dossiers, the same twice, or none.
    #[error("chỉ gộp được những giấy tờ khác nhau của cùng một hồ sơ")]
    NotMergeable,
    /// The catalogue has no such component.
    #[error(transparent)]
    Role(Refusal),
    /// The dossier has no procedure, so it has no components.
    #[error("hồ sơ này chưa ghi thủ tục nên không có thành phần")]
    NoProcedure,
}

impl From<StoreError> for ArrangeError {
    fn from(error: StoreError) -> Self {
        match error {
            // The same place in the history was taken meanwhile.
            StoreError::AlreadyExists => Self::Step(DigitiseError::Stale),
            other => Self::Step(other.into()),
        }
    }
}

impl From<IntakeError> for ArrangeError {
    fn from(error: IntakeError) -> Self {
        match error {
            IntakeError::UnknownRole(refusal) => Self::Role(refusal),
            IntakeError::Plan(error) => Self::Plan(error),
            IntakeError::Unreadable(error) => Self::Step(error.into()),
            IntakeError::Spool(source) => Self::Step(DigitiseError::Spool(source)),
            IntakeError::Store(error) => error.into(),
            IntakeError::UnknownDossier => Self::Step(DigitiseError::UnknownPaper),
            IntakeError::Denied(denied) => Self::Step(DigitiseError::Denied(denied)),
            IntakeError::NoReason => Self::Step(DigitiseError::NoReason),
            IntakeError::UnknownProcedure | IntakeError::NotInForce | IntakeError::NoProcedure => {
                Self::NoProcedure
            }
        }
    }
}

/// A paper with its originals and the history of its plans, the plan in force last.
pub struct Arrangement {
    /// The paper.
    pub paper: Paper,
    /// Its files as they came.
    pub originals: Vec<PaperObject>,
    /// At least one entry.
    pub history: Vec<PlanEntry>,
    /// Whether the first entry is still to be kept: nobody has arranged the pages yet.
    is_new: bool,
}

impl Arrangement {
    /// The plan in force.
    pub fn plan(&self) -> &PagePlan {
        &self.current().plan
    }

    /// Pages of the originals that are this paper's.
    pub fn own(&self) -> &[u32] {
        &self.current().own
    }

    /// Whether an act can be undone, and the pages be arranged at all.
    pub fn is_open(&self) -> bool {
        may_be_arranged(&self.paper.state)
    }

    /// Whether there is something to undo.
    pub fn can_undo(&self) -> bool {
        self.is_open() && plan::undone(&self.history).is_ok()
    }

    fn current(&self) -> &PlanEntry {
        self.history.last().expect("a history begins with the reception")
    }

    /// Refuses papers that stand elsewhere, or changed since they were looked at.
    fn is_to_be_arranged(&self, version: Option<u64>) -> Result<(), DigitiseError> {
        if version.is_some_and(|v| v != self.paper.version) {
            return Err(DigitiseError::Stale);
        }
        if self.is_open() { Ok(()) } else { Err(digitise::wrong_state(&self.paper)) }
    }
}

/// Before anything was confirmed: a code that was assigned stands for the pages that were seen.
fn may_be_arranged(state: &PaperState) -> bool {
    match state {
        PaperState::NeedsRescan { .. } | PaperState::ToConfirm { .. } | PaperState::Postponed { .. } => true,
        PaperState::Failed { before, .. } => may_be_arranged(before) || before.is_being_read(),
        _ => false,
    }
}

/// A paper with the history of its plans; looking at it is traced by who shows it.
///
/// # Errors
/// [`DigitiseError::UnknownPaper`] (also for a paper whose originals are sealed), the reader's, the store's.
pub async fn arrangement(
    ctx: &Ctx,
    officer: &ActingOfficer,
    id: &PaperId,
    may: Right,
) -> Result<Arrangement, DigitiseError> {
    let (paper, originals, mut history) = {
        let mut tx = ctx.db.read().await?;
        let (paper, _) = access::paper(&mut tx, officer, id, may).await?;
        let originals = digitise::objects_as(&mut tx, id, ObjectRole::Original).await?;
        (paper, originals, plans::history(&mut tx, id).await?)
    };
    if originals.is_empty() {
        return Err(DigitiseError::UnknownPaper);
    }
    let is_new = history.is_empty();
    if is_new {
        let whole = PagePlan::whole(n_pages(ctx, &paper, &originals).await?);
        let whole = whole.map_err(|_| StoreError::Corrupt { what: "pages of a paper" })?;
        history.push(intake::first_entry(whole, paper.received_at));
    }
    Ok(Arrangement { paper, originals, history, is_new })
}

/// Pages of a paper that nobody has arranged: as many as were seen, or counted now.
async fn n_pages(ctx: &Ctx, paper: &Paper, originals: &[PaperObject]) -> Result<u32, DigitiseError> {
    let seen = paper.state.pages().len();
    if seen > 0 {
        return Ok(u32::try_from(seen).unwrap_or(u32::MAX));
    }
    Ok(digitise::container_of(ctx, &ctx.bytes_of(originals).await?).await?.n_pages)
}

/// What a person asks for: in whose name, on which version, why.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    /// Who.
    pub officer: &'a ActingOfficer,
    /// The version that was looked at; `None`: whichever there is.
    pub version: Option<u64>,
    /// Why, in the officer's words; needed when pages are left out that were in.
    pub reason: Option<&'a str>,
}

impl Asking<'_> {
    fn reason(&self) -> Option<String> {
        self.reason.and_then(stated).map(str::to_owned)
    }
}

/// Applies `steps` to the plan of a paper, which is then checked and read again.
///
/// # Errors
/// [`ArrangeError`]; [`DigitiseError::NoReason`] when pages are left out without one.
pub async fn arrange(
    ctx: &Ctx,
    asking: Asking<'_>,
    id: &PaperId,
    steps: Vec<PlanStep>,
) -> Result<Paper, ArrangeError> {
    let standing = arrangement(ctx, asking.officer, id, rights::may_work_on).await?;
    standing.is_to_be_arranged(asking.version)?;
    if steps.is_empty() {
        return Err(ArrangeError::NoSteps);
    }
    let plan = applied(&standing, &steps)?;
    if plan == *standing.plan() {
        return Err(ArrangeError::NothingChanged);
    }
    let leaves_out = standing.plan().pages().iter().any(|p| !plan.contains(p.page));
    if leaves_out && asking.reason().is_none() {
        return Err(DigitiseError::NoReason.into());
    }
    let own = standing.own().to_vec();
    let mut tx = ctx.db.write().await?;
    let change = Change { plan, own, act: PlanAct::Arranged { steps }, action: Action::ArrangePages };
    let paper = put_in_force(ctx, &mut tx, asking, standing, change).await?;
    tx.commit().await.map_err(DigitiseError::from)?;
    Ok(paper)
}

fn applied(standing: &Arrangement, steps: &[PlanStep]) -> Result<PagePlan, ArrangeError> {
    let own = standing.own();
    // Pages that were this paper's once are there, though they may be another one's now.
    let n_pages = standing.history.iter().flat_map(|e| &e.own).copied().max().unwrap_or(0);
    let mut plan = standing.plan().clone();
    for step in steps {
        if let PlanStep::Insert { page, .. } | PlanStep::Replace { page, .. } = step
            && (1..=n_pages).contains(page)
            && !own.contains(page)
        {
            return Err(ArrangeError::NotOwn { page: *page });
        }
        if let PlanStep::Rotate { positions, .. } = step {
            plan = plan.turned_as_seen(positions, standing.paper.state.pages());
        }
        plan = plan::apply(&plan, step, n_pages)?;
    }
    Ok(plan)
}

/// Takes the last act back that was not taken back yet; the history keeps both.
///
/// # Errors
/// [`ArrangeError`].
pub async fn undo(ctx: &Ctx, asking: Asking<'_>, id: &PaperId) -> Result<Paper, ArrangeError> {
    let standing = arrangement(ctx, asking.officer, id, rights::may_work_on).await?;
    standing.is_to_be_arranged(asking.version)?;
    let restored = plan::undone(&standing.history)?;
    let change = Change {
        plan: restored.plan.clone(),
        own: standing.own().to_vec(),
        act: PlanAct::Undone { restores: restored.ordinal },
        action: Action::UndoPages,
    };
    let mut tx = ctx.db.write().await?;
    let paper = put_in_force(ctx, &mut tx, asking, standing, change).await?;
    tx.commit().await.map_err(DigitiseError::from)?;
    Ok(paper)
}

/// Where pages that were scanned again come to stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InsertAt {
    /// The first of them stands at this position; one more than there are pages is the end.
    Position(u32),
    /// The first of them takes the place of the page at this position, the others follow it.
    InPlaceOf(u32),
}

/// Adds files to a paper, and their pages to its plan.
///
/// # Errors
/// [`ArrangeError`]; [`DigitiseError::NoReason`] when a page is replaced without one.
pub async fn insert(
    ctx: &Ctx,
    asking: Asking<'_>,
    id: &PaperId,
    files: &[Vec<u8>],
    at: InsertAt,
) -> Result<Paper, ArrangeError> {
    let mut standing = arrangement(ctx, asking.officer, id, rights::may_work_on).await?;
    standing.is_to_be_arranged(asking.version)?;
    if matches!(at, InsertAt::InPlaceOf(_)) && asking.reason().is_none() {
        return Err(DigitiseError::NoReason.into());
    }
    let n_before = standing.originals.len();
    let mut all = ctx.bytes_of(&standing.originals).await.map_err(DigitiseError::from)?;
    all.extend(files.iter().cloned());
    // All files together, so that the paper still opens afterwards.
    let pages_of_files = intake::open(ctx, &all).await?.pages_of_files;
    let sum = |pages: &[u32]| pages.iter().fold(0u32, |sum, n| sum.saturating_add(*n));
    let (old, new) = pages_of_files.split_at(n_before.min(pages_of_files.len()));
    let (first_page, n_pages) = (sum(old) + 1, sum(new));
    let steps = steps_of_insertion(at, first_page, n_pages);
    let mut plan = standing.plan().clone();
    for step in &steps {
        plan = plan::apply(&plan, step, sum(&pages_of_files))?;
    }
    let mut own = standing.own().to_vec();
    own.extend(first_page..first_page + n_pages);

    let mut added = Vec::with_capacity(files.len());
    let files = all.into_iter().skip(n_before);
    for (ordinal, bytes) in (u32::try_from(n_before).unwrap_or(u32::MAX)..).zip(files) {
        let media_type = intake::media_type_of(&bytes);
        let kept = ctx.objects.put(bytes).await.map_err(DigitiseError::from)?;
        added.push(kept.as_object(ObjectRole::Original, ordinal, media_type));
    }
    let mut tx = ctx.db.write().await?;
    for object in &added {
        papers::add_object(&mut tx, id, object).await?;
    }
    standing.originals.extend(added);
    let act = PlanAct::Inserted { first_page, n_pages, steps };
    let change = Change { plan, own, act, action: Action::InsertPages };
    let paper = put_in_force(ctx, &mut tx, asking, standing, change).await?;
    tx.commit().await.map_err(DigitiseError::from)?;
    Ok(paper)
}

fn steps_of_insertion(at: InsertAt, first_page: u32, n_pages: u32) -> Vec<PlanStep> {
    let pages = first_page..first_page.saturating_add(n_pages);
    match at {
        InsertAt::Position(position) => {
            (position..).zip(pages).map(|(position, page)| PlanStep::Insert { page, position }).collect()
        }
        InsertAt::InPlaceOf(position) => {
            let others = (position.saturating_add(1)..).zip(pages.skip(1));
            let others = others.map(|(position, page)| PlanStep::Insert { page, position });
            std::iter::once(PlanStep::Replace { position, page: first_page }).chain(others).collect()
        }
    }
}

/// What is said of one of the papers that a paper is split into.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Part {
    /// What it is in the procedure; the first part keeps what it was when nothing is said.
    pub role: Option<PaperRole>,
    /// Its number of pages on paper.
    pub expected_pages: Option<ExpectedPages>,
    /// Its owner; the first part keeps the one declared when nothing is said.
    pub owner: Option<OwnerNumber>,
}

/// Splits a paper after the positions `after`: it keeps the first part, each other part becomes a
/// paper of the same dossier with the same originals. `parts` says of each what it is, or nothing at all.
///
/// Gives the papers in order, the first one first.
///
/// # Errors
/// [`ArrangeError`].
pub async fn split(
    ctx: &Ctx,
    asking: Asking<'_>,
    id: &PaperId,
    after: &[u32],
    parts: &[Part],
) -> Result<Vec<Paper>, ArrangeError> {
    let mut standing = arrangement(ctx, asking.officer, id, rights::may_work_on).await?;
    standing.is_to_be_arranged(asking.version)?;
    let plans_of_parts = standing.plan().cut(after)?;
    let described = match parts {
        [] => vec![Part::default(); plans_of_parts.len()],
        parts if parts.len() == plans_of_parts.len() => parts.to_vec(),
        parts => {
            let (n_parts, n_described) = (plans_of_parts.len(), parts.len());
            return Err(ArrangeError::WrongParts { n_parts, n_described });
        }
    };
    let dossier = dossier_of(ctx, &standing.paper).await?;
    let mut new = Vec::new();
    for (plan, part) in plans_of_parts.iter().zip(&described).skip(1) {
        let paper = part_paper(ctx, &dossier, &standing.paper, part).await?;
        new.push((paper, plan.clone()));
    }
    let first = &described[0];
    if let Some(role) = &first.role {
        // Of the first part the state is moved below; a component that isn't digitised would be lost in it.
        if let Some(refusal) = intake::refusal_of(ctx, &dossier, Some(role), standing.paper.form).await? {
            return Err(ArrangeError::Role(refusal));
        }
        standing.paper.role = Some(role.clone());
    }
    standing.paper.expected_pages = first.expected_pages;
    if first.owner.is_some() {
        standing.paper.declared_owner.clone_from(&first.owner);
    }

    let mut tx = ctx.db.write().await?;
    let mut all = Vec::with_capacity(new.len() + 1);
    for (paper, plan) in new {
        all.push(cut_off(ctx, &mut tx, asking, &standing, paper, plan).await?);
    }
    let gone: Vec<u32> = plans_of_parts[1..].iter().flat_map(|p| p.pages()).map(|p| p.page).collect();
    let own = standing.own().iter().copied().filter(|page| !gone.contains(page)).collect();
    let act = PlanAct::Split { into: all.iter().map(|p: &Paper| p.id.clone()).collect() };
    let change = Change { plan: plans_of_parts[0].clone(), own, act, action: Action::SplitPaper };
    all.insert(0, put_in_force(ctx, &mut tx, asking, standing, change).await?);
    tx.commit().await.map_err(DigitiseError::from)?;
    Ok(all)
}

async fn dossier_of(ctx: &Ctx, paper: &Paper) -> Result<Dossier, ArrangeError> {
    let mut tx = ctx.db.read().await?;
    let dossier = dossiers::get(&mut tx, &paper.dossier).await?;
    Ok(dossier.ok_or(StoreError::Corrupt { what: "dossier of a paper" })?)
}

/// One more paper, received when the whole was; refused at once when it is not to be digitised.
async fn part_paper(ctx: &Ctx, dossier: &Dossier, whole: &Paper, part: &Part) -> Result<Paper, ArrangeError> {
    let refusal = intake::refusal_of(ctx, dossier, part.role.as_ref(), whole.form).await?;
    Ok(Paper {
        id: PaperId::new(),
        dossier: whole.dossier.clone(),
        role: part.role.clone(),
        form: whole.form,
        expected_pages: part.expected_pages,
        declared_owner: part.owner.clone(),
        received_at: whole.received_at,
        state: intake::first_state(refusal.as_ref(), ctx.clock.now()),
        version: 1,
    })
}

/// Keeps a paper made of pages that were another one's.
async fn cut_off(
    ctx: &Ctx,
    tx: &mut Tx,
    asking: Asking<'_>,
    whole: &Arrangement,
    paper: Paper,
    plan: PagePlan,
) -> Result<Paper, ArrangeError> {
    papers::insert(tx, &paper).await?;
    for object in &whole.originals {
        papers::add_object(tx, &paper.id, object).await?;
    }
    let now = ctx.clock.now();
    let entry = PlanEntry {
        act: PlanAct::CutOff { from: whole.paper.id.clone() },
        reason: asking.reason(),
        by: Some(asking.officer.officer.id.clone()),
        ..intake::first_entry(plan, now)
    };
    plans::append(tx, &paper.id, &entry).await?;
    let detail = serde_json::json!({ "cut_from": whole.paper.id, "after": entry.plan.pages() });
    trace(ctx, tx, asking, Action::ReceivePaper, &paper.id, detail).await?;
    if matches!(paper.state, PaperState::Received) {
        jobs::enqueue(tx, &Job::CheckAndRead { paper: paper.id.clone() }, now, Urgency::Desk).await?;
    }
    Ok(paper)
}

/// Puts the pages of `others` behind those of `into`; the others end as refused and lead to it.
///
/// # Errors
/// [`ArrangeError`].
pub async fn merge(
    ctx: &Ctx,
    asking: Asking<'_>,
    into: &PaperId,
    others: &[PaperId],
) -> Result<Paper, ArrangeError> {
    let mut standing = arrangement(ctx, asking.officer, into, rights::may_work_on).await?;
    standing.is_to_be_arranged(asking.version)?;
    let mut merged = Vec::with_capacity(others.len());
    for (at, other) in others.iter().enumerate() {
        if other == into || others[..at].contains(other) {
            return Err(ArrangeError::NotMergeable);
        }
        let other = arrangement(ctx, asking.officer, other, rights::may_work_on).await?;
        if other.paper.dossier != standing.paper.dossier {
            return Err(ArrangeError::NotMergeable);
        }
        other.is_to_be_arranged(None)?;
        merged.push(other);
    }
    if merged.is_empty() {
        return Err(ArrangeError::NotMergeable);
    }
    let together = together(ctx, &standing, &merged).await?;
    let declared = std::iter::once(&standing).chain(&merged).map(|s| s.paper.expected_pages.map(|p| p.0));
    let declared = declared.reduce(|a, b| a?.checked_add(b?)).flatten();
    standing.paper.expected_pages = declared.map(ExpectedPages);

    let mut tx = ctx.db.write().await?;
    for object in &together.added {
        papers::add_object(&mut tx, into, object).await?;
    }
    for other in merged {
        let mut paper = other.paper;
        let (before, now) = (other.history.last().map(|e| e.plan.pages().to_vec()), ctx.clock.now());
        let refused = PaperState::Refused { reason: MERGED.to_owned(), clause: None, at: now };
        digitise::move_on(ctx, &mut tx, &mut paper, refused, None, None, None).await?;
        let detail = serde_json::json!({ "merged_into": into, "before": before });
        trace(ctx, &mut tx, asking, Action::MergePapers, &paper.id, detail).await?;
    }
    let act = PlanAct::Merged { from: others.to_vec() };
    let change = Change { plan: together.plan, own: together.own, act, action: Action::MergePapers };
    let paper = put_in_force(ctx, &mut tx, asking, standing, change).await?;
    tx.commit().await.map_err(DigitiseError::from)?;
    Ok(paper)
}

/// Several papers as one.
struct Together {
    plan: PagePlan,
    own: Vec<u32>,
    /// Originals that `into` has not yet, with their new ordinals.
    added: Vec<PaperObject>,
}

/// Works out the plan of the merged paper. A file that both have (a batch that was split) is not added
/// again, unless both have the same pages of it as their own.
async fn together(ctx: &Ctx, into: &Arrangement, others: &[Arrangement]) -> Result<Together, ArrangeError> {
    let mut distinct: Vec<PaperObject> = Vec::new();
    for object in into.originals.iter().chain(others.iter().flat_map(|o| &o.originals)) {
        if !distinct.iter().any(|d| d.hash == object.hash) {
            distinct.push(object.clone());
        }
    }
    let bytes = ctx.bytes_of(&distinct).await.map_err(DigitiseError::from)?;
    let pages_of_files = intake::open(ctx, &bytes).await?.pages_of_files;
    let n_pages_of = |object: &PaperObject| {
        let known = distinct.iter().zip(&pages_of_files).find(|(d, _)| d.hash == object.hash);
        known.map_or(0, |(_, n)| *n)
    };
    let mut files = into.originals.clone();
    let (mut plan, mut own) = (into.plan().clone(), into.own().to_vec());
    for other in others {
        let mut first_there = 1u32; // first page of the file, by the other paper's counting
        let mut moved: Vec<(std::ops::Range<u32>, u32)> = Vec::new();
        for object in &other.originals {
            let n_pages = n_pages_of(object);
            let range = first_there..first_there.saturating_add(n_pages);
            let shares_pages = |first: u32| {
                let theirs = other.own().iter().filter(|page| range.contains(page));
                theirs.map(|page| page - range.start + first).any(|page| own.contains(&page))
            };
            let mut first_here = 1u32;
            let mut found = None;
            for file in &files {
                if file.hash == object.hash && !shares_pages(first_here) {
                    found = Some(first_here);
                    break;
                }
                first_here = first_here.saturating_add(n_pages_of(file));
            }
            if found.is_none() {
                let ordinal = u32::try_from(files.len()).unwrap_or(u32::MAX);
                files.push(PaperObject { ordinal, ..object.clone() });
            }
            first_there = range.end;
            moved.push((range, found.unwrap_or(first_here)));
        }
        let here = |page: u32| {
            let place = moved.iter().find(|(range, _)| range.contains(&page));
            place.map(|(range, first)| page - range.start + first)
        };
        let corrupt = || StoreError::Corrupt { what: "pages of a paper" };
        let pages =
            other.plan().pages().iter().map(|p| Some(plan::PlannedPage { page: here(p.page)?, ..*p }));
        let pages: Option<Vec<_>> = pages.collect();
        plan = plan.followed_by(&PagePlan::new(pages.ok_or_else(corrupt)?)?)?;
        own.extend(other.own().iter().filter_map(|page| here(*page)));
    }
    own.sort_unstable();
    own.dedup();
    Ok(Together { plan, own, added: files.split_off(into.originals.len()) })
}

/// A new entry of a history.
struct Change {
    plan: PagePlan,
    own: Vec<u32>,
    act: PlanAct,
    action: Action,
}

/// Appends to the history, leaves the trace, and sends the paper to be checked and read again.
async fn put_in_force(
    ctx: &Ctx,
    tx: &mut Tx,
    asking: Asking<'_>,
    standing: Arrangement,
    change: Change,
) -> Result<Paper, ArrangeError> {
    let now = ctx.clock.now();
    let last = standing.current();
    let mut paper = standing.paper.clone();
    if standing.is_new {
        plans::append(tx, &paper.id, last).await?;
    }
    let entry = PlanEntry {
        ordinal: last.ordinal.saturating_add(1),
        plan: change.plan,
        own: change.own,
        act: change.act,
        reason: asking.reason(),
        by: Some(asking.officer.officer.id.clone()),
        at: now,
    };
    plans::append(tx, &paper.id, &entry).await?;
    digitise::move_on(ctx, tx, &mut paper, PaperState::Checking, None, None, None).await?;
    let detail = serde_json::json!({
        "act": entry.act, "before": last.plan.pages(), "after": entry.plan.pages(),
    });
    trace(ctx, tx, asking, change.action, &paper.id, detail).await?;
    jobs::enqueue(tx, &Job::CheckAndRead { paper: paper.id.clone() }, now, Urgency::Desk).await?;
    Ok(paper)
}

/// Writes down one act; the reason is sealed, since it may name people.
async fn trace(
    ctx: &Ctx,
    tx: &mut Tx,
    asking: Asking<'_>,
    action: Action,
    paper: &PaperId,
    detail: serde_json::Value,
) -> Result<(), ArrangeError> {
    let event = AuditEvent {
        at: ctx.clock.now(),
        actor: Some(asking.officer.into()),
        action,
        object: ("paper", paper.to_string()),
        purpose: asking.reason(),
        detail: Some(detail),
    };
    audit::append(tx, &event).await?;
    Ok(())
}
