//! What is said of a signature and of a file: the words of ETSI EN 319 102-1, as other systems know
//! them, and what a clerk reads.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What a signature is worth (EN 319 102-1, 5.1.3); ordered from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING-KEBAB-CASE")]
pub enum Verdict {
    /// Every check succeeded.
    TotalPassed,
    /// Nothing proves it false, and something that would prove it true is missing.
    #[serde(rename = "INDETERMINATE")]
    Indeterminate,
    /// Proven false.
    TotalFailed,
}

/// Why a signature has not passed (EN 319 102-1, table 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SubIndication {
    /// It is not built as a signature has to be.
    FormatFailure,
    /// The signed bytes have another digest.
    HashFailure,
    /// The signature value does not verify under the signer's key.
    SigCryptoFailure,
    /// The certificate was revoked, and the signature was made after that.
    Revoked,
    /// The certificate had expired when the signature was made.
    Expired,
    /// The certificate was not yet valid when the signature was made.
    NotYetValid,
    /// The signature goes against what its policy or its certificate allows.
    SigConstraintsFailure,
    /// The chain goes against what is asked of certificates.
    ChainConstraintsFailure,
    /// The certificates cannot be held against each other.
    CertificateChainGeneralFailure,
    /// An algorithm or a key is too weak for the time of the signature.
    CryptoConstraintsFailure,
    /// The same, without proof that the signature existed while it was strong.
    CryptoConstraintsFailureNoPoe,
    /// Times of signature and time stamps contradict each other.
    TimestampOrderFailure,
    /// The signer's certificate is in none of the places.
    NoSigningCertificateFound,
    /// No chain leads to a trusted certificate.
    NoCertificateChainFound,
    /// Revoked by now, and nothing proves that the signature was made before.
    RevokedNoPoe,
    /// A certificate of the chain is revoked by now, and nothing proves that the signature was made before.
    RevokedCaNoPoe,
    /// Outside the certificate's period, and nothing proves that the signature was made within it.
    OutOfBoundsNoPoe,
    /// Outside the certificate's period, which had not ended by revocation.
    OutOfBoundsNotRevoked,
    /// No proof of the time of the signature.
    NoPoe,
    /// Data that decide on it (revocation, for example) are not there yet.
    TryLater,
    /// The signed data are not all there.
    SignedDataNotFound,
}

/// Verdict over a whole file; the worst of its signatures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING-KEBAB-CASE")]
pub enum Overall {
    /// Every signature passed.
    TotalPassed,
    /// One at least is indeterminate, none failed.
    #[serde(rename = "INDETERMINATE")]
    Indeterminate,
    /// One at least failed.
    TotalFailed,
    /// There is none; never passed.
    NoSignature,
    /// Not a PDF.
    NotAPdf,
}

/// What a signature is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A person's or an organisation's.
    Signature,
    /// A time stamp over the document, which is no signature.
    Doctimestamp,
}

/// Whether the signed bytes are those that were signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Integrity {
    /// They are.
    Intact,
    /// They are not, or it cannot be told.
    Broken,
}

/// How much of the file the signature covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Coverage {
    /// All of it but the signature itself.
    WholeFile,
    /// All of a revision; others follow.
    WholeRevision,
    /// Less than a revision.
    Partial,
    /// `/ByteRange` says nothing that makes sense.
    Malformed,
}

/// What was changed after the signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Modification {
    /// Nothing.
    None,
    /// Only what the signature and the rules allow.
    Permitted,
    /// Something else.
    Forbidden,
}

/// How the signer's certificate stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// A chain leads to a trusted certificate, and nothing in it was revoked.
    Trusted,
    /// No chain leads there.
    Untrusted,
    /// It had run out.
    Expired,
    /// It was revoked.
    Revoked,
    /// It was not valid yet.
    NotYetValid,
    /// Data are missing; never shown as valid.
    Unknown,
}

/// How sure the time is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeSource {
    /// The signer's word.
    Claimed,
    /// A trusted time stamp.
    Timestamp,
}

/// Whether algorithms and keys were strong enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Algorithm {
    /// They were.
    Ok,
    /// One was not.
    Weak,
}

/// Whom the certificate names.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Signer {
    /// Common name.
    pub name: String,
    /// Organisation, and the unit in it.
    pub organisation: String,
    /// `MST`, `CCCD`, `MNS` and the like, out of the subject's UID.
    pub ids: std::collections::BTreeMap<String, String>,
    /// Who issued the certificate.
    pub issuer: String,
    /// Serial number, hexadecimal.
    pub serial: String,
}

/// One signature, judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SignatureReport {
    /// Full name of its field.
    pub field: String,
    /// What it is for.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// What it is worth.
    pub verdict: Verdict,
    /// Why it has not passed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub: Option<SubIndication>,
    /// Whether the signed bytes are those that were signed.
    pub integrity: Integrity,
    /// How much of the file it covers.
    pub coverage: Coverage,
    /// What was changed afterwards, the worst of it.
    pub modification_after: Modification,
    /// How its certificate stands.
    pub trust: Trust,
    /// How sure its time is.
    pub time: TimeSource,
    /// When it was made, as far as known.
    pub signed_at: Option<Timestamp>,
    /// Whether its algorithms were strong enough.
    pub algorithm: Algorithm,
    /// Whom the certificate names; empty where none was found.
    pub signer: Signer,
    /// What was changed afterwards, one Vietnamese sentence each.
    pub changes: Vec<String>,
    /// Where the revision that it signs ends, bytes; `None` where that can't be told.
    pub signed_end: Option<u64>,
    /// What else people should know, one Vietnamese clause each: exceptions, time stamps not counted.
    #[serde(default)]
    pub notes: Vec<String>,
    /// `/P` of the certification, 1–3, where it certifies the document.
    pub certified_p: Option<u8>,
    /// One Vietnamese sentence for a clerk.
    pub message: String,
}

/// A file, judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The worst of its signatures.
    pub overall: Overall,
    /// In the order of the revisions they sign.
    pub signatures: Vec<SignatureReport>,
    /// One Vietnamese sentence for a clerk on the whole file.
    pub message: String,
}
