//! Accounts of officers, for administrators: let in, changed, closed.

use askama::Template;
use axum::{
    Form,
    extract::Path,
    http::{HeaderMap, StatusCode, header},
    response::Response,
};

use super::{Fault, Frame, Web, html};
use crate::{
    domain::{
        account::{Unit, UserName},
        ids::{OfficerId, PersonalId, UnitId},
        officer::{Role, Roles},
    },
    workflows::accounts::{self, AccountError, Change, Invitee, Listed},
};

/// A role that can be ticked.
struct Choice {
    value: &'static str,
    words: &'static str,
    is_held: bool,
}

/// An account in the list.
struct Line {
    id: String,
    full_name: String,
    name: String,
    unit: String,
    unit_id: String,
    roles: Vec<&'static str>,
    choices: Vec<Choice>,
    is_active: bool,
    has_second: bool,
    is_bound: bool,
    class: &'static str,
    sign: &'static str,
    state: &'static str,
}

#[derive(Template)]
#[template(path = "pages/officers.html")]
struct OfficersPage {
    frame: Frame,
    message: Option<String>,
    link: Option<String>,
    lines: Vec<Line>,
    choices: Vec<Choice>,
}

fn choices(held: &Roles) -> Vec<Choice> {
    let choice =
        |role: Role| Choice { value: role.as_str(), words: role.words(), is_held: held.any(&[role]) };
    Role::ALL.map(choice).into()
}

fn line(listed: Listed) -> Line {
    let Listed { account, officer, unit, is_open, has_second, is_bound } = listed;
    let (class, sign, state) = match (account.is_active, is_open) {
        (false, _) => ("failed", "✗", "Đã khóa"),
        (true, false) => ("postponed", "…", "Chưa mở bằng liên kết"),
        (true, true) => ("stored", "✓", "Đang dùng"),
    };
    Line {
        id: officer.id.to_string(),
        full_name: officer.full_name,
        name: account.name.to_string(),
        unit,
        unit_id: account.unit.to_string(),
        roles: account.roles.iter().map(Role::words).collect(),
        choices: choices(&account.roles),
        is_active: account.is_active,
        has_second,
        is_bound,
        class,
        sign,
        state,
    }
}

async fn show(web: &Web, status: StatusCode, message: Option<String>, link: Option<String>) -> Response {
    match accounts::list(&web.ctx, web.officer()).await {
        Ok(listed) => {
            let frame = web.frame("officers");
            let lines = listed.into_iter().map(line).collect();
            let choices = choices(&Roles::default());
            html(status, &OfficersPage { frame, message, link, lines, choices })
        }
        Err(error) => Fault::from(error).page(web),
    }
}

/// `GET /officers`.
pub(super) async fn page(web: Web) -> Response {
    show(&web, StatusCode::OK, None, None).await
}

/// What was sent, by name; a name may stand several times.
type Sent = Vec<(String, String)>;

fn value<'a>(sent: &'a Sent, name: &str) -> &'a str {
    sent.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value.trim())
}

fn roles(sent: &Sent) -> Roles {
    sent.iter().filter(|(name, _)| name == "role").filter_map(|(_, role)| Role::parse(role)).collect()
}

fn unit(sent: &Sent) -> Result<Unit, String> {
    let id = UnitId::parse(value(sent, "unit"))
        .map_err(|_| "Mã đơn vị gồm chữ a–z không dấu, chữ số và gạch nối.".to_owned())?;
    let name = value(sent, "unit_name");
    if name.is_empty() {
        return Err("Nhập tên đơn vị.".to_owned());
    }
    Ok(Unit { id, name: name.to_owned() })
}

fn invitee(sent: &Sent) -> Result<Invitee, String> {
    let full_name = value(sent, "full_name");
    if full_name.is_empty() {
        return Err("Nhập họ và tên.".to_owned());
    }
    Ok(Invitee {
        full_name: full_name.to_owned(),
        personal_id: PersonalId::parse(value(sent, "personal_id"))
            .map_err(|_| "Số định danh cá nhân gồm 12 chữ số.".to_owned())?,
        name: UserName::parse(value(sent, "name")).map_err(|e| super::sentence(&e.to_string()))?,
        roles: roles(sent),
        unit: unit(sent)?,
    })
}

/// The link as the officer opens it, under the name by which this page was opened.
fn link(headers: &HeaderMap, is_secure: bool, token: &str) -> String {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let scheme = if is_secure { "https" } else { "http" };
    format!("{scheme}://{host}/invitations/{token}")
}

async fn told(web: &Web, headers: &HeaderMap, done: Result<Option<String>, AccountError>) -> Response {
    match done {
        Ok(token) => {
            let link = token.map(|token| link(headers, web.is_secure, &token));
            show(web, StatusCode::OK, None, link).await
        }
        Err(error) => {
            let Fault { status, message } = error.into();
            show(web, status, Some(message), None).await
        }
    }
}

/// `POST /officers`: lets an officer in.
pub(super) async fn invite(web: Web, headers: HeaderMap, Form(sent): Form<Sent>) -> Response {
    match invitee(&sent) {
        Ok(invitee) => {
            let done = accounts::invite(&web.ctx, web.officer(), invitee).await.map(Some);
            told(&web, &headers, done).await
        }
        Err(message) => show(&web, StatusCode::UNPROCESSABLE_ENTITY, Some(message), None).await,
    }
}

/// `POST /officers/{id}`: changes, closes, opens again, invites again, ends stays.
pub(super) async fn change(
    web: Web,
    headers: HeaderMap,
    Path(id): Path<String>,
    Form(sent): Form<Sent>,
) -> Response {
    let done = match OfficerId::parse(&id) {
        Ok(id) => acted(&web, &id, &sent).await,
        Err(_) => Err(AccountError::Unknown),
    };
    told(&web, &headers, done).await
}

async fn acted(web: &Web, id: &OfficerId, sent: &Sent) -> Result<Option<String>, AccountError> {
    let (ctx, by) = (&web.ctx, web.officer());
    let is_active = |is_active| Change { is_active: Some(is_active), ..Change::default() };
    match value(sent, "act") {
        "invite" => return accounts::invite_again(ctx, by, id).await.map(Some),
        "end" => accounts::end_sessions(ctx, by, id).await?,
        "close" => accounts::change(ctx, by, id, is_active(false)).await?,
        "reopen" => accounts::change(ctx, by, id, is_active(true)).await?,
        _ => {
            let change = Change { roles: Some(roles(sent)), unit: unit(sent).ok(), is_active: None };
            accounts::change(ctx, by, id, change).await?;
        }
    }
    Ok(None)
}
