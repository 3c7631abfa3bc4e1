//! What becomes of a document in the store: cancelled (NĐ 45/2020/NĐ-CP, Điều 15), given another code (Điều 7); and its
//! history. Bytes that were signed are never written anew: what is printed on the paper stays, and is shown beside the
//! code that holds.

use jiff::{Timestamp, civil::Date};

use crate::{
    clock::day_in_vietnam,
    domain::{
        acts::KeptAct,
        code::{CodeNumber, DocumentCode, DocumentTypeCode, OwnerKey, ResultReadings},
        event::{Action, AuditEvent, Change},
        ids::{DocumentNumber, PaperId, RecordId},
        officer::{ActingOfficer, Actor, stated},
        record::{ChangeKind, StoredRecord},
        retention::RecordAct,
        reuse::Reuse,
        rights::{self, Denied, PaperScope},
    },
    store::{
        StoreError, Tx, audit, catalogues, changes,
        codes::{self, AssignedCode},
        dossiers, owners, papers, record_acts, records,
        reuses::{self, Revocation},
    },
    workflows::{
        access::{self, AccessError, Right},
        browse::{self, Purpose},
        context::Ctx,
    },
};

/// Takings that a history shows at most.
const MOST_TAKINGS: u32 = 500;
/// Letters of a decision's number, at most.
const MOST_LETTERS: usize = 60;

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// No such document, or not for whoever asks.
    #[error("không tìm thấy")]
    NotFound,
    /// An act without a reason.
    #[error("cần ghi lý do")]
    NoReason,
    /// The decision that cancels is named by more than a number and symbol.
    #[error("số, ký hiệu quyết định hủy, thu hồi dài hơn {MOST_LETTERS} ký tự")]
    Decision,
    /// It was cancelled before.
    #[error("giấy tờ này đã được ghi nhận hủy hoặc thu hồi")]
    Revoked,
    /// Nothing of the code would change.
    #[error("mã mới giống mã đang có: không có gì thay đổi")]
    SameCode,
    /// The catalogue has no such type.
    #[error("Danh mục không có mã loại giấy tờ này")]
    UnknownType,
    /// The code belongs to another paper.
    #[error("mã này đã cấp cho giấy tờ khác: xem giấy tờ đang giữ mã rồi quyết định")]
    CodeTaken {
        /// The paper that holds it.
        held_by: PaperId,
    },
    /// Somebody else changed it since.
    #[error("giấy tờ vừa được người khác thay đổi: tải lại rồi làm lại")]
    Stale,
    /// The right is not theirs.
    #[error(transparent)]
    Denied(Denied),
    /// The store failed.
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for DocumentError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::CodeTaken { held_by } => Self::CodeTaken { held_by },
            StoreError::Stale => Self::Stale,
            other => Self::Store(other),
        }
    }
}

impl From<Denied> for DocumentError {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Foreign => Self::NotFound,
            denied => Self::Denied(denied),
        }
    }
}

/// The document, if `officer` may do `may` to it.
async fn document_for(
    tx: &mut Tx,
    officer: &ActingOfficer,
    id: &RecordId,
    may: Right,
) -> Result<StoredRecord, DocumentError> {
    let of_unit = |unit| PaperScope { unit, is_quarantined: false };
    let Some(record) = records::get(tx, id).await? else {
        // As of another unit's: an id tells nothing by being tried.
        may(officer, &of_unit(officer.unit.as_ref()))?;
        return Err(DocumentError::NotFound);
    };
    may(officer, &of_unit(record.unit.as_ref()))?;
    Ok(record)
}

/// An officer records that a document was cancelled: it stays readable, and serves nothing any more.
///
/// # Errors
/// [`DocumentError`]; nothing has changed then.
pub async fn revoke(
    ctx: &Ctx,
    officer: &ActingOfficer,
    id: &RecordId,
    reason: &str,
    decision: Option<&str>,
) -> Result<StoredRecord, DocumentError> {
    let mut tx = ctx.db.write().await?;
    let mut record = document_for(&mut tx, officer, id, rights::may_revoke).await?;
    let reason = stated(reason).ok_or(DocumentError::NoReason)?.to_owned();
    let decision = decision.and_then(stated).map(str::to_owned);
    if decision.as_ref().is_some_and(|text| text.chars().count() > MOST_LETTERS) {
        return Err(DocumentError::Decision);
    }
    let now = ctx.clock.now();
    let revocation = Revocation { reason, decision };
    if !reuses::revoke(&mut tx, id, &revocation, &officer.officer.id, now).await? {
        return Err(DocumentError::Revoked);
    }
    record.revoked_at = Some(now);
    let change = Change::of(&serde_json::json!({ "state": "in_force" }), &revocation);
    trace(&mut tx, now, officer, Action::RevokeDocument, id, &change).await?;
    changes::append(&mut tx, id, ChangeKind::Revoked, now).await?;
    tx.commit().await?;
    Ok(record)
}

/// What a new code is made of; what is `None` stays as it is.
#[derive(Debug, Clone, Default)]
pub struct Recoding {
    /// Whose paper it is.
    pub owner: Option<OwnerKey>,
    /// Its type.
    pub type_code: Option<DocumentTypeCode>,
    /// Its number and symbol.
    pub number: Option<DocumentNumber>,
}

/// An officer gives a document another code: its owner received a number, or a part was wrong. The earlier code leads to
/// the document for ever, and what is printed stays.
///
/// # Errors
/// [`DocumentError`]; nothing has changed then.
pub async fn recode(
    ctx: &Ctx,
    officer: &ActingOfficer,
    id: &RecordId,
    recoding: Recoding,
    reason: &str,
) -> Result<StoredRecord, DocumentError> {
    let mut tx = ctx.db.write().await?;
    let seen = document_for(&mut tx, officer, id, rights::may_recode).await?;
    let reason = stated(reason).ok_or(DocumentError::NoReason)?;
    let mut record = seen.clone();
    let now = ctx.clock.now();
    if let Some(owner) = recoding.owner.filter(|owner| *owner != seen.code.owner) {
        record.owner = owners::find_or_create(&mut tx, &owner, now).await?;
        record.fields.owner = owner;
    }
    if let Some(type_code) = recoding.type_code {
        is_known(&mut tx, &seen, &type_code, day_in_vietnam(now)).await?;
        record.fields.document_type_code = type_code;
    }
    let number = match recoding.number {
        Some(number) => {
            record.fields.document_number = Some(number.clone());
            CodeNumber::Printed { number }
        }
        None => seen.code.number.clone(),
    };
    let fields = &record.fields;
    record.code = DocumentCode::assign(fields.owner.clone(), fields.document_type_code.clone(), number);
    if record.code == seen.code {
        return Err(DocumentError::SameCode);
    }
    let printed = seen.printed.clone().unwrap_or_else(|| seen.code.clone());
    record.printed = (printed != record.code).then_some(printed);
    let earlier = codes::all_of_paper(&mut tx, &record.paper).await?;
    codes::assign(&mut tx, &record.code, &record.owner, &record.paper, now).await?;
    codes::note_readings(&mut tx, &record.code, &readings_of(&seen, &record, &earlier)).await?;
    records::recode(&mut tx, &seen, &record).await?;
    let told = |code: &DocumentCode| serde_json::json!({ "code": code.to_string() });
    let mut after = told(&record.code);
    after["reason"] = reason.into();
    trace(&mut tx, now, officer, Action::RecodeDocument, id, &Change::of(&told(&seen.code), &after)).await?;
    changes::append(&mut tx, id, ChangeKind::Recoded, now).await?;
    tx.commit().await?;
    Ok(record)
}

/// The place in the dossier stays; the national code only with the type, for what a new type has is not looked up.
fn readings_of(seen: &StoredRecord, record: &StoredRecord, earlier: &[AssignedCode]) -> ResultReadings {
    let is_same = record.code.type_code == seen.code.type_code;
    let of_code = |codes: &&AssignedCode| codes.code == seen.code;
    let readings = earlier.iter().find(of_code).map(|code| code.readings.clone()).unwrap_or_default();
    ResultReadings { national: readings.national.filter(|_| is_same), ..readings }
}

/// Of the catalogue that the document's dossier was opened under, or of the one in force now.
async fn is_known(
    tx: &mut Tx,
    record: &StoredRecord,
    code: &DocumentTypeCode,
    today: Date,
) -> Result<(), DocumentError> {
    let missing = || DocumentError::Store(StoreError::Corrupt { what: "dossier of a document" });
    let paper = papers::get(tx, &record.paper).await?.ok_or_else(missing)?;
    let dossier = dossiers::get(tx, &paper.dossier).await?.ok_or_else(missing)?;
    let then = catalogues::get(tx, &dossier.catalogue).await?;
    let now = catalogues::in_force(tx, today).await?;
    let mut versions = [then, now].into_iter().flatten();
    if versions.any(|version| version.catalogue.has_type(code)) {
        Ok(())
    } else {
        Err(DocumentError::UnknownType)
    }
}

async fn trace(
    tx: &mut Tx,
    at: Timestamp,
    officer: &ActingOfficer,
    action: Action,
    id: &RecordId,
    change: &Change,
) -> Result<(), StoreError> {
    let event = AuditEvent {
        at,
        actor: Some(officer.into()),
        action,
        object: ("record", id.to_string()),
        purpose: None,
        detail: None,
    };
    audit::append_change(tx, &event, change).await.map(drop)
}

/// What became of a document.
#[derive(Debug, Clone)]
pub struct History {
    /// As it is now.
    pub record: StoredRecord,
    /// All its codes, oldest first.
    pub codes: Vec<AssignedCode>,
    /// Why it was cancelled, where it was.
    pub revocation: Option<Revocation>,
    /// Where it was taken, oldest first.
    pub takings: Vec<Reuse>,
    /// What was done to keep it or not, oldest first.
    pub acts: Vec<KeptAct<RecordAct>>,
}

/// The history of a document; reading it is traced.
///
/// # Errors
/// [`DocumentError`].
pub async fn history(
    ctx: &Ctx,
    by: &Actor,
    id: &RecordId,
    purpose: &Purpose,
) -> Result<History, DocumentError> {
    rights::may_read_store(by)?;
    let mut tx = ctx.db.read().await?;
    let record = records::get(&mut tx, id).await?.ok_or(DocumentError::NotFound)?;
    match access::read_record(&mut tx, by, &record, ctx.clock.now()).await {
        Ok(()) => {}
        Err(AccessError::NotFound) => return Err(DocumentError::NotFound),
        Err(AccessError::Denied(denied)) => return Err(denied.into()),
        Err(AccessError::Store(error)) => return Err(error.into()),
    }
    let codes = codes::all_of_paper(&mut tx, &record.paper).await?;
    let revocation = reuses::revocation_of(&mut tx, id).await?;
    let takings = reuses::of_record(&mut tx, id, MOST_TAKINGS).await?;
    let acts = record_acts::of(&mut tx, id).await?;
    drop(tx);
    browse::trace(ctx, by, Action::ReadHistory, ("record", id.to_string()), purpose).await?;
    Ok(History { record, codes, revocation, takings, acts })
}
