//! `Idempotency-Key`: an unsafe request that is sent twice within 24 hours acts once, and is answered alike.
//!
//! A key is that of whoever sent it, on one route: of others the same key is another one. What only reads is answered,
//! and traced, anew.

use std::time::Duration;

use axum::{
    body::{Body, Bytes, HttpBody, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{Api, problem::Problem};
use crate::{
    domain::{ids::ContentHash, officer::Actor},
    faces::bundle,
    store::idempotency::{self as kept, KeptAnswer, Known, RequestKey},
};

/// Headers of an answer that are kept with it.
const KEPT: [HeaderName; 2] = [header::LOCATION, header::ETAG];
/// An answer longer than this is not kept: what is as long was read, not done.
const ANSWER_BYTES: u64 = 4 << 20;

/// Beside an answer: it only tells what was read, and is not kept.
#[derive(Clone, Copy)]
pub(super) struct ReadAnew;

/// After so long without an answer, whoever was doing it is taken for dead.
const PATIENCE: Duration = Duration::from_secs(300);

pub(super) async fn once(State(api): State<Api>, request: Request, next: Next) -> Response {
    let is_unsafe = matches!(*request.method(), Method::POST | Method::PUT | Method::PATCH | Method::DELETE);
    let key = request.headers().get("idempotency-key").filter(|_| is_unsafe).cloned();
    let Some(key) = key else { return next.run(request).await };
    match answer_once(&api, &key, request, next).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

async fn answer_once(
    api: &Api,
    key: &HeaderValue,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let key = key.to_str().ok().filter(|k| (1..=200).contains(&k.len()));
    let key = key.ok_or_else(|| {
        Problem::bad_request("idempotency-key", "Idempotency-Key phải có 1 đến 200 ký tự ASCII.")
    })?;
    let (parts, body) = request.into_parts();
    let limit = usize::try_from(api.max_bytes.saturating_add(1 << 20)).unwrap_or(usize::MAX);
    let body = to_bytes(body, limit).await.map_err(|_| {
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "Tệp gửi lên lớn hơn giới hạn của hệ thống.")
    })?;
    // Of another caller the same key is another key.
    let by = parts.extensions.get::<Actor>().map(|by| by.id().to_owned()).unwrap_or_default();
    let route = format!("{by} {} {}", parts.method, parts.uri.path());
    // The boundary of a multipart body is new on every try, so its parts are compared without it.
    let content_hash = hash_of(&parts.headers, &body);
    let now = api.ctx.clock.now();
    let request_key = RequestKey { route: &route, key };
    let mut tx = api.ctx.db.write().await?;
    let known = kept::remember(&mut tx, request_key, &content_hash, now, PATIENCE).await?;
    tx.commit().await?;
    match known {
        Known::New => {}
        Known::Done(answer) => return from_kept(answer),
        Known::InFlight => {
            return Err(Problem::new(
                StatusCode::CONFLICT,
                "in-flight",
                "Yêu cầu cùng Idempotency-Key đang được xử lý.",
            ));
        }
        Known::OtherRequest => {
            let detail = "Idempotency-Key này đã dùng cho một yêu cầu khác.";
            return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency-key", detail));
        }
    }
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    keep(api, request_key, response).await
}

async fn keep(api: &Api, key: RequestKey<'_>, response: Response) -> Result<Response, Problem> {
    let length = response.body().size_hint().exact();
    let is_bundle = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|media_type| media_type == bundle::MEDIA_TYPE);
    // A file is streamed and made anew, and what was read is read anew.
    let is_made_anew = is_bundle || response.extensions().get::<ReadAnew>().is_some();
    if is_made_anew || length.is_none_or(|length| length > ANSWER_BYTES) {
        let mut tx = api.ctx.db.write().await?;
        kept::forget(&mut tx, key).await?;
        tx.commit().await?;
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default(); // of the length that was said
    let mut tx = api.ctx.db.write().await?;
    if parts.status.is_server_error() {
        kept::forget(&mut tx, key).await?; // it may be tried again
    } else {
        let text = |name: &HeaderName| Some(parts.headers.get(name)?.to_str().ok()?.to_owned());
        let answer = KeptAnswer {
            status: parts.status.as_u16(),
            content_type: text(&header::CONTENT_TYPE).unwrap_or_default(),
            headers: KEPT.iter().filter_map(|name| Some((name.to_string(), text(name)?))).collect(),
            body: String::from_utf8_lossy(&body).into_owned(),
        };
        kept::answer(&mut tx, key, &answer).await?;
    }
    tx.commit().await?;
    Ok(Response::from_parts(parts, Body::from(body)))
}

fn from_kept(answer: KeptAnswer) -> Result<Response, Problem> {
    let broken =
        || Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "kept-answer", "Câu trả lời đã lưu bị hỏng.");
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).map_err(|_| broken())?;
    let content_type = (header::CONTENT_TYPE.to_string(), answer.content_type);
    for (name, value) in answer.headers.into_iter().chain([content_type]) {
        let name = HeaderName::try_from(name).map_err(|_| broken())?;
        response.headers_mut().insert(name, HeaderValue::try_from(value).map_err(|_| broken())?);
    }
    Ok(response)
}

fn hash_of(headers: &HeaderMap, body: &Bytes) -> ContentHash {
    let media_type = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let boundary = media_type.split("boundary=").nth(1).map(|b| b.trim_matches('"').as_bytes().to_vec());
    let Some(boundary) = boundary.filter(|b| !b.is_empty()) else { return ContentHash::of(body) };
    let mut parts = Vec::with_capacity(body.len());
    let mut rest: &[u8] = body;
    while let Some(at) = find(rest, &boundary) {
        parts.extend_from_slice(&rest[..at]);
        rest = &rest[at + boundary.len()..];
    }
    parts.extend_from_slice(rest);
    ContentHash::of(&parts)
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|w| w == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_parts_are_the_same_request_whatever_the_boundary() {
        let hash = |boundary: &str, content: &str| {
            let mut headers = HeaderMap::new();
            let media_type = format!("multipart/form-data; boundary={boundary}");
            headers.insert(header::CONTENT_TYPE, media_type.parse().unwrap());
            hash_of(&headers, &Bytes::from(format!("--{boundary}\r\n\r\n{content}\r\n--{boundary}--\r\n")))
        };
        assert_eq!(hash("abc", "x"), hash("defgh", "x"));
        assert_ne!(hash("abc", "x"), hash("abc", "y"));
    }
}
