//! Signs papers: room is made in a reading process, a key signs here, authorities are asked for time stamps
//! and for the state of certificates.
//!
//! What was signed is never lost: when an authority cannot be reached, the level is lower and said so, and
//! [`extend`] makes it up later. Source: QĐ 1917/QĐ-BLĐTBXH, Điều 15; EN 319 142-1.

use jiff::Timestamp;

use crate::{
    clock::Clock,
    engines::{
        pdf::growing::GrowingFile,
        reader::{NotSealed, Readers},
        signature::seal::{
            Level, SealError,
            dss::Validation,
            embed::{self, Answer, CheckedCms},
            key::{KeyError, Signer},
            prepare::{Prepared, SealOrder, USUAL_ROOM},
            revocation::{self, RevocationError, Sources},
            stamp_time::{self, Question, Token},
            task::{SealAnswer, SealTask},
        },
    },
    remote::Remote,
};

/// More issuers than a chain has.
const LONGEST_CHAIN: usize = 8;

/// What signing may use.
pub struct Sealing<'a> {
    /// Processes that touch foreign bytes.
    pub readers: &'a Readers,
    /// The network, where it may be used.
    pub remote: Option<&'a Remote>,
    /// Address of the time-stamp authority.
    pub authority: Option<&'a str>,
    /// The level that is wanted.
    pub wanted: Level,
    /// The time.
    pub clock: Clock,
}

/// A signed paper.
#[derive(Debug, Clone, PartialEq)]
pub struct Sealed {
    /// The file.
    pub pdf: Vec<u8>,
    /// Field of the signature.
    pub field: String,
    /// The level that was reached.
    pub reached: Level,
    /// Why it is lower than was wanted; one sentence.
    pub shortfall: Option<String>,
}

/// Why a paper was not signed; it is as it was.
#[derive(Debug, thiserror::Error)]
pub enum SealFailure {
    /// The file, or what was ordered.
    #[error(transparent)]
    NotSealed(#[from] NotSealed),
    /// What came back from the key.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// An answer of another kind than was asked for.
    #[error("tiến trình đọc tệp trả lời sai")]
    Answer,
}

/// Signs one paper with a key that is at hand.
///
/// # Errors
/// [`SealFailure`]; nothing is signed then. Whatever goes wrong after the signature lowers the level only.
pub async fn seal(
    with: &Sealing<'_>,
    signer: &(dyn Signer + Sync),
    pdf: Vec<u8>,
    order: SealOrder,
) -> Result<Sealed, SealFailure> {
    let prepared = prepare(with, pdf, order)?;
    let signature = signer.sign(&prepared.signed_attributes)?;
    complete(with, prepared, Answer::Signature(&signature)).await
}

/// Makes room for a signature that is made elsewhere.
///
/// # Errors
/// [`SealFailure`].
pub fn prepare(with: &Sealing<'_>, pdf: Vec<u8>, order: SealOrder) -> Result<Prepared, SealFailure> {
    let mut prepared = room(with, pdf, SealTask::Prepare(Box::new(order)))?;
    prepared.wanted = with.wanted;
    Ok(prepared)
}

fn room(with: &Sealing<'_>, pdf: Vec<u8>, step: SealTask) -> Result<Prepared, SealFailure> {
    let mut file = GrowingFile::new(pdf);
    let (SealAnswer::Prepared(prepared), appended) = with.readers.seal(&file, step)? else {
        return Err(SealFailure::Answer);
    };
    let prepared = prepared.over(&file, &appended)?;
    file.grow(&appended);
    Ok(Prepared { pdf: file.into_bytes(), ..prepared })
}

/// Takes in a signature that was made elsewhere, after checking it under the expected certificate.
///
/// # Errors
/// [`SealFailure`]; the prepared paper can be tried again until it expires.
pub async fn complete(
    with: &Sealing<'_>,
    prepared: Prepared,
    answer: Answer<'_>,
) -> Result<Sealed, SealFailure> {
    let cms = embed::check(&prepared, answer, with.clock.now())?;
    let (field, certificate) = (prepared.field.clone(), prepared.certificate.clone());
    let stamped = stamped(with, &cms).await;
    let (cms, token, shortfall) = match stamped {
        // A signature is never lost for its time stamp.
        Ok(Some((stamped, _))) if stamped.der().len() > prepared.room() => {
            (cms, None, Some("chỗ dành sẵn không đủ cho dấu thời gian".to_owned()))
        }
        Ok(Some((stamped, token))) => (stamped, Some(token), None),
        Ok(None) => (cms, None, None),
        Err(why) => (cms, None, Some(why)),
    };
    let reached = if cms.has_timestamp() { Level::Timestamp } else { Level::Basic };
    let pdf = embed::embed(prepared, &cms)?;
    let sealed = Sealed { pdf, field, reached, shortfall };
    if sealed.reached == Level::Basic || with.wanted <= Level::Timestamp {
        return Ok(sealed);
    }
    let mut certificates: Vec<Vec<u8>> = Vec::new();
    if let Some(certificate) = &certificate {
        certificates.push(certificate.der().to_vec());
        certificates.extend(certificate.chain().iter().cloned());
    }
    certificates.extend(token.into_iter().flat_map(|token| token.certificates));
    let of = Some(sealed.field.clone());
    Ok(lift(with, sealed, certificates, of).await)
}

/// Makes up later what was missing: validation data for all signatures in the file, and a time stamp over it where one
/// of them has none, or it is wanted.
///
/// [`Level::Basic`] is reached where nothing could be made up; the file is as it was then.
///
/// # Errors
/// [`SealFailure`]; the file is as it was.
pub async fn extend(with: &Sealing<'_>, pdf: Vec<u8>) -> Result<Sealed, SealFailure> {
    let Brought { pdf, mut certificates, are_stamped } = brought(with, pdf)?;
    let reached = if are_stamped { Level::Timestamp } else { Level::Basic };
    let mut sealed = Sealed { pdf, field: String::new(), reached, shortfall: None };
    if !are_stamped {
        match archived(with, &sealed.pdf).await {
            // Those of the stamp too.
            Ok(pdf) => Brought { pdf: sealed.pdf, certificates, .. } = brought(with, pdf)?,
            Err(why) => return Ok(Sealed { shortfall: Some(why), ..sealed }),
        }
        sealed.reached = Level::Timestamp;
    }
    if with.wanted <= Level::Timestamp {
        return Ok(sealed);
    }
    Ok(lift(with, sealed, certificates, None).await)
}

/// A file, certificates that signatures in it bring, and whether each signature was time-stamped.
struct Brought {
    pdf: Vec<u8>,
    certificates: Vec<Vec<u8>>,
    are_stamped: bool,
}

fn brought(with: &Sealing<'_>, pdf: Vec<u8>) -> Result<Brought, SealFailure> {
    let file = GrowingFile::new(pdf);
    match with.readers.seal(&file, SealTask::Certificates)? {
        (SealAnswer::Certificates { certificates, are_stamped }, _) => {
            Ok(Brought { pdf: file.into_bytes(), certificates, are_stamped })
        }
        _ => Err(SealFailure::Answer),
    }
}

/// A time stamp of the signature; `None` where none is wanted.
async fn stamped(with: &Sealing<'_>, cms: &CheckedCms) -> Result<Option<(CheckedCms, Token)>, String> {
    if with.wanted == Level::Basic || cms.has_timestamp() {
        return Ok(None);
    }
    let token = token(with, cms.signature_digest()).await?;
    let stamped = cms.with_timestamp(&token.der).map_err(|error| error.to_string())?;
    Ok(Some((stamped, token)))
}

async fn token(with: &Sealing<'_>, digest: [u8; 32]) -> Result<Token, String> {
    let (Some(remote), Some(authority)) = (with.remote, with.authority) else {
        return Err("chưa cấu hình máy chủ cấp dấu thời gian".to_owned());
    };
    let mut nonce = [0; 16];
    getrandom::fill(&mut nonce).map_err(|_| "không lấy được số ngẫu nhiên".to_owned())?;
    let question = Question::new(digest, nonce);
    let told = |why: String| format!("không lấy được dấu thời gian: {why}");
    let answer =
        remote.timestamp(authority, question.to_der()).await.map_err(|error| told(error.to_string()))?;
    stamp_time::check(&question, &answer, with.clock.now()).map_err(|error| told(error.to_string()))
}

/// Adds validation data, and where wanted a time stamp over the document; as far as it goes.
async fn lift(
    with: &Sealing<'_>,
    mut sealed: Sealed,
    certificates: Vec<Vec<u8>>,
    of: Option<String>,
) -> Sealed {
    match validated(with, &sealed.pdf, certificates, of).await {
        Ok(pdf) => (sealed.pdf, sealed.reached) = (pdf, Level::LongTerm),
        Err(why) => {
            sealed.shortfall = Some(why);
            return sealed;
        }
    }
    if with.wanted == Level::Archival {
        match archived(with, &sealed.pdf).await {
            Ok(pdf) => (sealed.pdf, sealed.reached) = (pdf, Level::Archival),
            Err(why) => sealed.shortfall = Some(why),
        }
    }
    sealed
}

async fn validated(
    with: &Sealing<'_>,
    pdf: &[u8],
    mut certificates: Vec<Vec<u8>>,
    of: Option<String>,
) -> Result<Vec<u8>, String> {
    let remote = with.remote.ok_or("không được phép truy cập mạng để lấy dữ liệu thu hồi")?;
    complete_chains(remote, &mut certificates).await;
    let mut validation = Validation::default();
    for source in revocation::sources(&certificates) {
        add_state(remote, with.clock.now(), &source, &mut validation).await?;
    }
    certificates.dedup();
    validation.certificates = certificates;
    let mut file = GrowingFile::new(pdf.to_vec());
    match with.readers.seal(&file, SealTask::Validate { validation, of }) {
        Ok((SealAnswer::Written, appended)) => {
            file.grow(&appended);
            Ok(file.into_bytes())
        }
        Ok(_) => Err(SealFailure::Answer.to_string()),
        Err(error) => Err(error.to_string()),
    }
}

/// Fetches issuers that the certificates name and nobody sent; those that cannot be had stay missing.
async fn complete_chains(remote: &Remote, certificates: &mut Vec<Vec<u8>>) {
    for _ in 0..LONGEST_CHAIN {
        let mut found = Vec::new();
        for certificate in revocation::without_issuer(certificates) {
            for address in revocation::issuer_addresses(certificate) {
                if let Ok(issuer) = remote.issuer_certificate(&address).await
                    && let Some(issuer) = revocation::issuer_of(certificate, &issuer)
                {
                    found.push(issuer);
                    break;
                }
            }
        }
        found.retain(|issuer| !certificates.contains(issuer));
        if found.is_empty() {
            return;
        }
        certificates.extend(found);
    }
}

/// One answer on the state of one certificate: OCSP first, a list where that gives none.
async fn add_state(
    remote: &Remote,
    now: Timestamp,
    source: &Sources,
    validation: &mut Validation,
) -> Result<(), String> {
    let mut last = "chứng thư số không nêu nơi lấy dữ liệu thu hồi".to_owned();
    for address in &source.ocsp {
        let Ok(question) = source.ocsp_question() else { break };
        match remote.ocsp(address, question).await {
            Ok(answer) => match source.check_ocsp(&answer, now) {
                Ok(()) => {
                    validation.ocsps.push(answer);
                    return Ok(());
                }
                // An older list must not say otherwise.
                Err(error @ RevocationError::Revoked) => return Err(error.to_string()),
                Err(error) => last = error.to_string(),
            },
            Err(error) => last = error.to_string(),
        }
    }
    for address in &source.crls {
        match remote.crl(address).await {
            Ok(list) => match source.check_crl(&list, now) {
                Ok(()) => {
                    if !validation.crls.contains(&*list) {
                        validation.crls.push(list.to_vec());
                    }
                    return Ok(());
                }
                Err(error) => last = error.to_string(),
            },
            Err(error) => last = error.to_string(),
        }
    }
    Err(format!("không lấy được dữ liệu thu hồi: {last}"))
}

async fn archived(with: &Sealing<'_>, pdf: &[u8]) -> Result<Vec<u8>, String> {
    let step = SealTask::Timestamp { at: with.clock.now(), room: USUAL_ROOM };
    let prepared = room(with, pdf.to_vec(), step).map_err(|error| error.to_string())?;
    let digest = prepared.digest.as_slice().try_into().map_err(|_| SealFailure::Answer.to_string())?;
    let token = token(with, digest).await?;
    embed::embed_timestamp(prepared, &token.der).map_err(|error| error.to_string())
}
