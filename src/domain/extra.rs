//! Fields that a kind of paper adds to the eleven (Điều 6 khoản 11): how each is called, and the one
//! way in which its values are written.
//!
//! Knows nothing of how they are found on paper.

use serde::{Deserialize, Serialize};

use super::confirm::parse_day;

/// What the values of a field look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// Words.
    Text,
    /// The name of a person.
    Name,
    /// A calendar day: `2024-11-25`.
    Date,
    /// An amount of đồng, its digits alone: `540000`.
    Money,
    /// A number, with a point before decimals: `2.5`.
    Number,
    /// One of a list.
    Choice,
    /// Digits and letters of a register, without spaces.
    Identifier,
}

/// A field of one kind of paper, as it is shown to people and keyed by them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExtraField {
    /// Its name in `other`.
    pub key: String,
    /// Its name in Vietnamese.
    pub label: String,
    /// What its values look like.
    pub form: Form,
    /// The values of [`Form::Choice`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<String>,
}

impl ExtraField {
    /// A value as people write it, in the form in which it is kept. A choice that is not listed is
    /// kept as keyed: the paper decides, not the list.
    ///
    /// # Errors
    /// A Vietnamese sentence, without the value, when it is no value of this form.
    pub fn canonical(&self, text: &str) -> Result<String, String> {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        match self.form {
            Form::Text | Form::Name => Ok(text),
            Form::Date => parse_day(&text).map(|day| day.to_string()),
            Form::Money => money(&text).ok_or_else(|| "phải là số tiền, như 540.000 đồng".to_owned()),
            Form::Number => number(&text).ok_or_else(|| "phải là một số, như 12 hoặc 2,5".to_owned()),
            Form::Identifier => identifier(&text)
                .ok_or_else(|| "chỉ gồm chữ, số và các dấu / - . giữa chúng, không có dấu cách".to_owned()),
            Form::Choice => {
                let listed = self.choices.iter().find(|c| c.to_lowercase() == text.to_lowercase());
                Ok(listed.cloned().unwrap_or(text))
            }
        }
    }

    /// A value as people write it: days, amounts and decimals in the Vietnamese way.
    pub fn shown(&self, value: &str) -> String {
        match self.form {
            Form::Date => {
                parse_day(value).map_or_else(|_| value.to_owned(), |d| d.strftime("%d/%m/%Y").to_string())
            }
            Form::Money if value.bytes().all(|b| b.is_ascii_digit()) => {
                let digits: Vec<char> = value.chars().rev().collect();
                let groups: Vec<String> = digits.chunks(3).map(|c| c.iter().collect()).collect();
                groups.join(".").chars().rev().collect()
            }
            Form::Number => value.replace('.', ","),
            _ => value.to_owned(),
        }
    }

    /// What to key, for people; empty where the label says it all.
    pub fn hint(&self) -> String {
        match self.form {
            Form::Text | Form::Name | Form::Identifier => String::new(),
            Form::Date => "Như 25/11/2024.".to_owned(),
            Form::Money => "Đồng, như 540.000.".to_owned(),
            Form::Number => "Như 12 hoặc 2,5.".to_owned(),
            Form::Choice => format!("{}.", self.choices.join(" · ")),
        }
    }
}

/// `540.000 đồng`, `540000`: digits alone, or in groups of three.
fn money(text: &str) -> Option<String> {
    let lower = text.to_lowercase();
    let bare = ["đồng", "vnđ", "vnd", "đ"].iter().find_map(|unit| lower.strip_suffix(unit)).unwrap_or(&lower);
    grouped(bare.trim()).filter(|digits| digits.len() <= 15)
}

/// Digits alone, or in groups of three parted by one sign throughout.
fn grouped(text: &str) -> Option<String> {
    let separator = text.chars().find(|c| !c.is_ascii_digit());
    let Some(separator) = separator else { return Some(text.to_owned()).filter(|t| !t.is_empty()) };
    if !matches!(separator, '.' | ',' | ' ') {
        return None;
    }
    let groups: Vec<&str> = text.split(separator).collect();
    let is_whole = |g: &&str| g.len() == 3 && g.bytes().all(|b| b.is_ascii_digit());
    let (first, rest) = groups.split_first()?;
    let begins = (1..=3).contains(&first.len()) && first.bytes().all(|b| b.is_ascii_digit());
    (begins && rest.iter().all(is_whole)).then(|| groups.concat())
}

/// `12`, `2,5`, `1.250`: a comma stands before decimals; a point too, unless three digits follow it.
fn number(text: &str) -> Option<String> {
    let plain = |digits: String| {
        let bare = digits.trim_start_matches('0');
        if bare.is_empty() { "0".to_owned() } else { bare.to_owned() }
    };
    if let Some(whole) = grouped(text).filter(|_| !text.contains(',')) {
        return Some(plain(whole)).filter(|d| d.len() <= 15);
    }
    let (whole, decimals) = text.rsplit_once(',').or_else(|| text.rsplit_once('.'))?;
    let whole = plain(grouped(whole)?);
    let is_decimals = (1..=6).contains(&decimals.len()) && decimals.bytes().all(|b| b.is_ascii_digit());
    (is_decimals && whole.len() <= 15).then(|| format!("{whole}.{decimals}"))
}

fn identifier(text: &str) -> Option<String> {
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '/' | '-' | '.');
    let has_ends = text.starts_with(char::is_alphanumeric) && text.ends_with(char::is_alphanumeric);
    (has_ends && text.chars().count() <= 40 && text.chars().all(fits)).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(form: Form, cases: &[(&str, Option<&str>)]) {
        let choices = vec!["Đặc biệt nặng".to_owned(), "Nặng".to_owned()];
        let field = ExtraField { key: "k".into(), label: "L".into(), form, choices };
        for (text, expected) in cases {
            assert_eq!(field.canonical(text).ok().as_deref(), *expected, "{form:?} {text}");
        }
    }

    #[test]
    fn values_are_shown_as_they_are_keyed() {
        for (form, value, expected) in [
            (Form::Money, "1250000", "1.250.000"),
            (Form::Money, "540", "540"),
            (Form::Number, "2.5", "2,5"),
            (Form::Date, "2024-11-05", "05/11/2024"),
            (Form::Text, "2024-11-05", "2024-11-05"),
        ] {
            let field = ExtraField { key: "k".into(), label: "L".into(), form, choices: Vec::new() };
            assert_eq!(field.shown(value), expected);
            assert_eq!(field.canonical(expected).unwrap(), value, "what is shown can be keyed");
        }
    }

    #[test]
    fn values_have_one_form() {
        check(
            Form::Money,
            &[
                ("540.000 đồng", Some("540000")),
                ("1 250 000đ", Some("1250000")),
                ("540000", Some("540000")),
                ("54.00", None),
                ("1.2,3", None),
                ("đồng", None),
                ("năm trăm", None),
            ],
        );
        check(
            Form::Number,
            &[
                ("2,5", Some("2.5")),
                ("2.5", Some("2.5")),
                ("1.250", Some("1250")),
                ("1.250,75", Some("1250.75")),
                ("04", Some("4")),
                ("0,50", Some("0.50")),
                ("-1", None),
                ("1,", None),
                ("", None),
            ],
        );
        check(Form::Date, &[("25/11/2024", Some("2024-11-25")), ("31/02/2024", None)]);
        check(Form::Choice, &[("đặc biệt  NẶNG", Some("Đặc biệt nặng")), ("Rất nặng", Some("Rất nặng"))]);
        check(
            Form::Identifier,
            &[("B1234567", Some("B1234567")), ("12 34", None), ("", None), ("a;b", None)],
        );
        check(Form::Text, &[("  a  b ", Some("a b"))]);
    }
}
