//! PDF: looking into one, composing one from pages, writing the code into one.
//!
//! Knows nothing of what signatures are worth, of who asks, and of the store.

pub mod append;
pub mod archive;
pub(in crate::engines) mod balance;
pub mod code_mark;
pub mod compose;
pub(in crate::engines) mod flatten;
pub mod font;
pub mod geometry;
pub mod growing;
pub mod ink;
pub(in crate::engines) mod letters;
mod lossless;
mod media;
mod metadata;
pub mod read;
pub(in crate::engines) mod render;
pub mod revisions;
pub mod separator_sheet;
mod text_layer;
pub mod text_sheet;
pub mod update;
pub(in crate::engines) mod views;

pub(in crate::engines) use metadata::FIELDS_NAMESPACE;

/// Name of the text field for the code: top-left of page one (QĐ 1917/QĐ-BLĐTBXH, Điều 15 khoản 3).
pub const CODE_FIELD: &str = "MaSoHoa";
/// Name of the signature field for the agency: top-right of page one (NĐ 30/2020/NĐ-CP, ô số 14).
pub const AGENCY_FIELD: &str = "ChuKyCoQuan";
/// Private key in the dictionary of page one that says which code the page content carries.
pub const CODE_MARK_KEY: &str = "SohoaMaSoHoa";

/// Private key in the dictionary of page one of a copy: SHA-256 of the file it was made from.
pub const COPY_MARK_KEY: &str = "SohoaBanSaoCua";

/// Bytes ready for a stream, deflated where that makes them shorter.
pub(in crate::engines) struct Packed {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Whether `/Filter /FlateDecode` goes with them.
    pub is_deflated: bool,
}

/// Deflates; the same bytes in give the same bytes out.
pub(in crate::engines) fn pack(bytes: Vec<u8>) -> Packed {
    let mut stream = lopdf::Stream::new(lopdf::Dictionary::new(), bytes);
    let is_deflated = stream.compress().is_ok() && stream.dict.has(b"Filter");
    Packed { bytes: stream.content, is_deflated }
}

#[cfg(test)]
pub(in crate::engines) mod judges;
#[cfg(test)]
mod tests;
