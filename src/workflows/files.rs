//! Files of an installation, which somebody named: read whole, or not at all.

use std::{fs, io, path::Path};

/// The bytes of a file.
///
/// # Errors
/// [`io::ErrorKind::FileTooLarge`] where it is longer than `most_bytes`, else why it can't be read.
pub fn read_within(path: &Path, most_bytes: u64) -> io::Result<Vec<u8>> {
    if fs::metadata(path)?.len() > most_bytes {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    fs::read(path)
}
