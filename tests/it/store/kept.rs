//! What is kept comes back, is found again, and is given once where it must be unique.

use std::collections::BTreeSet;

use jiff::civil::date;
use sohoa::{
    domain::{
        catalogue::Catalogue,
        code::{CodeNumber, DocumentCode, DocumentTypeCode, OwnerKey},
        dossier::{ExpectedPages, ObjectRole, PaperObject, PaperState, Step},
        ids::{ContentHash, OwnerNumber, PaperId},
        page::{BoxMm, CheckedPages, Colour, PageFacts},
        record::ChangeKind,
    },
    store::{
        Objects, StoreError, catalogues, changes, codes, dossiers,
        idempotency::{self, KeptAnswer, Known, RequestKey},
        officers, owners, papers, records,
    },
};

use super::world::{CITIZEN, OFFICER_NUMBER, World, at, code, each_engine, numbered, officer, paper, record};

#[tokio::test]
async fn officers_are_found_by_id_and_by_number_and_stand_once() {
    each_engine(async |w| {
        let (first, second) = (officer(OFFICER_NUMBER), officer("079190000002"));
        w.write(async |tx| {
            officers::insert(tx, &first, at(0)).await.unwrap();
            officers::insert(tx, &second, at(1)).await.unwrap();
            let twin = officers::insert(tx, &officer(OFFICER_NUMBER), at(2)).await;
            assert!(matches!(twin, Err(StoreError::OfficerExists { officer }) if officer == first.id));
        })
        .await;
        w.read(async |tx| {
            assert_eq!(officers::get(tx, &first.id).await.unwrap(), Some(first.clone()));
            assert_eq!(officers::find(tx, &second.personal_id).await.unwrap(), Some(second.clone()));
            assert_eq!(officers::get(tx, &officer(OFFICER_NUMBER).id).await.unwrap(), None);
            assert_eq!(officers::list(tx).await.unwrap(), [first.clone(), second.clone()]);
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_number_is_one_owner_however_it_is_written() {
    each_engine(async |w| {
        w.write(async |tx| {
            let person = owners::find_or_create(tx, &numbered(CITIZEN), at(0)).await.unwrap();
            let agency = owners::find_or_create(tx, &numbered("H38.17"), at(0)).await.unwrap();
            assert_ne!(person, agency);
            for (text, expected) in [(CITIZEN, &person), ("000.00.17.H38", &agency), ("H38.17", &agency)] {
                assert_eq!(&owners::find_or_create(tx, &numbered(text), at(9)).await.unwrap(), expected);
                let number = OwnerNumber::parse(text).unwrap();
                assert_eq!(owners::find(tx, &number).await.unwrap().as_ref(), Some(expected), "{text}");
            }
            let stranger = OwnerNumber::parse("001085012346").unwrap();
            assert_eq!(owners::find(tx, &stranger).await.unwrap(), None);
            assert_eq!(owners::keys_of(tx, &agency).await.unwrap(), [numbered("H38.17")]);
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_name_and_a_birth_date_never_make_two_people_one() {
    each_engine(async |w| {
        w.write(async |tx| {
            let key = OwnerKey::parse("Nguyễn Thị Hòa 05.06.1985").unwrap();
            let first = owners::find_or_create(tx, &key, at(0)).await.unwrap();
            let second = owners::find_or_create(tx, &key, at(1)).await.unwrap();
            assert_ne!(first, second);
            let other_spelling = OwnerKey::parse("NGUYỄN THỊ HOÀ 05.06.1985").unwrap();
            assert_eq!(owners::find_named(tx, &other_spelling).await.unwrap(), [first.clone(), second]);
            for other in ["Nguyễn Thị Hoa 05.06.1985", "Nguyễn Thị Hòa 06.06.1985", "Nguyễn Thị Hòa 1985"]
            {
                let other = OwnerKey::parse(other).unwrap();
                assert_eq!(owners::find_named(tx, &other).await.unwrap(), []);
            }
            assert_eq!(owners::keys_of(tx, &first).await.unwrap(), [key]);
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn an_owner_who_comes_to_many_desks_at_once_is_one() {
    each_engine(async |w| {
        let arrivals: Vec<_> = (0..20)
            .map(|_| {
                let db = w.db.clone();
                tokio::spawn(async move {
                    let mut tx = db.write().await.unwrap();
                    let owner = owners::find_or_create(&mut tx, &numbered(CITIZEN), at(0)).await.unwrap();
                    tx.commit().await.unwrap();
                    owner
                })
            })
            .collect();
        let mut owners = BTreeSet::new();
        for arrival in arrivals {
            owners.insert(arrival.await.unwrap());
        }
        assert_eq!(owners.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_dossier_keeps_the_catalogue_it_was_opened_under() {
    each_engine(async |w| {
        let (_, dossier) = w.with_dossier().await;
        let mut newer = Catalogue::starting();
        newer.notes.push("sửa đổi".to_owned());
        w.write(async |tx| {
            catalogues::insert(tx, &newer, Some("99/QĐ-BYT"), Some(&dossier.opened_by), at(100))
                .await
                .unwrap();
        })
        .await;
        w.read(async |tx| {
            assert_eq!(dossiers::get(tx, &dossier.id).await.unwrap(), Some(dossier.clone()));
            let old = catalogues::get(tx, &dossier.catalogue).await.unwrap().unwrap();
            assert_eq!(old.catalogue, Catalogue::starting());
            assert_eq!(catalogues::current(tx, at(-1)).await.unwrap(), None);
            assert_eq!(catalogues::current(tx, at(99)).await.unwrap(), Some(old));
            let now = catalogues::current(tx, at(100)).await.unwrap().unwrap();
            assert_eq!(now.catalogue, newer);
            assert_eq!(now.decision_number.as_deref(), Some("99/QĐ-BYT"));
            assert_eq!(now.imported_by, Some(dossier.opened_by.clone()));
        })
        .await;
        // The old one comes back into force, and is the same version.
        let again = w.write(async |tx| {
            catalogues::insert(tx, &Catalogue::starting(), None, None, at(200)).await.unwrap()
        });
        assert_eq!(again.await, dossier.catalogue);
        let current = w.read(async |tx| catalogues::current(tx, at(300)).await.unwrap().unwrap()).await;
        assert_eq!((current.hash, current.imported_at), (dossier.catalogue, at(200)));
    })
    .await;
}

#[tokio::test]
async fn a_dossier_without_its_officer_or_catalogue_is_refused() {
    each_engine(async |w| {
        let (_, dossier) = w.with_dossier().await;
        let mut orphan = dossier.clone();
        orphan.id = sohoa::domain::ids::DossierId::new();
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
        pages: vec![PageFacts {
            position: 1,
            printed_number: None,
            original_page: 1,
            width_mm: 210.0,
            height_mm: 297.0,
            dpi: 300,
            colour: Colour::Colour,
            rotation: 0,
            skew_degrees: -0.8,
            blank: false,
            duplicate_of: None,
            note_pair: None,
        }],
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
        let faults = sohoa::domain::page::PageFaults { pages: checked().pages, findings: Vec::new() };
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
        let mut faults = sohoa::domain::page::PageFaults { pages: checked().pages, findings: Vec::new() };
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
        let failed = PaperState::Failed { step: Step::Read, cause: "hết giờ".to_owned(), retry: true };
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

#[tokio::test]
async fn of_fifty_papers_that_want_one_code_one_gets_it() {
    each_engine(async |w| {
        let papers = w.with_papers(50).await;
        let owner =
            w.write(async |tx| owners::find_or_create(tx, &numbered(CITIZEN), at(0)).await.unwrap()).await;
        let wants: Vec<_> = papers
            .iter()
            .enumerate()
            .map(|(i, paper)| {
                let (db, owner, paper) = (w.db.clone(), owner.clone(), paper.id.clone());
                tokio::spawn(async move {
                    let mut tx = db.write().await.unwrap();
                    let same = codes::assign(&mut tx, &code("1917/QĐ-UBND"), &owner, &paper, at(1)).await;
                    // The transaction stays usable: the paper takes a code of its own.
                    let own = code(&format!("{i}/QĐ-UBND"));
                    codes::assign(&mut tx, &own, &owner, &paper, at(1)).await.unwrap();
                    tx.commit().await.unwrap();
                    (paper, same)
                })
            })
            .collect();
        let (mut winners, mut holders) = (Vec::new(), BTreeSet::new());
        for want in wants {
            match want.await.unwrap() {
                (paper, Ok(())) => winners.push(paper),
                (_, Err(StoreError::CodeTaken { held_by })) => _ = holders.insert(held_by),
                (_, Err(error)) => panic!("{error:?}"),
            }
        }
        assert_eq!(winners.len(), 1);
        assert_eq!(holders.into_iter().collect::<Vec<_>>(), winners);
        let found = w.read(async |tx| codes::find(tx, &code("1917/QĐ-UBND")).await.unwrap()).await;
        assert_eq!(found, Some((winners[0].clone(), None)));
        // Asked again by the paper that has it, nothing happens.
        w.write(async |tx| {
            codes::assign(tx, &code("1917/QĐ-UBND"), &owner, &winners[0], at(2)).await.unwrap();
            for i in 0..50 {
                assert!(codes::find(tx, &code(&format!("{i}/QĐ-UBND"))).await.unwrap().is_some());
            }
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_code_comes_back_in_its_parts_and_agencies_are_one_in_both_directions() {
    each_engine(async |w| {
        let papers = w.with_papers(5).await;
        let texts = [
            "000.00.17.H38.2.000286-KQ12.5/QĐ-UBND",
            "Nguyễn Ưỡng 05.06.1985.1.001776.YC01.KS-20241125-3",
            "Công ty TNHH Đường 9 2003.1.000479.05.3-4/TB",
            "001085012345.1.001776.01.25/2019",
        ];
        w.write(async |tx| {
            for (text, paper) in texts.iter().zip(&papers) {
                let code = DocumentCode::parse(text).unwrap();
                let owner = owners::find_or_create(tx, &code.owner, at(0)).await.unwrap();
                codes::assign(tx, &code, &owner, &paper.id, at(0)).await.unwrap();
                assert_eq!(codes::of_paper(tx, &paper.id).await.unwrap(), Some(code), "{text}");
            }
            assert_eq!(codes::of_paper(tx, &papers[4].id).await.unwrap(), None);
            let turned = DocumentCode::parse("H38.17.2.000286-KQ12.5/QĐ-UBND").unwrap();
            assert_eq!(codes::find(tx, &turned).await.unwrap(), Some((papers[0].id.clone(), None)));
            let similar = DocumentCode::parse("H38.17.2.000286-KQ1.25/QĐ-UBND").unwrap();
            assert_eq!(codes::find(tx, &similar).await.unwrap(), None);
            // A second code of a paper does not free the first.
            let later = code("26/2019");
            let owner = owners::find_or_create(tx, &later.owner, at(0)).await.unwrap();
            codes::assign(tx, &later, &owner, &papers[3].id, at(5)).await.unwrap();
            assert_eq!(codes::of_paper(tx, &papers[3].id).await.unwrap(), Some(later));
            assert!(codes::find(tx, &code("25/2019")).await.unwrap().is_some());
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn an_assigned_code_cannot_be_taken_back() {
    each_engine(async |w| {
        let paper = w.with_papers(1).await.remove(0);
        w.with_document(&paper, "1/QĐ", at(1)).await;
        let mut raw = w.raw().await;
        let deleted = sqlx::query("DELETE FROM document_code").execute(&mut raw).await;
        assert!(deleted.is_err());
    })
    .await;
}

#[tokio::test]
async fn ordinals_of_a_day_are_given_once_each() {
    each_engine(async |w| {
        let day = date(2026, 11, 21);
        let asks: Vec<_> = (0..30)
            .map(|_| {
                let db = w.db.clone();
                tokio::spawn(async move {
                    let mut tx = db.write().await.unwrap();
                    let ordinal = codes::next_ordinal(&mut tx, day).await.unwrap();
                    tx.commit().await.unwrap();
                    ordinal
                })
            })
            .collect();
        let mut given = BTreeSet::new();
        for ask in asks {
            given.insert(ask.await.unwrap());
        }
        assert_eq!(given, (1..=30).collect());
        let next_day = w.write(async |tx| codes::next_ordinal(tx, date(2026, 11, 22)).await.unwrap()).await;
        assert_eq!(next_day, 1);
    })
    .await;
}

#[tokio::test]
async fn a_stored_document_is_found_by_its_code_and_by_its_owner() {
    each_engine(async |w| {
        let paper = w.with_papers(1).await.remove(0);
        let document = w.with_document(&paper, "25/2019", at(10)).await;
        w.write(async |tx| {
            records::insert(tx, &document).await.unwrap();
            let mut again = document.clone();
            again.id = sohoa::domain::ids::RecordId::new();
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
            assert_eq!(store, [document.clone()]);
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

async fn five_documents(w: &World) -> Vec<sohoa::domain::record::StoredRecord> {
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
            let stranger = sohoa::domain::ids::OwnerId::new();
            let none = records::of_owner(tx, &stranger, &Default::default(), None, 9).await.unwrap();
            assert!(none.is_empty());
            let unknown = sohoa::domain::ids::RecordId::new();
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
        for document in documents {
            let db = w.db.clone();
            appends.push(tokio::spawn(async move {
                let mut tx = db.write().await.unwrap();
                let seq = changes::append(&mut tx, &document.id, ChangeKind::Stored, at(20)).await.unwrap();
                if seq % 2 == 0 {
                    return None; // not committed: the number goes to the next
                }
                tx.commit().await.unwrap();
                Some(seq)
            }));
        }
        for append in appends {
            append.await.unwrap();
        }
        w.read(async |tx| {
            let all = changes::after(tx, 0, 100).await.unwrap();
            let seqs: Vec<_> = all.iter().map(|change| change.seq).collect();
            assert_eq!(seqs, (1..=all.len() as u64).collect::<Vec<_>>());
            assert!(!all.is_empty());
            assert_eq!(changes::after(tx, 0, 1).await.unwrap(), all[..1]);
            assert_eq!(changes::after(tx, u64::MAX, 10).await.unwrap(), []);
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_request_that_comes_twice_is_done_once() {
    use std::time::Duration;
    each_engine(async |w| {
        let request = RequestKey { route: "POST /papers/1/confirm", key: "0193-key" };
        let other_route = RequestKey { route: "POST /papers/2/confirm", ..request };
        let (hash, other_hash) = (ContentHash::of(b"body"), ContentHash::of(b"other"));
        let patience = Duration::from_secs(60);
        let given = KeptAnswer {
            status: 201,
            content_type: "application/json".to_owned(),
            headers: vec![("etag".to_owned(), "\"2\"".to_owned())],
            body: format!("{{\"owner\":\"{CITIZEN}\"}}"),
        };
        let asks = |request: RequestKey<'static>, hash: ContentHash, now: i64| {
            let w = &w;
            async move {
                w.write(async |tx| {
                    idempotency::remember(tx, request, &hash, at(now), patience).await.unwrap()
                })
                .await
            }
        };
        assert_eq!(asks(request, hash.clone(), 0).await, Known::New);
        assert_eq!(asks(request, hash.clone(), 1).await, Known::InFlight);
        assert_eq!(asks(request, other_hash.clone(), 1).await, Known::OtherRequest);
        assert_eq!(asks(other_route, hash.clone(), 1).await, Known::New);
        // Whoever did it vanished: somebody else may, and only one.
        assert_eq!(asks(request, hash.clone(), 61).await, Known::New);
        assert_eq!(asks(request, hash.clone(), 62).await, Known::InFlight);
        w.write(async |tx| idempotency::answer(tx, request, &given).await.unwrap()).await;
        assert_eq!(asks(request, hash.clone(), 63).await, Known::Done(given.clone()));
        assert_eq!(asks(request, hash.clone(), 999).await, Known::Done(given.clone()));
        assert_eq!(asks(request, other_hash, 999).await, Known::OtherRequest);
        w.write(async |tx| {
            let twice = idempotency::answer(tx, request, &given).await;
            assert!(matches!(twice, Err(StoreError::Missing { .. })));
            idempotency::forget(tx, request).await.unwrap(); // answered: stays
            idempotency::forget(tx, other_route).await.unwrap();
        })
        .await;
        assert_eq!(asks(request, hash.clone(), 64).await, Known::Done(given));
        assert_eq!(asks(other_route, hash.clone(), 64).await, Known::New);
        assert_eq!(w.write(async |tx| idempotency::forget_before(tx, at(63)).await.unwrap()).await, 1);
        assert_eq!(asks(request, hash, 65).await, Known::New);
    })
    .await;
}

#[tokio::test]
async fn bytes_lie_under_their_hash_once_and_damage_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let objects = Objects::local(&folder.path().join("objects")).unwrap();
    let kept = objects.put(b"abc").await.unwrap();
    assert_eq!(kept.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_eq!((kept.n_bytes, &kept.hash), (3, &ContentHash::of(b"abc")));
    assert_eq!(objects.put(b"abc").await.unwrap(), kept);
    assert_eq!(objects.get(&kept.hash).await.unwrap(), b"abc");
    assert!(objects.exists(&kept.hash).await.unwrap());
    let empty = objects.put(b"").await.unwrap();
    assert_eq!(objects.get(&empty.hash).await.unwrap(), b"");

    let path = objects.local_path(&kept.hash).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), b"abc");
    std::fs::write(&path, b"abd").unwrap();
    assert!(matches!(objects.get(&kept.hash).await, Err(StoreError::Corrupt { .. })));
    assert!(matches!(objects.put(b"abc").await, Err(StoreError::Corrupt { .. })));
    assert_eq!(std::fs::read(&path).unwrap(), b"abd", "a person has to look; nothing is painted over");

    let staged = path.with_file_name(format!("{}#1", kept.hash));
    std::fs::write(&staged, b"ab").unwrap();
    let mut expected = vec![kept.hash.clone(), empty.hash];
    expected.sort();
    assert_eq!(objects.list_all().await.unwrap(), expected);
    assert_eq!(objects.sweep(at(-1_000_000_000)).unwrap(), 0);
    assert_eq!(objects.sweep(jiff::Timestamp::MAX).unwrap(), 1);
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
            tokio::spawn(async move { objects.put(&bytes).await.unwrap() })
        })
        .collect();
    for put in puts {
        assert_eq!(put.await.unwrap().hash, ContentHash::of(&bytes));
    }
    assert_eq!(objects.list_all().await.unwrap().len(), 1);
    assert_eq!(objects.sweep(jiff::Timestamp::MAX).unwrap(), 0, "nothing half-written is left");
}

#[test]
fn papers_without_a_number_have_one_form() {
    let number = CodeNumber::None { received_on: date(2026, 11, 21), ordinal: 3 };
    assert_eq!(CodeNumber::parse(&number.to_string()), Ok(number));
    assert_ne!(paper(&sohoa::domain::ids::DossierId::new()).id, PaperId::new());
    assert_eq!(BoxMm::from([1.0, 2.0, 3.0, 4.0]).right(), 4.0);
}
