//! `fill --database URL --keys FILE --documents N [--from M] [--per-owner K] [--words N] [--questions DIR
//! --asker CLIENT]`: fills a store on PostgreSQL with documents of invented owners, for measuring it when it is large;
//! nobody else may write to it. Each is another of the document that was stored first, with an owner, a number and a day
//! of its own; all of its rows are there, as the store would write them; its file is the first one's. The words of its
//! fields are there for the first N documents, for all unless said. Into DIR go questions to ask of the whole store, and
//! of those with words: `owners`, `codes`, `changes`, `searches`, one a line.

use std::{
    ops::Range,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Instant,
};

use jiff::{Span, civil::date};
use sohoa::{
    domain::{
        code::{CodeNumber, DocumentCode, OwnerKey},
        dossier::{Dossier, ObjectRole, Paper, PaperObject, PaperState},
        event::{Action, AuditEvent},
        ids::{DocumentNumber, DossierId, OwnerId, PaperId, RecordId},
        record::{ChangeKind, StoredRecord},
    },
    store::{
        Db, Keys, NewRow, StoreError, Tx, audit, changes, codes, cursors, dossiers, owners, papers, records,
        search,
    },
};
use sqlx::{Connection, PgConnection};
use tokio::task::JoinSet;

/// Owners in one transaction.
const AT_ONCE: u64 = 500;
/// Transactions beside each other.
const BESIDE: usize = 3;
/// Province, and sex with century, of invented numbers: each gives a million times fifty.
const BEGINNINGS: [&str; 8] = ["0010", "0011", "0790", "0791", "0480", "0481", "0310", "0311"];

type Trouble = Box<dyn std::error::Error + Send + Sync>;

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
    /// So many have the words by which they are found.
    words: u64,
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
        words: option("--words").map_or(Some(u64::MAX), |n| n.parse().ok())?,
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
        if let Some(number) = number(n % order.words) {
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

/// Rows of many documents, by table; tables in the order in which one refers to another.
#[derive(Default)]
struct Rows {
    tables: Vec<(String, String)>,
}

impl Rows {
    fn add(&mut self, row: &NewRow) {
        let target = row.target();
        let table = match self.tables.iter().position(|(known, _)| *known == target) {
            Some(table) => table,
            None => {
                self.tables.push((target, String::new()));
                self.tables.len() - 1
            }
        };
        row.line(&mut self.tables[table].1);
    }
}

/// The rows of all documents of these numbers; `turn` is the transaction that they are written in, `changes` how many
/// changes there were before all of them.
fn rows(
    order: &Order,
    keys: &Keys,
    pattern: &Pattern,
    numbers: Range<u64>,
    turn: i64,
    changes: i64,
) -> Result<Rows, StoreError> {
    const WRONG: StoreError = StoreError::Corrupt { what: "an invented owner or number" };
    let mut rows = Rows::default();
    let (mut dossier, mut owner_id) = (pattern.dossier.clone(), OwnerId::new());
    for n in numbers.clone() {
        let number_in_all = i64::try_from(n).map_err(|_| WRONG)?;
        // A day before all that really happened, each in a microsecond of its own.
        let at = pattern.record.stored_at - Span::new().hours(24).microseconds(number_in_all);
        let mut record = pattern.record.clone();
        record.id = RecordId::new();
        record.code = code(pattern, n, n / order.per_owner).ok_or(WRONG)?;
        if n == numbers.start || n % order.per_owner == 0 {
            dossier.id = DossierId::new();
            owner_id = OwnerId::new();
            rows.add(&dossiers::new_row(&dossier)?);
            rows.add(&owners::new_row(&owner_id, &record.code.owner, at));
            rows.add(&owners::identifier_row(keys, &owner_id, &record.code.owner, at)?);
        }
        record.owner = owner_id.clone();
        record.fields.owner = record.code.owner.clone();
        record.fields.document_number = Some(number(n).ok_or(WRONG)?);
        record.fields.issued_on = Some(date(2010, 1, 1) + Span::new().days(number_in_all % 5_000));
        record.stored_at = at;
        let mut paper = pattern.paper.clone();
        paper.id = PaperId::new();
        paper.dossier = dossier.id.clone();
        paper.received_at = at;
        paper.state = PaperState::Stored { record: record.id.clone() };
        record.paper = paper.id.clone();
        let event = AuditEvent {
            at,
            actor: None,
            action: Action::StoreRecord,
            object: ("record", record.id.to_string()),
            purpose: None,
            detail: None,
        };
        rows.add(&papers::new_row(keys, &paper)?);
        rows.add(&papers::object_row(&paper.id, &pattern.coded)?);
        rows.add(&records::new_row(keys, &record, &record.owner)?);
        rows.add(&codes::new_row(keys, &record.code, (&record.owner, &paper.id), Some(&record.id), at)?);
        for row in search::new_rows(keys, &record, n < order.words) {
            rows.add(&row);
        }
        let change = changes + number_in_all - i64::try_from(order.from).map_err(|_| WRONG)? + 1;
        rows.add(&changes::new_row(change, &record.id, ChangeKind::Stored, at));
        rows.add(&audit::new_row(keys, &event, turn)?);
    }
    Ok(rows)
}

/// Writes all documents of these numbers, in one transaction.
async fn load(
    order: Arc<Order>,
    keys: Arc<Keys>,
    pattern: Arc<Pattern>,
    numbers: Range<u64>,
    changes: i64,
) -> Result<(), Trouble> {
    let mut connection = PgConnection::connect(&order.database).await?;
    let mut tx = connection.begin().await?;
    let turn: i64 =
        sqlx::query_scalar("SELECT pg_current_xact_id()::text::bigint + turn_base FROM audit_head")
            .fetch_one(&mut *tx)
            .await?;
    let made = move || rows(&order, &keys, &pattern, numbers, turn, changes);
    for (target, lines) in tokio::task::spawn_blocking(made).await??.tables {
        let mut copy = tx.copy_in_raw(&format!("COPY {target} FROM STDIN")).await?;
        copy.send(lines.into_bytes()).await?;
        copy.finish().await?;
    }
    Ok(tx.commit().await?)
}

async fn fill(order: Order) -> Result<(), Trouble> {
    let keys = Keys::open(&order.keys)?;
    let db = Db::open(&order.database, Keys::open(&order.keys)?).await?;
    let pattern = Arc::new(pattern(&mut db.read().await?).await?);
    let (order, keys) = (Arc::new(order), Arc::new(keys));
    let begun = Instant::now();
    let mut connection = PgConnection::connect(&order.database).await?;
    let changes: i64 =
        sqlx::query_scalar("SELECT change_seq FROM log_head").fetch_one(&mut connection).await?;
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
        parts.spawn(load(Arc::clone(&order), Arc::clone(&keys), Arc::clone(&pattern), numbers, changes));
    }
    while let Some(done) = parts.join_next().await {
        done??;
    }
    let more = i64::try_from(order.documents.saturating_sub(order.from))?;
    sqlx::query("UPDATE log_head SET change_seq = change_seq + $1")
        .bind(more)
        .execute(&mut connection)
        .await?;
    if let Some(folder) = &order.questions {
        questions(&db, &order, &pattern, folder)?;
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
            "usage: fill --database URL --keys FILE --documents N [--from M] [--per-owner K] [--words N] [--questions DIR --asker CLIENT]"
        );
        return ExitCode::from(2);
    };
    match fill(order).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
