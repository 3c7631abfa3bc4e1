//! Papers with faulty pages, the truth about them, and the judge of what a program says of them.
//!
//! ```text
//! generate pages --out DIR --count 300 --seed 7 --held-out
//! generate judge --dir DIR --answers ANSWERS.ndjson
//! ```

mod damage;
mod draft;
mod fault;
mod faults;
pub(super) mod harm;
mod judge;
mod marks;
mod order_faults;
pub(super) mod scanner;
mod text;
mod truth;

use std::path::Path;

use super::container::{self, Container, Depth, Storage, TiffPacking};
use super::fonts::Fonts;
use super::random::Random;
use super::raster::Picture;
use super::{GenerateError, PaperFile, spoil};
use draft::Studio;
use fault::{Fault, SHARES};
use faults::Staged;
pub use judge::Verdict;
use marks::Numbering;
pub use truth::{Expected, PageTruth};

/// A set of papers with faulty pages.
#[derive(Clone, Copy, Debug)]
pub struct PagePlan {
    /// Where all chances come from.
    pub seed: u64,
    /// Papers in all.
    pub n_papers: usize,
    /// A third of them is made with what the others do not have.
    pub has_held_out: bool,
    /// Pixels per inch in place of those by chance: small for tests.
    pub dpi: Option<u32>,
}

/// One paper that is wanted.
#[derive(Clone, Copy, Debug)]
pub struct PageOrder {
    number: usize,
    fault: Fault,
    seed: u64,
    is_held_out: bool,
    dpi: Option<u32>,
}

/// A finished paper.
pub struct PagePaper {
    /// File name without extension.
    pub stem: String,
    /// The file, or the pictures of the folder.
    pub files: Vec<PaperFile>,
    /// What is wrong with it.
    pub truth: PageTruth,
}

impl PagePlan {
    /// The orders: of every hundred the same shares, spread so that a few show most kinds.
    pub fn orders(&self) -> Vec<PageOrder> {
        let hundred: Vec<Fault> =
            SHARES.iter().flat_map(|&(fault, share)| std::iter::repeat_n(fault, share)).collect();
        let n_tuned = if self.has_held_out { self.n_papers - self.n_papers / 3 } else { self.n_papers };
        (0..self.n_papers)
            .map(|at| {
                let is_held_out = at >= n_tuned;
                let nth = if is_held_out { at - n_tuned } else { at };
                // 37 has no divisor in common with the length: each share comes round once.
                let fault = hundred[nth * 37 % hundred.len()];
                let seed = Random::for_purpose(self.seed, &format!("page fault {at}")).bits();
                PageOrder { number: at + 1, fault, seed, is_held_out, dpi: self.dpi }
            })
            .collect()
    }
}

impl PageOrder {
    /// Writes, spoils, scans and packs the paper.
    ///
    /// # Errors
    /// [`GenerateError::GlyphMissing`], or an encoder's error.
    pub fn make(&self, fonts: &Fonts) -> Result<PagePaper, GenerateError> {
        let mut random = Random::for_purpose(self.seed, "form");
        let (fault, is_held_out) = (self.fault, self.is_held_out);
        let dpi = self.dpi.unwrap_or_else(|| file_dpi(fault, &mut random));
        let depth = random.pick(fault.depths());
        let mut studio = Studio {
            fonts,
            random: Random::for_purpose(self.seed, "paper"),
            is_held_out,
            numbering: Numbering::any(&mut random, is_held_out),
            scanner: scanner::any(&mut random, is_held_out),
            depth,
        };
        let staged = faults::stage(fault, &mut studio, dpi);
        fonts.complete()?;
        let scan_dpi = (dpi as f32 * staged.scale).round() as u32;
        let pictures: Vec<Picture> =
            (0..staged.sides.len()).map(|n| scan(&studio, &staged, n, scan_dpi, depth)).collect();
        let storage = Storage {
            dpi: staged.claims_dpi.unwrap_or(dpi),
            depth,
            is_mixed: fault == Fault::Mixed,
            quality: studio.scanner.quality,
            pdf_minor: if fault == Fault::OldPdf {
                random.pick(&[2, 3, 3])
            } else {
                random.pick(&[4, 5, 6, 7])
            },
        };
        let form = form(fault, storage, &staged, &mut random);
        let stem = format!("{:03}-{}", self.number, fault.name());
        let (file, mut files) = container::pack(&stem, form, &pictures, storage)?;
        if let Some(page) = staged.damaged {
            damage::damage(&mut files, (form, page), &pictures[page], storage, &mut random)?;
        }
        let truth = self.truth(file, staged, storage, dpi);
        Ok(PagePaper { stem, files, truth })
    }

    fn truth(&self, file: String, staged: Staged, storage: Storage, dpi: u32) -> PageTruth {
        let n_pages = staged.sides.len();
        let (mut findings, mut allowed) = (staged.findings, staged.allowed);
        for (n, side) in staged.sides.iter().enumerate() {
            let is_coloured = storage.depth == Depth::Colour && !(storage.is_mixed && n + 1 < n_pages);
            // Whether an empty page is coloured matters to nobody.
            match (is_coloured, side.is_blank) {
                (true, _) => {}
                (false, true) => allowed.push(Expected::on("not_colour", n + 1)),
                (false, false) => findings.push(Expected::on("not_colour", n + 1)),
            }
        }
        let depth = match (storage.depth, storage.is_mixed) {
            (_, true) => "mixed",
            (Depth::Colour, _) => "colour",
            (Depth::Grey, _) => "grey",
            (Depth::Bilevel, _) => "bilevel",
        };
        PageTruth {
            file,
            made: self.fault.name(),
            declared: staged.declared.map(|n| n as u32),
            held_out: self.is_held_out,
            seed: self.seed,
            dpi,
            depth: depth.to_owned(),
            pages: n_pages,
            findings,
            allowed,
            note_pairs: staged.note_pairs,
        }
    }
}

impl PagePaper {
    /// Writes files and truth below `folder`.
    ///
    /// # Errors
    /// [`GenerateError::Write`] names the path.
    pub fn write(&self, folder: &Path) -> Result<(), GenerateError> {
        for (path, bytes) in &self.files {
            super::write(&folder.join(path), bytes)?;
        }
        let json = serde_json::to_string_pretty(&self.truth)? + "\n";
        super::write(&folder.join(format!("{}.pages.json", self.stem)), json.as_bytes())
    }
}

fn file_dpi(fault: Fault, random: &mut Random) -> u32 {
    match fault {
        Fault::LowResolution => random.pick(&[100, 150, 150]),
        Fault::LowResolutionLying => random.pick(&[120, 150]),
        // Only a sharp scan can be made smaller and still have 200 dots.
        Fault::Scaled => random.pick(&[200, 300]),
        _ => random.pick(&[200, 200, 300]),
    }
}

fn scan(studio: &Studio<'_>, staged: &Staged, n: usize, dpi: u32, depth: Depth) -> Picture {
    let side = &staged.sides[n];
    let mut random = Random::for_purpose(side.seed, "scan");
    let scanner = if side.is_yellow { studio.scanner.with_yellow_paper() } else { studio.scanner };
    let mut page = scanner.scan(studio.draw(&staged.sides, n, dpi), &side.harms, dpi, &mut random);
    match depth {
        Depth::Colour => {}
        Depth::Grey => spoil::desaturate(&mut page, |grey| grey),
        Depth::Bilevel => {
            let threshold = random.whole(140, 170) as u8;
            spoil::desaturate(&mut page, |grey| if grey < threshold { 0 } else { 255 });
        }
    }
    page
}

/// A form of file in which this fault can be.
fn form(fault: Fault, storage: Storage, staged: &Staged, random: &mut Random) -> Container {
    use Fault as F;
    let pictures = if staged.sides.len() == 1 { Container::Jpeg } else { Container::Folder };
    let lossless = random.pick(&[TiffPacking::Lzw, TiffPacking::Deflate]);
    match (fault, storage.depth) {
        (F::OldPdf | F::Scaled | F::Mixed, _) => Container::Pdf,
        (F::CleanPhoto | F::CleanLyingHead | F::LowResolutionLying, _) => pictures,
        (_, Depth::Bilevel) => random.pick(&[
            Container::Pdf,
            Container::FlatePdf,
            Container::Tiff(TiffPacking::Group4),
            Container::Tiff(TiffPacking::PackBits),
        ]),
        (_, Depth::Grey) => random.pick(&[
            Container::Pdf,
            Container::Pdf,
            Container::FlatePdf,
            pictures,
            Container::Tiff(lossless),
        ]),
        // A colour TIFF is large: only at 200 dpi.
        (_, Depth::Colour) if storage.dpi <= 200 => random.pick(&[
            Container::Pdf,
            Container::Pdf,
            Container::Pdf,
            pictures,
            pictures,
            Container::Tiff(lossless),
        ]),
        _ => random.pick(&[Container::Pdf, Container::Pdf, pictures]),
    }
}

/// `list.csv` beside the papers, as `digitise --list` reads it.
pub fn list_csv(truths: &[PageTruth]) -> String {
    let mut csv = String::from("path,pages\n");
    for truth in truths {
        csv.push_str(&format!("{},{}\n", truth.file, number(truth.declared)));
    }
    csv
}

/// `papers.tsv`: file and declared pages or nothing, for shells.
pub fn papers_tsv(truths: &[PageTruth]) -> String {
    truths.iter().map(|truth| format!("{}\t{}\n", truth.file, number(truth.declared))).collect()
}

fn number(declared: Option<u32>) -> String {
    declared.map(|n| n.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
