//! Feeder batches, and the separator sheets that cut them.

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    domain::{dossier::ExpectedPages, eligibility::PaperRole, ids::DossierId, officer::ActingOfficer},
    faces::{
        api::{
            Api,
            extract::{Asked, Officer, Place, UploadIn},
            problem::Problem,
        },
        wire::SheetOut,
    },
    workflows::{
        batch::{self, Batch, BatchPaper, Received},
        separators::{self, SheetsWanted},
    },
};

/// What became of a batch.
#[derive(Serialize, ToSchema)]
pub struct BatchOut {
    /// Pages of the batch.
    pages: u32,
    /// Its separator sheets.
    separators: Vec<SheetOut>,
    /// Positions of blank backs of sheets: no pages of a paper either.
    backs: Vec<u32>,
    /// The papers between them, in order.
    papers: Vec<BatchPaperOut>,
    /// What a person should know: Vietnamese sentences.
    messages: Vec<String>,
}

/// A paper of the batch.
#[derive(Serialize, ToSchema)]
struct BatchPaperOut {
    /// Opaque id: `GET /papers/{id}` watches it.
    paper: String,
    /// Its dossier.
    dossier: String,
    /// `01`, `KQ1`; null when nobody has said.
    component: Option<String>,
    /// Declared pages.
    declared_pages: Option<u32>,
    /// Its pages, by position in the batch.
    pages: Vec<u32>,
    /// State of the contract.
    state: &'static str,
    /// Why it lies in a dossier of its own, where it does.
    message: Option<String>,
}

impl From<BatchPaper> for BatchPaperOut {
    fn from(BatchPaper { paper, pages, question }: BatchPaper) -> Self {
        Self {
            paper: paper.id.to_string(),
            dossier: paper.dossier.to_string(),
            component: paper.role.as_ref().map(ToString::to_string),
            declared_pages: paper.expected_pages.map(|p| p.0),
            pages,
            state: paper.state.name(),
            message: question,
        }
    }
}

impl From<Received> for BatchOut {
    fn from(received: Received) -> Self {
        Self {
            pages: received.n_pages,
            separators: received.sheets.iter().map(|(at, mark)| SheetOut::of(*at, mark)).collect(),
            backs: received.backs,
            papers: received.papers.into_iter().map(BatchPaperOut::from).collect(),
            messages: received.remarks,
        }
    }
}

/// A batch as uploaded.
#[derive(ToSchema)]
#[allow(dead_code)] // describes the form; `UploadIn` reads it
struct BatchForm {
    /// A PDF or TIFF with many pages, or several pictures: the pages of the batch, in order.
    #[schema(format = Binary, content_media_type = "application/octet-stream")]
    file: Vec<u8>,
    /// The form in which all papers are handed in; `original` when absent.
    form: Option<String>,
    /// `01` or `KQ1`: what stands before the first sheet, and behind patch sheets before any other.
    code: Option<String>,
}

async fn receive(
    api: &Api,
    officer: &ActingOfficer,
    dossier: Option<DossierId>,
    form: UploadIn,
) -> Result<Response, Problem> {
    let role = form.code.as_deref().map(PaperRole::parse).transpose();
    let role = role.map_err(|e| Problem::bad_request("part", format!("Phần “code”: {e}.")))?;
    let batch = Batch {
        files: form.upload.files,
        form: form.upload.form,
        default: dossier.map(|dossier| (dossier, role)),
    };
    let received = batch::receive(&api.ctx, officer, batch).await?;
    Ok((StatusCode::ACCEPTED, Json(BatchOut::from(received))).into_response())
}

/// `POST /batches`: a batch from the feeder, cut at its separator sheets; each paper goes where its sheet says.
#[utoipa::path(
    post, path = "/batches", tag = "papers",
    request_body(content = BatchForm, content_type = "multipart/form-data"),
    responses((status = 202, body = BatchOut), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn upload(
    State(api): State<Api>,
    Officer(officer): Officer,
    form: UploadIn,
) -> Result<Response, Problem> {
    receive(&api, &officer, None, form).await
}

/// `POST /dossiers/{id}/batches`: as `POST /batches`; what no sheet assigns belongs to this dossier.
#[utoipa::path(
    post, path = "/dossiers/{id}/batches", tag = "papers", params(("id" = String, Path, description = "Dossier")),
    request_body(content = BatchForm, content_type = "multipart/form-data"),
    responses((status = 202, body = BatchOut), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn upload_to_dossier(
    State(api): State<Api>,
    Officer(officer): Officer,
    Place(dossier): Place<DossierId>,
    form: UploadIn,
) -> Result<Response, Problem> {
    receive(&api, &officer, Some(dossier), form).await
}

/// Which sheets are asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::faces::api) struct SeparatorsIn {
    component: Option<String>,
    pages: Option<u32>,
    #[serde(default)]
    patch: bool,
}

/// `GET /dossiers/{id}/separators`: separator sheets to print.
#[utoipa::path(
    get, path = "/dossiers/{id}/separators", tag = "dossiers",
    params(("id" = String, Path, description = "Dossier"),
           ("component" = Option<String>, Query, description = "Components and results, commas between: 01,KQ1; all that are digitised when absent"),
           ("pages" = Option<u32>, Query, description = "Pages of the paper, for one component alone"),
           ("patch" = Option<bool>, Query, description = "A plain sheet too, for further papers of a component")),
    responses((status = 200, content_type = "application/pdf"), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn sheets(
    State(api): State<Api>,
    Officer(officer): Officer,
    Place(dossier): Place<DossierId>,
    Asked(asked): Asked<SeparatorsIn>,
) -> Result<Response, Problem> {
    let codes = asked.component.as_deref().unwrap_or_default().split(',').filter(|c| !c.trim().is_empty());
    let roles = codes.map(PaperRole::parse).collect::<Result<Vec<_>, _>>();
    let wanted = SheetsWanted {
        roles: roles.map_err(|e| Problem::bad_request("query", format!("Tham số “component”: {e}.")))?,
        pages: asked.pages.map(ExpectedPages),
        with_patch: asked.patch,
    };
    let pdf = separators::print(&api.ctx, &officer, &dossier, &wanted).await?;
    let headers = [
        (header::CONTENT_TYPE, "application/pdf"),
        (header::CONTENT_DISPOSITION, "inline; filename=\"to-phan-cach.pdf\""),
    ];
    Ok((headers, pdf).into_response())
}
