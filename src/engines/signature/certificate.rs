//! A certificate, read: whom it names, what its key may be used for, where news of its revocation
//! are to be had. Judges nothing; how certificates hang together is for [`super::chain`].

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use openssl::pkey::{PKey, Public};
use openssl::x509::X509;

use super::algorithms::{Key, Scheme};
use super::asn1::{
    self, BIT_STRING, BOOLEAN, CONTEXT, CONTEXT_PRIMITIVE, INTEGER, Item, OCTET_STRING, OID, Reader,
    SEQUENCE, SET,
};
use super::policies::Rules;
use super::verdict::Signer;

/// Largest certificate, bytes.
const LARGEST: usize = 1 << 18;
/// Extensions, attributes of a name, addresses looked at.
const MOST: usize = 64;
/// Longest text taken from a name, characters.
const LONGEST_TEXT: usize = 300;

/// A name in a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Name {
    /// As encoded.
    pub der: Vec<u8>,
    /// In the form in which names are compared (RFC 5280, 7.1): letter case and spaces do not count,
    /// nor does the kind of string.
    pub canonical: String,
    /// Identifier (dotted) and text of each part, in order.
    pub parts: Vec<(String, String)>,
}

/// For what a key may be used, by the extension extKeyUsage.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExtendedUsage {
    /// Whether who does not understand it must refuse the certificate.
    pub is_critical: bool,
    /// Identifiers, dotted.
    pub purposes: Vec<String>,
}

/// id-kp-timeStamping.
pub const TIME_STAMPING: &str = "1.3.6.1.5.5.7.3.8";
/// id-kp-OCSPSigning.
pub const OCSP_SIGNING: &str = "1.3.6.1.5.5.7.3.9";
/// anyExtendedKeyUsage.
pub const ANY_USAGE: &str = "2.5.29.37.0";

/// One place where lists of revocation are said to be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CrlPoint {
    /// Full names, each as encoded.
    pub names: Vec<Vec<u8>>,
    /// Addresses among them.
    pub addresses: Vec<String>,
    /// Canonical names of the issuers of the list, where others than the certificate's.
    pub issuers: Vec<String>,
}

/// Bits of keyUsage, as [`Certificate::may`] asks for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyUsage {
    /// digitalSignature.
    DigitalSignature = 0,
    /// nonRepudiation (contentCommitment).
    NonRepudiation = 1,
    /// keyCertSign.
    CertificateSign = 5,
    /// cRLSign.
    CrlSign = 6,
}

/// A certificate, read.
#[derive(Clone)]
pub struct Certificate {
    /// As received.
    pub der: Vec<u8>,
    /// For OpenSSL.
    pub x509: X509,
    /// Its key; `None` where OpenSSL cannot use it.
    pub key: Option<PKey<Public>>,
    /// How strong that is.
    pub strength: Key,
    /// How its issuer signed it.
    pub scheme: Option<Scheme>,
    /// Serial number, as encoded.
    pub serial: Vec<u8>,
    /// Whom it names.
    pub subject: Name,
    /// Who issued it.
    pub issuer: Name,
    /// Valid from …
    pub not_before: Timestamp,
    /// … until.
    pub not_after: Timestamp,
    /// Bits of keyUsage, the first the highest; `None`: every use.
    pub key_usage: Option<u16>,
    /// extKeyUsage; `None`: every use.
    pub extended_usage: Option<ExtendedUsage>,
    /// Whether it says it is a CA's.
    pub is_ca: bool,
    /// subjectKeyIdentifier.
    pub key_id: Option<Vec<u8>>,
    /// Key identifier in authorityKeyIdentifier.
    pub authority_key_id: Option<Vec<u8>>,
    /// Addresses of OCSP responders.
    pub ocsp_addresses: Vec<String>,
    /// Addresses of the issuer's certificate.
    pub issuer_addresses: Vec<String>,
    /// Where its lists of revocation are.
    pub crl_points: Vec<CrlPoint>,
    /// Policies, dotted.
    pub policies: Vec<String>,
    /// What it asks of policies in certificates below.
    pub policy_rules: Rules,
    /// Whether nobody needs to ask for its revocation (id-pkix-ocsp-nocheck).
    pub no_check: bool,
    /// Content of the BIT STRING of its key, for identifiers of OCSP.
    pub key_bits: Vec<u8>,
}

impl std::fmt::Debug for Certificate {
    /// Names nobody: certificates hold personal numbers.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Certificate({})", hex(&self.serial))
    }
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}

/// Hexadecimal, upper case.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02X}")).collect()
}

/// All certificates of `bytes`: one in DER, or any number in PEM. Empty where there is none.
pub fn read_all(bytes: &[u8]) -> Vec<Arc<Certificate>> {
    if let Some(one) = Certificate::parse(bytes) {
        return vec![Arc::new(one)];
    }
    let stack = X509::stack_from_pem(bytes).unwrap_or_default();
    stack
        .iter()
        .take(10_000)
        .filter_map(|x509| Certificate::parse(&x509.to_der().ok()?))
        .map(Arc::new)
        .collect()
}

impl Certificate {
    /// Reads one certificate in DER. `None` where it is none.
    pub fn parse(der: &[u8]) -> Option<Self> {
        if der.len() > LARGEST {
            return None;
        }
        let x509 = X509::from_der(der).ok()?;
        let mut outer = asn1::only(SEQUENCE, der)?.inside();
        let mut tbs = outer.take(SEQUENCE)?.inside();
        let identifier = outer.take(SEQUENCE)?;
        let _version = tbs.optional(CONTEXT);
        let serial = tbs.take(INTEGER)?.content.to_vec();
        // RFC 5280, 4.1.1.2: the algorithm inside is the one outside.
        (tbs.take(SEQUENCE)?.whole == identifier.whole).then_some(())?;
        let issuer = Name::parse(tbs.take(SEQUENCE)?.whole)?;
        let mut validity = tbs.take(SEQUENCE)?.inside();
        let (not_before, not_after) = (asn1::time(validity.any()?)?, asn1::time(validity.any()?)?);
        let subject = Name::parse(tbs.take(SEQUENCE)?.whole)?;
        let mut key_info = tbs.take(SEQUENCE)?.inside();
        key_info.take(SEQUENCE)?;
        let key_bits = key_info.take(BIT_STRING)?.content.get(1..)?.to_vec();
        let key = x509.public_key().ok().filter(is_bearable);
        let mut found = Self {
            der: der.to_vec(),
            strength: key.as_ref().map_or(Key::Other, |key| Key::of(key)),
            key,
            x509,
            scheme: Scheme::from_identifier(identifier, None),
            serial,
            subject,
            issuer,
            not_before,
            not_after,
            key_usage: None,
            extended_usage: None,
            is_ca: false,
            key_id: None,
            authority_key_id: None,
            ocsp_addresses: Vec::new(),
            issuer_addresses: Vec::new(),
            crl_points: Vec::new(),
            policies: Vec::new(),
            policy_rules: Rules::default(),
            no_check: false,
            key_bits,
        };
        while let Some(item) = tbs.any() {
            if item.tag == CONTEXT + 3 {
                for extension in asn1::only(SEQUENCE, item.content)?.inside().all(MOST)? {
                    let (oid, is_critical, value) = extension_parts(extension)?;
                    found.take_extension(oid, is_critical, value)?;
                }
            }
        }
        Some(found)
    }

    fn take_extension(&mut self, oid: &[u8], is_critical: bool, value: &[u8]) -> Option<()> {
        match oid {
            [0x55, 0x1d, 14] => self.key_id = Some(asn1::only(OCTET_STRING, value)?.content.to_vec()),
            [0x55, 0x1d, 15] => self.key_usage = Some(bits(asn1::only(BIT_STRING, value)?)?),
            [0x55, 0x1d, 19] => {
                self.is_ca =
                    asn1::only(SEQUENCE, value)?.inside().optional(BOOLEAN).is_some_and(|b| b.content != [0]);
            }
            [0x55, 0x1d, 31] => {
                let points = asn1::only(SEQUENCE, value)?.inside().all(MOST)?;
                self.crl_points = points.into_iter().map(crl_point).collect::<Option<_>>()?;
            }
            [0x55, 0x1d, 32] => {
                for policy in asn1::only(SEQUENCE, value)?.inside().all(MOST)? {
                    self.policies.push(asn1::dotted(policy.inside().take(OID)?.content));
                }
            }
            [0x55, 0x1d, 33] => {
                for pair in asn1::only(SEQUENCE, value)?.inside().all(MOST)? {
                    let mut pair = pair.inside();
                    let mut policy = || Some(asn1::dotted(pair.take(OID)?.content));
                    self.policy_rules.mappings.push((policy()?, policy()?));
                }
            }
            [0x55, 0x1d, 36] => {
                for part in asn1::only(SEQUENCE, value)?.inside().all(2)? {
                    let rules = &mut self.policy_rules;
                    let is_first = part.tag == CONTEXT_PRIMITIVE;
                    let rule =
                        if is_first { &mut rules.require_explicit } else { &mut rules.inhibit_mapping };
                    *rule = Some(asn1::number(part)?);
                }
            }
            [0x55, 0x1d, 54] => {
                self.policy_rules.inhibit_any = Some(asn1::number(asn1::only(INTEGER, value)?)?)
            }
            [0x55, 0x1d, 35] => self.authority_key_id = authority_key_id(value)?,
            [0x55, 0x1d, 37] => {
                let all = asn1::only(SEQUENCE, value)?.inside().all(MOST)?;
                let purposes = all.iter().map(|item| asn1::dotted(item.content)).collect();
                self.extended_usage = Some(ExtendedUsage { is_critical, purposes });
            }
            // id-pe-authorityInfoAccess
            [0x2b, 6, 1, 5, 5, 7, 1, 1] => {
                for access in asn1::only(SEQUENCE, value)?.inside().all(MOST)? {
                    let mut parts = access.inside();
                    let method = parts.take(OID)?.content;
                    let Some(address) = parts.any().and_then(address) else { continue };
                    match method {
                        [0x2b, 6, 1, 5, 5, 7, 0x30, 1] => self.ocsp_addresses.push(address),
                        [0x2b, 6, 1, 5, 5, 7, 0x30, 2] => self.issuer_addresses.push(address),
                        _ => {}
                    }
                }
            }
            [0x2b, 6, 1, 5, 5, 7, 0x30, 1, 5] => self.no_check = true,
            _ => {}
        }
        Some(())
    }

    /// Whether the key may be used so; without keyUsage, it may.
    pub fn may(&self, usage: KeyUsage) -> bool {
        self.key_usage.is_none_or(|bits| bits & (0x8000 >> usage as u16) != 0)
    }

    /// Whether extKeyUsage names this purpose.
    pub fn is_for(&self, purpose: &str) -> bool {
        self.extended_usage.as_ref().is_some_and(|usage| usage.purposes.iter().any(|p| p == purpose))
    }

    /// Whether subject and issuer are the same: a root, or a CA that changes its key.
    pub fn is_self_issued(&self) -> bool {
        self.subject.canonical == self.issuer.canonical
    }

    /// Whether it is signed by its own key.
    pub fn is_self_signed(&self) -> bool {
        let verifies = |key: &PKey<Public>| self.x509.verify(key).unwrap_or(false);
        self.is_self_issued() && self.key.as_ref().is_some_and(verifies)
    }

    /// Whether `issuer` is named as the one that issued it, by name and, where both have one, key.
    pub fn names_as_issuer(&self, issuer: &Self) -> bool {
        let keys_fit = match (&self.authority_key_id, &issuer.key_id) {
            (Some(asked), Some(has)) => asked == has,
            _ => true,
        };
        self.issuer.canonical == issuer.subject.canonical && keys_fit
    }

    /// Whether `at` lies in its period.
    pub fn is_valid_at(&self, at: Timestamp) -> bool {
        self.not_before <= at && at <= self.not_after
    }

    /// Whom it names, for reports.
    pub fn signer(&self) -> Signer {
        Signer {
            name: self.subject.common_name(),
            organisation: self.subject.organisation(),
            ids: self.subject.ids(),
            issuer: self.issuer.common_name(),
            serial: hex(&self.serial),
        }
    }

    /// Addresses of lists of revocation.
    pub fn crl_addresses(&self) -> impl Iterator<Item = &str> {
        self.crl_points.iter().flat_map(|point| &point.addresses).map(String::as_str)
    }
}

/// Whether a signature can be checked with it in no time: keys beyond all use are made to keep us busy.
fn is_bearable(key: &PKey<Public>) -> bool {
    key.rsa().map_or(true, |rsa| rsa.n().num_bits() <= 8192 && rsa.e().num_bits() <= 64)
}

/// Identifier, whether it is critical, value.
pub fn extension_parts(extension: Item<'_>) -> Option<(&[u8], bool, &[u8])> {
    let mut parts = extension.inside();
    let oid = parts.take(OID)?.content;
    let is_critical = parts.optional(BOOLEAN).is_some_and(|b| b.content != [0]);
    Some((oid, is_critical, parts.take(OCTET_STRING)?.content))
}

/// The first 16 bits of a BIT STRING, the first the highest.
pub fn bits(item: Item<'_>) -> Option<u16> {
    let (_unused, bytes) = item.content.split_first()?;
    let byte = |n: usize| u16::from(bytes.get(n).copied().unwrap_or(0));
    Some(byte(0) << 8 | byte(1))
}

/// Key identifier of an authorityKeyIdentifier, where it has one.
pub fn authority_key_id(value: &[u8]) -> Option<Option<Vec<u8>>> {
    let id = asn1::only(SEQUENCE, value)?.inside().optional(CONTEXT_PRIMITIVE);
    Some(id.map(|id| id.content.to_vec()))
}

/// A uniformResourceIdentifier.
fn address(item: Item<'_>) -> Option<String> {
    let text = std::str::from_utf8(item.content).ok().filter(|text| text.len() <= 2048)?;
    (item.tag == CONTEXT_PRIMITIVE + 6).then(|| text.to_owned())
}

fn crl_point(item: Item<'_>) -> Option<CrlPoint> {
    let mut found = CrlPoint::default();
    for part in item.inside().all(3)? {
        match part.tag {
            CONTEXT => found.names = full_names(part.content)?,
            // reasons (0xa1 would be primitive) need nothing: lists say themselves which they have.
            0xa2 => found.issuers = directory_names(Reader::new(part.content))?,
            _ => {}
        }
    }
    let all = found.names.iter().filter_map(|name| address(Reader::new(name).any()?));
    found.addresses = all.collect();
    Some(found)
}

/// Full names of a DistributionPointName, as encoded; a relative name gives none.
pub fn full_names(name: &[u8]) -> Option<Vec<Vec<u8>>> {
    let Some(names) = asn1::only(CONTEXT, name) else { return Some(Vec::new()) };
    Some(names.inside().all(MOST)?.iter().map(|name| name.whole.to_vec()).collect())
}

/// Canonical forms of the directory names among GeneralNames.
pub fn directory_names(names: Reader<'_>) -> Option<Vec<String>> {
    let names = names.all(MOST)?;
    let names = names.iter().filter(|name| name.tag == CONTEXT + 4);
    names.map(|name| Some(Name::parse(name.content)?.canonical)).collect()
}

impl Name {
    /// Reads a name.
    pub fn parse(der: &[u8]) -> Option<Self> {
        let mut found = Self { der: der.to_vec(), ..Self::default() };
        for set in asn1::only(SEQUENCE, der)?.inside().all(MOST)? {
            let mut relative: Vec<String> = Vec::new();
            for item in (set.tag == SET).then(|| set.inside())?.all(MOST)? {
                let mut parts = item.inside();
                let oid = asn1::dotted(parts.take(OID)?.content);
                let value = text(parts.any()?);
                let folded = value.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
                relative.push(format!("{oid}={folded}"));
                found.parts.push((oid, clean(&value)));
            }
            relative.sort_unstable();
            // No text holds U+0000 and U+0001, so that no name can pass for another one.
            found.canonical.push_str(&relative.join("\u{0}"));
            found.canonical.push('\u{1}');
        }
        Some(found)
    }

    fn all<'a>(&'a self, oid: &'a str) -> impl Iterator<Item = &'a str> {
        self.parts.iter().filter(move |(o, text)| o == oid && !text.is_empty()).map(|(_, text)| text.as_str())
    }

    /// Common name; without one, the last part there is.
    pub fn common_name(&self) -> String {
        let last = self.parts.last().map(|(_, text)| text.as_str());
        self.all("2.5.4.3").last().or(last).unwrap_or_default().to_owned()
    }

    /// Unit and organisation, the smallest first.
    pub fn organisation(&self) -> String {
        let units: Vec<&str> = self.all("2.5.4.11").collect();
        let organisations = self.all("2.5.4.10");
        let mut all: Vec<&str> = units.into_iter().rev().chain(organisations).collect();
        all.dedup();
        all.join(", ")
    }

    /// Identifiers by what they are: tax code, citizen's or budget number.
    ///
    /// Source: NĐ 23/2025/NĐ-CP (certificates carry the identifier of the person or organisation);
    /// in practice in UID as `MST:0100000000`, in some in serialNumber or elsewhere.
    pub fn ids(&self) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        for (_, text) in &self.parts {
            for part in text.split([',', ';', '|']) {
                let Some((kind, value)) = part.split_once([':', '-', '=']) else { continue };
                let (kind, value) = (kind.trim().to_uppercase(), value.trim());
                let is_known = KINDS_OF_ID.contains(&kind.as_str());
                let is_id = value.chars().any(|c| c.is_ascii_digit()) && value.chars().count() <= 64;
                if is_known && is_id && !value.contains(char::is_whitespace) {
                    found.entry(kind).or_insert_with(|| value.to_owned());
                }
            }
        }
        found
    }
}

/// Tax code, citizen's card, identity card, passport, budget code, social insurance, decision and
/// business registration, identifier of an organisation.
const KINDS_OF_ID: [&str; 12] =
    ["MST", "CCCD", "CMND", "HC", "MNS", "BHXH", "MBHXH", "QD", "GPKD", "DDCN", "MDDCN", "MDD"];

/// The text of a string of whichever kind.
fn text(item: Item<'_>) -> String {
    let bytes = item.content;
    match item.tag {
        // BMPString
        0x1e => {
            let units = bytes.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
            char::decode_utf16(units).map(|c| c.unwrap_or('\u{fffd}')).collect()
        }
        // UniversalString
        0x1c => {
            let units = bytes.chunks_exact(4).map(|q| u32::from_be_bytes([q[0], q[1], q[2], q[3]]));
            units.map(|u| char::from_u32(u).unwrap_or('\u{fffd}')).collect()
        }
        // UTF8String, NumericString, PrintableString, TeletexString, IA5String, VisibleString
        0x0c | 0x12 | 0x13 | 0x14 | 0x16 | 0x1a => match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => bytes.iter().map(|b| char::from(*b)).collect(),
        },
        _ => hex(bytes),
    }
}

/// Fit to be shown: composed, without control characters or marks of direction, bounded.
fn clean(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization as _;
    let is_hidden = |c: &char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    let text: String = text.chars().filter(|c| !is_hidden(c)).take(LONGEST_TEXT).collect();
    text.nfc().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engines::signature::pki::{
        CN, Identity, O, OU, SERIAL_NUMBER, Subject, UID, name, oid, seq, set, tlv,
    };

    #[test]
    fn identifiers_are_found_wherever_cas_put_them() {
        fn check(parts: &[(&str, &str)], expected: &[(&str, &str)]) {
            let found = Name::parse(&name(parts)).unwrap().ids();
            let expected = expected.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
            assert_eq!(found, expected, "{parts:?}");
        }
        check(&[(CN, "Nguyễn Văn Mẫu"), (UID, "CCCD:001085000000")], &[("CCCD", "001085000000")]);
        check(&[(UID, "MST:0100000000,MNS:1000000")], &[("MST", "0100000000"), ("MNS", "1000000")]);
        check(&[(SERIAL_NUMBER, "mst: 0100000000-001")], &[("MST", "0100000000-001")]);
        check(&[("2.5.4.12", "CMND:010000000")], &[("CMND", "010000000")]);
        check(&[(CN, "Số: 12"), (UID, "0100000000"), (O, "MST: chưa có")], &[]);
    }

    #[test]
    fn names_are_told_and_compared() {
        let parts = [(O, "Ủy ban nhân dân xã Bảo Ái"), (OU, "Văn phòng"), (CN, "Trần  Thị\u{202e} Mẫu")];
        let read = Name::parse(&name(&parts)).unwrap();
        assert_eq!(read.common_name(), "Trần Thị Mẫu");
        assert_eq!(read.organisation(), "Văn phòng, Ủy ban nhân dân xã Bảo Ái");
        // The same name as another kind of string (BMPString), in other letters and spaces.
        let wide: Vec<u8> = "CA  THỬ".encode_utf16().flat_map(u16::to_be_bytes).collect();
        let wide = seq(&[set(&[seq(&[oid(CN), tlv(0x1e, &wide)])])]);
        let plain = Name::parse(&name(&[(CN, "CA thử")])).unwrap();
        assert_eq!(Name::parse(&wide).unwrap().canonical, plain.canonical);
        assert_ne!(Name::parse(&name(&[(O, "CA thử")])).unwrap().canonical, plain.canonical);
        assert_ne!(Name::parse(&name(&[(CN, "CA"), (CN, "thử")])).unwrap().canonical, plain.canonical);
    }

    #[test]
    fn one_in_der_or_many_in_pem_are_read() {
        let (one, other) = (Identity::root("CA một"), Identity::root("CA hai"));
        assert_eq!(read_all(one.der()).len(), 1);
        assert_eq!(read_all(&[one.pem(), "# ghi chú\n".as_bytes().to_vec(), other.pem()].concat()).len(), 2);
        assert_eq!(read_all(b"nothing").len(), 0);
        let tsa = Certificate::parse(one.issue(&Subject::tsa("TSA")).der()).unwrap();
        assert!(
            tsa.is_for(TIME_STAMPING) && tsa.may(KeyUsage::DigitalSignature) && !tsa.may(KeyUsage::CrlSign)
        );
        assert!(!format!("{tsa:?}").contains("TSA"), "names must not reach a log");
    }
}
