//! The registers of the law on personal data: appended to, found by their terms, counted by the trace.

use sohoa::{
    domain::{
        breach::{Breach, BreachAct, BreachFacts, BreachState},
        calendar::Calendar,
        event::{Action, AuditEvent},
        ids::{BreachId, SubjectRequestId},
        officer::Actor,
        subject_request::{CameBy, RequestAct, RequestKind, RequestState, SubjectRequest},
    },
    store::{
        StoreError, audit, breaches, records,
        subject_requests::{self, Of},
    },
};

use super::world::{World, acting, at, each_engine, officer};

fn request(by: &sohoa::domain::officer::Officer, came: i64) -> SubjectRequest {
    SubjectRequest {
        id: SubjectRequestId::new(),
        unit: None,
        kind: RequestKind::Copy,
        came_by: CameBy::Post,
        came_at: at(came),
        taken_in_at: at(came),
        taken_in_by: by.id.clone(),
        owner: None,
        asker: "Nguyễn Thị Ưỡng".to_owned(),
        asked: "Xin bản sao dữ liệu".to_owned(),
        due_at: SubjectRequest::due(at(came), &Calendar::default()),
        state: RequestState::Waiting,
        answered_at: None,
        do_by: None,
        version: 1,
    }
}

#[tokio::test]
async fn what_was_done_about_a_request_is_appended_and_the_first_term_stands_first() {
    each_engine(async |world| {
        let (by, _) = world.with_dossier().await;
        let (later, sooner) = (request(&by, 9 * 86_400), request(&by, 0));
        world
            .write(async |tx| {
                subject_requests::insert(tx, &later).await.unwrap();
                subject_requests::insert(tx, &sooner).await.unwrap();
            })
            .await;
        let waiting = world
            .read(async |tx| {
                subject_requests::in_state(tx, Of::Unit(None), RequestState::Waiting, 9).await.unwrap()
            })
            .await;
        assert_eq!(waiting, [sooner.clone(), later.clone()]);

        let day = "2026-12-01".parse().unwrap();
        let act = RequestAct::Answer { told: "Đã hẹn tại quầy".to_owned(), do_by: Some(day) };
        let mut answered = sooner.clone();
        answered.state = RequestState::Answered;
        answered.answered_at = Some(at(60));
        answered.do_by = Some(day);
        answered.version = 2;
        world
            .write(async |tx| {
                subject_requests::act(tx, &answered, &by.id, at(60), &act).await.unwrap();
                let again = subject_requests::act(tx, &answered, &by.id, at(61), &act).await;
                assert!(matches!(again, Err(StoreError::Stale)), "{again:?}");
            })
            .await;
        let (kept, acts, counts) = world
            .read(async |tx| {
                let kept = subject_requests::get(tx, &sooner.id).await.unwrap().unwrap();
                let acts = subject_requests::acts(tx, &sooner.id).await.unwrap();
                let after = day.tomorrow().unwrap();
                (kept, acts, subject_requests::counts(tx, later.due_at, after).await.unwrap())
            })
            .await;
        assert_eq!(kept, answered);
        assert_eq!(acts.iter().map(|kept| (kept.no, &kept.act)).collect::<Vec<_>>(), [(1, &act)]);
        assert_eq!((counts.n_waiting, counts.n_late, counts.n_answered, counts.n_overdue), (0, 1, 0, 1));
        nothing_is_taken_back(&world).await;
    })
    .await;
}

async fn nothing_is_taken_back(world: &World) {
    for statement in [
        "UPDATE subject_request_act SET at = 0",
        "DELETE FROM subject_request_act",
        "DELETE FROM subject_request",
        "UPDATE breach_act SET at = 0",
        "DELETE FROM breach_act",
        "DELETE FROM breach",
    ] {
        let mut raw = world.raw().await;
        let of_breach = statement.contains("breach");
        let refused = sqlx::raw_sql(statement).execute(&mut raw).await;
        // On SQLite a trigger fires for each row, and there is no breach here.
        assert!(refused.is_err() || (of_breach && world.is_sqlite), "{statement}");
    }
}

#[tokio::test]
async fn breaches_are_amended_told_and_counted() {
    each_engine(async |world| {
        let (by, _) = world.with_dossier().await;
        let mut breach = Breach {
            id: BreachId::new(),
            detected_at: at(0),
            opened_at: at(60),
            opened_by: by.id.clone(),
            state: BreachState::Open,
            notified_at: None,
            facts: BreachFacts { nature: "Lộ mật khẩu".to_owned(), ..BreachFacts::default() },
            version: 1,
        };
        world.write(async |tx| breaches::insert(tx, &breach).await.unwrap()).await;
        let due = breach.due_at();
        for (now, expected) in [(due - jiff::SignedDuration::from_micros(1), (1, 0)), (due, (0, 1))] {
            assert_eq!(world.read(async |tx| breaches::counts(tx, now).await.unwrap()).await, expected);
        }
        let told = BreachAct::Notify {
            sent_at: at(120),
            to: "A05".to_owned(),
            number: "1/TB".to_owned(),
            late_reason: None,
        };
        breach.state = BreachState::Notified;
        breach.notified_at = Some(at(120));
        breach.version = 2;
        world.write(async |tx| breaches::act(tx, &breach, &by.id, at(120), &told).await.unwrap()).await;
        let (listed, acts) = world
            .read(async |tx| {
                (breaches::list(tx, 9).await.unwrap(), breaches::acts(tx, &breach.id).await.unwrap())
            })
            .await;
        assert_eq!(listed, [breach.clone()]);
        assert_eq!(acts.len(), 2);
        assert_eq!(acts[1].act, told);
    })
    .await;
}

#[tokio::test]
async fn each_person_and_document_that_was_read_counts_once() {
    each_engine(async |world| {
        let papers = world.with_papers(3).await;
        let mut stored = Vec::new();
        for (paper, number) in papers.iter().zip(["1/QĐ-UBND", "2/QĐ-UBND"]) {
            let document = world.with_document(paper, number, at(100)).await;
            world.write(async |tx| records::insert(tx, &document).await.unwrap()).await;
            stored.push(document);
        }
        let (reader, other) = (officer("079190000002"), officer("079190000003"));
        let read = |who: &sohoa::domain::officer::Officer, action, kind, id: &str, when| AuditEvent {
            at: at(when),
            actor: Some(Actor::from(acting(who))),
            action,
            object: (kind, id.to_owned()),
            purpose: None,
            detail: None,
        };
        let owner = stored[0].owner.as_str();
        let events = [
            read(&reader, Action::ViewDocument, "record", stored[0].id.as_str(), 200),
            read(&reader, Action::ViewContent, "record", stored[0].id.as_str(), 201),
            read(&reader, Action::ViewPaper, "paper", papers[0].id.as_str(), 202),
            read(&reader, Action::ViewPaper, "paper", papers[2].id.as_str(), 203),
            read(&reader, Action::LookUpOwner, "owner", owner, 204),
            read(&reader, Action::LookUpOwner, "owner", "none", 205),
            read(&reader, Action::ConfirmFields, "paper", papers[1].id.as_str(), 206),
            read(&other, Action::ViewDocument, "record", stored[1].id.as_str(), 207),
            read(&reader, Action::ListDocuments, "owner", owner, 300),
        ];
        world
            .write(async |tx| {
                for event in &events {
                    audit::append(tx, event).await.unwrap();
                }
            })
            .await;
        for (from, until, expected) in [
            // Readings, persons, documents, papers on their way.
            (200, 300, (6, 1, 1, 1)),
            (200, 301, (7, 1, 2, 1)), // a list shows what was there
            (201, 202, (1, 1, 1, 0)),
            (206, 208, (0, 0, 0, 0)),
        ] {
            let found = world
                .read(async |tx| audit::exposure(tx, reader.id.as_str(), at(from), at(until)).await.unwrap())
                .await;
            let found = (found.n_readings, found.n_persons, found.n_documents, found.n_papers);
            assert_eq!(found, expected, "{from}–{until}");
        }
    })
    .await;
}
