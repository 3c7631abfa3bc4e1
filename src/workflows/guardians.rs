//! Who acts for a child under 14 (Bộ luật Dân sự 91/2015/QH13, Điều 21, Điều 136): written down with the paper that shows
//! it, over on the 14th birthday by itself; and in which dossier somebody did, which opens the child's papers there.

use jiff::{SignedDuration, civil::Date};

use crate::{
    clock::day_in_vietnam,
    domain::{
        code::OwnerKey,
        event::{Action, AuditEvent, Change},
        ids::{DossierId, GuardianshipId, OwnerId},
        officer::ActingOfficer,
        owner::{GuardianKind, Guardianship, OwnerAct, ReasonedAct, last_guarded_day},
        rights,
    },
    store::{StoreError, Tx, audit, guardians, owners},
    workflows::{
        browse::Purpose,
        context::Ctx,
        owners::{OwnerError, held, keep, said},
    },
};

/// How long the papers of a child stay open to who handles the guardian's dossier, since he last looked.
const OPEN_FOR: SignedDuration = SignedDuration::from_mins(30);

/// A relation, seen from one side.
#[derive(Debug, Clone)]
pub struct Relation {
    /// The relation.
    pub relation: Guardianship,
    /// The other side, who he is today.
    pub other: OwnerId,
    /// By which keys the other side is known.
    pub keys: Vec<OwnerKey>,
    /// Whether it holds today.
    pub is_in_force: bool,
}

impl Relation {
    pub(super) async fn of(
        tx: &mut Tx,
        other: OwnerId,
        relation: Guardianship,
        today: Date,
    ) -> Result<Self, StoreError> {
        let keys = owners::keys_of(tx, &other).await?;
        let is_in_force = relation.is_in_force(today) && is_guarded(tx, &relation.child, today).await?;
        Ok(Self { relation, other, keys, is_in_force })
    }
}

/// Whether somebody is under 14 by what is known today: a birth date may have been corrected since.
async fn is_guarded(tx: &mut Tx, child: &OwnerId, today: Date) -> Result<bool, StoreError> {
    let keys = owners::keys_of(tx, child).await?;
    let profile = owners::profile(tx, child).await?.with_keys(&keys);
    Ok(profile.is_guarded(today).unwrap_or(false))
}

/// What an officer writes down.
#[derive(Debug, Clone)]
pub struct NewGuardian {
    /// The guardian's number.
    pub guardian: OwnerKey,
    /// As what he acts.
    pub kind: GuardianKind,
    /// The paper that shows it.
    pub basis: String,
    /// First day; today when absent.
    pub from: Option<Date>,
    /// Last day; the day before the 14th birthday when absent, and never later.
    pub until: Option<Date>,
}

/// An officer writes down who acts for a child under 14.
///
/// # Errors
/// [`OwnerError`]; nothing has changed then.
pub async fn set(
    ctx: &Ctx,
    by: &ActingOfficer,
    child: &OwnerId,
    new: NewGuardian,
) -> Result<Guardianship, OwnerError> {
    rights::may_describe_owner(by)?;
    let basis = said(&new.basis)?;
    let now = ctx.clock.now();
    let today = day_in_vietnam(now);
    if new.guardian.number().is_none() || owners::nature(&new.guardian) != "person" {
        return Err(OwnerError::Guardian);
    }
    let mut tx = ctx.db.write().await?;
    let child = held(&mut tx, child).await?;
    let keys = owners::keys_of(&mut tx, &child).await?;
    let born =
        owners::profile(&mut tx, &child).await?.with_keys(&keys).born.ok_or(OwnerError::NoBirthDate)?;
    let last = last_guarded_day(born);
    if today > last {
        return Err(OwnerError::NotAChild);
    }
    let guardian = owners::find_or_create(&mut tx, &new.guardian, now).await?;
    if guardian == child || is_guarded(&mut tx, &guardian, today).await? {
        return Err(OwnerError::Guardian);
    }
    let from = new.from.unwrap_or(today);
    let until = new.until.unwrap_or(last).min(last);
    if until < from {
        return Err(OwnerError::Period);
    }
    let others = guardians::of_child(&mut tx, &child).await?;
    let overlaps = |other: &Guardianship| {
        other.guardian == guardian && other.ended_at.is_none() && other.from <= until && from <= other.until
    };
    if others.iter().any(overlaps) {
        return Err(OwnerError::AlreadyGuardian);
    }
    let id = GuardianshipId::new();
    let relation = Guardianship {
        id,
        child,
        guardian,
        kind: new.kind,
        basis: basis.clone(),
        from,
        until,
        ended_at: None,
    };
    guardians::insert(&mut tx, &relation, &by.officer.id, now).await?;
    let after = serde_json::json!({ "guardian": relation.guardian, "kind": relation.kind, "from": from, "until": until });
    let act = ReasonedAct { act: OwnerAct::SetGuardian { id: relation.id.clone() }, reason: basis };
    let change = Change::of(&None::<String>, &after);
    keep(ctx, &mut tx, by, &relation.child, &act, Action::SetGuardian, &change).await?;
    tx.commit().await?;
    Ok(relation)
}

/// An officer ends a relation before its time.
///
/// # Errors
/// [`OwnerError`]; [`OwnerError::NotFound`] also when it was ended before.
pub async fn end(
    ctx: &Ctx,
    by: &ActingOfficer,
    child: &OwnerId,
    id: &GuardianshipId,
    reason: &str,
) -> Result<(), OwnerError> {
    rights::may_describe_owner(by)?;
    let reason = said(reason)?;
    let mut tx = ctx.db.write().await?;
    let child = held(&mut tx, child).await?;
    let relation = guardians::get(&mut tx, id).await?.filter(|relation| relation.child == child);
    if relation.is_none() || !guardians::end(&mut tx, id, ctx.clock.now()).await? {
        return Err(OwnerError::NotFound);
    }
    let act = ReasonedAct { act: OwnerAct::EndGuardian { id: id.clone() }, reason };
    let change =
        Change::of(&serde_json::json!({ "in_force": true }), &serde_json::json!({ "in_force": false }));
    keep(ctx, &mut tx, by, &child, &act, Action::EndGuardian, &change).await?;
    tx.commit().await?;
    Ok(())
}

/// In a dossier that the officer works on, a guardian acts for a child: for half an hour its papers are open to him.
///
/// # Errors
/// [`OwnerError::NotFound`] when there is no such relation in force; whether there is such a child is not told.
pub(super) async fn act(
    ctx: &Ctx,
    by: &ActingOfficer,
    dossier: &DossierId,
    child: &OwnerKey,
    guardian: &OwnerKey,
    purpose: &Purpose,
) -> Result<(), OwnerError> {
    let now = ctx.clock.now();
    let today = day_in_vietnam(now);
    let number = guardian.number().ok_or(OwnerError::NotFound)?;
    let mut tx = ctx.db.write().await?;
    let guardian = owners::find(&mut tx, number).await?.ok_or(OwnerError::NotFound)?;
    let children = owners::find_named(&mut tx, child).await?;
    let mut found = None;
    for relation in guardians::of_guardian(&mut tx, &guardian).await? {
        if children.contains(&relation.child)
            && relation.is_in_force(today)
            && is_guarded(&mut tx, &relation.child, today).await?
        {
            found = Some(relation);
        }
    }
    let relation = found.ok_or(OwnerError::NotFound)?;
    guardians::act(&mut tx, dossier, &relation.id, &by.officer.id, now + OPEN_FOR).await?;
    let event = AuditEvent {
        at: now,
        actor: Some(by.into()),
        action: Action::ActForChild,
        object: ("owner", relation.child.to_string()),
        purpose: Some(purpose.as_str().to_owned()),
        detail: Some(
            serde_json::json!({ "dossier": dossier, "guardian": guardian, "relation": relation.id }),
        ),
    };
    audit::append(&mut tx, &event).await?;
    tx.commit().await?;
    Ok(())
}
