//! A paper that is in the store serves again instead of being scanned once more; it may be cancelled, and be given
//! another code, and what was printed and signed stays.

use serde_json::{Value, json};

use crate::{
    generator::Kind,
    line::{truth_of, uploaded},
    support::{
        app::{TestApp, on_both_databases},
        papers,
    },
};

/// A disability certificate in the store, with these fields changed; the document and its fields.
pub async fn stored(app: &TestApp, seed: u64, changed: Value) -> (String, Value) {
    let scan = papers::clean(Kind::DisabilityCertificate, seed);
    let dossier = app.open_dossier("1.001699").await;
    let paper = uploaded(app, &dossier, "results", &papers::bytes(&scan), &[("ordinal", "1")]).await;
    app.settled(&paper).await;
    let mut fields = truth_of(&scan);
    fields["document_type_code"] = json!("1.001699-KQ1");
    for (name, value) in changed.as_object().unwrap() {
        fields[name] = value.clone();
    }
    let confirm = app.post(&format!("/api/v1/papers/{paper}/confirm")).json(&json!({ "fields": fields }));
    app.json(confirm).await;
    let stored = app.settled(&paper).await;
    assert_eq!(stored["state"], "stored", "{stored:#}");
    (stored["document"].as_str().unwrap().to_owned(), fields)
}

/// The kind of a problem, without what all of them begin with.
pub fn kind(problem: &Value) -> &str {
    problem["type"].as_str().unwrap().trim_start_matches("urn:sohoa:problem:")
}

async fn offers(app: &TestApp, dossier: &str, owner: &Value) -> Vec<Value> {
    let asked = json!({ "owner": owner, "purpose": "tiếp nhận hồ sơ trợ giúp xã hội" });
    let found = app.json(app.post(&format!("/api/v1/dossiers/{dossier}/reusable")).json(&asked)).await;
    found["offers"].as_array().unwrap().clone()
}

async fn component(app: &TestApp, dossier: &str, code: &str) -> Value {
    let seen = app.json(app.get(&format!("/api/v1/dossiers/{dossier}"))).await;
    let items = seen["checklist"].as_array().unwrap();
    items.iter().find(|item| item["component"] == code).unwrap().clone()
}

fn take(document: &str, reason: Option<&str>) -> Value {
    json!({ "document": document, "purpose": "tiếp nhận hồ sơ", "reason": reason })
}

async fn kinds_of_changes(app: &TestApp, document: &str) -> Vec<String> {
    let changes = app.json(app.get("/api/v1/changes?limit=1000")).await;
    let of_document = changes["items"].as_array().unwrap().iter().filter(|c| c["document"] == document);
    of_document.map(|c| c["kind"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stored_paper_serves_again_until_it_is_cancelled() {
    on_both_databases(async |app| {
        let period = json!({ "from": "2024-01-01", "until": "2029-12-31" });
        let (document, fields) =
            stored(&app, 31, json!({ "validity_period": period, "validity_scope": null })).await;
        let owner = &fields["owner_id"];
        let dossier = app.open_dossier("1.001776").await;
        let place = format!("/api/v1/dossiers/{dossier}/components/03/reuse");

        let offered = offers(&app, &dossier, owner).await;
        assert_eq!(offered.len(), 1, "{offered:#?}");
        assert_eq!((&offered[0]["component"], &offered[0]["document"]), (&json!("03"), &json!(document)));
        let judgement = &offered[0]["judgement"];
        assert_eq!(judgement["answer"], "unknown", "nobody signed it: {judgement:#}");
        let answer_to = |question: &str| {
            let reasons = judgement["reasons"].as_array().unwrap();
            reasons.iter().find(|r| r["question"] == question).unwrap()["answer"].clone()
        };
        for (question, expected) in
            [("revocation", "fits"), ("validity", "fits"), ("scope", "fits"), ("signature", "unknown")]
        {
            assert_eq!(answer_to(question), expected, "{question}");
        }
        assert!(offers(&app, &dossier, &json!("001085999999")).await.is_empty());

        // What is unknown a person decides, with a reason; once.
        let refused = app.problem(app.post(&place).json(&take(&document, None))).await;
        assert_eq!(kind(&refused), "needs-reason", "{refused}");
        assert_eq!(component(&app, &dossier, "03").await["decision"], "digitise");
        let reason = Some("Đã đối chiếu bản chính");
        let taken = app.json(app.post(&place).json(&take(&document, reason))).await;
        let item = component(&app, &dossier, "03").await;
        assert_eq!(
            (&item["decision"], &item["reused"][0]["today"]),
            (&json!("reuse"), &json!("unknown")),
            "{item:#}"
        );
        let again = app.problem(app.post(&place).json(&take(&document, reason))).await;
        assert_eq!(kind(&again), "taken");
        let other = format!("/api/v1/dossiers/{dossier}/components/01/reuse");
        let wrong = app.problem(app.post(&other).json(&take(&document, reason))).await;
        assert_eq!(kind(&wrong), "other-type");

        // Taken back, and taken again instead of a paper that was handed in all the same.
        let undo = format!("/api/v1/dossiers/{dossier}/reuses/{}/undo", taken["id"].as_str().unwrap());
        let undone = app.post(&undo).json(&json!({ "reason": "Chọn nhầm" })).send().await.unwrap();
        assert_eq!(undone.status(), 204);
        assert_eq!(component(&app, &dossier, "03").await["decision"], "digitise");
        let scan = papers::bytes(&papers::clean(Kind::DisabilityCertificate, 31));
        let paper = uploaded(&app, &dossier, "components/03/papers", &scan, &[]).await;
        app.settled(&paper).await;
        let instead = app.post(&format!("/api/v1/papers/{paper}/reuse")).json(&take(&document, reason));
        assert_eq!(app.json(instead).await["paper"], json!(paper));
        assert_eq!(app.settled(&paper).await["state"], "refused");

        // Cancelled: readable, no longer of use, and told to whoever follows and whoever took it.
        let revoke = format!("/api/v1/documents/{document}/revoke");
        let said = json!({ "reason": "Cấp sai đối tượng", "decision": "15/QĐ-UBND" });
        let revoked = app.json(app.post(&revoke).json(&said)).await;
        assert!(revoked["revoked_at"].is_string(), "{revoked:#}");
        assert_eq!(kind(&app.problem(app.post(&revoke).json(&said)).await), "revoked");
        assert_eq!(component(&app, &dossier, "03").await["reused"][0]["today"], "does_not");
        let offered = offers(&app, &dossier, owner).await;
        assert_eq!(offered[0]["judgement"]["answer"], "does_not");
        let elsewhere = app.open_dossier("1.001776").await;
        let place = format!("/api/v1/dossiers/{elsewhere}/components/03/reuse");
        let refused = app.problem(app.post(&place).json(&take(&document, reason))).await;
        assert_eq!(kind(&refused), "does-not-serve", "{refused}");
        assert_eq!(kinds_of_changes(&app, &document).await, ["stored", "revoked"]);
        let content = format!("/api/v1/documents/{document}/content");
        assert_eq!(app.get(&content).send().await.unwrap().status(), 200);
        let history = app.json(app.get(&format!("/api/v1/documents/{document}/history"))).await;
        assert_eq!(history["revocation"]["decision"], "15/QĐ-UBND");
        assert_eq!(history["reuses"].as_array().unwrap().len(), 2, "{history:#}");
        assert!(history["reuses"][0]["undone_at"].is_string() && history["reuses"][1]["undone_at"].is_null());
        let start = app.get("/").send().await.unwrap().text().await.unwrap();
        assert!(
            start.contains(&format!("/dossiers/{dossier}")) && start.contains("đã bị hủy hoặc thu hồi"),
            "{start}"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_receives_a_number_and_both_codes_lead_to_the_paper() {
    on_both_databases(async |app| {
        let provisional = "Nguyễn Thị Mẫu 05.06.1985";
        let (document, fields) = stored(&app, 33, json!({ "owner_id": provisional })).await;
        let number = fields["document_number"].as_str().unwrap();
        let (before, after) =
            (format!("{provisional}.1.001699-KQ1.{number}"), format!("001185000777.1.001699-KQ1.{number}"));
        let found = async |code: &str| {
            let lookup = json!({ "code": code, "purpose": "kiểm tra mã" });
            let found = app.json(app.post("/api/v1/documents/lookup").json(&lookup)).await;
            found["documents"][0]["id"].as_str().map(str::to_owned)
        };
        assert_eq!(found(&before).await.as_ref(), Some(&document));
        let place = format!("/api/v1/documents/{document}");
        let old = app.get(&place).send().await.unwrap();
        let old_tag = old.headers()["etag"].clone();
        let bytes = app.get(&format!("{place}/content")).send().await.unwrap().bytes().await.unwrap();

        let recode = format!("{place}/recode");
        let recoding = json!({ "owner": "001185000777", "reason": "Đã được cấp số định danh" });
        let recoded = app.json(app.post(&recode).json(&recoding)).await;
        assert_eq!(recoded["code"]["text"], after);
        assert_eq!(recoded["printed_code"]["text"], before, "what is printed stays");
        assert_eq!(recoded["fields"]["owner_id"], "001185000777", "{recoded:#}");
        for code in [&before, &after] {
            assert_eq!(found(code).await.as_ref(), Some(&document), "{code}");
        }
        assert_eq!(app.get(&format!("{place}/content")).send().await.unwrap().bytes().await.unwrap(), bytes);
        assert_ne!(app.get(&place).send().await.unwrap().headers()["etag"], old_tag);
        let lookup = json!({ "owner": "001185000777", "purpose": "kiểm tra" });
        let owners = app.json(app.post("/api/v1/owners/lookup").json(&lookup)).await;
        let owner = owners["owners"][0]["id"].as_str().unwrap();
        let documents = app.json(app.get(&format!("/api/v1/owners/{owner}/documents"))).await;
        assert_eq!(documents["items"][0]["id"], json!(document));
        assert_eq!(kinds_of_changes(&app, &document).await, ["stored", "recoded"]);
        let history = app.json(app.get(&format!("{place}/history"))).await;
        let codes: Vec<&Value> =
            history["codes"].as_array().unwrap().iter().map(|c| &c["code"]["text"]).collect();
        assert_eq!(codes, [&json!(before), &json!(after)]);

        // A code that another paper holds or held is never given again.
        let (second, _) =
            stored(&app, 34, json!({ "owner_id": "001185000888", "document_number": number })).await;
        let recode = format!("/api/v1/documents/{second}/recode");
        for owner in ["001185000777", provisional] {
            let taken =
                app.problem(app.post(&recode).json(&json!({ "owner": owner, "reason": "thử" }))).await;
            assert_eq!(kind(&taken), "code-taken", "{owner}: {taken}");
        }
        for (wrong, expected) in [
            (json!({ "reason": "không đổi gì" }), "same-code"),
            (json!({ "owner": "001185000999", "reason": " " }), "no-reason"),
            (json!({ "document_type_code": "1.001699-KQ9", "reason": "thử" }), "unknown-type"),
            (json!({ "owner": "12345", "reason": "thử" }), "owner"),
        ] {
            assert_eq!(kind(&app.problem(app.post(&recode).json(&wrong)).await), expected, "{wrong}");
        }
        assert_eq!(kinds_of_changes(&app, &second).await, ["stored"]);
        let verified = sohoa::workflows::administer::verify_audit(&app.ctx).await.unwrap();
        assert_eq!(verified.first_fault, None);
    })
    .await;
}
