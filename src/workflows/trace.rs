//! The trace after the acts (Điều 10 khoản 2; QCVN 12:2026/BCA): chaining it, signing its end each day, holding it
//! against what was noted elsewhere, and showing it to auditors, which is itself traced.

use std::io::{BufRead, Write};

use jiff::Timestamp;

use crate::{
    clock::{day_in_vietnam, midnight_in_vietnam},
    domain::{
        event::{ActedAs, Action, AuditEvent},
        officer::{ActingOfficer, Officer},
        rights::{self, Denied},
    },
    engines::signature::seal::{SealError, statement},
    store::{
        Db, Keys, StoreError,
        audit::{
            self, AuditFault, AuditFaultKind, AuditVerification, KeptEvent, Search,
            days::{self, Day, DayForm, SignedDay},
            file::{self, FileError},
        },
        officers,
    },
    workflows::context::Ctx,
};

/// Full segments made in one go, so that a step ends.
const SEGMENTS_AT_ONCE: usize = 100;
/// Events shown at once at most.
pub const SHOWN_AT_MOST: u32 = 500;

/// Why the trace was not signed, exported or held against heads.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// The agency's key.
    #[error("khóa ký của cơ quan không ký được: {0}")]
    Key(#[from] SealError),
    /// A line of the file of signed ends is none, or its signature is not one.
    #[error(
        "dòng {line} của tệp đầu sổ không đúng mẫu hoặc chữ ký không đúng: tệp đã bị sửa, hoặc không phải của hệ thống này"
    )]
    NotAHead {
        /// From 1.
        line: usize,
    },
    /// The file.
    #[error(transparent)]
    File(#[from] FileError),
    /// The trace is for auditors.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Chains what waits; how many events that were.
///
/// # Errors
/// The store's.
pub async fn seal(ctx: &Ctx) -> Result<u64, StoreError> {
    let mut n_events = 0;
    for _ in 0..SEGMENTS_AT_ONCE {
        let sealed = audit::seal(&ctx.db, ctx.clock.now()).await?;
        n_events += sealed.n_events;
        if !sealed.is_full {
            break;
        }
    }
    Ok(n_events)
}

/// Signs the end of the chain as it stood when the last day was over (in Vietnam), with the agency's key where there
/// is one, else with the installation's. `false` when there was nothing to sign.
///
/// # Errors
/// [`TraceError::Key`] and the store's.
pub async fn sign_day(ctx: &Ctx) -> Result<bool, TraceError> {
    let now = ctx.clock.now();
    let today = day_in_vietnam(now);
    let midnight = midnight_in_vietnam(today).unwrap_or(now);
    let due = {
        let mut tx = ctx.db.read().await?;
        days::due(&mut tx, today, midnight).await?
    };
    let Some(due) = due else { return Ok(false) };
    let cms = match ctx.seal.clone() {
        Some(seal) => {
            let bytes = due.statement().to_vec();
            // A token may think for a while.
            let signed = tokio::task::spawn_blocking(move || seal.sign_statement(&bytes)).await;
            Some(signed.map_err(|_| SealError::Malformed)??)
        }
        None => None,
    };
    let mut tx = ctx.db.write().await?;
    days::keep(&mut tx, &due, cms.as_deref(), now).await?;
    tx.commit().await?;
    Ok(true)
}

/// The signed ends of days, one line of JSON each, to be kept elsewhere; how many they are.
///
/// # Errors
/// The store's.
pub async fn heads(ctx: &Ctx) -> Result<Vec<String>, StoreError> {
    let mut tx = ctx.db.read().await?;
    let signed = days::list(&mut tx).await?;
    signed
        .iter()
        .map(|day| serde_json::to_string(day).map_err(|_| StoreError::Corrupt { what: "audit_day" }))
        .collect()
}

/// Who signed the ends that were held against the chain.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum DaySigner {
    /// The key of this installation.
    Installation,
    /// A key that the file names, looked at without the installation's keys: 64 hexadecimal digits.
    Key(String),
    /// A certificate: its name and SHA-256.
    Certificate(String, String),
}

/// The ends in a text of [`heads`], each with a good signature, and who made them.
///
/// # Errors
/// [`TraceError::NotAHead`].
pub fn read_heads(db: Option<&Db>, text: &str) -> Result<(Vec<Day>, Vec<DaySigner>), TraceError> {
    let (mut found, mut signers) = (Vec::new(), Vec::new());
    for (line, text) in (1..).zip(text.lines()).filter(|(_, text)| !text.trim().is_empty()) {
        let fault = TraceError::NotAHead { line };
        let Ok(signed) = serde_json::from_str::<SignedDay>(text) else { return Err(fault) };
        let (Some(day), Some(signer)) = (signed.day(), signer_of(db, &signed)) else { return Err(fault) };
        found.push(day);
        signers.push(signer);
    }
    signers.sort();
    signers.dedup();
    Ok((found, signers))
}

fn signer_of(db: Option<&Db>, signed: &SignedDay) -> Option<DaySigner> {
    match (signed.form, db) {
        (DayForm::Cms, _) => {
            let certificate = statement::signer_of(&signed.signature(), signed.statement.as_bytes())?;
            let (name, digest) = statement::named(&certificate)?;
            Some(DaySigner::Certificate(name, digest))
        }
        (DayForm::Ed25519, Some(db)) => days::is_ours(db, signed).then_some(DaySigner::Installation),
        (DayForm::Ed25519, None) => {
            signed.is_signed_here(None).then(|| signed.key.clone()).flatten().map(DaySigner::Key)
        }
    }
}

/// Whether the trace is whole, and still holds `days`.
///
/// # Errors
/// The store's.
pub async fn verify(ctx: &Ctx, days: &[Day]) -> Result<AuditVerification, StoreError> {
    let mut found = audit::verify(&ctx.db, days).await?;
    let own = heads(ctx).await.map(|lines| lines.join("\n"));
    if found.first_fault.is_none() && own.is_ok_and(|own| read_heads(Some(&ctx.db), &own).is_err()) {
        found.first_fault = Some(AuditFault { seq: found.n_events, kind: AuditFaultKind::Changed });
    }
    Ok(found)
}

/// As [`verify`], of an exported trace; without `keys` only what hashes and signatures say.
///
/// # Errors
/// [`FileError`].
pub fn verify_file(
    input: &mut impl BufRead,
    keys: Option<&Keys>,
    days: &[Day],
) -> Result<AuditVerification, FileError> {
    file::verify(input, keys, days)
}

/// Writes the trace to a file, sealed as it is kept; how many events. The export is traced. For who runs the machine,
/// who has the database anyway: no right is asked for.
///
/// # Errors
/// [`TraceError`].
pub async fn export(
    ctx: &Ctx,
    officer: &ActingOfficer,
    out: &mut (impl Write + Send),
) -> Result<u64, TraceError> {
    note(ctx, officer, Action::ExportTrace, ("trace", "all".to_owned()), None).await?;
    seal(ctx).await?;
    Ok(file::export(&ctx.db, out).await?)
}

/// A page of what was looked for.
#[derive(Debug, Clone)]
pub struct Found {
    /// The newest first.
    pub events: Vec<KeptEvent>,
    /// Where to go on: events before this instant; `None` on the last page.
    pub next: Option<Timestamp>,
}

/// The officers whose acts an auditor may look for.
///
/// # Errors
/// [`TraceError::Denied`] and the store's.
pub async fn officers(ctx: &Ctx, by: &ActingOfficer) -> Result<Vec<Officer>, TraceError> {
    rights::may_read_audit(by)?;
    let mut tx = ctx.db.read().await?;
    Ok(officers::list(&mut tx).await?)
}

/// Events for an auditor, the newest first; the reading is traced first, with what was looked for.
///
/// # Errors
/// [`TraceError::Denied`] and the store's.
pub async fn read(
    ctx: &Ctx,
    officer: &ActingOfficer,
    search: &Search,
    limit: u32,
) -> Result<Found, TraceError> {
    rights::may_read_audit(officer)?;
    let object = match (&search.dossier, &search.object) {
        (Some(dossier), _) => ("dossier", dossier.to_string()),
        (None, Some((kind, id))) => match known_kind(kind) {
            Some(kind) => (kind, id.clone()),
            None => ("trace", "all".to_owned()),
        },
        (None, None) => ("trace", "all".to_owned()),
    };
    let detail = serde_json::json!({
        "from": search.from, "until": search.until, "actor": search.actor, "action": search.action,
    });
    note(ctx, officer, Action::ReadTrace, object, Some(detail)).await?;
    let limit = limit.clamp(1, SHOWN_AT_MOST);
    let mut tx = ctx.db.read().await?;
    let mut events = audit::search(&mut tx, search, limit.saturating_add(1)).await?;
    let has_more = events.len() > limit as usize;
    events.truncate(limit as usize);
    let next = events.last().filter(|_| has_more).map(|last| last.at);
    Ok(Found { events, next })
}

/// Kinds of objects that acts are done to, and what an auditor calls them.
pub const KINDS: [(&str, &str); 14] = [
    ("dossier", "hồ sơ"),
    ("paper", "giấy tờ"),
    ("record", "giấy tờ trong kho"),
    ("search", "câu tìm kiếm"),
    ("owner", "kho của cá nhân, tổ chức"),
    ("officer", "công chức"),
    ("client", "hệ thống kết nối"),
    ("catalogue", "Danh mục"),
    ("lesson", "mục học từ chỗ sửa"),
    ("file", "tệp được kiểm tra"),
    ("trace", "nhật ký"),
    ("key", "khóa chủ"),
    ("request", "yêu cầu của chủ thể dữ liệu"),
    ("breach", "vi phạm về bảo vệ dữ liệu"),
];

/// One event as a sentence.
pub fn sentence(event: &KeptEvent) -> String {
    let who = match &event.actor {
        None => "Hệ thống".to_owned(),
        Some(ActedAs::Officer { full_name, unit: Some(unit), .. }) => format!("{full_name} ({unit})"),
        Some(actor) => actor.name().to_owned(),
    };
    match Action::parse(&event.action) {
        Some(action) => format!("{who} {}.", action.words()),
        None => format!("{who}: {}.", event.action),
    }
}

fn known_kind(kind: &str) -> Option<&'static str> {
    KINDS.iter().map(|(known, _)| *known).find(|known| *known == kind)
}

async fn note(
    ctx: &Ctx,
    officer: &ActingOfficer,
    action: Action,
    object: (&'static str, String),
    detail: Option<serde_json::Value>,
) -> Result<(), StoreError> {
    let mut tx = ctx.db.write().await?;
    let actor = Some(officer.into());
    let event = AuditEvent { at: ctx.clock.now(), actor, action, object, purpose: None, detail };
    audit::append(&mut tx, &event).await?;
    tx.commit().await
}
