//! Searching papers by their words: what a word is, what is looked for, and where in a paper it stands.
//!
//! Words are compared in two ways: with their marks, wherever the tone was placed (hòa, hoà) and in whatever case; and
//! without any mark (đ as d). Knows nothing of where words are kept and by what they are found.

use std::collections::BTreeMap;

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use super::{
    fields::ConfirmedFields,
    page::BoxMm,
    text::{RecognisedText, TextLine},
};

/// Words of one search at most.
pub const MOST_WORDS: usize = 12;
/// Letters of a word at most: longer runs are noise of the reader, and nobody's query.
const LONGEST_WORD: usize = 40;
/// Different words of one paper that are kept for searching.
const MOST_TERMS: usize = 20_000;
/// Places of one paper that are told.
const MOST_PLACES: usize = 5;

/// A word as it is compared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Term {
    /// Without marks, lower case.
    pub folded: String,
    /// With its marks, the tone of a syllable behind it, lower case.
    pub exact: String,
}

impl Term {
    /// The term of a run of letters and figures; `None` of what is too long to be a word.
    fn of(word: &str) -> Option<Self> {
        if word.chars().count() > LONGEST_WORD {
            return None;
        }
        let lower: String = word.nfd().collect::<String>().to_lowercase();
        let is_tone = |c: &char| matches!(c, '\u{300}' | '\u{301}' | '\u{303}' | '\u{309}' | '\u{323}');
        let (tones, letters): (String, String) = lower.chars().partition(is_tone);
        let bare = lower.chars().filter(|c| !is_combining_mark(*c)).map(|c| if c == 'đ' { 'd' } else { c });
        let folded: String = bare.collect();
        (!folded.is_empty()).then(|| Self { folded, exact: letters + &tones })
    }

    /// Whether another word may look like it without marks: figures have none.
    fn may_have_marks(&self) -> bool {
        self.folded.chars().any(char::is_alphabetic)
    }
}

/// The words of a text, in order: runs of letters and figures.
pub fn terms(text: &str) -> Vec<Term> {
    let composed: String = text.nfc().collect();
    composed.split(|c: char| !c.is_alphanumeric()).filter_map(Term::of).collect()
}

/// A whole text as one term: names of agencies, codes of types.
pub fn whole(text: &str) -> Term {
    let words = terms(text);
    let joined = |of: fn(&Term) -> &str| words.iter().map(of).collect::<Vec<_>>().join(" ");
    Term { folded: joined(|term| &term.folded), exact: joined(|term| &term.exact) }
}

/// Why a text can't be looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum QueryFault {
    /// No word in it.
    #[error("nội dung tìm kiếm không có từ nào")]
    Empty,
    /// Too much at once.
    #[error("tìm nhiều nhất {MOST_WORDS} từ một lần, mỗi từ nhiều nhất {LONGEST_WORD} chữ")]
    TooLong,
}

/// What is looked for: phrases, all of which a paper must hold. A word by itself is a phrase of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    phrases: Vec<Vec<Term>>,
}

impl Query {
    /// Words, and phrases in quotes; what is written without a space (`15/QĐ-UBND`) is a phrase too.
    ///
    /// # Errors
    /// [`QueryFault`].
    pub fn parse(text: &str) -> Result<Self, QueryFault> {
        if text.chars().count() > (LONGEST_WORD + 1) * MOST_WORDS {
            return Err(QueryFault::TooLong);
        }
        let is_quote = |c: char| matches!(c, '"' | '“' | '”' | '„');
        let mut phrases = Vec::new();
        for (n, piece) in text.split(is_quote).enumerate() {
            let parts: Vec<&str> = if n % 2 == 1 { vec![piece] } else { piece.split_whitespace().collect() };
            for part in parts {
                let n_runs = part.split(|c: char| !c.is_alphanumeric()).filter(|run| !run.is_empty()).count();
                let words = terms(part);
                if words.len() < n_runs {
                    return Err(QueryFault::TooLong);
                }
                if !words.is_empty() && !phrases.contains(&words) {
                    phrases.push(words);
                }
            }
        }
        match phrases.iter().map(Vec::len).sum() {
            0 => Err(QueryFault::Empty),
            1..=MOST_WORDS => Ok(Self { phrases }),
            _ => Err(QueryFault::TooLong),
        }
    }

    /// Its words, each once.
    pub fn terms(&self) -> Vec<&Term> {
        let mut all: Vec<&Term> = self.phrases.iter().flatten().collect();
        all.sort();
        all.dedup();
        all
    }

    /// Whether a paper may hold its words without their marks, and not with them.
    pub fn may_differ(&self) -> bool {
        self.phrases.iter().flatten().any(Term::may_have_marks)
    }
}

/// Where in a paper something that was looked for stands.
#[derive(Debug, Clone, PartialEq)]
pub struct HitPlace {
    /// Position of the page, from 1; `None` in a field.
    pub page: Option<u32>,
    /// The box on the upright page; `None` in a field.
    pub box_mm: Option<BoxMm>,
    /// The field, by its name of Điều 6; `None` on a page.
    pub field: Option<String>,
    /// The line, or the value of the field.
    pub line: String,
}

/// That a paper holds what was looked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// With all its marks.
    pub is_exact: bool,
    /// Where, in the order of what was looked for: pages before fields, no more than a few.
    pub places: Vec<HitPlace>,
}

/// The words of a paper, each once, with the form in which it stands there; `None` where there are several.
pub fn terms_of(fields: &ConfirmedFields, text: Option<&RecognisedText>) -> BTreeMap<String, Option<String>> {
    let lines = text.into_iter().flat_map(|text| &text.pages).flat_map(|page| &page.lines);
    let on_pages = lines.flat_map(|line| &line.words).flat_map(|word| terms(&word.text));
    let in_fields = texts_of(fields).into_iter().flat_map(|(_, text)| terms(&text));
    let mut all: BTreeMap<String, Option<String>> = BTreeMap::new();
    for Term { folded, exact } in in_fields.chain(on_pages) {
        let n_terms = all.len();
        match all.get_mut(&folded) {
            Some(known) if known.as_ref() == Some(&exact) => {}
            Some(known) => *known = None,
            None if n_terms < MOST_TERMS => {
                all.insert(folded, Some(exact));
            }
            None => {}
        }
    }
    all
}

/// The fields that are searched, by their names.
fn texts_of(fields: &ConfirmedFields) -> Vec<(String, String)> {
    let mut texts = vec![
        ("document_name".to_owned(), fields.document_name.clone()),
        (
            "document_number".to_owned(),
            fields.document_number.as_ref().map(ToString::to_string).unwrap_or_default(),
        ),
        ("issuing_authority".to_owned(), fields.issuing_authority.clone().unwrap_or_default()),
        ("abstract".to_owned(), fields.abstract_text.clone().unwrap_or_default()),
        ("validity_scope".to_owned(), fields.validity_scope.clone().unwrap_or_default()),
        ("owner_id".to_owned(), fields.owner.to_string()),
    ];
    texts.extend(fields.other.iter().map(|(name, value)| (format!("other.{name}"), value.clone())));
    texts.retain(|(_, text)| !text.is_empty());
    texts
}

/// Whether and where a paper holds what is looked for; `None` when something of it is missing.
pub fn find(query: &Query, fields: &ConfirmedFields, text: Option<&RecognisedText>) -> Option<Hit> {
    let pages: Vec<Running<'_>> = text
        .into_iter()
        .flat_map(|text| &text.pages)
        .map(|page| Running::of(page.position, &page.lines))
        .collect();
    let fields: Vec<(String, String, Vec<Term>)> =
        texts_of(fields).into_iter().map(|(name, text)| (name, text.clone(), terms(&text))).collect();
    let mut hit = Hit { is_exact: true, places: Vec::new() };
    for phrase in &query.phrases {
        let found = |same: fn(&Term, &Term) -> bool| {
            let on_pages = pages.iter().find_map(|page| page.place(phrase, same));
            on_pages.or_else(|| {
                let in_field = fields.iter().find(|(.., words)| at(words.iter(), phrase, same).is_some())?;
                let (field, line) = (Some(in_field.0.clone()), in_field.1.clone());
                Some(HitPlace { page: None, box_mm: None, field, line })
            })
        };
        let place = match found(|a, b| a.exact == b.exact) {
            Some(place) => place,
            None => {
                hit.is_exact = false;
                found(|a, b| a.folded == b.folded)?
            }
        };
        if hit.places.len() < MOST_PLACES && !hit.places.contains(&place) {
            hit.places.push(place);
        }
    }
    Some(hit)
}

/// Where in `words` the phrase begins.
fn at<'a>(
    words: impl Iterator<Item = &'a Term>,
    phrase: &[Term],
    same: fn(&Term, &Term) -> bool,
) -> Option<usize> {
    let words: Vec<&Term> = words.collect();
    words.windows(phrase.len()).position(|window| window.iter().zip(phrase).all(|(a, b)| same(a, b)))
}

/// The words of a page one behind the other, over the ends of lines.
struct Running<'a> {
    position: u32,
    lines: &'a [TextLine],
    terms: Vec<Term>,
    /// Of each term its line, and its word there.
    from: Vec<(usize, usize)>,
}

impl<'a> Running<'a> {
    fn of(position: u32, lines: &'a [TextLine]) -> Self {
        let mut running = Self { position, lines, terms: Vec::new(), from: Vec::new() };
        for (n_line, line) in lines.iter().enumerate() {
            for (n_word, word) in line.words.iter().enumerate() {
                for term in terms(&word.text) {
                    running.terms.push(term);
                    running.from.push((n_line, n_word));
                }
            }
        }
        running
    }

    /// Where the phrase stands: of one that goes on in the next line, what stands in the first.
    fn place(&self, phrase: &[Term], same: fn(&Term, &Term) -> bool) -> Option<HitPlace> {
        let start = at(self.terms.iter(), phrase, same)?;
        let (n_line, _) = self.from[start];
        let line = &self.lines[n_line];
        let of_line = self.from[start..start + phrase.len()].iter().filter(|(n, _)| *n == n_line);
        let box_mm = BoxMm::around(of_line.map(|(_, n_word)| &line.words[*n_word].place));
        Some(HitPlace { page: Some(self.position), box_mm, field: None, line: line.text() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        code::{DocumentTypeCode, OwnerKey},
        text::{PageText, TextSource, Word},
    };

    fn one(word: &str) -> Term {
        let mut all = terms(word);
        assert_eq!(all.len(), 1, "{word}");
        all.pop().unwrap()
    }

    #[test]
    fn words_are_one_with_and_without_marks() {
        for (a, b, is_exact, is_folded) in [
            ("hòa", "hoà", true, true),
            ("Thúy", "THUÝ", true, true),
            ("quyết", "quye\u{302}\u{301}t", true, true),
            ("Đặng", "dang", false, true),
            ("đồng", "đông", false, true),
            ("ưỡng", "uong", false, true),
            ("hòa", "hoa", false, true),
            ("ấm", "ầm", false, true),
            ("hoa", "hao", false, false),
            ("15", "15", true, true),
        ] {
            let (a, b) = (one(a), one(b));
            assert_eq!((a.exact == b.exact, a.folded == b.folded), (is_exact, is_folded), "{a:?} {b:?}");
        }
    }

    #[test]
    fn queries_are_words_and_phrases() {
        let check = |text: &str, expected: Result<&[&[&str]], QueryFault>| {
            let parsed = Query::parse(text).map(|query| {
                let words = |phrase: &Vec<Term>| phrase.iter().map(|t| t.folded.clone()).collect::<Vec<_>>();
                query.phrases.iter().map(words).collect::<Vec<_>>()
            });
            let expected = expected.map(|phrases| {
                phrases
                    .iter()
                    .map(|p| p.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>())
                    .collect::<Vec<_>>()
            });
            assert_eq!(parsed, expected, "{text}");
        };
        check("trợ cấp", Ok(&[&["tro"], &["cap"]]));
        check("“trợ cấp” xã", Ok(&[&["tro", "cap"], &["xa"]]));
        check("\"trợ cấp", Ok(&[&["tro", "cap"]]));
        check("15/QĐ-UBND", Ok(&[&["15", "qd", "ubnd"]]));
        check("xã xã", Ok(&[&["xa"]]));
        check("  ", Err(QueryFault::Empty));
        check("\"-\" . /", Err(QueryFault::Empty));
        check("a b c d e f g h i k l m n", Err(QueryFault::TooLong));
        check(&"a".repeat(41), Err(QueryFault::TooLong));
        check(&"x".repeat(10_000), Err(QueryFault::TooLong));
        check("\u{0}\u{7}\u{202e}", Err(QueryFault::Empty));
    }

    fn paper() -> (ConfirmedFields, RecognisedText) {
        let fields = ConfirmedFields {
            document_type_code: DocumentTypeCode::parse("1.001776-KQ1").unwrap(),
            owner: OwnerKey::parse("001085012345").unwrap(),
            document_name: "Quyết định".to_owned(),
            document_number: None,
            issued_on: None,
            issuing_authority: Some("Ủy ban nhân dân xã Bảo Ái".to_owned()),
            abstract_text: None,
            validity_period: None,
            validity_scope: None,
            recorded_at: jiff::Timestamp::UNIX_EPOCH,
            other: BTreeMap::from([("holder_name".to_owned(), "Nguyễn Thị Ưỡng".to_owned())]),
        };
        let line = |top: f32, text: &str| TextLine {
            block: 0,
            words: text
                .split(' ')
                .enumerate()
                .map(|(n, word)| Word {
                    text: word.to_owned(),
                    place: BoxMm { left: 20.0 * n as f32, top, width: 15.0, height: 4.0 },
                    confidence: 1.0,
                    is_print: false,
                })
                .collect(),
        };
        let page = |position, lines| PageText { position, source: TextSource::Ocr, lines };
        let pages = vec![
            page(
                1,
                vec![
                    line(10.0, "QUYẾT ĐỊNH"),
                    line(20.0, "Về việc trợ cấp xã"),
                    line(30.0, "hội hàng tháng"),
                ],
            ),
            page(2, vec![line(10.0, "Ông Đặng Văn Hoà, thôn Đông")]),
        ];
        (fields, RecognisedText { pages })
    }

    #[test]
    fn a_hit_says_where_it_stands() {
        let (fields, text) = paper();
        type Places<'a> = &'a [(Option<u32>, Option<&'a str>)];
        let check = |query: &str, expected: Option<(bool, Places<'_>)>| {
            let hit = find(&Query::parse(query).unwrap(), &fields, Some(&text));
            let found = hit.as_ref().map(|hit| {
                let mut places: Vec<_> = hit.places.iter().map(|p| (p.page, p.field.as_deref())).collect();
                places.dedup();
                (hit.is_exact, places)
            });
            assert_eq!(found, expected.map(|(is_exact, places)| (is_exact, places.to_vec())), "{query}");
        };
        let (one, two) = ((Some(1), None), (Some(2), None));
        check("quyết định", Some((true, &[one])));
        check("quyet", Some((false, &[one])));
        check("văn hòa", Some((true, &[two])));
        check("van hoa", Some((false, &[two])));
        check("\"cấp xã hội\"", Some((true, &[one])));
        check("\"cấp hội\"", None);
        check("hội cấp", Some((true, &[one])));
        check("“uy ban” đặng", Some((false, &[(None, Some("issuing_authority")), two])));
        check("uong", Some((false, &[(None, Some("other.holder_name"))])));
        check("vắng", None);
        let hit = find(&Query::parse("\"cấp xã hội\"").unwrap(), &fields, Some(&text)).unwrap();
        let place = &hit.places[0];
        assert_eq!(place.line, "Về việc trợ cấp xã");
        let expected = BoxMm { left: 60.0, top: 20.0, width: 35.0, height: 4.0 };
        assert_eq!(place.box_mm, Some(expected), "of a phrase over two lines, the part in the first");
    }

    #[test]
    fn what_finds_a_paper_is_what_stands_in_it() {
        let (fields, text) = paper();
        let terms = terms_of(&fields, Some(&text));
        assert_eq!(terms["quyet"], Some(one("quyết").exact));
        assert_eq!(terms["uong"], Some(one("ưỡng").exact));
        assert_eq!(terms["001085012345"].as_deref(), Some("001085012345"));
        // Two ways of writing stand there: which one, only the paper says.
        let mut other = fields.clone();
        other.abstract_text = Some("xa".to_owned());
        assert_eq!((&terms["xa"], &terms_of(&other, Some(&text))["xa"]), (&Some(one("xã").exact), &None));
        assert!(terms.len() > 20 && !terms.contains_key(""));
        assert!(terms_of(&fields, None).len() < terms.len());
    }
}
