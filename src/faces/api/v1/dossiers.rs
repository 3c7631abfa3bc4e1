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
        count::HandedIn,
        dossier::{Paper, PaperState},
        eligibility::{Clause, InvalidRole, PaperRole},
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
        checklist::{self, Checklist, Item},
        count::{self, Standing},
        intake,
        reuse::Taken,
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
    /// Results of the procedure (Điều 4 khoản 3): `-KQ(n)`.
    results: Vec<ChecklistItemOut>,
    /// Opinions of agencies that take part (Điều 4 khoản 2).
    opinions: Vec<PaperRefOut>,
    /// Whether nothing is left to do: every component digitised, reused, left out by a clause, or not handed in.
    complete: bool,
    /// What is left to do: Vietnamese sentences.
    open: Vec<String>,
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
    /// `digitised`, `reused`, `in_progress`, `missing`, `not_handed_in` or `not_digitised`.
    #[schema(value_type = String)]
    standing: crate::domain::checklist::Standing,
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
    /// The form it was handed in.
    form: &'static str,
    /// Its owner, opaque, where the store knows him: each paper has its own.
    owner: Option<String>,
    /// The owner's number, masked.
    owner_masked: Option<String>,
    /// The stored document.
    document: Option<String>,
    /// Why it is not digitised.
    reason: Option<String>,
    /// By which clause.
    rule: Option<String>,
}

impl PaperRefOut {
    fn of(paper: &Paper, checklist: &Checklist) -> Self {
        let whose = checklist.whose(&paper.id);
        let (mut document, mut reason, mut rule) = (None, None, None);
        match &paper.state {
            PaperState::Stored { record } => document = Some(record.to_string()),
            // What officers keyed may name somebody: it stands on the paper's own page.
            PaperState::Refused { reason: said, clause: Some(clause), .. } => {
                reason = Some(said.clone());
                rule = Some(clause.to_string());
            }
            PaperState::Quarantined { .. } => rule = Some(Clause::SECRET.to_string()),
            _ => {}
        }
        Self {
            id: paper.id.to_string(),
            component: paper.role.as_ref().map(ToString::to_string),
            state: paper.state.name(),
            form: paper.form.as_str(),
            owner: whose.and_then(|whose| whose.owner.as_ref()).map(ToString::to_string),
            owner_masked: whose.and_then(|whose| whose.masked.clone()),
            document,
            reason,
            rule,
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
    Ok(out(&checklist::of(&api.ctx, officer, id).await?))
}

fn out(checklist: &Checklist) -> DossierOut {
    let Standing { dossier, papers, comparison } = &checklist.dossier;
    let opinions = papers.iter().filter(|paper| matches!(paper.role, Some(PaperRole::Opinion { .. })));
    DossierOut {
        id: dossier.id.to_string(),
        procedure: dossier.procedure.as_ref().map(ToString::to_string),
        procedure_name: checklist.procedure().map(|p| p.name.clone()),
        opened_at: dossier.opened_at.to_string(),
        checklist: checklist.components.iter().map(|item| item_out(item, checklist)).collect(),
        papers: papers.iter().map(|paper| PaperRefOut::of(paper, checklist)).collect(),
        results: checklist.results.iter().map(|item| item_out(item, checklist)).collect(),
        opinions: opinions.map(|paper| PaperRefOut::of(paper, checklist)).collect(),
        complete: checklist.open.is_empty(),
        open: checklist.open.clone(),
        handed_in: dossier.handed_in.as_ref().map(HandedInOut::from),
        count: CountOut::from(comparison),
    }
}

fn item_out(item: &Item, checklist: &Checklist) -> ChecklistItemOut {
    let of_item = |taken: &&Taken| match &item.role {
        PaperRole::Component { code } => taken.reuse.component == *code,
        _ => false,
    };
    let reused: Vec<TakenOut> = checklist.taken.iter().filter(of_item).map(TakenOut::from).collect();
    let papers = checklist.dossier.papers.iter().filter(|paper| paper.role.as_ref() == Some(&item.role));
    ChecklistItemOut {
        component: item.role.to_string(),
        type_code: item.type_code.to_string(),
        name: item.name.clone(),
        decision: match (reused.is_empty(), item.is_digitised) {
            (false, _) => "reuse",
            (true, true) => "digitise",
            (true, false) => "do_not_digitise",
        },
        standing: item.standing,
        rule: item.clause.map(|clause| clause.to_string()),
        reason: item.reason.clone(),
        papers: papers.map(|paper| PaperRefOut::of(paper, checklist)).collect(),
        reused,
        declared: item.declared,
    }
}
