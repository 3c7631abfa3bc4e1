//! How evidence and what was read are put together, field by field.
//!
//! - Both say the same: surer than either.
//! - They differ: the field is asked, and both are shown.
//! - Nothing was read: the evidence is suggested, with its source; it is never a value by itself.
//! - A day after the signature, or after the mail arrived, was misread.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};

use super::{FileEvidence, FilledField, MailStamp, SignatureClaim, layer::number_in};
use crate::{
    clock::day_in_vietnam,
    domain::{
        code::DocumentTypeCode,
        confirm::parse_day,
        fields::{Alternative, FieldKey, Proposed, ProposedFields, Source, Status, Threshold},
        ids::{DocumentNumber, OwnerNumber},
        page::{BoxMm, Finding, PageFacts, Place},
        validity::ValidityPeriod,
    },
    engines::extraction::{agency_case, folded},
};

/// How sure a value is that two sources contradict each other about.
const CONTRADICTED: f32 = 0.5;
/// What a suggestion is worth that only a claim speaks for.
const CLAIMED: f32 = 0.4;
/// As much of the doubt is left where two sources agree.
const DOUBT_LEFT: f32 = 0.5;
/// Two sources are not certainty.
const SUREST: f32 = 0.995;

/// What else is known of the paper.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// What its file says.
    pub file: &'a FileEvidence,
    /// Its pages.
    pub pages: &'a [PageFacts],
    /// Whether it is the whole of one PDF: else what that says of itself may be of another paper.
    pub is_whole_file: bool,
    /// The stamp of incoming mail on it.
    pub stamp: Option<&'a MailStamp>,
    /// How sure a value must be.
    pub threshold: Threshold,
}

/// Holds what was read against the evidence; the findings say where they contradict each other.
pub fn compare(fields: &mut ProposedFields, known: &Known<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for form in &known.file.forms {
        let place = form.place.and_then(|place| upright(place, known.pages));
        take_form_field(fields, form, place, known.threshold);
    }
    mark_faces(fields, known);
    if known.is_whole_file {
        take_coded(fields, known);
        findings.extend(take_signatures(fields, known));
    }
    if let Some(day) = known.stamp.and_then(|stamp| stamp.arrived_on)
        && bound(&mut fields.issued_on, day)
    {
        let message = "Ngày cấp đọc được sau ngày đến trên dấu công văn đến: xin đối chiếu với giấy tờ.";
        findings.push(Finding::about_field(known.stamp.map(|s| s.place.page), message));
    }
    findings
}

/// Takes one more word on a field. `same` tells whether two values mean the same.
fn weigh<T: Clone>(
    field: &mut Proposed<T>,
    said: Alternative<T>,
    same: impl Fn(&T, &T) -> bool,
    threshold: Threshold,
) {
    match (field.status, field.best()) {
        (_, Some(best)) if same(best, &said.value) => {
            field.confidence = (1.0 - (1.0 - field.confidence) * DOUBT_LEFT).min(SUREST);
            if field.alternatives.is_empty() {
                *field = field.clone().held_to(threshold);
            }
        }
        (Status::Read, Some(_)) => {
            let mut doubted = field.clone().doubted(CONTRADICTED);
            doubted.alternatives.push(said);
            *field = doubted;
        }
        (_, Some(_)) => {
            if !field.alternatives.iter().any(|other| same(&other.value, &said.value)) {
                field.alternatives.push(said);
            }
        }
        (_, None) => suggest(field, said),
    }
}

/// A suggestion where nothing was read.
pub(super) fn suggest<T>(field: &mut Proposed<T>, said: Alternative<T>) {
    field.status = Status::NotRead;
    field.suggestion = Some(said.value);
    field.confidence = CLAIMED;
    field.source = said.source;
    field.place = field.place.or(said.place);
}

/// A day later than `latest` was misread; whether it was so.
fn bound(field: &mut Proposed<Date>, latest: Date) -> bool {
    let is_later = field.best().is_some_and(|day| *day > latest);
    if is_later {
        *field = field.clone().doubted(CONTRADICTED);
        // It is no suggestion either.
        field.suggestion = None;
        field.confidence = 0.0;
    }
    is_later
}

/// Letter for letter but for case, spaces and stops.
pub fn alike(a: &str, b: &str) -> bool {
    let plain = |text: &str| {
        let words = text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty());
        words.map(str::to_lowercase).collect::<Vec<_>>().join(" ")
    };
    plain(a) == plain(b)
}

// --- what a paper that was coded before says of itself -----------------------------------------

fn take_coded(fields: &mut ProposedFields, known: &Known<'_>) {
    take_texts(fields, &known.file.coded, Source::Metadata, known.threshold);
}

/// Holds what was read against what whoever handed the paper in says of it; the finding names the fields in which they
/// contradict each other.
pub fn compare_declared(
    fields: &mut ProposedFields,
    said: &BTreeMap<String, String>,
    threshold: Threshold,
) -> Option<Finding> {
    take_texts(fields, said, Source::Operator, threshold);
    fn is_contradicted<T>(field: &Proposed<T>) -> bool {
        field.alternatives.iter().any(|other| other.source == Source::Operator)
    }
    let contradicted = [
        (FieldKey::DocumentTypeCode, is_contradicted(&fields.document_type_code)),
        (FieldKey::OwnerId, is_contradicted(&fields.owner_id)),
        (FieldKey::DocumentName, is_contradicted(&fields.document_name)),
        (FieldKey::DocumentNumber, is_contradicted(&fields.document_number)),
        (FieldKey::IssuedOn, is_contradicted(&fields.issued_on)),
        (FieldKey::IssuingAuthority, is_contradicted(&fields.issuing_authority)),
        (FieldKey::Abstract, is_contradicted(&fields.abstract_text)),
        (FieldKey::ValidityPeriod, is_contradicted(&fields.validity_period)),
        (FieldKey::ValidityScope, is_contradicted(&fields.validity_scope)),
        (FieldKey::Other, fields.other.values().any(is_contradicted)),
    ];
    let labels: Vec<&str> =
        contradicted.iter().filter(|(_, differs)| *differs).map(|(key, _)| key.label()).collect();
    let message = format!(
        "Danh sách kèm theo nói khác với giấy tờ đọc được ở: {}. Xin đối chiếu với bản gốc.",
        labels.join("; ")
    );
    (!labels.is_empty()).then(|| Finding::about_field(None, message))
}

/// `said`: texts by the names of the fields on the wire.
fn take_texts(fields: &mut ProposedFields, said: &BTreeMap<String, String>, source: Source, t: Threshold) {
    fn take<T: Clone>(
        field: &mut Proposed<T>,
        value: Option<T>,
        source: Source,
        same: impl Fn(&T, &T) -> bool,
        threshold: Threshold,
    ) {
        if let Some(value) = value {
            weigh(field, Alternative { value, source, place: None }, same, threshold);
        }
    }
    let text = |key: FieldKey| said.get(key.as_str()).cloned();
    let same_text = |a: &String, b: &String| alike(a, b);
    let code = text(FieldKey::DocumentTypeCode).and_then(|v| DocumentTypeCode::parse(&v).ok());
    take(&mut fields.document_type_code, code, source, |a, b| a == b, t);
    let owner = text(FieldKey::OwnerId).and_then(|v| OwnerNumber::parse(&v).ok());
    take(&mut fields.owner_id, owner, source, |a, b| a == b, t);
    take(&mut fields.document_name, text(FieldKey::DocumentName), source, same_text, t);
    let number = text(FieldKey::DocumentNumber).and_then(|v| DocumentNumber::parse(&v).ok());
    take(&mut fields.document_number, number, source, |a, b| a == b, t);
    let day = text(FieldKey::IssuedOn).and_then(|v| v.parse::<Date>().ok());
    take(&mut fields.issued_on, day, source, |a, b| a == b, t);
    take(&mut fields.issuing_authority, text(FieldKey::IssuingAuthority), source, same_text, t);
    take(&mut fields.abstract_text, text(FieldKey::Abstract), source, same_text, t);
    let period = text(FieldKey::ValidityPeriod).and_then(|v| period(&v));
    take(&mut fields.validity_period, period, source, |a, b| a == b, t);
    take(&mut fields.validity_scope, text(FieldKey::ValidityScope), source, same_text, t);
    // Only what this paper is looked at for: a template that changed may ask for other things.
    for (name, field) in &mut fields.other {
        take(field, said.get(name).cloned(), source, same_text, t);
    }
}

/// `2019-06-05/2021-12-31`, either end may be `..`.
fn period(text: &str) -> Option<ValidityPeriod> {
    let (from, until) = text.split_once('/')?;
    let day = |text: &str| if text == ".." { Some(None) } else { text.parse::<Date>().ok().map(Some) };
    ValidityPeriod::new(day(from)?, day(until)?).ok()
}

// --- form fields -------------------------------------------------------------------------------

/// Names of form fields that say what stands in them: folded, without spaces.
const NAMES: &[(FormKey, &[&str])] = &[
    (
        FormKey::Number,
        &["sokyhieu", "sohieu", "sovanban", "sovb", "soquyetdinh", "socongvan", "documentnumber"],
    ),
    (FormKey::Day, &["ngaybanhanh", "ngaycap", "ngaykyvanban", "ngayvanban", "issuedon"]),
    (FormKey::Authority, &["coquanbanhanh", "coquancap", "issuingauthority"]),
    (FormKey::Abstract, &["trichyeu", "trichyeunoidung"]),
    (FormKey::Owner, &["sodinhdanhcanhan", "sodinhdanh", "socccd", "cccd", "socancuoc", "socancuoccongdan"]),
    (FormKey::HolderName, &["hoten", "hovaten", "hotennguoidenghi"]),
    (FormKey::HolderBirthDate, &["ngaysinh", "ngaythangnamsinh"]),
];

#[derive(Clone, Copy)]
enum FormKey {
    Number,
    Day,
    Authority,
    Abstract,
    Owner,
    HolderName,
    HolderBirthDate,
}

fn form_key(form: &FilledField) -> Option<FormKey> {
    let own = form.name.rsplit('.').next().unwrap_or(&form.name);
    // Names are written soQuyetDinh, so_quyet_dinh, txtSoQuyetDinh[0].
    let plain = |text: &str| {
        let words = folded(&text.replace('_', " ")).replace(' ', "");
        let words = words.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned();
        words.strip_prefix("txt").map(str::to_owned).unwrap_or(words)
    };
    let names = [Some(plain(own)), form.hint.as_deref().map(plain)];
    let is_named = |known: &[&str]| names.iter().flatten().any(|name| known.contains(&name.as_str()));
    NAMES.iter().find(|(_, known)| is_named(known)).map(|(key, _)| *key)
}

fn take_form_field(
    fields: &mut ProposedFields,
    form: &FilledField,
    place: Option<Place>,
    threshold: Threshold,
) {
    let Some(key) = form_key(form) else { return };
    fn said<T>(value: T, place: Option<Place>) -> Alternative<T> {
        Alternative { value, source: Source::FormField, place }
    }
    let text = &form.value;
    let same_text = |a: &String, b: &String| alike(a, b);
    match key {
        FormKey::Number => {
            // `46` alone, before a printed symbol, is part of a number.
            let whole = DocumentNumber::parse(text).ok().filter(|n| n.as_str().contains('/'));
            if let Some(number) = whole {
                weigh(&mut fields.document_number, said(number, place), |a, b| a == b, threshold);
            }
        }
        FormKey::Day => {
            if let Ok(day) = parse_day(text) {
                weigh(&mut fields.issued_on, said(day, place), |a, b| a == b, threshold);
            }
        }
        FormKey::Authority => {
            weigh(&mut fields.issuing_authority, said(agency_case(text), place), same_text, threshold);
        }
        FormKey::Abstract => {
            weigh(&mut fields.abstract_text, said(text.clone(), place), same_text, threshold);
        }
        FormKey::Owner => {
            if let Ok(number) = OwnerNumber::parse(text) {
                weigh(&mut fields.owner_id, said(number, place), |a, b| a == b, threshold);
            }
        }
        FormKey::HolderName => {
            if let Some(field) = fields.other.get_mut("holder_name") {
                weigh(field, said(text.clone(), place), same_text, threshold);
            }
        }
        FormKey::HolderBirthDate => {
            let field = fields.other.get_mut("holder_birth_date");
            if let (Some(field), Ok(day)) = (field, parse_day(text)) {
                weigh(field, said(day.to_string(), place), |a, b| a == b, threshold);
            }
        }
    }
}

// --- faces of widgets --------------------------------------------------------------------------

/// A value that stands in a form field or in the face of a signature says so.
fn mark_faces(fields: &mut ProposedFields, known: &Known<'_>) {
    let of = |place: &Option<Place>| place.and_then(|place| upright(place, known.pages));
    let forms = known.file.forms.iter().filter_map(|f| Some((of(&f.place)?, Source::FormField)));
    let faces = known.file.signatures.iter().filter_map(|s| Some((of(&s.place)?, Source::Signature)));
    let widgets: Vec<(Place, Source)> = forms.chain(faces).collect();
    let source_at = |own: Source, place: Option<Place>| {
        let is_of_words = matches!(own, Source::TextLayer | Source::Ocr);
        let found = widgets.iter().find(|(widget, _)| place.is_some_and(|p| is_in(widget, &p)));
        found.filter(|_| is_of_words).map_or(own, |(_, source)| *source)
    };
    let number = &mut fields.document_number;
    number.source = source_at(number.source, number.place);
    // Figures in a widget amid printed ones may not measure like print: they are letters all the same.
    let is_filled = matches!(number.source, Source::FormField | Source::Signature);
    if is_filled
        && number.status == Status::NotRead
        && number.best().is_none()
        && let Some(value) = number_in(&number.raw)
    {
        let (source, place) = (number.source, number.place);
        suggest(number, Alternative { value, source, place });
    }
    let day = &mut fields.issued_on;
    day.source = source_at(day.source, day.place);
}

/// Whether a widget, no larger than the words, holds part of them.
fn is_in(widget: &Place, words: &Place) -> bool {
    let (w, p) = (widget.box_mm, words.box_mm);
    let area = |b: &BoxMm| b.width * b.height;
    let shared = |from: f32, to: f32| (to - from).max(0.0);
    let across = shared(w.left.max(p.left), w.right().min(p.right()));
    let down = shared(w.top.max(p.top), w.bottom().min(p.bottom()));
    widget.page == words.page && area(&w) <= 1.5 * area(&p) && across * down >= 0.3 * area(&w)
}

/// A place on a page of the file, on the page as it is read: turned, and at its position in the paper.
fn upright(place: Place, pages: &[PageFacts]) -> Option<Place> {
    let page = pages.iter().find(|page| page.original_page == place.page)?;
    let is_turned = page.rotation % 180 == 90;
    let (w, h) = (page.width_mm, page.height_mm);
    let (w, h) = if is_turned { (h, w) } else { (w, h) };
    let b = place.box_mm;
    let box_mm = match page.rotation {
        90 => BoxMm { left: h - b.bottom(), top: b.left, width: b.height, height: b.width },
        180 => BoxMm { left: w - b.right(), top: h - b.bottom(), ..b },
        270 => BoxMm { left: b.top, top: w - b.right(), width: b.height, height: b.width },
        _ => b,
    };
    Some(Place { page: page.position, box_mm })
}

// --- signatures --------------------------------------------------------------------------------

/// Signatures bound the day and suggest day and agency. They are claims: nothing of them is verified.
fn take_signatures(fields: &mut ProposedFields, known: &Known<'_>) -> Option<Finding> {
    let signatures = &known.file.signatures;
    let times = || signatures.iter().filter_map(|s| s.signed_at);
    // Of a scan all signatures come after the paper; on a born-digital paper the first to sign may do so
    // days before it gets its number and day.
    let is_scan = known.pages.first().is_some_and(|page| page.dpi > 0);
    let signed_at = if is_scan { times().min() } else { times().max() };
    let finding = signed_at.and_then(|at| take_signing_time(fields, at));
    take_agency(fields, signatures, known.threshold);
    finding
}

fn take_signing_time(fields: &mut ProposedFields, at: Timestamp) -> Option<Finding> {
    // Some programs write local time as if it were UTC: that moves the day forward, never back.
    let day = day_in_vietnam(at);
    let page = fields.issued_on.place.map(|p| p.page);
    let is_later = bound(&mut fields.issued_on, day);
    let field = &mut fields.issued_on;
    let said = Alternative { value: day, source: Source::Signature, place: None };
    if is_later {
        field.alternatives.push(said);
    } else if field.status == Status::NotRead && fits_print(&field.raw, day) {
        match &field.suggestion {
            None => suggest(field, said),
            Some(other) if *other != day => field.alternatives.push(said),
            Some(_) => {}
        }
    }
    is_later.then(|| {
        Finding::about_field(page, "Ngày cấp đọc được sau ngày ký số trong tệp: xin đối chiếu với giấy tờ.")
    })
}

/// Whether the printed rest of a day, `ngày … tháng 02 năm 2025`, is of that day's month and year. Without
/// the year it says nothing: papers are signed years later, too, when they are digitised.
fn fits_print(raw: &str, day: Date) -> bool {
    let words: Vec<String> = folded(raw).split(' ').map(str::to_owned).collect();
    let after = |word: &str| {
        let at = words.iter().position(|w| w == word)?;
        words.get(at + 1)?.parse::<i16>().ok()
    };
    after("nam") == Some(day.year()) && after("thang").is_none_or(|month| month == i16::from(day.month()))
}

/// First words of agencies' names, folded.
const AGENCIES: &[&str] = &[
    "uy ban",
    "hoi dong",
    "so",
    "bo",
    "phong",
    "chi cuc",
    "cuc",
    "tong cuc",
    "ban",
    "trung tam",
    "bao hiem",
    "cong an",
    "toa an",
    "vien",
    "truong",
    "benh vien",
    "tram y te",
    "van phong",
    "don",
];

fn take_agency(fields: &mut ProposedFields, signatures: &[SignatureClaim], threshold: Threshold) {
    let is_agency = |name: &&String| {
        let name = folded(name);
        AGENCIES.iter().any(|word| name.strip_prefix(word).is_some_and(|rest| rest.starts_with(' ')))
    };
    let field = &mut fields.issuing_authority;
    let names = || signatures.iter().flat_map(|s| &s.names).filter(is_agency);
    let same_text = |a: &String, b: &String| alike(a, b);
    match (field.status, field.value.clone()) {
        // Another agency's signature under what was read is nothing odd: whoever digitised it signed.
        (Status::Read, Some(read)) if names().any(|name| alike(name, &read)) => {
            let said = Alternative { value: read, source: Source::Signature, place: None };
            weigh(field, said, same_text, threshold);
        }
        (Status::NotRead, _) => {
            // The last to sign is the agency itself, or whoever signs for it.
            let last = signatures.iter().rev().find_map(|s| s.names.iter().find(is_agency));
            let Some(name) = last else { return };
            let said = Alternative { value: agency_case(name), source: Source::Signature, place: None };
            match &field.suggestion {
                None => suggest(field, said),
                Some(other) if !alike(other, name) => field.alternatives.push(said),
                Some(_) => {}
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engines::evidence::testing::fields;

    fn compared(
        file: &FileEvidence,
        pages: &[PageFacts],
        edit: impl FnOnce(&mut ProposedFields),
    ) -> (ProposedFields, Vec<Finding>) {
        let mut fields = fields();
        edit(&mut fields);
        let threshold = Threshold::default();
        let known = Known { file, pages, is_whole_file: true, stamp: None, threshold };
        let findings = compare(&mut fields, &known);
        (fields, findings)
    }

    fn scan() -> Vec<PageFacts> {
        vec![PageFacts { dpi: 300, ..PageFacts::unknown(1, 210.0, 297.0) }]
    }

    fn form(name: &str, value: &str) -> FileEvidence {
        let form = FilledField { name: name.into(), hint: None, value: value.into(), place: None };
        FileEvidence { forms: vec![form], ..FileEvidence::default() }
    }

    fn signed(at: &str, names: &[&str]) -> FileEvidence {
        let names = names.iter().map(|&n| n.to_owned()).collect();
        let signature = SignatureClaim { signed_at: Some(at.parse().unwrap()), names, place: None };
        FileEvidence { signatures: vec![signature], ..FileEvidence::default() }
    }

    #[test]
    fn names_of_form_fields_tell_what_stands_in_them() {
        let check = |name: &str, value: &str, expected: Option<&str>| {
            let (fields, _) = compared(&form(name, value), &scan(), |f| {
                f.document_number = Proposed::not_read("", None);
            });
            let number = fields.document_number;
            assert_eq!(number.status, Status::NotRead, "never read by itself");
            assert_eq!(number.suggestion.as_ref().map(DocumentNumber::as_str), expected, "{name}");
            if expected.is_some() {
                assert_eq!(number.source, Source::FormField);
            }
        };
        check("so_quyet_dinh", "46/QĐ-UBND", Some("46/QĐ-UBND"));
        check("form1[0].trang1[0].txtSoQuyetDinh[0]", "46/QĐ-UBND", Some("46/QĐ-UBND"));
        check("Số, ký hiệu", "46/QĐ-UBND", Some("46/QĐ-UBND"));
        check("so_quyet_dinh", "46", None);
        check("so_quyet_dinh_cu_so", "46/QĐ-UBND", None);
        check("Text1", "46/QĐ-UBND", None);
    }

    #[test]
    fn agreement_is_surer_and_contradiction_is_asked() {
        let (same, _) = compared(&form("ngay_cap", "06/05/2024"), &scan(), |_| ());
        assert!(same.issued_on.status == Status::Read && same.issued_on.confidence > 0.97);
        let (other, _) = compared(&form("ngay_cap", "ngày 07 tháng 5 năm 2024"), &scan(), |_| ());
        assert_eq!((other.issued_on.status, other.issued_on.value), (Status::NotRead, None));
        assert_eq!(other.issued_on.suggestion.unwrap().to_string(), "2024-05-06");
        assert_eq!(other.issued_on.alternatives[0].value.to_string(), "2024-05-07");

        // What was read weakly and is confirmed counts as read; what was doubted stays asked.
        let weak = |confidence| {
            let (fields, _) = compared(&form("socccd", "015085012345"), &scan(), |f| {
                f.owner_id = f.owner_id.clone().doubted(confidence);
            });
            fields.owner_id.status
        };
        assert_eq!((weak(0.65), weak(0.4)), (Status::Read, Status::NotRead));
    }

    #[test]
    fn metadata_fill_what_is_missing_and_only_of_the_whole_file() {
        let coded = [
            ("document_number", "46/QĐ-UBND"),
            ("abstract", "về việc  Trợ cấp."),
            ("holder_birth_date", "1985-06-05"),
            ("validity_period", "2024-05-06/.."),
            ("owner_id", "Lò Văn Páo 05.06.1985"),
            ("unknown", "x"),
        ];
        let coded = coded.map(|(k, v)| (k.to_owned(), v.to_owned())).into();
        let file = FileEvidence { coded, ..FileEvidence::default() };
        let (with, _) = compared(&file, &scan(), |_| ());
        assert!(with.document_number.confidence > 0.97 && with.abstract_text.confidence > 0.97);
        let birth = &with.other["holder_birth_date"];
        assert_eq!((birth.suggestion.as_deref(), birth.source), (Some("1985-06-05"), Source::Metadata));
        assert_eq!(with.validity_period.status, Status::NotRead);
        assert_eq!(with.owner_id, fields().owner_id, "a name is no number");
        assert!(!with.other.contains_key("unknown"));

        let mut of_pile = fields();
        let known = Known {
            file: &file,
            pages: &[],
            is_whole_file: false,
            stamp: None,
            threshold: Threshold::default(),
        };
        compare(&mut of_pile, &known);
        assert_eq!(of_pile, fields());
    }

    #[test]
    fn no_day_lies_after_the_signature_or_the_mail() {
        let check = |at: &str, pages: &[PageFacts], expected: Status| {
            let (fields, findings) = compared(&signed(at, &[]), pages, |_| ());
            assert_eq!(fields.issued_on.status, expected, "{at}");
            assert_eq!(findings.is_empty(), expected == Status::Read);
        };
        check("2024-05-05T16:59:59Z", &scan(), Status::NotRead);
        check("2024-05-05T17:00:00Z", &scan(), Status::Read); // the 6th in Vietnam
        check("2026-01-01T00:00:00Z", &scan(), Status::Read);

        // Of several signatures on a born-digital paper the last counts, on a scan the first.
        let mut file = signed("2024-05-05T03:00:00Z", &[]);
        file.signatures.extend(signed("2024-05-06T03:00:00Z", &[]).signatures);
        let digital = [PageFacts::unknown(1, 210.0, 297.0)];
        assert_eq!(compared(&file, &digital, |_| ()).0.issued_on.status, Status::Read);
        assert_eq!(compared(&file, &scan(), |_| ()).0.issued_on.status, Status::NotRead);

        let stamp = |day: &str| MailStamp {
            place: Place { page: 1, box_mm: [0.0, 0.0, 1.0, 1.0].into() },
            arrived_on: Some(day.parse().unwrap()),
        };
        for (day, expected) in [("2024-05-06", Status::Read), ("2024-05-05", Status::NotRead)] {
            let (mut fields, stamp) = (fields(), stamp(day));
            let file = FileEvidence::default();
            let known = Known {
                file: &file,
                pages: &[],
                is_whole_file: true,
                stamp: Some(&stamp),
                threshold: Threshold::default(),
            };
            compare(&mut fields, &known);
            assert_eq!(fields.issued_on.status, expected);
        }
    }

    #[test]
    fn the_day_of_signing_is_suggested_only_beside_the_printed_year() {
        for (raw, expected) in [
            ("ngày … tháng 5 năm 2024", Some("2024-05-06")),
            ("ngày tháng năm 2024", Some("2024-05-06")),
            ("ngày … tháng 4 năm 2024", None),
            ("ngày … tháng 5 năm 2023", None),
            ("ngày … tháng …", None),
            ("", None),
        ] {
            let file = signed("2024-05-06T03:00:00Z", &[]);
            let (fields, _) = compared(&file, &scan(), |f| f.issued_on = Proposed::not_read(raw, None));
            let suggested = fields.issued_on.suggestion.map(|d| d.to_string());
            assert_eq!(suggested.as_deref(), expected, "{raw}");
            assert_eq!(fields.issued_on.status, Status::NotRead);
        }
    }

    #[test]
    fn agencies_of_certificates_are_suggested_and_never_contradict() {
        let names = ["Trần Thị Mẫu", "Văn phòng", "SỞ NỘI VỤ TỈNH LÀO CAI"];
        let file = signed("2024-05-06T03:00:00Z", &names);
        let (read, _) = compared(&file, &scan(), |_| ());
        assert_eq!(read.issuing_authority, fields().issuing_authority, "another agency digitised it");
        let (asked, _) = compared(&file, &scan(), |f| f.issuing_authority = Proposed::not_read("", None));
        assert_eq!(asked.issuing_authority.suggestion.as_deref(), Some("Sở Nội vụ tỉnh Lào Cai"));
        assert_eq!(asked.issuing_authority.source, Source::Signature);
        let own = signed("2024-05-06T03:00:00Z", &["ỦY BAN NHÂN DÂN XÃ BẢO ÁI"]);
        assert!(compared(&own, &scan(), |_| ()).0.issuing_authority.confidence > 0.97);
        let (absent, _) = compared(&file, &scan(), |f| f.issuing_authority = Proposed::absent());
        assert_eq!(absent.issuing_authority.status, Status::Absent, "a citizen's own paper");
    }

    #[test]
    fn places_turn_with_the_page() {
        let page = |rotation, position| PageFacts {
            rotation,
            original_page: 4,
            ..PageFacts::unknown(
                position,
                if rotation % 180 == 90 { 297.0 } else { 210.0 },
                if rotation % 180 == 90 { 210.0 } else { 297.0 },
            )
        };
        let place = Place { page: 4, box_mm: [10.0, 20.0, 30.0, 5.0].into() };
        for (rotation, expected) in [
            (0, [10.0, 20.0, 30.0, 5.0]),
            (90, [272.0, 10.0, 5.0, 30.0]),
            (180, [170.0, 272.0, 30.0, 5.0]),
            (270, [20.0, 170.0, 5.0, 30.0]),
        ] {
            let found = upright(place, &[page(rotation, 2)]).unwrap();
            assert_eq!((found.page, <[f32; 4]>::from(found.box_mm)), (2, expected), "{rotation}");
        }
        assert_eq!(upright(place, &[]), None);
    }
}
