//! Officers sign in at the agency's own provider (OpenID Connect, authorization code with PKCE; Điều 10 khoản 2).
//!
//! The provider says who somebody is, never what he may: roles and unit are the account's. An account is bound to
//! issuer and subject by a one-time link, never by a name or an address that looks alike.

use std::{
    net::IpAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use crate::{
    domain::{account::Way, event::Action, ids::OfficerId, officer::ActingOfficer},
    engines::{
        credentials::{self, CredentialError},
        oidc::{self, Asked, Document, Expected, KeySet, OidcFault, Redeemed, Told},
    },
    remote::{Remote, RemoteError, RemoteRules},
    store::{
        StoreError,
        accounts::{self, KeptAccount, Secrets, Subject},
        attempts, officers, sessions,
    },
    workflows::{
        accounts::{AccountError, of_link},
        context::Ctx,
        sign_in::{self, SignInError, count_try, is_second, trace},
    },
};

/// How long somebody may be at the provider.
const AWAY: SignedDuration = SignedDuration::from_mins(10);
/// How long a provider's document and keys are taken from memory.
const KEPT: Duration = Duration::from_secs(600);
/// How soon keys are asked for again because one was unknown, or because the provider was out of reach.
const AGAIN: Duration = Duration::from_secs(60);
const FAILED: Duration = Duration::from_secs(5);
/// Signs of the longest code or state that is looked at.
const MOST_SIGNS: usize = 4096;

/// What an installation knows of its provider.
#[derive(Debug, Clone)]
pub struct ProviderRules {
    /// What the agency calls it, on the button.
    pub name: String,
    /// Its name for itself, exactly.
    pub issuer: String,
    /// Our name there.
    pub client_id: String,
    /// Our secret there, where we have one.
    pub secret: Option<Secret>,
    /// Where browsers come back to, exactly as it is registered there.
    pub redirect: String,
    /// Classes and methods of authentication that stand for our second factor.
    pub second_factor_acr: Vec<String>,
    /// See above.
    pub second_factor_amr: Vec<String>,
    /// Whether one-time links of all but administrators are used there alone.
    pub is_only: bool,
    /// Hosts of private networks that may be asked.
    pub private_hosts: Vec<String>,
    /// How long one question may take, seconds.
    pub seconds: u64,
}

/// A secret that does not print.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Without the blanks around it.
    pub fn new(text: &str) -> Self {
        Self(text.trim().to_owned())
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Why nobody was signed in.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// The installation has no provider.
    #[error("cơ quan chưa khai báo hệ thống đăng nhập riêng: đăng nhập bằng tên đăng nhập và mật khẩu")]
    None,
    /// It does not answer, or nothing that makes sense.
    #[error(
        "hệ thống đăng nhập của cơ quan chưa trả lời: thử lại sau vài phút; tài khoản có mật khẩu riêng ở đây vẫn đăng \
         nhập được"
    )]
    Unreachable,
    /// Begun elsewhere, or too long ago, or used.
    #[error(
        "lượt đăng nhập này đã hết hạn, đã dùng, hoặc không bắt đầu từ trình duyệt này: bấm đăng nhập lại từ đầu"
    )]
    Stale,
    /// The provider let nobody in, or the officer turned back.
    #[error("hệ thống đăng nhập của cơ quan không cho đăng nhập, hoặc anh/chị đã dừng giữa chừng")]
    Declined,
    /// What it says is not believed; or there is no account for it, or it may not be used.
    #[error(
        "không đăng nhập được: chưa có tài khoản nào gắn với người dùng này của hệ thống đăng nhập, hoặc tài khoản đã \
         bị khóa; xin người quản trị một liên kết"
    )]
    Refused,
    /// The code of the second factor.
    #[error(
        "mã xác thực không đúng, hoặc tài khoản đang tạm khóa vì nhập sai nhiều lần: đăng nhập lại từ đầu"
    )]
    Code,
    /// The link can't be used.
    #[error(
        "liên kết đã dùng, đã hết hạn, hoặc người dùng này của hệ thống đăng nhập đã gắn với một tài khoản khác: xin \
         người quản trị một liên kết mới"
    )]
    Link,
    /// Random numbers, or what was kept is damaged.
    #[error(transparent)]
    Credentials(#[from] CredentialError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<SignInError> for ProviderError {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::Refused => Self::Refused,
            SignInError::Credentials(error) => Self::Credentials(error),
            SignInError::Store(error) => Self::Store(error),
        }
    }
}

impl From<AccountError> for ProviderError {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::Store(error) => Self::Store(error),
            AccountError::Credentials(error) => Self::Credentials(error),
            _ => Self::Link,
        }
    }
}

impl From<RemoteError> for ProviderError {
    fn from(error: RemoteError) -> Self {
        tracing::warn!(%error, "the provider of sign-ins did not answer as it should");
        match error {
            // A code that it does not know, or knows too well (RFC 6749, 5.2); 401 would be our own secret.
            RemoteError::Refused(400) => Self::Refused,
            _ => Self::Unreachable,
        }
    }
}

fn disbelieved(fault: OidcFault) -> ProviderError {
    tracing::warn!(%fault, "what the provider of sign-ins said is not believed");
    match fault {
        OidcFault::Document | OidcFault::Address | OidcFault::OtherIssuer => ProviderError::Unreachable,
        _ => ProviderError::Refused,
    }
}

/// The provider of an installation: its rules, and what it said of itself lately.
pub struct Provider {
    /// What is known of it.
    pub rules: ProviderRules,
    remote: Remote,
    said: Mutex<Said>,
}

#[derive(Default)]
struct Said {
    known: Option<(Instant, Known)>,
    failed_at: Option<Instant>,
    asked_again_at: Option<Instant>,
}

#[derive(Clone)]
struct Known {
    document: Arc<Document>,
    keys: Arc<KeySet>,
}

impl Provider {
    /// A provider that was not asked yet: it need not be there when the service starts.
    ///
    /// # Errors
    /// [`OidcFault::Address`] when issuer or redirect are neither `https` nor of this machine; [`RemoteError`]'s where
    /// TLS cannot be set up are told as the same.
    pub fn new(rules: ProviderRules) -> Result<Self, OidcFault> {
        if !oidc::is_fit(&rules.issuer) || !oidc::is_fit(&rules.redirect) {
            return Err(OidcFault::Address);
        }
        let remote = RemoteRules {
            private_hosts: rules.private_hosts.clone(),
            seconds: rules.seconds,
            ..RemoteRules::default()
        };
        let remote = Remote::straight(&remote).map_err(|_| OidcFault::Address)?;
        Ok(Self { rules, remote, said: Mutex::default() })
    }

    /// Document and keys, from memory where they are fresh. One asks at a time; a provider that just failed is not
    /// asked again at once.
    async fn known(&self) -> Result<Known, ProviderError> {
        let mut said = self.said.lock().await;
        if let Some((_, known)) = said.known.as_ref().filter(|(since, _)| since.elapsed() < KEPT) {
            return Ok(known.clone());
        }
        if said.failed_at.is_some_and(|at| at.elapsed() < FAILED) {
            return Err(ProviderError::Unreachable);
        }
        match self.ask().await {
            Ok(known) => {
                said.known = Some((Instant::now(), known.clone()));
                said.failed_at = None;
                Ok(known)
            }
            Err(error) => {
                said.failed_at = Some(Instant::now());
                // Whatever it answered, there is no provider to be found.
                Err(if matches!(error, ProviderError::Refused) { ProviderError::Unreachable } else { error })
            }
        }
    }

    async fn ask(&self) -> Result<Known, ProviderError> {
        let issuer = &self.rules.issuer;
        let document = self.remote.provider_document(&oidc::document_address(issuer)).await?;
        let document = Document::parse(&document, issuer).map_err(disbelieved)?;
        let keys = self.remote.provider_document(&document.jwks_uri).await?;
        let keys = KeySet::parse(&keys).map_err(disbelieved)?;
        Ok(Known { document: Arc::new(document), keys: Arc::new(keys) })
    }

    /// The keys as they are now, because one was unknown: at most once a minute.
    async fn newer_keys(&self, known: &Known) -> Option<Arc<KeySet>> {
        let mut said = self.said.lock().await;
        if let Some((_, now_known)) = said.known.as_ref().filter(|(_, k)| !Arc::ptr_eq(&k.keys, &known.keys))
        {
            return Some(now_known.keys.clone());
        }
        if said.asked_again_at.is_some_and(|at| at.elapsed() < AGAIN) {
            return None;
        }
        said.asked_again_at = Some(Instant::now());
        let bytes = self.remote.provider_document(&known.document.jwks_uri).await;
        let keys = Arc::new(KeySet::parse(&bytes.ok()?).ok()?);
        said.known = Some((Instant::now(), Known { document: known.document.clone(), keys: keys.clone() }));
        Some(keys)
    }

    /// What `look` finds with the keys that are known, or with newer ones where one is unknown.
    async fn with_keys<T>(
        &self,
        known: &Known,
        look: impl Fn(&KeySet) -> Result<T, OidcFault>,
    ) -> Result<T, ProviderError> {
        let mut found = look(&known.keys);
        if matches!(found, Err(OidcFault::UnknownKey))
            && let Some(keys) = self.newer_keys(known).await
        {
            found = look(&keys);
        }
        found.map_err(disbelieved)
    }

    fn asked<'a>(&'a self, state: &'a str, nonce: &'a str, verifier: &'a str) -> Asked<'a> {
        let ProviderRules { client_id, redirect, .. } = &self.rules;
        Asked { client_id, redirect, state, nonce, verifier }
    }

    fn expected(&self, now: Timestamp) -> Expected<'_> {
        Expected { issuer: &self.rules.issuer, client_id: &self.rules.client_id, now }
    }

    /// Whether the provider made as sure of the officer as our second factor would.
    fn is_second(&self, told: &Told) -> bool {
        let ProviderRules { second_factor_acr, second_factor_amr, .. } = &self.rules;
        told.acr.as_ref().is_some_and(|acr| second_factor_acr.contains(acr))
            || told.amr.iter().any(|method| second_factor_amr.contains(method))
    }
}

/// What somebody goes to the provider for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aim {
    /// To sign in, and then to this page.
    SignIn(String),
    /// To open the account of this one-time link.
    Open(String),
}

/// What is remembered of somebody who is away.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Attempt {
    /// At the provider.
    Away { nonce: String, verifier: String, aim: Aim },
    /// Back, and to show a code of the second factor.
    Code { officer: OfficerId, subject: Subject, next: String },
}

/// Where to send a browser, and by what it is known again.
pub struct Begun {
    /// The address at the provider.
    pub address: String,
    /// What the browser keeps as a cookie.
    pub browser: String,
}

fn provider(ctx: &Ctx) -> Result<&Provider, ProviderError> {
    ctx.provider.as_deref().ok_or(ProviderError::None)
}

/// Begins a sign-in at the provider.
///
/// # Errors
/// [`ProviderError::Unreachable`]; [`ProviderError::Link`] when the link can't be used.
pub async fn begin(ctx: &Ctx, aim: Aim) -> Result<Begun, ProviderError> {
    let provider = provider(ctx)?;
    let known = provider.known().await?;
    let now = ctx.clock.now();
    let (state, browser) = (credentials::token()?, credentials::token()?);
    let (nonce, verifier) = (credentials::token()?, credentials::token()?);
    let address = known.document.sign_in_address(&provider.asked(&state, &nonce, &verifier));
    let mut tx = ctx.db.write().await?;
    if let Aim::Open(link) = &aim {
        of_link(&mut tx, link, now).await?;
    }
    let ends_at = now.saturating_add(AWAY).unwrap_or(Timestamp::MAX);
    attempts::insert(&mut tx, (&state, &browser), &Attempt::Away { nonce, verifier, aim }, now, ends_at)
        .await?;
    tx.commit().await?;
    Ok(Begun { address, browser })
}

/// What a browser brings back.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Answer {
    /// Which sign-in it is.
    #[serde(default)]
    pub state: String,
    /// What is redeemed.
    pub code: Option<String>,
    /// Why there is no code.
    pub error: Option<String>,
    /// Who answers (RFC 9207).
    pub iss: Option<String>,
}

/// Somebody who came back.
pub enum Back {
    /// Signed in: the token of the stay, and where to go.
    In {
        /// The token.
        token: String,
        /// The page.
        next: String,
    },
    /// A code of the second factor is to be shown by who bears this token.
    Code {
        /// Names the attempt.
        pending: String,
    },
}

/// Takes somebody back from the provider, in the browser that bears `browser`.
///
/// # Errors
/// [`ProviderError`].
pub async fn finish(
    ctx: &Ctx,
    answer: &Answer,
    browser: &str,
    address: Option<IpAddr>,
) -> Result<Back, ProviderError> {
    let provider = provider(ctx)?;
    let now = ctx.clock.now();
    let attempt = taken(ctx, &answer.state, browser, now).await?;
    let Attempt::Away { nonce, verifier, aim } = attempt else { return Err(ProviderError::Stale) };
    let code = match (&answer.code, &answer.error) {
        (Some(code), None) if (1..=MOST_SIGNS).contains(&code.len()) => code,
        _ => return Err(ProviderError::Declined),
    };
    let known = provider.known().await?;
    if !known.document.is_of(answer.iss.as_deref()) {
        return Err(disbelieved(OidcFault::Issuer));
    }
    let asked = provider.asked(&answer.state, &nonce, &verifier);
    let secret = provider.rules.secret.as_ref().map(|secret| secret.0.as_str());
    let (authorization, form) = known.document.redemption(&asked, code, secret);
    let redeemed = provider.remote.redeem(&known.document.token_endpoint, authorization, form).await?;
    let redeemed = Redeemed::parse(&redeemed).map_err(disbelieved)?;
    let expected = provider.expected(now);
    let told = provider.with_keys(&known, |keys| redeemed.told(keys, &expected, &nonce)).await?;
    let subject = Subject { issuer: provider.rules.issuer.clone(), subject: told.subject.clone() };
    match aim {
        Aim::SignIn(next) => {
            let is_second = provider.is_second(&told);
            let known_as = Bearer { subject, is_second, browser };
            entered(ctx, known_as, next, now, address).await
        }
        Aim::Open(link) => {
            let kept = bound(ctx, &link, subject, now).await?;
            let token = sign_in::begin(ctx, kept, Way::Provider, now, address).await?;
            Ok(Back::In { token, next: "/".to_owned() })
        }
    }
}

async fn taken(ctx: &Ctx, token: &str, browser: &str, now: Timestamp) -> Result<Attempt, ProviderError> {
    if token.is_empty() || browser.is_empty() || token.len() > MOST_SIGNS {
        return Err(ProviderError::Stale);
    }
    let mut tx = ctx.db.write().await?;
    let attempt = attempts::take(&mut tx, (token, browser), now).await?;
    tx.commit().await?;
    attempt.ok_or(ProviderError::Stale)
}

/// Whom the provider let in.
struct Bearer<'a> {
    subject: Subject,
    is_second: bool,
    browser: &'a str,
}

async fn entered(
    ctx: &Ctx,
    bearer: Bearer<'_>,
    next: String,
    now: Timestamp,
    address: Option<IpAddr>,
) -> Result<Back, ProviderError> {
    let mut tx = ctx.db.write().await?;
    let Some(kept) = accounts::of_subject(&mut tx, &bearer.subject).await? else {
        return Err(ProviderError::Refused);
    };
    let officer = kept.account.officer.clone();
    if !kept.account.is_active {
        trace(&mut tx, now, None, Action::RefuseSignIn, &officer, Some(Way::Provider.detail())).await?;
        tx.commit().await?;
        return Err(ProviderError::Refused);
    }
    if kept.secrets.has_second() && !bearer.is_second {
        let pending = credentials::token()?;
        let attempt = Attempt::Code { officer, subject: bearer.subject, next };
        let ends_at = now.saturating_add(AWAY).unwrap_or(Timestamp::MAX);
        attempts::insert(&mut tx, (&pending, bearer.browser), &attempt, now, ends_at).await?;
        tx.commit().await?;
        return Ok(Back::Code { pending });
    }
    drop(tx);
    let token = sign_in::begin(ctx, kept, Way::Provider, now, address).await?;
    Ok(Back::In { token, next })
}

/// Takes the code of the second factor of somebody whom the provider let in; one try each time.
///
/// # Errors
/// [`ProviderError`].
pub async fn with_code(
    ctx: &Ctx,
    pending: &str,
    browser: &str,
    code: &str,
    address: Option<IpAddr>,
) -> Result<Back, ProviderError> {
    let now = ctx.clock.now();
    let Attempt::Code { officer, subject, next } = taken(ctx, pending, browser, now).await? else {
        return Err(ProviderError::Stale);
    };
    let mut tx = ctx.db.write().await?;
    let kept = accounts::of_subject(&mut tx, &subject).await?;
    let kept = kept.filter(|kept| kept.account.officer == officer && kept.account.is_active);
    let Some(mut kept) = kept else { return Err(ProviderError::Refused) };
    let is_open = count_try(&mut tx, &mut kept, now).await?;
    if !is_open || !is_second(&mut kept, code, now)? {
        let detail = Some(Way::ProviderAndCode.detail());
        trace(&mut tx, now, None, Action::RefuseSignIn, &officer, detail).await?;
        tx.commit().await?;
        return Err(ProviderError::Code);
    }
    tx.commit().await?;
    let token = sign_in::begin(ctx, kept, Way::ProviderAndCode, now, address).await?;
    Ok(Back::In { token, next })
}

/// Binds the account of a one-time link, which is used up, to whom the provider let in: from now on he signs in there
/// alone.
async fn bound(
    ctx: &Ctx,
    link: &str,
    subject: Subject,
    now: Timestamp,
) -> Result<KeptAccount, ProviderError> {
    let mut tx = ctx.db.write().await?;
    let kept = of_link(&mut tx, link, now).await?;
    if !accounts::use_up(&mut tx, link, now).await? {
        return Err(ProviderError::Link);
    }
    let secrets = Secrets { password: None, second: None, subject: Some(subject) };
    match accounts::update(&mut tx, &kept.account, &secrets).await {
        Err(StoreError::AlreadyExists) => return Err(ProviderError::Link),
        done => done?,
    }
    let id = kept.account.officer.clone();
    let officer = officers::get(&mut tx, &id).await?.ok_or(ProviderError::Link)?;
    let himself = ActingOfficer::alone(officer, now);
    trace(&mut tx, now, Some(himself.into()), Action::BindProvider, &id, None).await?;
    tx.commit().await?;
    Ok(KeptAccount { secrets, ..kept })
}

/// Ends all stays of whom the provider says that he signed out there (Back-Channel Logout 1.0).
///
/// # Errors
/// [`ProviderError::Refused`] when it is not the provider who says so.
pub async fn end_stays(ctx: &Ctx, logout_token: &str) -> Result<(), ProviderError> {
    let provider = provider(ctx)?;
    let known = provider.known().await?;
    let now = ctx.clock.now();
    let expected = provider.expected(now);
    let subject = provider.with_keys(&known, |keys| oidc::logged_out(logout_token, keys, &expected)).await?;
    let subject = Subject { issuer: provider.rules.issuer.clone(), subject };
    let mut tx = ctx.db.write().await?;
    // Of whom we don't know, there is no stay to end.
    let Some(kept) = accounts::of_subject(&mut tx, &subject).await? else { return Ok(()) };
    let officer = kept.account.officer;
    sessions::end_all(&mut tx, &officer, now).await?;
    trace(&mut tx, now, None, Action::EndSessions, &officer, Some(Way::Provider.detail())).await?;
    Ok(tx.commit().await?)
}
