//! Templates of kinds of paper: what a person who knows the kind tells the reader about it.
//!
//! A template says by which words a paper heads itself, which entry of the catalogue it is, where
//! further fields stand and how long it is valid. It is a file (`templates/documents/*.toml`, and a
//! folder of the installation); nothing is learnt from papers. Where none fits with certainty the
//! general rules stand alone.

mod apply;
mod built_in;
mod check;
mod example;
mod file;
mod find;
mod kind;
#[cfg(test)]
mod tests;
mod value;

pub use check::{Checked, check};
pub use file::{Template, TemplateFaults, Templates};

pub(super) use apply::apply;
pub(super) use kind::{Kind, kind_of};
