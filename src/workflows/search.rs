//! Searching the store by words, type, agency, days, code and owner: exactly written first, then without marks; each
//! hit with its place on the page. Whoever searches says why, and sees what he may read; the search and every document
//! that it shows are traced, the words sealed.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::Serialize;

use crate::{
    domain::{
        code::{DocumentCode, DocumentTypeCode},
        event::{Action, AuditEvent, Change},
        ids::{OwnerId, RecordId},
        officer::{ActingOfficer, Actor},
        record::StoredRecord,
        rights::{self, Denied},
        search::{self as words, HitPlace, Query, QueryFault, Term},
        text::RecognisedText,
    },
    store::{
        StoreError, audit, codes, owners, records,
        search::{self as index, Candidates, Filter, Writing},
    },
    workflows::{
        access::{self, AccessError},
        browse::Purpose,
        context::Ctx,
        keep,
    },
};

/// Documents that are opened for one answer at most; where more have to be, it says where to go on.
const OPENED: u32 = 120;
/// Documents that are taken into the index at once.
const BATCH: u32 = 20;

/// Why nothing was found.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// The words can't be looked for.
    #[error(transparent)]
    Query(#[from] QueryFault),
    /// Nothing is asked.
    #[error("cần ít nhất một điều kiện: nội dung, loại giấy tờ, cơ quan, ngày, mã hoặc chủ giấy tờ")]
    Nothing,
    /// The right is not the officer's.
    #[error(transparent)]
    Denied(Denied),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<AccessError> for SearchError {
    fn from(error: AccessError) -> Self {
        match error {
            AccessError::NotFound => Self::Denied(Denied::Foreign),
            AccessError::Denied(denied) => Self::Denied(denied),
            AccessError::Store(error) => error.into(),
        }
    }
}

/// What is looked for; all of it has to hold.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Asked {
    /// Words, and phrases in quotes.
    pub text: Option<String>,
    /// Of this type.
    pub type_code: Option<DocumentTypeCode>,
    /// Issued by this agency, its whole name.
    pub agency: Option<String>,
    /// Of this code, old or new.
    pub code: Option<DocumentCode>,
    /// In this store.
    pub owner: Option<OwnerId>,
    /// Issued on this day or later.
    pub issued_from: Option<Date>,
    /// Issued on this day or earlier.
    pub issued_until: Option<Date>,
    /// Valid on this day.
    pub valid_on: Option<Date>,
}

/// Where a search goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    is_exact: bool,
    before: i64,
}

impl Cursor {
    /// As text, for cursors.
    pub fn text(self) -> String {
        format!("{}{}", if self.is_exact { 'e' } else { 'f' }, self.before)
    }

    /// The place that a text names.
    pub fn parse(text: &str) -> Option<Self> {
        let (writing, before) = text.split_at_checked(1)?;
        let is_exact = match writing {
            "e" => true,
            "f" => false,
            _ => return None,
        };
        Some(Self { is_exact, before: before.parse().ok()? })
    }
}

/// A document that was found.
#[derive(Debug, Clone)]
pub struct Found {
    /// The document.
    pub record: StoredRecord,
    /// Whether the words stand in it with all their marks.
    pub is_exact: bool,
    /// Where they stand; nothing where no words were asked.
    pub places: Vec<HitPlace>,
}

/// A page of what was found.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// Exactly written first, of these the newest first.
    pub found: Vec<Found>,
    /// Where to go on; a page may be short, or empty, and others follow.
    pub next: Option<Cursor>,
}

/// Searches the store; at most `limit` documents.
///
/// # Errors
/// [`SearchError`].
pub async fn search(
    ctx: &Ctx,
    officer: &ActingOfficer,
    asked: &Asked,
    purpose: &Purpose,
    after: Option<Cursor>,
    limit: u32,
) -> Result<Page, SearchError> {
    rights::may_search(officer).map_err(AccessError::from)?;
    let query = asked.text.as_deref().filter(|text| !text.trim().is_empty()).map(Query::parse).transpose()?;
    if query.is_none() && asked.is_empty() {
        return Err(SearchError::Nothing);
    }
    let by = Actor::from(officer);
    let page = match filter_of(ctx, asked).await? {
        Some(filter) => walk(ctx, &by, query.as_ref(), &filter, after, limit).await?,
        None => Page::default(), // nothing has that code, nobody that id
    };
    trace(ctx, &by, asked, purpose, &page).await?;
    Ok(page)
}

impl Asked {
    /// Whether nothing besides words is asked.
    fn is_empty(&self) -> bool {
        self.type_code.is_none()
            && self.agency.as_deref().is_none_or(|agency| words::whole(agency).folded.is_empty())
            && self.code.is_none()
            && self.owner.is_none()
            && [self.issued_from, self.issued_until, self.valid_on].iter().all(Option::is_none)
    }
}

async fn filter_of(ctx: &Ctx, asked: &Asked) -> Result<Option<Filter>, StoreError> {
    let mut record = None;
    if let Some(code) = &asked.code {
        let mut tx = ctx.db.read().await?;
        match codes::find(&mut tx, code).await?.and_then(|(_, record)| record) {
            None => return Ok(None),
            found => record = found,
        }
    }
    let mut owner = asked.owner.clone();
    if let Some(asked) = &asked.owner {
        let mut tx = ctx.db.read().await?;
        match owners::current(&mut tx, asked).await? {
            None => return Ok(None),
            current => owner = current,
        }
    }
    let agency = asked.agency.clone().filter(|agency| !words::whole(agency).folded.is_empty());
    Ok(Some(Filter {
        type_code: asked.type_code.clone(),
        agency,
        owner,
        record,
        issued_from: asked.issued_from,
        issued_until: asked.issued_until,
        valid_on: asked.valid_on,
    }))
}

/// Goes through what may be it, exactly written first, until the page is full or enough was opened.
async fn walk(
    ctx: &Ctx,
    by: &Actor,
    query: Option<&Query>,
    filter: &Filter,
    after: Option<Cursor>,
    limit: u32,
) -> Result<Page, StoreError> {
    let terms = query.map(Query::terms).unwrap_or_default();
    let (mut is_exact, mut before) = after.map_or((true, None), |at| (at.is_exact, Some(at.before)));
    let mut page = Page::default();
    let mut n_opened = 0;
    loop {
        let writing = if is_exact { Writing::Exact } else { Writing::Folded };
        let batch = limit.min(OPENED - n_opened);
        let (candidates, readable) = candidates(ctx, by, &terms, writing, filter, before, batch).await?;
        let n_candidates = candidates.records.len();
        for (n, (number, record)) in candidates.records.into_iter().enumerate() {
            n_opened += 1;
            if !readable.contains(&record.id) {
                continue;
            }
            if let Some(found) =
                looked_at(ctx, query, record).await?.filter(|found| found.is_exact == is_exact)
            {
                page.found.push(found);
            }
            if page.found.len() == limit as usize {
                let is_last = n + 1 == n_candidates && candidates.next.is_none();
                page.next = behind(query, is_exact, (!is_last).then_some(number));
                return Ok(page);
            }
        }
        match behind(query, is_exact, candidates.next) {
            None => return Ok(page),
            // One long walk for one answer is enough.
            Some(next)
                if n_opened >= OPENED || candidates_ended_early(n_candidates, batch, &candidates.next) =>
            {
                page.next = Some(next);
                return Ok(page);
            }
            Some(next) => (is_exact, before) = (next.is_exact, Some(next.before)),
        }
    }
}

/// What may be it, and which of that whoever asks may read.
async fn candidates(
    ctx: &Ctx,
    by: &Actor,
    terms: &[&Term],
    writing: Writing,
    filter: &Filter,
    before: Option<i64>,
    limit: u32,
) -> Result<(Candidates, BTreeSet<RecordId>), StoreError> {
    let mut tx = ctx.db.read().await?;
    let candidates = index::candidates(&mut tx, terms, writing, filter, before, limit).await?;
    let mut readable = BTreeSet::new();
    for (_, record) in &candidates.records {
        // What was taken out of its owner's store is not searched, not even by those who may still read it.
        if record.keeping.removed_at.is_some() {
            continue;
        }
        match access::read_record(&mut tx, by, record, ctx.clock.now()).await {
            Ok(()) => drop(readable.insert(record.id.clone())),
            Err(AccessError::Store(error)) => return Err(error),
            Err(AccessError::NotFound | AccessError::Denied(_)) => {}
        }
    }
    Ok((candidates, readable))
}

/// Whether the index was walked as far as one answer walks it, without filling a batch.
fn candidates_ended_early(n_candidates: usize, batch: u32, next: &Option<i64>) -> bool {
    n_candidates < batch as usize && next.is_some()
}

/// Where to go on behind a place: from what is written exactly to what is not, where something may be.
fn behind(query: Option<&Query>, is_exact: bool, before: Option<i64>) -> Option<Cursor> {
    match before {
        Some(before) => Some(Cursor { is_exact, before }),
        None if is_exact && query.is_some_and(Query::may_differ) => {
            Some(Cursor { is_exact: false, before: i64::MAX })
        }
        None => None,
    }
}

/// The document with the places of the words; `None` where they don't stand in it.
async fn looked_at(
    ctx: &Ctx,
    query: Option<&Query>,
    record: StoredRecord,
) -> Result<Option<Found>, StoreError> {
    let Some(query) = query else { return Ok(Some(Found { record, is_exact: true, places: Vec::new() })) };
    let text = text_of(ctx, &record).await?;
    let hit = words::find(query, &record.fields, text.as_ref());
    Ok(hit.map(|hit| Found { record, is_exact: hit.is_exact, places: hit.places }))
}

async fn text_of(ctx: &Ctx, record: &StoredRecord) -> Result<Option<RecognisedText>, StoreError> {
    match &record.text {
        Some(text) => keep::words_of(ctx, text).await.map(Some),
        None => Ok(None),
    }
}

/// One event for the search, with what was asked; one for each document that it showed.
async fn trace(
    ctx: &Ctx,
    by: &Actor,
    asked: &Asked,
    purpose: &Purpose,
    page: &Page,
) -> Result<(), StoreError> {
    let event = |object: (&'static str, String), detail| AuditEvent {
        at: ctx.clock.now(),
        actor: Some(by.clone()),
        action: Action::SearchDocuments,
        object,
        purpose: Some(purpose.as_str().to_owned()),
        detail,
    };
    let mut tx = ctx.db.write().await?;
    let n_found = serde_json::json!({ "n_found": page.found.len() });
    let asked = Change::of(&serde_json::Value::Null, asked);
    let search = event(("search", "none".to_owned()), Some(n_found));
    audit::append_change(&mut tx, &search, &asked).await?;
    for found in &page.found {
        audit::append(&mut tx, &event(("record", found.record.id.to_string()), None)).await?;
    }
    tx.commit().await
}

/// Takes documents into the index that were stored before there was one; `false` when there are none left.
///
/// # Errors
/// The store's.
pub async fn index_older(ctx: &Ctx) -> Result<bool, StoreError> {
    let missing = {
        let mut tx = ctx.db.read().await?;
        index::missing(&mut tx, BATCH).await?
    };
    for id in &missing {
        index_one(ctx, id).await?;
    }
    Ok(!missing.is_empty())
}

async fn index_one(ctx: &Ctx, id: &RecordId) -> Result<(), StoreError> {
    let record = {
        let mut tx = ctx.db.read().await?;
        records::get(&mut tx, id).await?
    };
    let Some(record) = record else { return Ok(()) };
    // Of one whose words are lost, at least its fields are found.
    let text = match text_of(ctx, &record).await {
        Ok(text) => text,
        Err(StoreError::Missing { .. } | StoreError::Corrupt { .. }) => {
            tracing::warn!(record = %id, "the words of a document can't be read; only its fields are searched");
            None
        }
        Err(other) => return Err(other),
    };
    let mut tx = ctx.db.write().await?;
    // Erased while its words were read.
    let is_erased = records::get(&mut tx, id).await?.is_none_or(|record| record.keeping.erased_at.is_some());
    if !is_erased {
        index::put(&mut tx, &record, text.as_ref()).await?;
    }
    tx.commit().await
}
