//! Master keys: a database of before there were several, and values that are brought under another.

use sohoa::{
    domain::{
        event::{Action, AuditEvent},
        ids::PaperId,
    },
    store::{
        Db, Keys, StoreError, audit, officers, papers,
        rotation::{self, Batch, Cursor},
    },
};

use super::world::{World, at, each_engine};

/// All of it, in the smallest steps.
async fn moved(db: &Db) -> Batch {
    let (mut all, mut from) = (Batch::default(), Cursor::default());
    loop {
        let mut tx = db.write().await.unwrap();
        let batch = rotation::move_batch(&mut tx, &from, 1).await.unwrap();
        tx.commit().await.unwrap();
        all.n_moved += batch.n_moved;
        all.n_faulty += batch.n_faulty;
        let Some(next) = batch.next else { return all };
        from = next;
    }
}

async fn rotated(db: &Db) -> u32 {
    let mut tx = db.write().await.unwrap();
    rotation::hold(&mut tx).await.unwrap();
    let id = rotation::prepare(&mut tx).await.unwrap();
    rotation::use_from_now(&mut tx, id, at(5)).await.unwrap();
    rotation::commit(tx).await.unwrap();
    id
}

/// As a version without a ring of keys left it.
async fn of_an_older_version(w: &World) {
    let mut raw = w.raw().await;
    for statement in [
        "UPDATE officer SET sealed = '1:' || SUBSTR(sealed, 5)",
        "UPDATE paper SET state_sealed = '1:' || SUBSTR(state_sealed, 5)",
        "DROP TABLE lasting_key",
        "DROP TABLE master_key",
        "DELETE FROM _sqlx_migrations WHERE version = 11",
    ] {
        sqlx::raw_sql(statement).execute(&mut raw).await.unwrap();
    }
    let key_file = std::fs::read_to_string(&w.key_file).unwrap();
    std::fs::write(&w.key_file, key_file.replace("sealing.1 =", "sealing =")).unwrap();
}

#[tokio::test]
async fn a_database_of_an_older_version_goes_on_and_comes_under_a_new_key() {
    each_engine(async |w| {
        let papers = w.with_papers(5).await;
        let officers = w.read(async |tx| officers::list(tx).await.unwrap()).await;
        of_an_older_version(&w).await;
        let db = Db::open(&w.url, Keys::open(&w.key_file).unwrap()).await.unwrap();
        let beside = Db::open(&w.url, Keys::open(&w.key_file).unwrap()).await.unwrap();
        let all = async |db: &Db| {
            let mut tx = db.read().await.unwrap();
            assert_eq!(officers::list(&mut tx).await.unwrap(), officers);
            for paper in papers.iter().filter(|paper| paper.id != papers[2].id) {
                assert_eq!(papers::get(&mut tx, &paper.id).await.unwrap().as_ref(), Some(paper));
            }
        };
        all(&db).await;
        let event = AuditEvent {
            at: at(6),
            actor: None,
            action: Action::LookUpOwner,
            object: ("owner", "1".to_owned()),
            purpose: Some("tra cứu".to_owned()),
            detail: None,
        };
        let mut tx = db.write().await.unwrap();
        audit::append(&mut tx, &event).await.unwrap();
        tx.commit().await.unwrap();

        assert_eq!(rotated(&db).await, 2);
        // One value is spoilt: it is counted, and the others go their way.
        let mut raw = w.raw().await;
        spoil(&w, &papers[2].id).await;
        let batch = moved(&db).await;
        assert_eq!(batch.n_faulty, 1);
        assert!(batch.n_moved >= 10, "{batch:?}"); // officer, owners and states of papers, lasting key
        let mut tx = db.read().await.unwrap();
        let under_first = rotation::values_under(&mut tx, 1).await.unwrap();
        assert_eq!((under_first.n_movable, under_first.n_fixed), (1, 0));
        drop(tx);
        assert_eq!(moved(&db).await.n_moved, 0);
        all(&db).await;
        all(&beside).await; // finds the new key in the file

        // An old key file is told; so is the trace of an older version, which can't be sealed anew.
        sqlx::raw_sql(
            "INSERT INTO audit_event (happened_at, turn, action, object_kind, object_id, purpose_sealed, mac)
             VALUES (1, 1, 'look_up_owner', 'owner', '1', '1:AAAA', '')",
        )
        .execute(&mut raw)
        .await
        .unwrap();
        let mut tx = db.read().await.unwrap();
        assert_eq!(rotation::values_under(&mut tx, 1).await.unwrap().n_fixed, 1);
        drop(tx);
        let key_file = std::fs::read_to_string(&w.key_file).unwrap();
        let without_newest: String = key_file
            .lines()
            .filter(|line| !line.contains("sealing.2"))
            .fold(String::new(), |text, line| text + line + "\n");
        std::fs::write(&w.key_file, without_newest).unwrap();
        let old = Db::open(&w.url, Keys::open(&w.key_file).unwrap()).await;
        assert!(matches!(old, Err(StoreError::KeyMissing { id: 2 })));
        std::fs::write(&w.key_file, key_file).unwrap();
        for db in [db, beside] {
            db.close().await;
        }
    })
    .await;
}

async fn spoil(w: &World, paper: &PaperId) {
    let mut raw = w.raw().await;
    let update = "UPDATE paper SET declared_owner_sealed = '2:1:AAAA' WHERE id = $1";
    sqlx::query(update).bind(paper.as_str()).execute(&mut raw).await.unwrap();
}

#[tokio::test]
async fn of_several_that_rotate_at_once_each_key_is_the_same_for_all() {
    each_engine(async |w| {
        let open = async || Db::open(&w.url, Keys::open(&w.key_file).unwrap()).await.unwrap();
        let (one, two) = (open().await, open().await);
        let (first, second) = tokio::join!(rotated(&one), rotated(&two));
        assert_eq!([first.min(second), first.max(second)], [2, 3]);
        let third = open().await;
        let mut tx = third.read().await.unwrap();
        assert_eq!(rotation::all(&mut tx).await.unwrap().len(), 3);
        assert_eq!(rotation::in_file(&tx), [1, 2, 3]);
        drop(tx);
        for db in [one, two, third] {
            db.close().await;
        }
    })
    .await;
}
