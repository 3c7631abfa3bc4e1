//! What a PDF says of its paper beside what is drawn: filled form fields, signatures, our own metadata.
//!
//! Runs in reading processes: the bytes are hostile, every walk is bounded. Judges no signature.

use hayro_syntax::{
    Pdf,
    object::{Array, Dict, Name, Object, ObjectIdentifier, Rect, Stream, String as PdfString},
};
use jiff::{Timestamp, civil, tz::Offset};

use super::{FileEvidence, FilledField, SignatureClaim, clean, cms, xmp};
use crate::{
    domain::page::{BoxMm, Place},
    engines::{
        imaging::{open::Opened, pdf_page},
        pdf::CODE_FIELD,
    },
};

/// Fields looked at.
const MOST_FIELDS: usize = 5_000;
const DEEPEST: u8 = 16;
/// Pages and annotations on them that are looked through for the places of fields.
const MOST_PAGES: usize = 500;
const MOST_ANNOTATIONS: usize = 2_000;
/// Fields and signatures kept.
const MOST_KEPT: usize = 300;
/// Longest text of a field and of its name, bytes as written.
const LONGEST: usize = 4_000;

/// What the PDFs among the files of a paper say; nothing where there are none.
pub fn of_file(paper: &Opened) -> FileEvidence {
    let mut evidence = FileEvidence::default();
    for (pdf, n_before) in paper.pdfs() {
        of_pdf(pdf, n_before, &mut evidence);
    }
    evidence
}

fn of_pdf(pdf: &Pdf, n_before: u32, evidence: &mut FileEvidence) {
    let Some(catalog) = pdf.xref().get::<Dict<'_>>(pdf.xref().root_id()) else { return };
    if let Some(packet) = catalog.get::<Stream<'_>>(b"Metadata").and_then(|s| s.decoded_data().ok()) {
        evidence.coded.extend(xmp::fields(&packet));
    }
    let Some(form) = catalog.get::<Dict<'_>>(b"AcroForm") else { return };
    let Some(fields) = form.get::<Array<'_>>(b"Fields") else { return };
    let places = Widgets::of(pdf, n_before);
    let mut waiting: Vec<Field<'_>> = fields
        .iter::<Dict<'_>>()
        .take(MOST_FIELDS)
        .map(|dict| Field { dict, name: String::new(), kind: Kind::Other, value: None, hint: None, depth: 0 })
        .collect();
    waiting.reverse();
    let mut n_seen = 0;
    while let Some(field) = waiting.pop() {
        n_seen += 1;
        let field = field.completed();
        let kids = field.dict.get::<Array<'_>>(b"Kids").filter(|_| field.depth < DEEPEST);
        if let Some(kids) = kids {
            let room = MOST_FIELDS.saturating_sub(n_seen + waiting.len());
            let below = kids.iter::<Dict<'_>>().take(room).map(|dict| field.above(dict));
            let mut below: Vec<Field<'_>> = below.collect();
            below.reverse();
            waiting.extend(below);
        } else {
            take(&field, &places, evidence);
        }
    }
}

fn take(field: &Field<'_>, places: &Widgets, evidence: &mut FileEvidence) {
    let place = places.place(&field.dict);
    match (&field.kind, &field.value) {
        (Kind::Text, Some(Object::String(value))) if evidence.forms.len() < MOST_KEPT => {
            let is_ours = field.name == CODE_FIELD;
            if let Some(value) = text(value).filter(|_| !is_ours) {
                let (name, hint) = (field.name.clone(), field.hint.clone());
                evidence.forms.push(FilledField { name, hint, value, place });
            }
        }
        (Kind::Signature, Some(Object::Dict(signature))) if evidence.signatures.len() < MOST_KEPT => {
            let kind = signature.get::<Name<'_>>(b"SubFilter");
            // A time stamp of the document is no signature.
            if kind.is_none_or(|kind| kind.as_ref() != b"ETSI.RFC3161") {
                evidence.signatures.push(claim(signature, place));
            }
        }
        _ => {}
    }
}

fn claim(signature: &Dict<'_>, place: Option<Place>) -> SignatureClaim {
    let contents = signature.get::<PdfString<'_>>(b"Contents");
    let said = contents.and_then(|contents| cms::claims(contents.as_bytes())).unwrap_or_default();
    // PAdES keeps the time in /M, and nowhere else (ETSI EN 319 142-1, 6.3).
    let written = || signature.get::<PdfString<'_>>(b"M").and_then(|m| time(m.as_bytes()));
    SignatureClaim { signed_at: said.signed_at.or_else(written), names: said.names, place }
}

/// `D:20241106101500+07'00'` (ISO 32000-2, 7.9.4), with day and time at least to the minute.
fn time(bytes: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(bytes).ok()?.trim().strip_prefix("D:")?;
    let digits = text.get(..14).filter(|d| d.bytes().all(|b| b.is_ascii_digit()))?;
    let number = |range: std::ops::Range<usize>| digits[range].parse::<i8>().ok();
    let year = digits[..4].parse().ok()?;
    let (month, day) = (number(4..6)?, number(6..8)?);
    let (hour, minute, second) = (number(8..10)?, number(10..12)?, number(12..14)?);
    let local = civil::DateTime::new(year, month, day, hour, minute, second.min(59), 0).ok()?;
    let zone: Vec<i32> = text[14..]
        .trim_start_matches(['+', '-', 'Z'])
        .split('\'')
        .filter(|part| !part.is_empty())
        .map_while(|part| part.parse().ok())
        .collect();
    let seconds =
        zone.first().unwrap_or(&0).checked_mul(3600)? + zone.get(1).unwrap_or(&0).checked_mul(60)?;
    let seconds = if text[14..].starts_with('-') { -seconds } else { seconds };
    Offset::from_seconds(seconds).ok()?.to_timestamp(local).ok()
}

/// UTF-16 with its mark, else UTF-8 with its mark, else as Latin letters (ISO 32000-2, 7.9.2).
fn text(string: &PdfString<'_>) -> Option<String> {
    let bytes = string.as_bytes();
    if bytes.len() > LONGEST {
        return None;
    }
    let text = match bytes {
        [0xfe, 0xff, rest @ ..] => {
            let units: Vec<u16> = rest.chunks_exact(2).map(|c| u16::from_be_bytes([c[0], c[1]])).collect();
            String::from_utf16(&units).ok()?
        }
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8(rest.to_vec()).ok()?,
        // Writers that know no better put UTF-8 here; Latin letters alone are both.
        bytes => match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => bytes.iter().map(|b| char::from(*b)).collect(),
        },
    };
    let text = clean(&text);
    (!text.is_empty()).then_some(text)
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Text,
    Signature,
    Other,
}

/// A field on the way down, with what it has from above.
struct Field<'a> {
    dict: Dict<'a>,
    name: String,
    kind: Kind,
    value: Option<Object<'a>>,
    hint: Option<String>,
    depth: u8,
}

impl<'a> Field<'a> {
    /// With its own entries over those from above.
    fn completed(mut self) -> Self {
        if let Some(part) = self.dict.get::<PdfString<'_>>(b"T").as_ref().and_then(text) {
            self.name = if self.name.is_empty() { part } else { format!("{}.{part}", self.name) };
            self.name = self.name.chars().take(LONGEST).collect();
        }
        match self.dict.get::<Name<'_>>(b"FT").as_ref().map(|name| name.as_ref()) {
            Some(b"Tx") => self.kind = Kind::Text,
            Some(b"Sig") => self.kind = Kind::Signature,
            Some(_) => self.kind = Kind::Other,
            None => {}
        }
        self.value = self.dict.get::<Object<'_>>(b"V").or(self.value);
        self.hint = self.dict.get::<PdfString<'_>>(b"TU").as_ref().and_then(text).or(self.hint);
        self
    }

    fn above(&self, dict: Dict<'a>) -> Self {
        let (name, hint) = (self.name.clone(), self.hint.clone());
        Self { dict, name, kind: self.kind, value: self.value.clone(), hint, depth: self.depth + 1 }
    }
}

/// Where the widgets of a file stand.
struct Widgets(Vec<(ObjectIdentifier, Place)>);

impl Widgets {
    fn of(pdf: &Pdf, n_before: u32) -> Self {
        let mut found = Vec::new();
        for (page, position) in pdf.pages().iter().take(MOST_PAGES).zip(n_before.saturating_add(1)..) {
            let Some(annotations) = page.raw().get::<Array<'_>>(b"Annots") else { continue };
            for annotation in annotations.iter::<Dict<'_>>().take(MOST_ANNOTATIONS) {
                let id = annotation.obj_id();
                let Some((id, rect)) = id.zip(annotation.get::<Rect>(b"Rect")) else { continue };
                if let Some(box_mm) = pdf_page::box_mm(page, rect) {
                    found.push((id, Place { page: position, box_mm }));
                }
            }
        }
        Self(found)
    }

    /// A field that is its own widget stands where that does; one that is hidden nowhere.
    fn place(&self, field: &Dict<'_>) -> Option<Place> {
        let id = field.obj_id()?;
        let place = self.0.iter().find(|(of, _)| *of == id).map(|(_, place)| *place)?;
        let BoxMm { width, height, .. } = place.box_mm;
        (width > 0.5 && height > 0.5).then_some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engines::imaging::{fault::Limits, open};

    #[test]
    fn times_are_read_with_their_zone() {
        for (text, expected) in [
            ("D:20241106101500+07'00'", Some("2024-11-06T03:15:00Z")),
            ("D:20241106101500+07'00", Some("2024-11-06T03:15:00Z")),
            ("D:20241106101500Z", Some("2024-11-06T10:15:00Z")),
            ("D:20241106101500-03'30'", Some("2024-11-06T13:45:00Z")),
            ("D:20241106101500", Some("2024-11-06T10:15:00Z")),
            ("D:20241306101500Z", None),
            ("D:20241106101500+99999999'99'", None),
            ("D:2024", None),
            ("20241106101500Z", None),
            ("D:2024110610150ộ", None),
        ] {
            assert_eq!(time(text.as_bytes()).map(|t| t.to_string()).as_deref(), expected, "{text}");
        }
    }

    fn evidence(objects: &[&str]) -> FileEvidence {
        let objects: Vec<String> = objects.iter().map(|&o| o.to_owned()).collect();
        let bytes = crate::engines::imaging::assemble_pdf(&objects);
        of_file(&open::open(vec![bytes], Limits::default()).unwrap())
    }

    const PAGES: &str = "<</Type/Pages/Count 1/Kids[3 0 R]/MediaBox[0 0 595.28 841.89]>>";

    #[test]
    fn filled_text_fields_are_given_with_their_names_and_places() {
        let found = evidence(&[
            "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R 5 0 R 7 0 R 8 0 R]>>>>",
            PAGES,
            "<</Type/Page/Parent 2 0 R/Annots[4 0 R 6 0 R 7 0 R 8 0 R]>>",
            "<</FT/Tx/T(So)/TU(S\\0372)/V(46/Q-UBND)/Rect[56.69 756.85 113.39 771.02]>>",
            "<</T(cap)/FT/Tx/Kids[6 0 R]>>",
            "<</T(ngay)/V<FEFF00300036002F0035002F0032003000320034>/Parent 5 0 R/Rect[300 700 400 720]>>",
            "<</FT/Tx/T(MaSoHoa)/V(001085012345.1.001776-KQ1.46/Q-UBND)/Rect[10 800 100 820]>>",
            "<</FT/Btn/T(dong-y)/V/Yes/Rect[10 10 20 20]>>",
        ]);
        let names: Vec<(&str, &str)> =
            found.forms.iter().map(|f| (f.name.as_str(), f.value.as_str())).collect();
        assert_eq!(names, [("So", "46/Q-UBND"), ("cap.ngay", "06/5/2024")]);
        let place = found.forms[0].place.unwrap();
        assert_eq!((place.page, <[f32; 4]>::from(place.box_mm)), (1, [20.0, 25.0, 20.0, 5.0]));
        assert!(found.signatures.is_empty() && found.coded.is_empty());
    }

    #[test]
    fn forms_that_go_in_circles_end() {
        let found = evidence(&[
            "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R 4 0 R 5 0 R]>>>>",
            PAGES,
            "<</Type/Page/Parent 2 0 R/Annots[4 0 R]>>",
            "<</FT/Tx/T(a)/Kids[4 0 R 5 0 R 4 0 R]/V(x)>>",
            "<</FT/Tx/T(b)/Kids[4 0 R 5 0 R]/V(y)>>",
        ]);
        assert!(found.forms.len() <= MOST_KEPT);
    }
}
