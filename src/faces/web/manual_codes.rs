//! Codes that were given by hand while the program was out of reach (Điều 17 khoản 2): entered, and reconciled with their
//! papers.

use askama::Template;
use axum::{
    Form,
    extract::Path,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;

use super::{Fault, Frame, Web, html, minute, sentence};
use crate::{
    clock::day_in_vietnam,
    domain::{
        code::DocumentCode,
        confirm::parse_day,
        ids::ManualCodeId,
        rights::{self, PaperScope},
    },
    workflows::{
        browse::{BrowseError, Purpose},
        manual_codes::{self, Bearer, ManualCodeError},
    },
};

/// Codes that are shown at once.
const SHOWN: u32 = 100;

#[derive(Template)]
#[template(path = "pages/manual_codes.html")]
struct ManualCodesPage {
    frame: Frame,
    today: String,
    fault: Option<String>,
    /// The paper that holds the code that was keyed.
    held_by: Option<String>,
    code: String,
    given_on: String,
    may_withdraw: bool,
    waiting: Vec<WaitingLine>,
    is_more: bool,
}

struct WaitingLine {
    id: String,
    code: String,
    given_on: String,
    entered_at: String,
}

#[derive(Default)]
struct Keyed {
    fault: Option<ManualCodeError>,
    message: Option<String>,
    code: String,
    given_on: String,
}

/// `GET /manual-codes`.
pub(super) async fn page(web: Web) -> Response {
    shown(&web, StatusCode::OK, Keyed::default()).await
}

async fn shown(web: &Web, status: StatusCode, keyed: Keyed) -> Response {
    match content(web, keyed).await {
        Ok(page) => html(status, &page),
        Err(error) => Fault::from(error).page(web),
    }
}

async fn content(web: &Web, keyed: Keyed) -> Result<ManualCodesPage, ManualCodeError> {
    let purpose = Purpose::of_reconciling();
    let waiting = manual_codes::waiting(&web.ctx, web.officer(), &purpose, None, SHOWN).await?;
    let held_by = match &keyed.fault {
        Some(ManualCodeError::CodeTaken { held_by }) => Some(held_by.to_string()),
        _ => None,
    };
    let own = PaperScope { unit: web.officer().unit.as_ref(), is_quarantined: false };
    let told = keyed.fault.as_ref().map(|error| format!("{}.", sentence(&error.to_string())));
    Ok(ManualCodesPage {
        frame: web.frame("manual_codes"),
        today: day_in_vietnam(web.ctx.clock.now()).to_string(),
        fault: told.or(keyed.message),
        held_by,
        code: keyed.code,
        given_on: keyed.given_on,
        may_withdraw: rights::may_recode(web.officer(), &own).is_ok(),
        is_more: waiting.len() == SHOWN as usize,
        waiting: waiting
            .iter()
            .map(|manual| WaitingLine {
                id: manual.id.to_string(),
                code: manual.code.to_string(),
                given_on: manual.given_on.strftime("%d/%m/%Y").to_string(),
                entered_at: minute(manual.at),
            })
            .collect(),
    })
}

impl From<ManualCodeError> for Fault {
    fn from(error: ManualCodeError) -> Self {
        let status = match &error {
            ManualCodeError::NotFound => StatusCode::NOT_FOUND,
            ManualCodeError::Denied(_) => StatusCode::FORBIDDEN,
            ManualCodeError::Known
            | ManualCodeError::CodeTaken { .. }
            | ManualCodeError::Settled
            | ManualCodeError::NoCode => StatusCode::CONFLICT,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        };
        match error {
            ManualCodeError::Store(error) => BrowseError::Store(error).into(),
            error => Self { status, message: sentence(&error.to_string()) },
        }
    }
}

/// What is entered.
#[derive(Deserialize)]
pub(super) struct EnterForm {
    code: String,
    given_on: String,
}

/// `POST /manual-codes`.
pub(super) async fn enter(web: Web, Form(form): Form<EnterForm>) -> Response {
    let EnterForm { code, given_on } = form;
    let refused = |message: String| Keyed {
        message: Some(message),
        code: code.clone(),
        given_on: given_on.clone(),
        ..Keyed::default()
    };
    let parsed = match (DocumentCode::parse(&code), parse_day(&given_on)) {
        (Ok(code), Ok(day)) => Ok((code, day)),
        (Err(error), _) => Err(format!("Mã cấp bằng tay: {error}.")),
        (_, Err(error)) => Err(format!("Ngày cấp mã: {error}.")),
    };
    let (parsed, day) = match parsed {
        Ok(parsed) => parsed,
        Err(message) => return shown(&web, StatusCode::UNPROCESSABLE_ENTITY, refused(message)).await,
    };
    match manual_codes::enter(&web.ctx, web.officer(), parsed, day).await {
        Ok(_) => Redirect::to("/manual-codes").into_response(),
        Err(error @ (ManualCodeError::Store(_) | ManualCodeError::Denied(_))) => {
            Fault::from(error).page(&web)
        }
        Err(error) => {
            let keyed = Keyed { fault: Some(error), code, given_on, ..Keyed::default() };
            shown(&web, StatusCode::CONFLICT, keyed).await
        }
    }
}

/// What becomes of a code.
#[derive(Deserialize)]
pub(super) struct ActForm {
    act: String,
    reason: String,
    /// The code of the paper in the program.
    #[serde(default)]
    bearer: String,
}

/// `POST /manual-codes/{id}`.
pub(super) async fn act(web: Web, Path(id): Path<String>, Form(form): Form<ActForm>) -> Response {
    match done(&web, &id, &form).await {
        Ok(()) => Redirect::to("/manual-codes").into_response(),
        Err(error) => Fault::from(error).page(&web),
    }
}

async fn done(web: &Web, id: &str, form: &ActForm) -> Result<(), ManualCodeError> {
    let id = ManualCodeId::parse(id).map_err(|_| ManualCodeError::NotFound)?;
    if form.act == "withdraw" {
        return manual_codes::withdraw(&web.ctx, web.officer(), &id, &form.reason).await;
    }
    let bearer = DocumentCode::parse(&form.bearer).map_err(|_| ManualCodeError::NoCode)?;
    manual_codes::reconcile(&web.ctx, web.officer(), &id, &Bearer::Code(bearer), &form.reason).await
}
