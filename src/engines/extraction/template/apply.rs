//! What a template changes in the proposal of the general rules.
//!
//! Where both say something and it is not the same, a person is asked. What a person declared at
//! intake stands.

use std::collections::BTreeSet;

use jiff::{Span, civil::Date};

use super::{
    super::{Context, Reading, fold, owner_id},
    file::{Never, Until},
    find,
    kind::Kind,
    value,
};
use crate::domain::{
    catalogue::{Catalogue, Procedure},
    code::DocumentTypeCode,
    fields::{Proposed, ProposedFields, Source, Status},
    ids::OwnerNumber,
    validity::ValidityPeriod,
};

/// So sure at most is what another rule contradicts.
const CONTRADICTED: f32 = 0.5;
/// Digits in a row that may be an owner's number.
const OWN_DIGITS: usize = 9;

/// A title that was recognised as a known wording is worth at least this.
const KNOWN_TITLE: f32 = 0.9;

/// Lets a template speak; `wording` is the title that the paper has, where it is one of the template's.
pub(in super::super) fn apply(
    kind: &Kind,
    wording: Option<&str>,
    reading: &Reading,
    context: &Context<'_>,
    fields: &mut ProposedFields,
) {
    name(wording, fields);
    document_type(kind, context, fields);
    never(kind, fields);
    if context.owner.is_none() {
        owner(kind, reading, fields);
    }
    validity(kind, reading, fields);
    for (field, sought) in &kind.fields {
        let found = find::find(reading, sought);
        let mut read = found.iter().map(|f| value::read(reading, field, f));
        let key = &field.field.key;
        let proposed = match read.next() {
            None if field.is_required => Proposed::not_read("", None),
            None => Proposed::absent(),
            Some(first) if read.all(|other| other.value == first.value) => first,
            Some(first) => Proposed::not_read(first.raw, first.place),
        };
        if field.is_general() {
            let general = fields.other.get(key).cloned().unwrap_or_else(Proposed::absent);
            let same = |a: &String, b: &String| a.to_lowercase() == b.to_lowercase();
            fields.other.insert(key.clone(), agreed(general, proposed, same));
        } else {
            fields.other.insert(key.clone(), proposed);
            fields.extra.push(field.field.clone());
        }
    }
}

/// What the general rules read stands unless the template read something else; what only the
/// template could read is taken.
fn agreed<T: Clone>(general: Proposed<T>, guided: Proposed<T>, same: impl Fn(&T, &T) -> bool) -> Proposed<T> {
    match (&general.value, &guided.value) {
        (Some(a), Some(b)) if !same(a, b) => general.doubted(CONTRADICTED),
        (None, Some(_)) => guided,
        (None, None) if general.status == Status::Absent => guided,
        _ => general,
    }
}

/// The paper heads itself with a wording of the template: a slip in a letter or mark is mended.
fn name(wording: Option<&str>, fields: &mut ProposedFields) {
    let Some(wording) = wording else { return };
    let title = &fields.document_name;
    let confidence = title.confidence.max(KNOWN_TITLE);
    fields.document_name =
        Proposed::read(wording.to_owned(), title.raw.clone(), confidence, title.source, title.place);
}

fn document_type(kind: &Kind, context: &Context<'_>, fields: &mut ProposedFields) {
    if context.paper.is_some() && context.procedure.is_some() {
        return;
    }
    let codes = match context.procedure.and_then(|code| context.catalogue.procedure(code)) {
        None => codes_in(context.catalogue.procedures.iter(), kind),
        Some(declared) => {
            let inside = codes_in([declared].into_iter(), kind);
            let mut outside = codes_in(context.catalogue.procedures.iter(), kind);
            // Outside the declared procedure only the result of another one may have been handed in.
            outside.retain(|code| matches!(code, DocumentTypeCode::Result { .. }));
            if inside.is_empty() { outside } else { inside }
        }
    };
    let general = &fields.document_type_code;
    let mut all = codes.iter();
    match (all.next(), all.next()) {
        (None, _) => {}
        (Some(code), None) => {
            let (raw, place) = (fields.document_name.raw.clone(), fields.document_name.place);
            let confidence = general.confidence.max(fields.document_name.confidence.min(0.97));
            fields.document_type_code =
                Proposed::read((*code).clone(), raw, confidence, Source::Catalogue, general.place.or(place));
        }
        (Some(_), Some(_)) if general.value.as_ref().is_some_and(|v| codes.contains(v)) => {}
        _ => fields.document_type_code = Proposed::not_read(general.raw.clone(), general.place),
    }
}

/// The codes of the papers whose names in the catalogue the template gives.
fn codes_in<'c>(
    procedures: impl Iterator<Item = &'c Procedure>,
    kind: &Kind,
) -> BTreeSet<&'c DocumentTypeCode> {
    let fits = |name: &String| kind.template.types.iter().any(|asked| is_name(name, asked));
    procedures
        .flat_map(|p| {
            let components = p
                .components
                .iter()
                .filter(|c| fits(&c.name) || c.titles.iter().any(fits))
                .map(|c| c.type_code());
            let results =
                p.results.iter().filter(|r| fits(&r.name) || r.titles.iter().any(fits)).map(|r| &r.code);
            components.chain(results).collect::<Vec<_>>()
        })
        .collect()
}

/// Whether an entry of the catalogue is called `asked`: its whole name, or one of those it lists;
/// what stands in brackets doesn't count.
pub(super) fn is_name(name: &str, asked: &str) -> bool {
    let bare = |text: &str| fold::phrase(text.split(" (").next().unwrap_or(text));
    let asked = bare(asked);
    bare(name) == asked || name.split(" / ").any(|one| bare(one) == asked)
}

/// Which of the template's names the catalogue doesn't know.
pub(super) fn unknown_types<'k>(kind: &'k Kind, catalogue: &Catalogue) -> Vec<&'k str> {
    let known = |asked: &&String| {
        catalogue.procedures.iter().any(|p| {
            let components = p.components.iter().flat_map(|c| std::iter::once(&c.name).chain(&c.titles));
            let results = p.results.iter().flat_map(|r| std::iter::once(&r.name).chain(&r.titles));
            components.chain(results).any(|name| is_name(name, asked))
        })
    };
    kind.template.types.iter().filter(|t| !known(t)).map(String::as_str).collect()
}

/// A paper of this kind can't have it: what was suspected there is nothing, what was read is asked.
fn never(kind: &Kind, fields: &mut ProposedFields) {
    fn without<T>(field: &mut Proposed<T>) {
        let (raw, place) = (std::mem::take(&mut field.raw), field.place);
        *field = match field.status {
            Status::Read => Proposed::not_read(raw, place),
            Status::NotRead | Status::Absent => Proposed::absent(),
        };
    }
    for never in &kind.template.never {
        match never {
            Never::OwnerId => without(&mut fields.owner_id),
            Never::DocumentNumber => without(&mut fields.document_number),
            Never::IssuedOn => without(&mut fields.issued_on),
            Never::IssuingAuthority => without(&mut fields.issuing_authority),
            Never::Abstract => without(&mut fields.abstract_text),
        }
    }
}

fn owner(kind: &Kind, reading: &Reading, fields: &mut ProposedFields) {
    let Some(sought) = &kind.owner else { return };
    let found = find::find(reading, sought);
    let mut read = found.iter().map(|f| owner_id::guided(reading, f.page, &f.value, &f.label));
    let Some(first) = read.next() else { return };
    let guided = if read.all(|other| other.value == first.value) {
        first
    } else {
        Proposed::not_read(first.raw, first.place)
    };
    let general = std::mem::replace(&mut fields.owner_id, Proposed::absent());
    // What the general rules saw at the holder's label and could not read may be another number.
    let digits = |raw: &str| raw.bytes().filter(u8::is_ascii_digit).collect::<Vec<_>>();
    let seen = digits(&general.raw);
    if general.status == Status::NotRead && seen.len() >= OWN_DIGITS && seen != digits(&guided.raw) {
        fields.owner_id = guided.doubted(CONTRADICTED);
        return;
    }
    fields.owner_id = agreed(general, guided, |a: &OwnerNumber, b| a == b);
}

fn validity(kind: &Kind, reading: &Reading, fields: &mut ProposedFields) {
    let rule = &kind.template.validity.until;
    let printed = &fields.validity_period;
    if *rule == Until::Never && printed.status == Status::Read {
        fields.validity_period = Proposed::not_read(printed.raw.clone(), printed.place);
        return;
    }
    if matches!(rule, Until::Never | Until::Printed) || printed.status != Status::Absent {
        return;
    }
    let says = |w: &String| reading.sentences.iter().any(|s| fold::holds(&fold::phrase(&s.folded), w));
    if !kind.when.is_empty() && !kind.when.iter().any(says) {
        return;
    }
    let issued = &fields.issued_on;
    let end = issued.value.and_then(|day| end_of(*rule, day));
    let period = end.and_then(|end| ValidityPeriod::new(None, Some(end)).ok());
    fields.validity_period = match period {
        Some(period) => Proposed::read(
            period,
            issued.raw.clone(),
            issued.confidence.min(0.9),
            Source::Catalogue,
            issued.place,
        ),
        None if issued.status == Status::Absent => Proposed::absent(),
        None => Proposed::not_read("", issued.place),
    };
}

fn end_of(rule: Until, day: Date) -> Option<Date> {
    let later = |span: Result<Span, jiff::Error>| day.checked_add(span.ok()?).ok();
    match rule {
        Until::Printed | Until::Never => None,
        Until::Years(n) => ValidityPeriod::end_after_years(day, n),
        Until::Months(n) => later(Span::new().try_months(i64::from(n))),
        Until::Days(n) => later(Span::new().try_days(i64::from(n))),
        Until::EndOfYear(n) => Date::new(day.year().checked_add(n)?, 12, 31).ok(),
    }
}
