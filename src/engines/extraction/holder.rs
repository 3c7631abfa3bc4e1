//! Điều 6 khoản 11: name and birth date of the holder, for the owner's key where no number is known
//! (Điều 7).

use std::sync::LazyLock;

use jiff::civil::Date;
use regex::Regex;

use super::{
    Reading, casing,
    dates::{FoundDate, dates_in},
    flow::Sentence,
    fold, labels,
    layout::{Token, confidence_of, place_of, place_on_line, text_of},
    names::{self, Of, Vote},
    owner_id,
    people::{Role, roles},
    settle, surnames,
};
use crate::domain::fields::Proposed;

/// A word of a name below this is not taken.
const WORD_AT: f32 = 0.72;
/// So sure at most is a name of one word, or of more than seven.
const OF_ODD_LENGTH: f32 = 0.3;
/// So sure at most is a name of which a part may be missing.
const CUT: f32 = 0.4;
/// Figures less sure than this may as well be written by pen.
const PEN_BELOW: f32 = 0.45;
/// A word with figures of a birth date below this is not taken.
const FIGURES_AT: f32 = 0.80;

static NAME_LABEL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?:^|[^a-z])(?:ho[,:.;]? (?:va |chu dem[,.;]? (?:va )?)?ten(?: khai sinh)?(?: (?:cua )?(?:tre|chau|be)(?: em)?)?(?: nguoi (?:khai|de nghi|khuyet tat|duoc khai sinh|lao dong)| chu ho)?",
        r"|ten khai sinh|toi ten la|ten toi la|ho ten(?: chu ho)?|full name|chu ho(?: ?:| la (?:ong|ba)\b(?: ?\(ba\)| ?/ ?ba)?:?)|cap cho ong \(ba\)|^(?:[0-9]+[.)] ?)?ong \(ba\)",
        r"|cap cho(?: (?:ong|ba))?(?: ?/ ?ba| ?\(ba\)|, ba)?:|(?:ong|ba) ?(?:/ ?(?:ong|ba)|\((?:ong|ba)\)|, ?ba) ?:|nguoi lao dong\)?:(?: ?(?:ong|ba)\b:?)?)\s*(?:\([^)]*\))?\s*(?:/ ?full name)?\s*(?:\([^)]*\))?\s*[:.…]*"
    ))
    .expect("the pattern is a constant")
});

static ORGANISATION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?:[0-9]+[.)] ?|- ?)?(?:ten (?:doanh nghiep|to chuc|cong ty|hop tac xa|co so)|doanh nghiep (?:duoc cap|cho thue|de nghi|dang ky|hoat dong))(?: \([^)]*\))?[^:|]{0,30}[:|] ?")
        .expect("the pattern is a constant")
});

/// `ông Nguyễn Văn An, sinh ngày …` in running text.
static TITLE_OF_ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:^|\s)(?:ong|ba|ong/ba|ong \(ba\)|ba/ong|chau|em|anh|chi):?\s")
        .expect("the pattern is a constant")
});

static BORN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:sinh ngay|ngay[,/]? ?(?:thang[,/]? ?)?(?:nam )?sinh|sinh nam|nam sinh|date of birth)")
        .expect("the pattern is a constant")
});

/// Sentences about the holder, where it is clear who that is.
fn own_sentences(reading: &Reading) -> Vec<&Sentence> {
    roles(reading)
        .unwrap_or_default()
        .into_iter()
        .filter(|(role, _)| *role == Role::Holder)
        .map(|(_, s)| s)
        .collect()
}

pub(super) fn name(reading: &Reading) -> Proposed<String> {
    let own = own_sentences(reading);
    if let Some(organisation) = own.iter().find_map(|s| organisation(reading, s)) {
        return organisation;
    }
    let labelled = own.iter().find_map(|s| {
        let label = NAME_LABEL.find(&s.folded)?;
        if is_heading_of_table(s, label.as_str(), label.end()) {
            return None;
        }
        Some((s.page, labels::value_after(s, label.end()), s.words(&label.range())))
    });
    match labelled {
        Some((page, Some(words), _)) => read_name(reading, page, words),
        Some((page, None, label)) => Proposed::not_read("", place_of(page, label)),
        None => addressed(reading, &own),
    }
}

/// Whether the paper names an enterprise as its holder.
pub(super) fn is_organisation(reading: &Reading) -> bool {
    own_sentences(reading).iter().any(|s| ORGANISATION.is_match(&s.folded))
}

/// `Họ và tên  Năm sinh  …` over the columns of a table: no colon, and at once another label.
fn is_heading_of_table(sentence: &Sentence, label: &str, end: usize) -> bool {
    let behind = sentence.folded[end..].trim_start();
    !label.contains([':', '.', '…']) && labels::NEXT.iter().any(|next| behind.starts_with(next))
}

/// A licence of an enterprise names it as its holder.
fn organisation(reading: &Reading, sentence: &Sentence) -> Option<Proposed<String>> {
    let label = ORGANISATION.find(&sentence.folded)?;
    let words = labels::value_after(sentence, label.end())?;
    let raw = text_of(words);
    let (mean, weakest) = confidence_of(words);
    let tidy = spelled(raw.trim_end_matches(['.', ',', ';']));
    let is_possible = tidy.split(' ').all(names::is_possible);
    let begins = [
        "cong ty",
        "doanh nghiep",
        "hop tac xa",
        "trung tam",
        "chi nhanh",
        "tap doan",
        "ngan hang",
        "co so",
        "truong",
        "to chuc",
        "hoi",
        "quy",
        "lien hiep",
    ];
    let is_kind = begins.iter().any(|b| fold::phrase(&tidy).starts_with(b));
    let sure = if weakest >= WORD_AT && is_possible { mean } else { weakest.min(CUT) };
    let confidence = match names::vote(reading, words, Of::Other) {
        _ if !is_kind => sure.min(CUT),
        Vote::Agreed => sure.max(weakest),
        Vote::Divided | Vote::Outvoted(_) => sure.min(CUT),
        Vote::Unheard => sure,
    };
    Some(settle(reading, tidy, raw, confidence, place_of(sentence.page, words)))
}

/// Phrases in the names of enterprises whose marks are fixed.
const OF_ENTERPRISES: &[&str] = &[
    "Công ty",
    "Cổ phần",
    "Trách nhiệm hữu hạn",
    "Một thành viên",
    "Doanh nghiệp tư nhân",
    "Hợp tác xã",
    "Dịch vụ",
    "Thương mại",
    "Đầu tư",
    "Xây dựng",
    "Sản xuất",
    "Xuất nhập khẩu",
];

/// The name with the marks of phrases that are fixed; capitals stay as printed.
fn spelled(name: &str) -> String {
    let mut words: Vec<String> = name.split_whitespace().map(str::to_owned).collect();
    for phrase in OF_ENTERPRISES {
        let known: Vec<&str> = phrase.split(' ').collect();
        for at in 0..(words.len() + 1).saturating_sub(known.len()) {
            let some = &mut words[at..at + known.len()];
            if !some.iter().zip(&known).all(|(word, known)| fold::fold(word) == fold::fold(known)) {
                continue;
            }
            for (word, known) in some.iter_mut().zip(&known) {
                let is_upper = word.chars().all(char::is_uppercase);
                let is_capital = word.starts_with(char::is_uppercase);
                *word = match (is_upper, is_capital) {
                    (true, _) => known.to_uppercase(),
                    (_, true) => casing::capitalised(&known.to_lowercase()),
                    _ => known.to_lowercase(),
                };
            }
        }
    }
    words.join(" ")
}

pub(super) fn read_name(reading: &Reading, page: u32, all: &[Token]) -> Proposed<String> {
    let all = &all.iter().flat_map(undotted).collect::<Vec<_>>()[..];
    let words = name_words(all);
    let raw = text_of(words);
    let fits = (2..=7).contains(&words.len());
    let sure = names::sureness(reading, words);
    // A name without a family name, or one behind which the row goes on illegibly, lost a part.
    let begins_whole = names::is_foreign(words)
        || words.first().is_some_and(|t| surnames::family(&t.text) != surnames::Family::Unknown);
    let is_whole = fits && begins_whole && !goes_on(words, all);
    let confidence = if is_whole { sure } else { sure.min(OF_ODD_LENGTH) };
    let mended = names::mended(reading, words).filter(|_| fits);
    let mended = mended.or_else(|| names::outshone(reading, words).filter(|_| is_whole));
    let confidence = if mended.is_some() { names::MENDED } else { confidence };
    let tidy = casing::person(mended.as_deref().unwrap_or(&raw).trim_matches(|c: char| !c.is_alphanumeric()));
    let place = place_on_line(page, words);
    match surnames::settled(&tidy) {
        Some(name) => settle(reading, name, raw, confidence, place),
        None => Proposed::not_read(raw, place),
    }
}

/// Whether letters that could not be read stand close behind a name, on its line.
fn goes_on(words: &[Token], all: &[Token]) -> bool {
    let Some((last, next)) = words.last().zip(all.get(words.len())) else { return false };
    let is_beside = next.at.left - last.at.right() < BEHIND_MM
        && (next.at.middle_y() - last.at.middle_y()).abs() < last.at.height;
    let is_illegible = next.confidence < ILLEGIBLE && next.text.chars().any(char::is_alphabetic);
    is_beside && is_illegible && !last.text.ends_with([',', ';', '.'])
}

/// Words less sure than this may be anything.
const ILLEGIBLE: f32 = 0.5;
/// So close behind a word stands the next of the same name, in millimetres.
const BEHIND_MM: f32 = 4.0;

/// Two names that a dot of a leader joins are two words: `Nguyễn.Quang`.
fn undotted(word: &Token) -> Vec<Token> {
    let text = word.text.trim_start_matches('.');
    let is_name = |part: &str| {
        part.chars().count() >= 2
            && part.starts_with(char::is_uppercase)
            && part.trim_end_matches([',', ';']).chars().all(char::is_alphabetic)
    };
    match text.split_once('.') {
        Some((first, second)) if is_name(first) && is_name(second) => {
            let part = |text: &str| Token { text: text.to_owned(), folded: fold::fold(text), ..word.clone() };
            vec![part(first), part(second)]
        }
        _ => vec![word.clone()],
    }
}

/// Leading words that can be part of a name: a capital first, letters only.
fn name_words(words: &[Token]) -> &[Token] {
    let is_name = |t: &Token| {
        let bare = t.text.trim_matches(|c: char| !c.is_alphanumeric());
        bare.chars().next().is_some_and(char::is_uppercase)
            && bare.chars().all(|c| c.is_alphabetic() || matches!(c, '\'' | '’' | '-'))
    };
    let mut end = 0;
    for token in words {
        if !is_name(token) {
            break;
        }
        end += 1;
        if token.text.ends_with([',', ';', '.']) {
            break;
        }
    }
    &words[..end]
}

/// One person spoken of as ông or bà, with a birth date or number close behind.
fn addressed(reading: &Reading, own: &[&Sentence]) -> Proposed<String> {
    let mut found: Vec<(u32, &[Token], bool)> = Vec::new();
    for sentence in own {
        for title in TITLE_OF_ADDRESS.find_iter(&sentence.folded) {
            let words = name_words(sentence.words(&(title.end()..sentence.folded.len())));
            let Some(last) = words.last() else { continue };
            let Some(at) = sentence.tokens.iter().position(|t| std::ptr::eq(t, last)) else { continue };
            let behind: Vec<&str> =
                sentence.tokens[at + 1..].iter().take(5).map(|t| t.folded.as_str()).collect();
            let behind = behind.join(" ");
            let is_described = BORN.is_match(&behind)
                || behind.contains("cccd")
                || behind.contains("dinh danh")
                || behind.contains("cmnd");
            let is_other = owner_id::turns_away(&sentence.folded[..title.start()]);
            if words.len() >= 2 && is_described && !is_other {
                // A comma amid the name: "Đỗ Mạnh, Đạt, sinh ngày".
                let runs_on = name_words(&sentence.tokens[at + 1..]).first().is_some_and(|next| {
                    !matches!(next.folded.as_str(), "so" | "sinh" | "cccd" | "cmnd" | "can" | "dinh")
                });
                found.push((sentence.page, words, runs_on));
            }
        }
    }
    let Some((page, words, runs_on)) = found.first() else { return Proposed::absent() };
    let name = |w: &[Token]| text_of(w).trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    if found.iter().any(|(_, other, _)| name(other) != name(words)) {
        return Proposed::not_read(text_of(words), place_of(*page, words));
    }
    let read = read_name(reading, *page, words);
    if *runs_on { read.doubted(CUT) } else { read }
}

/// As an ISO date. Several that differ belong to several people: none is taken.
pub(super) fn birth_date(reading: &Reading) -> Proposed<String> {
    // Its director's is not its own.
    if is_organisation(reading) {
        return Proposed::absent();
    }
    let own = own_sentences(reading);
    let mut found = own.iter().filter_map(|s| born_in(reading, s));
    let Some(first) = found.next() else { return Proposed::absent() };
    let differs = |other: Proposed<String>| other.best().is_some() && other.best() != first.best();
    if !found.any(differs) {
        return first;
    }
    // Two people: the first of a form is the holder where the first number of a person states the same year;
    // running text, such as minutes, is about all of them.
    let is_of_form = own.iter().find_map(|s| Some(begins_line(s, &birth_label(s)?))).unwrap_or(false);
    let year = first.best().and_then(|d| d.get(..4)?.parse::<i16>().ok());
    if is_of_form && year.is_some() && owner_id::first_stated_year(reading) == year {
        first
    } else {
        first.doubted(CUT)
    }
}

/// Letters before a label that begins a line of a form: an ordinal.
const OF_FORM: usize = 4;

/// Signs of a row of dots.
fn is_leader(c: char) -> bool {
    matches!(c, '.' | '…' | '_')
}

/// Whether a label begins its line, or its sentence.
fn begins_line(sentence: &Sentence, label: &regex::Match<'_>) -> bool {
    let Some(first) = sentence.words(&label.range()).first() else { return false };
    let is_before = |t: &&Token| {
        t.at.left < first.at.left && (t.at.middle_y() - first.at.middle_y()).abs() < first.at.height
    };
    let before: usize = sentence.tokens.iter().filter(is_before).map(|t| t.folded.chars().count()).sum();
    label.start() <= OF_FORM || before <= OF_FORM
}

/// `13/01/73`: the century is that in which the day has come, and lies not too far back.
static SHORT_YEAR: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\b([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{2})\b(?:[^0-9/.-]|$)")
        .expect("the pattern is a constant")
});

fn short_year(reading: &Reading, sentence: &Sentence, from: usize) -> Option<FoundDate> {
    let found = SHORT_YEAR.captures_at(&sentence.folded, from)?;
    let number = |i: usize| found.get(i)?.as_str().parse::<i16>().ok();
    let (day, month, year) = (number(1)?, number(2)?, number(3)?);
    let range = found.get(1)?.start()..found.get(3)?.end();
    let in_century =
        |century: i16| Date::new(century + year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok();
    let stated = owner_id::first_stated_year(reading);
    let mut possible = [1900, 2000].into_iter().filter_map(in_century).filter(|d| *d <= reading.today);
    let date = match (possible.next(), possible.next()) {
        (Some(only), None) => only,
        // Two centuries: the number of the person tells.
        (Some(a), Some(b)) => [a, b].into_iter().find(|d| Some(d.year()) == stated)?,
        _ => return None,
    };
    let figures = sentence.words(&range).iter().filter(|t| t.has_digit());
    let confidence = figures.map(|t| t.confidence).fold(1.0, f32::min);
    (range.start < from + 14).then_some(FoundDate { date, range, confidence })
}

/// Who fell (`hy sinh ngày`) was not born then, nor was who registered a birth.
fn birth_label(sentence: &Sentence) -> Option<regex::Match<'_>> {
    let is_birth = |label: &regex::Match<'_>| {
        let before = sentence.folded[..label.start()].trim_end();
        let is_registration = before.ends_with("khai") && label.as_str().starts_with("sinh");
        !(before.ends_with("hy") || is_registration)
    };
    BORN.find_iter(&sentence.folded).find(is_birth)
}

fn born_in(reading: &Reading, sentence: &Sentence) -> Option<Proposed<String>> {
    let label = birth_label(sentence)?;
    let label_words = sentence.words(&label.range());
    let place = place_on_line(sentence.page, label_words);
    let near = dates_in(sentence)
        .into_iter()
        .find(|d| {
            let between = sentence.folded.get(label.end()..d.range.start).unwrap_or_default();
            d.range.end > label.start() && between.chars().filter(|c| !is_leader(*c)).count() < 14
        })
        .or_else(|| short_year(reading, sentence, label.end()));
    let Some(found) = near else {
        let rest = sentence.words(&(label.start()..(label.end() + 40).min(sentence.folded.len())));
        return Some(Proposed::not_read(text_of(rest), place));
    };
    let words = sentence.words(&found.range);
    let is_possible = found.date <= reading.today && found.date.year() >= 1900;
    if !is_possible || found.confidence < PEN_BELOW {
        return Some(Proposed::not_read(text_of(words), place));
    }
    let confidence =
        if found.confidence >= FIGURES_AT { found.confidence } else { found.confidence * FIGURES_AT };
    let place = place_on_line(sentence.page, words);
    Some(settle(reading, found.date.to_string(), text_of(words), confidence, place))
}

#[cfg(test)]
mod tests {
    use super::super::testing::Paper;
    use super::*;

    fn check(lines: &[&str], name_expected: Option<&str>, born_expected: Option<&str>) {
        let mut paper = Paper::new().plain_header().around(108.0, 40.0, "TỜ KHAI");
        for (i, line) in lines.iter().enumerate() {
            paper = paper.put(30.0, 60.0 + 8.0 * i as f32, line);
        }
        let reading = paper.reading();
        let (name, born) = (name(&reading), birth_date(&reading));
        let found = (name.value.as_deref(), born.value.as_deref());
        assert_eq!(found, (name_expected, born_expected), "{name:?} {born:?}");
    }

    #[test]
    fn names_and_birth_dates_behind_labels() {
        for (line, expected) in [
            ("Họ và tên: Nguyễn Văn An Sinh ngày: 05/6/1985", "Nguyễn Văn An"),
            ("1. Họ và tên (viết chữ in hoa): NGUYỄN VĂN AN Ngày sinh: 05/06/1985", "Nguyễn Văn An"),
            ("Họ, chữ đệm, tên: Nguyễn Văn An, Ngày, tháng, năm sinh: 05/06/1985", "Nguyễn Văn An"),
            ("Họ, chữ đệm. tên khai sinh: Nguyễn Văn An, Ngày, tháng, năm sinh: 05/06/1985", "Nguyễn Văn An"),
            ("Tên tôi là: Nguyễn Văn An, sinh ngày 05 tháng 6 năm 1985", "Nguyễn Văn An"),
            ("Họ và tên chủ hộ: Nguyễn Văn An Sinh ngày: 05/6/1985", "Nguyễn Văn An"),
            ("Ông (bà): NGUYỄN VĂN AN Sinh ngày: 05/6/1985", "Nguyễn Văn An"),
            ("Ông/bà: Nguyễn Văn An Sinh ngày: 05/6/1985", "Nguyễn Văn An"),
            ("Cấp cho: NGUYỄN VĂN AN Sinh ngày: 05/6/1985", "Nguyễn Văn An"),
            ("Bên B (Người lao động): Ông Nguyễn Văn An Sinh ngày: 05/6/1985", "Nguyễn Văn An"),
            ("Họ: và tên chủ hộ: ...Nguyễn Văn An Sinh ngày: ..05/6/1985", "Nguyễn Văn An"),
            ("Điều 1. Trợ cấp cho ông Nguyễn Văn An, sinh ngày 05/6/1985", "Nguyễn Văn An"),
            ("Chủ hộ: Nguyễn Văn An Ngày/tháng/năm sinh: 05/6/1985", "Nguyễn Văn An"),
            ("Chủ hộ là ông (bà): Nguyễn Văn An Ngày sinh: 05/6/1985", "Nguyễn Văn An"),
            ("Chủ hộ là ông (bà) Nguyễn Văn An Ngày tháng năm sinh 05/6/1985", "Nguyễn Văn An"),
            ("Họ và tên: .Nguyễn.Văn An Ngày sinh: 05/6/1985", "Nguyễn Văn An"),
            ("Họ và tên trẻ: NGUYỄN VĂN AN Ngày sinh: 05/6/1985", "Nguyễn Văn An"),
            ("Cấp cho ông (bà) NGUYỄN VĂN AN Sinh ngày 05/6/85", "Nguyễn Văn An"),
            ("Ông (bà) Nguyễn Văn An Sinh ngày : 05 tháng 6 năm 1985", "Nguyễn Văn An"),
        ] {
            check(&[line], Some(expected), Some("1985-06-05"));
        }
    }

    #[test]
    fn doubtful_names_are_left_to_a_person() {
        check(&["Họ và tên: Nguyễn Văn Ấn;~50", "Sinh năm: 1985"], None, None);
        check(&["Họ và tên: ………;", "Ngày sinh: 31/02/1985"], None, None);
        check(
            &["Trợ cấp cho ông Lê An, sinh ngày 05/6/1985, và bà Lê Ân, sinh ngày 05/6/1986"],
            None,
            Some("1985-06-05"),
        );
        check(&["Bà Lê An, sinh ngày 05/6/1985;", "Ông Lê Ân, sinh ngày 05/6/1986;"], None, None);
    }

    #[test]
    fn of_two_people_the_first_of_a_form_counts_and_of_minutes_none() {
        let form =
            &["Sinh ngày: 05/6/1985 Số CCCD: 001085012345", "Sinh ngày: 07/8/1960 Số CCCD: 001060012345"];
        check(form, None, Some("1985-06-05"));
        let other =
            &["Sinh ngày: 05/6/1985 Số CCCD: 001070012345", "Sinh ngày: 07/8/1960 Số CCCD: 001060012345"];
        check(other, None, None);
        let minutes = &[
            "1. Trường hợp của bà Lê Hoa, sinh ngày 05/6/1985, số CCCD: 001085012345: đủ;",
            "2. Trường hợp của bà Lê Mai, sinh ngày 07/8/1960, số CCCD: 001060012345: chưa đủ;",
        ];
        check(minutes, None, None);
    }

    #[test]
    fn a_name_that_goes_on_behind_a_comma_and_one_that_takes_over_are_asked() {
        check(&["Trợ cấp cho ông Đỗ Mạnh, Đạt, sinh ngày 05/6/1985"], None, Some("1985-06-05"));
        check(&["Người nhận: giao nhận thay: bà Lê Hoa, sinh ngày 05/6/1985"], None, None);
    }

    #[test]
    fn days_of_death_and_of_registration_are_no_births() {
        check(&["Là thân nhân của liệt sĩ A, hy sinh ngày 17 tháng 10 năm 1970"], None, None);
        check(&["Đăng ký khai sinh ngày 17 tháng 10 năm 1970"], None, None);
    }

    #[test]
    fn two_figures_of_a_year_need_one_century_or_a_number() {
        check(&["Ngày sinh: 05/6/85"], None, Some("1985-06-05"));
        check(&["Ngày sinh: 05/6/15"], None, None);
        check(&["Ngày sinh: 05/6/15 Số CCCD: 001215012345"], None, Some("2015-06-05"));
    }

    #[test]
    fn the_fixed_words_of_an_enterprise_are_mended() {
        for (printed, expected) in [
            ("Công ty Cố phần Thủy sản", Some("Công ty Cổ phần Thủy sản")),
            ("CÔNG TY CỐ PHẦN THỦY SẢN", Some("CÔNG TY CỔ PHẦN THỦY SẢN")),
            ("Công ty Cổ phần Ngoc Lan", None),
            ("phường Hai", None),
        ] {
            check(&[&format!("Doanh nghiệp được cấp phép: {printed}")], expected, None);
        }
    }

    #[test]
    fn an_enterprise_holds_its_licence() {
        check(
            &["1. Tên doanh nghiệp: Công ty Cổ phần Nhân lực Đông Lĩnh"],
            Some("Công ty Cổ phần Nhân lực Đông Lĩnh"),
            None,
        );
    }

    #[test]
    fn parents_are_not_the_holder() {
        check(&["Họ, chữ đệm, tên người mẹ: Trần Thị Bé;", "Sinh ngày: 05/6/1985"], None, None);
    }

    #[test]
    fn the_head_of_a_table_is_no_label() {
        check(&["Họ và tên Năm sinh Quan hệ", "Họ và tên: Đỉnh Văn An"], Some("Đinh Văn An"), None);
    }
}
