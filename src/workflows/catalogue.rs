//! Versions of the Danh mục (Điều 20 khoản 3–4): looked at beside the one they would replace, put in force from a day on by
//! a decision, and read as of a day. A file with one fault is refused whole; dossiers keep the version they were opened
//! under.

use jiff::{ToSpan, civil::Date};
use serde::Serialize;

use crate::{
    clock::day_in_vietnam,
    domain::{
        catalogue::{Catalogue, CatalogueFaults, Difference},
        event::{Action, AuditEvent, Change},
        ids::{ContentHash, DocumentNumber},
        officer::ActingOfficer,
        rights::{self, Denied},
    },
    store::{
        StoreError, audit,
        catalogues::{self, CatalogueImport, CatalogueVersion, InForce},
    },
    workflows::context::Ctx,
};

/// Years from today into which a catalogue may be put in force: what lies farther is a slip of the pen.
const YEARS_AHEAD: i16 = 5;

/// What is asked of an import.
#[derive(Debug, Clone, Default)]
pub struct ImportOrder {
    /// The first day on which it holds; today when nobody says.
    pub effective_on: Option<Date>,
    /// Number and symbol of the decision.
    pub decision_number: Option<String>,
    /// Whether to put it in force; otherwise nothing is kept.
    pub puts_in_force: bool,
    /// The version that the differences were seen against: another one in its place since stops the import.
    pub instead_of: Option<ContentHash>,
}

/// What an import does, or would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ImportReport {
    /// The version's hash.
    pub version: ContentHash,
    /// Procedures in it.
    pub n_procedures: usize,
    /// Components in it.
    pub n_components: usize,
    /// The first day on which it holds.
    pub effective_on: Date,
    /// The last day, where a version that holds from a later day is known.
    pub effective_until: Option<Date>,
    /// The decision.
    pub decision_number: Option<String>,
    /// The version that was in force on its first day.
    pub instead_of: Option<ContentHash>,
    /// Whether that is the same: nothing to do.
    pub is_known: bool,
    /// Whether it was put in force by this act.
    pub is_imported: bool,
    /// In what it differs from the one it replaces.
    pub differences: Vec<Difference>,
}

/// Why a catalogue was not imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Refused whole.
    #[error(transparent)]
    Faults(#[from] CatalogueFaults),
    /// The decision is named by something else than a number and symbol.
    #[error("số, ký hiệu quyết định không đúng mẫu, như 1917/QĐ-BLĐTBXH")]
    Decision,
    /// Nobody puts a catalogue in force so far off.
    #[error(
        "ngày có hiệu lực phải từ năm 2000 và không quá {YEARS_AHEAD} năm kể từ hôm nay: kiểm tra lại năm"
    )]
    Day,
    /// Somebody else imported one meanwhile.
    #[error("vừa có Danh mục khác được nhập: xem lại các điểm khác rồi nhập")]
    Stale,
    /// The right is not theirs.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Looks at a catalogue beside the one that it would replace, and puts it in force where that is ordered.
///
/// # Errors
/// [`ImportError`]; nothing is kept then.
pub async fn import(
    ctx: &Ctx,
    officer: &ActingOfficer,
    text: &str,
    order: &ImportOrder,
) -> Result<ImportReport, ImportError> {
    rights::may_import_catalogue(officer)?;
    let now = ctx.clock.now();
    let effective_on =
        is_near(order.effective_on.unwrap_or_else(|| day_in_vietnam(now)), day_in_vietnam(now))?;
    let decision = order.decision_number.as_deref().map(str::trim).filter(|text| !text.is_empty());
    let decision = decision.map(DocumentNumber::parse).transpose().map_err(|_| ImportError::Decision)?;
    let catalogue = Catalogue::parse(text)?;
    let (version, _) = catalogues::canonical(&catalogue)?;
    let mut tx = if order.puts_in_force { ctx.db.write().await? } else { ctx.db.read().await? };
    if order.puts_in_force {
        catalogues::lock(&mut tx).await?;
    }
    let before = catalogues::in_force(&mut tx, effective_on).await?;
    let instead_of = before.as_ref().map(|before| before.import.hash.clone());
    if order.instead_of.is_some() && order.instead_of != instead_of {
        return Err(ImportError::Stale);
    }
    let later = catalogues::imports(&mut tx).await?.into_iter().map(|import| import.effective_on);
    let next = later.filter(|day| *day > effective_on).min();
    let mut report = ImportReport {
        n_procedures: catalogue.procedures.len(),
        n_components: catalogue.procedures.iter().map(|procedure| procedure.components.len()).sum(),
        effective_on,
        effective_until: next.and_then(|day| day.yesterday().ok()),
        decision_number: decision.as_ref().map(ToString::to_string),
        is_known: instead_of.as_ref() == Some(&version),
        is_imported: false,
        differences: before.map_or_else(Vec::new, |before| catalogue.differences_from(&before.catalogue)),
        version,
        instead_of,
    };
    if order.puts_in_force && !report.is_known {
        let decision_number = report.decision_number.as_deref();
        let in_force = InForce { from: effective_on, decision_number, by: Some(&officer.officer.id) };
        catalogues::insert(&mut tx, &catalogue, in_force, now).await?;
        let event = AuditEvent {
            at: now,
            actor: Some(officer.into()),
            action: Action::ImportCatalogue,
            object: ("catalogue", report.version.to_string()),
            purpose: None,
            detail: Some(serde_json::json!({
                "effective_on": effective_on, "decision_number": decision_number,
                "n_differences": report.differences.len(),
            })),
        };
        audit::append_change(&mut tx, &event, &Change::of(&report.instead_of, &report.version)).await?;
        tx.commit().await?;
        report.is_imported = true;
    }
    Ok(report)
}

fn is_near(day: Date, today: Date) -> Result<Date, ImportError> {
    let last = today.saturating_add(YEARS_AHEAD.years());
    if day.year() >= 2000 && day <= last { Ok(day) } else { Err(ImportError::Day) }
}

/// The catalogue in force on a day, with the procedures that are in force on it alone; `None` before there was one.
///
/// # Errors
/// The store's.
pub async fn on(ctx: &Ctx, day: Date) -> Result<Option<CatalogueVersion>, StoreError> {
    let mut tx = ctx.db.read().await?;
    let mut version = catalogues::in_force(&mut tx, day).await?;
    if let Some(version) = &mut version {
        version.catalogue.procedures.retain(|procedure| procedure.is_in_force_on(day));
    }
    Ok(version)
}

/// Every version that was imported, the one that holds from the latest day first.
///
/// # Errors
/// The store's.
pub async fn versions(ctx: &Ctx) -> Result<Vec<CatalogueImport>, StoreError> {
    let mut tx = ctx.db.read().await?;
    catalogues::imports(&mut tx).await
}
