//! Which pages of the originals make up the derived copy, in which order and turned how (Điều 9).
//!
//! A plan never touches what came in: it names pages of it. Pure: knows no file, no picture, no row.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    ids::{OfficerId, PaperId},
    page::PageFacts,
};

/// A page of the derived copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedPage {
    /// Page over all originals of the paper in order, from 1.
    pub page: u32,
    /// Degrees clockwise that bring the page as it came upright, by a person: 0, 90, 180 or 270.
    /// `None`: the machine decides.
    #[serde(default)]
    pub turn: Option<u16>,
}

/// The pages of the derived copy, in order: at least one, none twice.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Pages", into = "Pages")]
pub struct PagePlan {
    pages: Vec<PlannedPage>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pages {
    pages: Vec<PlannedPage>,
}

impl TryFrom<Pages> for PagePlan {
    type Error = PlanError;
    fn try_from(pages: Pages) -> Result<Self, PlanError> {
        Self::new(pages.pages)
    }
}

impl From<PagePlan> for Pages {
    fn from(plan: PagePlan) -> Self {
        Self { pages: plan.pages }
    }
}

/// One change of a plan. A *position* is a place in the plan as it stands before the step, from 1; a
/// *page* is a page of the originals, from 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum PlanStep {
    /// All positions in their new order.
    Reorder {
        /// Each position of the plan once.
        order: Vec<u32>,
    },
    /// Turns pages clockwise, further than they are turned.
    Rotate {
        /// Which.
        positions: Vec<u32>,
        /// 90, 180 or 270.
        degrees: u16,
    },
    /// Takes pages out of the derived copy; they stay in the originals.
    Remove {
        /// Which.
        positions: Vec<u32>,
    },
    /// Puts in a page that is not in the plan: one that was removed, or of a file added later.
    Insert {
        /// Page of the originals.
        page: u32,
        /// It comes to stand here; one more than there are pages is the end.
        position: u32,
    },
    /// Puts a page that is not in the plan in the place of one that is.
    Replace {
        /// Whose place.
        position: u32,
        /// Page of the originals.
        page: u32,
    },
    /// Moves one page.
    Move {
        /// From here.
        position: u32,
        /// It comes to stand here.
        to: u32,
    },
    /// Fronts scanned first, then backs: one after the other again (before anything is done about blank pages).
    Interleave {
        /// Whether the pile was turned over as a whole, so that the last back was scanned first.
        backs_reversed: bool,
        /// How many fronts there are, where they are one more than the backs; half of the pages when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fronts: Option<u32>,
    },
    /// Last page first.
    Reverse {},
}

/// Why a plan cannot be changed so; sentences for clerks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// The plan has no such position.
    #[error("không có trang ở vị trí {position}: bản xếp hiện có {n_pages} trang")]
    NoSuchPosition {
        /// Asked for.
        position: u32,
        /// Pages in the plan.
        n_pages: u32,
    },
    /// The originals have no such page.
    #[error("bản quét không có trang {page}: chỉ có {n_pages} trang")]
    NoSuchPage {
        /// Asked for.
        page: u32,
        /// Pages of the originals.
        n_pages: u32,
    },
    /// A page twice.
    #[error("trang {page} của bản quét được xếp hai lần; mỗi trang chỉ đứng một chỗ")]
    Repeated {
        /// Page of the originals.
        page: u32,
    },
    /// A position named twice in one step.
    #[error("vị trí {position} được nêu hai lần")]
    NamedTwice {
        /// Which.
        position: u32,
    },
    /// An order that doesn't name each position once.
    #[error("thứ tự mới phải nêu đủ {n_pages} trang, mỗi trang một lần; đang nêu {found} trang")]
    NotAnOrder {
        /// Positions named.
        found: u32,
        /// Pages in the plan.
        n_pages: u32,
    },
    /// Nothing would be left, or nothing was named.
    #[error("bản xếp phải còn ít nhất một trang")]
    Empty,
    /// No right angle.
    #[error("góc xoay phải là 0, 90, 180 hoặc 270 độ")]
    BadTurn,
    /// Fronts and backs that don't match.
    #[error(
        "không xen được {fronts} mặt trước với {backs} mặt sau: số mặt sau phải bằng số mặt trước; nếu tờ cuối không quét mặt sau thì nêu rõ số mặt trước (hơn số mặt sau một trang)"
    )]
    UnevenSides {
        /// Fronts.
        fronts: u32,
        /// Backs.
        backs: u32,
    },
    /// A paper is cut after pages in rising order, before the last one.
    #[error("chỗ tách phải theo thứ tự tăng dần, từ sau trang 1 đến trước trang {n_pages}")]
    BadCut {
        /// Pages in the plan.
        n_pages: u32,
    },
}

impl PagePlan {
    /// # Errors
    /// [`PlanError::Empty`], [`PlanError::Repeated`], [`PlanError::BadTurn`]; [`PlanError::NoSuchPage`] for page 0.
    pub fn new(pages: Vec<PlannedPage>) -> Result<Self, PlanError> {
        if pages.is_empty() {
            return Err(PlanError::Empty);
        }
        let mut seen = BTreeSet::new();
        for planned in &pages {
            if planned.page == 0 {
                return Err(PlanError::NoSuchPage { page: 0, n_pages: length(&pages) });
            }
            if !seen.insert(planned.page) {
                return Err(PlanError::Repeated { page: planned.page });
            }
            if planned.turn.is_some_and(|turn| !matches!(turn, 0 | 90 | 180 | 270)) {
                return Err(PlanError::BadTurn);
            }
        }
        Ok(Self { pages })
    }

    /// These pages of the originals in this order; the machine decides how they are turned.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn of_pages(pages: impl IntoIterator<Item = u32>) -> Result<Self, PlanError> {
        Self::new(pages.into_iter().map(|page| PlannedPage { page, turn: None }).collect())
    }

    /// All of `n_pages` pages as they came.
    ///
    /// # Errors
    /// [`PlanError::Empty`] when there are none.
    pub fn whole(n_pages: u32) -> Result<Self, PlanError> {
        Self::of_pages(1..=n_pages)
    }

    /// The pages in order.
    pub fn pages(&self) -> &[PlannedPage] {
        &self.pages
    }

    /// How many pages the derived copy has.
    pub fn n_pages(&self) -> u32 {
        length(&self.pages)
    }

    /// Whether a page of the originals is in it.
    pub fn contains(&self, page: u32) -> bool {
        self.pages.iter().any(|p| p.page == page)
    }

    /// Holds the plan to originals of `n_pages` pages.
    ///
    /// # Errors
    /// [`PlanError::NoSuchPage`].
    pub fn check(&self, n_pages: u32) -> Result<(), PlanError> {
        let beyond = self.pages.iter().find(|p| p.page > n_pages);
        beyond.map_or(Ok(()), |p| Err(PlanError::NoSuchPage { page: p.page, n_pages }))
    }

    /// Those of `own` that are not in it, in order.
    pub fn left_out(&self, own: &[u32]) -> Vec<u32> {
        own.iter().copied().filter(|page| !self.contains(*page)).collect()
    }

    /// The pages at `positions` turned as they were seen, where no person has turned them yet: a turn
    /// is asked for from what is seen.
    #[must_use]
    pub fn turned_as_seen(&self, positions: &[u32], seen: &[PageFacts]) -> Self {
        let mut plan = self.clone();
        for planned in positions.iter().filter_map(|p| p.checked_sub(1)) {
            let Some(planned) = plan.pages.get_mut(planned as usize).filter(|p| p.turn.is_none()) else {
                continue;
            };
            planned.turn = seen.iter().find(|f| f.original_page == planned.page).map(|f| f.rotation);
        }
        plan
    }

    /// The plan by which `pages` were composed or read.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn of_facts(pages: &[PageFacts]) -> Result<Self, PlanError> {
        Self::new(
            pages.iter().map(|f| PlannedPage { page: f.original_page, turn: Some(f.rotation) }).collect(),
        )
    }

    /// The same pages of originals that stand behind `offset` other pages.
    #[must_use]
    pub fn shifted(&self, offset: u32) -> Self {
        let shift = |p: &PlannedPage| PlannedPage { page: p.page.saturating_add(offset), ..*p };
        Self { pages: self.pages.iter().map(shift).collect() }
    }

    /// This plan and then `other`.
    ///
    /// # Errors
    /// [`PlanError::Repeated`] when both have a page.
    pub fn followed_by(&self, other: &Self) -> Result<Self, PlanError> {
        Self::new(self.pages.iter().chain(&other.pages).copied().collect())
    }

    /// Cut after each of the positions `after`: one plan more than there are cuts.
    ///
    /// # Errors
    /// [`PlanError::BadCut`].
    pub fn cut(&self, after: &[u32]) -> Result<Vec<Self>, PlanError> {
        let n_pages = self.n_pages();
        let is_rising = after.windows(2).all(|w| w[0] < w[1]);
        let is_inside = after.iter().all(|p| (1..n_pages).contains(p));
        if after.is_empty() || !is_rising || !is_inside {
            return Err(PlanError::BadCut { n_pages });
        }
        let starts = std::iter::once(0).chain(after.iter().copied());
        let ends = after.iter().copied().chain([n_pages]);
        let part = |(from, to): (u32, u32)| Self { pages: self.pages[from as usize..to as usize].to_vec() };
        Ok(starts.zip(ends).map(part).collect())
    }
}

fn length<T>(pages: &[T]) -> u32 {
    u32::try_from(pages.len()).unwrap_or(u32::MAX)
}

/// `plan` after `step`; the originals have `n_pages` pages.
///
/// # Errors
/// [`PlanError`]; the plan stands as it was then.
pub fn apply(plan: &PagePlan, step: &PlanStep, n_pages: u32) -> Result<PagePlan, PlanError> {
    let mut pages = plan.pages.clone();
    match step {
        PlanStep::Reorder { order } => {
            let wrong = PlanError::NotAnOrder { found: length(order), n_pages: plan.n_pages() };
            let indices = distinct(plan, order)?;
            if indices.len() != pages.len() {
                return Err(wrong);
            }
            pages = indices.iter().map(|i| plan.pages[*i]).collect();
        }
        PlanStep::Rotate { positions, degrees } => {
            if !matches!(degrees, 90 | 180 | 270) {
                return Err(PlanError::BadTurn);
            }
            for index in distinct(plan, positions)? {
                let turn = pages[index].turn.unwrap_or(0);
                pages[index].turn = Some((turn + degrees) % 360);
            }
        }
        PlanStep::Remove { positions } => {
            let gone: BTreeSet<usize> = distinct(plan, positions)?.into_iter().collect();
            let kept = pages.iter().enumerate().filter(|(i, _)| !gone.contains(i));
            pages = kept.map(|(_, page)| *page).collect();
        }
        PlanStep::Insert { page, position } => {
            if *position == 0 || *position > plan.n_pages().saturating_add(1) {
                return Err(PlanError::NoSuchPosition { position: *position, n_pages: plan.n_pages() });
            }
            pages.insert(*position as usize - 1, PlannedPage { page: *page, turn: None });
        }
        PlanStep::Replace { position, page } => {
            pages[at(plan, *position)?] = PlannedPage { page: *page, turn: None };
        }
        PlanStep::Move { position, to } => {
            let (from, to) = (at(plan, *position)?, at(plan, *to)?);
            let moved = pages.remove(from);
            pages.insert(to, moved);
        }
        PlanStep::Interleave { backs_reversed, fronts } => {
            pages = interleaved(&pages, *backs_reversed, *fronts)?;
        }
        PlanStep::Reverse {} => pages.reverse(),
    }
    let plan = PagePlan::new(pages)?;
    plan.check(n_pages)?;
    Ok(plan)
}

/// The index of a position.
fn at(plan: &PagePlan, position: u32) -> Result<usize, PlanError> {
    let n_pages = plan.n_pages();
    let inside = (1..=n_pages).contains(&position);
    if inside { Ok(position as usize - 1) } else { Err(PlanError::NoSuchPosition { position, n_pages }) }
}

/// The indices of positions, each named once and at least one.
fn distinct(plan: &PagePlan, positions: &[u32]) -> Result<Vec<usize>, PlanError> {
    if positions.is_empty() {
        return Err(PlanError::Empty);
    }
    let mut seen = BTreeSet::new();
    let index = |position: &u32| {
        let index = at(plan, *position)?;
        if seen.insert(index) { Ok(index) } else { Err(PlanError::NamedTwice { position: *position }) }
    };
    positions.iter().map(index).collect()
}

fn interleaved(
    pages: &[PlannedPage],
    backs_reversed: bool,
    fronts: Option<u32>,
) -> Result<Vec<PlannedPage>, PlanError> {
    let n_fronts = fronts.map_or(pages.len() / 2, |n| n as usize);
    let n_backs = pages.len().saturating_sub(n_fronts);
    // One back may be missing, where a person says so; guessing would shift every page behind it.
    let is_even = n_fronts == n_backs || fronts.is_some() && n_fronts == n_backs + 1;
    if !is_even || n_fronts > pages.len() {
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        return Err(PlanError::UnevenSides { fronts: count(n_fronts), backs: count(n_backs) });
    }
    let (fronts, backs) = pages.split_at(n_fronts);
    let mut backs = backs.to_vec();
    if backs_reversed {
        backs.reverse();
    }
    let mut backs = backs.into_iter();
    Ok(fronts.iter().flat_map(|front| [Some(*front), backs.next()]).flatten().collect())
}

/// What made an entry in the history of a paper's plans.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PlanAct {
    /// The pages as the paper was received.
    Received,
    /// An officer's steps.
    Arranged {
        /// In order.
        steps: Vec<PlanStep>,
    },
    /// Files were added, and their pages put in.
    Inserted {
        /// First of the new pages, of the originals.
        first_page: u32,
        /// How many.
        n_pages: u32,
        /// The steps that put them in.
        steps: Vec<PlanStep>,
    },
    /// Pages went to other papers.
    Split {
        /// The other papers.
        into: Vec<PaperId>,
    },
    /// The pages came from another paper that was split.
    CutOff {
        /// Which.
        from: PaperId,
    },
    /// The pages of other papers came in.
    Merged {
        /// Which.
        from: Vec<PaperId>,
    },
    /// An earlier plan was restored.
    Undone {
        /// The entry whose plan stands again; never itself an undoing.
        restores: u32,
    },
}

impl PlanAct {
    /// For people.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Received => "Nhận bản quét",
            Self::Arranged { .. } => "Sắp xếp trang",
            Self::Inserted { .. } => "Thêm trang quét lại",
            Self::Split { .. } => "Tách thành nhiều giấy tờ",
            Self::CutOff { .. } => "Tách từ giấy tờ khác",
            Self::Merged { .. } => "Gộp giấy tờ khác vào",
            Self::Undone { .. } => "Hoàn tác",
        }
    }
}

/// One entry in the history of a paper's plans; the last one is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanEntry {
    /// From 1, without gaps.
    pub ordinal: u32,
    /// The plan.
    pub plan: PagePlan,
    /// Pages of the originals that are this paper's, in the plan or left out of it; the others of the
    /// same files are another's.
    pub own: Vec<u32>,
    /// What was done.
    pub act: PlanAct,
    /// Why, in the officer's words.
    pub reason: Option<String>,
    /// Who; `None` for the reception itself.
    pub by: Option<OfficerId>,
    /// When.
    pub at: Timestamp,
}

/// Why nothing is undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UndoError {
    /// It stands as it was received.
    #[error("không còn bước nào để hoàn tác")]
    Nothing,
    /// Other papers were changed by it too.
    #[error("không hoàn tác được bước tách hoặc gộp: tách lại, hoặc gộp lại các giấy tờ")]
    OthersChanged,
}

/// The entry whose plan stands again when the last act of `history` is undone; acts that were undone
/// already are passed over.
///
/// # Errors
/// [`UndoError`].
pub fn undone(history: &[PlanEntry]) -> Result<&PlanEntry, UndoError> {
    let entry = |ordinal: u32| history.iter().find(|e| e.ordinal == ordinal);
    let effective = |e: &PlanEntry| match e.act {
        PlanAct::Undone { restores } => restores,
        _ => e.ordinal,
    };
    let last = history.last().map(effective).and_then(entry).ok_or(UndoError::Nothing)?;
    if matches!(last.act, PlanAct::Split { .. } | PlanAct::Merged { .. }) {
        return Err(UndoError::OthersChanged);
    }
    let before = last.ordinal.checked_sub(1).and_then(entry).ok_or(UndoError::Nothing)?;
    entry(effective(before)).ok_or(UndoError::Nothing)
}

#[cfg(test)]
mod tests;
