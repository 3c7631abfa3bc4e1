//! From columns to values: the one place where times, days and ids leave the database.
//!
//! Knows nothing of tables.

use std::str::FromStr;

use jiff::{Timestamp, civil::Date};
use sqlx::{Row, any::AnyRow};

use super::StoreError;

/// A column by name, as the type it stands for. A value that isn't one is damage, not absence.
pub(super) trait Columns {
    fn text(&self, column: &'static str) -> Result<String, StoreError>;
    fn text_opt(&self, column: &'static str) -> Result<Option<String>, StoreError>;
    fn int(&self, column: &'static str) -> Result<i64, StoreError>;
    fn int_opt(&self, column: &'static str) -> Result<Option<i64>, StoreError>;

    fn at(&self, column: &'static str) -> Result<Timestamp, StoreError> {
        time(self.int(column)?, column)
    }

    fn at_opt(&self, column: &'static str) -> Result<Option<Timestamp>, StoreError> {
        self.int_opt(column)?.map(|micros| time(micros, column)).transpose()
    }

    fn parsed<T: FromStr>(&self, column: &'static str) -> Result<T, StoreError> {
        parse(&self.text(column)?, column)
    }

    fn parsed_opt<T: FromStr>(&self, column: &'static str) -> Result<Option<T>, StoreError> {
        self.text_opt(column)?.map(|text| parse(&text, column)).transpose()
    }

    fn unsigned<T: TryFrom<i64>>(&self, column: &'static str) -> Result<T, StoreError> {
        narrow(self.int(column)?, column)
    }
}

impl Columns for AnyRow {
    fn text(&self, column: &'static str) -> Result<String, StoreError> {
        self.try_get(column).map_err(|_| StoreError::Corrupt { what: column })
    }
    fn text_opt(&self, column: &'static str) -> Result<Option<String>, StoreError> {
        self.try_get(column).map_err(|_| StoreError::Corrupt { what: column })
    }
    fn int(&self, column: &'static str) -> Result<i64, StoreError> {
        self.try_get(column).map_err(|_| StoreError::Corrupt { what: column })
    }
    fn int_opt(&self, column: &'static str) -> Result<Option<i64>, StoreError> {
        self.try_get(column).map_err(|_| StoreError::Corrupt { what: column })
    }
}

/// A time as the database keeps it.
pub(super) fn time(micros: i64, what: &'static str) -> Result<Timestamp, StoreError> {
    Timestamp::from_microsecond(micros).map_err(|_| StoreError::Corrupt { what })
}

fn parse<T: FromStr>(text: &str, what: &'static str) -> Result<T, StoreError> {
    text.parse().map_err(|_| StoreError::Corrupt { what })
}

/// A number of the database as a narrower one.
pub(super) fn narrow<T: TryFrom<i64>>(value: i64, what: &'static str) -> Result<T, StoreError> {
    T::try_from(value).map_err(|_| StoreError::Corrupt { what })
}

/// A count or length as the database keeps it.
pub(super) fn widen(value: u64, what: &'static str) -> Result<i64, StoreError> {
    i64::try_from(value).map_err(|_| StoreError::Corrupt { what })
}

/// A time as the database keeps it; anything finer than a microsecond is lost.
pub(super) fn micros(at: Timestamp) -> i64 {
    at.as_microsecond()
}

/// A day as the database keeps it.
pub(super) fn day(day: Date) -> String {
    day.to_string()
}
