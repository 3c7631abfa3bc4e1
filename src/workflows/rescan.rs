//! A paper that was scanned before, perhaps on another scanner: known again when it is read, and shown as
//! there to be used again (Điều 12), never as a fault.
//!
//! The same file is told by its hash; pages that were scanned anew by traits that few papers share (an
//! index), then by holding words, looks and fields against each other. Two people's copies of one form
//! agree in all but a name and a number: one contradiction that was read surely ends it, and without a
//! number or a name that agrees nothing is claimed.

use crate::{
    domain::{
        dossier::{ObjectRole, Paper, PaperState},
        fields::{ConfirmedFields, ProposedFields},
        ids::{PaperId, RecordId},
        officer::ActingOfficer,
        page::PageFacts,
        rescan::{PageLooks, SameBy, Traits},
        rights,
        text::{PageText, RecognisedText},
    },
    engines::{
        extraction::resemblance,
        imaging::{Thumbnail, open::Container},
    },
    store::{StoreError, Tx, codes, papers, plans, prints, records},
    workflows::{access, browse::BrowseError, context::Ctx, digitise, examine::Examination},
};

/// Papers that are compared at most: those that share most come first.
const MOST_COMPARED: usize = 8;
/// Likeness of two pages' ink, at least: scanned askew, a page is not very like itself.
const LEAST_LIKENESS: f32 = 0.25;

/// A paper that was received before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScannedBefore {
    /// Which.
    pub paper: PaperId,
    /// Its document, where it has the code that this one would get, once it is stored.
    pub document: Option<RecordId>,
    /// How it is known.
    pub by: SameBy,
    /// Where it stands.
    pub state: &'static str,
    /// Where it stands, for people.
    pub state_label: &'static str,
    /// When it was received.
    pub received_at: jiff::Timestamp,
    /// Whether it is of the same dossier.
    pub is_of_same_dossier: bool,
}

/// The paper that `paper` is another scan of: the one that already has the code it would get, else the one
/// that was found when it was read. Of that one nothing is told but where it stands and since when it is here.
///
/// # Errors
/// [`BrowseError`].
pub async fn scanned_before(
    ctx: &Ctx,
    officer: &ActingOfficer,
    paper: &Paper,
) -> Result<Option<ScannedBefore>, BrowseError> {
    let code = match &paper.state {
        PaperState::ToConfirm { proposed, .. } => proposed.code(None),
        PaperState::NeedsRescan { .. } => None,
        _ => return Ok(None),
    };
    let mut tx = ctx.db.read().await?;
    let holder = match code {
        Some(code) => codes::find(&mut tx, &code).await?,
        None => None,
    };
    let (earlier, document, by) = match holder {
        Some((holder, document)) => (holder, document, SameBy::Code),
        None => match prints::before(&mut tx, &paper.id).await? {
            Some((earlier, by)) => (earlier, None, by),
            None => return Ok(None),
        },
    };
    let Some(earlier) = papers::get(&mut tx, &earlier).await?.filter(|p| is_shown(&p.state)) else {
        return Ok(None);
    };
    if !access::is_allowed(&mut tx, officer, &earlier, rights::may_see).await? {
        return Ok(None);
    }
    Ok(Some(ScannedBefore {
        document,
        by,
        state: earlier.state.name(),
        state_label: earlier.state.label(),
        received_at: earlier.received_at,
        is_of_same_dossier: earlier.dossier == paper.dossier,
        paper: earlier.id,
    }))
}

/// Not papers that were given up or went into another one, and never secret ones.
fn is_shown(state: &PaperState) -> bool {
    !matches!(state, PaperState::Refused { .. } | PaperState::Quarantined { .. })
}

fn is_earlier(a: &Paper, b: &Paper) -> bool {
    (a.received_at, a.id.as_str()) < (b.received_at, b.id.as_str())
}

/// The paper that was received from the same file before, and has these pages of it.
///
/// # Errors
/// [`StoreError`].
pub(super) async fn of_same_bytes(
    ctx: &Ctx,
    paper: &Paper,
    container: &Container,
    pages: &[PageFacts],
) -> Result<Option<PaperId>, StoreError> {
    let mut tx = ctx.db.read().await?;
    let originals = digitise::objects_as(&mut tx, &paper.id, ObjectRole::Original).await?;
    let hashes: Vec<_> = originals.into_iter().map(|o| o.hash).collect();
    let mut own: Vec<u32> = pages.iter().filter(|p| !p.blank).map(|p| p.original_page).collect();
    if own.is_empty() {
        own = pages.iter().map(|p| p.original_page).collect();
    }
    for other in papers::with_originals(&mut tx, &hashes).await? {
        if other.id == paper.id || !is_shown(&other.state) || !is_earlier(&other, paper) {
            continue;
        }
        // Papers of one batch have the same file, each its own pages of it.
        let has = match plans::latest(&mut tx, &other.id).await? {
            Some(entry) => own.iter().all(|page| entry.plan.contains(*page)),
            None => own.iter().all(|page| (1..=container.n_pages).contains(page)),
        };
        if has {
            return Ok(Some(other.id));
        }
    }
    Ok(None)
}

/// What is remembered of a paper that was read.
pub(super) struct Remembered {
    traits: Traits,
    looks: Vec<PageLooks>,
}

impl Remembered {
    /// Of the pages that count: neither blank, nor repetitions, nor doubles with a sticky note.
    pub(super) fn of(examination: &Examination) -> Self {
        let pages = match &examination.pages {
            Ok(checked) => &checked.pages,
            Err(faults) => &faults.pages,
        };
        let counts = |position: u32| {
            let facts = pages.iter().find(|p| p.position == position);
            facts.is_some_and(|p| !p.blank && p.duplicate_of.is_none() && !p.is_note_double())
        };
        let words = examination.text.pages.iter().filter(|page| counts(page.position));
        let looks = examination.looks.iter().filter(|page| counts(page.position));
        Self { traits: resemblance::traits(words), looks: looks.cloned().collect() }
    }

    /// Keeps it, so that papers read later find this one.
    pub(super) async fn keep(&self, tx: &mut Tx, paper: &PaperId) -> Result<(), StoreError> {
        prints::keep(tx, paper, &self.traits, &self.looks).await
    }
}

/// The paper that these pages were scanned as before; those that come later find this one instead.
///
/// # Errors
/// [`StoreError`] of the database. An earlier paper whose words can't be had is passed over.
pub(super) async fn of_same_pages(
    ctx: &Ctx,
    paper: &Paper,
    remembered: &Remembered,
    text: &RecognisedText,
    proposed: &ProposedFields,
) -> Result<Option<PaperId>, StoreError> {
    let looks = &remembered.looks;
    if looks.is_empty() {
        return Ok(None);
    }
    let identity = Identity::from(proposed);
    let mut alike = Vec::new();
    let mut tx = ctx.db.read().await?;
    let found = prints::alike(&mut tx, &paper.id, &remembered.traits, looks.len(), MOST_COMPARED).await?;
    for id in found {
        let Some(other) = papers::get(&mut tx, &id).await? else { continue };
        if !is_shown(&other.state) || !is_earlier(&other, paper) {
            continue;
        }
        let Some(theirs) = prints::looks(&mut tx, &id).await? else { continue };
        let agrees = identity_of(&mut tx, &other).await?.map(|theirs| identity.agrees(&theirs));
        let words = digitise::objects_as(&mut tx, &id, ObjectRole::Text).await?;
        alike.push((other, theirs, agrees.unwrap_or(Agreement::Unknown), words));
    }
    drop(tx);
    // Of the same dossier before others: there the clerk can look at both.
    alike.sort_by_key(|(other, ..)| other.dossier != paper.dossier);
    for (other, theirs, agreement, words) in alike {
        if agreement == Agreement::No || !look_alike(looks, &theirs) {
            continue;
        }
        let Some(words) = words.first() else { continue };
        let Ok(bytes) = ctx.bytes(&words.hash).await else { continue };
        let Ok(their_text) = serde_json::from_slice::<RecognisedText>(&bytes) else { continue };
        if read_alike((text, looks), (&their_text, &theirs), agreement) {
            return Ok(Some(other.id));
        }
    }
    Ok(None)
}

fn look_alike(ours: &[PageLooks], theirs: &[PageLooks]) -> bool {
    let alike =
        |(a, b): (&PageLooks, &PageLooks)| match (Thumbnail::unpacked(&a.ink), Thumbnail::unpacked(&b.ink)) {
            (Some(a), Some(b)) => a.likeness(&b) >= LEAST_LIKENESS,
            _ => false,
        };
    ours.len() == theirs.len() && ours.iter().zip(theirs).all(alike)
}

/// Whether the words of the pages agree, page by page, and something says whose paper it is.
fn read_alike(
    (our_text, ours): (&RecognisedText, &[PageLooks]),
    (their_text, theirs): (&RecognisedText, &[PageLooks]),
    agreement: Agreement,
) -> bool {
    fn page(text: &RecognisedText, position: u32) -> Option<&PageText> {
        text.pages.iter().find(|page| page.position == position)
    }
    let pairs =
        ours.iter().zip(theirs).map(|(a, b)| page(our_text, a.position).zip(page(their_text, b.position)));
    let Some(pairs) = pairs.collect::<Option<Vec<_>>>() else { return false };
    let Some(compared) = resemblance::compare(pairs) else { return false };
    let is_somebodys = agreement == Agreement::Yes || compared.long_figures > 0;
    compared.may_be_same() && is_somebodys
}

/// What says whose paper it is and which, as far as it was read or confirmed.
#[derive(Default)]
struct Identity {
    owner: Option<String>,
    number: Option<String>,
    holder: Option<String>,
    issued_on: Option<String>,
    born_on: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Agreement {
    /// Owner, number or holder is the same, and nothing is another.
    Yes,
    /// Something is another.
    No,
    /// Too little is known.
    Unknown,
}

impl From<&ProposedFields> for Identity {
    fn from(proposed: &ProposedFields) -> Self {
        let other = |name: &str| proposed.other.get(name).and_then(|p| p.value.clone());
        Self {
            owner: proposed.owner_id.value.as_ref().map(ToString::to_string),
            number: proposed.document_number.value.as_ref().map(ToString::to_string),
            holder: other("holder_name"),
            issued_on: proposed.issued_on.value.map(|day| day.to_string()),
            born_on: other("holder_birth_date"),
        }
    }
}

impl From<&ConfirmedFields> for Identity {
    fn from(fields: &ConfirmedFields) -> Self {
        Self {
            owner: fields.owner.number().map(ToString::to_string),
            number: fields.document_number.as_ref().map(ToString::to_string),
            holder: fields.other.get("holder_name").cloned(),
            issued_on: fields.issued_on.map(|day| day.to_string()),
            born_on: fields.other.get("holder_birth_date").cloned(),
        }
    }
}

impl Identity {
    fn agrees(&self, other: &Self) -> Agreement {
        let same = |a: &Option<String>, b: &Option<String>| {
            let plain = |t: &String| t.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ");
            Some(plain(a.as_ref()?) == plain(b.as_ref()?))
        };
        let telling = [
            same(&self.owner, &other.owner),
            same(&self.number, &other.number),
            same(&self.holder, &other.holder),
        ];
        let days = [same(&self.issued_on, &other.issued_on), same(&self.born_on, &other.born_on)];
        if telling.iter().chain(&days).any(|s| *s == Some(false)) {
            Agreement::No
        } else if telling.contains(&Some(true)) {
            Agreement::Yes
        } else {
            Agreement::Unknown
        }
    }
}

/// What is known of an earlier paper, wherever it stands; `None` before it was read.
async fn identity_of(tx: &mut Tx, paper: &Paper) -> Result<Option<Identity>, StoreError> {
    let mut state = &paper.state;
    while let PaperState::Failed { before, .. } = state {
        state = before;
    }
    Ok(match state {
        PaperState::ToConfirm { proposed, .. } => Some(Identity::from(&**proposed)),
        PaperState::ToSign { confirmed }
        | PaperState::Signing { confirmed, .. }
        | PaperState::ToCode { confirmed } => Some(Identity::from(&confirmed.fields)),
        PaperState::Stored { record } => {
            records::get(tx, record).await?.map(|record| Identity::from(&record.fields))
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_difference_outweighs_all_that_agrees() {
        let of = |owner: &str, number: &str, holder: &str, issued_on: &str| {
            let known = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            Identity {
                owner: known(owner),
                number: known(number),
                holder: known(holder),
                issued_on: known(issued_on),
                born_on: None,
            }
        };
        let ours = of("001085012345", "12/QĐ-UBND", "Nguyễn Thị Ưỡng", "2024-11-25");
        for (theirs, expected) in [
            (of("001085012345", "12/QĐ-UBND", "NGUYỄN THỊ ƯỠNG", "2024-11-25"), Agreement::Yes),
            (of("", "12/QĐ-UBND", "", ""), Agreement::Yes),
            (of("001085012345", "13/QĐ-UBND", "", ""), Agreement::No),
            (of("001085012345", "12/QĐ-UBND", "", "2024-11-26"), Agreement::No),
            (of("", "12/QĐ-UBND", "Nguyễn Thị Uông", ""), Agreement::No),
            (of("", "", "", "2024-11-25"), Agreement::Unknown), // many papers are issued on one day
            (of("", "", "", ""), Agreement::Unknown),
        ] {
            assert!(ours.agrees(&theirs) == expected);
        }
    }
}
