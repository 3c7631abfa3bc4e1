//! Kinds of paper are files: those of the program, and those of an installation.

use std::{collections::BTreeSet, fs, path::Path};

use crate::{
    generator::Kind,
    support::{cli::sohoa, papers},
};

/// A kind of an installation, with one field more than the built-in one of its name.
const OWN: &str = r#"
title = ["Giấy xác nhận khuyết tật"]
type = ["Giấy xác nhận khuyết tật"]
[[field]]
key = "level"
label = "Mức độ"
form = "choice"
after = ["Mức độ khuyết tật"]
choices = ["Đặc biệt nặng", "Nặng", "Nhẹ"]
[[example]]
text = """
= CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
= Độc lập - Tự do - Hạnh phúc

= GIẤY XÁC NHẬN KHUYẾT TẬT

Mức độ khuyết tật: Nặng
"""
expect = { level = "Nặng" }
"#;

fn check(folder: &Path) -> (i32, String) {
    let ran = sohoa(["catalogue", "check", "--templates", folder.to_str().unwrap()]);
    (ran.code, format!("{}{}", ran.stdout, ran.stderr))
}

#[test]
fn every_file_of_the_folder_is_built_in() {
    let source = fs::read_to_string("src/engines/extraction/template/built_in.rs").unwrap();
    let listed: BTreeSet<&str> =
        source.lines().filter_map(|l| l.trim().strip_prefix('"')?.strip_suffix("\",")).collect();
    let files: BTreeSet<String> = fs::read_dir("templates/documents")
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap().trim_end_matches(".toml").to_owned())
        .collect();
    assert_eq!(listed, files.iter().map(String::as_str).collect());
    assert!(files.len() >= 20);
}

#[test]
fn what_is_built_in_holds() {
    let ran = sohoa(["catalogue", "check"]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("ví dụ đọc đúng"), "{}", ran.stdout);
}

#[test]
fn a_folder_of_the_installation_replaces_and_adds() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("giay-xac-nhan-khuyet-tat.toml"), OWN).unwrap();
    let (code, said) = check(dir.path());
    assert_eq!(code, 0, "{said}");

    let config = dir.path().join("sohoa-config");
    fs::write(&config, format!("[documents]\ntemplates = {:?}\n", dir.path().to_str().unwrap())).unwrap();
    let scan = papers::clean(Kind::DisabilityCertificate, 21);
    let path = papers::write(&scan, dir.path());
    let ran = sohoa([
        "digitise",
        "--json",
        "--dry-run",
        "--config",
        config.to_str().unwrap(),
        path.to_str().unwrap(),
    ]);
    let other = &ran.answer()["fields"]["other"]["value"];
    assert_eq!((&other["level"]["status"], &other["level"]["label"]), (&"read".into(), &"Mức độ".into()));
    assert_eq!(other.get("disability_level"), None, "the built-in template is replaced");
}

#[test]
fn a_wrong_template_is_refused_by_file_and_key() {
    for (name, text, parts) in [
        ("the-moi", OWN.replace("after = ", "sau = "), &["the-moi.toml", "dòng 7", "sau"][..]),
        ("the-moi", OWN.replace("\"choice\"", "\"text\""), &["the-moi.toml", "field.level.choices"]),
        ("the-moi", OWN.replace("key = \"level\"", "key = \"Level\""), &["the-moi.toml", "field.Level"]),
        (
            "the-moi",
            OWN.replace("[[example]]", "[validity]\nuntil = \"năm năm\"\n[[example]]"),
            &["validity.until"],
        ),
        ("Thẻ", OWN.to_owned(), &["tên tệp"]),
        ("the-moi", OWN.to_owned(), &["title trùng nhau"]),
        (
            "the-moi",
            OWN.replace("giấy", "").replace("= { level = \"Nặng\"", "= { level = \"Nhẹ\""),
            &["ví dụ 1"],
        ),
        ("the-moi", "x".repeat(70 * 1024), &["the-moi.toml", "64 KiB"]),
    ] {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(format!("{name}.toml")), text).unwrap();
        let (code, said) = check(dir.path());
        assert_eq!(code, 3, "{said}");
        assert!(parts.iter().all(|p| said.contains(p)), "{parts:?}: {said}");
    }
    let (code, said) = check(Path::new("/nowhere/at/all"));
    assert_eq!(code, 3);
    assert!(said.contains("[documents]"), "{said}");
}
