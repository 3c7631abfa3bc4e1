//! What a person says about proposed fields, and how it becomes confirmed ones (Điều 16 khoản 2).
//!
//! Text keyed by people is parsed here, once, for API, pages and command line alike. Every faulty
//! field is reported, not the first. Knows nothing of requests.

use std::{collections::BTreeMap, sync::LazyLock};

use jiff::{Timestamp, civil::Date};
use regex::Regex;
use serde::Serialize;
use serde_json::Value;
use unicode_normalization::UnicodeNormalization;

use super::{
    code::{CodeNumber, DocumentCode, DocumentTypeCode, OwnerKey, OwnerName},
    fields::{ConfirmedFields, FieldKey, Proposed, ProposedFields, Status},
    ids::DocumentNumber,
    validity::ValidityPeriod,
};

/// What a person says about one field.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Edit<T> {
    /// Nothing: the proposal stands.
    #[default]
    Keep,
    /// The paper does not have it.
    Absent,
    /// This is the value.
    Set(T),
}

/// What a person says about the fields of a paper.
#[derive(Debug, Clone, PartialEq, Default)]
#[allow(missing_docs)] // the eleven fields, see `fields.rs`
pub struct FieldEdits {
    pub document_type_code: Edit<DocumentTypeCode>,
    pub owner: Edit<OwnerKey>,
    pub document_name: Edit<String>,
    pub document_number: Edit<DocumentNumber>,
    pub issued_on: Edit<Date>,
    pub issuing_authority: Edit<String>,
    pub abstract_text: Edit<String>,
    pub validity_period: Edit<ValidityPeriod>,
    pub validity_scope: Edit<String>,
    pub other: BTreeMap<String, Edit<String>>,
}

/// A field that can't be taken, and why: one Vietnamese sentence without the value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldFault {
    /// The field's name on the wire.
    pub field: String,
    /// What is wrong and what to do.
    pub message: String,
}

impl FieldFault {
    fn new(field: &str, message: impl Into<String>) -> Self {
        Self { field: field.to_owned(), message: message.into() }
    }
}

/// The longest text of one field, in characters.
const TEXT_LIMIT: usize = 2000;

impl FieldEdits {
    /// Takes what was keyed for the field `key`; `null` says that the paper does not have it.
    ///
    /// # Errors
    /// [`FieldFault`] when the field is unknown or the value has the wrong form.
    pub fn set(&mut self, key: &str, value: &Value) -> Result<(), FieldFault> {
        let fault = |message: String| FieldFault::new(key, message);
        match key {
            "document_type_code" => {
                self.document_type_code = edit(value, DocumentTypeCode::parse).map_err(fault)?;
            }
            "owner_id" => self.owner = edit(value, OwnerKey::parse).map_err(fault)?,
            "document_name" => self.document_name = edit(value, line).map_err(fault)?,
            "document_number" => self.document_number = edit(value, DocumentNumber::parse).map_err(fault)?,
            "issued_on" => self.issued_on = edit(value, parse_day).map_err(fault)?,
            "issuing_authority" => self.issuing_authority = edit(value, line).map_err(fault)?,
            "abstract" => self.abstract_text = edit(value, line).map_err(fault)?,
            "validity_scope" => self.validity_scope = edit(value, line).map_err(fault)?,
            "validity_period" => self.validity_period = period(value).map_err(fault)?,
            "other" => {
                let Value::Object(others) = value else {
                    return Err(fault("phải là một đối tượng gồm tên trường và giá trị".into()));
                };
                for (name, value) in others {
                    let edited =
                        edit(value, line).map_err(|m| FieldFault::new(&format!("other.{name}"), m))?;
                    self.other.insert(name.clone(), edited);
                }
            }
            "recorded_at" => return Err(fault("thời gian cập nhật do hệ thống ghi, không nhập tay".into())),
            _ => return Err(fault("không có trường này".into())),
        }
        Ok(())
    }
}

fn edit<T, E: std::fmt::Display>(
    value: &Value,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Result<Edit<T>, String> {
    match value {
        Value::Null => Ok(Edit::Absent),
        Value::String(text) if text.trim().is_empty() => Ok(Edit::Absent),
        Value::String(text) => parse(text).map(Edit::Set).map_err(|e| e.to_string()),
        _ => Err("phải là một chuỗi ký tự hoặc null".into()),
    }
}

fn line(text: &str) -> Result<String, String> {
    let nfc: String = text.nfc().collect();
    let line = nfc.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() > TEXT_LIMIT {
        return Err(format!("dài quá {TEXT_LIMIT} ký tự"));
    }
    if line.chars().any(char::is_control) { Err("có ký tự điều khiển".into()) } else { Ok(line) }
}

fn period(value: &Value) -> Result<Edit<ValidityPeriod>, String> {
    let Value::Object(parts) = value else {
        return if value.is_null() {
            Ok(Edit::Absent)
        } else {
            Err("phải có dạng {\"from\": …, \"until\": …}".into())
        };
    };
    let mut ends = [None, None];
    for (name, value) in parts {
        let i = match name.as_str() {
            "from" => 0,
            "until" => 1,
            _ => return Err("chỉ có from và until".into()),
        };
        if let Edit::Set(day) = edit(value, parse_day)? {
            ends[i] = Some(day);
        }
    }
    match ends {
        [None, None] => Ok(Edit::Absent),
        [from, until] => ValidityPeriod::new(from, until).map(Edit::Set).map_err(|e| e.to_string()),
    }
}

/// A day as people key it: `2024-11-25`, `25/11/2024`, `25-11-2024`, `25.11.2024`,
/// `ngày 25 tháng 11 năm 2024`.
///
/// # Errors
/// A Vietnamese sentence when it is no day of the calendar between 1900 and 2999.
pub fn parse_day(text: &str) -> Result<Date, String> {
    static FORMS: LazyLock<[Regex; 3]> = LazyLock::new(|| {
        [
            r"^(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})$",
            r"^(?P<d>\d{1,2})[/.-](?P<m>\d{1,2})[/.-](?P<y>\d{4})$",
            r"(?i)^(?:ngày\s+)?(?P<d>\d{1,2})\s+tháng\s+(?P<m>\d{1,2})\s+năm\s+(?P<y>\d{4})$",
        ]
        .map(|form| Regex::new(form).expect("the pattern is a constant"))
    });
    let text: String = text.trim().nfc().collect();
    let found = FORMS.iter().find_map(|form| form.captures(&text));
    let wrong = || "ngày phải có dạng 25/11/2024, và có trong lịch".to_owned();
    let found = found.ok_or_else(wrong)?;
    let year = found["y"].parse().map_err(|_| wrong())?;
    let day =
        Date::new(year, found["m"].parse().map_err(|_| wrong())?, found["d"].parse().map_err(|_| wrong())?);
    day.ok().filter(|d| (1900..=2999).contains(&d.year())).ok_or_else(wrong)
}

impl ProposedFields {
    /// The fields that Điều 6 asks of every paper (khoản 1–7) and that a person must key: they
    /// stand, or should stand, on the paper and were not read.
    pub fn unread(&self) -> Vec<FieldKey> {
        let unread = self.standings().into_iter().filter(|s| s.status == Status::NotRead);
        unread.map(|s| s.key).collect()
    }

    /// The owner as proposed: by number, or, for a paper that shows none, by name and birth date (Điều 7).
    pub fn owner(&self) -> Option<OwnerKey> {
        if let Some(number) = &self.owner_id.value {
            return Some(OwnerKey::Numbered { number: number.clone() });
        }
        if self.owner_id.status != Status::Absent {
            return None;
        }
        let other = |name: &str| self.other.get(name).and_then(|p| p.value.as_deref());
        let name = OwnerName::parse(other("holder_name")?).ok()?;
        let born = other("holder_birth_date")?.parse().ok()?;
        Some(OwnerKey::NamedPerson { name, born })
    }

    /// The code as proposed; `None` while one of its parts is unknown.
    ///
    /// `without_number` is the third part for a paper that carries no number; `None` when the
    /// installation does not code such papers.
    pub fn code(&self, without_number: Option<CodeNumber>) -> Option<DocumentCode> {
        let number = match (&self.document_number.value, self.document_number.status) {
            (Some(number), _) => CodeNumber::Printed { number: number.clone() },
            (None, Status::Absent) => without_number?,
            _ => return None,
        };
        Some(DocumentCode::assign(self.owner()?, self.document_type_code.value.clone()?, number))
    }

    /// What was keyed for a field that the kind of paper adds, in the one form in which it is kept.
    fn in_its_form(&self, name: &str, value: String) -> Result<String, FieldFault> {
        let Some(field) = self.extra.iter().find(|e| e.key == name) else { return Ok(value) };
        let told =
            |message| FieldFault::new(&format!("other.{name}"), format!("“{}” {message}.", field.label));
        field.canonical(&value).map_err(told)
    }

    /// The fields as confirmed by a person who left standing what `edits` does not touch.
    ///
    /// Called by `workflows::confirm::confirm` alone, in the name of an officer.
    ///
    /// # Errors
    /// Every field that still has to be keyed.
    pub fn confirmed_with(
        &self,
        edits: FieldEdits,
        recorded_at: Timestamp,
    ) -> Result<ConfirmedFields, Vec<FieldFault>> {
        let mut faults = Vec::new();
        let mut other: BTreeMap<String, String> =
            self.other.iter().filter_map(|(name, p)| Some((name.clone(), p.value.clone()?))).collect();
        for (name, edit) in edits.other {
            match edit {
                Edit::Keep => {}
                Edit::Absent => drop(other.remove(&name)),
                Edit::Set(value) => match self.in_its_form(&name, value) {
                    Ok(value) => drop(other.insert(name, value)),
                    Err(fault) => faults.push(fault),
                },
            }
        }
        let type_code = required(
            FieldKey::DocumentTypeCode,
            &self.document_type_code,
            edits.document_type_code,
            &mut faults,
        );
        let owner = match (edits.owner, self.owner()) {
            (Edit::Keep, Some(owner)) => Some(owner),
            (edit, _) => {
                let nothing = Proposed { status: self.owner_id.status, ..Proposed::absent() };
                required(FieldKey::OwnerId, &nothing, edit, &mut faults)
            }
        };
        let name = required(FieldKey::DocumentName, &self.document_name, edits.document_name, &mut faults);
        let number =
            optional(FieldKey::DocumentNumber, &self.document_number, edits.document_number, &mut faults);
        let issued_on = optional(FieldKey::IssuedOn, &self.issued_on, edits.issued_on, &mut faults);
        let authority = optional(
            FieldKey::IssuingAuthority,
            &self.issuing_authority,
            edits.issuing_authority,
            &mut faults,
        );
        let abstract_text =
            optional(FieldKey::Abstract, &self.abstract_text, edits.abstract_text, &mut faults);
        let validity_period =
            optional(FieldKey::ValidityPeriod, &self.validity_period, edits.validity_period, &mut faults);
        let validity_scope =
            optional(FieldKey::ValidityScope, &self.validity_scope, edits.validity_scope, &mut faults);
        match (type_code, owner, name) {
            (Some(document_type_code), Some(owner), Some(document_name)) if faults.is_empty() => {
                Ok(ConfirmedFields {
                    document_type_code,
                    owner,
                    document_name,
                    document_number: number,
                    issued_on,
                    issuing_authority: authority,
                    abstract_text,
                    validity_period,
                    validity_scope,
                    recorded_at,
                    other,
                })
            }
            _ => Err(faults),
        }
    }
}

/// The value after the edit; a field that was not read and not keyed is a fault.
fn optional<T: Clone>(
    key: FieldKey,
    proposed: &Proposed<T>,
    edit: Edit<T>,
    faults: &mut Vec<FieldFault>,
) -> Option<T> {
    match edit {
        Edit::Set(value) => Some(value),
        Edit::Absent => None,
        Edit::Keep => {
            if proposed.status == Status::NotRead {
                let message =
                    format!("“{}” chưa đọc được: xin nhập theo giấy tờ, hoặc ghi là không có.", key.label());
                faults.push(FieldFault::new(key.as_str(), message));
            }
            proposed.value.clone()
        }
    }
}

/// As [`optional`], for what a code or the store can't do without.
fn required<T: Clone>(
    key: FieldKey,
    proposed: &Proposed<T>,
    edit: Edit<T>,
    faults: &mut Vec<FieldFault>,
) -> Option<T> {
    let before = faults.len();
    let value = optional(key, proposed, edit, faults);
    if value.is_none() && faults.len() == before {
        faults.push(FieldFault::new(
            key.as_str(),
            format!("“{}” bắt buộc phải có: xin nhập theo giấy tờ.", key.label()),
        ));
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        extra::{ExtraField, Form},
        fields::Source,
        ids::OwnerNumber,
    };
    use serde_json::json;

    fn read<T>(value: T) -> Proposed<T> {
        Proposed::read(value, "", 0.99, Source::Ocr, None)
    }

    fn decision() -> ProposedFields {
        ProposedFields {
            document_type_code: read(DocumentTypeCode::parse("1.001776-KQ1").unwrap()),
            owner_id: read(OwnerNumber::parse("001085012345").unwrap()),
            document_name: read("Quyết định".into()),
            document_number: Proposed::not_read("Số: /QĐ-UBND", None),
            issued_on: read(Date::constant(2024, 11, 25)),
            issuing_authority: read("Ủy ban nhân dân xã Bảo Ái".into()),
            abstract_text: read("Về việc trợ cấp".into()),
            validity_period: Proposed::absent(),
            validity_scope: Proposed::absent(),
            recorded_at: read(Timestamp::UNIX_EPOCH),
            other: BTreeMap::new(),
            extra: Vec::new(),
        }
    }

    #[test]
    fn an_unread_field_must_be_keyed_or_said_to_be_absent() {
        let proposed = decision();
        let faults = proposed.confirmed_with(FieldEdits::default(), Timestamp::UNIX_EPOCH).unwrap_err();
        assert_eq!(faults.iter().map(|f| f.field.as_str()).collect::<Vec<_>>(), ["document_number"]);

        let mut edits = FieldEdits::default();
        edits.set("document_number", &json!("12 /QĐ-UBND")).unwrap();
        let confirmed = proposed.confirmed_with(edits, Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(confirmed.document_number.unwrap().as_str(), "12/QĐ-UBND");

        let mut edits = FieldEdits::default();
        edits.set("document_number", &Value::Null).unwrap();
        assert_eq!(proposed.confirmed_with(edits, Timestamp::UNIX_EPOCH).unwrap().document_number, None);
    }

    #[test]
    fn what_a_code_needs_cannot_be_absent() {
        let mut edits = FieldEdits::default();
        for key in ["document_type_code", "owner_id", "document_name", "document_number"] {
            edits.set(key, &Value::Null).unwrap();
        }
        let faults = decision().confirmed_with(edits, Timestamp::UNIX_EPOCH).unwrap_err();
        let fields: Vec<&str> = faults.iter().map(|f| f.field.as_str()).collect();
        assert_eq!(fields, ["document_type_code", "owner_id", "document_name"]);
    }

    #[test]
    fn a_paper_without_an_id_is_its_holders_by_name_and_birth_date() {
        let mut proposed = decision();
        proposed.owner_id = Proposed::absent();
        assert_eq!(proposed.owner(), None);
        proposed.other.insert("holder_name".into(), read("Nguyễn  Văn Mẫu".into()));
        proposed.other.insert("holder_birth_date".into(), read("1985-06-05".into()));
        assert_eq!(proposed.owner().unwrap().to_string(), "Nguyễn Văn Mẫu 05.06.1985");
        // A number that stands there unread is not replaced by a name.
        proposed.owner_id = Proposed::not_read("", None);
        assert_eq!(proposed.owner(), None);
    }

    #[test]
    fn a_code_is_proposed_only_when_every_part_is_known() {
        let day = Date::constant(2024, 11, 25);
        let without = Some(CodeNumber::None { received_on: day, ordinal: 3 });
        let mut proposed = decision();
        assert_eq!(proposed.code(without.clone()), None);
        proposed.document_number = Proposed::absent();
        assert_eq!(proposed.code(None), None);
        assert_eq!(proposed.code(without).unwrap().to_string(), "001085012345.1.001776-KQ1.KS-20241125-3");
    }

    #[test]
    fn fields_of_the_kind_take_their_form() {
        let mut proposed = decision();
        proposed.document_number = Proposed::absent();
        let (key, label, form) = ("monthly_amount".into(), "Mức trợ cấp".into(), Form::Money);
        proposed.extra = vec![ExtraField { key, label, form, choices: Vec::new() }];
        let keyed = |text: &str| {
            let mut edits = FieldEdits::default();
            edits.set("other", &json!({ "monthly_amount": text, "remark": "a" })).unwrap();
            proposed.confirmed_with(edits, Timestamp::UNIX_EPOCH)
        };
        let confirmed = keyed("540.000 đồng").unwrap();
        assert_eq!(confirmed.other["monthly_amount"], "540000");
        assert_eq!(confirmed.other["remark"], "a");
        let faults = keyed("một ít").unwrap_err();
        assert_eq!(faults[0].field, "other.monthly_amount");
        assert!(faults[0].message.starts_with("“Mức trợ cấp” phải là số tiền"), "{faults:?}");
    }

    #[test]
    fn days_as_people_key_them() {
        for (text, expected) in [
            ("25/11/2024", Some("2024-11-25")),
            ("5-1-2024", Some("2024-01-05")),
            ("2024-11-25", Some("2024-11-25")),
            ("ngày 25 tháng 11 năm 2024", Some("2024-11-25")),
            ("Ngày 05 tháng 01 năm 2024", Some("2024-01-05")),
            ("31/02/2024", None),
            ("25/11/24", None),
            ("", None),
        ] {
            assert_eq!(parse_day(text).ok().map(|d| d.to_string()).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn every_wrong_value_names_its_field() {
        let mut edits = FieldEdits::default();
        for (key, value) in [
            ("owner_id", json!("12")),
            ("issued_on", json!("hôm qua")),
            ("validity_period", json!({"from": "2021-01-02", "until": "2021-01-01"})),
            ("document_type_code", json!(7)),
            ("recorded_at", json!("2024-01-01T00:00:00Z")),
            ("nonsense", json!("x")),
        ] {
            assert_eq!(edits.set(key, &value).unwrap_err().field, key);
        }
        assert_eq!(edits, FieldEdits::default());
    }
}
