//! JSON answers as gzip, for systems that ask for it.
//!
//! Never for officers: a page of another site can make a browser ask, and see how long the answer was (BREACH). A
//! system's token no page can send. PDFs and pictures are dense already, events have to arrive one by one.

use std::io::Write;

use axum::{
    body::{Body, HttpBody, to_bytes},
    extract::Request,
    http::{HeaderMap, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use flate2::{Compression, write::GzEncoder};

use crate::domain::officer::Actor;

/// Shorter answers fit into one packet anyway.
const LEAST: u64 = 1 << 10;
/// Longer ones are no lists.
const MOST: u64 = 16 << 20;

/// Squeezes the answer where that helps and harms nobody.
pub(super) async fn squeeze(request: Request, next: Next) -> Response {
    // Without an asker it is the description of the API, which is no secret.
    let is_safe = !matches!(request.extensions().get::<Actor>(), Some(Actor::Officer(_)));
    let is_wanted = is_safe && takes_gzip(request.headers());
    let mut answer = next.run(request).await;
    let is_json = answer.headers().get(header::CONTENT_TYPE).is_some_and(|t| t == "application/json");
    if !is_json {
        return answer;
    }
    answer.headers_mut().append(header::VARY, HeaderValue::from_static("accept-encoding"));
    let length = answer.body().size_hint().exact().unwrap_or(0);
    if !is_wanted || !(LEAST..=MOST).contains(&length) {
        return answer;
    }
    let (mut parts, body) = answer.into_parts();
    let plain = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let squeezed = encoder.write_all(&plain).and_then(|()| encoder.finish());
    let Ok(squeezed) = squeezed else { return Response::from_parts(parts, Body::from(plain)) };
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    // Other bytes than those that the tag names, though they say the same.
    let tag = parts.headers.get(header::ETAG).and_then(|tag| tag.to_str().ok());
    let weak = tag.filter(|tag| tag.starts_with('"')).map(|tag| HeaderValue::try_from(format!("W/{tag}")));
    if let Some(Ok(weak)) = weak {
        parts.headers.insert(header::ETAG, weak);
    }
    Response::from_parts(parts, Body::from(squeezed))
}

fn takes_gzip(headers: &HeaderMap) -> bool {
    let said = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|v| v.to_str().ok());
    said.flat_map(|said| said.split(',')).any(|coding| {
        let (name, q) = coding.split_once(';').unwrap_or((coding, "q=1"));
        let q: f32 = q.trim().strip_prefix("q=").and_then(|q| q.parse().ok()).unwrap_or(0.0);
        name.trim().eq_ignore_ascii_case("gzip") && q > 0.0
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_given_to_who_takes_it() {
        for (said, expected) in [
            ("gzip", true),
            ("br, gzip;q=0.5", true),
            ("GZIP", true),
            ("gzip;q=0", false),
            ("gzip;q=0.0", false),
            ("br", false),
            ("identity", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, said.parse().unwrap());
            assert_eq!(takes_gzip(&headers), expected, "{said}");
        }
    }
}
