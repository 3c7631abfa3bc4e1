//! Systems of other agencies show who they are (OAuth 2.0 client credentials, RFC 6749, 4.4; by a certificate: RFC 8705)
//! and get a token that holds for minutes.

use std::{collections::BTreeSet, net::IpAddr};

use jiff::Timestamp;

use crate::{
    domain::{
        account::Way,
        event::{Action, AuditEvent},
        ids::ClientId,
        officer::{ActingClient, ActingOfficer, Actor, Scope},
        rights::{self, Denied},
    },
    engines::{
        client_certificate::Shown,
        credentials::{self, Claims, CredentialError, TOKEN_SECONDS},
    },
    store::{
        StoreError, Tx, audit,
        clients::{self, Client},
    },
    workflows::context::Ctx,
};

/// Why a system gets no token, or is not added.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The right is not the officer's.
    #[error(transparent)]
    Denied(Denied),
    /// Id, secret or certificate, or the system was closed.
    #[error("mã, khóa bí mật hoặc chứng thư của hệ thống không đúng, hoặc hệ thống đã bị khóa")]
    Refused,
    /// A scope that it was not given, or none.
    #[error("hệ thống chưa được cấp phạm vi này")]
    Scope,
    /// A client needs a name and a scope.
    #[error("hệ thống phải có tên và ít nhất một phạm vi")]
    Incomplete,
    /// Random numbers, or signing.
    #[error(transparent)]
    Credentials(#[from] CredentialError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A new system and its secret, which is shown once.
pub struct Added {
    /// The system.
    pub client: Client,
    /// Its secret; worth nothing where it shows a certificate.
    pub secret: String,
}

/// Adds a system; `certificate` is the SHA-256 of the one that it shows in place of a secret.
///
/// # Errors
/// [`ClientError`].
pub async fn add(
    ctx: &Ctx,
    by: &ActingOfficer,
    name: &str,
    scopes: BTreeSet<Scope>,
    certificate: Option<String>,
) -> Result<Added, ClientError> {
    rights::may_administer(by).map_err(ClientError::Denied)?;
    if name.trim().is_empty() || scopes.is_empty() {
        return Err(ClientError::Incomplete);
    }
    let secret = credentials::token()?;
    let name = name.trim().to_owned();
    let client = Client { id: ClientId::new(), name, scopes, is_active: true, certificate };
    let now = ctx.clock.now();
    let mut tx = ctx.db.write().await?;
    clients::insert(&mut tx, &client, &secret, now).await?;
    let scopes: Vec<&str> = client.scopes.iter().map(|scope| scope.as_str()).collect();
    let detail = serde_json::json!({ "scopes": scopes, "certificate": client.certificate });
    trace(&mut tx, now, by.into(), Action::ChangeClient, &client.id, detail).await?;
    tx.commit().await?;
    Ok(Added { client, secret })
}

/// Opens or closes a system; its tokens are worth nothing from then on.
///
/// # Errors
/// [`ClientError::Refused`] when there is none of that id.
pub async fn set_active(
    ctx: &Ctx,
    by: &ActingOfficer,
    id: &ClientId,
    is_active: bool,
) -> Result<(), ClientError> {
    rights::may_administer(by).map_err(ClientError::Denied)?;
    let now = ctx.clock.now();
    let mut tx = ctx.db.write().await?;
    if !clients::set_active(&mut tx, id, is_active).await? {
        return Err(ClientError::Refused);
    }
    let detail = serde_json::json!({ "is_active": is_active });
    trace(&mut tx, now, by.into(), Action::ChangeClient, id, detail).await?;
    Ok(tx.commit().await?)
}

/// Gives a system that shows a certificate another one; tokens that it got with the old one are worth nothing.
///
/// # Errors
/// [`ClientError::Refused`] when there is none of that id that shows one.
pub async fn set_certificate(
    ctx: &Ctx,
    by: &ActingOfficer,
    id: &ClientId,
    certificate: &str,
) -> Result<(), ClientError> {
    rights::may_administer(by).map_err(ClientError::Denied)?;
    let now = ctx.clock.now();
    let mut tx = ctx.db.write().await?;
    if !clients::set_certificate(&mut tx, id, certificate).await? {
        return Err(ClientError::Refused);
    }
    let detail = serde_json::json!({ "certificate": certificate });
    trace(&mut tx, now, by.into(), Action::ChangeClient, id, detail).await?;
    Ok(tx.commit().await?)
}

/// All systems.
///
/// # Errors
/// [`ClientError`].
pub async fn list(ctx: &Ctx, by: &ActingOfficer) -> Result<Vec<Client>, ClientError> {
    rights::may_administer(by).map_err(ClientError::Denied)?;
    let mut tx = ctx.db.read().await?;
    Ok(clients::list(&mut tx).await?)
}

/// A token, what it is good for, and how many seconds.
pub struct Token {
    /// The token (RFC 7519).
    pub token: String,
    /// What it is good for.
    pub scopes: BTreeSet<Scope>,
    /// How long, in seconds.
    pub seconds: u32,
}

/// What a system shows to get a token.
#[derive(Debug, Clone, Copy)]
pub enum Proof<'a> {
    /// Its secret.
    Secret(&'a str),
    /// Its certificate, where it showed one with the connection.
    Certificate(Option<&'a Shown>),
}

/// Gives a system a token; for `wanted`, or for all that it may ask. A token for a certificate is worth something with
/// that certificate alone.
///
/// # Errors
/// [`ClientError`].
pub async fn token(
    ctx: &Ctx,
    id: &str,
    proof: Proof<'_>,
    wanted: Option<BTreeSet<Scope>>,
    address: Option<IpAddr>,
) -> Result<Token, ClientError> {
    let id = ClientId::parse(id).map_err(|_| ClientError::Refused)?;
    let now = ctx.clock.now();
    let mut tx = ctx.db.write().await?;
    let (found, bound_to, way) = match proof {
        Proof::Secret(secret) => {
            let found = clients::with_secret(&mut tx, &id, secret).await?;
            (found.filter(|client| client.certificate.is_none()), None, Way::Secret)
        }
        Proof::Certificate(shown) => {
            let shown = shown.and_then(|shown| shown.thumbprint_at(now)).ok_or(ClientError::Refused)?;
            let found = clients::get(&mut tx, &id).await?;
            let found = found.filter(|client| client.certificate.as_deref() == Some(shown));
            (found, Some(shown), Way::Certificate)
        }
    };
    let client = found.filter(|client| client.is_active).ok_or(ClientError::Refused)?;
    let scopes = wanted.unwrap_or_else(|| client.scopes.clone());
    if scopes.is_empty() || !scopes.is_subset(&client.scopes) {
        return Err(ClientError::Scope);
    }
    let claims = Claims::new(&client.id, &scopes, now).bound_to(bound_to);
    let token = credentials::sign_claims(&claims, &clients::signing_secret(&ctx.db))?;
    let acting = acting(client, &scopes, now, address);
    trace(&mut tx, now, acting.into(), Action::SignIn, &id, way.detail()).await?;
    tx.commit().await?;
    Ok(Token { token, scopes, seconds: TOKEN_SECONDS })
}

/// Which system a token is of, while it holds and the system may ask; its scopes are those that it has still. A token
/// that is bound to a certificate is worth nothing without it, and one that is not, of a system that has one.
///
/// # Errors
/// The store's.
pub async fn resume(
    ctx: &Ctx,
    token: &str,
    certificate: Option<&Shown>,
    address: Option<IpAddr>,
) -> Result<Option<ActingClient>, StoreError> {
    let now = ctx.clock.now();
    let claims = credentials::read_claims(token, &clients::signing_secret(&ctx.db), now);
    let bound_to = claims.as_ref().and_then(Claims::certificate).map(str::to_owned);
    let Some((id, scopes, at)) = claims.and_then(|claims| claims.read()) else { return Ok(None) };
    if bound_to.is_some() && certificate.and_then(|shown| shown.thumbprint_at(now)) != bound_to.as_deref() {
        return Ok(None);
    }
    let client = clients::get_now(&ctx.db, &id).await?.filter(|client| client.is_active);
    let client = client.filter(|client| client.certificate == bound_to);
    Ok(client.map(|client| acting(client, &scopes, at, address)))
}

fn acting(
    client: Client,
    scopes: &BTreeSet<Scope>,
    signed_in_at: Timestamp,
    address: Option<IpAddr>,
) -> ActingClient {
    ActingClient {
        scopes: client.scopes.intersection(scopes).copied().collect(),
        id: client.id,
        name: client.name,
        signed_in_at,
        address,
    }
}

async fn trace(
    tx: &mut Tx,
    at: Timestamp,
    actor: Actor,
    action: Action,
    client: &ClientId,
    detail: serde_json::Value,
) -> Result<(), StoreError> {
    let object = ("client", client.to_string());
    let detail = Some(detail).filter(|detail| !detail.is_null());
    let event = AuditEvent { at, actor: Some(actor), action, object, purpose: None, detail };
    audit::append(tx, &event).await.map(drop)
}
