//! `/lessons`: what officers' corrections teach, and a person's word on it.

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    domain::{
        ids::LessonId,
        lessons::{KeptLesson, LessonAct, LessonState, LessonVersion},
    },
    faces::api::{
        Api,
        extract::{Body, Officer, Place},
        problem::Problem,
    },
    workflows::lessons,
};

/// One lesson.
#[derive(Serialize, ToSchema)]
pub struct LessonOut {
    /// Opaque id.
    id: String,
    /// What it says: `kind` is `agency` (name), `abbreviation` (short, name) or `title` (title, type_code).
    #[schema(value_type = Object)]
    lesson: crate::domain::lessons::Lesson,
    /// `waiting`, `in_force`, `rejected` or `taken_back`.
    #[schema(value_type = String)]
    state: LessonState,
    /// How many papers were corrected so.
    n_papers: u64,
    /// When the last of them was, UTC.
    noted_at: String,
}

impl From<&KeptLesson> for LessonOut {
    fn from(kept: &KeptLesson) -> Self {
        let KeptLesson { id, lesson, state, n_papers, noted_at } = kept;
        Self {
            id: id.to_string(),
            lesson: lesson.clone(),
            state: *state,
            n_papers: *n_papers,
            noted_at: noted_at.to_string(),
        }
    }
}

/// One version of the list.
#[derive(Serialize, ToSchema)]
struct VersionOut {
    version: u64,
    /// `accept`, `reject` or `take_back`.
    #[schema(value_type = String)]
    act: LessonAct,
    /// The lesson.
    lesson: String,
    reason: Option<String>,
    /// The officer.
    by: String,
    /// UTC.
    at: String,
}

impl From<&LessonVersion> for VersionOut {
    fn from(entry: &LessonVersion) -> Self {
        Self {
            version: entry.version,
            act: entry.act,
            lesson: entry.lesson.to_string(),
            reason: entry.reason.clone(),
            by: entry.by.to_string(),
            at: entry.at.to_string(),
        }
    }
}

/// The lessons and the versions of their list.
#[derive(Serialize, ToSchema)]
pub(in crate::faces::api) struct LessonsOut {
    /// The version in force; 0 before the first act.
    version: u64,
    items: Vec<LessonOut>,
    /// The newest first.
    history: Vec<VersionOut>,
}

/// `GET /lessons`: what waits for a person, what is in force, what is not, and the versions.
#[utoipa::path(
    get, operation_id = "list_lessons", path = "/lessons", tag = "lessons",
    responses((status = 200, body = LessonsOut), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn list(
    State(api): State<Api>,
    Officer(officer): Officer,
) -> Result<Json<LessonsOut>, Problem> {
    let overview = lessons::overview(&api.ctx, &officer).await?;
    Ok(Json(LessonsOut {
        version: overview.version,
        items: overview.lessons.iter().map(LessonOut::from).collect(),
        history: overview.history.iter().map(VersionOut::from).collect(),
    }))
}

/// What is done with a lesson.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::faces::api) struct DecideIn {
    /// `accept`, `reject` or `take_back`.
    #[schema(value_type = String)]
    act: LessonAct,
    /// Why; needed to take back.
    reason: Option<String>,
}

/// `POST /lessons/{id}/decide`: takes a lesson into the list, refuses it, or takes it back; a new version.
#[utoipa::path(
    post, path = "/lessons/{id}/decide", operation_id = "decide_lesson", tag = "lessons",
    params(("id" = String, Path, description = "Opaque id")), request_body = DecideIn,
    responses((status = 200, body = LessonOut), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn decide(
    State(api): State<Api>,
    Officer(officer): Officer,
    Place(id): Place<LessonId>,
    Body(DecideIn { act, reason }): Body<DecideIn>,
) -> Result<Json<LessonOut>, Problem> {
    let decided = lessons::decide(&api.ctx, &officer, &id, act, reason.as_deref()).await?;
    Ok(Json(LessonOut::from(&decided)))
}
