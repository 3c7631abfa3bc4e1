//! Typefaces: found among the system's Debian packages, measured and outlined.
//!
//! The generator never uses the faces that the reader embeds or draws with: a reader tuned to its own letters would
//! look better than it is.

use std::cell::RefCell;
use std::path::Path;

use ab_glyph::{Font, FontVec, OutlineCurve};

use super::GenerateError;
use super::raster::Outline;

/// A family of letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Liberation Serif, with the metrics of Times New Roman: what the regulation asks for.
    Times,
    /// DejaVu Serif, for variety.
    Wide,
    /// Liberation Sans, for stamps.
    Sans,
    /// FreeSerif; held out of tuning, as are the two that follow.
    OtherSerif,
    /// FreeSans.
    OtherSans,
    /// DejaVu Sans.
    OtherWide,
}

/// Upright or slanted, light or heavy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Upright, light.
    Regular,
    /// Upright, heavy.
    Bold,
    /// Slanted, light.
    Italic,
    /// Slanted, heavy.
    BoldItalic,
}

/// A family in one style.
pub type Face = (Family, Style);

const LIBERATION: (&str, &str) = ("fonts-liberation2", "/usr/share/fonts/truetype/liberation2");
const DEJAVU: (&str, &str) = ("fonts-dejavu-core", "/usr/share/fonts/truetype/dejavu");

/// File and package of each face, in the order of [`slot`].
const FILES: [((&str, &str), &str); 8] = [
    (LIBERATION, "LiberationSerif-Regular.ttf"),
    (LIBERATION, "LiberationSerif-Bold.ttf"),
    (LIBERATION, "LiberationSerif-Italic.ttf"),
    (LIBERATION, "LiberationSerif-BoldItalic.ttf"),
    (DEJAVU, "DejaVuSerif.ttf"),
    (DEJAVU, "DejaVuSerif-Bold.ttf"),
    (LIBERATION, "LiberationSans-Regular.ttf"),
    (LIBERATION, "LiberationSans-Bold.ttf"),
];

const FREE: (&str, &str) = ("fonts-freefont-ttf", "/usr/share/fonts/truetype/freefont");

/// The same for the families that [`Fonts::load_all`] adds.
const OTHER_FILES: [((&str, &str), &str); 8] = [
    (FREE, "FreeSerif.ttf"),
    (FREE, "FreeSerifBold.ttf"),
    (FREE, "FreeSerifItalic.ttf"),
    (FREE, "FreeSerifBoldItalic.ttf"),
    (FREE, "FreeSans.ttf"),
    (FREE, "FreeSansBold.ttf"),
    (DEJAVU, "DejaVuSans.ttf"),
    (DEJAVU, "DejaVuSans-Bold.ttf"),
];

fn file_name(slot: usize) -> &'static str {
    FILES.iter().chain(&OTHER_FILES).nth(slot).map_or("", |file| file.1)
}

fn slot((family, style): Face) -> usize {
    let heavy = usize::from(matches!(style, Style::Bold | Style::BoldItalic));
    let slanted = usize::from(matches!(style, Style::Italic | Style::BoldItalic));
    match family {
        Family::Times => heavy + 2 * slanted,
        Family::Wide => 4 + heavy,
        Family::Sans => 6 + heavy,
        Family::OtherSerif => 8 + heavy + 2 * slanted,
        Family::OtherSans => 12 + heavy,
        Family::OtherWide => 14 + heavy,
    }
}

/// How far a face without italics of its own is slanted: dx per dy.
pub fn slant((family, style): Face) -> f32 {
    let slanted = matches!(style, Style::Italic | Style::BoldItalic);
    let has_italics = matches!(family, Family::Times | Family::OtherSerif);
    if slanted && !has_italics { 0.2 } else { 0.0 }
}

/// The loaded faces.
///
/// Remembers the first letter that a face lacks; [`Fonts::complete`] turns it into an error before anything is drawn.
pub struct Fonts {
    faces: Vec<FontVec>,
    missing: RefCell<Option<(char, &'static str)>>,
}

impl Fonts {
    /// Loads the faces from where Debian puts them.
    ///
    /// # Errors
    /// [`GenerateError::FontMissing`] names the package to install.
    pub fn load() -> Result<Self, GenerateError> {
        Self::load_files(&FILES)
    }

    /// Loads the families that are held out of tuning besides.
    ///
    /// # Errors
    /// [`GenerateError::FontMissing`] names the package to install.
    pub fn load_all() -> Result<Self, GenerateError> {
        Self::load_files(&[FILES, OTHER_FILES].concat())
    }

    fn load_files(files: &[((&'static str, &str), &str)]) -> Result<Self, GenerateError> {
        let mut faces = Vec::with_capacity(files.len());
        for &((package, folder), file) in files {
            let path = Path::new(folder).join(file);
            let missing = || GenerateError::FontMissing { package, path: path.clone() };
            let bytes = std::fs::read(&path).map_err(|_| missing())?;
            faces.push(FontVec::try_from_vec(bytes).map_err(|_| missing())?);
        }
        Ok(Self { faces, missing: RefCell::new(None) })
    }

    /// # Errors
    /// [`GenerateError::GlyphMissing`] when a text measured so far has a letter that its face lacks.
    pub fn complete(&self) -> Result<(), GenerateError> {
        match *self.missing.borrow() {
            Some((letter, file)) => Err(GenerateError::GlyphMissing { letter, file }),
            None => Ok(()),
        }
    }

    /// Advance of `text` for letters one unit high.
    fn advance(&self, face: Face, text: &str) -> f32 {
        let font = &self.faces[slot(face)];
        let mut width = 0.0;
        for letter in text.chars() {
            let id = font.glyph_id(letter);
            if id.0 == 0 {
                self.missing.borrow_mut().get_or_insert((letter, file_name(slot(face))));
            }
            width += font.h_advance_unscaled(id);
        }
        width / font.units_per_em().unwrap_or(2048.0)
    }

    /// The bytes of the face's font file, and a number that two faces share when their file is one.
    pub fn program(&self, face: Face) -> (usize, &[u8]) {
        (slot(face), self.faces[slot(face)].as_slice())
    }

    /// Glyph of `letter` and its advance in thousandths of the size.
    pub fn glyph(&self, face: Face, letter: char) -> (u16, f32) {
        let font = &self.faces[slot(face)];
        let id = font.glyph_id(letter);
        (id.0, font.h_advance_unscaled(id) * 1000.0 / font.units_per_em().unwrap_or(2048.0))
    }

    /// Width of `text` set at `size`, in the unit of `size`.
    pub fn width(&self, face: Face, size: f32, text: &str) -> f32 {
        self.advance(face, text) * size
    }

    /// Appends the outline of `text` to `outline`: baseline start at `(x, y)`, y downwards, turned by the given
    /// sine and cosine (clockwise as seen).
    pub fn outline(
        &self,
        outline: &mut Outline,
        face: Face,
        size: f32,
        text: &str,
        (x, y): (f32, f32),
        (sine, cosine): (f32, f32),
    ) {
        let font = &self.faces[slot(face)];
        let scale = size / font.units_per_em().unwrap_or(2048.0);
        let slant = slant(face);
        let mut pen = 0.0;
        for letter in text.chars() {
            let id = font.glyph_id(letter);
            let place = |p: ab_glyph::Point| {
                let (u, v) = (pen + (p.x + slant * p.y) * scale, -p.y * scale);
                (x + u * cosine - v * sine, y + u * sine + v * cosine)
            };
            for curve in font.outline(id).into_iter().flat_map(|o| o.curves) {
                match curve {
                    OutlineCurve::Line(a, b) => outline.line(place(a), place(b)),
                    OutlineCurve::Quad(a, b, c) => outline.quad(place(a), place(b), place(c)),
                    OutlineCurve::Cubic(a, b, c, d) => outline.cubic(place(a), place(b), place(c), place(d)),
                }
            }
            pen += font.h_advance_unscaled(id) * scale;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_face_has_every_vietnamese_letter() {
        let fonts = Fonts::load().unwrap();
        let vowels = "aàáảãạăằắẳẵặâầấẩẫậeèéẻẽẹêềếểễệiìíỉĩịoòóỏõọôồốổỗộơờớởỡợuùúủũụưừứửữựyỳýỷỹỵđ";
        for family in [Family::Times, Family::Wide, Family::Sans] {
            for style in [Style::Regular, Style::Bold, Style::Italic, Style::BoldItalic] {
                fonts.width((family, style), 12.0, vowels);
                fonts.width((family, style), 12.0, &vowels.to_uppercase());
            }
        }
        fonts.complete().unwrap();
    }

    #[test]
    fn a_letter_without_a_glyph_is_refused() {
        let fonts = Fonts::load().unwrap();
        fonts.width((Family::Times, Style::Regular), 12.0, "a漢");
        assert!(matches!(fonts.complete(), Err(GenerateError::GlyphMissing { letter: '漢', .. })));
    }
}
