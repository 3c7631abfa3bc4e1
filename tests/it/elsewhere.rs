//! A paper that another agency has digitised: its file, signed and coded there, is judged, coded here and reused; nothing of
//! it is scanned or written over (Điều 12 khoản 3).

use serde_json::{Value, json};
use sohoa::domain::signing::SigningRules;

use crate::{
    generator::Kind,
    line::{truth_of, uploaded},
    reuse::kind,
    signing::{People, sign_elsewhere},
    support::{
        app::{Setting, TestApp},
        judges, papers,
        token::Token,
    },
};

/// A disability certificate as another agency keeps it: its bytes, its code, its fields.
async fn kept_elsewhere(people: &People, token: &Token, seed: u64) -> (Vec<u8>, String, Value) {
    let app = TestApp::start_with(true, people.setting(SigningRules::default())).await;
    let scan = papers::clean(Kind::DisabilityCertificate, seed);
    let dossier = app.open_dossier("1.001699").await;
    let paper = uploaded(&app, &dossier, "results", &papers::bytes(&scan), &[("ordinal", "1")]).await;
    app.settled(&paper).await;
    let mut fields = truth_of(&scan);
    fields["document_type_code"] = json!("1.001699-KQ1");
    fields["validity_period"] = json!({ "from": "2024-01-01", "until": "2029-12-31" });
    let confirm = app.post(&format!("/api/v1/papers/{paper}/confirm")).json(&json!({ "fields": fields }));
    let code = app.json(confirm).await["code"]["text"].as_str().unwrap().to_owned();
    app.settled(&paper).await;
    sign_elsewhere(&app, &paper, people.officer.der(), token).await;
    let stored = app.settled(&paper).await;
    let document = stored["document"].as_str().unwrap();
    app.json(app.post("/api/v1/owners/lookup").json(&asked("owner", &fields["owner_id"]))).await;
    let content = app.get(&format!("/api/v1/documents/{document}/content")).send().await.unwrap();
    (content.bytes().await.unwrap().to_vec(), code, fields)
}

fn asked(what: &str, value: &Value) -> Value {
    json!({ what: value, "purpose": "giải quyết hồ sơ" })
}

/// The file is handed in for the component that asks for such a certificate; what waits to be confirmed.
async fn handed_in(app: &TestApp, pdf: &[u8]) -> (String, Value) {
    let dossier = app.open_dossier("1.001776").await;
    let form = [("form", "certified_electronic_copy")];
    let paper = uploaded(app, &dossier, "components/03/papers", pdf, &form).await;
    let read = app.settled(&paper).await;
    assert_eq!(read["state"], "to_confirm", "{read}");
    (paper, read)
}

async fn content(app: &TestApp, document: &str) -> Vec<u8> {
    let content = app.get(&format!("/api/v1/documents/{document}/content")).send().await.unwrap();
    content.bytes().await.unwrap().to_vec()
}

/// The document that a code leads to.
async fn led_to(app: &TestApp, code: &str) -> Value {
    app.json(app.post("/api/v1/documents/lookup").json(&asked("code", &json!(code)))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_agency_has_digitised_is_judged_coded_and_reused() {
    let people = People::new();
    let token = Token::with_key(&people.officer.key);
    let (pdf, code, fields) = kept_elsewhere(&people, &token, 83).await;
    for is_sqlite in [true, false] {
        let app = TestApp::start_with(is_sqlite, people.setting(SigningRules::default())).await;
        let (paper, read) = handed_in(&app, &pdf).await;
        assert_eq!(read["signatures"]["overall"], "TOTAL-PASSED", "{read}");
        // What its makers confirmed is told by the file itself.
        for field in ["document_number", "issued_on", "owner_id"] {
            assert_eq!(read["fields"][field]["value"], fields[field], "{field}: {read:#}");
        }
        let confirm = app.post(&format!("/api/v1/papers/{paper}/confirm")).json(&json!({ "fields": fields }));
        assert_eq!(app.json(confirm).await["code"]["text"], json!(code));
        let stored = app.settled(&paper).await;
        assert_eq!(stored["state"], "stored", "nobody here has to sign it: {stored}");
        let document = stored["document"].as_str().unwrap();
        led_to(&app, &code).await;
        assert_eq!(content(&app, document).await, pdf, "not a byte is written");
        let proof = app.json(app.get(&format!("/api/v1/documents/{document}/verification"))).await;
        assert_eq!(proof["overall"], "TOTAL-PASSED", "{proof:#}");

        // The next procedure needs no paper.
        let next = app.open_dossier("1.001776").await;
        let offers = app.post(&format!("/api/v1/dossiers/{next}/reusable"));
        let offers = app.json(offers.json(&asked("owner", &fields["owner_id"]))).await;
        assert_eq!(offers["offers"][0]["document"], json!(document), "{offers:#}");
        let reasons = offers["offers"][0]["judgement"]["reasons"].as_array().unwrap();
        let signature = reasons.iter().find(|reason| reason["question"] == "signature").unwrap();
        assert_eq!(signature["answer"], "fits", "{reasons:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_of_another_store_stays_where_it_stands_and_leads_to_the_paper() {
    let people = People::new();
    let token = Token::with_key(&people.officer.key);
    let (pdf, code, mut fields) = kept_elsewhere(&people, &token, 84).await;
    fields["document_number"] = json!("1917/GXN-UBND");
    for is_sqlite in [true, false] {
        let app = TestApp::start_with(is_sqlite, people.setting(SigningRules::default())).await;
        let (paper, _) = handed_in(&app, &pdf).await;
        let door = format!("/api/v1/papers/{paper}/confirm");
        let confirmed = app.json(app.post(&door).json(&json!({ "fields": fields }))).await;
        let ours = confirmed["code"]["text"].as_str().unwrap().to_owned();
        assert_ne!(ours, code);
        let stored = app.settled(&paper).await;
        assert_eq!(stored["state"], "stored", "{stored}");
        let document = stored["document"].as_str().unwrap();
        for code in [&ours, &code] {
            assert_eq!(led_to(&app, code).await["documents"][0]["id"], json!(document));
        }
        let seen = app.json(app.get(&format!("/api/v1/documents/{document}"))).await;
        assert_eq!((&seen["code"]["text"], &seen["printed_code"]["text"]), (&json!(ours), &json!(code)));
        assert_eq!(content(&app, document).await, pdf, "what others signed is not written over");

        // Nobody else gets that code.
        let scan = papers::clean(Kind::DisabilityCertificate, 84);
        let (other, _) = handed_in(&app, &papers::bytes(&scan)).await;
        fields["document_number"] = truth_of(&scan)["document_number"].clone();
        let door = format!("/api/v1/papers/{other}/confirm");
        let refused = app.problem(app.post(&door).json(&json!({ "fields": fields }))).await;
        assert_eq!(kind(&refused), "code-taken", "{refused}");
        fields["document_number"] = json!("1917/GXN-UBND");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_code_without_proof_is_taken_from_nobody() {
    let people = People::new();
    let token = Token::with_key(&people.officer.key);
    let (pdf, code, mut fields) = kept_elsewhere(&people, &token, 85).await;
    // Nothing is trusted here.
    let app = TestApp::start_with(true, Setting::default()).await;
    let (paper, read) = handed_in(&app, &pdf).await;
    assert_eq!(read["signatures"]["overall"], "INDETERMINATE", "{read}");
    let number = fields["document_number"].clone();
    fields["document_number"] = json!("1917/GXN-UBND");
    let door = format!("/api/v1/papers/{paper}/confirm");
    let refused = app.problem(app.post(&door).json(&json!({ "fields": fields }))).await;
    assert_eq!(kind(&refused), "unproven-code", "{refused}");
    assert_eq!(app.settled(&paper).await["state"], "to_confirm");
    // Its own code is no claim of anybody else's.
    fields["document_number"] = number;
    let confirmed = app.json(app.post(&door).json(&json!({ "fields": fields }))).await;
    assert_eq!(confirmed["code"]["text"], json!(code));
    let stored = app.settled(&paper).await;
    let document = stored["document"].as_str().unwrap();
    led_to(&app, &code).await;
    judges::qpdf(&content(&app, document).await);
}
