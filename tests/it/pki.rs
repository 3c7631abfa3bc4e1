//! A public key infrastructure of the tests' own: roots, CAs, signers, lists of revocation, OCSP
//! answers, time stamps and signatures, each with the fault that a test asks for. Written as DER by
//! hand, because no library makes wrong ones. Stands by itself: OpenSSL signs, the rest is here.
//! People and agencies are invented.
#![allow(dead_code, missing_docs)]

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock};

use openssl::ec::{EcGroup, EcKey};
use openssl::hash::{MessageDigest, hash};
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey, Private};
use openssl::rsa::{Padding, Rsa};
use openssl::sign::{RsaPssSaltlen, Signer};

/// The day on which tests judge, unless they say otherwise.
pub const NOW: &str = "2026-06-01T00:00:00Z";

// ---- DER

pub fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    let length = content.len();
    if length < 0x80 {
        out.push(u8::try_from(length).unwrap());
    } else {
        let digits: Vec<u8> = length.to_be_bytes().into_iter().skip_while(|d| *d == 0).collect();
        out.push(0x80 | u8::try_from(digits.len()).unwrap());
        out.extend(digits);
    }
    out.extend_from_slice(content);
    out
}

pub fn seq(parts: &[Vec<u8>]) -> Vec<u8> {
    tlv(0x30, &parts.concat())
}

/// A SET OF in the order of DER.
pub fn set(parts: &[Vec<u8>]) -> Vec<u8> {
    let mut parts = parts.to_vec();
    parts.sort();
    tlv(0x31, &parts.concat())
}

pub fn oid(dotted: &str) -> Vec<u8> {
    let parts: Vec<u32> = dotted.split('.').map(|p| p.parse().unwrap()).collect();
    let mut content = vec![];
    for (n, part) in parts.iter().enumerate().skip(1) {
        let value = if n == 1 { parts[0] * 40 + part } else { *part };
        let mut septets = vec![(value & 0x7f) as u8];
        let mut rest = value >> 7;
        while rest > 0 {
            septets.push(0x80 | (rest & 0x7f) as u8);
            rest >>= 7;
        }
        septets.reverse();
        content.extend(septets);
    }
    tlv(6, &content)
}

pub fn int(value: u32) -> Vec<u8> {
    let mut digits: Vec<u8> = value.to_be_bytes().into_iter().skip_while(|d| *d == 0).collect();
    if digits.first().is_none_or(|d| d & 0x80 != 0) {
        digits.insert(0, 0);
    }
    tlv(2, &digits)
}

pub fn bit_string(bytes: &[u8]) -> Vec<u8> {
    tlv(3, &[&[0], bytes].concat())
}

fn digits(time: &str) -> String {
    time.chars().filter(char::is_ascii_digit).collect()
}

pub fn generalized(time: &str) -> Vec<u8> {
    tlv(0x18, format!("{}Z", digits(time)).as_bytes())
}

pub fn utc(time: &str) -> Vec<u8> {
    if time < "2050" { tlv(0x17, format!("{}Z", &digits(time)[2..]).as_bytes()) } else { generalized(time) }
}

pub fn extension(id: &str, is_critical: bool, value: &[u8]) -> Vec<u8> {
    let critical = if is_critical { vec![1, 1, 0xff] } else { vec![] };
    seq(&[oid(id), critical, tlv(4, value)])
}

pub fn name(parts: &[(&str, &str)]) -> Vec<u8> {
    let parts: Vec<_> =
        parts.iter().map(|(id, text)| set(&[seq(&[oid(id), tlv(0x0c, text.as_bytes())])])).collect();
    seq(&parts)
}

pub fn pem(label: &str, der: &[u8]) -> Vec<u8> {
    let text = openssl::base64::encode_block(der);
    let lines: Vec<&str> = text.as_bytes().chunks(64).map(|l| std::str::from_utf8(l).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n")).into_bytes()
}

// ---- keys and algorithms

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Key {
    Rsa2048,
    Rsa1024,
    P256,
    P384,
    P521,
    /// A curve that no policy knows.
    K256,
}

/// A key; the same for the same name, made once for all tests.
pub fn key(name: &str, kind: Key) -> PKey<Private> {
    type Keys = HashMap<(String, Key), PKey<Private>>;
    static KEYS: OnceLock<Mutex<Keys>> = OnceLock::new();
    // RSA keys are slow to make: a few do for all names.
    let name = if matches!(kind, Key::Rsa2048 | Key::Rsa1024) { "rsa" } else { name };
    let mut keys = KEYS.get_or_init(Mutex::default).lock().unwrap();
    keys.entry((name.to_owned(), kind)).or_insert_with(|| new_key(kind)).clone()
}

fn new_key(kind: Key) -> PKey<Private> {
    let ec = |nid| {
        let group = EcGroup::from_curve_name(nid).unwrap();
        PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
    };
    match kind {
        Key::Rsa2048 => PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap(),
        Key::Rsa1024 => PKey::from_rsa(Rsa::generate(1024).unwrap()).unwrap(),
        Key::P256 => ec(Nid::X9_62_PRIME256V1),
        Key::P384 => ec(Nid::SECP384R1),
        Key::P521 => ec(Nid::SECP521R1),
        Key::K256 => ec(Nid::SECP256K1),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alg {
    Md5,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
    /// RSA-PSS with SHA-256 and this much salt.
    Pss(u8),
}

impl Alg {
    pub fn digest(self) -> MessageDigest {
        match self {
            Self::Md5 => MessageDigest::md5(),
            Self::Sha1 => MessageDigest::sha1(),
            Self::Sha224 => MessageDigest::sha224(),
            Self::Sha256 | Self::Pss(_) => MessageDigest::sha256(),
            Self::Sha384 => MessageDigest::sha384(),
            Self::Sha512 => MessageDigest::sha512(),
        }
    }

    pub fn of(self, bytes: &[u8]) -> Vec<u8> {
        hash(self.digest(), bytes).unwrap().to_vec()
    }

    pub fn digest_identifier(self) -> Vec<u8> {
        let id = match self {
            Self::Md5 => "1.2.840.113549.2.5",
            Self::Sha1 => "1.3.14.3.2.26",
            Self::Sha224 => "2.16.840.1.101.3.4.2.4",
            Self::Sha256 | Self::Pss(_) => "2.16.840.1.101.3.4.2.1",
            Self::Sha384 => "2.16.840.1.101.3.4.2.2",
            Self::Sha512 => "2.16.840.1.101.3.4.2.3",
        };
        seq(&[oid(id), vec![5, 0]])
    }

    pub fn identifier(self, key: &PKey<Private>) -> Vec<u8> {
        if key.id() == Id::EC {
            let id = match self {
                Self::Sha1 | Self::Md5 => "1.2.840.10045.4.1",
                Self::Sha224 => "1.2.840.10045.4.3.1",
                Self::Sha256 | Self::Pss(_) => "1.2.840.10045.4.3.2",
                Self::Sha384 => "1.2.840.10045.4.3.3",
                Self::Sha512 => "1.2.840.10045.4.3.4",
            };
            return seq(&[oid(id)]);
        }
        if let Self::Pss(salt) = self {
            let mask = seq(&[oid("1.2.840.113549.1.1.8"), self.digest_identifier()]);
            let parameters = seq(&[
                tlv(0xa0, &self.digest_identifier()),
                tlv(0xa1, &mask),
                tlv(0xa2, &int(u32::from(salt))),
            ]);
            return seq(&[oid("1.2.840.113549.1.1.10"), parameters]);
        }
        let id = match self {
            Self::Md5 => "1.2.840.113549.1.1.4",
            Self::Sha1 => "1.2.840.113549.1.1.5",
            Self::Sha224 => "1.2.840.113549.1.1.14",
            Self::Sha384 => "1.2.840.113549.1.1.12",
            Self::Sha512 => "1.2.840.113549.1.1.13",
            Self::Sha256 | Self::Pss(_) => "1.2.840.113549.1.1.11",
        };
        seq(&[oid(id), vec![5, 0]])
    }

    pub fn sign(self, key: &PKey<Private>, bytes: &[u8]) -> Vec<u8> {
        let mut signer = Signer::new(self.digest(), key).unwrap();
        if let Self::Pss(salt) = self
            && key.id() == Id::RSA
        {
            signer.set_rsa_padding(Padding::PKCS1_PSS).unwrap();
            signer.set_rsa_mgf1_md(self.digest()).unwrap();
            signer.set_rsa_pss_saltlen(RsaPssSaltlen::custom(i32::from(salt))).unwrap();
        }
        signer.update(bytes).unwrap();
        signer.sign_to_vec().unwrap()
    }
}

/// `SEQUENCE { bytes, algorithm, BIT STRING }`, as certificates, lists and answers are.
fn signed(bytes: Vec<u8>, alg: Alg, key: &PKey<Private>) -> Vec<u8> {
    let value = alg.sign(key, &bytes);
    seq(&[bytes, alg.identifier(key), bit_string(&value)])
}

// ---- certificates

pub const CN: &str = "2.5.4.3";
pub const O: &str = "2.5.4.10";
pub const OU: &str = "2.5.4.11";
pub const UID: &str = "0.9.2342.19200300.100.1.1";
pub const SERIAL_NUMBER: &str = "2.5.4.5";
pub const TIME_STAMPING: &str = "1.3.6.1.5.5.7.3.8";
pub const OCSP_SIGNING: &str = "1.3.6.1.5.5.7.3.9";

pub const DIGITAL_SIGNATURE: u8 = 0x80;
pub const NON_REPUDIATION: u8 = 0x40;
pub const KEY_ENCIPHERMENT: u8 = 0x20;
pub const CERT_SIGN: u8 = 0x04;
pub const CRL_SIGN: u8 = 0x02;

/// What a certificate is to say.
#[derive(Debug, Clone)]
pub struct Subject {
    pub name: Vec<(String, String)>,
    pub key: Key,
    /// Two certificates with the same are of the same key.
    pub key_name: String,
    pub from: String,
    pub until: String,
    pub usage: Option<u8>,
    pub extended: Option<(bool, Vec<String>)>,
    /// For a CA: how many CAs may follow.
    pub ca: Option<Option<u8>>,
    pub extra: Vec<Vec<u8>>,
    pub signed_with: Alg,
    pub has_key_ids: bool,
    /// Instead of the next one.
    pub serial: Option<u32>,
}

impl Subject {
    fn new(cn: &str) -> Self {
        Self {
            name: vec![(CN.into(), cn.into())],
            key: Key::P256,
            key_name: cn.into(),
            from: "2024-01-01T00:00:00Z".into(),
            until: "2028-01-01T00:00:00Z".into(),
            usage: Some(DIGITAL_SIGNATURE | NON_REPUDIATION),
            extended: None,
            ca: None,
            extra: vec![],
            signed_with: Alg::Sha256,
            has_key_ids: true,
            serial: None,
        }
    }

    pub fn person(cn: &str) -> Self {
        let subject = Self::new(cn);
        subject.and(O, "Ủy ban nhân dân xã Bảo Ái").and(UID, "CCCD:001085000000")
    }

    pub fn ca(cn: &str) -> Self {
        let until = "2036-01-01T00:00:00Z".into();
        Self {
            usage: Some(CERT_SIGN | CRL_SIGN),
            ca: Some(None),
            until,
            from: "2016-01-01T00:00:00Z".into(),
            ..Self::new(cn)
        }
    }

    pub fn tsa(cn: &str) -> Self {
        let subject = Self { usage: Some(DIGITAL_SIGNATURE), ..Self::new(cn) };
        subject.extended(true, &[TIME_STAMPING])
    }

    pub fn responder(cn: &str) -> Self {
        let subject = Self { usage: Some(DIGITAL_SIGNATURE), ..Self::new(cn) };
        subject.extended(false, &[OCSP_SIGNING]).with(extension("1.3.6.1.5.5.7.48.1.5", false, &[5, 0]))
    }

    pub fn and(mut self, id: &str, text: &str) -> Self {
        self.name.push((id.into(), text.into()));
        self
    }

    pub fn key(self, key: Key) -> Self {
        Self { key, ..self }
    }

    pub fn period(self, from: &str, until: &str) -> Self {
        Self { from: from.into(), until: until.into(), ..self }
    }

    pub fn extended(self, is_critical: bool, purposes: &[&str]) -> Self {
        Self { extended: Some((is_critical, purposes.iter().map(|p| (*p).into()).collect())), ..self }
    }

    pub fn with(mut self, extension: Vec<u8>) -> Self {
        self.extra.push(extension);
        self
    }

    pub fn name_der(&self) -> Vec<u8> {
        let parts: Vec<(&str, &str)> =
            self.name.iter().map(|(id, text)| (id.as_str(), text.as_str())).collect();
        name(&parts)
    }
}

/// A certificate with its key.
#[derive(Debug, Clone)]
pub struct Identity {
    der: Vec<u8>,
    pub key: PKey<Private>,
    pub name: Vec<u8>,
    pub serial: u32,
    pub issuer: Vec<u8>,
}

pub type Ca = Identity;

fn key_bits(key: &PKey<Private>) -> Vec<u8> {
    let info = key.public_key_to_der().unwrap();
    // SEQUENCE { AlgorithmIdentifier, BIT STRING }: the last value is the key.
    let (algorithm, header) = (content_start(&info), content_start(&info));
    let rest = &info[algorithm..];
    let skip = content_start(rest) + content_length(rest);
    let bits = &info[header + skip..];
    bits[content_start(bits) + 1..].to_vec()
}

fn content_start(der: &[u8]) -> usize {
    if der[1] < 0x80 { 2 } else { 2 + usize::from(der[1] & 0x7f) }
}

fn content_length(der: &[u8]) -> usize {
    if der[1] < 0x80 {
        return usize::from(der[1]);
    }
    der[2..content_start(der)].iter().fold(0, |sum, d| sum << 8 | usize::from(*d))
}

fn key_id(key: &PKey<Private>) -> Vec<u8> {
    Alg::Sha1.of(&key_bits(key))
}

fn certificate(subject: &Subject, key: &PKey<Private>, issuer: Option<&Identity>) -> Identity {
    static SERIAL: AtomicU32 = AtomicU32::new(0x1000);
    let serial = subject.serial.unwrap_or_else(|| SERIAL.fetch_add(1, Ordering::Relaxed));
    let name = subject.name_der();
    let issuer_name = issuer.map_or(name.clone(), |issuer| issuer.name.clone());
    let issuer_key = issuer.map_or(key, |issuer| &issuer.key);
    let mut extensions = subject.extra.clone();
    if subject.has_key_ids {
        extensions.push(extension("2.5.29.14", false, &tlv(4, &key_id(key))));
        extensions.push(extension("2.5.29.35", false, &seq(&[tlv(0x80, &key_id(issuer_key))])));
    }
    if let Some(path) = subject.ca {
        let path = path.map(|n| int(u32::from(n))).unwrap_or_default();
        extensions.push(extension("2.5.29.19", true, &seq(&[vec![1, 1, 0xff], path])));
    }
    if let Some(usage) = subject.usage {
        let unused = u8::try_from(usage.trailing_zeros()).unwrap();
        extensions.push(extension("2.5.29.15", true, &tlv(3, &[unused, usage])));
    }
    if let Some((is_critical, purposes)) = &subject.extended {
        let purposes: Vec<_> = purposes.iter().map(|p| oid(p)).collect();
        extensions.push(extension("2.5.29.37", *is_critical, &seq(&purposes)));
    }
    let tbs = seq(&[
        tlv(0xa0, &int(2)),
        int(serial),
        subject.signed_with.identifier(issuer_key),
        issuer_name.clone(),
        seq(&[utc(&subject.from), utc(&subject.until)]),
        name.clone(),
        key.public_key_to_der().unwrap(),
        if extensions.is_empty() { vec![] } else { tlv(0xa3, &seq(&extensions)) },
    ]);
    let der = signed(tbs, subject.signed_with, issuer_key);
    Identity { der, key: key.clone(), name, serial, issuer: issuer_name }
}

impl Identity {
    pub fn root(cn: &str) -> Self {
        Self::root_of(&Subject::ca(cn))
    }

    pub fn root_of(subject: &Subject) -> Self {
        certificate(subject, &key(&subject.key_name, subject.key), None)
    }

    pub fn ca(&self, cn: &str) -> Self {
        self.issue(&Subject::ca(cn))
    }

    pub fn issue(&self, subject: &Subject) -> Self {
        certificate(subject, &key(&subject.key_name, subject.key), Some(self))
    }

    pub fn der(&self) -> &[u8] {
        &self.der
    }

    pub fn pem(&self) -> Vec<u8> {
        pem("CERTIFICATE", &self.der)
    }

    /// An empty list, made shortly before [`NOW`].
    pub fn crl(&self) -> Vec<u8> {
        self.list(&List::default())
    }

    pub fn list(&self, list: &List) -> Vec<u8> {
        let entries: Vec<_> = list.entries.iter().map(entry).collect();
        let mut extensions = vec![
            extension("2.5.29.35", false, &seq(&[tlv(0x80, &key_id(&self.key))])),
            extension("2.5.29.20", false, &int(list.number)),
        ];
        extensions.extend(list.delta_of.map(|n| extension("2.5.29.27", true, &int(n))));
        extensions.extend(list.scope.as_ref().map(|scope| extension("2.5.29.28", true, scope)));
        extensions.extend(list.extra.clone());
        let tbs = seq(&[
            int(1),
            list.signed_with.identifier(&self.key),
            self.name.clone(),
            utc(&list.this_update),
            list.next_update.as_ref().map(|t| utc(t)).unwrap_or_default(),
            if entries.is_empty() { vec![] } else { seq(&entries) },
            tlv(0xa0, &seq(&extensions)),
        ]);
        signed(tbs, list.signed_with, &self.key)
    }

    /// An answer about `about`, which `issuer` issued, signed by this one.
    pub fn ocsp(&self, issuer: &Identity, about: &Identity, answer: &Answer) -> Vec<u8> {
        let alg = answer.digest;
        let id = seq(&[
            alg.digest_identifier(),
            tlv(4, &alg.of(&issuer.name)),
            tlv(4, &alg.of(&key_bits(&issuer.key))),
            int(about.serial),
        ]);
        let status = match &answer.revoked {
            _ if answer.is_unknown => tlv(0x82, &[]),
            None => tlv(0x80, &[]),
            Some(at) => tlv(0xa1, &generalized(at)),
        };
        let next = answer.next_update.as_ref().map(|t| tlv(0xa0, &generalized(t))).unwrap_or_default();
        let single = seq(&[id, status, generalized(&answer.this_update), next]);
        let responder =
            if answer.by_key { tlv(0xa2, &tlv(4, &key_id(&self.key))) } else { tlv(0xa1, &self.name) };
        let tbs = seq(&[responder, generalized(&answer.this_update), seq(&[single])]);
        let value = Alg::Sha256.sign(&self.key, &tbs);
        let certificates = tlv(0xa0, &seq(std::slice::from_ref(&self.der)));
        let basic = seq(&[tbs, Alg::Sha256.identifier(&self.key), bit_string(&value), certificates]);
        let typed = seq(&[oid("1.3.6.1.5.5.7.48.1.1"), tlv(4, &basic)]);
        seq(&[vec![0x0a, 1, 0], tlv(0xa0, &typed)])
    }

    /// A time stamp over `bytes`.
    pub fn stamp(&self, bytes: &[u8], at: &str) -> Vec<u8> {
        self.stamp_with(bytes, at, Alg::Sha256, vec![])
    }

    pub fn stamp_with(&self, bytes: &[u8], at: &str, alg: Alg, certificates: Vec<Vec<u8>>) -> Vec<u8> {
        let imprint = seq(&[alg.digest_identifier(), tlv(4, &alg.of(bytes))]);
        let info = seq(&[int(1), oid("1.3.6.1.4.1.55555.1"), imprint, int(7), generalized(at), int(99)]);
        Cms { content: Some(info), certificates, alg, ..Cms::time_stamp(self) }.build(b"")
    }
}

/// What a list is to say.
#[derive(Debug, Clone)]
pub struct List {
    pub this_update: String,
    pub next_update: Option<String>,
    pub number: u32,
    pub delta_of: Option<u32>,
    /// Content of issuingDistributionPoint.
    pub scope: Option<Vec<u8>>,
    pub entries: Vec<Entry>,
    pub extra: Vec<Vec<u8>>,
    pub signed_with: Alg,
}

#[derive(Debug, Clone, Default)]
pub struct Entry {
    pub serial: u32,
    pub at: String,
    pub reason: Option<u8>,
    pub invalid_since: Option<String>,
    /// Name (DER) of the issuer, in indirect lists.
    pub issuer: Option<Vec<u8>>,
    pub extra: Vec<Vec<u8>>,
}

impl Default for List {
    fn default() -> Self {
        Self {
            this_update: "2026-05-31T00:00:00Z".into(),
            next_update: Some("2026-06-07T00:00:00Z".into()),
            number: 10,
            delta_of: None,
            scope: None,
            entries: vec![],
            extra: vec![],
            signed_with: Alg::Sha256,
        }
    }
}

impl List {
    pub fn revoking(one: &Identity, at: &str) -> Self {
        Self::default().and(Entry { serial: one.serial, at: at.into(), ..Entry::default() })
    }

    pub fn and(mut self, entry: Entry) -> Self {
        self.entries.push(entry);
        self
    }

    pub fn times(self, this: &str, next: &str) -> Self {
        Self { this_update: this.into(), next_update: Some(next.into()), ..self }
    }
}

fn entry(entry: &Entry) -> Vec<u8> {
    let mut extensions = entry.extra.clone();
    extensions.extend(entry.reason.map(|r| extension("2.5.29.21", false, &[0x0a, 1, r])));
    extensions.extend(entry.invalid_since.as_ref().map(|t| extension("2.5.29.24", false, &generalized(t))));
    extensions
        .extend(entry.issuer.as_ref().map(|name| extension("2.5.29.29", true, &seq(&[tlv(0xa4, name)]))));
    let extensions = if extensions.is_empty() { vec![] } else { seq(&extensions) };
    seq(&[int(entry.serial), utc(&entry.at), extensions])
}

/// Where lists are to be had: for certificates (`2.5.29.31`) and as the name in a list's scope.
pub fn place(address: &str) -> Vec<u8> {
    tlv(0xa0, &tlv(0xa0, &tlv(0x86, address.as_bytes())))
}

pub fn crl_points(address: &str) -> Vec<u8> {
    extension("2.5.29.31", false, &seq(&[seq(&[place(address)])]))
}

/// The same with another issuer of the list.
pub fn crl_points_of(address: &str, issuer: &Identity) -> Vec<u8> {
    let issuer = tlv(0xa2, &tlv(0xa4, &issuer.name));
    extension("2.5.29.31", false, &seq(&[seq(&[place(address), issuer])]))
}

/// What an OCSP answer is to say.
#[derive(Debug, Clone)]
pub struct Answer {
    pub this_update: String,
    pub next_update: Option<String>,
    pub revoked: Option<String>,
    pub is_unknown: bool,
    pub by_key: bool,
    pub digest: Alg,
}

impl Default for Answer {
    fn default() -> Self {
        Self {
            this_update: "2026-05-31T23:00:00Z".into(),
            next_update: Some("2026-06-01T23:00:00Z".into()),
            revoked: None,
            is_unknown: false,
            by_key: false,
            digest: Alg::Sha1,
        }
    }
}

// ---- signatures

/// What a signature is to look like.
#[derive(Debug, Clone)]
pub struct Cms<'a> {
    pub signer: &'a Identity,
    /// Besides the signer's; with `is_bare` not even that one.
    pub certificates: Vec<Vec<u8>>,
    pub is_bare: bool,
    pub alg: Alg,
    /// Content inside, and its type.
    pub content: Option<Vec<u8>>,
    pub content_type: &'a str,
    /// `/SubFilter adbe.pkcs7.sha1`
    pub is_sha1: bool,
    pub has_attributes: bool,
    pub signing_time: Option<String>,
    /// The certificate that signing-certificate-v2 means.
    pub named: Option<Vec<u8>>,
    /// signing-certificate (v1, SHA-1) instead.
    pub is_v1: bool,
    pub by_key_id: bool,
    /// Attributes to add to the signed ones.
    pub extra: Vec<Vec<u8>>,
    pub wrong_content_type: bool,
    pub n_signers: usize,
    /// Token over the value: by whom, when.
    pub stamp: Option<(&'a Identity, &'a str)>,
    /// The token is over something else.
    pub stamps_other: bool,
    pub crls: Vec<Vec<u8>>,
    /// adbe-revocationInfoArchival: lists, answers.
    pub archival: (Vec<Vec<u8>>, Vec<Vec<u8>>),
    pub flip_value: bool,
    pub is_ber: bool,
}

impl<'a> Cms<'a> {
    pub fn cades(signer: &'a Identity) -> Self {
        Self {
            signer,
            certificates: vec![],
            is_bare: false,
            alg: Alg::Sha256,
            content: None,
            content_type: "1.2.840.113549.1.7.1",
            is_sha1: false,
            has_attributes: true,
            signing_time: None,
            named: Some(signer.der.clone()),
            is_v1: false,
            by_key_id: false,
            extra: vec![],
            wrong_content_type: false,
            n_signers: 1,
            stamp: None,
            stamps_other: false,
            crls: vec![],
            archival: (vec![], vec![]),
            flip_value: false,
            is_ber: false,
        }
    }

    pub fn pkcs7(signer: &'a Identity) -> Self {
        Self { named: None, signing_time: Some("2026-05-30T02:00:00Z".into()), ..Self::cades(signer) }
    }

    fn time_stamp(signer: &'a Identity) -> Self {
        Self { content_type: "1.2.840.113549.1.9.16.1.4", ..Self::cades(signer) }
    }

    /// The signature over `bytes`.
    pub fn build(&self, bytes: &[u8]) -> Vec<u8> {
        let content = if self.is_sha1 { Some(Alg::Sha1.of(bytes)) } else { self.content.clone() };
        let digested = content.as_deref().unwrap_or(bytes);
        let info = self.signer_info(digested);
        let inside = content.map(|c| tlv(0xa0, &tlv(4, &c))).unwrap_or_default();
        let mut certificates = if self.is_bare { vec![] } else { vec![self.signer.der.clone()] };
        certificates.extend(self.certificates.clone());
        let sets = [
            if certificates.is_empty() { vec![] } else { tlv(0xa0, &certificates.concat()) },
            if self.crls.is_empty() { vec![] } else { tlv(0xa1, &self.crls.concat()) },
        ];
        let infos: Vec<_> = std::iter::repeat_n(info, self.n_signers).collect();
        let version = if self.content_type.ends_with(".7.1") { 1 } else { 3 };
        let parts = [
            int(version),
            set(&[self.alg.digest_identifier()]),
            seq(&[oid(self.content_type), inside]),
            sets.concat(),
            tlv(0x31, &infos.concat()),
        ];
        if self.is_ber {
            // As old tokens write it: lengths left open at the outside.
            let open = |tag: u8, content: &[u8]| [&[tag, 0x80][..], content, &[0, 0]].concat();
            let data = open(0x30, &parts.concat());
            return open(0x30, &[oid("1.2.840.113549.1.7.2"), open(0xa0, &data)].concat());
        }
        seq(&[oid("1.2.840.113549.1.7.2"), tlv(0xa0, &seq(&parts))])
    }

    fn signer_info(&self, digested: &[u8]) -> Vec<u8> {
        let key = &self.signer.key;
        let (attributes, mut value) = if self.has_attributes {
            let attributes = self.attributes(digested);
            let value = self.alg.sign(key, &tlv(0x31, &attributes));
            (tlv(0xa0, &attributes), value)
        } else {
            (vec![], self.alg.sign(key, digested))
        };
        if self.flip_value {
            let last = value.len() - 1;
            value[last] ^= 1;
        }
        let sid = if self.by_key_id {
            tlv(0x80, &key_id(key))
        } else {
            seq(&[self.signer.issuer.clone(), int(self.signer.serial)])
        };
        let unsigned = self.stamp.map(|(tsa, at)| {
            let token = tsa.stamp(if self.stamps_other { b"other" } else { &value }, at);
            tlv(0xa1, &seq(&[oid("1.2.840.113549.1.9.16.2.14"), set(&[token])]))
        });
        seq(&[
            int(if self.by_key_id { 3 } else { 1 }),
            sid,
            self.alg.digest_identifier(),
            attributes,
            self.alg.identifier(key),
            tlv(4, &value),
            unsigned.unwrap_or_default(),
        ])
    }

    fn attributes(&self, digested: &[u8]) -> Vec<u8> {
        let content_type = if self.wrong_content_type { "1.2.840.113549.1.7.3" } else { self.content_type };
        let mut all = vec![
            attribute("1.2.840.113549.1.9.3", oid(content_type)),
            attribute("1.2.840.113549.1.9.4", tlv(4, &self.alg.of(digested))),
        ];
        all.extend(self.signing_time.as_ref().map(|t| attribute("1.2.840.113549.1.9.5", utc(t))));
        if let Some(named) = &self.named {
            let (id, hash) = if self.is_v1 { ("12", Alg::Sha1) } else { ("47", Alg::Sha256) };
            let value = seq(&[seq(&[seq(&[tlv(4, &hash.of(named))])])]);
            all.push(attribute(&format!("1.2.840.113549.1.9.16.2.{id}"), value));
        }
        let (crls, ocsps) = &self.archival;
        if !crls.is_empty() || !ocsps.is_empty() {
            let value = seq(&[tlv(0xa0, &seq(crls)), tlv(0xa1, &seq(ocsps))]);
            all.push(attribute("1.2.840.113583.1.1.8", value));
        }
        all.extend(self.extra.clone());
        all.sort();
        all.concat()
    }
}

pub fn attribute(id: &str, value: Vec<u8>) -> Vec<u8> {
    seq(&[oid(id), set(&[value])])
}
