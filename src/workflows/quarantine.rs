//! Secret papers (Điều 5 khoản 1): set apart as soon as they are found, erased by an officer's act within
//! 24 hours. Which have to be erased soon is told; nothing here erases by itself.

use jiff::SignedDuration;

use crate::{
    domain::{
        dossier::{EraseTerm, ObjectRole, Paper, PaperObject, PaperState},
        eligibility::Clause,
        event::Action,
        ids::{DossierId, PaperId},
        officer::{ActingOfficer, stated},
        rights,
    },
    store::{StoreError, Tx, papers, plans, prints, quarantine as apart, rotation},
    workflows::{
        access,
        context::Ctx,
        digitise::{DigitiseError, move_on, objects_as, paper_for, trace, wrong_state},
    },
};

/// What is left of a term when it is said that it ends soon.
const NEAR: SignedDuration = SignedDuration::from_hours(4);
/// Papers that are looked at in one go.
const AT_ONCE: u32 = 200;

/// Sets a secret paper apart: its bytes are sealed and the plain ones erased; no words, no picture, nothing
/// to know it again by.
///
/// Other papers of the same files (a batch that was split, a paper scanned into another) go with it:
/// the secret lies in their bytes too. What is stored or has its code already stays; the trace says so.
pub(super) async fn set_apart(ctx: &Ctx, paper: Paper) -> Result<(), DigitiseError> {
    let (objects, others) = {
        let mut tx = ctx.db.read().await?;
        let originals = objects_as(&mut tx, &paper.id, ObjectRole::Original).await?;
        let hashes: Vec<_> = originals.iter().map(|o| o.hash.clone()).collect();
        let mut others = Vec::new();
        for other in plans::sharers(&mut tx, &paper.id, &hashes).await? {
            let other = papers::get(&mut tx, &other).await?.ok_or(DigitiseError::UnknownPaper)?;
            let objects = papers::objects(&mut tx, &other.id).await?;
            others.push((other, objects));
        }
        // Also the words of an earlier reading, of fewer pages.
        (papers::objects(&mut tx, &paper.id).await?, others)
    };
    let mut plain = objects.clone();
    let mut tx = ctx.db.write().await?;
    let keeping: Vec<PaperId> =
        others.iter().filter(|(p, _)| p.state.has_code()).map(|(p, _)| p.id.clone()).collect();
    let detail = (!others.is_empty()).then(|| {
        let of_the_file: Vec<_> = others.iter().map(|(p, _)| p.id.clone()).collect();
        serde_json::json!({ "before": paper.state.name(), "after": "quarantined",
                            "same_files": of_the_file, "still_kept_by": keeping })
    });
    seal(ctx, &mut tx, paper, &objects, detail).await?;
    for (other, objects) in others {
        if !other.state.has_code() {
            plain.extend(objects.iter().cloned());
            seal(ctx, &mut tx, other, &objects, None).await?;
        }
    }
    erase_unreferenced(ctx, tx, &plain).await
}

/// Seals the originals of one paper; of its other objects nothing is kept.
async fn seal(
    ctx: &Ctx,
    tx: &mut Tx,
    mut paper: Paper,
    objects: &[PaperObject],
    detail: Option<serde_json::Value>,
) -> Result<(), DigitiseError> {
    let mut sealed = Vec::new();
    for object in objects.iter().filter(|o| o.role == ObjectRole::Original) {
        let bytes = ctx.bytes(&object.hash).await?;
        let kept = ctx.objects.put(apart::seal(tx, &paper.id, &bytes)?).await?;
        sealed.push(kept.as_object(ObjectRole::Quarantined, object.ordinal, "application/octet-stream"));
    }
    apart::replace_objects(tx, &paper.id, &sealed).await?;
    prints::forget(tx, &paper.id).await?;
    if paper.state.is_final() {
        return trace(ctx, tx, None, Action::QuarantinePaper, &paper.id, detail).await;
    }
    let next = PaperState::Quarantined { at: ctx.clock.now() };
    move_on(ctx, tx, &mut paper, next, None, Some(Action::QuarantinePaper), detail).await
}

/// Erases the sealed bytes of a secret paper, by an officer's act and with his reason; what is left is that
/// it was there, in the trace. Due within 24 hours.
///
/// # Errors
/// [`DigitiseError::NoReason`], [`DigitiseError::WrongState`] or the store's.
pub async fn erase(
    ctx: &Ctx,
    officer: &ActingOfficer,
    id: &PaperId,
    reason: &str,
) -> Result<Paper, DigitiseError> {
    let mut paper = paper_for(ctx, officer, id, rights::may_erase).await?;
    let reason = stated(reason).ok_or(DigitiseError::NoReason)?;
    let PaperState::Quarantined { at } = paper.state else { return Err(wrong_state(&paper)) };
    let mut tx = ctx.db.write().await?;
    let sealed = papers::objects(&mut tx, &paper.id).await?;
    apart::replace_objects(&mut tx, &paper.id, &[]).await?;
    let now = ctx.clock.now();
    let next = PaperState::Refused {
        // Sealed with the state: an officer's words may name somebody.
        reason: format!("Giấy tờ có dấu chỉ độ mật: không số hóa, bản quét đã được xóa ({reason})."),
        clause: Some(Clause::SECRET),
        at: now,
    };
    let detail = serde_json::json!({ "before": paper.state.name(), "after": "refused", "set_apart_at": at,
                                     "n_files": sealed.len() });
    move_on(ctx, &mut tx, &mut paper, next, Some(officer), Some(Action::EraseQuarantined), Some(detail))
        .await?;
    erase_unreferenced(ctx, tx, &sealed).await?;
    Ok(paper)
}

/// Commits, then deletes the bytes of `objects` that no paper has any more; not while they are being sealed anew.
async fn erase_unreferenced(ctx: &Ctx, mut tx: Tx, objects: &[PaperObject]) -> Result<(), DigitiseError> {
    let mut erasable = Vec::new();
    for object in objects {
        if !apart::is_referenced(&mut tx, &object.hash).await? {
            erasable.push(&object.hash);
        }
    }
    tx.commit().await?;
    if !erasable.is_empty() {
        let mut tx = ctx.db.write().await?;
        rotation::hold(&mut tx).await?;
        for hash in erasable {
            ctx.objects.delete(hash).await?;
        }
        tx.commit().await?;
    }
    Ok(())
}

/// A secret paper whose bytes are still here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetApart {
    /// Which.
    pub paper: PaperId,
    /// Its dossier.
    pub dossier: DossierId,
    /// When its bytes have to be erased.
    pub term: EraseTerm,
}

/// Secret papers whose bytes wait to be erased; no personal data.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Waiting {
    /// Their term is over; the longest over first.
    pub over: Vec<SetApart>,
    /// Their term ends within four hours; the one that ends first first.
    pub near: Vec<SetApart>,
    /// How many others there are.
    pub n_others: usize,
}

/// The secret papers whose bytes are still here, by what is left of their terms: those that `officer` may erase, or
/// all of them.
///
/// # Errors
/// [`StoreError`].
pub async fn waiting(ctx: &Ctx, officer: Option<&ActingOfficer>) -> Result<Waiting, StoreError> {
    let now = ctx.clock.now();
    let mut found = Waiting::default();
    let mut after: Option<PaperId> = None;
    let mut tx = ctx.db.read().await?;
    loop {
        let page = papers::in_state(&mut tx, "quarantined", after.as_ref(), AT_ONCE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.id.clone());
        for paper in page {
            let Some(term) = paper.state.erase_term() else { continue };
            if let Some(officer) = officer
                && !access::is_allowed(&mut tx, officer, &paper, rights::may_erase).await?
            {
                continue;
            }
            let set_apart = SetApart { paper: paper.id, dossier: paper.dossier, term };
            if term.is_over(now) {
                found.over.push(set_apart);
            } else if term.left(now) <= NEAR {
                found.near.push(set_apart);
            } else {
                found.n_others += 1;
            }
        }
    }
    for list in [&mut found.over, &mut found.near] {
        list.sort_by_key(|set_apart| set_apart.term.until);
    }
    Ok(found)
}
