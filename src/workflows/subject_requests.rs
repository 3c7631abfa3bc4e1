//! Requests of data subjects (Luật 91/2025/QH15; NĐ 356/2025/NĐ-CP): taken in at the desk, answered within two working
//! days by whoever answers for the unit, done or refused with a clause. Every act and every look is traced.

use jiff::{SignedDuration, Timestamp, civil::Date};

use crate::{
    clock::day_in_vietnam,
    domain::{
        acts::KeptAct,
        code::OwnerKey,
        event::{Action, AuditEvent},
        ids::{OwnerId, SubjectRequestId},
        officer::{ActingOfficer, stated_within},
        rights::{self, Denied},
        subject_request::{CameBy, RequestAct, RequestKind, RequestState, SubjectRequest},
    },
    store::{
        StoreError, Tx, accounts, audit, officers, owners,
        subject_requests::{self, Of, RequestCounts},
    },
    workflows::{
        access::AccessError,
        context::Ctx,
        owners::OwnerError,
        retention::{self, Cleared, RetentionError},
    },
};

/// Letters of one text of a request.
const LETTERS_AT_MOST: usize = 4_000;
/// Requests of each state that are shown at once.
const SHOWN_AT_MOST: u32 = 200;
/// What is left of the term when it is said that it ends soon.
const NEAR: SignedDuration = SignedDuration::from_hours(24);

/// Why the register stays as it is.
#[derive(Debug, thiserror::Error)]
pub enum SubjectRequestError {
    /// No such request or person, or not for whoever asks.
    #[error("không có yêu cầu này")]
    Unknown,
    /// The right is not the officer's.
    #[error(transparent)]
    Denied(Denied),
    /// It stands where the act has no sense.
    #[error("yêu cầu đang ở trạng thái “{state}”, không thực hiện được việc này")]
    WrongState {
        /// The Vietnamese name of its state.
        state: &'static str,
    },
    /// Somebody else acted meanwhile.
    #[error("yêu cầu vừa được người khác xử lý: tải lại trang rồi làm lại")]
    Stale,
    /// Something has to be said.
    #[error("cần ghi: {what}, nhiều nhất {LETTERS_AT_MOST} ký tự")]
    Text {
        /// What.
        what: &'static str,
    },
    /// It can't have come later than now.
    #[error("thời điểm nhận yêu cầu không thể sau lúc này")]
    Future,
    /// Nothing that the program can do by itself.
    #[error(
        "yêu cầu loại này do công chức thực hiện rồi ghi lại; chỉ yêu cầu xóa, hạn chế, phản đối hoặc rút đồng ý thực hiện được ngay tại đây"
    )]
    NotOne,
    /// Nobody knows whose data.
    #[error(
        "yêu cầu chưa gắn với chủ dữ liệu nào trong kho: tra cứu người đó rồi ghi nhận lại, hoặc từ chối"
    )]
    NobodyKnown,
    /// Nothing may be taken out.
    #[error(
        "không gỡ được giấy tờ nào: giấy tờ đang được giữ theo yêu cầu pháp lý, do đơn vị khác quản lý, hoặc kho không có; nếu có căn cứ thì từ chối yêu cầu"
    )]
    AllHeld,
    /// A document could not be taken out.
    #[error(transparent)]
    Retention(RetentionError),
    /// The owner could not be restricted.
    #[error(transparent)]
    Owner(OwnerError),
    /// Nobody is promised what is over already.
    #[error("ngày hẹn thực hiện không thể trước hôm nay")]
    Past,
    /// The store failed.
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for SubjectRequestError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Stale => Self::Stale,
            other => Self::Store(other),
        }
    }
}

impl From<Denied> for SubjectRequestError {
    fn from(denied: Denied) -> Self {
        match AccessError::from(denied) {
            AccessError::NotFound => Self::Unknown,
            AccessError::Denied(denied) => Self::Denied(denied),
            AccessError::Store(error) => error.into(),
        }
    }
}

/// A request as it is taken in.
#[derive(Debug, Clone)]
pub struct TakenIn {
    /// The right that is used.
    pub kind: RequestKind,
    /// How it came.
    pub came_by: CameBy,
    /// When; now where nothing is said.
    pub came_at: Option<Timestamp>,
    /// Whose data, where he was looked up before.
    pub owner: Option<OwnerId>,
    /// Who asks: a number, a name, and who speaks for him.
    pub asker: String,
    /// What is asked.
    pub asked: String,
}

/// Takes a request in. An asker keyed by a number that the store knows is linked to his store.
///
/// # Errors
/// [`SubjectRequestError`].
pub async fn take_in(
    ctx: &Ctx,
    by: &ActingOfficer,
    taken_in: TakenIn,
) -> Result<SubjectRequest, SubjectRequestError> {
    rights::may_take_in_request(by)?;
    let now = ctx.clock.now();
    let came_at = taken_in.came_at.unwrap_or(now);
    if came_at > now {
        return Err(SubjectRequestError::Future);
    }
    let asked = text(&taken_in.asked, "nội dung yêu cầu")?;
    let asker = match (taken_in.asker.trim(), &taken_in.owner) {
        ("", Some(_)) => String::new(),
        (asker, _) => text(asker, "người yêu cầu")?,
    };
    let mut tx = ctx.db.write().await?;
    let owner = match taken_in.owner {
        Some(owner) => {
            let held = owners::hold(&mut tx, &owner).await;
            Some(held.map_err(|error| match error {
                StoreError::Missing { .. } => SubjectRequestError::Unknown,
                other => other.into(),
            })?)
        }
        None => match OwnerKey::parse(&asker) {
            Ok(OwnerKey::Numbered { number }) => owners::find(&mut tx, &number).await?,
            // A name leads to candidates, among whom a person chooses.
            _ => None,
        },
    };
    let request = SubjectRequest {
        id: SubjectRequestId::new(),
        unit: by.unit.clone(),
        kind: taken_in.kind,
        came_by: taken_in.came_by,
        came_at,
        taken_in_at: now,
        taken_in_by: by.officer.id.clone(),
        owner,
        asker,
        asked,
        due_at: SubjectRequest::due(came_at, &ctx.rules.calendar),
        state: RequestState::Waiting,
        answered_at: None,
        do_by: None,
        version: 1,
    };
    subject_requests::insert(&mut tx, &request).await?;
    let detail =
        serde_json::json!({ "kind": request.kind, "due_at": request.due_at, "owner": request.owner });
    trace(ctx, &mut tx, by, Action::TakeInRequest, &request.id, Some(detail)).await?;
    tx.commit().await?;
    Ok(request)
}

/// The register as it is for an officer.
#[derive(Debug, Clone)]
pub struct Register {
    /// Not answered, those whose term ends first.
    pub waiting: Vec<SubjectRequest>,
    /// Answered, and to be done.
    pub answered: Vec<SubjectRequest>,
    /// Closed, the newest first.
    pub closed: Vec<SubjectRequest>,
    /// Holidays that the configuration lacks, by year: terms may be told too short there.
    pub unknown_days: Vec<(i16, Vec<&'static str>)>,
}

/// The register, of the officer's unit or, for who audits, of all units. Nothing in it says who asked.
///
/// # Errors
/// [`SubjectRequestError`].
pub async fn list(ctx: &Ctx, by: &ActingOfficer) -> Result<Register, SubjectRequestError> {
    rights::may_list_requests(by)?;
    let of = of(by);
    let mut tx = ctx.db.read().await?;
    let waiting = subject_requests::in_state(&mut tx, of, RequestState::Waiting, SHOWN_AT_MOST).await?;
    let answered = subject_requests::in_state(&mut tx, of, RequestState::Answered, SHOWN_AT_MOST).await?;
    let mut closed = Vec::new();
    for state in RequestState::ALL.into_iter().filter(|state| !state.is_open()) {
        closed.extend(subject_requests::in_state(&mut tx, of, state, SHOWN_AT_MOST).await?);
    }
    closed.sort_by_key(|request| std::cmp::Reverse(request.came_at));
    closed.truncate(SHOWN_AT_MOST as usize);
    Ok(Register { waiting, answered, closed, unknown_days: unknown_days(ctx) })
}

fn of(by: &ActingOfficer) -> Of<'_> {
    if rights::may_see_all_requests(by).is_ok() { Of::All } else { Of::Unit(by.unit.as_ref()) }
}

/// Of this year, and of the next once a term may end there.
fn unknown_days(ctx: &Ctx) -> Vec<(i16, Vec<&'static str>)> {
    let today = day_in_vietnam(ctx.clock.now());
    let soon = today.saturating_add(jiff::Span::new().days(14));
    let years = if soon.year() > today.year() { vec![today.year(), soon.year()] } else { vec![today.year()] };
    let unknown = |year| (year, ctx.rules.calendar.unknown(year));
    years.into_iter().map(unknown).filter(|(_, names)| !names.is_empty()).collect()
}

/// A request with its history.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The request.
    pub request: SubjectRequest,
    /// By whom it was taken in.
    pub taken_in_by: String,
    /// Name of the unit.
    pub unit: Option<String>,
    /// How the person is known whose data it is about, where the store knows him.
    pub owner: Option<OwnerKey>,
    /// What was done, with who did it.
    pub acts: Vec<(KeptAct<RequestAct>, String)>,
    /// Whether the officer may act on it.
    pub may_decide: bool,
}

/// One request; looking at it is traced.
///
/// # Errors
/// [`SubjectRequestError`].
pub async fn see(ctx: &Ctx, by: &ActingOfficer, id: &SubjectRequestId) -> Result<Seen, SubjectRequestError> {
    let mut tx = ctx.db.write().await?;
    let request = request_for(&mut tx, by, id, rights::may_see_request).await?;
    let mut acts = Vec::new();
    for kept in subject_requests::acts(&mut tx, id).await? {
        let name = name_of(&mut tx, &kept.by).await?;
        acts.push((kept, name));
    }
    let unit = match &request.unit {
        Some(unit) => accounts::unit(&mut tx, unit).await?.map(|unit| unit.name),
        None => None,
    };
    let owner = match &request.owner {
        Some(owner) => owners::keys_of(&mut tx, owner).await?.into_iter().next(),
        None => None,
    };
    let seen = Seen {
        taken_in_by: name_of(&mut tx, &request.taken_in_by).await?,
        may_decide: rights::may_decide_request(by, request.unit.as_ref()).is_ok(),
        request,
        unit,
        owner,
        acts,
    };
    trace(ctx, &mut tx, by, Action::ViewRequest, id, None).await?;
    tx.commit().await?;
    Ok(seen)
}

/// Answers, does, refuses or closes a request; `version` is the one that the officer saw, where he says so.
///
/// # Errors
/// [`SubjectRequestError`].
pub async fn act(
    ctx: &Ctx,
    by: &ActingOfficer,
    id: &SubjectRequestId,
    version: Option<u64>,
    act: RequestAct,
) -> Result<SubjectRequest, SubjectRequestError> {
    let mut tx = ctx.db.write().await?;
    let request = request_for(&mut tx, by, id, rights::may_decide_request).await?;
    if version.is_some_and(|version| version != request.version) {
        return Err(SubjectRequestError::Stale);
    }
    let request = acted(ctx, &mut tx, by, request, act).await?;
    tx.commit().await?;
    Ok(request)
}

async fn acted(
    ctx: &Ctx,
    tx: &mut Tx,
    by: &ActingOfficer,
    mut request: SubjectRequest,
    act: RequestAct,
) -> Result<SubjectRequest, SubjectRequestError> {
    let now = ctx.clock.now();
    let before = request.state;
    request.state = act.leads_to(before).ok_or(SubjectRequestError::WrongState { state: before.words() })?;
    for (what, said) in act.texts() {
        text(said, what)?;
    }
    if let RequestAct::Answer { do_by, .. } = &act {
        if do_by.is_some_and(|day| day < day_in_vietnam(now)) {
            return Err(SubjectRequestError::Past);
        }
        request.do_by = *do_by;
    }
    // Whatever is done first is the answer; taking a request back needs none.
    if !matches!(act, RequestAct::Withdraw { .. }) {
        request.answered_at = request.answered_at.or(Some(now));
    }
    request.version = request.version.saturating_add(1);
    subject_requests::act(tx, &request, &by.officer.id, now, &act).await?;
    let action = match &act {
        RequestAct::Answer { .. } => Action::AnswerRequest,
        RequestAct::Fulfil { .. } => Action::FulfilRequest,
        RequestAct::Refuse { .. } => Action::RefuseRequest,
        RequestAct::Withdraw { .. } => Action::WithdrawRequest,
    };
    let detail = serde_json::json!({ "before": before, "after": request.state,
                                     "is_late": request.was_answered_late() });
    trace(ctx, tx, by, action, &request.id, Some(detail)).await?;
    Ok(request)
}

/// Does what was asked in one act and writes it down: takes the person's documents out of the store, where they are kept
/// until their terms are over, or stops the use of his data.
///
/// # Errors
/// [`SubjectRequestError`]; nothing has changed then.
pub async fn carry_out(
    ctx: &Ctx,
    by: &ActingOfficer,
    id: &SubjectRequestId,
    version: Option<u64>,
) -> Result<SubjectRequest, SubjectRequestError> {
    let mut tx = ctx.db.write().await?;
    let request = request_for(&mut tx, by, id, rights::may_decide_request).await?;
    if version.is_some_and(|version| version != request.version) {
        return Err(SubjectRequestError::Stale);
    }
    if !request.state.is_open() {
        return Err(SubjectRequestError::WrongState { state: request.state.words() });
    }
    let owner = request.owner.clone().ok_or(SubjectRequestError::NobodyKnown)?;
    let reason = format!("Thực hiện yêu cầu “{}” của chủ thể dữ liệu.", request.kind.words());
    let done = match request.kind {
        RequestKind::Erase => {
            let owner = owners::hold(&mut tx, &owner).await?;
            let cleared = retention::clear(ctx, &mut tx, by, &owner, &reason).await;
            told(cleared.map_err(SubjectRequestError::Retention)?)?
        }
        RequestKind::Restrict | RequestKind::Object | RequestKind::WithdrawConsent => {
            let restricted = retention::restricted(ctx, &mut tx, by, &owner, true, &reason).await;
            restricted.map_err(SubjectRequestError::Owner)?;
            "Đã hạn chế xử lý: dữ liệu không còn được chia sẻ và sử dụng lại ngoài đơn vị quản lý.".to_owned()
        }
        _ => return Err(SubjectRequestError::NotOne),
    };
    let request = acted(ctx, &mut tx, by, request, RequestAct::Fulfil { done }).await?;
    tx.commit().await?;
    Ok(request)
}

fn told(cleared: Cleared) -> Result<String, SubjectRequestError> {
    let Cleared { n_removed, n_held, n_foreign, n_kept } = cleared;
    if n_removed == 0 {
        return Err(SubjectRequestError::AllHeld);
    }
    let mut told = format!("Đã gỡ {n_removed} giấy tờ khỏi kho của người yêu cầu.");
    if n_kept > 0 {
        told += &format!(
            " {n_kept} giấy tờ còn được lưu trữ theo pháp luật về lưu trữ cho đến hết thời hạn, không còn hiển thị và sử dụng."
        );
    }
    if n_held > 0 {
        told += &format!(" {n_held} giấy tờ đang được giữ theo yêu cầu pháp lý nên chưa gỡ.");
    }
    if n_foreign > 0 {
        told += &format!(" {n_foreign} giấy tờ do đơn vị khác quản lý: đơn vị đó quyết định.");
    }
    Ok(told)
}

/// Requests that are late or nearly so, for who has to answer them.
#[derive(Debug, Clone, Default)]
pub struct Urgent {
    /// Not answered in time; the longest late first.
    pub late: Vec<SubjectRequest>,
    /// The term ends within a day.
    pub near: Vec<SubjectRequest>,
    /// Answered, and not done by the day that was promised.
    pub overdue: Vec<SubjectRequest>,
}

/// Requests that the officer has to answer or do soon, or should have.
///
/// # Errors
/// The store's.
pub async fn urgent(ctx: &Ctx, by: &ActingOfficer) -> Result<Urgent, StoreError> {
    if rights::may_decide_request(by, by.unit.as_ref()).is_err() {
        return Ok(Urgent::default());
    }
    let now = ctx.clock.now();
    let today: Date = day_in_vietnam(now);
    let of = Of::Unit(by.unit.as_ref());
    let mut tx = ctx.db.read().await?;
    let waiting = subject_requests::in_state(&mut tx, of, RequestState::Waiting, SHOWN_AT_MOST).await?;
    let answered = subject_requests::in_state(&mut tx, of, RequestState::Answered, SHOWN_AT_MOST).await?;
    let (late, waiting): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|request| request.is_late(now));
    let near = waiting.into_iter().filter(|request| request.due_at.duration_since(now) <= NEAR).collect();
    let overdue = answered.into_iter().filter(|request| request.is_overdue(today)).collect();
    Ok(Urgent { late, near, overdue })
}

/// How many requests of the installation wait, and how many are late; no personal data.
///
/// # Errors
/// The store's.
pub(super) async fn counts(tx: &mut Tx, now: Timestamp) -> Result<RequestCounts, StoreError> {
    subject_requests::counts(tx, now, day_in_vietnam(now)).await
}

type Right = fn(&ActingOfficer, Option<&crate::domain::ids::UnitId>) -> Result<(), Denied>;

/// Of what is not there, the answer is that of another unit's.
async fn request_for(
    tx: &mut Tx,
    by: &ActingOfficer,
    id: &SubjectRequestId,
    may: Right,
) -> Result<SubjectRequest, SubjectRequestError> {
    let Some(request) = subject_requests::get(tx, id).await? else {
        may(by, by.unit.as_ref())?;
        return Err(SubjectRequestError::Unknown);
    };
    may(by, request.unit.as_ref())?;
    Ok(request)
}

fn text(said: &str, what: &'static str) -> Result<String, SubjectRequestError> {
    stated_within(said, LETTERS_AT_MOST).map(str::to_owned).ok_or(SubjectRequestError::Text { what })
}

/// The name of an officer, for who may see the register.
pub(super) async fn name_of(
    tx: &mut Tx,
    officer: &crate::domain::ids::OfficerId,
) -> Result<String, StoreError> {
    Ok(officers::get(tx, officer).await?.map_or_else(|| officer.to_string(), |officer| officer.full_name))
}

async fn trace(
    ctx: &Ctx,
    tx: &mut Tx,
    by: &ActingOfficer,
    action: Action,
    id: &SubjectRequestId,
    detail: Option<serde_json::Value>,
) -> Result<(), StoreError> {
    let object = ("request", id.to_string());
    let event =
        AuditEvent { at: ctx.clock.now(), actor: Some(by.into()), action, object, purpose: None, detail };
    audit::append(tx, &event).await.map(drop)
}
