//! Signatures on the page of a paper: those it came in with, and the officer's that is due.

use super::Fault;
use crate::{
    domain::{
        dossier::{Paper, PaperState},
        ids::PaperId,
    },
    faces::{
        verification,
        web::{
            Web, minute, signing,
            verify::{class_of, class_of_file},
        },
    },
    workflows::{browse::BrowseError, verify},
};

/// What the signatures of the file were worth when it came in.
pub(super) struct ArrivedCard {
    pub label: &'static str,
    pub class: &'static str,
    pub message: String,
    pub judged_at: String,
    pub signatures: Vec<ArrivedLine>,
}

/// One of them.
pub(super) struct ArrivedLine {
    pub label: &'static str,
    pub class: &'static str,
    pub message: String,
}

/// The officer's signature that is due.
pub(super) struct SigningCard {
    /// The code that was assigned.
    pub code: String,
    /// What the officer is shown by the agent.
    pub title: String,
    /// Of a signature that is prepared: its id, and until when its value is taken.
    pub prepared: Option<(String, String)>,
    /// Where the signing agent of the officer's computer listens.
    pub agent: String,
}

pub(super) async fn arrived(web: &Web, id: &PaperId) -> Result<Option<ArrivedCard>, Fault> {
    let kept = verify::of_paper(&web.ctx, id).await.map_err(BrowseError::Store)?;
    Ok(kept.map(|(report, at)| ArrivedCard {
        label: verification::overall_label(report.overall),
        class: class_of_file(&report),
        message: report.message,
        judged_at: minute(at),
        signatures: report
            .signatures
            .into_iter()
            .map(|signature| ArrivedLine {
                label: verification::label(signature.verdict),
                class: class_of(signature.verdict),
                message: signature.message,
            })
            .collect(),
    }))
}

pub(super) fn due(web: &Web, paper: &Paper) -> Option<SigningCard> {
    let (PaperState::ToSign { confirmed } | PaperState::Signing { confirmed, .. }) = &paper.state else {
        return None;
    };
    Some(SigningCard {
        code: confirmed.code.to_string(),
        title: signing::title(paper),
        prepared: signing::prepared(paper),
        agent: web.ctx.rules.signing.agent.clone(),
    })
}
