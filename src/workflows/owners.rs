//! Owners of papers: what is known of them, what is odd about it, and saying more. Every look and every act is traced.

use jiff::{Timestamp, civil::Date};

use crate::{
    clock::day_in_vietnam,
    domain::{
        acts::KeptAct,
        child,
        code::OwnerKey,
        dossier::{Paper, PaperState},
        event::{Action, AuditEvent, Change},
        ids::{IdFinding, OwnerId, OwnerNumber},
        officer::{ActingOfficer, Actor, stated_within},
        owner::{self, MergeQuestion, OwnerAct, Profile, ReasonedAct, Sex},
        rights::{self, Denied},
    },
    store::{
        StoreError, Tx, audit, guardians, owner_acts,
        owners::{self, Identifier},
        record_acts, records,
    },
    workflows::{
        access::{self, AccessError},
        browse::{self, Purpose},
        context::Ctx,
        guardians::Relation,
        subject_requests::name_of,
    },
};

/// Letters of a reason, at most.
const MOST_LETTERS: usize = 1_000;
/// Names of one owner, at most.
const MOST_NAMES: usize = 20;

/// Why nothing was shown or done.
#[derive(Debug, thiserror::Error)]
pub enum OwnerError {
    /// No such owner, document, act or relation, or not for whoever asks.
    #[error("không tìm thấy")]
    NotFound,
    /// An act without a reason, or with a whole letter.
    #[error("cần ghi lý do, nhiều nhất {MOST_LETTERS} ký tự")]
    NoReason,
    /// Both ids lead to the same owner.
    #[error("hai mã này là cùng một chủ giấy tờ")]
    Same,
    /// A person and an organisation are never one.
    #[error("một bên là cá nhân, một bên là tổ chức: không gộp được")]
    Kinds,
    /// One acts for the other.
    #[error("một bên là người giám hộ của bên kia: không gộp được")]
    Related,
    /// Only a person may say that this is right.
    #[error("cần xác nhận rõ trước khi làm: {}", listed(.0))]
    Ask(Vec<MergeQuestion>),
    /// The number is somebody else's.
    #[error(
        "số định danh này đang thuộc một chủ giấy tờ khác trong kho: xem hai bên rồi quyết định có gộp hay không"
    )]
    NumberTaken {
        /// Whose, opaque.
        owner: OwnerId,
    },
    /// He is known by that already, or what was said changes nothing.
    #[error("thông tin này đã có: không có gì thay đổi")]
    NothingNew,
    /// A name can't be added as a number.
    #[error("cần một số định danh: tên ghi ở phần thông tin của chủ giấy tờ")]
    NotANumber,
    /// More names than anybody has.
    #[error("nhiều nhất {MOST_NAMES} tên")]
    Names,
    /// A split that leaves one of the two without papers and numbers, or takes what is not there.
    #[error(
        "chọn số định danh hoặc giấy tờ chuyển sang chủ mới; mỗi bên phải còn ít nhất một số định danh hoặc tên"
    )]
    Parts,
    /// The act was taken back, or can't be.
    #[error("việc này không hoàn tác được hoặc đã hoàn tác")]
    NotUndoable,
    /// Something would be lost.
    #[error("không hoàn tác được vì từ đó đến nay đã có thay đổi về: {}", .0.join(", "))]
    Changed(Vec<&'static str>),
    /// The owner was merged into another since.
    #[error("chủ giấy tờ này đã được gộp tiếp vào chủ khác: hoàn tác lần gộp đó trước")]
    MergedSince,
    /// Nobody knows until when somebody acts for him.
    #[error("cần ghi ngày sinh của trẻ trước khi ghi người giám hộ")]
    NoBirthDate,
    /// The child is 14.
    #[error("người này đã đủ 14 tuổi: không ghi người giám hộ")]
    NotAChild,
    /// A guardian is known by a number, and is no child himself.
    #[error("người giám hộ phải có số định danh, khác với trẻ và không dưới 14 tuổi")]
    Guardian,
    /// It ends before it begins.
    #[error("thời hạn giám hộ không đúng: ngày bắt đầu phải trước ngày kết thúc và trước khi trẻ đủ 14 tuổi")]
    Period,
    /// He acts for the child already.
    #[error("quan hệ giám hộ này đã ghi và còn hiệu lực")]
    AlreadyGuardian,
    /// The right is not theirs.
    #[error(transparent)]
    Denied(Denied),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn listed(questions: &[MergeQuestion]) -> String {
    questions.iter().map(|question| question.words()).collect::<Vec<_>>().join("; ")
}

impl From<AccessError> for OwnerError {
    fn from(error: AccessError) -> Self {
        match error {
            AccessError::NotFound => Self::NotFound,
            AccessError::Denied(denied) => Self::Denied(denied),
            AccessError::Store(error) => error.into(),
        }
    }
}

impl From<Denied> for OwnerError {
    fn from(denied: Denied) -> Self {
        AccessError::from(denied).into()
    }
}

/// What is known of an owner.
#[derive(Debug, Clone)]
pub struct SeenOwner {
    /// His id today: ids of those who were found to be him lead here.
    pub id: OwnerId,
    /// `person` or `organisation`.
    pub kind: String,
    /// Numbers and names, oldest first.
    pub identifiers: Vec<Identifier>,
    /// What officers said of him; empty where that is closed.
    pub profile: Profile,
    /// What is odd.
    pub findings: Vec<IdFinding>,
    /// Who acts or acted for him.
    pub guardians: Vec<Relation>,
    /// For whom he acts or acted.
    pub wards: Vec<Relation>,
    /// Since when his data may not be used.
    pub restricted_at: Option<Timestamp>,
    /// Owners who were found to be him.
    pub merged: Vec<OwnerId>,
    /// A child's, and closed to whoever asks: no names, no birth date, no relations.
    pub is_closed: bool,
}

impl SeenOwner {
    /// The keys alone.
    pub fn keys(&self) -> Vec<OwnerKey> {
        self.identifiers.iter().map(|identifier| identifier.key.clone()).collect()
    }
}

/// What is known of an owner, by his id or that of somebody who was found to be him; traced.
///
/// # Errors
/// [`OwnerError`].
pub async fn see(ctx: &Ctx, by: &Actor, id: &OwnerId, purpose: &Purpose) -> Result<SeenOwner, OwnerError> {
    rights::may_read_store(by)?;
    let seen = seen(ctx, &mut ctx.db.read().await?, by, id).await?;
    browse::trace(ctx, by, Action::ViewOwner, ("owner", seen.id.to_string()), purpose).await?;
    Ok(seen)
}

async fn seen(ctx: &Ctx, tx: &mut Tx, by: &Actor, id: &OwnerId) -> Result<SeenOwner, OwnerError> {
    let now = ctx.clock.now();
    let today = day_in_vietnam(now);
    let id = owners::current(tx, id).await?.ok_or(OwnerError::NotFound)?;
    let identifiers = owners::identifiers(tx, &id).await?;
    let keys: Vec<OwnerKey> = identifiers.iter().map(|identifier| identifier.key.clone()).collect();
    let profile = owners::profile(tx, &id).await?;
    let known = profile.clone().with_keys(&keys);
    let findings = owner::findings(&keys, &known, today);
    let is_closed = is_child(&keys, &known, today) && !reads_any(tx, by, &id, now).await?;
    let merged = owners::all_of(tx, &id).await?.into_iter().skip(1).collect();
    let kind = owners::kind_of(tx, &id).await?;
    let restricted_at = record_acts::restricted(tx, &id).await?;
    let mut seen = SeenOwner {
        id,
        kind,
        identifiers,
        profile,
        findings,
        guardians: Vec::new(),
        wards: Vec::new(),
        restricted_at,
        merged,
        is_closed,
    };
    if is_closed {
        seen.identifiers.retain(|identifier| identifier.key.number().is_some());
        (seen.profile, seen.findings) = (Profile::default(), Vec::new());
    } else if matches!(by, Actor::Officer(_)) {
        for relation in guardians::of_child(tx, &seen.id).await? {
            seen.guardians.push(Relation::of(tx, relation.guardian.clone(), relation, today).await?);
        }
        for relation in guardians::of_guardian(tx, &seen.id).await? {
            seen.wards.push(Relation::of(tx, relation.child.clone(), relation, today).await?);
        }
    }
    Ok(seen)
}

/// Under 16 by what is known: of a year alone, who might be a child is one.
fn is_child(keys: &[OwnerKey], known: &Profile, today: Date) -> bool {
    let of_number = keys.iter().filter_map(OwnerKey::number).find_map(|number| match number {
        OwnerNumber::Person(id) => Some(id),
        _ => None,
    });
    child::is_known_child(known.born, of_number, today).unwrap_or(false)
}

/// Whether `by` may read a document of the owner, or there is none yet.
async fn reads_any(tx: &mut Tx, by: &Actor, id: &OwnerId, now: Timestamp) -> Result<bool, OwnerError> {
    let ids = records::ids_of_owner(tx, id).await?;
    for id in &ids {
        let Some(record) = records::get(tx, id).await? else { continue };
        match access::read_record(tx, by, &record, now).await {
            Ok(()) => return Ok(true),
            Err(AccessError::NotFound) => {}
            Err(other) => return Err(other.into()),
        }
    }
    Ok(ids.is_empty() && matches!(by, Actor::Officer(_)))
}

/// What is odd about a number as somebody keyed it, before anything is looked up: tells nothing of the store.
///
/// # Errors
/// [`OwnerError::Denied`].
pub fn check(
    ctx: &Ctx,
    by: &ActingOfficer,
    text: &str,
    profile: &Profile,
) -> Result<(Option<OwnerKey>, Vec<IdFinding>), OwnerError> {
    rights::may_receive(by)?;
    Ok(owner::check(text, profile, day_in_vietnam(ctx.clock.now())))
}

/// Whose paper one on its way seems to be.
#[derive(Debug, Clone)]
pub struct PaperOwner {
    /// Who the store knows by that number.
    pub known: Option<OwnerId>,
    /// All keys of his; the one that was read or declared alone, where the store knows nobody.
    pub keys: Vec<OwnerKey>,
    /// What is odd.
    pub findings: Vec<IdFinding>,
}

/// Whose paper one on its way seems to be, as it was confirmed, read or declared, with what is odd: for who sees it.
///
/// # Errors
/// [`StoreError`].
pub async fn of_paper(ctx: &Ctx, paper: &Paper) -> Result<Option<PaperOwner>, StoreError> {
    let declared = || paper.declared_owner.clone().map(|number| OwnerKey::Numbered { number });
    let mut read = Profile::default();
    let key = match &paper.state {
        PaperState::ToConfirm { proposed, .. } => {
            let other = |name: &str| proposed.other.get(name).and_then(|field| field.value.as_deref());
            read.born = other("holder_birth_date").and_then(|day| day.parse().ok());
            read.sex = other("holder_gender").and_then(Sex::parse);
            proposed.owner().or_else(declared)
        }
        PaperState::ToSign { confirmed }
        | PaperState::Signing { confirmed, .. }
        | PaperState::ToCode { confirmed } => {
            let other = |name: &str| confirmed.fields.other.get(name);
            read.born = other("holder_birth_date").and_then(|day| day.parse().ok());
            read.sex = other("holder_gender").and_then(|sex| Sex::parse(sex));
            Some(confirmed.fields.owner.clone())
        }
        PaperState::Received | PaperState::Checking | PaperState::Reading { .. } => declared(),
        _ => None,
    };
    let mut tx = ctx.db.read().await?;
    let stored = match &paper.state {
        PaperState::Stored { record } => records::get(&mut tx, record).await?,
        _ => None,
    };
    let key = key.or_else(|| stored.as_ref().map(|record| record.fields.owner.clone()));
    let Some(key) = key else { return Ok(None) };
    let known = match (&stored, key.number()) {
        (Some(record), _) => Some(record.owner.clone()),
        (None, Some(number)) => owners::find(&mut tx, number).await?,
        (None, None) => None,
    };
    let keys = match &known {
        Some(owner) => owners::keys_of(&mut tx, owner).await?,
        None => vec![key.clone()],
    };
    let profile = read.with_keys(&keys);
    let findings = owner::findings(&keys, &profile, day_in_vietnam(ctx.clock.now()));
    Ok(Some(PaperOwner { known, keys, findings }))
}

/// An officer says what is known of an owner: names that lead to him from now on, birth date, sex.
///
/// # Errors
/// [`OwnerError`]; nothing has changed then.
pub async fn describe(
    ctx: &Ctx,
    by: &ActingOfficer,
    id: &OwnerId,
    profile: Profile,
    reason: &str,
) -> Result<OwnerId, OwnerError> {
    rights::may_describe_owner(by)?;
    let reason = said(reason)?;
    if profile.names.len() > MOST_NAMES {
        return Err(OwnerError::Names);
    }
    let now = ctx.clock.now();
    let mut tx = ctx.db.write().await?;
    let id = held(&mut tx, id).await?;
    let before = owner_acts::standing(&mut tx, &id).await?;
    if before.profile == profile {
        return Err(OwnerError::NothingNew);
    }
    owners::describe(&mut tx, &id, &profile).await?;
    let known = owners::keys_of(&mut tx, &id).await?;
    for key in profile.keys().iter().filter(|key| !known.contains(key)) {
        owners::add_identifier(&mut tx, &id, key, now).await?;
    }
    let after = owner_acts::standing(&mut tx, &id).await?;
    let change = Change::of(&before.profile, &after.profile);
    let act = ReasonedAct { act: OwnerAct::Describe { before, after }, reason };
    keep(ctx, &mut tx, by, &id, &act, Action::DescribeOwner, &change).await?;
    tx.commit().await?;
    Ok(id)
}

/// An officer adds a number to an owner: a new one beside an old one, a passport, the other writing of an agency.
///
/// # Errors
/// [`OwnerError`]; nothing has changed then.
pub async fn add_number(
    ctx: &Ctx,
    by: &ActingOfficer,
    id: &OwnerId,
    key: &OwnerKey,
    accepted: &[MergeQuestion],
    reason: &str,
) -> Result<OwnerId, OwnerError> {
    rights::may_describe_owner(by)?;
    let reason = said(reason)?;
    let number = key.number().ok_or(OwnerError::NotANumber)?;
    let now = ctx.clock.now();
    let mut tx = ctx.db.write().await?;
    let id = held(&mut tx, id).await?;
    match owners::find(&mut tx, number).await? {
        Some(owner) if owner == id => return Err(OwnerError::NothingNew),
        Some(owner) => return Err(OwnerError::NumberTaken { owner }),
        None => {}
    }
    let keys = owners::keys_of(&mut tx, &id).await?;
    let profile = owners::profile(&mut tx, &id).await?;
    let asked = owner::merge_questions((&keys, &profile), (std::slice::from_ref(key), &Profile::default()));
    answered(asked, accepted)?;
    if owners::nature(key) != owners::kind_of(&mut tx, &id).await? {
        return Err(OwnerError::Kinds);
    }
    let before = owner_acts::standing(&mut tx, &id).await?;
    if !owners::add_identifier(&mut tx, &id, key, now).await? {
        return Err(StoreError::Busy.into());
    }
    let after = owner_acts::standing(&mut tx, &id).await?;
    let change = Change::of(&None::<String>, &serde_json::json!({ "number": number.as_str() }));
    let act = ReasonedAct { act: OwnerAct::AddNumber { before, after }, reason };
    keep(ctx, &mut tx, by, &id, &act, Action::AddOwnerNumber, &change).await?;
    tx.commit().await?;
    Ok(id)
}

/// The owner of today, held.
pub(super) async fn held(tx: &mut Tx, id: &OwnerId) -> Result<OwnerId, OwnerError> {
    match owners::hold(tx, id).await {
        Err(StoreError::Missing { .. }) => Err(OwnerError::NotFound),
        held => Ok(held?),
    }
}

pub(super) fn answered(asked: Vec<MergeQuestion>, accepted: &[MergeQuestion]) -> Result<(), OwnerError> {
    let open: Vec<MergeQuestion> =
        asked.into_iter().filter(|question| !accepted.contains(question)).collect();
    if open.is_empty() { Ok(()) } else { Err(OwnerError::Ask(open)) }
}

pub(super) fn said(reason: &str) -> Result<String, OwnerError> {
    stated_within(reason, MOST_LETTERS).map(str::to_owned).ok_or(OwnerError::NoReason)
}

/// Appends an act to the history and to the trace; gives its number.
pub(super) async fn keep(
    ctx: &Ctx,
    tx: &mut Tx,
    by: &ActingOfficer,
    owner: &OwnerId,
    act: &ReasonedAct,
    action: Action,
    change: &Change,
) -> Result<u64, StoreError> {
    let now = ctx.clock.now();
    let no = owner_acts::append(tx, owner, &by.officer.id, now, act).await?;
    let event = AuditEvent {
        at: now,
        actor: Some(by.into()),
        action,
        object: ("owner", owner.to_string()),
        purpose: Some(act.reason.clone()),
        detail: Some(serde_json::json!({ "act": no, "other": act.act.other() })),
    };
    audit::append_change(tx, &event, change).await?;
    Ok(no)
}

/// An act of the history of an owner.
#[derive(Debug, Clone)]
pub struct PastAct {
    /// In whose history it stands: also of owners who were found to be this one.
    pub owner: OwnerId,
    /// The act.
    pub kept: KeptAct<ReasonedAct>,
    /// The officer's name.
    pub by: String,
    /// Whether it may be taken back now; with what changed since where it may not.
    pub undo: Undo,
}

/// Whether an act may be taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Undo {
    /// It may.
    May,
    /// It may not: what changed since.
    Changed(Vec<&'static str>),
    /// It was, or never could be.
    Never,
}

/// What was done about an owner and those who were found to be him, oldest first; traced.
///
/// # Errors
/// [`OwnerError`].
pub async fn history(
    ctx: &Ctx,
    by: &ActingOfficer,
    id: &OwnerId,
    purpose: &Purpose,
) -> Result<(OwnerId, Vec<PastAct>), OwnerError> {
    let seen = see(ctx, &by.into(), id, purpose).await?;
    if seen.is_closed {
        return Err(OwnerError::NotFound);
    }
    let mut tx = ctx.db.read().await?;
    let mut past = Vec::new();
    for owner in owners::all_of(&mut tx, &seen.id).await? {
        let acts = owner_acts::of(&mut tx, &owner).await?;
        let undone: Vec<u64> = acts
            .iter()
            .filter_map(|kept| match kept.act.act {
                OwnerAct::Undo { no } => Some(no),
                _ => None,
            })
            .collect();
        let standing = owner_acts::standing(&mut tx, &owner).await?;
        for kept in acts {
            let undo = match kept.act.act.standings() {
                None => Undo::Never,
                Some(_) if undone.contains(&kept.no) => Undo::Never,
                Some(_) if owner != seen.id => Undo::Changed(vec!["đã gộp vào chủ khác"]),
                Some((_, after)) => match standing.differences(after) {
                    none if none.is_empty() => Undo::May,
                    some => Undo::Changed(some),
                },
            };
            let by = name_of(&mut tx, &kept.by).await?;
            past.push(PastAct { owner: owner.clone(), kept, by, undo });
        }
    }
    past.sort_by_key(|act| act.kept.at);
    Ok((seen.id, past))
}
