//! What is written down of every act and every reading of personal data (Điều 10 khoản 2), as plain data.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::officer::Actor;

/// The acts that leave a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // the names say it
pub enum Action {
    OpenDossier,
    DeclareHandedIn,
    ReceivePaper,
    CheckPaper,
    ReadPaper,
    OverrideFaults,
    ConfirmFields,
    AssignCode,
    PrepareSignature,
    SignPaper,
    GiveUpSignature,
    SealDocument,
    VerifyDocument,
    StoreRecord,
    RefusePaper,
    QuarantinePaper,
    EraseQuarantined,
    FailPaper,
    RetryPaper,
    ArrangePages,
    UndoPages,
    InsertPages,
    SplitPaper,
    MergePapers,
    LookUpOwner,
    ListDocuments,
    ViewPaper,
    ViewDocument,
    ViewContent,
    LookUpCode,
    ImportCatalogue,
    AddOfficer,
    AcceptLesson,
    RejectLesson,
    TakeBackLesson,
    SignIn,
    RefuseSignIn,
    SignOut,
    InviteOfficer,
    SetPassword,
    ChangeAccount,
    EndSessions,
    SetSecondFactor,
    ChangeClient,
}

impl Action {
    /// The name on the wire and in the store.
    pub fn as_str(self) -> String {
        serde_json::to_value(self).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
    }
}

/// One act, before it is chained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEvent {
    /// When, UTC.
    pub at: Timestamp,
    /// In whose name; `None` for the system's own steps.
    pub actor: Option<Actor>,
    /// What was done.
    pub action: Action,
    /// What it was done to: kind and opaque id, such as `("paper", "0193…")`.
    pub object: (&'static str, String),
    /// Why personal data was read, where it was.
    pub purpose: Option<String>,
    /// Further facts; never personal data in clear.
    pub detail: Option<serde_json::Value>,
}
