//! Bytes made to hurt: reading processes that can do nothing else, answers in time, and no page lost
//! in silence.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use serde_json::Value;
use sohoa::{
    domain::code::DocumentCode,
    engines::{
        pdf::read::inspect,
        reader::{NotStamped, ReadError, ReaderLimits, Readers},
    },
};

use crate::support::{
    cli::{judge, sohoa},
    pdf::{self, PAGE},
    stamp::stamped,
};

/// Limits count processor time; other tests want the processor too.
const IN_TIME: Duration = Duration::from_secs(100);

#[test]
fn a_reading_process_can_do_nothing_else() {
    let ran = sohoa(["doctor", "--json"]);
    let answer = &ran.answer()["readers"];
    let refused = |what: &str| {
        let attempts = answer["attempts"].as_array().unwrap();
        attempts.iter().find(|a| a["what"] == what).unwrap_or_else(|| panic!("{what} not tried"))["is_refused"]
            .as_bool()
            .unwrap()
    };
    assert!(refused("much_memory"));
    let by_landlock = ["read_file", "list_folder", "write_file"];
    let by_seccomp =
        [&by_landlock[..], &["connect", "listen", "send_datagram", "local_socket", "start_program"]].concat();
    if answer["confinement"]["seccomp"] == "whole" {
        assert!(by_seccomp.iter().all(|what| refused(what)), "{answer:#}");
        assert_eq!(ran.code, 0);
    } else {
        // A kernel without: the rest holds, and it is said.
        assert!(by_landlock.iter().all(|what| refused(what)) || answer["confinement"]["landlock"] == "none");
        assert_eq!(ran.code, 1, "{}", ran.stderr);
        assert!(ran.stderr.contains("confined in part only"), "{}", ran.stderr);
    }
}

fn write(dir: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = dir.join(name);
    fs::write(&path, bytes).unwrap();
    path
}

/// By `sohoa check --count`; the message where it can't be told.
fn counted(path: &Path) -> Result<u64, String> {
    let ran = sohoa([OsStr::new("check"), OsStr::new("--count"), OsStr::new("--json"), path.as_os_str()]);
    let answer = ran.answer();
    match (ran.code, answer["pages"].as_u64()) {
        (0, Some(n)) => Ok(n),
        (3, _) => Err(answer["reasons"][0]["message"].as_str().unwrap().to_owned()),
        (code, _) => panic!("{code}: {answer:#}\n{}", ran.stderr),
    }
}

/// By `qpdf --show-npages`, and whether it opened the file without a warning.
fn counted_by_qpdf(path: &Path) -> (Option<u64>, bool) {
    let ran = judge("qpdf", "qpdf", &[OsStr::new("--show-npages"), path.as_os_str()]);
    (ran.stdout.trim().parse().ok(), ran.code == 0)
}

#[test]
fn pages_of_sound_pdfs_are_counted_as_qpdf_counts_them() {
    let dir = tempfile::tempdir().unwrap();
    let base = pdf::flat(5, 5);
    let tree = |count: usize, pages: &[usize]| {
        format!("<</Type/Pages/Count {count}/Kids[{}]>>", pdf::kids(pages.iter().copied()))
    };
    let added = pdf::updated(&base, &[(2, tree(6, &[3, 4, 5, 6, 7, 8])), (8, PAGE.to_owned())]);
    let indirect = ["3 0 R", "4 0 R"].join(" ");
    let mut sound: Vec<(String, PathBuf, u64)> = [
        ("many", pdf::flat(10_000, 10_000), 10_000),
        ("nested", pdf::nested(&[10, 10, 10]), 1_000),
        ("deep", pdf::nested(&[1; 300]), 1),
        ("hybrid", pdf::hybrid(), 3),
        ("removed", pdf::updated(&base, &[(2, tree(2, &[3, 5]))]), 2),
        ("added again", pdf::updated(&added, &[(2, tree(3, &[8, 3, 4]))]), 3),
        ("added", added, 6),
        ("after other bytes", [b"a line before\n", base.as_slice()].concat(), 5),
        ("before other bytes", [&base[..], b"\n\n\0\0\0"].concat(), 5),
        (
            "indirect",
            pdf::assemble(&[
                pdf::CATALOGUE,
                "<</Type/Pages/Count 5 0 R/Kids 6 0 R>>",
                PAGE,
                PAGE,
                "2",
                &format!("[{indirect}]"),
            ]),
            2,
        ),
    ]
    .into_iter()
    .map(|(name, bytes, n)| (name.to_owned(), write(dir.path(), &format!("{name}.pdf"), &bytes), n))
    .collect();
    for (name, of, options) in [
        ("object streams", "many", &["--object-streams=generate"][..]),
        ("linearized", "many", &["--linearize"]),
        ("both", "nested", &["--linearize", "--object-streams=generate"]),
        ("encrypted", "nested", &["--object-streams=generate", "--encrypt", "", "owner", "256", "--"]),
        ("weakly encrypted", "nested", &["--allow-weak-crypto", "--encrypt", "", "owner", "40", "--"]),
        ("rewritten", "hybrid", &["--qdf"]),
    ] {
        let (from, to) = (dir.path().join(format!("{of}.pdf")), dir.path().join(format!("{name}.pdf")));
        let mut args: Vec<&OsStr> = options.iter().map(OsStr::new).collect();
        args.extend([from.as_os_str(), to.as_os_str()]);
        assert_eq!(judge("qpdf", "qpdf", &args).code, 0, "{name}");
        let n = sound.iter().find(|(name, ..)| name == of).unwrap().2;
        sound.push((name.to_owned(), to, n));
    }
    for (name, path, n) in sound {
        assert_eq!(counted_by_qpdf(&path), (Some(n), true), "{name}, by qpdf");
        assert_eq!(counted(&path), Ok(n), "{name}");
    }
}

#[test]
fn pages_of_damaged_pdfs_are_never_fewer_in_silence() {
    let dir = tempfile::tempdir().unwrap();
    let base = pdf::flat(5, 5);
    let grown = "<</Type/Pages/Count 6/Kids[3 0 R 4 0 R 5 0 R 6 0 R 7 0 R 8 0 R]>>".to_owned();
    let updated = pdf::updated(&base, &[(2, grown), (8, PAGE.to_owned())]);
    let with = |pdf: &[u8], from: &str, to: &str| {
        let at = pdf.windows(from.len()).rposition(|w| w == from.as_bytes()).unwrap();
        [&pdf[..at], to.as_bytes(), &pdf[at + from.len()..]].concat()
    };
    let start = |pdf: &[u8], by: usize| {
        let start = pdf::number_after(pdf, b"startxref\n");
        with(pdf, &format!("startxref\n{start}"), &format!("startxref\n{}", start + by))
    };
    let first_start = pdf::number_after(&base, b"startxref\n");
    for (name, bytes, pages) in [
        ("start moved", start(&base, 7), 5),
        ("start outside", start(&base, 10_000_000), 5),
        ("start of an update moved", start(&updated, 5), 6),
        ("offsets moved a little", pdf::displaced(&base, 1), 5),
        ("offsets moved", pdf::displaced(&base, 9), 5),
        ("offsets into other objects", pdf::displaced(&base, 65), 5),
        ("no table", with(&base, "\nxref\n", "\nxxxx\n"), 5),
        (
            "earlier table lost",
            with(&updated, &format!("/Prev {first_start}"), &format!("/Prev {}", first_start + 3)),
            6,
        ),
        ("one page marked free", with(&base, " 00000 n \ntrailer", " 00001 f \ntrailer"), 5),
        ("declares more", pdf::flat(3, 5), 3),
        ("declares fewer", pdf::flat(3, 2), 3),
        ("declares nonsense", pdf::flat(3, -1), 3),
        ("a page is missing", with(&base, "7 0 R", "9 0 R"), 5),
        ("a page twice", with(&base, "7 0 R", "6 0 R"), 5),
        ("update cut off", [&base[..], b"\n2 0 obj\n<</Type/Pages/Count 6/Kids[3 0"].concat(), 6),
        ("cut", base[..base.len() / 2].to_vec(), 5),
    ] {
        let path = write(dir.path(), &format!("{name}.pdf"), &bytes);
        match counted(&path) {
            Ok(n) => assert_eq!(n, pages, "{name}"),
            Err(message) => assert!(message.contains("quét lại"), "{name}: {message}"),
        }
        if let (Some(by_qpdf), true, Ok(ours)) =
            (counted_by_qpdf(&path).0, counted_by_qpdf(&path).1, counted(&path))
        {
            assert_eq!(ours, by_qpdf, "{name}");
        }
    }
}

/// A TIFF of `n` blank pages, 8 × 2 pixels each.
fn tiff(n: u32) -> Vec<u8> {
    let mut bytes = b"II*\0\x08\0\0\0".to_vec();
    for page in 1..=n {
        let pixels = u32::try_from(bytes.len()).unwrap() + 2 + 8 * 12 + 4;
        bytes.extend(8u16.to_le_bytes());
        let entries = [(256, 4, 8), (257, 4, 2), (258, 3, 1), (259, 3, 1), (262, 3, 1), (273, 4, pixels)];
        for (tag, kind, value) in entries.into_iter().chain([(278, 4, 2), (279, 4, 2)]) {
            bytes.extend([u16::to_le_bytes(tag), u16::to_le_bytes(kind)].concat());
            bytes.extend([1u32.to_le_bytes(), u32::to_le_bytes(value)].concat());
        }
        bytes.extend(if page == n { 0 } else { pixels + 2 }.to_le_bytes());
        bytes.extend([0xFF, 0xFF]);
    }
    bytes
}

#[test]
fn many_pages_are_counted_at_once_and_looked_at_in_turn() {
    let dir = tempfile::tempdir().unwrap();
    let start = Instant::now();
    assert_eq!(counted(&write(dir.path(), "60000.tif", &tiff(60_000))), Ok(60_000));
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    for (name, bytes) in [("empty.pdf", pdf::flat(1_500, 1_500)), ("small.tif", tiff(1_500))] {
        let start = Instant::now();
        let answer = checked(&write(dir.path(), name, &bytes)).1;
        assert_eq!(answer["pages"].as_array().unwrap().len(), 1_500, "{name}");
        assert!(start.elapsed() < IN_TIME, "{name}: {:?}", start.elapsed());
    }
}

fn checked(path: &Path) -> (i32, Value) {
    let ran = sohoa([OsStr::new("check"), OsStr::new("--json"), path.as_os_str()]);
    let answer = ran.answer();
    crate::contract::holds("digitise", &answer);
    (ran.code, answer)
}

#[test]
fn files_that_once_hurt_end_in_time_with_an_answer() {
    let mut found = 0;
    let mut files: Vec<PathBuf> =
        fs::read_dir("tests/regressions").unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for path in files {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let start = Instant::now();
        let (code, answer) = checked(&path);
        assert!([0, 3, 5].contains(&code), "{name}: {answer:#}");
        assert!(code == 0 || !answer["reasons"].as_array().unwrap().is_empty(), "{name}: {answer:#}");
        assert!(start.elapsed() < IN_TIME, "{name}: {:?}", start.elapsed());
        found += 1;
    }
    assert!(found >= 18, "{found} files");
}

/// Two pages; drawing the one that stands at `index` (0 or 1) of the tree comes to no end.
fn endless(index: usize) -> Vec<u8> {
    // Twelve forms, each showing the next ten times.
    let mut objects = vec![
        pdf::CATALOGUE.into(),
        [&b"<</Type/Pages/Count 2/Kids[3 0 R 4 0 R]>>"[..], b"<</Type/Pages/Count 2/Kids[4 0 R 3 0 R]>>"]
            [index]
            .to_vec(),
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 5 0 R/Resources<</XObject<</F 6 0 R>>>>>>"
            .to_vec(),
        PAGE.into(),
        pdf::stream("", b"/F Do"),
    ];
    for next in 7..19 {
        let entries =
            format!("/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</F {next} 0 R>>>>");
        objects.push(pdf::stream(&entries, &b"/F Do ".repeat(10)));
    }
    objects.push(pdf::stream("/Type/XObject/Subtype/Form/BBox[0 0 9 9]", b"0 0 5 5 re f"));
    pdf::assemble(&objects)
}

#[test]
fn a_page_without_end_is_given_up_and_the_others_are_looked_at() {
    let dir = tempfile::tempdir().unwrap();
    let (code, answer) = checked(&write(dir.path(), "endless.pdf", &endless(1)));
    assert_eq!((code, answer["pages"].as_array().unwrap().len()), (5, 2), "{answer:#}");
    let of_page: Vec<&Value> =
        answer["reasons"].as_array().unwrap().iter().filter(|r| r["kind"] == "unreadable_page").collect();
    assert_eq!((of_page.len(), of_page[0]["page"].as_u64()), (1, Some(2)), "{answer:#}");
    assert!(of_page[0]["message"].as_str().unwrap().contains("giây"), "{answer:#}");
    assert_eq!(answer["pages"][0]["blank"], true, "{answer:#}");
}

#[test]
fn one_process_reads_and_stamps_in_turn_and_mixes_nothing_up() {
    let dir = tempfile::tempdir().unwrap();
    let limits = ReaderLimits { n_readers: 1, ..ReaderLimits::default() };
    let readers = Readers::new(PathBuf::from(env!("CARGO_BIN_EXE_sohoa")), limits);
    let two = [write(dir.path(), "2.pdf", &pdf::flat(2, 2))];
    let three = [write(dir.path(), "3.pdf", &pdf::flat(3, 3))];
    let codes = ["001085012345.1.001234-KQ1.1917/QĐ-BLĐTBXH", "001085012345.1.001234-KQ1.1918/QĐ-BLĐTBXH"];
    for (text, n_pages) in codes.into_iter().zip([4, 5]) {
        let code = DocumentCode::parse(text).unwrap();
        assert_eq!(readers.open(&two).unwrap().n_pages, 2);
        let coded = stamped(&readers, pdf::flat(n_pages, n_pages as i64), &code).unwrap();
        let facts = inspect(&coded.pdf).unwrap();
        assert_eq!((facts.n_pages, facts.marked_code.as_deref()), (n_pages, Some(text)));
        // A paper that was open before is not asked about what was stamped.
        assert_eq!(readers.open(&two).unwrap().n_pages, 2);
        assert!(matches!(stamped(&readers, b"%PDF-1.7".to_vec(), &code), Err(NotStamped::Refused(_))));
        assert_eq!(readers.open(&three).unwrap().n_pages, 3);
    }
}

#[test]
fn no_code_is_written_where_the_first_page_has_no_end() {
    let limits = ReaderLimits { open_seconds: 1, decode_seconds: 1, ..ReaderLimits::default() };
    let readers = Readers::new(PathBuf::from(env!("CARGO_BIN_EXE_sohoa")), limits);
    let code = DocumentCode::parse("001085012345.1.001234-KQ1.1917/QĐ-BLĐTBXH").unwrap();
    let refused = stamped(&readers, endless(0), &code);
    assert!(matches!(refused, Err(NotStamped::Unread(ReadError::OutOfTime { seconds: 3 }))), "{refused:?}");
    assert!(stamped(&readers, pdf::flat(1, 1), &code).is_ok(), "another process took its place");
}

#[test]
fn a_bomb_in_the_structure_is_an_answer() {
    let dir = tempfile::tempdir().unwrap();
    let bomb = crate::bad_input::bomb_bytes();
    let mut bytes = b"%PDF-1.7\n".to_vec();
    let packed = bytes.len() as u32;
    bytes.extend(b"4 0 obj\n");
    bytes.extend(pdf::stream("/Type/ObjStm/N 3/First 14/Filter[/FlateDecode/FlateDecode]", &bomb));
    bytes.extend(b"\nendobj\n");
    let table = bytes.len() as u32;
    let mut rows: Vec<u8> = vec![0; 6];
    (0..3).for_each(|index| rows.extend([2, 0, 0, 0, 4, index]));
    [packed, table].iter().for_each(|at| rows.extend([&[1][..], &at.to_be_bytes(), &[0]].concat()));
    bytes.extend(b"5 0 obj\n");
    bytes.extend(pdf::stream("/Type/XRef/Size 6/Root 1 0 R/W[1 4 1]", &rows));
    bytes.extend(format!("\nendobj\nstartxref\n{table}\n%%EOF\n").into_bytes());
    let start = Instant::now();
    let message = counted(&write(dir.path(), "bomb.pdf", &bytes)).unwrap_err();
    assert!(message.contains("quét lại"), "{message}");
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

#[test]
fn fuzz_targets_are_built_from_the_versions_of_the_package() {
    let dependencies = |path: &str| {
        let manifest: toml::Table = fs::read_to_string(path).unwrap().parse().unwrap();
        let table = manifest["dependencies"].as_table().unwrap().clone();
        table.into_iter().map(|(name, wanted)| {
            let version = wanted.get("version").unwrap_or(&wanted).as_str().unwrap().to_owned();
            (name, version)
        })
    };
    let ours: std::collections::BTreeMap<_, _> = dependencies("Cargo.toml").collect();
    for (name, version) in dependencies("tests/fuzz/Cargo.toml").filter(|(name, _)| name != "libfuzzer-sys") {
        assert_eq!(ours.get(&name), Some(&version), "{name} in tests/fuzz/Cargo.toml");
    }
}
