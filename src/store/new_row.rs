//! Rows before they are written: the one place where a table's columns meet their values, whether one row is inserted
//! or many are loaded.
//!
//! Knows nothing of tables.

use sqlx::AssertSqlSafe;

use super::{StoreError, Tx};

/// What stands in a column; `None` is NULL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Text(Option<String>),
    Number(Option<i64>),
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(Some(text))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(Some(text.to_owned()))
    }
}

impl From<Option<String>> for Value {
    fn from(text: Option<String>) -> Self {
        Self::Text(text)
    }
}

impl From<Option<&str>> for Value {
    fn from(text: Option<&str>) -> Self {
        Self::Text(text.map(str::to_owned))
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(Some(number))
    }
}

impl From<Option<i64>> for Value {
    fn from(number: Option<i64>) -> Self {
        Self::Number(number)
    }
}

/// A row for a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRow {
    table: &'static str,
    columns: Vec<(&'static str, Value)>,
}

impl NewRow {
    pub(super) fn of(table: &'static str) -> Self {
        Self { table, columns: Vec::with_capacity(16) }
    }

    pub(super) fn with(mut self, column: &'static str, value: impl Into<Value>) -> Self {
        self.columns.push((column, value.into()));
        self
    }

    /// Inserts it; `conflict` says what happens where it meets another row. Whether there is a row more or a changed one.
    ///
    /// # Errors
    /// [`StoreError`] of the database.
    pub(super) async fn insert(self, tx: &mut Tx, conflict: &'static str) -> Result<bool, StoreError> {
        let places: Vec<String> = (1..=self.columns.len()).map(|place| format!("${place}")).collect();
        let (table, names) = (self.table, self.names());
        let sql = format!("INSERT INTO {table} ({names}) VALUES ({}) {conflict}", places.join(", "));
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for (_, value) in self.columns {
            query = match value {
                Value::Text(text) => query.bind(text),
                Value::Number(number) => query.bind(number),
            };
        }
        Ok(query.execute(tx.connection()).await?.rows_affected() > 0)
    }

    /// Whose row it is, and what its line of [`NewRow::line`] holds, as COPY wants to be told.
    pub fn target(&self) -> String {
        format!("{} ({})", self.table, self.names())
    }

    /// Appends the row to the input of COPY, in its text format.
    pub fn line(&self, lines: &mut String) {
        for (n, (_, value)) in self.columns.iter().enumerate() {
            if n > 0 {
                lines.push('\t');
            }
            match value {
                Value::Text(None) | Value::Number(None) => lines.push_str("\\N"),
                Value::Number(Some(number)) => lines.push_str(&number.to_string()),
                Value::Text(Some(text)) => {
                    for letter in text.chars() {
                        match letter {
                            '\\' => lines.push_str("\\\\"),
                            '\t' => lines.push_str("\\t"),
                            '\n' => lines.push_str("\\n"),
                            '\r' => lines.push_str("\\r"),
                            other => lines.push(other),
                        }
                    }
                }
            }
        }
        lines.push('\n');
    }

    fn names(&self) -> String {
        let names: Vec<&str> = self.columns.iter().map(|(name, _)| *name).collect();
        names.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_copy_holds_what_the_row_holds() {
        let row = NewRow::of("paper")
            .with("id", "a\tb\\c\nd")
            .with("form", None::<&str>)
            .with("version", -3)
            .with("pages", None::<i64>);
        let mut lines = String::new();
        row.line(&mut lines);
        assert_eq!(row.target(), "paper (id, form, version, pages)");
        assert_eq!(lines, "a\\tb\\\\c\\nd\t\\N\t-3\t\\N\n");
    }
}
