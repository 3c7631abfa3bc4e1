//! The steps that touch foreign bytes, as orders that go to a process of their own: keys and networks stay
//! outside of it.

use jiff::Timestamp;
use lopdf::{Document, Object};
use serde::{Deserialize, Serialize};

use super::{
    SealError,
    dss::{self, Validation},
    embed,
    key::SigningCertificate,
    prepare::{self, Prepared, Room, SealOrder},
    tlv,
};
use crate::engines::{
    pdf::read,
    signature::{
        order::VerifyOrder,
        wanted::{self, Question},
    },
};

/// More signatures than a paper has.
const MOST_SIGNATURES: usize = 100;

/// One step.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SealTask {
    /// Room for a signature.
    Prepare(Box<SealOrder>),
    /// Room for a time stamp over the document.
    Timestamp {
        /// Now.
        at: Timestamp,
        /// Bytes reserved.
        room: usize,
    },
    /// Certificates and revocation data into the file.
    Validate {
        /// What to add.
        validation: Validation,
        /// The field whose signature they are for.
        of: Option<String>,
    },
    /// Certificates that signatures and time stamps in the file bring.
    Certificates,
    /// What is missing to judge the signatures in the file.
    Missing(Box<VerifyOrder>),
    /// Whether the file is `n_bytes` of an earlier one and, appended to that, a signature under this
    /// certificate.
    SealedUnder {
        /// The certificate.
        certificate: Box<SigningCertificate>,
        /// Length of the earlier file.
        n_bytes: usize,
    },
}

/// What came of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SealAnswer {
    /// Room was made: what is to be signed is still to be hashed. What goes behind the file goes beside it.
    Prepared(Box<Prepared>),
    /// What goes behind the file goes beside it.
    Written,
    /// What the signatures in the file bring.
    Certificates {
        /// DER each.
        #[serde(with = "super::prepare::as_base64_list")]
        certificates: Vec<Vec<u8>>,
        /// Whether each of them was time-stamped, by a stamp of its own or one over the file behind it.
        are_stamped: bool,
    },
    /// Certificates of which something is missing.
    Missing(Vec<Question>),
    /// The field of the signature that was found.
    Sealed(Option<String>),
}

/// A refusal that crosses between processes: the sentence, and what it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct SealRefusal {
    /// One sentence.
    pub message: String,
    /// Whether another key or another setting would help; else it is the file.
    pub is_about_the_order: bool,
}

impl From<SealError> for SealRefusal {
    fn from(error: SealError) -> Self {
        let is_about_the_order = matches!(
            error,
            SealError::Key(_) | SealError::NoField(_) | SealError::NotFirst | SealError::Appearance(_)
        );
        Self { message: error.to_string(), is_about_the_order }
    }
}

/// Does one step; the bytes are those that go behind the file.
///
/// # Errors
/// [`SealError`].
pub fn run(pdf: &[u8], task: &SealTask) -> Result<(SealAnswer, Vec<u8>), SealError> {
    let given = |room: Room| (SealAnswer::Prepared(Box::new(room.prepared)), room.appended);
    match task {
        SealTask::Prepare(order) => prepare::room(pdf, order).map(given),
        SealTask::Timestamp { at, room } => prepare::room_for_timestamp(pdf, *at, *room).map(given),
        SealTask::Validate { validation, of } => {
            Ok((SealAnswer::Written, dss::appended(pdf, validation, of.as_deref())?))
        }
        SealTask::Certificates => Ok((certificates(pdf)?, Vec::new())),
        SealTask::Missing(order) => Ok((SealAnswer::Missing(wanted::of_file(pdf, order)), Vec::new())),
        SealTask::SealedUnder { certificate, n_bytes } => {
            Ok((SealAnswer::Sealed(sealed_under(pdf, certificate, *n_bytes)?), Vec::new()))
        }
    }
}

/// Field, `/ByteRange` and `/Contents` of each signature.
fn signatures(document: &Document) -> Vec<(String, [u64; 4], Vec<u8>)> {
    let of_field = |field: read::FormField| {
        let value =
            document.get_dictionary(field.id).and_then(|d| document.get_dict_in_dict(d, b"V")).ok()?;
        let range = value.get_deref(b"ByteRange", document).and_then(Object::as_array).ok()?;
        let numbers: Vec<u64> = range
            .iter()
            .filter_map(|number| number.as_i64().ok().and_then(|number| u64::try_from(number).ok()))
            .collect();
        let contents = value.get_deref(b"Contents", document).and_then(Object::as_str).ok()?;
        let length = tlv::length_of(contents)?;
        Some((field.name, <[u64; 4]>::try_from(numbers).ok()?, contents[..length].to_vec()))
    };
    let fields = read::fields(document).into_iter().filter(|field| field.kind == b"Sig");
    fields.take(MOST_SIGNATURES).filter_map(of_field).collect()
}

fn certificates(pdf: &[u8]) -> Result<SealAnswer, SealError> {
    let document = read::open_light(pdf)?;
    let mut certificates: Vec<Vec<u8>> = Vec::new();
    let signatures = signatures(&document);
    for (_, _, cms) in &signatures {
        for certificate in embed::certificates_in(cms) {
            if !certificates.contains(&certificate) {
                certificates.push(certificate);
            }
        }
    }
    let end = |range: &[u64; 4]| range[2].saturating_add(range[3]);
    let stamps = signatures.iter().filter(|(_, _, cms)| embed::is_timestamp(cms));
    let last_stamp = stamps.map(|(_, range, _)| end(range)).max().unwrap_or(0);
    let are_stamped =
        signatures.iter().all(|(_, range, cms)| embed::is_stamped(cms) || end(range) < last_stamp);
    Ok(SealAnswer::Certificates { certificates, are_stamped })
}

fn sealed_under(
    pdf: &[u8],
    certificate: &SigningCertificate,
    n_bytes: usize,
) -> Result<Option<String>, SealError> {
    let document = read::open_light(pdf)?;
    let own = signatures(&document).into_iter().find(|(_, range, cms)| {
        let [_, first, second, length] = *range;
        let Some(end) = second.checked_add(length).and_then(|end| usize::try_from(end).ok()) else {
            return false;
        };
        let is_later = usize::try_from(first).is_ok_and(|first| first >= n_bytes);
        is_later && end <= pdf.len() && embed::verifies(&pdf[..end], *range, cms, certificate)
    });
    Ok(own.map(|(name, _, _)| name))
}
