//! Documents leave their owner's store and come back, are held, and are erased for ever once their term is over; codes,
//! ledger and trace stay. What a data subject asks is done in one act.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use sohoa::{
    clock::Clock,
    domain::retention::Retention,
    faces::worker,
    workflows::{
        context::Ctx,
        retention::{self, Waiting},
    },
};
use tokio_util::sync::CancellationToken;

use crate::{
    owners::{found, kind, stored},
    support::app::{Setting, TestApp},
};

async fn keep(app: &TestApp, document: &str, act: &str) -> Value {
    let body = json!({ "act": act, "reason": "theo văn bản 15/UBND" });
    app.json(app.post(&format!("/api/v1/documents/{document}/keeping")).json(&body)).await
}

async fn refused(app: &TestApp, document: &str, act: &str) -> String {
    let body = json!({ "act": act, "reason": "thử" });
    let problem = app.problem(app.post(&format!("/api/v1/documents/{document}/keeping")).json(&body)).await;
    kind(&problem).to_owned()
}

async fn documents(app: &TestApp, owner: &str) -> usize {
    let list = app.json(app.get(&format!("/api/v1/owners/{owner}/documents?purpose=test"))).await;
    list["items"].as_array().unwrap().len()
}

/// How many documents of an owner the search finds.
async fn searched(app: &TestApp, owner: &str) -> usize {
    let search = json!({ "owner": owner, "purpose": "kiểm tra" });
    let found = app.json(app.post("/api/v1/documents/search").json(&search)).await;
    found["items"].as_array().unwrap().len()
}

async fn asked(app: &TestApp, kind: &str, owner: &str) -> String {
    let request = json!({ "kind": kind, "came_by": "desk", "owner": owner, "asked": "theo đơn của tôi" });
    let request = app.json(app.post("/api/v1/subject-requests").json(&request)).await;
    format!("/api/v1/subject-requests/{}", request["id"].as_str().unwrap())
}

fn due(found: &[Waiting]) -> usize {
    found.iter().filter(|waiting| waiting.is_due).count()
}

/// The worker that erases, until what is due is gone.
async fn by_itself(ctx: &Ctx) {
    let mut ctx = ctx.clone();
    let officer = ctx.rules.officer.clone();
    for is_told in [false, true] {
        Arc::make_mut(&mut ctx.rules).retention.by_itself = is_told;
        let stop = CancellationToken::new();
        let worker = tokio::spawn(worker::erase_due(ctx.clone(), stop.clone()));
        let n_left = async || retention::sweep(&ctx, &officer, true).await.unwrap().len();
        for _ in 0..100 {
            if !is_told || n_left().await == 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        stop.cancel();
        worker.await.unwrap();
        assert_eq!(n_left().await, usize::from(!is_told));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_leaves_the_store_is_held_and_is_erased_when_its_term_is_over() {
    for is_sqlite in [true, false] {
        let years =
            Retention {
                years: Some(10), source: "Quyết định của cơ quan".into(), ..Retention::default()
            };
        let app = TestApp::start_with(is_sqlite, Setting { retention: years, ..Setting::default() }).await;
        let number = "001185000777";
        let (document, printed) = stored(&app, 31, number, json!({})).await;
        let [owner] = found(&app, number).await.try_into().unwrap();
        let dossier = app.open_dossier("1.001776").await;
        let take = json!({ "document": document, "purpose": "tiếp nhận hồ sơ", "reason": "Đã đối chiếu" });
        let ledger = format!("/api/v1/dossiers/{dossier}/components/03/reuse");
        app.json(app.post(&ledger).json(&take)).await;

        // Out of the store, and back within the term.
        assert_eq!(refused(&app, &document, "erase").await, "wrong-state");
        let removed = keep(&app, &document, "remove").await;
        assert!(removed["removed_at"].is_string() && removed["erased_at"].is_null());
        assert_eq!((documents(&app, &owner).await, searched(&app, &owner).await), (0, 0));
        let page = app.get(&format!("/owners/{owner}")).send().await.unwrap().text().await.unwrap();
        assert!(page.contains("Đã gỡ khỏi kho") && page.contains("20/11/2036"), "{page}");
        let offers = json!({ "owner": number, "purpose": "tiếp nhận hồ sơ" });
        let offers = app.json(app.post(&format!("/api/v1/dossiers/{dossier}/reusable")).json(&offers)).await;
        assert!(offers["offers"].as_array().unwrap().is_empty());
        assert_eq!(refused(&app, &document, "erase").await, "kept", "its term is not over");
        keep(&app, &document, "restore").await;
        assert_eq!((documents(&app, &owner).await, searched(&app, &owner).await), (1, 1));

        // Held: neither taken out nor erased, whoever asks.
        keep(&app, &document, "hold").await;
        assert_eq!(refused(&app, &document, "remove").await, "held");
        let erase = asked(&app, "erase", &owner).await;
        let carry = async |place: &str| {
            app.post(&format!("{place}/carry-out")).json(&json!({})).send().await.unwrap()
        };
        assert_eq!(carry(&erase).await.status(), 409);
        keep(&app, &document, "lift").await;
        let done = app.json(app.post(&format!("{erase}/carry-out")).json(&json!({ "version": 1 }))).await;
        assert_eq!(done["state"], "done");
        let seen = app.json(app.get(&erase)).await;
        let told = seen["acts"][0]["what"]["done"].as_str().unwrap();
        assert!(told.contains("Đã gỡ 1 giấy tờ") && told.contains("hết thời hạn"), "{told}");
        assert_eq!(documents(&app, &owner).await, 0);
        assert_eq!(carry(&erase).await.status(), 409, "it is done");

        // Once the term is over it goes for ever, with its files; code, ledger and trace stay.
        let officer = app.ctx.rules.officer.clone();
        assert_eq!(due(&retention::sweep(&app.ctx, &officer, false).await.unwrap()), 0);
        let clock = Clock::Fixed("2036-11-21T03:00:00Z".parse().unwrap());
        let later = Ctx { clock, ..app.ctx.clone() };
        let kept = app.ctx.objects.list_all().await.unwrap().len();
        assert!(kept >= 3, "{kept}");
        assert_eq!(due(&retention::sweep(&later, &officer, true).await.unwrap()), 1);
        assert_eq!(app.ctx.objects.list_all().await.unwrap().len(), kept, "a trial erases nothing");
        // By the command, or by the service itself where it is told to.
        if is_sqlite {
            assert_eq!(due(&retention::sweep(&later, &officer, false).await.unwrap()), 1);
        } else {
            by_itself(&later).await;
        }
        assert!(retention::sweep(&later, &officer, false).await.unwrap().is_empty());
        assert!(app.ctx.objects.list_all().await.unwrap().is_empty());
        let place = format!("/api/v1/documents/{document}");
        let gone = app.problem(app.get(&format!("{place}/content?purpose=test"))).await;
        assert_eq!(kind(&gone), "erased");
        let seen = app.json(app.get(&format!("{place}?purpose=test"))).await;
        assert!(seen["erased_at"].is_string() && seen["fields"]["issued_on"].is_null(), "{seen:#}");
        assert_eq!(seen["code"]["text"], format!("{number}.1.001699-KQ1.{printed}"));
        let history = app.json(app.get(&format!("{place}/history?purpose=test"))).await;
        assert_eq!(history["reuses"].as_array().unwrap().len(), 1, "{history:#}");
        let acts = history["keeping"].as_array().unwrap().iter().map(|act| act["act"].as_str().unwrap());
        assert_eq!(acts.collect::<Vec<_>>(), ["remove", "restore", "hold", "lift", "remove", "erase"]);
        assert_eq!(refused(&app, &document, "restore").await, "erased");
        let changes = app.json(app.get("/api/v1/changes?limit=1000")).await;
        let kinds: Vec<&str> =
            changes["items"].as_array().unwrap().iter().map(|c| c["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["stored", "removed", "restored", "removed", "erased"]);
        // The code is never given again.
        let (second, _) = stored(&app, 33, number, json!({})).await;
        let again = json!({ "document_number": printed, "reason": "thử" });
        let again = app.problem(app.post(&format!("/api/v1/documents/{second}/recode")).json(&again)).await;
        assert_eq!(kind(&again), "code-taken");

        // Restricted: nothing is used again outside the unit that handles it, until that is lifted.
        let restrict = asked(&app, "restrict", &owner).await;
        assert_eq!(carry(&restrict).await.status(), 200);
        let known = app.json(app.get(&format!("/api/v1/owners/{owner}?purpose=test"))).await;
        assert!(known["restricted_at"].is_string(), "{known:#}");
        let place = format!("/api/v1/dossiers/{dossier}/components/03/reuse");
        let take = json!({ "document": second, "purpose": "tiếp nhận hồ sơ", "reason": "Đã đối chiếu" });
        assert_eq!(kind(&app.problem(app.post(&place).json(&take)).await), "restricted");
        let lift = json!({ "restricted": false, "reason": "người yêu cầu đồng ý lại" });
        app.json(app.post(&format!("/api/v1/owners/{owner}/restrict")).json(&lift)).await;
        app.json(app.post(&place).json(&take)).await;
        assert_eq!(carry(&asked(&app, "see", &owner).await).await.status(), 409, "a person does that");
        let verified = sohoa::workflows::administer::verify_audit(&app.ctx).await.unwrap();
        assert_eq!(verified.first_fault, None);
    }
}
