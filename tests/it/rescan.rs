//! A paper that was scanned before is known again, and nobody else's is taken for it.

use serde_json::{Value, json};
use sohoa::{domain::ids::PaperId, store::prints};

use crate::{
    generator::{Container, Fonts, Kind, Order, Spoiling},
    plan::{scans, uploaded},
    support::{
        app::{NOW, TestApp, on_both_databases},
        papers::page_of,
    },
};

/// The paper of that kind and seed, on a scanner of its own.
fn scanned(kind: Kind, seed: u64, dpi: u32, spoilings: &[Spoiling]) -> Vec<u8> {
    let spoilings = [&[Spoiling::RedSeal], spoilings].concat();
    let stem = format!("{}-{seed}", kind.name());
    let order = Order { stem, kind, seed, spoilings, container: Container::Pdf, dpi, quality: 75 };
    let paper = order.make(&Fonts::load().unwrap()).unwrap();
    paper.files[0].1.clone()
}

async fn read(app: &TestApp, dossier: &str, file: Vec<u8>) -> Value {
    let paper = uploaded(app, dossier, &[file], &[]).await;
    let seen = app.settled(&paper).await;
    assert_eq!(seen["state"], "to_confirm", "{seen:#}");
    seen
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paper_scanned_anew_leads_to_the_one_that_is_here() {
    on_both_databases(async |app| {
        let (here, there) = (app.open_dossier("1.001776").await, app.open_dossier("1.001776").await);
        for kind in [Kind::DisabilityCertificate, Kind::Decision] {
            let first = read(&app, &here, scanned(kind, 71, 200, &[])).await;
            assert_eq!(first["scanned_before"], Value::Null);
            // The same form of other people, on the same scanner.
            for seed in [72, 73] {
                let other = read(&app, &there, scanned(kind, seed, 200, &[])).await;
                assert_eq!(other["scanned_before"], Value::Null, "{kind:?} {seed}");
            }
            let again = scanned(kind, 71, 300, &[Spoiling::Grey, Spoiling::Skew]);
            let again = read(&app, &there, again).await;
            assert_eq!(
                again["scanned_before"],
                json!({ "paper": first["id"], "document": null, "by": "pages", "state": "to_confirm",
                        "received_at": NOW, "same_dossier": false }),
                "{kind:?}"
            );
            // Never a fault, and on the clerk's page a notice.
            let kinds: Vec<&Value> =
                again["reasons"].as_array().unwrap().iter().map(|r| &r["kind"]).collect();
            assert!(!kinds.contains(&&json!("duplicate_page")), "{kinds:?}");
            let place = format!("/papers/{}", again["id"].as_str().unwrap());
            let page = app.get(&place).send().await.unwrap().text().await.unwrap();
            let link = format!("<a href=\"/papers/{}\">", first["id"].as_str().unwrap());
            assert!(page.contains("có vẻ đã được quét trước đây") && page.contains(&link), "{page}");
            // The earlier one stays as it was.
            let first = app.settled(first["id"].as_str().unwrap()).await;
            assert_eq!(first["scanned_before"], Value::Null);
        }
    })
    .await;
}

/// A certificate of which only name and number differ from one person to the next.
fn certificate(name: &str, number: &str, birthday: &str) -> Vec<u8> {
    page_of(&[
        ("ỦY BAN NHÂN DÂN", 30.0, 25.0, 12.0),
        ("XÃ HÒA BÌNH MẪU", 30.0, 31.0, 12.0),
        (&format!("Số: {number}/GXN-UBND"), 30.0, 40.0, 12.0),
        ("GIẤY XÁC NHẬN KHUYẾT TẬT", 60.0, 60.0, 15.0),
        (&format!("Họ và tên: {name}"), 30.0, 80.0, 14.0),
        (&format!("Ngày, tháng, năm sinh: {birthday}"), 30.0, 90.0, 14.0),
        ("Nơi thường trú: thôn Đông, xã Hòa Bình Mẫu, tỉnh Thái Nguyên", 30.0, 100.0, 14.0),
        ("Dạng khuyết tật: vận động. Mức độ khuyết tật: nặng", 30.0, 110.0, 14.0),
        ("Giấy này cấp ngày 25 tháng 11 năm 2024 để làm căn cứ", 30.0, 120.0, 14.0),
        ("thực hiện chính sách trợ giúp xã hội theo quy định.", 30.0, 130.0, 14.0),
        ("CHỦ TỊCH", 130.0, 150.0, 13.0),
        ("Hoàng Văn Sơn", 125.0, 180.0, 13.0),
    ])
}

#[tokio::test(flavor = "multi_thread")]
async fn brothers_with_one_form_are_two_people() {
    let app = TestApp::start(true).await;
    let dossier = app.open_dossier("1.001776").await;
    let first = read(&app, &dossier, certificate("Phạm Văn Hùng", "123", "05/06/1985")).await;
    for (name, number, birthday) in [
        ("Phạm Văn Dũng", "124", "17/08/1987"),
        ("Phạm Văn Dũng", "124", "05/06/1985"), // twins
        ("Phạm Văn Hùng", "125", "05/06/1985"), // one person, another paper
        ("Phạm Văn Minh", "123", "05/06/1985"),
    ] {
        let other = read(&app, &dossier, certificate(name, number, birthday)).await;
        assert_eq!(other["scanned_before"], Value::Null, "{name} {number} {birthday}");
    }
    // The first one again: photographed smaller, so that no byte is the same.
    let picture = image::load_from_memory(&certificate("Phạm Văn Hùng", "123", "05/06/1985")).unwrap();
    let mut smaller = Vec::new();
    let mut encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut smaller, 60);
    encoder.set_pixel_density(image::codecs::jpeg::PixelDensity::dpi(200));
    encoder.encode_image(&picture.brighten(-12).to_rgb8()).unwrap();
    let again = read(&app, &dossier, smaller).await;
    assert_eq!(again["scanned_before"]["paper"], first["id"], "{again:#}");
    assert_eq!(again["scanned_before"]["same_dossier"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_file_is_told_and_pages_of_one_pile_are_not() {
    on_both_databases(async |app| {
        let dossier = app.open_dossier("1.001776").await;
        let files = scans(2);
        let first = uploaded(&app, &dossier, &files, &[]).await;
        app.settled(&first).await;
        // Also where the pages have to be scanned again.
        let second = uploaded(&app, &dossier, &files, &[("pages", "5")]).await;
        let seen = app.settled(&second).await;
        assert_eq!(seen["state"], "needs_rescan");
        assert_eq!(seen["scanned_before"]["paper"], first);
        assert_eq!(seen["scanned_before"]["by"], "bytes");

        // Two papers cut from one file are two papers.
        let third = uploaded(&app, &dossier, &scans(4), &[]).await;
        app.settled(&third).await;
        let split = app.post(&format!("/api/v1/papers/{third}/split")).json(&json!({ "after": [2] }));
        let split = app.json(split).await;
        for paper in split["papers"].as_array().unwrap() {
            let seen = app.settled(paper["id"].as_str().unwrap()).await;
            assert_eq!(seen["scanned_before"], Value::Null, "{seen:#}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_paper_leaves_nothing_to_be_known_by() {
    let app = TestApp::start(true).await;
    let dossier = app.open_dossier("1.001776").await;
    let secret = page_of(&[
        ("ỦY BAN NHÂN DÂN XÃ MẪU", 30.0, 25.0, 12.0),
        ("TỐI MẬT", 32.0, 45.0, 16.0),
        ("Số: 4567/BC-UBND ngày 05 tháng 06 năm 2024 gửi 001085012345", 30.0, 80.0, 14.0),
        ("Người nhận văn bản Nguyễn Văn Mẫu có trách nhiệm bảo quản.", 30.0, 90.0, 14.0),
    ]);
    let mut papers = Vec::new();
    for _ in 0..2 {
        let paper = uploaded(&app, &dossier, std::slice::from_ref(&secret), &[]).await;
        let seen = app.settled(&paper).await;
        assert_eq!((&seen["state"], &seen["scanned_before"]), (&json!("quarantined"), &Value::Null));
        papers.push(paper);
    }
    let mut tx = app.ctx.db.read().await.unwrap();
    for paper in papers {
        let paper = PaperId::parse(&paper).unwrap();
        assert_eq!(prints::looks(&mut tx, &paper).await.unwrap(), None);
        assert_eq!(prints::before(&mut tx, &paper).await.unwrap(), None);
    }
}
