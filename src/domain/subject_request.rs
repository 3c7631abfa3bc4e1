//! Requests of data subjects (Luật 91/2025/QH15; NĐ 356/2025/NĐ-CP): what is asked, where it stands, by when it has to be
//! answered.
//!
//! Knows nothing of how requests are kept, and nothing of the wall clock.

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use super::{
    calendar::Calendar,
    ids::{OfficerId, OwnerId, SubjectRequestId, UnitId},
};

/// Working days within which somebody is answered and told the procedure (NĐ 356/2025/NĐ-CP).
pub const ANSWER_WITHIN: u32 = 2;

/// The right that somebody uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestKind {
    /// Được biết về hoạt động xử lý.
    Know,
    /// Xem.
    See,
    /// Cung cấp bản sao.
    Copy,
    /// Chỉnh sửa.
    Correct,
    /// Xóa.
    Erase,
    /// Hạn chế xử lý.
    Restrict,
    /// Phản đối xử lý.
    Object,
    /// Rút lại sự đồng ý.
    WithdrawConsent,
}

impl RequestKind {
    /// All of them, in the order in which pages offer them.
    pub const ALL: [Self; 8] = [
        Self::See,
        Self::Copy,
        Self::Correct,
        Self::Erase,
        Self::Restrict,
        Self::Object,
        Self::WithdrawConsent,
        Self::Know,
    ];

    /// The name on the wire and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Know => "know",
            Self::See => "see",
            Self::Copy => "copy",
            Self::Correct => "correct",
            Self::Erase => "erase",
            Self::Restrict => "restrict",
            Self::Object => "object",
            Self::WithdrawConsent => "withdraw_consent",
        }
    }

    /// What pages call it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Know => "Được biết về việc xử lý dữ liệu",
            Self::See => "Xem dữ liệu",
            Self::Copy => "Cung cấp bản sao dữ liệu",
            Self::Correct => "Chỉnh sửa dữ liệu",
            Self::Erase => "Xóa dữ liệu",
            Self::Restrict => "Hạn chế xử lý dữ liệu",
            Self::Object => "Phản đối xử lý dữ liệu",
            Self::WithdrawConsent => "Rút lại sự đồng ý",
        }
    }

    /// The kind of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// How a request came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // the names say it
pub enum CameBy {
    Desk,
    Post,
    Email,
    Portal,
    Phone,
}

impl CameBy {
    /// All of them, in the order in which pages offer them.
    pub const ALL: [Self; 5] = [Self::Desk, Self::Post, Self::Email, Self::Portal, Self::Phone];

    /// The name on the wire and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Desk => "desk",
            Self::Post => "post",
            Self::Email => "email",
            Self::Portal => "portal",
            Self::Phone => "phone",
        }
    }

    /// What pages call it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Desk => "Trực tiếp",
            Self::Post => "Bưu chính",
            Self::Email => "Thư điện tử",
            Self::Portal => "Cổng dịch vụ công",
            Self::Phone => "Điện thoại",
        }
    }

    /// The way of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|way| way.as_str() == name)
    }
}

/// Where a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestState {
    /// Nobody has answered yet.
    Waiting,
    /// The procedure was told; what was asked is still to be done.
    Answered,
    /// Done.
    Done,
    /// Refused with a clause.
    Refused,
    /// Taken back by who asked.
    Withdrawn,
}

impl RequestState {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Waiting, Self::Answered, Self::Done, Self::Refused, Self::Withdrawn];

    /// The name on the wire and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Answered => "answered",
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// What pages call it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Waiting => "Chờ phản hồi",
            Self::Answered => "Đã phản hồi, đang thực hiện",
            Self::Done => "Đã thực hiện",
            Self::Refused => "Đã từ chối",
            Self::Withdrawn => "Người yêu cầu đã rút",
        }
    }

    /// The state of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }

    /// Whether something is still to be done.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::Answered)
    }
}

/// What an officer does about a request; its words are sealed where they are kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum RequestAct {
    /// Who asked is told that the request came, and the procedure.
    Answer {
        /// What was told.
        told: String,
        /// Until when it will be done, where that was told.
        do_by: Option<Date>,
    },
    /// What was asked is done.
    Fulfil {
        /// What was done.
        done: String,
    },
    /// It is not done.
    Refuse {
        /// Why.
        reason: String,
        /// Điều, khoản that allows it.
        clause: String,
    },
    /// Who asked does not want it any more.
    Withdraw {
        /// How he said so.
        reason: String,
    },
}

impl RequestAct {
    /// Where a request stands after the act; `None` where it has no sense.
    pub fn leads_to(&self, state: RequestState) -> Option<RequestState> {
        match (state, self) {
            (RequestState::Waiting, Self::Answer { .. }) => Some(RequestState::Answered),
            (state, Self::Fulfil { .. }) if state.is_open() => Some(RequestState::Done),
            (state, Self::Refuse { .. }) if state.is_open() => Some(RequestState::Refused),
            (state, Self::Withdraw { .. }) if state.is_open() => Some(RequestState::Withdrawn),
            _ => None,
        }
    }

    /// The words that were written, with what they are called; none may be empty.
    pub fn texts(&self) -> Vec<(&'static str, &str)> {
        match self {
            Self::Answer { told, .. } => vec![("Đã trả lời, hướng dẫn", told)],
            Self::Fulfil { done } => vec![("Đã thực hiện", done)],
            Self::Refuse { reason, clause } => vec![("Lý do từ chối", reason), ("Căn cứ", clause)],
            Self::Withdraw { reason } => vec![("Người yêu cầu rút", reason)],
        }
    }
}

/// A request as the register has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubjectRequest {
    /// Row id.
    pub id: SubjectRequestId,
    /// The unit that has to answer; `None` of an installation without accounts.
    pub unit: Option<UnitId>,
    /// The right that is used.
    pub kind: RequestKind,
    /// How it came.
    pub came_by: CameBy,
    /// When it came.
    pub came_at: Timestamp,
    /// When it was taken in.
    pub taken_in_at: Timestamp,
    /// By whom.
    pub taken_in_by: OfficerId,
    /// Whose data, where the store knows him.
    pub owner: Option<OwnerId>,
    /// Who asks, as keyed; may be empty where `owner` says it.
    pub asker: String,
    /// What is asked, in words.
    pub asked: String,
    /// Until when it has to be answered.
    pub due_at: Timestamp,
    /// Where it stands.
    pub state: RequestState,
    /// When it was answered first, in whatever way.
    pub answered_at: Option<Timestamp>,
    /// Until when it was promised to be done.
    pub do_by: Option<Date>,
    /// Grows with each act.
    pub version: u64,
}

impl SubjectRequest {
    /// Until when a request that came at `came_at` has to be answered.
    pub fn due(came_at: Timestamp, calendar: &Calendar) -> Timestamp {
        calendar.end_of_working_day(came_at, ANSWER_WITHIN)
    }

    /// Whether nobody answered in time.
    pub fn is_late(&self, now: Timestamp) -> bool {
        self.state == RequestState::Waiting && now >= self.due_at
    }

    /// Whether it was answered, and not done by the day that was promised.
    pub fn is_overdue(&self, today: Date) -> bool {
        self.state == RequestState::Answered && self.do_by.is_some_and(|day| today > day)
    }

    /// Whether the first answer came too late.
    pub fn was_answered_late(&self) -> bool {
        self.answered_at.is_some_and(|at| at >= self.due_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acts_lead_where_they_make_sense() {
        let text = || "…".to_owned();
        let acts = [
            RequestAct::Answer { told: text(), do_by: None },
            RequestAct::Fulfil { done: text() },
            RequestAct::Refuse { reason: text(), clause: text() },
            RequestAct::Withdraw { reason: text() },
        ];
        for (state, expected) in [
            (RequestState::Waiting, "answered done refused withdrawn"),
            (RequestState::Answered, "- done refused withdrawn"),
            (RequestState::Done, "- - - -"),
            (RequestState::Refused, "- - - -"),
            (RequestState::Withdrawn, "- - - -"),
        ] {
            let led: Vec<&str> =
                acts.iter().map(|act| act.leads_to(state).map_or("-", RequestState::as_str)).collect();
            assert_eq!(led.join(" "), expected, "{state:?}");
        }
    }

    #[test]
    fn names_read_back() {
        for kind in RequestKind::ALL {
            assert_eq!(RequestKind::parse(kind.as_str()), Some(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
        for way in CameBy::ALL {
            assert_eq!(CameBy::parse(way.as_str()), Some(way));
        }
        for state in RequestState::ALL {
            assert_eq!(RequestState::parse(state.as_str()), Some(state));
        }
    }

    #[test]
    fn late_is_who_waits_at_midnight() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let came_at = at("2026-11-20T16:00:00+07:00");
        let mut request = SubjectRequest {
            id: SubjectRequestId::new(),
            unit: None,
            kind: RequestKind::See,
            came_by: CameBy::Desk,
            came_at,
            taken_in_at: came_at,
            taken_in_by: OfficerId::new(),
            owner: None,
            asker: "Nguyễn Văn Thử".into(),
            asked: "xem dữ liệu của tôi".into(),
            due_at: SubjectRequest::due(came_at, &Calendar::default()),
            state: RequestState::Waiting,
            answered_at: None,
            do_by: None,
            version: 1,
        };
        assert!(!request.is_late(at("2026-11-24T23:59:59+07:00")));
        assert!(request.is_late(at("2026-11-25T00:00:00+07:00")));
        request.state = RequestState::Answered;
        request.answered_at = Some(at("2026-11-25T08:00:00+07:00"));
        assert!(!request.is_late(Timestamp::MAX) && request.was_answered_late());
        let day: Date = "2026-12-01".parse().unwrap();
        assert!(!request.is_overdue(day));
        request.do_by = Some(day);
        assert!(!request.is_overdue(day) && request.is_overdue(day.tomorrow().unwrap()));
    }
}
