//! The table of signed files: every attack and every state that the verifier knows, each a whole PDF with its verdict
//! through `sohoa verify`. With `SOHOA_VERDICTS=FILE` the table is written as Markdown.

mod between;
mod bytes;
mod changes;
mod forms;
mod judges;
mod paper;
mod people;
mod remains;
mod rules;
mod shadows;
mod sizes;
mod standing;

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fmt::Write,
    path::{Path, PathBuf},
    process::Command,
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

use crate::support::{cli::sohoa, judges::python};
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
    /// By itself, within bounds of time and memory.
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
    let mut more: Vec<OsString> = Vec::new();
    for (option, place) in places {
        more.extend([format!("--{option}").into(), folder.join(place).into()]);
    }
    if call == Call::Password {
        more.extend(["--password".into(), "mat-khau".into()]);
    }
    let ran = sohoa(arguments(folder, more, rows));
    let answers = ran.answers();
    assert_eq!(answers.len(), rows.len(), "{}", ran.stderr);
    rows.iter().map(|(n, _)| *n).zip(answers).collect()
}

/// Of `sohoa verify` for files that are written for it.
fn arguments(folder: &Path, more: Vec<OsString>, rows: &[(usize, &Row)]) -> Vec<OsString> {
    let mut args: Vec<OsString> = ["verify", "--json", "--at", crate::pki::NOW].map(OsString::from).to_vec();
    args.extend(more);
    for (n, row) in rows {
        let path = folder.join(format!("{n}.pdf"));
        std::fs::write(&path, &row.pdf).unwrap();
        args.push(path.into());
    }
    args
}

/// What judging took.
struct Used {
    /// Of the processor, all processes together.
    seconds: f64,
    /// Of memory, the largest of the processes.
    most_kb: u64,
}

/// Runs a program, and says at the end what it and its children used.
const MEASURE: &str = "import resource, subprocess, sys\n\
    done = subprocess.run(sys.argv[1:])\n\
    used = resource.getrusage(resource.RUSAGE_CHILDREN)\n\
    print(used.ru_utime + used.ru_stime, used.ru_maxrss, flush=True)\n\
    sys.exit(done.returncode)";

/// Judges one file, with everything known.
fn measured(folder: &Path, row: (usize, &Row)) -> (BTreeMap<usize, Value>, Used) {
    let places = [("trust", "tin"), ("crls", "thu-hoi"), ("intermediates", "trung-gian")];
    let place = |(option, place): (&str, &str)| [format!("--{option}").into(), folder.join(place).into()];
    let more = places.into_iter().flat_map(place).collect();
    let mut command = Command::new(python());
    command.args(["-c", MEASURE, env!("CARGO_BIN_EXE_sohoa")]).args(arguments(folder, more, &[row]));
    let output = command.env_remove("SOHOA_LOG").output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let [answer, used] = said.lines().collect::<Vec<_>>()[..] else {
        panic!("{}: {said}{}", row.1.name, String::from_utf8_lossy(&output.stderr))
    };
    let (seconds, most_kb) = used.split_once(' ').unwrap();
    let used = Used { seconds: seconds.parse().unwrap(), most_kb: most_kb.parse().unwrap() };
    if std::env::var_os("SOHOA_VERDICTS").is_some() {
        eprintln!("{}: {:.2} s, {} MB", row.1.name, used.seconds, used.most_kb / 1000);
    }
    (BTreeMap::from([(row.0, serde_json::from_str(answer).unwrap())]), used)
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

/// Files that are judged alone are judged within these bounds, in each process: of the processor, as other tests want it
/// too, and of memory.
const MOST_SECONDS: f64 = 10.0;
const MOST_KB: u64 = 500_000;
/// Without an answer for so long something waits for nothing.
const IN_TIME: Duration = Duration::from_secs(60);

fn answers(folder: &Path, call: Call, rows: &[(usize, &Row)]) -> BTreeMap<usize, Value> {
    if call != Call::Alone {
        return judged(folder, call, rows);
    }
    let mut all = BTreeMap::new();
    for row in rows {
        let start = Instant::now();
        let (answers, used) = measured(folder, *row);
        let name = &row.1.name;
        assert!(start.elapsed() < IN_TIME, "{name}: {:?}", start.elapsed());
        assert!(used.seconds < MOST_SECONDS, "{name}: {} s", used.seconds);
        assert!(used.most_kb < MOST_KB, "{name}: {} kB", used.most_kb);
        all.extend(answers);
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
