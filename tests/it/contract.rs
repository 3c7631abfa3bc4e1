//! The program answers by the schemas that are published, and they are what is published.

use std::fs;

use serde_json::Value;

use crate::{
    generator::Kind,
    support::{
        cli::{dry_run, sohoa},
        papers,
    },
};

pub fn schema(name: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(format!("schemas/{name}.schema.json")).unwrap()).unwrap()
}

/// Holds `answer` to the schema; every fault is told.
pub fn holds(name: &str, answer: &Value) {
    let schema = schema(name);
    let validator = jsonschema::validator_for(&schema).unwrap();
    let faults: Vec<String> =
        validator.iter_errors(answer).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(faults.is_empty(), "{}\n{answer:#}", faults.join("\n"));
}

#[test]
fn a_read_paper_answers_by_the_schema() {
    let dir = tempfile::tempdir().unwrap();
    let path = papers::write(&papers::clean(Kind::WorkPermit, 7), dir.path());
    let answer = dry_run(&path).answer();
    holds("digitise", &answer);
    assert_eq!(answer["input"], path.display().to_string());
    assert_eq!(answer["fields"].as_object().unwrap().keys().collect::<Vec<_>>(), KEYS);
}

const KEYS: [&str; 11] = [
    "document_type_code",
    "owner_id",
    "document_name",
    "document_number",
    "issued_on",
    "issuing_authority",
    "abstract",
    "validity_period",
    "validity_scope",
    "recorded_at",
    "other",
];

#[test]
fn an_unreadable_paper_answers_by_the_schema() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("empty.pdf");
    fs::write(&path, "").unwrap();
    let ran = dry_run(&path);
    holds("digitise", &ran.answer());
    assert_eq!(ran.code, 3);
}

#[test]
fn the_schema_of_answers_refuses_what_is_no_answer() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("empty.pdf");
    fs::write(&path, "").unwrap();
    let good = dry_run(&path).answer();
    let schema = schema("digitise");
    let validator = jsonschema::validator_for(&schema).unwrap();
    assert!(validator.is_valid(&good));
    let mut missing = good.clone();
    missing["fields"].as_object_mut().unwrap().remove("owner_id");
    let mut lying = good.clone();
    lying["fields"]["issued_on"]["status"] = "read".into();
    let mut strange = good;
    strange["outcome"] = "fine".into();
    for bad in [missing, lying, strange] {
        assert!(!validator.is_valid(&bad));
    }
}

#[test]
fn the_starting_catalogue_is_a_catalogue() {
    let catalogue: Value =
        serde_json::from_str(&fs::read_to_string("schemas/catalogue/procedures.json").unwrap()).unwrap();
    holds("catalogue", &catalogue);
    let ran = sohoa(["catalogue", "check", "schemas/catalogue/procedures.json"]);
    assert_eq!((ran.code, ran.stdout.lines().next()), (0, Some("Đúng mẫu: 21 thủ tục, 76 thành phần.")));
}

/// `UPDATE_SCHEMAS=1 cargo test` writes the document anew.
#[test]
fn the_published_openapi_is_the_programs_own() {
    let own = serde_json::to_string_pretty(&sohoa::faces::api::openapi()).unwrap() + "\n";
    if std::env::var_os("UPDATE_SCHEMAS").is_some() {
        fs::write("schemas/openapi.json", &own).unwrap();
    }
    let published = fs::read_to_string("schemas/openapi.json").unwrap_or_default();
    assert!(published == own, "schemas/openapi.json is stale: run UPDATE_SCHEMAS=1 cargo test contract");
}

#[test]
fn no_path_of_the_api_carries_a_number_or_a_name() {
    let document = serde_json::to_value(sohoa::faces::api::openapi()).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    for (path, _) in document["paths"].as_object().unwrap() {
        for part in path.split('/').filter(|p| p.starts_with('{')) {
            assert!(["{id}", "{code}", "{position}", "{reuse}"].contains(&part), "{path}");
            assert!(part != "{code}" || path.contains("/components/"), "{path} carries a code");
        }
    }
}

/// The schema of a part of the document, with all that it refers to.
fn whole_schema(document: &Value, schema: &Value) -> Value {
    let mut whole = schema.clone();
    whole["components"] = document["components"].clone();
    whole
}

#[test]
fn every_request_and_answer_has_an_example_that_fits() {
    let document = sohoa::faces::api::openapi();
    let mut faults = Vec::new();
    let mut n_examples = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let answers = operation["responses"].as_object().unwrap().iter();
            let bodies = answers.map(|(status, answer)| (status.as_str(), answer));
            for (what, body) in bodies.chain(operation.get("requestBody").map(|body| ("request", body))) {
                for (media_type, content) in body["content"].as_object().into_iter().flatten() {
                    let place = format!("{method} {path} {what} {media_type}");
                    if !media_type.ends_with("json") {
                        // A form has its example beside it; bytes are their own.
                        assert_eq!(content.get("example").is_some(), what == "request", "{place}");
                        continue;
                    }
                    let Some(example) = content.get("example") else {
                        faults.push(format!("{place}: no example"));
                        continue;
                    };
                    n_examples += 1;
                    let schema = whole_schema(&document, &content["schema"]);
                    let validator = jsonschema::validator_for(&schema).unwrap();
                    faults.extend(
                        validator.iter_errors(example).map(|e| format!("{place}{}: {e}", e.instance_path())),
                    );
                    nulls(example, &place, &mut faults);
                }
            }
        }
    }
    assert!(n_examples > 100, "{n_examples}");
    faults.sort();
    faults.dedup();
    assert!(faults.is_empty(), "add words to src/faces/api/examples.json:\n{}", faults.join("\n"));
}

/// Where a generated example has a hole; what the list of words says by itself may have one.
fn nulls(example: &Value, place: &str, faults: &mut Vec<String>) {
    let said = ["validity_period", "validity_scope", "organisation", "errors"];
    for (name, value) in example.as_object().into_iter().flatten() {
        if value.is_null() && !said.contains(&name.as_str()) {
            faults.push(format!("{place}: nothing under “{name}”"));
        }
        nulls(value, &format!("{place}/{name}"), faults);
    }
    for value in example.as_array().into_iter().flatten() {
        nulls(value, place, faults);
    }
}

/// Of two schemas of one name the published description would have one, and lie about the other.
#[test]
fn no_two_schemas_have_one_name() {
    let mut names = Vec::new();
    for folder in ["src/faces", "src/faces/api/v1"] {
        for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            let text = if entry.is_file() { fs::read_to_string(&entry).unwrap() } else { continue };
            for piece in text.split("ToSchema)]").skip(1) {
                let head = piece.split(['{', ';']).next().unwrap();
                let given = head.split("#[schema(as = ").nth(1).map(|rest| rest.split(')').next().unwrap());
                let own = head.split(" struct ").nth(1).or_else(|| head.split("enum ").nth(1));
                let own = own
                    .or_else(|| head.split("struct ").nth(1))
                    .and_then(|rest| rest.split_whitespace().next());
                names.extend(given.or(own).map(|name| name.split('<').next().unwrap().to_owned()));
            }
        }
    }
    names.sort();
    assert!(names.len() > 80, "{}", names.len());
    let twice: Vec<_> = names.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| &pair[0]).collect();
    assert!(twice.is_empty(), "#[schema(as = …)] tells these apart: {twice:?}");
}
