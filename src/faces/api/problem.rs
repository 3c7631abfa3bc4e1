//! The one error answer (RFC 9457), and how each workflow's errors become it.

pub mod words;

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    domain::{catalogue::CatalogueFaults, confirm::FieldFault, retention::NotNow, rights::Denied},
    engines::imaging::fault::ReadError,
    store::StoreError,
    workflows::{
        arrange::ArrangeError, batch::BatchError, breaches::BreachError, browse::BrowseError,
        catalogue::ImportError, digitise::DigitiseError, documents::DocumentError, export::ExportError,
        intake::IntakeError, lessons::LessonError, manual_codes::ManualCodeError, owners::OwnerError,
        retention::RetentionError, reuse::ReuseError, search::SearchError, separators::SeparatorError,
        subject_requests::SubjectRequestError, trace::TraceError,
    },
};

/// An error, as `application/problem+json`.
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    /// Stable name of the kind of error.
    #[serde(rename = "type")]
    kind: String,
    /// What it is called, in Vietnamese; in English where `Accept-Language` prefers that.
    title: &'static str,
    /// HTTP status.
    status: u16,
    /// What, where, what to do: a Vietnamese sentence, or an English one about all problems of this type. Never
    /// personal data.
    detail: String,
    /// The Vietnamese sentence, beside an English one.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail_vi: Option<String>,
    /// The clause of the regulation, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<String>,
    /// Faulty fields, all of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<Object>)]
    errors: Vec<FieldFault>,
    /// What is wrong with a file that is refused as a whole, each with its place.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    faults: Vec<String>,
    /// The paper that is in the way, where one is.
    #[serde(skip_serializing_if = "Option::is_none")]
    conflict_with: Option<String>,
}

impl Problem {
    /// A problem of `kind`, said in `detail`.
    pub fn new(status: StatusCode, kind: &str, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("{}{kind}", words::PREFIX),
            title: words::title(kind).or(status.canonical_reason()).unwrap_or("Error"),
            status: status.as_u16(),
            detail: detail.into(),
            detail_vi: None,
            rule: None,
            errors: Vec::new(),
            conflict_with: None,
            faults: Vec::new(),
        }
    }

    pub(super) fn bad_request(kind: &str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, kind, detail)
    }

    /// Nobody has shown who they are.
    pub(in crate::faces) fn not_signed_in() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "not-signed-in",
            "Chưa đăng nhập, hoặc phiên đăng nhập đã hết: đăng nhập rồi làm lại.",
        )
    }

    pub(super) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", "Không tìm thấy.")
    }

    pub(super) fn under(mut self, rule: &str) -> Self {
        self.rule = Some(rule.to_owned());
        self
    }

    pub(super) fn with_faults(self, faults: Vec<String>) -> Self {
        Self { faults, ..self }
    }

    pub(super) fn fields(errors: Vec<FieldFault>) -> Self {
        let detail = format!("Còn {} trường phải nhập hoặc sửa.", errors.len());
        Self { errors, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "fields", detail) }
            .under("QĐ 1917/QĐ-BLĐTBXH, Điều 16 khoản 2")
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).expect("a problem is plain data");
        let json = HeaderValue::from_static("application/problem+json");
        (status, [(header::CONTENT_TYPE, json)], body).into_response()
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Stale => Self::new(
                StatusCode::PRECONDITION_FAILED,
                "stale",
                "Giấy tờ vừa được người khác thay đổi: tải lại rồi làm lại.",
            ),
            other => {
                tracing::error!(error = %other, cause = ?std::error::Error::source(&other), "the store failed");
                Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "storage",
                    "Kho dữ liệu chưa trả lời: thử lại sau; nếu còn lỗi, báo người quản trị.",
                )
            }
        }
    }
}

impl From<Denied> for Problem {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Foreign => Self::not_found(),
            denied => Self::new(StatusCode::FORBIDDEN, "forbidden", sentence(&denied.to_string())),
        }
    }
}

impl From<TraceError> for Problem {
    fn from(error: TraceError) -> Self {
        match error {
            TraceError::Denied(denied) => denied.into(),
            TraceError::Store(error) => error.into(),
            other => Self::new(StatusCode::INTERNAL_SERVER_ERROR, "trace", sentence(&other.to_string())),
        }
    }
}

impl From<LessonError> for Problem {
    fn from(error: LessonError) -> Self {
        let detail = sentence(&error.to_string());
        match error {
            LessonError::Unknown => Self::not_found(),
            LessonError::NoReason => Self::bad_request("no-reason", detail),
            LessonError::WrongState { .. } | LessonError::Stale => {
                Self::new(StatusCode::CONFLICT, "wrong-state", detail)
            }
            LessonError::Ambiguous => Self::new(StatusCode::CONFLICT, "ambiguous", detail),
            LessonError::Denied(denied) => denied.into(),
            LessonError::Store(error) => error.into(),
        }
    }
}

impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Self {
        if error.is_ours() {
            tracing::error!(%error, "a reading process failed");
            return Self::new(StatusCode::SERVICE_UNAVAILABLE, "reading", error.to_string());
        }
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "unreadable", error.to_string())
            .under("QĐ 1917/QĐ-BLĐTBXH, Điều 9 khoản 2")
    }
}

fn spool(source: &std::io::Error) -> Problem {
    tracing::error!(%source, "temporary files can't be written");
    Problem::new(
        StatusCode::INSUFFICIENT_STORAGE,
        "spool",
        "Không ghi được tệp tạm: kiểm tra dung lượng đĩa.",
    )
}

impl From<IntakeError> for Problem {
    fn from(error: IntakeError) -> Self {
        let detail = error.to_string();
        match error {
            IntakeError::UnknownProcedure => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "unknown-procedure", detail)
            }
            IntakeError::NotInForce => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "not-in-force", sentence(&detail))
                    .under("QĐ 1917/QĐ-BLĐTBXH, Điều 20 khoản 3")
            }
            IntakeError::UnknownDossier => Self::not_found(),
            IntakeError::NoProcedure => Self::new(StatusCode::CONFLICT, "no-procedure", detail),
            IntakeError::UnknownRole(_) => Self::new(StatusCode::NOT_FOUND, "unknown-component", detail)
                .under("QĐ 1917/QĐ-BLĐTBXH, Điều 4 khoản 1"),
            IntakeError::NoReason => {
                Self::bad_request("no-reason", sentence(&detail)).under("QĐ 1917/QĐ-BLĐTBXH, Điều 9 khoản 1")
            }
            IntakeError::Plan(_) => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "page-plan", detail),
            IntakeError::Unreadable(error) => error.into(),
            IntakeError::Spool(source) => spool(&source),
            IntakeError::Denied(denied) => denied.into(),
            IntakeError::Store(error) => error.into(),
        }
    }
}

impl From<DigitiseError> for Problem {
    fn from(error: DigitiseError) -> Self {
        let detail = error.to_string();
        let conflict = |kind| Self::new(StatusCode::CONFLICT, kind, detail.clone());
        let unprocessable = |kind| Self::new(StatusCode::UNPROCESSABLE_ENTITY, kind, detail.clone());
        match error {
            DigitiseError::UnknownPaper => Self::not_found(),
            DigitiseError::WrongState { .. } => conflict("wrong-state"),
            DigitiseError::Stale => StoreError::Stale.into(),
            DigitiseError::Fields(faults) => Self::fields(faults),
            DigitiseError::UnknownType => unprocessable("unknown-type").under("QĐ 1917/QĐ-BLĐTBXH, Điều 7"),
            DigitiseError::CodeTaken { held_by } => Self {
                conflict_with: Some(held_by.to_string()),
                ..conflict("code-taken").under("QĐ 1917/QĐ-BLĐTBXH, Điều 3 khoản 8")
            },
            DigitiseError::NoNumber => unprocessable("no-number").under("QĐ 1917/QĐ-BLĐTBXH, Điều 7"),
            DigitiseError::Signed => conflict("signed").under("QĐ 1917/QĐ-BLĐTBXH, Điều 15 khoản 3"),
            DigitiseError::UnprovenCode => {
                conflict("unproven-code").under("QĐ 1917/QĐ-BLĐTBXH, Điều 12 khoản 3")
            }
            DigitiseError::NoReason => Self::bad_request("no-reason", detail),
            DigitiseError::Unreadable(error) => error.into(),
            DigitiseError::Infected(_) => unprocessable("infected"),
            DigitiseError::NotScanned(_) => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "not-scanned", sentence(&detail))
            }
            DigitiseError::Spool(source) => spool(&source),
            DigitiseError::Stamp(_) => unprocessable("stamp").under("QĐ 1917/QĐ-BLĐTBXH, Điều 15 khoản 3"),
            DigitiseError::Denied(denied) => denied.into(),
            DigitiseError::Store(error) => error.into(),
        }
    }
}

impl From<SearchError> for Problem {
    fn from(error: SearchError) -> Self {
        match error {
            SearchError::Query(_) | SearchError::Nothing => {
                Self::bad_request("search", sentence(&error.to_string()))
            }
            SearchError::Denied(denied) => denied.into(),
            SearchError::Store(error) => error.into(),
        }
    }
}

impl From<ReuseError> for Problem {
    fn from(error: ReuseError) -> Self {
        let detail = sentence(&error.to_string());
        let conflict = |kind| Self::new(StatusCode::CONFLICT, kind, detail.clone());
        let unprocessable = |kind| Self::new(StatusCode::UNPROCESSABLE_ENTITY, kind, detail.clone());
        match error {
            ReuseError::NoGuardian => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "no-guardian", detail)
                .under("Bộ luật Dân sự 91/2015/QH13, Điều 21"),
            ReuseError::NotFound => Self::not_found(),
            ReuseError::UnknownComponent => Self::new(StatusCode::NOT_FOUND, "unknown-component", detail)
                .under("QĐ 1917/QĐ-BLĐTBXH, Điều 4 khoản 1"),
            ReuseError::OtherType => unprocessable("other-type").under("QĐ 1917/QĐ-BLĐTBXH, Điều 12"),
            ReuseError::Restricted => conflict("restricted").under("Luật 91/2025/QH15"),
            ReuseError::Taken => conflict("taken"),
            ReuseError::DoesNot(_) => conflict("does-not-serve").under("QĐ 1917/QĐ-BLĐTBXH, Điều 12"),
            ReuseError::NeedsReason(_) => unprocessable("needs-reason").under("QĐ 1917/QĐ-BLĐTBXH, Điều 12"),
            ReuseError::NoReason => Self::bad_request("no-reason", detail),
            ReuseError::WrongState { .. } => conflict("wrong-state"),
            ReuseError::Unreadable(error) => error.into(),
            ReuseError::Denied(denied) => denied.into(),
            ReuseError::Store(error) => error.into(),
        }
    }
}

impl From<DocumentError> for Problem {
    fn from(error: DocumentError) -> Self {
        let detail = sentence(&error.to_string());
        let conflict = |kind| Self::new(StatusCode::CONFLICT, kind, detail.clone());
        match error {
            DocumentError::NotFound => Self::not_found(),
            DocumentError::NoReason => Self::bad_request("no-reason", detail),
            DocumentError::Decision => Self::bad_request("decision", detail),
            DocumentError::Revoked => conflict("revoked").under("NĐ 45/2020/NĐ-CP, Điều 15"),
            DocumentError::SameCode => conflict("same-code"),
            DocumentError::UnknownType => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "unknown-type", detail)
                .under("QĐ 1917/QĐ-BLĐTBXH, Điều 7"),
            DocumentError::CodeTaken { held_by } => Self {
                conflict_with: Some(held_by.to_string()),
                ..conflict("code-taken").under("QĐ 1917/QĐ-BLĐTBXH, Điều 3 khoản 8")
            },
            DocumentError::Stale => StoreError::Stale.into(),
            DocumentError::Denied(denied) => denied.into(),
            DocumentError::Store(error) => error.into(),
        }
    }
}

impl From<ImportError> for Problem {
    fn from(error: ImportError) -> Self {
        let detail = sentence(&error.to_string());
        match error {
            ImportError::Faults(CatalogueFaults(faults)) => {
                let detail = format!("Danh mục có {} lỗi, không nhập gì.", faults.len());
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "catalogue", detail)
                    .with_faults(faults)
                    .under("QĐ 1917/QĐ-BLĐTBXH, Điều 20 khoản 3")
            }
            ImportError::Decision => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "decision", detail),
            ImportError::Day => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "effective-day", detail),
            ImportError::Stale => Self::new(StatusCode::CONFLICT, "stale", detail),
            ImportError::Denied(denied) => denied.into(),
            ImportError::Store(error) => error.into(),
        }
    }
}

impl From<ManualCodeError> for Problem {
    fn from(error: ManualCodeError) -> Self {
        let detail = sentence(&error.to_string());
        let conflict = |kind| Self::new(StatusCode::CONFLICT, kind, detail.clone());
        match error {
            ManualCodeError::NotFound => Self::not_found(),
            ManualCodeError::Future => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "day", detail),
            ManualCodeError::UnknownType => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "unknown-type", detail)
                    .under("QĐ 1917/QĐ-BLĐTBXH, Điều 7")
            }
            ManualCodeError::Known => conflict("known-code").under("QĐ 1917/QĐ-BLĐTBXH, Điều 17 khoản 2"),
            ManualCodeError::CodeTaken { held_by } => Self {
                conflict_with: Some(held_by.to_string()),
                ..conflict("code-taken").under("QĐ 1917/QĐ-BLĐTBXH, Điều 3 khoản 8")
            },
            ManualCodeError::NoCode => conflict("no-code"),
            ManualCodeError::Settled => conflict("settled"),
            ManualCodeError::NoReason => Self::bad_request("no-reason", detail),
            ManualCodeError::Denied(denied) => denied.into(),
            ManualCodeError::Store(error) => error.into(),
        }
    }
}

impl From<ArrangeError> for Problem {
    fn from(error: ArrangeError) -> Self {
        let detail = error.to_string();
        let unprocessable = |kind| Self::new(StatusCode::UNPROCESSABLE_ENTITY, kind, detail.clone());
        match error {
            ArrangeError::Step(error) => error.into(),
            ArrangeError::Plan(_) | ArrangeError::NotOwn { .. } | ArrangeError::NothingChanged => {
                unprocessable("page-plan")
            }
            ArrangeError::NoSteps => Self::bad_request("page-plan", detail),
            ArrangeError::Undo(_) => Self::new(StatusCode::CONFLICT, "nothing-to-undo", detail),
            ArrangeError::WrongParts { .. } => unprocessable("parts"),
            ArrangeError::NotMergeable => unprocessable("not-mergeable"),
            ArrangeError::Role(_) => {
                unprocessable("unknown-component").under("QĐ 1917/QĐ-BLĐTBXH, Điều 4 khoản 1")
            }
            ArrangeError::NoProcedure => Self::new(StatusCode::CONFLICT, "no-procedure", detail),
        }
    }
}

impl From<BrowseError> for Problem {
    fn from(error: BrowseError) -> Self {
        let detail = error.to_string();
        match error {
            BrowseError::NotFound => Self::not_found(),
            BrowseError::NoPurpose => {
                Self::bad_request("no-purpose", detail).under("QĐ 1917/QĐ-BLĐTBXH, Điều 8 khoản 2")
            }
            BrowseError::Erased => Self::new(StatusCode::GONE, "erased", sentence(&detail)),
            BrowseError::Unreadable(error) => error.into(),
            BrowseError::Spool(source) => spool(&source),
            BrowseError::Denied(denied) => denied.into(),
            BrowseError::Store(error) => error.into(),
        }
    }
}

impl From<SubjectRequestError> for Problem {
    fn from(error: SubjectRequestError) -> Self {
        let detail = sentence(&error.to_string());
        match error {
            SubjectRequestError::Unknown => Self::not_found(),
            SubjectRequestError::Denied(denied) => denied.into(),
            SubjectRequestError::WrongState { .. } => Self::new(StatusCode::CONFLICT, "wrong-state", detail),
            SubjectRequestError::NotOne | SubjectRequestError::NobodyKnown | SubjectRequestError::AllHeld => {
                Self::new(StatusCode::CONFLICT, "not-carried-out", detail)
            }
            SubjectRequestError::Retention(error) => error.into(),
            SubjectRequestError::Owner(error) => error.into(),
            SubjectRequestError::Stale => Self::new(StatusCode::PRECONDITION_FAILED, "stale", detail),
            SubjectRequestError::Text { .. } | SubjectRequestError::Future | SubjectRequestError::Past => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "subject-request", detail)
            }
            SubjectRequestError::Store(error) => error.into(),
        }
    }
}

impl From<BreachError> for Problem {
    fn from(error: BreachError) -> Self {
        let detail = sentence(&error.to_string());
        match error {
            BreachError::Unknown => Self::not_found(),
            BreachError::Denied(denied) => denied.into(),
            BreachError::WrongState { .. } => Self::new(StatusCode::CONFLICT, "wrong-state", detail),
            BreachError::Stale => Self::new(StatusCode::PRECONDITION_FAILED, "stale", detail),
            BreachError::NoLateReason => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "no-late-reason", detail)
                    .under("Luật 91/2025/QH15, Điều 23")
            }
            BreachError::Text { .. } | BreachError::Times { .. } | BreachError::UnknownActor => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "breach", detail)
            }
            BreachError::Store(error) => error.into(),
        }
    }
}

impl From<OwnerError> for Problem {
    fn from(error: OwnerError) -> Self {
        let detail = sentence(&error.to_string());
        let conflict = |kind| Self::new(StatusCode::CONFLICT, kind, detail.clone());
        let unprocessable = |kind| Self::new(StatusCode::UNPROCESSABLE_ENTITY, kind, detail.clone());
        match error {
            OwnerError::NotFound => Self::not_found(),
            OwnerError::NoReason => Self::bad_request("no-reason", detail),
            OwnerError::Same => conflict("same-owner"),
            OwnerError::Kinds | OwnerError::Related => conflict("owners-differ"),
            OwnerError::Ask(_) => conflict("needs-confirmation"),
            OwnerError::NumberTaken { owner } => {
                Self { conflict_with: Some(owner.to_string()), ..conflict("number-taken") }
            }
            OwnerError::NothingNew => conflict("nothing-new"),
            OwnerError::NotANumber | OwnerError::Names => unprocessable("owner"),
            OwnerError::Parts => unprocessable("parts"),
            OwnerError::NotUndoable => conflict("not-undoable"),
            OwnerError::Changed(_) | OwnerError::MergedSince => conflict("changed-since"),
            OwnerError::NoBirthDate | OwnerError::NotAChild | OwnerError::Guardian | OwnerError::Period => {
                unprocessable("guardian").under("Bộ luật Dân sự 91/2015/QH13, Điều 21")
            }
            OwnerError::AlreadyGuardian => conflict("guardian"),
            OwnerError::Denied(denied) => denied.into(),
            OwnerError::Store(error) => error.into(),
        }
    }
}

impl From<RetentionError> for Problem {
    fn from(error: RetentionError) -> Self {
        let detail = sentence(&error.to_string());
        let conflict = |kind| Self::new(StatusCode::CONFLICT, kind, detail.clone());
        match error {
            RetentionError::NotFound => Self::not_found(),
            RetentionError::NoReason => Self::bad_request("no-reason", detail),
            RetentionError::NotNow(NotNow::Held) => conflict("held"),
            RetentionError::NotNow(NotNow::Kept) => conflict("kept").under("Luật Lưu trữ 33/2024/QH15"),
            RetentionError::NotNow(NotNow::Erased) => conflict("erased"),
            RetentionError::NotNow(_) => conflict("wrong-state"),
            RetentionError::Stale => StoreError::Stale.into(),
            RetentionError::Denied(denied) => denied.into(),
            RetentionError::Store(error) => error.into(),
        }
    }
}

impl From<ExportError> for Problem {
    fn from(error: ExportError) -> Self {
        match error {
            ExportError::Unknown => Self::not_found(),
            ExportError::Denied(denied) => denied.into(),
            ExportError::Spool(source) => spool(&source),
            ExportError::Store(error) => error.into(),
        }
    }
}

impl From<BatchError> for Problem {
    fn from(error: BatchError) -> Self {
        let detail = sentence(&error.to_string());
        match error {
            BatchError::Known { papers } => Self {
                conflict_with: papers.first().map(|p| p.id.to_string()),
                ..Self::new(StatusCode::CONFLICT, "known-batch", detail)
            },
            BatchError::NoSheets => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "no-separators", detail),
            BatchError::OnlySheets => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "only-separators", detail),
            BatchError::Intake(error) => error.into(),
        }
    }
}

impl From<SeparatorError> for Problem {
    fn from(error: SeparatorError) -> Self {
        let detail = sentence(&error.to_string());
        match error {
            SeparatorError::Pages => Self::bad_request("query", detail),
            SeparatorError::Intake(error) => error.into(),
            SeparatorError::Sheet(error) => {
                tracing::error!(%error, "separator sheets could not be drawn");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "separators", detail)
            }
        }
    }
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first: String = letters.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}
