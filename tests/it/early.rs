//! What a clerk who waits sees before a paper is read whole, and who goes before whom.

use std::{
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

use serde_json::{Value, json};
use sohoa::{
    config::Config,
    domain::{
        catalogue::Catalogue,
        dossier::{Paper, PaperState, Step},
        eligibility::HandedInAs,
        first::FirstProposals,
        ids::{DossierId, PaperId},
        job::Urgency,
    },
    engines::{
        extraction::Guide,
        reader::{ReaderLimits, Readers},
    },
    store::{first, papers as kept},
    workflows::examine::{self, Declared, Examination, Interest, Known},
};

use crate::{
    generator::Kind,
    support::{
        app::{NOW, TestApp, on_both_databases},
        papers,
    },
};

/// What was heard while a scan was examined, in order: the first proposals, or a page that is done.
#[derive(Debug, PartialEq)]
enum Heard {
    First(Box<FirstProposals>),
    Page(u32, u32),
}

fn examined(scan: &[u8]) -> (Vec<Heard>, Examination) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scan");
    std::fs::write(&path, scan).unwrap();
    let limits = ReaderLimits { n_readers: 1, ..ReaderLimits::default() };
    let readers = Readers::new(PathBuf::from(env!("CARGO_BIN_EXE_sohoa")), limits);
    let (catalogue, guide) = (Catalogue::starting(), Guide::built_in());
    let known = Known { catalogue: &catalogue, guide: &guide };
    let heard = Mutex::new(Vec::new());
    let hear = |what| heard.lock().unwrap_or_else(PoisonError::into_inner).push(what);
    let interest = Interest {
        urgency: Urgency::Desk,
        on_page: &|done, of| hear(Heard::Page(done, of)),
        on_first: &|first| hear(Heard::First(Box::new(first))),
    };
    let rules = Config::default().pages;
    let examination = examine::examine(
        &readers,
        &[path],
        &Declared::default(),
        known,
        &rules,
        NOW.parse().unwrap(),
        interest,
    );
    (heard.into_inner().unwrap(), examination.unwrap())
}

#[test]
fn number_day_agency_and_name_are_there_before_the_rest_is_read() {
    let (heard, examination) = examined(&papers::bytes(&papers::clean(Kind::Decision, 41)));
    let [Heard::First(first), Heard::Page(1, _), ..] = heard.as_slice() else { panic!("{heard:?}") };
    let whole: FirstProposals = examination.proposed.unwrap().into();
    assert!(whole.document_number.value.is_some() && whole.issued_on.value.is_some());
    assert_eq!(first.document_number.value, whole.document_number.value);
    assert_eq!(first.issued_on.value, whole.issued_on.value);
    assert_eq!(first.issuing_authority.value, whole.issuing_authority.value);
    assert_eq!(first.document_name.value, whole.document_name.value);
    assert!(examination.timings.first.is_some_and(|ms| ms <= examination.timings.total));
}

#[test]
fn of_a_secret_paper_nothing_is_heard_before() {
    let scan = papers::page_of(&[
        ("ỦY BAN NHÂN DÂN XÃ MẪU", 30.0, 25.0, 12.0),
        ("TỐI MẬT", 32.0, 45.0, 16.0),
        ("Số: 12/QĐ-UBND", 40.0, 60.0, 14.0),
        ("Người nhận văn bản có trách nhiệm bảo quản theo quy định.", 30.0, 160.0, 14.0),
    ]);
    let (heard, examination) = examined(&scan);
    assert!(examination.is_classified());
    assert_eq!(heard, [Heard::Page(1, 1)]);
}

async fn being_read(app: &TestApp) -> Paper {
    let paper = Paper {
        id: PaperId::new(),
        dossier: DossierId::parse(&app.open_dossier("1.001776").await).unwrap(),
        role: None,
        form: HandedInAs::Original,
        expected_pages: None,
        declared_owner: None,
        received_at: NOW.parse().unwrap(),
        state: PaperState::Checking,
        version: 1,
    };
    let mut tx = app.ctx.db.write().await.unwrap();
    kept::insert(&mut tx, &paper).await.unwrap();
    tx.commit().await.unwrap();
    paper
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_sees_the_head_until_the_paper_moves_on() {
    let (heard, _) = examined(&papers::bytes(&papers::clean(Kind::Decision, 41)));
    let Some(Heard::First(proposals)) = heard.first() else { panic!("{heard:?}") };
    let number = proposals.document_number.value.as_ref().unwrap().to_string();
    on_both_databases(async |app| {
        let paper = being_read(&app).await;
        let place = format!("/api/v1/papers/{}", paper.id);
        assert_eq!(app.json(app.get(&place)).await["first_fields"], Value::Null);

        let mut tx = app.ctx.db.write().await.unwrap();
        first::keep(&mut tx, &paper.id, proposals).await.unwrap();
        first::keep(&mut tx, &paper.id, proposals).await.unwrap();
        tx.commit().await.unwrap();
        let seen = app.json(app.get(&place)).await;
        assert_eq!(seen["fields"], Value::Null);
        let keys: Vec<&String> = seen["first_fields"].as_object().unwrap().keys().collect();
        assert_eq!(keys, ["document_name", "document_number", "issued_on", "issuing_authority"]);
        assert_eq!(seen["first_fields"]["document_number"]["value"], json!(number));
        let page = app.get(&format!("/papers/{}", paper.id)).send().await.unwrap().text().await.unwrap();
        assert!(page.contains("Đọc được ở đầu trang một") && page.contains(&number), "{page}");

        // Where it goes on, it is told whole, or not at all: nothing is left of the head.
        let mut tx = app.ctx.db.write().await.unwrap();
        let failed = PaperState::Failed {
            step: Step::Read,
            cause: "thử".into(),
            retry: false,
            before: Box::new(PaperState::Received),
        };
        kept::move_to(&mut tx, &paper, failed).await.unwrap();
        assert_eq!(first::of(&mut tx, &paper.id).await.unwrap(), None);
        tx.commit().await.unwrap();
        assert_eq!(app.json(app.get(&place)).await["first_fields"], Value::Null);
    })
    .await;
}
