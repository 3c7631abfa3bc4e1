//! The trace as a file: one JSON object a line, a segment before its events, the head at the end. What is sealed stays
//! sealed, so that the file can be handed on; whoever has it follows the chain without the database and, as far as
//! hashes go, without the keys.

use std::io::{self, BufRead, Read, Write};

use serde::{Deserialize, Serialize};

use super::{
    AuditFaultKind, AuditVerification,
    days::Day,
    entry::Entry,
    head::{self, Head},
    segment::{SEGMENT_EVENTS, Segment, segments_behind},
    verify::between,
    walk::Walk,
};
use crate::store::{Db, Keys, StoreError};

/// Bytes of a line at most: an event with all that may be sealed in it.
const LINE_BYTES: u64 = 16 << 20;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Segment(Segment),
    Event(Entry),
    Head(Head),
}

/// Why a trace was not written to a file, or a file not read.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The file.
    #[error("không đọc hoặc ghi được tệp nhật ký")]
    Io(#[from] io::Error),
    /// Not what [`export`] writes.
    #[error("dòng {line} không phải dòng của tệp nhật ký do sohoa xuất")]
    NotALine {
        /// From 1.
        line: u64,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Writes all chained events, segment by segment; how many they are.
///
/// # Errors
/// [`FileError`].
pub async fn export(db: &Db, out: &mut (impl Write + Send)) -> Result<u64, FileError> {
    let mut tx = db.read().await?;
    let (mut after, mut place, mut n_events) = (0, (i64::MIN, i64::MIN), 0u64);
    while let Some(segment) = segments_behind(&mut tx, after, 1).await?.into_iter().next() {
        let segment = segment?;
        let until = (segment.until_turn, segment.until_at);
        let events = between(&mut tx, place, until).await?;
        let events = events.ok_or(StoreError::Corrupt { what: "audit_event" })?;
        (after, place) = (segment.no, until);
        n_events = n_events.saturating_add(events.len() as u64);
        write(out, &Line::Segment(segment))?;
        for event in events {
            write(out, &Line::Event(event))?;
        }
    }
    if let Some(head) = head::read(&mut tx).await? {
        write(out, &Line::Head(head))?;
    }
    out.flush()?;
    Ok(n_events)
}

fn write(out: &mut impl Write, line: &Line) -> Result<(), FileError> {
    serde_json::to_writer(&mut *out, line).map_err(io::Error::from)?;
    Ok(out.write_all(b"\n")?)
}

/// Walks an exported trace, a segment at a time. Without `keys` whatever was changed and chained anew passes, unless
/// signed `days` say otherwise.
///
/// # Errors
/// [`FileError::Io`], [`FileError::NotALine`]. A fault in the chain is an answer, not an error.
pub fn verify(
    input: &mut impl BufRead,
    keys: Option<&Keys>,
    days: &[Day],
) -> Result<AuditVerification, FileError> {
    let mut lines = Lines { input, n_lines: 0 };
    let mut walk = Walk::new(keys, days.to_vec());
    let mut next = lines.next()?;
    let mut stated = None;
    while let Some(line) = next.take() {
        match line {
            Line::Segment(segment) => {
                let mut events = Vec::new();
                next = lines.next()?;
                while let Some(Line::Event(event)) = next {
                    if events.len() <= SEGMENT_EVENTS as usize {
                        events.push(event);
                    }
                    next = lines.next()?;
                }
                if !walk.is_broken() {
                    walk.segment(&segment, &events, !matches!(next, Some(Line::Segment(_))));
                }
            }
            Line::Event(_) => {
                walk.break_at(0, AuditFaultKind::Changed); // before the first segment
                next = lines.next()?;
            }
            Line::Head(head) => {
                stated = Some(head);
                next = lines.next()?;
                if next.is_some() {
                    return Err(FileError::NotALine { line: lines.n_lines });
                }
            }
        }
    }
    Ok(walk.end(stated.as_ref()))
}

struct Lines<'a, R> {
    input: &'a mut R,
    n_lines: u64,
}

impl<R: BufRead> Lines<'_, R> {
    fn next(&mut self) -> Result<Option<Line>, FileError> {
        let mut bytes = Vec::new();
        self.input.take(LINE_BYTES).read_until(b'\n', &mut bytes)?;
        if bytes.is_empty() {
            return Ok(None);
        }
        self.n_lines += 1;
        serde_json::from_slice(&bytes).map(Some).map_err(|_| FileError::NotALine { line: self.n_lines })
    }
}
