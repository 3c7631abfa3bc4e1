//! One stored document in the forms that agencies exchange.

use axum::{
    Json,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use super::documents::purpose_for;
use crate::{
    domain::{
        ids::RecordId,
        national::{Form, xml},
    },
    faces::api::{
        Api,
        extract::{Asked, By, Place},
        problem::Problem,
    },
    workflows::national,
};

/// Which form, written how, and why.
#[derive(Deserialize)]
pub(in crate::faces::api) struct FormIn {
    form: String,
    format: Option<String>,
    purpose: Option<String>,
}

/// `GET /documents/{id}/export`: the record in the form of TT 01/2023/TT-VPCP (`tt01`: an owner without a number stays blank,
/// his data beside) or with the names of NĐ 30/2020/NĐ-CP, Phụ lục VI (`nd30`); as JSON
/// (`schemas/record-tt01.schema.json`, `schemas/record-nd30.schema.json`) or the same as XML.
#[utoipa::path(
    get, operation_id = "export_document", path = "/documents/{id}/export", tag = "documents",
    params(("id" = String, Path, description = "Opaque id"),
           ("form" = String, Query, description = "`tt01` or `nd30`"),
           ("format" = Option<String>, Query, description = "`json`, when absent, or `xml`"),
           ("purpose" = Option<String>, Query, description = "Why")),
    responses((status = 200, content((Object = "application/json"), (String = "application/xml"))),
              (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn export(
    State(api): State<Api>,
    By(by): By,
    Place(id): Place<RecordId>,
    Asked(asked): Asked<FormIn>,
) -> Result<Response, Problem> {
    let form = Form::parse(&asked.form)
        .ok_or_else(|| Problem::bad_request("query", "Tham số form là tt01 hoặc nd30."))?;
    let is_xml = match asked.format.as_deref() {
        None | Some("json") => false,
        Some("xml") => true,
        Some(_) => return Err(Problem::bad_request("query", "Tham số format là json hoặc xml.")),
    };
    let purpose = purpose_for(&api, &by, &id, asked.purpose.as_deref()).await?;
    let record = national::export(&api.ctx, &by, &id, form, &purpose).await?;
    if is_xml {
        return Ok(([(header::CONTENT_TYPE, "application/xml")], xml(form, &record)).into_response());
    }
    Ok(Json(record).into_response())
}
