//! `GET /metrics`, in the text form of Prometheus, for this machine and those that are named in the configuration.

use std::{fmt::Write as _, net::IpAddr, sync::OnceLock};

use axum::{
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

use super::gate;
use crate::workflows::{
    context::Ctx,
    measures::{self, INFECTED, REFUSALS, STEP_SECONDS, Standing},
};

/// Bounds of seconds that steps are counted by.
const BOUNDS: [f64; 9] = [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0];

/// What the page needs.
#[derive(Clone)]
pub(super) struct Measures {
    pub ctx: Ctx,
    pub from: std::sync::Arc<[IpAddr]>,
}

/// The one recorder of the process.
fn recorder() -> Option<&'static PrometheusHandle> {
    static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    RECORDER.get_or_init(|| record().ok()).as_ref()
}

fn record() -> Result<PrometheusHandle, BuildError> {
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Full(STEP_SECONDS.to_owned()), &BOUNDS)?
        .install_recorder()?;
    metrics::describe_histogram!(STEP_SECONDS, "Seconds of one step of one paper");
    metrics::describe_counter!(REFUSALS, "Findings that sent a paper back to the scanner");
    metrics::describe_counter!(INFECTED, "Papers in which the antivirus program found something");
    Ok(handle)
}

/// Begins to count; what happened before is not counted.
pub fn begin() {
    recorder();
}

/// `GET /metrics`.
pub(super) async fn page(State(measures): State<Measures>, request: Request) -> Response {
    // Behind a proxy it is the proxy that asks, so what a proxy says is of no use here.
    let from = gate::address_of(&request, &[]);
    if from.is_some_and(|from| !from.is_loopback() && !measures.from.contains(&from)) {
        return StatusCode::FORBIDDEN.into_response();
    }
    match measures::standing(&measures.ctx).await {
        Ok(standing) => {
            let counted = recorder().map(PrometheusHandle::render).unwrap_or_default();
            let media_type = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
            (media_type, counted + &text(&standing)).into_response()
        }
        Err(error) => {
            tracing::warn!(%error, "nothing could be measured");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

fn gauge(out: &mut String, name: &str, help: &str, counts: &[(&str, u64)]) {
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} gauge");
    for (state, n) in counts {
        let _ = writeln!(out, "{name}{{state=\"{state}\"}} {n}");
    }
}

fn text(standing: &Standing) -> String {
    let mut out = String::new();
    let jobs = &standing.jobs;
    let papers: Vec<_> = standing.papers.iter().map(|(state, n)| (state.as_str(), *n)).collect();
    gauge(&mut out, "sohoa_papers", "Papers by state", &papers);
    let jobs = [("waiting", jobs.n_waiting), ("leased", jobs.n_leased), ("dead", jobs.n_dead)];
    gauge(&mut out, "sohoa_jobs", "Jobs by state", &jobs);
    let seconds = standing.queue_age.as_secs();
    let name = "sohoa_queue_age_seconds";
    let _ =
        writeln!(out, "# HELP {name} How long the job has waited that is due longest\n# TYPE {name} gauge");
    let _ = writeln!(out, "{name} {seconds}");
    out
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::store::jobs::QueueCounts;

    #[test]
    fn what_stands_is_told_in_the_form_of_prometheus() {
        let standing = Standing {
            papers: vec![("stored".to_owned(), 12), ("to_confirm".to_owned(), 3)],
            jobs: QueueCounts { n_waiting: 1, n_leased: 0, n_dead: 0 },
            queue_age: SignedDuration::from_secs(7),
        };
        let text = text(&standing);
        for line in [
            "sohoa_papers{state=\"stored\"} 12",
            "sohoa_jobs{state=\"waiting\"} 1",
            "sohoa_queue_age_seconds 7",
        ] {
            assert!(text.lines().any(|l| l == line), "{line} in {text}");
        }
    }
}
