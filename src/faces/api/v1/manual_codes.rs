//! `/manual-codes`: codes given by hand while the program was out of reach (Điều 17 khoản 2).

use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ListOut;
use crate::{
    domain::{
        code::DocumentCode,
        confirm::parse_day,
        ids::{ManualCodeId, PaperId},
        officer::Actor,
    },
    faces::{
        api::{
            Api, cursor,
            extract::{Asked, Body, Officer, Place},
            problem::Problem,
        },
        wire::CodeOut,
    },
    store::manual_codes::ManualCode,
    workflows::{
        browse::Purpose,
        manual_codes::{self, Bearer},
    },
};

/// The list that cursors are of.
const LIST: &str = "manual-codes";

/// A code that was given by hand.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ManualCodeIn {
    /// As it stands on the paper.
    code: String,
    /// The day on which it was given.
    #[schema(example = "2026-11-20")]
    given_on: String,
}

/// A code that was given by hand and waits for its paper.
#[derive(Serialize, ToSchema)]
pub struct ManualCodeOut {
    /// Opaque.
    id: String,
    /// The code.
    code: CodeOut,
    /// The day on which it was given.
    given_on: String,
    /// When it was entered, UTC.
    entered_at: String,
}

impl From<&ManualCode> for ManualCodeOut {
    fn from(manual: &ManualCode) -> Self {
        Self {
            id: manual.id.to_string(),
            code: CodeOut::assigned(&manual.code),
            given_on: manual.given_on.to_string(),
            entered_at: manual.at.to_string(),
        }
    }
}

/// `POST /manual-codes`: enters a code that was given by hand: of the same grammar, and nobody's here. The paper that is
/// confirmed with the same parts takes it.
#[utoipa::path(
    post, path = "/manual-codes", tag = "codes", operation_id = "enter_manual_code",
    request_body = ManualCodeIn,
    responses((status = 201, body = ManualCodeOut), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn enter(
    State(api): State<Api>,
    Officer(officer): Officer,
    Body(body): Body<ManualCodeIn>,
) -> Result<(StatusCode, Json<ManualCodeOut>), Problem> {
    let wrong = |kind: &str, e: &dyn std::fmt::Display| {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, kind, format!("Mã cấp bằng tay: {e}."))
            .under("QĐ 1917/QĐ-BLĐTBXH, Điều 7")
    };
    let code = DocumentCode::parse(&body.code).map_err(|e| wrong("code", &e))?;
    let given_on = parse_day(&body.given_on).map_err(|e| wrong("day", &e))?;
    let manual = manual_codes::enter(&api.ctx, &officer, code, given_on).await?;
    Ok((StatusCode::CREATED, Json((&manual).into())))
}

/// Why, and where to go on.
#[derive(Deserialize)]
pub(in crate::faces::api) struct WaitingIn {
    purpose: Option<String>,
    after: Option<String>,
    limit: Option<u32>,
}

/// `GET /manual-codes`: those of the own unit that wait for their papers, oldest first.
#[utoipa::path(
    get, path = "/manual-codes", tag = "codes", operation_id = "list_manual_codes",
    params(
        ("purpose" = String, Query, description = "Why"),
        ("after" = Option<String>, Query, description = "`next` of the page before"),
        ("limit" = Option<u32>, Query, description = "1–200, 50 when absent")
    ),
    responses((status = 200, body = ListOut<ManualCodeOut>), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn waiting(
    State(api): State<Api>,
    Officer(officer): Officer,
    Asked(asked): Asked<WaitingIn>,
) -> Result<Json<ListOut<ManualCodeOut>>, Problem> {
    let purpose = Purpose::parse(asked.purpose.as_deref().unwrap_or_default())?;
    let by = Actor::from(&officer);
    let after = cursor::place(&api, &by, LIST, asked.after.as_deref())?;
    let after = after.as_deref().map(ManualCodeId::parse).transpose().map_err(|_| cursor::not_ours())?;
    let limit = asked.limit.unwrap_or(50).clamp(1, 200);
    let waiting = manual_codes::waiting(&api.ctx, &officer, &purpose, after.as_ref(), limit).await?;
    let is_full = waiting.len() == limit as usize;
    let next =
        waiting.last().filter(|_| is_full).map(|manual| cursor::made(&api, &by, LIST, manual.id.as_str()));
    Ok(Json(ListOut { items: waiting.iter().map(ManualCodeOut::from).collect(), next }))
}

/// What becomes of a code that waits.
#[derive(Deserialize, ToSchema)]
#[serde(tag = "act", rename_all = "snake_case", deny_unknown_fields)]
pub enum ManualCodeActIn {
    /// A paper that was given another code here bears it: both lead to the paper.
    Reconcile {
        /// The paper, opaque.
        paper: String,
        /// Recorded.
        reason: String,
    },
    /// It was entered by mistake.
    Withdraw {
        /// Recorded.
        reason: String,
    },
}

/// `POST /manual-codes/{id}/acts`.
#[utoipa::path(
    post, path = "/manual-codes/{id}/acts", tag = "codes", operation_id = "settle_manual_code",
    params(("id" = String, Path, description = "Opaque id")),
    request_body = ManualCodeActIn,
    responses((status = 204), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn act(
    State(api): State<Api>,
    Officer(officer): Officer,
    Place(id): Place<ManualCodeId>,
    Body(body): Body<ManualCodeActIn>,
) -> Result<StatusCode, Problem> {
    match body {
        ManualCodeActIn::Reconcile { paper, reason } => {
            let paper = PaperId::parse(&paper).map_err(|_| Problem::not_found())?;
            manual_codes::reconcile(&api.ctx, &officer, &id, &Bearer::Paper(paper), &reason).await?;
        }
        ManualCodeActIn::Withdraw { reason } => {
            manual_codes::withdraw(&api.ctx, &officer, &id, &reason).await?;
        }
    }
    Ok(StatusCode::NO_CONTENT)
}
