//! What other systems build on: bytes in parts, data and PDF in one answer, cursors, languages, answers given once.

use std::io::Read;

use flate2::read::GzDecoder;
use serde_json::{Value, json};
use sohoa::{domain::officer::Scope, store::cursors};

use crate::{
    clients::{client, with_token},
    contract::holds,
    reuse::{kind, stored},
    support::app::{TestApp, on_both_databases},
};

const WHY: &str = "purpose=giai-quyet-ho-so";

async fn tag_of(app: &TestApp, path: &str) -> String {
    let answer = app.get(path).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.headers()["etag"].to_str().unwrap().to_owned()
}

/// Bytes as a whole, in parts, and not again.
async fn bytes_in_parts(app: &TestApp, document: &str) {
    for (path, media_type) in [("content", "application/pdf"), ("original", "application/pdf")] {
        let path = format!("/api/v1/documents/{document}/{path}?{WHY}");
        let tag = tag_of(app, &path).await;
        let whole = app.get(&path).send().await.unwrap();
        assert_eq!(whole.headers()["accept-ranges"], "bytes");
        assert_eq!(whole.headers()["content-type"], media_type);
        let whole = whole.bytes().await.unwrap();
        let n = whole.len();
        let asked = |name: &'static str, value: &str| app.get(&path).header(name, value);
        let part = asked("range", "bytes=10-29").header("if-range", &tag).send().await.unwrap();
        assert_eq!(part.status(), 206);
        assert_eq!(part.headers()["content-range"].to_str().unwrap(), format!("bytes 10-29/{n}"));
        assert_eq!(part.bytes().await.unwrap(), whole[10..30]);
        let end = asked("range", "bytes=-5").send().await.unwrap();
        assert_eq!((end.status().as_u16(), end.bytes().await.unwrap()), (206, whole.slice(n - 5..)));
        let other = asked("range", "bytes=0-4").header("if-range", "\"other\"").send().await.unwrap();
        assert_eq!((other.status().as_u16(), other.bytes().await.unwrap()), (200, whole.clone()));
        let beyond = asked("range", &format!("bytes={n}-")).send().await.unwrap();
        assert_eq!(beyond.status(), 416);
        assert_eq!(beyond.headers()["content-range"].to_str().unwrap(), format!("bytes */{n}"));
        assert_eq!(kind(&beyond.json().await.unwrap()), "range");
        let again = asked("if-none-match", &format!("W/{tag}")).send().await.unwrap();
        assert_eq!((again.status().as_u16(), again.bytes().await.unwrap().len()), (304, 0));
    }
}

/// Data and PDF in one answer are what two answers say.
async fn data_and_pdf(app: &TestApp, document: &str) {
    let path = format!("/api/v1/documents/{document}?{WHY}");
    let data: Value = app.json(app.get(&path)).await;
    let pdf = app.get(&format!("/api/v1/documents/{document}/content?{WHY}")).send().await.unwrap();
    let pdf = pdf.bytes().await.unwrap();
    let both = app.get(&path).header("accept", "multipart/mixed").send().await.unwrap();
    let media_type = both.headers()["content-type"].to_str().unwrap().to_owned();
    let boundary = media_type.strip_prefix("multipart/mixed; boundary=").unwrap();
    let body = both.bytes().await.unwrap();
    let separator = format!("--{boundary}");
    let starts: Vec<usize> = (0..body.len() - separator.len())
        .filter(|&at| body[at..].starts_with(separator.as_bytes()))
        .collect();
    assert_eq!(starts.len(), 3, "two parts and the end");
    let part = |n: usize| {
        let part = &body[starts[n] + separator.len() + 2..starts[n + 1] - 2];
        let head = part.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
        (String::from_utf8(part[..head].to_vec()).unwrap(), part[head + 4..].to_vec())
    };
    assert!(part(0).0.starts_with("Content-Type: application/json"));
    assert_eq!(serde_json::from_slice::<Value>(&part(0).1).unwrap(), data);
    assert!(part(1).0.starts_with("Content-Type: application/pdf"));
    assert_eq!(part(1).1, pdf);
    let tag = tag_of(app, &path).await;
    let again = app.get(&path).header("if-none-match", &tag).send().await.unwrap();
    assert_eq!(again.status(), 304);
    let revoke = format!("/api/v1/documents/{document}/revoke");
    app.json(app.post(&revoke).json(&json!({ "reason": "Cấp sai đối tượng" }))).await;
    let since = app.get(&path).header("if-none-match", &tag).send().await.unwrap();
    assert_eq!(since.status(), 200, "cancelled since");
}

/// Cursors lead on, for whoever got them, in the list they are of.
async fn cursors_lead_on(app: &TestApp, system: &TestApp, owner: &str) {
    let mut seen = Vec::new();
    let mut path = "/api/v1/changes?limit=1".to_owned();
    for _ in 0..5 {
        let page = app.json(app.get(&path)).await;
        seen.extend(page["items"].as_array().unwrap().iter().map(|change| change["seq"].as_u64().unwrap()));
        path = format!("/api/v1/changes?limit=1&after={}", page["next"].as_str().unwrap());
    }
    assert_eq!(seen, [1, 2, 3], "and nothing twice");
    let theirs = app.json(app.get("/api/v1/changes")).await["next"].as_str().unwrap().to_owned();
    let list = format!("/api/v1/owners/{owner}/documents?{WHY}&limit=1");
    let first = app.json(app.get(&list)).await;
    let of_list = first["next"].as_str().unwrap();
    let second = app.json(app.get(&format!("{list}&after={of_list}"))).await;
    assert_ne!(first["items"][0]["id"], second["items"][0]["id"]);
    assert!(second["next"].is_null());
    for (who, after) in
        [(system, theirs.as_str()), (app, of_list), (app, "5"), (app, "AAAA"), (app, "%F0%9F%92%A9")]
    {
        let refused = who.problem(who.get(&format!("/api/v1/changes?after={after}"))).await;
        assert_eq!((kind(&refused), &refused["status"]), ("cursor", &json!(400)), "{after}");
    }
    let refused = app.problem(app.get(&format!("{list}&after={theirs}"))).await;
    assert_eq!(kind(&refused), "cursor");
    // The store was put back to a day before it.
    let officer = app.ctx.rules.officer.officer.id.as_str();
    let ahead = cursors::made(&app.ctx.db, "changes", officer, "99");
    let refused = app.problem(app.get(&format!("/api/v1/changes?after={ahead}"))).await;
    assert_eq!(kind(&refused), "cursor-ahead");
}

/// Problems in the language that is preferred, and lists squeezed for systems alone.
async fn languages_and_lengths(app: &TestApp, system: &TestApp, owner: &str) {
    let path = format!("/api/v1/owners/{owner}/documents");
    let said = app.problem(app.get("/api/v1/papers/none")).await;
    assert_eq!((said["title"].as_str(), said.get("detail_vi")), (Some("Không tìm thấy"), None));
    let english = app.get("/api/v1/papers/none").header("accept-language", "en-GB,vi;q=0.5");
    let english = english.send().await.unwrap();
    assert_eq!(english.headers()["content-language"], "en");
    let english: Value = english.json().await.unwrap();
    assert_eq!((english["title"].as_str(), &english["detail_vi"]), (Some("Not found"), &said["detail"]));
    let nobody = app.get("/no/such").header("host", "evil.example").header("accept-language", "en");
    assert_eq!(nobody.send().await.unwrap().json::<Value>().await.unwrap()["title"], "Wrong host name");

    let path = format!("{path}?{WHY}");
    let plain = system.get(&path).send().await.unwrap();
    let plain_length = plain.bytes().await.unwrap().len();
    let squeezed = system.get(&path).header("accept-encoding", "gzip").send().await.unwrap();
    assert_eq!(squeezed.headers()["content-encoding"], "gzip");
    let squeezed = squeezed.bytes().await.unwrap();
    let mut text = String::new();
    GzDecoder::new(&*squeezed).read_to_string(&mut text).unwrap();
    assert!(text.len() == plain_length && squeezed.len() < plain_length, "{}", squeezed.len());
    let of_officer = app.get(&path).header("accept-encoding", "gzip").send().await.unwrap();
    assert!(!of_officer.headers().contains_key("content-encoding"));
}

/// A key is its sender's: twice the same is done once, another body is refused, another sender's is another key.
async fn done_once(app: &TestApp, system: &TestApp) {
    let open = |procedure: &str| {
        let body = json!({ "procedure": procedure });
        app.post("/api/v1/dossiers").header("idempotency-key", "k-1").json(&body)
    };
    let first = app.json(open("1.001776")).await;
    assert_eq!(app.json(open("1.001776")).await, first);
    assert_eq!(kind(&app.problem(open("1.001699")).await), "idempotency-key");
    let lookup = json!({ "owner": "001085000001", "purpose": "giải quyết hồ sơ" });
    let asked =
        |who: &TestApp| who.post("/api/v1/owners/lookup").header("idempotency-key", "k-2").json(&lookup);
    assert_eq!(app.json(asked(app)).await, system.json(asked(system)).await);
    let refused = system.post("/api/v1/dossiers").header("idempotency-key", "k-1");
    let refused = system.problem(refused.json(&json!({ "procedure": "1.001776" }))).await;
    assert_eq!(kind(&refused), "officers-only", "not the officer's answer");
    let long = app.post("/api/v1/dossiers").header("idempotency-key", "k".repeat(201)).json(&json!({}));
    assert_eq!(kind(&app.problem(long).await), "idempotency-key");
}

/// The record in the forms of others, by their schemas; as XML the same.
async fn in_national_forms(app: &TestApp, document: &str) {
    let path = |form: &str| format!("/api/v1/documents/{document}/export?{WHY}&form={form}");
    let ours = app.json(app.get(&format!("/api/v1/documents/{document}?{WHY}"))).await;
    for form in ["tt01", "nd30"] {
        let record = app.json(app.get(&path(form))).await;
        holds(&format!("record-{form}"), &record);
        let xml = app.get(&format!("{}&format=xml", path(form))).send().await.unwrap();
        assert_eq!(xml.headers()["content-type"], "application/xml");
        let xml = xml.text().await.unwrap();
        assert!(xml.contains(&format!("<record xmlns=\"urn:sohoa:{form}\">")), "{xml}");
        let (name, field) = if form == "tt01" {
            ("co_quan_ban_hanh", &record["co_quan_ban_hanh"])
        } else {
            ("OrganName", &record["OrganName"])
        };
        assert_eq!(field, &ours["fields"]["issuing_authority"]);
        assert!(xml.contains(&format!("<{name}>{}</{name}>", field.as_str().unwrap())), "{xml}");
        if form == "nd30" {
            assert_eq!(record["PageAmount"], 1, "{record:#}");
        }
    }
    assert_eq!(kind(&app.problem(app.get(&path("rubbish"))).await), "query");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_portal_reads_what_it_needs_as_it_needs_it() {
    on_both_databases(async |app| {
        let (id, secret) = client(&app, &[Scope::ReadDocuments, Scope::ReadChanges]).await;
        let system = with_token(&app, &id, &secret).await;
        let number = json!("001085012345");
        let (document, _) = stored(&app, 31, json!({ "owner_id": number })).await;
        stored(&app, 33, json!({ "owner_id": number })).await;
        bytes_in_parts(&app, &document).await;
        data_and_pdf(&app, &document).await;
        in_national_forms(&app, &document).await;
        let lookup = json!({ "owner": number, "purpose": "giải quyết hồ sơ" });
        let found = app.json(app.post("/api/v1/owners/lookup").json(&lookup)).await;
        let owner = found["owners"][0]["id"].as_str().unwrap();
        cursors_lead_on(&app, &system, owner).await;
        languages_and_lengths(&app, &system, owner).await;
        done_once(&app, &system).await;
    })
    .await;
}
