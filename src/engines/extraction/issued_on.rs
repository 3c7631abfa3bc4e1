//! Điều 6 khoản 5: the day of the paper.
//!
//! It stands on the line of the number, under the motto (NĐ 30/2020, ô 4); on a citizen's own
//! paper and on many certificates above the signature. A day from running text, where laws and
//! other papers are cited, is never taken: that is the classic silent error.

use jiff::civil::Date;

use super::{
    Reading,
    dates::{FoundDate, dates_in},
    flow::Sentence,
    layout::{Row, Token, place_of, text_of},
    print::Print,
    settle,
};
use crate::domain::fields::{Proposed, Status};

/// A word with figures below this is not taken for a printed day: clean ones have 0.94 and more,
/// and a 2 read as 3 has been seen at 0.91.
const FIGURES_AT: f32 = 0.92;
/// What is left of the confidence in figures that are less sure.
const ASKED: f32 = 0.75;
/// Figures less sure than this may as well be written by pen.
const PEN_BELOW: f32 = 0.45;
/// How sure a year must be whose box is too high for print.
const HIGH_YEAR_AT: f32 = 0.96;
/// How much the gap before or after the figures of a day may differ from those of month and year.
const GAP_SLACK_EM: f32 = 0.45;

pub(super) fn propose(reading: &Reading) -> Proposed<Date> {
    if let Some(row) = reading.date_row() {
        return read_row(reading, row);
    }
    let above_signatures = signature_rows(reading);
    if let Some(row) = choose(reading, &above_signatures) {
        return row;
    }
    if reading.is_official() {
        let place = reading.header.right.first().and_then(Row::place);
        return Proposed::not_read("", place);
    }
    Proposed::absent()
}

/// Whether a row is the printed frame of a day: at least two of ngày, tháng, năm.
pub(super) fn is_frame(row: &Row) -> bool {
    let has = |word: &str| {
        row.tokens.iter().any(|t| t.folded.starts_with(word) && t.folded.len() <= word.len() + 4)
    };
    let parts = [has("ngay"), has("thang"), has("nam")];
    parts.iter().filter(|p| **p).count() >= 2
}

/// Whether a row of the head carries the day: the printed frame, or `Bảo Ái, ngày 06/5/2024` and nothing
/// behind it.
pub(super) fn is_of_head(row: &Row) -> bool {
    is_frame(row) || is_short(row)
}

/// `Bảo Ái, ngày 06/5/2024`: a place, and the day in figures at the end.
fn is_short(row: &Row) -> bool {
    let Some(day) = row.tokens.iter().position(|t| t.folded == "ngay") else { return false };
    let place = &row.tokens[..day];
    let is_place = place.iter().all(|t| {
        let bare = t.text.trim_matches(|c: char| !c.is_alphanumeric());
        bare.is_empty() || bare.starts_with(char::is_uppercase) && !t.text.contains([':', '/', ';'])
    });
    let sentence = Sentence::new(row.page, row.tokens[day..].to_vec());
    let ends_there = |d: &FoundDate| {
        d.range.start == 0 && !sentence.folded[d.range.end..].chars().any(char::is_alphanumeric)
    };
    is_place && place.len() <= 8 && dates_in(&sentence).first().is_some_and(ends_there)
}

fn read_row(reading: &Reading, row: &Row) -> Proposed<Date> {
    let tokens = from_day_on(&row.tokens);
    let raw = text_of(tokens);
    let place = place_of(row.page, tokens);
    let sentence = Sentence::new(row.page, tokens.to_vec());
    let dates = dates_in(&sentence);
    let [FoundDate { date, confidence, .. }] = dates.as_slice() else {
        return Proposed::not_read(raw, place);
    };
    let is_ocr = reading.sheets.iter().any(|s| s.page == row.page && s.is_ocr);
    // A day that has not come, or of before there was such a paper, was misread.
    let is_possible = *date <= reading.today && date.year() >= 1945;
    // What may be a pen's is not even suggested.
    if !is_possible || *confidence < PEN_BELOW || (is_ocr && !is_printed(reading, tokens)) {
        return Proposed::not_read(raw, place);
    }
    let confidence = if *confidence < FIGURES_AT { confidence * ASKED } else { *confidence };
    settle(reading, *date, raw, confidence, place)
}

/// The words from `ngày` on, without the place.
fn from_day_on(tokens: &[Token]) -> &[Token] {
    let start = tokens.iter().position(|t| t.folded.starts_with("ngay")).unwrap_or(0);
    &tokens[start..]
}

/// Whether day, month and year measure like print and stand in even gaps.
fn is_printed(reading: &Reading, tokens: &[Token]) -> bool {
    let frame: Vec<&Token> =
        tokens.iter().filter(|t| matches!(t.folded.as_str(), "ngay" | "thang" | "nam")).collect();
    let Some(print) = Print::of(&frame) else { return false };
    if frame.len() == 1 {
        return is_printed_short(reading, tokens, &print);
    }
    // Glued words ("ngày06") are what pen beside print is read as.
    if frame.len() < 3 {
        return false;
    }
    let figures: Vec<usize> = (0..tokens.len()).filter(|i| tokens[*i].has_digit()).collect();
    if figures.iter().all(|i| tokens[*i].is_print) {
        return true;
    }
    // A box that runs into the next word, or lost a part of its own, ends, or begins, where print of its letters does.
    let reach = |i: usize| {
        let at = tokens[i].at;
        let width = print.width(&tokens[i]);
        let slack = GAP_SLACK_EM * print.em_mm();
        let is_too_wide = !tokens[i].has_digit() && at.width > width + slack;
        let is_too_narrow = !tokens[i].has_digit() && at.width < width - slack;
        let overlaps = |a: usize, b: usize| tokens.get(b).is_some_and(|b| b.at.left < tokens[a].at.right());
        let has_room = tokens.get(i + 1).is_none_or(|next| at.left + width < next.at.left);
        match (is_too_wide && overlaps(i, i + 1), is_too_wide && i > 0 && overlaps(i - 1, i)) {
            _ if is_too_narrow && has_room => (at.left, at.left + width),
            (true, false) => (at.left, at.left + width),
            (false, true) => (at.right() - width, at.right()),
            _ => (at.left, at.right()),
        }
    };
    let gap_before = |i: usize| i.checked_sub(1).map(|b| reach(i).0 - reach(b).1);
    let gaps: Vec<f32> = figures
        .iter()
        .flat_map(|i| [gap_before(*i), (*i + 1 < tokens.len()).then(|| gap_before(*i + 1)).flatten()])
        .flatten()
        .collect();
    let (low, high) = gaps.iter().fold((f32::MAX, f32::MIN), |(l, h), g| (l.min(*g), h.max(*g)));
    // The year is hardly ever a pen's: a speck over it makes its box higher, not wider.
    let is_high_year = |t: &Token| {
        t.text.len() == 4
            && t.confidence >= HIGH_YEAR_AT
            && print.fits_width(t)
            && t.at.height < 2.0 * print.em_mm()
    };
    figures.iter().all(|i| tokens[*i].is_print || print.fits(&tokens[*i]) || is_high_year(&tokens[*i]))
        && (gaps.is_empty() || high - low <= GAP_SLACK_EM * print.em_mm())
        && gaps.iter().all(|g| *g > -0.05 * print.em_mm())
}

/// Whether a day in figures measures like the word before it and stands as close as print does.
fn is_printed_short(reading: &Reading, tokens: &[Token], print: &Print) -> bool {
    let by_capitals = reading.capitals_print();
    let fits =
        |t: &Token| t.is_print || print.fits(t) || by_capitals.is_some_and(|capitals| capitals.fits_size(t));
    let gap = |pair: &[Token]| pair[1].at.left - pair[0].at.right();
    let is_close = |g: f32| (-0.05..0.75).contains(&(g / print.em_mm()));
    tokens.iter().filter(|t| t.has_digit()).all(fits) && tokens.windows(2).map(gap).all(is_close)
}

/// Frames in the right half just above a signature: `Bảo Ái, ngày … tháng … năm …` and nothing
/// before the place.
fn signature_rows(reading: &Reading) -> Vec<(bool, Row)> {
    let mut found = Vec::new();
    for sheet in &reading.sheets {
        for (i, row) in sheet.pieces.iter().enumerate() {
            let starts_right = row.at.left > 0.36 * sheet.width && row.centre() > 0.5 * sheet.width;
            if !starts_right || !is_of_head(row) || row.tokens.len() > 16 {
                continue;
            }
            let below = sheet.pieces[i + 1..]
                .iter()
                .filter(|r| r.at.top - row.at.bottom() < 16.0 && (r.centre() - row.centre()).abs() < 32.0);
            let captions: Vec<String> = below.take(4).map(Row::phrase).collect();
            let is_own = captions.iter().any(|c| super::signer::is_declarant(c));
            let is_official = captions.iter().any(|c| super::signer::is_official(c));
            if is_own || is_official {
                found.push((is_own, row.clone()));
            }
        }
    }
    found
}

/// One day above the signatures: the declarant's own on a citizen's paper, the official's else.
/// Two that differ are left to a person.
fn choose(reading: &Reading, rows: &[(bool, Row)]) -> Option<Proposed<Date>> {
    let wanted = !reading.is_official();
    let mut fitting: Vec<&Row> = rows.iter().filter(|(own, _)| *own == wanted).map(|(_, r)| r).collect();
    if fitting.is_empty() {
        fitting = rows.iter().map(|(_, r)| r).collect();
    }
    let mut read = fitting.into_iter().map(|row| read_row(reading, row));
    let first = read.next()?;
    for other in read {
        if other.status != Status::Read || other.value != first.value {
            return Some(Proposed::not_read(first.raw, first.place));
        }
    }
    Some(first)
}

#[cfg(test)]
mod tests {
    use super::super::testing::Paper;
    use super::*;

    fn check(paper: Paper, status: Status, expected: Option<&str>) {
        let proposed = propose(&paper.reading());
        let value = proposed.value.map(|d| d.to_string());
        assert_eq!((proposed.status, value.as_deref()), (status, expected), "{proposed:?}");
    }

    fn official(date: &str) -> Paper {
        Paper::new()
            .header(&["ỦY BAN NHÂN DÂN", "XÃ BẢO ÁI"])
            .number_and_date("Số: 12/QĐ-UBND", date)
            .around(110.0, 58.0, "QUYẾT ĐỊNH")
            .put(30.0, 80.0, "Căn cứ Luật Tổ chức chính quyền địa phương ngày 19 tháng 6 năm 2015;")
    }

    #[test]
    fn the_day_in_the_header() {
        for (line, expected) in [
            ("Bảo Ái, ngày 06 tháng 5 năm 2024", "2024-05-06"),
            ("Thành phố Hồ Chí Minh, ngày 31 tháng 12 năm 2021", "2021-12-31"),
            ("Bảo Ái, ngáy 06 thảng 5 năm 2024", "2024-05-06"),
            ("Bảo Ái, ngày 06/5/2024", "2024-05-06"),
            ("Bảo Ái, ngày 06.05.2024", "2024-05-06"),
        ] {
            check(official(line), Status::Read, Some(expected));
        }
    }

    #[test]
    fn a_doubtful_day_is_left_to_a_person_and_never_taken_from_the_body() {
        for line in [
            "Bảo Ái, ngày tháng 5 năm 2024",
            "Bảo Ái, ngày … tháng 5 năm 2024",
            "Bảo Ái, ngày 06~pen tháng 5 năm 2024",
            "Bảo Ái, ngày 06~40 tháng 5 năm 2024",
            "Bảo Ái, ngày06 tháng 5 năm 2024",
            "Bảo Ái, ngày† tháng 5 năm 2021",
            "Bảo Ái, ngày 31 tháng 02 năm 2024",
            "Bảo Ái, ngày 06 tháng 5 năm 2042",
            "Bảo Ái, ngày 0b tháng 5 năm 2024",
            "Bảo Ái, ngày 06/5/2024~60",
            "Bảo Ái, ngày 06~pen /5/2024",
            "Bảo Ái, ngày 06/5/2042",
            "Có hiệu lực đến ngày 06/5/2024",
            "dấu đỏ che mất dòng",
        ] {
            check(official(line), Status::NotRead, None);
        }
    }

    #[test]
    fn a_header_without_any_line_for_the_day_takes_none_from_the_body() {
        let paper = Paper::new()
            .header(&["ỦY BAN NHÂN DÂN", "XÃ BẢO ÁI"])
            .around(110.0, 58.0, "QUYẾT ĐỊNH")
            .put(30.0, 80.0, "Căn cứ Luật ngày 19 tháng 6 năm 2015;")
            .put(100.0, 86.0, "ngày 20 tháng 6 năm 2016 của Chính phủ;");
        check(paper, Status::NotRead, None);
    }

    #[test]
    fn uneven_gaps_are_a_blank_that_was_filled_in() {
        let paper = Paper::new()
            .header(&["ỦY BAN NHÂN DÂN", "XÃ BẢO ÁI"])
            .around(60.0, 38.0, "Số: 12/QĐ-UBND")
            .put(120.0, 38.0, "ngày")
            .put(133.0, 38.0, "06")
            .put(141.0, 38.0, "tháng 5 năm 2024");
        check(paper, Status::NotRead, None);
    }

    #[test]
    fn a_citizens_paper_is_dated_above_the_signature() {
        let paper = |line: &str| {
            Paper::new()
                .plain_header()
                .around(108.0, 40.0, "TỜ KHAI ĐỀ NGHỊ TRỢ GIÚP XÃ HỘI")
                .put(30.0, 60.0, "Sinh ngày 05 tháng 6 năm 1985")
                .around(150.0, 180.0, line)
                .around(150.0, 187.0, "NGƯỜI KHAI")
                .around(150.0, 193.0, "(Ký, ghi rõ họ tên)")
        };
        check(paper("Bảo Ái, ngày 06 tháng 5 năm 2024"), Status::Read, Some("2024-05-06"));
        check(paper("Bảo Ái, ngày … tháng … năm 20…"), Status::NotRead, None);
    }

    #[test]
    fn of_two_days_the_declarants_is_the_papers() {
        let paper = Paper::new()
            .plain_header()
            .around(108.0, 40.0, "ĐƠN ĐỀ NGHỊ")
            .around(150.0, 150.0, "Bảo Ái, ngày 06 tháng 5 năm 2024")
            .around(150.0, 157.0, "NGƯỜI VIẾT ĐƠN")
            .around(150.0, 200.0, "Bảo Ái, ngày 09 tháng 5 năm 2024")
            .around(150.0, 207.0, "TM. ỦY BAN NHÂN DÂN")
            .around(150.0, 213.0, "CHỦ TỊCH");
        check(paper, Status::Read, Some("2024-05-06"));
    }

    #[test]
    fn a_paper_without_any_day_has_none() {
        check(Paper::new().plain_header().around(108.0, 40.0, "ĐƠN ĐỀ NGHỊ"), Status::Absent, None);
    }
}
