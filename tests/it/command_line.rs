//! The command line, as the contract has it: answers, exit codes, files.

use std::{fs, path::Path};

use serde_json::Value;

use crate::{
    contract::holds,
    generator::{Container, Kind, Spoiling},
    support::{
        cli::{Ran, judge, sohoa},
        papers,
    },
};

fn digitise(data: &Path, args: &[&str]) -> Ran {
    let mut all = vec!["digitise", "--json", "--data", data.to_str().unwrap()];
    all.extend(args);
    sohoa(all)
}

#[test]
fn an_accepted_paper_is_stored_and_its_coded_pdf_written() {
    let dir = tempfile::tempdir().unwrap();
    let scan = papers::clean(Kind::WorkPermit, 12);
    let path = papers::write(&scan, dir.path());
    let (data, out) = (dir.path().join("data"), dir.path().join("out"));
    let args = ["--procedure", "2.000205", "--component", "KQ1", "--accept", "--officer", "demo", "--out"];
    let args: Vec<&str> = args.into_iter().chain([out.to_str().unwrap(), path.to_str().unwrap()]).collect();
    let ran = digitise(&data, &args);
    let answer = ran.answer();
    holds("digitise", &answer);
    assert_eq!((ran.code, answer["outcome"].as_str()), (0, Some("stored")), "{}\n{answer:#}", ran.stderr);
    assert_eq!(answer["code"]["status"], "assigned");
    let coded = out.join(format!("{}.coded.pdf", path.file_stem().unwrap().to_str().unwrap()));
    let checked = judge("qpdf", "qpdf", &["--check".as_ref(), coded.as_os_str()]);
    assert_eq!(checked.code, 0, "{}{}", checked.stdout, checked.stderr);

    // The same paper again: its code is taken, and a person has to look.
    let again = digitise(&data, &args);
    assert_eq!((again.code, again.answer()["outcome"].as_str()), (5, Some("needs_person")));

    let verified = sohoa(["audit", "verify", "--data", data.to_str().unwrap()]);
    assert_eq!(verified.code, 0, "{}", verified.stderr);
    assert!(verified.stdout.contains("nguyên vẹn"));
}

#[test]
fn acceptance_is_refused_while_a_field_is_unread() {
    let dir = tempfile::tempdir().unwrap();
    let scan = papers::with(Kind::OfficialLetter, 13, Container::Pdf, &[Spoiling::PenNumber]);
    let path = papers::write(&scan, dir.path());
    let data = dir.path().join("data");
    let ran = digitise(&data, &["--accept", "--officer", "demo", path.to_str().unwrap()]);
    let answer = ran.answer();
    assert_eq!((ran.code, answer["outcome"].as_str()), (5, Some("needs_person")), "{answer:#}");
    assert_eq!(answer["code"], Value::Null);
}

#[test]
fn wrong_usage_says_what_is_wrong() {
    let dir = tempfile::tempdir().unwrap();
    let path = papers::write(&papers::clean(Kind::Notice, 14), dir.path());
    let path = path.to_str().unwrap();
    let data = dir.path().join("data");
    for (args, part) in [
        (vec!["--procedure", "9.999999", "--dry-run", path], "không có thủ tục 9.999999"),
        (vec!["--procedure", "1776", "--dry-run", path], "mã thủ tục phải có dạng"),
        (vec!["--component", "01", "--dry-run", path], "--component cần đi cùng --procedure"),
        (vec!["--accept", "--officer", "nobody", path], "không có công chức"),
        (vec!["--accept", path], "--officer"),
        (vec!["--pages", "2", "--dry-run", path, path], "--pages chỉ dùng với một PATH"),
        (vec!["--pages", "0", "--dry-run", path], "--pages phải từ 1"),
        (vec!["--form", "fax", "--dry-run", path], "hình thức nộp"),
        (vec!["--owner", "12", "--dry-run", path], "--owner"),
        (vec!["--dry-run"], "chưa nêu giấy tờ nào"),
    ] {
        let ran = digitise(&data, &args);
        assert_eq!(ran.code, 2, "{args:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(part), "{args:?}: {}", ran.stderr);
        assert_eq!(ran.stdout, "", "{args:?}");
    }
}

#[test]
fn the_form_it_was_handed_in_decides() {
    let dir = tempfile::tempdir().unwrap();
    let path = papers::write(&papers::clean(Kind::BirthCertificate, 15), dir.path());
    let path = path.to_str().unwrap();
    for (args, clause) in [
        (["--procedure", "1.001776", "--component", "05", "--form", "original"], "Điều 5 khoản 4"),
        (
            ["--procedure", "2.000286", "--component", "02", "--form", "certified_paper_copy"],
            "Điều 5 khoản 3",
        ),
    ] {
        let mut all = vec!["digitise", "--json", "--dry-run"];
        all.extend(args);
        all.push(path);
        let ran = sohoa(all);
        let answer = ran.answer();
        holds("digitise", &answer);
        assert_eq!((ran.code, answer["outcome"].as_str()), (4, Some("refused")));
        assert_eq!(answer["reasons"][0]["kind"], "do_not_digitise");
        assert!(answer["reasons"][0]["rule"].as_str().unwrap().contains(clause));
    }
}

#[test]
fn one_bad_input_never_stops_the_others() {
    let dir = tempfile::tempdir().unwrap();
    let good = papers::write(&papers::clean(Kind::WorkPermit, 16), dir.path());
    let bad = dir.path().join("bad.pdf");
    fs::write(&bad, "no pdf").unwrap();
    let ran = sohoa(["digitise", "--json", "--dry-run", bad.to_str().unwrap(), good.to_str().unwrap()]);
    let outcomes: Vec<String> =
        ran.answers().iter().map(|a| a["outcome"].as_str().unwrap().to_owned()).collect();
    assert_eq!(outcomes[0], "unreadable");
    assert_ne!(outcomes[1], "unreadable");
    assert!(ran.code >= 3);
}

#[test]
fn pages_are_counted_and_checked() {
    let dir = tempfile::tempdir().unwrap();
    let scan = papers::clean(Kind::Decision, 17);
    let path = papers::write(&scan, dir.path());
    let path = path.to_str().unwrap();
    let n = scan.truth.pages;
    let counted = sohoa(["check", "--count", path]);
    assert_eq!((counted.code, counted.stdout.clone()), (0, format!("{n}\t{path}\n")), "{}", counted.stderr);
    let right = sohoa(["check", "--json", "--pages", &n.to_string(), path]);
    assert_eq!(right.code, 0, "{}", right.stdout);
    holds("digitise", &right.answer());
    let wrong = sohoa(["check", "--json", "--pages", &(n + 2).to_string(), path]);
    assert_eq!((wrong.code, wrong.answer()["reasons"][0]["kind"].as_str()), (5, Some("wrong_page_count")));
    assert_eq!(sohoa(["check", "--count", "--pages", "9", path]).code, 5);
}

#[test]
fn a_code_is_stamped_once() {
    let dir = tempfile::tempdir().unwrap();
    let path = papers::write(&papers::clean(Kind::Notice, 18), dir.path());
    let code = "001085012345.1.001776-KQ1.1917/QĐ-BLĐTBXH";
    let out = dir.path().join("out.pdf");
    let stamp = |code: &str, from: &Path, to: &Path| {
        sohoa(["stamp", "--json", "--code", code, from.to_str().unwrap(), to.to_str().unwrap()])
    };
    let ran = stamp(code, &path, &out);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    holds("stamp", &ran.answer());
    assert_eq!(ran.answer()["way"], "page_content");
    let text = judge("pdftotext", "poppler-utils", &[out.as_os_str(), "-".as_ref()]);
    let squeezed: String = text.stdout.chars().filter(|c| !c.is_whitespace()).collect();
    assert!(squeezed.contains(code), "{}", text.stdout);

    let again = dir.path().join("again.pdf");
    assert_eq!(stamp(code, &out, &again).code, 0);
    assert_eq!(fs::read(&again).unwrap(), fs::read(&out).unwrap(), "a second run changed something");
    let other = stamp("001085012345.1.001776-KQ1.2/QĐ", &out, &dir.path().join("other.pdf"));
    assert_eq!(other.code, 3);
    assert!(!dir.path().join("other.pdf").exists());
    assert_eq!(stamp("no code", &path, &dir.path().join("x.pdf")).code, 2);
}

#[test]
fn a_catalogue_is_imported_whole_or_not_at_all() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let data = data.to_str().unwrap();
    let text = fs::read_to_string("schemas/catalogue/procedures.json").unwrap();
    let broken = dir.path().join("broken.json");
    fs::write(
        &broken,
        text.replacen("\"full_type_code\": \"1.001776.01\"", "\"full_type_code\": \"1.001776.02\"", 1),
    )
    .unwrap();
    let refused = sohoa(["catalogue", "import", "--data", data, broken.to_str().unwrap()]);
    assert_eq!(refused.code, 3);
    assert!(refused.stderr.contains("full_type_code phải là 1.001776.01"), "{}", refused.stderr);
    let changed = dir.path().join("changed.json");
    fs::write(&changed, text.replacen("Bảo trợ xã hội", "Bảo trợ xã hội, trẻ em", 1)).unwrap();
    let import =
        ["catalogue", "import", "--data", data, "--effective", "2026-01-01", "--decision", "25/QĐ-BYT"];
    let tried = sohoa(import.into_iter().chain(["--dry-run", "--json", changed.to_str().unwrap()]));
    let report = tried.answer();
    assert_eq!((&report["is_imported"], &report["effective_on"]), (&false.into(), &"2026-01-01".into()));
    assert_eq!(report["differences"][0]["kind"], "procedure_changed", "{report:#}");
    let imported = sohoa(import.into_iter().chain([changed.to_str().unwrap()]));
    let first = "Đã nhập: 21 thủ tục, 76 thành phần; có hiệu lực từ 01/01/2026.";
    assert_eq!((imported.code, imported.stdout.lines().next()), (0, Some(first)), "{}", imported.stderr);
    assert!(
        imported.stdout.contains("lĩnh vực: Bảo trợ xã hội → Bảo trợ xã hội, trẻ em"),
        "{}",
        imported.stdout
    );
    for (option, value) in
        [("--effective", "31/02/2027"), ("--effective", "2207-01-01"), ("--decision", "a\u{7}b")]
    {
        let refused = sohoa(["catalogue", "import", "--data", data, option, value, broken.to_str().unwrap()]);
        assert_eq!(refused.code, 2, "{option} {value}: {}", refused.stderr);
    }
    let again = sohoa(["catalogue", "import", "--data", data, changed.to_str().unwrap()]);
    assert!(again.stdout.contains("không có gì thay đổi"));
}

#[test]
fn officers_are_added_and_named_on_acts() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let number = dir.path().join("number");
    fs::write(&number, "079190000001\n").unwrap();
    let add =
        ["officer", "add", "--data", data.to_str().unwrap(), "--name", "Trần Thị Mẫu", "--personal-id-file"];
    let added = sohoa(add.into_iter().chain([number.to_str().unwrap()]));
    assert_eq!(added.code, 0, "{}", added.stderr);
    let listed = sohoa(["officer", "list", "--data", data.to_str().unwrap()]);
    assert!(listed.stdout.contains(&format!("{}\tTrần Thị Mẫu", added.stdout.trim())), "{}", listed.stdout);
}

#[test]
fn the_service_listens_on_this_machine_only() {
    let dir = tempfile::tempdir().unwrap();
    let ran = sohoa(["serve", "--data", dir.path().to_str().unwrap(), "--listen", "0.0.0.0:0"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("127.0.0.1"), "{}", ran.stderr);
}

#[test]
fn every_command_has_help_with_an_example() {
    for command in ["serve", "worker", "check", "digitise", "pages", "stamp", "catalogue", "officer", "audit"]
    {
        let ran = sohoa([command, "-h"]);
        assert_eq!(ran.code, 0);
        assert!(ran.stdout.contains("Ví dụ: sohoa"), "{command}: {}", ran.stdout);
    }
}
