//! What a PDF page draws, noted without drawing it: glyphs with their letters, images, paths.
//!
//! Words of born-digital pages come from here. Coordinates are millimetres on the page as displayed.

use std::collections::HashMap;

use hayro::{
    hayro_interpret::{
        BlendMode, ClipPath, Device, DrawMode, DrawProps, Image, ImageData, ImageDrawProps, Paint, SoftMask,
        font::{Glyph, GlyphRun},
        hayro_cmap::BfString,
    },
    kurbo::{Affine, BezPath, PathEl, Point, Rect, Shape, Vec2},
};
use hayro_syntax::Filter;
use unicode_normalization::UnicodeNormalization;

use super::{
    jpeg_scan::{Soundness, soundness},
    picture::Picture,
    raster::{jpeg_header, jpeg_is_whole},
};
use crate::domain::{
    page::BoxMm,
    text::{TextLine, Word},
};

/// Draw operations and glyphs that are noted; a page with more is not taken at its word.
const MAX_NOTED: usize = 300_000;

/// One glyph as it stands on the page.
pub(crate) struct SeenGlyph {
    /// Its letters; empty when the font does not tell.
    text: String,
    origin: Point,
    advance: Vec2,
    size: f64,
    is_visible: bool,
    order: usize,
}

/// One image as it stands on the page.
pub(crate) struct SeenImage {
    pub bounds: Rect,
    pub width_px: u32,
    pub height_px: u32,
    pub placement: Affine,
    pub is_plain: bool,
    /// One bit per pixel.
    pub is_bilevel: bool,
    /// A JPEG of three channels.
    pub is_colour_jpeg: bool,
    pub order: usize,
}

impl SeenImage {
    /// Resolution on paper, the lower of both directions; 0 when it has no extent.
    pub(crate) fn dpi(&self) -> f64 {
        let [a, b, c, d, _, _] = self.placement.as_coeffs();
        let (x_mm, y_mm) = (a.hypot(b), c.hypot(d)); // millimetres per pixel
        let coarser = x_mm.max(y_mm);
        if coarser > 0.0 && coarser.is_finite() { 25.4 / coarser } else { 0.0 }
    }
}

/// Which images are decoded on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Wanted {
    /// None.
    #[default]
    Nothing,
    /// All, for their sizes alone.
    Sizes,
    /// The one of this order.
    Image(usize),
}

/// Notes what is drawn; decodes images on request.
#[derive(Default)]
pub(crate) struct Survey {
    pub images: Vec<SeenImage>,
    pub glyphs: Vec<SeenGlyph>,
    /// Order of the last filled or stroked path that covers anything to speak of.
    pub last_path: Option<usize>,
    /// Paths that look like letters drawn as outlines.
    pub n_letter_paths: usize,
    pub n_paths: usize,
    pub is_overfull: bool,
    order: usize,
    wanted: Wanted,
    pub decoded: Option<Picture>,
    pub is_damaged: bool,
}

impl Survey {
    /// Notes everything, and decodes what is wanted.
    pub(crate) fn wanting(wanted: Wanted) -> Self {
        Self { wanted, ..Self::default() }
    }

    /// Whether nothing at all is drawn.
    pub(crate) fn is_empty(&self) -> bool {
        self.order == 0
    }

    fn next(&mut self) -> usize {
        self.order += 1;
        self.is_overfull |= self.order > MAX_NOTED || self.glyphs.len() > MAX_NOTED;
        self.order
    }
}

fn is_white(paint: &Paint<'_>) -> bool {
    match paint {
        Paint::Color(colour) => {
            let [r, g, b, alpha] = colour.to_rgba().components();
            alpha < 0.05 || (r > 0.95 && g > 0.95 && b > 0.95)
        }
        Paint::Pattern(_) => false,
    }
}

impl<'a> Device<'a> for Survey {
    fn draw_path(&mut self, path: &BezPath, props: DrawProps<'a>, _mode: &DrawMode) {
        let order = self.next();
        if self.is_overfull {
            return;
        }
        let bounds = (props.transform * path.clone()).bounding_box();
        if bounds.width().max(bounds.height()) >= 1.5 {
            self.last_path = Some(order);
        }
        self.n_paths += 1;
        let has_curve = path.elements().iter().any(|e| matches!(e, PathEl::CurveTo(..) | PathEl::QuadTo(..)));
        if has_curve && (0.7..=9.0).contains(&bounds.height()) && !is_white(&props.paint) {
            self.n_letter_paths += 1;
        }
    }

    fn push_clip_path(&mut self, _: &ClipPath) {}
    fn push_clip_rect(&mut self, _: &Rect) {}
    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {}
    fn pop_clip(&mut self) {}
    fn pop_transparency_group(&mut self) {}

    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, props: DrawProps<'a>, mode: &DrawMode) {
        let order = self.next();
        if self.is_overfull {
            return;
        }
        let is_visible = !matches!(mode, DrawMode::Invisible) && !is_white(&props.paint);
        for positioned in run.glyphs() {
            let place = props.transform * positioned.transform();
            let text = match positioned.as_unicode() {
                Some(BfString::Char(c)) => c.to_string(),
                Some(BfString::String(s)) => s,
                None => String::new(),
            };
            let glyph: &Glyph<'_> = positioned;
            let width = match glyph {
                Glyph::Outline(g) => g.advance_width(),
                Glyph::Type3(g) => g.advance_width(),
            };
            let origin = place * Point::ZERO;
            let advance = place * Point::new(f64::from(width.unwrap_or(500.0)), 0.0) - origin;
            let size = (place * Point::new(0.0, 1000.0) - origin).hypot();
            self.glyphs.push(SeenGlyph { text, origin, advance, size, is_visible, order });
        }
    }

    fn draw_image(&mut self, image: Image<'a, '_>, props: ImageDrawProps<'a>) {
        let order = self.next();
        let (width_px, height_px) = (image.width(), image.height());
        let corners = Rect::new(0.0, 0.0, f64::from(width_px), f64::from(height_px));
        let is_plain = match &image {
            Image::Raster(r) => {
                let dict = r.stream().dict();
                !dict.contains_key(b"SMask")
                    && !dict.contains_key(b"Mask")
                    && !dict.contains_key(b"SMaskInData")
            }
            Image::Stencil(_) => false,
        } && props.soft_mask.is_none();
        let stream = match &image {
            Image::Raster(r) => r.stream(),
            Image::Stencil(s) => s.stream(),
        };
        let mut is_colour_jpeg = false;
        let filters = stream.filters();
        if let [Filter::DctDecode] = filters.as_slice() {
            let bytes = stream.raw_data();
            self.is_damaged |= !jpeg_is_whole(&bytes) || soundness(&bytes) == Soundness::Damaged;
            is_colour_jpeg = jpeg_header(&bytes).is_ok_and(|h| h.channels >= 3);
        }
        let is_bilevel = matches!(image, Image::Stencil(_))
            || matches!(filters.last(), Some(Filter::CcittFaxDecode | Filter::Jbig2Decode))
            || stream.dict().get::<u8>(b"BitsPerComponent") == Some(1);
        if self.images.len() < 10_000 {
            self.images.push(SeenImage {
                bounds: props.transform.transform_rect_bbox(corners),
                width_px,
                height_px,
                placement: props.transform,
                is_plain,
                is_bilevel,
                is_colour_jpeg,
                order,
            });
        }
        if self.wanted != Wanted::Nothing {
            self.decode(order, image);
        }
    }
}

impl Survey {
    /// Decodes an image if it is wanted; one that comes out smaller than it says is damaged.
    fn decode(&mut self, order: usize, image: Image<'_, '_>) {
        let is_wanted = self.wanted == Wanted::Image(order);
        if !is_wanted && self.wanted != Wanted::Sizes {
            return;
        }
        let declared = (image.width(), image.height());
        let mut size = None;
        match image {
            Image::Raster(raster) => {
                let decoded = &mut self.decoded;
                raster.with_rgba(
                    |data, _alpha| {
                        size = Some((data.width(), data.height()));
                        if is_wanted {
                            *decoded = to_picture(data);
                        }
                    },
                    None,
                );
            }
            Image::Stencil(stencil) => {
                stencil.with_stencil(|data, _paint| size = Some((data.width, data.height)), None)
            }
        }
        let is_all = |found: u32, declared: u32| u64::from(found) * 100 >= u64::from(declared) * 99;
        self.is_damaged |= !size.is_some_and(|s| is_all(s.0, declared.0) && is_all(s.1, declared.1));
    }
}

fn to_picture(data: ImageData) -> Option<Picture> {
    match data {
        ImageData::Rgb(d) => image::RgbImage::from_raw(d.width, d.height, d.data).map(Picture::Rgb),
        ImageData::Luma(d) => image::GrayImage::from_raw(d.width, d.height, d.data).map(Picture::Grey),
    }
}

/// Whether the letters of these glyphs can be taken at their word: the fonts tell them, and they are
/// what Vietnamese papers are written with. Text in an old 8-bit encoding fails here, and is read instead.
pub(crate) fn is_credible(glyphs: &[SeenGlyph]) -> bool {
    let visible = glyphs.iter().filter(|g| g.is_visible && g.text != " ");
    let (mut n, mut n_odd) = (0usize, 0usize);
    for glyph in visible {
        n += 1;
        let is_fine = !glyph.text.is_empty() && glyph.text.nfc().all(is_of_vietnamese_papers);
        n_odd += usize::from(!is_fine);
    }
    n > 0 && n_odd * 100 <= n
}

fn is_of_vietnamese_papers(c: char) -> bool {
    c == '\u{a0}'
        || (' '..='~').contains(&c)
        || "àáảãạăằắẳẵặâầấẩẫậèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵđ".contains(c)
        || "ÀÁẢÃẠĂẰẮẲẴẶÂẦẤẨẪẬÈÉẺẼẸÊỀẾỂỄỆÌÍỈĨỊÒÓỎÕỌÔỒỐỔỖỘƠỜỚỞỠỢÙÚỦŨỤƯỪỨỬỮỰỲÝỶỸỴĐ".contains(c)
        || "–—‑‐“”‘’„«»…•·●○■□▪☐☑☒✓✔°²³½×÷±≤≥≠→←−µ§©®™€₫′″\u{ad}".contains(c)
        || ('\u{300}'..='\u{323}').contains(&c)
        || ('\u{e000}'..='\u{f0ff}').contains(&c) && is_bullet(c)
}

/// Bullets of symbol fonts, as word processors write them.
fn is_bullet(c: char) -> bool {
    matches!(c, '\u{f0b7}' | '\u{f0a7}' | '\u{f02d}' | '\u{f0d8}' | '\u{f0fc}' | '\u{f0a8}' | '\u{f0fe}')
}

/// Degrees clockwise that bring most of the visible text upright.
pub(crate) fn text_rotation(glyphs: &[SeenGlyph]) -> u16 {
    let mut n = [0usize; 4];
    glyphs.iter().filter(|g| g.is_visible).for_each(|g| n[quarter(g.advance)] += 1);
    let most = (0..4).max_by_key(|q| (n[*q], 4 - q)).unwrap_or(0);
    [0, 270, 180, 90][most]
}

/// The direction of writing: 0 right, 1 down, 2 left, 3 up.
fn quarter(advance: Vec2) -> usize {
    match (advance.x.abs() >= advance.y.abs(), advance.x >= 0.0, advance.y >= 0.0) {
        (true, true, _) => 0,
        (true, false, _) => 2,
        (false, _, true) => 1,
        (false, _, false) => 3,
    }
}

/// A glyph along its own direction: `u` runs with the writing, `v` down from line to line.
struct Placed<'g> {
    glyph: &'g SeenGlyph,
    u: f64,
    v: f64,
    width: f64,
}

struct OpenWord {
    text: String,
    u0: f64,
    u1: f64,
    v: f64,
    size: f64,
}

/// The visible words after draw operation `after`, in lines, as displayed on a page of this size (mm).
pub(crate) fn words(glyphs: &[SeenGlyph], after: usize, width: f64, height: f64) -> Vec<TextLine> {
    let mut lines = Vec::new();
    for direction in 0..4 {
        let placed: Vec<Placed<'_>> = glyphs
            .iter()
            .filter(|g| g.is_visible && g.order > after && g.size > 0.3 && g.size < 200.0)
            .filter(|g| quarter(g.advance) == direction)
            .filter(|g| {
                (-1.0..=width + 1.0).contains(&g.origin.x) && (-1.0..=height + 1.0).contains(&g.origin.y)
            })
            .map(|glyph| {
                let (u, v) = along(direction, glyph.origin);
                Placed { glyph, u, v, width: glyph.advance.hypot() }
            })
            .collect();
        let words = into_words(&without_doubles(placed));
        lines.extend(into_lines(words, direction));
    }
    for (line, block) in lines.iter_mut().zip(1..) {
        line.block = block;
    }
    lines
}

fn along(direction: usize, p: Point) -> (f64, f64) {
    match direction {
        0 => (p.x, p.y),
        1 => (p.y, -p.x),
        2 => (-p.x, -p.y),
        _ => (-p.y, p.x),
    }
}

/// Back from the direction of writing to the page.
fn box_mm(direction: usize, u0: f64, v0: f64, u1: f64, v1: f64) -> BoxMm {
    let (x0, y0, x1, y1) = match direction {
        0 => (u0, v0, u1, v1),
        1 => (-v1, u0, -v0, u1),
        2 => (-u1, -v1, -u0, -v0),
        _ => (v0, -u1, v1, -u0),
    };
    BoxMm { left: x0 as f32, top: y0 as f32, width: (x1 - x0) as f32, height: (y1 - y0) as f32 }
}

/// Drops what is drawn twice at nearly the same place, as some programs do for bold.
fn without_doubles(placed: Vec<Placed<'_>>) -> Vec<Placed<'_>> {
    let mut seen: HashMap<(i64, i64), Vec<usize>> = HashMap::new();
    let mut kept: Vec<Placed<'_>> = Vec::with_capacity(placed.len());
    for p in placed {
        let cell = |v: f64| (v / 2.0).floor() as i64;
        let is_double = (-1..=1).any(|i| {
            (-1..=1).any(|j| {
                seen.get(&(cell(p.u) + i, cell(p.v) + j)).is_some_and(|at| {
                    at.iter().any(|k| {
                        let other = &kept[*k];
                        let near = 0.12 * p.glyph.size;
                        other.glyph.text == p.glyph.text
                            && (other.u - p.u).abs() < near
                            && (other.v - p.v).abs() < near
                    })
                })
            })
        });
        if is_double {
            continue;
        }
        seen.entry((cell(p.u), cell(p.v))).or_default().push(kept.len());
        kept.push(p);
    }
    kept
}

/// Joins glyphs, in the order in which they were drawn, into words.
fn into_words(placed: &[Placed<'_>]) -> Vec<OpenWord> {
    let mut words: Vec<OpenWord> = Vec::new();
    let mut is_open = false;
    for p in placed {
        let size = p.glyph.size;
        let is_space =
            p.glyph.text.is_empty() || p.glyph.text.chars().all(|c| c.is_whitespace() || c == '\u{ad}');
        if is_space {
            is_open = false;
            continue;
        }
        let follows = words.last().filter(|_| is_open).is_some_and(|w| {
            let gap = p.u - w.u1;
            (w.v - p.v).abs() < 0.25 * size && gap < 0.18 * size && gap > -0.6 * size
        });
        match words.last_mut().filter(|_| follows) {
            Some(word) => {
                word.text.push_str(&p.glyph.text);
                word.u1 = word.u1.max(p.u + p.width);
                word.size = word.size.max(size);
            }
            None => {
                words.push(OpenWord { text: p.glyph.text.clone(), u0: p.u, u1: p.u + p.width, v: p.v, size })
            }
        }
        is_open = true;
    }
    words
}

/// Sets words on lines: level with each other, and no gap wider than two letters' height.
fn into_lines(mut words: Vec<OpenWord>, direction: usize) -> Vec<TextLine> {
    words.sort_by(|a, b| a.v.total_cmp(&b.v));
    let mut rows: Vec<Vec<OpenWord>> = Vec::new();
    for word in words {
        let fits = rows
            .last()
            .and_then(|row| row.last())
            .is_some_and(|w| (word.v - w.v).abs() < 0.3 * word.size.min(w.size));
        match rows.last_mut().filter(|_| fits) {
            Some(row) => row.push(word),
            None => rows.push(vec![word]),
        }
    }
    let mut lines = Vec::new();
    for mut row in rows {
        row.sort_by(|a, b| a.u0.total_cmp(&b.u0));
        let mut line = TextLine::default();
        let mut end = f64::NEG_INFINITY;
        for word in row {
            if word.u0 - end > 2.0 * word.size && !line.words.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            end = word.u1;
            let text: String = word.text.nfc().filter(|c| !c.is_control()).collect();
            if !text.is_empty() {
                let place =
                    box_mm(direction, word.u0, word.v - 0.78 * word.size, word.u1, word.v + 0.22 * word.size);
                line.words.push(Word { text, place, confidence: 1.0, is_print: false });
            }
        }
        if !line.words.is_empty() {
            lines.push(line);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn glyphs(text: &str, x: f64, y: f64, direction: Vec2) -> Vec<SeenGlyph> {
        let step = direction * 2.0;
        text.chars()
            .enumerate()
            .map(|(i, c)| SeenGlyph {
                text: c.to_string(),
                origin: Point::new(x, y) + step * i as f64,
                advance: step,
                size: 4.6,
                is_visible: true,
                order: 1,
            })
            .collect()
    }

    #[test]
    fn words_of_one_height_make_a_line_whatever_the_order_of_drawing() {
        let mut all = glyphs("Số:", 30.0, 40.0, Vec2::new(1.0, 0.0));
        all.extend(glyphs("/TB-UBND", 44.0, 40.0, Vec2::new(1.0, 0.0)));
        all.extend(glyphs("ngày 06", 120.0, 40.3, Vec2::new(1.0, 0.0)));
        all.extend(glyphs("542", 38.0, 40.1, Vec2::new(1.0, 0.0)));
        all.extend(glyphs("542", 38.1, 40.1, Vec2::new(1.0, 0.0))); // bold by drawing twice
        let lines: Vec<String> = words(&all, 0, 210.0, 297.0).iter().map(TextLine::text).collect();
        assert_eq!(lines, ["Số: 542 /TB-UBND", "ngày 06"]);
    }

    #[test]
    fn text_on_its_side_is_put_together_along_its_direction() {
        for (direction, rotation) in
            [((1.0, 0.0), 0), ((0.0, 1.0), 270), ((-1.0, 0.0), 180), ((0.0, -1.0), 90)]
        {
            let all = glyphs("Quyết định", 100.0, 100.0, Vec2::new(direction.0, direction.1));
            assert_eq!(text_rotation(&all), rotation);
            let lines = words(&all, 0, 210.0, 297.0);
            assert_eq!(lines[0].text(), "Quyết định");
            let place = lines[0].place().unwrap();
            assert!(place.width > 0.0 && place.height > 0.0 && place.left > 70.0 && place.right() < 130.0);
        }
    }

    #[test]
    fn old_encodings_are_not_taken_at_their_word() {
        let check = |text: &str, expected: bool| {
            assert_eq!(is_credible(&glyphs(text, 10.0, 10.0, Vec2::new(1.0, 0.0))), expected, "{text}");
        };
        check("Quyết định số 12/QĐ-UBND “về việc” – …", true);
        check("QuyÕt ®Þnh sè 12/Q§-UBND vÒ viÖc hç trî", false);
        check("Quye\u{302}\u{301}t", true);
        check("", false);
    }
}
