//! How far the confidence of a value can be trusted, and where its threshold should lie.
//!
//! Values of low confidence are seen as the `suggestion` that the program gives beside `not_read`; of an answer without
//! them only what lies above its threshold is seen, and the table says so.

use std::fmt::Write as _;

use super::judge::{CRITICAL, FIELDS, Reading, Sample};

/// At most this share of the values above a threshold may be wrong.
const ALLOWED: f64 = 0.002;
/// Lower ends of the bins.
const BINS: [f64; 12] = [0.0, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.97, 0.98, 0.99];

/// Name of the group of all.
const ALL: &str = "all fields";

/// The samples of one field or of several.
pub struct Reliability {
    groups: Vec<(String, Vec<Sample>)>,
    /// Papers that were answered.
    papers: usize,
}

/// A threshold and what it rests on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Threshold {
    /// Values of this confidence or more are said.
    pub at: f64,
    /// Values said.
    pub n: usize,
    /// Wrong ones among them.
    pub wrong: usize,
}

impl Reliability {
    /// Of every field, of the critical ones together, of all.
    pub fn of(reading: &Reading) -> Self {
        let group = |name: &str, is_in: &dyn Fn(usize) -> bool| {
            let samples = reading.samples.iter().filter(|sample| is_in(sample.field)).copied().collect();
            (name.to_owned(), samples)
        };
        let mut groups = vec![group("number, date, owner", &|field| field < CRITICAL), group(ALL, &|_| true)];
        groups.extend(FIELDS.iter().enumerate().map(|(n, name)| group(name, &|field| field == n)));
        Self { groups, papers: reading.papers.iter().sum() }
    }

    /// A table per group.
    pub fn report(&self) -> String {
        let all = self.groups.iter().find(|(name, _)| name == ALL).map_or(0, |(_, samples)| samples.len());
        let mut text = format!("stands on {all} values, said or suggested, of {} papers\n\n", self.papers);
        for (name, samples) in &self.groups {
            if samples.is_empty() {
                let _ = writeln!(text, "{name}: nothing was said\n");
                continue;
            }
            let _ = writeln!(text, "{name}\n  confidence          n   right   wrong   right%");
            for (slot, low) in BINS.iter().enumerate() {
                let high = BINS.get(slot + 1).copied().unwrap_or(1.001);
                let in_bin = |sample: &&Sample| (*low..high).contains(&sample.confidence);
                let n = samples.iter().filter(in_bin).count();
                if n == 0 {
                    continue;
                }
                let right = samples.iter().filter(in_bin).filter(|sample| sample.is_right).count();
                let share = right as f64 * 100.0 / n as f64;
                let _ = writeln!(
                    text,
                    "  {low:.2} to {:.2}{n:>11}{right:>8}{:>8}{share:>9.1}",
                    high.min(1.0),
                    n - right
                );
            }
            let least = samples.iter().map(|sample| sample.confidence).fold(1.0, f64::min);
            let _ = writeln!(text, "  least confidence said: {least:.3}");
            match lowest_threshold(samples) {
                Some(found) => {
                    let bound = upper_bound(found.wrong, found.n) * 1000.0;
                    let _ = writeln!(
                        text,
                        "  lowest threshold with at most 2 of 1000 wrong: {:.3} ({} wrong of {}; with 95 % certainty \
                         below {bound:.1} of 1000)\n",
                        found.at, found.wrong, found.n
                    );
                }
                None => {
                    let _ = writeln!(text, "  no threshold keeps wrong values at 2 of 1000\n");
                }
            }
        }
        text
    }
}

/// The lowest confidence at and above which at most [`ALLOWED`] of the values are wrong.
pub fn lowest_threshold(samples: &[Sample]) -> Option<Threshold> {
    let mut sorted = samples.to_vec();
    sorted.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    let mut best = None;
    let mut wrong = 0;
    for (n, sample) in sorted.iter().enumerate() {
        wrong += usize::from(!sample.is_right);
        // Values of the same confidence stand and fall together.
        let is_last = sorted.get(n + 1).is_none_or(|next| next.confidence < sample.confidence);
        if is_last && wrong as f64 <= ALLOWED * (n + 1) as f64 {
            best = Some(Threshold { at: sample.confidence, n: n + 1, wrong });
        }
    }
    best
}

/// The share of wrong values that is not exceeded with 95 % certainty (Clopper and Pearson).
pub fn upper_bound(wrong: usize, n: usize) -> f64 {
    if wrong >= n {
        return 1.0;
    }
    // The chance of so few wrong ones falls as the share rises: halve the interval.
    let at_most = |share: f64| -> f64 {
        let mut term = (1.0 - share).powi(n as i32);
        let mut total = term;
        for k in 0..wrong {
            term *= (n - k) as f64 / (k + 1) as f64 * share / (1.0 - share);
            total += term;
        }
        total
    };
    let (mut low, mut high) = (wrong as f64 / n as f64, 1.0 - 1e-9);
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if at_most(middle) > 0.05 { low = middle } else { high = middle }
    }
    high
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(groups: &[(f64, usize, usize)]) -> Vec<Sample> {
        let one = |confidence, is_right| Sample { field: 0, confidence, is_right };
        groups
            .iter()
            .flat_map(|&(confidence, right, wrong)| {
                (0..right + wrong).map(move |n| one(confidence, n < right))
            })
            .collect()
    }

    #[test]
    fn the_threshold_lies_below_all_that_keep_the_promise() {
        let check = |groups: &[(f64, usize, usize)], expected: Option<(f64, usize, usize)>| {
            let found = lowest_threshold(&samples(groups)).map(|found| (found.at, found.n, found.wrong));
            assert_eq!(found, expected, "{groups:?}");
        };
        check(&[(0.99, 500, 0), (0.9, 499, 1), (0.8, 10, 5)], Some((0.9, 1000, 1)));
        check(&[(0.99, 400, 0), (0.9, 40, 1)], Some((0.99, 400, 0)));
        check(&[(0.99, 9, 1)], None);
        check(&[], None);
    }

    #[test]
    fn few_samples_prove_little() {
        let check = |wrong, n, expected: f64| {
            let found = upper_bound(wrong, n);
            assert!((found - expected).abs() < 0.0005, "{wrong} of {n}: {found}");
        };
        // The rule of three: no wrong one of n proves less than about 3 of n.
        check(0, 1000, 0.0030);
        check(0, 83, 0.0354);
        check(1, 1000, 0.0047);
        check(5, 5, 1.0);
    }
}
