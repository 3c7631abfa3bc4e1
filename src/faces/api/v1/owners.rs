//! Owners and their electronic stores. Look-ups carry the number in the body, and answer opaque ids.

use axum::{Json, extract::State, response::Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{ListOut, documents::DocumentOut};
use crate::{
    domain::{
        code::{DocumentTypeCode, OwnerKey},
        confirm::parse_day,
        ids::{OwnerId, RecordId, SubjectRequestId},
    },
    faces::{
        api::{
            Api, cursor,
            extract::{Asked, Body, By, Officer, Place, purpose},
            problem::Problem,
        },
        bundle,
    },
    workflows::{
        browse::{self, DocumentFilter, Purpose},
        export,
    },
};

/// Who is looked up, and why.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnerLookupIn {
    /// A number, or `<name> <dd.mm.yyyy>`, or `<organisation> <yyyy>`.
    owner: String,
    /// Why; recorded.
    purpose: String,
}

/// The owners that were found: opaque ids.
#[derive(Serialize, ToSchema)]
pub struct OwnersOut {
    /// One by number; any number by name.
    owners: Vec<OwnerOut>,
}

/// An owner.
#[derive(Serialize, ToSchema)]
struct OwnerOut {
    /// Opaque id for `/owners/{id}/documents`.
    id: String,
}

/// `POST /owners/lookup`: finds a person or organisation.
#[utoipa::path(
    post,
    operation_id = "look_up_owner", path = "/owners/lookup", tag = "owners", request_body = OwnerLookupIn,
    responses((status = 200, body = OwnersOut), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn look_up(
    State(api): State<Api>,
    By(by): By,
    Body(body): Body<OwnerLookupIn>,
) -> Result<Json<OwnersOut>, Problem> {
    let said = Purpose::parse(&body.purpose)?;
    let key = OwnerKey::parse(&body.owner).map_err(|e| Problem::bad_request("owner", e.to_string()))?;
    let owners = browse::look_up_owner(&api.ctx, &by, &key, &said).await?;
    api.purposes.state(&by, &owners, &said, api.ctx.clock.now());
    Ok(Json(OwnersOut { owners: owners.iter().map(|id| OwnerOut { id: id.to_string() }).collect() }))
}

/// Which documents are asked for.
#[derive(Deserialize)]
pub(in crate::faces::api) struct DocumentsIn {
    #[serde(rename = "type")]
    type_code: Option<String>,
    valid_on: Option<String>,
    purpose: Option<String>,
    after: Option<String>,
    limit: Option<u32>,
}

/// `GET /owners/{id}/documents`: the electronic store of one person or organisation, newest first.
#[utoipa::path(
    get, path = "/owners/{id}/documents", tag = "owners",
    params(("id" = String, Path, description = "Opaque id"),
           ("type" = Option<String>, Query, description = "Type code"),
           ("valid_on" = Option<String>, Query, description = "A day: only what is valid on it"),
           ("purpose" = Option<String>, Query, description = "Why; may be left out for 30 minutes after a look-up"),
           ("after" = Option<String>, Query, description = "`next` of the page before"),
           ("limit" = Option<u32>, Query, description = "1–200, 50 when absent")),
    responses((status = 200, body = ListOut<DocumentOut>), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn documents(
    State(api): State<Api>,
    By(by): By,
    Place(id): Place<OwnerId>,
    Asked(asked): Asked<DocumentsIn>,
) -> Result<Json<ListOut<DocumentOut>>, Problem> {
    let wrong = |name: &str, e: &dyn std::fmt::Display| {
        Problem::bad_request("query", format!("Tham số {name}: {e}."))
    };
    let filter = DocumentFilter {
        type_code: asked
            .type_code
            .as_deref()
            .map(DocumentTypeCode::parse)
            .transpose()
            .map_err(|e| wrong("type", &e))?,
        valid_on: asked.valid_on.as_deref().map(parse_day).transpose().map_err(|e| wrong("valid_on", &e))?,
    };
    let list = format!("owners/{id}/documents");
    let after = cursor::place(&api, &by, &list, asked.after.as_deref())?;
    let after = after.as_deref().map(RecordId::parse).transpose().map_err(|_| cursor::not_ours())?;
    let current = browse::current_owner(&api.ctx, &by, &id).await;
    // Without a purpose nobody learns whether there is such an owner.
    let purpose =
        purpose(&api, &by, (current.as_ref().unwrap_or(&id), None), asked.purpose.as_deref()).await?;
    let id = current?;
    let limit = asked.limit.unwrap_or(50).clamp(1, 200);
    let found = browse::documents_of(&api.ctx, &by, &id, &purpose, &filter, after.as_ref(), limit).await?;
    Ok(Json(ListOut {
        items: found.documents.iter().map(DocumentOut::from).collect(),
        next: found.next.map(|place| cursor::made(&api, &by, &list, place.as_str())),
    }))
}

/// Why all data of one person is exported.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExportIn {
    /// Why; recorded.
    purpose: String,
    /// The request that asks for it, where there is one.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    request: Option<SubjectRequestId>,
}

/// `POST /owners/{id}/export`: all that is kept of one person or organisation, as one ZIP file with `data.json`
/// (`schemas/owner-export.schema.json`), an index for people, and the files.
#[utoipa::path(
    post,
    operation_id = "export_owner", path = "/owners/{id}/export", tag = "owners", request_body = ExportIn,
    params(("id" = String, Path, description = "Opaque id")),
    responses((status = 200, content_type = "application/zip"), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn export(
    State(api): State<Api>,
    Officer(officer): Officer,
    Place(id): Place<OwnerId>,
    Body(body): Body<ExportIn>,
) -> Result<Response, Problem> {
    let purpose = Purpose::parse(&body.purpose)?;
    let exported = export::owner(&api.ctx, &officer, &id, &purpose, body.request.as_ref()).await?;
    Ok(bundle::answer(exported, api.ctx.clock.now()))
}
