//! What becomes of a stored document: cancelled, given another code; and its history.

use axum::{Json, extract::State, response::Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::documents::{self, DocumentOut};
use crate::{
    domain::{
        code::{DocumentTypeCode, OwnerKey},
        ids::{DocumentNumber, RecordId},
        reuse::Reuse,
    },
    faces::{
        api::{
            Api,
            extract::{Asked, Body, By, Officer, Place},
            problem::Problem,
        },
        wire::CodeOut,
    },
    workflows::documents::{History, Recoding, history as history_of, recode as recoded, revoke as revoked},
};

/// Why and by which decision a document is cancelled.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RevokeIn {
    /// Recorded.
    reason: String,
    /// Number and symbol of the decision, where there is one.
    decision: Option<String>,
}

/// `POST /documents/{id}/revoke`: records that a document was cancelled (NĐ 45/2020/NĐ-CP, Điều 15).
#[utoipa::path(
    post, path = "/documents/{id}/revoke", tag = "documents", params(("id" = String, Path, description = "Opaque id")),
    request_body = RevokeIn,
    responses((status = 200, body = DocumentOut), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn revoke(
    State(api): State<Api>,
    Officer(officer): Officer,
    Place(id): Place<RecordId>,
    Body(body): Body<RevokeIn>,
) -> Result<Response, Problem> {
    let record = revoked(&api.ctx, &officer, &id, &body.reason, body.decision.as_deref()).await?;
    Ok(documents::with_etag(&record))
}

/// What a new code is made of; what is left out stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecodeIn {
    /// A number, or a name with birth date or founding year.
    owner: Option<String>,
    /// Mã loại giấy tờ.
    document_type_code: Option<String>,
    /// Số, ký hiệu.
    document_number: Option<String>,
    /// Recorded.
    reason: String,
}

/// `POST /documents/{id}/recode`: gives a document another code; the earlier one leads to it for ever (Điều 7).
#[utoipa::path(
    post, path = "/documents/{id}/recode", tag = "documents", params(("id" = String, Path, description = "Opaque id")),
    request_body = RecodeIn,
    responses((status = 200, body = DocumentOut), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn recode(
    State(api): State<Api>,
    Officer(officer): Officer,
    Place(id): Place<RecordId>,
    Body(body): Body<RecodeIn>,
) -> Result<Response, Problem> {
    let wrong = |field: &str, why: String| Problem::bad_request(field, why);
    let recoding = Recoding {
        owner: body
            .owner
            .as_deref()
            .map(OwnerKey::parse)
            .transpose()
            .map_err(|e| wrong("owner", e.to_string()))?,
        type_code: body
            .document_type_code
            .as_deref()
            .map(DocumentTypeCode::parse)
            .transpose()
            .map_err(|e| wrong("document_type_code", e.to_string()))?,
        number: body
            .document_number
            .as_deref()
            .map(DocumentNumber::parse)
            .transpose()
            .map_err(|e| wrong("document_number", e.to_string()))?,
    };
    let record = recoded(&api.ctx, &officer, &id, recoding, &body.reason).await?;
    Ok(documents::with_etag(&record))
}

/// What became of a document.
#[derive(Serialize, ToSchema)]
pub struct HistoryOut {
    /// The code that holds.
    code: CodeOut,
    /// The code on its first page, where another one holds: what is signed is never written anew.
    printed_code: Option<CodeOut>,
    /// All codes, oldest first; each leads to the document.
    codes: Vec<CodeSinceOut>,
    /// When it was stored, UTC.
    stored_at: String,
    /// When and why it was cancelled.
    revocation: Option<RevocationOut>,
    /// Dossiers it was taken for, oldest first; 500 at most.
    reuses: Vec<ReusedOut>,
    /// Taken out of its owner's store, put back, held, erased, oldest first.
    keeping: Vec<KeepingActOut>,
}

/// What was done to keep a document or not.
#[derive(Serialize, ToSchema)]
struct KeepingActOut {
    /// What: `remove`, `restore`, `hold`, `lift` or `erase`.
    act: &'static str,
    /// UTC.
    at: String,
    /// Why.
    reason: String,
}

/// A code and since when.
#[derive(Serialize, ToSchema)]
struct CodeSinceOut {
    code: CodeOut,
    /// Its place among the results of its dossier (NĐ 45/2020/NĐ-CP), where it is one.
    dossier_result_ordinal: Option<u16>,
    /// The code of its kind in the national database, where the catalogue knew it.
    national_result_code: Option<String>,
    /// UTC.
    assigned_at: String,
}

/// That a document was cancelled.
#[derive(Serialize, ToSchema)]
struct RevocationOut {
    /// UTC.
    revoked_at: String,
    /// Why.
    reason: String,
    /// Number and symbol of the decision.
    decision: Option<String>,
}

/// That a document was taken.
#[derive(Serialize, ToSchema)]
struct ReusedOut {
    /// The dossier, opaque.
    dossier: String,
    /// Mã thành phần.
    component: String,
    /// UTC.
    taken_at: String,
    /// When that was taken back, UTC.
    undone_at: Option<String>,
}

impl From<&Reuse> for ReusedOut {
    fn from(reuse: &Reuse) -> Self {
        Self {
            dossier: reuse.dossier.to_string(),
            component: reuse.component.to_string(),
            taken_at: reuse.at.to_string(),
            undone_at: reuse.undone_at.map(|at| at.to_string()),
        }
    }
}

impl From<&History> for HistoryOut {
    fn from(History { record, codes, revocation, takings, acts }: &History) -> Self {
        let revocation = record.revoked_at.zip(revocation.as_ref()).map(|(at, said)| RevocationOut {
            revoked_at: at.to_string(),
            reason: said.reason.clone(),
            decision: said.decision.clone(),
        });
        let since = |assigned: &crate::store::codes::AssignedCode| CodeSinceOut {
            code: CodeOut::assigned(&assigned.code),
            dossier_result_ordinal: assigned.readings.dossier_ordinal,
            national_result_code: assigned.readings.national.as_ref().map(ToString::to_string),
            assigned_at: assigned.at.to_string(),
        };
        Self {
            code: CodeOut::assigned(&record.code),
            printed_code: record.printed.as_ref().map(CodeOut::assigned),
            codes: codes.iter().map(since).collect(),
            stored_at: record.stored_at.to_string(),
            revocation,
            reuses: takings.iter().map(ReusedOut::from).collect(),
            keeping: acts
                .iter()
                .map(|kept| KeepingActOut {
                    act: kept.act.name(),
                    at: kept.at.to_string(),
                    reason: kept.act.reason().to_owned(),
                })
                .collect(),
        }
    }
}

/// Why it is read.
#[derive(Deserialize)]
pub(in crate::faces::api) struct HistoryIn {
    purpose: Option<String>,
}

/// `GET /documents/{id}/history`: codes old and new, cancellation, and the dossiers it served.
#[utoipa::path(
    get, path = "/documents/{id}/history", tag = "documents",
    params(("id" = String, Path, description = "Opaque id"), ("purpose" = Option<String>, Query, description = "Why")),
    responses((status = 200, body = HistoryOut), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn history(
    State(api): State<Api>,
    By(by): By,
    Place(id): Place<RecordId>,
    Asked(asked): Asked<HistoryIn>,
) -> Result<Json<HistoryOut>, Problem> {
    let purpose = documents::purpose_for(&api, &by, &id, asked.purpose.as_deref()).await?;
    Ok(Json((&history_of(&api.ctx, &by, &id, &purpose).await?).into()))
}
