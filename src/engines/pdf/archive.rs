//! Whether pages carried over from a foreign PDF may stand in a file built to PDF/A-2b (ISO 19005-2:2011).
//!
//! What can be mended without changing what the page says is mended; what departs is named by its clause, and
//! what could not be checked counts as departing: the file then does not say that it conforms. Looks at
//! what the copier brings along (content, colours, pictures, fonts); annotations, actions, layers,
//! attachments and metadata of the foreign file are not carried at all. Certifies nothing.

mod colour;
mod fonts;
mod pictures;
mod repair;
mod truetype;
mod walk;

use std::collections::BTreeSet;

use lopdf::{Dictionary, Document, Object, ObjectId};
use pdf_writer::{Chunk, Dict, Finish, Name, Null, Obj, Pdf, Ref, Str};
use serde::{Deserialize, Serialize};

use self::walk::Audit;

/// One way in which a carried page does not conform, or was not shown to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Departure {
    /// The clause of ISO 19005-2:2011.
    pub clause: String,
    /// What is so, for people.
    pub what: String,
}

/// Longest name and string (ISO 19005-2, 6.1.13).
const LONGEST_NAME: usize = 127;
const LONGEST_STRING: usize = 32_767;
/// Deepest nesting of arrays and dictionaries followed; `put` and `measure` recurse.
const DEEPEST: usize = 60;
/// Filters that ISO 19005-2, 6.1.7.2 allows.
const FILTERS: [&[u8]; 8] = [
    b"ASCIIHexDecode",
    b"ASCII85Decode",
    b"FlateDecode",
    b"RunLengthDecode",
    b"CCITTFaxDecode",
    b"JBIG2Decode",
    b"DCTDecode",
    b"JPXDecode",
];

/// Adds the copied objects `copied` to `target`, mended where that is needed; says where the forms
/// `roots` still depart.
pub(super) fn settle(copied: Chunk, roots: &[Ref], target: &mut Chunk) -> BTreeSet<Departure> {
    let Some(mut document) = parse(&copied) else {
        target.extend(&copied);
        let what = "không xem lại được nội dung trang chép sang".to_owned();
        return BTreeSet::from([Departure { clause: "6.1.9".to_owned(), what }]);
    };
    if repair::repair(&mut document) {
        drop(copied);
        for (id, object) in &document.objects {
            if let (Some(id), false) = (reference(*id), is_scaffold(object)) {
                put_object(target, id, object);
            }
        }
    } else {
        target.extend(&copied);
    }
    let mut audit = Audit::new(&document);
    measure_all(&document, &mut audit);
    for root in roots {
        audit.walk_root((u32::try_from(root.get()).unwrap_or(0), 0));
    }
    audit.finish()
}

/// The copied objects as a document of their own.
fn parse(copied: &Chunk) -> Option<Document> {
    let mut pdf = Pdf::with_capacity(copied.len() + 4096);
    pdf.extend(copied);
    let last = copied.refs().map(Ref::get).max().unwrap_or(0);
    let (catalog, tree) = (Ref::new(last.checked_add(1)?), Ref::new(last.checked_add(2)?));
    pdf.catalog(catalog).pages(tree).pair(Name(SCAFFOLD), true);
    let mut pages = pdf.pages(tree);
    pages.kids([]).count(0);
    pages.pair(Name(SCAFFOLD), true);
    pages.finish();
    Document::load_mem(&pdf.finish()).ok()
}

/// Marks what the copied objects need to be a document, and what is not copied.
const SCAFFOLD: &[u8] = b"SohoaScaffold";

fn is_scaffold(object: &Object) -> bool {
    object.as_dict().is_ok_and(|dictionary| dictionary.has(SCAFFOLD))
}

fn reference(id: ObjectId) -> Option<Ref> {
    i32::try_from(id.0).ok().filter(|number| *number > 0).map(Ref::new)
}

fn put_object(chunk: &mut Chunk, id: Ref, object: &Object) {
    if let Object::Stream(stream) = object {
        let mut written = chunk.stream(id, &stream.content);
        put_entries(&mut written, &stream.dict, 0);
        written.finish();
    } else {
        put(chunk.indirect(id), object, 0);
    }
}

fn put_entries(target: &mut Dict<'_>, dictionary: &Dictionary, depth: usize) {
    for (key, value) in dictionary.iter().filter(|(key, _)| key.as_slice() != b"Length") {
        put(target.insert(Name(key)), value, depth + 1);
    }
}

fn put(target: Obj<'_>, object: &Object, depth: usize) {
    if depth > DEEPEST {
        target.primitive(Null);
        return;
    }
    match object {
        Object::Boolean(value) => target.primitive(*value),
        Object::Integer(value) => {
            target.primitive(i32::try_from(*value).unwrap_or(if *value < 0 { i32::MIN } else { i32::MAX }));
        }
        Object::Real(value) => target.primitive(*value),
        Object::Name(name) => target.primitive(Name(name)),
        Object::String(text, _) => target.primitive(Str(text)),
        Object::Array(items) => {
            let mut array = target.array();
            for item in items {
                put(array.push(), item, depth + 1);
            }
        }
        Object::Dictionary(dictionary) => put_entries(&mut target.dict(), dictionary, depth),
        Object::Reference(id) => match reference(*id) {
            Some(id) => target.primitive(id),
            None => target.primitive(Null),
        },
        Object::Null | Object::Stream(_) => target.primitive(Null),
    }
}

/// Clauses that hold for every object, wherever it is used.
fn measure_all(document: &Document, audit: &mut Audit<'_>) {
    for object in document.objects.values() {
        measure(object, audit, 0);
        let Ok(stream) = object.as_stream() else { continue };
        if [&b"F"[..], b"FFilter", b"FDecodeParms"].iter().any(|key| stream.dict.has(key)) {
            audit.departs("6.1.7.1", "dữ liệu nằm ở tệp khác");
        }
        let filters = repair::filters(document, &stream.dict);
        if filters.iter().any(|filter| !FILTERS.contains(filter)) {
            audit.departs("6.1.7.2", "có kiểu nén không được phép");
        }
    }
}

fn measure(object: &Object, audit: &mut Audit<'_>, depth: usize) {
    if depth > DEEPEST {
        audit.departs("6.1.13", "cấu trúc lồng quá sâu");
        return;
    }
    match object {
        Object::Name(name) if name.len() > LONGEST_NAME => audit.departs("6.1.13", "có tên quá dài"),
        Object::String(text, _) if text.len() > LONGEST_STRING => audit.departs("6.1.13", "có chuỗi quá dài"),
        Object::Array(items) => items.iter().for_each(|item| measure(item, audit, depth + 1)),
        Object::Dictionary(dictionary) => measure_entries(dictionary, audit, depth),
        Object::Stream(stream) => measure_entries(&stream.dict, audit, depth),
        _ => {}
    }
}

fn measure_entries(dictionary: &Dictionary, audit: &mut Audit<'_>, depth: usize) {
    for (key, value) in dictionary {
        if key.len() > LONGEST_NAME {
            audit.departs("6.1.13", "có tên quá dài");
        }
        measure(value, audit, depth + 1);
    }
}
