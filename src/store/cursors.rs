//! Where a list goes on, as text that only whoever got it can use, for that list alone.
//!
//! A place with a keyed hash of list, asker and place before it. The key is that of look-ups, so that a system that
//! comes back after weeks, over a change of master keys, still goes on where it was. Knows nothing of lists.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use openssl::memcmp;

use super::{Db, keys::Lookup};

/// Figures of the keyed hash that stand in a cursor: 128 bits.
const MARK: usize = 32;
/// No place of ours is longer.
const LONGEST: usize = 400;

/// The cursor of a place in a list, for whoever asks.
pub fn made(db: &Db, list: &str, asker: &str, place: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("{}{place}", mark(db, list, asker, place)))
}

/// The place that a cursor names; `None` when it is not one of that list and asker.
pub fn place(db: &Db, list: &str, asker: &str, cursor: &str) -> Option<String> {
    if cursor.len() > LONGEST {
        return None;
    }
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    let (said, place) = text.split_at_checked(MARK)?;
    let own = mark(db, list, asker, place);
    memcmp::eq(said.as_bytes(), own.as_bytes()).then(|| place.to_owned())
}

fn mark(db: &Db, list: &str, asker: &str, place: &str) -> String {
    let mut mark = db.keys().lookup_key(Lookup::Cursor, &[list, asker, place]);
    mark.truncate(MARK);
    mark
}
