//! The program as a person starts it.

use std::{
    ffi::OsStr,
    path::Path,
    process::{Command, Output},
};

use serde_json::Value;

use super::logs;

pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// The answers, one JSON object per line.
    pub fn answers(&self) -> Vec<Value> {
        self.stdout.lines().map(|l| serde_json::from_str(l).unwrap_or_else(|e| panic!("{e}: {l}"))).collect()
    }

    pub fn answer(&self) -> Value {
        let mut answers = self.answers();
        assert_eq!(answers.len(), 1, "{}\n{}", self.stdout, self.stderr);
        answers.remove(0)
    }
}

pub fn sohoa<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Ran {
    ran(command().args(args).output().unwrap())
}

pub fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sohoa"));
    command.env_remove("SOHOA_DATABASE").env_remove("SOHOA_LOG");
    command
}

pub fn ran(output: Output) -> Ran {
    let stderr = String::from_utf8(output.stderr).unwrap();
    logs::keep(&stderr);
    Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr,
    }
}

/// What is in a file of an installation that runs in this process: read by another one, since closing a file takes away
/// all locks that SQLite has on it.
pub fn bytes_of(path: &Path) -> Vec<u8> {
    let read = Command::new("cat").arg(path).output().unwrap();
    assert!(read.status.success(), "{}", path.display());
    read.stdout
}

/// `digitise --json --dry-run` of one path.
pub fn dry_run(path: &Path) -> Ran {
    sohoa([OsStr::new("digitise"), OsStr::new("--json"), OsStr::new("--dry-run"), path.as_os_str()])
}

/// What an independent tool says; a missing tool is a failure that names its package.
pub fn judge(tool: &str, package: &str, args: &[&OsStr]) -> Ran {
    match Command::new(tool).args(args).output() {
        Ok(output) => Ran {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        },
        Err(error) => panic!("{tool} can't be run ({error}): install {package}, or run sh tests/run.sh"),
    }
}
