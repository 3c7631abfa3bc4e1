//! A received paper's way: checked (Điều 9), read and proposed (Điều 16 khoản 1), confirmed by an
//! officer with the code assigned in the same transaction (Điều 16 khoản 2, Điều 17).
//!
//! Each step commits its own transaction, so that a paper killed half-way stands where its last
//! finished step left it.

use std::io;

use crate::{
    clock::day_in_vietnam,
    domain::{
        code::{CodeNumber, DocumentCode},
        confirm::{FieldEdits, FieldFault},
        dossier::{Confirmation, ObjectRole, Paper, PaperObject, PaperState, Step},
        eligibility::Clause,
        event::{Action, AuditEvent},
        fields::ConfirmedFields,
        ids::PaperId,
        job::Job,
        officer::ActingOfficer,
        page::{CheckedPages, PageFaults, Severity},
    },
    engines::{
        imaging::{fault::ReadError, open::Container},
        reader::NotStamped,
    },
    store::{StoreError, Tx, audit, codes, dossiers, jobs, owners, papers, plans, quarantine as apart},
    workflows::{
        context::{Ctx, Spooled},
        examine::{self, Declared, Examination},
        intake,
    },
};

/// Jobs that a person waits for go before those of a pile.
pub(super) const AT_THE_DESK: i32 = 10;

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
    /// The file carries signatures; writing into it needs the work on signatures.
    #[error(
        "tệp này đã có chữ ký số: phiên bản này chưa ghi mã lên tệp đã ký để không làm hỏng chữ ký. Bản gốc được giữ nguyên."
    )]
    Signed,
    /// A reason is needed.
    #[error("cần ghi lý do")]
    NoReason,
    /// The reading process could not do it.
    #[error(transparent)]
    Unreadable(#[from] ReadError),
    /// Files for the reading process could not be written.
    #[error("không ghi được tệp tạm: kiểm tra dung lượng đĩa")]
    Spool(#[source] io::Error),
    /// The code could not be written on page one.
    #[error(transparent)]
    Stamp(#[from] crate::engines::stamp::StampError),
    /// The store failed.
    #[error(transparent)]
    Store(StoreError),
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

/// Checks and reads a received paper; safe to run twice.
///
/// # Errors
/// [`DigitiseError`]; the paper then stands where its last finished step left it.
pub async fn check_and_read(ctx: &Ctx, id: &PaperId) -> Result<(), DigitiseError> {
    check_and_read_watched(ctx, id, |_, _| {}).await
}

/// As [`check_and_read`]; `on_page(done, of)` is told after each page.
///
/// # Errors
/// As [`check_and_read`].
pub async fn check_and_read_watched(
    ctx: &Ctx,
    id: &PaperId,
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
    let examination = match examine(ctx, &paper, is_overridden, on_page).await {
        Ok(examination) => examination,
        Err(DigitiseError::Unreadable(error)) if !error.is_ours() => {
            let cause = error.to_string();
            let before = Box::new(paper.state.clone());
            let failed = PaperState::Failed { step: Step::Read, cause, retry: false, before };
            return step(ctx, &mut paper, failed, Some(Action::FailPaper)).await;
        }
        Err(error) => return Err(error),
    };
    if examination.is_classified() {
        return quarantine(ctx, paper).await;
    }
    if matches!(paper.state, PaperState::Checking) {
        step(ctx, &mut paper, PaperState::Reading { override_reason: None }, Some(Action::CheckPaper))
            .await?;
    }
    let checked = match examination.pages {
        Ok(checked) => checked,
        Err(faults) if is_overridden => overridden(faults),
        Err(faults) => {
            return step(ctx, &mut paper, PaperState::NeedsRescan { faults }, Some(Action::CheckPaper)).await;
        }
    };
    let Some(proposed) = examination.proposed else { return Err(ReadError::Crashed.into()) };
    let text = serde_json::to_vec(&examination.text).expect("words are plain data");
    let kept = ctx.objects.put(&text).await?;
    let text = kept.as_object(ObjectRole::Text, 0, "application/json");
    let mut tx = ctx.db.write().await?;
    papers::add_object(&mut tx, &paper.id, &text).await?;
    let next = PaperState::ToConfirm { checked, proposed: Box::new(proposed), timings: examination.timings };
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
    on_page: impl Fn(u32, u32) + Send + Sync + 'static,
) -> Result<Examination, DigitiseError> {
    let (dossier, originals, planned) = {
        let mut tx = ctx.db.read().await?;
        let dossier = dossiers::get(&mut tx, &paper.dossier).await?.ok_or(DigitiseError::UnknownPaper)?;
        let originals = objects_as(&mut tx, &paper.id, ObjectRole::Original).await?;
        (dossier, originals, plans::latest(&mut tx, &paper.id).await?)
    };
    let catalogue = intake::catalogue_of(ctx, &dossier).await?;
    let files = ctx.bytes_of(&originals).await?;
    let spooled = Spooled::write(&files).map_err(DigitiseError::Spool)?;
    let declared = Declared {
        pages: paper.expected_pages.filter(|_| !is_overridden),
        procedure: dossier.procedure,
        role: paper.role.clone(),
        owner: paper.declared_owner.clone(),
        plan: planned.map(|entry| entry.plan),
    };
    let (readers, rules, now) = (ctx.readers.clone(), ctx.rules.clone(), ctx.clock.now());
    let examination = tokio::task::spawn_blocking(move || {
        let known = examine::Known { catalogue: &catalogue, guide: &rules.guide };
        examine::examine(&readers, &spooled.paths, &declared, known, &rules.pages, now, &on_page)
    })
    .await
    .map_err(|_| ReadError::Crashed)?;
    Ok(examination?)
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
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(DigitiseError::NoReason);
    }
    let mut paper = paper(ctx, id).await?;
    let PaperState::NeedsRescan { .. } = paper.state else { return Err(wrong_state(&paper)) };
    let mut tx = ctx.db.write().await?;
    let next = PaperState::Reading { override_reason: Some(reason.to_owned()) };
    move_on(ctx, &mut tx, &mut paper, next, Some(officer), Some(Action::OverrideFaults), None).await?;
    jobs::enqueue(&mut tx, &Job::CheckAndRead { paper: paper.id.clone() }, ctx.clock.now(), 0).await?;
    tx.commit().await?;
    Ok(paper)
}

/// An officer confirms the fields; the code is assigned in the same transaction (Điều 16, 17).
///
/// What `edits` does not touch stands as proposed. `version` is the one the officer looked at.
///
/// # Errors
/// [`DigitiseError`]; nothing has changed then.
pub async fn confirm(
    ctx: &Ctx,
    officer: &ActingOfficer,
    id: &PaperId,
    version: Option<u64>,
    edits: FieldEdits,
) -> Result<Paper, DigitiseError> {
    let mut paper = paper(ctx, id).await?;
    if version.is_some_and(|v| v != paper.version) {
        return Err(DigitiseError::Stale);
    }
    let PaperState::ToConfirm { checked, proposed, .. } = &paper.state else {
        return Err(wrong_state(&paper));
    };
    let now = ctx.clock.now();
    let fields = proposed.confirmed_with(edits, now).map_err(DigitiseError::Fields)?;
    let checked = checked.clone();
    is_known_type(ctx, &paper, &fields).await?;
    is_unsigned(ctx, &paper).await?;

    let mut tx = ctx.db.write().await?;
    let number = match &fields.document_number {
        Some(number) => CodeNumber::Printed { number: number.clone() },
        None if ctx.rules.code_papers_without_number => {
            let received_on = day_in_vietnam(paper.received_at);
            CodeNumber::None { received_on, ordinal: codes::next_ordinal(&mut tx, received_on).await? }
        }
        None => return Err(DigitiseError::NoNumber),
    };
    let code = DocumentCode::assign(fields.owner.clone(), fields.document_type_code.clone(), number);
    let owner = owners::find_or_create(&mut tx, &fields.owner, now).await?;
    codes::assign(&mut tx, &code, &owner, &paper.id, now).await?;
    let by = officer.officer.id.clone();
    let confirmed = Box::new(Confirmation { fields, code, owner, by, at: now, checked });
    // Until officers' signatures are available, the step of signing is passed over, and the record says so.
    let next = PaperState::ToCode { confirmed };
    move_on(ctx, &mut tx, &mut paper, next, Some(officer), Some(Action::ConfirmFields), None).await?;
    trace(ctx, &mut tx, Some(officer), Action::AssignCode, &paper.id, None).await?;
    jobs::enqueue(&mut tx, &Job::WriteCode { paper: paper.id.clone() }, now, AT_THE_DESK).await?;
    tx.commit().await?;
    Ok(paper)
}

async fn is_known_type(ctx: &Ctx, paper: &Paper, fields: &ConfirmedFields) -> Result<(), DigitiseError> {
    use crate::domain::code::DocumentTypeCode;
    let dossier = {
        let mut tx = ctx.db.read().await?;
        dossiers::get(&mut tx, &paper.dossier).await?.ok_or(DigitiseError::UnknownPaper)?
    };
    let catalogue = intake::catalogue_of(ctx, &dossier).await?;
    let code = &fields.document_type_code;
    let on_demand = matches!(code, DocumentTypeCode::Component { component, .. } if component.is_on_demand());
    let known =
        catalogue.name_of(code).is_some() || on_demand && catalogue.procedure(code.procedure()).is_some();
    if known { Ok(()) } else { Err(DigitiseError::UnknownType) }
}

/// Whether none of the files that the paper is made of is signed; files that were added and left out
/// again don't count.
async fn is_unsigned(ctx: &Ctx, paper: &Paper) -> Result<(), DigitiseError> {
    let originals = {
        let mut tx = ctx.db.read().await?;
        objects_as(&mut tx, &paper.id, ObjectRole::Original).await?
    };
    let files = ctx.bytes_of(&originals).await?;
    let container = container_of(ctx, &files).await?;
    if !container.has_signatures {
        return Ok(());
    }
    let mut first = 1u32;
    for (bytes, n_pages) in files.into_iter().zip(container.pages_of_files) {
        let pages = first..first.saturating_add(n_pages);
        first = pages.end;
        let is_used = paper.state.pages().iter().any(|facts| pages.contains(&facts.original_page));
        if is_used && container_of(ctx, &[bytes]).await?.has_signatures {
            return Err(DigitiseError::Signed);
        }
    }
    Ok(())
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
    let mut paper = paper(ctx, id).await?;
    let PaperState::Failed { before, .. } = &paper.state else { return Err(wrong_state(&paper)) };
    let next = (**before).clone();
    let job = match next {
        PaperState::ToCode { .. } => Job::WriteCode { paper: paper.id.clone() },
        _ => Job::CheckAndRead { paper: paper.id.clone() },
    };
    let mut tx = ctx.db.write().await?;
    move_on(ctx, &mut tx, &mut paper, next, Some(officer), Some(Action::RetryPaper), None).await?;
    jobs::enqueue(&mut tx, &job, ctx.clock.now(), AT_THE_DESK).await?;
    tx.commit().await?;
    Ok(paper)
}

/// Sets a secret paper apart: its bytes are sealed and the plain ones erased; no words, no picture (Điều 5 khoản 1).
///
/// Other papers of the same files (a batch that was split, a paper scanned into another) go with it:
/// the secret lies in their bytes too. What is stored or has its code already stays; the trace says so.
async fn quarantine(ctx: &Ctx, paper: Paper) -> Result<(), DigitiseError> {
    let (objects, others) = {
        let mut tx = ctx.db.read().await?;
        let originals = objects_as(&mut tx, &paper.id, ObjectRole::Original).await?;
        let hashes: Vec<_> = originals.iter().map(|o| o.hash.clone()).collect();
        let mut others = Vec::new();
        for other in plans::sharers(&mut tx, &paper.id, &hashes).await? {
            let other = papers::get(&mut tx, &other).await?.ok_or(DigitiseError::UnknownPaper)?;
            let objects = papers::objects(&mut tx, &other.id).await?;
            others.push((other, objects));
        }
        // Also the words of an earlier reading, of fewer pages.
        (papers::objects(&mut tx, &paper.id).await?, others)
    };
    let mut plain = objects.clone();
    let mut tx = ctx.db.write().await?;
    let keeping: Vec<PaperId> =
        others.iter().filter(|(p, _)| !may_be_set_apart(&p.state)).map(|(p, _)| p.id.clone()).collect();
    let detail = (!others.is_empty()).then(|| {
        let of_the_file: Vec<_> = others.iter().map(|(p, _)| p.id.clone()).collect();
        serde_json::json!({ "before": paper.state.name(), "after": "quarantined",
                            "same_files": of_the_file, "still_kept_by": keeping })
    });
    set_apart(ctx, &mut tx, paper, &objects, detail).await?;
    for (other, objects) in others {
        if may_be_set_apart(&other.state) {
            plain.extend(objects.iter().cloned());
            set_apart(ctx, &mut tx, other, &objects, None).await?;
        }
    }
    let mut erasable = Vec::new();
    for object in &plain {
        if !apart::is_referenced(&mut tx, &object.hash).await? {
            erasable.push(object.hash.clone());
        }
    }
    tx.commit().await?;
    for hash in erasable {
        ctx.objects.delete(&hash).await?;
    }
    Ok(())
}

/// Erases the sealed bytes of a secret paper, by an officer's act and with his reason; what is left is that
/// it was there, in the trace. Due within 24 hours.
///
/// # Errors
/// [`DigitiseError::NoReason`], [`DigitiseError::WrongState`] or the store's.
pub async fn erase_quarantined(
    ctx: &Ctx,
    officer: &ActingOfficer,
    id: &PaperId,
    reason: &str,
) -> Result<Paper, DigitiseError> {
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(DigitiseError::NoReason);
    }
    let mut paper = paper(ctx, id).await?;
    let PaperState::Quarantined { at } = paper.state else { return Err(wrong_state(&paper)) };
    let mut tx = ctx.db.write().await?;
    let sealed = papers::objects(&mut tx, &paper.id).await?;
    apart::replace_objects(&mut tx, &paper.id, &[]).await?;
    let now = ctx.clock.now();
    let next = PaperState::Refused {
        // Sealed with the state: an officer's words may name somebody.
        reason: format!("Giấy tờ có dấu chỉ độ mật: không số hóa, bản quét đã được xóa ({reason})."),
        clause: Some(Clause::SECRET),
        at: now,
    };
    let detail = serde_json::json!({ "before": paper.state.name(), "after": "refused", "set_apart_at": at,
                                     "n_files": sealed.len() });
    move_on(ctx, &mut tx, &mut paper, next, Some(officer), Some(Action::EraseQuarantined), Some(detail))
        .await?;
    let mut erasable = Vec::new();
    for object in sealed {
        if !apart::is_referenced(&mut tx, &object.hash).await? {
            erasable.push(object.hash);
        }
    }
    tx.commit().await?;
    for hash in erasable {
        ctx.objects.delete(&hash).await?;
    }
    Ok(paper)
}

/// Not once a code was assigned; a refused paper keeps its state, its bytes are sealed all the same.
fn may_be_set_apart(state: &PaperState) -> bool {
    match state {
        PaperState::Failed { before, .. } => may_be_set_apart(before),
        PaperState::ToSign { .. }
        | PaperState::Signing { .. }
        | PaperState::ToCode { .. }
        | PaperState::Stored { .. } => false,
        _ => true,
    }
}

/// Seals the originals of one paper; of its other objects nothing is kept.
async fn set_apart(
    ctx: &Ctx,
    tx: &mut Tx,
    mut paper: Paper,
    objects: &[PaperObject],
    detail: Option<serde_json::Value>,
) -> Result<(), DigitiseError> {
    let mut sealed = Vec::new();
    for object in objects.iter().filter(|o| o.role == ObjectRole::Original) {
        let bytes = ctx.bytes(&object.hash).await?;
        let kept = ctx.objects.put(&apart::seal(tx, &paper.id, &bytes)?).await?;
        sealed.push(kept.as_object(ObjectRole::Quarantined, object.ordinal, "application/octet-stream"));
    }
    apart::replace_objects(tx, &paper.id, &sealed).await?;
    if paper.state.is_final() {
        return trace(ctx, tx, None, Action::QuarantinePaper, &paper.id, detail).await;
    }
    let next = PaperState::Quarantined { at: ctx.clock.now() };
    move_on(ctx, tx, &mut paper, next, None, Some(Action::QuarantinePaper), detail).await
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
    let event = AuditEvent {
        at: ctx.clock.now(),
        officer: officer.cloned(),
        action,
        object: ("paper", paper.to_string()),
        purpose: None,
        detail,
    };
    audit::append(tx, &event).await?;
    Ok(())
}
