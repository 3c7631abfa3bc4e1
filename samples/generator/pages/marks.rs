//! What stands on a page besides its text: page numbers in all their styles, scrawls by hand, cards, what shines through.

use super::super::fonts::{Family, Fonts, Style};
use super::super::pen;
use super::super::random::Random;
use super::super::raster::{BLACK, Ink, Picture};
use super::super::sheet::Mark;
use super::super::spoil;

/// Where and how pages are numbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbering {
    /// Not at all.
    None,
    /// NĐ 30/2020: top centre, from page 2.
    TopCentre,
    /// Bottom centre, from page 2.
    BottomCentre,
    /// `Trang 2`, bottom right, on every page.
    Word,
    /// `ii`, bottom centre, on every page.
    Roman,
    /// `2/5`, bottom centre, on every page.
    OfTotal,
    /// `Trang 2/5`, bottom right, on every page.
    WordOfTotal,
    /// `- 2 -`, top centre, from page 2.
    Dashed,
    /// Bottom right, on every page.
    BottomRight,
}

impl Numbering {
    /// A style; the held-out ones are not among the others, but for the one that the decree asks for.
    pub fn any(random: &mut Random, is_held_out: bool) -> Self {
        if is_held_out {
            random.pick(&[Self::OfTotal, Self::WordOfTotal, Self::Dashed, Self::BottomRight, Self::TopCentre])
        } else {
            random.pick(&[
                Self::TopCentre,
                Self::TopCentre,
                Self::TopCentre,
                Self::TopCentre,
                Self::BottomCentre,
                Self::BottomCentre,
                Self::Word,
                Self::Roman,
            ])
        }
    }

    fn label(self, number: usize, total: usize) -> Option<String> {
        const ROMAN: [&str; 10] = ["i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x"];
        match self {
            Self::None => None,
            Self::TopCentre | Self::BottomCentre => (number > 1).then(|| number.to_string()),
            Self::Dashed => (number > 1).then(|| format!("- {number} -")),
            Self::Word => Some(format!("Trang {number}")),
            Self::Roman => Some(ROMAN[(number - 1) % 10].to_owned()),
            Self::OfTotal => Some(format!("{number}/{total}")),
            Self::WordOfTotal => Some(format!("Trang {number}/{total}")),
            Self::BottomRight => Some(number.to_string()),
        }
    }

    /// The mark on page `number` of `total`, for a page of the given size whose text runs from `top` to `bottom`.
    pub fn mark(
        self,
        fonts: &Fonts,
        family: Family,
        (number, total): (usize, usize),
        page: (f32, f32),
        (top, right): (f32, f32),
    ) -> Option<Mark> {
        let text = self.label(number, total)?;
        let size = 13.0;
        let width = fonts.width((family, Style::Regular), size, &text);
        let above = top - 22.0;
        let below = page.1 - 32.0;
        let (x, y) = match self {
            Self::TopCentre | Self::Dashed => ((page.0 - width) / 2.0, above.max(26.0)),
            Self::Word | Self::WordOfTotal | Self::BottomRight => (right - width, below),
            _ => ((page.0 - width) / 2.0, below),
        };
        Some(Mark::Text { at: (x, y), family, style: Style::Regular, size, text, ink: BLACK })
    }
}

/// Words by hand that nobody can read: loops along a line of `width` pixels.
pub fn scrawl(page: &mut Picture, at: (f32, f32), width: f32, height: f32, random: &mut Random) {
    scrawl_in(page, at, (width, height), ([40, 48, 110], 0.9), random);
}

/// The same in a given ink and strength; `size` is the width of the line and the height of its letters.
pub fn scrawl_in(
    page: &mut Picture,
    at: (f32, f32),
    (width, height): (f32, f32),
    (ink, strength): (Ink, f32),
    random: &mut Random,
) {
    let mut x = at.0;
    while x + height * 1.6 < at.0 + width {
        let word = random.real(0.8, 1.5) * height;
        let traces = pen::signature(random.bits());
        let rise = random.real(-0.15, 0.15) * height;
        let place = |(u, v): (f32, f32)| (x + (u + 1.0) * word * 0.8, at.1 + rise + v * height * 0.6);
        page.fill(&pen::outline(&traces, place, height * 1.3), ink, strength);
        x += word * 1.6 + height * random.real(0.3, 0.8);
    }
}

/// A line or two in pencil on an empty page.
pub fn pencil(page: &mut Picture, dpi: u32, random: &mut Random) {
    let mm = dpi as f32 / 25.4;
    let (x, mut y) = (random.real(30.0, 70.0) * mm, random.real(60.0, 150.0) * mm);
    for _ in 0..random.whole(2, 3) {
        let size = (random.real(50.0, 90.0) * mm, 7.0 * mm);
        scrawl_in(page, (x, y), size, ([120, 120, 124], 0.55), random);
        y += 14.0 * mm;
    }
}

/// The back of a page whose front shines through.
pub fn bleed(front: &Picture, strength: f32, dpi: u32) -> Picture {
    let mut back = front.clone();
    for row in back.rgb.chunks_exact_mut(front.width * 3) {
        for x in 0..front.width / 2 {
            for channel in 0..3 {
                row.swap(x * 3 + channel, (front.width - 1 - x) * 3 + channel);
            }
        }
    }
    spoil::blur(&mut back, (dpi as f32 * 0.006).round().max(1.0) as usize);
    back.rgb.iter_mut().for_each(|v| *v = (255.0 - (255.0 - f32::from(*v)) * strength) as u8);
    back
}

/// One side of a card of 85.6 × 54 mm with its top left corner at `at`.
pub fn card(fonts: &Fonts, at: (f32, f32), is_front: bool, random: &mut Random) -> Vec<Mark> {
    let mm = 72.0 / 25.4;
    let place = |x: f32, y: f32| (at.0 + x * mm, at.1 + y * mm);
    let mut marks = Vec::new();
    let mut text = |x: f32, y: f32, style: Style, size: f32, text: String| {
        fonts.width((Family::Sans, style), size, &text);
        marks.push(Mark::Text {
            at: place(x, y),
            family: Family::Sans,
            style,
            size,
            text,
            ink: [30, 30, 60],
        });
    };
    if is_front {
        text(14.0, 7.0, Style::Bold, 7.0, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM".to_owned());
        text(24.0, 15.0, Style::Bold, 9.5, "THẺ HỘI VIÊN NGƯỜI CAO TUỔI".to_owned());
        text(30.0, 24.0, Style::Regular, 7.5, format!("Số thẻ: {:06}", random.whole(1, 999_999)));
        text(30.0, 31.0, Style::Regular, 7.5, "Họ và tên: NGUYỄN VĂN MẪU".to_owned());
        text(30.0, 38.0, Style::Regular, 7.5, format!("Năm sinh: {}", random.whole(1940, 1962)));
        text(30.0, 45.0, Style::Regular, 7.5, "Nơi ở: thôn Đồng Mây, xã Nậm Lương".to_owned());
    } else {
        text(
            8.0,
            9.0,
            Style::Regular,
            7.0,
            "Người được cấp thẻ có trách nhiệm giữ gìn, không cho mượn.".to_owned(),
        );
        text(8.0, 17.0, Style::Regular, 7.0, "Mất thẻ phải báo ngay cho chi hội nơi cư trú.".to_owned());
        text(8.0, 26.0, Style::Regular, 7.0, format!("Ngày cấp: {:02}/{:02}/2023", random.whole(1, 28), 6));
        text(46.0, 34.0, Style::Bold, 7.5, "CHỦ TỊCH HỘI".to_owned());
        let centre = place(58.0, 42.0);
        marks.push(Mark::Signature { centre, size: (50.0, 20.0), ink: [30, 50, 150], seed: random.bits() });
    }
    let corners = [place(0.4, 0.4), place(85.2, 0.4), place(85.2, 53.6), place(0.4, 53.6)];
    for n in 0..4 {
        marks.push(Mark::Rule {
            from: corners[n],
            to: corners[(n + 1) % 4],
            width: 1.0,
            ink: [60, 110, 150],
        });
    }
    if is_front {
        let photo = [place(6.0, 18.0), place(26.0, 18.0), place(26.0, 45.0), place(6.0, 45.0)];
        for n in 0..4 {
            marks.push(Mark::Rule { from: photo[n], to: photo[(n + 1) % 4], width: 0.8, ink: [90, 90, 90] });
        }
        marks.push(Mark::Rule {
            from: place(16.0, 20.0),
            to: place(16.0, 44.0),
            width: 40.0,
            ink: [176, 150, 130],
        });
    }
    marks
}

/// A printed frame round the text, as certificates have.
pub fn frame(page: (f32, f32)) -> Vec<Mark> {
    let mut marks = Vec::new();
    for (inset, width) in [(34.0, 2.2), (39.0, 0.8)] {
        let corners = [
            (inset, inset),
            (page.0 - inset, inset),
            (page.0 - inset, page.1 - inset),
            (inset, page.1 - inset),
        ];
        for n in 0..4 {
            marks.push(Mark::Rule { from: corners[n], to: corners[(n + 1) % 4], width, ink: [150, 40, 40] });
        }
    }
    marks
}
