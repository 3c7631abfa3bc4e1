//! One page, looked at: decoded, turned upright, measured, read.

use std::time::Instant;

use image::GrayImage;

use super::{
    answer::{Depth, Head, PageAnswer, Timings},
    confine,
    marks::{PageCode, codes_of},
};
use crate::{
    domain::{
        page::{BoxMm, Numbering, PageFacts, PageQuality},
        separator::sheet_mark,
        text::{PageText, TextLine, TextSource, Word},
    },
    engines::{
        imaging::{
            DecodedPage, Picture, Thumbnail, Turn, Writing, deskew,
            fault::{Limits, ReadError},
            is_blank, note,
            open::{self, Opened},
            page_number::{self, PrintedNumber, Shapes},
            patch,
            quality::{Scan, dpi_of_paper},
            resize_grey, secrecy, turn_grey, turn_picture,
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

    /// None, for a process that reads no words.
    pub(super) fn none() -> Self {
        Self { engine: None, rest_seconds: 0 }
    }

    pub(super) fn get(&mut self) -> Result<&mut Engine, ReadError> {
        self.engine.as_mut().ok_or(ReadError::NoLanguageModel)
    }
}

/// How a page is looked at.
#[derive(Clone, Copy)]
pub(super) struct Way<'a> {
    /// Which way is up, where a person said so.
    pub turn: Option<u16>,
    pub depth: Depth,
    /// Hears the words of the head before the rest is read, where the head was asked for.
    pub on_head: Option<&'a dyn Fn(Head)>,
}

/// Looks at page `index` (from 0) of a paper.
pub(super) fn look_at(
    paper: &Opened,
    index: u32,
    way: Way<'_>,
    engine: &mut LazyEngine,
) -> Result<PageAnswer, ReadError> {
    let Way { turn, depth, on_head } = way;
    let started = Instant::now();
    let page = paper.decode(index as usize)?;
    confine::allow_processor(engine.rest_seconds);
    let decoded = Instant::now();
    let little = page.picture.small(1000);
    let small = little.ink();
    let blank = is_blank_page(&page, &small);
    let bars = patch::bars(&small, page.width_mm, page.height_mm);
    let note = if blank { None } else { note::find(&page, &little) };
    let (rotation, skew) = way_of(&page, &small, blank, turn, engine)?;
    let marks = if blank { Vec::new() } else { read_marks(&page, (&little, &small), rotation, engine)? };
    let mut looked = Looked::at(page, (little, small), blank, note, (rotation, skew));
    let mut codes = looked.codes();
    looked.facts.separator = sheet_mark(codes.iter().map(|c| c.text.as_str()), bars);
    if looked.facts.separator.is_some() {
        codes.clear();
    }
    let measured = Instant::now();
    looked.facts.position = index + 1;
    looked.facts.original_page = index + 1;
    let marks = PageText { position: index + 1, source: TextSource::Ocr, lines: marks };
    let mut head_ms = None;
    let mut hear = |facts: &PageFacts, text: PageText| {
        head_ms = Some(ms(decoded, Instant::now()));
        if let Some(on_head) = on_head {
            on_head(Head { facts: facts.clone(), text, marks: marks.clone() });
        }
    };
    let on_head = on_head.map(|_| &mut hear as HearHead<'_>);
    let text = looked.words(index + 1, depth, engine, on_head)?;
    if let Some(printed) = looked.printed_number(&text, engine)? {
        looked.facts.printed_number = Some(printed.number);
        looked.facts.numbering = Some(printed.numbering);
    }
    let timings = Timings {
        decode_ms: ms(started, decoded),
        check_ms: ms(decoded, measured),
        ocr_ms: ms(measured, Instant::now()),
        head_ms,
    };
    Ok(PageAnswer {
        facts: looked.facts,
        text,
        thumbnail: looked.thumbnail,
        note: looked.note,
        marks,
        codes,
        is_damaged: looked.is_damaged,
        timings,
    })
}

fn ms(from: Instant, to: Instant) -> u64 {
    u64::try_from((to - from).as_millis()).unwrap_or(u64::MAX)
}

/// The pages of a paper as they are handed to Tesseract, each with its resolution: for holding the reading against
/// Tesseract alone. Reads in this very process, which is for files of one's own only.
///
/// # Errors
/// As opening, decoding and reading have them.
pub fn prepared_pages(files: Vec<Vec<u8>>, limits: Limits) -> Result<Vec<(GrayImage, f32)>, ReadError> {
    let paper = open::open(files, limits)?;
    let mut engine = LazyEngine::warm();
    let pages = 0..paper.container().n_pages as usize;
    let prepared = pages.map(|index| {
        let page = paper.decode(index)?;
        let little = page.picture.small(1000);
        let small = little.ink();
        let blank = is_blank_page(&page, &small);
        let way = way_of(&page, &small, blank, None, &mut engine)?;
        Ok(ocr::prepare(&Looked::at(page, (little, small), blank, None, way).upright()))
    });
    prepared.collect()
}

pub(super) fn is_blank_page(page: &DecodedPage, small: &GrayImage) -> bool {
    let (w, h) = (small.width() * 3 / 5, small.height() * 3 / 5);
    page.own_words.is_empty() && !page.is_damaged && is_blank(&resize_grey(small, w.max(1), h.max(1)))
}

/// Hears what was measured of a page, and the words of its head.
type HearHead<'a> = &'a mut dyn FnMut(&PageFacts, PageText);

/// A page turned upright.
struct Looked {
    facts: PageFacts,
    /// The sticky note on it.
    note: Option<BoxMm>,
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
        (little, small): (Picture, GrayImage),
        blank: bool,
        note: Option<BoxMm>,
        (rotation, skew): (u16, f32),
    ) -> Self {
        let is_turned = rotation % 180 == 90;
        let (w, h) = (page.width_mm, page.height_mm);
        let (width_mm, height_mm) = if is_turned { (h, w) } else { (w, h) };
        let quality = measure(&page, (&little, &small), rotation, blank);
        // Print too faint to be found by its darkness is print.
        let blank = blank && quality.x_height_mm.is_none();
        let upright = turn_grey(small, rotation);
        let own_words = turn_lines(page.own_words, w, h, rotation);
        Self {
            facts: PageFacts {
                dpi: dpi_of_paper(page.dpi, width_mm, height_mm, &quality),
                colour: page.colour,
                rotation,
                skew_degrees: skew,
                blank,
                has_note: note.is_some(),
                quality,
                ..PageFacts::unknown(0, width_mm, height_mm)
            },
            note: note.map(|n| turn_box(n, w, h, rotation)),
            grey: turn_grey(page.picture.red_channel(), rotation),
            own_words,
            is_text_complete: page.is_text_complete,
            is_damaged: page.is_damaged,
            thumbnail: Thumbnail::of(&upright),
        }
    }

    fn upright(&self) -> Upright<'_> {
        Upright {
            grey: &self.grey,
            width_mm: self.facts.width_mm,
            height_mm: self.facts.height_mm,
            skew_degrees: self.facts.skew_degrees,
        }
    }

    fn codes(&self) -> Vec<PageCode> {
        if self.facts.blank {
            return Vec::new();
        }
        codes_of(&self.grey, self.facts.width_mm, self.facts.height_mm)
    }

    fn words(
        &mut self,
        position: u32,
        depth: Depth,
        engine: &mut LazyEngine,
        on_head: Option<HearHead<'_>>,
    ) -> Result<PageText, ReadError> {
        let own = std::mem::take(&mut self.own_words);
        if self.is_text_complete {
            let text = PageText { position, source: TextSource::TextLayer, lines: own };
            if let Some(on_head) = on_head {
                on_head(&self.facts, text.clone());
            }
            return Ok(text);
        }
        if self.facts.blank || self.facts.separator.is_some() || depth == Depth::Check {
            return Ok(PageText { position, source: TextSource::Nothing, lines: Vec::new() });
        }
        let page = self.upright();
        let mut lines = match on_head {
            None => ocr::read_page(engine.get()?, &page, None)?,
            Some(on_head) => {
                let mut hear = |lines: &[TextLine]| {
                    let lines = lines.to_vec();
                    on_head(&self.facts, PageText { position, source: TextSource::Ocr, lines });
                };
                ocr::read_page(engine.get()?, &page, Some(&mut hear))?
            }
        };
        // What was laid over the scan follows, in blocks of its own.
        let next = lines.iter().map(|l| l.block).max().unwrap_or(0) + 1;
        lines.extend(own.into_iter().map(|l| TextLine { block: l.block + next, ..l }));
        Ok(PageText { position, source: TextSource::Ocr, lines })
    }

    /// The printed page number: from the words, or from its zone alone; both must agree where both speak.
    fn printed_number(
        &self,
        text: &PageText,
        engine: &mut LazyEngine,
    ) -> Result<Option<PrintedNumber>, ReadError> {
        let from_words = page_number::from_words(text, self.facts.width_mm, self.facts.height_mm);
        if self.is_text_complete || self.facts.blank || self.facts.separator.is_some() {
            return Ok(from_words);
        }
        let straight;
        let grey = if self.facts.skew_degrees.abs() >= 0.3 {
            straight = deskew(&self.grey, self.facts.skew_degrees);
            &straight
        } else {
            &self.grey
        };
        let dpi = grey.width() as f32 / self.facts.width_mm * 25.4;
        let above = page_number::zone_above(grey, self.facts.width_mm).map(|zone| (zone, false));
        // The foot is looked at where the head is silent.
        let zone = match (above, from_words) {
            (None, found) if found.is_none_or(|n| n.numbering.is_below) => {
                page_number::zone_below(grey, self.facts.width_mm).map(|zone| (zone, true))
            }
            (above, _) => above,
        };
        let Some((zone, is_below)) = zone else { return Ok(from_words) };
        let (arabic, roman) = match zone.shapes {
            Shapes::Roman(number) => (None, Some(number)),
            Shapes::LoneLetter(number) => {
                (ocr::read_number(engine.get()?, &zone.picture, dpi)?, Some(number))
            }
            Shapes::Unknown => (ocr::read_number(engine.get()?, &zone.picture, dpi)?, None),
        };
        let number = arabic.or(roman).filter(|n| *n > 0);
        let numbering = Numbering { is_roman: arabic.is_none(), is_below, of: None };
        let from_zone = number.map(|number| PrintedNumber { number, numbering });
        Ok(match (from_words, from_zone) {
            // Where both speak of one place they must agree; the shapes of Roman ones are surer.
            (Some(a), Some(b)) if a.numbering.is_below == is_below && a.number != b.number => {
                b.numbering.is_roman.then_some(b)
            }
            (a, b) => a.or(b),
        })
    }
}

/// How good the scan is; a drawn page was not scanned.
fn measure(
    page: &DecodedPage,
    (little, small): (&Picture, &GrayImage),
    rotation: u16,
    blank: bool,
) -> PageQuality {
    if page.dpi == 0 {
        return PageQuality::default();
    }
    PageQuality::of(&Scan {
        picture: &page.picture,
        small: little,
        ink: small,
        width_mm: page.width_mm,
        height_mm: page.height_mm,
        colour: page.colour,
        rotation,
        blank,
    })
}

/// Degrees clockwise that bring the page upright, and the skew that is left then; `turn` is a person's word.
fn way_of(
    page: &DecodedPage,
    small: &GrayImage,
    blank: bool,
    turn: Option<u16>,
    engine: &mut LazyEngine,
) -> Result<(u16, f32), ReadError> {
    match (turn, page.text_rotation) {
        (Some(turn), None) if !blank => Ok((turn, Writing::of(small).turned(turn).skew_degrees())),
        (Some(turn), _) => Ok((turn, 0.0)),
        (None, Some(rotation)) => Ok((rotation, 0.0)),
        (None, None) if blank => Ok((0, 0.0)),
        (None, None) => way_up(page, small, engine),
    }
}

/// Reads the places where a mark of secrecy may stand; what is read there lies where it was found.
fn read_marks(
    page: &DecodedPage,
    (little, small): (&Picture, &GrayImage),
    rotation: u16,
    engine: &mut LazyEngine,
) -> Result<Vec<TextLine>, ReadError> {
    if page.is_text_complete {
        return Ok(Vec::new());
    }
    let is_turned = rotation % 180 == 90;
    let (w, h) = (page.width_mm, page.height_mm);
    let (width_mm, height_mm) = if is_turned { (h, w) } else { (w, h) };
    let zones = secrecy::zones(
        &turn_grey(small.clone(), rotation),
        &turn_picture(little.clone(), rotation),
        width_mm,
    );
    let mut lines = Vec::new();
    for zone in zones {
        let b = turn_box(zone, width_mm, height_mm, (360 - rotation) % 360);
        let (across, down) = (page.picture.width() as f32 / w, page.picture.height() as f32 / h);
        let px = |mm: f32, per_mm: f32| (mm * per_mm).max(0.0) as u32;
        let part =
            page.picture.part(px(b.left, across), px(b.top, down), px(b.width, across), px(b.height, down));
        let part = turn_grey(part.ink(), rotation);
        // Lone words are read well at one size and badly at another: a mark at either counts.
        for at_dpi in [200.0, 130.0] {
            let text = ocr::read_line(engine.get()?, &part, across * 25.4, at_dpi)?;
            let word = |text| Word { text, place: zone, confidence: 1.0, is_print: false };
            lines.extend(text.map(|text| TextLine { block: 0, words: vec![word(text)] }));
        }
    }
    Ok(lines)
}

/// Degrees clockwise that bring the page upright, and the skew that is left then.
///
/// The ink decides where it is sure that nothing has to be turned; else the densest part is read both ways, as
/// lists of figures look alike on their head. Too little text to tell stays as it came.
fn way_up(page: &DecodedPage, small: &GrayImage, engine: &mut LazyEngine) -> Result<(u16, f32), ReadError> {
    let writing = Writing::of(small);
    let sideways = writing.is_sideways();
    let skew = writing.skew_degrees();
    let on_its_head = if sideways == Turn::No { writing.is_upside_down(skew) } else { Turn::InDoubt };
    if on_its_head == Turn::No {
        return Ok((0, skew));
    }
    let upended = writing.turned(90);
    let upended_skew = if sideways == Turn::No { 0.0 } else { upended.skew_degrees() };
    // Turn, skew and how much sense the page makes read so: ruled tables look as if they lay on their side.
    let mut ways: Vec<(u16, f32, f32)> = Vec::new();
    let candidates: &[(u16, f32)] =
        if sideways == Turn::No { &[(0, skew)] } else { &[(0, skew), (90, upended_skew)] };
    for &(turn, skew) in candidates {
        let (upright, on_its_head) = sense_both_ways(page, turn, skew, engine)?;
        ways.extend([(turn, skew, upright), (turn + 180, skew, on_its_head)]);
    }
    ways.sort_by(|a, b| b.2.total_cmp(&a.2));
    // A page really on its side reads well that way, and a table that is not yields a few words at most.
    let makes_sense = |turn: u16, most: f32, next: f32| match turn % 180 {
        0 => most >= 12.0 && most >= 1.6 * next,
        _ => most >= 60.0 && most >= 3.0 * next,
    };
    match ways.as_slice() {
        [(turn, skew, most), (_, _, next), ..] if makes_sense(*turn, *most, *next) => Ok((*turn, *skew)),
        // Nothing could be read: the ink alone decides where it is sure.
        _ if sideways == Turn::Yes => match upended.is_upside_down(upended_skew) {
            Turn::Yes => Ok((270, upended_skew)),
            Turn::No => Ok((90, upended_skew)),
            Turn::InDoubt => Ok((0, skew)),
        },
        [(0, _, most), (_, _, next), ..] if most > next => Ok((0, skew)),
        _ if on_its_head == Turn::Yes => Ok((180, skew)),
        _ => Ok((0, skew)),
    }
}

fn sense_both_ways(
    page: &DecodedPage,
    turn: u16,
    skew: f32,
    engine: &mut LazyEngine,
) -> Result<(f32, f32), ReadError> {
    let grey = turn_grey(page.picture.red_channel(), turn);
    let is_turned = turn % 180 == 90;
    let (w, h) = (page.width_mm, page.height_mm);
    let (width_mm, height_mm) = if is_turned { (h, w) } else { (w, h) };
    let upright = Upright { grey: &grey, width_mm, height_mm, skew_degrees: skew };
    ocr::sense_both_ways(engine.get()?, &upright)
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
