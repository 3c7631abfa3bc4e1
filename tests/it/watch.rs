//! The hot folder: received once, whole, and moved to where a clerk sees what became of it.

use std::{
    fs,
    io::Write,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use serde_json::Value;
use sohoa::{
    domain::eligibility::HandedInAs,
    workflows::watch::{Handled, Outcome, Settings, Watch, WatchError},
};

use crate::{
    generator::Kind,
    support::{
        app::TestApp,
        cli::{Ran, command, sohoa},
        papers, scans,
    },
};

fn watched_once(folder: &Path, data: &Path) -> Ran {
    let args = ["watch", "--once", "--json", "--settle", "0", "--patience", "0", "--data"];
    sohoa(args.into_iter().chain([data.to_str().unwrap(), folder.to_str().unwrap()]))
}

fn names(folder: &Path) -> Vec<String> {
    let mut found: Vec<String> = fs::read_dir(folder)
        .map(|entries| entries.map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect())
        .unwrap_or_default();
    found.sort();
    found
}

fn outcomes(answers: &[Value]) -> Vec<(String, String)> {
    let text = |v: &Value| v.as_str().unwrap().to_owned();
    let mut found: Vec<_> = answers.iter().map(|a| (text(&a["input"]), text(&a["outcome"]))).collect();
    found.sort();
    found
}

#[test]
fn files_land_where_a_clerk_sees_what_became_of_them() {
    let dir = tempfile::tempdir().unwrap();
    let (folder, data) = (dir.path().join("quet"), dir.path().join("data"));
    fs::create_dir(&folder).unwrap();
    let put = |name: &str, bytes: &[u8]| fs::write(folder.join(name), bytes).unwrap();
    let good = papers::bytes(&papers::clean(Kind::WorkPermit, 41));
    put("giay-phep.pdf", &good);
    put("xau.pdf", b"no pdf at all");
    put("rong.pdf", b"");
    put("dang-quet.pdf.part", &good);
    put(".an.pdf", &good);
    std::os::unix::fs::symlink("/etc/hostname", folder.join("lien-ket.pdf")).unwrap();
    let notice = papers::write(&papers::clean(Kind::Notice, 42), dir.path());
    fs::create_dir(folder.join("thong-bao")).unwrap();
    scans::scanned(&notice, &folder.join("thong-bao").join("trang"), 200);
    fs::create_dir(folder.join("chua-co-gi")).unwrap();

    let ran = watched_once(&folder, &data);
    let pair = |name: &str, outcome: &str| (name.to_owned(), outcome.to_owned());
    let expected = [
        pair("giay-phep.pdf", "received"),
        pair("rong.pdf", "failed"),
        pair("thong-bao", "received"),
        pair("xau.pdf", "failed"),
    ];
    assert_eq!(outcomes(&ran.answers()), expected, "{}{}", ran.stdout, ran.stderr);
    assert_eq!(ran.code, 3);
    assert_eq!(
        names(&folder.join("da-nhan")),
        ["giay-phep.pdf", "giay-phep.pdf.txt", "thong-bao", "thong-bao.txt"]
    );
    assert_eq!(names(&folder.join("loi")), ["rong.pdf", "rong.pdf.txt", "xau.pdf", "xau.pdf.txt"]);
    assert_eq!(names(&folder.join("dang-xu-ly")), Vec::<String>::new());
    for left in ["dang-quet.pdf.part", ".an.pdf", "lien-ket.pdf", "chua-co-gi"] {
        assert!(fs::symlink_metadata(folder.join(left)).is_ok(), "{left}");
    }
    let why = fs::read_to_string(folder.join("loi").join("xau.pdf.txt")).unwrap();
    assert!(why.contains("không phải PDF") && why.contains("Cần làm:"), "{why}");
    let done = fs::read_to_string(folder.join("da-nhan").join("giay-phep.pdf.txt")).unwrap();
    assert!(done.contains("Chờ xác nhận"), "{done}");
    assert_eq!(fs::read(folder.join("da-nhan").join("giay-phep.pdf")).unwrap(), good);

    // The same bytes under another name.
    put("giay-phep-2.pdf", &good);
    let again = watched_once(&folder, &data);
    assert_eq!(outcomes(&again.answers()), [pair("giay-phep-2.pdf", "duplicate")], "{}", again.stderr);
    assert_eq!(names(&folder.join("trung")), ["giay-phep-2.pdf", "giay-phep-2.pdf.txt"]);
    assert_eq!(
        again.answers()[0]["papers"],
        ran.answers().iter().find(|a| a["input"] == "giay-phep.pdf").unwrap()["papers"]
    );
}

#[test]
fn a_pile_with_separators_is_split() {
    let dir = tempfile::tempdir().unwrap();
    let (folder, data) = (dir.path().join("quet"), dir.path().join("data"));
    fs::create_dir(&folder).unwrap();
    let sheet = dir.path().join("sheet.pdf");
    assert_eq!(sohoa(["separators", "--patch", sheet.to_str().unwrap()]).code, 0);
    let first = papers::write(&papers::clean(Kind::WorkPermit, 43), dir.path());
    let second = papers::write(&papers::clean(Kind::Notice, 44), dir.path());
    scans::united(&[&first, &sheet, &second], &folder.join("chong.pdf"));
    let args =
        ["watch", "--once", "--json", "--settle", "0", "--procedure", "2.000205", "--component", "KQ1"];
    let ran = sohoa(args.into_iter().chain(["--data", data.to_str().unwrap(), folder.to_str().unwrap()]));
    let answer = ran.answer();
    assert_eq!(answer["outcome"], "received", "{answer:#}\n{}", ran.stderr);
    assert_eq!(answer["papers"].as_array().unwrap().len(), 2);
    let note = fs::read_to_string(folder.join("da-nhan").join("chong.pdf.txt")).unwrap();
    assert!(note.contains("(trang 1 của tệp)"), "{note}");
}

fn settings(folder: &Path) -> Settings {
    Settings {
        folder: folder.to_owned(),
        out: folder.to_owned(),
        procedure: None,
        role: None,
        form: HandedInAs::Original,
        settle: Duration::from_secs(3),
        patience: Duration::from_secs(60),
        max_bytes: 64 << 20,
    }
}

fn watch(app: &TestApp, folder: &Path) -> Watch {
    Watch::open(app.ctx.clone(), app.ctx.rules.officer.clone(), settings(folder)).unwrap()
}

async fn n_papers(app: &TestApp) -> usize {
    sohoa::workflows::browse::newest_papers(&app.ctx, &app.ctx.rules.officer, 100).await.unwrap().len()
}

/// Looks on, without time passing, until something was dealt with.
async fn until_handled(watch: &mut Watch, at: u64) -> Handled {
    for _ in 0..1200 {
        let handled = watch.tick(Duration::from_secs(at)).await.unwrap();
        if let Some(handled) = handled.into_iter().next() {
            return handled;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("nothing was dealt with");
}

#[tokio::test]
async fn a_file_is_taken_when_it_is_whole_and_nobody_writes_to_it() {
    let app = TestApp::start(true).await;
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    let mut watch = watch(&app, folder);
    let at = Duration::from_secs;
    let scan =
        papers::page_of(&[("THÔNG BÁO", 90.0, 60.0, 16.0), ("Về việc thử thư mục quét", 60.0, 70.0, 13.0)]);
    let (head, tail) = scan.split_at(scan.len() / 2);
    let path = folder.join("scan.jpg");

    // A scanner that keeps the file open: however long nothing changes, it is not taken.
    let mut scanner = fs::File::create(&path).unwrap();
    scanner.write_all(head).unwrap();
    for seconds in [0, 10, 100] {
        assert!(watch.tick(at(seconds)).await.unwrap().is_empty());
    }
    // It lets go, and the end is missing: waited for.
    drop(scanner);
    for seconds in [101, 104, 110] {
        assert!(watch.tick(at(seconds)).await.unwrap().is_empty(), "{seconds}");
    }
    assert!(path.exists() && n_papers(&app).await == 0);
    // The rest comes, from another machine as it were; it still has to lie still.
    let mut scanner = fs::File::options().append(true).open(&path).unwrap();
    scanner.write_all(tail).unwrap();
    drop(scanner);
    for seconds in [111, 113] {
        assert!(watch.tick(at(seconds)).await.unwrap().is_empty() && path.exists(), "{seconds}");
    }
    let handled = until_handled(&mut watch, 115).await;
    assert_ne!(handled.outcome, Outcome::Failed, "{handled:?}");
    assert_eq!((handled.papers.len(), n_papers(&app).await), (1, 1));
    assert!(!path.exists());
}

#[tokio::test]
async fn a_cut_file_is_told_when_patience_ends_and_stops_no_other() {
    let app = TestApp::start(true).await;
    let dir = tempfile::tempdir().unwrap();
    let mut watch = watch(&app, dir.path());
    let scan = papers::page_of(&[("CÔNG VĂN", 90.0, 60.0, 16.0)]);
    fs::write(dir.path().join("cut.jpg"), &scan[..scan.len() / 2]).unwrap();
    fs::write(dir.path().join("whole.jpg"), &scan).unwrap();
    assert!(watch.tick(Duration::ZERO).await.unwrap().is_empty());
    let handled = until_handled(&mut watch, 4).await;
    assert_eq!(handled.name, "whole.jpg");
    let handled = until_handled(&mut watch, 70).await;
    assert_eq!((handled.name.as_str(), handled.outcome), ("cut.jpg", Outcome::Failed));
    let note = fs::read_to_string(dir.path().join("loi").join("cut.jpg.txt")).unwrap();
    assert!(note.contains("cụt"), "{note}");
}

#[tokio::test]
async fn killed_in_the_middle_nothing_is_lost_and_nothing_received_twice() {
    let app = TestApp::start(true).await;
    let dir = tempfile::tempdir().unwrap();
    let one = papers::page_of(&[("TỜ TRÌNH", 90.0, 60.0, 16.0)]);
    let two = papers::page_of(&[("KẾ HOẠCH", 90.0, 60.0, 16.0)]);

    // Killed after it was claimed, before it was received.
    fs::create_dir(dir.path().join("dang-xu-ly")).unwrap();
    fs::write(dir.path().join("dang-xu-ly").join("one.jpg"), &one).unwrap();
    let mut first = watch(&app, dir.path());
    let handled = until_handled(&mut first, 0).await;
    assert_eq!((handled.name.as_str(), n_papers(&app).await), ("one.jpg", 1));

    // Another process must not watch meanwhile.
    let second = Watch::open(app.ctx.clone(), app.ctx.rules.officer.clone(), settings(dir.path()));
    assert!(matches!(second.err(), Some(WatchError::Watched)));

    // Killed after it was received, before it was moved on.
    fs::write(dir.path().join("two.jpg"), &two).unwrap();
    let mut n_looks = 0;
    while dir.path().join("two.jpg").exists() {
        assert!(n_looks < 3, "the file was not claimed");
        n_looks += 1;
        first.tick(Duration::from_secs(10 * n_looks)).await.unwrap();
    }
    drop(first);
    let mut third = watch(&app, dir.path());
    let claimed = dir.path().join("dang-xu-ly").join("two.jpg");
    if claimed.exists() {
        let handled = until_handled(&mut third, 0).await;
        assert_eq!(handled.name, "two.jpg");
        assert_ne!(handled.outcome, Outcome::Duplicate);
    }
    assert_eq!(n_papers(&app).await, 2);
    assert!(!claimed.exists());
}

/// Ends the process whatever the test says.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_loop_takes_what_comes_and_ends_when_it_is_told_to() {
    let dir = tempfile::tempdir().unwrap();
    let (folder, data) = (dir.path().join("quet"), dir.path().join("data"));
    fs::create_dir(&folder).unwrap();
    let mut command = command();
    command.args(["watch", "--settle", "0.2", "--data", data.to_str().unwrap(), folder.to_str().unwrap()]);
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut running = Running(child);
    let wait_for = |path: &Path| {
        for _ in 0..1200 {
            if path.exists() {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("{} never came", path.display());
    };
    wait_for(&folder.join("dang-xu-ly"));
    let scan = papers::page_of(&[("GIẤY MỜI", 90.0, 60.0, 16.0)]);
    fs::write(folder.join("scan.jpg"), scan).unwrap();
    for _ in 0..1200 {
        if ["da-nhan", "loi"].iter().any(|into| folder.join(into).join("scan.jpg").exists()) {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(!folder.join("scan.jpg").exists());
    let id = running.0.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    assert_eq!(running.0.wait().unwrap().code(), Some(0));
}

#[tokio::test]
async fn a_secret_paper_is_left_nowhere_in_clear() {
    let app = TestApp::start(true).await;
    let dir = tempfile::tempdir().unwrap();
    let mut watch = watch(&app, dir.path());
    let scan = papers::page_of(&[
        ("ỦY BAN NHÂN DÂN XÃ MẪU", 30.0, 25.0, 12.0),
        ("TỐI MẬT", 32.0, 45.0, 16.0),
        ("Nội dung của văn bản này là bí mật nhà nước và không được sao chụp.", 30.0, 80.0, 14.0),
        ("Người nhận văn bản có trách nhiệm bảo quản theo quy định.", 30.0, 90.0, 14.0),
    ]);
    fs::write(dir.path().join("scan.jpg"), scan).unwrap();
    assert!(watch.tick(Duration::ZERO).await.unwrap().is_empty());
    let handled = until_handled(&mut watch, 4).await;
    assert_eq!((handled.outcome, handled.moved_to), (Outcome::NeedsPerson, None));
    for folder in ["", "da-nhan", "dang-xu-ly", "loi", "trung"] {
        assert!(!names(&dir.path().join(folder)).contains(&"scan.jpg".to_owned()), "{folder}");
    }
    let note = fs::read_to_string(dir.path().join("loi").join("scan.jpg.txt")).unwrap();
    assert!(note.contains("Điều 5 khoản 1") && note.contains("Cần làm:"), "{note}");
}
