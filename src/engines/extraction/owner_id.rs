//! Điều 6 khoản 2: the number of the person or organisation whose paper it is.
//!
//! Of several numbers on a paper only the holder's counts: never a guardian's, a parent's, a
//! signing official's. In doubt, and where a letter stands among the digits, a person keys it.

use std::sync::LazyLock;

use regex::Regex;

use super::{
    Reading,
    flow::Sentence,
    holder,
    layout::{Token, place_of, text_of},
    people::{Role, roles},
    print::Print,
    settle,
};
use crate::domain::{
    fields::{Proposed, Source, Status},
    ids::{OwnerNumber, province_of},
    page::Place,
};

/// A word with digits below this is not taken: one wrong digit is another person.
const DIGITS_AT: f32 = 0.88;

/// Digits less sure than this may as well be written by pen.
const PEN_BELOW: f32 = 0.45;

/// Labels of personal numbers and of numbers of organisations, folded; several may follow each other.
static LABEL: LazyLock<Regex> = LazyLock::new(|| {
    let label = concat!(
        r"(?:dinh danh(?: [cs]a\b[ .]?(?:nhan)?| dien tu)?(?: cua to chuc)?|cccd|cmnd|cmtnd|can cuoc(?: cong dan)?|",
        r"chung minh(?: nhan dan| thu)?|so ddcn|ddcn|ma so(?: thue| doanh(?: nghiep)?)|personal id[a-z .]*)"
    );
    let between = r"(?:[^0-9a-z]|\b(?:so|hoac|the|giay|ho chieu|ma|la|neu co|cua|no|identification)\b)*";
    // "SốCCCD:" was printed with its space.
    Regex::new(&format!(r"\b(?:so)?{label}(?:{between}{label})*{between}"))
        .expect("the pattern is a constant")
});

/// Digits, perhaps in groups or cells; letters that look like digits are seen as part of it.
static NUMBER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^((?:[0-9oilb](?:[ .]?[0-9oilsb|]){8,14}(?:-[0-9]{3})?)|[0-9]{9,13}(?:-[0-9]{3})?)\b")
        .expect("the pattern is a constant")
});

/// A number that stands behind a label.
#[derive(Debug, Clone)]
struct Candidate {
    role: Role,
    /// `None` when the digits can't be trusted, or are missing.
    number: Option<OwnerNumber>,
    raw: String,
    place: Option<Place>,
    confidence: f32,
    /// As wide as print, and higher: dirt, or a pen.
    is_high: bool,
}

impl Candidate {
    /// Whether there is as much as a number has, though it can't be read.
    fn has_figures(&self) -> bool {
        self.raw.bytes().filter(u8::is_ascii_digit).count() >= 6
    }

    fn birth_year(&self) -> Option<i16> {
        match &self.number {
            Some(OwnerNumber::Person(id)) => Some(id.birth_year()),
            _ => None,
        }
    }
}

/// The holder's year of birth, as the paper has it, surely or not.
fn birth_year(reading: &Reading) -> Option<i16> {
    holder::birth_date(reading).best()?.get(..4)?.parse().ok()
}

/// The year of birth that the first number of a person states, among those of the holder.
pub(super) fn first_stated_year(reading: &Reading) -> Option<i16> {
    let roles = roles(reading)?;
    let own = roles.iter().filter(|(role, _)| *role == Role::Holder);
    own.flat_map(|(role, s)| candidates(reading, *role, s))
        .find(|c| c.role == Role::Holder && (c.number.is_some() || c.has_figures()))?
        .birth_year()
}

pub(super) fn propose(reading: &Reading, declared: Option<&OwnerNumber>) -> Proposed<OwnerNumber> {
    let read = from_paper(reading);
    let Some(declared) = declared else { return read };
    match (read.status, &read.value) {
        (Status::Read, Some(number)) if number == declared => read,
        // The paper says otherwise: one of the two is wrong.
        (Status::Read, _) => Proposed::not_read(read.raw, read.place),
        _ => Proposed::read(declared.clone(), read.raw, 1.0, Source::Operator, read.place),
    }
}

fn from_paper(reading: &Reading) -> Proposed<OwnerNumber> {
    let Some(roles) = roles(reading) else {
        let all: Vec<Candidate> =
            reading.sentences.iter().flat_map(|s| candidates(reading, Role::Other, s)).collect();
        return doubtful(&all);
    };
    let all: Vec<Candidate> = roles.iter().flat_map(|(role, s)| candidates(reading, *role, s)).collect();
    let mut own: Vec<&Candidate> = all.iter().filter(|c| c.role == Role::Holder).collect();
    // The new number takes the place of the old one, also where both are printed; an empty blank says nothing,
    // figures that can't be read may be the owner's.
    if own.iter().any(|c| matches!(c.number, Some(OwnerNumber::Person(_)))) {
        let is_first_unread = own[0].number.is_none() && own[0].has_figures();
        own.retain(|c| !matches!(c.number, Some(OwnerNumber::OldPerson(_))));
        own.retain(|c| c.number.is_some() || is_first_unread && c.has_figures());
    }
    // What an enterprise is licensed to do is not its director's.
    if holder::is_organisation(reading)
        && own.iter().any(|c| matches!(c.number, Some(OwnerNumber::Organisation(_))))
    {
        own.retain(|c| !matches!(c.number, Some(OwnerNumber::Person(_))));
    }
    if own.iter().any(|c| own[0].number != c.number) {
        // Of several people's numbers the one that states the holder's year of birth.
        let born = holder::birth_date(reading).value.and_then(|d| d.get(..4)?.parse::<i16>().ok());
        let states = |c: &&Candidate| born.is_some() && c.birth_year() == born;
        if own.iter().all(|c| c.birth_year().is_some()) && own.iter().filter(|c| states(c)).count() == 1 {
            own.retain(states);
        }
    }
    let Some(first) = own.first() else { return doubtful(&all) };
    let Some(number) = first.number.clone().filter(|n| own.iter().all(|c| c.number.as_ref() == Some(n)))
    else {
        return doubtful(&all);
    };
    // An agency's old paper names the old number; the owner has another today.
    let is_outdated = matches!(number, OwnerNumber::OldPerson(_)) && reading.is_official();
    if is_outdated {
        return Proposed::not_read(first.raw.clone(), first.place);
    }
    let confidence = weighed(reading, &number, first);
    settle(reading, number, first.raw.clone(), confidence, first.place)
}

/// What is left of the confidence in a number that contradicts itself or the paper.
const CONTRADICTED: f32 = 0.4;
/// What is left of the confidence in digits that are less sure.
const ASKED: f32 = 0.78;
/// The share of misread numbers that province, century and year of birth don't show.
const UNSEEN: f32 = 0.6;

/// How sure a number is: one that states a province and the holder's year of birth is surer than its digits,
/// one that states others is wrong, or the paper is.
fn weighed(reading: &Reading, number: &OwnerNumber, found: &Candidate) -> f32 {
    if !is_plausible(reading, number) {
        return found.confidence * CONTRADICTED;
    }
    let is_stated = matches!(number, OwnerNumber::Person(_)) && birth_year(reading).is_some();
    let confidence = if is_stated { 1.0 - (1.0 - found.confidence) * UNSEEN } else { found.confidence };
    if confidence < DIGITS_AT || (found.is_high && !is_stated) {
        confidence * ASKED * ASKED
    } else {
        confidence
    }
}

/// The number in `value`, which a template's label says is the owner's; held to the same measures.
pub(super) fn guided(
    reading: &Reading,
    page: u32,
    value: &[Token],
    label: &[Token],
) -> Proposed<OwnerNumber> {
    let sentence = Sentence::new(page, value.to_vec());
    let number = NUMBER.captures(&sentence.folded).and_then(|c| c.get(1));
    let n_words = number.map_or(0, |n| sentence.words(&n.range()).len());
    let words = if n_words == 0 { label } else { &value[..n_words] };
    let found = candidate(reading, Role::Holder, &sentence, words, label, number.is_some());
    match &found.number {
        Some(number) => {
            let confidence = weighed(reading, number, &found);
            settle(reading, number.clone(), found.raw, confidence, found.place)
        }
        None => Proposed::not_read(found.raw, found.place),
    }
}

/// The holder's own blank first: that is where a person looks.
fn doubtful(all: &[Candidate]) -> Proposed<OwnerNumber> {
    match all.iter().find(|c| c.role == Role::Holder).or_else(|| all.first()) {
        Some(candidate) => Proposed::not_read(candidate.raw.clone(), candidate.place),
        None => Proposed::absent(),
    }
}

/// A personal number states province and birth year: a misread digit often shows there.
fn is_plausible(reading: &Reading, number: &OwnerNumber) -> bool {
    let OwnerNumber::Person(id) = number else { return true };
    province_of(&id.as_str()[..3]).is_some()
        && id.birth_year() <= reading.today.year()
        && birth_year(reading).is_none_or(|year| year == id.birth_year())
}

fn candidates(reading: &Reading, role: Role, sentence: &Sentence) -> Vec<Candidate> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(label) = LABEL.find_at(&sentence.folded, at) {
        let before = sentence.folded[..label.start()].chars().next_back();
        at = label.end();
        if before.is_some_and(char::is_alphanumeric) {
            continue;
        }
        let role = if role == Role::Holder && turns_away(&sentence.folded[..label.start()]) {
            Role::Other
        } else {
            role
        };
        let rest = &sentence.folded[label.end()..];
        let label_words = sentence.words(&label.range());
        let number = NUMBER.captures(rest).and_then(|c| c.get(1));
        // In running text the words alone say nothing; with a colon or leaders they open a blank.
        let opens_blank = sentence.folded[label.range()].contains([':', '…', '.']);
        if number.is_none() && !opens_blank {
            continue;
        }
        let range = number.map_or(label.range(), |n| label.end() + n.start()..label.end() + n.end());
        let words = sentence.words(&range);
        found.push(candidate(reading, role, sentence, words, label_words, number.is_some()));
        at = at.max(range.end);
    }
    found
}

/// Within one sentence too another person may have been named before the number.
pub(super) fn turns_away(before: &str) -> bool {
    [
        "giam ho",
        "nguoi cham soc",
        "con ong",
        "con ba",
        "con cua",
        "vo ong",
        "chong ba",
        "dai dien",
        "cha la",
        "me la",
        "nhan thay",
        "theo phap luat",
    ]
    .iter()
    .any(|w| before.contains(w))
        || KIN_OF.is_match(before)
}

/// `con nuôi của bà`, `vợ (chồng) của ông`.
static KIN_OF: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"\b(?:con|vo|chong|cha|me|bo|anh|chi|em|than nhan)(?: [a-z()]+){0,3} cua (?:ong|ba|liet si)\b",
    )
    .expect("the pattern is a constant")
});

fn candidate(
    reading: &Reading,
    role: Role,
    sentence: &Sentence,
    words: &[Token],
    label: &[Token],
    has_digits: bool,
) -> Candidate {
    let raw = text_of(words);
    let confidence = words.iter().filter(|t| t.has_digit()).map(|t| t.confidence).fold(1.0, f32::min);
    let digits: String =
        words.iter().flat_map(|t| t.text.chars()).filter(|c| c.is_alphanumeric() || *c == '-').collect();
    let is_ocr = reading.sheets.iter().any(|s| s.page == sentence.page && s.is_ocr);
    let is_even = !is_ocr || is_printed(words, label) || is_of_text(sentence, words);
    let is_high = !is_even && is_under_dirt(words, label);
    let number = Some(digits.as_str())
        .filter(|d| {
            has_digits
                && confidence >= PEN_BELOW
                && (is_even || is_high)
                && d.bytes().all(|b| b.is_ascii_digit() || b == b'-')
        })
        .and_then(|d| OwnerNumber::parse(d).ok());
    Candidate { role, number, raw, place: place_of(sentence.page, words), confidence, is_high }
}

/// Digits in one word are measured against their label; digits in cells stand too far apart for it.
pub(super) fn is_printed(words: &[Token], label: &[Token]) -> bool {
    let label: Vec<&Token> = label.iter().filter(|t| !t.has_digit()).collect();
    let Some(print) = Print::of(&label) else { return true };
    words.iter().filter(|t| t.has_digit() && t.text.len() >= 4).all(|t| t.is_print || print.fits_size(t))
}

/// Whether figures in running text are of its size: a label of capitals alone tells little of fonts other than Times.
fn is_of_text(sentence: &Sentence, words: &[Token]) -> bool {
    let Some(first) = words.first() else { return false };
    let is_beside = |t: &&Token| (t.at.middle_y() - first.at.middle_y()).abs() < first.at.height;
    let row: Vec<&Token> = sentence.tokens.iter().filter(is_beside).filter(|t| !t.has_digit()).collect();
    let runs_on = row.iter().filter(|t| t.at.left > first.at.left).count() >= 2;
    let figures = || words.iter().filter(|t| t.has_digit() && t.text.len() >= 4);
    let fits = |print: &Print| figures().all(|t| t.confidence >= UNDER_DIRT_AT && print.fits_size(t));
    row.len() >= WORDS_OF_TEXT && runs_on && Print::of(&row).as_ref().is_some_and(fits)
}

/// So many words beside figures make a line of text.
const WORDS_OF_TEXT: usize = 5;

/// Many figures, surely read and as wide as print sets them, in a box that a speck or a rule made higher.
fn is_under_dirt(words: &[Token], label: &[Token]) -> bool {
    let label: Vec<&Token> = label.iter().filter(|t| !t.has_digit()).collect();
    let figures = |t: &&Token| t.has_digit() && t.text.len() >= 4;
    Print::of(&label).is_some_and(|print| {
        words.iter().filter(figures).all(|t| t.confidence >= UNDER_DIRT_AT && print.fits_width(t))
    })
}

/// How sure figures must be whose box is too high for print.
const UNDER_DIRT_AT: f32 = 0.96;

#[cfg(test)]
mod tests {
    use super::super::testing::Paper;
    use super::*;

    fn paper(lines: &[&str]) -> Paper {
        let mut paper = Paper::new().plain_header().around(108.0, 40.0, "TỜ KHAI");
        for (i, line) in lines.iter().enumerate() {
            paper = paper.put(30.0, 60.0 + 8.0 * i as f32, line);
        }
        paper
    }

    fn check(lines: &[&str], status: Status, expected: Option<&str>) {
        let proposed = propose(&paper(lines).reading(), None);
        assert_eq!(
            (proposed.status, proposed.value.as_ref().map(OwnerNumber::as_str)),
            (status, expected),
            "{lines:?}"
        );
    }

    #[test]
    fn the_holders_number_behind_its_label() {
        for line in [
            "Số định danh cá nhân: 001085012345",
            "Số định danh cá nhân/CMND: 001085012345 Cấp ngày 01/02/2022",
            "Số CCCD: 001 085 012 345",
            "Giấy chứng minh nhân dân hoặc thẻ căn cước công dân số: 001085012345",
            "CCCD số 001085012345 cấp ngày 01/02/2022 tại Cục Cảnh sát",
        ] {
            check(&["Họ và tên: Nguyễn Văn An;", line], Status::Read, Some("001085012345"));
        }
        check(&["Số CMND: 012345678"], Status::Read, Some("012345678"));
        check(&["Mã số thuế: 0100109106"], Status::Read, Some("0100109106"));
    }

    #[test]
    fn another_persons_number_is_never_the_owners() {
        check(
            &[
                "Họ, chữ đệm, tên: Nguyễn Văn An;",
                "Họ, chữ đệm, tên người mẹ: Trần Thị Bé;",
                "Số CCCD: 001185012345",
            ],
            Status::NotRead,
            None,
        );
        check(
            &[
                "Họ và tên: Nguyễn Văn An;",
                "Số định danh cá nhân: 001215012345;",
                "Thông tin người giám hộ:",
                "Số CCCD: 001185012345",
            ],
            Status::Read,
            Some("001215012345"),
        );
        check(
            &["Họ tên: Nguyễn Văn An, người giám hộ là bà Bé, số CCCD: 001185012345"],
            Status::NotRead,
            None,
        );
    }

    #[test]
    fn of_several_numbers_the_one_that_states_the_holders_birth_year() {
        let born = "Họ và tên: Nguyễn Văn An, sinh ngày 05/6/1985";
        for (lines, expected) in [
            (
                &[born, "Số CCCD: 001085012345;", "Là con nuôi của bà Bé, số CCCD: 001150012345"][..],
                Some("001085012345"),
            ),
            (
                &[born, "Số CCCD: 001085012345;", "giao bà Bé nhận, số CCCD: 001150012345"],
                Some("001085012345"),
            ),
            (&[born, "Số CCCD: 001085012345;", "giao bà Bé nhận, số CCCD: 001185012345"], None),
            // The owner's own number can't be read: another one is not it.
            (&[born, "Số CCCD: 001085012345~16 l;", "10. Tên: Bé, số CCCD: 001150012345"], None),
            (&["SốCCCD: 001085012345"], Some("001085012345")),
            (&["SỐ ĐDCN: 001085012345; CMND cũ số 163739951"], Some("001085012345")),
        ] {
            check(lines, if expected.is_some() { Status::Read } else { Status::NotRead }, expected);
        }
    }

    #[test]
    fn an_enterprise_owns_its_licence_not_its_director() {
        let lines = &[
            "1. Tên doanh nghiệp: Công ty Cổ phần Ví Dụ",
            "Mã số doanh nghiệp: 0100109106",
            "Pháp luật: ông Nguyễn Văn An, số căn cước công dân: 001085012345.",
        ];
        check(lines, Status::Read, Some("0100109106"));
    }

    #[test]
    fn doubtful_digits_are_left_to_a_person() {
        for line in [
            "Số định danh cá nhân: 00108501234O",
            "Số định danh cá nhân: 001085012345~60",
            "Số định danh cá nhân: 001085012345~pen",
            "Số định danh cá nhân: 00108501234",
            "Số định danh cá nhân: ……………",
            "Số định danh cá nhân:",
            "Số CCCD/định danh: .0400z",
            "Số định danh cá nhân: 999085012345",
        ] {
            check(&["Họ và tên: Nguyễn Văn An;", line], Status::NotRead, None);
        }
        // The birth date on the paper contradicts the number.
        check(
            &["Họ và tên: Nguyễn Văn An;", "Sinh ngày: 05/6/1986;", "Số CCCD: 001085012345"],
            Status::NotRead,
            None,
        );
        // Two holders.
        check(&["Số CCCD: 001085012345;", "Số CCCD: 001085054321"], Status::NotRead, None);
    }

    #[test]
    fn the_new_number_takes_the_place_of_the_old() {
        check(&["Số CMND: 012345678;", "Số CCCD: 001085012345"], Status::Read, Some("001085012345"));
    }

    #[test]
    fn a_letter_has_no_owner() {
        check(&["Theo đề nghị của Bộ Tài chính"], Status::Absent, None);
        check(&["Rà soát, bổ sung số định danh cá nhân còn thiếu của đối tượng"], Status::Absent, None);
    }

    #[test]
    fn what_was_declared_is_held_against_the_paper() {
        let declared = OwnerNumber::parse("001085012345").unwrap();
        for (line, status, source) in [
            ("Số CCCD: 001085012345", Status::Read, Source::Ocr),
            ("Số CCCD: 001085054321", Status::NotRead, Source::Ocr),
            ("Theo đề nghị", Status::Read, Source::Operator),
        ] {
            let proposed = propose(&paper(&[line]).reading(), Some(&declared));
            assert_eq!((proposed.status, proposed.source), (status, source), "{line}");
        }
    }

    #[test]
    fn the_old_number_on_an_agencys_paper_is_asked() {
        let paper = Paper::new()
            .header(&["ỦY BAN NHÂN DÂN", "TỈNH KHÁNH HÒA"])
            .number_and_date("Số: 17/GCN-GĐLS", "Khánh Hòa, ngày 08 tháng 01 năm 2018")
            .around(110.0, 58.0, "GIẤY CHỨNG NHẬN GIA ĐÌNH LIỆT SĨ")
            .put(30.0, 80.0, "Số CMND: 146688841");
        let proposed = propose(&paper.reading(), None);
        assert_eq!(proposed.status, Status::NotRead, "{proposed:?}");
    }
}
