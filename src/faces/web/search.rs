//! Searching the store: words and what else is known of a paper go by POST, never into an address.

use askama::Template;
use axum::{Form, http::StatusCode, response::Response};
use jiff::civil::Date;
use serde::Deserialize;

use super::{Fault, Frame, Web, html, sentence};
use crate::{
    domain::{
        code::{DocumentCode, DocumentTypeCode},
        rights,
        search::HitPlace,
    },
    workflows::{
        browse::{BrowseError, Purpose},
        search::{self, Asked, Cursor, Found, Page, SearchError},
    },
};

/// Documents on one page.
const SHOWN: u32 = 20;

#[derive(Template)]
#[template(path = "pages/search.html")]
struct SearchPage {
    frame: Frame,
    message: Option<String>,
    asked: SearchForm,
    found: Option<Vec<Line>>,
    next: Option<String>,
}

struct Line {
    id: String,
    owner: String,
    name: String,
    number: String,
    issued_on: String,
    authority: String,
    code: String,
    is_revoked: bool,
    is_exact: bool,
    places: Vec<HitPlace>,
    first_page: Option<u32>,
}

/// What was keyed.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub(super) struct SearchForm {
    text: String,
    #[serde(rename = "type")]
    type_code: String,
    agency: String,
    code: String,
    issued_from: String,
    issued_until: String,
    valid_on: String,
    purpose: String,
    after: String,
}

impl SearchForm {
    fn has_more(&self) -> bool {
        let more = [
            &self.type_code,
            &self.agency,
            &self.code,
            &self.issued_from,
            &self.issued_until,
            &self.valid_on,
        ];
        more.iter().any(|said| !said.trim().is_empty())
    }

    fn asked(&self) -> Result<Asked, String> {
        let said = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let day = |name: &str, text: &str| -> Result<Option<Date>, String> {
            said(text)
                .map(|text| text.parse())
                .transpose()
                .map_err(|_| format!("“{name}” không phải một ngày."))
        };
        let type_code = said(&self.type_code).map(|text| DocumentTypeCode::parse(&text)).transpose();
        let code = said(&self.code).map(|text| DocumentCode::parse(&text)).transpose();
        Ok(Asked {
            text: said(&self.text),
            type_code: type_code.map_err(|e| sentence(&e.to_string()))?,
            agency: said(&self.agency),
            code: code.map_err(|e| sentence(&e.to_string()))?,
            owner: None,
            issued_from: day("Cấp từ ngày", &self.issued_from)?,
            issued_until: day("Cấp đến ngày", &self.issued_until)?,
            valid_on: day("Còn hiệu lực ngày", &self.valid_on)?,
        })
    }
}

/// `GET /search`.
pub(super) async fn form(web: Web) -> Response {
    if let Err(denied) = rights::may_search(web.officer()) {
        return Fault::from(BrowseError::Denied(denied)).page(&web);
    }
    page(&web, StatusCode::OK, SearchForm::default(), None, None)
}

fn page(
    web: &Web,
    status: StatusCode,
    asked: SearchForm,
    message: Option<String>,
    found: Option<Page>,
) -> Response {
    let next = found.as_ref().and_then(|page| page.next).map(Cursor::text);
    let found = found.map(|page| page.found.into_iter().map(line).collect());
    html(status, &SearchPage { frame: web.frame("search"), message, asked, found, next })
}

/// `POST /search`.
pub(super) async fn search(web: Web, Form(form): Form<SearchForm>) -> Response {
    match found(&web, &form).await {
        Ok(found) => page(&web, StatusCode::OK, form, None, Some(found)),
        Err(Wrong::Said(message)) => page(&web, StatusCode::UNPROCESSABLE_ENTITY, form, Some(message), None),
        Err(Wrong::Failed(error)) => Fault::from(error).page(&web),
    }
}

/// Why nothing was looked for.
enum Wrong {
    /// What was keyed.
    Said(String),
    /// Something else.
    Failed(BrowseError),
}

impl From<SearchError> for Wrong {
    fn from(error: SearchError) -> Self {
        match error {
            SearchError::Query(_) | SearchError::Nothing => Self::Said(sentence(&error.to_string())),
            SearchError::Denied(denied) => Self::Failed(BrowseError::Denied(denied)),
            SearchError::Store(error) => Self::Failed(error.into()),
        }
    }
}

async fn found(web: &Web, form: &SearchForm) -> Result<Page, Wrong> {
    rights::may_search(web.officer()).map_err(|denied| Wrong::Failed(BrowseError::Denied(denied)))?;
    let purpose = Purpose::parse(&form.purpose).map_err(|error| Wrong::Said(sentence(&error.to_string())))?;
    let asked = form.asked().map_err(Wrong::Said)?;
    let after = Cursor::parse(&form.after);
    let found = search::search(&web.ctx, web.officer(), &asked, &purpose, after, SHOWN).await?;
    let owners: Vec<_> = found.found.iter().map(|found| found.record.owner.clone()).collect();
    web.purposes.state(web.actor(), &owners, &purpose, web.ctx.clock.now());
    Ok(found)
}

fn line(Found { record, is_exact, mut places }: Found) -> Line {
    // Several words of one line are told once.
    places.dedup_by(|a, b| (a.page, &a.line) == (b.page, &b.line));
    let fields = record.fields;
    Line {
        id: record.id.to_string(),
        owner: record.owner.to_string(),
        name: fields.document_name,
        number: fields.document_number.map_or("không số".to_owned(), |number| number.to_string()),
        issued_on: fields.issued_on.map(|day| day.strftime("%d/%m/%Y").to_string()).unwrap_or_default(),
        authority: fields.issuing_authority.unwrap_or_default(),
        code: record.code.to_string(),
        is_revoked: record.revoked_at.is_some(),
        is_exact,
        first_page: places.iter().find_map(|place| place.page),
        places,
    }
}
