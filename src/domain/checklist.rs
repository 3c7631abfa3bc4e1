//! Whether a dossier is complete (Điều 4, Điều 5, Điều 9 khoản 1): of each component whether a paper of it is digitised,
//! one of the store serves, it is not digitised and why, or something is still to be done.
//!
//! Knows nothing of how papers are kept.

use serde::{Deserialize, Serialize};

use super::{
    dossier::{Paper, PaperState},
    eligibility::Clause,
};

/// How a component stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// All papers handed in for it are in the store.
    Digitised,
    /// A paper of the store serves.
    Reused,
    /// A paper is on its way.
    InProgress,
    /// Nothing was handed in yet, or less than was declared.
    Missing,
    /// It was said that none was handed in.
    NotHandedIn,
    /// The regulation leaves it out.
    NotDigitised,
}

impl Standing {
    /// Whether nothing is left to do.
    pub fn is_settled(self) -> bool {
        !matches!(self, Self::InProgress | Self::Missing)
    }

    /// What pages call it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Digitised => "Đã số hóa",
            Self::Reused => "Dùng lại giấy tờ đã có",
            Self::InProgress => "Đang xử lý",
            Self::Missing => "Còn thiếu",
            Self::NotHandedIn => "Không nộp",
            Self::NotDigitised => "Không số hóa",
        }
    }
}

/// What is known of one component of a dossier.
#[derive(Debug, Clone, Copy)]
pub struct Component<'a> {
    /// Whether the catalogue has it digitised.
    pub is_digitised: bool,
    /// Papers handed in for it.
    pub papers: &'a [&'a Paper],
    /// Documents of the store that were taken for it and serve today.
    pub n_reused: u32,
    /// How many were handed in, where somebody has said so.
    pub declared: Option<u32>,
}

/// How a component stands, and the clause by which its papers were left out, where they were.
pub fn standing(component: Component<'_>) -> (Standing, Option<Clause>) {
    let Component { is_digitised, papers, n_reused, declared } = component;
    let mut n_stored = 0u32;
    let mut left_out = None;
    let mut n_left_out = 0u32;
    let mut is_moving = false;
    for paper in papers {
        match &paper.state {
            PaperState::Stored { .. } => n_stored += 1,
            PaperState::Refused { clause: Some(clause), .. } => {
                left_out = Some(*clause);
                n_left_out += 1;
            }
            PaperState::Quarantined { .. } => {
                left_out = Some(Clause::SECRET);
                n_left_out += 1;
            }
            // Given up: another scan of it, or a paper of the store, stands for it.
            PaperState::Refused { clause: None, .. } => {}
            _ => is_moving = true,
        }
    }
    let n_settled = n_stored.saturating_add(n_reused).saturating_add(n_left_out);
    let standing = if is_moving {
        Standing::InProgress
    } else if declared.is_some_and(|declared| is_digitised && declared > n_settled) {
        Standing::Missing
    } else if n_stored > 0 {
        Standing::Digitised
    } else if n_reused > 0 {
        Standing::Reused
    } else if n_left_out > 0 || !is_digitised {
        Standing::NotDigitised
    } else if declared == Some(0) {
        Standing::NotHandedIn
    } else {
        Standing::Missing
    };
    (standing, left_out.filter(|_| standing == Standing::NotDigitised))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::domain::{
        eligibility::HandedInAs,
        ids::{DossierId, PaperId, RecordId},
    };

    fn paper(state: PaperState) -> Paper {
        Paper {
            id: PaperId::new(),
            dossier: DossierId::new(),
            role: None,
            form: HandedInAs::Original,
            expected_pages: None,
            declared_owner: None,
            received_at: Timestamp::UNIX_EPOCH,
            state,
            version: 1,
        }
    }

    #[test]
    fn a_component_is_settled_when_nothing_of_it_is_left_to_do() {
        use Standing::{Digitised, InProgress, Missing, NotDigitised, NotHandedIn, Reused};
        let at = Timestamp::UNIX_EPOCH;
        let refused = |clause| PaperState::Refused { reason: "…".into(), clause, at };
        let stored = PaperState::Stored { record: RecordId::new() };
        // Whether the catalogue has it digitised, what was handed in, what was taken, what was declared.
        for (is_digitised, states, n_reused, declared, expected) in [
            (true, vec![], 0, None, Missing),
            (true, vec![], 0, Some(0), NotHandedIn),
            (true, vec![], 1, None, Reused),
            (true, vec![], 1, Some(2), Missing),
            (false, vec![], 0, None, NotDigitised),
            (false, vec![], 0, Some(1), NotDigitised),
            (true, vec![stored.clone()], 0, None, Digitised),
            (true, vec![stored.clone()], 0, Some(2), Missing),
            (true, vec![stored.clone(), PaperState::Received], 0, None, InProgress),
            (true, vec![stored.clone(), stored.clone()], 0, Some(2), Digitised), // a guardian with two children
            (true, vec![refused(None)], 0, None, Missing),
            (true, vec![refused(Some(Clause::SECRET))], 0, Some(1), NotDigitised),
            (true, vec![PaperState::Quarantined { at }], 0, None, NotDigitised),
            (false, vec![stored], 0, None, Digitised), // an electronic copy of what is left out on paper
        ] {
            let papers: Vec<Paper> = states.into_iter().map(paper).collect();
            let papers: Vec<&Paper> = papers.iter().collect();
            let (found, _) = standing(Component { is_digitised, papers: &papers, n_reused, declared });
            let names: Vec<_> = papers.iter().map(|p| p.state.name()).collect();
            assert_eq!(found, expected, "{is_digitised} {names:?} {n_reused} {declared:?}");
        }
    }
}
