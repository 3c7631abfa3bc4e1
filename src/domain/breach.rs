//! Breaches of the rules on personal data (Luật 91/2025/QH15, Điều 23): what is known of one, and the 72 hours within
//! which the authority has to be told.
//!
//! Knows nothing of how breaches are kept, and nothing of the wall clock.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::ids::{BreachId, OfficerId};

/// From detection to notice.
pub const NOTIFY_WITHIN: SignedDuration = SignedDuration::from_hours(72);
/// What is left of the term when it is said that it ends soon.
pub const NEAR: SignedDuration = SignedDuration::from_hours(24);

/// What the notice says; sealed where it is kept. Empty text and `None`: not known yet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BreachFacts {
    /// Since when it happened.
    pub happened_from: Option<Timestamp>,
    /// Until when.
    pub happened_until: Option<Timestamp>,
    /// What happened.
    pub nature: String,
    /// Where: system, place, machine.
    pub place: String,
    /// Kinds of data.
    pub data_kinds: String,
    /// How many persons, at most.
    pub n_persons: Option<u64>,
    /// How many documents, at most.
    pub n_documents: Option<u64>,
    /// Consequences and damage that may follow.
    pub consequences: String,
    /// What was and is done about it.
    pub measures: String,
    /// Who answers for the protection of data.
    pub responsible: String,
    /// How he is reached.
    pub contact: String,
    /// Which processors were told or told us, and when.
    pub processors: String,
}

impl BreachFacts {
    /// What a notice has to say and this does not say yet.
    pub fn missing(&self) -> Vec<&'static str> {
        let said = |text: &str| !text.trim().is_empty();
        [
            ("diễn ra khi nào", self.happened_from.is_some()),
            ("tính chất vi phạm", said(&self.nature)),
            ("nơi xảy ra", said(&self.place)),
            ("loại dữ liệu", said(&self.data_kinds)),
            ("số người", self.n_persons.is_some()),
            ("hậu quả", said(&self.consequences)),
            ("biện pháp khắc phục", said(&self.measures)),
            ("người chịu trách nhiệm", said(&self.responsible)),
            ("liên hệ", said(&self.contact)),
        ]
        .into_iter()
        .filter(|(_, is_said)| !is_said)
        .map(|(name, _)| name)
        .collect()
    }
}

/// Where a breach stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BreachState {
    /// The authority was not told yet.
    Open,
    /// It was told.
    Notified,
    /// No breach, or none that has to be told; with a reason.
    Dismissed,
}

impl BreachState {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Open, Self::Notified, Self::Dismissed];

    /// The name on the wire and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Notified => "notified",
            Self::Dismissed => "dismissed",
        }
    }

    /// What pages call it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Open => "Chưa thông báo",
            Self::Notified => "Đã thông báo",
            Self::Dismissed => "Không phải thông báo",
        }
    }

    /// The state of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

/// How much was read by one account or system in a period, as the trace tells: at most so much was taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exposure {
    /// Acts of reading.
    pub n_readings: u64,
    /// Persons and organisations whose data was read.
    pub n_persons: u64,
    /// Documents in the store that were read, listed or exported.
    pub n_documents: u64,
    /// Those of them that speak of health.
    pub n_health: u64,
    /// Papers on their way, whose owners are not known.
    pub n_papers: u64,
}

/// What an officer does about a breach; its words are sealed where they are kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum BreachAct {
    /// It is written down.
    Open {
        /// What is known.
        facts: BreachFacts,
    },
    /// More is known.
    Amend {
        /// What is known now.
        facts: BreachFacts,
    },
    /// The authority was told.
    Notify {
        /// When.
        sent_at: Timestamp,
        /// Whom.
        to: String,
        /// Số, ký hiệu of the notice.
        number: String,
        /// Why so late, where it was late.
        late_reason: Option<String>,
    },
    /// It has not to be told.
    Dismiss {
        /// Why.
        reason: String,
    },
}

impl BreachAct {
    /// Where a breach stands after the act; `None` where it has no sense. What is known may grow after the notice.
    pub fn leads_to(&self, state: BreachState) -> Option<BreachState> {
        match (state, self) {
            (BreachState::Open | BreachState::Notified, Self::Amend { .. }) => Some(state),
            (BreachState::Open, Self::Notify { .. }) => Some(BreachState::Notified),
            (BreachState::Open, Self::Dismiss { .. }) => Some(BreachState::Dismissed),
            _ => None,
        }
    }
}

/// A breach as the register has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breach {
    /// Row id.
    pub id: BreachId,
    /// When it was detected: the clock begins.
    pub detected_at: Timestamp,
    /// When it was written down.
    pub opened_at: Timestamp,
    /// By whom.
    pub opened_by: OfficerId,
    /// Where it stands.
    pub state: BreachState,
    /// When the authority was told.
    pub notified_at: Option<Timestamp>,
    /// What is known.
    pub facts: BreachFacts,
    /// Grows with each act.
    pub version: u64,
}

impl Breach {
    /// Until when the authority has to be told.
    pub fn due_at(&self) -> Timestamp {
        due(self.detected_at)
    }

    /// Whether nobody told it in time.
    pub fn is_late(&self, now: Timestamp) -> bool {
        self.state == BreachState::Open && now >= self.due_at()
    }

    /// Whether the term ends soon.
    pub fn is_near(&self, now: Timestamp) -> bool {
        self.state == BreachState::Open && now < self.due_at() && self.due_at().duration_since(now) <= NEAR
    }
}

/// Until when the authority has to be told of what was detected at `detected_at`.
pub fn due(detected_at: Timestamp) -> Timestamp {
    detected_at.saturating_add(NOTIFY_WITHIN).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_runs_72_hours_also_over_weekends() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let mut breach = Breach {
            id: BreachId::new(),
            detected_at: at("2026-11-20T16:00:00+07:00"),
            opened_at: at("2026-11-20T17:00:00+07:00"),
            opened_by: OfficerId::new(),
            state: BreachState::Open,
            notified_at: None,
            facts: BreachFacts::default(),
            version: 1,
        };
        for (now, is_near, is_late) in [
            ("2026-11-20T16:00:00+07:00", false, false),
            ("2026-11-22T15:59:59+07:00", false, false),
            ("2026-11-22T16:00:00+07:00", true, false),
            ("2026-11-23T15:59:59+07:00", true, false),
            ("2026-11-23T16:00:00+07:00", false, true),
        ] {
            assert_eq!((breach.is_near(at(now)), breach.is_late(at(now))), (is_near, is_late), "{now}");
        }
        breach.state = BreachState::Notified;
        assert!(!breach.is_late(Timestamp::MAX));
        assert_eq!(due(Timestamp::MAX), Timestamp::MAX);
    }

    #[test]
    fn a_notice_is_given_once_and_may_be_amended_after() {
        let facts = BreachFacts::default;
        let notify = BreachAct::Notify {
            sent_at: Timestamp::UNIX_EPOCH,
            to: "A05".into(),
            number: "1".into(),
            late_reason: None,
        };
        let acts = [
            BreachAct::Open { facts: facts() },
            BreachAct::Amend { facts: facts() },
            notify,
            BreachAct::Dismiss { reason: "…".into() },
        ];
        for (state, expected) in [
            (BreachState::Open, "- open notified dismissed"),
            (BreachState::Notified, "- notified - -"),
            (BreachState::Dismissed, "- - - -"),
        ] {
            let led: Vec<&str> =
                acts.iter().map(|act| act.leads_to(state).map_or("-", BreachState::as_str)).collect();
            assert_eq!(led.join(" "), expected, "{state:?}");
        }
    }

    #[test]
    fn what_a_notice_lacks_is_said() {
        assert_eq!(BreachFacts::default().missing().len(), 9);
        let facts = BreachFacts { nature: "lộ".into(), n_persons: Some(0), ..BreachFacts::default() };
        assert!(!facts.missing().contains(&"số người") && facts.missing().contains(&"nơi xảy ra"));
    }
}
