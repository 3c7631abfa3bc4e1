//! What the head of page one gives before the rest of a paper is read: number, day, agency and name (Điều 6 khoản
//! 3–6), so that a clerk can begin.
//!
//! Shown while one waits and never confirmed: what the whole paper gives takes its place.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{
    fields::{Proposed, ProposedFields},
    ids::DocumentNumber,
};

/// The proposals that the head gives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)] // the names of the fields
pub struct FirstProposals {
    pub document_name: Proposed<String>,
    pub document_number: Proposed<DocumentNumber>,
    pub issued_on: Proposed<Date>,
    pub issuing_authority: Proposed<String>,
}

impl From<ProposedFields> for FirstProposals {
    fn from(fields: ProposedFields) -> Self {
        let ProposedFields { document_name, document_number, issued_on, issuing_authority, .. } = fields;
        Self { document_name, document_number, issued_on, issuing_authority }
    }
}
