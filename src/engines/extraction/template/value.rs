//! What the words beside a label are worth: one rule per form of value.
//!
//! Figures need more than words do, and figures that don't measure like print are left to a person.

use unicode_normalization::UnicodeNormalization;

use super::{
    super::{
        Reading,
        dates::dates_in,
        flow::Sentence,
        fold, holder,
        layout::{Token, confidence_of, place_of, text_of},
        owner_id::is_printed,
        settle,
    },
    file::TemplateField,
    find::Found,
};
use crate::domain::{extra::Form, fields::Proposed};

/// A word of running text below this is not taken: nothing else on the paper says it again.
const WORD_AT: f32 = 0.88;
/// A word of a name below this is not taken.
const NAME_AT: f32 = 0.85;
/// A word with figures below this is not taken.
const FIGURES_AT: f32 = 0.88;
/// Choices are held against a list: letters read worse than this are not even that.
const CHOICE_AT: f32 = 0.45;

/// The value of one field where its label was found.
pub(super) fn read(reading: &Reading, field: &TemplateField, found: &Found) -> Proposed<String> {
    let place = place_of(found.page, if found.value.is_empty() { &found.label } else { &found.value });
    let raw = text_of(&found.value);
    let left_to_a_person = || Proposed::not_read(raw.clone(), place);
    if found.value.is_empty() {
        return left_to_a_person();
    }
    let is_open = matches!(field.field.form, Form::Text | Form::Name);
    if is_open && found.is_doubtful {
        return left_to_a_person();
    }
    let taken = match field.field.form {
        Form::Name if confidence_of(&found.value).1 < NAME_AT => return left_to_a_person(),
        Form::Name => return holder::read_name(reading, found.page, &found.value),
        Form::Text => words(&found.value),
        Form::Choice => choice(field, &found.value),
        Form::Date => date(found),
        Form::Money | Form::Number | Form::Identifier => figures(field, &found.value),
    };
    let Some(Taken { value, confidence, words }) = taken else { return left_to_a_person() };
    let is_ocr = reading.sheets.iter().any(|s| s.page == found.page && s.is_ocr);
    let has_figures = !is_open && field.field.form != Form::Choice;
    if has_figures && is_ocr && !is_printed(words, &found.label) {
        return left_to_a_person();
    }
    settle(reading, value, text_of(words), confidence, place_of(found.page, words))
}

struct Taken<'a> {
    value: String,
    confidence: f32,
    words: &'a [Token],
}

fn words(tokens: &[Token]) -> Option<Taken<'_>> {
    let (mean, weakest) = confidence_of(tokens);
    let value = text_of(tokens).trim_end_matches(['.', ',', ';', ' ']).to_owned();
    let is_sure = weakest >= WORD_AT && tokens.iter().all(is_clean);
    let confidence = if is_sure { mean } else { 0.0 };
    (!value.is_empty()).then_some(Taken { value, confidence, words: tokens })
}

/// Whether a word has letters of Vietnamese alone and no signs among them: leaders, and the lines of a
/// form, are read as such.
fn is_clean(token: &Token) -> bool {
    let bare = token.text.trim_start_matches(['(', '"', '“', '-']);
    let bare = bare.trim_end_matches([')', '"', '”', ';', '.', ',']);
    let n_signs = token.text.chars().count() - token.text.chars().filter(|c| c.is_alphanumeric()).count();
    let is_letter = |c: char| {
        c.is_ascii_alphanumeric()
            || matches!(c, 'đ' | 'Đ' | '-' | '–' | '/' | '&' | '%' | '\'')
            || (c.is_alphabetic() && fold::fold(&c.to_string()).is_ascii() && has_vietnamese_marks(c))
    };
    let is_mixed = bare.chars().any(|c| c.is_ascii_digit()) && bare.chars().any(char::is_lowercase);
    n_signs <= 2 && !is_mixed && bare.chars().all(|c| is_letter(c) || (c == '.' && bare.len() <= 4))
}

fn has_vietnamese_marks(letter: char) -> bool {
    const MARKS: [char; 8] =
        ['\u{300}', '\u{301}', '\u{302}', '\u{303}', '\u{306}', '\u{309}', '\u{31b}', '\u{323}'];
    letter.nfd().skip(1).all(|mark| MARKS.contains(&mark))
}

/// Equal to one entry of the list but for marks, case and signs; words in brackets behind it don't count.
fn choice<'a>(field: &TemplateField, tokens: &'a [Token]) -> Option<Taken<'a>> {
    let end = tokens.iter().position(|t| t.text.starts_with('(')).filter(|i| *i > 0).unwrap_or(tokens.len());
    let words = &tokens[..end];
    let said = fold::phrase(&text_of(words));
    let value = field.field.choices.iter().find(|c| fold::phrase(c) == said)?.clone();
    let (mean, weakest) = confidence_of(words);
    let confidence = if weakest >= CHOICE_AT { 0.5 + mean * 0.5 } else { 0.0 };
    Some(Taken { value, confidence, words })
}

fn date(found: &Found) -> Option<Taken<'_>> {
    let sentence = Sentence::new(found.page, found.value.to_vec());
    let first = dates_in(&sentence).into_iter().next().filter(|d| d.range.start < 6)?;
    let until = sentence.words(&(0..first.range.end)).len();
    let confidence = if first.confidence >= FIGURES_AT { first.confidence } else { 0.0 };
    Some(Taken { value: first.date.to_string(), confidence, words: &found.value[..until] })
}

/// Money, numbers, identifiers: the figures at the beginning, in their one form.
fn figures<'a>(field: &TemplateField, tokens: &'a [Token]) -> Option<Taken<'a>> {
    let bare = |t: &Token| t.text.trim_end_matches([',', ';', '.', ':']).to_owned();
    let is_identifier = field.field.form == Form::Identifier;
    let fits_length = |text: &str| {
        field.lengths.is_empty()
            || field.lengths.contains(&text.chars().filter(|c| c.is_alphanumeric()).count())
    };
    // Figures may be printed in groups or cells: as many words as make a value of a known length.
    let most = if is_identifier && field.lengths.is_empty() { 1 } else { tokens.len().min(16) };
    let is_figure = |t: &Token| {
        t.has_digit()
            && (is_identifier || bare(t).chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ',')))
    };
    let n_figures = tokens.iter().take(most).take_while(|t| is_figure(t)).count();
    let ends = if is_identifier { 1..=n_figures } else { n_figures..=n_figures };
    let (value, words) = ends.filter(|n| *n > 0).find_map(|n| {
        let words = &tokens[..n];
        let parts: Vec<String> = words.iter().map(bare).collect();
        let joined = parts.join(if is_identifier { "" } else { " " });
        let value = field.field.canonical(&joined).ok().filter(|v| v.chars().any(|c| c.is_ascii_digit()))?;
        fits_length(&value).then_some((value, words))
    })?;
    // "1,5 triệu" is another number; "540.000 đồng/tháng" is not.
    let behind = tokens.get(words.len()).map(|t| t.folded.clone()).unwrap_or_default();
    let is_scaled = ["trieu", "nghin", "ngan", "ty", "%", "ti "].iter().any(|w| behind.starts_with(w));
    let weakest = words.iter().map(|t| t.confidence).fold(1.0, f32::min);
    let confidence = if weakest >= FIGURES_AT && !is_scaled { weakest } else { 0.0 };
    Some(Taken { value, confidence, words })
}
