//! What holds for every request: which hosts and origins may call, how large a body may be, what
//! headers an answer carries.
//!
//! A page of a foreign site that is open in an officer's browser must not act in his name, nor a foreign name that
//! resolves to our address.

use std::sync::Arc;

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use tower_http::{limit::RequestBodyLimitLayer, set_header::SetResponseHeaderLayer};

use super::{Served, api::problem::Problem, pace};

/// Bytes of a form beside its files.
const FORM_BYTES: u64 = 1 << 20;

/// What pages may load and speak to; the signing agent of the officer's computer beside ourselves.
fn content_policy(agent: &str) -> String {
    // Only what names one address of this machine goes into a header.
    let is_plain = agent.strip_prefix("http://").is_some_and(is_loopback_name);
    let agent = if is_plain { format!(" {agent}") } else { String::new() };
    format!(
        "default-src 'none'; img-src 'self' data:; style-src 'self'; script-src 'self'; connect-src 'self'{agent}; \
         form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
}

const HEADERS: [(HeaderName, &str); 4] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::CACHE_CONTROL, "no-store"),
];

/// Puts the walls around `app`; `agent` is the signing agent that pages may speak to.
pub fn guard(app: Router, served: &Served, agent: &str) -> Router {
    let limit = usize::try_from(served.max_bytes.saturating_add(FORM_BYTES)).unwrap_or(usize::MAX);
    let hosts: Arc<[String]> = served.hosts.iter().map(|host| host.to_ascii_lowercase()).collect();
    let app = app
        .layer(middleware::from_fn_with_state(hosts, same_origin))
        .layer(DefaultBodyLimit::disable())
        .layer(RequestBodyLimitLayer::new(limit))
        .layer(middleware::from_fn(pace::keep));
    let policy = HeaderValue::from_str(&content_policy(agent))
        .unwrap_or(HeaderValue::from_static("default-src 'none'"));
    let app = app.layer(SetResponseHeaderLayer::if_not_present(header::CONTENT_SECURITY_POLICY, policy));
    HEADERS.into_iter().fold(app, |app, (name, value)| {
        app.layer(SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value)))
    })
}

/// Refuses names that are not ours, and unsafe requests that another site's page sends.
async fn same_origin(State(hosts): State<Arc<[String]>>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    // Over HTTP/2 the name stands in the address.
    let authority = request.uri().authority().map(axum::http::uri::Authority::as_str);
    let host = headers.get(header::HOST).and_then(|h| h.to_str().ok()).or(authority).unwrap_or_default();
    if !is_loopback_name(host) && !is_of(&hosts, host) {
        return Problem::new(
            StatusCode::MISDIRECTED_REQUEST,
            "wrong-host",
            "Dịch vụ không trả lời dưới tên này: người quản trị khai báo tên trong mục [service] hosts.",
        )
        .into_response();
    }
    let is_safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if !is_safe && !is_of_our_pages(headers, host) {
        return Problem::new(
            StatusCode::FORBIDDEN,
            "cross-origin",
            "Yêu cầu đến từ trang khác nên bị từ chối.",
        )
        .into_response();
    }
    next.run(request).await
}

fn name_of(host: &str) -> &str {
    host.rsplit_once(':')
        .filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()))
        .map_or(host, |(n, _)| n)
}

fn is_of(hosts: &[String], host: &str) -> bool {
    hosts.iter().any(|known| known.eq_ignore_ascii_case(name_of(host)))
}

fn is_loopback_name(host: &str) -> bool {
    let name = name_of(host);
    matches!(name, "localhost" | "[::1]")
        || name.parse::<std::net::Ipv4Addr>().is_ok_and(|ip| ip.is_loopback())
}

/// Browsers say where a request comes from; programs that are no browsers say nothing.
fn is_of_our_pages(headers: &HeaderMap, host: &str) -> bool {
    let text = |name: HeaderName| headers.get(name).and_then(|v| v.to_str().ok());
    if let Some(site) = text(HeaderName::from_static("sec-fetch-site")) {
        return matches!(site, "same-origin" | "none");
    }
    match text(header::ORIGIN) {
        Some(origin) => origin.split_once("://").is_some_and(|(_, rest)| rest == host),
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine() {
        for (host, ok) in [
            ("127.0.0.1:8080", true),
            ("localhost", true),
            ("localhost:8080", true),
            ("[::1]:8080", true),
            ("127.9.9.9", true),
            ("evil.example:8080", false),
            ("127.0.0.1.evil.example", false),
            ("192.168.1.1", false),
            ("", false),
        ] {
            assert_eq!(is_loopback_name(host), ok, "{host}");
        }
    }

    #[test]
    fn pages_speak_to_us_and_to_one_agent_of_this_machine() {
        for (agent, expected) in [
            ("http://127.0.0.1:3917", "connect-src 'self' http://127.0.0.1:3917;"),
            ("http://evil.example:3917", "connect-src 'self';"),
            ("http://127.0.0.1:1; script-src *", "connect-src 'self';"),
            ("*", "connect-src 'self';"),
        ] {
            assert!(content_policy(agent).contains(expected), "{agent}");
        }
    }

    #[test]
    fn another_sites_page_cannot_act() {
        let check = |name: &'static str, value: &'static str, ok: bool| {
            let mut headers = HeaderMap::new();
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
            assert_eq!(is_of_our_pages(&headers, "127.0.0.1:8080"), ok, "{name}: {value}");
        };
        check("sec-fetch-site", "same-origin", true);
        check("sec-fetch-site", "cross-site", false);
        check("sec-fetch-site", "same-site", false);
        check("origin", "http://127.0.0.1:8080", true);
        check("origin", "http://127.0.0.1:9090", false);
        check("origin", "null", false);
        check("accept", "*/*", true);
    }
}
