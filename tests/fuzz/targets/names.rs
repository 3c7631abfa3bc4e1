//! Text that people and other systems send: numbers, codes, identifiers, catalogues. What parses prints as itself.
#![no_main]

use sohoa::domain::{
    catalogue::Catalogue,
    code::{DocumentCode, DocumentTypeCode, OwnerKey},
    ids::{AgencyId, DocumentNumber, OrganisationId, PersonalId, ProcedureCode},
};

macro_rules! back {
    ($kind:ty, $text:expr) => {
        if let Ok(value) = <$kind>::parse($text) {
            let printed = value.to_string();
            assert_eq!(<$kind>::parse(&printed).ok(), Some(value), "{printed}");
        }
    };
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    back!(DocumentCode, text);
    back!(DocumentTypeCode, text);
    back!(OwnerKey, text);
    back!(OrganisationId, text);
    let _ = PersonalId::parse(text);
    let _ = AgencyId::parse(text);
    let _ = ProcedureCode::parse(text);
    let _ = DocumentNumber::parse(text);
    let _ = Catalogue::parse(text);
});
