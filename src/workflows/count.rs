//! Papers against originals, per dossier (Điều 9 khoản 1): said by an officer, held against what was received.

use crate::{
    domain::{
        count::{self, Comparison, HandedIn, Scans},
        dossier::{Dossier, Paper},
        eligibility::{self, HandedInAs, PaperRole, Refusal},
        event::{Action, AuditEvent},
        ids::DossierId,
        officer::{ActingOfficer, stated},
        rights,
    },
    store::{StoreError, Tx, audit, dossiers},
    workflows::{
        access,
        browse::{self, BrowseError},
        context::Ctx,
        intake::{self, IntakeError},
    },
};

/// A dossier with its papers, held against what was handed in.
pub struct Standing {
    /// The dossier.
    pub dossier: Dossier,
    /// Its papers, oldest first.
    pub papers: Vec<Paper>,
    /// What differs.
    pub comparison: Comparison,
}

impl Standing {
    /// Papers of that component or result with a scan that can be used.
    pub fn received_as(&self, role: &PaperRole) -> u32 {
        Scans::of(self.papers.iter().filter(|p| p.role.as_ref() == Some(role))).received
    }
}

/// A dossier as it stands.
///
/// # Errors
/// [`BrowseError`].
pub async fn standing(ctx: &Ctx, officer: &ActingOfficer, id: &DossierId) -> Result<Standing, BrowseError> {
    let (dossier, papers) = browse::dossier(ctx, officer, id).await?;
    let catalogue = intake::catalogue_of(ctx, &dossier).await?;
    let procedure = dossier.procedure.as_ref().and_then(|code| catalogue.procedure(code));
    let comparison = count::compare(dossier.handed_in.as_ref(), procedure, &papers);
    Ok(Standing { dossier, papers, comparison })
}

/// An officer says how many papers were handed in, or says it anew with a reason.
///
/// # Errors
/// [`IntakeError::NoReason`] when another number stands already; [`IntakeError::UnknownRole`].
pub async fn declare(
    ctx: &Ctx,
    officer: &ActingOfficer,
    id: &DossierId,
    handed_in: HandedIn,
    reason: Option<&str>,
) -> Result<(), IntakeError> {
    let reason = reason.and_then(stated);
    let dossier = {
        let mut tx = ctx.db.read().await?;
        access::dossier(&mut tx, officer, id, rights::may_work_on).await?
    };
    are_known(ctx, &dossier, &handed_in).await?;
    let mut tx = ctx.db.write().await?;
    // As it is now: somebody else may have said it meanwhile.
    let dossier = dossiers::get(&mut tx, id).await?.ok_or(IntakeError::UnknownDossier)?;
    if dossier.handed_in.as_ref() == Some(&handed_in) {
        return Ok(());
    }
    if dossier.handed_in.is_some() && reason.is_none() {
        return Err(IntakeError::NoReason);
    }
    dossiers::declare(&mut tx, id, &handed_in).await?;
    trace(&mut tx, ctx, officer, id, (dossier.handed_in.as_ref(), &handed_in), reason).await?;
    tx.commit().await?;
    Ok(())
}

/// Writes down what was said; the reason is sealed, since it may name people.
pub(super) async fn trace(
    tx: &mut Tx,
    ctx: &Ctx,
    officer: &ActingOfficer,
    dossier: &DossierId,
    (before, after): (Option<&HandedIn>, &HandedIn),
    reason: Option<&str>,
) -> Result<(), StoreError> {
    let event = AuditEvent {
        at: ctx.clock.now(),
        actor: Some(officer.into()),
        action: Action::DeclareHandedIn,
        object: ("dossier", dossier.to_string()),
        purpose: reason.map(str::to_owned),
        detail: Some(serde_json::json!({ "before": before, "after": after })),
    };
    audit::append(tx, &event).await?;
    Ok(())
}

/// Whether the dossier's procedure has every component and result that a number was given for.
pub(super) async fn are_known(ctx: &Ctx, dossier: &Dossier, handed_in: &HandedIn) -> Result<(), IntakeError> {
    if handed_in.roles().is_empty() {
        return Ok(());
    }
    let catalogue = intake::catalogue_of(ctx, dossier).await?;
    let code = dossier.procedure.as_ref().ok_or(IntakeError::NoProcedure)?;
    let procedure = catalogue.procedure(code).ok_or(IntakeError::UnknownProcedure)?;
    for (role, _) in handed_in.roles() {
        if let Err(unknown @ Refusal::Unknown { .. }) =
            eligibility::judge(procedure, role, HandedInAs::Original)
        {
            return Err(IntakeError::UnknownRole(unknown));
        }
    }
    Ok(())
}
