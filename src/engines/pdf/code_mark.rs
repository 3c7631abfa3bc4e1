//! Where and how the code is drawn: wrapped at its dots, 8 pt down to a legible floor, in the
//! top-left corner of page one where the least ink is.
//!
//! Source: QĐ 1917/QĐ-BLĐTBXH, Điều 15 khoản 3 (the corner); the sizes are ours. Knows nothing of files.

use image::GrayImage;
use pdf_writer::{Content, Name, Str};
use serde::{Deserialize, Serialize};

use super::{
    font::{ASCENT, DESCENT, Encoded, FontBuilder, FontError, MissingLetter, clean, width_pt},
    geometry::BoxPt,
    ink::InkMap,
};

/// Largest size of the letters, in points.
pub const LARGEST_PT: f32 = 8.0;
/// Smallest size that is still legible, in points.
pub const SMALLEST_PT: f32 = 5.5;
/// Share of the page's width that the corner takes.
pub const CORNER_WIDTH: f32 = 0.46;
/// Share of the page's height that the corner takes.
pub const CORNER_HEIGHT: f32 = 0.09;
/// First baseline below the top of the page as seen, in points, where nothing else is there.
pub const BASELINE_PT: f32 = 12.0;

/// A note at the foot of the page: its letters, and the share of the page that it may use.
const LARGEST_NOTE_PT: f32 = 7.0;
const SMALLEST_NOTE_PT: f32 = 5.0;
const NOTE_HEIGHT: f32 = 0.15;
const NOTE_MARGIN_PT: f32 = 6.0;
const SIDE_MARGIN_PT: f32 = 14.0;
const LEADING: f32 = 1.125;
const SIZE_STEP_PT: f32 = 0.25;
const PLACE_STEP_PT: f32 = 3.0;
/// Rounding of widths must not break a line that was laid out to fit.
const SLACK_PT: f32 = 0.05;

/// A code broken into lines.
#[derive(Debug, Clone, PartialEq)]
pub struct LaidOut {
    /// The lines, NFC.
    pub lines: Vec<String>,
    /// Size of the letters, points.
    pub size_pt: f32,
    /// Width of the longest line, points.
    pub width_pt: f32,
    /// From the top of the first line to the foot of the last, points.
    pub height_pt: f32,
}

/// The code does not fit, even at the smallest size.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[error("mã dài {width_pt:.0} pt ở cỡ chữ nhỏ nhất; chỗ trống rộng {room_pt:.0} pt, cao {height_pt:.0} pt")]
pub struct TooWide {
    /// Width of the code in one line, at the smallest size.
    pub width_pt: f32,
    /// Width there is.
    pub room_pt: f32,
    /// Height there is.
    pub height_pt: f32,
}

/// Breaks a code into lines for a box, at the largest size that fits.
///
/// # Errors
/// [`TooWide`].
pub fn lay_out(code: &str, room_pt: f32, height_pt: f32) -> Result<LaidOut, TooWide> {
    let text = clean(code);
    sizes()
        .map(|size_pt| lay_out_at(&text, size_pt, room_pt))
        .find(|laid| laid.width_pt <= room_pt + SLACK_PT && laid.height_pt <= height_pt + SLACK_PT)
        .ok_or_else(|| TooWide { width_pt: width_pt(&text, SMALLEST_PT), room_pt, height_pt })
}

/// From the largest to the smallest.
fn sizes() -> impl Iterator<Item = f32> {
    let steps = ((LARGEST_PT - SMALLEST_PT) / SIZE_STEP_PT).round() as u8;
    (0..=steps).map(|step| LARGEST_PT - f32::from(step) * SIZE_STEP_PT)
}

fn lay_out_at(text: &str, size_pt: f32, room_pt: f32) -> LaidOut {
    let mut lines = vec![String::new()];
    for group in text.split_inclusive('.') {
        if put(&mut lines, group, size_pt, room_pt) {
            continue;
        }
        // A group alone is wider than the room: at spaces, and where that is not enough, anywhere.
        for word in group.split_inclusive([' ', '/', '-']) {
            if !put(&mut lines, word, size_pt, room_pt) {
                for letter in word.chars() {
                    let mut buffer = [0; 4];
                    let letter = letter.encode_utf8(&mut buffer);
                    if !put(&mut lines, letter, size_pt, room_pt) {
                        lines.push(letter.to_owned());
                    }
                }
            }
        }
    }
    for line in &mut lines {
        *line = line.trim().to_owned();
    }
    lines.retain(|line| !line.is_empty());
    let widest = lines.iter().map(|line| width_pt(line, size_pt)).fold(0.0, f32::max);
    let height_pt = height(lines.len(), size_pt);
    LaidOut { lines, size_pt, width_pt: widest, height_pt }
}

/// Adds to the last line or begins another; whether it fitted.
fn put(lines: &mut Vec<String>, piece: &str, size_pt: f32, room_pt: f32) -> bool {
    let fits = |text: &str| width_pt(text.trim_end(), size_pt) <= room_pt + SLACK_PT;
    if let Some(last) = lines.last_mut() {
        let longer = format!("{last}{piece}");
        if fits(&longer) {
            *last = longer;
            return true;
        }
    }
    if !fits(piece) {
        return false;
    }
    lines.push(piece.to_owned());
    true
}

fn height(n_lines: usize, size_pt: f32) -> f32 {
    size_pt * (ASCENT + DESCENT + LEADING * n_lines.saturating_sub(1) as f32)
}

impl LaidOut {
    /// Letters as the font numbers them, a line each.
    ///
    /// # Errors
    /// [`FontError::NoGlyph`]: the code is to be seen, so nothing may stand in.
    pub fn encode(&self, font: &mut FontBuilder) -> Result<Vec<Encoded>, FontError> {
        self.lines.iter().map(|line| font.encode(line, MissingLetter::Refuse)).collect()
    }

    /// Draws the lines in black; the first begins at `left`, its top at `top` (y upwards).
    pub fn draw(
        &self,
        content: &mut Content,
        font_name: Name<'_>,
        lines: &[Encoded],
        (left, top): (f32, f32),
    ) {
        content.begin_text().set_fill_gray(0.0).set_font(font_name, self.size_pt);
        for (at, line) in lines.iter().enumerate() {
            let (x, y) =
                if at == 0 { (left, top - ASCENT * self.size_pt) } else { (0.0, -LEADING * self.size_pt) };
            content.next_line(x, y).show(Str(&line.bytes));
        }
        content.end_text();
    }
}

/// The corner of a page, in points.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Corner {
    width: f32,
    height: f32,
    side: f32,
    top: f32,
}

impl Corner {
    fn of(page_pt: (f32, f32)) -> Self {
        Self {
            width: page_pt.0 * CORNER_WIDTH,
            height: page_pt.1 * CORNER_HEIGHT,
            side: SIDE_MARGIN_PT.min(page_pt.0 * 0.03),
            top: (BASELINE_PT - ASCENT * LARGEST_PT).min(page_pt.1 * 0.012),
        }
    }

    fn room(&self) -> (f32, f32) {
        (self.width - self.side, self.height - self.top)
    }

    /// Places of a box of this size, the usual one first.
    fn places(self, width: f32, height: f32) -> impl Iterator<Item = BoxPt> {
        let steps = move |room: f32| (room / PLACE_STEP_PT).max(0.0).floor() as u16;
        let (down, right) = (steps(self.height - self.top - height), steps(self.width - self.side - width));
        (0..=down).flat_map(move |row| {
            (0..=right).step_by(2).map(move |column| BoxPt {
                left: self.side + f32::from(column) * PLACE_STEP_PT,
                top: self.top + f32::from(row) * PLACE_STEP_PT,
                width,
                height,
            })
        })
    }
}

/// Where the code goes on a page that can be seen.
#[derive(Debug, Clone, PartialEq)]
pub struct PlacedCode {
    /// How it is broken into lines.
    pub laid_out: LaidOut,
    /// Its box on the page as seen.
    pub place: BoxPt,
    /// Share of dark pixels under it, 0–1.
    pub ink_share: f32,
}

/// Places a code on a page of `page_pt` points as seen: at the largest size that has a free place,
/// else where the least ink is.
///
/// # Errors
/// [`TooWide`].
pub fn place_code(code: &str, page_pt: (f32, f32), ink: &InkMap) -> Result<PlacedCode, TooWide> {
    let text = clean(code);
    let corner = Corner::of(page_pt);
    let (room, height) = corner.room();
    let widths = [1.0, 0.75, 0.5, 0.35].map(|share| room * share);
    let mut layouts: Vec<LaidOut> = Vec::new();
    for size in sizes() {
        for width in widths {
            let laid = lay_out_at(&text, size, width);
            let fits = laid.width_pt <= room + SLACK_PT && laid.height_pt <= height + SLACK_PT;
            if fits && layouts.last() != Some(&laid) {
                layouts.push(laid);
            }
        }
    }
    let candidates = layouts.into_iter().flat_map(|laid| {
        corner.places(laid.width_pt, laid.height_pt).map(move |place| (place, laid.clone()))
    });
    let found = ink.emptiest(candidates);
    let (place, laid_out, ink_share) = found.ok_or_else(|| TooWide {
        width_pt: width_pt(&text, SMALLEST_PT),
        room_pt: room,
        height_pt: height,
    })?;
    Ok(PlacedCode { laid_out, place, ink_share })
}

/// Places a note at the foot of a page of `page_pt` points as seen, where the least ink is.
///
/// # Errors
/// [`TooWide`].
pub fn place_note(note: &str, page_pt: (f32, f32), ink: &InkMap) -> Result<PlacedCode, TooWide> {
    let text = clean(note);
    let side = SIDE_MARGIN_PT.min(page_pt.0 * 0.03);
    let (room, strip) = (page_pt.0 - 2.0 * side, page_pt.1 * NOTE_HEIGHT);
    let too_wide =
        || TooWide { width_pt: width_pt(&text, SMALLEST_NOTE_PT), room_pt: room, height_pt: strip };
    let sizes = [LARGEST_NOTE_PT, SMALLEST_NOTE_PT];
    let layouts = sizes.map(|size| lay_out_at(&text, size, room));
    let fitting =
        layouts.into_iter().filter(|laid| laid.width_pt <= room + SLACK_PT && laid.height_pt <= strip);
    let candidates = fitting.flat_map(|laid| {
        let steps = ((strip - laid.height_pt) / PLACE_STEP_PT).max(0.0).floor() as u16;
        (0..=steps).map(move |step| {
            let above = NOTE_MARGIN_PT.min(strip - laid.height_pt) + f32::from(step) * PLACE_STEP_PT;
            let top = page_pt.1 - laid.height_pt - above;
            (BoxPt { left: side, top, width: laid.width_pt, height: laid.height_pt }, laid.clone())
        })
    });
    let (place, laid_out, ink_share) = ink.emptiest(candidates).ok_or_else(too_wide)?;
    Ok(PlacedCode { laid_out, place, ink_share })
}

/// The boxes of the two empty fields of page one: top-left for the code, top-right for the agency.
///
/// The code is not known yet, so its box has room for a long one (three lines of the largest
/// letters) where the page leaves it.
pub fn field_boxes(page_pt: (f32, f32), first_page: Option<&GrayImage>) -> (BoxPt, BoxPt) {
    let ink = first_page.and_then(|picture| InkMap::new(picture, page_pt));
    let corner = Corner::of(page_pt);
    let (room, most) = corner.room();
    let lines = |n: usize| height(n, LARGEST_PT).min(most);
    let code = [(1.0, 3), (0.8, 4), (1.0, 2), (0.8, 3), (0.8, 2)].map(|(width, n)| (room * width, lines(n)));
    let agency = [(0.85, 40.0), (0.7, 48.0), (0.85, 30.0), (0.55, 40.0), (0.55, 28.0), (0.4, 36.0)]
        .map(|(width, h): (f32, f32)| (room * width, h.min(most)));
    let mirror = |place: BoxPt| BoxPt { left: page_pt.0 - place.left - place.width, ..place };
    let code_places = code.iter().flat_map(|(w, h)| corner.places(*w, *h));
    let agency_places = agency.iter().flat_map(|(w, h)| corner.places(*w, *h)).map(mirror);
    (emptiest(ink.as_ref(), code_places), emptiest(ink.as_ref(), agency_places))
}

fn emptiest(ink: Option<&InkMap>, mut places: impl Iterator<Item = BoxPt>) -> BoxPt {
    let found = match ink {
        Some(ink) => ink.emptiest(places.map(|place| (place, ()))).map(|(place, (), _)| place),
        None => places.next(),
    };
    found.unwrap_or(BoxPt { left: 0.0, top: 0.0, width: 1.0, height: 1.0 }) // `places` is never empty
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Luma;

    const A4: (f32, f32) = (595.0, 842.0);
    const SHORT: &str = "001085012345.1.001776-KQ1.1917/QĐ-BLĐTBXH";
    const LONG: &str = "Nguyễn Đỗ Hoàng Ưu Ơn Phương Thị Thuỳ Dương Tường Vi Khánh Quỳnh Đặng Thị Ưởng 05.06.1985.1.001776.01.KS-20241125-3";

    fn blank() -> InkMap {
        InkMap::new(&GrayImage::from_pixel(595, 842, Luma([255])), A4).unwrap()
    }

    #[test]
    fn a_usual_code_is_one_line_at_the_usual_place() {
        let placed = place_code(SHORT, A4, &blank()).unwrap();
        assert_eq!(placed.laid_out.lines, [SHORT]);
        assert_eq!(placed.laid_out.size_pt, LARGEST_PT);
        assert!((placed.place.top + ASCENT * LARGEST_PT - BASELINE_PT).abs() < 0.01);
        assert_eq!(placed.ink_share, 0.0);
    }

    #[test]
    fn lines_break_after_dots_and_else_at_spaces() {
        let check = |code: &str, room: f32, expected: &[&str]| {
            let laid = lay_out(code, room, 60.0).unwrap();
            assert_eq!(laid.lines, expected, "{code} in {room}");
        };
        check(SHORT, 75.0, &["001085012345.1.", "001776-KQ1.", "1917/QĐ-BLĐTBXH"]);
        check(SHORT, 120.0, &["001085012345.1.001776-KQ1.", "1917/QĐ-BLĐTBXH"]);
        check(
            LONG,
            259.0,
            &[
                "Nguyễn Đỗ Hoàng Ưu Ơn Phương Thị Thuỳ Dương Tường Vi Khánh Quỳnh",
                "Đặng Thị Ưởng 05.06.1985.1.001776.01.KS-20241125-3",
            ],
        );
    }

    #[test]
    fn nothing_of_the_code_is_lost_in_breaking() {
        for room in [40.0, 77.0, 130.0, 259.0] {
            let Ok(laid) = lay_out(LONG, room, 500.0) else { panic!("{room}") };
            let letters = |text: &str| text.chars().filter(|c| *c != ' ').collect::<String>();
            assert_eq!(letters(&laid.lines.concat()), letters(LONG));
            assert!(laid.lines.iter().all(|line| width_pt(line, laid.size_pt) <= room + SLACK_PT));
        }
    }

    #[test]
    fn a_code_that_cannot_fit_is_refused_with_numbers() {
        let refused = lay_out(LONG, 50.0, 10.0).unwrap_err();
        assert_eq!((refused.room_pt, refused.height_pt), (50.0, 10.0));
        assert!(refused.width_pt > 200.0);
        assert!(place_code(LONG, (60.0, 60.0), &blank()).is_err());
    }

    #[test]
    fn the_code_moves_within_the_corner_away_from_ink() {
        // A letterhead from 30 pt down on the left, and a QR code in the very corner.
        let picture = GrayImage::from_fn(595, 842, |x, y| {
            let is_qr = x < 60 && y < 40;
            let is_letterhead = x < 280 && (38..76).contains(&y);
            Luma([if is_qr || is_letterhead { 0 } else { 255 }])
        });
        let placed = place_code(SHORT, A4, &InkMap::new(&picture, A4).unwrap()).unwrap();
        assert_eq!(placed.ink_share, 0.0);
        assert!(placed.place.left >= 60.0 && placed.place.top + placed.place.height <= 38.0, "{placed:?}");
        assert_eq!(placed.laid_out.size_pt, LARGEST_PT);
    }

    #[test]
    fn the_box_never_leaves_the_corner() {
        let noisy =
            GrayImage::from_fn(595, 842, |x, y| Luma([if (x / 7 + y / 5) % 3 == 0 { 0 } else { 255 }]));
        for page_pt in [A4, (842.0, 595.0), (298.0, 420.0), (2000.0, 300.0)] {
            let ink = InkMap::new(&noisy, page_pt).unwrap();
            let placed = place_code(SHORT, page_pt, &ink).unwrap();
            let (code, agency) = field_boxes(page_pt, Some(&noisy));
            for place in [placed.place, code] {
                assert!(place.left + place.width <= page_pt.0 * CORNER_WIDTH + 0.1, "{place:?}");
                assert!(place.top + place.height <= page_pt.1 * CORNER_HEIGHT + 0.1, "{place:?}");
            }
            assert!(agency.left >= page_pt.0 * (1.0 - CORNER_WIDTH) - 0.1, "{agency:?}");
            assert!(placed.ink_share > 0.0);
        }
    }
}
