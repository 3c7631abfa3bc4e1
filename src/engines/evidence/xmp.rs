//! The fields that a paper coded by this program carries in its XMP (see `pdf/metadata.rs`).
//!
//! Only the form in which they were written is taken: a packet that another program set anew is passed over.

use std::collections::BTreeMap;

use crate::{domain::fields::FieldKey, engines::pdf::FIELDS_NAMESPACE};

/// Longest packet looked at, bytes.
const LONGEST: usize = 1 << 20;
/// Longest value, bytes.
const LONGEST_VALUE: usize = 8_000;
/// Items of `other` at most.
const MOST_ITEMS: usize = 100;

/// The values by the names of the wire, those of `other` by their own (`holder_name`); empty where there are none.
pub fn fields(packet: &[u8]) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let Ok(packet) = std::str::from_utf8(packet) else { return found };
    if packet.len() > LONGEST || !packet.contains(&format!("xmlns:sohoa=\"{FIELDS_NAMESPACE}\"")) {
        return found;
    }
    for key in FieldKey::ALL {
        let name = key.as_str();
        let Some(value) = between(packet, &format!("<sohoa:{name}>"), &format!("</sohoa:{name}>")) else {
            continue;
        };
        if key != FieldKey::Other {
            found.extend(text(value).map(|value| (name.to_owned(), value)));
            continue;
        }
        for item in value.split("<rdf:li>").skip(1).take(MOST_ITEMS) {
            let item = item.split("</rdf:li>").next().and_then(text);
            let pair = item.as_deref().and_then(|item| item.split_once(": "));
            // The names of the eleven are not to be had by this way.
            let is_own = |name: &str| FieldKey::ALL.iter().any(|key| key.as_str() == name);
            if let Some((name, value)) = pair.filter(|(name, _)| !is_own(name)) {
                found.insert(name.to_owned(), value.to_owned());
            }
        }
    }
    found
}

/// What stands between two marks, where the first of them stands once.
fn between<'a>(packet: &'a str, open: &str, close: &str) -> Option<&'a str> {
    let (_, rest) = packet.split_once(open)?;
    (!rest.contains(open)).then(|| rest.split_once(close).map(|(value, _)| value))?
}

/// Plain text, or nothing where markup or unknown entities stand in it.
fn text(value: &str) -> Option<String> {
    if value.len() > LONGEST_VALUE || value.contains('<') {
        return None;
    }
    let plain =
        value.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&apos;", "'");
    let is_plain = plain.match_indices('&').all(|(at, _)| plain[at..].starts_with("&amp;"));
    let plain = super::clean(&plain.replace("&amp;", "&"));
    (is_plain && !plain.is_empty()).then_some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(values: &str) -> Vec<u8> {
        format!("<x:xmpmeta><rdf:Description xmlns:sohoa=\"{FIELDS_NAMESPACE}\">{values}</rdf:Description></x:xmpmeta>")
            .into_bytes()
    }

    #[test]
    fn values_come_back_as_they_were_written() {
        let check = |values: &str, expected: &[(&str, &str)]| {
            let found = fields(&packet(values));
            let found: Vec<(&str, &str)> = found.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
            assert_eq!(found, expected, "{values}");
        };
        check(
            "<sohoa:document_number>46/QĐ-UBND</sohoa:document_number><sohoa:issued_on>2024-05-06</sohoa:issued_on>",
            &[("document_number", "46/QĐ-UBND"), ("issued_on", "2024-05-06")],
        );
        check(
            "<sohoa:abstract>Về việc A &amp; B &lt;C&gt; &amp;lt;</sohoa:abstract>",
            &[("abstract", "Về việc A & B <C> &lt;")],
        );
        check(
            "<sohoa:other><rdf:Bag><rdf:li>holder_name: Lò Văn Páo</rdf:li><rdf:li>issued_on: 2001-01-01</rdf:li><rdf:li>none</rdf:li></rdf:Bag></sohoa:other>",
            &[("holder_name", "Lò Văn Páo")],
        );
        check("<sohoa:owner_id></sohoa:owner_id><sohoa:abstract>a<b>c</b></sohoa:abstract>", &[]);
        check("<sohoa:owner_id>1</sohoa:owner_id><sohoa:owner_id>2</sohoa:owner_id>", &[]);
        check("<sohoa:abstract>&nbsp;x</sohoa:abstract><sohoa:owner_id>1", &[]);
    }

    #[test]
    fn other_packets_say_nothing() {
        assert!(fields(b"<sohoa:document_number>46</sohoa:document_number>").is_empty());
        assert!(fields(&[0xff; 64]).is_empty());
        let long = format!("<sohoa:abstract>{}</sohoa:abstract>", "x".repeat(LONGEST_VALUE + 1));
        assert!(fields(&packet(&long)).is_empty());
    }
}
