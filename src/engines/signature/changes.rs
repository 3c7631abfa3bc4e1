//! Step 3, later revisions: what was changed after a signature, held against a list of what may be.
//!
//! The signed revision and the newest one, and some in between, are walked side by side from the trailer; whatever can be
//! reached has to be the same, object by object, save where a rule allows a change: validation data,
//! time stamps, further signatures, filling of fields that existed, metadata, comments. What is not
//! understood is forbidden; what could not be looked at is said. Objects that nothing reaches do not
//! matter: nobody sees them.
//!
//! Source: ISO 32000-2, 12.8.2 (`DocMDP`, `FieldMDP`); ETSI EN 319 142-1, 5.4; the default difference
//! policy of pyHanko; Mainka, Mladenov, Rohlmann: *Shadow Attacks* (NDSS 2021) and *Breaking the
//! Specification: PDF Certification* (S&P 2021).

mod catalogue;
mod form;
pub(super) mod message;
mod pages;
mod walk;

use super::{
    locate::Located,
    verdict::{Coverage, Modification},
};
use crate::engines::pdf::revisions::RevisedPdf;

/// How much is looked at.
#[derive(Clone, Copy)]
pub struct Limits<'c> {
    /// Most objects that are compared.
    pub most_objects: usize,
    /// Most pages that are rendered.
    pub most_pages: usize,
    /// Says that time is up.
    pub is_late: &'c dyn Fn() -> bool,
}

/// What was changed after a signature.
#[derive(Debug, Clone, PartialEq)]
pub struct Changes {
    /// The worst of it.
    pub level: Modification,
    /// Whether all of it could be looked at. Where it could not, nothing forbidden was found so far,
    /// and the signature is not to be passed.
    pub is_complete: bool,
    /// One entry for each change.
    pub items: Vec<Change>,
    /// Pages of the signed revision; 0 where none had to be counted.
    pub(super) n_pages: usize,
    /// Where the page may look different.
    pub(super) touched: Vec<Touched>,
    /// What fields say that were filled in.
    pub(super) said: Vec<Said>,
}

impl Changes {
    /// Why the signature is not to be passed though everything was looked at and nothing forbidden found.
    pub fn doubt(&self) -> Option<&str> {
        self.items.iter().find(|item| item.kind.is_doubtful()).map(|item| item.message.as_str())
    }
}

/// A change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What it is.
    pub kind: ChangeKind,
    /// One Vietnamese sentence for a clerk.
    pub message: String,
}

/// What was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChangeKind {
    /// Validation data (`/DSS`) were added.
    ValidationData,
    /// A time stamp over the document.
    DocumentTimestamp,
    /// A further signature.
    Signature,
    /// A further field for a signature, without one.
    SignatureField,
    /// A field was filled in.
    FieldFilled,
    /// Title, author and the like.
    Metadata,
    /// A comment: permitted, to be told.
    Comment,
    /// The face of a later signature covers something; permitted, to be told.
    CoversInk,
    /// Bytes behind the end; nobody reads them.
    TrailingBytes,
    /// Content of a page.
    PageContent,
    /// Fonts, pictures and the like that pages use.
    Resources,
    /// Size, turning or another property of a page.
    PageProperties,
    /// A page was added, removed, replaced or moved.
    PageOrder,
    /// An annotation that is no comment was added.
    AnnotationAdded,
    /// An annotation was changed, moved or removed.
    AnnotationChanged,
    /// A field was added that is not for a signature.
    FieldAdded,
    /// A field was removed or replaced.
    FieldRemoved,
    /// A field was changed beyond filling it in.
    FieldChanged,
    /// A field was filled in that an earlier signature locks.
    FieldLocked,
    /// The form as a whole.
    Form,
    /// A change that the certification rules out.
    Certification,
    /// A signature that is not put into the file as it should be, or says what it shows without signing.
    FalseSignature,
    /// The document as a whole: actions, scripts, layers, names and the like.
    Document,
    /// The encryption.
    Encryption,
    /// An object that can be read in two ways, or no more.
    Unclear,
    /// The page looks different where nothing may.
    Looks,
    /// A forbidden change in a revision in between, taken back since.
    Undone,
    /// A field that was filled in does not show what it says, or nobody can tell.
    FaceDoubtful,
    /// Not all could be looked at.
    NotLookedAt,
}

impl ChangeKind {
    /// Whether a signature allows it.
    pub fn is_permitted(self) -> bool {
        matches!(
            self,
            Self::ValidationData
                | Self::DocumentTimestamp
                | Self::Signature
                | Self::SignatureField
                | Self::FieldFilled
                | Self::Metadata
                | Self::Comment
                | Self::CoversInk
                | Self::TrailingBytes
                | Self::FaceDoubtful
                | Self::NotLookedAt
        )
    }

    /// Whether it keeps a signature from being passed without being forbidden.
    pub fn is_doubtful(self) -> bool {
        self == Self::FaceDoubtful
    }
}

/// A place on a page where a permitted change shows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Touched {
    /// Position of the page, from 0.
    pub page: usize,
    /// `[x0, y0, x1, y1]` in user units.
    pub area: [f32; 4],
    pub why: Why,
    /// What the field says that was filled in there: a place in [`Changes::said`].
    pub said: Option<usize>,
}

/// What a field says that was filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    /// Its full name.
    pub name: String,
    /// Texts that its face may show for that value; none where the value cannot be read.
    pub texts: Vec<String>,
    /// Whether others may stand beside them: the lines of a list.
    pub is_list: bool,
}

/// Why a place on a page may look different.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// The face of a further signature.
    Face,
    /// A field that was empty.
    Filled,
    /// A field that held another value.
    Refilled,
    /// A field whose value is the same: it has to look the same.
    SameValue,
    /// A comment.
    Comment,
}

/// What was changed after the signature at `which`, up to the newest revision.
///
/// Everything that certifies or locks at or before that signature counts, its own and that of earlier
/// ones.
pub fn after(pdf: &RevisedPdf<'_>, located: &[Located<'_>], which: usize, limits: &Limits<'_>) -> Changes {
    let mut found = Findings::default();
    let Some(one) = located.get(which) else {
        found.give_up();
        return found.into_changes();
    };
    let is_whole = matches!(one.coverage, Coverage::WholeFile | Coverage::WholeRevision);
    if pdf.is_recovered() || !is_whole {
        found.give_up();
        return found.into_changes();
    }
    trailing(pdf, &mut found);
    if one.revision < pdf.newest() {
        if pdf.is_locked() {
            found.give_up();
        }
        if pdf.has_strays(one.revision) {
            found.add(ChangeKind::Unclear, message::plain(ChangeKind::Unclear));
        }
        let rules = Rules::of(located, one);
        let mut walk = walk::Walk::new(pdf, (one.revision, pdf.newest()), limits, found);
        compare(&mut walk, located, &rules);
        let most_objects = limits.most_objects.saturating_sub(walk.n_objects);
        found = walk.found;
        found.n_pages = walk.pages.len();
        if !found.is_incomplete && found.items.iter().all(|item| item.kind.is_permitted()) {
            between(pdf, located, one, &Limits { most_objects, ..*limits }, &mut found);
        }
    }
    if pdf.is_exhausted() {
        found.give_up();
    }
    found.into_changes()
}

/// Revisions in between: what was changed there and put back since is not in the newest one, but whoever read or signed
/// the file then saw it. Those are compared that hold something that was written again later; objects alone, not looks.
fn between(
    pdf: &RevisedPdf<'_>,
    located: &[Located<'_>],
    one: &Located<'_>,
    limits: &Limits<'_>,
    found: &mut Findings,
) {
    let rules = Rules::of(located, one);
    let mut most_objects = limits.most_objects;
    for revision in one.revision + 1..pdf.newest() {
        if !pdf.is_superseded(one.revision, revision) {
            continue;
        }
        let limits = Limits { most_objects, ..*limits };
        let mut walk = walk::Walk::new(pdf, (one.revision, revision), &limits, Findings::default());
        compare(&mut walk, located, &rules);
        most_objects = most_objects.saturating_sub(walk.n_objects);
        if let Some(item) = walk.found.items.iter().find(|item| !item.kind.is_permitted()) {
            found.add(ChangeKind::Undone, message::undone(&item.message));
            return;
        }
        if walk.found.is_incomplete {
            found.give_up();
            return;
        }
    }
}

fn compare(walk: &mut walk::Walk<'_, '_, '_>, located: &[Located<'_>], rules: &Rules<'_>) {
    let Some(root) = walk.root() else { return };
    walk.ambiguous();
    walk.collect_pages(root);
    let form = form::compare(walk, root, located, rules);
    pages::compare(walk, rules, &form);
    catalogue::compare(walk, root);
    walk.finish();
}

/// Bytes behind the newest revision: readers that repair files may find objects in them.
fn trailing(pdf: &RevisedPdf<'_>, found: &mut Findings) {
    let n_bytes = pdf.n_trailing_bytes();
    if n_bytes == 0 {
        return;
    }
    let bytes = &pdf.bytes()[pdf.bytes().len() - n_bytes..];
    let is_structure = |word: &[u8]| bytes.windows(word.len()).any(|window| window == word);
    if is_structure(b"obj") || is_structure(b"xref") || is_structure(b"trailer") {
        found.add(ChangeKind::Unclear, message::trailing_objects());
    } else {
        found.add(ChangeKind::TrailingBytes, message::trailing(n_bytes));
    }
}

/// What this and earlier signatures rule out.
struct Rules<'l> {
    /// The strictest certification.
    certified_p: Option<u8>,
    locks: Vec<&'l super::locate::FieldLock>,
}

impl<'l> Rules<'l> {
    fn of(located: &'l [Located<'_>], one: &Located<'_>) -> Self {
        let earlier = || located.iter().filter(|other| other.revision <= one.revision);
        Self {
            certified_p: earlier().filter_map(|other| other.certified_p).min(),
            locks: earlier().filter_map(|other| other.lock.as_ref()).collect(),
        }
    }

    fn is_locked(&self, name: &str) -> bool {
        self.locks.iter().any(|lock| lock.is_locked(name))
    }
}

/// What has been found so far.
#[derive(Default)]
pub(super) struct Findings {
    items: Vec<Change>,
    touched: Vec<Touched>,
    said: Vec<Said>,
    n_pages: usize,
    is_incomplete: bool,
}

/// Most changes that are told.
const MOST_TOLD: usize = 40;

impl Findings {
    /// Adds a change, once.
    pub(super) fn add(&mut self, kind: ChangeKind, message: String) {
        let change = Change { kind, message };
        let is_worse = !kind.is_permitted() && self.items.iter().all(|item| item.kind.is_permitted());
        if (self.items.len() < MOST_TOLD || is_worse) && !self.items.contains(&change) {
            self.items.push(change);
        }
    }

    pub(super) fn give_up(&mut self) {
        self.is_incomplete = true;
        self.add(ChangeKind::NotLookedAt, message::not_looked_at());
    }

    pub(super) fn said(&self, at: usize) -> Option<Said> {
        self.said.get(at).cloned()
    }

    /// Goes on where an earlier step ended.
    pub(super) fn from_changes(changes: Changes) -> Self {
        let Changes { is_complete, n_pages, items, touched, said, .. } = changes;
        Self { items, touched, said, n_pages, is_incomplete: !is_complete }
    }

    pub(super) fn into_changes(self) -> Changes {
        let level = if self.items.iter().any(|item| !item.kind.is_permitted()) {
            Modification::Forbidden
        } else if self.items.iter().any(|item| item.kind != ChangeKind::NotLookedAt) {
            Modification::Permitted
        } else {
            Modification::None
        };
        let (n_pages, is_complete) = (self.n_pages, !self.is_incomplete);
        Changes { level, is_complete, n_pages, items: self.items, touched: self.touched, said: self.said }
    }
}

#[cfg(test)]
mod tests;
