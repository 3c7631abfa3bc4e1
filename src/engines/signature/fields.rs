//! The form of a PDF as of a revision: its fields with full names, types, values and widgets.
//!
//! Bounded; knows nothing of what signatures are worth.

use std::collections::HashSet;

use lopdf::{Dictionary, Object, ObjectId};

use crate::engines::pdf::revisions::RevisedPdf;

/// Most nodes of the form, and their greatest depth.
const MOST_FIELDS: usize = 20_000;
const DEEPEST: u8 = 32;
/// Longest full name, bytes.
const LONGEST_NAME: usize = 4_000;

/// A field that holds a value: the lowest node that has a name.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Field {
    /// Full name, partial names joined by dots.
    pub name: String,
    /// Its object.
    pub id: ObjectId,
    /// `/FT`, inherited.
    pub kind: Vec<u8>,
    /// `/V` as written, inherited.
    pub value: Option<Object>,
    /// Its widgets: itself where it has no kids.
    pub widgets: Vec<ObjectId>,
}

/// The form as of a revision.
#[derive(Debug, Default)]
pub(super) struct Form {
    /// Fields that hold values, in the order of the form.
    pub fields: Vec<Field>,
    /// Fields that have named fields below them, and their full names.
    pub groups: Vec<(String, ObjectId)>,
    /// Numbers of all objects that were read to know this.
    pub read: HashSet<u32>,
    /// Whether all of it could be read: no loop, no field twice, no end of patience.
    pub is_whole: bool,
}

struct Node {
    id: ObjectId,
    name: String,
    kind: Vec<u8>,
    value: Option<Object>,
    depth: u8,
}

/// Reads the form.
pub(super) fn form(pdf: &RevisedPdf<'_>, revision: usize) -> Form {
    let mut form = Form { is_whole: true, ..Form::default() };
    let Ok(Object::Reference(root)) = pdf.trailer(revision).get(b"Root") else { return form };
    form.read.insert(root.0);
    let Some(catalogue) = pdf.object(revision, *root) else { return form };
    let Some(acro) = catalogue.as_dict().ok().and_then(|c| c.get(b"AcroForm").ok()) else { return form };
    note(acro, &mut form.read);
    let Some(acro) = pdf.resolve(revision, acro) else { return form };
    let Some(fields) = acro.as_dict().ok().and_then(|acro| acro.get(b"Fields").ok()) else { return form };
    note(fields, &mut form.read);
    let Some(fields) = pdf.resolve(revision, fields) else { return form };
    let top = Node { id: (0, 0), name: String::new(), kind: Vec::new(), value: None, depth: 0 };
    let mut waiting = Vec::new();
    push_kids(&fields, &top, &mut form, &mut waiting);
    while let Some(node) = waiting.pop() {
        if !form.read.insert(node.id.0) || node.depth > DEEPEST || form.fields.len() > MOST_FIELDS {
            form.is_whole = false;
            continue;
        }
        visit(pdf, revision, node, &mut form, &mut waiting);
    }
    form
}

fn visit(pdf: &RevisedPdf<'_>, revision: usize, mut node: Node, form: &mut Form, waiting: &mut Vec<Node>) {
    let Some(object) = pdf.object(revision, node.id) else {
        form.is_whole = false;
        return;
    };
    let Ok(dict) = object.as_dict() else {
        form.is_whole = false;
        return;
    };
    if let Some(partial) = text(pdf, revision, dict, b"T") {
        if !node.name.is_empty() {
            node.name.push('.');
        }
        node.name.push_str(&partial);
    }
    if node.name.len() > LONGEST_NAME {
        form.is_whole = false;
        return;
    }
    if let Some(kind) = dict.get(b"FT").ok().and_then(|kind| pdf.resolve(revision, kind)) {
        node.kind = kind.as_name().map(<[u8]>::to_vec).unwrap_or_default();
    }
    if let Ok(value) = dict.get(b"V") {
        node.value = Some(value.clone());
    }
    let kids = dict.get(b"Kids").ok();
    if let Some(kids) = kids {
        note(kids, &mut form.read);
    }
    let kids = kids.and_then(|kids| pdf.resolve(revision, kids));
    let Some(kids) = kids else {
        form.fields.push(Field {
            name: node.name,
            id: node.id,
            kind: node.kind,
            value: node.value,
            widgets: vec![node.id],
        });
        return;
    };
    let Ok(items) = kids.as_array() else {
        form.is_whole = false;
        return;
    };
    let is_named = |kid: &Object| {
        let kid = kid.as_reference().ok().and_then(|kid| pdf.object(revision, kid));
        kid.is_some_and(|kid| kid.as_dict().is_ok_and(|kid| kid.has(b"T")))
    };
    if items.iter().take(MOST_FIELDS).any(is_named) {
        form.groups.push((node.name.clone(), node.id));
        push_kids(&kids, &node, form, waiting);
        return;
    }
    let widgets: Vec<ObjectId> = items.iter().filter_map(|kid| kid.as_reference().ok()).collect();
    form.is_whole &= widgets.len() == items.len() && widgets.len() <= MOST_FIELDS;
    for widget in &widgets {
        form.is_whole &= form.read.insert(widget.0);
    }
    form.fields.push(Field { name: node.name, id: node.id, kind: node.kind, value: node.value, widgets });
}

fn push_kids(kids: &Object, above: &Node, form: &mut Form, waiting: &mut Vec<Node>) {
    let Ok(kids) = kids.as_array() else {
        form.is_whole = false;
        return;
    };
    let room = MOST_FIELDS.saturating_sub(waiting.len());
    form.is_whole &= kids.len() <= room;
    for kid in kids.iter().take(room).rev() {
        let Object::Reference(id) = kid else {
            form.is_whole = false;
            continue;
        };
        let (name, kind, value) = (above.name.clone(), above.kind.clone(), above.value.clone());
        waiting.push(Node { id: *id, name, kind, value, depth: above.depth + 1 });
    }
}

fn note(value: &Object, read: &mut HashSet<u32>) {
    if let Object::Reference(id) = value {
        read.insert(id.0);
    }
}

/// A text of a dictionary: UTF-16, UTF-8 or `PDFDocEncoding` (ISO 32000-2, 7.9.2.2).
pub(super) fn text(pdf: &RevisedPdf<'_>, revision: usize, dict: &Dictionary, key: &[u8]) -> Option<String> {
    let value = pdf.resolve(revision, dict.get(key).ok()?)?;
    lopdf::decode_text_string(&value).ok()
}
