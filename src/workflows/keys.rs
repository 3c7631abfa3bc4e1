//! The master keys of an installation: which there are, a new one, bringing everything under it, dropping an old one.
//!
//! For who runs the machine, who holds the key file: no right is asked for, as for other administration by command.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};

use crate::{
    domain::{
        event::{Action, AuditEvent},
        officer::ActingOfficer,
    },
    store::{
        StoreError, Tx, audit,
        keys::KeysError,
        objects::Standing,
        rotation::{self, Batch, Cursor, MasterKey, RingError, Values},
    },
    workflows::context::Ctx,
};

/// How long after a rotation an older key is kept at least: longer than any work that began before it.
const SETTLED_AFTER: SignedDuration = SignedDuration::from_mins(10);
/// Values brought under another key in one transaction.
const VALUES_AT_ONCE: u32 = 100;
/// A batch that others are in the way of is tried so often.
const TRIES: u32 = 5;
/// The longest rest between two transactions, in which others have their turn.
const REST_AT_MOST: Duration = Duration::from_millis(50);

/// Why nothing was done to a key.
#[derive(Debug, thiserror::Error)]
pub enum RotationError {
    /// No key of that number.
    #[error("không có khóa số {0}: xem `sohoa keys list`")]
    Unknown(u32),
    /// It seals.
    #[error(
        "khóa số {0} là khóa mới nhất, đang dùng để niêm phong: hãy thêm khóa mới bằng `sohoa keys rotate` trước"
    )]
    InUse(u32),
    /// Something can't be read without it.
    #[error(
        "chưa bỏ được khóa số {id}: còn {n_values} giá trị và {n_objects} tệp được niêm phong bằng khóa này; chạy `sohoa keys rewrap` trước"
    )]
    StillUsed {
        /// The key.
        id: u32,
        /// Sealed values in the database.
        n_values: u64,
        /// Objects.
        n_objects: u64,
    },
    /// The trace of an older version can't be read without it, and is never written anew.
    #[error(
        "không bỏ được khóa số {id}: {n_values} giá trị của nhật ký cũ được niêm phong bằng khóa này và nhật ký không bao giờ được ghi lại; hãy giữ khóa"
    )]
    OfTrace {
        /// The key.
        id: u32,
        /// Sealed values in the trace.
        n_values: u64,
    },
    /// Somebody may still be writing with it.
    #[error(
        "chưa bỏ được khóa cũ: khóa mới vừa được dùng, việc đang làm có thể còn dùng khóa cũ; hãy chờ đến {until}, hoặc dừng mọi dịch vụ rồi thêm --stopped"
    )]
    TooSoon {
        /// When it is no longer so.
        until: Timestamp,
    },
    /// The key file.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<RingError> for RotationError {
    fn from(error: RingError) -> Self {
        match error {
            RingError::Keys(error) => Self::Keys(error),
            RingError::Store(error) => Self::Store(error),
        }
    }
}

/// A master key and what stands under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyUse {
    /// Its number.
    pub id: u32,
    /// When it was made and dropped; `None` of a key that waits in the file.
    pub known: Option<MasterKey>,
    /// Whether it seals.
    pub is_active: bool,
    /// Whether the key file of this machine has it.
    pub is_in_file: bool,
    /// Sealed values.
    pub values: Values,
    /// Objects.
    pub n_objects: u64,
}

/// All master keys, and what stands under none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyList {
    /// By number.
    pub keys: Vec<KeyUse>,
    /// Objects in clear, of older versions.
    pub n_clear: u64,
}

/// Which keys there are, and how much stands under each.
///
/// # Errors
/// The store's.
pub async fn list(ctx: &Ctx) -> Result<KeyList, StoreError> {
    let (standing, _) = ctx.objects.standing().await?;
    let mut tx = ctx.db.read().await?;
    let known = known(&mut tx).await?;
    let in_file = rotation::in_file(&tx);
    let active = active_of(&known);
    let mut numbers: Vec<u32> = known.keys().copied().chain(in_file.iter().copied()).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let mut keys = Vec::new();
    for id in numbers {
        keys.push(KeyUse {
            id,
            known: known.get(&id).cloned(),
            is_active: active == Some(id),
            is_in_file: in_file.contains(&id),
            values: rotation::values_under(&mut tx, id).await?,
            n_objects: objects_under(&standing, id),
        });
    }
    Ok(KeyList { keys, n_clear: standing.n_clear })
}

async fn known(tx: &mut Tx) -> Result<BTreeMap<u32, MasterKey>, StoreError> {
    Ok(rotation::all(tx).await?.into_iter().map(|key| (key.id, key)).collect())
}

fn active_of(known: &BTreeMap<u32, MasterKey>) -> Option<u32> {
    known.values().rev().find(|key| key.dropped_at.is_none()).map(|key| key.id)
}

fn objects_under(standing: &Standing, id: u32) -> u64 {
    standing.by_key.get(&id).copied().unwrap_or_default()
}

/// Writes a new key into the key file, where it waits until [`rotate`] makes it the one that seals: time to copy the
/// file to other machines. Gives its number.
///
/// # Errors
/// [`RotationError`].
pub async fn prepare(ctx: &Ctx) -> Result<u32, RotationError> {
    let mut tx = ctx.db.write().await?;
    rotation::hold(&mut tx).await?;
    Ok(rotation::prepare(&mut tx).await?)
}

/// Makes a new key, or the one that waits, the one that seals. Gives its number.
///
/// The file first, then the database: killed between the two, the key waits in the file.
///
/// # Errors
/// [`RotationError`]; then the key of before seals.
pub async fn rotate(ctx: &Ctx, by: &ActingOfficer) -> Result<u32, RotationError> {
    let mut tx = ctx.db.write().await?;
    rotation::hold(&mut tx).await?;
    let id = rotation::prepare(&mut tx).await?;
    let now = ctx.clock.now();
    rotation::use_from_now(&mut tx, id, now).await?;
    audit::append(&mut tx, &event(ctx, by, Action::RotateKeys, id, None)).await?;
    rotation::commit(tx).await?;
    Ok(id)
}

fn event(
    ctx: &Ctx,
    by: &ActingOfficer,
    action: Action,
    id: u32,
    detail: Option<serde_json::Value>,
) -> AuditEvent {
    let object = ("key", id.to_string());
    AuditEvent { at: ctx.clock.now(), actor: Some(by.into()), action, object, purpose: None, detail }
}

/// What was brought under the newest key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Renewed {
    /// The newest key.
    pub id: u32,
    /// Values of the database.
    pub n_values: u64,
    /// Objects.
    pub n_objects: u64,
    /// Values and objects that don't open, and stay as they are.
    pub n_faulty: u64,
}

/// Brings all values and objects under the newest key, in small transactions, beside a running service and beside
/// another one that does the same. May be stopped at any time: whoever begins again finds what is left.
///
/// `progress` hears how many are done, of how many.
///
/// # Errors
/// The store's; what was done until then stays done.
pub async fn rewrap(
    ctx: &Ctx,
    by: &ActingOfficer,
    progress: &(dyn Fn(u64, u64) + Send + Sync),
) -> Result<Renewed, StoreError> {
    let mut tx = ctx.db.write().await?;
    let id = active_of(&known(&mut tx).await?).ok_or(StoreError::Corrupt { what: "master_key" })?;
    audit::append(&mut tx, &event(ctx, by, Action::RenewSeals, id, None)).await?;
    tx.commit().await?;
    let mut tx = ctx.db.read().await?;
    let n_values = rotation::n_older(&mut tx).await?;
    drop(tx);
    let (_, older) = ctx.objects.standing().await?;
    let n_all = n_values + older.len() as u64;
    let mut renewed = Renewed { id, ..Renewed::default() };
    progress(0, n_all);
    let mut from = Cursor::default();
    loop {
        let batch = move_batch(ctx, &from).await?;
        renewed.n_values += batch.n_moved;
        renewed.n_faulty += batch.n_faulty;
        progress(renewed.n_values, n_all);
        let Some(next) = batch.next else { break };
        from = next;
    }
    for object in &older {
        let began = Instant::now();
        let mut tx = ctx.db.write().await?;
        rotation::hold(&mut tx).await?;
        match ctx.objects.renew(object).await {
            Ok(()) => renewed.n_objects += 1,
            Err(StoreError::Corrupt { .. }) => renewed.n_faulty += 1,
            Err(other) => return Err(other),
        }
        tx.commit().await?;
        progress(renewed.n_values + renewed.n_objects, n_all);
        rest(began).await;
    }
    let Renewed { n_values, n_objects, n_faulty, .. } = renewed;
    let detail = serde_json::json!({ "n_values": n_values, "n_objects": n_objects, "n_faulty": n_faulty });
    let mut tx = ctx.db.write().await?;
    audit::append(&mut tx, &event(ctx, by, Action::RenewSeals, id, Some(detail))).await?;
    tx.commit().await?;
    Ok(renewed)
}

async fn move_batch(ctx: &Ctx, from: &Cursor) -> Result<Batch, StoreError> {
    let began = Instant::now();
    let mut tries = TRIES;
    loop {
        let moved = async {
            let mut tx = ctx.db.write().await?;
            let batch = rotation::move_batch(&mut tx, from, VALUES_AT_ONCE).await?;
            tx.commit().await?;
            Ok(batch)
        };
        match moved.await {
            Err(StoreError::Busy) if tries > 1 => tries -= 1,
            Ok(batch) => {
                if batch.n_moved > 0 {
                    rest(began).await;
                }
                return Ok(batch);
            }
            Err(other) => return Err(other),
        }
    }
}

/// As long as the work took: on SQLite whoever writes keeps all others from writing.
async fn rest(began: Instant) {
    tokio::time::sleep(began.elapsed().min(REST_AT_MOST)).await;
}

/// Whether the services are stopped while a key is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Services {
    /// They may be writing.
    Running,
    /// All of them are stopped, on all machines.
    Stopped,
}

/// Drops a key under which nothing stands, first in the database, then from the key file: killed between the two, it
/// lies in the file unused, and dropping it again takes it away.
///
/// # Errors
/// [`RotationError`]; of those that refuse, nothing has changed then.
pub async fn drop_key(
    ctx: &Ctx,
    by: &ActingOfficer,
    id: u32,
    services: Services,
) -> Result<(), RotationError> {
    let (standing, _) = ctx.objects.standing().await?;
    let mut tx = ctx.db.write().await?;
    rotation::hold(&mut tx).await?;
    let known = known(&mut tx).await?;
    let key = known.get(&id).ok_or(RotationError::Unknown(id))?;
    let active = active_of(&known).and_then(|id| known.get(&id));
    let active = active.ok_or(StoreError::Corrupt { what: "master_key" })?;
    if active.id == id {
        return Err(RotationError::InUse(id));
    }
    // Also of one that was dropped: a backup may have come back.
    let values = rotation::values_under(&mut tx, id).await?;
    let (n_values, n_objects) = (values.n_movable, objects_under(&standing, id));
    if n_values > 0 || n_objects > 0 {
        return Err(RotationError::StillUsed { id, n_values, n_objects });
    }
    if values.n_fixed > 0 {
        return Err(RotationError::OfTrace { id, n_values: values.n_fixed });
    }
    let now = ctx.clock.now();
    let until = active.made_at.checked_add(SETTLED_AFTER).unwrap_or(Timestamp::MAX);
    if services == Services::Running && now < until {
        return Err(RotationError::TooSoon { until });
    }
    if key.dropped_at.is_none() {
        rotation::drop_key(&mut tx, id, now).await?;
        audit::append(&mut tx, &event(ctx, by, Action::DropKey, id, None)).await?;
    }
    tx.commit().await?;
    let mut tx = ctx.db.write().await?;
    rotation::hold(&mut tx).await?;
    Ok(rotation::forget(&mut tx, id).await?)
}
