//! Điều 6 khoản 6: the agency that issued the paper, and its parent for `other.parent_authority`
//! (NĐ 30/2020, ô 2: the parent above, the issuing agency below).

use jiff::civil::Date;

use super::{
    Reading,
    agency::{Directory, Settled},
    casing, fold,
    layout::{Row, Token, confidence_of, place_of, text_of},
    names::{self, Of, Vote},
    places, settle, syllables,
};
use crate::domain::fields::Proposed;

/// Words with which the name of an agency begins, folded.
const HEADS: &[&str] = &[
    "uy ban nhan dan",
    "ubnd",
    "hoi dong nhan dan",
    "hdnd",
    "hoi dong",
    "bo",
    "so",
    "phong",
    "chi cuc",
    "cuc",
    "tong cuc",
    "trung tam",
    "van phong",
    "ban",
    "cong an",
    "truong",
    "benh vien",
    "tram y te",
    "cong ty",
    "tap doan",
    "hoi",
    "vien",
    "thanh tra",
    "bao hiem xa hoi",
    "toa an nhan dan",
    "co so",
    "lien doan",
    "chinh phu",
    "thu tuong",
    "dai hoc",
    "kho bac",
    "ngan hang",
    "dang uy",
    "mat tran",
    "doan",
    "nha",
    "quy",
    "lang",
    "doanh nghiep",
    "hop tac xa",
];

/// A word of a name below this is not taken: its marks can't be checked against anything.
const WORD_AT: f32 = 0.72;

/// The agencies named at the top left: parent, where there is one, and issuing agency.
pub(super) struct Agencies {
    pub(super) parent: Proposed<String>,
    pub(super) issuing: Proposed<String>,
}

/// `issued_on` chooses among agencies that bore one name at different times.
pub(super) fn propose(reading: &Reading, directory: &Directory, issued_on: Option<Date>) -> Agencies {
    let names = agencies(&rows_of_agency(reading));
    let mut from_below = names.iter().rev();
    let absent = || Agencies { parent: Proposed::absent(), issuing: Proposed::absent() };
    match (from_below.next(), from_below.next()) {
        (Some(issuing), parent) => Agencies {
            issuing: read_name(reading, issuing, directory, issued_on),
            parent: parent
                .map_or_else(Proposed::absent, |name| read_name(reading, name, directory, issued_on)),
        },
        (None, _) => match registered_by(reading) {
            Some(issuing) => Agencies { issuing, ..absent() },
            None if reading.is_official() => {
                let place = reading.header.left.first().and_then(Row::place);
                Agencies { issuing: Proposed::not_read("", place), ..absent() }
            }
            None => absent(),
        },
    }
}

/// Rows of capitals of the left column, above the number.
fn rows_of_agency(reading: &Reading) -> Vec<Row> {
    let number_top = reading.number_row().map_or(f32::MAX, |r| r.at.top);
    let title_top = reading.title.as_ref().map_or(f32::MAX, |t| t.top() - 1.0);
    let end = number_top.min(title_top).min(reading.header.motto_bottom() + 22.0);
    let mut rows: Vec<Row> = Vec::new();
    for row in reading.header.left.iter().filter(|r| r.at.bottom() <= end + 2.0 && r.at.top < end) {
        let follows = rows.last().is_none_or(|last| row.at.top - last.at.bottom() < 7.0);
        let tokens = tidy_words(&row.tokens);
        if let Some(row) = Row::new(row.page, tokens).filter(|r| r.is_caps() && follows) {
            rows.push(row);
        }
    }
    rows
}

/// The words of a row without dirt, up to a number that the reader drew into it: `XÃ HƯNG HÒA. §ố: 37/QĐ-UBND`.
fn tidy_words(words: &[Token]) -> Vec<Token> {
    let number = words.iter().position(|t| t.has_digit() && t.text.contains('/'));
    let label = number.map(|n| n - usize::from(n > 0 && words[n - 1].text.ends_with(':')));
    let words = &words[..label.unwrap_or(words.len())];
    let is_letter = |c: char| fold::fold(&c.to_string()).bytes().any(|b| b.is_ascii_alphanumeric());
    let bare = |t: &Token| {
        let text = t.text.trim_matches(|c: char| !is_letter(c) && !matches!(c, '-' | '–' | '&' | '(' | ')'));
        let text = text.strip_suffix('.').filter(|t| t.chars().count() > 3).unwrap_or(text);
        // Lone small letters in a row of capitals are dirt.
        let is_dirt = text.chars().count() == 1 && text.chars().all(char::is_lowercase);
        let folded = fold::fold(text);
        (!text.is_empty() && !is_dirt).then(|| Token { text: text.to_owned(), folded, ..t.clone() })
    };
    words.iter().filter_map(bare).collect()
}

/// A dash before the level of a place is a rule or a speck.
fn without_dashes(mut words: Vec<Token>) -> Vec<Token> {
    let levels = ["xa", "phuong", "thi", "huyen", "quan", "tinh", "thanh"];
    let is_dash = |t: &Token| !t.text.chars().any(char::is_alphanumeric);
    for at in (1..words.len()).rev() {
        if is_dash(&words[at - 1]) && levels.contains(&words[at].folded.as_str()) {
            words.remove(at - 1);
        }
    }
    words
}

/// Beginnings of names whose spaces readers lose or find: `ỦY BANNHÂNDÂN`, `NHÂ N DÂN`.
const SPACED: &[&str] =
    &["ỦY BAN NHÂN DÂN", "HỘI ĐỒNG NHÂN DÂN", "CÔNG TY CỔ PHẦN", "CÔNG TY TNHH", "TRUNG TÂM", "VĂN PHÒNG"];

/// The words with the spaces of a known beginning where it has others.
fn respaced(tokens: &[Token]) -> Vec<Token> {
    let mut joined = String::new();
    for (i, token) in tokens.iter().enumerate().take(8) {
        joined.extend(token.folded.chars().filter(|c| c.is_alphanumeric()));
        let same = |known: &&&str| fold::fold(known).replace(' ', "") == joined;
        let Some(known) = SPACED.iter().find(same) else { continue };
        let words: Vec<&str> = known.split(' ').collect();
        if words.len() == i + 1 {
            return tokens.to_vec();
        }
        let weakest = tokens[..=i].iter().map(|t| t.confidence).fold(1.0, f32::min);
        let head = words.iter().enumerate().map(|(n, word)| {
            let like = &tokens[n.min(i)];
            Token { text: (*word).to_owned(), folded: fold::fold(word), confidence: weakest, ..like.clone() }
        });
        return head.chain(tokens[i + 1..].iter().cloned()).collect();
    }
    tokens.to_vec()
}

/// Joins wrapped rows; a row that begins like an agency begins another one.
fn agencies(rows: &[Row]) -> Vec<Vec<Token>> {
    let mut names: Vec<Vec<Token>> = Vec::new();
    for row in rows {
        let begins = HEADS.iter().any(|head| begins_with(&row.phrase(), head));
        let runs_on = names.last().and_then(|n| n.last()).is_some_and(|last| {
            last.text.ends_with(['-', '–', ',']) || matches!(last.folded.as_str(), "va" | "cua" | "thuoc")
        });
        let continues_society = row.phrase().starts_with("hoi")
            && names.last().and_then(|n| n.last()).is_some_and(|t| t.folded == "xa");
        match names.last_mut() {
            Some(name) if runs_on || !begins || continues_society => name.extend(row.tokens.iter().cloned()),
            _ => names.push(row.tokens.clone()),
        }
    }
    names.into_iter().map(without_dashes).collect()
}

fn begins_with(phrase: &str, head: &str) -> bool {
    phrase == head || phrase.strip_prefix(head).is_some_and(|rest| rest.starts_with(' '))
}

fn read_name(
    reading: &Reading,
    tokens: &[Token],
    directory: &Directory,
    issued_on: Option<Date>,
) -> Proposed<String> {
    let raw = text_of(tokens);
    let page = reading.sheets.first().map_or(1, |s| s.page);
    let place = place_of(page, tokens);
    let tokens = &respaced(tokens);
    let printed = casing::agency(text_of(tokens).trim_end_matches([' ', '-', '–']));
    // What the directory settles needs no sure letters; the rest does.
    let settled = directory.settled(&printed, issued_on);
    let Settled { mut name, n_words, rest_at } =
        settled.unwrap_or(Settled { name: printed, n_words: 0, rest_at: 0 });
    let whole = tokens;
    let tokens = &tokens[n_words.min(tokens.len())..];
    if tokens.is_empty() {
        let (mean, _) = confidence_of(whole);
        return settle(reading, name, raw, 0.5 + mean * 0.5, place);
    }
    let (mut mean, _) = confidence_of(if n_words == 0 { whole } else { tokens });
    let mut weakest = weakest_name_word(tokens, &name[rest_at..]);
    if let Some((province, at)) = places::province_at_end(&name) {
        // The list of provinces decides over marks.
        name.replace_range(at.., province);
        let rest = tokens.len().saturating_sub(province.split_whitespace().count());
        weakest = weakest_name_word(&tokens[..rest], name.get(rest_at..at).unwrap_or_default());
        (mean, _) = confidence_of(if rest == 0 { whole } else { &tokens[..rest] });
    } else {
        let own = own_words(tokens);
        let vote = names::vote(reading, own, Of::Other);
        let is_place = tokens.len() > own.len() && is_level(&tokens[tokens.len() - own.len() - 1]);
        let may_be_hooked = is_place && names::may_be_hooked(reading, own);
        match vote {
            Vote::Agreed | Vote::Unheard if may_be_hooked => weakest = weakest.min(AGAINST),
            Vote::Agreed => {
                let others = weakest_name_word(&tokens[..tokens.len() - own.len()], "");
                weakest = weakest.max(AGREED.min(others));
                mean = mean.max(0.85);
            }
            Vote::Outvoted(said) => {
                if let Some(at) = places::ends_with_folded(&name, &said) {
                    let words: Vec<String> = said.split(' ').map(casing::capitalised).collect();
                    name.replace_range(at.., &words.join(" "));
                    weakest = weakest.max(AGREED);
                    mean = mean.max(0.85);
                } else {
                    weakest = weakest.min(AGAINST);
                }
            }
            Vote::Divided => weakest = weakest.min(AGAINST),
            Vote::Unheard => {}
        }
    }
    if !HEADS.iter().any(|head| begins_with(&fold::phrase(&name), head))
        || !name.split(' ').all(names::is_possible)
        || !has_level(&fold::phrase(&name))
        || whole.iter().any(|t| ran_together(reading, t))
    {
        weakest = weakest.min(AGAINST);
    }
    let confidence = if weakest < WORD_AT { weakest } else { mean.min(weakest * 0.2 + 0.8) };
    settle(reading, name, raw, confidence, place)
}

/// A committee is that of a place: behind its name stands the level.
fn has_level(phrase: &str) -> bool {
    let levels = ["xa ", "phuong ", "thi ", "huyen ", "quan ", "tinh ", "thanh pho ", "dac khu "];
    match phrase.strip_prefix("uy ban nhan dan ") {
        Some(rest) => levels.iter().any(|level| rest.starts_with(level)),
        None => true,
    }
}

/// Whether a word is too long for a syllable, and nowhere else on the paper: two words that ran together. Names that
/// enterprises give themselves are free.
fn ran_together(reading: &Reading, token: &Token) -> bool {
    let bare: String = token.folded.chars().filter(|c| c.is_alphanumeric()).collect();
    let is_free = reading.header.left.iter().any(|r| {
        ["cong ty", "tap doan", "ngan hang", "doanh nghiep", "hop tac xa"]
            .iter()
            .any(|w| begins_with(&r.phrase(), w))
    });
    let all = || reading.sheets.iter().flat_map(|s| &s.lines).flat_map(|r| &r.tokens);
    let is_elsewhere = || {
        all().any(|t| {
            t.place != token.place && t.folded.chars().filter(|c| c.is_alphanumeric()).eq(bare.chars())
        })
    };
    bare.chars().count() >= 5 && !is_free && !syllables::is_one(&bare) && !is_elsewhere()
}

/// How sure a name is at least that the text says again, and at most where the text says another.
const AGREED: f32 = 0.9;
const AGAINST: f32 = 0.5;

fn is_level(word: &Token) -> bool {
    matches!(word.folded.as_str(), "xa" | "phuong" | "tran" | "huyen" | "quan" | "tinh" | "pho")
}

/// The words of the place, behind its level; the last two where no level is named.
fn own_words(tokens: &[Token]) -> &[Token] {
    let level = tokens.iter().rposition(is_level).map(|i| i + 1);
    let from = level.filter(|i| *i < tokens.len()).unwrap_or(tokens.len().saturating_sub(2));
    &tokens[from..]
}

/// The weakest word that is not fixed by law: those are known whatever their marks.
fn weakest_name_word(tokens: &[Token], name: &str) -> f32 {
    let words: Vec<&str> = name.split_whitespace().collect();
    let folded: Vec<&str> = tokens.iter().map(|t| t.folded.as_str()).collect();
    let paired = tokens.iter().zip(words).zip(casing::in_fixed_phrases(&folded));
    paired
        .enumerate()
        .filter(|(i, ((t, _), is_of_phrase))| !(*is_of_phrase || *i == 0 && casing::is_head(&t.folded)))
        .map(|(_, (pair, _))| pair)
        .filter(|(t, word)| t.text.to_lowercase() == word.to_lowercase() || !is_mended(word, t))
        .filter(|(t, _)| t.text.chars().any(char::is_alphabetic) && !is_fixed(&t.folded))
        .map(|(t, _)| t.confidence)
        .fold(1.0, f32::min)
}

fn is_mended(word: &str, token: &Token) -> bool {
    fold::fold(word) == token.folded && word.to_lowercase() != token.text.to_lowercase()
}

fn is_fixed(folded: &str) -> bool {
    matches!(
        folded,
        "uy" | "ban"
            | "nhan"
            | "dan"
            | "xa"
            | "phuong"
            | "thi"
            | "tran"
            | "huyen"
            | "quan"
            | "tinh"
            | "thanh"
            | "pho"
            | "hoi"
            | "dong"
            | "so"
            | "bo"
            | "phong"
            | "lao"
            | "thuong"
            | "binh"
            | "va"
            | "ubnd"
    )
}

/// Certificates of civil status name the agency in a labelled line.
fn registered_by(reading: &Reading) -> Option<Proposed<String>> {
    let labels = ["noi dang ky khai sinh", "noi dang ky khai tu", "noi dang ky ket hon", "co quan dang ky"];
    reading.sentences.iter().find_map(|s| {
        let label = labels.iter().find(|l| s.folded.starts_with(**l))?;
        let value = super::labels::value_after(s, label.len())?;
        let (mean, weakest) = confidence_of(value);
        let raw = text_of(value);
        let tidy = raw.trim_end_matches(['.', ',', ';']).to_owned();
        let begins = HEADS.iter().any(|h| begins_with(&fold::phrase(&tidy), h));
        let confidence = if begins && weakest >= WORD_AT { mean } else { 0.0 };
        Some(settle(reading, tidy, raw, confidence, place_of(s.page, value)))
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::Paper;
    use super::*;

    fn check(agencies: &[&str], expected: (Option<&str>, Option<&str>)) {
        let reading = Paper::new()
            .header(agencies)
            .number_and_date("Số: 12/QĐ-UBND", "Bảo Ái, ngày 06 tháng 5 năm 2024")
            .around(110.0, 58.0, "QUYẾT ĐỊNH")
            .reading();
        let guide = super::super::Guide::built_in();
        let found = propose(&reading, guide.agencies(), None);
        let values = (found.parent.value.as_deref(), found.issuing.value.as_deref());
        assert_eq!(values, expected, "{:?} {:?}", found.parent, found.issuing);
    }

    #[test]
    fn parent_above_issuing_agency_below() {
        for (rows, expected) in [
            (&["ỦY BAN NHÂN DÂN", "TỈNH QUẢNG NGÃI"][..], (None, Some("Ủy ban nhân dân tỉnh Quảng Ngãi"))),
            (
                &["UBND HUYỆN YÊN BÌNH", "ỦY BAN NHÂN DÂN", "XÃ BẢO ÁI"],
                (Some("Ủy ban nhân dân huyện Yên Bình"), Some("Ủy ban nhân dân xã Bảo Ái")),
            ),
            (
                &["ỦY BAN NHÂN DÂN", "HUYỆN YÊN BÌNH", "UỶ BAN NHÂN DÂN XÃ BẢO ÁI"],
                (Some("Ủy ban nhân dân huyện Yên Bình"), Some("Ủy ban nhân dân xã Bảo Ái")),
            ),
            (
                &["BỘ LAO ĐỘNG -", "THƯƠNG BINH VÀ XÃ HỘI"],
                (None, Some("Bộ Lao động - Thương binh và Xã hội")),
            ),
            (
                &["UBND TỈNH LÀO CAI", "SỞ LAO ĐỘNG - THƯƠNG", "BINH VÀ XÃ HỘI"],
                (Some("Ủy ban nhân dân tỉnh Lào Cai"), Some("Sở Lao động - Thương binh và Xã hội")),
            ),
            (
                &["SỞ NỘI VỤ", "TRUNG TÂM DỊCH VỤ", "VIỆC LÀM"],
                (Some("Sở Nội vụ"), Some("Trung tâm Dịch vụ việc làm")),
            ),
        ] {
            check(rows, expected);
        }
    }

    #[test]
    fn dirt_and_lost_spaces_do_not_enter_a_name() {
        for (rows, expected) in [
            (&["ỦY BANNHÂNDÂN", "HUYỆN PHÚ THƯỢNG"][..], Some("Ủy ban nhân dân huyện Phú Thượng")),
            (&["CÔNG TY cổ", "PHẦN THỦY SẢN"], Some("Công ty Cổ phần Thủy Sản")),
            (&["ỦY BAN NHÂ' N DÂN", "XÃ BẢO ÁI'"], Some("Ủy ban nhân dân xã Bảo Ái")),
            (&["ỦY BAN NHÂN DÂN ˆ", "XÃ BẢO ÁI. §ố: 377/QĐ-UBND"], Some("Ủy ban nhân dân xã Bảo Ái")),
            (&["ỦY BAN NHÂN DÂN -", "XÃ BẢO ÁI"], Some("Ủy ban nhân dân xã Bảo Ái")),
            (&["ỦY BAN NHÂN DÂN - XÃ BẢO ÁI"], Some("Ủy ban nhân dân xã Bảo Ái")),
            (&["SỞ NỘI VỤ h"], Some("Sở Nội vụ")),
            (&["PHẦN THỦY SẢN MỸ PHONG"], None),
        ] {
            check(rows, (None, expected));
        }
    }

    #[test]
    fn lists_and_fixed_phrases_decide_over_marks() {
        check(&["ỦY BẠN NHÂN DÂN", "TĨNH QUANG~30 NGÁI~18"], (None, Some("Ủy ban nhân dân tỉnh Quảng Ngãi")));
    }

    #[test]
    fn a_name_that_nothing_confirms_needs_sure_letters() {
        check(&["ỦY BAN NHÂN DÂN", "XÃ BÁO~55 LÂM"], (None, None));
        // The place before the day contradicts the marks.
        check(&["ỦY BAN NHÂN DÂN", "XÃ BÁO ÁI"], (None, None));
        // … or confirms them.
        check(&["ỦY BAN NHÂN DÂN", "XÃ BẢO~55 ÁI"], (None, Some("Ủy ban nhân dân xã Bảo Ái")));
    }

    #[test]
    fn a_citizens_paper_has_no_authority() {
        let reading = Paper::new().plain_header().around(108.0, 40.0, "ĐƠN ĐỀ NGHỊ").reading();
        let guide = super::super::Guide::built_in();
        let found = propose(&reading, guide.agencies(), None);
        assert_eq!(found.issuing.status, crate::domain::fields::Status::Absent);
    }

    #[test]
    fn the_text_has_a_vote_on_the_name_of_the_place() {
        for (body, expected) in [
            ("Ủy ban nhân dân xã Hưng Yễn", None),
            ("xã Hưng Yễn, xã Hưng Yễn, xã Hưng Yễn", Some("Ủy ban nhân dân xã Hưng Yễn")),
            ("xã Hưng Yễn, xã Hưng Yễn, xã Hưng Yên", None),
            ("Ủy ban nhân dân xã Lũng Đẩu", Some("Ủy ban nhân dân xã Hưng Yên")),
        ] {
            let reading = Paper::new()
                .header(&["ỦY BAN NHÂN DÂN", "XÃ HƯNG YÊN"])
                .number_and_date("Số: 12/QĐ-UBND", "Bảo Ái, ngày 06 tháng 5 năm 2024")
                .around(110.0, 58.0, "QUYẾT ĐỊNH")
                .put(30.0, 80.0, body)
                .reading();
            let guide = super::super::Guide::built_in();
            let issuing = propose(&reading, guide.agencies(), None).issuing;
            assert_eq!(issuing.value.as_deref(), expected, "{body}: {issuing:?}");
        }
    }
}
