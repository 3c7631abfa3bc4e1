//! Accounts of officers: invited by an administrator, opened by the officer with a one-time link, changed, closed.

use jiff::Timestamp;

use crate::{
    domain::{
        account::{Account, INVITATION, Password, Tries, Unit, UserName, WeakPassword},
        event::Action,
        ids::{OfficerId, PersonalId, UnitId},
        officer::{ActingOfficer, Officer, Role, Roles},
        rights::{self, Denied},
    },
    engines::credentials::{self, CredentialError},
    store::{
        Db, StoreError, Tx,
        accounts::{self, KeptAccount, SecondFactor, Secrets},
        dossiers, officers, sessions,
    },
    workflows::{
        access::AccessError,
        context::Ctx,
        sign_in::{count_try, slowly, trace},
    },
};

/// Why an account stays as it is.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The right is not the officer's.
    #[error(transparent)]
    Denied(Denied),
    /// No such officer, account or link; or the link was used, or is too old.
    #[error(
        "không có tài khoản này, hoặc liên kết đã dùng hay đã hết hạn: xin người quản trị một liên kết mới"
    )]
    Unknown,
    /// Somebody has that user name.
    #[error("tên đăng nhập này đã có người dùng: chọn tên khác")]
    NameTaken,
    /// An account needs a role.
    #[error("tài khoản phải có ít nhất một vai trò")]
    NoRole,
    /// The last one who could let others in.
    #[error("đây là người quản trị cuối cùng còn hoạt động: thêm người quản trị khác trước")]
    LastAdministrator,
    /// The password.
    #[error(transparent)]
    Password(#[from] WeakPassword),
    /// The password that was shown is not the officer's.
    #[error("mật khẩu đang dùng không đúng, hoặc tài khoản đang tạm khóa vì nhập sai nhiều lần")]
    WrongPassword,
    /// The account is to be opened at the agency's provider.
    #[error("tài khoản này chỉ mở bằng hệ thống đăng nhập của cơ quan")]
    ProviderOnly,
    /// The code of the authenticator is not the one of now.
    #[error("mã xác thực không đúng: kiểm tra giờ của điện thoại rồi nhập mã mới")]
    Code,
    /// Hashing, or random numbers.
    #[error(transparent)]
    Credentials(#[from] CredentialError),
    /// The store failed.
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for AccountError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::AlreadyExists => Self::NameTaken,
            error => Self::Store(error),
        }
    }
}

impl From<AccessError> for AccountError {
    fn from(error: AccessError) -> Self {
        match error {
            AccessError::NotFound => Self::Unknown,
            AccessError::Denied(denied) => Self::Denied(denied),
            AccessError::Store(error) => Self::Store(error),
        }
    }
}

/// Whether anybody has an account: from then on everybody signs in.
///
/// # Errors
/// The store's.
pub async fn exist(ctx: &Ctx) -> Result<bool, StoreError> {
    let mut tx = ctx.db.read_singly().await?;
    let exist = accounts::any(&mut tx).await?;
    tx.commit().await?;
    Ok(exist)
}

/// Whether there are accounts whose passwords everybody knows.
///
/// # Errors
/// The store's.
pub async fn are_for_trial(ctx: &Ctx) -> Result<bool, StoreError> {
    let mut tx = ctx.db.read().await?;
    accounts::any_demo(&mut tx).await
}

/// The officer as he acts without signing in, from the command line: with the roles and the unit of his account,
/// where he has one.
///
/// # Errors
/// The store's.
pub async fn acting(db: &Db, officer: Officer, now: Timestamp) -> Result<ActingOfficer, StoreError> {
    let mut tx = db.read().await?;
    let kept = accounts::of_officer(&mut tx, &officer.id).await?;
    let alone = ActingOfficer::alone(officer, now);
    Ok(match kept {
        Some(kept) => ActingOfficer { roles: kept.account.roles, unit: Some(kept.account.unit), ..alone },
        None => alone,
    })
}

/// Whom an administrator lets in.
#[derive(Debug, Clone)]
pub struct Invitee {
    /// Họ và tên.
    pub full_name: String,
    /// Mã định danh cá nhân.
    pub personal_id: PersonalId,
    /// What is typed to sign in.
    pub name: UserName,
    /// What the officer is to be.
    pub roles: Roles,
    /// Where.
    pub unit: Unit,
}

/// Lets an officer in; gives the token of the one-time link with which he chooses a password. The first one takes
/// the dossiers that were opened before there were accounts into his unit.
///
/// # Errors
/// [`AccountError`]; nothing has changed then.
pub async fn invite(ctx: &Ctx, by: &ActingOfficer, invitee: Invitee) -> Result<String, AccountError> {
    rights::may_administer(by).map_err(AccountError::Denied)?;
    let token = credentials::token()?;
    let mut tx = ctx.db.write().await?;
    let officer = add(ctx, &mut tx, by, invitee, Secrets::default(), false).await?;
    accounts::invite(&mut tx, &officer, &token, link_ends_at(ctx.clock.now())).await?;
    tx.commit().await?;
    Ok(token)
}

fn link_ends_at(now: Timestamp) -> Timestamp {
    now.saturating_add(INVITATION).unwrap_or(Timestamp::MAX)
}

async fn add(
    ctx: &Ctx,
    tx: &mut Tx,
    by: &ActingOfficer,
    invitee: Invitee,
    secrets: Secrets,
    is_demo: bool,
) -> Result<OfficerId, AccountError> {
    if invitee.roles.is_empty() {
        return Err(AccountError::NoRole);
    }
    let now = ctx.clock.now();
    let is_first = !accounts::any(tx).await?;
    accounts::put_unit(tx, &invitee.unit, now).await?;
    let known = officers::find(tx, &invitee.personal_id).await?.map(|officer| officer.id);
    let officer = match known {
        Some(id) => id,
        None => {
            let officer = Officer {
                id: OfficerId::new(),
                full_name: invitee.full_name,
                personal_id: invitee.personal_id,
                unit: Some(invitee.unit.name),
            };
            officers::insert(tx, &officer, now).await?;
            officer.id
        }
    };
    let account = Account {
        officer: officer.clone(),
        name: invitee.name,
        roles: invitee.roles,
        unit: invitee.unit.id,
        is_active: true,
        tries: Tries::default(),
    };
    accounts::insert(tx, &KeptAccount { account: account.clone(), secrets, is_demo }, now).await?;
    if is_first {
        dossiers::give_to(tx, &account.unit).await?;
    }
    trace(tx, now, Some(by.into()), Action::InviteOfficer, &officer, Some(standing(&account))).await?;
    Ok(officer)
}

/// A new one-time link for an officer who forgot the password or lost the authenticator; what he had stops working.
///
/// # Errors
/// [`AccountError`].
pub async fn invite_again(
    ctx: &Ctx,
    by: &ActingOfficer,
    officer: &OfficerId,
) -> Result<String, AccountError> {
    rights::may_administer(by).map_err(AccountError::Denied)?;
    let token = credentials::token()?;
    let now = ctx.clock.now();
    let mut tx = ctx.db.write().await?;
    let kept = accounts::of_officer(&mut tx, officer).await?.ok_or(AccountError::Unknown)?;
    let account = Account { tries: Tries::default(), ..kept.account };
    accounts::update(&mut tx, &account, &Secrets::default()).await?;
    sessions::end_all(&mut tx, officer, now).await?;
    accounts::invite(&mut tx, officer, &token, link_ends_at(now)).await?;
    trace(&mut tx, now, Some(by.into()), Action::InviteOfficer, officer, Some(standing(&account))).await?;
    tx.commit().await?;
    Ok(token)
}

/// Whom a one-time link is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invited {
    /// The user name.
    pub name: UserName,
    /// Whether a password may be chosen; else the account is opened at the agency's provider.
    pub may_choose: bool,
}

/// Whom a one-time link is for, while it can be used.
///
/// # Errors
/// [`AccountError::Unknown`] and the store's.
pub async fn invited(ctx: &Ctx, token: &str) -> Result<Invited, AccountError> {
    let mut tx = ctx.db.read().await?;
    let account = of_link(&mut tx, token, ctx.clock.now()).await?.account;
    // An administrator must get in while the provider is down.
    let is_only = ctx.provider.as_ref().is_some_and(|provider| provider.rules.is_only);
    let may_choose = !is_only || account.roles.any(&[Role::Administrator]);
    Ok(Invited { name: account.name, may_choose })
}

pub(super) async fn of_link(tx: &mut Tx, token: &str, now: Timestamp) -> Result<KeptAccount, AccountError> {
    let officer = accounts::invited(tx, token, now).await?.ok_or(AccountError::Unknown)?;
    let kept = accounts::of_officer(tx, &officer).await?;
    kept.filter(|kept| kept.account.is_active).ok_or(AccountError::Unknown)
}

/// The officer chooses a password with the one-time link, which is used up.
///
/// # Errors
/// [`AccountError`].
pub async fn open(ctx: &Ctx, token: &str, password: &str) -> Result<(), AccountError> {
    let Invited { name, may_choose } = invited(ctx, token).await?;
    if !may_choose {
        return Err(AccountError::ProviderOnly);
    }
    let password = Password::choose(password, &name)?;
    let hash = slowly(move || credentials::hash(&password)).await?;
    let now = ctx.clock.now();
    let mut tx = ctx.db.write().await?;
    let kept = of_link(&mut tx, token, now).await?;
    if !accounts::use_up(&mut tx, token, now).await? {
        return Err(AccountError::Unknown);
    }
    let secrets = Secrets { password: Some(hash), ..Secrets::default() };
    accounts::update(&mut tx, &kept.account, &secrets).await?;
    let id = kept.account.officer;
    let officer = officers::get(&mut tx, &id).await?.ok_or(AccountError::Unknown)?;
    let himself = ActingOfficer::alone(officer, now);
    trace(&mut tx, now, Some(himself.into()), Action::SetPassword, &id, None).await?;
    Ok(tx.commit().await?)
}

/// An officer takes another password, showing the one he has; his stays end.
///
/// # Errors
/// [`AccountError::WrongPassword`], also while the account is locked; each wrong one counts as a try.
pub async fn change_password(
    ctx: &Ctx,
    by: &ActingOfficer,
    current: Password,
    new: &str,
) -> Result<(), AccountError> {
    let id = &by.officer.id;
    let now = ctx.clock.now();
    let mut tx = ctx.db.write().await?;
    let mut kept = accounts::of_officer(&mut tx, id).await?.ok_or(AccountError::Unknown)?;
    // What is wrong with the new one is no wrong try.
    let new = Password::choose(new, &kept.account.name)?;
    if !count_try(&mut tx, &mut kept, now).await? {
        return Err(AccountError::WrongPassword);
    }
    tx.commit().await?;
    let hash = kept.secrets.password.clone();
    if !slowly(move || credentials::is_password(&current, hash.as_deref())).await? {
        return Err(AccountError::WrongPassword);
    }
    let hash = slowly(move || credentials::hash(&new)).await?;
    let mut tx = ctx.db.write().await?;
    let stands = accounts::of_officer(&mut tx, id).await?.ok_or(AccountError::Unknown)?;
    if stands.secrets.password != kept.secrets.password {
        return Err(AccountError::WrongPassword);
    }
    let account = Account { tries: Tries::default(), ..stands.account };
    accounts::update(&mut tx, &account, &Secrets { password: Some(hash), ..stands.secrets }).await?;
    sessions::end_all(&mut tx, id, now).await?;
    trace(&mut tx, now, Some(by.into()), Action::SetPassword, id, None).await?;
    Ok(tx.commit().await?)
}

/// An account as pages list it: never its secrets.
#[derive(Debug, Clone)]
pub struct Listed {
    /// The account.
    pub account: Account,
    /// Whose.
    pub officer: Officer,
    /// What the unit is called.
    pub unit: String,
    /// Whether the link was used.
    pub is_open: bool,
    /// Whether a second factor is asked for.
    pub has_second: bool,
    /// Whether the officer signs in at the agency's provider.
    pub is_bound: bool,
}

/// All accounts.
///
/// # Errors
/// [`AccountError`].
pub async fn list(ctx: &Ctx, by: &ActingOfficer) -> Result<Vec<Listed>, AccountError> {
    rights::may_administer(by).map_err(AccountError::Denied)?;
    let mut tx = ctx.db.read().await?;
    let units = accounts::units(&mut tx).await?;
    let mut listed = Vec::new();
    for kept in accounts::list(&mut tx).await? {
        let Some(officer) = officers::get(&mut tx, &kept.account.officer).await? else { continue };
        let unit = units.iter().find(|unit| unit.id == kept.account.unit).map(|unit| unit.name.clone());
        listed.push(Listed {
            officer,
            unit: unit.unwrap_or_default(),
            is_open: kept.secrets.password.is_some() || kept.secrets.subject.is_some(),
            has_second: kept.secrets.has_second(),
            is_bound: kept.secrets.subject.is_some(),
            account: kept.account,
        });
    }
    Ok(listed)
}

/// What of an account is changed; `None` stays.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// What the officer is from now on.
    pub roles: Option<Roles>,
    /// Where.
    pub unit: Option<Unit>,
    /// Whether the account may be used.
    pub is_active: Option<bool>,
}

/// Changes an account; stays that go on end, so that nobody keeps a right that was taken.
///
/// # Errors
/// [`AccountError`]; nothing has changed then.
pub async fn change(
    ctx: &Ctx,
    by: &ActingOfficer,
    officer: &OfficerId,
    change: Change,
) -> Result<(), AccountError> {
    rights::may_administer(by).map_err(AccountError::Denied)?;
    let now = ctx.clock.now();
    let mut tx = ctx.db.write().await?;
    let kept = accounts::of_officer(&mut tx, officer).await?.ok_or(AccountError::Unknown)?;
    let before = standing(&kept.account);
    if let Some(unit) = &change.unit {
        accounts::put_unit(&mut tx, unit, now).await?;
    }
    let account = Account {
        roles: change.roles.unwrap_or(kept.account.roles),
        unit: change.unit.map_or(kept.account.unit, |unit| unit.id),
        is_active: change.is_active.unwrap_or(kept.account.is_active),
        ..kept.account
    };
    if account.roles.is_empty() {
        return Err(AccountError::NoRole);
    }
    accounts::update(&mut tx, &account, &kept.secrets).await?;
    let is_administrator = |a: &Account| a.is_active && a.roles.any(&[Role::Administrator]);
    if !accounts::list(&mut tx).await?.iter().any(|kept| is_administrator(&kept.account)) {
        return Err(AccountError::LastAdministrator);
    }
    sessions::end_all(&mut tx, officer, now).await?;
    let detail = serde_json::json!({ "before": before, "after": standing(&account) });
    trace(&mut tx, now, Some(by.into()), Action::ChangeAccount, officer, Some(detail)).await?;
    Ok(tx.commit().await?)
}

/// Ends all stays of an officer: one's own, or by an administrator.
///
/// # Errors
/// [`AccountError`].
pub async fn end_sessions(ctx: &Ctx, by: &ActingOfficer, officer: &OfficerId) -> Result<(), AccountError> {
    if by.officer.id != *officer {
        rights::may_administer(by).map_err(AccountError::Denied)?;
    }
    let now = ctx.clock.now();
    let mut tx = ctx.db.write().await?;
    sessions::end_all(&mut tx, officer, now).await?;
    trace(&mut tx, now, Some(by.into()), Action::EndSessions, officer, None).await?;
    Ok(tx.commit().await?)
}

/// What an officer sees of his own account.
#[derive(Debug, Clone)]
pub struct Own {
    /// The account.
    pub account: Account,
    /// Whether a second factor is asked for.
    pub has_second: bool,
    /// Whether the officer signs in at the agency's provider, and has no password here.
    pub is_bound: bool,
    /// When the stays that go on began.
    pub stays: Vec<Timestamp>,
}

/// The officer's own account; `None` in an installation without accounts.
///
/// # Errors
/// The store's.
pub async fn own(ctx: &Ctx, by: &ActingOfficer) -> Result<Option<Own>, StoreError> {
    let mut tx = ctx.db.read().await?;
    let Some(kept) = accounts::of_officer(&mut tx, &by.officer.id).await? else { return Ok(None) };
    let stays = sessions::of_officer(&mut tx, &by.officer.id, 20).await?;
    Ok(Some(Own {
        has_second: kept.secrets.has_second(),
        is_bound: kept.secrets.subject.is_some(),
        account: kept.account,
        stays: stays.into_iter().map(|stay| stay.signed_in_at).collect(),
    }))
}

/// A secret for the officer's authenticator, as it reads it from a QR code; asked for once a code was shown.
///
/// # Errors
/// [`AccountError`].
pub async fn begin_second(ctx: &Ctx, by: &ActingOfficer) -> Result<String, AccountError> {
    let secret = credentials::second_factor()?;
    let mut tx = ctx.db.write().await?;
    let kept = accounts::of_officer(&mut tx, &by.officer.id).await?.ok_or(AccountError::Unknown)?;
    if kept.secrets.has_second() {
        return Err(AccountError::Unknown);
    }
    let url = credentials::enrolment(&secret, kept.account.name.as_str())?;
    let second = SecondFactor { secret, is_confirmed: false, last_step: 0 };
    accounts::update(&mut tx, &kept.account, &Secrets { second: Some(second), ..kept.secrets }).await?;
    tx.commit().await?;
    Ok(url)
}

/// The officer shows a code of the authenticator; it is asked for from now on.
///
/// # Errors
/// [`AccountError::Code`].
pub async fn confirm_second(ctx: &Ctx, by: &ActingOfficer, code: &str) -> Result<(), AccountError> {
    let now = ctx.clock.now();
    let mut tx = ctx.db.write().await?;
    let kept = accounts::of_officer(&mut tx, &by.officer.id).await?.ok_or(AccountError::Unknown)?;
    let Some(second) = kept.secrets.second.clone().filter(|second| !second.is_confirmed) else {
        return Err(AccountError::Unknown);
    };
    let step = credentials::step_of_code(&second.secret, code, now, 0)?.ok_or(AccountError::Code)?;
    let second = SecondFactor { is_confirmed: true, last_step: step, ..second };
    accounts::update(&mut tx, &kept.account, &Secrets { second: Some(second), ..kept.secrets }).await?;
    trace(&mut tx, now, Some(by.into()), Action::SetSecondFactor, &by.officer.id, None).await?;
    Ok(tx.commit().await?)
}

/// What everybody knows of the accounts of `sohoa serve --demo`: user name, password, role.
pub const FOR_TRIAL: [(&str, &str, Role); 5] = [
    ("tiep.nhan", "dung-thu-1917", Role::ReceptionClerk),
    ("xu.ly", "dung-thu-1917", Role::CaseHandler),
    ("phu.trach", "dung-thu-1917", Role::Supervisor),
    ("kiem.tra", "dung-thu-1917", Role::Auditor),
    ("quan.tri", "dung-thu-1917", Role::Administrator),
];

/// Makes the accounts for trying out, where there are none at all; `false` where there are other ones.
///
/// # Errors
/// [`AccountError`].
pub async fn prepare_for_trial(ctx: &Ctx, by: &ActingOfficer) -> Result<bool, AccountError> {
    if exist(ctx).await? {
        return Ok(are_for_trial(ctx).await?);
    }
    let unit = Unit {
        id: UnitId::parse("dung-thu").expect("the id is a constant"),
        name: "Bộ phận Một cửa (dùng thử)".to_owned(),
    };
    let mut prepared = Vec::new();
    for (n, (name, password, role)) in FOR_TRIAL.into_iter().enumerate() {
        let name = UserName::parse(name).expect("the name is a constant");
        let password = Password::shown(password);
        let hash = slowly(move || credentials::hash(&password)).await?;
        let personal_id = PersonalId::parse(&format!("00000000001{n}")).expect("twelve figures");
        let full_name = format!("Công chức dùng thử ({})", role.words());
        let roles = [role].into_iter().collect();
        let invitee = Invitee { full_name, personal_id, name, roles, unit: unit.clone() };
        prepared.push((invitee, Secrets { password: Some(hash), ..Secrets::default() }));
    }
    let mut tx = ctx.db.write().await?;
    for (invitee, secrets) in prepared {
        add(ctx, &mut tx, by, invitee, secrets, true).await?;
    }
    tx.commit().await?;
    Ok(true)
}

/// An account for the trace: roles, unit, whether it may be used.
fn standing(account: &Account) -> serde_json::Value {
    serde_json::json!({ "roles": account.roles, "unit": account.unit, "is_active": account.is_active })
}
