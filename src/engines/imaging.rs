//! Pictures of pages: opening what was handed in, measuring it, and the checks of Điều 9.
//!
//! Foreign bytes are hostile here: recognised by content, never by name; every size is bounded
//! before anything is decoded. Runs inside the reading processes only. Knows nothing of Tesseract.

mod black_seal;
pub mod check;
pub mod classified;
pub mod fault;
pub mod note;
pub mod open;
pub mod page_number;
pub mod patch;
pub mod picture;
pub mod qr;
pub mod quality;
pub mod secrecy;
pub mod source;

mod duplicate;
mod glyphs;
mod ink;
mod jpeg_scan;
mod leaders;
mod paper;
mod pdf_facts;
pub(in crate::engines) mod pdf_page;
mod raster;
mod seal;
mod skew;
mod streaks;
mod tiff_pages;
mod writing;

pub use black_seal::without_black_seals;
pub use duplicate::{Thumbnail, same_page};
pub(in crate::engines) use ink::{Piece, pieces, threshold};
pub use ink::{is_blank, x_height_px};
pub use leaders::{is_leader_text, paint_leaders};
pub use paper::even_out;
#[cfg(test)]
pub(in crate::engines) use pdf_facts::tests::assemble as assemble_pdf;
pub use picture::{DecodedPage, Frame, Picture, resize_grey, resize_picture};
pub use seal::without_grey_seals;
pub use skew::{deskew, skewed_point, turn_grey, turn_picture};
pub use streaks::take_out_streaks;
pub use writing::{Turn, Writing};
