//! The first step: the file with room for a signature, and what is to be signed.
//!
//! What is prepared can be kept without its bytes, survives a restart, and expires.

use jiff::{Timestamp, tz};
use lopdf::{Dictionary, Object, Permissions, dictionary};
use serde::{Deserialize, Serialize};

use super::{
    Level, SealError,
    appearance::Appearance,
    attributes,
    key::SigningCertificate,
    place::{self, Where},
};
use crate::engines::pdf::{
    append::{AppendError, Edit, can_append},
    geometry::BoxPt,
    growing::GrowingFile,
    read,
    update::{Tail, Updated, update},
};

/// Room for a signature with its chain and a time stamp.
pub const USUAL_ROOM: usize = 24 * 1024;
const ROOM: std::ops::RangeInclusive<usize> = 4 * 1024..=1024 * 1024;

/// Which field takes the signature.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// One that is there, empty.
    Existing(String),
    /// One that is there, empty, or else a new one that nobody sees.
    Named(String),
    /// A new one on page one, seen by nobody. Where the name is taken, a number is added.
    Invisible(String),
    /// A new one on page one, seen in this box (points of the page as seen).
    Visible(String, BoxPt),
}

/// What the signature says of later changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Intent {
    /// It certifies the document; filling of forms and further signatures stay allowed (`/P 2`). Only
    /// the first signature may.
    Certify,
    /// It approves of what is there, and locks fields.
    Approve(Lock),
}

/// Which fields may not change after the signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lock {
    /// Nothing is said of it.
    Nothing,
    /// All fields.
    All,
    /// All but these.
    AllBut(Vec<String>),
}

/// What to sign, and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SealOrder {
    /// The certificate it will be signed under.
    pub certificate: SigningCertificate,
    /// Where.
    pub field: Field,
    /// Later changes.
    pub intent: Intent,
    /// What is seen; nothing is drawn without.
    pub appearance: Option<Appearance>,
    /// Who signs; the certificate's common name where it is not said.
    pub name: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// Where the signer is.
    pub location: Option<String>,
    /// Text for those who cannot see the field, and for whoever looks for it.
    pub label: Option<String>,
    /// Private entries of the field: key and text.
    pub marks: Vec<(String, String)>,
    /// Now; goes to `/M`.
    pub at: Timestamp,
    /// Until when the signature may come in.
    pub expires_at: Timestamp,
    /// Bytes reserved for the signature.
    pub room: usize,
}

impl SealOrder {
    /// An order without looks and words that expires in a day.
    pub fn new(certificate: SigningCertificate, field: Field, intent: Intent, at: Timestamp) -> Self {
        let day = jiff::SignedDuration::from_hours(24);
        let expires_at = at.checked_add(day).unwrap_or(at);
        Self {
            certificate,
            field,
            intent,
            appearance: None,
            name: None,
            reason: None,
            location: None,
            label: None,
            marks: Vec::new(),
            at,
            expires_at,
            room: USUAL_ROOM,
        }
    }
}

/// A file that waits for its signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prepared {
    /// The file with room for the signature; kept apart, see [`Self::with_pdf`].
    #[serde(skip)]
    pub pdf: Vec<u8>,
    /// Full name of the field.
    pub field: String,
    /// `/ByteRange`: what is signed.
    pub byte_range: [u64; 4],
    /// SHA-256 of what is signed.
    #[serde(with = "as_base64")]
    pub digest: Vec<u8>,
    /// What the key signs: signed attributes, DER. Empty for a time stamp over the document.
    #[serde(with = "as_base64")]
    pub signed_attributes: Vec<u8>,
    /// The certificate that is expected; `None` for a time stamp over the document.
    pub certificate: Option<SigningCertificate>,
    /// `/M`.
    pub at: Timestamp,
    /// After that the signature is not taken.
    pub expires_at: Timestamp,
    /// The level that is wanted.
    pub wanted: Level,
}

impl Prepared {
    /// SHA-256 of the signed attributes, for tokens that sign digests.
    pub fn attributes_digest(&self) -> [u8; 32] {
        openssl::sha::sha256(&self.signed_attributes)
    }

    /// Bytes that a signature may have.
    pub fn room(&self) -> usize {
        let [_, first, second, _] = self.byte_range;
        usize::try_from(second.saturating_sub(first).saturating_sub(2) / 2).unwrap_or(0)
    }

    /// What is to be signed of a file with room for a signature: its bytes are hashed here, where keys are, whoever made
    /// the room.
    ///
    /// # Errors
    /// [`SealError::Altered`] when there is no such room in it.
    pub fn over(self, file: &GrowingFile, appended: &[u8]) -> Result<Self, SealError> {
        let mut prepared = self;
        let [_, first, second, length] =
            prepared.byte_range.map(|number| usize::try_from(number).unwrap_or(usize::MAX));
        let (first, second) = (first.checked_sub(file.len()), second.checked_sub(file.len()));
        let (Some(first), Some(second)) = (first, second) else { return Err(SealError::Altered) };
        let is_whole = prepared.byte_range[0] == 0 && second.checked_add(length) == Some(appended.len());
        let hole = appended.get(first..second).filter(|hole| is_whole && is_empty(hole));
        if hole.is_none() {
            return Err(SealError::Altered);
        }
        let rest = [&appended[..first], &appended[second..]].concat();
        let digest = file.hashed().sha256(file, &rest);
        if let Some(certificate) = &prepared.certificate {
            prepared.signed_attributes = attributes::signed_attributes(&digest, certificate)?;
        }
        prepared.digest = digest.to_vec();
        Ok(prepared)
    }

    /// Gives a kept one its bytes back.
    ///
    /// # Errors
    /// [`SealError::Altered`] when they are not those that were prepared.
    pub fn with_pdf(mut self, pdf: Vec<u8>) -> Result<Self, SealError> {
        self.pdf = pdf;
        let (before, hole, after) = self.spans().ok_or(SealError::Altered)?;
        if is_empty(hole) && digest_of(before, after)[..] == self.digest[..] {
            Ok(self)
        } else {
            Err(SealError::Altered)
        }
    }

    /// What is signed before the signature, its room, what is signed after it.
    pub(super) fn spans(&self) -> Option<(&[u8], &[u8], &[u8])> {
        let [zero, first, second, length] =
            self.byte_range.map(|number| usize::try_from(number).unwrap_or(usize::MAX));
        let end = second.checked_add(length)?;
        (zero == 0 && first < second && end == self.pdf.len())
            .then(|| (&self.pdf[..first], &self.pdf[first..second], &self.pdf[second..]))
    }
}

fn is_empty(hole: &[u8]) -> bool {
    hole.len() > 2 && hole[1..hole.len() - 1].iter().all(|byte| *byte == b'0')
}

fn digest_of(before: &[u8], after: &[u8]) -> [u8; 32] {
    let mut hasher = openssl::sha::Sha256::new();
    hasher.update(before);
    hasher.update(after);
    hasher.finish()
}

/// Appends a signature without its value.
///
/// # Errors
/// [`SealError`]; also when the certificate may not sign at `order.at`.
pub fn prepare(pdf: &[u8], order: &SealOrder) -> Result<Prepared, SealError> {
    whole(pdf, room(pdf, order)?)
}

/// Room for a signature: nothing is hashed yet.
pub struct Room {
    /// What goes behind the file.
    pub appended: Vec<u8>,
    /// What is prepared, without the file, its digest and what the key signs: see [`Prepared::over`].
    pub prepared: Prepared,
}

fn whole(pdf: &[u8], Room { appended, prepared }: Room) -> Result<Prepared, SealError> {
    let mut file = GrowingFile::new(pdf.to_vec());
    let prepared = prepared.over(&file, &appended)?;
    file.grow(&appended);
    Ok(Prepared { pdf: file.into_bytes(), ..prepared })
}

/// Makes room for a signature.
///
/// # Errors
/// [`SealError`]; also when the certificate may not sign at `order.at`.
pub fn room(pdf: &[u8], order: &SealOrder) -> Result<Room, SealError> {
    order.certificate.check(order.at)?;
    let document = read::open_light(pdf)?;
    room_in(pdf, &document, order)
}

/// The same in a file that is open already.
pub(in crate::engines) fn room_in(
    pdf: &[u8],
    document: &lopdf::Document,
    order: &SealOrder,
) -> Result<Room, SealError> {
    may_be_signed(pdf, document)?;
    let mut edit = Edit::new(document);
    let place = Where {
        field: &order.field,
        appearance: order.appearance.as_ref(),
        label: order.label.as_deref(),
        marks: &order.marks,
    };
    let found = place::find(document, &place, &order.intent)?;
    let lock = match &order.intent {
        Intent::Certify => found.lock(document),
        Intent::Approve(lock) => found.lock(document).or_else(|| lock_dictionary(lock)),
    };
    let references = references(document, &order.intent, lock.as_ref())?;
    let mut signature = dictionary! {
        "Type" => "Sig", "Filter" => "Adobe.PPKLite", "SubFilter" => "ETSI.CAdES.detached",
        "M" => Object::string_literal(date(order.at)),
    };
    let name = order.name.clone().unwrap_or_else(|| order.certificate.name());
    for (key, text) in
        [("Name", Some(&name)), ("Reason", order.reason.as_ref()), ("Location", order.location.as_ref())]
    {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            signature.set(key, lopdf::text_string(text));
        }
    }
    if !references.is_empty() {
        signature.set("Reference", references);
    }
    let id = edit.add_signature(signature, order.room.clamp(*ROOM.start(), *ROOM.end()));
    let field = place::put(document, &mut edit, &place, found, id, lock, order.intent == Intent::Certify)?;
    let updated = update(pdf, &Tail::of(document), edit)?;
    waiting(updated, field, Some(order.certificate.clone()), (order.at, order.expires_at))
}

/// Appends a time stamp over the whole document without its value: `digest` is what the authority stamps.
///
/// # Errors
/// [`SealError`].
pub fn prepare_document_timestamp(pdf: &[u8], at: Timestamp, room: usize) -> Result<Prepared, SealError> {
    whole(pdf, room_for_timestamp(pdf, at, room)?)
}

/// Makes room for a time stamp over the whole document.
///
/// # Errors
/// [`SealError`].
pub fn room_for_timestamp(pdf: &[u8], at: Timestamp, room: usize) -> Result<Room, SealError> {
    let document = read::open_light(pdf)?;
    may_be_signed(pdf, &document)?;
    let mut edit = Edit::new(&document);
    let field = Field::Invisible("DauThoiGian".to_owned());
    let place = Where { field: &field, appearance: None, label: None, marks: &[] };
    let found = place::find(&document, &place, &Intent::Approve(Lock::Nothing))?;
    let stamp =
        dictionary! { "Type" => "DocTimeStamp", "Filter" => "Adobe.PPKLite", "SubFilter" => "ETSI.RFC3161" };
    let id = edit.add_signature(stamp, room.clamp(*ROOM.start(), *ROOM.end()));
    let field = place::put(&document, &mut edit, &place, found, id, None, false)?;
    let updated = update(pdf, &Tail::of(&document), edit)?;
    waiting(updated, field, None, (at, at))
}

fn waiting(
    updated: Updated,
    field: String,
    certificate: Option<SigningCertificate>,
    (at, expires_at): (Timestamp, Timestamp),
) -> Result<Room, SealError> {
    let hole = updated.hole.ok_or(AppendError::NotAppendable)?;
    let prepared = Prepared {
        pdf: Vec::new(),
        field,
        byte_range: hole.byte_range.map(|number| number as u64),
        digest: Vec::new(),
        signed_attributes: Vec::new(),
        certificate,
        at,
        expires_at,
        wanted: Level::Basic,
    };
    Ok(Room { appended: updated.appended, prepared })
}

fn may_be_signed(pdf: &[u8], document: &lopdf::Document) -> Result<(), SealError> {
    if let Some(encryption) = &document.encryption_state
        && !encryption.permissions().intersects(Permissions::FILLABLE | Permissions::ANNOTABLE)
    {
        return Err(SealError::Protected);
    }
    if can_append(pdf, document) { Ok(()) } else { Err(AppendError::NotAppendable.into()) }
}

fn lock_dictionary(lock: &Lock) -> Option<Dictionary> {
    match lock {
        Lock::Nothing => None,
        Lock::All => Some(dictionary! { "Type" => "SigFieldLock", "Action" => "All" }),
        Lock::AllBut(names) => {
            let names: Vec<Object> = names.iter().map(|name| lopdf::text_string(name)).collect();
            Some(dictionary! { "Type" => "SigFieldLock", "Action" => "Exclude", "Fields" => names })
        }
    }
}

/// `/Reference`: certification, and the lock of the field.
fn references(
    document: &lopdf::Document,
    intent: &Intent,
    lock: Option<&Dictionary>,
) -> Result<Vec<Object>, SealError> {
    let mut references = Vec::new();
    if *intent == Intent::Certify {
        let parameters = dictionary! { "Type" => "TransformParams", "P" => 2, "V" => "1.2" };
        references.push(dictionary! { "Type" => "SigRef", "TransformMethod" => "DocMDP", "TransformParams" => parameters }.into());
    }
    if let Some(lock) = lock {
        let mut parameters = lock.clone();
        parameters.set("Type", "TransformParams");
        parameters.set("V", "1.2");
        let root = document.trailer.get(b"Root").map_err(|_| read::ReadError::Damaged)?.clone();
        references.push(
            dictionary! {
                "Type" => "SigRef", "TransformMethod" => "FieldMDP", "TransformParams" => parameters, "Data" => root,
            }
            .into(),
        );
    }
    Ok(references)
}

/// A date as PDF has it, in Vietnam's time.
fn date(at: Timestamp) -> String {
    at.to_zoned(tz::TimeZone::fixed(tz::offset(7))).strftime("D:%Y%m%d%H%M%S+07'00'").to_string()
}

/// Bytes as base64 in JSON.
pub(super) mod as_base64 {
    use base64::{Engine, engine::general_purpose::STANDARD};
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(in crate::engines::signature::seal) fn serialize<S: Serializer>(
        bytes: &[u8],
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.serialize_str(&STANDARD.encode(bytes))
    }

    pub(in crate::engines::signature::seal) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Vec<u8>, D::Error> {
        STANDARD.decode(String::deserialize(from)?).map_err(D::Error::custom)
    }
}

/// A list of bytes as base64 in JSON.
pub(super) mod as_base64_list {
    use base64::{Engine, engine::general_purpose::STANDARD};
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(in crate::engines::signature::seal) fn serialize<S: Serializer>(
        list: &[Vec<u8>],
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_seq(list.iter().map(|bytes| STANDARD.encode(bytes)))
    }

    pub(in crate::engines::signature::seal) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Vec<Vec<u8>>, D::Error> {
        let list = Vec::<String>::deserialize(from)?;
        list.into_iter().map(|text| STANDARD.decode(text).map_err(D::Error::custom)).collect()
    }
}
