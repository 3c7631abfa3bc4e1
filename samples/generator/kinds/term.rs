//! How papers say from when and until when they are good, and where.

use super::super::calendar::Day;
use super::super::random::Random;
use super::super::sheet::Sheet;
use super::super::truth::{Fact, Fields, How, Period};
use super::since_issue;

/// Says how long `this` (`Giấy chứng nhận này`) is good, in one of many ways, and notes it.
pub fn say(sheet: &mut Sheet<'_>, random: &mut Random, fields: &mut Fields, this: &str, day: Day) {
    let (phrase, period) = if sheet.manner.is_held_out {
        held_out_phrase(sheet, random, day)
    } else {
        usual_phrase(sheet, random, day)
    };
    fields.validity_period = period;
    sheet.say(&format!("{this} {phrase}."));
}

/// The last day of that year.
fn year_end(year: u32) -> Day {
    Day { year, month: 12, day: 31 }
}

fn usual_phrase(sheet: &Sheet<'_>, random: &mut Random, day: Day) -> (String, Fact<Period>) {
    let look = &sheet.look;
    let years = random.whole(2, 5);
    match random.whole(0, 7) {
        0 => (
            format!("có giá trị {years:02} năm kể từ ngày cấp"),
            since_issue(day, Some(day.plus_years(years)), look),
        ),
        1 => ("có hiệu lực kể từ ngày ký".to_owned(), since_issue(day, None, look)),
        2 => {
            let last = year_end(day.year + years - 1);
            (format!("có giá trị đến hết năm {}", last.year), Fact::printed(Period::until_day(last)))
        }
        3 => {
            let from = Day { day: 1, ..day.plus_months(1) };
            let until = from.plus_years(years).before();
            (
                format!("có giá trị từ {} đến {}", from.long(), until.long()),
                Fact::printed(Period::between(from, until)),
            )
        }
        4 => {
            let until = day.plus_months(6 * years);
            (
                format!("có giá trị sử dụng đến hết ngày {}", until.short()),
                Fact::printed(Period::until_day(until)),
            )
        }
        5 => {
            let months = random.pick(&[3, 6, 12, 24]);
            (
                format!("có giá trị {months:02} tháng kể từ ngày cấp"),
                since_issue(day, Some(day.plus_months(months)), look),
            )
        }
        6 => (
            "có hiệu lực kể từ ngày ký và có giá trị đến khi có văn bản khác thay thế".to_owned(),
            since_issue(day, None, look),
        ),
        _ => {
            let from = Day { day: 1, ..day.plus_months(1) };
            (format!("có hiệu lực từ {}", from.long()), Fact::printed(Period::from_day(from)))
        }
    }
}

fn held_out_phrase(sheet: &Sheet<'_>, random: &mut Random, day: Day) -> (String, Fact<Period>) {
    let look = &sheet.look;
    let years = random.whole(2, 5);
    let in_words = ["hai", "ba", "bốn", "năm"][years as usize - 2];
    match random.whole(0, 7) {
        0 => (
            format!("có thời hạn hiệu lực {years:02} ({in_words}) năm, tính từ ngày ký"),
            since_issue(day, Some(day.plus_years(years)), look),
        ),
        1 => ("có hiệu lực thi hành kể từ ngày ký ban hành".to_owned(), since_issue(day, None, look)),
        2 => {
            let last = year_end(day.year + years - 1);
            (format!("được sử dụng và có giá trị đến hết {}", last.long()), until(last))
        }
        3 => {
            let from = Day { day: 1, ..day.plus_months(2) };
            let last = from.plus_years(years).before();
            (
                format!("có hiệu lực từ ngày {} đến ngày {}", from.short(), last.short()),
                Fact::printed(Period::between(from, last)),
            )
        }
        4 => {
            let last = day.plus_months(4 * years);
            (format!("có giá trị đến ngày {}", last.dotted()), until(last))
        }
        5 => {
            let months = random.pick(&[6, 9, 18, 36]);
            (
                format!("có giá trị trong thời hạn {months:02} tháng, kể từ ngày ký"),
                since_issue(day, Some(day.plus_months(months)), look),
            )
        }
        6 => (
            "có hiệu lực từ ngày ký cho đến khi người được cấp không còn đủ điều kiện theo quy định"
                .to_owned(),
            since_issue(day, None, look),
        ),
        _ => {
            let last = day.plus_months(7 * years);
            (format!("hết hiệu lực sau {}", last.long()), until(last))
        }
    }
}

fn until(day: Day) -> Fact<Period> {
    Fact::printed(Period::until_day(day))
}

/// Says where a paper is good, at times.
pub fn say_scope(
    sheet: &mut Sheet<'_>,
    random: &mut Random,
    fields: &mut Fields,
    this: &str,
    province: &str,
) {
    if !random.chance(0.4) {
        return;
    }
    let scope = if random.chance(0.3) {
        "trên phạm vi toàn quốc".to_owned()
    } else {
        format!("trên địa bàn tỉnh {province}")
    };
    let verb = sheet.either("có giá trị", "được sử dụng");
    sheet.say(&format!("{this} {verb} {scope}."));
    fields.validity_scope = Fact::written(scope, How::Printed);
}
