//! Signing in and out, and the one-time link with which an officer chooses a password. Shown to anybody.

use askama::Template;
use axum::{
    Form,
    extract::{FromRequest, Path, Query, Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;

use super::{Fault, Frame, Shared, html};
use crate::{
    domain::account::Password,
    faces::{Notice, gate},
    workflows::{
        accounts::{self, FOR_TRIAL, Invited},
        sign_in as stays,
    },
};

/// An account that everybody knows.
struct TrialLine {
    name: &'static str,
    password: &'static str,
    role: &'static str,
}

#[derive(Template)]
#[template(path = "pages/sign_in.html")]
struct SignInPage {
    frame: Frame,
    message: Option<String>,
    name: String,
    next: String,
    trial: Vec<TrialLine>,
    /// What the agency calls its own provider of sign-ins.
    provider: Option<String>,
}

/// Where to go after signing in.
#[derive(Deserialize)]
pub(super) struct NextIn {
    next: Option<String>,
}

/// `GET /sign-in`.
pub(super) async fn page(State(shared): State<Shared>, Query(asked): Query<NextIn>) -> Response {
    show(&shared, StatusCode::OK, None, String::new(), asked.next.unwrap_or_default())
}

fn show(
    shared: &Shared,
    status: StatusCode,
    message: Option<String>,
    name: String,
    next: String,
) -> Response {
    let trial = match shared.notice {
        Notice::Demo => {
            FOR_TRIAL.map(|(name, password, role)| TrialLine { name, password, role: role.words() }).into()
        }
        _ => Vec::new(),
    };
    let frame = Frame::of_nobody(shared.notice);
    let provider = provider_name(shared);
    html(status, &SignInPage { frame, message, name, next: place(&next), trial, provider })
}

fn provider_name(shared: &Shared) -> Option<String> {
    shared.ctx.provider.as_ref().map(|provider| provider.rules.name.clone())
}

/// A page of ours, or the first: whatever else a link says leads nowhere.
pub(super) fn place(next: &str) -> String {
    let is_ours = next.starts_with('/')
        && !next.starts_with("//")
        && next.bytes().all(|b| b.is_ascii_alphanumeric() || b"/-_.".contains(&b));
    if is_ours { next.to_owned() } else { "/".to_owned() }
}

/// What an officer shows.
#[derive(Deserialize)]
pub(super) struct SignInForm {
    name: String,
    password: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    next: String,
}

/// `POST /sign-in`.
pub(super) async fn sign_in(State(shared): State<Shared>, request: Request) -> Response {
    let address = gate::address(&request);
    let Ok(Form(form)) = Form::<SignInForm>::from_request(request, &shared).await else {
        let message = "Nhập tên đăng nhập và mật khẩu.".to_owned();
        return show(&shared, StatusCode::BAD_REQUEST, Some(message), String::new(), String::new());
    };
    let password = Password::shown(&form.password);
    match stays::sign_in(&shared.ctx, &form.name, password, &form.code, address).await {
        Ok(token) => {
            let cookie = gate::set_cookie(Some(&token), shared.is_secure);
            ([(header::SET_COOKIE, cookie)], Redirect::to(&place(&form.next))).into_response()
        }
        Err(error) => {
            let Fault { status, message } = error.into();
            show(&shared, status, Some(message), form.name, form.next)
        }
    }
}

/// `POST /sign-out`.
pub(super) async fn sign_out(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    if let Some(token) = gate::cookie(&headers, shared.is_secure)
        && let Err(error) = stays::sign_out(&shared.ctx, token, None).await
    {
        tracing::error!(%error, "a stay could not be ended");
    }
    let cookie = gate::set_cookie(None, shared.is_secure);
    ([(header::SET_COOKIE, cookie)], Redirect::to("/sign-in")).into_response()
}

#[derive(Template)]
#[template(path = "pages/invitation.html")]
struct InvitationPage {
    frame: Frame,
    message: Option<String>,
    name: Option<String>,
    may_choose: bool,
    token: String,
    provider: Option<String>,
}

async fn invited(shared: &Shared, status: StatusCode, message: Option<String>, token: String) -> Response {
    let frame = Frame::of_nobody(shared.notice);
    match accounts::invited(&shared.ctx, &token).await {
        Ok(Invited { name, may_choose }) => {
            let (name, provider) = (Some(name.to_string()), provider_name(shared));
            html(status, &InvitationPage { frame, message, name, may_choose, token, provider })
        }
        Err(error) => {
            let Fault { status, message } = error.into();
            let message = Some(message);
            let (name, token, provider) = (None, String::new(), None);
            html(status, &InvitationPage { frame, message, name, may_choose: false, token, provider })
        }
    }
}

/// `GET /invitations/{token}`.
pub(super) async fn invitation(State(shared): State<Shared>, Path(token): Path<String>) -> Response {
    invited(&shared, StatusCode::OK, None, token).await
}

/// The password that an officer chooses, twice.
#[derive(Deserialize)]
pub(super) struct OpenForm {
    password: String,
    again: String,
}

/// `POST /invitations/{token}`.
pub(super) async fn open(
    State(shared): State<Shared>,
    Path(token): Path<String>,
    Form(form): Form<OpenForm>,
) -> Response {
    if form.password != form.again {
        let message = "Hai lần nhập mật khẩu khác nhau: nhập lại.".to_owned();
        return invited(&shared, StatusCode::UNPROCESSABLE_ENTITY, Some(message), token).await;
    }
    match accounts::open(&shared.ctx, &token, &form.password).await {
        Ok(()) => Redirect::to("/sign-in").into_response(),
        Err(error) => {
            let Fault { status, message } = error.into();
            invited(&shared, status, Some(message), token).await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::place;

    #[test]
    fn only_pages_of_ours_are_gone_to() {
        for (next, expected) in [
            ("/papers/0193-ab", "/papers/0193-ab"),
            ("", "/"),
            ("//evil.example", "/"),
            ("https://evil.example", "/"),
            ("/\\evil.example", "/"),
            ("/a\r\nset-cookie: x", "/"),
            ("javascript:alert(1)", "/"),
        ] {
            assert_eq!(place(next), expected, "{next:?}");
        }
    }
}
