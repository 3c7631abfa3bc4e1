//! The trace: complete, in order, and whoever tampers with it is found out.

use sohoa::{
    domain::event::{Action, AuditEvent},
    store::{
        StoreError,
        audit::{self, AuditFault, AuditFaultKind},
    },
};

use super::world::{CITIZEN_NAME, OFFICER_NAME, OFFICER_NUMBER, World, acting, at, each_engine, officer};

fn event(n: i64) -> AuditEvent {
    AuditEvent {
        at: at(n),
        actor: (n % 2 == 0).then(|| acting(&officer(OFFICER_NUMBER)).into()),
        action: Action::ViewPaper,
        object: ("paper", format!("paper-{n}")),
        purpose: (n % 3 == 0).then(|| format!("đối chiếu cho {CITIZEN_NAME}")),
        detail: Some(serde_json::json!({ "n": n })),
    }
}

async fn with_events(w: &World, n_events: i64) {
    for n in 1..=n_events {
        let seq = w.write(async |tx| audit::append(tx, &event(n)).await.unwrap()).await;
        assert_eq!(i64::try_from(seq).unwrap(), n);
    }
}

#[tokio::test]
async fn events_come_back_with_officer_and_purpose() {
    each_engine(async |w| {
        with_events(&w, 6).await;
        w.read(async |tx| {
            let kept = audit::after(tx, 5, 10).await.unwrap().remove(0);
            let officer = kept.officer.unwrap();
            assert_eq!(
                (officer.full_name.as_str(), officer.personal_id.as_str()),
                (OFFICER_NAME, OFFICER_NUMBER)
            );
            assert_eq!((officer.signed_in_at, kept.at, kept.seq), (at(-60), at(6), 6));
            assert_eq!((kept.action.as_str(), kept.object_id.as_str()), ("view_paper", "paper-6"));
            assert!(kept.purpose.unwrap().contains(CITIZEN_NAME));
            assert_eq!(kept.detail.unwrap()["n"], 6);
            let of_one = audit::of_object(tx, "paper", "paper-3", 10).await.unwrap();
            assert_eq!(of_one.iter().map(|e| e.seq).collect::<Vec<_>>(), [3]);
            assert_eq!(of_one[0].officer, None);
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_whole_chain_is_whole_and_an_empty_one_too() {
    each_engine(async |w| {
        let empty = audit::verify(&w.db).await.unwrap();
        assert_eq!((empty.n_events, empty.first_fault), (0, None));
        assert_eq!(empty.head.unwrap().seq, 0);
        with_events(&w, 5).await;
        let whole = audit::verify(&w.db).await.unwrap();
        assert_eq!((whole.n_events, whole.first_fault), (5, None));
        assert_eq!(whole.head.unwrap().seq, 5);
    })
    .await;
}

#[tokio::test]
async fn more_events_than_fit_a_page_are_all_walked() {
    each_engine(async |w| {
        w.write(async |tx| {
            for n in 1..=1101 {
                audit::append(tx, &event(n)).await.unwrap();
            }
        })
        .await;
        let whole = audit::verify(&w.db).await.unwrap();
        assert_eq!((whole.n_events, whole.first_fault), (1101, None));
        tamper(&w, &["UPDATE audit_event SET action = 'x' WHERE seq = 1001"]).await;
        assert_eq!(fault_of(&w).await, Some((1001, AuditFaultKind::Changed)));
    })
    .await;
}

#[tokio::test]
async fn events_of_many_writers_are_numbered_densely_and_their_times_grow() {
    each_engine(async |w| {
        let writers: Vec<_> = (0..25)
            .map(|n| {
                let db = w.db.clone();
                tokio::spawn(async move {
                    let mut tx = db.write().await.unwrap();
                    // All claim the same moment; every fifth gives up.
                    audit::append(&mut tx, &AuditEvent { at: at(0), ..event(n) }).await.unwrap();
                    if n % 5 != 0 {
                        tx.commit().await.unwrap();
                    }
                })
            })
            .collect();
        for writer in writers {
            writer.await.unwrap();
        }
        let kept = w.read(async |tx| audit::after(tx, 0, 100).await.unwrap()).await;
        assert_eq!(kept.iter().map(|e| e.seq).collect::<Vec<_>>(), (1..=20).collect::<Vec<_>>());
        assert!(kept.windows(2).all(|pair| pair[0].at < pair[1].at));
        assert_eq!(audit::verify(&w.db).await.unwrap().first_fault, None);
    })
    .await;
}

#[tokio::test]
async fn the_database_itself_refuses_to_rewrite_the_trace() {
    each_engine(async |w| {
        with_events(&w, 2).await;
        let mut raw = w.raw().await;
        for sql in ["UPDATE audit_event SET action = 'x'", "DELETE FROM audit_event WHERE seq = 1"] {
            assert!(sqlx::query(sql).execute(&mut raw).await.is_err(), "{sql}");
        }
        if !w.is_sqlite {
            assert!(sqlx::query("TRUNCATE audit_event").execute(&mut raw).await.is_err());
        }
        assert_eq!(audit::verify(&w.db).await.unwrap().n_events, 2);
    })
    .await;
}

/// As somebody would who owns the database: the guards are taken away first.
async fn tamper(w: &World, statements: &[&'static str]) {
    let guards: &[&'static str] = if w.is_sqlite {
        &["DROP TRIGGER IF EXISTS audit_event_no_update", "DROP TRIGGER IF EXISTS audit_event_no_delete"]
    } else {
        &["DROP TRIGGER IF EXISTS audit_event_no_rewriting ON audit_event"]
    };
    let mut raw = w.raw().await;
    for sql in guards.iter().chain(statements) {
        sqlx::raw_sql(*sql).execute(&mut raw).await.unwrap();
    }
}

async fn fault_of(w: &World) -> Option<(u64, AuditFaultKind)> {
    let found = audit::verify(&w.db).await.unwrap().first_fault;
    found.map(|AuditFault { seq, kind }| (seq, kind))
}

#[tokio::test]
async fn every_way_of_tampering_is_found_and_named() {
    use AuditFaultKind::{Changed, Removed, Reordered, Truncated};
    let swap_3_and_5 = [
        "UPDATE audit_event SET seq = 103 WHERE seq = 3",
        "UPDATE audit_event SET seq = 3 WHERE seq = 5",
        "UPDATE audit_event SET seq = 5 WHERE seq = 103",
    ];
    let swap_neighbours = [
        "UPDATE audit_event SET seq = 103 WHERE seq = 3",
        "UPDATE audit_event SET seq = 3 WHERE seq = 4",
        "UPDATE audit_event SET seq = 4 WHERE seq = 103",
    ];
    let close_the_gap = [
        "DELETE FROM audit_event WHERE seq = 3",
        "UPDATE audit_event SET seq = 3 WHERE seq = 4",
        "UPDATE audit_event SET seq = 4 WHERE seq = 5",
        "UPDATE audit_event SET seq = 5 WHERE seq = 6",
        "UPDATE log_head SET audit_seq = 5",
    ];
    let cut_and_move_the_head = [
        "DELETE FROM audit_event WHERE seq > 4",
        "UPDATE log_head SET audit_seq = 4, audit_hash = (SELECT hash FROM audit_event WHERE seq = 4),
                audit_at = (SELECT happened_at FROM audit_event WHERE seq = 4)",
    ];
    let add_a_forged_one = [
        "INSERT INTO audit_event (seq, happened_at, action, object_kind, object_id, prev_hash, hash)
         SELECT 7, happened_at + 1, action, object_kind, object_id, hash, hash FROM audit_event WHERE seq = 6",
        "UPDATE log_head SET audit_seq = 7",
    ];
    let cases: [(&[&'static str], (u64, AuditFaultKind)); 14] = [
        (&["UPDATE audit_event SET action = 'list_documents' WHERE seq = 2"], (2, Changed)),
        (&["UPDATE audit_event SET officer_id = NULL WHERE seq = 4"], (4, Changed)),
        (&["UPDATE audit_event SET detail = '' WHERE seq = 6"], (6, Changed)),
        (&["UPDATE audit_event SET happened_at = happened_at + 1 WHERE seq = 1"], (1, Changed)),
        (&["UPDATE audit_event SET hash = prev_hash WHERE seq = 5"], (5, Changed)),
        (&["DELETE FROM audit_event WHERE seq = 1"], (1, Removed)),
        (&["DELETE FROM audit_event WHERE seq IN (3, 4)"], (3, Removed)),
        (&swap_3_and_5, (3, Reordered)),
        (&swap_neighbours, (3, Reordered)),
        (&close_the_gap, (3, Reordered)),
        (&["DELETE FROM audit_event WHERE seq > 4"], (5, Truncated)),
        (&["DELETE FROM audit_event"], (1, Truncated)),
        (&cut_and_move_the_head, (4, Changed)),
        (&add_a_forged_one, (7, Changed)),
    ];
    for (statements, expected) in cases {
        each_engine(async |w| {
            with_events(&w, 6).await;
            assert_eq!(fault_of(&w).await, None);
            tamper(&w, statements).await;
            assert_eq!(fault_of(&w).await, Some(expected), "{statements:?}, SQLite: {}", w.is_sqlite);
        })
        .await;
    }
}

#[tokio::test]
async fn without_its_head_the_chain_is_not_whole_and_nothing_is_appended() {
    each_engine(async |w| {
        with_events(&w, 2).await;
        tamper(&w, &["DELETE FROM log_head"]).await;
        assert_eq!(fault_of(&w).await, Some((2, AuditFaultKind::Truncated)));
        let mut tx = w.db.write().await.unwrap();
        let refused = audit::append(&mut tx, &event(3)).await;
        assert!(matches!(refused, Err(StoreError::Corrupt { .. })));
    })
    .await;
}
