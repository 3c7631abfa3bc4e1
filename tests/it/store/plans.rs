//! The history of page plans: appended to, read back as it was written, on both engines.

use sohoa::{
    domain::{
        dossier::{ObjectRole, PaperObject},
        ids::{ContentHash, OfficerId, PaperId},
        plan::{PagePlan, PlanAct, PlanEntry, PlanStep, PlannedPage},
    },
    store::{StoreError, papers, plans},
};

use super::world::{at, each_engine};

fn entry(ordinal: u32, pages: &[u32], act: PlanAct, reason: Option<&str>) -> PlanEntry {
    let pages = pages.iter().map(|page| PlannedPage { page: *page, turn: Some(90) }).collect();
    PlanEntry {
        ordinal,
        plan: PagePlan::new(pages).unwrap(),
        own: vec![1, 2, 3],
        act,
        reason: reason.map(str::to_owned),
        by: reason.map(|_| OfficerId::parse("demo").unwrap()),
        at: at(i64::from(ordinal)),
    }
}

#[tokio::test]
async fn plans_are_appended_and_the_last_one_is_in_force() {
    each_engine(async |w| {
        let paper = w.with_papers(1).await.remove(0).id;
        let first = entry(1, &[1, 2, 3], PlanAct::Received, None);
        let steps = vec![PlanStep::Remove { positions: vec![2] }];
        let second = entry(2, &[3, 1], PlanAct::Arranged { steps }, Some("trang của ông Nguyễn Văn Mẫu"));
        w.write(async |tx| {
            assert_eq!(plans::latest(tx, &paper).await.unwrap(), None);
            plans::append(tx, &paper, &first).await.unwrap();
            plans::append(tx, &paper, &second).await.unwrap();
        })
        .await;
        w.read(async |tx| {
            assert_eq!(plans::latest(tx, &paper).await.unwrap(), Some(second.clone()));
            assert_eq!(plans::history(tx, &paper).await.unwrap(), [first.clone(), second.clone()]);
            assert_eq!(plans::history(tx, &PaperId::new()).await.unwrap(), []);
        })
        .await;
        for (paper, entry, expected) in [
            (&paper, entry(2, &[1], PlanAct::Received, None), "AlreadyExists"),
            (&PaperId::new(), entry(1, &[1], PlanAct::Received, None), "Missing"),
        ] {
            let mut tx = w.db.write().await.unwrap();
            let error = plans::append(&mut tx, paper, &entry).await.unwrap_err();
            assert!(format!("{error:?}").starts_with(expected), "{error:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_plan_that_was_altered_is_damage_and_its_reason_is_sealed() {
    each_engine(async |w| {
        let paper = w.with_papers(1).await.remove(0).id;
        let kept = entry(1, &[1, 2], PlanAct::Received, Some("trang của ông Nguyễn Văn Mẫu"));
        w.write(async |tx| plans::append(tx, &paper, &kept).await.unwrap()).await;
        let mut raw = w.raw().await;
        let row: (String, String) =
            sqlx::query_as("SELECT reason_sealed, plan FROM page_plan").fetch_one(&mut raw).await.unwrap();
        assert!(!row.0.contains("Mẫu") && row.1.contains("\"page\":2"), "{row:?}");
        let twice = r#"{"pages":[{"page":1},{"page":1}]}"#;
        sqlx::query("UPDATE page_plan SET plan = $1").bind(twice).execute(&mut raw).await.unwrap();
        let mut tx = w.db.read().await.unwrap();
        let read = plans::latest(&mut tx, &paper).await;
        assert!(matches!(read, Err(StoreError::Corrupt { what: "page_plan.plan" })), "{read:?}");
    })
    .await;
}

#[tokio::test]
async fn papers_that_share_an_original_are_found() {
    each_engine(async |w| {
        let kept = w.with_papers(3).await;
        let object = |role, bytes: &[u8]| PaperObject {
            role,
            ordinal: 0,
            hash: ContentHash::of(bytes),
            sha256: "0".repeat(64),
            n_bytes: 5,
            media_type: "application/pdf".to_owned(),
        };
        w.write(async |tx| {
            for (paper, role, bytes) in [
                (&kept[0], ObjectRole::Original, b"batch"),
                (&kept[1], ObjectRole::Original, b"batch"),
                (&kept[2], ObjectRole::Coded, b"batch"),
            ] {
                papers::add_object(tx, &paper.id, &object(role, bytes)).await.unwrap();
            }
            let batch = [ContentHash::of(b"batch"), ContentHash::of(b"other")];
            assert_eq!(
                plans::sharers(tx, &kept[0].id, &batch).await.unwrap(),
                std::slice::from_ref(&kept[1].id)
            );
            assert_eq!(plans::sharers(tx, &kept[0].id, &batch[1..]).await.unwrap(), []);
        })
        .await;
    })
    .await;
}
