//! A paper before it is scanned: its pages with all marks, in the order and the state in which they go in.

use super::super::container::Depth;
use super::super::fonts::{Family, Fonts};
use super::super::ink;
use super::super::kinds::Kind;
use super::super::random::Random;
use super::super::raster::Picture;
use super::super::sheet::{Form, Look, Mark, PAGE_HEIGHT_PT, PAGE_WIDTH_PT, Sheet};
use super::harm::Harm;
use super::marks::{self, Numbering};
use super::scanner::Scanner;
use super::text::{self, Extras};

/// What is on the sheet besides its marks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Besides {
    /// Nothing.
    Nothing,
    /// A few words in pencil.
    Pencil,
    /// The page before shines through from the other side.
    Bleed,
}

/// One side of a sheet.
#[derive(Clone, Debug)]
pub struct Side {
    /// Print, seals, pen.
    pub marks: Vec<Mark>,
    /// Width and height in points.
    pub size: (f32, f32),
    /// What happens to it.
    pub harms: Vec<Harm>,
    /// Where the chances of its scan come from.
    pub seed: u64,
    /// On the sheet besides.
    pub besides: Besides,
    /// Nothing stands on it, and nothing shines through.
    pub is_blank: bool,
    /// Paper gone yellow.
    pub is_yellow: bool,
}

impl Side {
    /// A side with marks.
    pub fn new(marks: Vec<Mark>, size: (f32, f32), seed: u64) -> Self {
        let is_blank = marks.is_empty();
        Self { marks, size, harms: Vec::new(), seed, besides: Besides::Nothing, is_blank, is_yellow: false }
    }

    /// Words that stand where `is_there` says, in points.
    pub fn words(&self, is_there: impl Fn(f32, f32) -> bool) -> usize {
        let at = |mark: &&Mark| matches!(mark, Mark::Text { at, .. } if is_there(at.0, at.1));
        self.marks.iter().filter(at).count()
    }

    /// Left and right end of the print, in points.
    pub fn print_edges(&self, fonts: &Fonts) -> (f32, f32) {
        let mut edges = (f32::MAX, 0.0_f32);
        for mark in &self.marks {
            if let Mark::Text { at, family, style, size, text, .. } = mark {
                edges.0 = edges.0.min(at.0);
                edges.1 = edges.1.max(at.0 + fonts.width((*family, *style), *size, text));
            }
        }
        edges
    }
}

/// All that makes one paper look like one paper.
pub struct Studio<'a> {
    /// Faces.
    pub fonts: &'a Fonts,
    /// Chances of the paper.
    pub random: Random,
    /// Fonts, margins, numbering, paper and scanner kept from tuning.
    pub is_held_out: bool,
    /// How its pages are numbered.
    pub numbering: Numbering,
    /// What it is scanned with.
    pub scanner: Scanner,
    /// In how many colours.
    pub depth: Depth,
}

const MM: f32 = 72.0 / 25.4;
/// A5 upright.
pub const A5: (f32, f32) = (148.0 * MM, 210.0 * MM);
/// A4.
pub const A4: (f32, f32) = (PAGE_WIDTH_PT, PAGE_HEIGHT_PT);

impl Studio<'_> {
    fn look(&mut self) -> Look {
        let random = &mut self.random;
        Look {
            pen_number: random.chance(0.15),
            pen_day: random.chance(0.15),
            pen_figures: random.chance(0.3),
            pen_ink: random.pick(&[[30, 50, 150], [22, 40, 120], [40, 40, 48]]),
            has_seal: random.chance(0.75),
            has_mail_stamp: random.chance(0.12),
        }
    }

    /// Letters and margins that are kept from tuning.
    fn held_out_form(&mut self) -> Form {
        let random = &mut self.random;
        let family =
            random.pick(&[Family::OtherSerif, Family::OtherSerif, Family::OtherSans, Family::OtherWide]);
        let wide = family == Family::OtherWide;
        Form {
            page: A4,
            margins: [
                random.real(22.0, 28.0) * MM,
                random.real(17.0, 19.5) * MM,
                random.real(20.0, 24.0) * MM,
                random.real(16.0, 19.0) * MM,
            ],
            family,
            size: if wide { 11.0 } else { random.pick(&[12.0, 12.5, 14.5]) },
            leading: random.pick(&[1.1, 1.45, 1.6]),
        }
    }

    /// An empty sheet; `page` other than A4 makes the margins small.
    fn sheet(&mut self, page: (f32, f32)) -> Sheet<'_> {
        let look = self.look();
        let seed = self.random.bits();
        let held_out = self.is_held_out.then(|| self.held_out_form());
        let sheet = Sheet::new(self.fonts, look, seed);
        let mut sheet = match held_out {
            Some(form) if page == A4 => sheet.in_form(form),
            _ if page == A4 => sheet,
            held_out => {
                let family = held_out.map_or(Family::Times, |form| form.family);
                let margins = [20.0 * MM, 13.0 * MM, 11.0 * MM, 10.0 * MM];
                sheet.in_form(Form { page, margins, family, size: 11.5, leading: 1.15 })
            }
        };
        sheet.numbers_pages = false;
        sheet
    }

    /// Sides from what was set, numbered anew after `n_body` pages.
    fn sides(
        &mut self,
        pages: Vec<Vec<Mark>>,
        size: (f32, f32),
        right: f32,
        top: f32,
        n_body: usize,
    ) -> Vec<Side> {
        let total = pages.len();
        let family = pages.iter().flatten().find_map(|mark| match mark {
            Mark::Text { family, .. } => Some(*family),
            _ => None,
        });
        let (fonts, numbering) = (self.fonts, self.numbering);
        let sides: Vec<Side> = pages
            .into_iter()
            .enumerate()
            .map(|(n, mut marks)| {
                let (number, of) =
                    if n < n_body { (n + 1, n_body) } else { (n + 1 - n_body, total - n_body) };
                // A paper of one page has no number.
                if of > 1
                    && let Some(family) = family
                {
                    marks.extend(numbering.mark(fonts, family, (number, of), size, (top, right)));
                }
                Side::new(marks, size, self.random.bits())
            })
            .collect();
        sides
    }

    /// A paper of a kind that has any, on as many pages as it takes.
    pub fn any_paper(&mut self) -> Vec<Side> {
        let kind = self.random.pick(&Kind::BASIC);
        self.paper_of(kind)
    }

    /// A paper of one kind.
    pub fn paper_of(&mut self, kind: Kind) -> Vec<Side> {
        let seed = self.random.bits();
        let mut sheet = self.sheet(A4);
        kind.write(&mut sheet, seed);
        let (pages, right, top) =
            (std::mem::take(&mut sheet.pages), sheet.right, sheet.text_top_and_bottom().0);
        let n = pages.len();
        self.sides(pages, A4, right, top, n)
    }

    /// A plan or report whose body has just `n_pages` pages.
    pub fn long(&mut self, n_pages: usize, extras: &Extras) -> Vec<Side> {
        self.long_where(n_pages, extras, |_| true)
    }

    /// The same, tried until `fits` likes its pages.
    pub fn long_where(
        &mut self,
        n_pages: usize,
        extras: &Extras,
        fits: impl Fn(&[Vec<Mark>]) -> bool,
    ) -> Vec<Side> {
        let mut last = Vec::new();
        for _ in 0..40 {
            let mut random = Random::new(self.random.bits());
            let mut sheet = self.sheet(A4);
            text::long_paper(&mut sheet, &mut random, n_pages, extras);
            let (pages, right) = (std::mem::take(&mut sheet.pages), sheet.right);
            let top = sheet.text_top_and_bottom().0;
            let is_right = pages.len() == n_pages + extras.appendix_pages && fits(&pages);
            last = self.sides(pages, A4, right, top, n_pages);
            if is_right {
                return last;
            }
        }
        last
    }

    /// A short paper on half a sheet, upright or across.
    pub fn half_sheet(&mut self) -> Vec<Side> {
        let page = if self.random.chance(0.6) { A5 } else { (A5.1, A5.0) };
        let mut last = Vec::new();
        for _ in 0..40 {
            let mut random = Random::new(self.random.bits());
            let mut sheet = self.sheet(page);
            text::short_paper(&mut sheet, &mut random);
            let pages = std::mem::take(&mut sheet.pages);
            let is_right = pages.len() == 1;
            let n = pages.len();
            last = self.sides(pages, page, page.0 - 30.0, 30.0, n);
            if is_right {
                return last;
            }
        }
        last
    }

    /// A list over `n_pages` pages, upright or across.
    pub fn list(&mut self, n_pages: usize, is_across: bool) -> Vec<Side> {
        let page = if is_across { (A4.1, A4.0) } else { A4 };
        let mut random = Random::new(self.random.bits());
        let mut sheet = self.sheet(page);
        sheet.centred(super::super::fonts::Style::Bold, 14.0, "DANH SÁCH CHI TRẢ TRỢ CẤP XÃ HỘI", 1.0);
        sheet.skip(10.0);
        text::list_table(&mut sheet, &mut random, n_pages);
        let (pages, right) = (std::mem::take(&mut sheet.pages), sheet.right);
        let (n, top) = (pages.len(), sheet.text_top_and_bottom().0);
        self.sides(pages, page, right, top, n)
    }

    /// Both sides of a card: a page each, or both on one sheet of A4.
    pub fn cards(&mut self, on_one_sheet: bool) -> Vec<Side> {
        let size = (85.6 * MM, 54.0 * MM);
        let (x, y) = (self.random.real(40.0, 90.0) * MM, self.random.real(30.0, 60.0) * MM);
        let (first, second) =
            if on_one_sheet { ((x, y), (x, y + 75.0 * MM)) } else { ((0.0, 0.0), (0.0, 0.0)) };
        let front = marks::card(self.fonts, first, true, &mut self.random);
        let back = marks::card(self.fonts, second, false, &mut self.random);
        if on_one_sheet {
            vec![Side::new([front, back].concat(), A4, self.random.bits())]
        } else {
            let seeds = [self.random.bits(), self.random.bits()];
            vec![Side::new(front, size, seeds[0]), Side::new(back, size, seeds[1])]
        }
    }

    /// A page with nothing on it.
    pub fn blank(&mut self) -> Side {
        Side::new(Vec::new(), A4, self.random.bits())
    }

    /// The side as it lies on the glass, before the scan.
    pub fn draw(&self, sides: &[Side], n: usize, dpi: u32) -> Picture {
        let side = &sides[n];
        let mut random = Random::for_purpose(side.seed, "sheet");
        match side.besides {
            Besides::Bleed if n > 0 => {
                let front = ink::draw_sized(&sides[n - 1].marks, self.fonts, dpi, 1.0, sides[n - 1].size);
                marks::bleed(&front, random.real(0.13, 0.22), dpi)
            }
            Besides::Pencil => {
                let mut page = ink::draw_sized(&side.marks, self.fonts, dpi, 1.0, side.size);
                marks::pencil(&mut page, dpi, &mut random);
                page
            }
            _ => ink::draw_sized(&side.marks, self.fonts, dpi, 1.0, side.size),
        }
    }
}
