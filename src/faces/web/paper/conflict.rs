//! Two papers that want one code, side by side: what was keyed, and the paper that holds the code.

use std::collections::HashMap;

use super::{INPUTS, Web};
use crate::{
    domain::{
        dossier::{Confirmation, Paper, PaperState},
        fields::{ConfirmedFields, FieldKey},
        ids::PaperId,
    },
    workflows::browse::{self, BrowseError, Purpose},
};

/// The paper that holds the code, beside the one that wants it.
pub(super) struct Conflict {
    /// `None` where it is not for this officer.
    pub(super) holder: Option<Holder>,
}

/// The paper that holds the code.
pub(super) struct Holder {
    pub(super) paper: String,
    pub(super) state: &'static str,
    pub(super) received_at: String,
    pub(super) lines: Vec<Line>,
}

/// A field of both.
pub(super) struct Line {
    pub(super) label: &'static str,
    pub(super) own: String,
    pub(super) theirs: String,
    pub(super) differs: bool,
}

/// What can be shown of the holder; the reading is traced.
pub(super) async fn beside(
    web: &Web,
    holder: &PaperId,
    keyed: &HashMap<String, String>,
) -> Result<Conflict, BrowseError> {
    let (paper, dossier, _) = match browse::paper(&web.ctx, web.officer(), holder).await {
        Ok(found) => found,
        Err(BrowseError::NotFound | BrowseError::Denied(_)) => return Ok(Conflict { holder: None }),
        Err(error) => return Err(error),
    };
    let fields = match &paper.state {
        PaperState::Stored { record } => {
            let purpose = Purpose::of_dossier(&dossier.id);
            Some(browse::document(&web.ctx, web.actor(), record, &purpose).await?.fields)
        }
        state => confirmation(state).map(|confirmed| confirmed.fields.clone()),
    };
    Ok(Conflict { holder: Some(holder_of(&paper, fields.as_ref(), keyed)) })
}

fn confirmation(state: &PaperState) -> Option<&Confirmation> {
    match state {
        PaperState::ToSign { confirmed } | PaperState::ToCode { confirmed } => Some(confirmed),
        PaperState::Signing { confirmed, .. } => Some(confirmed),
        PaperState::Failed { before, .. } => confirmation(before),
        _ => None,
    }
}

fn holder_of(paper: &Paper, fields: Option<&ConfirmedFields>, keyed: &HashMap<String, String>) -> Holder {
    let lines = fields.map(|fields| {
        let line = |(name, key, _, _): &(&'static str, FieldKey, bool, &'static str)| {
            let own = keyed.get(*name).map(|text| text.trim().to_owned()).unwrap_or_default();
            let theirs = value_of(fields, name);
            let differs = own.to_lowercase() != theirs.to_lowercase();
            let label = match *name {
                "valid_from" => "Có hiệu lực từ",
                "valid_until" => "Có hiệu lực đến",
                "holder_name" => "Họ tên",
                _ => key.label(),
            };
            Line { label, own, theirs, differs }
        };
        INPUTS.iter().map(line).filter(|line| !line.own.is_empty() || !line.theirs.is_empty()).collect()
    });
    Holder {
        paper: paper.id.to_string(),
        state: paper.state.label(),
        received_at: super::super::minute(paper.received_at),
        lines: lines.unwrap_or_default(),
    }
}

fn value_of(fields: &ConfirmedFields, name: &str) -> String {
    let day = |day: jiff::civil::Date| day.strftime("%d/%m/%Y").to_string();
    let period = fields.validity_period;
    match name {
        "document_type_code" => fields.document_type_code.to_string(),
        "owner_id" => fields.owner.to_string(),
        "document_name" => fields.document_name.clone(),
        "document_number" => fields.document_number.as_ref().map(ToString::to_string).unwrap_or_default(),
        "issued_on" => fields.issued_on.map(day).unwrap_or_default(),
        "issuing_authority" => fields.issuing_authority.clone().unwrap_or_default(),
        "abstract" => fields.abstract_text.clone().unwrap_or_default(),
        "valid_from" => period.and_then(|period| period.from).map(day).unwrap_or_default(),
        "valid_until" => period.and_then(|period| period.until).map(day).unwrap_or_default(),
        "validity_scope" => fields.validity_scope.clone().unwrap_or_default(),
        name => fields.other.get(name).cloned().unwrap_or_default(),
    }
}
