//! The wall clock, read here alone; everything else gets the time as an argument.

use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    tz::TimeZone,
};

/// Where the time comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// Stands still, for tests.
    Fixed(Timestamp),
}

impl Clock {
    /// The present instant, UTC.
    #[allow(clippy::disallowed_methods)] // the one place
    pub fn now(self) -> Timestamp {
        match self {
            Self::System => Timestamp::now(),
            Self::Fixed(at) => at,
        }
    }
}

/// The calendar day in Vietnam (UTC+7, no summer time) on which `at` falls.
pub fn day_in_vietnam(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::fixed(jiff::tz::offset(7))).date()
}

/// Day and minute in Vietnam, for people: `22/11/2026 15:04`.
pub fn minute_in_vietnam(at: Timestamp) -> String {
    at.to_zoned(TimeZone::fixed(jiff::tz::offset(7))).strftime("%d/%m/%Y %H:%M").to_string()
}

/// Day and time in Vietnam to the microsecond, for who reads the trace: `22/11/2026 15:04:05,000001`.
pub fn instant_in_vietnam(at: Timestamp) -> String {
    at.to_zoned(TimeZone::fixed(jiff::tz::offset(7))).strftime("%d/%m/%Y %H:%M:%S,%6f").to_string()
}

/// Day and minute in Vietnam as forms carry them: `2026-11-22T15:04`.
pub fn form_minute_in_vietnam(at: Timestamp) -> String {
    at.to_zoned(TimeZone::fixed(jiff::tz::offset(7))).strftime("%Y-%m-%dT%H:%M").to_string()
}

/// The instant of a day and time in Vietnam, as forms send them; `None` for anything else.
pub fn read_minute_in_vietnam(text: &str) -> Option<Timestamp> {
    let local: DateTime = text.trim().parse().ok()?;
    local.to_zoned(TimeZone::fixed(jiff::tz::offset(7))).ok().map(|zoned| zoned.timestamp())
}

/// When a day begins in Vietnam; `None` at the end of time.
pub fn midnight_in_vietnam(day: Date) -> Option<Timestamp> {
    day.to_zoned(TimeZone::fixed(jiff::tz::offset(7))).ok().map(|zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_turns_at_seven_in_the_evening_utc() {
        for (at, day) in [("2026-11-21T16:59:59Z", "2026-11-21"), ("2026-11-21T17:00:00Z", "2026-11-22")] {
            assert_eq!(day_in_vietnam(at.parse().unwrap()).to_string(), day);
        }
    }

    #[test]
    fn forms_tell_minutes_of_vietnam() {
        let at: Timestamp = "2026-11-21T17:05:00Z".parse().unwrap();
        assert_eq!(form_minute_in_vietnam(at), "2026-11-22T00:05");
        assert_eq!(read_minute_in_vietnam(" 2026-11-22T00:05"), Some(at));
        for wrong in ["", "2026-11-22T25:05", "hôm qua", "2026-02-30T10:00"] {
            assert_eq!(read_minute_in_vietnam(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn instants_are_told_to_the_microsecond_and_days_begin_at_five_in_the_afternoon_utc() {
        let at: Timestamp = "2026-11-21T17:00:00.000001Z".parse().unwrap();
        assert_eq!(instant_in_vietnam(at), "22/11/2026 00:00:00,000001");
        let midnight = midnight_in_vietnam("2026-11-22".parse().unwrap()).unwrap();
        assert_eq!(midnight.to_string(), "2026-11-21T17:00:00Z");
    }
}
