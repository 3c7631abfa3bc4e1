//! Evidence for the fields of a paper besides reading its pictures, and how the two are put together.
//!
//! A file may say more than it shows: form fields, signatures, the metadata of a paper that was coded
//! before. The page may carry the stamp of incoming mail, and the store knows neighbours in an agency's
//! register. Such evidence confirms what was read, or contradicts it, and then a person is asked; alone
//! it is a suggestion with its source, never a value that was read. Knows nothing of who asks.

pub mod cms;
mod layer;
mod pdf;
mod register;
mod stamp;
#[cfg(test)]
mod testing;
mod weigh;
mod xmp;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

pub use layer::{compare_picture, from_file};
pub use pdf::of_file;
pub use register::{Neighbour, compare_register, numbers_beside};
pub use stamp::{MailStamp, set_aside};
pub use weigh::{Known, alike, compare, compare_declared};

use crate::domain::page::Place;

/// What a file says beside what is drawn on its pages. Places are on the pages of the file as displayed.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct FileEvidence {
    /// The fields that a paper coded by this program carries, by their names on the wire.
    pub coded: BTreeMap<String, String>,
    /// Filled text fields of forms.
    pub forms: Vec<FilledField>,
    /// Signatures, by what they claim.
    pub signatures: Vec<SignatureClaim>,
}

impl FileEvidence {
    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A filled text field of a form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FilledField {
    /// Its full name.
    pub name: String,
    /// How people know it.
    pub hint: Option<String>,
    /// What stands in it, on one line.
    pub value: String,
    /// Where it stands; the page counts over all files.
    pub place: Option<Place>,
}

/// What a signature claims; none of it is verified.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SignatureClaim {
    /// When it was made.
    pub signed_at: Option<Timestamp>,
    /// Common name, units and organisation of the certificate.
    pub names: Vec<String>,
    /// Where its face stands.
    pub place: Option<Place>,
}

/// NFC on one line, no control characters.
fn clean(text: &str) -> String {
    let nfc: String = text.nfc().map(|c| if c.is_control() { ' ' } else { c }).collect();
    nfc.split_whitespace().collect::<Vec<_>>().join(" ")
}
