//! Điều 6 khoản 7: the abstract, below the title (NĐ 30/2020, ô 5a) or, on a letter, below the
//! number after `V/v` (ô 5b). Its lines become one, as printed.

use super::{
    Reading, casing, document_name,
    layout::{Row, Token, confidence_of, place_of, text_of},
    repeats, settle, syllables,
};
use crate::domain::fields::Proposed;

/// Two rows of one abstract stand no further apart than this.
const ROW_GAP_MM: f32 = 4.2;
/// No abstract is longer.
const ROWS_AT_MOST: usize = 8;

/// Where the abstract ends although rows follow closely.
const STOPS: &[&str] = &[
    "can cu",
    "kinh gui",
    "dieu 1",
    "theo de nghi",
    "hom nay",
    "xet de nghi",
    "so",
    "ho va ten",
    "chung nhan",
    "no",
];

/// Titles of declarations that say below what they ask for, folded.
const OPEN_TITLES: &[&str] = &["ban khai", "to khai", "don", "giay de nghi"];

pub(super) fn propose(reading: &Reading) -> Proposed<String> {
    let subject = reading.letter_subject();
    if reading.title.is_none() {
        return if subject.is_empty() { no_abstract(reading) } else { join(reading, &subject) };
    }
    let rows = below_title(reading);
    if rows.is_empty() { Proposed::absent() } else { join(reading, &rows) }
}

/// A letter ought to have one; a paper of which not even the title was found may have one.
fn no_abstract(reading: &Reading) -> Proposed<String> {
    if reading.is_official() { Proposed::not_read("", None) } else { Proposed::absent() }
}

fn below_title(reading: &Reading) -> Vec<Row> {
    let (Some(sheet), Some(title)) = (reading.sheets.first(), &reading.title) else { return Vec::new() };
    let name = title.phrase();
    let is_named = document_name::NAMED_TYPES.iter().any(|(n, _)| super::fold::phrase(n) == name);
    let mut rows: Vec<Row> = Vec::new();
    let mut bottom = title.bottom();
    for row in sheet.pieces.iter().skip(title.next) {
        let phrase = row.phrase();
        let starts =
            |list: &[&str]| list.iter().any(|s| phrase == *s || phrase.starts_with(&format!("{s} ")));
        let asks = OPEN_TITLES.contains(&name.as_str()) && phrase.starts_with("de nghi ");
        let first_of_letter = rows.is_empty() && (begins_abstract(row) || asks);
        let is_central = (row.centre() - title.centre()).abs() < 0.05 * sheet.width;
        // An abstract begins with its own words; below the name of a type it may be anything bold.
        let belongs = !rows.is_empty() || first_of_letter || (is_named && is_central);
        let gap = row.at.top - bottom;
        if rows.len() >= ROWS_AT_MOST
            || gap > ROW_GAP_MM
            || !belongs
            || !is_central
            || starts(STOPS)
            || carries_out(&phrase, rows.is_empty())
            || row.text().starts_with('(')
        {
            break;
        }
        if row.is_caps() && starts(document_name::ISSUERS) {
            break;
        }
        if row.tokens.iter().all(|t| !t.text.chars().any(char::is_alphanumeric)) {
            continue; // a rule read as dashes
        }
        bottom = row.at.bottom();
        rows.push(row.clone());
    }
    rows
}

/// `Thực hiện Kế hoạch số …` is where the text begins; `Thực hiện công tác …` may be what a plan is about.
fn carries_out(phrase: &str, is_first: bool) -> bool {
    phrase.starts_with("thuc hien ") && (!is_first || super::fold::holds(phrase, "so") || phrase.len() > 96)
}

/// `Về …` or `V/v …`.
pub(super) fn begins_abstract(row: &Row) -> bool {
    row.tokens.first().is_some_and(|t| t.folded == "ve" || is_short_about(&t.folded))
}

/// `V/v`, however its last letter was read.
fn is_short_about(folded: &str) -> bool {
    matches!(folded, "v/v" | "viv" | "v/y" | "v/w")
}

fn join(reading: &Reading, rows: &[Row]) -> Proposed<String> {
    let tokens: Vec<Token> = rows.iter().flat_map(|r| r.tokens.iter().cloned()).collect();
    let raw = text_of(&tokens);
    let (words, confidence) = repeats::vote(&tokens, &reading.sentences);
    let text = words.join(" ").replace('—', "–");
    // Specks before the first letter are read as signs.
    let text =
        text.trim_start_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '"' | '“' | '(')).to_owned();
    let text = match text.split_once(' ') {
        // A small v at the beginning of a line of its own is a slip of the reader.
        Some((first, rest)) if matches!(super::fold::fold(first).as_str(), "ve") => {
            format!("{} {rest}", casing::capitalised(first))
        }
        Some((first, rest)) if is_short_about(&super::fold::fold(first)) => format!("V/v {rest}"),
        _ => text,
    };
    // So are specks behind the last one; a dash there joins it to a row that was lost.
    let is_end = |c: char| c.is_alphanumeric() || matches!(c, '"' | '”' | '»' | ')' | '%');
    let goes_on = text.trim_end_matches(|c| !is_end(c) && !matches!(c, '-' | '–')).ends_with(['-', '–']);
    let text = text.trim_end_matches(|c| !is_end(c)).to_owned();
    let page = rows.first().map_or(1, |r| r.page);
    let (mean, _) = confidence_of(&tokens);
    let breaks_off = repeats::breaks_off(&words) && !ends_short(rows);
    let sure = if goes_on || breaks_off || is_marred(&text) {
        mean.min(confidence).min(MARRED)
    } else {
        mean.min(confidence)
    };
    settle(reading, text, raw, sure, place_of(page, &tokens))
}

/// Whether the last row is much shorter than the others: rows are filled before the next begins, so none is missing.
fn ends_short(rows: &[Row]) -> bool {
    let Some((last, others)) = rows.split_last() else { return false };
    let widest = others.iter().map(|r| r.at.width).fold(0.0, f32::max);
    last.at.width < SHORT * widest
}

/// A row is short at this share of the widest.
const SHORT: f32 = 0.7;

/// So sure at most is a subject with a slip in it.
const MARRED: f32 = 0.6;

/// Whether a subject shows that something was misread: a stop amid it, its first word lost, a small word that is no
/// syllable.
fn is_marred(text: &str) -> bool {
    let letters: Vec<char> = text.chars().collect();
    let is_stop = |w: &[char]| {
        w[0].is_lowercase() && w[1] == '.' && (w[2].is_lowercase() || w[2] == ' ' && w[3].is_lowercase())
    };
    let is_small = |w: &&str| w.chars().count() > 1 && w.chars().all(char::is_lowercase);
    let mut words =
        text.split(' ').map(|w| w.trim_matches(|c: char| c.is_ascii_punctuation())).filter(is_small);
    text.starts_with("việc ") || letters.windows(4).any(is_stop) || !words.all(syllables::is_one)
}

#[cfg(test)]
mod tests {
    use super::super::testing::Paper;
    use super::*;
    use crate::domain::fields::Status;

    fn official() -> Paper {
        Paper::new()
            .header(&["ỦY BAN NHÂN DÂN", "TỈNH QUẢNG NGÃI"])
            .number_and_date("Số: 12/UBND-KT", "Quảng Ngãi, ngày 06 tháng 5 năm 2024")
    }

    fn check(paper: Paper, status: Status, expected: Option<&str>) {
        let proposed = propose(&paper.reading());
        assert_eq!((proposed.status, proposed.value.as_deref()), (status, expected), "{proposed:?}");
    }

    #[test]
    fn specks_behind_it_are_no_letters() {
        let paper = |subject: &str| {
            official().around(110.0, 58.0, "QUYẾT ĐỊNH").around(110.0, 64.0, subject).put(
                30.0,
                88.0,
                "Căn cứ Luật Tổ chức chính quyền địa phương;",
            )
        };
        let whole = "Về việc thôi hưởng trợ cấp xã hội hàng tháng";
        check(paper(&format!("{whole} `")), Status::Read, Some(whole));
        check(paper(&format!("{whole} (đợt 2)")), Status::Read, Some(&format!("{whole} (đợt 2)")));
        check(paper(&format!("{whole} -")), Status::NotRead, None);
    }

    #[test]
    fn lines_below_the_title_become_one() {
        check(
            official()
                .around(110.0, 58.0, "THÔNG BÁO")
                .around(110.0, 64.0, "về việc tham dự Hội nghị đánh giá Chương trình mục tiêu quốc gia")
                .around(110.0, 70.0, "giai đoạn 2021 — 2030 khu vực miền Trung")
                .put(30.0, 88.0, "Thực hiện Công văn số 2003/UBDT-VP ngày 01/11/2024"),
            Status::Read,
            Some(
                "Về việc tham dự Hội nghị đánh giá Chương trình mục tiêu quốc gia giai đoạn 2021 – 2030 khu vực miền Trung",
            ),
        );
    }

    #[test]
    fn the_issuer_and_legal_bases_are_not_part_of_it() {
        check(
            official()
                .around(110.0, 58.0, "QUYẾT ĐỊNH")
                .around(110.0, 64.0, "Về việc trợ cấp xã hội hàng tháng")
                .around(110.0, 70.0, "CHỦ TỊCH ỦY BAN NHÂN DÂN TỈNH QUẢNG NGÃI")
                .put(30.0, 78.0, "Căn cứ Luật Tổ chức chính quyền địa phương;"),
            Status::Read,
            Some("Về việc trợ cấp xã hội hàng tháng"),
        );
    }

    #[test]
    fn a_letters_subject_stands_below_its_number() {
        check(
            official()
                .around(60.0, 45.0, "V/v tham gia ý kiến")
                .around(60.0, 50.0, "các dự thảo Nghị định")
                .around(60.0, 55.0, "của Chính phủ")
                .around(110.0, 68.0, "Kính gửi: Sở Tài chính")
                .put(30.0, 80.0, "Theo đề nghị của Bộ Tài chính"),
            Status::Read,
            Some("V/v tham gia ý kiến các dự thảo Nghị định của Chính phủ"),
        );
    }

    #[test]
    fn a_short_last_row_and_a_common_ending_break_nothing_off() {
        let paper = |rows: &[&str]| {
            rows.iter().enumerate().fold(official().around(110.0, 58.0, "TỜ TRÌNH"), |paper, (i, row)| {
                paper.around(110.0, 64.0 + 6.0 * i as f32, row)
            })
        };
        let long = "Về việc phê duyệt danh sách hỗ trợ cho các hộ gia đình bị thiệt hại do";
        let check_all = |rows: &[&str], status: Status| {
            let whole = rows.join(" ");
            check(paper(rows), status, (status == Status::Read).then_some(whole.as_str()));
        };
        check_all(&[long, "thiên tai"], Status::Read);
        check_all(&["Về việc hỗ trợ do thiên tai"], Status::Read);
        check_all(&[long, "mưa bão và các đối tượng được bảo"], Status::Read);
        // A full row, or a lone one, may go on.
        check_all(&["Về việc trợ cấp đối tượng bảo"], Status::NotRead);
        check_all(&["Về việc hỗ trợ các hộ gia đình", "và việc chi trả của đối tượng bảo"], Status::NotRead);
    }

    #[test]
    fn fixed_pairs_of_words_are_mended() {
        check(
            official().around(110.0, 58.0, "CHỈ THỊ").around(110.0, 64.0, "Về việc chỉ~93 trả trợ~50 cấp"),
            Status::Read,
            Some("Về việc chi trả trợ cấp"),
        );
    }

    #[test]
    fn slips_are_asked() {
        for (text, expected) in [
            ("Về việc chăm sóc thay thế", false),
            ("V/v rà soát, cập nhật (đợt 2) theo QĐ số 12/QĐ-UBND", false),
            ("Về.việc chăm sóc", true),
            ("Về việc chăm sóc. thay thế", true),
            ("việc niêm yết danh sách", true),
            ("Về việc giải pc hưởng trợ cấp", true),
            ("Về việc đón tiếp đoàn TP. Huế", false),
        ] {
            assert_eq!(is_marred(text), expected, "{text}");
        }
    }

    #[test]
    fn forms_have_none() {
        check(
            Paper::new()
                .plain_header()
                .around(108.0, 40.0, "TỜ KHAI ĐỀ NGHỊ TRỢ GIÚP XÃ HỘI")
                .around(108.0, 46.0, "(Áp dụng đối với đối tượng quy định tại khoản 1)")
                .put(30.0, 60.0, "Họ và tên: Nguyễn Văn An"),
            Status::Absent,
            None,
        );
    }

    #[test]
    fn a_slip_is_mended_where_the_paper_says_the_phrase_again() {
        let body = "Kỳ thi tốt nghiệp trung học phổ thông và tuyển sinh";
        check(
            official()
                .around(110.0, 58.0, "CHỈ THỊ")
                .around(110.0, 64.0, "Về tăng cường chỉ đạo Kỳ thi trung học phỗ~88 thông")
                .put(30.0, 80.0, body)
                .put(30.0, 86.0, body),
            Status::Read,
            Some("Về tăng cường chỉ đạo Kỳ thi trung học phổ thông"),
        );
        check(
            official().around(110.0, 58.0, "CHỈ THỊ").around(110.0, 64.0, "Về chỉ đạo phỗ~45 biển"),
            Status::NotRead,
            None,
        );
    }

    #[test]
    fn a_plan_may_be_about_carrying_something_out() {
        check(
            official()
                .around(110.0, 58.0, "KẾ HOẠCH")
                .around(110.0, 64.0, "Thực hiện công tác bình đẳng giới năm 2026")
                .put(30.0, 80.0, "Thực hiện Kế hoạch số 158/KH-UBND ngày 16 tháng 3 năm 2026"),
            Status::Read,
            Some("Thực hiện công tác bình đẳng giới năm 2026"),
        );
        check(
            official().around(110.0, 58.0, "KẾ HOẠCH").around(
                110.0,
                64.0,
                "Thực hiện Kế hoạch số 158/KH-UBND",
            ),
            Status::Absent,
            None,
        );
    }

    #[test]
    fn a_declaration_says_below_its_title_what_it_asks_for() {
        check(
            Paper::new().plain_header().around(108.0, 40.0, "BẢN KHAI").around(
                108.0,
                46.0,
                "Đề nghị hưởng trợ cấp khi người có công từ trần",
            ),
            Status::Read,
            Some("Đề nghị hưởng trợ cấp khi người có công từ trần"),
        );
    }

    #[test]
    fn a_phrase_decides_over_marks_however_sure_they_were_read() {
        check(
            official().around(110.0, 58.0, "QUYẾT ĐỊNH").around(
                110.0,
                64.0,
                "Về việc hỗ trợ chỉ~97 phí mai táng",
            ),
            Status::Read,
            Some("Về việc hỗ trợ chi phí mai táng"),
        );
    }
}
