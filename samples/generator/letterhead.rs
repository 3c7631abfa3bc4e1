//! The fixed parts of a paper's face: two-column head, title, subject, signature block, receivers.
//!
//! Positions follow NĐ 30/2020/NĐ-CP, Phụ lục I; a citizen's own papers have the motto alone.

use super::calendar::Day;
use super::fonts::Style;
use super::pen;
use super::people::{Agency, Person, Place};
use super::random::Random;
use super::raster::Ink;
use super::sheet::{Align, DateForm, Mark, Sheet, italic, plain};

const NATION: &str = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM";
const MOTTO: &str = "Độc lập - Tự do - Hạnh phúc";

/// Number as printed: `Số:` `12` `/QĐ-UBND`.
#[derive(Clone, Debug)]
pub struct Number {
    /// `12`, at least two figures.
    pub figures: String,
    /// `/QĐ-UBND`, `/2024`.
    pub symbol: String,
}

impl Number {
    /// A number with the given symbol.
    pub fn new(random: &mut Random, high: u32, symbol: impl Into<String>) -> Self {
        Self { figures: format!("{:02}", random.whole(2, high)), symbol: symbol.into() }
    }

    /// `12/QĐ-UBND`.
    pub fn whole(&self) -> String {
        format!("{}{}", self.figures, self.symbol)
    }
}

/// The side on which paper is left empty below the head.
#[derive(Clone, Copy)]
enum Room {
    Left,
    Right,
}

/// A piece of a line: printed, or left for the pen.
enum Piece {
    Print(Style, String),
    /// Height in parts of the type's size; room before and after in the same unit.
    Pen {
        text: String,
        seed: u64,
        height: f32,
        before: f32,
        after: f32,
    },
}

impl Sheet<'_> {
    fn pen_piece(&mut self, text: String) -> Piece {
        let seed = self.random.bits();
        let height = self.random.real(0.8, 1.15);
        // Hands run into print now and then, but never over it.
        let (before, after) = (self.random.real(-0.05, 0.3), self.random.real(-0.1, 0.4));
        Piece::Pen { text, seed, height, before, after }
    }

    fn pieces_width(&self, pieces: &[Piece], size: f32) -> f32 {
        pieces.iter().map(|piece| self.piece_width(piece, size)).sum()
    }

    fn piece_width(&self, piece: &Piece, size: f32) -> f32 {
        match piece {
            Piece::Print(style, text) => self.measure(*style, size, text),
            Piece::Pen { text, seed, height, before, after } => {
                size * (before + pen::reach(text, *seed) * height + after)
            }
        }
    }

    /// Prints pieces from `x` on; figures by pen stand a little off the line, as a hand puts them.
    fn pieces(&mut self, mut x: f32, y: f32, size: f32, pieces: &[Piece]) {
        for piece in pieces {
            match piece {
                Piece::Print(style, text) => self.text((x, y), *style, size, text),
                Piece::Pen { text, seed, height, before, .. } => {
                    let at = (x + size * before, y + size * self.random.real(-0.12, 0.15));
                    let (text, seed, ink) = (text.clone(), *seed, self.look.pen_ink);
                    self.mark(Mark::Pen { at, text, height: size * height, ink, seed });
                }
            }
            x += self.piece_width(piece, size);
        }
    }

    /// Agency left, motto right, number and date on one line below.
    pub fn letterhead(&mut self, agency: &Agency, number: &Number, day: Day) {
        self.head(agency, number, day, Room::Left);
    }

    /// The same for a letter, whose subject follows under the number.
    pub fn letterhead_with_subject(&mut self, agency: &Agency, number: &Number, day: Day, subject: &str) {
        self.head(agency, number, day, Room::Right);
        self.subject(subject);
    }

    fn head(&mut self, agency: &Agency, number: &Number, day: Day, room: Room) {
        let (left, right) = (self.left - 14.0, self.right + 8.0);
        let width = right - left;
        let (agency_x, motto_x) = (left + width * self.manner.agency_at, left + width * self.manner.motto_at);
        let top = self.y;
        let fit = |sheet: &Self, style, size: f32, text: &str, room: f32| {
            size * (room / sheet.measure(style, size, text)).min(1.0)
        };
        let mut y = top + 13.0;
        for line in &agency.parent_lines {
            let size = fit(self, Style::Regular, 12.5, line, width * 0.4);
            self.text_centred((agency_x, y), Style::Regular, size, line);
            y += self.manner.head_line;
        }
        let mut last = 0.0;
        for line in &agency.lines {
            let size = fit(self, Style::Bold, 12.5, line, width * 0.4);
            last = self.measure(Style::Bold, size, line);
            self.text_centred((agency_x, y), Style::Bold, size, line);
            y += self.manner.head_line;
        }
        let half = last * 0.22;
        self.rule(agency_x - half, agency_x + half, y - 9.0);
        let motto_bottom = self.motto(motto_x, top + 13.0, width * 0.58);
        let baseline = y.max(motto_bottom) + self.random.real(9.0, 15.0);
        let pieces = self.number_pieces(number);
        let size = self.fit_pieces(&pieces, width * 0.4, 13.0);
        let start = agency_x - self.pieces_width(&pieces, size) / 2.0;
        self.pieces(start, baseline, size, &pieces);
        let pieces = self.date_pieces(&agency.seat, day);
        let size = self.fit_pieces(&pieces, width * 0.58, 13.5);
        let start = motto_x - self.pieces_width(&pieces, size) / 2.0;
        self.pieces(start, baseline, size, &pieces);
        self.y = baseline + 6.0;
        if self.look.has_mail_stamp {
            // Clerks look for an empty place; under a letter's number the subject stands.
            let x = match room {
                Room::Left => left - 24.0,
                Room::Right => motto_x - 60.0,
            };
            let (aside, below) = (self.random.real(0.0, 20.0), self.random.real(6.0, 14.0));
            self.mail_stamp((x + aside, baseline + below), day);
        }
    }

    fn number_pieces(&mut self, number: &Number) -> Vec<Piece> {
        let print = |text: String| Piece::Print(Style::Regular, text);
        let figures = if self.look.pen_number {
            self.pen_piece(number.figures.clone())
        } else {
            print(format!(" {}", number.figures))
        };
        let symbol = format!("{}{}", self.manner.number_gap, number.symbol);
        vec![print(self.manner.number_label.to_owned()), figures, print(symbol)]
    }

    /// A number in a row of its own, as certificates have it; centred on `x`.
    pub fn number_line(&mut self, x: f32, number: &Number) {
        let height = self.size * 1.5;
        let pieces = self.number_pieces(number);
        let start = x - self.pieces_width(&pieces, self.size) / 2.0;
        self.pieces(start, self.y + height * 0.7, self.size, &pieces);
        self.y += height;
    }

    fn fit_pieces(&self, pieces: &[Piece], room: f32, size: f32) -> f32 {
        size * (room / self.pieces_width(pieces, size)).min(1.0)
    }

    fn date_pieces(&mut self, seat: &str, day: Day) -> Vec<Piece> {
        let print = |text: String| Piece::Print(Style::Italic, text);
        let rest = format!("tháng {} năm {}", day.month_text(), day.year);
        if self.look.pen_day {
            return vec![print(format!("{seat}, ngày")), self.pen_piece(day.day_text()), print(rest)];
        }
        vec![print(match self.manner.date_form {
            DateForm::Long => format!("{seat}, ngày {} {rest}", day.day_text()),
            DateForm::Slashes => format!("{seat}, ngày {}", day.short()),
            DateForm::Dots => format!("{seat}, ngày {}", day.dotted()),
        })]
    }

    /// Nation and motto centred on `x`; the lowest line drawn is returned.
    fn motto(&mut self, x: f32, y: f32, room: f32) -> f32 {
        let size = 12.5 * (room / self.measure(Style::Bold, 12.5, NATION)).min(1.0);
        self.text_centred((x, y), Style::Bold, size, NATION);
        self.text_centred((x, y + 16.5), Style::Bold, size + 0.8, MOTTO);
        let half = self.measure(Style::Bold, size + 0.8, MOTTO) / 2.0;
        self.rule(x - half, x + half, y + 22.8);
        y + 24.0
    }

    /// The head of a citizen's paper: the motto alone, in the middle.
    pub fn citizen_head(&mut self) {
        let x = (self.left + self.right) / 2.0;
        self.y = self.motto(x, self.y + 13.0, self.width()) + 14.0;
    }

    /// Name of the type in capitals and what it is about, with the short rule below.
    pub fn title(&mut self, name: &str, about: Option<&str>) {
        self.skip(12.0);
        self.centred(Style::Bold, self.manner.title_size, name, 1.0);
        if let Some(about) = about {
            self.centred(Style::Bold, self.size.max(13.0), about, 0.82);
            let x = (self.left + self.right) / 2.0;
            let half = self.width() * 0.09;
            self.rule(x - half, x + half, self.y + 4.0);
        }
        self.skip(13.0);
    }

    /// The subject of an official letter: narrow, under the number.
    fn subject(&mut self, text: &str) {
        let left = self.left - 14.0;
        let width = self.right + 8.0 - left;
        let edges = (left + width * 0.03, left + width * 0.38);
        self.lines(&[plain(text)], edges, Align::Centre, 0.0, 12.0);
        self.skip(14.0);
    }

    fn mail_stamp(&mut self, at: (f32, f32), day: Day) {
        let place = Place::any(&mut self.random);
        let number = self.random.whole(20, 999).to_string();
        let n_days = self.random.whole(1, 6);
        let date = day.later(n_days).short();
        let office = Agency::of_district(&place).name.to_uppercase();
        let seed = self.random.bits();
        self.mark(Mark::MailStamp { at, office, number, date, seed });
    }

    /// The signature block right, `Nơi nhận` left.
    ///
    /// `lines` are capitals from the top: `TM. ỦY BAN NHÂN DÂN`, `CHỦ TỊCH`.
    pub fn sign(&mut self, lines: &[String], name: &str, seal_text: &str, receivers: &[String]) {
        self.skip(8.0);
        let height = 30.0 + 16.0 * lines.len() as f32 + 75.0;
        self.ensure(height.max(22.0 + 13.0 * receivers.len() as f32));
        let top = self.y;
        let x = self.left + self.width() * 0.73;
        let room = self.width() * 0.54;
        let mut y = top + 14.0;
        for line in lines {
            let size = 13.0 * (room / self.measure(Style::Bold, 13.0, line)).min(1.0);
            self.text_centred((x, y), Style::Bold, size, line);
            y += 16.0;
        }
        let space = self.random.real(58.0, 74.0);
        let aside = self.random.real(0.0, 14.0);
        self.scribble((x + aside, y + space * 0.36), (96.0, 46.0));
        self.text_centred((x, y + space), Style::Bold, 13.5, name);
        if self.look.has_seal {
            let centre = (x - self.random.real(30.0, 44.0), y + space * 0.36 + self.random.real(-4.0, 10.0));
            let (text, seed) = (seal_text.to_owned(), self.random.bits());
            self.mark(Mark::RoundSeal { centre, radius: 51.0, text, seed });
        }
        if !receivers.is_empty() {
            self.text((self.left, top + 14.0), Style::BoldItalic, 12.0, "Nơi nhận:");
            for (n, receiver) in receivers.iter().enumerate() {
                let end = if n + 1 == receivers.len() { "." } else { ";" };
                let baseline = top + 28.0 + 13.0 * n as f32;
                self.text((self.left, baseline), Style::Regular, 11.0, &format!("- {receiver}{end}"));
            }
        }
        self.y = y + space + 12.0;
    }

    /// A citizen's signature, with place and day above it.
    pub fn sign_citizen(&mut self, seat: &str, day: Day, role: &str, name: &str) {
        self.skip(8.0);
        self.ensure(130.0);
        let x = self.left + self.width() * 0.72;
        let y = self.y + 14.0;
        let pieces = self.date_pieces(seat, day);
        let size = self.fit_pieces(&pieces, self.width() * 0.56, 13.0);
        let start = x - self.pieces_width(&pieces, size) / 2.0;
        self.pieces(start, y, size, &pieces);
        self.text_centred((x, y + 18.0), Style::Bold, 13.0, role);
        self.text_centred((x, y + 33.0), Style::Italic, 12.0, "(Ký, ghi rõ họ tên)");
        self.scribble((x, y + 60.0), (66.0, 32.0));
        self.text_centred((x, y + 96.0), Style::Regular, 13.0, name);
        self.y = y + 108.0;
    }

    /// Day, position and name in small print at the lower right of a card.
    pub fn sign_card(&mut self, agency: &Agency, day: Day, signer: &Signer) {
        let x = self.left + self.width() * 0.72;
        let y = self.page.1 - 86.0;
        let pieces = self.date_pieces(&agency.seat, day);
        let size = self.fit_pieces(&pieces, self.width() * 0.54, 9.0);
        let start = x - self.pieces_width(&pieces, size) / 2.0;
        self.pieces(start, y, size, &pieces);
        for (n, line) in signer.lines.iter().enumerate() {
            self.text_centred((x, y + 11.0 * (n + 1) as f32), Style::Bold, 8.5, line);
        }
        self.scribble((x, y + 43.0), (52.0, 22.0));
        self.text_centred((x, y + 66.0), Style::Bold, 9.5, &signer.name);
        if self.look.has_seal {
            let (text, seed) = (agency.seal_text.clone(), self.random.bits());
            self.mark(Mark::RoundSeal { centre: (x - 42.0, y + 40.0), radius: 30.0, text, seed });
        }
    }

    fn scribble(&mut self, centre: (f32, f32), size: (f32, f32)) {
        let (ink, seed): (Ink, u64) = (self.look.pen_ink, self.random.bits());
        self.mark(Mark::Signature { centre, size, ink, seed });
    }

    /// Legal bases, one slanted paragraph each, as NĐ 30/2020 sets them.
    pub fn bases(&mut self, bases: &[String]) {
        for (n, basis) in bases.iter().enumerate() {
            let end = if n + 1 == bases.len() { "." } else { ";" };
            self.paragraph(&[italic(format!("{basis}{end}"))]);
        }
    }
}

/// Who signed, as truth wants it and as the paper shows it.
pub struct Signer {
    /// Full name.
    pub name: String,
    /// `Phó Chủ tịch`.
    pub position: String,
    /// Capitals from the top.
    pub lines: Vec<String>,
}

impl Signer {
    /// The head, or the deputy on the head's behalf.
    pub fn of(random: &mut Random, agency: &Agency, province_code: &str) -> Self {
        let person = Person::born_between(random, province_code, 1965, 1988);
        let collective = agency.collective.map(|name| format!("TM. {name}"));
        let (position, own) = if random.chance(0.5) {
            (agency.head, vec![agency.head.to_uppercase()])
        } else {
            (agency.deputy, vec![format!("KT. {}", agency.head.to_uppercase()), agency.deputy.to_uppercase()])
        };
        let lines = collective.into_iter().chain(own).collect();
        Self { name: person.name, position: position.to_owned(), lines }
    }

    /// The head of an office, by order of the chairman.
    pub fn by_order(random: &mut Random, agency: &Agency, province_code: &str) -> Self {
        let person = Person::born_between(random, province_code, 1965, 1988);
        let position = "Chánh Văn phòng";
        let lines = vec![format!("TL. {}", agency.head.to_uppercase()), position.to_uppercase()];
        Self { name: person.name, position: position.to_owned(), lines }
    }
}
