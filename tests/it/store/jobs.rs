//! Jobs: given to one worker at a time, never lost, never finished by a worker that was too late.

use std::{collections::BTreeSet, time::Duration};

use sohoa::{
    domain::{
        ids::PaperId,
        job::{
            Job,
            Urgency::{self, Desk, Pile},
        },
    },
    store::{
        StoreError,
        jobs::{self, AfterFailure, MAX_ATTEMPTS, QueueCounts},
    },
};

use super::world::{World, at, each_engine};

const LEASE: Duration = Duration::from_secs(60);

fn read(paper: &str) -> Job {
    Job::CheckAndRead { paper: PaperId::parse(paper).unwrap() }
}

impl World {
    async fn enqueue(&self, job: &Job, now: i64, urgency: Urgency) -> bool {
        self.write(async |tx| jobs::enqueue(tx, job, at(now), urgency).await.unwrap()).await
    }

    async fn claim(&self, now: i64) -> Option<jobs::ClaimedJob> {
        jobs::claim(&self.db, at(now), LEASE, Pile).await.unwrap()
    }

    async fn counts(&self) -> (u64, u64, u64) {
        let QueueCounts { n_waiting, n_leased, n_dead } =
            self.read(async |tx| jobs::counts(tx).await.unwrap()).await;
        (n_waiting, n_leased, n_dead)
    }
}

#[tokio::test]
async fn jobs_come_by_priority_then_by_age_and_each_once() {
    each_engine(async |w| {
        assert_eq!(w.claim(0).await, None);
        assert!(w.enqueue(&read("old"), 0, Pile).await);
        assert!(w.enqueue(&read("new"), 1, Pile).await);
        assert!(w.enqueue(&read("urgent"), 2, Desk).await);
        assert!(!w.enqueue(&read("old"), 3, Desk).await, "it waits already");
        let desk = jobs::claim(&w.db, at(0), LEASE, Desk).await.unwrap();
        assert_eq!(desk, None, "not due yet, and the others are of a pile");
        assert_eq!(w.counts().await, (3, 0, 0));
        for expected in ["urgent", "old", "new"] {
            let claimed = w.claim(10).await.unwrap();
            assert_eq!((claimed.job.clone(), claimed.attempts), (read(expected), 1));
            w.write(async |tx| jobs::finish(tx, &claimed).await.unwrap()).await;
        }
        assert_eq!(w.claim(10).await, None);
        assert_eq!(w.counts().await, (0, 0, 0));
    })
    .await;
}

#[tokio::test]
async fn a_job_is_not_given_out_before_its_time_or_while_it_is_held() {
    each_engine(async |w| {
        w.enqueue(&read("later"), 5, Pile).await;
        assert_eq!(w.claim(4).await, None);
        assert!(w.claim(5).await.is_some());
        assert_eq!(w.claim(64).await, None);
        // Enqueued again while it is under way: it waits until the first is through.
        assert!(w.enqueue(&read("later"), 10, Pile).await);
        assert_eq!(w.claim(64).await, None);
    })
    .await;
}

#[tokio::test]
async fn a_lease_that_ran_out_is_given_to_another_and_the_first_is_refused() {
    each_engine(async |w| {
        w.enqueue(&read("p"), 0, Pile).await;
        let mut late = w.claim(0).await.unwrap();
        let next = w.claim(60).await.unwrap();
        assert_eq!((next.job.clone(), next.attempts), (read("p"), 2));
        let mut tx = w.db.write().await.unwrap();
        assert!(matches!(jobs::finish(&mut tx, &late).await, Err(StoreError::LeaseLost)));
        assert!(matches!(jobs::fail(&mut tx, &late, None, "x").await, Err(StoreError::LeaseLost)));
        assert!(matches!(jobs::fail(&mut tx, &late, Some(at(9)), "x").await, Err(StoreError::LeaseLost)));
        drop(tx);
        let renewed = jobs::renew(&w.db, &mut late, at(61), LEASE).await;
        assert!(matches!(renewed, Err(StoreError::LeaseLost)));
        w.write(async |tx| jobs::finish(tx, &next).await.unwrap()).await;
        let mut tx = w.db.write().await.unwrap();
        assert!(matches!(jobs::finish(&mut tx, &next).await, Err(StoreError::LeaseLost)), "done is done");
    })
    .await;
}

#[tokio::test]
async fn a_renewed_lease_holds_and_one_that_nobody_took_still_finishes() {
    each_engine(async |w| {
        w.enqueue(&read("p"), 0, Pile).await;
        let mut held = w.claim(0).await.unwrap();
        jobs::renew(&w.db, &mut held, at(50), LEASE).await.unwrap();
        assert_eq!(held.lease_until, at(110));
        assert_eq!(w.claim(109).await, None);
        w.write(async |tx| jobs::finish(tx, &held).await.unwrap()).await;
        assert_eq!(w.claim(999).await, None);
    })
    .await;
}

#[tokio::test]
async fn a_failed_job_waits_and_is_given_up_in_the_end() {
    each_engine(async |w| {
        w.enqueue(&read("p"), 0, Pile).await;
        for attempt in 1..=MAX_ATTEMPTS {
            let now = i64::from(attempt) * 100;
            let claimed = w.claim(now).await.unwrap();
            assert_eq!(claimed.attempts, attempt);
            let after = w
                .write(async |tx| jobs::fail(tx, &claimed, Some(at(now + 50)), "hết giờ").await.unwrap())
                .await;
            let expected =
                if attempt < MAX_ATTEMPTS { AfterFailure::WillRetry } else { AfterFailure::GivenUp };
            assert_eq!(after, expected);
            assert_eq!(w.claim(now + 49).await, None);
        }
        assert_eq!(w.claim(9999).await, None);
        assert_eq!(w.counts().await, (0, 0, 1));
        assert!(w.enqueue(&read("p"), 10_000, Pile).await, "a person may try again");
    })
    .await;
}

#[tokio::test]
async fn a_job_that_cannot_succeed_is_given_up_at_once() {
    each_engine(async |w| {
        w.enqueue(&read("p"), 0, Pile).await;
        let claimed = w.claim(0).await.unwrap();
        let after = w.write(async |tx| jobs::fail(tx, &claimed, None, "hỏng").await.unwrap()).await;
        assert_eq!(after, AfterFailure::GivenUp);
        assert_eq!(w.counts().await, (0, 0, 1));
    })
    .await;
}

#[tokio::test]
async fn a_failed_job_that_was_enqueued_meanwhile_waits_once() {
    each_engine(async |w| {
        w.enqueue(&read("p"), 0, Pile).await;
        let claimed = w.claim(0).await.unwrap();
        w.enqueue(&read("p"), 1, Pile).await;
        let after = w.write(async |tx| jobs::fail(tx, &claimed, Some(at(9)), "x").await.unwrap()).await;
        assert_eq!(after, AfterFailure::WillRetry);
        assert_eq!(w.counts().await, (1, 0, 0));
        assert_eq!(w.claim(9).await.unwrap().attempts, 1);
    })
    .await;
}

#[tokio::test]
async fn a_job_that_kills_its_workers_is_given_up_and_named() {
    each_engine(async |w| {
        w.enqueue(&read("p"), 0, Pile).await;
        let give_up = async |now: i64| {
            w.write(async |tx| jobs::give_up_exhausted(tx, at(now), 10).await.unwrap()).await
        };
        for attempt in 1..=i64::from(MAX_ATTEMPTS) {
            assert!(w.claim(attempt * 100).await.is_some());
            assert_eq!(give_up(attempt * 100 + 59).await, []);
        }
        assert_eq!(w.claim(9999).await, None);
        assert_eq!(give_up(9999).await, [read("p")]);
        assert_eq!(give_up(9999).await, []);
        assert_eq!(w.counts().await, (0, 0, 1));
    })
    .await;
}

#[tokio::test]
async fn many_workers_share_many_jobs_and_no_job_goes_to_two() {
    each_engine(async |w| {
        w.write(async |tx| {
            for n in 0..60 {
                jobs::enqueue(tx, &read(&format!("p{n}")), at(0), Pile).await.unwrap();
            }
        })
        .await;
        let workers: Vec<_> = (0..8)
            .map(|_| {
                let db = w.db.clone();
                tokio::spawn(async move {
                    let mut mine = Vec::new();
                    while let Some(claimed) = jobs::claim(&db, at(1), LEASE, Pile).await.unwrap() {
                        mine.push(claimed.job.dedupe_key());
                    }
                    mine
                })
            })
            .collect();
        let mut all = Vec::new();
        for worker in workers {
            all.extend(worker.await.unwrap());
        }
        // A worker may find nothing while others hold what is left; those get it.
        assert_eq!(all.len(), 60);
        assert_eq!(all.into_iter().collect::<BTreeSet<_>>().len(), 60);
    })
    .await;
}

#[tokio::test]
async fn a_job_is_there_only_when_its_transaction_is() {
    each_engine(async |w| {
        let mut tx = w.db.write().await.unwrap();
        jobs::enqueue(&mut tx, &read("p"), at(0), Pile).await.unwrap();
        drop(tx);
        assert_eq!(w.claim(1).await, None);
    })
    .await;
}
