//! Codes of documents: assigned once, never given again (Điều 7, 17).
//!
//! The parts are kept apart, owner and number sealed; unique is the keyed hash of the joined text.
//! Knows nothing of how a code looks on a page.

use jiff::{Timestamp, civil::Date};
use sqlx::any::AnyRow;

use super::{
    Keys, NewRow, StoreError, Tx,
    keys::{Lookup, Place},
    manual_codes, owners,
    row::{self, Columns, micros},
};
use crate::domain::{
    code::{CodeNumber, DocumentCode, DocumentTypeCode, OwnerKey, ResultReadings},
    ids::{DossierId, NationalResultCode, OwnerId, PaperId, RecordId},
};

const OWNER: &str = "document_code.owner_sealed";
const NUMBER: &str = "document_code.number_sealed";

/// Assigns `code` to a paper, for ever. To the paper that has it already: nothing happens. Where the code was given by
/// hand, this is the paper that bears it.
///
/// # Errors
/// [`StoreError::CodeTaken`] with the paper that holds it; the transaction stays usable.
pub async fn assign(
    tx: &mut Tx,
    code: &DocumentCode,
    owner: &OwnerId,
    paper: &PaperId,
    at: Timestamp,
) -> Result<(), StoreError> {
    let keys = tx.keys();
    let row = new_row(&keys, code, (owner, paper), None, at)?;
    if row.insert(tx, "ON CONFLICT (code_key) DO NOTHING").await? {
        manual_codes::take(tx, &code_key(&keys, code), paper, at).await?;
        return Ok(());
    }
    match find(tx, code).await? {
        Some((held_by, _)) if held_by == *paper => {
            manual_codes::take(tx, &code_key(&keys, code), paper, at).await?;
            Ok(())
        }
        Some((held_by, _)) => Err(StoreError::CodeTaken { held_by }),
        // The holder's transaction ended after this one's view of the data was taken.
        None => Err(StoreError::Busy),
    }
}

/// The row of a code; `of`: whose, and of which paper; it leads to `record`, once that is stored.
///
/// # Errors
/// [`StoreError::NoRandomness`].
pub fn new_row(
    keys: &Keys,
    code: &DocumentCode,
    of: (&OwnerId, &PaperId),
    record: Option<&RecordId>,
    at: Timestamp,
) -> Result<NewRow, StoreError> {
    let id = uuid::Uuid::now_v7().to_string();
    let number = code.number.to_string();
    let place = |column| Place { column, row: &id };
    let (owner_sealed, number_sealed) =
        (keys.seal_json(place(OWNER), &code.owner)?, keys.seal(place(NUMBER), number.as_bytes())?);
    Ok(NewRow::of("document_code")
        .with("id", id.as_str())
        .with("code_key", code_key(keys, code))
        .with("owner_id", of.0.as_str())
        .with("owner_sealed", owner_sealed)
        .with("type_code", code.type_code.to_string())
        .with("number_sealed", number_sealed)
        .with("number_key", number_key(keys, &number))
        .with("number_kind", number_kind(&code.number))
        .with("paper_id", of.1.as_str())
        .with("record_id", record.map(RecordId::as_str))
        .with("assigned_at", micros(at))
        .with("procedure_result_ordinal", result_ordinal(&code.type_code)))
}

/// The paper that has the code, and the document once it is stored.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn find(
    tx: &mut Tx,
    code: &DocumentCode,
) -> Result<Option<(PaperId, Option<RecordId>)>, StoreError> {
    let key = code_key(&tx.keys(), code);
    let row = sqlx::query("SELECT paper_id, record_id FROM document_code WHERE code_key = $1")
        .bind(key)
        .fetch_optional(tx.connection())
        .await?;
    row.map(|row| Ok((row.parsed("paper_id")?, row.parsed_opt("record_id")?))).transpose()
}

/// A code that was assigned, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssignedCode {
    /// The code.
    pub code: DocumentCode,
    /// The other readings of its type.
    pub readings: ResultReadings,
    /// Since when.
    pub at: Timestamp,
}

/// All codes assigned to a paper, oldest first: the last one is its code, the others lead to it as well.
///
/// # Errors
/// [`StoreError::Sealed`] and those of the database.
pub async fn all_of_paper(tx: &mut Tx, paper: &PaperId) -> Result<Vec<AssignedCode>, StoreError> {
    let rows = sqlx::query(
        "SELECT id, owner_sealed, type_code, number_sealed, assigned_at,
                dossier_result_ordinal, national_result_code FROM document_code
          WHERE paper_id = $1 ORDER BY assigned_at, id",
    )
    .bind(paper.as_str())
    .fetch_all(tx.connection())
    .await?;
    let keys = tx.keys();
    rows.iter()
        .map(|row| {
            let ordinal = row.int_opt("dossier_result_ordinal")?;
            let dossier_ordinal = ordinal.map(|n| row::narrow(n, "dossier_result_ordinal")).transpose()?;
            let readings =
                ResultReadings { dossier_ordinal, national: row.parsed_opt("national_result_code")? };
            Ok(AssignedCode { code: code_of(&keys, row)?, readings, at: row.at("assigned_at")? })
        })
        .collect()
}

/// The code assigned to a paper, the last one where there were several.
///
/// # Errors
/// [`StoreError::Sealed`] and those of the database.
pub async fn of_paper(tx: &mut Tx, paper: &PaperId) -> Result<Option<DocumentCode>, StoreError> {
    Ok(all_of_paper(tx, paper).await?.pop().map(|assigned| assigned.code))
}

/// The next ordinal of a result within its dossier, from 1 (NĐ 45/2020/NĐ-CP, Điều 14 khoản 3 điểm d). Given once, without
/// a gap, also when the transactions that ask overlap; given back when they are not committed.
///
/// # Errors
/// [`StoreError`] of the database; [`StoreError::Corrupt`] behind the 65,535th.
pub async fn next_of_dossier(tx: &mut Tx, dossier: &DossierId) -> Result<u16, StoreError> {
    let row = sqlx::query(
        "INSERT INTO dossier_result (dossier_id, last_ordinal) VALUES ($1, 1)
         ON CONFLICT (dossier_id) DO UPDATE SET last_ordinal = dossier_result.last_ordinal + 1
         RETURNING last_ordinal",
    )
    .bind(dossier.as_str())
    .fetch_one(tx.connection())
    .await?;
    row.unsigned("last_ordinal")
}

/// Keeps the other readings of a code's type beside it.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn note_readings(
    tx: &mut Tx,
    code: &DocumentCode,
    readings: &ResultReadings,
) -> Result<(), StoreError> {
    let key = code_key(&tx.keys(), code);
    sqlx::query(
        "UPDATE document_code SET dossier_result_ordinal = $1, national_result_code = $2 WHERE code_key = $3",
    )
    .bind(readings.dossier_ordinal.map(i64::from))
    .bind(readings.national.as_ref().map(NationalResultCode::as_str))
    .bind(key)
    .execute(tx.connection())
    .await?;
    Ok(())
}

fn code_of(keys: &Keys, row: &AnyRow) -> Result<DocumentCode, StoreError> {
    let id = row.text("id")?;
    let owner: OwnerKey = keys.open_json(Place { column: OWNER, row: &id }, &row.text("owner_sealed")?)?;
    let number = keys.open_sealed(Place { column: NUMBER, row: &id }, &row.text("number_sealed")?)?;
    let number = String::from_utf8(number).ok().and_then(|text| CodeNumber::parse(&text).ok());
    let type_code = DocumentTypeCode::parse(&row.text("type_code")?).ok();
    match (type_code, number) {
        (Some(type_code), Some(number)) => Ok(DocumentCode { owner, type_code, number }),
        _ => Err(StoreError::Corrupt { what: "document_code" }),
    }
}

/// The owner under whose store the paper's code was assigned, the last one where there were several.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn owner_of_paper(tx: &mut Tx, paper: &PaperId) -> Result<Option<OwnerId>, StoreError> {
    let row = sqlx::query(
        "SELECT owner_id FROM document_code WHERE paper_id = $1 ORDER BY assigned_at DESC, id DESC LIMIT 1",
    )
    .bind(paper.as_str())
    .fetch_optional(tx.connection())
    .await?;
    row.map(|row| row.parsed("owner_id")).transpose()
}

/// How many papers of `owner` have a code and are not in the store yet.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn n_on_their_way(tx: &mut Tx, owner: &OwnerId) -> Result<u64, StoreError> {
    let row = sqlx::query(
        "SELECT COUNT(DISTINCT paper_id) AS n FROM document_code WHERE owner_id = $1 AND record_id IS NULL",
    )
    .bind(owner.as_str())
    .fetch_one(tx.connection())
    .await?;
    row.unsigned("n")
}

/// The next ordinal of a day, from 1, for papers without a number. Given once, also when the
/// transactions that ask overlap; given back when they are not committed.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn next_ordinal(tx: &mut Tx, day: Date) -> Result<u32, StoreError> {
    let row = sqlx::query(
        "INSERT INTO day_ordinal (day, last_ordinal) VALUES ($1, 1)
         ON CONFLICT (day) DO UPDATE SET last_ordinal = day_ordinal.last_ordinal + 1
         RETURNING last_ordinal",
    )
    .bind(row::day(day))
    .fetch_one(tx.connection())
    .await?;
    row.unsigned("last_ordinal")
}

/// Leads the code of a paper to the document made from it.
///
/// # Errors
/// [`StoreError::Missing`] when the code isn't that paper's.
pub async fn link(
    tx: &mut Tx,
    code: &DocumentCode,
    paper: &PaperId,
    record: &RecordId,
) -> Result<(), StoreError> {
    let key = code_key(&tx.keys(), code);
    let linked = sqlx::query("UPDATE document_code SET record_id = $1 WHERE code_key = $2 AND paper_id = $3")
        .bind(record.as_str())
        .bind(key)
        .bind(paper.as_str())
        .execute(tx.connection())
        .await?;
    if linked.rows_affected() == 1 { Ok(()) } else { Err(StoreError::Missing { what: "the code" }) }
}

/// Leads every code of a paper to the document made from it: also what is printed in the place of its code, and what was
/// given by hand.
pub(super) async fn link_all(tx: &mut Tx, paper: &PaperId, record: &RecordId) -> Result<(), StoreError> {
    sqlx::query("UPDATE document_code SET record_id = $1 WHERE paper_id = $2")
        .bind(record.as_str())
        .bind(paper.as_str())
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// By which a number is found again.
pub(super) fn number_key(keys: &Keys, number: &str) -> String {
    keys.lookup_key(Lookup::DocumentNumber, &[number])
}

/// One hash for all ways of writing the same code.
pub(super) fn code_key(keys: &Keys, code: &DocumentCode) -> String {
    let owner = match code.owner.number() {
        Some(number) => owners::canonical_number(number),
        None => code.owner.to_string(),
    };
    keys.lookup_key(Lookup::Code, &[&owner, &code.type_code.to_string(), &code.number.to_string()])
}

fn number_kind(number: &CodeNumber) -> &'static str {
    match number {
        CodeNumber::Printed { .. } => "printed",
        CodeNumber::None { .. } => "none",
    }
}

fn result_ordinal(type_code: &DocumentTypeCode) -> Option<i64> {
    match type_code {
        DocumentTypeCode::Result { ordinal, .. } => Some(i64::from(*ordinal)),
        DocumentTypeCode::Component { .. } | DocumentTypeCode::National { .. } => None,
    }
}
