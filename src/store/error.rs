//! What may stop the store from answering. Knows no personal data: nothing of a row is repeated.

use std::{fmt, io};

use crate::domain::ids::{OfficerId, PaperId, RecordId};

/// Why the store did not do what it was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The database or the object store can't be reached or used.
    #[error("the store cannot be reached")]
    Unreachable(#[source] Cause),
    /// Others are writing, or a deadlock was resolved against this one: trying again helps.
    #[error("the store is busy; try again")]
    Busy,
    /// No room is left; nothing was kept.
    #[error("no space is left in the store")]
    Full,
    /// What was kept is not what comes back.
    #[error("the store is damaged: {what}")]
    Corrupt {
        /// Which kind of thing, never which one.
        what: &'static str,
    },
    /// Ciphertext that doesn't open: moved, altered, or sealed with other keys.
    #[error("sealed data does not open: {what}")]
    Sealed {
        /// Table and column.
        what: &'static str,
    },
    /// The database was sealed with other keys than those given.
    #[error(
        "tệp khóa này không phải của cơ sở dữ liệu này: hãy đặt lại đúng tệp khóa đã cất; không có khóa thì không đọc được dữ liệu"
    )]
    OtherKeys,
    /// The key file lacks a master key that is in use.
    #[error(
        "tệp khóa không có khóa số {id} mà dữ liệu đang dùng: hãy đặt lại tệp khóa có khóa đó (tệp mới nhất, nếu khóa vừa được đổi ở máy khác)"
    )]
    KeyMissing {
        /// Its number.
        id: u32,
    },
    /// The system gives no random bytes.
    #[error("the system gives no random bytes")]
    NoRandomness,
    /// The database can't be brought to the form this program needs.
    #[error("the database cannot be migrated")]
    Migration(#[source] Cause),
    /// Something named does not exist.
    #[error("{what} does not exist")]
    Missing {
        /// Which kind of thing.
        what: &'static str,
    },
    /// A row of that id, or one that has to be unique, is there already.
    #[error("it exists already")]
    AlreadyExists,
    /// The code belongs to another paper, and always will (Điều 7).
    #[error("the code is assigned to another paper")]
    CodeTaken {
        /// The paper that has it.
        held_by: PaperId,
    },
    /// The paper is in a store already.
    #[error("the paper is stored already")]
    AlreadyStored {
        /// Its document there.
        record: RecordId,
    },
    /// Another officer has that personal number.
    #[error("an officer of that number exists")]
    OfficerExists {
        /// Who.
        officer: OfficerId,
    },
    /// The paper changed since it was read.
    #[error("the paper changed meanwhile")]
    Stale,
    /// The contract knows no such move.
    #[error("a paper that is {from} cannot become {to}")]
    IllegalMove {
        /// Its state.
        from: &'static str,
        /// The state asked for.
        to: &'static str,
    },
    /// The lease ran out and the job was given to another worker, or is gone.
    #[error("the job is no longer held by this worker")]
    LeaseLost,
    /// The database refused for a reason that no caller can act on.
    #[error("the database refused")]
    Refused(#[source] Cause),
}

/// What the library below said, as text: callers act on the variant, people read this in the log.
#[derive(Clone)]
pub struct Cause(String);

impl Cause {
    pub(super) fn new(cause: impl fmt::Display) -> Self {
        Self(cause.to_string())
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cause({})", self.0)
    }
}

impl std::error::Error for Cause {}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::Error as E;
        match error {
            E::Database(cause) => of_database(cause.as_ref()),
            E::ColumnDecode { .. } | E::Decode(_) | E::ColumnNotFound(_) | E::RowNotFound => {
                Self::Corrupt { what: "a row" }
            }
            E::Io(cause) => of_io(&cause),
            other => Self::Unreachable(Cause::new(other)),
        }
    }
}

fn of_database(cause: &dyn sqlx::error::DatabaseError) -> StoreError {
    use sqlx::error::ErrorKind;
    match cause.kind() {
        ErrorKind::UniqueViolation => return StoreError::AlreadyExists,
        ErrorKind::ForeignKeyViolation => return StoreError::Missing { what: "the row referred to" },
        _ => {}
    }
    let code = cause.code().unwrap_or_default();
    if code.len() == 5 { of_sqlstate(&code, cause) } else { of_sqlite_code(code.parse().unwrap_or(0), cause) }
}

/// PostgreSQL's codes: <https://www.postgresql.org/docs/15/errcodes-appendix.html>.
fn of_sqlstate(code: &str, cause: &dyn sqlx::error::DatabaseError) -> StoreError {
    match (code, &code[..2]) {
        ("40001" | "40P01" | "55P03" | "53300", _) => StoreError::Busy,
        ("53100", _) => StoreError::Full,
        (_, "08" | "28" | "3D" | "53" | "57") => StoreError::Unreachable(Cause::new(cause)),
        (_, "XX") => StoreError::Corrupt { what: "the database" },
        _ => StoreError::Refused(Cause::new(cause)),
    }
}

/// SQLite's codes: <https://www.sqlite.org/rescode.html>; the low byte is the primary code.
fn of_sqlite_code(code: u32, cause: &dyn sqlx::error::DatabaseError) -> StoreError {
    match code & 0xff {
        5 | 6 => StoreError::Busy,
        13 => StoreError::Full,
        11 | 26 => StoreError::Corrupt { what: "the database file" },
        8 | 10 | 14 => StoreError::Unreachable(Cause::new(cause)),
        _ => StoreError::Refused(Cause::new(cause)),
    }
}

/// The kind alone: messages of the system may carry paths.
pub(super) fn of_io(cause: &io::Error) -> StoreError {
    match cause.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            StoreError::Full
        }
        kind => StoreError::Unreachable(Cause::new(kind)),
    }
}
