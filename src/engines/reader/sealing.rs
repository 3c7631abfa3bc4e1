//! What a reading process is asked to prepare for a signature, as plain data.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    domain::signing::OfficerWay,
    engines::{
        imaging::fault::ReadError,
        pdf::{AGENCY_FIELD, CODE_FIELD},
        signature::seal::{
            SealError,
            appearance::{Appearance, CopyBlock},
            key::SigningCertificate,
            prepare::{Field, Intent, Lock, Prepared, SealOrder, prepare},
        },
    },
};

/// Name of the field of the officer's signature, which nobody sees.
const OFFICER_FIELD: &str = "ChuKyCongChuc";
/// The form of copy (NĐ 30/2020/NĐ-CP, Điều 25 khoản 1): an electronic copy of the paper as it was handed in.
const COPY_FORM: &str = "SAO Y";

/// Whose signature is prepared. The same one over the same bytes gives the same bytes to sign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "whose", rename_all = "snake_case")]
pub enum Sealing {
    /// The officer's, over what was scanned (Điều 15 khoản 2).
    Officer {
        /// The certificate it will be made under.
        certificate: SigningCertificate,
        /// What it allows afterwards.
        way: OfficerWay,
        /// Now.
        at: Timestamp,
        /// Until when its value is taken.
        expires_at: Timestamp,
    },
    /// The agency's, in its prepared field, with the block of a copy.
    Agency {
        /// The certificate it will be made under.
        certificate: SigningCertificate,
        /// Name of the agency.
        agency: String,
        /// Now.
        at: Timestamp,
    },
}

/// Why nothing was prepared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotSealed {
    /// The PDF or the certificate does not allow it: one Vietnamese sentence.
    #[error("{0}")]
    Refused(String),
    /// The reading process could not do it.
    #[error(transparent)]
    Unread(#[from] ReadError),
}

/// Appends the room for a signature.
///
/// # Errors
/// [`SealError`].
pub(super) fn prepared(pdf: &[u8], sealing: &Sealing) -> Result<Prepared, SealError> {
    match sealing {
        Sealing::Officer { certificate, way, at, expires_at } => {
            let intent = match way {
                OfficerWay::Certify => Intent::Certify,
                // The agency signs after the officer: its field has to stay open beside the code's.
                OfficerWay::Approve => {
                    Intent::Approve(Lock::AllBut(vec![CODE_FIELD.to_owned(), AGENCY_FIELD.to_owned()]))
                }
            };
            let field = Field::Invisible(OFFICER_FIELD.to_owned());
            let reason = "Số hóa giấy tờ (Điều 15 Quyết định 1917/QĐ-BLĐTBXH)";
            let order = SealOrder::new(certificate, field, intent, *at);
            prepare(pdf, &SealOrder { expires_at: *expires_at, reason: Some(reason), ..order })
        }
        Sealing::Agency { certificate, agency, at } => {
            let block = CopyBlock { form: COPY_FORM.to_owned(), agency: agency.clone(), at: *at, seal: None };
            let look = Appearance::Copy(block);
            let field = Field::Existing(AGENCY_FIELD.to_owned());
            let order = SealOrder::new(certificate, field, Intent::Approve(Lock::Nothing), *at);
            prepare(pdf, &SealOrder { appearance: Some(&look), name: Some(agency), ..order })
        }
    }
}
