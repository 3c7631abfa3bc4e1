//! A derived PDF of files that are not kept: the pages a plan names, as they came, in its order.
//!
//! Nothing is read and nothing stored; the files are only looked at.

use std::path::PathBuf;

use jiff::Timestamp;

use crate::{
    domain::{
        plan::PagePlan,
        text::{PageText, RecognisedText, TextSource},
    },
    engines::{
        imaging::fault::ReadError,
        reader::{ComposeOrder, Readers},
    },
};

/// Composes the pages of `plan`; pictures stay untouched, text that a page brings stays with it.
///
/// # Errors
/// [`ReadError`].
pub fn derived_pdf(
    readers: &Readers,
    parts: &[PathBuf],
    plan: &PagePlan,
    title: &str,
    now: Timestamp,
) -> Result<Vec<u8>, ReadError> {
    let rotations: Vec<u16> = plan.pages().iter().map(|p| p.turn.unwrap_or(0)).collect();
    // No word is read here: each page keeps the text it has.
    let page = |position| PageText { position, source: TextSource::TextLayer, lines: Vec::new() };
    let text = RecognisedText { pages: (1..=plan.n_pages()).map(page).collect() };
    let order = ComposeOrder { rotations, text, title: title.to_owned(), fields: None, created_at: now };
    readers.compose(parts, Some(plan), order).map(|composed| composed.pdf)
}
