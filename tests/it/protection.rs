//! What the law on personal data asks of a desk: requests answered in two working days, all data of one person given
//! out, breaches told within 72 hours.

use std::{fs, path::Path, process::Command};

use reqwest::{RequestBuilder, StatusCode};
use serde_json::{Value, json};
use sohoa::domain::officer::Role;

use crate::{
    accounts::{account, signed_in},
    contract::holds,
    generator::Kind,
    line::{FORM, form, truth_of, uploaded},
    support::{
        app::{TestApp, on_both_databases},
        judges::python,
        papers,
    },
};

/// A child's number: outside the unit that received it his paper is closed.
const NUMBER: &str = "001220000123";
const ASKED: &str = "Đề nghị cung cấp toàn bộ dữ liệu của con tôi";

fn filled(request: RequestBuilder, fields: &[(&str, &str)]) -> RequestBuilder {
    let owned: Vec<(&str, String)> =
        fields.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    request.header(FORM.0, FORM.1).body(form(&owned))
}

/// What a form is answered with; redirects are followed.
async fn sent(app: &TestApp, path: &str, fields: &[(&str, &str)]) -> (StatusCode, String) {
    let answer = filled(app.post(path), fields).send().await.unwrap();
    (answer.status(), answer.text().await.unwrap())
}

struct Stored {
    scan: Vec<u8>,
    document: String,
    owner: String,
    name: String,
}

/// A decision in the store of a child, which was looked at once.
async fn stored(app: &TestApp) -> Stored {
    let scan = papers::clean(Kind::Decision, 41);
    let bytes = papers::bytes(&scan);
    let dossier = app.open_dossier("1.001776").await;
    let paper = uploaded(app, &dossier, "results", &bytes, &[("ordinal", "1")]).await;
    assert_eq!(app.settled(&paper).await["state"], "to_confirm");
    let mut fields = truth_of(&scan);
    fields["owner_id"] = NUMBER.into();
    let confirm = app.post(&format!("/api/v1/papers/{paper}/confirm")).json(&json!({ "fields": fields }));
    app.json(confirm).await;
    let document = app.settled(&paper).await["document"].as_str().unwrap().to_owned();
    let seen = app.json(app.get(&format!("/api/v1/documents/{document}?purpose=xem%20l%E1%BA%A1i"))).await;
    let owner = seen["owner"].as_str().unwrap().to_owned();
    let name = fields["document_name"].as_str().unwrap().to_owned();
    Stored { scan: bytes, document, owner, name }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_answered_in_time_with_all_data_and_breaches_are_told() {
    on_both_databases(async |app| {
        let stored = stored(&app).await;
        let request = a_request_is_taken_in(&app, &stored).await;
        its_term_is_watched(&app, &request).await;
        all_data_comes_in_one_file(&app, &stored, &request).await;
        it_is_answered_and_done(&app, &request).await;
        a_breach_is_counted_and_told(&app).await;
        a_late_notice_says_why(&app).await;
        nothing_lies_in_clear(&app);
        let verified = sohoa::workflows::administer::verify_audit(&app.ctx).await.unwrap();
        assert_eq!(verified.first_fault, None);
        // From here on there are units.
        another_unit_gets_what_is_its_own(&app, &stored, &request).await;
    })
    .await;
}

async fn a_request_is_taken_in(app: &TestApp, stored: &Stored) -> String {
    let fields = [
        ("kind", "copy"),
        ("came_by", "desk"),
        ("came_at", "2026-11-20T16:30"), // Friday
        ("asker", NUMBER),
        ("asked", ASKED),
    ];
    let (status, page) = sent(app, "/requests", &fields).await;
    assert_eq!(status, 200, "{page}");
    for said in [NUMBER, ASKED, "Cung cấp bản sao dữ liệu", "Phản hồi trước 24/11/2026 23:59", "Xuất tệp ZIP"]
    {
        assert!(page.contains(said), "{said}: {page}");
    }
    for (wrong, told) in [
        (("kind", "everything"), "Chọn nội dung quyền"),
        (("came_at", "2026-11-22T10:00"), "không thể sau lúc này"),
        (("asked", " "), "nội dung yêu cầu"),
    ] {
        let fields: Vec<_> = fields.iter().map(|f| if f.0 == wrong.0 { wrong } else { *f }).collect();
        let (status, page) = sent(app, "/requests", &fields).await;
        assert!(status == 422 && page.contains(told), "{wrong:?}: {status} {page}");
    }

    let listed = app.json(app.get("/api/v1/subject-requests")).await;
    let [request] = &listed["items"].as_array().unwrap()[..] else { panic!("{listed}") };
    assert_eq!(request["owner"], stored.owner);
    assert_eq!(request["due_at"], "2026-11-24T17:00:00Z");
    assert_eq!((&request["state"], &request["is_late"]), (&json!("waiting"), &json!(false)));
    let text = listed.to_string();
    assert!(!text.contains(NUMBER) && !text.contains("con tôi"), "a list names nobody");
    let page = app.get("/requests").send().await.unwrap().text().await.unwrap();
    assert!(!page.contains(NUMBER) && page.contains("năm 2026: Tết Nguyên đán"), "{page}");
    request["id"].as_str().unwrap().to_owned()
}

async fn its_term_is_watched(app: &TestApp, request: &str) {
    let home = app.seen_at("2026-11-21T03:00:00Z", "/").await;
    assert!(!home.contains(&format!("/requests/{request}")), "three days are left");
    for (now, said) in [
        ("2026-11-24T03:00:00Z", "Phản hồi trước 24/11/2026 23:59"),
        ("2026-11-24T17:00:00Z", "Quá hạn: phải phản hồi trước 24/11/2026 23:59"),
    ] {
        let home = app.seen_at(now, "/").await;
        assert!(home.contains(&format!("/requests/{request}")) && home.contains(said), "{now}: {home}");
    }
    let late = app.seen_at("2026-11-24T17:00:00Z", "/metrics").await;
    assert!(late.contains("sohoa_subject_requests{state=\"late\"} 1"), "{late}");
    let now = app.seen_at("2026-11-24T16:59:59Z", "/metrics").await;
    assert!(now.contains("sohoa_subject_requests{state=\"waiting\"} 1"), "{now}");
}

/// Python's reader of ZIP files takes it apart into `folder`, and gives the names.
fn taken_apart(zip: &[u8], folder: &Path) -> Vec<String> {
    let path = folder.join("export.zip");
    fs::write(&path, zip).unwrap();
    let script = "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; \
                  z.extractall(sys.argv[2]); print('\\n'.join(z.namelist()))";
    let output = Command::new(python()).args(["-c", script]).arg(&path).arg(folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

async fn exported(app: &TestApp, owner: &str, request: Option<&str>) -> (Vec<u8>, String) {
    let body = json!({ "purpose": "thực hiện yêu cầu của chủ thể dữ liệu", "request": request });
    let answer = app.post(&format!("/api/v1/owners/{owner}/export")).json(&body);
    // A file is made anew whatever the key says.
    let answer = answer.header("idempotency-key", "xuat-1").send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "application/zip");
    let name = answer.headers()["content-disposition"].to_str().unwrap().to_owned();
    let length: usize = answer.headers()["content-length"].to_str().unwrap().parse().unwrap();
    let bytes = answer.bytes().await.unwrap().to_vec();
    assert_eq!(bytes.len(), length);
    (bytes, name)
}

async fn all_data_comes_in_one_file(app: &TestApp, stored: &Stored, request: &str) {
    for _ in 0..2 {
        let (zip, name) = exported(app, &stored.owner, Some(request)).await;
        assert_eq!(name, "attachment; filename=\"du-lieu-ca-nhan-20261121.zip\"");
        if let Some(kept) = std::env::var_os("SOHOA_SCREENSHOTS") {
            fs::write(Path::new(&kept).join("export.zip"), &zip).unwrap();
        }
        let folder = tempfile::tempdir().unwrap();
        let names = taken_apart(&zip, folder.path());
        let of_paper = |name: &&String| name.starts_with("giay-to/00001/");
        let mut files: Vec<&str> =
            names.iter().filter(of_paper).map(|name| &name["giay-to/00001/".len()..]).collect();
        files.sort_unstable();
        assert_eq!(files[1..], ["ban-so-hoa.pdf", "chu-may-doc.json", "chu-may-doc.txt"]);
        assert!(files[0].starts_with("ban-goc-1."), "{files:?}");
        assert!(!names.join(" ").contains(NUMBER));

        let data: Value =
            serde_json::from_slice(&fs::read(folder.path().join("data.json")).unwrap()).unwrap();
        holds("owner-export", &data);
        assert_eq!(data["owner"]["identifiers"], json!([{ "kind": "number", "value": NUMBER }]));
        let [document] = &data["documents"].as_array().unwrap()[..] else { panic!("{data}") };
        assert_eq!(document["id"], stored.document);
        assert_eq!(document["fields"]["document_name"], stored.name);
        assert_eq!(document["confirmed"]["by"], "Công chức dùng thử");
        let purposes: Vec<&Value> =
            document["readings"].as_array().unwrap().iter().map(|reading| &reading["purpose"]).collect();
        assert!(purposes.contains(&&json!("xem lại")), "{purposes:?}");
        assert_eq!(data["readings"][0]["action"], "export_owner");
        assert_eq!(data["requests"][0]["asked"], ASKED);
        assert_eq!((&data["left_out"], &data["n_papers_on_their_way"]), (&json!([]), &json!(0)));

        let original = folder.path().join("giay-to/00001").join(files[0]);
        assert_eq!(fs::read(original).unwrap(), stored.scan);
        let content = app.get(&format!("/api/v1/documents/{}/content?purpose=so%20khop", stored.document));
        let content = content.send().await.unwrap().bytes().await.unwrap();
        assert_eq!(fs::read(folder.path().join("giay-to/00001/ban-so-hoa.pdf")).unwrap(), content);
        let words = fs::read_to_string(folder.path().join("giay-to/00001/chu-may-doc.txt")).unwrap();
        assert!(words.starts_with("[Trang 1]") && words.to_uppercase().contains("QUYẾT ĐỊNH"), "{words}");
        let index = fs::read_to_string(folder.path().join("muc-luc.html")).unwrap();
        for said in
            [NUMBER, stored.name.as_str(), "Giấy tờ trong kho (1)", "xem lại", "giay-to/00001/ban-so-hoa.pdf"]
        {
            assert!(index.contains(said), "{said}");
        }
        assert!(!index.contains("<script"));
    }
    // Of somebody else's request it is not there; without a purpose nothing is given.
    let other = json!({ "kind": "see", "came_by": "post", "asker": "Trần Thị Ánh 02.03.1990", "asked": "xem dữ liệu" });
    let other = app.json(app.post("/api/v1/subject-requests").json(&other)).await;
    assert_eq!(other["owner"], Value::Null);
    let export = |body: Value| app.post(&format!("/api/v1/owners/{}/export", stored.owner)).json(&body);
    let problem = app.problem(export(json!({ "purpose": "nhầm người", "request": other["id"] }))).await;
    assert_eq!(problem["type"], "urn:sohoa:problem:not-found");
    let problem = app.problem(export(json!({ "purpose": " " }))).await;
    assert_eq!(problem["type"], "urn:sohoa:problem:no-purpose");
    let nobody = app.post("/api/v1/owners/khong-co/export").json(&json!({ "purpose": "thử xem" }));
    assert_eq!(app.problem(nobody).await["status"], 404);
}

async fn it_is_answered_and_done(app: &TestApp, request: &str) {
    let place = format!("/api/v1/subject-requests/{request}/acts");
    let act = |body: Value| app.post(&place).json(&body);
    let problem = app.problem(act(json!({ "act": "answer", "told": " " }))).await;
    assert_eq!(problem["type"], "urn:sohoa:problem:subject-request");
    let problem = app.problem(act(json!({ "act": "answer", "told": "…", "version": 7 }))).await;
    assert_eq!((&problem["type"], &problem["status"]), (&json!("urn:sohoa:problem:stale"), &json!(412)));
    let problem = app.problem(act(json!({ "act": "answer", "told": "…", "do_by": "2026-11-20" }))).await;
    assert_eq!(problem["status"], 422);
    let told = json!({ "act": "answer", "version": 1, "told": "Đã hẹn trả bản sao tại Bộ phận Một cửa",
                       "do_by": "2026-11-30" });
    let answered = app.json(act(told)).await;
    assert_eq!((&answered["state"], &answered["do_by"]), (&json!("answered"), &json!("2026-11-30")));
    let overdue = app.seen_at("2026-11-30T17:00:00Z", "/requests").await;
    assert!(overdue.contains("Quá ngày đã hẹn 30/11/2026"), "{overdue}");
    let problem = app.problem(act(json!({ "act": "answer", "told": "lần nữa" }))).await;
    assert_eq!(problem["type"], "urn:sohoa:problem:wrong-state");

    let page = format!("/requests/{request}");
    let fields = [("act", "fulfil"), ("version", "2"), ("text", "Đã giao bản sao, có ký nhận")];
    let (status, seen) = sent(app, &page, &fields).await;
    assert_eq!(status, 200, "{seen}");
    for said in ["Đã hẹn trả bản sao", "Đã giao bản sao, có ký nhận", "30/11/2026", "Đã thực hiện"]
    {
        assert!(seen.contains(said), "{said}");
    }
    let (status, _) = sent(app, &page, &fields).await;
    assert_eq!(status, 409);
    let events =
        app.json(app.get(&format!("/api/v1/audit/events?object_kind=request&object_id={request}"))).await;
    let acts: Vec<&str> =
        events["items"].as_array().unwrap().iter().rev().map(|e| e["action"].as_str().unwrap()).collect();
    let decided: Vec<&str> =
        acts.into_iter().filter(|act| !["view_request", "read_trace"].contains(act)).collect();
    assert_eq!(decided, ["take_in_request", "answer_request", "fulfil_request"]);
    assert!(!events.to_string().contains("Đã giao bản sao"), "words stay in the register");
}

async fn a_breach_is_counted_and_told(app: &TestApp) {
    let nature = "Mật khẩu của một tài khoản bị lộ";
    let fields =
        [("detected_at", "2026-11-20T08:00"), ("nature", nature), ("happened_from", "2026-11-21T09:00")];
    let (status, page) = sent(app, "/breaches", &fields).await;
    assert_eq!(status, 200, "{page}");
    for said in [nature, "Thông báo trước 23/11/2026 08:00, còn 46 giờ", "Còn thiếu: nơi xảy ra"]
    {
        assert!(page.contains(said), "{said}: {page}");
    }
    let listed = app.json(app.get("/api/v1/breaches")).await;
    let id = listed["items"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(listed["items"][0]["due_at"], "2026-11-23T01:00:00Z");

    // By the trace: one person, one document, however often it was read.
    let officer = app.ctx.rules.officer.officer.id.to_string();
    let period =
        json!({ "reader": officer, "from": "2026-11-21T00:00:00Z", "until": "2026-11-22T00:00:00Z" });
    let counted = app.json(app.post("/api/v1/breaches/exposure").json(&period)).await;
    assert_eq!((&counted["n_persons"], &counted["n_documents"]), (&json!(1), &json!(1)), "{counted}");
    assert!(counted["n_readings"].as_u64().unwrap() >= 3, "{counted}");
    let before =
        json!({ "reader": officer, "from": "2026-11-19T00:00:00Z", "until": "2026-11-20T00:00:00Z" });
    let nothing = app.json(app.post("/api/v1/breaches/exposure").json(&before)).await;
    assert!(nothing.as_object().unwrap().values().all(|n| n == 0), "{nothing}");
    let unknown = json!({ "reader": "x", "from": "2026-11-19T00:00:00Z", "until": "2026-11-20T00:00:00Z" });
    assert_eq!(app.problem(app.post("/api/v1/breaches/exposure").json(&unknown)).await["status"], 422);

    let place = format!("/breaches/{id}");
    let count =
        [("act", "count"), ("reader", &officer), ("from", "2026-11-21T00:00"), ("until", "2026-11-22T00:00")];
    let (status, page) = sent(app, &place, &count).await;
    assert_eq!(status, 200);
    assert!(page.contains("nhiều nhất 1 người, 1 giấy tờ trong kho") && page.contains(nature), "{page}");
    assert!(page.contains("name=\"n_persons\" type=\"number\" value=\"1\""), "{page}");
    let amend = [
        ("act", "amend"),
        ("version", "1"),
        ("nature", nature),
        ("happened_from", "2026-11-21T09:00"),
        ("place", "Bộ phận Một cửa"),
        ("data_kinds", "Họ tên, số định danh"),
        ("n_persons", "1"),
        ("n_documents", "1"),
        ("consequences", "Có thể bị mạo danh"),
        ("measures", "Đã khóa tài khoản"),
        ("responsible", "Trần Thị Mẫu, Trưởng phòng"),
        ("contact", "0900 000 000"),
    ];
    let (status, page) = sent(app, &place, &amend).await;
    assert!(status == 200 && !page.contains("Còn thiếu"), "{page}");
    let (status, _) = sent(app, &place, &amend).await;
    assert_eq!(status, 409, "the version was seen before");
    let notice = app.get(&format!("{place}/notice")).send().await.unwrap().text().await.unwrap();
    for said in [nature, "Điều 23", "nhiều nhất 1 người", "phát hiện lúc 20/11/2026 08:00", "Trần Thị Mẫu"]
    {
        assert!(notice.contains(said), "{said}: {notice}");
    }
    assert!(!notice.contains("<script") && !notice.contains("sau 72 giờ"));

    let home = app.seen_at("2026-11-22T01:00:00Z", "/").await;
    assert!(home.contains(&place) && home.contains("còn 24 giờ"), "{home}");
    let notify = [
        ("act", "notify"),
        ("version", "2"),
        ("sent_at", "2026-11-21T09:30"),
        ("to", "A05"),
        ("number", "12/TB-UBND"),
    ];
    let (status, page) = sent(app, &place, &notify).await;
    assert!(status == 200 && page.contains("Thông báo lúc 21/11/2026 09:30"), "{page}");
    let home = app.seen_at("2026-11-23T01:00:00Z", "/").await;
    assert!(!home.contains(&place), "told is told");
}

async fn a_late_notice_says_why(app: &TestApp) {
    let late =
        json!({ "detected_at": "2026-11-18T02:59:59Z", "facts": { "nature": "Mất máy tính xách tay" } });
    let breach = app.json(app.post("/api/v1/breaches").json(&late)).await;
    assert_eq!(breach["is_late"], true);
    let id = breach["id"].as_str().unwrap().to_owned();
    let measured = app.get("/metrics").send().await.unwrap().text().await.unwrap();
    assert!(measured.contains("sohoa_breaches{state=\"late\"} 1"), "{measured}");
    let home = app.get("/").send().await.unwrap().text().await.unwrap();
    assert!(home.contains("Quá hạn 72 giờ") && home.contains(&id), "{home}");
    let notice = app.get(&format!("/breaches/{id}/notice")).send().await.unwrap().text().await.unwrap();
    assert!(notice.contains("Lý do thông báo sau 72 giờ"));
    let acts = format!("/api/v1/breaches/{id}/acts");
    let mut notify =
        json!({ "act": "notify", "sent_at": "2026-11-21T03:00:00Z", "to": "A05", "number": "13/TB-UBND" });
    let problem = app.problem(app.post(&acts).json(&notify)).await;
    assert_eq!(problem["type"], "urn:sohoa:problem:no-late-reason");
    assert_eq!(problem["rule"], "Luật 91/2025/QH15, Điều 23");
    notify["late_reason"] = json!("Mất liên lạc với người giữ máy");
    let told = app.json(app.post(&acts).json(&notify)).await;
    assert_eq!((&told["state"], &told["is_late"]), (&json!("notified"), &json!(true)));
    let seen = app.json(app.get(&format!("/api/v1/breaches/{id}"))).await;
    assert_eq!(seen["acts"][1]["what"]["late_reason"], "Mất liên lạc với người giữ máy");
    let dismiss = json!({ "act": "dismiss", "reason": "đã báo rồi" });
    assert_eq!(app.problem(app.post(&acts).json(&dismiss)).await["type"], "urn:sohoa:problem:wrong-state");
}

/// SQLite's files hold no words of the registers.
fn nothing_lies_in_clear(app: &TestApp) {
    for file in ["sohoa.sqlite", "sohoa.sqlite-wal"] {
        let Ok(bytes) = fs::read(app.folder.path().join(file)) else { continue };
        for word in
            [NUMBER, "con tôi", "Trần Thị Ánh", "Mật khẩu của một", "xách tay", "12/TB-UBND", "mạo danh"]
        {
            assert!(memchr::memmem::find(&bytes, word.as_bytes()).is_none(), "{word} in {file}");
        }
    }
}

async fn another_unit_gets_what_is_its_own(app: &TestApp, stored: &Stored, request: &str) {
    account(app, "phu.trach", 1, Role::Supervisor, "a").await;
    account(app, "noi.khac", 2, Role::Supervisor, "b").await;
    let own = signed_in(app, "phu.trach").await;
    assert_eq!(own.get(&format!("/requests/{request}")).send().await.unwrap().status(), 200);
    let elsewhere = signed_in(app, "noi.khac").await;
    assert_eq!(elsewhere.get(&format!("/requests/{request}")).send().await.unwrap().status(), 404);
    let (zip, _) = exported(&elsewhere, &stored.owner, None).await;
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(taken_apart(&zip, folder.path()), ["data.json", "muc-luc.html"]);
    let data: Value = serde_json::from_slice(&fs::read(folder.path().join("data.json")).unwrap()).unwrap();
    holds("owner-export", &data);
    let left_out = &data["left_out"][0];
    assert_eq!(
        (&left_out["unit"], &left_out["reason"], &left_out["n_documents"]),
        (&json!("Đơn vị a"), &json!("child"), &json!(1))
    );
    assert_eq!((&data["requests"], &data["n_requests_left_out"]), (&json!([]), &json!(1)));
    let index = fs::read_to_string(folder.path().join("muc-luc.html")).unwrap();
    assert!(
        index.contains("đề nghị <strong>Đơn vị a</strong> cấp") && !index.contains(&stored.name),
        "{index}"
    );
    let page =
        filled(elsewhere.post(&format!("/owners/{}/export", stored.owner)), &[("purpose", "thử từ trang")]);
    let page = page.send().await.unwrap();
    assert_eq!(
        (page.status().as_u16(), &page.headers()["content-type"]),
        (200, &"application/zip".parse().unwrap())
    );
}
