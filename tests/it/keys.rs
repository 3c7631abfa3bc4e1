//! What is kept lies sealed, and the keys are changed beside the running service.

use std::{
    path::Path,
    sync::{Arc, Mutex, mpsc},
};

use serde_json::json;
use sohoa::workflows::keys as keys_workflow;

use crate::{
    generator::{Kind, Paper},
    line::{truth_of, uploaded},
    support::{
        app::{TestApp, on_both_databases},
        cli::{Ran, bytes_of, sohoa},
        papers,
    },
};

const ABSTRACT: &str = "Trích yếu do công chức sửa để tìm";

/// Digitises a paper, and gives the document's id with what it holds.
async fn stored(app: &TestApp, scan: &Paper) -> (String, Vec<u8>) {
    let dossier = app.open_dossier("1.001776").await;
    let paper = uploaded(app, &dossier, "results", &papers::bytes(scan), &[("ordinal", "1")]).await;
    assert_eq!(app.settled(&paper).await["state"], "to_confirm");
    let mut fields = truth_of(scan);
    fields["abstract"] = json!(ABSTRACT);
    app.json(app.post(&format!("/api/v1/papers/{paper}/confirm")).json(&json!({ "fields": fields }))).await;
    let stored = app.settled(&paper).await;
    assert_eq!(stored["state"], "stored", "{stored}");
    let document = stored["document"].as_str().unwrap().to_owned();
    let content = content(app, &document).await;
    (document, content)
}

async fn content(app: &TestApp, document: &str) -> Vec<u8> {
    let request = app.get(&format!("/api/v1/documents/{document}/content?purpose=xem"));
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200);
    response.bytes().await.unwrap().to_vec()
}

fn files(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
    for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

/// Greps every file of the installation for what was handed in, what was made of it, and what was read.
fn nothing_lies_in_clear(app: &TestApp, scan: &Paper, contents: &[&[u8]]) {
    let fields = truth_of(scan);
    let mut needles: Vec<Vec<u8>> =
        [&b"%PDF-1"[..], b"JFIF\0", b"endstream", b"/MediaBox", ABSTRACT.as_bytes()]
            .map(<[u8]>::to_vec)
            .into();
    needles.extend(
        ["owner_id", "document_number"].map(|name| fields[name].as_str().unwrap().as_bytes().to_vec()),
    );
    let upload = papers::bytes(scan);
    for bytes in contents.iter().copied().chain([&upload[..]]) {
        needles.extend([0, bytes.len() / 3, bytes.len() - 40].map(|start| bytes[start..start + 32].to_vec()));
    }
    let mut all = Vec::new();
    files(app.folder.path(), &mut all);
    assert!(all.len() > 3, "{all:?}");
    for file in all {
        let bytes = bytes_of(&file);
        for needle in &needles {
            let found = memchr::memmem::find(&bytes, needle);
            assert_eq!(found, None, "{}: {}", file.display(), String::from_utf8_lossy(needle));
        }
    }
}

fn keys(app: &TestApp, args: &[&str]) -> Ran {
    let data = app.folder.path().display().to_string();
    sohoa([&["keys"], args, &["--data", &data, "--database", &app.database]].concat())
}

fn done(ran: Ran, said: &str) -> String {
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains(said), "{said}: {}", ran.stdout);
    ran.stdout
}

fn refused(ran: Ran, code: i32, said: &str) {
    assert_eq!(ran.code, code, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stderr.contains(said), "{said}: {}", ran.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_lies_in_clear_and_keys_are_changed_beside_the_running_service() {
    let scan = papers::clean(Kind::Decision, 47);
    on_both_databases(async |app| {
        let (document, coded) = stored(&app, &scan).await;
        nothing_lies_in_clear(&app, &scan, &[&coded]);
        let key_file = app.folder.path().join("sohoa.keys");
        let first_file = std::fs::read(&key_file).unwrap();

        // A new key: written, told to the other machines, used.
        done(keys(&app, &["list"]), "Khóa số 1 (đang dùng): ");
        refused(keys(&app, &["drop", "1"]), 4, "khóa mới nhất");
        refused(keys(&app, &["drop", "7"]), 2, "không có khóa số 7");
        done(keys(&app, &["rotate", "--prepare"]), "chưa dùng");
        done(keys(&app, &["list"]), "Khóa số 2 (chờ dùng): 0 giá trị, 0 tệp\n");
        done(keys(&app, &["rotate"]), "Khóa số 2 được dùng từ bây giờ");
        refused(keys(&app, &["drop", "1"]), 4, "sohoa keys rewrap");

        // The service goes on, with the new key from the next second on.
        let second = papers::clean(Kind::WorkPermit, 48);
        let dossier = app.open_dossier("1.001776").await;
        let paper = uploaded(&app, &dossier, "components/01/papers", &papers::bytes(&second), &[]).await;
        app.settled(&paper).await;

        stopped_half_way_it_goes_on(&app, &document, &coded).await;
        let list = done(keys(&app, &["list"]), "Khóa số 1 (cũ): 0 giá trị, 0 tệp\n");
        assert!(list.contains("Khóa số 2 (đang dùng): ") && !list.contains("nhật ký"), "{list}");

        refused(keys(&app, &["drop", "1"]), 4, "hãy chờ đến");
        done(keys(&app, &["drop", "1", "--stopped"]), "Đã bỏ khóa số 1");
        done(keys(&app, &["list"]), "Khóa số 1 (đã bỏ): 0 giá trị, 0 tệp\n");
        let last_file = std::fs::read(&key_file).unwrap();
        let text = String::from_utf8(last_file.clone()).unwrap();
        assert!(text.contains("sealing.2 = ") && !text.contains("sealing.1"), "{}", text.len());

        // Everything is as it was, and traced.
        assert_eq!(content(&app, &document).await, coded);
        nothing_lies_in_clear(&app, &scan, &[&coded]);
        for (action, n_events) in [("rotate_keys", 1), ("renew_seals", 4), ("drop_key", 1)] {
            let found = app.json(app.get(&format!("/api/v1/audit/events?action={action}"))).await;
            let events = found["items"].as_array().unwrap();
            assert!(events.len() >= n_events, "{action}: {found}");
            assert!(events.iter().all(|event| event["actor"]["full_name"].is_string()), "{found}");
        }
        let old = app.json(app.get("/api/v1/audit/events?action=confirm_fields")).await;
        assert_eq!(
            old["items"][0]["after"]["abstract"], ABSTRACT,
            "sealed before the key was dropped: {old}"
        );
        let data = app.folder.path().display().to_string();
        let verify = ["audit", "verify", "--data", &data, "--database", &app.database];
        done(sohoa(verify), "nguyên vẹn");

        // Other key files.
        let other = tempfile::tempdir().unwrap();
        sohoa::store::Keys::open_or_create(&other.path().join("keys")).unwrap();
        let foreign = std::fs::read(other.path().join("keys")).unwrap();
        let with_foreign_ring = text.replace("sealing.2 = ", "sealing.2 = 00");
        for (file, said) in [
            (&first_file[..], "không có khóa số 2"),
            (&foreign[..], "không có khóa số 2"),
            (&foreign_ring(&foreign), "không phải của cơ sở dữ liệu này"),
            (with_foreign_ring.as_bytes(), "tệp khóa bị hỏng"),
            (&last_file[..last_file.len() / 2], "tệp khóa bị hỏng"),
        ] {
            std::fs::write(&key_file, file).unwrap();
            refused(keys(&app, &["list"]), 7, said);
            assert_eq!(std::fs::read(&key_file).unwrap(), file, "a person has to look");
        }
        std::fs::remove_file(&key_file).unwrap();
        refused(keys(&app, &["list"]), 7, "thiếu tệp khóa");
        assert!(!key_file.exists(), "other keys would only stand in the way");
        assert_eq!(content(&app, &document).await, coded, "the service has its keys in memory");
    })
    .await;
}

/// A key file of another installation that has a second key too.
fn foreign_ring(text: &[u8]) -> Vec<u8> {
    String::from_utf8(text.to_vec()).unwrap().replace("sealing.1", "sealing.2").into_bytes()
}

/// One that is killed after the first values; then two beside each other, while the document is read.
async fn stopped_half_way_it_goes_on(app: &TestApp, document: &str, coded: &[u8]) {
    let (reached, has_reached) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel::<()>();
    let may_go_on = Mutex::new(may_go_on);
    let ctx = app.ctx.clone();
    let stopped = tokio::spawn(async move {
        let progress = move |n_done, _| {
            if n_done > 0 {
                let _ = reached.send(());
                let _ = may_go_on.lock().unwrap().recv();
            }
        };
        let by = ctx.rules.officer.clone();
        keys_workflow::rewrap(&ctx, &by, &progress).await
    });
    tokio::task::spawn_blocking(move || has_reached.recv().unwrap()).await.unwrap();
    stopped.abort();
    drop(go_on);
    assert!(stopped.await.unwrap_err().is_cancelled());
    let list = keys_workflow::list(&app.ctx).await.unwrap();
    assert!(list.keys[0].values.n_movable > 0 && list.keys[0].n_objects > 0, "{list:?}");
    assert!(list.keys[1].is_active && list.keys[1].values.n_movable > 0, "{list:?}");
    assert_eq!(content(app, document).await, coded);

    let app = Arc::new(app.with_cookie(None));
    let done_reading = tokio_util::sync::CancellationToken::new();
    let reader = tokio::spawn({
        let (app, document, coded) = (Arc::clone(&app), document.to_owned(), coded.to_vec());
        let done_reading = done_reading.clone();
        async move {
            while !done_reading.is_cancelled() {
                assert_eq!(content(&app, &document).await, coded);
            }
        }
    });
    let by = app.ctx.rules.officer.clone();
    let (one, two) = tokio::join!(
        keys_workflow::rewrap(&app.ctx, &by, &|_, _| {}),
        keys_workflow::rewrap(&app.ctx, &by, &|_, _| {})
    );
    let (one, two) = (one.unwrap(), two.unwrap());
    assert_eq!((one.n_faulty, two.n_faulty), (0, 0));
    done_reading.cancel();
    reader.await.unwrap();
    let (_, older) = app.ctx.objects.standing().await.unwrap();
    assert!(older.is_empty(), "{older:?}");
    let again = keys_workflow::rewrap(&app.ctx, &by, &|_, _| {}).await.unwrap();
    assert_eq!((again.n_values, again.n_objects, again.n_faulty), (0, 0, 0));
}
