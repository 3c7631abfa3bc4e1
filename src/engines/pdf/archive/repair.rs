//! Mends what PDF/A-2b forbids where nothing that is seen depends on it.

use std::collections::BTreeSet;

use lopdf::{Dictionary, Document, Object, ObjectId, Stream};

/// Most bytes that one stream may unpack to.
const MOST_UNPACKED_BYTES: usize = 256 * 1024 * 1024;

/// Mends the objects; says whether any was changed.
pub(super) fn repair(document: &mut Document) -> bool {
    let mut plans: Vec<(ObjectId, Object)> =
        document.objects.iter().filter_map(|(id, object)| Some((*id, mended(document, object)?))).collect();
    plans.extend(
        true_type_files(document).into_iter().filter_map(|id| Some((id, with_length(document, id)?))),
    );
    let is_changed = !plans.is_empty();
    document.objects.extend(plans);
    is_changed
}

/// The embedded TrueType programs.
fn true_type_files(document: &Document) -> BTreeSet<ObjectId> {
    let dictionaries = document.objects.values().filter_map(|object| object.as_dict().ok());
    dictionaries.filter_map(|d| d.get(b"FontFile2").ok()?.as_reference().ok()).collect()
}

/// The program with the length that ISO 32000-1, 9.9 asks for; `None` where it says it.
fn with_length(document: &Document, id: ObjectId) -> Option<Object> {
    let stream = document.get_object(id).ok()?.as_stream().ok()?;
    let length = i64::try_from(unpacked(document, stream)?.len()).ok()?;
    let said = stream.dict.get_deref(b"Length1", document).and_then(Object::as_i64);
    if said.is_ok_and(|said| said == length) {
        return None;
    }
    let mut copy = stream.clone();
    copy.dict.set("Length1", length);
    Some(Object::Stream(copy))
}

fn mended(document: &Document, object: &Object) -> Option<Object> {
    match object {
        Object::Stream(stream) => mended_stream(document, stream).map(Object::Stream),
        Object::Dictionary(dictionary) => {
            let mut copy = dictionary.clone();
            let is_changed = mend_dictionary(document, &mut copy) | mend_inner(document, &mut copy);
            is_changed.then_some(Object::Dictionary(copy))
        }
        _ => None,
    }
}

/// Dictionaries in resources may stand inside others.
fn mend_inner(document: &Document, dictionary: &mut Dictionary) -> bool {
    let mut is_changed = false;
    for key in [&b"ExtGState"[..], b"DescendantFonts", b"FontDescriptor"] {
        match dictionary.get_mut(key) {
            Ok(Object::Dictionary(inner)) => {
                is_changed |= mend_dictionary(document, inner);
                for (_, value) in inner.iter_mut() {
                    if let Object::Dictionary(state) = value {
                        is_changed |= mend_dictionary(document, state);
                    }
                }
            }
            Ok(Object::Array(items)) => {
                for item in items {
                    if let Object::Dictionary(inner) = item {
                        is_changed |= mend_dictionary(document, inner);
                    }
                }
            }
            _ => {}
        }
    }
    is_changed
}

fn mend_dictionary(document: &Document, dictionary: &mut Dictionary) -> bool {
    let mut is_changed = false;
    let mut drop_key =
        |dictionary: &mut Dictionary, key: &[u8]| is_changed |= dictionary.remove(key).is_some();
    if dictionary.has_type(b"ExtGState") {
        // How a printer screens is not what the page says (6.2.5).
        drop_key(dictionary, b"HTP");
        drop_key(dictionary, b"HT");
        for key in [&b"TR"[..], b"TR2"] {
            if dictionary.get(key).and_then(Object::as_name).is_ok_and(|name| name == b"Identity") {
                drop_key(dictionary, key);
            }
        }
    }
    if dictionary.has_type(b"FontDescriptor") {
        // Lists of what a subset holds need not be there, and are wrong as often as not (6.2.11.4.2).
        drop_key(dictionary, b"CIDSet");
        drop_key(dictionary, b"CharSet");
    }
    let is_true_type =
        dictionary.get(b"Subtype").and_then(Object::as_name).is_ok_and(|s| s == b"CIDFontType2");
    let is_embedded = || {
        let descriptor = document.get_dict_in_dict(dictionary, b"FontDescriptor");
        descriptor.is_ok_and(|descriptor| descriptor.has(b"FontFile2"))
    };
    if is_true_type && !dictionary.has(b"CIDToGIDMap") && is_embedded() {
        dictionary.set("CIDToGIDMap", "Identity"); // what its absence means (6.2.11.3.2)
        is_changed = true;
    }
    is_changed
}

fn mended_stream(document: &Document, stream: &Stream) -> Option<Stream> {
    let has_lzw = filters(document, &stream.dict).contains(&&b"LZWDecode"[..]);
    let is_picture = stream.dict.get(b"Subtype").and_then(Object::as_name).is_ok_and(|s| s == b"Image");
    let is_smoothed =
        is_picture && stream.dict.get(b"Interpolate").and_then(Object::as_bool).unwrap_or(false);
    let unwanted: &[&[u8]] = if is_picture { &[b"Alternates", b"OPI"] } else { &[b"OPI"] };
    let has_unwanted = unwanted.iter().any(|key| stream.dict.has(key));
    let mut inner = stream.dict.get(b"Resources").and_then(Object::as_dict).ok().cloned();
    let is_inner_changed = inner.as_mut().is_some_and(|resources| mend_inner(document, resources));
    if !(has_lzw || is_smoothed || has_unwanted || is_inner_changed) {
        return None;
    }
    let mut copy = stream.clone();
    for key in unwanted {
        copy.dict.remove(key);
    }
    if is_smoothed {
        copy.dict.remove(b"Interpolate");
    }
    if let (Some(inner), true) = (inner, is_inner_changed) {
        copy.dict.set("Resources", inner);
    }
    if has_lzw {
        // A filter that lies under LZW and is not known here stays as it is, and is then named.
        if let Ok(plain) = resolved(document, stream).decompressed_content_with_limit(MOST_UNPACKED_BYTES) {
            copy.dict.remove(b"Filter");
            copy.dict.remove(b"DecodeParms");
            copy.set_plain_content(plain);
            let _ = copy.compress(); // only a full memory fails; the stream stays plain then
        }
    }
    Some(copy)
}

/// The stream with its filters and their parameters in place, not by reference.
fn resolved(document: &Document, stream: &Stream) -> Stream {
    let mut copy = stream.clone();
    for key in [&b"Filter"[..], b"DecodeParms"] {
        let Ok(value) = stream.dict.get_deref(key, document) else { continue };
        let mut value = value.clone();
        if let Object::Array(items) = &mut value {
            for item in items {
                if let Ok((_, plain)) = document.dereference(item) {
                    *item = plain.clone();
                }
            }
        }
        copy.dict.set(key, value);
    }
    copy
}

/// The names of a stream's filters.
pub(super) fn filters<'d>(document: &'d Document, dictionary: &'d Dictionary) -> Vec<&'d [u8]> {
    match dictionary.get_deref(b"Filter", document) {
        Ok(Object::Name(name)) => vec![name],
        Ok(Object::Array(items)) => {
            let name = |item: &'d Object| document.dereference(item).ok()?.1.as_name().ok();
            items.iter().filter_map(name).collect()
        }
        _ => Vec::new(),
    }
}

/// The unpacked data of a stream; `None` where a filter is not known, or there is too much of it.
pub(super) fn unpacked(document: &Document, stream: &Stream) -> Option<Vec<u8>> {
    resolved(document, stream).decompressed_content_with_limit(MOST_UNPACKED_BYTES).ok()
}
