//! One's own account: the second factor, and the stays that go on.

use askama::Template;
use axum::{
    Form,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use qrcodegen::{QrCode, QrCodeEcc};
use serde::Deserialize;

use super::{Fault, Frame, Web, html, minute};
use crate::{
    domain::account::Password,
    workflows::{accounts, browse::BrowseError},
};

/// Light around a QR code, and the size of one of its squares.
const MARGIN: i32 = 4;
const SQUARE: i32 = 6;

/// What an authenticator reads.
struct Enrolment {
    picture: String,
    secret: String,
}

#[derive(Template)]
#[template(path = "pages/account.html")]
struct AccountPage {
    frame: Frame,
    message: Option<String>,
    name: String,
    unit: String,
    roles: Vec<&'static str>,
    has_second: bool,
    is_bound: bool,
    enrolment: Option<Enrolment>,
    stays: Vec<String>,
}

async fn show(web: &Web, status: StatusCode, message: Option<String>, url: Option<&str>) -> Response {
    let own = match accounts::own(&web.ctx, web.officer()).await {
        Ok(Some(own)) => own,
        Ok(None) => return Fault::from(BrowseError::NotFound).page(web),
        Err(error) => return Fault::from(BrowseError::from(error)).page(web),
    };
    let page = AccountPage {
        frame: web.frame("account"),
        message,
        name: own.account.name.to_string(),
        unit: web.officer().officer.unit.clone().unwrap_or_default(),
        roles: own.account.roles.iter().map(crate::domain::officer::Role::words).collect(),
        has_second: own.has_second,
        is_bound: own.is_bound,
        enrolment: url.and_then(enrolment),
        stays: own.stays.into_iter().map(minute).collect(),
    };
    html(status, &page)
}

/// The QR code as a picture inside the page; the secret for those who type.
fn enrolment(url: &str) -> Option<Enrolment> {
    let code = QrCode::encode_text(url, QrCodeEcc::Medium).ok()?;
    let size = code.size() + 2 * MARGIN;
    let squares: String = (0..code.size())
        .flat_map(|y| (0..code.size()).map(move |x| (x, y)))
        .filter(|(x, y)| code.get_module(*x, *y))
        .map(|(x, y)| format!("M{},{}h1v1h-1z", x + MARGIN, y + MARGIN))
        .collect();
    let picture = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {size} {size}\" width=\"{0}\" height=\"{0}\">\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/><path d=\"{squares}\"/></svg>",
        size * SQUARE
    );
    let secret = url.split(['?', '&']).find_map(|part| part.strip_prefix("secret="))?;
    let groups: Vec<&str> =
        (0..secret.len()).step_by(4).filter_map(|i| secret.get(i..(i + 4).min(secret.len()))).collect();
    Some(Enrolment {
        picture: format!("data:image/svg+xml;base64,{}", STANDARD.encode(picture)),
        secret: groups.join(" "),
    })
}

/// `GET /account`.
pub(super) async fn page(web: Web) -> Response {
    show(&web, StatusCode::OK, None, None).await
}

/// A code of the authenticator; empty to begin.
#[derive(Deserialize)]
pub(super) struct CodeForm {
    #[serde(default)]
    code: String,
    #[serde(default)]
    url: String,
}

/// `POST /account/second-factor`.
pub(super) async fn second_factor(web: Web, Form(form): Form<CodeForm>) -> Response {
    if form.code.trim().is_empty() {
        return match accounts::begin_second(&web.ctx, web.officer()).await {
            Ok(url) => show(&web, StatusCode::OK, None, Some(&url)).await,
            Err(error) => Fault::from(error).page(&web),
        };
    }
    match accounts::confirm_second(&web.ctx, web.officer(), &form.code).await {
        Ok(()) => {
            let message = "Từ nay đăng nhập cần thêm mã của ứng dụng xác thực.".to_owned();
            show(&web, StatusCode::OK, Some(message), None).await
        }
        Err(error) => {
            let Fault { status, message } = error.into();
            let url = Some(form.url.as_str()).filter(|url| url.starts_with("otpauth://"));
            show(&web, status, Some(message), url).await
        }
    }
}

/// The password that an officer has, and the one he takes, twice.
#[derive(Deserialize)]
pub(super) struct PasswordForm {
    current: String,
    password: String,
    again: String,
}

/// `POST /account/password`: one signs in anew with it.
pub(super) async fn change_password(web: Web, Form(form): Form<PasswordForm>) -> Response {
    if form.password != form.again {
        let message = "Hai lần nhập mật khẩu mới khác nhau: nhập lại.".to_owned();
        return show(&web, StatusCode::UNPROCESSABLE_ENTITY, Some(message), None).await;
    }
    let current = Password::shown(&form.current);
    match accounts::change_password(&web.ctx, web.officer(), current, &form.password).await {
        Ok(()) => Redirect::to("/sign-in").into_response(),
        Err(error) => {
            let Fault { status, message } = error.into();
            show(&web, status, Some(message), None).await
        }
    }
}

/// `POST /account/sessions`: ends all stays, also this one.
pub(super) async fn end_sessions(web: Web) -> Response {
    match accounts::end_sessions(&web.ctx, web.officer(), &web.officer().officer.id).await {
        Ok(()) => Redirect::to("/sign-in").into_response(),
        Err(error) => Fault::from(error).page(&web),
    }
}
