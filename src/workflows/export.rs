//! All that is kept of one person or organisation in one file (Luật 91/2025/QH15): identifiers, documents with their
//! files and words, requests, and who read what for which purpose.
//!
//! One file at a time goes through memory; the whole lies in a private temporary file that is gone when it is closed.
//! What the officer may not see is left out, and counted with who may give it. No name in it is personal data.

mod bundle;
mod index;

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};
use serde_json::{Value, json};

use self::{
    bundle::Bundle,
    index::{Index, Line, ReadingLine},
};
use crate::{
    clock::day_in_vietnam,
    domain::{
        code::OwnerKey,
        dossier::{ObjectRole, PaperObject},
        event::{ActedAs, Action, AuditEvent},
        ids::{ContentHash, OwnerId, SubjectRequestId, UnitId},
        officer::{ActingOfficer, Actor},
        record::StoredRecord,
        rights::{self, Denied, Sensitivity},
        text::RecognisedText,
    },
    store::{
        StoreError, Tx, accounts,
        audit::{self, KeptEvent, Search},
        codes, dossiers, owners, papers, records, subject_requests,
    },
    workflows::{access::AccessError, browse::Purpose, context::Ctx, subject_requests::name_of},
};

/// The name of the form of `data.json`.
const SCHEMA: &str = "urn:sohoa:schema:owner-export";
/// Events read at once.
const EVENTS_AT_ONCE: u32 = 500;
/// Requests of one person that are told.
const REQUESTS_AT_MOST: u32 = 1_000;

/// Why nothing was exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// No such person, or a request that is not about him, or not for whoever asks.
    #[error("không tìm thấy")]
    Unknown,
    /// The right is not the officer's.
    #[error(transparent)]
    Denied(Denied),
    /// The temporary file.
    #[error("không ghi được tệp tạm: kiểm tra dung lượng đĩa")]
    Spool(#[source] std::io::Error),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Denied> for ExportError {
    fn from(denied: Denied) -> Self {
        match AccessError::from(denied) {
            AccessError::NotFound => Self::Unknown,
            AccessError::Denied(denied) => Self::Denied(denied),
            AccessError::Store(error) => error.into(),
        }
    }
}

/// A ZIP file, at its beginning; it has no name and is gone when it is closed.
pub struct Export {
    /// The file.
    pub file: std::fs::File,
    /// Its length.
    pub n_bytes: u64,
    /// Documents in it.
    pub n_documents: u64,
    /// Documents that were left out.
    pub n_left_out: u64,
}

/// Exports what the store has of `owner`; traced first, with the purpose and the request that asks for it.
///
/// # Errors
/// [`ExportError`].
pub async fn owner(
    ctx: &Ctx,
    by: &ActingOfficer,
    owner: &OwnerId,
    purpose: &Purpose,
    request: Option<&SubjectRequestId>,
) -> Result<Export, ExportError> {
    rights::may_export(by)?;
    let (owner, keys) = &begin(ctx, by, owner, purpose, request).await?;
    let mut bundle = Bundle::new().map_err(ExportError::Spool)?;
    let mut told = Told::new(ctx.clock.now(), by);
    let files = {
        let mut tx = ctx.db.read().await?;
        told.data(&mut tx, &mut bundle, owner, keys, purpose, request).await?
    };
    for file in &files {
        // Each is checked against its hash.
        let bytes = ctx.bytes(&file.hash).await?;
        let words = file.words_path.as_ref().map(|path| (path.clone(), plain_words(&bytes)));
        bundle = bundle.add(file.path.clone(), bytes, file.is_packed).await.map_err(ExportError::Spool)?;
        if let Some((path, Some(words))) = words {
            bundle = bundle.add(path, words.into_bytes(), false).await.map_err(ExportError::Spool)?;
        }
    }
    let index = told.index(keys, purpose);
    bundle =
        bundle.add("muc-luc.html".to_owned(), index.into_bytes(), false).await.map_err(ExportError::Spool)?;
    let (file, n_bytes) = bundle.finish().map_err(ExportError::Spool)?;
    let n_left_out = told.index.left_out.iter().map(|(_, _, n)| n).sum();
    Ok(Export { file, n_bytes, n_documents: told.index.lines.len() as u64, n_left_out })
}

/// Who is exported, once it stands in the trace.
async fn begin(
    ctx: &Ctx,
    by: &ActingOfficer,
    owner: &OwnerId,
    purpose: &Purpose,
    request: Option<&SubjectRequestId>,
) -> Result<(OwnerId, Vec<OwnerKey>), ExportError> {
    let mut tx = ctx.db.write().await?;
    let owner = &owners::current(&mut tx, owner).await?.ok_or(ExportError::Unknown)?;
    let keys = owners::keys_of(&mut tx, owner).await?;
    if let Some(request) = request {
        let request = subject_requests::get(&mut tx, request).await?.ok_or(ExportError::Unknown)?;
        rights::may_see_request(by, request.unit.as_ref())?;
        if request.owner.as_ref() != Some(owner) {
            return Err(ExportError::Unknown);
        }
    }
    let event = AuditEvent {
        at: ctx.clock.now(),
        actor: Some(by.into()),
        action: Action::ExportOwner,
        object: ("owner", owner.to_string()),
        purpose: Some(purpose.as_str().to_owned()),
        detail: request.map(|request| json!({ "request": request })),
    };
    audit::append(&mut tx, &event).await?;
    tx.commit().await?;
    Ok((owner.clone(), keys))
}

/// A file that goes into the bundle.
struct File {
    path: String,
    hash: ContentHash,
    is_packed: bool,
    /// Where its words go as plain text.
    words_path: Option<String>,
}

/// What was told so far.
struct Told {
    by: ActingOfficer,
    actor: Actor,
    now: Timestamp,
    today: Date,
    units: BTreeMap<UnitId, String>,
    index: Index,
}

impl Told {
    fn new(now: Timestamp, by: &ActingOfficer) -> Self {
        let index = Index::new(now, &by.officer);
        let today = day_in_vietnam(now);
        Self { by: by.clone(), actor: by.into(), now, today, units: BTreeMap::new(), index }
    }

    /// Writes `data.json`, document by document, and says which files belong to it.
    async fn data(
        &mut self,
        tx: &mut Tx,
        bundle: &mut Bundle,
        owner: &OwnerId,
        keys: &[OwnerKey],
        purpose: &Purpose,
        request: Option<&SubjectRequestId>,
    ) -> Result<Vec<File>, ExportError> {
        let identifier = |key: &OwnerKey| {
            let kind = if key.is_provisional() { "name" } else { "number" };
            json!({ "kind": kind, "value": key.to_string() })
        };
        let head = json!({
            "schema": SCHEMA,
            "made_at": self.now,
            "made_by": { "name": self.by.officer.full_name, "unit": self.by.officer.unit },
            "purpose": purpose.as_str(),
            "request": request,
            "owner": { "id": owner, "identifiers": keys.iter().map(identifier).collect::<Vec<_>>(),
                       "known": owners::profile(tx, owner).await? },
        });
        let head = head.to_string();
        bundle.begin("data.json").map_err(ExportError::Spool)?;
        say(bundle, head.strip_suffix('}').unwrap_or(&head))?;
        say(bundle, ",\n\"documents\": [")?;
        let mut files = Vec::new();
        let mut left_out: BTreeMap<(Option<UnitId>, &'static str), u64> = BTreeMap::new();
        for id in records::ids_of_owner(tx, owner).await? {
            let Some(record) = records::get(tx, &id).await? else { continue };
            let scope = record.scope(self.today);
            if rights::may_read_record(&self.actor, &scope).is_err() {
                *left_out.entry((record.unit.clone(), reason(scope.sensitivity))).or_default() += 1;
                continue;
            }
            self.document(tx, bundle, &record, &mut files).await?;
        }
        say(bundle, "],\n\"readings\": [")?;
        let mut is_first = true;
        for id in owners::all_of(tx, owner).await? {
            self.readings(tx, bundle, "owner", id.as_str(), None, &mut is_first).await?;
        }
        say(bundle, "],\n\"requests\": ")?;
        let (requests, n_requests) = self.requests(tx, owner).await?;
        say(bundle, &Value::Array(requests).to_string())?;
        self.index.n_on_their_way = codes::n_on_their_way(tx, owner).await?;
        self.index.n_requests = n_requests;
        for ((unit, reason), n) in left_out {
            let unit = self.unit(tx, unit.as_ref()).await?.unwrap_or_else(|| "không rõ đơn vị".to_owned());
            self.index.left_out.push((unit, reason, n));
        }
        let told = |(unit, reason, n): &(String, &str, u64)| json!({ "unit": unit, "reason": reason, "words": words_of(reason), "n_documents": n });
        let left_out: Vec<Value> = self.index.left_out.iter().map(told).collect();
        let tail = json!({ "left_out": left_out, "n_requests_left_out": n_requests,
                           "n_papers_on_their_way": self.index.n_on_their_way });
        let tail = tail.to_string();
        say(bundle, &format!(",\n{}\n", tail.strip_prefix('{').unwrap_or(&tail)))?;
        Ok(files)
    }

    /// One document, and its files.
    async fn document(
        &mut self,
        tx: &mut Tx,
        bundle: &mut Bundle,
        record: &StoredRecord,
        files: &mut Vec<File>,
    ) -> Result<(), ExportError> {
        let n = self.index.lines.len() + 1;
        let objects = papers::objects(tx, &record.paper).await?;
        let own = files_of(record, &objects, n);
        let unit = self.unit(tx, record.unit.as_ref()).await?;
        let paper = papers::get(tx, &record.paper).await?;
        let dossier = match &paper {
            Some(paper) => dossiers::get(tx, &paper.dossier).await?,
            None => None,
        };
        let fields = &record.fields;
        let confirmed_by = name_of(tx, &record.confirmed_by).await?;
        let file = |(file, object): &(File, &PaperObject)| {
            json!({ "path": file.path, "role": object.role, "media_type": object.media_type,
                    "n_bytes": object.n_bytes, "sha256": object.sha256 })
        };
        let told = json!({
            "n": n,
            "id": record.id,
            "code": record.code.to_string(),
            "type_code": record.code.type_code.to_string(),
            "fields": fields.named(),
            "came_from": {
                "paper": record.paper,
                "dossier": dossier.as_ref().map(|dossier| &dossier.id),
                "procedure": dossier.as_ref().and_then(|dossier| dossier.procedure.as_ref()),
                "handed_in_as": paper.as_ref().map(|paper| paper.form.as_str()),
                "received_at": paper.as_ref().map(|paper| paper.received_at),
            },
            "confirmed": { "by": confirmed_by, "unit": unit, "at": record.confirmed_at },
            "stored_at": record.stored_at,
            "signature": record.signature,
            "revoked_at": record.revoked_at,
            "removed_at": record.keeping.removed_at,
            "erased_at": record.keeping.erased_at,
            "files": own.iter().map(file).collect::<Vec<_>>(),
        });
        let told = told.to_string();
        say(bundle, if n == 1 { "\n" } else { ",\n" })?;
        say(bundle, told.strip_suffix('}').unwrap_or(&told))?;
        say(bundle, ", \"readings\": [")?;
        let mut is_first = true;
        self.readings(tx, bundle, "record", record.id.as_str(), Some(n), &mut is_first).await?;
        self.readings(tx, bundle, "paper", record.paper.as_str(), Some(n), &mut is_first).await?;
        say(bundle, "]}")?;
        self.index.lines.push(line(n, record, unit, confirmed_by, &own));
        files.extend(own.into_iter().map(|(file, _)| file));
        Ok(())
    }

    /// Who read one object, the newest first.
    async fn readings(
        &mut self,
        tx: &mut Tx,
        bundle: &mut Bundle,
        kind: &str,
        id: &str,
        document: Option<usize>,
        is_first: &mut bool,
    ) -> Result<(), ExportError> {
        let mut search = Search { object: Some((kind.to_owned(), id.to_owned())), ..Search::default() };
        loop {
            let events = audit::search(tx, &search, EVENTS_AT_ONCE).await?;
            for event in &events {
                let Some(action) = Action::parse(&event.action).filter(|a| Action::READINGS.contains(a))
                else {
                    continue;
                };
                let told = reading(event, action);
                say(bundle, if *is_first { "" } else { "," })?;
                say(bundle, &told.to_string())?;
                *is_first = false;
                self.index.read(ReadingLine::of(event, action, document));
            }
            match events.last() {
                Some(last) if events.len() == EVENTS_AT_ONCE as usize => search.until = Some(last.at),
                _ => return Ok(()),
            }
        }
    }

    /// The person's own requests that the officer may see, and how many others there are.
    async fn requests(&self, tx: &mut Tx, owner: &OwnerId) -> Result<(Vec<Value>, u64), ExportError> {
        let (mut told, mut n_left_out) = (Vec::new(), 0);
        for request in subject_requests::of_owner(tx, owner, REQUESTS_AT_MOST).await? {
            if rights::may_see_request(&self.by, request.unit.as_ref()).is_err() {
                n_left_out += 1;
                continue;
            }
            let acts = subject_requests::acts(tx, &request.id).await?;
            let acts: Vec<Value> =
                acts.iter().map(|kept| json!({ "at": kept.at, "what": kept.act })).collect();
            told.push(json!({
                "id": request.id, "kind": request.kind, "came_by": request.came_by, "came_at": request.came_at,
                "asker": request.asker, "asked": request.asked, "due_at": request.due_at,
                "state": request.state, "answered_at": request.answered_at, "acts": acts,
            }));
        }
        Ok((told, n_left_out))
    }

    async fn unit(&mut self, tx: &mut Tx, id: Option<&UnitId>) -> Result<Option<String>, StoreError> {
        let Some(id) = id else { return Ok(None) };
        if let Some(name) = self.units.get(id) {
            return Ok(Some(name.clone()));
        }
        let name = accounts::unit(tx, id).await?.map_or_else(|| id.to_string(), |unit| unit.name);
        self.units.insert(id.clone(), name.clone());
        Ok(Some(name))
    }

    fn index(&self, keys: &[OwnerKey], purpose: &Purpose) -> String {
        self.index.page(keys, purpose)
    }
}

fn say(bundle: &mut Bundle, text: &str) -> Result<(), ExportError> {
    bundle.say(text).map_err(ExportError::Spool)
}

fn reading(event: &KeptEvent, action: Action) -> Value {
    let by = match &event.actor {
        None => json!({ "kind": "system", "name": null, "unit": null }),
        Some(ActedAs::Officer { full_name, unit, .. }) => {
            json!({ "kind": "officer", "name": full_name, "unit": unit })
        }
        Some(ActedAs::Client { name, .. }) => json!({ "kind": "client", "name": name, "unit": null }),
    };
    json!({ "at": event.at, "action": event.action, "words": action.words(), "by": by, "purpose": event.purpose })
}

fn reason(sensitivity: Option<Sensitivity>) -> &'static str {
    match sensitivity {
        Some(Sensitivity::Child) => "child",
        Some(Sensitivity::Health) => "health",
        None => "other_unit",
    }
}

/// Why documents were left out, for people.
fn words_of(reason: &str) -> &'static str {
    match reason {
        "child" => "giấy tờ của trẻ em, chỉ đơn vị đã tiếp nhận được cấp",
        "health" => "giấy tờ về sức khỏe, chỉ đơn vị đã tiếp nhận được cấp",
        _ => "giấy tờ của đơn vị khác",
    }
}

/// The files of a document, by names that say nothing of whose they are.
fn files_of<'a>(record: &StoredRecord, objects: &'a [PaperObject], n: usize) -> Vec<(File, &'a PaperObject)> {
    let folder = format!("giay-to/{n:05}");
    let mut files = Vec::new();
    let mut add = |name: String, object: &'a PaperObject, words_path: Option<String>| {
        let is_packed = matches!(object.media_type.as_str(), "application/pdf" | "image/jpeg" | "image/png");
        let path = format!("{folder}/{name}");
        files.push((File { path, hash: object.hash.clone(), is_packed, words_path }, object));
    };
    for object in objects {
        match object.role {
            ObjectRole::Coded if object.hash == record.coded => {
                add("ban-so-hoa.pdf".to_owned(), object, None)
            }
            ObjectRole::Original if record.originals.contains(&object.hash) => {
                let ending = match object.media_type.as_str() {
                    "application/pdf" => "pdf",
                    "image/tiff" => "tif",
                    "image/jpeg" => "jpg",
                    "image/png" => "png",
                    _ => "bin",
                };
                add(format!("ban-goc-{}.{ending}", object.ordinal.saturating_add(1)), object, None);
            }
            ObjectRole::Text if record.text.as_ref() == Some(&object.hash) => {
                add("chu-may-doc.json".to_owned(), object, Some(format!("{folder}/chu-may-doc.txt")));
            }
            _ => {}
        }
    }
    files
}

/// The words of a paper for people; `None` where they can't be read back.
fn plain_words(bytes: &[u8]) -> Option<String> {
    let text: RecognisedText = serde_json::from_slice(bytes).ok()?;
    let page = |page: &crate::domain::text::PageText| format!("[Trang {}]\n{}\n", page.position, page.text());
    Some(text.pages.iter().map(page).collect::<Vec<_>>().join("\n"))
}

fn line(
    n: usize,
    record: &StoredRecord,
    unit: Option<String>,
    confirmed_by: String,
    files: &[(File, &PaperObject)],
) -> Line {
    let fields = &record.fields;
    let paths = |(file, _): &(File, &PaperObject)| [Some(file.path.clone()), file.words_path.clone()];
    Line {
        n,
        name: fields.document_name.clone(),
        abstract_text: fields.abstract_text.clone().unwrap_or_default(),
        number: fields.document_number.as_ref().map(ToString::to_string).unwrap_or_default(),
        issued_on: fields.issued_on.map(|day| day.strftime("%d/%m/%Y").to_string()).unwrap_or_default(),
        authority: fields.issuing_authority.clone().unwrap_or_default(),
        stored_at: record.stored_at,
        confirmed: [Some(confirmed_by), unit].into_iter().flatten().collect::<Vec<_>>().join(", "),
        files: files.iter().flat_map(paths).flatten().collect(),
        other: fields.other.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
    }
}
