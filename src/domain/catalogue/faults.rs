//! What is wrong with a catalogue that has the right form: doubles, codes that lead nowhere or round in a circle,
//! periods that overlap. Each fault says where it is and what to do; what the text alone tells, `parse` has told.

use std::collections::{BTreeMap, BTreeSet};

use super::{Catalogue, DossierComponent, PriorResult, Procedure, SCHEMA};
use crate::domain::{
    code::DocumentTypeCode,
    ids::{NationalResultCode, ProcedureCode},
};

/// Faults that are told, at most.
const MOST: usize = 200;
/// Letters of a name, at most.
const MOST_LETTERS: usize = 1000;

/// All faults that can be told, in Vietnamese; of a great many the first.
pub(super) fn of(catalogue: &Catalogue) -> Vec<String> {
    let mut faults = Vec::new();
    if catalogue.schema != SCHEMA {
        faults.push(format!("schema là “{}”; chương trình này đọc “{SCHEMA}”", catalogue.schema));
    }
    if catalogue.procedures.is_empty() {
        faults.push("không có thủ tục nào".to_owned());
    }
    let mut seen = BTreeSet::new();
    for procedure in &catalogue.procedures {
        if !seen.insert(&procedure.code) {
            faults.push(format!("thủ tục {} có hai lần: giữ lại một mục", procedure.code));
        }
        of_procedure(procedure, &mut faults);
    }
    of_references(catalogue, &mut faults);
    of_circles(catalogue, &mut faults);
    if faults.len() > MOST {
        let n_more = faults.len() - MOST;
        faults.truncate(MOST);
        faults.push(format!("… và {n_more} lỗi khác: sửa những lỗi trên rồi kiểm tra lại"));
    }
    faults
}

fn of_procedure(procedure: &Procedure, faults: &mut Vec<String>) {
    let place = &procedure.code;
    of_name(&format!("thủ tục {place}"), &procedure.name, faults);
    if procedure.valid_from.zip(procedure.valid_until).is_some_and(|(from, until)| until < from) {
        faults.push(format!("thủ tục {place}: ngày hết hiệu lực sớm hơn ngày có hiệu lực"));
    }
    of_ministries(procedure, faults);
    let mut components = BTreeSet::new();
    for component in &procedure.components {
        if !components.insert(&component.code) {
            faults.push(format!(
                "thủ tục {place}: thành phần {} có hai lần: giữ lại một mục, hoặc đổi mã",
                component.code
            ));
        }
        of_component(procedure, component, faults);
    }
    let mut results = BTreeSet::new();
    for result in &procedure.results {
        let is_own = matches!(&result.code, DocumentTypeCode::Result { procedure, .. } if procedure == place);
        if !is_own {
            faults.push(format!(
                "thủ tục {place}: mã kết quả {} không thuộc thủ tục này; mã phải là {place}-KQ1, {place}-KQ2, …",
                result.code
            ));
        }
        if !results.insert(&result.code) {
            faults.push(format!("thủ tục {place}: kết quả {} có hai lần: giữ lại một mục", result.code));
        }
        of_name(&format!("kết quả {}", result.code), &result.name, faults);
    }
}

fn of_name(place: &str, name: &str, faults: &mut Vec<String>) {
    if name.trim().is_empty() {
        faults.push(format!("{place} không có tên: ghi tên vào “name”"));
    } else if name.chars().any(char::is_control) || name.chars().count() > MOST_LETTERS {
        faults
            .push(format!("{place}: tên dài hơn {MOST_LETTERS} ký tự hoặc có ký tự điều khiển: ghi lại tên"));
    }
}

fn of_component(procedure: &Procedure, component: &DossierComponent, faults: &mut Vec<String>) {
    let code = &component.code;
    let place = format!("{}.{code}", procedure.code);
    let expected = DocumentTypeCode::Component { procedure: procedure.code.clone(), component: code.clone() };
    if component.full_type_code != expected {
        faults.push(format!("{place}: full_type_code phải là {expected}"));
    }
    of_name(&format!("thành phần {place}"), &component.name, faults);
    match component.clause() {
        None => {
            faults.push(format!("{place}: lý do phải bắt đầu bằng điều khoản, như “QĐ 1917 Điều 4.1.a: …”"))
        }
        Some(clause) if component.digitise != (clause.article == 4) => faults.push(format!(
            "{place}: digitise = {} nhưng lý do dẫn {clause}: sửa một trong hai",
            component.digitise
        )),
        Some(_) => {}
    }
    if code.is_on_demand() {
        faults.push(format!(
            "{place}: mã YC01–YC99 dành cho giấy tờ số hóa theo nhu cầu (Điều 4.1.d): chọn mã khác"
        ));
    }
}

/// Of two ministries none owns the procedure on the same day.
fn of_ministries(procedure: &Procedure, faults: &mut Vec<String>) {
    let place = &procedure.code;
    let mut periods: Vec<_> = procedure.owning_ministry.iter().collect();
    for ministry in &periods {
        of_name(&format!("thủ tục {place}: bộ chủ quản"), &ministry.name, faults);
        if ministry.from.zip(ministry.until).is_some_and(|(from, until)| until < from) {
            faults.push(format!("thủ tục {place}: {} thôi chủ quản trước khi bắt đầu", ministry.name));
        }
    }
    periods.sort_by_key(|ministry| ministry.from);
    for pair in periods.windows(2) {
        let overlap = match (pair[0].until, pair[1].from) {
            (Some(until), Some(from)) => from <= until,
            _ => true,
        };
        if overlap {
            faults.push(format!(
                "thủ tục {place}: {} và {} cùng chủ quản một ngày: ghi ngày cuối (until) của bên trước, ngày đầu (from) của bên sau",
                pair[0].name, pair[1].name
            ));
        }
    }
}

/// Earlier results are known: ours in the procedure that issues them, where it stands here, the others in the list of
/// national codes.
fn of_references(catalogue: &Catalogue, faults: &mut Vec<String>) {
    let mut national: BTreeSet<&NationalResultCode> = BTreeSet::new();
    for observed in &catalogue.national_result_codes_observed {
        if !national.insert(&observed.code) {
            faults.push(format!("mã kết quả quốc gia {} có hai lần: giữ lại một mục", observed.code));
        }
    }
    let results = catalogue.procedures.iter().flat_map(|procedure| &procedure.results);
    national.extend(results.filter_map(|result| result.national_result_code.as_ref()));
    for (procedure, component, prior) in priors(catalogue) {
        let place = format!("{}.{}", procedure.code, component.code);
        match prior {
            PriorResult::National(code) if !national.contains(code) => faults.push(format!(
                "{place}: không rõ mã kết quả {code}: khai báo ở national_result_codes_observed, hoặc sửa prior_result_code"
            )),
            PriorResult::Ours(DocumentTypeCode::Component { .. }) => faults.push(format!(
                "{place}: prior_result_code phải là mã kết quả, như 1.001699-KQ1 hoặc KQ.G15.000031"
            )),
            PriorResult::Ours(code) if catalogue.name_of(code).is_none() => faults.push(format!(
                "{place}: Danh mục không có kết quả {code}: thêm kết quả đó vào thủ tục của nó, hoặc sửa prior_result_code"
            )),
            _ => {}
        }
    }
}

fn priors(catalogue: &Catalogue) -> impl Iterator<Item = (&Procedure, &DossierComponent, &PriorResult)> {
    let components = catalogue
        .procedures
        .iter()
        .flat_map(|procedure| procedure.components.iter().map(move |component| (procedure, component)));
    components.filter_map(|(procedure, component)| {
        component.prior_result_code.as_ref().map(|prior| (procedure, component, prior))
    })
}

/// Results of procedures that ask for each other's results: the first could never be issued. A procedure that asks for a
/// result of its own (a change of what it gave) is none.
fn of_circles(catalogue: &Catalogue, faults: &mut Vec<String>) {
    let mut asks: BTreeMap<&ProcedureCode, BTreeSet<&ProcedureCode>> = BTreeMap::new();
    for (procedure, _, prior) in priors(catalogue) {
        if let PriorResult::Ours(code) = prior
            && matches!(code, DocumentTypeCode::Result { .. })
            && catalogue.name_of(code).is_some()
            && let Some(issuer) = code.procedure()
            && *issuer != procedure.code
        {
            asks.entry(&procedure.code).or_default().insert(issuer);
        }
    }
    // What asks for nothing that is left is in no circle, and goes; what stays leads into one.
    loop {
        let left: BTreeSet<&ProcedureCode> = asks.keys().copied().collect();
        asks.retain(|_, asked| {
            asked.retain(|code| left.contains(code));
            !asked.is_empty()
        });
        if asks.len() == left.len() {
            break;
        }
    }
    let Some(&first) = asks.keys().next() else { return };
    let mut way = vec![first];
    let circle = loop {
        let Some(next) = way.last().and_then(|code| asks.get(*code)).and_then(|asked| asked.first()) else {
            return;
        };
        if let Some(at) = way.iter().position(|code| code == next) {
            way.push(next);
            break way.split_off(at);
        }
        way.push(next);
    };
    let circle: Vec<&str> = circle.into_iter().map(ProcedureCode::as_str).collect();
    faults.push(format!(
        "các thủ tục đòi kết quả của nhau thành vòng: {}: bỏ một prior_result_code trong vòng",
        circle.join(" → ")
    ));
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::{CatalogueFaults, STARTING_CATALOGUE};
    use super::*;

    /// The starting catalogue, changed; the only fault holds `expected`, or there is none where it is empty.
    fn check(change: impl Fn(&mut Value), expected: &str) {
        let mut value: Value = serde_json::from_str(STARTING_CATALOGUE).unwrap();
        change(&mut value);
        match (Catalogue::parse(&value.to_string()), expected) {
            (Ok(_), "") => {}
            (Err(CatalogueFaults(faults)), expected) => {
                assert!(faults.len() == 1 && faults[0].contains(expected), "{faults:#?} / {expected}");
            }
            (Ok(_), expected) => panic!("nothing said of: {expected}"),
        }
    }

    #[test]
    fn doubles_unknown_codes_and_circles_are_told() {
        // 0: 1.001776, whose component 03 (2) is 1.001699-KQ1; 2: 1.001699, whose component 0 is none.
        let prior = |code: &str| {
            let code = code.to_owned();
            move |v: &mut Value| v["procedures"][2]["components"][0]["prior_result_code"] = json!(code)
        };
        check(|_| {}, "");
        check(prior("1.001699-KQ1"), "");
        check(prior("1.001776-KQ1"), "thành vòng: 1.001699 → 1.001776 → 1.001699");
        check(prior("1.001653-KQ1"), "thành vòng: 1.001653 → 1.001699 → 1.001653");
        check(prior("1.001776-KQ9"), "không có kết quả 1.001776-KQ9: thêm kết quả đó");
        check(prior("9.999999-KQ1"), "không có kết quả 9.999999-KQ1");
        check(prior("1.001776.01"), "phải là mã kết quả");
        check(prior("KQ.G99.000001"), "không rõ mã kết quả KQ.G99.000001");
        check(
            |v| {
                let code = v["national_result_codes_observed"][0].clone();
                v["national_result_codes_observed"].as_array_mut().unwrap().push(code);
            },
            "KQ.G15.000031 có hai lần",
        );
        check(
            |v| v["procedures"][3]["owning_ministry"][1]["from"] = json!("2025-02-28"),
            "cùng chủ quản một ngày",
        );
        check(|v| v["procedures"][3]["owning_ministry"][0]["until"] = Value::Null, "cùng chủ quản một ngày");
        check(
            |v| v["procedures"][3]["owning_ministry"][1]["until"] = json!("2025-01-01"),
            "thôi chủ quản trước",
        );
        check(|v| v["procedures"][3]["name"] = json!("a\u{7}b"), "ký tự điều khiển");
        check(|v| v["procedures"][3]["name"] = json!("a".repeat(10_000)), "dài hơn 1000 ký tự");
    }

    #[test]
    fn of_a_great_many_faults_the_first_are_told() {
        let mut value: Value = serde_json::from_str(STARTING_CATALOGUE).unwrap();
        let procedure = value["procedures"][0].clone();
        value["procedures"].as_array_mut().unwrap().extend(std::iter::repeat_n(procedure, 500));
        let CatalogueFaults(faults) = Catalogue::parse(&value.to_string()).unwrap_err();
        assert_eq!(faults.len(), MOST + 1);
        assert!(faults[MOST].contains("300 lỗi khác"), "{}", faults[MOST]);
    }
}
