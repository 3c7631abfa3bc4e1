//! What becomes of documents that are no longer wanted: out of the owner's store, held, erased; and owners whose data may
//! not be used.

use axum::{Json, extract::State, response::Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    documents::{self, DocumentOut},
    owner_acts::OwnerIdOut,
    subject_requests::SubjectRequestOut,
};
use crate::{
    domain::ids::{OwnerId, RecordId, SubjectRequestId},
    faces::api::{
        Api,
        extract::{Body, Officer, Place},
        problem::Problem,
    },
    workflows::{
        retention::{self, Doing},
        subject_requests,
    },
};

/// What is done to a document.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeepingIn {
    /// `remove` (out of the owner's store, kept until its term is over), `restore`, `hold` (may not be erased), `lift`,
    /// `erase` (for ever, once its term is over).
    act: String,
    /// Why; recorded.
    reason: String,
}

/// `POST /documents/{id}/keeping`: a supervisor takes a document out of its owner's store, puts it back, holds it, lifts
/// that, or erases it for ever; code, ledger and trace stay.
#[utoipa::path(
    post, operation_id = "keep_document", path = "/documents/{id}/keeping", tag = "documents", request_body = KeepingIn,
    params(("id" = String, Path, description = "Opaque id")),
    responses((status = 200, body = DocumentOut), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn keeping(
    State(api): State<Api>,
    Officer(officer): Officer,
    Place(id): Place<RecordId>,
    Body(body): Body<KeepingIn>,
) -> Result<Response, Problem> {
    let wrong = || Problem::bad_request("act", "act là remove, restore, hold, lift hoặc erase.");
    let doing = Doing::parse(&body.act).ok_or_else(wrong)?;
    let record = retention::act(&api.ctx, &officer, &id, doing, &body.reason).await?;
    Ok(documents::with_etag(&record))
}

/// Whether the data of an owner may be used.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RestrictIn {
    /// `true`: they may not.
    restricted: bool,
    /// Why; recorded.
    reason: String,
}

/// `POST /owners/{id}/restrict`: a supervisor says that the data of an owner may not be used outside the unit that
/// handles them, or that they may again (Luật 91/2025/QH15).
#[utoipa::path(
    post, operation_id = "restrict_owner", path = "/owners/{id}/restrict", tag = "owners", request_body = RestrictIn,
    params(("id" = String, Path, description = "Opaque id")),
    responses((status = 200, body = OwnerIdOut), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn restrict(
    State(api): State<Api>,
    Officer(officer): Officer,
    Place(id): Place<OwnerId>,
    Body(body): Body<RestrictIn>,
) -> Result<Json<OwnerIdOut>, Problem> {
    let id = retention::restrict(&api.ctx, &officer, &id, body.restricted, &body.reason).await?;
    Ok(Json(OwnerIdOut { id: id.to_string(), other: None }))
}

/// Which version of a request was seen.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CarryOutIn {
    /// The version that was seen.
    #[serde(default)]
    version: Option<u64>,
}

/// `POST /subject-requests/{id}/carry-out`: does what was asked in one act: takes the person's documents out of the store
/// (`erase`), or stops their use (`restrict`, `object`, `withdraw_consent`).
#[utoipa::path(
    post, operation_id = "carry_out_subject_request", path = "/subject-requests/{id}/carry-out", tag = "protection",
    request_body = CarryOutIn, params(("id" = String, Path, description = "Opaque id")),
    responses((status = 200, body = SubjectRequestOut), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn carry_out(
    State(api): State<Api>,
    Officer(officer): Officer,
    Place(id): Place<SubjectRequestId>,
    Body(body): Body<CarryOutIn>,
) -> Result<Json<SubjectRequestOut>, Problem> {
    let request = subject_requests::carry_out(&api.ctx, &officer, &id, body.version).await?;
    Ok(Json(SubjectRequestOut::of(&request, api.ctx.clock.now())))
}
