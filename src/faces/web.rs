//! Pages for clerks, in Vietnamese, rendered here: upload with findings, confirm beside the page
//! picture, the store of one person. One file per page; they work without script.

mod dossier;
mod lessons;
mod owner;
mod pages;
mod paper;
mod signing;
mod upload;
mod verify;

use super::purposes::Purposes;
use crate::{
    clock::minute_in_vietnam as minute,
    domain::{dossier::EraseTerm, officer::ActingOfficer, signing::OfficerSigning},
    workflows::{
        arrange::ArrangeError, browse::BrowseError, context::Ctx, digitise::DigitiseError,
        intake::IntakeError, lessons::LessonError,
    },
};
use askama::Template;
use axum::{
    Router,
    http::{StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::{get, post},
};

/// What handlers share.
#[derive(Clone)]
struct Web {
    ctx: Ctx,
    purposes: Purposes,
    is_trial: bool,
    max_bytes: u64,
}

impl Web {
    /// In whose name the page acts: until there are accounts, the configured officer.
    fn officer(&self) -> ActingOfficer {
        self.ctx.rules.officer.clone()
    }

    fn frame(&self, here: &'static str) -> Frame {
        Frame {
            officer: self.ctx.rules.officer.officer.full_name.clone(),
            is_trial: self.is_trial,
            officers_sign: self.ctx.rules.signing.officer == OfficerSigning::Required,
            here,
        }
    }
}

/// What stands around every page.
struct Frame {
    officer: String,
    is_trial: bool,
    /// Whether papers wait for officers' signatures here.
    officers_sign: bool,
    here: &'static str,
}

/// The pages.
pub fn router(ctx: Ctx, purposes: Purposes, is_trial: bool, max_bytes: u64) -> Router {
    Router::new()
        .route("/", get(upload::page))
        .route("/papers", post(upload::receive))
        .route("/batches", post(upload::receive_batch))
        .route("/dossiers/{id}", get(dossier::page))
        .route("/dossiers/{id}/handed-in", post(dossier::declare))
        .route("/dossiers/{id}/papers", post(dossier::receive))
        .route("/papers/{id}", get(paper::page))
        .route("/papers/{id}/confirm", post(paper::acts::confirm))
        .route("/papers/{id}/override", post(paper::acts::override_faults))
        .route("/papers/{id}/erase", post(paper::acts::erase_quarantined))
        .route("/papers/{id}/retry", post(paper::acts::retry))
        .route("/papers/{id}/arrange", post(pages::arrange))
        .route("/papers/{id}/insert", post(pages::insert))
        .route("/papers/{id}/pages/{position}", get(paper::picture))
        .route("/papers/{id}/originals/{page}", get(paper::original_picture))
        .route("/verify", get(verify::page).post(verify::judge))
        .route("/documents/{id}/verification", get(verify::document))
        .route("/signing", get(signing::page))
        .route("/lessons", get(lessons::page))
        .route("/lessons/{id}", post(lessons::decide))
        .route("/owners", get(owner::form).post(owner::look_up))
        .route("/owners/{id}", get(owner::page))
        .route("/documents/{id}/content", get(owner::content))
        .route("/documents/{id}/original", get(owner::original))
        .with_state(Web { ctx, purposes, is_trial, max_bytes })
        .route(
            "/static/sohoa.css",
            get(|| async { file("text/css", include_str!("../../templates/static/sohoa.css")) }),
        )
        .route(
            "/static/sohoa.js",
            get(|| async { file("text/javascript", include_str!("../../templates/static/sohoa.js")) }),
        )
        .route(
            "/static/sign.js",
            get(|| async { file("text/javascript", include_str!("../../templates/static/sign.js")) }),
        )
        .route(
            "/static/strip.css",
            get(|| async { file("text/css", include_str!("../../templates/static/strip.css")) }),
        )
        .route(
            "/static/strip.js",
            get(|| async { file("text/javascript", include_str!("../../templates/static/strip.js")) }),
        )
}

fn file(media_type: &'static str, text: &'static str) -> impl IntoResponse {
    let headers = [(header::CONTENT_TYPE, media_type), (header::CACHE_CONTROL, "max-age=300")];
    (headers, text)
}

fn html(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => (status, Html(text)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

#[derive(Template)]
#[template(path = "pages/fault.html")]
struct FaultPage {
    frame: Frame,
    message: String,
}

/// An error as a page: one sentence, and a way back.
struct Fault {
    status: StatusCode,
    message: String,
}

impl Fault {
    fn page(self, web: &Web) -> Response {
        html(self.status, &FaultPage { frame: web.frame(""), message: self.message })
    }
}

/// The first letter of a sentence, capital.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().collect::<String>() + letters.as_str())
        .unwrap_or_default()
}

impl From<BrowseError> for Fault {
    fn from(error: BrowseError) -> Self {
        let status = match &error {
            BrowseError::NotFound => StatusCode::NOT_FOUND,
            BrowseError::NoPurpose => StatusCode::BAD_REQUEST,
            BrowseError::Unreadable(_) => StatusCode::UNPROCESSABLE_ENTITY,
            BrowseError::Spool(_) | BrowseError::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self { status, message: sentence(&message_of(&error)) }
    }
}

impl From<DigitiseError> for Fault {
    fn from(error: DigitiseError) -> Self {
        let status = match &error {
            DigitiseError::UnknownPaper => StatusCode::NOT_FOUND,
            DigitiseError::Store(_) | DigitiseError::Spool(_) => StatusCode::SERVICE_UNAVAILABLE,
            DigitiseError::WrongState { .. } | DigitiseError::Stale | DigitiseError::CodeTaken { .. } => {
                StatusCode::CONFLICT
            }
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        };
        Self { status, message: sentence(&message_of(&error)) }
    }
}

impl From<ArrangeError> for Fault {
    fn from(error: ArrangeError) -> Self {
        match error {
            ArrangeError::Step(error) => error.into(),
            ArrangeError::Undo(_) => {
                Self { status: StatusCode::CONFLICT, message: sentence(&error.to_string()) }
            }
            other => Self { status: StatusCode::UNPROCESSABLE_ENTITY, message: sentence(&other.to_string()) },
        }
    }
}

impl From<LessonError> for Fault {
    fn from(error: LessonError) -> Self {
        let status = match &error {
            LessonError::Unknown => StatusCode::NOT_FOUND,
            LessonError::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
            LessonError::NoReason => StatusCode::UNPROCESSABLE_ENTITY,
            LessonError::WrongState { .. } | LessonError::Stale | LessonError::Ambiguous => {
                StatusCode::CONFLICT
            }
        };
        Self { status, message: sentence(&message_of(&error)) }
    }
}

impl From<IntakeError> for Fault {
    fn from(error: IntakeError) -> Self {
        let status = match &error {
            IntakeError::Store(_) | IntakeError::Spool(_) => StatusCode::SERVICE_UNAVAILABLE,
            IntakeError::UnknownDossier => StatusCode::NOT_FOUND,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        };
        Self { status, message: sentence(&message_of(&error)) }
    }
}

/// The sentence of an error; what went wrong inside goes to the log, not to the page.
fn message_of(error: &(dyn std::error::Error + 'static)) -> String {
    let is_inside = error.is::<crate::store::StoreError>()
        || matches!(error.downcast_ref(), Some(BrowseError::Store(_)))
        || matches!(error.downcast_ref(), Some(DigitiseError::Store(_)))
        || matches!(error.downcast_ref(), Some(IntakeError::Store(_)))
        || matches!(error.downcast_ref(), Some(LessonError::Store(_)));
    if is_inside {
        tracing::error!(%error, "the store failed");
        return "kho dữ liệu chưa trả lời: thử lại sau; nếu còn lỗi, báo người quản trị.".to_owned();
    }
    error.to_string()
}

/// By when secret bytes have to be erased, as half a sentence.
fn erase_term(term: &EraseTerm, is_over: bool) -> String {
    let (since, until) = (minute(term.since), minute(term.until));
    if is_over {
        format!("cách ly từ {since}, phải xóa trước {until}: đã quá hạn, hãy xóa ngay.")
    } else {
        format!("cách ly từ {since}, phải xóa trước {until}.")
    }
}

/// The sign that goes with a state, so that colour is never alone.
fn sign_of(state: &str) -> &'static str {
    match state {
        "stored" => "✓",
        "to_confirm" | "to_sign" | "postponed" => "●",
        "needs_rescan" | "failed" | "refused" | "quarantined" => "✗",
        _ => "…",
    }
}
