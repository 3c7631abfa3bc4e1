//! The door for pages: loopback only, named origins only, no cookies, no secrets.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Path, Request, State, rejection::JsonRejection},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::json;

use super::desk::{self, Desk, NotTaken, SignaturesIn};
use crate::engines::signature::seal::key::KeyError;

/// Two hundred documents with their attributes.
const MOST_BYTES: usize = 4 << 20;
const PRIVATE_NETWORK_ASKED: &str = "access-control-request-private-network";
const PRIVATE_NETWORK: &str = "access-control-allow-private-network";

#[derive(Clone)]
struct Agent {
    desk: Arc<Desk>,
    origins: Arc<Vec<String>>,
    port: u16,
}

/// An origin as browsers write it; `None` where it is none, or not one that a page may come from safely.
pub(super) fn origin(text: &str) -> Option<String> {
    let text = text.trim().trim_end_matches('/').to_ascii_lowercase();
    let is_host = |rest: &str| {
        !rest.is_empty() && rest.chars().all(|c| c.is_ascii_alphanumeric() || ".-:[]".contains(c))
    };
    let is_local = |rest: &str| {
        ["localhost", "127.0.0.1", "[::1]"]
            .iter()
            .any(|host| rest.strip_prefix(host).is_some_and(|port| port.is_empty() || port.starts_with(':')))
    };
    let is_fine = match text.split_once("://") {
        Some(("https", rest)) => is_host(rest),
        Some(("http", rest)) => is_host(rest) && is_local(rest),
        _ => false,
    };
    is_fine.then_some(text)
}

pub(super) fn router(desk: Arc<Desk>, origins: Vec<String>, port: u16) -> Router {
    let agent = Agent { desk, origins: Arc::new(origins), port };
    Router::new()
        .route("/v1/state", get(state))
        .route("/v1/certificates", get(certificates))
        .route("/v1/signatures", axum::routing::post(ask))
        .route("/v1/signatures/{id}", get(see).delete(take_back))
        .fallback(|| async { problem(StatusCode::NOT_FOUND, "Phần mềm ký không có mục này.") })
        .method_not_allowed_fallback(|| async {
            problem(StatusCode::METHOD_NOT_ALLOWED, "Mục này không nhận yêu cầu kiểu ấy.")
        })
        .layer(DefaultBodyLimit::max(MOST_BYTES))
        .layer(middleware::from_fn_with_state(agent.clone(), guard))
        .with_state(agent)
}

/// Lets pages of named origins in, under the name of this machine alone.
async fn guard(State(agent): State<Agent>, request: Request, next: Next) -> Response {
    let Some(origin) = known_origin(&agent, request.headers()) else {
        return problem(StatusCode::FORBIDDEN, "Trang này không được phép dùng phần mềm ký.");
    };
    let asks_for_private = request.headers().contains_key(PRIVATE_NETWORK_ASKED);
    let mut response = if request.method() == Method::OPTIONS {
        StatusCode::NO_CONTENT.into_response()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    let fixed = |text: &'static str| HeaderValue::from_static(text);
    if let Ok(origin) = HeaderValue::from_str(&origin) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    }
    headers.insert(header::VARY, fixed("Origin"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, fixed("GET, POST, DELETE"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, fixed("content-type"));
    headers.insert(header::CACHE_CONTROL, fixed("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, fixed("nosniff"));
    if asks_for_private {
        headers.insert(PRIVATE_NETWORK, fixed("true"));
    }
    response
}

fn known_origin(agent: &Agent, headers: &HeaderMap) -> Option<String> {
    let said = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let host = said(header::HOST).unwrap_or_default();
    let is_here = ["127.0.0.1", "localhost"].iter().any(|name| host == format!("{name}:{}", agent.port));
    let origin = said(header::ORIGIN).map(str::to_ascii_lowercase)?;
    (is_here && agent.origins.contains(&origin)).then_some(origin)
}

fn problem(status: StatusCode, detail: &str) -> Response {
    let kind = [(header::CONTENT_TYPE, "application/problem+json")];
    (status, kind, Json(json!({ "status": status.as_u16(), "detail": detail })).0.to_string()).into_response()
}

fn key_problem(error: &KeyError) -> Response {
    let status = match error {
        KeyError::NotFound(_) | KeyError::TokenLost => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    problem(status, &error.to_string())
}

async fn state(State(agent): State<Agent>) -> Response {
    let found = off_the_loop(&agent, Desk::certificates).await;
    let (state, message) = match (agent.desk.state(), found) {
        (Some(desk::State::WaitingForConsent), _) => {
            ("waiting_for_consent", "Đang chờ công chức đồng ý.".to_owned())
        }
        (Some(desk::State::Signing), _) => ("signing", "Đang ký.".to_owned()),
        (_, Ok(found))
            if found.iter().any(|(certificate, _)| certificate.check(agent.desk.now()).is_ok()) =>
        {
            ("ready", "Sẵn sàng ký.".to_owned())
        }
        (_, Ok(_)) => ("no_certificate", "Thiết bị ký không có chứng thư số dùng được.".to_owned()),
        (_, Err(error)) => ("no_token", error.to_string()),
    };
    let version = env!("CARGO_PKG_VERSION");
    Json(json!({ "agent": "sohoa", "version": version, "contract": 1, "state": state, "message": message }))
        .into_response()
}

/// Tokens answer slowly.
async fn off_the_loop<T: Send + 'static>(
    agent: &Agent,
    ask: impl FnOnce(&Desk) -> Result<T, KeyError> + Send + 'static,
) -> Result<T, KeyError> {
    let desk = agent.desk.clone();
    tokio::task::spawn_blocking(move || ask(&desk)).await.unwrap_or(Err(KeyError::Failed))
}

async fn certificates(State(agent): State<Agent>) -> Response {
    match off_the_loop(&agent, Desk::certificates).await {
        Ok(found) => {
            let found: Vec<_> = found.into_iter().map(|(_, out)| out).collect();
            Json(json!({ "certificates": found })).into_response()
        }
        Err(error) => key_problem(&error),
    }
}

/// The guard let it pass, so it is there.
fn origin_of(headers: &HeaderMap) -> String {
    headers.get(header::ORIGIN).and_then(|o| o.to_str().ok()).unwrap_or_default().to_ascii_lowercase()
}

async fn ask(
    State(agent): State<Agent>,
    headers: HeaderMap,
    asked: Result<Json<SignaturesIn>, JsonRejection>,
) -> Response {
    let Ok(Json(asked)) = asked else {
        let wrong = NotTaken::Malformed("không phải JSON theo hợp đồng, hoặc quá dài");
        return problem(StatusCode::UNPROCESSABLE_ENTITY, &wrong.to_string());
    };
    let (desk, origin) = (agent.desk.clone(), origin_of(&headers));
    let taken = tokio::task::spawn_blocking(move || desk.take(&origin, asked)).await;
    match taken.unwrap_or(Err(NotTaken::Key(KeyError::Failed))) {
        Ok(request) => (StatusCode::ACCEPTED, Json(request)).into_response(),
        Err(NotTaken::Busy) => problem(StatusCode::CONFLICT, &NotTaken::Busy.to_string()),
        Err(NotTaken::Key(error)) => key_problem(&error),
        Err(error @ NotTaken::Malformed(_)) => problem(StatusCode::UNPROCESSABLE_ENTITY, &error.to_string()),
    }
}

async fn see(State(agent): State<Agent>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    found(agent.desk.see(&origin_of(&headers), &id))
}

async fn take_back(State(agent): State<Agent>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    found(agent.desk.take_back(&origin_of(&headers), &id))
}

fn found(request: Option<desk::RequestOut>) -> Response {
    match request {
        Some(request) => Json(request).into_response(),
        None => problem(StatusCode::NOT_FOUND, "Không có yêu cầu ký này."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_come_from_secure_origins_or_this_machine() {
        let check =
            |text: &str, expected: Option<&str>| assert_eq!(origin(text).as_deref(), expected, "{text}");
        check("https://motcua.example.vn/", Some("https://motcua.example.vn"));
        check("HTTPS://Motcua.example.vn:8443", Some("https://motcua.example.vn:8443"));
        check("http://127.0.0.1:8080", Some("http://127.0.0.1:8080"));
        for wrong in [
            "http://motcua.example.vn",
            "http://localhost.evil.example",
            "*",
            "null",
            "https://",
            "https://a/b",
        ] {
            check(wrong, None);
        }
    }
}
