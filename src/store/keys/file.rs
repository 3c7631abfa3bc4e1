//! The key file: one key for look-ups, and a numbered ring of master keys. Written whole or not at all.
//!
//! Knows nothing of what the keys are used for.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

/// Length of every key.
pub(super) const KEY_BYTES: usize = 32;
/// Bytes of one key.
pub(super) type Secret = [u8; KEY_BYTES];
/// A key file holds a line for each rotation; anything much longer is another file.
const FILE_LIMIT_BYTES: u64 = 16 << 10;

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The file can't be read or written.
    #[error("không đọc hoặc không ghi được tệp khóa")]
    Unreadable(#[source] io::Error),
    /// Others than owner and group may read or write it.
    #[error("tệp khóa để ngỏ cho mọi người (quyền {mode:03o}): hãy đặt lại 600 hoặc 640")]
    Exposed {
        /// Permission bits.
        mode: u32,
    },
    /// It is not a key file, or was cut short.
    #[error("tệp khóa bị hỏng hoặc không phải tệp khóa ({expected}): hãy đặt lại bản đã cất riêng")]
    Damaged {
        /// What was not found.
        expected: &'static str,
    },
    /// The system gives no random bytes.
    #[error("hệ điều hành không cho số ngẫu nhiên")]
    NoRandomness,
    /// These keys were read from no file.
    #[error("các khóa này không nằm trong tệp nào")]
    NoFile,
}

/// What stands in a key file.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct KeyFile {
    pub lookup: Secret,
    /// By number, from 1; never empty.
    pub ring: BTreeMap<u32, Secret>,
}

/// A key of random bytes.
pub(super) fn random() -> Result<Secret, KeysError> {
    let mut secret = [0; KEY_BYTES];
    getrandom::fill(&mut secret).map_err(|_| KeysError::NoRandomness)?;
    Ok(secret)
}

impl KeyFile {
    pub(super) fn fresh() -> Result<Self, KeysError> {
        Ok(Self { lookup: random()?, ring: [(1, random()?)].into() })
    }

    pub(super) fn read(path: &Path) -> Result<Self, KeysError> {
        let facts = fs::metadata(path).map_err(KeysError::Unreadable)?;
        let mode = facts.permissions().mode() & 0o777;
        if mode & 0o007 != 0 {
            return Err(KeysError::Exposed { mode });
        }
        if !facts.is_file() || facts.len() > FILE_LIMIT_BYTES {
            return Err(KeysError::Damaged { expected: "phải là một tệp văn bản nhỏ" });
        }
        Self::parse(&fs::read(path).map_err(KeysError::Unreadable)?)
    }

    /// `sealing` without a number is the first key: files of older versions have no other.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, KeysError> {
        let damaged = |expected| KeysError::Damaged { expected };
        let text = std::str::from_utf8(bytes).map_err(|_| damaged("phải là văn bản UTF-8"))?;
        let (mut lookup, mut ring) = (None, BTreeMap::new());
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let (name, hex) =
                line.split_once('=').ok_or(damaged("mỗi dòng phải là “lookup = …” hoặc “sealing.N = …”"))?;
            let is_twice = match name.trim() {
                "lookup" => {
                    let fault = "dòng “lookup = ” phải có 64 chữ số hệ mười sáu";
                    lookup.replace(from_hex(hex.trim()).ok_or(damaged(fault))?).is_some()
                }
                name => {
                    let fault = "dòng “sealing.N = ” phải có số từ 1 và 64 chữ số hệ mười sáu";
                    let id = id_of(name).ok_or(damaged(fault))?;
                    ring.insert(id, from_hex(hex.trim()).ok_or(damaged(fault))?).is_some()
                }
            };
            if is_twice {
                return Err(damaged("một khóa có hai dòng"));
            }
        }
        let lookup = lookup.ok_or(damaged("thiếu dòng “lookup = ”"))?;
        if ring.is_empty() {
            return Err(damaged("thiếu dòng “sealing.N = ”"));
        }
        Ok(Self { lookup, ring })
    }

    /// Makes a file where there is none: written beside and linked into place, so that nobody ever sees half a key
    /// file, and of two that start at once one wins.
    pub(super) fn create(path: &Path) -> Result<(), KeysError> {
        let folder = folder_of(path);
        fs::create_dir_all(folder).map_err(KeysError::Unreadable)?;
        let beside = path.with_extension(format!("new-{}", std::process::id()));
        let text = Self::fresh()?.text();
        let made = write_new(&beside, &text, None).and_then(|()| fs::hard_link(&beside, path));
        let _ = fs::remove_file(&beside); // the link, if made, is the file
        match made {
            Err(e) if e.kind() != io::ErrorKind::AlreadyExists => Err(KeysError::Unreadable(e)),
            _ => sync_folder(folder).map_err(KeysError::Unreadable),
        }
    }

    /// Puts these keys in the place of the file, with its mode and its owner: whoever reads it, or starts after the
    /// machine failed half-way, sees the old file or the new one.
    pub(super) fn replace(&self, path: &Path) -> Result<(), KeysError> {
        let replaced = || {
            // The file itself, not a link to it.
            let path: PathBuf = path.canonicalize()?;
            let facts = fs::metadata(&path)?;
            let mut beside = path.clone().into_os_string();
            beside.push(".new");
            let beside = PathBuf::from(beside);
            write_new(&beside, &self.text(), Some(&facts))?;
            fs::rename(&beside, &path)?;
            sync_folder(folder_of(&path))
        };
        replaced().map_err(KeysError::Unreadable)
    }

    fn text(&self) -> String {
        let mut text = format!(
            "# Khóa của hệ thống này. Hãy cất một bản ở nơi khác: mất tệp này thì không đọc lại được giấy tờ nào.\n\
             # Keys of this installation. Keep a copy apart: without it nothing that is kept can be read again.\n\
             lookup = {}\n",
            to_hex(&self.lookup)
        );
        for (id, secret) in &self.ring {
            text.push_str(&format!("sealing.{id} = {}\n", to_hex(secret)));
        }
        text
    }
}

fn id_of(name: &str) -> Option<u32> {
    match name.strip_prefix("sealing")? {
        "" => Some(1),
        number => number.strip_prefix('.')?.parse().ok().filter(|id| *id > 0),
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    fs::File::open(folder).and_then(|folder| folder.sync_all())
}

/// For its owner alone; like `facts`, where it takes the place of another.
fn write_new(path: &Path, text: &str, facts: Option<&fs::Metadata>) -> io::Result<()> {
    let _ = fs::remove_file(path); // a leftover of a process that was killed
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    if let Some(facts) = facts {
        let own = file.metadata()?;
        if (own.uid(), own.gid()) != (facts.uid(), facts.gid()) {
            std::os::unix::fs::fchown(&file, Some(facts.uid()), Some(facts.gid()))?;
        }
        file.set_permissions(facts.permissions())?;
    }
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

pub(super) fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

pub(super) fn from_hex(text: &str) -> Option<Secret> {
    let mut out = [0; KEY_BYTES];
    if text.len() != 2 * KEY_BYTES || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
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

    #[test]
    fn a_key_file_reads_back_and_older_ones_are_read() {
        let mut keys = KeyFile::fresh().unwrap();
        keys.ring.insert(12, random().unwrap());
        assert!(KeyFile::parse(keys.text().as_bytes()).unwrap() == keys);
        let secret = |byte: &str| byte.repeat(KEY_BYTES);
        let old = format!("# Keys\nlookup = {}\nsealing = {}\n", secret("0a"), secret("0B"));
        let old = KeyFile::parse(old.as_bytes()).unwrap();
        assert!((old.lookup, old.ring) == ([10; 32], [(1, [11; 32])].into()));
    }

    #[test]
    fn a_faulty_key_file_is_named_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        let good = KeyFile::fresh().unwrap().text();
        let check = |bytes: &[u8], mode: u32, expected: &str| {
            fs::write(&path, bytes).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let Err(error) = KeyFile::read(&path) else { panic!("{expected}: read") };
            assert!(error.to_string().contains(expected), "{error} / {expected}");
            assert_eq!(fs::read(&path).unwrap(), bytes);
        };
        check(b"", 0o600, "lookup");
        check(&good.as_bytes()[..good.len() - 20], 0o600, "sealing");
        check(&good.as_bytes()[..good.find("sealing").unwrap()], 0o600, "thiếu dòng “sealing");
        check(good.replace("lookup = ", "lookup = g").as_bytes(), 0o600, "lookup");
        check(good.replace("sealing.1", "sealing.0").as_bytes(), 0o600, "sealing");
        check(good.replace("sealing.1", "sealing,1").as_bytes(), 0o600, "sealing");
        check(format!("{good}sealing = {}\n", "00".repeat(32)).as_bytes(), 0o600, "hai dòng");
        check(&[0xff, 0xfe], 0o600, "UTF-8");
        check(&[b'#'; 20_000], 0o600, "nhỏ");
        check(good.as_bytes(), 0o644, "644");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(KeyFile::read(&path).is_ok());
    }

    #[test]
    fn a_file_is_replaced_whole_with_its_mode_also_behind_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("real"), folder.path().join("link"));
        KeyFile::create(&file).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        fs::write(folder.path().join("real.new"), "half of").unwrap(); // of one that was killed
        let mut keys = KeyFile::read(&link).unwrap();
        keys.ring.insert(2, random().unwrap());
        keys.replace(&link).unwrap();
        assert!(KeyFile::read(&file).unwrap() == keys && link.is_symlink());
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is left beside it");
        assert!(keys.replace(&folder.path().join("gone")).is_err(), "a file that is not there is not made");
    }
}
