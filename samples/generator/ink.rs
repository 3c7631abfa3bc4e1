//! Draws the marks of a page at a resolution: print, pen, seal and stamp.

use super::fonts::{Family, Fonts, Style};
use super::pen;
use super::random::{Random, sine_cosine};
use super::raster::{Ink, Outline, Picture};
use super::sheet::{Mark, PAGE_HEIGHT_PT, PAGE_WIDTH_PT};

/// The red of seals.
const SEAL_RED: Ink = [214, 38, 46];
/// The violet-blue of office stamps.
const STAMP_BLUE: Ink = [70, 60, 160];

/// Draws one page; `strength` below 1 is toner running out.
pub fn draw(marks: &[Mark], fonts: &Fonts, dpi: u32, strength: f32) -> Picture {
    draw_sized(marks, fonts, dpi, strength, (PAGE_WIDTH_PT, PAGE_HEIGHT_PT))
}

/// Draws one page of the given width and height in points.
pub fn draw_sized(
    marks: &[Mark],
    fonts: &Fonts,
    dpi: u32,
    strength: f32,
    (page_width, page_height): (f32, f32),
) -> Picture {
    let scale = dpi as f32 / 72.0;
    let width = (page_width * scale).round() as usize;
    let height = (page_height * scale).round() as usize;
    let mut drawing = Drawing { fonts, scale, strength, picture: Picture::white(width, height) };
    // The seal and the pen come after the print, as on real paper.
    let is_print = |mark: &&Mark| matches!(mark, Mark::Text { .. } | Mark::Rule { .. });
    marks.iter().filter(is_print).for_each(|mark| drawing.mark(mark));
    marks.iter().filter(|mark| !is_print(mark)).for_each(|mark| drawing.mark(mark));
    drawing.picture
}

struct Drawing<'a> {
    fonts: &'a Fonts,
    scale: f32,
    strength: f32,
    picture: Picture,
}

impl Drawing<'_> {
    fn mark(&mut self, mark: &Mark) {
        let scale = self.scale;
        match mark {
            Mark::Text { at, family, style, size, text, ink } => {
                let face = (*family, *style);
                self.print(face, *size, text, *at, (0.0, 1.0), *ink, self.strength);
            }
            Mark::Rule { from, to, width, ink } => {
                let mut outline = Outline::default();
                outline.stroke(self.pixels(*from), self.pixels(*to), width * scale);
                self.picture.fill(&outline, *ink, self.strength);
            }
            Mark::Pen { at, text, height, ink, seed } => {
                let place = |(x, y)| ((at.0 + x * height) * scale, (at.1 + y * height) * scale);
                let outline = pen::outline(&pen::figures(text, *seed), place, height * scale);
                self.picture.fill(&outline, *ink, 0.95);
            }
            Mark::Signature { centre, size, ink, seed } => {
                let (half, high) = (size.0 / 2.0, size.1 / 2.0);
                let place = |(x, y)| ((centre.0 + x * half) * scale, (centre.1 + y * high) * scale);
                let outline = pen::outline(&pen::signature(*seed), place, half * scale);
                self.picture.fill(&outline, *ink, 0.95);
            }
            Mark::Blot { from, to, radius, seed } => self.blot(*from, *to, *radius, *seed),
            Mark::RoundSeal { centre, radius, text, seed } => self.seal(*centre, *radius, text, *seed),
            Mark::MailStamp { at, office, number, date, seed } => {
                self.mail_stamp(*at, office, (number, date), *seed)
            }
        }
    }

    fn pixels(&self, (x, y): (f32, f32)) -> (f32, f32) {
        (x * self.scale, y * self.scale)
    }

    #[expect(clippy::too_many_arguments, reason = "a text has this many properties")]
    fn print(
        &mut self,
        face: (Family, Style),
        size: f32,
        text: &str,
        at: (f32, f32),
        turn: (f32, f32),
        ink: Ink,
        strength: f32,
    ) {
        let mut outline = Outline::default();
        self.fonts.outline(&mut outline, face, size * self.scale, text, self.pixels(at), turn);
        self.picture.fill(&outline, ink, strength);
    }

    /// Discs that run into one another.
    fn blot(&mut self, from: (f32, f32), to: (f32, f32), radius: f32, seed: u64) {
        let mut random = Random::for_purpose(seed, "blot");
        let mut outline = Outline::default();
        for n in 0..24_u8 {
            let along = f32::from(n) / 23.0;
            let at = (
                from.0 + (to.0 - from.0) * along + random.real(-0.25, 0.25) * radius,
                from.1 + (to.1 - from.1) * along + random.real(-0.25, 0.25) * radius,
            );
            outline.disc(self.pixels(at), radius * random.real(0.85, 1.15) * self.scale, 24);
        }
        self.picture.fill(&outline, SEAL_RED, 0.97);
    }

    /// Two rings, the agency's name between them, a star in the middle.
    fn seal(&mut self, centre: (f32, f32), radius: f32, text: &str, seed: u64) {
        let mut random = Random::for_purpose(seed, "seal");
        let strength = random.real(0.72, 0.95);
        let tilt = random.real(-0.3, 0.3);
        self.ring(centre, radius, 1.6, strength);
        self.ring(centre, radius - 3.2, 0.7, strength);
        self.ring(centre, radius * 0.62, 0.8, strength);
        self.star(centre, radius * 0.42, tilt, strength);
        self.star((centre.0, centre.1 + radius * 0.78), radius * 0.09, tilt, strength);
        let face = (Family::Sans, Style::Bold);
        let middle = radius * 0.72;
        let natural = self.fonts.width(face, 1.0, text);
        // The name takes at most 300 degrees of the circle.
        let size = (middle * 5.2 / natural).min(radius * 0.17);
        let mut angle = tilt - natural * size / middle / 2.0;
        for letter in text.chars() {
            let letter = letter.to_string();
            let advance = self.fonts.width(face, size, &letter) / middle;
            let turn = sine_cosine(angle + advance / 2.0);
            let half = advance * middle / 2.0;
            let (top_x, top_y) = (centre.0 + middle * turn.0, centre.1 - middle * turn.1);
            let start = (top_x - half * turn.1, top_y - half * turn.0);
            self.print(face, size, &letter, start, turn, SEAL_RED, strength);
            angle += advance;
        }
    }

    fn ring(&mut self, centre: (f32, f32), radius: f32, width: f32, strength: f32) {
        let mut outline = Outline::default();
        let corner = |n: u16| {
            let (sine, cosine) = sine_cosine(std::f32::consts::TAU * f32::from(n) / 120.0);
            self.pixels((centre.0 + radius * cosine, centre.1 + radius * sine))
        };
        for n in 0..120 {
            outline.stroke(corner(n), corner(n + 1), width * self.scale);
        }
        self.picture.fill(&outline, SEAL_RED, strength);
    }

    fn star(&mut self, centre: (f32, f32), radius: f32, tilt: f32, strength: f32) {
        let corners: Vec<_> = (0..10_u8)
            .map(|n| {
                let (sine, cosine) = sine_cosine(tilt + std::f32::consts::PI * f32::from(n) / 5.0);
                let r = if n % 2 == 0 { radius } else { radius * 0.39 };
                self.pixels((centre.0 + r * sine, centre.1 - r * cosine))
            })
            .collect();
        let mut outline = Outline::default();
        outline.polygon(&corners);
        self.picture.fill(&outline, SEAL_RED, strength);
    }

    /// `CÔNG VĂN ĐẾN` in a box, its number and date by pen.
    fn mail_stamp(&mut self, at: (f32, f32), office: &str, (number, date): (&str, &str), seed: u64) {
        let mut random = Random::for_purpose(seed, "mail stamp");
        let turn = sine_cosine(random.real(-0.05, 0.05));
        let ink = if random.chance(0.5) { SEAL_RED } else { STAMP_BLUE };
        let strength = random.real(0.6, 0.9);
        let place = |x: f32, y: f32| (at.0 + x * turn.1 - y * turn.0, at.1 + x * turn.0 + y * turn.1);
        let (width, height) = (142.0, 56.0);
        let corners = [place(0.0, 0.0), place(width, 0.0), place(width, height), place(0.0, height)];
        let mut outline = Outline::default();
        for n in 0..4 {
            outline.stroke(self.pixels(corners[n]), self.pixels(corners[(n + 1) % 4]), 1.2 * self.scale);
        }
        self.picture.fill(&outline, ink, strength);
        let face = (Family::Sans, Style::Bold);
        for (y, size, text) in [(11.0, 7.5, office), (25.0, 10.0, "CÔNG VĂN ĐẾN")] {
            let size = size * ((width - 8.0) / self.fonts.width(face, size, text)).min(1.0);
            let start = (width - self.fonts.width(face, size, text)) / 2.0;
            self.print(face, size, text, place(start, y), turn, ink, strength);
        }
        let face = (Family::Sans, Style::Regular);
        for (y, label, value) in [(38.0, "Số:", number), (51.0, "Ngày:", date)] {
            self.print(face, 8.5, label, place(6.0, y), turn, ink, strength);
            let start = place(10.0 + self.fonts.width(face, 8.5, label), y);
            let height = 8.5;
            let scale = self.scale;
            let put = |(x, y): (f32, f32)| ((start.0 + x * height) * scale, (start.1 + y * height) * scale);
            let outline = pen::outline(&pen::figures(value, random.bits()), put, height * scale);
            self.picture.fill(&outline, [40, 50, 130], 0.95);
        }
    }
}
