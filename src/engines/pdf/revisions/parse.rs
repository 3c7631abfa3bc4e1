//! The syntax of objects (ISO 32000-2, 7.3), read at a place in a file: values with where they stand.
//!
//! Hostile bytes: depth is bounded, numbers are checked, nothing is repaired. Knows nothing of
//! revisions and of encryption.

use std::ops::Range;

use lopdf::{Dictionary, Object, ObjectId, StringFormat};

/// Deepest nesting of arrays and dictionaries.
const DEEPEST: u8 = 64;

/// An object as it stands in the bytes.
pub(super) struct Indirect {
    /// Number and generation written before `obj`.
    pub id: ObjectId,
    /// The value; a stream has its dictionary, no content, and `start_position` in these bytes.
    pub value: Object,
    /// Whether it can be read in two ways: a key twice in a dictionary.
    pub is_ambiguous: bool,
    /// Where the value starts, after `obj`.
    pub starts_at: usize,
    /// Just behind the value (`stream` and its end of line included).
    pub ends_at: usize,
}

/// Reads `n g obj …` at `at`.
pub(super) fn indirect(bytes: &[u8], at: usize) -> Option<Indirect> {
    indirect_or_stop(bytes, at).ok()
}

/// The same; where it is none, the byte at which reading stopped.
pub(super) fn indirect_or_stop(bytes: &[u8], at: usize) -> Result<Indirect, usize> {
    let mut reader = Reader::new(bytes, at);
    reader.indirect().ok_or(reader.at)
}
/// Where the values of a dictionary stand that starts at `at`, with their keys, in the order written.
pub(super) fn spans(bytes: &[u8], at: usize) -> Option<Vec<(Vec<u8>, Range<usize>)>> {
    let mut reader = Reader::new(bytes, at);
    reader.skip_space();
    reader.word(b"<<")?;
    let mut found = Vec::new();
    loop {
        reader.skip_space();
        if reader.word(b">>").is_some() {
            return Some(found);
        }
        let key = reader.name()?;
        reader.skip_space();
        let start = reader.at;
        reader.value(1)?;
        found.push((key, start..reader.at));
    }
}

/// One place in the bytes that moves on as values are read.
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    /// Where the next byte is read.
    pub at: usize,
    /// Whether a dictionary had a key twice.
    pub is_ambiguous: bool,
}

impl<'a> Reader<'a> {
    /// Starts at `at`, which may lie behind the end.
    pub fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at: at.min(bytes.len()), is_ambiguous: false }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn rest(&self) -> &'a [u8] {
        &self.bytes[self.at..]
    }

    /// Skips white space and comments.
    pub fn skip_space(&mut self) {
        while let Some(byte) = self.peek() {
            match byte {
                _ if is_space(byte) => self.at += 1,
                b'%' => {
                    let rest = self.rest();
                    self.at += rest.iter().position(|b| matches!(b, b'\r' | b'\n')).unwrap_or(rest.len());
                }
                _ => return,
            }
        }
    }

    /// Goes over `word` when it stands here.
    pub fn word(&mut self, word: &[u8]) -> Option<()> {
        self.rest().starts_with(word).then(|| self.at += word.len())
    }

    /// An unsigned whole number after white space, not more than fits.
    pub fn unsigned(&mut self) -> Option<u64> {
        self.skip_space();
        let rest = self.rest();
        let length = rest.iter().take(21).position(|b| !b.is_ascii_digit()).unwrap_or(rest.len().min(21));
        let text = std::str::from_utf8(&rest[..length]).ok()?;
        let number = text.parse().ok()?;
        self.at += length;
        Some(number)
    }

    /// `n g obj` and the value behind it.
    fn indirect(&mut self) -> Option<Indirect> {
        let number = u32::try_from(self.unsigned()?).ok()?;
        let generation = u16::try_from(self.unsigned()?).ok()?;
        self.skip_space();
        self.word(b"obj")?;
        self.skip_space();
        let starts_at = self.at;
        let mut value = self.value(0)?;
        if let Object::Dictionary(dict) = &mut value {
            let ends_at = self.at;
            if let Some(start) = self.stream_start() {
                let mut stream = lopdf::Stream::new(Dictionary::new(), Vec::new());
                stream.dict = std::mem::take(dict);
                stream.start_position = Some(start);
                value = Object::Stream(stream);
            } else {
                self.at = ends_at;
            }
        }
        let is_ambiguous = self.is_ambiguous;
        Some(Indirect { id: (number, generation), value, is_ambiguous, starts_at, ends_at: self.at })
    }

    /// The value that stands here.
    pub fn value(&mut self, depth: u8) -> Option<Object> {
        if depth > DEEPEST {
            return None;
        }
        self.skip_space();
        match self.peek()? {
            b'/' => self.name().map(Object::Name),
            b'(' => self.literal(),
            b'<' if self.rest().starts_with(b"<<") => self.dictionary(depth).map(Object::Dictionary),
            b'<' => self.hexadecimal(),
            b'[' => self.array(depth),
            b'0'..=b'9' | b'+' | b'-' | b'.' => self.number_or_reference(),
            _ => self.keyword(),
        }
    }

    fn keyword(&mut self) -> Option<Object> {
        let known: [(&[u8], Object); 3] =
            [(b"true", Object::Boolean(true)), (b"false", Object::Boolean(false)), (b"null", Object::Null)];
        let rest = self.rest();
        let (word, value) = known.into_iter().find(|(word, _)| {
            rest.starts_with(word) && rest.get(word.len()).is_none_or(|b| is_space(*b) || is_delimiter(*b))
        })?;
        self.at += word.len();
        Some(value)
    }

    fn dictionary(&mut self, depth: u8) -> Option<Dictionary> {
        self.word(b"<<")?;
        let mut dict = Dictionary::new();
        loop {
            self.skip_space();
            if self.word(b">>").is_some() {
                return Some(dict);
            }
            let key = self.name()?;
            let value = self.value(depth + 1)?;
            if dict.has(&key) {
                self.is_ambiguous = true;
            }
            dict.set(key, value);
        }
    }

    fn array(&mut self, depth: u8) -> Option<Object> {
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.skip_space();
            if self.word(b"]").is_some() {
                return Some(Object::Array(items));
            }
            items.push(self.value(depth + 1)?);
        }
    }

    fn name(&mut self) -> Option<Vec<u8>> {
        self.word(b"/")?;
        let rest = self.rest();
        let length = rest.iter().position(|b| is_space(*b) || is_delimiter(*b)).unwrap_or(rest.len());
        self.at += length;
        let written = &rest[..length];
        if !written.contains(&b'#') {
            return Some(written.to_vec());
        }
        let mut name = Vec::with_capacity(length);
        let mut at = 0;
        while let Some(&byte) = written.get(at) {
            let pair = written.get(at + 1..at + 3).filter(|_| byte == b'#');
            match pair.and_then(|pair| Some(nibble(pair[0])? << 4 | nibble(pair[1])?)) {
                Some(value) => {
                    name.push(value);
                    at += 3;
                }
                None => {
                    name.push(byte);
                    at += 1;
                }
            }
        }
        Some(name)
    }

    fn literal(&mut self) -> Option<Object> {
        self.at += 1;
        let mut text = Vec::new();
        let mut open = 1_u32;
        loop {
            let byte = self.peek()?;
            self.at += 1;
            match byte {
                b'(' => open = open.checked_add(1)?,
                b')' if open == 1 => return Some(Object::String(text, StringFormat::Literal)),
                b')' => open -= 1,
                b'\\' => {
                    text.extend(self.escaped()?);
                    continue;
                }
                b'\r' => {
                    let _ = self.word(b"\n");
                    text.push(b'\n');
                    continue;
                }
                _ => {}
            }
            text.push(byte);
        }
    }

    /// What follows a backslash in a string; nothing for a broken line.
    fn escaped(&mut self) -> Option<Option<u8>> {
        let byte = self.peek()?;
        self.at += 1;
        Some(match byte {
            b'n' => Some(b'\n'),
            b'r' => Some(b'\r'),
            b't' => Some(b'\t'),
            b'b' => Some(8),
            b'f' => Some(12),
            b'\r' => {
                let _ = self.word(b"\n");
                None
            }
            b'\n' => None,
            b'0'..=b'7' => {
                let mut value = u32::from(byte - b'0');
                for _ in 0..2 {
                    let Some(digit @ b'0'..=b'7') = self.peek() else { break };
                    value = value * 8 + u32::from(digit - b'0');
                    self.at += 1;
                }
                Some((value & 0xff) as u8)
            }
            other => Some(other),
        })
    }

    fn hexadecimal(&mut self) -> Option<Object> {
        let rest = &self.rest()[1..];
        let Some(length) = rest.iter().position(|b| *b == b'>') else {
            self.at = self.bytes.len();
            return None;
        };
        self.at += length + 2;
        Some(Object::String(unhex(&rest[..length])?, StringFormat::Hexadecimal))
    }

    fn number_or_reference(&mut self) -> Option<Object> {
        let is_signed = matches!(self.peek(), Some(b'+' | b'-'));
        let number = self.number()?;
        let Object::Integer(first) = number else { return Some(number) };
        if is_signed {
            return Some(number);
        }
        let Ok(first) = u32::try_from(first) else { return Some(number) };
        let after = self.at;
        if !self.peek().is_some_and(is_space) {
            return Some(number);
        }
        self.skip_space();
        if self.peek().is_some_and(|b| b.is_ascii_digit())
            && let Some(second) = self.unsigned().and_then(|n| u16::try_from(n).ok())
            && self.peek().is_some_and(|b| is_space(b) || b == b'%')
        {
            self.skip_space();
            let is_end = |b: Option<&u8>| b.is_none_or(|b| is_space(*b) || is_delimiter(*b));
            if self.peek() == Some(b'R') && is_end(self.bytes.get(self.at + 1)) {
                self.at += 1;
                return Some(Object::Reference((first, second)));
            }
        }
        self.at = after;
        Some(number)
    }

    fn number(&mut self) -> Option<Object> {
        let rest = self.rest();
        let is_part = |b: &u8| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.');
        let length = rest.iter().position(|b| !is_part(b)).unwrap_or(rest.len());
        let text = std::str::from_utf8(&rest[..length]).ok()?;
        if rest.get(length).is_some_and(|b| !is_space(*b) && !is_delimiter(*b)) {
            return None;
        }
        self.at += length;
        if !text.contains('.')
            && let Ok(whole) = text.parse::<i64>()
        {
            return Some(Object::Integer(whole));
        }
        text.parse::<f32>().ok().filter(|real| real.is_finite()).map(Object::Real)
    }

    /// Goes over `stream` and its end of line, where they stand; gives where the content starts.
    fn stream_start(&mut self) -> Option<usize> {
        self.skip_space();
        self.word(b"stream")?;
        match self.rest() {
            [b'\r', b'\n', ..] => self.at += 2,
            [b'\n' | b'\r', ..] => self.at += 1,
            _ => return None,
        }
        Some(self.at)
    }
}

/// White space of PDF (ISO 32000-2, table 1).
pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, 0 | b'\t' | b'\n' | 12 | b'\r' | b' ')
}

fn is_delimiter(byte: u8) -> bool {
    matches!(byte, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}

fn nibble(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// Hexadecimal digits, with white space between them; a last odd one counts as a high half.
fn unhex(digits: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(digits.len() / 2 + 1);
    let mut high = None;
    for &digit in digits {
        if is_space(digit) {
            continue;
        }
        let value = HEX[usize::from(digit)];
        if value > 15 {
            return None;
        }
        match high.take() {
            None => high = Some(value << 4),
            Some(half) => bytes.push(half | value),
        }
    }
    bytes.extend(high);
    Some(bytes)
}

/// Values of hexadecimal digits; 255 for every other byte. Contents of 2 MB go through it.
const HEX: [u8; 256] = {
    let mut table = [255; 256];
    let mut at = 0;
    while at < 10 {
        table[b'0' as usize + at] = at as u8;
        at += 1;
    }
    while at < 16 {
        table[b'A' as usize + at - 10] = at as u8;
        table[b'a' as usize + at - 10] = at as u8;
        at += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Object> {
        Reader::new(text.as_bytes(), 0).value(0)
    }

    #[test]
    fn values_are_read_as_written() {
        let check = |text: &str, expected: &str| {
            let said = read(text).map_or_else(|| "nothing".to_owned(), |value| format!("{value:?}"));
            assert_eq!(said, expected, "{text}");
        };
        check("12", "12");
        check("-7 ", "-7");
        check("+.5", "0.5");
        check("99999999999999999999", "100000000000000000000");
        check("1--2", "nothing");
        check("12x", "nothing");
        check("3 0 R", "3 0 R");
        check("[+3 0 R]", "nothing");
        check("[3 0 R 4 0]", "[3 0 R 4 0]");
        check("[1 2 3 0 R]", "[1 2 3 0 R]");
        check("/A#42c", "/ABc");
        check("/A#4", "/A#4");
        check("true", "true");
        check("trues", "nothing");
        check("<< /A 1 % note\n /B <</C [ ]>> >>", "<</A 1/B <</C []>>>>");
        check("<< /A 1", "nothing");
        check("<< /A >>", "nothing");
    }

    #[test]
    fn strings_are_decoded() {
        let check = |text: &str, expected: Option<&[u8]>| {
            let read = read(text);
            assert_eq!(read.as_ref().and_then(|value| value.as_str().ok()), expected, "{text}");
        };
        check("(a(b)c)", Some(b"a(b)c"));
        check(r"(\(\101\5\\\n)", Some(b"(A\x05\\\n"));
        check("(a\\\r\nb\r\nc)", Some(b"ab\nc"));
        check("(open", None);
        check("<48 6c6C\n6f>", Some(b"Hllo"));
        check("<4>", Some(b"@"));
        check("<4g>", None);
        check("<41", None);
    }

    #[test]
    fn deep_nesting_is_refused() {
        assert!(read(&format!("{}{}", "[".repeat(60), "]".repeat(60))).is_some());
        assert!(read(&format!("{}{}", "[".repeat(100_000), "]".repeat(100_000))).is_none());
    }

    #[test]
    fn a_key_twice_is_told() {
        let check = |text: &str, expected: bool| {
            assert_eq!(indirect(text.as_bytes(), 0).unwrap().is_ambiguous, expected, "{text}");
        };
        check("1 0 obj <</A 1/B 2>> endobj", false);
        check("1 0 obj <</A 1/#41 2>> endobj", true);
        check("1 0 obj [<</A 1/A 2>>] endobj", true);
    }

    #[test]
    fn a_stream_starts_behind_its_end_of_line() {
        let check = |text: &str, expected: Option<usize>| {
            let read = indirect(text.as_bytes(), 0).unwrap().value;
            let start = if let Object::Stream(stream) = read { stream.start_position } else { None };
            assert_eq!(start, expected, "{text:?}");
        };
        check("1 0 obj<</L 1>>stream\r\nX\nendstream", Some(23));
        check("1 0 obj<</L 1>>stream\nX\nendstream", Some(22));
        check("1 0 obj<</L 1>>streamX\nendstream", None);
        check("1 0 obj<</L 1>>endobj", None);
    }

    #[test]
    fn spans_are_those_of_the_values() {
        let text = b"<</A (x) /Contents <00ff> /B 3 0 R>>";
        let found = spans(text, 0).unwrap();
        let told: Vec<(&[u8], &[u8])> =
            found.iter().map(|(key, span)| (key.as_slice(), &text[span.clone()])).collect();
        let expected: Vec<(&[u8], &[u8])> = vec![(b"A", b"(x)"), (b"Contents", b"<00ff>"), (b"B", b"3 0 R")];
        assert_eq!(told, expected);
    }
}
