//! Opening a database: keys, migrations, what is said when it does not work.

use sohoa::store::{Db, Keys, StoreError};

use super::world::each_engine;

#[tokio::test]
async fn a_database_opens_again_with_its_keys_and_with_no_others() {
    each_engine(async |w| {
        let again = Db::open(&w.url, Keys::open(&w.key_file).unwrap()).await.unwrap();
        again.ping().await.unwrap();
        again.close().await;
        let other = Db::open(&w.url, Keys::ephemeral().unwrap()).await;
        assert!(matches!(other, Err(StoreError::OtherKeys)));
    })
    .await;
}

#[tokio::test]
async fn a_database_file_may_lie_anywhere_and_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    for name in ["plain.db", "Hồ sơ #1 100%?a=b&mode=ro.db", "../up here.db"] {
        let inner = folder.path().join("in ner");
        std::fs::create_dir_all(&inner).unwrap();
        let path = inner.join(name);
        let keys = inner.join("keys");
        let db = Db::open_file(&path, Keys::open_or_create(&keys).unwrap()).await.unwrap();
        db.write().await.unwrap().commit().await.unwrap();
        let facts = std::fs::metadata(&path).unwrap();
        assert_eq!(facts.permissions().mode() & 0o777, 0o600, "{name}");
        assert!(facts.len() > 0, "{name}");
        db.close().await;
        let again = Db::open_file(&path, Keys::open(&keys).unwrap()).await.unwrap();
        again.close().await;
        assert!(matches!(Db::open_file(&path, Keys::ephemeral().unwrap()).await, Err(StoreError::OtherKeys)));
    }
    let not_a_database = folder.path().join("letter.db");
    std::fs::write(&not_a_database, "Kính gửi: Ủy ban nhân dân xã ".repeat(100)).unwrap();
    let refused = Db::open_file(&not_a_database, Keys::ephemeral().unwrap()).await;
    assert!(matches!(refused, Err(StoreError::Corrupt { .. })));
}

#[tokio::test]
async fn several_processes_may_start_on_a_new_database_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = format!("sqlite://{}?mode=rwc", folder.path().join("new.db").display());
    for url in [sqlite, crate::support::postgres::fresh_database().await] {
        let key_file = folder.path().join("keys");
        let starts: Vec<_> = (0..4)
            .map(|_| {
                let (url, keys) = (url.clone(), Keys::open_or_create(&key_file).unwrap());
                tokio::spawn(async move { Db::open(&url, keys).await.map(|_| ()) })
            })
            .collect();
        for start in starts {
            start.await.unwrap().unwrap();
        }
    }
}

#[tokio::test]
async fn a_database_that_is_not_there_is_unreachable_and_no_url_is_repeated() {
    for url in [
        "sqlite:///nowhere/at/all.db?mode=rwc",
        "postgres://secret:word@localhost/none?host=/nowhere",
        "mysql://secret:word@localhost/none",
        "nonsense",
    ] {
        let Err(error) = Db::open(url, Keys::ephemeral().unwrap()).await else { panic!("{url} opened") };
        assert!(matches!(error, StoreError::Unreachable(_)), "{url}: {error:?}");
        assert!(!format!("{error} {error:?}").contains("word"), "{error:?}");
    }
}

#[tokio::test]
async fn what_is_not_committed_did_not_happen() {
    use super::world::{at, officer};
    use sohoa::store::officers;
    each_engine(async |w| {
        let mut tx = w.db.write().await.unwrap();
        officers::insert(&mut tx, &officer("079190000002"), at(0)).await.unwrap();
        drop(tx);
        // A transaction begun to read keeps nothing: PostgreSQL refuses, SQLite forgets.
        let mut tx = w.db.read().await.unwrap();
        let written = officers::insert(&mut tx, &officer("079190000002"), at(0)).await;
        assert_eq!(written.is_ok(), w.is_sqlite);
        tx.commit().await.unwrap();
        assert!(w.read(async |tx| officers::list(tx).await.unwrap()).await.is_empty());
    })
    .await;
}
