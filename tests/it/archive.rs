//! Results of earlier days come in bulk with a list (Điều 14): what it says is held against the paper, and taken for
//! nothing more.

use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::{
    generator::Kind,
    line::truth_of,
    support::{
        app::{TestApp, on_both_databases},
        cli::sohoa,
        papers,
    },
};

fn form(list: &str, files: &[(&str, Vec<u8>)]) -> Form {
    let list = Part::bytes(list.as_bytes().to_vec()).file_name("danh-sach.csv");
    files.iter().fold(Form::new().part("list", list), |form, (name, bytes)| {
        form.part("file", Part::bytes(bytes.clone()).file_name((*name).to_owned()))
    })
}

async fn sent(app: &TestApp, list: &str, files: &[(&str, Vec<u8>)]) -> (u16, Value) {
    let answer = app.post("/api/v1/archive").multipart(form(list, files)).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

async fn count_of_papers(app: &TestApp) -> usize {
    let page = app.get("/").send().await.unwrap().text().await.unwrap();
    page.matches("/papers/0").count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_old_results_is_received_whole_and_weighed_against_its_papers() {
    on_both_databases(async |app| {
        let (right, wrong) = (papers::clean(Kind::Decision, 71), papers::clean(Kind::Decision, 72));
        let (truth, other) = (truth_of(&right), truth_of(&wrong));
        let text = |truth: &Value, name: &str| truth[name].as_str().unwrap().to_owned();
        let files = [
            ("cu-1.pdf", papers::bytes(&right)),
            ("cu-2.pdf", papers::bytes(&wrong)),
            ("anh.pdf", b"%PDF-".to_vec()),
        ];
        let head = "tệp;mã thủ tục;thành phần;số, ký hiệu;ngày cấp;cơ quan cấp";
        let line = |file: &str, truth: &Value, day: &str| {
            let (number, agency) = (text(truth, "document_number"), text(truth, "issuing_authority"));
            format!("{file};1.001776;KQ1;{number};{day};{agency}")
        };
        let first = line("cu-1.pdf", &truth, &text(&truth, "issued_on"));
        let third = "anh.pdf;1.001776;KQ1;;;".to_owned();

        // Anything wrong: all of it is told, with its place, and nothing is received.
        let before = count_of_papers(&app).await;
        let faulty =
            [head, &first, &line("cu-2.pdf", &other, "31/02/2020"), &third, "cu-4.pdf;1.999999;KQ1;;;"]
                .join("\n");
        let (status, problem) = sent(&app, &faulty, &files).await;
        assert_eq!((status, problem["type"].as_str()), (422, Some("urn:sohoa:problem:list")), "{problem:#}");
        let told = |problem: &Value| {
            problem["faults"].as_array().unwrap().iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert!(told(&problem)[0].contains("dòng 3, cột issued_on"), "{problem:#}");
        let unsent = [head, &first, "cu-4.pdf;1.999999;KQ1;;;"].join("\n");
        let (status, problem) = sent(&app, &unsent, &files).await;
        assert_eq!(status, 422);
        for (fault, place) in
            told(&problem).iter().zip(["dòng 3, cột procedure", "dòng 3, cột path", "dòng 1, cột path"])
        {
            assert!(fault.contains(place), "{fault}");
        }
        assert_eq!(told(&problem).len(), 3);
        assert_eq!(count_of_papers(&app).await, before);

        let good = [head, &first, &line("cu-2.pdf", &other, "02/02/2001"), &third].join("\n");
        let (status, answer) = sent(&app, &good, &files).await;
        assert_eq!(status, 202, "{answer:#}");
        let lines = answer["lines"].as_array().unwrap();
        let outcomes: Vec<_> =
            lines.iter().map(|l| (l["line"].as_u64().unwrap(), l["outcome"].as_str().unwrap())).collect();
        assert_eq!(outcomes, [(2, "received"), (3, "received"), (4, "unreadable")]);
        assert_eq!(lines[0]["dossier"], lines[1]["dossier"], "one procedure, one dossier");

        // What agrees is surer; what differs is asked, with both.
        let seen = app.settled(lines[0]["paper"].as_str().unwrap()).await;
        let number = &seen["fields"]["document_number"];
        assert_eq!((number["status"].as_str(), &number["value"]), (Some("read"), &truth["document_number"]));
        let seen = app.settled(lines[1]["paper"].as_str().unwrap()).await;
        let day = &seen["fields"]["issued_on"];
        assert_eq!((day["status"].as_str(), &day["value"]), (Some("not_read"), &Value::Null), "{day:#}");
        assert_eq!(day["suggestion"], other["issued_on"]);
        assert_eq!(
            (&day["alternatives"][0]["value"], &day["alternatives"][0]["source"]),
            (&json!("2001-02-02"), &json!("operator"))
        );
        let reasons = seen["reasons"].to_string();
        assert!(
            reasons.contains("Danh sách kèm theo nói khác") && reasons.contains("Ngày, tháng, năm cấp"),
            "{reasons}"
        );

        // Sent again, nothing is received twice.
        let (_, again) = sent(&app, &good, &files).await;
        let again: Vec<_> = again["lines"]
            .as_array()
            .unwrap()
            .iter()
            .map(|l| (l["outcome"].as_str().unwrap(), &l["paper"]))
            .collect();
        assert_eq!(
            again,
            [("known", &lines[0]["paper"]), ("known", &lines[1]["paper"]), ("unreadable", &Value::Null)]
        );
    })
    .await;
}

#[test]
fn the_command_line_takes_what_a_list_knows() {
    let dir = tempfile::tempdir().unwrap();
    let scan = papers::clean(Kind::Decision, 73);
    std::fs::write(dir.path().join("cu.pdf"), papers::bytes(&scan)).unwrap();
    let list = dir.path().join("danh-sach.csv");
    std::fs::write(&list, "path,procedure,component,issued_on\ncu.pdf,1.001776,KQ1,2001-02-02\n").unwrap();
    let ran = sohoa(["digitise", "--json", "--dry-run", "--list", list.to_str().unwrap()]);
    let answer: Value = serde_json::from_str(&ran.stdout).unwrap();
    let day = &answer["fields"]["issued_on"];
    assert_eq!(
        (day["status"].as_str(), &day["alternatives"][0]["value"]),
        (Some("not_read"), &json!("2001-02-02")),
        "{answer:#}"
    );
    std::fs::write(&list, "path,issued_on\ncu.pdf,hôm qua\n").unwrap();
    let ran = sohoa(["digitise", "--json", "--dry-run", "--list", list.to_str().unwrap()]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("dòng 2, cột issued_on (ngày cấp): ngày phải có dạng"), "{}", ran.stderr);
}
