//! What officers' corrections teach: looked at, taken, refused, taken back.

use askama::Template;
use axum::{
    Form,
    extract::Path,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;

use super::{Fault, Frame, Web, html, minute};
use crate::{
    domain::{
        ids::LessonId,
        lessons::{LessonAct, LessonState},
    },
    workflows::lessons::{self, LessonError},
};

#[derive(Template)]
#[template(path = "pages/lessons.html")]
struct LessonsPage {
    frame: Frame,
    version: u64,
    waiting: Vec<LessonLine>,
    in_force: Vec<LessonLine>,
    others: Vec<LessonLine>,
    history: Vec<VersionLine>,
}

struct LessonLine {
    id: String,
    kind: &'static str,
    text: String,
    state: &'static str,
    n_papers: u64,
    noted_at: String,
}

struct VersionLine {
    version: u64,
    act: &'static str,
    text: String,
    reason: String,
    at: String,
}

/// `GET /lessons`.
pub(super) async fn page(web: Web) -> Response {
    match content(&web).await {
        Ok(page) => html(StatusCode::OK, &page),
        Err(fault) => fault.page(&web),
    }
}

async fn content(web: &Web) -> Result<LessonsPage, Fault> {
    let overview = lessons::overview(&web.ctx, web.officer()).await?;
    let lines = |states: &[LessonState]| {
        let kept = overview.lessons.iter().filter(|kept| states.contains(&kept.state));
        kept.map(|kept| LessonLine {
            id: kept.id.to_string(),
            kind: kept.lesson.label(),
            text: kept.lesson.text(),
            state: kept.state.label(),
            n_papers: kept.n_papers,
            noted_at: minute(kept.noted_at),
        })
        .collect()
    };
    let text = |id: &LessonId| {
        let kept = overview.lessons.iter().find(|kept| kept.id == *id);
        kept.map(|kept| kept.lesson.text()).unwrap_or_default()
    };
    Ok(LessonsPage {
        frame: web.frame("lessons"),
        version: overview.version,
        waiting: lines(&[LessonState::Waiting]),
        in_force: lines(&[LessonState::InForce]),
        others: lines(&[LessonState::Rejected, LessonState::TakenBack]),
        history: overview
            .history
            .iter()
            .map(|entry| VersionLine {
                version: entry.version,
                act: match entry.act {
                    LessonAct::Accept => "Đưa vào dùng",
                    LessonAct::Reject => "Không dùng",
                    LessonAct::TakeBack => "Rút lại",
                },
                text: text(&entry.lesson),
                reason: entry.reason.clone().unwrap_or_default(),
                at: minute(entry.at),
            })
            .collect(),
    })
}

/// What a person decides.
#[derive(Deserialize)]
pub(super) struct DecideForm {
    act: LessonAct,
    reason: Option<String>,
}

/// `POST /lessons/{id}`.
pub(super) async fn decide(web: Web, Path(id): Path<String>, Form(form): Form<DecideForm>) -> Response {
    let decided = match LessonId::parse(&id) {
        Ok(id) => lessons::decide(&web.ctx, web.officer(), &id, form.act, form.reason.as_deref()).await,
        Err(_) => Err(LessonError::Unknown),
    };
    match decided {
        Ok(_) => Redirect::to("/lessons").into_response(),
        Err(error) => Fault::from(error).page(&web),
    }
}
