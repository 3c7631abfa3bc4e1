//! A PDF as a stack of revisions: which bytes belong to which incremental update, and every object as
//! of each of them (ISO 32000-2, 7.5.6).
//!
//! Lazy: opening reads cross-references alone, objects are read where they are asked for. Bounded: the
//! bytes are hostile. Strict: nothing is guessed, save in a file whose cross-references are damaged,
//! which is then marked as recovered. Knows nothing of pages, fields and signatures.

mod objects;
mod parse;
mod recover;
mod stream;
mod xref;

use std::{collections::HashSet, ops::Range, sync::Mutex};

use lopdf::{Dictionary, EncryptionState, ObjectId};

use objects::Kept;
pub use recover::loose_objects;
use xref::{Entry, Section};

/// How far into the file its header may stand (ISO 32000-2, annex I of earlier editions).
const FARTHEST_HEADER: usize = 1024;
/// What stops us from looking at a file at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RevisionsError {
    /// No header where one has to be.
    #[error("tệp không phải là PDF")]
    NotAPdf,
    /// Nothing in it can be made sense of.
    #[error("tệp PDF bị hỏng, không đọc được cấu trúc")]
    Damaged,
    /// More entries or sections than are looked at.
    #[error("tệp PDF có quá nhiều đối tượng hoặc quá nhiều lần cập nhật")]
    TooMany,
}

/// How a revision writes its cross-references.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum XrefForm {
    /// A table.
    Table,
    /// A stream.
    Stream,
    /// A table, and a stream beside it for newer readers.
    Hybrid,
}

/// One revision: the file as first written, or one incremental update.
#[derive(Debug, Clone, PartialEq)]
pub struct Revision {
    /// Just behind its `%%EOF`, bytes from the start of the file.
    pub eof: usize,
    /// Just behind the white space that follows `%%EOF`.
    pub end: usize,
    /// Where its cross-references start: what its `startxref` says, from the start of the file.
    pub xref_at: usize,
    /// How it writes them.
    pub form: XrefForm,
    /// Whether it ends as it should, with a `startxref` of its own and `%%EOF`; a revision that does
    /// not was never whole, and no signature can cover it.
    pub is_closed: bool,
    /// Number of its cross-reference stream.
    pub xref_stream: Option<u32>,
    trailer: Dictionary,
    written: Range<usize>,
}

/// A PDF as a stack of revisions; revision 0 is the oldest.
pub struct RevisedPdf<'a> {
    bytes: &'a [u8],
    base: usize,
    revisions: Vec<Revision>,
    /// Number, revision, place: sorted by number, then revision.
    history: Vec<(u32, u32, Entry)>,
    /// Numbers written, revision by revision.
    written: Vec<u32>,
    /// Numbers of object streams, of any revision.
    object_streams: HashSet<u32>,
    last_startxref: Option<usize>,
    is_recovered: bool,
    lock: Lock,
    password: String,
    kept: Mutex<Kept>,
}

/// Whether strings and streams can be read.
enum Lock {
    Open,
    Unlocked { state: Box<EncryptionState>, dictionary: Option<ObjectId> },
    Locked,
}

impl<'a> RevisedPdf<'a> {
    /// Reads the cross-references of a PDF. `password` opens an encrypted one; without it the empty
    /// password is tried.
    ///
    /// # Errors
    /// [`RevisionsError`]; a wrong password is none (see [`Self::is_locked`]).
    pub fn open(bytes: &'a [u8], password: Option<&str>) -> Result<Self, RevisionsError> {
        let head = &bytes[..bytes.len().min(FARTHEST_HEADER)];
        let base = head.windows(5).position(|w| w == b"%PDF-").ok_or(RevisionsError::NotAPdf)?;
        let last = xref::last_startxref(bytes);
        let mut pdf = match last.map(|(at, offset)| Self::strict(bytes, base, at, offset)) {
            Some(Ok(pdf)) => pdf,
            Some(Err(RevisionsError::TooMany)) => return Err(RevisionsError::TooMany),
            _ => recover::recover(bytes, base)?,
        };
        pdf.last_startxref = last.map(|(_, offset)| offset);
        pdf.unlock(password);
        if !pdf.is_recovered && !pdf.has_catalogue() && !pdf.is_locked() {
            pdf = recover::recover(bytes, base)?;
            pdf.last_startxref = last.map(|(_, offset)| offset);
            pdf.unlock(password);
        }
        Ok(pdf)
    }

    /// The file as its own cross-references describe it.
    fn strict(bytes: &'a [u8], base: usize, keyword: usize, newest: usize) -> Result<Self, RevisionsError> {
        let (base, sections) = match xref::chain(bytes, base, newest) {
            Ok(sections) => (base, sections),
            // Junk before the header that the offsets count.
            Err(xref::Fault::Damaged) if base > 0 => (0, xref::chain(bytes, 0, newest)?),
            Err(fault) => return Err(fault.into()),
        };
        let pdf = Self::from_sections(bytes, base, sections)?;
        let newest = pdf.revisions.last().ok_or(RevisionsError::Damaged)?;
        // What readers start from has to be what closes the newest revision.
        if newest.is_closed && !(newest.xref_at..newest.end).contains(&keyword) {
            let is_linear = pdf.revisions.len() == 1;
            if !is_linear || keyword > newest.end {
                return Err(RevisionsError::Damaged);
            }
        }
        Ok(pdf)
    }

    fn from_sections(
        bytes: &'a [u8],
        base: usize,
        newest_first: Vec<Section>,
    ) -> Result<Self, RevisionsError> {
        let mut sections = newest_first;
        sections.reverse();
        let mut pdf = Self {
            bytes,
            base,
            revisions: Vec::new(),
            history: Vec::new(),
            written: Vec::new(),
            object_streams: HashSet::new(),
            last_startxref: None,
            is_recovered: false,
            lock: Lock::Open,
            password: String::new(),
            kept: Mutex::default(),
        };
        let mut rest = sections.into_iter();
        let mut oldest = rest.next().ok_or(RevisionsError::Damaged)?;
        let mut waiting = rest.next();
        // A linearised file is written in one go, with the section of its first page in front; what its
        // readers start from is that one (ISO 32000-2, annex F).
        if let Some(first_page) = waiting.take_if(|second| second.at < oldest.at) {
            let at = oldest.ends_at;
            let main = std::mem::replace(&mut oldest, first_page);
            oldest.ends_at = at;
            let shown: HashSet<u32> = oldest.entries.iter().map(|(n, _)| *n).collect();
            oldest.entries.extend(main.entries.into_iter().filter(|(n, _)| !shown.contains(n)));
        }
        pdf.push(oldest)?;
        for section in waiting.into_iter().chain(rest) {
            pdf.push(section)?;
        }
        pdf.history.sort_unstable_by_key(|(number, revision, _)| (*number, *revision));
        Ok(pdf)
    }

    fn push(&mut self, section: Section) -> Result<(), RevisionsError> {
        let closing = xref::closing(self.bytes, section.ends_at, self.base, section.at);
        let (eof, end) = closing.unwrap_or((section.ends_at, section.ends_at));
        if self.revisions.last().is_some_and(|before| section.at < before.end) {
            return Err(RevisionsError::Damaged);
        }
        let revision = u32::try_from(self.revisions.len()).map_err(|_| RevisionsError::TooMany)?;
        let mut entries = section.entries;
        entries.sort_by_key(|(number, _)| *number);
        // Two places for one object in one section: readers would differ.
        if entries.windows(2).any(|pair| pair[0].0 == pair[1].0 && pair[0].1 != pair[1].1) {
            return Err(RevisionsError::Damaged);
        }
        entries.dedup_by_key(|(number, _)| *number);
        self.object_streams.extend(entries.iter().filter_map(|(_, entry)| match entry {
            Entry::In { stream, .. } => Some(*stream),
            _ => None,
        }));
        let start = self.written.len();
        self.written.extend(entries.iter().map(|(number, _)| *number));
        self.history.extend(entries.into_iter().map(|(number, entry)| (number, revision, entry)));
        self.revisions.push(Revision {
            eof,
            end,
            xref_at: section.at,
            form: section.form,
            is_closed: closing.is_some(),
            xref_stream: section.stream,
            trailer: section.trailer,
            written: start..self.written.len(),
        });
        Ok(())
    }

    fn has_catalogue(&self) -> bool {
        let newest = self.newest();
        let root = self.trailer(newest).get(b"Root").ok().and_then(|root| root.as_reference().ok());
        root.and_then(|root| self.object(newest, root)).is_some_and(|root| root.as_dict().is_ok())
    }

    /// The bytes of the whole file.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// How many revisions there are; one at least.
    pub fn n_revisions(&self) -> usize {
        self.revisions.len()
    }

    /// Position of the newest revision.
    pub fn newest(&self) -> usize {
        self.revisions.len() - 1
    }

    /// A revision; the newest one for a position past it.
    pub fn revision(&self, index: usize) -> &Revision {
        &self.revisions[index.min(self.newest())]
    }

    /// The revision whose end is at `end`: just behind its `%%EOF`, or within the white space after it.
    pub fn revision_ending_at(&self, end: usize) -> Option<usize> {
        let index = self.revisions.partition_point(|revision| revision.end < end);
        let found = self.revisions.get(index)?;
        (found.is_closed && !self.is_recovered && (found.eof..=found.end).contains(&end)).then_some(index)
    }

    /// The file as it was at a revision: the bytes up to its end.
    pub fn bytes_of(&self, index: usize) -> &'a [u8] {
        &self.bytes[..self.revision(index).end]
    }

    /// Bytes behind the end of the newest revision, white space apart.
    pub fn n_trailing_bytes(&self) -> usize {
        self.bytes.len() - self.revision(self.newest()).end
    }

    /// The trailer of a revision: the dictionary of its cross-reference stream, or behind its table.
    pub fn trailer(&self, index: usize) -> &Dictionary {
        &self.revision(index).trailer
    }

    /// Whether the cross-references were damaged, and objects were found by looking for them. Nothing
    /// can be said then of revisions, and nothing may be appended.
    pub fn is_recovered(&self) -> bool {
        self.is_recovered
    }

    /// Whether the file is encrypted, read or not.
    pub fn is_encrypted(&self) -> bool {
        !matches!(self.lock, Lock::Open)
    }

    /// Whether the file is encrypted and the password does not open it: strings are not those that were
    /// written, streams and what is in object streams cannot be read.
    pub fn is_locked(&self) -> bool {
        matches!(self.lock, Lock::Locked)
    }

    /// The keys of an encrypted file that the password opened, to encrypt what is appended to it.
    pub fn encryption(&self) -> Option<&EncryptionState> {
        if let Lock::Unlocked { state, .. } = &self.lock { Some(state) } else { None }
    }

    /// Where the header stands: what offsets in the file count from, zero nearly always.
    pub fn base(&self) -> usize {
        self.base
    }

    /// The number behind the last `startxref`, as written (counted from [`Self::base`]): what `/Prev` of a
    /// further update has to be.
    pub fn last_startxref(&self) -> Option<usize> {
        self.last_startxref
    }

    /// Highest number of an object that any revision writes, and `/Size` less one where that is more.
    pub fn max_id(&self) -> u32 {
        let written = self.history.last().map_or(0, |(number, _, _)| *number);
        let sizes = self.revisions.iter().filter_map(|revision| {
            let size = revision.trailer.get(b"Size").ok()?.as_i64().ok()?;
            u32::try_from(size.saturating_sub(1)).ok().filter(|size| *size < 1 << 26)
        });
        sizes.max().unwrap_or(0).max(written)
    }

    /// Ids that a revision writes, with whether it frees them, in the order of their numbers.
    pub fn entries(&self, index: usize) -> impl Iterator<Item = (ObjectId, bool)> + '_ {
        let index = index.min(self.newest());
        self.written[self.revisions[index].written.clone()].iter().map(move |number| {
            let entry = self.entry(index, *number);
            let generation = if let Some(Entry::At { generation, .. }) = entry { generation } else { 0 };
            ((*number, generation), !matches!(entry, Some(Entry::At { .. } | Entry::In { .. })))
        })
    }

    /// Numbers of objects that are found elsewhere at revision `to` than at revision `from`, those in
    /// object streams that were themselves rewritten included; sorted.
    pub fn changed_between(&self, from: usize, to: usize) -> Vec<u32> {
        let (from, to) = (from.min(self.newest()), to.min(self.newest()));
        let is_moved = |number: u32| self.entry(from, number) != self.entry(to, number);
        let written =
            self.revisions[from..=to].iter().skip(1).flat_map(|one| &self.written[one.written.clone()]);
        let mut changed: Vec<u32> = written.copied().filter(|number| is_moved(*number)).collect();
        changed.sort_unstable();
        changed.dedup();
        let streams: Vec<u32> =
            changed.iter().copied().filter(|number| self.object_streams.contains(number)).collect();
        if streams.is_empty() {
            return changed;
        }
        for same in self.history.chunk_by(|one, other| one.0 == other.0) {
            let number = same[0].0;
            if let Some(Entry::In { stream, .. }) = self.entry(to, number)
                && streams.binary_search(&stream).is_ok()
            {
                changed.push(number);
            }
        }
        changed.sort_unstable();
        changed.dedup();
        changed
    }

    /// Whether something that was written behind revision `from`, up to revision `to`, is not what the newest revision
    /// has any more.
    pub fn is_superseded(&self, from: usize, to: usize) -> bool {
        let newest = self.newest();
        self.changed_between(from, to)
            .into_iter()
            .any(|number| self.entry(to, number) != self.entry(newest, number))
    }

    /// Whether bytes behind a revision look like an object of it written again that no cross-reference
    /// lists: readers that repair files would take it.
    pub fn has_strays(&self, from: usize) -> bool {
        let start = self.revision(from).end;
        recover::heads(&self.bytes[start..]).any(|at| {
            let at = start + at;
            let number = parse::Reader::new(self.bytes, at).unsigned().and_then(|n| u32::try_from(n).ok());
            number.is_some_and(|number| self.id_of(from, number).is_some() && !self.is_listed(number, at))
        })
    }

    /// Whether any revision says that an object is at this byte, white space apart.
    fn is_listed(&self, number: u32, at: usize) -> bool {
        let start = self.history.partition_point(|(other, _, _)| *other < number);
        let own = self.history[start..].iter().take_while(|(other, _, _)| *other == number);
        own.into_iter().any(|(_, _, entry)| match entry {
            Entry::At { offset, .. } if *offset <= at => {
                at - offset < 64 && self.bytes[*offset..at].iter().all(|byte| parse::is_space(*byte))
            }
            _ => false,
        })
    }

    /// Whether an object is in use as of a revision.
    pub fn has(&self, index: usize, id: ObjectId) -> bool {
        match self.entry(index, id.0) {
            Some(Entry::At { generation, .. }) => generation == id.1,
            Some(Entry::In { .. }) => id.1 == 0,
            Some(Entry::Free) | None => false,
        }
    }

    /// Number and generation of an object in use as of a revision.
    pub fn id_of(&self, index: usize, number: u32) -> Option<ObjectId> {
        match self.entry(index, number)? {
            Entry::At { generation, .. } => Some((number, generation)),
            Entry::In { .. } => Some((number, 0)),
            Entry::Free => None,
        }
    }

    /// Byte at which an object starts as of a revision; `None` for those in object streams.
    pub fn offset_of(&self, index: usize, id: ObjectId) -> Option<usize> {
        match self.entry(index, id.0)? {
            Entry::At { offset, generation } if generation == id.1 => Some(offset),
            _ => None,
        }
    }

    /// Number of the object stream that holds an object as of a revision.
    pub fn container_of(&self, index: usize, id: ObjectId) -> Option<u32> {
        if let Entry::In { stream, .. } = self.entry(index, id.0)? { Some(stream) } else { None }
    }

    fn entry(&self, index: usize, number: u32) -> Option<Entry> {
        let revision = u32::try_from(index).unwrap_or(u32::MAX);
        let behind = self.history.partition_point(|(n, r, _)| (*n, *r) <= (number, revision));
        let (found, _, entry) = self.history.get(behind.checked_sub(1)?)?;
        (*found == number).then_some(*entry)
    }
}

#[cfg(test)]
mod tests;
