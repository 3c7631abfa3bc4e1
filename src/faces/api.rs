//! REST, `/api/v1`: the table of contents of the routes, the OpenAPI made from them, health.

#![allow(clippy::result_large_err)] // a `Problem` is made once per failed request

mod bytes;
mod cursor;
mod examples;
mod extract;
mod idempotency;
pub mod problem;
mod squeeze;
mod token;
mod v1;

use axum::{
    Json, Router,
    http::StatusCode,
    middleware,
    response::IntoResponse,
    routing::{get, post},
};
use serde_json::Value;
use utoipa::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};
use utoipa_swagger_ui::SwaggerUi;

use self::problem::Problem;
use crate::{
    faces::{Served, purposes::Purposes},
    workflows::context::Ctx,
};

/// What handlers share.
#[derive(Clone)]
pub struct Api {
    ctx: Ctx,
    purposes: Purposes,
    max_bytes: u64,
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "sohoa",
        description = "Số hóa giấy tờ của thủ tục hành chính (Quyết định 1917/QĐ-BLĐTBXH). Lỗi theo RFC 9457; \
                       không có số định danh, họ tên hay mã số hóa trong địa chỉ.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    servers((url = "/api/v1"))
)]
struct Document;

/// The routes of `/api/v1`, with their description.
fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(v1::dossiers::open))
        .routes(routes!(v1::dossiers::see))
        .routes(routes!(v1::dossiers::declare))
        .routes(routes!(v1::papers::upload_component))
        .routes(routes!(v1::papers::upload_result))
        .routes(routes!(v1::papers::upload_opinion))
        .routes(routes!(v1::archive::receive))
        .routes(routes!(v1::batches::upload))
        .routes(routes!(v1::batches::upload_to_dossier))
        .routes(routes!(v1::batches::sheets))
        .routes(routes!(v1::papers::see))
        .routes(routes!(v1::papers::events))
        .routes(routes!(v1::papers::picture))
        .routes(routes!(v1::papers::confirm))
        .routes(routes!(v1::papers::override_faults))
        .routes(routes!(v1::papers::erase_quarantined))
        .routes(routes!(v1::papers::refuse))
        .routes(routes!(v1::papers::retry))
        .routes(routes!(v1::pages::see, v1::pages::arrange))
        .routes(routes!(v1::pages::insert))
        .routes(routes!(v1::pages::split))
        .routes(routes!(v1::pages::merge))
        .routes(routes!(v1::pages::original_picture))
        .routes(routes!(v1::owners::look_up))
        .routes(routes!(v1::owners::documents))
        .routes(routes!(v1::owners::export))
        .routes(routes!(v1::owner_acts::see))
        .routes(routes!(v1::owner_acts::check))
        .routes(routes!(v1::owner_acts::describe))
        .routes(routes!(v1::owner_acts::add_number))
        .routes(routes!(v1::owner_acts::merge))
        .routes(routes!(v1::owner_acts::split))
        .routes(routes!(v1::owner_acts::undo))
        .routes(routes!(v1::owner_acts::history))
        .routes(routes!(v1::owner_acts::set_guardian))
        .routes(routes!(v1::owner_acts::end_guardian))
        .routes(routes!(v1::documents::look_up))
        .routes(routes!(v1::search::search))
        .routes(routes!(v1::documents::see))
        .routes(routes!(v1::documents::content))
        .routes(routes!(v1::documents::original))
        .routes(routes!(v1::national::export))
        .routes(routes!(v1::verifications::verify_document))
        .routes(routes!(v1::verifications::verify_file))
        .routes(routes!(v1::signing::sign))
        .routes(routes!(v1::history::history))
        .routes(routes!(v1::history::revoke))
        .routes(routes!(v1::history::recode))
        .routes(routes!(v1::retention::keeping))
        .routes(routes!(v1::retention::restrict))
        .routes(routes!(v1::retention::carry_out))
        .routes(routes!(v1::reuse::reusable))
        .routes(routes!(v1::reuse::take))
        .routes(routes!(v1::reuse::take_for_paper))
        .routes(routes!(v1::reuse::undo))
        .routes(routes!(v1::catalogue::see))
        .routes(routes!(v1::catalogue::versions))
        .routes(routes!(v1::catalogue::import))
        .routes(routes!(v1::manual_codes::enter, v1::manual_codes::waiting))
        .routes(routes!(v1::manual_codes::act))
        .routes(routes!(v1::changes::after))
        .routes(routes!(v1::lessons::list))
        .routes(routes!(v1::lessons::decide))
        .routes(routes!(v1::audit::events))
        .routes(routes!(v1::subject_requests::list, v1::subject_requests::take_in))
        .routes(routes!(v1::subject_requests::see))
        .routes(routes!(v1::subject_requests::act))
        .routes(routes!(v1::breaches::list, v1::breaches::open))
        .routes(routes!(v1::breaches::exposure))
        .routes(routes!(v1::breaches::see))
        .routes(routes!(v1::breaches::act))
}

/// The OpenAPI document, as published in `schemas/openapi.json`.
pub fn openapi() -> Value {
    described(&routes().to_openapi())
}

fn described(document: &utoipa::openapi::OpenApi) -> Value {
    examples::with_examples(serde_json::to_value(document).expect("a description is plain data"))
}

/// The API with its description, its reading page and health.
pub fn router(ctx: Ctx, purposes: Purposes, served: &Served) -> Router {
    let api = Api { ctx, purposes, max_bytes: served.max_bytes };
    let (v1, document) = routes().split_for_parts();
    let document = described(&document);
    let v1 = v1
        .route("/openapi.json", get(|| async move { Json(document) }))
        .fallback(no_such_route)
        .method_not_allowed_fallback(no_such_method)
        .layer(middleware::from_fn_with_state(api.clone(), idempotency::once))
        .layer(middleware::from_fn(squeeze::squeeze))
        .with_state(api.clone());
    Router::new()
        .nest("/api/v1", v1)
        .merge(SwaggerUi::new("/api/docs").config(utoipa_swagger_ui::Config::from("/api/v1/openapi.json")))
        .route("/oauth/token", post(token::give).with_state(api.clone()))
        .route("/healthz", get(|| async { "ok" }))
        .route("/readyz", get(move || ready(api.ctx.clone())))
}

async fn no_such_route() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "no-such-route", "Không có địa chỉ này; xem /api/v1/openapi.json.")
}

async fn no_such_method() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "no-such-method", "Địa chỉ này không nhận phương thức đó.")
}

async fn ready(ctx: Ctx) -> impl IntoResponse {
    match crate::workflows::browse::is_ready(&ctx).await {
        Ok(()) => (StatusCode::OK, "ready"),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "storage unreachable")
        }
    }
}
