//! The whole line through the program's own front doors: upload, confirm, coded PDF, found by code
//! and by owner.

use serde_json::{Value, json};

use crate::{
    generator::{Container, Kind, Spoiling},
    support::{
        app::{TestApp, on_both_databases},
        cli::judge,
        papers,
    },
};

pub async fn uploaded(
    app: &TestApp,
    dossier: &str,
    place: &str,
    bytes: &[u8],
    parts: &[(&'static str, &str)],
) -> String {
    let response = app.upload(dossier, place, bytes, parts).await;
    assert_eq!(response.status(), 202, "{}", response.text().await.unwrap());
    let location = response.headers()["location"].to_str().unwrap().to_owned();
    let paper: Value = response.json().await.unwrap();
    assert_eq!(location, format!("/api/v1/papers/{}", paper["id"].as_str().unwrap()));
    paper["id"].as_str().unwrap().to_owned()
}

/// Everything the person corrects: the truth of the generated paper, so that reading is not what is tested.
pub fn truth_of(paper: &crate::generator::Paper) -> Value {
    let truth: Value = serde_json::from_str(&paper.truth_json().unwrap()).unwrap();
    let value = |name: &str| truth["fields"][name]["value"].clone();
    json!({
        "document_type_code": value("document_type_code"), "owner_id": value("owner_id"),
        "document_name": value("document_name"), "document_number": value("document_number"),
        "issued_on": value("issued_on"), "issuing_authority": value("issuing_authority"),
        "abstract": value("abstract"), "validity_period": value("validity_period"),
        "validity_scope": value("validity_scope"),
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_comes_out_coded_and_is_found_by_code_and_by_owner() {
    let scan = papers::clean(Kind::Decision, 41);
    on_both_databases(async |app| {
        let dossier = app.open_dossier("1.001776").await;
        let bytes = papers::bytes(&scan);
        let paper = uploaded(&app, &dossier, "results", &bytes, &[("ordinal", "1")]).await;

        let read = app.settled(&paper).await;
        assert_eq!(read["state"], "to_confirm", "{read}");
        assert_eq!(read["fields"].as_object().unwrap().len(), 11);

        let fields = truth_of(&scan);
        let confirm = app.post(&format!("/api/v1/papers/{paper}/confirm")).json(&json!({ "fields": fields }));
        let confirmed = app.json(confirm).await;
        let code = confirmed["code"]["text"].as_str().unwrap_or_default().to_owned();
        let stored = app.settled(&paper).await;
        assert_eq!(stored["state"], "stored", "{stored}");

        let owner = fields["owner_id"].as_str().unwrap();
        let number = fields["document_number"].as_str().unwrap();
        let expected = format!("{owner}.1.001776-KQ1.{number}");
        assert!(code.is_empty() || code == expected, "{code}");

        // By code.
        let lookup = json!({ "code": expected, "purpose": "kiểm tra trợ cấp" });
        let found = app.json(app.post("/api/v1/documents/lookup").json(&lookup)).await;
        let document = found["documents"][0]["id"].as_str().unwrap().to_owned();
        assert_eq!(stored["document"], document);

        // By owner.
        let lookup = json!({ "owner": owner, "purpose": "kiểm tra trợ cấp" });
        let owners = app.json(app.post("/api/v1/owners/lookup").json(&lookup)).await;
        let id = owners["owners"][0]["id"].as_str().unwrap().to_owned();
        let documents = app.json(app.get(&format!("/api/v1/owners/{id}/documents"))).await;
        assert_eq!(documents["items"].as_array().unwrap().len(), 1);
        assert_eq!(documents["items"][0]["id"], document);
        assert_eq!(documents["items"][0]["code"]["text"], expected);
        assert_eq!(documents["items"][0]["signature"], "unsigned");

        is_coded_pdf(&app, &document, &expected).await;

        // The original is what came, byte for byte.
        let original = app.get(&format!("/api/v1/documents/{document}/original")).send().await.unwrap();
        assert_eq!(original.bytes().await.unwrap(), bytes);

        let changes = app.json(app.get("/api/v1/changes")).await;
        assert_eq!(changes["items"][0]["document"], document);

        let measured = app.get("/metrics").send().await.unwrap().text().await.unwrap();
        assert!(measured.contains("sohoa_papers{state=\"stored\"} 1"), "{measured}");
        assert!(measured.contains("sohoa_step_seconds_bucket{step=\"ocr\""), "{measured}");
        assert!(!measured.contains(owner) && !measured.contains(number), "{measured}");

        let verified = sohoa::workflows::administer::verify_audit(&app.ctx).await.unwrap();
        assert_eq!(verified.first_fault, None);
        assert!(verified.n_events >= 8, "{verified:?}");
    })
    .await;
}

async fn is_coded_pdf(app: &TestApp, document: &str, code: &str) {
    let response = app.get(&format!("/api/v1/documents/{document}/content")).send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/pdf");
    let tag = response.headers()["etag"].to_str().unwrap().to_owned();
    let again = app.get(&format!("/api/v1/documents/{document}/content")).header("if-none-match", &tag);
    assert_eq!(again.send().await.unwrap().status(), 304);

    let pdf = app.folder.path().join("coded.pdf");
    std::fs::write(&pdf, response.bytes().await.unwrap()).unwrap();
    let checked = judge("qpdf", "qpdf", &["--check".as_ref(), pdf.as_os_str()]);
    assert_eq!(checked.code, 0, "{}{}", checked.stdout, checked.stderr);
    let text =
        judge("pdftotext", "poppler-utils", &["-l".as_ref(), "1".as_ref(), pdf.as_os_str(), "-".as_ref()]);
    let squeezed: String = text.stdout.chars().filter(|c| !c.is_whitespace()).collect();
    let wanted: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    assert!(squeezed.contains(&wanted), "the code is not on page one: {}", text.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_code_is_never_given_twice() {
    let scan = papers::clean(Kind::Decision, 42);
    on_both_databases(async |app| {
        let dossier = app.open_dossier("1.001776").await;
        let fields = json!({ "fields": truth_of(&scan) });
        let first = uploaded(&app, &dossier, "results", &papers::bytes(&scan), &[]).await;
        let second = uploaded(&app, &dossier, "results", &papers::bytes(&scan), &[]).await;
        for paper in [&first, &second] {
            assert_eq!(app.settled(paper).await["state"], "to_confirm");
        }
        let same_file = app.json(app.get(&format!("/api/v1/papers/{second}"))).await;
        assert_eq!(same_file["scanned_before"]["by"], "bytes", "{same_file}");
        assert_eq!(same_file["scanned_before"]["document"], Value::Null);
        app.json(app.post(&format!("/api/v1/papers/{first}/confirm")).json(&fields)).await;
        // The second one is told to be the first one scanned again, before anybody confirms it.
        let stored = app.settled(&first).await;
        let again = app.json(app.get(&format!("/api/v1/papers/{second}"))).await;
        assert_eq!(again["scanned_before"]["paper"], first.as_str(), "{again}");
        assert_eq!(again["scanned_before"]["by"], "code");
        assert_eq!(again["scanned_before"]["document"], stored["document"]);
        let problem = app.problem(app.post(&format!("/api/v1/papers/{second}/confirm")).json(&fields)).await;
        assert_eq!(problem["type"], "urn:sohoa:problem:code-taken");
        assert_eq!(problem["conflict_with"], first);
        assert_eq!(app.settled(&second).await["state"], "to_confirm");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_page_asks_for_a_rescan_and_the_bytes_are_kept() {
    let scan = papers::clean(Kind::Decision, 43);
    let n_pages = scan.truth.pages;
    let app = TestApp::start(true).await;
    let dossier = app.open_dossier("1.001776").await;
    let declared = (n_pages + 1).to_string();
    let paper = uploaded(&app, &dossier, "results", &papers::bytes(&scan), &[("pages", &declared)]).await;

    let seen = app.settled(&paper).await;
    assert_eq!(seen["state"], "needs_rescan");
    assert_eq!(seen["reasons"][0]["kind"], "wrong_page_count");
    assert!(seen["reasons"][0]["rule"].as_str().unwrap().contains("Điều 9 khoản 3"));
    assert_eq!(app.ctx.objects.list_all().await.unwrap().len(), 1); // the upload itself, and nothing derived

    // An officer may take it upon himself, with a reason.
    let refused = app.post(&format!("/api/v1/papers/{paper}/override")).json(&json!({ "reason": " " }));
    assert_eq!(app.problem(refused).await["type"], "urn:sohoa:problem:no-reason");
    let taken = app
        .post(&format!("/api/v1/papers/{paper}/override"))
        .json(&json!({ "reason": "bản gốc chỉ có vậy" }));
    app.json(taken).await;
    assert_eq!(app.settled(&paper).await["state"], "to_confirm");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_only_shown_is_not_digitised() {
    let scan = papers::clean(Kind::BirthCertificate, 44);
    let app = TestApp::start(true).await;
    let dossier = app.open_dossier("1.001776").await;
    let paper = uploaded(&app, &dossier, "components/05/papers", &papers::bytes(&scan), &[]).await;
    let seen = app.settled(&paper).await;
    assert_eq!(seen["state"], "refused");
    assert!(seen["stopped"]["rule"].as_str().unwrap().contains("Điều 5 khoản 4"), "{seen}");

    let checklist = app.json(app.get(&format!("/api/v1/dossiers/{dossier}"))).await;
    let item = &checklist["checklist"][4];
    assert_eq!(
        (item["component"].as_str(), item["decision"].as_str()),
        (Some("05"), Some("do_not_digitise"))
    );
    assert_eq!(item["papers"][0]["state"], "refused");
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_written_by_pen_are_asked_and_keyed() {
    let scan =
        papers::with(Kind::OfficialLetter, 45, Container::Pdf, &[Spoiling::PenNumber, Spoiling::PenDay]);
    let app = TestApp::start(true).await;
    let dossier = app.open_dossier("1.001776").await;
    let paper = uploaded(&app, &dossier, "components/YC01/papers", &papers::bytes(&scan), &[]).await;
    let seen = app.settled(&paper).await;
    assert_eq!(seen["state"], "to_confirm");
    assert_eq!(
        seen["fields"]["document_number"]["status"], "not_read",
        "{}",
        seen["fields"]["document_number"]
    );
    assert_eq!(seen["fields"]["issued_on"]["status"], "not_read", "{}", seen["fields"]["issued_on"]);
    assert_eq!(seen["code"], Value::Null);

    let confirm = app.post(&format!("/api/v1/papers/{paper}/confirm"));
    let problem = app.problem(confirm.json(&json!({}))).await;
    let asked: Vec<&str> =
        problem["errors"].as_array().unwrap().iter().map(|e| e["field"].as_str().unwrap()).collect();
    assert!(asked.contains(&"document_number") && asked.contains(&"issued_on"), "{asked:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_without_a_number_is_coded_by_name_and_birth_date() {
    let scan = papers::clean(Kind::Declaration, 46);
    on_both_databases(async |app| {
        let dossier = app.open_dossier("1.001776").await;
        let paper = uploaded(&app, &dossier, "components/01/papers", &papers::bytes(&scan), &[]).await;
        assert_eq!(app.settled(&paper).await["state"], "to_confirm");
        let fields = json!({
            "owner_id": "Nguyễn Thị Ưỡng 05.06.1985", "document_name": "Tờ khai", "document_number": null,
            "issued_on": "25/11/2024", "document_type_code": "1.001776.01", "issuing_authority": null,
            "abstract": null, "validity_period": null, "validity_scope": null,
        });
        app.json(app.post(&format!("/api/v1/papers/{paper}/confirm")).json(&json!({ "fields": fields })))
            .await;
        assert_eq!(app.settled(&paper).await["state"], "stored");

        let lookup = json!({ "owner": "Nguyễn Thị Ưỡng 05.06.1985", "purpose": "tra cứu" });
        let owners = app.json(app.post("/api/v1/owners/lookup").json(&lookup)).await;
        let id = owners["owners"][0]["id"].as_str().unwrap();
        let documents = app.json(app.get(&format!("/api/v1/owners/{id}/documents"))).await;
        let code = &documents["items"][0]["code"];
        assert_eq!(code["text"], "Nguyễn Thị Ưỡng 05.06.1985.1.001776.01.KS-20261121-1");
        assert_eq!((code["provisional"].as_bool(), code["number_kind"].as_str()), (Some(true), Some("none")));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_paper_is_set_apart() {
    let scan = papers::page_of(&[
        ("ỦY BAN NHÂN DÂN XÃ MẪU", 30.0, 25.0, 12.0),
        ("TỐI MẬT", 32.0, 45.0, 16.0),
        ("Nội dung của văn bản này là bí mật nhà nước và không được sao chụp.", 30.0, 80.0, 14.0),
        ("Người nhận văn bản có trách nhiệm bảo quản theo quy định.", 30.0, 90.0, 14.0),
    ]);
    let app = TestApp::start(true).await;
    let dossier = app.open_dossier("1.001776").await;
    let paper = uploaded(&app, &dossier, "components/01/papers", &scan, &[]).await;
    let seen = app.settled(&paper).await;
    assert_eq!(seen["state"], "quarantined", "{seen}");
    assert_eq!(seen["fields"], Value::Null);
    let picture = app.get(&format!("/api/v1/papers/{paper}/pages/1/picture")).send().await.unwrap();
    assert_eq!(picture.status(), 404);
    // What is kept is sealed: not the scan, and nothing that opens as one.
    let hashes = app.ctx.objects.list_all().await.unwrap();
    assert_eq!(hashes.len(), 1);
    let kept = app.ctx.objects.get(&hashes[0]).await.unwrap();
    assert!(!kept.windows(16).any(|w| scan.windows(16).next() == Some(w)), "the plain bytes are still there");
    assert!(!kept.starts_with(b"%PDF"));

    // Since when, and until when it has to be erased; as it is seen later too.
    assert_eq!(
        seen["quarantine"],
        json!({ "since": "2026-11-21T03:00:00Z", "erase_by": "2026-11-22T03:00:00Z", "overdue": false })
    );
    for (now, of_paper, at_home) in [
        ("2026-11-21T03:00:00Z", "phải xóa trước 22/11/2026 10:00.", None),
        ("2026-11-21T23:30:00Z", "phải xóa trước 22/11/2026 10:00.", Some("phải xóa trước")),
        ("2026-11-22T03:00:00Z", "đã quá hạn, hãy xóa ngay", Some("đã quá hạn")),
    ] {
        let page = app.seen_at(now, &format!("/papers/{paper}")).await;
        assert!(page.contains(of_paper), "{now} {page}");
        let home = app.seen_at(now, "/").await;
        assert_eq!(at_home.is_some_and(|words| home.contains(words)), at_home.is_some(), "{now}");
        assert_eq!(home.contains("Tài liệu cách ly"), at_home.is_some(), "{now}");
    }
    let later: Value =
        serde_json::from_str(&app.seen_at("2026-11-22T03:00:00Z", &format!("/api/v1/papers/{paper}")).await)
            .unwrap();
    assert_eq!(later["quarantine"]["overdue"], true);
    let waiting = sohoa::workflows::quarantine::waiting(&app.ctx, None).await.unwrap();
    assert_eq!((waiting.over.len(), waiting.near.len(), waiting.n_others), (0, 0, 1));

    // Erased by an officer's act, with a reason, once.
    let erase =
        |reason: &str| app.post(&format!("/api/v1/papers/{paper}/erase")).json(&json!({ "reason": reason }));
    assert_eq!(app.problem(erase(" ")).await["status"], 400);
    let erased = app.json(erase("đã bàn giao bản giấy cho văn thư")).await;
    assert_eq!(erased["state"], "refused", "{erased}");
    assert_eq!(erased["quarantine"], Value::Null);
    assert!(app.ctx.objects.list_all().await.unwrap().is_empty());
    assert_eq!(app.problem(erase("lần nữa")).await["status"], 409);
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_a_persons_data_needs_a_purpose() {
    let app = TestApp::start(true).await;
    let lookup = json!({ "owner": "001085012345", "purpose": "" });
    let problem = app.problem(app.post("/api/v1/owners/lookup").json(&lookup)).await;
    assert_eq!(problem["type"], "urn:sohoa:problem:no-purpose");
    let unknown = "/api/v1/owners/0193b5a0-0000-7000-8000-000000000000/documents";
    assert_eq!(app.problem(app.get(unknown)).await["type"], "urn:sohoa:problem:no-purpose");
    let said = format!("{unknown}?purpose=tra%20c%E1%BB%A9u");
    assert_eq!(app.problem(app.get(&said)).await["status"], 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_twice_acts_once() {
    let app = TestApp::start(true).await;
    let open = |key: &str, procedure: &str| {
        app.post("/api/v1/dossiers").header("idempotency-key", key).json(&json!({ "procedure": procedure }))
    };
    let first = app.json(open("k1", "1.001776")).await;
    let second = app.json(open("k1", "1.001776")).await;
    assert_eq!(first["id"], second["id"]);
    let third = app.json(open("k2", "1.001776")).await;
    assert_ne!(first["id"], third["id"]);
    assert_eq!(app.problem(open("k1", "1.001731")).await["type"], "urn:sohoa:problem:idempotency-key");
}

#[tokio::test(flavor = "multi_thread")]
async fn foreign_pages_and_foreign_names_get_nothing() {
    let app = TestApp::start(true).await;
    let body = json!({ "procedure": "1.001776" });
    let foreign = app.post("/api/v1/dossiers").header("origin", "http://evil.example").json(&body);
    assert_eq!(app.problem(foreign).await["type"], "urn:sohoa:problem:cross-origin");
    let renamed = app.get("/api/v1/catalogue").header("host", "evil.example");
    assert_eq!(app.problem(renamed).await["type"], "urn:sohoa:problem:wrong-host");
}

pub const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// As a browser sends a form.
pub fn form(fields: &[(&str, String)]) -> String {
    let escape = |text: &str| text.bytes().map(|b| format!("%{b:02X}")).collect::<String>();
    fields.iter().map(|(name, value)| format!("{name}={}", escape(value))).collect::<Vec<_>>().join("&")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_lead_from_upload_to_the_store() {
    let scan = papers::clean(Kind::Decision, 47);
    let app = TestApp::start(true).await;
    let home = app.get("/").send().await.unwrap();
    assert!(home.headers()["content-security-policy"].to_str().unwrap().contains("script-src 'self'"));
    assert!(home.text().await.unwrap().contains("Giấy tờ mới nhận"));

    let upload = reqwest::multipart::Form::new()
        .text("kind", "1.001776 KQ1")
        .text("form", "original")
        .part("file", reqwest::multipart::Part::bytes(papers::bytes(&scan)).file_name("scan.pdf"));
    let page = app.post("/papers").multipart(upload).send().await.unwrap();
    let place = page.url().path().to_owned();
    let paper = place.strip_prefix("/papers/").unwrap().to_owned();
    app.settled(&paper).await;

    let page = app.get(&place).send().await.unwrap().text().await.unwrap();
    for part in ["Xác nhận và cấp mã", "Số, ký hiệu giấy tờ", "<rect", "/pages/1"] {
        assert!(page.contains(part), "{part}");
    }
    let picture = app.get(&format!("{place}/pages/1")).send().await.unwrap();
    assert_eq!(picture.headers()["content-type"], "image/jpeg");

    let truth = truth_of(&scan);
    let text = |name: &str| truth[name].as_str().unwrap_or_default().to_owned();
    let fields: Vec<(&str, String)> = [
        "document_type_code",
        "owner_id",
        "document_name",
        "document_number",
        "issued_on",
        "issuing_authority",
        "abstract",
        "validity_scope",
    ]
    .into_iter()
    .map(|name| (name, text(name)))
    .collect();
    // Emptied by mistake: nothing is lost, and the page says so.
    let mut emptied = fields.clone();
    emptied[0].1 = String::new();
    let again = app
        .post(&format!("{place}/confirm"))
        .body(form(&emptied))
        .header(FORM.0, FORM.1)
        .send()
        .await
        .unwrap();
    assert_eq!(again.status(), 422);
    assert!(again.text().await.unwrap().contains("bắt buộc phải có"));

    app.post(&format!("{place}/confirm")).body(form(&fields)).header(FORM.0, FORM.1).send().await.unwrap();
    app.settled(&paper).await;
    let page = app.get(&place).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("Đã lưu vào kho"), "{page}");

    let found = app
        .post("/owners")
        .body(form(&[("owner", text("owner_id")), ("purpose", "trợ cấp".to_owned())]))
        .header(FORM.0, FORM.1)
        .send()
        .await
        .unwrap();
    let page = found.text().await.unwrap();
    assert!(page.contains(&text("document_number")) && page.contains("chưa ký số"), "{page}");
}
