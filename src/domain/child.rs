//! Who is a child: whoever is younger than 16 (Luật Trẻ em 102/2016/QH13, Điều 1).

use jiff::{Span, civil::Date};

use super::ids::PersonalId;

const CHILD_YEARS: i16 = 16;

/// Whether somebody born on that day is one on `today`.
pub fn is_child(born: Date, today: Date) -> bool {
    born.saturating_add(Span::new().years(CHILD_YEARS)) > today
}

/// As [`is_child`], by the year that a number states: of a year alone, who might be one is one.
pub fn may_be_child(number: &PersonalId, today: Date) -> bool {
    number.birth_year().saturating_add(CHILD_YEARS) >= today.year()
}

/// By what is known of somebody; `None` where it is neither a birth date nor a number.
pub fn is_known_child(born: Option<Date>, number: Option<&PersonalId>, today: Date) -> Option<bool> {
    match (born, number) {
        (Some(born), _) => Some(is_child(born, today)),
        (None, number) => number.map(|number| may_be_child(number, today)),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn one_is_a_child_until_the_day_one_is_16_and_by_the_year_alone_all_that_year() {
        let today = date(2026, 11, 21);
        for (born, expected) in
            [(date(2010, 11, 22), true), (date(2010, 11, 21), false), (date(2026, 1, 1), true)]
        {
            assert_eq!(is_child(born, today), expected, "{born}");
        }
        for (number, expected) in [("001210000001", true), ("001209000001", false)] {
            assert_eq!(may_be_child(&PersonalId::parse(number).unwrap(), today), expected, "{number}");
        }
    }
}
