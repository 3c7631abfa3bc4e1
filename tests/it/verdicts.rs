//! The table of signed files: every attack and every state that the verifier knows, each a whole PDF with its verdict
//! through `sohoa verify`. With `SOHOA_VERDICTS=FILE` the table is written as Markdown.

mod between;
mod bytes;
mod changes;
mod forms;
mod judges;
mod paper;
mod people;
mod rules;
mod shadows;
mod sizes;
mod standing;

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fmt::Write,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use serde_json::Value;
use sohoa::{
    engines::{
        reader::{ReaderLimits, Readers},
        signature::order::VerifyOrder,
    },
    faces::verification::VerificationOut,
    workflows::verify::{TrustPlaces, read_trust},
};

use crate::support::cli::sohoa;
pub use people::people;
pub use standing::with as signed_with;

use people::Known;

/// How the program is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Call {
    /// With all folders.
    Usual,
    /// With a policy that accepts SHA-1 of one CA until the end of 2024.
    Policy,
    /// With the password of the encrypted ones.
    Password,
    /// With a root that certified nobody.
    OtherRoot,
    /// Without any folder.
    Nothing,
    /// With roots that are trusted for a purpose and a time (`trust.toml`).
    Periods,
    /// As received at this time, which the program saw itself.
    Received(&'static str),
    /// By itself, against the clock.
    Alone,
}

/// Passes in every respect, and nothing follows.
const PASSED: &str = "TOTAL-PASSED - intact whole_file none";
/// Passes, and what follows is permitted.
const FOLLOWED: &str = "TOTAL-PASSED - intact whole_revision permitted";
/// Something was done that no signature allows.
const FORBIDDEN: &str = "TOTAL-FAILED FORMAT_FAILURE intact whole_revision forbidden";

/// A file and what is expected of it.
struct Row {
    class: &'static str,
    name: String,
    call: Call,
    pdf: Vec<u8>,
    /// Of the file.
    overall: String,
    /// Of its first signature: verdict, sub-indication, integrity, coverage, later changes. Empty where there is none.
    first: String,
}

/// All files, and what is known about their signers.
struct Table {
    rows: Vec<Row>,
    known: Known,
    class: &'static str,
}

impl Table {
    /// A file whose verdict is that of its first signature.
    fn add(&mut self, name: impl Into<String>, pdf: impl Into<Vec<u8>>, first: &str) -> &mut Row {
        let overall = first.split(' ').next().unwrap();
        self.whole(name, pdf, overall, first)
    }

    fn whole(
        &mut self,
        name: impl Into<String>,
        pdf: impl Into<Vec<u8>>,
        overall: &str,
        first: &str,
    ) -> &mut Row {
        self.rows.push(Row {
            class: self.class,
            name: name.into(),
            call: Call::Usual,
            pdf: pdf.into(),
            overall: overall.to_owned(),
            first: first.to_owned(),
        });
        self.rows.last_mut().unwrap()
    }
}

impl Row {
    fn asked(&mut self, call: Call) {
        self.call = call;
    }
}

fn table() -> Table {
    let mut table = Table { rows: Vec::new(), known: Known::new(), class: "" };
    forms::add(&mut table);
    bytes::add(&mut table);
    changes::add(&mut table);
    shadows::add(&mut table);
    between::add(&mut table);
    standing::add(&mut table);
    rules::add(&mut table);
    sizes::add(&mut table);
    table
}

/// What the program says of a file: of all, of the first signature, and its sentences.
fn said(answer: &Value) -> (String, String, String) {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let Some(one) = answer["signatures"].as_array().and_then(|all| all.first()) else {
        return (text(&answer["overall"]), String::new(), text(&answer["message"]));
    };
    let keys = ["verdict", "sub", "integrity", "coverage", "modification_after"];
    let first = keys.map(|key| text(&one[key])).join(" ");
    let changes = one["changes"].as_array().unwrap().iter().map(text).collect::<Vec<_>>().join(" ");
    (text(&answer["overall"]), first, format!("{} {changes}", text(&one["message"])))
}

const POLICY: &str = "[[exception]]\ndigest = \"sha1\"\nissuers = [\"CA cấp dưới thử nghiệm\"]\nfrom = \"2020-01-01\"\n\
                      until = \"2024-12-31\"\nby = \"claimed\"\nnote = \"chấp nhận SHA-1 đến hết năm 2024\"\n";

/// Judges the files of one call, by number.
fn judged(folder: &Path, call: Call, rows: &[(usize, &Row)]) -> BTreeMap<usize, Value> {
    if let Call::Received(at) = call {
        return received(folder, at, rows);
    }
    let places: &[(&str, &str)] = match call {
        Call::Nothing => &[],
        Call::Policy => &[
            ("trust", "tin"),
            ("crls", "thu-hoi"),
            ("intermediates", "trung-gian"),
            ("policy", "policy.toml"),
        ],
        Call::Periods => &[("trust", "tin-ky"), ("crls", "thu-hoi"), ("intermediates", "trung-gian")],
        Call::OtherRoot => &[("trust", "khac"), ("crls", "thu-hoi"), ("intermediates", "trung-gian")],
        _ => &[("trust", "tin"), ("crls", "thu-hoi"), ("intermediates", "trung-gian")],
    };
    let mut args: Vec<OsString> = ["verify", "--json", "--at", crate::pki::NOW].map(OsString::from).to_vec();
    for (option, place) in places {
        args.extend([format!("--{option}").into(), folder.join(place).into()]);
    }
    if call == Call::Password {
        args.extend(["--password".into(), "mat-khau".into()]);
    }
    for (n, row) in rows {
        let path = folder.join(format!("{n}.pdf"));
        std::fs::write(&path, &row.pdf).unwrap();
        args.push(path.into());
    }
    let ran = sohoa(args);
    let answers = ran.answers();
    assert_eq!(answers.len(), rows.len(), "{}", ran.stderr);
    rows.iter().map(|(n, _)| *n).zip(answers).collect()
}

/// The same as the service does for what was handed in.
fn received(folder: &Path, at: &str, rows: &[(usize, &Row)]) -> BTreeMap<usize, Value> {
    let place = |name: &str| Some(folder.join(name));
    let (trust, intermediates, crls) = (place("tin"), place("trung-gian"), place("thu-hoi"));
    let trust = read_trust(&TrustPlaces { trust, intermediates, crls, policy: None }).unwrap();
    let program = PathBuf::from(env!("CARGO_BIN_EXE_sohoa"));
    let readers = Readers::new(program, ReaderLimits { n_readers: 1, ..ReaderLimits::default() });
    let judged = |(n, row): &(usize, &Row)| {
        let order = VerifyOrder {
            trust: trust.clone(),
            at: crate::pki::NOW.parse().unwrap(),
            received_at: Some(at.parse().unwrap()),
            password: None,
            type_code: None,
        };
        let report = readers.verify(row.pdf.clone(), order).unwrap();
        (*n, serde_json::to_value(VerificationOut::of(None, &report)).unwrap())
    };
    rows.iter().map(judged).collect()
}

/// Files that are judged alone are judged in time; other tests want the processor too.
const IN_TIME: Duration = Duration::from_secs(40);

fn answers(folder: &Path, call: Call, rows: &[(usize, &Row)]) -> BTreeMap<usize, Value> {
    if call != Call::Alone {
        return judged(folder, call, rows);
    }
    let mut all = BTreeMap::new();
    for row in rows {
        let start = Instant::now();
        all.extend(judged(folder, call, &[*row]));
        assert!(start.elapsed() < IN_TIME, "{}: {:?}", row.1.name, start.elapsed());
    }
    all
}

#[test]
fn every_signed_file_is_judged_right_and_none_passes_that_should_not() {
    let Table { rows, known, .. } = table();
    let folder = tempfile::tempdir().unwrap();
    known.write(folder.path());
    std::fs::write(folder.path().join("policy.toml"), POLICY).unwrap();
    let mut calls: BTreeMap<Call, Vec<(usize, &Row)>> = BTreeMap::new();
    for (n, row) in rows.iter().enumerate() {
        calls.entry(row.call).or_default().push((n, row));
    }
    let answers: BTreeMap<usize, Value> =
        calls.iter().flat_map(|(call, rows)| answers(folder.path(), *call, rows)).collect();

    let (mut wrong, mut n_false) = (String::new(), 0);
    let mut shown =
        "| | class | file | of the file | of its first signature |\n|---|---|---|---|---|\n".to_owned();
    for (n, row) in rows.iter().enumerate() {
        let (overall, first, why) = said(&answers[&n]);
        if (&overall, &first) != (&row.overall, &row.first) {
            let Row { class, name, overall: expected, first: expected_first, .. } = row;
            writeln!(wrong, "{class}: {name}\n  expected {expected}: {expected_first}").unwrap();
            writeln!(wrong, "  said     {overall}: {first}\n  {why}").unwrap();
        }
        n_false += usize::from(overall == "TOTAL-PASSED" && row.overall != "TOTAL-PASSED");
        writeln!(shown, "| {} | {} | {} | {overall} | {first} |", n + 1, row.class, row.name).unwrap();
    }
    if let Some(path) = std::env::var_os("SOHOA_VERDICTS") {
        std::fs::write(path, shown).unwrap();
    }
    assert_eq!((wrong.as_str(), n_false), ("", 0), "{n_false} false accepts\n{wrong}");
    assert!(rows.len() >= 80, "{} files", rows.len());
}
