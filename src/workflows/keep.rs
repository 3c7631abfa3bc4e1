//! Writes the code on page one and keeps the paper in its owner's store (Điều 15 khoản 3, Điều 18).
//!
//! What was scanned is composed, or was composed and signed by the officer before; what arrived signed stays as it
//! came, byte for byte, with what may be appended. Bytes first, under their hash; then one transaction with record,
//! trace and change.

use crate::{
    domain::{
        code::DocumentCode,
        dossier::{Confirmation, ObjectRole, Paper, PaperObject, PaperState},
        event::{Action, AuditEvent},
        ids::{ContentHash, PaperId, RecordId},
        plan::PagePlan,
        record::{ChangeKind, SignatureState, StoredRecord},
        retention::Keeping,
        text::RecognisedText,
    },
    engines::{
        imaging::fault::ReadError,
        pdf::archive::Departure,
        reader::{ComposeOrder, Composed},
        signature::{order::VerifyOrder, seal::Level},
        stamp::{PreviousSignature, Stamped, Way},
    },
    store::{StoreError, audit, changes, papers, records, search},
    workflows::{
        agency, augment, browse,
        confirm::{Arrived, arrived},
        context::{Ctx, Spooled},
        digitise::{self, DigitiseError},
        intake, verify,
    },
};

/// What composed PDFs are built to, as the trace has it; checked by our own tests, certified by nobody.
const BUILT_TO: &str = "PDF/A-2b";

/// What the code is written on.
enum Base {
    /// Composed just now.
    Fresh(Composed),
    /// Composed and signed by the officer.
    Signed(Vec<u8>),
    /// As it arrived, signed.
    Arrived(Vec<u8>),
}

/// The PDF with the code, as it is kept.
struct Coded {
    object: PaperObject,
    way: Way,
    /// What earlier signatures were worth before and after.
    previous: Vec<PreviousSignature>,
    signature: SignatureState,
    /// Where it departs from PDF/A-2b; `None` where that was not looked at.
    departures: Option<Vec<Departure>>,
    /// How long the agency's signature can be proven.
    level: Option<Level>,
    /// Why the agency's signature is not there, or lower than was wanted.
    unsealed: Option<String>,
    /// How far signatures of ours came, and whether the agency's has to follow.
    lack: (Level, bool),
}

/// Composes the PDF where nobody signed one, fills in the code, adds the agency's signature, keeps all; safe to run
/// twice.
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
    let base = base(ctx, &paper, &confirmed).await?;
    let coded = coded(ctx, base, confirmed.on_page()).await?;
    store(ctx, &mut paper, *confirmed, coded).await
}

async fn base(ctx: &Ctx, paper: &Paper, confirmed: &Confirmation) -> Result<Base, DigitiseError> {
    if let Some(signed) = browse::objects(ctx, &paper.id, ObjectRole::Signed).await?.first() {
        return Ok(Base::Signed(ctx.bytes(&signed.hash).await?));
    }
    match arrived(ctx, paper).await? {
        Arrived::Signed { pdf, .. } => Ok(Base::Arrived(pdf)),
        Arrived::Unsigned => Ok(Base::Fresh(compose(ctx, paper, confirmed).await?)),
    }
}

/// The PDF of a scanned paper, with its two empty fields.
pub(super) async fn compose(
    ctx: &Ctx,
    paper: &Paper,
    confirmed: &Confirmation,
) -> Result<Composed, DigitiseError> {
    let originals = browse::objects(ctx, &paper.id, ObjectRole::Original).await?;
    let text = text_of(ctx, paper).await?;
    let words = words_of(ctx, &text).await?;
    let spooled = Spooled::write(&ctx.bytes_of(&originals).await?).map_err(DigitiseError::Spool)?;
    let plan = PagePlan::of_facts(&confirmed.checked.pages);
    let plan = plan.map_err(|_| StoreError::Corrupt { what: "pages of a paper" })?;
    let order = ComposeOrder {
        rotations: confirmed.checked.pages.iter().map(|p| p.rotation).collect(),
        text: words,
        title: confirmed.fields.document_name.clone(),
        fields: Some(confirmed.fields.clone()),
        created_at: confirmed.at,
    };
    let readers = ctx.readers.clone();
    let composed = tokio::task::spawn_blocking(move || readers.compose(&spooled.paths, Some(&plan), order));
    Ok(composed.await.map_err(|_| ReadError::Crashed)??)
}

/// The words that lie under a hash.
pub(super) async fn words_of(ctx: &Ctx, text: &ContentHash) -> Result<RecognisedText, StoreError> {
    let words = ctx.bytes(text).await?;
    serde_json::from_slice(&words).map_err(|_| StoreError::Corrupt { what: "words of a paper" })
}

async fn text_of(ctx: &Ctx, paper: &Paper) -> Result<ContentHash, StoreError> {
    let text = browse::objects(ctx, &paper.id, ObjectRole::Text).await?.into_iter().next();
    text.map(|object| object.hash).ok_or(StoreError::Corrupt { what: "words of a paper" })
}

/// The PDF with the code, by the way that it allows. What nobody signed needs nothing to judge signatures by: lists of
/// revocation are long, and would cross to the reading process for nothing.
pub(super) async fn stamped(
    ctx: &Ctx,
    pdf: Vec<u8>,
    code: &DocumentCode,
    judge: VerifyOrder,
) -> Result<Stamped, DigitiseError> {
    let (readers, key, code) = (ctx.readers.clone(), ctx.seal.clone(), code.clone());
    let stamped =
        tokio::task::spawn_blocking(move || agency::stamp(&readers, key.as_deref(), pdf, code, judge));
    Ok(stamped.await.map_err(|_| ReadError::Crashed)??)
}

async fn coded(ctx: &Ctx, base: Base, code: &DocumentCode) -> Result<Coded, DigitiseError> {
    let now = ctx.clock.now();
    let judge = match &base {
        Base::Fresh(_) => VerifyOrder::of_unsigned(now),
        Base::Signed(_) | Base::Arrived(_) => verify::order(ctx, now, None, None, None),
    };
    let (pdf, departures, by_officer, is_ours) = match base {
        Base::Fresh(composed) => (composed.pdf, Some(composed.departures), false, true),
        Base::Signed(pdf) => (pdf, None, true, true),
        Base::Arrived(pdf) => (pdf, None, false, false),
    };
    let stamped = stamped(ctx, pdf, code, judge).await?;
    let (way, previous) = (stamped.way, stamped.previous_signatures);
    let (mut pdf, mut sealed, mut unsealed, mut level) = (stamped.pdf, way == Way::SealSignature, None, None);
    if let Some(key) = ctx.seal.as_ref().filter(|_| is_ours) {
        match agency::seal(ctx, key, pdf.clone()).await {
            Ok(with_seal) => {
                (pdf, sealed, level) = (with_seal.pdf, true, Some(with_seal.reached));
                unsealed = with_seal.shortfall;
            }
            // The document is whole without it; the seal may follow.
            Err(error) => {
                tracing::warn!(%error, "the agency's signature was not added");
                unsealed = Some(error.to_string());
            }
        }
    }
    let signature = match (by_officer, sealed) {
        (true, true) => SignatureState::SignedAndSealed,
        (true, false) => SignatureState::Signed,
        (false, true) => SignatureState::Sealed,
        // A copy has none of the signatures that the original has.
        (false, false) if !is_ours && way != Way::DerivedCopy => SignatureState::SignedElsewhere,
        (false, false) => SignatureState::Unsigned,
    };
    // The code as the face of the agency's signature: no authority was asked for that.
    let reached = if way == Way::SealSignature { Level::Basic } else { level.unwrap_or(ctx.rules.level) };
    let lack = (reached, is_ours && ctx.seal.is_some() && level.is_none());
    let object = ctx.objects.put(pdf).await?.as_object(ObjectRole::Coded, 0, "application/pdf");
    Ok(Coded { object, way, previous, signature, departures, level, unsealed, lack })
}

async fn store(
    ctx: &Ctx,
    paper: &mut Paper,
    confirmed: Confirmation,
    coded: Coded,
) -> Result<(), DigitiseError> {
    let originals = browse::objects(ctx, &paper.id, ObjectRole::Original).await?;
    let text = text_of(ctx, paper).await?;
    let words = words_of(ctx, &text).await?;
    let dossier = digitise::dossier_of(ctx, paper).await?;
    let catalogue = intake::catalogue_of(ctx, &dossier).await?;
    let is_health = catalogue.is_health(&confirmed.code.type_code);
    let now = ctx.clock.now();
    let mut tx = ctx.db.write().await?;
    let record = StoredRecord {
        id: RecordId::new(),
        paper: paper.id.clone(),
        owner: confirmed.owner,
        code: confirmed.code,
        printed: confirmed.printed,
        fields: confirmed.fields,
        confirmed_by: confirmed.by,
        confirmed_at: confirmed.at,
        stored_at: now,
        coded: coded.object.hash.clone(),
        originals: originals.iter().map(|o| o.hash.clone()).collect(),
        text: Some(text),
        signature: coded.signature,
        revoked_at: None,
        keeping: Keeping::default(),
        unit: dossier.unit,
        is_health,
    };
    papers::add_object(&mut tx, &paper.id, &coded.object).await?;
    records::insert(&mut tx, &record).await?;
    search::put(&mut tx, &record, Some(&words)).await?;
    augment::note(ctx, &mut tx, &paper.id, coded.lack).await?;
    let next = PaperState::Stored { record: record.id.clone() };
    digitise::move_on(ctx, &mut tx, paper, next, None, None, None).await?;
    changes::append(&mut tx, &record.id, ChangeKind::Stored, now).await?;
    let is_built_to = coded.departures.as_ref().is_some_and(Vec::is_empty);
    let event = AuditEvent {
        at: now,
        actor: None,
        action: Action::StoreRecord,
        object: ("record", record.id.to_string()),
        purpose: None,
        detail: Some(serde_json::json!({
            "paper": paper.id, "coded": coded.object.hash, "way": coded.way, "previous_signatures": coded.previous, "signature": record.signature,
            "confirmed_by": record.confirmed_by,
            "built_to": is_built_to.then_some(BUILT_TO), "departures": coded.departures,
            "level": coded.level, "unsealed": coded.unsealed,
        })),
    };
    audit::append(&mut tx, &event).await?;
    tx.commit().await?;
    Ok(())
}
