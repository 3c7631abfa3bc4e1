//! Searching the store by words, and whatever else is known of a paper.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    domain::{
        code::{DocumentCode, DocumentTypeCode},
        confirm::parse_day,
        ids::OwnerId,
        officer::Actor,
        search::HitPlace,
    },
    faces::{
        api::{
            Api, cursor,
            extract::{Body, Officer},
            idempotency::ReadAnew,
            problem::Problem,
        },
        wire::{CodeOut, tenths},
    },
    workflows::{
        browse::Purpose,
        search::{self as workflow, Asked, Cursor, Found},
    },
};

/// The list that cursors are of.
const LIST: &str = "documents/search";

/// What is looked for; all that is said has to hold, and something has to be said.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SearchIn {
    /// Words, all of which the paper holds; phrases in quotes. Twelve at most.
    #[schema(max_length = 492)]
    text: Option<String>,
    /// Mã loại giấy tờ.
    #[serde(rename = "type")]
    type_code: Option<String>,
    /// Whole name of the issuing agency; marks and case don't matter.
    agency: Option<String>,
    /// A code, old or new.
    code: Option<String>,
    /// Opaque id of an owner.
    owner: Option<String>,
    /// Issued on this day or later.
    issued_from: Option<String>,
    /// Issued on this day or earlier.
    issued_until: Option<String>,
    /// Valid on this day.
    valid_on: Option<String>,
    /// Why; recorded, as the words are.
    purpose: String,
    /// `next` of the page before.
    after: Option<String>,
    /// 1–50, 20 when absent.
    limit: Option<u32>,
}

impl SearchIn {
    fn asked(&self) -> Result<Asked, Problem> {
        let wrong = |name: &str, why: &dyn std::fmt::Display| {
            Problem::bad_request("search", format!("Trường {name}: {why}."))
        };
        let day = |name: &str, text: &Option<String>| -> Result<Option<Date>, Problem> {
            text.as_deref().map(parse_day).transpose().map_err(|e| wrong(name, &e))
        };
        let type_code = self.type_code.as_deref().map(DocumentTypeCode::parse).transpose();
        let code = self.code.as_deref().map(DocumentCode::parse).transpose();
        let owner = self.owner.as_deref().map(OwnerId::parse).transpose();
        Ok(Asked {
            text: self.text.clone(),
            type_code: type_code.map_err(|e| wrong("type", &e))?,
            agency: self.agency.clone(),
            code: code.map_err(|e| wrong("code", &e))?,
            owner: owner.map_err(|_| wrong("owner", &"không phải mã nội bộ của chủ giấy tờ"))?,
            issued_from: day("issued_from", &self.issued_from)?,
            issued_until: day("issued_until", &self.issued_until)?,
            valid_on: day("valid_on", &self.valid_on)?,
        })
    }
}

/// A page of what was found.
#[derive(Serialize, ToSchema)]
pub struct FoundListOut {
    /// Written exactly so first, then without marks; of each the newest first.
    items: Vec<FoundOut>,
    /// Null on the last page. A page may be short, or empty, and others follow.
    next: Option<String>,
}

/// A document that was found.
#[derive(Serialize, ToSchema)]
pub struct FoundOut {
    /// For `/documents/{id}`.
    document: String,
    /// Its owner, opaque.
    owner: String,
    /// Its code.
    code: CodeOut,
    /// Its name.
    document_name: String,
    /// Its number and symbol.
    document_number: Option<String>,
    /// When it was issued.
    issued_on: Option<String>,
    /// Who issued it.
    issuing_authority: Option<String>,
    /// When it was cancelled, UTC; null while it holds.
    revoked_at: Option<String>,
    /// Whether the words stand in it with all their marks.
    is_exact: bool,
    /// Where they stand; empty where no words were asked. Five at most.
    places: Vec<PlaceOut>,
}

/// Where words stand: on a page, or in a field.
#[derive(Serialize, ToSchema)]
pub struct PlaceOut {
    /// Position of the page, from 1; null in a field.
    page: Option<u32>,
    /// Left, top, width, height on the upright page, mm; null in a field.
    #[schema(min_items = 4, max_items = 4)]
    box_mm: Option<Vec<f64>>,
    /// Its name of Điều 6, such as `abstract`; null on a page.
    in_field: Option<String>,
    /// The line that holds them, or the value.
    line: String,
}

impl From<&HitPlace> for PlaceOut {
    fn from(place: &HitPlace) -> Self {
        Self {
            page: place.page,
            box_mm: place.box_mm.map(|place| tenths(place.into()).to_vec()),
            in_field: place.field.clone(),
            line: place.line.clone(),
        }
    }
}

impl From<&Found> for FoundOut {
    fn from(Found { record, is_exact, places }: &Found) -> Self {
        let fields = &record.fields;
        Self {
            document: record.id.to_string(),
            owner: record.owner.to_string(),
            code: CodeOut::assigned(&record.code),
            document_name: fields.document_name.clone(),
            document_number: fields.document_number.as_ref().map(ToString::to_string),
            issued_on: fields.issued_on.map(|day| day.to_string()),
            issuing_authority: fields.issuing_authority.clone(),
            revoked_at: record.revoked_at.map(|at| at.to_string()),
            is_exact: *is_exact,
            places: places.iter().map(PlaceOut::from).collect(),
        }
    }
}

/// `POST /documents/search`: stored documents by words, type, agency, days, code or owner, for officers. Words are found
/// exactly as written first, then without their marks, each with its place on the page.
#[utoipa::path(
    post, operation_id = "search_documents", path = "/documents/search", tag = "documents", request_body = SearchIn,
    responses((status = 200, body = FoundListOut), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn search(
    State(api): State<Api>,
    Officer(officer): Officer,
    Body(body): Body<SearchIn>,
) -> Result<Response, Problem> {
    let by = Actor::from(&officer);
    let purpose = Purpose::parse(&body.purpose)?;
    let after = cursor::place(&api, &by, LIST, body.after.as_deref())?;
    let after =
        after.as_deref().map(|place| Cursor::parse(place).ok_or_else(cursor::not_ours)).transpose()?;
    let limit = body.limit.unwrap_or(20).clamp(1, 50);
    let page = workflow::search(&api.ctx, &officer, &body.asked()?, &purpose, after, limit).await?;
    let mut owners: Vec<OwnerId> = page.found.iter().map(|found| found.record.owner.clone()).collect();
    owners.dedup();
    api.purposes.state(&by, &owners, &purpose, api.ctx.clock.now());
    let next = page.next.map(|next| cursor::made(&api, &by, LIST, &next.text()));
    let mut answer =
        Json(FoundListOut { items: page.found.iter().map(FoundOut::from).collect(), next }).into_response();
    answer.extensions_mut().insert(ReadAnew);
    Ok(answer)
}
