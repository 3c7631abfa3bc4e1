//! What a CMS signature (RFC 5652) says of itself: when it claims to have been made, and whom its
//! certificate names. Judges nothing: no digest, no signature value, no chain is looked at.

use jiff::Timestamp;
use x509_parser::prelude::{FromDer, X509Certificate, X509Name};

use crate::engines::signature::asn1::{
    CONTEXT, GENERALIZED_TIME, INTEGER, Item, OID, Reader, SEQUENCE, SET, UTC_TIME,
};

/// Longest signature that is looked at, bytes; real ones have 2–30 kB.
const LONGEST: usize = 1 << 20;
/// Certificates and signers looked at.
const MOST: usize = 64;
/// Longest name taken from a certificate, characters.
const LONGEST_NAME: usize = 200;

/// `1.2.840.113549.1.7.2`, signedData.
const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
/// `1.2.840.113549.1.9.5`, signingTime.
const SIGNING_TIME: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x05];

/// `[0]`, constructed: content, certificates, signed attributes, by where it stands.
const ZERO: u8 = CONTEXT;

/// What was found; all of it is a claim.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Claims {
    /// The attribute signingTime.
    pub signed_at: Option<Timestamp>,
    /// Common name, units and organisation of the signer's certificate, in that order.
    pub names: Vec<String>,
}

/// Looks into a signature; zeros behind it are passed over. `None` where it is no signedData in DER.
pub fn claims(der: &[u8]) -> Option<Claims> {
    if der.len() > LONGEST {
        return None;
    }
    let mut content_info = items(of(SEQUENCE, items(der).next()?)?);
    if of(OID, content_info.next()?)? != SIGNED_DATA {
        return None;
    }
    let signed_data = of(SEQUENCE, items(of(ZERO, content_info.next()?)?).next()?)?;
    let parts: Vec<Item<'_>> = items(signed_data).take(MOST).collect();
    let certificates = parts.iter().find(|part| part.tag == ZERO).map_or(&[][..], |part| part.content);
    let signer = of(SEQUENCE, items(of(SET, *parts.last()?)?).next()?)?;
    let parts: Vec<Item<'_>> = items(signer).take(MOST).collect();
    // version, sid, digest algorithm, then the signed attributes where there are any.
    let sid = parts.get(1)?;
    let attributes = parts.get(3).filter(|part| part.tag == ZERO);
    Some(Claims {
        signed_at: attributes.and_then(|part| signing_time(part.content)),
        names: signers_certificate(certificates, sid).map(|c| names(c.subject())).unwrap_or_default(),
    })
}

fn signing_time(attributes: &[u8]) -> Option<Timestamp> {
    for attribute in items(attributes).take(MOST) {
        let mut parts = items(of(SEQUENCE, attribute)?);
        if of(OID, parts.next()?)? == SIGNING_TIME {
            let time = items(of(SET, parts.next()?)?).next()?;
            return time_of(time.tag, time.content);
        }
    }
    None
}

/// UTCTime and GeneralizedTime as DER has them: in UTC, with seconds (RFC 5652, 11.3).
fn time_of(tag: u8, digits: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(digits).ok()?.strip_suffix('Z')?;
    let text = match (tag, text.len()) {
        // RFC 5280, 4.1.2.5.1: years from 50 on are of the last century.
        (UTC_TIME, 12) => format!("{}{text}", if text.get(..2)? >= "50" { "19" } else { "20" }),
        (GENERALIZED_TIME, 14..) => text.get(..14)?.to_owned(),
        _ => return None,
    };
    if !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let part = |range: std::ops::Range<usize>| text.get(range);
    let (date, time) = (part(0..8)?, part(8..14)?);
    let iso = format!(
        "{}-{}-{}T{}:{}:{}Z",
        &date[..4],
        &date[4..6],
        &date[6..],
        &time[..2],
        &time[2..4],
        &time[4..]
    );
    iso.parse().ok()
}

/// The certificate that the signer's identifier means: by serial number, else the only one.
fn signers_certificate<'a>(certificates: &'a [u8], sid: &Item<'_>) -> Option<X509Certificate<'a>> {
    let parsed = items(certificates).take(MOST).filter(|item| item.tag == SEQUENCE);
    let mut parsed: Vec<X509Certificate<'a>> =
        parsed.filter_map(|item| Some(X509Certificate::from_der(item.whole).ok()?.1)).collect();
    let serial = (sid.tag == SEQUENCE).then(|| items(sid.content).find(|i| i.tag == INTEGER)).flatten();
    match serial {
        Some(serial) => parsed.into_iter().find(|c| c.raw_serial() == serial.content),
        None if parsed.len() == 1 => parsed.pop(),
        None => None,
    }
}

fn names(subject: &X509Name<'_>) -> Vec<String> {
    let all = subject
        .iter_common_name()
        .chain(subject.iter_organizational_unit())
        .chain(subject.iter_organization())
        .take(MOST);
    let text = all.filter_map(|attribute| attribute.as_str().ok());
    let clean = text.map(super::clean);
    clean.filter(|name| !name.is_empty() && name.chars().count() <= LONGEST_NAME).collect()
}

fn of<'a>(tag: u8, item: Item<'a>) -> Option<&'a [u8]> {
    (item.tag == tag).then_some(item.content)
}

/// The values one behind the other; ends at what is no DER.
fn items(bytes: &[u8]) -> impl Iterator<Item = Item<'_>> {
    let mut reader = Reader::new(bytes);
    std::iter::from_fn(move || reader.any())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by `openssl cms -sign` with a certificate of an agency of our invention.
    const SIGNED: &[u8] = include_bytes!("../../../tests/golden/signature.cms");

    #[test]
    fn time_and_names_are_those_that_openssl_wrote() {
        let found = claims(SIGNED).unwrap();
        assert_eq!(found.names, ["Trần Thị Mẫu", "Văn phòng Ủy ban nhân dân", "Ủy ban nhân dân xã Bảo Ái"]);
        assert_eq!(found.signed_at.unwrap().to_string(), "2026-11-22T05:24:40Z");
        let padded = [SIGNED, &[0; 4096]].concat();
        assert_eq!(claims(&padded), Some(found));
    }

    #[test]
    fn times_are_taken_as_der_writes_them() {
        for (tag, text, expected) in [
            (UTC_TIME, "250126041209Z", Some("2025-01-26T04:12:09Z")),
            (UTC_TIME, "991231235959Z", Some("1999-12-31T23:59:59Z")),
            (GENERALIZED_TIME, "20250126041209Z", Some("2025-01-26T04:12:09Z")),
            (GENERALIZED_TIME, "20250126041209.5Z", Some("2025-01-26T04:12:09Z")),
            (UTC_TIME, "250126041209", None),
            (UTC_TIME, "250231041209Z", None),
            (UTC_TIME, "25012604120ộZ", None),
            (GENERALIZED_TIME, "Z", None),
            (INTEGER, "250126041209Z", None),
        ] {
            let found = time_of(tag, text.as_bytes()).map(|t| t.to_string());
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn hostile_bytes_give_nothing_and_never_panic() {
        for bytes in
            [&b""[..], b"\x30", b"\x30\x84\xff\xff\xff\xff", b"\x30\x80\x00\x00", &[0x30; 4096], &[0; 64]]
        {
            assert_eq!(claims(bytes), None);
        }
        for cut in 0..SIGNED.len() {
            let _ = claims(&SIGNED[..cut]);
        }
        let mut state = 7u32;
        for _ in 0..4000 {
            let mut bytes = SIGNED.to_vec();
            for _ in 0..3 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let at = (state >> 8) as usize % bytes.len();
                bytes[at] = (state & 0xff) as u8;
            }
            let _ = claims(&bytes);
        }
    }
}
