//! Điều 6 khoản 11: name and birth date of the holder, for the owner's key where no number is known
//! (Điều 7).

use std::sync::LazyLock;

use regex::Regex;

use super::{
    Reading, casing,
    dates::dates_in,
    flow::Sentence,
    labels,
    layout::{Token, confidence_of, place_of, text_of},
    people::{Role, roles},
    settle, surnames,
};
use crate::domain::fields::Proposed;

/// A word of a name below this is not taken.
const WORD_AT: f32 = 0.72;
/// A word with figures of a birth date below this is not taken.
const FIGURES_AT: f32 = 0.80;

static NAME_LABEL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?:^|[^a-z])(?:ho[,:]? (?:va |chu dem,? (?:va )?)?ten(?: khai sinh)?(?: nguoi (?:khai|de nghi|khuyet tat|duoc khai sinh|lao dong)| chu ho)?",
        r"|toi ten la|ten toi la|ho ten(?: chu ho)?|full name",
        r"|cap cho(?: (?:ong|ba))?(?: ?/ ?ba| ?\(ba\)|, ba)?:|(?:ong|ba) ?(?:/ ?(?:ong|ba)|\((?:ong|ba)\)|, ?ba) ?:|nguoi lao dong\)?:(?: ?(?:ong|ba)\b:?)?)\s*(?:\([^)]*\))?\s*(?:/ ?full name)?\s*(?:\([^)]*\))?\s*[:.…]*"
    ))
    .expect("the pattern is a constant")
});

static ORGANISATION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?:[0-9]+[.)] ?|- ?)?ten (?:doanh nghiep|to chuc|cong ty|hop tac xa|co so)(?: \([^)]*\))?[^:]{0,30}: ?")
        .expect("the pattern is a constant")
});

/// `ông Nguyễn Văn An, sinh ngày …` in running text.
static TITLE_OF_ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:^|\s)(?:ong|ba|ong/ba|ong \(ba\)|ba/ong|chau|em|anh|chi):?\s")
        .expect("the pattern is a constant")
});

static BORN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:sinh ngay|ngay,? ?(?:thang,? ?)?(?:nam )?sinh|sinh nam|nam sinh|date of birth)")
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
    let confidence = if weakest >= WORD_AT { mean } else { 0.0 };
    let tidy = raw.trim_end_matches(['.', ',', ';']).to_owned();
    Some(settle(reading, tidy, raw, confidence, place_of(sentence.page, words)))
}

pub(super) fn read_name(reading: &Reading, page: u32, words: &[Token]) -> Proposed<String> {
    let words = name_words(words);
    let raw = text_of(words);
    let (mean, weakest) = confidence_of(words);
    let fits = (2..=7).contains(&words.len());
    let confidence = if fits && weakest >= WORD_AT { mean } else { 0.0 };
    let tidy = casing::person(raw.trim_matches(|c: char| !c.is_alphanumeric()));
    let place = place_of(page, words);
    match surnames::settled(&tidy) {
        Some(name) => settle(reading, name, raw, confidence, place),
        None => Proposed::not_read(raw, place),
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
    let mut found: Vec<(u32, &[Token])> = Vec::new();
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
            if words.len() >= 2 && is_described {
                found.push((sentence.page, words));
            }
        }
    }
    let Some((page, words)) = found.first() else { return Proposed::absent() };
    let name = |w: &[Token]| text_of(w).trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    if found.iter().any(|(_, other)| name(other) != name(words)) {
        return Proposed::not_read(text_of(words), place_of(*page, words));
    }
    read_name(reading, *page, words)
}

/// As an ISO date. Several that differ belong to several people: none is taken.
pub(super) fn birth_date(reading: &Reading) -> Proposed<String> {
    // Its director's is not its own.
    if is_organisation(reading) {
        return Proposed::absent();
    }
    let mut found = own_sentences(reading).into_iter().filter_map(|s| born_in(reading, s));
    let Some(first) = found.next() else { return Proposed::absent() };
    let differs = |other: Proposed<String>| other.value.is_some() && other.value != first.value;
    if found.any(differs) { Proposed::not_read(first.raw, first.place) } else { first }
}

fn born_in(reading: &Reading, sentence: &Sentence) -> Option<Proposed<String>> {
    let label = BORN.find(&sentence.folded)?;
    let label_words = sentence.words(&label.range());
    let place = place_of(sentence.page, label_words);
    let near = dates_in(sentence)
        .into_iter()
        .find(|d| d.range.end > label.start() && d.range.start < label.end() + 14);
    let Some(found) = near else {
        let rest = sentence.words(&(label.start()..(label.end() + 40).min(sentence.folded.len())));
        return Some(Proposed::not_read(text_of(rest), place));
    };
    let words = sentence.words(&found.range);
    let is_possible = found.date <= reading.today && found.date.year() >= 1900;
    let confidence = if is_possible && found.confidence >= FIGURES_AT { found.confidence } else { 0.0 };
    let place = place_of(sentence.page, words);
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
            ("Tên tôi là: Nguyễn Văn An, sinh ngày 05 tháng 6 năm 1985", "Nguyễn Văn An"),
            ("Họ và tên chủ hộ: Nguyễn Văn An Sinh ngày: 05/6/1985", "Nguyễn Văn An"),
            ("Ông (bà): NGUYỄN VĂN AN Sinh ngày: 05/6/1985", "Nguyễn Văn An"),
            ("Ông/bà: Nguyễn Văn An Sinh ngày: 05/6/1985", "Nguyễn Văn An"),
            ("Cấp cho: NGUYỄN VĂN AN Sinh ngày: 05/6/1985", "Nguyễn Văn An"),
            ("Bên B (Người lao động): Ông Nguyễn Văn An Sinh ngày: 05/6/1985", "Nguyễn Văn An"),
            ("Họ: và tên chủ hộ: ...Nguyễn Văn An Sinh ngày: ..05/6/1985", "Nguyễn Văn An"),
            ("Điều 1. Trợ cấp cho ông Nguyễn Văn An, sinh ngày 05/6/1985", "Nguyễn Văn An"),
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
