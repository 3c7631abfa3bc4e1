//! Writes sample papers: `generate --out DIR [--seed N] [--per-kind N] [--dpi N] [--dossier]`.

#[path = "mod.rs"]
mod generator;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use generator::{Fonts, GenerateError, Order, Plan};

const USAGE: &str = "usage: generate --out DIR [--seed N] [--per-kind N] [--dpi N] [--dossier]";

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

fn main() -> ExitCode {
    let Some(wishes) = wishes(std::env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let orders = if wishes.is_dossier { generator::sample_dossier() } else { wishes.plan.orders() };
    match make(&orders, &wishes.out) {
        Ok(()) => ExitCode::SUCCESS,
        Err(cause) => {
            eprintln!("{cause}");
            ExitCode::FAILURE
        }
    }
}
