//! The loop that takes jobs from the queue, and which workflow each is.

use std::time::{Duration, Instant};

use jiff::SignedDuration;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use crate::{
    domain::{
        dossier::{PaperState, Step},
        ids::PaperId,
        job::{Job, Urgency},
    },
    engines::imaging::fault::ReadError,
    store::{StoreError, jobs},
    workflows::{
        administer, augment,
        context::Ctx,
        digitise::{self, DigitiseError},
        keep,
        quarantine::{self, Waiting},
        retention, search, sign, trace,
    },
};

/// How long a job is a worker's own before another may take it.
const LEASE: Duration = Duration::from_secs(300);
/// How long an idle worker waits before it looks again.
const IDLE: Duration = Duration::from_millis(200);

/// How often it is said how many secret papers wait to be erased.
const REMIND: Duration = Duration::from_secs(900);

/// How often it is looked for documents whose term is over: terms end with a day.
const ERASE: Duration = Duration::from_secs(3600);

/// How often it is looked for documents whose signatures lack something.
const AUGMENT: Duration = Duration::from_secs(60);

/// How often the trace is chained.
const CHAIN: Duration = Duration::from_secs(1);
/// How many times that before it is looked whether a day is over.
const ROUNDS_BETWEEN_DAYS: u32 = 60;

/// Told after each page: done, of.
pub type OnPage = std::sync::Arc<dyn Fn(u32, u32) + Send + Sync>;

/// Works until `stop` on jobs that are at least as urgent as `least`; a job under way is finished first.
pub async fn work(ctx: Ctx, stop: CancellationToken, least: Urgency) {
    let quiet: OnPage = std::sync::Arc::new(|_, _| {});
    while !stop.is_cancelled() {
        match work_once(&ctx, &quiet, least).await {
            Ok(true) => {}
            Ok(false) => rest(&stop, IDLE).await,
            Err(error) => {
                tracing::error!(%error, "the queue is out of reach");
                tokio::time::sleep(Duration::from_secs(2)).await;
            }
        }
    }
}

/// Says at start, and every quarter of an hour, how many secret papers have to be erased soon or should have
/// been: numbers alone, nothing of them is erased. Forgets answers to requests that were kept for a day.
pub async fn remind(ctx: Ctx, stop: CancellationToken) {
    while !stop.is_cancelled() {
        match quarantine::waiting(&ctx, None).await {
            Ok(waiting) => say(&waiting),
            Err(error) => tracing::warn!(%error, "the terms of secret papers can't be looked up"),
        }
        if let Err(error) = administer::forget_answers(&ctx).await {
            tracing::warn!(%error, "answers of yesterday can't be forgotten");
        }
        rest(&stop, REMIND).await;
    }
}

/// Erases, where the installation says so, what left its owner's store and whose term is over.
pub async fn erase_due(ctx: Ctx, stop: CancellationToken) {
    while ctx.rules.retention.by_itself && !stop.is_cancelled() {
        match retention::sweep(&ctx, &ctx.rules.officer, false).await {
            Ok(found) => match found.iter().filter(|waiting| waiting.is_due).count() {
                0 => {}
                n_erased => tracing::info!(n_erased, "documents whose term is over are erased"),
            },
            Err(error) => {
                tracing::error!(%error, "documents whose term is over can't be erased; trying again")
            }
        }
        rest(&stop, ERASE).await;
    }
}

/// Makes up what signatures of stored documents lack, as it becomes due.
pub async fn augment(ctx: Ctx, stop: CancellationToken) {
    while !stop.is_cancelled() {
        match augment::next(&ctx).await {
            Ok(Some(Ok(()))) => continue,
            Ok(Some(Err(error))) => {
                tracing::warn!(%error, "a document's signatures still lack something; trying again later");
                continue;
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "what signatures lack can't be looked up"),
        }
        rest(&stop, AUGMENT).await;
    }
}

/// Takes documents into the index of words that were stored before there was one, until none is left.
pub async fn index_older(ctx: Ctx, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let waits = match search::index_older(&ctx).await {
            Ok(true) => continue,
            Ok(false) => return,
            Err(error) => {
                tracing::warn!(%error, "documents can't be taken into the index of words; trying again");
                CHAIN * ROUNDS_BETWEEN_DAYS
            }
        };
        rest(&stop, waits).await;
    }
}

/// Chains what was written to the trace, every second, and signs its end when a day is over; once more at the end.
pub async fn keep_trace(ctx: Ctx, stop: CancellationToken) {
    let mut n_rounds = 0u32;
    loop {
        let is_last = stop.is_cancelled();
        if let Err(error) = trace::seal(&ctx).await {
            tracing::error!(%error, "the trace can't be chained");
        }
        if n_rounds.is_multiple_of(ROUNDS_BETWEEN_DAYS) {
            match trace::sign_day(&ctx).await {
                Ok(true) => tracing::info!("the end of the trace is signed for the day that is over"),
                Ok(false) => {}
                Err(error) => tracing::error!(%error, "the end of the trace can't be signed"),
            }
        }
        n_rounds = n_rounds.wrapping_add(1);
        if is_last {
            return;
        }
        rest(&stop, CHAIN).await;
    }
}

/// Waits so long, or until `stop`.
async fn rest(stop: &CancellationToken, time: Duration) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = tokio::time::sleep(time) => {}
    }
}

fn say(waiting: &Waiting) {
    let (n_over, n_near, n_others) = (waiting.over.len(), waiting.near.len(), waiting.n_others);
    if n_over > 0 {
        tracing::error!(n_over, n_near, n_others, "secret papers should have been erased: the term is over");
    } else if n_near > 0 {
        tracing::warn!(n_near, n_others, "secret papers have to be erased within four hours");
    } else if n_others > 0 {
        tracing::info!(n_others, "secret papers wait to be erased");
    }
}

/// Works on the queue until `paper` rests: at a person's desk, stored, refused or failed.
///
/// # Errors
/// The store's.
pub async fn work_until_rest(ctx: &Ctx, paper: &PaperId, on_page: &OnPage) -> Result<(), DigitiseError> {
    loop {
        let state = digitise::paper(ctx, paper).await?.state;
        if !state.is_being_read() && !matches!(state, PaperState::ToCode { .. }) {
            return Ok(());
        }
        if !work_once(ctx, on_page, Urgency::Pile).await? {
            tokio::time::sleep(Duration::from_millis(20)).await; // another worker has it
        }
    }
}

/// Takes one job and does it; `false` when there was none.
async fn work_once(ctx: &Ctx, on_page: &OnPage, least: Urgency) -> Result<bool, StoreError> {
    let Some(claimed) = jobs::claim(&ctx.db, ctx.clock.now(), LEASE, least).await? else {
        give_up_exhausted(ctx).await?;
        return Ok(false);
    };
    let renewing = renew(ctx, claimed.clone());
    let outcome = tokio::select! {
        outcome = told(&claimed.job, run(ctx, &claimed.job, claimed.urgency, on_page)) => outcome,
        () = renewing => return Ok(true), // the lease is lost: another worker goes on
    };
    match outcome {
        Ok(()) => settle(ctx, &claimed, None).await?,
        Err(error) => {
            let retry_at = retry_at(ctx, &error, claimed.attempts);
            if retry_at.is_none() {
                give_up(ctx, &claimed.job, &error).await;
            }
            settle(ctx, &claimed, Some((retry_at, error.to_string()))).await?;
        }
    }
    Ok(true)
}

/// Logs how a job ends; what is written meanwhile carries the id of its paper, and causes name no person.
async fn told(job: &Job, run: impl Future<Output = Result<(), DigitiseError>>) -> Result<(), DigitiseError> {
    let span = tracing::error_span!("job", kind = job.kind(), paper = %job.paper());
    let begun = Instant::now();
    let outcome = run.instrument(span.clone()).await;
    let ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    span.in_scope(|| match &outcome {
        Ok(()) => tracing::info!(ms, "a job is done"),
        Err(error) => tracing::warn!(ms, %error, "a job failed"),
    });
    outcome
}

async fn run(ctx: &Ctx, job: &Job, urgency: Urgency, on_page: &OnPage) -> Result<(), DigitiseError> {
    match job {
        Job::CheckAndRead { paper } => {
            let on_page = on_page.clone();
            digitise::check_and_read(ctx, paper, urgency, move |done, of| on_page(done, of)).await
        }
        Job::Compose { paper } => sign::compose(ctx, paper).await,
        Job::WriteCode { paper } => keep::write_code(ctx, paper).await,
    }
}

/// Tells the queue how a job ended: done, or failed with a cause and perhaps a time for the next try.
async fn settle(
    ctx: &Ctx,
    claimed: &jobs::ClaimedJob,
    failed: Option<(Option<jiff::Timestamp>, String)>,
) -> Result<(), StoreError> {
    let mut tx = ctx.db.write().await?;
    let settled = match failed {
        None => jobs::finish(&mut tx, claimed).await,
        Some((retry_at, cause)) => jobs::fail(&mut tx, claimed, retry_at, &cause).await.map(drop),
    };
    match settled {
        Ok(()) => tx.commit().await,
        Err(StoreError::LeaseLost) => Ok(()), // another worker has it now, and will find the work done
        Err(error) => Err(error),
    }
}

/// Jobs whose workers vanished too often: their papers are told so.
async fn give_up_exhausted(ctx: &Ctx) -> Result<(), StoreError> {
    let mut tx = ctx.db.write().await?;
    let exhausted = jobs::give_up_exhausted(&mut tx, ctx.clock.now(), 10).await?;
    if exhausted.is_empty() {
        return Ok(());
    }
    tx.commit().await?;
    for job in exhausted {
        give_up(ctx, &job, &DigitiseError::Unreadable(ReadError::Crashed)).await;
    }
    Ok(())
}

/// Keeps the lease while the job runs; returns when it is lost.
async fn renew(ctx: &Ctx, mut claimed: jobs::ClaimedJob) {
    loop {
        tokio::time::sleep(Duration::from_secs(60)).await;
        match jobs::renew(&ctx.db, &mut claimed, ctx.clock.now(), LEASE).await {
            Ok(()) => {}
            Err(StoreError::LeaseLost) => return,
            Err(error) => tracing::warn!(%error, "a lease could not be renewed"),
        }
    }
}

/// When to try again; `None` to give up.
fn retry_at(ctx: &Ctx, error: &DigitiseError, attempts: u32) -> Option<jiff::Timestamp> {
    use DigitiseError::{NotScanned, Spool, Stale, Store};
    let may_pass = matches!(error, Store(_) | Spool(_) | Stale | NotScanned(_))
        || matches!(error, DigitiseError::Unreadable(e) if e.is_ours());
    (may_pass && attempts < jobs::MAX_ATTEMPTS)
        .then(|| ctx.clock.now() + SignedDuration::from_secs(1 << attempts.min(8)))
}

async fn give_up(ctx: &Ctx, job: &Job, error: &DigitiseError) {
    let step = match job {
        _ if matches!(error, DigitiseError::NotScanned(_)) => Step::Scan,
        Job::CheckAndRead { .. } => Step::Read,
        Job::Compose { .. } => Step::Sign,
        Job::WriteCode { .. } => Step::Code,
    };
    if let Err(error) = digitise::fail(ctx, job.paper(), step, error).await {
        tracing::error!(%error, "a failed paper could not be marked");
    }
}
