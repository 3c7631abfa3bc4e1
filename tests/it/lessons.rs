//! What officers correct changes later readings only after a person took it into the list, and no longer than that.

use serde_json::{Value, json};
use unicode_normalization::UnicodeNormalization;

use crate::{
    generator::Kind,
    support::{
        app::{TestApp, on_both_databases},
        papers,
    },
};

async fn read(app: &TestApp, scan: &[u8]) -> Value {
    let dossier = app.open_dossier("1.001776").await;
    let received = app.upload(&dossier, "results", scan, &[("ordinal", "1")]).await;
    let received: Value = received.json().await.unwrap();
    let paper = app.settled(received["id"].as_str().unwrap()).await;
    assert_eq!(paper["state"], "to_confirm", "{paper}");
    paper
}

async fn authority_of(app: &TestApp, scan: &[u8]) -> String {
    let paper = read(app, scan).await;
    paper["fields"]["issuing_authority"]["value"].as_str().unwrap_or_default().to_owned()
}

async fn list(app: &TestApp) -> Value {
    app.json(app.get("/api/v1/lessons")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_corrected_name_is_learned_when_a_person_says_so_and_unlearned_again() {
    let generated = papers::clean(Kind::Decision, 41);
    let scan = papers::bytes(&generated);
    let truth: Value = serde_json::from_str(&generated.truth_json().unwrap()).unwrap();
    let printed = truth["fields"]["issuing_authority"]["value"].as_str().unwrap().to_owned();
    // Spelled without marks at the end, so that one sees whose word it is.
    let (before, last) = printed.rsplit_once(' ').unwrap();
    let taught = format!("{before} {}", last.nfd().filter(char::is_ascii).collect::<String>());
    assert_ne!(taught, printed);
    on_both_databases(async |app| {
        let paper = read(&app, &scan).await;
        assert_eq!(paper["fields"]["issuing_authority"]["value"], json!(printed));
        let id = paper["id"].as_str().unwrap();
        let owner = truth["fields"]["owner_id"]["value"].clone();
        let fields = json!({ "issuing_authority": taught, "owner_id": owner });
        app.json(app.post(&format!("/api/v1/papers/{id}/confirm")).json(&json!({ "fields": fields }))).await;

        // Noted, and no more than that.
        let noted = list(&app).await;
        assert_eq!(noted["version"], 0);
        let lesson = &noted["items"][0];
        assert_eq!(lesson["lesson"], json!({ "kind": "agency", "name": taught }));
        assert_eq!((&lesson["state"], &lesson["n_papers"]), (&json!("waiting"), &json!(1)));
        assert_eq!(authority_of(&app, &scan).await, printed);

        let place = format!("/api/v1/lessons/{}/decide", lesson["id"].as_str().unwrap());
        let decide =
            |act: &str, reason: Option<&str>| app.post(&place).json(&json!({ "act": act, "reason": reason }));
        assert_eq!(app.problem(decide("take_back", Some("thử"))).await["status"], 409);
        assert_eq!(app.json(decide("accept", None)).await["state"], "in_force");
        assert_eq!(authority_of(&app, &scan).await, taught);
        let page = app.get("/lessons").send().await.unwrap().text().await.unwrap();
        assert!(page.contains(&taught) && page.contains("Phiên bản 1"), "{page}");

        assert_eq!(app.problem(decide("take_back", None)).await["status"], 400);
        assert_eq!(app.json(decide("take_back", Some("tên viết sai"))).await["state"], "taken_back");
        assert_eq!(authority_of(&app, &scan).await, printed);
        let after = list(&app).await;
        assert_eq!(after["version"], 2);
        let acts: Vec<&Value> = after["history"].as_array().unwrap().iter().map(|v| &v["act"]).collect();
        assert_eq!(acts, ["take_back", "accept"]);
        assert_eq!(after["history"][0]["reason"], "tên viết sai");
        let trace = sohoa::workflows::administer::verify_audit(&app.ctx).await.unwrap();
        assert_eq!(trace.first_fault, None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_corrected_teaches_nothing() {
    let generated = papers::clean(Kind::Decision, 41);
    let truth: Value = serde_json::from_str(&generated.truth_json().unwrap()).unwrap();
    let app = TestApp::start(true).await;
    let paper = read(&app, &papers::bytes(&generated)).await;
    let id = paper["id"].as_str().unwrap();
    let fields = json!({ "owner_id": truth["fields"]["owner_id"]["value"] });
    app.json(app.post(&format!("/api/v1/papers/{id}/confirm")).json(&json!({ "fields": fields }))).await;
    assert_eq!(list(&app).await["items"], json!([]));
    let unknown = app.post("/api/v1/lessons/khong-co/decide").json(&json!({ "act": "accept" }));
    assert_eq!(app.problem(unknown).await["status"], 404);
}
