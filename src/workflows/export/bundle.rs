//! A ZIP file that grows in a private temporary file. Knows nothing of what is in it.

use std::{
    fs::File,
    io::{self, BufWriter, Seek, SeekFrom, Write},
};

use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

/// A ZIP file under way; its file has no name and is gone when it is closed.
pub(super) struct Bundle(ZipWriter<BufWriter<File>>);

impl Bundle {
    /// An empty one.
    ///
    /// # Errors
    /// When there is no room for temporary files.
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self(ZipWriter::new(BufWriter::new(tempfile::tempfile()?))))
    }

    /// Begins a file that is written piece by piece with [`Self::say`].
    ///
    /// # Errors
    /// Of the file.
    pub(super) fn begin(&mut self, path: &str) -> io::Result<()> {
        // How long it will be is not known yet.
        Ok(self.0.start_file(path, options(false).large_file(true))?)
    }

    /// Goes on with the file that was begun.
    ///
    /// # Errors
    /// Of the file.
    pub(super) fn say(&mut self, text: &str) -> io::Result<()> {
        self.0.write_all(text.as_bytes())
    }

    /// Adds a whole file off the threads that serve; what is packed already is not packed again.
    ///
    /// # Errors
    /// Of the file.
    pub(super) async fn add(mut self, path: String, bytes: Vec<u8>, is_packed: bool) -> io::Result<Self> {
        let added = tokio::task::spawn_blocking(move || {
            let is_large = u32::try_from(bytes.len()).is_err();
            self.0.start_file(path, options(is_packed).large_file(is_large))?;
            self.0.write_all(&bytes)?;
            Ok(self)
        });
        added.await.map_err(io::Error::other)?
    }

    /// Ends the bundle: the file at its beginning, and its length.
    ///
    /// # Errors
    /// Of the file.
    pub(super) fn finish(self) -> io::Result<(File, u64)> {
        let mut file = self.0.finish()?.into_inner().map_err(io::IntoInnerError::into_error)?;
        let n_bytes = file.seek(SeekFrom::End(0))?;
        file.seek(SeekFrom::Start(0))?;
        Ok((file, n_bytes))
    }
}

fn options(is_packed: bool) -> SimpleFileOptions {
    let method = if is_packed { CompressionMethod::Stored } else { CompressionMethod::Deflated };
    SimpleFileOptions::default().compression_method(method).unix_permissions(0o600)
}
