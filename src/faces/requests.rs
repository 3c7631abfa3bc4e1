//! One line of the log for each request that changes something or is refused: method, route, status, time, and the
//! paper where it is about one. Never what stands in the path besides, nor in query and body.

use std::{str::FromStr, time::Instant};

use axum::{
    extract::{MatchedPath, Request},
    http::{HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};
use tracing::{Instrument, Span, field};
use uuid::Uuid;

/// Under this name an answer says which lines of the log are about it.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Logs a request once it is answered; lines that are written meanwhile carry its id and that of the paper.
pub(super) async fn told(request: Request, next: Next) -> Response {
    let id = Uuid::now_v7().to_string();
    let span = tracing::error_span!("request", id, paper = field::Empty);
    if let Some(paper) = paper_of(request.uri().path()) {
        span.record("paper", paper.to_string());
    }
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map(|route| route.as_str().to_owned());
    let begun = Instant::now();
    let mut answer = next.run(request).instrument(span.clone()).await;
    if let Ok(id) = HeaderValue::from_str(&id) {
        answer.headers_mut().insert(REQUEST_ID, id);
    }
    let (status, ms) =
        (answer.status().as_u16(), u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX));
    let route = route.as_deref().unwrap_or("none");
    let is_quiet = method.is_safe() && status < 400;
    line(&span, is_quiet, (method.as_str(), route, status, ms));
    answer
}

fn line(span: &Span, is_quiet: bool, (method, route, status, ms): (&str, &str, u16, u64)) {
    span.in_scope(|| match (is_quiet, status) {
        (_, 500..) => tracing::warn!(method, route, status, ms, "answered"),
        (false, _) => tracing::info!(method, route, status, ms, "answered"),
        (true, _) => tracing::debug!(method, route, status, ms, "answered"),
    });
}

/// `/papers/{id}/…`, under whatever.
fn paper_of(path: &str) -> Option<Uuid> {
    let (_, rest) = path.split_once("/papers/")?;
    Uuid::from_str(rest.split('/').next()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_id_is_taken_from_the_path() {
        let id = "019ab000-0000-7000-8000-000000000001";
        for (path, expected) in [
            (format!("/papers/{id}"), Some(id)),
            (format!("/api/v1/papers/{id}/confirm"), Some(id)),
            ("/papers/001085012345".to_owned(), None),
            ("/papers/".to_owned(), None),
            (format!("/owners/{id}"), None),
        ] {
            assert_eq!(paper_of(&path).map(|id| id.to_string()).as_deref(), expected, "{path}");
        }
    }
}
