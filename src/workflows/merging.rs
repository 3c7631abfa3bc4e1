//! Two owners who are one, and one who is two: numbers, names, documents and codes go over, every opaque id leads on for
//! ever, and what was done can be taken back exactly, or is refused when something would be lost.

use crate::{
    domain::{
        event::{Action, Change},
        ids::{OwnerId, RecordId},
        officer::ActingOfficer,
        owner::{MergeQuestion, OwnerAct, OwnerRows, Parting, ReasonedAct, merge_questions},
        record::ChangeKind,
        rights,
    },
    store::{StoreError, Tx, changes, owner_acts, owners},
    workflows::{
        context::Ctx,
        owners::{OwnerError, answered, held, keep, said},
    },
};

/// An officer finds `other` to be `id`: from now on there is one owner, whose id is `id`'s.
///
/// # Errors
/// [`OwnerError`]; nothing has changed then. [`OwnerError::Ask`] when only a person can say that it is right.
pub async fn merge(
    ctx: &Ctx,
    by: &ActingOfficer,
    id: &OwnerId,
    other: &OwnerId,
    accepted: &[MergeQuestion],
    reason: &str,
) -> Result<OwnerId, OwnerError> {
    rights::may_merge_owners(by)?;
    let reason = said(reason)?;
    let mut tx = ctx.db.write().await?;
    let (id, other) = both_held(&mut tx, id, other).await?;
    if id == other {
        return Err(OwnerError::Same);
    }
    if owners::kind_of(&mut tx, &id).await? != owners::kind_of(&mut tx, &other).await? {
        return Err(OwnerError::Kinds);
    }
    let (keys, other_keys) = (owners::keys_of(&mut tx, &id).await?, owners::keys_of(&mut tx, &other).await?);
    let before = owner_acts::standing(&mut tx, &id).await?;
    let others = owner_acts::standing(&mut tx, &other).await?;
    let is_related = |a: &OwnerRows, b: &OwnerRows| a.wardships.iter().any(|id| b.guardianships.contains(id));
    if is_related(&before.rows, &others.rows) || is_related(&others.rows, &before.rows) {
        return Err(OwnerError::Related);
    }
    answered(merge_questions((&keys, &before.profile), (&other_keys, &others.profile)), accepted)?;
    let moved = others.rows;
    owner_acts::give(&mut tx, &moved, &other, &id).await?;
    let profile = before.profile.merged_with(&others.profile);
    if profile != before.profile {
        owners::describe(&mut tx, &id, &profile).await?;
    }
    owner_acts::lead(&mut tx, &other, Some(&id)).await?;
    let after = owner_acts::standing(&mut tx, &id).await?;
    let told =
        |keys: &[crate::domain::code::OwnerKey]| keys.iter().map(ToString::to_string).collect::<Vec<_>>();
    let change = Change::of(
        &serde_json::json!({ "owner": told(&keys), "other": told(&other_keys) }),
        &serde_json::json!({ "owner": told(&owners::keys_of(&mut tx, &id).await?) }),
    );
    let documents = moved.documents.clone();
    let act = ReasonedAct { act: OwnerAct::Merge { other, moved, before, after }, reason };
    keep(ctx, &mut tx, by, &id, &act, Action::MergeOwners, &change).await?;
    tell(ctx, &mut tx, &documents).await?;
    tx.commit().await?;
    Ok(id)
}

/// Both of today, held in the order of their ids, so that two who merge the same can't wait for each other.
async fn both_held(tx: &mut Tx, id: &OwnerId, other: &OwnerId) -> Result<(OwnerId, OwnerId), OwnerError> {
    let id = owners::current(tx, id).await?.ok_or(OwnerError::NotFound)?;
    let other = owners::current(tx, other).await?.ok_or(OwnerError::NotFound)?;
    let mut in_order = [&id, &other];
    in_order.sort();
    for owner in in_order {
        if held(tx, owner).await? != *owner {
            return Err(StoreError::Busy.into()); // merged between the two looks
        }
    }
    Ok((id, other))
}

/// An officer finds an owner to be two: a new one is made, with what is his. Gives the new one's id.
///
/// # Errors
/// [`OwnerError`]; nothing has changed then.
pub async fn split(
    ctx: &Ctx,
    by: &ActingOfficer,
    id: &OwnerId,
    parting: Parting,
    reason: &str,
) -> Result<OwnerId, OwnerError> {
    rights::may_merge_owners(by)?;
    let reason = said(reason)?;
    let now = ctx.clock.now();
    let mut tx = ctx.db.write().await?;
    let id = held(&mut tx, id).await?;
    let before = owner_acts::standing(&mut tx, &id).await?;
    let moved = parted(&mut tx, &before.rows, &parting).await?;
    let kind = owners::kind_of(&mut tx, &id).await?;
    if parting.key.as_ref().is_some_and(|key| owners::nature(key) != kind) {
        return Err(OwnerError::Kinds);
    }
    let other = owners::insert_like(&mut tx, &id, now).await?;
    owner_acts::give(&mut tx, &moved, &id, &other).await?;
    if let Some(key) = &parting.key
        && !owners::add_identifier(&mut tx, &other, key, now).await?
    {
        let number = key.number().ok_or(StoreError::Busy)?;
        let owner = owners::find(&mut tx, number).await?.ok_or(StoreError::Busy)?;
        return Err(OwnerError::NumberTaken { owner });
    }
    let after = owner_acts::standing(&mut tx, &id).await?;
    let other_after = owner_acts::standing(&mut tx, &other).await?;
    if after.rows.identifiers.is_empty() || other_after.rows.identifiers.is_empty() {
        return Err(OwnerError::Parts);
    }
    let documents = moved.documents.clone();
    let change = Change::of(&None::<String>, &serde_json::json!({ "other": other, "moved": moved }));
    let part = ReasonedAct { act: OwnerAct::PartFrom { other: id.clone() }, reason: reason.clone() };
    let act = OwnerAct::Split { other: other.clone(), moved, before, after, other_after };
    keep(ctx, &mut tx, by, &id, &ReasonedAct { act, reason }, Action::SplitOwner, &change).await?;
    owner_acts::append(&mut tx, &other, &by.officer.id, now, &part).await?;
    tell(ctx, &mut tx, &documents).await?;
    tx.commit().await?;
    Ok(other)
}

/// What goes over, all of it the owner's; codes go with their documents.
async fn parted(tx: &mut Tx, rows: &OwnerRows, parting: &Parting) -> Result<OwnerRows, OwnerError> {
    let mut identifiers = parting.identifiers.clone();
    let mut documents: Vec<String> = parting.documents.iter().map(ToString::to_string).collect();
    for list in [&mut identifiers, &mut documents] {
        list.sort();
        list.dedup();
    }
    let is_his = identifiers.iter().all(|id| rows.identifiers.contains(id))
        && documents.iter().all(|id| rows.documents.contains(id));
    if !is_his || identifiers.is_empty() && documents.is_empty() {
        return Err(OwnerError::Parts);
    }
    let mut codes = owner_acts::codes_of(tx, &documents).await?;
    codes.retain(|code| rows.codes.contains(code)); // an earlier code may be an earlier owner's
    codes.sort();
    Ok(OwnerRows { identifiers, documents, codes, ..OwnerRows::default() })
}

/// An officer takes an act back: all stands as it stood before.
///
/// # Errors
/// [`OwnerError`]; nothing has changed then. [`OwnerError::Changed`] with what would be lost.
pub async fn undo(
    ctx: &Ctx,
    by: &ActingOfficer,
    id: &OwnerId,
    no: u64,
    reason: &str,
) -> Result<(), OwnerError> {
    rights::may_describe_owner(by)?;
    let reason = said(reason)?;
    let mut tx = ctx.db.write().await?;
    if held(&mut tx, id).await? != *id {
        return Err(OwnerError::MergedSince);
    }
    let acts = owner_acts::of(&mut tx, id).await?;
    if acts.iter().any(|kept| matches!(kept.act.act, OwnerAct::Undo { no: undone } if undone == no)) {
        return Err(OwnerError::NotUndoable);
    }
    let kept = acts.into_iter().find(|kept| kept.no == no).ok_or(OwnerError::NotFound)?;
    let act = kept.act.act;
    let (before, after) = act.standings().ok_or(OwnerError::NotUndoable)?;
    let standing = owner_acts::standing(&mut tx, id).await?;
    same(standing.differences(after))?;
    let added: Vec<String> =
        after.rows.identifiers.iter().filter(|id| !before.rows.identifiers.contains(id)).cloned().collect();
    let mut documents = &Vec::new();
    match &act {
        OwnerAct::Merge { other, moved, .. } => {
            rights::may_merge_owners(by)?;
            owner_acts::give(&mut tx, moved, id, other).await?;
            owner_acts::lead(&mut tx, other, None).await?;
            documents = &moved.documents;
        }
        OwnerAct::Split { other, moved, other_after, .. } => {
            rights::may_merge_owners(by)?;
            if held(&mut tx, other).await? != *other {
                return Err(OwnerError::MergedSince);
            }
            same(owner_acts::standing(&mut tx, other).await?.differences(other_after))?;
            owner_acts::give(&mut tx, moved, other, id).await?;
            let made = owner_acts::rows_of(&mut tx, other).await?.identifiers;
            owners::forget_identifiers(&mut tx, &made).await?;
            owner_acts::lead(&mut tx, other, Some(id)).await?;
            documents = &moved.documents;
        }
        _ => owners::forget_identifiers(&mut tx, &added).await?,
    }
    if standing.profile != before.profile {
        owners::describe(&mut tx, id, &before.profile).await?;
    }
    same(owner_acts::standing(&mut tx, id).await?.differences(before))?;
    let undo = ReasonedAct { act: OwnerAct::Undo { no }, reason };
    let change = Change::of(&serde_json::json!({ "act": act.name() }), &None::<String>);
    keep(ctx, &mut tx, by, id, &undo, Action::UndoOwnerAct, &change).await?;
    tell(ctx, &mut tx, documents).await?;
    tx.commit().await?;
    Ok(())
}

fn same(differences: Vec<&'static str>) -> Result<(), OwnerError> {
    if differences.is_empty() { Ok(()) } else { Err(OwnerError::Changed(differences)) }
}

/// Tells whoever follows changes that documents lie elsewhere; last, for other writers wait.
async fn tell(ctx: &Ctx, tx: &mut Tx, documents: &[String]) -> Result<(), OwnerError> {
    let now = ctx.clock.now();
    for id in documents {
        let record = RecordId::parse(id).map_err(|_| StoreError::Corrupt { what: "record.id" })?;
        changes::append(tx, &record, ChangeKind::OwnerChanged, now).await?;
    }
    Ok(())
}
