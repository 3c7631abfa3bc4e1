//! The secrets of an installation: sealing what is read back, hashing what is looked up.
//!
//! Knows nothing of tables beyond their names, which are part of every seal: a value copied into
//! another row does not open. Secrets never print.

mod file;

use std::{
    collections::BTreeMap,
    fmt, io,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError, RwLock},
    time::{Duration, Instant},
};

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use openssl::{
    pkey::{Id, PKey, Private},
    sign::{Signer, Verifier},
};
use serde::{Serialize, de::DeserializeOwned};

pub use self::file::KeysError;
use self::file::{KeyFile, Secret, from_hex};
use super::StoreError;

const NONCE_BYTES: usize = 24;
/// First characters of a value sealed by the first master key, as older versions wrote it.
pub(super) const FORM_OLD: &str = "1:";
/// Of one sealed by a master key, whose number follows.
pub(super) const FORM_MASTER: &str = "2:";
/// Of one sealed by a lasting key, whose number follows.
const FORM_LASTING: &str = "3:";
/// What can't be sealed anew: the trace is hashed as it was written, and the bytes of a secret paper are named by
/// their hash; registers are appended to alone. They are sealed by keys of their own, which master keys seal.
const LASTING: [&str; 8] = [
    "audit_event.actor_sealed",
    "audit_event.purpose_sealed",
    "audit_event.change_sealed",
    "quarantine.bytes",
    "subject_request_act.act_sealed",
    "breach_act.act_sealed",
    "owner_act.act_sealed",
    "record_act.act_sealed",
];
/// How long a process may go on without asking the database which master key seals.
const ASK_AFTER: Duration = Duration::from_secs(1);

/// The secrets of one installation. Whoever loses them loses everything in the store.
///
/// Master keys are numbered and lie in the key file; the newest that the database knows seals. A process learns of a
/// rotation by asking the database (at most a second later), and reads the file again.
pub struct Keys {
    lookup: Secret,
    file: Option<PathBuf>,
    state: RwLock<State>,
    asked: Mutex<Asked>,
}

/// When the database was asked last.
#[derive(Default)]
struct Asked {
    at: Option<Instant>,
    is_to_ask: bool,
}

#[derive(Clone)]
struct State {
    ring: BTreeMap<u32, Secret>,
    /// The number of the key that seals.
    active: u32,
    lasting: BTreeMap<u32, Secret>,
}

/// Where a sealed value stands.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    /// `table.column`.
    pub column: &'static str,
    /// Id of the row.
    pub row: &'a str,
}

/// What is looked up by a keyed hash; the same text has a different hash in each.
#[derive(Clone, Copy)]
pub(super) enum Lookup {
    Owner,
    Code,
    DocumentNumber,
    Officer,
    Idempotency,
    AuditEvent,
    AuditSegment,
    AuditHead,
    KeyCheck,
    PaperTrait,
    Lesson,
    UserName,
    Token,
    Subject,
    ClientTokens,
    ObjectName,
    Cursor,
    SearchWord,
}

impl Lookup {
    fn context(self) -> &'static str {
        match self {
            Self::Owner => "sohoa store v1: identifier of an owner",
            Self::Code => "sohoa store v1: code of a document",
            Self::DocumentNumber => "sohoa store v1: number of a document",
            Self::Officer => "sohoa store v1: number of an officer",
            Self::Idempotency => "sohoa store v1: idempotency key",
            Self::AuditEvent => "sohoa store v1: audit event",
            Self::AuditSegment => "sohoa store v1: segment of the audit chain",
            Self::AuditHead => "sohoa store v1: head of the audit chain",
            Self::KeyCheck => "sohoa store v1: key check",
            Self::PaperTrait => "sohoa store v1: trait of a paper",
            Self::Lesson => "sohoa store v1: lesson of a correction",
            Self::UserName => "sohoa store v1: name an officer signs in with",
            Self::Token => "sohoa store v1: token of a session, invitation or client",
            Self::Subject => "sohoa store v1: officer as a provider names him",
            Self::ClientTokens => "sohoa store v1: secret that signs the tokens of clients",
            Self::ObjectName => "sohoa store v1: name of an object",
            Self::SearchWord => "sohoa store v1: word of a document",
            Self::Cursor => "sohoa store v1: place in a list",
        }
    }
}

impl Keys {
    /// Reads the key file, or makes one (mode 600) where there is none. Never overwrites.
    ///
    /// # Errors
    /// See [`KeysError`].
    pub fn open_or_create(path: &Path) -> Result<Self, KeysError> {
        match Self::open(path) {
            Err(KeysError::Unreadable(e)) if e.kind() == io::ErrorKind::NotFound => {
                KeyFile::create(path)?;
                Self::open(path)
            }
            opened => opened,
        }
    }

    /// Reads the key file.
    ///
    /// # Errors
    /// See [`KeysError`].
    pub fn open(path: &Path) -> Result<Self, KeysError> {
        Ok(Self::of(KeyFile::read(path)?, Some(path.to_owned())))
    }

    /// Fresh keys that are kept nowhere: for tests and dry runs.
    ///
    /// # Errors
    /// [`KeysError::NoRandomness`].
    pub fn ephemeral() -> Result<Self, KeysError> {
        Ok(Self::of(KeyFile::fresh()?, None))
    }

    fn of(read: KeyFile, file: Option<PathBuf>) -> Self {
        let active = newest_of(&read.ring);
        let state = State { ring: read.ring, active, lasting: BTreeMap::new() };
        Self { lookup: read.lookup, file, state: RwLock::new(state), asked: Mutex::default() }
    }

    fn state<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn change(&self, act: impl FnOnce(&mut State)) {
        act(&mut self.state.write().unwrap_or_else(PoisonError::into_inner));
    }

    /// The number of the master key that seals.
    pub(super) fn active(&self) -> u32 {
        self.state(|state| state.active)
    }

    /// The numbers of the master keys in the key file.
    pub(super) fn numbers(&self) -> Vec<u32> {
        self.state(|state| state.ring.keys().copied().collect())
    }

    /// The number of the newest master key in the key file, whether it seals already or not.
    pub(super) fn newest(&self) -> u32 {
        self.state(|state| newest_of(&state.ring))
    }

    /// The number of the newest lasting key; `None` before the database was asked.
    pub(super) fn newest_lasting(&self) -> Option<u32> {
        self.state(|state| state.lasting.last_key_value().map(|(id, _)| *id))
    }

    /// Whether it is time to ask the database which key seals; whoever is told so asks.
    pub(super) fn is_to_ask(&self) -> bool {
        let mut asked = self.asked();
        let is_due = asked.is_to_ask || asked.at.is_some_and(|at| at.elapsed() >= ASK_AFTER);
        if is_due {
            *asked = Asked { at: Some(Instant::now()), is_to_ask: false };
        }
        is_due
    }

    /// Which key seals from now on, and the lasting ones, as the database has them.
    pub(super) fn settle(&self, active: u32, lasting: BTreeMap<u32, Secret>) {
        self.change(|state| {
            state.active = active;
            state.lasting = lasting;
        });
        *self.asked() = Asked { at: Some(Instant::now()), is_to_ask: false };
    }

    /// Asks the database again before anything else is sealed: it gave no answer that could be used, or another than
    /// before is to be expected.
    pub(super) fn ask_again(&self) {
        self.asked().is_to_ask = true;
    }

    fn asked(&self) -> MutexGuard<'_, Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the file again. `false` where there is none, or it is another installation's or damaged: the keys stay
    /// as they were.
    pub(super) fn reload(&self) -> bool {
        let Some(path) = &self.file else { return false };
        match KeyFile::read(path) {
            Ok(read) if read.lookup == self.lookup => {
                self.change(|state| state.ring = read.ring);
                true
            }
            Ok(_) => false,
            Err(error) => {
                tracing::error!(%error, "the key file can't be read again");
                false
            }
        }
    }

    /// Writes a further master key into the file, under the first number from `least` that is free; gives the number.
    /// It seals nothing yet.
    pub(super) fn add_to_file(&self, least: u32) -> Result<u32, KeysError> {
        let mut number = 0;
        self.rewrite(|ring| {
            number = least.max(newest_of(ring).saturating_add(1));
            ring.insert(number, file::random()?);
            Ok(())
        })?;
        Ok(number)
    }

    /// Takes a master key out of the file.
    pub(super) fn drop_from_file(&self, id: u32) -> Result<(), KeysError> {
        self.rewrite(|ring| {
            ring.remove(&id);
            Ok(())
        })
    }

    fn rewrite(
        &self,
        act: impl FnOnce(&mut BTreeMap<u32, Secret>) -> Result<(), KeysError>,
    ) -> Result<(), KeysError> {
        let path = self.file.as_ref().ok_or(KeysError::NoFile)?;
        let mut read = KeyFile::read(path)?;
        if read.lookup != self.lookup {
            return Err(KeysError::Damaged { expected: "khóa “lookup” đã khác" });
        }
        act(&mut read.ring)?;
        if read.ring.is_empty() {
            return Err(KeysError::Damaged {
                expected: "phải còn ít nhất một khóa “sealing.N”"
            });
        }
        read.replace(path)?;
        self.change(|state| state.ring = read.ring);
        Ok(())
    }

    /// The master key of that number; looked for in the file again where it isn't known.
    fn master(&self, id: u32) -> Result<Secret, StoreError> {
        let known = || self.state(|state| state.ring.get(&id).copied());
        match known() {
            Some(secret) => Ok(secret),
            None if self.reload() => known().ok_or(StoreError::KeyMissing { id }),
            None => Err(StoreError::KeyMissing { id }),
        }
    }

    /// What wraps the keys of objects, made from the master key of that number.
    pub(super) fn wrapping(&self, id: u32) -> Result<Secret, StoreError> {
        Ok(blake3::derive_key("sohoa store v1: wraps the keys of objects", &self.master(id)?))
    }

    /// Seals `plain` for `place`: XChaCha20-Poly1305, a random nonce, base64, behind the number of the key.
    pub(super) fn seal(&self, place: Place<'_>, plain: &[u8]) -> Result<String, StoreError> {
        if LASTING.contains(&place.column) {
            let newest = self.state(|state| state.lasting.last_key_value().map(|(id, key)| (*id, *key)));
            let (id, key) = newest.ok_or(StoreError::Sealed { what: place.column })?;
            return Ok(format!("{FORM_LASTING}{id}:{}", sealed_by(&key, place, plain)?));
        }
        self.seal_by(self.active(), place, plain)
    }

    /// As [`Self::seal`], by a master key that may not seal yet.
    pub(super) fn seal_by(&self, id: u32, place: Place<'_>, plain: &[u8]) -> Result<String, StoreError> {
        Ok(format!("{FORM_MASTER}{id}:{}", sealed_by(&self.master(id)?, place, plain)?))
    }

    /// Opens what [`Self::seal`] sealed for the same place, by any key of the ring.
    pub(super) fn open_sealed(&self, place: Place<'_>, sealed: &str) -> Result<Vec<u8>, StoreError> {
        let fault = StoreError::Sealed { what: place.column };
        let numbered = |rest: &str| {
            let (id, body) = rest.split_once(':')?;
            Some((id.parse::<u32>().ok()?, body.to_owned()))
        };
        let found = if let Some(body) = sealed.strip_prefix(FORM_OLD) {
            Some((self.master(1)?, body.to_owned()))
        } else if let Some((id, body)) = sealed.strip_prefix(FORM_MASTER).and_then(numbered) {
            Some((self.master(id)?, body))
        } else if let Some((id, body)) = sealed.strip_prefix(FORM_LASTING).and_then(numbered) {
            self.state(|state| state.lasting.get(&id).copied()).map(|key| (key, body))
        } else {
            None
        };
        let Some((key, body)) = found else { return Err(fault) };
        let Ok(bytes) = STANDARD_NO_PAD.decode(body) else { return Err(fault) };
        let Some((nonce, body)) = bytes.split_first_chunk::<NONCE_BYTES>() else { return Err(fault) };
        let aad = place.bound();
        XChaCha20Poly1305::new(&key.into())
            .decrypt(&XNonce::from(*nonce), Payload { msg: body, aad: aad.as_bytes() })
            .map_err(|_| fault)
    }

    /// [`Self::seal`] of a value's JSON, refused when it would not read back: JSON has no NaN.
    pub(super) fn seal_json<T: Serialize + DeserializeOwned>(
        &self,
        place: Place<'_>,
        value: &T,
    ) -> Result<String, StoreError> {
        let fault = |_| StoreError::Corrupt { what: "a value that cannot be kept as JSON" };
        let json = serde_json::to_vec(value).map_err(fault)?;
        serde_json::from_slice::<T>(&json).map_err(fault)?;
        self.seal(place, &json)
    }

    /// Opens what [`Self::seal_json`] sealed.
    pub(super) fn open_json<T: DeserializeOwned>(
        &self,
        place: Place<'_>,
        sealed: &str,
    ) -> Result<T, StoreError> {
        let json = self.open_sealed(place, sealed)?;
        serde_json::from_slice(&json).map_err(|_| StoreError::Corrupt { what: place.column })
    }

    /// Keyed BLAKE3 of `parts`, each with its length, 64 hexadecimal digits.
    pub(super) fn lookup_key(&self, what: Lookup, parts: &[&str]) -> String {
        let mut hasher = self.hasher(what);
        for part in parts {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        hasher.finalize().to_hex().to_string()
    }

    /// A keyed hasher for one use alone.
    pub(super) fn hasher(&self, what: Lookup) -> blake3::Hasher {
        blake3::Hasher::new_keyed(&blake3::derive_key(what.context(), &self.lookup))
    }

    /// Signs the end of the trace with a key of this installation (Ed25519, made from the key of look-ups): for
    /// those who have no certificate.
    pub(super) fn sign_statement(&self, statement: &[u8]) -> Result<Vec<u8>, StoreError> {
        let fault = |_| StoreError::Corrupt { what: "the key that signs the trace" };
        let key = self.statement_key()?;
        let mut signer = Signer::new_without_digest(&key).map_err(fault)?;
        signer.sign_oneshot_to_vec(statement).map_err(fault)
    }

    /// The public half of what [`Self::sign_statement`] signs with, 64 hexadecimal digits.
    pub(super) fn statement_public_key(&self) -> Result<String, StoreError> {
        let fault = |_| StoreError::Corrupt { what: "the key that signs the trace" };
        Ok(self
            .statement_key()?
            .raw_public_key()
            .map_err(fault)?
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect())
    }

    fn statement_key(&self) -> Result<PKey<Private>, StoreError> {
        let seed = blake3::derive_key("sohoa store v1: signature of the trace", &self.lookup);
        PKey::private_key_from_raw_bytes(&seed, Id::ED25519)
            .map_err(|_| StoreError::Corrupt { what: "the key that signs the trace" })
    }

    /// What tells the master key of that number from others without telling it: needs the key of look-ups too.
    pub(super) fn check_value(&self, id: u32) -> Option<String> {
        let secret = self.state(|state| state.ring.get(&id).copied())?;
        let mut hasher = self.hasher(Lookup::KeyCheck);
        hasher.update(&blake3::derive_key(Lookup::KeyCheck.context(), &secret));
        Some(hasher.finalize().to_hex().to_string())
    }

    /// Under which name the object of that hash lies: it tells nobody else what lies there.
    pub(super) fn object_name(&self, hash: &str) -> String {
        self.lookup_key(Lookup::ObjectName, &[hash])
    }
}

fn newest_of(ring: &BTreeMap<u32, Secret>) -> u32 {
    ring.last_key_value().map_or(1, |(id, _)| *id)
}

/// A nonce and ciphertext bound to `place`, as base64.
fn sealed_by(key: &Secret, place: Place<'_>, plain: &[u8]) -> Result<String, StoreError> {
    let mut nonce = [0; NONCE_BYTES];
    getrandom::fill(&mut nonce).map_err(|_| StoreError::NoRandomness)?;
    let aad = place.bound();
    let sealed = XChaCha20Poly1305::new(&(*key).into())
        .encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: aad.as_bytes() })
        .map_err(|_| StoreError::Sealed { what: place.column })?;
    let mut out = nonce.to_vec();
    out.extend_from_slice(&sealed);
    Ok(STANDARD_NO_PAD.encode(out))
}

/// Whether `signature` of `statement` is one by the key whose public half is `key` (64 hexadecimal digits).
pub(super) fn is_signed_by(key: &str, statement: &[u8], signature: &[u8]) -> bool {
    let verified = || {
        let key = PKey::public_key_from_raw_bytes(&from_hex(key)?, Id::ED25519).ok()?;
        Verifier::new_without_digest(&key).ok()?.verify_oneshot(signature, statement).ok()
    };
    verified().unwrap_or(false)
}

impl Place<'_> {
    fn bound(&self) -> String {
        format!("{}/{}", self.column, self.row)
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(…)")
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;

    const HERE: Place<'_> = Place { column: "owner_identifier.ciphertext", row: "1" };

    #[test]
    fn a_seal_opens_only_where_it_was_made() {
        let keys = Keys::ephemeral().unwrap();
        let sealed = keys.seal(HERE, "Nguyễn Ưỡng".as_bytes()).unwrap();
        assert_eq!(keys.open_sealed(HERE, &sealed).unwrap(), "Nguyễn Ưỡng".as_bytes());
        assert_ne!(sealed, keys.seal(HERE, "Nguyễn Ưỡng".as_bytes()).unwrap(), "the nonce is random");
        let mut altered = sealed.clone().into_bytes();
        altered[40] = if altered[40] == b'A' { b'B' } else { b'A' };
        let altered = String::from_utf8(altered).unwrap();
        let other_keys = Keys::ephemeral().unwrap();
        for (keys, place, text) in [
            (&keys, Place { row: "2", ..HERE }, sealed.as_str()),
            (&keys, Place { column: "record.content_sealed", ..HERE }, &sealed),
            (&keys, HERE, &altered),
            (&keys, HERE, "1:AAAA"),
            (&keys, HERE, "2:1:AAAA"),
            (&keys, HERE, "3:1:AAAA"),
            (&keys, HERE, &sealed[4..]),
            (&keys, HERE, &sealed.replacen("2:1:", "2:+1:x", 1)),
            (&keys, HERE, ""),
            (&other_keys, HERE, &sealed),
        ] {
            assert!(matches!(keys.open_sealed(place, text), Err(StoreError::Sealed { .. })), "{text}");
        }
    }

    #[test]
    fn hashes_differ_by_use_by_key_and_by_where_a_part_ends() {
        let (keys, other) = (Keys::ephemeral().unwrap(), Keys::ephemeral().unwrap());
        let hash = keys.lookup_key(Lookup::Owner, &["ab", "c"]);
        assert_eq!(hash, keys.lookup_key(Lookup::Owner, &["ab", "c"]));
        for different in [
            keys.lookup_key(Lookup::Owner, &["a", "bc"]),
            keys.lookup_key(Lookup::Code, &["ab", "c"]),
            other.lookup_key(Lookup::Owner, &["ab", "c"]),
        ] {
            assert_ne!(hash, different);
        }
    }

    #[test]
    fn a_value_that_json_cannot_give_back_is_refused_at_once() {
        let keys = Keys::ephemeral().unwrap();
        assert!(keys.seal_json(HERE, &1.5_f32).is_ok());
        assert!(matches!(keys.seal_json(HERE, &f32::NAN), Err(StoreError::Corrupt { .. })));
    }

    #[test]
    fn a_key_file_is_made_once_and_read_ever_after() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/keys");
        let first = Keys::open_or_create(&path).unwrap();
        let text = fs::read(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let second = Keys::open_or_create(&path).unwrap();
        let secrets = |keys: &Keys| (keys.lookup, keys.state(|state| state.ring.clone()));
        assert_eq!(secrets(&first), secrets(&second));
        assert_ne!(first.lookup, first.master(1).unwrap());
        assert_eq!(fs::read(&path).unwrap(), text);
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "nothing is left beside it");
        assert_eq!(format!("{first:?}"), "Keys(…)");
        fs::write(&path, "").unwrap();
        assert!(matches!(Keys::open_or_create(&path), Err(KeysError::Damaged { .. })), "never overwritten");
        assert_eq!(fs::read(&path).unwrap(), b"");
    }

    #[test]
    fn every_key_of_the_ring_opens_and_another_process_finds_a_new_one_in_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        let (here, elsewhere) = (Keys::open_or_create(&path).unwrap(), Keys::open_or_create(&path).unwrap());
        let old = here.seal(HERE, b"old").unwrap();
        assert_eq!(here.open_sealed(HERE, &format!("1:{}", &old["2:1:".len()..])).unwrap(), b"old");
        assert_eq!(here.add_to_file(5).unwrap(), 5);
        assert!(
            here.seal(HERE, b"").unwrap().starts_with("2:1:"),
            "it seals only once the database knows it"
        );
        here.settle(5, BTreeMap::new());
        let new = here.seal(HERE, b"new").unwrap();
        assert!(new.starts_with("2:5:"));
        for keys in [&here, &elsewhere] {
            assert_eq!(keys.open_sealed(HERE, &old).unwrap(), b"old");
            assert_eq!(keys.open_sealed(HERE, &new).unwrap(), b"new");
            assert_eq!(keys.numbers(), [1, 5]);
        }
        here.drop_from_file(1).unwrap();
        assert!(matches!(here.open_sealed(HERE, &old), Err(StoreError::KeyMissing { id: 1 })));
        assert!(here.drop_from_file(5).is_err(), "the last one stays");
        fs::write(&path, "").unwrap();
        assert!(matches!(here.open_sealed(HERE, &old), Err(StoreError::KeyMissing { id: 1 })));
        assert_eq!(
            here.open_sealed(HERE, &new).unwrap(),
            b"new",
            "a file that was spoilt takes nothing away"
        );
        assert!(here.add_to_file(6).is_err());
    }

    #[test]
    fn what_cannot_be_sealed_anew_is_sealed_by_a_key_of_its_own() {
        let keys = Keys::ephemeral().unwrap();
        let place = Place { column: "audit_event.actor_sealed", row: "1" };
        assert!(keys.seal(place, b"who").is_err(), "before the database was asked there is none");
        keys.settle(1, [(1, [1; 32]), (2, [2; 32])].into());
        let sealed = keys.seal(place, b"who").unwrap();
        assert!(sealed.starts_with("3:2:"));
        assert_eq!(keys.open_sealed(place, &sealed).unwrap(), b"who");
        let by_another = sealed.replacen("3:2:", "3:1:", 1);
        assert!(matches!(keys.open_sealed(place, &by_another), Err(StoreError::Sealed { .. })));
    }
}
