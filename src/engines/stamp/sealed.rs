//! The code as the face of the agency's signature: a new visible field where the least ink is.

use std::sync::Arc;

use jiff::Timestamp;
use lopdf::Document;
use serde::{Deserialize, Serialize};

use super::{
    StampError, Stamped, Way, page_content,
    proof::{self, Verify},
};
use crate::{
    domain::page::BoxMm,
    engines::{
        pdf::{
            CODE_MARK_KEY,
            geometry::{BoxPt, PageFrame},
            growing::GrowingFile,
            ink::DUST,
            read::{self, ReadError},
            views::View,
        },
        signature::{
            seal::{
                SealError,
                appearance::Appearance,
                embed,
                key::SigningCertificate,
                prepare::{Field, Intent, Lock, Room, SealOrder, room_in},
            },
            verdict::{Integrity, SignatureReport},
        },
    },
};

/// Name of the field; a number is added where it is taken.
pub(super) const FIELD: &str = "MaSoHoaKySo";

/// The agency's certificate, and what its signature says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealTerms {
    /// The certificate of the agency's key.
    pub certificate: SigningCertificate,
    /// The agency; the certificate's name where it is not said.
    pub agency: Option<String>,
    /// Now.
    pub at: Timestamp,
    /// Until when the signature may come in.
    pub expires_at: Timestamp,
}

/// Room for the agency's signature behind a file, and what the proof needs.
pub struct Waiting {
    /// What is to be signed, and what goes behind the file.
    pub room: Room,
    /// Where the code stands, in points.
    place: BoxPt,
    /// Share of dark pixels under it.
    ink_share: f32,
    frame: PageFrame,
    /// Page one before.
    picture: Arc<View>,
    /// What the signatures were worth.
    pub(super) before: Vec<SignatureReport>,
}

/// Where a sealed code stands.
pub(super) fn box_of(document: &Document) -> Option<BoxMm> {
    let fields = read::fields(document);
    let field = document.get_dictionary(read::sealed_field(document, &fields)?.id).ok()?;
    let page = document.get_dictionary(document.page_iter().next()?).ok()?;
    let rect = read::rectangle(document, field.get_deref(b"Rect", document).ok()?)?;
    Some(read::page_frame(document, page)?.rect_to_seen(rect).to_mm())
}

pub(super) fn prepare(
    file: &GrowingFile,
    document: &Document,
    text: &str,
    terms: &SealTerms,
    before: Vec<SignatureReport>,
) -> Result<Waiting, StampError> {
    let (frame, seen, placed) = page_content::place(file, document, text)?;
    let (place, ink_share) = (placed.place, placed.ink_share);
    let field = Field::Visible(FIELD.to_owned(), place);
    let order = SealOrder {
        appearance: Some(Appearance::Code(text.to_owned())),
        name: terms.agency.clone(),
        reason: Some("Ghi mã kết quả số hóa (QĐ 1917/QĐ-BLĐTBXH, Điều 15)".to_owned()),
        label: Some(format!("Mã số hóa {text}")),
        marks: vec![(CODE_MARK_KEY.to_owned(), text.to_owned())],
        expires_at: terms.expires_at,
        ..SealOrder::new(terms.certificate.clone(), field, Intent::Approve(Lock::Nothing), terms.at)
    };
    terms.certificate.check(terms.at).map_err(|error| not_sealed(error.into()))?;
    let room = room_in(file, document, &order).map_err(not_sealed)?;
    Ok(Waiting { room, place, ink_share, frame, picture: seen, before })
}

fn not_sealed(error: SealError) -> StampError {
    match error {
        SealError::Unreadable(error) => error.into(),
        SealError::Append(error) => error.into(),
        other => StampError::NotSealed(other.to_string()),
    }
}

/// Puts the signature in, a CMS that was checked where the key is; `None` when an earlier one would be worth less.
pub(super) fn finish(
    file: &mut GrowingFile,
    waiting: Waiting,
    cms: &[u8],
    verify: Verify<'_>,
) -> Result<Option<Stamped>, StampError> {
    let Waiting { room, place, ink_share, frame, picture, before } = waiting;
    let (n_input, field) = (file.len(), room.prepared.field.clone());
    let appended = embed::embed_in(room, n_input, cms).map_err(not_sealed)?;
    file.grow(&appended);
    let after = verify(file);
    let is_own_intact = after.iter().any(|one| one.field == field && one.integrity == Integrity::Intact);
    let compared = proof::compare(&before, &after).filter(|_| is_own_intact);
    let Some(previous_signatures) = compared else {
        file.cut(n_input);
        return Ok(None);
    };
    page_content::prove(file, &picture, &frame, place)?;
    let facts = read::facts(&read::open_light(file)?);
    if facts.sealed_code.is_none() {
        return Err(ReadError::Damaged.into());
    }
    let message = if ink_share > DUST {
        "Đã ghi mã kèm chữ ký của cơ quan ở góc trên bên trái trang đầu; góc này không còn chỗ trống nên mã nằm trên \
         nội dung có sẵn, cần người xem lại."
    } else {
        "Đã ghi mã kèm chữ ký của cơ quan ở góc trên bên trái trang đầu; các chữ ký có trước vẫn nguyên giá trị."
    };
    Ok(Some(Stamped {
        pdf: appended,
        n_kept: n_input,
        way: Way::SealSignature,
        box_mm: place.to_mm(),
        is_unchanged: false,
        ink_share: Some(ink_share),
        previous_signatures,
        message: message.to_owned(),
    }))
}
