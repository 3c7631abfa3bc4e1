//! `POST /oauth/token`: a system shows its id and secret, or its certificate, and gets a token (RFC 6749, 4.4; answers of
//! 5.1 and 5.2; RFC 8705, 2).

use axum::{
    Form, Json,
    extract::{FromRequest, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::json;

use super::Api;
use crate::{
    domain::officer::{parse_scopes, scope_names},
    faces::gate,
    workflows::clients::{self, ClientError, Proof, Token},
};

#[derive(Deserialize)]
struct TokenIn {
    grant_type: String,
    scope: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
}

pub(super) async fn give(State(api): State<Api>, request: Request) -> Response {
    let address = gate::address(&request);
    let shown = basic(request.headers());
    let certificate = gate::certificate(&request);
    let Ok(Form(asked)) = Form::<TokenIn>::from_request(request, &api).await else {
        return refused(
            StatusCode::BAD_REQUEST,
            "invalid_request",
            "Nội dung phải là biểu mẫu có grant_type.",
        );
    };
    if asked.grant_type != "client_credentials" {
        let why = "Chỉ nhận grant_type=client_credentials.";
        return refused(StatusCode::BAD_REQUEST, "unsupported_grant_type", why);
    }
    let in_body = || Some((asked.client_id.clone()?, asked.client_secret.clone()));
    let Some((id, secret)) = shown.map(|(id, secret)| (id, Some(secret))).or_else(in_body) else {
        return refused(StatusCode::UNAUTHORIZED, "invalid_client", "Thiếu mã của hệ thống.");
    };
    let proof = secret.as_deref().map_or(Proof::Certificate(certificate.as_ref()), Proof::Secret);
    let wanted = match asked.scope.as_deref().map(str::trim).filter(|scope| !scope.is_empty()) {
        None => None,
        Some(names) => match parse_scopes(names) {
            Some(scopes) => Some(scopes),
            None => return refused(StatusCode::BAD_REQUEST, "invalid_scope", "Không có phạm vi này."),
        },
    };
    match clients::token(&api.ctx, &id, proof, wanted, address).await {
        Ok(token) => given(token),
        Err(error) => {
            let (status, name) = match &error {
                ClientError::Refused => (StatusCode::UNAUTHORIZED, "invalid_client"),
                ClientError::Scope => (StatusCode::BAD_REQUEST, "invalid_scope"),
                _ => {
                    tracing::error!(%error, "no token could be given");
                    let why = "Kho dữ liệu chưa trả lời: thử lại sau.";
                    return refused(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", why);
                }
            };
            refused(status, name, &error.to_string())
        }
    }
}

fn given(token: Token) -> Response {
    Json(json!({
        "access_token": token.token,
        "token_type": "Bearer",
        "expires_in": token.seconds,
        "scope": scope_names(&token.scopes),
    }))
    .into_response()
}

fn refused(status: StatusCode, error: &str, why: &str) -> Response {
    let mut answer = (status, Json(json!({ "error": error, "error_description": why }))).into_response();
    if status == StatusCode::UNAUTHORIZED {
        let basic = HeaderValue::from_static("Basic realm=\"sohoa\"");
        answer.headers_mut().insert(header::WWW_AUTHENTICATE, basic);
    }
    answer
}

/// Id and secret as HTTP Basic carries them.
fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let sent = headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Basic ")?;
    let text = String::from_utf8(STANDARD.decode(sent.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some((id.to_owned(), secret.to_owned()))
}
