//! The one font we embed: Tinos, metric-compatible with Times New Roman, cut down to the letters used.
//!
//! A letter has a number (CID) of its own, so that text extracts right even where the font lacks
//! the letter and another shape stands in for it. Knows nothing of pages.

use std::{collections::BTreeMap, sync::LazyLock};

use pdf_writer::{
    Chunk, Finish, Name, Rect, Ref, Str,
    types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap},
};
use serde::{Deserialize, Serialize};
use skrifa::{
    FontRef, GlyphId, MetadataProvider,
    charmap::Charmap,
    instance::{LocationRef, Size},
    metrics::{GlyphMetrics, Metrics},
};
use unicode_normalization::UnicodeNormalization;

use super::pack;

/// SIL Open Font Licence 1.1; the text lies beside the file.
static TINOS: &[u8] = include_bytes!("../../../templates/static/Tinos-Regular.ttf");

/// Height of the letters above the baseline, of the size of the font.
pub const ASCENT: f32 = 0.891;
/// Depth of the letters below the baseline, of the size of the font.
pub const DESCENT: f32 = 0.216;

const UNITS_PER_EM: f32 = 2048.0;
/// CIDs are 16 bits wide, and 0 is not a letter.
const MOST_LETTERS: usize = 65_000;

struct Face {
    charmap: Charmap<'static>,
    widths: GlyphMetrics<'static>,
    metrics: Metrics,
}

static FACE: LazyLock<Face> = LazyLock::new(|| {
    let font = bundled();
    Face {
        charmap: font.charmap(),
        widths: font.glyph_metrics(Size::unscaled(), LocationRef::default()),
        metrics: font.metrics(Size::unscaled(), LocationRef::default()),
    }
});

impl Face {
    fn glyph(&self, letter: char) -> Option<GlyphId> {
        self.charmap.map(letter).filter(|glyph| glyph.to_u32() != 0)
    }

    /// In thousandths of the size of the font.
    fn width(&self, glyph: GlyphId) -> f32 {
        self.widths.advance_width(glyph).unwrap_or(0.0) * 1000.0 / UNITS_PER_EM
    }
}

/// What to do with a letter that the font lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MissingLetter {
    /// Refuse: the text is to be seen.
    Refuse,
    /// Draw another shape that nobody sees; the text still extracts as the letter.
    StandIn,
}

/// A letter could not be taken up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum FontError {
    /// The font has no such letter.
    #[error("phông chữ không có chữ U+{:04X}", *.0 as u32)]
    NoGlyph(char),
    /// More different letters than a font in a PDF can number.
    #[error("quá nhiều chữ khác nhau trong một văn bản")]
    TooManyLetters,
    /// The subset could not be made.
    #[error("không cắt được phông chữ")]
    Subset,
}

/// Text as the font in the PDF numbers it.
#[derive(Debug, Clone, PartialEq)]
pub struct Encoded {
    /// Two bytes a letter.
    pub bytes: Vec<u8>,
    /// Width in thousandths of the size of the font.
    pub width: f32,
}

/// NFC, with control characters as spaces.
pub fn clean(text: &str) -> String {
    text.nfc().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

/// Width of NFC text in points, at a size in points; letters the font lacks count as half a square.
pub fn width_pt(text: &str, size_pt: f32) -> f32 {
    let width = |letter| FACE.glyph(letter).map_or(500.0, |glyph| FACE.width(glyph));
    text.chars().map(width).sum::<f32>() * size_pt / 1000.0
}

/// The font as it was bundled, for whoever draws with it.
pub(in crate::engines) fn bundled() -> FontRef<'static> {
    FontRef::new(TINOS).expect("the bundled font is well-formed; a test opens it")
}

/// Collects the letters used; [`FontBuilder::embed`] makes the subset.
#[derive(Default)]
pub struct FontBuilder {
    cids: BTreeMap<char, u16>,
    letters: Vec<(char, GlyphId)>,
}

impl FontBuilder {
    /// Numbers the letters of NFC text.
    ///
    /// # Errors
    /// [`FontError::NoGlyph`] under [`MissingLetter::Refuse`]; [`FontError::TooManyLetters`].
    pub fn encode(&mut self, text: &str, missing: MissingLetter) -> Result<Encoded, FontError> {
        let mut encoded = Encoded { bytes: Vec::with_capacity(text.len() * 2), width: 0.0 };
        for letter in text.chars() {
            let cid = match self.cids.get(&letter) {
                Some(cid) => *cid,
                None => self.number(letter, missing)?,
            };
            let (_, glyph) = self.letters[usize::from(cid) - 1];
            encoded.bytes.extend(cid.to_be_bytes());
            encoded.width += FACE.width(glyph);
        }
        Ok(encoded)
    }

    fn number(&mut self, letter: char, missing: MissingLetter) -> Result<u16, FontError> {
        let glyph = match (FACE.glyph(letter), missing) {
            (Some(glyph), _) => glyph,
            (None, MissingLetter::StandIn) => FACE.glyph('o').ok_or(FontError::Subset)?,
            (None, MissingLetter::Refuse) => return Err(FontError::NoGlyph(letter)),
        };
        if self.letters.len() >= MOST_LETTERS {
            return Err(FontError::TooManyLetters);
        }
        self.letters.push((letter, glyph));
        let cid = u16::try_from(self.letters.len()).map_err(|_| FontError::TooManyLetters)?;
        self.cids.insert(letter, cid);
        Ok(cid)
    }

    /// Cuts the font down to the letters numbered so far.
    ///
    /// # Errors
    /// [`FontError::Subset`]: a fault in the bundled font.
    pub fn embed(&self) -> Result<EmbeddedFont, FontError> {
        let mut remapper = subsetter::GlyphRemapper::new();
        let mut cid_to_gid = vec![0, 0];
        let mut widths = vec![FACE.width(GlyphId::new(0))];
        let mut to_unicode = UnicodeCmap::<u16>::new(Name(b"SohoaUnicode"), IDENTITY);
        let mut cid: u16 = 0;
        for (letter, glyph) in &self.letters {
            cid += 1; // cannot overflow: `number` keeps the count below 65 000
            let old = u16::try_from(glyph.to_u32()).map_err(|_| FontError::Subset)?;
            cid_to_gid.extend(remapper.remap(old).to_be_bytes());
            widths.push(FACE.width(*glyph));
            to_unicode.pair(cid, *letter);
        }
        let file = subsetter::subset(TINOS, 0, &remapper).map_err(|_| FontError::Subset)?;
        Ok(EmbeddedFont {
            name: format!("{}+Tinos", tag(&self.letters)),
            file,
            widths,
            cid_to_gid,
            to_unicode: to_unicode.finish().to_vec(),
        })
    }
}

const IDENTITY: SystemInfo<'static> =
    SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };

/// Six capital letters that name a subset by its letters.
fn tag(letters: &[(char, GlyphId)]) -> String {
    let text: String = letters.iter().map(|(letter, _)| *letter).collect();
    let hash = blake3::hash(text.as_bytes());
    hash.as_bytes()[..6].iter().map(|byte| char::from(b'A' + byte % 26)).collect()
}

/// A subset with all that a PDF has to say of it.
pub struct EmbeddedFont {
    /// `ABCDEF+Tinos`.
    pub name: String,
    /// TrueType.
    pub file: Vec<u8>,
    /// By CID, in thousandths of the size.
    pub widths: Vec<f32>,
    /// Two bytes a CID.
    pub cid_to_gid: Vec<u8>,
    /// A CMap from CIDs to letters.
    pub to_unicode: Vec<u8>,
}

impl EmbeddedFont {
    /// The box of all letters, in thousandths of the size.
    pub fn bbox(&self) -> [f32; 4] {
        let k = 1000.0 / UNITS_PER_EM;
        let b = FACE.metrics.bounds.unwrap_or_default();
        [(b.x_min * k).round(), (b.y_min * k).round(), (b.x_max * k).round(), (b.y_max * k).round()]
    }

    /// Height of capitals, in thousandths of the size.
    pub fn cap_height(&self) -> f32 {
        (FACE.metrics.cap_height.unwrap_or(1341.0) * 1000.0 / UNITS_PER_EM).round()
    }

    /// Writes the font as object `font` and those of `new_ref`.
    pub(super) fn write(&self, chunk: &mut Chunk, font: Ref, mut new_ref: impl FnMut() -> Ref) {
        let (cid_font, descriptor, file, cmap, map) = (new_ref(), new_ref(), new_ref(), new_ref(), new_ref());
        let name = Name(self.name.as_bytes());
        chunk
            .type0_font(font)
            .base_font(name)
            .encoding_predefined(Name(b"Identity-H"))
            .descendant_font(cid_font)
            .to_unicode(cmap);
        let mut cid = chunk.cid_font(cid_font);
        cid.subtype(CidFontType::Type2)
            .base_font(name)
            .system_info(IDENTITY)
            .font_descriptor(descriptor)
            .default_width(0.0)
            .cid_to_gid_map_stream(map);
        cid.widths().consecutive(0, self.widths.iter().copied());
        cid.finish();
        let [x0, y0, x1, y1] = self.bbox();
        chunk
            .font_descriptor(descriptor)
            .name(name)
            .flags(FontFlags::SYMBOLIC | FontFlags::SERIF)
            .bbox(Rect::new(x0, y0, x1, y1))
            .italic_angle(0.0)
            .ascent(ASCENT * 1000.0)
            .descent(-DESCENT * 1000.0)
            .cap_height(self.cap_height())
            .stem_v(80.0)
            .font_file2(file);
        write_packed(chunk, file, self.file.clone(), |stream, length| {
            stream.pair(Name(b"Length1"), length);
        });
        write_packed(chunk, cmap, self.to_unicode.clone(), |_, _| {});
        write_packed(chunk, map, self.cid_to_gid.clone(), |_, _| {});
    }
}

/// Writes a deflated stream; `more` may add to its dictionary, given the plain length.
pub(super) fn write_packed(
    chunk: &mut Chunk,
    id: Ref,
    bytes: Vec<u8>,
    more: impl FnOnce(&mut pdf_writer::Stream<'_>, i32),
) {
    let length = i32::try_from(bytes.len()).unwrap_or(i32::MAX);
    let packed = pack(bytes);
    let mut stream = chunk.stream(id, &packed.bytes);
    if packed.is_deflated {
        stream.filter(pdf_writer::Filter::FlateDecode);
    }
    more(&mut stream, length);
}

#[cfg(test)]
mod tests {
    use super::*;

    const VIETNAMESE: &str = "aàảãáạăằẳẵắặâầẩẫấậbcdđeèẻẽéẹêềểễếệghiìỉĩíịklmnoòỏõóọôồổỗốộơờởỡớợpqrstuùủũúụưừửữứựvxyỳỷỹýỵ\
        AÀẢÃÁẠĂẰẲẴẮẶÂẦẨẪẤẬBCDĐEÈẺẼÉẸÊỀỂỄẾỆGHIÌỈĨÍỊKLMNOÒỎÕÓỌÔỒỔỖỐỘƠỜỞỠỚỢPQRSTUÙỦŨÚỤƯỪỬỮỨỰVXYỲỶỸÝỴ0123456789./-&(),";

    #[test]
    fn every_vietnamese_letter_has_a_shape() {
        let mut font = FontBuilder::default();
        font.encode(VIETNAMESE, MissingLetter::Refuse).unwrap();
        let embedded = font.embed().unwrap();
        assert!(embedded.file.len() < TINOS.len() / 3);
        assert_eq!(embedded.cid_to_gid.len(), embedded.widths.len() * 2);
        assert_eq!((FACE.metrics.units_per_em, FACE.metrics.ascent.round()), (2048, 1825.0));
    }

    #[test]
    fn a_missing_letter_is_refused_where_it_is_seen_and_kept_as_text_where_not() {
        let mut font = FontBuilder::default();
        assert_eq!(font.encode("印", MissingLetter::Refuse), Err(FontError::NoGlyph('印')));
        let encoded = font.encode("印o印", MissingLetter::StandIn).unwrap();
        assert_eq!(encoded.bytes, [0, 1, 0, 2, 0, 1]);
        let embedded = font.embed().unwrap();
        assert!(String::from_utf8_lossy(&embedded.to_unicode).contains("<0001> <5370>"));
        assert_eq!(embedded.cid_to_gid[2..4], embedded.cid_to_gid[4..6]);
        assert_ne!(embedded.cid_to_gid[2..4], [0, 0]);
    }

    #[test]
    fn the_same_letters_make_the_same_font() {
        let make = || {
            let mut font = FontBuilder::default();
            font.encode("Nguyễn Ưỡng", MissingLetter::Refuse).unwrap();
            font.embed().unwrap()
        };
        assert_eq!((make().name, make().file), (make().name, make().file));
    }

    #[test]
    fn decomposed_text_is_composed() {
        assert_eq!(clean("U\u{31b}\u{303}\n"), "Ữ ");
    }
}
