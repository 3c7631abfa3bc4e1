//! Who asks: found out once for every request, before any handler, and put beside it as an [`Actor`].
//!
//! Officers carry a cookie, systems a bearer token. In an installation without accounts everybody is the configured
//! officer, and the service listens in this machine alone. What each may do is decided further down, by
//! `domain::rights`.

use std::{
    net::{IpAddr, SocketAddr},
    num::NonZeroU32,
    sync::Arc,
};

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use super::{Served, api::problem::Problem};
use crate::{
    domain::{
        ids::ClientId,
        officer::{ActingOfficer, Actor},
    },
    engines::client_certificate::Shown as Certificate,
    store::StoreError,
    workflows::{accounts, clients, context::Ctx, sign_in},
};

/// What may be asked for by anybody: nothing of it is about a person.
const OPEN: [&str; 10] = [
    "/healthz",
    "/readyz",
    "/metrics",
    "/sign-in",
    "/sign-in/provider",
    "/sign-in/provider/code",
    "/sign-in/provider/logout",
    "/oauth/token",
    "/api/v1/openapi.json",
    "/api/docs",
];
/// The same, with whatever follows.
const OPEN_UNDER: [&str; 3] = ["/static/", "/invitations/", "/api/docs/"];
/// Where somebody shows who he is, and might guess.
const TRIES: [&str; 4] = ["/sign-in", "/sign-in/provider", "/sign-in/provider/code", "/oauth/token"];
/// Addresses whose tries are counted before old ones are forgotten.
const REMEMBERED: usize = 10_000;

/// How requests reach the service.
#[derive(Debug, Clone, Default)]
pub struct Reached {
    /// Whether browsers speak TLS to it, or to a proxy before it.
    pub is_secure: bool,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub proxies: Arc<[IpAddr]>,
}

/// How often somebody may ask; what goes beyond is told to come back.
#[derive(Debug, Clone, Copy)]
pub struct Rates {
    /// Requests a second of one system; as many at once.
    pub client: NonZeroU32,
    /// Tries a minute to sign in, or to get a token, from one address; as many at once.
    pub sign_in: NonZeroU32,
}

/// What the gate needs.
#[derive(Clone)]
pub struct Gate {
    ctx: Ctx,
    reached: Reached,
    clients: Arc<DefaultKeyedRateLimiter<ClientId>>,
    tries: Arc<DefaultKeyedRateLimiter<IpAddr>>,
}

impl Gate {
    /// The gate of an installation.
    pub fn new(ctx: Ctx, served: &Served) -> Self {
        let Rates { client, sign_in } = served.rates;
        Self {
            ctx,
            reached: served.reached.clone(),
            clients: Arc::new(RateLimiter::keyed(Quota::per_second(client))),
            tries: Arc::new(RateLimiter::keyed(Quota::per_minute(sign_in))),
        }
    }

    /// Whether whoever asks from `address` tries too often to show who he is.
    fn is_guessing(&self, request: &Request, address: Option<IpAddr>) -> bool {
        if request.method() != Method::POST || !TRIES.contains(&request.uri().path()) {
            return false;
        }
        // Whoever has many addresses fills no memory.
        if self.tries.len() > REMEMBERED {
            self.tries.retain_recent();
        }
        address.is_some_and(|address| self.tries.check_key(&address).is_err())
    }

    fn is_too_often(&self, actor: &Actor) -> bool {
        matches!(actor, Actor::Client(client) if self.clients.check_key(&client.id).is_err())
    }
}

/// Lets a request through with whoever asks, or says that nobody has signed in.
pub async fn pass(State(gate): State<Gate>, mut request: Request, next: Next) -> Response {
    let address = address_of(&request, &gate.reached.proxies);
    request.extensions_mut().insert(CameFrom(address));
    if gate.is_guessing(&request, address) {
        return too_often();
    }
    let path = request.uri().path();
    if OPEN.contains(&path) || OPEN_UNDER.iter().any(|under| path.starts_with(under)) {
        return next.run(request).await;
    }
    let shown = Shown::of(request.headers(), gate.reached.is_secure);
    let certificate = certificate(&request);
    match who(&gate, address, shown, certificate.as_ref()).await {
        Ok(Some(actor)) if gate.is_too_often(&actor) => too_often(),
        Ok(Some(actor)) => {
            request.extensions_mut().insert(actor);
            next.run(request).await
        }
        Ok(None) if is_page(&request) && request.method().is_safe() => to_sign_in(request.uri()),
        Ok(None) if is_page(&request) => super::web::signed_out(),
        Ok(None) => {
            let mut answer = Problem::not_signed_in().into_response();
            let bearer = HeaderValue::from_static("Bearer realm=\"sohoa\"");
            answer.headers_mut().insert(header::WWW_AUTHENTICATE, bearer);
            answer
        }
        Err(error) => Problem::from(error).into_response(),
    }
}

/// What somebody shows with a request.
enum Shown {
    Nothing,
    /// The token of a stay.
    Cookie(String),
    /// The token of a system.
    Bearer(String),
}

impl Shown {
    fn of(headers: &HeaderMap, is_secure: bool) -> Self {
        // Whoever names a system is that system, or nobody: never the officer whose browser it is.
        if let Some(sent) = headers.get(header::AUTHORIZATION) {
            let bearer = sent.to_str().ok().and_then(|sent| sent.strip_prefix("Bearer "));
            return Self::Bearer(bearer.unwrap_or_default().trim().to_owned());
        }
        cookie(headers, is_secure).map_or(Self::Nothing, |token| Self::Cookie(token.to_owned()))
    }
}

async fn who(
    gate: &Gate,
    address: Option<IpAddr>,
    shown: Shown,
    certificate: Option<&Certificate>,
) -> Result<Option<Actor>, StoreError> {
    match shown {
        Shown::Bearer(token) => {
            let acting = clients::resume(&gate.ctx, &token, certificate, address).await?;
            return Ok(acting.map(Actor::from));
        }
        Shown::Cookie(token) => {
            if let Some(acting) = sign_in::resume(&gate.ctx, &token, address).await? {
                return Ok(Some(acting.into()));
            }
        }
        Shown::Nothing => {}
    }
    if accounts::exist(&gate.ctx).await? {
        return Ok(None);
    }
    let alone = ActingOfficer { address, ..gate.ctx.rules.officer.clone() };
    Ok(Some(alone.into()))
}

/// Where the request comes from, as the gate found out once.
#[derive(Clone, Copy)]
struct CameFrom(Option<IpAddr>);

/// The certificate that whoever asks showed with the connection, where TLS is our own. Behind a proxy there is none:
/// what a header says of certificates, anybody may have written.
pub fn certificate(request: &Request) -> Option<Certificate> {
    request.extensions().get::<Certificate>().cloned()
}

/// Where a request that the gate let through comes from.
pub fn address(request: &Request) -> Option<IpAddr> {
    request.extensions().get::<CameFrom>().and_then(|from| from.0)
}

/// Where the request comes from: the peer, or what the last proxy that is ours says it is.
pub fn address_of(request: &Request, proxies: &[IpAddr]) -> Option<IpAddr> {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>()?.0.ip().to_canonical();
    if !proxies.contains(&peer) {
        return Some(peer);
    }
    // From the right: what stands further left, whoever asked may have written.
    let said = request.headers().get_all("x-forwarded-for");
    let mut hops: Vec<&str> =
        said.iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(',')).map(str::trim).collect();
    while let Some(hop) = hops.pop() {
        let Ok(address) = hop.parse::<IpAddr>().map(|a| a.to_canonical()) else { return Some(peer) };
        if !proxies.contains(&address) {
            return Some(address);
        }
    }
    Some(peer)
}

fn too_often() -> Response {
    let detail = "Quá nhiều yêu cầu trong thời gian ngắn: chờ một phút rồi thử lại.";
    let mut answer = Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-often", detail).into_response();
    answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
    answer
}

/// A browser that shows a page, and not a script of one.
fn is_page(request: &Request) -> bool {
    !request.uri().path().starts_with("/api/")
}

fn to_sign_in(asked: &Uri) -> Response {
    // Ids of pages are opaque, but what stands behind a question mark is not carried along.
    let next = match asked.path() {
        "/" => String::new(),
        path => format!("?next={path}"),
    };
    Redirect::to(&format!("/sign-in{next}")).into_response()
}

/// The name of the cookie; over TLS it is bound to the host, and no other can set it.
pub fn cookie_name(is_secure: bool) -> &'static str {
    if is_secure { "__Host-sohoa" } else { "sohoa" }
}

/// The token that a browser sends back.
pub fn cookie(headers: &HeaderMap, is_secure: bool) -> Option<&str> {
    named_cookie(headers, cookie_name(is_secure))
}

/// What a browser sends back under a name.
pub fn named_cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut pairs =
        headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(';'));
    pairs.find_map(|pair| pair.trim().split_once('=').filter(|(n, _)| *n == name).map(|(_, value)| value))
}

/// The cookie of a stay; without a token it is taken away.
pub fn set_cookie(token: Option<&str>, is_secure: bool) -> HeaderValue {
    // Until the browser is closed: how long a stay lasts is decided here.
    made_cookie(cookie_name(is_secure), token, is_secure, None)
}

/// A cookie for this host alone that no script reads; without a value it is taken away.
pub fn made_cookie(name: &str, value: Option<&str>, is_secure: bool, seconds: Option<u32>) -> HeaderValue {
    let secure = if is_secure { "; Secure" } else { "" };
    let ends = seconds.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
    let text = match value {
        Some(value) => format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{ends}{secure}"),
        None => format!("{name}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0{secure}"),
    };
    HeaderValue::try_from(text).expect("a token is letters, figures, dashes")
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn from(peer: &str, forwarded: &[&str]) -> Request {
        let mut request = Request::new(Body::empty());
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 1)));
        for hops in forwarded {
            request.headers_mut().append("x-forwarded-for", hops.parse().unwrap());
        }
        request
    }

    #[test]
    fn only_our_proxies_say_where_a_request_comes_from() {
        let proxies: Vec<IpAddr> = vec!["10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap()];
        for (peer, forwarded, expected) in [
            ("203.0.113.9", vec!["127.0.0.1"], "203.0.113.9"),
            ("10.0.0.1", vec!["198.51.100.7"], "198.51.100.7"),
            ("10.0.0.1", vec!["127.0.0.1, 198.51.100.7, 10.0.0.2"], "198.51.100.7"),
            ("10.0.0.1", vec!["127.0.0.1", "198.51.100.7"], "198.51.100.7"),
            ("10.0.0.1", vec!["rubbish"], "10.0.0.1"),
            ("10.0.0.1", vec!["127.0.0.1, rubbish"], "10.0.0.1"),
            ("10.0.0.1", vec![], "10.0.0.1"),
            ("::ffff:10.0.0.1", vec!["2001:db8::1"], "2001:db8::1"),
        ] {
            let found = address_of(&from(peer, &forwarded), &proxies);
            assert_eq!(found, Some(expected.parse().unwrap()), "{peer} {forwarded:?}");
        }
    }

    #[test]
    fn cookies() {
        for (sent, is_secure, expected) in [
            ("sohoa=abc", false, Some("abc")),
            ("x=1; sohoa=abc; y=2", false, Some("abc")),
            ("__Host-sohoa=abc", true, Some("abc")),
            // Over TLS a cookie that any neighbour could have set is none of ours.
            ("sohoa=abc", true, None),
            ("notsohoa=abc", false, None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::COOKIE, sent.parse().unwrap());
            assert_eq!(cookie(&headers, is_secure), expected, "{sent}");
        }
        assert!(set_cookie(Some("t"), true).to_str().unwrap().ends_with("; Secure"));
        assert!(set_cookie(None, false).to_str().unwrap().contains("Max-Age=0"));
    }
}
