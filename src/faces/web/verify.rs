//! Signatures of a file that is kept nowhere, and of a stored document, in words for a clerk.

use askama::Template;
use axum::{
    extract::{Multipart, Path},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{Fault, Frame, Web, html, minute, owner, sentence};
use crate::{
    domain::ids::RecordId,
    engines::signature::verdict::{Kind, Report, Verdict},
    faces::verification,
    workflows::{
        browse::BrowseError,
        verify::{self, VerifyError},
    },
};

#[derive(Template)]
#[template(path = "pages/verify.html")]
struct VerifyPage {
    frame: Frame,
    message: Option<String>,
    judged: Option<Judged>,
    max_mb: u64,
}

struct Judged {
    /// Where the same is had as a PDF; none for a file that is kept nowhere.
    sheet: Option<String>,
    label: &'static str,
    class: &'static str,
    message: String,
    at: String,
    signatures: Vec<SignatureCard>,
}

struct SignatureCard {
    title: &'static str,
    field: String,
    label: &'static str,
    class: &'static str,
    message: String,
    lines: Vec<(&'static str, String)>,
    changes: Vec<String>,
}

/// Colour and sign of a verdict: colour is never alone.
pub(super) fn class_of(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::TotalPassed => "stored",
        Verdict::Indeterminate => "postponed",
        Verdict::TotalFailed => "failed",
    }
}

/// The same of a whole file: of the worst of its signatures.
pub(super) fn class_of_file(report: &Report) -> &'static str {
    let signatures = report.signatures.iter().filter(|s| s.kind == Kind::Signature);
    signatures.map(|s| s.verdict).max().map_or("postponed", class_of)
}

fn judged(web: &Web, report: &Report, sheet: Option<String>) -> Judged {
    Judged {
        sheet,
        label: verification::overall_label(report.overall),
        class: class_of_file(report),
        message: report.message.clone(),
        at: minute(web.ctx.clock.now()),
        signatures: report
            .signatures
            .iter()
            .map(|signature| SignatureCard {
                title: match signature.kind {
                    Kind::Signature => "Chữ ký",
                    Kind::Doctimestamp => "Dấu thời gian",
                },
                field: signature.field.clone(),
                label: verification::label(signature.verdict),
                class: class_of(signature.verdict),
                message: signature.message.clone(),
                lines: verification::lines(signature),
                changes: signature.changes.clone(),
            })
            .collect(),
    }
}

fn shown(web: &Web, status: StatusCode, message: Option<String>, judged: Option<Judged>) -> Response {
    html(status, &VerifyPage { frame: web.frame("verify"), message, judged, max_mb: web.max_bytes >> 20 })
}

/// `GET /verify`.
pub(super) async fn page(web: Web) -> Response {
    shown(&web, StatusCode::OK, None, None)
}

/// `POST /verify`.
pub(super) async fn judge(web: Web, form: Multipart) -> Response {
    match of_file(&web, form).await {
        Ok(report) => shown(&web, StatusCode::OK, None, Some(judged(&web, &report, None))),
        Err(response) => *response,
    }
}

/// `POST /verify/sheet`: the same as a PDF to be kept with the dossier.
pub(super) async fn sheet(web: Web, form: Multipart) -> Response {
    match of_file(&web, form).await {
        Ok(report) => drawn(&web, &report),
        Err(response) => *response,
    }
}

async fn of_file(web: &Web, form: Multipart) -> Result<Report, Box<Response>> {
    let (bytes, password) = verification::read_form(form, web.max_bytes)
        .await
        .map_err(|fault| shown(web, fault.status, Some(fault.message), None))?;
    Ok(verify::file(&web.ctx, web.actor(), bytes, password).await.map_err(|error| fault(web, error))?)
}

fn drawn(web: &Web, report: &Report) -> Response {
    match verification::sheet(None, report, web.ctx.clock.now()) {
        Ok(pdf) => pdf_answer(pdf),
        Err(error) => {
            tracing::error!(%error, "a sheet of verification could not be drawn");
            let message = "Chưa lập được phiếu kiểm tra, hãy thử lại.".to_owned();
            Fault { status: StatusCode::INTERNAL_SERVER_ERROR, message }.page(web)
        }
    }
}

fn pdf_answer(pdf: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/pdf"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"phieu-kiem-tra-chu-ky.pdf\""),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, pdf).into_response()
}

/// `GET /documents/{id}/verification`.
pub(super) async fn document(web: Web, Path(id): Path<String>) -> Response {
    match of_document(&web, &id).await {
        Ok(report) => {
            let sheet = format!("/documents/{id}/verification/sheet");
            shown(&web, StatusCode::OK, None, Some(judged(&web, &report, Some(sheet))))
        }
        Err(error) => fault(&web, error),
    }
}

/// `GET /documents/{id}/verification/sheet`: the same as a PDF.
pub(super) async fn document_sheet(web: Web, Path(id): Path<String>) -> Response {
    match of_document(&web, &id).await {
        Ok(report) => drawn(&web, &report),
        Err(error) => fault(&web, error),
    }
}

async fn of_document(web: &Web, id: &str) -> Result<Report, VerifyError> {
    let id = RecordId::parse(id).map_err(|_| BrowseError::NotFound)?;
    let purpose = owner::purpose_of_document(web, &id).await?;
    verify::document(&web.ctx, web.actor(), &id, &purpose).await
}

fn fault(web: &Web, error: VerifyError) -> Response {
    let fault = match error {
        VerifyError::Browse(error) => Fault::from(error),
        VerifyError::Store(error) => Fault::from(BrowseError::Store(error)),
        VerifyError::Unreadable(error) => {
            let message = format!("{error}. Chữ ký chưa được kiểm tra, không được coi là hợp lệ.");
            Fault { status: StatusCode::UNPROCESSABLE_ENTITY, message: sentence(&message) }
        }
    };
    fault.page(web)
}
