//! Owners and officers: whose number it is, and that a name is never enough.

use std::collections::BTreeSet;

use sohoa::{
    domain::{code::OwnerKey, ids::OwnerNumber},
    store::{StoreError, officers, owners},
};

use super::world::{CITIZEN, OFFICER_NUMBER, at, each_engine, numbered, officer};

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
