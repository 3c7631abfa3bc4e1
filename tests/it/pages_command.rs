//! `sohoa pages`: new PDFs of pages of files, which stay as they are; and plans of stored papers.

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};

use crate::{
    plan::{pictures, scans},
    support::cli::{Ran, judge, sohoa},
};

/// Writes pages 1–4 as files; their bytes, and a folder with nothing else in it.
fn four_pages() -> (tempfile::TempDir, Vec<PathBuf>, Vec<Vec<u8>>) {
    let dir = tempfile::tempdir().unwrap();
    let pages = scans(4);
    let path = |(n, bytes): (usize, &Vec<u8>)| {
        let path = dir.path().join(format!("p{}.jpg", n + 1));
        fs::write(&path, bytes).unwrap();
        path
    };
    let paths = pages.iter().enumerate().map(path).collect();
    (dir, paths, pages)
}

fn pages(options: &[&str], inputs: &[&Path], output: &Path) -> Ran {
    let options = options.iter().map(OsString::from);
    let paths = inputs.iter().map(|p| p.as_os_str().to_owned()).chain([output.as_os_str().to_owned()]);
    sohoa([OsString::from("pages")].into_iter().chain(options).chain(paths))
}

/// Which of `known` each picture of the PDF is, from 1; each page is held to its rotation.
fn found(pdf: &Path, known: &[Vec<u8>]) -> Vec<usize> {
    let checked = judge("qpdf", "qpdf", &["--check".as_ref(), pdf.as_os_str()]);
    assert_eq!(checked.code, 0, "{}{}", checked.stdout, checked.stderr);
    let which = |picture: &Vec<u8>| known.iter().position(|k| k == picture).map_or(0, |n| n + 1);
    pictures(pdf).iter().map(which).collect()
}

fn rotations(pdf: &Path) -> Vec<u32> {
    crate::plan::seen_by_poppler(pdf).into_iter().map(|(_, rotation)| rotation).collect()
}

#[test]
fn pages_are_ordered_turned_and_left_out_and_the_files_stay() {
    let (dir, paths, known) = four_pages();
    let inputs: Vec<&Path> = paths.iter().map(PathBuf::as_path).collect();
    let out = dir.path().join("out.pdf");
    let options = ["--json", "--order", "3,1,2", "--rotate", "2:90", "--remove", "4"];
    let ran = pages(&options, &inputs, &out);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let answer = ran.answer();
    assert_eq!(answer["message"], "4 trang → 3 trang");
    assert_eq!((&answer["left_out"][0], &answer["pages"][2]["turn"]), (&4.into(), &90.into()));
    assert_eq!(found(&out, &known), [3, 1, 2]);
    assert_eq!(rotations(&out), [0, 0, 90]);
    for (path, bytes) in paths.iter().zip(&known) {
        assert_eq!(&fs::read(path).unwrap(), bytes);
    }

    // A PDF among pictures, and a page of it turned back.
    let mixed = dir.path().join("mixed.pdf");
    let ran = pages(&["--rotate", "4:270", "--reverse"], &[&paths[3], &out], &mixed);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(found(&mixed, &known), [2, 1, 3, 4]);
    assert_eq!(rotations(&mixed), [270, 0, 0, 0]); // as it is seen, which was turned by 90 already
}

#[test]
fn one_sided_scans_are_interleaved() {
    let (dir, paths, known) = four_pages();
    // Fronts 1 and 3, then the pile turned over: 4, 2.
    let scan: Vec<&Path> = [0, 2, 3, 1].iter().map(|n| paths[*n].as_path()).collect();
    let out = dir.path().join("out.pdf");
    assert_eq!(pages(&["--interleave"], &scan, &out).code, 0);
    assert_eq!(found(&out, &known), [1, 2, 3, 4]);
    let in_order = dir.path().join("in-order.pdf");
    assert_eq!(pages(&["--interleave", "--backs-in-order"], &scan, &in_order).code, 0);
    assert_eq!(found(&in_order, &known), [1, 4, 3, 2]);
    let odd = pages(&["--interleave"], &scan[..3], &dir.path().join("odd.pdf"));
    assert_eq!(odd.code, 2);
    assert!(odd.stderr.contains("mặt sau"), "{}", odd.stderr);
    assert_eq!(pages(&["--interleave", "--fronts", "2"], &scan[..3], &dir.path().join("odd.pdf")).code, 0);
}

#[test]
fn files_are_split_and_merged() {
    let (dir, paths, known) = four_pages();
    let inputs: Vec<&Path> = paths.iter().map(PathBuf::as_path).collect();
    let whole = dir.path().join("mẻ quét.pdf");
    assert_eq!(pages(&["merge"], &inputs, &whole).code, 0);
    assert_eq!(found(&whole, &known), [1, 2, 3, 4]);
    let folder = dir.path().join("out");
    let ran = pages(&["split", "--json", "--at", "1,3"], &[&whole], &folder);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(ran.answers().len(), 3);
    let part = |n: u32| folder.join(format!("mẻ quét-{n}.pdf"));
    assert_eq!(found(&part(1), &known), [1]);
    assert_eq!(found(&part(2), &known), [2, 3]);
    assert_eq!(found(&part(3), &known), [4]);
    assert_eq!(pages(&["split", "--after", "4"], &[&whole], &folder).code, 2);
}

#[test]
fn what_would_be_lost_is_refused() {
    let (dir, paths, known) = four_pages();
    let (a, b) = (paths[0].as_path(), paths[1].as_path());
    let out = dir.path().join("out.pdf");
    for (options, inputs, output, code, sentence) in [
        (&["--remove", "1-2"][..], vec![a, b], out.as_path(), 2, "ít nhất một trang"),
        (&["--order", "1"], vec![a, b], &out, 2, "nêu đủ 2 trang"),
        (&["--order", "1,1"], vec![a, b], &out, 2, "hai lần"),
        (&["--remove", "9"], vec![a, b], &out, 2, "không có trang 9"),
        (&["--rotate", "1:45"], vec![a], &out, 2, "góc là 90"),
        // The name of the output forgotten: the last input is not written over, nor anything else.
        (&["merge"], vec![a, b], b, 2, "bản gốc không bị ghi đè"),
        (&["merge"], vec![a, a], b, 2, "đã có"),
    ] {
        let ran = pages(options, &inputs, output);
        assert_eq!(ran.code, code, "{options:?} {}", ran.stderr);
        assert!(ran.stderr.contains(sentence), "{options:?} {}", ran.stderr);
        assert!(!out.exists(), "{options:?}");
        assert_eq!(fs::read(b).unwrap(), known[1]);
    }
    let signed = dir.path().join("signed.pdf");
    fs::write(&signed, SIGNED).unwrap();
    let ran = pages(&[], &[&signed, a], &out);
    assert_eq!(ran.code, 3);
    assert!(ran.stderr.contains("chữ ký số") && !out.exists(), "{}", ran.stderr);
    let ran = pages(&["--unsigned-copy"], &[&signed, a], &out);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("không có chữ ký số"), "{}", ran.stdout);
    assert_eq!(fs::read(&signed).unwrap(), SIGNED);
    let not_a_paper = dir.path().join("x.pdf");
    fs::write(&not_a_paper, "no paper").unwrap();
    assert_eq!(pages(&["--overwrite"], &[&not_a_paper], &out).code, 3);
}

/// One page and a signature field with a value; which one, nobody looks at here.
const SIGNED: &[u8] = b"%PDF-1.7
1 0 obj<</Type/Catalog/Pages 2 0 R/AcroForm<</SigFlags 3/Fields[4 0 R]>>>>endobj
2 0 obj<</Type/Pages/Count 1/Kids[3 0 R]/MediaBox[0 0 595 842]>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/Annots[4 0 R]>>endobj
4 0 obj<</Type/Annot/Subtype/Widget/FT/Sig/T(S1)/Rect[0 0 0 0]/P 3 0 R/V 5 0 R>>endobj
5 0 obj<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/ByteRange[0 1 2 3]/Contents<00>>>endobj
xref
0 6
0000000000 65535 f 
0000000009 00000 n 
0000000090 00000 n 
0000000161 00000 n 
0000000216 00000 n 
0000000303 00000 n 
trailer<</Size 6/Root 1 0 R>>
startxref
413
%%EOF
";

#[test]
fn the_plan_of_a_stored_paper_is_changed_from_the_command_line() {
    let (dir, paths, _) = four_pages();
    let scan = dir.path().join("scan.pdf");
    let inputs: Vec<&Path> = paths[..3].iter().map(PathBuf::as_path).collect();
    assert_eq!(pages(&[], &inputs, &scan).code, 0);
    let data = dir.path().join("data");
    let data = data.to_str().unwrap();
    let kept =
        sohoa(["digitise", "--json", "--data", data, "--procedure", "1.001776", scan.to_str().unwrap()]);
    let paper = kept.answer()["paper"].as_str().unwrap_or_else(|| panic!("{}", kept.stdout)).to_owned();
    let ask = |command: &str, options: &[&str]| {
        let fixed = ["pages", command, "--json", "--data", data, "--paper", &paper];
        sohoa(fixed.into_iter().chain(options.iter().copied()))
    };
    let order = |ran: &Ran| -> Vec<u64> {
        let answer = ran.answer();
        answer["pages"].as_array().unwrap().iter().map(|p| p["page"].as_u64().unwrap()).collect()
    };
    let silent = ask("plan", &["--remove", "2"]);
    assert_eq!((silent.code, silent.stderr.contains("lý do")), (2, true), "{}", silent.stderr);
    let removed = ask("plan", &["--remove", "2", "--order", "3,1", "--reason", "trang thừa"]);
    assert_eq!(order(&removed), [3, 1], "{}", removed.stderr);
    let put_back = ask("plan", &["--insert", "2:1"]);
    assert_eq!(order(&put_back), [2, 3, 1], "{}", put_back.stderr);
    assert_eq!(order(&ask("undo", &[])), [3, 1]);
    assert_eq!(order(&ask("undo", &[])), [1, 2, 3]);
    assert_eq!(ask("undo", &[]).code, 2);
    let kinds: Vec<_> = ask("history", &[]).answers().iter().map(|e| e["act"]["kind"].clone()).collect();
    assert_eq!(kinds, ["received", "arranged", "arranged", "undone", "undone"]);
    assert_eq!(sohoa(["pages", "history", "--data", data, "--paper", "unknown"]).code, 2);
    assert_eq!(sohoa(["audit", "verify", "--data", data]).code, 0);
}
