//! Separator sheets and feeder batches: each paper lands where its sheet says, and no page is lost.

use std::{
    fs,
    path::{Path, PathBuf},
};

use reqwest::multipart;
use serde_json::{Value, json};

use crate::{
    contract::holds,
    generator::{Kind, Paper},
    support::{
        app::{TestApp, on_both_databases},
        cli::{judge, sohoa},
        papers, scans,
    },
};

struct Pile {
    dir: tempfile::TempDir,
    parts: Vec<PathBuf>,
}

impl Pile {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), parts: Vec::new() }
    }

    fn lay(&mut self, pdf: &[u8]) {
        let path = self.dir.path().join(format!("part-{}.pdf", self.parts.len()));
        fs::write(&path, pdf).unwrap();
        self.parts.push(path);
    }

    fn lay_paper(&mut self, paper: &Paper) {
        self.lay(&papers::bytes(paper));
    }

    /// One PDF, as a feeder scanner makes it.
    fn pdf(&self) -> PathBuf {
        let to = self.dir.path().join("pile.pdf");
        scans::united(&self.parts.iter().map(PathBuf::as_path).collect::<Vec<_>>(), &to);
        to
    }
}

async fn sheets(app: &TestApp, dossier: &str, query: &str) -> Vec<u8> {
    let response = app.get(&format!("/api/v1/dossiers/{dossier}/separators{query}")).send().await.unwrap();
    assert_eq!(response.status(), 200, "{query}");
    assert_eq!(response.headers()["content-type"], "application/pdf");
    response.bytes().await.unwrap().to_vec()
}

fn form(file: &Path) -> multipart::Form {
    let part = multipart::Part::bytes(fs::read(file).unwrap()).file_name("pile");
    multipart::Form::new().part("file", part)
}

fn pages_of(paper: &Value) -> Vec<u64> {
    paper["pages"].as_array().unwrap().iter().map(|p| p.as_u64().unwrap()).collect()
}

#[tokio::test]
async fn a_batch_comes_apart_into_the_papers_its_sheets_name() {
    on_both_databases(async |app| {
        let permit = papers::clean(Kind::WorkPermit, 31);
        let decision = papers::clean(Kind::Decision, 32);
        let (n_permit, n_decision) = (permit.truth.pages as u64, decision.truth.pages as u64);
        let first = app.open_dossier("2.000205").await;
        let second = app.open_dossier("1.001776").await;
        let mut pile = Pile::new();
        pile.lay(&sheets(&app, &first, &format!("?component=KQ1&pages={n_permit}")).await);
        pile.lay_paper(&permit);
        pile.lay(&sheets(&app, &second, "?component=KQ1").await);
        pile.lay_paper(&decision);
        let pile = pile.pdf();

        let batch = app.json(app.post("/api/v1/batches").multipart(form(&pile))).await;
        assert_eq!(batch["messages"], json!([]), "{batch:#}");
        assert_eq!(batch["pages"], n_permit + n_decision + 2);
        let sheets: Vec<u64> =
            batch["separators"].as_array().unwrap().iter().map(|s| s["position"].as_u64().unwrap()).collect();
        assert_eq!(sheets, [1, n_permit + 2]);
        let [permit, decision] = batch["papers"].as_array().unwrap().as_slice() else { panic!("{batch:#}") };
        assert_eq!((&permit["dossier"], &permit["component"]), (&json!(first), &json!("KQ1")));
        assert_eq!(permit["declared_pages"], n_permit);
        assert_eq!((&decision["dossier"], &decision["component"]), (&json!(second), &json!("KQ1")));
        assert_eq!(pages_of(permit), (2..n_permit + 2).collect::<Vec<_>>());
        assert_eq!(pages_of(decision), (n_permit + 3..n_permit + n_decision + 3).collect::<Vec<_>>());

        // Both are read from the same kept bytes, each with its own pages alone.
        let mut originals = Vec::new();
        for (paper, n_pages) in [(permit, n_permit), (decision, n_decision)] {
            let seen = app.settled(paper["paper"].as_str().unwrap()).await;
            assert_eq!(seen["state"], "to_confirm", "{seen:#}");
            assert_eq!(seen["pages"].as_array().unwrap().len() as u64, n_pages);
            originals.push(seen["originals"][0]["blake3"].clone());
        }
        assert_eq!(originals[0], originals[1]);

        // Sent again, nothing is received again.
        let again = app.problem(app.post("/api/v1/batches").multipart(form(&pile))).await;
        assert_eq!((again["status"].as_u64(), &again["conflict_with"]), (Some(409), &permit["paper"]));
        let dossier = app.json(app.get(&format!("/api/v1/dossiers/{first}"))).await;
        assert_eq!(dossier["papers"].as_array().unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn whatever_is_wrong_with_the_sheets_no_page_is_lost() {
    let app = TestApp::start(true).await;
    let elsewhere = TestApp::start(true).await;
    let notice = papers::clean(Kind::Notice, 33);
    let permit = papers::clean(Kind::WorkPermit, 34);
    let here = app.open_dossier("2.000205").await;
    let there = elsewhere.open_dossier("2.000205").await;
    let mut pile = Pile::new();
    pile.lay_paper(&notice); // before any sheet
    pile.lay(&sheets(&elsewhere, &there, "?component=KQ1").await); // a dossier of another installation
    pile.lay_paper(&permit);
    pile.lay(&sheets(&app, &here, "?component=01").await); // nothing lies behind it
    pile.lay(&sheets(&app, &here, "?component=KQ1").await);
    pile.lay_paper(&permit);
    let batch = app.json(app.post("/api/v1/batches").multipart(form(&pile.pdf()))).await;
    let found = batch["papers"].as_array().unwrap();
    assert_eq!(found.len(), 3, "{batch:#}");
    for (paper, part) in found.iter().zip(["không có tờ phân cách ghi hồ sơ", "không có trong hệ thống này"])
    {
        assert!(paper["message"].as_str().unwrap().contains(part), "{batch:#}");
        assert_eq!(paper["component"], Value::Null);
        assert_ne!(paper["dossier"], json!(here));
    }
    assert_eq!((&found[2]["dossier"], &found[2]["message"]), (&json!(here), &Value::Null));
    assert!(batch["messages"][0].as_str().unwrap().contains("không có giấy tờ nào"), "{batch:#}");
    let n_pages: usize = found.iter().map(|p| pages_of(p).len()).sum();
    let n_sheets = batch["separators"].as_array().unwrap().len();
    assert_eq!((n_pages + n_sheets) as u64, batch["pages"].as_u64().unwrap());

    let mut none = Pile::new();
    none.lay_paper(&notice);
    let problem = app.problem(app.post("/api/v1/batches").multipart(form(&none.parts[0]))).await;
    assert_eq!(problem["type"], "urn:sohoa:problem:no-separators");
    let mut only = Pile::new();
    only.lay(&sheets(&app, &here, "").await);
    let problem = app.problem(app.post("/api/v1/batches").multipart(form(&only.parts[0]))).await;
    assert_eq!(problem["type"], "urn:sohoa:problem:only-separators");
}

#[tokio::test]
async fn sheets_are_asked_for_rightly_or_refused() {
    let app = TestApp::start(true).await;
    let dossier = app.open_dossier("1.001776").await;
    for (query, status) in [
        ("?component=99", 404),
        ("?component=một", 400),
        ("?component=01&pages=0", 400),
        ("?component=01,02&pages=3", 400),
        ("?color=red", 400),
    ] {
        let place = format!("/api/v1/dossiers/{dossier}/separators{query}");
        let problem = app.problem(app.get(&place)).await;
        assert_eq!(problem["status"], status, "{query}: {problem}");
    }
    let problem = app.problem(app.get("/api/v1/dossiers/nowhere/separators")).await;
    assert_eq!(problem["status"], 404);
    // All components that are digitised, and a plain sheet; readable words, sound files.
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("sheets.pdf");
    fs::write(&path, sheets(&app, &dossier, "?patch=true").await).unwrap();
    assert_eq!(judge("qpdf", "qpdf", &["--check".as_ref(), path.as_os_str()]).code, 0);
    let words = judge("pdftotext", "poppler-utils", &["-layout".as_ref(), path.as_os_str(), "-".as_ref()]);
    for part in ["TỜ PHÂN CÁCH", &dossier, "1.001776", "Thành phần:", "TỜ PHÂN CÁCH TRƠN"] {
        assert!(words.stdout.contains(part), "{part}\n{}", words.stdout);
    }
}

/// Printed, laid between the papers, scanned on both sides at 200 dpi: the command line from end to end.
#[test]
fn a_scanned_pile_is_split_at_the_command_line() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    let data = at("data");
    let data = data.to_str().unwrap();
    let imported = sohoa(["officer", "list", "--data", data]);
    assert_eq!(imported.code, 2, "an installation appears only when something is kept");
    let permit = papers::clean(Kind::WorkPermit, 35);
    let path = papers::write(&permit, dir.path());
    let path = path.to_str().unwrap();
    let first =
        sohoa(["digitise", "--json", "--data", data, "--procedure", "2.000205", "--component", "KQ1", path]);
    assert!(first.answer()["paper"].is_string(), "{}", first.stderr);

    let sheet = at("sheet.pdf");
    // The dossier's id is in the list of the newest papers; here it is made by a second batch below.
    let patch = sohoa(["separators", "--patch", sheet.to_str().unwrap()]);
    assert_eq!(patch.code, 0, "{}", patch.stderr);
    let pile = at("pile");
    fs::create_dir(&pile).unwrap();
    let mut n = 0;
    let mut lay = |bytes: &[u8]| {
        n += 1;
        fs::write(pile.join(format!("{n}.jpg")), bytes).unwrap();
    };
    let sheet_scan = fs::read(&scans::scanned(&sheet, &at("sheet"), 200)[0]).unwrap();
    let notice = papers::clean(Kind::Notice, 36);
    let notice_pdf = papers::write(&notice, dir.path());
    let notice_scan: Vec<Vec<u8>> =
        scans::scanned(&notice_pdf, &at("notice"), 200).iter().map(|p| fs::read(p).unwrap()).collect();
    let permit_scan: Vec<Vec<u8>> =
        scans::scanned(Path::new(path), &at("permit"), 200).iter().map(|p| fs::read(p).unwrap()).collect();
    notice_scan.iter().for_each(|p| lay(p));
    lay(&sheet_scan);
    lay(&scans::blank());
    permit_scan.iter().for_each(|p| lay(p));
    let pile = pile.to_str().unwrap();

    let seen = sohoa(["batch", "--dry-run", "--json", pile]).answer();
    assert_eq!(seen["separators"][0]["kind"], "patch", "{seen:#}");
    assert_eq!(seen["papers"].as_array().unwrap().len(), 2);
    let n_notice = notice_scan.len() as u64;
    assert_eq!(seen["papers"][1]["pages"][0], n_notice + 3, "the back of the sheet goes with it");

    // The check lists the sheet and finds nothing on it; each paper is checked by itself.
    let checked = sohoa(["check", "--json", pile]).answer();
    holds("digitise", &checked);
    let sheet_page = &checked["pages"][usize::try_from(n_notice).unwrap()];
    assert_eq!(sheet_page["separator"]["kind"], "patch", "{sheet_page}");
    for reason in checked["reasons"].as_array().unwrap() {
        let page = reason["page"].as_u64().unwrap_or(0);
        assert!(page != n_notice + 1 && page != n_notice + 2, "{reason}");
    }

    let ran = sohoa(["batch", "--json", "--data", data, pile]);
    let received = ran.answer();
    assert_eq!((ran.code, received["outcome"].as_str()), (5, Some("needs_person")), "{received:#}");
    assert_eq!(received["papers"].as_array().unwrap().len(), 2);
    let again = sohoa(["batch", "--json", "--data", data, pile]);
    assert_eq!((again.code, again.answer()["outcome"].as_str()), (5, Some("duplicate")));

    // A sheet for the dossier that was opened, printed and found again on the scan.
    let dossier = received["papers"][0]["dossier"].as_str().unwrap();
    let out = at("coded.pdf");
    let printed = sohoa(["separators", "--data", data, "--dossier", dossier, out.to_str().unwrap()]);
    assert_eq!(printed.code, 0, "{}", printed.stderr);
    let scan = &scans::scanned(&out, &at("coded"), 200)[0];
    let checked = sohoa(["check", "--json", scan.to_str().unwrap()]).answer();
    assert_eq!(checked["pages"][0]["separator"]["kind"], "sheet", "{checked:#}");
    assert_eq!(checked["pages"][0]["separator"]["dossier"], dossier);
    assert_eq!(checked["reasons"], json!([]));
}
