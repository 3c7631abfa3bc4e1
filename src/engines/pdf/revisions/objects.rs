//! Objects read where they are asked for, kept, unpacked and decrypted.

use std::{
    borrow::Cow,
    collections::HashMap,
    ops::Range,
    sync::{Arc, MutexGuard, PoisonError},
};

use lopdf::{Dictionary, Document, EncryptionState, Object, ObjectId};

use super::{Lock, RevisedPdf, parse, stream, xref::Entry};

/// Largest object stream when unpacked, bytes, and all of them together.
const LARGEST_OBJECT_STREAM: usize = 64 << 20;
const MOST_UNPACKED: usize = 192 << 20;
/// Most objects kept once read; those past it are read again each time.
const MOST_KEPT: usize = 150_000;
/// Most bytes that are read as objects in all, the same ones again counted again.
const MOST_READ: usize = 1 << 30;

/// What was read before.
#[derive(Default)]
pub(super) struct Kept {
    /// By place, whether packed in there, and number.
    objects: HashMap<(Entry, bool, u32), Option<Found>>,
    unpacked: HashMap<(usize, u32), Option<Arc<ObjectStream>>>,
    n_unpacked_bytes: usize,
    n_read_bytes: usize,
}

/// An object stream, unpacked: its bytes, and numbers with offsets into them.
pub(super) struct ObjectStream {
    bytes: Vec<u8>,
    pub(super) places: Vec<(u32, usize)>,
}

#[derive(Clone)]
struct Found {
    object: Arc<Object>,
    is_ambiguous: bool,
}

impl<'a> RevisedPdf<'a> {
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

    pub(super) fn object_stream(&self, index: usize, number: u32) -> Option<Arc<ObjectStream>> {
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

    pub(super) fn unlock(&mut self, password: Option<&str>) {
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
