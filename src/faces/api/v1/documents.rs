//! Stored documents: by code, and one by one.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    domain::{
        code::DocumentCode,
        dossier::PaperObject,
        ids::{ContentHash, RecordId},
        officer::Actor,
        record::StoredRecord,
    },
    faces::{
        api::{
            Api,
            extract::{Asked, Body, By, Place, purpose},
            problem::Problem,
        },
        wire::CodeOut,
    },
    workflows::browse::{self, Purpose},
};

/// A document in the store.
#[derive(Serialize, ToSchema)]
pub struct DocumentOut {
    /// Opaque id.
    id: String,
    /// Its owner, opaque.
    owner: String,
    /// The paper it came from.
    paper: String,
    /// Its code.
    code: CodeOut,
    /// The code on its first page, where another one holds since: what is signed is never written anew.
    printed_code: Option<CodeOut>,
    /// When it was cancelled (NĐ 45/2020/NĐ-CP, Điều 15), UTC; null while it holds.
    revoked_at: Option<String>,
    /// When it was taken out of its owner's store, UTC: kept until its term is over, for those who answer for it.
    removed_at: Option<String>,
    /// Since when it may not be erased, UTC.
    held_at: Option<String>,
    /// When its files and fields were erased for ever, UTC; code, ledger and trace stay.
    erased_at: Option<String>,
    /// The fields as confirmed.
    #[schema(value_type = Object)]
    fields: Value,
    /// `unsigned` until officers sign.
    #[schema(value_type = String)]
    signature: crate::domain::record::SignatureState,
    /// Who confirmed it: opaque.
    confirmed_by: String,
    /// When, UTC.
    confirmed_at: String,
    /// When it was stored, UTC.
    stored_at: String,
    /// BLAKE3 of the coded PDF; also the ETag of `/content`.
    content_blake3: String,
    /// BLAKE3 of the files as they came, in order.
    originals_blake3: Vec<String>,
}

impl From<&StoredRecord> for DocumentOut {
    fn from(record: &StoredRecord) -> Self {
        Self {
            id: record.id.to_string(),
            owner: record.owner.to_string(),
            paper: record.paper.to_string(),
            code: CodeOut::assigned(&record.code),
            printed_code: record.printed.as_ref().map(CodeOut::assigned),
            revoked_at: record.revoked_at.map(|at| at.to_string()),
            removed_at: record.keeping.removed_at.map(|at| at.to_string()),
            held_at: record.keeping.held_at.map(|at| at.to_string()),
            erased_at: record.keeping.erased_at.map(|at| at.to_string()),
            fields: record.fields.named(),
            signature: record.signature,
            confirmed_by: record.confirmed_by.to_string(),
            confirmed_at: record.confirmed_at.to_string(),
            stored_at: record.stored_at.to_string(),
            content_blake3: record.coded.to_string(),
            originals_blake3: record.originals.iter().map(ToString::to_string).collect(),
        }
    }
}

/// The code that is looked up, and why.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DocumentLookupIn {
    /// The code as printed.
    code: String,
    /// Why; recorded.
    purpose: String,
}

/// The document of a code.
#[derive(Serialize, ToSchema)]
pub struct DocumentsOut {
    /// One, or none.
    documents: Vec<DocumentRefOut>,
}

/// A document, by opaque id.
#[derive(Serialize, ToSchema)]
struct DocumentRefOut {
    /// For `/documents/{id}`.
    id: String,
}

/// `POST /documents/lookup`: any code leads to its document.
#[utoipa::path(
    post,
    operation_id = "look_up_document", path = "/documents/lookup", tag = "documents", request_body = DocumentLookupIn,
    responses((status = 200, body = DocumentsOut), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn look_up(
    State(api): State<Api>,
    By(by): By,
    Body(body): Body<DocumentLookupIn>,
) -> Result<Json<DocumentsOut>, Problem> {
    let said = Purpose::parse(&body.purpose)?;
    let code = DocumentCode::parse(&body.code).map_err(|e| Problem::bad_request("code", e.to_string()))?;
    let found = browse::look_up_code(&api.ctx, &by, &code, &said).await?;
    if let Some(record) = &found {
        api.purposes.state(&by, std::slice::from_ref(&record.owner), &said, api.ctx.clock.now());
    }
    Ok(Json(DocumentsOut {
        documents: found.iter().map(|record| DocumentRefOut { id: record.id.to_string() }).collect(),
    }))
}

/// Why it is read, and which of several files.
#[derive(Deserialize)]
pub(in crate::faces::api) struct ReadIn {
    purpose: Option<String>,
    ordinal: Option<u32>,
}

pub(super) async fn purpose_for(
    api: &Api,
    by: &Actor,
    id: &RecordId,
    said: Option<&str>,
) -> Result<Purpose, Problem> {
    let owner = browse::owner_of(&api.ctx, by, id).await?;
    purpose(api, by, &owner, said)
}

/// `GET /documents/{id}`: one stored document.
#[utoipa::path(
    get,
    operation_id = "see_document", path = "/documents/{id}", tag = "documents",
    params(("id" = String, Path, description = "Opaque id"), ("purpose" = Option<String>, Query, description = "Why")),
    responses((status = 200, body = DocumentOut), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn see(
    State(api): State<Api>,
    By(by): By,
    Place(id): Place<RecordId>,
    Asked(asked): Asked<ReadIn>,
) -> Result<Response, Problem> {
    let purpose = purpose_for(&api, &by, &id, asked.purpose.as_deref()).await?;
    let record = browse::document(&api.ctx, &by, &id, &purpose).await?;
    Ok(with_etag(&record))
}

/// The document as it is now; the tag changes with code and cancellation, not only with the bytes.
pub(super) fn with_etag(record: &StoredRecord) -> Response {
    let revoked_at = record.revoked_at.map(|at| at.to_string()).unwrap_or_default();
    let now = format!("{} {} {revoked_at}", record.coded, record.code);
    let tag = format!("\"{}\"", ContentHash::of(now.as_bytes()));
    ([(header::ETAG, tag)], Json(DocumentOut::from(record))).into_response()
}

fn etag(object: &PaperObject) -> String {
    format!("\"{}\"", object.hash)
}

/// The bytes, or 304 when the caller has them.
fn bytes_out(headers: &HeaderMap, object: &PaperObject, bytes: Vec<u8>) -> Response {
    let tag = etag(object);
    let has_it = headers
        .get(header::IF_NONE_MATCH)
        .and_then(|v| v.to_str().ok())
        .is_some_and(|tags| tags.split(',').any(|t| t.trim() == tag));
    if has_it {
        return (StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response();
    }
    ([(header::ETAG, tag), (header::CONTENT_TYPE, object.media_type.clone())], bytes).into_response()
}

/// `GET /documents/{id}/content`: the PDF with the code on page one.
#[utoipa::path(
    get, path = "/documents/{id}/content", tag = "documents",
    params(("id" = String, Path, description = "Opaque id"), ("purpose" = Option<String>, Query, description = "Why")),
    responses((status = 200, content_type = "application/pdf"), (status = 304, description = "Unchanged"),
              (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn content(
    State(api): State<Api>,
    By(by): By,
    Place(id): Place<RecordId>,
    Asked(asked): Asked<ReadIn>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let purpose = purpose_for(&api, &by, &id, asked.purpose.as_deref()).await?;
    let (object, bytes) = browse::content(&api.ctx, &by, &id, &purpose).await?;
    Ok(bytes_out(&headers, &object, bytes))
}

/// `GET /documents/{id}/original`: a file as it came, byte for byte.
#[utoipa::path(
    get, path = "/documents/{id}/original", tag = "documents",
    params(("id" = String, Path, description = "Opaque id"), ("purpose" = Option<String>, Query, description = "Why"),
           ("ordinal" = Option<u32>, Query, description = "Which file, from 0")),
    responses((status = 200, content_type = "application/octet-stream"), (status = 304, description = "Unchanged"),
              (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn original(
    State(api): State<Api>,
    By(by): By,
    Place(id): Place<RecordId>,
    Asked(asked): Asked<ReadIn>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let purpose = purpose_for(&api, &by, &id, asked.purpose.as_deref()).await?;
    let (object, bytes) = browse::original(&api.ctx, &by, &id, asked.ordinal.unwrap_or(0), &purpose).await?;
    Ok(bytes_out(&headers, &object, bytes))
}
