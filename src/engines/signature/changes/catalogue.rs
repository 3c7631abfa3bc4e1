//! The document as a whole: catalogue, validation data, metadata.

use lopdf::{Dictionary, Object, ObjectId};

use super::{
    ChangeKind, message,
    walk::{Origin, Walk},
};

/// Keys of the catalogue that have their own rules.
const OWN_RULES: [&[u8]; 7] =
    [b"AcroForm", b"DSS", b"Extensions", b"MarkInfo", b"Metadata", b"Pages", b"Version"];
/// Most entries of `/VRI` that are looked at.
const MOST_ENTRIES: usize = 5_000;

pub(super) fn compare(walk: &mut Walk<'_, '_, '_>, root: ObjectId) {
    let Some((old, new)) = walk.dictionaries(root) else {
        walk.report(Origin::Document);
        return;
    };
    walk.dicts_differ(&old, &new, &OWN_RULES, |_| Origin::Document);
    if old.get(b"Pages").ok() != new.get(b"Pages").ok() {
        walk.report(Origin::Tree);
    }
    plain_keys(walk, &old, &new);
    metadata(walk, &old, &new);
    validation_data(walk, &old, &new);
    info(walk);
}

/// Version, extensions and marks may be stated anew; they hold plain values.
fn plain_keys(walk: &mut Walk<'_, '_, '_>, old: &Dictionary, new: &Dictionary) {
    for key in [b"Version".as_slice(), b"Extensions", b"MarkInfo"] {
        let is_same = match (old.get(key).ok(), new.get(key).ok()) {
            (Some(old), Some(new)) => !walk.is_moved(old, new),
            (None, None) => true,
            _ => false,
        };
        if !is_same && !walk.new_value(new, key).is_some_and(|value| is_plain(&value, 3)) {
            walk.report(Origin::Document);
        }
    }
}

/// Whether a value is made of names, numbers and the like, down to a depth.
fn is_plain(value: &Object, depth: u8) -> bool {
    match value {
        Object::Dictionary(dict) => depth > 0 && dict.iter().all(|(_, value)| is_plain(value, depth - 1)),
        Object::Array(items) => depth > 0 && items.iter().all(|value| is_plain(value, depth - 1)),
        Object::Stream(_) | Object::Reference(_) => false,
        _ => true,
    }
}

fn metadata(walk: &mut Walk<'_, '_, '_>, old: &Dictionary, new: &Dictionary) {
    let values = (old.get(b"Metadata").ok(), new.get(b"Metadata").ok());
    let is_same = match values {
        (None, None) => return,
        (Some(old), Some(new)) => !walk.is_moved(old, new),
        _ => false,
    };
    if is_same {
        if let Some(Object::Reference(id)) = values.1 {
            walk.follow(*id, b"Metadata", Origin::Document);
        }
        return;
    }
    let is_metadata = walk.new_value(new, b"Metadata").is_some_and(|value| match value {
        // Never something that can be drawn as well.
        Object::Stream(stream) => {
            let subtype = stream.dict.get(b"Subtype").and_then(Object::as_name);
            stream.dict.has_type(b"Metadata") && subtype.is_ok_and(|subtype| subtype == b"XML")
        }
        _ => false,
    });
    let kind = if is_metadata { ChangeKind::Metadata } else { ChangeKind::Document };
    walk.found.add(kind, message::plain(kind));
}

fn validation_data(walk: &mut Walk<'_, '_, '_>, old: &Dictionary, new: &Dictionary) {
    let has_store = (old.has(b"DSS"), new.has(b"DSS"));
    if has_store == (false, false) {
        return;
    }
    let Some(Object::Dictionary(store)) = walk.new_value(new, b"DSS") else {
        walk.report(Origin::Document);
        return;
    };
    let known: [&[u8]; 5] = [b"Type", b"VRI", b"Certs", b"CRLs", b"OCSPs"];
    let mut is_right = store.iter().all(|(key, _)| known.contains(&key.as_slice()));
    is_right &= lists_are_right(walk, &store, [b"Certs", b"CRLs", b"OCSPs"]);
    if store.has(b"VRI") {
        is_right &= match walk.new_value(&store, b"VRI") {
            Some(Object::Dictionary(entries)) => {
                let known: [&[u8]; 6] = [b"Type", b"TU", b"TS", b"Cert", b"CRL", b"OCSP"];
                entries.len() <= MOST_ENTRIES
                    && entries.iter().all(|(key, _)| match walk.new_value(&entries, key) {
                        Some(Object::Dictionary(entry)) => {
                            entry.iter().all(|(key, _)| known.contains(&key.as_slice()))
                                && lists_are_right(walk, &entry, [b"Cert", b"CRL", b"OCSP"])
                        }
                        _ => false,
                    })
            }
            _ => false,
        };
    }
    if !is_right {
        walk.report(Origin::Document);
        return;
    }
    let is_moved = match (old.get(b"DSS").ok(), new.get(b"DSS").ok()) {
        (Some(old), Some(new)) => walk.is_moved(old, new),
        _ => true,
    };
    if is_moved {
        walk.found.add(ChangeKind::ValidationData, message::plain(ChangeKind::ValidationData));
    }
}

/// Whether these keys, where they are, hold arrays of references to streams.
fn lists_are_right(walk: &Walk<'_, '_, '_>, dict: &Dictionary, keys: [&[u8]; 3]) -> bool {
    keys.into_iter().all(|key| {
        !dict.has(key)
            || walk.new_value(dict, key).is_some_and(|list| {
                list.as_array().is_ok_and(|items| {
                    items.iter().all(|item| {
                        let id = item.as_reference().ok();
                        id.and_then(|id| walk.pdf.object(walk.to, id))
                            .is_some_and(|item| item.as_stream().is_ok())
                    })
                })
            })
    })
}

/// Title, author and the like, outside the catalogue.
fn info(walk: &mut Walk<'_, '_, '_>) {
    let (old, new) = (walk.pdf.trailer(walk.from), walk.pdf.trailer(walk.to));
    let is_same = match (old.get(b"Info").ok(), new.get(b"Info").ok()) {
        (Some(old), Some(new)) => !walk.is_moved(old, new),
        (None, None) => true,
        _ => false,
    };
    if !is_same {
        walk.found.add(ChangeKind::Metadata, message::plain(ChangeKind::Metadata));
    }
}

impl Walk<'_, '_, '_> {
    /// Whether a value is written differently, or refers to an object that was written anew.
    pub(super) fn is_moved(&self, old: &Object, new: &Object) -> bool {
        match (old, new) {
            (Object::Reference(old), Object::Reference(new)) => old != new || self.is_changed(*old),
            _ => old != new || refers_to_changed(self, new),
        }
    }
}

fn refers_to_changed(walk: &Walk<'_, '_, '_>, value: &Object) -> bool {
    match value {
        Object::Reference(id) => walk.is_changed(*id),
        Object::Array(items) => items.iter().any(|item| refers_to_changed(walk, item)),
        Object::Dictionary(dict) => dict.iter().any(|(_, value)| refers_to_changed(walk, value)),
        _ => false,
    }
}
