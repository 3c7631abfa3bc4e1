//! Keys on tokens, through the vendor's PKCS#11 module: one session and one PIN for many papers.
//!
//! A wrong PIN is never tried twice: tokens lock themselves. When the token was pulled out and put back,
//! the next signature logs in again.

use std::{
    path::{Path, PathBuf},
    sync::Mutex,
};

use cryptoki::{
    context::{CInitializeArgs, CInitializeFlags, Pkcs11},
    error::{Error, RvError},
    mechanism::{Mechanism, MechanismType},
    object::{Attribute, AttributeType, ObjectClass, ObjectHandle},
    session::{Session, UserType},
    slot::Slot,
    types::AuthPin,
};
use openssl::{hash::MessageDigest, pkey::PKey, sign::Verifier, x509::X509};

use super::{KeyError, KeyKind, Secret, Signer, SigningCertificate};
use crate::engines::signature::seal::tlv;

/// `DigestInfo` of SHA-256, before the digest (RFC 8017, 9.2): for tokens that only know the raw mechanism.
const SHA256_DIGEST_INFO: [u8; 19] = [
    0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00,
    0x04, 0x20,
];

/// Where a key is.
#[derive(Debug, Clone)]
pub struct TokenKey {
    /// The vendor's module.
    pub module: PathBuf,
    /// Label of the token; the only one where it is not said.
    pub token: Option<String>,
    /// Number of the slot.
    pub slot: Option<u64>,
    /// Label of key or certificate, or its id as hexadecimal; the only one where it is not said.
    pub key: Option<String>,
    /// The certificate, DER, where the token holds the key alone.
    pub certificate: Option<Vec<u8>>,
    /// PIN of the user.
    pub pin: Secret,
}

/// A certificate that lies on a token for everybody to see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenCertificate {
    /// DER.
    pub der: Vec<u8>,
    /// Its label.
    pub label: String,
}

/// Certificates on a token, as they are seen without a PIN.
///
/// # Errors
/// [`KeyError::NotFound`] without module or token.
pub fn visible_certificates(
    module: &Path,
    token: Option<&str>,
    number: Option<u64>,
) -> Result<Vec<TokenCertificate>, KeyError> {
    let library = load(module)?;
    let session =
        library.open_ro_session(slot(&library, token, number)?).map_err(|error| error_of(&error))?;
    let certificates = certificates(&session)?.into_iter();
    Ok(certificates.map(|found| TokenCertificate { der: found.der, label: found.label }).collect())
}

/// A key on a token, with an open session.
pub struct Pkcs11Signer {
    place: TokenKey,
    library: Pkcs11,
    certificate: SigningCertificate,
    open: Mutex<Option<Open>>,
}

struct Open {
    session: Session,
    key: ObjectHandle,
    asks_each_time: bool,
    knows_sha256_rsa: bool,
}

impl Pkcs11Signer {
    /// Opens the token and finds key and certificate; `others` may complete the chain.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn open(place: TokenKey, others: &[Vec<u8>]) -> Result<Self, KeyError> {
        Self::open_for(place, others, None)
    }

    /// The same for one certificate, where the token has several.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn open_for(place: TokenKey, others: &[Vec<u8>], wanted: Option<&[u8]>) -> Result<Self, KeyError> {
        let library = load(&place.module)?;
        let (session, slot) = log_in(&library, &place)?;
        let certificates = known_certificates(&session, &place)?;
        let all: Vec<Vec<u8>> =
            certificates.iter().map(|found| found.der.clone()).chain(others.iter().cloned()).collect();
        let (key, chosen) = choose(&session, &place, &certificates, wanted)?;
        let certificate = SigningCertificate::new(&chosen.der, &all)?;
        let open = Open::new(&library, session, slot, key);
        Ok(Self { place, library, certificate, open: Mutex::new(Some(open)) })
    }

    fn reopen(&self) -> Result<Open, KeyError> {
        let (session, slot) = log_in(&self.library, &self.place)?;
        let certificates = known_certificates(&session, &self.place)?;
        let (key, chosen) = choose(&session, &self.place, &certificates, Some(self.certificate.der()))?;
        if chosen.der != self.certificate.der() {
            return Err(KeyError::OtherKey);
        }
        Ok(Open::new(&self.library, session, slot, key))
    }

    /// As the key gives it, checked: a token that was swapped must not go unnoticed.
    fn checked(&self, attributes: &[u8], raw: &[u8]) -> Result<Vec<u8>, KeyError> {
        let signature = match self.certificate.kind() {
            KeyKind::Rsa => raw.to_vec(),
            KeyKind::Ecdsa => {
                let (r, s) = raw.split_at_checked(raw.len() / 2).ok_or(KeyError::Failed)?;
                tlv::sequence(&[&tlv::unsigned(r), &tlv::unsigned(s)])
            }
        };
        let verifies = || {
            let key: PKey<_> = X509::from_der(self.certificate.der())?.public_key()?;
            Verifier::new(MessageDigest::sha256(), &key)?.verify_oneshot(&signature, attributes)
        };
        if verifies().unwrap_or(false) { Ok(signature) } else { Err(KeyError::OtherKey) }
    }
}

impl Signer for Pkcs11Signer {
    fn certificate(&self) -> &SigningCertificate {
        &self.certificate
    }

    fn sign(&self, attributes: &[u8]) -> Result<Vec<u8>, KeyError> {
        // A thread that panicked while signing leaves at worst a session that must be opened anew.
        let mut open = self.open.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(session) = open.as_ref() {
            match session.sign(self.certificate.kind(), attributes, &self.place.pin) {
                Ok(raw) => return self.checked(attributes, &raw),
                Err(error) if !is_loss(&error) => return Err(error_of(&error)),
                Err(_) => *open = None,
            }
        }
        let fresh = self.reopen()?;
        let raw = fresh
            .sign(self.certificate.kind(), attributes, &self.place.pin)
            .map_err(|error| error_of(&error))?;
        *open = Some(fresh);
        self.checked(attributes, &raw)
    }
}

impl Drop for Open {
    /// A token that stays logged in would sign for whoever asks next.
    fn drop(&mut self) {
        let _ = self.session.logout();
    }
}

impl Open {
    fn new(library: &Pkcs11, session: Session, slot: Slot, key: ObjectHandle) -> Self {
        let asked = session.get_attributes(key, &[AttributeType::AlwaysAuthenticate]);
        let asks_each_time =
            asked.is_ok_and(|found| found.iter().any(|a| matches!(a, Attribute::AlwaysAuthenticate(true))));
        let mechanisms = library.get_mechanism_list(slot).unwrap_or_default();
        let knows_sha256_rsa = mechanisms.contains(&MechanismType::SHA256_RSA_PKCS);
        Self { session, key, asks_each_time, knows_sha256_rsa }
    }

    fn sign(&self, kind: KeyKind, attributes: &[u8], pin: &Secret) -> Result<Vec<u8>, Error> {
        let digest = openssl::sha::sha256(attributes);
        let (mechanism, data) = match kind {
            KeyKind::Rsa if self.knows_sha256_rsa => (Mechanism::Sha256RsaPkcs, attributes.to_vec()),
            KeyKind::Rsa => (Mechanism::RsaPkcs, [&SHA256_DIGEST_INFO[..], &digest].concat()),
            KeyKind::Ecdsa => (Mechanism::Ecdsa, digest.to_vec()),
        };
        if !self.asks_each_time {
            return self.session.sign(&mechanism, self.key, &data);
        }
        self.session.sign_init(&mechanism, self.key)?;
        self.session.login(UserType::ContextSpecific, Some(&auth(pin)))?;
        self.session.sign_update(&data)?;
        self.session.sign_final()
    }
}

fn auth(pin: &Secret) -> AuthPin {
    AuthPin::new(pin.expose().into())
}

fn load(module: &Path) -> Result<Pkcs11, KeyError> {
    let library = Pkcs11::new(module)
        .map_err(|_| KeyError::NotFound(format!("mô-đun PKCS#11 {}", module.display())))?;
    match library.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => Ok(library),
        Err(error) => Err(error_of(&error)),
    }
}

fn log_in(library: &Pkcs11, place: &TokenKey) -> Result<(Session, Slot), KeyError> {
    let slot = slot(library, place.token.as_deref(), place.slot)?;
    let session = library.open_ro_session(slot).map_err(|error| error_of(&error))?;
    let log_in = || session.login(UserType::User, Some(&auth(&place.pin)));
    let answer = match log_in() {
        // Another session of this process is logged in; that must not make up for a wrong PIN.
        Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => session.logout().and_then(|()| log_in()),
        answer => answer,
    };
    answer.map(|()| (session, slot)).map_err(|error| error_of(&error))
}

fn slot(library: &Pkcs11, token: Option<&str>, number: Option<u64>) -> Result<Slot, KeyError> {
    let slots = library.get_slots_with_initialized_token().map_err(|error| error_of(&error))?;
    let label =
        |slot: &Slot| library.get_token_info(*slot).map(|token| token.label().to_owned()).unwrap_or_default();
    let fits = |slot: &&Slot| {
        number.is_none_or(|number| slot.id() == number) && token.is_none_or(|wanted| label(slot) == wanted)
    };
    let fitting: Vec<Slot> = slots.iter().filter(fits).copied().collect();
    match fitting[..] {
        [slot] => Ok(slot),
        [] => Err(KeyError::NotFound("thiết bị ký (token)".to_owned())),
        _ => Err(KeyError::Ambiguous { what: "thiết bị ký", found: list(fitting.iter().map(label)) }),
    }
}

fn list(labels: impl Iterator<Item = String>) -> String {
    labels.take(20).collect::<Vec<_>>().join(", ")
}

/// A certificate on the token.
struct Found {
    der: Vec<u8>,
    id: Vec<u8>,
    label: String,
}

fn certificates(session: &Session) -> Result<Vec<Found>, KeyError> {
    let handles =
        session.find_objects(&[Attribute::Class(ObjectClass::CERTIFICATE)]).map_err(|e| error_of(&e))?;
    let read = |handle: ObjectHandle| {
        let wanted = [AttributeType::Value, AttributeType::Id, AttributeType::Label];
        let mut found = Found { der: Vec::new(), id: Vec::new(), label: String::new() };
        for attribute in session.get_attributes(handle, &wanted).ok()? {
            match attribute {
                Attribute::Value(der) => found.der = der,
                Attribute::Id(id) => found.id = id,
                Attribute::Label(label) => found.label = String::from_utf8_lossy(&label).into_owned(),
                _ => {}
            }
        }
        (!found.der.is_empty()).then_some(found)
    };
    Ok(handles.into_iter().take(200).filter_map(read).collect())
}

/// Those on the token, or the one that was given in their place.
fn known_certificates(session: &Session, place: &TokenKey) -> Result<Vec<Found>, KeyError> {
    match &place.certificate {
        Some(der) => Ok(vec![Found { der: der.clone(), id: Vec::new(), label: String::new() }]),
        None => certificates(session),
    }
}

/// The private key that is asked for, and its certificate: they have the same id.
fn choose<'a>(
    session: &Session,
    place: &TokenKey,
    certificates: &'a [Found],
    wanted: Option<&[u8]>,
) -> Result<(ObjectHandle, &'a Found), KeyError> {
    let template = [Attribute::Class(ObjectClass::PRIVATE_KEY), Attribute::Sign(true)];
    let keys = session.find_objects(&template).map_err(|error| error_of(&error))?;
    let mut fitting = Vec::new();
    for key in keys.into_iter().take(200) {
        let (mut id, mut label) = (Vec::new(), String::new());
        for attribute in
            session.get_attributes(key, &[AttributeType::Id, AttributeType::Label]).unwrap_or_default()
        {
            match attribute {
                Attribute::Id(bytes) => id = bytes,
                Attribute::Label(bytes) => label = String::from_utf8_lossy(&bytes).into_owned(),
                _ => {}
            }
        }
        let is_its = |certificate: &&Found| place.certificate.is_some() || certificate.id == id;
        let Some(certificate) = certificates.iter().find(is_its) else { continue };
        let hex: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
        let is_asked =
            |name: &String| *name == label || *name == certificate.label || name.to_lowercase() == hex;
        if place.key.as_ref().is_none_or(is_asked) && wanted.is_none_or(|wanted| wanted == certificate.der) {
            fitting.push((key, certificate));
        }
    }
    match fitting[..] {
        [one] => Ok(one),
        [] => Err(KeyError::NotFound("khóa ký cùng chứng thư số trên thiết bị".to_owned())),
        _ => Err(KeyError::Ambiguous {
            what: "khóa ký",
            found: list(fitting.iter().map(|(_, certificate)| certificate.label.clone())),
        }),
    }
}

/// Whether the session is gone, so that another may do better.
fn is_loss(error: &Error) -> bool {
    use RvError::{
        CryptokiNotInitialized, DeviceRemoved, KeyHandleInvalid, ObjectHandleInvalid, SessionClosed,
        SessionHandleInvalid, TokenNotPresent, UserNotLoggedIn,
    };
    let Error::Pkcs11(error, _) = error else { return false };
    matches!(
        error,
        SessionHandleInvalid
            | SessionClosed
            | DeviceRemoved
            | TokenNotPresent
            | UserNotLoggedIn
            | KeyHandleInvalid
            | ObjectHandleInvalid
            | CryptokiNotInitialized
    )
}

fn error_of(error: &Error) -> KeyError {
    match error {
        Error::Pkcs11(RvError::PinIncorrect | RvError::PinInvalid | RvError::PinLenRange, _) => {
            KeyError::WrongPin
        }
        Error::Pkcs11(RvError::PinLocked, _) => KeyError::PinLocked,
        error if is_loss(error) => KeyError::TokenLost,
        Error::Pkcs11(error, function) => KeyError::Token(format!("{function}: {error:?}")),
        _ => KeyError::Failed,
    }
}
