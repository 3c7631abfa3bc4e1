//! What every workflow needs, passed down as one value.

use std::{
    fs::File,
    io::{self, Write},
    os::{fd::AsRawFd, unix::fs::symlink},
    path::PathBuf,
    sync::Arc,
};

use rustix::fs::{MemfdFlags, memfd_create};
use tempfile::TempDir;

use crate::{
    clock::Clock,
    domain::{
        calendar::Calendar, code::ResultReading, dossier::PaperObject, ids::ContentHash,
        officer::ActingOfficer, retention::Retention, signing::SigningRules,
    },
    engines::{
        extraction::Guide,
        imaging::check::PageRules,
        reader::Readers,
        signature::{order::TrustFiles, seal::Level},
    },
    remote::{Remote, antivirus::Antivirus},
    store::{Db, StoreError, objects::Objects},
    workflows::{agency::AgencySeal, lessons::LearnedCache, provider::Provider},
};

/// Database, objects, reading processes, clock and settings.
#[derive(Clone)]
pub struct Ctx {
    /// The database.
    pub db: Db,
    /// The bytes.
    pub objects: Objects,
    /// Reading processes, shared by all.
    pub readers: Arc<Readers>,
    /// The clock.
    pub clock: Clock,
    /// Settings that decide what is asked of papers.
    pub rules: Arc<Rules>,
    /// What officers' corrections taught, made ready.
    pub learned: Arc<LearnedCache>,
    /// The agency's key, where the installation has one.
    pub seal: Option<Arc<AgencySeal>>,
    /// Other systems, where the installation may ask them.
    pub remote: Option<Arc<Remote>>,
    /// The agency's provider of sign-ins, where there is one.
    pub provider: Option<Arc<Provider>>,
    /// An antivirus program, where the installation has one.
    pub antivirus: Option<Antivirus>,
}

/// Settings of an installation that workflows ask.
#[derive(Debug, Clone)]
pub struct Rules {
    /// Điều 9: which findings block.
    pub pages: PageRules,
    /// Templates of kinds of paper, and agencies.
    pub guide: Arc<Guide>,
    /// Whether papers without a number get a code.
    pub code_papers_without_number: bool,
    /// How the type of a result is printed.
    pub result_reading: ResultReading,
    /// Who acts in the service until there are accounts.
    pub officer: ActingOfficer,
    /// What is asked of officers' signatures.
    pub signing: SigningRules,
    /// What signatures are judged by.
    pub trust: Arc<TrustFiles>,
    /// How long our signatures are to be proven.
    pub level: Level,
    /// Address of a time-stamp server (RFC 3161).
    pub time_stamps: Option<String>,
    /// Working days.
    pub calendar: Calendar,
    /// How long documents are kept.
    pub retention: Retention,
}

/// Bytes of the store laid out as files, for a reading process; gone when dropped. They lie in memory: what is kept
/// sealed is never in clear on a disk.
pub struct Spooled {
    /// The files in order: links, in a private folder of a name of its own, to what this process holds.
    pub paths: Vec<PathBuf>,
    _dir: TempDir,
    _files: Vec<File>,
}

impl Spooled {
    /// Lays out each of `files`.
    ///
    /// # Errors
    /// When there is no memory left, or the folder for temporary files is not writable.
    pub fn write<B: AsRef<[u8]>>(files: &[B]) -> io::Result<Self> {
        let dir = tempfile::Builder::new().prefix("sohoa-").tempdir()?;
        let (mut paths, mut held) = (Vec::with_capacity(files.len()), Vec::with_capacity(files.len()));
        for (i, bytes) in files.iter().enumerate() {
            let mut file = File::from(memfd_create("sohoa", MemfdFlags::CLOEXEC)?);
            file.write_all(bytes.as_ref())?;
            let path = dir.path().join(format!("{i:05}"));
            symlink(format!("/proc/self/fd/{}", file.as_raw_fd()), &path)?;
            paths.push(path);
            held.push(file);
        }
        Ok(Self { paths, _dir: dir, _files: held })
    }
}

impl Ctx {
    /// The bytes of `objects`, each verified against its hash.
    ///
    /// # Errors
    /// [`StoreError`] when one is missing, changed or out of reach.
    pub async fn bytes_of(&self, objects: &[PaperObject]) -> Result<Vec<Vec<u8>>, StoreError> {
        let mut all = Vec::with_capacity(objects.len());
        for object in objects {
            all.push(self.objects.get(&object.hash).await?);
        }
        Ok(all)
    }

    /// The bytes under one hash.
    ///
    /// # Errors
    /// As [`Self::bytes_of`].
    pub async fn bytes(&self, hash: &ContentHash) -> Result<Vec<u8>, StoreError> {
        self.objects.get(hash).await
    }
}
