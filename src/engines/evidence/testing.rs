//! Fields for tests: a decision that was read whole.

use jiff::{Timestamp, civil::date};

use crate::domain::{
    code::DocumentTypeCode,
    fields::{Proposed, ProposedFields, Source},
    ids::{DocumentNumber, OwnerNumber},
    page::{BoxMm, Place},
};

pub(super) fn fields() -> ProposedFields {
    let at = |top| Some(Place { page: 1, box_mm: BoxMm { left: 30.0, top, width: 40.0, height: 5.0 } });
    fn read<T>(value: T, place: Option<Place>) -> Proposed<T> {
        Proposed::read(value, "", 0.95, Source::Ocr, place)
    }
    ProposedFields {
        document_type_code: read(DocumentTypeCode::parse("1.001776-KQ1").unwrap(), None),
        owner_id: read(OwnerNumber::parse("015085012345").unwrap(), at(90.0)),
        document_name: read("Quyết định".to_owned(), at(60.0)),
        document_number: read(DocumentNumber::parse("46/QĐ-UBND").unwrap(), at(40.0)),
        issued_on: read(date(2024, 5, 6), at(40.0)),
        issuing_authority: read("Ủy ban nhân dân xã Bảo Ái".to_owned(), at(30.0)),
        abstract_text: read("Về việc trợ cấp".to_owned(), at(70.0)),
        validity_period: Proposed::absent(),
        validity_scope: Proposed::absent(),
        recorded_at: read(Timestamp::UNIX_EPOCH, None),
        other: [
            ("holder_name".to_owned(), read("Lò Văn Páo".to_owned(), at(90.0))),
            ("holder_birth_date".to_owned(), Proposed::not_read("", at(90.0))),
        ]
        .into(),
        extra: Vec::new(),
    }
}
