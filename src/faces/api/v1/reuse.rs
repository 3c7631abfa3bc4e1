//! Papers of the store that serve a dossier again.

use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    domain::{
        code::OwnerKey,
        ids::{ComponentCode, DossierId, PaperId, RecordId, ReuseId},
        reuse::{Answer, Judgement, Question, Reason, Reuse},
    },
    faces::{
        api::{
            Api,
            extract::{Body, Officer, Place},
            problem::Problem,
        },
        wire::CodeOut,
    },
    workflows::{
        browse::Purpose,
        reuse::{self, Offer, Taken, Taking},
    },
};

/// Whose papers are looked for, and why.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReusableIn {
    /// A number, or a name with birth date or founding year, as in a code.
    owner: String,
    /// The number of the guardian who stands at the desk for a child under 14: its papers are open then.
    #[serde(default)]
    guardian: Option<String>,
    /// Why; recorded.
    purpose: String,
}

/// Whether a paper serves, and why.
#[derive(Serialize, ToSchema)]
pub struct JudgementOut {
    /// `fits`, `unknown` (a person decides) or `does_not`.
    #[schema(value_type = String)]
    answer: Answer,
    /// The day it was judged for.
    day: String,
    /// Each question with its answer.
    reasons: Vec<JudgementReasonOut>,
}

/// One question that was asked of a paper.
#[derive(Serialize, ToSchema)]
struct JudgementReasonOut {
    /// `revocation`, `validity`, `scope` or `signature`.
    #[schema(value_type = String)]
    question: Question,
    /// As above.
    #[schema(value_type = String)]
    answer: Answer,
    /// One Vietnamese sentence.
    message: String,
}

impl From<&Judgement> for JudgementOut {
    fn from(judgement: &Judgement) -> Self {
        let reason = |reason: &Reason| JudgementReasonOut {
            question: reason.question,
            answer: reason.answer,
            message: reason.message.clone(),
        };
        Self {
            answer: judgement.answer,
            day: judgement.day.to_string(),
            reasons: judgement.reasons.iter().map(reason).collect(),
        }
    }
}

/// What the owner already has.
#[derive(Serialize, ToSchema)]
pub struct ReusableOut {
    /// Opaque ids of the owners that the key may mean; more than one only for a name.
    owners: Vec<String>,
    /// Papers by component, the newest first.
    offers: Vec<OfferOut>,
}

/// A paper that serves a component, or why not.
#[derive(Serialize, ToSchema)]
struct OfferOut {
    /// Mã thành phần.
    component: String,
    /// Its name.
    component_name: String,
    /// For `/documents/{id}`.
    document: String,
    /// Its owner, opaque.
    owner: String,
    /// Its name.
    document_name: String,
    /// Its number and symbol.
    document_number: Option<String>,
    /// When it was issued.
    issued_on: Option<String>,
    /// Whether it serves.
    judgement: JudgementOut,
}

impl From<&Offer> for OfferOut {
    fn from(Offer { component, component_name, record, judgement }: &Offer) -> Self {
        let fields = &record.fields;
        Self {
            component: component.to_string(),
            component_name: component_name.clone(),
            document: record.id.to_string(),
            owner: record.owner.to_string(),
            document_name: fields.document_name.clone(),
            document_number: fields.document_number.as_ref().map(ToString::to_string),
            issued_on: fields.issued_on.map(|day| day.to_string()),
            judgement: judgement.into(),
        }
    }
}

/// What is taken, and why.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TakeIn {
    /// Opaque id of the document.
    document: String,
    /// Why it is read; recorded.
    purpose: String,
    /// Why it is taken though something is unknown; recorded.
    reason: Option<String>,
}

impl TakeIn {
    fn parse(self) -> Result<Taking, Problem> {
        let record = RecordId::parse(&self.document).map_err(|_| Problem::not_found())?;
        Ok(Taking { record, purpose: Purpose::parse(&self.purpose)?, reason: self.reason })
    }
}

/// A taking, as the ledger has it.
#[derive(Serialize, ToSchema)]
pub struct ReuseOut {
    /// Opaque id.
    id: String,
    /// The document.
    document: String,
    /// The dossier.
    dossier: String,
    /// Mã thành phần.
    component: String,
    /// The paper that was given up for it.
    paper: Option<String>,
    /// What was said of it when it was taken.
    judgement: JudgementOut,
    /// When, UTC.
    taken_at: String,
}

impl From<&Reuse> for ReuseOut {
    fn from(reuse: &Reuse) -> Self {
        Self {
            id: reuse.id.to_string(),
            document: reuse.record.to_string(),
            dossier: reuse.dossier.to_string(),
            component: reuse.component.to_string(),
            paper: reuse.paper.as_ref().map(ToString::to_string),
            judgement: (&reuse.judged).into(),
            taken_at: reuse.at.to_string(),
        }
    }
}

/// A document that was taken for a dossier, judged for today.
#[derive(Serialize, Clone, ToSchema)]
pub(super) struct TakenOut {
    /// Opaque id of the taking.
    id: String,
    /// The document.
    document: String,
    /// Its code.
    #[schema(value_type = Object)]
    code: CodeOut,
    /// `fits`, `unknown` or `does_not`, today: it may have been cancelled since.
    #[schema(value_type = String)]
    today: Answer,
    /// When it was taken, UTC.
    taken_at: String,
}

impl From<&Taken> for TakenOut {
    fn from(taken: &Taken) -> Self {
        Self {
            id: taken.reuse.id.to_string(),
            document: taken.reuse.record.to_string(),
            code: CodeOut::assigned(&taken.record.code),
            today: taken.today.answer,
            taken_at: taken.reuse.at.to_string(),
        }
    }
}

/// `POST /dossiers/{id}/reusable`: what a person or organisation already has for the components of a dossier (Điều 12).
#[utoipa::path(
    post, path = "/dossiers/{id}/reusable", tag = "reuse", params(("id" = String, Path, description = "Opaque id")),
    request_body = ReusableIn,
    responses((status = 200, body = ReusableOut), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn reusable(
    State(api): State<Api>,
    Officer(officer): Officer,
    Place(id): Place<DossierId>,
    Body(body): Body<ReusableIn>,
) -> Result<Json<ReusableOut>, Problem> {
    let purpose = Purpose::parse(&body.purpose)?;
    let key = OwnerKey::parse(&body.owner).map_err(|e| Problem::bad_request("owner", e.to_string()))?;
    let guardian = body.guardian.as_deref().map(OwnerKey::parse).transpose();
    let guardian = guardian.map_err(|e| Problem::bad_request("guardian", e.to_string()))?;
    let (owners, offers) = reuse::offers(&api.ctx, &officer, &id, &key, guardian.as_ref(), &purpose).await?;
    api.purposes.state(&(&officer).into(), &owners, &purpose, api.ctx.clock.now());
    Ok(Json(ReusableOut {
        owners: owners.iter().map(ToString::to_string).collect(),
        offers: offers.iter().map(OfferOut::from).collect(),
    }))
}

/// `POST /dossiers/{id}/components/{code}/reuse`: takes a document of the store for a component.
#[utoipa::path(
    post, path = "/dossiers/{id}/components/{code}/reuse", tag = "reuse",
    params(("id" = String, Path, description = "Opaque id"), ("code" = String, Path, description = "Mã thành phần")),
    request_body = TakeIn,
    responses((status = 201, body = ReuseOut), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn take(
    State(api): State<Api>,
    Officer(officer): Officer,
    Place((id, component)): Place<(DossierId, ComponentCode)>,
    Body(body): Body<TakeIn>,
) -> Result<(StatusCode, Json<ReuseOut>), Problem> {
    let reuse = reuse::take(&api.ctx, &officer, &id, &component, body.parse()?).await?;
    Ok((StatusCode::CREATED, Json((&reuse).into())))
}

/// `POST /papers/{id}/reuse`: takes a document of the store instead of a paper that was handed in all the same.
#[utoipa::path(
    post, path = "/papers/{id}/reuse", tag = "reuse", params(("id" = String, Path, description = "Opaque id")),
    request_body = TakeIn,
    responses((status = 201, body = ReuseOut), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn take_for_paper(
    State(api): State<Api>,
    Officer(officer): Officer,
    Place(id): Place<PaperId>,
    Body(body): Body<TakeIn>,
) -> Result<(StatusCode, Json<ReuseOut>), Problem> {
    let reuse = reuse::take_for_paper(&api.ctx, &officer, &id, body.parse()?).await?;
    Ok((StatusCode::CREATED, Json((&reuse).into())))
}

/// Why a taking is taken back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UndoIn {
    /// Recorded.
    reason: String,
}

/// `POST /dossiers/{id}/reuses/{reuse}/undo`: takes a taking back; the ledger keeps both.
#[utoipa::path(
    post, operation_id = "undo_reuse", path = "/dossiers/{id}/reuses/{reuse}/undo", tag = "reuse",
    params(("id" = String, Path, description = "Opaque id"), ("reuse" = String, Path, description = "Opaque id")),
    request_body = UndoIn,
    responses((status = 204), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn undo(
    State(api): State<Api>,
    Officer(officer): Officer,
    Place((id, reuse)): Place<(DossierId, ReuseId)>,
    Body(body): Body<UndoIn>,
) -> Result<StatusCode, Problem> {
    reuse::undo(&api.ctx, &officer, &id, &reuse, &body.reason).await?;
    Ok(StatusCode::NO_CONTENT)
}
