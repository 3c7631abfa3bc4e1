//! Floor 4: HTTP, pages, command line and worker. They parse, call one workflow, translate; they
//! decide nothing.

pub mod api;
mod bundle;
pub mod cli;
pub mod gate;
pub mod guard;
pub mod listing;
pub mod measures;
mod pace;
pub mod purposes;
mod requests;
pub mod verification;
pub mod web;
pub mod wire;
pub mod worker;

use std::{net::IpAddr, sync::Arc};

use axum::{Router, middleware, routing::get};

use crate::workflows::context::Ctx;

/// What every page says of the installation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Notice {
    /// Nothing.
    #[default]
    None,
    /// Nobody is configured as the officer who acts.
    NoOfficer,
    /// Everybody knows the passwords.
    Demo,
}

/// How the service is reached, and what it takes.
#[derive(Debug, Clone)]
pub struct Served {
    /// On every page.
    pub notice: Notice,
    /// Bytes of the largest upload.
    pub max_bytes: u64,
    /// How requests come.
    pub reached: gate::Reached,
    /// Names under which the service answers, beside those of this machine.
    pub hosts: Vec<String>,
    /// Who may ask for `/metrics`, beside this machine.
    pub metrics_from: Arc<[IpAddr]>,
    /// Requests a second of one system, and tries to sign in a minute from one address.
    pub rates: gate::Rates,
}

/// API and pages behind their walls.
pub fn app(ctx: Ctx, served: &Served) -> Router {
    let purposes = purposes::Purposes::default();
    let agent = ctx.rules.signing.agent.clone();
    let gate = gate::Gate::new(ctx.clone(), served);
    let measures = measures::Measures { ctx: ctx.clone(), from: served.metrics_from.clone() };
    measures::begin();
    let app = api::router(ctx.clone(), purposes.clone(), served)
        .route("/metrics", get(measures::page).with_state(measures))
        .merge(web::router(ctx, purposes, served))
        .layer(middleware::from_fn_with_state(gate, gate::pass));
    guard::guard(app, served, &agent)
        .layer(middleware::from_fn(api::problem::words::spoken))
        .layer(middleware::from_fn(requests::told))
}
