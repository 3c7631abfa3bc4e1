//! Bytes of a document as an answer: whole, a part of them, or that the caller has them (RFC 9110, 13 and 14).

use std::ops::Range;

use axum::{
    body::Bytes,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::problem::Problem;
use crate::domain::dossier::PaperObject;

/// What of some bytes is asked for.
#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    Whole,
    Part(Range<usize>),
    /// A part that isn't there.
    Beyond,
}

/// The bytes, the part that `Range` names, or 304.
pub(super) fn answer(headers: &HeaderMap, object: &PaperObject, bytes: Vec<u8>) -> Response {
    let tag = format!("\"{}\"", object.hash);
    if has_it(headers, &tag) {
        return not_modified(&tag);
    }
    let length = bytes.len();
    let tagged = [
        (header::ETAG, tag.clone()),
        (header::ACCEPT_RANGES, "bytes".to_owned()),
        (header::CONTENT_TYPE, object.media_type.clone()),
    ];
    match wanted(headers, &tag, length) {
        Wanted::Whole => (tagged, bytes).into_response(),
        Wanted::Part(part) => {
            let place = format!("bytes {}-{}/{length}", part.start, part.end.saturating_sub(1));
            let part = Bytes::from(bytes).slice(part);
            (StatusCode::PARTIAL_CONTENT, tagged, [(header::CONTENT_RANGE, place)], part).into_response()
        }
        Wanted::Beyond => {
            let detail = format!("Tệp có {length} byte; phần được hỏi (Range) không có trong tệp.");
            let problem = Problem::new(StatusCode::RANGE_NOT_SATISFIABLE, "range", detail);
            ([(header::CONTENT_RANGE, format!("bytes */{length}"))], problem).into_response()
        }
    }
}

/// That the caller has what he asks for.
pub(super) fn not_modified(tag: &str) -> Response {
    (StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response()
}

/// Whether `If-None-Match` names the tag: strong or weak, for a reading all the same.
pub(super) fn has_it(headers: &HeaderMap, tag: &str) -> bool {
    let said = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|v| v.to_str().ok());
    said.flat_map(|tags| tags.split(','))
        .map(str::trim)
        .any(|said| said == "*" || said.trim_start_matches("W/") == tag)
}

/// One part is given; of several, as of what is no range, the whole (RFC 9110, 14.2).
fn wanted(headers: &HeaderMap, tag: &str, length: usize) -> Wanted {
    let text = |value: &HeaderValue| value.to_str().unwrap_or_default().trim().to_owned();
    let Some(range) = headers.get(header::RANGE).map(text) else { return Wanted::Whole };
    // Whoever has parts of another version gets all of this one.
    if headers.get(header::IF_RANGE).map(text).is_some_and(|said| said != tag) {
        return Wanted::Whole;
    }
    part_of(&range, length).unwrap_or(Wanted::Whole)
}

fn part_of(range: &str, length: usize) -> Option<Wanted> {
    let (unit, part) = range.split_once('=')?;
    let (first, last) = part.trim().split_once('-')?;
    if !unit.eq_ignore_ascii_case("bytes") {
        return None;
    }
    let number = |digits: &str| {
        let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        // More than fits is more than is there.
        is_number.then(|| digits.parse().unwrap_or(usize::MAX))
    };
    let (start, end) = match (first, last) {
        ("", last) => (length.saturating_sub(number(last)?), if number(last)? == 0 { 0 } else { length }),
        (first, "") => (number(first)?, length),
        (first, last) => (number(first)?, number(last)?.saturating_add(1).min(length)),
    };
    if !last.is_empty() && !first.is_empty() && number(last)? < start {
        return None;
    }
    Some(if start < end { Wanted::Part(start..end) } else { Wanted::Beyond })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_part_is_given_and_of_what_is_none_the_whole() {
        let part = |a, b| Wanted::Part(a..b);
        for (range, if_range, expected) in [
            ("bytes=0-9", None, part(0, 10)),
            ("bytes=90-", None, part(90, 100)),
            ("bytes=95-200", None, part(95, 100)),
            ("bytes=-10", None, part(90, 100)),
            ("bytes=-500", None, part(0, 100)),
            ("Bytes=99-99", None, part(99, 100)),
            ("bytes=100-", None, Wanted::Beyond),
            ("bytes=100-200", None, Wanted::Beyond),
            ("bytes=-0", None, Wanted::Beyond),
            ("bytes=99999999999999999999999-", None, Wanted::Beyond),
            ("bytes=9-3", None, Wanted::Whole),
            ("bytes=0-1,5-6", None, Wanted::Whole),
            ("bytes=a-b", None, Wanted::Whole),
            ("bytes=+1-2", None, Wanted::Whole),
            ("bytes=-", None, Wanted::Whole),
            ("pages=1-2", None, Wanted::Whole),
            ("rubbish", None, Wanted::Whole),
            ("bytes=0-9", Some("\"t\""), part(0, 10)),
            ("bytes=0-9", Some("\"other\""), Wanted::Whole),
            ("bytes=0-9", Some("W/\"t\""), Wanted::Whole),
            ("bytes=0-9", Some("Sat, 21 Nov 2026 03:00:00 GMT"), Wanted::Whole),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::RANGE, range.parse().unwrap());
            if let Some(said) = if_range {
                headers.insert(header::IF_RANGE, said.parse().unwrap());
            }
            assert_eq!(wanted(&headers, "\"t\"", 100), expected, "{range} {if_range:?}");
        }
        let mut headers = HeaderMap::new();
        headers.insert(header::RANGE, "bytes=0-".parse().unwrap());
        assert_eq!(wanted(&headers, "\"t\"", 0), Wanted::Beyond, "nothing has no first byte");
    }

    #[test]
    fn tags_are_known_in_every_form() {
        for (said, expected) in [
            ("\"t\"", true),
            ("W/\"t\"", true),
            ("\"a\", \"t\"", true),
            ("*", true),
            ("\"a\"", false),
            ("t", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::IF_NONE_MATCH, said.parse().unwrap());
            assert_eq!(has_it(&headers, "\"t\""), expected, "{said}");
        }
    }
}
