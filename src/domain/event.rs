//! What is written down of every act and every reading of personal data (Điều 10 khoản 2), as plain data.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    fields::{ConfirmedFields, ProposedFields},
    ids::{ClientId, OfficerId, PersonalId},
    officer::{ActingClient, ActingOfficer, Actor},
};

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
    AugmentSignatures,
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
    BindProvider,
    ChangeClient,
    ReadTrace,
    ExportTrace,
    OfferReuse,
    TakeReuse,
    UndoReuse,
    RevokeDocument,
    RecodeDocument,
    ReadHistory,
    RotateKeys,
    RenewSeals,
    DropKey,
    TakeInRequest,
    ViewRequest,
    AnswerRequest,
    FulfilRequest,
    RefuseRequest,
    WithdrawRequest,
    ExportOwner,
    OpenBreach,
    ViewBreach,
    AmendBreach,
    NotifyBreach,
    DismissBreach,
    CountReadings,
    SearchDocuments,
    ExportRecord,
    ListForCleaning,
    EnterManualCode,
    ListManualCodes,
    ReconcileManualCode,
    WithdrawManualCode,
    ViewOwner,
    DescribeOwner,
    AddOwnerNumber,
    MergeOwners,
    SplitOwner,
    UndoOwnerAct,
    SetGuardian,
    EndGuardian,
    ActForChild,
    RemoveDocument,
    RestoreDocument,
    HoldDocument,
    LiftHold,
    EraseDocument,
    RestrictOwner,
    LiftRestriction,
}

impl Action {
    /// All of them, in the order in which pages offer them.
    pub const ALL: [Self; 93] = [
        Self::OpenDossier,
        Self::DeclareHandedIn,
        Self::ReceivePaper,
        Self::CheckPaper,
        Self::ReadPaper,
        Self::OverrideFaults,
        Self::ConfirmFields,
        Self::AssignCode,
        Self::PrepareSignature,
        Self::SignPaper,
        Self::GiveUpSignature,
        Self::SealDocument,
        Self::AugmentSignatures,
        Self::VerifyDocument,
        Self::StoreRecord,
        Self::RefusePaper,
        Self::QuarantinePaper,
        Self::EraseQuarantined,
        Self::FailPaper,
        Self::RetryPaper,
        Self::ArrangePages,
        Self::UndoPages,
        Self::InsertPages,
        Self::SplitPaper,
        Self::MergePapers,
        Self::LookUpOwner,
        Self::ListDocuments,
        Self::ViewPaper,
        Self::ViewDocument,
        Self::ViewContent,
        Self::LookUpCode,
        Self::ImportCatalogue,
        Self::AddOfficer,
        Self::AcceptLesson,
        Self::RejectLesson,
        Self::TakeBackLesson,
        Self::SignIn,
        Self::RefuseSignIn,
        Self::SignOut,
        Self::InviteOfficer,
        Self::SetPassword,
        Self::ChangeAccount,
        Self::EndSessions,
        Self::SetSecondFactor,
        Self::BindProvider,
        Self::ChangeClient,
        Self::ReadTrace,
        Self::ExportTrace,
        Self::OfferReuse,
        Self::TakeReuse,
        Self::UndoReuse,
        Self::RevokeDocument,
        Self::RecodeDocument,
        Self::ReadHistory,
        Self::RotateKeys,
        Self::RenewSeals,
        Self::DropKey,
        Self::TakeInRequest,
        Self::ViewRequest,
        Self::AnswerRequest,
        Self::FulfilRequest,
        Self::RefuseRequest,
        Self::WithdrawRequest,
        Self::ExportOwner,
        Self::OpenBreach,
        Self::ViewBreach,
        Self::AmendBreach,
        Self::NotifyBreach,
        Self::DismissBreach,
        Self::CountReadings,
        Self::SearchDocuments,
        Self::ExportRecord,
        Self::ListForCleaning,
        Self::EnterManualCode,
        Self::ListManualCodes,
        Self::ReconcileManualCode,
        Self::WithdrawManualCode,
        Self::ViewOwner,
        Self::DescribeOwner,
        Self::AddOwnerNumber,
        Self::MergeOwners,
        Self::SplitOwner,
        Self::UndoOwnerAct,
        Self::SetGuardian,
        Self::EndGuardian,
        Self::ActForChild,
        Self::RemoveDocument,
        Self::RestoreDocument,
        Self::HoldDocument,
        Self::LiftHold,
        Self::EraseDocument,
        Self::RestrictOwner,
        Self::LiftRestriction,
    ];

    /// Those by which somebody gets to see personal data of others.
    pub const READINGS: [Self; 16] = [
        Self::LookUpOwner,
        Self::ListDocuments,
        Self::ViewPaper,
        Self::ViewDocument,
        Self::ViewContent,
        Self::LookUpCode,
        Self::VerifyDocument,
        Self::ExportOwner,
        Self::ViewRequest,
        Self::OfferReuse,
        Self::ReadHistory,
        Self::SearchDocuments,
        Self::ExportRecord,
        Self::ListForCleaning,
        Self::ListManualCodes,
        Self::ViewOwner,
    ];

    /// The name on the wire and in the store.
    pub fn as_str(self) -> String {
        serde_json::to_value(self).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
    }

    /// The act of that name.
    pub fn parse(name: &str) -> Option<Self> {
        serde_json::from_value(serde_json::Value::from(name)).ok()
    }

    /// What an auditor reads: a verb, after the name of who acted.
    pub fn words(self) -> &'static str {
        match self {
            Self::OpenDossier => "mở hồ sơ",
            Self::DeclareHandedIn => "khai số lượng giấy tờ đã nộp của hồ sơ",
            Self::ReceivePaper => "tiếp nhận bản quét của giấy tờ",
            Self::CheckPaper => "kiểm tra các trang của giấy tờ",
            Self::ReadPaper => "đọc và đề xuất các trường thông tin của giấy tờ",
            Self::OverrideFaults => "chấp nhận bản quét chưa đạt yêu cầu, có ghi lý do",
            Self::ConfirmFields => "xác nhận các trường thông tin của giấy tờ",
            Self::AssignCode => "cấp mã kết quả số hóa cho giấy tờ",
            Self::PrepareSignature => "chuẩn bị ký số giấy tờ",
            Self::SignPaper => "ký số giấy tờ",
            Self::GiveUpSignature => "bỏ lượt ký số đang chờ",
            Self::SealDocument => "đóng dấu điện tử của cơ quan lên giấy tờ",
            Self::AugmentSignatures => "bổ sung cho chữ ký trên giấy tờ đã lưu những gì còn thiếu khi ký",
            Self::VerifyDocument => "kiểm tra chữ ký số của tệp",
            Self::StoreRecord => "lưu giấy tờ vào kho",
            Self::RefusePaper => "từ chối số hóa giấy tờ",
            Self::QuarantinePaper => "cách ly giấy tờ có dấu chỉ độ mật",
            Self::EraseQuarantined => "xóa dữ liệu của giấy tờ mật đã cách ly",
            Self::FailPaper => "dừng xử lý giấy tờ vì lỗi",
            Self::RetryPaper => "xử lý lại giấy tờ đã dừng vì lỗi",
            Self::ArrangePages => "sắp xếp các trang của giấy tờ",
            Self::UndoPages => "hoàn tác một lần sắp xếp trang",
            Self::InsertPages => "thêm trang vào giấy tờ",
            Self::SplitPaper => "tách giấy tờ",
            Self::MergePapers => "gộp các giấy tờ",
            Self::LookUpOwner => "tra cứu kho của cá nhân, tổ chức",
            Self::ListDocuments => "xem danh sách giấy tờ trong kho",
            Self::ViewPaper => "xem giấy tờ đang xử lý",
            Self::ViewDocument => "xem giấy tờ trong kho",
            Self::ViewContent => "xem hoặc tải tệp của giấy tờ trong kho",
            Self::LookUpCode => "tra cứu theo mã kết quả số hóa",
            Self::ImportCatalogue => "nhập Danh mục",
            Self::AddOfficer => "khai báo công chức",
            Self::AcceptLesson => "đưa một chỗ sửa vào danh sách học",
            Self::RejectLesson => "không đưa một chỗ sửa vào danh sách học",
            Self::TakeBackLesson => "rút lại một mục của danh sách học",
            Self::SignIn => "đăng nhập",
            Self::RefuseSignIn => {
                "không cho đăng nhập: mật khẩu hoặc mã không đúng, hoặc tài khoản đang khóa"
            }
            Self::SignOut => "đăng xuất",
            Self::InviteOfficer => "lập đường dẫn để công chức đặt mật khẩu",
            Self::SetPassword => "đặt mật khẩu",
            Self::ChangeAccount => "thay đổi vai trò, đơn vị hoặc tình trạng của tài khoản",
            Self::EndSessions => "kết thúc các phiên đăng nhập của công chức",
            Self::SetSecondFactor => "thiết lập mã xác thực thứ hai",
            Self::BindProvider => "gắn tài khoản với hệ thống đăng nhập của cơ quan",
            Self::ChangeClient => "thêm, mở, khóa hoặc đổi chứng thư của hệ thống kết nối",
            Self::ReadTrace => "xem nhật ký lưu vết",
            Self::ExportTrace => "xuất nhật ký lưu vết",
            Self::OfferReuse => "tra cứu giấy tờ đã số hóa dùng lại được cho hồ sơ",
            Self::TakeReuse => "sử dụng lại giấy tờ đã số hóa cho hồ sơ",
            Self::UndoReuse => "thôi sử dụng lại giấy tờ đã số hóa cho hồ sơ",
            Self::RevokeDocument => "ghi nhận giấy tờ trong kho bị hủy hoặc thu hồi",
            Self::RecodeDocument => "cấp mã mới cho giấy tờ trong kho",
            Self::ReadHistory => "xem lịch sử của giấy tờ trong kho",
            Self::RotateKeys => "thêm khóa chủ mới để niêm phong dữ liệu",
            Self::RenewSeals => "chuyển dữ liệu đã niêm phong sang khóa chủ mới nhất",
            Self::DropKey => "bỏ một khóa chủ không còn dùng",
            Self::TakeInRequest => "ghi nhận yêu cầu của chủ thể dữ liệu",
            Self::ViewRequest => "xem yêu cầu của chủ thể dữ liệu",
            Self::AnswerRequest => "phản hồi yêu cầu của chủ thể dữ liệu",
            Self::FulfilRequest => "thực hiện xong yêu cầu của chủ thể dữ liệu",
            Self::RefuseRequest => "từ chối yêu cầu của chủ thể dữ liệu, có nêu căn cứ",
            Self::WithdrawRequest => "ghi nhận người yêu cầu rút yêu cầu",
            Self::ExportOwner => "xuất toàn bộ dữ liệu của một người, tổ chức",
            Self::OpenBreach => "ghi nhận vi phạm về bảo vệ dữ liệu cá nhân",
            Self::ViewBreach => "xem hồ sơ vi phạm về bảo vệ dữ liệu cá nhân",
            Self::AmendBreach => "bổ sung hồ sơ vi phạm về bảo vệ dữ liệu cá nhân",
            Self::NotifyBreach => "thông báo vi phạm cho cơ quan có thẩm quyền",
            Self::DismissBreach => "kết luận vi phạm không phải thông báo",
            Self::CountReadings => "đếm dữ liệu cá nhân mà một tài khoản đã xem",
            Self::SearchDocuments => "tìm giấy tờ trong kho theo nội dung",
            Self::ExportRecord => "xuất dữ liệu của giấy tờ theo mẫu quốc gia",
            Self::ListForCleaning => "đưa vào danh sách làm sạch dữ liệu theo công văn 2513",
            Self::EnterManualCode => "nhập mã đã cấp bằng tay khi phần mềm không hoạt động",
            Self::ListManualCodes => "xem danh sách mã đã cấp bằng tay",
            Self::ReconcileManualCode => "đối soát mã đã cấp bằng tay với giấy tờ trong phần mềm",
            Self::WithdrawManualCode => "rút một mã cấp bằng tay đã nhập nhầm",
            Self::ViewOwner => "xem thông tin của chủ giấy tờ",
            Self::DescribeOwner => "ghi thông tin của chủ giấy tờ",
            Self::AddOwnerNumber => "thêm số định danh cho chủ giấy tờ",
            Self::MergeOwners => "gộp hai chủ giấy tờ thành một",
            Self::SplitOwner => "tách một chủ giấy tờ thành hai",
            Self::UndoOwnerAct => "hoàn tác việc đã làm với chủ giấy tờ",
            Self::SetGuardian => "ghi người giám hộ của trẻ em",
            Self::EndGuardian => "chấm dứt quan hệ giám hộ của trẻ em",
            Self::ActForChild => "cho người giám hộ thay mặt trẻ em trong hồ sơ",
            Self::RemoveDocument => "gỡ giấy tờ khỏi kho của chủ giấy tờ",
            Self::RestoreDocument => "đưa giấy tờ đã gỡ trở lại kho",
            Self::HoldDocument => "giữ giấy tờ, không cho xóa",
            Self::LiftHold => "thôi giữ giấy tờ",
            Self::EraseDocument => "xóa hẳn tệp và dữ liệu của giấy tờ đã hết thời hạn lưu trữ",
            Self::RestrictOwner => "hạn chế xử lý dữ liệu của chủ giấy tờ",
            Self::LiftRestriction => "thôi hạn chế xử lý dữ liệu của chủ giấy tờ",
        }
    }
}

/// One act, before it is kept.
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

/// What the object of an act was before and is now, as JSON; may be personal, and is sealed where it is kept.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// Before the act; `None` where there was nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<serde_json::Value>,
    /// After it; `None` where nothing is left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<serde_json::Value>,
}

impl Change {
    /// From what to what.
    pub fn of(before: &impl Serialize, after: &impl Serialize) -> Self {
        let json = |value: Result<serde_json::Value, _>| value.ok().filter(|value| !value.is_null());
        Self { before: json(serde_json::to_value(before)), after: json(serde_json::to_value(after)) }
    }

    /// From what was proposed (only what was read surely) to what a person confirmed, field by field.
    pub fn of_confirmation(proposed: &ProposedFields, confirmed: &ConfirmedFields) -> Self {
        let read: BTreeMap<_, _> = proposed.other.iter().map(|(name, field)| (name, &field.value)).collect();
        let before = serde_json::json!({
            "document_type_code": proposed.document_type_code.value,
            "owner": proposed.owner_id.value,
            "document_name": proposed.document_name.value,
            "document_number": proposed.document_number.value,
            "issued_on": proposed.issued_on.value,
            "issuing_authority": proposed.issuing_authority.value,
            "abstract": proposed.abstract_text.value,
            "validity_period": proposed.validity_period.value,
            "validity_scope": proposed.validity_scope.value,
            "other": read,
        });
        let mut change = Self::of(&before, confirmed);
        if let Some(after) = change.after.as_mut().and_then(serde_json::Value::as_object_mut) {
            after.shift_remove("recorded_at");
            after.insert("owner".to_owned(), confirmed.owner.to_string().into());
        }
        change
    }

    /// What differs: name of the field, before, after; of nested fields `other.holder_name`. Order as kept.
    pub fn differences(&self) -> Vec<(String, Option<String>, Option<String>)> {
        let (mut before, mut after) = (Vec::new(), Vec::new());
        flatten("", self.before.as_ref(), &mut before);
        flatten("", self.after.as_ref(), &mut after);
        let value = |list: &[(String, String)], name: &str| {
            list.iter().find(|(other, _)| other == name).map(|(_, value)| value.clone())
        };
        let mut names: Vec<&String> = before.iter().chain(&after).map(|(name, _)| name).collect();
        let mut seen = BTreeSet::new();
        names.retain(|name| seen.insert(*name));
        let both = names.into_iter().map(|name| (name.clone(), value(&before, name), value(&after, name)));
        both.filter(|(_, before, after)| before != after).collect()
    }

    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        self.before.is_none() && self.after.is_none()
    }
}

/// The leaves of `value` with the names that lead to them; what is null is left out.
fn flatten(name: &str, value: Option<&serde_json::Value>, leaves: &mut Vec<(String, String)>) {
    use serde_json::Value;
    match value {
        None | Some(Value::Null) => {}
        Some(Value::Object(fields)) => {
            for (key, value) in fields {
                let name = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
                flatten(&name, Some(value), leaves);
            }
        }
        Some(Value::String(text)) => leaves.push((name.to_owned(), text.clone())),
        Some(other) => leaves.push((name.to_owned(), other.to_string())),
    }
}

/// Who acted, as the trace names them whatever becomes of the account (Điều 10 khoản 2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ActedAs {
    /// A person.
    Officer {
        /// Row id.
        id: OfficerId,
        /// Họ và tên.
        full_name: String,
        /// Mã định danh cá nhân.
        personal_id: PersonalId,
        /// Đơn vị.
        unit: Option<String>,
        /// Thời gian đăng nhập xử lý.
        signed_in_at: Timestamp,
        /// Where the request came from, where it came by a network.
        address: Option<IpAddr>,
    },
    /// A system.
    Client {
        /// Row id.
        id: ClientId,
        /// What it is called.
        name: String,
        /// When it showed who it is.
        signed_in_at: Timestamp,
        /// Where the request came from.
        address: Option<IpAddr>,
    },
}

impl ActedAs {
    /// The name that an auditor reads.
    pub fn name(&self) -> &str {
        match self {
            Self::Officer { full_name, .. } => full_name,
            Self::Client { name, .. } => name,
        }
    }
}

impl From<&Actor> for ActedAs {
    fn from(actor: &Actor) -> Self {
        match actor {
            Actor::Officer(ActingOfficer { officer, signed_in_at, address, .. }) => Self::Officer {
                id: officer.id.clone(),
                full_name: officer.full_name.clone(),
                personal_id: officer.personal_id.clone(),
                unit: officer.unit.clone(),
                signed_in_at: *signed_in_at,
                address: *address,
            },
            Actor::Client(ActingClient { id, name, signed_in_at, address, .. }) => Self::Client {
                id: id.clone(),
                name: name.clone(),
                signed_in_at: *signed_in_at,
                address: *address,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_act_has_a_name_of_its_own_that_reads_back() {
        for action in Action::ALL {
            assert_eq!(Action::parse(&action.as_str()), Some(action));
            assert_eq!(Action::ALL.iter().filter(|other| other.words() == action.words()).count(), 1);
        }
        assert_eq!(Action::parse("no_such_act"), None);
    }

    #[test]
    fn nothing_before_is_told_from_something() {
        let change = Change::of(&None::<String>, &"b");
        assert_eq!((change.before.clone(), change.after.is_some()), (None, true));
        assert!(!change.is_empty() && Change::of(&(), &()).is_empty());
        let change = Change::of(
            &serde_json::json!({ "owner": "1", "same": 2, "other": { "name": null } }),
            &serde_json::json!({ "owner": "2", "same": 2, "other": { "name": "B" }, "list": [1] }),
        );
        let text = |text: &str| Some(text.to_owned());
        let expected = [
            ("owner".to_owned(), text("1"), text("2")),
            ("other.name".to_owned(), None, text("B")),
            ("list".to_owned(), None, text("[1]")),
        ];
        assert_eq!(change.differences(), expected);
    }
}
