//! Writes sample papers: `generate --out DIR [--seed N] [--per-kind N] [--dpi N] [--dossier]`; papers with faulty
//! pages: `generate pages …`; and judges what a program said of those: `generate judge …`.

#[path = "mod.rs"]
mod generator;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use generator::pages::{self, PagePlan, PageTruth, Verdict};
use generator::{Fonts, GenerateError, Order, Plan};

const USAGE: &str = "usage: generate --out DIR [--seed N] [--per-kind N] [--dpi N] [--dossier]
       generate pages --out DIR [--count N] [--seed N] [--held-out]
       generate judge --dir DIR --answers FILE.ndjson";

struct Wishes {
    out: PathBuf,
    plan: Plan,
    is_dossier: bool,
}

fn wishes(mut words: impl Iterator<Item = String>) -> Option<Wishes> {
    let mut out = None;
    let mut plan = Plan { seed: 1, papers_per_kind: 1, dpi: 200 };
    let mut is_dossier = false;
    while let Some(word) = words.next() {
        match word.as_str() {
            "--out" => out = Some(PathBuf::from(words.next()?)),
            "--seed" => plan.seed = words.next()?.parse().ok()?,
            "--per-kind" => plan.papers_per_kind = words.next()?.parse().ok()?,
            "--dpi" => plan.dpi = words.next()?.parse().ok().filter(|dpi| (36..=1200).contains(dpi))?,
            "--dossier" => is_dossier = true,
            _ => return None,
        }
    }
    Some(Wishes { out: out?, plan, is_dossier })
}

fn make(orders: &[Order], out: &Path) -> Result<(), GenerateError> {
    let fonts = Fonts::load()?;
    let mut papers = Vec::with_capacity(orders.len());
    for order in orders {
        let mut paper = order.make(&fonts)?;
        paper.write(out)?;
        println!("{} ({} pages)", out.join(&paper.truth.file).display(), paper.truth.pages);
        // The list needs the truth alone.
        paper.files.clear();
        papers.push(paper);
    }
    generator::write(&out.join("list.csv"), generator::list_csv(&papers).as_bytes())
}

fn wanted_pages(mut words: impl Iterator<Item = String>) -> Option<(PathBuf, PagePlan)> {
    let mut out = None;
    let mut plan = PagePlan { seed: 1, n_papers: 300, has_held_out: false, dpi: None };
    while let Some(word) = words.next() {
        match word.as_str() {
            "--out" => out = Some(PathBuf::from(words.next()?)),
            "--count" => plan.n_papers = words.next()?.parse().ok()?,
            "--seed" => plan.seed = words.next()?.parse().ok()?,
            "--held-out" => plan.has_held_out = true,
            _ => return None,
        }
    }
    Some((out?, plan))
}

/// Two papers at a time: more would need more memory than a small machine has.
fn make_pages(plan: &PagePlan, out: &Path) -> Result<(), GenerateError> {
    let orders = plan.orders();
    let make = |first: usize| -> Result<Vec<(usize, PageTruth)>, GenerateError> {
        let fonts = if plan.has_held_out { Fonts::load_all()? } else { Fonts::load()? };
        let mut truths = Vec::new();
        for (n, order) in orders.iter().enumerate().skip(first).step_by(2) {
            let paper = order.make(&fonts)?;
            paper.write(out)?;
            truths.push((n, paper.truth));
        }
        Ok(truths)
    };
    let (even, odd) = std::thread::scope(|scope| {
        let other = scope.spawn(|| make(1));
        (make(0), other.join().expect("a panic of the other thread is one of ours"))
    });
    let mut numbered = even?;
    numbered.extend(odd?);
    numbered.sort_by_key(|(n, _)| *n);
    let truths: Vec<PageTruth> = numbered.into_iter().map(|(_, truth)| truth).collect();
    generator::write(&out.join("list.csv"), pages::list_csv(&truths).as_bytes())?;
    generator::write(&out.join("papers.tsv"), pages::papers_tsv(&truths).as_bytes())
}

/// The verdict on the answers in a file about the papers in a folder.
fn judge(mut words: impl Iterator<Item = String>) -> Option<Result<Verdict, String>> {
    let (mut dir, mut answers) = (None, None);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--dir" => dir = Some(PathBuf::from(words.next()?)),
            "--answers" => answers = Some(PathBuf::from(words.next()?)),
            _ => return None,
        }
    }
    Some(verdict(&dir?, &answers?))
}

fn verdict(dir: &Path, answers: &Path) -> Result<Verdict, String> {
    let named =
        |path: &Path, cause: &dyn std::fmt::Display| format!("cannot read {}: {cause}", path.display());
    let read = |path: &Path| std::fs::read_to_string(path).map_err(|cause| named(path, &cause));
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(|cause| named(dir, &cause))? {
        let path = entry.map_err(|cause| named(dir, &cause))?.path();
        if path.to_string_lossy().ends_with(".pages.json") {
            paths.push(path);
        }
    }
    paths.sort();
    let mut truths = Vec::with_capacity(paths.len());
    for path in &paths {
        truths.push(serde_json::from_str(&read(path)?).map_err(|cause| named(path, &cause))?);
    }
    let mut said = Vec::new();
    for line in read(answers)?.lines().filter(|line| !line.trim().is_empty()) {
        said.push(serde_json::from_str(line).map_err(|cause| named(answers, &cause))?);
    }
    Ok(Verdict::of(&truths, &said))
}

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1).peekable();
    let usage = || {
        eprintln!("{USAGE}");
        ExitCode::from(2)
    };
    match words.peek().map(String::as_str) {
        Some("pages") => match wanted_pages(words.skip(1)) {
            Some((out, plan)) => ended(make_pages(&plan, &out)),
            None => usage(),
        },
        Some("judge") => match judge(words.skip(1)) {
            Some(Ok(verdict)) => {
                print!("{}", verdict.report());
                if verdict.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
            }
            Some(Err(message)) => {
                eprintln!("{message}");
                ExitCode::FAILURE
            }
            None => usage(),
        },
        _ => match wishes(words) {
            Some(wishes) => {
                let orders =
                    if wishes.is_dossier { generator::sample_dossier() } else { wishes.plan.orders() };
                ended(make(&orders, &wishes.out))
            }
            None => usage(),
        },
    }
}

fn ended(result: Result<(), GenerateError>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(cause) => {
            eprintln!("{cause}");
            ExitCode::FAILURE
        }
    }
}
