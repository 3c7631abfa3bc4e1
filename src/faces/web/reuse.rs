//! Papers of the store that serve a dossier again: looked up by owner, judged, taken and taken back (Điều 12).

use std::collections::BTreeSet;

use askama::Template;
use axum::{
    Form,
    extract::Path,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;

use super::{Fault, Frame, Web, dossier::dossier_id, html, sentence};
use crate::{
    domain::{
        code::OwnerKey,
        ids::{ComponentCode, RecordId, ReuseId},
        reuse::{Answer, Judgement},
    },
    workflows::{
        browse::{BrowseError, Purpose},
        reuse::{self, Offer, ReuseError, Taken, Taking},
    },
};

/// Takings of cancelled documents that the first page names.
const MOST_CANCELLED: u32 = 20;

#[derive(Template)]
#[template(path = "pages/reuse.html")]
struct ReusePage {
    frame: Frame,
    dossier: String,
    fault: Option<String>,
    purpose: String,
    offers: Vec<OfferLine>,
}

struct OfferLine {
    component: String,
    component_name: String,
    document: String,
    name: String,
    number: String,
    issued_on: String,
    verdict: Verdict,
}

/// An answer as pages show it, never by colour alone.
struct Verdict {
    class: &'static str,
    words: &'static str,
    needs_reason: bool,
    may_take: bool,
    reasons: Vec<String>,
}

impl From<&Judgement> for Verdict {
    fn from(judgement: &Judgement) -> Self {
        let (class, words) = match judgement.answer {
            Answer::Fits => ("stored", "✓ Dùng lại được"),
            Answer::Unknown => ("postponed", "⚠ Cần công chức xem xét"),
            Answer::DoesNot => ("needs_rescan", "✗ Không dùng lại được"),
        };
        Self {
            class,
            words,
            needs_reason: judgement.answer == Answer::Unknown,
            may_take: judgement.answer != Answer::DoesNot,
            reasons: judgement.reasons.iter().map(|reason| reason.message.clone()).collect(),
        }
    }
}

/// A document that was taken for a dossier.
pub(super) struct TakenLine {
    pub id: String,
    pub component: String,
    pub document: String,
    pub name: String,
    /// Why it serves no more, where it does not.
    pub faults: Vec<String>,
}

impl From<&Taken> for TakenLine {
    fn from(taken: &Taken) -> Self {
        Self {
            id: taken.reuse.id.to_string(),
            component: taken.reuse.component.to_string(),
            document: taken.reuse.record.to_string(),
            name: taken.record.fields.document_name.clone(),
            // What was unknown, an officer decided when it was taken.
            faults: taken.today.faults().map(str::to_owned).collect(),
        }
    }
}

/// Dossiers for which a document was taken that was cancelled since, each once.
pub(super) async fn cancelled(web: &Web) -> Result<Vec<String>, Fault> {
    let taken = reuse::cancelled_since(&web.ctx, web.officer(), MOST_CANCELLED).await?;
    let mut seen = BTreeSet::new();
    let dossiers = taken.iter().map(|taken| taken.reuse.dossier.to_string());
    Ok(dossiers.filter(|dossier| seen.insert(dossier.clone())).collect())
}

#[derive(Deserialize)]
pub(super) struct ReusableForm {
    owner: String,
    #[serde(default)]
    guardian: String,
    purpose: String,
}

/// `POST /dossiers/{id}/reusable`: what a person or organisation already has for the dossier.
pub(super) async fn reusable(web: Web, Path(id): Path<String>, Form(form): Form<ReusableForm>) -> Response {
    let page = match offered(&web, &id, &form).await {
        Ok(offers) => Ok((StatusCode::OK, None, offers)),
        Err(fault) if fault.status == StatusCode::UNPROCESSABLE_ENTITY => {
            Ok((fault.status, Some(fault.message), Vec::new()))
        }
        Err(fault) => Err(fault),
    };
    match page {
        Ok((status, fault, offers)) => {
            let purpose = form.purpose;
            html(status, &ReusePage { frame: web.frame("dossier"), dossier: id, fault, purpose, offers })
        }
        Err(fault) => fault.page(&web),
    }
}

async fn offered(web: &Web, id: &str, form: &ReusableForm) -> Result<Vec<OfferLine>, Fault> {
    let unprocessable = |message: String| Fault { status: StatusCode::UNPROCESSABLE_ENTITY, message };
    let dossier = dossier_id(id)?;
    let purpose = Purpose::parse(&form.purpose).map_err(|e| unprocessable(sentence(&e.to_string())))?;
    let key = OwnerKey::parse(&form.owner).map_err(|_| {
        unprocessable(
            "Không phải số định danh, cũng không phải họ tên và ngày sinh (dd.mm.yyyy): xin kiểm tra lại."
                .into(),
        )
    })?;
    let guardian = match form.guardian.trim() {
        "" => None,
        text => Some(OwnerKey::parse(text).map_err(|_| {
            unprocessable("Số định danh của người giám hộ không đúng mẫu: xin kiểm tra lại.".to_owned())
        })?),
    };
    let offered = reuse::offers(&web.ctx, web.officer(), &dossier, &key, guardian.as_ref(), &purpose);
    let (owners, offers) = offered.await?;
    web.purposes.state(web.actor(), &owners, &purpose, web.ctx.clock.now());
    Ok(offers.iter().map(line).collect())
}

fn line(Offer { component, component_name, record, judgement }: &Offer) -> OfferLine {
    let fields = &record.fields;
    OfferLine {
        component: component.to_string(),
        component_name: component_name.clone(),
        document: record.id.to_string(),
        name: fields.document_name.clone(),
        number: fields.document_number.as_ref().map_or("không số".to_owned(), ToString::to_string),
        issued_on: fields.issued_on.map(|day| day.strftime("%d/%m/%Y").to_string()).unwrap_or_default(),
        verdict: judgement.into(),
    }
}

#[derive(Deserialize)]
pub(super) struct TakeForm {
    component: String,
    document: String,
    purpose: String,
    #[serde(default)]
    reason: String,
}

/// `POST /dossiers/{id}/reuses`: takes a document for a component.
pub(super) async fn take(web: Web, Path(id): Path<String>, Form(form): Form<TakeForm>) -> Response {
    match took(&web, &id, form).await {
        Ok(()) => Redirect::to(&format!("/dossiers/{id}")).into_response(),
        Err(fault) => fault.page(&web),
    }
}

async fn took(web: &Web, id: &str, form: TakeForm) -> Result<(), Fault> {
    let dossier = dossier_id(id)?;
    let component = ComponentCode::parse(&form.component).map_err(|_| BrowseError::NotFound)?;
    let record = RecordId::parse(&form.document).map_err(|_| BrowseError::NotFound)?;
    let taking = Taking { record, purpose: Purpose::parse(&form.purpose)?, reason: Some(form.reason) };
    reuse::take(&web.ctx, web.officer(), &dossier, &component, taking).await?;
    Ok(())
}

#[derive(Deserialize)]
pub(super) struct UndoForm {
    reason: String,
}

/// `POST /dossiers/{id}/reuses/{reuse}/undo`.
pub(super) async fn undo(
    web: Web,
    Path((id, taking)): Path<(String, String)>,
    Form(form): Form<UndoForm>,
) -> Response {
    let undone = async {
        let taking = ReuseId::parse(&taking).map_err(|_| ReuseError::NotFound)?;
        let dossier = dossier_id(&id)?;
        Ok::<_, Fault>(reuse::undo(&web.ctx, web.officer(), &dossier, &taking, &form.reason).await?)
    };
    match undone.await {
        Ok(()) => Redirect::to(&format!("/dossiers/{id}")).into_response(),
        Err(fault) => fault.page(&web),
    }
}
