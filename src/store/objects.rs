//! Bytes under their BLAKE3: written once, never changed, checked at every reading.
//!
//! Knows nothing of what the bytes mean or to whom they belong.

use std::{
    error::Error,
    fs, io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

use futures_util::TryStreamExt;
use jiff::Timestamp;
use object_store::{
    ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload, local::LocalFileSystem, path::Path as Key,
};
use sha2::{Digest, Sha256};

use super::{Cause, StoreError, error};
use crate::domain::{
    dossier::{ObjectRole, PaperObject},
    ids::ContentHash,
};

/// Where the bytes are kept. Cheap to clone.
#[derive(Clone)]
pub struct Objects {
    store: Arc<dyn ObjectStore>,
    root: Option<PathBuf>,
}

/// Facts of some bytes that are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptBytes {
    /// BLAKE3: the name they are kept under.
    pub hash: ContentHash,
    /// SHA-256, lower-case hexadecimal.
    pub sha256: String,
    /// Length.
    pub n_bytes: u64,
}

impl KeptBytes {
    /// The same as an object of a paper.
    pub fn as_object(&self, role: ObjectRole, ordinal: u32, media_type: &str) -> PaperObject {
        PaperObject {
            role,
            ordinal,
            hash: self.hash.clone(),
            sha256: self.sha256.clone(),
            n_bytes: self.n_bytes,
            media_type: media_type.to_owned(),
        }
    }
}

impl Objects {
    /// Files under `folder`, which is made (for its owner alone) when it isn't there.
    ///
    /// # Errors
    /// [`StoreError::Unreachable`], [`StoreError::Full`].
    pub fn local(folder: &Path) -> Result<Self, StoreError> {
        let mut own = fs::DirBuilder::new();
        own.recursive(true).mode(0o700).create(folder).map_err(|e| error::of_io(&e))?;
        let root = folder.canonicalize().map_err(|e| error::of_io(&e))?;
        let store = LocalFileSystem::new_with_prefix(&root).map_err(of_store)?.with_fsync(true);
        Ok(Self { store: Arc::new(store), root: Some(root) })
    }

    /// Keeps some bytes. When they are kept already they are checked, and nothing is written.
    ///
    /// # Errors
    /// [`StoreError::Full`], and nothing is left of them; [`StoreError::Corrupt`] when something else
    /// lies under their name.
    pub async fn put(&self, bytes: Vec<u8>) -> Result<KeptBytes, StoreError> {
        let (bytes, kept) = off_the_runtime(move || {
            let kept = facts(&bytes);
            (bytes, kept)
        })
        .await?;
        let create = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        match self.store.put_opts(&key(&kept.hash), PutPayload::from(bytes), create).await {
            Ok(_) => Ok(kept),
            Err(object_store::Error::AlreadyExists { .. }) => {
                self.get(&kept.hash).await?;
                Ok(kept)
            }
            Err(other) => Err(of_store(other)),
        }
    }

    /// The bytes of that hash, checked.
    ///
    /// # Errors
    /// [`StoreError::Missing`]; [`StoreError::Corrupt`] when they aren't what was kept.
    pub async fn get(&self, hash: &ContentHash) -> Result<Vec<u8>, StoreError> {
        let found = self.store.get(&key(hash)).await.map_err(of_store)?;
        let bytes = found.bytes().await.map_err(of_store)?;
        let expected = hash.clone();
        off_the_runtime(move || {
            if ContentHash::of(&bytes) == expected {
                Ok(bytes.into())
            } else {
                Err(StoreError::Corrupt { what: "an object" })
            }
        })
        .await?
    }

    /// Whether something lies under that name; what it is, [`Self::get`] tells.
    ///
    /// # Errors
    /// [`StoreError::Unreachable`].
    pub async fn exists(&self, hash: &ContentHash) -> Result<bool, StoreError> {
        match self.store.head(&key(hash)).await.map_err(of_store) {
            Ok(_) => Ok(true),
            Err(StoreError::Missing { .. }) => Ok(false),
            Err(other) => Err(other),
        }
    }

    /// Where a process of the same machine finds the bytes; `None` when they don't lie in files.
    /// Whoever reads them there has to check the hash.
    pub fn local_path(&self, hash: &ContentHash) -> Option<PathBuf> {
        Some(self.root.as_ref()?.join(key(hash).as_ref()))
    }

    /// Takes bytes away: for quarantined papers alone (Điều 5 khoản 1). Not there is no fault.
    ///
    /// # Errors
    /// [`StoreError::Unreachable`].
    pub async fn delete(&self, hash: &ContentHash) -> Result<(), StoreError> {
        match self.store.delete(&key(hash)).await.map_err(of_store) {
            Err(StoreError::Missing { .. }) | Ok(()) => Ok(()),
            Err(other) => Err(other),
        }
    }

    /// All hashes, in order: for tests and checks of the whole store.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when something lies there that isn't named by a hash.
    pub async fn list_all(&self) -> Result<Vec<ContentHash>, StoreError> {
        let found: Vec<_> = self.store.list(None).try_collect().await.map_err(of_store)?;
        let named = |location: &Key| ContentHash::parse(location.filename()?).ok();
        let mut hashes = found
            .iter()
            .map(|object| named(&object.location).ok_or(StoreError::Corrupt { what: "an object's name" }))
            .collect::<Result<Vec<_>, _>>()?;
        hashes.sort();
        Ok(hashes)
    }

    /// Takes away what writers that were killed left half-written before a time, and gives their
    /// number. Not more recent ones: another process may be writing them.
    ///
    /// # Errors
    /// [`StoreError::Unreachable`].
    pub fn sweep(&self, before: Timestamp) -> Result<usize, StoreError> {
        let Some(root) = &self.root else { return Ok(0) };
        let micros = u64::try_from(before.as_microsecond()).unwrap_or(0);
        let before = UNIX_EPOCH + Duration::from_micros(micros);
        let mut n_swept = 0;
        for upper in entries(root)? {
            for lower in entries(&upper)? {
                for file in entries(&lower)? {
                    n_swept += usize::from(sweep_one(&file, before).map_err(|e| error::of_io(&e))?);
                }
            }
        }
        Ok(n_swept)
    }
}

/// Two levels of folders, so that none grows too large.
fn key(hash: &ContentHash) -> Key {
    let hash = hash.as_str();
    Key::from(format!("{}/{}/{hash}", &hash[..2], &hash[2..4]))
}

fn facts(bytes: &[u8]) -> KeptBytes {
    let sha256 = Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect();
    KeptBytes { hash: ContentHash::of(bytes), sha256, n_bytes: bytes.len() as u64 }
}

async fn off_the_runtime<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work).await.map_err(|e| StoreError::Unreachable(Cause::new(e)))
}

/// Files and folders in `folder`; none when it is no folder.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, StoreError> {
    match fs::read_dir(folder) {
        Ok(found) => found.map(|entry| entry.map(|e| e.path()).map_err(|e| error::of_io(&e))).collect(),
        Err(e) if matches!(e.kind(), io::ErrorKind::NotADirectory | io::ErrorKind::NotFound) => {
            Ok(Vec::new())
        }
        Err(e) => Err(error::of_io(&e)),
    }
}

/// `<hash>#<n>` is what the library below writes before it names a file.
fn sweep_one(file: &Path, before: std::time::SystemTime) -> io::Result<bool> {
    let is_staged = file.file_name().and_then(|n| n.to_str()).is_some_and(|n| n.contains('#'));
    if !is_staged || fs::metadata(file)?.modified()? >= before {
        return Ok(false);
    }
    fs::remove_file(file).map(|()| true)
}

fn of_store(cause: object_store::Error) -> StoreError {
    if matches!(cause, object_store::Error::NotFound { .. }) {
        return StoreError::Missing { what: "the object" };
    }
    let mut source: Option<&(dyn Error + 'static)> = Some(&cause);
    while let Some(error) = source {
        if let Some(io) = error.downcast_ref::<io::Error>() {
            return error::of_io(io);
        }
        source = error.source();
    }
    StoreError::Unreachable(Cause::new(cause))
}
