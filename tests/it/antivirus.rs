//! Files are looked at by an antivirus program before anything opens them for reading.

use std::time::Duration;

use serde_json::{Value, json};
use sohoa::{
    domain::{ids::PaperId, job::Urgency},
    remote::antivirus::{Antivirus, AntivirusError},
    workflows::{
        context::Ctx,
        digitise::{self, DigitiseError},
    },
};

use crate::{
    generator::Kind,
    plan::uploaded,
    support::{
        app::{Setting, TestApp},
        clamd::{Clamd, MARK, MOST_BYTES, NAME},
        papers::{bytes, clean},
    },
};

fn at(address: &str) -> Antivirus {
    Antivirus::new(address, Duration::from_secs(60)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_infected_file_is_not_read_and_an_officer_decides() {
    let clamd = Clamd::start().await;
    let socket = clamd.socket();
    for is_sqlite in [true, false] {
        let setting = Setting { antivirus: Some(at(socket.to_str().unwrap())), ..Setting::default() };
        let app = TestApp::start_with(is_sqlite, setting).await;
        let dossier = app.open_dossier("1.001776").await;
        let clean = bytes(&clean(Kind::Decision, 5));
        let infected = [clean.as_slice(), b"\n", MARK].concat();

        let paper = uploaded(&app, &dossier, &[infected], &[]).await;
        let seen = app.settled(&paper).await;
        assert_eq!(seen["state"], "failed", "{seen:#}");
        let failure = &seen["stopped"];
        assert_eq!((&failure["step"], &failure["retry"]), (&json!("scan"), &json!(true)), "{failure}");
        let cause = failure["message"].as_str().unwrap();
        assert!(cause.contains(&format!("mã độc ({NAME}")), "{cause}");
        assert_eq!(seen["pages"], json!([]), "nothing was read");
        let page = app.get(&format!("/papers/{paper}")).send().await.unwrap().text().await.unwrap();
        assert!(page.contains("Tệp có mã độc"), "{page}");

        // Looked at again it is no better; then an officer decides.
        let retry = app.post(&format!("/api/v1/papers/{paper}/retry")).json(&json!({}));
        app.json(retry).await;
        assert_eq!(app.settled(&paper).await["stopped"]["step"], "scan");
        let refuse = json!({ "reason": "Tệp có mã độc, đã yêu cầu nộp lại" });
        let refused = app.json(app.post(&format!("/api/v1/papers/{paper}/refuse")).json(&refuse)).await;
        assert_eq!(refused["state"], "refused", "{refused:#}");

        // The same paper without the mark goes its way.
        let paper = uploaded(&app, &dossier, &[clean], &[]).await;
        assert_eq!(app.settled(&paper).await["state"], "to_confirm");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_program_does_not_answer_papers_wait() {
    let clamd = Clamd::start().await;
    let absent = clamd.socket().with_file_name("absent.ctl");
    let setting = Setting { antivirus: Some(at(absent.to_str().unwrap())), ..Setting::default() };
    let app = TestApp::start_with(true, setting).await;
    let dossier = app.open_dossier("1.001776").await;
    let paper = uploaded(&app, &dossier, &[bytes(&clean(Kind::Decision, 6))], &[]).await;
    let id = PaperId::parse(&paper).unwrap();

    // The service's own worker is at the same paper: whoever comes second tries again.
    let read = async |ctx: &Ctx| loop {
        match digitise::check_and_read(ctx, &id, Urgency::Desk, |_, _| {}).await {
            Err(DigitiseError::Stale) => tokio::task::yield_now().await,
            done => break done,
        }
    };
    let waits = read(&app.ctx).await.unwrap_err();
    assert!(matches!(waits, DigitiseError::NotScanned(AntivirusError::Unreachable(_))), "{waits:?}");
    let seen: Value = app.json(app.get(&format!("/api/v1/papers/{paper}"))).await;
    assert_eq!(seen["state"], "checking", "{seen:#}");

    let answers = Ctx { antivirus: Some(at(clamd.socket().to_str().unwrap())), ..app.ctx.clone() };
    read(&answers).await.unwrap();
    assert_eq!(app.settled(&paper).await["state"], "to_confirm");

    // What it takes no file of is told, and nothing is taken for clean.
    let too_large = vec![b' '; MOST_BYTES + 1];
    let told = answers.antivirus.unwrap().look_at(&too_large).await;
    assert!(matches!(told, Err(AntivirusError::TooLarge)), "{told:?}");
}
