//! A file whose cross-references are damaged: one revision, made of whatever objects are found in it.

use lopdf::{Dictionary, Object, ObjectId};

use super::{
    RevisedPdf, RevisionsError, XrefForm,
    parse::{self, Reader},
    stream,
    xref::{Entry, MOST_ENTRIES, Section},
};

/// Most object streams that are unpacked to see what is in them.
const MOST_STREAMS: usize = 20_000;
/// Most bytes that are read in vain: what looks like an object and is none.
const MOST_WASTED: usize = 128 << 20;
/// Trailers looked at, the last ones, and bytes of each.
const MOST_TRAILERS: usize = 100;
const LONGEST_TRAILER: usize = 1 << 20;

/// What was found in the file.
#[derive(Default)]
struct Finds {
    entries: Vec<(u32, Entry)>,
    streams: Vec<ObjectId>,
    trailer: Dictionary,
}

/// Looks for `n g obj` through the whole file; the last one of a number counts.
pub(super) fn recover(bytes: &[u8], base: usize) -> Result<RevisedPdf<'_>, RevisionsError> {
    let mut finds = look_through(bytes)?;
    if let Some(written) = last_trailer(bytes) {
        finds.trailer = written;
    }
    if finds.entries.is_empty() {
        return Err(RevisionsError::Damaged);
    }
    let mut pdf = revised(bytes, base, &finds)?;
    if finds.streams.is_empty() {
        return Ok(pdf);
    }
    pdf.unlock(None);
    let mut packed = Vec::new();
    for id in finds.streams.iter().take(MOST_STREAMS) {
        let Some(unpacked) = pdf.object_stream(0, id.0) else { continue };
        for (index, (number, _)) in unpacked.places.iter().enumerate() {
            if packed.len() >= MOST_ENTRIES {
                return Err(RevisionsError::TooMany);
            }
            let index = u32::try_from(index).map_err(|_| RevisionsError::TooMany)?;
            packed.push((*number, Entry::In { stream: id.0, index }));
        }
    }
    // What stands in the file by itself goes before what is packed.
    packed.append(&mut finds.entries);
    finds.entries = packed;
    revised(bytes, base, &finds)
}

/// One revision of what was found; of equal numbers the last one counts.
fn revised<'a>(bytes: &'a [u8], base: usize, finds: &Finds) -> Result<RevisedPdf<'a>, RevisionsError> {
    let mut entries: Vec<(u32, Entry)> = finds.entries.iter().rev().copied().collect();
    entries.sort_by_key(|(number, _)| *number);
    entries.dedup_by_key(|(number, _)| *number);
    let (form, trailer) = (XrefForm::Table, finds.trailer.clone());
    let section = Section { at: base, ends_at: bytes.len(), form, trailer, stream: None, entries };
    let mut pdf = RevisedPdf::from_sections(bytes, base, vec![section])?;
    pdf.is_recovered = true;
    Ok(pdf)
}

fn look_through(bytes: &[u8]) -> Result<Finds, RevisionsError> {
    let (mut finds, mut catalogue) = (Finds::default(), None);
    let (mut behind, mut n_wasted) = (0, 0_usize);
    for at in heads(bytes) {
        if at < behind {
            continue;
        }
        let found = match parse::indirect_or_stop(bytes, at) {
            Ok(found) => found,
            Err(stopped) => {
                n_wasted += stopped - at;
                if n_wasted > MOST_WASTED {
                    return Err(RevisionsError::Damaged);
                }
                continue;
            }
        };
        behind = found.ends_at;
        if finds.entries.len() >= MOST_ENTRIES {
            return Err(RevisionsError::TooMany);
        }
        finds.entries.push((found.id.0, Entry::At { offset: at, generation: found.id.1 }));
        match &found.value {
            Object::Stream(stream) if stream.dict.has_type(b"ObjStm") => finds.streams.push(found.id),
            Object::Stream(stream) if stream.dict.has_type(b"XRef") && stream.dict.has(b"Root") => {
                finds.trailer = stream.dict.clone();
            }
            Object::Dictionary(dict) if dict.has_type(b"Catalog") => catalogue = Some(found.id),
            _ => {}
        }
    }
    if let Some(catalogue) = catalogue.filter(|_| !finds.trailer.has(b"Root")) {
        finds.trailer.set("Root", catalogue);
    }
    Ok(finds)
}

/// What stands in bytes as objects, one behind the other, what is in streams left out; of one that cannot be read, what
/// is there of it.
pub fn loose_objects(bytes: &[u8]) -> impl Iterator<Item = Result<Object, &[u8]>> {
    let (mut behind, mut n_wasted) = (0, 0_usize);
    heads(bytes).filter_map(move |at| {
        if at < behind || n_wasted > MOST_WASTED {
            return None;
        }
        match parse::indirect_or_stop(bytes, at) {
            Ok(found) => {
                behind = behind_object(bytes, &found);
                n_wasted += behind.saturating_sub(found.ends_at); // looking for the end of a stream
                Some(Ok(found.value))
            }
            Err(_) => {
                let rest = &bytes[at..];
                let end = memchr::memmem::find(rest, b"endobj").unwrap_or(rest.len());
                n_wasted += end;
                Some(Err(&rest[..end]))
            }
        }
    })
}

/// Where an object ends, the content of a stream included: the end of the bytes where that does not end.
fn behind_object(bytes: &[u8], found: &parse::Indirect) -> usize {
    let Ok(dict) = found.value.as_stream().map(|stream| &stream.dict) else { return found.ends_at };
    let length = dict.get(b"Length").and_then(Object::as_i64).ok();
    let said = length.and_then(|length| stream::extent(bytes, found.ends_at, length));
    let range = said.or_else(|| stream::until_endstream(bytes, found.ends_at));
    range.map_or(bytes.len(), |range| range.end)
}

/// Offsets at which `n g obj` stands.
pub(super) fn heads(bytes: &[u8]) -> impl Iterator<Item = usize> + '_ {
    let words = memchr::memmem::find_iter(bytes, b" obj");
    words.filter_map(|at| {
        let back_over_digits = |end: usize| {
            let n_digits = bytes[..end].iter().rev().take(10).take_while(|b| b.is_ascii_digit()).count();
            (n_digits > 0).then(|| end - n_digits)
        };
        let generation = back_over_digits(at)?;
        let space = generation.checked_sub(1).filter(|at| parse::is_space(bytes[*at]))?;
        back_over_digits(space)
    })
}

/// The dictionary behind the last `trailer` that has a `/Root`.
fn last_trailer(bytes: &[u8]) -> Option<Dictionary> {
    const WORD: &[u8] = b"trailer";
    let places = bytes.windows(WORD.len()).enumerate().rev().filter(|(_, window)| *window == WORD);
    places.take(MOST_TRAILERS).find_map(|(at, _)| {
        let start = at + WORD.len();
        let part = &bytes[start..bytes.len().min(start + LONGEST_TRAILER)];
        match Reader::new(part, 0).value(0)? {
            Object::Dictionary(dict) if dict.has(b"Root") => Some(dict),
            _ => None,
        }
    })
}
