use std::collections::BTreeSet;

use serde_json::{Value, json};
use unicode_normalization::is_nfc;

use super::judge::Outcome;
use super::truth::{Facts, Stands};
use super::*;

const PLAN: ReadingPlan = ReadingPlan { seed: 5, n_papers: 330, dpi: Some(36) };

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let fonts = Fonts::load_all().unwrap();
    for order in PLAN.orders().iter().step_by(40) {
        let (first, second) = (order.make(&fonts).unwrap(), order.make(&fonts).unwrap());
        assert_eq!(first.files, second.files, "{}", first.stem);
        assert_eq!(
            serde_json::to_string(&first.truth).unwrap(),
            serde_json::to_string(&second.truth).unwrap()
        );
    }
}

#[test]
fn three_hundred_papers_have_every_kind_and_way_in_both_thirds() {
    let orders = PLAN.orders();
    for held_out in [false, true] {
        let own: Vec<_> = orders.iter().filter(|order| order.is_held_out == held_out).collect();
        let kinds: BTreeSet<_> = own.iter().map(|order| order.kind.name()).collect();
        let ways: BTreeSet<_> = own.iter().map(|order| order.way.name()).collect();
        assert_eq!(kinds.len(), Kind::all().len());
        assert_eq!(ways.len(), Way::ALL.len());
        assert_eq!(own.len(), if held_out { 110 } else { 220 });
    }
    assert!(Kind::all().len() >= 20 && Way::ALL.len() >= 12);
    let seeds: BTreeSet<_> = orders.iter().map(|order| order.seed).collect();
    assert_eq!(seeds.len(), orders.len(), "no two papers share their chances");
}

#[test]
fn every_kind_has_every_truth_it_owes() {
    let fonts = Fonts::load_all().unwrap();
    for order in PLAN.orders().iter().step_by(3) {
        let paper = order.make(&fonts).unwrap();
        let truth = &paper.truth;
        let (fields, kind) = (&truth.fields.0, order.kind);
        assert_eq!(fields.len(), judge::FIELDS.len(), "{}", paper.stem);
        for (name, stands) in fields {
            assert_eq!(stands.value.is_null(), stands.how == "absent", "{} {name}", paper.stem);
        }
        let how = |name: &str| fields[name].how.as_str();
        assert_eq!(how("document_number") == "absent", kind.is_citizens(), "{}", paper.stem);
        assert_eq!(how("issuing_authority") == "absent", kind.is_citizens(), "{}", paper.stem);
        assert_eq!(how("document_name"), "printed");
        assert_eq!(how("issued_on") == "destroyed", order.way == Way::DateDestroyed, "{}", paper.stem);
        let by_pen = |name: &str| how(name).ends_with("pen");
        assert_eq!(by_pen("issued_on"), matches!(order.way, Way::PenDay | Way::PenBoth), "{}", paper.stem);
        let is_pen = matches!(order.way, Way::PenNumber | Way::PenBoth);
        assert_eq!(by_pen("document_number"), is_pen && !kind.is_citizens(), "{}", paper.stem);
        assert!(is_nfc(&truth.text) && truth.text.split_whitespace().count() > 40, "{}", paper.stem);
        if how("owner_id") == "printed" {
            let id = fields["owner_id"].value.as_str().unwrap();
            assert!(truth.text.contains(id), "{}", paper.stem);
            assert!(matches!(id.len(), 10 | 12), "{id}");
        }
        assert!(truth.pages <= 4, "{} {}", paper.stem, truth.pages);
    }
}

#[test]
fn the_held_out_third_has_other_letters_and_other_words() {
    let fonts = Fonts::load_all().unwrap();
    let order = |kind, is_held_out| ReadingOrder {
        number: 1,
        kind,
        way: Way::Clean,
        seed: 9,
        is_held_out,
        dpi: Some(36),
    };
    for kind in Kind::all() {
        let text = |is_held_out| order(kind, is_held_out).make(&fonts).unwrap().truth.text;
        let (usual, other) = (text(false), text(true));
        assert_ne!(usual, other, "{}", kind.name());
    }
}

fn paper(fields: &[(&str, Value, &str)], held_out: bool) -> ReadingTruth {
    let stands = |value: &Value, how: &str| Stands { value: value.clone(), how: how.to_owned() };
    ReadingTruth {
        file: if held_out { "b.pdf".to_owned() } else { "a.pdf".to_owned() },
        kind: "decision".to_owned(),
        procedure: None,
        held_out,
        way: "clean".to_owned(),
        seed: 1,
        pages: 1,
        dpi: 200,
        fields: Facts(
            fields.iter().map(|(name, value, how)| ((*name).to_owned(), stands(value, how))).collect(),
        ),
        text: "Quyết định một hai ba".to_owned(),
        besides: String::new(),
    }
}

fn said(value: Value, status: &str, confidence: f64) -> Value {
    json!({"value": value, "status": status, "confidence": confidence, "raw": "x"})
}

#[test]
fn outcomes_are_told_apart() {
    let check = |name: &'static str, stands: (Value, &str), answer: Value, expected: Outcome| {
        let fields = json!({ name: answer });
        let answer = json!({"input": "x/a.pdf", "fields": fields, "pages": []});
        let truth = paper(&[(name, stands.0, stands.1)], false);
        let reading = Reading::of(&[truth], std::slice::from_ref(&answer), 0.9);
        let counts = reading.by_field.values().next().unwrap()[0];
        let slot = match expected {
            Outcome::Right | Outcome::RightlyAbsent => 0,
            Outcome::Asked => 1,
            Outcome::Wrong => 2,
            Outcome::Missed => 3,
        };
        let row: Vec<usize> = match stands.1 {
            "absent" => counts.absent.to_vec(),
            "printed" => counts.printed.to_vec(),
            _ => counts.lost.to_vec(),
        };
        assert_eq!(row.iter().position(|&n| n == 1), Some(slot), "{answer}");
        assert_eq!(reading.wrong.len(), usize::from(expected == Outcome::Wrong));
        assert_eq!(reading.missed.len(), usize::from(expected == Outcome::Missed));
    };
    let number = || (json!("12/QĐ-UBND"), "printed");
    check("document_number", number(), said(json!("12/QĐ-UBND"), "read", 0.95), Outcome::Right);
    check("document_number", number(), said(json!("12/QĐ-UBNO"), "read", 0.95), Outcome::Wrong);
    check("document_number", number(), said(json!("12/qđ-ubnd"), "read", 0.95), Outcome::Wrong);
    check("document_number", number(), said(json!("12/QĐ-UBND"), "read", 0.5), Outcome::Asked);
    check("document_number", number(), said(Value::Null, "not_read", 0.0), Outcome::Asked);
    check("document_number", number(), said(Value::Null, "absent", 0.0), Outcome::Missed);
    check("issued_on", (json!("2024-01-02"), "part_pen"), said(Value::Null, "not_read", 0.0), Outcome::Asked);
    check(
        "issued_on",
        (json!("2024-01-02"), "part_pen"),
        said(json!("2024-01-02"), "read", 1.0),
        Outcome::Right,
    );
    check(
        "issued_on",
        (json!("2024-01-02"), "destroyed"),
        said(json!("2015-06-19"), "read", 1.0),
        Outcome::Wrong,
    );
    check("owner_id", (Value::Null, "absent"), said(json!("012345678901"), "read", 1.0), Outcome::Wrong);
    check("owner_id", (Value::Null, "absent"), said(Value::Null, "absent", 0.0), Outcome::RightlyAbsent);
    check(
        "document_type_code",
        (Value::Null, "absent"),
        said(Value::Null, "not_read", 0.0),
        Outcome::RightlyAbsent,
    );
    let agency = || (json!("Ủy ban nhân dân xã Hòa Ổi"), "printed");
    check(
        "issuing_authority",
        agency(),
        said(json!("Uỷ ban nhân dân xã Hoà Ổi"), "read", 1.0),
        Outcome::Right,
    );
    check(
        "issuing_authority",
        agency(),
        said(json!("Ủy ban nhân dân xã Hòa Ối"), "read", 1.0),
        Outcome::Wrong,
    );
    let period = |from: Value, until: Value| json!({"from": from, "until": until});
    let (day, later) = (json!("2024-01-02"), json!("2025-01-02"));
    check(
        "validity_period",
        (period(day.clone(), later.clone()), "printed"),
        said(period(day.clone(), Value::Null), "read", 1.0),
        Outcome::Wrong,
    );
    check(
        "validity_period",
        (Value::Null, "absent"),
        said(period(Value::Null, Value::Null), "read", 1.0),
        Outcome::RightlyAbsent,
    );
}

#[test]
fn the_report_counts_and_names_what_is_silently_wrong() {
    let fields =
        [("document_number", json!("12/QĐ-UBND"), "printed"), ("owner_id", json!("001234567890"), "printed")];
    let truths = [paper(&fields, false), paper(&fields, true)];
    let answer = |file: &str, number: &str| {
        json!({
            "input": format!("dir/{file}"),
            "pages": [{"text": "Quyết định một hai bốn"}],
            "fields": {
                "document_number": said(json!(number), "read", 0.97),
                "owner_id": said(json!("001234567890"), "read", 0.99),
                "other": {"value": {}},
            },
        })
    };
    let answers = [answer("a.pdf", "12/QĐ-UBND"), answer("b.pdf", "72/QĐ-UBND")];
    let reading = Reading::of(&truths, &answers, 0.0);
    let report = reading.report();
    assert_eq!(reading.words, [[1, 5], [1, 5]]);
    assert_eq!(reading.wrong.len(), 1);
    let line = "held out  b.pdf  document_number  said 72/QĐ-UBND (0.97)  truth 12/QĐ-UBND (printed)";
    for expected in [
        "silently wrong: 1\n",
        line,
        "document_number                 1   100.0     0.0      0       0",
        "document_number                 1     0.0     0.0      1       0",
        "printed fields right                     75.00",
        "silently wrong number, date, owner       25.00             0   1 of 4",
    ] {
        assert!(report.contains(expected), "{expected}\n{report}");
    }
    let table = Reliability::of(&reading).report();
    assert!(table.contains("0.97 to 0.98          2       1       1     50.0"), "{table}");
    assert!(table.contains("lowest threshold with at most 2 of 1000 wrong: 0.990 (0 wrong of 2;"), "{table}");
}
