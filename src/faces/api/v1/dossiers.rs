//! `/dossiers`.

use std::collections::BTreeMap;

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
        catalogue::{Catalogue, DossierComponent, Procedure},
        count::HandedIn,
        dossier::Paper,
        eligibility::{InvalidRole, PaperRole},
        ids::{DossierId, ProcedureCode},
        officer::ActingOfficer,
    },
    faces::{
        api::v1::reuse::TakenOut,
        api::{
            Api,
            extract::{Body, Officer, Place},
            problem::Problem,
        },
        wire::{CountOut, HandedInOut},
    },
    workflows::{
        count::{self, Standing},
        intake,
        reuse::{self, Taken},
    },
};

/// Which procedure the dossier is of.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenDossierIn {
    /// Mã thủ tục, such as `1.001776`.
    #[schema(example = "1.001776")]
    procedure: String,
    /// How many papers were handed in, where it is known already (Điều 9 khoản 1).
    #[serde(default)]
    handed_in: Option<HandedInIn>,
}

/// How many papers were handed in: of the whole dossier, of single components, or both.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct HandedInIn {
    /// Of the whole dossier.
    #[serde(default)]
    total: Option<u32>,
    /// By component or result, such as `{"01": 2, "KQ1": 1}`.
    #[serde(default)]
    components: BTreeMap<String, u32>,
}

impl HandedInIn {
    fn parse(&self) -> Result<HandedIn, Problem> {
        let wrong = |detail: String| {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "count", format!("Số giấy tờ đã nộp: {detail}."))
                .under("QĐ 1917/QĐ-BLĐTBXH, Điều 9 khoản 1")
        };
        let role = |(code, n): (&String, &u32)| Ok((PaperRole::parse(code)?, *n));
        let roles = self.components.iter().map(role).collect::<Result<Vec<_>, InvalidRole>>();
        let roles = roles.map_err(|e| wrong(e.to_string()))?;
        HandedIn::new(self.total, roles).map_err(|e| wrong(e.to_string()))
    }
}

/// How many papers were handed in, said later or anew.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeclareIn {
    /// Of the whole dossier.
    #[serde(default)]
    total: Option<u32>,
    /// By component or result, such as `{"01": 2, "KQ1": 1}`.
    #[serde(default)]
    components: BTreeMap<String, u32>,
    /// Why another number is given than before; recorded.
    #[serde(default)]
    reason: Option<String>,
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
    /// How many were handed in; null when nobody has said.
    handed_in: Option<HandedInOut>,
    /// Papers held against originals (Điều 9 khoản 1).
    count: CountOut,
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
    /// `digitise`, `reuse` (a document of the store was taken) or `do_not_digitise`.
    decision: &'static str,
    /// The clause.
    rule: Option<String>,
    /// Why, from the catalogue.
    reason: String,
    /// Papers handed in for it.
    papers: Vec<PaperRefOut>,
    /// Documents of the store that were taken for it.
    reused: Vec<TakenOut>,
    /// How many were handed in; null when nobody has said.
    declared: Option<u32>,
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
    let handed_in = body.handed_in.as_ref().map(HandedInIn::parse).transpose()?;
    let dossier = intake::open_dossier_of(&api.ctx, &officer, Some(procedure), handed_in).await?;
    let place = format!("/api/v1/dossiers/{}", dossier.id);
    Ok((StatusCode::CREATED, [(header::LOCATION, place)], Json(seen(&api, &officer, &dossier.id).await?)))
}

/// `GET /dossiers/{id}`: a dossier with its checklist.
#[utoipa::path(
    get,
    operation_id = "see_dossier", path = "/dossiers/{id}", tag = "dossiers", params(("id" = String, Path, description = "Opaque id")),
    responses((status = 200, body = DossierOut), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn see(
    State(api): State<Api>,
    Officer(officer): Officer,
    Place(id): Place<DossierId>,
) -> Result<Json<DossierOut>, Problem> {
    Ok(Json(seen(&api, &officer, &id).await?))
}

/// `POST /dossiers/{id}/handed-in`: an officer says how many papers were handed in, or says it anew (Điều 9).
#[utoipa::path(
    post, path = "/dossiers/{id}/handed-in", tag = "dossiers", params(("id" = String, Path, description = "Opaque id")),
    request_body = DeclareIn,
    responses((status = 200, body = DossierOut), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn declare(
    State(api): State<Api>,
    Officer(officer): Officer,
    Place(id): Place<DossierId>,
    Body(DeclareIn { total, components, reason }): Body<DeclareIn>,
) -> Result<Json<DossierOut>, Problem> {
    let handed_in = HandedInIn { total, components }.parse()?;
    count::declare(&api.ctx, &officer, &id, handed_in, reason.as_deref()).await?;
    Ok(Json(seen(&api, &officer, &id).await?))
}

async fn seen(api: &Api, officer: &ActingOfficer, id: &DossierId) -> Result<DossierOut, Problem> {
    let standing = count::standing(&api.ctx, officer, id).await?;
    let catalogue = intake::catalogue_of(&api.ctx, &standing.dossier).await?;
    let taken = reuse::of_dossier(&api.ctx, officer, id).await?;
    Ok(out(&standing, &taken, &catalogue))
}

fn out(
    Standing { dossier, papers, comparison }: &Standing,
    taken: &[Taken],
    catalogue: &Catalogue,
) -> DossierOut {
    let procedure = dossier.procedure.as_ref().and_then(|code| catalogue.procedure(code));
    DossierOut {
        id: dossier.id.to_string(),
        procedure: dossier.procedure.as_ref().map(ToString::to_string),
        procedure_name: procedure.map(|p| p.name.clone()),
        opened_at: dossier.opened_at.to_string(),
        checklist: procedure
            .map(|p| checklist(p, papers, taken, dossier.handed_in.as_ref()))
            .unwrap_or_default(),
        papers: papers.iter().map(PaperRefOut::from).collect(),
        handed_in: dossier.handed_in.as_ref().map(HandedInOut::from),
        count: CountOut::from(comparison),
    }
}

fn checklist(
    procedure: &Procedure,
    papers: &[Paper],
    taken: &[Taken],
    declared: Option<&HandedIn>,
) -> Vec<ChecklistItemOut> {
    let item = |component: &DossierComponent| {
        let role = PaperRole::Component { code: component.code.clone() };
        let received = papers.iter().filter(|p| p.role.as_ref() == Some(&role));
        let reused: Vec<TakenOut> =
            taken.iter().filter(|t| t.reuse.component == component.code).map(TakenOut::from).collect();
        ChecklistItemOut {
            component: component.code.to_string(),
            type_code: component.type_code().to_string(),
            name: component.name.clone(),
            decision: match (reused.is_empty(), component.digitise) {
                (false, _) => "reuse",
                (true, true) => "digitise",
                (true, false) => "do_not_digitise",
            },
            reused,
            rule: component.clause().map(|c| c.to_string()),
            reason: component.reason.clone(),
            papers: received.map(PaperRefOut::from).collect(),
            declared: declared.and_then(|declared| declared.of(&role)),
        }
    };
    procedure.components.iter().map(item).collect()
}
