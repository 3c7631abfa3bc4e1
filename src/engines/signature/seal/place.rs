//! Which field takes a signature, and what changes in the form, on page one and in the catalogue for it:
//! as little as can be, so that earlier signatures allow it.

use lopdf::{Dictionary, Document, Object, ObjectId, dictionary};

use super::{
    SealError,
    appearance::{self, Appearance},
    prepare::{Field, Intent},
};
use crate::engines::pdf::{
    append::Edit,
    geometry::{BoxPt, PageFrame},
    read::{self, ReadError},
};

/// Print, and locked.
const FLAGS: i64 = 4 | 128;
/// Signatures are there; the file may only be appended to.
const SIGNATURE_FLAGS: i64 = 3;

/// Where a signature goes, and what is seen of it.
pub(super) struct Where<'a> {
    pub(super) field: &'a Field,
    pub(super) appearance: Option<&'a Appearance>,
    pub(super) label: Option<&'a str>,
    pub(super) marks: &'a [(String, String)],
}

/// The field, as it was found.
pub(super) enum Found {
    /// The field and its widget, which may be one object.
    There { name: String, id: ObjectId, widget: ObjectId },
    /// To be made, under this name.
    Free { name: String, place: Option<BoxPt> },
}

impl Found {
    /// `/Lock` of a field that is there: it says what its signature locks.
    pub(super) fn lock(&self, document: &Document) -> Option<Dictionary> {
        let Self::There { id, .. } = self else { return None };
        document
            .get_dictionary(*id)
            .ok()
            .and_then(|field| document.get_dict_in_dict(field, b"Lock").ok())
            .cloned()
    }
}

/// Finds the field, and makes sure that earlier signatures allow one in it.
pub(super) fn find(document: &Document, place: &Where<'_>, intent: &Intent) -> Result<Found, SealError> {
    let fields = read::fields(document);
    let signatures = read::signatures(document);
    if *intent == Intent::Certify && !signatures.is_empty() {
        return Err(SealError::NotFirst);
    }
    let is_there = |name: &String| fields.iter().any(|field| field.name == *name);
    let found = match place.field {
        Field::Named(name) if !is_there(name) => Found::Free { name: name.clone(), place: None },
        Field::Existing(name) | Field::Named(name) => {
            let field = fields.iter().find(|field| field.name == *name && field.kind == b"Sig");
            let field = field.ok_or_else(|| SealError::NoField(name.clone()))?;
            let dictionary = document.get_dictionary(field.id).map_err(|_| ReadError::Damaged)?;
            if dictionary.get_deref(b"V", document).is_ok_and(|value| !value.is_null()) {
                return Err(SealError::AlreadySigned(name.clone()));
            }
            let widget = match dictionary.get_deref(b"Kids", document).and_then(Object::as_array) {
                Ok(kids) => match &kids[..] {
                    [kid] => kid.as_reference().map_err(|_| ReadError::Damaged)?,
                    _ => return Err(SealError::NoField(name.clone())),
                },
                Err(_) => field.id,
            };
            Found::There { name: name.clone(), id: field.id, widget }
        }
        Field::Invisible(wanted) | Field::Visible(wanted, _) => {
            let is_taken = |name: &str| {
                fields.iter().any(|field| field.name == name || field.name.starts_with(&format!("{name}.")))
            };
            let numbered = (2..=fields.len() + 2).map(|n| format!("{wanted}{n}"));
            let mut names = std::iter::once(wanted.clone()).chain(numbered);
            let name = names.find(|name| !is_taken(name)).ok_or(ReadError::Damaged)?;
            let place = if let Field::Visible(_, place) = place.field { Some(*place) } else { None };
            Found::Free { name, place }
        }
    };
    let (name, is_new, is_new_and_seen) = match &found {
        Found::There { name, .. } => (name, false, false),
        Found::Free { name, place } => (name, true, place.is_some()),
    };
    let forbids = |signature: &&Dictionary| match read::certified_p(document, signature) {
        Some(1) => true,
        Some(_) if is_new_and_seen => true,
        // A lock holds the fields that are there; an invisible one that is new changes none of them.
        _ if is_new && !is_new_and_seen => false,
        _ => read::locks_field(document, signature, name),
    };
    if signatures.iter().any(forbids) { Err(SealError::Forbidden) } else { Ok(found) }
}

/// Puts the signature `value` into the field; gives the field's name.
pub(super) fn put(
    document: &Document,
    edit: &mut Edit,
    place: &Where<'_>,
    found: Found,
    value: ObjectId,
    lock: Option<Dictionary>,
    certifies: bool,
) -> Result<String, SealError> {
    let mut catalog = document.catalog().map_err(|_| ReadError::Damaged)?.clone();
    let mut catalog_changes = certifies;
    let name = match found {
        Found::There { name, id, widget } => {
            fill(document, edit, place, (id, widget), value)?;
            set_flags(document, edit, &mut catalog, &mut catalog_changes, None)?;
            name
        }
        Found::Free { name, place: seen } => {
            let id = add_field(document, edit, place, (&name, seen), value, lock)?;
            set_flags(document, edit, &mut catalog, &mut catalog_changes, Some(id))?;
            name
        }
    };
    if certifies {
        let mut permissions = document.get_dict_in_dict(&catalog, b"Perms").cloned().unwrap_or_default();
        permissions.set("DocMDP", value);
        catalog.set("Perms", permissions);
    }
    if catalog_changes {
        let root =
            document.trailer.get(b"Root").and_then(Object::as_reference).map_err(|_| ReadError::Damaged)?;
        edit.set(root, catalog);
    }
    Ok(name)
}

fn dictionary_of(document: &Document, id: ObjectId) -> Result<Dictionary, SealError> {
    Ok(document.get_dictionary(id).map_err(|_| ReadError::Damaged)?.clone())
}

/// A field that is there: `/V`, and `/AP` where something is to be seen.
fn fill(
    document: &Document,
    edit: &mut Edit,
    place: &Where<'_>,
    (id, widget): (ObjectId, ObjectId),
    value: ObjectId,
) -> Result<(), SealError> {
    let mut field = dictionary_of(document, id)?;
    field.set("V", value);
    if let Some(looks) = place.appearance {
        let page = first_page(document)?.1;
        let frame = read::page_frame(document, page).ok_or(ReadError::Damaged)?;
        let face = document.get_dictionary(widget).map_err(|_| ReadError::Damaged)?;
        let rect = face.get_deref(b"Rect", document).ok().and_then(|rect| read::rectangle(document, rect));
        if let Some(rect) = rect {
            let form = appearance::draw(edit, looks, frame.rect_to_seen(rect), &frame)?;
            let normal = dictionary! { "N" => form };
            if widget == id {
                field.set("AP", normal);
            } else {
                let mut face = face.clone();
                face.set("AP", normal);
                edit.set(widget, face);
            }
        }
    }
    edit.set(id, field);
    Ok(())
}

fn first_page(document: &Document) -> Result<(ObjectId, &Dictionary), SealError> {
    let id = document.page_iter().next().ok_or(ReadError::NoPages)?;
    Ok((id, document.get_dictionary(id).map_err(|_| ReadError::Damaged)?))
}

/// A new field, its widget in the same object, on page one.
fn add_field(
    document: &Document,
    edit: &mut Edit,
    place: &Where<'_>,
    (name, seen): (&str, Option<BoxPt>),
    value: ObjectId,
    lock: Option<Dictionary>,
) -> Result<ObjectId, SealError> {
    let (page_id, page) = first_page(document)?;
    let mut field = dictionary! {
        "Type" => "Annot", "Subtype" => "Widget", "FT" => "Sig", "T" => lopdf::text_string(name),
        "F" => FLAGS, "P" => page_id, "V" => value, "Rect" => vec![0.into(), 0.into(), 0.into(), 0.into()],
    };
    if let Some(label) = place.label {
        field.set("TU", lopdf::text_string(label));
    }
    for (key, mark) in place.marks {
        field.set(key.as_str(), lopdf::text_string(mark));
    }
    if let Some(seen) = seen {
        let frame = read::page_frame(document, page).ok_or(ReadError::Damaged)?;
        show(edit, &mut field, place.appearance, seen, &frame)?;
    }
    if let Some(lock) = lock {
        field.set("Lock", edit.add(lock));
    }
    let id = edit.add(field);
    let annotations = page.get(b"Annots").ok();
    let mut list = annotations
        .and_then(|list| document.dereference(list).ok())
        .and_then(|(_, list)| list.as_array().ok())
        .cloned()
        .unwrap_or_default();
    list.push(id.into());
    match annotations {
        Some(Object::Reference(list_id)) if document.has_object(*list_id) => edit.set(*list_id, list),
        _ => {
            let mut page = page.clone();
            page.set("Annots", list);
            edit.set(page_id, page);
        }
    }
    Ok(id)
}

fn show(
    edit: &mut Edit,
    field: &mut Dictionary,
    looks: Option<&Appearance>,
    seen: BoxPt,
    frame: &PageFrame,
) -> Result<(), SealError> {
    let rect: Vec<Object> = frame.rect_to_user(seen).into_iter().map(Object::Real).collect();
    field.set("Rect", rect);
    if let Some(looks) = looks {
        field.set("AP", dictionary! { "N" => appearance::draw(edit, looks, seen, frame)? });
    }
    if frame.rotation != 0 {
        field.set("MK", dictionary! { "R" => i64::from(frame.rotation) });
    }
    Ok(())
}

/// `/SigFlags`, and a new field in `/Fields`; the object that changes is the smallest that can.
fn set_flags(
    document: &Document,
    edit: &mut Edit,
    catalog: &mut Dictionary,
    catalog_changes: &mut bool,
    new_field: Option<ObjectId>,
) -> Result<(), SealError> {
    let entry = catalog.get(b"AcroForm").ok().cloned();
    let mut form = document.get_dict_in_dict(catalog, b"AcroForm").cloned().unwrap_or_default();
    let mut form_changes = false;
    let flags = form.get_deref(b"SigFlags", document).and_then(Object::as_i64).unwrap_or(0);
    if flags & SIGNATURE_FLAGS != SIGNATURE_FLAGS {
        form.set("SigFlags", flags | SIGNATURE_FLAGS);
        form_changes = true;
    }
    if let Some(id) = new_field {
        let fields = form.get(b"Fields").ok().cloned();
        let mut list =
            form.get_deref(b"Fields", document).and_then(Object::as_array).cloned().unwrap_or_default();
        list.push(id.into());
        match fields {
            Some(Object::Reference(list_id)) if document.has_object(list_id) => edit.set(list_id, list),
            _ => {
                form.set("Fields", list);
                form_changes = true;
            }
        }
    }
    if !form_changes {
        return Ok(());
    }
    match entry {
        Some(Object::Reference(id)) if document.has_object(id) => edit.set(id, form),
        Some(Object::Dictionary(_)) => {
            catalog.set("AcroForm", form);
            *catalog_changes = true;
        }
        _ => {
            let id = edit.add(form);
            catalog.set("AcroForm", id);
            *catalog_changes = true;
        }
    }
    Ok(())
}
