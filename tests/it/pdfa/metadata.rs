//! ISO 19005-2:2011, 6.6: the XMP packet, and that it says what the document information says.

use std::collections::BTreeMap;

use lopdf::Object;

use super::{
    breach::{Judged, get, name},
    xml::{Element, parse},
};

const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
const PDFA_ID: &str = "http://www.aiim.org/pdfa/ns/id/";
const EXTENSION: &str = "http://www.aiim.org/pdfa/ns/extension/";
const SCHEMA: &str = "http://www.aiim.org/pdfa/ns/schema#";
const PROPERTY: &str = "http://www.aiim.org/pdfa/ns/property#";
/// Properties of namespaces that PDF/A knows, as far as we write them.
const KNOWN: [(&str, &[&str]); 5] = [
    ("http://purl.org/dc/elements/1.1/", &["format", "language", "title"]),
    ("http://ns.adobe.com/pdf/1.3/", &["Producer"]),
    ("http://ns.adobe.com/xap/1.0/", &["CreateDate", "ModifyDate"]),
    (PDFA_ID, &["part", "conformance"]),
    (EXTENSION, &["schemas"]),
];

/// The properties of the packet by (namespace, name).
pub fn properties(pdf: &[u8]) -> BTreeMap<(String, String), Element> {
    let file = Judged::new(pdf);
    let stream = get(&file.document, file.catalog(), "Metadata").unwrap().as_stream().unwrap();
    let packet = String::from_utf8(stream.content.clone()).unwrap();
    let root = parse(&packet).unwrap();
    let rdf = &root.children[0];
    let described = rdf.children.iter().flat_map(|description| description.children.clone());
    described.map(|p| ((p.namespace.clone(), p.name.clone()), p)).collect()
}

/// Judges the packet; `claims` is whether the file should say that it was built to PDF/A-2b.
pub fn judge(file: &mut Judged<'_>, claims: bool) {
    let Some(Object::Stream(stream)) = get(&file.document, file.catalog(), "Metadata").cloned() else {
        file.must("6.6.2.1", false, "no /Metadata");
        return;
    };
    let is_named = name(&file.document, &stream.dict, "Type") == Some("Metadata")
        && name(&file.document, &stream.dict, "Subtype") == Some("XML");
    file.must("6.6.2.1", is_named && !stream.dict.has(b"Filter"), "/Type, /Subtype, plain");
    let packet = String::from_utf8(stream.content.clone()).unwrap_or_default();
    let head = packet.lines().next().unwrap_or_default().to_owned();
    let is_head = head.starts_with("<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>");
    file.must("6.6.2.1", is_head, format!("head {head}"));
    file.must("6.6.2.1", !head.contains("bytes") && !head.contains("encoding"), "bytes, encoding");
    let is_well_formed = parse(&packet).is_ok_and(|root| root.children[0].namespace == RDF);
    file.must("6.6.2.2", is_well_formed, "not well-formed");
    if !is_well_formed {
        return;
    }
    let found = properties(file.bytes);
    extension(file, &found);
    claim(file, &found, claims);
    information(file, &found);
}

/// 6.6.2.3: every property is known or described, with its type.
fn extension(file: &mut Judged<'_>, found: &BTreeMap<(String, String), Element>) {
    let mut described: BTreeMap<(String, String), String> = BTreeMap::new();
    if let Some(schemas) = found.get(&(EXTENSION.to_owned(), "schemas".to_owned())) {
        for schema in &schemas.children[0].children {
            let part = |name: &str| schema.child(SCHEMA, name).map(|e| e.text.clone()).unwrap_or_default();
            let is_whole =
                !part("schema").is_empty() && !part("namespaceURI").is_empty() && !part("prefix").is_empty();
            file.must("6.6.2.3.3", is_whole, "schema, namespaceURI, prefix");
            for property in &schema.child(SCHEMA, "property").unwrap().children[0].children {
                let part =
                    |name: &str| property.child(PROPERTY, name).map(|e| e.text.clone()).unwrap_or_default();
                let kind = part("valueType");
                let is_whole = ["Text", "Date", "bag Text"].contains(&kind.as_str())
                    && ["internal", "external"].contains(&part("category").as_str())
                    && !part("description").is_empty();
                file.must("6.6.2.3.3", is_whole, format!("property {}", part("name")));
                described
                    .insert((schema.child(SCHEMA, "namespaceURI").unwrap().text.clone(), part("name")), kind);
            }
        }
    }
    for ((namespace, name), element) in found {
        let is_known =
            KNOWN.iter().any(|(known, names)| known == namespace && names.contains(&name.as_str()));
        let kind = described.get(&(namespace.clone(), name.clone()));
        file.must("6.6.2.3.1", is_known || kind.is_some(), format!("{namespace}{name} is not described"));
        let is_date =
            |text: &str| text.len() >= 10 && text.as_bytes()[4] == b'-' && text.as_bytes()[7] == b'-';
        let fits = match kind.map(String::as_str) {
            Some("Date") => is_date(&element.text),
            Some("bag Text") => element.children.len() == 1 && element.children[0].name == "Bag",
            _ => true,
        };
        file.must("6.6.2.3.1", fits, format!("{name}: type of the value"));
    }
}

/// 6.6.4
fn claim(file: &mut Judged<'_>, found: &BTreeMap<(String, String), Element>, claims: bool) {
    let said = |name: &str| found.get(&(PDFA_ID.to_owned(), name.to_owned())).map(|e| e.text.as_str());
    let expected = claims.then_some(("2", "B"));
    let holds = said("part") == expected.map(|e| e.0) && said("conformance") == expected.map(|e| e.1);
    file.must("6.6.4", holds, format!("{:?} {:?}", said("part"), said("conformance")));
}

/// 6.6.3: `/Info`, where it is, says the same.
fn information(file: &mut Judged<'_>, found: &BTreeMap<(String, String), Element>) {
    let info = file.document.trailer.get(b"Info").and_then(Object::as_reference).unwrap();
    let info = file.document.get_dictionary(info).unwrap().clone();
    let text = |namespace: &str, name: &str| {
        let element = &found[&(namespace.to_owned(), name.to_owned())];
        element.children.first().map_or(element.text.clone(), |alt| alt.children[0].text.clone())
    };
    let said = |key: &str| lopdf::decode_text_string(info.get(key.as_bytes()).unwrap()).unwrap();
    let date = |key: &str| {
        let said = said(key); // D:YYYYMMDDHHmmSS+07'00
        let part = |from: usize, to: usize| said[from..to].to_owned();
        let day = format!("{}-{}-{}", part(2, 6), part(6, 8), part(8, 10));
        format!("{day}T{}:{}:{}+07:00", part(10, 12), part(12, 14), part(14, 16))
    };
    let pairs = [
        (said("Title"), text("http://purl.org/dc/elements/1.1/", "title")),
        (said("Producer"), text("http://ns.adobe.com/pdf/1.3/", "Producer")),
        (date("CreationDate"), text("http://ns.adobe.com/xap/1.0/", "CreateDate")),
        (date("ModDate"), text("http://ns.adobe.com/xap/1.0/", "ModifyDate")),
    ];
    for (info, xmp) in pairs {
        file.must("6.6.3", info == xmp, format!("{info} and {xmp}"));
    }
}
