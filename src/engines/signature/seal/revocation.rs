//! What has to be fetched so that a signature can be checked for long, and whether what came is of use:
//! OCSP answers and revocation lists of every certificate that is not a root.
//!
//! Whoever fetches decides which addresses may be asked.

use der::Decode;
use jiff::Timestamp;
use openssl::{
    asn1::Asn1Time,
    hash::MessageDigest,
    ocsp::{OcspCertId, OcspCertStatus, OcspFlag, OcspRequest, OcspResponse, OcspResponseStatus},
    stack::Stack,
    x509::{
        CrlStatus, X509, X509Crl, X509Ref,
        store::X509StoreBuilder,
        verify::{X509VerifyFlags, X509VerifyParam},
    },
};
use x509_parser::{
    extensions::{DistributionPointName, GeneralName, ParsedExtension},
    prelude::{FromDer, X509Certificate},
    revocation_list::CertificateRevocationList,
};

const ID_OCSP: &str = "1.3.6.1.5.5.7.48.1";
const ID_CA_ISSUERS: &str = "1.3.6.1.5.5.7.48.2";
/// More addresses than a certificate has reason to name.
const MOST_ADDRESSES: usize = 8;
/// Clocks of others may be this much ahead, seconds.
const DRIFT_S: i64 = 300;

/// What a certificate says on where its state is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sources {
    /// The certificate, DER.
    pub certificate: Vec<u8>,
    /// Its issuer, DER.
    pub issuer: Vec<u8>,
    /// Addresses of OCSP responders.
    pub ocsp: Vec<String>,
    /// Addresses of revocation lists.
    pub crls: Vec<String>,
}

/// Why fetched data are of no use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RevocationError {
    /// Damaged, or of another form.
    #[error("dữ liệu thu hồi không đúng dạng")]
    Malformed,
    /// It does not speak of this certificate, or is signed by nobody who may.
    #[error("dữ liệu thu hồi không phải do nơi cấp chứng thư số ký")]
    NotVerified,
    /// It was to be replaced before now.
    #[error("dữ liệu thu hồi đã cũ")]
    Stale,
    /// The certificate is revoked.
    #[error("chứng thư số đã bị thu hồi")]
    Revoked,
    /// The responder does not know the certificate.
    #[error("nơi cấp không biết chứng thư số này")]
    Unknown,
}

/// Where the state of each certificate is told whose issuer is among them too; roots have none.
pub fn sources(certificates: &[Vec<u8>]) -> Vec<Sources> {
    let mut found: Vec<Sources> = Vec::new();
    for der in certificates {
        let Some(issuer) = certificates.iter().find_map(|other| issuer_of(der, other)) else { continue };
        let is_new = !found.iter().any(|known| known.certificate == *der);
        if issuer != *der && is_new && !needs_no_check(der) {
            let (ocsp, crls) = addresses(der);
            found.push(Sources { certificate: der.clone(), issuer, ocsp, crls });
        }
    }
    found
}

/// Certificates of OCSP responders may say that nobody need ask for them (RFC 6960, 4.2.2.2.1).
fn needs_no_check(der: &[u8]) -> bool {
    const NO_CHECK: &str = "1.3.6.1.5.5.7.48.1.5";
    X509Certificate::from_der(der)
        .is_ok_and(|(_, c)| c.iter_extensions().any(|e| e.oid.to_id_string() == NO_CHECK))
}

/// Addresses of issuers' certificates that a certificate names.
pub fn issuer_addresses(der: &[u8]) -> Vec<String> {
    access(der, ID_CA_ISSUERS)
}

/// Those whose issuer is not among them; roots have none.
pub fn without_issuer(certificates: &[Vec<u8>]) -> Vec<&Vec<u8>> {
    let is_known = |der: &&Vec<u8>| !certificates.iter().any(|other| issuer_of(der, other).is_some());
    certificates.iter().filter(is_known).collect()
}

/// Whether a list speaks of a part of its issuer's certificates, or of some reasons, alone.
pub fn has_scope(list: &[u8]) -> bool {
    const ISSUING_DISTRIBUTION_POINT: &str = "2.5.29.28";
    CertificateRevocationList::from_der(list).map_or(true, |(_, list)| {
        list.extensions().iter().any(|e| e.oid.to_id_string() == ISSUING_DISTRIBUTION_POINT)
    })
}

/// `candidate` (DER or PEM) as DER, where it issued `certificate`.
pub fn issuer_of(certificate: &[u8], candidate: &[u8]) -> Option<Vec<u8>> {
    let certificate = X509::from_der(certificate).ok()?;
    let candidate = X509::from_der(candidate).or_else(|_| X509::from_pem(candidate)).ok()?;
    let is_issuer = candidate.issued(&certificate).as_raw() == 0
        && candidate.public_key().is_ok_and(|key| certificate.verify(&key).unwrap_or(false));
    if is_issuer { candidate.to_der().ok() } else { None }
}

fn addresses(der: &[u8]) -> (Vec<String>, Vec<String>) {
    let mut lists = Vec::new();
    if let Ok((_, certificate)) = X509Certificate::from_der(der) {
        for extension in certificate.iter_extensions() {
            let ParsedExtension::CRLDistributionPoints(points) = extension.parsed_extension() else {
                continue;
            };
            for point in &points.points {
                if let Some(DistributionPointName::FullName(names)) = &point.distribution_point {
                    lists.extend(names.iter().filter_map(address));
                }
            }
        }
    }
    lists.truncate(MOST_ADDRESSES);
    (access(der, ID_OCSP), lists)
}

fn access(der: &[u8], method: &str) -> Vec<String> {
    let Ok((_, certificate)) = X509Certificate::from_der(der) else { return Vec::new() };
    let mut found = Vec::new();
    for extension in certificate.iter_extensions() {
        if let ParsedExtension::AuthorityInfoAccess(access) = extension.parsed_extension() {
            let of_method =
                access.accessdescs.iter().filter(|one| one.access_method.to_id_string() == method);
            found.extend(of_method.filter_map(|one| address(&one.access_location)));
        }
    }
    found.truncate(MOST_ADDRESSES);
    found
}

fn address(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::URI(address) if address.starts_with("http://") || address.starts_with("https://") => {
            Some((*address).to_owned())
        }
        _ => None,
    }
}

impl Sources {
    fn parsed(&self) -> Result<(X509, X509), RevocationError> {
        let parse = |der| X509::from_der(der).map_err(|_| RevocationError::Malformed);
        Ok((parse(&self.certificate)?, parse(&self.issuer)?))
    }

    /// The question to an OCSP responder, DER.
    ///
    /// # Errors
    /// [`RevocationError::Malformed`] when a certificate cannot be read.
    pub fn ocsp_question(&self) -> Result<Vec<u8>, RevocationError> {
        let (certificate, issuer) = self.parsed()?;
        let question = || {
            let mut request = OcspRequest::new()?;
            request.add_id(OcspCertId::from_cert(MessageDigest::sha1(), &certificate, &issuer)?)?;
            request.to_der()
        };
        question().map_err(|_| RevocationError::Malformed)
    }

    /// Whether an OCSP answer says, validly, that the certificate is good.
    ///
    /// # Errors
    /// [`RevocationError`].
    pub fn check_ocsp(&self, answer: &[u8], now: Timestamp) -> Result<(), RevocationError> {
        let (certificate, issuer) = self.parsed()?;
        let malformed = |_| RevocationError::Malformed;
        let response = OcspResponse::from_der(answer).map_err(malformed)?;
        if response.status() != OcspResponseStatus::SUCCESSFUL {
            return Err(RevocationError::Unknown);
        }
        let basic = response.basic().map_err(malformed)?;
        let verified = || {
            let mut time = X509VerifyParam::new()?;
            time.set_time(now.as_second());
            time.set_flags(X509VerifyFlags::PARTIAL_CHAIN)?;
            let mut store = X509StoreBuilder::new()?;
            store.add_cert(issuer.clone())?;
            store.set_param(&time)?;
            let mut issuers = Stack::new()?;
            issuers.push(issuer.clone())?;
            basic.verify(&issuers, &store.build(), OcspFlag::empty())
        };
        verified().map_err(|_| RevocationError::NotVerified)?;
        let id = OcspCertId::from_cert(MessageDigest::sha1(), &certificate, &issuer).map_err(malformed)?;
        let status = basic.find_status(&id).ok_or(RevocationError::Unknown)?;
        is_current(answer, &self.certificate, now)?;
        match status.status {
            OcspCertStatus::GOOD => Ok(()),
            OcspCertStatus::REVOKED => Err(RevocationError::Revoked),
            _ => Err(RevocationError::Unknown),
        }
    }

    /// Whether a revocation list of the issuer, in force at `now`, leaves the certificate out.
    ///
    /// # Errors
    /// [`RevocationError`].
    pub fn check_crl(&self, list: &[u8], now: Timestamp) -> Result<(), RevocationError> {
        let (certificate, issuer) = self.parsed()?;
        let list = X509Crl::from_der(list).map_err(|_| RevocationError::Malformed)?;
        let is_issuers = same_name(list.issuer_name(), issuer.subject_name())
            && issuer.public_key().is_ok_and(|key| list.verify(&key).unwrap_or(false));
        if !is_issuers {
            return Err(RevocationError::NotVerified);
        }
        let now = instant(now)?;
        if list.next_update().is_none_or(|next| *next < *now) {
            return Err(RevocationError::Stale);
        }
        let certificate: &X509Ref = &certificate;
        match list.get_by_cert(&certificate.to_owned()) {
            CrlStatus::Revoked(_) => Err(RevocationError::Revoked),
            CrlStatus::NotRevoked | CrlStatus::RemoveFromCrl(_) => Ok(()),
        }
    }
}

/// Whether the answer for this certificate is in force at `now`.
fn is_current(answer: &[u8], certificate: &[u8], now: Timestamp) -> Result<(), RevocationError> {
    let malformed = |_| RevocationError::Malformed;
    let (_, certificate) = X509Certificate::from_der(certificate).map_err(|_| RevocationError::Malformed)?;
    let response = x509_ocsp::OcspResponse::from_der(answer).map_err(malformed)?;
    let bytes = response.response_bytes.ok_or(RevocationError::Malformed)?;
    let basic = x509_ocsp::BasicOcspResponse::from_der(bytes.response.as_bytes()).map_err(malformed)?;
    let seconds = |time: &x509_ocsp::OcspGeneralizedTime| {
        i64::try_from(time.0.to_unix_duration().as_secs()).unwrap_or(i64::MAX)
    };
    let is_in_force = |from: &x509_ocsp::OcspGeneralizedTime,
                       until: Option<&x509_ocsp::OcspGeneralizedTime>| {
        seconds(from) <= now.as_second().saturating_add(DRIFT_S)
            && until.is_some_and(|until| seconds(until) >= now.as_second())
    };
    let serial = certificate.tbs_certificate.raw_serial();
    let of_it =
        basic.tbs_response_data.responses.iter().filter(|one| one.cert_id.serial_number.as_bytes() == serial);
    let mut any = false;
    for one in of_it {
        any = true;
        if !is_in_force(&one.this_update, one.next_update.as_ref()) {
            return Err(RevocationError::Stale);
        }
    }
    if any { Ok(()) } else { Err(RevocationError::Unknown) }
}

fn same_name(a: &openssl::x509::X509NameRef, b: &openssl::x509::X509NameRef) -> bool {
    a.try_cmp(b).is_ok_and(std::cmp::Ordering::is_eq)
}

fn instant(at: Timestamp) -> Result<Asn1Time, RevocationError> {
    Asn1Time::from_unix(at.as_second()).map_err(|_| RevocationError::Malformed)
}
