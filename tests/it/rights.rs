//! Every route with every role, with another unit's ids and with nobody: nothing is reached that the table does not
//! allow, and a route without a row fails.

use std::collections::BTreeSet;

use reqwest::{Method, RequestBuilder, multipart};
use serde_json::{Value, json};
use sohoa::domain::officer::{Role, Scope};

use crate::{
    accounts::{account, signed_in},
    clients::{client, with_token},
    generator::Kind,
    line::{truth_of, uploaded},
    support::{app::TestApp, papers},
};

/// What is sent with a request.
#[derive(Clone, Copy)]
enum Sent {
    Nothing,
    Json(&'static str),
    Form(&'static str),
    /// A file that is no paper: whoever may send one is told so.
    File(&'static [(&'static str, &'static str)]),
}

/// Who reaches what belongs to another unit.
#[derive(Clone, Copy, PartialEq)]
enum Foreign {
    /// Nothing in the route is a unit's.
    None,
    /// Nobody: it is not there.
    Closed,
    /// As in one's own: the store is every unit's.
    Open,
    /// Auditors alone.
    Audited,
}

/// Method, path, what is sent, who may: clerk, case handler, supervisor, auditor, administrator (`+`, `-`; `*` where
/// whoever may is told that it is not there), and who reaches another unit's.
type Row = (&'static str, &'static str, Sent, &'static str, Foreign);

use Foreign::{Audited, Closed, None as NoUnit, Open};
use Sent::{File, Form, Json, Nothing};

#[rustfmt::skip]
const TABLE: &[Row] = &[
    // REST.
    ("POST", "/api/v1/dossiers", Json(r#"{"procedure":"1.001776"}"#), "+++--", NoUnit),
    ("GET", "/api/v1/dossiers/{dossier}", Nothing, "+++--", Closed),
    ("POST", "/api/v1/dossiers/{dossier}/handed-in", Json(r#"{"total":1}"#), "+++--", Closed),
    ("POST", "/api/v1/dossiers/{dossier}/components/01/papers", File(&[]), "+++--", Closed),
    ("POST", "/api/v1/dossiers/{dossier}/results", File(&[("ordinal", "1")]), "+++--", Closed),
    ("POST", "/api/v1/dossiers/{dossier}/opinions", File(&[("code", "01")]), "+++--", Closed),
    ("POST", "/api/v1/batches", File(&[]), "+++--", NoUnit),
    ("POST", "/api/v1/archive", File(&[]), "+++--", NoUnit),
    ("POST", "/api/v1/dossiers/{dossier}/batches", File(&[]), "+++--", NoUnit), // a file that is none is told first
    ("GET", "/api/v1/dossiers/{dossier}/separators", Nothing, "+++--", Closed),
    ("GET", "/api/v1/papers/{paper}", Nothing, "+++--", Closed),
    ("GET", "/api/v1/papers/{paper}/events", Nothing, "+++--", Closed),
    ("GET", "/api/v1/papers/{paper}/pages/1/picture", Nothing, "+++--", Closed),
    ("GET", "/api/v1/papers/{paper}/originals/1/picture", Nothing, "+++--", Closed),
    ("GET", "/api/v1/papers/{paper}/pages", Nothing, "+++--", Closed),
    ("POST", "/api/v1/papers/{paper}/pages", Json(r#"{"steps":[]}"#), "+++--", Closed),
    ("POST", "/api/v1/papers/{paper}/pages/insert", File(&[("at", "1")]), "+++--", Closed),
    ("POST", "/api/v1/papers/{paper}/split", Json(r#"{"after":[99]}"#), "+++--", Closed),
    ("POST", "/api/v1/papers/{paper}/merge", Json(r#"{"papers":[]}"#), "+++--", Closed),
    ("POST", "/api/v1/papers/{paper}/override", Json(r#"{"reason":"lý do"}"#), "-++--", Closed),
    ("POST", "/api/v1/papers/{paper}/erase", Json(r#"{"reason":"lý do"}"#), "--+--", Closed),
    ("POST", "/api/v1/papers/{paper}/refuse", Json(r#"{"reason":""}"#), "+++--", Closed),
    ("POST", "/api/v1/papers/{paper}/retry", Nothing, "+++--", Closed),
    ("POST", "/api/v1/papers/{paper}/sign", Json(r#"{"act":"give_up","signing":"none"}"#), "+++--", Closed),
    ("POST", "/api/v1/owners/lookup", Json(r#"{"owner":"001085000001","purpose":"kiểm tra"}"#), "+++--", NoUnit),
    ("GET", "/api/v1/owners/{owner}/documents?purpose=test", Nothing, "+++--", Open),
    ("GET", "/api/v1/owners/{owner}?purpose=test", Nothing, "+++--", Open),
    ("POST", "/api/v1/owners/check", Json(r#"{"owner":"001085000001"}"#), "+++--", NoUnit),
    ("POST", "/api/v1/owners/{owner}/describe", Json(r#"{"reason":""}"#), "-++--", Open),
    ("POST", "/api/v1/owners/{owner}/numbers", Json(r#"{"number":"001085000001","reason":""}"#), "-++--", Open),
    ("POST", "/api/v1/owners/{owner}/merge", Json(r#"{"other":"none","reason":""}"#), "--+--", Open),
    ("POST", "/api/v1/owners/{owner}/split", Json(r#"{"reason":""}"#), "--+--", Open),
    ("POST", "/api/v1/owners/{owner}/undo", Json(r#"{"act":99,"reason":""}"#), "-++--", Open),
    ("GET", "/api/v1/owners/{owner}/history?purpose=test", Nothing, "+++--", Open),
    ("POST", "/api/v1/owners/{owner}/guardians", Json(r#"{"guardian":"001085000001","kind":"mother","basis":""}"#), "-++--", Open),
    ("POST", "/api/v1/owners/{owner}/guardians/end", Json(r#"{"relation":"none","reason":""}"#), "-++--", Open),
    ("POST", "/api/v1/owners/{owner}/restrict", Json(r#"{"restricted":true,"reason":""}"#), "--+--", Open),
    ("POST", "/api/v1/documents/{record}/keeping", Json(r#"{"act":"remove","reason":""}"#), "--+--", Closed),
    ("POST", "/api/v1/subject-requests/{request}/carry-out", Json(r#"{"version":99}"#), "--+--", Closed), // stale
    ("POST", "/documents/{record}/keeping", Form("act=remove&reason="), "--+--", Closed),
    ("POST", "/requests/{request}/carry-out", Form("version=99"), "--+--", Closed),
    ("POST", "/owners/{owner}/acts", Form("act=none"), "-++--", Open),
    ("POST", "/api/v1/documents/lookup", Json(r#"{"code":"001085000001.1.001776-KQ1.1/QĐ-UBND","purpose":"kiểm tra"}"#), "+++--", NoUnit),
    ("POST", "/api/v1/documents/search", Json(r#"{"text":"giấy tờ","purpose":"kiểm tra"}"#), "+++--", NoUnit),
    ("GET", "/api/v1/documents/{record}?purpose=test", Nothing, "+++--", Open),
    ("GET", "/api/v1/documents/{record}/content?purpose=test", Nothing, "+++--", Open),
    ("GET", "/api/v1/documents/{record}/original?purpose=test", Nothing, "+++--", Open),
    ("GET", "/api/v1/documents/{record}/verification?purpose=test", Nothing, "+++--", Open),
    ("GET", "/api/v1/documents/{closed}?purpose=test", Nothing, "+++--", Closed),
    ("GET", "/api/v1/documents/{closed}/content?purpose=test", Nothing, "+++--", Closed),
    ("GET", "/api/v1/documents/{closed}/original?purpose=test", Nothing, "+++--", Closed),
    ("GET", "/api/v1/documents/{closed}/verification?purpose=test", Nothing, "+++--", Closed),
    ("GET", "/api/v1/documents/{record}/export?form=tt01&purpose=test", Nothing, "+++--", Open),
    ("GET", "/api/v1/documents/{closed}/export?form=nd30&purpose=test", Nothing, "+++--", Closed),
    ("GET", "/api/v1/documents/{record}/history?purpose=test", Nothing, "+++--", Open),
    ("GET", "/api/v1/documents/{closed}/history?purpose=test", Nothing, "+++--", Closed),
    ("POST", "/api/v1/documents/{record}/revoke", Json(r#"{"reason":""}"#), "--+--", Closed),
    ("POST", "/api/v1/documents/{record}/recode", Json(r#"{"reason":""}"#), "--+--", Closed),
    ("POST", "/api/v1/dossiers/{dossier}/reusable", Json(r#"{"owner":"001085000001","purpose":"kiểm tra"}"#), "+++--", Closed),
    ("POST", "/api/v1/dossiers/{dossier}/components/03/reuse", Json(r#"{"document":"none","purpose":"kiểm tra"}"#), "***--", Closed), // no such document
    ("POST", "/api/v1/papers/{paper}/reuse", Json(r#"{"document":"none","purpose":"kiểm tra"}"#), "***--", Closed), // no such document
    ("POST", "/api/v1/dossiers/{dossier}/reuses/none/undo", Json(r#"{"reason":"lý do"}"#), "***--", Closed), // no such taking
    ("POST", "/api/v1/verifications", File(&[]), "+++++", NoUnit),
    ("GET", "/api/v1/catalogue", Nothing, "+++++", NoUnit),
    ("GET", "/api/v1/catalogue/versions", Nothing, "+++++", NoUnit),
    ("POST", "/api/v1/catalogue/imports", Json("{}"), "----+", NoUnit), // no catalogue
    ("POST", "/api/v1/manual-codes", Json(r#"{"code":"001085000001.1.001776-KQ1.1/QĐ-UBND","given_on":"2027-01-01"}"#), "+++--", NoUnit), // not yet
    ("GET", "/api/v1/manual-codes?purpose=test", Nothing, "+++--", NoUnit),
    ("POST", "/api/v1/manual-codes/none/acts", Json(r#"{"act":"withdraw","reason":"x"}"#), "--*--", NoUnit), // no such code
    ("GET", "/api/v1/changes", Nothing, "-++--", NoUnit),
    ("GET", "/api/v1/audit/events", Nothing, "---+-", NoUnit),
    ("GET", "/api/v1/lessons", Nothing, "+++--", NoUnit),
    ("POST", "/api/v1/lessons/none/decide", Json(r#"{"act":"accept"}"#), "--*--", NoUnit),
    ("GET", "/api/v1/audit/events", Nothing, "---+-", NoUnit),
    ("POST", "/api/v1/owners/{owner}/export", Json(r#"{"purpose":"kiểm tra"}"#), "--+--", Open),
    ("GET", "/api/v1/subject-requests", Nothing, "++++-", NoUnit),
    ("POST", "/api/v1/subject-requests", Json(r#"{"kind":"see","came_by":"desk","asker":"Nguyễn Văn Thử","asked":"xem"}"#), "+++--", NoUnit),
    ("GET", "/api/v1/subject-requests/{request}", Nothing, "++++-", Audited),
    ("POST", "/api/v1/subject-requests/{request}/acts", Json(r#"{"act":"withdraw","reason":"x","version":99}"#), "--+--", Closed), // stale
    ("GET", "/api/v1/breaches", Nothing, "--+++", NoUnit),
    ("POST", "/api/v1/breaches", Json(r#"{"detected_at":"2026-11-20T00:00:00Z","facts":{"nature":"thử"}}"#), "--+-+", NoUnit),
    ("POST", "/api/v1/breaches/exposure", Json(r#"{"reader":"x","from":"2026-11-20T00:00:00Z","until":"2026-11-21T00:00:00Z"}"#), "--+-+", NoUnit), // nobody
    ("GET", "/api/v1/breaches/{breach}", Nothing, "--+++", NoUnit),
    ("POST", "/api/v1/breaches/{breach}/acts", Json(r#"{"act":"dismiss","reason":"x","version":99}"#), "--+-+", NoUnit), // stale
    // Pages.
    ("POST", "/owners/{owner}/export", Form("purpose=test"), "--+--", Open),
    ("GET", "/requests", Nothing, "++++-", NoUnit),
    ("POST", "/requests", Form("kind=none"), "+++--", NoUnit),
    ("GET", "/requests/{request}", Nothing, "++++-", Audited),
    ("POST", "/requests/{request}", Form("act=withdraw&text=x&version=99"), "--+--", Closed),
    ("GET", "/breaches", Nothing, "--+++", NoUnit),
    ("POST", "/breaches", Form("nature=x"), "--+-+", NoUnit), // detected when?
    ("GET", "/breaches/{breach}", Nothing, "--+++", NoUnit),
    ("POST", "/breaches/{breach}", Form("act=dismiss&reason=x&version=99"), "--+-+", NoUnit),
    ("GET", "/breaches/{breach}/notice", Nothing, "--+++", NoUnit),
    ("GET", "/account", Nothing, "+++++", NoUnit),
    ("POST", "/account/second-factor", Form("code=000000"), "*****", NoUnit), // none was begun
    ("POST", "/account/password", Form("current=x&password=y&again=z"), "+++++", NoUnit),
    ("GET", "/officers", Nothing, "----+", NoUnit),
    ("POST", "/officers", Form("full_name=A&personal_id=001085099999&name=a&unit=a&unit_name=A"), "----+", NoUnit),
    ("POST", "/officers/none", Form("act=end"), "----+", NoUnit), // nobody's stays end
    ("GET", "/", Nothing, "+++--", NoUnit),
    ("POST", "/papers", File(&[("kind", "1.001776 01")]), "+++--", NoUnit),
    ("POST", "/batches", File(&[]), "+++--", NoUnit),
    ("GET", "/archive", Nothing, "+++--", NoUnit),
    ("POST", "/archive", File(&[]), "+++--", NoUnit),
    ("GET", "/dossiers/{dossier}", Nothing, "+++--", Closed),
    ("POST", "/dossiers/{dossier}/handed-in", Form("total=1"), "+++--", Closed),
    ("POST", "/dossiers/{dossier}/reusable", Form("owner=001085000001&purpose=test"), "+++--", Closed),
    ("POST", "/dossiers/{dossier}/reuses", Form("component=03&document=none&purpose=test"), "***--", Closed), // no such document
    ("POST", "/dossiers/{dossier}/reuses/none/undo", Form("reason=x"), "***--", Closed), // no such taking
    ("POST", "/dossiers/{dossier}/papers", File(&[("kind", "01")]), "+++--", Closed),
    ("GET", "/papers/{paper}", Nothing, "+++--", Closed),
    ("POST", "/papers/{paper}/confirm", Form("issued_on=rubbish"), "+++--", Closed),
    ("POST", "/papers/{paper}/override", Form("reason=x"), "-++--", Closed),
    ("POST", "/papers/{paper}/erase", Form("reason=x"), "--+--", Closed),
    ("POST", "/papers/{paper}/refuse", Form("reason="), "+++--", Closed),
    ("POST", "/papers/{paper}/retry", Form("reason=x"), "+++--", Closed),
    ("POST", "/papers/{paper}/arrange", Form("act=undo"), "+++--", Closed),
    ("POST", "/papers/{paper}/insert", File(&[("at", "1")]), "+++--", Closed),
    ("GET", "/papers/{paper}/pages/1", Nothing, "+++--", Closed),
    ("GET", "/papers/{paper}/originals/1", Nothing, "+++--", Closed),
    ("GET", "/signing", Nothing, "+++--", NoUnit),
    ("GET", "/verify", Nothing, "+++++", NoUnit),
    ("POST", "/verify", File(&[]), "+++++", NoUnit),
    ("POST", "/verify/sheet", File(&[]), "+++++", NoUnit),
    ("GET", "/documents/{record}/verification?purpose=test", Nothing, "+++--", Open),
    ("GET", "/documents/{record}/verification/sheet?purpose=test", Nothing, "+++--", Open),
    ("GET", "/documents/{record}/content?purpose=test", Nothing, "+++--", Open),
    ("GET", "/documents/{record}/original?purpose=test", Nothing, "+++--", Open),
    ("GET", "/manual-codes", Nothing, "+++--", NoUnit),
    ("POST", "/manual-codes", Form("code=x&given_on=2026-11-20"), "+++--", NoUnit), // no code
    ("POST", "/manual-codes/none", Form("act=withdraw&reason=x"), "--*--", NoUnit), // no such code
    ("GET", "/catalogue", Nothing, "+++++", NoUnit),
    ("POST", "/catalogue", File(&[]), "----+", NoUnit), // no catalogue
    ("GET", "/lessons", Nothing, "+++--", NoUnit),
    ("GET", "/trace", Nothing, "---+-", NoUnit),
    ("POST", "/lessons/none", Form("act=accept"), "--*--", NoUnit),
    ("GET", "/trace", Nothing, "---+-", NoUnit),
    ("GET", "/search", Nothing, "+++--", NoUnit),
    ("POST", "/search", Form("text=x&purpose=test"), "+++--", NoUnit),
    ("GET", "/owners", Nothing, "+++--", NoUnit),
    ("POST", "/owners", Form("owner=001085000001&purpose=test"), "+++--", NoUnit),
    ("GET", "/owners/{owner}?purpose=test", Nothing, "+++--", Open),
    // Last: the paper is stored then.
    ("POST", "/api/v1/papers/{paper}/confirm", Json(r#"{"fields":{}}"#), "+++--", Closed),
];

/// Routes that are there for anybody, or end one's own stay: tested by themselves.
const OPEN_TO_ANYBODY: &[&str] = &[
    "GET /sign-in",
    "POST /sign-in",
    "POST /sign-out",
    "GET /sign-in/provider",
    "POST /sign-in/provider",
    "POST /sign-in/provider/code",
    "POST /sign-in/provider/logout",
    "POST /invitations/{}/provider",
    "POST /account/sessions",
    "GET /invitations/{}",
    "POST /invitations/{}",
    "POST /oauth/token",
    "GET /healthz",
    "GET /readyz",
    "GET /metrics",
];

/// What a unit has: a dossier, a paper that waits, its owner's store with a document, and a child's document.
struct Things {
    dossier: String,
    paper: String,
    owner: String,
    /// The number by which the owner is looked up.
    number: String,
    record: String,
    closed: String,
    /// A request of a data subject.
    request: String,
    /// A breach, which is no unit's; none until one is opened.
    breach: String,
}

impl Things {
    async fn of(app: &TestApp, seed: u64, child: &str) -> Self {
        let scan = papers::clean(Kind::Decision, seed);
        let bytes = papers::bytes(&scan);
        let mut stored = Vec::new();
        for owner in [None, Some(child)] {
            let dossier = app.open_dossier("1.001776").await;
            let paper = uploaded(app, &dossier, "results", &bytes, &[("ordinal", "1")]).await;
            assert_eq!(app.settled(&paper).await["state"], "to_confirm");
            let mut fields = truth_of(&scan);
            if let Some(owner) = owner {
                fields["owner_id"] = owner.into();
            }
            let confirm = app.post(&format!("/api/v1/papers/{paper}/confirm"));
            app.json(confirm.json(&json!({ "fields": fields }))).await;
            stored.push(app.settled(&paper).await["document"].as_str().unwrap().to_owned());
        }
        let dossier = app.open_dossier("1.001776").await;
        let other = papers::bytes(&papers::clean(Kind::Decision, seed + 1));
        let paper = uploaded(app, &dossier, "results", &other, &[("ordinal", "1")]).await;
        assert_eq!(app.settled(&paper).await["state"], "to_confirm");
        let seen: Value = app.json(app.get(&format!("/api/v1/documents/{}?purpose=test", stored[0]))).await;
        let owner = seen["owner"].as_str().unwrap().to_owned();
        let [record, closed] = stored.try_into().unwrap();
        let number = truth_of(&scan)["owner_id"].as_str().unwrap().to_owned();
        let request =
            json!({ "kind": "see", "came_by": "desk", "asker": "Trần Thị Thử", "asked": "xem dữ liệu" });
        let request = app.json(app.post("/api/v1/subject-requests").json(&request)).await;
        let request = request["id"].as_str().unwrap().to_owned();
        Self { dossier, paper, owner, number, record, closed, request, breach: "none".to_owned() }
    }

    fn placed(&self, path: &str) -> String {
        path.replace("{dossier}", &self.dossier)
            .replace("{paper}", &self.paper)
            .replace("{owner}", &self.owner)
            .replace("{record}", &self.record)
            .replace("{closed}", &self.closed)
            .replace("{request}", &self.request)
            .replace("{breach}", &self.breach)
    }
}

fn request(app: &TestApp, row: &Row, things: &Things) -> RequestBuilder {
    let (method, path, sent, ..) = row;
    let request = app.request(Method::from_bytes(method.as_bytes()).unwrap(), &things.placed(path));
    match sent {
        Nothing => request,
        Json(text) => request.header("content-type", "application/json").body(*text),
        Form(text) => request.header("content-type", "application/x-www-form-urlencoded").body(*text),
        File(parts) => {
            let mut form = multipart::Form::new()
                .part("file", multipart::Part::bytes(b"no paper".to_vec()).file_name("scan"));
            for (name, value) in *parts {
                form = form.text(*name, *value);
            }
            request.multipart(form)
        }
    }
}

/// `+` reached, `-` refused, `*` not there.
async fn tried(app: &TestApp, row: &Row, things: &Things) -> char {
    let answer = request(app, row, things).send().await.unwrap();
    let to = answer.headers().get("location").map(|to| to.to_str().unwrap().to_owned()).unwrap_or_default();
    match answer.status().as_u16() {
        401 | 403 => '-',
        404 => '*',
        // A page that sends elsewhere shows nothing.
        303 if row.0 == "GET" || to.starts_with("/sign-in") => '-',
        500.. => panic!("{} {}: {}", row.0, row.1, answer.status()),
        _ => '+',
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_reached_that_the_table_does_not_allow() {
    let app = TestApp::start(true).await;
    let mut officers = Vec::new();
    for (n, role) in Role::ALL.into_iter().enumerate() {
        let name = role.as_str();
        account(&app, name, u32::try_from(n).unwrap() + 1, role, "a").await;
        officers.push(signed_in(&app, name).await);
    }
    account(&app, "elsewhere", 9, Role::Supervisor, "b").await;
    let elsewhere = signed_in(&app, "elsewhere").await;
    let mut own = Things::of(&officers[0], 41, "001220000123").await;
    let foreign = Things::of(&elsewhere, 43, "001220000456").await;
    let breach = json!({ "detected_at": "2026-11-20T00:00:00Z", "facts": { "nature": "thử" } });
    let breach = elsewhere.json(elsewhere.post("/api/v1/breaches").json(&breach)).await;
    own.breach = breach["id"].as_str().unwrap().to_owned();
    let nobody = app.with_cookie(None);
    // Pages of an owner need a purpose, which is said on looking him up.
    for officer in &officers {
        for things in [&own, &foreign] {
            let lookup = json!({ "owner": things.number, "purpose": "kiểm tra quyền" });
            officer.post("/api/v1/owners/lookup").json(&lookup).send().await.unwrap();
        }
    }

    let mut wrong = Vec::new();
    for row in TABLE {
        let (method, path, _, expected, units) = row;
        let mut found = String::new();
        let mut abroad = String::new();
        for officer in &officers {
            found.push(tried(officer, row, &own).await);
            if *units != NoUnit {
                abroad.push(tried(officer, row, &foreign).await);
            }
        }
        if found != *expected {
            wrong.push(format!("{method} {path}: {found}, the table says {expected}"));
        }
        let expected = match units {
            NoUnit => String::new(),
            Closed => expected.replace('+', "*"),
            Open => (*expected).to_owned(),
            Audited => {
                let (desk, rest) = expected.split_at(3);
                desk.replace('+', "*") + rest
            }
        };
        if abroad != expected {
            wrong.push(format!("{method} {path} of another unit: {abroad}, the table says {expected}"));
        }
        let anybody = tried(&nobody, row, &own).await;
        if anybody != '-' {
            wrong.push(format!("{method} {path} by nobody: {anybody}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// `GET /papers/{}/pages/{}`: a route whatever its places are called.
fn route(method: &str, path: &str) -> String {
    let path = path.split('?').next().unwrap();
    let place = |part: &str| {
        if part.contains('{') || part.chars().all(|c| c.is_ascii_digit()) {
            "{}".to_owned()
        } else {
            part.to_owned()
        }
    };
    let parts: Vec<String> = path
        .split('/')
        .map(|part| if part.is_empty() || part == "v1" { part.to_owned() } else { place(part) })
        .collect();
    format!("{method} {}", parts.join("/")).replace("/none", "/{}")
}

/// What systems reach, by scope; nothing else.
const BY_SCOPE: &[(&str, Scope)] = &[
    ("POST /api/v1/owners/lookup", Scope::ReadDocuments),
    ("GET /api/v1/owners/{}", Scope::ReadDocuments),
    ("GET /api/v1/owners/{}/documents", Scope::ReadDocuments),
    ("POST /api/v1/documents/lookup", Scope::ReadDocuments),
    ("GET /api/v1/documents/{}", Scope::ReadDocuments),
    ("GET /api/v1/documents/{}/content", Scope::ReadDocuments),
    ("GET /api/v1/documents/{}/original", Scope::ReadDocuments),
    ("GET /api/v1/documents/{}/verification", Scope::ReadDocuments),
    ("GET /api/v1/documents/{}/export", Scope::ReadDocuments),
    ("GET /api/v1/documents/{}/history", Scope::ReadDocuments),
    ("GET /api/v1/changes", Scope::ReadChanges),
    ("POST /api/v1/verifications", Scope::Verify),
    ("GET /api/v1/catalogue", Scope::ReadCatalogue),
    ("GET /api/v1/catalogue/versions", Scope::ReadCatalogue),
];

#[tokio::test(flavor = "multi_thread")]
async fn systems_reach_what_their_scope_says() {
    let app = TestApp::start(true).await;
    account(&app, "clerk", 1, Role::ReceptionClerk, "a").await;
    let things = Things::of(&signed_in(&app, "clerk").await, 41, "001220000123").await;
    let mut wrong = Vec::new();
    for scope in Scope::ALL {
        let (id, secret) = client(&app, &[scope]).await;
        let system = with_token(&app, &id, &secret).await;
        for row in TABLE {
            let found = tried(&system, row, &things).await;
            let is_given = BY_SCOPE.contains(&(route(row.0, row.1).as_str(), scope));
            let expected = match is_given {
                true if row.1.contains("{closed}") => '*',
                true => '+',
                false => '-',
            };
            if found != expected {
                wrong.push(format!("{} {} with {}: {found} for {expected}", row.0, row.1, scope.as_str()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_route_has_its_row() {
    let mut rows: BTreeSet<String> = TABLE.iter().map(|row| route(row.0, row.1)).collect();
    rows.extend(OPEN_TO_ANYBODY.iter().map(|&row| row.to_owned()));
    let mut routes = BTreeSet::new();
    let described: Value = serde_json::to_value(sohoa::faces::api::openapi()).unwrap();
    for (path, methods) in described["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            routes.insert(route(&method.to_uppercase(), &format!("/api/v1{path}")));
        }
    }
    for source in ["src/faces/web.rs", "src/faces/api.rs", "src/faces.rs"] {
        let text = std::fs::read_to_string(source).unwrap();
        for piece in text.split(".route(").skip(1) {
            let path = piece.split('"').nth(1).unwrap();
            // What is the same for everybody, and about nobody.
            if path.starts_with("/static/") || path == "/openapi.json" {
                continue;
            }
            let handlers = piece.split(".route(").next().unwrap().split(".with_state").next().unwrap();
            for method in ["get", "post", "put", "delete", "patch"] {
                let is_named = handlers.contains(&format!("{method}("));
                if is_named {
                    routes.insert(route(&method.to_uppercase(), path));
                }
            }
        }
    }
    let missing: Vec<&String> = routes.difference(&rows).collect();
    assert!(missing.is_empty(), "routes without a row: {missing:#?}");
    let gone: Vec<&String> = rows.difference(&routes).collect();
    assert!(gone.is_empty(), "rows without a route: {gone:#?}");
    assert!(routes.len() > 60, "{}", routes.len());
}
