//! Papers are found by what stands in them, exactly written first, by whoever may see them and nobody else.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use sohoa::{domain::officer::Role, workflows::search::index_older};

use crate::{
    accounts::{account, signed_in},
    reuse::{kind, stored},
    support::app::{TestApp, on_both_databases},
};

fn asked(what: Value) -> Value {
    let mut asked = json!({ "purpose": "giải quyết hồ sơ" });
    asked.as_object_mut().unwrap().extend(what.as_object().unwrap().clone());
    asked
}

async fn page(app: &TestApp, what: Value) -> Value {
    app.json(app.post("/api/v1/documents/search").json(&asked(what))).await
}

/// What is found on all pages: documents, and whether they hold it exactly.
async fn found(app: &TestApp, mut what: Value) -> Vec<(String, bool)> {
    let mut found = Vec::new();
    for _ in 0..20 {
        let page = page(app, what.clone()).await;
        for item in page["items"].as_array().unwrap() {
            found.push((item["document"].as_str().unwrap().to_owned(), item["is_exact"].as_bool().unwrap()));
        }
        match page["next"].as_str() {
            Some(next) => what["after"] = next.into(),
            None => return found,
        }
    }
    panic!("the list never ends: {found:?}");
}

/// Three papers: one written exactly so, one without marks, one of a child.
struct Papers {
    exact: String,
    bare: String,
    child: String,
    fields: Value,
}

impl Papers {
    async fn of(app: &TestApp) -> Self {
        let said = |text: &str, day: &str| {
            let period = json!({ "from": "2024-01-01", "until": "2024-12-31" });
            let other = json!({ "holder_name": "Nguyễn Thị Mẫu", "holder_birth_date": "1985-06-05" });
            json!({ "abstract": text, "issued_on": day, "validity_period": period, "owner_id": "001085012345", "other": other })
        };
        let (exact, fields) = stored(app, 31, said("Về việc hỗ trợ chi phí hoả táng", "2024-05-06")).await;
        let mut changed = said("Ve viec ho tro chi phi hoa tang", "2023-01-02");
        changed["issuing_authority"] = json!("Sở Nội vụ tỉnh Thử");
        changed["validity_period"] = Value::Null;
        let (bare, _) = stored(app, 33, changed).await;
        let mut changed = said("Về việc hỗ trợ chi phí hỏa táng", "2024-07-08");
        changed["owner_id"] = json!("001220000123");
        let (child, _) = stored(app, 35, changed).await;
        Self { exact, bare, child, fields }
    }
}

async fn by_words(app: &TestApp, papers: &Papers) {
    let Papers { exact, bare, child, .. } = papers;
    let check = async |what: Value, expected: &[(&String, bool)]| {
        let expected: Vec<_> = expected.iter().map(|(id, is_exact)| ((*id).clone(), *is_exact)).collect();
        assert_eq!(found(app, what.clone()).await, expected, "{what}");
        // The same, one by one.
        let mut one_by_one = what.clone();
        one_by_one["limit"] = json!(1);
        assert_eq!(found(app, one_by_one).await, expected, "{what}, page by page");
    };
    // The newest first, wherever the tone is placed.
    check(json!({ "text": "chi phí hỏa táng" }), &[(child, true), (exact, true), (bare, false)]).await;
    check(json!({ "text": "“CHI PHÍ HOẢ TÁNG”" }), &[(child, true), (exact, true), (bare, false)]).await;
    check(json!({ "text": "hoa tang" }), &[(bare, true), (child, false), (exact, false)]).await;
    check(json!({ "text": "\"tang hoa\"" }), &[]).await;
    check(json!({ "text": "hỏa thiêu" }), &[]).await;
    check(json!({ "text": "hoa tang", "issued_from": "2024-01-01" }), &[(child, false), (exact, false)])
        .await;
    check(json!({ "text": "hoa tang", "issued_until": "2024-06-30" }), &[(bare, true), (exact, false)]).await;
    check(json!({ "text": "hoa tang", "valid_on": "2026-11-21" }), &[(bare, true)]).await;
    check(json!({ "agency": "so noi vu tinh thu" }), &[(bare, true)]).await;
    check(json!({ "agency": "Sở Nội vụ" }), &[]).await;
    check(json!({ "type": "1.001699-KQ1", "issued_from": "2024-06-01" }), &[(child, true)]).await;
    check(json!({ "type": "1.001776-KQ1" }), &[]).await;
    check(json!({ "issued_from": "2023-01-01", "issued_until": "2023-12-31" }), &[(bare, true)]).await;

    // A number stands on the page, and there is its place.
    let number = papers.fields["document_number"].as_str().unwrap();
    let hit = page(app, json!({ "text": number })).await;
    let places = hit["items"][0]["places"].as_array().unwrap();
    assert_eq!((&hit["items"][0]["document"], &places[0]["page"]), (&json!(exact), &json!(1)), "{hit:#}");
    let box_mm: Vec<f64> =
        places[0]["box_mm"].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect();
    assert!(box_mm.iter().all(|v| *v > 0.0) && box_mm[0] + box_mm[2] < 215.0, "{box_mm:?}");
    let in_field = page(app, json!({ "text": "hoả táng", "issued_until": "2024-06-30" })).await;
    assert_eq!(in_field["items"][0]["places"][0]["in_field"], "abstract", "{in_field:#}");
}

async fn by_code(app: &TestApp, papers: &Papers) {
    let old = page(app, json!({ "text": "hỏa táng", "limit": 2 })).await["items"][1]["code"]["text"].clone();
    let recode = json!({ "document_type_code": "1.001776-KQ1", "reason": "Sửa loại giấy tờ" });
    let recoded =
        app.json(app.post(&format!("/api/v1/documents/{}/recode", papers.exact)).json(&recode)).await;
    let new = recoded["code"]["text"].clone();
    assert_ne!(old, new);
    for code in [&old, &new] {
        assert_eq!(found(app, json!({ "code": code })).await, [(papers.exact.clone(), true)], "{code}");
    }
    assert_eq!(found(app, json!({ "type": "1.001776-KQ1" })).await, [(papers.exact.clone(), true)]);
    assert!(!found(app, json!({ "type": "1.001699-KQ1" })).await.contains(&(papers.exact.clone(), true)));
    let strange = old.as_str().unwrap().replace("1.001699", "1.999999");
    assert!(found(app, json!({ "code": strange })).await.is_empty());
    let revoke = format!("/api/v1/documents/{}/revoke", papers.exact);
    app.json(app.post(&revoke).json(&json!({ "reason": "Cấp sai đối tượng" }))).await;
    let hit = page(app, json!({ "code": new })).await;
    assert!(hit["items"][0]["revoked_at"].is_string());
}

async fn is_refused(app: &TestApp) {
    for (what, expected) in [
        (json!({}), "search"),
        (json!({ "text": "  " }), "search"),
        (json!({ "text": "-" }), "search"),
        (json!({ "text": "x".repeat(10_000) }), "search"),
        (json!({ "type": "rubbish" }), "search"),
        (json!({ "code": "\u{0}" }), "search"),
        (json!({ "valid_on": "2026-02-30" }), "search"),
        (json!({ "text": "x", "purpose": " " }), "no-purpose"),
        (json!({ "text": "x", "after": "rubbish" }), "cursor"),
        (json!({ "text": "x", "where": "rubbish" }), "body"),
    ] {
        let search = app.post("/api/v1/documents/search").json(&asked(what.clone()));
        let answer = search.send().await.unwrap();
        assert!(!answer.status().is_success(), "{what}");
        let problem: Value = answer.json().await.unwrap();
        assert_eq!(kind(&problem), expected, "{what}");
    }
}

/// Of another unit: no child's paper, not even by its code; and every search is in the trace.
async fn by_others(app: &TestApp, elsewhere: &TestApp, papers: &Papers) {
    let seen: BTreeSet<String> =
        found(elsewhere, json!({ "text": "hỏa táng" })).await.into_iter().map(|(id, _)| id).collect();
    assert_eq!(seen, BTreeSet::from([papers.exact.clone(), papers.bare.clone()]));
    account(app, "auditor", 8, Role::Auditor, "a").await;
    let auditor = signed_in(app, "auditor").await;
    let events = auditor.json(auditor.get("/api/v1/audit/events?action=search_documents&limit=3")).await;
    let events = events["items"].as_array().unwrap();
    let shown: Vec<_> = events[..2].iter().map(|event| event["object"]["id"].as_str().unwrap()).collect();
    assert_eq!(shown, [&papers.bare, &papers.exact], "{events:#?}");
    assert_eq!(
        (&events[2]["after"]["text"], &events[2]["purpose"]),
        (&json!("hỏa táng"), &json!("giải quyết hồ sơ"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn papers_are_found_by_what_stands_in_them() {
    on_both_databases(async |app| {
        account(&app, "own", 1, Role::Supervisor, "a").await;
        account(&app, "elsewhere", 2, Role::Supervisor, "b").await;
        let (own, elsewhere) = (signed_in(&app, "own").await, signed_in(&app, "elsewhere").await);
        let papers = Papers::of(&own).await;
        by_words(&own, &papers).await;
        // As a store does that was filled before there was an index.
        let mut raw = <sqlx::AnyConnection as sqlx::Connection>::connect(&app.database).await.unwrap();
        for table in ["search_word", "search_record"] {
            let sql = sqlx::AssertSqlSafe(format!("DELETE FROM {table}"));
            assert!(sqlx::query(sql).execute(&mut raw).await.unwrap().rows_affected() >= 3, "{table}");
        }
        assert!(found(&own, json!({ "text": "hoa tang" })).await.is_empty());
        while index_older(&app.ctx).await.unwrap() {}
        by_words(&own, &papers).await;
        is_refused(&own).await;
        by_code(&own, &papers).await;
        by_others(&app, &elsewhere, &papers).await;
        let form = [("text", "“hoa tang”"), ("purpose", "giải quyết hồ sơ")];
        let (name, value) = crate::line::FORM;
        let form: Vec<(&str, String)> = form.map(|(name, value)| (name, value.to_owned())).to_vec();
        let shown =
            own.post("/search").header(name, value).body(crate::line::form(&form)).send().await.unwrap();
        let shown = shown.text().await.unwrap();
        assert!(shown.contains("Ve viec ho tro chi phi hoa tang") && shown.contains("khác dấu"), "{shown}");
    })
    .await;
}
