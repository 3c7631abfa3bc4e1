//! What is left of a signature that no reader finds: a file that was cut off on its way.
//!
//! Looks at dictionaries that stand in the file themselves: words in the content of streams, and old dictionaries that
//! the file's own cross-references still list, accuse nobody.

use lopdf::Object;

use super::locate;
use crate::engines::pdf::revisions::{RevisedPdf, loose_objects};

/// Words that the dictionary of a signature has, and hardly another one.
const WORDS: [&[u8]; 2] = [b"/ByteRange", b"/SubFilter"];
const CONTENTS: &[u8] = b"/Contents";

/// Whether the dictionary of a signature, whole or cut off, stands where no cross-reference leads: behind the newest
/// revision, or anywhere in a file whose cross-references are damaged.
pub fn has_remains(pdf: &RevisedPdf<'_>) -> bool {
    let start = if pdf.is_recovered() { 0 } else { pdf.revision(pdf.newest()).end };
    let bytes = pdf.bytes().get(start..).unwrap_or_default();
    if !WORDS.iter().any(|word| has(bytes, word)) || !has(bytes, CONTENTS) {
        return false;
    }
    loose_objects(bytes).any(|found| match found {
        Ok(object) => is_signature(&object),
        Err(rest) => is_cut_off(rest),
    })
}

/// Whether a file has a signature, one that an update took out of its form, or the remains of one. Of bytes that cannot be
/// taken apart the words alone tell.
pub fn may_have_signature(bytes: &[u8]) -> bool {
    match RevisedPdf::open(bytes, None) {
        Ok(pdf) => has_remains(&pdf) || !locate(&pdf).is_empty(),
        Err(_) => has(bytes, WORDS[0]),
    }
}

fn has(bytes: &[u8], word: &[u8]) -> bool {
    memchr::memmem::find(bytes, word).is_some()
}

fn is_signature(object: &Object) -> bool {
    object.as_dict().is_ok_and(|dict| {
        let contents = dict.get(b"Contents").and_then(Object::as_str);
        contents.is_ok() && dict.get(b"ByteRange").and_then(Object::as_array).is_ok()
    })
}

/// Whether what begins as an object and does not end as one is the dictionary of a signature.
fn is_cut_off(rest: &[u8]) -> bool {
    let end = memchr::memmem::find(rest, b"stream").unwrap_or(rest.len());
    let dict = &rest[..end];
    let is_hexadecimal = memchr::memmem::find_iter(dict, CONTENTS).any(|at| {
        let value = dict[at + CONTENTS.len()..].trim_ascii_start();
        matches!(value, [b'<', digit, ..] if digit.is_ascii_hexdigit()) || value == b"<"
    });
    is_hexadecimal && WORDS.iter().any(|word| has(dict, word))
}
