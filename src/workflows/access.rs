//! Whether somebody may: finds what a right asks for, and asks [`crate::domain::rights`].

use jiff::Timestamp;

use crate::{
    clock::day_in_vietnam,
    domain::{
        dossier::{Dossier, Paper, PaperState},
        ids::{DossierId, PaperId},
        officer::{ActingOfficer, Actor},
        record::StoredRecord,
        rights::{self, Denied, PaperScope},
    },
    store::{StoreError, Tx, dossiers, guardians, papers, reuses},
};

/// Why somebody may not.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// There is nothing of that id, or not for whoever asks.
    #[error("không tìm thấy")]
    NotFound,
    /// The right is not theirs.
    #[error(transparent)]
    Denied(Denied),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Denied> for AccessError {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Foreign => Self::NotFound,
            denied => Self::Denied(denied),
        }
    }
}

/// A right that ends at a dossier or a paper.
pub type Right = fn(&ActingOfficer, &PaperScope<'_>) -> Result<(), Denied>;

/// The paper with its dossier, if `by` may.
pub(super) async fn paper(
    tx: &mut Tx,
    by: &ActingOfficer,
    id: &PaperId,
    may: Right,
) -> Result<(Paper, Dossier), AccessError> {
    let Some(paper) = papers::get(tx, id).await? else { return Err(none(by, may)) };
    let dossier = dossiers::get(tx, &paper.dossier).await?.ok_or(AccessError::NotFound)?;
    may(by, &scope(&dossier, &paper))?;
    Ok((paper, dossier))
}

/// The dossier, if `by` may.
pub(super) async fn dossier(
    tx: &mut Tx,
    by: &ActingOfficer,
    id: &DossierId,
    may: Right,
) -> Result<Dossier, AccessError> {
    let Some(dossier) = dossiers::get(tx, id).await? else { return Err(none(by, may)) };
    may(by, &PaperScope { unit: dossier.unit.as_ref(), is_quarantined: false })?;
    Ok(dossier)
}

/// Whether `by` may do something to a paper that is at hand: for lists, which leave out what is not for them.
pub(super) async fn is_allowed(
    tx: &mut Tx,
    by: &ActingOfficer,
    paper: &Paper,
    may: Right,
) -> Result<bool, StoreError> {
    let Some(dossier) = dossiers::get(tx, &paper.dossier).await? else { return Ok(false) };
    Ok(may(by, &scope(&dossier, paper)).is_ok())
}

/// Whether `by` may read a stored document: one that is open, or his unit's; one that serves a dossier of his unit; a
/// child's while its guardian acts in a dossier that he handles. What was taken out of the owner's store is for those who
/// answer for it, what may not be used for its own unit; and both for the dossiers that they serve already.
pub(super) async fn read_record(
    tx: &mut Tx,
    by: &Actor,
    record: &StoredRecord,
    now: Timestamp,
) -> Result<(), AccessError> {
    let today = day_in_vietnam(now);
    let scope = record.scope(today);
    if record.keeping.removed_at.is_some() || record.keeping.restricted_at.is_some() {
        rights::may_read_store(by)?;
        let Actor::Officer(officer) = by else { return Err(AccessError::NotFound) };
        // Whoever answers for it; and the dossier for which it was taken before.
        let own = PaperScope { unit: record.unit.as_ref(), is_quarantined: false };
        let is_removed = record.keeping.removed_at.is_some();
        let may = if is_removed { rights::may_remove } else { rights::may_see };
        return match may(officer, &own) {
            Ok(()) => Ok(()),
            Err(_) if reuses::serves(tx, &record.id, officer.unit.as_ref()).await? => Ok(()),
            Err(_) => Err(AccessError::NotFound),
        };
    }
    let denied = match rights::may_read_record(by, &scope) {
        Ok(()) => return Ok(()),
        Err(denied) => denied,
    };
    let (Denied::Foreign, Actor::Officer(officer)) = (denied, by) else { return Err(denied.into()) };
    if reuses::serves(tx, &record.id, officer.unit.as_ref()).await? {
        return Ok(());
    }
    rights::may_read_for_guardian(officer, &scope)?;
    let acts = guardians::acts_for(tx, &officer.officer.id, &record.owner, now).await?;
    if acts.iter().any(|(_, relation)| relation.is_in_force(today)) {
        Ok(())
    } else {
        Err(AccessError::NotFound)
    }
}

fn scope<'a>(dossier: &'a Dossier, paper: &Paper) -> PaperScope<'a> {
    let is_quarantined = matches!(paper.state, PaperState::Quarantined { .. });
    PaperScope { unit: dossier.unit.as_ref(), is_quarantined }
}

/// Of what is not there, the answer is that of another unit's: an id tells nothing by being tried.
fn none(by: &ActingOfficer, may: Right) -> AccessError {
    may(by, &PaperScope { unit: by.unit.as_ref(), is_quarantined: false })
        .map_or_else(AccessError::from, |()| AccessError::NotFound)
}
