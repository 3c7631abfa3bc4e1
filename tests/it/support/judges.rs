//! Independent judges of signed PDFs: qpdf, and pyHanko with its default policy on later changes.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// The folder of Python tools that `sh tests/run.sh` installs beside the built program.
pub fn python() -> PathBuf {
    let built = Path::new(env!("CARGO_BIN_EXE_sohoa")).parent().and_then(Path::parent).unwrap();
    let python = built.join("judges/bin/python");
    assert!(python.exists(), "pyHanko is needed by this test: run `sh tests/run.sh`, which installs it");
    python
}

/// qpdf finds nothing wrong with the file.
pub fn qpdf(pdf: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("in.pdf");
    std::fs::write(&path, pdf).unwrap();
    let output =
        Command::new("qpdf").arg("--check").arg(&path).output().expect("qpdf is needed (package qpdf)");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
}

/// What pyHanko says of each signature: field, intact, valid, trusted, level of changes, whether they are allowed.
const SCRIPT: &str = r#"
import sys
from datetime import datetime, timezone
from asn1crypto import pem, x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
_, _, der = pem.unarmor(open(sys.argv[2], "rb").read())
at = datetime(2026, 11, 21, 4, 0, tzinfo=timezone.utc)
with open(sys.argv[1], "rb") as file:
    reader = PdfFileReader(file)
    for signature in reader.embedded_regular_signatures:
        context = ValidationContext(trust_roots=[x509.Certificate.load(der)], moment=at, best_signature_time=at)
        said = validate_pdf_signature(signature, context)
        level = said.modification_level.name if said.modification_level else None
        print(signature.field_name, said.intact, said.valid, said.trusted, level, said.docmdp_ok)
"#;

/// pyHanko finds `n` signatures, each intact, valid, trusted under `root` (PEM), and what came after it allowed.
pub fn pyhanko_accepts(pdf: &[u8], root: &[u8], n: usize) {
    let folder = tempfile::tempdir().unwrap();
    let (path, anchor) = (folder.path().join("in.pdf"), folder.path().join("root.pem"));
    std::fs::write(&path, pdf).unwrap();
    std::fs::write(&anchor, root).unwrap();
    let output = Command::new(python()).arg("-c").arg(SCRIPT).arg(&path).arg(&anchor).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), n, "{said}");
    for line in lines {
        let words: Vec<&str> = line.split(' ').collect();
        assert_eq!(words[1..4], ["True", "True", "True"], "{said}");
        assert_eq!(words[5], "True", "{said}");
        assert!(["NONE", "LTA_UPDATES", "FORM_FILLING"].contains(&words[4]), "{said}");
    }
}
