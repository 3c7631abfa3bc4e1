//! One stored document in a form that others exchange; read with a purpose, and traced.

use serde_json::Value;

use crate::{
    domain::{
        code::DocumentTypeCode,
        event::{Action, AuditEvent},
        ids::RecordId,
        national::{Beside, Form, record_in},
        officer::Actor,
        record::StoredRecord,
    },
    store::{StoreError, audit, dossiers, papers},
    workflows::{
        browse::{self, BrowseError, Purpose},
        context::Ctx,
        intake, keep,
    },
};

/// The record in a form.
///
/// # Errors
/// [`BrowseError`].
pub async fn export(
    ctx: &Ctx,
    by: &Actor,
    id: &RecordId,
    form: Form,
    purpose: &Purpose,
) -> Result<Value, BrowseError> {
    let record = browse::record(ctx, by, id).await?;
    let beside =
        Beside { national_type: national_type(ctx, &record).await?, n_pages: n_pages(ctx, &record).await? };
    let event = AuditEvent {
        at: ctx.clock.now(),
        actor: Some(by.clone()),
        action: Action::ExportRecord,
        object: ("record", id.to_string()),
        purpose: Some(purpose.as_str().to_owned()),
        detail: Some(serde_json::json!({ "form": form.as_str() })),
    };
    let mut tx = ctx.db.write().await?;
    audit::append(&mut tx, &event).await?;
    tx.commit().await?;
    Ok(record_in(form, &record, &beside))
}

/// Mã kết quả of the national database, by the catalogue that the dossier was opened under.
async fn national_type(ctx: &Ctx, record: &StoredRecord) -> Result<Option<String>, StoreError> {
    let DocumentTypeCode::Result { procedure, .. } = &record.code.type_code else { return Ok(None) };
    let dossier = {
        let mut tx = ctx.db.read().await?;
        match papers::get(&mut tx, &record.paper).await? {
            Some(paper) => dossiers::get(&mut tx, &paper.dossier).await?,
            None => None,
        }
    };
    let Some(dossier) = dossier else { return Ok(None) };
    let catalogue = intake::catalogue_of(ctx, &dossier).await?;
    let results = catalogue.procedure(procedure).map(|procedure| procedure.results.as_slice());
    let result = results.unwrap_or_default().iter().find(|result| result.code == record.code.type_code);
    Ok(result.and_then(|result| result.national_result_code.as_ref()).map(ToString::to_string))
}

async fn n_pages(ctx: &Ctx, record: &StoredRecord) -> Result<Option<usize>, StoreError> {
    match &record.text {
        Some(text) => Ok(Some(keep::words_of(ctx, text).await?.pages.len())),
        None => Ok(None),
    }
}
