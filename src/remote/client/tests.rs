//! The client before a small server of our own.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{
    Router,
    body::Bytes,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect},
    routing::{get, post},
};

use super::*;

async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

fn allowed() -> Remote {
    let rules =
        RemoteRules { private_hosts: vec!["127.0.0.1".to_owned()], seconds: 2, ..RemoteRules::default() };
    Remote::new(&rules).unwrap()
}

async fn echo(headers: HeaderMap, body: Bytes) -> impl IntoResponse {
    assert_eq!(headers[header::CONTENT_TYPE], "application/timestamp-query");
    ([(header::CONTENT_TYPE, "application/timestamp-reply")], body)
}

#[tokio::test]
async fn private_addresses_are_asked_only_when_named() {
    let base = serve(Router::new().route("/tsa", post(echo))).await;
    let answer = allowed().timestamp(&format!("{base}/tsa"), b"question".to_vec()).await;
    assert_eq!(answer.unwrap(), b"question");
    let strict = Remote::new(&RemoteRules::default()).unwrap();
    let refused = strict.timestamp(&format!("{base}/tsa"), b"question".to_vec()).await;
    assert!(matches!(refused, Err(RemoteError::NotAllowed)));
    let by_name = base.replace("127.0.0.1", "localhost");
    let refused = strict.timestamp(&format!("{by_name}/tsa"), b"question".to_vec()).await;
    assert!(matches!(refused, Err(RemoteError::Unreachable(_))));
    for address in
        ["ftp://example.org/x", "http://user:pass@example.org/", "http://[::1]/", "http://0177.0.0.1/", "x"]
    {
        assert!(matches!(strict.crl(address).await, Err(RemoteError::NotAllowed)), "{address}");
    }
}

#[tokio::test]
async fn redirects_to_other_hosts_are_not_followed() {
    let other = serve(Router::new().route("/x", get(|| async { "secret" }))).await;
    let there = other.replace("127.0.0.1", "localhost");
    let router = Router::new()
        .route("/away", get(move || async move { Redirect::temporary(&format!("{there}/x")) }))
        .route("/near", get(|| async { Redirect::temporary("/list") }))
        .route("/loop", get(|| async { Redirect::temporary("/loop") }))
        .route("/list", get(|| async { "list" }));
    let base = serve(router).await;
    let remote = allowed();
    assert!(matches!(remote.crl(&format!("{base}/away")).await, Err(RemoteError::Refused(307))));
    assert!(matches!(remote.crl(&format!("{base}/loop")).await, Err(RemoteError::Refused(307))));
    assert_eq!(remote.crl(&format!("{base}/near")).await.unwrap().as_slice(), b"list");
}

#[tokio::test]
async fn answers_are_bounded_and_of_the_right_kind() {
    let router = Router::new()
        .route(
            "/large",
            post(|| async { ([(header::CONTENT_TYPE, "application/timestamp-reply")], vec![0u8; 300_000]) }),
        )
        .route("/html", post(|| async { axum::response::Html("<p>") }))
        .route("/never", post(std::future::pending::<StatusCode>))
        .route("/broken", post(|| async { StatusCode::BAD_GATEWAY }));
    let base = serve(router).await;
    let remote = allowed();
    let ask = |path: &str| {
        let address = format!("{base}{path}");
        let remote = &remote;
        async move { remote.timestamp(&address, Vec::new()).await }
    };
    assert!(matches!(ask("/large").await, Err(RemoteError::TooLarge)));
    assert!(matches!(ask("/html").await, Err(RemoteError::OtherKind)));
    assert!(matches!(ask("/never").await, Err(RemoteError::Unreachable(_))));
    assert!(matches!(ask("/broken").await, Err(RemoteError::Refused(502))));
}

#[tokio::test]
async fn a_list_is_fetched_once() {
    let n_asked = Arc::new(AtomicUsize::new(0));
    let count = n_asked.clone();
    let list = get(move || async move { count.fetch_add(1, Ordering::Relaxed).to_string() });
    let base = serve(Router::new().route("/list", list)).await;
    let remote = allowed();
    for _ in 0..3 {
        assert_eq!(remote.crl(&format!("{base}/list")).await.unwrap().as_slice(), b"0");
    }
    assert_eq!(n_asked.load(Ordering::Relaxed), 1);
}
