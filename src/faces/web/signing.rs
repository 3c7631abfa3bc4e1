//! Papers that wait for the officer's signature: signed all at once, with a result for each.

use askama::Template;
use axum::{http::StatusCode, response::Response};

use super::{Fault, Frame, Web, html, minute, upload::kind_of};
use crate::{
    domain::dossier::{Paper, PaperState},
    workflows::browse,
};

/// Papers on one page: as many as a request to a signing agent may name.
const ON_A_PAGE: u32 = 200;

#[derive(Template)]
#[template(path = "pages/signing.html")]
struct SigningPage {
    frame: Frame,
    /// Where the signing agent of the officer's computer listens.
    agent: String,
    papers: Vec<Line>,
    is_more: bool,
}

struct Line {
    id: String,
    dossier: String,
    received_at: String,
    kind: String,
    title: String,
    prepared: Option<(String, String)>,
}

/// `GET /signing`.
pub(super) async fn page(web: Web) -> Response {
    match content(&web).await {
        Ok(page) => html(StatusCode::OK, &page),
        Err(fault) => fault.page(&web),
    }
}

async fn content(web: &Web) -> Result<SigningPage, Fault> {
    let mut papers = browse::waiting_for_signature(&web.ctx, web.officer(), ON_A_PAGE + 1).await?;
    let is_more = papers.len() > ON_A_PAGE as usize;
    papers.truncate(ON_A_PAGE as usize);
    let line = |paper: &Paper| Line {
        id: paper.id.to_string(),
        dossier: paper.dossier.to_string(),
        received_at: minute(paper.received_at),
        kind: kind_of(paper),
        title: title(paper),
        prepared: prepared(paper),
    };
    Ok(SigningPage {
        frame: web.frame("signing"),
        agent: web.ctx.rules.signing.agent.clone(),
        papers: papers.iter().map(line).collect(),
        is_more,
    })
}

/// What a signing agent shows of a paper: no personal data.
pub(super) fn title(paper: &Paper) -> String {
    format!("{}, nhận {}", kind_of(paper), minute(paper.received_at))
}

/// Of a signature that is prepared: its id, and until when its value is taken.
pub(super) fn prepared(paper: &Paper) -> Option<(String, String)> {
    match &paper.state {
        PaperState::Signing { prepared, .. } => Some((prepared.id.to_string(), minute(prepared.expires_at))),
        _ => None,
    }
}
