//! Điều 6 khoản 4: the number and symbol, from below the agency (NĐ 30/2020, ô 3), or from below
//! the title of a certificate.
//!
//! Figures that may have been written by pen, and figures with strange letters in them, are left
//! to a person: a wrong number is the worst answer.

use std::sync::LazyLock;

use regex::Regex;

use super::{
    Reading,
    document_name::{self, NAMED_TYPES},
    fold,
    layout::{Row, Sheet, Token, text_of},
    print::{Print, figure_advance},
    settle,
};
use crate::domain::{
    fields::Proposed,
    ids::DocumentNumber,
    page::{BoxMm, Place},
};

/// A word with figures below this is not taken for a printed number.
const FIGURES_AT: f32 = 0.78;
/// Figures that stand apart from their symbol need more: pen leaves such gaps.
const APART_AT: f32 = 0.85;
/// Figures less sure than this may as well be written by pen.
const PEN_BELOW: f32 = 0.45;
/// How sure figures are that look like the same figures elsewhere on the page.
const PRINTED: f32 = 0.97;
/// What is left of the confidence in figures that are not sure enough.
const ASKED: f32 = 0.8;
/// What is left of the confidence when the symbol names another type than the title does.
const OTHER_TYPE: f32 = 0.5;
/// A wider gap ends the number.
const END_GAP_MM: f32 = 7.0;

/// Letters that figures are misread as, and how sure at most a number is whose figures end with one: it is asked.
const LIKE_FIGURES: [char; 9] = ['l', 'I', 'i', 'O', 'o', 'S', 's', 'Z', 'z'];
const LETTER_IN_FIGURES: f32 = 0.7;

/// Figures, at times a year, and a symbol: `1917/QĐ-BLĐTBXH`, `30/2020/NĐ-CP`.
static WITH_SYMBOL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"^([0-9]{1,6}[a-zđ]?)((?:/[0-9]{4})?/[A-ZĐƯÔƠ][A-Za-z0-9ĐđƯưÔôƠơ&.]*(?:-[A-ZĐƯÔƠ][A-Za-z0-9ĐđƯưÔôƠơ&.]*)*)$",
    )
    .expect("the pattern is a constant")
});

/// Numbers of registers: `123/2020`, `45`; and serials with letters first: `GCN-00123`.
static OF_REGISTER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?:[0-9]{1,6}(?:/[0-9]{4})?|[A-ZĐ]{1,6}[-./ ]?[0-9]{2,8}|[0-9]{1,7}[-.][A-ZĐ]{1,8})$")
        .expect("the pattern is a constant")
});

pub(super) fn propose(reading: &Reading) -> Proposed<DocumentNumber> {
    let Some(sheet) = reading.sheets.first() else { return Proposed::absent() };
    if let Some(row) = reading.number_row() {
        return read_row(reading, sheet, &row);
    }
    if let Some(row) = below_title(reading, sheet) {
        return read_row(reading, sheet, &row);
    }
    if reading.is_official() {
        return Proposed::not_read("", zone_below_agency(reading));
    }
    Proposed::absent()
}

/// Whether a row begins with the label `Số`, alone or glued to what follows it.
pub(super) fn is_labelled(row: &Row) -> bool {
    let Some(first) = row.tokens.first() else { return false };
    let Some(rest) = first.folded.strip_prefix("so") else { return false };
    let follows = rest.chars().next();
    let glued = follows.is_some_and(|c| !c.is_alphabetic());
    // "Số định danh …" and "Số điện thoại …" are other numbers; garbage in a glued word is not.
    let next = row.tokens.get(1).map(|t| t.folded.as_str());
    let starts_words =
        next.is_some_and(|w| w.chars().filter(|c| c.is_alphabetic()).count() >= 2 && !w.contains(['/', '-']));
    let alone = follows.is_none() && (row.tokens.len() == 1 || !starts_words);
    glued || alone
}

/// Whether a word is the printed symbol with its slash, the figures being elsewhere: `/CT-UBND`.
pub(super) fn is_bare_symbol(word: &str) -> bool {
    let Some(rest) = word.strip_prefix('/') else { return false };
    rest.contains('-') && rest.chars().next().is_some_and(char::is_uppercase)
}

/// Certificates carry `Số: …` in a row of its own, close below the title.
fn below_title(reading: &Reading, sheet: &Sheet) -> Option<Row> {
    let title = reading.title.as_ref()?;
    sheet
        .pieces
        .iter()
        .filter(|r| r.at.top > title.top() - 3.0 && r.at.top < title.bottom() + 30.0)
        .find(|r| is_labelled(r) && is_number_alone(r))
        .cloned()
}

/// No words but the label: running text about another paper's number is not this one's.
fn is_number_alone(row: &Row) -> bool {
    let is_word = |t: &Token| {
        let letters = t.text.chars().filter(|c| c.is_alphabetic()).count();
        letters >= 2 && t.text.chars().any(char::is_lowercase) && !t.text.contains(['/', '-'])
    };
    // "(Áp dụng đối với … Nghị định" above "số 20/2021/NĐ-CP)": the end of what is said of another paper.
    let text = text_of(&row.tokens);
    let ends_a_bracket = text.contains(')') && !text.contains('(');
    row.tokens.len() <= 6 && !ends_a_bracket && !row.tokens[1..].iter().any(is_word)
}

fn zone_below_agency(reading: &Reading) -> Option<Place> {
    let motto = reading.header.motto?;
    let box_mm =
        BoxMm { left: 25.0, top: motto.bottom() + 2.0, width: (motto.left - 27.0).max(20.0), height: 14.0 };
    Some(Place { page: reading.sheets.first()?.page, box_mm })
}

fn read_row(reading: &Reading, sheet: &Sheet, row: &Row) -> Proposed<DocumentNumber> {
    let tokens = without_dirt(until_wide_gap(&row.tokens));
    let raw = text_of(tokens);
    let place = super::layout::place_of(row.page, tokens);
    let left_to_a_person = || Proposed::not_read(raw.clone(), place);
    let Some(parts) = Parts::of(tokens) else { return left_to_a_person() };
    let Some((text, strength)) = parts.number() else { return left_to_a_person() };
    let figures = parts.figures_confidence();
    // What may be a pen's is not even suggested.
    if sheet.is_ocr && (figures < PEN_BELOW || !parts.is_printed(reading)) {
        return left_to_a_person();
    }
    let figures = if sheet.is_ocr && figures < parts.needed() { figures * ASKED } else { figures };
    let confidence = figures * strength * parts.symbol_confidence(reading, &text);
    match DocumentNumber::parse(&text) {
        Ok(number) => settle(reading, number, raw, confidence, place),
        Err(_) => left_to_a_person(),
    }
}

/// Without specks behind the last word with a letter or a figure.
fn without_dirt(tokens: &[Token]) -> &[Token] {
    let last = tokens.iter().rposition(|t| t.text.chars().any(char::is_alphanumeric));
    &tokens[..last.map_or(0, |i| i + 1)]
}

fn until_wide_gap(tokens: &[Token]) -> &[Token] {
    // The blank between the label and the symbol may be wide: it is where the pen writes.
    let end = tokens
        .windows(2)
        .position(|w| {
            w[1].at.left - w[0].at.right() > END_GAP_MM
                && !w[1].text.starts_with('/')
                && w[0].text.chars().any(char::is_alphabetic)
                && !w[0].folded.starts_with("so")
        })
        .map_or(tokens.len(), |i| i + 1);
    &tokens[..end]
}

/// The words of a number row, without the label.
struct Parts<'a> {
    /// What is left of the first word after `Số:`.
    glued: String,
    label: &'a Token,
    rest: &'a [Token],
}

impl<'a> Parts<'a> {
    fn of(tokens: &'a [Token]) -> Option<Self> {
        let (first, rest) = tokens.split_first()?;
        if is_bare_symbol(&first.text) {
            return None; // the label and the figures were lost: certainly not printed well
        }
        // Two letters "Số", however its marks were read, then the colon.
        let after: String = first.text.chars().skip(2).collect();
        let has_colon = after.starts_with([':', '.']);
        let glued = after.trim_start_matches([':', '.']).to_owned();
        let rest = if rest.first().is_some_and(|t| t.text == ":") && !has_colon { &rest[1..] } else { rest };
        Some(Self { glued, label: first, rest })
    }

    /// The number with its symbol, and the strength of the rule by which it was taken.
    fn number(&self) -> Option<(String, f32)> {
        let joined: String =
            std::iter::once(self.glued.as_str()).chain(self.rest.iter().map(|t| t.text.as_str())).collect();
        let tight = joined.trim_end_matches(|c: char| !c.is_alphanumeric()).replace(['–', '—'], "-");
        // "37l": a letter that looks like a figure, behind figures, is more likely one; a person says which.
        let figures = tight.split('/').next().unwrap_or_default();
        if figures.len() > 1 && figures.ends_with(LIKE_FIGURES) {
            return with_symbol(&mended_figures(&tight)).map(|number| (number, LETTER_IN_FIGURES));
        }
        if let Some(number) = with_symbol(&tight) {
            return Some((number, 1.0));
        }
        if let Some(number) = with_symbol(&mended_figures(&tight)) {
            return Some((number, 0.88));
        }
        let spaced = text_of(self.rest);
        let of_register = [tight.as_str(), spaced.as_str()].into_iter().find(|t| OF_REGISTER.is_match(t))?;
        Some((of_register.to_owned(), 0.97))
    }

    /// How sure the reader is of the words that carry figures.
    fn figures_confidence(&self) -> f32 {
        let glued = if self.glued.is_empty() { 1.0 } else { self.label.confidence };
        let of = |t: &Token| if t.is_print { t.confidence.max(PRINTED) } else { t.confidence };
        self.rest.iter().filter(|t| t.has_digit()).map(of).fold(glued, f32::min)
    }

    /// Whether all figures stand in words that look like print elsewhere on the page.
    fn is_like_print(&self) -> bool {
        let mut figures = self.rest.iter().filter(|t| t.has_digit()).peekable();
        figures.peek().is_some() && figures.all(|t| t.is_print)
    }

    /// How sure the figures must be.
    fn needed(&self) -> f32 {
        if self.rest.iter().any(|t| is_bare_symbol(&t.text)) { APART_AT } else { FIGURES_AT }
    }

    /// How sure the symbol is: its letters by themselves, or because they are known ones; less where the
    /// title names another type.
    fn symbol_confidence(&self, reading: &Reading, number: &str) -> f32 {
        let title = reading.title.as_ref().map(document_name::Title::phrase).unwrap_or_default();
        let of_title =
            NAMED_TYPES.iter().find(|(name, _)| fold::phrase(name) == title).map(|(_, short)| *short);
        let named = of_title.filter(|short| !short.is_empty());
        let Some((_, symbol)) = number.rsplit_once('/').filter(|(_, s)| s.contains(char::is_alphabetic))
        else {
            // A decision or a notice has a symbol (NĐ 30/2020, Phụ lục I, ô số 3): it was lost, or hidden.
            return if named.is_some() { OTHER_TYPE } else { 1.0 };
        };
        if named.is_some_and(|short| !symbol.split('-').any(|group| group == short)) {
            return OTHER_TYPE;
        }
        let agencies =
            reading.header.left.iter().filter(|r| r.is_caps() && !r.tokens.iter().any(Token::has_digit));
        let agency: Vec<&Token> = agencies.flat_map(|r| &r.tokens).collect();
        let title: Vec<&Token> = reading.title.iter().flat_map(|t| &t.rows).flat_map(|r| &r.tokens).collect();
        let initials = [initials(&agency), initials(&title)];
        let is_known = |group: &str| {
            NAMED_TYPES.iter().any(|(_, short)| *short == group)
                || initials.iter().any(|all| begins_so(all, group))
                || FIXED_GROUPS.contains(&group)
                || is_cited(reading, group)
        };
        // Of a word whose figures are known to be printed it is the letters that stay in doubt.
        let letters = self
            .rest
            .iter()
            .filter(|t| (!t.has_digit() || t.is_print) && t.text.chars().any(char::is_alphabetic));
        let weakest = letters.map(|t| t.confidence).fold(1.0, f32::min);
        if symbol.split('-').all(is_known) { weakest.max(KNOWN_SYMBOL) } else { weakest }
    }

    /// Whether the figures measure like print, and stand where print would.
    fn is_printed(&self, reading: &Reading) -> bool {
        if !self.glued.is_empty() && self.glued.chars().any(|c| c.is_ascii_digit()) {
            // "Số:542 /TB-UBND": figures at the colon are a pen's, or were laid over the blank.
            return self.glued.contains('/')
                && self.label.confidence >= 0.93
                && fits_any(reading, self.label);
        }
        if self.is_like_print() {
            return true;
        }
        let figures: Vec<&Token> = self.rest.iter().filter(|t| t.has_digit()).collect();
        let symbol = self.rest.iter().find(|t| is_bare_symbol(&t.text));
        if figures.is_empty() {
            return false;
        }
        let print = symbol.and_then(|s| Print::of(&[s]));
        if let (Some(symbol), Some(print), Some(last)) = (symbol, print, figures.first()) {
            let gap = symbol.at.left - last.at.right();
            let space = last.at.left - self.label.at.right();
            let advance = reading.date_row().and_then(|row| figure_advance(&row.tokens));
            return gap < 0.55 * print.em_mm()
                && space < 0.9 * print.em_mm()
                && figures
                    .iter()
                    .all(|t| print.fits(t) || advance.is_some_and(|advance| print.fits_figures(t, advance)));
        }
        let space = self.rest.first().map_or(0.0, |t| t.at.left - self.label.at.right());
        let em = reading.head_print().map_or(4.6, |p| p.em_mm());
        space < 1.6 * em && figures.iter().all(|t| fits_any(reading, t))
    }
}

/// The first letters of words: `SLĐTBXH` of "SỞ LAO ĐỘNG - THƯƠNG BINH VÀ XÃ HỘI", but for "và".
fn initials(words: &[&Token]) -> Vec<char> {
    let of_word = |t: &&&Token| t.text.chars().any(char::is_alphabetic) && t.folded != "va";
    words.iter().filter(of_word).filter_map(|t| t.text.chars().find(|c| c.is_alphabetic())).collect()
}

/// Whether initials have the letters of a group in a row.
fn begins_so(initials: &[char], group: &str) -> bool {
    let group: Vec<char> = group.chars().collect();
    group.len() >= 2 && initials.windows(group.len()).any(|some| some == group)
}

/// Whether a group of a symbol stands in another symbol of the paper too: `…/TTr-LĐTBXH`.
fn is_cited(reading: &Reading, group: &str) -> bool {
    let words = reading.sentences.iter().flat_map(|s| &s.tokens).filter(|t| t.text.contains('/'));
    group.chars().count() >= 2
        && words.filter(|t| t.confidence >= CITED_AT).any(|t| {
            let bare = t.text.trim_end_matches(|c: char| !c.is_alphanumeric());
            bare.split(['/', '-']).any(|part| part == group)
        })
}

/// How sure a symbol is at least whose groups are all known.
const KNOWN_SYMBOL: f32 = 0.97;
/// How sure another symbol must be to confirm this one.
const CITED_AT: f32 = 0.8;

/// Size against the printed words of the head; the number may be set one point smaller than the
/// date, and its line of writing is its own.
fn fits_any(reading: &Reading, token: &Token) -> bool {
    let prints = [reading.head_print(), reading.capitals_print()];
    let mut prints = prints.into_iter().flatten().peekable();
    prints.peek().is_none() || prints.any(|print| print.fits_size(token))
}

fn with_symbol(text: &str) -> Option<String> {
    let found = WITH_SYMBOL.captures(text)?;
    let (figures, symbol) = (found.get(1)?.as_str(), found.get(2)?.as_str());
    let groups: Vec<String> = symbol.split('-').map(spelled).collect();
    Some(format!("{figures}{}", groups.join("-")))
}

/// Groups whose letters are fixed: a reader that lost the stroke of a `Đ` is mended.
const FIXED_GROUPS: &[&str] = &["UBND", "HĐND", "LĐTBXH", "BLĐTBXH", "SLĐTBXH", "CP"];

fn spelled(group: &str) -> String {
    let (before, bare) = group.rsplit_once('/').map_or(("", group), |(b, g)| (b, g));
    let lead = if group.contains('/') { format!("{before}/") } else { String::new() };
    let types = NAMED_TYPES.iter().map(|(_, short)| *short).filter(|s| !s.is_empty());
    let alike: Vec<&str> = types
        .chain(FIXED_GROUPS.iter().copied())
        .filter(|known| known.chars().all(|c| c.is_uppercase()) && fold::fold(known) == fold::fold(bare))
        .collect();
    let is_caps = bare.chars().all(|c| !c.is_lowercase());
    match alike.as_slice() {
        [only] if is_caps => format!("{lead}{only}"),
        _ => group.to_owned(),
    }
}

/// Letters that stand for one figure only, in the place of figures before the first slash.
fn mended_figures(text: &str) -> String {
    let Some((figures, symbol)) = text.split_once('/') else { return text.to_owned() };
    let mended: String = figures
        .chars()
        .map(|c| match c {
            'O' | 'o' => '0',
            'l' | 'I' | 'Ì' | '|' => '1',
            other => other,
        })
        .collect();
    let has_digit = figures.bytes().any(|b| b.is_ascii_digit());
    if has_digit { format!("{mended}/{symbol}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Paper;
    use super::*;
    use crate::domain::fields::Status;

    fn official(number: &str) -> Paper {
        Paper::new()
            .header(&["ỦY BAN NHÂN DÂN", "XÃ BẢO ÁI"])
            .number_and_date(number, "Bảo Ái, ngày 06 tháng 5 năm 2024")
            .around(110.0, 58.0, "GIẤY XÁC NHẬN CƯ TRÚ")
            .put(30.0, 80.0, "Căn cứ Quyết định số 99/QĐ-TTg ngày 01 tháng 01 năm 2020")
    }

    fn check(paper: Paper, status: Status, expected: Option<&str>) {
        let proposed = propose(&paper.reading());
        assert_eq!(
            (proposed.status, proposed.value.as_ref().map(DocumentNumber::as_str)),
            (status, expected),
            "{proposed:?}"
        );
    }

    #[test]
    fn a_decision_without_its_symbol_is_asked() {
        let decision = |number: &str| {
            Paper::new()
                .header(&["ỦY BAN NHÂN DÂN", "XÃ BẢO ÁI"])
                .number_and_date(number, "Bảo Ái, ngày 06 tháng 5 năm 2024")
                .around(110.0, 58.0, "QUYẾT ĐỊNH")
        };
        check(decision("Số: 234"), Status::NotRead, None);
        check(decision("Số: 234/QĐ-UBND"), Status::Read, Some("234/QĐ-UBND"));
    }

    #[test]
    fn a_letter_like_a_figure_is_not_taken_for_a_letter() {
        check(official("Số: 37l/QĐ-UBND"), Status::NotRead, None);
        check(official("Số: 37a/QĐ-UBND"), Status::Read, Some("37a/QĐ-UBND"));
    }

    #[test]
    fn the_end_of_a_bracket_is_another_papers() {
        let declaration = |number: &str| {
            Paper::new()
                .around(110.0, 20.0, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM")
                .around(110.0, 27.0, "Độc lập - Tự do - Hạnh phúc")
                .around(110.0, 45.0, "TỜ KHAI TRỢ GIÚP XÃ HỘI")
                .around(110.0, 55.0, "(Áp dụng đối với đối tượng quy định tại khoản 6 Điều 5 Nghị định")
                .around(110.0, 62.0, number)
                .put(30.0, 80.0, "Họ và tên: Nguyễn Văn An")
        };
        check(declaration("số 20/2021/NĐ-CP)"), Status::Absent, None);
    }

    #[test]
    fn printed_numbers() {
        for (row, expected) in [
            ("Số: 46/TB-UBND", "46/TB-UBND"),
            ("Số: 1917 /QĐ-BLĐTBXH", "1917/QĐ-BLĐTBXH"),
            ("Số: 30/2020/NĐ-CP", "30/2020/NĐ-CP"),
            ("Số: 12/QyĐ-UBND", "12/QyĐ-UBND"),
            ("Số: 686/STTT-CNTT&BCVT", "686/STTT-CNTT&BCVT"),
            ("Số : 05/UBND-VX", "05/UBND-VX"),
            ("SỐ: 12/QD-UBND", "12/QĐ-UBND"),
            ("Sồ: 12/QĐ-HDND", "12/QĐ-HĐND"),
            ("Số: 123/2020", "123/2020"),
            ("Số: O5/QĐ-UBND", "05/QĐ-UBND"),
        ] {
            check(official(row), Status::Read, Some(expected));
        }
    }

    #[test]
    fn the_symbol_is_held_against_title_agency_and_text() {
        let paper = |title: &str, number: &str| {
            Paper::new()
                .header(&["SỞ NỘI VỤ", "TRUNG TÂM DỊCH VỤ VIỆC LÀM"])
                .number_and_date(number, "Bảo Ái, ngày 06 tháng 5 năm 2024")
                .around(110.0, 58.0, title)
                .put(30.0, 80.0, "Theo Tờ trình số 12/TTr-PKTN ngày 01 tháng 5 năm 2024")
        };
        for (title, number, expected) in [
            ("CHỈ THỊ", "Số: 07 /GT-UBND~57", None),
            ("CHỈ THỊ", "Số: 07 /CT-UBND~57", Some("07/CT-UBND")),
            ("GIẤY XÁC NHẬN CƯ TRÚ", "Số: 07 /GXN-TTDVVL~57", Some("07/GXN-TTDVVL")),
            ("QUYẾT ĐỊNH", "Số: 07 /QĐ-PKTN~57", Some("07/QĐ-PKTN")),
            ("QUYẾT ĐỊNH", "Số: 07 /QĐ-PKTM~57", None),
            ("THÔNG BÁO", "Số: 07/TB-UBND `", Some("07/TB-UBND")),
        ] {
            let status = if expected.is_some() { Status::Read } else { Status::NotRead };
            check(paper(title, number), status, expected);
        }
    }

    #[test]
    fn what_is_not_sure_is_suggested_and_what_may_be_a_pens_is_not() {
        for (row, expected) in [
            ("Số: 46/QĐ-UBND~70", Some("46/QĐ-UBND")),
            ("Số: 46/QĐ-UBND~40", None),
            ("Số: 46~pen /QĐ-UBND", None),
        ] {
            let proposed = propose(&official(row).reading());
            assert_eq!(proposed.suggestion.as_ref().map(DocumentNumber::as_str), expected, "{row}");
            assert!(proposed.value.is_none());
        }
    }

    #[test]
    fn figures_like_other_print_of_the_page_are_printed() {
        for (row, expected) in [
            ("Số: 46/QĐ-UBND~print", Some("46/QĐ-UBND")),
            ("Số: 46~print /QĐ-UBND", Some("46/QĐ-UBND")),
            ("Số: 46~pen /QĐ-UBND", None),
        ] {
            let status = if expected.is_some() { Status::Read } else { Status::NotRead };
            check(official(row), status, expected);
        }
    }

    #[test]
    fn doubtful_figures_are_left_to_a_person() {
        for row in [
            "Số: /QĐ-UBND",
            "Số: … /QĐ-UBND",
            "Số: 46~40 /TB-UBND",
            "Số: 46~pen /TB-UBND",
            "Số: 46/TB-UBND~60",
            "Số:46 /TB-UBND",
            "Số⁄H1~5 /CT-UBND~66",
            "Só:9†E~17 /UBND-KTTH",
            "/UBND-KTTH",
            "Số: 4C/TB-UBND",
            "Số: 1577QĐ-UBND",
            "Số:",
        ] {
            check(official(row), Status::NotRead, None);
        }
    }

    #[test]
    fn pen_apart_from_its_symbol_shows_by_the_gap() {
        let paper = Paper::new()
            .header(&["ỦY BAN NHÂN DÂN", "XÃ BẢO ÁI"])
            .put(40.0, 38.0, "Số: 46")
            .put(58.0, 38.0, "/TB-UBND")
            .around(143.0, 38.0, "Bảo Ái, ngày 06 tháng 5 năm 2024");
        check(paper, Status::NotRead, None);
    }

    #[test]
    fn a_number_of_the_body_is_never_the_number() {
        let paper = Paper::new()
            .header(&["ỦY BAN NHÂN DÂN", "XÃ BẢO ÁI"])
            .around(110.0, 58.0, "QUYẾT ĐỊNH")
            .put(30.0, 80.0, "Số: 99/QĐ-TTg ngày 01 tháng 01 năm 2020 của Thủ tướng");
        let proposed = propose(&paper.reading());
        assert_ne!(proposed.status, Status::Read, "{proposed:?}");
    }

    #[test]
    fn certificates_carry_it_below_the_title() {
        let paper = Paper::new()
            .plain_header()
            .around(108.0, 40.0, "GIẤY KHAI SINH")
            .around(108.0, 48.0, "Số: 123/2020")
            .put(30.0, 60.0, "Số định danh cá nhân: 010220001234");
        check(paper, Status::Read, Some("123/2020"));
    }

    #[test]
    fn a_citizens_paper_has_none() {
        let paper = Paper::new().plain_header().around(108.0, 40.0, "ĐƠN ĐỀ NGHỊ").put(
            30.0,
            60.0,
            "Số định danh cá nhân: 010220001234",
        );
        check(paper, Status::Absent, None);
    }

    #[test]
    fn a_text_layer_has_no_pen() {
        check(official("Số: 1917 /QĐ-BLĐTBXH").text_layer(), Status::Read, Some("1917/QĐ-BLĐTBXH"));
    }
}
