//! The code on a copy: for files that may not be touched. The original stays as it came.
//!
//! What signatures looked like becomes page content; the signatures themselves, `/Perms` and `/DSS` are
//! dropped: a dead signature looks like tampering. The copy says what it is, and of which bytes.

use std::collections::HashSet;

use hayro_syntax::Pdf;
use lopdf::{Dictionary, Document, Object, ObjectId};

use super::{StampError, Stamped, Way, choice::WhyCopy, page_content, proof};
use crate::engines::{
    pdf::{
        COPY_MARK_KEY,
        append::{Edit, rewrite},
        balance::Balance,
        flatten::{flatten_page, looks_alike},
        growing::GrowingFile,
        ink::DUST,
        read::{self, ReadError},
    },
    signature::verdict::SignatureReport,
};

/// More pages with signatures than a paper has.
const MOST_PAGES: usize = 200;
const DEEPEST_FIELD: usize = 32;

/// Whether our mark says that this is a copy of ours.
pub(super) fn is_copy(document: &Document) -> bool {
    let page = document.page_iter().next().and_then(|id| document.get_dictionary(id).ok());
    page.is_some_and(|page| page.has(COPY_MARK_KEY.as_bytes()))
}

/// Makes the copy.
pub(super) fn write(
    input: &[u8],
    text: &str,
    before: &[SignatureReport],
    why: WhyCopy,
) -> Result<Stamped, StampError> {
    let bare = without_signatures(input)?;
    let document = read::open(&bare)?;
    let written = page_content::write(&GrowingFile::new(bare), document, text)?;
    let hash: String = openssl::sha::sha256(input).iter().map(|byte| format!("{byte:02x}")).collect();
    let note = format!("BẢN SAO, không mang chữ ký số của bản gốc. SHA-256 của tệp gốc: {hash}");
    let pdf = page_content::write_note(written.pdf, &note, (COPY_MARK_KEY, &hash))?;
    if read::facts(&read::open(&pdf)?).is_signed {
        return Err(StampError::NotProven);
    }
    let review = if written.ink_share > DUST {
        " Mã nằm trên nội dung có sẵn, cần người xem lại."
    } else {
        ""
    };
    Ok(Stamped {
        pdf,
        n_kept: 0,
        way: Way::DerivedCopy,
        box_mm: written.place.to_mm(),
        is_unchanged: false,
        ink_share: Some(written.ink_share),
        previous_signatures: proof::left_behind(before),
        message: format!("Đã ghi mã trên bản sao, tệp gốc được giữ nguyên: {}.{review}", why.words()),
    })
}

/// The same pages, seen as they were, without any signature.
fn without_signatures(input: &[u8]) -> Result<Vec<u8>, StampError> {
    let mut document = read::open(input)?;
    let seen = Pdf::new(input.to_vec()).map_err(|_| ReadError::Damaged)?;
    let fields: HashSet<ObjectId> = read::fields(&document)
        .into_iter()
        .filter(|field| field.kind == b"Sig")
        .map(|field| field.id)
        .collect();
    let is_signatures = |annotation: &Object, document: &Document| {
        let Ok((id, Object::Dictionary(widget))) = document.dereference(annotation) else { return false };
        id.is_some_and(|id| fields.contains(&id))
            || widget
                .get(b"Parent")
                .and_then(Object::as_reference)
                .is_ok_and(|parent| fields.contains(&parent))
            || widget.get_deref(b"FT", document).and_then(Object::as_name).is_ok_and(|kind| kind == b"Sig")
    };
    let pages: Vec<ObjectId> = document.page_iter().collect();
    if pages.len() != seen.pages().len() {
        return Err(ReadError::Damaged.into());
    }
    let mut edit = Edit::new(&document);
    let mut changed = Vec::new();
    for (at, page_id) in pages.iter().enumerate() {
        let page = document.get_dictionary(*page_id).map_err(|_| ReadError::Damaged)?;
        let annotations = page.get_deref(b"Annots", &document).and_then(Object::as_array);
        if !annotations.is_ok_and(|list| list.iter().any(|one| is_signatures(one, &document))) {
            continue;
        }
        let balance = Balance::of(seen.pages().get(at).ok_or(ReadError::Damaged)?);
        flatten_page(&document, *page_id, balance, &mut edit, &|one| is_signatures(one, &document))
            .ok_or(StampError::NotProven)?;
        changed.push(at);
    }
    if changed.len() > MOST_PAGES {
        return Err(StampError::NotProven);
    }
    edit.set(root(&document)?, catalog_without(&document, &fields)?);
    document.encryption_state = None;
    document.trailer.remove(b"Encrypt");
    let dead: Vec<ObjectId> =
        document.objects.iter().filter(|(_, object)| is_dead(object)).map(|(id, _)| *id).collect();
    for id in dead.iter().chain(&fields) {
        document.objects.remove(id);
    }
    let bare = prune(rewrite(document, edit)?)?;
    let copy = Pdf::new(bare.clone()).map_err(|_| StampError::NotProven)?;
    if changed.iter().all(|at| looks_alike(&seen, &copy, *at)) {
        Ok(bare)
    } else {
        Err(StampError::NotProven)
    }
}

/// Drops what nothing refers to any more: what was in the signatures must not lie about in the copy.
fn prune(bytes: Vec<u8>) -> Result<Vec<u8>, StampError> {
    let mut document = read::open(&bytes)?;
    document.prune_objects();
    let edit = Edit::new(&document);
    Ok(rewrite(document, edit)?)
}

/// A signature, a time stamp, or what encrypted the file.
fn is_dead(object: &Object) -> bool {
    object.as_dict().is_ok_and(|dictionary| {
        dictionary.has(b"ByteRange") && dictionary.has(b"Contents")
            || dictionary.has_type(b"Sig")
            || dictionary.has_type(b"DocTimeStamp")
    })
}

fn root(document: &Document) -> Result<ObjectId, StampError> {
    Ok(document.trailer.get(b"Root").and_then(Object::as_reference).map_err(|_| ReadError::Damaged)?)
}

/// The catalogue without signatures, and what belongs to them.
fn catalog_without(document: &Document, gone: &HashSet<ObjectId>) -> Result<Dictionary, StampError> {
    let mut catalog = document.catalog().map_err(|_| ReadError::Damaged)?.clone();
    for key in [&b"Perms"[..], b"DSS", b"Legal"] {
        catalog.remove(key);
    }
    if let Ok(form) = document.get_dict_in_dict(&catalog, b"AcroForm") {
        let mut form = form.clone();
        form.remove(b"SigFlags");
        form.remove(b"XFA");
        let fields =
            form.get_deref(b"Fields", document).and_then(Object::as_array).cloned().unwrap_or_default();
        let kept: Vec<Object> =
            fields.into_iter().filter(|field| !is_only_gone(document, field, gone, 0)).collect();
        if kept.is_empty() {
            catalog.remove(b"AcroForm");
        } else {
            form.set("Fields", kept);
            catalog.set("AcroForm", form);
        }
    }
    Ok(catalog)
}

/// Whether a field, or all that is under it, is gone.
fn is_only_gone(document: &Document, field: &Object, gone: &HashSet<ObjectId>, depth: usize) -> bool {
    let Ok(id) = field.as_reference() else { return true };
    if gone.contains(&id) {
        return true;
    }
    let kids = document
        .get_dictionary(id)
        .and_then(|field| field.get_deref(b"Kids", document))
        .and_then(Object::as_array);
    let Ok(kids) = kids else { return false };
    depth < DEEPEST_FIELD
        && !kids.is_empty()
        && kids.iter().all(|kid| is_only_gone(document, kid, gone, depth + 1))
}
