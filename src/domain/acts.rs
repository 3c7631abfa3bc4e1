//! What was done about an entry of a register, as its history has it.

use jiff::Timestamp;

use super::ids::OfficerId;

/// An act of a history that is only appended to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptAct<A> {
    /// From 1.
    pub no: u64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: OfficerId,
    /// What.
    pub act: A,
}
