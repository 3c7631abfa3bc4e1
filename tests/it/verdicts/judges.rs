//! pyHanko, asked about some of the files: whether what was signed is intact, and whether what follows is allowed.

use std::process::Command;

use crate::support::judges::python;

/// Intact and valid; later changes allowed. What it can't read is neither.
const SCRIPT: &str = r#"
import sys
from asn1crypto import pem, x509
from datetime import datetime, timezone
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
_, _, der = pem.unarmor(open(sys.argv[1], "rb").read())
at = datetime(2026, 6, 1, tzinfo=timezone.utc)
for path in sys.argv[2:]:
    try:
        with open(path, "rb") as file:
            one = PdfFileReader(file).embedded_regular_signatures[0]
            context = ValidationContext(trust_roots=[x509.Certificate.load(der)], moment=at)
            said = validate_pdf_signature(one, context)
            print(said.intact and said.valid, bool(said.docmdp_ok))
    except Exception as fault:
        print(False, False)
"#;

/// Files on which pyHanko's default policy and ours are the same; comments, for example, it refuses.
const ASKED: [&str; 18] = [
    "CAdES, P-256",
    "RSA 2048, SHA-256",
    "a letter of the page replaced",
    "a bit of the value turned",
    "a prepared field filled",
    "a further signature that nobody sees",
    "validation data (DSS)",
    "DocMDP P=1: prepared field filled",
    "DocMDP P=2: prepared field filled",
    "DocMDP P=2: new signature, seen",
    "FieldMDP All: prepared field filled",
    "FieldMDP Exclude [MaSoHoa]: prepared field filled",
    "content written anew",
    "removed",
    "Stamp",
    "OpenAction",
    "a page changed and put back",
    "a field filled forty times",
];

#[test]
fn pyhanko_says_the_same() {
    let table = super::table();
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("root.pem");
    std::fs::write(&root, super::people::people().root.pem()).unwrap();
    let mut command = Command::new(python());
    command.arg("-c").arg(SCRIPT).arg(&root);
    let mut ours = Vec::new();
    for (n, name) in ASKED.iter().enumerate() {
        let row = table.rows.iter().find(|row| row.name == *name).unwrap_or_else(|| panic!("no {name}"));
        let path = folder.path().join(format!("{n}.pdf"));
        std::fs::write(&path, &row.pdf).unwrap();
        command.arg(path);
        let is_intact = row.first.contains(" intact ");
        ours.push((*name, is_intact, is_intact && !row.first.ends_with("forbidden")));
    }
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), ASKED.len(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let theirs = ours.iter().zip(&lines).map(|((name, ..), line)| {
        let is_intact = line.starts_with("True");
        (*name, is_intact, is_intact && line.ends_with("True"))
    });
    assert_eq!(theirs.collect::<Vec<_>>(), ours);
}
