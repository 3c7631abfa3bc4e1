//! `/dossiers`.

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    domain::{
        catalogue::{Catalogue, Procedure},
        dossier::{Dossier, Paper},
        eligibility::PaperRole,
        ids::{DossierId, ProcedureCode},
    },
    faces::api::{
        Api,
        extract::{Body, Officer, Place},
        problem::Problem,
    },
    workflows::{browse, intake},
};

/// Which procedure the dossier is of.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenDossierIn {
    /// Mã thủ tục, such as `1.001776`.
    #[schema(example = "1.001776")]
    procedure: String,
}

/// A dossier with its checklist.
#[derive(Serialize, ToSchema)]
pub struct DossierOut {
    /// Opaque id.
    id: String,
    /// Mã thủ tục.
    procedure: Option<String>,
    /// Its name.
    procedure_name: Option<String>,
    /// When it was opened, UTC.
    opened_at: String,
    /// What is to be done about each component (Điều 4, 5).
    checklist: Vec<ChecklistItemOut>,
    /// All papers, also results and opinions.
    papers: Vec<PaperRefOut>,
}

/// One component of the procedure.
#[derive(Serialize, ToSchema)]
struct ChecklistItemOut {
    /// Mã thành phần.
    component: String,
    /// The code its papers get.
    type_code: String,
    /// Name.
    name: String,
    /// `digitise` or `do_not_digitise`.
    decision: &'static str,
    /// The clause.
    rule: Option<String>,
    /// Why, from the catalogue.
    reason: String,
    /// Papers handed in for it.
    papers: Vec<PaperRefOut>,
}

/// A paper and where it stands.
#[derive(Serialize, Clone, ToSchema)]
struct PaperRefOut {
    /// Opaque id.
    id: String,
    /// `01`, `KQ1`; null when nobody has said.
    component: Option<String>,
    /// State of the contract.
    state: &'static str,
}

impl From<&Paper> for PaperRefOut {
    fn from(paper: &Paper) -> Self {
        Self {
            id: paper.id.to_string(),
            component: paper.role.as_ref().map(ToString::to_string),
            state: paper.state.name(),
        }
    }
}

/// `POST /dossiers`: opens a dossier of a procedure.
#[utoipa::path(
    post, path = "/dossiers", tag = "dossiers", request_body = OpenDossierIn,
    responses((status = 201, body = DossierOut), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn open(
    State(api): State<Api>,
    Officer(officer): Officer,
    Body(body): Body<OpenDossierIn>,
) -> Result<impl IntoResponse, Problem> {
    let procedure = ProcedureCode::parse(&body.procedure)
        .map_err(|e| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "unknown-procedure", e.to_string()))?;
    let dossier = intake::open_dossier(&api.ctx, &officer, Some(procedure)).await?;
    let catalogue = intake::catalogue_of(&api.ctx, &dossier).await?;
    let place = format!("/api/v1/dossiers/{}", dossier.id);
    Ok((StatusCode::CREATED, [(header::LOCATION, place)], Json(out(&dossier, &[], &catalogue))))
}

/// `GET /dossiers/{id}`: a dossier with its checklist.
#[utoipa::path(
    get, path = "/dossiers/{id}", tag = "dossiers", params(("id" = String, Path, description = "Opaque id")),
    responses((status = 200, body = DossierOut), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn see(
    State(api): State<Api>,
    Place(id): Place<DossierId>,
) -> Result<Json<DossierOut>, Problem> {
    let (dossier, papers) = browse::dossier(&api.ctx, &id).await?;
    let catalogue = intake::catalogue_of(&api.ctx, &dossier).await?;
    Ok(Json(out(&dossier, &papers, &catalogue)))
}

fn out(dossier: &Dossier, papers: &[Paper], catalogue: &Catalogue) -> DossierOut {
    let procedure = dossier.procedure.as_ref().and_then(|code| catalogue.procedure(code));
    DossierOut {
        id: dossier.id.to_string(),
        procedure: dossier.procedure.as_ref().map(ToString::to_string),
        procedure_name: procedure.map(|p| p.name.clone()),
        opened_at: dossier.opened_at.to_string(),
        checklist: procedure.map(|p| checklist(p, papers)).unwrap_or_default(),
        papers: papers.iter().map(PaperRefOut::from).collect(),
    }
}

fn checklist(procedure: &Procedure, papers: &[Paper]) -> Vec<ChecklistItemOut> {
    let handed_in = |code| {
        let role = PaperRole::Component { code };
        papers.iter().filter(|p| p.role.as_ref() == Some(&role)).map(PaperRefOut::from).collect()
    };
    let item = |component: &crate::domain::catalogue::DossierComponent| ChecklistItemOut {
        component: component.code.to_string(),
        type_code: component.type_code().to_string(),
        name: component.name.clone(),
        decision: if component.digitise { "digitise" } else { "do_not_digitise" },
        rule: component.clause().map(|c| c.to_string()),
        reason: component.reason.clone(),
        papers: handed_in(component.code.clone()),
    };
    procedure.components.iter().map(item).collect()
}
