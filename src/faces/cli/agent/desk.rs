//! What is asked, by whom, and how it stands: one request at a time, each state true.

use std::{
    ops::RangeInclusive,
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use crate::{
    clock::Clock,
    engines::signature::seal::{
        embed,
        key::{
            KeyError, Secret, Signer, SigningCertificate,
            pkcs11::{Pkcs11Signer, TokenKey, visible_certificates},
        },
    },
};

/// How long an officer has to agree.
const CONSENT: SignedDuration = SignedDuration::from_mins(3);
/// Most documents of one request, and longest attributes of one.
pub(super) const MOST_DOCUMENTS: usize = 200;
const MOST_ATTRIBUTE_BYTES: usize = 16 * 1024;
const MOST_TITLE: usize = 200;
/// Letters of no width, and those that turn the direction of others.
const UNSEEN: [RangeInclusive<char>; 4] =
    ['\u{200b}'..='\u{200f}', '\u{2028}'..='\u{202e}', '\u{2060}'..='\u{206f}', '\u{feff}'..='\u{feff}'];

/// Where keys are.
pub(super) struct Token {
    pub(super) module: PathBuf,
    pub(super) label: Option<String>,
    pub(super) slot: Option<u64>,
    /// The certificate, where the token holds the key alone.
    pub(super) own: Option<Vec<u8>>,
    /// Certificates of issuers.
    pub(super) chain: Vec<Vec<u8>>,
}

/// A certificate that can be chosen.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct CertificateOut {
    /// SHA-256 of it, hexadecimal.
    id: String,
    name: String,
    issuer: String,
    serial: String,
    not_before: Option<Timestamp>,
    not_after: Option<Timestamp>,
    /// DER in base64.
    der: String,
    /// DER in base64 each, the issuer first.
    chain: Vec<String>,
    /// Whether it may sign now.
    is_usable: bool,
    /// Why not.
    message: Option<String>,
}

/// What a page asks.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SignaturesIn {
    /// Id of the certificate.
    certificate: String,
    documents: Vec<DocumentIn>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DocumentIn {
    /// What the officer is shown.
    #[serde(default)]
    title: String,
    /// DER in base64.
    signed_attributes: String,
}

/// How a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    /// The officer has not answered yet.
    WaitingForConsent,
    /// The token is signing.
    Signing,
    /// Every document is signed.
    Signed,
    /// The token signed some documents and then said no.
    PartlySigned,
    /// The officer said no, or the page took it back.
    Refused,
    /// The token said no; nothing is signed.
    Failed,
    /// Nobody answered in time.
    Expired,
}

/// A request as a page sees it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct RequestOut {
    id: String,
    pub(super) state: State,
    message: String,
    n_documents: usize,
    /// In the order of the documents, base64; `null` for one that is not signed, empty until the token has answered.
    signatures: Vec<Option<String>>,
    /// Why a document is not signed, in the same order; `null` for one that is, empty where nothing was asked of the token.
    faults: Vec<Option<String>>,
}

/// A request as the officer sees it.
#[derive(Clone)]
pub(super) struct Asked {
    pub(super) id: String,
    pub(super) origin: String,
    pub(super) certificate: SigningCertificate,
    /// Title, and the digest of the document, hexadecimal.
    pub(super) documents: Vec<(String, String)>,
    attributes: Vec<Vec<u8>>,
    until: Timestamp,
}

struct Request {
    asked: Asked,
    out: RequestOut,
}

/// Why a request was not taken.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(super) enum NotTaken {
    /// Another one is waiting.
    #[error("phần mềm ký đang chờ một yêu cầu khác")]
    Busy,
    /// The token is not there, or has no such certificate.
    #[error("{0}")]
    Key(#[from] KeyError),
    /// It asks for something else than signatures of documents.
    #[error("yêu cầu không đúng: {0}")]
    Malformed(&'static str),
}

/// The one place where requests lie.
pub(super) struct Desk {
    token: Token,
    clock: Clock,
    last: Mutex<Option<Request>>,
    /// Told when a request comes in.
    pub(super) news: Notify,
}

impl Desk {
    pub(super) fn new(token: Token, clock: Clock) -> Self {
        Self { token, clock, last: Mutex::new(None), news: Notify::new() }
    }

    /// The last request; one that nobody answered in time has expired.
    fn last(&self) -> MutexGuard<'_, Option<Request>> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(request) = last.as_mut()
            && request.out.state == State::WaitingForConsent
            && self.clock.now() > request.asked.until
        {
            request.end(State::Expired, "không ai trả lời trong thời gian cho phép");
        }
        last
    }

    fn all_certificates(&self) -> Result<Vec<Vec<u8>>, KeyError> {
        let Token { module, label, slot, own, .. } = &self.token;
        let visible = visible_certificates(module, label.as_deref(), *slot)?;
        let visible = visible.into_iter().map(|certificate| certificate.der);
        Ok(own.iter().cloned().chain(visible).collect())
    }

    /// Certificates on the token that could sign; those of issuers are left out.
    pub(super) fn certificates(&self) -> Result<Vec<(SigningCertificate, CertificateOut)>, KeyError> {
        let all = self.all_certificates()?;
        let others: Vec<Vec<u8>> = all.iter().chain(&self.token.chain).cloned().collect();
        let parsed = all.iter().filter_map(|der| SigningCertificate::new(der, &others).ok());
        let now = self.clock.now();
        let out = parsed.map(|certificate| {
            let problem = certificate.check(now).err();
            let (not_before, not_after) = certificate.period().unzip();
            let out = CertificateOut {
                id: id_of(certificate.der()),
                name: certificate.name(),
                issuer: certificate.issuer(),
                serial: certificate.serial(),
                not_before,
                not_after,
                der: STANDARD.encode(certificate.der()),
                chain: certificate.chain().iter().map(|der| STANDARD.encode(der)).collect(),
                is_usable: problem.is_none(),
                message: problem.as_ref().map(ToString::to_string),
            };
            (certificate, out, problem)
        });
        Ok(out
            .filter(|(_, _, problem)| *problem != Some(KeyError::NotForSigning))
            .map(|(c, out, _)| (c, out))
            .collect())
    }

    /// Takes a request from a page.
    pub(super) fn take(&self, origin: &str, asked: SignaturesIn) -> Result<RequestOut, NotTaken> {
        let is_free = |state| !matches!(state, State::WaitingForConsent | State::Signing);
        if self.last().as_ref().is_some_and(|request| !is_free(request.out.state)) {
            return Err(NotTaken::Busy);
        }
        if asked.documents.is_empty() || asked.documents.len() > MOST_DOCUMENTS {
            return Err(NotTaken::Malformed("số giấy tờ"));
        }
        let found = self.certificates()?.into_iter().find(|(_, out)| out.id == asked.certificate);
        let (certificate, _) = found.ok_or_else(|| KeyError::NotFound("chứng thư số đã chọn".to_owned()))?;
        certificate.check(self.clock.now())?;
        let (mut documents, mut attributes) = (Vec::new(), Vec::new());
        for document in asked.documents {
            let der = STANDARD.decode(&document.signed_attributes).ok();
            let der =
                der.filter(|der| der.len() <= MOST_ATTRIBUTE_BYTES).ok_or(NotTaken::Malformed("base64"))?;
            let digest = embed::document_digest(&der, &certificate);
            let digest = digest.ok_or(NotTaken::Malformed("không phải thuộc tính ký của một tài liệu"))?;
            documents.push((plain(&document.title), hex(&digest)));
            attributes.push(der);
        }
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(|_| NotTaken::Malformed("số ngẫu nhiên"))?;
        let now = self.clock.now();
        let id = hex(&random);
        let out = RequestOut {
            id: id.clone(),
            state: State::WaitingForConsent,
            message: "Công chức cần nhập mã PIN ở cửa sổ phần mềm ký để đồng ý.".to_owned(),
            n_documents: documents.len(),
            signatures: Vec::new(),
            faults: Vec::new(),
        };
        let until = now.checked_add(CONSENT).unwrap_or(now);
        let asked = Asked { id, origin: origin.to_owned(), certificate, documents, attributes, until };
        let mut last = self.last();
        if last.as_ref().is_some_and(|request| !is_free(request.out.state)) {
            return Err(NotTaken::Busy);
        }
        *last = Some(Request { asked, out: out.clone() });
        drop(last);
        self.news.notify_one();
        Ok(out)
    }

    /// How a request stands, for the page that made it.
    pub(super) fn see(&self, origin: &str, id: &str) -> Option<RequestOut> {
        let last = self.last();
        last.as_ref().filter(|r| r.asked.id == id && r.asked.origin == origin).map(|r| r.out.clone())
    }

    /// Takes a request back.
    pub(super) fn take_back(&self, origin: &str, id: &str) -> Option<RequestOut> {
        let mut last = self.last();
        let request = last.as_mut().filter(|r| r.asked.id == id && r.asked.origin == origin)?;
        if request.out.state == State::WaitingForConsent {
            request.end(State::Refused, "trang web đã rút yêu cầu");
        }
        Some(request.out.clone())
    }

    /// What waits for the officer.
    pub(super) fn waiting(&self) -> Option<Asked> {
        let last = self.last();
        last.as_ref().filter(|r| r.out.state == State::WaitingForConsent).map(|r| r.asked.clone())
    }

    /// Now.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Whether any request waits or is being signed.
    pub(super) fn state(&self) -> Option<State> {
        self.last().as_ref().map(|request| request.out.state)
    }

    /// The officer's answer: a PIN, or no. The PIN is used once and forgotten.
    pub(super) fn answer(&self, asked: &Asked, pin: Option<Secret>) -> (State, String) {
        {
            let mut last = self.last();
            let Some(request) = last.as_mut().filter(|r| r.asked.id == asked.id) else {
                return (State::Expired, "yêu cầu không còn".to_owned());
            };
            if request.out.state != State::WaitingForConsent {
                return (request.out.state, request.out.message.clone());
            }
            match pin {
                None => request.end(State::Refused, "công chức từ chối"),
                Some(_) => (request.out.state, request.out.message) = (State::Signing, "đang ký".to_owned()),
            }
        }
        let Some(pin) = pin else { return (State::Refused, "đã từ chối".to_owned()) };
        let signed = self.sign(asked, pin);
        let mut last = self.last();
        let Some(request) = last.as_mut().filter(|r| r.asked.id == asked.id) else {
            return (State::Expired, "yêu cầu không còn".to_owned());
        };
        request.take(signed);
        (request.out.state, request.out.message.clone())
    }

    /// # Errors
    /// [`KeyError`], before anything is signed.
    fn sign(&self, asked: &Asked, pin: Secret) -> Result<Vec<Outcome>, KeyError> {
        let Token { module, label, slot, own, chain } = &self.token;
        let is_own = own.as_deref() == Some(asked.certificate.der());
        let place = TokenKey {
            module: module.clone(),
            token: label.clone(),
            slot: *slot,
            key: None,
            certificate: Some(asked.certificate.der().to_vec()).filter(|_| is_own),
            pin,
        };
        let signer = Pkcs11Signer::open_for(place, chain, Some(asked.certificate.der()))?;
        Ok(sign_each(&signer, &asked.attributes))
    }
}

/// A signature, or why there is none.
type Outcome = Result<Vec<u8>, String>;

/// Signs one after the other up to the first that the key refuses. Behind it nothing is tried: a token that is locked or
/// gone would be asked for its PIN again for each.
fn sign_each(signer: &dyn Signer, attributes: &[Vec<u8>]) -> Vec<Outcome> {
    let mut stopped = false;
    let signed = attributes.iter().map(|attributes| {
        if stopped {
            return Err("chưa gửi tới thiết bị ký vì giấy tờ trước không ký được".to_owned());
        }
        let signed = signer.sign(attributes);
        stopped = signed.is_err();
        signed.map_err(|error| error.to_string())
    });
    signed.collect()
}

impl Request {
    /// What the token signed is given out, also where it stopped on the way.
    fn take(&mut self, signed: Result<Vec<Outcome>, KeyError>) {
        let outcomes = match signed {
            Ok(outcomes) => outcomes,
            Err(error) => return self.end(State::Failed, &error.to_string()),
        };
        let first_fault = outcomes.iter().find_map(|outcome| outcome.as_ref().err()).cloned();
        let n_signed = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        for outcome in outcomes {
            self.out.faults.push(outcome.as_ref().err().cloned());
            self.out.signatures.push(outcome.ok().map(|value| STANDARD.encode(value)));
        }
        match (first_fault, n_signed) {
            (None, _) => self.end(State::Signed, "đã ký"),
            (Some(why), 0) => {
                self.out.signatures.clear();
                self.end(State::Failed, &why);
            }
            (Some(why), _) => {
                let n_documents = self.out.n_documents;
                self.end(
                    State::PartlySigned,
                    &format!("đã ký {n_signed}/{n_documents} giấy tờ rồi dừng: {why}"),
                );
            }
        }
    }

    fn end(&mut self, state: State, message: &str) {
        self.out.state = state;
        message.clone_into(&mut self.out.message);
        self.asked.attributes.clear();
    }
}

fn id_of(der: &[u8]) -> String {
    hex(&openssl::sha::sha256(der))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A title as it may stand in a terminal: nothing that moves, hides or turns letters, not too long.
fn plain(title: &str) -> String {
    let is_seen = |letter: &char| !letter.is_control() && !UNSEEN.iter().any(|some| some.contains(letter));
    title.chars().filter(is_seen).take(MOST_TITLE).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engines::signature::pki::{Identity, Subject};

    const PAGE: &str = "https://motcua.example.vn";

    /// One document waits for an answer.
    fn asked_at(now: Timestamp) -> Desk {
        let signer = Identity::root("Gốc thử nghiệm").issue(&Subject::person("Nguyễn Văn Mẫu"));
        let module = PathBuf::from("khong-co.so");
        let token = Token { module, label: None, slot: None, own: None, chain: Vec::new() };
        let desk = Desk::new(token, Clock::Fixed(now));
        let asked = Asked {
            id: "1".to_owned(),
            origin: PAGE.to_owned(),
            certificate: SigningCertificate::new(signer.der(), &[]).unwrap(),
            documents: vec![("Giấy phép".to_owned(), "00".repeat(32))],
            attributes: vec![vec![0x31, 0]],
            until: now.checked_add(CONSENT).unwrap(),
        };
        let out = RequestOut {
            id: "1".to_owned(),
            state: State::WaitingForConsent,
            message: String::new(),
            n_documents: 1,
            signatures: Vec::new(),
            faults: Vec::new(),
        };
        *desk.last.lock().unwrap() = Some(Request { asked, out });
        desk
    }

    #[test]
    fn consent_that_comes_too_late_signs_nothing() {
        let now = "2026-11-21T03:00:00Z".parse().unwrap();
        let mut desk = asked_at(now);
        let asked = desk.waiting().unwrap();
        desk.clock = Clock::Fixed(asked.until);
        assert!(desk.waiting().is_some());
        desk.clock = Clock::Fixed(asked.until.checked_add(SignedDuration::from_secs(1)).unwrap());
        assert!(desk.waiting().is_none());
        assert_eq!(desk.answer(&asked, Some(Secret::new("1234"))).0, State::Expired);
        let seen = desk.see(PAGE, "1").unwrap();
        assert_eq!((seen.state, seen.signatures.len()), (State::Expired, 0));
        assert!(seen.message.contains("không ai trả lời"), "{}", seen.message);
    }

    #[test]
    fn an_answer_to_what_was_taken_back_signs_nothing() {
        let desk = asked_at("2026-11-21T03:00:00Z".parse().unwrap());
        let asked = desk.waiting().unwrap();
        assert!(desk.take_back("https://trang-khac.example.vn", "1").is_none());
        assert_eq!(desk.take_back(PAGE, "1").unwrap().state, State::Refused);
        assert_eq!(desk.answer(&asked, Some(Secret::new("1234"))).0, State::Refused);
    }

    /// A key that signs so many documents, and then is gone.
    struct Leaving {
        certificate: SigningCertificate,
        left: std::cell::Cell<usize>,
        n_asked: std::cell::Cell<usize>,
    }

    impl Signer for Leaving {
        fn certificate(&self) -> &SigningCertificate {
            &self.certificate
        }

        fn sign(&self, attributes: &[u8]) -> Result<Vec<u8>, KeyError> {
            self.n_asked.set(self.n_asked.get() + 1);
            let left = self.left.get().checked_sub(1).ok_or(KeyError::TokenLost)?;
            self.left.set(left);
            Ok(attributes.to_vec())
        }
    }

    #[test]
    fn what_a_token_signed_before_it_was_gone_is_given_out_and_nothing_else_is_called_signed() {
        let documents = [b"mot".to_vec(), b"hai".to_vec(), b"bon".to_vec()];
        for (n_signed, state, n_asked) in [
            (0, State::Failed, 1),
            (1, State::PartlySigned, 2),
            (2, State::PartlySigned, 3),
            (3, State::Signed, 3),
        ] {
            let desk = asked_at("2026-11-21T03:00:00Z".parse().unwrap());
            let mut last = desk.last();
            let request = last.as_mut().unwrap();
            let certificate = request.asked.certificate.clone();
            request.out.n_documents = documents.len();
            let signer = Leaving { certificate, left: n_signed.into(), n_asked: 0.into() };
            request.take(Ok(sign_each(&signer, &documents)));
            assert_eq!((request.out.state, signer.n_asked.get()), (state, n_asked), "{n_signed}");
            assert_eq!(request.out.faults.len(), documents.len());
            for (n, document) in documents.iter().enumerate() {
                let signature = request.out.signatures.get(n).and_then(Option::as_ref);
                let expected = (n < n_signed).then(|| STANDARD.encode(document));
                assert_eq!(signature, expected.as_ref(), "{n_signed}: {n}");
                assert_eq!(request.out.faults[n].is_none(), n < n_signed, "{n_signed}: {n}");
            }
            if state == State::PartlySigned {
                let expected = format!("đã ký {n_signed}/3 giấy tờ rồi dừng: mất kết nối với thiết bị ký");
                assert_eq!(request.out.message, expected);
            }
        }
    }

    #[test]
    fn titles_cannot_disguise_themselves() {
        let check = |title: &str, shown: &str| assert_eq!(plain(title), shown);
        check("Giấy phép số 12/GP-UBND", "Giấy phép số 12/GP-UBND");
        check("a\u{1b}[2J\r\nb", "a[2Jb");
        check("Giấy\u{202e} số 1\u{200b}", "Giấy số 1");
        check(&"ă".repeat(300), &"ă".repeat(MOST_TITLE));
    }
}
