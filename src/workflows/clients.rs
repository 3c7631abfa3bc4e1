//! Systems of other agencies show who they are (OAuth 2.0 client credentials, RFC 6749, 4.4) and get a token that holds
//! for minutes.

use std::{collections::BTreeSet, net::IpAddr};

use jiff::Timestamp;

use crate::{
    domain::{
        event::{Action, AuditEvent},
        ids::ClientId,
        officer::{ActingClient, ActingOfficer, Actor, Scope},
        rights::{self, Denied},
    },
    engines::credentials::{self, Claims, CredentialError, TOKEN_SECONDS},
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
    /// Id or secret, or the system was closed.
    #[error("mã hoặc khóa bí mật của hệ thống không đúng, hoặc hệ thống đã bị khóa")]
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
    /// Its secret.
    pub secret: String,
}

/// Adds a system.
///
/// # Errors
/// [`ClientError`].
pub async fn add(
    ctx: &Ctx,
    by: &ActingOfficer,
    name: &str,
    scopes: BTreeSet<Scope>,
) -> Result<Added, ClientError> {
    rights::may_administer(by).map_err(ClientError::Denied)?;
    if name.trim().is_empty() || scopes.is_empty() {
        return Err(ClientError::Incomplete);
    }
    let secret = credentials::token()?;
    let client = Client { id: ClientId::new(), name: name.trim().to_owned(), scopes, is_active: true };
    let now = ctx.clock.now();
    let mut tx = ctx.db.write().await?;
    clients::insert(&mut tx, &client, &secret, now).await?;
    let scopes: Vec<&str> = client.scopes.iter().map(|scope| scope.as_str()).collect();
    trace(&mut tx, now, by.into(), Action::ChangeClient, &client.id, serde_json::json!({ "scopes": scopes }))
        .await?;
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

/// Gives a system a token; for `wanted`, or for all that it may ask.
///
/// # Errors
/// [`ClientError`].
pub async fn token(
    ctx: &Ctx,
    id: &str,
    secret: &str,
    wanted: Option<BTreeSet<Scope>>,
    address: Option<IpAddr>,
) -> Result<Token, ClientError> {
    let id = ClientId::parse(id).map_err(|_| ClientError::Refused)?;
    let now = ctx.clock.now();
    let mut tx = ctx.db.write().await?;
    let client = clients::with_secret(&mut tx, &id, secret).await?.filter(|client| client.is_active);
    let client = client.ok_or(ClientError::Refused)?;
    let scopes = wanted.unwrap_or_else(|| client.scopes.clone());
    if scopes.is_empty() || !scopes.is_subset(&client.scopes) {
        return Err(ClientError::Scope);
    }
    let claims = Claims::new(&client.id, &scopes, now);
    let token = credentials::sign_claims(&claims, &clients::signing_secret(&tx))?;
    let acting = acting(client, &scopes, now, address);
    trace(&mut tx, now, acting.into(), Action::SignIn, &id, serde_json::Value::Null).await?;
    tx.commit().await?;
    Ok(Token { token, scopes, seconds: TOKEN_SECONDS })
}

/// Which system a token is of, while it holds and the system may ask; its scopes are those that it has still.
///
/// # Errors
/// The store's.
pub async fn resume(
    ctx: &Ctx,
    token: &str,
    address: Option<IpAddr>,
) -> Result<Option<ActingClient>, StoreError> {
    let now = ctx.clock.now();
    let mut tx = ctx.db.read().await?;
    let claims = credentials::read_claims(token, &clients::signing_secret(&tx), now);
    let Some((id, scopes, at)) = claims.and_then(|claims| claims.read()) else { return Ok(None) };
    let client = clients::get(&mut tx, &id).await?.filter(|client| client.is_active);
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
