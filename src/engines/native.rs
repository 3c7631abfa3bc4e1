//! The only `unsafe`, and the C libraries behind it.
