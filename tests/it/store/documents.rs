//! Stored documents: found by code and owner, listed, followed.

use jiff::civil::date;
use sohoa::{
    domain::{
        code::DocumentTypeCode,
        ids::{OwnerId, RecordId},
        record::{ChangeKind, StoredRecord},
    },
    store::{StoreError, changes, codes, owners, records},
};

use super::world::{World, at, each_engine, record};

#[tokio::test]
async fn a_stored_document_is_found_by_its_code_and_by_its_owner() {
    each_engine(async |w| {
        let paper = w.with_papers(1).await.remove(0);
        let document = w.with_document(&paper, "25/2019", at(10)).await;
        w.write(async |tx| {
            records::insert(tx, &document).await.unwrap();
            let mut again = document.clone();
            again.id = RecordId::new();
            let twice = records::insert(tx, &again).await;
            assert!(matches!(twice, Err(StoreError::AlreadyStored { record }) if record == document.id));
        })
        .await;
        w.read(async |tx| {
            assert_eq!(records::get(tx, &document.id).await.unwrap(), Some(document.clone()));
            assert_eq!(records::of_paper(tx, &paper.id).await.unwrap(), Some(document.id.clone()));
            let found = codes::find(tx, &document.code).await.unwrap();
            assert_eq!(found, Some((paper.id.clone(), Some(document.id.clone()))));
            let owner = owners::find(tx, document.code.owner.number().unwrap()).await.unwrap().unwrap();
            let store = records::of_owner(tx, &owner, &Default::default(), None, 10).await.unwrap();
            assert_eq!(store, std::slice::from_ref(&document));
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_document_whose_code_was_not_assigned_to_its_paper_is_refused() {
    each_engine(async |w| {
        let papers = w.with_papers(2).await;
        let document = w.with_document(&papers[0], "25/2019", at(10)).await;
        let stolen = record(&papers[1].id, &document.owner, document.code.clone(), at(11));
        let mut tx = w.db.write().await.unwrap();
        let refused = records::insert(&mut tx, &stolen).await;
        assert!(matches!(refused, Err(StoreError::Missing { .. })), "{refused:?}");
    })
    .await;
}

async fn five_documents(w: &World) -> Vec<StoredRecord> {
    let papers = w.with_papers(5).await;
    let mut documents = Vec::new();
    for (i, paper) in papers.iter().enumerate() {
        // Two of them at the same moment.
        let stored_at = at(10 + i64::try_from(i).unwrap() / 2);
        let mut document = w.with_document(paper, &format!("{i}/2019"), stored_at).await;
        match i {
            0 => document.fields.validity_period = None,
            1 => document.fields.validity_period.as_mut().unwrap().until = None,
            2 => document.fields.validity_period.as_mut().unwrap().from = None,
            _ => {}
        }
        w.write(async |tx| records::insert(tx, &document).await.unwrap()).await;
        documents.push(document);
    }
    documents
}

#[tokio::test]
async fn an_owners_documents_come_newest_first_page_by_page() {
    each_engine(async |w| {
        let documents = five_documents(&w).await;
        let owner = &documents[0].owner;
        w.read(async |tx| {
            let mut seen = Vec::new();
            loop {
                let page = records::of_owner(tx, owner, &Default::default(), seen.last(), 2).await.unwrap();
                if page.is_empty() {
                    break;
                }
                seen.extend(page.into_iter().map(|document| document.id));
            }
            let expected: Vec<_> = documents.iter().rev().map(|document| document.id.clone()).collect();
            assert_eq!(seen, expected);
            let stranger = OwnerId::new();
            let none = records::of_owner(tx, &stranger, &Default::default(), None, 9).await.unwrap();
            assert!(none.is_empty());
            let unknown = RecordId::new();
            let nowhere = records::of_owner(tx, owner, &Default::default(), Some(&unknown), 9).await;
            assert!(matches!(nowhere, Err(StoreError::Missing { .. })));
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn an_owners_documents_are_filtered_by_type_and_by_validity() {
    each_engine(async |w| {
        let documents = five_documents(&w).await;
        w.read(async |tx| {
            let typed = |text: &str| Some(DocumentTypeCode::parse(text).unwrap());
            for (type_code, valid_on, expected) in [
                (typed("1.001776.01"), None, "43210"),
                (typed("1.001776.02"), None, ""),
                (None, Some(date(2024, 11, 24)), "20"),
                (None, Some(date(2024, 11, 25)), "43210"),
                (None, Some(date(2029, 11, 25)), "43210"),
                (None, Some(date(2029, 11, 26)), "10"),
                (typed("1.001776.01"), Some(date(2029, 11, 26)), "10"),
            ] {
                let filter = records::Filter { type_code, valid_on };
                let found = records::of_owner(tx, &documents[0].owner, &filter, None, 9).await.unwrap();
                let found: String = found
                    .iter()
                    .map(|f| documents.iter().position(|d| d.id == f.id).unwrap().to_string())
                    .collect();
                assert_eq!(found, expected, "{filter:?}");
            }
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn changes_are_numbered_without_gaps_and_read_from_any_point() {
    each_engine(async |w| {
        let documents = five_documents(&w).await;
        let mut appends = Vec::new();
        for (i, document) in documents.into_iter().enumerate() {
            let db = w.db.clone();
            appends.push(tokio::spawn(async move {
                let mut tx = db.write().await.unwrap();
                changes::append(&mut tx, &document.id, ChangeKind::Stored, at(20)).await.unwrap();
                if i % 2 == 0 {
                    tx.commit().await.unwrap(); // else the number goes to the next
                }
            }));
        }
        for append in appends {
            append.await.unwrap();
        }
        w.read(async |tx| {
            let all = changes::after(tx, 0, 100).await.unwrap();
            assert_eq!(all.iter().map(|change| change.seq).collect::<Vec<_>>(), [1, 2, 3]);
            assert_eq!((all[0].kind, all[0].at), (ChangeKind::Stored, at(20)));
            assert_eq!(changes::after(tx, 2, 100).await.unwrap(), all[2..]);
            assert_eq!(changes::after(tx, 0, 1).await.unwrap(), all[..1]);
            assert_eq!(changes::after(tx, u64::MAX, 10).await.unwrap(), []);
        })
        .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_follows_misses_no_change_while_many_write() {
    const WRITERS: usize = 8;
    const EACH: usize = 10;
    each_engine(async |w| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|_| {
                let db = w.db.clone();
                tokio::spawn(async move {
                    for n in 0..EACH {
                        let mut tx = db.write().await.unwrap();
                        changes::append(&mut tx, &RecordId::new(), ChangeKind::Stored, at(20)).await.unwrap();
                        // Of some nothing comes: their numbers are given to others.
                        if n % 3 == 2 { drop(tx) } else { tx.commit().await.unwrap() }
                    }
                })
            })
            .collect();
        // Reads on all the while, from where it stood: what it has seen is what there is in the end.
        let mut seen = Vec::new();
        while !writers.iter().all(tokio::task::JoinHandle::is_finished) {
            let after = seen.last().copied().unwrap_or(0);
            let new = w.read(async |tx| changes::after(tx, after, 3).await.unwrap()).await;
            seen.extend(new.iter().map(|change| change.seq));
        }
        for writer in writers {
            writer.await.unwrap();
        }
        let after = seen.last().copied().unwrap_or(0);
        let rest = w.read(async |tx| changes::after(tx, after, 1000).await.unwrap()).await;
        seen.extend(rest.iter().map(|change| change.seq));
        let n_kept = (WRITERS * EACH - WRITERS * (EACH / 3)) as u64;
        assert_eq!(seen, (1..=n_kept).collect::<Vec<_>>());
        assert_eq!(w.read(async |tx| changes::last(tx).await.unwrap()).await, n_kept);
    })
    .await;
}
