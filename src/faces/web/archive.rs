//! Results of earlier days from the archive, with a list of what is known of them.

use askama::Template;
use axum::{extract::Multipart, http::StatusCode, response::Response};

use super::{Fault, Frame, Web, html, sentence};
use crate::{
    domain::rights,
    faces::listing,
    workflows::{
        archive::{self, ArchiveError, Outcome, Received},
        intake::IntakeError,
    },
};

#[derive(Template)]
#[template(path = "pages/archive.html")]
struct ArchivePage {
    frame: Frame,
    fault: Option<String>,
    lines: Vec<Line>,
    max_mb: u64,
}

struct Line {
    no: u32,
    file: String,
    sign: &'static str,
    message: String,
    paper: Option<String>,
}

impl From<&Received> for Line {
    fn from(received: &Received) -> Self {
        let (sign, paper) = match &received.outcome {
            Outcome::Received(paper) => ("✓", Some(paper.id.to_string())),
            Outcome::Known(papers) => ("⚠", papers.first().map(ToString::to_string)),
            Outcome::Unreadable(_) => ("✗", None),
        };
        let message = sentence(&format!("{}.", listing::outcome_of(received).1));
        Self { no: received.paper.line, file: received.paper.path.clone(), sign, message, paper }
    }
}

fn show(web: &Web, status: StatusCode, fault: Option<String>, lines: Vec<Line>) -> Response {
    html(status, &ArchivePage { frame: web.frame("upload"), fault, lines, max_mb: web.max_bytes >> 20 })
}

/// `GET /archive`.
pub(super) async fn page(web: Web) -> Response {
    match rights::may_receive(web.officer()) {
        Ok(()) => show(&web, StatusCode::OK, None, Vec::new()),
        Err(denied) => Fault::from(IntakeError::Denied(denied)).page(&web),
    }
}

/// `POST /archive`.
pub(super) async fn receive(web: Web, form: Multipart) -> Response {
    let (list, files) = match listing::read_form(form, web.max_bytes).await {
        Ok(read) => read,
        Err(fault) => return show(&web, fault.status, Some(fault.message), Vec::new()),
    };
    match archive::receive(&web.ctx, web.officer(), list, files).await {
        Ok(received) => show(&web, StatusCode::OK, None, received.iter().map(Line::from).collect()),
        Err(ArchiveError::Intake(error)) => Fault::from(error).page(&web),
        Err(error) => {
            let message = listing::sentence_of(&error);
            show(&web, StatusCode::UNPROCESSABLE_ENTITY, Some(message), Vec::new())
        }
    }
}
