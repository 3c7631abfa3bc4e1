//! The Danh mục in force on a day, its versions, and putting another one in force in two steps: first the differences, then
//! the act.

use askama::Template;
use axum::{
    extract::{Multipart, Query},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use jiff::civil::Date;
use serde::Deserialize;

use super::{Fault, Frame, Web, html, minute, sentence};
use crate::{
    clock::day_in_vietnam,
    domain::{
        catalogue::{CatalogueFaults, Procedure},
        confirm::parse_day,
        ids::ContentHash,
        rights::{self, Denied},
    },
    store::catalogues::{BEGINNING, CatalogueImport},
    workflows::{
        browse::BrowseError,
        catalogue::{self, ImportError, ImportOrder, ImportReport},
    },
};

#[derive(Template)]
#[template(path = "pages/catalogue.html")]
struct CataloguePage {
    frame: Frame,
    on: Date,
    /// The version in force that day, in words; `None` before there was one.
    version: Option<String>,
    procedures: Vec<ProcedureLine>,
    versions: Vec<VersionLine>,
    may_import: bool,
    today: Date,
    fault: Option<String>,
    faults: Vec<String>,
    looked_at: Option<LookedAt>,
}

struct ProcedureLine {
    code: String,
    name: String,
    field: String,
    ministry: String,
    components: Vec<PaperLine>,
    results: Vec<PaperLine>,
}

struct PaperLine {
    code: String,
    name: String,
    /// Whether it is digitised, and by which clause; of results the national code.
    words: String,
}

struct VersionLine {
    from: String,
    decision: String,
    imported_at: String,
    version: String,
    is_in_force: bool,
}

/// A catalogue that was looked at and waits for the act.
struct LookedAt {
    text: String,
    effective_on: Date,
    decision: String,
    instead_of: String,
    summary: String,
    is_known: bool,
    differences: Vec<DifferenceLine>,
}

struct DifferenceLine {
    sign: char,
    what: &'static str,
    code: String,
    name: String,
    fields: Vec<(String, String, String)>,
}

fn words(day: Date) -> String {
    if day == BEGINNING { "từ đầu".to_owned() } else { day.strftime("%d/%m/%Y").to_string() }
}

/// Which day is looked at.
#[derive(Deserialize)]
pub(super) struct OnIn {
    on: Option<String>,
}

/// `GET /catalogue`.
pub(super) async fn page(web: Web, Query(asked): Query<OnIn>) -> Response {
    let on = asked.on.filter(|text| !text.trim().is_empty());
    match on.as_deref().map(parse_day).transpose() {
        Ok(on) => shown(&web, StatusCode::OK, Shown { on, ..Shown::default() }).await,
        Err(e) => {
            let fault = Some(format!("Ngày xem Danh mục: {e}."));
            shown(&web, StatusCode::BAD_REQUEST, Shown { fault, ..Shown::default() }).await
        }
    }
}

#[derive(Default)]
struct Shown {
    on: Option<Date>,
    fault: Option<String>,
    faults: Vec<String>,
    looked_at: Option<LookedAt>,
}

async fn shown(web: &Web, status: StatusCode, shown: Shown) -> Response {
    match content(web, shown).await {
        Ok(page) => html(status, &page),
        Err(fault) => fault.page(web),
    }
}

async fn content(web: &Web, shown: Shown) -> Result<CataloguePage, Fault> {
    rights::may_read_catalogue(web.actor()).map_err(ImportError::from)?;
    let today = day_in_vietnam(web.ctx.clock.now());
    let on = shown.on.unwrap_or(today);
    let version = catalogue::on(&web.ctx, on).await.map_err(ImportError::from)?;
    let imports = catalogue::versions(&web.ctx).await.map_err(ImportError::from)?;
    let in_force = imports.iter().position(|import| import.effective_on <= today);
    let procedures = version.as_ref().map(|version| version.catalogue.procedures.as_slice());
    Ok(CataloguePage {
        frame: web.frame("catalogue"),
        on,
        procedures: procedures.unwrap_or_default().iter().map(|p| procedure_line(p, on)).collect(),
        version: version.map(|version| by_decision(&version.import)),
        versions: imports.iter().enumerate().map(|(at, i)| version_line(i, Some(at) == in_force)).collect(),
        may_import: rights::may_import_catalogue(web.officer()).is_ok(),
        today,
        fault: shown.fault,
        faults: shown.faults,
        looked_at: shown.looked_at,
    })
}

fn by_decision(import: &CatalogueImport) -> String {
    match (&import.decision_number, &import.imported_by) {
        (Some(number), _) => format!("Quyết định số {number}"),
        (None, Some(_)) => "không ghi quyết định".to_owned(),
        (None, None) => "kèm theo chương trình".to_owned(),
    }
}

fn version_line(import: &CatalogueImport, is_in_force: bool) -> VersionLine {
    VersionLine {
        from: words(import.effective_on),
        decision: by_decision(import),
        imported_at: minute(import.imported_at),
        version: import.hash.as_str().chars().take(12).collect(),
        is_in_force,
    }
}

fn procedure_line(procedure: &Procedure, on: Date) -> ProcedureLine {
    let components = procedure.components.iter().map(|component| PaperLine {
        code: component.code.to_string(),
        name: component.name.clone(),
        words: format!(
            "{}: {}",
            if component.digitise { "số hóa" } else { "không số hóa" },
            component.reason
        ),
    });
    let results = procedure.results.iter().map(|result| PaperLine {
        code: result.code.to_string(),
        name: result.name.clone(),
        words: result.national_result_code.as_ref().map(ToString::to_string).unwrap_or_default(),
    });
    ProcedureLine {
        code: procedure.code.to_string(),
        name: procedure.name.clone(),
        field: procedure.field.clone(),
        ministry: procedure.ministry_on(on).unwrap_or("chưa ghi").to_owned(),
        components: components.collect(),
        results: results.collect(),
    }
}

/// What the form sends.
#[derive(Default)]
struct Sent {
    text: String,
    effective_on: String,
    decision: String,
    instead_of: Option<String>,
    puts_in_force: bool,
}

/// `POST /catalogue`: a file is looked at; what was looked at is put in force.
pub(super) async fn import(web: Web, form: Multipart) -> Response {
    if let Err(denied) = rights::may_import_catalogue(web.officer()) {
        return Fault::from(ImportError::from(denied)).page(&web);
    }
    let sent = match read(form).await {
        Ok(sent) => sent,
        Err(fault) => {
            let shown_fault = Shown { fault: Some(fault), ..Shown::default() };
            return shown(&web, StatusCode::BAD_REQUEST, shown_fault).await;
        }
    };
    match imported(&web, &sent).await {
        Ok(report) if report.is_imported => Redirect::to("/catalogue").into_response(),
        Ok(report) => {
            let looked_at = Some(looked_at(sent, report));
            shown(&web, StatusCode::OK, Shown { looked_at, ..Shown::default() }).await
        }
        Err(ImportError::Faults(CatalogueFaults(faults))) => {
            let fault = Some(format!("Danh mục có {} lỗi, không nhập gì:", faults.len()));
            shown(&web, StatusCode::UNPROCESSABLE_ENTITY, Shown { fault, faults, ..Shown::default() }).await
        }
        Err(error @ ImportError::Store(_)) => Fault::from(error).page(&web),
        Err(error) => {
            let Fault { status, message } = error.into();
            let fault = Some(format!("{message}."));
            shown(&web, status, Shown { fault, ..Shown::default() }).await
        }
    }
}

impl From<ImportError> for Fault {
    fn from(error: ImportError) -> Self {
        let error = match error {
            ImportError::Store(error) => return BrowseError::Store(error).into(),
            error => error,
        };
        let status = match &error {
            ImportError::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
            ImportError::Denied(Denied::Foreign) => StatusCode::NOT_FOUND,
            ImportError::Denied(_) => StatusCode::FORBIDDEN,
            ImportError::Stale => StatusCode::CONFLICT,
            ImportError::Faults(_) | ImportError::Decision | ImportError::Day => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
        };
        Self { status, message: sentence(&error.to_string()) }
    }
}

async fn imported(web: &Web, sent: &Sent) -> Result<ImportReport, ImportError> {
    let day = Some(sent.effective_on.trim()).filter(|text| !text.is_empty());
    let instead_of = sent.instead_of.as_deref().map(ContentHash::parse).transpose();
    let order = ImportOrder {
        effective_on: day.map(parse_day).transpose().map_err(|_| ImportError::Day)?,
        decision_number: Some(sent.decision.clone()),
        puts_in_force: sent.puts_in_force,
        instead_of: instead_of.map_err(|_| ImportError::Stale)?,
    };
    catalogue::import(&web.ctx, web.officer(), &sent.text, &order).await
}

async fn read(mut form: Multipart) -> Result<Sent, String> {
    let broken = || "Biểu mẫu gửi lên không đọc được, hoặc tệp không phải văn bản UTF-8: gửi lại.".to_owned();
    let mut sent = Sent::default();
    while let Some(part) = form.next_field().await.map_err(|_| broken())? {
        let name = part.name().unwrap_or_default().to_owned();
        let text = String::from_utf8(part.bytes().await.map_err(|_| broken())?.to_vec());
        let text = text.map_err(|_| broken())?;
        match name.as_str() {
            "file" | "text" => sent.text = text,
            "effective_on" => sent.effective_on = text,
            "decision" => sent.decision = text,
            "instead_of" => sent.instead_of = Some(text).filter(|text| !text.is_empty()),
            "act" => sent.puts_in_force = text == "put_in_force",
            _ => return Err(broken()),
        }
    }
    Ok(sent)
}

fn looked_at(sent: Sent, report: ImportReport) -> LookedAt {
    let until = report.effective_until.map(|last| format!(" đến hết {}", words(last))).unwrap_or_default();
    let shown = |value: Option<String>| value.unwrap_or_else(|| "(trống)".to_owned());
    LookedAt {
        text: sent.text,
        effective_on: report.effective_on,
        decision: report.decision_number.unwrap_or_default(),
        instead_of: report.instead_of.map(|hash| hash.to_string()).unwrap_or_default(),
        summary: format!(
            "{} thủ tục, {} thành phần; có hiệu lực từ {}{until}",
            report.n_procedures,
            report.n_components,
            words(report.effective_on)
        ),
        is_known: report.is_known,
        differences: report
            .differences
            .into_iter()
            .map(|difference| {
                let (what, sign) = difference.kind.words();
                let fields = difference.fields.into_iter();
                let fields =
                    fields.map(|f| (f.words().to_owned(), shown(f.before), shown(f.after))).collect();
                DifferenceLine { sign, what, code: difference.code, name: difference.name, fields }
            })
            .collect(),
    }
}
