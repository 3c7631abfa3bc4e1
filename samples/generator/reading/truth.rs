//! What a paper of the measure says, field by field, and what a reader owes: the value, or a question.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::calendar::Day;
use super::super::kinds::Kind;
use super::super::sheet::Look;
use super::super::truth::{Fact, Fields, How};

/// A value and how it stands on the paper: `printed`, `pen`, `part_pen`, `destroyed`, `absent`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stands {
    /// In the form of the answer; null when absent.
    pub value: Value,
    /// How it stands there.
    pub how: String,
}

/// The fields by the names of the answer; those beside the eleven as `other.holder_name`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Facts(pub BTreeMap<String, Stands>);

/// The truth file of one paper.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ReadingTruth {
    /// File, or folder of page pictures, beside the truth file.
    pub file: String,
    /// Kind of paper.
    pub kind: String,
    /// The procedure it is handed in for, which the clerk names.
    pub procedure: Option<String>,
    /// In a manner that nothing may be tuned on.
    pub held_out: bool,
    /// How it was spoiled.
    pub way: String,
    /// Where its chances came from.
    pub seed: u64,
    /// Pages.
    pub pages: usize,
    /// Pixels per inch.
    pub dpi: u32,
    /// What it says.
    pub fields: Facts,
    /// All that is printed, leaders left out.
    pub text: String,
    /// Words of seals and stamps, which need not be read.
    pub besides: String,
}

fn stands<T: Serialize>(fact: &Fact<T>) -> Stands {
    let text = |value: Result<Value, serde_json::Error>| value.expect("truth is strings and nothing else");
    let how = text(serde_json::to_value(fact.how));
    let how = how.as_str().expect("a unit variant is a string").to_owned();
    Stands { value: text(serde_json::to_value(&fact.value)), how }
}

/// The facts of a paper as it was set.
pub fn facts(kind: Kind, fields: &Fields, look: &Look) -> Facts {
    let mut map = BTreeMap::new();
    let mut add = |name: &str, stands: Stands| map.insert(name.to_owned(), stands);
    add("document_type_code", stands(&fields.document_type_code));
    add("owner_id", stands(&fields.owner_id));
    add("document_name", stands(&fields.document_name));
    add("document_number", stands(&fields.document_number));
    add("issued_on", stands(&fields.issued_on));
    add("issuing_authority", stands(&fields.issuing_authority));
    add("abstract", stands(&fields.abstract_text));
    add("validity_period", stands(&fields.validity_period));
    add("validity_scope", stands(&fields.validity_scope));
    let other = &fields.other;
    let born_by_pen = look.pen_figures && kind.is_citizens();
    for (name, value) in [
        ("holder_name", &other.holder_name),
        ("holder_birth_date", &other.holder_birth_date),
        ("signer_name", &other.signer_name),
        ("signer_position", &other.signer_position),
        ("parent_authority", &other.parent_authority),
    ] {
        let how = match (value, name) {
            (None, _) => How::Absent,
            (_, "holder_birth_date") if born_by_pen => How::Pen,
            _ => How::Printed,
        };
        add(&format!("other.{name}"), stands(&Fact { value: value.clone(), how }));
    }
    Facts(map)
}

impl Facts {
    /// The day of issue is lost, and with it what counts from that day; a period whose days are printed in full
    /// somewhere in `text` besides is not.
    pub fn destroy_date(&mut self, text: &str) {
        let day = self.0["issued_on"].value.clone();
        let is_repeated = day.as_str().is_some_and(|day| printed_times(day, text) > 1);
        for (name, stands) in &mut self.0 {
            let counts_from_it =
                name == "validity_period" && !day.is_null() && stands.value["from"] == day && !is_repeated;
            if (name == "issued_on" || counts_from_it) && stands.how == "printed" {
                stands.how = "destroyed".to_owned();
            }
        }
    }
}

/// How often an ISO day stands in a text, in whatever form.
fn printed_times(day: &str, text: &str) -> usize {
    let mut parts = day.split('-').filter_map(|part| part.parse().ok());
    let (Some(year), Some(month), Some(day)) = (parts.next(), parts.next(), parts.next()) else { return 0 };
    let day = Day { year, month, day };
    [day.long(), day.short(), day.dotted()].iter().map(|form| text.matches(form.as_str()).count()).sum()
}
