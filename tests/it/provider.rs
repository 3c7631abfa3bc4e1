//! Officers sign in at the agency's own provider: one that is as it should be, one that lies in every way, one by other
//! hands, and none at all.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Json, Router,
    extract::{Query, State},
    http::{HeaderMap, StatusCode},
    response::{Html, IntoResponse, Redirect, Response as Answer},
    routing::{get, post},
};
use base64::{Engine, engine::general_purpose::STANDARD, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use openssl::{pkey::Private, rsa::Rsa, sha::sha256};
use reqwest::{Response, header};
use serde_json::{Value, json};
use sohoa::{
    clock::Clock,
    domain::{account::UserName, ids::OfficerId, officer::Role},
    workflows::{
        accounts,
        context::Ctx,
        provider::{self as at_provider, Aim, Provider, ProviderError, ProviderRules, Secret},
    },
};

use crate::{
    accounts::{PASSWORD, account, code_of, signed_in, try_to_sign_in},
    line::{FORM, form},
    support::{
        app::{NOW, Setting, TestApp},
        judges,
    },
};

const SECRET: &str = "bí mật: 100%";

/// What is wrong with what the provider says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Lie {
    #[default]
    None,
    OtherKey,
    AlgorithmNone,
    SharedSecret,
    Nonce,
    Issuer,
    Audience,
    Expired,
    AccessToken,
    NoToken,
    NotJson,
    Huge,
    Broken,
    Elsewhere,
    Slow,
}

/// What a code stands for: the parameters with which it was asked for.
type Codes = HashMap<String, HashMap<String, String>>;

struct World {
    url: String,
    key: Rsa<Private>,
    key_name: u32,
    /// Who is at the keyboard.
    subject: String,
    amr: Vec<&'static str>,
    lie: Lie,
    codes: Codes,
    n_codes: u32,
}

/// A provider of the test's own; what it is to say may be changed while it runs.
#[derive(Clone)]
struct Other(Arc<Mutex<World>>);

impl Other {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let world = World {
            url,
            key: Rsa::generate(2048).unwrap(),
            key_name: 1,
            subject: "u-1".to_owned(),
            amr: vec!["pwd"],
            lie: Lie::None,
            codes: HashMap::new(),
            n_codes: 0,
        };
        let other = Self(Arc::new(Mutex::new(world)));
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(document))
            .route("/keys", get(keys))
            .route("/go", get(go))
            .route("/token", post(token))
            .with_state(other.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        other
    }

    fn with<T>(&self, look: impl FnOnce(&mut World) -> T) -> T {
        look(&mut self.0.lock().unwrap())
    }

    fn rules(&self, service: &str) -> ProviderRules {
        rules(&self.with(|world| world.url.clone()), service)
    }

    /// A token of this provider, with what it always says and `more`.
    fn signed(&self, more: Value) -> String {
        self.with(|world| {
            let now = NOW.parse::<jiff::Timestamp>().unwrap().as_second();
            let mut claims = json!({ "iss": world.url, "aud": "sohoa", "sub": world.subject, "iat": now, "exp": now + 60 });
            for (name, value) in more.as_object().unwrap() {
                claims[name.as_str()] = value.clone();
            }
            let mut header = Header::new(Algorithm::RS256);
            header.kid = Some(world.key_name.to_string());
            let key = if world.lie == Lie::OtherKey { Rsa::generate(2048).unwrap() } else { world.key.clone() };
            let key = match world.lie {
                Lie::SharedSecret => {
                    header.alg = Algorithm::HS256;
                    EncodingKey::from_secret(&key.public_key_to_pem().unwrap())
                }
                _ => EncodingKey::from_rsa_der(&key.private_key_to_der().unwrap()),
            };
            let token = jsonwebtoken::encode(&header, &claims, &key).unwrap();
            if world.lie == Lie::AlgorithmNone {
                let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#);
                return format!("{header}.{}.", token.split('.').nth(1).unwrap());
            }
            token
        })
    }
}

fn rules(issuer: &str, service: &str) -> ProviderRules {
    ProviderRules {
        name: "Đăng nhập của tỉnh".to_owned(),
        issuer: issuer.to_owned(),
        client_id: "sohoa".to_owned(),
        secret: Some(Secret::new(SECRET)),
        redirect: format!("{service}/sign-in/provider"),
        second_factor_acr: Vec::new(),
        second_factor_amr: vec!["mfa".to_owned()],
        is_only: false,
        private_hosts: vec!["127.0.0.1".to_owned(), "localhost".to_owned()],
        seconds: 1,
    }
}

async fn document(State(other): State<Other>) -> Json<Value> {
    let url = other.with(|world| world.url.clone());
    Json(json!({
        "issuer": url,
        "authorization_endpoint": format!("{url}/go"),
        "token_endpoint": format!("{url}/token"),
        "jwks_uri": format!("{url}/keys"),
        "authorization_response_iss_parameter_supported": true,
    }))
}

async fn keys(State(other): State<Other>) -> Json<Value> {
    other.with(|world| {
        let part = |n: &openssl::bn::BigNumRef| URL_SAFE_NO_PAD.encode(n.to_vec());
        let name = world.key_name.to_string();
        Json(json!({ "keys": [{ "kty": "RSA", "kid": name, "n": part(world.key.n()), "e": part(world.key.e()) }] }))
    })
}

async fn go(State(other): State<Other>, Query(asked): Query<HashMap<String, String>>) -> Redirect {
    other.with(|world| {
        assert_eq!(
            (asked["response_type"].as_str(), asked["code_challenge_method"].as_str()),
            ("code", "S256")
        );
        world.n_codes += 1;
        let code = format!("code-{}", world.n_codes);
        let back =
            format!("{}?code={code}&state={}&iss={}", asked["redirect_uri"], asked["state"], world.url);
        world.codes.insert(code, asked);
        Redirect::to(&back)
    })
}

async fn token(State(other): State<Other>, headers: HeaderMap, body: String) -> Answer {
    let sent: HashMap<String, String> = reqwest::Url::parse(&format!("http://x/?{body}"))
        .unwrap()
        .query_pairs()
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    let shown = headers["authorization"].to_str().unwrap().strip_prefix("Basic ").unwrap().to_owned();
    let shown = String::from_utf8(STANDARD.decode(shown).unwrap()).unwrap();
    let escaped = form(&[("x", SECRET.to_owned())]);
    let secret = shown.split_once(':').unwrap().1;
    let plain = |text: &str| {
        let url = reqwest::Url::parse(&format!("http://x/?x={text}")).unwrap();
        url.query_pairs().next().unwrap().1.into_owned()
    };
    assert_eq!(plain(secret), plain(escaped.strip_prefix("x=").unwrap()));
    let (asked, lie) = other.with(|world| (world.codes.remove(&sent["code"]), world.lie));
    let Some(asked) = asked else {
        return (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant" }))).into_response();
    };
    assert_eq!(asked["code_challenge"], URL_SAFE_NO_PAD.encode(sha256(sent["code_verifier"].as_bytes())));
    assert_eq!(asked["redirect_uri"], sent["redirect_uri"]);
    let mut more = json!({ "nonce": asked["nonce"], "amr": other.with(|world| world.amr.clone()) });
    match lie {
        Lie::Nonce => more["nonce"] = "another".into(),
        Lie::Issuer => more["iss"] = "https://evil.example".into(),
        Lie::Audience => more["aud"] = "another".into(),
        Lie::Expired => more["exp"] = 1_700_000_000.into(),
        Lie::AccessToken => more["at_hash"] = "AAAAAAAAAAAAAAAAAAAAAA".into(),
        Lie::NoToken => return Json(json!({ "access_token": "a", "token_type": "Bearer" })).into_response(),
        Lie::NotJson => return Html("<p>").into_response(),
        Lie::Huge => return Json(json!({ "access_token": "a".repeat(1 << 20) })).into_response(),
        Lie::Broken => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Lie::Elsewhere => return Redirect::temporary("/go").into_response(),
        Lie::Slow => std::future::pending().await,
        _ => {}
    }
    let told = json!({ "access_token": "a", "token_type": "Bearer", "id_token": other.signed(more) });
    Json(told).into_response()
}

/// An installation with that provider, and its first administrator, who has a password.
async fn installation(is_sqlite: bool, change: impl FnOnce(&mut ProviderRules)) -> (TestApp, Other) {
    let other = Other::start().await;
    let app = start(is_sqlite, |service| {
        let mut rules = other.rules(service);
        change(&mut rules);
        (rules, None)
    });
    (app.await, other)
}

async fn start(is_sqlite: bool, rules: impl FnOnce(&str) -> (ProviderRules, Option<Clock>)) -> TestApp {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let (rules, clock) = rules(&format!("http://{}", listener.local_addr().unwrap()));
    let provider = Some(Arc::new(Provider::new(rules).unwrap()));
    let setting = Setting { listener: Some(listener), provider, clock, ..Setting::default() };
    let app = TestApp::start_with(is_sqlite, setting).await;
    account(&app, "quan.tri", 1, Role::Administrator, "a").await;
    app
}

/// The token of a one-time link of a new auditor.
async fn invited(app: &TestApp, name: &str, number: u32) -> String {
    account(app, name, number, Role::Auditor, "a").await;
    let officer = officer(app, name).await;
    accounts::invite_again(&app.ctx, &app.ctx.rules.officer, &officer).await.unwrap()
}

async fn officer(app: &TestApp, name: &str) -> OfficerId {
    let name = UserName::parse(name).unwrap();
    let listed = accounts::list(&app.ctx, &app.ctx.rules.officer).await.unwrap();
    listed.into_iter().find(|listed| listed.account.name == name).unwrap().account.officer
}

fn cookies(answer: &Response) -> Vec<String> {
    let all = answer.headers().get_all(header::SET_COOKIE).iter();
    all.map(|cookie| cookie.to_str().unwrap().split(';').next().unwrap().to_owned()).collect()
}

/// A browser at the provider: its cookie, and the address to which it is sent back.
struct There {
    cookie: String,
    back: String,
}

/// Presses the button under `path`, and goes where the page leads.
async fn there(app: &TestApp, path: &str, next: &str) -> There {
    let nobody = app.with_cookie(None);
    let pressed = nobody.post(path).header(FORM.0, FORM.1).body(form(&[("next", next.to_owned())]));
    let answer = pressed.send().await.unwrap();
    let cookie = cookies(&answer).pop().unwrap_or_default();
    let page = answer.text().await.unwrap();
    let onward = page.split("content=\"0; url=").nth(1).unwrap_or_else(|| panic!("{page}"));
    let onward = onward.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let sent = client.get(onward).send().await.unwrap();
    let back = sent.headers()["location"].to_str().unwrap().strip_prefix(&app.url).unwrap().to_owned();
    There { cookie, back }
}

async fn back(app: &TestApp, there: &There) -> Response {
    app.with_cookie(Some(there.cookie.clone())).get(&there.back).send().await.unwrap()
}

/// The cookie of a stay of whom the provider lets in.
async fn entered(app: &TestApp) -> TestApp {
    let answer = back(app, &there(app, "/sign-in/provider", "/trace").await).await;
    assert_eq!((answer.status().as_u16(), &answer.headers()["location"]), (303, &"/trace".parse().unwrap()));
    app.with_cookie(cookies(&answer).into_iter().find(|cookie| cookie.starts_with("sohoa=")))
}

/// Nobody was signed in: the status, and what the page says.
async fn refusal(answer: Response) -> (u16, String) {
    let status = answer.status().as_u16();
    assert!(!cookies(&answer).iter().any(|cookie| cookie.starts_with("sohoa=")), "{status}");
    let page = answer.text().await.unwrap();
    let told = page.split("role=\"alert\">").nth(1).unwrap_or_else(|| panic!("{page}"));
    (status, told.split('<').next().unwrap().to_owned())
}

async fn status(app: &TestApp, path: &str) -> u16 {
    app.get(path).send().await.unwrap().status().as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_is_bound_by_the_link_signs_in_there_and_is_closed() {
    for is_sqlite in [true, false] {
        let (app, other) = installation(is_sqlite, |_| {}).await;
        let nobody = app.with_cookie(None);
        let page = nobody.get("/sign-in").send().await.unwrap().text().await.unwrap();
        assert!(page.contains("Đăng nhập của tỉnh"), "{page}");
        // Whom nobody bound is nobody here, whatever he is called there.
        other.with(|world| world.subject = "kiem.tra".to_owned());
        let link = invited(&app, "kiem.tra", 2).await;
        let unknown = refusal(back(&app, &there(&app, "/sign-in/provider", "").await).await).await;
        assert_eq!(unknown.0, 401);

        other.with(|world| world.subject = "u-2".to_owned());
        let open = format!("/invitations/{link}/provider");
        let first = there(&app, &open, "").await;
        let other_tab = there(&app, &open, "").await;
        let answer = back(&app, &first).await;
        assert_eq!(answer.status(), 303);
        assert_eq!(refusal(back(&app, &other_tab).await).await.0, 404, "the link was used meanwhile");
        let again = nobody.post(&open).header(FORM.0, FORM.1).send().await.unwrap();
        assert_eq!(refusal(again).await.0, 404);
        try_to_sign_in(&app, "kiem.tra", PASSWORD).await.unwrap_err();

        let auditor = entered(&app).await;
        let page = auditor.get("/trace").send().await.unwrap().text().await.unwrap();
        for words in ["hệ thống đăng nhập của cơ quan", "gắn tài khoản với", "Cách đăng nhập", "mật khẩu"]
        {
            assert!(page.contains(words), "{words}: {page}");
        }
        // One name there is one account here.
        let second = invited(&app, "kiem.tra.2", 3).await;
        let taken = there(&app, &format!("/invitations/{second}/provider"), "").await;
        assert_eq!(refusal(back(&app, &taken).await).await.0, 404);

        // The provider says that he signed out there; another token of its says no such thing.
        let logout = async |more: Value| {
            let fields = [("logout_token", other.signed(more))];
            let told = nobody.post("/sign-in/provider/logout").header(FORM.0, FORM.1).body(form(&fields));
            told.send().await.unwrap().status().as_u16()
        };
        assert_eq!(logout(json!({})).await, 400);
        assert_eq!(status(&auditor, "/trace").await, 200);
        let event = json!({ "events": { "http://schemas.openid.net/event/backchannel-logout": {} } });
        assert_eq!(logout(event).await, 200);
        assert_eq!(status(&auditor, "/trace").await, 303);

        // A second factor of ours is asked for, unless the provider made as sure.
        let auditor = entered(&app).await;
        let filled = |app: &TestApp, path: &str, fields: &[(&str, String)]| {
            app.post(path).header(FORM.0, FORM.1).body(form(fields)).send()
        };
        let page = filled(&auditor, "/account/second-factor", &[]).await.unwrap().text().await.unwrap();
        assert!(!page.contains("Đổi mật khẩu"), "{page}");
        let secret = page.split("<code>").nth(1).unwrap().split('<').next().unwrap().replace(' ', "");
        let code = |shift: i64| {
            let seconds = app.ctx.clock.now().as_second() + shift;
            code_of(&secret, u64::try_from(seconds).unwrap())
        };
        filled(&auditor, "/account/second-factor", &[("code", code(-30))]).await.unwrap();
        for (typed, expected) in [("000000".to_owned(), 401), (code(-30), 401), (code(0), 303)] {
            let there = there(&app, "/sign-in/provider", "/trace").await;
            let page = back(&app, &there).await.text().await.unwrap();
            let pending = page.split("name=\"pending\" value=\"").nth(1).unwrap().split('"').next().unwrap();
            let browser = app.with_cookie(Some(there.cookie.clone()));
            let fields = [("pending", pending.to_owned()), ("code", typed)];
            let foreign = filled(&nobody, "/sign-in/provider/code", &fields).await.unwrap();
            assert_eq!(refusal(foreign).await.0, 400, "of another browser");
            let answer = filled(&browser, "/sign-in/provider/code", &fields).await.unwrap();
            assert_eq!(answer.status().as_u16(), expected);
            let again = filled(&browser, "/sign-in/provider/code", &fields).await.unwrap();
            assert_eq!(refusal(again).await.0, 400, "one try each time");
        }
        other.with(|world| world.amr = vec!["pwd", "mfa"]);
        let auditor = entered(&app).await;

        // Closed: out at once, and the answer of an unknown one.
        let close = accounts::Change { is_active: Some(false), ..accounts::Change::default() };
        let by = &app.ctx.rules.officer;
        accounts::change(&app.ctx, by, &officer(&app, "kiem.tra").await, close).await.unwrap();
        assert_eq!(status(&auditor, "/trace").await, 303);
        let closed = refusal(back(&app, &there(&app, "/sign-in/provider", "").await).await).await;
        assert_eq!(closed, unknown);
        let verified = sohoa::workflows::administer::verify_audit(&app.ctx).await.unwrap();
        assert_eq!(verified.first_fault, None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_lies_lets_nobody_in() {
    let (app, other) = installation(true, |_| {}).await;
    let link = invited(&app, "kiem.tra", 2).await;
    assert_eq!(
        back(&app, &there(&app, &format!("/invitations/{link}/provider"), "").await).await.status(),
        303
    );
    for (lie, expected) in [
        (Lie::OtherKey, 401),
        (Lie::AlgorithmNone, 401),
        (Lie::SharedSecret, 401),
        (Lie::Nonce, 401),
        (Lie::Issuer, 401),
        (Lie::Audience, 401),
        (Lie::Expired, 401),
        (Lie::AccessToken, 401),
        (Lie::NoToken, 401),
        (Lie::NotJson, 502),
        (Lie::Huge, 502),
        (Lie::Broken, 502),
        (Lie::Elsewhere, 502),
        (Lie::Slow, 502),
    ] {
        other.with(|world| world.lie = lie);
        let answer = back(&app, &there(&app, "/sign-in/provider", "").await).await;
        assert_eq!(refusal(answer).await.0, expected, "{lie:?}");
    }
    other.with(|world| world.lie = Lie::None);

    // What comes back is taken once, in the browser that went, with the answer of this provider.
    let right = there(&app, "/sign-in/provider", "").await;
    let stolen =
        There { cookie: there(&app, "/sign-in/provider", "").await.cookie, back: right.back.clone() };
    assert_eq!(refusal(back(&app, &stolen).await).await.0, 400);
    let nobody = There { cookie: "x=y".to_owned(), back: right.back.clone() };
    assert_eq!(refusal(back(&app, &nobody).await).await.0, 400);
    assert_eq!(back(&app, &right).await.status(), 303);
    assert_eq!(refusal(back(&app, &right).await).await.0, 400);
    let change = |there: There, from: &str, to: &str| There { back: there.back.replace(from, to), ..there };
    let code = |there: &There| there.back.split(['=', '&']).nth(1).unwrap().to_owned();
    let used = code(&right);
    let fresh = there(&app, "/sign-in/provider", "").await;
    let replayed = change(fresh, "code=", &format!("code={used}&x="));
    assert_eq!(refusal(back(&app, &replayed).await).await.0, 401, "a code that was redeemed");
    for (from, to, expected) in [
        ("state=", "state=x", 400),
        ("iss=", "iss=https://evil.example&x=", 401),
        ("&iss=", "&x=", 401), // it says that it always says who it is
        ("code=", "error=access_denied&x=", 400),
    ] {
        let changed = change(there(&app, "/sign-in/provider", "").await, from, to);
        assert_eq!(refusal(back(&app, &changed).await).await.0, expected, "{to}");
    }

    // Another key is asked for once, then not soon again.
    let rotate = || {
        other.with(|world| (world.key, world.key_name) = (Rsa::generate(2048).unwrap(), world.key_name + 1))
    };
    rotate();
    entered(&app).await;
    rotate();
    assert_eq!(refusal(back(&app, &there(&app, "/sign-in/provider", "").await).await).await.0, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_away_for_long() {
    let (app, _other) = installation(true, |_| {}).await;
    let begun = at_provider::begin(&app.ctx, Aim::SignIn("/".to_owned())).await.unwrap();
    let state = begun.address.split("state=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    let answer = at_provider::Answer { state, code: Some("c".to_owned()), ..at_provider::Answer::default() };
    let later = app.ctx.clock.now() + Duration::from_secs(601);
    let later = Ctx { clock: Clock::Fixed(later), ..app.ctx.clone() };
    let refused = at_provider::finish(&later, &answer, &begun.browser, None).await;
    assert!(matches!(refused, Err(ProviderError::Stale)));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_provider_those_with_a_password_go_on() {
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let issuer = format!("http://{}", gone.local_addr().unwrap());
    drop(gone);
    let app = start(true, |service| (ProviderRules { is_only: true, ..rules(&issuer, service) }, None)).await;
    let pressed = app.with_cookie(None).post("/sign-in/provider").header(FORM.0, FORM.1);
    let (status, told) = refusal(pressed.send().await.unwrap()).await;
    assert_eq!(status, 502);
    assert!(told.contains("chưa trả lời") && told.contains("mật khẩu"), "{told}");
    signed_in(&app, "quan.tri").await;

    // New accounts are opened there alone; but administrators get in whatever happens.
    let by = app.ctx.rules.officer.clone();
    let link = async |name: &str| {
        let id = officer(&app, name).await;
        accounts::invite_again(&app.ctx, &by, &id).await.unwrap()
    };
    let choose = async |link: String| {
        let nobody = app.with_cookie(None);
        let place = format!("/invitations/{link}");
        let page = nobody.get(&place).send().await.unwrap().text().await.unwrap();
        let fields = [("password", PASSWORD.to_owned()), ("again", PASSWORD.to_owned())];
        let chosen = nobody.post(&place).header(FORM.0, FORM.1).body(form(&fields)).send().await.unwrap();
        (page.contains("new-password"), chosen.status().as_u16())
    };
    assert_eq!(choose(link("quan.tri").await).await, (true, 303));
    let clerk = sohoa::workflows::accounts::Invitee {
        full_name: "Công chức mới".to_owned(),
        personal_id: sohoa::domain::ids::PersonalId::parse("001085000042").unwrap(),
        name: UserName::parse("moi").unwrap(),
        roles: [Role::ReceptionClerk].into_iter().collect(),
        unit: sohoa::domain::account::Unit {
            id: sohoa::domain::ids::UnitId::parse("a").unwrap(),
            name: "Đơn vị a".to_owned(),
        },
    };
    let clerk = accounts::invite(&app.ctx, &by, clerk).await.unwrap();
    assert_eq!(choose(clerk).await, (false, 422));
}

/// A provider by other hands: `oidc-provider-mock`, over Authlib.
const SCRIPT: &str = r#"
import sys
from oidc_provider_mock import run_server_in_thread
with run_server_in_thread(port=0, require_nonce=True) as server:
    print(server.server_port, flush=True)
    sys.stdin.read()
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_by_other_hands_lets_in() {
    use std::io::BufRead;
    let mut child = std::process::Command::new(judges::python())
        .args(["-c", SCRIPT])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    std::io::BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let port: u16 = line.trim().parse().expect("oidc-provider-mock runs: sh tests/run.sh installs it");
    let issuer = format!("http://localhost:{port}");
    let app = start(true, |service| (rules(&issuer, service), Some(Clock::System))).await;
    account(&app, "kiem.tra", 2, Role::Auditor, "a").await;
    let id = officer(&app, "kiem.tra").await;
    let link = accounts::invite_again(&app.ctx, &app.ctx.rules.officer, &id).await.unwrap();
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let enter = async |path: &str, subject: &str| {
        let pressed = app.with_cookie(None).post(path).header(FORM.0, FORM.1).send().await.unwrap();
        let cookie = cookies(&pressed).pop().unwrap();
        let page = pressed.text().await.unwrap();
        let onward = page
            .split("content=\"0; url=")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap()
            .replace("&#38;", "&")
            .replace("&amp;", "&");
        let filled = client.post(onward).header(FORM.0, FORM.1).body(form(&[("sub", subject.to_owned())]));
        let sent = filled.send().await.unwrap();
        let to = sent.headers()["location"].to_str().unwrap().strip_prefix(&app.url).unwrap().to_owned();
        app.with_cookie(Some(cookie)).get(&to).send().await.unwrap()
    };
    assert_eq!(enter(&format!("/invitations/{link}/provider"), "an.nguyen").await.status(), 303);
    let answer = enter("/sign-in/provider", "an.nguyen").await;
    let stay = cookies(&answer).into_iter().find(|cookie| cookie.starts_with("sohoa="));
    assert_eq!(status(&app.with_cookie(stay), "/trace").await, 200);
    assert_eq!(refusal(enter("/sign-in/provider", "binh.tran").await).await.0, 401);
    drop(child.stdin.take());
    child.wait().unwrap();
}
