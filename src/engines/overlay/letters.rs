//! Text as outlines, in the bundled font; letters it lacks are left out.

use hayro::kurbo::BezPath;
use skrifa::{
    MetadataProvider,
    instance::{LocationRef, Size},
    outline::{DrawSettings, OutlinePen},
};

use super::Tone;
use crate::engines::pdf::font;

/// Longest text of a line below the page, characters; what is longer is cut.
const LONGEST: usize = 600;

/// Width in pixels at a size in pixels.
pub(super) fn width(text: &str, size_px: f32) -> f32 {
    font::width_pt(text, size_px)
}

/// The outlines of NFC text that begins at `left` on its baseline.
pub(super) fn drawn(text: &str, size_px: f32, (left, baseline): (f32, f32)) -> BezPath {
    let bundled = font::bundled();
    let (charmap, outlines) = (bundled.charmap(), bundled.outline_glyphs());
    let widths = bundled.glyph_metrics(Size::new(size_px), LocationRef::default());
    let mut pen = Pen { path: BezPath::new(), left, baseline };
    for glyph in text.chars().filter_map(|letter| charmap.map(letter)).filter(|g| g.to_u32() != 0) {
        let settings = DrawSettings::unhinted(Size::new(size_px), LocationRef::default());
        if let Some(outline) = outlines.get(glyph) {
            // A glyph that can't be drawn is left out as one that is not there.
            let _ = outline.draw(settings, &mut pen);
        }
        pen.left += widths.advance_width(glyph).unwrap_or(0.0);
    }
    pen.path
}

/// Lines of text broken between words so that none is wider.
pub(super) fn wrapped(notes: &[(Tone, String)], size_px: f32, widest: f32) -> Vec<(Tone, String)> {
    let mut lines = Vec::new();
    for (tone, note) in notes {
        let note: String = font::clean(note).chars().take(LONGEST).collect();
        let mut line = String::new();
        for word in note.split_whitespace() {
            let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
            if width(&longer, size_px) > widest && !line.is_empty() {
                lines.push((*tone, std::mem::replace(&mut line, format!("    {word}"))));
            } else {
                line = longer;
            }
        }
        if !line.is_empty() {
            lines.push((*tone, line));
        }
    }
    lines
}

/// Fonts have y upwards, pictures downwards.
struct Pen {
    path: BezPath,
    left: f32,
    baseline: f32,
}

impl Pen {
    fn at(&self, x: f32, y: f32) -> (f64, f64) {
        (f64::from(self.left + x), f64::from(self.baseline - y))
    }
}

impl OutlinePen for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        self.path.move_to(self.at(x, y));
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.path.line_to(self.at(x, y));
    }

    fn quad_to(&mut self, cx: f32, cy: f32, x: f32, y: f32) {
        self.path.quad_to(self.at(cx, cy), self.at(x, y));
    }

    fn curve_to(&mut self, ax: f32, ay: f32, bx: f32, by: f32, x: f32, y: f32) {
        self.path.curve_to(self.at(ax, ay), self.at(bx, by), self.at(x, y));
    }

    fn close(&mut self) {
        self.path.close_path();
    }
}
