//! A feeder batch: one look at its pages for separator sheets, then each paper between them is received
//! into the dossier and the component that its sheet names.
//!
//! The bytes of the batch are kept once, as they came, and are the original of each of its papers; which
//! pages are a paper's own stands in its page plan. All papers of a batch are received in one
//! transaction: either all of them are there or none. A paper whose sheet can't be followed is received
//! too, into a dossier without procedure, where a person finds it: nothing is lost.

use crate::{
    domain::{
        archive::KnownFields,
        batch::{self, BatchPage, Opening, Segment},
        count::Difference,
        dossier::{Dossier, Paper},
        eligibility::{HandedInAs, PaperRole, Refusal},
        ids::{ContentHash, DossierId},
        job::Urgency,
        officer::ActingOfficer,
        plan::PagePlan,
        rights,
        separator::{Separator, SheetMark},
    },
    engines::{imaging::fault::ReadError, reader::PageMarks},
    store::{StoreError, papers},
    workflows::{
        access::{self, AccessError},
        context::{Ctx, Spooled},
        count,
        intake::{self, IntakeError, Upload},
    },
};

/// What is handed in as one batch.
#[derive(Debug, Clone)]
pub struct Batch {
    /// One file with many pages, or the pictures of the pages in order.
    pub files: Vec<Vec<u8>>,
    /// The form in which all papers of it are handed in.
    pub form: HandedInAs,
    /// Where pages before the first sheet, and behind patch sheets before any other, belong.
    pub default: Option<(DossierId, Option<PaperRole>)>,
}

/// A paper of the batch, received.
#[derive(Debug, Clone)]
pub struct BatchPaper {
    /// The paper as it was received.
    pub paper: Paper,
    /// Its pages, by their position in the batch.
    pub pages: Vec<u32>,
    /// Why it lies where nobody named, where it does.
    pub question: Option<String>,
}

/// What became of a batch.
#[derive(Debug, Clone)]
pub struct Received {
    /// Pages of the batch.
    pub n_pages: u32,
    /// The separator sheets, by position.
    pub sheets: Vec<(u32, SheetMark)>,
    /// Blank backs of sheets, by position.
    pub backs: Vec<u32>,
    /// The papers in order.
    pub papers: Vec<BatchPaper>,
    /// What a person should know beside the questions of the papers: Vietnamese sentences.
    pub remarks: Vec<String>,
}

/// Why a batch was not received; nothing of it is kept then.
#[derive(Debug, thiserror::Error)]
pub enum BatchError {
    /// There is no separator sheet among the pages.
    #[error(
        "không thấy tờ phân cách nào: nếu đây là một giấy tờ thì nhận như một giấy tờ; nếu là nhiều giấy tờ thì đặt tờ phân cách trước mỗi giấy tờ rồi quét lại"
    )]
    NoSheets,
    /// There are only separator sheets.
    #[error("chỉ có tờ phân cách, không có trang giấy tờ nào: đặt giấy tờ sau mỗi tờ phân cách rồi quét lại")]
    OnlySheets,
    /// The same bytes were received before.
    #[error("bản quét này đã được nhận trước đây, không nhận lần nữa")]
    Known {
        /// The papers it was received as.
        papers: Vec<Paper>,
    },
    /// The bytes, the dossier or the store.
    #[error(transparent)]
    Intake(#[from] IntakeError),
}

impl From<StoreError> for BatchError {
    fn from(error: StoreError) -> Self {
        Self::Intake(error.into())
    }
}

impl From<ReadError> for BatchError {
    fn from(error: ReadError) -> Self {
        Self::Intake(error.into())
    }
}

/// Papers that were received from exactly these bytes, as far as the officer may see them.
///
/// # Errors
/// [`StoreError`].
pub async fn known(ctx: &Ctx, officer: &ActingOfficer, files: &[Vec<u8>]) -> Result<Vec<Paper>, StoreError> {
    let hashes: Vec<ContentHash> = files.iter().map(|bytes| ContentHash::of(bytes)).collect();
    let mut tx = ctx.db.read().await?;
    let mut own = Vec::new();
    for paper in papers::with_originals(&mut tx, &hashes).await? {
        if access::is_allowed(&mut tx, officer, &paper, rights::may_see).await? {
            own.push(paper);
        }
    }
    Ok(own)
}

/// Looks at every page of `files` for separator sheets.
///
/// # Errors
/// [`BatchError::Intake`] when the bytes can't be read.
pub async fn look(ctx: &Ctx, files: &[Vec<u8>]) -> Result<Vec<BatchPage>, BatchError> {
    let spooled = Spooled::write(files).map_err(IntakeError::Spool)?;
    let readers = ctx.readers.clone();
    let (_, pages) = tokio::task::spawn_blocking(move || readers.marks(&spooled.paths))
        .await
        .map_err(|_| ReadError::Crashed)??;
    Ok(pages.into_iter().map(|PageMarks { sheet, blank }| BatchPage { sheet, blank }).collect())
}

/// Receives a batch.
///
/// # Errors
/// [`BatchError`]; nothing is received then.
pub async fn receive(ctx: &Ctx, officer: &ActingOfficer, batch: Batch) -> Result<Received, BatchError> {
    rights::may_receive(officer).map_err(|denied| BatchError::Intake(AccessError::from(denied).into()))?;
    let papers = known(ctx, officer, &batch.files).await?;
    if !papers.is_empty() {
        return Err(BatchError::Known { papers });
    }
    let pages = look(ctx, &batch.files).await?;
    receive_seen(ctx, officer, batch, &pages).await
}

/// As [`receive`], of a batch that was looked at and is not known.
///
/// # Errors
/// As [`receive`].
pub async fn receive_seen(
    ctx: &Ctx,
    officer: &ActingOfficer,
    batch: Batch,
    pages: &[BatchPage],
) -> Result<Received, BatchError> {
    let split = batch::split(pages);
    if split.sheets.is_empty() {
        return Err(BatchError::NoSheets);
    }
    if split.segments.is_empty() {
        return Err(BatchError::OnlySheets);
    }
    let default = match &batch.default {
        Some((id, role)) => {
            Some((dossier(ctx, officer, id).await?.ok_or(IntakeError::UnknownDossier)?, role.clone()))
        }
        None => None,
    };
    let mut placed = Vec::with_capacity(split.segments.len());
    for segment in split.segments {
        placed.push(place(ctx, officer, segment, batch.form, default.as_ref()).await?);
    }
    let objects = intake::keep_originals(ctx, batch.files).await?;
    // Opened only where it is needed, and once for the batch.
    let mut nowhere = None;
    if placed.iter().any(|p| p.dossier.is_none()) {
        nowhere = Some(intake::open_dossier(ctx, officer, None).await?.id);
    }
    let now = ctx.clock.now();
    let mut received = Vec::with_capacity(placed.len());
    let mut tx = ctx.db.write().await?;
    for Placed { dossier, upload, refusal, question, pages } in placed {
        let Some(dossier) = dossier.or_else(|| nowhere.clone()) else { continue };
        let paper = intake::keep_in(&mut tx, officer, now, dossier, upload, refusal, &objects).await?;
        received.push(BatchPaper { paper, pages, question });
    }
    tx.commit().await?;
    let differences = differences(ctx, officer, &received).await;
    let sheets = (1u32..).zip(pages).filter_map(|(at, page)| Some((at, page.sheet.clone()?))).collect();
    let remark = |at: &u32| {
        format!(
            "Sau tờ phân cách ở trang {at} không có giấy tờ nào: kiểm tra xem có giấy tờ bị sót lại không."
        )
    };
    Ok(Received {
        n_pages: u32::try_from(pages.len()).unwrap_or(u32::MAX),
        sheets,
        backs: split.backs,
        papers: received,
        remarks: split.empty.iter().map(remark).chain(differences).collect(),
    })
}

/// Where the dossiers that papers of the batch went into don't have as many as were handed in.
async fn differences(ctx: &Ctx, officer: &ActingOfficer, received: &[BatchPaper]) -> Vec<String> {
    let mut dossiers: Vec<&DossierId> = Vec::new();
    for BatchPaper { paper, .. } in received {
        if !dossiers.contains(&&paper.dossier) {
            dossiers.push(&paper.dossier);
        }
    }
    let mut said = Vec::new();
    for id in dossiers {
        let Ok(standing) = count::standing(ctx, officer, id).await else { continue };
        said.extend(
            standing
                .comparison
                .differences
                .iter()
                .map(|d| format!("Hồ sơ {id}: {} ({})", d.message(), Difference::RULE)),
        );
    }
    said
}

/// A paper of the batch and where it goes; `dossier: None` is the one without procedure.
struct Placed {
    dossier: Option<DossierId>,
    upload: Upload,
    refusal: Option<Refusal>,
    question: Option<String>,
    pages: Vec<u32>,
}

/// The dossier that a sheet names; `None` where there is none, or not for this officer.
async fn dossier(ctx: &Ctx, officer: &ActingOfficer, id: &DossierId) -> Result<Option<Dossier>, IntakeError> {
    let mut tx = ctx.db.read().await?;
    match access::dossier(&mut tx, officer, id, rights::may_work_on).await {
        Err(AccessError::NotFound) => Ok(None),
        found => Ok(Some(found?)),
    }
}

async fn place(
    ctx: &Ctx,
    officer: &ActingOfficer,
    segment: Segment,
    form: HandedInAs,
    default: Option<&(Dossier, Option<PaperRole>)>,
) -> Result<Placed, IntakeError> {
    let plan = PagePlan::of_pages(segment.pages.iter().copied())?;
    let upload = |role, expected_pages| Upload {
        files: Vec::new(),
        role,
        form,
        expected_pages,
        owner: None,
        plan: Some(plan.clone()),
        urgency: Urgency::Pile,
        known: KnownFields::default(),
    };
    let pages = segment.pages.clone();
    let nowhere = |why: String| Placed {
        dossier: None,
        upload: upload(None, None),
        refusal: None,
        question: Some(why),
        pages: pages.clone(),
    };
    let first = segment.pages.first().copied().unwrap_or_default();
    let at = segment.sheet_at.unwrap_or_default();
    let (dossier, role, declared) = match segment.opening {
        Opening::Sheet(Separator { dossier: id, role, pages })
        | Opening::Patch(Some(Separator { dossier: id, role, pages })) => {
            match dossier(ctx, officer, &id).await? {
                Some(dossier) => (dossier, role, pages),
                None => {
                    return Ok(nowhere(format!(
                        "Tờ phân cách ở trang {at} ghi một hồ sơ không có trong hệ thống này: giấy tờ từ trang {first} được nhận vào hồ sơ tạm, xin chuyển về đúng hồ sơ."
                    )));
                }
            }
        }
        Opening::Unreadable(message) => {
            return Ok(nowhere(format!(
                "Tờ phân cách ở trang {at}: {message}. Giấy tờ từ trang {first} được nhận vào hồ sơ tạm, xin chuyển về đúng hồ sơ."
            )));
        }
        Opening::Nothing | Opening::Patch(None) => match default {
            Some((dossier, role)) => (dossier.clone(), role.clone(), None),
            None => {
                return Ok(nowhere(format!(
                    "Trước trang {first} không có tờ phân cách ghi hồ sơ: giấy tờ này được nhận vào hồ sơ tạm, xin chuyển về đúng hồ sơ."
                )));
            }
        },
    };
    let mut upload = upload(role, declared);
    let (refusal, question) = match intake::refusal_of(ctx, &dossier, upload.role.as_ref(), upload.form).await
    {
        Ok(refusal) => (refusal, None),
        // The sheet names a component that the dossier's procedure does not have.
        Err(
            unknown
            @ (IntakeError::UnknownRole(_) | IntakeError::NoProcedure | IntakeError::UnknownProcedure),
        ) => {
            upload.role = None;
            (
                None,
                Some(format!(
                    "Tờ phân cách ở trang {at}: {unknown} Giấy tờ từ trang {first} được nhận mà chưa ghi thành phần."
                )),
            )
        }
        Err(error) => return Err(error),
    };
    Ok(Placed { dossier: Some(dossier.id), upload, refusal, question, pages })
}
