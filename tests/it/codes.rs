//! Codes through the front door: unique whoever asks at once, read in three ways, given by hand and reconciled, and two
//! papers that want one side by side.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sohoa::domain::code::ResultReading;

use crate::{
    generator::Kind,
    line::{truth_of, uploaded},
    support::{
        app::{Setting, TestApp},
        papers,
    },
};

fn kind(problem: &Value) -> String {
    problem["type"].as_str().unwrap().trim_start_matches("urn:sohoa:problem:").to_owned()
}

/// A result of 1.001776 that waits for confirmation; the paper, and its fields as a second result.
async fn waiting_result(app: &TestApp, seed: u64) -> (String, Value) {
    let scan = papers::clean(Kind::DisabilityCertificate, seed);
    let dossier = app.open_dossier("1.001776").await;
    let paper = uploaded(app, &dossier, "results", &papers::bytes(&scan), &[("ordinal", "2")]).await;
    assert_eq!(app.settled(&paper).await["state"], "to_confirm");
    let mut fields = truth_of(&scan);
    fields["document_type_code"] = json!("1.001776-KQ2");
    (paper, fields)
}

fn by_hand(code: &str) -> Value {
    json!({ "code": code, "given_on": "2026-11-20" })
}

async fn found(app: &TestApp, code: &str) -> Option<String> {
    let lookup = json!({ "code": code, "purpose": "kiểm tra mã" });
    let found = app.json(app.post("/api/v1/documents/lookup").json(&lookup)).await;
    found["documents"][0]["id"].as_str().map(str::to_owned)
}

async fn waiting(app: &TestApp) -> Vec<Value> {
    let list = app.json(app.get("/api/v1/manual-codes?purpose=kiểm tra&limit=200")).await;
    list["items"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_are_unique_and_every_reading_leads_to_the_paper() {
    for is_sqlite in [true, false] {
        let setting = Setting { result_reading: ResultReading::Dossier, ..Setting::default() };
        let app = TestApp::start_with(is_sqlite, setting).await;
        let (paper, fields) = waiting_result(&app, 51).await;
        let text = |name: &str| fields[name].as_str().unwrap().to_owned();
        let (owner, number) = (text("owner_id"), text("document_number"));
        let code = format!("{owner}.1.001776-KQ2.{number}");

        fifty_at_once(&app, &code).await;
        for (wrong, expected) in [
            (json!({ "code": code, "given_on": "2026-11-22" }), "day"),
            (by_hand("001085012345.1.001776-KQ9.1/QĐ"), "unknown-type"),
            (by_hand("001085012345.1.001776-KQ1."), "code"),
            (by_hand(&format!("{owner}.1.001776-KQ1.\u{7}")), "code"),
            (by_hand(&"9".repeat(10_000)), "code"),
        ] {
            assert_eq!(
                kind(&app.problem(app.post("/api/v1/manual-codes").json(&wrong)).await),
                expected,
                "{wrong}"
            );
        }

        // Confirmed with the same parts the paper takes the code; the dossier's n is printed, and leads to it, too.
        let confirm = app.post(&format!("/api/v1/papers/{paper}/confirm")).json(&json!({ "fields": fields }));
        assert_eq!(app.json(confirm).await["code"]["text"], code);
        let stored = app.settled(&paper).await;
        let document = stored["document"].as_str().unwrap().to_owned();
        let seen = app.json(app.get(&format!("/api/v1/documents/{document}?purpose=kiểm tra"))).await;
        let printed = format!("{owner}.1.001776-KQ1.{number}");
        assert_eq!((&seen["code"]["text"], &seen["printed_code"]["text"]), (&json!(code), &json!(printed)));
        for code in [&code, &printed] {
            assert_eq!(found(&app, code).await.as_ref(), Some(&document));
        }
        let history =
            app.json(app.get(&format!("/api/v1/documents/{document}/history?purpose=kiểm tra"))).await;
        let last = history["codes"].as_array().unwrap().last().unwrap().clone();
        assert_eq!((&last["code"]["text"], &last["dossier_result_ordinal"]), (&json!(code), &json!(1)));
        let left = waiting(&app).await;
        assert_eq!(left.len(), 49, "its own is reconciled");
        let again = app.problem(app.post("/api/v1/manual-codes").json(&by_hand(&code))).await;
        assert_eq!(kind(&again), "known-code");

        // Another one was given by hand to that paper: both lead to it, and its code stays.
        let (id, other) = (left[0]["id"].as_str().unwrap(), left[0]["code"]["text"].as_str().unwrap());
        let act = json!({ "act": "reconcile", "paper": paper, "reason": "mã viết tay trên bản giấy" });
        let place = format!("/api/v1/manual-codes/{id}/acts");
        assert_eq!(app.post(&place).json(&act).send().await.unwrap().status(), 204);
        assert_eq!(kind(&app.problem(app.post(&place).json(&act)).await), "settled");
        assert_eq!(found(&app, other).await.as_ref(), Some(&document));
        let seen = app.json(app.get(&format!("/api/v1/documents/{document}?purpose=kiểm tra"))).await;
        assert_eq!(seen["code"]["text"], json!(code));
        let withdrawn = json!({ "act": "withdraw", "reason": "nhập nhầm" });
        let place = format!("/api/v1/manual-codes/{}/acts", left[1]["id"].as_str().unwrap());
        assert_eq!(app.post(&place).json(&withdrawn).send().await.unwrap().status(), 204);
        assert_eq!(waiting(&app).await.len(), 47);

        a_second_paper_is_shown_beside_the_first(&app, &paper, &fields).await;
        let verified = sohoa::workflows::administer::verify_audit(&app.ctx).await.unwrap();
        assert_eq!(verified.first_fault, None);
    }
}

/// Fifty ask for one code, fifty for one each: none is given twice, none is lost.
async fn fifty_at_once(app: &TestApp, code: &str) {
    let send = |code: String| {
        let request = app.post("/api/v1/manual-codes").json(&by_hand(&code));
        tokio::spawn(async move { request.send().await.unwrap().status().as_u16() })
    };
    let (one, own) = code.rsplit_once('.').unwrap();
    assert!(own.contains('/'));
    let asked: Vec<_> =
        (0..50).flat_map(|n| [send(code.to_owned()), send(format!("{one}.{}/QĐ-TAY", n + 1))]).collect();
    let mut statuses = BTreeMap::new();
    for answer in asked {
        *statuses.entry(answer.await.unwrap()).or_insert(0) += 1;
    }
    assert_eq!(statuses, BTreeMap::from([(201, 51), (409, 49)]));
    let mut codes: Vec<String> =
        waiting(app).await.iter().map(|c| c["code"]["text"].as_str().unwrap().to_owned()).collect();
    codes.sort();
    codes.dedup();
    assert_eq!(codes.len(), 51);
    // One more than the story needs.
    let list = waiting(app).await;
    let last = list.iter().find(|c| c["code"]["number"] == "50/QĐ-TAY").unwrap();
    let place = format!("/api/v1/manual-codes/{}/acts", last["id"].as_str().unwrap());
    let act = json!({ "act": "withdraw", "reason": "thừa" });
    assert_eq!(app.post(&place).json(&act).send().await.unwrap().status(), 204);
}

async fn a_second_paper_is_shown_beside_the_first(app: &TestApp, first: &str, fields: &Value) {
    let (second, mut own) = waiting_result(app, 52).await;
    for name in ["owner_id", "document_number"] {
        own[name] = fields[name].clone();
    }
    let confirm = app.post(&format!("/api/v1/papers/{second}/confirm")).json(&json!({ "fields": own }));
    let refused = app.problem(confirm).await;
    assert_eq!((kind(&refused).as_str(), &refused["conflict_with"]), ("code-taken", &json!(first)));
    let text = |name: &str| own[name].as_str().unwrap_or_default();
    let form = [
        ("document_type_code", text("document_type_code")),
        ("owner_id", text("owner_id")),
        ("document_name", text("document_name")),
        ("document_number", text("document_number")),
        ("issued_on", text("issued_on")),
        ("issuing_authority", text("issuing_authority")),
        ("abstract", text("abstract")),
        ("holder_name", "Lò Văn Khác"),
    ];
    let form = reqwest::Url::parse_with_params("http://form", &form).unwrap().query().unwrap().to_owned();
    let page = app
        .post(&format!("/papers/{second}/confirm"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form);
    let page = page.send().await.unwrap();
    assert_eq!(page.status(), 422);
    let page = page.text().await.unwrap();
    for part in [
        "Hai giấy tờ cùng một mã".to_owned(),
        format!("<a href=\"/papers/{first}\">Giấy tờ đang giữ mã</a>"),
        format!("/papers/{first}/pages/1"),
        "<small>khác</small>".to_owned(),
        "Lò Văn Khác".to_owned(),
    ] {
        assert!(page.contains(&part), "{part}\n{page}");
    }
}
