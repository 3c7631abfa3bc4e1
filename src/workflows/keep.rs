//! Writes the code on page one and keeps the paper in its owner's store (Điều 15 khoản 3, Điều 18).
//!
//! Bytes first, under their hash; then one transaction with record, trace and change.

use crate::{
    domain::{
        dossier::{Confirmation, ObjectRole, Paper, PaperObject, PaperState},
        event::{Action, AuditEvent},
        ids::{ContentHash, PaperId, RecordId},
        plan::PagePlan,
        record::{ChangeKind, SignatureState, StoredRecord},
        text::RecognisedText,
    },
    engines::{
        imaging::fault::ReadError,
        pdf::archive::Departure,
        reader::ComposeOrder,
        stamp::{Stamped, Way},
    },
    store::{StoreError, audit, changes, papers, records},
    workflows::{
        context::{Ctx, Spooled},
        digitise::{self, DigitiseError},
    },
};

/// What composed PDFs are built to, as the trace has it; checked by our own tests, certified by nobody.
const BUILT_TO: &str = "PDF/A-2b";

/// Composes the PDF, fills in the code, keeps all; safe to run twice.
///
/// # Errors
/// [`DigitiseError`]; the paper then still stands at `to_code`.
pub async fn write_code(ctx: &Ctx, id: &PaperId) -> Result<(), DigitiseError> {
    let mut paper = digitise::paper(ctx, id).await?;
    let confirmed = match &paper.state {
        PaperState::ToCode { confirmed } => confirmed.clone(),
        PaperState::Stored { .. } => return Ok(()), // done by an earlier run
        _ => return Err(digitise::wrong_state(&paper)),
    };
    let (originals, text) = {
        let mut tx = ctx.db.read().await?;
        let originals = digitise::objects_as(&mut tx, &paper.id, ObjectRole::Original).await?;
        (originals, digitise::objects_as(&mut tx, &paper.id, ObjectRole::Text).await?)
    };
    let text = text.first().ok_or(StoreError::Corrupt { what: "words of a paper" })?.clone();
    let (stamped, departures) = compose(ctx, &confirmed, &originals, &text).await?;
    let way = stamped.way;
    let kept = ctx.objects.put(stamped.pdf).await?;
    let coded = Coded { object: kept.as_object(ObjectRole::Coded, 0, "application/pdf"), way, departures };
    store(ctx, &mut paper, *confirmed, &originals, text.hash, coded).await
}

/// The PDF with the code, as it is kept.
struct Coded {
    object: PaperObject,
    way: Way,
    /// Where it departs from PDF/A-2b; without any it was built to it.
    departures: Vec<Departure>,
}

async fn compose(
    ctx: &Ctx,
    confirmed: &Confirmation,
    originals: &[PaperObject],
    text: &PaperObject,
) -> Result<(Stamped, Vec<Departure>), DigitiseError> {
    let words = ctx.bytes(&text.hash).await?;
    let words: RecognisedText =
        serde_json::from_slice(&words).map_err(|_| StoreError::Corrupt { what: "words of a paper" })?;
    let spooled = Spooled::write(&ctx.bytes_of(originals).await?).map_err(DigitiseError::Spool)?;
    let rotations: Vec<u16> = confirmed.checked.pages.iter().map(|p| p.rotation).collect();
    let plan = PagePlan::of_facts(&confirmed.checked.pages);
    let plan = plan.map_err(|_| StoreError::Corrupt { what: "pages of a paper" })?;
    let code = confirmed.code.clone();
    let order = ComposeOrder {
        rotations,
        text: words,
        title: confirmed.fields.document_name.clone(),
        fields: Some(confirmed.fields.clone()),
        created_at: confirmed.at,
    };
    let readers = ctx.readers.clone();
    tokio::task::spawn_blocking(move || {
        let composed = readers.compose(&spooled.paths, Some(&plan), order)?;
        Ok::<_, DigitiseError>((readers.stamp(composed.pdf, &code)?, composed.departures))
    })
    .await
    .map_err(|_| ReadError::Crashed)?
}

async fn store(
    ctx: &Ctx,
    paper: &mut Paper,
    confirmed: Confirmation,
    originals: &[PaperObject],
    text: ContentHash,
    coded: Coded,
) -> Result<(), DigitiseError> {
    let now = ctx.clock.now();
    let mut tx = ctx.db.write().await?;
    let record = StoredRecord {
        id: RecordId::new(),
        paper: paper.id.clone(),
        owner: confirmed.owner,
        code: confirmed.code,
        fields: confirmed.fields,
        confirmed_by: confirmed.by,
        confirmed_at: confirmed.at,
        stored_at: now,
        coded: coded.object.hash.clone(),
        originals: originals.iter().map(|o| o.hash.clone()).collect(),
        text: Some(text),
        signature: SignatureState::Unsigned,
        revoked_at: None,
    };
    papers::add_object(&mut tx, &paper.id, &coded.object).await?;
    records::insert(&mut tx, &record).await?;
    let next = PaperState::Stored { record: record.id.clone() };
    digitise::move_on(ctx, &mut tx, paper, next, None, None, None).await?;
    changes::append(&mut tx, &record.id, ChangeKind::Stored, now).await?;
    let event = AuditEvent {
        at: now,
        officer: None,
        action: Action::StoreRecord,
        object: ("record", record.id.to_string()),
        purpose: None,
        detail: Some(serde_json::json!({
            "paper": paper.id, "coded": coded.object.hash, "way": coded.way, "signature": record.signature,
            "confirmed_by": record.confirmed_by,
            "built_to": coded.departures.is_empty().then_some(BUILT_TO), "departures": coded.departures,
        })),
    };
    audit::append(&mut tx, &event).await?;
    tx.commit().await?;
    Ok(())
}
