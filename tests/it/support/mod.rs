//! What several files of promises need.

pub mod postgres;
