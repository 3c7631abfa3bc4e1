//! The JSON of the contract, shared by API and command line: findings, pages, the eleven fields, the code.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::domain::{
    code::{CodeNumber, DocumentCode},
    count::{Comparison, Difference, HandedIn},
    dossier::EraseTerm,
    fields::{Alternative, FieldKey, Proposed, ProposedFields, Status},
    first::FirstProposals,
    page::{Finding, PageFacts},
    separator::SheetMark,
    text::RecognisedText,
};
use crate::workflows::rescan::ScannedBefore;

/// A finding about the paper.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReasonOut {
    /// Kind, such as `missing_page`.
    #[schema(value_type = String)]
    kind: crate::domain::page::FindingKind,
    /// Position of the page, from 1; null when it is about the whole paper.
    page: Option<u32>,
    /// The clause it comes from.
    rule: String,
    /// One Vietnamese sentence.
    message: String,
    /// `advice`, `ask` or `block`.
    #[schema(value_type = String)]
    severity: crate::domain::page::Severity,
}

impl From<&Finding> for ReasonOut {
    fn from(f: &Finding) -> Self {
        Self {
            kind: f.kind,
            page: f.page,
            rule: f.rule.clone(),
            message: f.message.clone(),
            severity: f.severity,
        }
    }
}

/// A page as it was found.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PageOut {
    #[serde(flatten)]
    #[schema(value_type = Object)]
    facts: PageFacts,
    /// Its words, line by line.
    text: String,
}

impl PageOut {
    /// What was measured.
    pub fn facts(&self) -> &PageFacts {
        &self.facts
    }
}

/// The pages with their words; `text` may be shorter, where pages were not read.
pub fn pages_out(pages: &[PageFacts], text: &RecognisedText) -> Vec<PageOut> {
    let words_of =
        |position| text.pages.iter().find(|t| t.position == position).map(|t| t.text()).unwrap_or_default();
    pages.iter().map(|facts| PageOut { facts: facts.clone(), text: words_of(facts.position) }).collect()
}

fn field_out<T>(proposed: &Proposed<T>, value: impl Fn(&T) -> Value) -> Value {
    let mut field = json!({
        "value": proposed.value.as_ref().map(&value),
        "raw": proposed.raw,
        "confidence": (f64::from(proposed.confidence) * 1000.0).round() / 1000.0,
        "status": proposed.status,
        "source": proposed.source,
        "page": proposed.place.map(|p| p.page),
        "box_mm": proposed.place.map(|p| tenths(p.box_mm.into())),
    });
    if let Some(suggestion) = &proposed.suggestion {
        field["suggestion"] = value(suggestion);
    }
    if !proposed.alternatives.is_empty() {
        let said = |other: &Alternative<T>| {
            json!({
                "value": value(&other.value),
                "source": other.source,
                "page": other.place.map(|p| p.page),
                "box_mm": other.place.map(|p| tenths(p.box_mm.into())),
            })
        };
        field["alternatives"] = proposed.alternatives.iter().map(said).collect();
    }
    field
}

/// Tenths of a millimetre, as decimal numbers: a wider float would show what the narrow one lacks.
pub(in crate::faces) fn tenths(place: [f32; 4]) -> [f64; 4] {
    place.map(|v| (f64::from(v) * 10.0).round() / 10.0)
}

fn plain<T: ToString>(value: &T) -> Value {
    Value::String(value.to_string())
}

/// The eleven fields of Điều 6, always all of them, in its order.
pub fn fields_out(fields: &ProposedFields) -> Map<String, Value> {
    FieldKey::ALL
        .into_iter()
        .map(|key| {
            let value = match key {
                FieldKey::DocumentTypeCode => field_out(&fields.document_type_code, plain),
                FieldKey::OwnerId => field_out(&fields.owner_id, plain),
                FieldKey::DocumentName => field_out(&fields.document_name, plain),
                FieldKey::DocumentNumber => field_out(&fields.document_number, plain),
                FieldKey::IssuedOn => field_out(&fields.issued_on, plain),
                FieldKey::IssuingAuthority => field_out(&fields.issuing_authority, plain),
                FieldKey::Abstract => field_out(&fields.abstract_text, plain),
                FieldKey::ValidityPeriod => field_out(&fields.validity_period, |p| json!(p)),
                FieldKey::ValidityScope => field_out(&fields.validity_scope, plain),
                FieldKey::RecordedAt => field_out(&fields.recorded_at, plain),
                FieldKey::Other => other_out(fields),
            };
            (key.as_str().to_owned(), value)
        })
        .collect()
}

/// What the head of page one gave, in the order of Điều 6.
pub fn first_out(first: &FirstProposals) -> Map<String, Value> {
    [
        (FieldKey::DocumentName, field_out(&first.document_name, plain)),
        (FieldKey::DocumentNumber, field_out(&first.document_number, plain)),
        (FieldKey::IssuedOn, field_out(&first.issued_on, plain)),
        (FieldKey::IssuingAuthority, field_out(&first.issuing_authority, plain)),
    ]
    .map(|(key, value)| (key.as_str().to_owned(), value))
    .into_iter()
    .collect()
}

fn other_out(fields: &ProposedFields) -> Value {
    let inner: Map<String, Value> = fields
        .other
        .iter()
        .map(|(name, proposed)| {
            let mut field = field_out(proposed, plain);
            // What the template of the kind adds says by which words people know it.
            if let Some(extra) = fields.extra.iter().find(|e| e.key == *name) {
                field["label"] = json!(extra.label);
                field["form"] = json!(extra.form);
            }
            (name.clone(), field)
        })
        .collect();
    let read: Vec<&Proposed<String>> = fields.other.values().filter(|p| p.status == Status::Read).collect();
    let status = if read.is_empty() { Status::Absent } else { Status::Read };
    let lowest = read.iter().map(|p| p.confidence).reduce(f32::min).unwrap_or(0.0);
    let source = read.first().map_or(crate::domain::fields::Source::Ocr, |p| p.source);
    json!({
        "value": inner, "raw": "", "confidence": (f64::from(lowest) * 1000.0).round() / 1000.0, "status": status,
        "source": source, "page": null, "box_mm": null,
    })
}

/// A code with its parts.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CodeOut {
    /// The joined code, for people.
    pub text: String,
    owner: String,
    type_code: String,
    number: String,
    /// `proposed` or `assigned`.
    status: &'static str,
    /// Whether the owner has no number yet.
    provisional: bool,
    /// `printed` or `none`.
    number_kind: &'static str,
}

impl CodeOut {
    /// A code that a person has still to confirm.
    pub fn proposed(code: &DocumentCode) -> Self {
        Self::of(code, "proposed")
    }

    /// A code that was given.
    pub fn assigned(code: &DocumentCode) -> Self {
        Self::of(code, "assigned")
    }

    fn of(code: &DocumentCode, status: &'static str) -> Self {
        Self {
            text: code.to_string(),
            owner: code.owner.to_string(),
            type_code: code.type_code.to_string(),
            number: code.number.to_string(),
            status,
            provisional: code.owner.is_provisional(),
            number_kind: match code.number {
                CodeNumber::Printed { .. } => "printed",
                CodeNumber::None { .. } => "none",
            },
        }
    }
}

/// The eleven fields of a paper that was not read: the keys are there, nothing is known.
pub fn no_fields_out() -> Map<String, Value> {
    let nothing = || field_out(&Proposed::<String>::not_read("", None), plain);
    FieldKey::ALL.into_iter().map(|key| (key.as_str().to_owned(), nothing())).collect()
}

impl ReasonOut {
    /// The sentence with its page and clause, for people.
    pub fn line(&self) -> String {
        let page = self.page.map(|p| format!("trang {p}: ")).unwrap_or_default();
        format!("{page}{} [{}]", self.message, self.rule)
    }
}

/// A separator sheet among the pages of a scan.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SheetOut {
    /// Position in the scan, from 1.
    position: u32,
    /// `sheet`, `patch` or `unreadable`, with dossier, component and pages where they were read.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    mark: SheetMark,
}

impl SheetOut {
    /// The sheet at a position.
    pub fn of(position: u32, mark: &SheetMark) -> Self {
        Self { position, mark: mark.clone() }
    }
}

/// How many papers were handed in, as an officer said.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct HandedInOut {
    /// Of the whole dossier; null when nobody has said.
    total: Option<u32>,
    /// Of single components and results, by their codes.
    components: BTreeMap<String, u32>,
}

impl From<&HandedIn> for HandedInOut {
    fn from(handed_in: &HandedIn) -> Self {
        let components = handed_in.roles().iter().map(|(role, n)| (role.to_string(), *n));
        Self { total: handed_in.total(), components: components.collect() }
    }
}

/// Papers held against originals (Điều 9 khoản 1).
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CountOut {
    /// Null when nobody has said how many papers were handed in.
    agrees: Option<bool>,
    /// Papers with a scan that can be used, or that is being looked at.
    received: u32,
    /// Scans that have to be made again, or failed.
    unusable: u32,
    /// Papers handed in that the regulation leaves out (Điều 5).
    not_digitised: u32,
    /// Where they differ: the whole dossier first, then by component.
    differences: Vec<DifferenceOut>,
}

/// Where papers and originals differ.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DifferenceOut {
    /// `01`, `KQ1`; null: of the whole dossier.
    component: Option<String>,
    /// How many were handed in.
    declared: u32,
    /// Papers with a scan.
    received: u32,
    /// Scans that have to be made again, or failed.
    unusable: u32,
    /// Papers handed in that the regulation leaves out (Điều 5).
    not_digitised: u32,
    /// Originals without a scan.
    missing: u32,
    /// Scans without an original.
    surplus: u32,
    /// The clause.
    rule: String,
    /// One Vietnamese sentence.
    pub message: String,
}

impl From<&Comparison> for CountOut {
    fn from(comparison: &Comparison) -> Self {
        Self {
            agrees: comparison.agrees,
            received: comparison.scans.received,
            unusable: comparison.scans.unusable,
            not_digitised: comparison.scans.not_digitised,
            differences: comparison.differences.iter().map(DifferenceOut::from).collect(),
        }
    }
}

impl From<&Difference> for DifferenceOut {
    fn from(difference: &Difference) -> Self {
        Self {
            component: difference.role.as_ref().map(ToString::to_string),
            declared: difference.declared,
            received: difference.scans.received,
            unusable: difference.scans.unusable,
            not_digitised: difference.scans.not_digitised,
            missing: difference.missing,
            surplus: difference.surplus,
            rule: Difference::RULE.to_string(),
            message: difference.message(),
        }
    }
}

/// The same paper, received before: it is there to be used again (Điều 12). Tells nothing of whose it is.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ScannedBeforeOut {
    /// Opaque id of that paper.
    paper: String,
    /// Its document, where it has the code that this paper would get, once it is stored.
    document: Option<String>,
    /// How it is known: `code` (it has the same code), `bytes` (the same file), `pages` (they look and read
    /// the same, though scanned anew).
    by: &'static str,
    /// Where it stands: a state of the contract.
    state: &'static str,
    /// When it was received, UTC.
    received_at: String,
    /// Whether it is of the same dossier.
    same_dossier: bool,
}

impl From<ScannedBefore> for ScannedBeforeOut {
    fn from(before: ScannedBefore) -> Self {
        Self {
            paper: before.paper.to_string(),
            document: before.document.map(|d| d.to_string()),
            by: before.by.as_str(),
            state: before.state,
            received_at: before.received_at.to_string(),
            same_dossier: before.is_of_same_dossier,
        }
    }
}

/// When the bytes of a secret paper have to be erased (Điều 5 khoản 1).
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct QuarantineOut {
    /// When they were set apart, UTC.
    since: String,
    /// Until when an officer has to erase them, UTC.
    erase_by: String,
    /// Whether that time is over.
    overdue: bool,
}

impl QuarantineOut {
    /// A term as it stands at `now`.
    pub fn of(term: EraseTerm, now: Timestamp) -> Self {
        let EraseTerm { since, until } = term;
        Self { since: since.to_string(), erase_by: until.to_string(), overdue: term.is_over(now) }
    }
}
