//! Judging signatures: of a file that is kept nowhere, of a file at intake, of a stored document (Điều 13 khoản 2,
//! TT 15/2025/TT-BKHCN). Reads the certificates and lists of an installation; only [`judge_online`] asks the network.

mod online;

pub use online::judge_online;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use jiff::Timestamp;

use crate::{
    domain::{
        dossier::{ObjectRole, Paper},
        event::{Action, AuditEvent},
        ids::{PaperId, RecordId},
        officer::Actor,
        record::StoredRecord,
        rights,
    },
    engines::{
        imaging::fault::ReadError,
        signature::{
            check_trust,
            order::{NamedFile, TrustFiles, VerifyOrder},
            verdict::Report,
        },
    },
    store::{StoreError, audit, verifications},
    workflows::{
        access::AccessError,
        browse::{self, BrowseError, Purpose},
        context::Ctx,
        files::read_within,
    },
};

/// Bytes of one certificate file or list: the longest revocation lists have tens of megabytes.
const BYTES_AT_MOST: u64 = 64 << 20;
/// Files in a folder.
const FILES_AT_MOST: usize = 4096;
/// Endings of files that are read from a folder.
const ENDINGS: [&str; 9] = ["pem", "crt", "cer", "der", "p7b", "crl", "ors", "ocsp", "toml"];

/// Why certificates or lists were refused.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// A folder or file can't be read.
    #[error(
        "không đọc được {path} ({source}): kiểm tra đường dẫn của chứng thư số tin cậy, danh sách thu hồi"
    )]
    Unreadable {
        /// Folder or file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// More, or larger, files than can be meant.
    #[error("{path}: nhiều hơn {FILES_AT_MOST} tệp, hoặc có tệp lớn hơn {} MiB", BYTES_AT_MOST >> 20)]
    TooLarge {
        /// Folder or file.
        path: PathBuf,
    },
    /// A file does not hold what it should.
    #[error("{0}")]
    Content(String),
}

/// Where trusted certificates and lists lie.
#[derive(Debug, Clone, Default)]
pub struct TrustPlaces {
    /// Trusted certificates: a file, or a folder.
    pub trust: Option<PathBuf>,
    /// Certificates in between.
    pub intermediates: Option<PathBuf>,
    /// Revocation lists.
    pub crls: Option<PathBuf>,
    /// The policy.
    pub policy: Option<PathBuf>,
}

/// Reads what signatures are judged by; what is wrong with it is told now, not with the first signature.
///
/// # Errors
/// [`TrustError`], naming the file.
pub fn read_trust(places: &TrustPlaces) -> Result<TrustFiles, TrustError> {
    let files = |place: &Option<PathBuf>| place.as_deref().map_or_else(|| Ok(Vec::new()), files_at);
    let trust = TrustFiles {
        anchors: files(&places.trust)?,
        intermediates: files(&places.intermediates)?,
        revocation: files(&places.crls)?,
        policy: places.policy.as_deref().map(file_at).transpose()?,
    };
    check_trust(&trust).map_err(TrustError::Content)?;
    Ok(trust)
}

fn files_at(path: &Path) -> Result<Vec<NamedFile>, TrustError> {
    let unreadable = |source| TrustError::Unreadable { path: path.to_owned(), source };
    if !fs::metadata(path).map_err(unreadable)?.is_dir() {
        return Ok(vec![file_at(path)?]);
    }
    let mut paths = Vec::new();
    for entry in fs::read_dir(path).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
        if path.is_file() && ENDINGS.contains(&ending.as_str()) {
            paths.push(path);
        }
        if paths.len() > FILES_AT_MOST {
            return Err(TrustError::TooLarge { path: path_of(&paths) });
        }
    }
    paths.sort();
    paths.iter().map(|path| file_at(path)).collect()
}

fn path_of(paths: &[PathBuf]) -> PathBuf {
    paths.first().and_then(|p| p.parent()).unwrap_or(Path::new(".")).to_owned()
}

fn file_at(path: &Path) -> Result<NamedFile, TrustError> {
    let bytes = read_within(path, BYTES_AT_MOST).map_err(|source| match source.kind() {
        io::ErrorKind::FileTooLarge => TrustError::TooLarge { path: path.to_owned() },
        _ => TrustError::Unreadable { path: path.to_owned(), source },
    })?;
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(NamedFile { name, bytes })
}

/// Why a file was not judged.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The document can't be looked at.
    #[error(transparent)]
    Browse(#[from] BrowseError),
    /// The reading process could not do it.
    #[error(transparent)]
    Unreadable(#[from] ReadError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Judges the signatures of a file that is kept nowhere.
///
/// # Errors
/// [`VerifyError::Unreadable`] where the reading process failed; a file that is no PDF is an answer, no error.
pub async fn file(
    ctx: &Ctx,
    by: &Actor,
    bytes: Vec<u8>,
    password: Option<String>,
) -> Result<Report, VerifyError> {
    rights::may_verify(by).map_err(|denied| BrowseError::from(AccessError::from(denied)))?;
    let now = ctx.clock.now();
    let hash = blake3::hash(&bytes).to_hex().to_string();
    let report = judged(ctx, bytes, order(ctx, now, None, password, None)).await?;
    let mut tx = ctx.db.write().await?;
    let event = AuditEvent {
        at: now,
        actor: Some(by.clone()),
        action: Action::VerifyDocument,
        object: ("file", hash),
        purpose: None,
        detail: Some(serde_json::json!({ "overall": report.overall })),
    };
    audit::append(&mut tx, &event).await?;
    tx.commit().await?;
    Ok(report)
}

/// Judges the signatures of a file as it came in, and keeps what was found beside the paper. What can't be judged
/// is not in the way of reading: it is shown as not judged.
///
/// # Errors
/// The store's.
pub(super) async fn arrived(ctx: &Ctx, paper: &Paper) -> Result<(), StoreError> {
    let originals = browse::objects(ctx, &paper.id, ObjectRole::Original).await?;
    // Of several files none is the paper by itself.
    let [only] = originals.as_slice() else { return Ok(()) };
    let bytes = ctx.bytes(&only.hash).await?;
    let now = ctx.clock.now();
    let report = match judged(ctx, bytes, order(ctx, now, Some(paper.received_at), None, None)).await {
        Ok(report) => report,
        Err(error) => {
            tracing::warn!(paper = %paper.id, %error, "signatures were not judged");
            return Ok(());
        }
    };
    let mut tx = ctx.db.write().await?;
    verifications::keep(&mut tx, &paper.id, &report, now).await?;
    tx.commit().await
}

/// What was found of the signatures of a paper's file when it came in, and when.
///
/// # Errors
/// The store's.
pub async fn of_paper(ctx: &Ctx, id: &PaperId) -> Result<Option<(Report, Timestamp)>, StoreError> {
    let mut tx = ctx.db.read().await?;
    verifications::of(&mut tx, id).await
}

/// Judges the signatures of a stored document, as of now. When its bytes were stored is proof that they existed then.
///
/// # Errors
/// [`VerifyError`].
pub async fn document(
    ctx: &Ctx,
    by: &Actor,
    id: &RecordId,
    purpose: &Purpose,
) -> Result<Report, VerifyError> {
    let document = browse::document(ctx, by, id, purpose).await?;
    record(ctx, &document).await
}

/// The same of a document at hand; traced by whoever asks.
///
/// # Errors
/// [`VerifyError`].
pub(super) async fn record(ctx: &Ctx, record: &StoredRecord) -> Result<Report, VerifyError> {
    let bytes = ctx.bytes(&record.coded).await?;
    Ok(as_stored(ctx, record, bytes).await?)
}

/// The same of `bytes` in place of its own.
pub(super) async fn as_stored(ctx: &Ctx, record: &StoredRecord, bytes: Vec<u8>) -> Result<Report, ReadError> {
    let type_code = Some(record.fields.document_type_code.to_string());
    judged(ctx, bytes, order(ctx, ctx.clock.now(), Some(record.stored_at), None, type_code)).await
}

/// How this installation judges a file.
pub(super) fn order(
    ctx: &Ctx,
    at: Timestamp,
    received_at: Option<Timestamp>,
    password: Option<String>,
    type_code: Option<String>,
) -> VerifyOrder {
    VerifyOrder { trust: ctx.rules.trust.as_ref().clone(), at, received_at, password, type_code }
}

/// Judged in a reading process.
async fn judged(ctx: &Ctx, bytes: Vec<u8>, order: VerifyOrder) -> Result<Report, ReadError> {
    let readers = ctx.readers.clone();
    let judged = tokio::task::spawn_blocking(move || readers.verify(bytes, order));
    judged.await.map_err(|_| ReadError::Crashed)?
}
