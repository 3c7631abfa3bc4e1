//! Algorithms of digests and signatures: what an identifier means, and checking a value with OpenSSL.
//! Whether one is strong enough is for [`super::policy`] to say: weak ones are checked all the same.

use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey, PKeyRef, Public};
use openssl::rsa::Padding;
use openssl::sign::{RsaPssSaltlen, Verifier};
use serde::{Deserialize, Serialize};

use super::asn1::{self, CONTEXT, INTEGER, NULL, OID, Reader, SEQUENCE};

/// A digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Digest {
    /// Broken.
    Md5,
    /// Broken for signatures; much of the country signed with it until recently.
    Sha1,
    /// SHA-2, 224 bits.
    Sha224,
    /// SHA-2, 256 bits.
    Sha256,
    /// SHA-2, 384 bits.
    Sha384,
    /// SHA-2, 512 bits.
    Sha512,
}

impl Digest {
    /// By the content of its OBJECT IDENTIFIER.
    pub fn from_oid(oid: &[u8]) -> Option<Self> {
        Some(match oid {
            [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x05] => Self::Md5,
            [0x2b, 0x0e, 0x03, 0x02, 0x1a] => Self::Sha1,
            [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, n] => match n {
                1 => Self::Sha256,
                2 => Self::Sha384,
                3 => Self::Sha512,
                4 => Self::Sha224,
                _ => return None,
            },
            _ => return None,
        })
    }

    /// Of an AlgorithmIdentifier, whose parameters are absent or NULL.
    pub fn from_identifier(identifier: asn1::Item<'_>) -> Option<Self> {
        let mut parts = identifier.inside();
        let digest = Self::from_oid(parts.take(OID)?.content)?;
        let _ = parts.optional(NULL);
        parts.is_empty().then_some(digest)
    }

    /// As people write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha1 => "SHA-1",
            Self::Sha224 => "SHA-224",
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
        }
    }

    /// For OpenSSL.
    pub fn openssl(self) -> MessageDigest {
        match self {
            Self::Md5 => MessageDigest::md5(),
            Self::Sha1 => MessageDigest::sha1(),
            Self::Sha224 => MessageDigest::sha224(),
            Self::Sha256 => MessageDigest::sha256(),
            Self::Sha384 => MessageDigest::sha384(),
            Self::Sha512 => MessageDigest::sha512(),
        }
    }

    /// Digest of the parts one behind the other; `None` where OpenSSL does not offer it.
    pub fn of(self, parts: &[&[u8]]) -> Option<Vec<u8>> {
        let mut hasher = openssl::hash::Hasher::new(self.openssl()).ok()?;
        for part in parts {
            hasher.update(part).ok()?;
        }
        Some(hasher.finish().ok()?.to_vec())
    }
}

/// How a signature value is made of a digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// RSA, PKCS#1 v1.5.
    RsaPkcs1,
    /// RSA-PSS.
    RsaPss {
        /// Digest of the mask.
        mask: Digest,
        /// Bytes of salt.
        salt: u16,
    },
    /// ECDSA.
    Ecdsa,
}

/// A signature algorithm with its digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scheme {
    /// What is signed.
    pub digest: Digest,
    /// How.
    pub mode: Mode,
}

/// A key, as far as its strength goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// RSA with this many bits.
    Rsa(u32),
    /// On a curve; bits of its order.
    Ec(Option<Curve>, u32),
    /// Something else.
    Other,
}

/// Curves that are known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Curve {
    /// NIST P-256.
    #[serde(rename = "P-256")]
    P256,
    /// NIST P-384.
    #[serde(rename = "P-384")]
    P384,
    /// NIST P-521.
    #[serde(rename = "P-521")]
    P521,
}

impl Key {
    /// Of a public key.
    pub fn of(key: &PKeyRef<Public>) -> Self {
        match key.id() {
            Id::RSA | Id::RSA_PSS => Self::Rsa(key.bits()),
            Id::EC => {
                let curve = key.ec_key().ok().and_then(|k| k.group().curve_name());
                let curve = match curve {
                    Some(Nid::X9_62_PRIME256V1) => Some(Curve::P256),
                    Some(Nid::SECP384R1) => Some(Curve::P384),
                    Some(Nid::SECP521R1) => Some(Curve::P521),
                    _ => None,
                };
                Self::Ec(curve, key.bits())
            }
            _ => Self::Other,
        }
    }

    /// As people write it.
    pub fn name(self) -> String {
        match self {
            Self::Rsa(bits) => format!("RSA {bits} bit"),
            Self::Ec(Some(_), bits) => format!("ECDSA {bits} bit"),
            Self::Ec(None, bits) => format!("ECDSA {bits} bit, đường cong khác P-256, P-384, P-521"),
            Self::Other => "khóa khác".to_owned(),
        }
    }
}

/// One use of algorithms in a signature: all of them are judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// The digest.
    pub digest: Digest,
    /// The key that signed; `None` where only a digest was taken.
    pub key: Option<Key>,
}

/// `1.2.840.113549.1.1`: RSA of PKCS#1.
const PKCS1: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01];
/// `1.2.840.113549.1.1.8`: the mask of PSS.
const MGF1: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x08];
/// `1.2.840.10045`: ANSI X9.62.
const X9_62: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d];

impl Scheme {
    /// Of an AlgorithmIdentifier. `digest`: what the signer names besides (CMS); it must be the same,
    /// and stands for itself where the identifier only says "RSA" or "EC".
    pub fn from_identifier(identifier: asn1::Item<'_>, digest: Option<Digest>) -> Option<Self> {
        let mut parts = identifier.inside();
        let oid = parts.take(OID)?.content;
        let rsa = |digest| Self { digest, mode: Mode::RsaPkcs1 };
        let ecdsa = |digest| Self { digest, mode: Mode::Ecdsa };
        let scheme = if let Some(end) = oid.strip_prefix(PKCS1) {
            match end {
                [1] => rsa(digest?),
                [4] => rsa(Digest::Md5),
                [5] => rsa(Digest::Sha1),
                [10] => pss(parts)?,
                [11] => rsa(Digest::Sha256),
                [12] => rsa(Digest::Sha384),
                [13] => rsa(Digest::Sha512),
                [14] => rsa(Digest::Sha224),
                _ => return None,
            }
        } else {
            match oid.strip_prefix(X9_62)? {
                // Some tokens name the kind of key here.
                [2, 1] => ecdsa(digest?),
                [4, 1] => ecdsa(Digest::Sha1),
                [4, 3, 1] => ecdsa(Digest::Sha224),
                [4, 3, 2] => ecdsa(Digest::Sha256),
                [4, 3, 3] => ecdsa(Digest::Sha384),
                [4, 3, 4] => ecdsa(Digest::Sha512),
                _ => return None,
            }
        };
        digest.is_none_or(|digest| digest == scheme.digest).then_some(scheme)
    }

    /// Whether `value` signs the parts one behind the other under `key`. A key of another kind than
    /// the scheme's never verifies.
    pub fn verifies(&self, key: &PKey<Public>, parts: &[&[u8]], value: &[u8]) -> bool {
        let fits = match self.mode {
            Mode::RsaPkcs1 => key.id() == Id::RSA,
            Mode::RsaPss { .. } => matches!(key.id(), Id::RSA | Id::RSA_PSS),
            Mode::Ecdsa => key.id() == Id::EC,
        };
        fits && self.checked(key, parts, value).unwrap_or(false)
    }

    fn checked(
        &self,
        key: &PKey<Public>,
        parts: &[&[u8]],
        value: &[u8],
    ) -> Result<bool, openssl::error::ErrorStack> {
        let mut verifier = Verifier::new(self.digest.openssl(), key)?;
        if let Mode::RsaPss { mask, salt } = self.mode {
            verifier.set_rsa_padding(Padding::PKCS1_PSS)?;
            verifier.set_rsa_mgf1_md(mask.openssl())?;
            verifier.set_rsa_pss_saltlen(RsaPssSaltlen::custom(i32::from(salt)))?;
        }
        for part in parts {
            verifier.update(part)?;
        }
        verifier.verify(value)
    }
}

/// RSASSA-PSS-params (RFC 4055, 3.1); what is left out has its default there.
fn pss(mut parts: Reader<'_>) -> Option<Scheme> {
    let mut parameters = parts.take(SEQUENCE)?.inside();
    let mut digest = Digest::Sha1;
    if let Some(item) = parameters.optional(CONTEXT) {
        digest = Digest::from_identifier(asn1::only(SEQUENCE, item.content)?)?;
    }
    let mut mask = Digest::Sha1;
    if let Some(item) = parameters.optional(CONTEXT + 1) {
        let mut generator = asn1::only(SEQUENCE, item.content)?.inside();
        if generator.take(OID)?.content != MGF1 {
            return None;
        }
        mask = Digest::from_identifier(generator.take(SEQUENCE)?)?;
    }
    let mut salt = 20;
    if let Some(item) = parameters.optional(CONTEXT + 2) {
        salt = u16::try_from(asn1::number(asn1::only(INTEGER, item.content)?)?).ok()?;
    }
    if let Some(item) = parameters.optional(CONTEXT + 3) {
        // The only trailer there is.
        (asn1::number(asn1::only(INTEGER, item.content)?)? == 1).then_some(())?;
    }
    // The mask of another digest is allowed by the letter and made by nobody but attackers.
    (parameters.is_empty() && parts.is_empty() && mask == digest && salt <= 512)
        .then_some(Scheme { digest, mode: Mode::RsaPss { mask, salt } })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engines::signature::asn1::encode;

    #[test]
    fn identifiers_mean_one_scheme_or_none() {
        fn check(identifier: &[u8], digest: Option<Digest>, expected: Option<Scheme>) {
            let found = Scheme::from_identifier(asn1::only(SEQUENCE, identifier).unwrap(), digest);
            assert_eq!(found, expected, "{identifier:x?}");
        }
        let pkcs1 = |n: u8| encode(SEQUENCE, &[&encode(OID, &[PKCS1, &[n]].concat())[..], &[5, 0]].concat());
        let rsa = |digest| Some(Scheme { digest, mode: Mode::RsaPkcs1 });
        check(&pkcs1(11), None, rsa(Digest::Sha256));
        check(&pkcs1(11), Some(Digest::Sha256), rsa(Digest::Sha256));
        check(&pkcs1(11), Some(Digest::Sha1), None);
        check(&pkcs1(1), Some(Digest::Sha1), rsa(Digest::Sha1));
        check(&pkcs1(1), None, None);
        check(&pkcs1(99), None, None);
        let ecdsa = encode(SEQUENCE, &encode(OID, &[X9_62, &[4, 3, 3]].concat()));
        check(&ecdsa, None, Some(Scheme { digest: Digest::Sha384, mode: Mode::Ecdsa }));

        let sha256 = encode(SEQUENCE, &encode(OID, &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1]));
        let mask = encode(SEQUENCE, &[encode(OID, MGF1), sha256.clone()].concat());
        let pss = |parameters: &[Vec<u8>]| {
            let oid = encode(OID, &[PKCS1, &[10]].concat());
            encode(SEQUENCE, &[oid, encode(SEQUENCE, &parameters.concat())].concat())
        };
        let all = [encode(0xa0, &sha256), encode(0xa1, &mask), encode(0xa2, &[2, 1, 32])];
        let expected =
            Scheme { digest: Digest::Sha256, mode: Mode::RsaPss { mask: Digest::Sha256, salt: 32 } };
        check(&pss(&all), Some(Digest::Sha256), Some(expected));
        check(&pss(&all), Some(Digest::Sha512), None);
        check(&pss(&all[..1]), None, None);
        let default = Scheme { digest: Digest::Sha1, mode: Mode::RsaPss { mask: Digest::Sha1, salt: 20 } };
        check(&pss(&[]), None, Some(default));
        check(&pss(&[encode(0xa3, &[2, 1, 2])]), None, None);
    }
}
