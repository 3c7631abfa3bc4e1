//! Hồ sơ and the papers in it: the states of one paper, with what is known in each, and the legal moves.
//!
//! Knows nothing of transactions, jobs or requests.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    code::DocumentCode,
    count::HandedIn,
    eligibility::{Clause, HandedInAs, PaperRole},
    fields::{ConfirmedFields, ProposedFields},
    ids::{
        ContentHash, DossierId, OfficerId, OwnerId, OwnerNumber, PaperId, ProcedureCode, RecordId, UnitId,
    },
    page::{CheckedPages, PageFacts, PageFaults},
    signing::PreparedSignature,
};

/// A dossier of one procedure, under the catalogue it was opened with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dossier {
    /// Row id.
    pub id: DossierId,
    /// The procedure; `None` while nobody has said which (a folder of old results, say).
    pub procedure: Option<ProcedureCode>,
    /// BLAKE3 of the catalogue in force when it was opened (Điều 20 khoản 3).
    pub catalogue: ContentHash,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// Who opened it.
    pub opened_by: OfficerId,
    /// The unit that handles it; `None` of an installation without accounts.
    pub unit: Option<UnitId>,
    /// How many papers were handed in, once somebody has said so (Điều 9 khoản 1).
    pub handed_in: Option<HandedIn>,
}

/// How many pages the paper has, by the person who handed it over the scanner (Điều 9 khoản 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpectedPages(pub u32);

/// What kind of bytes an object of a paper is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObjectRole {
    /// As it came; several when a paper came as pictures of its pages.
    Original,
    /// The words with their boxes, as JSON.
    Text,
    /// The PDF that the officer signs.
    Composed,
    /// The same with the officer's signature.
    Signed,
    /// The PDF with the code written in.
    Coded,
    /// An original, sealed because of a secret mark.
    Quarantined,
}

impl ObjectRole {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Original, Self::Text, Self::Composed, Self::Signed, Self::Coded, Self::Quarantined];
}

/// Some bytes of a paper, by hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaperObject {
    /// What it is.
    pub role: ObjectRole,
    /// Order among those of its role, from 0.
    pub ordinal: u32,
    /// BLAKE3: the name it is kept under.
    pub hash: ContentHash,
    /// SHA-256, lower-case hexadecimal, as other systems record it.
    pub sha256: String,
    /// Length.
    pub n_bytes: u64,
    /// `application/pdf`, `image/tiff`, `image/jpeg`, `image/png`, `application/json`.
    pub media_type: String,
}

/// Giấy tờ on its way through the steps.
#[derive(Debug, Clone, PartialEq)]
pub struct Paper {
    /// Row id.
    pub id: PaperId,
    /// Its dossier.
    pub dossier: DossierId,
    /// What it is in the procedure; `None` until a person or the reading says.
    pub role: Option<PaperRole>,
    /// The form it was handed in.
    pub form: HandedInAs,
    /// Declared number of pages.
    pub expected_pages: Option<ExpectedPages>,
    /// The owner's number as declared at intake.
    pub declared_owner: Option<OwnerNumber>,
    /// When the bytes were received.
    pub received_at: Timestamp,
    /// Where it stands.
    pub state: PaperState,
    /// Counts the changes; the ETag.
    pub version: u64,
}

/// A step of the way, for failures and progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Step {
    Scan,
    Check,
    Read,
    Sign,
    Code,
    Store,
}

/// Milliseconds per step; pages are read side by side, so steps may add up to more than `total`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[allow(missing_docs)] // the steps
pub struct StepTimes {
    pub decode: u64,
    pub check: u64,
    pub ocr: u64,
    pub extract: u64,
    /// From the decoded first page to the proposals of its head; `None` where the head was not read by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<u64>,
    pub total: u64,
}

/// Where a paper stands, and what is known there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum PaperState {
    /// The bytes are kept as they came.
    Received,
    /// Điều 9 is being checked.
    Checking,
    /// A fault needs another scan, or an officer's override.
    NeedsRescan {
        /// What is wrong.
        faults: PageFaults,
    },
    /// The pages are being read.
    Reading {
        /// Why the faults were overridden, where they were.
        override_reason: Option<String>,
    },
    /// Read; a person confirms.
    ToConfirm {
        /// The pages.
        checked: CheckedPages,
        /// What the machine proposes.
        proposed: Box<ProposedFields>,
        /// How long each step took.
        timings: StepTimes,
    },
    /// Confirmed and its code assigned; the officer's signature is due.
    ToSign {
        /// What was confirmed.
        confirmed: Box<Confirmation>,
    },
    /// A signature is being made.
    Signing {
        /// What was confirmed.
        confirmed: Box<Confirmation>,
        /// The signature that waits for its value.
        prepared: Box<PreparedSignature>,
    },
    /// The code is to be written on page one.
    ToCode {
        /// What was confirmed.
        confirmed: Box<Confirmation>,
    },
    /// In the owner's store.
    Stored {
        /// The document there.
        record: RecordId,
    },
    /// Put off by an officer.
    Postponed {
        /// Why.
        reason: String,
        /// Who.
        by: OfficerId,
        /// When.
        at: Timestamp,
    },
    /// Not digitised, by the regulation or by an officer.
    Refused {
        /// One Vietnamese sentence.
        reason: String,
        /// The clause, where the regulation says so.
        clause: Option<Clause>,
        /// When.
        at: Timestamp,
    },
    /// A secret mark was found: bytes encrypted apart, no text, no picture (Điều 5 khoản 1).
    Quarantined {
        /// When.
        at: Timestamp,
    },
    /// A step could not be done.
    Failed {
        /// Which.
        step: Step,
        /// One Vietnamese sentence; no personal data.
        cause: String,
        /// Whether trying again may help.
        retry: bool,
        /// Where the paper stood: nothing that was known is lost.
        before: Box<PaperState>,
    },
}

/// What an officer confirmed, and the code assigned in the same transaction (Điều 16, 17).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Confirmation {
    /// The fields.
    pub fields: ConfirmedFields,
    /// The code.
    pub code: DocumentCode,
    /// What is printed in its place, where the setting reads the type of a result otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub printed: Option<DocumentCode>,
    /// Whose store the paper goes into.
    pub owner: OwnerId,
    /// Who confirmed.
    pub by: OfficerId,
    /// When.
    pub at: Timestamp,
    /// The pages, for composing.
    pub checked: CheckedPages,
}

impl Confirmation {
    /// The code that goes onto the page.
    pub fn on_page(&self) -> &DocumentCode {
        self.printed.as_ref().unwrap_or(&self.code)
    }
}

/// How long the bytes of a secret paper are kept after they were set apart.
pub const ERASE_WITHIN: SignedDuration = SignedDuration::from_hours(24);

/// When the bytes of a secret paper have to be erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EraseTerm {
    /// When they were set apart.
    pub since: Timestamp,
    /// Until when they are to be erased.
    pub until: Timestamp,
}

impl EraseTerm {
    /// The term of bytes that were set apart at `since`.
    pub fn from(since: Timestamp) -> Self {
        Self { since, until: since.saturating_add(ERASE_WITHIN).unwrap_or(Timestamp::MAX) }
    }

    /// Whether it is over at `now`.
    pub fn is_over(&self, now: Timestamp) -> bool {
        now >= self.until
    }

    /// What is left of it at `now`; below zero once it is over.
    pub fn left(&self, now: Timestamp) -> SignedDuration {
        self.until.duration_since(now)
    }
}

impl PaperState {
    /// By when the bytes have to be erased; of papers in quarantine alone.
    pub fn erase_term(&self) -> Option<EraseTerm> {
        match self {
            Self::Quarantined { at } => Some(EraseTerm::from(*at)),
            _ => None,
        }
    }

    /// The name in the contract.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Checking => "checking",
            Self::NeedsRescan { .. } => "needs_rescan",
            Self::Reading { .. } => "reading",
            Self::ToConfirm { .. } => "to_confirm",
            Self::ToSign { .. } => "to_sign",
            Self::Signing { .. } => "signing",
            Self::ToCode { .. } => "to_code",
            Self::Stored { .. } => "stored",
            Self::Postponed { .. } => "postponed",
            Self::Refused { .. } => "refused",
            Self::Quarantined { .. } => "quarantined",
            Self::Failed { .. } => "failed",
        }
    }

    /// The name for people.
    pub fn label(&self) -> &'static str {
        match self.name() {
            "received" => "Đã nhận",
            "checking" => "Đang kiểm tra trang",
            "needs_rescan" => "Cần quét lại",
            "reading" => "Đang đọc",
            "to_confirm" => "Chờ xác nhận",
            "to_sign" => "Chờ ký số",
            "signing" => "Đang ký số",
            "to_code" => "Đang ghi mã",
            "stored" => "Đã lưu kho",
            "postponed" => "Tạm gác",
            "refused" => "Không số hóa",
            "quarantined" => "Cách ly (tài liệu mật)",
            _ => "Lỗi",
        }
    }

    /// The pages as they were found; empty before the check and after storing.
    pub fn pages(&self) -> &[PageFacts] {
        match self {
            Self::NeedsRescan { faults } => &faults.pages,
            Self::ToConfirm { checked, .. } => &checked.pages,
            Self::ToSign { confirmed } | Self::Signing { confirmed, .. } | Self::ToCode { confirmed } => {
                &confirmed.checked.pages
            }
            Self::Failed { before, .. } => before.pages(),
            _ => &[],
        }
    }

    /// Whether work or a person's act may still move it.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Stored { .. } | Self::Refused { .. })
    }

    /// Whether its code was assigned.
    pub fn has_code(&self) -> bool {
        match self {
            Self::Failed { before, .. } => before.has_code(),
            state => matches!(
                state,
                Self::ToSign { .. } | Self::Signing { .. } | Self::ToCode { .. } | Self::Stored { .. }
            ),
        }
    }

    /// Whether an officer may decide that it goes no further: it rests, without a code, and is not set apart.
    pub fn may_be_given_up(&self) -> bool {
        let is_set_apart = matches!(self, Self::Quarantined { .. });
        !self.has_code() && !self.is_final() && !self.is_being_read() && !is_set_apart
    }

    /// Whether the machine is at it: checked, then read.
    pub fn is_being_read(&self) -> bool {
        matches!(self, Self::Received | Self::Checking | Self::Reading { .. })
    }

    /// Whether the order of the contract allows the move from this state to the one named `next`.
    pub fn may_become(&self, next: &str) -> bool {
        let allowed: &[&str] = match self {
            // Quarantined also from where a paper rests: its file may hold another, secret one.
            Self::Received => &["checking", "quarantined"],
            Self::Checking => &["needs_rescan", "reading", "quarantined"],
            // Back to the check when an officer arranged the pages.
            Self::NeedsRescan { .. } => &["reading", "checking", "quarantined"],
            Self::Reading { .. } => &["to_confirm", "needs_rescan", "quarantined"],
            Self::ToConfirm { .. } => &["to_sign", "to_code", "needs_rescan", "checking", "quarantined"],
            Self::ToSign { .. } => &["signing"],
            // Prepared anew when the first one was given up.
            Self::Signing { .. } => &["to_sign", "signing", "to_code"],
            Self::ToCode { .. } => &["stored"],
            Self::Failed { .. } | Self::Postponed { .. } => &[
                "received",
                "checking",
                "reading",
                "to_confirm",
                "to_sign",
                "signing",
                "to_code",
                "quarantined",
            ],
            Self::Stored { .. } | Self::Refused { .. } | Self::Quarantined { .. } => &[],
        };
        let aside = ["failed", "postponed", "refused"].contains(&next);
        allowed.contains(&next) || (aside && !self.is_final() && self.name() != next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    #[test]
    fn only_the_moves_of_the_contract_are_legal() {
        let refused = PaperState::Refused { reason: String::new(), clause: None, at: Timestamp::UNIX_EPOCH };
        let reading = PaperState::Reading { override_reason: None };
        let faults = PageFaults { pages: Vec::new(), findings: Vec::new() };
        let needs_rescan = PaperState::NeedsRescan { faults };
        let postponed = PaperState::Postponed {
            reason: String::new(),
            by: OfficerId::parse("demo").expect("an id"),
            at: Timestamp::UNIX_EPOCH,
        };
        let failed = PaperState::Failed {
            step: Step::Read,
            cause: String::new(),
            retry: true,
            before: Box::new(PaperState::Received),
        };
        for (state, next, expected) in [
            (&PaperState::Received, "checking", true),
            (&PaperState::Received, "stored", false),
            (&PaperState::Checking, "reading", true),
            (&PaperState::Checking, "quarantined", true),
            (&reading, "to_confirm", true),
            (&reading, "to_code", false),
            (&reading, "failed", true),
            (&reading, "checking", false),
            (&needs_rescan, "checking", true),
            (&needs_rescan, "reading", true),
            (&needs_rescan, "to_code", false),
            (&needs_rescan, "refused", true),
            (&postponed, "checking", true),
            (&failed, "checking", true),
            (&failed, "quarantined", true),
            (&refused, "checking", false),
            (&failed, "received", true),
            (&failed, "failed", false),
            (&refused, "received", false),
            (&refused, "failed", false),
        ] {
            assert_eq!(state.may_become(next), expected, "{} -> {next}", state.name());
        }
    }

    #[test]
    fn secret_bytes_are_to_be_erased_within_a_day() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let term = PaperState::Quarantined { at: at("2026-11-21T03:00:00Z") }.erase_term().unwrap();
        for (now, is_over, hours_left) in [
            ("2026-11-21T03:00:00Z", false, 24),
            ("2026-11-22T02:59:59Z", false, 0),
            ("2026-11-22T03:00:00Z", true, 0),
            ("2026-11-23T03:00:00Z", true, -24),
        ] {
            assert_eq!(
                (term.is_over(at(now)), term.left(at(now)).as_hours()),
                (is_over, hours_left),
                "{now}"
            );
        }
        assert_eq!(PaperState::Received.erase_term(), None);
        assert!(EraseTerm::from(Timestamp::MAX).is_over(Timestamp::MAX));
    }

    #[test]
    fn a_state_is_stored_under_the_name_it_answers_with() {
        for state in
            [PaperState::Received, PaperState::Checking, PaperState::Reading { override_reason: None }]
        {
            assert_eq!(serde_json::to_value(&state).unwrap()["state"], state.name());
        }
    }
}
