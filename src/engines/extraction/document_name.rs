//! Điều 6 khoản 3: the name of the paper, from its title in capitals (NĐ 30/2020, ô 5a), or
//! `Công văn` for a letter, which has none (ô 5b).

use super::{
    Reading, casing, fold,
    layout::{Header, Row, Sheet, confidence_of},
    names, settle,
};
use crate::domain::{catalogue::Catalogue, fields::Proposed};

/// Names that NĐ 30/2020, Điều 7 gives to administrative papers, with the abbreviations of
/// Phụ lục III. What stands below such a title is its abstract, not part of its name.
pub(super) const NAMED_TYPES: &[(&str, &str)] = &[
    ("Nghị quyết", "NQ"),
    ("Quyết định", "QĐ"),
    ("Chỉ thị", "CT"),
    ("Quy chế", "QC"),
    ("Quy định", "QyĐ"),
    ("Thông cáo", "TC"),
    ("Thông báo", "TB"),
    ("Hướng dẫn", "HD"),
    ("Chương trình", "CTr"),
    ("Kế hoạch", "KH"),
    ("Phương án", "PA"),
    ("Đề án", "ĐA"),
    ("Dự án", "DA"),
    ("Báo cáo", "BC"),
    ("Biên bản", "BB"),
    ("Tờ trình", "TTr"),
    ("Hợp đồng", "HĐ"),
    ("Công điện", "CĐ"),
    ("Bản ghi nhớ", "BGN"),
    ("Bản thỏa thuận", "BTT"),
    ("Giấy ủy quyền", "GUQ"),
    ("Giấy mời", "GM"),
    ("Giấy giới thiệu", "GGT"),
    ("Giấy nghỉ phép", "GNP"),
    ("Phiếu gửi", "PG"),
    ("Phiếu chuyển", "PC"),
    ("Phiếu báo", "PB"),
    ("Công văn", ""),
    ("Thư công", ""),
];

/// A lone letter beside a title that was read worse is a speck.
const SPECK_BELOW: f32 = 0.5;
/// Letters of a title in which one slip may be mended.
const LONG: usize = 14;
/// How sure it is a letter where its symbol alone says so.
const SYMBOL_ALONE: f32 = 0.75;

/// Further titles whose letters are known: a slip of the reader in a mark is mended by them.
const KNOWN: &[&str] = &[
    "Nghị định",
    "Thông tư",
    "Giấy xác nhận khuyết tật",
    "Giấy chứng nhận hộ nghèo",
    "Giấy chứng nhận hộ cận nghèo",
    "Giấy chứng nhận hộ nghèo, hộ cận nghèo",
    "Giấy khai sinh",
    "Giấy chứng tử",
    "Giấy báo tử",
    "Trích lục khai sinh",
    "Trích lục khai tử",
    "Giấy phép lao động",
    "Giấy phép",
    "Giấy xác nhận",
    "Giấy chứng nhận",
    "Tờ khai",
    "Bản khai",
    "Bản cam kết",
    "Đơn đề nghị",
    "Đơn xin",
    "Đơn đăng ký",
    "Phiếu lý lịch tư pháp",
    "Giấy khám sức khỏe",
    "Giấy chứng nhận sức khỏe",
    "Giấy chứng nhận người có công",
    "Lý lịch tư pháp",
    "Biên bản họp gia đình",
    "Thẻ thương binh",
    "Giấy chứng nhận gia đình liệt sĩ",
    "Giấy chứng nhận thương binh",
    "Bằng Tổ quốc ghi công",
];

/// The title as found on page one.
#[derive(Debug, Clone)]
pub(super) struct Title {
    pub(super) rows: Vec<Row>,
    /// Index of the row after the title among the pieces of page one.
    pub(super) next: usize,
}

impl Title {
    pub(super) fn bottom(&self) -> f32 {
        self.rows.iter().map(|r| r.at.bottom()).fold(0.0, f32::max)
    }

    pub(super) fn top(&self) -> f32 {
        self.rows.iter().map(|r| r.at.top).fold(f32::MAX, f32::min)
    }

    pub(super) fn centre(&self) -> f32 {
        self.rows.first().map_or(0.0, Row::centre)
    }

    pub(super) fn text(&self) -> String {
        let rows: Vec<String> = self.rows.iter().map(Row::text).collect();
        rows.join(" ")
    }

    pub(super) fn phrase(&self) -> String {
        fold::phrase(&self.text())
    }
}

/// Phrases that stand in capitals below the head without being a title.
const NOT_TITLES: &[&str] = &[
    "kinh gui",
    "mau so",
    "phu luc",
    "hoa toc",
    "thuong khan",
    "khan",
    "mat",
    "toi mat",
    "tuyet mat",
    "sao y",
    "ban sao",
    "cong hoa xa hoi",
    "doc lap tu do",
    "can cu",
    "phan",
    "chuong",
    "muc",
    "dieu",
    "so",
    "ngay",
    "anh",
    "photo",
    "work permit",
    "xem xong tra lai",
    "luu hanh noi bo",
    "den",
];

/// Who may issue a paper: such a row in capitals below a title names the issuer, not the paper.
pub(super) const ISSUERS: &[&str] = &[
    "chu tich",
    "pho chu tich",
    "uy ban nhan dan",
    "hoi dong",
    "giam doc",
    "bo truong",
    "thu truong",
    "cuc truong",
    "chi cuc truong",
    "truong phong",
    "vien truong",
    "tong giam doc",
    "thu tuong",
    "chanh van phong",
    "hieu truong",
    "tong cuc truong",
    "bo lao dong",
    "so lao dong",
    "chanh an",
];

/// Finds the title: rows of capitals in the middle, below the head and above running text.
pub(super) fn find_title(sheet: &Sheet, header: &Header) -> Option<Title> {
    let middle = sheet.width / 2.0 + 3.0;
    let mut running_lines = 0;
    for (i, row) in sheet.pieces.iter().enumerate() {
        if row.at.top < header.motto_bottom() || is_of_head(row, header) {
            continue;
        }
        if row.at.top > sheet.height * 0.66 || running_lines > 2 {
            return None;
        }
        if !row.is_caps() && row.at.width > 0.45 * sheet.width {
            running_lines += 1;
        }
        let is_central = (row.centre() - middle).abs() < 0.085 * sheet.width;
        if is_central && may_be_title(row) {
            return Some(with_following_rows(sheet, i));
        }
    }
    None
}

/// A row of the left column, beside or just below the motto.
fn is_of_head(row: &Row, header: &Header) -> bool {
    !header.is_plain
        && header.motto.is_some_and(|m| row.at.right() < m.left + 2.0 && row.at.top < m.bottom() + 30.0)
        && header.left.iter().any(|l| (l.at.top - row.at.top).abs() < 1.0)
}

fn may_be_title(row: &Row) -> bool {
    let phrase = row.phrase();
    let letters = phrase.chars().filter(|c| c.is_alphabetic()).count();
    let starts = |list: &[&str]| list.iter().any(|s| phrase == *s || phrase.starts_with(&format!("{s} ")));
    row.is_caps()
        && letters >= 5
        && !row.text().starts_with('(')
        && !starts(NOT_TITLES)
        && !starts(ISSUERS)
        && !is_foreign(row)
}

/// Capitals without any mark over several words: English beside Vietnamese on bilingual forms.
fn is_foreign(row: &Row) -> bool {
    row.tokens.len() >= 2 && row.text().is_ascii() && known_form(&row.phrase(), &[]).is_none()
}

fn with_following_rows(sheet: &Sheet, first: usize) -> Title {
    let mut rows = vec![without_specks(&sheet.pieces[first])];
    let mut next = first + 1;
    while let (Some(row), Some(last)) = (sheet.pieces.get(next), rows.last()) {
        let title = fold::phrase(&rows.iter().map(Row::text).collect::<Vec<_>>().join(" "));
        let is_complete = NAMED_TYPES.iter().any(|(name, _)| fold::phrase(name) == title);
        // A title that is none by itself goes on below a wider gap.
        let gap = if known_form(&title, &[]).is_some() { 5.0 } else { 9.5 };
        let is_below = row.at.top - last.at.bottom() < gap && (row.centre() - last.centre()).abs() < 12.0;
        let is_alike = (row.at.height / last.at.height - 1.0).abs() < 0.45;
        if is_complete || !is_below || !is_alike || !may_be_title(row) || rows.len() >= 4 {
            break;
        }
        rows.push(without_specks(row));
        next += 1;
    }
    Title { rows, next }
}

/// A row without signs and doubtful lone letters at its ends: specks, which widen and heighten it.
fn without_specks(row: &Row) -> Row {
    let is_word = |t: &super::layout::Token| {
        let letters = t.text.chars().filter(|c| c.is_alphanumeric()).count();
        letters > 1 || letters == 1 && t.confidence >= SPECK_BELOW
    };
    let ends = row.tokens.iter().position(is_word).zip(row.tokens.iter().rposition(is_word));
    let words = ends.map(|(first, last)| row.tokens[first..=last].to_vec());
    words.and_then(|words| Row::new(row.page, words)).unwrap_or_else(|| row.clone())
}

/// Whether a title is this one but for marks and signs; words may have been read as one.
fn is_same(name: &str, phrase: &str) -> bool {
    let name = fold::phrase(name);
    name == phrase || name.replace(' ', "") == phrase.replace(' ', "")
}

/// Whether a title is a known one that lost its first letters: `Ế HOẠCH`.
fn is_cut(phrase: &str) -> bool {
    let letters = phrase.replace(' ', "");
    NAMED_TYPES.iter().map(|(name, _)| fold::phrase(name).replace(' ', "")).any(|name| {
        name != letters && name.len() - letters.len().min(name.len()) <= 3 && name.ends_with(&letters)
    })
}

/// The known spelling of a title, by its folded phrase.
fn known_form(phrase: &str, more: &[String]) -> Option<String> {
    NAMED_TYPES
        .iter()
        .map(|(name, _)| *name)
        .chain(KNOWN.iter().copied())
        .chain(more.iter().map(String::as_str))
        .find(|name| is_same(name, phrase))
        .map(str::to_owned)
}

/// The one known title that differs in a letter alone, where it is long enough to tell: `… LIỆT SĨĨ`.
fn nearly_known(phrase: &str, more: &[String]) -> Option<String> {
    let known = NAMED_TYPES.iter().map(|(name, _)| *name).chain(KNOWN.iter().copied());
    let mut alike = known
        .chain(more.iter().map(String::as_str))
        .map(|name| (fold::phrase(name), name))
        .filter(|(folded, _)| folded.len() >= LONG && fold::nearly(folded, phrase));
    let (folded, name) = alike.next()?;
    alike.all(|(other, _)| other == folded).then(|| name.to_owned())
}

/// Names of papers that the catalogue knows, without what stands in brackets.
fn catalogue_names(catalogue: &Catalogue) -> Vec<String> {
    let names = catalogue.procedures.iter().flat_map(|p| {
        let components = p.components.iter().flat_map(|c| c.titles.iter().chain([&c.name]));
        components.chain(p.results.iter().flat_map(|r| r.titles.iter().chain([&r.name])))
    });
    names.map(|name| name.split(" (").next().unwrap_or(name).trim().to_owned()).collect()
}

pub(super) fn propose(reading: &Reading, catalogue: &Catalogue) -> Proposed<String> {
    if let Some(title) = &reading.title {
        return from_title(reading, title, catalogue);
    }
    if let Some(letter) = letter(reading) {
        return letter;
    }
    Proposed::not_read("", None)
}

fn from_title(reading: &Reading, title: &Title, catalogue: &Catalogue) -> Proposed<String> {
    let tokens: Vec<_> = title.rows.iter().flat_map(|r| r.tokens.iter().cloned()).collect();
    let (mean, weakest) = confidence_of(&tokens);
    let place = super::layout::place_of(1.max(title.rows[0].page), &tokens);
    let listed = catalogue_names(catalogue);
    let known = known_form(&title.phrase(), &listed).or_else(|| nearly_known(&title.phrase(), &listed));
    let (value, confidence) = match known {
        // A known phrase mends marks: even weak letters then say the same thing.
        Some(name) => (name, mean.max(0.5) * 0.5 + 0.5),
        None if is_cut(&title.phrase()) => (casing::title(&title.text()), 0.0),
        None => {
            let text = title.text();
            let tidy = text.trim_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '(' | ')'));
            let is_possible = tidy.split_whitespace().all(names::is_possible);
            (casing::title(tidy), if weakest < 0.6 || !is_possible { weakest.min(0.6) } else { mean })
        }
    };
    settle(reading, value, title.text(), confidence, place)
}

/// A letter has `V/v` below its number and no title.
fn letter(reading: &Reading) -> Option<Proposed<String>> {
    let subject = reading.letter_subject();
    let addressed = reading.sheets.first()?.pieces.iter().find(|r| r.phrase().starts_with("kinh gui"));
    if let Some(first) = subject.first() {
        let confidence = if addressed.is_some() { 0.97 } else { 0.9 };
        let value = "Công văn".to_owned();
        return Some(settle(reading, value, first.text(), confidence, first.place()));
    }
    let addressed = addressed?;
    // Without a subject only the symbol tells a letter: its first group is no type of paper.
    let symbol = reading.header.left.iter().find_map(|r| {
        let text = r.text();
        text.contains('/').then(|| text.rsplit('/').next().map(str::to_owned)).flatten()
    })?;
    let group = symbol.split('-').next()?.trim().to_owned();
    let is_type = NAMED_TYPES.iter().any(|(_, short)| fold::fold(short) == fold::fold(&group));
    let confidence = if is_type { 0.0 } else { SYMBOL_ALONE };
    Some(settle(reading, "Công văn".to_owned(), addressed.text(), confidence, addressed.place()))
}

#[cfg(test)]
mod tests {
    use super::super::testing::Paper;
    use super::*;
    use crate::domain::fields::Status;

    fn check(paper: Paper, expected: Option<&str>) {
        let proposed = propose(&paper.reading(), &Catalogue::starting());
        assert_eq!(proposed.value.as_deref(), expected, "{proposed:?}");
        assert_eq!(proposed.status == Status::Read, expected.is_some());
    }

    fn official() -> Paper {
        Paper::new()
            .header(&["ỦY BAN NHÂN DÂN", "XÃ BẢO ÁI"])
            .number_and_date("Số: 12/QĐ-UBND", "Bảo Ái, ngày 06 tháng 5 năm 2024")
    }

    #[test]
    fn titles_in_sentence_case() {
        check(
            official()
                .around(110.0, 58.0, "QUYẾT ĐỊNH")
                .around(110.0, 64.0, "Về việc trợ cấp xã hội hàng tháng")
                .around(110.0, 72.0, "CHỦ TỊCH ỦY BAN NHÂN DÂN XÃ BẢO ÁI"),
            Some("Quyết định"),
        );
        check(official().around(110.0, 58.0, "QUYÉT ĐỊNH~50"), Some("Quyết định"));
        check(
            official().around(110.0, 58.0, "GIẤY CHỨNG NHẬN").around(110.0, 64.0, "HỘ NGHÈO"),
            Some("Giấy chứng nhận hộ nghèo"),
        );
        check(
            official().around(110.0, 58.0, "GIẤY CHỨNG NHẬN HUẤN LUYỆN").around(
                110.0,
                69.0,
                "AN TOÀN, VỆ SINH LAO ĐỘNG",
            ),
            Some("Giấy chứng nhận huấn luyện an toàn, vệ sinh lao động"),
        );
        check(
            Paper::new().plain_header().around(108.0, 40.0, "TỜ KHAI ĐỀ NGHỊ TRỢ GIÚP XÃ HỘI"),
            Some("Tờ khai đề nghị trợ giúp xã hội"),
        );
        check(
            official().around(110.0, 58.0, "GIẤY PHÉP LAO ĐỘNG").around(110.0, 64.0, "WORK PERMIT"),
            Some("Giấy phép lao động"),
        );
    }

    #[test]
    fn a_letter_has_no_title() {
        check(
            official()
                .around(60.0, 46.0, "V/v tham gia ý kiến")
                .around(110.0, 66.0, "Kính gửi: SỞ TÀI CHÍNH")
                .put(30.0, 80.0, "Theo đề nghị của Bộ Tài chính tại công văn số"),
            Some("Công văn"),
        );
    }

    #[test]
    fn capitals_elsewhere_are_not_a_title() {
        // A signature block, and capitals deep in running text.
        check(official().around(150.0, 200.0, "KT. CHỦ TỊCH"), None);
        let line = "Theo đề nghị của Bộ Tài chính tại công văn số một hai ba bốn năm sáu bảy";
        check(
            official().put(30.0, 60.0, line).put(30.0, 66.0, line).put(30.0, 72.0, line).around(
                110.0,
                80.0,
                "THÔNG BÁO",
            ),
            None,
        );
    }

    #[test]
    fn an_unknown_title_that_is_hard_to_read_is_left_to_a_person() {
        check(official().around(110.0, 58.0, "GIẤY XÉC~40 NHỊN~40 MỚI"), None);
    }

    #[test]
    fn known_titles_mend_signs_and_lost_spaces_and_cut_ones_are_asked() {
        for (printed, expected) in [
            ("'THẺ THƯƠNG BINH", Some("Thẻ thương binh")),
            ("CHỈTHỊ", Some("Chỉ thị")),
            ("Ế HOẠCH", None),
            ("'GIẤY BÁO MỚI'", Some("Giấy báo mới")),
            ("GIẤY CHỨNG NHẬN GIA ĐÌNH LIỆT SĨĨ", Some("Giấy chứng nhận gia đình liệt sĩ")),
            ("GIẤY BÁO TƯT", None),
        ] {
            check(official().around(110.0, 58.0, printed), expected);
        }
    }
}
