//! A PDF as a stack of revisions: which bytes belong to which incremental update, and every object as
//! of each of them (ISO 32000-2, 7.5.6).
//!
//! Lazy: opening reads cross-references alone, objects are read where they are asked for. Bounded: the
//! bytes are hostile. Strict: nothing is guessed, save in a file whose cross-references are damaged,
//! which is then marked as recovered. Knows nothing of pages, fields and signatures.

mod parse;
mod recover;
mod stream;
mod xref;

use std::{
    borrow::Cow,
    collections::HashMap,
    ops::Range,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use lopdf::{Dictionary, Document, EncryptionState, Object, ObjectId};

use xref::{Entry, Section};

/// How far into the file its header may stand (ISO 32000-2, annex I of earlier editions).
const FARTHEST_HEADER: usize = 1024;
/// Largest object stream when unpacked, bytes, and all of them together.
const LARGEST_OBJECT_STREAM: usize = 64 << 20;
const MOST_UNPACKED: usize = 192 << 20;
/// Most objects kept once read; those past it are read again each time.
const MOST_KEPT: usize = 150_000;
/// Most bytes that are read as objects in all, the same ones again counted again.
const MOST_READ: usize = 1 << 30;

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

#[derive(Default)]
struct Kept {
    /// By place, whether packed in there, and number.
    objects: HashMap<(Entry, bool, u32), Option<Found>>,
    unpacked: HashMap<(usize, u32), Option<Arc<ObjectStream>>>,
    n_unpacked_bytes: usize,
    n_read_bytes: usize,
}

/// An object stream, unpacked: its bytes, and numbers with offsets into them.
struct ObjectStream {
    bytes: Vec<u8>,
    places: Vec<(u32, usize)>,
}

#[derive(Clone)]
struct Found {
    object: Arc<Object>,
    is_ambiguous: bool,
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
            let shown: std::collections::HashSet<u32> = oldest.entries.iter().map(|(n, _)| *n).collect();
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
        let mut changed = Vec::new();
        let is_later = |number: u32| self.entry(from, number) != self.entry(to, number);
        for same in self.history.chunk_by(|one, other| one.0 == other.0) {
            let number = same[0].0;
            let is_moved = match self.entry(to, number) {
                Some(Entry::In { stream, .. }) => is_later(number) || is_later(stream),
                _ => is_later(number),
            };
            if is_moved {
                changed.push(number);
            }
        }
        changed
    }

    /// Whether an object is in use as of a revision.
    pub fn has(&self, index: usize, id: ObjectId) -> bool {
        match self.entry(index, id.0) {
            Some(Entry::At { generation, .. }) => generation == id.1,
            Some(Entry::In { .. }) => id.1 == 0,
            Some(Entry::Free) | None => false,
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

    /// An object as of a revision; `None` where it is free, unknown, or not readable. Strings are
    /// decrypted. A stream has its dictionary alone (its content is not copied) and `start_position` in
    /// the file: see [`Self::raw_stream`] and [`Self::decoded_stream`].
    pub fn object(&self, index: usize, id: ObjectId) -> Option<Arc<Object>> {
        self.found(index, id).map(|found| found.object)
    }

    /// Whether an object can be read in two ways: the same key twice in a dictionary.
    pub fn is_ambiguous(&self, index: usize, id: ObjectId) -> bool {
        self.found(index, id).is_some_and(|found| found.is_ambiguous)
    }

    /// The value as of a revision: what a reference leads to (bounded), or the value itself.
    pub fn resolve<'v>(&self, index: usize, value: &'v Object) -> Option<Cow<'v, Object>> {
        let Object::Reference(id) = value else { return Some(Cow::Borrowed(value)) };
        let mut id = *id;
        for _ in 0..16 {
            let found = self.object(index, id)?;
            if let Object::Reference(next) = *found {
                id = next;
            } else {
                return Some(Cow::Owned(Arc::unwrap_or_clone(found)));
            }
        }
        None
    }

    /// Whether reading took so much that it was given up: objects are missing that may well be there.
    pub fn is_exhausted(&self) -> bool {
        self.kept().n_read_bytes > MOST_READ
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn found(&self, index: usize, id: ObjectId) -> Option<Found> {
        if !self.has(index, id) {
            return None;
        }
        let entry = self.entry(index, id.0)?;
        // What is in an object stream hangs on where that stream is as of this revision.
        let key = match entry {
            Entry::In { stream, .. } => (self.entry(index, stream)?, true, id.0),
            _ => (entry, false, id.0),
        };
        if let Some(kept) = self.kept().objects.get(&key) {
            return kept.clone();
        }
        let found = self.read(index, id, entry);
        let mut kept = self.kept();
        if kept.objects.len() < MOST_KEPT {
            kept.objects.insert(key, found.clone());
        }
        found
    }

    fn read(&self, index: usize, id: ObjectId, entry: Entry) -> Option<Found> {
        match entry {
            Entry::Free => None,
            Entry::At { offset, .. } => {
                if self.is_exhausted() {
                    return None;
                }
                let read = parse::indirect_or_stop(self.bytes_of(index), offset);
                let stopped = read.as_ref().map_or_else(|stopped| *stopped, |read| read.ends_at);
                self.kept().n_read_bytes += stopped.saturating_sub(offset);
                let read = read.ok().filter(|read| read.id == id)?;
                let mut object = read.value;
                self.decrypt_strings(id, &mut object);
                Some(Found { object: Arc::new(object), is_ambiguous: read.is_ambiguous })
            }
            Entry::In { stream, index: at } => {
                let unpacked = self.object_stream(index, stream)?;
                let place = unpacked.places.get(at as usize).filter(|place| place.0 == id.0);
                // Some writers count wrongly; the numbers in the stream decide.
                let place = place.or_else(|| unpacked.places.iter().find(|place| place.0 == id.0))?;
                if self.is_exhausted() {
                    return None;
                }
                let mut reader = parse::Reader::new(&unpacked.bytes, place.1);
                let object = reader.value(0);
                self.kept().n_read_bytes += reader.at.saturating_sub(place.1);
                let object = object?;
                Some(Found { object: Arc::new(object), is_ambiguous: reader.is_ambiguous })
            }
        }
    }

    fn object_stream(&self, index: usize, number: u32) -> Option<Arc<ObjectStream>> {
        let Entry::At { offset, generation } = self.entry(index, number)? else { return None };
        let key = (offset, number);
        if let Some(kept) = self.kept().unpacked.get(&key) {
            return kept.clone();
        }
        let room = MOST_UNPACKED.saturating_sub(self.kept().n_unpacked_bytes).min(LARGEST_OBJECT_STREAM);
        let unpacked = self.unpack(index, (number, generation), room).map(Arc::new);
        let mut kept = self.kept();
        kept.n_unpacked_bytes += unpacked.as_ref().map_or(0, |unpacked| unpacked.bytes.len());
        kept.unpacked.insert(key, unpacked.clone());
        unpacked
    }

    fn unpack(&self, index: usize, id: ObjectId, room: usize) -> Option<ObjectStream> {
        let head = self.object(index, id)?;
        let dict = &head.as_stream().ok()?.dict;
        if !dict.has_type(b"ObjStm") {
            return None;
        }
        let number = |key: &[u8]| usize::try_from(dict.get(key).ok()?.as_i64().ok()?).ok();
        let (n_objects, first) = (number(b"N")?, number(b"First")?);
        let bytes = self.decoded_stream(index, id, room)?;
        if n_objects > bytes.len() {
            return None;
        }
        let mut reader = parse::Reader::new(&bytes[..first.min(bytes.len())], 0);
        let mut places = Vec::with_capacity(n_objects);
        for _ in 0..n_objects {
            let number = u32::try_from(reader.unsigned()?).ok()?;
            places.push((number, first.checked_add(usize::try_from(reader.unsigned()?).ok()?)?));
        }
        Some(ObjectStream { bytes, places })
    }

    /// Bytes of a stream as they stand in the file (encrypted in an encrypted one), as of a revision.
    /// `None` where it is none, or `/Length` is not where it ends.
    pub fn raw_stream(&self, index: usize, id: ObjectId) -> Option<&'a [u8]> {
        let object = self.object(index, id)?;
        let stream = object.as_stream().ok()?;
        let start = stream.start_position?;
        let length = match stream.dict.get(b"Length").ok() {
            Some(Object::Integer(length)) => Some(*length),
            // The length of a stream never hangs on a stream, so this goes one step and no further.
            Some(Object::Reference(length))
                if *length != id && self.container_of(index, *length).is_none() =>
            {
                self.object(index, *length).and_then(|length| length.as_i64().ok())
            }
            Some(Object::Reference(length)) if !stream.dict.has_type(b"ObjStm") => {
                self.object(index, *length).and_then(|length| length.as_i64().ok())
            }
            _ => None,
        };
        let bytes = self.bytes_of(index);
        let found = length.and_then(|length| stream::extent(bytes, start, length));
        let found =
            if self.is_recovered { found.or_else(|| stream::until_endstream(bytes, start)) } else { found };
        found.map(|range| &self.bytes[range])
    }

    /// A stream decrypted and unpacked as of a revision; `None` where it cannot be, or has more than
    /// `most` bytes.
    pub fn decoded_stream(&self, index: usize, id: ObjectId, most: usize) -> Option<Vec<u8>> {
        let raw = self.raw_stream(index, id)?;
        let object = self.object(index, id)?;
        let mut dict = object.as_stream().ok()?.dict.clone();
        for key in [b"Filter".as_slice(), b"DecodeParms"] {
            if let Ok(value @ Object::Reference(_)) = dict.get(key) {
                let value = self.resolve(index, value)?.into_owned();
                dict.set(key, value);
            }
        }
        let content = match &self.lock {
            Lock::Open => raw.to_vec(),
            Lock::Locked if !dict.has_type(b"XRef") => return None,
            Lock::Locked => raw.to_vec(),
            Lock::Unlocked { state, .. } => {
                let mut bare = lopdf::Stream::new(Dictionary::new(), Vec::new());
                for key in [b"Type".as_slice(), b"Filter", b"DecodeParms"] {
                    if let Ok(value) = dict.get(key) {
                        bare.dict.set(key, value.clone());
                    }
                }
                bare.content = raw.to_vec();
                let mut bare = Object::Stream(bare);
                lopdf::encryption::decrypt_object(state, id, &mut bare).ok()?;
                let Object::Stream(bare) = bare else { return None };
                bare.content
            }
        };
        stream::decode(&dict, content, most)
    }

    /// Where in the file the values of a dictionary stand, with their keys (twice where they stand
    /// twice), as of a revision; `None` for what is in an object stream.
    pub fn spans(&self, index: usize, id: ObjectId) -> Option<Vec<(Vec<u8>, Range<usize>)>> {
        let bytes = self.bytes_of(index);
        let found = parse::indirect(bytes, self.offset_of(index, id)?).filter(|found| found.id == id)?;
        parse::spans(bytes, found.starts_at)
    }

    /// The same for a dictionary that starts at a byte of the file.
    pub fn spans_at(&self, start: usize) -> Option<Vec<(Vec<u8>, Range<usize>)>> {
        parse::spans(self.bytes, start)
    }

    /// The string written at a place in the file, as written: not decrypted.
    pub fn string_at(&self, span: Range<usize>) -> Option<Vec<u8>> {
        let mut reader = parse::Reader::new(self.bytes.get(..span.end)?, span.start);
        match reader.value(0)? {
            Object::String(text, _) if reader.at == span.end => Some(text),
            _ => None,
        }
    }

    /// The password that was given.
    pub(in crate::engines) fn password(&self) -> &str {
        &self.password
    }

    fn unlock(&mut self, password: Option<&str>) {
        password.unwrap_or("").clone_into(&mut self.password);
        let newest = self.newest();
        let Ok(encrypt) = self.trailer(newest).get(b"Encrypt") else { return };
        let dictionary = encrypt.as_reference().ok();
        // The dictionary itself is never encrypted, so it is read before there is a key.
        let mut document = Document::new();
        let mut trailer = Dictionary::new();
        if let Some(dict) = self.resolve(newest, encrypt).filter(|dict| dict.as_dict().is_ok()) {
            document.objects.insert((1, 0), dict.into_owned());
            trailer.set("Encrypt", Object::Reference((1, 0)));
        }
        if let Some(id) = self.trailer(newest).get(b"ID").ok().and_then(|id| self.resolve(newest, id)) {
            trailer.set("ID", id.into_owned());
        }
        document.trailer = trailer;
        self.lock = match EncryptionState::decode(&document, password.unwrap_or("")) {
            Ok(state) => Lock::Unlocked { state: Box::new(state), dictionary },
            Err(_) => Lock::Locked,
        };
        *self.kept() = Kept::default();
    }

    /// A string that cannot be decrypted stays as it is.
    fn decrypt_strings(&self, id: ObjectId, object: &mut Object) {
        let Lock::Unlocked { state, dictionary } = &self.lock else { return };
        if *dictionary == Some(id) {
            return;
        }
        match object {
            // Its content is decrypted when it is asked for.
            Object::Stream(stream) if !stream.dict.has_type(b"XRef") => {
                let mut dict = Object::Dictionary(std::mem::take(&mut stream.dict));
                let _ = lopdf::encryption::decrypt_object(state, id, &mut dict);
                if let Object::Dictionary(dict) = dict {
                    stream.dict = dict;
                }
            }
            Object::Stream(_) => {}
            _ => {
                let _ = lopdf::encryption::decrypt_object(state, id, object);
            }
        }
    }
}

#[cfg(test)]
mod tests;
