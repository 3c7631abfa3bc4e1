//! Codes and ordinals: given once, whoever asks at the same time.

use std::collections::BTreeSet;

use jiff::civil::date;
use sohoa::{
    domain::code::DocumentCode,
    store::{StoreError, codes, owners},
};

use super::world::{CITIZEN, at, code, each_engine, numbered};

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
