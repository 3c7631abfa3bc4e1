//! Pages for clerks, in Vietnamese, rendered here: upload with findings, confirm beside the page
//! picture, the store of one person. One file per page; they work without script.

mod account;
mod archive;
mod breaches;
mod catalogue;
mod dossier;
mod lessons;
mod manual_codes;
mod officers;
mod owner;
mod owner_acts;
mod pages;
mod paper;
mod provider;
mod requests;
mod reuse;
mod search;
mod sign_in;
mod signing;
mod trace;
mod upload;
mod verify;

use super::{Notice, Served, purposes::Purposes};
use crate::{
    clock::minute_in_vietnam as minute,
    domain::{
        dossier::EraseTerm,
        officer::{ActingOfficer, Actor},
        rights::{self, Denied},
        signing::OfficerSigning,
    },
    workflows::{
        accounts::AccountError, arrange::ArrangeError, breaches::BreachError, browse::BrowseError,
        context::Ctx, digitise::DigitiseError, export::ExportError, intake::IntakeError,
        lessons::LessonError, owners::OwnerError, provider::ProviderError, retention::RetentionError,
        reuse::ReuseError, sign_in::SignInError, subject_requests::SubjectRequestError, trace::TraceError,
    },
};
use askama::Template;
use axum::{
    Router,
    extract::FromRequestParts,
    http::{StatusCode, header, request::Parts},
    response::{Html, IntoResponse, Response},
    routing::{get, post},
};

/// What handlers share.
#[derive(Clone)]
struct Shared {
    ctx: Ctx,
    purposes: Purposes,
    notice: Notice,
    max_bytes: u64,
    is_secure: bool,
}

/// One request for a page, in the name of the officer who signed in.
struct Web {
    ctx: Ctx,
    purposes: Purposes,
    notice: Notice,
    max_bytes: u64,
    is_secure: bool,
    officer: ActingOfficer,
    actor: Actor,
}

impl FromRequestParts<Shared> for Web {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Response> {
        let actor = parts.extensions.get::<Actor>().cloned();
        let Some(Actor::Officer(officer)) = actor else {
            let frame = Frame::of_nobody(shared.notice);
            let message = "Trang này dành cho công chức đã đăng nhập.".to_owned();
            return Err(html(StatusCode::FORBIDDEN, &FaultPage { frame, message }));
        };
        let Shared { ctx, purposes, notice, max_bytes, is_secure } = shared.clone();
        Ok(Self {
            ctx,
            purposes,
            notice,
            max_bytes,
            is_secure,
            actor: Actor::Officer(officer.clone()),
            officer,
        })
    }
}

impl Web {
    /// In whose name the page acts.
    fn officer(&self) -> &ActingOfficer {
        &self.officer
    }

    /// The same, for what systems may do too.
    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn frame(&self, here: &'static str) -> Frame {
        Frame {
            officer: self.officer.officer.full_name.clone(),
            has_account: self.officer.unit.is_some(),
            notice: self.notice,
            here,
            menu: menu(&self.officer, self.ctx.rules.signing.officer == OfficerSigning::Required),
        }
    }
}

/// What stands around every page.
struct Frame {
    officer: String,
    has_account: bool,
    notice: Notice,
    here: &'static str,
    menu: Vec<MenuItem>,
}

impl Frame {
    /// Around a page that is shown to anybody.
    fn of_nobody(notice: Notice) -> Self {
        let notice = match notice {
            Notice::NoOfficer => Notice::None,
            notice => notice,
        };
        Self { officer: String::new(), has_account: false, notice, here: "", menu: Vec::new() }
    }
}

/// A page that an officer may open.
struct MenuItem {
    name: &'static str,
    href: &'static str,
    words: &'static str,
}

/// The pages that are for this officer; those to sign on where papers wait for officers' signatures.
fn menu(officer: &ActingOfficer, officers_sign: bool) -> Vec<MenuItem> {
    let by = Actor::from(officer);
    let signs = if officers_sign { rights::may_receive(officer) } else { Err(Denied::Foreign) };
    let pages = [
        (rights::may_receive(officer), "upload", "/", "Tiếp nhận"),
        (rights::may_read_store(&by), "owners", "/owners", "Kho của cá nhân, tổ chức"),
        (rights::may_search(officer), "search", "/search", "Tìm giấy tờ"),
        (signs, "signing", "/signing", "Chờ ký số"),
        (rights::may_list_requests(officer), "requests", "/requests", "Yêu cầu về dữ liệu"),
        (rights::may_see_breaches(officer), "breaches", "/breaches", "Vi phạm dữ liệu"),
        (rights::may_verify(&by), "verify", "/verify", "Kiểm tra chữ ký"),
        (rights::may_read_catalogue(&by), "catalogue", "/catalogue", "Danh mục"),
        (rights::may_see_lessons(officer), "lessons", "/lessons", "Học từ chỗ sửa"),
        (rights::may_read_audit(officer), "trace", "/trace", "Nhật ký"),
        (rights::may_administer(officer), "officers", "/officers", "Tài khoản"),
    ];
    let may = |page: &(Result<(), Denied>, _, _, _)| page.0.is_ok();
    pages.into_iter().filter(may).map(|(_, name, href, words)| MenuItem { name, href, words }).collect()
}

/// The pages.
pub fn router(ctx: Ctx, purposes: Purposes, served: &Served) -> Router {
    let shared = Shared {
        ctx,
        purposes,
        notice: served.notice,
        max_bytes: served.max_bytes,
        is_secure: served.reached.is_secure,
    };
    Router::new()
        .route("/sign-in", get(sign_in::page).post(sign_in::sign_in))
        .route("/sign-out", post(sign_in::sign_out))
        .route("/sign-in/provider", get(provider::back).post(provider::begin))
        .route("/sign-in/provider/code", post(provider::code))
        .route("/sign-in/provider/logout", post(provider::logout))
        .route("/invitations/{token}", get(sign_in::invitation).post(sign_in::open))
        .route("/invitations/{token}/provider", post(provider::open))
        .route("/account", get(account::page))
        .route("/account/second-factor", post(account::second_factor))
        .route("/account/password", post(account::change_password))
        .route("/account/sessions", post(account::end_sessions))
        .route("/officers", get(officers::page).post(officers::invite))
        .route("/officers/{id}", post(officers::change))
        .route("/", get(upload::page))
        .route("/papers", post(upload::receive))
        .route("/batches", post(upload::receive_batch))
        .route("/archive", get(archive::page).post(archive::receive))
        .route("/dossiers/{id}", get(dossier::page))
        .route("/dossiers/{id}/reusable", post(reuse::reusable))
        .route("/dossiers/{id}/reuses", post(reuse::take))
        .route("/dossiers/{id}/reuses/{reuse}/undo", post(reuse::undo))
        .route("/dossiers/{id}/handed-in", post(dossier::declare))
        .route("/dossiers/{id}/papers", post(dossier::receive))
        .route("/papers/{id}", get(paper::page))
        .route("/papers/{id}/confirm", post(paper::acts::confirm))
        .route("/papers/{id}/override", post(paper::acts::override_faults))
        .route("/papers/{id}/erase", post(paper::acts::erase_quarantined))
        .route("/papers/{id}/refuse", post(paper::acts::refuse))
        .route("/papers/{id}/retry", post(paper::acts::retry))
        .route("/papers/{id}/arrange", post(pages::arrange))
        .route("/papers/{id}/insert", post(pages::insert))
        .route("/papers/{id}/pages/{position}", get(paper::picture))
        .route("/papers/{id}/originals/{page}", get(paper::original_picture))
        .route("/verify", get(verify::page).post(verify::judge))
        .route("/verify/sheet", post(verify::sheet))
        .route("/documents/{id}/verification", get(verify::document))
        .route("/documents/{id}/verification/sheet", get(verify::document_sheet))
        .route("/signing", get(signing::page))
        .route("/catalogue", get(catalogue::page).post(catalogue::import))
        .route("/manual-codes", get(manual_codes::page).post(manual_codes::enter))
        .route("/manual-codes/{id}", post(manual_codes::act))
        .route("/lessons", get(lessons::page))
        .route("/lessons/{id}", post(lessons::decide))
        .route("/trace", get(trace::page))
        .route("/search", get(search::form).post(search::search))
        .route("/owners", get(owner::form).post(owner::look_up))
        .route("/owners/{id}", get(owner::page))
        .route("/owners/{id}/export", post(requests::export))
        .route("/owners/{id}/acts", post(owner_acts::act))
        .route("/documents/{id}/keeping", post(owner_acts::keeping))
        .route("/requests/{id}/carry-out", post(requests::carry_out))
        .route("/requests", get(requests::register).post(requests::take_in))
        .route("/requests/{id}", get(requests::page).post(requests::act))
        .route("/breaches", get(breaches::register).post(breaches::open))
        .route("/breaches/{id}", get(breaches::page).post(breaches::act))
        .route("/breaches/{id}/notice", get(breaches::notice))
        .route("/documents/{id}/content", get(owner::content))
        .route("/documents/{id}/original", get(owner::original))
        .with_state(shared)
        .route(
            "/static/sohoa.css",
            get(|| async { file("text/css", include_str!("../../templates/static/sohoa.css")) }),
        )
        .route(
            "/static/notice.css",
            get(|| async { file("text/css", include_str!("../../templates/static/notice.css")) }),
        )
        .route(
            "/static/sohoa.js",
            get(|| async { file("text/javascript", include_str!("../../templates/static/sohoa.js")) }),
        )
        .route(
            "/static/sign.js",
            get(|| async { file("text/javascript", include_str!("../../templates/static/sign.js")) }),
        )
        .route(
            "/static/strip.css",
            get(|| async { file("text/css", include_str!("../../templates/static/strip.css")) }),
        )
        .route(
            "/static/strip.js",
            get(|| async { file("text/javascript", include_str!("../../templates/static/strip.js")) }),
        )
}

fn file(media_type: &'static str, text: &'static str) -> impl IntoResponse {
    let headers = [(header::CONTENT_TYPE, media_type), (header::CACHE_CONTROL, "max-age=300")];
    (headers, text)
}

fn html(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => (status, Html(text)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

#[derive(Template)]
#[template(path = "pages/fault.html")]
struct FaultPage {
    frame: Frame,
    message: String,
}

/// What stands in the place of a page that somebody sends a form from whose stay is over.
pub(super) fn signed_out() -> Response {
    html(StatusCode::UNAUTHORIZED, &SignedOutPage { frame: Frame::of_nobody(Notice::None) })
}

#[derive(Template)]
#[template(path = "pages/signed_out.html")]
struct SignedOutPage {
    frame: Frame,
}

/// A value that can be chosen.
struct Choice {
    value: String,
    label: String,
    is_chosen: bool,
}

impl Choice {
    fn of(value: &str, label: &str, chosen: &str) -> Self {
        Self { value: value.to_owned(), label: label.to_owned(), is_chosen: value == chosen }
    }
}

/// An error as a page: one sentence, and a way back.
struct Fault {
    status: StatusCode,
    message: String,
}

impl Fault {
    fn page(self, web: &Web) -> Response {
        html(self.status, &FaultPage { frame: web.frame(""), message: self.message })
    }
}

/// The first letter of a sentence, capital.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().collect::<String>() + letters.as_str())
        .unwrap_or_default()
}

impl From<AccountError> for Fault {
    fn from(error: AccountError) -> Self {
        let status = match &error {
            AccountError::Denied(_) => StatusCode::FORBIDDEN,
            AccountError::Unknown => StatusCode::NOT_FOUND,
            AccountError::NameTaken | AccountError::LastAdministrator => StatusCode::CONFLICT,
            AccountError::NoRole
            | AccountError::Password(_)
            | AccountError::WrongPassword
            | AccountError::ProviderOnly
            | AccountError::Code => StatusCode::UNPROCESSABLE_ENTITY,
            AccountError::Credentials(_) | AccountError::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self { status, message: sentence(&message_of(&error)) }
    }
}

impl From<SignInError> for Fault {
    fn from(error: SignInError) -> Self {
        let status = match &error {
            SignInError::Refused => StatusCode::UNAUTHORIZED,
            SignInError::Credentials(_) | SignInError::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self { status, message: sentence(&message_of(&error)) }
    }
}

impl From<BrowseError> for Fault {
    fn from(error: BrowseError) -> Self {
        let status = match &error {
            BrowseError::NotFound => StatusCode::NOT_FOUND,
            BrowseError::Denied(_) => StatusCode::FORBIDDEN,
            BrowseError::Erased => StatusCode::GONE,
            BrowseError::NoPurpose => StatusCode::BAD_REQUEST,
            BrowseError::Unreadable(_) => StatusCode::UNPROCESSABLE_ENTITY,
            BrowseError::Spool(_) | BrowseError::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self { status, message: sentence(&message_of(&error)) }
    }
}

impl From<DigitiseError> for Fault {
    fn from(error: DigitiseError) -> Self {
        let status = match &error {
            DigitiseError::UnknownPaper => StatusCode::NOT_FOUND,
            DigitiseError::Denied(_) => StatusCode::FORBIDDEN,
            DigitiseError::Store(_) | DigitiseError::Spool(_) | DigitiseError::NotScanned(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            DigitiseError::WrongState { .. } | DigitiseError::Stale | DigitiseError::CodeTaken { .. } => {
                StatusCode::CONFLICT
            }
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        };
        Self { status, message: sentence(&message_of(&error)) }
    }
}

impl From<ArrangeError> for Fault {
    fn from(error: ArrangeError) -> Self {
        match error {
            ArrangeError::Step(error) => error.into(),
            ArrangeError::Undo(_) => {
                Self { status: StatusCode::CONFLICT, message: sentence(&error.to_string()) }
            }
            other => Self { status: StatusCode::UNPROCESSABLE_ENTITY, message: sentence(&other.to_string()) },
        }
    }
}

impl From<LessonError> for Fault {
    fn from(error: LessonError) -> Self {
        let status = match &error {
            LessonError::Unknown => StatusCode::NOT_FOUND,
            LessonError::Denied(_) => StatusCode::FORBIDDEN,
            LessonError::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
            LessonError::NoReason => StatusCode::UNPROCESSABLE_ENTITY,
            LessonError::WrongState { .. } | LessonError::Stale | LessonError::Ambiguous => {
                StatusCode::CONFLICT
            }
        };
        Self { status, message: sentence(&message_of(&error)) }
    }
}

impl From<ReuseError> for Fault {
    fn from(error: ReuseError) -> Self {
        let status = match &error {
            ReuseError::NotFound | ReuseError::UnknownComponent => StatusCode::NOT_FOUND,
            ReuseError::Denied(_) => StatusCode::FORBIDDEN,
            ReuseError::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
            ReuseError::Restricted
            | ReuseError::Taken
            | ReuseError::DoesNot(_)
            | ReuseError::WrongState { .. } => StatusCode::CONFLICT,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        };
        Self { status, message: sentence(&message_of(&error)) }
    }
}

impl From<TraceError> for Fault {
    fn from(error: TraceError) -> Self {
        let status = match &error {
            TraceError::Denied(_) => StatusCode::FORBIDDEN,
            _ => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self { status, message: sentence(&message_of(&error)) }
    }
}

impl From<SubjectRequestError> for Fault {
    fn from(error: SubjectRequestError) -> Self {
        let status = match &error {
            SubjectRequestError::Unknown => StatusCode::NOT_FOUND,
            SubjectRequestError::Denied(_) => StatusCode::FORBIDDEN,
            SubjectRequestError::WrongState { .. } | SubjectRequestError::Stale => StatusCode::CONFLICT,
            SubjectRequestError::NotOne
            | SubjectRequestError::NobodyKnown
            | SubjectRequestError::AllHeld
            | SubjectRequestError::Retention(_)
            | SubjectRequestError::Owner(_) => StatusCode::CONFLICT,
            SubjectRequestError::Text { .. } | SubjectRequestError::Future | SubjectRequestError::Past => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            SubjectRequestError::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self { status, message: sentence(&message_of(&error)) }
    }
}

impl From<BreachError> for Fault {
    fn from(error: BreachError) -> Self {
        let status = match &error {
            BreachError::Unknown => StatusCode::NOT_FOUND,
            BreachError::Denied(_) => StatusCode::FORBIDDEN,
            BreachError::WrongState { .. } | BreachError::Stale => StatusCode::CONFLICT,
            BreachError::Text { .. }
            | BreachError::NoLateReason
            | BreachError::Times { .. }
            | BreachError::UnknownActor => StatusCode::UNPROCESSABLE_ENTITY,
            BreachError::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self { status, message: sentence(&message_of(&error)) }
    }
}

impl From<ExportError> for Fault {
    fn from(error: ExportError) -> Self {
        let status = match &error {
            ExportError::Unknown => StatusCode::NOT_FOUND,
            ExportError::Denied(_) => StatusCode::FORBIDDEN,
            ExportError::Spool(_) | ExportError::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self { status, message: sentence(&message_of(&error)) }
    }
}

impl From<IntakeError> for Fault {
    fn from(error: IntakeError) -> Self {
        let status = match &error {
            IntakeError::Store(_) | IntakeError::Spool(_) => StatusCode::SERVICE_UNAVAILABLE,
            IntakeError::UnknownDossier => StatusCode::NOT_FOUND,
            IntakeError::Denied(_) => StatusCode::FORBIDDEN,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        };
        Self { status, message: sentence(&message_of(&error)) }
    }
}

/// The sentence of an error; what went wrong inside goes to the log, not to the page.
fn message_of(error: &(dyn std::error::Error + 'static)) -> String {
    let is_inside = error.is::<crate::store::StoreError>()
        || matches!(error.downcast_ref(), Some(BrowseError::Store(_)))
        || matches!(error.downcast_ref(), Some(DigitiseError::Store(_)))
        || matches!(error.downcast_ref(), Some(IntakeError::Store(_)))
        || matches!(error.downcast_ref(), Some(LessonError::Store(_)))
        || matches!(error.downcast_ref(), Some(ReuseError::Store(_)))
        || matches!(error.downcast_ref(), Some(TraceError::Store(_)))
        || matches!(error.downcast_ref(), Some(AccountError::Store(_)))
        || matches!(error.downcast_ref(), Some(SubjectRequestError::Store(_)))
        || matches!(error.downcast_ref(), Some(BreachError::Store(_)))
        || matches!(error.downcast_ref(), Some(OwnerError::Store(_)))
        || matches!(error.downcast_ref(), Some(RetentionError::Store(_)))
        || matches!(error.downcast_ref(), Some(ExportError::Store(_)))
        || matches!(error.downcast_ref(), Some(SignInError::Store(_)))
        || matches!(error.downcast_ref(), Some(ProviderError::Store(_)));
    if is_inside {
        tracing::error!(%error, "the store failed");
        return "kho dữ liệu chưa trả lời: thử lại sau; nếu còn lỗi, báo người quản trị.".to_owned();
    }
    error.to_string()
}

/// By when secret bytes have to be erased, as half a sentence.
fn erase_term(term: &EraseTerm, is_over: bool) -> String {
    let (since, until) = (minute(term.since), minute(term.until));
    if is_over {
        format!("cách ly từ {since}, phải xóa trước {until}: đã quá hạn, hãy xóa ngay.")
    } else {
        format!("cách ly từ {since}, phải xóa trước {until}.")
    }
}

/// The sign that goes with a state, so that colour is never alone.
fn sign_of(state: &str) -> &'static str {
    match state {
        "stored" => "✓",
        "to_confirm" | "to_sign" | "postponed" => "●",
        "needs_rescan" | "failed" | "refused" | "quarantined" => "✗",
        _ => "…",
    }
}
