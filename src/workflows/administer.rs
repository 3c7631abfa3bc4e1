//! Officers and the trace, for those who run an installation.

use jiff::Timestamp;

use crate::{
    domain::{
        catalogue::Catalogue,
        event::{Action, AuditEvent, Change},
        officer::{ActingOfficer, Officer},
    },
    store::{
        Db, StoreError, audit,
        catalogues::{self, InForce},
        idempotency, officers, roles,
    },
    workflows::context::Ctx,
};

pub use crate::store::roles::GrantError;

/// Makes an installation ready: the officer who acts is known, and a catalogue is in force.
///
/// # Errors
/// The store's.
pub async fn prepare(db: &Db, officer: &Officer, now: Timestamp) -> Result<(), StoreError> {
    let mut tx = db.write().await?;
    if officers::get(&mut tx, &officer.id).await?.is_none() {
        officers::insert(&mut tx, officer, now).await?;
    }
    if catalogues::imports(&mut tx).await?.is_empty() {
        let in_force = InForce { from: catalogues::BEGINNING, decision_number: None, by: None };
        catalogues::insert(&mut tx, &Catalogue::starting(), in_force, now).await?;
    }
    tx.commit().await
}

/// Forgets answers that were kept for requests that may come twice, once nobody may ask for them any more.
///
/// # Errors
/// The store's.
pub async fn forget_answers(ctx: &Ctx) -> Result<u64, StoreError> {
    let before = ctx.clock.now().checked_sub(idempotency::KEPT_FOR).unwrap_or(Timestamp::MIN);
    let mut tx = ctx.db.write().await?;
    let n_forgotten = idempotency::forget_before(&mut tx, before).await?;
    tx.commit().await?;
    Ok(n_forgotten)
}

/// Adds an officer.
///
/// # Errors
/// The store's.
pub async fn add_officer(ctx: &Ctx, by: &ActingOfficer, officer: &Officer) -> Result<(), StoreError> {
    let now = ctx.clock.now();
    let mut tx = ctx.db.write().await?;
    officers::insert(&mut tx, officer, now).await?;
    let event = AuditEvent {
        at: now,
        actor: Some(by.into()),
        action: Action::AddOfficer,
        object: ("officer", officer.id.to_string()),
        purpose: None,
        detail: None,
    };
    audit::append_change(&mut tx, &event, &Change::of(&(), officer)).await?;
    tx.commit().await
}

/// All officers.
///
/// # Errors
/// The store's.
pub async fn officers(ctx: &Ctx) -> Result<Vec<Officer>, StoreError> {
    let mut tx = ctx.db.read().await?;
    officers::list(&mut tx).await
}

/// Whether the trace is whole.
///
/// # Errors
/// The store's.
pub async fn verify_audit(ctx: &Ctx) -> Result<audit::AuditVerification, StoreError> {
    audit::verify(&ctx.db, &[]).await
}

/// Gives the service's role on PostgreSQL the rights that it needs, and none to rewrite the trace.
///
/// # Errors
/// [`GrantError`]; nothing has changed then.
pub async fn grant(ctx: &Ctx, role: &str) -> Result<(), GrantError> {
    roles::grant(&ctx.db, role).await
}
