//! The clock of secret papers (Điều 5 khoản 1): since when their bytes are set apart, and which have to be
//! erased soon or should have been. Erasing is an officer's act (`digitise::erase_quarantined`); nothing
//! here does it.

use jiff::SignedDuration;

use crate::{
    domain::{
        dossier::EraseTerm,
        ids::{DossierId, PaperId},
    },
    store::{StoreError, papers},
    workflows::context::Ctx,
};

/// What is left of a term when it is said that it ends soon.
const NEAR: SignedDuration = SignedDuration::from_hours(4);
/// Papers that are looked at in one go.
const AT_ONCE: u32 = 200;

/// A secret paper whose bytes are still here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetApart {
    /// Which.
    pub paper: PaperId,
    /// Its dossier.
    pub dossier: DossierId,
    /// When its bytes have to be erased.
    pub term: EraseTerm,
}

/// Secret papers whose bytes wait to be erased; no personal data.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Waiting {
    /// Their term is over; the longest over first.
    pub over: Vec<SetApart>,
    /// Their term ends within four hours; the one that ends first first.
    pub near: Vec<SetApart>,
    /// How many others there are.
    pub n_others: usize,
}

/// The secret papers whose bytes are still here, by what is left of their terms.
///
/// # Errors
/// [`StoreError`].
pub async fn waiting(ctx: &Ctx) -> Result<Waiting, StoreError> {
    let now = ctx.clock.now();
    let mut found = Waiting::default();
    let mut after: Option<PaperId> = None;
    let mut tx = ctx.db.read().await?;
    loop {
        let page = papers::in_state(&mut tx, "quarantined", after.as_ref(), AT_ONCE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.id.clone());
        for paper in page {
            let Some(term) = paper.state.erase_term() else { continue };
            let set_apart = SetApart { paper: paper.id, dossier: paper.dossier, term };
            if term.is_over(now) {
                found.over.push(set_apart);
            } else if term.left(now) <= NEAR {
                found.near.push(set_apart);
            } else {
                found.n_others += 1;
            }
        }
    }
    for list in [&mut found.over, &mut found.near] {
        list.sort_by_key(|set_apart| set_apart.term.until);
    }
    Ok(found)
}
