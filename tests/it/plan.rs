//! The page plan through the program's own front doors: arranged, split, merged, filled up, undone; the
//! originals stay as they came, the coded PDF has the pages that were asked for.

use std::collections::BTreeMap;

use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::{
    line::{FORM, form},
    support::{
        app::{TestApp, on_both_databases},
        cli::judge,
        papers::page_of,
    },
};

/// A page that an independent reader knows again by its word.
pub fn page(word: &str, number: u32) -> Vec<u8> {
    let number = number.to_string();
    let number = if number == "1" { "" } else { &number };
    page_of(&[
        (number, 103.0, 15.0, 13.0),
        (&format!("Trang giấy mang tên {word} của hồ sơ mẫu"), 30.0, 60.0, 14.0),
        ("Nội dung của trang này chỉ dùng để thử việc sắp xếp trang.", 30.0, 72.0, 14.0),
        ("Mọi dòng chữ ở đây do máy vẽ ra, không có thật.", 30.0, 84.0, 14.0),
        (&format!("Dòng cuối nhắc lại tên trang là {word} một lần nữa."), 30.0, 96.0, 14.0),
    ])
}

pub const WORDS: [&str; 4] = ["ALPHA", "BRAVO", "CHARLIE", "DELTA"];

pub fn scans(n_pages: usize) -> Vec<Vec<u8>> {
    (1..).zip(WORDS).take(n_pages).map(|(number, word)| page(word, number)).collect()
}

pub async fn uploaded(
    app: &TestApp,
    dossier: &str,
    files: &[Vec<u8>],
    parts: &[(&'static str, &str)],
) -> String {
    let mut form = Form::new();
    for bytes in files {
        form = form.part("file", Part::bytes(bytes.clone()).file_name("scan"));
    }
    for (name, value) in parts {
        form = form.text(*name, (*value).to_owned());
    }
    let place = format!("/api/v1/dossiers/{dossier}/components/01/papers");
    let paper = app.json(app.post(&place).multipart(form)).await;
    paper["id"].as_str().unwrap().to_owned()
}

/// Pages of the originals in the order in which the settled paper has them.
async fn order(app: &TestApp, paper: &str) -> Vec<u64> {
    let seen = app.settled(paper).await;
    let pages = seen["pages"].as_array().unwrap();
    for (position, page) in (1u64..).zip(pages) {
        assert_eq!(page["position"], position, "{seen}");
    }
    pages.iter().map(|p| p["original_page"].as_u64().unwrap()).collect()
}

async fn arranged(app: &TestApp, paper: &str, body: Value) -> Value {
    app.json(app.post(&format!("/api/v1/papers/{paper}/pages")).json(&body)).await
}

async fn plan_of(app: &TestApp, paper: &str) -> Value {
    app.json(app.get(&format!("/api/v1/papers/{paper}/pages"))).await
}

async fn confirmed(app: &TestApp, paper: &str, number: &str) -> Value {
    let fields = json!({
        "owner_id": "001085012345", "document_name": "Tờ khai", "document_number": number,
        "issued_on": "25/11/2024", "document_type_code": "1.001776.01", "issuing_authority": null,
        "abstract": null, "validity_period": null, "validity_scope": null,
    });
    let state = app.settled(paper).await["state"].clone();
    if state == "needs_rescan" {
        let reason = json!({ "reason": "đã đối chiếu bản gốc" });
        app.json(app.post(&format!("/api/v1/papers/{paper}/override")).json(&reason)).await;
        assert_eq!(app.settled(paper).await["state"], "to_confirm");
    }
    app.json(app.post(&format!("/api/v1/papers/{paper}/confirm")).json(&json!({ "fields": fields }))).await;
    let stored = app.settled(paper).await;
    assert_eq!(stored["state"], "stored", "{stored}");
    stored
}

/// Says the purpose once, and gives the coded PDF.
async fn coded_pdf(app: &TestApp, stored: &Value) -> std::path::PathBuf {
    let document = stored["document"].as_str().unwrap();
    let place = format!("/api/v1/documents/{document}/content?purpose=ki%E1%BB%83m%20tra");
    let response = app.get(&place).send().await.unwrap();
    assert_eq!(response.status(), 200);
    let pdf = app.folder.path().join(format!("{document}.pdf"));
    std::fs::write(&pdf, response.bytes().await.unwrap()).unwrap();
    let checked = judge("qpdf", "qpdf", &["--check".as_ref(), pdf.as_os_str()]);
    assert_eq!(checked.code, 0, "{}{}", checked.stdout, checked.stderr);
    pdf
}

/// What poppler sees: the word and the rotation of each page.
pub fn seen_by_poppler(pdf: &std::path::Path) -> Vec<(String, u32)> {
    let info = judge(
        "pdfinfo",
        "poppler-utils",
        &["-f".as_ref(), "1".as_ref(), "-l".as_ref(), "99".as_ref(), pdf.as_os_str()],
    );
    let rotations: BTreeMap<u32, u32> = info
        .stdout
        .lines()
        .filter_map(|l| {
            let (page, rotation) = l.strip_prefix("Page")?.split_once("rot:")?;
            Some((page.trim().parse().ok()?, rotation.trim().parse().ok()?))
        })
        .collect();
    let word = |page: u32| {
        let page = page.to_string();
        let args =
            ["-f".as_ref(), page.as_ref(), "-l".as_ref(), page.as_ref(), pdf.as_os_str(), "-".as_ref()];
        let text = judge("pdftotext", "poppler-utils", &args).stdout;
        let found = WORDS.iter().find(|w| text.contains(**w));
        found.map_or_else(|| format!("none: {text}"), |w| (*w).to_owned())
    };
    rotations.iter().map(|(page, rotation)| (word(*page), *rotation)).collect()
}

/// The pictures in the PDF, as they lie there.
pub fn pictures(pdf: &std::path::Path) -> Vec<Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let prefix = folder.path().join("p");
    judge("pdfimages", "poppler-utils", &["-all".as_ref(), pdf.as_os_str(), prefix.as_os_str()]);
    let mut files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    files.iter().map(|f| std::fs::read(f).unwrap()).collect()
}

async fn originals(app: &TestApp, stored: &Value, n: usize) -> Vec<Vec<u8>> {
    let document = stored["document"].as_str().unwrap();
    let mut all = Vec::new();
    for ordinal in 0..n {
        let place =
            format!("/api/v1/documents/{document}/original?ordinal={ordinal}&purpose=ki%E1%BB%83m%20tra");
        let response = app.get(&place).send().await.unwrap();
        assert_eq!(response.status(), 200, "{ordinal}");
        all.push(response.bytes().await.unwrap().to_vec());
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn swapped_and_blank_pages_are_put_right_and_coded_so() {
    let [a, b, c] = scans(3).try_into().unwrap();
    let blank = page_of(&[]);
    let files = [a.clone(), c.clone(), blank, b.clone()];
    on_both_databases(async |app| {
        let dossier = app.open_dossier("1.001776").await;
        let paper = uploaded(&app, &dossier, &files, &[]).await;
        let seen = app.settled(&paper).await;
        assert!(["to_confirm", "needs_rescan"].contains(&seen["state"].as_str().unwrap()), "{seen}");
        assert_eq!(seen["pages"][2]["blank"], true);
        let version = seen["version"].as_u64().unwrap();

        // Pages are left out by a person, with a reason.
        let place = format!("/api/v1/papers/{paper}/pages");
        let steps = json!([{"kind": "remove", "positions": [3]}, {"kind": "move", "position": 3, "to": 2},
                           {"kind": "rotate", "positions": [3], "degrees": 180}]);
        let silent = app.post(&place).json(&json!({ "version": version, "steps": steps }));
        assert_eq!(app.problem(silent).await["type"], "urn:sohoa:problem:no-reason");
        let stale = app.post(&place).json(&json!({ "version": version - 1, "steps": steps, "reason": "x" }));
        assert_eq!(app.problem(stale).await["type"], "urn:sohoa:problem:stale");
        let wrong = app.post(&place).json(&json!({ "steps": [{"kind": "remove", "positions": [9]}] }));
        assert_eq!(app.problem(wrong).await["type"], "urn:sohoa:problem:page-plan");

        // The same request twice acts once.
        let body = json!({ "version": version, "steps": steps, "reason": "trang trắng; hai trang bị đảo" });
        let ask = || app.post(&place).header("idempotency-key", "arrange-1").json(&body);
        assert_eq!(app.json(ask()).await["state"], "checking");
        assert_eq!(app.json(ask()).await["state"], "checking");
        assert_eq!(order(&app, &paper).await, [1, 4, 2]);
        let seen = app.settled(&paper).await;
        assert_eq!(seen["pages"][2]["rotation"], 180);
        assert_eq!(seen["pages"][1]["rotation"], 0);

        let plan = plan_of(&app, &paper).await;
        assert_eq!(plan["left_out"], json!([3]));
        assert_eq!(plan["history"].as_array().unwrap().len(), 2);
        assert_eq!(plan["history"][1]["reason"], "trang trắng; hai trang bị đảo");
        let picture = app.get(&format!("/api/v1/papers/{paper}/originals/3/picture?width=200")).send().await;
        assert_eq!(picture.unwrap().headers()["content-type"], "image/jpeg");

        let stored = confirmed(&app, &paper, "12/TK").await;
        let pdf = coded_pdf(&app, &stored).await;
        let seen = seen_by_poppler(&pdf);
        assert_eq!(seen[..2], [("ALPHA".to_owned(), 0), ("BRAVO".to_owned(), 0)]);
        // On its head, as the person wanted it, and read so.
        assert_eq!((seen.len(), seen[2].1), (3, 180));
        // Pictures and originals are what came, byte for byte, the blank page too.
        assert_eq!(pictures(&pdf), [a.clone(), b.clone(), c.clone()]);
        assert_eq!(originals(&app, &stored, 4).await, files);

        // Once coded, the pages stand.
        let late = app.post(&place).json(&json!({ "steps": [{"kind": "reverse"}] }));
        assert_eq!(app.problem(late).await["type"], "urn:sohoa:problem:wrong-state");
        let verified = sohoa::workflows::administer::verify_audit(&app.ctx).await.unwrap();
        assert_eq!(verified.first_fault, None);
        let mut tx = app.ctx.db.read().await.unwrap();
        let events = sohoa::store::audit::of_object(&mut tx, "paper", &paper, 100_000).await.unwrap();
        let acts: Vec<_> = events.iter().filter(|e| e.action == "arrange_pages").collect();
        assert_eq!(acts.len(), 1);
        let detail = acts[0].detail.as_ref().unwrap();
        assert_eq!(detail["before"].as_array().unwrap().len(), 4);
        assert_eq!(detail["after"][2], json!({ "page": 2, "turn": 180 }));
        assert_eq!(acts[0].purpose.as_deref(), Some("trang trắng; hai trang bị đảo"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_split_and_put_together_again() {
    on_both_databases(async |app| {
        let dossier = app.open_dossier("1.001776").await;
        let files = scans(4);
        let batch = uploaded(&app, &dossier, &files, &[("pages", "4")]).await;
        app.settled(&batch).await;
        let split = format!("/api/v1/papers/{batch}/split");
        for (body, kind) in [
            (json!({ "after": [4] }), "page-plan"),
            (json!({ "after": [2], "parts": [{}] }), "parts"),
            (json!({ "after": [2], "parts": [{}, { "component": "99" }] }), "unknown-component"),
        ] {
            let problem = app.problem(app.post(&split).json(&body)).await;
            assert_eq!(problem["type"], format!("urn:sohoa:problem:{kind}"), "{body}");
        }
        let parts = json!([{ "pages": 1 }, { "component": "YC01", "pages": 3 }]);
        let body = json!({ "after": [1], "parts": parts });
        let papers = app.json(app.post(&split).json(&body)).await;
        assert_eq!(papers["papers"][0]["id"], batch);
        let second = papers["papers"][1]["id"].as_str().unwrap().to_owned();
        assert_eq!(papers["papers"][1]["component"], "YC01");
        assert_eq!(order(&app, &batch).await, [1]);
        assert_eq!(order(&app, &second).await, [2, 3, 4]);
        // No byte twice: four pages as they came, and the words of three readings.
        let n_objects = app.ctx.objects.list_all().await.unwrap().len();
        assert!(n_objects <= 4 + 3, "{n_objects}");
        // What went to the other paper is not a page that was left out here, nor can it be seen from here.
        assert_eq!(plan_of(&app, &batch).await["left_out"], json!([]));
        let picture = app.get(&format!("/api/v1/papers/{batch}/originals/2/picture"));
        assert_eq!(app.problem(picture).await["status"], 404);
        let fetch = json!({ "steps": [{ "kind": "insert", "page": 2, "position": 2 }] });
        let fetched = app.problem(app.post(&format!("/api/v1/papers/{batch}/pages")).json(&fetch)).await;
        assert!(fetched["detail"].as_str().unwrap().contains("giấy tờ khác"), "{fetched}");
        let undo = app.post(&format!("/api/v1/papers/{batch}/pages")).json(&json!({ "undo": true }));
        assert_eq!(app.problem(undo).await["type"], "urn:sohoa:problem:nothing-to-undo");

        // Back together, in another order.
        let merge = format!("/api/v1/papers/{second}/merge");
        for others in [json!([]), json!([second]), json!([batch, batch])] {
            let problem = app.problem(app.post(&merge).json(&json!({ "papers": others }))).await;
            assert_eq!(problem["type"], "urn:sohoa:problem:not-mergeable");
        }
        let body = json!({ "papers": [batch], "reason": "cùng một giấy tờ" });
        app.json(app.post(&merge).json(&body)).await;
        assert_eq!(order(&app, &second).await, [2, 3, 4, 1]);
        let gone = app.settled(&batch).await;
        assert_eq!(gone["state"], "refused");
        assert!(gone["stopped"]["message"].as_str().unwrap().contains("gộp vào giấy tờ khác"), "{gone}");
        assert_eq!(app.settled(&second).await["originals"].as_array().unwrap().len(), 4);

        let stored = confirmed(&app, &second, "13/TK").await;
        let words: Vec<_> =
            seen_by_poppler(&coded_pdf(&app, &stored).await).into_iter().map(|(word, _)| word).collect();
        assert_eq!(words, ["BRAVO", "CHARLIE", "DELTA", "ALPHA"]);
        assert_eq!(originals(&app, &stored, 4).await, files);
        let verified = sohoa::workflows::administer::verify_audit(&app.ctx).await.unwrap();
        assert_eq!(verified.first_fault, None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn papers_of_different_files_become_one() {
    let app = TestApp::start(true).await;
    let dossier = app.open_dossier("1.001776").await;
    let [a, b, c] = scans(3).try_into().unwrap();
    let first = uploaded(&app, &dossier, &[a.clone(), b.clone()], &[("pages", "2")]).await;
    let second = uploaded(&app, &dossier, std::slice::from_ref(&c), &[("pages", "1")]).await;
    // The very same bytes a second time are pages of their own.
    let again = uploaded(&app, &dossier, std::slice::from_ref(&a), &[]).await;
    let elsewhere = app.open_dossier("1.001776").await;
    let foreign = uploaded(&app, &elsewhere, std::slice::from_ref(&c), &[]).await;
    for paper in [&first, &second, &again, &foreign] {
        app.settled(paper).await;
    }
    let merge = format!("/api/v1/papers/{first}/merge");
    let problem = app.problem(app.post(&merge).json(&json!({ "papers": [foreign] }))).await;
    assert_eq!(problem["type"], "urn:sohoa:problem:not-mergeable");
    app.json(app.post(&merge).json(&json!({ "papers": [second, again] }))).await;
    assert_eq!(order(&app, &first).await, [1, 2, 3, 4]);
    let seen = app.settled(&first).await;
    assert_eq!(seen["originals"].as_array().unwrap().len(), 4);
    assert_eq!(seen["pages"][3]["duplicate_of"], 1, "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn fronts_and_backs_are_interleaved_and_every_act_can_be_undone() {
    on_both_databases(async |app| {
        let dossier = app.open_dossier("1.001776").await;
        // Sheets (1, 2) and (3, 4): both fronts, then the pile turned over.
        let [p1, p2, p3, p4] = scans(4).try_into().unwrap();
        let paper = uploaded(&app, &dossier, &[p1, p3, p4, p2], &[]).await;
        assert_eq!(order(&app, &paper).await, [1, 2, 3, 4]);
        arranged(&app, &paper, json!({ "steps": [{ "kind": "interleave", "backs_reversed": true }] })).await;
        assert_eq!(order(&app, &paper).await, [1, 4, 2, 3]);
        let numbers: Vec<_> = app.settled(&paper).await["pages"]
            .as_array()
            .unwrap()
            .iter()
            .map(|p| p["printed_number"].clone())
            .collect();
        assert_eq!(numbers[1..3], [json!(2), json!(3)], "{numbers:?}");
        arranged(&app, &paper, json!({ "steps": [{ "kind": "reverse" }] })).await;
        assert_eq!(order(&app, &paper).await, [3, 2, 4, 1]);

        arranged(&app, &paper, json!({ "undo": true })).await;
        assert_eq!(order(&app, &paper).await, [1, 4, 2, 3]);
        arranged(&app, &paper, json!({ "undo": true })).await;
        assert_eq!(order(&app, &paper).await, [1, 2, 3, 4]);
        let place = format!("/api/v1/papers/{paper}/pages");
        let nothing = app.problem(app.post(&place).json(&json!({ "undo": true }))).await;
        assert_eq!(nothing["type"], "urn:sohoa:problem:nothing-to-undo");
        let same = json!({ "steps": [{ "kind": "move", "position": 2, "to": 2 }] });
        assert_eq!(app.problem(app.post(&place).json(&same)).await["type"], "urn:sohoa:problem:page-plan");

        let plan = plan_of(&app, &paper).await;
        let kinds: Vec<_> =
            plan["history"].as_array().unwrap().iter().map(|e| e["act"]["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["received", "arranged", "arranged", "undone", "undone"]);
        assert_eq!(plan["can_undo"], false);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_bad_page_is_scanned_again_and_takes_its_place() {
    on_both_databases(async |app| {
        let dossier = app.open_dossier("1.001776").await;
        let [a, b, c] = scans(3).try_into().unwrap();
        let spoilt = page("DELTA", 2);
        let paper = uploaded(&app, &dossier, &[a.clone(), spoilt.clone()], &[("pages", "3")]).await;
        assert_eq!(app.settled(&paper).await["state"], "needs_rescan");
        let insert = |parts: &[(&'static str, &str)], file: &[u8]| {
            let mut form = Form::new().part("file", Part::bytes(file.to_vec()).file_name("scan"));
            for (name, value) in parts {
                form = form.text(*name, (*value).to_owned());
            }
            app.post(&format!("/api/v1/papers/{paper}/pages/insert")).multipart(form)
        };
        for (parts, file, kind) in [
            (vec![("replace", "2")], &b, "no-reason"),
            (vec![("at", "1"), ("replace", "2")], &b, "part"),
            (vec![("at", "9")], &b, "page-plan"),
            (vec![("at", "2")], &b"no picture".to_vec(), "unreadable"),
        ] {
            let problem = app.problem(insert(&parts, file)).await;
            assert_eq!(problem["type"], format!("urn:sohoa:problem:{kind}"), "{parts:?}");
        }
        app.json(insert(&[("replace", "2"), ("reason", "trang 2 bị nhòe")], &b)).await;
        assert_eq!(order(&app, &paper).await, [1, 3]);
        app.json(insert(&[("at", "3")], &c)).await;
        assert_eq!(order(&app, &paper).await, [1, 3, 4]);
        assert_eq!(plan_of(&app, &paper).await["left_out"], json!([2]));
        assert_eq!(app.settled(&paper).await["state"], "to_confirm");

        let stored = confirmed(&app, &paper, "14/TK").await;
        let words: Vec<_> =
            seen_by_poppler(&coded_pdf(&app, &stored).await).into_iter().map(|(word, _)| word).collect();
        assert_eq!(words, ["ALPHA", "BRAVO", "CHARLIE"]);
        assert_eq!(originals(&app, &stored, 4).await, [a.clone(), spoilt, b.clone(), c.clone()]);
    })
    .await;
}

/// A batch whose second paper is secret: its file holds the secret, so all papers of it are set apart.
#[tokio::test(flavor = "multi_thread")]
async fn a_secret_page_of_a_batch_leaves_no_plain_byte_with_its_neighbours() {
    use sohoa::{
        domain::{eligibility::HandedInAs, ids::DossierId, plan::PagePlan},
        workflows::intake::{self, Upload},
    };
    let secret = page_of(&[
        ("ỦY BAN NHÂN DÂN XÃ MẪU", 30.0, 25.0, 12.0),
        ("TỐI MẬT", 32.0, 45.0, 16.0),
        ("Nội dung của văn bản này là bí mật nhà nước và không được sao chụp.", 30.0, 80.0, 14.0),
        ("Người nhận văn bản có trách nhiệm bảo quản theo quy định.", 30.0, 90.0, 14.0),
    ]);
    on_both_databases(async |app| {
        let dossier = DossierId::parse(&app.open_dossier("1.001776").await).unwrap();
        let files = vec![page("ALPHA", 1), secret.clone()];
        let officer = app.ctx.rules.officer.clone();
        let receive = async |page| {
            let upload = Upload {
                files: files.clone(),
                role: None,
                form: HandedInAs::Original,
                expected_pages: None,
                owner: None,
                plan: Some(PagePlan::of_pages([page]).unwrap()),
                urgency: sohoa::domain::job::Urgency::Desk,
                known: Default::default(),
            };
            intake::receive(&app.ctx, &officer, &dossier, upload).await.map(|p| p.id.to_string())
        };
        let open = receive(1).await.unwrap();
        assert_eq!(order(&app, &open).await, [1]);
        let closed = receive(2).await.unwrap();
        assert_eq!(app.settled(&closed).await["state"], "quarantined");
        assert_eq!(app.settled(&open).await["state"], "quarantined");
        for hash in app.ctx.objects.list_all().await.unwrap() {
            let kept = app.ctx.objects.get(&hash).await.unwrap();
            assert!(!files.contains(&kept), "the plain bytes are still there");
            assert!(!String::from_utf8_lossy(&kept).contains("ALPHA"), "the words are still there");
        }
        let beyond = receive(3).await.map(|_| ()).unwrap_err();
        assert!(matches!(beyond, intake::IntakeError::Plan(_)), "{beyond:?}");
        let place = format!("/api/v1/papers/{open}/pages");
        assert_eq!(app.problem(app.get(&place)).await["status"], 404);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_strip_works_as_plain_forms() {
    let app = TestApp::start(true).await;
    let dossier = app.open_dossier("1.001776").await;
    let [a, b, c] = scans(3).try_into().unwrap();
    let paper = uploaded(&app, &dossier, &[a, page_of(&[]), c, b], &[]).await;
    let other = uploaded(&app, &dossier, &[page("DELTA", 4)], &[]).await;
    app.settled(&other).await;
    let press = async |fields: &[(&str, &str)]| {
        let version = app.settled(&paper).await["version"].to_string();
        let fields = fields.iter().copied().chain([("version", version.as_str())]);
        let fields: Vec<_> = fields.map(|(name, value)| (name, value.to_owned())).collect();
        let press = app.post(&format!("/papers/{paper}/arrange")).body(form(&fields)).header(FORM.0, FORM.1);
        let response = press.send().await.unwrap();
        let status = response.status().as_u16();
        app.settled(&paper).await;
        (status, response.text().await.unwrap())
    };
    let shown = async || {
        app.settled(&paper).await;
        app.get(&format!("/papers/{paper}")).send().await.unwrap().text().await.unwrap()
    };
    let page = shown().await;
    for part in ["Bản quét 4 trang", "Bỏ các trang trắng (2)", "value=\"rotate:4\"", "Gộp giấy tờ"]
    {
        assert!(page.contains(part), "{part}: {page}");
    }
    for script in ["/static/strip.js", "/static/strip.css"] {
        assert_eq!(app.get(script).send().await.unwrap().status(), 200);
    }
    let small = app.get(&format!("/papers/{paper}/pages/1?width=240")).send().await.unwrap();
    let small = image::load_from_memory(&small.bytes().await.unwrap()).unwrap();
    assert_eq!(small.width(), 240);

    // A page is left out with a reason only; blank pages with the one that was proposed.
    let (status, page) = press(&[("do", "remove:3")]).await;
    assert!(status == 422 && page.contains("Cần ghi lý do"), "{status}");
    assert_eq!(press(&[("do", "blank")]).await.0, 200);
    assert_eq!(order(&app, &paper).await, [1, 3, 4]);
    let page = shown().await;
    assert!(
        page.contains("Trang không đưa vào bản số hóa") && page.contains("trang trắng, công chức đồng ý")
    );
    press(&[("do", "left:3")]).await;
    assert_eq!(order(&app, &paper).await, [1, 4, 3]);
    press(&[("do", "rotate:2")]).await;
    assert_eq!(app.settled(&paper).await["pages"][1]["rotation"], 90);
    press(&[("do", "undo")]).await;
    assert_eq!(app.settled(&paper).await["pages"][1]["rotation"], 0);
    press(&[("do", "restore:2")]).await;
    assert_eq!(order(&app, &paper).await, [1, 2, 4, 3]);
    // What the script sends: everything at once.
    let steps = r#"[{"kind":"remove","positions":[2]},{"kind":"reorder","order":[3,2,1]}]"#;
    press(&[("do", "steps"), ("steps", steps), ("reason", "trang trắng")]).await;
    assert_eq!(order(&app, &paper).await, [3, 4, 1]);
    let (status, page) = press(&[("do", "left:1")]).await;
    assert!(status == 422 && page.contains("Không có trang ở vị trí 0"), "{status}");
    press(&[("do", "merge"), ("other", &other)]).await;
    assert_eq!(order(&app, &paper).await, [3, 4, 1, 5]);
    assert_eq!(app.settled(&other).await["state"], "refused");
    press(&[("do", "split:2")]).await;
    assert_eq!(order(&app, &paper).await, [3, 4]);
    assert!(shown().await.contains("giấy tờ liên quan"));

    let again = Form::new()
        .text("where", "replace:1")
        .text("reason", "trang bị nhòe")
        .part("file", Part::bytes(crate::plan::page("ALPHA", 1)).file_name("scan.jpg"));
    let inserted = app.post(&format!("/papers/{paper}/insert")).multipart(again).send().await.unwrap();
    assert_eq!(inserted.status(), 200);
    assert_eq!(order(&app, &paper).await, [6, 4]);
    let nothing = Form::new().text("where", "at:1").part("file", Part::bytes(Vec::new()).file_name(""));
    let refused = app.post(&format!("/papers/{paper}/insert")).multipart(nothing).send().await.unwrap();
    assert_eq!(refused.status(), 422);
    assert!(refused.text().await.unwrap().contains("Chưa chọn tệp"));
}
