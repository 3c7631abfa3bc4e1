//! Dossiers, catalogues and papers: what is kept comes back, and moves as the contract says.

use jiff::civil::date;
use sohoa::{
    domain::{
        catalogue::Catalogue,
        dossier::{ExpectedPages, ObjectRole, PaperObject, PaperState, Step},
        ids::{ContentHash, DossierId, PaperId},
        page::{CheckedPages, PageFacts, PageFaults},
    },
    store::{
        StoreError, Tx,
        catalogues::{self, InForce},
        dossiers, papers,
    },
};

use super::world::{at, each_engine, since};

#[tokio::test]
async fn a_dossier_keeps_the_catalogue_it_was_opened_under() {
    each_engine(async |w| {
        let (_, dossier) = w.with_dossier().await;
        let mut newer = Catalogue::starting();
        newer.notes.push("sửa đổi".to_owned());
        w.write(async |tx| {
            let in_force = InForce {
                from: date(2026, 3, 1),
                decision_number: Some("99/QĐ-BYT"),
                by: Some(&dossier.opened_by),
            };
            catalogues::insert(tx, &newer, in_force, at(100)).await.unwrap();
        })
        .await;
        w.read(async |tx| {
            assert_eq!(dossiers::get(tx, &dossier.id).await.unwrap(), Some(dossier.clone()));
            let old = catalogues::get(tx, &dossier.catalogue).await.unwrap().unwrap();
            assert_eq!(old.catalogue, Catalogue::starting());
            let on = async |tx: &mut Tx, month, day| {
                catalogues::in_force(tx, date(2026, month, day)).await.unwrap()
            };
            assert_eq!(catalogues::in_force(tx, date(0, 1, 1)).await.unwrap(), None);
            assert_eq!(on(tx, 2, 28).await.map(|v| v.import.hash), Some(old.import.hash));
            let now = on(tx, 3, 1).await.unwrap();
            assert_eq!(now.catalogue, newer);
            assert_eq!(now.import.decision_number.as_deref(), Some("99/QĐ-BYT"));
            assert_eq!(now.import.imported_by, Some(dossier.opened_by.clone()));
            assert_eq!(on(tx, 12, 31).await, Some(now));
        })
        .await;
        // The old one comes back into force, and is the same version.
        let again = w.write(async |tx| {
            let again = InForce { from: date(2026, 3, 1), ..since(1) };
            catalogues::insert(tx, &Catalogue::starting(), again, at(200)).await.unwrap()
        });
        assert_eq!(again.await, dossier.catalogue);
        let current = w.read(async |tx| catalogues::in_force(tx, date(2026, 4, 1)).await.unwrap().unwrap());
        let import = current.await.import;
        assert_eq!((import.hash, import.imported_at), (dossier.catalogue, at(200)));
    })
    .await;
}

#[tokio::test]
async fn a_dossier_without_its_officer_or_catalogue_is_refused() {
    each_engine(async |w| {
        let (_, dossier) = w.with_dossier().await;
        let mut orphan = dossier.clone();
        orphan.id = DossierId::new();
        orphan.catalogue = ContentHash::of(b"unknown");
        for (dossier, expected) in [(&orphan, "Missing"), (&dossier, "AlreadyExists")] {
            let mut tx = w.db.write().await.unwrap();
            let error = dossiers::insert(&mut tx, dossier).await.unwrap_err();
            assert!(format!("{error:?}").contains(expected), "{error:?}");
        }
    })
    .await;
}

fn checked() -> CheckedPages {
    CheckedPages {
        pages: vec![PageFacts { dpi: 300, skew_degrees: -0.8, ..PageFacts::unknown(1, 210.0, 297.0) }],
        findings: Vec::new(),
    }
}

#[tokio::test]
async fn a_paper_comes_back_as_it_was_and_moves_only_as_the_contract_says() {
    each_engine(async |w| {
        let kept = w.with_papers(1).await.remove(0);
        assert_eq!(w.read(async |tx| papers::get(tx, &kept.id).await.unwrap()).await, Some(kept.clone()));
        assert_eq!(w.read(async |tx| papers::get(tx, &PaperId::new()).await.unwrap()).await, None);

        let checking =
            w.write(async |tx| papers::move_to(tx, &kept, PaperState::Checking).await.unwrap()).await;
        assert_eq!(checking.version, kept.version + 1);
        w.write(async |tx| {
            let illegal = papers::move_to(tx, &checking, PaperState::Received).await;
            assert!(matches!(illegal, Err(StoreError::IllegalMove { from: "checking", to: "received" })));
            let stale = papers::move_to(tx, &kept, PaperState::Checking).await;
            assert!(matches!(stale, Err(StoreError::Stale)));
        })
        .await;

        let mut corrected = checking.clone();
        (corrected.role, corrected.expected_pages) = (None, Some(ExpectedPages(7)));
        let faults = PageFaults { pages: checked().pages, findings: Vec::new() };
        let state = PaperState::NeedsRescan { faults };
        let moved = w.write(async |tx| papers::move_to(tx, &corrected, state.clone()).await.unwrap()).await;
        assert_eq!(moved.state, state);
        assert_eq!(w.read(async |tx| papers::get(tx, &kept.id).await.unwrap()).await, Some(moved));
    })
    .await;
}

#[tokio::test]
async fn of_two_who_move_a_paper_at_once_one_is_told() {
    each_engine(async |w| {
        let kept = w.with_papers(1).await.remove(0);
        let moves: Vec<_> = (0..8)
            .map(|_| {
                let (db, paper) = (w.db.clone(), kept.clone());
                tokio::spawn(async move {
                    let mut tx = db.write().await.unwrap();
                    let moved = papers::move_to(&mut tx, &paper, PaperState::Checking).await;
                    tx.commit().await.unwrap();
                    moved
                })
            })
            .collect();
        let mut n_moved = 0;
        for moved in moves {
            match moved.await.unwrap() {
                Ok(_) => n_moved += 1,
                Err(error) => assert!(matches!(error, StoreError::Stale), "{error:?}"),
            }
        }
        assert_eq!(n_moved, 1);
    })
    .await;
}

#[tokio::test]
async fn a_state_that_would_not_read_back_is_refused() {
    each_engine(async |w| {
        let kept = w.with_papers(1).await.remove(0);
        let checking =
            w.write(async |tx| papers::move_to(tx, &kept, PaperState::Checking).await.unwrap()).await;
        let mut faults = PageFaults { pages: checked().pages, findings: Vec::new() };
        faults.pages[0].skew_degrees = f32::NAN;
        let mut tx = w.db.write().await.unwrap();
        let moved = papers::move_to(&mut tx, &checking, PaperState::NeedsRescan { faults }).await;
        assert!(matches!(moved, Err(StoreError::Corrupt { .. })));
    })
    .await;
}

#[tokio::test]
async fn papers_of_a_state_come_page_by_page_and_each_once() {
    each_engine(async |w| {
        let kept = w.with_papers(7).await;
        let failed = PaperState::Failed {
            step: Step::Read,
            cause: "hết giờ".to_owned(),
            retry: true,
            before: Box::new(PaperState::Received),
        };
        w.write(async |tx| papers::move_to(tx, &kept[3], failed).await.unwrap()).await;
        w.read(async |tx| {
            let mut seen = Vec::new();
            loop {
                let page = papers::in_state(tx, "received", seen.last(), 2).await.unwrap();
                if page.is_empty() {
                    break;
                }
                seen.extend(page.into_iter().map(|paper| paper.id));
            }
            let expected: Vec<_> =
                kept.iter().enumerate().filter(|(i, _)| *i != 3).map(|(_, p)| p.id.clone()).collect();
            assert_eq!(seen, expected);
            assert_eq!(papers::in_state(tx, "failed", None, 9).await.unwrap()[0].id, kept[3].id);
            assert_eq!(papers::of_dossier(tx, &kept[0].dossier).await.unwrap().len(), 7);
        })
        .await;
    })
    .await;
}

fn object(role: ObjectRole, ordinal: u32, bytes: &[u8]) -> PaperObject {
    PaperObject {
        role,
        ordinal,
        hash: ContentHash::of(bytes),
        sha256: "0".repeat(64),
        n_bytes: bytes.len() as u64,
        media_type: "application/pdf".to_owned(),
    }
}

#[tokio::test]
async fn the_bytes_of_a_paper_are_listed_and_its_originals_never_change() {
    each_engine(async |w| {
        let kept = w.with_papers(1).await.remove(0);
        let first = object(ObjectRole::Original, 0, b"one");
        let second = object(ObjectRole::Original, 1, b"two");
        let coded = object(ObjectRole::Coded, 0, b"coded");
        w.write(async |tx| {
            for object in [&coded, &second, &first, &first, &object(ObjectRole::Text, 0, b"words")] {
                papers::add_object(tx, &kept.id, object).await.unwrap();
            }
            let other = papers::add_object(tx, &kept.id, &object(ObjectRole::Original, 0, b"other")).await;
            assert!(matches!(other, Err(StoreError::AlreadyExists)));
            let anew = object(ObjectRole::Text, 0, b"read again");
            papers::add_object(tx, &kept.id, &anew).await.unwrap();
            let objects = papers::objects(tx, &kept.id).await.unwrap();
            assert_eq!(objects, [first.clone(), second.clone(), anew, coded.clone()]);
        })
        .await;
    })
    .await;
}
