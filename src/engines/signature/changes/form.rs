//! The form: fields that were filled in, signed or added.

use std::collections::{HashMap, HashSet};

use lopdf::{Dictionary, Object, ObjectId};

use super::{
    ChangeKind, Rules, Said, Why, message,
    walk::{Origin, Walk},
};
use crate::engines::{
    pdf::CODE_MARK_KEY,
    signature::{
        fields::{self, Field, Form},
        locate::{FormFault, Located},
        verdict::Kind,
    },
};

/// Keys of the form that have their own rules.
const OWN_RULES: [&[u8]; 6] = [b"Fields", b"DR", b"DA", b"Q", b"NeedAppearances", b"SigFlags"];
/// What may change in a field at any time.
const ALWAYS: [&[u8]; 2] = [b"Ff", b"Type"];
/// What may change where a text or a choice is filled in.
const FILLED: [&[u8]; 11] = [b"V", b"RV", b"I", b"AP", b"AS", b"F", b"DA", b"Q", b"Ff", b"Type", b"M"];
/// What may change where a box is ticked: its faces are there already.
const TICKED: [&[u8]; 6] = [b"V", b"AS", b"F", b"Ff", b"Type", b"M"];
/// What may change where a field is signed.
const SIGNED: [&[u8]; 9] = [b"V", b"AP", b"AS", b"F", b"DA", b"Q", b"Ff", b"Type", b"M"];
/// Keys whose change is looked at by itself, or does not matter.
const SEEN_ELSEWHERE: [&[u8]; 5] = [b"V", b"AP", b"AS", b"Ff", b"Type"];
/// What a new field for a signature and its widgets may hold: nothing that acts or hides.
const NEW_FIELD: [&[u8]; 29] = [
    b"Type",
    b"Subtype",
    b"FT",
    b"T",
    b"TU",
    b"TM",
    b"Ff",
    b"V",
    b"Rect",
    b"P",
    b"F",
    b"M",
    b"NM",
    b"AP",
    b"AS",
    b"BS",
    b"Border",
    b"C",
    b"MK",
    b"DA",
    b"DR",
    b"Q",
    b"Lock",
    b"SV",
    b"Kids",
    b"Parent",
    b"H",
    b"Contents",
    CODE_MARK_KEY.as_bytes(), // ours: which code the face shows; no reader looks at it
];
/// Flags of annotations that decide whether one is seen: Invisible, Hidden, NoView.
const SEEN_FLAGS: i64 = 1 | 2 | 32;
/// Print: may be set, not taken back.
const PRINT_FLAG: i64 = 4;
/// Push buttons hold no value.
const PUSH_BUTTON: i64 = 1 << 16;

/// A choice that shows one line.
const COMBO: i64 = 1 << 17;
/// Most lines of a choice that are looked at.
const MOST_CHOSEN: usize = 5_000;

/// What pages need to know of the form.
#[derive(Default)]
pub(super) struct Outcome {
    /// Widgets of fields that may have been added.
    pub new_widgets: HashSet<ObjectId>,
    /// Widgets that may look different.
    pub shown: HashMap<ObjectId, Why>,
    /// What the fields of widgets say that were filled in: places in [`Findings::said`](super::Findings).
    pub said: HashMap<ObjectId, usize>,
}

struct Comparison<'w, 'p, 'a, 'c, 'l> {
    walk: &'w mut Walk<'p, 'a, 'c>,
    located: &'l [Located<'l>],
    rules: &'l Rules<'l>,
    outcome: Outcome,
}

/// Compares the forms of both revisions; the fields of the signed one are then known to the walk.
pub(super) fn compare(
    walk: &mut Walk<'_, '_, '_>,
    root: ObjectId,
    located: &[Located<'_>],
    rules: &Rules<'_>,
) -> Outcome {
    let (old, new) = (fields::form(walk.pdf, walk.from), fields::form(walk.pdf, walk.to));
    if !old.is_whole {
        walk.found.give_up();
    } else if !new.is_whole {
        walk.report(Origin::Form);
    }
    for field in &old.fields {
        walk.linked.insert(field.id);
        walk.linked.extend(&field.widgets);
    }
    walk.linked.extend(old.groups.iter().map(|(_, id)| *id));
    let added = top(walk, root);
    let mut comparison = Comparison { walk, located, rules, outcome: Outcome::default() };
    comparison.fields(&old, &new, &added);
    comparison.outcome
}

/// The form itself; gives the fields that were added to its list.
fn top(walk: &mut Walk<'_, '_, '_>, root: ObjectId) -> HashSet<ObjectId> {
    let nothing = HashSet::new();
    let Some((old, new)) = walk.dictionaries(root) else { return nothing };
    let (old, new) = match (walk.old_value(&old, b"AcroForm"), walk.new_value(&new, b"AcroForm")) {
        (None, None) => return nothing,
        (Some(Object::Dictionary(old)), Some(Object::Dictionary(new))) => (old, new),
        _ => {
            walk.report(Origin::Form);
            return nothing;
        }
    };
    walk.dicts_differ(&old, &new, &OWN_RULES, |_| Origin::Form);
    let flags = |dict: &Dictionary| dict.get(b"SigFlags").map_or(Some(0), |flags| flags.as_i64().ok());
    let is_kept = matches!((flags(&old), flags(&new)), (Some(old), Some(new)) if old & new == old);
    let redraws =
        |dict: &Dictionary| dict.get(b"NeedAppearances").is_ok_and(|v| *v != Object::Boolean(false));
    let mut is_right = is_kept && redraws(&old) == redraws(&new);
    for key in [b"DA".as_slice(), b"Q"] {
        let plain = |value: &Object| matches!(value, Object::String(..) | Object::Integer(_));
        is_right &= match (old.get(key).ok(), new.get(key).ok()) {
            (Some(old), Some(new)) => old == new,
            (Some(_), None) => false,
            (None, new) => new.is_none_or(plain),
        };
    }
    if !is_right || resources_lost(walk, &old, &new) {
        walk.report(Origin::Form);
    }
    let list =
        |value: Option<Object>| value.and_then(|list| list.as_array().ok().cloned()).unwrap_or_default();
    let (old, new) = (list(walk.old_value(&old, b"Fields")), list(walk.new_value(&new, b"Fields")));
    match added(&old, &new) {
        Some(added) => added.into_iter().filter_map(|field| field.as_reference().ok()).collect(),
        None => {
            walk.report(Origin::Form);
            nothing
        }
    }
}

/// What a list has more than another; `None` where the old items are not all there in their order.
pub(super) fn added<'v>(old: &[Object], new: &'v [Object]) -> Option<Vec<&'v Object>> {
    let mut rest = old.iter().peekable();
    let more: Vec<&Object> = new.iter().filter(|item| rest.next_if(|old| old == item).is_none()).collect();
    rest.peek().is_none().then_some(more)
}

/// Whether a font or another resource of the form is gone or another one; further ones are welcome.
fn resources_lost(walk: &mut Walk<'_, '_, '_>, old: &Dictionary, new: &Dictionary) -> bool {
    if !old.has(b"DR") {
        return false;
    }
    let (Some(Object::Dictionary(old)), Some(Object::Dictionary(new))) =
        (walk.old_value(old, b"DR"), walk.new_value(new, b"DR"))
    else {
        return true;
    };
    let mut is_lost = false;
    for (kind, _) in &old {
        let values = (walk.old_value(&old, kind), walk.new_value(&new, kind));
        is_lost |= match values {
            (Some(Object::Dictionary(old)), Some(Object::Dictionary(new))) => {
                old.iter().any(|(name, value)| {
                    new.get(name).map_or(true, |other| walk.differs(value, other, name, Origin::Form))
                })
            }
            (Some(old), Some(new)) => walk.differs(&old, &new, kind, Origin::Form),
            (None, None) => false,
            _ => true,
        };
    }
    is_lost
}

impl Comparison<'_, '_, '_, '_, '_> {
    fn tell(&mut self, kind: ChangeKind, name: &str) {
        self.walk.found.add(kind, message::on_field(kind, name));
    }

    fn origin(&mut self, name: &str) -> Origin {
        self.walk.names.push(name.to_owned());
        Origin::Field(self.walk.names.len() - 1)
    }

    fn fields(&mut self, old: &Form, new: &Form, added: &HashSet<ObjectId>) {
        let now: HashMap<ObjectId, &Field> = new.fields.iter().map(|field| (field.id, field)).collect();
        let names: HashSet<&str> = old.fields.iter().map(|field| field.name.as_str()).collect();
        let known: HashSet<ObjectId> = old.fields.iter().map(|field| field.id).collect();
        for field in &old.fields {
            if !self.walk.go_on() {
                return;
            }
            match now.get(&field.id) {
                Some(now) if now.name == field.name => self.field(field, now),
                _ => self.tell(ChangeKind::FieldRemoved, &field.name),
            }
        }
        if old.groups.iter().any(|group| !new.groups.contains(group))
            || new.groups.iter().any(|group| !old.groups.contains(group))
        {
            self.walk.report(Origin::Form);
        }
        for (name, id) in &old.groups {
            let origin = self.origin(name);
            match self.walk.dictionaries(*id) {
                Some((old, new)) => {
                    self.walk.dicts_differ(&old, &new, &[], |_| origin);
                }
                None => self.walk.report(origin),
            }
        }
        for field in new.fields.iter().filter(|field| !known.contains(&field.id)) {
            let is_new = !names.contains(field.name.as_str()) && added.contains(&field.id);
            if field.kind == b"Sig" && is_new && !self.walk.pdf.has(self.walk.from, field.id) {
                self.new_field(field);
            } else {
                self.tell(ChangeKind::FieldAdded, &field.name);
            }
        }
    }

    /// A field of both revisions.
    fn field(&mut self, old: &Field, new: &Field) {
        let is_filled = self.value_differs(old.value.as_ref(), new.value.as_ref());
        let holds =
            |value: &Option<Object>| value.as_ref().is_some_and(|value| !matches!(value, Object::Null));
        let allowed: &[&[u8]] = match (old.kind.as_slice(), holds(&old.value), holds(&new.value)) {
            (b"Sig", false, true) => &SIGNED,
            (b"Tx" | b"Ch", ..) => &FILLED,
            (b"Btn", ..) if !self.is_push_button(old) => &TICKED,
            _ => &ALWAYS,
        };
        let (is_touched, new_faces) = self.nodes(old, allowed, is_filled);
        if !(is_touched || is_filled) {
            return;
        }
        if old.kind == b"Sig" {
            // A signature that was there and is another one, or none, was told as a change of the field.
            if !holds(&old.value) {
                self.signed(new);
            }
            self.outcome.shown.extend(new.widgets.iter().map(|widget| (*widget, Why::Face)));
            return;
        }
        let kind = if self.rules.is_locked(&old.name) {
            ChangeKind::FieldLocked
        } else if self.rules.certified_p == Some(1) {
            ChangeKind::Certification
        } else {
            ChangeKind::FieldFilled
        };
        self.tell(kind, &old.name);
        let why = match (is_filled, self.is_empty(old)) {
            (false, _) => Why::SameValue,
            (true, true) => Why::Filled,
            (true, false) => Why::Refilled,
        };
        if is_filled && matches!(old.kind.as_slice(), b"Tx" | b"Ch") {
            let said = said(self.walk, new);
            let at = self.walk.found.said.len();
            self.walk.found.said.push(said);
            self.outcome.said.extend(new.widgets.iter().map(|widget| (*widget, at)));
        }
        self.outcome.shown.extend(new_faces.into_iter().chain(new.widgets.iter().copied()).map(|w| (w, why)));
    }

    /// A field and its widgets, save for what is `allowed` to change: whether any of that did, and the
    /// widgets that have another face.
    fn nodes(&mut self, field: &Field, allowed: &[&[u8]], is_filled: bool) -> (bool, Vec<ObjectId>) {
        let may = |key: &[u8]| allowed.contains(&key);
        let mut nodes = vec![field.id];
        nodes.extend(field.widgets.iter().filter(|widget| **widget != field.id));
        let (mut is_touched, mut new_faces) = (false, Vec::new());
        for node in nodes {
            let origin = self.origin(&field.name);
            let Some((was, is)) = self.walk.dictionaries(node) else {
                self.walk.report(origin);
                continue;
            };
            self.walk.dicts_differ(&was, &is, allowed, |_| origin);
            if !kept_right(&was, &is) {
                self.walk.report(origin);
            }
            if may(b"V") && !is_filled {
                self.follow_same(&was, &is, b"V", origin);
            }
            let is_other = |key: &[u8]| was.get(key).ok() != is.get(key).ok();
            let is_new_face = may(b"AP") && self.face_differs(&was, &is, origin);
            if is_new_face || (may(b"AS") && is_other(b"AS")) {
                new_faces.push(node);
            }
            is_touched |= allowed.iter().any(|key| !SEEN_ELSEWHERE.contains(key) && is_other(key));
        }
        (is_touched || !new_faces.is_empty(), new_faces)
    }

    fn is_push_button(&self, field: &Field) -> bool {
        let dict = self.walk.pdf.object(self.walk.from, field.id);
        let flags = dict.and_then(|dict| dict.as_dict().ok()?.get(b"Ff").ok()?.as_i64().ok());
        flags.unwrap_or(0) & PUSH_BUTTON != 0
    }

    /// Whether a field showed nothing: no value, an empty text, a box that is not ticked.
    fn is_empty(&self, field: &Field) -> bool {
        let value = field.value.as_ref().and_then(|value| self.walk.pdf.resolve(self.walk.from, value));
        value.is_none_or(|value| match &*value {
            Object::String(text, _) => text.iter().all(|byte| byte.is_ascii_whitespace() || *byte == 0),
            Object::Name(state) => state == b"Off",
            other => matches!(other, Object::Null),
        })
    }

    fn value_differs(&self, old: Option<&Object>, new: Option<&Object>) -> bool {
        let (old, new) = match (old, new) {
            (None, None) => return false,
            (Some(old), Some(new)) => (old, new),
            _ => return true,
        };
        if !self.walk.is_moved(old, new) {
            return false;
        }
        let (pdf, walk) = (self.walk.pdf, &self.walk);
        match (pdf.resolve(walk.from, old), pdf.resolve(walk.to, new)) {
            (Some(old), Some(new)) => match (&*old, &*new) {
                (Object::String(old, _), Object::String(new, _)) => old != new,
                (Object::Name(old), Object::Name(new)) => old != new,
                _ => true,
            },
            _ => true,
        }
    }

    /// What is the same as written has to be the same behind its references.
    fn follow_same(&mut self, old: &Dictionary, new: &Dictionary, key: &[u8], origin: Origin) {
        if let (Ok(old), Ok(new)) = (old.get(key), new.get(key))
            && old == new
        {
            let _ = self.walk.differs(old, new, key, origin);
        }
    }

    /// Whether a widget has another face; faces that are the same are compared in depth.
    fn face_differs(&mut self, old: &Dictionary, new: &Dictionary, origin: Origin) -> bool {
        let (old, new) = match (self.walk.old_value(old, b"AP"), self.walk.new_value(new, b"AP")) {
            (None, None) => return false,
            (Some(Object::Dictionary(old)), Some(Object::Dictionary(new))) => (old, new),
            (None, Some(Object::Dictionary(new))) => (Dictionary::new(), new),
            _ => {
                self.walk.report(origin);
                return true;
            }
        };
        let mut is_different = false;
        for key in [b"N".as_slice(), b"R", b"D"] {
            match (old.get(key).ok(), new.get(key).ok()) {
                (None, None) => {}
                (Some(old), Some(new)) if !self.walk.is_moved(old, new) => {
                    let _ = self.walk.differs(old, new, key, origin);
                }
                (_, Some(_)) => {
                    is_different = true;
                    if self.walk.new_value(&new, key).is_none_or(|face| face.as_stream().is_err()) {
                        self.walk.report(origin);
                    }
                }
                (Some(_), None) => self.walk.report(origin),
            }
        }
        let known: [&[u8]; 3] = [b"N", b"R", b"D"];
        self.walk.dicts_differ(&old, &new, &known, |_| origin);
        is_different
    }

    /// A field that was added for a signature.
    fn new_field(&mut self, field: &Field) {
        let mut nodes = vec![field.id];
        nodes.extend(field.widgets.iter().filter(|widget| **widget != field.id));
        let (mut is_visible, mut has_face, mut is_right) = (false, false, true);
        for node in nodes {
            let object = self.walk.pdf.object(self.walk.to, node);
            let Some(dict) = object.as_ref().and_then(|object| object.as_dict().ok()) else {
                is_right = false;
                continue;
            };
            is_right &= !self.walk.pdf.has(self.walk.from, node)
                && !self.walk.pdf.is_ambiguous(self.walk.to, node)
                && dict.iter().all(|(key, _)| NEW_FIELD.contains(&key.as_slice()));
            is_visible |= area(self.walk, dict) > 0.0;
            has_face |= dict.has(b"AP");
        }
        if !is_right {
            self.tell(ChangeKind::FieldAdded, &field.name);
            return;
        }
        self.outcome.new_widgets.extend(&field.widgets);
        // Without a signature nobody answers for what is drawn: nothing may be.
        let why = if field.value.is_some() { Why::Face } else { Why::SameValue };
        if has_face {
            self.outcome.shown.extend(field.widgets.iter().map(|widget| (*widget, why)));
        }
        if is_visible && self.rules.certified_p.is_some() {
            self.tell(ChangeKind::Certification, &field.name);
        } else if is_visible && self.rules.is_locked(&field.name) {
            self.tell(ChangeKind::FieldLocked, &field.name);
        }
        if field.value.is_some() {
            self.signed(field);
        } else {
            self.tell(ChangeKind::SignatureField, &field.name);
        }
    }

    /// A field that holds a signature now, and held none.
    fn signed(&mut self, field: &Field) {
        let id = field.value.as_ref().and_then(|value| value.as_reference().ok());
        let found = id.and_then(|id| {
            let is_it = |one: &&Located<'_>| one.id == Some(id) && one.field == field.name;
            // One that was taken out later is told there; in between it was right.
            let is_right = |fault: &Option<FormFault>| {
                fault.is_none_or(|fault| fault == FormFault::Removed && self.walk.to < self.walk.pdf.newest())
            };
            self.located.iter().find(is_it).filter(|one| is_right(&one.fault))
        });
        let is_new = id.is_some_and(|id| !self.walk.pdf.has(self.walk.from, id));
        let Some(found) = found.filter(|_| is_new) else {
            self.tell(ChangeKind::FalseSignature, &field.name);
            return;
        };
        let is_visible = field.widgets.iter().any(|widget| {
            let object = self.walk.pdf.object(self.walk.to, *widget);
            object.is_some_and(|object| object.as_dict().is_ok_and(|dict| area(self.walk, dict) > 0.0))
        });
        let is_timestamp = found.kind == Kind::Doctimestamp && !is_visible;
        let kind = match found.kind {
            _ if !is_timestamp && self.rules.is_locked(&field.name) => ChangeKind::FieldLocked,
            _ if !is_timestamp && self.rules.certified_p == Some(1) => ChangeKind::Certification,
            Kind::Doctimestamp => ChangeKind::DocumentTimestamp,
            Kind::Signature => ChangeKind::Signature,
        };
        self.tell(kind, &field.name);
    }
}

/// What a text or a choice says in the later revision.
fn said(walk: &Walk<'_, '_, '_>, field: &Field) -> Said {
    let decoded = |value: &Object| lopdf::decode_text_string(value).ok();
    let follow = |value: &Object| walk.pdf.resolve(walk.to, value).map(std::borrow::Cow::into_owned);
    let value = field.value.as_ref().and_then(follow);
    let mut texts: Vec<String> = match &value {
        None if field.value.is_none() => vec![String::new()],
        Some(Object::Null) => vec![String::new()],
        Some(text @ Object::String(..)) => decoded(text).into_iter().collect(),
        Some(Object::Array(items)) => items.iter().take(MOST_CHOSEN).filter_map(decoded).collect(),
        _ => Vec::new(),
    };
    let dict = walk.pdf.object(walk.to, field.id);
    let dict = dict.as_ref().and_then(|dict| dict.as_dict().ok());
    let flags = dict.and_then(|dict| dict.get(b"Ff").ok()?.as_i64().ok()).unwrap_or(0);
    let is_choice = field.kind == b"Ch";
    // A choice may be shown in other words than it is stored in: pairs in `/Opt`.
    let options = dict.filter(|_| is_choice).and_then(|dict| walk.new_value(dict, b"Opt"));
    for option in options.iter().filter_map(|o| o.as_array().ok()).flatten().take(MOST_CHOSEN) {
        let Some(Object::Array(pair)) = follow(option) else { continue };
        let words: Vec<String> = pair.iter().filter_map(decoded).collect();
        if let [stored, shown] = words.as_slice()
            && texts.contains(stored)
        {
            texts.push(shown.clone());
        }
    }
    Said { name: field.name.clone(), texts, is_list: is_choice && flags & COMBO == 0 }
}

/// Whether `/Type` and the flags that decide what is seen are as they may be.
fn kept_right(old: &Dictionary, new: &Dictionary) -> bool {
    let is_annotation = match (old.get(b"Type").ok(), new.get(b"Type").ok()) {
        (Some(old), new) => new == Some(old),
        (None, None) => true,
        (None, Some(new)) => new.as_name().is_ok_and(|name| name == b"Annot"),
    };
    let flags = |dict: &Dictionary| dict.get(b"F").map_or(Some(0), |flags| flags.as_i64().ok());
    let (Some(old), Some(new)) = (flags(old), flags(new)) else { return false };
    is_annotation && (old ^ new) & SEEN_FLAGS == 0 && (old & !new) & PRINT_FLAG == 0
}

/// Area of a widget in user units; nothing where it has no sound rectangle.
fn area(walk: &Walk<'_, '_, '_>, dict: &Dictionary) -> f32 {
    rectangle(walk, dict).map_or(0.0, |[x0, y0, x1, y1]| ((x1 - x0) * (y1 - y0)).abs())
}

/// `/Rect` in the newest revision, its corners in order.
pub(super) fn rectangle(walk: &Walk<'_, '_, '_>, dict: &Dictionary) -> Option<[f32; 4]> {
    let rect = walk.new_value(dict, b"Rect")?;
    let items = rect.as_array().ok()?;
    let numbers: Option<Vec<f32>> = items
        .iter()
        .map(|item| walk.pdf.resolve(walk.to, item)?.as_float().ok().filter(|number| number.is_finite()))
        .collect();
    let [x0, y0, x1, y1] = <[f32; 4]>::try_from(numbers?).ok()?;
    Some([x0.min(x1), y0.min(y1), x0.max(x1), y0.max(y1)])
}
