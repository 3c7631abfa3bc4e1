//! A list of revoked certificates (RFC 5280, section 5), read in place. Whether it may be believed,
//! and whether it speaks of a certificate at all, is for [`super::revocation`] to say.

use std::sync::Mutex;

use jiff::Timestamp;
use openssl::pkey::{PKey, Public};

use super::algorithms::Scheme;
use super::asn1::{
    self, BIT_STRING, CONTEXT, CONTEXT_PRIMITIVE, ENUMERATED, GENERALIZED_TIME, INTEGER, Reader, SEQUENCE,
    UTC_TIME,
};
use super::certificate::{self, Name};

/// Largest list, bytes; those of large CAs reach some MB.
const LARGEST: usize = 64 << 20;
/// Extensions looked at.
const MOST: usize = 64;

/// Every reason for revocation: bits 1–8 of ReasonFlags, the first bit the highest.
pub const ALL_REASONS: u16 = 0x7f80;

/// Which certificates a list speaks of (issuingDistributionPoint).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scope {
    /// Names of the place it is to be had from, as encoded; empty: not said.
    pub names: Vec<Vec<u8>>,
    /// Whether it names its place.
    pub is_placed: bool,
    /// Certificates of persons alone.
    pub only_users: bool,
    /// Certificates of CAs alone.
    pub only_cas: bool,
    /// Attribute certificates alone.
    pub only_attributes: bool,
    /// These reasons alone.
    pub reasons: Option<u16>,
    /// Certificates of other issuers too.
    pub is_indirect: bool,
    /// As encoded: base and delta must have the same.
    pub der: Vec<u8>,
}

/// One entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Since when it is revoked; earlier where the CA says that the key was lost earlier.
    pub at: Timestamp,
    /// reasonCode.
    pub reason: Option<u64>,
}

/// certificateHold.
pub const HOLD: u64 = 6;
/// removeFromCRL.
pub const REMOVED: u64 = 8;

/// A list, read.
#[derive(Debug)]
pub struct Crl {
    /// As received.
    pub der: Vec<u8>,
    /// Who issued it.
    pub issuer: Name,
    /// Made at …
    pub this_update: Timestamp,
    /// … and replaced at the latest at.
    pub next_update: Option<Timestamp>,
    /// cRLNumber, without leading zeros.
    pub number: Option<Vec<u8>>,
    /// The number of the list that this one adds to.
    pub delta_base: Option<Vec<u8>>,
    /// Key identifier of its issuer.
    pub authority_key_id: Option<Vec<u8>>,
    /// Of which certificates it speaks.
    pub scope: Scope,
    /// Certificates that ran out after this moment are still in it (expiredCertsOnCRL).
    pub keeps_expired_since: Option<Timestamp>,
    /// Whether it has a critical extension that is not known here.
    pub has_unknown: bool,
    scheme: Option<Scheme>,
    tbs: std::ops::Range<usize>,
    entries: std::ops::Range<usize>,
    value: Vec<u8>,
    /// Keys that were tried, and whether they fit: large lists are digested once.
    tried: Mutex<Vec<(Vec<u8>, bool)>>,
}

impl Crl {
    /// Reads a list in DER or PEM. `None` where it is none.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        if bytes.len() > LARGEST {
            return None;
        }
        if bytes.starts_with(b"-----BEGIN") {
            return Self::parse(&openssl::x509::X509Crl::from_pem(bytes).ok()?.to_der().ok()?);
        }
        let offset = |inner: &[u8]| inner.as_ptr() as usize - bytes.as_ptr() as usize;
        let mut outer = asn1::only(SEQUENCE, bytes)?.inside();
        let tbs_item = outer.take(SEQUENCE)?;
        let identifier = outer.take(SEQUENCE)?;
        let value = outer.take(BIT_STRING)?.content.get(1..)?.to_vec();
        let mut tbs = tbs_item.inside();
        let _version = tbs.optional(INTEGER);
        (tbs.take(SEQUENCE)?.whole == identifier.whole).then_some(())?;
        let issuer = Name::parse(tbs.take(SEQUENCE)?.whole)?;
        let this_update = asn1::time(tbs.any()?)?;
        let is_time = matches!(tbs.peek(), Some(UTC_TIME | GENERALIZED_TIME));
        let next_update = if is_time { Some(asn1::time(tbs.any()?)?) } else { None };
        let entries = tbs.optional(SEQUENCE).map_or(0..0, |item| {
            let start = offset(item.content);
            start..start + item.content.len()
        });
        let start = offset(tbs_item.whole);
        let mut found = Self {
            der: bytes.to_vec(),
            issuer,
            this_update,
            next_update,
            number: None,
            delta_base: None,
            authority_key_id: None,
            scope: Scope::default(),
            keeps_expired_since: None,
            has_unknown: false,
            scheme: Scheme::from_identifier(identifier, None),
            tbs: start..start + tbs_item.whole.len(),
            entries,
            value,
            tried: Mutex::new(Vec::new()),
        };
        if let Some(extensions) = tbs.optional(CONTEXT) {
            for extension in asn1::only(SEQUENCE, extensions.content)?.inside().all(MOST)? {
                let (oid, is_critical, value) = certificate::extension_parts(extension)?;
                found.take_extension(oid, is_critical, value)?;
            }
        }
        tbs.is_empty().then_some(found)
    }

    fn take_extension(&mut self, oid: &[u8], is_critical: bool, value: &[u8]) -> Option<()> {
        let number = |value| Some(trimmed(asn1::only(INTEGER, value)?.content));
        match oid {
            [0x55, 0x1d, 20] => self.number = Some(number(value)?),
            [0x55, 0x1d, 27] => self.delta_base = Some(number(value)?),
            [0x55, 0x1d, 28] => self.scope = scope(value)?,
            [0x55, 0x1d, 35] => self.authority_key_id = certificate::authority_key_id(value)?,
            [0x55, 0x1d, 60] => {
                self.keeps_expired_since = Some(asn1::time(asn1::only(GENERALIZED_TIME, value)?)?)
            }
            _ => self.has_unknown |= is_critical,
        }
        Some(())
    }

    /// Whether `key` signed it.
    pub fn is_signed_by(&self, key: &PKey<Public>, key_bits: &[u8]) -> bool {
        let Ok(mut tried) = self.tried.lock() else { return false };
        if let Some((_, answer)) = tried.iter().find(|(known, _)| known == key_bits) {
            return *answer;
        }
        let verifies = |scheme: &Scheme| scheme.verifies(key, &[&self.der[self.tbs.clone()]], &self.value);
        let answer = self.scheme.as_ref().is_some_and(verifies);
        if tried.len() < MOST {
            tried.push((key_bits.to_vec(), answer));
        }
        answer
    }

    /// How it is signed.
    pub fn scheme(&self) -> Option<Scheme> {
        self.scheme
    }

    /// The entry of a certificate, by serial number and canonical name of its issuer.
    ///
    /// # Errors
    /// The entries cannot be read, or one has a critical extension that is not known here.
    pub fn entry(&self, serial: &[u8], issuer: &str) -> Result<Option<Entry>, Unreadable> {
        let mut entries = Reader::new(&self.der[self.entries.clone()]);
        // In indirect lists each entry is of the issuer last named (RFC 5280, 5.3.3).
        let mut of_issuer = self.issuer.canonical == issuer;
        let mut found = None;
        while !entries.is_empty() {
            let mut parts = entries.take(SEQUENCE).ok_or(Unreadable)?.inside();
            let is_serial = parts.take(INTEGER).ok_or(Unreadable)?.content == serial;
            if !is_serial && !self.scope.is_indirect {
                continue;
            }
            let at = parts.any().and_then(asn1::time).ok_or(Unreadable)?;
            let extensions = entry_extensions(parts)?;
            if let Some(names) = &extensions.issuers {
                of_issuer = names.iter().any(|name| name == issuer);
            }
            if is_serial && of_issuer && found.is_none() {
                if extensions.has_unknown || (extensions.issuers.is_some() && !self.scope.is_indirect) {
                    return Err(Unreadable);
                }
                let at = extensions.invalid_since.map_or(at, |since| since.min(at));
                found = Some(Entry { at, reason: extensions.reason });
            }
        }
        Ok(found)
    }
}

/// The entries are not as they have to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unreadable;

#[derive(Default)]
struct EntryExtensions {
    reason: Option<u64>,
    invalid_since: Option<Timestamp>,
    issuers: Option<Vec<String>>,
    has_unknown: bool,
}

fn entry_extensions(mut parts: Reader<'_>) -> Result<EntryExtensions, Unreadable> {
    let mut found = EntryExtensions::default();
    let Some(extensions) = parts.optional(SEQUENCE) else { return Ok(found) };
    for extension in extensions.inside().all(MOST).ok_or(Unreadable)? {
        let (oid, is_critical, value) = certificate::extension_parts(extension).ok_or(Unreadable)?;
        match oid {
            [0x55, 0x1d, 21] => found.reason = asn1::only(ENUMERATED, value).and_then(asn1::number),
            [0x55, 0x1d, 24] => {
                found.invalid_since = asn1::only(GENERALIZED_TIME, value).and_then(asn1::time)
            }
            [0x55, 0x1d, 29] => {
                let names =
                    asn1::only(SEQUENCE, value).and_then(|n| certificate::directory_names(n.inside()));
                found.issuers = Some(names.ok_or(Unreadable)?);
            }
            _ => found.has_unknown |= is_critical,
        }
    }
    Ok(found)
}

fn scope(value: &[u8]) -> Option<Scope> {
    let mut found = Scope { der: value.to_vec(), ..Scope::default() };
    for part in asn1::only(SEQUENCE, value)?.inside().all(6)? {
        let is_true = part.content.first().is_some_and(|b| *b != 0);
        match part.tag {
            CONTEXT => {
                found.is_placed = true;
                found.names = certificate::full_names(part.content)?;
            }
            t if t == CONTEXT_PRIMITIVE + 1 => found.only_users = is_true,
            t if t == CONTEXT_PRIMITIVE + 2 => found.only_cas = is_true,
            t if t == CONTEXT_PRIMITIVE + 3 => found.reasons = Some(certificate::bits(part)? & ALL_REASONS),
            t if t == CONTEXT_PRIMITIVE + 4 => found.is_indirect = is_true,
            t if t == CONTEXT_PRIMITIVE + 5 => found.only_attributes = is_true,
            _ => return None,
        }
    }
    Some(found)
}

/// A number without leading zeros, so that longer ones are larger.
fn trimmed(digits: &[u8]) -> Vec<u8> {
    digits.iter().copied().skip_while(|d| *d == 0).collect()
}

/// Whether one number is not larger than another; both without leading zeros.
pub fn is_at_most(one: &[u8], other: &[u8]) -> bool {
    (one.len(), one) <= (other.len(), other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engines::signature::pki::{self, Identity, List};

    #[test]
    fn a_list_is_read_in_der_and_pem() {
        let ca = Identity::root("CA gốc thử nghiệm");
        let entry = pki::Entry {
            serial: 77,
            at: "2026-05-01T00:00:00Z".into(),
            reason: Some(1),
            invalid_since: Some("2026-04-01T00:00:00Z".into()),
            ..pki::Entry::default()
        };
        let der = ca.list(&List { number: 300, delta_of: Some(299), ..List::default().and(entry) });
        for bytes in [der.clone(), pki::pem("X509 CRL", &der)] {
            let crl = Crl::parse(&bytes).unwrap();
            assert_eq!(
                (crl.number.as_deref(), crl.delta_base.as_deref()),
                (Some(&[1, 44][..]), Some(&[1, 43][..]))
            );
            // The CA says that the key was lost earlier.
            let found = crl.entry(&[77], &crl.issuer.canonical).unwrap().unwrap();
            assert_eq!((found.at.to_string().as_str(), found.reason), ("2026-04-01T00:00:00Z", Some(1)));
            assert_eq!(crl.entry(&[78], &crl.issuer.canonical), Ok(None));
        }
        for cut in 0..der.len() {
            assert!(Crl::parse(&der[..cut]).is_none(), "{cut}");
        }
        assert!(Crl::parse(ca.der()).is_none());
    }

    #[test]
    fn numbers_are_compared_by_size() {
        for (one, other, expected) in
            [(&[1][..], &[1, 0][..], true), (&[2], &[1], false), (&[], &[0xff], true), (&[9], &[9], true)]
        {
            assert_eq!(is_at_most(one, other), expected, "{one:?} {other:?}");
        }
        assert_eq!(trimmed(&[0, 0, 5]), [5]);
    }
}
