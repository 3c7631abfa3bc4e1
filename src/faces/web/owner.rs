//! The electronic store of one person or organisation: look-up by POST, then opaque addresses.

use askama::Template;
use axum::{
    Form,
    extract::{Path, Query},
    http::{StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use jiff::civil::Date;
use serde::Deserialize;

use super::{
    Fault, Frame, Web, html,
    owner_acts::{self, OwnerCard, RemovedLine},
    sentence,
};
use crate::{
    clock::day_in_vietnam,
    domain::{
        code::OwnerKey,
        ids::{OwnerId, RecordId},
        officer::ActingOfficer,
        record::{SignatureState, StoredRecord},
        rights::{self, PaperScope},
    },
    workflows::browse::{self, BrowseError, DocumentFilter, Purpose},
};

#[derive(Template)]
#[template(path = "pages/owner_lookup.html")]
struct LookupPage {
    frame: Frame,
    message: Option<String>,
    purpose: String,
    owners: Vec<String>,
}

#[derive(Template)]
#[template(path = "pages/owner.html")]
struct OwnerPage {
    frame: Frame,
    owner_id: String,
    owner: String,
    is_provisional: bool,
    purpose: String,
    documents: Vec<DocumentLine>,
    next: Option<String>,
    may_export: bool,
    may_take_in: bool,
    fault: Option<String>,
    card: OwnerCard,
    removed: Vec<RemovedLine>,
}

struct DocumentLine {
    id: String,
    name: String,
    abstract_text: String,
    number: String,
    issued_on: String,
    authority: String,
    validity: String,
    validity_class: &'static str,
    code: String,
    is_signed: bool,
    is_held: bool,
    may_keep: bool,
}

#[derive(Deserialize)]
pub(super) struct LookupForm {
    owner: String,
    purpose: String,
}

/// `GET /owners`.
pub(super) async fn form(web: Web) -> Response {
    if let Err(denied) = rights::may_read_store(web.actor()) {
        return Fault::from(BrowseError::Denied(denied)).page(&web);
    }
    lookup_page(&web, StatusCode::OK, None, String::new(), Vec::new())
}

fn lookup_page(
    web: &Web,
    status: StatusCode,
    message: Option<String>,
    purpose: String,
    owners: Vec<String>,
) -> Response {
    html(status, &LookupPage { frame: web.frame("owners"), message, purpose, owners })
}

/// `POST /owners`.
pub(super) async fn look_up(web: Web, Form(form): Form<LookupForm>) -> Response {
    let again =
        |status, message: String| lookup_page(&web, status, Some(message), form.purpose.clone(), Vec::new());
    let purpose = match Purpose::parse(&form.purpose) {
        Ok(purpose) => purpose,
        Err(error) => return again(StatusCode::UNPROCESSABLE_ENTITY, sentence(&error.to_string())),
    };
    let key = match OwnerKey::parse(&form.owner) {
        Ok(key) => key,
        Err(_) => {
            let message = "Không phải số định danh, cũng không phải họ tên và ngày sinh (dd.mm.yyyy): xin kiểm tra lại.";
            return again(StatusCode::UNPROCESSABLE_ENTITY, message.into());
        }
    };
    let by = web.actor();
    match browse::look_up_owner(&web.ctx, by, &key, &purpose).await {
        Ok(owners) => {
            web.purposes.state(by, &owners, &purpose, web.ctx.clock.now());
            match owners.as_slice() {
                [] => again(StatusCode::OK, "Kho chưa có giấy tờ nào của người hoặc tổ chức này.".into()),
                [one] => Redirect::to(&format!("/owners/{one}")).into_response(),
                several => {
                    let ids = several.iter().map(ToString::to_string).collect();
                    lookup_page(&web, StatusCode::OK, None, form.purpose, ids)
                }
            }
        }
        Err(error) => Fault::from(error).page(&web),
    }
}

#[derive(Deserialize)]
pub(super) struct PageIn {
    after: Option<String>,
}

/// `GET /owners/{id}`; an id that was merged leads on.
pub(super) async fn page(web: Web, Path(id): Path<String>, Query(asked): Query<PageIn>) -> Response {
    show(&web, &id, asked.after.as_deref(), StatusCode::OK, None).await
}

pub(super) async fn show(
    web: &Web,
    id: &str,
    after: Option<&str>,
    status: StatusCode,
    fault: Option<String>,
) -> Response {
    match store_of(web, id, after, fault).await {
        Ok(Some(page)) => html(status, &page),
        Ok(None) => Redirect::to("/owners").into_response(),
        Err(error) => error.page(web),
    }
}

/// `None` where nobody has said why.
async fn store_of(
    web: &Web,
    id: &str,
    after: Option<&str>,
    fault: Option<String>,
) -> Result<Option<OwnerPage>, Fault> {
    let by = web.actor();
    let id = OwnerId::parse(id).map_err(|_| BrowseError::NotFound)?;
    let id = browse::current_owner(&web.ctx, by, &id).await?;
    let after = after.map(RecordId::parse).transpose().map_err(|_| BrowseError::NotFound)?;
    let Some(purpose) = web.purposes.of(&web.ctx, by, &id, None).await? else { return Ok(None) };
    let card = owner_acts::card(web, &id, &purpose).await?;
    let filter = DocumentFilter::default();
    let found = browse::documents_of(&web.ctx, by, &id, &purpose, &filter, after.as_ref(), 50).await?;
    let today = day_in_vietnam(web.ctx.clock.now());
    let name = match card.names.iter().find(|(_, is_former)| !is_former) {
        Some((name, _)) => name.clone(),
        None if card.is_closed => card.identifiers.first().map(|(_, key, _)| key.clone()).unwrap_or_default(),
        None => found.keys.first().map(OwnerKey::masked).unwrap_or_default(),
    };
    Ok(Some(OwnerPage {
        frame: web.frame("owners"),
        owner_id: id.to_string(),
        owner: name,
        is_provisional: found.keys.iter().all(OwnerKey::is_provisional),
        purpose: purpose.as_str().to_owned(),
        documents: found.documents.iter().map(|d| line(web.officer(), d, today)).collect(),
        next: found.next.map(|id| id.to_string()),
        may_export: rights::may_export(web.officer()).is_ok(),
        may_take_in: rights::may_take_in_request(web.officer()).is_ok(),
        fault,
        removed: owner_acts::removed(web, &id).await?,
        card,
    }))
}

/// Why a document is read: said on looking up its owner.
pub(super) async fn purpose_of_document(web: &Web, id: &RecordId) -> Result<Purpose, BrowseError> {
    let (ctx, by) = (&web.ctx, web.actor());
    let owner = browse::owner_of(ctx, by, id).await?;
    web.purposes.of(ctx, by, &owner, Some(id)).await?.ok_or(BrowseError::NoPurpose)
}

fn line(by: &ActingOfficer, record: &StoredRecord, today: Date) -> DocumentLine {
    let fields = &record.fields;
    let day = |d: Date| d.strftime("%d/%m/%Y").to_string();
    let (validity, validity_class) = match fields.validity_period {
        None => ("không ghi thời hạn".to_owned(), ""),
        Some(p) if p.is_valid_on(today) => {
            (p.until.map_or("✓ còn hiệu lực".to_owned(), |u| format!("✓ đến {}", day(u))), "valid")
        }
        Some(p) if p.from.is_some_and(|from| today < from) => ("✗ chưa có hiệu lực".to_owned(), "expired"),
        Some(p) => {
            (p.until.map_or("✗ hết hiệu lực".to_owned(), |u| format!("✗ hết hiệu lực {}", day(u))), "expired")
        }
    };
    DocumentLine {
        id: record.id.to_string(),
        name: fields.document_name.clone(),
        abstract_text: fields.abstract_text.clone().unwrap_or_default(),
        number: fields.document_number.as_ref().map_or("không số".to_owned(), ToString::to_string),
        issued_on: fields.issued_on.map(day).unwrap_or_default(),
        authority: fields.issuing_authority.clone().unwrap_or_default(),
        validity,
        validity_class,
        code: record.code.masked(),
        is_signed: !matches!(record.signature, SignatureState::Unsigned),
        is_held: record.keeping.held_at.is_some(),
        may_keep: rights::may_remove(by, &PaperScope { unit: record.unit.as_ref(), is_quarantined: false })
            .is_ok(),
    }
}

/// `GET /documents/{id}/content`: the coded PDF.
pub(super) async fn content(web: Web, Path(id): Path<String>) -> Response {
    bytes(&web, &id, None).await.unwrap_or_else(|error| Fault::from(error).page(&web))
}

/// `GET /documents/{id}/original`: the first file as it came.
pub(super) async fn original(web: Web, Path(id): Path<String>) -> Response {
    bytes(&web, &id, Some(0)).await.unwrap_or_else(|error| Fault::from(error).page(&web))
}

async fn bytes(web: &Web, id: &str, original: Option<u32>) -> Result<Response, BrowseError> {
    let id = RecordId::parse(id).map_err(|_| BrowseError::NotFound)?;
    let purpose = purpose_of_document(web, &id).await?;
    let by = web.actor();
    let (object, bytes) = match original {
        None => browse::content(&web.ctx, by, &id, &purpose).await?,
        Some(ordinal) => browse::original(&web.ctx, by, &id, ordinal, &purpose).await?,
    };
    Ok(([(header::CONTENT_TYPE, object.media_type)], bytes).into_response())
}
