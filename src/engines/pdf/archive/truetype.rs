//! An embedded TrueType program: which glyph a code means, and how wide it is.

use skrifa::raw::{
    FontRef, TableProvider,
    tables::{
        cmap::{CmapSubtable, PlatformId},
        hmtx::Hmtx,
    },
    types::GlyphId,
};

/// What codes 0x80–0x9F of WinAnsiEncoding mean; 0 where they mean nothing.
const WIN_ANSI_80: [u16; 32] = [
    0x20AC, 0, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0,
    0x017D, 0, 0, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A,
    0x0153, 0, 0x017E, 0x0178,
];
/// Where fonts of symbols keep them.
const SYMBOL_PAGES: [u32; 4] = [0xF000, 0, 0xF100, 0xF200];

/// A program whose tables hold together.
pub(super) struct Program<'a> {
    widths: Hmtx<'a>,
    n_glyphs: u16,
    units_per_em: f32,
    unicode: Option<CmapSubtable<'a>>,
    symbols: Option<CmapSubtable<'a>>,
}

impl<'a> Program<'a> {
    /// `None` where a table that is needed is missing or broken.
    pub(super) fn read(data: &'a [u8]) -> Option<Self> {
        let font = FontRef::new(data).ok()?;
        let units = font.head().ok()?.units_per_em();
        if !(16..=16_384).contains(&units) {
            return None;
        }
        let mut program = Self {
            widths: font.hmtx().ok()?,
            n_glyphs: font.maxp().ok()?.num_glyphs(),
            units_per_em: f32::from(units),
            unicode: None,
            symbols: None,
        };
        // Fonts of a composite font have none, and need none.
        if let Ok(cmap) = font.cmap() {
            let records = cmap.encoding_records();
            for record in records.iter().take(64) {
                let Ok(table) = record.subtable(cmap.offset_data()) else { continue };
                match (record.platform_id(), record.encoding_id()) {
                    (PlatformId::Windows, 1) => program.unicode = Some(table.clone()),
                    (PlatformId::Windows, 0) => program.symbols = Some(table.clone()),
                    _ => {}
                }
                if records.len() == 1 {
                    program.symbols = Some(table);
                }
            }
        }
        Some(program)
    }

    /// Whether codes of WinAnsiEncoding can be looked up.
    pub(super) fn has_unicode(&self) -> bool {
        self.unicode.is_some()
    }

    /// Whether codes of a symbolic font can be looked up.
    pub(super) fn has_symbols(&self) -> bool {
        self.symbols.is_some()
    }

    /// Width in thousandths of the size; `None` when there is no such glyph.
    pub(super) fn width(&self, glyph: u16) -> Option<f32> {
        if glyph >= self.n_glyphs {
            return None;
        }
        Some(f32::from(self.widths.advance(GlyphId::new(u32::from(glyph)))?) * 1000.0 / self.units_per_em)
    }

    /// The glyph of a code in WinAnsiEncoding.
    pub(super) fn win_ansi(&self, code: u16) -> Option<u16> {
        let letter = match code {
            0x80..=0x9F => u32::from(WIN_ANSI_80[usize::from(code) - 0x80]),
            0x20..=0xFF => u32::from(code),
            _ => 0,
        };
        let table = self.unicode.as_ref()?;
        let find = |letter: u32| table.map_codepoint(letter).and_then(|g| u16::try_from(g.to_u32()).ok());
        // A hard space and a soft hyphen may be drawn as the plain ones (ISO 32000-1, Annex D).
        match (find(letter).filter(|g| letter != 0 && *g != 0), code) {
            (None, 0xA0) => find(0x20),
            (None, 0xAD) => find(0x2D),
            (found, _) => found,
        }
    }

    /// The glyph of a code in a symbolic font.
    pub(super) fn symbol(&self, code: u16) -> Option<u16> {
        let table = self.symbols.as_ref()?;
        let glyphs = SYMBOL_PAGES.iter().filter_map(|page| table.map_codepoint(page + u32::from(code)));
        glyphs.map(|g| g.to_u32()).find(|g| *g != 0).and_then(|g| u16::try_from(g).ok())
    }
}
