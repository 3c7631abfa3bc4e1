//! Papers against originals, per dossier (Điều 9 khoản 1), through the program's own front doors.

use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::{
    generator::Kind,
    line::{FORM, form},
    plan::{scans, uploaded},
    support::{
        app::{TestApp, on_both_databases},
        cli::sohoa,
        papers,
    },
};

const RULE: &str = "QĐ 1917/QĐ-BLĐTBXH, Điều 9 khoản 1";

async fn count_of(app: &TestApp, dossier: &str) -> Value {
    app.json(app.get(&format!("/api/v1/dossiers/{dossier}"))).await["count"].clone()
}

/// Component (`null`: the whole dossier), missing, surplus of each difference.
fn differences(count: &Value) -> Vec<(Value, u64, u64)> {
    let all = count["differences"].as_array().unwrap();
    all.iter()
        .map(|d| {
            assert_eq!(d["rule"], RULE);
            assert!(d["message"].as_str().unwrap().ends_with("sửa số đã khai."), "{d}");
            (d["component"].clone(), d["missing"].as_u64().unwrap(), d["surplus"].as_u64().unwrap())
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn papers_are_held_against_what_was_handed_in() {
    on_both_databases(async |app| {
        let handed_in = json!({ "total": 3, "components": { "01": 2 } });
        let open = json!({ "procedure": "1.001776", "handed_in": handed_in });
        let dossier = app.json(app.post("/api/v1/dossiers").json(&open)).await;
        assert_eq!(dossier["handed_in"], handed_in);
        assert_eq!(dossier["checklist"][0]["declared"], 2);
        assert_eq!(dossier["checklist"][1]["declared"], Value::Null);
        assert_eq!(differences(&dossier["count"]), [(Value::Null, 3, 0), (json!("01"), 2, 0)]);
        let dossier = dossier["id"].as_str().unwrap().to_owned();

        let first = uploaded(&app, &dossier, &scans(2), &[]).await;
        app.settled(&first).await;
        let count = count_of(&app, &dossier).await;
        assert_eq!((count["agrees"].clone(), count["received"].clone()), (json!(false), json!(1)), "{count}");
        assert_eq!(differences(&count), [(Value::Null, 2, 0), (json!("01"), 1, 0)]);

        // A split makes two papers of one, a merge one of two.
        let parts = json!({ "after": [1], "parts": [{}, { "component": "01" }] });
        let split = app.json(app.post(&format!("/api/v1/papers/{first}/split")).json(&parts)).await;
        let second = split["papers"][1]["id"].as_str().unwrap().to_owned();
        for paper in [&first, &second] {
            let seen = app.settled(paper).await;
            if seen["state"] == "needs_rescan" {
                let count = count_of(&app, &dossier).await;
                assert!(count["unusable"].as_u64().unwrap() > 0, "{count}");
                let reason = json!({ "reason": "đã đối chiếu bản gốc" });
                app.json(app.post(&format!("/api/v1/papers/{paper}/override")).json(&reason)).await;
                app.settled(paper).await;
            }
        }
        assert_eq!(differences(&count_of(&app, &dossier).await), [(Value::Null, 1, 0)]);
        let merge = app.post(&format!("/api/v1/papers/{first}/merge"));
        app.json(merge.json(&json!({ "papers": [second] }))).await;
        app.settled(&first).await;
        assert_eq!(differences(&count_of(&app, &dossier).await), [(Value::Null, 2, 0), (json!("01"), 1, 0)]);

        // Said anew: with a reason, and what was said before stays in the trace.
        let place = format!("/api/v1/dossiers/{dossier}/handed-in");
        let problem = app.problem(app.post(&place).json(&json!({ "total": 1 }))).await;
        assert_eq!(
            (&problem["type"], &problem["rule"]),
            (&json!("urn:sohoa:problem:no-reason"), &json!(RULE))
        );
        let anew = json!({ "total": 1, "components": { "01": 1 }, "reason": "đếm nhầm hai tờ" });
        let seen = app.json(app.post(&place).json(&anew)).await;
        assert_eq!((&seen["count"]["agrees"], &seen["count"]["differences"]), (&json!(true), &json!([])));
        let mut tx = app.ctx.db.read().await.unwrap();
        let events = sohoa::store::audit::of_object(&mut tx, "dossier", &dossier, 100).await.unwrap();
        let said: Vec<_> = events.iter().filter(|e| e.action == "declare_handed_in").collect();
        assert_eq!(said.len(), 2);
        let detail = said[1].detail.as_ref().unwrap();
        assert_eq!((&detail["before"]["total"], &detail["after"]["total"]), (&json!(3), &json!(1)));
        assert_eq!(said[1].purpose.as_deref(), Some("đếm nhầm hai tờ"));
        drop(tx);

        // A paper too many is told as well.
        let third = uploaded(&app, &dossier, &scans(1), &[]).await;
        app.settled(&third).await;
        assert_eq!(differences(&count_of(&app, &dossier).await), [(Value::Null, 0, 1), (json!("01"), 0, 1)]);
        let verified = sohoa::workflows::administer::verify_audit(&app.ctx).await.unwrap();
        assert_eq!(verified.first_fault, None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_that_cannot_be_meant_are_refused_and_nothing_is_kept() {
    on_both_databases(async |app| {
        let dossier = app.open_dossier("1.001776").await;
        let place = format!("/api/v1/dossiers/{dossier}/handed-in");
        for (body, status, kind) in [
            (json!({}), 422, "count"),
            (json!({ "total": 10_000 }), 422, "count"),
            (json!({ "total": 1, "components": { "01": 2 } }), 422, "count"),
            (json!({ "components": { "một": 2 } }), 422, "count"),
            (json!({ "components": { " 01": 1, "01": 2 } }), 422, "count"),
            (json!({ "components": { "99": 1 } }), 404, "unknown-component"),
            (json!({ "components": { "KQ9": 1 } }), 404, "unknown-component"),
            (json!({ "total": -1 }), 422, "body"),
            (json!({ "total": 1, "papers": 1 }), 422, "body"),
        ] {
            let problem = app.problem(app.post(&place).json(&body)).await;
            assert_eq!(problem["status"], status, "{body} {problem}");
            assert_eq!(problem["type"], format!("urn:sohoa:problem:{kind}"), "{body}");
            let mut open = json!({ "procedure": "1.001776" });
            open["handed_in"] = body;
            assert_eq!(app.problem(app.post("/api/v1/dossiers").json(&open)).await["status"], status);
        }
        let nowhere = app.post("/api/v1/dossiers/nowhere/handed-in").json(&json!({ "total": 1 }));
        assert_eq!(app.problem(nowhere).await["status"], 404);
        let count = count_of(&app, &dossier).await;
        assert_eq!((&count["agrees"], &count["differences"]), (&Value::Null, &json!([])));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_clerk_counts_on_the_pages() {
    let app = TestApp::start(true).await;
    let scan = |kind: &str| {
        Form::new()
            .text("kind", kind.to_owned())
            .text("form", "original")
            .part("file", Part::bytes(scans(1)[0].clone()).file_name("scan.jpg"))
    };
    let refused =
        app.post("/papers").multipart(scan("1.001776 01").text("papers", "0")).send().await.unwrap();
    assert_eq!(refused.status(), 422);
    assert!(refused.text().await.unwrap().contains("phải từ 1 trở lên"));
    let page = app.post("/papers").multipart(scan("1.001776 01").text("papers", "2")).send().await.unwrap();
    let paper = page.url().path().strip_prefix("/papers/").unwrap().to_owned();
    let seen = app.settled(&paper).await;
    let dossier = format!("/dossiers/{}", seen["dossier"].as_str().unwrap());
    let home = app.get("/").send().await.unwrap().text().await.unwrap();
    let of_paper = app.get(&format!("/papers/{paper}")).send().await.unwrap().text().await.unwrap();
    assert!(home.contains(&dossier) && of_paper.contains(&dossier));

    let page = app.get(&dossier).send().await.unwrap().text().await.unwrap();
    for part in
        ["Chưa khớp số giấy tờ", "Cả hồ sơ: đã nộp 2 giấy tờ, đã nhận bản quét của 1; còn thiếu 1", RULE]
    {
        assert!(page.contains(part), "{part}\n{page}");
    }
    let next = app.post(&format!("{dossier}/papers")).multipart(scan("1.001776 02")).send().await.unwrap();
    let next = next.url().path().strip_prefix("/papers/").unwrap().to_owned();
    assert_eq!(app.settled(&next).await["dossier"], seen["dossier"]);
    let page = app.get(&dossier).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("Mọi bản gốc đã nộp đều có bản quét"), "{page}");

    // Said anew by component: a reason is asked for, and the wrong number shown at its component.
    let declare = |fields: &[(&str, &str)]| {
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        app.post(&format!("{dossier}/handed-in")).body(form(&fields)).header(FORM.0, FORM.1).send()
    };
    let silent = declare(&[("total", "2"), ("n-01", "2"), ("n-02", ""), ("reason", " ")]).await.unwrap();
    assert_eq!(silent.status(), 422);
    assert!(silent.text().await.unwrap().contains("cần ghi lý do"));
    let said = declare(&[("total", "2"), ("n-01", "2"), ("reason", "đếm lại")]).await.unwrap();
    let page = said.text().await.unwrap();
    assert!(page.contains("Thành phần 01: đã nộp 2 giấy tờ") && page.contains("differs"), "{page}");
    assert_eq!(app.get("/dossiers/nowhere").send().await.unwrap().status(), 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pile_says_what_its_dossiers_lack() {
    let app = TestApp::start(true).await;
    let open = json!({ "procedure": "2.000205", "handed_in": { "components": { "01": 2 } } });
    let dossier = app.json(app.post("/api/v1/dossiers").json(&open)).await;
    let dossier = dossier["id"].as_str().unwrap();
    let place = format!("/api/v1/dossiers/{dossier}/separators?component=01");
    let sheet = app.get(&place).send().await.unwrap().bytes().await.unwrap();
    let dir = tempfile::tempdir().unwrap();
    let (sheet_path, pile) = (dir.path().join("sheet.pdf"), dir.path().join("pile.pdf"));
    std::fs::write(&sheet_path, sheet).unwrap();
    let paper = papers::write(&papers::clean(Kind::Notice, 61), dir.path());
    crate::support::scans::united(&[&sheet_path, &paper], &pile);
    let part = Part::bytes(std::fs::read(&pile).unwrap()).file_name("pile");
    let batch = app.json(app.post("/api/v1/batches").multipart(Form::new().part("file", part))).await;
    let message = batch["messages"][0].as_str().unwrap_or_default();
    assert!(message.contains("Thành phần 01: đã nộp 2 giấy tờ") && message.contains(dossier), "{batch:#}");
    assert!(message.contains("còn thiếu 1"));
}

#[test]
fn the_command_line_says_what_is_missing() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let paper = papers::write(&papers::clean(Kind::WorkPermit, 62), dir.path());
    let list = dir.path().join("list.csv");
    std::fs::write(&list, format!("path,procedure,component\n{},2.000205,KQ1\n", paper.display())).unwrap();
    let args = ["digitise", "--json", "--papers", "2", "--data", data.to_str().unwrap(), "--list"];
    let ran = sohoa(args.into_iter().chain([list.to_str().unwrap()]));
    assert!(ran.answer()["paper"].is_string(), "{}", ran.stdout);
    assert_eq!(ran.code, 5, "{}", ran.stderr);
    assert!(ran.stderr.contains("đã nộp 2 giấy tờ") && ran.stderr.contains(RULE), "{}", ran.stderr);
    let mixed = format!("path,procedure,component\n{0},2.000205,KQ1\n{0},1.001776,01\n", paper.display());
    std::fs::write(&list, mixed).unwrap();
    assert_eq!(sohoa(args.into_iter().chain([list.to_str().unwrap()])).code, 2);
}
