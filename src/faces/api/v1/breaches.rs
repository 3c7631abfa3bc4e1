//! `/breaches`: the register of breaches of the rules on personal data (Luật 91/2025/QH15, Điều 23).

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
    domain::{
        breach::{Breach, BreachAct, BreachFacts, Exposure},
        ids::BreachId,
    },
    faces::api::{
        Api,
        extract::{Asked, Body, Officer, Place},
        problem::Problem,
    },
    workflows::breaches,
};

/// A breach, without what is known of it.
#[derive(Serialize, ToSchema)]
pub struct BreachOut {
    /// Opaque id.
    id: String,
    /// When it was detected, UTC.
    detected_at: String,
    /// Until when the authority has to be told: 72 hours, UTC.
    due_at: String,
    /// `open`, `notified` or `dismissed`.
    state: &'static str,
    /// When the authority was told, UTC.
    notified_at: Option<String>,
    /// The authority was not told in time.
    is_late: bool,
    /// Grows with each act.
    version: u64,
}

impl BreachOut {
    fn of(breach: &Breach, now: Timestamp) -> Self {
        let was_late = breach.notified_at.is_some_and(|at| at >= breach.due_at());
        Self {
            id: breach.id.to_string(),
            detected_at: breach.detected_at.to_string(),
            due_at: breach.due_at().to_string(),
            state: breach.state.as_str(),
            notified_at: breach.notified_at.map(|at| at.to_string()),
            is_late: breach.is_late(now) || was_late,
            version: breach.version,
        }
    }
}

/// A breach with what is known and what was done.
#[derive(Serialize, ToSchema)]
pub struct BreachSeenOut {
    #[serde(flatten)]
    #[schema(inline)]
    breach: BreachOut,
    /// What the notice says.
    #[schema(value_type = Object)]
    facts: BreachFacts,
    /// What a notice has to say and is not known yet, in Vietnamese.
    missing: Vec<&'static str>,
    /// What was done, in order: `no`, `at`, `by`, `what`.
    #[schema(value_type = Vec<Object>)]
    acts: Vec<Value>,
}

/// `GET /breaches`: the register: those first whose 72 hours end first, then those that are closed.
#[utoipa::path(
    get, operation_id = "list_breaches", path = "/breaches", tag = "protection",
    params(("after" = Option<String>, Query, description = "`next` of the page before"),
           ("limit" = Option<u32>, Query, description = "1–500, 100 when absent")),
    responses((status = 200, body = ListOut<BreachOut>), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn list(
    State(api): State<Api>,
    Officer(officer): Officer,
    Asked(asked): Asked<PageIn>,
) -> Result<Json<ListOut<BreachOut>>, Problem> {
    let found = breaches::list(&api.ctx, &officer).await?;
    let now = api.ctx.clock.now();
    let (items, next) = asked.page(&api, &officer, "breaches", found, |breach| breach.id.to_string())?;
    Ok(Json(ListOut { items: items.iter().map(|breach| BreachOut::of(breach, now)).collect(), next }))
}

/// A breach that was found.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BreachIn {
    /// When it was detected (RFC 3339).
    #[schema(value_type = String)]
    detected_at: Timestamp,
    /// What is known: `nature` and, as far as known, `happened_from`, `happened_until`, `place`, `data_kinds`,
    /// `n_persons`, `n_documents`, `consequences`, `measures`, `responsible`, `contact`, `processors`.
    #[schema(value_type = Object)]
    facts: BreachFacts,
}

/// `POST /breaches`: writes a breach down; the 72 hours run from its detection.
#[utoipa::path(
    post, operation_id = "open_breach", path = "/breaches", tag = "protection", request_body = BreachIn,
    responses((status = 201, body = BreachOut), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn open(
    State(api): State<Api>,
    Officer(officer): Officer,
    Body(body): Body<BreachIn>,
) -> Result<Response, Problem> {
    let breach = breaches::open(&api.ctx, &officer, body.detected_at, body.facts).await?;
    let place = format!("/api/v1/breaches/{}", breach.id);
    let out = BreachOut::of(&breach, api.ctx.clock.now());
    Ok((StatusCode::CREATED, [(header::LOCATION, place)], Json(out)).into_response())
}

/// `GET /breaches/{id}`: one breach with its history; the look is traced.
#[utoipa::path(
    get, operation_id = "see_breach", path = "/breaches/{id}", tag = "protection",
    params(("id" = String, Path, description = "Opaque id")),
    responses((status = 200, body = BreachSeenOut), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn see(
    State(api): State<Api>,
    Officer(officer): Officer,
    Place(id): Place<BreachId>,
) -> Result<Json<BreachSeenOut>, Problem> {
    let seen = breaches::see(&api.ctx, &officer, &id).await?;
    let acts = seen.acts.iter();
    Ok(Json(BreachSeenOut {
        acts: acts
            .map(|(kept, by)| json!({ "no": kept.no, "at": kept.at, "by": by, "what": kept.act }))
            .collect(),
        missing: seen.breach.facts.missing(),
        breach: BreachOut::of(&seen.breach, api.ctx.clock.now()),
        facts: seen.breach.facts,
    }))
}

/// What is done about a breach.
#[derive(Deserialize, ToSchema)]
pub struct BreachActIn {
    /// The version that was seen.
    #[serde(default)]
    version: Option<u64>,
    /// `amend` (`facts`), `notify` (`sent_at`, `to`, `number`, `late_reason`) or `dismiss` (`reason`).
    #[serde(flatten)]
    #[schema(value_type = Object)]
    act: BreachAct,
}

/// `POST /breaches/{id}/acts`: adds what is known, notes the notice, or that none is due.
#[utoipa::path(
    post, operation_id = "act_on_breach", path = "/breaches/{id}/acts", tag = "protection",
    request_body = BreachActIn, params(("id" = String, Path, description = "Opaque id")),
    responses((status = 200, body = BreachOut), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn act(
    State(api): State<Api>,
    Officer(officer): Officer,
    Place(id): Place<BreachId>,
    Body(body): Body<BreachActIn>,
) -> Result<Json<BreachOut>, Problem> {
    let breach = breaches::act(&api.ctx, &officer, &id, body.version, body.act).await?;
    Ok(Json(BreachOut::of(&breach, api.ctx.clock.now())))
}

/// Whose readings are counted, and when.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExposureIn {
    /// Opaque id of an officer or a system, as in the trace.
    reader: String,
    /// From this instant on (RFC 3339).
    #[schema(value_type = String)]
    from: Timestamp,
    /// Before this instant.
    #[schema(value_type = String)]
    until: Timestamp,
}

/// `POST /breaches/exposure`: how many persons' data and documents one account or system read in a period, at most; by
/// the trace.
#[utoipa::path(
    post, operation_id = "count_exposure", path = "/breaches/exposure", tag = "protection",
    request_body = ExposureIn,
    responses((status = 200, body = Object, description = "`n_readings`, `n_persons`, `n_documents`, `n_health`, `n_papers`"),
              (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn exposure(
    State(api): State<Api>,
    Officer(officer): Officer,
    Body(body): Body<ExposureIn>,
) -> Result<Json<Exposure>, Problem> {
    let ExposureIn { reader, from, until } = body;
    Ok(Json(breaches::exposure(&api.ctx, &officer, &reader, from, until).await?))
}
