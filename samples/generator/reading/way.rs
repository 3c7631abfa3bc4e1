//! Ways in which a paper that is to be read is spoiled: one for each paper, so that the table can tell them apart.
//!
//! A clerk reads every printed field of all of them; only what [`Way::DateDestroyed`] covers is lost, and the truth
//! says so.

use super::super::calendar::Day;
use super::super::container::Depth;
use super::super::fonts::Style;
use super::super::kinds::Kind;
use super::super::pages::harm::Harm;
use super::super::pages::scanner::Scanner;
use super::super::people::{Agency, Place};
use super::super::random::Random;
use super::super::raster::Picture;
use super::super::sheet::{Look, Mark, Sheet};
use super::super::spoil;
use super::truth::Facts;
use super::words;

/// One way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// As the scanner gives it.
    Clean,
    /// Up to 1.8 degrees askew and a little aside.
    Skew,
    /// Scanned without colour.
    Grey,
    /// Scanned in black and white.
    Bilevel,
    /// Toner running out.
    Faint,
    /// Old yellow paper with a coarse grain.
    DarkPaper,
    /// JPEG quality about 28.
    Jpeg,
    /// A little out of focus.
    Blur,
    /// The seal sits on the signer's name.
    SealOverName,
    /// The seal of another office over number or date; in colour, so that eyes read through it.
    SealOverDate,
    /// A smeared seal over the day in a black and white scan: the date is lost.
    DateDestroyed,
    /// The incoming-mail box over lines of text.
    MailStamp,
    /// Lines of a dirty glass, and dust.
    Streaks,
    /// Shadow of the book's fold at one edge, and a fold across.
    FoldShadow,
    /// Photographed: a mild perspective and uneven light.
    Phone,
    /// 300 dots per inch.
    Dpi300,
    /// Grey print on grey paper.
    LowContrast,
    /// The number by pen; figures on a citizen's form.
    PenNumber,
    /// The day by pen.
    PenDay,
    /// Both by pen.
    PenBoth,
    /// A PDF that was never on paper: text, fonts, a picture of the seal.
    Digital,
    /// Lies on its side or head.
    Turned,
}

impl Way {
    /// All of them.
    pub const ALL: [Self; 22] = [
        Self::Clean,
        Self::PenNumber,
        Self::Skew,
        Self::Grey,
        Self::SealOverDate,
        Self::Bilevel,
        Self::PenDay,
        Self::Faint,
        Self::DarkPaper,
        Self::MailStamp,
        Self::Jpeg,
        Self::PenBoth,
        Self::Blur,
        Self::SealOverName,
        Self::Streaks,
        Self::DateDestroyed,
        Self::FoldShadow,
        Self::Phone,
        Self::Digital,
        Self::Dpi300,
        Self::LowContrast,
        Self::Turned,
    ];

    /// The name in truth files and tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Skew => "skew",
            Self::Grey => "grey",
            Self::Bilevel => "bilevel",
            Self::Faint => "faint",
            Self::DarkPaper => "dark-paper",
            Self::Jpeg => "jpeg",
            Self::Blur => "blur",
            Self::SealOverName => "seal-over-name",
            Self::SealOverDate => "seal-over-date",
            Self::DateDestroyed => "date-destroyed",
            Self::MailStamp => "mail-stamp",
            Self::Streaks => "streaks",
            Self::FoldShadow => "fold-shadow",
            Self::Phone => "phone",
            Self::Dpi300 => "dpi-300",
            Self::LowContrast => "low-contrast",
            Self::PenNumber => "pen-number",
            Self::PenDay => "pen-day",
            Self::PenBoth => "pen-both",
            Self::Digital => "digital",
            Self::Turned => "turned",
        }
    }

    /// Those that can happen to a kind: no office seals a citizen's own paper, no mail stamp fits on a card.
    pub fn for_kind(kind: Kind) -> Vec<Self> {
        let suits = |way: &Self| match way {
            Self::SealOverName => !kind.is_citizens(),
            Self::SealOverDate | Self::DateDestroyed | Self::MailStamp => {
                !kind.is_citizens() && kind != Kind::InvalidCard
            }
            _ => true,
        };
        Self::ALL.into_iter().filter(suits).collect()
    }

    /// What of the paper it decides.
    pub fn look(self, kind: Kind, random: &mut Random) -> Look {
        let is_citizens = kind.is_citizens();
        let by_pen = matches!(self, Self::PenNumber | Self::PenBoth);
        Look {
            pen_number: by_pen && !is_citizens,
            pen_day: matches!(self, Self::PenDay | Self::PenBoth),
            pen_figures: by_pen && is_citizens,
            pen_ink: random.pick(&[[30, 50, 150], [22, 40, 120], [40, 40, 48], [50, 70, 190]]),
            has_seal: !is_citizens && (self == Self::SealOverName || random.chance(0.8)),
            has_mail_stamp: false,
        }
    }

    /// Pixels per inch.
    pub fn dpi(self, random: &mut Random) -> u32 {
        match self {
            Self::Bilevel | Self::DateDestroyed | Self::Dpi300 | Self::Phone => 300,
            _ => random.pick(&[200, 200, 200, 300]),
        }
    }

    /// How many colours.
    pub fn depth(self, random: &mut Random) -> Depth {
        match self {
            Self::Grey => Depth::Grey,
            Self::Bilevel | Self::DateDestroyed => Depth::Bilevel,
            Self::SealOverName if random.chance(0.4) => Depth::Grey,
            _ => Depth::Colour,
        }
    }

    /// Strength of the toner.
    pub fn strength(self, random: &mut Random) -> f32 {
        if self == Self::Faint { random.real(0.42, 0.58) } else { 1.0 }
    }

    /// JPEG quality.
    pub fn quality(self, own: u8, random: &mut Random) -> u8 {
        if self == Self::Jpeg { random.whole(24, 32) as u8 } else { own }
    }

    /// Adds seals and stamps to the marks, and notes what they destroy.
    pub fn mark(self, sheet: &mut Sheet<'_>, facts: &mut Facts, random: &mut Random) {
        match self {
            Self::SealOverName => {
                let (aside, below) = (random.real(14.0, 34.0), random.real(16.0, 26.0));
                for mark in sheet.pages.iter_mut().flatten() {
                    if let Mark::RoundSeal { centre, radius, .. } = mark {
                        let share = *radius / 51.0;
                        *centre = (centre.0 + aside * share, centre.1 + below * share);
                    }
                }
            }
            Self::SealOverDate => {
                if let Some((from, to)) = date_place(sheet) {
                    let share = random.real(0.0, 1.0);
                    let centre = (from.0 + (to.0 - from.0) * share, from.1 + random.real(-24.0, 24.0));
                    let text = Agency::of_district(&Place::with_district(random)).name.to_uppercase();
                    let seed = random.bits();
                    sheet.pages[0].push(Mark::RoundSeal { centre, radius: 49.0, text, seed });
                }
            }
            Self::DateDestroyed => {
                if let Some((from, to)) = date_place(sheet) {
                    let seed = random.bits();
                    let (from, to) = ((from.0, from.1 - 4.0), (to.0, to.1 - 4.0));
                    sheet.pages[0].push(Mark::Blot { from, to, radius: 10.5, seed });
                    facts.destroy_date(&words::of_sheet(sheet).0);
                }
            }
            Self::MailStamp => {
                let place = Place::with_district(random);
                let at = stamp_place(sheet, random);
                let day = Day::working(random, 2024, 2026);
                let number = random.whole(20, 999).to_string();
                let office = Agency::of_district(&place).name.to_uppercase();
                let seed = random.bits();
                sheet.pages[0].push(Mark::MailStamp { at, office, number, date: day.short(), seed });
            }
            _ => {}
        }
    }

    /// Scans one drawn page.
    pub fn scan(self, page: Picture, make: Scanner, dpi: u32, random: &mut Random) -> Picture {
        let make = if self == Self::DarkPaper { make.with_yellow_paper() } else { make };
        let mut page = page;
        match self {
            Self::Skew => {
                let degrees = random.real(0.7, 1.4) * if random.chance(0.5) { 1.0 } else { -1.0 };
                let mm = dpi as f32 / 25.4;
                page =
                    spoil::moved(&page, degrees, (random.real(-3.0, 3.0) * mm, random.real(-3.0, 3.0) * mm));
            }
            Self::DarkPaper => {
                let base = random.real(0.78, 0.86);
                spoil::grain(&mut page, dpi, [base + 0.03, base, base - 0.08], random);
            }
            Self::FoldShadow => crease(&mut page, dpi, random),
            Self::Streaks => spoil::speckle(&mut page, dpi, random),
            _ => {}
        }
        make.scan(page, &self.harms(random), dpi, random)
    }

    fn harms(self, random: &mut Random) -> Vec<Harm> {
        match self {
            Self::Blur => vec![Harm::Defocus(random.real(0.3, 0.42))],
            Self::Streaks => {
                let colours = [[110, 110, 112], [90, 90, 90], [120, 190, 130], [220, 110, 170]];
                let lines = (0..random.whole(1, 3))
                    .map(|_| {
                        let colour = random.pick(&colours);
                        (random.real(0.05, 0.95), random.real(0.12, 0.3), colour, random.real(0.4, 0.8))
                    })
                    .collect();
                vec![Harm::Streaks(lines)]
            }
            Self::FoldShadow => {
                let light = random.real(0.5, 0.68);
                vec![Harm::Shadow { at_left: random.chance(0.6), depth: random.real(30.0, 48.0), light }]
            }
            Self::Phone => {
                let desk = random.pick(&[[104, 74, 52], [92, 96, 100], [60, 70, 84]]);
                let light = random.real(0.7, 0.85);
                vec![
                    Harm::Shadow { at_left: random.chance(0.5), depth: random.real(60.0, 120.0), light },
                    Harm::Photo { keystone: random.real(0.008, 0.028), desk },
                ]
            }
            Self::LowContrast => {
                vec![Harm::Dark { white: random.real(185.0, 205.0), black: random.real(88.0, 108.0) }]
            }
            Self::Turned => vec![Harm::Turn(random.pick(&[1, 2, 2, 3]))],
            _ => Vec::new(),
        }
    }
}

/// Start and end of the figures of day and month in the head of page one, or where a card has them.
fn date_place(sheet: &Sheet<'_>) -> Option<((f32, f32), (f32, f32))> {
    let head = sheet.page.1 * 0.4;
    sheet.pages.first()?.iter().find_map(|mark| {
        let Mark::Text { at, family, style, size, text, .. } = mark else { return None };
        if at.1 > head || *style != Style::Italic || !text.contains(", ngày ") {
            return None;
        }
        let before = &text[..text.find("ngày ")? + "ngày ".len()];
        let until = text.find(" năm").unwrap_or(text.len());
        let x = |part: &str| at.0 + sheet.fonts.width((*family, *style), *size, part);
        Some(((x(before) + 5.0, at.1), (x(&text[..until]) - 3.0, at.1)))
    })
}

/// Somewhere over running text, where no figures stand under the figures of the stamp.
fn stamp_place(sheet: &Sheet<'_>, random: &mut Random) -> (f32, f32) {
    let mut best = (usize::MAX, (sheet.left, sheet.page.1 * 0.5));
    for _ in 0..60 {
        let at = (sheet.left + random.real(-25.0, 60.0), sheet.page.1 * random.real(0.27, 0.62));
        let under = |mark: &&Mark| match mark {
            Mark::Text { at: place, family, style, size, text, .. } => {
                let end = place.0 + sheet.fonts.width((*family, *style), *size, text);
                let is_beside = end < at.0 - 6.0 || place.0 > at.0 + 150.0;
                !is_beside && (at.1 - 4.0..at.1 + 70.0).contains(&place.1)
            }
            _ => false,
        };
        let texts: Vec<&Mark> = sheet.pages[0].iter().filter(under).collect();
        let has_figures = |mark: &&&Mark| matches!(mark, Mark::Text { text, .. } if text.chars().any(|c| c.is_ascii_digit()));
        let n_figures = texts.iter().filter(has_figures).count();
        // A stamp on white paper spoils nothing.
        let cost = if texts.len() < 3 { 50 } else { n_figures };
        if cost < best.0 {
            best = (cost, at);
        }
    }
    best.1
}

/// A fold across the sheet: a line of shadow with a lighter one beside it.
fn crease(page: &mut Picture, dpi: u32, random: &mut Random) {
    let y = (page.height as f32 * random.real(0.3, 0.7)) as usize;
    let half = (dpi / 40).max(2) as usize;
    for row in y.saturating_sub(half)..(y + half).min(page.height) {
        let near = 1.0 - (row.abs_diff(y) as f32 / half as f32);
        let light = if row < y { 1.0 - 0.28 * near } else { 1.0 - 0.1 * near };
        let start = row * page.width * 3;
        for channel in &mut page.rgb[start..start + page.width * 3] {
            *channel = (f32::from(*channel) * light) as u8;
        }
    }
}
