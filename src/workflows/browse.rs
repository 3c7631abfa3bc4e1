//! Reading what is kept: every reading of a person's data states its purpose and leaves a trace
//! (Điều 8 khoản 2, Điều 10 khoản 2).

use jiff::{Timestamp, civil::Date};

use crate::{
    domain::{
        code::{DocumentCode, DocumentTypeCode, OwnerKey},
        dossier::{Dossier, ObjectRole, Paper, PaperObject},
        event::{Action, AuditEvent},
        first::FirstProposals,
        ids::{ContentHash, DossierId, OwnerId, PaperId, RecordId},
        officer::{ActingOfficer, Actor},
        plan::PagePlan,
        record::{ChangeEvent, StoredRecord},
        rights::{self, Denied},
    },
    engines::imaging::fault::ReadError,
    store::{StoreError, audit, changes, codes, first, owners, papers, plans, records},
    workflows::{
        access::{self, AccessError},
        arrange::{self, Arrangement},
        context::{Ctx, Spooled},
        digitise::{self, DigitiseError},
    },
};

/// Why nothing is shown.
#[derive(Debug, thiserror::Error)]
pub enum BrowseError {
    /// No such row, or not for this officer.
    #[error("không tìm thấy")]
    NotFound,
    /// Its files are gone for ever; code and trace stay.
    #[error("tệp của giấy tờ đã được xóa hẳn khi hết thời hạn lưu trữ")]
    Erased,
    /// A reading of personal data without a purpose.
    #[error(
        "cần ghi mục đích tra cứu: mỗi lần xem dữ liệu cá nhân đều được lưu vết (QĐ 1917/QĐ-BLĐTBXH, Điều 8 khoản 2)"
    )]
    NoPurpose,
    /// The reading process could not draw the page.
    #[error(transparent)]
    Unreadable(#[from] ReadError),
    /// Files for the reading process could not be written.
    #[error("không ghi được tệp tạm: kiểm tra dung lượng đĩa")]
    Spool(#[source] std::io::Error),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The right is not the officer's.
    #[error(transparent)]
    Denied(Denied),
}

impl From<AccessError> for BrowseError {
    fn from(error: AccessError) -> Self {
        match error {
            AccessError::NotFound => Self::NotFound,
            AccessError::Denied(denied) => Self::Denied(denied),
            AccessError::Store(error) => error.into(),
        }
    }
}

/// Why personal data is read: 3–300 characters, said by the person who reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purpose(String);

impl Purpose {
    /// # Errors
    /// [`BrowseError::NoPurpose`] when fewer than 3 or more than 300 characters are left after trimming.
    pub fn parse(text: &str) -> Result<Self, BrowseError> {
        let text = text.trim();
        if (3..=300).contains(&text.chars().count()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(BrowseError::NoPurpose)
        }
    }

    /// The handling of a dossier is its own purpose.
    pub fn of_dossier(dossier: &DossierId) -> Self {
        Self(format!("xử lý hồ sơ {dossier}"))
    }

    /// So is bringing codes that were given by hand together with their papers.
    pub fn of_reconciling() -> Self {
        Self("đối soát mã cấp bằng tay".to_owned())
    }

    /// The words.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Writes a reading down, which is no part of a transaction.
pub(super) async fn trace(
    ctx: &Ctx,
    by: &Actor,
    action: Action,
    object: (&'static str, String),
    purpose: &Purpose,
) -> Result<(), StoreError> {
    let event = AuditEvent {
        at: ctx.clock.now(),
        actor: Some(by.clone()),
        action,
        object,
        purpose: Some(purpose.0.clone()),
        detail: None,
    };
    audit::append_alone(&ctx.db, event).await
}

/// A dossier with its papers.
///
/// # Errors
/// [`BrowseError`].
pub async fn dossier(
    ctx: &Ctx,
    officer: &ActingOfficer,
    id: &DossierId,
) -> Result<(Dossier, Vec<Paper>), BrowseError> {
    let mut tx = ctx.db.read().await?;
    let dossier = access::dossier(&mut tx, officer, id, rights::may_see).await?;
    let papers = papers::of_dossier(&mut tx, id).await?;
    Ok((dossier, papers))
}

/// The newest papers on their way, for the list of work: states only, no personal data.
///
/// # Errors
/// [`BrowseError`].
pub async fn newest_papers(
    ctx: &Ctx,
    officer: &ActingOfficer,
    limit: u32,
) -> Result<Vec<Paper>, BrowseError> {
    if rights::may_receive(officer).is_err() {
        return Ok(Vec::new());
    }
    let mut tx = ctx.db.read().await?;
    Ok(papers::newest(&mut tx, officer.unit.as_ref(), limit).await?)
}

/// Papers that wait for the officer's signature, oldest first; at most `limit`.
///
/// # Errors
/// [`BrowseError`].
pub async fn waiting_for_signature(
    ctx: &Ctx,
    officer: &ActingOfficer,
    limit: u32,
) -> Result<Vec<Paper>, BrowseError> {
    rights::may_receive(officer).map_err(AccessError::from)?;
    let mut tx = ctx.db.read().await?;
    let unit = officer.unit.as_ref();
    let mut waiting = papers::of_unit_in_state(&mut tx, unit, "to_sign", limit).await?;
    waiting.extend(papers::of_unit_in_state(&mut tx, unit, "signing", limit).await?);
    waiting.sort_by(|a, b| (a.received_at, a.id.as_str()).cmp(&(b.received_at, b.id.as_str())));
    waiting.truncate(limit as usize);
    Ok(waiting)
}

/// A paper, with what its dossier is; looking at it is traced.
///
/// # Errors
/// [`BrowseError`].
pub async fn paper(
    ctx: &Ctx,
    officer: &ActingOfficer,
    id: &PaperId,
) -> Result<(Paper, Dossier, Vec<PaperObject>), BrowseError> {
    let found = {
        let mut tx = ctx.db.read().await?;
        let (paper, dossier) = access::paper(&mut tx, officer, id, rights::may_see).await?;
        let originals = digitise::objects_as(&mut tx, id, ObjectRole::Original).await?;
        (paper, dossier, originals)
    };
    let by = officer.into();
    trace(ctx, &by, Action::ViewPaper, ("paper", id.to_string()), &Purpose::of_dossier(&found.1.id)).await?;
    Ok(found)
}

/// Where a paper stands, without any of its data: for waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Its state.
    pub state: &'static str,
    /// Its version.
    pub version: u64,
    /// Whether the head of page one was read, and its proposals can be seen.
    pub has_first: bool,
}

/// The state of a paper and its version.
///
/// # Errors
/// [`BrowseError`].
pub async fn paper_state(ctx: &Ctx, officer: &ActingOfficer, id: &PaperId) -> Result<Standing, BrowseError> {
    let mut tx = ctx.db.read().await?;
    let (paper, _) = access::paper(&mut tx, officer, id, rights::may_follow).await?;
    let has_first = first::is_kept(&mut tx, id).await?;
    Ok(Standing { state: paper.state.name(), version: paper.version, has_first })
}

/// What the head of page one gave, while the rest is read. For who sees the paper already.
///
/// # Errors
/// [`BrowseError`].
pub async fn first_proposals(ctx: &Ctx, paper: &Paper) -> Result<Option<FirstProposals>, BrowseError> {
    if !paper.state.is_being_read() {
        return Ok(None);
    }
    let mut tx = ctx.db.read().await?;
    Ok(first::of(&mut tx, &paper.id).await?)
}

/// A page of a paper as JPEG, `width_px` across, upright; not of a quarantined one.
///
/// # Errors
/// [`BrowseError`].
pub async fn page_picture(
    ctx: &Ctx,
    officer: &ActingOfficer,
    id: &PaperId,
    position: u32,
    width_px: u32,
) -> Result<Vec<u8>, BrowseError> {
    let (paper, _, originals) = paper(ctx, officer, id).await?;
    let planned = {
        let mut tx = ctx.db.read().await?;
        plans::latest(&mut tx, id).await?
    };
    let facts = paper.state.pages().iter().find(|p| p.position == position);
    let (page, rotation) = match (facts, &planned) {
        (Some(facts), _) => (facts.original_page, facts.rotation),
        (None, Some(entry)) => {
            let index = position.checked_sub(1).ok_or(BrowseError::NotFound)?;
            let planned = entry.plan.pages().get(index as usize).ok_or(BrowseError::NotFound)?;
            (planned.page, planned.turn.unwrap_or(0))
        }
        (None, None) => (position, 0),
    };
    if originals.is_empty() || matches!(paper.state, crate::domain::dossier::PaperState::Quarantined { .. }) {
        return Err(BrowseError::NotFound);
    }
    let spooled = Spooled::write(&ctx.bytes_of(&originals).await?).map_err(BrowseError::Spool)?;
    let readers = ctx.readers.clone();
    let picture =
        tokio::task::spawn_blocking(move || readers.preview(&spooled.paths, page, rotation, width_px))
            .await
            .map_err(|_| ReadError::Crashed)?;
    Ok(picture?)
}

/// The page plan of a paper with its history; looking at it is traced.
///
/// # Errors
/// [`BrowseError`].
pub async fn arrangement(
    ctx: &Ctx,
    officer: &ActingOfficer,
    id: &PaperId,
) -> Result<Arrangement, BrowseError> {
    paper(ctx, officer, id).await?;
    arrange::arrangement(ctx, officer, id, rights::may_see).await.map_err(|error| match error {
        DigitiseError::Unreadable(error) => error.into(),
        DigitiseError::Spool(source) => BrowseError::Spool(source),
        DigitiseError::Store(error) => error.into(),
        _ => BrowseError::NotFound,
    })
}

/// A page of a paper's originals as JPEG, also one that is left out of its plan, but never one that is
/// another paper's; turned as a person or the machine said, where one did.
///
/// # Errors
/// [`BrowseError`].
pub async fn original_picture(
    ctx: &Ctx,
    officer: &ActingOfficer,
    id: &PaperId,
    page: u32,
    width_px: u32,
) -> Result<Vec<u8>, BrowseError> {
    let standing = arrangement(ctx, officer, id).await?;
    if !standing.own().contains(&page) {
        return Err(BrowseError::NotFound);
    }
    let turned = |plan: &PagePlan| plan.pages().iter().find(|p| p.page == page).and_then(|p| p.turn);
    let seen = standing.paper.state.pages().iter().find(|p| p.original_page == page).map(|p| p.rotation);
    // Of a page that was left out, as it stood last.
    let rotation = seen.or_else(|| standing.history.iter().rev().find_map(|e| turned(&e.plan)));
    let spooled = Spooled::write(&ctx.bytes_of(&standing.originals).await?).map_err(BrowseError::Spool)?;
    let readers = ctx.readers.clone();
    let picture = tokio::task::spawn_blocking(move || {
        readers.preview(&spooled.paths, page, rotation.unwrap_or(0), width_px)
    });
    Ok(picture.await.map_err(|_| ReadError::Crashed)??)
}

/// The owners that `key` may mean: one by number, any number by name.
///
/// # Errors
/// [`BrowseError`].
pub async fn look_up_owner(
    ctx: &Ctx,
    by: &Actor,
    key: &OwnerKey,
    purpose: &Purpose,
) -> Result<Vec<OwnerId>, BrowseError> {
    rights::may_read_store(by).map_err(AccessError::from)?;
    // What portals ask most often.
    let mut tx = ctx.db.read_singly().await?;
    let found = match key.number() {
        Some(number) => owners::find(&mut tx, number).await?.into_iter().collect(),
        None => owners::find_named(&mut tx, key).await?,
    };
    tx.commit().await?;
    let object = found.first().map_or_else(|| "none".to_owned(), ToString::to_string);
    trace(ctx, by, Action::LookUpOwner, ("owner", object), purpose).await?;
    Ok(found)
}

/// What `by` said at `since` or later on looking up that owner, or that document of his.
///
/// # Errors
/// [`BrowseError`].
pub async fn stated_purpose(
    ctx: &Ctx,
    by: &Actor,
    owner: &OwnerId,
    document: Option<&RecordId>,
    since: Timestamp,
) -> Result<Option<Purpose>, BrowseError> {
    let of_owner = [Action::LookUpOwner, Action::OfferReuse].map(|act| (act, "owner", owner.as_str()));
    let of_document = document.into_iter().flat_map(|document| {
        [Action::LookUpCode, Action::SearchDocuments].map(|act| (act, "record", document.as_str()))
    });
    let mut tx = ctx.db.read().await?;
    let mut last = None;
    for (act, kind, id) in of_owner.into_iter().chain(of_document) {
        let search = audit::Search {
            from: Some(since),
            actor: Some(by.id().to_owned()),
            action: Some(act.as_str().to_owned()),
            object: Some((kind.to_owned(), id.to_owned())),
            ..audit::Search::default()
        };
        let said = audit::search(&mut tx, &search, 1).await?.pop();
        let said = said.and_then(|event| Some((event.at, Purpose(event.purpose?))));
        last = last.into_iter().chain(said).max_by_key(|(at, _)| *at);
    }
    Ok(last.map(|(_, purpose)| purpose))
}

/// Which documents of an owner are asked for.
#[derive(Debug, Clone, Default)]
pub struct DocumentFilter {
    /// Of this type.
    pub type_code: Option<DocumentTypeCode>,
    /// Valid on this day, or without a period.
    pub valid_on: Option<Date>,
}

/// What is known of an owner, and a page of his documents, newest first.
pub struct OwnerDocuments {
    /// Who he is today.
    pub owner: OwnerId,
    /// The keys by which he is known.
    pub keys: Vec<OwnerKey>,
    /// The documents.
    pub documents: Vec<StoredRecord>,
    /// Where the next page begins; `None` on the last.
    pub next: Option<RecordId>,
}

/// The electronic store of one person or organisation.
///
/// # Errors
/// [`BrowseError`].
pub async fn documents_of(
    ctx: &Ctx,
    by: &Actor,
    owner: &OwnerId,
    purpose: &Purpose,
    filter: &DocumentFilter,
    after: Option<&RecordId>,
    limit: u32,
) -> Result<OwnerDocuments, BrowseError> {
    rights::may_read_store(by).map_err(AccessError::from)?;
    let mut tx = ctx.db.read_singly().await?;
    // One who was found to be another has no keys of his own.
    let mut owner = owner.clone();
    let mut keys = owners::keys_of(&mut tx, &owner).await?;
    if keys.is_empty() {
        owner = owners::current(&mut tx, &owner).await?.ok_or(BrowseError::NotFound)?;
        keys = owners::keys_of(&mut tx, &owner).await?;
    }
    let filter = records::Filter { type_code: filter.type_code.clone(), valid_on: filter.valid_on };
    let mut found = records::of_owner(&mut tx, &owner, &filter, after, limit + 1).await?;
    let has_more = found.len() > limit as usize;
    found.truncate(limit as usize);
    let next = found.last().filter(|_| has_more).map(|d| d.id.clone());
    let mut documents = Vec::with_capacity(found.len());
    for document in found {
        match access::read_record(&mut tx, by, &document, ctx.clock.now()).await {
            Ok(()) => documents.push(document),
            Err(AccessError::NotFound) => {}
            Err(other) => return Err(other.into()),
        }
    }
    tx.commit().await?;
    trace(ctx, by, Action::ListDocuments, ("owner", owner.to_string()), purpose).await?;
    Ok(OwnerDocuments { owner, keys, documents, next })
}

/// The document of a code.
///
/// # Errors
/// [`BrowseError`].
pub async fn look_up_code(
    ctx: &Ctx,
    by: &Actor,
    code: &DocumentCode,
    purpose: &Purpose,
) -> Result<Option<StoredRecord>, BrowseError> {
    rights::may_read_store(by).map_err(AccessError::from)?;
    let mut tx = ctx.db.read_singly().await?;
    let found = match codes::find(&mut tx, code).await? {
        Some((_, Some(id))) => records::get(&mut tx, &id).await?,
        _ => None,
    };
    // What is another unit's is not there; what is closed is said to be.
    let found = match found {
        Some(record) => match access::read_record(&mut tx, by, &record, ctx.clock.now()).await {
            Ok(()) => Some(record),
            Err(AccessError::NotFound) => None,
            Err(other) => return Err(other.into()),
        },
        None => None,
    };
    tx.commit().await?;
    let object = found.as_ref().map_or_else(|| "none".to_owned(), |record| record.id.to_string());
    trace(ctx, by, Action::LookUpCode, ("record", object), purpose).await?;
    Ok(found)
}

/// The owner of a document, without any of its data.
///
/// # Errors
/// [`BrowseError`].
pub async fn owner_of(ctx: &Ctx, by: &Actor, id: &RecordId) -> Result<OwnerId, BrowseError> {
    Ok(record(ctx, by, id).await?.owner)
}

/// The document, if `by` may read it.
pub(super) async fn record(ctx: &Ctx, by: &Actor, id: &RecordId) -> Result<StoredRecord, BrowseError> {
    rights::may_read_store(by).map_err(AccessError::from)?;
    let mut tx = ctx.db.read_singly().await?;
    let record = records::get(&mut tx, id).await?.ok_or(BrowseError::NotFound)?;
    access::read_record(&mut tx, by, &record, ctx.clock.now()).await?;
    tx.commit().await?;
    Ok(record)
}

/// Who that owner is today: his purposes are stated under that id.
///
/// # Errors
/// [`BrowseError`].
pub async fn current_owner(ctx: &Ctx, by: &Actor, id: &OwnerId) -> Result<OwnerId, BrowseError> {
    rights::may_read_store(by).map_err(AccessError::from)?;
    let mut tx = ctx.db.read_singly().await?;
    let current = owners::current(&mut tx, id).await?;
    tx.commit().await?;
    current.ok_or(BrowseError::NotFound)
}

/// One stored document.
///
/// # Errors
/// [`BrowseError`].
pub async fn document(
    ctx: &Ctx,
    by: &Actor,
    id: &RecordId,
    purpose: &Purpose,
) -> Result<StoredRecord, BrowseError> {
    let record = record(ctx, by, id).await?;
    trace(ctx, by, Action::ViewDocument, ("record", id.to_string()), purpose).await?;
    Ok(record)
}

/// The coded PDF of a document, verified against its hash.
///
/// # Errors
/// [`BrowseError`].
pub async fn content(
    ctx: &Ctx,
    by: &Actor,
    id: &RecordId,
    purpose: &Purpose,
) -> Result<(PaperObject, Vec<u8>), BrowseError> {
    let record = record(ctx, by, id).await?;
    if record.keeping.erased_at.is_some() {
        return Err(BrowseError::Erased);
    }
    let object =
        objects(ctx, &record.paper, ObjectRole::Coded).await?.into_iter().find(|o| o.hash == record.coded);
    let object = object.ok_or(StoreError::Corrupt { what: "coded PDF of a document" })?;
    let bytes = ctx.bytes(&object.hash).await?;
    trace(ctx, by, Action::ViewContent, ("record", id.to_string()), purpose).await?;
    Ok((object, bytes))
}

/// The code of a stored document: for answers about one's own act, which is traced already.
///
/// # Errors
/// [`BrowseError`].
pub async fn code_of(ctx: &Ctx, id: &RecordId) -> Result<DocumentCode, BrowseError> {
    let mut tx = ctx.db.read().await?;
    Ok(records::get(&mut tx, id).await?.ok_or(BrowseError::NotFound)?.code)
}

/// The objects of a paper that have `role`.
///
/// # Errors
/// The store's.
pub async fn objects(ctx: &Ctx, id: &PaperId, role: ObjectRole) -> Result<Vec<PaperObject>, StoreError> {
    let mut tx = ctx.db.read_singly().await?;
    let found = digitise::objects_as(&mut tx, id, role).await?;
    tx.commit().await?;
    Ok(found)
}

/// One of the files that came in, byte for byte; `ordinal` from 0.
///
/// # Errors
/// [`BrowseError`].
pub async fn original(
    ctx: &Ctx,
    by: &Actor,
    id: &RecordId,
    ordinal: u32,
    purpose: &Purpose,
) -> Result<(PaperObject, Vec<u8>), BrowseError> {
    let record = record(ctx, by, id).await?;
    if record.keeping.erased_at.is_some() {
        return Err(BrowseError::Erased);
    }
    let originals = objects(ctx, &record.paper, ObjectRole::Original).await?;
    let object = originals.into_iter().find(|o| o.ordinal == ordinal).ok_or(BrowseError::NotFound)?;
    let bytes = ctx.bytes(&object.hash).await?;
    trace(ctx, by, Action::ViewContent, ("record", id.to_string()), purpose).await?;
    Ok((object, bytes))
}

/// Changes of the store in order, after the one numbered `after`; `None` when the log ends before that.
///
/// # Errors
/// [`BrowseError`].
pub async fn changes(
    ctx: &Ctx,
    by: &Actor,
    after: u64,
    limit: u32,
) -> Result<Option<Vec<ChangeEvent>>, BrowseError> {
    rights::may_follow_changes(by).map_err(AccessError::from)?;
    let mut tx = ctx.db.read_singly().await?;
    let found = changes::after(&mut tx, after, limit).await?;
    let is_behind_the_end = found.is_empty() && after > changes::last(&mut tx).await?;
    tx.commit().await?;
    Ok((!is_behind_the_end).then_some(found))
}

/// Whether database and objects answer, and the key file has the key that seals.
///
/// # Errors
/// The store's.
pub async fn is_ready(ctx: &Ctx) -> Result<(), StoreError> {
    ctx.db.ping().await?;
    drop(ctx.db.read().await?);
    ctx.objects.exists(&ContentHash::of(b"")).await.map(drop)
}
