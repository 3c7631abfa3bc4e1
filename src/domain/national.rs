//! The record of one paper in the forms that others exchange: TT 01/2023/TT-VPCP (Điều 9, 10) and NĐ 30/2020/NĐ-CP
//! (Phụ lục VI, phần II).
//!
//! Of TT 01/2023 the list of data is known, not how a file names them: the names are ours, one for each. An owner without
//! a number stays blank there, and his data stand beside (Điều 10 khoản 2). Names and lengths of Phụ lục VI are the
//! decree's; what is longer is named, never cut. Knows nothing of who may read it.

use serde_json::{Map, Value, json};

use super::{
    code::{CodeNumber, OwnerKey},
    record::StoredRecord,
};

/// A form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// TT 01/2023/TT-VPCP.
    Tt01,
    /// NĐ 30/2020/NĐ-CP.
    Nd30,
}

impl Form {
    /// The form of that name.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "tt01" => Some(Self::Tt01),
            "nd30" => Some(Self::Nd30),
            _ => None,
        }
    }

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tt01 => "tt01",
            Self::Nd30 => "nd30",
        }
    }
}

/// What a form asks besides the record.
#[derive(Debug, Clone, Default)]
pub struct Beside {
    /// Mã kết quả of the national database, where the catalogue knows it.
    pub national_type: Option<String>,
    /// Pages of the paper, where they are known.
    pub n_pages: Option<usize>,
}

/// The record in a form; what is not known is null.
pub fn record_in(form: Form, record: &StoredRecord, beside: &Beside) -> Value {
    match form {
        Form::Tt01 => tt01(record, beside),
        Form::Nd30 => nd30(record, beside),
    }
}

fn tt01(record: &StoredRecord, beside: &Beside) -> Value {
    let fields = &record.fields;
    let own_type = record.code.type_code.to_string();
    let type_code = beside.national_type.clone().unwrap_or_else(|| own_type.clone());
    let (owner, described) = match &record.code.owner {
        OwnerKey::Numbered { number } => (number.to_string(), Value::Null),
        OwnerKey::NamedPerson { name, born } => {
            (String::new(), json!({ "ho_ten": name.as_str(), "ngay_sinh": born }))
        }
        OwnerKey::NamedOrganisation { name, founded } => {
            (String::new(), json!({ "ten_to_chuc": name.as_str(), "nam_thanh_lap": founded }))
        }
    };
    let number = match &record.code.number {
        CodeNumber::Printed { number } => Some(number.to_string()),
        CodeNumber::None { .. } => None,
    };
    json!({
        "ma_ket_qua_so_hoa": format!("{owner}.{type_code}.{}", record.code.number),
        "ma_so_hoa_qd1917": record.code.to_string(),
        "ma_dinh_danh": owner,
        "du_lieu_dac_ta_chu_so_huu": described,
        "ma_loai_giay_to": type_code,
        "ma_loai_giay_to_qd1917": own_type,
        "ten_giay_to": fields.document_name,
        "so_ky_hieu": number,
        "ngay_ban_hanh": fields.issued_on,
        "co_quan_ban_hanh": fields.issuing_authority,
        "trich_yeu": fields.abstract_text,
        "thoi_han_hieu_luc": {
            "tu_ngay": fields.validity_period.and_then(|period| period.from),
            "den_ngay": fields.validity_period.and_then(|period| period.until),
        },
        "pham_vi_hieu_luc": fields.validity_scope,
        "thoi_diem_so_hoa": fields.recorded_at,
        "du_lieu_khac": fields.other,
        "da_huy_luc": record.revoked_at,
    })
}

/// Names of Phụ lục VI with the letters that each may have.
const LENGTHS: [(&str, usize); 8] = [
    ("TypeName", 100),
    ("CodeNumber", 11),
    ("CodeNotation", 30),
    ("OrganName", 200),
    ("Subject", 500),
    ("Language", 30),
    ("SignerInfo.Position", 100),
    ("SignerInfo.FullName", 50),
];

fn nd30(record: &StoredRecord, beside: &Beside) -> Value {
    let fields = &record.fields;
    let number = match &record.code.number {
        CodeNumber::Printed { number } => Some(number.to_string()),
        CodeNumber::None { .. } => None,
    };
    let (number, notation) = match number.as_deref().map(|text| text.split_once('/').unwrap_or((text, ""))) {
        Some((number, notation)) => {
            (Some(number.to_owned()), Some(notation.to_owned()).filter(|notation| !notation.is_empty()))
        }
        None => (None, None),
    };
    let other = |name: &str| fields.other.get(name).cloned();
    // Three digits.
    let n_pages = beside.n_pages.filter(|n| *n <= 999);
    let mut form = json!({
        "FileCode": { "OrganId": null, "FileCatalog": null, "FileNotation": null },
        "DocOrdinal": null,
        "TypeName": fields.document_name,
        "CodeNumber": number,
        "CodeNotation": notation,
        "IssuedDate": fields.issued_on,
        "OrganName": fields.issuing_authority,
        "Subject": fields.abstract_text,
        "Language": "Tiếng Việt",
        "PageAmount": n_pages,
        "Description": null,
        "SignerInfo": { "Position": other("signer_position"), "FullName": other("signer_name") },
        "To": null,
        "Priority": null,
        "IssuedAmount": null,
        "DueDate": null,
    });
    let too_long: Vec<&str> = LENGTHS
        .iter()
        .filter(|(name, most)| {
            let value = name.split('.').fold(&form, |value, part| &value[part]);
            value.as_str().is_some_and(|text| text.chars().count() > *most)
        })
        .map(|(name, _)| *name)
        .collect();
    form["TooLong"] = json!(too_long);
    form
}

/// A record in a form as XML: an element for each name, empty ones for what is not known, `item` in lists.
pub fn xml(form: Form, record: &Value) -> String {
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    text.push_str(&format!("<record xmlns=\"urn:sohoa:{}\">\n", form.as_str()));
    for (name, value) in record.as_object().unwrap_or(&Map::new()) {
        element(&mut text, name, value);
    }
    text.push_str("</record>\n");
    text
}

fn element(text: &mut String, name: &str, value: &Value) {
    // Names of further fields are made by templates: letters, figures and low lines.
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let (open, close) = match is_name {
        true => (name.to_owned(), name.to_owned()),
        false => (format!("item name=\"{}\"", escaped(name)), "item".to_owned()),
    };
    match value {
        Value::Null => text.push_str(&format!("<{open}/>\n")),
        Value::Object(parts) => {
            text.push_str(&format!("<{open}>\n"));
            parts.iter().for_each(|(name, value)| element(text, name, value));
            text.push_str(&format!("</{close}>\n"));
        }
        Value::Array(items) => {
            text.push_str(&format!("<{open}>\n"));
            items.iter().for_each(|value| element(text, "item", value));
            text.push_str(&format!("</{close}>\n"));
        }
        Value::String(said) => text.push_str(&format!("<{open}>{}</{close}>\n", escaped(said))),
        other => text.push_str(&format!("<{open}>{other}</{close}>\n")),
    }
}

/// Without the signs that XML 1.0 has no way to write.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\t' | '\n' => escaped.push(c),
            '\u{fffe}' | '\u{ffff}' => {}
            c if c.is_control() => {}
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::{Timestamp, civil::date};

    use super::*;
    use crate::domain::{
        code::{DocumentCode, DocumentTypeCode},
        fields::ConfirmedFields,
        ids::{ContentHash, DocumentNumber, OfficerId, OwnerId, PaperId, RecordId},
        record::SignatureState,
        retention::Keeping,
    };

    fn record(owner: &str, number: Option<&str>) -> StoredRecord {
        let owner = OwnerKey::parse(owner).unwrap();
        let type_code = DocumentTypeCode::parse("1.001776-KQ1").unwrap();
        let printed = number.map(|text| DocumentNumber::parse(text).unwrap());
        let number = match &printed {
            Some(number) => CodeNumber::Printed { number: number.clone() },
            None => CodeNumber::None { received_on: date(2026, 11, 21), ordinal: 3 },
        };
        StoredRecord {
            id: RecordId::new(),
            paper: PaperId::new(),
            owner: OwnerId::new(),
            code: DocumentCode { owner: owner.clone(), type_code: type_code.clone(), number },
            printed: None,
            fields: ConfirmedFields {
                document_type_code: type_code,
                owner,
                document_name: "Quyết định <mẫu> & \u{1}".to_owned(),
                document_number: printed,
                issued_on: Some(date(2024, 11, 25)),
                issuing_authority: Some("Ủy ban nhân dân xã Bảo Ái".to_owned()),
                abstract_text: Some("x".repeat(501)),
                validity_period: None,
                validity_scope: None,
                recorded_at: Timestamp::UNIX_EPOCH,
                other: BTreeMap::from([("signer_name".to_owned(), "Trần Văn Thử".to_owned())]),
            },
            confirmed_by: OfficerId::new(),
            confirmed_at: Timestamp::UNIX_EPOCH,
            stored_at: Timestamp::UNIX_EPOCH,
            coded: ContentHash::of(b""),
            originals: Vec::new(),
            text: None,
            signature: SignatureState::Unsigned,
            revoked_at: None,
            keeping: Keeping::default(),
            unit: None,
            is_health: false,
        }
    }

    #[test]
    fn an_owner_without_a_number_is_blank_and_described() {
        for (owner, blank, described) in [
            ("001085012345", "001085012345", Value::Null),
            (
                "Nguyễn Thị Mẫu 05.06.1985",
                "",
                json!({ "ho_ten": "Nguyễn Thị Mẫu", "ngay_sinh": "1985-06-05" }),
            ),
            ("Công ty Mẫu 2003", "", json!({ "ten_to_chuc": "Công ty Mẫu", "nam_thanh_lap": 2003 })),
        ] {
            let form = record_in(Form::Tt01, &record(owner, Some("15/QĐ-UBND")), &Beside::default());
            assert_eq!(
                (&form["ma_dinh_danh"], &form["du_lieu_dac_ta_chu_so_huu"]),
                (&json!(blank), &described)
            );
            assert_eq!(form["ma_ket_qua_so_hoa"], format!("{blank}.1.001776-KQ1.15/QĐ-UBND"));
            assert_eq!(form["ma_so_hoa_qd1917"], format!("{owner}.1.001776-KQ1.15/QĐ-UBND"));
        }
        let beside = Beside { national_type: Some("KQ.G15.000031".to_owned()), n_pages: None };
        let form = record_in(Form::Tt01, &record("001085012345", Some("15/QĐ-UBND")), &beside);
        assert_eq!(form["ma_ket_qua_so_hoa"], "001085012345.KQ.G15.000031.15/QĐ-UBND");
    }

    #[test]
    fn numbers_come_apart_and_what_is_too_long_is_named() {
        for (number, digits, notation) in [
            (Some("15/QĐ-UBND"), json!("15"), json!("QĐ-UBND")),
            (Some("30/2020/NĐ-CP"), json!("30"), json!("2020/NĐ-CP")),
            (Some("123456"), json!("123456"), Value::Null),
            (None, Value::Null, Value::Null),
        ] {
            let beside = Beside { national_type: None, n_pages: Some(2) };
            let form = record_in(Form::Nd30, &record("001085012345", number), &beside);
            assert_eq!((&form["CodeNumber"], &form["CodeNotation"]), (&digits, &notation), "{number:?}");
            assert_eq!((&form["PageAmount"], &form["TooLong"]), (&json!(2), &json!(["Subject"])));
            assert_eq!(form["Subject"].as_str().unwrap().len(), 501, "whole");
        }
    }

    #[test]
    fn xml_holds_whatever_a_field_holds() {
        let form = record_in(Form::Tt01, &record("001085012345", Some("15/QĐ-UBND")), &Beside::default());
        let text = xml(Form::Tt01, &form);
        assert!(text.contains("<ten_giay_to>Quyết định &lt;mẫu&gt; &amp; </ten_giay_to>"), "{text}");
        assert!(text.contains("<du_lieu_dac_ta_chu_so_huu/>") && text.contains("<signer_name>Trần Văn Thử<"));
    }
}
