//! Cross-reference sections (ISO 32000-2, 7.5.4, 7.5.8): tables, streams and both together, walked from
//! the newest to the oldest.
//!
//! Strict: whatever does not read as it should is `Damaged`, and the caller decides what then.

use std::{
    collections::{HashMap, HashSet},
    ops::Range,
};

use lopdf::{Dictionary, Object};

use super::{
    RevisionsError, XrefForm,
    parse::{self, Reader, is_space},
    stream,
};

/// Most entries in all sections together.
pub(super) const MOST_ENTRIES: usize = 8_000_000;
/// Most sections.
pub(super) const MOST_SECTIONS: usize = 20_000;
/// Largest cross-reference stream, bytes when unpacked.
const LARGEST_STREAM: usize = 160 << 20;

/// Where an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Entry {
    /// Nowhere: deleted or never used.
    Free,
    /// At a byte of the file.
    At { offset: usize, generation: u16 },
    /// In an object stream.
    In { stream: u32, index: u32 },
}

/// One section.
pub(super) struct Section {
    /// Where it starts, from the start of the file.
    pub at: usize,
    /// Just behind it: the trailer's dictionary, or `endobj` of the stream.
    pub ends_at: usize,
    pub form: XrefForm,
    pub trailer: Dictionary,
    /// Number of the object that is the cross-reference stream (the one of a hybrid section too).
    pub stream: Option<u32>,
    /// Numbers and places; an object's first one counts.
    pub entries: Vec<(u32, Entry)>,
}

/// A section that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    Damaged,
    TooMany,
}

impl From<Fault> for RevisionsError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Damaged => Self::Damaged,
            Fault::TooMany => Self::TooMany,
        }
    }
}

/// Byte just behind the last `startxref`, and the number that follows it.
pub(super) fn last_startxref(bytes: &[u8]) -> Option<(usize, usize)> {
    const WORD: &[u8] = b"startxref";
    let at = bytes.windows(WORD.len()).rposition(|window| window == WORD)? + WORD.len();
    let number = Reader::new(bytes, at).unsigned()?;
    Some((at, usize::try_from(number).ok()?))
}

/// All sections from the one at `newest` on, newest first; `base` is where offsets count from.
pub(super) fn chain(bytes: &[u8], base: usize, newest: usize) -> Result<Vec<Section>, Fault> {
    let mut sections: Vec<Section> = Vec::new();
    let mut seen = HashSet::new();
    let mut next = Some(newest);
    let mut room = MOST_ENTRIES;
    while let Some(offset) = next {
        if sections.len() >= MOST_SECTIONS {
            return Err(Fault::TooMany);
        }
        if !seen.insert(offset) {
            return Err(Fault::Damaged);
        }
        let section = section(bytes, base, offset, room)?;
        room = room.saturating_sub(section.entries.len());
        next = match section.trailer.get(b"Prev") {
            Err(_) => None,
            Ok(Object::Integer(prev)) => Some(usize::try_from(*prev).map_err(|_| Fault::Damaged)?),
            Ok(_) => return Err(Fault::Damaged),
        };
        sections.push(section);
    }
    Ok(sections)
}

fn section(bytes: &[u8], base: usize, offset: usize, room: usize) -> Result<Section, Fault> {
    let at = base.checked_add(offset).filter(|at| *at < bytes.len()).ok_or(Fault::Damaged)?;
    let mut reader = Reader::new(bytes, at);
    reader.skip_space();
    if reader.word(b"xref").is_none() {
        return stream_section(bytes, base, at, room);
    }
    let mut entries = Vec::new();
    table(bytes, base, &mut reader, room, &mut entries)?;
    let Some(Object::Dictionary(trailer)) = reader.value(0) else { return Err(Fault::Damaged) };
    if reader.is_ambiguous {
        return Err(Fault::Damaged);
    }
    let mut section =
        Section { at, ends_at: reader.at, form: XrefForm::Table, trailer, stream: None, entries };
    if let Ok(hidden) = section.trailer.get(b"XRefStm") {
        let hidden = hidden.as_i64().ok().and_then(|n| usize::try_from(n).ok());
        let at = hidden.and_then(|n| base.checked_add(n)).ok_or(Fault::Damaged)?;
        let room = room.saturating_sub(section.entries.len());
        let beside = stream_section(bytes, base, at, room)?;
        if at >= section.at {
            return Err(Fault::Damaged);
        }
        // What the table calls free is looked up in the stream (7.5.8.4); the rest stands in the table.
        let mut entries = std::mem::take(&mut section.entries);
        entries.sort_by_key(|(number, entry)| (*number, *entry == Entry::Free));
        entries.retain(|(_, entry)| *entry != Entry::Free);
        let shown: HashMap<u32, Entry> = entries.iter().copied().collect();
        // Two places for one object: readers of either kind would differ.
        let is_same = |(number, entry): &(u32, Entry)| {
            *entry == Entry::Free || shown.get(number).is_none_or(|shown| shown == entry)
        };
        if !beside.entries.iter().all(is_same) {
            return Err(Fault::Damaged);
        }
        entries.extend(beside.entries.into_iter().filter(|(number, _)| !shown.contains_key(number)));
        section.entries = entries;
        section.stream = beside.stream;
        section.form = XrefForm::Hybrid;
    }
    Ok(section)
}

/// Subsections up to and with the word `trailer`.
fn table(
    bytes: &[u8],
    base: usize,
    reader: &mut Reader<'_>,
    room: usize,
    entries: &mut Vec<(u32, Entry)>,
) -> Result<(), Fault> {
    loop {
        reader.skip_space();
        if reader.word(b"trailer").is_some() {
            return Ok(());
        }
        let first = reader.unsigned().ok_or(Fault::Damaged)?;
        let n_entries = reader.unsigned().ok_or(Fault::Damaged)?;
        if n_entries > room.saturating_sub(entries.len()) as u64 {
            return Err(Fault::TooMany);
        }
        // An entry has 18 bytes at least: more of them than the file holds are not there.
        if n_entries.saturating_mul(18) > bytes.len() as u64 {
            return Err(Fault::Damaged);
        }
        reader.skip_space();
        let mut first = u32::try_from(first).map_err(|_| Fault::Damaged)?;
        for index in 0..n_entries {
            let (offset, generation, kind) = entry(bytes, reader).ok_or(Fault::Damaged)?;
            // Some writers count from 1 where they mean the head of the list of free objects.
            if index == 0 && first == 1 && kind == b'f' && generation == 65_535 && offset == 0 {
                first = 0;
            }
            let number =
                u32::try_from(index).ok().and_then(|i| first.checked_add(i)).ok_or(Fault::Damaged)?;
            let place = if kind == b'f' || offset == 0 {
                Entry::Free
            } else {
                let offset = usize::try_from(offset).ok().and_then(|o| base.checked_add(o));
                Entry::At {
                    offset: offset.ok_or(Fault::Damaged)?,
                    generation: u16::try_from(generation).map_err(|_| Fault::Damaged)?,
                }
            };
            entries.push((number, place));
        }
    }
}

/// `nnnnnnnnnn ggggg n`, of the fixed form or, slower, of any.
fn entry(bytes: &[u8], reader: &mut Reader<'_>) -> Option<(u64, u64, u8)> {
    let digits = |range: Range<usize>| {
        bytes.get(range)?.iter().try_fold(0_u64, |number, byte| {
            byte.is_ascii_digit().then(|| number * 10 + u64::from(byte - b'0'))
        })
    };
    let at = reader.at;
    if let [b' ', _, _, _, _, _, b' ', kind @ (b'n' | b'f'), next, ..] = bytes.get(at + 10..at + 20)?
        && is_space(*next)
        && let (Some(offset), Some(generation)) = (digits(at..at + 10), digits(at + 11..at + 16))
    {
        reader.at += 18;
        while reader.at < at + 20 && bytes.get(reader.at).copied().is_some_and(is_space) {
            reader.at += 1;
        }
        return Some((offset, generation, *kind));
    }
    let (offset, generation) = (reader.unsigned()?, reader.unsigned()?);
    reader.skip_space();
    let kind = *bytes.get(reader.at)?;
    reader.at += 1;
    reader.skip_space();
    matches!(kind, b'n' | b'f').then_some((offset, generation, kind))
}

fn stream_section(bytes: &[u8], base: usize, at: usize, room: usize) -> Result<Section, Fault> {
    let found = parse::indirect(bytes, at).filter(|found| !found.is_ambiguous).ok_or(Fault::Damaged)?;
    let Object::Stream(head) = found.value else { return Err(Fault::Damaged) };
    if !head.dict.has_type(b"XRef") {
        return Err(Fault::Damaged);
    }
    let length = head.dict.get(b"Length").ok().and_then(|length| length.as_i64().ok());
    let start = head.start_position.ok_or(Fault::Damaged)?;
    let content = stream::extent(bytes, start, length.ok_or(Fault::Damaged)?).ok_or(Fault::Damaged)?;
    let mut reader = Reader::new(bytes, content.end);
    reader.skip_space();
    reader.word(b"endstream").ok_or(Fault::Damaged)?;
    reader.skip_space();
    reader.word(b"endobj").ok_or(Fault::Damaged)?;
    let plain = stream::decode(&head.dict, bytes[content].to_vec(), LARGEST_STREAM).ok_or(Fault::Damaged)?;
    let entries = rows(&head.dict, &plain, base, room)?;
    Ok(Section {
        at,
        ends_at: reader.at,
        form: XrefForm::Stream,
        trailer: head.dict,
        stream: Some(found.id.0),
        entries,
    })
}

fn rows(dict: &Dictionary, plain: &[u8], base: usize, room: usize) -> Result<Vec<(u32, Entry)>, Fault> {
    let numbers = |key: &[u8]| -> Option<Vec<u64>> {
        let items = dict.get(key).ok()?.as_array().ok()?;
        items.iter().map(|item| item.as_i64().ok().and_then(|n| u64::try_from(n).ok())).collect()
    };
    let widths = numbers(b"W").filter(|w| w.len() >= 3 && w.iter().all(|w| *w <= 8)).ok_or(Fault::Damaged)?;
    let widths: Vec<usize> = widths.iter().map(|w| *w as usize).collect();
    let width: usize = widths.iter().sum();
    let size = dict.get(b"Size").ok().and_then(|size| size.as_i64().ok());
    let size = size.and_then(|size| u64::try_from(size).ok()).ok_or(Fault::Damaged)?;
    let index = if dict.has(b"Index") { numbers(b"Index").ok_or(Fault::Damaged)? } else { vec![0, size] };
    if width == 0 || plain.len() / width > room {
        return Err(if width == 0 { Fault::Damaged } else { Fault::TooMany });
    }
    let mut rows = plain.chunks_exact(width);
    let mut entries = Vec::with_capacity(plain.len() / width);
    for pair in index.chunks(2) {
        let [first, n_entries] = *pair else { return Err(Fault::Damaged) };
        for number in first..first.checked_add(n_entries).ok_or(Fault::Damaged)? {
            let Some(row) = rows.next() else { return Err(Fault::Damaged) };
            let mut at = 0;
            let mut column = |width: usize| {
                let value =
                    row[at..at + width].iter().fold(0_u64, |value, byte| value << 8 | u64::from(*byte));
                at += width;
                value
            };
            let kind = if widths[0] == 0 { 1 } else { column(widths[0]) };
            let (second, third) = (column(widths[1]), column(widths[2]));
            let number = u32::try_from(number).map_err(|_| Fault::Damaged)?;
            entries.push((number, place(kind, second, third, base)?));
        }
    }
    Ok(entries)
}

fn place(kind: u64, second: u64, third: u64, base: usize) -> Result<Entry, Fault> {
    Ok(match kind {
        1 if second > 0 => {
            let offset = usize::try_from(second).ok().and_then(|offset| base.checked_add(offset));
            let generation = u16::try_from(third).map_err(|_| Fault::Damaged)?;
            Entry::At { offset: offset.ok_or(Fault::Damaged)?, generation }
        }
        2 => {
            let stream = u32::try_from(second).map_err(|_| Fault::Damaged)?;
            Entry::In { stream, index: u32::try_from(third).map_err(|_| Fault::Damaged)? }
        }
        // Unknown kinds point at nothing (7.5.8.3).
        _ => Entry::Free,
    })
}

/// Just behind `%%EOF` and behind the white space after it, where a section that ends at `ends_at` is
/// closed as it should be: `startxref`, its own place, `%%EOF`.
pub(super) fn closing(bytes: &[u8], ends_at: usize, base: usize, head: usize) -> Option<(usize, usize)> {
    let mut reader = Reader::new(bytes, ends_at);
    reader.skip_space();
    reader.word(b"startxref")?;
    let said = usize::try_from(reader.unsigned()?).ok()?.checked_add(base)?;
    while bytes.get(reader.at).copied().is_some_and(is_space) {
        reader.at += 1;
    }
    reader.word(b"%%EOF")?;
    let eof = reader.at;
    while bytes.get(reader.at).copied().is_some_and(|byte| byte != 0 && is_space(byte)) {
        reader.at += 1;
    }
    (said == head).then_some((eof, reader.at))
}
