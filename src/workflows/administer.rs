//! Officers, catalogue and the trace, for those who run an installation.

use jiff::Timestamp;

use crate::{
    domain::{
        catalogue::{Catalogue, CatalogueFaults},
        event::{Action, AuditEvent, Change},
        ids::ContentHash,
        officer::{ActingOfficer, Officer},
    },
    store::{Db, StoreError, audit, catalogues, idempotency, officers, roles},
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
    if catalogues::current(&mut tx, now).await?.is_none() {
        catalogues::insert(&mut tx, &Catalogue::starting(), None, None, now).await?;
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

/// What an import did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The version's hash.
    pub version: ContentHash,
    /// Procedures in it.
    pub n_procedures: usize,
    /// Whether it was in force already.
    pub is_known: bool,
}

/// Why a catalogue was not imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Refused whole.
    #[error(transparent)]
    Faults(#[from] CatalogueFaults),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Takes a catalogue as the one in force (Điều 20 khoản 3–4); refused whole when anything is wrong.
///
/// # Errors
/// [`ImportError`].
pub async fn import_catalogue(
    ctx: &Ctx,
    officer: &ActingOfficer,
    text: &str,
) -> Result<Imported, ImportError> {
    let catalogue = Catalogue::parse(text)?;
    let (version, _) = catalogues::canonical(&catalogue)?;
    let now = ctx.clock.now();
    let mut tx = ctx.db.write().await?;
    let before = catalogues::current(&mut tx, now).await?.map(|current| current.hash);
    let is_known = before.as_ref() == Some(&version);
    if !is_known {
        catalogues::insert(&mut tx, &catalogue, None, Some(&officer.officer.id), now).await?;
        let event = AuditEvent {
            at: now,
            actor: Some(officer.into()),
            action: Action::ImportCatalogue,
            object: ("catalogue", version.to_string()),
            purpose: None,
            detail: None,
        };
        let change = Change::of(&before, &version);
        audit::append_change(&mut tx, &event, &change).await?;
        tx.commit().await?;
    }
    Ok(Imported { version, n_procedures: catalogue.procedures.len(), is_known })
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
