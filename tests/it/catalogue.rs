//! Versions of the catalogue by the day from which they hold: looked at, put in force, read as of a day, and kept by the
//! dossiers that were opened under them.

use serde_json::{Value, json};

use crate::support::app::{TestApp, on_both_databases};

fn starting() -> Value {
    serde_json::from_str(sohoa::domain::catalogue::STARTING_CATALOGUE).unwrap()
}

async fn kind_of(app: &TestApp, query: &str, body: String) -> String {
    let problem = app.problem(app.post(&format!("/api/v1/catalogue/imports?{query}")).body(body)).await;
    problem["type"].as_str().unwrap().trim_start_matches("urn:sohoa:problem:").to_owned()
}

/// Component 03 of 1.001776 as a new dossier asks for it.
async fn component(app: &TestApp, dossier: &str) -> Option<Value> {
    let seen = app.json(app.get(&format!("/api/v1/dossiers/{dossier}"))).await;
    seen["checklist"].as_array().unwrap().iter().find(|item| item["component"] == "03").cloned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_holds_from_its_day_on_and_dossiers_keep_theirs() {
    on_both_databases(async |app| {
        let before = app.open_dossier("1.001776").await;
        let mut newer = starting();
        newer["procedures"][0]["components"].as_array_mut().unwrap().remove(2);
        newer["procedures"][1]["owning_ministry"][1]["until"] = json!("2026-11-20");
        let last = json!({ "name": "Bộ Nội vụ", "from": "2026-11-21", "until": null });
        newer["procedures"][1]["owning_ministry"].as_array_mut().unwrap().push(last);
        newer["procedures"][2]["valid_until"] = json!("2027-06-30");
        let today = "effective_on=2026-11-21&decision_number=25/QĐ-BYT";

        // Looked at: the differences are told, nothing is kept.
        let look = app.post(&format!("/api/v1/catalogue/imports?{today}")).body(newer.to_string());
        let looked = app.json(look).await;
        assert_eq!((&looked["is_imported"], &looked["is_known"]), (&json!(false), &json!(false)));
        let kinds: Vec<&str> =
            looked["differences"].as_array().unwrap().iter().map(|d| d["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["procedure_changed", "ministry_changed", "component_removed"], "{looked:#}");
        assert_eq!(looked["differences"][2]["code"], "1.001776.03");
        let versions = async || app.json(app.get("/api/v1/catalogue/versions")).await["items"].clone();
        assert_eq!(versions().await.as_array().unwrap().len(), 1);

        // Put in force, against what was looked at; a second time it is known, against another version it is stale.
        let base = looked["instead_of"].as_str().unwrap();
        let act = format!("{today}&put_in_force=true&instead_of={base}");
        let import = app.post(&format!("/api/v1/catalogue/imports?{act}")).body(newer.to_string());
        assert_eq!(app.json(import).await["is_imported"], true);
        assert_eq!(kind_of(&app, &act, starting().to_string()).await, "stale");
        let again = format!("/api/v1/catalogue/imports?{today}&put_in_force=true");
        assert_eq!(app.json(app.post(&again).body(newer.to_string())).await["is_known"], true);
        // Another one from a later day on: this one holds until then.
        let later = "effective_on=2027-01-01&put_in_force=true";
        let import = app.post(&format!("/api/v1/catalogue/imports?{later}")).body(starting().to_string());
        app.json(import).await;
        let look = app.post(&format!("/api/v1/catalogue/imports?{today}")).body(starting().to_string());
        assert_eq!(app.json(look).await["effective_until"], "2026-12-31");
        let versions = versions().await;
        let told = |at: usize, key: &str| versions[at][key].clone();
        assert_eq!((told(0, "effective_on"), told(0, "in_force")), (json!("2027-01-01"), json!(false)));
        assert_eq!((told(1, "decision_number"), told(1, "in_force")), (json!("25/QĐ-BYT"), json!(true)));

        // As of a day, with a tag.
        let n_components = async |on: &str| {
            let seen = app.json(app.get(&format!("/api/v1/catalogue?on={on}"))).await;
            seen["procedures"][0]["components"].as_array().unwrap().len()
        };
        let all = starting()["procedures"][0]["components"].as_array().unwrap().len();
        for (on, expected) in
            [("2020-01-01", all), ("2026-11-20", all), ("2026-11-21", all - 1), ("2027-01-01", all)]
        {
            assert_eq!(n_components(on).await, expected, "{on}");
        }
        let seen = app.get("/api/v1/catalogue").send().await.unwrap();
        let tag = seen.headers()["etag"].clone();
        let unchanged =
            app.get("/api/v1/catalogue?on=2026-12-31").header("if-none-match", &tag).send().await.unwrap();
        assert_eq!(
            (unchanged.status(), unchanged.headers()["etag"].clone()),
            (reqwest::StatusCode::NOT_MODIFIED, tag.clone())
        );
        let other =
            app.get("/api/v1/catalogue?on=2027-01-01").header("if-none-match", &tag).send().await.unwrap();
        assert_eq!(other.status(), 200);

        // A dossier keeps what it was opened under.
        assert!(component(&app, &before).await.is_some());
        let after = app.open_dossier("1.001776").await;
        assert!(component(&app, &after).await.is_none());

        // Refused whole: faults each with their place, days and decisions that are none.
        let mut faulty = starting();
        faulty["procedures"][2]["components"][0]["prior_result_code"] = json!("1.001776-KQ1");
        faulty["procedures"][5]["components"][0]["prior_result_code"] = json!("KQ.G99.000001");
        let import = app.post("/api/v1/catalogue/imports?put_in_force=true").body(faulty.to_string());
        let refused = app.problem(import).await;
        assert_eq!(refused["faults"].as_array().unwrap().len(), 2, "{refused:#}");
        for (query, body, expected) in [
            ("effective_on=2207-01-01", starting().to_string(), "effective-day"),
            ("effective_on=hôm nay", starting().to_string(), "query"),
            ("decision_number=%07", starting().to_string(), "decision"),
            ("decree=1", starting().to_string(), "query"),
            ("instead_of=none", starting().to_string(), "stale"),
            ("put_in_force=true", "{".to_owned(), "catalogue"),
        ] {
            assert_eq!(kind_of(&app, query, body).await, expected, "{query}");
        }
        assert_eq!(
            app.json(app.get("/api/v1/catalogue/versions")).await["items"].as_array().unwrap().len(),
            3
        );
        the_page_does_it_in_two_steps(&app).await;
        let verified = sohoa::workflows::administer::verify_audit(&app.ctx).await.unwrap();
        assert_eq!(verified.first_fault, None);
    })
    .await;
}

async fn the_page_does_it_in_two_steps(app: &TestApp) {
    let send = async |text: String, act: &'static str| {
        let form = reqwest::multipart::Form::new()
            .text("text", text)
            .text("effective_on", "2026-11-21")
            .text("decision", "26/QĐ-BYT")
            .text("act", act);
        app.post("/catalogue").multipart(form).send().await.unwrap().text().await.unwrap()
    };
    let mut newest = starting();
    newest["procedures"][3]["name"] = json!("Đổi <tên>");
    let looked = send(newest.to_string(), "look").await;
    assert!(looked.contains("chưa nhập") && looked.contains("<ins>Đổi &#60;tên&#62;</ins>"), "{looked}");
    let page = async || app.get("/catalogue").send().await.unwrap().text().await.unwrap();
    assert!(!page().await.contains("26/QĐ-BYT"));
    send(newest.to_string(), "put_in_force").await;
    let page = page().await;
    assert!(page.contains("Quyết định số 26/QĐ-BYT") && page.contains("Đổi &#60;tên&#62;"), "{page}");
    let refused = send("{}".to_owned(), "look").await;
    assert!(refused.contains("Danh mục có 1 lỗi"), "{refused}");
}
