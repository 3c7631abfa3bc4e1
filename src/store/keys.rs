//! The secrets of an installation: sealing what is read back, hashing what is looked up.
//!
//! Knows nothing of tables beyond their names, which are part of every seal: a value copied into
//! another row does not open. Secrets never print.

use std::{
    fmt, fs,
    io::{self, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::Path,
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

use super::StoreError;

const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;
/// First characters of every sealed value: the form, for the day there is a second one.
const FORM: &str = "1:";
/// A key file is three lines; anything much longer is another file.
const FILE_LIMIT_BYTES: u64 = 4096;

/// The secrets of one installation. Whoever loses them loses every number and name in the store.
pub struct Keys {
    lookup: [u8; KEY_BYTES],
    sealing: [u8; KEY_BYTES],
}

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The file can't be read or written.
    #[error("the key file cannot be read or written")]
    Unreadable(#[source] io::Error),
    /// Others than owner and group may read or write it.
    #[error("the key file is open to everybody (mode {mode:03o}); it must be 600 or 640")]
    Exposed {
        /// Permission bits.
        mode: u32,
    },
    /// It is not a key file, or was cut short.
    #[error("the key file is damaged: expected {expected}")]
    Damaged {
        /// What was not found.
        expected: &'static str,
    },
    /// The system gives no random bytes.
    #[error("the system gives no random bytes")]
    NoRandomness,
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
                Self::create(path)?;
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
        let facts = fs::metadata(path).map_err(KeysError::Unreadable)?;
        let mode = facts.permissions().mode() & 0o777;
        if mode & 0o007 != 0 {
            return Err(KeysError::Exposed { mode });
        }
        if !facts.is_file() || facts.len() > FILE_LIMIT_BYTES {
            return Err(KeysError::Damaged { expected: "a small text file" });
        }
        Self::parse(&fs::read(path).map_err(KeysError::Unreadable)?)
    }

    /// Fresh keys that are kept nowhere: for tests and dry runs.
    ///
    /// # Errors
    /// [`KeysError::NoRandomness`].
    pub fn ephemeral() -> Result<Self, KeysError> {
        let mut keys = Self { lookup: [0; KEY_BYTES], sealing: [0; KEY_BYTES] };
        getrandom::fill(&mut keys.lookup).map_err(|_| KeysError::NoRandomness)?;
        getrandom::fill(&mut keys.sealing).map_err(|_| KeysError::NoRandomness)?;
        Ok(keys)
    }

    fn parse(bytes: &[u8]) -> Result<Self, KeysError> {
        let text = std::str::from_utf8(bytes).map_err(|_| KeysError::Damaged { expected: "text" })?;
        let key = |name: &str, expected: &'static str| {
            text.lines()
                .find_map(|line| line.strip_prefix(name)?.trim().strip_prefix('='))
                .and_then(|hex| from_hex(hex.trim()))
                .ok_or(KeysError::Damaged { expected })
        };
        Ok(Self {
            lookup: key("lookup", "a line “lookup = ” with 64 hexadecimal digits")?,
            sealing: key("sealing", "a line “sealing = ” with 64 hexadecimal digits")?,
        })
    }

    /// Written beside and linked into place: nobody ever sees half a key file, and of two that
    /// start at once one wins.
    fn create(path: &Path) -> Result<(), KeysError> {
        let keys = Self::ephemeral()?;
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::create_dir_all(folder).map_err(KeysError::Unreadable)?;
        let beside = path.with_extension(format!("new-{}", std::process::id()));
        let made = write_new(&beside, &keys.text()).and_then(|()| fs::hard_link(&beside, path));
        let _ = fs::remove_file(&beside); // the link, if made, is the file
        match made {
            Err(e) if e.kind() != io::ErrorKind::AlreadyExists => Err(KeysError::Unreadable(e)),
            _ => fs::File::open(folder).and_then(|f| f.sync_all()).map_err(KeysError::Unreadable),
        }
    }

    fn text(&self) -> String {
        format!(
            "# Keys of this installation. Keep a copy apart: without it no name or number can be read again.\n\
             lookup = {}\nsealing = {}\n",
            to_hex(&self.lookup),
            to_hex(&self.sealing)
        )
    }

    /// Seals `plain` for `place`: XChaCha20-Poly1305, a random nonce, base64.
    pub(super) fn seal(&self, place: Place<'_>, plain: &[u8]) -> Result<String, StoreError> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(|_| StoreError::NoRandomness)?;
        let aad = place.bound();
        let sealed = XChaCha20Poly1305::new(&self.sealing.into())
            .encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: aad.as_bytes() })
            .map_err(|_| StoreError::Sealed { what: place.column })?;
        let mut out = nonce.to_vec();
        out.extend_from_slice(&sealed);
        Ok(format!("{FORM}{}", STANDARD_NO_PAD.encode(out)))
    }

    /// Opens what [`Self::seal`] sealed for the same place.
    pub(super) fn open_sealed(&self, place: Place<'_>, sealed: &str) -> Result<Vec<u8>, StoreError> {
        let fault = StoreError::Sealed { what: place.column };
        let Some(bytes) = sealed.strip_prefix(FORM).and_then(|t| STANDARD_NO_PAD.decode(t).ok()) else {
            return Err(fault);
        };
        let Some((nonce, body)) = bytes.split_first_chunk::<NONCE_BYTES>() else { return Err(fault) };
        let aad = place.bound();
        XChaCha20Poly1305::new(&self.sealing.into())
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

    /// What tells these keys from others without telling the keys: needs both.
    pub(super) fn check_value(&self) -> String {
        let mut hasher = self.hasher(Lookup::KeyCheck);
        hasher.update(&blake3::derive_key(Lookup::KeyCheck.context(), &self.sealing));
        hasher.finalize().to_hex().to_string()
    }
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

fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let _ = fs::remove_file(path); // a leftover of a process of the same number
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn from_hex(text: &str) -> Option<[u8; KEY_BYTES]> {
    let mut out = [0; KEY_BYTES];
    if text.len() != 2 * KEY_BYTES || !text.is_ascii() {
        return None;
    }
    for (i, byte) in out.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * i..2 * i + 2], 16).ok()?;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
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
            (&keys, HERE, &sealed[2..]),
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
        assert_eq!((first.lookup, first.sealing), (second.lookup, second.sealing));
        assert_ne!(first.lookup, first.sealing);
        assert_eq!(fs::read(&path).unwrap(), text);
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "nothing is left beside it");
        assert_eq!(format!("{first:?}"), "Keys(…)");
    }

    #[test]
    fn a_faulty_key_file_is_named_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        let good = Keys::ephemeral().unwrap().text();
        let check = |bytes: &[u8], mode: u32, expected: &str| {
            fs::write(&path, bytes).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let error = Keys::open_or_create(&path).unwrap_err();
            assert!(format!("{error:?}").contains(expected), "{error:?} / {expected}");
            assert_eq!(fs::read(&path).unwrap(), bytes);
        };
        check(b"", 0o600, "lookup");
        check(&good.as_bytes()[..good.len() - 20], 0o600, "sealing");
        check(good.replace("lookup = ", "lookup = g").as_bytes(), 0o600, "lookup");
        check(&[0xff, 0xfe], 0o600, "text");
        check(&[b'#'; 5000], 0o600, "small");
        check(good.as_bytes(), 0o644, "Exposed");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(Keys::open_or_create(&path).is_ok());
    }
}
