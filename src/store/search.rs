//! By which words stored documents are found: a blind index.
//!
//! Kept is a keyed hash of each word without marks, by document, and beside it one of the word with its marks. What that
//! tells to whoever has the database and no key: which documents share words, and how many have one. What it promises: a
//! document that holds the words is among those given; whether one given holds them, only its text says. Of a search no
//! more than [`SCANNED`] entries of its rarest word are looked at, however many documents there are. Knows nothing of
//! who may see what.

use std::collections::BTreeMap;

use jiff::civil::Date;
use sqlx::{Any, AssertSqlSafe, any::AnyArguments, query::Query as SqlQuery};

use super::{
    Keys, NewRow, StoreError, Tx,
    keys::Lookup,
    records,
    row::{self, Columns, micros},
};
use crate::domain::{
    code::DocumentTypeCode,
    fields::ConfirmedFields,
    ids::{OwnerId, RecordId},
    record::StoredRecord,
    search::{Term, terms_of, whole},
    text::RecognisedText,
};

/// Entries of an index that one search walks at most.
pub const SCANNED: i64 = 20_000;
/// A word is as common as any from so many documents on.
const COMMON: i64 = 5_000;
/// Entries written by one statement.
const BATCH: usize = 250;
/// Of a word that stands in a document in several ways.
const SEVERAL: i64 = 0;

/// What is asked besides words; all of it has to hold.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filter {
    /// Of this type.
    pub type_code: Option<DocumentTypeCode>,
    /// Issued by this agency: its whole name, marks and case don't matter.
    pub agency: Option<String>,
    /// In this store.
    pub owner: Option<OwnerId>,
    /// This document alone.
    pub record: Option<RecordId>,
    /// Issued on this day or later.
    pub issued_from: Option<Date>,
    /// Issued on this day or earlier.
    pub issued_until: Option<Date>,
    /// Valid on this day by its period; a document without one always is.
    pub valid_on: Option<Date>,
}

/// Which ways of writing count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writing {
    /// With their marks: other documents are left out as far as that is known here.
    Exact,
    /// Any, but not all of them exactly.
    Folded,
}

/// Documents that may hold what is looked for, the newest first.
#[derive(Debug, Clone, Default)]
pub struct Candidates {
    /// With the place of each.
    pub records: Vec<(i64, StoredRecord)>,
    /// Where to go on; `None` when there are no others.
    pub next: Option<i64>,
}

/// Keeps by which words a document is found; of one that is known, adds them. Best in the transaction that stores it.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn put(
    tx: &mut Tx,
    record: &StoredRecord,
    text: Option<&RecognisedText>,
) -> Result<(), StoreError> {
    let number = number_of(tx, record).await?;
    write(tx, number, &entries_of(&tx.keys(), &record.fields, record, text)).await
}

/// Adds the words that a document has got since; those that it lost stay, and are found out when it is read.
///
/// # Errors
/// [`StoreError`] of the database.
pub(super) async fn amend(tx: &mut Tx, record: &StoredRecord) -> Result<(), StoreError> {
    let known = sqlx::query("SELECT record_no FROM search_record WHERE record_id = $1")
        .bind(record.id.as_str())
        .fetch_optional(tx.connection())
        .await?;
    // Of one that is not in the index yet, all is written when its turn comes.
    let Some(known) = known else { return Ok(()) };
    write(tx, known.int("record_no")?, &entries_of(&tx.keys(), &record.fields, record, None)).await
}

/// Takes a document out of the index, with all its words.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn forget(tx: &mut Tx, record: &RecordId) -> Result<(), StoreError> {
    for sql in [
        "DELETE FROM search_word WHERE record_no = (SELECT record_no FROM search_record WHERE record_id = $1)",
        "DELETE FROM search_record WHERE record_id = $1",
    ] {
        sqlx::query(sql).bind(record.as_str()).execute(tx.connection()).await?;
    }
    Ok(())
}

/// Documents that are not in the index, oldest first; at most `limit`.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn missing(tx: &mut Tx, limit: u32) -> Result<Vec<RecordId>, StoreError> {
    let rows = sqlx::query(
        "SELECT id FROM record
          WHERE erased_at IS NULL AND NOT EXISTS (SELECT 1 FROM search_record WHERE record_id = record.id)
          ORDER BY id LIMIT $1",
    );
    let rows = rows.bind(i64::from(limit)).fetch_all(tx.connection()).await?;
    rows.iter().map(|row| row.parsed("id")).collect()
}

/// Documents that may hold all of `terms` and are as `filter` says, behind the place `before`; at most `limit`.
///
/// # Errors
/// [`StoreError::Sealed`] and those of the database.
pub async fn candidates(
    tx: &mut Tx,
    terms: &[&Term],
    writing: Writing,
    filter: &Filter,
    before: Option<i64>,
    limit: u32,
) -> Result<Candidates, StoreError> {
    let keys = tx.keys();
    let words: Vec<Entry> =
        terms.iter().map(|term| entry(&keys, "word", &term.folded, Some(&term.exact))).collect();
    let mut others = Vec::new();
    if let Some(code) = &filter.type_code {
        others.push(entry(&keys, "type", &code.to_string(), None));
    }
    if let Some(agency) = &filter.agency {
        others.push(entry(&keys, "agency", &whole(agency).folded, None));
    }
    let drive = rarest(tx, words.iter().chain(&others)).await?;
    let mut sql = Sql::new(before.unwrap_or(i64::MAX));
    let source = sql.source(filter, drive);
    sql.words(&words, writing, drive);
    sql.others(&others, drive);
    sql.days(filter);
    let records = sql.fetch(tx, &source, limit).await?;
    let next = match records.last() {
        Some((number, _)) if records.len() == limit as usize => Some(*number),
        _ => sql.end_of(tx, &source).await?,
    };
    Ok(Candidates { records, next })
}

/// The entry that the fewest documents have: the one to walk.
async fn rarest(tx: &mut Tx, entries: impl Iterator<Item = &Entry>) -> Result<Option<i64>, StoreError> {
    let mut rarest: Option<(i64, i64)> = None;
    for entry in entries {
        let row = sqlx::query(
            "SELECT COUNT(*) AS n FROM (SELECT 1 AS one FROM search_word WHERE word_key = $1 LIMIT $2) AS few",
        );
        let row = row.bind(entry.word).bind(COMMON).fetch_one(tx.connection()).await?;
        let n = row.int("n")?;
        if rarest.is_none_or(|(least, _)| n < least) {
            rarest = Some((n, entry.word));
        }
    }
    Ok(rarest.map(|(_, word)| word))
}

/// A word of a document or of a search, as it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Entry {
    word: i64,
    exact: i64,
}

/// A statement as it grows.
struct Sql {
    conditions: String,
    binds: Vec<Bind>,
}

#[derive(Clone)]
enum Bind {
    Number(i64),
    Text(String),
}

impl Sql {
    fn new(before: i64) -> Self {
        Self { conditions: String::new(), binds: vec![Bind::Number(before)] }
    }

    fn number(&mut self, value: i64) -> String {
        self.binds.push(Bind::Number(value));
        format!("${}", self.binds.len())
    }

    fn text(&mut self, value: String) -> String {
        self.binds.push(Bind::Text(value));
        format!("${}", self.binds.len())
    }

    fn and(&mut self, condition: &str) {
        self.conditions.push_str(" AND ");
        self.conditions.push_str(condition);
    }

    /// What is walked: one document, one store, the rarest word, or all.
    fn source(&mut self, filter: &Filter, drive: Option<i64>) -> String {
        let tail = format!("ORDER BY record_no DESC LIMIT {SCANNED}");
        if let Some(record) = &filter.record {
            let place = self.text(record.to_string());
            return format!(
                "SELECT record_no FROM search_record WHERE record_no < $1 AND record_id = {place}"
            );
        }
        if let Some(owner) = &filter.owner {
            let place = self.text(owner.to_string());
            return format!(
                "SELECT i.record_no AS record_no FROM search_record i JOIN record o ON o.id = i.record_id
                  WHERE i.record_no < $1 AND o.owner_id = {place} ORDER BY i.record_no DESC LIMIT {SCANNED}"
            );
        }
        match drive {
            Some(word) => {
                let place = self.number(word);
                format!(
                    "SELECT record_no FROM search_word WHERE word_key = {place} AND record_no < $1 {tail}"
                )
            }
            None => format!("SELECT record_no FROM search_record WHERE record_no < $1 {tail}"),
        }
    }

    /// How a word stands in a document; nothing where it doesn't. One look into the index for each document: as a join
    /// the planner may read all that have the word.
    fn standing(&mut self, entry: Entry) -> String {
        let place = self.number(entry.word);
        format!(
            "(SELECT w.exact_key FROM search_word w WHERE w.word_key = {place} AND w.record_no = a.record_no)"
        )
    }

    fn words(&mut self, words: &[Entry], writing: Writing, drive: Option<i64>) {
        let mut otherwise = Vec::new();
        for word in words {
            let standing = self.standing(*word);
            let exact = self.number(word.exact);
            match writing {
                Writing::Exact => self.and(&format!("{standing} IN ({exact}, {SEVERAL})")),
                Writing::Folded => {
                    if drive != Some(word.word) {
                        self.and(&format!("{standing} IS NOT NULL"));
                    }
                    otherwise.push(format!("{standing} <> {exact}"));
                }
            }
        }
        if !otherwise.is_empty() {
            self.and(&format!("({})", otherwise.join(" OR ")));
        }
    }

    fn others(&mut self, others: &[Entry], drive: Option<i64>) {
        for entry in others.iter().filter(|entry| drive != Some(entry.word)) {
            let standing = self.standing(*entry);
            self.and(&format!("{standing} IS NOT NULL"));
        }
    }

    fn days(&mut self, filter: &Filter) {
        if let Some(code) = &filter.type_code {
            let place = self.text(code.to_string());
            self.and(&format!("r.type_code = {place}"));
        }
        if let Some(owner) = &filter.owner {
            let place = self.text(owner.to_string());
            self.and(&format!("r.owner_id = {place}"));
        }
        for (day, condition) in
            [(filter.issued_from, "r.issued_on >= "), (filter.issued_until, "r.issued_on <= ")]
        {
            if let Some(day) = day {
                let place = self.text(row::day(day));
                self.and(&format!("{condition}{place}"));
            }
        }
        if let Some(day) = filter.valid_on {
            let place = self.text(row::day(day));
            self.and(&format!(
                "(r.valid_from IS NULL OR r.valid_from <= {place}) AND (r.valid_until IS NULL OR r.valid_until >= {place})"
            ));
        }
    }

    async fn fetch(
        &self,
        tx: &mut Tx,
        source: &str,
        limit: u32,
    ) -> Result<Vec<(i64, StoredRecord)>, StoreError> {
        let sql = format!(
            "SELECT r.*, a.record_no AS record_no,
                    (SELECT restricted_at FROM owner WHERE owner.id = r.owner_id) AS restricted_at
               FROM ({source}) AS a
               JOIN search_record s ON s.record_no = a.record_no JOIN record r ON r.id = s.record_id
              WHERE a.record_no < $1{} ORDER BY a.record_no DESC LIMIT {limit}",
            self.conditions
        );
        let rows = bound(sqlx::query(AssertSqlSafe(sql)), &self.binds).fetch_all(tx.connection()).await?;
        let keys = tx.keys();
        rows.iter().map(|row| Ok((row.int("record_no")?, records::record_of(&keys, row)?))).collect()
    }

    /// Where the walk ended before its end.
    async fn end_of(&self, tx: &mut Tx, source: &str) -> Result<Option<i64>, StoreError> {
        let sql = format!("SELECT COUNT(*) AS n, MIN(record_no) AS last FROM ({source}) AS a");
        let n_binds = source.matches('$').count();
        let row =
            bound(sqlx::query(AssertSqlSafe(sql)), &self.binds[..n_binds]).fetch_one(tx.connection()).await?;
        if row.int("n")? < SCANNED { Ok(None) } else { row.int_opt("last") }
    }
}

type Asked = SqlQuery<'static, Any, AnyArguments>;

fn bound(mut query: Asked, binds: &[Bind]) -> Asked {
    for bind in binds {
        query = match bind {
            Bind::Number(number) => query.bind(*number),
            Bind::Text(text) => query.bind(text.clone()),
        };
    }
    query
}

/// The number of a document in the index, given where it has none: later ones have higher numbers.
async fn number_of(tx: &mut Tx, record: &StoredRecord) -> Result<i64, StoreError> {
    let mut number = micros(record.stored_at);
    loop {
        if numbered(number, &record.id).insert(tx, "ON CONFLICT DO NOTHING").await? {
            return Ok(number);
        }
        let known = sqlx::query("SELECT record_no FROM search_record WHERE record_id = $1")
            .bind(record.id.as_str())
            .fetch_optional(tx.connection())
            .await?;
        match known {
            Some(known) => return known.int("record_no"),
            // Another one was stored in the same microsecond.
            None => number = number.saturating_add(1),
        }
    }
}

fn numbered(number: i64, record: &RecordId) -> NewRow {
    NewRow::of("search_record").with("record_no", number).with("record_id", record.as_str())
}

/// The rows of a document that no other one is stored in the same microsecond with: its number, and the words of its
/// fields where it `has_words`.
pub fn new_rows(keys: &Keys, record: &StoredRecord, has_words: bool) -> Vec<NewRow> {
    let number = micros(record.stored_at);
    let entries = if has_words { entries_of(keys, &record.fields, record, None) } else { BTreeMap::new() };
    let word = |(word, exact)| {
        NewRow::of("search_word").with("word_key", word).with("record_no", number).with("exact_key", exact)
    };
    [numbered(number, &record.id)].into_iter().chain(entries.into_iter().map(word)).collect()
}

/// All entries of a document, each word once, in order: two who write don't wait for each other crosswise.
fn entries_of(
    keys: &Keys,
    fields: &ConfirmedFields,
    record: &StoredRecord,
    text: Option<&RecognisedText>,
) -> BTreeMap<i64, i64> {
    let mut entries: BTreeMap<i64, i64> = terms_of(fields, text)
        .into_iter()
        .map(|(folded, exact)| entry(keys, "word", &folded, exact.as_deref()))
        .map(|entry| (entry.word, entry.exact))
        .collect();
    let mut more = vec![entry(keys, "type", &record.code.type_code.to_string(), None)];
    if let Some(agency) = &fields.issuing_authority {
        more.push(entry(keys, "agency", &whole(agency).folded, None));
    }
    entries.extend(more.into_iter().map(|entry| (entry.word, entry.exact)));
    entries
}

async fn write(tx: &mut Tx, number: i64, entries: &BTreeMap<i64, i64>) -> Result<(), StoreError> {
    let entries: Vec<(i64, i64)> = entries.iter().map(|(word, exact)| (*word, *exact)).collect();
    for batch in entries.chunks(BATCH) {
        let rows: Vec<String> =
            (0..batch.len()).map(|n| format!("(${}, $1, ${})", 2 * n + 2, 2 * n + 3)).collect();
        let sql = format!(
            "INSERT INTO search_word (word_key, record_no, exact_key) VALUES {}
             ON CONFLICT (word_key, record_no) DO UPDATE
                SET exact_key = {SEVERAL} WHERE search_word.exact_key <> excluded.exact_key",
            rows.join(", ")
        );
        let binds: Vec<Bind> = [number]
            .into_iter()
            .chain(batch.iter().flat_map(|(word, exact)| [*word, *exact]))
            .map(Bind::Number)
            .collect();
        bound(sqlx::query(AssertSqlSafe(sql)), &binds).execute(tx.connection()).await?;
    }
    Ok(())
}

fn entry(keys: &Keys, kind: &str, folded: &str, exact: Option<&str>) -> Entry {
    let exact = exact.map_or(SEVERAL, |exact| key_of(keys, "exact", exact));
    Entry { word: key_of(keys, kind, folded), exact }
}

/// The first 64 bits of the keyed hash: of two words that collide, the paper itself tells which it has.
fn key_of(keys: &Keys, kind: &str, text: &str) -> i64 {
    let mut hasher = keys.hasher(Lookup::SearchWord);
    hasher.update(kind.as_bytes()).update(&[0]).update(text.as_bytes());
    let mut first = [0; 8];
    hasher.finalize_xof().fill(&mut first);
    match i64::from_le_bytes(first) {
        SEVERAL => 1,
        key => key,
    }
}
