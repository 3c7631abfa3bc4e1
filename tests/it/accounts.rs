//! Officers are let in, sign in and out, are locked out and closed, through the pages; nobody gets past them.

use reqwest::{RequestBuilder, StatusCode, header};
use sohoa::{
    domain::{
        account::{Unit, UserName},
        ids::{PersonalId, UnitId},
        officer::Role,
    },
    workflows::accounts::{self, Invitee},
};

use crate::{
    line::{FORM, form},
    support::app::{TestApp, on_both_databases},
};

pub const PASSWORD: &str = "một câu dài dễ nhớ";

/// Lets an officer in and opens the account; the number tells officers apart.
pub async fn account(app: &TestApp, name: &str, number: u32, role: Role, unit: &str) {
    let invitee = Invitee {
        full_name: format!("Công chức {name}"),
        personal_id: PersonalId::parse(&format!("0010850{number:05}")).unwrap(),
        name: UserName::parse(name).unwrap(),
        roles: [role].into_iter().collect(),
        unit: Unit { id: UnitId::parse(unit).unwrap(), name: format!("Đơn vị {unit}") },
    };
    let token = accounts::invite(&app.ctx, &app.ctx.rules.officer, invitee).await.unwrap();
    accounts::open(&app.ctx, &token, PASSWORD).await.unwrap();
}

/// A request as a browser sends a form.
fn filled<V: AsRef<str>>(request: RequestBuilder, fields: &[(&str, V)]) -> RequestBuilder {
    let owned: Vec<(&str, String)> =
        fields.iter().map(|(name, value)| (*name, value.as_ref().to_owned())).collect();
    request.header(FORM.0, FORM.1).body(form(&owned))
}

/// What the pages answer to a try: the cookie when it is let in.
pub async fn try_to_sign_in(
    app: &TestApp,
    name: &str,
    password: &str,
) -> Result<String, (StatusCode, String)> {
    let nobody = app.with_cookie(None);
    let fields = [("name", name), ("password", password)];
    let answer = filled(nobody.post("/sign-in"), &fields).send().await.unwrap();
    let status = answer.status();
    let cookie = answer.headers().get(header::SET_COOKIE).map(|cookie| cookie.to_str().unwrap().to_owned());
    match cookie {
        Some(cookie) if status == StatusCode::SEE_OTHER => Ok(cookie.split(';').next().unwrap().to_owned()),
        _ => Err((status, answer.text().await.unwrap())),
    }
}

/// The installation as that officer sees it.
pub async fn signed_in(app: &TestApp, name: &str) -> TestApp {
    let cookie = try_to_sign_in(app, name, PASSWORD).await.unwrap();
    app.with_cookie(Some(cookie))
}

async fn status(app: &TestApp, path: &str) -> StatusCode {
    app.get(path).send().await.unwrap().status()
}

#[tokio::test(flavor = "multi_thread")]
async fn from_the_first_account_on_everybody_signs_in() {
    on_both_databases(async |app| {
        assert_eq!(status(&app, "/api/v1/catalogue").await, 200);
        let before = app.open_dossier("1.001776").await;
        account(&app, "quan.tri", 1, Role::Administrator, "a").await;
        account(&app, "tiep.nhan", 2, Role::ReceptionClerk, "a").await;

        let nobody = app.with_cookie(None);
        assert_eq!(status(&nobody, "/api/v1/catalogue").await, 401);
        assert_eq!(status(&nobody, "/healthz").await, 200);
        let sent = nobody.get("/owners").send().await.unwrap();
        assert_eq!(
            (sent.status().as_u16(), &sent.headers()["location"]),
            (303, &"/sign-in?next=/owners".parse().unwrap())
        );
        // A form that was filled in is not lost by being sent elsewhere.
        let sent = filled(nobody.post(&format!("/dossiers/{before}/handed-in")), &[("total", "1")]);
        assert_eq!(sent.send().await.unwrap().status(), 401);

        let clerk = signed_in(&app, "tiep.nhan").await;
        assert_eq!(status(&clerk, "/api/v1/catalogue").await, 200);
        // What was opened before there were accounts is the first unit's.
        assert_eq!(status(&clerk, &format!("/api/v1/dossiers/{before}")).await, 200);
        assert_eq!(status(&clerk, "/officers").await, 403);
        let page = clerk.get("/").send().await.unwrap().text().await.unwrap();
        assert!(page.contains("Công chức tiep.nhan") && page.contains("Đăng xuất"), "{page}");
        assert!(!page.contains("/officers"), "a clerk is shown no accounts");

        clerk.post("/sign-out").send().await.unwrap();
        assert_eq!(status(&clerk, "/api/v1/catalogue").await, 401, "the token is worth nothing any more");
        assert_eq!(
            status(&app.with_cookie(Some("sohoa=rubbish".to_owned())), "/api/v1/catalogue").await,
            401
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_try_tells_nothing_and_many_lock() {
    on_both_databases(async |app| {
        account(&app, "quan.tri", 1, Role::Administrator, "a").await;
        let (status, known) = try_to_sign_in(&app, "quan.tri", "sai mật khẩu rồi").await.unwrap_err();
        assert_eq!(status, StatusCode::UNAUTHORIZED);
        let (_, unknown) = try_to_sign_in(&app, "khong.co", "sai mật khẩu rồi").await.unwrap_err();
        assert_eq!(known.replace("quan.tri", ""), unknown.replace("khong.co", ""));
        for _ in 0..4 {
            try_to_sign_in(&app, "quan.tri", "sai mật khẩu rồi").await.unwrap_err();
        }
        let (status, locked) = try_to_sign_in(&app, "quan.tri", PASSWORD).await.unwrap_err();
        assert_eq!(status, StatusCode::UNAUTHORIZED);
        assert_eq!(known, locked, "also that an account is locked is told to nobody");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_lets_in_changes_and_closes() {
    on_both_databases(async |app| {
        account(&app, "quan.tri", 1, Role::Administrator, "a").await;
        let administrator = signed_in(&app, "quan.tri").await;
        let fields = [
            ("full_name", "Trần Thị Mới"),
            ("personal_id", "001085000777"),
            ("name", "moi"),
            ("unit", "b"),
            ("unit_name", "Phòng B"),
            ("role", "auditor"),
            ("role", "case_handler"),
        ];
        let page = filled(administrator.post("/officers"), &fields).send().await.unwrap();
        assert_eq!(page.status(), 200);
        let page = page.text().await.unwrap();
        let link = page.split("/invitations/").nth(1).expect("a link").split('<').next().unwrap().to_owned();
        let taken = filled(administrator.post("/officers"), &fields).send().await.unwrap();
        assert_eq!(taken.status(), 409);

        let nobody = app.with_cookie(None);
        let open = |password: &str, again: &str| {
            let fields = [("password", password.to_owned()), ("again", again.to_owned())];
            filled(nobody.post(&format!("/invitations/{link}")), &fields).send()
        };
        assert_eq!(open("ngắn", "ngắn").await.unwrap().status(), 422);
        assert_eq!(open(PASSWORD, "khác hẳn đi").await.unwrap().status(), 422);
        assert_eq!(open(PASSWORD, PASSWORD).await.unwrap().status(), 303);
        assert_eq!(open(PASSWORD, PASSWORD).await.unwrap().status(), 404, "a link is used once");

        let handler = signed_in(&app, "moi").await;
        assert_eq!(status(&handler, "/owners").await, 200);
        let listed = administrator.get("/officers").send().await.unwrap().text().await.unwrap();
        let id = listed.split("action=\"/officers/").nth(2).unwrap().split('"').next().unwrap().to_owned();
        let act = |id: String, fields: Vec<(&'static str, &'static str)>| {
            filled(administrator.post(&format!("/officers/{id}")), &fields).send()
        };
        // Rights that are taken end at once.
        let fewer = vec![("act", "change"), ("role", "auditor"), ("unit", "b"), ("unit_name", "Phòng B")];
        assert_eq!(act(id.clone(), fewer).await.unwrap().status(), 200);
        assert_eq!(status(&handler, "/owners").await, 303);
        let auditor = signed_in(&app, "moi").await;
        assert_eq!(status(&auditor, "/owners").await, 403);
        assert_eq!(act(id.clone(), vec![("act", "close")]).await.unwrap().status(), 200);
        assert_eq!(status(&auditor, "/verify").await, 303);
        try_to_sign_in(&app, "moi", PASSWORD).await.unwrap_err();
        // The last administrator stays.
        let own = listed.split("action=\"/officers/").nth(1).unwrap().split('"').next().unwrap().to_owned();
        assert_eq!(act(own, vec![("act", "close")]).await.unwrap().status(), 409);
        let verified = sohoa::workflows::administer::verify_audit(&app.ctx).await.unwrap();
        assert_eq!(verified.first_fault, None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_takes_another_password() {
    let app = TestApp::start(true).await;
    account(&app, "quan.tri", 1, Role::Administrator, "a").await;
    let own = signed_in(&app, "quan.tri").await;
    let change = async |current: &str, new: &str, again: &str| {
        let fields = [("current", current), ("password", new), ("again", again)];
        filled(own.post("/account/password"), &fields).send().await.unwrap().status().as_u16()
    };
    let new = "một câu dài khác hẳn";
    assert_eq!(change("sai mật khẩu rồi", new, new).await, 422);
    assert_eq!(change(PASSWORD, new, "không giống nhau").await, 422);
    assert_eq!(change(PASSWORD, "ngắn", "ngắn").await, 422);
    assert_eq!(change(PASSWORD, new, new).await, 303);
    assert_eq!(status(&own, "/account").await, 303, "every stay ends with the old password");
    try_to_sign_in(&app, "quan.tri", PASSWORD).await.unwrap_err();
    try_to_sign_in(&app, "quan.tri", new).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_is_asked_for_and_taken_once() {
    on_both_databases(async |app| {
        account(&app, "quan.tri", 1, Role::Administrator, "a").await;
        let own = signed_in(&app, "quan.tri").await;
        let page = filled(own.post("/account/second-factor"), &[("code", "")]).send().await.unwrap();
        let page = page.text().await.unwrap();
        let secret = page.split("<code>").nth(1).unwrap().split('<').next().unwrap().replace(' ', "");
        let code = |shift: i64| {
            let seconds = app.ctx.clock.now().as_second() + shift;
            code_of(&secret, u64::try_from(seconds).unwrap())
        };
        let wrong = filled(own.post("/account/second-factor"), &[("code", "000000")]).send().await.unwrap();
        assert_eq!(wrong.status(), 422);
        let right = filled(own.post("/account/second-factor"), &[("code", code(-30))]).send().await.unwrap();
        assert_eq!(right.status(), 200);

        let with = async |code: String| {
            let fields = [("name", "quan.tri".to_owned()), ("password", PASSWORD.to_owned()), ("code", code)];
            filled(app.with_cookie(None).post("/sign-in"), &fields).send().await.unwrap().status().as_u16()
        };
        assert_eq!(with(String::new()).await, 401);
        assert_eq!(with(code(-30)).await, 401, "the code that was shown is used up");
        assert_eq!(with(code(0)).await, 303);
        assert_eq!(with(code(0)).await, 401);
        assert_eq!(with(code(30)).await, 303);
    })
    .await;
}

/// The code that an authenticator shows (RFC 6238), by another hand than the program's: `oathtool` of OATH.
pub fn code_of(secret: &str, seconds: u64) -> String {
    let at = format!("@{seconds}");
    let arguments = ["--totp", "--base32", "--now", &at, secret].map(std::ffi::OsStr::new);
    let shown = crate::support::cli::judge("oathtool", "oathtool", &arguments);
    assert_eq!(shown.code, 0, "{}", shown.stderr);
    shown.stdout.trim().to_owned()
}
