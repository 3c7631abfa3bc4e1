//! Writes sample papers: `generate --out DIR [--seed N] [--per-kind N] [--dpi N] [--dossier]`; papers with faulty
//! pages: `generate pages …`; papers to measure reading by: `generate reading …`; and judges what a program said of
//! them: `generate judge …`, `generate judge-reading …`, `generate reliability …`.

#[path = "mod.rs"]
mod generator;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use generator::pages::{self, PagePlan, Verdict};
use generator::reading::{self, Reading, ReadingPlan, Reliability};
use generator::{Fonts, GenerateError, Order, Plan, answers};

const USAGE: &str = "usage: generate --out DIR [--seed N] [--per-kind N] [--dpi N] [--dossier]
       generate pages --out DIR [--count N] [--seed N] [--held-out]
       generate reading --out DIR [--count N] [--seed N]
       generate judge --dir DIR --answers FILE.ndjson
       generate judge-reading --dir DIR --answers FILE.ndjson [--threshold X]
       generate reliability --dir DIR --answers FILE.ndjson";

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

/// Two papers at a time, in order of their numbers: more would need more memory than a small machine has.
fn two_by_two<Order: Sync, Truth: Send>(
    orders: &[Order],
    has_held_out: bool,
    make: impl Fn(&Order, &Fonts) -> Result<Truth, GenerateError> + Sync,
) -> Result<Vec<Truth>, GenerateError> {
    let half = |first: usize| -> Result<Vec<(usize, Truth)>, GenerateError> {
        let fonts = if has_held_out { Fonts::load_all()? } else { Fonts::load()? };
        let own = orders.iter().enumerate().skip(first).step_by(2);
        own.map(|(n, order)| Ok((n, make(order, &fonts)?))).collect()
    };
    let (even, odd) = std::thread::scope(|scope| {
        let other = scope.spawn(|| half(1));
        (half(0), other.join().expect("a panic of the other thread is one of ours"))
    });
    let mut numbered = even?;
    numbered.extend(odd?);
    numbered.sort_by_key(|(n, _)| *n);
    Ok(numbered.into_iter().map(|(_, truth)| truth).collect())
}

fn make_pages(plan: &PagePlan, out: &Path) -> Result<(), GenerateError> {
    let truths = two_by_two(&plan.orders(), plan.has_held_out, |order, fonts| {
        let paper = order.make(fonts)?;
        paper.write(out)?;
        Ok(paper.truth)
    })?;
    generator::write(&out.join("list.csv"), pages::list_csv(&truths).as_bytes())?;
    generator::write(&out.join("papers.tsv"), pages::papers_tsv(&truths).as_bytes())
}

fn make_reading(plan: &PagePlan, out: &Path) -> Result<(), GenerateError> {
    let plan = ReadingPlan { seed: plan.seed, n_papers: plan.n_papers, dpi: None };
    let truths = two_by_two(&plan.orders(), true, |order, fonts| {
        let paper = order.make(fonts)?;
        paper.write(out)?;
        Ok(paper.truth)
    })?;
    generator::write(&out.join("list.csv"), reading::list_csv(&truths).as_bytes())
}

/// The folder of papers, the file of answers, and the least confidence of what counts as said.
fn judged(mut words: impl Iterator<Item = String>) -> Option<(PathBuf, PathBuf, f64)> {
    let (mut dir, mut answers, mut threshold) = (None, None, 0.0);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--dir" => dir = Some(PathBuf::from(words.next()?)),
            "--answers" => answers = Some(PathBuf::from(words.next()?)),
            "--threshold" => threshold = words.next()?.parse().ok()?,
            _ => return None,
        }
    }
    Some((dir?, answers?, threshold))
}

/// What `report` makes of truths and answers; true when nothing needs mending.
fn judge(
    words: impl Iterator<Item = String>,
    report: impl Fn(&Path, &Path, f64) -> Result<(String, bool), String>,
) -> ExitCode {
    let Some((dir, answers, threshold)) = judged(words) else { return usage() };
    match report(&dir, &answers, threshold) {
        Ok((text, is_good)) => {
            print!("{text}");
            if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn pages_verdict(dir: &Path, answers: &Path, _: f64) -> Result<(String, bool), String> {
    let (truths, said) = answers::load(dir, ".pages.json", answers)?;
    let verdict = Verdict::of(&truths, &said);
    Ok((verdict.report(), verdict.is_good()))
}

fn reading_of(dir: &Path, answers: &Path, threshold: f64) -> Result<Reading, String> {
    let (truths, said) = answers::load(dir, ".reading.json", answers)?;
    Ok(Reading::of(&truths, &said, threshold))
}

fn usage() -> ExitCode {
    eprintln!("{USAGE}");
    ExitCode::from(2)
}

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1).peekable();
    match words.peek().map(String::as_str) {
        Some("pages") => match wanted_pages(words.skip(1)) {
            Some((out, plan)) => ended(make_pages(&plan, &out)),
            None => usage(),
        },
        Some("reading") => match wanted_pages(words.skip(1)) {
            Some((out, plan)) => ended(make_reading(&plan, &out)),
            None => usage(),
        },
        Some("judge") => judge(words.skip(1), pages_verdict),
        Some("judge-reading") => judge(words.skip(1), |dir, answers, threshold| {
            let reading = reading_of(dir, answers, threshold)?;
            Ok((reading.report(), reading.is_good()))
        }),
        Some("reliability") => judge(words.skip(1), |dir, answers, _| {
            Ok((Reliability::of(&reading_of(dir, answers, 0.0)?).report(), true))
        }),
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

fn ended(result: Result<(), impl std::fmt::Display>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(cause) => {
            eprintln!("{cause}");
            ExitCode::FAILURE
        }
    }
}
