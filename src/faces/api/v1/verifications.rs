//! `/verifications`: signatures of a file that is not kept; and the proof of a stored document.

use axum::{Json, extract::State, http::StatusCode};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    domain::ids::RecordId,
    faces::{
        api::{
            Api,
            extract::{Asked, By, Place, Sent},
            problem::Problem,
        },
        verification::{self, VerificationOut},
    },
    workflows::verify,
};

/// A file to judge.
#[derive(ToSchema)]
#[allow(dead_code)] // describes the form
struct VerificationForm {
    /// The PDF.
    #[schema(format = Binary, content_media_type = "application/pdf")]
    file: Vec<u8>,
    /// The password that opens it.
    password: Option<String>,
}

/// `POST /verifications`: judges the signatures of a file; it is not kept.
#[utoipa::path(
    post, path = "/verifications", operation_id = "verify_file", tag = "signatures",
    request_body(content = VerificationForm, content_type = "multipart/form-data"),
    responses((status = 200, body = VerificationOut), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn verify_file(
    State(api): State<Api>,
    By(by): By,
    Sent(form): Sent,
) -> Result<Json<VerificationOut>, Problem> {
    let (bytes, password) = verification::read_form(form, api.max_bytes)
        .await
        .map_err(|fault| Problem::new(fault.status, "part", fault.message))?;
    let report = verify::file(&api.ctx, &by, bytes, password).await?;
    Ok(Json(VerificationOut::of(None, &report)))
}

/// Why it is read.
#[derive(Deserialize)]
pub(in crate::faces::api) struct WhyIn {
    purpose: Option<String>,
}

/// `GET /documents/{id}/verification`: what the signatures of a stored document are worth now.
#[utoipa::path(
    get, path = "/documents/{id}/verification", operation_id = "verify_document", tag = "documents",
    params(("id" = String, Path, description = "Opaque id"), ("purpose" = Option<String>, Query, description = "Why")),
    responses((status = 200, body = VerificationOut), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn verify_document(
    State(api): State<Api>,
    By(by): By,
    Place(id): Place<RecordId>,
    Asked(asked): Asked<WhyIn>,
) -> Result<Json<VerificationOut>, Problem> {
    let purpose = super::documents::purpose_for(&api, &by, &id, asked.purpose.as_deref()).await?;
    let report = verify::document(&api.ctx, &by, &id, &purpose).await?;
    Ok(Json(VerificationOut::of(None, &report)))
}

impl From<verify::VerifyError> for Problem {
    fn from(error: verify::VerifyError) -> Self {
        match error {
            verify::VerifyError::Browse(error) => error.into(),
            verify::VerifyError::Store(error) => error.into(),
            verify::VerifyError::Unreadable(error) if error.is_ours() => {
                tracing::error!(%error, "a file could not be judged");
                let detail = "Chưa kiểm tra được chữ ký của tệp này trong thời gian cho phép: chưa xác định, không \
                              được coi là hợp lệ.";
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "verification", detail)
            }
            verify::VerifyError::Unreadable(error) => error.into(),
        }
    }
}
