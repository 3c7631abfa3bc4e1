//! Holds what a program read against the truth, field by field.
//!
//! What counts as the same value:
//!
//! - numbers, days, identifiers, type codes, periods: exactly the same text; no spaces are forgiven;
//! - names, agencies, abstracts, scopes, positions: the same letters in NFC with either placement of the tone mark
//!   (`hoà`, `hòa`), single spaces, any case (agencies and people stand in capitals), `–` as `-`, and no punctuation
//!   at the end;
//! - a period with neither end is the same as none.
//!
//! What counts as said: `status` `read` with a confidence not below the threshold. `not_read`, or less confidence, is
//! a question to the clerk. `absent` asks nobody: about something printed it is an omission, listed as missed. What is
//! written by pen or destroyed should be asked; a value that is right all the same is no fault (`pen` read, or known
//! from another place), a wrong one is silently wrong. For a paper that has no place in the catalogue both `absent`
//! and `not_read` are right type codes.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::answers::about;
use super::table;
use super::truth::{ReadingTruth, Stands};
use super::words;

/// Fields in the order of the table.
pub const FIELDS: [&str; 14] = [
    "document_number",
    "issued_on",
    "owner_id",
    "document_type_code",
    "document_name",
    "issuing_authority",
    "abstract",
    "validity_period",
    "validity_scope",
    "other.holder_name",
    "other.holder_birth_date",
    "other.signer_name",
    "other.signer_position",
    "other.parent_authority",
];
/// Those that become part of the code, or date the paper.
pub const CRITICAL: usize = 3;

/// What became of one field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Printed, and said as printed; or by pen and right.
    Right,
    /// A question.
    Asked,
    /// Said, and not what stands there.
    Wrong,
    /// Said to be absent although it is there.
    Missed,
    /// Not there, and said so.
    RightlyAbsent,
}

/// Counts of outcomes for one row of a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Printed, pen and destroyed together, or absent: fields in all.
    pub all: usize,
    /// Printed: right, asked, wrong, missed.
    pub printed: [usize; 4],
    /// By pen or destroyed: the same.
    pub lost: [usize; 4],
    /// Absent: rightly so, asked, wrong.
    pub absent: [usize; 3],
}

impl Counts {
    fn add(&mut self, how: &str, outcome: Outcome) {
        self.all += 1;
        let slot = match outcome {
            Outcome::Right | Outcome::RightlyAbsent => 0,
            Outcome::Asked => 1,
            Outcome::Wrong => 2,
            Outcome::Missed => 3,
        };
        match how {
            "absent" => self.absent[slot] += 1,
            "printed" => self.printed[slot] += 1,
            _ => self.lost[slot] += 1,
        }
    }

    /// Silently wrong.
    pub fn wrong(&self) -> usize {
        self.printed[2] + self.lost[2] + self.absent[2]
    }
}

/// One value worth a line: paper, field, said, truth.
#[derive(Clone, Debug)]
pub struct Remark {
    /// File of the paper.
    pub file: String,
    /// In the held-out third.
    pub held_out: bool,
    /// Field.
    pub field: &'static str,
    /// Value and confidence of the answer.
    pub said: String,
    /// Value of the paper and how it stands there.
    pub truth: String,
}

/// One value that was said, with its confidence, for the calibration.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// Place in [`FIELDS`].
    pub field: usize,
    /// As the program gave it.
    pub confidence: f64,
    /// Whether it is what stands on the paper.
    pub is_right: bool,
}

/// What was read of a whole set.
#[derive(Default)]
pub struct Reading {
    /// Per field: tuned on, held out.
    pub by_field: BTreeMap<usize, [Counts; 2]>,
    /// Per way of spoiling; critical fields, then all.
    pub by_way: BTreeMap<String, [Counts; 2]>,
    /// Per kind of paper; critical fields, then all.
    pub by_kind: BTreeMap<String, [Counts; 2]>,
    /// Per way: wrong words, all words.
    pub words_by_way: BTreeMap<String, [usize; 2]>,
    /// Tuned on, held out: wrong words, all words.
    pub words: [[usize; 2]; 2],
    /// Per paper: wrong words, all words.
    pub words_by_paper: Vec<(String, [usize; 2])>,
    /// Silently wrong.
    pub wrong: Vec<Remark>,
    /// Said to be absent, and printed.
    pub missed: Vec<Remark>,
    /// Printed and asked.
    pub asked: Vec<Remark>,
    /// All that was said, for the calibration.
    pub samples: Vec<Sample>,
    /// Papers answered: tuned on, held out.
    pub papers: [usize; 2],
    /// Papers without an answer; they are in no other count.
    pub unanswered: usize,
}

impl Reading {
    /// Compares every truth with its answer; values below `threshold` count as asked.
    pub fn of(truths: &[ReadingTruth], answers: &[Value], threshold: f64) -> Self {
        let mut reading = Self::default();
        for truth in truths {
            let Some(answer) = about(answers, &truth.file) else {
                reading.unanswered += 1;
                continue;
            };
            let set = usize::from(truth.held_out);
            reading.papers[set] += 1;
            for (n, name) in FIELDS.iter().enumerate() {
                if let Some(stands) = truth.fields.0.get(*name) {
                    reading.compare(truth, (n, name), stands, field(answer, name), threshold);
                }
            }
            let text: Vec<&str> = answer["pages"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|page| page["text"].as_str())
                .collect();
            let (wrong, all) = words::errors(&text.join("\n"), &truth.text, &truth.besides);
            reading.words_by_paper.push((truth.file.clone(), [wrong, all]));
            for counts in
                [&mut reading.words[set], reading.words_by_way.entry(truth.way.clone()).or_default()]
            {
                counts[0] += wrong;
                counts[1] += all;
            }
        }
        reading
    }

    fn compare(
        &mut self,
        truth: &ReadingTruth,
        (n, name): (usize, &'static str),
        stands: &Stands,
        said: &Value,
        threshold: f64,
    ) {
        let outcome = outcome(name, stands, said, threshold);
        self.sample(n, stands, said);
        let set = usize::from(truth.held_out);
        let how = stands.how.as_str();
        self.by_field.entry(n).or_default()[set].add(how, outcome);
        for (rows, name) in [(&mut self.by_way, &truth.way), (&mut self.by_kind, &truth.kind)] {
            let row = rows.entry(name.clone()).or_default();
            row[1].add(how, outcome);
            if n < CRITICAL {
                row[0].add(how, outcome);
            }
        }
        let remark = Remark {
            file: truth.file.clone(),
            held_out: truth.held_out,
            field: name,
            said: format!("{} ({})", shown(&said["value"], said), said["confidence"]),
            truth: format!("{} ({how})", shown(&stands.value, &Value::Null)),
        };
        match outcome {
            Outcome::Wrong => self.wrong.push(remark),
            Outcome::Missed => self.missed.push(remark),
            Outcome::Asked if how == "printed" => self.asked.push(remark),
            _ => {}
        }
    }

    fn sample(&mut self, n: usize, stands: &Stands, said: &Value) {
        let value = if said["value"].is_null() { &said["suggestion"] } else { &said["value"] };
        if let Some(confidence) = said["confidence"].as_f64()
            && !value.is_null()
        {
            let is_right = same(FIELDS[n], value, &stands.value);
            self.samples.push(Sample { field: n, confidence, is_right });
        }
    }

    /// Every paper has an answer, and nothing critical is silently wrong.
    pub fn is_good(&self) -> bool {
        let is_critical = |remark: &Remark| FIELDS[..CRITICAL].contains(&remark.field);
        self.unanswered == 0 && !self.wrong.iter().any(is_critical)
    }

    /// Every table and list.
    pub fn report(&self) -> String {
        table::report(self)
    }
}

/// The field of an answer; those beside the eleven lie in the value of `other`.
fn field<'a>(answer: &'a Value, name: &str) -> &'a Value {
    match name.strip_prefix("other.") {
        Some(inner) => &answer["fields"]["other"]["value"][inner],
        None => &answer["fields"][name],
    }
}

fn shown(value: &Value, said: &Value) -> String {
    match (value.as_str(), value.is_null()) {
        (Some(text), _) => text.to_owned(),
        (None, true) => said["raw"].as_str().map_or("-".to_owned(), |raw| format!("raw «{raw}»")),
        (None, false) => value.to_string(),
    }
}

fn outcome(name: &str, stands: &Stands, said: &Value, threshold: f64) -> Outcome {
    let status = said["status"].as_str().unwrap_or("absent");
    let is_sure = said["confidence"].as_f64().unwrap_or(0.0) >= threshold;
    // Of the fields beside the eleven only those that were found are named.
    let is_absent = stands.how == "absent" || is_empty_period(name, &stands.value);
    match status {
        "read" if is_sure && is_absent && is_empty_period(name, &said["value"]) => Outcome::RightlyAbsent,
        "read" if is_sure && is_absent => Outcome::Wrong,
        "read" if is_sure && same(name, &said["value"], &stands.value) => Outcome::Right,
        "read" if is_sure => Outcome::Wrong,
        "not_read" if is_absent && name == "document_type_code" => Outcome::RightlyAbsent,
        "read" | "not_read" => Outcome::Asked,
        _ if is_absent => Outcome::RightlyAbsent,
        _ => Outcome::Missed,
    }
}

fn is_empty_period(name: &str, value: &Value) -> bool {
    name == "validity_period" && value["from"].is_null() && value["until"].is_null()
}

/// Whether two values are the same by the rules above.
pub fn same(name: &str, a: &Value, b: &Value) -> bool {
    const WORDS: [&str; 8] = [
        "document_name",
        "issuing_authority",
        "abstract",
        "validity_scope",
        "other.holder_name",
        "other.signer_name",
        "other.signer_position",
        "other.parent_authority",
    ];
    match (a.as_str(), b.as_str()) {
        (Some(a), Some(b)) if WORDS.contains(&name) => words::loose(a) == words::loose(b),
        (Some(a), Some(b)) => a == b,
        _ if name == "validity_period" => a["from"] == b["from"] && a["until"] == b["until"],
        _ => a == b,
    }
}
