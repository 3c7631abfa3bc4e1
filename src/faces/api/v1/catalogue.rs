//! `/catalogue`.

use axum::{
    Json,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ListOut;
use crate::{
    clock::day_in_vietnam,
    domain::{
        catalogue::{CatalogueFaults, Difference, FieldChange},
        confirm::parse_day,
        ids::ContentHash,
        rights,
    },
    faces::api::{
        Api,
        extract::{Asked, By, Officer},
        problem::Problem,
    },
    store::catalogues::CatalogueImport,
    workflows::catalogue::{self, ImportError, ImportOrder, ImportReport},
};

/// On which day.
#[derive(Deserialize)]
pub(in crate::faces::api) struct CatalogueIn {
    on: Option<String>,
}

fn day_of(name: &str, text: Option<&str>) -> Result<Option<Date>, Problem> {
    let wrong = |e| Problem::bad_request("query", format!("Tham số {name}: {e}."));
    text.map(parse_day).transpose().map_err(wrong)
}

/// `GET /catalogue?on=…`: procedures, components and results in force on a day, today when none is named, in the form of
/// `schemas/catalogue.schema.json`. The tag is that of version and day: `If-None-Match` is answered with 304.
#[utoipa::path(
    get,
    operation_id = "see_catalogue", path = "/catalogue", tag = "catalogue",
    params(("on" = Option<String>, Query, description = "The version in force on that day, and of it the procedures that are; today when absent", example = "2026-11-21")),
    responses((status = 200, body = Object), (status = 304), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn see(
    State(api): State<Api>,
    By(by): By,
    headers: HeaderMap,
    Asked(asked): Asked<CatalogueIn>,
) -> Result<Response, Problem> {
    rights::may_read_catalogue(&by)?;
    let day = day_of("on", asked.on.as_deref())?.unwrap_or_else(|| day_in_vietnam(api.ctx.clock.now()));
    let version = catalogue::on(&api.ctx, day).await?.ok_or_else(Problem::not_found)?;
    let catalogue = version.catalogue;
    // Of one version other procedures may be in force on another day.
    let codes: Vec<&str> = catalogue.procedures.iter().map(|procedure| procedure.code.as_str()).collect();
    let told = format!("{} {}", version.import.hash, codes.join(" "));
    let tag = format!("\"{}\"", ContentHash::of(told.as_bytes()));
    let known = headers.get(header::IF_NONE_MATCH).and_then(|tags| tags.to_str().ok());
    if known.is_some_and(|tags| tags.split(',').any(|known| known.trim() == tag)) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response());
    }
    Ok(([(header::ETAG, tag)], Json(catalogue)).into_response())
}

/// A version of the catalogue, and how it came.
#[derive(Serialize, ToSchema)]
pub struct CatalogueVersionOut {
    /// BLAKE3 of its text: what dossiers name as the catalogue they were opened under.
    version: String,
    /// The first day on which it holds; that of the built-in one is the beginning of the calendar.
    effective_on: String,
    /// Number and symbol of the decision, where one was named.
    decision_number: Option<String>,
    /// When, UTC.
    imported_at: String,
    /// Whether it is in force today.
    in_force: bool,
}

/// `GET /catalogue/versions`: all versions, the one that holds from the latest day first.
#[utoipa::path(
    get,
    operation_id = "list_catalogues", path = "/catalogue/versions", tag = "catalogue",
    responses((status = 200, body = ListOut<CatalogueVersionOut>), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn versions(
    State(api): State<Api>,
    By(by): By,
) -> Result<Json<ListOut<CatalogueVersionOut>>, Problem> {
    rights::may_read_catalogue(&by)?;
    let today = day_in_vietnam(api.ctx.clock.now());
    let imports = catalogue::versions(&api.ctx).await?;
    let in_force = imports.iter().position(|import| import.effective_on <= today);
    let out = |(at, import): (usize, &CatalogueImport)| CatalogueVersionOut {
        version: import.hash.to_string(),
        effective_on: import.effective_on.to_string(),
        decision_number: import.decision_number.clone(),
        imported_at: import.imported_at.to_string(),
        in_force: Some(at) == in_force,
    };
    Ok(Json(ListOut { items: imports.iter().enumerate().map(out).collect(), next: None }))
}

/// What is asked of an import.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::faces::api) struct ImportIn {
    effective_on: Option<String>,
    decision_number: Option<String>,
    #[serde(default)]
    put_in_force: bool,
    instead_of: Option<String>,
}

/// A field of an entry, before and after.
#[derive(Serialize, ToSchema)]
pub struct FieldChangeOut {
    /// As the file has it.
    field: String,
    /// Null where it was empty.
    before: Option<String>,
    /// Null where it is empty.
    after: Option<String>,
}

/// An entry that is not as it was.
#[derive(Serialize, ToSchema)]
#[schema(as = CatalogueDifferenceOut)]
pub struct DifferenceOut {
    /// `procedure_added`, `procedure_removed`, `procedure_changed`, `ministry_changed`, and the same of `component`,
    /// `result` and `national_code`.
    #[schema(value_type = String)]
    kind: crate::domain::catalogue::DifferenceKind,
    /// The entry's code.
    code: String,
    /// Its name.
    name: String,
    /// What changed; empty where the entry came or went.
    fields: Vec<FieldChangeOut>,
}

/// What an import did, or would do.
#[derive(Serialize, ToSchema)]
pub struct ImportOut {
    /// BLAKE3 of the catalogue.
    version: String,
    /// Procedures in it.
    n_procedures: usize,
    /// Components in it.
    n_components: usize,
    /// The first day on which it holds.
    effective_on: String,
    /// The last day, where a version that holds from a later day is known.
    effective_until: Option<String>,
    /// The decision.
    decision_number: Option<String>,
    /// The version that was in force on its first day: to be sent with the act that puts this one in its place.
    instead_of: Option<String>,
    /// Whether that is the same.
    is_known: bool,
    /// Whether it was put in force.
    is_imported: bool,
    /// In what the two differ.
    differences: Vec<DifferenceOut>,
}

impl From<ImportReport> for ImportOut {
    fn from(report: ImportReport) -> Self {
        let field = |FieldChange { field, before, after }| FieldChangeOut { field, before, after };
        let difference = |difference: Difference| DifferenceOut {
            kind: difference.kind,
            code: difference.code,
            name: difference.name,
            fields: difference.fields.into_iter().map(field).collect(),
        };
        Self {
            version: report.version.to_string(),
            n_procedures: report.n_procedures,
            n_components: report.n_components,
            effective_on: report.effective_on.to_string(),
            effective_until: report.effective_until.map(|day| day.to_string()),
            decision_number: report.decision_number,
            instead_of: report.instead_of.map(|hash| hash.to_string()),
            is_known: report.is_known,
            is_imported: report.is_imported,
            differences: report.differences.into_iter().map(difference).collect(),
        }
    }
}

/// `POST /catalogue/imports`: looks at a catalogue (the body is the file) beside the one it would replace; with
/// `put_in_force=true` it holds from that day on. One fault refuses it whole.
#[utoipa::path(
    post,
    operation_id = "import_catalogue", path = "/catalogue/imports", tag = "catalogue",
    params(
        ("effective_on" = Option<String>, Query, description = "The first day on which it holds; today when absent", example = "2027-01-01"),
        ("decision_number" = Option<String>, Query, description = "Number and symbol of the decision", example = "1917/QĐ-BLĐTBXH"),
        ("put_in_force" = Option<bool>, Query, description = "false when absent: the differences are told, nothing is kept"),
        ("instead_of" = Option<String>, Query, description = "`instead_of` of the answer that was looked at: another version in its place since is a conflict")
    ),
    request_body(content = Object, content_type = "application/json"),
    responses((status = 200, body = ImportOut), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn import(
    State(api): State<Api>,
    Officer(officer): Officer,
    Asked(asked): Asked<ImportIn>,
    body: Bytes,
) -> Result<Json<ImportOut>, Problem> {
    rights::may_import_catalogue(&officer)?;
    let instead_of = asked.instead_of.as_deref().map(ContentHash::parse).transpose();
    let order = ImportOrder {
        effective_on: day_of("effective_on", asked.effective_on.as_deref())?,
        decision_number: asked.decision_number,
        puts_in_force: asked.put_in_force,
        instead_of: instead_of.map_err(|_| ImportError::Stale)?,
    };
    let not_text = || ImportError::Faults(CatalogueFaults(vec!["tệp không phải UTF-8".to_owned()]));
    let text = std::str::from_utf8(&body).map_err(|_| not_text())?;
    Ok(Json(catalogue::import(&api.ctx, &officer, text, &order).await?.into()))
}
