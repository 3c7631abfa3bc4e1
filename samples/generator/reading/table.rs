//! The report of a reading as text: tables first, then every value worth a line.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::judge::{CRITICAL, Counts, FIELDS, Reading, Remark};

const SETS: [&str; 2] = ["tuned on", "held out"];

/// `12.5` of 100, or a dash of nothing.
fn percent(part: usize, all: usize) -> String {
    if all == 0 { "-".to_owned() } else { format!("{:.1}", part as f64 * 100.0 / all as f64) }
}

fn sum(rows: impl Iterator<Item = Counts>) -> Counts {
    rows.fold(Counts::default(), |mut total, row| {
        total.all += row.all;
        for (own, more) in total.printed.iter_mut().zip(row.printed) {
            *own += more;
        }
        for (own, more) in total.lost.iter_mut().zip(row.lost) {
            *own += more;
        }
        for (own, more) in total.absent.iter_mut().zip(row.absent) {
            *own += more;
        }
        total
    })
}

/// The whole report.
pub fn report(reading: &Reading) -> String {
    let mut text = String::new();
    if reading.unanswered > 0 {
        let _ = writeln!(text, "{} papers have no answer and are left out\n", reading.unanswered);
    }
    push_fields(&mut text, reading);
    push_groups(&mut text, "way of spoiling", &reading.by_way, Some(&reading.words_by_way));
    push_groups(&mut text, "kind of paper", &reading.by_kind, None);
    push_summary(&mut text, reading);
    push_words(&mut text, reading);
    push_remarks(&mut text, "silently wrong", &reading.wrong);
    push_remarks(&mut text, "missed (printed, said to be absent)", &reading.missed);
    push_remarks(&mut text, "asked although printed", &reading.asked);
    text
}

fn push_fields(text: &mut String, reading: &Reading) {
    let head = "printed  right%  asked%  wrong  missed | absent wrong | lost asked% right wrong";
    for (set, name) in SETS.iter().enumerate() {
        let _ = writeln!(text, "{name}: {} papers\n{:26}{head}", reading.papers[set], "field");
        for (n, field) in FIELDS.iter().enumerate() {
            push_row(text, field, reading.by_field.get(&n).copied().unwrap_or_default()[set]);
        }
        let rows = |critical: bool| {
            sum(reading.by_field.iter().filter(|(n, _)| !critical || **n < CRITICAL).map(|(_, row)| row[set]))
        };
        push_row(text, "number, date, owner", rows(true));
        push_row(text, "all", rows(false));
        let [wrong, all] = reading.words[set];
        let _ = writeln!(text, "word error {} % of {all} words\n", percent(wrong, all));
    }
}

fn push_row(text: &mut String, name: &str, row: Counts) {
    let printed: usize = row.printed.iter().sum();
    let (absent, lost): (usize, usize) = (row.absent.iter().sum(), row.lost.iter().sum());
    let _ = writeln!(
        text,
        "{name:26}{printed:>7}{:>8}{:>8}{:>7}{:>8} |{absent:>7}{:>6} |{lost:>5}{:>7}{:>6}{:>6}",
        percent(row.printed[0], printed),
        percent(row.printed[1], printed),
        row.printed[2],
        row.printed[3],
        row.absent[2],
        percent(row.lost[1], lost),
        row.lost[0],
        row.lost[2],
    );
}

fn push_groups(
    text: &mut String,
    title: &str,
    groups: &BTreeMap<String, [Counts; 2]>,
    words: Option<&BTreeMap<String, [usize; 2]>>,
) {
    let _ = writeln!(
        text,
        "{title:28}{:>26}{:>26}{}",
        "number, date, owner",
        "all fields",
        if words.is_some() { "  word error%" } else { "" }
    );
    let _ = writeln!(text, "{:28}{head}{head}", "", head = "  printed  right%  wrong  ");
    for (name, rows) in groups {
        let _ = write!(text, "{name:28}");
        for row in rows {
            let printed: usize = row.printed.iter().sum();
            let _ = write!(text, "{printed:>9}{:>8}{:>7}  ", percent(row.printed[0], printed), row.wrong());
        }
        if let Some([wrong, all]) = words.and_then(|words| words.get(name)) {
            let _ = write!(text, "{:>13}", percent(*wrong, *all));
        }
        text.push('\n');
    }
    text.push('\n');
}

/// The figures that are promised.
fn push_summary(text: &mut String, reading: &Reading) {
    let all = sum(reading.by_field.values().flatten().copied());
    let critical = sum(reading.by_field.range(..CRITICAL).flat_map(|(_, rows)| rows).copied());
    let total = |row: [usize; 4]| row.iter().sum::<usize>();
    let (wrong, n_words) = reading.words.iter().fold((0, 0), |(wrong, n), row| (wrong + row[0], n + row[1]));
    let lines = [
        ("printed fields right", all.printed[0], total(all.printed), "97 or more"),
        ("printed number, date, owner read", critical.printed[0], total(critical.printed), "95 or more"),
        ("silently wrong of all", all.wrong(), all.all, "0.3 or less"),
        ("silently wrong number, date, owner", critical.wrong(), critical.all, "0"),
        ("said absent though printed", all.printed[3], total(all.printed), ""),
        ("by pen or destroyed: asked", all.lost[1], total(all.lost), "95 or more"),
        ("by pen or destroyed: silently wrong", all.lost[2], total(all.lost), "0"),
        ("wrong words", wrong, n_words, "2 or less"),
    ];
    let _ = writeln!(text, "{:36}{:>10}{:>14}", "the whole set", "%", "wanted %");
    for (name, part, of, wanted) in lines {
        let share = if of == 0 { "-".to_owned() } else { format!("{:.2}", part as f64 * 100.0 / of as f64) };
        let _ = writeln!(text, "{name:36}{share:>10}{wanted:>14}   {part} of {of}");
    }
}

/// The twenty papers of whose words most are wrong.
fn push_words(text: &mut String, reading: &Reading) {
    let mut papers: Vec<_> = reading.words_by_paper.iter().filter(|(_, [wrong, _])| *wrong > 0).collect();
    papers.sort_by_key(|(_, [wrong, all])| std::cmp::Reverse(wrong * 10_000 / all.max(&1)));
    let _ = writeln!(text, "\nmost wrong words");
    for (file, [wrong, all]) in papers.into_iter().take(20) {
        let _ = writeln!(text, "  {:>6} %  {wrong} of {all}  {file}", percent(*wrong, *all));
    }
}

fn push_remarks(text: &mut String, title: &str, remarks: &[Remark]) {
    let _ = writeln!(text, "\n{title}: {}", remarks.len());
    for remark in remarks {
        let set = SETS[usize::from(remark.held_out)];
        let _ = writeln!(
            text,
            "  {set}  {}  {}  said {}  truth {}",
            remark.file, remark.field, remark.said, remark.truth
        );
    }
}
