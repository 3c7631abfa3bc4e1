//! The only `unsafe`, and the C libraries behind it.
//!
//! Reading needs none of it so far: `tesseract` wraps what [`crate::engines::ocr`] calls.
