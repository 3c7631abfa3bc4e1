//! `fill --database URL --keys FILE --documents N [--from M] [--per-owner K] [--questions DIR
//! --asker CLIENT]`: fills a store with documents of
//! invented owners, for measuring it when it is large. Each is another of the document that was stored first, with an
//! owner, a number and a day of its own; all of its rows are there, the words of its fields too; its file is the first one's. Into DIR go
//! questions to ask of the whole store: `owners`, `codes`, `changes`, `searches`, one a line.

use std::{
    ops::Range,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Instant,
};

use jiff::{Span, Timestamp, civil::date};
use sohoa::{
    domain::{
        code::{CodeNumber, DocumentCode, OwnerKey},
        dossier::{Dossier, ObjectRole, Paper, PaperObject, PaperState},
        event::{Action, AuditEvent},
        ids::{DocumentNumber, DossierId, PaperId, RecordId},
        record::{ChangeKind, StoredRecord},
    },
    store::{
        Db, Keys, StoreError, Tx, audit, changes, codes, cursors, dossiers, owners, papers, records, search,
    },
};
use tokio::task::JoinSet;

/// Owners in one transaction; of a thousand changes in one, each would wade through what the others left.
const AT_ONCE: u64 = 25;
/// Transactions beside each other.
const BESIDE: usize = 4;
/// Province, and sex with century, of invented numbers: each gives a million times fifty.
const BEGINNINGS: [&str; 8] = ["0010", "0011", "0790", "0791", "0480", "0481", "0310", "0311"];

/// What all documents are made after.
struct Pattern {
    record: StoredRecord,
    paper: Paper,
    dossier: Dossier,
    coded: PaperObject,
}

struct Order {
    database: String,
    keys: PathBuf,
    documents: u64,
    /// So many are there from an earlier call.
    from: u64,
    per_owner: u64,
    questions: Option<PathBuf>,
    /// The system that will ask them: cursors are its own.
    asker: String,
}

/// Questions of each kind: of so many owners that no cache has them all.
const QUESTIONS: u64 = 20_000;

fn order(words: &[String]) -> Option<Order> {
    let option = |name: &str| words.windows(2).find(|pair| pair[0] == name).map(|pair| pair[1].clone());
    Some(Order {
        database: option("--database")?,
        keys: option("--keys")?.into(),
        documents: option("--documents")?.parse().ok()?,
        from: option("--from").map_or(Some(0), |m| m.parse().ok())?,
        per_owner: option("--per-owner").map_or(Some(4), |k| k.parse().ok()).filter(|k| *k > 0)?,
        questions: option("--questions").map(PathBuf::from),
        asker: option("--asker").unwrap_or_default(),
    })
}

async fn pattern(tx: &mut Tx) -> Result<Pattern, StoreError> {
    const NONE: StoreError = StoreError::Missing { what: "a stored document to begin with" };
    let first = changes::after(tx, 0, 1).await?.into_iter().next().ok_or(NONE)?;
    let record = records::get(tx, &first.record).await?.ok_or(NONE)?;
    let paper = papers::get(tx, &record.paper).await?.ok_or(NONE)?;
    let dossier = dossiers::get(tx, &paper.dossier).await?.ok_or(NONE)?;
    let objects = papers::objects(tx, &record.paper).await?;
    let coded = objects.into_iter().find(|object| object.role == ObjectRole::Coded).ok_or(NONE)?;
    Ok(Pattern { record, paper, dossier, coded })
}

/// An invented owner: the same for the same number, and never one of another.
fn owner(n: u64) -> Option<OwnerKey> {
    // Spread over all beginnings and years, as numbers of people are.
    let (turn, beginning) = (n / BEGINNINGS.len() as u64, BEGINNINGS[(n % BEGINNINGS.len() as u64) as usize]);
    let (year, serial) = (50 + turn % 50, turn / 50 % 1_000_000);
    OwnerKey::parse(&format!("{beginning}{year:02}{serial:06}")).ok()
}

fn number(n: u64) -> Option<DocumentNumber> {
    DocumentNumber::parse(&format!("{n}/GXN-UBND")).ok()
}

/// The code of the document numbered `n`.
fn code(pattern: &Pattern, n: u64, owner: u64) -> Option<DocumentCode> {
    let number = CodeNumber::Printed { number: number(n)? };
    let type_code = pattern.record.code.type_code.clone();
    Some(DocumentCode { owner: self::owner(owner)?, type_code, number })
}

/// Questions spread over the whole store, in no order.
fn questions(db: &Db, order: &Order, pattern: &Pattern, folder: &Path) -> std::io::Result<()> {
    let (mut owners, mut codes, mut changes, mut searches) =
        (String::new(), String::new(), String::new(), String::new());
    for turn in 0..QUESTIONS {
        // A prime apart, so that neighbours are asked for at different times.
        let n = turn.wrapping_mul(7_368_787) % order.documents.max(1);
        let ask = |what: &str, value: String| {
            serde_json::json!({ what: value, "purpose": "đo tốc độ" }).to_string() + "\n"
        };
        if let Some(code) = code(pattern, n, n / order.per_owner) {
            owners += &ask("owner", code.owner.to_string());
            codes += &ask("code", code.to_string());
        }
        if let Some(number) = number(n) {
            searches += &ask("text", format!("“{number}”"));
        }
        changes +=
            &format!("?after={}&limit=50\n", cursors::made(db, "changes", &order.asker, &n.to_string()));
    }
    std::fs::create_dir_all(folder)?;
    for (name, lines) in [("owners", owners), ("codes", codes), ("changes", changes), ("searches", searches)]
    {
        std::fs::write(folder.join(name), lines)?;
    }
    Ok(())
}

/// The rows of the document numbered `n`, but for its change: the record, and when it was stored.
async fn add(
    tx: &mut Tx,
    pattern: &Pattern,
    dossier: &DossierId,
    n: u64,
    owner: u64,
) -> Result<(RecordId, Timestamp), StoreError> {
    const WRONG: StoreError = StoreError::Corrupt { what: "an invented owner or number" };
    let day = date(2010, 1, 1) + Span::new().days(i64::try_from(n % 5_000).unwrap_or_default());
    // Before all others, each in a microsecond of its own: two of one microsecond would wait for each other.
    let at = pattern.record.stored_at - Span::new().microseconds(i64::try_from(n + 1).unwrap_or_default());
    let mut record = pattern.record.clone();
    record.id = RecordId::new();
    record.code = code(pattern, n, owner).ok_or(WRONG)?;
    record.owner = owners::find_or_create(tx, &record.code.owner, at).await?;
    record.fields.owner = record.code.owner.clone();
    record.fields.document_number = Some(number(n).ok_or(WRONG)?);
    record.fields.issued_on = Some(day);
    record.stored_at = at;
    let mut paper = pattern.paper.clone();
    paper.id = PaperId::new();
    paper.dossier = dossier.clone();
    paper.received_at = at;
    paper.state = PaperState::Stored { record: record.id.clone() };
    record.paper = paper.id.clone();
    papers::insert(tx, &paper).await?;
    papers::add_object(tx, &paper.id, &pattern.coded).await?;
    codes::assign(tx, &record.code, &record.owner, &record.paper, at).await?;
    records::insert(tx, &record).await?;
    search::put(tx, &record, None).await?;
    let event = AuditEvent {
        at,
        actor: None,
        action: Action::StoreRecord,
        object: ("record", record.id.to_string()),
        purpose: None,
        detail: None,
    };
    audit::append(tx, &event).await?;
    Ok((record.id, at))
}

/// All documents of these numbers, in one transaction.
async fn add_part(db: &Db, pattern: &Pattern, numbers: Range<u64>, per_owner: u64) -> Result<(), StoreError> {
    let mut dossier = pattern.dossier.clone();
    let mut tx = db.write().await?;
    let mut stored = Vec::new();
    for n in numbers.clone() {
        if n == numbers.start || n % per_owner == 0 {
            dossier.id = DossierId::new();
            dossiers::insert(&mut tx, &dossier).await?;
        }
        stored.push(add(&mut tx, pattern, &dossier.id, n, n / per_owner).await?);
    }
    // Last: changes are numbered in order, so whoever writes one holds up all others until the end.
    for (record, at) in stored {
        changes::append(&mut tx, &record, ChangeKind::Stored, at).await?;
    }
    tx.commit().await
}

async fn fill(order: &Order) -> Result<(), Box<dyn std::error::Error>> {
    let db = Db::open(&order.database, Keys::open(&order.keys)?).await?;
    let pattern = Arc::new(pattern(&mut db.read().await?).await?);
    let begun = Instant::now();
    // Several transactions beside each other, as a busy service has them; parts of different owners.
    let mut parts = JoinSet::new();
    let mut first = order.from;
    while first < order.documents {
        // An owner belongs to one part, so that no two transactions make the same.
        let next = (first / order.per_owner + AT_ONCE) * order.per_owner;
        let numbers = first..next.min(order.documents);
        first = next;
        if parts.len() == BESIDE
            && let Some(done) = parts.join_next().await
        {
            done??;
        }
        let (db, pattern, per_owner) = (db.clone(), Arc::clone(&pattern), order.per_owner);
        parts.spawn(async move { add_part(&db, &pattern, numbers, per_owner).await });
    }
    while let Some(done) = parts.join_next().await {
        done??;
    }
    if let Some(folder) = &order.questions {
        questions(&db, order, &pattern, folder)?;
    }
    let seconds = begun.elapsed().as_secs();
    println!("{} documents of {} owners in {seconds} s", order.documents, order.documents / order.per_owner);
    Ok(())
}

#[tokio::main]
async fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let Some(order) = order(&words) else {
        eprintln!(
            "usage: fill --database URL --keys FILE --documents N [--from M] [--per-owner K] [--questions DIR --asker CLIENT]"
        );
        return ExitCode::from(2);
    };
    match fill(&order).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
