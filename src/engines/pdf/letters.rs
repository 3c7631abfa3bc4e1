//! Which letters lie over a page in annotations and fields, and what else is drawn there: so that what a field says can
//! be held against what it shows.
//!
//! Coordinates are user units of the page. Knows nothing of fields.

use std::panic::{AssertUnwindSafe, catch_unwind};

use hayro::{
    hayro_interpret::{
        BlendMode, ClipPath, Context, Device, DrawMode, DrawProps, Image, ImageDrawProps, InterpreterCache,
        InterpreterSettings, Paint, RenderContent, SoftMask, font::GlyphRun, hayro_cmap::BfString,
        interpret_page,
    },
    hayro_syntax::Pdf,
    kurbo::{Affine, BezPath, PathEl, Point, Rect, Shape},
};

/// Most glyphs and drawings that are noted.
const MOST_NOTED: usize = 50_000;
/// What is drawn fainter is not seen.
const FAINTEST: f32 = 0.05;
/// Smaller letters are not read, units of their size; smaller shapes neither.
const SMALLEST_LETTER: f64 = 3.0;
const SMALLEST: f64 = 1.0;
/// The ground of a field and its frame take so many shapes at most; letters can be put together of more.
const MOST_GROUNDS: usize = 12;

/// What is drawn over a page.
pub(in crate::engines) struct Overlaid {
    noted: Vec<Noted>,
    is_overfull: bool,
    /// What is clipped away now, from the outside in.
    clips: Vec<Rect>,
}

/// One thing that is drawn.
enum Noted {
    /// A glyph that is seen, where it stands, and its letters where its font tells them.
    Glyph { at: Point, letters: Option<String> },
    /// A shape that may be a letter, a picture, or something that covers letters.
    Shape { bounds: Rect, may_be_letter: bool },
}

/// What is read at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engines) enum Read {
    /// The letters, in the order they are drawn.
    Letters(String),
    /// Letters whose font does not tell them, outlines or pictures that may be letters, letters that are covered.
    Unknown,
}

impl Overlaid {
    /// Of a page; `None` where it cannot be read.
    pub(in crate::engines) fn of(pdf: &Pdf, index: usize) -> Option<Self> {
        let note = || {
            let page = pdf.pages().get(index)?;
            let settings = InterpreterSettings {
                render_content: RenderContent::ANNOTATIONS,
                ..InterpreterSettings::default()
            };
            let everywhere = Rect::new(-1e9, -1e9, 1e9, 1e9);
            let cache = InterpreterCache::new();
            let mut context = Context::new(Affine::IDENTITY, everywhere, &cache, page.xref(), settings);
            let mut overlaid = Self { noted: Vec::new(), is_overfull: false, clips: Vec::new() };
            interpret_page(page, &mut context, &mut overlaid);
            Some(overlaid)
        };
        catch_unwind(AssertUnwindSafe(note)).ok().flatten()
    }

    /// What is read within `[x0, y0, x1, y1]`.
    pub(in crate::engines) fn read(&self, [x0, y0, x1, y1]: [f32; 4]) -> Read {
        let area = Rect::new(x0.into(), y0.into(), x1.into(), y1.into()).abs().inflate(0.5, 0.5);
        let mut text = String::new();
        let (mut is_known, mut n_grounds) = (!self.is_overfull, 0);
        for noted in &self.noted {
            match noted {
                Noted::Glyph { at, letters } if area.contains(*at) => match letters {
                    Some(letters) => text.push_str(letters),
                    None => is_known = false,
                },
                Noted::Shape { bounds, may_be_letter } => {
                    let seen = bounds.intersect(area);
                    let is_there = seen.width() > SMALLEST && seen.height() > SMALLEST;
                    n_grounds += usize::from(is_there);
                    let is_harmless = !*may_be_letter && text.is_empty() && n_grounds <= MOST_GROUNDS;
                    is_known &= is_harmless || !is_there;
                }
                Noted::Glyph { .. } => {}
            }
        }
        if is_known { Read::Letters(text) } else { Read::Unknown }
    }

    fn note(&mut self, noted: Noted) {
        if self.noted.len() < MOST_NOTED {
            self.noted.push(noted);
        } else {
            self.is_overfull = true;
        }
    }

    fn clip(&mut self, by: Rect) {
        let clip = self.clips.last().map_or(by, |outer| outer.intersect(by));
        self.clips.push(clip);
    }

    fn shape(&mut self, bounds: Rect, may_be_letter: bool) {
        let bounds = self.clips.last().map_or(bounds, |clip| clip.intersect(bounds));
        self.note(Noted::Shape { bounds, may_be_letter });
    }
}

fn is_unseen(paint: &Paint<'_>) -> bool {
    match paint {
        Paint::Color(colour) => {
            let [r, g, b, alpha] = colour.to_rgba().components();
            alpha < FAINTEST || [r, g, b].iter().all(|part| *part > 1.0 - FAINTEST)
        }
        Paint::Pattern(_) => false,
    }
}

/// Whether a path goes up, down and sideways only.
fn is_of_a_frame(path: &BezPath) -> bool {
    let mut last = Point::ZERO;
    path.elements().iter().all(|element| match element {
        PathEl::MoveTo(to) => {
            last = *to;
            true
        }
        PathEl::LineTo(to) => {
            let is_straight = (to.x - last.x).abs() < 0.1 || (to.y - last.y).abs() < 0.1;
            last = *to;
            is_straight
        }
        PathEl::ClosePath => true,
        PathEl::CurveTo(..) | PathEl::QuadTo(..) => false,
    })
}

impl<'a> Device<'a> for Overlaid {
    fn draw_path(&mut self, path: &BezPath, props: DrawProps<'a>, mode: &DrawMode) {
        let is_filled = !matches!(mode, DrawMode::Stroke(_) | DrawMode::Invisible);
        // Lines around and under a field, and the ground it lies on, are no letters.
        let may_be_letter = !is_unseen(&props.paint) && !is_of_a_frame(path);
        if may_be_letter || is_filled {
            self.shape((props.transform * path.clone()).bounding_box(), may_be_letter);
        }
    }

    fn push_clip_path(&mut self, clip: &ClipPath) {
        self.clip(clip.path.bounding_box());
    }

    fn push_clip_rect(&mut self, rect: &Rect) {
        self.clip(*rect);
    }

    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {}

    fn pop_clip(&mut self) {
        self.clips.pop();
    }

    fn pop_transparency_group(&mut self) {}

    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, props: DrawProps<'a>, mode: &DrawMode) {
        if matches!(mode, DrawMode::Invisible) || is_unseen(&props.paint) {
            return;
        }
        for glyph in run.glyphs() {
            let place = props.transform * glyph.transform();
            let at = place * Point::ZERO;
            let height = (place * Point::new(0.0, 1000.0) - at).hypot();
            let is_clipped = self.clips.last().is_some_and(|clip| !clip.inflate(0.5, 0.5).contains(at));
            if height < SMALLEST_LETTER || is_clipped {
                continue;
            }
            let letters = match glyph.as_unicode() {
                Some(BfString::Char(letter)) => Some(letter.to_string()),
                Some(BfString::String(letters)) => Some(letters),
                None => None,
            };
            self.note(Noted::Glyph { at, letters });
        }
    }

    fn draw_image(&mut self, image: Image<'a, '_>, props: ImageDrawProps<'a>) {
        let size = Rect::new(0.0, 0.0, f64::from(image.width()), f64::from(image.height()));
        self.shape(props.transform.transform_rect_bbox(size), true);
    }
}
