//! What officers did about an owner, with all that is needed to take it back.

use serde::{Deserialize, Serialize};

use super::Profile;
use crate::domain::{
    code::OwnerKey,
    ids::{GuardianshipId, OwnerId, RecordId},
};

/// Rows of one owner, by their opaque ids; all in order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OwnerRows {
    /// Numbers and names.
    pub identifiers: Vec<String>,
    /// Documents in the store.
    pub documents: Vec<String>,
    /// Codes, also of papers on their way.
    pub codes: Vec<String>,
    /// Requests about his data.
    pub requests: Vec<String>,
    /// Relations in which he is the child.
    pub wardships: Vec<String>,
    /// Relations in which he acts.
    pub guardianships: Vec<String>,
}

impl OwnerRows {
    /// What the kinds of rows are called, with what each side has; to tell where two states differ.
    pub fn differences(&self, other: &Self) -> Vec<&'static str> {
        let kinds = [
            ("số định danh, tên", &self.identifiers, &other.identifiers),
            ("giấy tờ trong kho", &self.documents, &other.documents),
            ("mã số hóa", &self.codes, &other.codes),
            ("yêu cầu về dữ liệu", &self.requests, &other.requests),
            ("quan hệ giám hộ", &self.wardships, &other.wardships),
            ("quan hệ giám hộ", &self.guardianships, &other.guardianships),
        ];
        let mut names: Vec<_> = kinds.iter().filter(|(_, a, b)| a != b).map(|(name, ..)| *name).collect();
        names.dedup();
        names
    }
}

/// How an owner stood: to see whether anything happened since.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnerStanding {
    /// What was his.
    pub rows: OwnerRows,
    /// What was known of him.
    pub profile: Profile,
}

impl OwnerStanding {
    /// Where the two differ.
    pub fn differences(&self, other: &Self) -> Vec<&'static str> {
        let mut names = self.rows.differences(&other.rows);
        if self.profile != other.profile {
            names.push("thông tin của chủ giấy tờ");
        }
        names
    }
}

/// What an officer did about an owner; sealed where it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum OwnerAct {
    /// Said what is known of him; names lead to him by `identifiers`.
    Describe {
        /// How he stood before.
        before: OwnerStanding,
        /// And after.
        after: OwnerStanding,
    },
    /// Added a number.
    AddNumber {
        /// How he stood before.
        before: OwnerStanding,
        /// And after.
        after: OwnerStanding,
    },
    /// Found another owner to be him.
    Merge {
        /// Who is no longer kept apart; his id leads here.
        other: OwnerId,
        /// What was the other's.
        moved: OwnerRows,
        /// How this one stood before.
        before: OwnerStanding,
        /// And after.
        after: OwnerStanding,
    },
    /// Found him to be two.
    Split {
        /// The other one.
        other: OwnerId,
        /// What is the other's now.
        moved: OwnerRows,
        /// How this one stood before.
        before: OwnerStanding,
        /// And after.
        after: OwnerStanding,
        /// How the other stood then.
        other_after: OwnerStanding,
    },
    /// Came out of another owner.
    PartFrom {
        /// Of whom.
        other: OwnerId,
    },
    /// Took an act back.
    Undo {
        /// Its number.
        no: u64,
    },
    /// Wrote down who acts for him.
    SetGuardian {
        /// The relation.
        id: GuardianshipId,
    },
    /// Ended that.
    EndGuardian {
        /// The relation.
        id: GuardianshipId,
    },
    /// Said that his data may not be used.
    Restrict,
    /// Said that they may again.
    LiftRestriction,
}

impl OwnerAct {
    /// The name on the wire.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Describe { .. } => "describe",
            Self::AddNumber { .. } => "add_number",
            Self::Merge { .. } => "merge",
            Self::Split { .. } => "split",
            Self::PartFrom { .. } => "part_from",
            Self::Undo { .. } => "undo",
            Self::SetGuardian { .. } => "set_guardian",
            Self::EndGuardian { .. } => "end_guardian",
            Self::Restrict => "restrict",
            Self::LiftRestriction => "lift_restriction",
        }
    }

    /// What pages call it.
    pub fn words(&self) -> &'static str {
        match self {
            Self::Describe { .. } => "Ghi thông tin",
            Self::AddNumber { .. } => "Thêm số định danh",
            Self::Merge { .. } => "Gộp hai chủ thành một",
            Self::Split { .. } => "Tách thành hai chủ",
            Self::PartFrom { .. } => "Được tách ra từ chủ khác",
            Self::Undo { .. } => "Hoàn tác",
            Self::SetGuardian { .. } => "Ghi người giám hộ",
            Self::EndGuardian { .. } => "Chấm dứt giám hộ",
            Self::Restrict => "Hạn chế xử lý dữ liệu",
            Self::LiftRestriction => "Thôi hạn chế xử lý dữ liệu",
        }
    }

    /// The other owner, where there is one.
    pub fn other(&self) -> Option<&OwnerId> {
        match self {
            Self::Merge { other, .. } | Self::Split { other, .. } | Self::PartFrom { other } => Some(other),
            _ => None,
        }
    }

    /// How the owner stood before and after; `None` of an act that can't be taken back.
    pub fn standings(&self) -> Option<(&OwnerStanding, &OwnerStanding)> {
        match self {
            Self::Describe { before, after }
            | Self::AddNumber { before, after }
            | Self::Merge { before, after, .. }
            | Self::Split { before, after, .. } => Some((before, after)),
            _ => None,
        }
    }
}

/// An act with the reason that was given for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReasonedAct {
    /// What.
    #[serde(flatten)]
    pub act: OwnerAct,
    /// Why, in the officer's words.
    pub reason: String,
}

/// What goes to the other owner on a split.
#[derive(Debug, Clone, Default)]
pub struct Parting {
    /// Numbers and names, by the ids of their rows.
    pub identifiers: Vec<String>,
    /// Documents.
    pub documents: Vec<RecordId>,
    /// A number or name by which the other is known, where nothing of the first is his.
    pub key: Option<OwnerKey>,
}
