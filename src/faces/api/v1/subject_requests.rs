//! `/subject-requests`: requests of data subjects (Luật 91/2025/QH15; NĐ 356/2025/NĐ-CP).

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{ListOut, PageIn};
use crate::{
    clock::day_in_vietnam,
    domain::{
        ids::{OwnerId, SubjectRequestId},
        subject_request::{CameBy, RequestAct, RequestKind, SubjectRequest},
    },
    faces::api::{
        Api,
        extract::{Asked, Body, Officer, Place},
        problem::Problem,
    },
    workflows::subject_requests::{self, TakenIn},
};

/// A request, without who asks and what.
#[derive(Serialize, ToSchema)]
pub struct SubjectRequestOut {
    /// Opaque id.
    id: String,
    /// The unit that has to answer.
    unit: Option<String>,
    /// `see`, `copy`, `correct`, `erase`, `restrict`, `object`, `withdraw_consent` or `know`.
    kind: &'static str,
    /// `desk`, `post`, `email`, `portal` or `phone`.
    came_by: &'static str,
    /// When it came, UTC.
    came_at: String,
    /// When it was taken in, UTC.
    taken_in_at: String,
    /// Whose data, opaque; null where the store does not know him.
    owner: Option<String>,
    /// Until when it has to be answered: two working days, UTC.
    due_at: String,
    /// `waiting`, `answered`, `done`, `refused` or `withdrawn`.
    state: &'static str,
    /// When it was answered first, UTC.
    answered_at: Option<String>,
    /// The day by which it was promised to be done.
    do_by: Option<String>,
    /// Not answered in time, or not done by the day that was promised.
    is_late: bool,
    /// Grows with each act.
    version: u64,
}

impl SubjectRequestOut {
    pub(super) fn of(request: &SubjectRequest, now: Timestamp) -> Self {
        Self {
            id: request.id.to_string(),
            unit: request.unit.as_ref().map(ToString::to_string),
            kind: request.kind.as_str(),
            came_by: request.came_by.as_str(),
            came_at: request.came_at.to_string(),
            taken_in_at: request.taken_in_at.to_string(),
            owner: request.owner.as_ref().map(ToString::to_string),
            due_at: request.due_at.to_string(),
            state: request.state.as_str(),
            answered_at: request.answered_at.map(|at| at.to_string()),
            do_by: request.do_by.map(|day| day.to_string()),
            is_late: request.is_late(now) || request.is_overdue(day_in_vietnam(now)),
            version: request.version,
        }
    }
}

/// A request with who asks, what, and what was done.
#[derive(Serialize, ToSchema)]
pub struct SubjectRequestSeenOut {
    #[serde(flatten)]
    #[schema(inline)]
    request: SubjectRequestOut,
    /// Who asks, as keyed.
    asker: String,
    /// What is asked.
    asked: String,
    /// What was done, in order: `no`, `at`, `by`, `what`.
    #[schema(value_type = Vec<Object>)]
    acts: Vec<Value>,
}

/// `GET /subject-requests`: the register of the unit, for auditors of all units: those that wait, by their term; those
/// that are to be done; those that are closed. Reveals nobody's name.
#[utoipa::path(
    get, operation_id = "list_subject_requests", path = "/subject-requests", tag = "protection",
    params(("after" = Option<String>, Query, description = "`next` of the page before"),
           ("limit" = Option<u32>, Query, description = "1–500, 100 when absent")),
    responses((status = 200, body = ListOut<SubjectRequestOut>), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn list(
    State(api): State<Api>,
    Officer(officer): Officer,
    Asked(asked): Asked<PageIn>,
) -> Result<Json<ListOut<SubjectRequestOut>>, Problem> {
    let register = subject_requests::list(&api.ctx, &officer).await?;
    let now = api.ctx.clock.now();
    let all = [register.waiting, register.answered, register.closed].concat();
    let (items, next) =
        asked.page(&api, &officer, "subject-requests", all, |request| request.id.to_string())?;
    Ok(Json(ListOut {
        items: items.iter().map(|request| SubjectRequestOut::of(request, now)).collect(),
        next,
    }))
}

/// A request as it came.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubjectRequestIn {
    /// `see`, `copy`, `correct`, `erase`, `restrict`, `object`, `withdraw_consent` or `know`.
    #[schema(value_type = String)]
    kind: RequestKind,
    /// `desk`, `post`, `email`, `portal` or `phone`.
    #[schema(value_type = String)]
    came_by: CameBy,
    /// When (RFC 3339); now when absent.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    came_at: Option<Timestamp>,
    /// Whose data: the opaque id of a look-up.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    owner: Option<OwnerId>,
    /// Who asks: a number, or a name; may be absent beside `owner`.
    #[serde(default)]
    asker: String,
    /// What is asked.
    asked: String,
}

/// `POST /subject-requests`: takes a request in; the two working days begin when it came.
#[utoipa::path(
    post, operation_id = "take_in_subject_request", path = "/subject-requests", tag = "protection",
    request_body = SubjectRequestIn,
    responses((status = 201, body = SubjectRequestOut), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn take_in(
    State(api): State<Api>,
    Officer(officer): Officer,
    Body(body): Body<SubjectRequestIn>,
) -> Result<Response, Problem> {
    let SubjectRequestIn { kind, came_by, came_at, owner, asker, asked } = body;
    let taken_in = TakenIn { kind, came_by, came_at, owner, asker, asked };
    let request = subject_requests::take_in(&api.ctx, &officer, taken_in).await?;
    let place = format!("/api/v1/subject-requests/{}", request.id);
    let out = SubjectRequestOut::of(&request, api.ctx.clock.now());
    Ok((StatusCode::CREATED, [(header::LOCATION, place)], Json(out)).into_response())
}

/// `GET /subject-requests/{id}`: one request with its history; the look is traced.
#[utoipa::path(
    get, operation_id = "see_subject_request", path = "/subject-requests/{id}", tag = "protection",
    params(("id" = String, Path, description = "Opaque id")),
    responses((status = 200, body = SubjectRequestSeenOut), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn see(
    State(api): State<Api>,
    Officer(officer): Officer,
    Place(id): Place<SubjectRequestId>,
) -> Result<Json<SubjectRequestSeenOut>, Problem> {
    let seen = subject_requests::see(&api.ctx, &officer, &id).await?;
    let acts = seen.acts.iter();
    Ok(Json(SubjectRequestSeenOut {
        acts: acts
            .map(|(kept, by)| json!({ "no": kept.no, "at": kept.at, "by": by, "what": kept.act }))
            .collect(),
        request: SubjectRequestOut::of(&seen.request, api.ctx.clock.now()),
        asker: seen.request.asker,
        asked: seen.request.asked,
    }))
}

/// What is done about a request.
#[derive(Deserialize, ToSchema)]
pub struct RequestActIn {
    /// The version that was seen.
    #[serde(default)]
    version: Option<u64>,
    /// `answer` (`told`, `do_by`), `fulfil` (`done`), `refuse` (`reason`, `clause`) or `withdraw` (`reason`).
    #[serde(flatten)]
    #[schema(value_type = Object)]
    act: RequestAct,
}

/// `POST /subject-requests/{id}/acts`: answers, does, refuses a request, or notes that it was taken back.
#[utoipa::path(
    post, operation_id = "act_on_subject_request", path = "/subject-requests/{id}/acts", tag = "protection",
    request_body = RequestActIn, params(("id" = String, Path, description = "Opaque id")),
    responses((status = 200, body = SubjectRequestOut), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn act(
    State(api): State<Api>,
    Officer(officer): Officer,
    Place(id): Place<SubjectRequestId>,
    Body(body): Body<RequestActIn>,
) -> Result<Json<SubjectRequestOut>, Problem> {
    let request = subject_requests::act(&api.ctx, &officer, &id, body.version, body.act).await?;
    Ok(Json(SubjectRequestOut::of(&request, api.ctx.clock.now())))
}
