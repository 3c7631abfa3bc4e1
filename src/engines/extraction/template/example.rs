//! Lays an example of a template out as a page, reads it back, and says what came out otherwise.
//!
//! The page has a text layer, so that words and places are tried and not the reader's eyes.

use jiff::Timestamp;

use super::{
    super::{Context, Guide, Reading, print::advance_em, propose},
    apply::is_name,
    file::Example,
    kind::{Kind, kind_of},
};
use crate::{
    clock::day_in_vietnam,
    domain::{
        catalogue::Catalogue,
        fields::{Proposed, ProposedFields, Status},
        page::{BoxMm, PageFacts},
        text::{PageText, RecognisedText, TextLine, TextSource, Word},
    },
};

/// Size of the letters, and the ways in which lines follow each other.
const EM_MM: f32 = 4.6;
const HEAD_STEP_MM: f32 = 5.6;
const CENTRED_STEP_MM: f32 = 6.0;
const BODY_STEP_MM: f32 = 8.4;
/// Where columns and blocks have their middles.
const LEFT_MM: f32 = 60.0;
const RIGHT_MM: f32 = 143.0;
const MIDDLE_MM: f32 = 108.0;
const SIGNATURE_MM: f32 = 150.0;
/// Where running text begins, and where a page ends.
const MARGIN_MM: f32 = 30.0;
const FOOT_MM: f32 = 280.0;
/// Two spaces and more are a gap between cells.
const CELL_MM: f32 = 14.0;

/// The day of the record: after any day in an example.
const READ_AT: Timestamp = Timestamp::constant(4_000_000_000, 0);

/// What was read otherwise than expected, one Vietnamese sentence each.
pub(super) fn faults(kind: &Kind, example: &Example, guide: &Guide, catalogue: &Catalogue) -> Vec<String> {
    let (text, pages) = page_of(&example.lines);
    let mut faults = Vec::new();
    let reading = Reading::of(&text, &pages, day_in_vietnam(READ_AT), guide.threshold());
    match kind_of(guide.kinds(), &reading) {
        Some((found, _)) if found.template.name == kind.template.name => {}
        Some((found, _)) => faults.push(format!("ví dụ được nhận là mẫu {}", found.template.name)),
        None => faults.push(
            "ví dụ không được nhận là mẫu nào, hoặc hợp với hơn một mẫu: xem title, must, must_not"
                .to_owned(),
        ),
    }
    let context = Context { catalogue, procedure: None, paper: None, owner: None, guide };
    let fields = propose(&text, &pages, &context, READ_AT);
    for (key, expected) in &example.expect {
        if key == "document_type" {
            faults.extend(wrong_type(kind, catalogue, &fields, expected));
            continue;
        }
        match value_of(&fields, key) {
            None => faults.push(format!("example.expect.{key}: không có trường này")),
            Some((_, Some(value))) if value == *expected => {}
            Some((status, value)) => faults.push(format!(
                "example.expect.{key}: đọc được {}, mong đợi “{expected}”",
                value.map_or_else(|| word(status).to_owned(), |v| format!("“{v}”"))
            )),
        }
    }
    let lists = [(&example.absent, Status::Absent), (&example.not_read, Status::NotRead)];
    for (key, asked) in lists.iter().flat_map(|(keys, status)| keys.iter().map(move |k| (k, *status))) {
        match value_of(&fields, key) {
            None => faults.push(format!("example: không có trường {key}")),
            Some((status, _)) if status == asked => {}
            Some((status, _)) => {
                faults.push(format!("example: {key} {}, mong đợi {}", word(status), word(asked)));
            }
        }
    }
    faults
}

fn word(status: Status) -> &'static str {
    match status {
        Status::Read => "đọc được",
        Status::NotRead => "chưa đọc được",
        Status::Absent => "không có",
    }
}

/// The type by its name in the catalogue; nothing where the catalogue doesn't know it.
fn wrong_type(kind: &Kind, catalogue: &Catalogue, fields: &ProposedFields, expected: &str) -> Option<String> {
    if super::apply::unknown_types(kind, catalogue).iter().any(|t| is_name(t, expected)) {
        return None;
    }
    let name = fields.document_type_code.value.as_ref().and_then(|code| catalogue.name_of(code));
    let is_right = name.is_some_and(|name| is_name(name, expected));
    let read = name.unwrap_or("chưa đọc được");
    (!is_right).then(|| format!("example.expect.document_type: {read}, mong đợi “{expected}”"))
}

fn value_of(fields: &ProposedFields, key: &str) -> Option<(Status, Option<String>)> {
    fn of<T>(p: &Proposed<T>, show: impl Fn(&T) -> String) -> Option<(Status, Option<String>)> {
        Some((p.status, p.value.as_ref().map(show)))
    }
    let day = |d: Option<jiff::civil::Date>| d.map_or_else(|| "..".to_owned(), |d| d.to_string());
    match key {
        "document_type_code" => of(&fields.document_type_code, ToString::to_string),
        "owner_id" => of(&fields.owner_id, ToString::to_string),
        "document_name" => of(&fields.document_name, Clone::clone),
        "document_number" => of(&fields.document_number, ToString::to_string),
        "issued_on" => of(&fields.issued_on, ToString::to_string),
        "issuing_authority" => of(&fields.issuing_authority, Clone::clone),
        "abstract" => of(&fields.abstract_text, Clone::clone),
        "validity_period" => of(&fields.validity_period, |p| format!("{}/{}", day(p.from), day(p.until))),
        "validity_scope" => of(&fields.validity_scope, Clone::clone),
        _ => fields.other.get(key).and_then(|p| of(p, Clone::clone)),
    }
}

/// The lines of an example as pages with places.
fn page_of(lines: &[String]) -> (RecognisedText, Vec<PageFacts>) {
    let mut pages: Vec<Vec<TextLine>> = vec![Vec::new()];
    let mut top = 20.0;
    for line in lines {
        if top > FOOT_MM {
            pages.push(Vec::new());
            top = 25.0;
        }
        let page = pages.last_mut().expect("there is always a page under way");
        let mut put = |text: &str, centre: Option<f32>| {
            let left = centre.map_or(MARGIN_MM, |c| c - width_of(text) / 2.0);
            page.push(TextLine { block: 0, words: words_of(text, left, top) });
        };
        let step = if let Some((left, right)) = line.split_once("||") {
            put(left, Some(LEFT_MM));
            put(right, Some(RIGHT_MM));
            HEAD_STEP_MM
        } else if let Some(text) = line.strip_prefix("= ") {
            put(text, Some(MIDDLE_MM));
            CENTRED_STEP_MM
        } else if let Some(text) = line.strip_prefix("> ") {
            put(text, Some(SIGNATURE_MM));
            CENTRED_STEP_MM
        } else {
            put(line, None);
            BODY_STEP_MM
        };
        top += step;
    }
    let text = RecognisedText {
        pages: pages
            .into_iter()
            .zip(1..)
            .map(|(lines, position)| PageText {
                position,
                source: TextSource::TextLayer,
                lines: lines.into_iter().filter(|l| !l.words.is_empty()).collect(),
            })
            .collect(),
    };
    let facts = text.pages.iter().map(|p| PageFacts::unknown(p.position, 210.0, 297.0)).collect();
    (text, facts)
}

fn width_of(text: &str) -> f32 {
    words_of(text, 0.0, 0.0).last().map_or(0.0, |w| w.place.left + w.place.width)
}

fn words_of(text: &str, left: f32, top: f32) -> Vec<Word> {
    let mut x = left;
    let mut words = Vec::new();
    for word in text.trim().split(' ') {
        if word.is_empty() {
            x += CELL_MM;
            continue;
        }
        let width = advance_em(word) * EM_MM * 0.96;
        let place = BoxMm { left: x, top, width, height: 0.68 * EM_MM };
        words.push(Word { text: word.to_owned(), place, confidence: 0.99, is_print: false });
        x += width + 0.27 * EM_MM;
    }
    words
}
