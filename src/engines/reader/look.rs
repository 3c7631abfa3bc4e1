//! One page, looked at: decoded, turned upright, measured, read.

use std::time::Instant;

use image::GrayImage;

use super::{
    answer::{Depth, PageAnswer, Timings},
    confine,
};
use crate::{
    domain::{
        page::{BoxMm, PageFacts},
        text::{PageText, TextLine, TextSource},
    },
    engines::{
        imaging::{
            DecodedPage, Thumbnail, Turn, Writing, deskew, fault::ReadError, is_blank, open::Opened,
            page_number, resize_grey, turn_grey,
        },
        ocr::{self, Engine, Upright},
    },
};

/// The engine: started before the process confines itself, as it reads its model from files.
pub(super) struct LazyEngine {
    engine: Option<Engine>,
    /// Processor time for a page once it is decoded, seconds.
    pub rest_seconds: u64,
}

impl LazyEngine {
    /// Starts it; without a model the pages can still be checked.
    pub(super) fn warm() -> Self {
        Self { engine: Engine::start().ok(), rest_seconds: 0 }
    }

    fn get(&mut self) -> Result<&mut Engine, ReadError> {
        self.engine.as_mut().ok_or(ReadError::NoLanguageModel)
    }
}

/// Looks at page `index` (from 0) of a paper.
pub(super) fn look_at(
    paper: &Opened,
    index: u32,
    depth: Depth,
    engine: &mut LazyEngine,
) -> Result<PageAnswer, ReadError> {
    let started = Instant::now();
    let page = paper.decode(index as usize)?;
    confine::allow_processor(engine.rest_seconds);
    let decoded = Instant::now();
    let small = page.picture.small_grey(1000);
    let blank = is_blank_page(&page, &small);
    let mut looked = Looked::at(page, small, blank, engine)?;
    let measured = Instant::now();
    let text = looked.words(index + 1, depth, engine)?;
    looked.facts.position = index + 1;
    looked.facts.original_page = index + 1;
    looked.facts.printed_number = looked.printed_number(&text, engine)?;
    let ms = |from: Instant, to: Instant| u64::try_from((to - from).as_millis()).unwrap_or(u64::MAX);
    let timings = Timings {
        decode_ms: ms(started, decoded),
        check_ms: ms(decoded, measured),
        ocr_ms: ms(measured, Instant::now()),
    };
    Ok(PageAnswer {
        facts: looked.facts,
        text,
        thumbnail: looked.thumbnail,
        is_damaged: looked.is_damaged,
        timings,
    })
}

fn is_blank_page(page: &DecodedPage, small: &GrayImage) -> bool {
    let (w, h) = (small.width() * 3 / 5, small.height() * 3 / 5);
    page.own_words.is_empty() && !page.is_damaged && is_blank(&resize_grey(small, w.max(1), h.max(1)))
}

/// A page turned upright.
struct Looked {
    facts: PageFacts,
    /// The red channel, upright.
    grey: GrayImage,
    own_words: Vec<TextLine>,
    is_text_complete: bool,
    is_damaged: bool,
    thumbnail: Thumbnail,
}

impl Looked {
    fn at(
        page: DecodedPage,
        small: GrayImage,
        blank: bool,
        engine: &mut LazyEngine,
    ) -> Result<Self, ReadError> {
        let (rotation, skew) = match page.text_rotation {
            Some(rotation) => (rotation, 0.0),
            None if blank => (0, 0.0),
            None => way_up(&page, &small, engine)?,
        };
        let is_turned = rotation % 180 == 90;
        let (w, h) = (page.width_mm, page.height_mm);
        let (width_mm, height_mm) = if is_turned { (h, w) } else { (w, h) };
        let upright = turn_grey(small, rotation);
        let own_words = turn_lines(page.own_words, w, h, rotation);
        Ok(Self {
            facts: PageFacts {
                position: 0,
                printed_number: None,
                original_page: 0,
                width_mm,
                height_mm,
                dpi: page.dpi,
                colour: page.colour,
                rotation,
                skew_degrees: skew,
                blank,
                duplicate_of: None,
                note_pair: None,
            },
            grey: turn_grey(page.picture.red_channel(), rotation),
            own_words,
            is_text_complete: page.is_text_complete,
            is_damaged: page.is_damaged,
            thumbnail: Thumbnail::of(&upright),
        })
    }

    fn upright(&self) -> Upright<'_> {
        Upright {
            grey: &self.grey,
            width_mm: self.facts.width_mm,
            height_mm: self.facts.height_mm,
            skew_degrees: self.facts.skew_degrees,
        }
    }

    fn words(&mut self, position: u32, depth: Depth, engine: &mut LazyEngine) -> Result<PageText, ReadError> {
        let own = std::mem::take(&mut self.own_words);
        if self.is_text_complete {
            return Ok(PageText { position, source: TextSource::TextLayer, lines: own });
        }
        if self.facts.blank || depth == Depth::Check {
            return Ok(PageText { position, source: TextSource::Nothing, lines: Vec::new() });
        }
        let mut lines = ocr::read_page(engine.get()?, &self.upright())?;
        // What was laid over the scan follows, in blocks of its own.
        let next = lines.iter().map(|l| l.block).max().unwrap_or(0) + 1;
        lines.extend(own.into_iter().map(|l| TextLine { block: l.block + next, ..l }));
        Ok(PageText { position, source: TextSource::Ocr, lines })
    }

    /// The printed page number: from the words, or from its zone alone; both must agree where both speak.
    fn printed_number(&self, text: &PageText, engine: &mut LazyEngine) -> Result<Option<u32>, ReadError> {
        let from_words = page_number::from_words(text, self.facts.width_mm, self.facts.height_mm);
        if self.is_text_complete || self.facts.blank {
            return Ok(from_words);
        }
        let straight;
        let grey = if self.facts.skew_degrees.abs() >= 0.3 {
            straight = deskew(&self.grey, self.facts.skew_degrees);
            &straight
        } else {
            &self.grey
        };
        let Some(zone) = page_number::zone_above(grey, self.facts.width_mm) else { return Ok(from_words) };
        let dpi = grey.width() as f32 / self.facts.width_mm * 25.4;
        let from_zone = ocr::read_digits(engine.get()?, &zone, dpi)?;
        Ok(match (from_words, from_zone) {
            (Some(a), Some(b)) if a != b => None,
            (a, b) => a.or(b),
        })
    }
}

/// Degrees clockwise that bring the page upright, and the skew that is left then.
///
/// The ink decides where it is sure; the densest part is read both ways where it is not. Too little text
/// to tell stays as it came.
fn way_up(page: &DecodedPage, small: &GrayImage, engine: &mut LazyEngine) -> Result<(u16, f32), ReadError> {
    let writing = Writing::of(small);
    let sideways = writing.is_sideways();
    let candidates: &[u16] = match sideways {
        Turn::No => &[0],
        Turn::Yes => &[90],
        Turn::InDoubt => &[0, 90],
    };
    for &turn in candidates {
        let turned = writing.turned(turn);
        let skew = turned.skew_degrees();
        let is_on_its_head = match (turned.is_upside_down(skew), sideways) {
            (Turn::Yes, Turn::Yes | Turn::No) => Some(true),
            (Turn::No, Turn::Yes | Turn::No) => Some(false),
            _ => settle_by_reading(page, turn, skew, engine)?.map(|is_right| !is_right),
        };
        if let Some(is_on_its_head) = is_on_its_head {
            return Ok((if is_on_its_head { turn + 180 } else { turn }, skew));
        }
    }
    Ok((0, writing.skew_degrees()))
}

/// Whether the page, turned so, is the right way up; `None` when neither reading makes sense.
fn settle_by_reading(
    page: &DecodedPage,
    turn: u16,
    skew: f32,
    engine: &mut LazyEngine,
) -> Result<Option<bool>, ReadError> {
    let grey = turn_grey(page.picture.red_channel(), turn);
    let is_turned = turn % 180 == 90;
    let (w, h) = (page.width_mm, page.height_mm);
    let (width_mm, height_mm) = if is_turned { (h, w) } else { (w, h) };
    let upright = Upright { grey: &grey, width_mm, height_mm, skew_degrees: skew };
    ocr::looks_right_way_up(engine.get()?, &upright)
}

fn turn_lines(mut lines: Vec<TextLine>, width: f32, height: f32, degrees: u16) -> Vec<TextLine> {
    for word in lines.iter_mut().flat_map(|l| &mut l.words) {
        word.place = turn_box(word.place, width, height, degrees);
    }
    lines
}

/// A box on a page of this size, after the page was turned clockwise.
fn turn_box(b: BoxMm, width: f32, height: f32, degrees: u16) -> BoxMm {
    match degrees {
        90 => BoxMm { left: height - b.bottom(), top: b.left, width: b.height, height: b.width },
        180 => BoxMm { left: width - b.right(), top: height - b.bottom(), ..b },
        270 => BoxMm { left: b.top, top: width - b.right(), width: b.height, height: b.width },
        _ => b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_turn_with_their_page() {
        let b = BoxMm { left: 10.0, top: 20.0, width: 30.0, height: 5.0 };
        for (degrees, expected) in [
            (0, [10.0, 20.0, 30.0, 5.0]),
            (90, [272.0, 10.0, 5.0, 30.0]),
            (180, [170.0, 272.0, 30.0, 5.0]),
            (270, [20.0, 170.0, 5.0, 30.0]),
        ] {
            assert_eq!(<[f32; 4]>::from(turn_box(b, 210.0, 297.0, degrees)), expected, "{degrees}");
        }
        let there = turn_box(b, 210.0, 297.0, 90);
        assert_eq!(turn_box(there, 297.0, 210.0, 270), b);
    }
}
