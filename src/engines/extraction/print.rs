//! Tells figures that were printed from figures written by pen, by their measures.
//!
//! On most real letters number and day are written into a printed line. Tesseract then returns
//! garbage, or digits with some confidence; a wrong number that looks read is the worst answer, so
//! whatever does not measure like print beside print is left to a person. Knows nothing of fields.

use super::layout::Token;

/// Advance width in em of a letter of Times; marks are laid above letters and don't widen them.
fn letter_em(c: char) -> f32 {
    match super::fold::fold(&c.to_string()).chars().next() {
        Some(base) if c.is_uppercase() => upper_em(base),
        Some(base) => lower_em(base),
        None => 0.0,
    }
}

fn upper_em(base: char) -> f32 {
    match base {
        'i' => 0.333,
        'j' => 0.389,
        'f' | 'p' | 's' => 0.556,
        'e' | 'l' | 't' | 'z' => 0.611,
        'b' | 'c' | 'r' => 0.667,
        'm' => 0.889,
        'w' => 0.944,
        _ => 0.722,
    }
}

fn lower_em(base: char) -> f32 {
    match base {
        'i' | 'j' | 'l' | 't' | '/' | ':' | ';' => 0.278,
        '.' | ',' => 0.25,
        'f' | 'r' | '-' | '(' | ')' => 0.333,
        's' => 0.389,
        'a' | 'c' | 'e' | 'z' => 0.444,
        'w' => 0.722,
        'm' | '&' => 0.778,
        _ => 0.5,
    }
}

/// Width of a word in em, as Times sets it.
pub(super) fn advance_em(word: &str) -> f32 {
    word.chars().map(letter_em).sum()
}

/// Width of the ink of a word in em: side bearings keep it short of the advance, those of a 1 most.
fn ink_em(word: &str) -> f32 {
    let ones = u8::from(word.starts_with('1')) + u8::from(word.ends_with('1'));
    advance_em(word) - 0.06 - 0.07 * f32::from(ones)
}

/// Height of the ink of a word in em, as Times sets it: what test pages are laid out by.
#[cfg(test)]
pub(super) fn height_em(word: &str) -> f32 {
    let (top, bottom) = reach_em(word);
    top + bottom
}

/// How far the ink of a word reaches above and below the line of writing, in em.
fn reach_em(word: &str) -> (f32, f32) {
    let (mut top, mut bottom) = (0.1_f32, 0.0_f32);
    for c in word.chars() {
        let folded = super::fold::fold(&c.to_string());
        let base = folded.chars().next().unwrap_or(' ');
        let has_mark = c.is_alphabetic() && !c.is_ascii() && !matches!(c, 'đ' | 'Đ' | 'ơ' | 'Ơ' | 'ư' | 'Ư');
        let above = match base {
            _ if c.is_uppercase() => 0.67 + if has_mark { 0.2 } else { 0.0 },
            _ if has_mark => 0.68,
            '0'..='9' | '/' | '(' | ')' | '&' => 0.68,
            'b' | 'd' | 'f' | 'h' | 'k' | 'l' | 'i' | 'j' => 0.68,
            't' => 0.58,
            '-' => 0.26,
            '.' | ',' => 0.1,
            _ => 0.46,
        };
        let below = match base {
            'g' | 'j' | 'p' | 'q' | 'y' => 0.2,
            ',' | ';' | '(' | ')' => 0.17,
            _ => 0.01,
        };
        let below = if c.is_uppercase() && base != 'q' { 0.01 } else { below };
        (top, bottom) = (top.max(above), bottom.max(below));
    }
    (top, bottom)
}

/// Share by which a measured height may leave that of print.
const HEIGHT_SLACK: f32 = 0.22;
/// Share by which a measured width may leave that of print.
const WIDTH_SLACK: f32 = 0.16;
/// The same for figures beside printed figures of the same line of writing.
const FIGURE_SLACK: f32 = 0.1;
/// How far ink may end above or below the line of writing, in em.
const BASELINE_SLACK: f32 = 0.13;

/// Size and line of the print around some figures.
#[derive(Debug, Clone, Copy)]
pub(super) struct Print {
    em_mm: f32,
    baseline_mm: f32,
}

impl Print {
    /// From printed words of the same line; `None` when there is not enough of them.
    pub(super) fn of(neighbours: &[&Token]) -> Option<Self> {
        let mut sizes: Vec<f32> = Vec::new();
        let mut baselines: Vec<f32> = Vec::new();
        for token in neighbours {
            let advance = advance_em(&token.text);
            if advance < 1.0 || token.at.width <= 0.0 {
                continue;
            }
            // Side bearings keep ink about 0.06 em short of the advance.
            let em = token.at.width / (advance - 0.06);
            sizes.push(em);
            baselines.push(token.at.bottom() - reach_em(&token.text).1 * em);
        }
        Some(Self { em_mm: median(&mut sizes)?, baseline_mm: median(&mut baselines)? })
    }

    /// Whether `token` measures like print of this size on this line.
    pub(super) fn fits(&self, token: &Token) -> bool {
        let (top, bottom) = reach_em(&token.text);
        let height = (top + bottom) * self.em_mm;
        let width = ink_em(&token.text) * self.em_mm;
        let ends_at = self.baseline_mm + bottom * self.em_mm;
        let is_near =
            |measured: f32, expected: f32, slack: f32| (measured - expected).abs() <= slack * expected + 0.17;
        is_near(token.at.height, height, HEIGHT_SLACK)
            && is_near(token.at.width, width, WIDTH_SLACK)
            && (token.at.bottom() - ends_at).abs() <= BASELINE_SLACK * self.em_mm + 0.17
    }

    /// How wide the ink of `token` is in this print, mm.
    pub(super) fn width(&self, token: &Token) -> f32 {
        ink_em(&token.text) * self.em_mm
    }

    /// Whether `token` is just as wide as print.
    pub(super) fn fits_width(&self, token: &Token) -> bool {
        let width = ink_em(&token.text) * self.em_mm;
        (token.at.width - width).abs() <= FIGURE_SLACK / 2.0 * width
    }

    /// Whether figures alone measure like print whose figures are `advance_mm` wide: fonts set them wider
    /// or narrower beside their letters than Times does.
    pub(super) fn fits_figures(&self, token: &Token, advance_mm: f32) -> bool {
        let ones = u8::from(token.text.starts_with('1')) + u8::from(token.text.ends_with('1'));
        let n_figures = token.text.chars().count() as f32;
        let width = advance_mm * (n_figures - 0.12 - 0.14 * f32::from(ones));
        let (top, _) = reach_em(&token.text);
        let is_near =
            |measured: f32, expected: f32, slack: f32| (measured - expected).abs() <= slack * expected + 0.17;
        token.text.bytes().all(|b| b.is_ascii_digit())
            && is_near(token.at.width, width, FIGURE_SLACK)
            && is_near(token.at.height, top * self.em_mm, HEIGHT_SLACK)
            && (token.at.bottom() - self.baseline_mm).abs() <= BASELINE_SLACK * self.em_mm + 0.17
    }

    /// Whether `token` is of this size, on whatever line it stands.
    pub(super) fn fits_size(&self, token: &Token) -> bool {
        let on_own_line =
            Self { baseline_mm: token.at.bottom() - reach_em(&token.text).1 * self.em_mm, ..*self };
        on_own_line.fits(token)
    }

    /// The size of the letters.
    pub(super) fn em_mm(&self) -> f32 {
        self.em_mm
    }
}

/// How far a figure of a printed year is from the next, in millimetres.
pub(super) fn figure_advance(tokens: &[Token]) -> Option<f32> {
    let is_year = |t: &&Token| t.text.len() == 4 && t.text.bytes().all(|b| b.is_ascii_digit());
    let year = tokens.iter().rfind(is_year)?;
    let ones = u8::from(year.text.starts_with('1')) + u8::from(year.text.ends_with('1'));
    Some(year.at.width / (3.88 - 0.14 * f32::from(ones)))
}

fn median(values: &mut [f32]) -> Option<f32> {
    values.sort_by(f32::total_cmp);
    values.get(values.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::page::BoxMm;

    fn token(text: &str, left: f32, top: f32, width: f32, height: f32) -> Token {
        Token::new(text, BoxMm { left, top, width, height }, 0.9)
    }

    #[test]
    fn printed_figures_fit_their_line_and_others_do_not() {
        // Measures of a typed and of two pen-written lines.
        let typed = [token("tháng", 144.0, 42.2, 10.3, 4.2), token("năm", 161.0, 42.2, 7.5, 3.2)];
        let penned = [token("tháng", 146.0, 35.8, 10.2, 4.2), token("năm", 163.0, 36.2, 7.5, 3.0)];
        for (line, figure, expected) in [
            (&typed, token("2024", 170.0, 42.3, 8.9, 3.0), true),
            (&typed, token("11", 155.0, 42.3, 3.9, 3.0), true),
            (&penned, token("04", 141.0, 35.3, 3.6, 4.4), false),
            (&penned, token("04", 141.0, 33.9, 4.1, 3.1), false),
            (&penned, token("04", 141.0, 36.0, 7.0, 3.1), false),
            (&penned, token("02", 158.0, 35.9, 4.1, 3.2), true),
            // A printed 11 is narrow: its ones stand far from their edges.
            (&typed, token("11", 155.0, 42.3, 3.4, 3.0), true),
        ] {
            let line: Vec<&Token> = line.iter().collect();
            let print = Print::of(&line).unwrap();
            assert_eq!(print.fits(&figure), expected, "{figure:?} {print:?}");
        }
    }

    #[test]
    fn a_line_without_words_measures_nothing() {
        assert!(Print::of(&[]).is_none());
        assert!(Print::of(&[&token("-", 1.0, 1.0, 1.0, 0.4)]).is_none());
    }
}
