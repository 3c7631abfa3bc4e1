//! Bytes: kept once, sealed, under their hash, and damage is told.

use jiff::Timestamp;
use sohoa::{
    domain::ids::ContentHash,
    store::{Keys, Objects, StoreError},
};

use super::world::at;

#[tokio::test]
async fn bytes_lie_under_their_hash_once_and_damage_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let objects = Objects::local(&folder.path().join("objects"), Keys::ephemeral().unwrap()).unwrap();
    let kept = objects.put(b"abc".to_vec()).await.unwrap();
    assert_eq!(kept.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_eq!((kept.n_bytes, &kept.hash), (3, &ContentHash::of(b"abc")));
    assert_eq!(objects.put(b"abc".to_vec()).await.unwrap(), kept);
    assert_eq!(objects.get(&kept.hash).await.unwrap(), b"abc");
    assert!(objects.exists(&kept.hash).await.unwrap());
    let empty = objects.put(Vec::new()).await.unwrap();
    assert_eq!(objects.get(&empty.hash).await.unwrap(), b"");

    let path = objects.local_path(&kept.hash).unwrap();
    assert!(!path.to_str().unwrap().contains(kept.hash.as_str()), "the name tells nothing");
    let sealed = std::fs::read(&path).unwrap();
    std::fs::write(&path, b"abc").unwrap();
    assert!(matches!(objects.get(&kept.hash).await, Err(StoreError::Corrupt { .. })), "it must be sealed");
    let elsewhere = objects.local_path(&empty.hash).unwrap();
    std::fs::write(&path, std::fs::read(elsewhere).unwrap()).unwrap();
    assert!(matches!(objects.get(&kept.hash).await, Err(StoreError::Corrupt { .. })), "another object");
    std::fs::write(&path, &sealed).unwrap();
    assert_eq!(objects.get(&kept.hash).await.unwrap(), b"abc");
    std::fs::write(&path, b"abd").unwrap();
    assert!(matches!(objects.get(&kept.hash).await, Err(StoreError::Corrupt { .. })));
    assert!(matches!(objects.put(b"abc".to_vec()).await, Err(StoreError::Corrupt { .. })));
    assert_eq!(std::fs::read(&path).unwrap(), b"abd", "a person has to look; nothing is painted over");

    let staged = path.with_file_name(format!("{}#1", kept.hash));
    std::fs::write(&staged, b"ab").unwrap();
    let mut expected = vec![kept.hash.clone(), empty.hash];
    expected.sort();
    std::fs::write(&path, &sealed).unwrap();
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
    let objects = Objects::local(folder.path(), Keys::ephemeral().unwrap()).unwrap();
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

#[tokio::test]
async fn what_older_versions_kept_in_clear_is_read_and_sealed_where_it_lies() {
    let folder = tempfile::tempdir().unwrap();
    let objects = Objects::local(folder.path(), Keys::ephemeral().unwrap()).unwrap();
    let clear_path = |bytes: &[u8]| {
        let hash = ContentHash::of(bytes);
        let name = hash.as_str();
        let path = folder.path().join(&name[..2]).join(&name[2..4]).join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        (hash, path)
    };
    let old: [&[u8]; 2] = [b"%PDF-1.7 as it came", b""];
    let kept: Vec<_> = old.iter().map(|bytes| clear_path(bytes)).collect();
    let new = objects.put(b"new".to_vec()).await.unwrap().hash;
    let mut expected: Vec<_> = kept.iter().map(|(hash, _)| hash.clone()).chain([new.clone()]).collect();
    expected.sort();
    for (bytes, (hash, _)) in old.iter().zip(&kept) {
        assert!(objects.exists(hash).await.unwrap());
        assert_eq!(objects.get(hash).await.unwrap(), *bytes);
    }
    assert_eq!(objects.list_all().await.unwrap(), expected);
    let (standing, older) = objects.standing().await.unwrap();
    assert_eq!((standing.n_clear, standing.by_key, older.len()), (2, [(1, 1)].into(), 2));
    let crafted = [&b"\x89sohoa\r\n\x01"[..], &[0; 200]].concat();
    let (looks_sealed, _) = clear_path(&crafted);
    assert_eq!(objects.get(&looks_sealed).await.unwrap(), crafted);
    let (damaged, damaged_path) = clear_path(b"to be damaged");
    std::fs::write(&damaged_path, b"damaged").unwrap();
    for object in objects.standing().await.unwrap().1 {
        let renewed = objects.renew(&object).await;
        assert!(matches!(renewed, Ok(()) | Err(StoreError::Corrupt { .. })), "{renewed:?}");
    }
    for (bytes, (hash, path)) in old.iter().zip(&kept) {
        assert_eq!(objects.get(hash).await.unwrap(), *bytes);
        assert!(!path.exists());
    }
    assert_eq!(objects.get(&looks_sealed).await.unwrap(), crafted);
    expected.push(looks_sealed);
    expected.sort();
    assert!(matches!(objects.get(&damaged).await, Err(StoreError::Corrupt { .. })));
    assert!(damaged_path.exists(), "a person has to look");
    objects.delete(&damaged).await.unwrap();
    assert_eq!(objects.list_all().await.unwrap(), expected);
    assert_eq!(objects.standing().await.unwrap().0.by_key, [(1, 4)].into());
}
