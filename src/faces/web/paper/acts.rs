//! What an officer does with a paper on its page: confirm it, override its faults, erase it, try again.

use std::collections::HashMap;

use axum::{
    Form,
    extract::Path,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{EXTRA, Keyed, show};
use crate::{
    domain::{
        confirm::{FieldEdits, FieldFault},
        dossier::PaperState,
        fields::ProposedFields,
        ids::PaperId,
    },
    faces::web::{Fault, Web},
    workflows::{
        confirm as confirming,
        digitise::{self, DigitiseError},
        quarantine,
    },
};

/// `POST /papers/{id}/confirm`.
pub(in crate::faces::web) async fn confirm(
    web: Web,
    Path(id): Path<String>,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    match confirmed(&web, &id, &form).await {
        Ok(()) => Redirect::to(&format!("/papers/{id}")).into_response(),
        Err(error) => {
            let held_by = match &error {
                DigitiseError::CodeTaken { held_by } => Some(held_by.clone()),
                _ => None,
            };
            let (faults, message) = match error {
                DigitiseError::Fields(faults) => {
                    let message = format!("Còn {} trường phải nhập hoặc sửa, ghi bên dưới.", faults.len());
                    (faults, message)
                }
                other => (Vec::new(), Fault::from(other).message),
            };
            let keyed = Keyed { values: form, faults, message: Some(message), held_by };
            show(&web, &id, StatusCode::UNPROCESSABLE_ENTITY, keyed).await
        }
    }
}

async fn confirmed(web: &Web, id: &str, form: &HashMap<String, String>) -> Result<(), DigitiseError> {
    let id = PaperId::parse(id).map_err(|_| DigitiseError::UnknownPaper)?;
    let edits = edits(form).map_err(DigitiseError::Fields)?;
    if let PaperState::ToConfirm { proposed, .. } = digitise::paper(&web.ctx, &id).await?.state {
        cleared(&proposed, form)?;
    }
    let version = form.get("version").and_then(|v| v.parse().ok());
    confirming::confirm(&web.ctx, web.officer(), &id, version, edits).await?;
    Ok(())
}

/// A number or date that was read and then emptied, without saying that the paper has none.
fn cleared(proposed: &ProposedFields, form: &HashMap<String, String>) -> Result<(), DigitiseError> {
    let is_cleared = |name: &str, absent: &str, is_read: bool| {
        is_read && !form.contains_key(absent) && form.get(name).is_none_or(|t| t.trim().is_empty())
    };
    let fault = |field: &str, box_label: &str| FieldFault {
        field: field.to_owned(),
        message: format!("Đang để trống: nhập theo giấy tờ, hoặc đánh dấu “{box_label}”."),
    };
    let mut faults = Vec::new();
    if is_cleared("document_number", "no_number", proposed.document_number.value.is_some()) {
        faults.push(fault("document_number", "Giấy tờ không có số, ký hiệu"));
    }
    if is_cleared("issued_on", "no_date", proposed.issued_on.value.is_some()) {
        faults.push(fault("issued_on", "Giấy tờ không ghi ngày cấp"));
    }
    if faults.is_empty() { Ok(()) } else { Err(DigitiseError::Fields(faults)) }
}

/// The form as edits. What the person leaves empty is absent, but number and date only when the
/// box beside them says so: an empty input may just have been forgotten.
fn edits(form: &HashMap<String, String>) -> Result<FieldEdits, Vec<FieldFault>> {
    let text = |name: &str| form.get(name).map(|t| t.trim()).unwrap_or_default();
    let mut edits = FieldEdits::default();
    let mut faults = Vec::new();
    let mut set = |key: &str, value: Value| {
        if let Err(fault) = edits.set(key, &value) {
            faults.push(fault);
        }
    };
    for key in
        ["document_type_code", "owner_id", "document_name", "issuing_authority", "abstract", "validity_scope"]
    {
        set(key, json!(text(key)));
    }
    for (key, absent) in [("document_number", "no_number"), ("issued_on", "no_date")] {
        if form.contains_key(absent) {
            set(key, Value::Null);
        } else if !text(key).is_empty() {
            set(key, json!(text(key)));
        }
    }
    set("validity_period", json!({ "from": text("valid_from"), "until": text("valid_until") }));
    let extra = form.keys().filter_map(|name| Some((name.strip_prefix(EXTRA)?, json!(text(name)))));
    let others: serde_json::Map<String, Value> = extra
        .filter(|(key, _)| key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'))
        .map(|(key, value)| (key.to_owned(), value))
        .chain([("holder_name".to_owned(), json!(text("holder_name")))])
        .collect();
    set("other", Value::Object(others));
    if faults.is_empty() { Ok(edits) } else { Err(faults) }
}

#[derive(Deserialize)]
pub(in crate::faces::web) struct ReasonForm {
    reason: String,
}

/// What an officer does with a paper beside confirming it.
enum Act {
    OverrideFaults(String),
    EraseQuarantined(String),
    Refuse(String),
    Retry,
}

async fn act(web: &Web, id: &str, act: Act) -> Response {
    let officer = web.officer();
    let done = match (PaperId::parse(id), act) {
        (Err(_), _) => Err(DigitiseError::UnknownPaper),
        (Ok(paper), Act::OverrideFaults(reason)) => {
            digitise::override_faults(&web.ctx, officer, &paper, &reason).await
        }
        (Ok(paper), Act::EraseQuarantined(reason)) => {
            quarantine::erase(&web.ctx, officer, &paper, &reason).await
        }
        (Ok(paper), Act::Refuse(reason)) => digitise::refuse(&web.ctx, officer, &paper, &reason).await,
        (Ok(paper), Act::Retry) => digitise::retry(&web.ctx, officer, &paper).await,
    };
    match done {
        Ok(_) => Redirect::to(&format!("/papers/{id}")).into_response(),
        Err(error) => Fault::from(error).page(web),
    }
}

/// `POST /papers/{id}/override`.
pub(in crate::faces::web) async fn override_faults(
    web: Web,
    Path(id): Path<String>,
    Form(form): Form<ReasonForm>,
) -> Response {
    act(&web, &id, Act::OverrideFaults(form.reason)).await
}

/// `POST /papers/{id}/erase`.
pub(in crate::faces::web) async fn erase_quarantined(
    web: Web,
    Path(id): Path<String>,
    Form(form): Form<ReasonForm>,
) -> Response {
    act(&web, &id, Act::EraseQuarantined(form.reason)).await
}

/// `POST /papers/{id}/refuse`.
pub(in crate::faces::web) async fn refuse(
    web: Web,
    Path(id): Path<String>,
    Form(form): Form<ReasonForm>,
) -> Response {
    act(&web, &id, Act::Refuse(form.reason)).await
}

/// `POST /papers/{id}/retry`.
pub(in crate::faces::web) async fn retry(web: Web, Path(id): Path<String>) -> Response {
    act(&web, &id, Act::Retry).await
}
