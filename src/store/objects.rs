//! Bytes under their BLAKE3: written once, never changed, checked at every reading; sealed where they lie (`objects/form.rs`).
//!
//! The name under which they lie is a keyed hash of that: whoever has a copy of a paper can't see that it is here.
//! Bytes in clear, named by their BLAKE3, are those of older versions: read like the others until they are sealed.
//! Knows nothing of what the bytes mean or to whom they belong.

mod form;

use std::{
    collections::BTreeMap,
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

use super::{Cause, Keys, StoreError, error};
use crate::domain::{
    dossier::{ObjectRole, PaperObject},
    ids::ContentHash,
};

/// Where the bytes are kept. Cheap to clone.
#[derive(Clone)]
pub struct Objects {
    store: Arc<dyn ObjectStore>,
    keys: Arc<Keys>,
    root: Option<PathBuf>,
}

/// Under which keys objects stand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// How many under each master key.
    pub by_key: BTreeMap<u32, u64>,
    /// How many in clear.
    pub n_clear: u64,
}

/// An object that is not under the newest key.
#[derive(Debug, Clone)]
pub struct Older(Key);

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
    pub fn local(folder: &Path, keys: impl Into<Arc<Keys>>) -> Result<Self, StoreError> {
        let mut own = fs::DirBuilder::new();
        own.recursive(true).mode(0o700).create(folder).map_err(|e| error::of_io(&e))?;
        let root = folder.canonicalize().map_err(|e| error::of_io(&e))?;
        let store = LocalFileSystem::new_with_prefix(&root).map_err(of_store)?.with_fsync(true);
        Ok(Self { store: Arc::new(store), keys: keys.into(), root: Some(root) })
    }

    /// Keeps some bytes, sealed. When they are kept already they are checked, and nothing is written.
    ///
    /// # Errors
    /// [`StoreError::Full`], and nothing is left of them; [`StoreError::Corrupt`] when something else
    /// lies under their name.
    pub async fn put(&self, bytes: Vec<u8>) -> Result<KeptBytes, StoreError> {
        let keys = Arc::clone(&self.keys);
        let (sealed, kept) = off_the_runtime(move || {
            let kept = facts(&bytes);
            form::seal(&keys, &kept.hash, &bytes).map(|sealed| (sealed, kept))
        })
        .await??;
        match self.write(&self.name(&kept.hash), sealed, PutMode::Create).await {
            Ok(()) => Ok(kept),
            Err(StoreError::AlreadyExists) => {
                self.get(&kept.hash).await?;
                Ok(kept)
            }
            Err(other) => Err(other),
        }
    }

    /// The bytes of that hash, checked.
    ///
    /// # Errors
    /// [`StoreError::Missing`]; [`StoreError::Corrupt`] when they aren't what was kept; [`StoreError::KeyMissing`].
    pub async fn get(&self, hash: &ContentHash) -> Result<Vec<u8>, StoreError> {
        let sealed = match self.read(&self.name(hash)).await {
            Err(StoreError::Missing { .. }) => match self.read(&key(hash.as_str())).await {
                Ok(clear) => return checked(hash, clear).await,
                // Sealed meanwhile, perhaps.
                Err(StoreError::Missing { .. }) => self.read(&self.name(hash)).await?,
                Err(other) => return Err(other),
            },
            sealed => sealed?,
        };
        let (keys, hash) = (Arc::clone(&self.keys), hash.clone());
        off_the_runtime(move || form::open(&keys, &hash, &sealed)).await?
    }

    /// Whether something lies under that name; what it is, [`Self::get`] tells.
    ///
    /// # Errors
    /// [`StoreError::Unreachable`].
    pub async fn exists(&self, hash: &ContentHash) -> Result<bool, StoreError> {
        for name in [self.name(hash), key(hash.as_str())] {
            match self.store.head(&name).await.map_err(of_store) {
                Ok(_) => return Ok(true),
                Err(StoreError::Missing { .. }) => {}
                Err(other) => return Err(other),
            }
        }
        Ok(false)
    }

    /// Where the sealed bytes lie, for whoever looks after the machine; `None` when they don't lie in files.
    pub fn local_path(&self, hash: &ContentHash) -> Option<PathBuf> {
        Some(self.root.as_ref()?.join(self.name(hash).as_ref()))
    }

    /// Takes bytes away: for quarantined papers alone (Điều 5 khoản 1). Not there is no fault. Whoever does it holds
    /// [`super::rotation::hold`], so that nobody who seals the object anew brings it back.
    ///
    /// # Errors
    /// [`StoreError::Unreachable`].
    pub async fn delete(&self, hash: &ContentHash) -> Result<(), StoreError> {
        for name in [self.name(hash), key(hash.as_str())] {
            self.remove(&name).await?;
        }
        Ok(())
    }

    /// All hashes, in order: for tests and checks of the whole store.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when something lies there that isn't an object.
    pub async fn list_all(&self) -> Result<Vec<ContentHash>, StoreError> {
        let mut hashes = Vec::new();
        for (name, size) in self.names().await? {
            let header = self.header(&name, size).await?;
            hashes.push(match form::master_of(&header) {
                Some(_) => form::envelope_of(&self.keys, &header)?.hash,
                None => {
                    let fault = StoreError::Corrupt { what: "an object's name" };
                    name.filename().and_then(|name| ContentHash::parse(name).ok()).ok_or(fault)?
                }
            });
        }
        hashes.sort();
        hashes.dedup(); // killed between sealing one of older versions and taking it away
        Ok(hashes)
    }

    /// Under which keys all objects stand, by their headers, and those that are not under the newest.
    ///
    /// # Errors
    /// [`StoreError::Unreachable`].
    pub async fn standing(&self) -> Result<(Standing, Vec<Older>), StoreError> {
        let (mut standing, mut older) = (Standing::default(), Vec::new());
        let active = self.keys.active();
        for (name, size) in self.names().await? {
            let header = match self.header(&name, size).await {
                Err(StoreError::Missing { .. }) => continue, // erased meanwhile
                header => header?,
            };
            let master = form::master_of(&header);
            match master {
                Some(id) => *standing.by_key.entry(id).or_default() += 1,
                None => standing.n_clear += 1,
            }
            if master != Some(active) {
                older.push(Older(name));
            }
        }
        Ok((standing, older))
    }

    /// Brings an object under the newest key, or seals it when it lay in clear; nothing when it is gone meanwhile.
    /// Whoever does it holds [`super::rotation::hold`], so that nothing that is being erased comes back.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], and it stays as it was; [`StoreError::KeyMissing`].
    pub async fn renew(&self, object: &Older) -> Result<(), StoreError> {
        let mut bytes = match self.read(&object.0).await {
            Err(StoreError::Missing { .. }) => return Ok(()),
            bytes => bytes?,
        };
        if form::master_of(&bytes) == Some(self.keys.active()) {
            return Ok(()); // somebody else was here
        }
        let named = object.0.filename().and_then(|name| ContentHash::parse(name).ok());
        let named = named.ok_or(StoreError::Corrupt { what: "an object's name" })?;
        let keys = Arc::clone(&self.keys);
        // Bytes that are named by their own hash lie in clear, whatever they look like.
        let work = move || {
            if ContentHash::of(&bytes) == named {
                return Ok::<_, StoreError>((None, bytes));
            }
            let hash = form::envelope_of(&keys, &bytes)?.hash;
            form::rewrap(&keys, &mut bytes)?;
            Ok((Some(hash), bytes))
        };
        match off_the_runtime(work).await?? {
            (None, clear) => {
                self.put(clear).await?;
                self.remove(&object.0).await
            }
            (Some(hash), sealed) if self.name(&hash) == object.0 => {
                self.write(&object.0, sealed, PutMode::Overwrite).await
            }
            _ => Err(StoreError::Corrupt { what: "an object's name" }),
        }
    }

    /// Under which name the bytes of a hash lie.
    fn name(&self, hash: &ContentHash) -> Key {
        key(&self.keys.object_name(hash.as_str()))
    }

    async fn names(&self) -> Result<Vec<(Key, u64)>, StoreError> {
        let found: Vec<_> = self.store.list(None).try_collect().await.map_err(of_store)?;
        Ok(found.into_iter().map(|object| (object.location, object.size)).collect())
    }

    /// The first bytes of an object, as many as a header has.
    async fn header(&self, name: &Key, size: u64) -> Result<Vec<u8>, StoreError> {
        let length = size.min(form::HEADER_BYTES as u64);
        if length == 0 {
            return Ok(Vec::new()); // of which no range can be asked
        }
        Ok(self.store.get_range(name, 0..length).await.map_err(of_store)?.into())
    }

    async fn read(&self, name: &Key) -> Result<Vec<u8>, StoreError> {
        let found = self.store.get(name).await.map_err(of_store)?;
        Ok(found.bytes().await.map_err(of_store)?.into())
    }

    async fn write(&self, name: &Key, bytes: Vec<u8>, mode: PutMode) -> Result<(), StoreError> {
        let options = PutOptions { mode, ..PutOptions::default() };
        match self.store.put_opts(name, PutPayload::from(bytes), options).await {
            Ok(_) => Ok(()),
            Err(object_store::Error::AlreadyExists { .. }) => Err(StoreError::AlreadyExists),
            Err(other) => Err(of_store(other)),
        }
    }

    async fn remove(&self, name: &Key) -> Result<(), StoreError> {
        match self.store.delete(name).await.map_err(of_store) {
            Err(StoreError::Missing { .. }) | Ok(()) => Ok(()),
            Err(other) => Err(other),
        }
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
fn key(name: &str) -> Key {
    Key::from(format!("{}/{}/{name}", &name[..2], &name[2..4]))
}

/// Bytes of older versions, which lie in clear under their hash.
async fn checked(hash: &ContentHash, clear: Vec<u8>) -> Result<Vec<u8>, StoreError> {
    let hash = hash.clone();
    off_the_runtime(move || {
        if ContentHash::of(&clear) == hash {
            Ok(clear)
        } else {
            Err(StoreError::Corrupt { what: "an object" })
        }
    })
    .await?
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
