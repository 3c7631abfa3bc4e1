//! Makes scan-like Vietnamese administrative papers together with the truth about them.
//!
//! It shares nothing with the reader: no phrase list, no layout constant, no font. Everybody in the papers is
//! invented. One seed gives the same papers on every machine that has the same font packages
//! (`fonts-liberation2`, `fonts-dejavu-core`; `fonts-freefont-ttf` for the faulty pages held out of tuning).
//!
//! ```text
//! let papers = generator::generate(&Plan { seed: 7, papers_per_kind: 3, dpi: 200 })?;
//! ```

#![allow(dead_code, unused_imports, reason = "the example and the tests each use a part of it")]

pub mod answers;
mod calendar;
mod container;
mod dossier;
mod fax;
mod fonts;
mod ink;
mod kinds;
mod letterhead;
mod order;
pub mod pages;
mod pen;
mod people;
mod random;
mod raster;
pub mod reading;
mod sheet;
mod spoil;
mod truth;

use std::fmt;
use std::path::{Path, PathBuf};

pub use container::{Container, TiffPacking};
pub use dossier::{list_csv, sample_dossier};
pub use fonts::Fonts;
pub use kinds::Kind;
pub use order::Order;
pub use spoil::Spoiling;
pub use truth::{Fact, Fields, How, Other, Period, Truth};

/// A set of papers to be made.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Where all chances come from.
    pub seed: u64,
    /// Papers of every kind.
    pub papers_per_kind: u32,
    /// Pixels per inch; 200 is quick, 300 is what the law asks of a scan.
    pub dpi: u32,
}

impl Plan {
    /// One order per paper, kinds in turn.
    pub fn orders(&self) -> Vec<Order> {
        (0..self.papers_per_kind)
            .flat_map(|n| Kind::BASIC.map(|kind| Order::by_chance(kind, self.seed, n, self.dpi)))
            .collect()
    }
}

/// Path relative to the output folder, and bytes.
pub type PaperFile = (PathBuf, Vec<u8>);

/// A finished paper.
#[derive(Clone, Debug)]
pub struct Paper {
    /// File name without extension.
    pub stem: String,
    /// Kind.
    pub kind: Kind,
    /// Seed of this paper alone.
    pub seed: u64,
    /// What was done to it.
    pub spoilings: Vec<Spoiling>,
    /// Form of the file.
    pub container: Container,
    /// The file, or the pictures of the folder.
    pub files: Vec<PaperFile>,
    /// What it says.
    pub truth: Truth,
}

impl Paper {
    /// The truth file's text.
    ///
    /// # Errors
    /// [`GenerateError::Truth`] when it cannot be written as JSON.
    pub fn truth_json(&self) -> Result<String, GenerateError> {
        Ok(serde_json::to_string_pretty(&self.truth)? + "\n")
    }

    /// Writes files and truth below `folder`.
    ///
    /// # Errors
    /// [`GenerateError::Write`] names the path.
    pub fn write(&self, folder: &Path) -> Result<(), GenerateError> {
        for (path, bytes) in &self.files {
            write(&folder.join(path), bytes)?;
        }
        write(&folder.join(format!("{}.truth.json", self.stem)), self.truth_json()?.as_bytes())
    }
}

/// Writes one file, with the folders above it.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), GenerateError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(path, bytes))
        .map_err(|cause| GenerateError::Write { path: path.to_owned(), cause })
}

/// Makes every paper of a plan; for large plans walk [`Plan::orders`] and keep one paper at a time.
///
/// # Errors
/// The first error of any paper.
pub fn generate(plan: &Plan) -> Result<Vec<Paper>, GenerateError> {
    let fonts = Fonts::load()?;
    plan.orders().iter().map(|order| order.make(&fonts)).collect()
}

/// What stopped a paper from being made.
#[derive(Debug)]
pub enum GenerateError {
    /// A font file is not where its Debian package puts it.
    FontMissing {
        /// The package to install.
        package: &'static str,
        /// Where it was looked for.
        path: PathBuf,
    },
    /// A face lacks a letter.
    GlyphMissing {
        /// The letter.
        letter: char,
        /// The face's file.
        file: &'static str,
    },
    /// A picture could not be encoded.
    Picture(image::ImageError),
    /// A TIFF could not be encoded.
    Tiff(tiff::TiffError),
    /// The truth could not be written as JSON.
    Truth(serde_json::Error),
    /// A file could not be written.
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// A TIFF grew beyond 4 GiB.
    TooLarge,
}

impl fmt::Display for GenerateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FontMissing { package, path } => {
                write!(f, "font {} not found: install the Debian package {package}", path.display())
            }
            Self::GlyphMissing { letter, file } => write!(f, "{file} has no glyph for '{letter}'"),
            Self::Picture(cause) => write!(f, "cannot encode a picture: {cause}"),
            Self::Tiff(cause) => write!(f, "cannot encode a TIFF: {cause}"),
            Self::Truth(cause) => write!(f, "cannot write the truth as JSON: {cause}"),
            Self::Write { path, cause } => write!(f, "cannot write {}: {cause}", path.display()),
            Self::TooLarge => write!(f, "a TIFF grew beyond 4 GiB"),
        }
    }
}

impl std::error::Error for GenerateError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Picture(cause) => Some(cause),
            Self::Tiff(cause) => Some(cause),
            Self::Truth(cause) => Some(cause),
            Self::Write { cause, .. } => Some(cause),
            Self::FontMissing { .. } | Self::GlyphMissing { .. } | Self::TooLarge => None,
        }
    }
}

impl From<image::ImageError> for GenerateError {
    fn from(cause: image::ImageError) -> Self {
        Self::Picture(cause)
    }
}

impl From<tiff::TiffError> for GenerateError {
    fn from(cause: tiff::TiffError) -> Self {
        Self::Tiff(cause)
    }
}

impl From<serde_json::Error> for GenerateError {
    fn from(cause: serde_json::Error) -> Self {
        Self::Truth(cause)
    }
}
