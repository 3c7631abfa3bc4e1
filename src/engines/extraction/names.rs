//! How sure the letters of a name are: what else on the paper says the same name, and whether its
//! syllables can be.
//!
//! A reader takes one mark for another and is sure of it; another reading of the same name on the same
//! paper is the best witness there is. Knows neither people nor places.

use std::collections::BTreeMap;

use unicode_normalization::UnicodeNormalization;

use super::{Reading, casing, fold, given_names, layout::Token, surnames, syllables};

/// What the rest of the paper says of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Vote {
    /// Nothing else has these letters.
    Unheard,
    /// Others spell it alike.
    Agreed,
    /// Others spell it so, and far outweigh this one.
    Outvoted(String),
    /// Readings differ, and none prevails.
    Divided,
}

/// A spelling has to outweigh all others so many times.
const PREVAILS: f32 = 3.0;
/// Readings that agree weigh at least so much together.
const AGREED: f32 = 1.2;
/// Capitals hide marks: what they say is worth less.
const CAPITALS: f32 = 0.6;
/// Capitals less sure than this don't stand against small letters without doubt.
const SURE_CAPITALS: f32 = 0.92;
/// A single reading so sure counts against what was read elsewhere.
const HEARD_ONCE_AT: f32 = 0.9;
/// Letters that were not read twice are at least so sure.
const WITHOUT_DOUBT: f32 = 0.955;
/// Words read worse have no voice.
const HEARD_AT: f32 = 0.3;

/// What has the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    Person,
    Other,
}

/// Readings of one word that agree.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Voices {
    weight: f32,
    n: usize,
    /// The surest of them.
    best: f32,
    /// The surest of them in small letters.
    best_small: f32,
}

impl Voices {
    fn hear(&mut self, word: &Token) {
        let is_capitals = !word.text.chars().any(char::is_lowercase);
        self.weight += word.confidence * if is_capitals { CAPITALS } else { 1.0 };
        self.n += 1;
        self.best = self.best.max(word.confidence);
        if !is_capitals {
            self.best_small = self.best_small.max(word.confidence);
        }
    }

    /// Whether these were read in small letters without doubt, and others in capitals alone, and less surely.
    fn outshine(&self, others: &Self) -> bool {
        self.best_small >= WITHOUT_DOUBT && others.best_small == 0.0 && others.best < SURE_CAPITALS
    }
}

/// Holds the words of a name against all other places of the paper that have the same letters.
pub(super) fn vote(reading: &Reading, own: &[Token], of: Of) -> Vote {
    let bare: Vec<String> = own.iter().map(|t| letters(&t.folded)).collect();
    if bare.is_empty() || bare.iter().any(String::is_empty) {
        return Vote::Unheard;
    }
    let mut tallies: Vec<BTreeMap<String, Voices>> = vec![BTreeMap::new(); own.len()];
    let mut hear = |some: &[&Token]| {
        for (i, (tally, t)) in tallies.iter_mut().zip(some).enumerate() {
            // A name that nobody bears says nothing against one that people bear.
            if of == Of::Other || !is_unborne(i, some.len(), t) {
                tally.entry(heard_as(of, i, t)).or_default().hear(t);
            }
        }
    };
    hear(&own.iter().collect::<Vec<_>>());
    let mut n_others = 0;
    for sheet in &reading.sheets {
        // Names run on from line to line.
        let words: Vec<&Token> = sheet.lines.iter().flat_map(|row| &row.tokens).collect();
        for some in words.windows(own.len()) {
            let is_alike = some.iter().zip(&bare).all(|(t, bare)| letters(&t.folded) == *bare);
            // What cannot be says nothing against what can.
            let is_legible = some.iter().all(|t| t.confidence >= HEARD_AT && is_possible(&t.text));
            let is_own = own.iter().any(|t| t.place == some[0].place);
            if is_alike && is_legible && !is_own {
                n_others += 1;
                hear(some);
            }
        }
    }
    if n_others == 0 {
        return Vote::Unheard;
    }
    let own: Vec<String> = own.iter().enumerate().map(|(i, t)| heard_as(of, i, t)).collect();
    outcome(&own.join(" "), tallies, of)
}

/// Word `i` of a name as it was heard, in lower case; a family name whose marks were misread is the one it can be.
fn heard_as(of: Of, i: usize, word: &Token) -> String {
    match surnames::family(&word.text) {
        surnames::Family::Mended(known) if of == Of::Person && i == 0 => known.to_lowercase(),
        _ => letters(&word.text.to_lowercase()),
    }
}

/// What the words of a name are by all readings of each.
fn outcome(own: &str, tallies: Vec<BTreeMap<String, Voices>>, of: Of) -> Vote {
    let (mut said, mut least, mut is_heard_again) = (Vec::new(), f32::MAX, true);
    for (mut tally, own) in tallies.into_iter().zip(own.split(' ')) {
        if of == Of::Other {
            hooks_prevail(&mut tally);
        }
        let all: f32 = tally.values().map(|v| v.weight).sum();
        let Some((word, voices)) = tally.iter().max_by(|a, b| a.1.weight.total_cmp(&b.1.weight)) else {
            return Vote::Divided;
        };
        let outshines = || tally.iter().all(|(other, v)| other == word || voices.outshine(v));
        let prevails = voices.weight >= PREVAILS * (all - voices.weight);
        let is_clear = prevails || (of == Of::Person && outshines());
        if !is_clear {
            return Vote::Divided;
        }
        is_heard_again &= *word == own || voices.n >= 2 || voices.best >= HEARD_ONCE_AT;
        least = least.min(voices.weight);
        said.push(word.clone());
    }
    let said = said.join(" ");
    match said == own {
        true if least < AGREED => Vote::Unheard,
        true => Vote::Agreed,
        false if is_heard_again => Vote::Outvoted(said),
        false => Vote::Divided,
    }
}

/// A hook over a circumflex or breve is often read as an acute, an acute hardly ever as a hook (0 of 900, against one
/// hook in seven): where both were heard of one name, the acute ones were hooks.
fn hooks_prevail(tally: &mut BTreeMap<String, Voices>) {
    let hooked: Vec<String> = tally.keys().filter(|word| word.chars().any(is_hooked)).cloned().collect();
    for word in hooked {
        let acute: String = word.nfd().map(|c| if c == '\u{309}' { '\u{301}' } else { c }).nfc().collect();
        let is_heard = tally.get(&word).is_some_and(|v| v.n >= 2 || v.best >= HEARD_ONCE_AT);
        if !is_heard {
            continue;
        }
        if let (Some(lost), Some(voices)) = (tally.remove(&acute), tally.get_mut(&word)) {
            voices.weight += lost.weight;
        }
    }
}

fn is_hooked(c: char) -> bool {
    matches!(c, 'ẩ' | 'ể' | 'ổ' | 'ẳ')
}

/// What places are called after has its letters.
const GENERIC: &[&str] = &["suối", "bến", "ấp", "bắc"];

/// Whether a hook may have been read as an acute all over the paper: such a letter, nowhere read without doubt.
pub(super) fn may_be_hooked(reading: &Reading, own: &[Token]) -> bool {
    let all = || reading.sheets.iter().flat_map(|s| &s.lines).flat_map(|r| &r.tokens);
    own.iter().any(|word| {
        let lower = letters(&word.text.to_lowercase());
        let alike = |t: &&Token| letters(&t.text.to_lowercase()) == lower;
        !GENERIC.contains(&lower.as_str())
            && lower.chars().any(|c| matches!(c, 'ấ' | 'ế' | 'ố' | 'ắ'))
            && all().filter(alike).all(|t| t.confidence < WITHOUT_DOUBT)
    })
}

/// Whether nobody bears word `i` of a name of `n`, while another with its letters is borne; family names stand in the
/// middle too.
fn is_unborne(i: usize, n: usize, word: &Token) -> bool {
    i > 0
        && !is_family_inside(i, n, &word.text)
        && given_names::lost_its_marks(&letters(&word.text.to_lowercase()))
}

fn is_family_inside(i: usize, n: usize, word: &str) -> bool {
    i + 1 < n && surnames::family(word) == surnames::Family::Known
}

/// Letters in lower case, words by single spaces.
fn spelled<'a>(words: impl IntoIterator<Item = &'a Token>) -> String {
    words.into_iter().map(|t| letters(&t.text.to_lowercase())).collect::<Vec<_>>().join(" ")
}

fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

/// Whether a word can be a syllable of Vietnamese: those that end in c, ch, p or t have the tone of `sắc` or
/// `nặng`, so that `Ngoc` and `Nguyêt` lost a mark. Words of other tongues may be refused.
pub(super) fn is_possible(word: &str) -> bool {
    let word = letters(&word.to_lowercase());
    let has_stop = ["c", "ch", "p", "t"].iter().any(|end| fold::fold(&word).ends_with(end));
    let is_stopped = word.nfd().any(|c| matches!(c, '\u{301}' | '\u{323}'));
    !has_stop || is_stopped || word.chars().count() < 2
}

/// The name as other places of the paper spell it alike, where the words read here cannot be.
pub(super) fn mended(reading: &Reading, words: &[Token]) -> Option<String> {
    let n = words.len();
    let cannot_be = |(i, t): (usize, &Token)| !is_possible(&t.text) || is_unborne(i, n, t);
    if !words.iter().enumerate().any(cannot_be) {
        return None;
    }
    let mut others = reading.sheets.iter().flat_map(|sheet| {
        let all: Vec<&Token> = sheet.lines.iter().flat_map(|row| &row.tokens).collect();
        let like = |some: &&[&Token]| {
            let is_alike = some.iter().zip(words).all(|(a, b)| letters(&a.folded) == letters(&b.folded));
            let can_be = |(i, t): (usize, &&Token)| !cannot_be((i, t)) && t.confidence >= MENDING_AT;
            is_alike && some.iter().enumerate().all(can_be)
        };
        let found = all.windows(words.len()).filter(like).map(|some| spelled(some.iter().copied()));
        found.collect::<Vec<_>>()
    });
    let first = others.next()?;
    let is_one = others.all(|other| other == first);
    is_one.then(|| first.split(' ').map(casing::capitalised).collect::<Vec<_>>().join(" "))
}

/// A name in capitals, which hide marks, as the rest of the paper spells it by far.
pub(super) fn outshone(reading: &Reading, words: &[Token]) -> Option<String> {
    if words.iter().any(|t| t.text.chars().any(char::is_lowercase)) {
        return None;
    }
    match vote(reading, words, Of::Person) {
        Vote::Outvoted(said) => Some(said.split(' ').map(casing::capitalised).collect::<Vec<_>>().join(" ")),
        _ => None,
    }
}

/// How sure a reading must be that takes the place of an impossible one.
const MENDING_AT: f32 = 0.85;
/// How sure what it mended is.
pub(super) const MENDED: f32 = 0.85;

/// A word of a person's name below this is not taken.
const WORD_AT: f32 = 0.87;
/// What is left of the confidence in a less sure word, which nothing confirms.
const ASKED: f32 = 0.79;
/// A family name of the list, letter for letter, is no accident.
const LISTED: f32 = 0.9;
/// Where it was read so surely at least: a seal may lie over it.
const LISTED_FROM: f32 = 0.55;
/// So sure at most is a name that cannot be, and one that the paper spells otherwise.
const IMPOSSIBLE: f32 = 0.5;
/// The share of errors that another reading of the name doesn't show.
const UNSEEN: f32 = 0.35;

/// The same for a family name of many letters, which no other word has.
const LONG_FROM: f32 = 0.3;
/// So many letters has a family name whose marks are mended without doubt.
const MENDED_FROM: usize = 4;
/// So many letters are many.
const LONG: usize = 5;

fn listed_from(word: &str) -> f32 {
    if letters(word).chars().count() >= LONG { LONG_FROM } else { LISTED_FROM }
}

/// Whether word `i` of a Vietnamese name can be one: a syllable, and not the commonest of middle names without its
/// mark.
fn is_likely(i: usize, n: usize, word: &str) -> bool {
    let lower = letters(&word.to_lowercase());
    let lost_its_mark = i == 1 && matches!(lower.as_str(), "thi" | "van");
    is_possible(word)
        && syllables::is_one(&lower)
        && !lost_its_mark
        && (i == 0 || is_family_inside(i, n, word) || !given_names::lost_its_marks(&lower))
}

/// Whether a name is of another tongue: no mark in it, and no family name of Vietnam before it.
pub(super) fn is_foreign(words: &[Token]) -> bool {
    let is_plain = |t: &Token| t.text.chars().all(|c| c.is_ascii() || !c.is_alphabetic());
    let begins_so = |t: &Token| surnames::family(&t.text) == surnames::Family::Unknown;
    words.iter().all(is_plain) && words.first().is_some_and(begins_so)
}

/// How sure the name of a person is.
pub(super) fn sureness(reading: &Reading, words: &[Token]) -> f32 {
    let listed = |i: usize, word: &Token| {
        let is_family = match surnames::family(&word.text) {
            surnames::Family::Known => true,
            // Of few letters more than the marks may be misread.
            surnames::Family::Mended(known) => known.chars().count() >= MENDED_FROM,
            surnames::Family::Several | surnames::Family::Unknown => false,
        };
        let is_listed =
            i == 0 && is_family || matches!(letters(&word.text.to_lowercase()).as_str(), "thị" | "văn");
        if is_listed && word.confidence >= listed_from(&word.text) {
            word.confidence.max(LISTED)
        } else {
            word.confidence
        }
    };
    let words_sure: Vec<f32> = words.iter().enumerate().map(|(i, w)| listed(i, w)).collect();
    let weakest = words_sure.iter().copied().fold(1.0, f32::min);
    let mean = words_sure.iter().sum::<f32>() / words_sure.len().max(1) as f32;
    // Behind the commonest middle names the given name was lost.
    let ends_amid =
        words.last().is_some_and(|t| matches!(letters(&t.text.to_lowercase()).as_str(), "thị" | "văn"));
    // A rare name has to be read without doubt.
    let is_rare =
        |t: &Token| t.confidence < WITHOUT_DOUBT && !given_names::is_listed(&letters(&t.text.to_lowercase()));
    let n = words.len();
    let is_odd = |(i, t): (usize, &Token)| {
        !is_likely(i, n, &t.text) || i > 0 && !is_family_inside(i, n, &t.text) && is_rare(t)
    };
    if ends_amid || !is_foreign(words) && words.iter().enumerate().any(is_odd) {
        return weakest.min(IMPOSSIBLE);
    }
    let alone = if weakest < WORD_AT { weakest * ASKED } else { mean };
    // The list of family names has settled the first.
    let mut words = words.to_vec();
    if let Some(first) = words.first_mut()
        && let surnames::Family::Mended(known) = surnames::family(&first.text)
    {
        first.text = known.to_owned();
    }
    match vote(reading, &words, Of::Person) {
        Vote::Unheard if words.first().is_some_and(|t| surnames::may_have_lost_marks(&t.text)) => {
            alone.min(IMPOSSIBLE)
        }
        Vote::Unheard => alone,
        Vote::Agreed => 1.0 - (1.0 - weakest) * UNSEEN,
        Vote::Outvoted(_) | Vote::Divided => weakest.min(IMPOSSIBLE),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Paper;
    use super::*;

    #[test]
    fn syllables_that_end_in_a_stop_have_their_tone() {
        for (word, expected) in [
            ("Ngọc", true),
            ("NGOC", false),
            ("Nguyệt", true),
            ("Nguyêt", false),
            ("Bích", true),
            ("Hoa", true),
            ("Tấp", true),
            ("Tâp", false),
            ("Y", true),
        ] {
            assert_eq!(is_possible(word), expected, "{word}");
        }
    }

    #[test]
    fn names_are_as_sure_as_their_words() {
        for (name, is_sure) in [
            ("Nguyễn~40 Văn An", true),
            ("Đỉnh~60 Thị Lan", true),
            ("Ha~60 Thị Tuyết", false),
            ("Ngô Thị Thắng~80", false),
            ("Lê Thịlưu", false),
            ("Hoàng Thi Mỹ Tuyết", false),
            // Names of other tongues end as they like.
            ("ANNA SOPHIE BRANDT", true),
            ("Trần Thị Ngoc", false),
            ("Lê Văn", false),
        ] {
            let reading = Paper::new().put(30.0, 20.0, name).reading();
            let sure = sureness(&reading, &reading.sheets[0].lines[0].tokens);
            assert_eq!(sure >= 0.72, is_sure, "{name}: {sure}");
        }
    }

    #[test]
    fn family_names_with_other_marks_agree() {
        for (other, expected) in [
            ("Đỉnh Khánh Mừng", Vote::Agreed),
            ("Đinh Khánh Mừng", Vote::Agreed),
            ("Đinh Khánh Mưng", Vote::Unheard),
            ("Đinh Khanh Mừng", Vote::Divided),
        ] {
            let reading = Paper::new().put(30.0, 20.0, "Định Khánh Mừng").put(30.0, 60.0, other).reading();
            let own = reading.sheets[0].lines[0].tokens.clone();
            assert_eq!(vote(&reading, &own, Of::Person), expected, "{other}");
        }
    }

    #[test]
    fn small_letters_without_doubt_outshine_capitals() {
        for (own, other, expected) in [
            ("HÀ THỤ~66 TUYẾT", "Hà~97 Thu~97 Tuyết~97", Some("Hà Thu Tuyết")),
            ("ĐỖ ĐÌNH VƯƠNG~90", "Đỗ~97 Đình~97 Vượng~97", Some("Đỗ Đình Vượng")),
            ("ĐỖ ĐÌNH VƯƠNG~90", "Đỗ~97 Đình~97 Vượng~90", None),
            ("ĐỖ ĐÌNH VƯƠNG~97", "Đỗ~97 Đình~97 Vượng~97", None),
            ("Đỗ Đình Vương~90", "Đỗ~97 Đình~97 Vượng~97", None),
            ("ĐỖ ĐÌNH VƯƠNG~90", "Đỗ~97 Đình~97 Vương~97", None),
        ] {
            let reading = Paper::new().put(30.0, 20.0, own).put(30.0, 60.0, other).reading();
            let words = reading.sheets[0].lines[0].tokens.clone();
            assert_eq!(outshone(&reading, &words).as_deref(), expected, "{own} {other}");
        }
    }

    #[test]
    fn what_cannot_be_is_read_elsewhere() {
        for (other, expected) in [
            ("Phùng Thị Ngọc Nguyệt", Some("Phùng Thị Ngọc Nguyệt")),
            ("Phùng Thị Ngọc~70 Nguyệt", None),
            ("Phùng Thị Ngoc Nguyệt", None),
            ("Phùng Thị Nga", None),
        ] {
            let reading =
                Paper::new().put(30.0, 20.0, "PHÙNG THỊ NGOC NGUYÊT").put(30.0, 60.0, other).reading();
            let own = reading.sheets[0].lines[0].tokens.clone();
            assert_eq!(mended(&reading, &own).as_deref(), expected, "{other}");
        }
    }

    #[test]
    fn other_places_of_the_paper_vote() {
        for (others, expected) in [
            (&[][..], Vote::Unheard),
            (&["ở xã Lũng Đẩu"], Vote::Agreed),
            (&["ở xã Lũng Đầu"], Vote::Divided),
            (&["ở xã Lũng Đầu", "Lũng Đầu, ngày"], Vote::Divided),
            (
                &["ở xã Lũng Đầu", "Lũng Đầu, ngày", "xã Lũng Đầu", "Lũng Đầu"],
                Vote::Outvoted("lũng đầu".into()),
            ),
            (&["ở xã LŨNG ĐẦU", "xã Lũng Đẩu", "xã Lũng Đẩu"], Vote::Agreed),
            (&["ở xã Lũng~10 Đầu"], Vote::Unheard),
        ] {
            let mut paper = Paper::new().put(30.0, 20.0, "Lũng Đẩu");
            for (i, line) in others.iter().enumerate() {
                paper = paper.put(30.0, 40.0 + 8.0 * i as f32, line);
            }
            let reading = paper.reading();
            let own = reading.sheets[0].lines[0].tokens.clone();
            assert_eq!(vote(&reading, &own, Of::Other), expected, "{others:?}");
        }
    }

    #[test]
    fn a_hook_heard_twice_outvotes_acutes() {
        let check = |own: &str, others: &[&str], of: Of, expected: Vote| {
            let mut paper = Paper::new().put(30.0, 20.0, own);
            for (i, line) in others.iter().enumerate() {
                paper = paper.put(30.0, 40.0 + 8.0 * i as f32, line);
            }
            let reading = paper.reading();
            let own = reading.sheets[0].lines[0].tokens.clone();
            assert_eq!(vote(&reading, &own, of), expected, "{own:?} {others:?}");
        };
        let acutes = ["xã Cấm Ối", "xã Cấm Ối", "xã Cẩm Ổi", "xã Cẩm Ổi"];
        check("CẤM ỐI", &acutes, Of::Other, Vote::Outvoted("cẩm ổi".into()));
        check("CẨM ỔI", &acutes[..3], Of::Other, Vote::Agreed);
        check("CẤM ỐI", &["xã Cấm Ối", "xã Cẩm~60 Ổi~60"], Of::Other, Vote::Divided);
        // Two people may differ in a mark, but nobody is called Manh.
        check("Lý Thị Hoa", &["bà Lý Thị Hoà"], Of::Person, Vote::Divided);
        check("Lý Mạnh Thắng", &["ông Lý Manh Thắng"], Of::Person, Vote::Unheard);
    }
}
