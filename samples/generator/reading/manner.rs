//! How the papers of the measure look: small liberties for those that reading is tuned on, and for the held-out third
//! letters, margins, head, labels and dates of its own.

use super::super::fonts::Family;
use super::super::kinds::Kind;
use super::super::random::Random;
use super::super::sheet::{DateForm, Form, Manner, PAGE_HEIGHT_PT, PAGE_WIDTH_PT, Sheet};

const MM: f32 = 72.0 / 25.4;

/// The sheet with the manner of its third.
pub fn dress<'a>(sheet: Sheet<'a>, kind: Kind, is_held_out: bool, random: &mut Random) -> Sheet<'a> {
    let has_pen_day = sheet.look.pen_day;
    let mut sheet = if is_held_out { held_out(sheet, kind, random) } else { tuned(sheet, random) };
    if has_pen_day {
        // The blank for the pen is printed `ngày … tháng`.
        sheet.manner.date_form = DateForm::Long;
    }
    sheet
}

fn tuned<'a>(mut sheet: Sheet<'a>, random: &mut Random) -> Sheet<'a> {
    sheet.manner.number_gap = if random.chance(0.12) { " " } else { "" };
    sheet.manner.date_form = if random.chance(0.06) { DateForm::Slashes } else { DateForm::Long };
    sheet
}

fn held_out<'a>(sheet: Sheet<'a>, kind: Kind, random: &mut Random) -> Sheet<'a> {
    let family = random.pick(&[Family::OtherSerif, Family::OtherSerif, Family::OtherSans, Family::OtherWide]);
    let is_wide = family == Family::OtherWide;
    let (page, old_size) = (sheet.page, sheet.size);
    let form = if page == (PAGE_WIDTH_PT, PAGE_HEIGHT_PT) {
        Form {
            page,
            margins: [
                random.real(25.0, 29.0) * MM,
                random.real(15.0, 19.5) * MM,
                random.real(14.0, 21.0) * MM,
                random.real(16.0, 19.0) * MM,
            ],
            family,
            size: if is_wide { 10.5 } else { random.pick(&[12.0, 12.5, 14.0]) },
            leading: random.pick(&[1.12, 1.25, 1.4]),
        }
    } else {
        let margin = if kind == Kind::InvalidCard { 20.0 } else { 70.0 };
        let size = if is_wide { old_size - 1.5 } else { old_size };
        Form { page, margins: [margin; 4], family, size, leading: 1.18 }
    };
    let mut sheet = sheet.in_form(form);
    sheet.manner = Manner {
        is_held_out: true,
        agency_at: random.real(0.205, 0.23),
        motto_at: random.real(0.705, 0.715),
        head_line: random.real(14.0, 17.5),
        number_label: random.pick(&["Số:", "Số :", "SỐ:", "Số"]),
        number_gap: random.pick(&["", "", "", " "]),
        date_form: random.pick(&[
            DateForm::Long,
            DateForm::Long,
            DateForm::Long,
            DateForm::Long,
            DateForm::Slashes,
            DateForm::Dots,
        ]),
        has_tables: random.chance(0.4),
        title_size: if is_wide { 12.5 } else { random.pick(&[13.0, 15.0, 16.0]) },
    };
    sheet
}
