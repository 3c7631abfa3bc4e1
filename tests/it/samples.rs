//! What is read of the project's own samples: how much, and nothing silently wrong.

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::Value;

use crate::{contract::holds, support::cli::sohoa};

/// Fields whose wrong reading becomes part of a code for ever, or dates a paper.
const CRITICAL: [&str; 3] = ["document_number", "issued_on", "owner_id"];
const FIELDS: [&str; 9] = [
    "document_type_code",
    "owner_id",
    "document_name",
    "document_number",
    "issued_on",
    "issuing_authority",
    "abstract",
    "validity_period",
    "validity_scope",
];

#[derive(Default)]
struct Tally {
    /// Printed or absent fields answered rightly, and all of them.
    right: u32,
    all: u32,
    /// Printed critical fields that were read, and all of them.
    critical_read: u32,
    critical: u32,
    /// Written by pen and asked, and all of them.
    pen_asked: u32,
    pen: u32,
    wrong: Vec<String>,
    asked: Vec<String>,
}

/// The same words, whatever their case and the spaces between them.
fn same(field: &str, answer: &Value, truth: &Value) -> bool {
    let plain =
        |v: &Value| v.as_str().map(|t| t.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" "));
    match (plain(answer), plain(truth)) {
        (Some(a), Some(b)) if field == "document_number" => answer == truth && a == b,
        (Some(a), Some(b)) => a == b,
        _ => answer == truth,
    }
}

fn judge(stem: &str, answer: &Value, truth: &Value, tally: &mut Tally) {
    for name in FIELDS {
        let (field, expected) = (&answer["fields"][name], &truth["fields"][name]);
        let status = field["status"].as_str().unwrap();
        let how = expected["how"].as_str().unwrap();
        let note = |what: &str| format!("{stem}.{name} {what}: {} / {}", field["value"], expected["value"]);
        // What was declared at intake was keyed by a person, not read from the pen.
        let is_keyed = field["source"] == "operator" && field["value"] == expected["value"];
        if (how == "pen" || how == "part_pen") && !is_keyed {
            tally.pen += 1;
            match status {
                "not_read" => tally.pen_asked += 1,
                "read" => tally.wrong.push(note("read though by pen")),
                _ => tally.asked.push(note("pen said to be absent")),
            }
            continue;
        }
        tally.all += 1;
        let is_critical = how == "printed" && CRITICAL.contains(&name);
        tally.critical += u32::from(is_critical);
        let is_right = match how {
            "absent" => status == "absent" || (name == "document_type_code" && status == "not_read"),
            _ if is_keyed => true,
            _ => status == "read" && same(name, &field["value"], &expected["value"]),
        };
        tally.right += u32::from(is_right);
        tally.critical_read += u32::from(is_critical && is_right);
        if !is_right {
            if status == "read" { tally.wrong.push(note("WRONG")) } else { tally.asked.push(note(status)) }
        }
    }
}

#[test]
fn the_sample_dossier_is_read_and_nothing_is_silently_wrong() {
    let folder = Path::new("samples/dossier");
    let ran = sohoa(["digitise", "--json", "--dry-run", "--list", "samples/dossier/list.csv"]);
    let mut tally = Tally::default();
    let mut by_field: BTreeMap<String, u32> = BTreeMap::new();
    let answers = ran.answers();
    assert_eq!(answers.len(), 12, "{}", ran.stderr);
    for answer in &answers {
        holds("digitise", answer);
        let input = Path::new(answer["input"].as_str().unwrap());
        let stem = input.file_stem().unwrap().to_str().unwrap();
        let truth = fs::read_to_string(folder.join(format!("{stem}.truth.json"))).unwrap();
        let truth: Value = serde_json::from_str(&truth).unwrap();
        assert_eq!(
            answer["pages"].as_array().unwrap().len() as u64,
            truth["pages"].as_u64().unwrap(),
            "{stem}"
        );
        let turned: Vec<&Value> =
            answer["pages"].as_array().unwrap().iter().map(|p| &p["rotation"]).collect();
        assert_eq!(turned, truth["rotation_needed"].as_array().unwrap().iter().collect::<Vec<_>>(), "{stem}");
        judge(stem, answer, &truth, &mut tally);
    }
    for miss in tally.asked.iter().chain(&tally.wrong) {
        *by_field.entry(miss.split([' ', '.']).nth(1).unwrap_or_default().to_owned()).or_default() += 1;
    }
    let report = format!(
        "right {}/{}, critical read {}/{}, pen asked {}/{}\nmisses {by_field:?}\nasked:\n{}\nwrong:\n{}",
        tally.right,
        tally.all,
        tally.critical_read,
        tally.critical,
        tally.pen_asked,
        tally.pen,
        tally.asked.join("\n"),
        tally.wrong.join("\n"),
    );
    eprintln!("{report}");
    assert!(
        tally.wrong.iter().all(|w| !CRITICAL.iter().any(|c| w.contains(c)) && !w.contains("pen")),
        "{report}"
    );
    assert!(tally.right * 100 >= tally.all * 90, "{report}");
    assert!(tally.critical_read * 100 >= tally.critical * 90, "{report}");
    assert_eq!(tally.pen_asked, tally.pen, "{report}");
    assert!(tally.wrong.len() * 100 <= tally.all as usize * 3, "{report}");
}
