//! Learning from corrections (Điều 16): what officers corrected is noted, a person takes it into a list or refuses it,
//! and later papers are read by that list.
//!
//! Nothing is learned without that act, every act is a version of the list, and any lesson can be taken back.

use std::sync::{Arc, Mutex, PoisonError};

use crate::{
    domain::{
        catalogue::Catalogue,
        event::{Action, AuditEvent, Change},
        fields::{ConfirmedFields, ProposedFields},
        ids::LessonId,
        lessons::{KeptLesson, Lesson, LessonAct, LessonState, LessonVersion},
        officer::{ActingOfficer, stated},
        rights::{self, Denied},
    },
    engines::extraction::Guide,
    store::{StoreError, Tx, audit, lessons},
    workflows::{access::AccessError, context::Ctx},
};

/// Lessons in force at once; more would make the list unreviewable.
const IN_FORCE_AT_MOST: u32 = 20_000;
/// Lessons and versions shown at once.
const SHOWN_AT_MOST: u32 = 500;

/// Why a lesson was not decided upon.
#[derive(Debug, thiserror::Error)]
pub enum LessonError {
    /// No such lesson.
    #[error("không có mục này")]
    Unknown,
    /// It stands where the act has no sense.
    #[error("mục này đang ở trạng thái “{state}”, không thực hiện được việc này")]
    WrongState {
        /// The Vietnamese name of its state.
        state: &'static str,
    },
    /// Somebody else decided meanwhile.
    #[error("danh sách vừa được người khác thay đổi: tải lại trang rồi làm lại")]
    Stale,
    /// A lesson is taken back with a reason.
    #[error("cần ghi lý do")]
    NoReason,
    /// The short form says another agency already.
    #[error("tên viết tắt này đã chỉ cơ quan khác: không thể dùng cho cả hai")]
    Ambiguous,
    /// The store failed.
    #[error(transparent)]
    Store(StoreError),
    /// The right is not the officer's.
    #[error(transparent)]
    Denied(Denied),
}

impl From<AccessError> for LessonError {
    fn from(error: AccessError) -> Self {
        match error {
            AccessError::NotFound => Self::Unknown,
            AccessError::Denied(denied) => Self::Denied(denied),
            AccessError::Store(error) => error.into(),
        }
    }
}

impl From<StoreError> for LessonError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Stale => Self::Stale,
            other => Self::Store(other),
        }
    }
}

/// What was learned, made ready for reading.
#[derive(Debug, Clone)]
pub struct Learned {
    /// The version of the list.
    pub version: u64,
    /// Templates and agencies, with what was taught.
    pub guide: Arc<Guide>,
    lessons: Vec<Lesson>,
}

impl Learned {
    /// `catalogue` with the titles that were taught.
    pub fn taught(&self, mut catalogue: Catalogue) -> Catalogue {
        for lesson in &self.lessons {
            if let Lesson::Title { title, type_code } = lesson {
                catalogue.add_title(type_code, title);
            }
        }
        catalogue
    }
}

/// Keeps the last version of the list made ready, as long as it is in force.
#[derive(Debug, Default)]
pub struct LearnedCache(Mutex<Option<Arc<Learned>>>);

/// What is learned by now. Another server's act is seen with the next paper.
///
/// # Errors
/// The store's.
pub async fn in_force(ctx: &Ctx) -> Result<Arc<Learned>, StoreError> {
    let mut tx = ctx.db.read().await?;
    let version = lessons::version(&mut tx).await?;
    let cache = || ctx.learned.0.lock().unwrap_or_else(PoisonError::into_inner);
    let kept = cache().clone();
    if let Some(kept) = kept.filter(|kept| kept.version == version) {
        return Ok(kept);
    }
    let lessons = if version == 0 {
        Vec::new()
    } else {
        let kept = lessons::list(&mut tx, LessonState::InForce, IN_FORCE_AT_MOST).await?;
        kept.into_iter().map(|kept| kept.lesson).collect()
    };
    let base = &ctx.rules.guide;
    let guide =
        if lessons.is_empty() { base.clone() } else { Arc::new((**base).clone().with_lessons(&lessons)) };
    let learned = Arc::new(Learned { version, guide, lessons });
    *cache() = Some(learned.clone());
    Ok(learned)
}

/// Notes what the officer's corrections of one paper may teach, in the transaction that confirms it.
pub(super) async fn note(
    ctx: &Ctx,
    tx: &mut Tx,
    proposed: &ProposedFields,
    confirmed: &ConfirmedFields,
) -> Result<(), StoreError> {
    for lesson in Lesson::of_corrections(proposed, confirmed) {
        lessons::note(tx, &lesson, ctx.clock.now()).await?;
    }
    Ok(())
}

/// The list, what waits for it, and what was done last.
#[derive(Debug, Clone)]
pub struct Overview {
    /// The version of the list.
    pub version: u64,
    /// Lessons by state: waiting, in force, rejected and taken back; each the newest first.
    pub lessons: Vec<KeptLesson>,
    /// The versions, newest first.
    pub history: Vec<LessonVersion>,
}

/// What there is, as far as one can look at it at once.
///
/// # Errors
/// The store's.
pub async fn overview(ctx: &Ctx, officer: &ActingOfficer) -> Result<Overview, LessonError> {
    rights::may_see_lessons(officer).map_err(AccessError::from)?;
    let mut tx = ctx.db.read().await?;
    let mut all = Vec::new();
    for state in [LessonState::Waiting, LessonState::InForce, LessonState::Rejected, LessonState::TakenBack] {
        all.extend(lessons::list(&mut tx, state, SHOWN_AT_MOST).await?);
    }
    let history = lessons::history(&mut tx, SHOWN_AT_MOST).await?;
    Ok(Overview { version: lessons::version(&mut tx).await?, lessons: all, history })
}

/// A person takes a lesson into the list, refuses it, or takes it back (with a reason).
///
/// # Errors
/// [`LessonError`]; nothing has changed then.
pub async fn decide(
    ctx: &Ctx,
    officer: &ActingOfficer,
    id: &LessonId,
    act: LessonAct,
    reason: Option<&str>,
) -> Result<KeptLesson, LessonError> {
    rights::may_decide_lessons(officer).map_err(AccessError::from)?;
    let reason = reason.and_then(stated).map(str::to_owned);
    if act == LessonAct::TakeBack && reason.is_none() {
        return Err(LessonError::NoReason);
    }
    let learned = in_force(ctx).await?;
    let mut tx = ctx.db.write().await?;
    let kept = lessons::get(&mut tx, id).await?.ok_or(LessonError::Unknown)?;
    let next = kept.state.after(act).ok_or(LessonError::WrongState { state: kept.state.label() })?;
    if let (LessonAct::Accept, Lesson::Abbreviation { short, name }) = (act, &kept.lesson)
        && learned.guide.names_another(short, name)
    {
        return Err(LessonError::Ambiguous);
    }
    let now = ctx.clock.now();
    let version = lessons::version(&mut tx).await? + 1;
    let by = officer.officer.id.clone();
    let entry = LessonVersion { version, act, lesson: id.clone(), reason, by, at: now };
    lessons::decide(&mut tx, &kept, next, &entry).await?;
    let event = AuditEvent {
        at: now,
        actor: Some(officer.into()),
        action: match act {
            LessonAct::Accept => Action::AcceptLesson,
            LessonAct::Reject => Action::RejectLesson,
            LessonAct::TakeBack => Action::TakeBackLesson,
        },
        object: ("lesson", id.to_string()),
        purpose: None,
        detail: Some(serde_json::json!({ "version": version, "before": kept.state, "after": next })),
    };
    let before = serde_json::json!({ "lesson": kept.lesson, "state": kept.state });
    let after = serde_json::json!({ "lesson": kept.lesson, "state": next, "reason": entry.reason });
    audit::append_change(&mut tx, &event, &Change::of(&before, &after)).await?;
    tx.commit().await?;
    Ok(KeptLesson { state: next, ..kept })
}
