//! Makes up what signatures of stored documents lacked when they were made: a time stamp or data for checking later,
//! because an authority could not be reached, or the agency's signature, because its key could not be used.
//!
//! A document's file only grows by it, and what is written is kept when every signature is worth what it was. Source:
//! QĐ 1917/QĐ-BLĐTBXH, Điều 15; EN 319 142-1, section 6.

use jiff::{SignedDuration, Timestamp};

use crate::{
    domain::{
        dossier::ObjectRole,
        event::{Action, AuditEvent},
        ids::PaperId,
        record::{ChangeKind, SignatureState, StoredRecord},
    },
    engines::{
        imaging::fault::ReadError,
        signature::{
            seal::Level,
            verdict::{Integrity, SignatureReport},
        },
        stamp::{self, PreviousSignature},
    },
    store::{
        StoreError, Tx, audit,
        augmentations::{self, Lack},
        changes, papers, records,
    },
    workflows::{
        agency, browse,
        context::Ctx,
        seal::{self, SealFailure, Sealed},
        verify,
    },
};

/// When it is tried for the first time, and by how much longer each time after.
const FIRST: SignedDuration = SignedDuration::from_mins(5);
/// How long at most until the next try: authorities are away for days, not for ever.
const LONGEST: SignedDuration = SignedDuration::from_hours(6);

/// Why nothing was made up yet; the document is as it was, and it is tried again.
#[derive(Debug, thiserror::Error)]
pub enum NotAugmented {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A reading process failed.
    #[error(transparent)]
    Unread(#[from] ReadError),
    /// The file could not be signed or added to.
    #[error(transparent)]
    Seal(#[from] SealFailure),
    /// An authority or the key is still out of reach; why.
    #[error("{0}")]
    Unreachable(String),
    /// A signature would be worth less than it was: nothing was kept.
    #[error("tệp sau khi bổ sung không chứng minh được các chữ ký có trước còn nguyên giá trị")]
    NotProven,
}

/// Notes in the transaction that keeps a paper how far its signatures came; nothing where that is what is wanted.
pub(super) async fn note(
    ctx: &Ctx,
    tx: &mut Tx,
    paper: &PaperId,
    (reached, lacks_seal): (Level, bool),
) -> Result<(), StoreError> {
    if reached >= ctx.rules.level && !lacks_seal {
        return Ok(());
    }
    let due = after(ctx.clock.now(), 0);
    augmentations::note(tx, paper, (reached.rank(), lacks_seal), due).await
}

/// Makes up what one document lacks that is due; `None` when none is.
///
/// # Errors
/// The store's, where it can't be looked for one.
pub async fn next(ctx: &Ctx) -> Result<Option<Result<(), NotAugmented>>, StoreError> {
    let now = ctx.clock.now();
    let Some(lack) = augmentations::claim(&ctx.db, now, |n_before| after(now, n_before + 1)).await? else {
        return Ok(None);
    };
    Ok(Some(augment(ctx, &lack).await))
}

fn after(now: Timestamp, n_tries: u32) -> Timestamp {
    let wait = FIRST.checked_mul(1 << n_tries.min(10)).unwrap_or(LONGEST).min(LONGEST);
    now.saturating_add(wait).unwrap_or(Timestamp::MAX)
}

async fn augment(ctx: &Ctx, lack: &Lack) -> Result<(), NotAugmented> {
    let Some(record) = document(ctx, &lack.paper).await? else { return settled(ctx, &lack.paper).await };
    let pdf = ctx.bytes(&record.coded).await?;
    let grown = grown(ctx, lack, pdf.clone()).await?;
    if grown.pdf.len() == pdf.len() {
        if grown.lacks_nothing(ctx) {
            return settled(ctx, &lack.paper).await;
        }
        return Err(NotAugmented::Unreachable(grown.shortfall.unwrap_or_default()));
    }
    let before = verify::as_stored(ctx, &record, pdf).await?.signatures;
    let after = verify::as_stored(ctx, &record, grown.pdf.clone()).await?.signatures;
    let is_new = |one: &&SignatureReport| before.iter().all(|old| old.field != one.field);
    let are_intact = after.iter().filter(is_new).all(|one| one.integrity == Integrity::Intact);
    let previous = stamp::compare(&before, &after).filter(|_| are_intact).ok_or(NotAugmented::NotProven)?;
    keep(ctx, lack, &record, grown, previous).await
}

/// The document that the paper has become, where its file is still there.
async fn document(ctx: &Ctx, paper: &PaperId) -> Result<Option<StoredRecord>, StoreError> {
    let mut tx = ctx.db.read().await?;
    let Some(id) = records::of_paper(&mut tx, paper).await? else { return Ok(None) };
    let record = records::get(&mut tx, &id).await?;
    Ok(record.filter(|record| record.keeping.erased_at.is_none()))
}

/// The file with what could be made up.
struct Grown {
    pdf: Vec<u8>,
    /// The lowest level among its signatures.
    reached: Level,
    lacks_seal: bool,
    has_new_seal: bool,
    /// Why it is not more.
    shortfall: Option<String>,
}

impl Grown {
    fn lacks_nothing(&self, ctx: &Ctx) -> bool {
        self.reached >= ctx.rules.level && !self.lacks_seal
    }
}

async fn grown(ctx: &Ctx, lack: &Lack, pdf: Vec<u8>) -> Result<Grown, NotAugmented> {
    // A key that was taken away is not waited for.
    let key = ctx.seal.as_ref().filter(|_| lack.seal);
    let reached = Level::of_rank(lack.reached);
    let mut grown = Grown { pdf, reached, lacks_seal: key.is_some(), has_new_seal: false, shortfall: None };
    if let Some(key) = key {
        match agency::seal(ctx, key, grown.pdf.clone()).await {
            Ok(sealed) => {
                (grown.pdf, grown.lacks_seal, grown.has_new_seal) = (sealed.pdf, false, true);
                grown.reached = grown.reached.min(sealed.reached);
            }
            Err(error) => grown.shortfall = Some(error.to_string()),
        }
    }
    if grown.reached < ctx.rules.level {
        let extended = extend(ctx, grown.pdf.clone()).await?;
        if extended.reached > grown.reached {
            (grown.pdf, grown.reached) = (extended.pdf, extended.reached);
        }
        grown.shortfall = extended.shortfall.or(grown.shortfall);
    }
    Ok(grown)
}

async fn extend(ctx: &Ctx, pdf: Vec<u8>) -> Result<Sealed, NotAugmented> {
    Ok(agency::apart(ctx, async move |with| seal::extend(&with, pdf).await).await??)
}

async fn keep(
    ctx: &Ctx,
    lack: &Lack,
    record: &StoredRecord,
    grown: Grown,
    previous: Vec<PreviousSignature>,
) -> Result<(), NotAugmented> {
    let signature = match record.signature {
        SignatureState::Unsigned if grown.has_new_seal => SignatureState::Sealed,
        SignatureState::Signed if grown.has_new_seal => SignatureState::SignedAndSealed,
        as_it_was => as_it_was,
    };
    let lacks_nothing = grown.lacks_nothing(ctx);
    // The earlier file keeps its row: whoever erases the document finds both.
    let files = browse::objects(ctx, &record.paper, ObjectRole::Coded).await?;
    let ordinal = files.iter().map(|file| file.ordinal + 1).max().unwrap_or(0);
    let object = ctx.objects.put(grown.pdf).await?.as_object(ObjectRole::Coded, ordinal, "application/pdf");
    let now = ctx.clock.now();
    let mut tx = ctx.db.write().await?;
    records::grow(&mut tx, record, &object.hash, signature).await?;
    papers::add_object(&mut tx, &record.paper, &object).await?;
    if lacks_nothing {
        augmentations::settle(&mut tx, &lack.paper).await?;
    } else {
        augmentations::raise(&mut tx, &lack.paper, (grown.reached.rank(), grown.lacks_seal)).await?;
    }
    changes::append(&mut tx, &record.id, ChangeKind::Augmented, now).await?;
    let event = AuditEvent {
        at: now,
        actor: None,
        action: Action::AugmentSignatures,
        object: ("record", record.id.to_string()),
        purpose: None,
        detail: Some(serde_json::json!({
            "paper": record.paper, "before": record.coded, "coded": object.hash, "signature": signature,
            "previous_signatures": previous, "level": grown.reached, "shortfall": grown.shortfall,
        })),
    };
    audit::append(&mut tx, &event).await?;
    Ok(tx.commit().await?)
}

async fn settled(ctx: &Ctx, paper: &PaperId) -> Result<(), NotAugmented> {
    let mut tx = ctx.db.write().await?;
    augmentations::settle(&mut tx, paper).await?;
    Ok(tx.commit().await?)
}
