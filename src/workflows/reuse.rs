//! Papers that are in the store serve a dossier again, instead of being asked for and scanned once more (Điều 12):
//! offered for a component, judged for this procedure and day, taken by an officer's act, and taken back.

use jiff::{Timestamp, civil::Date};

use crate::{
    clock::day_in_vietnam,
    domain::{
        catalogue::DossierComponent,
        code::OwnerKey,
        dossier::{Dossier, Paper, PaperState},
        eligibility::PaperRole,
        event::{Action, AuditEvent},
        ids::{ComponentCode, DossierId, OwnerId, PaperId, RecordId, ReuseId},
        officer::{ActingOfficer, Actor, stated},
        record::{SignatureState, StoredRecord},
        reuse::{Answer, Judgement, Reuse, Signatures, judge},
        rights::{self, Denied},
    },
    engines::{imaging::fault::ReadError, signature::verdict::Overall},
    store::{StoreError, Tx, audit, owners, papers, prints, records, reuses},
    workflows::{
        access::{self, AccessError},
        browse::Purpose,
        context::Ctx,
        guardians, intake,
        owners::OwnerError,
        verify,
    },
};

/// Papers of one type and owner that are offered at most; the newest.
const MOST_OFFERED: u32 = 20;

/// Why nothing was offered or taken.
#[derive(Debug, thiserror::Error)]
pub enum ReuseError {
    /// No such dossier, paper, document or taking, or not for this officer.
    #[error("không tìm thấy")]
    NotFound,
    /// Nobody wrote down that the one acts for the other, or it is over.
    #[error("kho không ghi người này đang giám hộ trẻ đó: ghi quan hệ giám hộ trên trang của trẻ trước")]
    NoGuardian,
    /// The dossier's procedure has no such component.
    #[error("thủ tục của hồ sơ không có thành phần này")]
    UnknownComponent,
    /// The document is of another type than the component asks for.
    #[error("giấy tờ này không thuộc loại mà thành phần hồ sơ yêu cầu")]
    OtherType,
    /// The owner's data may not be used.
    #[error("chủ giấy tờ đang được hạn chế xử lý dữ liệu: không sử dụng lại được giấy tờ này")]
    Restricted,
    /// It is taken for that component already.
    #[error("giấy tờ này đã được sử dụng lại cho thành phần đó của hồ sơ")]
    Taken,
    /// It does not serve.
    #[error("không sử dụng lại được giấy tờ này: {}", worst(.0))]
    DoesNot(Judgement),
    /// A person has to decide, and to say why.
    #[error("cần ghi lý do vì còn điểm chưa xác định: {}", worst(.0))]
    NeedsReason(Judgement),
    /// An act without a reason.
    #[error("cần ghi lý do")]
    NoReason,
    /// The paper that was handed in all the same does not stand where it can be given up.
    #[error("giấy tờ đang ở bước “{state}”, không thay bằng giấy tờ đã có được")]
    WrongState {
        /// The Vietnamese name of its state.
        state: &'static str,
    },
    /// The signatures could not be looked at.
    #[error(transparent)]
    Unreadable(#[from] ReadError),
    /// The right is not the officer's.
    #[error(transparent)]
    Denied(Denied),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn worst(judgement: &Judgement) -> String {
    let of_worst = judgement.reasons.iter().filter(|reason| reason.answer == judgement.answer);
    of_worst.map(|reason| reason.message.trim_end_matches('.')).collect::<Vec<_>>().join("; ")
}

impl From<AccessError> for ReuseError {
    fn from(error: AccessError) -> Self {
        match error {
            AccessError::NotFound => Self::NotFound,
            AccessError::Denied(denied) => Self::Denied(denied),
            AccessError::Store(error) => error.into(),
        }
    }
}

/// A paper that this owner already has.
#[derive(Debug, Clone)]
pub struct Offer {
    /// For which component.
    pub component: ComponentCode,
    /// Its name.
    pub component_name: String,
    /// The document.
    pub record: StoredRecord,
    /// Whether it serves.
    pub judgement: Judgement,
}

/// What an owner already has for the components of a dossier; by a name there may be several owners, whose papers are all
/// offered. In the order of the components, the newest first; another unit's closed papers are left out, save a child's
/// under 14 when its guardian stands at the desk.
///
/// # Errors
/// [`ReuseError`].
pub async fn offers(
    ctx: &Ctx,
    officer: &ActingOfficer,
    dossier: &DossierId,
    owner: &OwnerKey,
    guardian: Option<&OwnerKey>,
    purpose: &Purpose,
) -> Result<(Vec<OwnerId>, Vec<Offer>), ReuseError> {
    let by = officer.into();
    rights::may_read_store(&by).map_err(AccessError::from)?;
    let dossier = dossier_for(ctx, officer, dossier).await?;
    let components = components_of(ctx, &dossier).await?;
    let now = ctx.clock.now();
    let today = day_in_vietnam(now);
    if let Some(guardian) = guardian {
        guardians::act(ctx, officer, &dossier.id, owner, guardian, purpose).await.map_err(
            |error| match error {
                OwnerError::Denied(denied) => ReuseError::Denied(denied),
                OwnerError::Store(error) => error.into(),
                _ => ReuseError::NoGuardian,
            },
        )?;
    }
    let mut tx = ctx.db.read().await?;
    let of_number = match owner.number() {
        Some(number) => owners::find(&mut tx, number).await?.into_iter().collect(),
        None => owners::find_named(&mut tx, owner).await?,
    };
    let mut offers = Vec::new();
    for component in &components {
        let filter = records::Filter { type_code: Some(component.type_code().clone()), valid_on: None };
        for owner in &of_number {
            for record in records::of_owner(&mut tx, owner, &filter, None, MOST_OFFERED).await? {
                if record.keeping.restricted_at.is_none() && is_open(&mut tx, &by, &record, now).await? {
                    let judgement = judged(officer, &record, today, Signatures::NotLookedAt);
                    let component_name = component.name.clone();
                    offers.push(Offer {
                        component: component.code.clone(),
                        component_name,
                        record,
                        judgement,
                    });
                }
            }
        }
    }
    drop(tx);
    let event = AuditEvent {
        at: ctx.clock.now(),
        actor: Some(by),
        action: Action::OfferReuse,
        object: ("owner", of_number.first().map_or_else(|| "none".to_owned(), ToString::to_string)),
        purpose: Some(purpose.as_str().to_owned()),
        detail: Some(
            serde_json::json!({ "dossier": dossier.id, "owners": of_number, "n_offers": offers.len() }),
        ),
    };
    let mut tx = ctx.db.write().await?;
    audit::append(&mut tx, &event).await?;
    tx.commit().await?;
    Ok((of_number, offers))
}

/// Whether `by` may read it; of what is closed nothing is told.
async fn is_open(tx: &mut Tx, by: &Actor, record: &StoredRecord, now: Timestamp) -> Result<bool, ReuseError> {
    match access::read_record(tx, by, record, now).await {
        Ok(()) => Ok(true),
        Err(AccessError::NotFound) => Ok(false),
        Err(other) => Err(other.into()),
    }
}

fn judged(officer: &ActingOfficer, record: &StoredRecord, day: Date, signatures: Signatures) -> Judgement {
    judge(record, officer.officer.unit.as_deref(), day, signatures)
}

async fn dossier_for(ctx: &Ctx, officer: &ActingOfficer, id: &DossierId) -> Result<Dossier, ReuseError> {
    let mut tx = ctx.db.read().await?;
    Ok(access::dossier(&mut tx, officer, id, rights::may_work_on).await?)
}

async fn components_of(ctx: &Ctx, dossier: &Dossier) -> Result<Vec<DossierComponent>, ReuseError> {
    let catalogue = intake::catalogue_of(ctx, dossier).await?;
    let procedure = dossier.procedure.as_ref().and_then(|code| catalogue.procedure(code));
    Ok(procedure.map(|procedure| procedure.components.clone()).unwrap_or_default())
}

/// What is taken, and why.
#[derive(Debug, Clone)]
pub struct Taking {
    /// The document.
    pub record: RecordId,
    /// Why it is read.
    pub purpose: Purpose,
    /// Why it is taken though something is unknown.
    pub reason: Option<String>,
}

/// An officer takes a document for a component of a dossier: judged anew, its signatures looked at.
///
/// # Errors
/// [`ReuseError`]; nothing has changed then.
pub async fn take(
    ctx: &Ctx,
    officer: &ActingOfficer,
    dossier: &DossierId,
    component: &ComponentCode,
    taking: Taking,
) -> Result<Reuse, ReuseError> {
    let dossier = dossier_for(ctx, officer, dossier).await?;
    taken(ctx, officer, &dossier, component, taking, None).await
}

/// As [`take`], instead of a paper that was handed in all the same: that one is given up.
///
/// # Errors
/// As [`take`]; [`ReuseError::WrongState`] once it has a code or is being read.
pub async fn take_for_paper(
    ctx: &Ctx,
    officer: &ActingOfficer,
    paper: &PaperId,
    taking: Taking,
) -> Result<Reuse, ReuseError> {
    let (paper, dossier) = {
        let mut tx = ctx.db.read().await?;
        access::paper(&mut tx, officer, paper, rights::may_work_on).await?
    };
    let component = match &paper.role {
        Some(PaperRole::Component { code }) => code.clone(),
        _ => return Err(ReuseError::UnknownComponent),
    };
    if !paper.state.may_be_given_up() {
        return Err(ReuseError::WrongState { state: paper.state.label() });
    }
    taken(ctx, officer, &dossier, &component, taking, Some(paper)).await
}

async fn taken(
    ctx: &Ctx,
    officer: &ActingOfficer,
    dossier: &Dossier,
    component: &ComponentCode,
    Taking { record, purpose, reason }: Taking,
    given_up: Option<Paper>,
) -> Result<Reuse, ReuseError> {
    let by = officer.into();
    rights::may_read_store(&by).map_err(AccessError::from)?;
    let components = components_of(ctx, dossier).await?;
    let wanted = components.iter().find(|c| c.code == *component).ok_or(ReuseError::UnknownComponent)?;
    let now = ctx.clock.now();
    let today = day_in_vietnam(now);
    let seen = {
        let mut tx = ctx.db.read().await?;
        let seen = records::get(&mut tx, &record).await?.ok_or(ReuseError::NotFound)?;
        access::read_record(&mut tx, &by, &seen, now).await?;
        seen
    };
    if seen.code.type_code != *wanted.type_code() {
        return Err(ReuseError::OtherType);
    }
    let signatures = signatures_of(ctx, &seen).await?;

    let mut tx = ctx.db.write().await?;
    // Cancelled or given another code while its signatures were looked at.
    let seen = records::get(&mut tx, &record).await?.ok_or(ReuseError::NotFound)?;
    if seen.keeping.restricted_at.is_some() {
        return Err(ReuseError::Restricted);
    }
    let judgement = judged(officer, &seen, today, signatures);
    let reason = reason.as_deref().and_then(stated).map(str::to_owned);
    match judgement.answer {
        Answer::DoesNot => return Err(ReuseError::DoesNot(judgement)),
        Answer::Unknown if reason.is_none() => return Err(ReuseError::NeedsReason(judgement)),
        _ => {}
    }
    let already = reuses::of_dossier(&mut tx, &dossier.id).await?;
    if already.iter().any(|r| r.record == record && r.component == *component && r.undone_at.is_none()) {
        return Err(ReuseError::Taken);
    }
    let reuse = Reuse {
        id: ReuseId::new(),
        record: record.clone(),
        dossier: dossier.id.clone(),
        component: component.clone(),
        paper: given_up.as_ref().map(|paper| paper.id.clone()),
        judged: judgement,
        purpose: purpose.as_str().to_owned(),
        reason,
        by: officer.officer.id.clone(),
        at: now,
        undone_at: None,
    };
    reuses::insert(&mut tx, &reuse).await?;
    if let Some(paper) = &given_up {
        let reason = "Đã sử dụng lại giấy tờ có sẵn trong kho (QĐ 1917/QĐ-BLĐTBXH, Điều 12).".to_owned();
        prints::forget(&mut tx, &paper.id).await?;
        papers::move_to(&mut tx, paper, PaperState::Refused { reason, clause: None, at: now }).await?;
    }
    audit::append(&mut tx, &event_of(ctx, officer, Action::TakeReuse, &reuse)).await?;
    tx.commit().await?;
    Ok(reuse)
}

async fn signatures_of(ctx: &Ctx, record: &StoredRecord) -> Result<Signatures, ReuseError> {
    if record.signature == SignatureState::Unsigned {
        return Ok(Signatures::NotLookedAt);
    }
    let report = verify::record(ctx, record).await.map_err(|error| match error {
        verify::VerifyError::Unreadable(error) => ReuseError::Unreadable(error),
        verify::VerifyError::Store(error) => ReuseError::Store(error),
        verify::VerifyError::Browse(_) => ReuseError::NotFound,
    })?;
    Ok(match report.overall {
        Overall::TotalPassed => Signatures::Hold,
        Overall::TotalFailed => Signatures::Broken,
        _ => Signatures::Unknown,
    })
}

/// An officer takes a taking back, with a reason; the ledger keeps both.
///
/// # Errors
/// [`ReuseError`]; [`ReuseError::NotFound`] also when it was taken back before.
pub async fn undo(
    ctx: &Ctx,
    officer: &ActingOfficer,
    dossier: &DossierId,
    id: &ReuseId,
    reason: &str,
) -> Result<(), ReuseError> {
    let dossier = dossier_for(ctx, officer, dossier).await?;
    let reason = stated(reason).ok_or(ReuseError::NoReason)?;
    let mut tx = ctx.db.write().await?;
    let reuse = reuses::get(&mut tx, id).await?.filter(|reuse| reuse.dossier == dossier.id);
    let reuse = reuse.ok_or(ReuseError::NotFound)?;
    if !reuses::undo(&mut tx, id, ctx.clock.now()).await? {
        return Err(ReuseError::NotFound);
    }
    let event =
        AuditEvent { purpose: Some(reason.to_owned()), ..event_of(ctx, officer, Action::UndoReuse, &reuse) };
    audit::append(&mut tx, &event).await?;
    tx.commit().await?;
    Ok(())
}

fn event_of(ctx: &Ctx, officer: &ActingOfficer, action: Action, reuse: &Reuse) -> AuditEvent {
    AuditEvent {
        at: ctx.clock.now(),
        actor: Some(officer.into()),
        action,
        object: ("dossier", reuse.dossier.to_string()),
        purpose: Some(reuse.purpose.clone()),
        detail: Some(serde_json::json!({
            "record": reuse.record, "component": reuse.component, "answer": reuse.judged.answer,
            "given_up": reuse.paper,
        })),
    }
}

/// A document that was taken for a dossier, and whether it serves today.
#[derive(Debug, Clone)]
pub struct Taken {
    /// The row of the ledger.
    pub reuse: Reuse,
    /// The document as it is now.
    pub record: StoredRecord,
    /// Judged for today: it may have been cancelled since.
    pub today: Judgement,
}

/// What was taken for a dossier, without what was taken back; of documents that are closed to the officer nothing.
///
/// # Errors
/// [`ReuseError`].
pub async fn of_dossier(
    ctx: &Ctx,
    officer: &ActingOfficer,
    dossier: &DossierId,
) -> Result<Vec<Taken>, ReuseError> {
    let mut tx = ctx.db.read().await?;
    access::dossier(&mut tx, officer, dossier, rights::may_see).await?;
    let reuses = reuses::of_dossier(&mut tx, dossier).await?;
    with_records(ctx, &mut tx, officer, reuses).await
}

async fn with_records(
    ctx: &Ctx,
    tx: &mut Tx,
    officer: &ActingOfficer,
    reuses: Vec<Reuse>,
) -> Result<Vec<Taken>, ReuseError> {
    let now = ctx.clock.now();
    let (by, today) = (officer.into(), day_in_vietnam(now));
    let mut taken = Vec::new();
    for reuse in reuses.into_iter().filter(|reuse| reuse.undone_at.is_none()) {
        let record = records::get(tx, &reuse.record).await?;
        let record = record.ok_or(StoreError::Corrupt { what: "document of a taking" })?;
        if is_open(tx, &by, &record, now).await? {
            let today = judged(officer, &record, today, Signatures::NotLookedAt);
            taken.push(Taken { reuse, record, today });
        }
    }
    Ok(taken)
}

/// Documents that were taken for dossiers of the officer's unit and cancelled since: whoever used them has to look again.
/// The last cancelled first; at most `limit`.
///
/// # Errors
/// [`ReuseError`].
pub async fn cancelled_since(
    ctx: &Ctx,
    officer: &ActingOfficer,
    limit: u32,
) -> Result<Vec<Taken>, ReuseError> {
    if rights::may_receive(officer).is_err() {
        return Ok(Vec::new());
    }
    let mut tx = ctx.db.read().await?;
    let reuses = reuses::of_cancelled(&mut tx, officer.unit.as_ref(), limit).await?;
    with_records(ctx, &mut tx, officer, reuses).await
}
