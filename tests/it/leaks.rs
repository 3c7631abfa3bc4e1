//! Nothing personal is written where it does not belong: logs, metrics, addresses, names of files, errors, and the
//! database in clear. What the whole run of the tests logged is looked through by `tests/leaks.sh`.

use std::{fs, path::Path, process::Command};

use serde_json::{Value, json};
use unicode_normalization::UnicodeNormalization;

use crate::{
    generator::Kind,
    line::{truth_of, uploaded},
    support::{
        app::{TestApp, on_both_databases},
        cli::bytes_of,
        logs, papers,
    },
};

/// How a secret may be spelled: as it is, decomposed, in addresses, in PDFs, in JSON, as base64.
fn spellings(secret: &str) -> Vec<Vec<u8>> {
    use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
    let escaped = |c: char| if c.is_ascii() { c.to_string() } else { format!("\\u{:04x}", u32::from(c)) };
    let percent =
        |b: u8| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") };
    let mut all = vec![
        secret.as_bytes().to_vec(),
        secret.to_lowercase().into_bytes(),
        secret.to_uppercase().into_bytes(),
        secret.nfd().collect::<String>().into_bytes(),
        secret.bytes().map(percent).collect::<String>().into_bytes(),
        secret.chars().map(escaped).collect::<String>().into_bytes(),
        secret.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        secret.bytes().map(|b| format!("{b:02x}")).collect::<String>().into_bytes(),
    ];
    // Wherever in a longer text it begins: without the letters that depend on what stands before and after.
    for before in 0..3 {
        let coded = STANDARD_NO_PAD.encode([&b"   "[..before], secret.as_bytes()].concat());
        all.push(coded.as_bytes()[(before * 4).div_ceil(3)..coded.len() - 1].to_vec());
    }
    all
}

fn holds(text: &[u8], part: &[u8]) -> bool {
    memchr::memmem::find(text, part).is_some()
}

/// Where one of `secrets` stands in `text`.
fn assert_free(secrets: &[String], place: &str, text: &[u8]) {
    for secret in secrets {
        for spelling in spellings(secret) {
            assert!(!holds(text, &spelling), "{place} tells {:?}", String::from_utf8_lossy(&spelling));
        }
    }
}

fn each_file(folder: &Path, look: &mut impl FnMut(&Path)) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { each_file(&path, look) } else { look(&path) }
    }
}

#[test]
fn every_spelling_is_found() {
    let secret = "Nguyễn Ưỡng";
    for text in ["Ông Nguyễn Ưỡng ký", "%Ng", "{\"x\":\"Nguyễn Ưỡng\"}"] {
        let is_there = text.contains(secret);
        let found = spellings(secret).iter().any(|spelling| holds(text.as_bytes(), spelling));
        assert_eq!(found, is_there, "{text}");
    }
    use base64::{Engine, engine::general_purpose::STANDARD};
    for before in ["", "a", "ab", "abc"] {
        let coded = STANDARD.encode(format!("{before}{secret} và người khác"));
        assert!(spellings(secret).iter().any(|spelling| holds(coded.as_bytes(), spelling)), "{coded}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_papers_life_leaves_its_owner_in_no_log_name_or_table() {
    let scan = papers::clean(Kind::DisabilityCertificate, 97);
    let fields = truth_of(&scan);
    let truth: Value = serde_json::from_str(&scan.truth_json().unwrap()).unwrap();
    let holder = truth["fields"]["other"]["holder_name"].as_str().unwrap().to_owned();
    let owner = fields["owner_id"].as_str().unwrap().to_owned();
    let secrets = [owner.clone(), holder];
    on_both_databases(async |app| {
        let dossier = app.open_dossier("1.001776").await;
        let bytes = papers::bytes(&scan);
        let parts = [("ordinal", "1"), ("owner", owner.as_str())];
        let paper = uploaded(&app, &dossier, "results", &bytes, &parts).await;
        app.settled(&paper).await;
        let confirm = |fields: &Value| {
            app.post(&format!("/api/v1/papers/{paper}/confirm")).json(&json!({ "fields": fields }))
        };
        let refused =
            confirm(&json!({ "owner_id": format!("{owner}9"), "issued_on": owner })).send().await.unwrap();
        assert!(refused.status().is_client_error());
        app.json(confirm(&fields)).await;
        assert_eq!(app.settled(&paper).await["state"], "stored");
        let lookup = json!({ "owner": owner, "purpose": "kiểm tra" });
        let found = app.json(app.post("/api/v1/owners/lookup").json(&lookup)).await;
        let id = found["owners"][0]["id"].as_str().unwrap();
        app.json(app.get(&format!("/api/v1/owners/{id}/documents"))).await;

        // Whoever puts a number where it does not belong is not repeated.
        let wrong = [
            app.get(&format!("/api/v1/papers/{owner}")),
            app.get(&format!("/api/v1/owners/{owner}/documents?purpose={owner}")),
            app.post("/api/v1/owners/lookup").json(&json!({ "owner": format!("{owner}9"), "purpose": "x" })),
            app.post("/api/v1/owners/lookup").json(&json!({ owner.as_str(): 1 })),
            app.post("/api/v1/dossiers").json(&json!({ "procedure": owner })),
        ];
        for (n, request) in wrong.into_iter().enumerate() {
            let answer = request.send().await.unwrap();
            assert!(answer.status().is_client_error(), "{n}: {}", answer.status());
            let told = format!("{:?}{}", answer.headers().clone(), answer.text().await.unwrap());
            assert_free(&secrets, &format!("answer {n}"), told.as_bytes());
        }
        let page = app.get(&format!("/owners/{id}")).send().await.unwrap();
        assert_free(&secrets[..1], "the list of an owner's papers", page.text().await.unwrap().as_bytes());
        let measured = app.get("/metrics").send().await.unwrap().text().await.unwrap();
        assert_free(&secrets, "/metrics", measured.as_bytes());

        let lines = logs::of_paper(&paper);
        let told: Vec<&str> = lines.iter().filter_map(|line| line["message"].as_str()).collect();
        assert!(told.contains(&"a job is done") && told.contains(&"answered"), "{told:?}");
        for line in &lines {
            assert_free(&secrets, "the log", line.to_string().as_bytes());
        }
        is_free_at_rest(&app, &secrets);
    })
    .await;
}

/// Names of files and what is in them, and the database.
fn is_free_at_rest(app: &TestApp, secrets: &[String]) {
    let mut n_files = 0;
    each_file(app.folder.path(), &mut |file| {
        n_files += 1;
        assert_free(secrets, "the name of a file", file.to_str().unwrap().as_bytes());
        assert_free(secrets, "a file", &bytes_of(file));
    });
    assert!(n_files > 3, "{n_files}");
    if app.database.starts_with("postgres") {
        let dump = Command::new("sh")
            .args([
                "-c",
                "exec \"$(ls -d /usr/lib/postgresql/*/bin | tail -n 1)/pg_dump\" --dbname=\"$1\"",
                "sh",
            ])
            .arg(&app.database)
            .output()
            .unwrap();
        assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
        assert!(holds(&dump.stdout, b"COPY public.record"), "nothing was dumped");
        assert_free(secrets, "the database", &dump.stdout);
    }
}
