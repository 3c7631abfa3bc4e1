//! Days as papers write them.

use super::random::Random;

/// A calendar day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day {
    /// Four figures.
    pub year: u32,
    /// 1–12.
    pub month: u32,
    /// 1–31.
    pub day: u32,
}

fn days_in(year: u32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && !year.is_multiple_of(100) => 29,
        2 => 28,
        _ => 31,
    }
}

impl Day {
    /// Any day of the given years; never 29 February, so that every anniversary exists.
    pub fn between(random: &mut Random, from_year: u32, to_year: u32) -> Self {
        let year = random.whole(from_year, to_year);
        let month = random.whole(1, 12);
        Self { year, month, day: random.whole(1, days_in(year, month).min(if month == 2 { 28 } else { 31 })) }
    }

    /// A working day of the given years.
    pub fn working(random: &mut Random, from_year: u32, to_year: u32) -> Self {
        loop {
            let day = Self::between(random, from_year, to_year);
            if !matches!(day.weekday(), 0 | 6) {
                return day;
            }
        }
    }

    /// 0 is Sunday (Sakamoto's rule).
    fn weekday(self) -> u32 {
        const SHIFT: [u32; 12] = [0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4];
        let year = if self.month < 3 { self.year - 1 } else { self.year };
        (year + year / 4 - year / 100 + year / 400 + SHIFT[self.month as usize - 1] + self.day) % 7
    }

    /// The day before.
    pub fn before(self) -> Self {
        match (self.day, self.month) {
            (1, 1) => Self { year: self.year - 1, month: 12, day: 31 },
            (1, _) => Self { month: self.month - 1, day: days_in(self.year, self.month - 1), ..self },
            _ => Self { day: self.day - 1, ..self },
        }
    }

    /// The day after.
    fn after(self) -> Self {
        if self.day < days_in(self.year, self.month) {
            Self { day: self.day + 1, ..self }
        } else if self.month < 12 {
            Self { month: self.month + 1, day: 1, ..self }
        } else {
            Self { year: self.year + 1, month: 1, day: 1 }
        }
    }

    /// `days` days later, or the next working day.
    pub fn later(self, days: u32) -> Self {
        let mut day = (0..days).fold(self, |day, _| day.after());
        while matches!(day.weekday(), 0 | 6) {
            day = day.after();
        }
        day
    }

    /// `days` days earlier, or the last working day before; for papers that this one answers.
    pub fn earlier(self, days: u32) -> Self {
        let mut day = (0..days).fold(self, |day, _| day.before());
        while matches!(day.weekday(), 0 | 6) {
            day = day.before();
        }
        day
    }

    /// The same calendar day `years` later.
    pub fn plus_years(self, years: u32) -> Self {
        Self { year: self.year + years, ..self }
    }

    /// `2024-03-05`.
    pub fn iso(self) -> String {
        format!("{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }

    /// `05`: NĐ 30/2020 pads days below 10.
    pub fn day_text(self) -> String {
        format!("{:02}", self.day)
    }

    /// `02` for the first two months, `3` after.
    pub fn month_text(self) -> String {
        if self.month < 3 { format!("{:02}", self.month) } else { self.month.to_string() }
    }

    /// `ngày 05 tháng 3 năm 2024`.
    pub fn long(self) -> String {
        format!("ngày {} tháng {} năm {}", self.day_text(), self.month_text(), self.year)
    }

    /// The same day of the month `months` later, or the last one.
    pub fn plus_months(self, months: u32) -> Self {
        let whole = self.month - 1 + months;
        let (year, month) = (self.year + whole / 12, whole % 12 + 1);
        Self { year, month, day: self.day.min(days_in(year, month)) }
    }

    /// `05.3.2024`.
    pub fn dotted(self) -> String {
        format!("{:02}.{}.{}", self.day, self.month, self.year)
    }

    /// `05/03/24`.
    pub fn two_digit(self) -> String {
        format!("{:02}/{:02}/{:02}", self.day, self.month, self.year % 100)
    }

    /// `05/03/2024`.
    pub fn short(self) -> String {
        format!("{:02}/{:02}/{}", self.day, self.month, self.year)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_written_as_the_regulation_says() {
        let day = Day { year: 2024, month: 3, day: 1 };
        assert_eq!(day.long(), "ngày 01 tháng 3 năm 2024");
        assert_eq!(day.before().iso(), "2024-02-29");
        assert_eq!(day.before().later(0), day.before());
        assert_eq!(day.later(1).iso(), "2024-03-04");
        assert_eq!(day.weekday(), 5);
    }
}
