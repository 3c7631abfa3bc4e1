//! ISO 19005-2:2011, 6.3–6.5 and 6.8–6.11: annotations, forms, actions, and what has no place in an archive.

use lopdf::{Dictionary, Object};

use super::breach::{Judged, deref, dictionary, each_dictionary, get, name};

pub fn judge(file: &mut Judged<'_>) {
    for page in file.document.page_iter().collect::<Vec<_>>() {
        let page = file.document.get_dictionary(page).unwrap().clone();
        file.must("6.5.2", !page.has(b"AA"), "/AA of a page");
        file.must("6.10", !page.has(b"PresSteps"), "/PresSteps");
        let annotations = get(&file.document, &page, "Annots").and_then(|o| o.as_array().ok()).cloned();
        for annotation in annotations.unwrap_or_default() {
            let annotation = deref(&file.document, &annotation).as_dict().unwrap().clone();
            one_annotation(file, &annotation);
        }
    }
    form(file);
    catalog(file);
}

/// 6.3.1–6.3.3, 6.4.1
fn one_annotation(file: &mut Judged<'_>, annotation: &Dictionary) {
    let kind = name(&file.document, annotation, "Subtype").unwrap_or_default().to_owned();
    file.must("6.3.1", kind == "Widget", format!("{kind}: we make widgets only"));
    let flags = get(&file.document, annotation, "F").and_then(|o| o.as_i64().ok());
    file.must("6.3.2", flags.is_some(), "/F");
    let flags = flags.unwrap_or(0);
    file.must("6.3.2", flags & 4 != 0, "Print");
    file.must("6.3.2", flags & (1 | 2 | 32 | 256) == 0, "Invisible, Hidden, NoView, ToggleNoView");
    let faces = dictionary(&file.document, annotation, "AP").cloned();
    file.must("6.3.3", faces.is_some(), "no face");
    let faces = faces.unwrap_or_default();
    let is_normal_only = faces.iter().all(|(key, _)| key == b"N");
    let is_stream = matches!(get(&file.document, &faces, "N"), Some(Object::Stream(_)));
    file.must("6.3.3", is_normal_only && is_stream, "face");
    file.must("6.4.1", !annotation.has(b"A") && !annotation.has(b"AA"), "/A or /AA of a field");
}

/// 6.4.1, 6.4.2
fn form(file: &mut Judged<'_>) {
    let form = dictionary(&file.document, file.catalog(), "AcroForm").cloned().unwrap_or_default();
    let needs = get(&file.document, &form, "NeedAppearances").is_some_and(|v| v.as_bool().unwrap());
    file.must("6.4.1", !needs, "NeedAppearances");
    file.must("6.4.2", !form.has(b"XFA"), "XFA");
}

fn catalog(file: &mut Judged<'_>) {
    let catalog = file.catalog().clone();
    for (clause, key) in [
        ("6.4.2", "NeedsRendering"),
        ("6.5.1", "OpenAction"),
        ("6.5.2", "AA"),
        ("6.9", "OCProperties"),
        ("6.11", "Requirements"),
    ] {
        file.must(clause, !catalog.has(key.as_bytes()), format!("/{key}"));
    }
    let names = dictionary(&file.document, &catalog, "Names").cloned().unwrap_or_default();
    file.must("6.8", !names.has(b"EmbeddedFiles"), "attachments");
    file.must("6.5.1", !names.has(b"JavaScript"), "scripts");
    file.must("6.10", !names.has(b"AlternatePresentations"), "presentations");
    let mut found = Vec::new();
    each_dictionary(&file.document, |id, dictionary| {
        let action = dictionary.get(b"S").and_then(Object::as_name).unwrap_or(b"");
        let is_action = [&b"JavaScript"[..], b"Launch", b"SubmitForm", b"URI", b"GoTo"].contains(&action);
        found.push(("6.5.1", !is_action, format!("an action in {id:?}")));
        found.push(("6.8", !dictionary.has(b"EF"), format!("an attachment in {id:?}")));
    });
    found.into_iter().for_each(|(clause, holds, what)| file.must(clause, holds, what));
}
