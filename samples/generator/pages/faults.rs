//! Stages every way of getting pages wrong, and what a correct program then finds.
//!
//! A truth must be complete and fair: where a person could not tell, the paper is not made.

use super::super::container::Depth;
use super::super::random::Random;
use super::draft::{Side, Studio};
use super::fault::Fault;
use super::harm::Harm;
use super::marks::{self, Numbering};
use super::text::Extras;
use super::truth::Expected;

/// A paper that is to be scanned, with its truth.
pub struct Staged {
    /// Its sides, in the order of the file.
    pub sides: Vec<Side>,
    /// What the clerk declares.
    pub declared: Option<usize>,
    /// What must be found.
    pub findings: Vec<Expected>,
    /// What may be said besides.
    pub allowed: Vec<Expected>,
    /// Positions of one page with and without its note.
    pub note_pairs: Vec<[u32; 2]>,
    /// Pixels per inch of the paper, in parts of what the file is to have.
    pub scale: f32,
    /// Pixels per inch that the file claims, where it lies.
    pub claims_dpi: Option<u32>,
    /// The page whose bytes are damaged, from 0.
    pub damaged: Option<usize>,
}

impl Staged {
    /// A clean paper.
    pub fn of(sides: Vec<Side>) -> Self {
        Self {
            sides,
            declared: None,
            findings: Vec::new(),
            allowed: Vec::new(),
            note_pairs: Vec::new(),
            scale: 1.0,
            claims_dpi: None,
            damaged: None,
        }
    }

    /// With one more finding.
    pub fn finds(mut self, expected: Expected) -> Self {
        self.findings.push(expected);
        self
    }

    fn finds_on_all(mut self, kind: &str) -> Self {
        self.findings.extend((1..=self.sides.len()).map(|page| Expected::on(kind, page)));
        self
    }

    /// Half of the clerks declare how many pages the paper has; the program then finds another number.
    pub fn declared_by_chance(mut self, random: &mut Random, n_pages: usize) -> Self {
        if random.chance(0.5) {
            self.declared = Some(n_pages);
            if n_pages != self.sides.len() {
                self.findings.push(Expected::anywhere("wrong_page_count"));
            }
        }
        self
    }
}

/// Stages one paper.
pub fn stage(fault: Fault, studio: &mut Studio<'_>, dpi: u32) -> Staged {
    use Fault as F;
    match fault {
        F::WrongCount | F::MissingMiddle | F::MissingFirst | F::MissingLast | F::Swapped | F::Reversed => {
            super::order_faults::stage(fault, studio)
        }
        F::DuplicateNext | F::DuplicateApart | F::ForeignFirst | F::ForeignMiddle | F::ForeignLast => {
            super::order_faults::stage(fault, studio)
        }
        F::NotePair | F::NoteAlone | F::BlankBacks | F::BlankOne | F::BlankYellow => {
            super::order_faults::stage(fault, studio)
        }
        F::Pencil | F::BackStamp | F::Bleed => super::order_faults::stage(fault, studio),
        _ if fault.name().starts_with("clean") => clean(fault, studio),
        _ => quality(fault, studio, dpi),
    }
}

fn clean(fault: Fault, studio: &mut Studio<'_>) -> Staged {
    use Fault as F;
    let n = studio.random.whole(2, 4) as usize;
    let mut claims_dpi = None;
    let sides = match fault {
        F::CleanLong => studio.long(n, &Extras::default()),
        F::CleanAppendix => {
            let appendix_pages = studio.random.whole(1, 3) as usize;
            studio.long(n - 1, &Extras { appendix_pages, ..Extras::default() })
        }
        F::CleanUnnumbered => {
            studio.numbering = Numbering::None;
            studio.long(n, &Extras::default())
        }
        F::CleanHalfSheet => studio.half_sheet(),
        F::CleanCard => studio.cards(false),
        F::CleanCardsOnSheet => studio.cards(true),
        F::CleanList => {
            let is_across = studio.random.chance(0.5);
            studio.list(n - 1, is_across)
        }
        F::CleanFrame => {
            let mut sides = studio.any_paper();
            for side in &mut sides {
                side.marks.extend(marks::frame(side.size));
            }
            sides
        }
        F::CleanPhoto => {
            let mut sides = studio.any_paper();
            let desk = studio.random.pick(&[[104, 74, 52], [92, 96, 100], [60, 70, 84]]);
            for side in &mut sides {
                let keystone = studio.random.real(0.005, 0.03);
                side.harms.push(Harm::Photo { keystone, desk });
            }
            claims_dpi = Some(72);
            sides
        }
        F::CleanLyingHead => {
            claims_dpi = Some(studio.random.pick(&[72, 96]));
            studio.any_paper()
        }
        F::CleanSoft => with_all(studio.any_paper(), &Harm::Defocus(0.25)),
        F::CleanMildShadow => {
            let harm = Harm::Shadow { at_left: studio.random.chance(0.5), depth: 35.0, light: 0.72 };
            with_all(studio.any_paper(), &harm)
        }
        F::CleanSecretWords => {
            let heading = studio.random.pick(&[Some("BẢO MẬT THÔNG TIN"), Some("Quy định về bảo mật"), None]);
            let sentences = [
                "Người được giao xử lý hồ sơ phải giữ bí mật đời tư, bí mật cá nhân của người nộp hồ sơ.",
                "Tài liệu có đóng dấu MẬT, TỐI MẬT không được gửi qua hệ thống này mà chuyển theo đường văn thư.",
                "Mật khẩu truy cập phải được bảo mật và thay đổi định kỳ ba tháng một lần.",
            ];
            studio.long(
                n - 1,
                &Extras { heading, sentences: sentences.map(str::to_owned).to_vec(), ..Extras::default() },
            )
        }
        _ => studio.any_paper(),
    };
    let n_pages = sides.len();
    let staged = Staged { claims_dpi, ..Staged::of(sides) };
    staged.declared_by_chance(&mut studio.random, n_pages)
}

fn with_all(mut sides: Vec<Side>, harm: &Harm) -> Vec<Side> {
    sides.iter_mut().for_each(|side| side.harms.push(harm.clone()));
    sides
}

/// A page with much text: a fault there hides something.
pub fn dense(sides: &[Side], random: &mut Random) -> usize {
    let words: Vec<usize> = sides.iter().map(|side| side.words(|_, _| true)).collect();
    let most = words.iter().copied().max().unwrap_or(0);
    let fit: Vec<usize> = (0..sides.len()).filter(|&n| words[n] * 2 >= most).collect();
    random.pick(&fit)
}

/// Faults of single pages, and of the file.
fn quality(fault: Fault, studio: &mut Studio<'_>, dpi: u32) -> Staged {
    use Fault as F;
    match fault {
        F::Secret | F::SecretLine => return secret(fault, studio),
        F::Scaled => return scaled(studio, dpi),
        F::Damaged => {
            let n = studio.random.whole(2, 4) as usize;
            let mut staged = Staged::of(studio.long(n, &Extras::default()));
            let damaged = studio.random.whole(0, n as u32 - 1) as usize;
            staged.damaged = Some(damaged);
            return staged.finds(Expected::on("unreadable_page", damaged + 1));
        }
        _ => {}
    }
    let mut sides = studio.any_paper();
    let n = dense(&sides, &mut studio.random);
    let all = fault == F::TurnedAll;
    let page = n + 1;
    let random = &mut studio.random;
    let mut claims_dpi = None;
    let found: Vec<Expected> = match fault {
        F::TurnedOne | F::TurnedAll => {
            let quarters = random.pick(&[1, 2, 2, 3]);
            let mut found = Vec::new();
            for (n, side) in sides.iter_mut().enumerate().filter(|(at, _)| all || *at == n) {
                side.harms.push(Harm::Turn(quarters));
                let rotation = Some((4 - u32::from(quarters)) % 4 * 90);
                found.push(Expected { rotation, ..Expected::on("rotated_page", n + 1) });
            }
            found
        }
        F::LowResolution => (1..=sides.len()).map(|page| Expected::on("low_resolution", page)).collect(),
        F::LowResolutionLying => {
            // Not 300 for 150: half of the length is A6 at an honest 300.
            claims_dpi = Some(if dpi == 150 { random.pick(&[72, 200]) } else { random.pick(&[72, 300]) });
            (1..=sides.len()).map(|page| Expected::on("low_resolution", page)).collect()
        }
        F::OldPdf => vec![Expected::anywhere("old_pdf_version")],
        F::CutAside | F::Cropped => {
            let (left, right) = sides[n].print_edges(studio.fonts);
            let margins = (left / 72.0 * 25.4, (sides[n].size.0 - right) / 72.0 * 25.4);
            let lost = random.real(12.0, 25.0);
            let at_left = random.chance(0.5);
            let strip = lost + if at_left { margins.0 } else { margins.1 };
            let bed = random.pick(&[255, 255, 215]);
            sides[n].harms.push(match (fault, at_left) {
                (F::Cropped, true) => Harm::Crop { side: 0, strip },
                (F::Cropped, false) => Harm::Crop { side: 2, strip },
                (_, true) => Harm::Aside { right: -strip, down: 0.0, bed },
                (_, false) => Harm::Aside { right: strip, down: 0.0, bed },
            });
            vec![Expected::on("cut_off", page)]
        }
        F::Folded => {
            let harm = fold(&mut sides, n, random);
            sides[n].harms.push(harm);
            vec![Expected::on("cut_off", page)]
        }
        F::Defocused => on_page(&mut sides, n, Harm::Defocus(random.real(1.4, 1.9)), "blurred"),
        F::Moved => {
            let harm = Harm::Motion { way: random.real(2.0, 2.8), along_y: random.chance(0.5) };
            on_page(&mut sides, n, harm, "blurred")
        }
        F::Dark => {
            let harm = Harm::Dark { white: random.real(70.0, 105.0), black: random.real(8.0, 22.0) };
            on_page(&mut sides, n, harm, "too_dark")
        }
        F::FoldShadow => {
            let light = random.real(0.02, 0.08);
            let harm = Harm::Shadow { at_left: random.chance(0.5), depth: random.real(75.0, 100.0), light };
            on_page(&mut sides, n, harm, "too_dark")
        }
        F::Light => on_page(&mut sides, n, Harm::Light { ink: random.real(214.0, 228.0) }, "too_light"),
        F::Streaked => {
            // A dirty glass spoils every page that runs over it.
            let lines = streaks(studio.depth, random);
            sides.iter_mut().for_each(|side| side.harms.push(Harm::Streaks(lines.clone())));
            (1..=sides.len()).map(|page| Expected::on("streaked", page)).collect()
        }
        _ => Vec::new(),
    };
    let mut staged = Staged { findings: found, claims_dpi, ..Staged::of(sides) };
    if claims_dpi.is_some_and(|dpi| dpi >= 200) {
        // Who believes such a file sees a sheet made smaller.
        staged.allowed.push(Expected::anywhere("wrong_scale"));
    }
    staged
}

/// One to four lines; of pale ones black and white would show nothing.
fn streaks(depth: Depth, random: &mut Random) -> Vec<(f32, f32, [u8; 3], f32)> {
    let is_bilevel = depth == Depth::Bilevel;
    let colours = [[110, 110, 112], [60, 60, 60], [120, 190, 130], [220, 110, 170]];
    let n_lines = random.whole(1, 4);
    (0..n_lines)
        .map(|_| {
            let colour = if is_bilevel { [60, 60, 60] } else { random.pick(&colours) };
            let share = if is_bilevel { 0.9 } else { random.real(0.6, 0.95) };
            (random.real(0.06, 0.94), random.real(0.15, 0.5), colour, share)
        })
        .collect()
}

fn on_page(sides: &mut [Side], n: usize, harm: Harm, kind: &str) -> Vec<Expected> {
    sides[n].harms.push(harm);
    vec![Expected::on(kind, n + 1)]
}

/// A corner that hides at least a dozen words.
fn fold(sides: &mut [Side], n: usize, random: &mut Random) -> Harm {
    let (width, height) = sides[n].size;
    let bed = random.pick(&[250, 250, 60]);
    let first = random.whole(0, 3);
    for leg in [random.real(55.0, 70.0), 75.0, 90.0, 100.0] {
        let reach = leg / 25.4 * 72.0;
        for turn in 0..4 {
            let corner = ((first + turn) % 4) as u8;
            let hidden = sides[n].words(|x, y| {
                (if corner == 0 || corner == 3 { x } else { width - x }) < reach
                    && (if corner <= 1 { y } else { height - y }) < reach
            });
            if hidden >= 12 {
                return Harm::Fold { corner, leg, bed };
            }
        }
    }
    Harm::Fold { corner: 1, leg: 100.0, bed }
}

fn secret(fault: Fault, studio: &mut Studio<'_>) -> Staged {
    let n = studio.random.whole(1, 3) as usize;
    let secrecy = Some(studio.random.pick(&["MẬT", "TỐI MẬT", "TUYỆT MẬT"]));
    let extras = Extras { secrecy, secrecy_as_line: fault == Fault::SecretLine, ..Extras::default() };
    Staged::of(studio.long(n, &extras)).finds(Expected::on("classified", 1))
}

/// Scales that give no other size of the A series.
fn scaled(studio: &mut Studio<'_>, dpi: u32) -> Staged {
    let scale = if dpi >= 300 {
        studio.random.pick(&[0.9, 0.8, 0.85, 1.15])
    } else {
        studio.random.pick(&[1.15, 1.2, 1.25])
    };
    let staged = Staged::of(studio.any_paper()).finds_on_all("wrong_scale");
    Staged { scale, ..staged }
}
