//! An agency numbers its papers one after the other: neighbours in its register confirm a number and a
//! day, or make them doubtful.
//!
//! Only a warning: a committee and its chairman share a symbol, but not a register.

use std::sync::LazyLock;

use jiff::civil::Date;
use regex::Regex;

use super::weigh::suggest;
use crate::domain::{
    fields::{Alternative, Proposed, ProposedFields, Source, Status, Threshold},
    ids::DocumentNumber,
    page::{Finding, Severity},
};

/// How far neighbours are looked for.
const FARTHEST: i64 = 3;
/// What is left of the confidence in number and day when a neighbour contradicts them.
const CONTRADICTED: f32 = 0.85;

/// A stored paper of the same agency and symbol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Neighbour {
    /// Its number less ours.
    pub offset: i64,
    /// Its day.
    pub issued_on: Date,
}

/// The numbers beside this one and itself, as they may be written: `46/QĐ-UBND` has `45/QĐ-UBND`.
pub fn numbers_beside(number: &DocumentNumber) -> Vec<(i64, String)> {
    static NUMBER: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"^(?P<n>\d{1,7})(?P<rest>/.+)$").expect("a checked pattern"));
    let Some(parts) = NUMBER.captures(number.as_str()) else { return Vec::new() };
    let Ok(own) = parts["n"].parse::<i64>() else { return Vec::new() };
    let mut found = Vec::new();
    for offset in -FARTHEST..=FARTHEST {
        let n = own + offset;
        if n < 1 {
            continue;
        }
        // Numbers below ten are written 05 (NĐ 30/2020/NĐ-CP), and by some agencies 5 or 005.
        let mut spellings = vec![format!("{n}"), format!("{n:02}"), format!("{n:03}")];
        spellings.dedup();
        found.extend(spellings.into_iter().map(|n| (offset, format!("{n}{}", &parts["rest"]))));
    }
    found
}

/// Holds number and day against their neighbours of the same year.
pub fn compare_register(
    fields: &mut ProposedFields,
    neighbours: &[Neighbour],
    threshold: Threshold,
) -> Vec<Finding> {
    let day = fields.issued_on.best().copied();
    let Some(day) = day.filter(|_| fields.issued_on.status == Status::Read) else {
        suggest_day(fields, neighbours);
        return Vec::new();
    };
    let same_year = || neighbours.iter().filter(|n| n.issued_on.year() == day.year());
    let twin = same_year().find(|n| n.offset == 0 && n.issued_on != day);
    let before = same_year().find(|n| n.offset < 0 && n.issued_on > day);
    let after = same_year().find(|n| n.offset > 0 && n.issued_on < day);
    let written = |day: Date| day.strftime("%d/%m/%Y").to_string();
    let message = match (twin, before.or(after)) {
        (Some(twin), _) => format!(
            "Trong kho đã có giấy tờ cùng cơ quan, cùng số, ký hiệu nhưng đề ngày {}: xin đối chiếu số và ngày.",
            written(twin.issued_on)
        ),
        (None, Some(other)) => format!(
            "Trong kho, giấy tờ cùng cơ quan có số {} số này {} đơn vị lại đề ngày {}: xin đối chiếu số và ngày.",
            if other.offset < 0 { "nhỏ hơn" } else { "lớn hơn" },
            other.offset.abs(),
            written(other.issued_on)
        ),
        (None, None) => return Vec::new(),
    };
    weaken(&mut fields.document_number, threshold);
    weaken(&mut fields.issued_on, threshold);
    let page = fields.document_number.place.map(|p| p.page);
    vec![Finding { severity: Severity::Advice, ..Finding::about_field(page, message) }]
}

fn weaken<T: Clone>(field: &mut Proposed<T>, threshold: Threshold) {
    if field.status == Status::Read {
        *field = field.clone().weighed(CONTRADICTED, threshold);
    }
}

/// A day that lies between neighbours of one day is that day.
fn suggest_day(fields: &mut ProposedFields, neighbours: &[Neighbour]) {
    let field = &mut fields.issued_on;
    let near = |is_near: fn(i64) -> bool| {
        let mut days: Vec<Date> =
            neighbours.iter().filter(|n| is_near(n.offset)).map(|n| n.issued_on).collect();
        days.sort();
        days.dedup();
        days
    };
    let (before, after) = (near(|offset| offset < 0), near(|offset| offset > 0));
    let same_day = before.iter().find(|day| after.contains(day));
    // Numbers begin anew each year: neighbours of several years tell nothing without the printed year.
    let years: std::collections::BTreeSet<i16> = before.iter().chain(&after).map(|day| day.year()).collect();
    if let (Some(day), 1, Status::NotRead) = (same_day, years.len(), field.status)
        && field.raw.contains(&day.year().to_string())
    {
        let said = Alternative { value: *day, source: Source::Store, place: None };
        match &field.suggestion {
            None => suggest(field, said),
            Some(other) if other != day => field.alternatives.push(said),
            Some(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engines::evidence::testing::fields;

    #[test]
    fn neighbours_are_written_as_agencies_write_them() {
        let beside = |number: &str| {
            let found = numbers_beside(&DocumentNumber::parse(number).unwrap());
            found.into_iter().filter(|(offset, _)| offset.abs() <= 1).map(|(_, n)| n).collect::<Vec<_>>()
        };
        assert_eq!(
            beside("46/QĐ-UBND"),
            ["45/QĐ-UBND", "045/QĐ-UBND", "46/QĐ-UBND", "046/QĐ-UBND", "47/QĐ-UBND", "047/QĐ-UBND"]
        );
        assert_eq!(beside("01/2024/NQ-HĐND")[..2], ["1/2024/NQ-HĐND", "01/2024/NQ-HĐND"]);
        assert!(beside("UBND-KTTH").is_empty());
        assert!(beside("46").is_empty());
    }

    #[test]
    fn neighbours_make_doubtful_or_suggest() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        let n = |offset, text: &str| Neighbour { offset, issued_on: day(text) };
        // Number 46 of 2024-05-06.
        for (neighbours, told) in [
            (vec![], None),
            (vec![n(-1, "2024-05-06"), n(1, "2024-05-07"), n(0, "2024-05-06")], None),
            (vec![n(-1, "2024-05-08")], Some("nhỏ hơn số này 1")),
            (vec![n(2, "2024-04-01")], Some("lớn hơn số này 2")),
            (vec![n(0, "2024-05-07")], Some("cùng số, ký hiệu")),
            // Each year begins anew.
            (vec![n(-1, "2023-12-30"), n(1, "2023-01-02")], None),
        ] {
            let mut fields = fields();
            let before = fields.document_number.confidence;
            let found = compare_register(&mut fields, &neighbours, Threshold::default());
            assert_eq!(!found.is_empty(), told.is_some(), "{neighbours:?}");
            if let (Some(found), Some(told)) = (found.first(), told) {
                assert!(found.message.contains(told), "{}", found.message);
                assert!(fields.document_number.confidence < before && fields.issued_on.confidence < before);
            }
        }
    }

    #[test]
    fn a_day_between_equal_days_is_suggested() {
        let n = |offset, text: &str| Neighbour { offset, issued_on: text.parse().unwrap() };
        let asked = |raw: &str, neighbours: &[Neighbour]| {
            let mut fields = fields();
            fields.issued_on = crate::domain::fields::Proposed::not_read(raw, None);
            compare_register(&mut fields, neighbours, Threshold::default());
            let found = fields.issued_on;
            assert_eq!(found.status, Status::NotRead);
            found.suggestion.map(|day| (day.to_string(), found.source))
        };
        let both = [n(-1, "2024-05-06"), n(1, "2024-05-06")];
        let suggested = Some(("2024-05-06".to_owned(), Source::Store));
        assert_eq!(asked("ngày tháng 5 năm 2024", &both), suggested);
        assert_eq!(asked("ngày tháng 5 năm 2023", &both), None, "of another year");
        assert_eq!(asked("ngày tháng 5 năm 2024", &[n(-1, "2024-05-06"), n(1, "2024-05-07")]), None);
        assert_eq!(asked("ngày tháng 5 năm 2024", &both[..1]), None);
    }
}
