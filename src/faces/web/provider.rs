//! Signing in at the agency's own provider: there, back, and the code of the second factor. Shown to anybody.
//!
//! Browsers are sent on by a page, not by the answer to a form: pages of ours may send forms to ourselves alone.

use askama::Template;
use axum::{
    Form,
    extract::{FromRequest, Path, Query, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;

use super::{Fault, Frame, Shared, html, message_of, sentence, sign_in::place};
use crate::{
    faces::gate,
    workflows::provider::{self, Aim, Answer, Back, ProviderError},
};

/// As long as somebody may be away.
const AWAY_SECONDS: u32 = 600;

/// The cookie by which the browser is known again that went away.
fn cookie_name(is_secure: bool) -> &'static str {
    if is_secure { "__Host-sohoa-provider" } else { "sohoa-provider" }
}

fn set_cookie(browser: Option<&str>, is_secure: bool) -> HeaderValue {
    gate::made_cookie(cookie_name(is_secure), browser, is_secure, Some(AWAY_SECONDS))
}

fn browser(headers: &HeaderMap, is_secure: bool) -> String {
    gate::named_cookie(headers, cookie_name(is_secure)).unwrap_or_default().to_owned()
}

impl From<ProviderError> for Fault {
    fn from(error: ProviderError) -> Self {
        let status = match &error {
            ProviderError::None => StatusCode::NOT_FOUND,
            ProviderError::Unreachable => StatusCode::BAD_GATEWAY,
            ProviderError::Stale | ProviderError::Declined => StatusCode::BAD_REQUEST,
            ProviderError::Refused | ProviderError::Code => StatusCode::UNAUTHORIZED,
            ProviderError::Link => StatusCode::NOT_FOUND,
            ProviderError::Credentials(_) | ProviderError::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self { status, message: sentence(&message_of(&error)) }
    }
}

#[derive(Template)]
#[template(path = "pages/provider.html")]
struct ProviderPage {
    frame: Frame,
    /// Where to go on.
    onward: Option<String>,
    message: Option<String>,
    /// The name of the attempt that waits for a code.
    pending: Option<String>,
}

impl ProviderPage {
    fn of(shared: &Shared) -> Self {
        Self { frame: Frame::of_nobody(shared.notice), onward: None, message: None, pending: None }
    }
}

fn refused(shared: &Shared, error: ProviderError) -> Response {
    let Fault { status, message } = error.into();
    html(status, &ProviderPage { message: Some(message), ..ProviderPage::of(shared) })
}

async fn begun(shared: &Shared, aim: Aim) -> Response {
    match provider::begin(&shared.ctx, aim).await {
        Ok(begun) => {
            let cookie = set_cookie(Some(&begun.browser), shared.is_secure);
            let page = ProviderPage { onward: Some(begun.address), ..ProviderPage::of(shared) };
            ([(header::SET_COOKIE, cookie)], html(StatusCode::OK, &page)).into_response()
        }
        Err(error) => refused(shared, error),
    }
}

/// Where to go after signing in.
#[derive(Deserialize)]
pub(super) struct BeginForm {
    #[serde(default)]
    next: String,
}

/// `POST /sign-in/provider`.
pub(super) async fn begin(State(shared): State<Shared>, Form(form): Form<BeginForm>) -> Response {
    begun(&shared, Aim::SignIn(place(&form.next))).await
}

/// `POST /invitations/{token}/provider`.
pub(super) async fn open(State(shared): State<Shared>, Path(token): Path<String>) -> Response {
    begun(&shared, Aim::Open(token)).await
}

/// `GET /sign-in/provider`: back from the provider.
pub(super) async fn back(
    State(shared): State<Shared>,
    Query(answer): Query<Answer>,
    request: Request,
) -> Response {
    let address = gate::address(&request);
    let browser = browser(request.headers(), shared.is_secure);
    let back = provider::finish(&shared.ctx, &answer, &browser, address).await;
    told(&shared, back)
}

/// A code of the second factor.
#[derive(Deserialize)]
pub(super) struct CodeForm {
    pending: String,
    code: String,
}

/// `POST /sign-in/provider/code`.
pub(super) async fn code(State(shared): State<Shared>, request: Request) -> Response {
    let address = gate::address(&request);
    let browser = browser(request.headers(), shared.is_secure);
    let Ok(Form(form)) = Form::<CodeForm>::from_request(request, &shared).await else {
        return refused(&shared, ProviderError::Stale);
    };
    let back = provider::with_code(&shared.ctx, &form.pending, &browser, &form.code, address).await;
    told(&shared, back)
}

fn told(shared: &Shared, back: Result<Back, ProviderError>) -> Response {
    match back {
        Ok(Back::In { token, next }) => {
            let mut answer = Redirect::to(&place(&next)).into_response();
            for cookie in
                [gate::set_cookie(Some(&token), shared.is_secure), set_cookie(None, shared.is_secure)]
            {
                answer.headers_mut().append(header::SET_COOKIE, cookie);
            }
            answer
        }
        Ok(Back::Code { pending }) => {
            html(StatusCode::OK, &ProviderPage { pending: Some(pending), ..ProviderPage::of(shared) })
        }
        Err(error) => refused(shared, error),
    }
}

/// What a provider tells of a sign-out.
#[derive(Deserialize)]
pub(super) struct LogoutForm {
    logout_token: String,
}

/// `POST /sign-in/provider/logout`: the provider says that somebody signed out there.
pub(super) async fn logout(State(shared): State<Shared>, Form(form): Form<LogoutForm>) -> StatusCode {
    match provider::end_stays(&shared.ctx, &form.logout_token).await {
        Ok(()) => StatusCode::OK,
        Err(ProviderError::Refused | ProviderError::None) => StatusCode::BAD_REQUEST,
        Err(error) => {
            tracing::error!(%error, "stays of whom the provider signed out could not be ended");
            StatusCode::SERVICE_UNAVAILABLE
        }
    }
}
