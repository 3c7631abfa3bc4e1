//! What the dictionary of a signature says of itself: times and names, certification, locks.

use std::ops::Range;

use jiff::{Timestamp, civil, tz::Offset};
use lopdf::{Dictionary, Object};

use super::{FieldLock, Located, LockAction, Sighting};
use crate::engines::{
    pdf::revisions::RevisedPdf,
    signature::{fields, verdict::Kind},
};

/// Most names in a lock of fields.
const MOST_LOCKED: usize = 10_000;

/// What the dictionary says of itself.
pub(super) fn describe(pdf: &RevisedPdf<'_>, sighting: &Sighting, dict: &Dictionary, one: &mut Located<'_>) {
    let revision = sighting.seen_in;
    let name = |key: &[u8]| dict.get(key).ok().and_then(|name| name.as_name().ok()).unwrap_or_default();
    one.sub_filter = String::from_utf8_lossy(name(b"SubFilter")).into_owned();
    if name(b"Type") == b"DocTimeStamp" || one.sub_filter == "ETSI.RFC3161" {
        one.kind = Kind::Doctimestamp;
    }
    let claimed = dict.get(b"M").ok().and_then(|m| pdf.resolve(revision, m));
    one.claimed_at = claimed.and_then(|m| m.as_str().ok().and_then(time));
    one.claimed_name = fields::text(pdf, revision, dict, b"Name");
    one.claimed_reason = fields::text(pdf, revision, dict, b"Reason");
    one.claimed_location = fields::text(pdf, revision, dict, b"Location");
    for (method, params) in transforms(pdf, revision, dict) {
        match method.as_slice() {
            b"DocMDP" => {
                let p = match params.get(b"P").ok() {
                    None => 2,
                    Some(p) => p.as_i64().ok().and_then(|p| u8::try_from(p).ok()).unwrap_or(1),
                };
                let p = if (1..=3).contains(&p) { p } else { 1 };
                one.certified_p = Some(one.certified_p.map_or(p, |other| other.min(p)));
            }
            b"FieldMDP" => one.lock = field_lock(pdf, revision, &params),
            _ => {}
        }
    }
    // A lock that only the field asks for tightens just as well.
    if one.lock.is_none() {
        let field = sighting.field.and_then(|field| pdf.object(revision, field));
        let lock = field.as_ref().and_then(|field| field.as_dict().ok()?.get(b"Lock").ok());
        let lock = lock.and_then(|lock| pdf.resolve(revision, lock));
        one.lock = lock.and_then(|lock| field_lock(pdf, revision, lock.as_dict().ok()?));
    }
}

/// Methods and parameters of `/Reference`.
fn transforms(pdf: &RevisedPdf<'_>, revision: usize, dict: &Dictionary) -> Vec<(Vec<u8>, Dictionary)> {
    let references = dict.get(b"Reference").ok().and_then(|value| pdf.resolve(revision, value));
    let Some(references) = references.and_then(|value| value.as_array().ok().cloned()) else {
        return Vec::new();
    };
    let of_one = |reference: &Object| {
        let reference = pdf.resolve(revision, reference)?.into_owned();
        let reference = reference.as_dict().ok()?;
        let method = reference.get(b"TransformMethod").ok()?.as_name().ok()?.to_vec();
        let params = reference.get(b"TransformParams").ok().and_then(|value| pdf.resolve(revision, value));
        Some((method, params.and_then(|params| params.as_dict().ok().cloned()).unwrap_or_default()))
    };
    references.iter().take(16).filter_map(of_one).collect()
}

fn field_lock(pdf: &RevisedPdf<'_>, revision: usize, params: &Dictionary) -> Option<FieldLock> {
    let action = match params.get(b"Action").ok()?.as_name().ok()? {
        b"Include" => LockAction::Include,
        b"Exclude" => LockAction::Exclude,
        // What is not understood locks everything.
        _ => LockAction::All,
    };
    let names = params.get(b"Fields").ok().and_then(|names| pdf.resolve(revision, names));
    let names = names.and_then(|names| names.as_array().ok().cloned()).unwrap_or_default();
    let fields = names.iter().take(MOST_LOCKED).filter_map(|name| lopdf::decode_text_string(name).ok());
    Some(FieldLock { action, fields: fields.collect() })
}

/// `D:20241106101500+07'00'` (ISO 32000-2, 7.9.4), with day and time at least to the minute.
fn time(bytes: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(bytes).ok()?.trim();
    let text = text.strip_prefix("D:").unwrap_or(text);
    let digits = text.get(..14).filter(|d| d.bytes().all(|b| b.is_ascii_digit()))?;
    let number = |range: Range<usize>| digits[range].parse::<i8>().ok();
    let year = digits[..4].parse().ok()?;
    let (month, day) = (number(4..6)?, number(6..8)?);
    let (hour, minute, second) = (number(8..10)?, number(10..12)?, number(12..14)?);
    let local = civil::DateTime::new(year, month, day, hour, minute, second.min(59), 0).ok()?;
    let mut parts =
        text[14..].trim_start_matches(['+', '-', 'Z']).split('\'').filter(|part| !part.is_empty());
    let mut next = || parts.next().map_or(Some(0), |part| part.parse::<u8>().ok().map(i32::from));
    let seconds = next()? * 3600 + next()? * 60;
    let seconds = if text[14..].starts_with('-') { -seconds } else { seconds };
    Offset::from_seconds(seconds).ok()?.to_timestamp(local).ok()
}
