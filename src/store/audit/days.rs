//! The end of the chain as it stood when a day was over, signed: exported and kept elsewhere, it tells later that
//! nothing before it was taken away.
//!
//! Knows of signatures only the installation's own; what the agency's key signs is judged by whoever asks.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use crate::store::{
    Db, Keys, StoreError, Tx, keys,
    row::{Columns, day, micros, time},
};

const WHAT: &str = "sohoa trace head v1";

/// What is said of a day, and signed as these very bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Statement {
    what: String,
    day: Date,
    segment: i64,
    n_events: u64,
    hash: String,
    sealed_at: Timestamp,
}

/// How a day is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayForm {
    /// CMS without content (RFC 5652), by the agency's key.
    Cms,
    /// Ed25519 (RFC 8032), by the installation's key.
    Ed25519,
}

impl DayForm {
    fn name(self) -> &'static str {
        match self {
            Self::Cms => "cms",
            Self::Ed25519 => "ed25519",
        }
    }
}

/// A day that is to be signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueDay {
    day: Date,
    segment: i64,
    statement: String,
}

impl DueDay {
    /// What is to be signed.
    pub fn statement(&self) -> &[u8] {
        self.statement.as_bytes()
    }
}

/// A signed day, as exported: one line of JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedDay {
    /// What is signed.
    pub statement: String,
    /// How.
    pub form: DayForm,
    /// Base64.
    pub signature: String,
    /// The public key of Ed25519, 64 hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// A signed end of the chain, as far as a walk needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    /// The day that was over, in Vietnam.
    pub day: Date,
    /// Number of the last segment.
    pub segment: i64,
    /// Events up to its end.
    pub n_events: u64,
    /// Its hash.
    pub hash: String,
}

impl SignedDay {
    /// What it says; `None` when it is no statement of ours.
    pub fn day(&self) -> Option<Day> {
        let Statement { what, day, segment, n_events, hash, .. } =
            serde_json::from_str(&self.statement).ok()?;
        (what == WHAT && segment > 0).then_some(Day { day, segment, n_events, hash })
    }

    /// The bytes of the signature; empty where they are none.
    pub fn signature(&self) -> Vec<u8> {
        STANDARD.decode(&self.signature).unwrap_or_default()
    }

    /// Whether it is signed with Ed25519: by this installation where `keys` are given, else by the key it names.
    pub fn is_signed_here(&self, keys: Option<&Keys>) -> bool {
        let key = match keys {
            Some(keys) => keys.statement_public_key().ok(),
            None => self.key.clone(),
        };
        self.form == DayForm::Ed25519
            && key.is_some_and(|key| keys::is_signed_by(&key, self.statement.as_bytes(), &self.signature()))
    }
}

/// The day that has to be signed: the last one before `today` on which something was chained.
///
/// # Errors
/// Those of the database.
pub async fn due(tx: &mut Tx, today: Date, midnight: Timestamp) -> Result<Option<DueDay>, StoreError> {
    let row = sqlx::query(
        "SELECT no, first, n_events, hash, sealed_at FROM audit_segment
          WHERE sealed_at < $1 AND no > (SELECT COALESCE(MAX(segment), 0) FROM audit_day)
          ORDER BY no DESC LIMIT 1",
    )
    .bind(micros(midnight))
    .fetch_optional(tx.connection())
    .await?;
    let (Some(row), Ok(over)) = (row, today.yesterday()) else { return Ok(None) };
    let n_events = row.int("first")?.saturating_add(row.int("n_events")?).saturating_sub(1);
    let statement = Statement {
        what: WHAT.to_owned(),
        day: over,
        segment: row.int("no")?,
        n_events: u64::try_from(n_events).unwrap_or(0),
        hash: row.text("hash")?,
        sealed_at: time(row.int("sealed_at")?, "audit_segment.sealed_at")?,
    };
    let segment = statement.segment;
    let statement =
        serde_json::to_string(&statement).map_err(|_| StoreError::Corrupt { what: "the end of a day" })?;
    Ok(Some(DueDay { day: over, segment, statement }))
}

/// Keeps a day signed with the agency's key (`Some`: CMS, DER) or, without one, with the installation's. A day that
/// is signed already stays as it is.
///
/// # Errors
/// Those of the database.
pub async fn keep(tx: &mut Tx, due: &DueDay, cms: Option<&[u8]>, now: Timestamp) -> Result<(), StoreError> {
    let (form, signature) = match cms {
        Some(cms) => (DayForm::Cms, cms.to_vec()),
        None => (DayForm::Ed25519, tx.keys().sign_statement(due.statement())?),
    };
    sqlx::query(
        "INSERT INTO audit_day (day, segment, statement, form, signature, signed_at)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (day) DO NOTHING",
    )
    .bind(day(due.day))
    .bind(due.segment)
    .bind(&due.statement)
    .bind(form.name())
    .bind(STANDARD.encode(signature))
    .bind(micros(now))
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// All signed days in order.
///
/// # Errors
/// [`StoreError::Corrupt`] where one is none; and those of the database.
pub async fn list(tx: &mut Tx) -> Result<Vec<SignedDay>, StoreError> {
    let key = tx.keys().statement_public_key()?;
    let rows = sqlx::query("SELECT statement, form, signature FROM audit_day ORDER BY day")
        .fetch_all(tx.connection())
        .await?;
    rows.iter()
        .map(|row| {
            let form = row.text("form")?;
            let form = [DayForm::Cms, DayForm::Ed25519].into_iter().find(|f| f.name() == form);
            let form = form.ok_or(StoreError::Corrupt { what: "audit_day.form" })?;
            Ok(SignedDay {
                statement: row.text("statement")?,
                form,
                signature: row.text("signature")?,
                key: (form == DayForm::Ed25519).then(|| key.clone()),
            })
        })
        .collect()
}

/// Whether this installation signed it with Ed25519.
pub fn is_ours(db: &Db, day: &SignedDay) -> bool {
    day.is_signed_here(Some(db.keys()))
}

/// The days that the database has itself, and whether one of them is none, or is not signed by this installation.
pub(super) async fn own(tx: &mut Tx) -> Result<(Vec<Day>, bool), StoreError> {
    let keys = tx.keys();
    let signed = match list(tx).await {
        Err(StoreError::Corrupt { .. }) => return Ok((Vec::new(), true)),
        signed => signed?,
    };
    let days: Vec<Day> = signed.iter().filter_map(SignedDay::day).collect();
    let is_faulty = days.len() < signed.len()
        || signed.iter().any(|day| day.form == DayForm::Ed25519 && !day.is_signed_here(Some(&keys)));
    Ok((days, is_faulty))
}
