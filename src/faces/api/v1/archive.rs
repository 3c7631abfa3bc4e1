//! `/archive`: results of earlier days, in bulk, with what is known of them (Điều 14).

use axum::{
    Json,
    extract::{Multipart, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    faces::{
        api::{Api, extract::Officer, problem::Problem},
        listing,
    },
    workflows::archive::{self, ArchiveError, Outcome, Received},
};

/// A list with its files.
#[derive(ToSchema)]
#[allow(dead_code)] // describes the form
struct ArchiveForm {
    /// CSV (UTF-8) or XLSX: a line for each file, with the columns `path`, `procedure`, `component` and, where known,
    /// `owner`, `pages`, `form` and fields of the paper. No formulas.
    #[schema(format = Binary, content_media_type = "application/octet-stream")]
    list: Vec<u8>,
    /// The scans, under the names that the list has for them.
    #[schema(value_type = Vec<String>, format = Binary, content_media_type = "application/octet-stream")]
    file: Vec<Vec<u8>>,
}

/// What became of a list.
#[derive(Serialize, ToSchema)]
pub struct ArchiveOut {
    /// In the order of the list.
    lines: Vec<ArchiveLineOut>,
}

/// What became of a line.
#[derive(Serialize, ToSchema)]
struct ArchiveLineOut {
    /// Its number in the list; the header is 1.
    line: u32,
    /// `received`, `known` (received before, not again) or `unreadable`.
    outcome: &'static str,
    /// Opaque id of the paper; of the first one, where it was received before.
    paper: Option<String>,
    /// Its dossier, when it was received now.
    dossier: Option<String>,
    /// State of the contract, when it was received now.
    state: Option<&'static str>,
    /// A Vietnamese sentence.
    message: String,
}

impl From<Received> for ArchiveLineOut {
    fn from(received: Received) -> Self {
        let (outcome, message) = listing::outcome_of(&received);
        let (paper, dossier, state) = match &received.outcome {
            Outcome::Received(paper) => {
                (Some(paper.id.to_string()), Some(paper.dossier.to_string()), Some(paper.state.name()))
            }
            Outcome::Known(papers) => (papers.first().map(ToString::to_string), None, None),
            Outcome::Unreadable(_) => (None, None, None),
        };
        Self { line: received.paper.line, outcome, paper, dossier, state, message }
    }
}

/// `POST /archive`: results of earlier days with a list of what is known of them; the list is taken whole or not at all.
#[utoipa::path(
    post, operation_id = "receive_archive", path = "/archive", tag = "papers",
    request_body(content = ArchiveForm, content_type = "multipart/form-data"),
    responses((status = 202, body = ArchiveOut), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn receive(
    State(api): State<Api>,
    Officer(officer): Officer,
    form: Multipart,
) -> Result<Response, Problem> {
    let (list, files) = listing::read_form(form, api.max_bytes)
        .await
        .map_err(|fault| Problem::new(fault.status, "part", fault.message))?;
    let received = archive::receive(&api.ctx, &officer, list, files).await?;
    let lines = received.into_iter().map(ArchiveLineOut::from).collect();
    Ok((StatusCode::ACCEPTED, Json(ArchiveOut { lines })).into_response())
}

impl From<ArchiveError> for Problem {
    fn from(error: ArchiveError) -> Self {
        let detail = listing::sentence_of(&error);
        match error {
            ArchiveError::Intake(error) => error.into(),
            ArchiveError::Table(_) => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "list", detail),
            ArchiveError::Faults(faults) => {
                let faults = faults.iter().map(ToString::to_string).collect();
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "list", detail).with_faults(faults)
            }
        }
    }
}
