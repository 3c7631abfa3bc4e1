//! Floor 1: bytes in, typed findings out. CPU only: no database, no network, no clock.

pub mod assembly;
pub mod extraction;
pub mod imaging;
pub mod native;
pub mod ocr;
pub mod pdf;
pub mod reader;
pub mod stamp;
