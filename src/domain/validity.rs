//! Period and scope of validity of a paper (Điều 6 khoản 8 and 9).
//!
//! Refuses to know today's date: the day is always an argument.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Thời hạn có hiệu lực: both ends are days on which the paper is valid; an open end is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValidityPeriod {
    /// First day; `None` when the paper does not say.
    #[serde(default)]
    pub from: Option<Date>,
    /// Last day; `None` when the paper does not say.
    #[serde(default)]
    pub until: Option<Date>,
}

/// A period that ends before it begins, or says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPeriod {
    /// Neither end is given: such a paper has no period, which is said by leaving the field out.
    #[error("thời hạn không có ngày bắt đầu và không có ngày kết thúc")]
    Empty,
    /// `until` lies before `from`.
    #[error("ngày hết hiệu lực sớm hơn ngày bắt đầu có hiệu lực")]
    Reversed,
}

impl ValidityPeriod {
    /// # Errors
    /// [`InvalidPeriod`] when both ends are open or the end lies before the beginning.
    pub fn new(from: Option<Date>, until: Option<Date>) -> Result<Self, InvalidPeriod> {
        match (from, until) {
            (None, None) => Err(InvalidPeriod::Empty),
            (Some(from), Some(until)) if until < from => Err(InvalidPeriod::Reversed),
            _ => Ok(Self { from, until }),
        }
    }

    /// Whether `day` lies within the period, ends included.
    pub fn is_valid_on(&self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day <= until)
    }

    /// The last day of a period of `years` that begins on `from`: the same calendar day, or the
    /// last of February where the year has no 29th. `None` past the end of the calendar.
    pub fn end_after_years(from: Date, years: i16) -> Option<Date> {
        let year = from.year().checked_add(years)?;
        Date::new(year, from.month(), from.day()).or_else(|_| Date::new(year, from.month(), 28)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn both_ends_are_valid_days() {
        let period = ValidityPeriod::new(Some(date(2019, 6, 5)), Some(date(2021, 12, 31))).unwrap();
        for (day, expected) in [
            (date(2019, 6, 4), false),
            (date(2019, 6, 5), true),
            (date(2021, 12, 31), true),
            (date(2022, 1, 1), false),
        ] {
            assert_eq!(period.is_valid_on(day), expected, "{day}");
        }
    }

    #[test]
    fn an_open_end_never_ends() {
        let period = ValidityPeriod::new(Some(date(2019, 6, 5)), None).unwrap();
        assert!(period.is_valid_on(date(2999, 1, 1)));
        assert!(!period.is_valid_on(date(2019, 1, 1)));
    }

    #[test]
    fn nonsense_is_refused() {
        assert_eq!(ValidityPeriod::new(None, None), Err(InvalidPeriod::Empty));
        let reversed = ValidityPeriod::new(Some(date(2021, 1, 2)), Some(date(2021, 1, 1)));
        assert_eq!(reversed, Err(InvalidPeriod::Reversed));
    }

    #[test]
    fn years_end_on_the_same_calendar_day() {
        assert_eq!(ValidityPeriod::end_after_years(date(2021, 3, 4), 5), Some(date(2026, 3, 4)));
        assert_eq!(ValidityPeriod::end_after_years(date(2024, 2, 29), 5), Some(date(2029, 2, 28)));
    }
}
