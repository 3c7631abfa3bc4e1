//! `prepared --out DIR FILE|FOLDER…`: the pages of papers as Tesseract gets them, for measuring it alone.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use sohoa::engines::reader::{Limits, prepared_pages};

/// Pages as pictures ready for Tesseract, and a table of their names and resolutions.
fn write_prepared(mut words: impl Iterator<Item = String>) -> Option<Result<(), String>> {
    let out = words.next().filter(|w| w == "--out").and_then(|_| words.next()).map(PathBuf::from)?;
    let papers: Vec<PathBuf> = words.map(PathBuf::from).collect();
    if papers.is_empty() {
        return None;
    }
    let write = || -> Result<(), String> {
        let mut table = String::new();
        for (n, paper) in papers.iter().enumerate() {
            let said = |cause: &dyn std::fmt::Display| format!("{}: {cause}", paper.display());
            let files = files_of(paper).map_err(|cause| said(&cause))?;
            let pages = prepared_pages(files, Limits::default()).map_err(|cause| said(&cause))?;
            for (page, (picture, dpi)) in pages.iter().enumerate() {
                let name = format!("{:03}-{}.png", n + 1, page + 1);
                picture.save(out.join(&name)).map_err(|cause| said(&cause))?;
                table.push_str(&format!("{name}\t{dpi:.0}\n"));
            }
        }
        std::fs::write(out.join("pages.tsv"), table).map_err(|cause| cause.to_string())
    };
    Some(std::fs::create_dir_all(&out).map_err(|cause| cause.to_string()).and_then(|()| write()))
}

/// The bytes of a file, or of the files of a folder in order of their names.
fn files_of(paper: &Path) -> std::io::Result<Vec<Vec<u8>>> {
    if !paper.is_dir() {
        return Ok(vec![std::fs::read(paper)?]);
    }
    let entries = std::fs::read_dir(paper)?.map(|entry| entry.map(|e| e.path()));
    let mut paths = entries.collect::<std::io::Result<Vec<PathBuf>>>()?;
    paths.sort();
    paths.into_iter().map(std::fs::read).collect()
}

fn main() -> ExitCode {
    match write_prepared(std::env::args().skip(1)) {
        None => {
            eprintln!("usage: prepared --out DIR FILE|FOLDER...");
            ExitCode::from(2)
        }
        Some(Ok(())) => ExitCode::SUCCESS,
        Some(Err(message)) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}
