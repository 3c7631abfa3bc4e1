//! The life of a dossier as an auditor reads it, and the trace from the command line.

use std::sync::Arc;

use serde_json::{Value, json};
use sohoa::{
    clock::Clock,
    workflows::{
        context::Ctx,
        trace::{self, DaySigner, TraceError},
    },
};

use crate::{
    generator::Kind,
    line::{truth_of, uploaded},
    signing::People,
    support::{
        app::{Setting, TestApp, on_both_databases},
        cli::sohoa,
        papers,
    },
};

async fn events(app: &TestApp, query: &str) -> Vec<Value> {
    let seen = app.json(app.get(&format!("/api/v1/audit/events{query}"))).await;
    seen["items"].as_array().unwrap().clone()
}

/// A decision goes from the desk to the store, and is looked at there.
async fn a_life(app: &TestApp) -> (String, String, Value) {
    let scan = papers::clean(Kind::Decision, 41);
    let dossier = app.open_dossier("1.001776").await;
    let handed_in = json!({ "total": 1, "reason": "đếm cùng công dân" });
    app.json(app.post(&format!("/api/v1/dossiers/{dossier}/handed-in")).json(&handed_in)).await;
    let paper = uploaded(app, &dossier, "results", &papers::bytes(&scan), &[("ordinal", "1")]).await;
    assert_eq!(app.settled(&paper).await["state"], "to_confirm");
    let mut fields = truth_of(&scan);
    fields["abstract"] = json!("Trích yếu do công chức sửa");
    let confirm = app.post(&format!("/api/v1/papers/{paper}/confirm")).json(&json!({ "fields": fields }));
    app.json(confirm).await;
    let stored = app.settled(&paper).await;
    assert_eq!(stored["state"], "stored", "{stored}");
    let document = stored["document"].as_str().unwrap();
    app.json(app.get(&format!("/api/v1/documents/{document}?purpose=xem%20l%E1%BA%A1i"))).await;
    (dossier, paper, fields)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dossiers_whole_life_is_read_from_end_to_end() {
    on_both_databases(async |app| {
        let (dossier, paper, fields) = a_life(&app).await;
        let other = app.open_dossier("1.001776").await;

        let of_dossier = format!("?object_kind=dossier&object_id={dossier}");
        // On a slow machine who waits looks often.
        let life = events(&app, &format!("{of_dossier}&limit=500")).await;
        let acts: Vec<&str> = life.iter().rev().map(|e| e["action"].as_str().unwrap()).collect();
        let told: Vec<&str> = acts.iter().copied().filter(|act| *act != "view_paper").collect();
        assert_eq!(
            told,
            [
                "open_dossier",
                "declare_handed_in",
                "receive_paper",
                "check_paper",
                "read_paper",
                "confirm_fields",
                "assign_code",
                "store_record",
                "view_document",
                "read_trace"
            ][..]
                .iter()
                .copied()
                .filter(|act| *act != "check_paper" || acts.contains(act))
                .collect::<Vec<_>>()
        );
        assert!(life.iter().all(|e| e["object"]["id"] != *other));

        // Who, when, from where; what it was and is.
        let confirmed = life.iter().find(|e| e["action"] == "confirm_fields").unwrap();
        assert!(
            confirmed["sentence"].as_str().unwrap().ends_with("xác nhận các trường thông tin của giấy tờ.")
        );
        assert_eq!(confirmed["object"], json!({ "kind": "paper", "id": paper }));
        assert_eq!(confirmed["actor"]["kind"], "officer");
        for known in ["full_name", "personal_id", "signed_in_at"] {
            assert!(confirmed["actor"][known].is_string(), "{known}");
        }
        assert_eq!(confirmed["after"]["document_number"], fields["document_number"]);
        assert_eq!(confirmed["after"]["owner"], fields["owner_id"]);
        assert!(confirmed["before"].is_object());
        let stored = life.iter().find(|e| e["action"] == "store_record").unwrap();
        assert_eq!((&stored["actor"], stored["object"]["kind"].as_str()), (&Value::Null, Some("record")));
        assert!(stored["sentence"].as_str().unwrap().starts_with("Hệ thống "));

        // Reading the trace is in the trace, and times are unique.
        let all = events(&app, "?limit=500").await;
        let times: Vec<&str> = all.iter().map(|e| e["at"].as_str().unwrap()).collect();
        let instants: Vec<jiff::Timestamp> = times.iter().map(|t| t.parse().unwrap()).collect();
        assert!(instants.windows(2).all(|pair| pair[0] > pair[1]), "the newest first, no two alike");
        assert_eq!(all[0]["action"], "read_trace");
        let readings = events(&app, "?action=read_trace").await;
        assert!(readings.len() >= 3 && readings.iter().any(|e| e["object"]["id"] == *dossier));

        // Page by page it is the same.
        let (mut paged, mut address) = (Vec::new(), format!("{of_dossier}&limit=3&until={}", times[0]));
        loop {
            let page = app.json(app.get(&format!("/api/v1/audit/events{address}"))).await;
            paged.extend(page["items"].as_array().unwrap().iter().map(|e| e["at"].clone()));
            let Some(next) = page["next"].as_str() else { break };
            address = format!("{of_dossier}&limit=3&after={next}");
        }
        let expected: Vec<Value> = life.iter().map(|e| e["at"].clone()).collect();
        assert_eq!(paged, expected);

        the_page_says_it_in_vietnamese(&app, &dossier, &fields).await;
        what_is_asked_wrongly_is_refused(&app).await;
    })
    .await;
}

async fn the_page_says_it_in_vietnamese(app: &TestApp, dossier: &str, fields: &Value) {
    let (mut text, mut address) = (String::new(), Some(format!("/trace?kind=dossier&id={dossier}")));
    // Who waits looks often, so that the beginning is on a later page on a slow machine.
    while let Some(page) = address {
        let seen = app.get(&page).send().await.unwrap();
        assert_eq!(seen.status(), 200);
        let seen = seen.text().await.unwrap();
        address = seen.split_once("<a class=\"button\" href=\"/trace?").map(|(_, rest)| {
            format!("/trace?{}", rest.split('"').next().unwrap().replace("&amp;", "&").replace("&#38;", "&"))
        });
        text += &seen;
    }
    for said in [
        "mở hồ sơ",
        "khai số lượng giấy tờ đã nộp của hồ sơ",
        "đếm cùng công dân",
        "tiếp nhận bản quét của giấy tờ",
        "xác nhận các trường thông tin của giấy tờ",
        "cấp mã kết quả số hóa cho giấy tờ",
        "lưu giấy tờ vào kho",
        "Trích yếu nội dung chính",
        fields["abstract"].as_str().unwrap(),
        "xem nhật ký lưu vết",
        "21/11/2026 10:00:00,000000",
    ] {
        assert!(text.contains(said), "{said}");
    }
    assert!(!text.contains("confirm_fields</td>"));
    let filtered = app.get("/trace?from=2026-11-22").send().await.unwrap().text().await.unwrap();
    assert!(filtered.contains("Không có sự kiện nào khớp"));
}

async fn what_is_asked_wrongly_is_refused(app: &TestApp) {
    for query in ["?from=hôm+qua", "?object_kind=paper", "?object_kind=dossier&object_id=%27", "?actr=x"] {
        let problem = app.problem(app.get(&format!("/api/v1/audit/events{query}"))).await;
        assert_eq!(problem["type"], "urn:sohoa:problem:query", "{query}");
    }
    let problem = app.problem(app.get("/api/v1/audit/events?after=1")).await;
    assert_eq!(problem["type"], "urn:sohoa:problem:cursor");
    for query in ["?from=x", "?id=abc", "?kind=dossier&id=%27", "?before=x"] {
        let seen = app.get(&format!("/trace{query}")).send().await.unwrap();
        assert_eq!(seen.status(), 400, "{query}");
        assert!(seen.text().await.unwrap().contains("role=\"alert\""));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_verifies_exports_and_finds_a_database_that_was_put_back() {
    let app = TestApp::start(true).await;
    app.open_dossier("1.001776").await;
    trace::seal(&app.ctx).await.unwrap();
    let folder = app.folder.path().to_owned();
    let (data, place) = (folder.display().to_string(), |name: &str| folder.join(name).display().to_string());
    {
        use sqlx::Connection;
        let url = format!("sqlite://{}", folder.join("sohoa.sqlite").display());
        let mut raw = sqlx::AnyConnection::connect(&url).await.unwrap();
        let copy = format!("VACUUM INTO '{}'", folder.join("backup").display());
        sqlx::raw_sql(sqlx::AssertSqlSafe(copy)).execute(&mut raw).await.unwrap();
        raw.close().await.unwrap();
    }

    app.open_dossier("1.001776").await;
    trace::seal(&app.ctx).await.unwrap();
    let tomorrow = Ctx { clock: Clock::Fixed("2026-11-22T03:00:00Z".parse().unwrap()), ..app.ctx.clone() };
    assert!(trace::sign_day(&tomorrow).await.unwrap());
    assert!(!trace::sign_day(&tomorrow).await.unwrap(), "once");
    app.ctx.db.close().await;

    let (heads, file) = (place("heads.jsonl"), place("trace.ndjson"));
    let run = |args: &[&str]| sohoa([args, &["--data", &data]].concat());
    assert_eq!(run(&["audit", "heads", "--out", &heads]).code, 0);
    assert_ne!(run(&["audit", "heads", "--out", &heads]).code, 0, "nothing is written over");
    assert_eq!(run(&["audit", "export", "--out", &file]).code, 0);
    let held = run(&["audit", "verify", "--heads", &heads]);
    assert_eq!(held.code, 0, "{}", held.stderr);
    assert!(held.stdout.contains("nguyên vẹn") && held.stdout.contains("đầu sổ"), "{}", held.stdout);
    let offline = run(&["audit", "verify", "--file", &file, "--heads", &heads]);
    assert_eq!(offline.code, 0, "{}", offline.stderr);
    let elsewhere = tempfile::tempdir().unwrap().path().display().to_string();
    let keyless = sohoa(["audit", "verify", "--file", &file, "--heads", &heads, "--data", &elsewhere]);
    assert!(keyless.code == 0 && keyless.stdout.contains("không có tệp khóa"), "{}", keyless.stdout);

    let text = std::fs::read_to_string(&file).unwrap();
    let altered = text.replacen("open_dossier", "view_paper", 1);
    std::fs::write(place("altered.ndjson"), altered).unwrap();
    let told = run(&["audit", "verify", "--file", &place("altered.ndjson")]);
    assert!(told.code == 5 && told.stderr.contains("bị sửa"), "{}", told.stderr);

    for name in ["sohoa.sqlite", "sohoa.sqlite-wal", "sohoa.sqlite-shm"] {
        let _ = std::fs::remove_file(folder.join(name));
    }
    std::fs::copy(folder.join("backup"), folder.join("sohoa.sqlite")).unwrap();
    assert_eq!(run(&["audit", "verify"]).code, 0, "whole by itself");
    let told = run(&["audit", "verify", "--heads", &heads]);
    assert!(told.code == 5 && told.stderr.contains("bản cũ"), "{}{}", told.stdout, told.stderr);
    let forged = std::fs::read_to_string(&heads).unwrap().replace("n_events\\\":2", "n_events\\\":1");
    std::fs::write(place("forged.jsonl"), forged).unwrap();
    let told = run(&["audit", "verify", "--heads", &place("forged.jsonl")]);
    assert!(told.code == 3, "{}{}", told.stdout, told.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_agencys_key_signs_the_end_of_a_day() {
    let setting = Setting { seal: Some(Arc::new(People::new().seal())), ..Setting::default() };
    let app = TestApp::start_with(true, setting).await;
    app.open_dossier("1.001776").await;
    trace::seal(&app.ctx).await.unwrap();
    assert!(!trace::sign_day(&app.ctx).await.unwrap(), "the day is not over");
    let tomorrow = Ctx { clock: Clock::Fixed("2026-11-22T03:00:00Z".parse().unwrap()), ..app.ctx.clone() };
    assert!(trace::sign_day(&tomorrow).await.unwrap());
    let lines = trace::heads(&app.ctx).await.unwrap();
    assert_eq!(lines.len(), 1);
    // Anybody can look at it, without our keys.
    for db in [Some(&app.ctx.db), None] {
        let (days, signers) = trace::read_heads(db, &lines[0]).unwrap();
        let [DaySigner::Certificate(name, digest)] = &signers[..] else { panic!("{signers:?}") };
        assert_eq!((name.as_str(), digest.len()), ("Ủy ban nhân dân xã Mẫu", 64));
        let found = trace::verify(&app.ctx, &days).await.unwrap();
        assert_eq!((found.first_fault, found.n_days), (None, 2));
    }
    let later = lines[0].replace("2026-11-21", "2026-11-20");
    for forged in [later, lines[0].replace("cms", "ed25519"), "{}".to_owned()] {
        let told = trace::read_heads(Some(&app.ctx.db), &format!("{}\n{forged}", lines[0]));
        assert!(matches!(told, Err(TraceError::NotAHead { line: 2 })), "{forged}");
    }
}
