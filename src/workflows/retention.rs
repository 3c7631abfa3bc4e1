//! What becomes of documents that are no longer wanted: out of the owner's store, kept until their term is over, held
//! where the law asks for it, erased for ever. Codes, the ledger of takings and the trace stay.
//!
//! An object's key lies in its own header alone, so with the object goes what opens any copy of its content.

use jiff::Timestamp;

use crate::{
    clock::day_in_vietnam,
    domain::{
        event::{Action, AuditEvent, Change},
        ids::{OwnerId, RecordId},
        officer::{ActingOfficer, stated_within},
        owner::{OwnerAct, ReasonedAct},
        record::{ChangeKind, StoredRecord},
        retention::{NotNow, RecordAct, Term},
        rights::{self, Denied, PaperScope},
    },
    store::{
        StoreError, Tx, audit, changes, papers, prints, quarantine as objects_of, record_acts, records,
        rotation, search,
    },
    workflows::{
        context::Ctx,
        owners::{OwnerError, held, keep, said},
    },
};

/// Letters of a reason, at most.
const MOST_LETTERS: usize = 1_000;
/// Documents looked at in one go.
const AT_ONCE: u32 = 200;

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum RetentionError {
    /// No such document, or not for whoever asks.
    #[error("không tìm thấy")]
    NotFound,
    /// An act without a reason, or with a whole letter.
    #[error("cần ghi lý do, nhiều nhất {MOST_LETTERS} ký tự")]
    NoReason,
    /// The act has no sense now.
    #[error(transparent)]
    NotNow(#[from] NotNow),
    /// Somebody else acted meanwhile.
    #[error("giấy tờ vừa được người khác thay đổi: tải lại rồi làm lại")]
    Stale,
    /// The right is not theirs.
    #[error(transparent)]
    Denied(Denied),
    /// The store failed.
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for RetentionError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Stale => Self::Stale,
            other => Self::Store(other),
        }
    }
}

impl From<Denied> for RetentionError {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Foreign => Self::NotFound,
            denied => Self::Denied(denied),
        }
    }
}

/// What is done to a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doing {
    /// Out of the owner's store.
    Remove,
    /// Into it again.
    Restore,
    /// May not be erased.
    Hold,
    /// May again.
    Lift,
    /// For ever.
    Erase,
}

impl Doing {
    /// The act of that name.
    pub fn parse(name: &str) -> Option<Self> {
        let all = [
            ("remove", Self::Remove),
            ("restore", Self::Restore),
            ("hold", Self::Hold),
            ("lift", Self::Lift),
            ("erase", Self::Erase),
        ];
        all.into_iter().find(|(other, _)| *other == name).map(|(_, doing)| doing)
    }

    fn with(self, reason: String) -> RecordAct {
        match self {
            Self::Remove => RecordAct::Remove { reason },
            Self::Restore => RecordAct::Restore { reason },
            Self::Hold => RecordAct::Hold { reason },
            Self::Lift => RecordAct::Lift { reason },
            Self::Erase => RecordAct::Erase { reason, n_files: 0 },
        }
    }

    fn action(self) -> Action {
        match self {
            Self::Remove => Action::RemoveDocument,
            Self::Restore => Action::RestoreDocument,
            Self::Hold => Action::HoldDocument,
            Self::Lift => Action::LiftHold,
            Self::Erase => Action::EraseDocument,
        }
    }
}

/// Until when a document is kept.
pub fn term(ctx: &Ctx, record: &StoredRecord) -> Term {
    ctx.rules.retention.term(&record.code.type_code, day_in_vietnam(record.stored_at))
}

/// A supervisor takes a document out of its owner's store, puts it back, holds it, lifts that, or erases it for ever.
///
/// # Errors
/// [`RetentionError`]; nothing has changed then.
pub async fn act(
    ctx: &Ctx,
    by: &ActingOfficer,
    id: &RecordId,
    doing: Doing,
    reason: &str,
) -> Result<StoredRecord, RetentionError> {
    let mut tx = ctx.db.write().await?;
    let record = records::get(&mut tx, id).await?;
    let of = |unit| PaperScope { unit, is_quarantined: false };
    let Some(record) = record else {
        // As of another unit's: an id tells nothing by being tried.
        rights::may_remove(by, &of(by.unit.as_ref()))?;
        return Err(RetentionError::NotFound);
    };
    rights::may_remove(by, &of(record.unit.as_ref()))?;
    let reason = stated_within(reason, MOST_LETTERS).ok_or(RetentionError::NoReason)?;
    done(ctx, &mut tx, by, &record, doing, reason).await?;
    tx.commit().await?;
    let mut tx = ctx.db.read().await?;
    records::get(&mut tx, id).await?.ok_or(RetentionError::NotFound)
}

/// As [`act`], in the caller's transaction, by whoever may.
pub(super) async fn done(
    ctx: &Ctx,
    tx: &mut Tx,
    by: &ActingOfficer,
    record: &StoredRecord,
    doing: Doing,
    reason: &str,
) -> Result<(), RetentionError> {
    let now = ctx.clock.now();
    let is_over = term(ctx, record).is_over(day_in_vietnam(now));
    let mut act = doing.with(reason.to_owned());
    let to = act.leads(record.keeping, now, is_over)?;
    if let RecordAct::Erase { n_files, .. } = &mut act {
        *n_files = erase(ctx, tx, record).await?;
    }
    let from = record.keeping;
    record_acts::act(tx, &record.id, (from, to), &by.officer.id, now, &act).await?;
    let told = |keeping: crate::domain::retention::Keeping| {
        serde_json::json!({ "removed_at": keeping.removed_at, "held_at": keeping.held_at,
                            "erased_at": keeping.erased_at })
    };
    let event = AuditEvent {
        at: now,
        actor: Some(by.into()),
        action: doing.action(),
        object: ("record", record.id.to_string()),
        purpose: Some(reason.to_owned()),
        detail: match &act {
            RecordAct::Erase { n_files, .. } => Some(serde_json::json!({ "n_files": n_files })),
            _ => None,
        },
    };
    audit::append_change(tx, &event, &Change::of(&told(from), &told(to))).await?;
    let kind = match doing {
        Doing::Remove => ChangeKind::Removed,
        Doing::Restore => ChangeKind::Restored,
        Doing::Erase => ChangeKind::Erased,
        Doing::Hold | Doing::Lift => return Ok(()),
    };
    changes::append(tx, &record.id, kind, now).await?;
    Ok(())
}

/// Erases files and fields; gives how many files there were. The bytes go before the commit: a document that was about
/// to be erased and lacks them is erased the next time, one that was not would be kept for ever.
async fn erase(ctx: &Ctx, tx: &mut Tx, record: &StoredRecord) -> Result<u64, RetentionError> {
    rotation::hold(tx).await?;
    let objects = papers::objects(tx, &record.paper).await?;
    objects_of::replace_objects(tx, &record.paper, &[]).await?;
    prints::forget(tx, &record.paper).await?;
    record_acts::forget_paper(tx, &record.paper).await?;
    search::forget(tx, &record.id).await?;
    records::empty(tx, record).await?;
    for object in &objects {
        // Another paper of the same file (a batch) needs it still.
        if !objects_of::is_referenced(tx, &object.hash).await? {
            ctx.objects.delete(&object.hash).await?;
        }
    }
    Ok(objects.len() as u64)
}

/// A document that waits to be erased for ever.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// Which.
    pub record: RecordId,
    /// Since when it is out of its owner's store.
    pub removed_at: Timestamp,
    /// Until when it is kept, and who says so.
    pub term: Term,
    /// Whether it is held.
    pub is_held: bool,
    /// Whether it was erased now, or would be.
    pub is_due: bool,
}

/// Goes through all documents that were taken out of their owners' stores, and erases those whose term is over and that
/// nobody holds; with `is_trial` only says which. For who runs the program: he holds the keys.
///
/// # Errors
/// [`RetentionError`]; what was erased before stays erased.
pub async fn sweep(ctx: &Ctx, by: &ActingOfficer, is_trial: bool) -> Result<Vec<Waiting>, RetentionError> {
    let today = day_in_vietnam(ctx.clock.now());
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = {
            let mut tx = ctx.db.read().await?;
            record_acts::removed(&mut tx, after.take(), AT_ONCE).await?
        };
        let Some(last) = page.last().cloned() else { return Ok(found) };
        for (removed_at, id) in page {
            let mut tx = ctx.db.write().await?;
            let Some(record) = records::get(&mut tx, &id).await? else { continue };
            let term = term(ctx, &record);
            let is_held = record.keeping.held_at.is_some();
            let is_due = term.is_over(today) && !is_held;
            if is_due && !is_trial {
                let reason = format!("Hết thời hạn lưu trữ: {}.", term.source);
                match done(ctx, &mut tx, by, &record, Doing::Erase, &reason).await {
                    Ok(()) => tx.commit().await?,
                    // Another process was quicker, or somebody acts on it just now: the next time.
                    Err(RetentionError::Stale | RetentionError::NotNow(_)) => continue,
                    Err(error) => return Err(error),
                }
            }
            found.push(Waiting { record: id, removed_at, term, is_held, is_due });
        }
        after = Some(last);
    }
}

/// Documents of one owner that were taken out of his store and that the officer answers for, with their terms.
///
/// # Errors
/// [`RetentionError`].
pub async fn removed_of(
    ctx: &Ctx,
    by: &ActingOfficer,
    owner: &OwnerId,
) -> Result<Vec<(StoredRecord, Term)>, RetentionError> {
    let mut tx = ctx.db.read().await?;
    let mut found = Vec::new();
    for id in records::ids_of_owner(&mut tx, owner).await? {
        let Some(record) = records::get(&mut tx, &id).await? else { continue };
        let own = PaperScope { unit: record.unit.as_ref(), is_quarantined: false };
        if record.keeping.removed_at.is_some() && rights::may_remove(by, &own).is_ok() {
            let term = term(ctx, &record);
            found.push((record, term));
        }
    }
    Ok(found)
}

/// What taking all documents of an owner out of his store came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cleared {
    /// Taken out.
    pub n_removed: u64,
    /// Held: they stay.
    pub n_held: u64,
    /// Of other units, which have to decide.
    pub n_foreign: u64,
    /// Taken out, and kept until a term that is not over or not set.
    pub n_kept: u64,
}

/// Takes every document of an owner that the officer answers for out of his store.
pub(super) async fn clear(
    ctx: &Ctx,
    tx: &mut Tx,
    by: &ActingOfficer,
    owner: &OwnerId,
    reason: &str,
) -> Result<Cleared, RetentionError> {
    let today = day_in_vietnam(ctx.clock.now());
    let mut cleared = Cleared::default();
    for id in records::ids_of_owner(tx, owner).await? {
        let Some(record) = records::get(tx, &id).await? else { continue };
        let own = PaperScope { unit: record.unit.as_ref(), is_quarantined: false };
        if record.keeping.removed_at.is_some() {
            continue;
        }
        if rights::may_remove(by, &own).is_err() {
            cleared.n_foreign += 1;
        } else if record.keeping.held_at.is_some() {
            cleared.n_held += 1;
        } else {
            done(ctx, tx, by, &record, Doing::Remove, reason).await?;
            cleared.n_removed += 1;
            cleared.n_kept += u64::from(!term(ctx, &record).is_over(today));
        }
    }
    Ok(cleared)
}

/// A supervisor says that the data of an owner may not be used, or that they may again.
///
/// # Errors
/// [`OwnerError`]; [`OwnerError::NothingNew`] when it stands so already.
pub async fn restrict(
    ctx: &Ctx,
    by: &ActingOfficer,
    owner: &OwnerId,
    is_on: bool,
    reason: &str,
) -> Result<OwnerId, OwnerError> {
    let mut tx = ctx.db.write().await?;
    let owner = restricted(ctx, &mut tx, by, owner, is_on, reason).await?;
    tx.commit().await?;
    Ok(owner)
}

/// As [`restrict`], in the caller's transaction.
pub(super) async fn restricted(
    ctx: &Ctx,
    tx: &mut Tx,
    by: &ActingOfficer,
    owner: &OwnerId,
    is_on: bool,
    reason: &str,
) -> Result<OwnerId, OwnerError> {
    rights::may_restrict(by)?;
    let reason = said(reason)?;
    let owner = held(tx, owner).await?;
    if record_acts::restricted(tx, &owner).await?.is_some() == is_on {
        return Err(OwnerError::NothingNew);
    }
    record_acts::restrict(tx, &owner, is_on.then(|| ctx.clock.now())).await?;
    let (act, action) = if is_on {
        (OwnerAct::Restrict, Action::RestrictOwner)
    } else {
        (OwnerAct::LiftRestriction, Action::LiftRestriction)
    };
    let change =
        Change::of(&serde_json::json!({ "restricted": !is_on }), &serde_json::json!({ "restricted": is_on }));
    keep(ctx, tx, by, &owner, &ReasonedAct { act, reason }, action, &change).await?;
    Ok(owner)
}
