//! The agency's own signature (TT 01/2023/TT-VPCP; NĐ 30/2020/NĐ-CP, Điều 25): the key is opened once, when the program
//! starts, and stays in this process alone.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::Timestamp;

use crate::{
    engines::{
        imaging::fault::ReadError,
        reader::{NotSealed, Sealing},
        signature::seal::{
            SealError,
            embed::{self, Answer},
            key::{
                KeyError, Secret, Signer,
                pkcs11::{Pkcs11Signer, TokenKey},
                pkcs12::Pkcs12Signer,
            },
            prepare::Prepared,
        },
    },
    workflows::context::Ctx,
};

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
                let place = TokenKey { module: module.clone(), token, slot: None, key, pin: secret };
                Box::new(Pkcs11Signer::open(place, &[])?)
            }
            _ => return Err(SealKeyError::Which),
        };
        Ok(Self { signer, agency: places.agency.clone() })
    }

    fn sign(&self, prepared: Prepared, now: Timestamp) -> Result<Vec<u8>, SealError> {
        let value = self.signer.sign(&prepared.signed_attributes)?;
        let checked = embed::check(&prepared, Answer::Signature(&value), now)?;
        embed::embed(prepared, &checked)
    }
}

impl std::fmt::Debug for AgencySeal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AgencySeal(…)")
    }
}

fn file_at(path: &Path) -> Result<Vec<u8>, SealKeyError> {
    let unreadable = |source| SealKeyError::Unreadable { path: path.to_owned(), source };
    if fs::metadata(path).map_err(unreadable)?.len() > BYTES_AT_MOST {
        return Err(unreadable(io::ErrorKind::FileTooLarge.into()));
    }
    fs::read(path).map_err(unreadable)
}

/// Why the agency's signature is not on a document.
#[derive(Debug, thiserror::Error)]
pub enum NotSigned {
    /// The PDF or the certificate does not allow it.
    #[error(transparent)]
    Prepare(#[from] NotSealed),
    /// The key, or the value it gave.
    #[error(transparent)]
    Seal(#[from] SealError),
}

/// The agency signs in its prepared field.
///
/// # Errors
/// [`NotSigned`]; the document is as it was.
pub(super) async fn seal(ctx: &Ctx, seal: &Arc<AgencySeal>, pdf: Vec<u8>) -> Result<Vec<u8>, NotSigned> {
    let (readers, seal, now) = (ctx.readers.clone(), seal.clone(), ctx.clock.now());
    let sealed = tokio::task::spawn_blocking(move || {
        let certificate = seal.signer.certificate().clone();
        let sealing = Sealing::Agency { certificate, agency: seal.agency.clone(), at: now };
        let prepared = readers.prepare_seal(pdf, sealing)?;
        Ok(seal.sign(prepared, now)?)
    });
    sealed.await.unwrap_or_else(|_| Err(NotSealed::Unread(ReadError::Crashed).into()))
}
