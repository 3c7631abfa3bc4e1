//! Papers on their way: upload, state, findings, proposed fields, confirmation.

use std::{convert::Infallible, time::Duration};

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::{Stream, stream};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::{
    clock::day_in_vietnam,
    domain::{
        code::{CodeNumber, OwnerKey},
        confirm::FieldEdits,
        dossier::{Paper, PaperObject, PaperState},
        eligibility::PaperRole,
        ids::{ComponentCode, DossierId, PaperId},
        officer::ActingOfficer,
        text::RecognisedText,
    },
    faces::{
        api::{
            Api,
            extract::{Asked, Body, Officer, Place, UploadIn},
            problem::Problem,
            v1::owner_acts::IdFindingOut,
        },
        verification::VerificationOut,
        wire::{self, CodeOut, PageOut, QuarantineOut, ReasonOut, ScannedBeforeOut},
    },
    workflows::{
        browse::{self, Standing},
        confirm as confirming, digitise, intake,
        owners::{self, PaperOwner},
        quarantine, rescan, verify,
    },
};

/// A paper, where it stands, and what is known there.
#[derive(Serialize, ToSchema)]
pub struct PaperOut {
    /// Opaque id.
    id: String,
    /// Its dossier.
    dossier: String,
    /// `01`, `KQ1`; null when nobody has said.
    component: Option<String>,
    /// The form it was handed in.
    #[schema(value_type = String)]
    form: crate::domain::eligibility::HandedInAs,
    /// State of the contract.
    state: &'static str,
    /// Counts the changes; also the ETag.
    version: u64,
    /// When the bytes were received, UTC.
    received_at: String,
    /// The files as they came.
    originals: Vec<OriginalOut>,
    /// Findings about the pages and the fields.
    reasons: Vec<ReasonOut>,
    /// The pages.
    pages: Vec<PageOut>,
    /// The eleven fields as proposed, with `suggestion` and `alternatives` where one is asked; null before
    /// the paper was read.
    #[schema(value_type = Option<Object>)]
    fields: Option<Map<String, Value>>,
    /// While the paper is being read: number, day, agency and name from the head of page one, to begin with; never
    /// confirmed. Null before and after.
    #[schema(value_type = Option<Object>)]
    first_fields: Option<Map<String, Value>>,
    /// The fields as confirmed; null before.
    #[schema(value_type = Option<Object>)]
    confirmed: Option<Value>,
    /// The code, proposed or assigned.
    code: Option<CodeOut>,
    /// Whose paper it seems to be, by what was declared, read or confirmed; null before and once it is stored.
    owner: Option<PaperOwnerOut>,
    /// The stored document.
    document: Option<String>,
    /// The same paper, received before: it is there to be used again.
    scanned_before: Option<ScannedBeforeOut>,
    /// What the signatures of its file were worth when it came in; null where it came in unsigned.
    signatures: Option<VerificationOut>,
    /// Of a secret paper: when its bytes have to be erased.
    quarantine: Option<QuarantineOut>,
    /// Why it stopped, where it did.
    stopped: Option<StoppedOut>,
}

/// A file as it came.
#[derive(Serialize, ToSchema)]
pub(in crate::faces::api) struct OriginalOut {
    ordinal: u32,
    blake3: String,
    sha256: String,
    n_bytes: u64,
    media_type: String,
}

impl From<&PaperObject> for OriginalOut {
    fn from(o: &PaperObject) -> Self {
        Self {
            ordinal: o.ordinal,
            blake3: o.hash.to_string(),
            sha256: o.sha256.clone(),
            n_bytes: o.n_bytes,
            media_type: o.media_type.clone(),
        }
    }
}

/// Whose paper it seems to be.
#[derive(Serialize, ToSchema)]
struct PaperOwnerOut {
    /// Opaque id, where the store knows him by number.
    id: Option<String>,
    /// All that he is known by; numbers are masked.
    known_as: Vec<String>,
    /// What is odd about the numbers and what is known beside them.
    findings: Vec<IdFindingOut>,
}

impl From<PaperOwner> for PaperOwnerOut {
    fn from(owner: PaperOwner) -> Self {
        Self {
            id: owner.known.map(|id| id.to_string()),
            known_as: owner.keys.iter().map(OwnerKey::masked).collect(),
            findings: owner.findings.iter().map(IdFindingOut::from).collect(),
        }
    }
}

/// Why a paper goes no further by itself.
#[derive(Serialize, ToSchema)]
struct StoppedOut {
    /// One Vietnamese sentence.
    message: String,
    /// The clause, where the regulation says so.
    rule: Option<String>,
    /// The step that failed.
    #[schema(value_type = Option<String>)]
    step: Option<crate::domain::dossier::Step>,
    /// Whether trying again may help.
    retry: bool,
}

fn out(paper: &Paper, originals: &[PaperObject], codes_without_number: bool) -> PaperOut {
    let mut answer = PaperOut {
        id: paper.id.to_string(),
        dossier: paper.dossier.to_string(),
        component: paper.role.as_ref().map(ToString::to_string),
        form: paper.form,
        state: paper.state.name(),
        version: paper.version,
        received_at: paper.received_at.to_string(),
        originals: originals.iter().map(OriginalOut::from).collect(),
        reasons: Vec::new(),
        pages: Vec::new(),
        fields: None,
        first_fields: None,
        confirmed: None,
        code: None,
        owner: None,
        document: None,
        scanned_before: None,
        signatures: None,
        quarantine: None,
        stopped: None,
    };
    let stopped = |message: &str, rule: Option<String>, step, retry| {
        Some(StoppedOut { message: message.to_owned(), rule, step, retry })
    };
    let nothing = RecognisedText::default();
    match &paper.state {
        PaperState::NeedsRescan { faults } => {
            answer.reasons = faults.findings.iter().map(ReasonOut::from).collect();
            answer.pages = wire::pages_out(&faults.pages, &nothing);
        }
        PaperState::ToConfirm { checked, proposed, .. } => {
            answer.reasons = checked.findings.iter().map(ReasonOut::from).collect();
            answer.pages = wire::pages_out(&checked.pages, &nothing);
            answer.fields = Some(wire::fields_out(proposed));
            let received_on = day_in_vietnam(paper.received_at);
            let without_number = codes_without_number.then_some(CodeNumber::None { received_on, ordinal: 1 });
            answer.code = proposed.code(without_number).as_ref().map(CodeOut::proposed);
        }
        PaperState::ToSign { confirmed }
        | PaperState::Signing { confirmed, .. }
        | PaperState::ToCode { confirmed } => {
            answer.reasons = confirmed.checked.findings.iter().map(ReasonOut::from).collect();
            answer.pages = wire::pages_out(&confirmed.checked.pages, &nothing);
            answer.confirmed = Some(confirmed.fields.named());
            answer.code = Some(CodeOut::assigned(&confirmed.code));
        }
        PaperState::Stored { record } => answer.document = Some(record.to_string()),
        PaperState::Refused { reason, clause, .. } => {
            answer.stopped = stopped(reason, clause.map(|c| c.to_string()), None, false);
        }
        PaperState::Quarantined { .. } => {
            let rule = Some("QĐ 1917/QĐ-BLĐTBXH, Điều 5 khoản 1".to_owned());
            answer.stopped =
                stopped("Tài liệu có dấu độ mật: không số hóa, đã được cách ly.", rule, None, false);
        }
        PaperState::Postponed { reason, .. } => answer.stopped = stopped(reason, None, None, true),
        PaperState::Failed { step, cause, retry, .. } => {
            answer.stopped = stopped(cause, None, Some(*step), *retry);
        }
        PaperState::Received | PaperState::Checking | PaperState::Reading { .. } => {}
    }
    answer
}

fn etag(version: u64) -> String {
    format!("\"{version}\"")
}

pub(super) fn with_etag(answer: PaperOut) -> Response {
    ([(header::ETAG, etag(answer.version))], Json(answer)).into_response()
}

// --- upload -----------------------------------------------------------------------------------

/// A paper as uploaded.
#[derive(ToSchema)]
#[allow(dead_code)] // describes the form; `UploadIn` reads it
struct UploadForm {
    /// A PDF, TIFF, JPEG or PNG; several pictures are the pages of one paper, in order.
    #[schema(format = Binary, content_media_type = "application/octet-stream")]
    file: Vec<u8>,
    /// Number of pages of the paper original.
    pages: Option<u32>,
    /// The owner's number.
    owner: Option<String>,
    /// The form it was handed in; `original` when absent.
    form: Option<String>,
    /// For a result: n of `-KQ(n)`; 1 when absent.
    ordinal: Option<u16>,
    /// For an opinion: the component code it is coded under.
    code: Option<String>,
    /// `desk` (when absent): a person waits, it is read before everything of a pile; or `pile`.
    urgency: Option<String>,
}

async fn receive(
    api: &Api,
    officer: &ActingOfficer,
    dossier: &DossierId,
    upload: intake::Upload,
) -> Result<Response, Problem> {
    let paper = intake::receive(&api.ctx, officer, dossier, upload).await?;
    let place = format!("/api/v1/papers/{}", paper.id);
    let owner = owners::of_paper(&api.ctx, &paper).await?.map(PaperOwnerOut::from);
    let answer = PaperOut { owner, ..out(&paper, &[], api.ctx.rules.code_papers_without_number) };
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, place), (header::ETAG, etag(paper.version))], Json(answer))
        .into_response())
}

/// `POST /dossiers/{id}/components/{code}/papers`: hands in a paper of a component (Điều 11).
#[utoipa::path(
    post, path = "/dossiers/{id}/components/{code}/papers", tag = "papers",
    params(("id" = String, Path, description = "Dossier"), ("code" = String, Path, description = "Component, such as 01 or YC01")),
    request_body(content = UploadForm, content_type = "multipart/form-data"),
    responses((status = 202, body = PaperOut, headers(("Location" = String, description = "Where to watch it"))),
              (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn upload_component(
    State(api): State<Api>,
    Officer(officer): Officer,
    Place((dossier, code)): Place<(DossierId, String)>,
    form: UploadIn,
) -> Result<Response, Problem> {
    let code = ComponentCode::parse(&code)
        .map_err(|e| Problem::new(StatusCode::NOT_FOUND, "unknown-component", e.to_string()))?;
    receive(&api, &officer, &dossier, form.into_upload(PaperRole::Component { code })).await
}

/// `POST /dossiers/{id}/results`: hands in the result of this procedure (Điều 4 khoản 3).
#[utoipa::path(
    post, path = "/dossiers/{id}/results", tag = "papers", params(("id" = String, Path, description = "Dossier")),
    request_body(content = UploadForm, content_type = "multipart/form-data"),
    responses((status = 202, body = PaperOut), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn upload_result(
    State(api): State<Api>,
    Officer(officer): Officer,
    Place(dossier): Place<DossierId>,
    form: UploadIn,
) -> Result<Response, Problem> {
    let ordinal = form.ordinal.as_deref().unwrap_or("1").parse().ok().filter(|n| *n > 0);
    let ordinal =
        ordinal.ok_or_else(|| Problem::bad_request("part", "Phần “ordinal”: phải là số từ 1 trở lên."))?;
    receive(&api, &officer, &dossier, form.into_upload(PaperRole::Result { ordinal })).await
}

/// `POST /dossiers/{id}/opinions`: hands in the opinion of an agency (Điều 4 khoản 2).
#[utoipa::path(
    post, path = "/dossiers/{id}/opinions", tag = "papers", params(("id" = String, Path, description = "Dossier")),
    request_body(content = UploadForm, content_type = "multipart/form-data"),
    responses((status = 202, body = PaperOut), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn upload_opinion(
    State(api): State<Api>,
    Officer(officer): Officer,
    Place(dossier): Place<DossierId>,
    form: UploadIn,
) -> Result<Response, Problem> {
    let code = form.code.clone().unwrap_or_default();
    let code = ComponentCode::parse(&code)
        .map_err(|e| Problem::bad_request("part", format!("Phần “code”: {e}.")))?;
    receive(&api, &officer, &dossier, form.into_upload(PaperRole::Opinion { code })).await
}

// --- looking --------------------------------------------------------------------------------------

pub(super) async fn seen(api: &Api, officer: &ActingOfficer, id: &PaperId) -> Result<PaperOut, Problem> {
    let (paper, _, originals) = browse::paper(&api.ctx, officer, id).await?;
    let scanned_before = rescan::scanned_before(&api.ctx, officer, &paper).await?.map(ScannedBeforeOut::from);
    let now = api.ctx.clock.now();
    let quarantine = paper.state.erase_term().map(|term| QuarantineOut::of(term, now));
    let answer = out(&paper, &originals, api.ctx.rules.code_papers_without_number);
    let first = browse::first_proposals(&api.ctx, &paper).await?;
    let judged = verify::of_paper(&api.ctx, id).await?;
    let signatures = judged.map(|(report, _)| VerificationOut::of(None, &report));
    let owner = owners::of_paper(&api.ctx, &paper).await?.map(PaperOwnerOut::from);
    Ok(PaperOut {
        owner,
        scanned_before,
        signatures,
        quarantine,
        first_fields: first.as_ref().map(wire::first_out),
        ..answer
    })
}

/// `GET /papers/{id}`: state, findings, proposed fields.
#[utoipa::path(
    get,
    operation_id = "see_paper", path = "/papers/{id}", tag = "papers", params(("id" = String, Path, description = "Opaque id")),
    responses((status = 200, body = PaperOut), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn see(
    State(api): State<Api>,
    Officer(officer): Officer,
    Place(id): Place<PaperId>,
) -> Result<Response, Problem> {
    Ok(with_etag(seen(&api, &officer, &id).await?))
}

/// `GET /papers/{id}/events`: one event per change of state, and one when the head of page one was read, until the
/// paper rests.
#[utoipa::path(
    get, path = "/papers/{id}/events", tag = "papers", params(("id" = String, Path, description = "Opaque id")),
    responses((status = 200, description = "Events `state` with {state, version, first_fields}", content_type = "text/event-stream"),
              (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn events(
    State(api): State<Api>,
    Officer(officer): Officer,
    Place(id): Place<PaperId>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    browse::paper_state(&api.ctx, &officer, &id).await?;
    let events = stream::unfold(Some((api, officer, id, None)), |watch| async move {
        let (api, officer, id, last) = watch?;
        loop {
            let standing = browse::paper_state(&api.ctx, &officer, &id).await.ok()?;
            if last != Some(standing) {
                let Standing { state, version, has_first } = standing;
                let event = Event::default().event("state").json_data(
                    serde_json::json!({"state": state, "version": version, "first_fields": has_first}),
                );
                let is_moving = ["received", "checking", "reading", "signing", "to_code"].contains(&state);
                let next = is_moving.then_some((api, officer, id, Some(standing)));
                return Some((Ok(event.ok()?), next));
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

/// How large a picture is asked for.
#[derive(Deserialize)]
pub(in crate::faces::api) struct PictureIn {
    pub(super) width: Option<u32>,
}

/// `GET /papers/{id}/pages/{position}/picture`: a page, upright, as JPEG.
#[utoipa::path(
    get, path = "/papers/{id}/pages/{position}/picture", tag = "papers",
    params(("id" = String, Path, description = "Opaque id"), ("position" = u32, Path, description = "Position in the scan, from 1"),
           ("width" = Option<u32>, Query, description = "Pixels across, 100–2400")),
    responses((status = 200, content_type = "image/jpeg"), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn picture(
    State(api): State<Api>,
    Officer(officer): Officer,
    Place((id, position)): Place<(PaperId, u32)>,
    Asked(asked): Asked<PictureIn>,
) -> Result<Response, Problem> {
    let width = asked.width.unwrap_or(1000).clamp(100, 2400);
    let jpeg = browse::page_picture(&api.ctx, &officer, &id, position, width).await?;
    Ok(([(header::CONTENT_TYPE, "image/jpeg")], jpeg).into_response())
}

// --- acting ---------------------------------------------------------------------------------------

/// What a person says about the fields; what is not named stands as proposed, null says that the paper does not have it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmFieldsIn {
    /// By the names of Điều 6, in the forms of `fields.*.value`; an owner without a number as
    /// `<name> <dd.mm.yyyy>` or `<organisation> <yyyy>`.
    #[serde(default)]
    #[schema(value_type = Object)]
    fields: Map<String, Value>,
}

impl ConfirmFieldsIn {
    /// Wire to domain; reports every faulty field, not the first.
    fn parse(&self) -> Result<FieldEdits, Problem> {
        let mut edits = FieldEdits::default();
        let faults: Vec<_> =
            self.fields.iter().filter_map(|(key, value)| edits.set(key, value).err()).collect();
        if faults.is_empty() { Ok(edits) } else { Err(Problem::fields(faults)) }
    }
}

/// `POST /papers/{id}/confirm`: an officer confirms what was read; the code is assigned (Điều 16, 17).
#[utoipa::path(
    post, path = "/papers/{id}/confirm", tag = "papers", params(("id" = String, Path, description = "Opaque id"),
        ("If-Match" = Option<String>, Header, description = "ETag of the paper that was looked at")),
    request_body = ConfirmFieldsIn,
    responses((status = 200, body = PaperOut), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn confirm(
    State(api): State<Api>,
    Officer(officer): Officer,
    Place(id): Place<PaperId>,
    headers: HeaderMap,
    Body(body): Body<ConfirmFieldsIn>,
) -> Result<Response, Problem> {
    let edits = body.parse()?;
    let version = version_of(&headers)?;
    confirming::confirm(&api.ctx, &officer, &id, version, edits).await?;
    Ok(with_etag(seen(&api, &officer, &id).await?))
}

/// The version in `If-Match`; `*` and nothing match any.
pub(super) fn version_of(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    let Some(tag) = headers.get(header::IF_MATCH) else { return Ok(None) };
    let wrong = || Problem::bad_request("if-match", "If-Match phải là ETag của giấy tờ.");
    let tag = tag.to_str().map_err(|_| wrong())?.trim();
    if tag == "*" {
        return Ok(None);
    }
    let digits = tag.strip_prefix('"').and_then(|t| t.strip_suffix('"')).ok_or_else(wrong)?;
    digits.parse().map(Some).map_err(|_| wrong())
}

/// Why an officer acts.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReasonIn {
    /// The officer's reason; recorded.
    reason: String,
}

/// What an officer does with a reason.
enum Act {
    OverrideFaults,
    EraseQuarantined,
    Refuse,
}

async fn act(
    api: &Api,
    officer: &ActingOfficer,
    id: &PaperId,
    act: Act,
    ReasonIn { reason }: &ReasonIn,
) -> Result<Response, Problem> {
    match act {
        Act::OverrideFaults => digitise::override_faults(&api.ctx, officer, id, reason).await?,
        Act::EraseQuarantined => quarantine::erase(&api.ctx, officer, id, reason).await?,
        Act::Refuse => digitise::refuse(&api.ctx, officer, id, reason).await?,
    };
    Ok(with_etag(seen(api, officer, id).await?))
}

/// `POST /papers/{id}/override`: an officer takes faults of the pages upon himself (Điều 9).
#[utoipa::path(
    post, path = "/papers/{id}/override", tag = "papers", params(("id" = String, Path, description = "Opaque id")),
    request_body = ReasonIn,
    responses((status = 200, body = PaperOut), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn override_faults(
    State(api): State<Api>,
    Officer(officer): Officer,
    Place(id): Place<PaperId>,
    Body(body): Body<ReasonIn>,
) -> Result<Response, Problem> {
    act(&api, &officer, &id, Act::OverrideFaults, &body).await
}

/// `POST /papers/{id}/erase`: the sealed bytes of a secret paper are erased (Điều 5 khoản 1).
#[utoipa::path(
    post, path = "/papers/{id}/erase", tag = "papers", params(("id" = String, Path, description = "Opaque id")),
    request_body = ReasonIn,
    responses((status = 200, body = PaperOut), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn erase_quarantined(
    State(api): State<Api>,
    Officer(officer): Officer,
    Place(id): Place<PaperId>,
    Body(body): Body<ReasonIn>,
) -> Result<Response, Problem> {
    act(&api, &officer, &id, Act::EraseQuarantined, &body).await
}

/// `POST /papers/{id}/refuse`: an officer decides that a paper without a code is not digitised.
#[utoipa::path(
    post, path = "/papers/{id}/refuse", tag = "papers", params(("id" = String, Path, description = "Opaque id")),
    request_body = ReasonIn,
    responses((status = 200, body = PaperOut), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn refuse(
    State(api): State<Api>,
    Officer(officer): Officer,
    Place(id): Place<PaperId>,
    Body(body): Body<ReasonIn>,
) -> Result<Response, Problem> {
    act(&api, &officer, &id, Act::Refuse, &body).await
}

/// `POST /papers/{id}/retry`: a failed step is tried again.
#[utoipa::path(
    post, path = "/papers/{id}/retry", tag = "papers", params(("id" = String, Path, description = "Opaque id")),
    responses((status = 200, body = PaperOut), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn retry(
    State(api): State<Api>,
    Officer(officer): Officer,
    Place(id): Place<PaperId>,
) -> Result<Response, Problem> {
    digitise::retry(&api.ctx, &officer, &id).await?;
    Ok(with_etag(seen(&api, &officer, &id).await?))
}
