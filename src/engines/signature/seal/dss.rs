//! Writes what is needed to check signatures later into the file: `/DSS` (ISO 32000-2, 12.8.4.3).
//!
//! Appends; what is there already stays, and nothing is written twice.

use std::collections::HashMap;

use lopdf::{Dictionary, Document, Object, ObjectId, dictionary};
use serde::{Deserialize, Serialize};

use super::SealError;
use crate::engines::pdf::{
    append::{self, Edit},
    read::{self, ReadError},
};

/// Certificates and revocation data, DER each.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validation {
    /// Certificates.
    #[serde(with = "super::prepare::as_base64_list")]
    pub certificates: Vec<Vec<u8>>,
    /// Revocation lists.
    #[serde(with = "super::prepare::as_base64_list")]
    pub crls: Vec<Vec<u8>>,
    /// OCSP answers.
    #[serde(with = "super::prepare::as_base64_list")]
    pub ocsps: Vec<Vec<u8>>,
}

/// Adds validation data; `of` names the field whose signature they are for, so that `/VRI` has them too.
///
/// # Errors
/// [`SealError`].
pub fn add(pdf: &[u8], validation: &Validation, of: Option<&str>) -> Result<Vec<u8>, SealError> {
    Ok([pdf, &appended(pdf, validation, of)?].concat())
}

/// What goes behind the file with the data.
///
/// # Errors
/// [`SealError`].
pub fn appended(pdf: &[u8], validation: &Validation, of: Option<&str>) -> Result<Vec<u8>, SealError> {
    let document = read::open(pdf)?;
    let mut edit = Edit::new(&document);
    let mut catalog = document.catalog().map_err(|_| ReadError::Damaged)?.clone();
    let entry = catalog.get(b"DSS").ok().cloned();
    let mut store = document.get_dict_in_dict(&catalog, b"DSS").cloned().unwrap_or_default();
    store.set("Type", "DSS");
    let mut of_signature = dictionary! { "Type" => "VRI" };
    let lists = [
        ("Certs", "Cert", &validation.certificates),
        ("CRLs", "CRL", &validation.crls),
        ("OCSPs", "OCSP", &validation.ocsps),
    ];
    for (key, key_of_signature, data) in lists {
        let own = add_list(&document, &mut edit, &mut store, key, data);
        if !own.is_empty() {
            of_signature.set(key_of_signature, own);
        }
    }
    if let Some(key) = of.and_then(|name| key_of(&document, name)) {
        let mut by_signature = document.get_dict_in_dict(&store, b"VRI").cloned().unwrap_or_default();
        by_signature.set(key, edit.add(of_signature));
        store.set("VRI", by_signature);
    }
    match entry {
        Some(Object::Reference(id)) if document.has_object(id) => edit.set(id, store),
        _ => {
            catalog.set("DSS", edit.add(store));
            let root = document.trailer.get(b"Root").and_then(Object::as_reference);
            edit.set(root.map_err(|_| ReadError::Damaged)?, catalog);
        }
    }
    Ok(append::appended(pdf, &document, edit)?)
}

/// Adds what is missing to one of the lists; gives the objects of `data`.
fn add_list(
    document: &Document,
    edit: &mut Edit,
    store: &mut Dictionary,
    key: &str,
    data: &[Vec<u8>],
) -> Vec<Object> {
    const MOST: usize = 5000;
    let mut list =
        store.get_deref(key.as_bytes(), document).and_then(Object::as_array).cloned().unwrap_or_default();
    let mut known: HashMap<Vec<u8>, ObjectId> = HashMap::new();
    for entry in list.iter().take(MOST) {
        let Ok((Some(id), Object::Stream(stream))) = document.dereference(entry) else { continue };
        let content = stream.decompressed_content().unwrap_or_else(|_| stream.content.clone());
        known.insert(content, id);
    }
    let mut own = Vec::new();
    for der in data {
        let id = *known.entry(der.clone()).or_insert_with(|| {
            let id = edit.add_stream(Dictionary::new(), der.clone());
            list.push(id.into());
            id
        });
        if !own.contains(&Object::Reference(id)) {
            own.push(id.into());
        }
    }
    if !list.is_empty() {
        store.set(key, list);
    }
    own
}

/// SHA-1 of `/Contents`, hexadecimal: what `/VRI` calls a signature by.
fn key_of(document: &Document, name: &str) -> Option<String> {
    let field = read::fields(document).into_iter().find(|field| field.name == name)?;
    let value =
        document.get_dictionary(field.id).and_then(|field| document.get_dict_in_dict(field, b"V")).ok()?;
    let contents = value.get_deref(b"Contents", document).and_then(Object::as_str).ok()?;
    Some(openssl::sha::sha1(contents).iter().map(|byte| format!("{byte:02X}")).collect())
}
