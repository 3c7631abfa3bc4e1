//! DER, read in place and within bounds; and BER of old tokens rewritten as DER. Knows tags and
//! lengths, nothing of what they mean.
//!
//! Bytes are handed out as they were received: what was signed is checked over exactly them, never
//! over an encoding of our own.

use std::borrow::Cow;

use jiff::Timestamp;

/// BOOLEAN.
pub const BOOLEAN: u8 = 0x01;
/// INTEGER.
pub const INTEGER: u8 = 0x02;
/// BIT STRING.
pub const BIT_STRING: u8 = 0x03;
/// OCTET STRING.
pub const OCTET_STRING: u8 = 0x04;
/// NULL.
pub const NULL: u8 = 0x05;
/// OBJECT IDENTIFIER.
pub const OID: u8 = 0x06;
/// ENUMERATED.
pub const ENUMERATED: u8 = 0x0a;
/// UTCTime.
pub const UTC_TIME: u8 = 0x17;
/// GeneralizedTime.
pub const GENERALIZED_TIME: u8 = 0x18;
/// SEQUENCE.
pub const SEQUENCE: u8 = 0x30;
/// SET.
pub const SET: u8 = 0x31;
/// `[0]`, constructed; the next ones follow by adding.
pub const CONTEXT: u8 = 0xa0;
/// `[0]`, primitive.
pub const CONTEXT_PRIMITIVE: u8 = 0x80;

/// Largest signature that is looked at, bytes; with revocation lists inside they reach a few MB.
pub const LARGEST: usize = 8 << 20;
/// Values inside each other at most; signatures with time stamps and certificates need about 20.
const DEEPEST: usize = 40;
/// Values looked at by the rewriting of BER.
const MOST_VALUES: usize = 2_000_000;

/// Why bytes are no single value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// Nothing but zeros.
    #[error("chữ ký trống")]
    Empty,
    /// Neither DER nor BER.
    #[error("chữ ký không theo dạng DER")]
    NotDer,
    /// More inside each other than any signature needs.
    #[error("chữ ký lồng nhau quá sâu")]
    TooDeep,
    /// More than is looked at.
    #[error("chữ ký quá lớn")]
    TooLarge,
    /// Something else than zeros behind the value.
    #[error("có dữ liệu lạ sau chữ ký")]
    TrailingBytes,
}

/// One value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item<'a> {
    /// Its tag; tags above 30 have no place here.
    pub tag: u8,
    /// What is in it.
    pub content: &'a [u8],
    /// With tag and length.
    pub whole: &'a [u8],
}

impl<'a> Item<'a> {
    /// The values in it.
    pub fn inside(&self) -> Reader<'a> {
        Reader(self.content)
    }
}

/// Values one behind the other. Every step answers `None` where the bytes are otherwise than asked.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Reads `bytes` from the start.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// What has not been read yet.
    pub fn rest(&self) -> &'a [u8] {
        self.0
    }

    /// Whether all was read.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Tag of the next value.
    pub fn peek(&self) -> Option<u8> {
        self.0.first().copied()
    }

    /// The next value; `None` at the end and where it is no DER.
    pub fn any(&mut self) -> Option<Item<'a>> {
        let (tag, header, length) = header(self.0)?;
        let end = header.checked_add(length?)?;
        let whole = self.0.get(..end)?;
        self.0 = &self.0[end..];
        Some(Item { tag, content: &whole[header..], whole })
    }

    /// The next value, which must have this tag.
    pub fn take(&mut self, tag: u8) -> Option<Item<'a>> {
        (self.peek()? == tag).then(|| self.any()).flatten()
    }

    /// The next value where it has this tag; else nothing is read.
    pub fn optional(&mut self, tag: u8) -> Option<Item<'a>> {
        let mut ahead = *self;
        let item = ahead.take(tag)?;
        *self = ahead;
        Some(item)
    }

    /// All the rest, at most `most` values.
    pub fn all(self, most: usize) -> Option<Vec<Item<'a>>> {
        self.first(most).and_then(|(items, has_more)| (!has_more).then_some(items))
    }

    /// The next `most` values, and whether there is more behind them.
    pub fn first(self, most: usize) -> Option<(Vec<Item<'a>>, bool)> {
        let mut reader = self;
        let mut items = Vec::new();
        while !reader.is_empty() && items.len() < most {
            items.push(reader.any()?);
        }
        Some((items, !reader.is_empty()))
    }
}

/// The one value with this tag that `bytes` are.
pub fn only(tag: u8, bytes: &[u8]) -> Option<Item<'_>> {
    let mut reader = Reader(bytes);
    let item = reader.take(tag)?;
    reader.is_empty().then_some(item)
}

/// Tag, length of the header, length of the content (`None`: given by its end).
fn header(bytes: &[u8]) -> Option<(u8, usize, Option<usize>)> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    if tag & 0x1f == 0x1f || tag == 0 {
        return None;
    }
    Some(match first {
        0..=0x7f => (tag, 2, Some(usize::from(first))),
        0x80 => (tag, 2, None),
        0x81..=0x84 => {
            let n = usize::from(first & 0x7f);
            let digits = rest.get(..n)?;
            (tag, 2 + n, Some(digits.iter().fold(0usize, |sum, digit| sum << 8 | usize::from(*digit))))
        }
        _ => return None,
    })
}

/// The one value at the start of `bytes`, as DER. Zeros behind it are the room that was left for it.
///
/// # Errors
/// [`Malformed`], see there.
pub fn one_value(bytes: &[u8]) -> Result<Cow<'_, [u8]>, Malformed> {
    if bytes.iter().all(|b| *b == 0) {
        return Err(Malformed::Empty);
    }
    let mut left = MOST_VALUES;
    let length = measure(bytes, 0, &mut left)?;
    let (value, behind) = bytes.split_at_checked(length.total).ok_or(Malformed::NotDer)?;
    if behind.iter().any(|b| *b != 0) {
        return Err(Malformed::TrailingBytes);
    }
    if value.len() > LARGEST {
        return Err(Malformed::TooLarge);
    }
    if length.is_der {
        return Ok(Cow::Borrowed(value));
    }
    let mut out = Vec::with_capacity(value.len());
    rewrite(value, &mut out)?;
    Ok(Cow::Owned(out))
}

struct Measure {
    total: usize,
    is_der: bool,
}

/// Length of the value at the start, and whether all lengths in it are given.
fn measure(bytes: &[u8], depth: usize, left: &mut usize) -> Result<Measure, Malformed> {
    if depth > DEEPEST {
        return Err(Malformed::TooDeep);
    }
    *left = left.checked_sub(1).ok_or(Malformed::TooLarge)?;
    let (tag, header, length) = header(bytes).ok_or(Malformed::NotDer)?;
    let is_constructed = tag & 0x20 != 0;
    let mut at = header;
    let Some(length) = length else {
        if !is_constructed {
            return Err(Malformed::NotDer);
        }
        loop {
            let rest = bytes.get(at..).ok_or(Malformed::NotDer)?;
            if rest.starts_with(&[0, 0]) {
                return Ok(Measure { total: at + 2, is_der: false });
            }
            at += measure(rest, depth + 1, left)?.total;
        }
    };
    let total = header.checked_add(length).filter(|end| *end <= bytes.len()).ok_or(Malformed::NotDer)?;
    let mut is_der = tag & 0xe0 != 0x20 || matches!(tag, SEQUENCE | SET);
    if is_constructed {
        while at < total {
            let inner = measure(&bytes[at..total], depth + 1, left)?;
            at += inner.total;
            is_der &= inner.is_der;
        }
    }
    Ok(Measure { total, is_der })
}

/// Writes the value at the start with given lengths; answers how many bytes it took. What is DER
/// already is copied as it stands. The caller has measured it: depth and number are bounded.
fn rewrite(bytes: &[u8], out: &mut Vec<u8>) -> Result<usize, Malformed> {
    let mut left = MOST_VALUES;
    let measured = measure(bytes, 0, &mut left)?;
    if measured.is_der {
        out.extend_from_slice(&bytes[..measured.total]);
        return Ok(measured.total);
    }
    let (tag, header, length) = header(bytes).ok_or(Malformed::NotDer)?;
    let end = length.map_or(measured.total - 2, |length| header + length);
    let mut content = Vec::new();
    let mut at = header;
    while at < end {
        at += rewrite(&bytes[at..end], &mut content)?;
    }
    // A string in pieces becomes one: 0x24 is a constructed OCTET STRING, its pieces are primitive.
    let is_string = tag == OCTET_STRING | 0x20;
    if is_string {
        let pieces = Reader(&content).all(MOST_VALUES).ok_or(Malformed::NotDer)?;
        if pieces.iter().any(|piece| piece.tag != OCTET_STRING) {
            return Err(Malformed::NotDer);
        }
        content = pieces.iter().flat_map(|piece| piece.content).copied().collect();
    } else if tag & 0xe0 == 0x20 && !matches!(tag, SEQUENCE | SET) {
        return Err(Malformed::NotDer);
    }
    write(if is_string { OCTET_STRING } else { tag }, &content, out);
    Ok(measured.total)
}

/// One value as DER.
pub fn encode(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(content.len() + 6);
    write(tag, content, &mut out);
    out
}

fn write(tag: u8, content: &[u8], out: &mut Vec<u8>) {
    out.push(tag);
    let length = content.len();
    if length < 0x80 {
        out.push(length.to_le_bytes()[0]);
    } else {
        let digits = length.to_be_bytes();
        let zeros = digits.iter().take_while(|d| **d == 0).count();
        out.push(0x80 | (digits.len() - zeros).to_le_bytes()[0]);
        out.extend_from_slice(&digits[zeros..]);
    }
    out.extend_from_slice(content);
}

/// UTCTime and GeneralizedTime in UTC, to the second where the type has no more (RFC 5280, 4.1.2.5;
/// fractions as RFC 3161, 2.4.2 has them).
pub fn time(item: Item<'_>) -> Option<Timestamp> {
    let text = std::str::from_utf8(item.content).ok()?.strip_suffix('Z')?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let whole = match (item.tag, whole.len()) {
        // From 50 on they are years of the last century.
        (UTC_TIME, 12) => format!("{}{whole}", if whole.get(..2)? >= "50" { "19" } else { "20" }),
        (GENERALIZED_TIME, 14) => whole.to_owned(),
        _ => return None,
    };
    let is_number = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    if !is_number(&whole) || !is_number(fraction) || fraction.len() > 9 {
        return None;
    }
    let part = |range: std::ops::Range<usize>| &whole[range];
    let iso = format!(
        "{}-{}-{}T{}:{}:{}.{fraction}Z",
        part(0..4),
        part(4..6),
        part(6..8),
        part(8..10),
        part(10..12),
        part(12..14)
    );
    iso.parse().ok()
}

/// A number of at most 63 bits that is not negative.
pub fn number(item: Item<'_>) -> Option<u64> {
    let digits = item.content;
    if digits.is_empty() || digits[0] & 0x80 != 0 || digits.len() > 9 {
        return None;
    }
    digits.iter().try_fold(0u64, |sum, d| sum.checked_mul(256)?.checked_add(u64::from(*d)))
}

/// `1.2.840…` of the content of an OBJECT IDENTIFIER; for messages.
pub fn dotted(content: &[u8]) -> String {
    let mut parts = Vec::new();
    let mut value = 0u64;
    for byte in content.iter().take(64) {
        value = value.wrapping_shl(7) | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            if parts.is_empty() {
                let first = (value / 40).min(2);
                parts.push(first);
                value -= first * 40;
            }
            parts.push(value);
            value = 0;
        }
    }
    parts.iter().map(u64::to_string).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_is_taken_and_zeros_behind_it_are_room() {
        fn check(bytes: &[u8], expected: Result<&[u8], Malformed>) {
            assert_eq!(one_value(bytes).as_deref(), expected.as_ref().map(|v| *v), "{bytes:x?}");
        }
        check(&[0x30, 3, 2, 1, 5], Ok(&[0x30, 3, 2, 1, 5]));
        check(&[0x30, 3, 2, 1, 5, 0, 0, 0], Ok(&[0x30, 3, 2, 1, 5]));
        check(&[0x30, 3, 2, 1, 5, 0, 1], Err(Malformed::TrailingBytes));
        check(&[0; 2048], Err(Malformed::Empty));
        check(&[], Err(Malformed::Empty));
        check(&[0x30, 4, 2, 1, 5], Err(Malformed::NotDer));
        check(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff], Err(Malformed::NotDer));
        check(&[0x30, 0x85, 1, 0, 0, 0, 0], Err(Malformed::NotDer));
        check(&[0x1f, 1, 1], Err(Malformed::NotDer));
        check(&[4, 0x80, 0, 0], Err(Malformed::NotDer));
        // BER: lengths by their end, strings in pieces.
        check(&[0x30, 0x80, 2, 1, 5, 0, 0], Ok(&[0x30, 3, 2, 1, 5]));
        check(&[0x30, 0x80, 0x30, 0x80, 0, 0, 0, 0, 0, 0, 0], Ok(&[0x30, 2, 0x30, 0]));
        check(&[0x30, 0x80, 0x24, 0x80, 4, 1, 7, 4, 2, 8, 9, 0, 0, 0, 0], Ok(&[0x30, 5, 4, 3, 7, 8, 9]));
        check(&[0x30, 7, 0x24, 5, 4, 1, 7, 4, 0], Ok(&[0x30, 3, 4, 1, 7]));
        check(&[0x30, 0x80, 2, 1, 5], Err(Malformed::NotDer));
        // A bomb.
        check(&[0x30, 0x80].repeat(4096), Err(Malformed::TooDeep));
    }

    #[test]
    fn times_are_taken_as_der_writes_them() {
        for (tag, text, expected) in [
            (UTC_TIME, "250126041209Z", Some("2025-01-26T04:12:09Z")),
            (UTC_TIME, "991231235959Z", Some("1999-12-31T23:59:59Z")),
            (GENERALIZED_TIME, "20250126041209Z", Some("2025-01-26T04:12:09Z")),
            (GENERALIZED_TIME, "20250126041209.5Z", Some("2025-01-26T04:12:09.5Z")),
            (GENERALIZED_TIME, "20250126041209.Z", None),
            (UTC_TIME, "250126041209", None),
            (UTC_TIME, "250231041209Z", None),
            (UTC_TIME, "2501260412ộZ", None),
            (GENERALIZED_TIME, "Z", None),
            (INTEGER, "250126041209Z", None),
        ] {
            let bytes = encode(tag, text.as_bytes());
            let found = time(Reader::new(&bytes).any().unwrap()).map(|t| t.to_string());
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn numbers_and_names_of_things_are_bounded() {
        let number = |bytes: &[u8]| number(Item { tag: INTEGER, content: bytes, whole: bytes });
        assert_eq!(number(&[1, 0]), Some(256));
        assert_eq!(number(&[0x80]), None);
        assert_eq!(number(&[]), None);
        assert_eq!(number(&[0x7f; 10]), None);
        assert_eq!(dotted(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02]), "1.2.840.113549.1.7.2");
        assert_eq!(dotted(&[0x55, 0x1d, 0x0f]), "2.5.29.15");
        assert_eq!(encode(4, &[7; 200])[..3], [4, 0x81, 200]);
    }
}
