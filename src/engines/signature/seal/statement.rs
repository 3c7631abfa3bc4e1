//! Signatures over any bytes, beside them: a CMS without content (RFC 5652), as is made for PDFs.

use openssl::{
    cms::{CMSOptions, CmsContentInfo},
    stack::Stack,
    x509::X509,
};

use super::{
    SealError, attributes,
    embed::certificates_in,
    key::{Signer, SigningCertificate},
};

/// Signs `bytes`: a CMS, DER.
///
/// # Errors
/// [`SealError::Key`] where the key does not sign.
pub fn sign(signer: &dyn Signer, bytes: &[u8]) -> Result<Vec<u8>, SealError> {
    let certificate = signer.certificate();
    let attributes = attributes::signed_attributes(&openssl::sha::sha256(bytes), certificate)?;
    let signature = signer.sign(&attributes)?;
    attributes::assemble(&attributes::Parts {
        certificate,
        attributes: &attributes,
        signature: &signature,
        timestamp: None,
    })
}

/// The certificate under which `cms` signs `bytes`, DER; `None` where it signs something else, or nothing. Whether
/// the certificate is to be trusted is not looked at.
pub fn signer_of(cms: &[u8], bytes: &[u8]) -> Option<Vec<u8>> {
    let only_the_value = CMSOptions::NOINTERN | CMSOptions::NO_SIGNER_CERT_VERIFY | CMSOptions::BINARY;
    certificates_in(cms).into_iter().find(|der| {
        let verifies = || {
            let mut certificates = Stack::new().ok()?;
            certificates.push(X509::from_der(der).ok()?).ok()?;
            let mut parsed = CmsContentInfo::from_der(cms).ok()?;
            parsed.verify(Some(&certificates), None, Some(bytes), None, only_the_value).ok()
        };
        verifies().is_some()
    })
}

/// What a certificate is called, and its SHA-256 as hexadecimal digits.
pub fn named(der: &[u8]) -> Option<(String, String)> {
    let certificate = SigningCertificate::new(der, &[]).ok()?;
    let digest = openssl::sha::sha256(der).iter().map(|byte| format!("{byte:02x}")).collect();
    Some((certificate.name(), digest))
}
