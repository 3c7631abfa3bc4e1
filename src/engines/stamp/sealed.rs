//! The code as the face of the agency's signature: a new visible field where the least ink is.

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
            geometry::BoxPt,
            ink::DUST,
            read::{self, ReadError},
        },
        signature::{
            seal::{
                SealError,
                appearance::Appearance,
                embed::{self, CheckedCms},
                key::SigningCertificate,
                prepare::{Field, Intent, Lock, Prepared, SealOrder, prepare_opened},
            },
            verdict::SignatureReport,
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

/// A file with room for the agency's signature.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Waiting {
    /// What is to be signed, and the file.
    pub prepared: Prepared,
    /// Where the code stands.
    pub box_mm: BoxMm,
    /// Share of dark pixels under it.
    pub ink_share: f32,
    /// The same box in points, for the proof.
    place: BoxPt,
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
    input: &[u8],
    document: &Document,
    text: &str,
    terms: &SealTerms,
) -> Result<Waiting, StampError> {
    let (_, _, placed) = page_content::place(input, document, text)?;
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
    let prepared = prepare_opened(input, document, &order).map_err(not_sealed)?;
    Ok(Waiting { prepared, box_mm: place.to_mm(), ink_share, place })
}

fn not_sealed(error: SealError) -> StampError {
    match error {
        SealError::Unreadable(error) => error.into(),
        SealError::Append(error) => error.into(),
        other => StampError::NotSealed(other.to_string()),
    }
}

/// Puts the signature in; `None` when an earlier one would be worth less.
pub(super) fn finish(
    input: &[u8],
    waiting: Waiting,
    cms: &CheckedCms,
    before: &[SignatureReport],
    verify: Verify<'_>,
) -> Result<Option<Stamped>, StampError> {
    let Waiting { prepared, box_mm, ink_share, place } = waiting;
    if !prepared.pdf.starts_with(input) {
        return Err(StampError::NotSealed(SealError::Altered.to_string()));
    }
    let pdf = embed::embed(prepared, cms).map_err(not_sealed)?;
    let Some(previous_signatures) = proof::compare(before, &verify(&pdf)) else { return Ok(None) };
    page_content::prove_between(input, &pdf, place)?;
    let facts = read::facts(&read::open(&pdf)?);
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
        pdf,
        way: Way::SealSignature,
        box_mm,
        is_unchanged: false,
        ink_share: Some(ink_share),
        previous_signatures,
        message: message.to_owned(),
    }))
}
