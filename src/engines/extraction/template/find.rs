//! Finds labels and the values beside them.
//!
//! A value ends where another label begins. Where it can't be told that it does, it is doubtful, and
//! the doubt goes with it. Knows nothing of what values mean.

use super::{
    super::{
        Reading,
        flow::Sentence,
        fold, labels,
        layout::{Row, Token, text_of},
        print::advance_em,
    },
    file::{Side, Zone},
};

/// The words of a label, folded.
pub(super) type Label = Vec<String>;

/// A wider gap than this may part a value from the label behind it.
const GAP_MM: f32 = 4.5;
/// The cell below begins no further down than this.
const BELOW_MM: f32 = 14.0;
/// Words in brackets between a label and its colon.
const BRACKETS_AT_MOST: usize = 16;
/// Places of one label that are looked at.
const FOUND_AT_MOST: usize = 40;
/// A value has no more words.
const WORDS_AT_MOST: usize = 80;

/// A zone made ready for looking.
#[derive(Debug, Clone)]
pub(super) struct Sought {
    after: Vec<Label>,
    at: Side,
    section: Vec<String>,
    section_end: Vec<String>,
    until: Vec<Label>,
}

impl Sought {
    /// `others` are the labels of the other fields of the template.
    pub(super) fn new(zone: &Zone, others: &[Label]) -> Self {
        let phrases = |list: &[String]| list.iter().map(|t| fold::phrase(t)).collect();
        let mut until: Vec<Label> = zone.until.iter().map(|t| fold::words(t)).collect();
        until.extend(others.iter().cloned());
        until.extend(labels::NEXT.iter().map(|t| fold::words(t)));
        let mut after: Vec<Label> = zone.after.iter().map(|t| fold::words(t)).collect();
        // The longest wording first: "Số định danh cá nhân" before "Số định danh".
        after.sort_by_key(|label| std::cmp::Reverse(label.len()));
        Self {
            after,
            at: zone.at,
            section: phrases(&zone.section),
            section_end: phrases(&zone.section_end),
            until,
        }
    }
}

/// A label and what stands beside it.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) page: u32,
    pub(super) label: Vec<Token>,
    /// Empty where nothing stands there.
    pub(super) value: Vec<Token>,
    /// Words may belong to something else, or be missing.
    pub(super) is_doubtful: bool,
}

/// Every place where the zone's label stands, in reading order.
pub(super) fn find(reading: &Reading, sought: &Sought) -> Vec<Found> {
    let mut found = Vec::new();
    let mut part = Part::of(sought);
    match sought.at {
        Side::Line | Side::Text => {
            for sentence in &reading.sentences {
                if found.len() >= FOUND_AT_MOST {
                    break;
                }
                if part.is_always_inside() && !may_hold(sentence, sought) {
                    continue;
                }
                for tokens in part.pieces(sentence) {
                    match part.place(&fold::phrase(&text_of(&tokens))) {
                        Place::Over => return found,
                        Place::Outside => {}
                        Place::Inside => found.extend(in_line(sentence.page, &tokens, sought)),
                    }
                }
            }
        }
        Side::Right | Side::Below => {
            for sheet in &reading.sheets {
                for (i, row) in sheet.pieces.iter().enumerate() {
                    match part.place(&row.phrase()) {
                        Place::Over => return found,
                        Place::Outside => {}
                        Place::Inside => found.extend(in_cells(row, &sheet.pieces, i, sought)),
                    }
                }
            }
        }
    }
    found
}

/// Whether a word of a label stands in the sentence at all: most sentences need no closer look.
fn may_hold(sentence: &Sentence, sought: &Sought) -> bool {
    sought.after.iter().flatten().any(|word| sentence.folded.contains(word.as_str()))
}

/// Which part of the paper counts.
struct Part<'a> {
    sought: &'a Sought,
    is_inside: bool,
}

enum Place {
    Outside,
    Inside,
    Over,
}

impl<'a> Part<'a> {
    fn of(sought: &'a Sought) -> Self {
        Self { sought, is_inside: sought.section.is_empty() }
    }

    fn is_always_inside(&self) -> bool {
        self.is_inside && self.sought.section_end.is_empty()
    }

    /// The words of a sentence, parted where a heading that counts begins a line of it.
    fn pieces(&self, sentence: &Sentence) -> Vec<Vec<Token>> {
        let headings = || self.sought.section.iter().chain(&self.sought.section_end);
        let mut pieces: Vec<Vec<Token>> = vec![Vec::new()];
        for (i, token) in sentence.tokens.iter().enumerate() {
            let begins_line = i > 0 && gap(&sentence.tokens[i - 1], token).is_none();
            let line = || fold::phrase(&text_of(&sentence.tokens[i..(i + 12).min(sentence.tokens.len())]));
            if begins_line && headings().next().is_some() && {
                let line = line();
                headings().any(|h| line.starts_with(h.as_str()))
            } {
                pieces.push(Vec::new());
            }
            if let Some(piece) = pieces.last_mut() {
                piece.extend(unglued(token));
            }
        }
        pieces
    }

    fn place(&mut self, phrase: &str) -> Place {
        let heads = |list: &[String]| list.iter().any(|h| is_heading(phrase, h));
        if self.is_inside {
            return if heads(&self.sought.section_end) { Place::Over } else { Place::Inside };
        }
        self.is_inside = heads(&self.sought.section);
        Place::Outside
    }
}

/// A word without the leaders that hang on it: `..Nam` is `Nam`, `không?..Có` is `không?` and `Có`.
fn unglued(token: &Token) -> Vec<Token> {
    let is_dot = |c: char| matches!(c, '.' | '…');
    let text = token.text.as_str();
    let mut start = text.len() - text.trim_start_matches(is_dot).len();
    if start == text.len() || (start == 0 && !text.contains([':', '?', '…']) && !text.contains("..")) {
        return vec![token.clone()];
    }
    let mut parts: Vec<(usize, usize)> = Vec::new();
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        let bare = text[end..].trim_start_matches(is_dot);
        let n_dots = text[end..].chars().take_while(|c| is_dot(*c)).count();
        let follows_word = text[..at].ends_with(char::is_alphabetic);
        let is_mark =
            matches!(c, ':' | '?') && follows_word && (n_dots > 0 || bare.starts_with(char::is_alphabetic));
        let is_run = c.is_alphanumeric() && n_dots > 1;
        if at >= start && bare.starts_with(char::is_alphanumeric) && (is_mark || is_run) {
            parts.push((start, end));
            start = text.len() - bare.len();
        }
    }
    parts.push((start, text.len()));
    let whole = advance_em(text).max(0.1);
    let part = |(from, until): (usize, usize)| {
        let mut part = Token::new(&text[from..until], token.place, token.confidence).printed(token.is_print);
        part.place.left += token.place.width * (advance_em(&text[..from]) / whole);
        part.place.width = token.place.width * (advance_em(&text[from..until]) / whole);
        (part.at, part.at.top) = (part.place, token.at.top);
        part
    };
    parts.into_iter().map(part).collect()
}

/// A heading begins its line, but for its ordinal, or is most of a short one.
fn is_heading(phrase: &str, heading: &str) -> bool {
    let words: Vec<&str> = phrase.split(' ').collect();
    let body = words.iter().skip_while(|w| is_ordinal(w)).copied().collect::<Vec<_>>().join(" ");
    body.starts_with(heading) || (words.len() <= 14 && fold::holds(phrase, heading))
}

fn is_ordinal(word: &str) -> bool {
    word.chars().count() <= 1 || word.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'i' | b'v' | b'x'))
}

/// Each word with the token it is a part of.
fn spelled(tokens: &[Token]) -> Vec<(String, usize)> {
    let words = tokens.iter().enumerate();
    words.flat_map(|(i, t)| fold::words(&t.text).into_iter().map(move |word| (word, i))).collect()
}

/// Where `label` ends when it begins at word `from`; one slip of the reader in a long word is forgiven.
fn label_at(words: &[(String, usize)], from: usize, label: &[String]) -> Option<usize> {
    let end = from.checked_add(label.len()).filter(|end| *end <= words.len() && !label.is_empty())?;
    let mut slips = 0;
    for ((word, _), asked) in words[from..end].iter().zip(label) {
        if word != asked {
            let is_slip = label.len() >= 2 && asked.len() >= 4 && fold::nearly(word, asked);
            slips += if is_slip { 1 } else { 2 };
        }
    }
    (slips <= 1).then_some(end)
}

/// What follows the words of a label.
struct Opening {
    /// First token after label, brackets and signs.
    value: usize,
    /// A colon or leaders stand there.
    is_open: bool,
    /// Letters hang on the label's last word.
    is_glued: bool,
}

fn opening(tokens: &[Token], words: &[(String, usize)], end: usize) -> Opening {
    let last = words[end - 1].1;
    let is_glued = words.get(end).is_some_and(|(_, token)| *token == last);
    let mut is_open = tokens[last].text.contains([':', '?']) || is_leader(&tokens[last].text);
    let mut next = last + 1;
    if !is_open && tokens.get(next).is_some_and(|t| t.text.starts_with('(')) {
        let close = tokens[next..].iter().take(BRACKETS_AT_MOST).position(|t| t.text.contains(')'));
        if let Some(close) = close {
            is_open = tokens[next + close].text.contains(':');
            next += close + 1;
        }
    }
    while let Some(token) = tokens.get(next).filter(|t| !t.text.chars().any(char::is_alphanumeric)) {
        is_open |= token.text.contains(':') || is_leader(&token.text);
        next += 1;
    }
    Opening { value: next, is_open, is_glued }
}

fn is_leader(text: &str) -> bool {
    text.ends_with('…') || text.ends_with("...")
}

fn in_line(page: u32, tokens: &[Token], sought: &Sought) -> Option<Found> {
    let words = spelled(tokens);
    for from in 0..words.len() {
        let Some(end) = sought.after.iter().find_map(|label| label_at(&words, from, label)) else { continue };
        // "Nơi thường trú mới" is not "Nơi thường trú".
        let is_part =
            sought.until.iter().any(|l| label_at(&words, from, l).is_some_and(|longer| longer > end));
        if is_part {
            continue;
        }
        let opening = opening(tokens, &words, end);
        let begins = words[..from].iter().all(|(w, _)| is_ordinal(w)) && from <= 2;
        let counts = sought.at == Side::Text || begins || opening.is_open;
        if !counts || words[..from].last().is_some_and(|(_, token)| *token == words[from].1) {
            continue;
        }
        let label = tokens[words[from].1..=words[end - 1].1].to_vec();
        let (value, is_cut_well) = until_next(&tokens[opening.value.min(tokens.len())..], sought);
        let is_doubtful = opening.is_glued || !is_cut_well || (sought.at == Side::Line && !opening.is_open);
        return Some(Found { page, label, value: value.to_vec(), is_doubtful });
    }
    None
}

/// The words up to the next label, and whether it is clear that they end there.
fn until_next<'a>(tokens: &'a [Token], sought: &Sought) -> (&'a [Token], bool) {
    let words = spelled(tokens);
    let mut end = tokens.len();
    let mut is_clear = true;
    for from in 0..words.len() {
        let Some(stop) = sought.until.iter().find_map(|label| label_at(&words, from, label)) else {
            continue;
        };
        let at = words[from].1;
        let is_apart = at == 0 || gap(&tokens[at - 1], &tokens[at]).is_none_or(|g| g > GAP_MM);
        if opening(tokens, &words, stop).is_open || (is_apart && at > 0) {
            end = at;
            break;
        }
        is_clear = at == 0 && is_clear;
    }
    // A colon behind words that are no known label: that label begins after a gap or with its line.
    if let Some(colon) = tokens[..end].iter().position(|t| t.text.ends_with(':')) {
        let begins = (1..=colon).rev().find(|i| gap(&tokens[i - 1], &tokens[*i]).is_none_or(|g| g > GAP_MM));
        match begins.filter(|begins| colon - begins < 8) {
            Some(begins) => end = begins,
            None => is_clear = false,
        }
    }
    let value = labels::trimmed(&tokens[..end]).unwrap_or_default();
    // "TP." ends a sentence for the reader of sentences, and not for people.
    let is_short = |t: &Token| {
        t.text.ends_with('.') && t.text.chars().count() <= 4 && t.text.starts_with(char::is_uppercase)
    };
    is_clear &= value.len() <= WORDS_AT_MOST && !value.last().is_some_and(is_short);
    (value, is_clear)
}

/// Millimetres between two words of one line; `None` when the second begins a new line.
fn gap(before: &Token, after: &Token) -> Option<f32> {
    let gap = after.at.left - before.at.right();
    (gap > -2.0 && (after.at.middle_y() - before.at.middle_y()).abs() < before.at.height.max(3.0))
        .then_some(gap)
}

fn in_cells(row: &Row, pieces: &[Row], index: usize, sought: &Sought) -> Option<Found> {
    let words = spelled(&row.tokens);
    let from = words.iter().take_while(|(w, _)| is_ordinal(w)).count();
    let end = sought.after.iter().find_map(|label| label_at(&words, from, label))?;
    if opening(&row.tokens, &words, end).value < row.tokens.len() {
        return None; // more than a label
    }
    let is_level =
        |r: &&Row| (r.at.middle_y() - row.at.middle_y()).abs() < 0.6 * row.at.height.max(r.at.height);
    let cell = match sought.at {
        Side::Right => pieces
            .iter()
            .filter(|r| r.at.left >= row.at.right() && is_level(r))
            .min_by(|a, b| a.at.left.total_cmp(&b.at.left)),
        _ => pieces[index + 1..]
            .iter()
            .filter(|r| !is_level(r) && r.at.top - row.at.bottom() < BELOW_MM && r.at.top > row.at.top)
            .find(|r| r.at.left < row.at.right() && r.at.right() > row.at.left),
    };
    let value = cell.and_then(|r| labels::trimmed(&r.tokens)).unwrap_or_default();
    // The next label is no value.
    let words = spelled(value);
    let is_label = sought.until.iter().any(|label| label_at(&words, 0, label) == Some(words.len()));
    Some(Found {
        page: row.page,
        label: row.tokens.clone(),
        value: if is_label { Vec::new() } else { value.to_vec() },
        is_doubtful: false,
    })
}
