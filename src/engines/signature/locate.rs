//! Step 1, form: every signature of a file, read from the revision it signs, with the bytes it signs.
//!
//! Says what is wrong with how a signature is put into the file; knows nothing of what is inside
//! `/Contents`.
//!
//! Source: ISO 32000-2, 12.8.1; ETSI EN 319 142-1, 4.2 and 5.2.

mod describe;
mod remains;

use std::{
    collections::{HashMap, HashSet},
    ops::Range,
    sync::Arc,
};

use jiff::Timestamp;
use lopdf::{Dictionary, Object, ObjectId};

pub use remains::{has_remains, may_have_signature};

use super::{
    fields::{self, Form},
    verdict::{Coverage, Kind},
};
use crate::engines::pdf::revisions::RevisedPdf;

/// Most signatures that are looked at.
const MOST_SIGNATURES: usize = 500;
/// Most nodes of forms that are read, over all revisions.
const MOST_NODES: usize = 400_000;
/// The field name of a certification that no field holds.
const WITHOUT_FIELD: &str = "(DocMDP)";

/// A signature as it is put into the file.
#[derive(Debug, Clone, PartialEq)]
pub struct Located<'a> {
    /// Full name of its field.
    pub field: String,
    /// The object of its dictionary; `None` where it is written in the field.
    pub id: Option<ObjectId>,
    /// What it is for.
    pub kind: Kind,
    /// `/SubFilter`: how `/Contents` is to be read.
    pub sub_filter: String,
    /// The revision it signs; the one that holds it where it signs none.
    pub revision: usize,
    /// How much of the file it covers.
    pub coverage: Coverage,
    /// The bytes it signs: before and behind `/Contents`; empty with a `ByteRange` that says nothing.
    pub signed: [&'a [u8]; 2],
    /// `/ByteRange` as written; zeros where it is none.
    pub byte_range: [u64; 4],
    /// `/Contents`, with what pads it.
    pub contents: Vec<u8>,
    /// `/M`: the time the signer claims.
    pub claimed_at: Option<Timestamp>,
    /// `/Name`.
    pub claimed_name: Option<String>,
    /// `/Reason`.
    pub claimed_reason: Option<String>,
    /// `/Location`.
    pub claimed_location: Option<String>,
    /// `/P` of `DocMDP`, 1–3, where it certifies the document.
    pub certified_p: Option<u8>,
    /// Fields it locks.
    pub lock: Option<FieldLock>,
    /// What is wrong with it; the worst where there is more.
    pub fault: Option<FormFault>,
}

impl Located<'_> {
    /// `/Contents` without its padding: as long as the DER header in it says; all of it where that
    /// cannot be told (indefinite length).
    pub fn der(&self) -> &[u8] {
        &self.contents[..der_length(&self.contents).unwrap_or(self.contents.len())]
    }
}

/// Fields that may not be changed after a signature (`FieldMDP`, ISO 32000-2, 12.8.2.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldLock {
    /// Which fields are meant.
    pub action: LockAction,
    /// Full names; those below them are meant with them.
    pub fields: Vec<String>,
}

/// Which fields a lock means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockAction {
    /// Every field.
    All,
    /// Those named.
    Include,
    /// Every field but those named.
    Exclude,
}

impl FieldLock {
    /// Whether a field with this full name is locked.
    pub fn is_locked(&self, name: &str) -> bool {
        let is_below = |above: &String| {
            name.strip_prefix(above.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        match self.action {
            LockAction::All => true,
            LockAction::Include => self.fields.iter().any(is_below),
            LockAction::Exclude => !self.fields.iter().any(is_below),
        }
    }
}

/// What is wrong with how a signature is put into a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum FormFault {
    /// No `/ByteRange` of four whole numbers that are not negative, the first of them 0.
    #[error("Chữ ký không cho biết đúng phần tệp đã ký (ByteRange sai).")]
    ByteRange,
    /// The second range ends nowhere in particular.
    #[error("Phần tệp đã ký không kết thúc ở cuối một phiên bản của tệp.")]
    EndsElsewhere,
    /// What is left out is not exactly `/Contents`.
    #[error("Phần tệp không được ký không trùng với chỗ đặt chữ ký; nội dung có thể bị chèn vào đó.")]
    Gap,
    /// `/Contents` is no hexadecimal string in the dictionary itself.
    #[error("Nội dung chữ ký (Contents) không được ghi đúng dạng.")]
    Contents,
    /// Something else than zeros stands behind the CMS.
    #[error("Sau chữ ký còn có dữ liệu lạ trong phần để trống.")]
    Padding,
    /// The dictionary is in an earlier or later revision than the one it signs, or was written again.
    #[error("Chữ ký đã bị chuyển sang phiên bản khác của tệp hoặc bị ghi đè sau khi ký.")]
    Moved,
    /// The field holds another signature by now, or none.
    #[error("Chữ ký đã bị gỡ khỏi tệp hoặc bị thay bằng chữ ký khác sau khi ký.")]
    Removed,
    /// Another signature leaves out bytes of the same revision.
    #[error("Phạm vi của chữ ký này chồng lên phạm vi của chữ ký khác.")]
    Overlap,
    /// The dictionary says one thing twice.
    #[error("Dữ liệu chữ ký ghi một mục hai lần, có thể được hiểu theo hai cách.")]
    Ambiguous,
    /// The form cannot be read, or holds more signatures than are looked at.
    #[error("Biểu mẫu của tệp bị hỏng hoặc có quá nhiều chữ ký; không xem xét hết được.")]
    Form,
}

/// Where a signature was found.
struct Sighting {
    name: String,
    value: Object,
    field: Option<ObjectId>,
    /// The newest revision whose form shows it.
    seen_in: usize,
}

/// Every signature of a file, in the order of the revisions they sign: those of the newest form, of
/// `/Perms`, and those that only an earlier revision shows.
pub fn locate<'a>(pdf: &RevisedPdf<'a>) -> Vec<Located<'a>> {
    let (sightings, mut forms, is_whole) = sightings(pdf);
    let mut located: Vec<Located<'a>> = Vec::new();
    for sighting in &sightings {
        let mut one = read(pdf, sighting);
        check_place(pdf, sighting, &mut forms, &mut one);
        if !is_whole {
            one.fault.get_or_insert(FormFault::Form);
        }
        located.push(one);
    }
    located.sort_by_key(|one| (one.revision, one.byte_range[1]));
    check_overlaps(pdf, &mut located);
    located
}

/// The bytes of the revision a signature signs: what to show a person who asks what was signed.
pub fn extract<'b>(bytes: &'b [u8], located: &Located<'_>) -> &'b [u8] {
    let [_, _, start, length] = located.byte_range;
    let end = start.checked_add(length).and_then(|end| usize::try_from(end).ok());
    end.and_then(|end| bytes.get(..end)).unwrap_or(bytes)
}

/// Forms already read, by revision.
type Forms = HashMap<usize, Arc<Form>>;

/// Looks through the form of every revision, newest first, reading again only those that an update
/// touched. The flag says whether all was looked at.
fn sightings(pdf: &RevisedPdf<'_>) -> (Vec<Sighting>, Forms, bool) {
    let mut found: Vec<Sighting> = Vec::new();
    let mut known = HashSet::new();
    let mut forms = Forms::new();
    let (mut is_whole, mut n_nodes) = (true, 0);
    let mut current: Option<Arc<Form>> = None;
    for revision in (0..pdf.n_revisions()).rev() {
        let is_touched = |form: &Arc<Form>| {
            let root = |index| pdf.trailer(index).get(b"Root").ok().cloned();
            root(revision) != root(revision + 1)
                || pdf.entries(revision + 1).any(|(id, _)| {
                    form.read.contains(&id.0)
                        || pdf.container_of(revision, id).is_some_and(|stream| form.read.contains(&stream))
                })
        };
        if current.as_ref().is_some_and(|form| !is_touched(form)) {
            continue;
        }
        if n_nodes > MOST_NODES || found.len() > MOST_SIGNATURES {
            is_whole = false;
            break;
        }
        let mut form = fields::form(pdf, revision);
        n_nodes += form.read.len() + 1;
        is_whole &= form.is_whole || revision < pdf.newest();
        for (name, field, value) in signatures_of(pdf, revision, &form) {
            if let Object::Reference(id) = value {
                form.read.insert(id.0);
            }
            let key = match &value {
                Object::Reference(id) => (Some((*id, pdf.offset_of(revision, *id))), String::new()),
                _ => (None, name.clone()),
            };
            if known.insert(key) {
                found.push(Sighting { name, value, field, seen_in: revision });
            }
        }
        let ids: Vec<ObjectId> = form.read.iter().map(|number| (*number, 0)).collect();
        form.read.extend(ids.iter().filter_map(|id| pdf.container_of(revision, *id)));
        let form = Arc::new(form);
        forms.insert(revision, Arc::clone(&form));
        current = Some(form);
    }
    if found.len() > MOST_SIGNATURES {
        found.truncate(MOST_SIGNATURES);
        is_whole = false;
    }
    (found, forms, is_whole)
}

/// Names, fields and values of the signatures that a form and `/Perms` show.
fn signatures_of(
    pdf: &RevisedPdf<'_>,
    revision: usize,
    form: &Form,
) -> Vec<(String, Option<ObjectId>, Object)> {
    let of_fields = form.fields.iter().filter(|field| field.kind == b"Sig");
    let mut found: Vec<(String, Option<ObjectId>, Object)> = of_fields
        .filter_map(|field| {
            let value = field.value.clone().filter(|value| !matches!(value, Object::Null))?;
            Some((field.name.clone(), Some(field.id), value))
        })
        .collect();
    let perms = (|| {
        let root = pdf.trailer(revision).get(b"Root").ok()?.as_reference().ok()?;
        let catalogue = pdf.object(revision, root)?;
        let perms = pdf.resolve(revision, catalogue.as_dict().ok()?.get(b"Perms").ok()?)?;
        perms.as_dict().ok()?.get(b"DocMDP").ok().cloned()
    })();
    if let Some(certification) = perms
        && !found.iter().any(|(_, _, value)| *value == certification)
    {
        found.push((WITHOUT_FIELD.to_owned(), None, certification));
    }
    found
}

/// Where a signature's dictionary is written: spans of its values in the file.
struct Written {
    dict: Dictionary,
    spans: Vec<(Vec<u8>, Range<usize>)>,
}

impl Written {
    fn span(&self, key: &[u8]) -> Option<Range<usize>> {
        self.spans.iter().find(|(name, _)| name == key).map(|(_, span)| span.clone())
    }

    fn has_twice(&self) -> bool {
        let mut seen = HashSet::new();
        !self.spans.iter().all(|(name, _)| seen.insert(name))
    }
}

/// The dictionary as of a revision, when it stands in the file itself.
fn written(pdf: &RevisedPdf<'_>, revision: usize, sighting: &Sighting) -> Option<Written> {
    match &sighting.value {
        Object::Reference(id) => {
            let object = pdf.object(revision, *id)?;
            let dict = object.as_dict().ok()?.clone();
            Some(Written { dict, spans: pdf.spans(revision, *id).unwrap_or_default() })
        }
        Object::Dictionary(dict) => {
            let spans = sighting.field.and_then(|field| {
                let of_field = pdf.spans(revision, field)?;
                let (_, span) = of_field.into_iter().find(|(key, _)| key == b"V")?;
                pdf.spans_at(span.start)
            });
            Some(Written { dict: dict.clone(), spans: spans.unwrap_or_default() })
        }
        _ => None,
    }
}

fn read<'a>(pdf: &RevisedPdf<'a>, sighting: &Sighting) -> Located<'a> {
    let mut one = Located {
        field: sighting.name.clone(),
        id: sighting.value.as_reference().ok(),
        kind: Kind::Signature,
        sub_filter: String::new(),
        revision: sighting.seen_in,
        coverage: Coverage::Malformed,
        signed: [&[], &[]],
        byte_range: [0; 4],
        contents: Vec::new(),
        claimed_at: None,
        claimed_name: None,
        claimed_reason: None,
        claimed_location: None,
        certified_p: None,
        lock: None,
        fault: None,
    };
    let Some(found) = written(pdf, sighting.seen_in, sighting) else {
        one.fault = Some(FormFault::Contents);
        return one;
    };
    describe::describe(pdf, sighting, &found.dict, &mut one);
    one.fault = range(pdf, &found, &mut one).err();
    one
}

/// The signed bytes, the revision and `/Contents`.
fn range<'a>(pdf: &RevisedPdf<'a>, found: &Written, one: &mut Located<'a>) -> Result<(), FormFault> {
    if found.has_twice() {
        return Err(FormFault::Ambiguous);
    }
    let written = found.dict.get(b"ByteRange").ok().and_then(|range| range.as_array().ok());
    let numbers: Option<Vec<u64>> = written
        .map(|items| items.iter().map(|item| item.as_i64().ok().and_then(|n| u64::try_from(n).ok())))
        .and_then(Iterator::collect);
    let numbers = numbers.and_then(|numbers| <[u64; 4]>::try_from(numbers).ok());
    let byte_range = numbers.ok_or(FormFault::ByteRange)?;
    one.byte_range = byte_range;
    let span = found.span(b"Contents").ok_or(FormFault::Contents)?;
    let contents = pdf.string_at(span.clone()).filter(|_| pdf.bytes()[span.start] == b'<');
    one.contents = contents.ok_or(FormFault::Contents)?;
    let to_usize = |number: u64| usize::try_from(number).map_err(|_| FormFault::ByteRange);
    let (gap, resume) = (to_usize(byte_range[1])?, to_usize(byte_range[2])?);
    let end = resume.checked_add(to_usize(byte_range[3])?).ok_or(FormFault::ByteRange)?;
    let bytes = pdf.bytes();
    if byte_range[0] != 0 || gap > resume || end > bytes.len() {
        return Err(FormFault::ByteRange);
    }
    one.signed = [&bytes[..gap], &bytes[resume..end]];
    one.coverage = Coverage::Partial;
    if span != (gap..resume) {
        return Err(FormFault::Gap);
    }
    if !pdf.is_recovered() {
        one.revision = pdf.revision_ending_at(end).ok_or(FormFault::EndsElsewhere)?;
        let is_all = end == bytes.len();
        one.coverage = if is_all { Coverage::WholeFile } else { Coverage::WholeRevision };
    }
    check_padding(&one.contents)
}

/// Only zeros may follow what the DER header announces.
fn check_padding(contents: &[u8]) -> Result<(), FormFault> {
    match der_length(contents) {
        Some(length) if contents[length..].iter().any(|byte| *byte != 0) => Err(FormFault::Padding),
        _ => Ok(()),
    }
}

/// Length of the DER value at the start, header included, where it fits.
fn der_length(contents: &[u8]) -> Option<usize> {
    let [_, first, rest @ ..] = contents else { return None };
    let n_more = usize::from(first & 0x7f);
    let (header, length) = match first {
        0..=0x7f => (2, n_more),
        0x81..=0x88 => {
            let digits = rest.get(..n_more)?;
            let length = digits
                .iter()
                .try_fold(0_usize, |length, digit| Some(length.checked_mul(256)? | usize::from(*digit)))?;
            (2 + n_more, length)
        }
        _ => return None,
    };
    header.checked_add(length).filter(|length| *length <= contents.len())
}

/// The dictionary and the field have to be in the signed revision what they are now, and to have been
/// written for it.
fn check_place(pdf: &RevisedPdf<'_>, sighting: &Sighting, forms: &mut Forms, one: &mut Located<'_>) {
    if pdf.is_recovered() || !matches!(one.coverage, Coverage::WholeFile | Coverage::WholeRevision) {
        return;
    }
    let signed = one.revision;
    if sighting.seen_in < pdf.newest() && !is_still_shown(pdf, sighting, forms) {
        one.fault.get_or_insert(FormFault::Removed);
    }
    let holder = one.id.or(sighting.field);
    let Some(holder) = holder else { return };
    let is_same = pdf.offset_of(signed, holder) == pdf.offset_of(sighting.seen_in, holder);
    // Written for the revision it signs: behind the end of the one before.
    let from = signed.checked_sub(1).map_or(0, |before| pdf.revision(before).end);
    let is_within = usize::try_from(one.byte_range[1]).is_ok_and(|gap| gap >= from);
    let is_there = is_same && is_within && {
        let form = form_of(pdf, signed, forms);
        let then = signatures_of(pdf, signed, &form);
        then.iter().any(|(name, _, value)| {
            *name == sighting.name
                && (*value == sighting.value || (one.id.is_none() && value.as_dict().is_ok()))
        })
    };
    if !is_there {
        one.fault = Some(FormFault::Moved);
    }
}

/// Whether the newest form shows the same signature.
fn is_still_shown(pdf: &RevisedPdf<'_>, sighting: &Sighting, forms: &mut Forms) -> bool {
    let newest = pdf.newest();
    let form = form_of(pdf, newest, forms);
    let now = signatures_of(pdf, newest, &form);
    now.iter().any(|(name, _, value)| *name == sighting.name && *value == sighting.value)
        && sighting
            .value
            .as_reference()
            .is_ok_and(|id| pdf.offset_of(newest, id) == pdf.offset_of(sighting.seen_in, id))
}

fn form_of(pdf: &RevisedPdf<'_>, revision: usize, forms: &mut Forms) -> Arc<Form> {
    if let Some(form) = forms.get(&revision) {
        return Arc::clone(form);
    }
    let form = Arc::new(fields::form(pdf, revision));
    if forms.len() < MOST_SIGNATURES * 2 {
        forms.insert(revision, Arc::clone(&form));
    }
    form
}

/// Two signatures cannot leave out bytes of one revision: what one of them signs would hang on the other.
fn check_overlaps(pdf: &RevisedPdf<'_>, located: &mut [Located<'_>]) {
    if pdf.is_recovered() {
        return;
    }
    let is_whole = |one: &Located<'_>| matches!(one.coverage, Coverage::WholeFile | Coverage::WholeRevision);
    for at in 1..located.len() {
        let (before, rest) = located.split_at_mut(at);
        let (Some(one), Some(other)) = (before.last_mut(), rest.first_mut()) else { continue };
        if is_whole(one) && is_whole(other) && one.revision == other.revision {
            one.fault.get_or_insert(FormFault::Overlap);
            other.fault.get_or_insert(FormFault::Overlap);
        }
    }
}

#[cfg(test)]
mod tests;
