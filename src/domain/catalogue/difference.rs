//! In what two versions of the catalogue differ, for whoever puts one in the other's place.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Catalogue, DossierComponent, NationalResult, Procedure, ProcedureResult};
use crate::domain::event::Change;

/// What became of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // the names say it
pub enum DifferenceKind {
    ProcedureAdded,
    ProcedureRemoved,
    ProcedureChanged,
    MinistryChanged,
    ComponentAdded,
    ComponentRemoved,
    ComponentChanged,
    ResultAdded,
    ResultRemoved,
    ResultChanged,
    NationalCodeAdded,
    NationalCodeRemoved,
    NationalCodeChanged,
}

/// A field of an entry, before and after; a list as its JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldChange {
    /// The field, as the file has it.
    pub field: String,
    /// Before; `None` where it was empty.
    pub before: Option<String>,
    /// After.
    pub after: Option<String>,
}

impl FieldChange {
    /// The field in Vietnamese; as the file has it where it is rare.
    pub fn words(&self) -> &str {
        match self.field.as_str() {
            "name" => "tên",
            "field" => "lĩnh vực",
            "level" => "cấp thực hiện",
            "digitise" => "số hóa",
            "reason" => "lý do",
            "prior_result_code" => "kết quả của thủ tục trước",
            "national_result_code" => "mã kết quả quốc gia",
            "titles" => "tiêu đề trên giấy tờ",
            "is_health" => "dữ liệu sức khỏe",
            "owning_ministry" => "bộ chủ quản",
            "decision_number" => "quyết định",
            "valid_from" => "có hiệu lực từ",
            "valid_until" => "có hiệu lực đến",
            "note" => "ghi chú",
            "source" => "nguồn",
            other => other,
        }
    }
}

/// An entry that is not as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// What became of it.
    pub kind: DifferenceKind,
    /// `1.001776`, `1.001776.03`, `1.001776-KQ1` or `KQ.G15.000031`.
    pub code: String,
    /// Its name, the new one where it changed.
    pub name: String,
    /// What changed; empty where the entry came or went.
    pub fields: Vec<FieldChange>,
}

impl DifferenceKind {
    /// Three kinds of entries, each with what may become of it: `+`, `-`, `~`.
    pub fn words(self) -> (&'static str, char) {
        match self {
            Self::ProcedureAdded => ("thủ tục", '+'),
            Self::ProcedureRemoved => ("thủ tục", '-'),
            Self::ProcedureChanged => ("thủ tục", '~'),
            Self::MinistryChanged => ("bộ chủ quản của thủ tục", '~'),
            Self::ComponentAdded => ("thành phần", '+'),
            Self::ComponentRemoved => ("thành phần", '-'),
            Self::ComponentChanged => ("thành phần", '~'),
            Self::ResultAdded => ("kết quả", '+'),
            Self::ResultRemoved => ("kết quả", '-'),
            Self::ResultChanged => ("kết quả", '~'),
            Self::NationalCodeAdded => ("mã kết quả quốc gia", '+'),
            Self::NationalCodeRemoved => ("mã kết quả quốc gia", '-'),
            Self::NationalCodeChanged => ("mã kết quả quốc gia", '~'),
        }
    }
}

/// The three that an entry may become.
struct Kinds(DifferenceKind, DifferenceKind, DifferenceKind);

const PROCEDURE: Kinds =
    Kinds(DifferenceKind::ProcedureAdded, DifferenceKind::ProcedureRemoved, DifferenceKind::ProcedureChanged);
const COMPONENT: Kinds =
    Kinds(DifferenceKind::ComponentAdded, DifferenceKind::ComponentRemoved, DifferenceKind::ComponentChanged);
const RESULT: Kinds =
    Kinds(DifferenceKind::ResultAdded, DifferenceKind::ResultRemoved, DifferenceKind::ResultChanged);
const NATIONAL: Kinds = Kinds(
    DifferenceKind::NationalCodeAdded,
    DifferenceKind::NationalCodeRemoved,
    DifferenceKind::NationalCodeChanged,
);

impl Catalogue {
    /// In what `self` differs from `before`, by code; what comes and goes with a procedure is told by the procedure
    /// alone. Empty where only the layout, the remarks or the order differ.
    pub fn differences_from(&self, before: &Self) -> Vec<Difference> {
        let mut differences = Vec::new();
        let (old, new) = (keyed(&before.procedures, code_of), keyed(&self.procedures, code_of));
        compare(&PROCEDURE, &old, &new, own_fields, |p| &p.name, &mut differences);
        for (code, now) in &new {
            if let Some(then) = old.get(code) {
                within(then, now, &mut differences);
            }
        }
        let code_of = |result: &NationalResult| result.code.to_string();
        let old = keyed(&before.national_result_codes_observed, code_of);
        let new = keyed(&self.national_result_codes_observed, code_of);
        compare(&NATIONAL, &old, &new, as_json, |r| &r.name, &mut differences);
        differences
    }
}

fn keyed<T>(items: &[T], code_of: impl Fn(&T) -> String) -> BTreeMap<String, &T> {
    items.iter().map(|item| (code_of(item), item)).collect()
}

fn code_of(procedure: &Procedure) -> String {
    procedure.code.to_string()
}

fn within(then: &Procedure, now: &Procedure, differences: &mut Vec<Difference>) {
    let ministries = changes(&as_json(&then.owning_ministry), &as_json(&now.owning_ministry));
    if !ministries.is_empty() {
        let in_words = |procedure: &Procedure| {
            let periods = procedure.owning_ministry.iter();
            let open = || "…".to_owned();
            periods
                .map(|m| {
                    let (from, until) = (m.from.map_or_else(open, day), m.until.map_or_else(open, day));
                    format!("{} ({from} – {until})", m.name)
                })
                .collect::<Vec<_>>()
                .join("; ")
        };
        differences.push(Difference {
            kind: DifferenceKind::MinistryChanged,
            code: now.code.to_string(),
            name: now.name.clone(),
            fields: vec![FieldChange {
                field: "owning_ministry".to_owned(),
                before: Some(in_words(then)).filter(|text| !text.is_empty()),
                after: Some(in_words(now)).filter(|text| !text.is_empty()),
            }],
        });
    }
    let code_of = |component: &DossierComponent| component.full_type_code.to_string();
    let (old, new) = (keyed(&then.components, code_of), keyed(&now.components, code_of));
    compare(&COMPONENT, &old, &new, as_json, |c| &c.name, differences);
    let code_of = |result: &ProcedureResult| result.code.to_string();
    let (old, new) = (keyed(&then.results, code_of), keyed(&now.results, code_of));
    compare(&RESULT, &old, &new, as_json, |r| &r.name, differences);
}

fn day(day: jiff::civil::Date) -> String {
    day.strftime("%d/%m/%Y").to_string()
}

fn compare<T>(
    Kinds(added, removed, changed): &Kinds,
    old: &BTreeMap<String, &T>,
    new: &BTreeMap<String, &T>,
    fields: impl Fn(&T) -> serde_json::Value,
    name: impl Fn(&T) -> &String,
    differences: &mut Vec<Difference>,
) {
    let entry = |kind: DifferenceKind, code: &str, item: &T, fields: Vec<FieldChange>| Difference {
        kind,
        code: code.to_owned(),
        name: name(item).clone(),
        fields,
    };
    for (code, item) in new {
        match old.get(code) {
            None => differences.push(entry(*added, code, item, Vec::new())),
            Some(then) => {
                let fields = changes(&fields(then), &fields(item));
                if !fields.is_empty() {
                    differences.push(entry(*changed, code, item, fields));
                }
            }
        }
    }
    for (code, item) in old {
        if !new.contains_key(code) {
            differences.push(entry(*removed, code, item, Vec::new()));
        }
    }
}

fn as_json<T: Serialize>(value: &T) -> serde_json::Value {
    serde_json::to_value(value).unwrap_or_default()
}

/// A procedure without what is compared by itself.
fn own_fields(procedure: &Procedure) -> serde_json::Value {
    let mut value = as_json(procedure);
    if let Some(fields) = value.as_object_mut() {
        for part in ["components", "results", "owning_ministry"] {
            fields.shift_remove(part);
        }
    }
    value
}

fn changes(before: &serde_json::Value, after: &serde_json::Value) -> Vec<FieldChange> {
    let empty = |text: Option<String>| text.filter(|text| text != "[]");
    let change = Change { before: Some(before.clone()), after: Some(after.clone()) };
    let fields = change.differences().into_iter().map(|(field, before, after)| FieldChange {
        field,
        before: empty(before),
        after: empty(after),
    });
    fields.filter(|field| field.before != field.after).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::STARTING_CATALOGUE;
    use super::*;

    #[test]
    fn each_kind_of_difference_is_told_once() {
        let check = |change: &dyn Fn(&mut Value), expected: &[&str]| {
            let mut value: Value = serde_json::from_str(STARTING_CATALOGUE).unwrap();
            change(&mut value);
            let newer = Catalogue::parse(&value.to_string()).unwrap();
            let told: Vec<String> = newer
                .differences_from(&Catalogue::starting())
                .iter()
                .map(|d| {
                    let fields: Vec<_> = d.fields.iter().map(|f| f.field.as_str()).collect();
                    format!("{} {} {}", as_json(&d.kind).as_str().unwrap(), d.code, fields.join(" "))
                })
                .collect();
            assert_eq!(told.iter().map(|t| t.trim()).collect::<Vec<_>>(), expected);
        };
        check(&|_| {}, &[]);
        check(&|v| v["notes"] = json!([]), &[]);
        check(&|v| v["procedures"].as_array_mut().unwrap().reverse(), &[]);
        check(&|v| v["procedures"][4]["name"] = json!("Khác"), &["procedure_changed 2.000286 name"]);
        check(
            &|v| v["procedures"][4]["owning_ministry"][1]["name"] = json!("Bộ Nội vụ"),
            &["ministry_changed 2.000286 owning_ministry"],
        );
        check(
            &|v| v["procedures"][0]["components"][0]["titles"] = json!(["Tờ khai"]),
            &["component_changed 1.001776.01 titles"],
        );
        check(
            &|v| drop(v["procedures"][0]["components"].as_array_mut().unwrap().remove(0)),
            &["component_removed 1.001776.01"],
        );
        check(
            &|v| {
                v["procedures"][1]["results"].as_array_mut().unwrap().push(json!({
                    "code": "1.001731-KQ2", "name": "Thông báo", "national_result_code": "KQ.G18.000001"
                }));
            },
            &["result_added 1.001731-KQ2"],
        );
        check(&|v| drop(v["procedures"].as_array_mut().unwrap().pop()), &["procedure_removed 1.001865"]);
        check(
            &|v| {
                let mut other = v["procedures"][6].clone();
                other["code"] = json!("3.000001");
                other["components"] = json!([]);
                other["results"] = json!([]);
                v["procedures"].as_array_mut().unwrap().push(other);
            },
            &["procedure_added 3.000001"],
        );
        check(
            &|v| v["national_result_codes_observed"][4]["verified"] = json!(false),
            &["national_code_changed KQ.G15.000342 verified"],
        );
    }
}
