//! Codes given by hand while the program was out of reach (QĐ 1917/QĐ-BLĐTBXH, Điều 17 khoản 2): entered by the same
//! grammar, unique with all others, and reconciled with the papers that bear them. A paper that is confirmed with the same
//! parts takes its code by itself; for one that was given another code, an officer says which paper it is, and both codes
//! lead to it.

use jiff::{SignedDuration, civil::Date};

use crate::{
    clock::{day_in_vietnam, midnight_in_vietnam},
    domain::{
        code::DocumentCode,
        event::{Action, AuditEvent, Change},
        ids::{ManualCodeId, PaperId},
        officer::{ActingOfficer, stated},
        rights::{self, Denied, PaperScope},
    },
    store::{
        StoreError, Tx, audit, catalogues, codes,
        manual_codes::{self, ManualCode},
        records,
    },
    workflows::{
        access::{self, AccessError},
        browse::Purpose,
        context::Ctx,
    },
};

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum ManualCodeError {
    /// No such code or paper, or not for this officer.
    #[error("không tìm thấy")]
    NotFound,
    /// Nobody gave it by then.
    #[error("ngày cấp mã không thể sau hôm nay")]
    Future,
    /// The catalogue of that day has no such type.
    #[error("Danh mục của ngày cấp mã không có mã loại giấy tờ này: kiểm tra lại mã và ngày")]
    UnknownType,
    /// It was entered before.
    #[error("mã này đã được nhập: xem danh sách mã chờ đối soát")]
    Known,
    /// The code belongs to a paper in the program.
    #[error(
        "mã này đã cấp cho giấy tờ khác: nếu là chính giấy tờ đó thì không cần nhập; nếu khác, cấp mã khác cho giấy tờ ngoài phần mềm"
    )]
    CodeTaken {
        /// The paper that holds it.
        held_by: PaperId,
    },
    /// The paper has no code yet: confirmed with the same parts it takes this one by itself.
    #[error("giấy tờ này chưa có mã: xác nhận các trường thông tin, mã trùng thì tự đối soát")]
    NoCode,
    /// It was reconciled or withdrawn before.
    #[error("mã này đã được đối soát hoặc đã rút")]
    Settled,
    /// An act without a reason.
    #[error("cần ghi lý do")]
    NoReason,
    /// The right is not the officer's.
    #[error(transparent)]
    Denied(Denied),
    /// The store failed.
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for ManualCodeError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::CodeTaken { held_by } => Self::CodeTaken { held_by },
            other => Self::Store(other),
        }
    }
}

impl From<AccessError> for ManualCodeError {
    fn from(error: AccessError) -> Self {
        match error {
            AccessError::NotFound => Self::NotFound,
            AccessError::Denied(denied) => Self::Denied(denied),
            AccessError::Store(error) => error.into(),
        }
    }
}

impl From<Denied> for ManualCodeError {
    fn from(denied: Denied) -> Self {
        AccessError::from(denied).into()
    }
}

/// An officer enters a code that was given by hand.
///
/// # Errors
/// [`ManualCodeError`]; nothing is kept then.
pub async fn enter(
    ctx: &Ctx,
    officer: &ActingOfficer,
    code: DocumentCode,
    given_on: Date,
) -> Result<ManualCode, ManualCodeError> {
    rights::may_receive(officer)?;
    let now = ctx.clock.now();
    if given_on > day_in_vietnam(now) {
        return Err(ManualCodeError::Future);
    }
    let mut tx = ctx.db.write().await?;
    let version = catalogues::in_force(&mut tx, given_on).await?;
    if !version.is_some_and(|version| version.catalogue.has_type(&code.type_code)) {
        return Err(ManualCodeError::UnknownType);
    }
    let manual = ManualCode {
        id: ManualCodeId::new(),
        code,
        given_on,
        unit: officer.unit.clone(),
        by: officer.officer.id.clone(),
        at: now,
        reconciled: None,
        withdrawn: None,
    };
    if !manual_codes::insert(&mut tx, &manual).await? {
        return Err(ManualCodeError::Known);
    }
    if let Some((held_by, _)) = codes::find(&mut tx, &manual.code).await? {
        return Err(ManualCodeError::CodeTaken { held_by });
    }
    let after = serde_json::json!({ "code": manual.code.to_string(), "given_on": given_on });
    let change = Change::of(&(), &after);
    trace(ctx, &mut tx, officer, (Action::EnterManualCode, &manual.id), None, &change).await?;
    tx.commit().await?;
    Ok(manual)
}

/// Codes of the officer's unit that wait for their papers, oldest first; the reading is traced.
///
/// # Errors
/// [`ManualCodeError`].
pub async fn waiting(
    ctx: &Ctx,
    officer: &ActingOfficer,
    purpose: &Purpose,
    after: Option<&ManualCodeId>,
    limit: u32,
) -> Result<Vec<ManualCode>, ManualCodeError> {
    rights::may_receive(officer)?;
    let mut tx = ctx.db.write().await?;
    let waiting = manual_codes::waiting(&mut tx, officer.unit.as_ref(), after, limit).await?;
    for manual in &waiting {
        let act = (Action::ListManualCodes, &manual.id);
        trace(ctx, &mut tx, officer, act, Some(purpose.as_str()), &Change::default()).await?;
    }
    tx.commit().await?;
    Ok(waiting)
}

/// The code, if it is of the officer's unit and waits.
async fn one_waiting(
    tx: &mut Tx,
    officer: &ActingOfficer,
    id: &ManualCodeId,
    may: access::Right,
) -> Result<ManualCode, ManualCodeError> {
    let manual = manual_codes::get(tx, id).await?;
    let unit = manual.as_ref().map_or(officer.unit.as_ref(), |manual| manual.unit.as_ref());
    may(officer, &PaperScope { unit, is_quarantined: false })?;
    let manual = manual.ok_or(ManualCodeError::NotFound)?;
    let waits = manual.reconciled.is_none() && manual.withdrawn.is_none();
    if waits { Ok(manual) } else { Err(ManualCodeError::Settled) }
}

/// Which paper bears a code that was given by hand.
#[derive(Debug, Clone)]
pub enum Bearer {
    /// This one.
    Paper(PaperId),
    /// The one that has this code here.
    Code(DocumentCode),
}

/// An officer says which paper bears a code that was given by hand, where the paper was given another one here: both lead
/// to it, and the one given here stays its code.
///
/// # Errors
/// [`ManualCodeError`]; nothing has changed then.
pub async fn reconcile(
    ctx: &Ctx,
    officer: &ActingOfficer,
    id: &ManualCodeId,
    bearer: &Bearer,
    reason: &str,
) -> Result<(), ManualCodeError> {
    let mut tx = ctx.db.write().await?;
    let manual = one_waiting(&mut tx, officer, id, rights::may_confirm).await?;
    let paper = match bearer {
        Bearer::Paper(paper) => paper.clone(),
        Bearer::Code(code) => codes::find(&mut tx, code).await?.ok_or(ManualCodeError::NotFound)?.0,
    };
    let paper = &paper;
    access::paper(&mut tx, officer, paper, rights::may_confirm).await?;
    let reason = stated(reason).ok_or(ManualCodeError::NoReason)?;
    let own = codes::all_of_paper(&mut tx, paper).await?;
    let (Some(first), Some(owner)) = (own.first(), codes::owner_of_paper(&mut tx, paper).await?) else {
        return Err(ManualCodeError::NoCode);
    };
    // Before the paper's own codes, of which the last one is its code.
    let before = first.at.checked_sub(SignedDuration::from_micros(1)).unwrap_or(first.at);
    let at = midnight_in_vietnam(manual.given_on).map_or(before, |at| at.min(before));
    codes::assign(&mut tx, &manual.code, &owner, paper, at).await?;
    manual_codes::settle(&mut tx, id, ctx.clock.now()).await?;
    if let Some(record) = records::of_paper(&mut tx, paper).await? {
        codes::link(&mut tx, &manual.code, paper, &record).await?;
    }
    let change = Change::of(&(), &serde_json::json!({ "paper": paper, "reason": reason }));
    trace(ctx, &mut tx, officer, (Action::ReconcileManualCode, id), None, &change).await?;
    tx.commit().await?;
    Ok(())
}

/// An officer takes back a code that was entered by mistake: it was never given.
///
/// # Errors
/// [`ManualCodeError`]; nothing has changed then.
pub async fn withdraw(
    ctx: &Ctx,
    officer: &ActingOfficer,
    id: &ManualCodeId,
    reason: &str,
) -> Result<(), ManualCodeError> {
    let mut tx = ctx.db.write().await?;
    let manual = one_waiting(&mut tx, officer, id, rights::may_recode).await?;
    let reason = stated(reason).ok_or(ManualCodeError::NoReason)?;
    if !manual_codes::withdraw(&mut tx, &manual, reason, ctx.clock.now()).await? {
        return Err(ManualCodeError::Settled);
    }
    let change = Change::of(&(), &serde_json::json!({ "reason": reason }));
    trace(ctx, &mut tx, officer, (Action::WithdrawManualCode, id), None, &change).await?;
    tx.commit().await?;
    Ok(())
}

async fn trace(
    ctx: &Ctx,
    tx: &mut Tx,
    officer: &ActingOfficer,
    (action, id): (Action, &ManualCodeId),
    purpose: Option<&str>,
    change: &Change,
) -> Result<(), StoreError> {
    let event = AuditEvent {
        at: ctx.clock.now(),
        actor: Some(officer.into()),
        action,
        object: ("manual_code", id.to_string()),
        purpose: purpose.map(str::to_owned),
        detail: None,
    };
    audit::append_change(tx, &event, change).await.map(drop)
}
