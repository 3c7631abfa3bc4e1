//! One Tesseract engine, kept alive from page to page.

use std::ffi::{CStr, CString};

use image::GrayImage;
use tesseract::{PageSegMode, plumbing::TessBaseApi};

use super::tsv::{self, ReadLine};
use crate::engines::imaging::fault::ReadError;

/// How a picture is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// A page, whose columns and blocks are to be found.
    Page,
    /// One block of level lines: text that runs upwards is not looked for.
    Block,
    /// One line of text.
    Line,
}

/// A Tesseract engine with the Vietnamese model.
pub struct Engine {
    api: TessBaseApi,
}

fn c(text: &str) -> CString {
    CString::new(text).expect("constants hold no zero byte")
}

impl Engine {
    /// Loads the model, about 65 ms.
    ///
    /// # Errors
    /// [`ReadError::NoLanguageModel`].
    pub fn start() -> Result<Self, ReadError> {
        let mut api = TessBaseApi::create();
        api.init_2(None, Some(&c("vie"))).map_err(|_| ReadError::NoLanguageModel)?;
        let mut engine = Self { api };
        // Light on dark does not occur on these papers, and looking for it costs a second reading.
        engine.set(c"tessedit_do_invert", "0");
        engine.set(c"debug_file", "/dev/null");
        Ok(engine)
    }

    fn set(&mut self, name: &CStr, value: &str) {
        // A variable that this version does not know changes nothing.
        let _ = self.api.set_variable(name, &c(value));
    }

    /// Reads a picture; boxes are in its pixels.
    ///
    /// # Errors
    /// [`ReadError::Crashed`] when Tesseract gives up on it.
    pub(crate) fn read(
        &mut self,
        image: &GrayImage,
        dpi: f32,
        layout: Layout,
    ) -> Result<Vec<ReadLine>, ReadError> {
        self.read_with(image, dpi, layout, "")
    }

    /// Reads a picture with these letters only; all when `letters` is empty.
    pub(crate) fn read_with(
        &mut self,
        image: &GrayImage,
        dpi: f32,
        layout: Layout,
        letters: &str,
    ) -> Result<Vec<ReadLine>, ReadError> {
        if image.width() < 8 || image.height() < 8 {
            return Ok(Vec::new());
        }
        let side = |v: u32| i32::try_from(v).map_err(|_| ReadError::OutOfMemory);
        let (w, h) = (side(image.width())?, side(image.height())?);
        self.set(c"tessedit_char_whitelist", letters);
        let mode = match layout {
            Layout::Page => PageSegMode::PsmAuto,
            Layout::Block => PageSegMode::PsmSingleBlock,
            Layout::Line => PageSegMode::PsmSingleLine,
        };
        self.api.set_page_seg_mode(mode.as_tess_page_seg_mode());
        self.api.set_image(image.as_raw(), w, h, 1, w).map_err(|_| ReadError::Crashed)?;
        self.api.set_source_resolution(dpi.round().clamp(70.0, 1200.0) as i32);
        self.api.recognize().map_err(|_| ReadError::Crashed)?;
        let text = self.api.get_tsv_text(0).map_err(|_| ReadError::Crashed)?;
        Ok(tsv::parse(&text.as_ref().to_string_lossy()))
    }
}
