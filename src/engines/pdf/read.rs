//! Looks into a PDF that came from outside: version, pages, password, signature fields, our code.
//!
//! Bytes are hostile: every walk is bounded, a parser's panic becomes an error, and a file that
//! merely loads is not yet a usable PDF. Judges no signature.

use std::{
    collections::HashSet,
    panic::{AssertUnwindSafe, catch_unwind},
};

use lopdf::{Dictionary, Document, LoadOptions, Object, ObjectId, xref::XrefType};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use super::{
    CODE_FIELD, CODE_MARK_KEY,
    geometry::PageFrame,
    revisions::{RevisedPdf, XrefForm},
};

/// Most bytes that one object stream may unpack to.
const MOST_UNPACKED_BYTES: usize = 128 * 1024 * 1024;
/// Files with more objects are opened whole.
const MOST_LIGHT_OBJECTS: u32 = 100_000;
/// Most fields looked at; forms have hundreds at most.
const MOST_FIELDS: usize = 20_000;
/// Most transforms of one signature.
const MOST_TRANSFORMS: usize = 64;
const DEEPEST_FIELD: usize = 32;
const DEEPEST_PAGE: usize = 64;
/// How far from the beginning a header may stand.
const HEADER_WITHIN: usize = 1024;

/// What a PDF says of itself.
#[derive(Debug, Clone, PartialEq)]
pub struct PdfFacts {
    /// `1.4`: the header's, or the catalogue's where that is newer.
    pub version: String,
    /// Pages, at least 1.
    pub n_pages: usize,
    /// Whether it is encrypted, with an empty password.
    pub is_encrypted: bool,
    /// Whether it carries a signature anywhere, also outside the form.
    pub is_signed: bool,
    /// Signature fields in the order of the form, empty ones too.
    pub signature_fields: Vec<SignatureField>,
    /// The field for the code.
    pub code_field: CodeField,
    /// The code that our mark on page one says the page content carries.
    pub marked_code: Option<String>,
    /// The code that the agency's signature shows, by the mark of its field.
    pub sealed_code: Option<String>,
}

/// One signature field.
#[derive(Debug, Clone, PartialEq)]
pub struct SignatureField {
    /// Its full name.
    pub name: String,
    /// Whether there is a signature in it.
    pub is_signed: bool,
    /// `/SubFilter` of the signature.
    pub sub_filter: Option<String>,
    /// `/P` of `/DocMDP`, 1–3, when the signature certifies the document.
    pub certified_p: Option<u8>,
    /// Whether the signature forbids filling the field for the code: certified with no changes
    /// allowed, or `/FieldMDP` locks it.
    pub locks_code_field: bool,
}

/// The state of the field `MaSoHoa`.
#[derive(Debug, Clone, PartialEq)]
pub enum CodeField {
    /// There is none.
    Absent,
    /// It is there and empty.
    Empty,
    /// It holds this, NFC.
    Filled(String),
}

/// Why a PDF cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum ReadError {
    /// No header of a PDF.
    #[error("tệp không phải PDF")]
    NotAPdf,
    /// A password that we do not have.
    #[error("tệp PDF có mật khẩu")]
    Password,
    /// It breaks off, or its parts do not fit together.
    #[error("tệp PDF bị hỏng hoặc thiếu dữ liệu")]
    Damaged,
    /// It has no pages.
    #[error("tệp PDF không có trang nào")]
    NoPages,
}

/// Looks into a PDF.
///
/// # Errors
/// [`ReadError`]; never panics, whatever the bytes are.
pub fn inspect(bytes: &[u8]) -> Result<PdfFacts, ReadError> {
    open(bytes).map(|document| facts(&document))
}

/// Parses a PDF and makes sure that it has pages that can be reached.
pub(in crate::engines) fn open(bytes: &[u8]) -> Result<Document, ReadError> {
    let head = &bytes[..bytes.len().min(HEADER_WITHIN)];
    if !head.windows(5).any(|w| w == b"%PDF-") {
        return Err(ReadError::NotAPdf);
    }
    let options = LoadOptions::with_max_decompressed_size(MOST_UNPACKED_BYTES);
    let loaded = catch_unwind(AssertUnwindSafe(|| Document::load_mem_with_options(bytes, options)));
    let document = loaded.map_err(|_| ReadError::Damaged)?.map_err(|fault| match fault {
        lopdf::Error::InvalidPassword | lopdf::Error::Decryption(_) => ReadError::Password,
        _ => ReadError::Damaged,
    })?;
    if document.is_encrypted() {
        return Err(ReadError::Password);
    }
    usable(document)
}

/// As [`open`], without the contents of streams: for whoever looks and appends, and rewrites nothing. A
/// file of many pictures is opened in a few milliseconds.
pub(in crate::engines) fn open_light(bytes: &[u8]) -> Result<Document, ReadError> {
    match light(bytes) {
        Some(document) => usable(document),
        None => open(bytes),
    }
}

/// `None` for files that take more than reading their objects one by one.
fn light(bytes: &[u8]) -> Option<Document> {
    let pdf = RevisedPdf::open(bytes, None).ok()?;
    let newest = pdf.newest();
    let is_plain =
        !pdf.is_recovered() && !pdf.is_encrypted() && pdf.base() == 0 && bytes.starts_with(b"%PDF-");
    if !is_plain || pdf.max_id() > MOST_LIGHT_OBJECTS {
        return None;
    }
    let version = bytes.get(5..8).and_then(|version| std::str::from_utf8(version).ok()).unwrap_or("1.4");
    let mut document = Document::with_version(version);
    for index in 0..=newest {
        let ids = pdf.entries(index).filter(|(id, _)| pdf.has(newest, *id));
        for (id, _) in ids {
            if let Some(object) = pdf.object(newest, id) {
                document.objects.entry(id).or_insert_with(|| (*object).clone());
            }
        }
    }
    document.trailer = pdf.trailer(newest).clone();
    document.max_id = pdf.max_id();
    document.xref_start = pdf.last_startxref()?;
    document.reference_table.cross_reference_type = match pdf.revision(newest).form {
        XrefForm::Stream => XrefType::CrossReferenceStream,
        XrefForm::Table | XrefForm::Hybrid => XrefType::CrossReferenceTable,
    };
    (!pdf.is_exhausted()).then_some(document)
}

fn usable(document: Document) -> Result<Document, ReadError> {
    let n_pages = document.page_iter().count();
    let tree = document.catalog().and_then(|catalog| document.get_dict_in_dict(catalog, b"Pages"));
    let declared = tree.and_then(|tree| tree.get_deref(b"Count", &document)).and_then(Object::as_i64).ok();
    match (n_pages, declared) {
        (0, Some(0)) => Err(ReadError::NoPages),
        (0, _) => Err(ReadError::Damaged),
        _ if document.page_iter().any(|page| document.get_dictionary(page).is_err()) => {
            Err(ReadError::Damaged)
        }
        _ if is_recovered(&document) && !is_whole(&document, n_pages, declared) => Err(ReadError::Damaged),
        _ => Ok(document),
    }
}

/// Whether the cross-reference data had to be guessed: nothing may be appended to such a file.
pub(in crate::engines) fn is_recovered(document: &Document) -> bool {
    document.xref_recovery.is_some() || document.xref_start == 0
}

/// A file that was pieced together must have all its pages and no object missing.
fn is_whole(document: &Document, n_pages: usize, declared: Option<i64>) -> bool {
    let all_pages = declared.and_then(|n| usize::try_from(n).ok()) == Some(n_pages);
    all_pages && document.objects.values().all(|object| refers_to_present(document, object, 0))
}

fn refers_to_present(document: &Document, object: &Object, depth: usize) -> bool {
    const DEEPEST: usize = 100;
    if depth > DEEPEST {
        return false;
    }
    let all =
        |dictionary: &Dictionary| dictionary.iter().all(|(_, v)| refers_to_present(document, v, depth + 1));
    match object {
        Object::Reference(id) => document.has_object(*id),
        Object::Array(items) => items.iter().all(|item| refers_to_present(document, item, depth + 1)),
        Object::Dictionary(dictionary) => all(dictionary),
        Object::Stream(stream) => all(&stream.dict),
        _ => true,
    }
}

/// Where a file has the code that it carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engines) enum CodePlace {
    /// In the field `MaSoHoa`.
    Field,
    /// As the face of the agency's signature.
    Seal,
    /// In the content of page one, by our mark.
    Content,
}

impl PdfFacts {
    /// The code that the file carries already.
    pub(in crate::engines) fn carried_code(&self) -> Option<(&str, CodePlace)> {
        if let CodeField::Filled(code) = &self.code_field {
            return Some((code, CodePlace::Field));
        }
        let sealed = self.sealed_code.as_deref().map(|code| (code, CodePlace::Seal));
        sealed.or_else(|| self.marked_code.as_deref().map(|code| (code, CodePlace::Content)))
    }
}

/// The code that a file carries.
pub(in crate::engines) fn carried_code(bytes: &[u8]) -> Option<String> {
    let facts = facts(&open_light(bytes).ok()?);
    facts.carried_code().map(|(code, _)| code.to_owned())
}

/// What an opened document says of itself.
pub(in crate::engines) fn facts(document: &Document) -> PdfFacts {
    let fields = fields(document);
    let signature_fields: Vec<SignatureField> =
        fields.iter().filter(|f| f.kind == b"Sig").map(|f| signature_field(document, f)).collect();
    let code_field = fields.iter().find(|f| f.name == CODE_FIELD).map_or(CodeField::Absent, |field| {
        let value = document.get_dictionary(field.id).ok().and_then(|d| d.get_deref(b"V", document).ok());
        match value.and_then(text).filter(|value| !value.is_empty()) {
            Some(value) => CodeField::Filled(value),
            None => CodeField::Empty,
        }
    });
    let first_page = document.page_iter().next().and_then(|id| document.get_dictionary(id).ok());
    let is_signature = |object: &Object| {
        object
            .as_dict()
            .is_ok_and(|d| d.has(b"ByteRange") && d.has(b"Contents") || d.has_type(b"DocTimeStamp"))
    };
    PdfFacts {
        version: version(document),
        n_pages: document.page_iter().count(),
        is_encrypted: document.was_encrypted(),
        is_signed: signature_fields.iter().any(|f| f.is_signed)
            || document.objects.values().any(is_signature),
        signature_fields,
        code_field,
        marked_code: first_page
            .and_then(|page| page.get_deref(CODE_MARK_KEY.as_bytes(), document).ok())
            .and_then(text),
        sealed_code: sealed_field(document, &fields).and_then(|field| {
            document
                .get_dictionary(field.id)
                .ok()?
                .get_deref(CODE_MARK_KEY.as_bytes(), document)
                .ok()
                .and_then(text)
        }),
    }
}

/// The signed field whose face is the code.
pub(in crate::engines) fn sealed_field<'a>(
    document: &Document,
    fields: &'a [FormField],
) -> Option<&'a FormField> {
    fields.iter().filter(|field| field.kind == b"Sig").find(|field| {
        document
            .get_dictionary(field.id)
            .is_ok_and(|d| d.has(CODE_MARK_KEY.as_bytes()) && document.get_dict_in_dict(d, b"V").is_ok())
    })
}

fn version(document: &Document) -> String {
    let newer = document.catalog().ok().and_then(|catalog| catalog.get_deref(b"Version", document).ok());
    let newer =
        newer.and_then(|name| name.as_name().ok()).map(|name| String::from_utf8_lossy(name).into_owned());
    newer
        .filter(|newer| newer.len() == 3 && *newer > document.version)
        .unwrap_or_else(|| document.version.clone())
}

/// A text string, NFC.
fn text(object: &Object) -> Option<String> {
    lopdf::decode_text_string(object).ok().map(|text| text.nfc().collect())
}

/// A terminal field of the form.
pub(in crate::engines) struct FormField {
    /// Its object.
    pub id: ObjectId,
    /// Full name.
    pub name: String,
    /// `/FT`.
    pub kind: Vec<u8>,
}

/// All terminal fields, in the order of the form.
pub(in crate::engines) fn fields(document: &Document) -> Vec<FormField> {
    let form = document.catalog().and_then(|catalog| document.get_dict_in_dict(catalog, b"AcroForm"));
    let roots = form.and_then(|form| form.get_deref(b"Fields", document)).and_then(Object::as_array);
    let Ok(roots) = roots else { return Vec::new() };
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    let mut waiting: Vec<(ObjectId, String, Vec<u8>, usize)> = Vec::new();
    let push = |waiting: &mut Vec<_>, kids: &[Object], name: &str, kind: &[u8], depth: usize| {
        let ids = kids.iter().rev().take(MOST_FIELDS).filter_map(|kid| kid.as_reference().ok());
        waiting.extend(ids.map(|id| (id, name.to_owned(), kind.to_vec(), depth)));
    };
    push(&mut waiting, roots, "", b"", 0);
    while let Some((id, parent, kind, depth)) = waiting.pop() {
        if depth > DEEPEST_FIELD || seen.len() > MOST_FIELDS || !seen.insert(id) {
            continue;
        }
        let Ok(field) = document.get_dictionary(id) else { continue };
        let own_kind = field.get_deref(b"FT", document).and_then(Object::as_name).map(<[u8]>::to_vec);
        let kind = own_kind.unwrap_or(kind);
        let name = match field.get_deref(b"T", document).ok().and_then(text) {
            Some(own) if parent.is_empty() => own,
            Some(own) => format!("{parent}.{own}"),
            None => parent,
        };
        let kids =
            field.get_deref(b"Kids", document).and_then(Object::as_array).map_or(&[][..], Vec::as_slice);
        let has_named_kids = kids
            .iter()
            .take(MOST_FIELDS)
            .filter_map(|kid| kid.as_reference().ok())
            .any(|kid| document.get_dictionary(kid).is_ok_and(|kid| kid.has(b"T")));
        if has_named_kids {
            push(&mut waiting, kids, &name, &kind, depth + 1);
        } else {
            found.push(FormField { id, name, kind });
        }
    }
    found
}

fn signature_field(document: &Document, field: &FormField) -> SignatureField {
    let value = document.get_dictionary(field.id).and_then(|d| document.get_dict_in_dict(d, b"V")).ok();
    let sub_filter = value
        .and_then(|value| value.get_deref(b"SubFilter", document).ok())
        .and_then(|name| name.as_name().ok())
        .map(|name| String::from_utf8_lossy(name).into_owned());
    let certified_p = value.and_then(|value| certified_p(document, value));
    SignatureField {
        name: field.name.clone(),
        is_signed: value.is_some(),
        sub_filter,
        certified_p,
        locks_code_field: certified_p == Some(1)
            || value.is_some_and(|value| locks_field(document, value, CODE_FIELD)),
    }
}

/// The parameters of the signature's transforms of one kind.
fn transforms<'a>(
    document: &'a Document,
    signature: &'a Dictionary,
    kind: &[u8],
) -> Vec<Option<&'a Dictionary>> {
    let references = signature.get_deref(b"Reference", document).and_then(Object::as_array);
    let of_kind = |reference: &'a Object| {
        let reference = document.dereference(reference).ok()?.1.as_dict().ok()?;
        let method = reference.get_deref(b"TransformMethod", document).and_then(Object::as_name).ok()?;
        (method == kind).then(|| document.get_dict_in_dict(reference, b"TransformParams").ok())
    };
    references.map_or(&[][..], Vec::as_slice).iter().take(MOST_TRANSFORMS).filter_map(of_kind).collect()
}

/// `/P` of the `/DocMDP` transform; 2 where it is not said.
pub(in crate::engines) fn certified_p(document: &Document, signature: &Dictionary) -> Option<u8> {
    let parameters = *transforms(document, signature, b"DocMDP").first()?;
    let p = parameters.and_then(|p| p.get_deref(b"P", document).and_then(Object::as_i64).ok());
    Some(p.and_then(|p| u8::try_from(p).ok()).filter(|p| (1..=3).contains(p)).unwrap_or(2))
}

/// Every signature that is the value of a field.
pub(in crate::engines) fn signatures(document: &Document) -> Vec<&Dictionary> {
    let fields = fields(document);
    let of_field = |field: &FormField| {
        document.get_dictionary(field.id).and_then(|d| document.get_dict_in_dict(d, b"V")).ok()
    };
    fields.iter().filter(|field| field.kind == b"Sig").filter_map(of_field).collect()
}

/// Whether a `/FieldMDP` transform locks the field of this name; one that cannot be read does.
pub(in crate::engines) fn locks_field(document: &Document, signature: &Dictionary, name: &str) -> bool {
    transforms(document, signature, b"FieldMDP").into_iter().any(|parameters| {
        let Some(parameters) = parameters else { return true };
        let names = parameters.get_deref(b"Fields", document).and_then(Object::as_array);
        let is_named = names.is_ok_and(|names| {
            let mut names = names.iter().filter_map(|name| text(document.dereference(name).ok()?.1));
            names.any(|locked| {
                locked == name || name.strip_prefix(&locked).is_some_and(|rest| rest.starts_with('.'))
            })
        });
        match parameters.get_deref(b"Action", document).and_then(Object::as_name) {
            Ok(b"Include") => is_named,
            Ok(b"Exclude") => !is_named,
            _ => true,
        }
    })
}

/// The visible part of a page: `/CropBox` ∩ `/MediaBox`, `/Rotate`, `/UserUnit`, inherited where
/// PDF lets them be.
pub(in crate::engines) fn page_frame(document: &Document, page: &Dictionary) -> Option<PageFrame> {
    let media = inherited(document, page, b"MediaBox").and_then(|o| rectangle(document, o));
    let media = media.unwrap_or([0.0, 0.0, 595.276, 841.89]);
    let crop = inherited(document, page, b"CropBox").and_then(|o| rectangle(document, o)).unwrap_or(media);
    let both = [media[0].max(crop[0]), media[1].max(crop[1]), media[2].min(crop[2]), media[3].min(crop[3])];
    let [x0, y0, x1, y1] = if both[2] > both[0] && both[3] > both[1] { both } else { media };
    let degrees = inherited(document, page, b"Rotate").and_then(|o| o.as_float().ok()).unwrap_or(0.0);
    let turns = (degrees / 90.0).round();
    let is_right_angle = (turns * 90.0 - degrees).abs() < 0.5 && turns.abs() < 1000.0;
    let rotation = if is_right_angle { (turns as i32).rem_euclid(4) as u16 * 90 } else { 0 };
    let unit = page.get_deref(b"UserUnit", document).and_then(Object::as_float).unwrap_or(1.0);
    let unit_pt = if (0.001..=100_000.0).contains(&unit) { unit } else { 1.0 };
    let (width, height) = (x1 - x0, y1 - y0);
    let is_usable = |v: f32| v.is_finite() && (1.0..=1_000_000.0).contains(&(v * unit_pt));
    let frame = PageFrame { left: x0, bottom: y0, width, height, rotation, unit_pt };
    (is_usable(width) && is_usable(height)).then_some(frame)
}

/// A page's own value, or the nearest of its ancestors'.
pub(in crate::engines) fn inherited<'a>(
    document: &'a Document,
    page: &'a Dictionary,
    key: &[u8],
) -> Option<&'a Object> {
    let mut node = page;
    for _ in 0..DEEPEST_PAGE {
        if let Ok(value) = node.get_deref(key, document)
            && !value.is_null()
        {
            return Some(value);
        }
        node = document.get_dict_in_dict(node, b"Parent").ok()?;
    }
    None
}

/// `[x0, y0, x1, y1]`, sorted; `None` when it is no rectangle with an area.
pub(in crate::engines) fn rectangle(document: &Document, object: &Object) -> Option<[f32; 4]> {
    let [a, b, c, d] = numbers(document, object)?;
    let rect = [a.min(c), b.min(d), a.max(c), b.max(d)];
    let has_area = rect.iter().all(|v| v.is_finite()) && rect[2] > rect[0] && rect[3] > rect[1];
    has_area.then_some(rect)
}

/// Exactly `N` finite numbers.
pub(in crate::engines) fn numbers<const N: usize>(document: &Document, object: &Object) -> Option<[f32; N]> {
    let items = object.as_array().ok().filter(|items| items.len() == N)?;
    let mut numbers = [0.0; N];
    for (number, item) in numbers.iter_mut().zip(items) {
        *number = document.dereference(item).ok()?.1.as_float().ok().filter(|v| v.is_finite())?;
    }
    Some(numbers)
}
