//! What goes along with a file that is to be judged: trusted certificates, lists, the policy, "now". Plain data, so that
//! it can be handed to a reading process.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A file by name: what is wrong with it is told by that name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedFile {
    /// Name without folders.
    pub name: String,
    /// Content.
    #[serde(with = "base64_bytes")]
    pub bytes: Vec<u8>,
}

/// What an installation, or a command, judges signatures by.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrustFiles {
    /// Trusted certificates, PEM or DER, and `trust.toml` where there is one.
    pub anchors: Vec<NamedFile>,
    /// Certificates in between.
    pub intermediates: Vec<NamedFile>,
    /// Revocation lists and OCSP answers.
    pub revocation: Vec<NamedFile>,
    /// The policy; the built-in one when absent.
    pub policy: Option<NamedFile>,
}

/// How a file is to be judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifyOrder {
    /// By what.
    pub trust: TrustFiles,
    /// For which moment.
    pub at: Timestamp,
    /// When these very bytes were received here: proof that they existed then.
    pub received_at: Option<Timestamp>,
    /// The password of an encrypted file.
    pub password: Option<String>,
    /// Code of the type of paper, for the policy.
    pub type_code: Option<String>,
}

impl VerifyOrder {
    /// For a file without signatures: there is nothing to judge, and nothing to judge it by.
    pub fn of_unsigned(at: Timestamp) -> Self {
        Self { trust: TrustFiles::default(), at, received_at: None, password: None, type_code: None }
    }
}

/// Bytes as base64 in JSON.
pub(super) mod base64_bytes {
    use base64::{Engine, engine::general_purpose::STANDARD};
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        STANDARD.decode(String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}
