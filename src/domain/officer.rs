//! Officers who act, and what each may do.
//!
//! Knows nothing of sign-in or sessions. Roles and rights by role come with accounts; until then
//! the service listens on loopback only and one configured officer acts.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ids::{OfficerId, PersonalId};

/// Công chức: who stands on every act (Điều 10 khoản 2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Officer {
    /// Row id.
    pub id: OfficerId,
    /// Họ và tên.
    pub full_name: String,
    /// Mã định danh cá nhân.
    pub personal_id: PersonalId,
    /// Unit.
    pub unit: Option<String>,
}

/// An officer who has signed in: needed by every function that acts in somebody's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActingOfficer {
    /// Who.
    pub officer: Officer,
    /// Thời gian đăng nhập xử lý.
    pub signed_in_at: Timestamp,
}

/// What an officer wrote as the reason of an act, without blanks around it; `None` where nothing was written.
pub fn stated(reason: &str) -> Option<&str> {
    Some(reason.trim()).filter(|reason| !reason.is_empty())
}
