//! Reads the templates and agencies of an installation: a folder and a file beside what is built in.
//!
//! Read once, when the program starts; what is wrong is told then, and nothing is taken.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::engines::extraction::{
    Guide,
    agency::{Agencies, AgencyFaults},
    template::{TemplateFaults, Templates},
};

/// Bytes of one file that is read: more than any template or list of agencies has.
const BYTES_AT_MOST: u64 = 16 * 1024 * 1024;
/// Templates in a folder.
const FILES_AT_MOST: usize = 1000;

/// Why templates or agencies were refused.
#[derive(Debug, thiserror::Error)]
pub enum GuideError {
    /// A folder or file can't be read.
    #[error("không đọc được {path} ({source}): kiểm tra khóa [documents] của tệp cấu hình")]
    Unreadable {
        /// Folder or file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// More, or larger, files than can be meant.
    #[error("{path}: nhiều hơn {FILES_AT_MOST} tệp, hoặc có tệp lớn hơn {} MiB", BYTES_AT_MOST / 1024 / 1024)]
    TooLarge {
        /// Folder or file.
        path: PathBuf,
    },
    /// A template has faults.
    #[error(transparent)]
    Templates(#[from] TemplateFaults),
    /// The list of agencies has faults.
    #[error(transparent)]
    Agencies(#[from] AgencyFaults),
}

/// What an installation knows, as it stands in its files.
#[derive(Debug, Clone)]
pub struct Lists {
    /// Built-in templates and those of the folder.
    pub templates: Templates,
    /// Built-in agencies and those of the file.
    pub agencies: Agencies,
}

impl Lists {
    /// Built-in lists, with the folder of templates and the CSV file of agencies of an installation.
    ///
    /// # Errors
    /// [`GuideError`] naming file, key and what to do.
    pub fn read(templates: Option<&Path>, agencies: Option<&Path>) -> Result<Self, GuideError> {
        let mut lists = Self { templates: Templates::built_in(), agencies: Agencies::built_in() };
        if let Some(folder) = templates {
            let files = files_of(folder)?;
            let named = files.iter().map(|(name, text)| (name.as_str(), text.as_str()));
            lists.templates = lists.templates.overridden(named)?;
        }
        if let Some(file) = agencies {
            let name = file.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            lists.agencies = lists.agencies.extended(&name, &text_of(file)?)?;
        }
        Ok(lists)
    }

    /// Made ready for reading.
    pub fn guide(&self) -> Guide {
        Guide::new(&self.templates, &self.agencies)
    }
}

/// Name without ending, and text, of each `.toml` file; other files and hidden ones are passed over.
fn files_of(folder: &Path) -> Result<Vec<(String, String)>, GuideError> {
    let unreadable = |source| GuideError::Unreadable { path: folder.to_owned(), source };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        if name.ends_with(".toml") && !name.starts_with('.') {
            paths.push((name.trim_end_matches(".toml").to_owned(), path));
        }
        if paths.len() > FILES_AT_MOST {
            return Err(GuideError::TooLarge { path: folder.to_owned() });
        }
    }
    paths.sort();
    paths.into_iter().map(|(name, path)| Ok((name, text_of(&path)?))).collect()
}

fn text_of(path: &Path) -> Result<String, GuideError> {
    let unreadable = |source| GuideError::Unreadable { path: path.to_owned(), source };
    if fs::metadata(path).map_err(unreadable)?.len() > BYTES_AT_MOST {
        return Err(GuideError::TooLarge { path: path.to_owned() });
    }
    fs::read_to_string(path).map_err(unreadable)
}
