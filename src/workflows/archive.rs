//! Results of earlier days from the archive, in bulk, with a list of what is known of them (Điều 14).
//!
//! A list is taken whole or not at all; of its files each is received by itself. What the list says is evidence beside
//! the picture: it makes a reading surer or asks, and is suggested where nothing could be read.

use std::collections::BTreeMap;

use crate::{
    domain::{
        archive::{self, KnownFields, LineFault, ListedPaper},
        dossier::{Dossier, Paper},
        eligibility::{self, HandedInAs, Refusal},
        fields::Threshold,
        ids::{PaperId, ProcedureCode},
        job::Urgency,
        officer::ActingOfficer,
        rights,
    },
    engines::{
        evidence,
        table::{self, TableError},
    },
    store::{StoreError, known},
    workflows::{
        access::AccessError,
        batch,
        context::Ctx,
        examine::Examination,
        intake::{self, IntakeError, Upload},
    },
};

/// Why nothing of a list was received.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The file is no table.
    #[error(transparent)]
    Table(#[from] TableError),
    /// What is wrong in it, all of it.
    #[error("danh sách có {} chỗ phải sửa", .0.len())]
    Faults(Vec<LineFault>),
    /// The right, the catalogue or the store.
    #[error(transparent)]
    Intake(#[from] IntakeError),
}

impl From<StoreError> for ArchiveError {
    fn from(error: StoreError) -> Self {
        Self::Intake(error.into())
    }
}

/// What became of a line.
#[derive(Debug)]
pub enum Outcome {
    /// It is received.
    Received(Box<Paper>),
    /// The same bytes were received before, as these papers: a list may be sent again.
    Known(Vec<PaperId>),
    /// The file is no paper; the sentence says why.
    Unreadable(String),
}

/// A line of the list, and what became of it.
#[derive(Debug)]
pub struct Received {
    /// The line.
    pub paper: ListedPaper,
    /// What became of it.
    pub outcome: Outcome,
}

/// The papers of a list, as a file has it.
///
/// # Errors
/// [`ArchiveError::Table`], [`ArchiveError::Faults`].
pub fn read_list(bytes: &[u8]) -> Result<Vec<ListedPaper>, ArchiveError> {
    archive::read(&table::rows(bytes)?).map_err(ArchiveError::Faults)
}

/// Receives the files that the list (CSV or XLSX) names, by their names there; papers of one procedure into one dossier.
///
/// # Errors
/// [`ArchiveError`]; nothing is received then, but when the store fails half-way: sent again, the list goes on.
pub async fn receive(
    ctx: &Ctx,
    officer: &ActingOfficer,
    list: Vec<u8>,
    mut files: BTreeMap<String, Vec<u8>>,
) -> Result<Vec<Received>, ArchiveError> {
    rights::may_receive(officer).map_err(|denied| IntakeError::from(AccessError::from(denied)))?;
    let list =
        tokio::task::spawn_blocking(move || read_list(&list)).await.map_err(|_| TableError::Unreadable)??;
    let (_, catalogue) = intake::current_catalogue(ctx).await?;
    let mut faults: Vec<LineFault> = list.iter().filter_map(|paper| misplaced(paper, &catalogue)).collect();
    faults.extend(list.iter().filter(|paper| !files.contains_key(&paper.path)).map(|paper| LineFault {
        line: paper.line,
        column: "path",
        message: "không có tệp này trong các tệp gửi kèm".into(),
    }));
    if files.keys().any(|name| !list.iter().any(|paper| paper.path == *name)) {
        let message = "có tệp gửi kèm mà danh sách không nêu: thêm dòng cho tệp đó, hoặc bỏ tệp ra";
        faults.push(LineFault { line: 1, column: "path", message: message.into() });
    }
    if !faults.is_empty() {
        return Err(ArchiveError::Faults(faults));
    }
    let (mut dossiers, mut received) = (Vec::new(), Vec::new());
    for paper in list {
        let bytes = files.remove(&paper.path).unwrap_or_default();
        let outcome = receive_one(ctx, officer, &paper, bytes, &mut dossiers).await?;
        received.push(Received { paper, outcome });
    }
    Ok(received)
}

/// What the catalogue has against a line.
fn misplaced(paper: &ListedPaper, catalogue: &crate::domain::catalogue::Catalogue) -> Option<LineFault> {
    let fault = |column, message: String| Some(LineFault { line: paper.line, column, message });
    let Some(code) = &paper.procedure else {
        return fault("procedure", "còn trống: giấy tờ là kết quả của thủ tục nào".into());
    };
    let Some(procedure) = catalogue.procedure(code) else {
        return fault("procedure", "Danh mục không có thủ tục này".into());
    };
    let Some(role) = &paper.role else {
        return fault("component", "còn trống: ghi KQ1 cho kết quả thứ nhất của thủ tục".into());
    };
    match eligibility::judge(procedure, role, paper.form.unwrap_or(HandedInAs::Original)) {
        Err(unknown @ Refusal::Unknown { .. }) => fault("component", unknown.to_string()),
        _ => None,
    }
}

async fn receive_one(
    ctx: &Ctx,
    officer: &ActingOfficer,
    paper: &ListedPaper,
    bytes: Vec<u8>,
    dossiers: &mut Vec<Dossier>,
) -> Result<Outcome, ArchiveError> {
    let files = vec![bytes];
    let known = batch::known(ctx, officer, &files).await?;
    if !known.is_empty() {
        return Ok(Outcome::Known(known.into_iter().map(|paper| paper.id).collect()));
    }
    // Looked at before a dossier is opened for it.
    let container = match intake::open(ctx, &files).await {
        Ok(container) => container,
        Err(IntakeError::Unreadable(error)) if !error.is_ours() => {
            return Ok(Outcome::Unreadable(error.to_string()));
        }
        Err(error) => return Err(error.into()),
    };
    let dossier = dossier_for(ctx, officer, paper.procedure.as_ref(), dossiers).await?;
    let upload = Upload {
        files,
        role: paper.role.clone(),
        form: paper.form.unwrap_or(HandedInAs::Original),
        expected_pages: paper.pages,
        owner: paper.owner.clone(),
        plan: None,
        urgency: Urgency::Pile,
        known: paper.known.clone(),
    };
    let refusal = intake::refusal_of(ctx, &dossier, upload.role.as_ref(), upload.form).await?;
    let paper = intake::receive_opened(ctx, officer, dossier.id, upload, &container, refusal).await?;
    Ok(Outcome::Received(Box::new(paper)))
}

async fn dossier_for(
    ctx: &Ctx,
    officer: &ActingOfficer,
    procedure: Option<&ProcedureCode>,
    dossiers: &mut Vec<Dossier>,
) -> Result<Dossier, IntakeError> {
    if let Some(open) = dossiers.iter().find(|dossier| dossier.procedure.as_ref() == procedure) {
        return Ok(open.clone());
    }
    let opened = intake::open_dossier(ctx, officer, procedure.cloned()).await?;
    dossiers.push(opened.clone());
    Ok(opened)
}

/// Holds what was read of a paper against what its list says.
///
/// # Errors
/// [`StoreError`].
pub(super) async fn weigh(
    ctx: &Ctx,
    paper: &PaperId,
    examination: &mut Examination,
) -> Result<(), StoreError> {
    let mut tx = ctx.db.read_singly().await?;
    let known = known::of(&mut tx, paper).await?;
    tx.commit().await?;
    if let Some(known) = known {
        hold_against(examination, &known, ctx.rules.guide.threshold());
    }
    Ok(())
}

/// Holds what was read of a paper against what its list says, where that is at hand.
pub fn hold_against(examination: &mut Examination, known: &KnownFields, threshold: Threshold) {
    let Some(proposed) = &mut examination.proposed else { return };
    let found = evidence::compare_declared(proposed, &known.0, threshold);
    examination.findings_mut().extend(found);
}
