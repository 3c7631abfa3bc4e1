//! Two revisions walked side by side: everything that can be reached has to be the same.
//!
//! Pages and fields are left out where something points at them: their own modules compare them.

use std::collections::{HashMap, HashSet};

use lopdf::{Dictionary, Object, ObjectId};

use super::{ChangeKind, Findings, Limits, message};
use crate::engines::pdf::revisions::RevisedPdf;

/// How often the clock is asked: once in so many objects.
const CLOCK_EVERY: usize = 64;
/// Deepest page tree.
const DEEPEST_TREE: u8 = 64;

/// Keys under which a reference to a field or a widget means nothing but that field.
const LINKS: [&[u8]; 6] = [b"Kids", b"Parent", b"Fields", b"Annots", b"CO", b"Obj"];

/// What part of the document something belongs to; says how a difference is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// Content of a page.
    Content(usize),
    /// Resources of a page.
    Resources(usize),
    /// Other properties of a page.
    Page(usize),
    /// An annotation on a page.
    Annotation(usize),
    /// The page tree.
    Tree,
    /// Resources that pages inherit.
    TreeResources,
    /// Other properties that pages inherit.
    TreeProperties,
    /// A field, by its place in [`Walk::names`].
    Field(usize),
    /// The form.
    Form,
    /// The catalogue and the rest.
    Document,
    /// The encryption.
    Encryption,
}

pub(super) struct Walk<'p, 'a, 'c> {
    pub pdf: &'p RevisedPdf<'a>,
    pub from: usize,
    pub to: usize,
    pub found: Findings,
    limits: &'p Limits<'c>,
    changed: HashSet<u32>,
    waiting: Vec<(ObjectId, Origin)>,
    seen: HashSet<ObjectId>,
    pub n_objects: usize,
    is_late: bool,
    /// Pages of the signed revision, in order.
    pub pages: Vec<ObjectId>,
    page_of: HashMap<ObjectId, usize>,
    catalogue: Option<ObjectId>,
    tree: HashSet<ObjectId>,
    /// Fields, groups and widgets of the signed revision.
    pub linked: HashSet<ObjectId>,
    /// Names of fields, for messages.
    pub names: Vec<String>,
}

impl<'p, 'a, 'c> Walk<'p, 'a, 'c> {
    pub fn new(
        pdf: &'p RevisedPdf<'a>,
        (from, to): (usize, usize),
        limits: &'p Limits<'c>,
        found: Findings,
    ) -> Self {
        Self {
            pdf,
            from,
            to,
            found,
            limits,
            changed: pdf.changed_between(from, to).into_iter().collect(),
            waiting: Vec::new(),
            seen: HashSet::new(),
            n_objects: 0,
            is_late: false,
            pages: Vec::new(),
            page_of: HashMap::new(),
            catalogue: None,
            tree: HashSet::new(),
            linked: HashSet::new(),
            names: Vec::new(),
        }
    }

    /// The catalogue, the same object in both revisions; trailers are compared on the way.
    pub fn root(&mut self) -> Option<ObjectId> {
        let (old, new) = (self.pdf.trailer(self.from), self.pdf.trailer(self.to));
        let encrypt = (old.get(b"Encrypt").ok(), new.get(b"Encrypt").ok());
        let is_same = match encrypt {
            (None, None) => true,
            (Some(old), Some(new)) => !self.differs(old, new, b"Encrypt", Origin::Encryption),
            _ => false,
        };
        // The first half of the id is part of the keys.
        let id = |trailer: &Dictionary| {
            let id = trailer.get(b"ID").ok()?.as_array().ok()?;
            id.first()?.as_str().ok().map(<[u8]>::to_vec)
        };
        if !is_same || (self.pdf.is_encrypted() && id(old) != id(new)) {
            self.report(Origin::Encryption);
        }
        let root = |trailer: &Dictionary| trailer.get(b"Root").ok()?.as_reference().ok();
        match (root(old), root(new)) {
            (Some(old), Some(new)) if old == new => Some(old),
            _ => {
                self.report(Origin::Document);
                None
            }
        }
    }

    /// Objects of the signed revision that were written again so that they can be read in two ways.
    pub fn ambiguous(&mut self) {
        let mut numbers: Vec<u32> = self.changed.iter().copied().collect();
        numbers.sort_unstable();
        for number in numbers {
            let Some(id) = self.pdf.id_of(self.to, number) else { continue };
            if !self.pdf.has(self.from, id) {
                continue;
            }
            if !self.go_on() {
                return;
            }
            if self.pdf.is_ambiguous(self.to, id) {
                self.found.add(ChangeKind::Unclear, message::plain(ChangeKind::Unclear));
                return;
            }
        }
    }

    /// Whether an object is found elsewhere in the newest revision than in the signed one.
    pub fn is_changed(&self, id: ObjectId) -> bool {
        self.changed.contains(&id.0)
    }

    /// Both dictionaries of an object.
    pub fn dictionaries(&self, id: ObjectId) -> Option<(Dictionary, Dictionary)> {
        let of = |revision| self.pdf.object(revision, id)?.as_dict().ok().cloned();
        Some((of(self.from)?, of(self.to)?))
    }

    /// The value a dictionary of the later revision holds, references followed.
    pub fn new_value(&self, dict: &Dictionary, key: &[u8]) -> Option<Object> {
        Some(self.pdf.resolve(self.to, dict.get(key).ok()?)?.into_owned())
    }

    /// The same for the signed revision.
    pub fn old_value(&self, dict: &Dictionary, key: &[u8]) -> Option<Object> {
        Some(self.pdf.resolve(self.from, dict.get(key).ok()?)?.into_owned())
    }

    /// Compares two dictionaries key by key, without those in `except`; tells whether they differ.
    pub fn dicts_differ(
        &mut self,
        old: &Dictionary,
        new: &Dictionary,
        except: &[&[u8]],
        origin: impl Fn(&[u8]) -> Origin,
    ) -> bool {
        let mut is_different = false;
        for (key, value) in old {
            if except.contains(&key.as_slice()) {
                continue;
            }
            let differs = match new.get(key) {
                Ok(other) => self.differs(value, other, key, origin(key)),
                Err(_) => true,
            };
            if differs {
                self.report(origin(key));
                is_different = true;
            }
        }
        for (key, _) in new {
            if !except.contains(&key.as_slice()) && !old.has(key) {
                self.report(origin(key));
                is_different = true;
            }
        }
        is_different
    }

    /// Whether two values differ as written; what they refer to is compared later.
    pub fn differs(&mut self, old: &Object, new: &Object, key: &[u8], origin: Origin) -> bool {
        match (old, new) {
            (Object::Reference(old), Object::Reference(new)) => {
                if old == new {
                    self.follow(*old, key, origin);
                }
                old != new
            }
            (Object::Array(old), Object::Array(new)) => {
                old.len() != new.len()
                    || old.iter().zip(new).any(|(old, new)| self.differs(old, new, key, origin))
            }
            (Object::Dictionary(old), Object::Dictionary(new)) => self.direct_dicts_differ(old, new, origin),
            (Object::Real(old), Object::Real(new)) => old.to_bits() != new.to_bits(),
            (Object::String(old, _), Object::String(new, _)) => old != new,
            _ => old != new,
        }
    }

    fn direct_dicts_differ(&mut self, old: &Dictionary, new: &Dictionary, origin: Origin) -> bool {
        old.len() != new.len()
            || old.iter().any(|(key, value)| match new.get(key) {
                Ok(other) => self.differs(value, other, key, origin),
                Err(_) => true,
            })
    }

    /// Takes an object to be compared, unless it is one that has its own rules.
    pub fn follow(&mut self, id: ObjectId, key: &[u8], origin: Origin) {
        // Signatures may name the catalogue as what they were made over; nothing else has to do with it.
        let is_known = self.page_of.contains_key(&id)
            || self.tree.contains(&id)
            || (self.catalogue == Some(id) && key == b"Data");
        if is_known || (LINKS.contains(&key) && self.linked.contains(&id)) || !self.seen.insert(id) {
            return;
        }
        self.waiting.push((id, origin));
    }

    /// Compares what is waiting, and what that refers to.
    pub fn finish(&mut self) {
        while let Some((id, origin)) = self.waiting.pop() {
            if !self.go_on() {
                return;
            }
            if !self.is_changed(id) {
                match self.pdf.object(self.to, id) {
                    Some(object) => self.descend(&object, b"", origin),
                    // Readers would go looking for it, and may find something that came later.
                    None if self.pdf.has(self.to, id) => self.found.give_up(),
                    None => {}
                }
            } else if self.objects_differ(id, origin) {
                self.report(origin);
            }
        }
    }

    /// Counts an object; `false` when the patience is over.
    pub fn go_on(&mut self) -> bool {
        self.n_objects += 1;
        if self.n_objects.is_multiple_of(CLOCK_EVERY) && (self.limits.is_late)() {
            self.is_late = true;
        }
        if self.is_late || self.n_objects > self.limits.most_objects || self.pdf.is_exhausted() {
            self.found.give_up();
            return false;
        }
        true
    }

    fn objects_differ(&mut self, id: ObjectId, origin: Origin) -> bool {
        let (old, new) = (self.pdf.object(self.from, id), self.pdf.object(self.to, id));
        match (old, new) {
            // A hole that is filled later, or the other way round, is how shadows are cast.
            (None, None) => self.pdf.has(self.from, id) != self.pdf.has(self.to, id),
            (Some(old), Some(new)) => match (&*old, &*new) {
                (Object::Stream(old), Object::Stream(new)) => {
                    let is_same = !self.direct_dicts_differ(&old.dict, &new.dict, origin)
                        && self.pdf.raw_stream(self.from, id) == self.pdf.raw_stream(self.to, id);
                    !is_same
                }
                (old, new) => self.differs(old, new, b"", origin),
            },
            _ => true,
        }
    }

    /// Takes what a value that is the same in both revisions refers to.
    fn descend(&mut self, value: &Object, key: &[u8], origin: Origin) {
        match value {
            Object::Reference(id) => self.follow(*id, key, origin),
            Object::Array(items) => items.iter().for_each(|item| self.descend(item, key, origin)),
            Object::Dictionary(dict) => dict.iter().for_each(|(key, value)| self.descend(value, key, origin)),
            Object::Stream(stream) => {
                stream.dict.iter().for_each(|(key, value)| self.descend(value, key, origin));
            }
            _ => {}
        }
    }

    /// Tells a difference by where it is.
    pub fn report(&mut self, origin: Origin) {
        let (kind, text) = match origin {
            Origin::Content(page) => on_page(ChangeKind::PageContent, page),
            Origin::Resources(page) => on_page(ChangeKind::Resources, page),
            Origin::Page(page) => on_page(ChangeKind::PageProperties, page),
            Origin::Annotation(page) => on_page(ChangeKind::AnnotationChanged, page),
            Origin::Tree => plain(ChangeKind::PageOrder),
            Origin::TreeResources => plain(ChangeKind::Resources),
            Origin::TreeProperties => plain(ChangeKind::PageProperties),
            Origin::Field(at) => {
                let name = self.names.get(at).map_or("", String::as_str);
                (ChangeKind::FieldChanged, message::on_field(ChangeKind::FieldChanged, name))
            }
            Origin::Form => plain(ChangeKind::Form),
            Origin::Document => plain(ChangeKind::Document),
            Origin::Encryption => plain(ChangeKind::Encryption),
        };
        self.found.add(kind, text);
    }

    /// Notes the pages of the signed revision, in order.
    pub fn collect_pages(&mut self, root: ObjectId) {
        let top = self.pdf.object(self.from, root);
        let top = top.as_ref().and_then(|root| root.as_dict().ok()?.get(b"Pages").ok()?.as_reference().ok());
        self.catalogue = Some(root);
        let mut waiting: Vec<(ObjectId, u8)> = top.map(|top| (top, 0)).into_iter().collect();
        while let Some((id, depth)) = waiting.pop() {
            let is_again = self.tree.contains(&id) || self.page_of.contains_key(&id);
            if is_again || depth > DEEPEST_TREE {
                // A loop: what readers make of it is anybody's guess.
                self.found.give_up();
                continue;
            }
            if !self.go_on() {
                return;
            }
            let Some(node) = self.pdf.object(self.from, id) else { continue };
            let Ok(node) = node.as_dict() else { continue };
            let kids = node.get(b"Kids").ok().and_then(|kids| self.pdf.resolve(self.from, kids));
            let Some(kids) = kids.as_ref().and_then(|kids| kids.as_array().ok()) else {
                self.page_of.insert(id, self.pages.len());
                self.pages.push(id);
                continue;
            };
            self.tree.insert(id);
            waiting.extend(kids.iter().rev().filter_map(|kid| Some((kid.as_reference().ok()?, depth + 1))));
        }
    }

    /// Nodes of the page tree above the pages.
    pub fn tree(&self) -> Vec<ObjectId> {
        self.tree.iter().copied().collect()
    }
}

fn on_page(kind: ChangeKind, page: usize) -> (ChangeKind, String) {
    (kind, message::on_page(kind, page))
}

fn plain(kind: ChangeKind) -> (ChangeKind, String) {
    (kind, message::plain(kind))
}
