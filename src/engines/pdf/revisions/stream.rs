//! Contents of streams: where they end, and unpacking them within a bound.

use std::ops::Range;

use lopdf::{Dictionary, Stream};

use super::parse::Reader;

/// The bytes of a stream that starts at `start`: exactly `length` of them, and `endstream` behind.
pub(super) fn extent(bytes: &[u8], start: usize, length: i64) -> Option<Range<usize>> {
    let end = start.checked_add(usize::try_from(length).ok()?).filter(|end| *end <= bytes.len())?;
    let mut reader = Reader::new(bytes, end);
    let mut n_spaces = 0;
    while bytes.get(reader.at).copied().is_some_and(super::parse::is_space) {
        reader.at += 1;
        n_spaces += 1;
        if n_spaces > 16 {
            return None;
        }
    }
    reader.word(b"endstream")?;
    Some(start..end)
}

/// The bytes up to the next `endstream`, whatever `/Length` says: for damaged files.
pub(super) fn until_endstream(bytes: &[u8], start: usize) -> Option<Range<usize>> {
    const WORD: &[u8] = b"endstream";
    let length = bytes.get(start..)?.windows(WORD.len()).position(|window| window == WORD)?;
    let content = &bytes[start..start + length];
    let n_end = match content {
        [.., b'\r', b'\n'] => 2,
        [.., b'\r' | b'\n'] => 1,
        _ => 0,
    };
    Some(start..start + length - n_end)
}

/// Unpacks by the filters in `dict`, whose values are direct; `None` past `most` bytes or on a fault.
pub(super) fn decode(dict: &Dictionary, content: Vec<u8>, most: usize) -> Option<Vec<u8>> {
    if !dict.has(b"Filter") {
        return (content.len() <= most).then_some(content);
    }
    let mut stream = Stream::new(Dictionary::new(), Vec::new());
    stream.dict = dict.clone();
    stream.content = content;
    stream.get_plain_content_with_limit(most).ok()
}
