//! Writes an incremental update: changed and new objects, and cross-reference data in the form of the
//! last section (table after table and after hybrid, stream after stream).
//!
//! Nothing of the file is searched: where a signature's `/Contents` stands is known because it was
//! written here. Knows nothing of what is changed, nor of what signatures are.

use std::{collections::BTreeMap, io::Write, ops::Range};

use lopdf::{Dictionary, Document, EncryptionState, Object, ObjectId, Writer, encryption, xref::XrefType};

use super::append::{AppendError, Edit, Reserved, fresh_id};

/// Longest offset that a line of a cross-reference table can hold.
const LARGEST_TABLE_OFFSET: usize = 9_999_999_999;
/// Room for each of the last three numbers of `/ByteRange`.
const NUMBER_WIDTH: usize = 10;

/// As much of a file as an update has to know.
pub struct Tail {
    /// Where the last cross-reference section begins.
    pub last_section: usize,
    /// Whether that section is a stream.
    pub is_stream: bool,
    /// `/Root`, `/Info`, `/ID`, `/Size` of the trailer.
    pub trailer: Dictionary,
    /// How strings and streams are encrypted, and by which object.
    pub encryption: Option<EncryptionState>,
}

impl Tail {
    /// Of a parsed document.
    pub fn of(document: &Document) -> Self {
        Self {
            last_section: document.xref_start,
            is_stream: matches!(
                document.reference_table.cross_reference_type,
                XrefType::CrossReferenceStream
            ),
            trailer: document.trailer.clone(),
            encryption: document.encryption_state.clone(),
        }
    }
}

/// An update.
pub struct Updated {
    /// What goes behind the file.
    pub appended: Vec<u8>,
    /// The signature that waits to be filled in.
    pub hole: Option<Hole>,
}

/// Where a signature is missing, bytes from the start of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hole {
    /// `<…>` of `/Contents`, brackets and all.
    pub contents: Range<usize>,
    /// What is to be signed: two spans, offset and length each, as `/ByteRange` says already.
    pub byte_range: [usize; 4],
}

/// What is written behind a file.
struct Out {
    /// Length of the file.
    start: usize,
    bytes: Vec<u8>,
}

impl Out {
    /// How far into the file the next byte is.
    fn at(&self) -> usize {
        self.start + self.bytes.len()
    }
}

/// Writes `edit` as an update of `bytes`.
///
/// # Errors
/// [`AppendError`].
pub fn update(bytes: &[u8], tail: &Tail, edit: Edit) -> Result<Updated, AppendError> {
    let new_id = fresh_id(&edit);
    let Edit { objects, last_id, reserved } = edit;
    let room = reserved.as_ref().map_or(0, |r| 2 * r.n_bytes).saturating_add(64 * 1024);
    let mut out = Out { start: bytes.len(), bytes: Vec::with_capacity(room) };
    if bytes.last().is_some_and(|last| *last != b'\n') {
        out.bytes.push(b'\n');
    }
    let mut offsets = BTreeMap::new();
    let latest: BTreeMap<ObjectId, Object> = objects.into_iter().collect(); // of two changes the later counts
    for (id, object) in latest {
        let object = encrypted(tail, id, object)?;
        offsets.insert(id, out.at());
        begin(&mut out.bytes, id)?;
        Writer::write_object(&mut out.bytes, &object).map_err(error)?;
        out.bytes.extend_from_slice(b"\nendobj\n");
    }
    let mut places = None;
    if let Some(reserved) = reserved {
        offsets.insert(reserved.id, out.at());
        places = Some(write_reserved(&mut out, tail, reserved)?);
    }
    write_section(&mut out, tail, offsets, last_id, new_id)?;
    let hole = places.map(|places| places.close(&mut out)).transpose()?;
    Ok(Updated { appended: out.bytes, hole })
}

fn error(fault: impl std::fmt::Display) -> AppendError {
    AppendError::Write(fault.to_string())
}

fn begin(out: &mut Vec<u8>, (number, generation): ObjectId) -> Result<(), AppendError> {
    writeln!(out, "{number} {generation} obj").map_err(error)
}

fn encrypted(tail: &Tail, id: ObjectId, mut object: Object) -> Result<Object, AppendError> {
    if let Some(state) = &tail.encryption {
        if state.encrypt_object_id().is_none() {
            return Err(AppendError::NotAppendable);
        }
        encryption::encrypt_object(state, id, &mut object).map_err(error)?;
    }
    Ok(object)
}

/// Where the parts of a signature dictionary that come last stand, in what is written.
struct Places {
    contents: Range<usize>,
    byte_range: usize,
}

/// The dictionary of a signature, `/ByteRange` and `/Contents` last, both empty as yet.
fn write_reserved(out: &mut Out, tail: &Tail, reserved: Reserved) -> Result<Places, AppendError> {
    let out = &mut out.bytes;
    let Reserved { id, dictionary, n_bytes } = reserved;
    let Object::Dictionary(dictionary) = encrypted(tail, id, dictionary.into())? else {
        return Err(AppendError::NotAppendable);
    };
    begin(out, id)?;
    let mut plain = Vec::new();
    Writer::write_object(&mut plain, &dictionary.into()).map_err(error)?;
    plain.truncate(plain.len().saturating_sub(2)); // the closing `>>` follows below
    out.extend_from_slice(&plain);
    out.extend_from_slice(b"/ByteRange[0 ");
    let byte_range = out.len();
    out.resize(out.len() + 3 * NUMBER_WIDTH + 2, b' ');
    out.extend_from_slice(b"]/Contents");
    let start = out.len();
    out.push(b'<');
    out.resize(out.len().saturating_add(n_bytes.saturating_mul(2)), b'0');
    out.push(b'>');
    let contents = start..out.len();
    out.extend_from_slice(b">>\nendobj\n");
    Ok(Places { contents, byte_range })
}

impl Places {
    /// Writes `/ByteRange`, now that the length of the file is known.
    fn close(self, out: &mut Out) -> Result<Hole, AppendError> {
        let Self { contents, byte_range } = self;
        let after = out.bytes.len() - contents.end;
        let contents = out.start + contents.start..out.start + contents.end;
        let numbers = format!("{} {} {after}", contents.start, contents.end);
        if numbers.len() > 3 * NUMBER_WIDTH + 2 {
            return Err(AppendError::NotAppendable);
        }
        out.bytes[byte_range..byte_range + numbers.len()].copy_from_slice(numbers.as_bytes());
        Ok(Hole { byte_range: [0, contents.start, contents.end, after], contents })
    }
}

/// The trailer of the new section: what describes the document, nothing of the last section's own form.
fn trailer(tail: &Tail, last_id: u32, new_id: [u8; 16]) -> Result<Dictionary, AppendError> {
    let mut trailer = Dictionary::new();
    for key in [&b"Root"[..], b"Info", b"ID"] {
        if let Ok(value) = tail.trailer.get(key) {
            trailer.set(key, value.clone());
        }
    }
    if let Some(state) = &tail.encryption {
        trailer.set("Encrypt", state.encrypt_object_id().ok_or(AppendError::NotAppendable)?);
    }
    if let Ok(Object::Array(id)) = trailer.get_mut(b"ID")
        && id.len() == 2
    {
        // The first half stays what the file was born as.
        id[1] = Object::String(new_id.to_vec(), lopdf::StringFormat::Hexadecimal);
    }
    let declared = tail.trailer.get(b"Size").and_then(Object::as_i64).unwrap_or(0);
    trailer.set("Size", declared.max(i64::from(last_id) + 1));
    trailer.set("Prev", i64::try_from(tail.last_section).map_err(error)?);
    Ok(trailer)
}

fn write_section(
    out: &mut Out,
    tail: &Tail,
    mut offsets: BTreeMap<ObjectId, usize>,
    last_id: u32,
    new_id: [u8; 16],
) -> Result<(), AppendError> {
    let start = out.at();
    let out = &mut out.bytes;
    if start > LARGEST_TABLE_OFFSET {
        return Err(AppendError::NotAppendable);
    }
    if tail.is_stream {
        let own = (last_id.checked_add(1).ok_or(AppendError::NotAppendable)?, 0);
        offsets.insert(own, start);
        let mut dictionary = trailer(tail, own.0, new_id)?;
        let index: Vec<Object> =
            runs(&offsets).flat_map(|run| [run.0.into(), (run.1.len() as i64).into()]).collect();
        dictionary.set("Type", "XRef");
        dictionary.set("W", vec![1.into(), 8.into(), 2.into()]);
        dictionary.set("Index", index);
        let mut rows = Vec::with_capacity(offsets.len() * 11);
        for ((_, generation), offset) in &offsets {
            rows.push(1);
            rows.extend((*offset as u64).to_be_bytes());
            rows.extend(generation.to_be_bytes());
        }
        begin(out, own)?;
        Writer::write_object(out, &lopdf::Stream::new(dictionary, rows).into()).map_err(error)?;
        out.extend_from_slice(b"\nendobj\n");
    } else {
        out.extend_from_slice(b"xref\n");
        for (first, run) in runs(&offsets) {
            writeln!(out, "{first} {}", run.len()).map_err(error)?;
            for (generation, offset) in run {
                write!(out, "{offset:010} {generation:05} n\r\n").map_err(error)?;
            }
        }
        out.extend_from_slice(b"trailer\n");
        Writer::write_object(out, &trailer(tail, last_id, new_id)?.into()).map_err(error)?;
        out.push(b'\n');
    }
    write!(out, "startxref\n{start}\n%%EOF\n").map_err(error)
}

/// Generation and offset of each object in runs of consecutive numbers.
fn runs(offsets: &BTreeMap<ObjectId, usize>) -> impl Iterator<Item = (u32, Vec<(u16, usize)>)> {
    let mut runs: Vec<(u32, Vec<(u16, usize)>)> = Vec::new();
    for (&(number, generation), &offset) in offsets {
        match runs.last_mut() {
            Some((first, run))
                if u32::try_from(run.len()).is_ok_and(|n| first.checked_add(n) == Some(number)) =>
            {
                run.push((generation, offset));
            }
            _ => runs.push((number, vec![(generation, offset)])),
        }
    }
    runs.into_iter()
}
