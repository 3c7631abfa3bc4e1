//! Documents in the stores of their owners (Điều 18).
//!
//! What is filtered by stands in clear (type, days); code and fields are sealed. Knows nothing of
//! who may see what.

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;

use super::{
    Keys, NewRow, StoreError, Tx, codes,
    keys::Place,
    owners,
    row::{self, Columns, micros},
    search,
};
use crate::domain::{
    code::{DocumentCode, DocumentTypeCode},
    fields::ConfirmedFields,
    ids::{ContentHash, DocumentNumber, OfficerId, OwnerId, PaperId, RecordId, UnitId},
    record::{SignatureState, StoredRecord},
    retention::Keeping,
};

const CONTENT: &str = "record.content_sealed";

/// Which documents of an owner.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this type alone.
    pub type_code: Option<DocumentTypeCode>,
    /// Those valid on this day by their period; a document without one always is.
    pub valid_on: Option<Date>,
}

/// What is sealed in one piece.
#[derive(Serialize, Deserialize)]
struct Content {
    code: DocumentCode,
    /// Where another one is printed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    printed: Option<DocumentCode>,
    fields: ConfirmedFields,
    confirmed_by: OfficerId,
    confirmed_at: Timestamp,
}

impl Content {
    fn seal(keys: &Keys, record: &StoredRecord) -> Result<String, StoreError> {
        let content = Self {
            code: record.code.clone(),
            printed: record.printed.clone(),
            fields: record.fields.clone(),
            confirmed_by: record.confirmed_by.clone(),
            confirmed_at: record.confirmed_at,
        };
        keys.seal_json(Place { column: CONTENT, row: record.id.as_str() }, &content)
    }
}

/// Keeps a new document and leads its code to it.
///
/// # Errors
/// [`StoreError::AlreadyStored`] with the document that the paper has become; the transaction
/// stays usable. [`StoreError::Missing`] when paper or owner isn't kept, or the code isn't that paper's.
pub async fn insert(tx: &mut Tx, record: &StoredRecord) -> Result<(), StoreError> {
    // Found to be another one while the paper was on its way.
    let owner = owners::hold(tx, &record.owner).await?;
    if !new_row(&tx.keys(), record, &owner)?.insert(tx, "ON CONFLICT (paper_id) DO NOTHING").await? {
        let record = of_paper(tx, &record.paper).await?.ok_or(StoreError::Busy)?;
        return Err(StoreError::AlreadyStored { record });
    }
    codes::link(tx, &record.code, &record.paper, &record.id).await?;
    codes::link_all(tx, &record.paper, &record.id).await
}

/// The row of a document in the store of `owner`.
///
/// # Errors
/// [`StoreError::NoRandomness`].
pub fn new_row(keys: &Keys, record: &StoredRecord, owner: &OwnerId) -> Result<NewRow, StoreError> {
    let period = record.fields.validity_period;
    let day_text = |day: Option<Date>| day.map(row::day);
    Ok(NewRow::of("record")
        .with("id", record.id.as_str())
        .with("paper_id", record.paper.as_str())
        .with("owner_id", owner.as_str())
        .with("type_code", record.code.type_code.to_string())
        .with("issued_on", day_text(record.fields.issued_on))
        .with("valid_from", day_text(period.and_then(|p| p.from)))
        .with("valid_until", day_text(period.and_then(|p| p.until)))
        .with("stored_at", micros(record.stored_at))
        .with("content_sealed", Content::seal(keys, record)?)
        .with("coded", record.coded.as_str())
        .with("originals", originals_text(&record.originals)?)
        .with("words", record.text.as_ref().map(ContentHash::as_str))
        .with("signature", signature_name(record.signature))
        .with("revoked_at", record.revoked_at.map(micros))
        .with("unit_id", record.unit.as_ref().map(UnitId::as_str))
        .with("is_health", i64::from(record.is_health)))
}

/// Gives a document the owner, code and fields that `record` has now, and leads the code to it; it must be assigned to
/// the document's paper.
///
/// # Errors
/// [`StoreError::Stale`] when it is no longer as `seen`; [`StoreError::Missing`] when the code isn't that paper's.
pub async fn recode(tx: &mut Tx, seen: &StoredRecord, record: &StoredRecord) -> Result<(), StoreError> {
    // Locks the row: of two who recode, the second one sees what the first one did.
    let locked = sqlx::query("UPDATE record SET type_code = type_code WHERE id = $1")
        .bind(record.id.as_str())
        .execute(tx.connection())
        .await?;
    if locked.rows_affected() == 0 || get(tx, &record.id).await?.as_ref() != Some(seen) {
        return Err(StoreError::Stale);
    }
    sqlx::query("UPDATE record SET owner_id = $1, type_code = $2, content_sealed = $3 WHERE id = $4")
        .bind(record.owner.as_str())
        .bind(record.code.type_code.to_string())
        .bind(Content::seal(&tx.keys(), record)?)
        .bind(record.id.as_str())
        .execute(tx.connection())
        .await?;
    search::amend(tx, record).await?;
    codes::link(tx, &record.code, &record.paper, &record.id).await
}

/// Leads a document to a file that has grown out of the one it was `seen` with.
///
/// # Errors
/// [`StoreError::Stale`] when it has another file by now, or was erased.
pub async fn grow(
    tx: &mut Tx,
    seen: &StoredRecord,
    coded: &ContentHash,
    signature: SignatureState,
) -> Result<(), StoreError> {
    let grown = sqlx::query(
        "UPDATE record SET coded = $1, signature = $2 WHERE id = $3 AND coded = $4 AND erased_at IS NULL",
    )
    .bind(coded.as_str())
    .bind(signature_name(signature))
    .bind(seen.id.as_str())
    .bind(seen.coded.as_str())
    .execute(tx.connection())
    .await?;
    if grown.rows_affected() == 1 { Ok(()) } else { Err(StoreError::Stale) }
}

/// Takes everything out of a document but its owner, code, type and name; its objects are the caller's.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn empty(tx: &mut Tx, record: &StoredRecord) -> Result<(), StoreError> {
    let mut bare = record.clone();
    let fields = &mut bare.fields;
    fields.issued_on = None;
    fields.issuing_authority = None;
    fields.abstract_text = None;
    fields.validity_period = None;
    fields.validity_scope = None;
    fields.other.clear();
    sqlx::query(
        "UPDATE record SET content_sealed = $1, originals = '[]', words = NULL, issued_on = NULL,
                           valid_from = NULL, valid_until = NULL WHERE id = $2",
    )
    .bind(Content::seal(&tx.keys(), &bare)?)
    .bind(record.id.as_str())
    .execute(tx.connection())
    .await?;
    search::forget(tx, &record.id).await
}

/// The document of that id.
///
/// # Errors
/// [`StoreError::Sealed`] and those of the database.
pub async fn get(tx: &mut Tx, id: &RecordId) -> Result<Option<StoredRecord>, StoreError> {
    let row = sqlx::query(
        "SELECT *, (SELECT restricted_at FROM owner WHERE owner.id = record.owner_id) AS restricted_at
           FROM record WHERE id = $1",
    )
    .bind(id.as_str())
    .fetch_optional(tx.connection())
    .await?;
    row.map(|row| record_of(&tx.keys(), &row)).transpose()
}

/// The document that a paper has become.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn of_paper(tx: &mut Tx, paper: &PaperId) -> Result<Option<RecordId>, StoreError> {
    let row = sqlx::query("SELECT id FROM record WHERE paper_id = $1")
        .bind(paper.as_str())
        .fetch_optional(tx.connection())
        .await?;
    row.map(|row| row.parsed("id")).transpose()
}

/// Documents of `owner`, newest first, those behind `after`; at most `limit`. Empty when there is none.
///
/// # Errors
/// [`StoreError::Missing`] when there is no document `after`; [`StoreError::Sealed`] and those of the database.
pub async fn of_owner(
    tx: &mut Tx,
    owner: &OwnerId,
    filter: &Filter,
    after: Option<&RecordId>,
    limit: u32,
) -> Result<Vec<StoredRecord>, StoreError> {
    let (before_at, before_id) = match after {
        None => (i64::MAX, String::new()),
        Some(id) => (stored_at(tx, id).await?, id.to_string()),
    };
    let rows = sqlx::query(
        "SELECT *, (SELECT restricted_at FROM owner WHERE owner.id = record.owner_id) AS restricted_at
           FROM record
          WHERE owner_id = $1 AND removed_at IS NULL
            AND ($2 IS NULL OR type_code = $2)
            AND ($3 IS NULL OR ((valid_from IS NULL OR valid_from <= $3)
                            AND (valid_until IS NULL OR valid_until >= $3)))
            AND (stored_at < $4 OR (stored_at = $4 AND id < $5))
          ORDER BY stored_at DESC, id DESC LIMIT $6",
    )
    .bind(owner.as_str())
    .bind(filter.type_code.as_ref().map(ToString::to_string))
    .bind(filter.valid_on.map(row::day))
    .bind(before_at)
    .bind(before_id)
    .bind(i64::from(limit))
    .fetch_all(tx.connection())
    .await?;
    let keys = tx.keys();
    rows.iter().map(|row| record_of(&keys, row)).collect()
}

/// Ids of all documents of `owner`, oldest first.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn ids_of_owner(tx: &mut Tx, owner: &OwnerId) -> Result<Vec<RecordId>, StoreError> {
    let rows = sqlx::query("SELECT id FROM record WHERE owner_id = $1 ORDER BY stored_at, id")
        .bind(owner.as_str())
        .fetch_all(tx.connection())
        .await?;
    rows.iter().map(|row| row.parsed("id")).collect()
}

/// Documents whose codes carry this number, newest first; at most `limit`. Numbers are kept as keyed hashes:
/// only the whole of one, written alike, is found.
///
/// # Errors
/// [`StoreError::Sealed`] and those of the database.
pub async fn of_number(
    tx: &mut Tx,
    number: &DocumentNumber,
    limit: u32,
) -> Result<Vec<StoredRecord>, StoreError> {
    let keys = tx.keys();
    let rows = sqlx::query(
        "SELECT *, (SELECT restricted_at FROM owner WHERE owner.id = record.owner_id) AS restricted_at
           FROM record
          WHERE id IN (SELECT record_id FROM document_code WHERE number_key = $1 AND record_id IS NOT NULL)
          ORDER BY stored_at DESC, id DESC LIMIT $2",
    )
    .bind(codes::number_key(&keys, number.as_str()))
    .bind(i64::from(limit))
    .fetch_all(tx.connection())
    .await?;
    rows.iter().map(|row| record_of(&keys, row)).collect()
}

async fn stored_at(tx: &mut Tx, id: &RecordId) -> Result<i64, StoreError> {
    let row = sqlx::query("SELECT stored_at FROM record WHERE id = $1")
        .bind(id.as_str())
        .fetch_optional(tx.connection())
        .await?;
    row.ok_or(StoreError::Missing { what: "the document to go on from" })?.int("stored_at")
}

pub(super) fn record_of(keys: &Keys, row: &AnyRow) -> Result<StoredRecord, StoreError> {
    let id: RecordId = row.parsed("id")?;
    let content: Content =
        keys.open_json(Place { column: CONTENT, row: id.as_str() }, &row.text("content_sealed")?)?;
    let originals = serde_json::from_str(&row.text("originals")?);
    let signature = row.text("signature")?;
    Ok(StoredRecord {
        paper: row.parsed("paper_id")?,
        owner: row.parsed("owner_id")?,
        code: content.code,
        printed: content.printed,
        fields: content.fields,
        confirmed_by: content.confirmed_by,
        confirmed_at: content.confirmed_at,
        stored_at: row.at("stored_at")?,
        coded: row.parsed("coded")?,
        originals: originals.map_err(|_| StoreError::Corrupt { what: "record.originals" })?,
        text: row.parsed_opt("words")?,
        signature: SIGNATURES
            .iter()
            .find(|(_, name)| *name == signature)
            .map(|(state, _)| *state)
            .ok_or(StoreError::Corrupt { what: "record.signature" })?,
        revoked_at: row.at_opt("revoked_at")?,
        keeping: Keeping {
            removed_at: row.at_opt("removed_at")?,
            held_at: row.at_opt("held_at")?,
            erased_at: row.at_opt("erased_at")?,
            restricted_at: row.at_opt("restricted_at")?,
        },
        unit: row.parsed_opt("unit_id")?,
        is_health: row.int("is_health")? == 1,
        id,
    })
}

fn originals_text(originals: &[ContentHash]) -> Result<String, StoreError> {
    serde_json::to_string(originals).map_err(|_| StoreError::Corrupt { what: "record.originals" })
}

/// The names under which signature states are kept.
const SIGNATURES: [(SignatureState, &str); 5] = [
    (SignatureState::Unsigned, "unsigned"),
    (SignatureState::Signed, "signed"),
    (SignatureState::SignedAndSealed, "signed_and_sealed"),
    (SignatureState::Sealed, "sealed"),
    (SignatureState::SignedElsewhere, "signed_elsewhere"),
];

fn signature_name(signature: SignatureState) -> &'static str {
    SIGNATURES.iter().find(|(state, _)| *state == signature).map_or("unsigned", |(_, name)| name)
}
