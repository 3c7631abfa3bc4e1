//! Papers to measure reading by, the truth about every field of them, and the judge of what a program read.
//!
//! ```text
//! generate reading --out DIR --count 330 --seed 7
//! generate judge-reading --dir DIR --answers ANSWERS.ndjson
//! generate reliability --dir DIR --answers ANSWERS.ndjson
//! ```
//!
//! The last third is held out: fonts, head, margins, wording, order of entries and scanners that the others do not
//! have. Nothing may be tuned on it.

mod digital;
mod judge;
mod manner;
mod reliability;
mod table;
mod truth;
mod way;
mod words;

use std::path::Path;

use super::container::{self, Container, Depth, Storage, TiffPacking};
use super::fonts::Fonts;
use super::ink;
use super::kinds::Kind;
use super::pages::scanner;
use super::random::Random;
use super::raster::Picture;
use super::sheet::Sheet;
use super::spoil;
use super::{GenerateError, PaperFile};
pub use judge::Reading;
pub use reliability::Reliability;
pub use truth::ReadingTruth;
use way::Way;

/// A set of papers to be read.
#[derive(Clone, Copy, Debug)]
pub struct ReadingPlan {
    /// Where all chances come from.
    pub seed: u64,
    /// Papers in all; the last third is held out.
    pub n_papers: usize,
    /// Pixels per inch in place of those by chance: small for tests.
    pub dpi: Option<u32>,
}

/// One paper that is wanted.
#[derive(Clone, Copy, Debug)]
pub struct ReadingOrder {
    number: usize,
    kind: Kind,
    way: Way,
    seed: u64,
    is_held_out: bool,
    dpi: Option<u32>,
}

/// A finished paper.
pub struct ReadingPaper {
    /// File name without extension.
    pub stem: String,
    /// The file, or the pictures of the folder.
    pub files: Vec<PaperFile>,
    /// What it says.
    pub truth: ReadingTruth,
}

impl ReadingPlan {
    /// The orders: kinds in turn, and for each kind the ways that suit it in turn.
    pub fn orders(&self) -> Vec<ReadingOrder> {
        let n_tuned = self.n_papers - self.n_papers / 3;
        let kinds = Kind::all();
        (0..self.n_papers)
            .map(|at| {
                let is_held_out = at >= n_tuned;
                let nth = if is_held_out { at - n_tuned } else { at };
                let (slot, round) = (nth % kinds.len(), nth / kinds.len());
                let kind = kinds[slot];
                let ways = Way::for_kind(kind);
                // Neighbouring kinds are spoiled differently, and the held-out third in another order.
                let way = ways[(slot * 3 + round * 7 + usize::from(is_held_out) * 4) % ways.len()];
                let set = if is_held_out { "held out" } else { "tuned on" };
                let seed = Random::for_purpose(self.seed, &format!("reading {set} {nth}")).bits();
                ReadingOrder { number: at + 1, kind, way, seed, is_held_out, dpi: self.dpi }
            })
            .collect()
    }
}

impl ReadingOrder {
    /// Writes, spoils, scans and packs the paper.
    ///
    /// # Errors
    /// [`GenerateError::GlyphMissing`], or an encoder's error.
    pub fn make(&self, fonts: &Fonts) -> Result<ReadingPaper, GenerateError> {
        let (kind, way) = (self.kind, self.way);
        let mut random = Random::for_purpose(self.seed, "reading");
        let look = way.look(kind, &mut random);
        let sheet = kind.sheet(fonts, look.clone(), self.seed);
        let mut sheet = manner::dress(sheet, kind, self.is_held_out, &mut random);
        let fields = kind.write(&mut sheet, self.seed);
        fonts.complete()?;
        let mut facts = truth::facts(kind, &fields, &look);
        way.mark(&mut sheet, &mut facts, &mut random);
        let (text, besides) = words::of_sheet(&sheet);
        fonts.complete()?;
        let stem = format!("{:03}-{}-{}", self.number, kind.name(), way.name());
        let dpi = self.dpi.unwrap_or_else(|| way.dpi(&mut random));
        let (file, files) = if way == Way::Digital {
            digital::file(&stem, &sheet)?
        } else {
            self.scanned(&stem, &sheet, dpi, &mut random)?
        };
        let truth = ReadingTruth {
            file,
            kind: kind.name().to_owned(),
            procedure: kind.context().0.map(str::to_owned),
            held_out: self.is_held_out,
            way: way.name().to_owned(),
            seed: self.seed,
            pages: sheet.pages.len(),
            dpi,
            fields: facts,
            text,
            besides,
        };
        Ok(ReadingPaper { stem, files, truth })
    }

    fn scanned(
        &self,
        stem: &str,
        sheet: &Sheet<'_>,
        dpi: u32,
        random: &mut Random,
    ) -> Result<(String, Vec<PaperFile>), GenerateError> {
        let make = scanner::any(random, self.is_held_out);
        let strength = self.way.strength(random);
        let depth = self.way.depth(random);
        let pictures: Vec<Picture> = sheet
            .pages
            .iter()
            .enumerate()
            .map(|(n, marks)| {
                let mut random = Random::for_purpose(self.seed, &format!("scan {n}"));
                let page = ink::draw_sized(marks, sheet.fonts, dpi, strength, sheet.page);
                let page = self.way.scan(page, make, dpi, &mut random);
                with_depth(page, depth, &mut random)
            })
            .collect();
        let storage = Storage {
            dpi,
            depth,
            is_mixed: false,
            quality: self.way.quality(make.quality, random),
            pdf_minor: random.pick(&[4, 5, 6, 7]),
        };
        let form = form(self.way, depth, pictures.len(), random);
        container::pack(stem, form, &pictures, storage)
    }
}

fn with_depth(mut page: Picture, depth: Depth, random: &mut Random) -> Picture {
    match depth {
        Depth::Colour => {}
        Depth::Grey => spoil::desaturate(&mut page, |grey| grey),
        Depth::Bilevel => {
            let threshold = random.whole(140, 168) as u8;
            spoil::desaturate(&mut page, |grey| if grey < threshold { 0 } else { 255 });
        }
    }
    page
}

fn form(way: Way, depth: Depth, n_pages: usize, random: &mut Random) -> Container {
    let pictures = if n_pages == 1 { Container::Jpeg } else { Container::Folder };
    match (way, depth) {
        (Way::Phone, _) => pictures,
        (_, Depth::Bilevel) => {
            random.pick(&[Container::Pdf, Container::FlatePdf, Container::Tiff(TiffPacking::Group4)])
        }
        _ => random.pick(&[Container::Pdf, Container::Pdf, Container::Pdf, pictures]),
    }
}

impl ReadingPaper {
    /// Writes files and truth below `folder`.
    ///
    /// # Errors
    /// [`GenerateError::Write`] names the path.
    pub fn write(&self, folder: &Path) -> Result<(), GenerateError> {
        for (path, bytes) in &self.files {
            super::write(&folder.join(path), bytes)?;
        }
        let json = serde_json::to_string_pretty(&self.truth)? + "\n";
        super::write(&folder.join(format!("{}.reading.json", self.stem)), json.as_bytes())
    }
}

/// `list.csv` beside the papers, as `digitise --list` reads it: the clerk names pages and procedure, nothing else.
pub fn list_csv(truths: &[ReadingTruth]) -> String {
    let mut csv = String::from("path,pages,procedure\n");
    for truth in truths {
        csv.push_str(&format!(
            "{},{},{}\n",
            truth.file,
            truth.pages,
            truth.procedure.as_deref().unwrap_or_default()
        ));
    }
    csv
}

#[cfg(test)]
mod tests;
