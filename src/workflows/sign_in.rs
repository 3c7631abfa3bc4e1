//! An officer signs in and out (Điều 8, Điều 10 khoản 2), and is known again by the token of the stay.
//!
//! One answer for every wrong try: whether a name is known, a password wrong or an account locked is told to nobody.

use std::{
    net::IpAddr,
    sync::{Arc, OnceLock},
};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Semaphore;

use crate::{
    domain::{
        account::{Account, Password, Tries, UserName, Way, stay_goes_on},
        event::{Action, AuditEvent},
        ids::{OfficerId, SessionId},
        officer::{ActingOfficer, Actor},
    },
    engines::credentials::{self, CredentialError},
    store::{
        StoreError, Tx,
        accounts::{self, KeptAccount},
        audit, officers,
        sessions::{self, Session},
    },
    workflows::context::Ctx,
};

/// Passwords that are hashed at a time: the others wait, and requests are served meanwhile.
const AT_ONCE: usize = 1;
/// How old the time of the last request may be before it is written anew.
const TOUCHED_EVERY: SignedDuration = SignedDuration::from_secs(60);

/// Why nobody was signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// Name, password or code; or the account is locked, or may not be used.
    #[error(
        "không đăng nhập được: tên đăng nhập, mật khẩu hoặc mã xác thực không đúng, hoặc tài khoản đang tạm khóa vì \
         nhập sai nhiều lần (chờ 15 phút rồi thử lại; quên mật khẩu thì báo người quản trị)"
    )]
    Refused,
    /// What was kept to prove it is damaged, or the system has no random numbers.
    #[error(transparent)]
    Credentials(#[from] CredentialError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Runs `work`, which is slow on purpose, off the threads that serve requests, few at a time.
pub(super) async fn slowly<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, CredentialError> + Send + 'static,
) -> Result<T, CredentialError> {
    static TURNS: OnceLock<Arc<Semaphore>> = OnceLock::new();
    let turns = TURNS.get_or_init(|| Arc::new(Semaphore::new(AT_ONCE))).clone();
    let turn = turns.acquire_owned().await;
    tokio::task::spawn_blocking(move || {
        let _turn = turn;
        work()
    })
    .await
    .map_err(|_| CredentialError::Damaged)?
}

/// Signs an officer in; gives the token of the stay, which is kept nowhere else.
///
/// # Errors
/// [`SignInError`].
pub async fn sign_in(
    ctx: &Ctx,
    name: &str,
    password: Password,
    code: &str,
    address: Option<IpAddr>,
) -> Result<String, SignInError> {
    let now = ctx.clock.now();
    let found = match UserName::parse(name) {
        Ok(name) => tried(ctx, &name, now).await?,
        Err(_) => None,
    };
    let hash = found.as_ref().and_then(|kept| kept.secrets.password.clone());
    let is_right = slowly(move || credentials::is_password(&password, hash.as_deref())).await?;
    let Some(mut kept) = found else { return Err(SignInError::Refused) };
    if !is_right || !kept.account.is_active || !is_second(&mut kept, code, now)? {
        let mut tx = ctx.db.write().await?;
        let detail = Some(Way::Password.detail());
        trace(&mut tx, now, None, Action::RefuseSignIn, &kept.account.officer, detail).await?;
        tx.commit().await?;
        return Err(SignInError::Refused);
    }
    let way = if kept.secrets.has_second() { Way::PasswordAndCode } else { Way::Password };
    begin(ctx, kept, way, now, address).await
}

/// Whether the second factor was shown, where there is one; its code is used up.
pub(super) fn is_second(kept: &mut KeptAccount, code: &str, now: Timestamp) -> Result<bool, CredentialError> {
    let Some(second) = kept.secrets.second.as_mut().filter(|second| second.is_confirmed) else {
        return Ok(true);
    };
    let step = credentials::step_of_code(&second.secret, code, now, second.last_step)?;
    second.last_step = step.unwrap_or(second.last_step);
    Ok(step.is_some())
}

/// The account of that name, after one more try was counted: also those that are made side by side. `None` where
/// there is none, or where it is locked.
async fn tried(ctx: &Ctx, name: &UserName, now: Timestamp) -> Result<Option<KeptAccount>, StoreError> {
    let mut tx = ctx.db.write().await?;
    let Some(mut kept) = accounts::named(&mut tx, name).await? else { return Ok(None) };
    if !count_try(&mut tx, &mut kept, now).await? {
        return Ok(None);
    }
    tx.commit().await?;
    Ok(Some(kept))
}

/// Counts one more try, as wrong until it is shown right; `false`, and nothing is counted, while the account is locked.
pub(super) async fn count_try(
    tx: &mut Tx,
    kept: &mut KeptAccount,
    now: Timestamp,
) -> Result<bool, StoreError> {
    if !kept.account.tries.is_open(now) {
        return Ok(false);
    }
    kept.account.tries = kept.account.tries.failed(now);
    accounts::update(tx, &kept.account, &kept.secrets).await?;
    Ok(true)
}

/// Begins a stay of whom `kept` was shown to be; gives its token.
pub(super) async fn begin(
    ctx: &Ctx,
    kept: KeptAccount,
    way: Way,
    now: Timestamp,
    address: Option<IpAddr>,
) -> Result<String, SignInError> {
    let token = credentials::token()?;
    let mut tx = ctx.db.write().await?;
    let account = Account { tries: Tries::default(), ..kept.account };
    // The code of the second factor may have been used by somebody else since.
    let stands = accounts::of_officer(&mut tx, &account.officer).await?.ok_or(SignInError::Refused)?;
    let last = |secrets: &accounts::Secrets| secrets.second.as_ref().map(|second| second.last_step);
    let is_used = way.is_with_code() && last(&stands.secrets) >= last(&kept.secrets);
    let is_other =
        stands.secrets.password != kept.secrets.password || stands.secrets.subject != kept.secrets.subject;
    if is_used || is_other || !stands.account.is_active {
        return Err(SignInError::Refused);
    }
    accounts::update(&mut tx, &account, &kept.secrets).await?;
    let session = Session {
        id: SessionId::new(),
        officer: account.officer.clone(),
        signed_in_at: now,
        last_seen_at: now,
    };
    sessions::insert(&mut tx, &session, &token).await?;
    let acting = acting(&mut tx, &session, &account, address).await?;
    let detail = Some(way.detail());
    trace(&mut tx, now, Some(acting.into()), Action::SignIn, &account.officer, detail).await?;
    tx.commit().await?;
    Ok(token)
}

/// Whose stay `token` is, when it still goes on and the account may be used.
///
/// # Errors
/// The store's.
pub async fn resume(
    ctx: &Ctx,
    token: &str,
    address: Option<IpAddr>,
) -> Result<Option<ActingOfficer>, StoreError> {
    let now = ctx.clock.now();
    let (session, acting) = {
        let mut tx = ctx.db.read_singly().await?;
        let Some(session) = sessions::of_token(&mut tx, token).await? else { return Ok(None) };
        if !stay_goes_on(session.signed_in_at, session.last_seen_at, now) {
            return Ok(None);
        }
        let kept = accounts::of_officer(&mut tx, &session.officer).await?;
        let Some(kept) = kept.filter(|kept| kept.account.is_active) else { return Ok(None) };
        let acting = acting(&mut tx, &session, &kept.account, address).await?;
        tx.commit().await?;
        (session, acting)
    };
    if now.duration_since(session.last_seen_at) >= TOUCHED_EVERY {
        let mut tx = ctx.db.write().await?;
        sessions::touch(&mut tx, &session.id, now).await?;
        tx.commit().await?;
    }
    Ok(Some(acting))
}

async fn acting(
    tx: &mut Tx,
    session: &Session,
    account: &Account,
    address: Option<IpAddr>,
) -> Result<ActingOfficer, StoreError> {
    let mut officer =
        officers::get(tx, &account.officer).await?.ok_or(StoreError::Missing { what: "an officer" })?;
    officer.unit = accounts::unit(tx, &account.unit).await?.map(|unit| unit.name);
    Ok(ActingOfficer {
        officer,
        signed_in_at: session.signed_in_at,
        roles: account.roles.clone(),
        unit: Some(account.unit.clone()),
        address,
    })
}

/// Ends the stay of `token`; nothing where there is none.
///
/// # Errors
/// The store's.
pub async fn sign_out(ctx: &Ctx, token: &str, address: Option<IpAddr>) -> Result<(), StoreError> {
    let Some(officer) = resume(ctx, token, address).await? else { return Ok(()) };
    let now = ctx.clock.now();
    let mut tx = ctx.db.write().await?;
    if let Some(session) = sessions::of_token(&mut tx, token).await? {
        sessions::end(&mut tx, &session.officer, &session.id, now).await?;
        let id = session.officer;
        trace(&mut tx, now, Some(officer.into()), Action::SignOut, &id, None).await?;
    }
    tx.commit().await
}

/// Writes down one act on an account.
pub(super) async fn trace(
    tx: &mut Tx,
    at: Timestamp,
    actor: Option<Actor>,
    action: Action,
    officer: &OfficerId,
    detail: Option<serde_json::Value>,
) -> Result<(), StoreError> {
    let object = ("officer", officer.to_string());
    audit::append(tx, &AuditEvent { at, actor, action, object, purpose: None, detail }).await.map(drop)
}
