//! Receives papers (Điều 11 khoản 2): bytes are kept as they came, hashed, before anything else happens.

use std::io;

use jiff::Timestamp;

use crate::{
    clock::day_in_vietnam,
    domain::{
        archive::KnownFields,
        catalogue::Catalogue,
        count::HandedIn,
        dossier::{Dossier, ExpectedPages, ObjectRole, Paper, PaperObject, PaperState},
        eligibility::{self, HandedInAs, PaperRole, Refusal},
        event::{Action, AuditEvent},
        ids::{ContentHash, DossierId, OwnerNumber, PaperId, ProcedureCode},
        job::{Job, Urgency},
        officer::ActingOfficer,
        plan::{PagePlan, PlanAct, PlanEntry, PlanError},
        rights::{self, Denied},
    },
    engines::imaging::{
        fault::ReadError,
        open::{Container, ContainerKind},
    },
    store::{StoreError, Tx, audit, catalogues, dossiers, jobs, known, papers, plans},
    workflows::{
        access::{self, AccessError},
        context::{Ctx, Spooled},
        count,
    },
};

/// What is handed in as one paper: one file, or the pictures of its pages in order.
#[derive(Debug, Clone)]
pub struct Upload {
    /// The bytes of each file.
    pub files: Vec<Vec<u8>>,
    /// What the paper is in the dossier's procedure; `None` when nobody has said.
    pub role: Option<PaperRole>,
    /// The form it is handed in.
    pub form: HandedInAs,
    /// Declared number of pages.
    pub expected_pages: Option<ExpectedPages>,
    /// Declared owner.
    pub owner: Option<OwnerNumber>,
    /// The pages of the files that are this paper, in order, where the files hold other papers too (a
    /// batch from the feeder); all of them when there is none.
    pub plan: Option<PagePlan>,
    /// Whether a person waits for what is read of it.
    pub urgency: Urgency,
    /// What a list of the archive says of it (Điều 14); nothing elsewhere.
    pub known: KnownFields,
}

/// Why nothing was received, or no dossier opened.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// Not in the catalogue.
    #[error("Danh mục không có thủ tục này: kiểm tra lại mã, hoặc nhập Danh mục mới.")]
    UnknownProcedure,
    /// In the catalogue, not in force today.
    #[error("theo Danh mục, thủ tục này hôm nay chưa có hoặc đã hết hiệu lực: chọn thủ tục thay thế.")]
    NotInForce,
    /// No such dossier.
    #[error("không có hồ sơ này")]
    UnknownDossier,
    /// The dossier has no procedure, so it has no components.
    #[error("hồ sơ này chưa ghi thủ tục nên không có thành phần: mở hồ sơ khác kèm mã thủ tục.")]
    NoProcedure,
    /// The catalogue has no such component or result.
    #[error(transparent)]
    UnknownRole(Refusal),
    /// Another number of papers stands already.
    #[error("số giấy tờ đã nộp đã được khai: sửa thì cần ghi lý do")]
    NoReason,
    /// The plan names pages that the files don't have.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The bytes are no paper.
    #[error(transparent)]
    Unreadable(#[from] ReadError),
    /// Files for the reading process could not be written.
    #[error("không ghi được tệp tạm: kiểm tra dung lượng đĩa")]
    Spool(#[source] io::Error),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The right is not the officer's.
    #[error(transparent)]
    Denied(Denied),
}

impl From<AccessError> for IntakeError {
    fn from(error: AccessError) -> Self {
        match error {
            AccessError::NotFound => Self::UnknownDossier,
            AccessError::Denied(denied) => Self::Denied(denied),
            AccessError::Store(error) => error.into(),
        }
    }
}

/// The catalogue in force today, and its version.
///
/// # Errors
/// [`StoreError`].
pub async fn current_catalogue(ctx: &Ctx) -> Result<(ContentHash, Catalogue), StoreError> {
    let mut tx = ctx.db.read().await?;
    let current = catalogues::in_force(&mut tx, day_in_vietnam(ctx.clock.now())).await?;
    let current = current.ok_or(StoreError::Missing { what: "a catalogue in force" })?;
    Ok((current.import.hash, current.catalogue))
}

/// The catalogue a dossier was opened with.
///
/// # Errors
/// [`StoreError`], also when the version is gone.
pub async fn catalogue_of(ctx: &Ctx, dossier: &Dossier) -> Result<Catalogue, StoreError> {
    let mut tx = ctx.db.read().await?;
    let version = catalogues::get(&mut tx, &dossier.catalogue).await?;
    Ok(version.ok_or(StoreError::Corrupt { what: "catalogue of a dossier" })?.catalogue)
}

/// Opens a dossier of `procedure` under the catalogue in force.
///
/// # Errors
/// [`IntakeError::UnknownProcedure`], [`IntakeError::NotInForce`] or the store's.
pub async fn open_dossier(
    ctx: &Ctx,
    officer: &ActingOfficer,
    procedure: Option<ProcedureCode>,
) -> Result<Dossier, IntakeError> {
    open_dossier_of(ctx, officer, procedure, None).await
}

/// As [`open_dossier`], of as many papers as were handed in with it (Điều 9 khoản 1).
///
/// # Errors
/// As [`open_dossier`]; [`IntakeError::UnknownRole`] when a number is of no component.
pub async fn open_dossier_of(
    ctx: &Ctx,
    officer: &ActingOfficer,
    procedure: Option<ProcedureCode>,
    handed_in: Option<HandedIn>,
) -> Result<Dossier, IntakeError> {
    rights::may_receive(officer).map_err(AccessError::from)?;
    let (hash, catalogue) = current_catalogue(ctx).await?;
    let now = ctx.clock.now();
    if let Some(code) = &procedure {
        let entry = catalogue.procedure(code).ok_or(IntakeError::UnknownProcedure)?;
        if !entry.is_in_force_on(day_in_vietnam(now)) {
            return Err(IntakeError::NotInForce);
        }
    }
    let dossier = Dossier {
        id: DossierId::new(),
        procedure,
        catalogue: hash,
        opened_at: now,
        opened_by: officer.officer.id.clone(),
        unit: officer.unit.clone(),
        handed_in,
    };
    if let Some(handed_in) = &dossier.handed_in {
        count::are_known(ctx, &dossier, handed_in).await?;
    }
    let mut tx = ctx.db.write().await?;
    dossiers::insert(&mut tx, &dossier).await?;
    let event = AuditEvent {
        at: now,
        actor: Some(officer.into()),
        action: Action::OpenDossier,
        object: ("dossier", dossier.id.to_string()),
        purpose: None,
        detail: None,
    };
    audit::append(&mut tx, &event).await?;
    if let Some(handed_in) = &dossier.handed_in {
        count::trace(&mut tx, ctx, officer, &dossier.id, (None, handed_in), None).await?;
    }
    tx.commit().await?;
    Ok(dossier)
}

/// Receives a paper of `dossier`: opens it once to see that it is one, keeps its bytes, and asks
/// for it to be checked and read. A paper that is not to be digitised is kept as refused, with the
/// clause (Điều 5).
///
/// # Errors
/// [`IntakeError`]; nothing is kept then, except bytes already stored under their hash.
pub async fn receive(
    ctx: &Ctx,
    officer: &ActingOfficer,
    dossier: &DossierId,
    upload: Upload,
) -> Result<Paper, IntakeError> {
    let dossier = {
        let mut tx = ctx.db.read().await?;
        access::dossier(&mut tx, officer, dossier, rights::may_work_on).await?
    };
    let refusal = refusal_of(ctx, &dossier, upload.role.as_ref(), upload.form).await?;
    let container = open(ctx, &upload.files).await?;
    receive_opened(ctx, officer, dossier.id, upload, &container, refusal).await
}

/// As [`receive`], of files that were opened, into a dossier that the officer works on.
pub(super) async fn receive_opened(
    ctx: &Ctx,
    officer: &ActingOfficer,
    dossier: DossierId,
    mut upload: Upload,
    container: &Container,
    refusal: Option<Refusal>,
) -> Result<Paper, IntakeError> {
    match &upload.plan {
        Some(plan) => plan.check(container.n_pages)?,
        // Several files with a PDF among them: more likely several papers than one.
        None if container.kind == ContainerKind::Mixed => return Err(ReadError::MixedParts.into()),
        None => {}
    }

    let objects = keep_originals(ctx, std::mem::take(&mut upload.files)).await?;
    let mut tx = ctx.db.write().await?;
    let paper = keep_in(&mut tx, officer, ctx.clock.now(), dossier, upload, refusal, &objects).await?;
    tx.commit().await?;
    Ok(paper)
}

/// Keeps the bytes of files under their hashes.
pub(super) async fn keep_originals(ctx: &Ctx, files: Vec<Vec<u8>>) -> Result<Vec<PaperObject>, StoreError> {
    let mut objects = Vec::with_capacity(files.len());
    for (ordinal, bytes) in (0u32..).zip(files) {
        let media_type = media_type_of(&bytes);
        let kept = ctx.objects.put(bytes).await?;
        objects.push(kept.as_object(ObjectRole::Original, ordinal, media_type));
    }
    Ok(objects)
}

/// Puts a paper whose bytes are kept into `dossier`, in the caller's transaction, and asks for it to be
/// checked and read; one that is not digitised is put there as refused. `upload.files` is not looked at.
pub(super) async fn keep_in(
    tx: &mut Tx,
    officer: &ActingOfficer,
    now: Timestamp,
    dossier: DossierId,
    upload: Upload,
    refusal: Option<Refusal>,
    objects: &[PaperObject],
) -> Result<Paper, StoreError> {
    let state = first_state(refusal.as_ref(), now);
    let is_received = matches!(state, PaperState::Received);
    let urgency = upload.urgency;
    let paper = Paper {
        id: PaperId::new(),
        dossier,
        role: upload.role,
        form: upload.form,
        expected_pages: upload.expected_pages,
        declared_owner: upload.owner,
        received_at: now,
        state,
        version: 1,
    };
    papers::insert(tx, &paper).await?;
    for object in objects {
        papers::add_object(tx, &paper.id, object).await?;
    }
    let planned = upload.plan.as_ref().map(PagePlan::pages).map(<[_]>::to_vec);
    if is_received && !upload.known.0.is_empty() {
        known::insert(tx, &paper.id, &upload.known).await?;
    }
    if let Some(plan) = upload.plan {
        plans::append(tx, &paper.id, &first_entry(plan, now)).await?;
    }
    let event = AuditEvent {
        at: now,
        actor: Some(officer.into()),
        action: if is_received { Action::ReceivePaper } else { Action::RefusePaper },
        object: ("paper", paper.id.to_string()),
        purpose: None,
        detail: Some(serde_json::json!({
            "form": paper.form, "plan": planned, "originals": objects.iter().map(|o| o.hash.as_str()).collect::<Vec<_>>(),
        })),
    };
    audit::append(tx, &event).await?;
    if is_received {
        jobs::enqueue(tx, &Job::CheckAndRead { paper: paper.id.clone() }, now, urgency).await?;
    }
    Ok(paper)
}

/// The beginning of a paper's history of plans: the pages it was received as.
pub(super) fn first_entry(plan: PagePlan, received_at: Timestamp) -> PlanEntry {
    let mut own: Vec<u32> = plan.pages().iter().map(|p| p.page).collect();
    own.sort_unstable();
    PlanEntry { ordinal: 1, plan, own, act: PlanAct::Received, reason: None, by: None, at: received_at }
}

/// Where a paper begins: received, or refused with the clause.
pub(super) fn first_state(refusal: Option<&Refusal>, now: Timestamp) -> PaperState {
    match refusal {
        Some(refusal @ Refusal::NotDigitised { clause, .. }) => {
            PaperState::Refused { reason: refusal.to_string(), clause: Some(*clause), at: now }
        }
        _ => PaperState::Received,
    }
}

/// The clause by which the paper is not digitised, if any.
pub(super) async fn refusal_of(
    ctx: &Ctx,
    dossier: &Dossier,
    role: Option<&PaperRole>,
    form: HandedInAs,
) -> Result<Option<Refusal>, IntakeError> {
    let Some(role) = role else { return Ok(None) };
    let catalogue = catalogue_of(ctx, dossier).await?;
    let code = dossier.procedure.as_ref().ok_or(IntakeError::NoProcedure)?;
    let procedure = catalogue.procedure(code).ok_or(IntakeError::UnknownProcedure)?;
    match eligibility::judge(procedure, role, form) {
        Ok(_) => Ok(None),
        Err(unknown @ Refusal::Unknown { .. }) => Err(IntakeError::UnknownRole(unknown)),
        Err(refusal) => Ok(Some(refusal)),
    }
}

/// By content, never by name; what opened is one of these.
pub(super) fn media_type_of(bytes: &[u8]) -> &'static str {
    match bytes {
        [0xFF, 0xD8, ..] => "image/jpeg",
        [0x89, b'P', b'N', b'G', ..] => "image/png",
        [b'I', b'I', ..] | [b'M', b'M', ..] => "image/tiff",
        _ => "application/pdf",
    }
}

/// Sees that files are a paper, without looking at a page.
pub(super) async fn open(ctx: &Ctx, files: &[Vec<u8>]) -> Result<Container, IntakeError> {
    let spooled = Spooled::write(files).map_err(IntakeError::Spool)?;
    let readers = ctx.readers.clone();
    let opened = tokio::task::spawn_blocking(move || readers.open(&spooled.paths))
        .await
        .map_err(|_| IntakeError::Unreadable(ReadError::Crashed))?;
    Ok(opened?)
}
