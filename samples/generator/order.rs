//! One paper from order to file.

use super::container::{self, Container, Depth, Storage, TiffPacking};
use super::fonts::Fonts;
use super::ink;
use super::kinds::Kind;
use super::random::Random;
use super::sheet::Look;
use super::spoil::{Scan, Spoiling, spoil};
use super::truth::Truth;
use super::{GenerateError, Paper, PaperFile};

/// What is wanted of one paper.
#[derive(Clone, Debug)]
pub struct Order {
    /// File name without extension.
    pub stem: String,
    /// Kind.
    pub kind: Kind,
    /// Its own seed.
    pub seed: u64,
    /// What to do to it; empty is a clean paper.
    pub spoilings: Vec<Spoiling>,
    /// Form of the file.
    pub container: Container,
    /// Pixels per inch.
    pub dpi: u32,
    /// JPEG quality, unless a spoiling lowers it.
    pub quality: u8,
}

impl Order {
    /// Paper `n` of a kind in a plan: spoilings and form by chance; one in five is clean.
    pub fn by_chance(kind: Kind, seed: u64, n: u32, dpi: u32) -> Self {
        let mut random = Random::for_purpose(seed.wrapping_add(u64::from(n) << 32), kind.name());
        let spoilings = if random.chance(0.2) { Vec::new() } else { spoilings_by_chance(kind, &mut random) };
        let has = |spoiling| spoilings.contains(&spoiling);
        let container = if has(Spoiling::OldPdfVersion) || has(Spoiling::MixedColour) {
            Container::Pdf
        } else if has(Spoiling::Bilevel) {
            let group4 = Container::Tiff(TiffPacking::Group4);
            random.pick(&[
                Container::Pdf,
                Container::FlatePdf,
                Container::Tiff(TiffPacking::PackBits),
                group4,
            ])
        } else if has(Spoiling::LowJpegQuality) {
            random.pick(&[Container::Pdf, Container::Folder, Container::Jpeg])
        } else {
            random.pick(&[
                Container::Pdf,
                Container::Pdf,
                Container::Pdf,
                Container::Jpeg,
                Container::Folder,
                Container::Tiff(TiffPacking::Lzw),
                Container::Tiff(TiffPacking::Deflate),
            ])
        };
        Self {
            stem: format!("{}-{:03}", kind.name(), n + 1),
            kind,
            seed: random.bits(),
            spoilings,
            container,
            dpi,
            quality: 72,
        }
    }

    /// Writes, draws, spoils and packs the paper.
    ///
    /// # Errors
    /// [`GenerateError::GlyphMissing`], or an encoder's error.
    pub fn make(&self, fonts: &Fonts) -> Result<Paper, GenerateError> {
        let has = |spoiling| self.spoilings.contains(&spoiling);
        let mut random = Random::for_purpose(self.seed, "look");
        let pen_ink = random.pick(&[[30, 50, 150], [22, 40, 120], [40, 40, 48], [50, 70, 190]]);
        let look = Look {
            pen_number: has(Spoiling::PenNumber),
            pen_day: has(Spoiling::PenDay),
            pen_figures: has(Spoiling::PenFigures),
            pen_ink,
            has_seal: has(Spoiling::RedSeal),
            has_mail_stamp: has(Spoiling::MailStamp),
        };
        let mut sheet = self.kind.sheet(fonts, look, self.seed);
        let fields = self.kind.write(&mut sheet, self.seed);
        fonts.complete()?;
        let strength = if has(Spoiling::FadedInk) { random.real(0.4, 0.62) } else { 1.0 };
        let n_pages = sheet.pages.len();
        let scans: Vec<Scan> = sheet
            .pages
            .iter()
            .enumerate()
            .map(|(n, marks)| {
                let page = ink::draw_sized(marks, fonts, self.dpi, strength, sheet.page);
                spoil(page, &self.spoilings, self.dpi, self.seed, (n, n_pages))
            })
            .collect();
        let rotation_needed = scans.iter().map(|scan| scan.rotation_needed).collect();
        let pages: Vec<_> = scans.into_iter().map(|scan| scan.picture).collect();
        // One JPEG holds one page.
        let container = match self.container {
            Container::Jpeg if n_pages > 1 => Container::Folder,
            other => other,
        };
        let (file, files) = self.pack(container, &pages)?;
        let (procedure, component) = self.kind.context();
        let spoilings = if self.spoilings.is_empty() {
            vec!["clean"]
        } else {
            self.spoilings.iter().map(|spoiling| spoiling.name()).collect()
        };
        let truth = Truth {
            file,
            kind: self.kind.name(),
            procedure,
            component,
            seed: self.seed,
            spoilings,
            pages: n_pages,
            dpi: self.dpi,
            rotation_needed,
            fields,
        };
        Ok(Paper {
            stem: self.stem.clone(),
            kind: self.kind,
            seed: self.seed,
            spoilings: self.spoilings.clone(),
            container,
            files,
            truth,
        })
    }

    fn pack(
        &self,
        container: Container,
        pages: &[super::raster::Picture],
    ) -> Result<(String, Vec<PaperFile>), GenerateError> {
        let has = |spoiling| self.spoilings.contains(&spoiling);
        let storage = Storage {
            dpi: self.dpi,
            depth: match (has(Spoiling::Bilevel), has(Spoiling::Grey)) {
                (true, _) => Depth::Bilevel,
                (_, true) => Depth::Grey,
                _ => Depth::Colour,
            },
            is_mixed: has(Spoiling::MixedColour),
            quality: if has(Spoiling::LowJpegQuality) { 28 } else { self.quality },
            pdf_minor: if has(Spoiling::OldPdfVersion) { 3 } else { 4 + (self.seed % 4) as u8 },
        };
        container::pack(&self.stem, container, pages, storage)
    }
}

fn spoilings_by_chance(kind: Kind, random: &mut Random) -> Vec<Spoiling> {
    use Spoiling as S;
    let mut chosen = Vec::new();
    let mut maybe = |probability, spoiling| {
        if random.chance(probability) {
            chosen.push(spoiling);
        }
    };
    if kind.has_number() {
        maybe(0.8, S::RedSeal);
        maybe(0.3, S::PenNumber);
        maybe(0.3, S::PenDay);
        maybe(0.15, S::MailStamp);
    } else {
        maybe(0.3, S::PenFigures);
        maybe(0.3, S::PenDay);
    }
    maybe(0.5, S::Skew);
    maybe(0.2, S::Shifted);
    maybe(0.35, S::PaperTexture);
    maybe(0.2, S::UnevenLight);
    maybe(0.2, S::Blur);
    maybe(0.3, S::Speckle);
    maybe(0.12, S::FadedInk);
    maybe(0.07, S::Turned90);
    maybe(0.07, S::Turned180);
    maybe(0.15, S::Bilevel);
    maybe(0.08, S::MixedColour);
    maybe(0.15, S::Grey);
    maybe(0.12, S::LowJpegQuality);
    maybe(0.08, S::OldPdfVersion);
    // Bilevel scanners deliver no JPEG; faint ink or a shadow under a threshold leaves nothing to read.
    if chosen.contains(&S::Bilevel) || chosen.contains(&S::MixedColour) {
        let lost = [S::Grey, S::LowJpegQuality, S::FadedInk, S::UnevenLight];
        chosen.retain(|spoiling| !lost.contains(spoiling));
    }
    if chosen.contains(&S::Bilevel) {
        chosen.retain(|&spoiling| spoiling != S::MixedColour);
    }
    if chosen.contains(&S::Turned90) {
        chosen.retain(|&spoiling| spoiling != S::Turned180);
    }
    chosen
}

#[cfg(test)]
mod tests {
    use unicode_normalization::is_nfc;

    use super::super::{Plan, generate};
    use super::*;

    const SMALL: Plan = Plan { seed: 11, papers_per_kind: 1, dpi: 72 };

    #[test]
    fn the_same_seed_gives_the_same_bytes() {
        let (first, second) = (generate(&SMALL).unwrap(), generate(&SMALL).unwrap());
        for (a, b) in first.iter().zip(&second) {
            assert_eq!(a.files, b.files, "{}", a.stem);
            assert_eq!(a.truth_json().unwrap(), b.truth_json().unwrap());
        }
    }

    #[test]
    fn truth_is_nfc_and_has_the_form_of_the_contract() {
        let fonts = Fonts::load().unwrap();
        for n in 0..6 {
            for kind in Kind::all() {
                let paper = Order::by_chance(kind, 3, n, 40).make(&fonts).unwrap();
                let json = paper.truth_json().unwrap();
                assert!(is_nfc(&json), "{}", paper.stem);
                assert!(!json.contains("  \"value\": \"\""), "{}", paper.stem);
                let fields = &paper.truth.fields;
                let day = fields.issued_on.value.as_deref().unwrap();
                assert!(day.len() == 10 && day.starts_with("20"), "{day}");
                assert_eq!(fields.document_number.value.is_some(), kind.has_number());
                if let Some(id) = &fields.owner_id.value {
                    assert!(id.len() == 12 || id.len() == 10, "{id}");
                }
                assert!((1..=4).contains(&paper.truth.pages), "{} {}", paper.stem, paper.truth.pages);
                assert_eq!(paper.truth.rotation_needed.len(), paper.truth.pages);
            }
        }
    }
}
