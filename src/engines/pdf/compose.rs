//! Composes the PDF of a paper: page pictures as they came, invisible text, two empty fields on page one.

use jiff::Timestamp;

use crate::{domain::text::PageText, engines::imaging::source::PageSource};

/// One page to compose.
pub struct ComposePage<'a> {
    /// What stands on it.
    pub source: PageSource<'a>,
    /// Degrees clockwise that bring it upright: 0, 90, 180 or 270.
    pub rotation: u16,
    /// Its words, in the frame of the upright page.
    pub text: &'a PageText,
}

/// What the PDF says of itself, and what placing the code field needs to see.
pub struct ComposeMeta {
    /// Title in the document information; no personal data.
    pub title: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Page one upright, grey, 72 pixels per inch: the code field goes where the least ink is.
    pub first_page: Option<image::GrayImage>,
}

/// A PDF made by [`compose`]: unsigned, with `MaSoHoa` and `ChuKyCoQuan` empty.
pub struct ComposedPdf(Vec<u8>);

impl ComposedPdf {
    /// The bytes of the file.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Why no PDF could be composed.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// There is no page.
    #[error("a paper without pages has no PDF")]
    NoPages,
}

/// Composes the PDF.
///
/// # Errors
/// [`ComposeError`].
pub fn compose(_pages: &[ComposePage<'_>], _meta: &ComposeMeta) -> Result<ComposedPdf, ComposeError> {
    Err(ComposeError::NoPages)
}
