//! Floor 4: HTTP, pages, command line and worker. They parse, call one workflow, translate; they
//! decide nothing.

pub mod api;
pub mod cli;
pub mod guard;
pub mod purposes;
pub mod verification;
pub mod web;
pub mod wire;
pub mod worker;

use axum::Router;

use crate::workflows::context::Ctx;

/// API and pages behind their walls. `is_trial` puts a notice on every page: nobody is configured
/// as the officer who acts; `max_bytes` is the largest upload.
pub fn app(ctx: Ctx, is_trial: bool, max_bytes: u64) -> Router {
    let purposes = purposes::Purposes::default();
    let agent = ctx.rules.signing.agent.clone();
    let app = api::router(ctx.clone(), purposes.clone(), max_bytes)
        .merge(web::router(ctx, purposes, is_trial, max_bytes));
    guard::guard(app, max_bytes, &agent)
}
