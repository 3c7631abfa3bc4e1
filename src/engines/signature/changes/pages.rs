//! Pages: the tree, what is drawn on each, and the annotations that lie over it.

use lopdf::{Object, ObjectId};

use super::{
    ChangeKind, Rules, Touched, Why,
    form::{self, Outcome},
    message,
    walk::{Origin, Walk},
};

/// Annotations that say something about the page and are no part of it.
const COMMENTS: [&[u8]; 7] =
    [b"Text", b"Highlight", b"Underline", b"Squiggly", b"StrikeOut", b"Ink", b"Popup"];
/// Keys that make an annotation act or hide.
const ACTING: [&[u8]; 4] = [b"A", b"AA", b"OC", b"PA"];

pub(super) fn compare(walk: &mut Walk<'_, '_, '_>, rules: &Rules<'_>, form: &Outcome) {
    for id in walk.tree() {
        if !walk.go_on() {
            return;
        }
        node(walk, id);
    }
    for index in 0..walk.pages.len() {
        if !walk.go_on() {
            return;
        }
        page(walk, index, rules, form);
    }
}

/// A node above the pages: the same kids, the same inherited properties.
fn node(walk: &mut Walk<'_, '_, '_>, id: ObjectId) {
    let Some((old, new)) = walk.dictionaries(id) else {
        walk.report(Origin::Tree);
        return;
    };
    walk.dicts_differ(&old, &new, &[], |key| match key {
        b"Resources" => Origin::TreeResources,
        b"Kids" | b"Count" | b"Type" | b"Parent" => Origin::Tree,
        _ => Origin::TreeProperties,
    });
}

fn page(walk: &mut Walk<'_, '_, '_>, index: usize, rules: &Rules<'_>, form: &Outcome) {
    let id = walk.pages[index];
    let Some((old, new)) = walk.dictionaries(id) else {
        walk.report(Origin::Tree);
        return;
    };
    walk.dicts_differ(&old, &new, &[b"Annots"], |key| match key {
        b"Contents" => Origin::Content(index),
        b"Resources" => Origin::Resources(index),
        _ => Origin::Page(index),
    });
    let list = |value: Option<Object>| match value {
        None | Some(Object::Null) => Some(Vec::new()),
        Some(Object::Array(items)) => Some(items),
        Some(_) => None,
    };
    let of_old = list(walk.old_value(&old, b"Annots"));
    let of_new = list(walk.new_value(&new, b"Annots"));
    let (Some(of_old), Some(of_new)) = (of_old, of_new) else {
        walk.report(Origin::Annotation(index));
        return;
    };
    for annotation in &of_old {
        match annotation {
            Object::Reference(id) if walk.linked.contains(id) => {}
            Object::Reference(id) => walk.follow(*id, b"", Origin::Annotation(index)),
            direct => {
                let _ = walk.differs(direct, direct, b"", Origin::Annotation(index));
            }
        }
    }
    let more: Vec<Object> = match form::added(&of_old, &of_new) {
        Some(more) => more.into_iter().cloned().collect(),
        None => {
            walk.report(Origin::Annotation(index));
            Vec::new()
        }
    };
    let is_annotation = |item: &Object| {
        let item = walk.pdf.resolve(walk.from, item);
        item.is_some_and(|item| item.as_dict().is_ok())
    };
    // A list that is something else besides must not grow.
    if !more.is_empty() && !of_old.iter().all(is_annotation) {
        walk.report(Origin::Annotation(index));
    }
    for annotation in more {
        added(walk, index, &annotation, &of_old, rules, form);
    }
    for annotation in of_new.iter().filter_map(|annotation| annotation.as_reference().ok()) {
        if let Some(why) = form.shown.get(&annotation) {
            touch(walk, index, annotation, (*why, form.said.get(&annotation).copied()));
        }
    }
}

/// An annotation that was not on the page.
fn added(
    walk: &mut Walk<'_, '_, '_>,
    index: usize,
    annotation: &Object,
    before: &[Object],
    rules: &Rules<'_>,
    form: &Outcome,
) {
    let id = annotation.as_reference().ok();
    if id.is_some_and(|id| form.new_widgets.contains(&id)) && !before.contains(annotation) {
        return;
    }
    let comment = id.filter(|id| is_comment(walk, *id));
    let kind = match (comment, rules.certified_p) {
        (None, _) => ChangeKind::AnnotationAdded,
        (Some(_), Some(1 | 2)) => {
            walk.found.add(ChangeKind::Certification, message::plain(ChangeKind::Certification));
            return;
        }
        (Some(_), _) => ChangeKind::Comment,
    };
    walk.found.add(kind, message::on_page(kind, index));
    if let Some(id) = comment {
        touch(walk, index, id, (Why::Comment, None));
    }
}

fn is_comment(walk: &Walk<'_, '_, '_>, id: ObjectId) -> bool {
    let object = walk.pdf.object(walk.to, id);
    let Some(dict) = object.as_ref().and_then(|object| object.as_dict().ok()) else { return false };
    let subtype = dict.get(b"Subtype").ok().and_then(|subtype| subtype.as_name().ok());
    subtype.is_some_and(|subtype| COMMENTS.contains(&subtype))
        && !walk.pdf.has(walk.from, id)
        && !walk.pdf.is_ambiguous(walk.to, id)
        && ACTING.iter().all(|key| !dict.has(key))
}

fn touch(walk: &mut Walk<'_, '_, '_>, page: usize, annotation: ObjectId, (why, said): (Why, Option<usize>)) {
    let object = walk.pdf.object(walk.to, annotation);
    let Some(dict) = object.as_ref().and_then(|object| object.as_dict().ok()) else { return };
    let is_seen = |area: &[f32; 4]| area[2] > area[0] && area[3] > area[1];
    if let Some(area) = form::rectangle(walk, dict).filter(is_seen) {
        walk.found.touched.push(Touched { page, area, why, said });
    }
}
