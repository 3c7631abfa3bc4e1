//! The agency's own signature (TT 01/2023/TT-VPCP; NĐ 30/2020/NĐ-CP, Điều 25): the key is opened once, when the program
//! starts, and stays in this process alone.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::{SignedDuration, Timestamp};
use tokio::runtime::Handle;

use crate::{
    domain::code::DocumentCode,
    engines::{
        imaging::fault::ReadError,
        pdf::AGENCY_FIELD,
        reader::{NotSealed, NotStamped, Readers, StampOrder},
        signature::{
            order::VerifyOrder,
            seal::{
                SealError,
                appearance::{Appearance, CopyBlock},
                embed::{self, Answer, CheckedCms},
                key::{
                    KeyError, Secret, Signer,
                    pkcs11::{Pkcs11Signer, TokenKey},
                    pkcs12::Pkcs12Signer,
                },
                prepare::{Field, Intent, Lock, Prepared, SealOrder},
                statement,
            },
        },
        stamp::{SealTerms, StampError, Stamped},
    },
    workflows::{
        context::Ctx,
        files::read_within,
        seal::{self as sealing, SealFailure, Sealed, Sealing},
    },
};

/// The form of copy (NĐ 30/2020/NĐ-CP, Điều 25 khoản 1): an electronic copy of the paper as it was handed in.
const COPY_FORM: &str = "SAO Y";
/// Bytes of a key file, or of a file with a password.
const BYTES_AT_MOST: u64 = 1 << 20;

/// Why there is no key to seal with.
#[derive(Debug, thiserror::Error)]
pub enum SealKeyError {
    /// A file can't be read.
    #[error("không đọc được {path} ({source}): kiểm tra mục [seal] của tệp cấu hình")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Neither a file nor a token, or both.
    #[error("mục [seal] cần đúng một trong hai: p12 hoặc pkcs11")]
    Which,
    /// The key.
    #[error("khóa ký của cơ quan: {0}")]
    Key(#[from] KeyError),
}

/// Where the agency's key lies.
#[derive(Debug, Clone, Default)]
pub struct SealPlaces {
    /// PKCS#12 file.
    pub p12: Option<PathBuf>,
    /// PKCS#11 module.
    pub pkcs11: Option<PathBuf>,
    /// Label of the token.
    pub token: Option<String>,
    /// Label of the key.
    pub key: Option<String>,
    /// File with password or PIN.
    pub password_file: Option<PathBuf>,
    /// Name of the agency.
    pub agency: String,
}

/// The agency's key, ready.
pub struct AgencySeal {
    signer: Box<dyn Signer + Send + Sync>,
    agency: String,
}

impl AgencySeal {
    /// Opens the key.
    ///
    /// # Errors
    /// [`SealKeyError`].
    pub fn open(places: &SealPlaces) -> Result<Self, SealKeyError> {
        let secret = match &places.password_file {
            Some(path) => Secret::new(&String::from_utf8_lossy(&file_at(path)?)),
            None => Secret::new(""),
        };
        let signer: Box<dyn Signer + Send + Sync> = match (&places.p12, &places.pkcs11) {
            (Some(p12), None) => Box::new(Pkcs12Signer::open(&file_at(p12)?, &secret, &[])?),
            (None, Some(module)) => {
                let (token, key) = (places.token.clone(), places.key.clone());
                let place = TokenKey {
                    module: module.clone(),
                    token,
                    slot: None,
                    key,
                    certificate: None,
                    pin: secret,
                };
                Box::new(Pkcs11Signer::open(place, &[])?)
            }
            _ => return Err(SealKeyError::Which),
        };
        Ok(Self { signer, agency: places.agency.clone() })
    }

    fn sign(&self, prepared: &Prepared, now: Timestamp) -> Result<CheckedCms, SealError> {
        let value = self.signer.sign(&prepared.signed_attributes)?;
        embed::check(prepared, Answer::Signature(&value), now)
    }

    /// Signs bytes that are no PDF: a CMS without content, DER.
    ///
    /// # Errors
    /// [`SealError`] where the key does not sign.
    pub fn sign_statement(&self, bytes: &[u8]) -> Result<Vec<u8>, SealError> {
        statement::sign(&*self.signer, bytes)
    }

    fn terms(&self, at: Timestamp) -> SealTerms {
        let expires_at = at.saturating_add(SignedDuration::from_hours(1)).unwrap_or(at);
        let agency = Some(self.agency.clone()).filter(|name| !name.is_empty());
        SealTerms { certificate: self.signer.certificate().clone(), agency, at, expires_at }
    }
}

impl std::fmt::Debug for AgencySeal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AgencySeal(…)")
    }
}

fn file_at(path: &Path) -> Result<Vec<u8>, SealKeyError> {
    read_within(path, BYTES_AT_MOST)
        .map_err(|source| SealKeyError::Unreadable { path: path.to_owned(), source })
}

/// What signing may use here.
fn sealing(ctx: &Ctx) -> Sealing<'_> {
    Sealing {
        readers: &ctx.readers,
        remote: ctx.remote.as_deref(),
        authority: ctx.rules.time_stamps.as_deref(),
        wanted: ctx.rules.level,
        clock: ctx.clock,
    }
}

/// Signs on a thread of its own: keys and reading processes are waited for, and requests are answered meanwhile.
///
/// # Errors
/// [`ReadError::Crashed`] where the work panicked.
pub(super) async fn apart<T: Send + 'static>(
    ctx: &Ctx,
    work: impl AsyncFnOnce(Sealing<'_>) -> T + Send + 'static,
) -> Result<T, ReadError> {
    let (ctx, runtime) = (ctx.clone(), Handle::current());
    let done = tokio::task::spawn_blocking(move || runtime.block_on(work(sealing(&ctx))));
    done.await.map_err(|_| ReadError::Crashed)
}

/// The agency signs in its prepared field, with the block of a copy.
///
/// # Errors
/// [`SealFailure`]; the document is as it was.
pub(super) async fn seal(ctx: &Ctx, seal: &Arc<AgencySeal>, pdf: Vec<u8>) -> Result<Sealed, SealFailure> {
    let seal = seal.clone();
    let sealed = apart(ctx, async move |with| {
        let now = with.clock.now();
        let field = Field::Existing(AGENCY_FIELD.to_owned());
        let certificate = seal.signer.certificate().clone();
        let mut order = SealOrder::new(certificate, field, Intent::Approve(Lock::Nothing), now);
        let (form, agency) = (COPY_FORM.to_owned(), seal.agency.clone());
        let block = CopyBlock { form, agency, at: now, seal: None };
        order.appearance = Some(Appearance::Copy(block));
        order.name = Some(seal.agency.clone()).filter(|name| !name.is_empty());
        sealing::seal(&with, &*seal.signer, pdf, order).await
    });
    sealed.await.unwrap_or_else(|crash| Err(NotSealed::Unread(crash).into()))
}

/// Writes the code onto a PDF by the way that it allows, with the agency's signature where that is the way and there is
/// a key; `judge` is how signatures that are there are judged.
///
/// # Errors
/// [`NotStamped`]; nothing is changed then.
pub fn stamp(
    readers: &Readers,
    seal: Option<&AgencySeal>,
    pdf: Vec<u8>,
    code: DocumentCode,
    judge: VerifyOrder,
) -> Result<Stamped, NotStamped> {
    let now = judge.at;
    let order = StampOrder { code, seal: seal.map(|seal| seal.terms(now)), judge };
    readers.stamp(pdf, order, |prepared| {
        let seal = seal.ok_or_else(|| StampError::NotSealed("không có khóa".to_owned()))?;
        let cms = seal.sign(prepared, now).map_err(|error| StampError::NotSealed(error.to_string()))?;
        Ok(cms.der().to_vec())
    })
}
