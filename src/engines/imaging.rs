//! Pictures of pages: opening what was handed in, measuring it, and the checks of Điều 9.

pub mod source;
