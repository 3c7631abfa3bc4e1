//! Stored documents: by code, and one by one.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    domain::{
        code::DocumentCode,
        ids::{ContentHash, RecordId},
        officer::Actor,
        record::StoredRecord,
    },
    faces::{
        api::{
            Api, bytes,
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
    purpose(api, by, (&owner, Some(id)), said).await
}

/// `GET /documents/{id}`: one stored document. With `Accept: multipart/mixed` its data and its PDF in one answer: a part
/// `application/json` as without that, then a part `application/pdf` as `/content` gives it.
#[utoipa::path(
    get,
    operation_id = "see_document", path = "/documents/{id}", tag = "documents",
    params(("id" = String, Path, description = "Opaque id"), ("purpose" = Option<String>, Query, description = "Why"),
           ("If-None-Match" = Option<String>, Header, description = "ETag that was given before")),
    responses((status = 200, content((DocumentOut = "application/json"), (Vec<u8> = "multipart/mixed"))),
              (status = 304, description = "Unchanged"),
              (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn see(
    State(api): State<Api>,
    By(by): By,
    Place(id): Place<RecordId>,
    Asked(asked): Asked<ReadIn>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let purpose = purpose_for(&api, &by, &id, asked.purpose.as_deref()).await?;
    let record = browse::document(&api.ctx, &by, &id, &purpose).await?;
    let mut answer = if bytes::has_it(&headers, &tag_of(&record)) {
        bytes::not_modified(&tag_of(&record))
    } else if takes_parts(&headers) {
        let (_, pdf) = browse::content(&api.ctx, &by, &id, &purpose).await?;
        in_parts(&record, &pdf)
    } else {
        with_etag(&record)
    };
    answer.headers_mut().append(header::VARY, HeaderValue::from_static("accept"));
    Ok(answer)
}

/// The tag changes with code and cancellation, not only with the bytes.
fn tag_of(record: &StoredRecord) -> String {
    let keeping = record.keeping;
    let times = [record.revoked_at, keeping.removed_at, keeping.held_at, keeping.erased_at];
    let times = times.map(|at| at.map(|at| at.to_string()).unwrap_or_default()).join(" ");
    let now = format!("{} {} {} {times}", record.coded, record.code, record.owner);
    format!("\"{}\"", ContentHash::of(now.as_bytes()))
}

/// The document as it is now.
pub(super) fn with_etag(record: &StoredRecord) -> Response {
    ([(header::ETAG, tag_of(record))], Json(DocumentOut::from(record))).into_response()
}

fn takes_parts(headers: &HeaderMap) -> bool {
    let said = headers.get(header::ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    said.split(',').any(|range| range.split(';').next().is_some_and(|t| t.trim() == "multipart/mixed"))
}

/// Data and PDF. The boundary is made of the hash of the PDF, which a PDF can't contain.
fn in_parts(record: &StoredRecord, pdf: &[u8]) -> Response {
    let boundary = format!("sohoa-{}", &record.coded.as_str()[..40]);
    let data = serde_json::to_vec(&DocumentOut::from(record)).expect("a document is plain data");
    let mut body = Vec::with_capacity(data.len() + pdf.len() + 512);
    let parts: [(&str, &str, &[u8]); 2] =
        [("application/json", "document", &data), ("application/pdf", "content", pdf)];
    for (media_type, name, part) in parts {
        let head = format!(
            "--{boundary}\r\nContent-Type: {media_type}\r\nContent-Disposition: inline; name=\"{name}\"\r\n\
             Content-Length: {}\r\n\r\n",
            part.len()
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(part);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    let media_type = format!("multipart/mixed; boundary={boundary}");
    ([(header::ETAG, tag_of(record)), (header::CONTENT_TYPE, media_type)], body).into_response()
}

/// `GET /documents/{id}/content`: the PDF with the code on page one.
#[utoipa::path(
    get, path = "/documents/{id}/content", tag = "documents",
    params(("id" = String, Path, description = "Opaque id"), ("purpose" = Option<String>, Query, description = "Why"),
           ("Range" = Option<String>, Header, description = "One part, `bytes=0-1023`"),
           ("If-Range" = Option<String>, Header, description = "ETag of the parts that the caller has"),
           ("If-None-Match" = Option<String>, Header, description = "ETag that was given before")),
    responses((status = 200, body = Vec<u8>, content_type = "application/pdf"), (status = 206, description = "The part", body = Vec<u8>, content_type = "application/pdf"), (status = 304, description = "Unchanged"),
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
    Ok(bytes::answer(&headers, &object, bytes))
}

/// `GET /documents/{id}/original`: a file as it came, byte for byte.
#[utoipa::path(
    get, path = "/documents/{id}/original", tag = "documents",
    params(("id" = String, Path, description = "Opaque id"), ("purpose" = Option<String>, Query, description = "Why"),
           ("ordinal" = Option<u32>, Query, description = "Which file, from 0"),
           ("Range" = Option<String>, Header, description = "One part, `bytes=0-1023`"),
           ("If-Range" = Option<String>, Header, description = "ETag of the parts that the caller has"),
           ("If-None-Match" = Option<String>, Header, description = "ETag that was given before")),
    responses((status = 200, content((Vec<u8> = "application/pdf"), (Vec<u8> = "image/tiff"), (Vec<u8> = "image/jpeg"), (Vec<u8> = "image/png"))),
              (status = 206, description = "The part", content((Vec<u8> = "application/pdf"), (Vec<u8> = "image/tiff"), (Vec<u8> = "image/jpeg"), (Vec<u8> = "image/png"))), (status = 304, description = "Unchanged"),
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
    Ok(bytes::answer(&headers, &object, bytes))
}
