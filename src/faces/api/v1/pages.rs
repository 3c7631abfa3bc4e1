//! The page plan of a paper: seen, changed, undone; split, merged, filled up with pages scanned again.

use axum::{
    Json,
    extract::{FromRequest, Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::papers::{PaperOut, seen, version_of, with_etag};
use crate::{
    domain::{
        dossier::ExpectedPages,
        eligibility::PaperRole,
        ids::{OwnerNumber, PaperId},
        plan::{PlanEntry, PlanStep, PlannedPage},
    },
    faces::api::{
        Api,
        extract::{Asked, Body, Officer, Place, Sent},
        problem::Problem,
        v1::papers::PictureIn,
    },
    workflows::{
        arrange::{self, Arrangement, Asking, InsertAt, Part},
        browse,
    },
};

/// Which pages a paper is made of, and how it came to that.
#[derive(Serialize, ToSchema)]
pub struct PagePlanOut {
    /// The paper.
    paper: String,
    /// Its version, to be given back with a change.
    version: u64,
    /// Whether its pages can be arranged where it stands.
    is_open: bool,
    /// Whether there is an act to undo.
    can_undo: bool,
    /// The derived copy, page by page.
    pages: Vec<PlannedPageOut>,
    /// Pages of the originals that are this paper's and left out of the derived copy.
    left_out: Vec<u32>,
    /// All plans, oldest first; the last one is in force.
    history: Vec<PlanEntryOut>,
}

/// A page of the derived copy.
#[derive(Serialize, ToSchema)]
struct PlannedPageOut {
    /// Position in the derived copy, from 1.
    position: u32,
    /// Page of the originals, from 1 over all files.
    page: u32,
    /// Degrees clockwise by a person; null when the machine decides.
    turn: Option<u16>,
}

/// One entry of the history.
#[derive(Serialize, ToSchema)]
struct PlanEntryOut {
    /// From 1.
    ordinal: u32,
    /// What was done: `kind` is received, arranged, inserted, split, cut_off, merged or undone.
    #[schema(value_type = Object)]
    act: crate::domain::plan::PlanAct,
    /// Why, in the officer's words.
    reason: Option<String>,
    /// The officer's id.
    by: Option<String>,
    /// When, UTC.
    at: String,
    /// The pages of the originals in the order of that plan.
    pages: Vec<PlannedPageOut>,
}

fn pages_out(pages: &[PlannedPage]) -> Vec<PlannedPageOut> {
    let page = |(position, p): (u32, &PlannedPage)| PlannedPageOut { position, page: p.page, turn: p.turn };
    (1..).zip(pages).map(page).collect()
}

impl From<&PlanEntry> for PlanEntryOut {
    fn from(entry: &PlanEntry) -> Self {
        Self {
            ordinal: entry.ordinal,
            act: entry.act.clone(),
            reason: entry.reason.clone(),
            by: entry.by.as_ref().map(ToString::to_string),
            at: entry.at.to_string(),
            pages: pages_out(entry.plan.pages()),
        }
    }
}

impl From<&Arrangement> for PagePlanOut {
    fn from(standing: &Arrangement) -> Self {
        Self {
            paper: standing.paper.id.to_string(),
            version: standing.paper.version,
            is_open: standing.is_open(),
            can_undo: standing.can_undo(),
            pages: pages_out(standing.plan().pages()),
            left_out: standing.plan().left_out(standing.own()),
            history: standing.history.iter().map(PlanEntryOut::from).collect(),
        }
    }
}

/// `GET /papers/{id}/pages`: the page plan, what it leaves out, and its history.
#[utoipa::path(
    get,
    operation_id = "see_pages", path = "/papers/{id}/pages", tag = "pages", params(("id" = String, Path, description = "Opaque id")),
    responses((status = 200, body = PagePlanOut), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn see(
    State(api): State<Api>,
    Officer(officer): Officer,
    Place(id): Place<PaperId>,
) -> Result<Response, Problem> {
    let standing = browse::arrangement(&api.ctx, &officer, &id).await?;
    let tag = format!("\"{}\"", standing.paper.version);
    Ok(([(header::ETAG, tag)], Json(PagePlanOut::from(&standing))).into_response())
}

/// One change. A position is a place in the plan before the step, a page one of the originals; both from 1.
#[derive(Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[allow(dead_code)] // describes `PlanStep`
enum StepIn {
    /// `{"kind": "reorder", "order": [3, 1, 2]}`: all positions in their new order.
    Reorder { order: Vec<u32> },
    /// `{"kind": "rotate", "positions": [2], "degrees": 90}`: clockwise, further than they are seen.
    Rotate { positions: Vec<u32>, degrees: u16 },
    /// `{"kind": "remove", "positions": [4]}`: out of the derived copy; needs a reason.
    Remove { positions: Vec<u32> },
    /// `{"kind": "insert", "page": 4, "position": 2}`: a page that is left out, to stand there.
    Insert { page: u32, position: u32 },
    /// `{"kind": "replace", "position": 2, "page": 5}`: in the place of another; needs a reason.
    Replace { position: u32, page: u32 },
    /// `{"kind": "move", "position": 3, "to": 1}`.
    Move { position: u32, to: u32 },
    /// `{"kind": "interleave", "backs_reversed": true}`: first half fronts, second half backs;
    /// `fronts` when they are one more than the backs.
    Interleave { backs_reversed: bool, fronts: Option<u32> },
    /// `{"kind": "reverse"}`: last page first.
    Reverse {},
}

/// Steps to take, or an undoing.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ArrangeIn {
    /// The version that was looked at; `If-Match` says the same.
    version: Option<u64>,
    /// The steps, one after the other; each has a `kind`.
    #[serde(default)]
    #[schema(value_type = Vec<StepIn>)]
    steps: Vec<PlanStep>,
    /// Take the last act back instead.
    #[serde(default)]
    undo: bool,
    /// Why; recorded. Needed when pages are left out.
    reason: Option<String>,
}

/// `POST /papers/{id}/pages`: changes the page plan; the paper is checked and read again on it (Điều 9).
#[utoipa::path(
    post, path = "/papers/{id}/pages", tag = "pages", params(("id" = String, Path, description = "Opaque id"),
        ("If-Match" = Option<String>, Header, description = "ETag of the paper that was looked at")),
    request_body = ArrangeIn,
    responses((status = 200, body = PaperOut), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn arrange(
    State(api): State<Api>,
    Officer(officer): Officer,
    Place(id): Place<PaperId>,
    headers: HeaderMap,
    Body(body): Body<ArrangeIn>,
) -> Result<Response, Problem> {
    let version = version_of(&headers)?.or(body.version);
    let asking = Asking { officer: &officer, version, reason: body.reason.as_deref() };
    if body.undo && !body.steps.is_empty() {
        return Err(Problem::bad_request("page-plan", "Hoặc “undo”, hoặc “steps”, không cả hai."));
    }
    if body.undo {
        arrange::undo(&api.ctx, asking, &id).await?;
    } else {
        arrange::arrange(&api.ctx, asking, &id, body.steps).await?;
    }
    Ok(with_etag(seen(&api, &officer, &id).await?))
}

/// Where to cut, and what the parts are.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SplitIn {
    /// The version that was looked at; `If-Match` says the same.
    version: Option<u64>,
    /// Positions after which a new paper begins, rising.
    after: Vec<u32>,
    /// What the parts are, the first one first; one more than there are cuts, or none at all.
    #[serde(default)]
    parts: Vec<PartIn>,
    /// Why; recorded.
    reason: Option<String>,
}

/// What one of the papers is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PartIn {
    /// Component (`01`) or result (`KQ1`); the first part keeps its own when null.
    component: Option<String>,
    /// Number of pages of the paper original.
    pages: Option<u32>,
    /// The owner's number; the first part keeps the one declared when null.
    owner: Option<String>,
}

impl PartIn {
    fn parse(&self) -> Result<Part, Problem> {
        let wrong = |what: &str, why: &dyn std::fmt::Display| {
            Problem::bad_request("part", format!("“parts”, {what}: {why}."))
        };
        let role = self.component.as_deref().map(PaperRole::parse).transpose();
        let owner = self.owner.as_deref().map(OwnerNumber::parse).transpose();
        if self.pages == Some(0) {
            return Err(wrong("pages", &"phải là số từ 1 trở lên"));
        }
        Ok(Part {
            role: role.map_err(|e| wrong("component", &e))?,
            expected_pages: self.pages.map(ExpectedPages),
            owner: owner.map_err(|e| wrong("owner", &e))?,
        })
    }
}

/// Several papers.
#[derive(Serialize, ToSchema)]
pub struct PapersOut {
    papers: Vec<PaperOut>,
}

/// `POST /papers/{id}/split`: pages become papers of their own, of the same dossier and the same originals.
#[utoipa::path(
    post, path = "/papers/{id}/split", tag = "pages", params(("id" = String, Path, description = "Opaque id"),
        ("If-Match" = Option<String>, Header, description = "ETag of the paper that was looked at")),
    request_body = SplitIn,
    responses((status = 200, body = PapersOut), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn split(
    State(api): State<Api>,
    Officer(officer): Officer,
    Place(id): Place<PaperId>,
    headers: HeaderMap,
    Body(body): Body<SplitIn>,
) -> Result<Json<PapersOut>, Problem> {
    let version = version_of(&headers)?.or(body.version);
    let parts = body.parts.iter().map(PartIn::parse).collect::<Result<Vec<_>, _>>()?;
    let asking = Asking { officer: &officer, version, reason: body.reason.as_deref() };
    let split = arrange::split(&api.ctx, asking, &id, &body.after, &parts).await?;
    let mut papers = Vec::with_capacity(split.len());
    for paper in split {
        papers.push(seen(&api, &officer, &paper.id).await?);
    }
    Ok(Json(PapersOut { papers }))
}

/// Which papers go into this one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MergeIn {
    /// The version of this paper that was looked at; `If-Match` says the same.
    version: Option<u64>,
    /// Opaque ids of papers of the same dossier, in the order in which their pages follow.
    papers: Vec<String>,
    /// Why; recorded.
    reason: Option<String>,
}

/// `POST /papers/{id}/merge`: the pages of other papers follow this one's; the others end as refused.
#[utoipa::path(
    post, path = "/papers/{id}/merge", tag = "pages", params(("id" = String, Path, description = "Opaque id"),
        ("If-Match" = Option<String>, Header, description = "ETag of the paper that was looked at")),
    request_body = MergeIn,
    responses((status = 200, body = PaperOut), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn merge(
    State(api): State<Api>,
    Officer(officer): Officer,
    Place(id): Place<PaperId>,
    headers: HeaderMap,
    Body(body): Body<MergeIn>,
) -> Result<Response, Problem> {
    let version = version_of(&headers)?.or(body.version);
    let others = body.papers.iter().map(|id| PaperId::parse(id)).collect::<Result<Vec<_>, _>>();
    let others = others.map_err(|_| Problem::not_found())?;
    let asking = Asking { officer: &officer, version, reason: body.reason.as_deref() };
    arrange::merge(&api.ctx, asking, &id, &others).await?;
    Ok(with_etag(seen(&api, &officer, &id).await?))
}

/// Pages that were scanned again.
#[derive(ToSchema)]
#[allow(dead_code)] // describes the form; `InsertIn` reads it
struct InsertForm {
    /// PDF, TIFF, JPEG or PNG; several are taken in order.
    #[schema(format = Binary, content_media_type = "application/octet-stream")]
    file: Vec<u8>,
    /// The first new page comes to stand here; or `replace`.
    at: Option<u32>,
    /// The first new page takes this one's place; needs a reason.
    replace: Option<u32>,
    /// The version that was looked at; `If-Match` says the same.
    version: Option<u64>,
    /// Why; recorded.
    reason: Option<String>,
}

/// A form of [`InsertForm`], read.
pub(in crate::faces::api) struct InsertIn {
    files: Vec<Vec<u8>>,
    at: InsertAt,
    version: Option<u64>,
    reason: Option<String>,
}

impl FromRequest<Api> for InsertIn {
    type Rejection = Problem;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Problem> {
        let Sent(mut form) = Sent::from_request(request, api).await?;
        let broken = |status: StatusCode| match status {
            StatusCode::PAYLOAD_TOO_LARGE => {
                Problem::new(status, "too-large", "Tệp gửi lên lớn hơn giới hạn của hệ thống.")
            }
            _ => Problem::bad_request("multipart", "Nội dung gửi lên bị đứt hoặc không đúng mẫu multipart."),
        };
        let wrong = |part: &str, why: &str| Problem::bad_request("part", format!("Phần “{part}”: {why}."));
        let (mut files, mut n_bytes) = (Vec::new(), 0u64);
        let (mut at, mut replace, mut version, mut reason) = (None, None, None, None);
        while let Some(field) = form.next_field().await.map_err(|e| broken(e.status()))? {
            let name = field.name().unwrap_or_default().to_owned();
            let bytes = field.bytes().await.map_err(|e| broken(e.status()))?;
            if name == "file" {
                n_bytes = n_bytes.saturating_add(bytes.len() as u64);
                if n_bytes > api.max_bytes {
                    return Err(broken(StatusCode::PAYLOAD_TOO_LARGE));
                }
                files.push(bytes.to_vec());
                continue;
            }
            let text = std::str::from_utf8(&bytes).map_err(|_| wrong(&name, "không phải UTF-8"))?.trim();
            if text.is_empty() {
                continue;
            }
            let position =
                || text.parse::<u32>().ok().filter(|n| *n > 0).ok_or_else(|| wrong(&name, "phải là số từ 1"));
            match name.as_str() {
                "at" => at = Some(position()?),
                "replace" => replace = Some(position()?),
                "version" => version = Some(text.parse().map_err(|_| wrong("version", "phải là số"))?),
                "reason" => reason = Some(text.to_owned()),
                _ => {
                    return Err(wrong(
                        "…",
                        "không có phần này; các phần: file, at, replace, version, reason",
                    ));
                }
            }
        }
        if files.is_empty() {
            return Err(wrong("file", "còn thiếu"));
        }
        let at = match (at, replace) {
            (Some(at), None) => InsertAt::Position(at),
            (None, Some(replace)) => InsertAt::InPlaceOf(replace),
            _ => return Err(wrong("at", "nêu đúng một trong hai phần “at” và “replace”")),
        };
        Ok(Self { files, at, version, reason })
    }
}

/// `POST /papers/{id}/pages/insert`: a page that was scanned again, or was missing, joins the paper.
#[utoipa::path(
    post, path = "/papers/{id}/pages/insert", tag = "pages", params(("id" = String, Path, description = "Opaque id"),
        ("If-Match" = Option<String>, Header, description = "ETag of the paper that was looked at")),
    request_body(content = InsertForm, content_type = "multipart/form-data"),
    responses((status = 200, body = PaperOut), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn insert(
    State(api): State<Api>,
    Officer(officer): Officer,
    Place(id): Place<PaperId>,
    headers: HeaderMap,
    form: InsertIn,
) -> Result<Response, Problem> {
    let version = version_of(&headers)?.or(form.version);
    let asking = Asking { officer: &officer, version, reason: form.reason.as_deref() };
    arrange::insert(&api.ctx, asking, &id, &form.files, form.at).await?;
    Ok(with_etag(seen(&api, &officer, &id).await?))
}

/// `GET /papers/{id}/originals/{position}/picture`: a page of the originals, also one that is left out.
#[utoipa::path(
    get, path = "/papers/{id}/originals/{position}/picture", tag = "pages",
    params(("id" = String, Path, description = "Opaque id"), ("position" = u32, Path, description = "Page of the originals, from 1"),
           ("width" = Option<u32>, Query, description = "Pixels across, 100–2400")),
    responses((status = 200, content_type = "image/jpeg"), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn original_picture(
    State(api): State<Api>,
    Officer(officer): Officer,
    Place((id, page)): Place<(PaperId, u32)>,
    Asked(asked): Asked<PictureIn>,
) -> Result<Response, Problem> {
    let width = asked.width.unwrap_or(1000).clamp(100, 2400);
    let jpeg = browse::original_picture(&api.ctx, &officer, &id, page, width).await?;
    Ok(([(header::CONTENT_TYPE, "image/jpeg")], jpeg).into_response())
}
