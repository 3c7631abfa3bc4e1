//! Turns the faces of annotations (seals, filled fields, notes) into page content, so that a page
//! can be carried over as it is seen, or a copy made without its signatures. The copy is compared with
//! what was seen before.

use hayro_syntax::Pdf;
use lopdf::{Dictionary, Document, Object, ObjectId};
use pdf_writer::{Content, Name};

use super::{
    append::{self, Edit},
    balance::Balance,
    read, render,
};

/// Annotation flags: hidden, no view.
const HIDDEN_OR_NO_VIEW: i64 = 0b10_0010;
/// Annotation flags: no zoom, no rotate. Their faces do not follow the page.
const NOT_WITH_THE_PAGE: i64 = 0b01_1000;
/// More annotations than a page of paper has.
const MOST_FACES: usize = 2000;
/// Pixels of a channel that differ more count, and so many of a million may: rounding at edges.
const SEEN_DIFFERENCE: u8 = 64;
const MOST_DIFFERENT_PER_MILLION: usize = 300;

/// A face to draw: the form, and where.
struct Face {
    form: ObjectId,
    matrix: [f32; 6],
}

/// A copy of `pdf` in which the faces on the pages `indices` are page content.
///
/// `None` where that is not safe, or the copy is not seen as the original is.
pub(super) fn flatten(pdf: &Pdf, indices: &[usize]) -> Option<Pdf> {
    let bytes: &[u8] = pdf.data().as_ref();
    let document = read::open(bytes).ok()?;
    let page_ids: Vec<ObjectId> = document.page_iter().collect();
    if page_ids.len() != pdf.pages().len() {
        return None;
    }
    let mut edit = Edit::new(&document);
    for index in indices {
        let balance = Balance::of(pdf.pages().get(*index)?);
        flatten_page(&document, *page_ids.get(*index)?, balance, &mut edit, &|_| true)?;
    }
    let copy = if append::can_append(bytes, &document) {
        append::append(bytes, &document, edit)
    } else {
        append::rewrite(document, edit)
    };
    let copy = Pdf::new(copy.ok()?).ok()?;
    indices.iter().all(|index| looks_alike(pdf, &copy, *index)).then_some(copy)
}

/// Draws the faces of the annotations that `is_chosen` into the page, and takes these from it.
///
/// `None` where a face is of a kind that cannot be drawn as content.
pub(in crate::engines) fn flatten_page(
    document: &Document,
    page_id: ObjectId,
    balance: Balance,
    edit: &mut Edit,
    is_chosen: &dyn Fn(&Object) -> bool,
) -> Option<()> {
    let mut page = document.get_dictionary(page_id).ok()?.clone();
    let rotates = read::page_frame(document, &page)?.rotation != 0;
    let annotations = page.get_deref(b"Annots", document).and_then(Object::as_array).ok()?;
    let (chosen, others): (Vec<Object>, Vec<Object>) = annotations.iter().cloned().partition(is_chosen);
    let mut faces = Vec::new();
    for annotation in chosen.iter().take(MOST_FACES) {
        let (_, annotation) = document.dereference(annotation).ok()?;
        if let Some(face) = face(document, annotation.as_dict().ok()?, rotates)? {
            faces.push(face);
        }
    }
    let inherited = read::inherited(document, &page, b"Resources").and_then(|o| o.as_dict().ok());
    let mut resources = inherited.cloned().unwrap_or_default();
    let mut objects = document.get_dict_in_dict(&resources, b"XObject").cloned().unwrap_or_default();
    let mut content = Content::new();
    let mut at = 0u32;
    for face in faces {
        let name = loop {
            at += 1;
            let name = format!("SohoaFace{at}");
            if !objects.has(name.as_bytes()) {
                break name;
            }
        };
        content.save_state().transform(face.matrix).x_object(Name(name.as_bytes())).restore_state();
        objects.set(name, face.form);
    }
    resources.set("XObject", objects);
    let (before, mut after) = balance.brackets();
    after.extend_from_slice(&content.finish());
    let mut contents = vec![Object::Reference(edit.add_stream(Dictionary::new(), before))];
    contents.extend(document.get_page_contents(page_id).into_iter().map(Object::Reference));
    contents.push(edit.add_stream(Dictionary::new(), after).into());
    page.set("Contents", contents);
    page.set("Resources", resources);
    page.remove(b"Annots");
    if !others.is_empty() {
        page.set("Annots", others);
    }
    edit.set(page_id, page);
    Some(())
}

/// The face of an annotation; `Some(None)` when it has none to be seen, `None` when it is of a kind
/// that cannot be drawn as content.
#[allow(clippy::option_option)] // three answers, read at one place
fn face(document: &Document, annotation: &Dictionary, page_rotates: bool) -> Option<Option<Face>> {
    let flags = annotation.get_deref(b"F", document).and_then(Object::as_i64).unwrap_or(0);
    let kind = annotation.get_deref(b"Subtype", document).and_then(Object::as_name).unwrap_or(b"");
    let Ok(faces) = document.get_dict_in_dict(annotation, b"AP") else { return Some(None) };
    if flags & HIDDEN_OR_NO_VIEW != 0 || kind == b"Popup" {
        return Some(None);
    }
    if annotation.has(b"OC") || page_rotates && flags & NOT_WITH_THE_PAGE != 0 {
        return None;
    }
    let state = annotation.get_deref(b"AS", document).and_then(Object::as_name);
    let mut form = faces.get(b"N").ok()?;
    if let (_, Object::Dictionary(by_state)) = document.dereference(form).ok()? {
        let Some(chosen) = state.ok().and_then(|state| by_state.get(state).ok()) else { return Some(None) };
        form = chosen;
    }
    let (id, object) = document.dereference(form).ok()?;
    let (id, stream) = (id?, object.as_stream().ok()?);
    if stream.dict.get_deref(b"Subtype", document).and_then(Object::as_name).ok()? != b"Form" {
        return None;
    }
    let numbers = |key: &[u8]| stream.dict.get_deref(key, document).ok();
    let bbox = read::rectangle(document, numbers(b"BBox")?)?;
    let matrix = match numbers(b"Matrix") {
        Some(matrix) => read::numbers(document, matrix)?,
        None => [1.0, 0.0, 0.0, 1.0, 0.0, 0.0],
    };
    let rect = annotation.get_deref(b"Rect", document).ok()?;
    let Some(rect) = read::rectangle(document, rect) else { return Some(None) };
    Some(Some(Face { form: id, matrix: placing(bbox, matrix, rect)? }))
}

/// ISO 32000-1, 12.5.5, algorithm 8.1: the matrix that fits a face into its rectangle.
fn placing(bbox: [f32; 4], [a, b, c, d, e, f]: [f32; 6], rect: [f32; 4]) -> Option<[f32; 6]> {
    let corners = [(bbox[0], bbox[1]), (bbox[2], bbox[1]), (bbox[0], bbox[3]), (bbox[2], bbox[3])];
    let moved = corners.map(|(x, y)| (a * x + c * y + e, b * x + d * y + f));
    let low = |pick: fn(&(f32, f32)) -> f32| moved.iter().map(pick).fold(f32::INFINITY, f32::min);
    let high = |pick: fn(&(f32, f32)) -> f32| moved.iter().map(pick).fold(f32::NEG_INFINITY, f32::max);
    let (x0, y0, x1, y1) = (low(|p| p.0), low(|p| p.1), high(|p| p.0), high(|p| p.1));
    let (sx, sy) = ((rect[2] - rect[0]) / (x1 - x0), (rect[3] - rect[1]) / (y1 - y0));
    let placing = [sx, 0.0, 0.0, sy, rect[0] - sx * x0, rect[1] - sy * y0];
    placing.iter().all(|v| v.is_finite() && v.abs() < 1e6).then_some(placing)
}

/// Whether a page is seen alike in both, but for rounding.
pub(in crate::engines) fn looks_alike(pdf: &Pdf, copy: &Pdf, index: usize) -> bool {
    let pictures = (render::render(pdf, index, 1.0), render::render(copy, index, 1.0));
    let (Some(before), Some(after)) = pictures else { return false };
    if before.picture.dimensions() != after.picture.dimensions() || before.is_whole != after.is_whole {
        return false;
    }
    let pairs = before.picture.as_raw().iter().zip(after.picture.as_raw());
    let n_different = pairs.filter(|(old, new)| old.abs_diff(**new) > SEEN_DIFFERENCE).count();
    n_different * 1_000_000 <= MOST_DIFFERENT_PER_MILLION * before.picture.as_raw().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_face_is_fitted_into_its_rectangle() {
        let identity = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0];
        let rect = [100.0, 200.0, 160.0, 220.0];
        assert_eq!(placing([0.0, 0.0, 60.0, 20.0], identity, rect), Some([1.0, 0.0, 0.0, 1.0, 100.0, 200.0]));
        assert_eq!(placing([0.0, 0.0, 30.0, 10.0], identity, rect), Some([2.0, 0.0, 0.0, 2.0, 100.0, 200.0]));
        let quarter = [0.0, 1.0, -1.0, 0.0, 0.0, 0.0];
        assert_eq!(placing([0.0, 0.0, 20.0, 60.0], quarter, rect), Some([1.0, 0.0, 0.0, 1.0, 160.0, 200.0]));
        assert_eq!(placing([0.0, 0.0, 20.0, 60.0], [0.0; 6], rect), None);
    }
}
