//! What lies in a watched folder, and moving it from there: whole, once, and never through a link.
//!
//! Knows files and folders only, nothing of papers.

use std::{
    ffi::{OsStr, OsString},
    fs::{self, File, Metadata},
    io::{self, Read},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    time::Duration,
};

use jiff::Timestamp;
use rustix::{
    fs::{CWD, Mode, OFlags, RenameFlags, renameat_with},
    io::Errno,
};

use crate::domain::natural::natural;

/// Endings of names under which scanners and browsers write before a file is whole.
const UNFINISHED: [&str; 7] = ["tmp", "temp", "part", "partial", "crdownload", "filepart", "lock"];
/// Most files of one folder.
const MOST_FILES: usize = 2_000;

/// Something in the folder that may be a paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub name: OsString,
    pub path: PathBuf,
    /// The file, or the files of the folder, in order of their names.
    pub files: Vec<Facts>,
    pub is_folder: bool,
    /// A file is being written in it under a name of the kind that is used until it is whole.
    pub is_unfinished: bool,
    /// What makes it no paper whatever comes: half a Vietnamese sentence.
    pub fault: Option<&'static str>,
}

/// A file as it stands at one moment; when two looks agree nobody has written to it between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Facts {
    pub path: PathBuf,
    pub n_bytes: u64,
    modified: (i64, i64),
    id: (u64, u64),
}

impl Facts {
    fn of(path: PathBuf, facts: &Metadata) -> Self {
        Self {
            path,
            n_bytes: facts.len(),
            modified: (facts.mtime(), facts.mtime_nsec()),
            id: (facts.dev(), facts.ino()),
        }
    }
}

impl Entry {
    pub(super) fn n_bytes(&self) -> u64 {
        self.files.iter().map(|f| f.n_bytes).fold(0, u64::saturating_add)
    }
}

fn is_hidden(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    name.starts_with('.') || name.starts_with("~$") || ["Thumbs.db", "desktop.ini"].contains(&name.as_ref())
}

fn is_unfinished(name: &OsStr) -> bool {
    let extension = Path::new(name).extension().map(|e| e.to_string_lossy().to_lowercase());
    extension.is_some_and(|e| UNFINISHED.contains(&e.as_str()))
}

/// What lies in `folder`, in natural order of names. Hidden and unfinished files, links and devices
/// are passed over, and so are the names in `not`.
pub(super) fn entries(folder: &Path, not: &[PathBuf]) -> io::Result<Vec<Entry>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (name, path) = (entry.file_name(), entry.path());
        if is_hidden(&name) || is_unfinished(&name) || not.contains(&path) {
            continue;
        }
        // Gone again between the two calls: nothing to look at. The link itself, not what it leads to.
        let Ok(facts) = fs::symlink_metadata(&path) else { continue };
        if facts.is_file() {
            let files = vec![Facts::of(path.clone(), &facts)];
            found.push(Entry { name, path, files, is_folder: false, is_unfinished: false, fault: None });
        } else if facts.is_dir() {
            found.push(folder_entry(name, path)?);
        }
    }
    found.sort_by(|a, b| natural(&a.name.to_string_lossy(), &b.name.to_string_lossy()));
    Ok(found)
}

fn folder_entry(name: OsString, path: PathBuf) -> io::Result<Entry> {
    let mut entry =
        Entry { name, path, files: Vec::new(), is_folder: true, is_unfinished: false, fault: None };
    for file in fs::read_dir(&entry.path)? {
        let file = file?;
        if is_hidden(&file.file_name()) {
            continue;
        }
        if is_unfinished(&file.file_name()) {
            entry.is_unfinished = true;
            continue;
        }
        let Ok(facts) = fs::symlink_metadata(file.path()) else { continue };
        if !facts.is_file() {
            entry.fault = Some("trong thư mục có thư mục con hoặc liên kết, không chỉ có ảnh các trang");
            continue;
        }
        if entry.files.len() >= MOST_FILES {
            entry.fault = Some("thư mục có quá nhiều tệp");
            break;
        }
        entry.files.push(Facts::of(file.path(), &facts));
    }
    let name_of =
        |f: &Facts| f.path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    entry.files.sort_by(|a, b| natural(&name_of(a), &name_of(b)));
    Ok(entry)
}

/// For how long no file was written to, by the file system's own times; nothing when they lie ahead.
pub(super) fn age(files: &[Facts], now: Timestamp) -> Duration {
    let newest = files.iter().map(|f| f.modified.0).max().unwrap_or(i64::MAX);
    Duration::from_secs(u64::try_from(now.as_second().saturating_sub(newest)).unwrap_or(0))
}

/// Whether a process of this machine has one of the files open for writing. On a share another
/// machine may: then only the time for which nothing changes tells.
pub(super) fn is_being_written(files: &[Facts]) -> bool {
    let Ok(processes) = fs::read_dir("/proc") else { return false };
    let is_process = |name: &OsStr| name.to_string_lossy().bytes().all(|b| b.is_ascii_digit());
    processes.flatten().filter(|p| is_process(&p.file_name())).any(|process| {
        let Ok(handles) = fs::read_dir(process.path().join("fd")) else { return false };
        handles.flatten().any(|handle| {
            let Ok(facts) = fs::metadata(handle.path()) else { return false };
            let is_ours = facts.is_file() && files.iter().any(|f| f.id == (facts.dev(), facts.ino()));
            is_ours && is_for_writing(&process.path().join("fdinfo").join(handle.file_name()))
        })
    })
}

/// Octal flags of an open file: the last two bits are 0 for reading alone.
fn is_for_writing(info: &Path) -> bool {
    let Ok(info) = fs::read_to_string(info) else { return false };
    let flags = info.lines().find_map(|l| l.strip_prefix("flags:"));
    flags.and_then(|f| u32::from_str_radix(f.trim(), 8).ok()).is_some_and(|f| f & 3 != 0)
}

/// The bytes of a regular file; never through a link, and not of a pipe.
pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let mut file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
    if !file.metadata()?.is_file() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Moves a file or folder into `folder` under `name`, or `name (2)` and so on where that is taken; gives
/// its new place. Nothing is ever written over. `prepare` is told the name before the move.
pub(super) fn move_into(
    from: &Path,
    folder: &Path,
    name: &OsStr,
    prepare: impl Fn(&Path) -> io::Result<()>,
) -> io::Result<PathBuf> {
    for ordinal in 1..10_000 {
        let to = folder.join(numbered(name, ordinal));
        if fs::symlink_metadata(&to).is_ok() {
            continue;
        }
        prepare(&to)?;
        match rename(from, &to) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            Err(e) if e.kind() == io::ErrorKind::CrossesDevices => {
                copy_across(from, folder, &to)?;
                return Ok(to);
            }
            Err(e) => return Err(e),
            Ok(()) => {
                sync(folder);
                return Ok(to);
            }
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// `scan.pdf`, `scan (2).pdf`, …
fn numbered(name: &OsStr, ordinal: u32) -> OsString {
    if ordinal == 1 {
        return name.to_owned();
    }
    let path = Path::new(name);
    let mut numbered = path.file_stem().unwrap_or(name).to_owned();
    numbered.push(format!(" ({ordinal})"));
    if let Some(extension) = path.extension() {
        numbered.push(".");
        numbered.push(extension);
    }
    numbered
}

/// Renames unless the new name is taken.
fn rename(from: &Path, to: &Path) -> io::Result<()> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        // File systems of shares don't all know how.
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => match fs::symlink_metadata(to) {
            Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
            Err(_) => fs::rename(from, to),
        },
        other => other.map_err(io::Error::from),
    }
}

/// To another file system: a whole copy under a hidden name first, then its name, then the source goes.
fn copy_across(from: &Path, folder: &Path, to: &Path) -> io::Result<()> {
    let mut hidden = OsString::from(".");
    hidden.push(to.file_name().unwrap_or_default());
    hidden.push(".part");
    let part = folder.join(hidden);
    let is_folder = fs::symlink_metadata(from)?.is_dir();
    remove(&part)?;
    if is_folder {
        fs::create_dir(&part)?;
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            if fs::symlink_metadata(entry.path())?.is_file() {
                copy_file(&entry.path(), &part.join(entry.file_name()))?;
            }
        }
        sync(&part);
    } else {
        copy_file(from, &part)?;
    }
    rename(&part, to)?;
    sync(folder);
    remove(from)
}

fn copy_file(from: &Path, to: &Path) -> io::Result<()> {
    let bytes = read(from)?;
    let mut file = File::options().write(true).create_new(true).open(to)?;
    io::Write::write_all(&mut file, &bytes)?;
    file.sync_all()
}

/// Removes a file or a folder of files; not there is no fault.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(facts) if facts.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(_) => Ok(()),
    }
}

/// Writes a small text whole: a reader sees the old one or the new one.
pub(super) fn write_note(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".").tempfile_in(folder)?;
    io::Write::write_all(&mut file, text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|e| e.error)?;
    Ok(())
}

/// Puts a renaming on the disk; where the file system can't, it does so in its own time.
fn sync(folder: &Path) {
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_unfinished_hidden_or_a_link_is_passed_over() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        for name in ["10.pdf", "2.pdf", ".hidden.pdf", "a.pdf.part", "b.TMP", "~$c.pdf", "Thumbs.db"] {
            fs::write(at(name), "x").unwrap();
        }
        std::os::unix::fs::symlink(at("2.pdf"), at("link.pdf")).unwrap();
        std::os::unix::fs::symlink("/", at("root")).unwrap();
        fs::create_dir(at("trang")).unwrap();
        fs::write(at("trang").join("p10.jpg"), "x").unwrap();
        fs::write(at("trang").join("p9.jpg"), "x").unwrap();
        fs::create_dir(at("loi")).unwrap();
        let found = entries(dir.path(), &[at("loi")]).unwrap();
        let names: Vec<String> = found.iter().map(|e| e.name.to_string_lossy().into_owned()).collect();
        assert_eq!(names, ["2.pdf", "10.pdf", "trang"]);
        assert!(found[2].files[0].path.ends_with("p9.jpg") && found[2].fault.is_none());

        fs::write(at("trang").join("p11.jpg.part"), "x").unwrap();
        std::os::unix::fs::symlink("/etc/passwd", at("trang").join("p12.jpg")).unwrap();
        let folder = &entries(dir.path(), &[]).unwrap()[3];
        assert!(folder.is_unfinished && folder.fault.is_some());
        assert!(read(&at("trang").join("p12.jpg")).is_err());
    }

    #[test]
    fn an_open_file_is_being_written() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.pdf");
        let open = File::create(&path).unwrap();
        let entry = |dir: &Path| entries(dir, &[]).unwrap().remove(0);
        assert!(is_being_written(&entry(dir.path()).files));
        drop(open);
        let _reading = File::open(&path).unwrap();
        assert!(!is_being_written(&entry(dir.path()).files));
    }

    #[test]
    fn nothing_is_written_over() {
        let dir = tempfile::tempdir().unwrap();
        let to = dir.path().join("da-nhan");
        fs::create_dir(&to).unwrap();
        for (n, expected) in [(1, "scan.pdf"), (2, "scan (2).pdf"), (3, "scan (3).pdf")] {
            let from = dir.path().join("scan.pdf");
            fs::write(&from, format!("{n}")).unwrap();
            let moved = move_into(&from, &to, OsStr::new("scan.pdf"), |_| Ok(())).unwrap();
            assert_eq!(moved, to.join(expected));
            assert_eq!(fs::read_to_string(moved).unwrap(), n.to_string());
            assert!(!from.exists());
        }
    }

    /// `/dev/shm` is a file system of its own wherever there is one.
    #[test]
    fn across_file_systems_a_whole_copy_comes_first() {
        let here = tempfile::tempdir().unwrap();
        let Ok(there) = tempfile::tempdir_in("/dev/shm") else { return };
        let from = here.path().join("trang");
        fs::create_dir(&from).unwrap();
        fs::write(from.join("1.jpg"), "một").unwrap();
        // Left by a copy that was killed.
        fs::create_dir(there.path().join(".trang.part")).unwrap();
        fs::write(there.path().join(".trang.part").join("0.jpg"), "cũ").unwrap();
        let moved = move_into(&from, there.path(), OsStr::new("trang"), |_| Ok(())).unwrap();
        assert_eq!(fs::read_to_string(moved.join("1.jpg")).unwrap(), "một");
        assert_eq!(fs::read_dir(&moved).unwrap().count(), 1);
        assert!(!from.exists() && fs::read_dir(there.path()).unwrap().count() == 1);
    }
}
