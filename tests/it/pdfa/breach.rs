//! What breaks a clause of ISO 19005-2:2011, and the walk over a file that the clauses share.

use std::fmt;

use lopdf::{Dictionary, Document, Object, ObjectId};

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Breach {
    pub clause: &'static str,
    pub what: String,
}

impl fmt::Debug for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.clause, self.what)
    }
}

/// The file under judgement.
pub struct Judged<'a> {
    pub bytes: &'a [u8],
    pub document: Document,
    pub breaches: Vec<Breach>,
}

impl<'a> Judged<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, document: Document::load_mem(bytes).unwrap(), breaches: Vec::new() }
    }

    /// Notes a breach of `clause` unless `holds`.
    pub fn must(&mut self, clause: &'static str, holds: bool, what: impl fmt::Display) {
        if !holds {
            self.breaches.push(Breach { clause, what: what.to_string() });
        }
    }

    pub fn catalog(&self) -> &Dictionary {
        self.document.catalog().unwrap()
    }
}

pub fn deref<'d>(document: &'d Document, object: &'d Object) -> &'d Object {
    document.dereference(object).unwrap().1
}

pub fn get<'d>(document: &'d Document, dictionary: &'d Dictionary, key: &str) -> Option<&'d Object> {
    dictionary.get_deref(key.as_bytes(), document).ok()
}

pub fn name<'d>(document: &'d Document, dictionary: &'d Dictionary, key: &str) -> Option<&'d str> {
    get(document, dictionary, key)?.as_name().ok().map(|name| std::str::from_utf8(name).unwrap())
}

pub fn dictionary<'d>(document: &'d Document, holder: &'d Dictionary, key: &str) -> Option<&'d Dictionary> {
    match get(document, holder, key)? {
        Object::Dictionary(found) => Some(found),
        Object::Stream(found) => Some(&found.dict),
        _ => None,
    }
}

pub fn number(document: &Document, holder: &Dictionary, key: &str) -> Option<f32> {
    get(document, holder, key)?.as_float().ok()
}

/// Every dictionary of the file, those inside others too.
pub fn each_dictionary(document: &Document, mut visit: impl FnMut(ObjectId, &Dictionary)) {
    fn inner(id: ObjectId, object: &Object, visit: &mut dyn FnMut(ObjectId, &Dictionary)) {
        match object {
            Object::Array(items) => items.iter().for_each(|item| inner(id, item, visit)),
            Object::Dictionary(found) => {
                visit(id, found);
                found.iter().for_each(|(_, value)| inner(id, value, visit));
            }
            Object::Stream(found) => {
                visit(id, &found.dict);
                found.dict.iter().for_each(|(_, value)| inner(id, value, visit));
            }
            _ => {}
        }
    }
    document.objects.iter().for_each(|(id, object)| inner(*id, object, &mut visit));
}
