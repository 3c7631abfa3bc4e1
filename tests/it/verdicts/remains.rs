//! What is left of a signature in a file that was cut off: the file is never taken for an unsigned one, neither where
//! signatures are judged nor where the code is written.

use std::ffi::OsStr;

use sohoa::engines::signature::{
    order::{TrustFiles, VerifyOrder},
    verdict::Overall,
    verify,
};

use super::{Call, paper::Paper};
use crate::support::cli::sohoa;

const CODE: &str = "001085012345.1.001776-KQ1.12/QĐ-UBND";

/// Way and sentence of `sohoa stamp`, and what it wrote; none where it wrote nothing because it cannot read the file.
fn coded(pdf: &[u8]) -> Option<(String, String, Vec<u8>)> {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("vao.pdf"), folder.path().join("ra.pdf"));
    std::fs::write(&input, pdf).unwrap();
    let words = ["stamp", "--json", "--code", CODE].map(OsStr::new);
    let ran = sohoa(words.into_iter().chain([input.as_os_str(), output.as_os_str()]));
    if ran.code == 3 {
        assert!(!output.exists() && !ran.stderr.is_empty());
        return None;
    }
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let answer = ran.answer();
    let text = |key: &str| answer[key].as_str().unwrap().to_owned();
    Some((text("way"), text("message"), std::fs::read(output).unwrap()))
}

#[test]
fn what_is_left_of_a_signature_keeps_the_code_off_the_file() {
    let signed = Paper::signed();
    let find = |word: &str| signed.bytes.windows(word.len()).rposition(|w| w == word.as_bytes()).unwrap();
    let mut removed = Paper::signed();
    removed
        .object(3, &super::paper::page_one("", "9 0 R 10 0 R"))
        .object(8, &super::paper::form("9 0 R 10 0 R", ""))
        .close();
    let mut n_copies = 0;
    let (traces, modified) = ("dấu vết của chữ ký số", "đã bị sửa đổi sau khi ký");
    for (name, pdf, why) in [
        ("within Contents", &signed.bytes[..find("/Contents<") + 3000], traces),
        ("before the cross-references of the signature", &signed.bytes[..find("xref\n8 1")], traces),
        ("within the trailer of the signature", &signed.bytes[..find("trailer") + 9], traces),
        ("a signature that an update took out of the form", &removed.bytes, modified),
    ] {
        let Some((way, message, written)) = coded(pdf) else { continue };
        n_copies += 1;
        assert_eq!(way, "derived_copy", "{name}: {message}");
        assert!(message.contains(why), "{name}: {message}");
        assert!(!written.starts_with(pdf), "{name}");
    }
    assert!(n_copies >= 2, "{n_copies}");
    let (way, message, written) = coded(&Paper::plain().bytes).unwrap();
    assert_eq!(way, "prepared_field", "{message}");
    assert!(written.starts_with(&Paper::plain().bytes));
}

/// Places at which each file is cut.
const CUTS: usize = 80;

#[test]
fn a_signed_file_cut_off_anywhere_behind_the_start_of_its_contents_is_not_called_unsigned() {
    let order = VerifyOrder {
        trust: TrustFiles::default(),
        at: crate::pki::NOW.parse().unwrap(),
        received_at: None,
        password: None,
        type_code: None,
    };
    let table = super::table();
    let is_build = |row: &&super::Row| row.class == "Builds of files" && row.call == Call::Usual;
    let mut n_files = 0;
    for row in table.rows.iter().filter(is_build).filter(|row| row.first.starts_with("TOTAL-PASSED")) {
        let pdf = &row.pdf;
        let contents = pdf.windows(10).rposition(|window| window == b"/Contents<").unwrap() + 11;
        let tail = (pdf.len() - 40..pdf.len()).step_by(3);
        for cut in (contents..pdf.len()).step_by((pdf.len() - contents) / CUTS).chain(tail) {
            let report = verify(&pdf[..cut], &order, &|| false);
            let is_told = !report.signatures.is_empty() || report.overall == Overall::Indeterminate;
            assert!(is_told, "{} cut at {cut} of {}: {:?}", row.name, pdf.len(), report.overall);
            assert!(
                !matches!(report.overall, Overall::NoSignature | Overall::TotalPassed),
                "{}: {cut}",
                row.name
            );
            assert!(!report.message.is_empty());
        }
        n_files += 1;
    }
    assert!(n_files >= 7, "{n_files}");
}
