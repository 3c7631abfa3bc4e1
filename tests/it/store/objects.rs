//! Bytes: kept once, under their hash, and damage is told.

use jiff::Timestamp;
use sohoa::{
    domain::ids::ContentHash,
    store::{Objects, StoreError},
};

use super::world::at;

#[tokio::test]
async fn bytes_lie_under_their_hash_once_and_damage_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let objects = Objects::local(&folder.path().join("objects")).unwrap();
    let kept = objects.put(b"abc".to_vec()).await.unwrap();
    assert_eq!(kept.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_eq!((kept.n_bytes, &kept.hash), (3, &ContentHash::of(b"abc")));
    assert_eq!(objects.put(b"abc".to_vec()).await.unwrap(), kept);
    assert_eq!(objects.get(&kept.hash).await.unwrap(), b"abc");
    assert!(objects.exists(&kept.hash).await.unwrap());
    let empty = objects.put(Vec::new()).await.unwrap();
    assert_eq!(objects.get(&empty.hash).await.unwrap(), b"");

    let path = objects.local_path(&kept.hash).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), b"abc");
    std::fs::write(&path, b"abd").unwrap();
    assert!(matches!(objects.get(&kept.hash).await, Err(StoreError::Corrupt { .. })));
    assert!(matches!(objects.put(b"abc".to_vec()).await, Err(StoreError::Corrupt { .. })));
    assert_eq!(std::fs::read(&path).unwrap(), b"abd", "a person has to look; nothing is painted over");

    let staged = path.with_file_name(format!("{}#1", kept.hash));
    std::fs::write(&staged, b"ab").unwrap();
    let mut expected = vec![kept.hash.clone(), empty.hash];
    expected.sort();
    assert_eq!(objects.list_all().await.unwrap(), expected);
    assert_eq!(objects.sweep(at(-1_000_000_000)).unwrap(), 0);
    assert_eq!(objects.sweep(Timestamp::MAX).unwrap(), 1);
    assert!(!staged.exists() && path.exists());

    objects.delete(&kept.hash).await.unwrap();
    objects.delete(&kept.hash).await.unwrap();
    assert!(!objects.exists(&kept.hash).await.unwrap());
    assert!(matches!(objects.get(&kept.hash).await, Err(StoreError::Missing { .. })));
}

#[tokio::test]
async fn the_same_bytes_from_many_at_once_are_kept_once() {
    let folder = tempfile::tempdir().unwrap();
    let objects = Objects::local(folder.path()).unwrap();
    let bytes = vec![7_u8; 300_000];
    let puts: Vec<_> = (0..16)
        .map(|_| {
            let (objects, bytes) = (objects.clone(), bytes.clone());
            tokio::spawn(async move { objects.put(bytes).await.unwrap() })
        })
        .collect();
    for put in puts {
        assert_eq!(put.await.unwrap().hash, ContentHash::of(&bytes));
    }
    assert_eq!(objects.list_all().await.unwrap().len(), 1);
    assert_eq!(objects.sweep(Timestamp::MAX).unwrap(), 0, "nothing half-written is left");
}
