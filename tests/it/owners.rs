//! Owners: one person under several numbers is found by any of them; two who are one are merged, and taken apart again
//! exactly; a guardian acts for a child under 14 and for nobody else.

use serde_json::{Value, json};
use sohoa::domain::officer::Role;

use crate::{
    accounts::{account, signed_in},
    generator::Kind,
    line::{truth_of, uploaded},
    support::{
        app::{TestApp, on_both_databases},
        papers,
    },
};

/// A disability certificate of `owner` in the store, and its number.
pub async fn stored(app: &TestApp, seed: u64, owner: &str, changed: Value) -> (String, String) {
    let scan = papers::clean(Kind::DisabilityCertificate, seed);
    let dossier = app.open_dossier("1.001699").await;
    let paper = uploaded(app, &dossier, "results", &papers::bytes(&scan), &[("ordinal", "1")]).await;
    app.settled(&paper).await;
    let mut fields = truth_of(&scan);
    fields["document_type_code"] = json!("1.001699-KQ1");
    fields["owner_id"] = json!(owner);
    for (name, value) in changed.as_object().unwrap() {
        fields[name] = value.clone();
    }
    let confirm = app.post(&format!("/api/v1/papers/{paper}/confirm")).json(&json!({ "fields": fields }));
    app.json(confirm).await;
    let stored = app.settled(&paper).await;
    assert_eq!(stored["state"], "stored", "{stored:#}");
    (stored["document"].as_str().unwrap().to_owned(), fields["document_number"].as_str().unwrap().to_owned())
}

/// The kind of a problem, without what all of them begin with.
pub fn kind(problem: &Value) -> &str {
    problem["type"].as_str().unwrap().trim_start_matches("urn:sohoa:problem:")
}

pub async fn found(app: &TestApp, owner: &str) -> Vec<String> {
    let lookup = json!({ "owner": owner, "purpose": "kiểm tra chủ giấy tờ" });
    let found = app.json(app.post("/api/v1/owners/lookup").json(&lookup)).await;
    found["owners"].as_array().unwrap().iter().map(|o| o["id"].as_str().unwrap().to_owned()).collect()
}

async fn documents(app: &TestApp, owner: &str) -> Vec<String> {
    let list = app.json(app.get(&format!("/api/v1/owners/{owner}/documents?purpose=test"))).await;
    list["items"].as_array().unwrap().iter().map(|d| d["id"].as_str().unwrap().to_owned()).collect()
}

async fn seen(app: &TestApp, owner: &str) -> Value {
    app.json(app.get(&format!("/api/v1/owners/{owner}?purpose=test"))).await
}

async fn act(app: &TestApp, owner: &str, what: &str, body: Value) -> Value {
    app.json(app.post(&format!("/api/v1/owners/{owner}/{what}")).json(&body)).await
}

async fn refused(app: &TestApp, owner: &str, what: &str, body: Value) -> Value {
    app.problem(app.post(&format!("/api/v1/owners/{owner}/{what}")).json(&body)).await
}

async fn history(app: &TestApp, owner: &str) -> Vec<Value> {
    let list = app.json(app.get(&format!("/api/v1/owners/{owner}/history?purpose=test"))).await;
    list["items"].as_array().unwrap().clone()
}

/// The number of the last act of that kind, which may be taken back.
fn last(history: &[Value], kind: &str) -> Value {
    let act = history.iter().rev().find(|act| act["kind"] == kind).unwrap();
    assert_eq!(act["undoable"], true, "{act:#}");
    act["act"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_owners_who_are_one_are_merged_and_taken_apart_exactly() {
    on_both_databases(async |app| {
        let named = "Nguyễn Thị Mẫu 05.06.1985";
        let (first, number) = stored(&app, 31, "001185000777", json!({})).await;
        let (second, second_number) = stored(&app, 33, named, json!({})).await;
        let [owner] = found(&app, "001185000777").await.try_into().unwrap();
        let [other] = found(&app, named).await.try_into().unwrap();

        // Known by any number; a number is one owner's.
        let reason = "theo căn cước và hộ chiếu";
        for text in ["012345678", "KOR-M12345678"] {
            act(&app, &owner, "numbers", json!({ "number": text, "reason": reason })).await;
            assert_eq!(found(&app, text).await, std::slice::from_ref(&owner));
        }
        let known = json!({ "names": [{ "name": "Nguyễn Thị Mẫu" }, { "name": "Nguyễn Thị Thử", "former": true }],
                            "birth_date": "1985-06-05", "sex": "female", "reason": "giấy khai sinh" });
        act(&app, &owner, "describe", known).await;
        assert_eq!(found(&app, "Nguyễn Thị Thử 05.06.1985").await, std::slice::from_ref(&owner));
        let shown = seen(&app, &owner).await;
        let masked: Vec<&str> =
            shown["identifiers"].as_array().unwrap().iter().map(|i| i["masked"].as_str().unwrap()).collect();
        assert_eq!(masked[..3], ["********0777", "*****5678", "*********5678"], "{shown:#}");
        assert_eq!(shown["findings"][0]["severity"], "warning", "an old number: {shown:#}");
        for (body, expected) in [
            (json!({ "number": "012345678", "reason": "thử" }), "nothing-new"),
            (json!({ "number": "001185000778", "reason": "thử" }), "needs-confirmation"),
            (json!({ "number": "0100109106", "reason": "thử" }), "owners-differ"),
            (json!({ "number": named, "reason": "thử" }), "owner"),
            (json!({ "number": "012345679", "reason": " " }), "no-reason"),
        ] {
            assert_eq!(kind(&refused(&app, &owner, "numbers", body.clone()).await), expected, "{body}");
        }

        // Merged: every id, name and code leads to the one; the old opaque id too.
        let before = (seen(&app, &owner).await, seen(&app, &other).await);
        let body = json!({ "other": other, "reason": "cùng một người theo xác minh" });
        assert_eq!(act(&app, &owner, "merge", body.clone()).await["id"], json!(owner));
        assert_eq!(kind(&refused(&app, &owner, "merge", body).await), "same-owner");
        // The name and birth date stood at both: candidates, each named once by the row that leads to him.
        assert!(found(&app, named).await.iter().all(|id| *id == owner));
        assert_eq!(seen(&app, &other).await["id"], json!(owner));
        let all = documents(&app, &other).await;
        assert!(all.contains(&first) && all.contains(&second) && all.len() == 2, "{all:?}");
        for (code_owner, number, document) in
            [("001185000777", &number, &first), (named, &second_number, &second)]
        {
            let code = format!("{code_owner}.1.001699-KQ1.{number}");
            let lookup = json!({ "code": code, "purpose": "kiểm tra mã" });
            let led = app.json(app.post("/api/v1/documents/lookup").json(&lookup)).await;
            assert_eq!(led["documents"][0]["id"], json!(document), "{code}");
        }
        let changes = app.json(app.get("/api/v1/changes?limit=1000")).await;
        let told = changes["items"].as_array().unwrap().last().unwrap().clone();
        assert_eq!((&told["kind"], &told["document"]), (&json!("owner_changed"), &json!(second)));

        // Taken back: both stand as they stood.
        let no = last(&history(&app, &other).await, "merge");
        let undo = app.post(&format!("/api/v1/owners/{owner}/undo"));
        let undone = undo.json(&json!({ "act": no, "reason": "nhầm người" })).send().await.unwrap();
        assert_eq!(undone.status(), 204);
        assert_eq!((seen(&app, &owner).await, seen(&app, &other).await), before);
        assert_eq!((documents(&app, &owner).await, documents(&app, &other).await), (vec![first], vec![second.clone()]));
        let again = refused(&app, &owner, "undo", json!({ "act": no, "reason": "lần nữa" })).await;
        assert_eq!(kind(&again), "not-undoable");

        // Merged again, and something happens since: what would be lost is told.
        act(&app, &owner, "merge", json!({ "other": other, "reason": "đúng là một" })).await;
        let (third, _) = stored(&app, 34, "001185000777", json!({})).await;
        let no = history(&app, &owner).await.iter().rev().find(|a| a["kind"] == "merge").unwrap()["act"].clone();
        let late = refused(&app, &owner, "undo", json!({ "act": no, "reason": "muộn" })).await;
        assert_eq!(kind(&late), "changed-since");
        assert!(late["detail"].as_str().unwrap().contains("giấy tờ trong kho"), "{late}");

        // Split, with the other's own number; and that taken back.
        let identifiers = seen(&app, &owner).await["identifiers"].as_array().unwrap().clone();
        let moved = identifiers.iter().rev().find(|i| i["masked"] == named).unwrap()["id"].clone();
        let body = json!({ "identifiers": [moved], "documents": [second, third], "owner": "001185000779",
                           "reason": "hai người cùng tên" });
        let split = app.post(&format!("/api/v1/owners/{owner}/split")).json(&body);
        let apart = app.json(split).await["other"].as_str().unwrap().to_owned();
        assert_eq!(documents(&app, &apart).await.len(), 2);
        assert_eq!(found(&app, "001185000779").await, std::slice::from_ref(&apart));
        let all = json!({ "identifiers": identifiers.iter().map(|i| &i["id"]).collect::<Vec<_>>(), "reason": "thử" });
        assert_eq!(kind(&refused(&app, &owner, "split", all).await), "parts");
        let no = last(&history(&app, &owner).await, "split");
        let undo = app.post(&format!("/api/v1/owners/{owner}/undo"));
        assert_eq!(undo.json(&json!({ "act": no, "reason": "nhầm" })).send().await.unwrap().status(), 204);
        assert_eq!(documents(&app, &apart).await.len(), 3, "the id of the one who was split off leads back");
        assert!(found(&app, "001185000779").await.is_empty());

        // Two different 12-digit numbers are asked; page and check say what is odd.
        stored(&app, 35, "001185000780", json!({})).await;
        let [double] = found(&app, "001185000780").await.try_into().unwrap();
        let body = json!({ "other": double, "reason": "hai số" });
        assert_eq!(kind(&refused(&app, &owner, "merge", body).await), "needs-confirmation");
        let body = json!({ "other": double, "reason": "hai số", "accept": ["two_numbers"] });
        act(&app, &owner, "merge", body).await;
        let page = app.get(&format!("/owners/{double}")).send().await.unwrap().text().await.unwrap();
        assert!(page.contains("hai số định danh 12 chữ số khác nhau") && page.contains("Hoàn tác"), "{page}");
        let odd = json!({ "owner": "00118500077", "birth_date": "1985-06-05" });
        let odd = app.json(app.post("/api/v1/owners/check").json(&odd)).await;
        assert_eq!((&odd["valid"], &odd["findings"][0]["severity"]), (&json!(false), &json!("error")));
        let verified = sohoa::workflows::administer::verify_audit(&app.ctx).await.unwrap();
        assert_eq!(verified.first_fault, None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guardian_acts_for_children_under_fourteen_in_a_dossier_of_another_unit() {
    on_both_databases(async |app| {
        account(&app, "home", 1, Role::Supervisor, "a").await;
        account(&app, "away", 2, Role::Supervisor, "b").await;
        let (home, away) = (signed_in(&app, "home").await, signed_in(&app, "away").await);
        let guardian = "001185000777";
        let child = "001220000123";
        let born = json!({ "holder_birth_date": "2012-11-22" });
        let (paper, _) = stored(&home, 31, child, json!({ "other": born })).await;
        let [id] = found(&home, child).await.try_into().unwrap();
        let new = json!({ "guardian": guardian, "kind": "mother", "basis": "Giấy khai sinh số 12/2020" });

        let unborn = refused(&home, &id, "guardians", new.clone()).await;
        assert_eq!(kind(&unborn), "guardian", "{unborn}");
        let known = json!({ "names": [{ "name": "Trần Thử Bé" }], "birth_date": "2012-11-22", "reason": "giấy khai sinh" });
        act(&home, &id, "describe", known).await;
        let relation = act(&home, &id, "guardians", new.clone()).await;
        assert_eq!(relation["until"], "2026-11-21", "over on the 14th birthday");
        assert_eq!(kind(&refused(&home, &id, "guardians", new).await), "guardian");
        assert_eq!(seen(&home, &id).await["guardians"][0]["in_force"], true);

        // Elsewhere the child's store stays closed, until the guardian stands at the desk.
        let closed = seen(&away, &id).await;
        assert_eq!((&closed["closed"], closed["names"].as_array().unwrap().len()), (&json!(true), 0), "{closed:#}");
        assert!(documents(&away, &id).await.is_empty());
        let place = format!("/api/v1/documents/{paper}?purpose=test");
        assert_eq!(away.get(&place).send().await.unwrap().status(), 404);
        let dossier = away.open_dossier("1.001776").await;
        let reusable = format!("/api/v1/dossiers/{dossier}/reusable");
        let ask = |guardian: Option<&str>| json!({ "owner": child, "guardian": guardian, "purpose": "nộp thay con" });
        let none = away.json(away.post(&reusable).json(&ask(None))).await;
        assert!(none["offers"].as_array().unwrap().is_empty());
        for stranger in ["001185000778", child] {
            let refused = away.problem(away.post(&reusable).json(&ask(Some(stranger)))).await;
            assert_eq!(kind(&refused), "no-guardian", "{refused}");
        }
        let offered = away.json(away.post(&reusable).json(&ask(Some(guardian)))).await;
        assert_eq!(offered["offers"][0]["document"], json!(paper), "{offered:#}");
        assert_eq!(away.get(&place).send().await.unwrap().status(), 200);
        let take = json!({ "document": paper, "purpose": "nộp thay con", "reason": "Đã đối chiếu bản chính" });
        let taking = away.post(&format!("/api/v1/dossiers/{dossier}/components/03/reuse")).json(&take);
        away.json(taking).await;
        // The birthday ends it by itself; what was taken serves its dossier still.
        let shown = app.seen_at("2026-11-21T18:00:00Z", &format!("/api/v1/owners/{id}?purpose=test")).await;
        assert!(!shown.contains("\"in_force\":true"), "{shown}");
        assert_eq!(away.get(&place).send().await.unwrap().status(), 200);

        // Ended before its time.
        let end = json!({ "relation": relation["id"], "reason": "Tòa án chấm dứt" });
        let ended = home.post(&format!("/api/v1/owners/{id}/guardians/end")).json(&end).send().await.unwrap();
        assert_eq!(ended.status(), 204);
        let refused = away.problem(away.post(&reusable).json(&ask(Some(guardian)))).await;
        assert_eq!(kind(&refused), "no-guardian");
        let kinds: Vec<Value> = history(&home, &id).await.iter().map(|act| act["kind"].clone()).collect();
        assert_eq!(kinds, ["describe", "set_guardian", "end_guardian"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dossier_says_whether_it_is_complete_and_whose_each_paper_is() {
    on_both_databases(async |app| {
        let dossier = app.open_dossier("1.001776").await;
        let place = format!("/api/v1/dossiers/{dossier}");
        let first = app.json(app.get(&place)).await;
        assert_eq!(first["complete"], false);
        let standing = |seen: &Value, code: &str| {
            let all = seen["checklist"].as_array().unwrap().iter().chain(seen["results"].as_array().unwrap());
            let item = all.clone().find(|item| item["component"] == code).unwrap().clone();
            (item["standing"].as_str().unwrap().to_owned(), item)
        };
        for item in first["checklist"].as_array().unwrap() {
            let expected = if item["decision"] == "digitise" { "missing" } else { "not_digitised" };
            assert_eq!(item["standing"], expected, "{item:#}");
            assert!(item["rule"].as_str().unwrap().contains("Điều"), "{item:#}");
        }
        assert_eq!(standing(&first, "KQ1").0, "not_handed_in", "a result comes at the end");

        // A guardian with two children: two papers of one component, each with its own owner.
        let owners = ["001220000123", "001320000456"];
        for (seed, owner) in [(31, owners[0]), (33, owners[1])] {
            let scan = papers::clean(Kind::DisabilityCertificate, seed);
            let paper =
                uploaded(&app, &dossier, "components/03/papers", &papers::bytes(&scan), &[("owner", owner)])
                    .await;
            let read = app.settled(&paper).await;
            assert_eq!(
                read["owner"]["findings"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .filter(|f| f["severity"] == "error")
                    .count(),
                0
            );
            assert_eq!(standing(&app.json(app.get(&place)).await, "03").0, "in_progress");
            let mut fields = truth_of(&scan);
            fields["document_type_code"] = json!("1.001699-KQ1");
            fields["owner_id"] = json!(owner);
            app.json(app.post(&format!("/api/v1/papers/{paper}/confirm")).json(&json!({ "fields": fields })))
                .await;
            app.settled(&paper).await;
        }
        let (is, item) = standing(&app.json(app.get(&place)).await, "03");
        let masked: Vec<&str> =
            item["papers"].as_array().unwrap().iter().map(|p| p["owner_masked"].as_str().unwrap()).collect();
        assert_eq!((is.as_str(), masked), ("digitised", vec!["********0123", "********0456"]));
        assert_ne!(item["papers"][0]["owner"], item["papers"][1]["owner"]);

        // A certified paper copy is kept out by its form, with the clause (Điều 5 khoản 3).
        let scan = papers::bytes(&papers::clean(Kind::Decision, 35));
        let copy = [("form", "certified_paper_copy")];
        uploaded(&app, &dossier, "components/01/papers", &scan, &copy).await;
        let (is, item) = standing(&app.json(app.get(&place)).await, "01");
        assert_eq!(is, "not_digitised", "{item:#}");
        assert!(item["papers"][0]["rule"].as_str().unwrap().contains("Điều 5 khoản 3"), "{item:#}");

        // What is not handed in is said; then nothing is left to do.
        let missing = app.json(app.get(&place)).await;
        let missing =
            missing["checklist"].as_array().unwrap().iter().filter(|item| item["standing"] == "missing");
        let declared: serde_json::Map<String, Value> =
            missing.map(|item| (item["component"].as_str().unwrap().to_owned(), json!(0))).collect();
        app.json(app.post(&format!("{place}/handed-in")).json(&json!({ "components": declared }))).await;
        let whole = app.json(app.get(&place)).await;
        assert_eq!(whole["complete"], true, "{:#}", whole["open"]);
        let page = app.get(&format!("/dossiers/{dossier}")).send().await.unwrap().text().await.unwrap();
        assert!(page.contains("Hoàn thành số hóa"), "{page}");

        // Result and opinion come by the same way (Điều 4 khoản 2, 3).
        let result = uploaded(&app, &dossier, "results", &scan, &[("ordinal", "1")]).await;
        let opinion = uploaded(&app, &dossier, "opinions", &scan, &[("code", "YC01")]).await;
        for paper in [&result, &opinion] {
            app.settled(paper).await;
        }
        let whole = app.json(app.get(&place)).await;
        assert_eq!((&whole["complete"], standing(&whole, "KQ1").0.as_str()), (&json!(false), "in_progress"));
        assert_eq!(whole["opinions"][0]["id"], json!(opinion));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_purpose_stated_at_one_server_holds_at_every_one_for_half_an_hour() {
    on_both_databases(async |app| {
        let (document, _) = stored(&app, 441, "001185000777", json!({})).await;
        let (other, number) = stored(&app, 442, "001185000888", json!({})).await;
        let place = |id: &str| format!("/api/v1/documents/{id}");
        let elsewhere = async |time: &str, path: &str| -> Value {
            serde_json::from_str(&app.seen_at(&format!("2026-11-21T{time}Z"), path).await).unwrap()
        };
        assert_eq!(kind(&elsewhere("03:01:00", &place(&document)).await), "no-purpose");

        let owner = found(&app, "001185000777").await.remove(0);
        let list = format!("/api/v1/owners/{owner}/documents");
        assert_eq!(elsewhere("03:29:00", &place(&document)).await["id"], json!(document));
        assert_eq!(elsewhere("03:29:00", &list).await["items"][0]["id"], json!(document));
        assert_eq!(kind(&elsewhere("03:31:00", &place(&document)).await), "no-purpose");
        assert_eq!(
            kind(&elsewhere("03:01:00", &place(&other)).await),
            "no-purpose",
            "said of another person"
        );

        // Said on asking for a code, it holds for that document.
        let code = format!("001185000888.1.001699-KQ1.{number}");
        let lookup = json!({ "code": code, "purpose": "kiểm tra mã" });
        app.json(app.post("/api/v1/documents/lookup").json(&lookup)).await;
        assert_eq!(elsewhere("03:29:00", &place(&other)).await["id"], json!(other));
    })
    .await;
}
