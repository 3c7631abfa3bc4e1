//! The register of breaches (Luật 91/2025/QH15, Điều 23): written down with what is known, amended, told to the authority
//! within 72 hours of detection. How much was read is counted from the trace.

use jiff::Timestamp;

use crate::{
    domain::{
        acts::KeptAct,
        breach::{Breach, BreachAct, BreachFacts, BreachState, Exposure, due},
        event::{Action, AuditEvent},
        ids::BreachId,
        officer::{ActingOfficer, stated_within},
        rights::{self, Denied},
    },
    store::{StoreError, Tx, audit, breaches, clients, officers},
    workflows::{context::Ctx, subject_requests::name_of},
};

/// Letters of one text of a breach.
const LETTERS_AT_MOST: usize = 8_000;
/// Breaches of each kind that are shown at once.
const SHOWN_AT_MOST: u32 = 200;

/// Why the register stays as it is.
#[derive(Debug, thiserror::Error)]
pub enum BreachError {
    /// No such breach.
    #[error("không có vi phạm này trong sổ")]
    Unknown,
    /// The right is not the officer's.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// It stands where the act has no sense.
    #[error("vi phạm đang ở trạng thái “{state}”, không thực hiện được việc này")]
    WrongState {
        /// The Vietnamese name of its state.
        state: &'static str,
    },
    /// Somebody else acted meanwhile.
    #[error("hồ sơ vi phạm vừa được người khác thay đổi: tải lại trang rồi làm lại")]
    Stale,
    /// Something has to be said.
    #[error("cần ghi: {what}, nhiều nhất {LETTERS_AT_MOST} ký tự")]
    Text {
        /// What.
        what: &'static str,
    },
    /// A late notice says why.
    #[error("thông báo sau hạn 72 giờ phải ghi lý do chậm (Luật 91/2025/QH15, Điều 23)")]
    NoLateReason,
    /// Instants that can't be.
    #[error("các thời điểm không khớp nhau: {what}")]
    Times {
        /// Which.
        what: &'static str,
    },
    /// No account or system of that id.
    #[error("không có tài khoản hoặc hệ thống này")]
    UnknownActor,
    /// The store failed.
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for BreachError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Stale => Self::Stale,
            other => Self::Store(other),
        }
    }
}

/// Writes a breach down; the clock runs from `detected_at`.
///
/// # Errors
/// [`BreachError`].
pub async fn open(
    ctx: &Ctx,
    by: &ActingOfficer,
    detected_at: Timestamp,
    facts: BreachFacts,
) -> Result<Breach, BreachError> {
    rights::may_keep_breaches(by)?;
    let now = ctx.clock.now();
    if detected_at > now {
        return Err(BreachError::Times { what: "phát hiện sau lúc này" });
    }
    let facts = checked(facts, now)?;
    text(&facts.nature, "tính chất vi phạm")?;
    let breach = Breach {
        id: BreachId::new(),
        detected_at,
        opened_at: now,
        opened_by: by.officer.id.clone(),
        state: BreachState::Open,
        notified_at: None,
        facts,
        version: 1,
    };
    let mut tx = ctx.db.write().await?;
    breaches::insert(&mut tx, &breach).await?;
    let detail = serde_json::json!({ "detected_at": detected_at, "due_at": breach.due_at() });
    trace(ctx, &mut tx, by, Action::OpenBreach, &breach.id, Some(detail)).await?;
    tx.commit().await?;
    Ok(breach)
}

/// The register: those first whose term ends first, then those that are closed.
///
/// # Errors
/// [`BreachError`].
pub async fn list(ctx: &Ctx, by: &ActingOfficer) -> Result<Vec<Breach>, BreachError> {
    rights::may_see_breaches(by)?;
    let mut tx = ctx.db.read().await?;
    Ok(breaches::list(&mut tx, SHOWN_AT_MOST).await?)
}

/// A breach with its history.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The breach.
    pub breach: Breach,
    /// What was done, with who did it.
    pub acts: Vec<(KeptAct<BreachAct>, String)>,
    /// Whether the officer may act on it.
    pub may_keep: bool,
}

/// One breach; looking at it is traced.
///
/// # Errors
/// [`BreachError`].
pub async fn see(ctx: &Ctx, by: &ActingOfficer, id: &BreachId) -> Result<Seen, BreachError> {
    rights::may_see_breaches(by)?;
    let mut tx = ctx.db.write().await?;
    let breach = breaches::get(&mut tx, id).await?.ok_or(BreachError::Unknown)?;
    let mut acts = Vec::new();
    for kept in breaches::acts(&mut tx, id).await? {
        let name = name_of(&mut tx, &kept.by).await?;
        acts.push((kept, name));
    }
    trace(ctx, &mut tx, by, Action::ViewBreach, id, None).await?;
    tx.commit().await?;
    Ok(Seen { breach, acts, may_keep: rights::may_keep_breaches(by).is_ok() })
}

/// Amends, tells, or dismisses a breach; `version` is the one that the officer saw, where he says so.
///
/// # Errors
/// [`BreachError`].
pub async fn act(
    ctx: &Ctx,
    by: &ActingOfficer,
    id: &BreachId,
    version: Option<u64>,
    act: BreachAct,
) -> Result<Breach, BreachError> {
    rights::may_keep_breaches(by)?;
    let now = ctx.clock.now();
    let mut tx = ctx.db.write().await?;
    let mut breach = breaches::get(&mut tx, id).await?.ok_or(BreachError::Unknown)?;
    if version.is_some_and(|version| version != breach.version) {
        return Err(BreachError::Stale);
    }
    let before = breach.state;
    breach.state = act.leads_to(before).ok_or(BreachError::WrongState { state: before.words() })?;
    let act = held(act, &breach, now)?;
    let action = match &act {
        BreachAct::Open { .. } => return Err(BreachError::WrongState { state: before.words() }),
        BreachAct::Amend { facts } => {
            breach.facts = facts.clone();
            Action::AmendBreach
        }
        BreachAct::Notify { sent_at, .. } => {
            breach.notified_at = Some(*sent_at);
            Action::NotifyBreach
        }
        BreachAct::Dismiss { .. } => Action::DismissBreach,
    };
    breach.version = breach.version.saturating_add(1);
    breaches::act(&mut tx, &breach, &by.officer.id, now, &act).await?;
    let is_late = breach.notified_at.map(|at| at >= breach.due_at());
    let detail = serde_json::json!({ "before": before, "after": breach.state, "is_late": is_late });
    trace(ctx, &mut tx, by, action, id, Some(detail)).await?;
    tx.commit().await?;
    Ok(breach)
}

/// The act with its texts trimmed, and nothing in it that can't be.
fn held(act: BreachAct, breach: &Breach, now: Timestamp) -> Result<BreachAct, BreachError> {
    Ok(match act {
        BreachAct::Amend { facts } | BreachAct::Open { facts } => {
            let facts = checked(facts, now)?;
            text(&facts.nature, "tính chất vi phạm")?;
            BreachAct::Amend { facts }
        }
        BreachAct::Notify { sent_at, to, number, late_reason } => {
            if sent_at > now || sent_at < breach.detected_at {
                return Err(BreachError::Times {
                    what: "thông báo gửi trước khi phát hiện, hoặc sau lúc này",
                });
            }
            let late_reason = late_reason.map(|reason| reason.trim().to_owned()).filter(|r| !r.is_empty());
            if sent_at >= due(breach.detected_at) && late_reason.is_none() {
                return Err(BreachError::NoLateReason);
            }
            if let Some(reason) = &late_reason {
                text(reason, "lý do chậm")?;
            }
            let (to, number) = (text(&to, "nơi nhận thông báo")?, text(&number, "số, ký hiệu văn bản")?);
            BreachAct::Notify { sent_at, to, number, late_reason }
        }
        BreachAct::Dismiss { reason } => BreachAct::Dismiss { reason: text(&reason, "lý do")? },
    })
}

fn checked(mut facts: BreachFacts, now: Timestamp) -> Result<BreachFacts, BreachError> {
    if facts.happened_from.is_some_and(|from| from > now) {
        return Err(BreachError::Times { what: "vi phạm bắt đầu sau lúc này" });
    }
    if let (Some(from), Some(until)) = (facts.happened_from, facts.happened_until)
        && until < from
    {
        return Err(BreachError::Times { what: "vi phạm kết thúc trước khi bắt đầu" });
    }
    for said in [
        &mut facts.nature,
        &mut facts.place,
        &mut facts.data_kinds,
        &mut facts.consequences,
        &mut facts.measures,
        &mut facts.responsible,
        &mut facts.contact,
        &mut facts.processors,
    ] {
        *said = said.trim().to_owned();
        if said.chars().count() > LETTERS_AT_MOST {
            return Err(BreachError::Text { what: "nội dung ngắn hơn" });
        }
    }
    Ok(facts)
}

/// Who may have read: opaque id and name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reader {
    /// Opaque id, as the trace has it.
    pub id: String,
    /// Name of the officer or system.
    pub name: String,
}

/// Accounts and systems whose readings can be counted.
///
/// # Errors
/// [`BreachError`].
pub async fn readers(ctx: &Ctx, by: &ActingOfficer) -> Result<Vec<Reader>, BreachError> {
    rights::may_keep_breaches(by)?;
    let mut tx = ctx.db.read().await?;
    let officers = officers::list(&mut tx).await?.into_iter();
    let officers = officers.map(|o| Reader { id: o.id.to_string(), name: o.full_name });
    let clients = clients::list(&mut tx).await?.into_iter();
    let clients = clients.map(|c| Reader { id: c.id.to_string(), name: format!("Hệ thống {}", c.name) });
    Ok(officers.chain(clients).collect())
}

/// How much `reader` read from `from` on and before `until`, by the trace; the counting is traced.
///
/// # Errors
/// [`BreachError`].
pub async fn exposure(
    ctx: &Ctx,
    by: &ActingOfficer,
    reader: &str,
    from: Timestamp,
    until: Timestamp,
) -> Result<Exposure, BreachError> {
    let readers = readers(ctx, by).await?;
    let reader = readers.iter().find(|known| known.id == reader).ok_or(BreachError::UnknownActor)?;
    if until <= from {
        return Err(BreachError::Times { what: "khoảng thời gian cần đếm" });
    }
    let found = {
        let mut tx = ctx.db.read().await?;
        audit::exposure(&mut tx, &reader.id, from, until).await?
    };
    let mut tx = ctx.db.write().await?;
    let event = AuditEvent {
        at: ctx.clock.now(),
        actor: Some(by.into()),
        action: Action::CountReadings,
        object: ("trace", reader.id.clone()),
        purpose: None,
        detail: Some(serde_json::json!({ "from": from, "until": until, "found": found })),
    };
    audit::append(&mut tx, &event).await?;
    tx.commit().await?;
    Ok(found)
}

/// Breaches whose term is over or nearly so, for who may see them; the longest over first.
///
/// # Errors
/// The store's.
pub async fn urgent(ctx: &Ctx, by: &ActingOfficer) -> Result<Vec<Breach>, StoreError> {
    if rights::may_see_breaches(by).is_err() {
        return Ok(Vec::new());
    }
    let now = ctx.clock.now();
    let mut tx = ctx.db.read().await?;
    let mut found = breaches::list(&mut tx, SHOWN_AT_MOST).await?;
    found.retain(|breach| breach.is_late(now) || breach.is_near(now));
    Ok(found)
}

fn text(said: &str, what: &'static str) -> Result<String, BreachError> {
    stated_within(said, LETTERS_AT_MOST).map(str::to_owned).ok_or(BreachError::Text { what })
}

async fn trace(
    ctx: &Ctx,
    tx: &mut Tx,
    by: &ActingOfficer,
    action: Action,
    id: &BreachId,
    detail: Option<serde_json::Value>,
) -> Result<(), StoreError> {
    let object = ("breach", id.to_string());
    let event =
        AuditEvent { at: ctx.clock.now(), actor: Some(by.into()), action, object, purpose: None, detail };
    audit::append(tx, &event).await.map(drop)
}
