//! Holds the program's answers against the truth: kind by kind, then every miss and every false alarm.
//!
//! A finding counts as found when an answer of its kind names its page. Of a gap between two pages either may be named,
//! of a missing last page also none; of pages that changed places any. Any other answer is a false alarm, counted once
//! per paper and kind. `field_doubtful` is about fields, not pages, and is passed over.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use super::super::answers::about;
use super::truth::PageTruth;

/// The kinds in the order of the table.
const KINDS: [&str; 21] = [
    "wrong_page_count",
    "missing_page",
    "out_of_order",
    "duplicate_page",
    "blank_page",
    "rotated_page",
    "foreign_page",
    "note_unpaired",
    "note_pair",
    "low_resolution",
    "not_colour",
    "wrong_scale",
    "old_pdf_version",
    "cut_off",
    "blurred",
    "too_dark",
    "too_light",
    "streaked",
    "classified",
    "do_not_digitise",
    "unreadable_page",
];

/// Made, found, false alarms.
type Row = [usize; 3];

/// What came out.
#[derive(Default)]
pub struct Verdict {
    /// Per kind: papers for tuning, papers held out.
    rows: BTreeMap<String, [Row; 2]>,
    misses: Vec<String>,
    alarms: Vec<String>,
    papers: [usize; 2],
    unanswered: usize,
}

impl Verdict {
    /// Compares every truth with its answer, if there is one.
    pub fn of(truths: &[PageTruth], answers: &[Value]) -> Self {
        let mut verdict = Self::default();
        for truth in truths {
            verdict.papers[usize::from(truth.held_out)] += 1;
            match about(answers, &truth.file) {
                Some(answer) => verdict.compare(truth, answer),
                None => {
                    verdict.unanswered += 1;
                    verdict.compare(truth, &Value::Null);
                }
            }
        }
        verdict
    }

    fn count(&mut self, kind: &str, truth: &PageTruth, column: usize) {
        self.rows.entry(kind.to_owned()).or_default()[usize::from(truth.held_out)][column] += 1;
    }

    fn compare(&mut self, truth: &PageTruth, answer: &Value) {
        let reasons = said(answer);
        for expected in &truth.findings {
            self.count(&expected.kind, truth, 0);
            let is_found = reasons.iter().any(|(kind, page)| expected.is(kind, *page));
            let turned = expected.rotation.is_none_or(|degrees| {
                let position = expected.page.unwrap_or(0);
                page_of(answer, position)
                    .is_none_or(|page| page["rotation"].as_u64() == Some(u64::from(degrees)))
            });
            if is_found && turned {
                self.count(&expected.kind, truth, 1);
            } else {
                let how = if is_found { " (turned the wrong way)" } else { "" };
                self.misses.push(line(truth, &expected.kind, &[expected.page], how));
            }
        }
        self.compare_pairs(truth, answer);
        let mut wrong: BTreeMap<&str, Vec<Option<u32>>> = BTreeMap::new();
        for (kind, page) in &reasons {
            let is_true = truth.findings.iter().any(|expected| expected.is(kind, *page));
            let is_allowed = truth
                .allowed
                .iter()
                .any(|one| one.is(kind, *page) || (one.kind == *kind && one.page.is_none()));
            if !is_true && !is_allowed && kind != "field_doubtful" {
                wrong.entry(kind).or_default().push(*page);
            }
        }
        for (kind, pages) in wrong {
            self.count(kind, truth, 2);
            self.alarms.push(line(truth, kind, &pages, ""));
        }
    }

    /// A pair is found when either page names the other; a pair that is none is a false alarm.
    fn compare_pairs(&mut self, truth: &PageTruth, answer: &Value) {
        let pair_of = |position: u32| page_of(answer, position).and_then(|page| page["note_pair"].as_u64());
        for &[a, b] in &truth.note_pairs {
            self.count("note_pair", truth, 0);
            if pair_of(a) == Some(u64::from(b)) || pair_of(b) == Some(u64::from(a)) {
                self.count("note_pair", truth, 1);
            } else {
                self.misses.push(line(truth, "note_pair", &[Some(a)], ""));
            }
        }
        let known = |position: u32| truth.note_pairs.iter().any(|pair| pair.contains(&position));
        let wrong: Vec<Option<u32>> = (1..=truth.pages as u32)
            .filter(|&position| pair_of(position).is_some() && !known(position))
            .map(Some)
            .collect();
        if !wrong.is_empty() {
            self.count("note_pair", truth, 2);
            self.alarms.push(line(truth, "note_pair", &wrong, ""));
        }
    }

    /// Nothing missed, and at most one false alarm.
    pub fn is_good(&self) -> bool {
        self.misses.is_empty() && self.alarms.len() <= 1 && self.unanswered == 0
    }

    /// The table, then each miss and false alarm on a line.
    pub fn report(&self) -> String {
        let mut text = format!(
            "{:18}{:>34}{:>34}\n{:18}{:>34}{:>34}\n",
            "",
            format!("tuned on: {} papers", self.papers[0]),
            format!("held out: {} papers", self.papers[1]),
            "kind",
            "made  found  missed  false alarms",
            "made  found  missed  false alarms"
        );
        let mut sum = [[0; 3]; 2];
        let known = KINDS.iter().map(|kind| (*kind).to_owned());
        let others = self.rows.keys().filter(|kind| !KINDS.contains(&kind.as_str())).cloned();
        for kind in known.chain(others) {
            let rows = self.rows.get(&kind).copied().unwrap_or_default();
            push_row(&mut text, &kind, rows);
            for (total, row) in sum.iter_mut().flatten().zip(rows.iter().flatten()) {
                *total += row;
            }
        }
        push_row(&mut text, "all", sum);
        if self.unanswered > 0 {
            let _ = writeln!(text, "\n{} papers have no answer", self.unanswered);
        }
        for (title, lines) in [("missed", &self.misses), ("false alarms", &self.alarms)] {
            if !lines.is_empty() {
                let _ = write!(text, "\n{title}: {}\n{}\n", lines.len(), lines.join("\n"));
            }
        }
        text
    }
}

fn push_row(text: &mut String, kind: &str, rows: [Row; 2]) {
    let _ = write!(text, "{kind:18}");
    for [made, found, alarms] in rows {
        let _ = write!(text, "{made:>6}{found:>7}{:>8}{alarms:>13}", made - found);
    }
    text.push('\n');
}

fn line(truth: &PageTruth, kind: &str, pages: &[Option<u32>], how: &str) -> String {
    let pages: Vec<String> =
        pages.iter().map(|page| page.map_or("-".to_owned(), |page| page.to_string())).collect();
    let set = if truth.held_out { "held out" } else { "tuned on" };
    format!("  {set}  {}  {kind}  page {}{how}  [{}]", truth.file, pages.join(","), truth.made)
}

/// Kind and page of everything said, once each.
fn said(answer: &Value) -> Vec<(String, Option<u32>)> {
    let mut found: Vec<(String, Option<u32>)> = Vec::new();
    for reason in answer["reasons"].as_array().into_iter().flatten() {
        let kind = reason["kind"].as_str().unwrap_or("?").to_owned();
        let page = reason["page"].as_u64().and_then(|page| u32::try_from(page).ok());
        if !found.contains(&(kind.clone(), page)) {
            found.push((kind, page));
        }
    }
    found
}

fn page_of(answer: &Value, position: u32) -> Option<&Value> {
    answer["pages"].as_array()?.iter().find(|page| page["position"].as_u64() == Some(u64::from(position)))
}

#[cfg(test)]
mod tests {
    use super::super::truth::Expected;
    use super::*;

    fn truth(findings: Vec<Expected>) -> PageTruth {
        PageTruth {
            file: "a.pdf".to_owned(),
            made: "test".to_owned(),
            declared: None,
            held_out: false,
            seed: 1,
            dpi: 200,
            depth: "colour".to_owned(),
            pages: 3,
            findings,
            allowed: vec![Expected::anywhere("not_colour")],
            note_pairs: vec![[1, 2]],
        }
    }

    #[test]
    fn misses_and_false_alarms_are_counted_apart() {
        let check = |answer: &str, good: bool, n_misses: usize, n_alarms: usize| {
            let gap = Expected::on("missing_page", 3).or([Some(2)]);
            let answer: Value = serde_json::from_str(answer).unwrap();
            let verdict = Verdict::of(&[truth(vec![gap])], &[answer]);
            let found = (verdict.is_good(), verdict.misses.len(), verdict.alarms.len());
            assert_eq!(found, (good, n_misses, n_alarms), "{}", verdict.report());
        };
        let pages = r#""pages":[{"position":1,"note_pair":2},{"position":2},{"position":3}]"#;
        let answer = |reasons: &str| format!(r#"{{"input":"x/a.pdf",{pages},"reasons":[{reasons}]}}"#);
        let said = |kind: &str, page: u32| format!(r#"{{"kind":"{kind}","page":{page}}}"#);
        check(&answer(&said("missing_page", 3)), true, 0, 0);
        check(&answer(&said("missing_page", 2)), true, 0, 0);
        check(&answer(&said("missing_page", 1)), false, 1, 1);
        check(&answer(&[said("missing_page", 2), said("not_colour", 1)].join(",")), true, 0, 0);
        check(
            &answer(&[said("missing_page", 2), said("blurred", 1), said("blurred", 2)].join(",")),
            true,
            0,
            1,
        );
        check(&answer(""), false, 1, 0);
        check(r#"{"input":"b.pdf","reasons":[]}"#, false, 2, 0);
    }
}
