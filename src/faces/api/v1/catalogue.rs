//! `/catalogue`.

use axum::{
    Json,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use crate::{
    domain::{confirm::parse_day, rights},
    faces::api::{
        Api,
        extract::{Asked, By},
        problem::Problem,
    },
    workflows::intake,
};

/// On which day.
#[derive(Deserialize)]
pub(in crate::faces::api) struct CatalogueIn {
    on: Option<String>,
}

/// `GET /catalogue`: procedures, components and results in force, in the form of `schemas/catalogue.schema.json`.
#[utoipa::path(
    get,
    operation_id = "see_catalogue", path = "/catalogue", tag = "catalogue",
    params(("on" = Option<String>, Query, description = "Only procedures in force on that day")),
    responses((status = 200, body = Object), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn see(
    State(api): State<Api>,
    By(by): By,
    Asked(asked): Asked<CatalogueIn>,
) -> Result<Response, Problem> {
    rights::may_read_catalogue(&by)?;
    let (version, mut catalogue) = intake::current_catalogue(&api.ctx).await?;
    if let Some(on) = asked.on {
        let day = parse_day(&on).map_err(|e| Problem::bad_request("query", format!("Tham số on: {e}.")))?;
        catalogue.procedures.retain(|p| p.is_in_force_on(day));
    }
    Ok(([(header::ETAG, format!("\"{version}\""))], Json(catalogue)).into_response())
}
