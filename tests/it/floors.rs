//! Arrows between floors go down only, and engines and store never see each other.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// What each part may use of the crate, beside itself. `clock`, `config` and `telemetry` stand
/// beside the floors: values are passed down.
const MAY_USE: [(&str, &[&str]); 9] = [
    ("domain", &[]),
    ("engines", &["domain", "clock"]),
    ("store", &["domain", "clock"]),
    ("remote", &["domain", "clock"]),
    ("workflows", &["domain", "engines", "store", "remote", "clock"]),
    // Faces name errors of engines and store to translate them; rows and SQL they never see.
    ("faces", &["domain", "workflows", "engines", "store", "remote", "clock", "config", "telemetry"]),
    ("config", &["domain", "engines"]),
    ("clock", &[]),
    ("telemetry", &[]),
];

/// Within floors: who must not know whom.
const MUST_NOT: [(&str, &[&str]); 7] = [
    ("src/engines/extraction", &["engines::imaging", "engines::pdf", "engines::ocr", "engines::reader"]),
    ("src/engines/imaging", &["engines::ocr", "engines::extraction", "engines::reader"]),
    ("src/engines/ocr", &["engines::extraction", "engines::pdf", "engines::reader"]),
    ("src/engines/pdf", &["engines::extraction", "engines::ocr", "engines::reader"]),
    ("src/faces/api", &["faces::web", "faces::cli"]),
    ("src/faces/web", &["faces::api", "faces::cli"]),
    ("src/domain", &["sqlx", "axum", "tokio", "std::fs", "std::net"]),
];

fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// The paths that a file uses, `crate::a::b` and outside ones, braces opened one level deep or more.
fn uses(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let code: String =
        text.lines().filter(|l| !l.trim_start().starts_with("//")).map(|l| format!("{l}\n")).collect();
    let mut rest = code.as_str();
    while let Some(at) = rest.find("use ") {
        let is_word = rest[..at].chars().next_back().is_none_or(|c| c.is_whitespace() || c == '(');
        rest = &rest[at + 4..];
        if let Some(end) = rest.find(';').filter(|_| is_word) {
            expand("", &rest[..end], &mut found);
        }
    }
    // Full paths in the code.
    for (at, _) in code.match_indices("crate::") {
        let path: String =
            code[at..].chars().take_while(|c| c.is_alphanumeric() || *c == '_' || *c == ':').collect();
        found.insert(path);
    }
    found
}

fn expand(prefix: &str, tree: &str, found: &mut BTreeSet<String>) {
    let mut depth = 0;
    let mut start = 0;
    let pieces = tree.char_indices().chain([(tree.len(), ',')]);
    for (i, c) in pieces {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                let piece = tree[start..i].trim();
                start = i + 1;
                match (piece.find('{'), piece.rfind('}')) {
                    (Some(open), Some(close)) if open < close => {
                        expand(&format!("{prefix}{}", piece[..open].trim()), &piece[open + 1..close], found);
                    }
                    _ if !piece.is_empty() => drop(found.insert(format!("{prefix}{piece}"))),
                    _ => {}
                }
            }
            _ => {}
        }
    }
}

#[test]
fn arrows_go_down_only() {
    let mut files = Vec::new();
    sources(Path::new("src"), &mut files);
    assert!(files.len() > 40, "found only {} sources", files.len());
    let mut forbidden = Vec::new();
    for file in files {
        let name = file.to_string_lossy().into_owned();
        let floor = name.trim_start_matches("src/").split(['/', '.']).next().unwrap().to_owned();
        let text = fs::read_to_string(&file).unwrap();
        let uses = uses(&text);
        if let Some((_, allowed)) = MAY_USE.iter().find(|(f, _)| *f == floor) {
            for used in uses.iter().filter_map(|u| u.strip_prefix("crate::")) {
                let target = used.split("::").next().unwrap();
                let is_floor = MAY_USE.iter().any(|(f, _)| *f == target);
                if is_floor && target != floor && !allowed.contains(&target) {
                    forbidden.push(format!("{name} uses {used}"));
                }
            }
        }
        for (place, foreign) in MUST_NOT {
            if name.starts_with(&format!("{place}/")) || name == format!("{place}.rs") {
                for used in &uses {
                    let used = used.strip_prefix("crate::").unwrap_or(used);
                    // An address is a value like a number; opening one is not.
                    let is_value = used == "std::net::IpAddr";
                    let is_foreign = |f: &&str| used == *f || used.starts_with(&format!("{f}::"));
                    if !is_value && foreign.iter().any(is_foreign) {
                        forbidden.push(format!("{name} uses {used}"));
                    }
                }
            }
        }
        let is_sql = floor != "store" && uses.iter().any(|u| u.starts_with("sqlx"));
        if is_sql {
            forbidden.push(format!("{name} uses sqlx"));
        }
        let is_unsafe = text.lines().any(|l| {
            let code = l.split("//").next().unwrap_or_default();
            code.contains("unsafe {") || code.contains("unsafe fn") || code.contains("unsafe impl")
        });
        if is_unsafe && !name.starts_with("src/engines/native") {
            forbidden.push(format!("{name} has unsafe code"));
        }
    }
    assert!(forbidden.is_empty(), "forbidden arrows:\n{}", forbidden.join("\n"));
}

#[test]
fn the_test_sees_what_it_must() {
    let text = "use crate::{store::papers, domain::{ids::PaperId, code}};\nfn f() { crate::faces::web::x() }\npub use sqlx::Any;";
    let found = uses(text);
    for path in ["crate::store::papers", "crate::domain::ids::PaperId", "crate::domain::code", "sqlx::Any"] {
        assert!(found.contains(path), "{path}: {found:?}");
    }
    assert!(found.iter().any(|u| u.starts_with("crate::faces::web")));
}

#[test]
fn generator_and_reader_share_nothing() {
    let (mut generator, mut reader) = (Vec::new(), Vec::new());
    sources(Path::new("samples/generator"), &mut generator);
    sources(Path::new("src/engines"), &mut reader);
    let read_all =
        |files: &[PathBuf]| files.iter().map(|f| fs::read_to_string(f).unwrap()).collect::<String>();
    let generator_text = read_all(&generator);
    assert!(!generator_text.contains("sohoa::"), "the generator uses the program");
    assert!(!generator_text.contains("Tinos"), "the generator draws with the reader's font");
    assert!(!read_all(&reader).contains("samples/generator"), "the program uses the generator");
    // A list that stands in both would let the reader know what the generator writes: no run of
    // three string literals in a row is common to the two. Keys of the contract are no words of a paper.
    let is_phrase = |text: &&str| {
        text.chars().count() > 3 && !text.chars().all(|c| c.is_ascii_lowercase() || "_./{}".contains(c))
    };
    let runs = |text: &str| -> BTreeSet<String> {
        let text = text.replace("'\"'", "");
        let literals: Vec<&str> = text.split('"').skip(1).step_by(2).filter(is_phrase).collect();
        literals.windows(3).map(|w| w.join("|")).collect()
    };
    // One file at a time: a quote that is no end of a literal misleads in its own file alone.
    let runs_of = |files: &[PathBuf]| -> BTreeSet<String> {
        let code = |file: &PathBuf| fs::read_to_string(file).unwrap().split("#[cfg(test)]").next().map(&runs);
        files.iter().filter_map(code).flatten().collect()
    };
    let common: Vec<String> = runs_of(&generator).intersection(&runs_of(&reader)).cloned().collect();
    assert!(common.is_empty(), "shared phrase lists: {common:?}");
}
