//! A received paper's way: checked (Điều 9), read and proposed (Điều 16 khoản 1), until it lies before an officer.
//!
//! Each step commits its own transaction, so that a paper killed half-way stands where its last
//! finished step left it.

use std::io;

use tokio::sync::mpsc;

use crate::{
    domain::{
        confirm::FieldFault,
        dossier::{Dossier, ObjectRole, Paper, PaperObject, PaperState, Step},
        event::{Action, AuditEvent, Change},
        first::FirstProposals,
        ids::PaperId,
        job::{Job, Urgency},
        officer::{ActingOfficer, stated},
        page::{CheckedPages, PageFaults, Severity},
        rescan::SameBy,
        rights::{self, Denied},
    },
    engines::{
        imaging::{fault::ReadError, open::Container},
        reader::NotStamped,
    },
    remote::antivirus::{AntivirusError, Verdict},
    store::{StoreError, Tx, audit, dossiers, first, jobs, papers, plans, prints},
    workflows::{
        access::{self, AccessError, Right},
        archive,
        context::{Ctx, Spooled},
        examine::{self, Declared, Examination, Interest},
        intake, lessons, measures, quarantine, register,
        rescan::{self, Remembered},
        verify,
    },
};

/// Why a step was not done.
#[derive(Debug, thiserror::Error)]
pub enum DigitiseError {
    /// No such paper.
    #[error("không có giấy tờ này")]
    UnknownPaper,
    /// The paper does not stand where the act needs it.
    #[error("giấy tờ đang ở bước “{state}”, không thực hiện được việc này")]
    WrongState {
        /// The Vietnamese name of its state.
        state: &'static str,
    },
    /// Somebody else changed it since it was looked at.
    #[error("giấy tờ vừa được người khác thay đổi: tải lại trang rồi làm lại")]
    Stale,
    /// Fields that can't be taken.
    #[error("còn {} trường phải nhập hoặc sửa", .0.len())]
    Fields(Vec<FieldFault>),
    /// The type is not one of the catalogue.
    #[error("Danh mục không có mã loại giấy tờ này")]
    UnknownType,
    /// The code belongs to another paper.
    #[error(
        "mã số hóa này đã cấp cho giấy tờ khác: kiểm tra lại số, ký hiệu và chủ giấy tờ, hoặc sử dụng lại giấy tờ đã số hóa"
    )]
    CodeTaken {
        /// The paper that holds it.
        held_by: PaperId,
    },
    /// The paper has no number, and the installation does not code such papers.
    #[error("giấy tờ không có số, ký hiệu; cơ quan chưa cho phép cấp mã cho giấy tờ không có số")]
    NoNumber,
    /// A signed file is one of several, or its pages were arranged.
    #[error(
        "tệp này đã có chữ ký số nên phải giữ nguyên cả tệp: nhận riêng tệp đã ký thành một giấy tờ, không ghép, tách hay đổi thứ tự trang. Bản gốc được giữ nguyên."
    )]
    Signed,
    /// A signed file carries a code that cannot be taken over: it has not the form of one, or its signatures are not
    /// proven.
    #[error(
        "tệp đã ký này mang một mã số hóa khác, chưa tin được mã đó: kiểm tra phần “Chữ ký số” của giấy tờ (có thể thiếu chứng thư số tin cậy của nơi ký), hoặc yêu cầu nộp bản khác"
    )]
    UnprovenCode,
    /// A reason is needed.
    #[error("cần ghi lý do")]
    NoReason,
    /// The reading process could not do it.
    #[error(transparent)]
    Unreadable(#[from] ReadError),
    /// The antivirus program found something.
    #[error(
        "tệp có mã độc ({0}): không mở tệp; yêu cầu nộp lại tệp khác rồi chọn “không số hóa” cho tệp này, hoặc báo quản trị hệ thống nếu cho là nhầm"
    )]
    Infected(String),
    /// The antivirus program did not look at the file.
    #[error(transparent)]
    NotScanned(#[from] AntivirusError),
    /// Files for the reading process could not be written.
    #[error("không ghi được tệp tạm: kiểm tra dung lượng đĩa")]
    Spool(#[source] io::Error),
    /// The code could not be written on page one.
    #[error(transparent)]
    Stamp(#[from] crate::engines::stamp::StampError),
    /// The store failed.
    #[error(transparent)]
    Store(StoreError),
    /// The right is not the officer's.
    #[error(transparent)]
    Denied(Denied),
}

impl From<AccessError> for DigitiseError {
    fn from(error: AccessError) -> Self {
        match error {
            AccessError::NotFound => Self::UnknownPaper,
            AccessError::Denied(denied) => Self::Denied(denied),
            AccessError::Store(error) => error.into(),
        }
    }
}

impl From<NotStamped> for DigitiseError {
    fn from(error: NotStamped) -> Self {
        match error {
            NotStamped::Refused(error) => Self::Stamp(error),
            NotStamped::Unread(error) => Self::Unreadable(error),
        }
    }
}

impl From<StoreError> for DigitiseError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Stale => Self::Stale,
            StoreError::CodeTaken { held_by } => Self::CodeTaken { held_by },
            other => Self::Store(other),
        }
    }
}

/// The paper as it stands.
///
/// # Errors
/// [`DigitiseError::UnknownPaper`] or the store's.
pub async fn paper(ctx: &Ctx, id: &PaperId) -> Result<Paper, DigitiseError> {
    let mut tx = ctx.db.read().await?;
    papers::get(&mut tx, id).await?.ok_or(DigitiseError::UnknownPaper)
}

/// Checks and reads a received paper; safe to run twice. `on_page(done, of)` is told after each page. What the head
/// of page one gives is kept before the rest is read, for whoever waits.
///
/// # Errors
/// [`DigitiseError`]; the paper then stands where its last finished step left it.
pub async fn check_and_read(
    ctx: &Ctx,
    id: &PaperId,
    urgency: Urgency,
    on_page: impl Fn(u32, u32) + Send + Sync + 'static,
) -> Result<(), DigitiseError> {
    let mut paper = paper(ctx, id).await?;
    let is_overridden = match &paper.state {
        PaperState::Received => {
            step(ctx, &mut paper, PaperState::Checking, None).await?;
            false
        }
        PaperState::Checking => false,
        PaperState::Reading { override_reason } => override_reason.is_some(),
        _ => return Ok(()), // done by an earlier run
    };
    let examination = match examine(ctx, &paper, is_overridden, (urgency, on_page)).await {
        Ok(examination) => examination,
        Err(DigitiseError::Unreadable(error)) if !error.is_ours() => {
            let cause = error.to_string();
            let before = Box::new(paper.state.clone());
            let failed = PaperState::Failed { step: Step::Read, cause, retry: false, before };
            return step(ctx, &mut paper, failed, Some(Action::FailPaper)).await;
        }
        // Tried again once a person says so: the program's list may have been wrong.
        Err(found @ DigitiseError::Infected(_)) => {
            measures::infected();
            return fail(ctx, id, Step::Scan, &found).await;
        }
        Err(error) => return Err(error),
    };
    if examination.is_classified() {
        return quarantine::set_apart(ctx, paper).await;
    }
    if matches!(paper.state, PaperState::Checking) {
        step(ctx, &mut paper, PaperState::Reading { override_reason: None }, Some(Action::CheckPaper))
            .await?;
    }
    let pages = match &examination.pages {
        Ok(checked) => &checked.pages,
        Err(faults) => &faults.pages,
    };
    if examination.container.has_signatures {
        verify::arrived(ctx, &paper).await?;
    }
    let same_bytes = rescan::of_same_bytes(ctx, &paper, &examination.container, pages).await?;
    match examination.pages {
        Err(faults) if !is_overridden => needs_rescan(ctx, paper, faults, same_bytes).await,
        _ => to_confirm(ctx, paper, examination, same_bytes).await,
    }
}

/// The pages have to be scanned again; nothing is remembered of them.
async fn needs_rescan(
    ctx: &Ctx,
    mut paper: Paper,
    faults: PageFaults,
    same_bytes: Option<PaperId>,
) -> Result<(), DigitiseError> {
    let mut tx = ctx.db.write().await?;
    prints::forget(&mut tx, &paper.id).await?;
    let before = same_bytes.as_ref().map(|id| (id, SameBy::Bytes));
    prints::note_before(&mut tx, &paper.id, before, ctx.clock.now()).await?;
    measures::refused(&faults.findings);
    let next = PaperState::NeedsRescan { faults };
    move_on(ctx, &mut tx, &mut paper, next, None, Some(Action::CheckPaper), None).await?;
    tx.commit().await?;
    Ok(())
}

/// Keeps the words and what the paper is known again by, looks for an earlier scan of it, and lays it before
/// an officer.
async fn to_confirm(
    ctx: &Ctx,
    mut paper: Paper,
    examination: Examination,
    same_bytes: Option<PaperId>,
) -> Result<(), DigitiseError> {
    let remembered = Remembered::of(&examination);
    let Examination { pages, text, proposed, timings, .. } = examination;
    measures::took(&timings);
    let Some(proposed) = proposed else { return Err(ReadError::Crashed.into()) };
    let words = serde_json::to_vec(&text).expect("words are plain data");
    let kept = ctx.objects.put(words).await?;
    // First of all: of two that are read side by side, the later one has to find the earlier one.
    let mut tx = ctx.db.write().await?;
    papers::add_object(&mut tx, &paper.id, &kept.as_object(ObjectRole::Text, 0, "application/json")).await?;
    remembered.keep(&mut tx, &paper.id).await?;
    tx.commit().await?;
    let before = match same_bytes {
        Some(id) => Some((id, SameBy::Bytes)),
        None => {
            let found = rescan::of_same_pages(ctx, &paper, &remembered, &text, &proposed).await?;
            found.map(|id| (id, SameBy::Pages))
        }
    };
    let checked = pages.unwrap_or_else(overridden);
    let next = PaperState::ToConfirm { checked, proposed: Box::new(proposed), timings };
    let mut tx = ctx.db.write().await?;
    let before = before.as_ref().map(|(id, by)| (id, *by));
    prints::note_before(&mut tx, &paper.id, before, ctx.clock.now()).await?;
    move_on(ctx, &mut tx, &mut paper, next, None, Some(Action::ReadPaper), None).await?;
    tx.commit().await?;
    Ok(())
}

/// Faults that an officer has looked at and taken upon himself; they stay on record.
fn overridden(faults: PageFaults) -> CheckedPages {
    let mut findings = faults.findings;
    for finding in &mut findings {
        if finding.severity == Severity::Block {
            finding.severity = Severity::Ask;
        }
    }
    CheckedPages { pages: faults.pages, findings }
}

async fn examine(
    ctx: &Ctx,
    paper: &Paper,
    is_overridden: bool,
    (urgency, on_page): (Urgency, impl Fn(u32, u32) + Send + Sync + 'static),
) -> Result<Examination, DigitiseError> {
    let (dossier, originals, planned) = {
        let mut tx = ctx.db.read().await?;
        let dossier = dossiers::get(&mut tx, &paper.dossier).await?.ok_or(DigitiseError::UnknownPaper)?;
        let originals = objects_as(&mut tx, &paper.id, ObjectRole::Original).await?;
        (dossier, originals, plans::latest(&mut tx, &paper.id).await?)
    };
    let learned = lessons::in_force(ctx).await?;
    let catalogue = learned.taught(intake::catalogue_of(ctx, &dossier).await?);
    let files = ctx.bytes_of(&originals).await?;
    scan(ctx, &files).await?;
    let spooled = Spooled::write(&files).map_err(DigitiseError::Spool)?;
    drop(files); // a large paper lies in memory no longer than it has to
    let declared = Declared {
        pages: paper.expected_pages.filter(|_| !is_overridden),
        procedure: dossier.procedure,
        role: paper.role.clone(),
        owner: paper.declared_owner.clone(),
        plan: planned.map(|entry| entry.plan),
    };
    let (readers, rules, now) = (ctx.readers.clone(), ctx.rules.clone(), ctx.clock.now());
    let (tell, mut heard) = mpsc::unbounded_channel();
    let reading = tokio::task::spawn_blocking(move || {
        let known = examine::Known { catalogue: &catalogue, guide: &learned.guide };
        // Nobody hears it any more when the paper was given up meanwhile.
        let on_first = move |first| drop(tell.send(first));
        let interest = Interest { urgency, on_page: &on_page, on_first: &on_first };
        examine::examine(&readers, &spooled.paths, &declared, known, &rules.pages, now, interest)
    });
    // Ends when the reading does.
    while let Some(first) = heard.recv().await {
        keep_first(ctx, paper, &first).await?;
    }
    let mut examination = reading.await.map_err(|_| ReadError::Crashed)??;
    register::weigh(ctx, &paper.id, &mut examination).await?;
    archive::weigh(ctx, &paper.id, &mut examination).await?;
    Ok(examination)
}

/// Has the antivirus program look at files, where the installation has one.
async fn scan(ctx: &Ctx, files: &[Vec<u8>]) -> Result<(), DigitiseError> {
    let Some(antivirus) = &ctx.antivirus else { return Ok(()) };
    for file in files {
        if let Verdict::Infected { name } = antivirus.look_at(file).await? {
            return Err(DigitiseError::Infected(name));
        }
    }
    Ok(())
}

/// Keeps what the head gave, unless the paper was moved on meanwhile.
async fn keep_first(ctx: &Ctx, paper: &Paper, first: &FirstProposals) -> Result<(), DigitiseError> {
    let mut tx = ctx.db.write().await?;
    let stands = papers::get(&mut tx, &paper.id).await?;
    if stands.is_some_and(|now| now.version == paper.version) {
        first::keep(&mut tx, &paper.id, first).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// An officer takes faults of the pages upon himself; the paper is read all the same (Điều 9).
///
/// # Errors
/// [`DigitiseError::NoReason`], [`DigitiseError::WrongState`] or the store's.
pub async fn override_faults(
    ctx: &Ctx,
    officer: &ActingOfficer,
    id: &PaperId,
    reason: &str,
) -> Result<Paper, DigitiseError> {
    let mut paper = paper_for(ctx, officer, id, rights::may_override).await?;
    let reason = stated(reason).ok_or(DigitiseError::NoReason)?;
    let PaperState::NeedsRescan { faults } = &paper.state else { return Err(wrong_state(&paper)) };
    let said: Vec<_> = faults.findings.iter().map(|finding| &finding.message).collect();
    let before = serde_json::json!({ "state": paper.state.name(), "findings": said });
    let next = PaperState::Reading { override_reason: Some(reason.to_owned()) };
    let change = Change::of(&before, &serde_json::json!({ "state": next.name(), "reason": reason }));
    let mut tx = ctx.db.write().await?;
    move_on(ctx, &mut tx, &mut paper, next, Some(officer), None, None).await?;
    trace_change(ctx, &mut tx, Some(officer), Action::OverrideFaults, &paper.id, None, &change).await?;
    jobs::enqueue(&mut tx, &Job::CheckAndRead { paper: paper.id.clone() }, ctx.clock.now(), Urgency::Desk)
        .await?;
    tx.commit().await?;
    Ok(paper)
}

/// The paper, if `officer` may do `may` to it.
pub(super) async fn paper_for(
    ctx: &Ctx,
    officer: &ActingOfficer,
    id: &PaperId,
    may: Right,
) -> Result<Paper, DigitiseError> {
    let mut tx = ctx.db.read().await?;
    Ok(access::paper(&mut tx, officer, id, may).await?.0)
}

/// The dossier of a paper.
pub(super) async fn dossier_of(ctx: &Ctx, paper: &Paper) -> Result<Dossier, DigitiseError> {
    let mut tx = ctx.db.read().await?;
    dossiers::get(&mut tx, &paper.dossier).await?.ok_or(DigitiseError::UnknownPaper)
}

/// What is known of files without looking at a page.
pub(super) async fn container_of(ctx: &Ctx, files: &[Vec<u8>]) -> Result<Container, DigitiseError> {
    let spooled = Spooled::write(files).map_err(DigitiseError::Spool)?;
    let readers = ctx.readers.clone();
    let opened = tokio::task::spawn_blocking(move || readers.open(&spooled.paths));
    Ok(opened.await.map_err(|_| ReadError::Crashed)??)
}

/// Puts a failed paper back to the step that failed.
///
/// # Errors
/// [`DigitiseError::WrongState`] or the store's.
pub async fn retry(ctx: &Ctx, officer: &ActingOfficer, id: &PaperId) -> Result<Paper, DigitiseError> {
    let mut paper = paper_for(ctx, officer, id, rights::may_work_on).await?;
    let PaperState::Failed { before, .. } = &paper.state else { return Err(wrong_state(&paper)) };
    let next = (**before).clone();
    let job = match next {
        PaperState::ToCode { .. } => Job::WriteCode { paper: paper.id.clone() },
        PaperState::ToSign { .. } | PaperState::Signing { .. } => Job::Compose { paper: paper.id.clone() },
        _ => Job::CheckAndRead { paper: paper.id.clone() },
    };
    let mut tx = ctx.db.write().await?;
    move_on(ctx, &mut tx, &mut paper, next, Some(officer), Some(Action::RetryPaper), None).await?;
    jobs::enqueue(&mut tx, &job, ctx.clock.now(), Urgency::Desk).await?;
    tx.commit().await?;
    Ok(paper)
}

/// An officer decides that a paper is not digitised, with his reason; its bytes stay as they came. Not once its code
/// was assigned.
///
/// # Errors
/// [`DigitiseError::NoReason`], [`DigitiseError::WrongState`] or the store's.
pub async fn refuse(
    ctx: &Ctx,
    officer: &ActingOfficer,
    id: &PaperId,
    reason: &str,
) -> Result<Paper, DigitiseError> {
    let mut paper = paper_for(ctx, officer, id, rights::may_work_on).await?;
    let reason = stated(reason).ok_or(DigitiseError::NoReason)?.to_owned();
    if !paper.state.may_be_given_up() {
        return Err(wrong_state(&paper));
    }
    let next = PaperState::Refused { reason, clause: None, at: ctx.clock.now() };
    let mut tx = ctx.db.write().await?;
    prints::forget(&mut tx, &paper.id).await?;
    move_on(ctx, &mut tx, &mut paper, next, Some(officer), Some(Action::RefusePaper), None).await?;
    tx.commit().await?;
    Ok(paper)
}

/// Marks a paper as failed at `step`, with a sentence for people.
///
/// # Errors
/// The store's.
pub async fn fail(
    ctx: &Ctx,
    id: &PaperId,
    step_failed: Step,
    cause: &DigitiseError,
) -> Result<(), DigitiseError> {
    let mut paper = paper(ctx, id).await?;
    if paper.state.is_final()
        || matches!(paper.state, PaperState::Failed { .. } | PaperState::Quarantined { .. })
    {
        return Ok(());
    }
    let before = Box::new(paper.state.clone());
    let failed = PaperState::Failed { step: step_failed, cause: cause.to_string(), retry: true, before };
    step(ctx, &mut paper, failed, Some(Action::FailPaper)).await
}

pub(super) fn wrong_state(paper: &Paper) -> DigitiseError {
    DigitiseError::WrongState { state: paper.state.label() }
}

/// One step in a transaction of its own.
async fn step(
    ctx: &Ctx,
    paper: &mut Paper,
    next: PaperState,
    action: Option<Action>,
) -> Result<(), DigitiseError> {
    let mut tx = ctx.db.write().await?;
    move_on(ctx, &mut tx, paper, next, None, action, None).await?;
    tx.commit().await?;
    Ok(())
}

/// Moves `paper` on within `tx` and leaves the trace.
pub(super) async fn move_on(
    ctx: &Ctx,
    tx: &mut Tx,
    paper: &mut Paper,
    next: PaperState,
    officer: Option<&ActingOfficer>,
    action: Option<Action>,
    detail: Option<serde_json::Value>,
) -> Result<(), DigitiseError> {
    let before = paper.state.name();
    *paper = papers::move_to(tx, paper, next).await?;
    if let Some(action) = action {
        let states = serde_json::json!({ "before": before, "after": paper.state.name() });
        trace(ctx, tx, officer, action, &paper.id, Some(detail.unwrap_or(states))).await?;
    }
    Ok(())
}

/// The bytes of a paper that have `role`, in order.
pub(super) async fn objects_as(
    tx: &mut Tx,
    id: &PaperId,
    role: ObjectRole,
) -> Result<Vec<PaperObject>, StoreError> {
    Ok(papers::objects(tx, id).await?.into_iter().filter(|o| o.role == role).collect())
}

/// Writes down one act on a paper.
pub(super) async fn trace(
    ctx: &Ctx,
    tx: &mut Tx,
    officer: Option<&ActingOfficer>,
    action: Action,
    paper: &PaperId,
    detail: Option<serde_json::Value>,
) -> Result<(), DigitiseError> {
    trace_change(ctx, tx, officer, action, paper, detail, &Change::default()).await
}

/// As [`trace`], with what the paper was before and is now.
pub(super) async fn trace_change(
    ctx: &Ctx,
    tx: &mut Tx,
    officer: Option<&ActingOfficer>,
    action: Action,
    paper: &PaperId,
    detail: Option<serde_json::Value>,
    change: &Change,
) -> Result<(), DigitiseError> {
    let event = AuditEvent {
        at: ctx.clock.now(),
        actor: officer.map(Into::into),
        action,
        object: ("paper", paper.to_string()),
        purpose: None,
        detail,
    };
    audit::append_change(tx, &event, change).await?;
    Ok(())
}
