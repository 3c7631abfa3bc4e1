//! Text that a PDF brings along, held against what its page shows.
//!
//! Letters in a file need not be those that are drawn: fonts may tell others, and what lies over them may
//! hide them. Number, day and owner's number are read from the picture as well; figures that differ are asked.

use std::sync::LazyLock;

use regex::Regex;

use crate::domain::{
    confirm::parse_day,
    fields::{Alternative, FieldKey, Proposed, ProposedFields, Source, Status},
    ids::{DocumentNumber, OwnerNumber},
    page::{BoxMm, Finding, Place},
    text::RecognisedText,
};

/// How sure a value is whose picture shows something else.
const CONTRADICTED: f32 = 0.4;
/// Words that come from a file are quite sure; those that were read never are.
const FROM_FILE: f32 = 0.9999;
/// Paper taken along around the words, millimetres.
const AROUND_MM: f32 = 1.0;

/// The fields with figures that were taken from words of the file, and where these stand.
pub fn from_file(fields: &ProposedFields, text: &RecognisedText) -> Vec<(FieldKey, Place)> {
    fn place<T>(field: &Proposed<T>) -> Option<Place> {
        field.place.filter(|_| field.status == Status::Read && has_digit(&field.raw))
    }
    let all = [
        (FieldKey::DocumentNumber, place(&fields.document_number)),
        (FieldKey::IssuedOn, place(&fields.issued_on)),
        (FieldKey::OwnerId, place(&fields.owner_id)),
    ];
    let placed = all.into_iter().filter_map(|(key, place)| Some((key, place?)));
    placed.filter(|(_, place)| holds_words_of_file(text, place)).map(|(key, p)| (key, wider(p))).collect()
}

fn has_digit(text: &str) -> bool {
    text.contains(|c: char| c.is_ascii_digit())
}

fn holds_words_of_file(text: &RecognisedText, place: &Place) -> bool {
    let b = place.box_mm;
    let is_inside = |w: &BoxMm| {
        let (x, y) = (w.left + w.width / 2.0, w.middle_y());
        (b.left..=b.right()).contains(&x) && (b.top..=b.bottom()).contains(&y)
    };
    let words = text.pages.iter().filter(|p| p.position == place.page).flat_map(|p| &p.lines);
    words
        .flat_map(|line| &line.words)
        .any(|word| word.confidence >= FROM_FILE && has_digit(&word.text) && is_inside(&word.place))
}

fn wider(Place { page, box_mm: b }: Place) -> Place {
    let (left, top) = ((b.left - AROUND_MM).max(0.0), (b.top - AROUND_MM).max(0.0));
    let (width, height) = (b.right() + AROUND_MM - left, b.bottom() + AROUND_MM - top);
    Place { page, box_mm: BoxMm { left, top, width, height } }
}

/// Holds a field against several readings of its picture: one of them has to show its figures.
pub fn compare_picture(fields: &mut ProposedFields, key: FieldKey, readings: &[String]) -> Option<Finding> {
    let seen = || readings.iter().map(String::as_str);
    let page = match key {
        FieldKey::DocumentNumber => ask(&mut fields.document_number, seen(), number_in),
        FieldKey::IssuedOn => ask(&mut fields.issued_on, seen(), day_in),
        FieldKey::OwnerId => ask(&mut fields.owner_id, seen(), owner_in),
        _ => None,
    }?;
    let message =
        format!("“{}”: chữ trong tệp PDF khác với hình trên trang, xin đối chiếu rồi nhập lại.", key.label());
    Some(Finding::about_field(Some(page), message))
}

/// The page of a field that its picture contradicts.
fn ask<'r, T: Clone>(
    field: &mut Proposed<T>,
    readings: impl Iterator<Item = &'r str> + Clone,
    parse: impl Fn(&str) -> Option<T>,
) -> Option<u32> {
    let own = digits(&field.raw);
    if field.status != Status::Read || readings.clone().any(|reading| digits(reading) == own) {
        return None;
    }
    let place = field.place;
    let mut doubted = field.clone().doubted(CONTRADICTED);
    if let Some(value) = readings.filter_map(parse).next() {
        doubted.alternatives.push(Alternative { value, source: Source::Ocr, place });
    }
    *field = doubted;
    place.map(|p| p.page)
}

/// The figures, those that stand apart kept apart.
fn digits(text: &str) -> Vec<String> {
    let groups = text.split(|c: char| !c.is_ascii_digit()).filter(|g| !g.is_empty());
    let no_zeros = |group: &str| group.trim_start_matches('0').to_owned();
    groups.map(no_zeros).collect()
}

/// The number that stands in words read from a page.
pub(super) fn number_in(reading: &str) -> Option<DocumentNumber> {
    static NUMBER: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\d{1,7}\s*/\s*\S.*").expect("a checked pattern"));
    DocumentNumber::parse(NUMBER.find(reading)?.as_str()).ok()
}

fn day_in(reading: &str) -> Option<jiff::civil::Date> {
    static DAY: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\d{1,2}\s+tháng\s+\d{1,2}\s+năm\s+\d{4}").expect("a checked pattern"));
    parse_day(DAY.find(reading).map_or(reading, |found| found.as_str())).ok()
}

fn owner_in(reading: &str) -> Option<OwnerNumber> {
    let figures: String = reading.chars().filter(char::is_ascii_digit).collect();
    OwnerNumber::parse(&figures).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::text::{PageText, TextLine, TextSource, Word},
        engines::evidence::testing::fields,
    };

    #[test]
    fn figures_that_the_page_does_not_show_are_asked() {
        let check = |readings: &[&str], expected: Option<Option<&str>>| {
            let mut fields = fields();
            fields.document_number.raw = "Số: 46/QĐ-UBND".into();
            let readings: Vec<String> = readings.iter().map(|&r| r.to_owned()).collect();
            let found = compare_picture(&mut fields, FieldKey::DocumentNumber, &readings);
            let number = &fields.document_number;
            assert_eq!(found.is_some(), expected.is_some(), "{readings:?}");
            assert_eq!(number.status == Status::Read, expected.is_none());
            let other = number.alternatives.first().map(|a| a.value.as_str());
            assert_eq!(other, expected.flatten(), "{readings:?}");
        };
        check(&["Số: 46/QĐ-UBND"], None);
        check(&["Sö: 46 /QD-UBND"], None);
        check(&["Số: 48/QĐ-UBND", "Số: 46/QĐ-UBND"], None);
        check(&["Số: 48/QĐ-UBND", "Số: 48/QĐ-UBND"], Some(Some("48/QĐ-UBND")));
        check(&["Số: /QĐ-UBND"], Some(None));
        check(&[], Some(None));
    }

    #[test]
    fn days_and_owners_are_compared_by_their_figures() {
        let mut both = fields();
        both.issued_on.raw = "ngày 06 tháng 5 năm 2024".into();
        both.owner_id.raw = "015085012345".into();
        let seen = |reading: &str| vec![reading.to_owned()];
        assert_eq!(compare_picture(&mut both, FieldKey::IssuedOn, &seen("ngày 6 tháng 05 năm 2024")), None);
        assert_eq!(compare_picture(&mut both, FieldKey::OwnerId, &seen("015085012345,")), None);
        assert!(compare_picture(&mut both, FieldKey::IssuedOn, &seen("ngày 16 tháng 5 năm 2024")).is_some());
        assert_eq!(both.issued_on.alternatives[0].value.to_string(), "2024-05-16");
        assert!(compare_picture(&mut both, FieldKey::OwnerId, &seen("015085012346")).is_some());
        assert_eq!(both.owner_id.alternatives[0].value.to_string(), "015085012346");
    }

    #[test]
    fn only_words_of_the_file_are_looked_at_again() {
        let mut fields = fields();
        fields.document_number.raw = "Số: 46/QĐ-UBND".into();
        let text = |confidence| {
            let place = BoxMm { left: 40.0, top: 40.5, width: 20.0, height: 4.0 };
            let line = TextLine {
                block: 1,
                words: vec![Word { text: "46/QĐ-UBND".into(), place, confidence, is_print: false }],
            };
            let page = PageText { position: 1, source: TextSource::Ocr, lines: vec![line] };
            RecognisedText { pages: vec![page] }
        };
        let keys = |text| from_file(&fields, &text).into_iter().map(|(key, _)| key).collect::<Vec<_>>();
        assert_eq!(keys(text(1.0)), [FieldKey::DocumentNumber]);
        assert_eq!(keys(text(0.97)), []);
    }
}
