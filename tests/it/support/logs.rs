//! What the program logs while the tests run, in files that `tests/leaks.sh` looks through afterwards.

use std::{
    fs::{self, File, OpenOptions},
    io::Write,
    path::PathBuf,
    sync::{Mutex, Once},
};

use sohoa::telemetry::{self, Logs};

fn file(name: &str) -> (PathBuf, File) {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("logs");
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join(format!("{name}-{}.log", std::process::id()));
    let file = OpenOptions::new().create(true).append(true).open(&path).unwrap();
    (path, file)
}

/// Everything that services of this process log, down to the last detail of our own.
pub fn begin() {
    static BEGUN: Once = Once::new();
    BEGUN.call_once(|| {
        let logs = Logs { level: "info,sohoa=trace", is_json: true };
        telemetry::start_to(logs, Mutex::new(file("services").1)).unwrap();
    });
}

/// The lines about one paper so far, as JSON.
pub fn of_paper(id: &str) -> Vec<serde_json::Value> {
    let text = fs::read_to_string(file("services").0).unwrap();
    // The last line may be half-written.
    let lines = text.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    lines.filter(|line| line["span"]["paper"] == id).collect()
}

/// What a command wrote to stderr.
pub fn keep(stderr: &str) {
    file("commands").1.write_all(stderr.as_bytes()).unwrap();
}
