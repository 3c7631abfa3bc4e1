//! What an installation tells those who run it: papers by state, the queue, seconds of steps, refusals by rule. Never
//! anything of a person or of a paper.

use jiff::{SignedDuration, Timestamp};

use crate::{
    domain::{
        dossier::StepTimes,
        page::{Finding, Severity},
    },
    store::{
        StoreError,
        jobs::{self, QueueCounts},
        papers,
    },
    workflows::context::Ctx,
};

/// Seconds of one step of one paper, by `step`.
pub const STEP_SECONDS: &str = "sohoa_step_seconds";
/// Findings that sent a paper back to the scanner, by `kind` and `rule`.
pub const REFUSALS: &str = "sohoa_refusals_total";

/// Papers in which an antivirus program found something.
pub const INFECTED: &str = "sohoa_infected_papers_total";

/// How papers and jobs stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Papers by the name of their state.
    pub papers: Vec<(String, u64)>,
    /// Jobs that wait, are under way, and were given up.
    pub jobs: QueueCounts,
    /// How long the job has waited that is due longest.
    pub queue_age: SignedDuration,
}

/// How papers and jobs stand now.
///
/// # Errors
/// The store's.
pub async fn standing(ctx: &Ctx) -> Result<Standing, StoreError> {
    let now = ctx.clock.now();
    let mut tx = ctx.db.read().await?;
    let due = jobs::due_longest(&mut tx).await?;
    Ok(Standing {
        papers: papers::by_state(&mut tx).await?,
        jobs: jobs::counts(&mut tx).await?,
        queue_age: age(due, now),
    })
}

fn age(due: Option<Timestamp>, now: Timestamp) -> SignedDuration {
    due.map_or(SignedDuration::ZERO, |due| now.duration_since(due).max(SignedDuration::ZERO))
}

/// Counts how long the steps of one paper took.
pub(super) fn took(times: &StepTimes) {
    for (step, ms) in
        [("decode", times.decode), ("check", times.check), ("ocr", times.ocr), ("extract", times.extract)]
    {
        // More than 2^32 milliseconds are no time of a step.
        let seconds = f64::from(u32::try_from(ms).unwrap_or(u32::MAX)) / 1000.0;
        metrics::histogram!(STEP_SECONDS, "step" => step).record(seconds);
    }
}

/// Counts a paper in which an antivirus program found something.
pub(super) fn infected() {
    metrics::counter!(INFECTED).increment(1);
}

/// Counts the findings for which a paper goes back.
pub(super) fn refused(findings: &[Finding]) {
    for finding in findings.iter().filter(|finding| finding.severity == Severity::Block) {
        let kind = serde_json::to_value(finding.kind).ok();
        let kind = kind.and_then(|kind| kind.as_str().map(str::to_owned)).unwrap_or_default();
        metrics::counter!(REFUSALS, "kind" => kind, "rule" => finding.rule.clone()).increment(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_is_as_old_as_what_is_due_longest() {
        let at = |s: i64| Timestamp::from_second(s).unwrap();
        for (due, seconds) in [(None, 0), (Some(at(90)), 10), (Some(at(100)), 0), (Some(at(160)), 0)] {
            assert_eq!(age(due, at(100)), SignedDuration::from_secs(seconds), "{due:?}");
        }
    }
}
