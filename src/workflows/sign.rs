//! The officer signs what was scanned (Điều 15 khoản 2), with a token that may be anywhere: what is to be signed is
//! given out, the value is taken in, checked under the expected certificate and put into the PDF.
//!
//! A prepared signature survives a restart and expires. Nothing that was confirmed is lost when signing fails: the
//! paper goes back to `to_sign`.

use jiff::Timestamp;

use crate::{
    domain::{
        dossier::{Confirmation, ObjectRole, Paper, PaperObject, PaperState},
        event::Action,
        ids::{PaperId, SigningId},
        job::{Job, Urgency},
        officer::ActingOfficer,
        rights,
        signing::{CodeOrder, OfficerWay, PreparedSignature},
    },
    engines::{
        pdf::{AGENCY_FIELD, CODE_FIELD},
        reader::NotSealed,
        signature::{
            order::VerifyOrder,
            seal::{
                SealError,
                embed::Answer,
                key::{KeyError, SigningCertificate},
                prepare::{Field, Intent, Lock, Prepared, SealOrder},
            },
        },
    },
    store::{StoreError, jobs, papers},
    workflows::{
        agency, augment, browse,
        context::Ctx,
        digitise::{self, DigitiseError, move_on, objects_as, wrong_state},
        keep,
        seal::{self, SealFailure, Sealed},
    },
};

/// Name of the field of the officer's signature, which nobody sees.
const OFFICER_FIELD: &str = "ChuKyCongChuc";

/// Why nothing was signed; the paper waits as it did.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// The paper.
    #[error(transparent)]
    Paper(#[from] DigitiseError),
    /// The certificate may not sign.
    #[error(transparent)]
    Certificate(#[from] KeyError),
    /// The value that came in, or the PDF.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The PDF, or the reading process.
    #[error(transparent)]
    Failed(SealFailure),
    /// No signature of that id is prepared; it may have been given up for another.
    #[error("không có bản chuẩn bị ký này, có thể đã được chuẩn bị lại: chuẩn bị ký lại")]
    UnknownSigning,
    /// The time for it is over.
    #[error("bản chuẩn bị ký đã hết hạn: chuẩn bị ký lại, các trường đã xác nhận vẫn còn nguyên")]
    Expired,
    /// Another officer prepared it.
    #[error("bản này do công chức khác chuẩn bị ký")]
    OtherOfficer,
}

impl From<StoreError> for SignError {
    fn from(error: StoreError) -> Self {
        Self::Paper(error.into())
    }
}

impl From<SealFailure> for SignError {
    fn from(error: SealFailure) -> Self {
        match error {
            SealFailure::Key(error) => Self::Certificate(error),
            SealFailure::Seal(error) => Self::Seal(error),
            SealFailure::NotSealed(NotSealed::Unread(error)) => Self::Paper(error.into()),
            other => Self::Failed(other),
        }
    }
}

/// The officer's signature on what was scanned.
fn order_of(
    certificate: SigningCertificate,
    way: OfficerWay,
    at: Timestamp,
    expires_at: Timestamp,
) -> SealOrder {
    let intent = match way {
        OfficerWay::Certify => Intent::Certify,
        // The agency signs after the officer: its field has to stay open beside the code's.
        OfficerWay::Approve => {
            Intent::Approve(Lock::AllBut(vec![CODE_FIELD.to_owned(), AGENCY_FIELD.to_owned()]))
        }
    };
    let mut order = SealOrder::new(certificate, Field::Invisible(OFFICER_FIELD.to_owned()), intent, at);
    order.reason = Some("Số hóa giấy tờ (Điều 15 Quyết định 1917/QĐ-BLĐTBXH)".to_owned());
    order.expires_at = expires_at;
    order
}

/// What a token has to sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToSign {
    /// What the value is handed in under.
    pub id: SigningId,
    /// The signed attributes, DER: their signature with SHA-256 is the value.
    pub signed_attributes: Vec<u8>,
    /// SHA-256 of those, for tokens that sign digests.
    pub attributes_digest: [u8; 32],
    /// Until when the value is taken.
    pub expires_at: Timestamp,
}

/// What a token answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signed {
    /// The signature of the signed attributes.
    Value(Vec<u8>),
    /// A whole CMS.
    Cms(Vec<u8>),
}

/// Makes the PDF that the officer signs, ahead of his asking; safe to run twice.
///
/// # Errors
/// [`DigitiseError`].
pub async fn compose(ctx: &Ctx, id: &PaperId) -> Result<(), DigitiseError> {
    let paper = digitise::paper(ctx, id).await?;
    match &paper.state {
        PaperState::ToSign { confirmed } | PaperState::Signing { confirmed, .. } => {
            composed(ctx, &paper, confirmed).await.map(drop)
        }
        _ => Ok(()), // given up, or signed by now
    }
}

/// The PDF that is signed, made where it is not there yet.
async fn composed(ctx: &Ctx, paper: &Paper, confirmed: &Confirmation) -> Result<PaperObject, DigitiseError> {
    if let Some(kept) = browse::objects(ctx, &paper.id, ObjectRole::Composed).await?.into_iter().next() {
        return Ok(kept);
    }
    let composed = keep::compose(ctx, paper, confirmed).await?;
    let pdf = match ctx.rules.signing.code {
        CodeOrder::AfterSigning => composed.pdf,
        CodeOrder::BeforeSigning => {
            let judge = VerifyOrder::of_unsigned(ctx.clock.now());
            keep::stamped(ctx, composed.pdf, confirmed.on_page(), judge).await?.pdf
        }
    };
    let kept = ctx.objects.put(pdf).await?.as_object(ObjectRole::Composed, 0, "application/pdf");
    let mut tx = ctx.db.write().await?;
    // Two that compose at once keep the same bytes or the first one's.
    match objects_as(&mut tx, &paper.id, ObjectRole::Composed).await?.into_iter().next() {
        Some(first) => Ok(first),
        None => {
            papers::add_object(&mut tx, &paper.id, &kept).await?;
            tx.commit().await?;
            Ok(kept)
        }
    }
}

/// Prepares the officer's signature under `certificate`; an earlier preparation of this paper is given up by it.
///
/// # Errors
/// [`SignError`]; nothing has changed then.
pub async fn prepare(
    ctx: &Ctx,
    officer: &ActingOfficer,
    id: &PaperId,
    certificate: &[u8],
    chain: &[Vec<u8>],
) -> Result<ToSign, SignError> {
    let mut paper = digitise::paper_for(ctx, officer, id, rights::may_sign).await?;
    let confirmed = match &paper.state {
        PaperState::ToSign { confirmed } | PaperState::Signing { confirmed, .. } => confirmed.clone(),
        _ => return Err(wrong_state(&paper).into()),
    };
    let now = ctx.clock.now();
    let certificate = SigningCertificate::new(certificate, chain)?;
    certificate.check(now)?;
    let document = composed(ctx, &paper, &confirmed).await?;
    let rules = &ctx.rules.signing;
    let order = order_of(certificate, rules.officer_way, now, PreparedSignature::end_of(now, rules));
    let prepared = prepared(ctx, &document, order.clone()).await?;
    let signing = PreparedSignature {
        id: SigningId::new(),
        document: document.hash,
        order: serde_json::to_string(&order).expect("an order is plain data"),
        digest: hex(&prepared.digest),
        by: officer.officer.id.clone(),
        at: now,
        expires_at: prepared.expires_at,
    };
    let to_sign = ToSign {
        id: signing.id.clone(),
        attributes_digest: prepared.attributes_digest(),
        signed_attributes: prepared.signed_attributes,
        expires_at: signing.expires_at,
    };
    let next = PaperState::Signing { confirmed, prepared: Box::new(signing) };
    let mut tx = ctx.db.write().await?;
    move_on(ctx, &mut tx, &mut paper, next, Some(officer), Some(Action::PrepareSignature), None).await?;
    tx.commit().await.map_err(DigitiseError::from)?;
    Ok(to_sign)
}

/// The same order over the same document gives the same bytes.
async fn prepared(ctx: &Ctx, document: &PaperObject, order: SealOrder) -> Result<Prepared, SignError> {
    let bytes = ctx.bytes(&document.hash).await?;
    let prepared = agency::apart(ctx, async move |with| seal::prepare(&with, bytes, order)).await;
    Ok(prepared.map_err(DigitiseError::from)??)
}

/// With what a token answered, and a time stamp where there is a server for it.
async fn sealed(ctx: &Ctx, prepared: Prepared, signed: Signed) -> Result<Sealed, SignError> {
    let sealed = agency::apart(ctx, async move |with| {
        let answer = match &signed {
            Signed::Value(value) => Answer::Signature(value),
            Signed::Cms(cms) => Answer::Cms(cms),
        };
        seal::complete(&with, prepared, answer).await
    });
    Ok(sealed.await.map_err(DigitiseError::from)??)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Takes the value of a prepared signature; the paper goes on to its code.
///
/// # Errors
/// [`SignError`]: the paper still waits for the same signature, or for another where the time was over.
pub async fn complete(
    ctx: &Ctx,
    officer: &ActingOfficer,
    id: &PaperId,
    signing: &SigningId,
    signed: &Signed,
) -> Result<Paper, SignError> {
    let mut paper = digitise::paper_for(ctx, officer, id, rights::may_sign).await?;
    let (confirmed, waiting) = match &paper.state {
        PaperState::Signing { confirmed, prepared } => (confirmed.clone(), prepared.clone()),
        PaperState::ToSign { .. } => return Err(SignError::UnknownSigning),
        _ => return Err(wrong_state(&paper).into()),
    };
    if waiting.id != *signing {
        return Err(SignError::UnknownSigning);
    }
    if waiting.by != officer.officer.id {
        return Err(SignError::OtherOfficer);
    }
    let now = ctx.clock.now();
    if waiting.is_over(now) {
        back(ctx, &mut paper, None, confirmed).await?;
        return Err(SignError::Expired);
    }
    let corrupt = StoreError::Corrupt { what: "a prepared signature" };
    let order: SealOrder = serde_json::from_str(&waiting.order).map_err(|_| corrupt)?;
    let document = browse::objects(ctx, id, ObjectRole::Composed)
        .await?
        .into_iter()
        .find(|object| object.hash == waiting.document)
        .ok_or(StoreError::Corrupt { what: "the PDF of a prepared signature" })?;
    let prepared = prepared(ctx, &document, order).await?;
    if hex(&prepared.digest) != waiting.digest {
        // Another version of the program prepares otherwise; the officer signs once more.
        back(ctx, &mut paper, None, confirmed).await?;
        return Err(SignError::Seal(SealError::Altered));
    }
    let sealed = sealed(ctx, prepared, signed.clone()).await?;
    let kept = ctx.objects.put(sealed.pdf).await?.as_object(ObjectRole::Signed, 0, "application/pdf");
    let detail = serde_json::json!({ "level": sealed.reached, "shortfall": sealed.shortfall });
    let mut tx = ctx.db.write().await?;
    papers::add_object(&mut tx, &paper.id, &kept).await?;
    augment::note(ctx, &mut tx, &paper.id, (sealed.reached, false)).await?;
    let next = PaperState::ToCode { confirmed };
    move_on(ctx, &mut tx, &mut paper, next, Some(officer), Some(Action::SignPaper), Some(detail)).await?;
    jobs::enqueue(&mut tx, &Job::WriteCode { paper: paper.id.clone() }, now, Urgency::Desk).await?;
    tx.commit().await.map_err(DigitiseError::from)?;
    Ok(paper)
}

/// Gives a prepared signature up; the paper waits for another.
///
/// # Errors
/// [`SignError::UnknownSigning`] where another one is prepared meanwhile.
pub async fn give_up(
    ctx: &Ctx,
    officer: &ActingOfficer,
    id: &PaperId,
    signing: &SigningId,
) -> Result<Paper, SignError> {
    let mut paper = digitise::paper_for(ctx, officer, id, rights::may_sign).await?;
    let confirmed = match &paper.state {
        PaperState::Signing { confirmed, prepared } if prepared.id == *signing => confirmed.clone(),
        PaperState::Signing { .. } | PaperState::ToSign { .. } => return Err(SignError::UnknownSigning),
        _ => return Err(wrong_state(&paper).into()),
    };
    back(ctx, &mut paper, Some(officer), confirmed).await?;
    Ok(paper)
}

async fn back(
    ctx: &Ctx,
    paper: &mut Paper,
    officer: Option<&ActingOfficer>,
    confirmed: Box<Confirmation>,
) -> Result<(), DigitiseError> {
    let mut tx = ctx.db.write().await?;
    let next = PaperState::ToSign { confirmed };
    move_on(ctx, &mut tx, paper, next, officer, Some(Action::GiveUpSignature), None).await?;
    Ok(tx.commit().await?)
}
