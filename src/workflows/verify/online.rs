//! What is missing to judge a file, asked of the addresses that its certificates name: issuers, OCSP answers,
//! revocation lists. Nothing else is asked, and nothing where the file says enough by itself.
//!
//! What an answer is worth is for the judge to say; here it only counts whether another one is needed.

use std::collections::BTreeSet;

use crate::{
    engines::{
        imaging::fault::ReadError,
        pdf::growing::GrowingFile,
        reader::Readers,
        signature::{
            order::{NamedFile, TrustFiles, VerifyOrder},
            revocation::RevocationData,
            seal::{
                revocation::{RevocationError, Sources, has_scope, issuer_of},
                task::{SealAnswer, SealTask},
            },
            verdict::{Overall, Report},
            wanted::Question,
        },
    },
    remote::Remote,
};

/// Each round learns of one more issuer at least: no chain has more.
const MOST_ROUNDS: usize = 10;
/// Bytes of all answers about one file.
const MOST_BYTES: usize = 96 << 20;

/// As [`Readers::verify`], and where that is not enough asks the addresses that certificates name, within the
/// limits of `remote`.
///
/// # Errors
/// See [`ReadError`]; what could not be fetched, also because time was up, stays unknown.
pub async fn judge_online(
    readers: &Readers,
    remote: &Remote,
    bytes: Vec<u8>,
    mut order: VerifyOrder,
) -> Result<Report, ReadError> {
    let mut report = readers.verify(bytes.clone(), order.clone())?;
    let file = GrowingFile::new(bytes.clone());
    let until = tokio::time::Instant::now() + remote.in_all();
    let mut asked = BTreeSet::new();
    for _ in 0..MOST_ROUNDS {
        if report.overall != Overall::Indeterminate {
            break;
        }
        let step = SealTask::Missing(Box::new(order.clone()));
        let Ok((SealAnswer::Missing(mut questions), _)) = readers.seal(&file, step) else {
            break;
        };
        questions.retain(|question| asked.insert((question.certificate.clone(), question.issuer.clone())));
        let mut news = News { order: &order, found: TrustFiles::default(), n_bytes: 0 };
        let is_late = tokio::time::timeout_at(until, news.ask_all(remote, &questions)).await.is_err();
        let found = news.found;
        if found == TrustFiles::default() {
            break;
        }
        order.trust.intermediates.extend(found.intermediates);
        order.trust.revocation.extend(found.revocation);
        report = readers.verify(bytes.clone(), order.clone())?;
        if is_late {
            break;
        }
    }
    Ok(report)
}

/// What came in so far.
struct News<'a> {
    order: &'a VerifyOrder,
    found: TrustFiles,
    n_bytes: usize,
}

impl News<'_> {
    async fn ask_all(&mut self, remote: &Remote, questions: &[Question]) {
        for question in questions {
            if question.issuer.is_empty() {
                self.ask_for_issuer(remote, question).await;
            } else {
                self.ask_for_state(remote, question).await;
            }
        }
    }

    async fn ask_for_issuer(&mut self, remote: &Remote, question: &Question) {
        for address in &question.issuer_addresses {
            if let Ok(bytes) = remote.issuer_certificate(address).await
                && let Some(issuer) = issuer_of(&question.certificate, &bytes)
            {
                self.n_bytes += issuer.len();
                self.found.intermediates.push(named(issuer));
                return;
            }
        }
    }

    /// OCSP first; lists where that says neither yes nor no, until one of them does for all reasons.
    async fn ask_for_state(&mut self, remote: &Remote, question: &Question) {
        let about = Sources {
            certificate: question.certificate.clone(),
            issuer: question.issuer.clone(),
            ocsp: question.ocsp_addresses.clone(),
            crls: question.crl_addresses.clone(),
        };
        for address in &about.ocsp {
            let Ok(question) = about.ocsp_question() else { break };
            let answer = match remote.ocsp(address, question).await {
                Ok(answer) => answer,
                Err(error) => {
                    tracing::debug!(%error, "an OCSP responder gave no answer");
                    continue;
                }
            };
            let said = about.check_ocsp(&answer, self.order.at);
            if RevocationData::default().add_ocsp(&answer) {
                self.keep(answer);
            }
            if says_all(said) {
                return;
            }
        }
        for address in &about.crls {
            let list = match remote.crl(address).await {
                Ok(list) => list,
                Err(error) => {
                    tracing::debug!(%error, "a revocation list was not had");
                    continue;
                }
            };
            let said = about.check_crl(&list, self.order.at);
            if RevocationData::default().add_crl(&list) {
                self.keep(list.to_vec());
            }
            if says_all(said) && !has_scope(&list) {
                return;
            }
        }
    }

    fn keep(&mut self, bytes: Vec<u8>) {
        let is_known = |file: &NamedFile| file.bytes == bytes;
        let is_new = !self.found.revocation.iter().chain(&self.order.trust.revocation).any(is_known);
        if is_new && self.n_bytes.saturating_add(bytes.len()) <= MOST_BYTES {
            self.n_bytes += bytes.len();
            self.found.revocation.push(named(bytes));
        }
    }
}

/// Whether nobody else need be asked: it is good, or it is revoked.
fn says_all(said: Result<(), RevocationError>) -> bool {
    matches!(said, Ok(()) | Err(RevocationError::Revoked))
}

fn named(bytes: Vec<u8>) -> NamedFile {
    NamedFile { name: "(mạng)".to_owned(), bytes }
}
