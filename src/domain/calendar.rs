//! Working days in Vietnam, and terms that are counted in them.
//!
//! Saturdays and Sundays, the holidays of Bộ luật Lao động 45/2019/QH14, Điều 112 that stand in the solar calendar, and
//! the days off in their stead (Điều 111 khoản 3) are built in; what the moon or a yearly decision sets is configured.
//! A day that nobody told counts as working: a term is told too short, never too long.

use std::collections::BTreeSet;

use jiff::{
    Timestamp,
    civil::{Date, Weekday, date},
    tz::{TimeZone, offset},
};
use serde::Deserialize;

/// Days looked back for a holiday that fell on a weekend.
const IN_LIEU_WITHIN: u32 = 10;
/// Days looked ahead at most; more is no calendar.
const AHEAD_AT_MOST: u32 = 400;

/// Which days are worked.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(try_from = "Listed")]
pub struct Calendar {
    holidays: BTreeSet<Date>,
    working_days: BTreeSet<Date>,
}

/// What the configuration lists.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Listed {
    holidays: BTreeSet<Date>,
    working_days: BTreeSet<Date>,
}

impl TryFrom<Listed> for Calendar {
    type Error = String;

    fn try_from(listed: Listed) -> Result<Self, String> {
        let Listed { holidays, working_days } = listed;
        match holidays.intersection(&working_days).next() {
            Some(day) => {
                Err(format!("ngày {day} vừa là ngày nghỉ (holidays) vừa là ngày làm việc (working_days)"))
            }
            None => Ok(Self { holidays, working_days }),
        }
    }
}

impl Calendar {
    /// Whether offices work on `day`.
    pub fn is_working(&self, day: Date) -> bool {
        self.working_days.contains(&day)
            || !(is_weekend(day) || is_fixed(day) || self.holidays.contains(&day) || self.is_in_lieu(day))
    }

    /// When the `n`th working day after the day of `from` ends in Vietnam (UTC+7): the day on which something came is
    /// not counted (Bộ luật Dân sự 91/2015/QH13, Điều 147, 148).
    pub fn end_of_working_day(&self, from: Timestamp, n: u32) -> Timestamp {
        let zone = TimeZone::fixed(offset(7));
        let mut day = from.to_zoned(zone.clone()).date();
        let mut n_left = n;
        for _ in 0..AHEAD_AT_MOST {
            if n_left == 0 {
                break;
            }
            let Ok(next) = day.tomorrow() else { return Timestamp::MAX };
            day = next;
            n_left -= u32::from(self.is_working(day));
        }
        let midnight = day.tomorrow().and_then(|next| next.to_zoned(zone));
        midnight.map_or(Timestamp::MAX, |midnight| midnight.timestamp())
    }

    /// The holidays of `year` that are not in the solar calendar and that nobody configured.
    pub fn unknown(&self, year: i16) -> Vec<&'static str> {
        let Ok(first) = Date::new(year, 1, 1) else { return Vec::new() };
        let within = |from: (i8, i8), until: (i8, i8)| {
            let day = |(month, day): (i8, i8)| date(first.year(), month, day);
            self.holidays.range(day(from)..=day(until)).next().is_some()
        };
        let known = [
            ("Tết Nguyên đán", within((1, 15), (2, 28))),
            ("Giỗ Tổ Hùng Vương", within((3, 25), (4, 29)) || within((5, 2), (5, 5))),
            ("ngày nghỉ liền kề Quốc khánh", within((9, 1), (9, 1)) || within((9, 3), (9, 3))),
        ];
        known.into_iter().filter(|(_, is_known)| !is_known).map(|(name, _)| name).collect()
    }

    /// Whether `day` is off because a holiday of the solar calendar fell on a weekend before it. A configured day off
    /// counts as the one in its stead.
    fn is_in_lieu(&self, day: Date) -> bool {
        let mut at = day;
        for _ in 0..IN_LIEU_WITHIN {
            let Ok(before) = at.yesterday() else { return false };
            at = before;
        }
        let mut n_owed = 0;
        loop {
            if is_weekend(at) {
                n_owed += u32::from(is_fixed(at));
            } else if n_owed > 0 && !is_fixed(at) {
                n_owed -= 1;
                if at == day {
                    return true;
                }
            }
            match at.tomorrow() {
                Ok(next) if at < day => at = next,
                _ => return false,
            }
        }
    }
}

fn is_weekend(day: Date) -> bool {
    matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
}

/// Holidays of the solar calendar (Bộ luật Lao động, Điều 112 khoản 1).
fn is_fixed(day: Date) -> bool {
    matches!((day.month(), day.day()), (1, 1) | (4, 30) | (5, 1) | (9, 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calendar(holidays: &[&str], working_days: &[&str]) -> Calendar {
        let days = |list: &[&str]| list.iter().map(|day| day.parse().unwrap()).collect();
        Calendar::try_from(Listed { holidays: days(holidays), working_days: days(working_days) }).unwrap()
    }

    #[test]
    fn two_working_days_end_at_midnight_in_vietnam() {
        let plain = Calendar::default();
        let tet = calendar(&["2027-02-05", "2027-02-08", "2027-02-09", "2027-02-10", "2027-02-11"], &[]);
        let swapped = calendar(&["2026-01-02"], &["2026-01-10"]);
        let check = |calendar: &Calendar, came: &str, last_day: &str| {
            let until = calendar.end_of_working_day(came.parse().unwrap(), 2);
            let last: Timestamp = format!("{last_day}T23:59:59+07:00").parse().unwrap();
            assert_eq!(until.duration_since(last).as_secs(), 1, "{came}: {until}");
        };
        // Monday to Wednesday.
        check(&plain, "2026-11-16T09:00:00+07:00", "2026-11-18");
        // Friday afternoon, Saturday, Sunday: Tuesday.
        check(&plain, "2026-11-20T16:59:00+07:00", "2026-11-24");
        check(&plain, "2026-11-21T08:00:00+07:00", "2026-11-24");
        check(&plain, "2026-11-22T23:59:59+07:00", "2026-11-24");
        // Midnight in Vietnam is five in the afternoon UTC.
        check(&plain, "2026-11-22T16:59:59Z", "2026-11-24");
        check(&plain, "2026-11-22T17:00:00Z", "2026-11-25");
        // Before a holiday: Wednesday 29 April; Thursday and Friday are off.
        check(&plain, "2026-04-29T10:00:00+07:00", "2026-05-05");
        // 1 May on a Saturday is made up for on Monday.
        check(&plain, "2027-04-29T10:00:00+07:00", "2027-05-05");
        // The same, said in the configuration too: not twice.
        check(&calendar(&["2027-05-03"], &[]), "2027-04-29T10:00:00+07:00", "2027-05-05");
        // Both on a weekend: Monday and Tuesday are off.
        check(&plain, "2033-04-29T10:00:00+07:00", "2033-05-05");
        // Tết, over a weekend.
        check(&tet, "2027-02-04T16:00:00+07:00", "2027-02-15");
        // Friday off, made up for on a Saturday.
        check(&swapped, "2025-12-31T10:00:00+07:00", "2026-01-06");
        check(&swapped, "2026-01-08T10:00:00+07:00", "2026-01-10");
        // Leap day, and the end of the year.
        check(&plain, "2028-02-28T10:00:00+07:00", "2028-03-01");
        check(&plain, "2027-02-26T10:00:00+07:00", "2027-03-02");
        check(&plain, "2026-12-31T17:30:00+07:00", "2027-01-05");
        // 1 January 2028 is a Saturday.
        check(&plain, "2027-12-31T10:00:00+07:00", "2028-01-05");
    }

    #[test]
    fn a_calendar_without_working_days_ends_somewhere() {
        let days: Vec<String> = (1..=500)
            .map(|n| date(2026, 1, 1).saturating_add(jiff::Span::new().days(n)).to_string())
            .collect();
        let none = calendar(&days.iter().map(String::as_str).collect::<Vec<_>>(), &[]);
        let from: Timestamp = "2026-01-02T00:00:00Z".parse().unwrap();
        assert!(none.end_of_working_day(from, 2) > from);
        assert_eq!(Calendar::default().end_of_working_day(Timestamp::MAX, 2), Timestamp::MAX);
    }

    #[test]
    fn what_is_not_configured_is_said() {
        assert_eq!(Calendar::default().unknown(2026).len(), 3);
        assert_eq!(
            calendar(&["2027-02-05"], &[]).unknown(2027),
            ["Giỗ Tổ Hùng Vương", "ngày nghỉ liền kề Quốc khánh"]
        );
        assert_eq!(calendar(&["2027-02-05", "2027-04-16", "2027-09-03"], &[]).unknown(2027), [""; 0]);
        assert_eq!(calendar(&["2027-02-05"], &[]).unknown(2028).len(), 3);
    }

    #[test]
    fn no_day_is_both() {
        let read = |text: &str| toml::from_str::<Calendar>(text).map_err(|e| e.to_string());
        assert!(read("holidays = [\"2027-02-05\"]\nworking_days = [\"2027-02-06\"]").is_ok());
        assert!(
            read("holidays = [\"2027-02-05\"]\nworking_days = [\"2027-02-05\"]")
                .unwrap_err()
                .contains("2027-02-05")
        );
        for wrong in ["holidays = [\"2027-02-30\"]", "holiday = []", "holidays = \"x\""] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
