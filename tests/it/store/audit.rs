//! The trace: complete, in order, and whoever tampers with it is found out.

use sqlx::Row;

use sohoa::{
    domain::event::{ActedAs, Action, AuditEvent, Change},
    store::{
        Db, Keys, StoreError,
        audit::{self, AuditFault, AuditFaultKind, AuditVerification, Search, days, file},
        roles,
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

async fn with_events(w: &World, numbers: std::ops::RangeInclusive<i64>) {
    for n in numbers {
        let kept_at = w.write(async |tx| audit::append(tx, &event(n)).await.unwrap()).await;
        assert_eq!(kept_at, at(n));
    }
}

/// Until nothing waits: transactions of other databases of the same server may be under way.
async fn seal_all(db: &Db) {
    while audit::verify(db, &[]).await.unwrap().n_unsealed > 0 {
        audit::seal(db, at(1000)).await.unwrap();
        tokio::task::yield_now().await;
    }
}

/// On PostgreSQL transactions of other tests' databases are before ours, too: a segment ends where one is under way.
async fn until_all_before_are_over(w: &World) {
    if w.is_sqlite {
        return;
    }
    let mut raw = w.raw().await;
    let own = "SELECT pg_current_xact_id()::text::bigint AS n";
    let own: i64 = sqlx::query(own).fetch_one(&mut raw).await.unwrap().get("n");
    let oldest = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS n";
    while sqlx::query(oldest).fetch_one(&mut raw).await.unwrap().get::<i64, _>("n") <= own {
        tokio::task::yield_now().await;
    }
}

/// Three segments of two events each.
async fn with_segments(w: &World) {
    for first in [1, 3, 5] {
        with_events(w, first..=first + 1).await;
        until_all_before_are_over(w).await;
        seal_all(&w.db).await;
    }
}

async fn verified(w: &World) -> AuditVerification {
    audit::verify(&w.db, &[]).await.unwrap()
}

#[tokio::test]
async fn events_come_back_with_officer_purpose_and_change() {
    each_engine(async |w| {
        with_events(&w, 1..=5).await;
        let change = Change::of(&"trước", &serde_json::json!({ "owner": CITIZEN_NAME }));
        w.write(async |tx| audit::append_change(tx, &event(6), &change).await.unwrap()).await;
        w.read(async |tx| {
            let kept = audit::search(tx, &Search::default(), 1).await.unwrap().remove(0);
            let Some(ActedAs::Officer { full_name, personal_id, signed_in_at, unit, address, .. }) =
                kept.actor
            else {
                panic!("{:?}", kept.actor)
            };
            assert_eq!((full_name.as_str(), personal_id.as_str()), (OFFICER_NAME, OFFICER_NUMBER));
            assert_eq!((signed_in_at, unit.as_deref(), address), (at(-60), Some("Bộ phận Một cửa"), None));
            assert_eq!((kept.at, kept.segment, &kept.change), (at(6), None, &change));
            assert_eq!((kept.action.as_str(), kept.object_id.as_str()), ("view_paper", "paper-6"));
            assert!(kept.purpose.unwrap().contains(CITIZEN_NAME));
            assert_eq!(kept.detail.unwrap()["n"], 6);
            let of_one = audit::of_object(tx, "paper", "paper-3", 10).await.unwrap();
            assert_eq!(of_one.iter().map(|e| e.at).collect::<Vec<_>>(), [at(3)]);
            assert_eq!(of_one[0].actor, None);
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn an_auditor_finds_events_by_time_officer_act_and_object() {
    each_engine(async |w| {
        with_events(&w, 1..=9).await;
        let first =
            w.read(async |tx| audit::of_object(tx, "paper", "paper-2", 1).await.unwrap()).await.remove(0);
        let Some(ActedAs::Officer { id, .. }) = first.actor else { panic!("an officer") };
        let by = async |search: Search| {
            let found = w.read(async |tx| audit::search(tx, &search, 3).await.unwrap()).await;
            found.iter().map(|e| e.detail.as_ref().unwrap()["n"].as_i64().unwrap()).collect::<Vec<_>>()
        };
        let any = Search::default;
        let object = |id: &str| Some(("paper".to_owned(), id.to_owned()));
        assert_eq!(by(any()).await, [9, 8, 7]);
        assert_eq!(by(Search { until: Some(at(7)), ..any() }).await, [6, 5, 4]);
        assert_eq!(by(Search { from: Some(at(8)), ..any() }).await, [9, 8]);
        assert_eq!(by(Search { actor: Some(id.to_string()), ..any() }).await, [2]);
        assert_eq!(by(Search { action: Some("confirm_fields".into()), ..any() }).await, [0; 0]);
        assert_eq!(
            by(Search { action: Some("view_paper".into()), until: Some(at(3)), ..any() }).await,
            [2, 1]
        );
        assert_eq!(by(Search { object: object("paper-4"), ..any() }).await, [4]);
        assert_eq!(by(Search { object: object("paper-4' OR 1=1"), ..any() }).await, [0; 0]);
    })
    .await;
}

#[tokio::test]
async fn a_dossier_shows_the_events_of_its_papers_and_documents() {
    each_engine(async |w| {
        let papers = w.with_papers(2).await;
        let record = w.with_document(&papers[0], "1/2019", at(1)).await;
        w.write(async |tx| sohoa::store::records::insert(tx, &record).await.unwrap()).await;
        let dossier = papers[0].dossier.clone();
        let objects = [
            ("dossier", dossier.to_string()),
            ("paper", papers[0].id.to_string()),
            ("paper", papers[1].id.to_string()),
            ("record", record.id.to_string()),
            ("paper", "of-another-dossier".to_owned()),
        ];
        w.write(async |tx| {
            for object in objects.clone() {
                audit::append(tx, &AuditEvent { object, ..event(1) }).await.unwrap();
            }
        })
        .await;
        let search = Search { dossier: Some(dossier), ..Search::default() };
        let found = w.read(async |tx| audit::search(tx, &search, 10).await.unwrap()).await;
        let found: Vec<_> =
            found.iter().rev().map(|e| (e.object_kind.as_str(), e.object_id.clone())).collect();
        assert_eq!(found, objects[..4]);
    })
    .await;
}

#[tokio::test]
async fn a_whole_chain_is_whole_and_an_empty_one_too() {
    each_engine(async |w| {
        let empty = verified(&w).await;
        assert_eq!((empty.n_events, empty.n_segments, empty.first_fault), (0, 0, None));
        assert_eq!(empty.head.unwrap().seq, 0);
        with_segments(&w).await;
        with_events(&w, 7..=9).await;
        let whole = verified(&w).await;
        assert_eq!((whole.n_events, whole.n_unsealed, whole.n_segments), (9, 3, 3));
        assert_eq!(
            (whole.first_fault, whole.head.map(|head| (head.segment, head.seq))),
            (None, Some((3, 6)))
        );
        let kept = w.read(async |tx| audit::search(tx, &Search::default(), 4).await.unwrap()).await;
        assert_eq!(kept.iter().map(|e| e.segment).collect::<Vec<_>>(), [None, None, None, Some(3)]);
    })
    .await;
}

#[tokio::test]
async fn more_events_than_a_segment_holds_are_all_chained() {
    each_engine(async |w| {
        w.write(async |tx| {
            for n in 1..=1101 {
                audit::append(tx, &event(n)).await.unwrap();
            }
        })
        .await;
        seal_all(&w.db).await;
        let whole = verified(&w).await;
        assert_eq!((whole.n_events, whole.n_segments, whole.first_fault), (1101, 2, None));
        tamper(&w, &["UPDATE audit_event SET action = 'x' WHERE happened_at = @1001"]).await;
        assert_eq!(fault_of(&w).await, Some((1001, AuditFaultKind::Changed)));
    })
    .await;
}

#[tokio::test]
async fn events_of_many_writers_and_servers_have_times_of_their_own_and_none_is_lost() {
    each_engine(async |w| {
        let other = Db::open(&w.url, Keys::open(&w.key_file).unwrap()).await.unwrap();
        let writers: Vec<_> = (0..40)
            .map(|n| {
                let db = if n % 2 == 0 { w.db.clone() } else { other.clone() };
                tokio::spawn(async move {
                    let mut tx = db.write().await.unwrap();
                    // All claim the same moment; every fifth gives up.
                    let kept_at =
                        audit::append(&mut tx, &AuditEvent { at: at(0), ..event(n) }).await.unwrap();
                    let is_kept = n % 5 != 0;
                    if is_kept {
                        tx.commit().await.unwrap();
                    } else {
                        drop(tx);
                    }
                    // Sealing goes on meanwhile.
                    audit::seal(&db, at(1)).await.unwrap();
                    (is_kept, kept_at)
                })
            })
            .collect();
        let mut expected = Vec::new();
        for writer in writers {
            let (is_kept, at) = writer.await.unwrap();
            expected.extend(is_kept.then_some(at));
        }
        expected.sort_unstable();
        seal_all(&other).await;
        let kept = w.read(async |tx| audit::search(tx, &Search::default(), 100).await.unwrap()).await;
        assert_eq!(kept.iter().rev().map(|e| e.at).collect::<Vec<_>>(), expected);
        assert!(expected.windows(2).all(|pair| pair[0] < pair[1]) && expected.len() == 32);
        assert_eq!((verified(&w).await.first_fault, verified(&w).await.n_unsealed), (None, 0));
        other.close().await;
    })
    .await;
}

#[tokio::test]
async fn events_of_readings_that_come_together_all_stand_when_they_are_answered() {
    each_engine(async |w| {
        let other = Db::open(&w.url, Keys::open(&w.key_file).unwrap()).await.unwrap();
        let readers: Vec<_> = (0..200)
            .map(|n| {
                let db = if n % 2 == 0 { w.db.clone() } else { other.clone() };
                // All claim the same moment.
                tokio::spawn(async move {
                    audit::append_alone(&db, AuditEvent { at: at(0), ..event(n) }).await.unwrap();
                    let search =
                        Search { object: Some(("paper".into(), format!("paper-{n}"))), ..Search::default() };
                    let mut tx = db.read().await.unwrap();
                    assert_eq!(
                        audit::search(&mut tx, &search, 9).await.unwrap().len(),
                        1,
                        "answered before it stood"
                    );
                })
            })
            .collect();
        // Whoever leaves takes nobody's event with him.
        readers[3].abort();
        for (n, reader) in readers.into_iter().enumerate() {
            assert!(reader.await.is_ok() || n == 3);
        }
        seal_all(&other).await;
        let kept = w.read(async |tx| audit::search(tx, &Search::default(), 300).await.unwrap()).await;
        assert!((199..=200).contains(&kept.len()), "{}", kept.len());
        assert!(kept.windows(2).all(|pair| pair[0].at > pair[1].at));
        assert_eq!((verified(&w).await.first_fault, verified(&w).await.n_unsealed), (None, 0));
        other.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_clock_that_is_moved_back_does_not_move_the_trace_back() {
    each_engine(async |w| {
        with_events(&w, 5..=5).await;
        let again = Db::open(&w.url, Keys::open(&w.key_file).unwrap()).await.unwrap();
        let mut tx = again.write().await.unwrap();
        let kept_at = audit::append(&mut tx, &event(1)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(kept_at.as_microsecond(), at(5).as_microsecond() + 1);
        seal_all(&w.db).await;
        again.close().await;
    })
    .await;
}

#[tokio::test]
async fn events_of_a_transaction_under_way_wait_and_so_do_later_ones() {
    each_engine(async |w| {
        if w.is_sqlite {
            return; // there is one writer at a time
        }
        let mut early = w.db.write().await.unwrap();
        audit::append(&mut early, &event(1)).await.unwrap();
        with_events(&w, 2..=2).await;
        audit::seal(&w.db, at(10)).await.unwrap();
        let seen = verified(&w).await;
        assert_eq!((seen.n_events, seen.n_unsealed, seen.first_fault), (1, 1, None));
        early.commit().await.unwrap();
        seal_all(&w.db).await;
        let seen = verified(&w).await;
        assert_eq!((seen.n_events, seen.n_segments, seen.first_fault), (2, 1, None));
    })
    .await;
}

#[tokio::test]
async fn in_a_restored_database_whose_transactions_are_numbered_anew_the_chain_goes_on() {
    each_engine(async |w| {
        with_segments(&w).await;
        if !w.is_sqlite {
            // As if the server that was lost had counted much further.
            let far = "UPDATE audit_head SET turn_base = turn_base + 1000000000 WHERE id = 1";
            sqlx::query(far).execute(&mut w.raw().await).await.unwrap();
            with_events(&w, 7..=7).await;
            seal_all(&w.db).await;
            let anew = "UPDATE audit_head SET turn_base = 0 WHERE id = 1";
            sqlx::query(anew).execute(&mut w.raw().await).await.unwrap();
        }
        let restored = Db::open(&w.url, Keys::open(&w.key_file).unwrap()).await.unwrap();
        let mut tx = restored.write().await.unwrap();
        audit::append(&mut tx, &event(8)).await.unwrap();
        tx.commit().await.unwrap();
        seal_all(&restored).await;
        let seen = verified(&w).await;
        assert_eq!((seen.first_fault, seen.n_unsealed), (None, 0));
        assert_eq!(seen.n_events, if w.is_sqlite { 7 } else { 8 });
        restored.close().await;
    })
    .await;
}

#[tokio::test]
async fn the_database_itself_refuses_to_rewrite_the_trace() {
    each_engine(async |w| {
        with_segments(&w).await;
        let today = jiff::civil::date(2026, 11, 22);
        w.write(async |tx| {
            let due = days::due(tx, today, at(5000)).await.unwrap().unwrap();
            days::keep(tx, &due, None, at(5000)).await.unwrap();
        })
        .await;
        let mut raw = w.raw().await;
        for sql in [
            "UPDATE audit_event SET action = 'x'",
            "DELETE FROM audit_event WHERE turn > 0",
            "UPDATE audit_segment SET n_events = 1",
            "DELETE FROM audit_segment WHERE no = 3",
            "UPDATE audit_day SET segment = 1",
            "DELETE FROM audit_day",
            "DELETE FROM audit_head",
        ] {
            assert!(sqlx::query(sql).execute(&mut raw).await.is_err(), "{sql}");
        }
        if !w.is_sqlite {
            for sql in [
                "TRUNCATE audit_event",
                "TRUNCATE audit_segment",
                "TRUNCATE audit_day",
                "TRUNCATE audit_head",
            ] {
                assert!(sqlx::query(sql).execute(&mut raw).await.is_err(), "{sql}");
            }
        }
        assert_eq!((verified(&w).await.n_events, verified(&w).await.n_days), (6, 1));
    })
    .await;
}

/// As somebody would who owns the database: the guards are taken away first. `@3` is the time of the third event.
async fn tamper(w: &World, statements: &[&str]) {
    let mut raw = w.raw().await;
    for table in ["audit_event", "audit_segment", "audit_day", "audit_head"] {
        let guards = if w.is_sqlite {
            format!("DROP TRIGGER IF EXISTS {table}_no_update; DROP TRIGGER IF EXISTS {table}_no_delete")
        } else {
            format!("DROP TRIGGER IF EXISTS {table}_no_rewriting ON {table}")
        };
        sqlx::raw_sql(sqlx::AssertSqlSafe(guards)).execute(&mut raw).await.unwrap();
    }
    for sql in statements {
        sqlx::raw_sql(sqlx::AssertSqlSafe(with_times(sql))).execute(&mut raw).await.unwrap();
    }
}

fn with_times(sql: &str) -> String {
    let mut pieces = sql.split('@');
    let mut text = pieces.next().unwrap().to_owned();
    for piece in pieces {
        let end = piece.find(|c: char| !c.is_ascii_digit()).unwrap_or(piece.len());
        let n: i64 = piece[..end].parse().unwrap();
        text.push_str(&format!("{}{}", at(n).as_microsecond(), &piece[end..]));
    }
    text
}

async fn fault_of(w: &World) -> Option<(u64, AuditFaultKind)> {
    let found = verified(w).await.first_fault;
    found.map(|AuditFault { seq, kind }| (seq, kind))
}

#[tokio::test]
async fn every_way_of_tampering_is_found_and_named() {
    use AuditFaultKind::{Changed, Removed, Reordered, Truncated};
    let swap_times_of_3_and_4 = [
        "UPDATE audit_event SET happened_at = 7 WHERE happened_at = @3",
        "UPDATE audit_event SET happened_at = @3 WHERE happened_at = @4",
        "UPDATE audit_event SET happened_at = @4 WHERE happened_at = 7",
    ];
    let swap_turns_of_3_and_4 = [
        "UPDATE audit_event SET turn = (SELECT turn FROM copy_of_event WHERE happened_at = @4) WHERE happened_at = @3",
        "UPDATE audit_event SET turn = (SELECT turn FROM copy_of_event WHERE happened_at = @3) WHERE happened_at = @4",
    ];
    let move_5_into_the_first_segment = ["UPDATE audit_event SET turn = 0 WHERE happened_at = @5"];
    let close_the_gap = [
        "DELETE FROM audit_event WHERE happened_at = @3",
        "UPDATE audit_event SET happened_at = @3 WHERE happened_at = @4",
    ];
    let forge_one = [
        "INSERT INTO audit_event (happened_at, turn, action, object_kind, object_id, mac)
         SELECT happened_at + 1, turn, action, object_kind, object_id, mac FROM audit_event WHERE happened_at = @3",
    ];
    let forge_one_that_waits = [
        "INSERT INTO audit_event (happened_at, turn, action, object_kind, object_id, mac)
         SELECT happened_at + 1, turn + 1, action, object_kind, object_id, mac FROM audit_event WHERE happened_at = @6",
    ];
    let the_end_with_its_segment =
        ["DELETE FROM audit_event WHERE happened_at > @4", "DELETE FROM audit_segment WHERE no = 3"];
    let the_end_with_its_segment_and_a_head_of_ones_own = [
        "DELETE FROM audit_event WHERE happened_at > @4",
        "DELETE FROM audit_segment WHERE no = 3",
        "UPDATE audit_head SET no = 2, n_events = 4, hash = (SELECT hash FROM audit_segment WHERE no = 2)",
    ];
    let a_segment_with_its_events_renumbered = [
        "DELETE FROM audit_event WHERE happened_at IN (@3, @4)",
        "DELETE FROM audit_segment WHERE no = 2",
        "UPDATE audit_segment SET no = 2, first = 3 WHERE no = 3",
    ];
    let swap_segments = [
        "UPDATE audit_segment SET no = 9 WHERE no = 1",
        "UPDATE audit_segment SET no = 1 WHERE no = 2",
        "UPDATE audit_segment SET no = 2 WHERE no = 9",
    ];
    let everything = ["DELETE FROM audit_event", "DELETE FROM audit_segment"];
    let cases: [(&[&str], (u64, AuditFaultKind)); 25] = [
        (&["UPDATE audit_event SET action = 'list_documents' WHERE happened_at = @2"], (2, Changed)),
        (&["UPDATE audit_event SET actor_id = NULL WHERE happened_at = @4"], (4, Changed)),
        (&["UPDATE audit_event SET detail = '' WHERE happened_at = @6"], (6, Changed)),
        (&["UPDATE audit_event SET change_sealed = '' WHERE happened_at = @6"], (6, Changed)),
        (&["UPDATE audit_event SET purpose_sealed = NULL WHERE happened_at = @3"], (3, Changed)),
        (&["UPDATE audit_event SET happened_at = happened_at + 1 WHERE happened_at = @1"], (1, Changed)),
        (&["UPDATE audit_event SET mac = 'x' WHERE happened_at = @5"], (5, Changed)),
        (&["DELETE FROM audit_event WHERE happened_at = @1"], (1, Removed)),
        (&["DELETE FROM audit_event WHERE happened_at = @2"], (2, Removed)),
        (&["DELETE FROM audit_event WHERE happened_at IN (@3, @4)"], (3, Removed)),
        (&swap_times_of_3_and_4, (3, Reordered)),
        (&swap_turns_of_3_and_4, (3, Reordered)),
        (&move_5_into_the_first_segment, (1, Changed)),
        (&close_the_gap, (3, Changed)),
        (&forge_one, (4, Changed)),
        (&forge_one_that_waits, (7, Changed)),
        (&["DELETE FROM audit_segment WHERE no = 1"], (1, Removed)),
        (&["DELETE FROM audit_segment WHERE no = 2"], (3, Removed)),
        (&["UPDATE audit_segment SET sealed_at = sealed_at + 1 WHERE no = 2"], (3, Changed)),
        (&["DELETE FROM audit_event WHERE happened_at > @5"], (6, Truncated)),
        (&the_end_with_its_segment, (5, Truncated)),
        (&the_end_with_its_segment_and_a_head_of_ones_own, (4, Changed)),
        (&a_segment_with_its_events_renumbered, (3, Reordered)),
        (&swap_segments, (1, Reordered)),
        (&everything, (1, Truncated)),
    ];
    // One world for each would take a minute; tampering is undone instead.
    each_engine(async |w| {
        with_segments(&w).await;
        assert_eq!(fault_of(&w).await, None);
        tamper(&w, &COPIES).await;
        for (statements, expected) in cases {
            tamper(&w, statements).await;
            assert_eq!(fault_of(&w).await, Some(expected), "{statements:?}, SQLite: {}", w.is_sqlite);
            tamper(&w, &PUT_BACK).await;
            assert_eq!(fault_of(&w).await, None);
        }
    })
    .await;
}

const COPIES: [&str; 3] = [
    "CREATE TABLE copy_of_event AS SELECT * FROM audit_event",
    "CREATE TABLE copy_of_segment AS SELECT * FROM audit_segment",
    "CREATE TABLE copy_of_head AS SELECT * FROM audit_head",
];
const PUT_BACK: [&str; 6] = [
    "DELETE FROM audit_event",
    "INSERT INTO audit_event SELECT * FROM copy_of_event",
    "DELETE FROM audit_segment",
    "INSERT INTO audit_segment SELECT * FROM copy_of_segment",
    "DELETE FROM audit_head",
    "INSERT INTO audit_head SELECT * FROM copy_of_head",
];

#[tokio::test]
async fn a_database_put_back_to_an_earlier_day_is_told_by_the_signed_ends_of_days() {
    each_engine(async |w| {
        with_events(&w, 1..=2).await;
        seal_all(&w.db).await;
        tamper(&w, &COPIES).await; // the backup of that day
        with_events(&w, 3..=4).await;
        seal_all(&w.db).await;
        let today = jiff::civil::date(2026, 11, 22);
        let sign = async |tx: &mut sohoa::store::Tx| {
            let due = days::due(tx, today, at(5000)).await.unwrap();
            if let Some(due) = &due {
                days::keep(tx, due, None, at(5000)).await.unwrap();
            }
            due.is_some()
        };
        assert!(w.write(sign).await);
        assert!(!w.write(sign).await, "a day is signed once");
        let exported = w.read(async |tx| days::list(tx).await.unwrap()).await;
        let signed = &exported[0];
        assert!(signed.is_signed_here(Some(&Keys::open(&w.key_file).unwrap())));
        assert!(signed.is_signed_here(None), "by the key it names");
        assert!(!signed.is_signed_here(Some(&Keys::ephemeral().unwrap())));
        let forged = days::SignedDay {
            statement: signed.statement.replace("\"n_events\":4", "\"n_events\":2"),
            ..signed.clone()
        };
        assert!(!forged.is_signed_here(None) && forged.statement != signed.statement);
        let day = signed.day().unwrap();
        let held = audit::verify(&w.db, std::slice::from_ref(&day)).await.unwrap();
        assert_eq!((held.first_fault, held.n_days), (None, 2), "its own and the exported one");

        tamper(&w, &PUT_BACK).await;
        tamper(&w, &["DELETE FROM audit_day"]).await;
        assert_eq!(fault_of(&w).await, None, "whole by itself");
        let told = audit::verify(&w.db, std::slice::from_ref(&day)).await.unwrap();
        assert_eq!(told.first_fault, Some(AuditFault { seq: 4, kind: AuditFaultKind::TakenBack }));
        // Work that went on since does not hide it.
        with_events(&w, 7..=9).await;
        seal_all(&w.db).await;
        let told = audit::verify(&w.db, &[day]).await.unwrap();
        assert_eq!(told.first_fault.map(|fault| fault.kind), Some(AuditFaultKind::TakenBack));
    })
    .await;
}

#[tokio::test]
async fn an_exported_trace_is_verified_without_the_database() {
    each_engine(async |w| {
        with_segments(&w).await;
        with_events(&w, 7..=7).await;
        let mut exported = Vec::new();
        assert_eq!(file::export(&w.db, &mut exported).await.unwrap(), 6, "what waits is not in it");
        let text = String::from_utf8(exported).unwrap();
        assert!(
            !text.contains(OFFICER_NAME) && !text.contains(OFFICER_NUMBER) && !text.contains(CITIZEN_NAME)
        );
        let keys = Keys::open(&w.key_file).unwrap();
        let check = |text: &str, expected: Option<(u64, AuditFaultKind)>| {
            for keys in [Some(&keys), None] {
                let found = file::verify(&mut text.as_bytes(), keys, &[]).unwrap();
                let fault = found.first_fault.map(|fault| (fault.seq, fault.kind));
                assert_eq!(fault, expected, "with keys: {}", keys.is_some());
            }
        };
        check(&text, None);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 10);
        let without = |n: usize| {
            let kept = lines.iter().enumerate().filter(|(i, _)| *i != n).map(|(_, line)| *line);
            kept.collect::<Vec<_>>().join("\n")
        };
        check(&without(1), Some((1, AuditFaultKind::Removed)));
        check(&without(8), Some((6, AuditFaultKind::Truncated)));
        check(&without(9), Some((6, AuditFaultKind::Truncated)));
        check(&text.replacen("\"view_paper\"", "\"view_document\"", 1), Some((1, AuditFaultKind::Changed)));
        for broken in ["{", "{\"event\":1}", "\u{0}", "[]"] {
            assert!(file::verify(&mut broken.as_bytes(), None, &[]).is_err(), "{broken}");
        }
    })
    .await;
}

#[tokio::test]
async fn without_its_head_the_chain_is_not_whole_and_nothing_is_chained() {
    each_engine(async |w| {
        with_segments(&w).await;
        tamper(&w, &["DELETE FROM audit_head"]).await;
        assert_eq!(fault_of(&w).await, Some((6, AuditFaultKind::Truncated)));
        with_events(&w, 7..=7).await; // work goes on
        let again = Db::open(&w.url, Keys::open(&w.key_file).unwrap()).await.unwrap();
        let refused = audit::seal(&again, at(100)).await;
        assert!(matches!(refused, Err(StoreError::Corrupt { .. })), "{refused:?}");
        again.close().await;
    })
    .await;
}

/// The URL with another role for all that is done.
fn as_role(url: &str, role: &str) -> String {
    let joined = if url.contains('?') { '&' } else { '?' };
    format!("{url}{joined}options=-c%20role%3D{role}")
}

#[tokio::test]
async fn a_service_that_does_not_own_its_tables_works_and_cannot_rewrite_the_trace() {
    each_engine(async |w| {
        let role = format!("sohoa_service_{}", std::process::id());
        if w.is_sqlite {
            assert!(matches!(roles::grant(&w.db, &role).await, Err(roles::GrantError::NotPostgres)));
            return;
        }
        let mut owner = w.raw().await;
        for sql in [format!("CREATE ROLE {role}"), format!("GRANT {role} TO CURRENT_USER")] {
            sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut owner).await.unwrap();
        }
        roles::grant(&w.db, &role).await.unwrap();
        roles::grant(&w.db, &role).await.unwrap(); // after each migration again

        let url = as_role(&w.url, &role);
        let db = Db::open(&url, Keys::open(&w.key_file).unwrap()).await.unwrap();
        let mut service = w;
        (service.db, service.url) = (db.clone(), url);
        let papers = service.with_papers(1).await;
        let record = service.with_document(&papers[0], "1/2019", at(1)).await;
        service.write(async |tx| sohoa::store::records::insert(tx, &record).await.unwrap()).await;
        with_segments(&service).await;
        service
            .write(async |tx| {
                let due = days::due(tx, jiff::civil::date(2026, 11, 22), at(5000)).await.unwrap().unwrap();
                days::keep(tx, &due, None, at(5000)).await.unwrap();
            })
            .await;
        assert_eq!((verified(&service).await.first_fault, verified(&service).await.n_days), (None, 1));

        let mut raw = service.raw().await;
        for sql in [
            "UPDATE audit_event SET action = 'x'",
            "DELETE FROM audit_event",
            "TRUNCATE audit_event",
            "UPDATE audit_segment SET n_events = 0",
            "DELETE FROM audit_segment",
            "TRUNCATE audit_segment",
            "UPDATE audit_day SET segment = 0",
            "DELETE FROM audit_day",
            "DELETE FROM audit_head",
            "DELETE FROM document_code",
            "ALTER TABLE audit_event DISABLE TRIGGER ALL",
            "DROP TRIGGER audit_event_no_rewriting ON audit_event",
            "DROP TABLE audit_event",
            "CREATE OR REPLACE FUNCTION refuse_rewriting() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        ] {
            let refused = sqlx::query(sql).execute(&mut raw).await.unwrap_err();
            let code = refused.as_database_error().and_then(|e| e.code()).map(|code| code.into_owned());
            assert_eq!(code.as_deref(), Some("42501"), "{sql}: {refused}"); // insufficient_privilege
        }
        db.close().await;
        for sql in [format!("DROP OWNED BY {role}"), format!("DROP ROLE {role}")] {
            sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut owner).await.unwrap();
        }
    })
    .await;
}
